/* upstream.c: see upstream.h. */
#include "workers/escalation/upstream.h"

#include "workers/escalation/alert.h"
#include "workers/escalation/routing.h"
#include "workers/escalation/steps.h"

static bool is_drill(const struct kase *kase)
{
    return kase->status == SANJI__MSG_STATUS__MSG_STATUS_EXERCISE ||
           kase->status == SANJI__MSG_STATUS__MSG_STATUS_TEST;
}

static void write_submitted(struct turn *turn, struct kase *kase, Sanji__Envelope *envelope,
                            uint32_t reason_code)
{
    const Sanji__Policy *policy = rules_policy(turn_rules(turn));
    const bool named = policy->escalation != NULL;
    Sanji__UpstreamSubmitted *body =
        TURN_NEW(turn, Sanji__UpstreamSubmitted, sanji__upstream_submitted__init);
    body->upstream_system =
        turn_text(turn, "%s", named ? policy->escalation->upstream_system : "");
    body->reason_code = reason_code;
    turn_set_worker(turn, envelope, 0);
    steps_cancel(turn, envelope, kase);
    envelope->body_case = SANJI__ENVELOPE__BODY_UPSTREAM_SUBMITTED;
    envelope->upstream_submitted = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T16, .envelope = envelope});
}

/* Who speaks for the sub-district: `org` may be left out, a lower desk may not. */
static bool is_sub_district(const struct heard *heard)
{
    struct org_path org = {0};
    if (heard->said->actor->org[0] == '\0' ||
        (org_parse(heard->said->actor->org, &org) == STATUS_OK &&
         org_depth(org) >= TIER_SUBDISTRICT)) {
        return true;
    }
    heard_refuse(heard, STATUS_WRONG_DESK, "actor.org",
                 "只有街道指挥中心对接市级平台 / only the sub-district's command centre "
                 "deals with the municipal platform");
    return false;
}

void upstream_said(const struct heard *heard)
{
    struct kase *kase = heard->kase;
    if (is_drill(kase)) {
        heard_refuse(heard, STATUS_WRONG_STATE, "case_no",
                     "演练案件不得上传 / an exercise never goes upstream: it is resolved "
                     "here");
        return;
    }
    if (kase->tier != TIER_SUBDISTRICT) {
        heard_refuse(heard, STATUS_WRONG_STATE, NULL,
                     "案件不在街道 / the sub-district does not hold the case: `escalate` "
                     "it there first");
        return;
    }
    if (is_sub_district(heard)) {
        write_submitted(heard->turn, kase, heard_event(heard), heard->fields->reason_code);
    }
}

bool upstream_by_policy(struct turn *turn, struct kase *kase)
{
    if (is_drill(kase) || kase->tier != TIER_SUBDISTRICT ||
        (lifecycle_edge(T16)->from >> kase->state & 1U) == 0) {
        return false;
    }
    write_submitted(turn, kase, turn_event(turn, kase, 0), 0);
    return true;
}

// ---- what the platform says ----

static const char *wrong_update(const struct heard *heard, enum status *status,
                                const char **field)
{
    const Sanji__StatementFields *fields = heard->fields;
    *status = STATUS_INVALID;
    if (turn_committed(fields->handover) == 0 ||
        fields->handover != heard->kase->handover_seq) {
        *status = STATUS_STALE;
        *field = "handover";
        return turn_text(heard->turn,
                         "移交编号不是最近一次的%s / the newest hand-over is another one%s",
                         turn_seq_text(heard->turn, heard->kase->handover_seq),
                         turn_seq_text(heard->turn, heard->kase->handover_seq));
    }
    if (fields->update == SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_RECEIVED &&
        fields->upstream_ref[0] == '\0') {
        *field = "upstream_ref";
        return "RECEIVED 须带市级编号 / RECEIVED brings the platform's reference";
    }
    if (fields->update == SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE &&
        fields->resolution == SANJI__RESOLUTION__RESOLUTION_UNSPECIFIED) {
        *field = "resolution";
        return "DONE 须带办理结果 / DONE says how it was resolved";
    }
    *status = STATUS_OK;
    return NULL;
}

void upstream_update_said(const struct heard *heard)
{
    struct turn *turn = heard->turn;
    struct kase *kase = heard->kase;
    const Sanji__StatementFields *fields = heard->fields;
    enum status status = STATUS_OK;
    const char *field = NULL;
    const char *wrong = wrong_update(heard, &status, &field);
    if (status != STATUS_OK) {
        heard_refuse(heard, status, field, wrong);
        return;
    }
    const bool done = fields->update == SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE;
    const bool back = fields->update == SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_SENT_BACK;
    Sanji__UpstreamUpdated *body =
        TURN_NEW(turn, Sanji__UpstreamUpdated, sanji__upstream_updated__init);
    Sanji__Envelope *envelope = heard_event(heard);
    body->handover = fields->handover;
    body->kind = fields->update;
    body->resolution = fields->resolution;
    body->upstream_ref = fields->upstream_ref;
    body->reason_code = fields->reason_code;
    if (!done && !back) {
        // A sign of life: the platform is urged when it is silent from here.
        (void)turn_arm(turn, envelope, TIMER_UPSTREAM, 0, 0); // no limit: the old one runs
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_UPSTREAM_UPDATED;
    envelope->upstream_updated = body;
    turn_emit(turn, &(struct emission){
                        .kase = kase, .edge = done ? T18 : T_NONE, .envelope = envelope});
    if (back) {
        routing_write(turn, kase,
                      &(struct routing){.edge = T17,
                                        .to = kase->holder,
                                        .tier = (enum org_tier)kase->tier,
                                        .cause_seq = heard->record->seq,
                                        .actor = heard->said->actor});
    }
}

void upstream_take_back_said(const struct heard *heard)
{
    struct turn *turn = heard->turn;
    struct kase *kase = heard->kase;
    if (!is_sub_district(heard)) {
        return;
    }
    Sanji__DecisionMade *body =
        TURN_NEW(turn, Sanji__DecisionMade, sanji__decision_made__init);
    Sanji__Envelope *envelope = heard_event(heard);
    body->kind = SANJI__DECISION_KIND__DECISION_KIND_UPSTREAM;
    body->approved = true;
    body->reason_code = heard->fields->reason_code;
    envelope->body_case = SANJI__ENVELOPE__BODY_DECISION_MADE;
    envelope->decision_made = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
    routing_write(turn, kase,
                  &(struct routing){.edge = T32,
                                    .to = kase->holder,
                                    .tier = (enum org_tier)kase->tier,
                                    .cause_seq = heard->record->seq,
                                    .actor = heard->said->actor});
}

void upstream_due(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    const struct turn_told told[2] = {
        {.org = kase->holder, .role = ROLE_DUTY_LEADER},
        {.org = kase->holder, .role = ROLE_MUNICIPAL},
    };
    alert_again(turn, kase, timer, told, 2);
}
