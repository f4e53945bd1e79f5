/* duplicate.h: is this report about a case that is known? (domain 4.7)
 *
 *     grid + category major -> ring of its newest reports -> points -> the cases they live in
 *
 * A submission costs one look at a ring of at most DUPLICATE_RING reports, however many cases
 * there are. A report that was merged stands for the case it lives in, so a camera that goes on
 * seeing the same thing always finds it.
 *
 * The rings follow from the cases and stand in no cache: they are filled again from the world
 * when the log was read. What is not used, since it could not be found in the log and would
 * link what one person says: who reported.
 */
#ifndef INTAKE_DUPLICATE_H
#define INTAKE_DUPLICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/world.h"

enum {
    DUPLICATE_RING = 64,
    DUPLICATES_MAX = 5
};

struct duplicates;

struct duplicate {
    uint64_t case_key; /* never of a merged case */
    uint32_t points;   /* at most 1000 */
    bool same_device;
};

struct duplicates *duplicates_new(void);
void duplicates_free(struct duplicates **duplicates);

/* Everything anew, from the cases of the world. */
void duplicates_fill(struct duplicates *duplicates, struct world *world);
/* A committed report. What a turn has added is forgotten first: it comes again, or never. */
void duplicates_add(struct duplicates *duplicates, const struct kase *kase);
/* A report of the turn in flight, so that the next one of the turn sees it. */
void duplicates_add_tentative(struct duplicates *duplicates, const struct kase *kase);
/* Forgets what a turn has added. */
void duplicates_undo(struct duplicates *duplicates);

/* The cases that a fresh report may be about, the likeliest first, at most DUPLICATES_MAX. Of
 * `fresh` are read: area, category, place, building, device, source, source_system, status,
 * restricted. Never across restricted and unrestricted, or exercise and actual. */
size_t duplicates_find(const struct duplicates *duplicates, struct world *world,
                       const struct kase *fresh, int64_t now_ms,
                       struct duplicate found[DUPLICATES_MAX]);

/* Of these the case that the system merges the report into: the same device, open, nobody has
 * said yet that it is done, and not less severe. NULL: none. */
struct kase *duplicates_same(struct world *world, const struct kase *fresh,
                             const struct duplicate *found, size_t count);

#endif
