/* watch.h: looks at every record as it comes, and says which law it breaks.
 *
 *     log -> watch_log -> sequence, answers, audit's checks, the model, personal data
 *                      -> the fold and the model agree on every case
 *
 * What must hold of a log as a whole stays in invariants.h.
 */
#ifndef TESTS_SIM_WATCH_H
#define TESTS_SIM_WATCH_H

#include "broker/runtime/world.h"
#include "tests/sim/model.h"
#include "tests/sim/simlog.h"

struct watch;

struct watch *watch_new(void);
void watch_free(struct watch **watch);

/* The records that it has not seen yet. */
void watch_log(struct watch *watch, const struct simlog *sim, struct laws *laws);
/* One record; in order. For tests that change what stands in a log. `is_newest`: its author
 * had read everything before it. */
void watch_record(struct watch *watch, const struct record *record, bool is_newest,
                  struct laws *laws);
/* Every statement has its answer; nothing armed is overdue. */
void watch_end(struct watch *watch, int64_t now_ms, struct laws *laws);

struct world *watch_world(struct watch *watch); /* folded as far as it has looked */
struct model *watch_model(struct watch *watch);
uint64_t watch_seq(const struct watch *watch);

/* Statements by what became of them. */
struct watch_counts {
    uint64_t said, applied, refused, not_yet;
};
struct watch_counts watch_counts(const struct watch *watch);
/* How often statements of a kind were applied and refused. */
uint64_t watch_applied(const struct watch *watch, unsigned kind);
uint64_t watch_refused(const struct watch *watch, unsigned kind);
/* The same by status code. */
uint64_t watch_refused_with(const struct watch *watch, unsigned kind, unsigned code);

#endif
