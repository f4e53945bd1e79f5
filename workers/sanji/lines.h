/* lines.h: NDJSON from a file or a pipe, line by line, without ever waiting inside.
 *
 * A line is at most JSON_LINE_SIZE_MAX bytes; a longer one is told as such, once, and skipped
 * to its end. Blank lines count and are not told.
 */
#ifndef SANJI_LINES_H
#define SANJI_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/status.h"

struct loop;
struct lines;

struct lines_events {
    /* Another line may be taken now; false: not before lines_resume. */
    bool (*has_room)(void *context);
    /* `line` has no line end and is borrowed for the call; size 0: it was too long. */
    void (*line)(void *context, uint64_t number, struct bytes line);
    void (*ended)(void *context, int error_no); /* 0: the end of the input */
};

/* `fd` stays the caller's. Starts stopped: lines_resume. */
struct lines *lines_new(struct loop *loop, int fd, const struct lines_events *events,
                        void *context);
void lines_free(struct lines **lines);
/* Goes on until there is no room, nothing to read, or the end. */
void lines_resume(struct lines *lines);

#endif
