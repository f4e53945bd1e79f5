/* pool_inside.h: what the two files of a weighing share. Nobody else includes it.
 *
 *     filter.c  who may not go, one function a filter
 *     pool.c    whom to look at, what each costs, who is best
 */
#ifndef DISPATCH_POOL_INSIDE_H
#define DISPATCH_POOL_INSIDE_H

#include "broker/runtime/workload.h"
#include "workers/dispatch/pool.h"

enum {
    PERMILLE = 1000,
    CARE_MAJOR = 7,   /* category major 07: people in need of care */
    SHIFTS_SEEN = 16, /* shifts of which one weighing remembers the state */
    NEAR_MAX = 32     /* neighbours of one grid */
};

struct shift_seen {
    uint32_t id;
    bool is_on;
    int64_t changes_ms;
};

/* All that one weighing looks at. */
struct weighing {
    struct world *world;
    const struct rules *rules;
    const Sanji__Policy *policy;
    const Sanji__DispatchRules *more; /* NULL: rules older than that table */
    const Sanji__Category *category;
    const Sanji__Grid *grid; /* NULL: place without a grid */
    const struct kase *kase;
    int64_t now_ms;
    int64_t need_ms; /* so long a worker must still be on duty */
    uint32_t day;
    uint32_t effort_min;
    uint32_t skills; /* wanted, a bit a letter; 0: any */
    uint32_t place;  /* workload_place */
    bool overloaded; /* the full-time workers of the community are */
    uint32_t role_mean_min[ROLE_COUNT];
    struct org_path near[NEAR_MAX];
    size_t near_count;
    struct shift_seen shifts[SHIFTS_SEEN];
    size_t shift_count;
};

static inline uint32_t filter_bit(enum filter filter)
{
    return 1U << (filter - 1);
}

/* Everything but the members. */
void weighing_begin(struct weighing *w, struct world *world, const struct kase *kase,
                    int64_t now_ms);
/* Whether a member's shift runs now, and until when. */
bool weighing_on_shift(struct weighing *w, const struct crew_member *member,
                       int64_t *changes_ms);
bool weighing_on_duty(struct weighing *w, const struct crew_member *member);
/* Bit n-1: hard filter n. Filters 6 and 11 also look at the rest of the pool (pool.c). */
uint32_t filter_mask(struct weighing *w, const struct crew_member *member);

#endif
