/* closing.c: see closing.h. */
#include "workers/intake/closing.h"

#include <string.h>

#include "workers/intake/merging.h"

enum {
    HALF_PERMILLE = 500,
    REASON_UNSATISFIED = 701
};

/* What a statement gives as its reason to bring a case back. */
static uint32_t reason_of(const Sanji__Envelope *said)
{
    const Sanji__StatementFields *fields = said->said->fields;
    return fields != NULL && fields->reason_code != 0 ? fields->reason_code
                                                      : REASON_UNSATISFIED;
}

static void write_closed(struct turn *turn, struct kase *kase, enum transition edge,
                         uint64_t cause_seq, Sanji__Actor *actor, bool automatic)
{
    Sanji__CaseClosed *body = TURN_NEW(turn, Sanji__CaseClosed, sanji__case_closed__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    const int64_t active_ms = kase->resolved_ms - kase->received_ms - kase->paused_ms;
    body->how = automatic              ? SANJI__CLOSE_HOW__CLOSE_HOW_AUTO
                : kase->resolve_missed ? SANJI__CLOSE_HOW__CLOSE_HOW_OVERDUE
                                       : SANJI__CLOSE_HOW__CLOSE_HOW_NORMAL;
    body->resolution = (Sanji__Resolution)kase->resolution;
    body->local = kase->resolver_tier != TIER_MUNICIPAL;
    body->in_time = !kase->resolve_missed;
    body->active_ms = active_ms > 0 ? (uint64_t)active_ms : 0;
    body->paused_ms = (uint64_t)kase->paused_ms;
    body->reworks = kase->reworks;
    if (actor != NULL) {
        envelope->actor = actor;
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_CLOSED;
    envelope->case_closed = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = edge, .envelope = envelope});
    merging_ended(turn, kase, cause_seq);
}

void closing_check(struct turn *turn, struct kase *kase, const struct check_result *result)
{
    const enum transition edge = !result->passed ? T20 : kase->wants_contact ? T21 : T22;
    Sanji__CheckCompleted *body =
        TURN_NEW(turn, Sanji__CheckCompleted, sanji__check_completed__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, result->cause_seq);
    body->passed = result->passed;
    body->automatic = result->automatic;
    body->reason_code = result->reason_code;
    body->evidence = result->evidence;
    body->n_evidence = result->evidence_count;
    if (result->actor != NULL) {
        envelope->actor = result->actor;
    }
    if (edge == T20) {
        turn_set_worker(turn, envelope, 0);
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_CHECK_COMPLETED;
    envelope->check_completed = body;
    // Of T22's two events only the last, CaseClosed, moves the case.
    turn_emit(turn, &(struct emission){.kase = kase,
                                       .edge = edge == T22 ? T_NONE : edge,
                                       .envelope = envelope});
    if (edge == T22) {
        write_closed(turn, kase, T22, result->cause_seq, result->actor, result->automatic);
    }
}

static void write_revisit(struct turn *turn, struct kase *kase, uint64_t cause_seq,
                          Sanji__Actor *actor, const Sanji__StatementFields *fields,
                          bool again)
{
    Sanji__RevisitCompleted *body =
        TURN_NEW(turn, Sanji__RevisitCompleted, sanji__revisit_completed__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    body->result =
        fields != NULL ? fields->result : SANJI__SATISFACTION__SATISFACTION_UNREACHABLE;
    body->attempt = (uint32_t)kase->revisit_attempts + 1U;
    if (fields != NULL) {
        body->service = fields->service;
        body->solved = fields->solved;
        body->channel = fields->channel;
    }
    if (actor != NULL) {
        envelope->actor = actor;
    }
    if (again) {
        (void)turn_arm(turn, envelope, TIMER_REVISIT, 0, 0); // no limit: none to restart
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_REVISIT_COMPLETED;
    envelope->revisit_completed = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

void closing_revisit(struct turn *turn, const struct record *record,
                     const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    const bool reached = fields->result != SANJI__SATISFACTION__SATISFACTION_UNREACHABLE;
    const uint32_t attempts = rules_policy(turn_rules(turn))->revisit_attempts;
    const bool again = !reached && kase->revisit_attempts + 1U < attempts;
    write_revisit(turn, kase, record->seq, said->actor, fields, again);
    if (again) {
        return;
    }
    // Who declines to answer has not said that it is unsolved.
    const bool unsolved = reached && !fields->solved &&
                          fields->result != SANJI__SATISFACTION__SATISFACTION_DECLINED;
    const uint32_t reopens_max = rules_policy(turn_rules(turn))->reopens_max;
    if (unsolved && kase->reopens < reopens_max) {
        closing_reopen(turn, kase,
                       &(struct reopening){.edge = T24,
                                           .cause_seq = record->seq,
                                           .actor = said->actor,
                                           .reason_code = reason_of(said),
                                           .by_reporter = true});
    } else {
        write_closed(turn, kase, T23, record->seq, said->actor, false);
    }
}

void closing_unreachable(struct turn *turn, struct kase *kase)
{
    write_revisit(turn, kase, 0, NULL, NULL, false);
    write_closed(turn, kase, T23, 0, NULL, true);
}

/* ---- coming back ---- */

void closing_reopen(struct turn *turn, struct kase *kase, const struct reopening *reopening)
{
    const bool is_given_back = reopening->edge == T31;
    Sanji__CaseReopened *body =
        TURN_NEW(turn, Sanji__CaseReopened, sanji__case_reopened__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, reopening->cause_seq);
    body->reason_code = reopening->reason_code;
    body->times = is_given_back ? 0 : (uint32_t)kase->reopens + 1U;
    body->by_reporter = reopening->by_reporter;
    turn_set_worker(turn, envelope, 0);
    if (reopening->actor != NULL) {
        envelope->actor = reopening->actor;
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_REOPENED;
    envelope->case_reopened = body;
    turn_emit(turn,
              &(struct emission){.kase = kase,
                                 .edge = reopening->edge,
                                 .envelope = envelope,
                                 .resolve_permille = is_given_back ? 0 : HALF_PERMILLE});
}

void closing_consider(struct turn *turn, struct kase *kase, uint64_t cause_seq,
                      const Sanji__Envelope *decided)
{
    if (!kase->reopen_granted ||
        (kase->state != STATE_REJECTED && kase->state != STATE_CANCELLED)) {
        return;
    }
    const bool is_decision =
        decided != NULL && decided->body_case == SANJI__ENVELOPE__BODY_DECISION_MADE;
    closing_reopen(turn, kase,
                   &(struct reopening){.edge = T31,
                                       .cause_seq = cause_seq,
                                       .actor = is_decision ? decided->actor : NULL,
                                       .reason_code = REASON_UNSATISFIED,
                                       .by_reporter = true});
}

/* ---- statements ---- */

static struct refusal refuse(enum status status, const char *field, const char *reason)
{
    return (struct refusal){.status = status, .field = field, .reason = reason};
}

/* A reporter speaks about what his own system has reported, of nothing else. */
static struct refusal check_reporter(const Sanji__Envelope *said, const struct kase *kase)
{
    const bool is_foreign = said->actor->role == SANJI__ROLE__ROLE_REPORTER &&
                            strcmp(said->said->source_system, kase->source_system) != 0;
    return is_foreign
               ? refuse(STATUS_WRONG_ROLE, "source_system",
                        "反映人只能处理本来源上报的案件 / a reporter may do this only "
                        "by the source system that reported the case")
               : refuse(STATUS_OK, NULL, NULL);
}

static struct refusal check_reopen(struct turn *turn, const Sanji__Envelope *said,
                                   struct kase *kase)
{
    const struct case_timer *window = case_timer(kase, TIMER_REOPEN_WINDOW, 0);
    const struct refusal refusal = check_reporter(said, kase);
    if (refusal.status != STATUS_OK) {
        return refusal;
    }
    if (kase->state != STATE_CLOSED && said->actor->role == SANJI__ROLE__ROLE_REPORTER) {
        return refuse(
            STATUS_WRONG_ROLE, "actor.role",
            "不予受理或作废的案件请提出申诉 (appeal),由带班领导决定 / a rejected or "
            "cancelled case comes back by `appeal`, which a duty leader decides");
    }
    if (window == NULL || window->state != TIMER_STATE_ARMED) {
        return refuse(
            STATUS_LIMIT, NULL,
            "重开期限已过,请另行上报 / the window to reopen is over: submit a new "
            "report");
    }
    if (kase->state == STATE_CLOSED &&
        kase->reopens >= rules_policy(turn_rules(turn))->reopens_max) {
        return refuse(
            STATUS_LIMIT, NULL,
            "重开次数已满,请另行上报 / reopened as often as the rules allow: submit "
            "a new report");
    }
    return refusal;
}

void closing_decide_reopen(struct turn *turn, const struct record *record,
                           const Sanji__Envelope *said, struct kase *kase)
{
    const struct refusal refusal = check_reopen(turn, said, kase);
    if (refusal.status != STATUS_OK) {
        turn_refuse(turn, record, said, kase, refusal);
        return;
    }
    closing_reopen(turn, kase,
                   &(struct reopening){.edge = kase->state == STATE_CLOSED ? T25 : T31,
                                       .cause_seq = record->seq,
                                       .actor = said->actor,
                                       .reason_code = reason_of(said),
                                       .by_reporter = said->actor->role ==
                                                      SANJI__ROLE__ROLE_REPORTER});
}

static struct refusal check_cancel(const Sanji__Envelope *said, const struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    const struct refusal refusal = check_reporter(said, kase);
    if (refusal.status != STATUS_OK) {
        return refusal;
    }
    if (said->actor->role != SANJI__ROLE__ROLE_REPORTER) {
        return fields == NULL || fields->reason_code == 0
                   ? refuse(STATUS_INVALID, "reason_code",
                            "作废须说明原因 / a duty leader cancels with a reason code")
                   : refusal;
    }
    if (kase->severity == SEVERITY_S1) {
        return refuse(
            STATUS_WRONG_ROLE, "actor.role",
            "特急案件不得由反映人撤回,可由带班领导作废 / an S1 is not cancelled by "
            "its reporter; a duty leader may");
    }
    if (kase->merged_reports > 0) {
        return refuse(
            STATUS_WRONG_ROLE, "actor.role",
            "已有他人反映同一问题,可由带班领导作废 / others have reported it too; a "
            "duty leader may cancel it");
    }
    return refusal;
}

void closing_decide_cancel(struct turn *turn, const struct record *record,
                           const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    const struct refusal refusal = check_cancel(said, kase);
    if (refusal.status != STATUS_OK) {
        turn_refuse(turn, record, said, kase, refusal);
        return;
    }
    Sanji__CaseCancelled *body =
        TURN_NEW(turn, Sanji__CaseCancelled, sanji__case_cancelled__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    body->reason_code = fields != NULL ? fields->reason_code : 0;
    body->by_reporter = said->actor->role == SANJI__ROLE__ROLE_REPORTER;
    turn_set_worker(turn, envelope, 0);
    envelope->actor = said->actor;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_CANCELLED;
    envelope->case_cancelled = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T30, .envelope = envelope});
    merging_ended(turn, kase, record->seq);
}
