/* plan_spread.c: where the cases are: communities by residents, inside a community Zipf(1.0)
 * over its basic grids, some in dedicated ones (domain 9.1, 9.3). See plan_inside.h. */
#include <assert.h>

#include "broker/runtime/memory.h"
#include "proto/vocab.h"
#include "workers/sanji/plan_inside.h"

enum {
    ZIPF_WHOLE = 720720,   /* divided by 1 .. 16 without a rest */
    DEDICATED_PERCENT = 25 /* of what ends at the community or above */
};

/* The community of each case, counted from 0: the upstream ones have their own quota. */
static enum status draw_communities(struct drawing *d, uint32_t *community)
{
    const size_t count = d->places.community_count;
    uint32_t residents[QUOTA_PARTS_MAX] = {0};
    uint32_t every[QUOTA_PARTS_MAX];
    uint32_t upstream[QUOTA_PARTS_MAX];
    uint32_t here = 0;
    while (here < d->cases && d->plan->cases[here].tier != TIER_MUNICIPAL) {
        here++; // the upstream ones stand last
    }
    for (size_t c = 0; c < count; c++) {
        residents[c] = d->places.communities[c].residents;
    }
    quota_split(residents, count, d->cases, every);
    quota_split(residents, count, d->cases - here, upstream);
    for (size_t c = 0; c < count; c++) {
        if (upstream[c] > every[c]) {
            return fault_set(d->fault, STATUS_INVALID,
                             "社区名额无法配齐 / the quota of a community cannot be met: "
                             "it has fewer cases than upstream ones");
        }
        every[c] -= upstream[c];
    }
    quota_bag(&d->random, every, count, community, here);
    quota_bag(&d->random, upstream, count, community + here, d->cases - here);
    return STATUS_OK;
}

/* Dedicated grids start at the community, so nothing lower may be there. */
static bool goes_to_dedicated(struct drawing *d, const struct planned *planned,
                              const struct planned_community *community)
{
    return planned->tier >= TIER_COMMUNITY && community->dedicated_count > 0 &&
           random_below(&d->random, 100) < DEDICATED_PERCENT;
}

static void place(struct drawing *d, uint32_t i, uint32_t grid)
{
    d->drafts[i].grid = (uint16_t)grid;
    d->plan->cases[i].grid = d->places.grids[grid].path;
}

static void draw_grids(struct drawing *d, const uint32_t *community, uint32_t number,
                       uint32_t *which, uint32_t *bag)
{
    const struct planned_community *in = &d->places.communities[number];
    uint32_t weights[QUOTA_PARTS_MAX];
    uint32_t shares[QUOTA_PARTS_MAX];
    size_t found = 0;
    assert(in->basic_count > 0 && in->basic_count <= QUOTA_PARTS_MAX);
    for (uint32_t i = 0; i < d->cases; i++) {
        if (community[i] != number) {
            continue;
        }
        if (goes_to_dedicated(d, &d->plan->cases[i], in)) {
            place(d, i,
                  in->first_grid + in->basic_count +
                      random_below(&d->random, in->dedicated_count));
        } else {
            which[found++] = i;
        }
    }
    for (uint32_t k = 0; k < in->basic_count; k++) {
        weights[k] = ZIPF_WHOLE / (k + 1);
    }
    quota_split(weights, in->basic_count, (uint32_t)found, shares);
    quota_bag(&d->random, shares, in->basic_count, bag, found);
    for (size_t i = 0; i < found; i++) {
        place(d, which[i], in->first_grid + bag[i]);
    }
}

enum status plan_spread(struct drawing *d)
{
    uint32_t *community = memory_new(d->cases + 1U, sizeof *community);
    uint32_t *which = memory_new(d->cases + 1U, sizeof *which);
    uint32_t *bag = memory_new(d->cases + 1U, sizeof *bag);
    const enum status status = draw_communities(d, community);
    for (uint32_t c = 0; status == STATUS_OK && c < d->places.community_count; c++) {
        draw_grids(d, community, c, which, bag);
    }
    memory_free(community);
    memory_free(which);
    memory_free(bag);
    return status;
}
