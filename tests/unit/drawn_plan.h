/* drawn_plan.h: data sets drawn over the rules of deploy/, with the roster that `sanji up
 * --scale` would write for them. */
#ifndef TESTS_UNIT_DRAWN_PLAN_H
#define TESTS_UNIT_DRAWN_PLAN_H

#include "workers/sanji/plan.h"

extern const int64_t drawn_start_ms; /* 2020-08-01T00:00+08:00, a Saturday */

/* The rules for this scale; they live as long as the test program. */
const struct rules *drawn_rules(uint32_t scale);
/* Draws from drawn_start_ms; the test fails where the plan is refused. Owns: *plan. */
void drawn_plan(enum plan_set set, uint32_t scale, uint64_t seed, struct plan *plan);

#endif
