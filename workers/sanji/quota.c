/* quota.c: see quota.h. */
#include "workers/sanji/quota.h"

#include <assert.h>

void quota_split(const uint32_t *weights, size_t count, uint32_t total, uint32_t *shares)
{
    uint64_t rest[QUOTA_PARTS_MAX];
    uint64_t sum = 0;
    uint32_t given = 0;
    assert(count > 0 && count <= QUOTA_PARTS_MAX);
    for (size_t i = 0; i < count; i++) {
        sum += weights[i];
    }
    assert(sum > 0);
    for (size_t i = 0; i < count; i++) {
        shares[i] = (uint32_t)((uint64_t)weights[i] * total / sum);
        rest[i] = (uint64_t)weights[i] * total % sum;
        given += shares[i];
    }
    for (; given < total; given++) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++) {
            best = rest[i] > rest[best] ? i : best;
        }
        shares[best]++;
        rest[best] = 0;
    }
}

uint32_t quota_share(uint32_t quota, uint32_t total, uint32_t of)
{
    assert(of > 0);
    return (uint32_t)(((uint64_t)quota * total * 2 + of) / (2 * (uint64_t)of));
}

void quota_bag(struct random *random, const uint32_t *shares, size_t count, uint32_t *bag,
               size_t size)
{
    size_t at = 0;
    for (size_t value = 0; value < count; value++) {
        for (uint32_t i = 0; i < shares[value]; i++) {
            assert(at < size);
            bag[at++] = (uint32_t)value;
        }
    }
    assert(at == size);
    random_shuffle(random, bag, size);
}
