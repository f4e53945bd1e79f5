/* pool.h: who could take a case, and who had best take it (domain 7.2, 7.3).
 *
 *     desk's workers -> hard filters 1..11 -> cost in permille -> the cheapest
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
#include "workers/dispatch/crew.h"

struct candidate {
    uint32_t worker;
    enum role role;
    uint32_t reject;       /* bit n-1: filter n */
    bool companion;        /* lacks only skill or authority: the second of a pair */
    int32_t cost_permille; /* of who may go */
    int64_t last_assigned_ms;
};

/* Zeroed: empty. One weighing at a time. */
struct pool {
    struct crew crew;
    struct candidate *candidates; /* the best in front: acceptable ones, cheapest first */
    size_t count, room;
    size_t acceptable;
    size_t companions;   /* right behind them: may make up a pair, not go alone */
    bool pair;           /* the category asks for two persons */
    bool coordinator;    /* the best goes without the skill */
    const char *missing; /* skills or authority that nobody in the pool has; or NULL */
    uint32_t effort_min;
};

void pool_reset(struct pool *pool);

/* Weighs the pool of the desk that holds the case. In front stand, in order, at least six
 * candidates and as many as the policy shows (at most 64), where there are so many. */
void pool_weigh(struct world *world, const struct kase *kase, int64_t now_ms,
                struct pool *pool);
/* A worker in the pool last weighed; NULL: he is not. */
const struct candidate *pool_find(const struct pool *pool, uint32_t worker);

/* Whether a waiting case may find somebody because this worker got free. Cheap; false only
 * when he is no help, true when it is worth weighing the pool. */
bool pool_may_help(struct world *world, const struct kase *kase, int64_t now_ms,
                   struct pool *pool, uint32_t worker);

/* Open minutes of the full-time workers on duty in a community, in permille of their day. */
uint32_t pool_utilisation(struct pool *pool, struct world *world, struct org_path community,
                          int64_t now_ms);

#endif
