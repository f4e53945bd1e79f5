/* plan_inside.h: what the generator's files share while a plan is drawn.
 *
 *     kinds (tier, severity, source, category) -> places (community, grid) -> times (hour,
 *     day) -> events (what happens to it) -> extras (what is no case) -> sorted, numbered
 *
 * Each step fills its fields of plan->cases[0 .. cases) and draws from the same stream of
 * numbers, so a step must not be skipped or moved without changing every plan.
 */
#ifndef SANJI_PLAN_INSIDE_H
#define SANJI_PLAN_INSIDE_H

#include "workers/sanji/plan.h"
#include "workers/sanji/plan_places.h"
#include "workers/sanji/quota.h"
#include "workers/sanji/random.h"

enum {
    STREET_CASES = 2008, /* what every quota is a part of */
    MAJORS = 11,
    PLAN_ROWS_MAX = 128,
    PLAN_SOURCES = 9, /* enum Source, from 0 */
    MS_PER_MIN = 60000,
    MS_PER_DAY = 24 * 60 * MS_PER_MIN,
    WORK_HOUR_S = 3600
};

/* A row of the category table, as far as it decides on pairs. */
struct planned_row {
    const Sanji__Category *category;
    uint32_t code;
    uint32_t budget_s; /* of RESOLVE, by its own severity */
    uint8_t major;
    bool general; /* a full-time worker can do it: skill g or m, no authority, no care */
};

/* What is known of a case while it is drawn, beside its fields. */
struct planned_draft {
    uint16_t grid; /* of places.grids */
    uint8_t row;
    uint8_t day;
    bool busy; /* something that bends its way happens to it; no second such thing */
};

struct drawing {
    const struct rules *rules;
    const struct plan_order *order;
    struct random random;
    struct plan *plan;
    struct fault *fault;
    struct places places;
    struct planned_row rows[PLAN_ROWS_MAX];
    size_t row_count;
    struct planned_draft *drafts; /* of the cases proper */
    uint32_t cases;               /* resolved and closed; behind them the others */
    uint32_t days;
};

/* The set's share of a quota of the street's. */
uint32_t plan_share(const struct drawing *d, uint32_t quota);

/* The severity that a case is filed with. */
uint8_t plan_filed_severity(const struct planned *planned);

/* The steps. Each fails with INVALID and names the quota it could not meet. */
MUST_CHECK enum status plan_kinds(struct drawing *d);
MUST_CHECK enum status plan_spread(struct drawing *d);
MUST_CHECK enum status plan_times(struct drawing *d);
MUST_CHECK enum status plan_events(struct drawing *d);
MUST_CHECK enum status plan_extras(struct drawing *d);

/* How many submissions stand behind the cases, by kind. */
struct plan_extra_counts {
    uint32_t merged, rejected, cancelled, story;
};

struct plan_extra_counts plan_extra_counts(const struct drawing *d);

/* An instant within the hour of a day. `quarters`: which of its four may be drawn. */
int64_t plan_instant(struct drawing *d, uint32_t day, unsigned hour, unsigned quarters);
/* Local minute of the day; whether working time runs then. */
unsigned plan_minute(const struct drawing *d, int64_t at_ms);
bool plan_in_working_time(const struct drawing *d, int64_t at_ms);

#endif
