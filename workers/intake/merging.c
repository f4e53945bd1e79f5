/* merging.c: see merging.h. */
#include "workers/intake/merging.h"

#include <assert.h>

#include "workers/intake/closing.h"
#include "workers/intake/desk.h"
#include "workers/intake/notice.h"

enum {
    MS_PER_S = 1000,
    REASON_RECURRED = 702
};

static char *case_no(struct turn *turn, uint64_t key)
{
    return id_case_print(world_place(turn_world(turn)), key, turn_take(turn, CASE_NO_SIZE));
}

static struct refusal refuse(enum status status, const char *field, const char *reason)
{
    return (struct refusal){.status = status, .field = field, .reason = reason};
}

/* ---- T28 ---- */

void merging_write(struct turn *turn, struct kase *child, const struct kase *parent,
                   const struct merge *merge)
{
    Sanji__CaseMerged *body = TURN_NEW(turn, Sanji__CaseMerged, sanji__case_merged__init);
    Sanji__Envelope *envelope = turn_event(turn, child, merge->cause_seq);
    body->into_case_no = case_no(turn, parent->key);
    body->rule_id = merge->rule;
    body->score_permille = merge->score_permille;
    body->watchers_moved = case_voices(child);
    turn_set_worker(turn, envelope, 0);
    if (merge->actor != NULL) {
        envelope->actor = merge->actor;
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_MERGED;
    envelope->case_merged = body;
    turn_emit(turn, &(struct emission){.kase = child, .edge = T28, .envelope = envelope});
}

/* The case that the statement names; NULL: there is none. */
static struct kase *find_parent(struct turn *turn, const char *text)
{
    uint32_t place = 0;
    uint64_t key = 0;
    if (id_case_parse(text, &place, &key) != STATUS_OK ||
        place != world_place(turn_world(turn))) {
        return NULL;
    }
    return world_case(turn_world(turn), key);
}

static struct refusal check_state(struct turn *turn, struct kase *parent)
{
    const Sanji__Policy *policy = rules_policy(turn_rules(turn));
    if (parent->state == STATE_MERGED) {
        return refuse(STATUS_WRONG_STATE, "into_case_no",
                      turn_text(turn,
                                "该案件已并入 %s / that case is itself merged: name %s",
                                case_no(turn, parent->merged_into),
                                case_no(turn, parent->merged_into)));
    }
    if (parent->state == STATE_REJECTED || parent->state == STATE_CANCELLED) {
        return refuse(STATUS_WRONG_STATE, "into_case_no",
                      turn_text(turn, "目标案件%s / the case to merge into is %s",
                                vocab_state_zh(parent->state),
                                vocab_state_en(parent->state)));
    }
    if (parent->state != STATE_CLOSED) {
        return refuse(STATUS_OK, NULL, NULL);
    }
    const struct case_timer *window = case_timer(parent, TIMER_REOPEN_WINDOW, 0);
    const int64_t closed_s = policy->duplicates != NULL ? policy->duplicates->closed_s : 0;
    const bool recent = turn_now_ms(turn) - parent->closed_ms <= closed_s * MS_PER_S;
    if (!recent || window == NULL || window->state != TIMER_STATE_ARMED ||
        parent->reopens >= policy->reopens_max) {
        return refuse(
            STATUS_LIMIT, "into_case_no",
            "目标案件结案已久或重开次数已满,请单独办理 / the case to merge into was "
            "closed too long ago or reopened too often: handle this one by itself");
    }
    return refuse(STATUS_OK, NULL, NULL);
}

static struct refusal check_merge(struct turn *turn, const Sanji__Envelope *said,
                                  const struct kase *kase, struct kase *parent)
{
    if (parent == NULL) {
        return refuse(STATUS_NOT_FOUND, "into_case_no", "无此案件 / no such case");
    }
    if (parent->key == kase->key) {
        return refuse(STATUS_INVALID, "into_case_no",
                      "不能并入自身 / a case cannot be merged into itself");
    }
    const struct refusal refusal = check_state(turn, parent);
    if (refusal.status != STATUS_OK) {
        return refusal;
    }
    if (parent->restricted != kase->restricted) {
        return refuse(
            STATUS_INVALID, "into_case_no",
            "受限与非受限案件不得并案 / a restricted case and an unrestricted one "
            "are never merged");
    }
    if (parent->status != kase->status) {
        return refuse(
            STATUS_INVALID, "into_case_no",
            "演练与实际案件不得并案 / an exercise and a real case are never merged");
    }
    if (said->actor->role != SANJI__ROLE__ROLE_INTAKE_OPERATOR &&
        !org_equal(org_community(parent->area), org_community(kase->area))) {
        return refuse(STATUS_WRONG_ROLE, "actor.role",
                      "跨社区并案须由受理员决定 / across communities an INTAKE_OPERATOR "
                      "decides");
    }
    return refusal;
}

void merging_decide_merge(struct turn *turn, const struct record *record,
                          const Sanji__Envelope *said, struct kase *kase)
{
    struct kase *parent = find_parent(turn, said->said->fields->into_case_no);
    const struct refusal refusal = check_merge(turn, said, kase, parent);
    if (refusal.status != STATUS_OK) {
        turn_refuse(turn, record, said, kase, refusal);
        return;
    }
    if (parent->state == STATE_CLOSED) {
        closing_reopen(turn, parent,
                       &(struct reopening){.edge = T25,
                                           .cause_seq = record->seq,
                                           .reason_code = REASON_RECURRED});
    }
    merging_write(turn, kase, parent,
                  &(struct merge){
                      .cause_seq = record->seq, .actor = said->actor, .rule = MERGE_SAID});
}

/* ---- T29 ---- */

void merging_decide_unmerge(struct turn *turn, const struct record *record,
                            const Sanji__Envelope *said, struct kase *kase)
{
    const uint32_t within_s = rules_policy(turn_rules(turn))->unmerge_s;
    if (within_s != 0 &&
        turn_now_ms(turn) - kase->closed_ms > (int64_t)within_s * MS_PER_S) {
        turn_refuse(
            turn, record, said, kase,
            refuse(STATUS_LIMIT, NULL,
                   "撤销并案期限已过,请另行上报 / too long ago to take the case out "
                   "again: submit a new report"));
        return;
    }
    // It comes back as an accepted case: what T05 asks for must be known by now.
    Sanji__Envelope *envelope = desk_acceptance(turn, record, said, kase);
    if (envelope == NULL) {
        return;
    }
    Sanji__CaseUnmerged *body =
        TURN_NEW(turn, Sanji__CaseUnmerged, sanji__case_unmerged__init);
    body->from_case_no = case_no(turn, kase->merged_into);
    body->reason_code = said->said->fields->reason_code;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_UNMERGED;
    envelope->case_unmerged = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T29, .envelope = envelope});
}

/* ---- the parent ---- */

void merging_consider(struct turn *turn, const struct kase *child, uint64_t cause_seq)
{
    const Sanji__Policy *policy = rules_policy(turn_rules(turn));
    struct kase *parent = child->state == STATE_MERGED
                              ? world_case(turn_world(turn), child->merged_into)
                              : NULL;
    if (parent == NULL || parent->severity != SEVERITY_S3 || parent->severity_proposed ||
        (lifecycle_edge(T28)->from >> parent->state & 1U) == 0 ||
        policy->burst_reports > CASE_BURST_MAX ||
        !case_has_burst(parent, policy->burst_reports, policy->burst_s)) {
        return;
    }
    notice_write(turn, parent, cause_seq,
                 &(struct notice){.kind = SANJI__NOTE_KIND__NOTE_KIND_SEVERITY_PROPOSED,
                                  .org = parent->owner,
                                  .role = ROLE_DUTY_LEADER,
                                  .count = parent->merged_reports + 1U,
                                  .severity = SEVERITY_S2});
}

void merging_ended(struct turn *turn, struct kase *parent, uint64_t cause_seq)
{
    assert(lifecycle_is_final((enum case_state)parent->state));
    if (parent->watchers > 0) {
        notice_write(turn, parent, cause_seq,
                     &(struct notice){.kind = SANJI__NOTE_KIND__NOTE_KIND_TELL_REPORTERS,
                                      .org = parent->owner,
                                      .role = ROLE_INTAKE_OPERATOR,
                                      .count = parent->watchers});
    }
}
