/* world.h: the state that every stage folds from the log: cases, workers, rules, timers.
 *
 *     record -> world_fold -> cases (proto/case.h), workers, rules
 *
 * All of it is plain values behind keys, so a turn's tentative folds can be undone by
 * copying back (world_save / world_undo).
 *
 * Invariants
 *  1. The world is a function of the log up to read_seq, and of nothing else.
 *  2. Between world_save_begin and world_undo every first change of a case or a worker is
 *     preceded by a copy; world_undo restores exactly the state before.
 *  3. Merged cases are a forest; who a case was merged into counts its reports (kase.watchers,
 *     merged_reports), and so does everybody above.
 *  4. Timers are found by (due, case, kind, n); an entry whose case no longer has that timer
 *     armed at that time is skipped, so folding never searches the heap.
 */
#ifndef RUNTIME_WORLD_H
#define RUNTIME_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/rules.h"
#include "proto/case.h"

enum {
    WORKER_DAYS = 7, /* days of the rolling load */
    WORKER_PLACES = 4
};

/* What the log says of a worker beside the roster. A plain value. */
struct worker_state {
    uint32_t worker;
    uint8_t duty;        /* enum Duty of the newest DutyChanged; 0: the shift decides */
    bool duty_by_shift;  /* the newest DutyChanged was a shift change */
    uint32_t open_cases; /* offered or acked, unfinished */
    uint32_t open_min;   /* estimated minutes of these */
    uint32_t declines_today;
    uint32_t declines_day; /* yyyymmdd that declines_today counts */
    uint32_t roll_day;     /* yyyymmdd of roll_min[0] */
    /* Minutes assigned, by local day, newest first: the estimate when an offer is acked, set
     * right by what CaseResolved reports; CaseSelfHandled; patrols of CoverageReported. */
    uint32_t roll_min[WORKER_DAYS];
    uint16_t cases[WORKER_DAYS];    /* resolved or handled on the spot, by the same days */
    uint16_t visits[WORKER_DAYS];   /* of CoverageReported */
    uint32_t places[WORKER_PLACES]; /* buildings where he resolved cases, newest first */
    int64_t last_assigned_ms;       /* newest offer */
    int64_t since_ms;               /* first offer or minutes; 0: none yet */
};

struct world;

struct world *world_new(void);
void world_free(struct world **world);

/* Applies one record, committed or tentative. CaseMerged and CaseUnmerged change the cases
 * above as well, which are not those of the record.
 * Fails: INVALID: the record cannot stand at this place (audit's business; the others keep
 *        the state they had); nothing changed. */
MUST_CHECK enum status world_fold(struct world *world, const struct record *record,
                                  const Sanji__Envelope *envelope);
/* The case of the last folded record as it was before; NULL: new, or not about a case.
 * Good until the next fold. */
const struct kase *world_before(const struct world *world);

uint64_t world_read_seq(const struct world *world); /* last committed record folded */
void world_set_read(struct world *world, uint64_t seq);
struct rules *world_rules(struct world *world);
uint32_t world_place(const struct world *world); /* 0: neither rules nor cases yet */

/* NULL: unknown. The pointer is good for ever, but for a case that world_undo takes back, and
 * of a final case until the next committed fold: what is final is kept packed. */
struct kase *world_case(struct world *world, uint64_t key);
size_t world_case_count(const struct world *world);
/* Highest running number folded for a local day (yyyymmdd). */
uint32_t world_running(const struct world *world, uint32_t day);

/* Every case in a state, oldest first; return false to stop. `visit` may fold: a case that
 * leaves the state is not met again, one that enters it is met if it is younger. A final case
 * may be a copy, good for this visit. */
typedef bool (*world_case_fn)(void *context, struct kase *kase);
void world_each_in_state(struct world *world, enum case_state state, world_case_fn visit,
                         void *context);
/* Every case, in order of first appearance. */
void world_each_case(struct world *world, world_case_fn visit, void *context);

/* Makes the entry when there is none yet (zeroes). To be read only: folds change it. */
struct worker_state *world_worker(struct world *world, uint32_t worker);
uint32_t world_roll_min(const struct world *world, const struct worker_state *worker,
                        uint32_t day);
/* Efforts and bands (workload.h), as folded; to be put back by a cache. */
struct workload_totals;
const struct workload_totals *world_totals(const struct world *world);
void world_restore_totals(struct world *world, const struct workload_totals *totals);
/* Whether a worker is on duty at `now`: his newest DutyChanged by statement, else his shift. */
bool world_on_duty(struct world *world, uint32_t worker, int64_t now_ms);

/* The next armed timer of an owner; false: none. */
struct world_due {
    int64_t due_ms;
    uint64_t case_key;
    uint8_t kind;
    uint16_t n;
};

bool world_next_due(struct world *world, enum owner owner, struct world_due *due);
/* Takes the head that world_next_due showed off the heap, between world_save_begin and
 * world_undo: a timer whose firing is tentative must not be found twice in one turn.
 * world_undo puts it back. */
void world_take_due(struct world *world, enum owner owner);

/* Rules are not among what can be undone: RulesPublished is never folded tentatively. */
void world_save_begin(struct world *world);
void world_undo(struct world *world);

/* ---- what a cache of the log keeps (stage_cache.c) ----
 *
 * Cases by their place in order of first appearance, workers by number: plain values. Timers,
 * running numbers and orders follow from the cases. */

/* What committed folds changed since world_set_clean. Not between world_save_begin and
 * world_undo. Return false to stop. */
typedef bool (*world_place_fn)(void *context, uint32_t place, const struct kase *kase);
typedef bool (*world_worker_fn)(void *context, const struct worker_state *worker);
void world_each_changed_case(struct world *world, world_place_fn visit, void *context);
void world_each_changed_worker(struct world *world, world_worker_fn visit, void *context);
void world_set_clean(struct world *world);

/* Put back into a new world, cases in order of place, each once.
 * Fails: INVALID: no case, or one that is there already; no worker's number. */
MUST_CHECK enum status world_restore_case(struct world *world, const struct kase *kase);
MUST_CHECK enum status world_restore_worker(struct world *world,
                                            const struct worker_state *worker);
/* The place of the first case, where no rules name one. */
void world_restore_place(struct world *world, uint32_t place);

#endif
