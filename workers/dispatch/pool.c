/* pool.c: see pool.h. One function a filter, one line a term of the cost. */
#include "workers/dispatch/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lifecycle.h"

enum {
    PERMILLE = 1000,
    URGENT_MARGIN_MIN = 30, /* S1, S2: on duty for the ACK limit and this long */
    CARE_MAJOR = 7,         /* category major 07: people in need of care */
    EFFORT_DEFAULT_MIN = 30 /* a category without an estimate */
};

/* All that one weighing looks at. */
struct weighing {
    struct world *world;
    const struct rules *rules;
    const Sanji__Policy *policy;
    const Sanji__Category *category;
    const Sanji__Grid *grid; /* NULL: place without a grid */
    const struct kase *kase;
    int64_t now_ms;
    uint32_t day;
    uint32_t effort_min;
    uint32_t role_mean_min[ROLE_COUNT];
};

/* Who may acknowledge an offer (T10) may be offered one. */
static bool is_handler(unsigned role)
{
    return role < ROLE_COUNT && (lifecycle_edge(T10)->roles >> role & 1U) != 0;
}

static uint32_t bit(enum filter filter)
{
    return 1U << (filter - 1);
}

/* ---- the filters ---- */

static bool stays_on_duty(const struct weighing *w, const Sanji__Worker *worker,
                          const struct worker_state *state)
{
    if (!world_on_duty(w->world, state->worker, w->now_ms)) {
        return false;
    }
    if (state->duty != 0 && !state->duty_by_shift) {
        return true; // by his own word: he stays until he says otherwise
    }
    int64_t need_ms = (int64_t)w->effort_min * 60000;
    if (w->kase->severity == SEVERITY_S1 || w->kase->severity == SEVERITY_S2) {
        struct deadline_limit ack = {0};
        uint32_t times = 0;
        if (rules_limit(w->rules, TIMER_ACK, w->kase->severity, w->kase->category, &ack,
                        &times)) {
            const int64_t urgent_ms =
                (int64_t)ack.budget_s * 1000 + (int64_t)URGENT_MARGIN_MIN * 60000;
            need_ms = urgent_ms < need_ms ? urgent_ms : need_ms;
        }
    }
    int64_t changes_ms = INT64_MAX;
    return rules_on_shift(w->rules, worker, w->now_ms, &changes_ms) &&
           changes_ms - w->now_ms >= need_ms;
}

static bool has_skill(const struct weighing *w, const Sanji__Worker *worker)
{
    const char *wanted = w->category != NULL ? w->category->skills : "";
    if (wanted[0] == '\0') {
        return true;
    }
    for (size_t i = 0; i < worker->n_skills; i++) {
        const Sanji__Skill *skill = worker->skills[i];
        const bool expired = skill->expires_ms != 0 && skill->expires_ms <= w->now_ms;
        if (!expired && skill->skill[0] != '\0' &&
            strchr(wanted, skill->skill[0]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool has_authority(const struct weighing *w, const Sanji__Worker *worker)
{
    const char *wanted = w->category != NULL ? w->category->authority : "";
    if (wanted[0] == '\0') {
        return true;
    }
    if (worker->role != SANJI__ROLE__ROLE_PROFESSIONAL &&
        worker->role != SANJI__ROLE__ROLE_DEPARTMENT) {
        return false;
    }
    for (size_t i = 0; i < worker->n_authority; i++) {
        if (strcmp(worker->authority[i], wanted) == 0) {
            return true;
        }
    }
    return false;
}

static bool light_enough(const struct weighing *w, enum role role)
{
    if (role != ROLE_VOLUNTEER && role != ROLE_BUILDING_HEAD) {
        return true;
    }
    return w->category != NULL && w->category->light && !w->kase->restricted &&
           w->kase->severity != SEVERITY_S1 && w->kase->severity != SEVERITY_S2;
}

static bool fits_special_care(const struct weighing *w, enum role role)
{
    if (w->kase->category / PERMILLE != CARE_MAJOR || role == ROLE_SOCIAL_WORKER) {
        return true;
    }
    // A full-time worker only where no social worker can (second round), minors never.
    return role == ROLE_FULLTIME && !(w->category != NULL && w->category->minors);
}

static bool was_tried(const struct kase *kase, uint32_t worker)
{
    for (size_t i = 0; i < kase->tried_count; i++) {
        if (kase->tried[i] == worker) {
            return true;
        }
    }
    return false;
}

static bool has_time(const struct weighing *w, const Sanji__Worker *worker,
                     const struct worker_state *state)
{
    if (w->kase->severity == SEVERITY_S1) {
        return true;
    }
    const uint64_t room = (uint64_t)worker->capacity_min_day *
                          w->policy->cost->backlog_max_permille / PERMILLE;
    const bool has_place =
        worker->load_cases_max == 0 || state->open_cases < worker->load_cases_max;
    return has_place && (uint64_t)state->open_min + w->effort_min <= room;
}

static bool own_building(const struct weighing *w, const Sanji__Worker *worker)
{
    if (worker->role != SANJI__ROLE__ROLE_BUILDING_HEAD) {
        return true;
    }
    struct org_path home;
    return w->kase->building_no != 0 && worker->building_no == w->kase->building_no &&
           org_parse(worker->home_grid, &home) == STATUS_OK &&
           org_equal(home, w->kase->area);
}

static uint32_t reject_mask(const struct weighing *w, const Sanji__Worker *worker,
                            const struct worker_state *state)
{
    const enum role role = (enum role)worker->role;
    uint32_t reject = 0;
    reject |= stays_on_duty(w, worker, state) ? 0 : bit(FILTER_DUTY);
    reject |= has_skill(w, worker) ? 0 : bit(FILTER_SKILL);
    reject |= has_authority(w, worker) ? 0 : bit(FILTER_AUTHORITY);
    reject |= !w->kase->restricted || worker->clearance ? 0 : bit(FILTER_CLEARANCE);
    reject |= light_enough(w, role) ? 0 : bit(FILTER_LIGHT);
    reject |= fits_special_care(w, role) ? 0 : bit(FILTER_SPECIAL_CARE);
    reject |= was_tried(w->kase, state->worker) ? bit(FILTER_TRIED) : 0;
    reject |= has_time(w, worker, state) ? 0 : bit(FILTER_LOAD);
    reject |= own_building(w, worker) ? 0 : bit(FILTER_BUILDING);
    return reject;
}

/* ---- the cost ---- */

static int32_t zone_cost(const struct weighing *w, const Sanji__Worker *worker)
{
    const Sanji__Cost *cost = w->policy->cost;
    // Who has no grid of his own is at home in his desk's community.
    const char *at = worker->home_grid[0] != '\0' ? worker->home_grid : worker->desk;
    struct org_path home;
    if (org_parse(at, &home) != STATUS_OK) {
        return (int32_t)cost->zone_other;
    }
    if (org_depth(home) == TIER_GRID && org_equal(home, w->kase->area)) {
        return 0;
    }
    for (size_t i = 0; w->grid != NULL && i < w->grid->n_neighbours; i++) {
        if (strcmp(w->grid->neighbours[i], worker->home_grid) == 0) {
            return (int32_t)cost->zone_near;
        }
    }
    for (size_t i = 0; w->grid != NULL && i < worker->n_backup_grids; i++) {
        if (strcmp(worker->backup_grids[i], w->grid->path) == 0) {
            return (int32_t)cost->zone_near;
        }
    }
    // Whose desk is the sub-district is everybody's.
    const bool same =
        home.packed == 0 || org_equal(org_community(home), org_community(w->kase->area));
    return (int32_t)(same ? cost->zone_community : cost->zone_other);
}

static int32_t role_cost(const struct weighing *w, const Sanji__Worker *worker,
                         uint32_t open_min)
{
    const Sanji__Cost *cost = w->policy->cost;
    const enum role role = (enum role)worker->role;
    if (role == ROLE_SOCIAL_WORKER) {
        return (int32_t)cost->role_social;
    }
    if (role == ROLE_PROFESSIONAL || role == ROLE_DEPARTMENT) {
        return (int32_t)cost->role_professional;
    }
    if (role != ROLE_FULLTIME) {
        return (int32_t)cost->role_volunteer;
    }
    const bool loaded = (uint64_t)open_min * PERMILLE >
                        (uint64_t)worker->capacity_min_day * cost->overload_permille;
    return (int32_t)(cost->role_fulltime + (loaded ? cost->overload_price : 0));
}

static int32_t cost_permille(const struct weighing *w, const Sanji__Worker *worker,
                             const struct worker_state *state)
{
    const Sanji__Cost *cost = w->policy->cost;
    const uint64_t capacity = worker->capacity_min_day != 0 ? worker->capacity_min_day : 1;
    const uint64_t mean = w->role_mean_min[worker->role];
    const uint64_t floor_min = cost->newcomer_floor_min != 0 ? cost->newcomer_floor_min : 1;
    const uint64_t backlog = (uint64_t)PERMILLE * state->open_min / capacity;
    const uint64_t history = (uint64_t)PERMILLE * world_roll_min(w->world, state, w->day) /
                             (mean > floor_min ? mean : floor_min);
    const bool again = w->kase->reworks > 0 && w->kase->resolver == state->worker;
    return (int32_t)(backlog * cost->backlog / PERMILLE) +
           (int32_t)(history * cost->history / PERMILLE) +
           zone_cost(w, worker) * (int32_t)cost->zone / PERMILLE +
           role_cost(w, worker, state->open_min) - (again ? (int32_t)cost->again : 0);
}

/* ---- the pool ---- */

/* A grid is no desk: what it holds (handled on the spot, then found wanting) goes to those
 * whose home it is. */
static bool in_pool(const Sanji__Worker *worker, struct org_path holder)
{
    const char *at = org_depth(holder) == TIER_GRID ? worker->home_grid : worker->desk;
    struct org_path desk;
    return is_handler((unsigned)worker->role) && org_parse(at, &desk) == STATUS_OK &&
           org_within(desk, holder);
}

/* Mean rolling minutes of each role in the community of the case: newcomers start there. */
static void mean_by_role(struct weighing *w, const Sanji__Roster *roster)
{
    uint64_t sum[ROLE_COUNT] = {0};
    uint32_t count[ROLE_COUNT] = {0};
    const struct org_path community = org_community(w->kase->area);
    for (size_t i = 0; i < roster->n_workers; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        uint32_t number = 0;
        if (in_pool(worker, community) &&
            id_worker_parse(worker->worker, &number) == STATUS_OK) {
            sum[worker->role] +=
                world_roll_min(w->world, world_worker(w->world, number), w->day);
            count[worker->role]++;
        }
    }
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        w->role_mean_min[role] = count[role] != 0 ? (uint32_t)(sum[role] / count[role]) : 0;
    }
}

static int by_cost(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;
    if ((x->reject == 0) != (y->reject == 0)) {
        return x->reject == 0 ? -1 : 1;
    }
    if (x->companion != y->companion) {
        return x->companion ? -1 : 1;
    }
    const bool may_go = x->reject == 0 || x->companion;
    if (may_go && x->cost_permille != y->cost_permille) {
        return x->cost_permille < y->cost_permille ? -1 : 1;
    }
    if (may_go && x->last_assigned_ms != y->last_assigned_ms) {
        return x->last_assigned_ms < y->last_assigned_ms ? -1 : 1;
    }
    return x->worker < y->worker ? -1 : x->worker > y->worker;
}

/* An S1 also asks those next door: a worker of a neighbouring grid, whatever his desk. */
static bool is_neighbour(const struct weighing *w, const Sanji__Worker *worker)
{
    if (w->kase->severity != SEVERITY_S1 || w->grid == NULL ||
        worker->home_grid[0] == '\0' || !is_handler((unsigned)worker->role)) {
        return false;
    }
    for (size_t i = 0; i < w->grid->n_neighbours; i++) {
        if (strcmp(w->grid->neighbours[i], worker->home_grid) == 0) {
            return true;
        }
    }
    return false;
}

static void collect(const struct weighing *w, const Sanji__Roster *roster,
                    struct pool *pool)
{
    for (size_t i = 0; i < roster->n_workers && pool->count < POOL_MAX; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        uint32_t number = 0;
        if (!(in_pool(worker, w->kase->holder) || is_neighbour(w, worker)) ||
            id_worker_parse(worker->worker, &number) != STATUS_OK) {
            continue;
        }
        const struct worker_state *state = world_worker(w->world, number);
        struct candidate *candidate = &pool->candidates[pool->count++];
        *candidate = (struct candidate){.worker = number,
                                        .role = (enum role)worker->role,
                                        .reject = reject_mask(w, worker, state),
                                        .cost_permille = cost_permille(w, worker, state),
                                        .last_assigned_ms = state->last_assigned_ms};
    }
}

/* A full-time worker takes a case of special care only while no social worker can. */
static void prefer_social_workers(const struct weighing *w, struct pool *pool)
{
    if (w->kase->category / PERMILLE != CARE_MAJOR) {
        return;
    }
    bool social = false;
    for (size_t i = 0; i < pool->count; i++) {
        social |= pool->candidates[i].role == ROLE_SOCIAL_WORKER &&
                  pool->candidates[i].reject == 0;
    }
    for (size_t i = 0; i < pool->count; i++) {
        if (social && pool->candidates[i].role != ROLE_SOCIAL_WORKER) {
            pool->candidates[i].reject |= bit(FILTER_SPECIAL_CARE);
        }
    }
}

/* Nobody at all has what it takes: full-time workers go as coordinators. */
static void admit_coordinators(const struct weighing *w, struct pool *pool)
{
    const uint32_t ability = bit(FILTER_SKILL) | bit(FILTER_AUTHORITY);
    for (size_t i = 0; i < pool->count; i++) {
        if ((pool->candidates[i].reject & ability) == 0) {
            return;
        }
    }
    pool->missing = w->category == NULL                 ? ""
                    : w->category->authority[0] != '\0' ? w->category->authority
                                                        : w->category->skills;
    pool->coordinator = true;
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->candidates[i].role == ROLE_FULLTIME) {
            pool->candidates[i].reject &= ~ability;
        }
    }
}

/* Never one alone: who lacks only the skill may go with one who has it. Where no second is,
 * nobody goes. */
static void ask_for_two(const struct weighing *w, struct pool *pool)
{
    const uint32_t ability = bit(FILTER_SKILL) | bit(FILTER_AUTHORITY);
    size_t able = 0;
    size_t companions = 0;
    pool->pair = w->category != NULL && w->category->two_persons;
    for (size_t i = 0; pool->pair && i < pool->count; i++) {
        struct candidate *candidate = &pool->candidates[i];
        able += candidate->reject == 0 ? 1 : 0;
        candidate->companion =
            candidate->reject != 0 && (candidate->reject & ~ability) == 0;
        companions += candidate->companion ? 1 : 0;
    }
    for (size_t i = 0; pool->pair && able + companions < 2 && i < pool->count; i++) {
        pool->candidates[i].reject |= bit(FILTER_PAIR);
        pool->candidates[i].companion = false;
    }
}

void pool_weigh(struct world *world, const struct kase *kase, int64_t now_ms,
                struct pool *pool)
{
    const struct rules *rules = world_rules(world);
    struct weighing w = {.world = world,
                         .rules = rules,
                         .policy = rules_policy(rules),
                         .category = rules_category(rules, kase->category),
                         .grid = rules_grid(rules, kase->area),
                         .kase = kase,
                         .now_ms = now_ms};
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(rules_utc_offset_min(rules), now_ms, &w.day, &minute, &weekday);
    w.effort_min = w.category != NULL && w.category->effort_min != 0
                       ? w.category->effort_min
                       : EFFORT_DEFAULT_MIN;
    const Sanji__Roster *roster = rules_roster(rules);
    assert(roster != NULL && w.policy != NULL && w.policy->cost != NULL);

    pool->count = 0;
    pool->acceptable = 0;
    pool->companions = 0;
    pool->coordinator = false;
    pool->missing = NULL;
    pool->effort_min = w.effort_min;
    mean_by_role(&w, roster);
    collect(&w, roster, pool);
    prefer_social_workers(&w, pool);
    admit_coordinators(&w, pool);
    ask_for_two(&w, pool);
    qsort(pool->candidates, pool->count, sizeof pool->candidates[0], by_cost);
    while (pool->acceptable < pool->count &&
           pool->candidates[pool->acceptable].reject == 0) {
        pool->acceptable++;
    }
    while (pool->acceptable + pool->companions < pool->count &&
           pool->candidates[pool->acceptable + pool->companions].companion) {
        pool->companions++;
    }
}
