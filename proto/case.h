/* case.h: one case as the log tells it: what it is, who has it, what is running.
 *
 * A plain value without pointers: saved by copy before a tentative fold, restored by copy.
 * Fold is pure and the same in every process; attributes that domain.md calls "beside the
 * state" live here. The word `case` belongs to C, so the struct is `kase`.
 *
 * Invariants
 *  1. A fold takes state, holder, due times and the rest as the record wrote them; it never
 *     recomputes by newer rules.
 *  2. version counts transitions; FACT records (Said) change nothing but last_seq.
 *  3. At most one timer of a (kind, n) is armed.
 */
#ifndef PROTO_CASE_H
#define PROTO_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "event.pb-c.h"
#include "proto/id.h"
#include "proto/lifecycle.h"
#include "proto/limits.h"
#include "proto/org.h"
#include "proto/record.h"

enum {
    CASE_TIMERS_MAX = 16,
    CASE_TRIED_MAX = 24,
    CASE_ATTENTION_MAX = 6,
    CASE_PAUSES_MAX = 8
};

enum case_timer_state {
    TIMER_STATE_ARMED = 1,
    TIMER_STATE_PAUSED = 2,
    TIMER_STATE_FIRED = 3 /* its TimerFired (or the transition it caused) is in the log */
};

struct case_timer {
    uint8_t kind; /* 0: the place is free */
    uint8_t state;
    uint8_t clock;
    uint8_t n;
    uint16_t times; /* how often it has fired */
    uint32_t budget_s;
    uint32_t cap_s;
    int64_t t0_ms;
    int64_t due_ms;
    int64_t left_ms; /* paused: what was left, on its clock's natural scale (due - pause) */
};

struct case_attention { /* an alert somebody must act on; cleared when the case moves */
    uint64_t seq;
    int64_t since_ms;
    struct org_path org;
    uint32_t worker;
    uint8_t kind; /* timer kind */
    uint8_t role;
};

struct kase {
    uint64_t key;
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t decision_seq; /* newest record that is not a FACT */
    uint32_t version;
    uint8_t state;
    uint8_t severity;
    uint8_t tier; /* of the holder */
    uint8_t sensitivity;
    uint8_t status; /* MsgStatus */
    uint8_t source;
    bool restricted;
    bool wants_contact;
    bool self_handled;
    bool informed;      /* the reporter was told once */
    bool needs_revisit;
    bool coordinator;   /* the current assignee goes as coordinator */
    bool key_destroyed;
    bool exhausted;     /* DispatchExhausted stands, escalation has not answered yet */
    bool resolve_missed; /* RESOLVE fired before the case was resolved */
    uint32_t category;
    uint32_t sla_row;
    struct org_path area;
    struct org_path holder;
    struct org_path owner;
    uint32_t worker;    /* assignee, or who is offered; 0: nobody */
    uint16_t team;
    uint32_t key_no;
    uint32_t confidence_permille;
    char source_system[SOURCE_SYSTEM_SIZE_MAX + 1];
    int32_t lat_e6, lon_e6;
    uint32_t building_no;

    int64_t received_ms;
    int64_t accepted_ms;
    int64_t routed_ms;   /* at this desk since */
    int64_t resolved_ms;
    int64_t closed_ms;
    int64_t paused_ms;   /* natural milliseconds in SUSPENDED so far */
    struct deadline_pause_span {
        int64_t from_ms, to_ms;
    } pauses[CASE_PAUSES_MAX];
    uint8_t pause_count;

    uint64_t offer_seq;  /* the current DispatchOffered; 0: none */
    int64_t offered_ms;
    uint32_t offers;     /* offers made in the whole life: n of the ACK timer */
    uint32_t attempts;   /* offers made at this desk */
    uint32_t effort_min; /* of the current offer */
    uint8_t offered_role;
    uint32_t tried[CASE_TRIED_MAX]; /* workers who declined or let it expire at this desk */
    uint8_t tried_count;

    uint32_t resolver;   /* who reported it resolved or handled it himself */
    uint8_t resolver_tier;
    uint8_t resolution;
    uint32_t checker;    /* named by CheckRequested */
    uint16_t escalation_level, holder_changes, returns, reworks, reopens, extensions,
        suspensions, revisit_attempts, urges, checks;
    uint8_t supervise;
    uint32_t supervise_points;

    struct case_attention attention[CASE_ATTENTION_MAX];
    uint8_t attention_count;
    struct case_timer timers[CASE_TIMERS_MAX];
};

/* Applies one record about this case. `place` is the log's nine digits. For the first record
 * of a case, *kase is zeroed. Gives OK, or INVALID when the record cannot stand here (an
 * edge that does not exist, a path that does not parse): *kase is unchanged then. */
MUST_CHECK enum status case_fold(struct kase *kase, const struct record *record,
                                 const Sanji__Envelope *envelope);

/* The timer of this kind and n that is armed, paused or fired; NULL when there is none. */
struct case_timer *case_timer(struct kase *kase, enum timer_kind kind, unsigned n);
/* The armed one that is due next; NULL when none is armed. */
const struct case_timer *case_next_due(const struct kase *kase);

#endif
