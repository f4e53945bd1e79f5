/* lifecycle.h: the life of a case, as one const table of 32 transitions.
 *
 *  -T01-> RECEIVED -T05-> ACCEPTED -T08-> ASSIGNING -T09-> DISPATCHED -T10-> IN_PROGRESS
 *            |                             ^  ^               |               |  |
 *            T07                           |  '--T11,T12,T13--'---------------'  T19
 *            |                             '--T15 (one tier up, of these three)  |
 *            '---------------------> RESOLVED <----------------------------------'
 *                                       |-T20 (rework)-> ASSIGNING
 *                                       |-T21-> REVISIT -T23-> CLOSED
 *                                       |          '-----T24-> ACCEPTED (reopened, as T25)
 *                                       '-T22-> CLOSED
 *
 * Pure: no clock, no I/O. Every process decides by this table, audit checks by it, and
 * test_lifecycle.c walks every (state, event) cell, also those that nothing raises yet.
 *
 * Invariants
 *  1. An edge into a state arms or keeps the timer that the state must have.
 *  2. Where an edge writes two events, the last one changes the state.
 *  3. Who appends an edge's events is fixed by the edge, never by the state of a case.
 *  4. For a state and an event there is at most one target, or the content names it.
 */
#ifndef PROTO_LIFECYCLE_H
#define PROTO_LIFECYCLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/status.h"
#include "proto/vocab.h"

enum transition {
    T_NONE = 0, /* a side event: the state stays */
    // clang-format off
    T01 = 1, T02, T03, T04, T05, T06, T07, T08, T09, T10, T11, T12, T13, T14, T15, T16,
    T17, T18, T19, T20, T21, T22, T23, T24, T25, T26, T27, T28, T29, T30, T31, T32,
    // clang-format on
    T_COUNT
};

/* How an edge moves a timer kind. Bits of timer masks are 1 << enum timer_kind. */
struct lifecycle_edge {
    enum transition id;
    uint32_t from; /* states, bits 1 << enum case_state (bit 0: no case yet) */
    enum case_state to;
    uint8_t events[2]; /* in the order they are written: {only, 0} or {first, last} */
    enum owner owner;
    uint32_t roles;    /* who may bring it about, bits 1 << enum role */
    uint32_t arms;     /* timers armed, if the rules have a limit for the case */
    uint32_t cancels;  /* timers cancelled if the case has them, in whatever state */
    uint32_t pauses;   /* armed timers paused with what is left of them */
    uint32_t resumes;  /* paused timers that go on; RESOLVE is armed where the case
                                never had one (self-handled, then failed its check) */
    const char *guard; /* the condition in words; the decider's code and audit check it */
};

/* T01 .. T32. A kind in both `arms` and `cancels` is written as one ARM, which replaces. */
const struct lifecycle_edge *lifecycle_edge(enum transition id);

/* The event that changes the state: the last one the edge writes. */
unsigned lifecycle_last_event(const struct lifecycle_edge *edge);

/* Transitions whose last event is `event_type` and that start in `state`, as a bit set
 * (1 << enum transition, 64 bits). 0: the event does not move a case in this state. */
uint64_t lifecycle_moves(enum case_state state, unsigned event_type);

/* The one transition by which `event_type` leads from `from` to `to`; T_NONE if there is
 * none. T17 and T32 differ only in the event that goes before: T17 is given. */
enum transition lifecycle_find(enum case_state from, unsigned event_type,
                               enum case_state to);

/* True when a side event of this type may stand on a case in this state: it leaves the
 * state as it is. STATE_NONE: the event may stand about no case at all. An event that goes
 * before the last of an edge is a side event. */
bool lifecycle_side_allowed(enum case_state state, unsigned event_type);

/* The timers that a case in this state must have, as a mask: at least one of each must be
 * armed, or have fired with its action recorded. 0 for MERGED: the parent has them. */
uint32_t lifecycle_must_have(enum case_state state);

bool lifecycle_is_final(enum case_state state); /* CLOSED REJECTED CANCELLED MERGED */
bool lifecycle_is_open(enum case_state state);  /* a case exists and is not final */

/* What the outside may say: one row a statement kind. */
struct statement_rule {
    enum statement_kind kind;
    enum owner decider;
    uint32_t roles;       /* who may say it */
    uint32_t states;      /* in which states */
    uint32_t needs;       /* enum statement_need bits: StatementFields that must be there */
    bool on_case;         /* names a case */
    bool built;           /* false: refused as NOT_YET */
    const char *leads_to; /* events or transition, for PROTOCOL.md */
};

enum statement_need {
    NEED_OFFER = 1,
    NEED_REASON = 2,
    NEED_RESOLUTION = 4,
    NEED_WORKER = 8,
    NEED_PURPOSE = 16,
    NEED_RESULT = 32,
    NEED_DUTY = 64,
    NEED_ADVICE = 128,
    NEED_HOLDER = 256,
    NEED_SEVERITY = 512,
    NEED_CATEGORY = 1024,
    NEED_DECISION = 2048,
    NEED_HANDOVER = 4096,
    NEED_UPDATE = 8192,
    NEED_INTO = 16384,
    NEED_DEPARTMENT = 32768,
    NEED_RESUME_BY = 65536
};

/* NULL for a number outside the table. */
const struct statement_rule *statement_rule(unsigned kind);
/* Kinds that anybody could say on a case in this state now (built ones only). Returns the
 * count written to `kinds`, which has SAY_COUNT places. */
size_t statement_allowed(enum case_state state, enum statement_kind *kinds);

#endif
