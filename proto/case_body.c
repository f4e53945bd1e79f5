/* case_body.c: what the body of each event changes in a case, one function an event.
 *
 * The edge has been applied when these run: state, holder, assignment cleared. An event
 * without a function here changes nothing beyond its edge and its timers.
 */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "proto/case_inside.h"

typedef enum status (*body_fn)(const struct fold *fold);

// ---- helpers ----------------------------------------------------------------------------

/* Who it was: the body's worker, else the envelope's, else as it stands. */
static enum status read_worker(const struct fold *fold, const char *text, uint32_t *worker)
{
    const char *named = text[0] != '\0' ? text : fold->envelope->worker;
    return named[0] == '\0' ? STATUS_OK : id_worker_parse(named, worker);
}

static void note_tried(struct kase *kase, uint32_t worker)
{
    for (size_t i = 0; i < kase->tried_count; i++) {
        if (kase->tried[i] == worker) {
            return;
        }
    }
    if (worker == 0) {
        return;
    }
    if (kase->tried_count == CASE_TRIED_MAX) {
        memmove(kase->tried, kase->tried + 1, sizeof kase->tried - sizeof kase->tried[0]);
        kase->tried_count--;
    }
    kase->tried[kase->tried_count] = worker;
    kase->tried_count++;
}

void fold_resolution(struct kase *kase, Sanji__Resolution resolution)
{
    if (resolution != SANJI__RESOLUTION__RESOLUTION_UNSPECIFIED) {
        kase->resolution = (uint8_t)resolution;
    }
}

// ---- intake -----------------------------------------------------------------------------

static enum status received_place(struct kase *kase, const Sanji__Place *place)
{
    if (place == NULL) {
        return STATUS_OK;
    }
    kase->lat_e6 = place->lat_e6;
    kase->lon_e6 = place->lon_e6;
    kase->building_no = place->building_no;
    kase->datum = (unsigned)place->datum <= UINT8_MAX ? (uint8_t)place->datum : 0;
    return kase->area.place != 0 ? STATUS_OK : fold_path(place->grid, &kase->area);
}

static enum status case_received(const struct fold *fold)
{
    const Sanji__CaseReceived *body = fold->envelope->case_received;
    struct kase *kase = fold->kase;
    const char *system = body->source_system[0] != '\0' ? body->source_system
                                                        : fold->envelope->source_system;
    const size_t size = strlen(system);
    if (size > SOURCE_SYSTEM_SIZE_MAX || (unsigned)body->source > UINT8_MAX) {
        return STATUS_INVALID;
    }
    memcpy(kase->source_system, system, size + 1);
    kase->source = (uint8_t)body->source;
    kase->wants_contact = body->reporter_wants_contact;
    kase->self_handled = body->self_handled;
    kase->restricted = kase->restricted || body->confidential;
    kase->confidence_permille = body->confidence_permille;
    kase->key_no = body->key_no;
    kase->device = body->device_id[0] == '\0'
                       ? 0
                       : crc32c(0, body->device_id, strlen(body->device_id));
    return received_place(kase, body->place);
}

static enum status case_accepted(const struct fold *fold)
{
    fold->kase->sla_row = fold->envelope->case_accepted->sla_row;
    fold->kase->feedback_answered = false;
    return STATUS_OK;
}

static enum status case_self_handled(const struct fold *fold)
{
    const Sanji__CaseSelfHandled *body = fold->envelope->case_self_handled;
    struct kase *kase = fold->kase;
    kase->self_handled = true;
    kase->effort_min = body->effort_min;
    kase->resolver_tier = TIER_GRID;
    kase->resolution = SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED;
    fold_resolution(kase, body->resolution);
    const enum status status = read_worker(fold, body->worker, &kase->worker);
    kase->resolver = kase->worker;
    return status;
}

static enum status verification_requested(const struct fold *fold)
{
    fold->kase->not_found = fold->kase->not_found && fold->edge == NULL;
    fold->kase->verifier = 0;
    return id_worker_parse(fold->envelope->verification_requested->verifier,
                           &fold->kase->verifier);
}

static enum status verification_reported(const struct fold *fold)
{
    fold->kase->not_found = !fold->envelope->verification_reported->confirmed;
    return STATUS_OK;
}

static enum status case_merged(const struct fold *fold)
{
    uint32_t place = 0;
    return id_case_parse(fold->envelope->case_merged->into_case_no, &place,
                         &fold->kase->merged_into);
}

static enum status check_requested(const struct fold *fold)
{
    fold->kase->check_requested = true;
    return id_worker_parse(fold->envelope->check_requested->checker, &fold->kase->checker);
}

static enum status check_completed(const struct fold *fold)
{
    fold_count(&fold->kase->checks);
    fold->kase->check_requested = false;
    return STATUS_OK;
}

static enum status revisit_completed(const struct fold *fold)
{
    fold_counted(&fold->kase->revisit_attempts, fold->envelope->revisit_completed->attempt);
    return STATUS_OK;
}

static enum status case_closed(const struct fold *fold)
{
    fold_resolution(fold->kase, fold->envelope->case_closed->resolution);
    return STATUS_OK;
}

/* T31 gives back a case that was never closed: no reopening in the sense of the limit. */
static enum status case_reopened(const struct fold *fold)
{
    const uint32_t times = fold->envelope->case_reopened->times;
    if (fold->edge->id != T31 || times != 0) {
        fold_counted(&fold->kase->reopens, times);
    }
    return STATUS_OK;
}

static enum status reporter_informed(const struct fold *fold)
{
    fold->kase->informed = true;
    return STATUS_OK;
}

static enum status key_destroyed(const struct fold *fold)
{
    fold->kase->key_destroyed = true;
    return STATUS_OK;
}

// ---- dispatch ---------------------------------------------------------------------------

static enum status further_offer(const struct fold *fold)
{
    const Sanji__DispatchOffered *body = fold->envelope->dispatch_offered;
    struct kase *kase = fold->kase;
    struct case_offer offer = {
        .seq = fold->record->seq, .n = (uint16_t)kase->offers, .role = (uint8_t)body->role};
    const enum status status = read_worker(fold, body->worker, &offer.worker);
    if (status != STATUS_OK || kase->others_count == CASE_OTHERS_MAX ||
        offer.worker == kase->worker || case_other(kase, offer.worker) != NULL) {
        return STATUS_INVALID;
    }
    kase->others[kase->others_count] = offer;
    kase->others_count++;
    return STATUS_OK;
}

static void drop_other(struct kase *kase, size_t at)
{
    kase->others_count--;
    memmove(kase->others + at, kase->others + at + 1,
            (kase->others_count - at) * sizeof kase->others[0]);
    kase->others[kase->others_count] = (struct case_offer){0};
}

/* Makes a further offer the one that stands for the case; the former one is gone. */
static void move_up(struct kase *kase, size_t at)
{
    const struct case_offer offer = kase->others[at];
    kase->worker = offer.worker;
    kase->offer_seq = offer.seq;
    kase->offer_n = offer.n;
    kase->offered_role = offer.role;
    drop_other(kase, at);
}

/* One of several is out: the others' offers stand. */
static enum status drop_offer(struct kase *kase, uint32_t worker)
{
    if (kase->worker == worker) {
        move_up(kase, 0);
        return STATUS_OK;
    }
    const struct case_offer *other = case_other(kase, worker);
    if (other == NULL) {
        return STATUS_INVALID;
    }
    drop_other(kase, (size_t)(other - kase->others));
    return STATUS_OK;
}

static enum status dispatch_offered(const struct fold *fold)
{
    const Sanji__DispatchOffered *body = fold->envelope->dispatch_offered;
    struct kase *kase = fold->kase;
    kase->offers = body->n != 0 ? body->n : kase->offers + 1;
    if (kase->offers > UINT16_MAX) {
        return STATUS_INVALID; // it names a timer
    }
    if (fold->edge == NULL) {
        return further_offer(fold);
    }
    kase->attempts = body->attempt != 0 ? body->attempt : kase->attempts + 1;
    kase->offer_seq = fold->record->seq;
    kase->offered_ms = fold->at_ms;
    kase->offered_role = (uint8_t)body->role;
    kase->effort_min = body->effort_min;
    kase->coordinator = body->coordinator;
    kase->broadcast = body->broadcast;
    kase->pair = body->pair;
    kase->offer_n = (uint16_t)kase->offers;
    return read_worker(fold, body->worker, &kase->worker);
}

/* The first to ack has the case; the others stand until each is stood down or, of a pair,
 * joins. */
static enum status dispatch_acked(const struct fold *fold)
{
    struct kase *kase = fold->kase;
    uint32_t worker = kase->worker;
    const enum status status =
        read_worker(fold, fold->envelope->dispatch_acked->worker, &worker);
    if (status != STATUS_OK) {
        return status;
    }
    const struct case_offer *other = case_other(kase, worker);
    if (fold->edge == NULL) {
        if (other == NULL || other->acked) {
            return STATUS_INVALID;
        }
        kase->others[other - kase->others].acked = true;
        return STATUS_OK;
    }
    kase->recalled = false;
    if (other == NULL) {
        kase->worker = worker;
        return STATUS_OK;
    }
    const struct case_offer first = {.seq = kase->offer_seq,
                                     .worker = kase->worker,
                                     .n = kase->offer_n,
                                     .role = kase->offered_role};
    move_up(kase, (size_t)(other - kase->others));
    kase->others[kase->others_count] = first;
    kase->others_count++;
    return STATUS_OK;
}

static enum status tried(const struct fold *fold, const char *text)
{
    uint32_t worker = 0;
    const enum status status = read_worker(fold, text, &worker);
    if (status == STATUS_OK) {
        note_tried(fold->kase, worker);
    }
    return status != STATUS_OK || fold->edge != NULL ? status
                                                     : drop_offer(fold->kase, worker);
}

static enum status dispatch_declined(const struct fold *fold)
{
    return tried(fold, fold->envelope->dispatch_declined->worker);
}

static enum status dispatch_expired(const struct fold *fold)
{
    return tried(fold, fold->envelope->dispatch_expired->worker);
}

/* A stand-down blames nobody, nor does the end of a shift: only a desk's recall does. */
static enum status dispatch_recalled(const struct fold *fold)
{
    const char *text = fold->envelope->dispatch_recalled->worker;
    const Sanji__Actor *actor = fold->envelope->actor;
    uint32_t worker = 0;
    if (fold->edge == NULL) {
        const enum status status = read_worker(fold, text, &worker);
        return status == STATUS_OK ? drop_offer(fold->kase, worker) : status;
    }
    fold->kase->recalled = true;
    return actor != NULL && actor->role == SANJI__ROLE__ROLE_SYSTEM ? STATUS_OK
                                                                    : tried(fold, text);
}

static enum status dispatch_exhausted(const struct fold *fold)
{
    fold->kase->exhausted = true;
    return STATUS_OK;
}

static enum status case_resolved(const struct fold *fold)
{
    const Sanji__CaseResolved *body = fold->envelope->case_resolved;
    struct kase *kase = fold->kase;
    kase->needs_revisit = body->needs_revisit;
    kase->resolver_tier = kase->tier;
    if (body->effort_min != 0) {
        kase->effort_min = body->effort_min;
    }
    fold_resolution(kase, body->resolution);
    kase->resolver = kase->worker;
    return read_worker(fold, body->worker, &kase->resolver);
}

// ---- alerts, timers that fired ------------------------------------------------------------------

/* Alerts of intake that no timer gives: attention of no kind. */
static enum status note_added(const struct fold *fold)
{
    const Sanji__NoteAdded *body = fold->envelope->note_added;
    if (body->kind == SANJI__NOTE_KIND__NOTE_KIND_SEVERITY_PROPOSED) {
        fold->kase->severity_proposed = true;
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < body->n_told && status == STATUS_OK; i++) {
        status = fold_told(fold, body->told[i], TIMER_NONE);
    }
    return status;
}

static enum status timer_fired(const struct fold *fold)
{
    const Sanji__TimerFired *body = fold->envelope->timer_fired;
    struct kase *kase = fold->kase;
    const unsigned kind = body->kind;
    enum status status = fold_timer_fired(kase, kind, body->n);
    if (kind == TIMER_RESOLVE) {
        kase->resolve_missed = true;
    }
    if (kind == TIMER_DISPATCH) {
        // Where no tier is above, this is escalation's answer: the desk tries afresh.
        kase->exhausted = false;
        fold_new_round(kase);
    }
    if (kind == TIMER_DECISION && body->n_told > 0 && status == STATUS_OK) {
        // Never granted by silence: the request goes to the desk that is told.
        status = fold_path(body->told[0]->org, &kase->request_decider);
    }
    for (size_t i = 0; i < body->n_told && status == STATUS_OK; i++) {
        status = fold_told(fold, body->told[i], kind);
    }
    return status;
}

// clang-format off
static const body_fn bodies[] = {
    [EVENT_CASE_RECEIVED]      = case_received,
    [EVENT_CASE_ACCEPTED]      = case_accepted,
    [EVENT_VERIFICATION_REQUESTED] = verification_requested,
    [EVENT_VERIFICATION_REPORTED]  = verification_reported,
    [EVENT_NOTE_ADDED]         = note_added,
    [EVENT_CASE_MERGED]        = case_merged,
    [EVENT_CASE_RECLASSIFIED]  = fold_case_reclassified,
    [EVENT_SEVERITY_CHANGED]   = fold_severity_changed,
    [EVENT_CASE_ROUTED]        = fold_case_routed,
    [EVENT_CASE_ESCALATED]     = fold_case_escalated,
    [EVENT_ASSIST_REQUESTED]   = fold_assist_requested,
    [EVENT_ASSIST_JOINED]      = fold_assist_joined,
    [EVENT_ASSIST_DONE]        = fold_assist_done,
    [EVENT_DECISION_REQUESTED] = fold_decision_requested,
    [EVENT_DECISION_MADE]      = fold_decision_made,
    [EVENT_UPSTREAM_SUBMITTED] = fold_upstream_submitted,
    [EVENT_UPSTREAM_UPDATED]   = fold_upstream_updated,
    [EVENT_CASE_SUSPENDED]     = fold_case_suspended,
    [EVENT_DEADLINE_EXTENDED]  = fold_deadline_extended,
    [EVENT_URGED]              = fold_urged,
    [EVENT_SUPERVISED]         = fold_supervised,
    [EVENT_DISPATCH_OFFERED]   = dispatch_offered,
    [EVENT_DISPATCH_ACKED]     = dispatch_acked,
    [EVENT_DISPATCH_DECLINED]  = dispatch_declined,
    [EVENT_DISPATCH_EXPIRED]   = dispatch_expired,
    [EVENT_DISPATCH_RECALLED]  = dispatch_recalled,
    [EVENT_CASE_RESOLVED]      = case_resolved,
    [EVENT_REPORTER_INFORMED]  = reporter_informed,
    [EVENT_CASE_SELF_HANDLED]  = case_self_handled,
    [EVENT_CHECK_REQUESTED]    = check_requested,
    [EVENT_CHECK_COMPLETED]    = check_completed,
    [EVENT_REVISIT_COMPLETED]  = revisit_completed,
    [EVENT_CASE_CLOSED]        = case_closed,
    [EVENT_CASE_REOPENED]      = case_reopened,
    [EVENT_DISPATCH_EXHAUSTED] = dispatch_exhausted,
    [EVENT_TIMER_FIRED]        = timer_fired,
    [EVENT_KEY_DESTROYED]      = key_destroyed,
};

// clang-format on

enum status fold_body(const struct fold *fold)
{
    const unsigned type = fold->envelope->body_case;
    if (type >= sizeof bodies / sizeof bodies[0] || bodies[type] == NULL) {
        return STATUS_OK;
    }
    return bodies[type](fold);
}
