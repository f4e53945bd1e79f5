/* filter.c: the hard filters, one function each (domain 7.2). See pool_inside.h. */
#include <assert.h>
#include <string.h>

#include "proto/lifecycle.h"
#include "workers/dispatch/pool_inside.h"

enum {
    URGENT_MARGIN_MIN = 30, /* S1, S2: on duty for the ACK limit and this long */
    EFFORT_DEFAULT_MIN = 30 /* a category without an estimate */
};

/* ---- what is asked of everybody ---- */

static uint32_t skill_bits(const char *letters)
{
    uint32_t bits = 0;
    for (; *letters != '\0'; letters++) {
        bits |= *letters >= 'a' && *letters <= 'z' ? 1U << (*letters - 'a') : 0;
    }
    return bits;
}

/* The category's own estimate, and the more cases of its major were reported, their mean. */
static uint32_t estimate(const struct weighing *w)
{
    const uint32_t start = w->category != NULL && w->category->effort_min != 0
                               ? w->category->effort_min
                               : EFFORT_DEFAULT_MIN;
    const uint32_t major = w->kase->category / PERMILLE;
    if (w->more == NULL || w->more->effort_weight == 0 || major >= WORKLOAD_MAJORS) {
        return start;
    }
    const struct workload_effort *effort = &world_totals(w->world)->efforts[major];
    const uint64_t weight = w->more->effort_weight;
    const uint64_t sum = start * weight + effort->sum_min;
    const uint64_t mean = sum / (weight + effort->cases);
    return mean > 0 ? (uint32_t)mean : 1;
}

static int64_t duty_needed_ms(const struct weighing *w)
{
    int64_t need_ms = (int64_t)w->effort_min * 60000;
    struct deadline_limit ack = {0};
    uint32_t times = 0;
    if ((w->kase->severity == SEVERITY_S1 || w->kase->severity == SEVERITY_S2) &&
        rules_limit(w->rules, TIMER_ACK, w->kase->severity, w->kase->category, &ack,
                    &times)) {
        const int64_t urgent_ms =
            (int64_t)ack.budget_s * 1000 + (int64_t)URGENT_MARGIN_MIN * 60000;
        need_ms = urgent_ms < need_ms ? urgent_ms : need_ms;
    }
    return need_ms;
}

void weighing_begin(struct weighing *w, struct world *world, const struct kase *kase,
                    int64_t now_ms)
{
    const struct rules *rules = world_rules(world);
    *w = (struct weighing){.world = world,
                           .rules = rules,
                           .policy = rules_policy(rules),
                           .category = rules_category(rules, kase->category),
                           .grid = rules_grid(rules, kase->area),
                           .kase = kase,
                           .now_ms = now_ms};
    assert(w->policy != NULL && w->policy->cost != NULL);
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(rules_utc_offset_min(rules), now_ms, &w->day, &minute, &weekday);
    w->more = w->policy->dispatch;
    w->effort_min = estimate(w);
    w->need_ms = duty_needed_ms(w);
    w->skills = w->category != NULL ? skill_bits(w->category->skills) : 0;
    w->place = workload_place(kase);
}

/* ---- 1: duty ---- */

bool weighing_on_shift(struct weighing *w, const struct crew_member *member,
                       int64_t *changes_ms)
{
    const uint32_t id = member->row->shift_id;
    for (size_t i = 0; i < w->shift_count; i++) {
        if (w->shifts[i].id == id) {
            *changes_ms = w->shifts[i].changes_ms;
            return w->shifts[i].is_on;
        }
    }
    const bool is_on = rules_on_shift(w->rules, member->row, w->now_ms, changes_ms);
    if (w->shift_count < SHIFTS_SEEN) {
        w->shifts[w->shift_count] = (struct shift_seen){id, is_on, *changes_ms};
        w->shift_count++;
    }
    return is_on;
}

bool weighing_on_duty(struct weighing *w, const struct crew_member *member)
{
    const struct worker_state *state = world_worker(w->world, member->number);
    int64_t changes_ms = 0;
    if (state->duty != 0 && !state->duty_by_shift) {
        return state->duty == SANJI__DUTY__DUTY_ON;
    }
    return weighing_on_shift(w, member, &changes_ms);
}

static bool stays_on_duty(struct weighing *w, const struct crew_member *member,
                          const struct worker_state *state)
{
    if (state->duty != 0 && !state->duty_by_shift) {
        // By his own word: he stays until he says otherwise.
        return state->duty == SANJI__DUTY__DUTY_ON;
    }
    int64_t changes_ms = INT64_MAX;
    return weighing_on_shift(w, member, &changes_ms) &&
           changes_ms - w->now_ms >= w->need_ms;
}

/* ---- 2 to 7 ---- */

static bool has_skill(const struct weighing *w, const Sanji__Worker *worker)
{
    if (w->skills == 0) {
        return true;
    }
    for (size_t i = 0; i < worker->n_skills; i++) {
        const Sanji__Skill *skill = worker->skills[i];
        const bool expired = skill->expires_ms != 0 && skill->expires_ms <= w->now_ms;
        if (!expired && (skill_bits(skill->skill) & w->skills) != 0) {
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
    // A full-time worker only where no social worker can (pool.c), minors never.
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

/* ---- 8: conflict of interest ---- */

static bool names_category(const Sanji__ConflictRule *rule, uint32_t category)
{
    char code[CATEGORY_SIZE];
    id_category_print(category, code);
    for (size_t i = 0; i < rule->n_categories; i++) {
        const char *name = rule->categories[i]; // a code, or a major's two digits
        if (strncmp(name, code, strlen(name)) == 0) {
            return true;
        }
    }
    return false;
}

static const Sanji__Partner *partner_of(const struct rules *rules, const char *code)
{
    const Sanji__Org *org = rules_org(rules);
    for (size_t i = 0; i < org->n_partners; i++) {
        if (strcmp(org->partners[i]->code, code) == 0) {
            return org->partners[i];
        }
    }
    return NULL;
}

/* A case names nobody, but its category and its place may: a dispute with the property
 * company, where that company works, is no case for who is employed there. */
static bool is_against_employer(const struct weighing *w, const Sanji__Worker *worker)
{
    if (worker->employer[0] == '\0' || w->more == NULL) {
        return false;
    }
    for (size_t i = 0; i < w->more->n_conflicts; i++) {
        const Sanji__ConflictRule *rule = w->more->conflicts[i];
        if (strcmp(rule->employer, worker->employer) != 0 ||
            !names_category(rule, w->kase->category)) {
            continue;
        }
        const Sanji__Partner *partner = partner_of(w->rules, rule->employer);
        struct org_path path = {0};
        if (partner == NULL || org_parse(partner->path, &path) != STATUS_OK ||
            org_within(w->kase->area, path)) {
            return true;
        }
    }
    return false;
}

/* ---- 9: time ---- */

/* A volunteer gives so many minutes in so many days; in an overloaded community, for what is
 * light, twice that. */
static bool asks_too_much(const struct weighing *w, const struct worker_state *state)
{
    if (w->more == NULL || w->more->volunteer_min == 0) {
        return false;
    }
    const uint32_t days = w->more->volunteer_days < WORKER_DAYS ? w->more->volunteer_days
                                                                : (uint32_t)WORKER_DAYS;
    const uint32_t most = w->more->volunteer_min * (w->overloaded ? 2U : 1U);
    return workload_days_min(state, w->day, days) + w->effort_min > most;
}

static bool has_time(const struct weighing *w, const Sanji__Worker *worker,
                     const struct worker_state *state)
{
    const bool volunteer = worker->role == SANJI__ROLE__ROLE_VOLUNTEER;
    const uint64_t twice = volunteer && w->overloaded ? 2 : 1;
    if (w->kase->severity == SEVERITY_S1) {
        return true;
    }
    const uint64_t room = (uint64_t)worker->capacity_min_day *
                          w->policy->cost->backlog_max_permille * twice / PERMILLE;
    const bool has_place =
        worker->load_cases_max == 0 || state->open_cases < worker->load_cases_max;
    return has_place && (uint64_t)state->open_min + w->effort_min <= room &&
           !(volunteer && asks_too_much(w, state));
}

/* ---- 10: the own building ---- */

static bool own_building(const struct weighing *w, const struct crew_member *member)
{
    return member->role != ROLE_BUILDING_HEAD ||
           (w->kase->building_no != 0 && member->row->building_no == w->kase->building_no &&
            org_equal(member->home, w->kase->area));
}

uint32_t filter_mask(struct weighing *w, const struct crew_member *member)
{
    const Sanji__Worker *worker = member->row;
    const enum role role = member->role;
    const struct worker_state *state = world_worker(w->world, member->number);
    uint32_t mask = 0;
    mask |= stays_on_duty(w, member, state) ? 0 : filter_bit(FILTER_DUTY);
    mask |= has_skill(w, worker) ? 0 : filter_bit(FILTER_SKILL);
    mask |= has_authority(w, worker) ? 0 : filter_bit(FILTER_AUTHORITY);
    mask |= !w->kase->restricted || worker->clearance ? 0 : filter_bit(FILTER_CLEARANCE);
    mask |= light_enough(w, role) ? 0 : filter_bit(FILTER_LIGHT);
    mask |= fits_special_care(w, role) ? 0 : filter_bit(FILTER_SPECIAL_CARE);
    mask |= was_tried(w->kase, member->number) ? filter_bit(FILTER_TRIED) : 0;
    mask |= is_against_employer(w, worker) ? filter_bit(FILTER_CONFLICT) : 0;
    mask |= has_time(w, worker, state) ? 0 : filter_bit(FILTER_LOAD);
    mask |= own_building(w, member) ? 0 : filter_bit(FILTER_BUILDING);
    return mask;
}
