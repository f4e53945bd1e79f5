/* plan.c: see plan.h. Counts are exact, only order and pairing are drawn. */
#include "workers/sanji/plan.h"

#include <assert.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "workers/sanji/random.h"

enum {
    STREET_CASES = 2008,
    DAYS = 34,
    MAJORS = 11,
    GRIDS_MAX = 64,
    CATEGORIES_MAX = 128,
    MS_PER_MIN = 60000,
    MS_PER_DAY = 24 * 60 * MS_PER_MIN
};

/* Quotas of the street (domain 9.2). */
static const uint32_t source_quota[9] = {0, 1245, 422, 121, 60, 100, 40, 20, 0};
static const uint32_t severity_quota[5] = {0, 20, 181, 1566, 241};
static const uint32_t major_quota[MAJORS + 1] = {0,   261, 321, 442, 261, 81,
                                                 301, 101, 80,  60,  40,  60};
/* self-handled, grid and committee, community, sub-district with the upstream ones */
static const uint32_t tier_quota[4] = {520, 692, 528, 268};
/* VERY SATISFIED NEUTRAL UNSATISFIED VERY_UNSATISFIED UNREACHABLE DECLINED */
static const uint32_t satisfaction_quota[7] = {870, 370, 6, 3, 1, 118, 22};
/* Arrivals an hour of the day, in hundredths (domain 9.2). */
static const uint32_t hour_weight[24] = {20,  10,  10,  10,  15,  40,  120, 260,
                                         520, 640, 600, 460, 280, 320, 540, 560,
                                         500, 420, 320, 260, 200, 120, 70,  40};

/* Splits `total` in proportion to `quota`, by largest remainder; ties to the first. */
static void apportion(const uint32_t *quota, size_t count, uint32_t total, uint32_t *share)
{
    uint64_t sum = 0;
    uint32_t given = 0;
    uint64_t rest[CATEGORIES_MAX];
    assert(count <= CATEGORIES_MAX);
    for (size_t i = 0; i < count; i++) {
        sum += quota[i];
    }
    assert(sum > 0);
    for (size_t i = 0; i < count; i++) {
        share[i] = (uint32_t)((uint64_t)quota[i] * total / sum);
        rest[i] = (uint64_t)quota[i] * total % sum;
        given += share[i];
    }
    for (; given < total; given++) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++) {
            best = rest[i] > rest[best] ? i : best;
        }
        share[best]++;
        rest[best] = 0;
    }
}

/* A bag of values in the given numbers, shuffled. */
static void fill_bag(struct random *random, const uint32_t *share, size_t count,
                     uint32_t *bag, size_t size)
{
    size_t at = 0;
    for (size_t value = 0; value < count; value++) {
        for (uint32_t i = 0; i < share[value] && at < size; i++) {
            bag[at++] = (uint32_t)value;
        }
    }
    assert(at == size);
    random_shuffle(random, bag, size);
}

struct drawing {
    const struct rules *rules;
    struct random random;
    struct plan *plan;
    struct fault *fault;
    int64_t start_ms;
    struct org_path basic[GRIDS_MAX];
    struct org_path dedicated[GRIDS_MAX];
    size_t basic_count, dedicated_count;
    uint32_t majors[MAJORS + 1]; /* still to be drawn */
};

static bool find_grids(struct drawing *d)
{
    const Sanji__Org *org = rules_org(d->rules);
    struct org_path y;
    if (org == NULL || org_parse("370499.003.01", &y) != STATUS_OK) {
        return false;
    }
    for (size_t i = 0; i < org->n_grids; i++) {
        struct org_path path;
        if (org_parse(org->grids[i]->path, &path) != STATUS_OK || !org_within(path, y)) {
            continue;
        }
        if (org->grids[i]->dedicated && d->dedicated_count < GRIDS_MAX) {
            d->dedicated[d->dedicated_count++] = path;
        } else if (!org->grids[i]->dedicated && d->basic_count < GRIDS_MAX) {
            d->basic[d->basic_count++] = path;
        }
    }
    return d->basic_count > 0 && d->dedicated_count > 0;
}

/* A category of this severity whose major has most left to draw. 0: none fits. */
static uint32_t draw_category(struct drawing *d, unsigned severity, bool self_handled,
                              bool open_to_all)
{
    const Sanji__Sla *sla = rules_sla(d->rules);
    uint32_t fits[CATEGORIES_MAX];
    size_t count = 0;
    uint32_t most = 0;
    for (size_t i = 0; i < sla->n_categories; i++) {
        const Sanji__Category *row = sla->categories[i];
        uint32_t code = 0;
        if ((unsigned)row->severity != severity || (self_handled && !row->self_handled) ||
            (open_to_all && row->restricted) ||
            id_category_parse(row->code, &code) != STATUS_OK || code / 1000 > MAJORS) {
            continue;
        }
        const uint32_t left = d->majors[code / 1000];
        if (left > most) {
            most = left;
            count = 0;
        }
        if (left == most && left > 0 && count < CATEGORIES_MAX) {
            fits[count++] = code;
        }
    }
    if (count == 0) {
        return 0;
    }
    const uint32_t drawn = fits[random_below(&d->random, (uint32_t)count)];
    d->majors[drawn / 1000]--;
    return drawn;
}

static uint32_t fulltime_of(const struct drawing *d, struct org_path grid)
{
    const Sanji__Roster *roster = rules_roster(d->rules);
    for (size_t i = 0; i < roster->n_workers; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        struct org_path home;
        uint32_t number = 0;
        if (worker->role == SANJI__ROLE__ROLE_FULLTIME &&
            org_parse(worker->home_grid, &home) == STATUS_OK && org_equal(home, grid) &&
            id_worker_parse(worker->worker, &number) == STATUS_OK) {
            return number;
        }
    }
    return 0;
}

/* Severity, tier and source in pairs that the rules allow: self-handled is a handheld's and
 * never urgent; hotline and S1 end at the community or above. */
static void draw_kinds(struct drawing *d)
{
    uint32_t tiers[4];
    uint32_t severities[5];
    uint32_t sources[9];
    uint32_t bag[PLAN_Y_CASES];
    struct planned *cases = d->plan->cases;
    const size_t count = d->plan->count;
    apportion(tier_quota, 4, (uint32_t)count, tiers);
    apportion(severity_quota, 5, (uint32_t)count, severities);
    apportion(source_quota, 9, (uint32_t)count, sources);

    // Cases are laid out by tier, then given the rest; the order of arrival is drawn later.
    static const enum org_tier tier_of[4] = {TIER_GRID, TIER_COMMITTEE, TIER_COMMUNITY,
                                             TIER_SUBDISTRICT};

    size_t at = 0;
    for (size_t tier = 0; tier < 4; tier++) {
        for (uint32_t i = 0; i < tiers[tier]; i++) {
            cases[at++].tier = (uint8_t)tier_of[tier];
        }
    }
    const size_t high = tiers[0] + tiers[1]; // from here on: community or above
    for (size_t i = 0; i < severities[1]; i++) {
        cases[count - 1 - i].severity = SEVERITY_S1;
    }
    const size_t rest = count - severities[1] - tiers[0];
    const uint32_t urgent[5] = {
        0, 0, severities[2], (uint32_t)rest - severities[2] - severities[4], severities[4]};
    fill_bag(&d->random, urgent, 5, bag, rest);
    for (size_t i = 0; i < tiers[0]; i++) {
        cases[i].severity = SEVERITY_S3;
    }
    for (size_t i = 0; i < rest; i++) {
        cases[tiers[0] + i].severity = (uint8_t)bag[i];
    }
    for (size_t i = 0; i < sources[2]; i++) {
        cases[high + i].source = SANJI__SOURCE__SOURCE_HOTLINE_12345;
    }
    sources[1] -= tiers[0];
    sources[2] = 0;
    size_t open = 0;
    for (size_t i = tiers[0]; i < count; i++) {
        open += cases[i].source == 0 ? 1 : 0;
    }
    fill_bag(&d->random, sources, 9, bag, open);
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (i < tiers[0]) {
            cases[i].source = SANJI__SOURCE__SOURCE_HANDHELD;
        } else if (cases[i].source == 0) {
            cases[i].source = (uint8_t)bag[taken++];
        }
    }
}

/* The rarest first: a severity with few categories must not find its majors used up. */
static bool draw_categories(struct drawing *d)
{
    static const uint8_t order[4] = {SEVERITY_S1, SEVERITY_S4, SEVERITY_S2, SEVERITY_S3};
    apportion(major_quota, MAJORS + 1, (uint32_t)d->plan->count, d->majors);
    for (size_t o = 0; o < 4; o++) {
        for (size_t i = 0; i < d->plan->count; i++) {
            struct planned *planned = &d->plan->cases[i];
            if (planned->severity != order[o]) {
                continue;
            }
            planned->category = draw_category(
                d, planned->severity, planned->tier == TIER_GRID,
                planned->tier == TIER_GRID || planned->tier == TIER_COMMITTEE);
            if (planned->category == 0) {
                // What is restricted or has nothing left goes one tier up rather than
                // against a quota.
                planned->category = draw_category(d, planned->severity, false, false);
                planned->tier = planned->tier <= TIER_COMMITTEE ? (uint8_t)TIER_COMMUNITY
                                                                : planned->tier;
            }
            if (planned->category == 0) {
                return false;
            }
        }
    }
    return true;
}

static void draw_places(struct drawing *d)
{
    for (size_t i = 0; i < d->plan->count; i++) {
        struct planned *planned = &d->plan->cases[i];
        const bool low = planned->tier == TIER_GRID || planned->tier == TIER_COMMITTEE;
        const bool dedicated = !low && random_below(&d->random, 4) == 0;
        // Zipf(1.0) over the basic grids: weights 840/k are whole numbers up to k = 8.
        uint32_t weight_sum = 0;
        for (size_t k = 1; k <= d->basic_count; k++) {
            weight_sum += (uint32_t)(840 / k);
        }
        uint32_t drawn = random_below(&d->random, weight_sum);
        size_t grid = 0;
        while (drawn >= 840 / (grid + 1)) {
            drawn -= (uint32_t)(840 / (grid + 1));
            grid++;
        }
        planned->grid =
            dedicated ? d->dedicated[random_below(&d->random, (uint32_t)d->dedicated_count)]
                      : d->basic[grid];
        planned->worker = planned->tier == TIER_GRID ? fulltime_of(d, planned->grid) : 0;
    }
}

static int64_t draw_time(struct drawing *d, const struct planned *planned)
{
    // What a committee or a full-time worker shall resolve comes while they are at work.
    const bool day = planned->tier == TIER_GRID || planned->tier == TIER_COMMITTEE ||
                     planned->severity == SEVERITY_S2;
    uint32_t sum = 0;
    for (size_t hour = 0; hour < 24; hour++) {
        sum += !day || (hour >= 8 && hour < 17) ? hour_weight[hour] : 0;
    }
    uint32_t drawn = random_below(&d->random, sum);
    size_t hour = 0;
    for (;; hour++) {
        const uint32_t weight = !day || (hour >= 8 && hour < 17) ? hour_weight[hour] : 0;
        if (drawn < weight) {
            break;
        }
        drawn -= weight;
    }
    const int64_t on = random_below(&d->random, DAYS);
    const int64_t minute = (int64_t)hour * 60 + random_below(&d->random, 60);
    const int64_t second = random_below(&d->random, 60);
    return d->start_ms + on * MS_PER_DAY + minute * MS_PER_MIN + second * 1000;
}

static void draw_disturbances(struct drawing *d)
{
    uint32_t order[PLAN_Y_CASES];
    uint32_t bag[PLAN_Y_CASES];
    uint32_t share[7];
    struct planned *cases = d->plan->cases;
    const size_t count = d->plan->count;
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    random_shuffle(&d->random, order, count);
    // 141 ack timeouts and 60 declines of the street's 2,008 cases; one rework, one reopening.
    uint32_t timeouts = 141 * (uint32_t)count / STREET_CASES + 1;
    uint32_t declines = 60 * (uint32_t)count / STREET_CASES + 1;
    uint32_t reworks = 1;
    uint32_t reopens = 1;
    for (size_t i = 0; i < count; i++) {
        struct planned *planned = &cases[order[i]];
        const bool ordinary =
            planned->tier != TIER_GRID && planned->severity != SEVERITY_S1;
        if (!ordinary) {
            continue;
        }
        if (timeouts > 0) {
            planned->timeouts = 1;
            timeouts--;
        } else if (declines > 0) {
            planned->declines = 1;
            declines--;
        } else if (reworks > 0) {
            planned->reworks = 1;
            reworks--;
        } else if (reopens > 0) {
            planned->reopens = 1;
            reopens--;
        }
    }
    // Who wants to hear of it: everybody who called or came, most of the handhelds.
    apportion(satisfaction_quota, 7, (uint32_t)count, share);
    fill_bag(&d->random, share, 7, bag, count);
    for (size_t i = 0; i < count; i++) {
        const uint8_t source = cases[i].source;
        cases[i].satisfaction = (uint8_t)(bag[i] + 1);
        cases[i].wants_contact = source == SANJI__SOURCE__SOURCE_HOTLINE_12345 ||
                                 source == SANJI__SOURCE__SOURCE_RESIDENT_APP ||
                                 source == SANJI__SOURCE__SOURCE_WALK_IN ||
                                 (source == SANJI__SOURCE__SOURCE_HANDHELD &&
                                  random_below(&d->random, 1245) < 848);
    }
}

static void sort_by_time(struct plan *plan)
{
    for (size_t i = 1; i < plan->count; i++) {
        const struct planned moved = plan->cases[i];
        size_t at = i;
        while (at > 0 && plan->cases[at - 1].at_ms > moved.at_ms) {
            plan->cases[at] = plan->cases[at - 1];
            at--;
        }
        plan->cases[at] = moved;
    }
    for (size_t i = 0; i < plan->count; i++) {
        plan->cases[i].number = (uint32_t)i + 1;
    }
}

void plan_make(struct plan *plan, size_t count)
{
    plan_reset(plan);
    plan->cases = count > 0 ? memory_new(count, sizeof *plan->cases) : NULL;
    plan->count = count;
}

void plan_reset(struct plan *plan)
{
    memory_free(plan->cases);
    memory_free(plan->strays);
    *plan = (struct plan){0};
}

enum status plan_y_mini(const struct rules *rules, uint64_t seed, int64_t start_ms,
                        struct plan *plan, struct fault *fault)
{
    struct drawing d = {.rules = rules, .plan = plan, .fault = fault, .start_ms = start_ms};
    plan_make(plan, PLAN_Y_CASES);
    plan->seed = seed;
    random_seed(&d.random, seed);
    if (!find_grids(&d)) {
        return fault_set(
            fault, STATUS_INVALID,
            "组织中没有社区 370499.003.01 的网格 / the organisation in force has "
            "no grids of community 370499.003.01, which y-mini plays in");
    }
    draw_kinds(&d);
    if (!draw_categories(&d)) {
        return fault_set(
            fault, STATUS_INVALID,
            "类别表缺少某一级别的类别 / the category table has no category left "
            "for a severity that y-mini needs");
    }
    draw_places(&d);
    for (size_t i = 0; i < plan->count; i++) {
        plan->cases[i].at_ms = draw_time(&d, &plan->cases[i]);
    }
    draw_disturbances(&d);
    sort_by_time(plan);
    return STATUS_OK;
}
