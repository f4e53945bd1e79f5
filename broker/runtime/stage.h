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
 *     one transaction. Inputs that led to nothing move the cursor with the next append, or
 *     by an Append with count 0 once a second of the broker's time (driven: every 256
 *     records or an hour).
 *  3. Records are decided before timers, timers by (due, case). Timers fire only when every
 *     record stamped <= now was read and decided (Tick).
 *  4. After a Welcome nothing is decided or admitted before the log was read to its head.
 *  5. CONFLICT or CATCH_UP: read to the seq named, halve the inputs of a turn; OK restores it.
 *  6. FENCED, FORBIDDEN, BATCH_ORDER, AHEAD end the process: another one has the name, or the
 *     program is broken.
 *  7. Each Said this stage decides has an output that names it; asserted.
 *  8. While a Tick with `turn` is the newest, decisions are made only between such a Tick and
 *     the Idle that answers it, so that driven time gives the same log each time. The door is
 *     open always: the driver waits for receipts in its own turn.
 *  9. Nothing read is held without bound for long: credit goes back when a record is decided,
 *     but at once while the stage must read on before it may decide.
 * 10. A stage with a cache reads from min(cache, cursor) on; what the cache has folded is read
 *     again for its decisions only, and these are made at the head, as after any restart.
 */
#ifndef RUNTIME_STAGE_H
#define RUNTIME_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/turn.h"
#include "log.pb-c.h"

struct loop;
struct process;
struct stage;
struct stagecache;

struct stage_ops {
    const char *name; /* also the writer's name: do not rename */
    enum owner
        owner; /* OWNER_NONE: a participant that appends nothing (casebook, driver) */

    /* Each committed record in log order, after the world has folded it; `status` is
     * world_fold's answer, `envelope` NULL when it does not decode. May be NULL. */
    void (*folded)(void *context, struct world *world, const struct record *record,
                   const Sanji__Envelope *envelope, enum status status);
    /* Each record after the cursor, once as seen from the log; it may be called again for the
     * same record when the turn's append was refused, so it must not change what it looks at
     * but through the turn. Level-triggered: asks what the case needs now. Records whose
     * envelope does not decode are folded and not decided. May be NULL. */
    void (*decide)(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope);
    /* A timer of this owner is due. Must emit something that moves it. May be NULL. */
    void (*due)(void *context, struct turn *turn, struct kase *kase,
                const struct case_timer *timer);
    /* Time of this stage's own that is not on a case (a shift change); 0: none. `wake` is
     * called when it has come and must move it; when the append of what it emitted was
     * refused it is called again. May be NULL. */
    int64_t (*next_wake_ms)(void *context);
    void (*wake)(void *context, struct turn *turn);

    /* Door turns (intake), in appends of their own. `wants_admit`: something waits. `admit`
     * emits for as many requests as fit. `admitted`: the append's answer, OK with the first
     * seq (replies leave now; 0 when nothing was emitted), else the requests still wait and
     * are admitted again: CONFLICT, CATCH_UP; STORE_FULL, BUSY after a pause; NO_SESSION when
     * the session was lost and nobody knows (after the next Welcome the log tells). */
    bool (*wants_admit)(void *context);
    void (*admit)(void *context, struct turn *turn);
    void (*admitted)(void *context, enum status status, uint64_t first_seq);

    /* Once: the log was read to the head for the first time. From here on decisions are made,
     * but for the time after each further Welcome. */
    void (*caught_up)(void *context, struct world *world);
    /* A Tick was worked off: everything stamped <= now is read and decided. May be NULL. */
    void (*ticked)(void *context, int64_t now_ms);
    /* Holds an Idle back while true (the driver waits for its receipts). May be NULL. */
    bool (*busy)(void *context);

    /* What `folded` keeps beside the world, for the stage's cache; all three or none. `save`
     * puts what changed since the last save (a save that fails ends the use of the cache);
     * `load` takes it in before the first record is read, and returns false for rows that
     * cannot be; then `forget` makes everything as it was before. */
    void (*cache_save)(void *context, struct stagecache *cache);
    bool (*cache_load)(void *context, struct stagecache *cache);
    void (*cache_forget)(void *context);
};

/* ---- the machine ---- */

/* How the machine speaks: called from within stage_* calls. */
struct stage_port {
    void (*append)(void *port, const Sanji__Append *head, struct bytes packed);
    void (*idle)(void *port, const Sanji__Idle *idle);
    void (*taken)(void *port, uint64_t records, uint64_t bytes);
    /* Call stage_retry in so many milliseconds: the broker was busy or full. */
    void (*pause)(void *port, uint32_t retry_after_ms);
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
void stage_retry(struct stage *stage);
/* Takes the next turn if one can be taken; call it after messages were handed in and after
 * something was put in front of the door. False: nothing to do now. */
bool stage_next(struct stage *stage);

bool stage_is_caught_up(const struct stage *stage);
uint64_t stage_read_count(const struct stage *stage); /* records handed in so far */

/* ---- the machine's cache ---- */

/* Takes the cache over (*cache becomes NULL) and begins from what it holds; once, before the
 * first Welcome is handed in, of whose log it must be.
 * Fails: CORRUPT, IO (dropped, and everything is as if there had been none). */
MUST_CHECK enum status stage_take_cache(struct stage *stage, struct stagecache **cache);
/* A save is worth its sync: the stage is at rest and 4,096 records were read since the last
 * one, or 65,536 were. */
bool stage_wants_save(const struct stage *stage);
/* Writes what changed since the last save, if anything did and the rules have come whole.
 * Fails: STORE_FULL, IO (the cache is dropped; the stage goes on without). */
MUST_CHECK enum status stage_save_cache(struct stage *stage);

/* ---- the shell ---- */

struct stage_shell;
/* Opens the session on `log_endpoint` and drives the machine from the loop, which must not
 * run again once the shell was freed. `ops` must live
 * as long; a fenced stage ends the process with EXIT_FENCED. */
struct stage_shell *stage_shell_new(struct loop *loop, const char *log_endpoint,
                                    const struct stage_ops *ops, void *context);
void stage_shell_free(struct stage_shell **shell);
/* Starts from the cache DATA/cache/NAME, and keeps it: call it before the loop runs. Nothing
 * without --data or with --no-cache. */
void stage_shell_cache(struct stage_shell *shell, const struct process *process);
/* Something waits at the door: take a turn soon. */
void stage_shell_poke(struct stage_shell *shell);

#endif
