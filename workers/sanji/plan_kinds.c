/* plan_kinds.c: tier, severity, source and category of each case, in pairs that the rules
 * allow (records.md 3, domain 4.5, 7.2). See plan_inside.h. */
#include <assert.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "proto/vocab.h"
#include "workers/sanji/pairing.h"
#include "workers/sanji/plan_inside.h"

enum {
    CARE_MAJOR = 7,
    ORDERED_MAJOR = 10, /* tasks from above */
    SHORT_H = 2,        /* working hours that do not suffice for a climb */
    LATE_H = 4,         /* so short that it can be missed within one shift */
    UPSTREAM_LEAST_H = 24
};

/* Quotas of the street (domain 9.2). */
static const uint32_t tier_quota[5] = {520, 692, 528, 216, 52};
static const uint32_t source_quota[PLAN_SOURCES] = {0, 1245, 422, 121, 60, 100, 40, 20, 0};
static const uint32_t severity_quota[5] = {0, 20, 181, 1566, 241};
static const uint32_t upstream_quota[5] = {0, 3, 9, 12, 28};
static const uint32_t major_quota[MAJORS + 1] = {0,   261, 321, 442, 261, 81,
                                                 301, 101, 80,  60,  40,  60};

enum {
    LATE_UPSTREAM = 40, /* of the 91 late ones; the rest is late at the sub-district */
    LATE_HERE = 51,
    SEVERITY_CHANGED = 25,
    CONTACT_HANDHELD = 848
};

static const uint32_t satisfaction_quota[7] = {870, 370, 6, 3, 1, 118, 22};

static bool is_source(const struct planned *planned, Sanji__Source source)
{
    return planned->source == (uint8_t)source;
}

/* Calls, letters and visits: somebody waits for an answer. */
static bool always_wants_contact(const struct planned *planned)
{
    return is_source(planned, SANJI__SOURCE__SOURCE_HOTLINE_12345) ||
           is_source(planned, SANJI__SOURCE__SOURCE_RESIDENT_APP) ||
           is_source(planned, SANJI__SOURCE__SOURCE_WALK_IN);
}

/* ---- tier and severity ---- */

static void lay_out_tiers(struct drawing *d)
{
    static const uint8_t tiers[5] = {TIER_GRID, TIER_COMMITTEE, TIER_COMMUNITY,
                                     TIER_SUBDISTRICT, TIER_MUNICIPAL};
    uint32_t shares[5];
    size_t at = 0;
    quota_split(tier_quota, 5, d->cases, shares);
    for (size_t tier = 0; tier < 5; tier++) {
        for (uint32_t i = 0; i < shares[tier]; i++) {
            d->plan->cases[at++].tier = tiers[tier];
        }
    }
}

static uint64_t severities_of(enum org_tier tier)
{
    const uint64_t s1 = UINT64_C(1) << SEVERITY_S1;
    const uint64_t s2 = UINT64_C(1) << SEVERITY_S2;
    const uint64_t s3 = UINT64_C(1) << SEVERITY_S3;
    const uint64_t s4 = UINT64_C(1) << SEVERITY_S4;
    // No category that may be handled on the spot is an S4.
    return tier == TIER_GRID        ? s3
           : tier == TIER_COMMITTEE ? s2 | s3 | s4
                                    : s1 | s2 | s3 | s4;
}

static enum status draw_severities(struct drawing *d, uint64_t *allowed, uint8_t *chosen)
{
    struct planned *cases = d->plan->cases;
    uint32_t room[5];
    uint32_t upstream[5];
    size_t here = 0;
    struct pairing_gap gap = {0, 0};
    while (here < d->cases && cases[here].tier != TIER_MUNICIPAL) {
        allowed[here] = severities_of((enum org_tier)cases[here].tier);
        here++;
    }
    quota_split(severity_quota, 5, d->cases, room);
    quota_split(upstream_quota, 5, d->cases - (uint32_t)here, upstream);
    size_t at = here;
    for (size_t s = 1; s < 5; s++) {
        room[s] -= upstream[s];
        for (uint32_t i = 0; i < upstream[s]; i++) {
            cases[at++].severity = (uint8_t)s;
        }
    }
    if (!pairing_make(&d->random, &(struct pairing_task){allowed, here, room, 5}, chosen,
                      &gap)) {
        return fault_set(d->fault, STATUS_INVALID,
                         "级别 S%zu 的名额无法配齐 / the quota of severity S%zu cannot be "
                         "met with the tiers",
                         gap.place, gap.place);
    }
    for (size_t i = 0; i < here; i++) {
        cases[i].severity = chosen[i];
    }
    return STATUS_OK;
}

/* Takes `count` of the cases that fit, drawn, and marks each. False: there are not so many. */
static bool take(struct drawing *d, uint32_t count, bool (*fits)(const struct planned *),
                 void (*mark)(struct planned *, struct planned_draft *))
{
    uint32_t *which = memory_new(d->cases + 1U, sizeof *which);
    size_t found = 0;
    for (uint32_t i = 0; i < d->cases; i++) {
        if (!d->drafts[i].busy && fits(&d->plan->cases[i])) {
            which[found++] = i;
        }
    }
    random_shuffle(&d->random, which, found);
    for (size_t i = 0; i < count && i < found; i++) {
        mark(&d->plan->cases[which[i]], &d->drafts[which[i]]);
    }
    memory_free(which);
    return found >= count;
}

static bool fits_late_upstream(const struct planned *planned)
{
    return planned->tier == TIER_MUNICIPAL && planned->severity != SEVERITY_S1;
}

static bool fits_late_here(const struct planned *planned)
{
    return planned->tier == TIER_SUBDISTRICT && planned->severity == SEVERITY_S3;
}

static void mark_late(struct planned *planned, struct planned_draft *draft)
{
    planned->late = true;
    draft->busy = true;
}

static bool fits_changed(const struct planned *planned)
{
    return (planned->tier == TIER_COMMUNITY || planned->tier == TIER_SUBDISTRICT) &&
           (planned->severity == SEVERITY_S3 || planned->severity == SEVERITY_S4);
}

/* What was filed too lightly or too gravely; the limits of S3 and S4 run on the same clock. */
static void mark_changed(struct planned *planned, struct planned_draft *draft)
{
    planned->severity_from = planned->severity == SEVERITY_S3 ? SEVERITY_S4 : SEVERITY_S3;
    draft->busy = true;
}

static enum status draw_fates(struct drawing *d)
{
    const bool late =
        take(d, plan_share(d, LATE_UPSTREAM), fits_late_upstream, mark_late) &&
        take(d, plan_share(d, LATE_UPSTREAM + LATE_HERE) - plan_share(d, LATE_UPSTREAM),
             fits_late_here, mark_late);
    if (!late) {
        return fault_set(d->fault, STATUS_INVALID,
                         "超时名额无法配齐 / the quota of late cases cannot be met");
    }
    if (!take(d, plan_share(d, SEVERITY_CHANGED), fits_changed, mark_changed)) {
        return fault_set(
            d->fault, STATUS_INVALID,
            "改级名额无法配齐 / the quota of changed severities cannot be met");
    }
    return STATUS_OK;
}

/* ---- source ---- */

static uint64_t sources_of(const struct planned *planned)
{
    const uint64_t every = (UINT64_C(1) << PLAN_SOURCES) - 1;
    if (planned->tier == TIER_GRID) {
        return UINT64_C(1) << SANJI__SOURCE__SOURCE_HANDHELD;
    }
    if (planned->tier == TIER_COMMITTEE) { // those two start at the community
        return every & ~(UINT64_C(1) << SANJI__SOURCE__SOURCE_HOTLINE_12345 |
                         UINT64_C(1) << SANJI__SOURCE__SOURCE_SUPERIOR);
    }
    return every;
}

static enum status draw_sources(struct drawing *d, uint64_t *allowed, uint8_t *chosen)
{
    uint32_t room[PLAN_SOURCES];
    struct pairing_gap gap = {0, 0};
    quota_split(source_quota, PLAN_SOURCES, d->cases, room);
    for (size_t i = 0; i < d->cases; i++) {
        allowed[i] = sources_of(&d->plan->cases[i]);
    }
    if (!pairing_make(&d->random,
                      &(struct pairing_task){allowed, d->cases, room, PLAN_SOURCES}, chosen,
                      &gap)) {
        return fault_set(d->fault, STATUS_INVALID,
                         "来源 %zu 的名额无法配齐 / the quota of source %zu cannot be met",
                         gap.place, gap.place);
    }
    for (size_t i = 0; i < d->cases; i++) {
        d->plan->cases[i].source = chosen[i];
    }
    return STATUS_OK;
}

/* ---- category ---- */

static bool source_reports(const struct planned_row *row, const struct planned *planned)
{
    // By major: what a camera or a sensor can see at all.
    static const bool video[MAJORS + 1] = {
        [2] = true, [3] = true, [4] = true, [5] = true, [8] = true, [11] = true};
    static const bool iot[MAJORS + 1] = {[2] = true, [3] = true, [4] = true, [11] = true};
    if (is_source(planned, SANJI__SOURCE__SOURCE_VIDEO)) {
        return video[row->major] && !row->category->restricted;
    }
    if (is_source(planned, SANJI__SOURCE__SOURCE_IOT)) {
        return iot[row->major];
    }
    if (always_wants_contact(planned)) {
        return row->category->revisit && row->major != ORDERED_MAJOR;
    }
    return true;
}

static bool tier_handles(const struct planned_row *row, const struct planned *planned)
{
    const Sanji__Category *category = row->category;
    switch ((enum org_tier)planned->tier) {
    case TIER_GRID:
        return category->self_handled;
    case TIER_COMMITTEE:
        return category->authority[0] == '\0' && row->major != CARE_MAJOR &&
               !category->two_persons;
    case TIER_COMMUNITY:
        return !category->two_persons && row->budget_s > SHORT_H * WORK_HOUR_S;
    case TIER_SUBDISTRICT:
        return row->budget_s > SHORT_H * WORK_HOUR_S &&
               (!planned->late || row->budget_s <= LATE_H * WORK_HOUR_S);
    case TIER_MUNICIPAL:
        return !category->restricted && row->budget_s >= UPSTREAM_LEAST_H * WORK_HOUR_S;
    case TIER_NONE:
        break;
    }
    return false;
}

static bool row_fits(const struct planned_row *row, const struct planned *planned)
{
    return row->category->severity == (Sanji__Severity)plan_filed_severity(planned) &&
           tier_handles(row, planned) && source_reports(row, planned);
}

static void read_rows(struct drawing *d)
{
    const Sanji__Sla *sla = rules_sla(d->rules);
    for (size_t i = 0; i < sla->n_categories && i < PLAN_ROWS_MAX; i++) {
        struct planned_row *row = &d->rows[d->row_count++];
        const Sanji__Category *category = sla->categories[i];
        struct deadline_limit limit = {0};
        uint32_t times = 0;
        *row = (struct planned_row){.category = category};
        if (id_category_parse(category->code, &row->code) != STATUS_OK ||
            row->code / 1000 > MAJORS) {
            continue; // major 0: none of ours
        }
        row->major = (uint8_t)(row->code / 1000);
        row->general = strpbrk(category->skills, "gm") != NULL &&
                       category->authority[0] == '\0' && row->major != CARE_MAJOR &&
                       !category->two_persons;
        if (rules_limit(d->rules, TIMER_RESOLVE, category->severity, row->code, &limit,
                        &times)) {
            row->budget_s = limit.budget_s;
        }
    }
}

static uint64_t majors_of(const struct drawing *d, const struct planned *planned)
{
    uint64_t majors = 0;
    for (size_t r = 0; r < d->row_count; r++) {
        if (d->rows[r].major != 0 && row_fits(&d->rows[r], planned)) {
            majors |= UINT64_C(1) << d->rows[r].major;
        }
    }
    return majors;
}

static uint8_t draw_row(struct drawing *d, const struct planned *planned, unsigned major)
{
    uint8_t fits[PLAN_ROWS_MAX];
    size_t count = 0;
    for (size_t r = 0; r < d->row_count; r++) {
        if (d->rows[r].major == major && row_fits(&d->rows[r], planned)) {
            fits[count++] = (uint8_t)r;
        }
    }
    assert(count > 0);
    return fits[random_below(&d->random, (uint32_t)count)];
}

static enum status draw_categories(struct drawing *d, uint64_t *allowed, uint8_t *chosen)
{
    uint32_t room[MAJORS + 1];
    struct pairing_gap gap = {0, 0};
    quota_split(major_quota, MAJORS + 1, d->cases, room);
    for (size_t i = 0; i < d->cases; i++) {
        allowed[i] = majors_of(d, &d->plan->cases[i]);
    }
    if (!pairing_make(&d->random,
                      &(struct pairing_task){allowed, d->cases, room, MAJORS + 1}, chosen,
                      &gap)) {
        const struct planned *left = &d->plan->cases[gap.item];
        return fault_set(
            d->fault, STATUS_INVALID,
            "类别大类 %02zu 的名额无法配齐 / the quota of category major %02zu "
            "cannot be met: no category is left for severity S%u at tier %u",
            gap.place, gap.place, left->severity, left->tier);
    }
    for (size_t i = 0; i < d->cases; i++) {
        struct planned *planned = &d->plan->cases[i];
        d->drafts[i].row = draw_row(d, planned, chosen[i]);
        planned->category = d->rows[d->drafts[i].row].code;
    }
    return STATUS_OK;
}

/* ---- who asks to hear of it, and what he says ---- */

static uint8_t resolution_of(const struct planned *planned)
{
    if (planned->tier == TIER_GRID) {
        return SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED;
    }
    switch (planned->category / 1000) {
    case 1:
        return SANJI__RESOLUTION__RESOLUTION_MEDIATED;
    case 6:
    case 7:
    case 9:
    case 10:
        return SANJI__RESOLUTION__RESOLUTION_SERVED;
    default:
        return SANJI__RESOLUTION__RESOLUTION_FIXED;
    }
}

static enum status draw_contacts(struct drawing *d)
{
    uint32_t *which = memory_new(d->cases + 1U, sizeof *which);
    uint32_t shares[7];
    const uint32_t handheld = plan_share(d, CONTACT_HANDHELD);
    size_t found = 0;
    size_t contacts = 0;
    for (uint32_t i = 0; i < d->cases; i++) {
        struct planned *planned = &d->plan->cases[i];
        planned->resolution = resolution_of(planned);
        planned->wants_contact = always_wants_contact(planned);
        contacts += planned->wants_contact ? 1 : 0;
        if (is_source(planned, SANJI__SOURCE__SOURCE_HANDHELD) &&
            d->rows[d->drafts[i].row].category->revisit) {
            which[found++] = i;
        }
    }
    random_shuffle(&d->random, which, found);
    for (size_t i = 0; i < handheld && i < found; i++) {
        d->plan->cases[which[i]].wants_contact = true;
        contacts++;
    }
    quota_split(satisfaction_quota, 7, (uint32_t)contacts, shares);
    quota_bag(&d->random, shares, 7, which, contacts);
    size_t at = 0;
    for (uint32_t i = 0; i < d->cases; i++) {
        struct planned *planned = &d->plan->cases[i];
        planned->satisfaction = planned->wants_contact ? (uint8_t)(which[at++] + 1) : 0;
    }
    memory_free(which);
    return found >= handheld
               ? STATUS_OK
               : fault_set(d->fault, STATUS_INVALID,
                           "要求回访名额无法配齐 / the quota of handheld reports whose "
                           "reporter wants contact cannot be met");
}

enum status plan_kinds(struct drawing *d)
{
    uint64_t *allowed = memory_new(d->cases + 1U, sizeof *allowed);
    uint8_t *chosen = memory_new(d->cases + 1U, sizeof *chosen);
    read_rows(d);
    lay_out_tiers(d);
    enum status status = draw_severities(d, allowed, chosen);
    status = status == STATUS_OK ? draw_fates(d) : status;
    status = status == STATUS_OK ? draw_sources(d, allowed, chosen) : status;
    status = status == STATUS_OK ? draw_categories(d, allowed, chosen) : status;
    status = status == STATUS_OK ? draw_contacts(d) : status;
    memory_free(allowed);
    memory_free(chosen);
    return status;
}
