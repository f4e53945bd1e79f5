/* order.c: bits under summary bits. */
#include "broker/runtime/order.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "broker/runtime/memory.h"

enum {
    BITS = 6, /* of a number, a level */
    MASK = (1 << BITS) - 1,
    NUMBERS_MAX = 1 << (BITS * ORDER_LEVELS)
};

static void grow(struct order *order, unsigned level, uint32_t word)
{
    uint32_t count = order->word_counts[level];
    if (word < count) {
        return;
    }
    uint32_t wanted = count == 0 ? 1 : count;
    while (wanted <= word) {
        wanted *= 2;
    }
    order->levels[level] =
        memory_resize(order->levels[level], wanted, sizeof *order->levels[level]);
    memset(order->levels[level] + count, 0,
           (size_t)(wanted - count) * sizeof *order->levels[level]);
    order->word_counts[level] = wanted;
}

void order_add(struct order *order, uint32_t number)
{
    assert(order != NULL);
    assert(number < NUMBERS_MAX);
    uint32_t at = number;
    for (unsigned level = 0; level < ORDER_LEVELS; level++) {
        uint32_t word = at >> BITS;
        grow(order, level, word);
        bool was_empty = order->levels[level][word] == 0;
        order->levels[level][word] |= UINT64_C(1) << (at & MASK);
        if (!was_empty) {
            return; // the summaries know this word
        }
        at = word;
    }
}

void order_remove(struct order *order, uint32_t number)
{
    assert(order != NULL);
    uint32_t at = number;
    for (unsigned level = 0; level < ORDER_LEVELS; level++) {
        uint32_t word = at >> BITS;
        if (word >= order->word_counts[level]) {
            return;
        }
        order->levels[level][word] &= ~(UINT64_C(1) << (at & MASK));
        if (order->levels[level][word] != 0) {
            return;
        }
        at = word;
    }
}

bool order_has(const struct order *order, uint32_t number)
{
    assert(order != NULL);
    uint32_t word = number >> BITS;
    return word < order->word_counts[0] &&
           (order->levels[0][word] >> (number & MASK) & 1U) != 0;
}

// The next set bit at or after `at` on this level.
static uint32_t next_on(const struct order *order, unsigned level, uint32_t at)
{
    uint32_t word = at >> BITS;
    if (word >= order->word_counts[level]) {
        return ORDER_END;
    }
    uint64_t rest = order->levels[level][word] & (UINT64_MAX << (at & MASK));
    if (rest != 0) {
        return (word << BITS) + (uint32_t)__builtin_ctzll(rest);
    }
    return ORDER_END;
}

uint32_t order_next(const struct order *order, uint32_t from)
{
    assert(order != NULL);
    uint32_t at = from;
    unsigned level = 0;
    for (;;) {
        uint32_t found = next_on(order, level, at);
        if (found != ORDER_END && level == 0) {
            return found;
        }
        if (found != ORDER_END) {
            level--;
            at = found << BITS;
            continue;
        }
        level++;
        if (level == ORDER_LEVELS) {
            return ORDER_END;
        }
        at = (at >> BITS) + 1;
    }
}

void order_reset(struct order *order)
{
    assert(order != NULL);
    for (unsigned level = 0; level < ORDER_LEVELS; level++) {
        memory_free(order->levels[level]);
    }
    *order = (struct order){0};
}
