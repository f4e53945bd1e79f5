/* pool.h: who could take a case, and who had best take it (domain 7.2, 7.3).
 *
 *     desk's workers -> hard filters 1..7, 9, 10 -> cost in permille -> the cheapest
 *
 * Deterministic: integers only, ties by longest unassigned, then by the smaller number. What
 * was weighed goes into the event, so that every choice can be explained from the log.
 *
 * Invariants
 *  1. Filters are hard: nobody with a bit in `reject` is ever offered the case.
 *  2. Where nobody of the pool has the skill or the authority at all, a full-time worker goes
 *     as coordinator: he secures the place and asks for who can.
 *  3. Nothing here changes anything; dispatch.c writes the offer.
 */
#ifndef DISPATCH_POOL_H
#define DISPATCH_POOL_H

#include <stdbool.h>

#include "broker/runtime/world.h"

enum {
    POOL_MAX =
        4096 /* workers weighed for one offer: a sub-district of ten times the demo's */
};

struct candidate {
    uint32_t worker;
    enum role role;
    uint32_t reject; /* bit n-1: filter n */
    bool companion;  /* lacks only skill or authority: the second of a pair */
    int32_t cost_permille;
    int64_t last_assigned_ms;
};

struct pool {
    struct candidate candidates[POOL_MAX]; /* the acceptable ones first, cheapest first */
    size_t count;
    size_t acceptable;
    size_t companions;   /* right behind them: may make up a pair, not go alone */
    bool pair;           /* the category asks for two persons */
    bool coordinator;    /* the best goes without the skill */
    const char *missing; /* skills or authority that nobody in the pool has; or NULL */
    uint32_t effort_min;
};

/* Weighs the pool of the desk that holds the case. */
void pool_weigh(struct world *world, const struct kase *kase, int64_t now_ms,
                struct pool *pool);

#endif
