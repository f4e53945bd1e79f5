/* answer.c: see answer.h. */
#include "workers/dispatch/answer.h"

#include <assert.h>
#include <string.h>

#include "proto/lifecycle.h"
#include "workers/dispatch/duty.h"
#include "workers/dispatch/offer.h"
#include "workers/dispatch/recall.h"

enum {
    REASON_OVERLOAD = 502,
    DECLINES_TO_RAISE = 3, /* in one day by one worker (domain 7.4) */
    MS_PER_S = 1000
};

static uint32_t seconds_since(const struct turn *turn, int64_t from_ms)
{
    const int64_t took_ms = turn_now_ms(turn) - from_ms;
    return took_ms > 0 ? (uint32_t)(took_ms / MS_PER_S) : 0;
}

static void emit(struct turn *turn, struct kase *kase, enum transition edge,
                 const Sanji__Envelope *said, Sanji__Envelope *envelope)
{
    envelope->actor = said->actor;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = edge, .envelope = envelope});
}

/* T10 ends every ACK timer; those of a pair's others count on. */
static void keep_waiting(struct turn *turn, Sanji__Envelope *envelope,
                         const struct kase *kase, uint32_t acked)
{
    if (kase->worker != acked) {
        (void)turn_arm(turn, envelope, TIMER_ACK, kase->offer_n, kase->offered_ms);
    }
    for (size_t i = 0; i < kase->others_count; i++) {
        if (kase->others[i].worker != acked) {
            (void)turn_arm(turn, envelope, TIMER_ACK, kase->others[i].n, kase->offered_ms);
        }
    }
}

/* The first to ack has the case and the others are stood down; of a pair the second joins. */
static void ack(struct turn *turn, const struct record *record, const Sanji__Envelope *said,
                struct kase *kase)
{
    const uint64_t offer = said->said->fields->offer;
    const uint32_t worker = case_offered(kase, offer);
    const bool joins = kase->state == STATE_IN_PROGRESS;
    Sanji__DispatchAcked *body =
        TURN_NEW(turn, Sanji__DispatchAcked, sanji__dispatch_acked__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    turn_set_worker(turn, envelope, worker);
    body->offer = offer;
    body->worker = envelope->worker;
    body->took_s = seconds_since(turn, kase->offered_ms);
    body->attempt = kase->attempts;
    if (joins) {
        turn_cancel(turn, envelope, TIMER_ACK, case_other(kase, worker)->n);
    } else if (kase->pair) {
        keep_waiting(turn, envelope, kase, worker);
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_ACKED;
    envelope->dispatch_acked = body;
    emit(turn, kase, joins ? T_NONE : T10, said, envelope);
    if (joins || !kase->pair) {
        recall_waiting(turn, kase, &(struct recall){.cause_seq = record->seq});
    }
}

/* A worker who declines for overload three times a day is a fact for his grid chief. */
static void raise_overload(struct turn *turn, const struct record *record, uint32_t worker,
                           struct org_path area)
{
    struct world *world = turn_world(turn);
    const Sanji__Worker *row = rules_worker(turn_rules(turn), worker);
    const struct worker_state *state = world_worker(world, worker);
    Sanji__OverloadRaised *body =
        TURN_NEW(turn, Sanji__OverloadRaised, sanji__overload_raised__init);
    Sanji__Envelope *envelope = turn_event(turn, NULL, record->seq);
    turn_set_area(turn, envelope, org_community(area));
    turn_set_worker(turn, envelope, worker);
    body->area = envelope->area;
    body->worker = envelope->worker;
    body->reason_code = REASON_OVERLOAD;
    if (row != NULL) {
        body->role = row->role;
        body->utilisation_permille = row->capacity_min_day != 0
                                         ? state->open_min * 1000U / row->capacity_min_day
                                         : 0;
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_OVERLOAD_RAISED;
    envelope->overload_raised = body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
}

static void decline(struct turn *turn, const struct record *record,
                    const Sanji__Envelope *said, struct kase *kase)
{
    const uint64_t offer = said->said->fields->offer;
    const uint32_t worker = case_offered(kase, offer);
    const uint32_t reason_code = said->said->fields->reason_code;
    const struct case_offer *other = case_other(kase, worker);
    const bool is_last = kase->others_count == 0;
    const unsigned n = other != NULL ? other->n : kase->offer_n;
    Sanji__DispatchDeclined *body =
        TURN_NEW(turn, Sanji__DispatchDeclined, sanji__dispatch_declined__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    turn_set_worker(turn, envelope, worker);
    body->offer = offer;
    body->worker = envelope->worker;
    body->reason_code = reason_code;
    body->attempt = kase->attempts;
    if (is_last) {
        turn_set_worker(turn, envelope, 0);
    } else {
        turn_cancel(turn, envelope, TIMER_ACK, n);
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_DECLINED;
    envelope->dispatch_declined = body;
    emit(turn, kase, is_last ? T11 : T_NONE, said, envelope);
    if (reason_code == REASON_OVERLOAD &&
        world_worker(turn_world(turn), worker)->declines_today == DECLINES_TO_RAISE) {
        raise_overload(turn, record, worker, kase->area);
    }
}

static void arrive(struct turn *turn, const struct record *record,
                   const Sanji__Envelope *said, struct kase *kase)
{
    Sanji__ArrivalReported *body =
        TURN_NEW(turn, Sanji__ArrivalReported, sanji__arrival_reported__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    body->worker = envelope->worker;
    body->took_s = seconds_since(turn, kase->offered_ms);
    if (case_timer(kase, TIMER_ARRIVE, 0) != NULL) {
        turn_cancel(turn, envelope, TIMER_ARRIVE, 0);
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_ARRIVAL_REPORTED;
    envelope->arrival_reported = body;
    emit(turn, kase, T_NONE, said, envelope);
}

static void progress(struct turn *turn, const struct record *record,
                     const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    Sanji__ProgressReported *body =
        TURN_NEW(turn, Sanji__ProgressReported, sanji__progress_reported__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    body->worker = envelope->worker;
    if (fields != NULL) {
        body->percent = fields->percent;
        body->step_code = fields->step_code;
        body->n_evidence = fields->n_evidence;
        body->evidence = fields->evidence;
    }
    (void)turn_arm(turn, envelope, TIMER_PROGRESS, 0, 0); // no limit: none to restart
    envelope->body_case = SANJI__ENVELOPE__BODY_PROGRESS_REPORTED;
    envelope->progress_reported = body;
    emit(turn, kase, T_NONE, said, envelope);
}

static void resolve(struct turn *turn, const struct record *record,
                    const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    const Sanji__Category *category = rules_category(turn_rules(turn), kase->category);
    const uint32_t evidence_min = category != NULL ? category->evidence_min : 0;
    if (kase->assists_open > 0) {
        turn_refuse(turn, record, said, kase,
                    (struct refusal){
                        .status = STATUS_WRONG_STATE,
                        .reason = turn_text(turn,
                                            "尚有 %u 项协办未完成 / %u assists are still "
                                            "open: they are done first",
                                            kase->assists_open, kase->assists_open)});
        return;
    }
    if (fields->n_evidence < evidence_min) {
        turn_refuse(turn, record, said, kase,
                    (struct refusal){.status = STATUS_EVIDENCE,
                                     .field = "evidence",
                                     .reason = turn_text(
                                         turn,
                                         "该类别须至少 %u 件证据 / this category needs "
                                         "at least %u pieces of evidence, %zu given",
                                         evidence_min, evidence_min, fields->n_evidence)});
        return;
    }
    Sanji__CaseResolved *body =
        TURN_NEW(turn, Sanji__CaseResolved, sanji__case_resolved__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    body->resolution = fields->resolution;
    body->worker = envelope->worker;
    body->n_evidence = fields->n_evidence;
    body->evidence = fields->evidence;
    body->effort_min = fields->effort_min;
    body->needs_revisit = fields->needs_revisit;
    for (size_t i = 0; i < kase->others_count; i++) {
        if (!kase->others[i].acked) {
            turn_cancel(turn, envelope, TIMER_ACK, kase->others[i].n);
        }
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RESOLVED;
    envelope->case_resolved = body;
    emit(turn, kase, T19, said, envelope);
}

void answer_decide(struct dispatch *dispatch, struct turn *turn,
                   const struct record *record, const Sanji__Envelope *said)
{
    struct kase *kase = NULL;
    if (!turn_admits(turn, record, said, &kase)) {
        return;
    }
    const enum statement_kind kind = (enum statement_kind)said->said->kind;
    if (kind == SAY_ACK) {
        ack(turn, record, said, kase);
    } else if (kind == SAY_DECLINE) {
        decline(turn, record, said, kase);
    } else if (kind == SAY_OFFER) {
        offer_said(dispatch, turn, record, said, kase);
    } else if (kind == SAY_DUTY) {
        duty_said(turn, record, said);
    } else if (kind == SAY_COVERAGE) {
        duty_coverage(turn, record, said);
    } else if (kind == SAY_RECALL) {
        recall_said(turn, record, said, kase);
    } else if (kind == SAY_ARRIVE) {
        arrive(turn, record, said, kase);
    } else if (kind == SAY_PROGRESS) {
        progress(turn, record, said, kase);
    } else if (kind == SAY_RESOLVE) {
        resolve(turn, record, said, kase);
    } else {
        assert(kind == SAY_WORKLOG); // the check lets no other kind of ours through
        duty_worklog(turn, record, said);
    }
}
