/* plan_places.c: see plan_places.h. */
#include "workers/sanji/plan_places.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "proto/vocab.h"

enum {
    DAY_MIN = 24 * 60,
    QUARTER_MIN = 15,
    MARGIN_MIN = 20, /* between the end of the work and the end of the shift */
    URGENT_MIN = 40, /* S1, S2: the dispatcher asks for the ACK limit and half an hour */
    CARE_MAJOR = 7
};

static int by_path(const void *a, const void *b)
{
    const struct org_path *x = a;
    const struct org_path *y = b;
    return x->packed < y->packed ? -1 : x->packed > y->packed;
}

/* By community, basic ones first, the largest first: the order that Zipf's law counts in. */
static int by_size(const void *a, const void *b)
{
    const struct planned_grid *x = a;
    const struct planned_grid *y = b;
    const uint32_t in_x = org_community(x->path).packed;
    const uint32_t in_y = org_community(y->path).packed;
    if (in_x != in_y) {
        return in_x < in_y ? -1 : 1;
    }
    if (x->dedicated != y->dedicated) {
        return x->dedicated ? 1 : -1;
    }
    if (x->residents != y->residents) {
        return x->residents > y->residents ? -1 : 1;
    }
    return by_path(&x->path, &y->path);
}

static int by_grid(const void *a, const void *b)
{
    const struct planned_worker *x = a;
    const struct planned_worker *y = b;
    if (x->grid != y->grid) {
        return x->grid < y->grid ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

static uint32_t find_desk(const struct places *places, struct org_path path)
{
    const struct org_path *found =
        bsearch(&path, places->desks, places->desk_count, sizeof *places->desks, by_path);
    return found != NULL ? (uint32_t)(found - places->desks) : PLACES_NO_DESK;
}

/* ---- units and grids ---- */

static void take_units(struct places *places, const Sanji__Org *org, struct org_path within)
{
    places->desks = memory_new(org->n_units + 1, sizeof *places->desks);
    places->communities = memory_new(org->n_units + 1, sizeof *places->communities);
    for (size_t i = 0; i < org->n_units; i++) {
        const Sanji__OrgUnit *unit = org->units[i];
        struct org_path path;
        if (org_parse(unit->path, &path) != STATUS_OK || !org_within(path, within)) {
            continue;
        }
        if (unit->tier == SANJI__TIER__TIER_COMMUNITY ||
            unit->tier == SANJI__TIER__TIER_COMMITTEE) {
            places->desks[places->desk_count++] = path;
        }
        if (unit->tier == SANJI__TIER__TIER_COMMUNITY) {
            places->communities[places->community_count++] =
                (struct planned_community){.path = path, .residents = unit->residents};
        }
    }
    qsort(places->desks, places->desk_count, sizeof *places->desks, by_path);
    for (size_t i = 0; i < places->community_count; i++) {
        places->communities[i].desk = find_desk(places, places->communities[i].path);
    }
}

static void take_grids(struct places *places, const Sanji__Org *org, struct org_path within)
{
    places->grids = memory_new(org->n_grids + 1, sizeof *places->grids);
    for (size_t i = 0; i < org->n_grids; i++) {
        struct org_path path;
        if (org_parse(org->grids[i]->path, &path) == STATUS_OK &&
            org_within(path, within)) {
            places->grids[places->grid_count++] = (struct planned_grid){
                .path = path,
                .residents = org->grids[i]->residents,
                .dedicated = org->grids[i]->dedicated,
                .committee = org->grids[i]->dedicated
                                 ? PLACES_NO_DESK
                                 : find_desk(places, org_parent(path))};
        }
    }
    qsort(places->grids, places->grid_count, sizeof *places->grids, by_size);
    for (size_t i = 0; i < places->community_count; i++) {
        struct planned_community *community = &places->communities[i];
        for (size_t g = 0; g < places->grid_count; g++) {
            if (!org_within(places->grids[g].path, community->path)) {
                continue;
            }
            if (community->basic_count + community->dedicated_count == 0) {
                community->first_grid = (uint32_t)g;
            }
            community->basic_count += places->grids[g].dedicated ? 0 : 1;
            community->dedicated_count += places->grids[g].dedicated ? 1 : 0;
        }
    }
}

static uint32_t find_grid(const struct places *places, const char *text)
{
    struct org_path path;
    if (text[0] == '\0' || org_parse(text, &path) != STATUS_OK) {
        return PLACES_NO_DESK;
    }
    const struct org_path community = org_community(path);
    for (size_t i = 0; i < places->community_count; i++) {
        const struct planned_community *in = &places->communities[i];
        if (!org_equal(in->path, community)) {
            continue;
        }
        for (uint32_t g = 0; g < in->basic_count + in->dedicated_count; g++) {
            if (org_equal(places->grids[in->first_grid + g].path, path)) {
                return in->first_grid + g;
            }
        }
    }
    return PLACES_NO_DESK;
}

/* ---- who is there when ---- */

/* The shift as minutes from midnight; an end at or before the beginning is on the next day.
 * False: no such shift. */
static bool shift_of(const struct rules *rules, const Sanji__Worker *worker, uint32_t *from,
                     uint32_t *to)
{
    const Sanji__Shift *shift = rules_shift(rules, worker->shift_id);
    if (shift == NULL) {
        return false;
    }
    *from = shift->from_min;
    *to = shift->to_min > shift->from_min ? shift->to_min : shift->to_min + DAY_MIN;
    return true;
}

/* Marks the quarters in which somebody may begin what takes `need_min`. */
static void mark(struct day_quarters *day, uint32_t from, uint32_t to, uint32_t need_min)
{
    for (uint32_t quarter = 0; quarter < PLACES_QUARTERS; quarter++) {
        for (uint32_t turn = 0; turn < 2; turn++) {
            const uint32_t minute = quarter * QUARTER_MIN + turn * DAY_MIN;
            if (to - from >= DAY_MIN ||
                (minute >= from && minute + QUARTER_MIN + need_min <= to)) {
                day->hours[quarter / 4] |= (uint8_t)(1U << quarter % 4);
            }
        }
    }
}

static bool has_skill(const Sanji__Worker *worker, const char *wanted)
{
    for (size_t i = 0; i < worker->n_skills; i++) {
        if (worker->skills[i]->skill[0] != '\0' &&
            strchr(wanted, worker->skills[i]->skill[0]) != NULL) {
            return true;
        }
    }
    return wanted[0] == '\0';
}

static bool has_authority(const Sanji__Worker *worker, const char *wanted)
{
    for (size_t i = 0; i < worker->n_authority; i++) {
        if (strcmp(worker->authority[i], wanted) == 0) {
            return true;
        }
    }
    return wanted[0] == '\0';
}

/* The filters of domain 7.2 that do not change with the load. */
static bool is_able(const Sanji__Worker *worker, const Sanji__Category *category,
                    uint32_t major)
{
    const enum role role = (enum role)worker->role;
    const bool cares = role == ROLE_SOCIAL_WORKER || major != CARE_MAJOR;
    return cares &&
           (role == ROLE_FULLTIME || role == ROLE_PROFESSIONAL ||
            role == ROLE_SOCIAL_WORKER) &&
           (!category->restricted || worker->clearance) &&
           has_skill(worker, category->skills) &&
           has_authority(worker, category->authority);
}

static uint32_t need_min(const Sanji__Category *category)
{
    const bool urgent = category->severity == SANJI__SEVERITY__SEVERITY_S1 ||
                        category->severity == SANJI__SEVERITY__SEVERITY_S2;
    const uint32_t effort = category->effort_min;
    return (urgent && effort > URGENT_MIN ? URGENT_MIN : effort) + MARGIN_MIN;
}

/* Which desks' pools a worker belongs to: his own, and his community's. */
static size_t desks_of(const struct places *places, const Sanji__Worker *worker,
                       uint32_t desks[2])
{
    struct org_path path;
    size_t count = 0;
    if (org_parse(worker->desk, &path) != STATUS_OK) {
        return 0;
    }
    const uint32_t own = find_desk(places, path);
    const uint32_t community = find_desk(places, org_community(path));
    if (own != PLACES_NO_DESK) {
        desks[count++] = own;
    }
    if (community != PLACES_NO_DESK && community != own) {
        desks[count++] = community;
    }
    return count;
}

struct ability {
    struct places *places;
    const struct rules *rules;
    bool *
        somebody; /* [desk][category]: on duty or not; else a full-time worker coordinates */
};

static void count_worker(struct ability *ability, const Sanji__Worker *worker,
                         bool coordinates)
{
    struct places *places = ability->places;
    const Sanji__Sla *sla = rules_sla(ability->rules);
    uint32_t from = 0;
    uint32_t to = 0;
    uint32_t desks[2];
    const size_t desk_count = desks_of(places, worker, desks);
    if (!shift_of(ability->rules, worker, &from, &to)) {
        return;
    }
    for (size_t c = 0; c < sla->n_categories && desk_count > 0; c++) {
        const Sanji__Category *category = sla->categories[c];
        uint32_t code = 0;
        const bool known = id_category_parse(category->code, &code) == STATUS_OK;
        const bool able = is_able(worker, category, code / 1000);
        const bool may_coordinate =
            worker->role == SANJI__ROLE__ROLE_FULLTIME && !category->minors;
        for (size_t d = 0; d < desk_count && known; d++) {
            const size_t at = desks[d] * places->category_count + c;
            ability->somebody[at] |= !coordinates && able;
            if (coordinates ? may_coordinate && !ability->somebody[at] : able) {
                mark(&places->able[at], from, to, need_min(category));
            }
        }
    }
}

static void find_ability(struct places *places, const struct rules *rules)
{
    const Sanji__Roster *roster = rules_roster(rules);
    struct ability ability = {.places = places, .rules = rules};
    places->category_count = rules_sla(rules)->n_categories;
    const size_t cells = places->desk_count * places->category_count;
    places->able = memory_new(cells + 1, sizeof *places->able);
    ability.somebody = memory_new(cells + 1, sizeof *ability.somebody);
    for (size_t i = 0; i < roster->n_workers; i++) {
        count_worker(&ability, roster->workers[i], false);
    }
    for (size_t i = 0; i < roster->n_workers; i++) {
        count_worker(&ability, roster->workers[i], true);
    }
    memory_free(ability.somebody);
}

static void take_workers(struct places *places, const struct rules *rules)
{
    const Sanji__Roster *roster = rules_roster(rules);
    places->workers = memory_new(roster->n_workers + 1, sizeof *places->workers);
    for (size_t i = 0; i < roster->n_workers; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        const bool fulltime = worker->role == SANJI__ROLE__ROLE_FULLTIME;
        const uint32_t grid = find_grid(places, worker->home_grid);
        uint32_t from = 0;
        uint32_t to = 0;
        uint32_t number = 0;
        if ((fulltime || worker->role == SANJI__ROLE__ROLE_VOLUNTEER) &&
            grid != PLACES_NO_DESK && shift_of(rules, worker, &from, &to) &&
            id_worker_parse(worker->worker, &number) == STATUS_OK) {
            places->workers[places->worker_count++] =
                (struct planned_worker){.number = number,
                                        .grid = grid,
                                        .from_min = (uint16_t)from,
                                        .to_min = (uint16_t)to,
                                        .fulltime = fulltime};
            mark(fulltime ? &places->grids[grid].fulltime : &places->grids[grid].light,
                 from, to, 0);
        }
    }
    qsort(places->workers, places->worker_count, sizeof *places->workers, by_grid);
    places->fulltime_least = UINT32_MAX;
    size_t at = 0;
    for (uint32_t g = 0; g < places->grid_count; g++) {
        struct planned_grid *grid = &places->grids[g];
        uint32_t fulltime = 0;
        grid->first_worker = (uint32_t)at;
        for (; at < places->worker_count && places->workers[at].grid == g; at++) {
            grid->worker_count++;
            fulltime += places->workers[at].fulltime ? 1 : 0;
        }
        if (!grid->dedicated && fulltime < places->fulltime_least) {
            places->fulltime_least = fulltime;
        }
    }
}

void places_make(struct places *places, const struct rules *rules, struct org_path within)
{
    *places = (struct places){0};
    take_units(places, rules_org(rules), within);
    take_grids(places, rules_org(rules), within);
    take_workers(places, rules);
    find_ability(places, rules);
}

void places_reset(struct places *places)
{
    memory_free(places->communities);
    memory_free(places->grids);
    memory_free(places->workers);
    memory_free(places->desks);
    memory_free(places->able);
    *places = (struct places){0};
}

bool places_able(const struct places *places, uint32_t desk, size_t category,
                 unsigned quarter)
{
    assert(desk < places->desk_count && category < places->category_count);
    const struct day_quarters *day =
        &places->able[desk * places->category_count + category];
    const unsigned of_day = quarter % PLACES_QUARTERS;
    return (day->hours[of_day / 4] >> of_day % 4 & 1U) != 0;
}

static bool is_there(const struct planned_worker *worker, bool fulltime, unsigned minute)
{
    return worker->fulltime == fulltime &&
           ((minute >= worker->from_min && minute < worker->to_min) ||
            minute + DAY_MIN < worker->to_min);
}

/* One of those who are there at that minute, by `pick`; 0: nobody is. */
static uint32_t pick_worker(const struct places *places, const struct planned_grid *grid,
                            bool fulltime, unsigned minute, uint32_t pick)
{
    const struct planned_worker *workers = places->workers + grid->first_worker;
    uint32_t found = 0;
    for (uint32_t i = 0; i < grid->worker_count; i++) {
        found += is_there(&workers[i], fulltime, minute) ? 1 : 0;
    }
    uint32_t before = found > 0 ? pick % found : 0;
    for (uint32_t i = 0; i < grid->worker_count; i++) {
        if (!is_there(&workers[i], fulltime, minute)) {
            continue;
        }
        if (before == 0) {
            return workers[i].number;
        }
        before--;
    }
    return 0;
}

uint32_t places_worker(const struct places *places, const struct planned_grid *grid,
                       bool light, unsigned minute, uint32_t pick)
{
    const uint32_t fulltime = pick_worker(places, grid, true, minute, pick);
    if (fulltime != 0 || !light) {
        return fulltime;
    }
    return pick_worker(places, grid, false, minute, pick);
}
