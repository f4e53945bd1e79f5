/* plan_places.h: the organisation and roster as the generator asks for them: communities with
 * their grids, and at which quarters of a day which desk can take which case.
 *
 *     desk x category -> quarters at which somebody of the pool is on duty, able, and stays
 *     long enough; so that a case planned for a tier does not climb by rule at 3 in the night
 *
 * It is careful where the real dispatcher may do better: volunteers and building heads do not
 * count, and who takes a case has a margin before his shift ends. Whoever works here works
 * every day of the week.
 */
#ifndef SANJI_PLAN_PLACES_H
#define SANJI_PLAN_PLACES_H

#include "broker/runtime/rules.h"

enum {
    PLACES_QUARTERS = 96 /* of a day */
};

/* Quarters of an hour of a day, as four bits an hour. */
struct day_quarters {
    uint8_t hours[24];
};

struct planned_grid {
    struct org_path path;
    uint32_t residents;
    uint32_t committee; /* its desk; PLACES_NO_DESK: none */
    bool dedicated;
    uint32_t first_worker, worker_count; /* in places->workers */
    struct day_quarters fulltime, light; /* when somebody may handle on the spot himself */
};

struct planned_community {
    struct org_path path;
    uint32_t residents;
    uint32_t desk;
    uint32_t first_grid, basic_count, dedicated_count; /* basic ones first, largest first */
};

struct planned_worker {
    uint32_t number;
    uint32_t grid;
    uint16_t from_min, to_min; /* on duty; to above from, up to two days */
    bool fulltime;             /* else a volunteer: light cases only */
};

#define PLACES_NO_DESK UINT32_MAX

struct places {
    struct planned_community *communities;
    size_t community_count;
    struct planned_grid *grids;
    size_t grid_count;
    struct planned_worker *workers; /* who may handle on the spot, by grid */
    size_t worker_count;
    struct org_path *desks; /* committees and communities, by path */
    size_t desk_count;
    struct day_quarters *able; /* [desk][category row of the SLA table] */
    size_t category_count;
    uint32_t fulltime_least; /* full-time workers of the basic grid that has fewest */
};

/* Everything within `within`. Owns: *places, to be given back by places_reset. */
void places_make(struct places *places, const struct rules *rules, struct org_path within);
void places_reset(struct places *places);

/* Whether the desk's own people can take a case of this category (row of the SLA table) at
 * this quarter. */
bool places_able(const struct places *places, uint32_t desk, size_t category,
                 unsigned quarter);

/* A worker of the grid who is on duty at this minute of the day: a full-time one where there
 * is one, else, for a light case, a volunteer. 0: none. `pick` chooses among several. */
uint32_t places_worker(const struct places *places, const struct planned_grid *grid,
                       bool light, unsigned minute, uint32_t pick);

#endif
