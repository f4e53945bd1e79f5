/* feed.h: a stream of input lines, each answered by one receipt line on stdout, in order.
 *
 *     source (NDJSON, CSV ...) --feed_put--> door --> receipts, out of order
 *                                                        |
 *     line 1, line 2, line 3 ...  <--- printed as soon as all before it are known
 *
 * Used by submit, say and import. The exit code is that of records.md 5: 0 all stored, 7 any
 * conflict, invalid or pii_refused (or refused), 6 any unreachable or without room.
 */
#ifndef SANJI_FEED_H
#define SANJI_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/runtime/json.h"
#include "door.pb-c.h"
#include "workers/sanji/cli.h"

struct loop;
struct feed;

struct feed_source {
    /* There is room: put lines while feed_has_room, then return; feed_end at the end. Called
     * again when there is room again. */
    void (*more)(void *context, struct feed *feed);
};

struct feed_options {
    int64_t give_up_ms; /* 0: the door's default */
    bool in_order;      /* statements: a repeat must overtake nothing */
    bool wait;          /* statements: the line is the decision */
    int64_t wait_ms;    /* 0: a minute */
};

struct feed *feed_new(struct loop *loop, const struct cli *cli,
                      const struct feed_options *options, const struct feed_source *source,
                      void *context);
void feed_free(struct feed **freeing);

bool feed_has_room(const struct feed *feed);
/* Each line of the input is put once, in order; copies are made. */
void feed_submit(struct feed *feed, uint64_t line, const Sanji__Submission *submission);
void feed_say(struct feed *feed, uint64_t line, const Sanji__Statement *statement);
/* A line that cannot be sent: its receipt is `invalid`. */
void feed_invalid(struct feed *feed, uint64_t line, const struct json_fault *fault);
void feed_end(struct feed *feed);

/* Runs the loop until the input has ended and every line is answered. */
int feed_run(struct feed *feed);

#endif
