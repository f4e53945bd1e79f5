/* pairing.h: gives each of many items one of a few places, so that each place is taken
 * exactly as often as it has room, and no item stands where it must not.
 *
 *     the item with the least choice first -> a place drawn by the room that is left
 *     -> what found none: others make way along the shortest chain (augmenting paths)
 *
 * So a pairing is found whenever there is one, and where there is a choice it is drawn.
 * Source of the chains: Kuhn, "The Hungarian Method for the Assignment Problem", 1955.
 */
#ifndef SANJI_PAIRING_H
#define SANJI_PAIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workers/sanji/random.h"

enum {
    PAIRING_PLACES_MAX = 64
};

struct pairing_task {
    const uint64_t *allowed; /* of each item; bit p: it may stand at place p */
    size_t count;
    const uint32_t *room; /* of each place; it sums up to `count` */
    size_t places;
};

/* Why there is no pairing. */
struct pairing_gap {
    size_t place; /* one that stays short of items */
    size_t item;  /* one that finds no place */
};

/* chosen[i]: the place of item i. False: there is no such pairing, and *gap says why. */
bool pairing_make(struct random *random, const struct pairing_task *task, uint8_t *chosen,
                  struct pairing_gap *gap);

#endif
