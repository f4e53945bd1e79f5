/* plan.c: the data sets as wholes: their sizes, the steps in order, the order of arrival.
 * See plan.h and plan_inside.h. */
#include "workers/sanji/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "workers/sanji/plan_inside.h"

enum {
    STREET_DAYS = 34,
    SURGE_DAYS = 3,
    SURGE_TIMES = 12,
    DRAWN_AGAIN_MAX = 7,
    SCALE_MAX = 1000,
    SCALE_PER_ROSTER = 4
};

static const char y_path[] = "370499.003.01";

bool plan_set_parse(const char *name, enum plan_set *set)
{
    static const char *const names[] = {[PLAN_Y_MINI] = "y-mini",
                                        [PLAN_STREET] = "street",
                                        [PLAN_SURGE] = "surge",
                                        [PLAN_CHAOS] = "chaos"};
    for (size_t i = PLAN_Y_MINI; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            *set = (enum plan_set)i;
            return true;
        }
    }
    return false;
}

uint32_t plan_roster_times(uint32_t scale)
{
    return scale <= SCALE_PER_ROSTER ? 1
                                     : (scale + SCALE_PER_ROSTER - 1) / SCALE_PER_ROSTER;
}

uint32_t plan_share(const struct drawing *d, uint32_t quota)
{
    return quota_share(quota, d->cases, STREET_CASES);
}

uint8_t plan_filed_severity(const struct planned *planned)
{
    return planned->severity_from != 0 ? planned->severity_from : planned->severity;
}

void plan_make(struct plan *plan, size_t count)
{
    plan_reset(plan);
    plan->cases = memory_new(count + 1, sizeof *plan->cases);
    plan->count = count;
}

void plan_reset(struct plan *plan)
{
    memory_free(plan->cases);
    memory_free(plan->strays);
    *plan = (struct plan){0};
}

/* ---- the order of arrival ---- */

static const struct plan *sorted_plan; // qsort has no context

static int by_arrival(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    const int64_t at_x = sorted_plan->cases[x].at_ms;
    const int64_t at_y = sorted_plan->cases[y].at_ms;
    return at_x != at_y ? (at_x < at_y ? -1 : 1) : x < y ? -1 : x > y;
}

static int stray_by_time(const void *a, const void *b)
{
    const struct stray *x = a;
    const struct stray *y = b;
    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Numbers the submissions by arrival; what named a place in the old order names a number. */
static void put_in_order(struct plan *plan)
{
    uint32_t *order = memory_new(plan->count + 1, sizeof *order);
    uint32_t *number = memory_new(plan->count + 1, sizeof *number);
    struct planned *sorted = memory_new(plan->count + 1, sizeof *sorted);
    for (size_t i = 0; i < plan->count; i++) {
        order[i] = (uint32_t)i;
    }
    sorted_plan = plan;
    qsort(order, plan->count, sizeof *order, by_arrival);
    for (size_t i = 0; i < plan->count; i++) {
        number[order[i]] = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < plan->count; i++) {
        sorted[i] = plan->cases[order[i]];
        sorted[i].number = (uint32_t)i + 1;
        sorted[i].into = sorted[i].into != 0 ? number[sorted[i].into - 1] : 0;
    }
    for (size_t i = 0; i < plan->stray_count; i++) {
        struct stray *stray = &plan->strays[i];
        stray->number =
            stray->kind == STRAY_REPEAT ? number[stray->number - 1] : stray->number;
    }
    if (plan->stray_count > 0) {
        qsort(plan->strays, plan->stray_count, sizeof *plan->strays, stray_by_time);
    }
    memory_free(plan->cases);
    plan->cases = sorted;
    memory_free(order);
    memory_free(number);
}

/* ---- a set ---- */

static uint32_t cases_of(const struct plan_order *order)
{
    switch (order->set) {
    case PLAN_Y_MINI:
        return PLAN_Y_CASES * order->scale;
    case PLAN_SURGE:
        return STREET_CASES * SURGE_TIMES * order->scale;
    case PLAN_STREET:
    case PLAN_CHAOS:
        break;
    }
    return STREET_CASES * order->scale;
}

static enum status look_at_rules(struct drawing *d)
{
    struct org_path within;
    const enum status parsed = org_parse(y_path, &within);
    assert(parsed == STATUS_OK);
    if (rules_org(d->rules) == NULL || rules_roster(d->rules) == NULL ||
        rules_sla(d->rules) == NULL || rules_policy(d->rules) == NULL) {
        return fault_set(d->fault, STATUS_INVALID,
                         "规则不全, 没有社区 370499.003.01 / the rules in force lack the "
                         "organisation with community 370499.003.01 or what goes with it");
    }
    places_make(&d->places, d->rules,
                d->order->set == PLAN_Y_MINI ? within : org_subdistrict(within));
    size_t fit = 0;
    for (size_t c = 0; c < d->places.community_count; c++) {
        fit += d->places.communities[c].basic_count > 0 ? 1 : 0;
    }
    if (fit == 0 || fit < d->places.community_count || fit > QUOTA_PARTS_MAX) {
        return fault_set(
            d->fault, STATUS_INVALID,
            "组织中没有演示所需的社区和网格 (370499.003.01) / the organisation "
            "in force has not the communities and grids that the set plays "
            "in (370499.003.01)");
    }
    const uint32_t times = plan_roster_times(d->order->scale);
    if (d->places.fulltime_least < times) {
        return fault_set(d->fault, STATUS_INVALID,
                         "花名册太小: 每个网格需 %u 名专职网格员, 最少的只有 %u 名 / the "
                         "roster in force is too small for scale %u: each basic grid needs "
                         "%u full-time workers, one has %u. sanji up --scale %u",
                         times, d->places.fulltime_least, d->order->scale, times,
                         d->places.fulltime_least, d->order->scale);
    }
    return STATUS_OK;
}

static enum status draw_once(struct drawing *d)
{
    memset(d->plan->cases, 0, (d->plan->count + 1) * sizeof *d->plan->cases);
    memset(d->drafts, 0, (d->cases + 1U) * sizeof *d->drafts);
    d->row_count = 0;
    enum status status = plan_kinds(d);
    status = status == STATUS_OK ? plan_spread(d) : status;
    status = status == STATUS_OK ? plan_times(d) : status;
    status = status == STATUS_OK ? plan_events(d) : status;
    return status == STATUS_OK ? plan_extras(d) : status;
}

/* A step may find that those before it left it too little, in a small set: then the whole is
 * drawn anew with the numbers that follow. */
static enum status draw(struct drawing *d)
{
    enum status status = draw_once(d);
    for (unsigned again = 0; status != STATUS_OK && again < DRAWN_AGAIN_MAX; again++) {
        status = draw_once(d);
    }
    return status;
}

enum status plan_draw(const struct rules *rules, const struct plan_order *order,
                      struct plan *plan, struct fault *fault)
{
    struct drawing d = {.rules = rules, .order = order, .plan = plan, .fault = fault};
    if (order->scale == 0 || order->scale > SCALE_MAX) {
        return fault_set(fault, STATUS_INVALID, "--scale %u: 1..%d", order->scale,
                         SCALE_MAX);
    }
    d.cases = cases_of(order);
    d.days = order->set == PLAN_SURGE ? SURGE_DAYS : STREET_DAYS;
    const struct plan_extra_counts extra = plan_extra_counts(&d);
    plan_make(plan, (size_t)d.cases + extra.merged + extra.rejected + extra.cancelled +
                        extra.story);
    plan->seed = order->seed;
    random_seed(&d.random, order->seed);
    enum status status = look_at_rules(&d);
    if (status == STATUS_OK) {
        d.drafts = memory_new(d.cases + 1U, sizeof *d.drafts);
        status = draw(&d);
        memory_free(d.drafts);
    }
    places_reset(&d.places);
    if (status == STATUS_OK) {
        put_in_order(plan);
    } else {
        plan_reset(plan);
    }
    return status;
}

enum status plan_y_mini(const struct rules *rules, uint64_t seed, int64_t start_ms,
                        struct plan *plan, struct fault *fault)
{
    const struct plan_order order = {
        .set = PLAN_Y_MINI, .scale = 1, .seed = seed, .start_ms = start_ms};
    return plan_draw(rules, &order, plan, fault);
}
