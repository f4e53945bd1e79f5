/* rules_find.c: looking things up in the rules in force. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "broker/runtime/rules.h"
#include "broker/runtime/rules_tables.h"

enum {
    PERMILLE = 1000,
    DAY_MIN = 24 * 60,
    MINUTE_MS = 60000,
    DAY_MS = DAY_MIN * MINUTE_MS,
    SHIFT_DAYS = 9, /* any weekly pattern shows itself within */
    NEAREST_TEXT_MAX = 40
};

const Sanji__OrgUnit *rules_unit(const struct rules *rules, struct org_path path)
{
    if (path.place == 0 || path.place != rules->place) {
        return NULL;
    }
    return rules_index_find(&rules->units, path.packed);
}

const Sanji__Grid *rules_grid(const struct rules *rules, struct org_path path)
{
    if (path.place == 0 || path.place != rules->place) {
        return NULL;
    }
    return rules_index_find(&rules->grids, path.packed);
}

const Sanji__Category *rules_category(const struct rules *rules, uint32_t category)
{
    return rules_index_find(&rules->categories, category);
}

const Sanji__Worker *rules_worker(const struct rules *rules, uint32_t worker)
{
    return rules_index_find(&rules->workers, worker);
}

const Sanji__Shift *rules_shift(const struct rules *rules, uint32_t shift_id)
{
    const Sanji__Roster *roster = rules_roster(rules);
    for (size_t i = 0; roster != NULL && i < roster->n_shifts; i++) {
        if (roster->shifts[i]->id == shift_id) {
            return roster->shifts[i];
        }
    }
    return NULL;
}

const Sanji__SourceRule *rules_source(const struct rules *rules, unsigned source)
{
    const Sanji__Policy *policy = rules_policy(rules);
    for (size_t i = 0; policy != NULL && i < policy->n_sources; i++) {
        if ((unsigned)policy->sources[i]->source == source) {
            return policy->sources[i];
        }
    }
    return NULL;
}

const char *rules_label(const struct rules *rules, const char *key, bool english)
{
    assert(key != NULL);
    uint32_t hash = crc32c(0, key, strlen(key));
    for (size_t i = 0; i < rules->labels.count; i++) {
        const struct rules_row *row = &rules->labels.rows[i];
        const Sanji__Label *label = row->item;
        if (row->key == hash && strcmp(label->key, key) == 0) {
            return english ? label->en : label->zh;
        }
    }
    return NULL;
}

/* ---- places ---- */

bool rules_has_path(const struct rules *rules, struct org_path path)
{
    return rules_unit(rules, path) != NULL || rules_grid(rules, path) != NULL;
}

// Letters to change, add or leave out. Source: Levenshtein 1966, the two-row form.
static unsigned distance(const char *a, const char *b)
{
    unsigned row[NEAREST_TEXT_MAX + 1];
    size_t width = strnlen(b, NEAREST_TEXT_MAX);
    for (size_t j = 0; j <= width; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 0; i < NEAREST_TEXT_MAX && a[i] != '\0'; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t j = 1; j <= width; j++) {
            unsigned change = corner + (a[i] != b[j - 1] ? 1U : 0U);
            unsigned least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            corner = row[j];
            row[j] = change < least ? change : least;
        }
    }
    return row[width];
}

struct nearest {
    const char *text;
    struct org_path *paths;
    unsigned distances[8];
    size_t count, max;
};

// Insertion sort into at most `max` places; equals keep their order.
static void offer_path(struct nearest *nearest, const char *path_text)
{
    struct org_path path = {0};
    if (org_parse(path_text, &path) != STATUS_OK) {
        return;
    }
    unsigned far = distance(nearest->text, path_text);
    size_t at = nearest->count;
    while (at > 0 && nearest->distances[at - 1] > far) {
        at--;
    }
    if (at == nearest->max) {
        return;
    }
    if (nearest->count < nearest->max) {
        nearest->count++;
    }
    for (size_t i = nearest->count - 1; i > at; i--) {
        nearest->distances[i] = nearest->distances[i - 1];
        nearest->paths[i] = nearest->paths[i - 1];
    }
    nearest->distances[at] = far;
    nearest->paths[at] = path;
}

size_t rules_nearest(const struct rules *rules, const char *text, struct org_path *paths,
                     size_t max)
{
    assert(text != NULL && paths != NULL);
    const Sanji__Org *org = rules_org(rules);
    struct nearest nearest = {.text = text, .paths = paths, .max = max < 8 ? max : 8};
    for (size_t i = 0; org != NULL && i < org->n_grids; i++) {
        offer_path(&nearest, org->grids[i]->path);
    }
    for (size_t i = 0; org != NULL && i < org->n_units; i++) {
        offer_path(&nearest, org->units[i]->path);
    }
    return nearest.count;
}

bool rules_grid_at(const struct rules *rules, int32_t lat_e6, int32_t lon_e6,
                   unsigned datum, struct org_path *grid)
{
    const Sanji__Org *org = rules_org(rules);
    if (datum != SANJI__DATUM__DATUM_CGCS2000 && datum != SANJI__DATUM__DATUM_WGS84) {
        return false;
    }
    for (size_t i = 0; org != NULL && i < org->n_grids; i++) {
        const Sanji__Grid *box = org->grids[i];
        bool is_box =
            box->lat_max_e6 > box->lat_min_e6 && box->lon_max_e6 > box->lon_min_e6;
        if (is_box && lat_e6 >= box->lat_min_e6 && lat_e6 < box->lat_max_e6 &&
            lon_e6 >= box->lon_min_e6 && lon_e6 < box->lon_max_e6) {
            return org_parse(box->path, grid) == STATUS_OK;
        }
    }
    return false;
}

struct org_path rules_desk(struct org_path area, enum org_tier tier)
{
    struct org_path desk = area;
    while (desk.place != 0 && org_depth(desk) < tier && org_depth(desk) < TIER_MUNICIPAL) {
        desk = org_parent(desk);
    }
    return desk;
}

// The tiers a case climbs, as bits: its grid's, or what is known of the place.
static unsigned tier_bits(const struct rules *rules, struct org_path area)
{
    const Sanji__Grid *grid = rules_grid(rules, area);
    unsigned bits = 0;
    for (size_t i = 0; grid != NULL && i < grid->n_tier_path; i++) {
        bits |= 1U << (unsigned)grid->tier_path[i];
    }
    if (bits == 0) {
        bits = 1U << TIER_COMMITTEE | 1U << TIER_COMMUNITY;
        for (unsigned tier = TIER_COMMITTEE; tier <= TIER_COMMUNITY; tier++) {
            struct org_path desk = rules_desk(area, (enum org_tier)tier);
            if (org_depth(desk) != tier) {
                bits &= ~(1U << tier);
            }
        }
    }
    return bits | 1U << TIER_SUBDISTRICT;
}

bool rules_tier_above(const struct rules *rules, const struct kase *kase,
                      enum org_tier tier, enum org_tier *above, struct org_path *desk)
{
    assert(kase != NULL && above != NULL && desk != NULL);
    unsigned bits = tier_bits(rules, kase->area);
    unsigned first = tier < TIER_COMMITTEE ? TIER_COMMITTEE : (unsigned)tier + 1;
    for (unsigned next = first; next <= TIER_SUBDISTRICT; next++) {
        if ((bits >> next & 1U) != 0) {
            *above = (enum org_tier)next;
            *desk = rules_desk(kase->area, *above);
            return true;
        }
    }
    return false;
}

/* ---- limits ---- */

static const Sanji__Limit *limit_row(const struct rules *rules, enum timer_kind kind,
                                     unsigned severity)
{
    const Sanji__Limit *row = rules->limits[kind][severity];
    return row != NULL ? row : rules->limits[kind][SEVERITY_NONE];
}

static bool resolve_limit(const struct rules *rules, unsigned severity, uint32_t category,
                          struct deadline_limit *limit)
{
    const Sanji__Limit *row = limit_row(rules, TIMER_RESOLVE, severity);
    const Sanji__Category *of = rules_category(rules, category);
    *limit = (struct deadline_limit){0};
    if (row != NULL) {
        limit->clock = (enum deadline_clock)row->clock;
        limit->budget_s = row->budget_s;
        limit->cap_s = row->cap_s;
    }
    // A category's own budget counts where the severity's row leaves it to the category, on
    // the same clock: an urgent category (24 h natural) lowered to S3 takes the row's.
    const bool is_categorys =
        row == NULL || (row->by_category && of != NULL && of->clock == row->clock);
    if (severity >= SEVERITY_S3 && is_categorys && of != NULL && of->budget_s > 0) {
        limit->clock = (enum deadline_clock)of->clock;
        limit->budget_s = of->budget_s;
    }
    return limit->budget_s > 0;
}

static uint32_t share(uint32_t seconds, uint32_t permille)
{
    uint64_t part = (uint64_t)seconds * permille / PERMILLE;
    return part > UINT32_MAX ? UINT32_MAX : (uint32_t)part;
}

bool rules_limit(const struct rules *rules, enum timer_kind kind, unsigned severity,
                 uint32_t category, struct deadline_limit *limit, uint32_t *times_max)
{
    assert(kind > TIMER_NONE && (unsigned)kind < TIMER_COUNT && severity < SEVERITIES);
    assert(limit != NULL && times_max != NULL);
    // A case without a severity waits at the intake desk like an ordinary one.
    unsigned known = severity == SEVERITY_NONE ? SEVERITY_S3 : severity;
    const Sanji__Limit *row = limit_row(rules, kind, known);
    struct deadline_limit found = {0};
    bool has_limit = false;
    if (kind == TIMER_RESOLVE) {
        has_limit = resolve_limit(rules, known, category, &found);
    } else if (row != NULL && row->permille > 0) {
        has_limit = resolve_limit(rules, known, category, &found);
        found.budget_s = share(found.budget_s, row->permille);
        found.cap_s = share(found.cap_s, row->permille);
    } else if (row != NULL && row->budget_s > 0) {
        has_limit = true;
        found.clock = (enum deadline_clock)row->clock;
        found.budget_s = row->budget_s;
        found.cap_s = row->cap_s;
    }
    if (has_limit && found.clock == CLOCK_NONE) {
        found.clock = CLOCK_NATURAL;
    }
    if (has_limit) {
        *limit = found;
        *times_max = row != NULL ? row->times_max : 0;
    }
    return has_limit;
}

/* ---- shifts ---- */

// The part of the shift that begins on the local day `day_start_ms`; false: not on this day.
static bool shift_span(const Sanji__Shift *shift, int32_t utc_offset_min,
                       int64_t day_start_ms, int64_t *from_ms, int64_t *to_ms)
{
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(utc_offset_min, day_start_ms, &day, &minute, &weekday);
    if ((shift->weekdays >> weekday & 1U) == 0) {
        return false;
    }
    // An end at or before the beginning is on the next day: nights, and whole days.
    uint32_t end_min =
        shift->to_min > shift->from_min ? shift->to_min : shift->to_min + DAY_MIN;
    *from_ms = day_start_ms + (int64_t)shift->from_min * MINUTE_MS;
    *to_ms = day_start_ms + (int64_t)end_min * MINUTE_MS;
    return true;
}

bool rules_on_shift(const struct rules *rules, const Sanji__Worker *worker, int64_t at_ms,
                    int64_t *changes_ms)
{
    assert(worker != NULL && changes_ms != NULL);
    *changes_ms = INT64_MAX;
    const Sanji__Shift *shift = rules_shift(rules, worker->shift_id);
    if (shift == NULL) {
        return false;
    }
    int32_t offset = rules_utc_offset_min(rules);
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(offset, at_ms, &day, &minute, &weekday);
    int64_t yesterday_ms = deadline_day_start_ms(offset, day) - DAY_MS;
    bool is_on = false;
    for (unsigned i = 0; i < SHIFT_DAYS; i++) {
        int64_t from_ms = 0;
        int64_t to_ms = 0;
        if (!shift_span(shift, offset, yesterday_ms + (int64_t)i * DAY_MS, &from_ms,
                        &to_ms) ||
            to_ms <= at_ms) {
            continue;
        }
        if (from_ms <= at_ms || (is_on && from_ms <= *changes_ms)) {
            is_on = true; // spans that touch are one
            *changes_ms = to_ms;
        } else {
            if (!is_on) {
                *changes_ms = from_ms;
            }
            break;
        }
    }
    if (is_on && *changes_ms >= yesterday_ms + (int64_t)SHIFT_DAYS * DAY_MS) {
        *changes_ms = INT64_MAX; // round the clock
    }
    return is_on;
}
