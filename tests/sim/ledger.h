/* ledger.h: a log in memory for one world, written turn by turn as any of the stages: how
 * tests bring a case to where they want it.
 *
 *     ledger_open(&ledger);                      rules stand, now is 2020-08-14 10:00 +08
 *     struct turn *turn = ledger_turn(&ledger, OWNER_DISPATCH);    begins
 *     ... turn_emit(turn, ...) ...
 *     ledger_commit(&ledger);                    undone, then folded as committed records
 */
#ifndef TESTS_SIM_LEDGER_H
#define TESTS_SIM_LEDGER_H

#include "broker/runtime/turn.h"
#include "proto/arena.h"

enum {
    LEDGER_OWNERS = 6
};

struct ledger {
    struct world *world;
    struct turn *turns[LEDGER_OWNERS];
    struct turn *open; /* NULL: none */
    struct arena *arena;
    int64_t now_ms;
    uint64_t seq;
    Sanji__Envelope *last; /* the last committed record, in the arena */
    struct record last_record;
    /* Told of each committed record after it was folded; NULL: nobody. */
    void (*seen)(void *context, const struct record *record,
                 const Sanji__Envelope *envelope);
    void *seen_context;
};

void ledger_open(struct ledger *ledger);
void ledger_close(struct ledger *ledger);

struct turn *ledger_turn(struct ledger *ledger, enum owner owner);
void ledger_commit(struct ledger *ledger);
/* Ends the turn and commits nothing. */
void ledger_drop(struct ledger *ledger);

/* ---- steps of a case, each a turn of its own ---- */

/* The key of the next case; the turn of intake must be open. */
uint64_t ledger_next_key(struct ledger *ledger);
/* Into an open turn of intake. */
void ledger_emit_received(struct ledger *ledger, struct turn *turn, uint64_t key,
                          const char *area, enum severity severity, uint32_t category);

struct kase *ledger_receive(struct ledger *ledger, const char *area, enum severity severity,
                            uint32_t category);
/* One edge that needs no more than an empty body of its last event. */
void ledger_move(struct ledger *ledger, struct kase *kase, enum transition id);
void ledger_offer(struct ledger *ledger, struct kase *kase, uint32_t worker,
                  uint32_t effort_min);
void ledger_decline(struct ledger *ledger, struct kase *kase, uint32_t reason_code);
/* Received, accepted, routed, and as far as `upto`: ACCEPTED .. RESOLVED. */
struct kase *ledger_case(struct ledger *ledger, enum severity severity, uint32_t category,
                         enum case_state upto);

#endif
