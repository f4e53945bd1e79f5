/* plan_times.c: when the cases arrive: days and hours by their weights, each case at an hour
 * at which its desk's people let it end where it is planned. See plan_inside.h.
 *
 *     start desk -- nobody there: DISPATCH raises it --> ... --> planned desk: somebody able
 *     comes on duty before DISPATCH is due, for S1 and S2 at once
 *
 * A climb is followed by quarters of an hour, for each kind of day (a working day before a
 * free one, ...) and both for workers that hand on at once and for an empty desk.
 */
#include <assert.h>

#include "broker/runtime/memory.h"
#include "proto/deadline.h"
#include "proto/vocab.h"
#include "workers/sanji/pairing.h"
#include "workers/sanji/plan_inside.h"

enum {
    HOURS = 24,
    QUARTER_MIN = 15,
    QUARTERS_HOUR = 4,
    EVERY_QUARTER = 15,
    DAY_KINDS = 4, /* today works or not, tomorrow works or not */
    RAMP_DAYS = 10,
    RAMP_FROM = 550, /* permille on the first day */
    PARTY_DAY = 28,
    /* What is late at the sub-district comes when its limit ends within the same shift. */
    LATE_FROM_HOUR = 8,
    LATE_HALF_HOUR = 9
};

/* Arrivals an hour of the day, in hundredths (domain 9.2). */
static const uint32_t hour_weight[HOURS] = {20,  10,  10,  10,  15,  40,  120, 260,
                                            520, 640, 600, 460, 280, 320, 540, 560,
                                            500, 420, 320, 260, 200, 120, 70,  40};

static const uint32_t weekday_weight[7] = {108, 105, 103, 102, 106, 92, 84};

/* ---- instants ---- */

unsigned plan_minute(const struct drawing *d, int64_t at_ms)
{
    return (unsigned)((at_ms - d->order->start_ms) % MS_PER_DAY / MS_PER_MIN);
}

bool plan_in_working_time(const struct drawing *d, int64_t at_ms)
{
    return deadline_elapsed_ms(rules_calendar(d->rules), CLOCK_WORKING, at_ms,
                               at_ms + MS_PER_MIN) > 0;
}

int64_t plan_instant(struct drawing *d, uint32_t day, unsigned hour, unsigned quarters)
{
    unsigned quarter = random_below(&d->random, QUARTERS_HOUR);
    while ((quarters >> quarter & 1U) == 0) {
        quarter = (quarter + 1) % QUARTERS_HOUR;
    }
    const int64_t minute = (int64_t)hour * 60 + (int64_t)quarter * QUARTER_MIN +
                           random_below(&d->random, QUARTER_MIN);
    return d->order->start_ms + (int64_t)day * MS_PER_DAY + minute * MS_PER_MIN +
           (int64_t)random_below(&d->random, 60) * 1000;
}

/* ---- the climb ---- */

struct climb {
    const struct drawing *d;
    /* Minutes from the beginning of a quarter until DISPATCH is due there. */
    uint32_t due_min[DAY_KINDS][SEVERITY_S4 + 1][PLACES_QUARTERS];
    bool has_kind[DAY_KINDS];
    struct day_quarters *known; /* [desk][row][start tier][tier], computed when asked for */
    bool *is_known;
};

static bool works(const struct drawing *d, int64_t day_ms)
{
    return deadline_elapsed_ms(rules_calendar(d->rules), CLOCK_WORKING, day_ms,
                               day_ms + MS_PER_DAY) > 0;
}

static void fill_due(struct climb *climb)
{
    const struct drawing *d = climb->d;
    for (uint32_t day = 0; day < d->days; day++) {
        const int64_t day_ms = d->order->start_ms + (int64_t)day * MS_PER_DAY;
        const unsigned kind =
            (works(d, day_ms) ? 2U : 0U) + (works(d, day_ms + MS_PER_DAY) ? 1U : 0U);
        for (unsigned s = SEVERITY_S1; s <= SEVERITY_S4 && !climb->has_kind[kind]; s++) {
            struct deadline_limit limit = {0};
            uint32_t times = 0;
            if (!rules_limit(d->rules, TIMER_DISPATCH, s, 0, &limit, &times)) {
                continue;
            }
            for (unsigned quarter = 0; quarter < PLACES_QUARTERS; quarter++) {
                const int64_t from_ms =
                    day_ms + (int64_t)quarter * QUARTER_MIN * MS_PER_MIN;
                climb->due_min[kind][s][quarter] =
                    (uint32_t)((deadline_due_ms(rules_calendar(d->rules), &limit, from_ms,
                                                NULL, 0) -
                                from_ms) /
                               MS_PER_MIN);
            }
        }
        climb->has_kind[kind] = true;
    }
}

/* The first quarter from `quarter` on at which the desk has somebody; within a day. */
static unsigned next_able(const struct climb *climb, uint32_t desk, size_t row,
                          unsigned quarter)
{
    unsigned at = quarter;
    while (at < quarter + PLACES_QUARTERS &&
           !places_able(&climb->d->places, desk, row, at)) {
        at++;
    }
    return at;
}

/* Whether what comes to the desk at this quarter is taken there. */
static bool is_taken(const struct climb *climb, uint32_t desk, size_t row, unsigned s,
                     unsigned kind, unsigned quarter)
{
    if (s == SEVERITY_S1 || s == SEVERITY_S2) {
        return places_able(&climb->d->places, desk, row, quarter);
    }
    const unsigned at = next_able(climb, desk, row, quarter);
    return at == quarter || (at - quarter) * QUARTER_MIN <
                                climb->due_min[kind][s][quarter % PLACES_QUARTERS];
}

/* When an empty desk lets a case go up. */
static unsigned leaves(const struct climb *climb, uint32_t desk, size_t row, unsigned s,
                       unsigned kind, unsigned quarter)
{
    if (s == SEVERITY_S1 || s == SEVERITY_S2) {
        return quarter;
    }
    const unsigned at = next_able(climb, desk, row, quarter);
    const unsigned due =
        quarter + climb->due_min[kind][s][quarter % PLACES_QUARTERS] / QUARTER_MIN;
    return at < due ? at : due;
}

struct way {
    uint32_t lower, desk; /* lower: where it starts; the same: it starts where it ends */
    size_t row;
    unsigned severity;
};

static bool ends_here(const struct climb *climb, const struct way *way, unsigned quarter)
{
    const bool starts_here = way->lower == way->desk;
    for (unsigned kind = 0; kind < DAY_KINDS; kind++) {
        if (!climb->has_kind[kind]) {
            continue;
        }
        const unsigned late =
            starts_here ? quarter
                        : leaves(climb, way->lower, way->row, way->severity, kind, quarter);
        const unsigned reach = starts_here ? 0 : 1; // handing on takes some minutes
        for (unsigned on = 0; on <= reach; on++) {
            if (!is_taken(climb, way->desk, way->row, way->severity, kind, quarter + on) ||
                !is_taken(climb, way->desk, way->row, way->severity, kind, late + on)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- which hours a case may have ---- */

static enum org_tier start_tier(const struct drawing *d, const struct planned *planned,
                                const struct planned_grid *grid)
{
    const Sanji__SourceRule *source = rules_source(d->rules, planned->source);
    enum org_tier tier = grid->dedicated ? TIER_COMMUNITY : TIER_COMMITTEE;
    if (source != NULL && (enum org_tier)source->first_tier > tier) {
        tier = (enum org_tier)source->first_tier;
    }
    const enum org_tier s1 = (enum org_tier)rules_policy(d->rules)->s1_first_tier;
    return planned->severity == SEVERITY_S1 && s1 > tier ? s1 : tier;
}

static uint32_t community_desk(const struct drawing *d, struct org_path path)
{
    const struct org_path community = org_community(path);
    size_t c = 0;
    while (!org_equal(d->places.communities[c].path, community)) {
        c++;
        assert(c < d->places.community_count);
    }
    return d->places.communities[c].desk;
}

static const struct day_quarters *quarters_of_way(struct climb *climb,
                                                  const struct way *way)
{
    const struct places *places = &climb->d->places;
    const size_t desk = (size_t)way->lower * 2 + (way->lower == way->desk ? 0 : 1);
    const size_t at =
        (desk * places->category_count + way->row) * (SEVERITY_S4 + 1) + way->severity;
    struct day_quarters *day = &climb->known[at];
    for (unsigned quarter = 0; !climb->is_known[at] && quarter < PLACES_QUARTERS;
         quarter++) {
        if (ends_here(climb, way, quarter)) {
            day->hours[quarter / QUARTERS_HOUR] |= (uint8_t)(1U << quarter % QUARTERS_HOUR);
        }
    }
    climb->is_known[at] = true;
    return day;
}

static struct day_quarters every_quarter(void)
{
    struct day_quarters day;
    for (unsigned hour = 0; hour < HOURS; hour++) {
        day.hours[hour] = EVERY_QUARTER;
    }
    return day;
}

static struct day_quarters quarters_of(struct climb *climb, uint32_t i)
{
    const struct drawing *d = climb->d;
    const struct planned *planned = &d->plan->cases[i];
    const struct planned_grid *grid = &d->places.grids[d->drafts[i].grid];
    const struct planned_row *row = &d->rows[d->drafts[i].row];
    struct day_quarters day = every_quarter();
    if (planned->tier == TIER_GRID) {
        for (unsigned hour = 0; hour < HOURS; hour++) {
            day.hours[hour] =
                (uint8_t)(grid->fulltime.hours[hour] |
                          (row->category->light ? grid->light.hours[hour] : 0));
        }
    } else if (planned->tier == TIER_COMMITTEE || planned->tier == TIER_COMMUNITY) {
        const uint32_t community = community_desk(d, grid->path);
        const bool low = start_tier(d, planned, grid) == TIER_COMMITTEE;
        const struct way way = {.lower = low ? grid->committee : community,
                                .desk = planned->tier == TIER_COMMITTEE ? grid->committee
                                                                        : community,
                                .row = d->drafts[i].row,
                                .severity = plan_filed_severity(planned)};
        day = *quarters_of_way(climb, &way);
    } else if (planned->late && planned->tier == TIER_SUBDISTRICT) {
        day = (struct day_quarters){{0}};
        day.hours[LATE_FROM_HOUR] = EVERY_QUARTER;
        day.hours[LATE_HALF_HOUR] = 3;
    }
    return day;
}

/* ---- days ---- */

static void weigh_days(const struct drawing *d, uint32_t *weights)
{
    for (uint32_t i = 0; i < d->days; i++) {
        uint32_t day = 0;
        unsigned minute = 0;
        unsigned weekday = 0;
        deadline_local(rules_utc_offset_min(d->rules),
                       d->order->start_ms + (int64_t)i * MS_PER_DAY, &day, &minute,
                       &weekday);
        const bool surge = d->order->set == PLAN_SURGE;
        const uint32_t ramp =
            i >= RAMP_DAYS || surge ? 1000 : RAMP_FROM + (1000 - RAMP_FROM) / RAMP_DAYS * i;
        const uint32_t party = day % 100 == PARTY_DAY && !surge ? 14 : 10;
        weights[i] = surge ? 1 : weekday_weight[weekday] * ramp * party;
    }
}

/* Days by quota; what is late at the sub-district comes on days that work. */
static enum status draw_days(struct drawing *d, uint64_t *allowed, uint8_t *chosen)
{
    uint32_t weights[PAIRING_PLACES_MAX];
    uint32_t room[PAIRING_PLACES_MAX];
    uint64_t working = 0;
    struct pairing_gap gap = {0, 0};
    weigh_days(d, weights);
    quota_split(weights, d->days, d->cases, room);
    for (uint32_t i = 0; i < d->days; i++) {
        const bool is_working = works(d, d->order->start_ms + (int64_t)i * MS_PER_DAY);
        working |= is_working ? UINT64_C(1) << i : 0;
    }
    for (uint32_t i = 0; i < d->cases; i++) {
        const struct planned *planned = &d->plan->cases[i];
        allowed[i] = planned->late && planned->tier == TIER_SUBDISTRICT &&
                             d->order->set != PLAN_SURGE
                         ? working
                         : (UINT64_C(1) << d->days) - 1;
    }
    if (!pairing_make(&d->random, &(struct pairing_task){allowed, d->cases, room, d->days},
                      chosen, &gap)) {
        return fault_set(d->fault, STATUS_INVALID,
                         "第 %zu 天的名额无法配齐 / the quota of day %zu cannot be met",
                         gap.place + 1, gap.place + 1);
    }
    for (uint32_t i = 0; i < d->cases; i++) {
        d->drafts[i].day = chosen[i];
    }
    return STATUS_OK;
}

/* ---- hours ---- */

static enum status draw_hours(struct drawing *d, struct climb *climb, uint64_t *allowed,
                              uint8_t *chosen)
{
    uint32_t room[HOURS];
    struct pairing_gap gap = {0, 0};
    quota_split(hour_weight, HOURS, d->cases, room);
    for (uint32_t i = 0; i < d->cases; i++) {
        const struct day_quarters day = quarters_of(climb, i);
        allowed[i] = 0;
        for (unsigned hour = 0; hour < HOURS; hour++) {
            allowed[i] |= day.hours[hour] != 0 ? UINT64_C(1) << hour : 0;
        }
    }
    if (!pairing_make(&d->random, &(struct pairing_task){allowed, d->cases, room, HOURS},
                      chosen, &gap)) {
        const struct planned *left = &d->plan->cases[gap.item];
        return fault_set(
            d->fault, STATUS_INVALID,
            "%zu 时的名额无法配齐 / the quota of hour %zu cannot be met: a case "
            "of severity S%u, category %05u, tier %u finds no hour at which "
            "its desk has people",
            gap.place, gap.place, left->severity, left->category, left->tier);
    }
    for (uint32_t i = 0; i < d->cases; i++) {
        struct planned *planned = &d->plan->cases[i];
        const struct day_quarters day = quarters_of(climb, i);
        planned->at_ms = plan_instant(d, d->drafts[i].day, chosen[i], day.hours[chosen[i]]);
        if (planned->tier == TIER_GRID) {
            planned->worker = places_worker(&d->places, &d->places.grids[d->drafts[i].grid],
                                            d->rows[d->drafts[i].row].category->light,
                                            plan_minute(d, planned->at_ms),
                                            random_below(&d->random, UINT32_MAX));
            assert(planned->worker != 0);
        }
    }
    return STATUS_OK;
}

enum status plan_times(struct drawing *d)
{
    struct climb *climb = memory_new(1, sizeof *climb);
    const size_t cells =
        d->places.desk_count * 2 * d->places.category_count * (SEVERITY_S4 + 1);
    uint64_t *allowed = memory_new(d->cases + 1U, sizeof *allowed);
    uint8_t *chosen = memory_new(d->cases + 1U, sizeof *chosen);
    climb->d = d;
    climb->known = memory_new(cells + 1, sizeof *climb->known);
    climb->is_known = memory_new(cells + 1, sizeof *climb->is_known);
    fill_due(climb);
    enum status status = draw_days(d, allowed, chosen);
    status = status == STATUS_OK ? draw_hours(d, climb, allowed, chosen) : status;
    memory_free(climb->known);
    memory_free(climb->is_known);
    memory_free(climb);
    memory_free(allowed);
    memory_free(chosen);
    return status;
}
