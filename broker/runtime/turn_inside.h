/* turn_inside.h: what the files of the turn share. Nobody else includes it.
 *
 *     turn.c         memory, envelopes, the tentative fold, packing
 *     turn_timers.c  which timers an edge moves, and to when
 *     turn_said.c    the checks of statements and their refusal
 */
#ifndef RUNTIME_TURN_INSIDE_H
#define RUNTIME_TURN_INSIDE_H

#include "broker/runtime/turn.h"
#include "proto/bytes.h"
#include "proto/limits.h"

struct turn {
    const char *name;
    enum owner owner;
    struct world *world;
    int64_t now_ms;
    bool after_restart;
    bool has_rules; /* RulesPublished stands in it */
    struct arena *arena;
    uint32_t count;
    size_t size;
    uint64_t causes[APPEND_RECORDS_MAX];
    uint8_t *packed;  /* MESSAGE_SIZE_MAX */
    uint8_t *scratch; /* RECORD_SIZE_MAX: one envelope */
};

/* Writes what the edge does to the case's timers into the envelope. */
void turn_edge_timers(struct turn *turn, const struct emission *emission,
                      const struct lifecycle_edge *edge);

#endif
