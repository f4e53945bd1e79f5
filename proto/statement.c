/* statement.c: what the outside may say, one row a kind.
 *
 *     kind -> who may say it, on a case in which states, with which fields, what follows
 *
 * `ack` and `decline` name an offer rather than a version: a handheld that was offline must
 * not be refused because somebody added a note. Finer conditions (the worker is the one
 * offered, the desk lies on the path) are the decider's, since they need the case.
 *
 * Source: records.md 5 (deciders), reference/domain.md 4.3 (who and where), with the
 * corrections of records.md 3.
 */
#include <assert.h>
#include <stddef.h>

#include "proto/lifecycle.h"

#define IN(state) (1U << STATE_##state)
#define BY(role)  (1U << ROLE_##role)

enum {
    HANDLERS = BY(FULLTIME) | BY(PROFESSIONAL) | BY(SOCIAL_WORKER) | BY(VOLUNTEER) |
               BY(BUILDING_HEAD) | BY(DEPARTMENT),
    DESKS = BY(INTAKE_OPERATOR) | BY(DISPATCHER) | BY(DUTY_LEADER),
    FIELD = HANDLERS | BY(GRID_CHIEF) | BY(GUIDE),
    /* Who has dealings with the reporter: workers, desks, the source's own system. */
    TELLERS = FIELD | DESKS | BY(SYSTEM) | BY(MUNICIPAL),
    ANYBODY = (1 << ROLE_COUNT) - 2,
    ASKERS = HANDLERS | BY(DISPATCHER) | BY(GRID_CHIEF),

    ANY_STATE = (1 << STATE_COUNT) - 2,
    OPEN = IN(RECEIVED) | IN(VERIFYING) | IN(ACCEPTED) | IN(ASSIGNING) | IN(DISPATCHED) |
           IN(IN_PROGRESS) | IN(SUSPENDED) | IN(UPSTREAM) | IN(RESOLVED) | IN(REVISIT),
    UNFINISHED = IN(RECEIVED) | IN(VERIFYING) | IN(ACCEPTED) | IN(ASSIGNING) |
                 IN(DISPATCHED) | IN(IN_PROGRESS) | IN(SUSPENDED),
    BEFORE_RESOLVED = UNFINISHED | IN(UPSTREAM),
    AT_A_DESK = IN(ASSIGNING) | IN(IN_PROGRESS),
    WITH_A_TEAM = IN(ASSIGNING) | IN(DISPATCHED) | IN(IN_PROGRESS),
    SUPERVISED = IN(ACCEPTED) | IN(ASSIGNING) | IN(DISPATCHED) | IN(IN_PROGRESS) |
                 IN(SUSPENDED) | IN(UPSTREAM) | IN(RESOLVED)
};

// clang-format off
#define ROW(name, owner, ...) \
    [SAY_##name] = {.kind = SAY_##name, .decider = (owner), __VA_ARGS__}
#define INTAKE(name, ...)     ROW(name, OWNER_INTAKE, __VA_ARGS__)
#define ESCALATION(name, ...) ROW(name, OWNER_ESCALATION, __VA_ARGS__)
#define DISPATCH(name, ...)   ROW(name, OWNER_DISPATCH, __VA_ARGS__)

static const struct statement_rule rules[SAY_COUNT] = {
    INTAKE(ACCEPT, .roles = BY(INTAKE_OPERATOR), .states = IN(RECEIVED),
        .on_case = true, .built = true, .leads_to = "CaseAccepted (T05)"),
    INTAKE(REJECT, .roles = BY(INTAKE_OPERATOR), .states = IN(RECEIVED) | IN(VERIFYING),
        .needs = NEED_REASON | NEED_ADVICE,
        .on_case = true, .built = true,
        .leads_to = "CaseRejected (T06); VerificationReported, CaseRejected (T04)"),
    INTAKE(VERIFY, .roles = BY(INTAKE_OPERATOR), .states = IN(RECEIVED) | IN(VERIFYING),
        .needs = NEED_WORKER,
        .on_case = true, .built = true,
        .leads_to = "VerificationRequested (T02); VerificationRequested"),
    INTAKE(VERIFIED, .roles = BY(FULLTIME) | BY(BUILDING_HEAD) | BY(VOLUNTEER) |
                              BY(GRID_CHIEF) | BY(PROFESSIONAL),
        .states = IN(VERIFYING),
        .on_case = true, .built = true,
        .leads_to = "VerificationReported, CaseAccepted (T03); VerificationReported, "
                    "NoteAdded"),
    INTAKE(CHECK, .roles = BY(INTAKE_OPERATOR) | BY(GRID_CHIEF) | BY(DUTY_LEADER) |
                           BY(FULLTIME),
        .states = IN(RESOLVED),
        .on_case = true, .built = true,
        .leads_to = "CheckCompleted (T20, T21); CheckCompleted, CaseClosed (T22)"),
    INTAKE(REVISIT, .roles = BY(INTAKE_OPERATOR), .states = IN(REVISIT),
        .needs = NEED_RESULT,
        .on_case = true, .built = true,
        .leads_to = "RevisitCompleted, CaseClosed (T23); RevisitCompleted, CaseReopened "
                    "(T24); RevisitCompleted"),
    INTAKE(MERGE, .roles = BY(INTAKE_OPERATOR) | BY(DISPATCHER), .states = UNFINISHED,
        .needs = NEED_INTO,
        .on_case = true, .built = true, .leads_to = "CaseMerged (T28)"),
    INTAKE(UNMERGE, .roles = DESKS, .states = IN(MERGED),
        .needs = NEED_REASON,
        .on_case = true, .built = true, .leads_to = "CaseUnmerged (T29)"),
    INTAKE(CANCEL, .roles = BY(REPORTER) | BY(DUTY_LEADER), .states = UNFINISHED,
        .on_case = true, .built = true, .leads_to = "CaseCancelled (T30)"),
    INTAKE(REOPEN, .roles = BY(REPORTER) | BY(AUDITOR) | BY(DUTY_LEADER),
        .states = IN(CLOSED) | IN(REJECTED) | IN(CANCELLED),
        .needs = NEED_REASON,
        .on_case = true, .built = true, .leads_to = "CaseReopened (T25, T31)"),
    INTAKE(INFORMED, .roles = TELLERS, .states = ANY_STATE,
        .on_case = true, .built = true, .leads_to = "ReporterInformed"),
    INTAKE(NOTE, .roles = ANYBODY, .states = ANY_STATE,
        .on_case = true, .built = true, .leads_to = "NoteAdded"),
    INTAKE(READ, .roles = FIELD | DESKS, .states = ANY_STATE,
        .needs = NEED_PURPOSE,
        .on_case = true, .built = true, .leads_to = "RestrictedRead"),
    INTAKE(ERASE, .roles = BY(DUTY_LEADER) | BY(INTAKE_OPERATOR) | BY(SYSTEM),
        .states = ANY_STATE,
        .on_case = true, .built = true, .leads_to = "KeyDestroyed"),

    ESCALATION(ROUTE, .roles = BY(DISPATCHER), .states = IN(ACCEPTED),
        .needs = NEED_HOLDER,
        .on_case = true, .built = true, .leads_to = "CaseRouted (T08)"),
    ESCALATION(ESCALATE, .roles = BY(DISPATCHER) | BY(GRID_CHIEF) | BY(DUTY_LEADER),
        .states = WITH_A_TEAM,
        .on_case = true, .built = true, .leads_to = "CaseEscalated (T15)"),
    ESCALATION(RETURN, .roles = ASKERS, .states = WITH_A_TEAM,
        .needs = NEED_REASON | NEED_HOLDER,
        .on_case = true, .built = true, .leads_to = "DecisionRequested"),
    ESCALATION(EXTEND, .roles = ASKERS, .states = WITH_A_TEAM | IN(SUSPENDED),
        .needs = NEED_REASON,
        .on_case = true, .built = true, .leads_to = "DecisionRequested"),
    ESCALATION(SUSPEND, .roles = ASKERS, .states = WITH_A_TEAM,
        .needs = NEED_REASON | NEED_RESUME_BY,
        .on_case = true, .built = true, .leads_to = "DecisionRequested"),
    ESCALATION(DECIDE, .roles = BY(DUTY_LEADER) | BY(DISPATCHER),
        .states = WITH_A_TEAM | IN(SUSPENDED) | IN(UPSTREAM) | IN(RESOLVED) | IN(REVISIT) |
                  IN(REJECTED) | IN(CANCELLED),
        .needs = NEED_DECISION,
        .on_case = true, .built = true,
        .leads_to = "DecisionMade; with CaseRouted (T14, T32), CaseSuspended (T26), "
                    "DeadlineExtended, or CaseReopened by intake (T31)"),
    ESCALATION(RESUME, .roles = BY(DUTY_LEADER), .states = IN(SUSPENDED),
        .on_case = true, .built = true, .leads_to = "CaseResumed (T27)"),
    ESCALATION(UPSTREAM, .roles = BY(DUTY_LEADER), .states = AT_A_DESK,
        .needs = NEED_REASON,
        .on_case = true, .built = true, .leads_to = "UpstreamSubmitted (T16)"),
    ESCALATION(UPSTREAM_UPDATE, .roles = BY(MUNICIPAL), .states = IN(UPSTREAM),
        .needs = NEED_HANDOVER | NEED_UPDATE,
        .on_case = true, .built = true,
        .leads_to = "UpstreamUpdated; with CaseRouted (T17); DONE (T18)"),
    ESCALATION(TAKE_BACK, .roles = BY(DUTY_LEADER), .states = IN(UPSTREAM),
        .needs = NEED_REASON,
        .on_case = true, .built = true, .leads_to = "DecisionMade, CaseRouted (T32)"),
    ESCALATION(ASSIST, .roles = BY(GRID_CHIEF) | BY(DUTY_LEADER), .states = AT_A_DESK,
        .needs = NEED_DEPARTMENT,
        .on_case = true, .built = true, .leads_to = "AssistRequested"),
    ESCALATION(ASSIST_JOINED, .roles = BY(DEPARTMENT) | BY(PROFESSIONAL),
        .states = AT_A_DESK,
        .needs = NEED_DEPARTMENT,
        .on_case = true, .built = true, .leads_to = "AssistJoined"),
    // Who whistled may call it off: a department that never comes holds nobody up.
    ESCALATION(ASSIST_DONE, .roles = BY(DEPARTMENT) | BY(PROFESSIONAL) | BY(GRID_CHIEF) |
                                     BY(DUTY_LEADER),
        .states = AT_A_DESK,
        .needs = NEED_DEPARTMENT | NEED_RESOLUTION,
        .on_case = true, .built = true, .leads_to = "AssistDone"),
    ESCALATION(URGE, .roles = BY(REPORTER) | BY(DISPATCHER) | BY(DUTY_LEADER) |
                              BY(GRID_CHIEF),
        .states = OPEN,
        .on_case = true, .built = true, .leads_to = "Urged"),
    ESCALATION(SUPERVISE, .roles = BY(DUTY_LEADER), .states = SUPERVISED,
        .on_case = true, .built = true, .leads_to = "Supervised"),
    ESCALATION(LIFT, .roles = BY(DUTY_LEADER) | BY(AUDITOR), .states = SUPERVISED,
        .on_case = true, .built = true, .leads_to = "Supervised (to NONE)"),
    ESCALATION(SEVERITY, .roles = BY(INTAKE_OPERATOR) | BY(GRID_CHIEF) | BY(DUTY_LEADER),
        .states = BEFORE_RESOLVED,
        .needs = NEED_SEVERITY,
        .on_case = true, .built = true, .leads_to = "SeverityChanged"),
    ESCALATION(RECLASSIFY, .roles = BY(INTAKE_OPERATOR) | BY(DISPATCHER),
        .states = BEFORE_RESOLVED,
        .needs = NEED_CATEGORY,
        .on_case = true, .built = true, .leads_to = "CaseReclassified"),
    ESCALATION(APPEAL, .roles = BY(REPORTER), .states = IN(REJECTED) | IN(CANCELLED),
        .on_case = true, .built = true, .leads_to = "DecisionRequested (REOPEN)"),

    DISPATCH(OFFER, .roles = BY(DISPATCHER), .states = IN(ASSIGNING),
        .needs = NEED_WORKER,
        .on_case = true, .built = true, .leads_to = "DispatchOffered (T09)"),
    DISPATCH(ACK, .roles = HANDLERS, .states = IN(DISPATCHED),
        .needs = NEED_OFFER,
        .on_case = true, .built = true, .leads_to = "DispatchAcked (T10)"),
    DISPATCH(DECLINE, .roles = HANDLERS, .states = IN(DISPATCHED),
        .needs = NEED_OFFER | NEED_REASON,
        .on_case = true, .built = true, .leads_to = "DispatchDeclined (T11)"),
    DISPATCH(RECALL, .roles = BY(DISPATCHER) | BY(DUTY_LEADER),
        .states = IN(DISPATCHED) | IN(IN_PROGRESS),
        .needs = NEED_REASON,
        .on_case = true, .built = true, .leads_to = "DispatchRecalled (T13)"),
    DISPATCH(ARRIVE, .roles = HANDLERS, .states = IN(IN_PROGRESS),
        .on_case = true, .built = true, .leads_to = "ArrivalReported"),
    DISPATCH(PROGRESS, .roles = HANDLERS, .states = IN(IN_PROGRESS),
        .on_case = true, .built = true, .leads_to = "ProgressReported"),
    DISPATCH(RESOLVE, .roles = HANDLERS, .states = IN(IN_PROGRESS),
        .needs = NEED_RESOLUTION,
        .on_case = true, .built = true, .leads_to = "CaseResolved (T19)"),
    DISPATCH(DUTY, .roles = FIELD | BY(DISPATCHER) | BY(DUTY_LEADER) | BY(SYSTEM),
        .needs = NEED_DUTY,
        .built = true, .leads_to = "DutyChanged"),
    DISPATCH(COVERAGE, .roles = FIELD | BY(SYSTEM),
        .built = true, .leads_to = "CoverageReported"),
    DISPATCH(WORKLOG, .roles = FIELD | BY(SYSTEM),
        .built = true, .leads_to = "WorkLogFiled"),
};

// clang-format on

const struct statement_rule *statement_rule(unsigned kind)
{
    if (kind >= SAY_COUNT || rules[kind].kind == SAY_NONE) {
        return NULL;
    }
    return &rules[kind];
}

size_t statement_allowed(enum case_state state, enum statement_kind *kinds)
{
    assert((unsigned)state < STATE_COUNT);

    size_t count = 0;
    for (unsigned kind = 1; kind < SAY_COUNT; kind++) {
        if (rules[kind].built && (rules[kind].states >> state & 1U) != 0) {
            kinds[count] = rules[kind].kind;
            count++;
        }
    }
    return count;
}
