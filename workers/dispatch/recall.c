/* recall.c: see recall.h. */
#include "workers/dispatch/recall.h"

#include <assert.h>
#include <string.h>

enum {
    REASON_OFF_DUTY = 501
};

/* ---- one case ---- */

static Sanji__Envelope *recalled(struct turn *turn, const struct kase *kase,
                                 struct workload_carrier carrier,
                                 const struct recall *recall)
{
    Sanji__DispatchRecalled *body =
        TURN_NEW(turn, Sanji__DispatchRecalled, sanji__dispatch_recalled__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, recall->cause_seq);
    turn_set_worker(turn, envelope, carrier.worker);
    body->offer = turn_committed(carrier.offer_seq);
    body->worker = envelope->worker;
    body->reason_code = recall->reason_code;
    if (recall->actor != NULL) {
        envelope->actor = recall->actor;
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_RECALLED;
    envelope->dispatch_recalled = body;
    return envelope;
}

/* One of several goes: the state stays, his ACK timer does not. */
static void stand_down(struct turn *turn, struct kase *kase, uint32_t worker,
                       const struct recall *recall)
{
    const struct case_offer *other = case_other(kase, worker);
    const bool is_first = other == NULL;
    assert(!is_first || kase->worker == worker);
    const struct workload_carrier carrier = {worker,
                                             is_first ? kase->offer_seq : other->seq};
    const unsigned n = is_first ? kase->offer_n : other->n;
    Sanji__Envelope *envelope = recalled(turn, kase, carrier, recall);
    if (case_timer(kase, TIMER_ACK, n) != NULL) {
        turn_cancel(turn, envelope, TIMER_ACK, n);
    }
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

void recall_case(struct turn *turn, struct kase *kase, const struct recall *recall)
{
    while (kase->others_count > 0) {
        stand_down(turn, kase, kase->others[kase->others_count - 1].worker, recall);
    }
    const struct workload_carrier carrier = {kase->worker, kase->offer_seq};
    Sanji__Envelope *envelope = recalled(turn, kase, carrier, recall);
    turn_set_worker(turn, envelope, 0); // nobody has it after this
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T13, .envelope = envelope});
}

void recall_waiting(struct turn *turn, struct kase *kase, const struct recall *recall)
{
    for (size_t i = kase->others_count; i > 0; i--) {
        if (!kase->others[i - 1].acked) {
            stand_down(turn, kase, kase->others[i - 1].worker, recall);
        }
    }
}

void recall_said(struct turn *turn, const struct record *record,
                 const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    const struct recall recall = {
        .cause_seq = record->seq, .reason_code = fields->reason_code, .actor = said->actor};
    uint32_t worker = 0;
    const bool names = fields->worker[0] != '\0';
    if (names && (id_worker_parse(fields->worker, &worker) != STATUS_OK ||
                  (worker != kase->worker && case_other(kase, worker) == NULL))) {
        turn_refuse(turn, record, said, kase,
                    (struct refusal){.status = STATUS_WRONG_WORKER,
                                     .field = "worker",
                                     .reason = "案件未派给该人员 / this worker was not "
                                               "offered the case"});
    } else if (names && kase->others_count > 0 &&
               (worker != kase->worker || kase->state == STATE_DISPATCHED)) {
        // Who has acked is not replaced by one who has not: without him it goes back whole.
        stand_down(turn, kase, worker, &recall);
    } else {
        recall_case(turn, kase, &recall);
    }
}

/* ---- who is gone ---- */

bool recall_is_gone(struct turn *turn, const struct kase *kase, uint32_t worker, bool acked)
{
    const struct worker_state *state = world_worker(turn_world(turn), worker);
    if (state->duty != 0 && !state->duty_by_shift) {
        return state->duty == SANJI__DUTY__DUTY_OFF ||
               state->duty == SANJI__DUTY__DUTY_LEAVE ||
               state->duty == SANJI__DUTY__DUTY_LOST_CONTACT;
    }
    const struct rules *rules = turn_rules(turn);
    const Sanji__Worker *row = rules_worker(rules, worker);
    int64_t changes_ms = 0;
    // Who took it outside his shift has said that he works.
    return acked && row != NULL &&
           !rules_on_shift(rules, row, turn_now_ms(turn), &changes_ms) &&
           rules_on_shift(rules, row, kase->offered_ms, &changes_ms);
}

struct sweep {
    struct dispatch *dispatch;
    struct turn *turn;
    uint64_t cause_seq;
    uint32_t worker;
    uint8_t severity;
    bool is_full;
};

/* A shift that ends under an open case is a record; one that changes nothing is not: a
 * thousand workers three times a day would be most of the log. */
static void note_shift_end(const struct sweep *sweep, const struct kase *kase,
                           uint32_t worker)
{
    struct turn *turn = sweep->turn;
    const struct worker_state *state = world_worker(turn_world(turn), worker);
    uint8_t *left = &sweep->dispatch->left[worker / 8];
    const uint8_t bit = (uint8_t)(1U << worker % 8);
    if ((state->duty != 0 && !state->duty_by_shift) || (*left & bit) != 0) {
        return; // he said so himself, or it stands already
    }
    *left |= bit;
    Sanji__DutyChanged *body =
        TURN_NEW(turn, Sanji__DutyChanged, sanji__duty_changed__init);
    Sanji__Envelope *envelope = turn_event(turn, NULL, sweep->cause_seq);
    turn_set_area(turn, envelope, org_community(kase->area));
    turn_set_worker(turn, envelope, worker);
    body->worker = envelope->worker;
    body->area = envelope->area;
    body->duty = SANJI__DUTY__DUTY_OFF;
    body->by_shift = true;
    envelope->body_case = SANJI__ENVELOPE__BODY_DUTY_CHANGED;
    envelope->duty_changed = body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
}

static bool sweep_one(void *context, struct kase *kase)
{
    struct sweep *sweep = context;
    struct turn *turn = sweep->turn;
    const struct recall recall = {.cause_seq = sweep->cause_seq,
                                  .reason_code = REASON_OFF_DUTY};
    const bool all = sweep->worker == 0;
    if (kase->severity != sweep->severity) {
        return true;
    }
    if (!turn_has_room(turn)) {
        sweep->is_full = true;
        return false;
    }
    for (size_t i = kase->others_count; i > 0; i--) {
        const struct case_offer other = kase->others[i - 1];
        if ((all || other.worker == sweep->worker) &&
            recall_is_gone(turn, kase, other.worker, other.acked)) {
            stand_down(turn, kase, other.worker, &recall);
        }
    }
    const bool acked = kase->state == STATE_IN_PROGRESS;
    if ((all || kase->worker == sweep->worker) &&
        recall_is_gone(turn, kase, kase->worker, acked)) {
        note_shift_end(sweep, kase, kase->worker);
        if (kase->others_count > 0 && !acked) {
            stand_down(turn, kase, kase->worker, &recall);
        } else {
            recall_case(turn, kase, &recall);
        }
    }
    return true;
}

bool recall_gone(struct dispatch *dispatch, struct turn *turn, uint64_t cause_seq,
                 uint32_t worker)
{
    struct sweep sweep = {
        .dispatch = dispatch, .turn = turn, .cause_seq = cause_seq, .worker = worker};
    struct world *world = turn_world(turn);
    memset(dispatch->left, 0, sizeof dispatch->left);
    for (unsigned severity = SEVERITY_NONE; severity <= SEVERITY_S4; severity++) {
        sweep.severity = (uint8_t)severity;
        world_each_in_state(world, STATE_IN_PROGRESS, sweep_one, &sweep);
        world_each_in_state(world, STATE_DISPATCHED, sweep_one, &sweep);
    }
    return !sweep.is_full;
}
