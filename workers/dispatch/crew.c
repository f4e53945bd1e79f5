/* crew.c: see crew.h. */
#include "workers/dispatch/crew.h"

#include <assert.h>
#include <stdlib.h>

#include "broker/runtime/memory.h"
#include "proto/id.h"
#include "proto/lifecycle.h"

static int by_desk(const void *a, const void *b)
{
    const struct crew_member *x = a;
    const struct crew_member *y = b;
    if (x->desk.packed != y->desk.packed) {
        return x->desk.packed < y->desk.packed ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

static int by_home(const void *a, const void *b, void *context)
{
    const struct crew *crew = context;
    const struct crew_member *x = &crew->members[*(const uint32_t *)a];
    const struct crew_member *y = &crew->members[*(const uint32_t *)b];
    if (x->home.packed != y->home.packed) {
        return x->home.packed < y->home.packed ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

static void add(struct crew *crew, const Sanji__Worker *row)
{
    const uint32_t may_ack = lifecycle_edge(T10)->roles;
    struct crew_member member = {.row = row, .role = (enum role)row->role};
    if ((unsigned)row->role >= ROLE_COUNT || (may_ack >> (unsigned)row->role & 1U) == 0 ||
        id_worker_parse(row->worker, &member.number) != STATUS_OK ||
        org_parse(row->desk, &member.desk) != STATUS_OK) {
        return;
    }
    if (row->home_grid[0] != '\0' && org_parse(row->home_grid, &member.home) != STATUS_OK) {
        member.home = (struct org_path){0};
    }
    MEMORY_ROOM_FOR_ONE(crew->members, crew->count, crew->room);
    crew->members[crew->count] = member;
    crew->count++;
}

void crew_update(struct crew *crew, const struct rules *rules)
{
    const uint32_t version = rules_version(rules, SANJI__RULES_KIND__RULES_KIND_ROSTER);
    if (crew->rules == rules && crew->version == version) {
        return;
    }
    const Sanji__Roster *roster = rules_roster(rules);
    assert(roster != NULL);
    crew->rules = rules;
    crew->version = version;
    crew->count = 0;
    crew->homes = 0;
    for (size_t i = 0; i < roster->n_workers; i++) {
        add(crew, roster->workers[i]);
    }
    if (crew->count == 0) {
        return;
    }
    qsort(crew->members, crew->count, sizeof *crew->members, by_desk);
    crew->by_home = memory_resize(crew->by_home, crew->count + 1, sizeof *crew->by_home);
    for (size_t i = 0; i < crew->count; i++) {
        if (crew->members[i].home.place != 0) {
            crew->by_home[crew->homes] = (uint32_t)i;
            crew->homes++;
        }
    }
    qsort_r(crew->by_home, crew->homes, sizeof *crew->by_home, by_home, crew);
}

void crew_reset(struct crew *crew)
{
    memory_free(crew->members);
    memory_free(crew->by_home);
    *crew = (struct crew){0};
}

/* ---- runs ---- */

const struct crew_member *crew_at(const struct crew_run *run, size_t i)
{
    assert(i < run->count);
    const size_t at = run->first + i;
    return &run->crew->members[run->by_home ? run->crew->by_home[at] : at];
}

static uint32_t packed_at(const struct crew *crew, bool home, size_t i)
{
    return home ? crew->members[crew->by_home[i]].home.packed
                : crew->members[i].desk.packed;
}

/* The first place whose path is not before `packed`. */
static size_t lower(const struct crew *crew, bool home, uint64_t packed)
{
    size_t lo = 0;
    size_t hi = home ? crew->homes : crew->count;
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;
        if (packed_at(crew, home, middle) < packed) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

static struct crew_run run_of(const struct crew *crew, bool home, struct org_path path)
{
    struct crew_run run = {.crew = crew, .by_home = home};
    uint32_t lo = 0;
    uint32_t hi = 0;
    if (path.place == 0) {
        return run;
    }
    org_range(path, &lo, &hi);
    run.first = lower(crew, home, lo);
    run.count = lower(crew, home, (uint64_t)hi + 1) - run.first;
    return run;
}

struct crew_run crew_of_desk(const struct crew *crew, struct org_path path)
{
    return run_of(crew, false, path);
}

struct crew_run crew_of_grid(const struct crew *crew, struct org_path grid)
{
    return run_of(crew, true, grid);
}

struct crew_run crew_pool(const struct crew *crew, struct org_path holder)
{
    return org_depth(holder) == TIER_GRID ? crew_of_grid(crew, holder)
                                          : crew_of_desk(crew, holder);
}

const struct crew_member *crew_find(const struct crew *crew, uint32_t number)
{
    const Sanji__Worker *row = rules_worker(crew->rules, number);
    struct org_path desk;
    if (row == NULL || org_parse(row->desk, &desk) != STATUS_OK) {
        return NULL;
    }
    size_t lo = lower(crew, false, desk.packed);
    size_t hi = lower(crew, false, (uint64_t)desk.packed + 1);
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;
        if (crew->members[middle].number < number) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo < crew->count && crew->members[lo].number == number ? &crew->members[lo]
                                                                  : NULL;
}
