/* pool.c: see pool.h. Whom to look at, what each costs, who is best. */
#include "workers/dispatch/pool.h"

#include <assert.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "workers/dispatch/pool_inside.h"

enum {
    FRONT_MIN = CASE_OTHERS_MAX + 1,
    FRONT_MAX = 64, /* candidates that are put in order: at least, at most */
    /* Filters that look at the whole pool, or give way where nobody has the ability. */
    POOL_MAY_YIELD = 1 << (FILTER_SKILL - 1) | 1 << (FILTER_AUTHORITY - 1) |
                     1 << (FILTER_SPECIAL_CARE - 1) | 1 << (FILTER_PAIR - 1),
    DAY_MS = 86400000
};

void pool_reset(struct pool *pool)
{
    crew_reset(&pool->crew);
    memory_free(pool->candidates);
    *pool = (struct pool){0};
}

/* ---- the cost ---- */

static bool is_near(const struct weighing *w, struct org_path grid)
{
    for (size_t i = 0; i < w->near_count; i++) {
        if (org_equal(w->near[i], grid)) {
            return true;
        }
    }
    return false;
}

static bool backs_up(const struct weighing *w, const Sanji__Worker *worker)
{
    for (size_t i = 0; w->grid != NULL && i < worker->n_backup_grids; i++) {
        if (strcmp(worker->backup_grids[i], w->grid->path) == 0) {
            return true;
        }
    }
    return false;
}

static int32_t zone_cost(const struct weighing *w, const struct crew_member *member)
{
    const Sanji__Cost *cost = w->policy->cost;
    // Who has no grid of his own is at home in his desk's community.
    const struct org_path home = member->home.place != 0 ? member->home : member->desk;
    if (org_depth(home) == TIER_GRID && org_equal(home, w->kase->area)) {
        return 0;
    }
    if (is_near(w, home) || backs_up(w, member->row)) {
        return (int32_t)cost->zone_near;
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

/* Who is new has the mean of his role for the days he was not there yet, so that he is not
 * flooded until he has caught up. */
static uint64_t history_min(const struct weighing *w, const struct worker_state *state,
                            uint64_t mean)
{
    const uint64_t roll = workload_roll_min(state, w->day);
    const int64_t days_ms = w->more != NULL ? (int64_t)w->more->newcomer_days * DAY_MS : 0;
    const int64_t age_ms = state->since_ms != 0 ? w->now_ms - state->since_ms : 0;
    if (days_ms == 0 || age_ms >= days_ms) {
        return roll;
    }
    return roll + mean * (uint64_t)(days_ms - age_ms) / (uint64_t)days_ms;
}

/* He knows the case or the place; not one that was just taken back from him. */
static bool knows_it(const struct weighing *w, const struct worker_state *state)
{
    if (w->kase->recalled) {
        return false;
    }
    if (w->kase->reworks > 0 && w->kase->resolver == state->worker) {
        return true;
    }
    for (size_t i = 0; w->place != 0 && i < WORKER_PLACES; i++) {
        if (state->places[i] == w->place) {
            return true;
        }
    }
    return false;
}

static int32_t cost_permille(const struct weighing *w, const struct crew_member *member)
{
    const Sanji__Cost *cost = w->policy->cost;
    const Sanji__Worker *worker = member->row;
    const struct worker_state *state = world_worker(w->world, member->number);
    const uint64_t capacity = worker->capacity_min_day != 0 ? worker->capacity_min_day : 1;
    const uint64_t mean = w->role_mean_min[member->role];
    const uint64_t floor_min = cost->newcomer_floor_min != 0 ? cost->newcomer_floor_min : 1;
    const uint64_t backlog = (uint64_t)PERMILLE * state->open_min / capacity;
    const uint64_t history =
        PERMILLE * history_min(w, state, mean) / (mean > floor_min ? mean : floor_min);
    return (int32_t)(backlog * cost->backlog / PERMILLE) +
           (int32_t)(history * cost->history / PERMILLE) +
           zone_cost(w, member) * (int32_t)cost->zone / PERMILLE +
           role_cost(w, worker, state->open_min) -
           (knows_it(w, state) ? (int32_t)cost->again : 0);
}

/* ---- what holds of the whole community ---- */

/* Open minutes of the full-time workers on duty in permille of their day. */
static uint32_t utilisation(struct weighing *w, const struct crew_run *run)
{
    uint64_t open = 0;
    uint64_t capacity = 0;
    for (size_t i = 0; i < run->count; i++) {
        const struct crew_member *member = crew_at(run, i);
        if (member->role == ROLE_FULLTIME && weighing_on_duty(w, member)) {
            open += world_worker(w->world, member->number)->open_min;
            capacity += member->row->capacity_min_day;
        }
    }
    return capacity != 0 ? (uint32_t)(open * PERMILLE / capacity) : 0;
}

/* Mean rolling minutes of each role in the community of the case: newcomers start there. */
static void mean_by_role(struct weighing *w, const struct crew_run *run)
{
    uint64_t sum[ROLE_COUNT] = {0};
    uint32_t count[ROLE_COUNT] = {0};
    for (size_t i = 0; i < run->count; i++) {
        const struct crew_member *member = crew_at(run, i);
        sum[member->role] +=
            workload_roll_min(world_worker(w->world, member->number), w->day);
        count[member->role]++;
    }
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        w->role_mean_min[role] = count[role] != 0 ? (uint32_t)(sum[role] / count[role]) : 0;
    }
}

static void begin(struct pool *pool, struct weighing *w, struct world *world,
                  const struct kase *kase, int64_t now_ms)
{
    weighing_begin(w, world, kase, now_ms);
    crew_update(&pool->crew, w->rules);
    for (size_t i = 0; w->grid != NULL && i < w->grid->n_neighbours; i++) {
        if (w->near_count < NEAR_MAX &&
            org_parse(w->grid->neighbours[i], &w->near[w->near_count]) == STATUS_OK) {
            w->near_count++;
        }
    }
    const struct crew_run community = crew_of_desk(&pool->crew, org_community(kase->area));
    mean_by_role(w, &community);
    w->overloaded = w->more != NULL && w->more->band_clear_permille != 0 &&
                    w->category != NULL && w->category->light &&
                    utilisation(w, &community) > w->policy->cost->overload_permille;
}

uint32_t pool_utilisation(struct pool *pool, struct world *world, struct org_path community,
                          int64_t now_ms)
{
    const struct kase nobody = {.area = community};
    struct weighing w;
    weighing_begin(&w, world, &nobody, now_ms);
    crew_update(&pool->crew, w.rules);
    const struct crew_run run = crew_of_desk(&pool->crew, community);
    return utilisation(&w, &run);
}

/* ---- the pool ---- */

static bool is_before(const struct candidate *x, const struct candidate *y)
{
    if ((x->reject == 0) != (y->reject == 0)) {
        return x->reject == 0;
    }
    if (x->companion != y->companion) {
        return x->companion;
    }
    const bool may_go = x->reject == 0 || x->companion;
    if (may_go && x->cost_permille != y->cost_permille) {
        return x->cost_permille < y->cost_permille;
    }
    if (may_go && x->last_assigned_ms != y->last_assigned_ms) {
        return x->last_assigned_ms < y->last_assigned_ms;
    }
    return x->worker < y->worker;
}

static void add(struct weighing *w, struct pool *pool, const struct crew_member *member)
{
    const uint32_t mask = filter_mask(w, member);
    MEMORY_ROOM_FOR_ONE(pool->candidates, pool->count, pool->room);
    pool->candidates[pool->count] = (struct candidate){
        .worker = member->number,
        .role = member->role,
        .reject = mask,
        // Who fails for what he cannot help is never offered: his cost is no matter.
        .cost_permille =
            (mask & ~(uint32_t)POOL_MAY_YIELD) == 0 ? cost_permille(w, member) : INT32_MAX,
        .last_assigned_ms = world_worker(w->world, member->number)->last_assigned_ms};
    pool->count++;
}

/* An S1, and what is light where the full-time workers are overloaded, also goes next door:
 * to the workers of neighbouring grids, whatever their desk. */
static void collect(struct weighing *w, struct pool *pool)
{
    const struct org_path holder = w->kase->holder;
    const struct crew_run own = crew_pool(&pool->crew, holder);
    for (size_t i = 0; i < own.count; i++) {
        add(w, pool, crew_at(&own, i));
    }
    if (w->kase->severity != SEVERITY_S1 && !w->overloaded) {
        return;
    }
    for (size_t k = 0; k < w->near_count; k++) {
        const struct crew_run near = crew_of_grid(&pool->crew, w->near[k]);
        for (size_t i = 0; i < near.count; i++) {
            const struct crew_member *member = crew_at(&near, i);
            if (org_depth(holder) == TIER_GRID || !org_within(member->desk, holder)) {
                add(w, pool, member);
            }
        }
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
            pool->candidates[i].reject |= filter_bit(FILTER_SPECIAL_CARE);
        }
    }
}

/* Nobody at all has what it takes: full-time workers go as coordinators. */
static void admit_coordinators(const struct weighing *w, struct pool *pool)
{
    const uint32_t ability = filter_bit(FILTER_SKILL) | filter_bit(FILTER_AUTHORITY);
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
    const uint32_t ability = filter_bit(FILTER_SKILL) | filter_bit(FILTER_AUTHORITY);
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
        pool->candidates[i].reject |= filter_bit(FILTER_PAIR);
        pool->candidates[i].companion = false;
    }
}

/* ---- the best in front ---- */

static size_t find_front(const struct pool *pool, size_t wanted, uint32_t *front)
{
    const struct candidate *all = pool->candidates;
    size_t found = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        if (found == wanted && !is_before(&all[i], &all[front[found - 1]])) {
            continue;
        }
        size_t at = found < wanted ? found : found - 1;
        found = at + 1;
        for (; at > 0 && is_before(&all[i], &all[front[at - 1]]); at--) {
            front[at] = front[at - 1];
        }
        front[at] = i;
    }
    return found;
}

/* A pool may be thousands, and what is offered and shown is a few: only these are sorted. */
static void put_in_front(struct pool *pool, size_t wanted)
{
    uint32_t front[FRONT_MAX];
    const size_t found = find_front(pool, wanted, front);
    for (uint32_t to = 0; to < found; to++) {
        const uint32_t from = front[to];
        const struct candidate moved = pool->candidates[to];
        pool->candidates[to] = pool->candidates[from];
        pool->candidates[from] = moved;
        for (uint32_t i = to + 1; i < found; i++) {
            front[i] = front[i] == to ? from : front[i];
        }
    }
}

static size_t front_wanted(const struct weighing *w)
{
    size_t wanted = w->policy->cost->considered_max;
    wanted = wanted < FRONT_MIN ? FRONT_MIN : wanted;
    return wanted < FRONT_MAX ? wanted : FRONT_MAX;
}

void pool_weigh(struct world *world, const struct kase *kase, int64_t now_ms,
                struct pool *pool)
{
    struct weighing w;
    begin(pool, &w, world, kase, now_ms);
    pool->count = 0;
    pool->acceptable = 0;
    pool->companions = 0;
    pool->coordinator = false;
    pool->missing = NULL;
    pool->effort_min = w.effort_min;
    collect(&w, pool);
    prefer_social_workers(&w, pool);
    admit_coordinators(&w, pool);
    ask_for_two(&w, pool);
    for (size_t i = 0; i < pool->count; i++) {
        pool->acceptable += pool->candidates[i].reject == 0 ? 1 : 0;
        pool->companions += pool->candidates[i].companion ? 1 : 0;
    }
    put_in_front(pool, front_wanted(&w));
}

const struct candidate *pool_find(const struct pool *pool, uint32_t worker)
{
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->candidates[i].worker == worker) {
            return &pool->candidates[i];
        }
    }
    return NULL;
}

bool pool_may_help(struct world *world, const struct kase *kase, int64_t now_ms,
                   struct pool *pool, uint32_t worker)
{
    struct weighing w;
    weighing_begin(&w, world, kase, now_ms);
    crew_update(&pool->crew, w.rules);
    w.overloaded = true; // the widest limits: the weighing that follows is exact
    const struct crew_member *member = crew_find(&pool->crew, worker);
    return member != NULL && (filter_mask(&w, member) & ~(uint32_t)POOL_MAY_YIELD) == 0;
}
