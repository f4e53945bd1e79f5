/* model_guard.c: the column "guard" of the table of transitions, and what domain.md says of
 * the events beside it: properties 10, 11, 12 and 17. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/model_inside.h"

#define S(state) (1U << STATE_##state)

enum {
    RETURNS_MAX = 2,
    REOPENS_MAX = 2,
    EXTENSIONS_MAX = 2,
    DAY_MS = 24 * 3600 * 1000,
    UNMERGE_DAYS = 30,
    CHAIN_MAX = 100000
};

static uint32_t actor_worker(const struct look *look)
{
    const Sanji__Actor *actor = look->envelope->actor;
    return actor != NULL ? model_worker(actor->worker) : 0;
}

static unsigned actor_role(const struct look *look)
{
    const Sanji__Actor *actor = look->envelope->actor;
    return actor != NULL ? (unsigned)actor->role : 0;
}

static bool has_offer(const struct look *look, uint64_t seq, const char *worker)
{
    for (size_t i = 0; i < MODEL_OFFERS_MAX; i++) {
        const struct model_offer *offer = &look->kase->offers[i];
        if (seq != 0 && offer->seq == seq) {
            return worker[0] == '\0' || offer->worker == model_worker(worker);
        }
    }
    return false;
}

static void guard_offers(const struct look *look)
{
    const Sanji__Envelope *envelope = look->envelope;
    bool is_fine = true;
    switch ((unsigned)envelope->body_case) {
    case EVENT_DISPATCH_ACKED:
        is_fine = has_offer(look, envelope->dispatch_acked->offer,
                            envelope->dispatch_acked->worker) &&
                  actor_worker(look) == model_worker(envelope->dispatch_acked->worker);
        break;
    case EVENT_DISPATCH_DECLINED:
        is_fine = has_offer(look, envelope->dispatch_declined->offer,
                            envelope->dispatch_declined->worker);
        break;
    case EVENT_DISPATCH_EXPIRED:
        is_fine = has_offer(look, envelope->dispatch_expired->offer,
                            envelope->dispatch_expired->worker);
        break;
    default:
        break;
    }
    if (!is_fine) {
        model_say(look, "answers no open offer of this worker");
    }
}

static void guard_escalated(const struct look *look)
{
    const Sanji__CaseEscalated *body = look->envelope->case_escalated;
    if ((unsigned)body->from_tier != look->kase->tier || body->to_tier <= body->from_tier ||
        body->to_tier > SANJI__TIER__TIER_SUBDISTRICT) {
        model_say(look, "does not go up from where the case is");
    }
    if (body->level <= look->kase->level) {
        model_say(look, "the level of escalation does not rise");
    }
    if (body->cause == SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_UNSPECIFIED) {
        model_say(look, "no cause given");
    }
}

static void guard_supervised(const struct look *look)
{
    const Sanji__Supervised *body = look->envelope->supervised;
    if ((unsigned)body->from != look->kase->supervise) {
        model_say(look, "supervised from a level that the case does not have");
    }
    if (body->to != SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NONE &&
        body->to <= body->from) {
        model_say(look, "supervision does not rise");
    }
    if (body->to == SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NONE &&
        actor_role(look) == ROLE_SYSTEM) {
        model_say(look, "lifted by nobody");
    }
}

static void guard_decision(const struct look *look)
{
    const Sanji__DecisionMade *body = look->envelope->decision_made;
    const bool returns =
        body->approved && body->kind == SANJI__DECISION_KIND__DECISION_KIND_RETURN;
    if (returns && !body->final && look->kase->returns >= RETURNS_MAX) {
        model_say(look, "a third return without a final decision");
    }
    if (body->request_seq != 0 && body->request_seq != look->kase->request_seq) {
        model_say(look, "decides on a request that is not open");
    }
}

static void guard_check(const struct look *look)
{
    const uint32_t worker = actor_worker(look);
    if (worker != 0 && worker == look->kase->resolver) {
        model_say(look, "checked by who resolved it");
    }
}

static void guard_rejected(const struct look *look)
{
    const Sanji__CaseRejected *body = look->envelope->case_rejected;
    const uint32_t worker = actor_worker(look);
    if (body->reason_code == 0 || body->advice_code[0] == '\0') {
        model_say(look, "rejected without reason or advice");
    }
    if (worker != 0 && (worker == look->kase->worker || worker == look->kase->resolver)) {
        model_say(look, "rejected by who handles it");
    }
}

/* Property 12. */
static void guard_merged(const struct look *look)
{
    uint32_t place = 0;
    uint64_t key = 0;
    if (id_case_parse(look->envelope->case_merged->into_case_no, &place, &key) !=
        STATUS_OK) {
        model_say(look, "merged into no case number");
        return;
    }
    const struct model_case *parent = model_find(look->model, key);
    if (parent == NULL || key == look->kase->key) {
        model_say(look, "merged into itself or into a case that does not exist");
        return;
    }
    if ((1U << parent->state & (S(REJECTED) | S(CANCELLED) | S(MERGED) | S(CLOSED))) != 0) {
        model_say(look, "merged into a case that has ended");
    }
    // Escalation decides on the category, intake on the merge: what one decided after the
    // statement was said, the other may not have read.
    const bool lags = parent->restricted_seq > look->envelope->cause_seq;
    if (parent->restricted != look->kase->restricted && !lags) {
        model_say(look, "merged across restricted and unrestricted");
    }
    for (size_t steps = 0; parent != NULL && steps < CHAIN_MAX; steps++) {
        if (parent->key == look->kase->key) {
            model_say(look, "the graph of merges has a cycle");
            return;
        }
        parent =
            parent->merged_into != 0 ? model_find(look->model, parent->merged_into) : NULL;
    }
}

static void guard_upstream(const struct look *look)
{
    const struct model_case *kase = look->kase;
    if (kase->tier != TIER_SUBDISTRICT) {
        model_say(look, "handed upstream from below the sub-district");
    }
    if (kase->status == SANJI__MSG_STATUS__MSG_STATUS_EXERCISE ||
        kase->status == SANJI__MSG_STATUS__MSG_STATUS_TEST) {
        model_say(look, "an exercise goes upstream");
    }
    if (actor_role(look) == ROLE_SYSTEM && kase->severity != SEVERITY_S1) {
        model_say(look, "handed upstream by nobody, and no S1");
    }
}

static void guard_suspended(const struct look *look)
{
    const Sanji__CaseSuspended *body = look->envelope->case_suspended;
    const struct model_case *kase = look->kase;
    const int64_t most_days = kase->severity == SEVERITY_S4 ? 60 : 15;
    if (kase->severity != SEVERITY_S3 && kase->severity != SEVERITY_S4) {
        model_say(look, "suspended although it is urgent");
    }
    if (body->resume_by_ms <= look->at_ms ||
        body->resume_by_ms > look->at_ms + most_days * DAY_MS) {
        model_say(look, "suspended without an end, or for too long");
    }
}

static void guard_extended(const struct look *look)
{
    const struct model_case *kase = look->kase;
    if (kase->extensions >= EXTENSIONS_MAX) {
        model_say(look, "extended a third time");
    }
    if (kase->severity == SEVERITY_S1 || kase->severity == SEVERITY_S2) {
        model_say(look, "extended although it is urgent");
    }
}

static void guard_resolved(const struct look *look)
{
    const Sanji__CaseResolved *body = look->envelope->case_resolved;
    if (model_worker(body->worker) != look->kase->worker || look->kase->worker == 0) {
        model_say(look, "resolved by somebody who does not have it");
    }
    if (look->kase->assists_open != 0) {
        model_say(look, "resolved while an assist is open");
    }
}

static void guard_self_handled(const struct look *look)
{
    if (look->kase->severity != SEVERITY_S3 && look->kase->severity != SEVERITY_S4) {
        model_say(look, "an urgent case was handled on the spot");
    }
}

static void guard_updated(const struct look *look)
{
    if (look->envelope->upstream_updated->handover != look->kase->handover_seq) {
        model_say(look, "answers a handover that is not the newest");
    }
}

static void guard_reopened(const struct look *look)
{
    if (look->move != NULL && look->move->id == 31 && actor_role(look) == ROLE_SYSTEM &&
        !look->kase->granted) {
        model_say(look, "reopened by nobody, and no appeal was granted");
    }
    if (look->move != NULL && look->move->id != 31 && look->kase->reopens >= REOPENS_MAX) {
        model_say(look, "reopened a third time");
    }
}

static void guard_unmerged(const struct look *look)
{
    if (look->at_ms > look->kase->closed_ms + UNMERGE_DAYS * (int64_t)DAY_MS) {
        model_say(look, "unmerged too late");
    }
}

static void guard_cancelled(const struct look *look)
{
    if (actor_role(look) == ROLE_REPORTER && look->kase->severity == SEVERITY_S1) {
        model_say(look, "the reporter withdraws an S1");
    }
}

static void guard_severity(const struct look *look)
{
    const Sanji__SeverityChanged *body = look->envelope->severity_changed;
    if ((unsigned)body->from != look->kase->severity || body->to == body->from) {
        model_say(look, "the severity changes from what it is not, or not at all");
    }
}

typedef void (*guard_fn)(const struct look *look);

// clang-format off
static const guard_fn guards[] = {
    [EVENT_DISPATCH_ACKED]     = guard_offers,
    [EVENT_DISPATCH_DECLINED]  = guard_offers,
    [EVENT_DISPATCH_EXPIRED]   = guard_offers,
    [EVENT_CASE_ESCALATED]     = guard_escalated,
    [EVENT_SUPERVISED]         = guard_supervised,
    [EVENT_DECISION_MADE]      = guard_decision,
    [EVENT_CHECK_COMPLETED]    = guard_check,
    [EVENT_CASE_REJECTED]      = guard_rejected,
    [EVENT_CASE_MERGED]        = guard_merged,
    [EVENT_CASE_UNMERGED]      = guard_unmerged,
    [EVENT_CASE_CANCELLED]     = guard_cancelled,
    [EVENT_CASE_REOPENED]      = guard_reopened,
    [EVENT_UPSTREAM_SUBMITTED] = guard_upstream,
    [EVENT_UPSTREAM_UPDATED]   = guard_updated,
    [EVENT_CASE_SUSPENDED]     = guard_suspended,
    [EVENT_DEADLINE_EXTENDED]  = guard_extended,
    [EVENT_CASE_RESOLVED]      = guard_resolved,
    [EVENT_CASE_SELF_HANDLED]  = guard_self_handled,
    [EVENT_SEVERITY_CHANGED]   = guard_severity,
};

// clang-format on

void model_guard(const struct look *look)
{
    const unsigned type = (unsigned)look->envelope->body_case;
    if (type < sizeof guards / sizeof guards[0] && guards[type] != NULL) {
        guards[type](look);
    }
}
