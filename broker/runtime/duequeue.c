/* duequeue.c: sift up, sift down. */
#include "broker/runtime/duequeue.h"

#include <assert.h>
#include <stdlib.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/world.h"

int duequeue_compare(const struct world_due *a, const struct world_due *b)
{
    if (a->due_ms != b->due_ms) {
        return a->due_ms < b->due_ms ? -1 : 1;
    }
    if (a->case_key != b->case_key) {
        return a->case_key < b->case_key ? -1 : 1;
    }
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return (a->n > b->n) - (a->n < b->n);
}

static int compare_for_sort(const void *a, const void *b)
{
    return duequeue_compare(a, b);
}

void duequeue_push(struct duequeue *queue, const struct world_due *due)
{
    assert(queue != NULL && due != NULL);
    MEMORY_ROOM_FOR_ONE(queue->entries, queue->count, queue->room);
    size_t at = queue->count;
    queue->count++;
    struct world_due pushed = *due;
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (duequeue_compare(&queue->entries[parent], &pushed) <= 0) {
            break;
        }
        queue->entries[at] = queue->entries[parent];
        at = parent;
    }
    queue->entries[at] = pushed;
}

const struct world_due *duequeue_head(const struct duequeue *queue)
{
    assert(queue != NULL);
    return queue->count > 0 ? &queue->entries[0] : NULL;
}

void duequeue_pop(struct duequeue *queue)
{
    assert(queue != NULL && queue->count > 0);
    queue->count--;
    struct world_due last = queue->entries[queue->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= queue->count) {
            break;
        }
        if (child + 1 < queue->count &&
            duequeue_compare(&queue->entries[child + 1], &queue->entries[child]) < 0) {
            child++;
        }
        if (duequeue_compare(&last, &queue->entries[child]) <= 0) {
            break;
        }
        queue->entries[at] = queue->entries[child];
        at = child;
    }
    queue->entries[at] = last;
}

void duequeue_compact(struct duequeue *queue, duequeue_stands_fn stands, void *context)
{
    assert(queue != NULL && stands != NULL);
    size_t kept = 0;
    for (size_t i = 0; i < queue->count; i++) {
        if (stands(context, &queue->entries[i])) {
            queue->entries[kept] = queue->entries[i];
            kept++;
        }
    }
    if (kept > 1) {
        qsort(queue->entries, kept, sizeof *queue->entries, compare_for_sort);
    }
    // A sorted array is a heap.
    size_t unique = 0;
    for (size_t i = 0; i < kept; i++) {
        if (unique == 0 ||
            duequeue_compare(&queue->entries[unique - 1], &queue->entries[i]) != 0) {
            queue->entries[unique] = queue->entries[i];
            unique++;
        }
    }
    queue->count = unique;
}

void duequeue_reset(struct duequeue *queue)
{
    assert(queue != NULL);
    memory_free(queue->entries);
    *queue = (struct duequeue){0};
}
