/* model_fold.c: what a record changes in the model, told from its envelope alone. */
#include <string.h>

#include "tests/sim/model_inside.h"

static void fold_received(const struct look *look)
{
    struct model_case *kase = look->kase;
    const Sanji__CaseReceived *body = look->envelope->case_received;
    kase->received_ms = look->at_ms;
    kase->wants_contact = body->reporter_wants_contact;
    kase->source = (unsigned)body->source;
    kase->restricted |= body->confidential;
}

/* seq 0: the offer stands in the same append, which cannot know its number. */
static void drop_offer(struct model_case *kase, uint64_t seq, const char *worker)
{
    for (size_t i = 0; i < MODEL_OFFERS_MAX; i++) {
        if (seq != 0 ? kase->offers[i].seq == seq
                     : kase->offers[i].worker == model_worker(worker)) {
            kase->offers[i].seq = 0;
        }
    }
}

static void fold_offer(const struct look *look)
{
    struct model_case *kase = look->kase;
    kase->pair = look->envelope->dispatch_offered->pair;
    for (size_t i = 0; i < MODEL_OFFERS_MAX; i++) {
        if (kase->offers[i].seq == 0) {
            kase->offers[i] = (struct model_offer){
                look->record->seq, model_worker(look->envelope->dispatch_offered->worker)};
            return;
        }
    }
    model_say(look, "more open offers than the model has places for");
}

static void fold_decision(const struct look *look)
{
    struct model_case *kase = look->kase;
    const Sanji__DecisionMade *body = look->envelope->decision_made;
    const bool returned =
        body->approved && body->kind == SANJI__DECISION_KIND__DECISION_KIND_RETURN;
    kase->returns = body->final ? 0 : kase->returns + (returned ? 1 : 0);
    kase->granted |=
        body->approved && body->kind == SANJI__DECISION_KIND__DECISION_KIND_REOPEN;
    kase->request_seq = 0;
    kase->request_kind = 0;
}

static void fold_body_more(const struct look *look)
{
    struct model_case *kase = look->kase;
    const Sanji__Envelope *envelope = look->envelope;
    switch ((unsigned)envelope->body_case) {
    case EVENT_CASE_MERGED: {
        uint32_t place = 0;
        if (id_case_parse(envelope->case_merged->into_case_no, &place,
                          &kase->merged_into) != STATUS_OK) {
            model_say(look, "merged into no case");
        }
        break;
    }
    case EVENT_CASE_UNMERGED:
        kase->merged_into = 0;
        break;
    case EVENT_DECISION_REQUESTED:
        kase->request_seq = look->record->seq;
        kase->request_kind = (unsigned)envelope->decision_requested->kind;
        break;
    case EVENT_DECISION_MADE:
        fold_decision(look);
        break;
    case EVENT_UPSTREAM_SUBMITTED:
        kase->handover_seq = look->record->seq;
        break;
    case EVENT_SUPERVISED:
        kase->supervise = (unsigned)envelope->supervised->to;
        break;
    case EVENT_ASSIST_REQUESTED:
        kase->assists_open++;
        break;
    case EVENT_ASSIST_DONE:
        kase->assists_open -= kase->assists_open > 0 ? 1 : 0;
        break;
    case EVENT_DEADLINE_EXTENDED:
        kase->extensions++;
        break;
    case EVENT_SEVERITY_CHANGED:
        kase->severity = (unsigned)envelope->severity_changed->to;
        break;
    case EVENT_URGED:
        model_timer_effect(look, (unsigned)envelope->urged->fired_timer);
        break;
    default:
        break;
    }
}

void model_fold_body(const struct look *look)
{
    struct model_case *kase = look->kase;
    const Sanji__Envelope *envelope = look->envelope;
    switch ((unsigned)envelope->body_case) {
    case EVENT_CASE_RECEIVED:
        fold_received(look);
        break;
    case EVENT_CASE_SELF_HANDLED:
        kase->resolver = model_worker(envelope->case_self_handled->worker);
        break;
    case EVENT_DISPATCH_OFFERED:
        fold_offer(look);
        break;
    case EVENT_DISPATCH_ACKED:
        drop_offer(kase, envelope->dispatch_acked->offer, envelope->dispatch_acked->worker);
        if (look->move != NULL) { // the second of a pair joins
            kase->worker = model_worker(envelope->dispatch_acked->worker);
        }
        break;
    case EVENT_DISPATCH_DECLINED:
        drop_offer(kase, envelope->dispatch_declined->offer,
                   envelope->dispatch_declined->worker);
        break;
    case EVENT_DISPATCH_EXPIRED:
        drop_offer(kase, envelope->dispatch_expired->offer,
                   envelope->dispatch_expired->worker);
        break;
    case EVENT_DISPATCH_RECALLED:
        drop_offer(kase, envelope->dispatch_recalled->offer,
                   envelope->dispatch_recalled->worker);
        break;
    case EVENT_CASE_ESCALATED:
        kase->level = envelope->case_escalated->level;
        model_timer_effect(look, (unsigned)envelope->case_escalated->fired_timer);
        break;
    case EVENT_CASE_RESOLVED:
        kase->resolver = model_worker(envelope->case_resolved->worker);
        break;
    case EVENT_REPORTER_INFORMED:
        kase->informed = true;
        break;
    case EVENT_TIMER_FIRED:
        model_timer_fired(look, (unsigned)envelope->timer_fired->kind,
                          envelope->timer_fired->n);
        break;
    default:
        fold_body_more(look);
        break;
    }
}

static void begin_pause(const struct look *look)
{
    struct model_case *kase = look->kase;
    if (kase->pause_count == MODEL_PAUSES_MAX) {
        model_say(look, "more pauses than the model has places for");
        kase->pause_count--;
    }
    kase->pauses[kase->pause_count][0] = look->at_ms;
    kase->pauses[kase->pause_count][1] = 0;
    kase->pause_count++;
}

void model_fold_move(const struct look *look)
{
    struct model_case *kase = look->kase;
    if (look->move == NULL) {
        return;
    }
    if (kase->state == STATE_SUSPENDED) {
        kase->pauses[kase->pause_count - 1][1] = look->at_ms;
    }
    if (look->move->id == 20) {
        kase->stopped_ms += look->at_ms - kase->stopped_from_ms;
    }
    kase->state = look->move->to;
    kase->version++;
    if (kase->state == STATE_RESOLVED) {
        kase->stopped_from_ms = look->at_ms;
    }
    if (kase->state == STATE_SUSPENDED) {
        begin_pause(look);
    }
    if (kase->state != STATE_DISPATCHED && kase->state != STATE_IN_PROGRESS) {
        memset(kase->offers, 0, sizeof kase->offers);
    }
    if (kase->state == STATE_ASSIGNING || kase->state == STATE_ACCEPTED) {
        kase->worker = 0;
    }
    kase->granted = kase->granted && look->move->id != 31;
    kase->reopens += look->move->id == 24 || look->move->id == 25 ? 1 : 0;
    const bool is_final = kase->state == STATE_CLOSED || kase->state == STATE_REJECTED ||
                          kase->state == STATE_CANCELLED || kase->state == STATE_MERGED;
    kase->closed_ms = is_final ? look->at_ms : 0;
    if (is_final) {
        kase->request_seq = 0;
        kase->request_kind = 0;
    }
    if (look->move->id == 18) {
        kase->resolver = 0;
    }
}
