/* world_inside.h: what world.c (folding), world_merge.c (cases that stand in others) and
 * world_cache.c (keeping and putting back) share. Nobody else includes it. */
#ifndef RUNTIME_WORLD_INSIDE_H
#define RUNTIME_WORLD_INSIDE_H

#include "broker/runtime/casetable.h"
#include "broker/runtime/duequeue.h"
#include "broker/runtime/workload.h"
#include "broker/runtime/world.h"

enum {
    WORLD_OWNERS = OWNER_BY_KIND
};

struct case_save {
    uint32_t place;
    struct kase kase;
};

struct day_running {
    uint32_t day;
    uint32_t running;
};

struct timers {
    struct duequeue queue;
    size_t armed; /* of all cases: what the queue would hold without stale entries */
};

/* Grows and is kept from turn to turn. */
struct undo {
    bool is_on;
    struct case_save *cases;
    size_t case_count, case_room;
    struct worker_state *workers;
    size_t worker_count, worker_room;
    struct day_running *days; /* as they were before */
    size_t day_count, day_room;

    struct {
        struct world_due *entries;
        size_t count, room;
    } popped[WORLD_OWNERS];

    uint32_t case_total; /* cases there were */
    struct workload_totals totals;
};

/* What committed folds changed since world_set_clean. Cases carry a flag, so that each stands
 * here once. */
struct changed {
    uint32_t *places;
    size_t place_count, place_room;
    uint64_t workers[(WORKLOAD_CHUNK * WORKLOAD_CHUNKS + 63) / 64]; /* a bit each */
};

struct world {
    uint64_t read_seq;
    uint32_t place;
    struct rules *rules;
    struct casetable cases;
    struct workload workload;
    struct timers timers[WORLD_OWNERS];
    struct day_running *days; /* by day, rising */
    size_t day_count, day_room;
    struct kase before;
    struct kase look, visited; /* room for what is packed */
    bool has_before;
    struct undo undo;
    struct changed changed;
};

/* Timers: counts those of `after`, no longer those of `before`, and queues the new ones. */
void world_arm(struct world *world, const struct kase *before, const struct kase *after);
/* The running number of a new case. */
void world_count_case(struct world *world, uint64_t case_key);

/* Before its first tentative fold a case is copied. */
void world_save_case(struct world *world, struct case_slot *slot);

/* False: a CaseMerged into a case that is not there, or that stands in the case itself. */
bool world_may_merge(const struct world *world, const struct record *record,
                     const Sanji__Envelope *envelope);
/* After the fold of CaseMerged or CaseUnmerged: what the cases above count. */
void world_merge(struct world *world, const struct record *record,
                 const Sanji__Envelope *envelope);

/* A committed fold changed it; a tentative one is not noted. */
void world_note_case(struct world *world, struct case_slot *slot);
void world_note_worker(struct world *world, uint32_t worker);

#endif
