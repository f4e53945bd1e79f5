/* duequeue.h: a binary heap of timers by (due, case, kind, n), the earliest first.
 *
 * It only sorts: whether an entry still stands is the reader's business (world.h).
 */
#ifndef RUNTIME_DUEQUEUE_H
#define RUNTIME_DUEQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world_due;

/* Zeroed: empty. */
struct duequeue {
    struct world_due *entries;
    size_t count;
    size_t room;
};

void duequeue_push(struct duequeue *queue, const struct world_due *due);
/* NULL: empty. Good until the next change. */
const struct world_due *duequeue_head(const struct duequeue *queue);
void duequeue_pop(struct duequeue *queue);

/* Keeps the entries that `stands` confirms, each once. */
typedef bool (*duequeue_stands_fn)(void *context, const struct world_due *due);
void duequeue_compact(struct duequeue *queue, duequeue_stands_fn stands, void *context);

void duequeue_reset(struct duequeue *queue);

/* < 0, 0, > 0: which is due first; equal cases' timers by kind and n. */
int duequeue_compare(const struct world_due *a, const struct world_due *b);

#endif
