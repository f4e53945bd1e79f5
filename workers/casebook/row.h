/* row.h: a case as a row that people read; the pieces every answer is made of. */
#ifndef CASEBOOK_ROW_H
#define CASEBOOK_ROW_H

#include "broker/runtime/world.h"
#include "proto/arena.h"
#include "query.pb-c.h"

/* True when RESOLVE has passed and the case is still open. */
bool row_is_overdue(const struct kase *kase, int64_t now_ms);

/* NULL when the arena is exhausted. `open`: show a restricted case in full. `whole`: with
 * all timers and alerts, not only the next. */
Sanji__CaseRow *row_new(struct arena *arena, struct world *world, const struct kase *kase,
                        int64_t now_ms, bool open, bool whole);

#endif
