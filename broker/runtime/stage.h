/* stage.h: what turns a table of functions into a process that decides on the log.
 *
 *     records -> fold -> [inputs after the cursor] -> turn: decide, then due -> one append
 *     Appended / Refused -> undo is done already -> read own records -> next turn
 *
 * The machine (stage_new .. stage_next) is pure as to the world: messages in, messages out
 * through a port, so the simulation ring runs all stages in one process. stage_run is the
 * shell around it with a real session.
 *
 * Invariants
 *  1. State moves only by committed records: tentative folds are undone before the append
 *     leaves, and the next turn waits until the own records were read back.
 *  2. One append in flight. Its cursor is the last input decided; outputs and cursor move in
 *     one transaction.
 *  3. Records are decided before timers, timers by (due, case). Timers fire only when every
 *     record stamped <= now was read and decided (Tick).
 *  4. After a Welcome nothing is decided or admitted before the log was read to its head.
 *  5. CONFLICT or CATCH_UP: read to the seq named, halve the inputs of a turn; OK restores it.
 *  6. FENCED, FORBIDDEN, BATCH_ORDER, AHEAD end the process: another one has the name, or the
 *     program is broken.
 *  7. Each Said this stage decides has an output that names it; asserted.
 */
#ifndef RUNTIME_STAGE_H
#define RUNTIME_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/turn.h"
#include "log.pb-c.h"

struct loop;
struct stage;

struct stage_ops {
    const char *name;  /* also the writer's name: do not rename */
    enum owner owner;  /* OWNER_NONE: a participant that appends nothing (casebook, driver) */

    /* Each committed record in log order, after the world has folded it; `status` is
     * world_fold's answer, `envelope` NULL when it does not decode. May be NULL. */
    void (*folded)(void *context, struct world *world, const struct record *record,
                   const Sanji__Envelope *envelope, enum status status);
    /* Each record after the cursor, once as seen from the log. Level-triggered: asks what the
     * case needs now. May be NULL. */
    void (*decide)(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope);
    /* A timer of this owner is due. Must emit something that moves it. May be NULL. */
    void (*due)(void *context, struct turn *turn, struct kase *kase,
                const struct case_timer *timer);
    /* Time of this stage's own that is not on a case (a shift change); 0: none. `wake` is
     * called when it has come and must move it. May be NULL. */
    int64_t (*next_wake_ms)(void *context);
    void (*wake)(void *context, struct turn *turn);

    /* Door turns (intake), in appends of their own. `wants_admit`: something waits. `admit`
     * emits for as many requests as fit. `admitted`: the append's answer, OK with the first
     * seq (replies leave now), else the requests still wait and are admitted again. */
    bool (*wants_admit)(void *context);
    void (*admit)(void *context, struct turn *turn);
    void (*admitted)(void *context, enum status status, uint64_t first_seq);

    /* The log was read to the head after a Welcome: from here on decisions are made. */
    void (*caught_up)(void *context, struct world *world);
    /* A Tick was worked off: everything stamped <= now is read and decided. May be NULL. */
    void (*ticked)(void *context, int64_t now_ms);
    /* Holds an Idle back while true (the driver waits for its receipts). May be NULL. */
    bool (*busy)(void *context);
};

/* ---- the machine ---- */

/* How the machine speaks: called from within stage_* calls. */
struct stage_port {
    void (*append)(void *port, const Sanji__Append *head, struct bytes packed);
    void (*idle)(void *port, const Sanji__Idle *idle);
    void (*taken)(void *port, uint64_t records, uint64_t bytes);
    void (*die)(void *port, enum status status, const char *text); /* does not return */
};

struct stage *stage_new(const struct stage_ops *ops, void *context,
                        const struct stage_port *port, void *port_context);
void stage_free(struct stage **stage);
struct world *stage_world(struct stage *stage);

/* Messages of the session. stage_welcome returns the seq to follow from. */
uint64_t stage_welcome(struct stage *stage, const Sanji__Welcome *welcome);
void stage_records(struct stage *stage, const Sanji__Records *head, struct bytes packed);
void stage_tick(struct stage *stage, const Sanji__Tick *tick);
void stage_appended(struct stage *stage, const Sanji__Appended *appended);
void stage_refused(struct stage *stage, const Sanji__Refused *refused);
void stage_lost(struct stage *stage);
/* Takes the next turn if one can be taken; call it after messages were handed in and after
 * something was put in front of the door. False: nothing to do now. */
bool stage_next(struct stage *stage);

bool stage_is_caught_up(const struct stage *stage);

/* ---- the shell ---- */

struct stage_shell;
/* Opens the session on `log_endpoint` and drives the machine from the loop. */
struct stage_shell *stage_shell_new(struct loop *loop, const char *log_endpoint,
                                    const struct stage_ops *ops, void *context);
void stage_shell_free(struct stage_shell **shell);
struct stage *stage_shell_stage(struct stage_shell *shell);
/* Something waits at the door: take a turn soon. */
void stage_shell_poke(struct stage_shell *shell);

#endif
