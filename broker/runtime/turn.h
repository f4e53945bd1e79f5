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

/* False when the turn is nearly full: finish the input in hand, start no other. */
bool turn_has_room(const struct turn *turn);
struct world *turn_world(struct turn *turn);
const struct rules *turn_rules(struct turn *turn);
int64_t turn_now_ms(const struct turn *turn);
struct arena *turn_arena(struct turn *turn);
/* Newest committed record the turn's state rests on. */
uint64_t turn_read_seq(const struct turn *turn);
/* First turn after this process (re)joined: TimerFired.after_restart. */
bool turn_after_restart(const struct turn *turn);

/* Memory of the turn; never NULL (a turn that needs more than its arena is a broken
 * program: the runtime bounds a turn's inputs well below it). */
void *turn_take(struct turn *turn, size_t size);
char *turn_text(struct turn *turn, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A fresh body: TURN_NEW(turn, Sanji__DispatchAcked, sanji__dispatch_acked__init). */
#define TURN_NEW(turn, type, init)                                                           \
    __extension__({                                                                          \
        type *fresh_ = turn_take((turn), sizeof(type));                                      \
        init(fresh_);                                                                        \
        fresh_;                                                                              \
    })

/* An envelope with what holds of the case now (NULL: not about a case) and its cause. The
 * actor is SYSTEM until set. Texts are in the turn's arena. */
Sanji__Envelope *turn_event(struct turn *turn, const struct kase *kase, uint64_t cause_seq);
/* Setters that print into the arena. */
void turn_set_holder(struct turn *turn, Sanji__Envelope *envelope, struct org_path holder,
                     enum org_tier tier);
void turn_set_owner(struct turn *turn, Sanji__Envelope *envelope, struct org_path owner);
void turn_set_area(struct turn *turn, Sanji__Envelope *envelope, struct org_path area);
/* worker 0: nobody; the team comes from the roster. */
void turn_set_worker(struct turn *turn, Sanji__Envelope *envelope, uint32_t worker);

struct emission {
    struct kase *kase;          /* NULL: not about a case */
    enum transition edge;       /* T_NONE: a side event, or the first of an edge's two */
    Sanji__Envelope *envelope;  /* body set; envelope->timers may already hold changes */
    uint64_t new_case_key;      /* CaseReceived: kase NULL, the key given here */
    uint32_t skip_arms;         /* timers the edge would arm, but the same append ends */
    uint32_t resolve_permille;  /* budget of RESOLVE and RESOLVE_WARN on T24, T25; 0: all */
    uint8_t flags;              /* further enum record_flag (FACT) */
};

/* Returns the record's index in the turn. Asserts that the edge starts in the case's state
 * and that this stage owns the event. For a new case, find it by its key afterwards. */
size_t turn_emit(struct turn *turn, const struct emission *emission);

/* Adds a timer change to an envelope before it is emitted. turn_arm computes the due time
 * from the rules for the case as the envelope describes it; t0_ms 0: now. False when the
 * rules have no such limit (nothing is added). */
bool turn_arm(struct turn *turn, Sanji__Envelope *envelope, enum timer_kind kind, unsigned n,
              int64_t t0_ms);
void turn_arm_limit(struct turn *turn, Sanji__Envelope *envelope, enum timer_kind kind,
                    unsigned n, int64_t t0_ms, const struct deadline_limit *limit);
void turn_cancel(struct turn *turn, Sanji__Envelope *envelope, enum timer_kind kind,
                 unsigned n);

/* Writes TimerFired for this timer (due, late_ms, times + 1, told), re-arming it after its
 * budget when `again`. told_count 0: nobody. Returns the index. */
struct turn_told {
    struct org_path org;
    enum role role;
    uint32_t worker;
};
size_t turn_timer_fired(struct turn *turn, struct kase *kase, const struct case_timer *timer,
                        const struct turn_told *told, size_t told_count, bool again);

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
/* Answers a statement with StatementRefused: code, state, allowed_now, field, reason. */
size_t turn_refuse(struct turn *turn, const struct record *record,
                   const Sanji__Envelope *said, const struct kase *kase,
                   struct refusal refusal);

#endif
