/* row.h: a case as a row that people read; the pieces every answer is made of. */
#ifndef CASEBOOK_ROW_H
#define CASEBOOK_ROW_H

#include "broker/runtime/world.h"
#include "proto/arena.h"
#include "query.pb-c.h"

/* True when RESOLVE has passed and the case is still open. */
bool row_is_overdue(const struct kase *kase, int64_t now_ms);

/* What may be shown of a case: of a restricted one that is not opened, the stub of the live
 * feed (records.md 7): community, category 99000, nobody. Lists match on it too: a question
 * must not find out what its answer does not show. */
struct row_shown {
    struct org_path area;
    struct org_path holder;
    uint32_t category;
    uint32_t worker;
    uint16_t team;
};

struct row_shown row_shown(const struct kase *kase, bool open);

/* NULL when the arena is exhausted. `open`: show a restricted case in full. `whole`: with
 * all timers and alerts, not only the next. */
Sanji__CaseRow *row_new(struct arena *arena, struct world *world, const struct kase *kase,
                        int64_t now_ms, bool open, bool whole);

#endif
