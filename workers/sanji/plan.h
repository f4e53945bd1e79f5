/* plan.h: what the data sets hold: every case of the street (domain 9), the truth about it.
 *
 *     quotas by largest remainder -> pairs that the rules allow -> one planned submission
 *     each: when, where, what, and what shall happen to it
 *
 * The plan is the oracle of the demo: it says what workers and desks will do, never what the
 * system will write. Same rules, seed, scale and start: the same plan, byte for byte.
 *
 * Invariants
 *  1. Every quota is exact, or the plan is refused with the name of the quota.
 *  2. number i stands at i - 1, in order of arrival; what is merged stands after its parent.
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

/* One accepted submission, and the truth about it: what the log must show at the end.
 *
 * REJECTED: either `grid` is the sub-district, so that nothing is accepted by rule and the
 * operator says no; or a VIDEO or IOT report below 800 permille, not found on site.
 * returns: the case climbs one desk above `tier` and is sent back; the second time the
 * sub-district decides for good. */
struct planned {
    int64_t at_ms;
    struct org_path grid;   /* or the unit above, where no grid is known */
    uint32_t number;        /* 1.., in order of arrival */
    uint32_t category;      /* at the end */
    uint32_t category_from; /* as reported, before it is reclassified; 0: the same */
    uint32_t worker;        /* who handled it on the spot; 0: reported */
    uint32_t into; /* MERGED: number of the planned case it is merged into; unmerged:
                               the one it was merged into by mistake */
    uint16_t
        confidence_permille; /* VIDEO, IOT: below 800 somebody looks first whether it is
                                     real; 0: another source */
    uint16_t held_s;         /* chaos: so long on the way; observed at at_ms - held_s */
    uint8_t kind;            /* enum planned_kind */
    uint8_t source;          /* enum Source */
    uint8_t severity;        /* at the end */
    uint8_t severity_from;   /* as filed, before it is changed; 0: the same */
    uint8_t tier;         /* enum org_tier that resolves it; GRID: on the spot, MUNICIPAL:
                               handed over to the city */
    uint8_t resolution;   /* enum Resolution of the last time; 0: not a case */
    uint8_t satisfaction; /* enum Satisfaction of the revisit; 0: nobody is asked */
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

enum plan_set {
    PLAN_Y_MINI = 1, /* Y community alone: 152 cases and nothing beside them */
    PLAN_STREET,     /* 2,008 cases in 34 days */
    PLAN_SURGE,      /* twelve streets in 3 days, and a burst pipe with 40 reports in 2 h */
    PLAN_CHAOS       /* the street, delivered late, out of order and twice */
};

struct plan_order {
    enum plan_set set;
    uint32_t scale; /* 1.. */
    uint64_t seed;
    int64_t start_ms; /* local midnight of the first day */
};

/* False: no data set of that name. */
bool plan_set_parse(const char *name, enum plan_set *set);
/* How many times the demo's roster this scale needs: 1 up to 4, then ceil(scale / 4). */
uint32_t plan_roster_times(uint32_t scale);

/* Draws a set over the rules in force. Whatever the plan held is given back.
 * Fails: INVALID: the organisation, roster or categories lack what the set needs, or a quota
 * cannot be met; *fault says which. */
MUST_CHECK enum status plan_draw(const struct rules *rules, const struct plan_order *order,
                                 struct plan *plan, struct fault *fault);
/* plan_draw of y-mini at scale 1. */
MUST_CHECK enum status plan_y_mini(const struct rules *rules, uint64_t seed,
                                   int64_t start_ms, struct plan *plan,
                                   struct fault *fault);

#endif
