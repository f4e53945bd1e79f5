/* casetable.h: the cases of a log in memory, found by key, walked by state, oldest first.
 *
 *     key -> place in order of first appearance -> slot (chunks that never move)
 *     state -> order of places (order.h)
 *
 * Invariants
 *  1. A slot never moves, so pointers to cases stay good.
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
    struct kase kase;
    uint32_t place;
    uint8_t filed_state;
    bool is_saved;   /* a copy of it waits for the undo */
    bool is_changed; /* by a committed fold, since it was written to the cache (world.h) */
};

struct casetable {
    struct case_slot **chunks;
    uint32_t chunk_count;
    uint32_t count;
    uint32_t *cells; /* place + 1 by hash of the key; 0: free */
    uint32_t cell_count;
    struct order states[STATE_COUNT];
};

void casetable_reset(struct casetable *table);

struct case_slot *casetable_find(const struct casetable *table, uint64_t key);
struct case_slot *casetable_at(const struct casetable *table, uint32_t place);
/* A zeroed case under this key, which is not there yet; in state NONE. */
struct case_slot *casetable_add(struct casetable *table, uint64_t key);
void casetable_drop_last(struct casetable *table);
/* Files the case under the state it has now. */
void casetable_file(struct casetable *table, struct case_slot *slot);

#endif
