/* overload.h: bands of load of a community's full-time workers (domain 7.5).
 *
 *     u > overload_permille -> 1: the grid chief hears of it; volunteers and neighbours help
 *     u > lend_permille     -> 2; after lend_after still so -> 3: the sub-district may lend
 *     u < clear_permille    -> 0
 *
 * One record a crossing, never one a case; the band is what the newest record says. It is a
 * management signal: no worker's failure, and no case moves because of it.
 */
#ifndef DISPATCH_OVERLOAD_H
#define DISPATCH_OVERLOAD_H

#include "workers/dispatch/dispatch.h"

/* Writes OverloadRaised where the community's load has crossed a bound. */
void overload_check(struct dispatch *dispatch, struct turn *turn, struct org_path community,
                    uint64_t cause_seq);
/* When some community has been in band 2 for lend_after; INT64_MAX: none. */
int64_t overload_next_ms(struct world *world);
/* Looks at those for which that time has come. */
void overload_due(struct dispatch *dispatch, struct turn *turn);

#endif
