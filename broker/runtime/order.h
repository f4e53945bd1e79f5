/* order.h: a set of small numbers, walked in rising order: which cases are in a state.
 *
 *     level 0   a bit a number            level 1   a bit a word of level 0 that is not empty
 *     level 2   the same of level 1 ...   so the next member is found in a few looks
 *
 * Adding, removing and stepping cost the same whatever the set holds, and a walk goes on
 * correctly when members come or go under it. One case's number is its place in order of
 * first appearance, so rising order is oldest first.
 */
#ifndef RUNTIME_ORDER_H
#define RUNTIME_ORDER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ORDER_LEVELS = 5,     /* numbers below 64^5: a thousand million */
    ORDER_END = INT32_MAX /* no further member */
};

/* Zeroed: empty. */
struct order {
    uint64_t *levels[ORDER_LEVELS];
    uint32_t word_counts[ORDER_LEVELS];
};

/* Adding a member twice and removing what is not there change nothing. Aborts when the
 * process has no memory. */
void order_add(struct order *order, uint32_t number);
void order_remove(struct order *order, uint32_t number);
bool order_has(const struct order *order, uint32_t number);

/* The smallest member >= from; ORDER_END when there is none. */
uint32_t order_next(const struct order *order, uint32_t from);

void order_reset(struct order *order);

#endif
