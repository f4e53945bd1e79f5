/* duplicate.c: see duplicate.h. */
#include "workers/intake/duplicate.h"

#include <assert.h>
#include <string.h>

#include "broker/runtime/memory.h"

enum {
    FIRST_CELLS = 256,
    MAJOR = 1000, /* category 3001: major 3 */
    MS_PER_S = 1000,
    POINTS_MAX = 1000
};

struct report {
    uint64_t case_key;
    int64_t received_ms;
    uint32_t category, building_no, device;
    int32_t lat_e6, lon_e6;
    uint8_t datum;
};

struct ring {
    uint64_t place; /* grid and major */
    uint32_t next;  /* where the next report goes */
    uint32_t count;
    struct report reports[DUPLICATE_RING];
};

/* What a tentative report has overwritten. */
struct undone {
    struct ring *ring;
    uint32_t next, count;
    struct report report;
};

struct duplicates {
    struct ring **cells; /* open addressing; rings never move */
    size_t cell_count, ring_count;
    struct undone *undone;
    size_t undone_count, undone_room;
};

struct duplicates *duplicates_new(void)
{
    struct duplicates *self = memory_new(1, sizeof *self);
    self->cells = memory_new(FIRST_CELLS, sizeof(struct ring *));
    self->cell_count = FIRST_CELLS;
    return self;
}

static void drop_rings(struct duplicates *duplicates)
{
    for (size_t i = 0; i < duplicates->cell_count; i++) {
        memory_free(duplicates->cells[i]);
        duplicates->cells[i] = NULL;
    }
    duplicates->ring_count = 0;
    duplicates->undone_count = 0;
}

void duplicates_free(struct duplicates **duplicates)
{
    struct duplicates *self = *duplicates;
    if (self == NULL) {
        return;
    }
    drop_rings(self);
    memory_free(self->cells);
    memory_free(self->undone);
    memory_free(self);
    *duplicates = NULL;
}

/* ---- rings ---- */

/* 0: no grid, or no category. */
static uint64_t place_of(const struct kase *kase)
{
    return org_depth(kase->area) != TIER_GRID || kase->category < MAJOR
               ? 0
               : (uint64_t)kase->area.packed << 8 | kase->category / MAJOR;
}

static struct ring **find_cell(const struct duplicates *duplicates, uint64_t place)
{
    const size_t mask = duplicates->cell_count - 1;
    size_t cell = (size_t)((place * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
    while (duplicates->cells[cell] != NULL && duplicates->cells[cell]->place != place) {
        cell = (cell + 1) & mask;
    }
    return &duplicates->cells[cell];
}

static void grow(struct duplicates *duplicates)
{
    struct ring **old = duplicates->cells;
    const size_t old_count = duplicates->cell_count;
    duplicates->cell_count = old_count * 2;
    duplicates->cells = memory_new(duplicates->cell_count, sizeof(struct ring *));
    for (size_t i = 0; i < old_count; i++) {
        if (old[i] != NULL) {
            *find_cell(duplicates, old[i]->place) = old[i];
        }
    }
    memory_free(old);
}

static struct ring *ring_for(struct duplicates *duplicates, uint64_t place)
{
    if ((duplicates->ring_count + 1) * 2 > duplicates->cell_count) {
        grow(duplicates);
    }
    struct ring **cell = find_cell(duplicates, place);
    if (*cell == NULL) {
        *cell = memory_new(1, sizeof **cell);
        (*cell)->place = place;
        duplicates->ring_count++;
    }
    return *cell;
}

static void push(struct duplicates *duplicates, const struct kase *kase, bool tentative)
{
    const uint64_t place = place_of(kase);
    if (place == 0) {
        return;
    }
    struct ring *ring = ring_for(duplicates, place);
    struct report *report = &ring->reports[ring->next];
    if (tentative) {
        MEMORY_ROOM_FOR_ONE(duplicates->undone, duplicates->undone_count,
                            duplicates->undone_room);
        duplicates->undone[duplicates->undone_count++] =
            (struct undone){ring, ring->next, ring->count, *report};
    }
    *report = (struct report){.case_key = kase->key,
                              .received_ms = kase->received_ms,
                              .category = kase->category,
                              .building_no = kase->building_no,
                              .device = kase->device,
                              .lat_e6 = kase->lat_e6,
                              .lon_e6 = kase->lon_e6,
                              .datum = kase->datum};
    ring->next = (ring->next + 1) % DUPLICATE_RING;
    ring->count += ring->count < DUPLICATE_RING ? 1 : 0;
}

void duplicates_undo(struct duplicates *duplicates)
{
    while (duplicates->undone_count > 0) {
        const struct undone *undone = &duplicates->undone[--duplicates->undone_count];
        undone->ring->next = undone->next;
        undone->ring->count = undone->count;
        undone->ring->reports[undone->next] = undone->report;
    }
}

void duplicates_add(struct duplicates *duplicates, const struct kase *kase)
{
    duplicates_undo(duplicates);
    push(duplicates, kase, false);
}

void duplicates_add_tentative(struct duplicates *duplicates, const struct kase *kase)
{
    push(duplicates, kase, true);
}

static bool fill_one(void *context, struct kase *kase)
{
    push(context, kase, false);
    return true;
}

void duplicates_fill(struct duplicates *duplicates, struct world *world)
{
    drop_rings(duplicates);
    world_each_case(world, fill_one, duplicates);
}

/* ---- points ---- */

/* Degrees below 90; good to a part in a thousand, which is 5 cm of 50 m. */
static double cosine(double degrees)
{
    const double x = degrees * 3.14159265358979 / 180;
    const double square = x * x;
    return 1 - square / 2 * (1 - square / 12 * (1 - square / 30 * (1 - square / 56)));
}

static uint8_t frame_of(uint8_t datum)
{
    // The two differ by centimetres.
    return datum == SANJI__DATUM__DATUM_WGS84 ? (uint8_t)SANJI__DATUM__DATUM_CGCS2000
                                              : datum;
}

static bool is_near(const struct report *a, const struct kase *b, uint32_t near_m)
{
    static const double metres_per_e6 = 0.11132; // of latitude
    if (a->building_no != 0 && a->building_no == b->building_no) {
        return true;
    }
    if (a->datum == 0 || frame_of(a->datum) != frame_of(b->datum) || b->datum == 0) {
        return false;
    }
    const double north_m = ((double)a->lat_e6 - b->lat_e6) * metres_per_e6;
    const double east_m =
        ((double)a->lon_e6 - b->lon_e6) * metres_per_e6 * cosine(b->lat_e6 / 1e6);
    return north_m * north_m + east_m * east_m <= (double)near_m * near_m;
}

static bool is_fixed(const Sanji__Duplicates *rules, unsigned source)
{
    size_t i = 0;
    while (i < rules->n_devices && (unsigned)rules->devices[i] != source) {
        i++;
    }
    return i < rules->n_devices;
}

static bool is_same_device(const Sanji__Duplicates *rules, const struct report *report,
                           const struct kase *fresh)
{
    return fresh->device != 0 && report->device == fresh->device &&
           is_fixed(rules, fresh->source);
}

static uint32_t points_of(const Sanji__Duplicates *rules, const struct report *report,
                          const struct kase *fresh, int64_t now_ms)
{
    uint32_t points = 0;
    if (now_ms - report->received_ms <= (int64_t)rules->window_s * MS_PER_S) {
        points += rules->grid_points;
    }
    points += report->category == fresh->category ? rules->minor_points : 0;
    points += is_near(report, fresh, rules->near_m) ? rules->near_points : 0;
    points += is_same_device(rules, report, fresh) ? rules->device_points : 0;
    return points;
}

/* ---- the cases ---- */

/* The case that a report lives in; NULL: it is over. */
static struct kase *home_of(struct world *world, uint64_t key, int64_t now_ms,
                            int64_t closed_s)
{
    struct kase *kase = world_case(world, key);
    while (kase != NULL && kase->state == STATE_MERGED) {
        kase = world_case(world, kase->merged_into);
    }
    if (kase == NULL || kase->state == STATE_REJECTED || kase->state == STATE_CANCELLED ||
        (kase->state == STATE_CLOSED && now_ms - kase->closed_ms > closed_s * MS_PER_S)) {
        return NULL;
    }
    return kase;
}

/* The likeliest first; of equals the newer, which came first; a case stands once. */
static size_t put(struct duplicate found[DUPLICATES_MAX], size_t count,
                  struct duplicate duplicate)
{
    size_t at = 0;
    while (at < count && found[at].points >= duplicate.points &&
           found[at].case_key != duplicate.case_key) {
        at++;
    }
    if (at == DUPLICATES_MAX || (at < count && found[at].case_key == duplicate.case_key &&
                                 found[at].points >= duplicate.points)) {
        return count;
    }
    size_t last = at;
    while (last < count && found[last].case_key != duplicate.case_key) {
        last++;
    }
    if (last == count) {
        last = count < DUPLICATES_MAX ? count++ : DUPLICATES_MAX - 1;
    }
    memmove(found + at + 1, found + at, (last - at) * sizeof found[0]);
    found[at] = duplicate;
    return count;
}

size_t duplicates_find(const struct duplicates *duplicates, struct world *world,
                       const struct kase *fresh, int64_t now_ms,
                       struct duplicate found[DUPLICATES_MAX])
{
    const Sanji__Duplicates *rules = rules_policy(world_rules(world))->duplicates;
    const uint64_t place = place_of(fresh);
    const struct ring *ring = place != 0 ? *find_cell(duplicates, place) : NULL;
    size_t count = 0;
    if (rules == NULL || ring == NULL) {
        return 0;
    }
    for (uint32_t i = 1; i <= ring->count && i <= rules->looked_at; i++) {
        const struct report *report =
            &ring->reports[(ring->next + DUPLICATE_RING - i) % DUPLICATE_RING];
        uint32_t points = points_of(rules, report, fresh, now_ms);
        const struct kase *home =
            points >= rules->listed_permille
                ? home_of(world, report->case_key, now_ms, rules->closed_s)
                : NULL;
        if (home == NULL || home->restricted != fresh->restricted ||
            home->status != fresh->status) {
            continue;
        }
        if (home->state == STATE_CLOSED) {
            points -= points < rules->closed_points ? points : rules->closed_points;
        }
        if (points >= rules->listed_permille) {
            count = put(
                found, count,
                (struct duplicate){.case_key = home->key,
                                   .points = points < POINTS_MAX ? points : POINTS_MAX,
                                   .same_device = is_same_device(rules, report, fresh)});
        }
    }
    return count;
}

struct kase *duplicates_same(struct world *world, const struct kase *fresh,
                             const struct duplicate *found, size_t count)
{
    const Sanji__Duplicates *rules = rules_policy(world_rules(world))->duplicates;
    for (size_t i = 0; i < count; i++) {
        struct kase *kase = world_case(world, found[i].case_key);
        const bool is_unfinished = (lifecycle_edge(T28)->from >> kase->state & 1U) != 0 ||
                                   kase->state == STATE_UPSTREAM;
        if (found[i].same_device && found[i].points >= rules->merged_permille &&
            is_unfinished && kase->severity <= fresh->severity &&
            strcmp(kase->source_system, fresh->source_system) == 0) {
            return kase;
        }
    }
    return NULL;
}
