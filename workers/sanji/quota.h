/* quota.h: whole numbers in given proportions, and bags that hold values in given numbers.
 *
 * Counts are exact, never drawn; only the order in a bag is drawn. */
#ifndef SANJI_QUOTA_H
#define SANJI_QUOTA_H

#include <stddef.h>
#include <stdint.h>

#include "workers/sanji/random.h"

enum {
    QUOTA_PARTS_MAX = 128
};

/* Splits `total` in proportion to `weights` by largest remainder, ties to the first; the
 * shares sum up to `total`. count 1 .. QUOTA_PARTS_MAX; some weight above 0. */
void quota_split(const uint32_t *weights, size_t count, uint32_t total, uint32_t *shares);

/* quota * total / of, rounded to the nearest, a half up: the share of one number alone. */
uint32_t quota_share(uint32_t quota, uint32_t total, uint32_t of);

/* Fills `bag` with value i shares[i] times, shuffled; the shares sum up to `size`. */
void quota_bag(struct random *random, const uint32_t *shares, size_t count, uint32_t *bag,
               size_t size);

#endif
