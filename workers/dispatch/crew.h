/* crew.h: who stands in whose pool, found by desk and by home grid.
 *
 *     roster -> members by (desk, number)     a desk's pool: one run of them
 *            -> places by (home grid, number) a grid's own workers: one run of these
 *
 * Paths are packed so that a prefix is a range, so a pool is a range too, and a weighing looks
 * at nobody else. Built when the roster in force is another than that of the last look.
 */
#ifndef DISPATCH_CREW_H
#define DISPATCH_CREW_H

#include "broker/runtime/world.h"

/* Who may acknowledge an offer. `row` is the roster's, good until the next roster. */
struct crew_member {
    const Sanji__Worker *row;
    struct org_path desk;
    struct org_path home; /* place 0: no grid of his own */
    uint32_t number;
    enum role role;
};

/* Zeroed: empty. */
struct crew {
    const struct rules *rules; /* whose roster it is, and of which version */
    uint32_t version;
    struct crew_member *members;
    uint32_t *by_home;
    size_t count, room, homes;
};

/* Makes it the roster's in force; cheap when it is already. */
void crew_update(struct crew *crew, const struct rules *rules);
void crew_reset(struct crew *crew);

/* A run of members: at(0) .. at(count - 1). */
struct crew_run {
    const struct crew *crew;
    size_t first, count;
    bool by_home;
};

const struct crew_member *crew_at(const struct crew_run *run, size_t i);
/* Whose desk is `path` or lies below it. */
struct crew_run crew_of_desk(const struct crew *crew, struct org_path path);
/* Whose home is this grid. */
struct crew_run crew_of_grid(const struct crew *crew, struct org_path grid);
/* The pool of a desk. A grid is no desk: what it holds (handled on the spot, then found
 * wanting) goes to those whose home it is. */
struct crew_run crew_pool(const struct crew *crew, struct org_path holder);
/* NULL: no such worker, or none who is offered cases. */
const struct crew_member *crew_find(const struct crew *crew, uint32_t number);

#endif
