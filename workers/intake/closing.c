/* closing.c: see closing.h. */
#include "workers/intake/closing.h"

enum {
    HALF_PERMILLE = 500,
    REASON_UNSATISFIED = 701
};

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

void closing_revisit(struct turn *turn, struct kase *kase, const struct record *record,
                     const Sanji__Envelope *said)
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
        closing_reopen(turn, kase, T24, record->seq, said);
    } else {
        write_closed(turn, kase, T23, record->seq, said->actor, false);
    }
}

void closing_unreachable(struct turn *turn, struct kase *kase)
{
    write_revisit(turn, kase, 0, NULL, NULL, false);
    write_closed(turn, kase, T23, 0, NULL, true);
}

void closing_reopen(struct turn *turn, struct kase *kase, enum transition edge,
                    uint64_t cause_seq, const Sanji__Envelope *said)
{
    const Sanji__StatementFields *fields = said->said->fields;
    Sanji__CaseReopened *body =
        TURN_NEW(turn, Sanji__CaseReopened, sanji__case_reopened__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    body->reason_code = fields != NULL && fields->reason_code != 0 ? fields->reason_code
                                                                   : REASON_UNSATISFIED;
    body->times = (uint32_t)kase->reopens + 1U;
    body->by_reporter = said->actor->role == SANJI__ROLE__ROLE_REPORTER || edge == T24;
    turn_set_worker(turn, envelope, 0);
    envelope->actor = said->actor;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_REOPENED;
    envelope->case_reopened = body;
    turn_emit(turn, &(struct emission){.kase = kase,
                                       .edge = edge,
                                       .envelope = envelope,
                                       .resolve_permille = HALF_PERMILLE});
}
