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
    PLAN_Y_CASES = 152
};

/* What a submission is meant to become. */
enum planned_kind {
    PLANNED_CASE = 0, /* resolved, checked, closed */
    PLANNED_MERGED,   /* into another planned case */
    PLANNED_REJECTED,
    PLANNED_CANCELLED
};

/* One accepted submission, and the truth about it: what the log must show at the end. */
struct planned {
    int64_t at_ms;
    struct org_path grid;
    uint32_t number;        /* 1.., in order of arrival */
    uint32_t category;      /* at the end */
    uint32_t category_from; /* as reported, before it is reclassified; 0: the same */
    uint32_t worker;        /* who handled it on the spot; 0: reported */
    uint32_t into;          /* MERGED: number of the planned case it is merged into */
    uint8_t kind;           /* enum planned_kind */
    uint8_t source;         /* enum Source */
    uint8_t severity;       /* at the end */
    uint8_t severity_from;  /* as filed, before it is changed; 0: the same */
    uint8_t tier;           /* enum org_tier that resolves it; GRID: on the spot, MUNICIPAL:
                               handed over to the city */
    uint8_t satisfaction;   /* enum Satisfaction of the revisit; 0: nobody is asked */
    bool wants_contact;
    bool late;     /* resolved after RESOLVE was due */
    bool unmerged; /* merged by mistake first, then a case of its own */

    /* How often each happens to it. Urges and supervision: what people say, beside what
     * the timers do by themselves. */
    uint8_t declines, timeouts, recalls, returns, extensions, suspensions, assists;
    uint8_t reworks, reopens, urges;
    uint8_t supervise; /* enum SuperviseLevel a duty leader raises it to; 0: none */
};

/* A delivery beside the planned ones: nothing new may come of it. */
enum stray_kind {
    STRAY_REPEAT = 1, /* of a planned submission: the same receipt again */
    STRAY_MALFORMED,  /* must be refused as invalid */
    STRAY_PII         /* must be refused as pii_refused */
};

struct stray {
    int64_t at_ms;
    uint32_t number; /* REPEAT: the planned case; else which of the malformed ones, 0.. */
    uint8_t kind;    /* enum stray_kind */
};

/* Owns: cases and strays, to be given back by plan_reset. */
struct plan {
    uint64_t seed;
    size_t count;
    struct planned *cases; /* in order of arrival: number i stands at i - 1 */
    size_t stray_count;
    struct stray *strays; /* in order of arrival */
};

/* Room for `count` planned cases, zeroed; whatever the plan held is given back. */
void plan_make(struct plan *plan, size_t count);
void plan_reset(struct plan *plan);

/* Draws y-mini over Y's grids and workers, from `start_ms` (local midnight of the first day).
 * Fails: INVALID: the organisation lacks what the demo needs; *fault says what. */
MUST_CHECK enum status plan_y_mini(const struct rules *rules, uint64_t seed,
                                   int64_t start_ms, struct plan *plan,
                                   struct fault *fault);

#endif
