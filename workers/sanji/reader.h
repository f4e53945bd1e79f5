/* reader.h: reads the log with a filter, up to its head or for ever, record by record.
 *
 *     reader_new(loop, run_dir, &options, &events, context)     in a loop of one's own
 *     reader_run(run_dir, &options, &events, context, &fault)   waits until it has ended
 *
 * Invariants
 *  1. After a lost session it goes on behind the last position looked at; what `from` meant
 *     is settled by the first Welcome.
 *  2. A position that was never looked at is told to `gap` before any later record.
 */
#ifndef SANJI_READER_H
#define SANJI_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "log.pb-c.h"
#include "proto/record.h"
#include "proto/status.h"

struct loop;
struct reader;

struct reader_options {
    const Sanji__Filter *filter; /* NULL: everything; borrowed while the reader lives */
    Sanji__FollowFrom from;      /* FIRST, NEXT, SEQ, TIME, DURABLE */
    uint64_t seq;
    int64_t time_ms;
    const char *durable; /* also for reader_commit; NULL: none; borrowed */
    bool to_head;        /* end at the head that the first Welcome named */
    int64_t limit_ms;    /* reader_run: gives up after so long; 0: never */
    uint32_t *place;     /* reader_run: as reader_place; NULL: not wanted */
};

enum reader_end {
    READER_AT_HEAD, /* to_head: everything up to it was looked at */
    READER_STOPPED, /* a callback said so */
    READER_REFUSED, /* the broker refused the follow: status and text */
    READER_TIMEOUT  /* reader_run: the limit passed */
};

struct reader_events {
    /* One record; borrowed. False: stop. */
    bool (*record)(void *context, const struct record *record);
    /* [from, upto] was not shown and will not be. May be NULL. */
    void (*gap)(void *context, uint64_t from, uint64_t upto);
    /* A batch was worked off: flush what was printed, store a cursor. `next` is the first
     * position not looked at. May be NULL. */
    void (*rested)(void *context, uint64_t next, uint64_t head);
    /* The durable name's cursor stands at seq, on disk. May be NULL. */
    void (*committed)(void *context, uint64_t seq);
    /* The session stands / is lost. May be NULL. */
    void (*joined)(void *context, const Sanji__Welcome *welcome);
    void (*lost)(void *context);
    /* Nothing more comes. May be NULL with reader_run. */
    void (*ended)(void *context, enum reader_end end, const struct fault *fault);
};

struct reader *reader_new(struct loop *loop, const char *run_dir,
                          const struct reader_options *options,
                          const struct reader_events *events, void *context);
void reader_free(struct reader **freeing);

/* Nine digits before the date of this log's case numbers, as a number; 0: not known yet. */
uint32_t reader_place(const struct reader *reader);
/* The durable name's cursor moves to seq (all up to it was dealt with). */
void reader_commit(struct reader *reader, uint64_t seq);

/* Reads in a loop of its own until it ends. *fault is filled for REFUSED and TIMEOUT. */
enum reader_end reader_run(const char *run_dir, const struct reader_options *options,
                           const struct reader_events *events, void *context,
                           struct fault *fault);

#endif
