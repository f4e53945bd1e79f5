/* lifecycle.c: the two tables of the life of a case.
 *
 *     edges[T]              from, to, events, owner, roles, timers, guard of a transition
 *     cells[event][state]   what a record of this type may do to a case in this state
 *
 * The cells are spelled out although their moves follow from the edges, so that a reader
 * sees every pair and nothing is allowed by default; test_lifecycle.c holds both together.
 *
 * Source: reference/domain.md 4.2, 4.3 with the corrections of records.md 3.
 */
#include "proto/lifecycle.h"

#include <assert.h>

#define AT(state)   (1U << STATE_##state)
#define BY(role)    (1U << ROLE_##role)
#define TIMER(kind) (1U << TIMER_##kind)

enum {
    ALL_TIMERS = (1 << TIMER_COUNT) - 2,

    /* The handlers' time: stops at RESOLVED and in SUSPENDED, goes on at rework. */
    RESOLVING = TIMER(RESOLVE) | TIMER(RESOLVE_WARN) | TIMER(ESCALATE),
    /* What runs only while somebody is offered or has the case. */
    ASSIGNED = TIMER(ACK) | TIMER(ARRIVE) | TIMER(PROGRESS),
    FILING = TIMER(DISPATCH) | TIMER(FEEDBACK) | TIMER(RESOLVE_WARN) | TIMER(RESOLVE),
    AGAIN = TIMER(DISPATCH) | TIMER(RESOLVE_WARN) | TIMER(RESOLVE),

    HANDLERS = BY(FULLTIME) | BY(PROFESSIONAL) | BY(SOCIAL_WORKER) | BY(VOLUNTEER) |
               BY(BUILDING_HEAD) | BY(DEPARTMENT),
    CHECKERS =
        BY(INTAKE_OPERATOR) | BY(GRID_CHIEF) | BY(DUTY_LEADER) | BY(FULLTIME) | BY(SYSTEM),
    UNFINISHED = AT(RECEIVED) | AT(VERIFYING) | AT(ACCEPTED) | AT(ASSIGNING) |
                 AT(DISPATCHED) | AT(IN_PROGRESS) | AT(SUSPENDED),
    FINAL = AT(CLOSED) | AT(REJECTED) | AT(CANCELLED) | AT(MERGED)
};

// clang-format off
static const struct lifecycle_edge edges[T_COUNT] = {
    [T01] = {T01, AT(NONE), STATE_RECEIVED, {EVENT_CASE_RECEIVED, 0}, OWNER_INTAKE,
        .roles = BY(SYSTEM),
        .arms = TIMER(ACCEPT),
        .guard = "submission well-formed; (source_system, source_ref) unseen; clear "
                 "fields pass the screen; sets holder and owner"},
    [T02] = {T02, AT(RECEIVED), STATE_VERIFYING,
        {EVENT_VERIFICATION_REQUESTED, 0}, OWNER_INTAKE,
        .roles = BY(INTAKE_OPERATOR) | BY(SYSTEM),
        .arms = TIMER(VERIFY),
        .guard = "the source's row in the rules says verify: ALWAYS, or BELOW with "
                 "confidence under its bound, or an operator names a verifier; not S1"},
    [T03] = {T03, AT(VERIFYING), STATE_ACCEPTED,
        {EVENT_VERIFICATION_REPORTED, EVENT_CASE_ACCEPTED}, OWNER_INTAKE,
        .roles = BY(FULLTIME) | BY(BUILDING_HEAD) | BY(VOLUNTEER) | BY(GRID_CHIEF) |
                 BY(PROFESSIONAL) | BY(SYSTEM),
        .arms = FILING, .cancels = TIMER(VERIFY) | TIMER(ACCEPT),
        .guard = "confirmed, or VERIFY fired twice (doubt counts as true); FEEDBACK only "
                 "where the reporter wants contact"},
    [T04] = {T04, AT(VERIFYING), STATE_REJECTED,
        {EVENT_VERIFICATION_REPORTED, EVENT_CASE_REJECTED}, OWNER_INTAKE,
        .roles = BY(INTAKE_OPERATOR),
        .arms = TIMER(REOPEN_WINDOW), .cancels = ALL_TIMERS,
        .guard = "the report says not found; reason and advice given"},
    [T05] = {T05, AT(RECEIVED), STATE_ACCEPTED, {EVENT_CASE_ACCEPTED, 0}, OWNER_INTAKE,
        .roles = BY(INTAKE_OPERATOR) | BY(SYSTEM),
        .arms = FILING, .cancels = TIMER(ACCEPT),
        .guard = "category and severity set, the place resolves to a grid or at least a "
                 "community, T02 does not apply: at once; else by `accept`; FEEDBACK "
                 "only where the reporter wants contact"},
    [T06] = {T06, AT(RECEIVED), STATE_REJECTED, {EVENT_CASE_REJECTED, 0}, OWNER_INTAKE,
        .roles = BY(INTAKE_OPERATOR),
        .arms = TIMER(REOPEN_WINDOW), .cancels = ALL_TIMERS,
        .guard = "reason and advice given; never by the handling worker"},
    [T07] = {T07, AT(RECEIVED), STATE_RESOLVED, {EVENT_CASE_SELF_HANDLED, 0}, OWNER_INTAKE,
        .roles = BY(FULLTIME) | BY(PROFESSIONAL) | BY(VOLUNTEER) | BY(BUILDING_HEAD) |
                 BY(SOCIAL_WORKER),
        .arms = TIMER(CHECK), .cancels = TIMER(ACCEPT),
        .guard = "self_handled; evidence >= 1; S3 or S4; the category allows it; same "
                 "append as CaseReceived"},
    [T08] = {T08, AT(ACCEPTED), STATE_ASSIGNING, {EVENT_CASE_ROUTED, 0}, OWNER_ESCALATION,
        .roles = BY(SYSTEM) | BY(DISPATCHER),
        .guard = "first tier by rule; reopened: the owner, the second time one tier "
                 "above it; DISPATCH goes on"},
    [T09] = {T09, AT(ASSIGNING), STATE_DISPATCHED,
        {EVENT_DISPATCH_OFFERED, 0}, OWNER_DISPATCH,
        .roles = BY(SYSTEM) | BY(DISPATCHER),
        .arms = TIMER(ACK), .cancels = TIMER(DISPATCH),
        .guard = "the candidate passes the hard filters"},
    [T10] = {T10, AT(DISPATCHED), STATE_IN_PROGRESS,
        {EVENT_DISPATCH_ACKED, 0}, OWNER_DISPATCH,
        .roles = HANDLERS,
        .arms = TIMER(ARRIVE) | TIMER(PROGRESS), .cancels = TIMER(ACK),
        .guard = "the offer is the current one, said by the worker it names; ARRIVE only "
                 "for S1 and S2"},
    [T11] = {T11, AT(DISPATCHED), STATE_ASSIGNING,
        {EVENT_DISPATCH_DECLINED, 0}, OWNER_DISPATCH,
        .roles = HANDLERS,
        .arms = TIMER(DISPATCH), .cancels = ASSIGNED,
        .guard = "reason given; the offer is the current one"},
    [T12] = {T12, AT(DISPATCHED), STATE_ASSIGNING,
        {EVENT_TIMER_FIRED, EVENT_DISPATCH_EXPIRED}, OWNER_DISPATCH,
        .roles = BY(SYSTEM),
        .arms = TIMER(DISPATCH), .cancels = ASSIGNED,
        .guard = "ACK due; DispatchExhausted follows when it was the last attempt"},
    [T13] = {T13, AT(DISPATCHED) | AT(IN_PROGRESS), STATE_ASSIGNING,
        {EVENT_DISPATCH_RECALLED, 0}, OWNER_DISPATCH,
        .roles = BY(DISPATCHER) | BY(DUTY_LEADER) | BY(SYSTEM),
        .arms = TIMER(DISPATCH), .cancels = ASSIGNED,
        .guard = "SYS only at shift end, lost contact or leave"},
    [T14] = {T14, AT(ASSIGNING) | AT(IN_PROGRESS), STATE_ASSIGNING,
        {EVENT_DECISION_MADE, EVENT_CASE_ROUTED}, OWNER_ESCALATION,
        .roles = BY(DUTY_LEADER) | BY(DISPATCHER),
        .arms = TIMER(DISPATCH), .cancels = ASSIGNED | TIMER(DISPATCH) | TIMER(DECISION),
        .guard = "RETURN asked for and open; approved by the desk that sent it; returns "
                 "< 2, else by the sub-district and final; RESOLVE unchanged"},
    [T15] = {T15, AT(ASSIGNING) | AT(DISPATCHED) | AT(IN_PROGRESS), STATE_ASSIGNING,
        {EVENT_CASE_ESCALATED, 0}, OWNER_ESCALATION,
        .roles = BY(SYSTEM) | BY(DISPATCHER) | BY(GRID_CHIEF) | BY(DUTY_LEADER),
        .arms = TIMER(DISPATCH), .cancels = ASSIGNED | TIMER(DISPATCH),
        .guard = "a tier above exists and is <= SUBDISTRICT; cause given; SYS after "
                 "TimerFired(DISPATCH, RESOLVE, ARRIVE of an S1) or DispatchExhausted; "
                 "RESOLVE unchanged"},
    [T16] = {T16, AT(ASSIGNING) | AT(IN_PROGRESS), STATE_UPSTREAM,
        {EVENT_UPSTREAM_SUBMITTED, 0}, OWNER_ESCALATION,
        .roles = BY(DUTY_LEADER) | BY(SYSTEM),
        .arms = TIMER(UPSTREAM), .cancels = ASSIGNED | TIMER(DISPATCH),
        .guard = "the holder is the sub-district; SYS only for an S1 unattended for 30 "
                 "min"},
    [T17] = {T17, AT(UPSTREAM), STATE_ASSIGNING,
        {EVENT_UPSTREAM_UPDATED, EVENT_CASE_ROUTED}, OWNER_ESCALATION,
        .roles = BY(MUNICIPAL),
        .arms = TIMER(DISPATCH), .cancels = TIMER(UPSTREAM),
        .guard = "SENT_BACK; the handover is the newest of the case"},
    [T18] = {T18, AT(UPSTREAM), STATE_RESOLVED,
        {EVENT_UPSTREAM_UPDATED, 0}, OWNER_ESCALATION,
        .roles = BY(MUNICIPAL),
        .arms = TIMER(CHECK), .cancels = TIMER(UPSTREAM), .pauses = RESOLVING,
        .guard = "DONE with a resolution; the handover is the newest of the case"},
    [T19] = {T19, AT(IN_PROGRESS), STATE_RESOLVED, {EVENT_CASE_RESOLVED, 0}, OWNER_DISPATCH,
        .roles = HANDLERS,
        .arms = TIMER(CHECK), .cancels = TIMER(ARRIVE) | TIMER(PROGRESS),
        .pauses = RESOLVING,
        .guard = "said by the assignee; evidence as the category asks; assists done"},
    [T20] = {T20, AT(RESOLVED), STATE_ASSIGNING, {EVENT_CHECK_COMPLETED, 0}, OWNER_INTAKE,
        .roles = CHECKERS,
        .arms = TIMER(DISPATCH), .cancels = TIMER(CHECK), .resumes = RESOLVING,
        .guard = "failed, with a reason; checker is not the resolver; RESOLVE goes on "
                 "with what was left, at least a tenth of its budget"},
    [T21] = {T21, AT(RESOLVED), STATE_REVISIT, {EVENT_CHECK_COMPLETED, 0}, OWNER_INTAKE,
        .roles = CHECKERS,
        .arms = TIMER(REVISIT), .cancels = TIMER(CHECK),
        .guard = "passed; checker is not the resolver; the reporter wants contact"},
    [T22] = {T22, AT(RESOLVED), STATE_CLOSED,
        {EVENT_CHECK_COMPLETED, EVENT_CASE_CLOSED}, OWNER_INTAKE,
        .roles = CHECKERS,
        .arms = TIMER(REOPEN_WINDOW), .cancels = ALL_TIMERS,
        .guard = "passed; checker is not the resolver; nobody to revisit"},
    [T23] = {T23, AT(REVISIT), STATE_CLOSED,
        {EVENT_REVISIT_COMPLETED, EVENT_CASE_CLOSED}, OWNER_INTAKE,
        .roles = BY(INTAKE_OPERATOR) | BY(SYSTEM),
        .arms = TIMER(REOPEN_WINDOW), .cancels = ALL_TIMERS,
        .guard = "solved, or 3 attempts without contact"},
    [T24] = {T24, AT(REVISIT), STATE_ACCEPTED,
        {EVENT_REVISIT_COMPLETED, EVENT_CASE_REOPENED}, OWNER_INTAKE,
        .roles = BY(INTAKE_OPERATOR) | BY(SYSTEM),
        .arms = AGAIN, .cancels = TIMER(REVISIT) | RESOLVING,
        .guard = "not solved; half the budget of RESOLVE; T08 routes, the second "
                 "reopening one tier up"},
    [T25] = {T25, AT(CLOSED), STATE_ACCEPTED, {EVENT_CASE_REOPENED, 0}, OWNER_INTAKE,
        .roles = BY(REPORTER) | BY(AUDITOR) | BY(DUTY_LEADER) | BY(SYSTEM),
        .arms = AGAIN, .cancels = TIMER(REOPEN_WINDOW) | RESOLVING,
        .guard = "in the window; reopens < 2, else a new linked case; half the budget of "
                 "RESOLVE; T08 routes, the second reopening one tier up"},
    [T26] = {T26, AT(ASSIGNING) | AT(IN_PROGRESS), STATE_SUSPENDED,
        {EVENT_DECISION_MADE, EVENT_CASE_SUSPENDED}, OWNER_ESCALATION,
        .roles = BY(DUTY_LEADER),
        .arms = TIMER(RESUME), .cancels = ASSIGNED | TIMER(DISPATCH) | TIMER(DECISION),
        .pauses = RESOLVING,
        .guard = "SUSPEND decided by the tier above the holder (the sub-district for "
                 "itself); S3 or S4; resume_by set, <= 60 d"},
    [T27] = {T27, AT(SUSPENDED), STATE_ASSIGNING, {EVENT_CASE_RESUMED, 0}, OWNER_ESCALATION,
        .roles = BY(SYSTEM) | BY(DUTY_LEADER),
        .arms = TIMER(DISPATCH), .cancels = TIMER(RESUME), .resumes = RESOLVING,
        .guard = "RESUME due, or earlier by decision"},
    [T28] = {T28, UNFINISHED, STATE_MERGED, {EVENT_CASE_MERGED, 0}, OWNER_INTAKE,
        .roles = BY(INTAKE_OPERATOR) | BY(DISPATCHER) | BY(SYSTEM),
        .cancels = ALL_TIMERS,
        .guard = "the parent is not REJECTED, CANCELLED or MERGED; a CLOSED parent (<= 7 "
                 "d) is reopened first in the same append; no cycle; same community or "
                 "an operator says so; SYS only for the same device"},
    [T29] = {T29, AT(MERGED), STATE_ACCEPTED, {EVENT_CASE_UNMERGED, 0}, OWNER_INTAKE,
        .roles = BY(INTAKE_OPERATOR) | BY(DISPATCHER) | BY(DUTY_LEADER),
        .arms = FILING,
        .guard = "<= 30 d; deadlines counted from the original receipt; FEEDBACK only "
                 "where the reporter wants contact"},
    [T30] = {T30, UNFINISHED, STATE_CANCELLED, {EVENT_CASE_CANCELLED, 0}, OWNER_INTAKE,
        .roles = BY(REPORTER) | BY(DUTY_LEADER),
        .arms = TIMER(REOPEN_WINDOW), .cancels = ALL_TIMERS,
        .guard = "the reporter: his own case, not S1; the duty leader: with a reason"},
    [T31] = {T31, AT(REJECTED) | AT(CANCELLED), STATE_RECEIVED,
        {EVENT_CASE_REOPENED, 0}, OWNER_INTAKE,
        .roles = BY(REPORTER) | BY(AUDITOR) | BY(DUTY_LEADER),
        .arms = TIMER(ACCEPT), .cancels = TIMER(REOPEN_WINDOW) | TIMER(DECISION),
        .guard = "<= 7 d; the reporter by `appeal` and DecisionMade(REOPEN); auditor and "
                 "duty leader directly"},
    [T32] = {T32, AT(UPSTREAM), STATE_ASSIGNING,
        {EVENT_DECISION_MADE, EVENT_CASE_ROUTED}, OWNER_ESCALATION,
        .roles = BY(DUTY_LEADER),
        .arms = TIMER(DISPATCH), .cancels = TIMER(UPSTREAM) | TIMER(DECISION),
        .guard = "the sub-district takes it back; the platform is told"},
};

/* G moves the case, s leaves the state as it is, B either (the content says which), a dot
 * cannot stand there. Columns: - no case, RECEIVED VERIFYING ACCEPTED ASSIGNING (S)
 * DISPATCHED IN_PROGRESS (P) SUSPENDED (H) UPSTREAM RESOLVED (D) REVISIT (I) CLOSED
 * REJECTED (J) CANCELLED (X) MERGED. */
static const char cells[][STATE_COUNT + 1] = {
    /*                                -RVASDPHUDICJXM */
    [EVENT_CASE_RECEIVED]          = "G..............",
    [EVENT_VERIFICATION_REQUESTED] = ".Gs............", // s: the second verifier
    [EVENT_VERIFICATION_REPORTED]  = "..s............",
    [EVENT_CASE_ACCEPTED]          = ".GG............",
    [EVENT_CASE_REJECTED]          = ".GG............",
    [EVENT_CASE_MERGED]            = ".GGGGGGG.......",
    [EVENT_CASE_UNMERGED]          = "..............G",
    [EVENT_CASE_CANCELLED]         = ".GGGGGGG.......",
    [EVENT_CASE_RECLASSIFIED]      = ".ssssssss......",
    [EVENT_SEVERITY_CHANGED]       = ".ssssssss......",
    [EVENT_CASE_ROUTED]            = "...GG.G.G......",
    [EVENT_CASE_ESCALATED]         = "....GGG........",
    [EVENT_ASSIST_REQUESTED]       = "....s.s........",
    [EVENT_ASSIST_JOINED]          = "....s.s........",
    [EVENT_ASSIST_DONE]            = "....s.s........",
    [EVENT_DECISION_REQUESTED]     = "....ssss....ss.",
    [EVENT_DECISION_MADE]          = "....sssssss.ss.", // a request may outlive its state
    [EVENT_UPSTREAM_SUBMITTED]     = "....G.G........",
    [EVENT_UPSTREAM_UPDATED]       = "........B......", // G: DONE
    [EVENT_CASE_SUSPENDED]         = "....G.G........",
    [EVENT_CASE_RESUMED]           = ".......G.......",
    [EVENT_DEADLINE_EXTENDED]      = "...ssssss......",
    [EVENT_URGED]                  = ".ssssssssss....",
    [EVENT_SUPERVISED]             = "...sssssss.....",
    [EVENT_DISPATCH_OFFERED]       = "....Gs.........", // s: a further offer of a broadcast
    [EVENT_DISPATCH_ACKED]         = ".....Gs........", // s: the second of a pair
    [EVENT_DISPATCH_DECLINED]      = ".....Bs........", // s: one of several
    [EVENT_DISPATCH_EXPIRED]       = ".....Bs........", // s: one of several
    [EVENT_DISPATCH_RECALLED]      = ".....BB........", // s: one of several stands down
    [EVENT_ARRIVAL_REPORTED]       = "......s........",
    [EVENT_PROGRESS_REPORTED]      = "......s........",
    [EVENT_CASE_RESOLVED]          = "......G........",
    [EVENT_REPORTER_INFORMED]      = ".ssssssssssssss",
    [EVENT_CASE_SELF_HANDLED]      = ".G.............",
    [EVENT_CHECK_REQUESTED]        = ".........s.....",
    [EVENT_CHECK_COMPLETED]        = ".........B.....", // s: CaseClosed follows
    [EVENT_REVISIT_COMPLETED]      = "..........s....",
    [EVENT_CASE_CLOSED]            = ".........GG....",
    [EVENT_CASE_REOPENED]          = "..........GGGG.",
    [EVENT_NOTE_ADDED]             = ".ssssssssssssss",
    [EVENT_DISPATCH_EXHAUSTED]     = "....s..........",
    [EVENT_TIMER_FIRED]            = ".sssssssssssss.",
    [EVENT_DUTY_CHANGED]           = "s..............",
    [EVENT_OVERLOAD_RAISED]        = "s...sss........",
    [EVENT_COVERAGE_REPORTED]      = "s..............",
    [EVENT_WORK_LOG_FILED]         = "s..............",
    [EVENT_PUBLIC_NOTICE]          = "s..............",
    [EVENT_INDICATOR_SNAPSHOT]     = "s..............",
    [EVENT_RESTRICTED_READ]        = ".ssssssssssssss",
    [EVENT_SAID]                   = "sssssssssssssss",
    [EVENT_STATEMENT_REFUSED]      = "sssssssssssssss",
    [EVENT_KEY_DESTROYED]          = ".ssssssssssssss",
    [EVENT_RULES_PUBLISHED]        = "s..............",
    [EVENT_AUDIT_FOUND]            = "sssssssssssssss",
    [EVENT_CHECKPOINT_SIGNED]      = "s..............",
    [EVENT_LOG_OPENED]             = "s..............",
    [EVENT_CLOCK_MOVED]            = "s..............",
};

static const uint32_t must_have[STATE_COUNT] = {
    [STATE_NONE]        = 0,
    [STATE_RECEIVED]    = TIMER(ACCEPT),
    [STATE_VERIFYING]   = TIMER(VERIFY) | TIMER(ACCEPT),
    [STATE_ACCEPTED]    = TIMER(DISPATCH) | TIMER(RESOLVE),
    [STATE_ASSIGNING]   = TIMER(DISPATCH) | TIMER(RESOLVE),
    [STATE_DISPATCHED]  = TIMER(ACK) | TIMER(RESOLVE),
    [STATE_IN_PROGRESS] = TIMER(PROGRESS) | TIMER(RESOLVE),
    [STATE_SUSPENDED]   = TIMER(RESUME),
    [STATE_UPSTREAM]    = TIMER(UPSTREAM),
    [STATE_RESOLVED]    = TIMER(CHECK),
    [STATE_REVISIT]     = TIMER(REVISIT),
    [STATE_CLOSED]      = TIMER(REOPEN_WINDOW),
    [STATE_REJECTED]    = TIMER(REOPEN_WINDOW),
    [STATE_CANCELLED]   = TIMER(REOPEN_WINDOW),
    [STATE_MERGED]      = 0,
};

// clang-format on

/* '.' also for a type that this version does not know: it is never applied. */
static char cell(enum case_state state, unsigned event_type)
{
    assert((unsigned)state < STATE_COUNT);

    if (event_type >= sizeof cells / sizeof cells[0] || cells[event_type][0] == '\0') {
        return '.';
    }
    return cells[event_type][state];
}

const struct lifecycle_edge *lifecycle_edge(enum transition id)
{
    assert(id > T_NONE && id < T_COUNT);
    return &edges[id];
}

unsigned lifecycle_last_event(const struct lifecycle_edge *edge)
{
    return edge->events[1] != 0 ? edge->events[1] : edge->events[0];
}

uint64_t lifecycle_moves(enum case_state state, unsigned event_type)
{
    const char what = cell(state, event_type);
    if (what != 'G' && what != 'B') {
        return 0;
    }
    uint64_t found = 0;
    for (unsigned id = T01; id < T_COUNT; id++) {
        if ((edges[id].from >> state & 1U) != 0 &&
            lifecycle_last_event(&edges[id]) == event_type) {
            found |= UINT64_C(1) << id;
        }
    }
    return found;
}

enum transition lifecycle_find(enum case_state from, unsigned event_type,
                               enum case_state to)
{
    const uint64_t moves = lifecycle_moves(from, event_type);
    for (unsigned id = T01; id < T_COUNT; id++) {
        if ((moves >> id & 1U) != 0 && edges[id].to == to) {
            return (enum transition)id;
        }
    }
    return T_NONE;
}

bool lifecycle_side_allowed(enum case_state state, unsigned event_type)
{
    const char what = cell(state, event_type);
    return what == 's' || what == 'B';
}

uint32_t lifecycle_must_have(enum case_state state)
{
    assert((unsigned)state < STATE_COUNT);
    return must_have[state];
}

bool lifecycle_is_final(enum case_state state)
{
    assert((unsigned)state < STATE_COUNT);
    return (1U << state & FINAL) != 0;
}

bool lifecycle_is_open(enum case_state state)
{
    return state != STATE_NONE && !lifecycle_is_final(state);
}
