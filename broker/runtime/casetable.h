/* casetable.h: the cases of a log in memory, found by key, walked by state, oldest first.
 *
 *     key -> place in order of first appearance -> slot (chunks that never move)
 *     slot -> the case, or the bytes it was packed into once it was final
 *     state -> order of places (order.h)
 *
 * Invariants
 *  1. A case that is open never moves, so pointers to it stay good. One that is final is
 *     packed by casetable_rest, and unpacked, elsewhere, when somebody wants it.
 *  2. Only the youngest case can be taken back (casetable_drop_last), so places have no holes.
 *  3. A case is in exactly the order of the state it was last filed under.
 */
#ifndef RUNTIME_CASETABLE_H
#define RUNTIME_CASETABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/order.h"
#include "proto/case.h"

struct case_slot {
    uint64_t key;
    struct kase *kase; /* NULL: packed */
    uint8_t *packed;   /* NULL: it is not */
    uint32_t packed_size;
    uint32_t place;
    uint8_t filed_state;
    bool is_saved;   /* a copy of it waits for the undo */
    bool is_changed; /* by a committed fold, since it was written to the cache (world.h) */
    bool is_resting; /* stands in `resting` */
};

struct casetable {
    struct case_slot **chunks;
    uint32_t chunk_count;
    uint32_t count;
    uint32_t *cells; /* place + 1 by hash of the key; 0: free */
    uint32_t cell_count;
    struct order states[STATE_COUNT];
    uint32_t *resting; /* places of cases that are, or were, final and are not packed */
    size_t resting_count, resting_room;
};

void casetable_reset(struct casetable *table);

struct case_slot *casetable_find(const struct casetable *table, uint64_t key);
struct case_slot *casetable_at(const struct casetable *table, uint32_t place);
/* A zeroed case under this key, which is not there yet; in state NONE. */
struct case_slot *casetable_add(struct casetable *table, uint64_t key);
/* The case to be read or changed, unpacked where it must be. Good until the next
 * casetable_rest; of a case that is open: until it is dropped. */
struct kase *casetable_kase(struct casetable *table, struct case_slot *slot);
/* The same to be read only, and only at once: of a packed case `room` is filled. */
const struct kase *casetable_look(const struct case_slot *slot, struct kase *room);
/* Packs what is final, but what is_saved; once there is a number of them worth it. */
void casetable_rest(struct casetable *table);
void casetable_drop_last(struct casetable *table);
/* Files the case under the state it has now. */
void casetable_file(struct casetable *table, struct case_slot *slot);

#endif
