/* people.c: see people.h. */
#include "workers/sanji/people.h"

#include <stdlib.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "proto/time.h"

enum {
    PERMILLE = 1000,
    VOLUNTEER_SILENT_PERMILLE = 300,
    SILENT_PERMILLE = 50
};

/* What is drawn of one offer: each has a sequence of its own. */
enum draw {
    DRAW_SILENT = 1,
    DRAW_EFFORT
};

static const char community_text[] = "370499.003.01";

/* ---- draws ---- */

/* Source: Steele et al., "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014 (the
 * finalizer of SplitMix64). */
static uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint32_t draw_below(uint64_t seed, uint64_t offer_seq, enum draw what,
                           uint32_t bound)
{
    return (uint32_t)(mix(mix(mix(seed) + offer_seq) + (uint64_t)what) % bound);
}

bool people_is_silent(uint64_t seed, uint64_t offer_seq, enum role role)
{
    const uint32_t chance =
        role == ROLE_VOLUNTEER ? VOLUNTEER_SILENT_PERMILLE : SILENT_PERMILLE;
    return draw_below(seed, offer_seq, DRAW_SILENT, PERMILLE) < chance;
}

uint32_t people_effort_min(uint64_t seed, uint64_t offer_seq, uint32_t effort_min)
{
    // Log-normal, sigma 0.6, mean 1: the middles of 20 equal parts, in permille.
    static const uint32_t parts[] = {261,  357,  425,  483,  538,  591,  645,
                                     699,  756,  815,  879,  948,  1025, 1111,
                                     1212, 1332, 1483, 1688, 2008, 2744};
    const uint32_t part =
        draw_below(seed, offer_seq, DRAW_EFFORT, sizeof parts / sizeof parts[0]);
    const uint64_t drawn = (uint64_t)effort_min * parts[part] / PERMILLE;
    return drawn > 0 ? (uint32_t)drawn : 1;
}

/* ---- what they did ---- */

struct person {
    uint32_t worker;
    uint32_t cases, at_home;
    uint64_t minutes;
};

struct people {
    struct person *persons; /* by number */
    size_t count, room;
    uint64_t seen_seq;
    uint64_t offers, expired;
    int64_t first_ms, last_ms; /* first offer, last resolution; 0: none yet */
};

struct people *people_new(void)
{
    return memory_new(1, sizeof(struct people));
}

void people_free(struct people **people)
{
    if (*people != NULL) {
        memory_free((*people)->persons);
        memory_free(*people);
        *people = NULL;
    }
}

/* Where he stands, or would stand. */
static size_t place_of(const struct people *people, uint32_t worker)
{
    size_t low = 0;
    size_t high = people->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (people->persons[middle].worker < worker) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static const struct person *find(const struct people *people, uint32_t worker)
{
    const size_t at = place_of(people, worker);
    return at < people->count && people->persons[at].worker == worker ? &people->persons[at]
                                                                      : NULL;
}

void people_resolved(struct people *people, uint32_t worker, uint32_t minutes, bool is_home,
                     int64_t at_ms)
{
    const size_t at = place_of(people, worker);
    if (at == people->count || people->persons[at].worker != worker) {
        MEMORY_ROOM_FOR_ONE(people->persons, people->count, people->room);
        memmove(people->persons + at + 1, people->persons + at,
                (people->count - at) * sizeof *people->persons);
        people->persons[at] = (struct person){.worker = worker};
        people->count++;
    }
    people->persons[at].minutes += minutes;
    people->persons[at].cases++;
    people->persons[at].at_home += is_home ? 1 : 0;
    people->first_ms = people->first_ms != 0 ? people->first_ms : at_ms;
    people->last_ms = at_ms;
}

static void note_resolved(struct people *people, struct world *world,
                          const struct record *record, const Sanji__CaseResolved *body)
{
    uint32_t number = 0;
    struct org_path home;
    if (id_worker_parse(body->worker, &number) != STATUS_OK || number == 0) {
        return; // by the city, say
    }
    const struct kase *kase = world_case(world, record->header.case_key);
    const Sanji__Worker *row = rules_worker(world_rules(world), number);
    const bool is_home = kase != NULL && row != NULL && row->home_grid[0] != '\0' &&
                         org_parse(row->home_grid, &home) == STATUS_OK &&
                         org_equal(home, kase->area);
    people_resolved(people, number, body->effort_min, is_home,
                    record->header.recorded_at_ms);
}

void people_note(struct people *people, struct world *world, const struct record *record,
                 const Sanji__Envelope *envelope)
{
    if (envelope == NULL || record->seq <= people->seen_seq) {
        return; // seen before: the log is read again
    }
    people->seen_seq = record->seq;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_OFFERED) {
        people->offers++;
        if (people->first_ms == 0) {
            people->first_ms = record->header.recorded_at_ms;
        }
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_EXPIRED) {
        people->expired++;
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RESOLVED) {
        note_resolved(people, world, record, envelope->case_resolved);
    }
}

/* ---- figures ---- */

static uint32_t permille(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (uint32_t)(part * PERMILLE / whole);
}

static int compare_minutes(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Gini = sum of (2i - n - 1) x_i / (n x sum of x), x rising (domain 8). */
static void balance(uint64_t *minutes, size_t count, struct people_figures *figures)
{
    int64_t weighted = 0;
    uint64_t sum = 0;
    if (count == 0) {
        return;
    }
    qsort(minutes, count, sizeof *minutes, compare_minutes);
    for (size_t i = 0; i < count; i++) {
        weighted += (2 * (int64_t)(i + 1) - (int64_t)count - 1) * (int64_t)minutes[i];
        sum += minutes[i];
    }
    figures->gini = permille((uint64_t)weighted, count * sum);
    figures->max_to_mean = permille(minutes[count - 1] * count, sum);
}

static bool is_of_community(const Sanji__Worker *row)
{
    struct org_path community;
    struct org_path home;
    const char *text = row->home_grid[0] != '\0' ? row->home_grid : row->desk;
    return org_parse(community_text, &community) == STATUS_OK &&
           org_parse(text, &home) == STATUS_OK && org_within(home, community);
}

void people_count(const struct people *people, const Sanji__Roster *roster,
                  struct people_figures *figures)
{
    const uint64_t days =
        (uint64_t)((people->last_ms - people->first_ms) / TIME_DAY_MS + 1);
    uint64_t *minutes = memory_new(roster->n_workers + 1, sizeof *minutes);
    size_t count = 0;
    uint64_t all = 0;
    uint64_t fulltime = 0;
    uint64_t cases = 0;
    uint64_t at_home = 0;
    *figures = (struct people_figures){0};
    for (size_t i = 0; i < people->count; i++) {
        all += people->persons[i].minutes;
    }
    for (size_t i = 0; i < roster->n_workers; i++) {
        static const struct person idle;
        const Sanji__Worker *row = roster->workers[i];
        uint32_t number = 0;
        if ((enum role)row->role != ROLE_FULLTIME ||
            id_worker_parse(row->worker, &number) != STATUS_OK) {
            continue;
        }
        const struct person *found = find(people, number);
        const struct person *person = found != NULL ? found : &idle;
        fulltime += person->minutes;
        cases += person->cases;
        at_home += person->at_home;
        if (is_of_community(row)) {
            const uint32_t busy = permille(person->minutes, row->capacity_min_day * days);
            figures->busiest = busy > figures->busiest ? busy : figures->busiest;
            minutes[count++] = person->minutes;
        }
    }
    balance(minutes, count, figures);
    figures->fulltime = permille(fulltime, all);
    figures->home = permille(at_home, cases);
    figures->expired = permille(people->expired, people->offers);
    memory_free(minutes);
}
