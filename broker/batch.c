/* batch.c: an array that keeps the room it once had. */
#include "broker/batch.h"

#include <assert.h>
#include <stdlib.h>

#include "broker/runtime/socket.h"

enum {
    ROOM_FIRST = 256,
    ROOM_KEPT_MAX = 64 * 1024 // items; a burst of tiny appends does not stay in memory
};

void batch_init(struct batch *batch)
{
    *batch = (struct batch){0};
}

static void resize(struct batch *batch, size_t room)
{
    struct batch_item *items = realloc(batch->items, room * sizeof(*items));
    if (items == NULL) {
        abort(); // bounded by BATCH_SIZE_MAX_BYTES: the machine is out of memory
    }
    batch->items = items;
    batch->room = room;
}

struct batch_item *batch_add(struct batch *batch, enum batch_kind kind)
{
    if (batch->count == batch->room) {
        resize(batch, batch->room == 0 ? ROOM_FIRST : batch->room * 2);
    }
    struct batch_item *item = &batch->items[batch->count];
    *item = (struct batch_item){.kind = kind};
    batch->count++;
    batch->append_count += kind == BATCH_APPEND;
    batch->cursor_count += kind == BATCH_CURSOR;
    batch_hold(batch, sizeof(*item));
    return item;
}

void batch_hold(struct batch *batch, size_t bytes)
{
    assert(batch->count > 0);
    batch->bytes += bytes;
}

bool batch_is_full(const struct batch *batch)
{
    return batch->bytes >= BATCH_SIZE_MAX_BYTES;
}

void batch_clear(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_item *item = &batch->items[i];
        if (item->kind == BATCH_APPEND) {
            socket_release(&item->append.held);
            free(item->append.own);
        }
    }
    batch->count = 0;
    batch->append_count = 0;
    batch->cursor_count = 0;
    batch->bytes = 0;
    if (batch->room > ROOM_KEPT_MAX) {
        resize(batch, ROOM_FIRST);
    }
}

void batch_free(struct batch *batch)
{
    batch_clear(batch);
    free(batch->items);
    *batch = (struct batch){0};
}
