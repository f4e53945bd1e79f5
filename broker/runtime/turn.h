/* turn.h: what a decider sees: the newest state, `now`, and a place to write records.
 *
 *     Sanji__Envelope *e = turn_event(turn, kase, record->seq);   filled from the case
 *     e->worker = ...;  body ...                                  what this event changes
 *     turn_emit(turn, &(struct emission){.kase = kase, .edge = T09, .envelope = e});
 *
 * turn_emit applies the lifecycle's edge (state, version, timers with due times from the
 * rules), packs the record and folds it tentatively, so the next decision of the turn sees it.
 * Nothing is durable, and nobody outside knows, before the turn's append is committed.
 */
#ifndef RUNTIME_TURN_H
#define RUNTIME_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/world.h"
#include "proto/lifecycle.h"

struct turn;

/* False when the turn is nearly full (fewer than 64 records or 96 KiB left, or little
 * memory): finish the input in hand, start no other. A decider that writes more than a few
 * records for one input asks in its loop, and takes up the rest at its next occasion. */
bool turn_has_room(const struct turn *turn);
struct world *turn_world(struct turn *turn);
const struct rules *turn_rules(struct turn *turn);
int64_t turn_now_ms(const struct turn *turn);
struct arena *turn_arena(struct turn *turn);
/* Until the first Tick after this process (re)joined was worked off: what fires now may be
 * late because the process was away. TimerFired.after_restart. */
bool turn_after_restart(const struct turn *turn);

/* Memory of the turn; never NULL (a turn that needs more than its arena is a broken
 * program: the runtime bounds a turn's inputs well below it). */
void *turn_take(struct turn *turn, size_t size);
char *turn_text(struct turn *turn, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The number of a record as it may be written: 0 for one of this turn, since no record of
 * an append can know the number of another. */
uint64_t turn_committed(uint64_t seq);
/* The same for a sentence: " 18240", or nothing. */
const char *turn_seq_text(struct turn *turn, uint64_t seq);
/* A fresh body: TURN_NEW(turn, Sanji__DispatchAcked, sanji__dispatch_acked__init). */
#define TURN_NEW(turn, type, init)                                                         \
    __extension__({                                                                        \
        type *fresh_ = turn_take((turn), sizeof(type));                                    \
        init(fresh_);                                                                      \
        fresh_;                                                                            \
    })

/* An envelope with what holds of the case now (NULL: not about a case) and its cause. The
 * actor is SYSTEM until set. Texts are in the turn's arena. A cause that is itself a record
 * of this turn (kase->decision_seq after a turn_emit) is written as that one's own cause:
 * no record of an append can know the number of another. */
Sanji__Envelope *turn_event(struct turn *turn, const struct kase *kase, uint64_t cause_seq);
/* Setters that print into the arena. */
void turn_set_holder(struct turn *turn, Sanji__Envelope *envelope, struct org_path holder,
                     enum org_tier tier);
void turn_set_owner(struct turn *turn, Sanji__Envelope *envelope, struct org_path owner);
void turn_set_area(struct turn *turn, Sanji__Envelope *envelope, struct org_path area);
/* worker 0: nobody; the team comes from the roster. */
void turn_set_worker(struct turn *turn, Sanji__Envelope *envelope, uint32_t worker);

struct emission {
    struct kase *kase;         /* NULL: not about a case */
    enum transition edge;      /* T_NONE: a side event, or the first of an edge's two */
    Sanji__Envelope *envelope; /* body set; envelope->timers may already hold changes */
    uint64_t new_case_key;     /* CaseReceived: kase NULL, the key given here */
    uint32_t skip_arms;        /* timers the edge would arm, but the same append ends */
    uint32_t resolve_permille; /* budget of RESOLVE and RESOLVE_WARN on T24, T25; 0: all */
    uint8_t flags;             /* further enum record_flag (FACT) */
};

/* Returns the record's index in the turn. Asserts that the edge starts in the case's state,
 * that the event is the edge's last, that this stage owns it, and that the record folds. For
 * a new case, find it by its key afterwards.
 *
 * Timers of the edge, beside what the envelope already holds (a kind armed there is left
 * alone, as is a (kind, n) cancelled there):
 *   cancels, pauses   only what the case has (pauses: what is armed)
 *   arms              by the rules; RESOLVE, RESOLVE_WARN and FEEDBACK from the receipt, all
 *                     others from now; so also those after a reopening (T24, T25, and the
 *                     acceptance after T31). FEEDBACK only where the reporter wants contact
 *                     and was not informed; ACK has n = offers + 1; RESUME takes resume_by_ms
 *   resumes           T27: counted anew from the timer's t0 with all pauses; T20: what was
 *                     left, RESOLVE at least the policy's rework_floor_permille (0: 100) of
 *                     its budget, from now. A case that never had RESOLVE (self-handled) gets
 *                     it whole.
 *
 * RulesPublished is not folded before it is committed, and stands alone in its turn. */
size_t turn_emit(struct turn *turn, const struct emission *emission);

/* Adds a timer change to an envelope before it is emitted. turn_arm computes the due time
 * from the rules for the case as the envelope describes it (severity, category), with the
 * pauses the case has had since t0; t0_ms 0: now. A timer that is paused gets the new terms
 * and stays paused. False when the rules have no such limit (nothing is added). */
bool turn_arm(struct turn *turn, Sanji__Envelope *envelope, enum timer_kind kind,
              unsigned n, int64_t t0_ms);
void turn_arm_limit(struct turn *turn, Sanji__Envelope *envelope, enum timer_kind kind,
                    unsigned n, int64_t t0_ms, const struct deadline_limit *limit);
void turn_cancel(struct turn *turn, Sanji__Envelope *envelope, enum timer_kind kind,
                 unsigned n);

/* When a limit counted from t0 is due for this case, with the pauses it has had since; one
 * that is still on ends now. */
int64_t turn_due_ms(struct turn *turn, const struct kase *kase, int64_t t0_ms,
                    const struct deadline_limit *limit);
/* New terms for a timer that the case has (severity, category, extension, calendar): counted
 * anew from its own t0 with all pauses kept; what a rework had moved it by, it stays moved
 * by. A due time that has passed already is written as now, `recomputed`. A paused one stays
 * paused, one that has fired is armed again. Returns the due time written. */
int64_t turn_retime(struct turn *turn, Sanji__Envelope *envelope, const struct kase *kase,
                    const struct case_timer *timer, const struct deadline_limit *limit);

/* Writes TimerFired for this timer (due, late_ms, times + 1, told), re-arming it from now
 * with its own budget when `again`. told_count 0: nobody. Returns the index. `timer` may
 * point into the case; it is stale afterwards. */
struct turn_told {
    struct org_path org;
    enum role role;
    uint32_t worker;
};

size_t turn_timer_fired(struct turn *turn, struct kase *kase,
                        const struct case_timer *timer, const struct turn_told *told,
                        size_t told_count, bool again);

/* The same, not emitted: for who moves further timers with it, or again on other terms. */
Sanji__Envelope *turn_fired(struct turn *turn, const struct kase *kase,
                            const struct case_timer *timer, const struct turn_told *told,
                            size_t told_count);

/* ---- statements ---- */

/* Why a statement cannot be carried out; status OK: it can. */
struct refusal {
    enum status status;
    const char *field;  /* static or in the arena; NULL: none */
    const char *reason; /* one sentence; Chinese and English; in the arena or static */
};

/* The checks that hold for every kind: built, needed fields there, role, case known and in an
 * allowed state, if_version, the worker in the roster with that role, the desk's org on the
 * case's path (area, holder or owner), a worker's answer naming the current offer. */
struct refusal turn_check_said(struct turn *turn, const Sanji__Envelope *said,
                               const struct kase *kase);
/* The check, and turn_refuse where it fails. *kase is the case that the record is about, NULL
 * where it names none. False: the statement was refused, nothing is left to do. */
bool turn_admits(struct turn *turn, const struct record *record,
                 const Sanji__Envelope *said, struct kase **kase);
/* Answers a statement with StatementRefused: code, state, allowed_now, field, reason. */
size_t turn_refuse(struct turn *turn, const struct record *record,
                   const Sanji__Envelope *said, const struct kase *kase,
                   struct refusal refusal);

/* ---- for stage.c and tests ---- */

enum {
    TURN_SEQ = 62 /* records of a turn are folded as 1 << 62 and up: no log reaches there */
};

struct turn *turn_new(const char *name, enum owner owner);
void turn_free(struct turn **turn);

/* Empties the turn and begins to save the world (world_save_begin). */
void turn_begin(struct turn *turn, struct world *world, int64_t now_ms, bool after_restart);
/* Undoes the tentative folds; what was packed stays until the next turn_begin. */
void turn_end(struct turn *turn);

uint32_t turn_count(const struct turn *turn);
struct bytes turn_packed(const struct turn *turn);
/* Cause of a record of the turn, as it was written. */
uint64_t turn_cause(const struct turn *turn, uint32_t index);

#endif
