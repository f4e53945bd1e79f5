/* plan_events.c: what happens to the cases on their way: returns, silence, refusals, second
 * rounds, what people ask and say (domain 9.2 "Disturbances"). See plan_inside.h.
 *
 * What bends the way of a case happens to one case once, and only where the case still ends
 * at its tier and in its time; what is only said may come on top of anything.
 *
 *     steady:  somebody else takes it at any hour: at a community what a full-time worker can
 *              do, at the sub-district everything
 *     morning: at a committee, early on a working day, so that the same people are still
 *              there for a second round
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "proto/vocab.h"
#include "workers/sanji/pairing.h"
#include "workers/sanji/plan_inside.h"

enum {
    MORNING_FROM_MIN = 8 * 60 + 15,
    MORNING_TO_MIN = 13 * 60,
    MORNING_EFFORT_MIN = 45,
    ROOM_OFFER_H = 4, /* working hours of RESOLVE that bear a second offer */
    ROOM_H = 8,       /* ... that bear a second round */
    ROOM_LONG_H = 16, /* ... that bear half the budget */
    MISTAKE_MIN = 40  /* how much earlier the case came that another is taken for */
};

struct pick {
    const struct drawing *d;
    const struct planned *planned;
    const struct planned_draft *draft;
    const struct planned_row *row;
    bool steady, morning, roomy_offer, roomy, roomy_long, ordinary;
};

typedef bool fits_fn(const struct pick *pick);
typedef void mark_fn(struct planned *planned);

static struct pick look_at(const struct drawing *d, uint32_t i)
{
    const struct planned *planned = &d->plan->cases[i];
    const struct planned_row *row = &d->rows[d->drafts[i].row];
    const unsigned minute = plan_minute(d, planned->at_ms);
    struct pick pick = {.d = d, .planned = planned, .draft = &d->drafts[i], .row = row};
    pick.ordinary = planned->severity == SEVERITY_S3 || planned->severity == SEVERITY_S4;
    pick.steady = pick.ordinary && !row->category->two_persons &&
                  ((planned->tier == TIER_COMMUNITY && row->general) ||
                   planned->tier == TIER_SUBDISTRICT);
    pick.morning = pick.ordinary && planned->tier == TIER_COMMITTEE &&
                   minute >= MORNING_FROM_MIN && minute < MORNING_TO_MIN &&
                   row->category->effort_min <= MORNING_EFFORT_MIN &&
                   (d->order->set == PLAN_SURGE || plan_in_working_time(d, planned->at_ms));
    pick.roomy_offer = row->budget_s >= ROOM_OFFER_H * WORK_HOUR_S;
    pick.roomy = row->budget_s >= ROOM_H * WORK_HOUR_S;
    pick.roomy_long = row->budget_s >= ROOM_LONG_H * WORK_HOUR_S;
    return pick;
}

/* ---- what fits where ---- */

/* At the sub-district somebody else takes an urgent case as well. */
static bool urgent_above(const struct pick *pick)
{
    return pick->planned->severity == SEVERITY_S2 &&
           pick->planned->tier == TIER_SUBDISTRICT && !pick->row->category->two_persons;
}

static bool fits_reopen(const struct pick *pick)
{
    // It goes back to the owner: its community, or the sub-district for calls and orders;
    // from there it may climb again, never come down.
    const Sanji__SourceRule *source = rules_source(pick->d->rules, pick->planned->source);
    const bool above = source != NULL && source->owner_subdistrict;
    const uint8_t owner = above ? TIER_SUBDISTRICT : TIER_COMMUNITY;
    // Nobody has given an answer before, so that one case does not give two.
    const uint8_t said = pick->planned->satisfaction;
    const bool silent = said == 0 ||
                        said == (uint8_t)SANJI__SATISFACTION__SATISFACTION_UNREACHABLE ||
                        said == (uint8_t)SANJI__SATISFACTION__SATISFACTION_DECLINED;
    return pick->steady && pick->roomy && pick->planned->tier >= owner && silent;
}

static bool fits_suspension(const struct pick *pick)
{
    return pick->steady && pick->roomy;
}

static bool fits_rework(const struct pick *pick)
{
    return pick->roomy && (pick->steady || pick->morning || urgent_above(pick));
}

static bool fits_return_twice(const struct pick *pick)
{
    return pick->steady && pick->roomy_long && pick->planned->tier == TIER_COMMUNITY;
}

static bool fits_return(const struct pick *pick)
{
    const bool climbs = pick->planned->tier == TIER_COMMUNITY;
    // From a committee it climbs to the community, by day: there too somebody must be able.
    const bool from_below = pick->morning && pick->row->general;
    return pick->roomy && (from_below || (pick->steady && climbs));
}

static bool fits_second_offer(const struct pick *pick)
{
    const bool several = pick->morning && pick->row->category->light;
    return pick->roomy_offer && (pick->steady || several || urgent_above(pick));
}

static bool fits_extension(const struct pick *pick)
{
    const uint8_t tier = pick->planned->tier;
    return pick->ordinary && pick->roomy && tier >= TIER_COMMITTEE &&
           tier <= TIER_SUBDISTRICT;
}

/* Another category that looks like this one to all who must act on it. */
static uint32_t twin_of(const struct drawing *d, const struct planned_row *row)
{
    const Sanji__Category *a = row->category;
    for (size_t i = 1; i < d->row_count; i++) {
        const struct planned_row *other =
            &d->rows[((size_t)(row - d->rows) + i) % d->row_count];
        const Sanji__Category *b = other->category;
        if (other->major != 0 && b->severity == a->severity &&
            b->restricted == a->restricted && b->revisit == a->revisit &&
            b->two_persons == a->two_persons && b->minors == a->minors &&
            (b->light || !a->light) && strcmp(b->skills, a->skills) == 0 &&
            strcmp(b->authority, a->authority) == 0) {
            return other->code;
        }
    }
    return 0;
}

static bool fits_reclassified(const struct pick *pick)
{
    return pick->planned->tier != TIER_GRID && pick->planned->severity != SEVERITY_S1 &&
           twin_of(pick->d, pick->row) != 0;
}

static bool fits_urge(const struct pick *pick)
{
    return pick->planned->tier != TIER_GRID && pick->planned->severity != SEVERITY_S1;
}

static bool fits_supervision(const struct pick *pick)
{
    // Somebody stands above the holder, and no timer has raised the level before.
    return pick->ordinary && pick->planned->supervise == 0 && !pick->planned->late &&
           (pick->planned->tier == TIER_COMMITTEE || pick->planned->tier == TIER_COMMUNITY);
}

static bool fits_assist(const struct pick *pick)
{
    const uint8_t tier = pick->planned->tier;
    return tier >= TIER_COMMITTEE && tier <= TIER_SUBDISTRICT &&
           pick->planned->severity != SEVERITY_S1 && !pick->row->category->two_persons;
}

/* ---- what it leaves in the plan ---- */

static void mark_reopen(struct planned *planned)
{
    planned->reopens = 1;
}

static void mark_suspension(struct planned *planned)
{
    planned->suspensions = 1;
}

static void mark_rework(struct planned *planned)
{
    planned->reworks = 1;
}

static void mark_return_twice(struct planned *planned)
{
    planned->returns = 2;
}

static void mark_return(struct planned *planned)
{
    planned->returns = 1;
}

static void mark_recall(struct planned *planned)
{
    planned->recalls = 1;
}

static void mark_decline(struct planned *planned)
{
    planned->declines = 1;
}

static void mark_timeout(struct planned *planned)
{
    planned->timeouts = 1;
}

static void mark_extension(struct planned *planned)
{
    planned->extensions = 1;
}

static void mark_reclassified(struct planned *planned)
{
    planned->category_from = planned->category; // its twin is filled in by plan_events
}

static void mark_urge(struct planned *planned)
{
    planned->urges = 1;
}

static void mark_normal(struct planned *planned)
{
    planned->supervise = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NORMAL;
}

static void mark_yellow(struct planned *planned)
{
    planned->supervise = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_YELLOW;
}

static void mark_red(struct planned *planned)
{
    planned->supervise = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_RED;
}

static void mark_assist(struct planned *planned)
{
    planned->assists = 1;
}

struct event {
    const char *name_zh, *name;
    uint32_t quota;
    fits_fn *fits;
    mark_fn *mark;
};

/* What bends the way of a case. */
static const struct event bends[] = {
    {"重开", "reopens", 12, fits_reopen, mark_reopen},
    {"两次退回", "cases returned twice", 6, fits_return_twice, mark_return_twice},
    {"挂起", "suspensions", 18, fits_suspension, mark_suspension},
    {"退回", "cases returned once", 84, fits_return, mark_return},
    {"撤回派单", "recalls", 35, fits_second_offer, mark_recall},
    {"拒签", "declines", 60, fits_second_offer, mark_decline},
    {"签收超时", "ack timeouts", 141, fits_second_offer, mark_timeout},
    {"返工", "reworks", 58, fits_rework, mark_rework},
    {"延期", "extensions", 61, fits_extension, mark_extension},
    {"改类", "reclassified", 30, fits_reclassified, mark_reclassified},
};

/* What is said beside. */
static const struct event remarks[] = {
    {"红牌督办", "RED supervision", 1, fits_supervision, mark_red},
    {"黄牌督办", "YELLOW supervision", 5, fits_supervision, mark_yellow},
    {"督办", "NORMAL supervision", 22, fits_supervision, mark_normal},
    {"吹哨", "assists", 120, fits_assist, mark_assist},
    {"催办", "urges", 210, fits_urge, mark_urge},
};

enum {
    BENDS = sizeof bends / sizeof bends[0],
    REMARKS = sizeof remarks / sizeof remarks[0]
};

static enum status quota_unmet(struct drawing *d, const struct event *event)
{
    return fault_set(d->fault, STATUS_INVALID,
                     "%s名额无法配齐 / the quota of %s cannot be met: %u are wanted",
                     event->name_zh, event->name, plan_share(d, event->quota));
}

/* Each case gets one of the bends, or none: the last place. */
static enum status draw_bends(struct drawing *d)
{
    uint64_t *allowed = memory_new(d->cases + 1U, sizeof *allowed);
    uint8_t *chosen = memory_new(d->cases + 1U, sizeof *chosen);
    uint32_t room[BENDS + 1] = {0};
    struct pairing_gap gap = {0, 0};
    enum status status = STATUS_OK;
    uint32_t sum = 0;
    for (size_t e = 0; e < BENDS; e++) {
        room[e] = plan_share(d, bends[e].quota);
        sum += room[e];
    }
    assert(sum < d->cases);
    room[BENDS] = d->cases - sum;
    for (uint32_t i = 0; i < d->cases; i++) {
        const struct pick pick = look_at(d, i);
        allowed[i] = UINT64_C(1) << BENDS;
        for (size_t e = 0; e < BENDS && !d->drafts[i].busy; e++) {
            allowed[i] |= bends[e].fits(&pick) ? UINT64_C(1) << e : 0;
        }
    }
    if (!pairing_make(&d->random,
                      &(struct pairing_task){allowed, d->cases, room, BENDS + 1}, chosen,
                      &gap)) {
        status = quota_unmet(d, &bends[gap.place]); // it is never the last that stays short
    }
    for (uint32_t i = 0; i < d->cases && status == STATUS_OK; i++) {
        if (chosen[i] < BENDS) {
            bends[chosen[i]].mark(&d->plan->cases[i]);
            d->drafts[i].busy = true;
        }
    }
    memory_free(allowed);
    memory_free(chosen);
    return status;
}

static enum status draw_remark(struct drawing *d, const struct event *event,
                               uint32_t *which)
{
    const uint32_t quota = plan_share(d, event->quota);
    size_t found = 0;
    for (uint32_t i = 0; i < d->cases; i++) {
        const struct pick pick = look_at(d, i);
        // What was merged by mistake has enough to do with that.
        if (event->fits(&pick) && !pick.planned->unmerged) {
            which[found++] = i;
        }
    }
    if (found < quota) {
        return quota_unmet(d, event);
    }
    random_shuffle(&d->random, which, found);
    for (uint32_t i = 0; i < quota; i++) {
        event->mark(&d->plan->cases[which[i]]);
    }
    return STATUS_OK;
}

/* ---- merged by mistake ---- */

static const struct drawing *sorted_drawing; // qsort has no context

static int by_time(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    const int64_t at_x = sorted_drawing->plan->cases[x].at_ms;
    const int64_t at_y = sorted_drawing->plan->cases[y].at_ms;
    return at_x != at_y ? (at_x < at_y ? -1 : 1) : x < y ? -1 : x > y;
}

/* The case that another is taken for: open, of the same community, a little earlier. */
static uint32_t mistaken_for(const struct drawing *d, const uint32_t *order, size_t at)
{
    const struct planned *planned = &d->plan->cases[order[at]];
    for (size_t back = at; back-- > 0;) {
        const struct planned *other = &d->plan->cases[order[back]];
        const struct pick pick = look_at(d, order[back]);
        if (planned->at_ms - other->at_ms > (int64_t)MISTAKE_MIN * MS_PER_MIN) {
            return UINT32_MAX;
        }
        if (other->at_ms < planned->at_ms && other->tier != TIER_GRID && pick.ordinary &&
            !pick.draft->busy && !pick.row->category->restricted &&
            org_equal(org_community(other->grid), org_community(planned->grid))) {
            return order[back];
        }
    }
    return UINT32_MAX;
}

static enum status draw_unmerged(struct drawing *d, uint32_t *order)
{
    const uint32_t quota = plan_share(d, 3);
    uint32_t *which = memory_new(d->cases + 1U, sizeof *which);
    uint32_t taken = 0;
    size_t found = 0;
    for (uint32_t i = 0; i < d->cases; i++) {
        order[i] = i;
    }
    sorted_drawing = d;
    qsort(order, d->cases, sizeof *order, by_time);
    for (uint32_t at = 0; at < d->cases; at++) {
        const struct pick pick = look_at(d, order[at]);
        if (pick.steady && pick.roomy && !pick.draft->busy &&
            !pick.row->category->restricted && mistaken_for(d, order, at) != UINT32_MAX) {
            which[found++] = at;
        }
    }
    random_shuffle(&d->random, which, found);
    for (size_t i = 0; i < found && taken < quota; i++) {
        const uint32_t self = order[which[i]];
        const uint32_t other = mistaken_for(d, order, which[i]); // may be busy by now
        if (other == UINT32_MAX || d->drafts[self].busy) {
            continue;
        }
        d->plan->cases[self].unmerged = true;
        d->plan->cases[self].into = other + 1;
        d->drafts[self].busy = true;
        d->drafts[other].busy = true;
        taken++;
    }
    memory_free(which);
    return taken == quota
               ? STATUS_OK
               : fault_set(
                     d->fault, STATUS_INVALID,
                     "撤销并案名额无法配齐 / the quota of unmerged cases cannot be met");
}

enum status plan_events(struct drawing *d)
{
    uint32_t *which = memory_new(d->cases + 1U, sizeof *which);
    enum status status = draw_unmerged(d, which);
    status = status == STATUS_OK ? draw_bends(d) : status;
    for (size_t e = 0; e < REMARKS && status == STATUS_OK; e++) {
        status = draw_remark(d, &remarks[e], which);
    }
    for (uint32_t i = 0; i < d->cases && status == STATUS_OK; i++) {
        struct planned *planned = &d->plan->cases[i];
        if (planned->category_from != 0) {
            planned->category_from = twin_of(d, &d->rows[d->drafts[i].row]);
        }
    }
    memory_free(which);
    return status;
}
