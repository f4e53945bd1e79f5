/* batch.h: what arrived while the last batch was being synced, and what became of it.
 *
 *     filling (loop) -> committing (committer) -> answering (loop) -> empty -> filling ...
 *
 * Three rotate, so that the next commit begins before the answers of the last one leave.
 *
 * Invariants
 *  1. A batch belongs to one thread at a time; handing it over is the only synchronisation.
 *  2. Items stand in the order of arrival, and that is the order in the log.
 *  3. Frames are held until the answers were sent; `bytes` bounds what is held.
 */
#ifndef BROKER_BATCH_H
#define BROKER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/writer.h"
#include "proto/limits.h"

struct socket_held;

enum batch_kind {
    BATCH_APPEND,
    BATCH_HELLO,
    BATCH_CURSOR
};

struct batch_append {
    struct writer_append asked;
    struct socket_held *held; /* what `asked.packed` points into, or ... */
    uint8_t *own;             /* ... the broker's own record, malloc'ed */
    uint64_t first_seq;       /* of the answer; both 0: no records */
    uint64_t last_seq;
    uint64_t cursor;
    int64_t recorded_at_ms;
};

struct batch_cursor {
    char name[LOG_NAME_SIZE_MAX];
    uint64_t seq;
};

struct batch_item {
    enum batch_kind kind;
    enum status status;  /* how it ended */
    bool is_repeat;      /* answered again, nothing was written */
    uint16_t writer;     /* index; HELLO: set by the commit */
    uint64_t session_no; /* who asked; 0: the broker itself */
    uint64_t seq;        /* CONFLICT, CATCH_UP, AHEAD: read up to here */

    union {
        struct batch_append append;
        struct log_writer row; /* HELLO: name going in, the whole row coming out */
        struct batch_cursor cursor;
    };
};

struct batch {
    struct batch_item *items;
    size_t count;
    size_t room;
    size_t bytes; /* held, with what the items themselves take */
    size_t append_count;
    size_t cursor_count;
    int64_t stamp_ms; /* set when the batch is handed over */

    /* Filled by the commit. */
    uint64_t first_seq; /* of the batch's records; first > head: it had none */
    uint64_t head;
    uint32_t place;
    bool is_store_full; /* new incidents were, or would be, refused */
    bool is_disk_full;  /* the commit itself found no room */
};

void batch_init(struct batch *batch);
void batch_free(struct batch *batch);

/* Adds a zeroed item. Good until the next add. */
struct batch_item *batch_add(struct batch *batch, enum batch_kind kind);
/* `bytes` more are held by the item added last. */
void batch_hold(struct batch *batch, size_t bytes);
bool batch_is_full(const struct batch *batch);

/* Releases what is held and forgets the items. Loop's thread. */
void batch_clear(struct batch *batch);

#endif
