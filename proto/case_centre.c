/* case_centre.c: what the events of the command centre change in a case beyond their edge:
 * where it is, who decides on what, who was called, how it is supervised.
 */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "proto/case_inside.h"

enum {
    MS_PER_S = 1000
};

uint32_t case_department(const char *code)
{
    assert(code != NULL);
    return crc32c(0, code, strlen(code));
}

/* A timer whose effect says that it fired, without a record of its own. */
static void note_fired(const struct fold *fold, unsigned kind)
{
    if (kind == TIMER_NONE || kind >= TIMER_COUNT) {
        return;
    }
    struct case_timer *timer = case_timer(fold->kase, (enum timer_kind)kind, 0);
    if (timer != NULL && timer->state == TIMER_STATE_ARMED &&
        timer->due_ms <= fold->at_ms) {
        timer->state = TIMER_STATE_FIRED;
        fold_count(&timer->times);
    }
    if (kind == TIMER_RESOLVE) {
        fold->kase->resolve_missed = true;
    }
}

enum status fold_case_routed(const struct fold *fold)
{
    const Sanji__CaseRouted *body = fold->envelope->case_routed;
    struct kase *kase = fold->kase;
    kase->routed_ms = fold->at_ms;
    fold_counted(&kase->holder_changes, body->holder_changes);
    fold_new_round(kase);
    if (fold->envelope->holder[0] != '\0') {
        return STATUS_OK;
    }
    kase->tier = body->to_tier != 0 ? (uint8_t)body->to_tier : kase->tier;
    return fold_path(body->to, &kase->holder);
}

enum status fold_case_escalated(const struct fold *fold)
{
    const Sanji__CaseEscalated *body = fold->envelope->case_escalated;
    struct kase *kase = fold->kase;
    kase->routed_ms = fold->at_ms;
    fold_count(&kase->holder_changes);
    fold_counted(&kase->escalation_level, body->level);
    fold_new_round(kase);
    note_fired(fold, body->fired_timer);
    if (fold->envelope->holder[0] != '\0') {
        return STATUS_OK;
    }
    kase->tier = body->to_tier != 0 ? (uint8_t)body->to_tier : kase->tier;
    return fold_path(body->to, &kase->holder);
}

enum status fold_assist_requested(const struct fold *fold)
{
    const Sanji__AssistRequested *body = fold->envelope->assist_requested;
    struct kase *kase = fold->kase;
    fold_count(&kase->assists);
    fold_count(&kase->assists_open);
    for (size_t i = 0; i < CASE_ASSISTS_MAX; i++) {
        if (kase->assist[i].n == 0) {
            kase->assist[i] = (struct case_assist){
                .department = case_department(body->department_code),
                .n = body->n != 0 && body->n <= UINT16_MAX ? (uint16_t)body->n
                                                           : kase->assists};
            break;
        }
    }
    return STATUS_OK;
}

static struct case_assist *assist_of(struct kase *kase, uint32_t n)
{
    for (size_t i = 0; n != 0 && i < CASE_ASSISTS_MAX; i++) {
        if (kase->assist[i].n == n) {
            return &kase->assist[i];
        }
    }
    return NULL;
}

enum status fold_assist_joined(const struct fold *fold)
{
    struct case_assist *assist = assist_of(fold->kase, fold->envelope->assist_joined->n);
    if (assist != NULL) {
        assist->joined = true;
    }
    return STATUS_OK;
}

enum status fold_assist_done(const struct fold *fold)
{
    struct case_assist *assist = assist_of(fold->kase, fold->envelope->assist_done->n);
    if (assist != NULL) {
        *assist = (struct case_assist){0};
    }
    if (fold->kase->assists_open > 0) {
        fold->kase->assists_open--;
    }
    return STATUS_OK;
}

enum status fold_decision_requested(const struct fold *fold)
{
    const Sanji__DecisionRequested *body = fold->envelope->decision_requested;
    struct kase *kase = fold->kase;
    kase->request_seq = fold->record->seq;
    kase->request_kind = (uint8_t)body->kind;
    kase->request_value_s =
        body->resume_by_ms != 0 ? (uint32_t)(body->resume_by_ms / MS_PER_S) : body->asked_s;
    kase->request_to = (struct org_path){0};
    kase->request_decider = (struct org_path){0};
    const enum status status = fold_path(body->suggested_holder, &kase->request_to);
    return status == STATUS_OK ? fold_path(body->decider, &kase->request_decider) : status;
}

enum status fold_decision_made(const struct fold *fold)
{
    const Sanji__DecisionMade *body = fold->envelope->decision_made;
    if (body->kind == SANJI__DECISION_KIND__DECISION_KIND_REOPEN && body->approved &&
        (fold->from == STATE_REJECTED || fold->from == STATE_CANCELLED)) {
        fold->kase->reopen_granted = true;
    }
    if (body->request_seq == 0 || body->request_seq == fold->kase->request_seq) {
        fold->kase->request_seq = 0;
        fold->kase->request_kind = 0;
    }
    if (body->final && body->kind == SANJI__DECISION_KIND__DECISION_KIND_RETURN) {
        fold->kase->return_final = true;
    }
    return STATUS_OK;
}

enum status fold_case_suspended(const struct fold *fold)
{
    fold_counted(&fold->kase->suspensions, fold->envelope->case_suspended->times);
    return STATUS_OK;
}

enum status fold_deadline_extended(const struct fold *fold)
{
    fold_counted(&fold->kase->extensions, fold->envelope->deadline_extended->times);
    fold->kase->extended_s += fold->envelope->deadline_extended->added_s;
    return STATUS_OK;
}

enum status fold_upstream_submitted(const struct fold *fold)
{
    fold->kase->handover_seq = fold->record->seq;
    return STATUS_OK;
}

/* DONE: nobody of ours resolved it. */
enum status fold_upstream_updated(const struct fold *fold)
{
    if (fold->edge != NULL) {
        fold->kase->resolver = 0;
        fold->kase->resolver_tier = TIER_MUNICIPAL;
        fold_resolution(fold->kase, fold->envelope->upstream_updated->resolution);
    }
    return STATUS_OK;
}

enum status fold_urged(const struct fold *fold)
{
    const Sanji__Urged *body = fold->envelope->urged;
    struct kase *kase = fold->kase;
    fold_counted(&kase->urges, body->count);
    note_fired(fold, body->fired_timer);
    const struct case_timer *progress = case_timer(kase, TIMER_PROGRESS, 0);
    if (body->fired_timer == SANJI__TIMER_KIND__TIMER_KIND_PROGRESS && progress != NULL) {
        kase->progress_urged_s = (uint32_t)(progress->t0_ms / MS_PER_S);
    }
    if (body->merged != 0) {
        kase->merged_urged = body->merged < UINT8_MAX ? (uint8_t)body->merged : UINT8_MAX;
    }
    if (fold->envelope->actor != NULL &&
        fold->envelope->actor->role == SANJI__ROLE__ROLE_REPORTER) {
        kase->reporter_urged_s = (uint32_t)(fold->at_ms / MS_PER_S);
    }
    return STATUS_OK;
}

enum status fold_supervised(const struct fold *fold)
{
    const Sanji__Supervised *body = fold->envelope->supervised;
    const Sanji__Actor *actor = fold->envelope->actor;
    struct kase *kase = fold->kase;
    if ((unsigned)body->to > SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_RED) {
        return STATUS_INVALID;
    }
    kase->supervise = (uint8_t)body->to;
    kase->supervise_points += body->points;
    kase->supervised_by = (struct org_path){0};
    if (body->fired_timer == SANJI__TIMER_KIND__TIMER_KIND_FEEDBACK) {
        kase->feedback_answered = true;
    }
    const bool by_desk =
        actor != NULL && body->to != 0 && actor->role == SANJI__ROLE__ROLE_DUTY_LEADER;
    return by_desk ? fold_path(actor->org, &kase->supervised_by) : STATUS_OK;
}

enum status fold_severity_changed(const struct fold *fold)
{
    const unsigned to = fold->envelope->severity_changed->to;
    if (to == SEVERITY_NONE || to > SEVERITY_S4) {
        return STATUS_INVALID;
    }
    fold->kase->severity = (uint8_t)to;
    return STATUS_OK;
}

enum status fold_case_reclassified(const struct fold *fold)
{
    const Sanji__CaseReclassified *body = fold->envelope->case_reclassified;
    fold->kase->sla_row = body->sla_row;
    return fold_category(body->to, &fold->kase->category);
}
