/* waiting.h: which cases wait at which desk, and who got free by which record: so that a
 * record that frees somebody is weighed against the cases he may help, and no others.
 *
 *     folded(record) -> case entered or left ASSIGNING -> desk -> keys, oldest first
 *                    -> who carried the case before and does not now -> (seq, worker)
 *
 * Invariants
 *  1. Both hold committed records only; a turn's tentative folds are found by looking at the
 *     case, as everywhere.
 *  2. The cases that wait follow from the world, so they are never kept, but counted anew.
 */
#ifndef DISPATCH_WAITING_H
#define DISPATCH_WAITING_H

#include "broker/runtime/world.h"

struct waiting_desk {
    uint32_t packed;
    uint64_t *keys; /* rising: oldest first */
    size_t count, room;
};

struct waiting_freed {
    uint64_t seq;
    uint32_t worker;
};

/* Zeroed: nothing waits. */
struct waiting {
    struct waiting_desk *desks; /* by path */
    size_t count, room;
    struct waiting_freed *freed; /* by seq */
    size_t freed_count, freed_room;
    uint64_t known_from; /* whom the records from here on freed is in `freed` */
};

void waiting_reset(struct waiting *waiting);
/* All over again, from the world; nothing is known of what former records freed. */
void waiting_begin(struct waiting *waiting, struct world *world);
/* A committed record, after it was folded. */
void waiting_folded(struct waiting *waiting, struct world *world,
                    const struct record *record, const Sanji__Envelope *envelope);
/* Everything read is decided: who got free is history. */
void waiting_decided(struct waiting *waiting, struct world *world);

/* Whom this record freed, at most `max`. False: it is older than what is known. */
bool waiting_who(const struct waiting *waiting, uint64_t seq, uint32_t *workers, size_t max,
                 size_t *count);

/* Cases at the desks at or below a unit. */
size_t waiting_count(const struct waiting *waiting, struct org_path unit);

/* Cases of the desks whose pools hold who has this desk and this home (place 0: none), oldest
 * first; return false to stop. */
typedef bool (*waiting_fn)(void *context, uint64_t key);
void waiting_each(const struct waiting *waiting, struct org_path desk, struct org_path home,
                  waiting_fn visit, void *context);

#endif
