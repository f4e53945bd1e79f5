/* plan.h: what the demo's cases are: y-mini, the 152 cases of Y community (domain 9).
 *
 *     quotas of the street (2,008) -> Y's share by largest remainder -> drawn pairs that the
 *     rules allow -> one planned case each: when, where, what, and what shall happen to it
 *
 * The plan is the oracle of the demo: it says what workers and desks will do, never what the
 * system will write. Same seed, same plan.
 */
#ifndef SANJI_PLAN_H
#define SANJI_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/runtime/rules.h"

enum {
    PLAN_Y_CASES = 152,
    PLAN_CASES_MAX = PLAN_Y_CASES
};

struct planned {
    uint32_t number; /* 1.., in order of arrival */
    int64_t at_ms;
    uint8_t source; /* enum Source */
    uint8_t severity;
    uint32_t category;
    struct org_path grid;
    uint32_t worker;      /* who handled it on the spot; 0: reported */
    enum org_tier tier;   /* where it shall be resolved; NONE: on the spot */
    uint8_t satisfaction; /* enum Satisfaction of the revisit */
    bool wants_contact;
    bool declines;  /* the first offer at its tier is declined */
    bool times_out; /* the first offer at its tier is not answered */
    bool reworked;  /* the first check fails */
    bool reopened;  /* the reporter comes back after closing */
};

struct plan {
    uint64_t seed;
    size_t count;
    struct planned cases[PLAN_CASES_MAX];
};

/* Draws y-mini over Y's grids and workers, from `start_ms` (local midnight of the first day).
 * Fails: INVALID: the organisation lacks what the demo needs; *fault says what. */
MUST_CHECK enum status plan_y_mini(const struct rules *rules, uint64_t seed,
                                   int64_t start_ms, struct plan *plan,
                                   struct fault *fault);

#endif
