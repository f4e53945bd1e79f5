/* case.c: one record applied to one case: may it stand here, and what its edge changes.
 *
 *     the case's number -> its place in the lifecycle -> context -> edge -> body -> timers
 *
 * Everything is done on a copy, so that a record which cannot stand leaves the case as it
 * was. Two-event edges hold their two records together by last_type: both stand in one
 * append, so no other decision on the case can lie between.
 */
#include "proto/case.h"

#include <assert.h>
#include <stddef.h>

#include "proto/case_inside.h"

enum {
    MS_PER_S = 1000
};

enum status fold_path(const char *text, struct org_path *value)
{
    return text[0] == '\0' ? STATUS_OK : org_parse(text, value);
}

enum status fold_category(const char *text, uint32_t *value)
{
    return text[0] == '\0' ? STATUS_OK : id_category_parse(text, value);
}

void fold_count(uint16_t *counter)
{
    if (*counter < UINT16_MAX) {
        (*counter)++;
    }
}

void fold_counted(uint16_t *counter, uint32_t written)
{
    if (written == 0) {
        fold_count(counter);
    } else {
        *counter = written < UINT16_MAX ? (uint16_t)written : UINT16_MAX;
    }
}

void fold_new_round(struct kase *kase)
{
    kase->attempts = 0;
    kase->tried_count = 0;
}

// ---- its place in the lifecycle ---------------------------------------------------------

/* Where one event leads to two targets, its content must name the one that was taken.
 * `edge` NULL: the state stays. */
static bool content_agrees(const struct kase *kase, const Sanji__Envelope *envelope,
                           const struct lifecycle_edge *edge)
{
    const bool stays = edge == NULL;
    switch ((unsigned)envelope->body_case) {
    case EVENT_CHECK_COMPLETED:
        return envelope->check_completed->passed == (stays || edge->id == T21);
    case EVENT_UPSTREAM_UPDATED:
        return (envelope->upstream_updated->kind ==
                SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE) == !stays;
    case EVENT_DISPATCH_OFFERED:
        return !stays || envelope->dispatch_offered->broadcast ||
               envelope->dispatch_offered->pair;
    case EVENT_DISPATCH_ACKED:
        return !stays || kase->pair;
    case EVENT_DISPATCH_DECLINED:
    case EVENT_DISPATCH_EXPIRED:
    case EVENT_DISPATCH_RECALLED:
        return stays == (kase->others_count > 0); // the last of several moves the case
    default:
        return true;
    }
}

static const struct lifecycle_edge *find_edge(const struct kase *kase,
                                              const Sanji__Envelope *envelope)
{
    const uint64_t moves =
        lifecycle_moves((enum case_state)kase->state, envelope->body_case);
    for (unsigned id = T01; moves >> id != 0; id++) {
        const struct lifecycle_edge *edge = lifecycle_edge((enum transition)id);
        const bool in_order = edge->events[1] == 0 || edge->events[0] == kase->last_type;
        if ((moves >> id & 1U) != 0 && in_order &&
            (unsigned)edge->to == (unsigned)envelope->state_after &&
            content_agrees(kase, envelope, edge)) {
            return edge;
        }
    }
    return NULL;
}

static enum status check_place(struct fold *fold)
{
    const struct kase *kase = fold->kase;
    const Sanji__Envelope *envelope = fold->envelope;
    fold->edge = find_edge(kase, envelope);
    if (fold->edge != NULL) {
        return envelope->case_version == kase->version + 1 ? STATUS_OK : STATUS_INVALID;
    }
    const bool stands =
        kase->state != STATE_NONE && (unsigned)envelope->state_after == kase->state &&
        envelope->case_version == kase->version &&
        lifecycle_side_allowed((enum case_state)kase->state, envelope->body_case) &&
        content_agrees(kase, envelope, NULL);
    return stands ? STATUS_OK : STATUS_INVALID;
}

/* A record names its case in the envelope, and by the key in the header. */
static enum status check_case(struct kase *kase, const struct record *record,
                              const Sanji__Envelope *envelope)
{
    uint32_t place = 0;
    uint64_t key = 0;
    const enum status status = id_case_parse(envelope->case_no, &place, &key);
    if (status != STATUS_OK) {
        return status;
    }
    const uint64_t in_header = record->header.case_key;
    if ((in_header != 0 && in_header != key) || (kase->key != 0 && kase->key != key)) {
        return STATUS_INVALID;
    }
    kase->key = key;
    return STATUS_OK;
}

// ---- context: what every record repeats -------------------------------------------------

static bool in_range(const Sanji__Envelope *envelope)
{
    return (unsigned)envelope->severity <= SEVERITY_S4 &&
           (unsigned)envelope->tier <= TIER_MUNICIPAL &&
           (unsigned)envelope->state_after < STATE_COUNT &&
           (unsigned)envelope->sensitivity <= SANJI__SENSITIVITY__SENSITIVITY_RESTRICTED &&
           (unsigned)envelope->status <= SANJI__MSG_STATUS__MSG_STATUS_TEST;
}

static void take_byte(unsigned written, uint8_t *value)
{
    if (written != 0) {
        *value = (uint8_t)written;
    }
}

static enum status fold_context(const struct fold *fold)
{
    struct kase *kase = fold->kase;
    const Sanji__Envelope *envelope = fold->envelope;
    take_byte(envelope->severity, &kase->severity);
    take_byte(envelope->sensitivity, &kase->sensitivity);
    take_byte(envelope->status, &kase->status);
    if (kase->sensitivity == SANJI__SENSITIVITY__SENSITIVITY_RESTRICTED ||
        (fold->record->header.flags & RECORD_RESTRICTED) != 0) {
        kase->restricted = true;
    }
    enum status status = fold_category(envelope->category, &kase->category);
    if (status == STATUS_OK) {
        status = fold_path(envelope->area, &kase->area);
    }
    return status;
}

// ---- the edge: what entering a state changes --------------------------------------------

static void end_pause(struct kase *kase, int64_t at_ms)
{
    assert(kase->pause_count > 0);
    struct deadline_pause *pause = &kase->pauses[kase->pause_count - 1];
    pause->to_ms = at_ms;
    kase->paused_ms += pause->to_ms - pause->from_ms;
}

static enum status begin_pause(struct kase *kase, int64_t at_ms)
{
    if (kase->pause_count == CASE_PAUSES_MAX) {
        return STATUS_INVALID;
    }
    kase->pauses[kase->pause_count] = (struct deadline_pause){.from_ms = at_ms};
    kase->pause_count++;
    return STATUS_OK;
}

/* Somebody is offered, has, or had the case in these; in all others nobody is assigned. */
static bool has_assignee(enum case_state state)
{
    return state == STATE_DISPATCHED || state == STATE_IN_PROGRESS ||
           state == STATE_RESOLVED || state == STATE_REVISIT || state == STATE_CLOSED;
}

static void clear_assignment(struct kase *kase, enum case_state to)
{
    if (!has_assignee(to)) {
        kase->worker = 0;
        kase->coordinator = false;
    }
    if (to != STATE_DISPATCHED && to != STATE_IN_PROGRESS) {
        kase->offer_seq = 0;
        kase->broadcast = false;
        kase->pair = false;
        kase->others_count = 0;
    }
}

/* Back in line after somebody said it was done: the old resolution is history. */
static void clear_result(struct kase *kase)
{
    kase->resolved_ms = 0;
    kase->checker = 0;
}

static uint32_t seconds_between(int64_t from_ms, int64_t to_ms)
{
    const int64_t s = (to_ms - from_ms) / MS_PER_S;
    return s > 0 && s < UINT32_MAX ? (uint32_t)s : 0;
}

static void mark_times(const struct fold *fold)
{
    struct kase *kase = fold->kase;
    switch ((unsigned)fold->edge->id) {
    case T01:
        kase->first_seq = fold->record->seq;
        kase->received_ms = fold->at_ms;
        kase->routed_ms = fold->at_ms;
        break;
    case T03:
    case T05:
    case T29:
        kase->accepted_ms = fold->at_ms;
        kase->merged_into = 0;
        break;
    case T07:
    case T18:
    case T19:
        kase->resolved_ms = fold->at_ms;
        break;
    case T14:
        fold_count(&kase->returns);
        break;
    case T20:
        fold_count(&kase->reworks);
        kase->stopped_s += seconds_between(kase->resolved_ms, fold->at_ms);
        clear_result(kase);
        break;
    case T21:
        kase->revisit_attempts = 0;
        break;
    case T24:
    case T25:
        kase->stopped_s = 0;
        clear_result(kase);
        kase->severity_proposed = false;
        break;
    case T31:
        kase->accepted_ms = 0;
        kase->reopen_granted = false;
        break;
    default:
        break;
    }
    kase->closed_ms = lifecycle_is_final(fold->edge->to) ? fold->at_ms : 0;
}

static enum status fold_holder(const struct fold *fold)
{
    struct kase *kase = fold->kase;
    const Sanji__Envelope *envelope = fold->envelope;
    const struct org_path before = kase->holder;
    take_byte(envelope->tier, &kase->tier);
    enum status status = fold_path(envelope->holder, &kase->holder);
    if (before.place != 0 && !org_equal(before, kase->holder)) {
        // A decision on a return sends it, not the desk that wished to be rid of it.
        kase->came_from = fold->edge->id == T14 ? kase->request_decider : before;
    }
    if (status == STATUS_OK) {
        status = fold_path(envelope->owner, &kase->owner);
    }
    if (status == STATUS_OK) {
        status = id_team_parse(envelope->team, &kase->team);
    }
    return status;
}

static enum status fold_edge(const struct fold *fold)
{
    struct kase *kase = fold->kase;
    const enum case_state to = fold->edge->to;
    kase->state = (uint8_t)to;
    kase->version++;
    kase->attention_count = 0;
    kase->exhausted = false;
    clear_assignment(kase, to);
    if (to == STATE_ASSIGNING && fold->from != STATE_DISPATCHED) {
        fold_new_round(kase);
    }
    if (fold->from == STATE_SUSPENDED) {
        end_pause(kase, fold->at_ms);
    }
    mark_times(fold);
    if (lifecycle_is_final(to)) {
        kase->request_seq = 0;
        kase->request_kind = 0;
    }
    const enum status status = fold_holder(fold);
    if (status == STATUS_OK && to == STATE_SUSPENDED) {
        return begin_pause(kase, fold->at_ms);
    }
    return status;
}

// ---- attention --------------------------------------------------------------------------

/* The one told has acted, so the alert has done its work. A refused statement is no act. */
static void clear_attention(const struct fold *fold)
{
    const Sanji__Actor *actor = fold->envelope->actor;
    const unsigned type = fold->envelope->body_case;
    if (actor == NULL || type == EVENT_TIMER_FIRED || type == EVENT_STATEMENT_REFUSED) {
        return;
    }
    struct kase *kase = fold->kase;
    uint32_t worker = 0;
    if (id_worker_parse(actor->worker, &worker) != STATUS_OK) {
        worker = 0; // the actor is no part of the case's state; audit judges his name
    }
    uint8_t kept = 0;
    for (uint8_t i = 0; i < kase->attention_count; i++) {
        const struct case_attention *told = &kase->attention[i];
        const bool by_role = told->role != 0 && told->role == (unsigned)actor->role;
        const bool by_worker = told->worker != 0 && told->worker == worker;
        if (told->worker != 0 ? !by_worker : !by_role) {
            kase->attention[kept] = *told;
            kept++;
        }
    }
    kase->attention_count = kept;
}

// ---- the fold ---------------------------------------------------------------------------

static enum status fold_decision(struct fold *fold)
{
    enum status status = check_place(fold);
    if (status == STATUS_OK) {
        status = fold_context(fold);
    }
    if (status == STATUS_OK && fold->edge != NULL) {
        status = fold_edge(fold);
    }
    if (status != STATUS_OK) {
        return status;
    }
    clear_attention(fold);
    status = fold_body(fold);
    if (status == STATUS_OK) {
        status = fold_timers(fold);
    }
    return status;
}

static enum status fold_copy(struct kase *kase, const struct record *record,
                             const Sanji__Envelope *envelope)
{
    enum status status = check_case(kase, record, envelope);
    if (status != STATUS_OK || !in_range(envelope)) {
        return STATUS_INVALID;
    }
    const unsigned type = envelope->body_case;
    if (kase->state == STATE_NONE && type != EVENT_CASE_RECEIVED) {
        return STATUS_INVALID;
    }
    kase->last_seq = record->seq;
    if (type == EVENT_SAID) {
        return STATUS_OK;
    }
    kase->decision_seq = record->seq;
    // A finding is about the case, also about one whose state audit holds to be wrong.
    if (type == SANJI__ENVELOPE__BODY__NOT_SET || type == EVENT_AUDIT_FOUND) {
        return STATUS_OK;
    }
    struct fold fold = {.kase = kase,
                        .record = record,
                        .envelope = envelope,
                        .from = (enum case_state)kase->state,
                        .at_ms = record->header.recorded_at_ms};
    status = fold_decision(&fold);
    kase->last_type = (uint8_t)type;
    return status;
}

const struct case_offer *case_other(const struct kase *kase, uint32_t worker)
{
    assert(kase != NULL);

    for (size_t i = 0; i < kase->others_count; i++) {
        if (kase->others[i].worker == worker) {
            return &kase->others[i];
        }
    }
    return NULL;
}

uint32_t case_offered(const struct kase *kase, uint64_t offer_seq)
{
    assert(kase != NULL);

    if (offer_seq == 0) {
        return 0;
    }
    if (kase->offer_seq == offer_seq) {
        return kase->state == STATE_DISPATCHED ? kase->worker : 0;
    }
    for (size_t i = 0; i < kase->others_count; i++) {
        if (kase->others[i].seq == offer_seq && !kase->others[i].acked) {
            return kase->others[i].worker;
        }
    }
    return 0;
}

enum status case_fold(struct kase *kase, const struct record *record,
                      const Sanji__Envelope *envelope)
{
    assert(kase != NULL);
    assert(record != NULL);
    assert(envelope != NULL);

    struct kase next = *kase;
    const enum status status = fold_copy(&next, record, envelope);
    if (status == STATUS_OK) {
        *kase = next;
    }
    return status;
}
