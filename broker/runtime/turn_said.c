/* turn_said.c: may this be said, by him, on this case, now; and the answer when it may not.
 *
 *     kind built -> role -> fields -> case -> offer -> version -> state -> worker -> desk
 *
 * The offer and the version come before the state: who answers an old offer or looked at an
 * old version is told that, not that the state is wrong.
 */
#include <assert.h>
#include <string.h>

#include "broker/runtime/turn_inside.h"

/* Roles whose holders stand in the roster. */
enum {
    IN_ROSTER = 1 << ROLE_GRID_CHIEF | 1 << ROLE_FULLTIME | 1 << ROLE_GUIDE |
                1 << ROLE_PROFESSIONAL | 1 << ROLE_VOLUNTEER | 1 << ROLE_BUILDING_HEAD |
                1 << ROLE_SOCIAL_WORKER,
    /* Of these some speak for a unit without a worker's number. */
    FOR_A_UNIT = 1 << ROLE_GRID_CHIEF | 1 << ROLE_GUIDE,
    DESKS = 1 << ROLE_INTAKE_OPERATOR | 1 << ROLE_DISPATCHER | 1 << ROLE_DUTY_LEADER
};

static const struct refusal fine = {.status = STATUS_OK};

static struct refusal refuse(enum status status, const char *field, const char *reason)
{
    return (struct refusal){.status = status, .field = field, .reason = reason};
}

/* ---- the fields a kind needs ---- */

static bool has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool has_need(const Sanji__StatementFields *fields, uint32_t need)
{
    switch ((enum statement_need)need) {
    case NEED_OFFER:
        return fields->offer != 0;
    case NEED_REASON:
        return fields->reason_code != 0;
    case NEED_RESOLUTION:
        return fields->resolution != SANJI__RESOLUTION__RESOLUTION_UNSPECIFIED;
    case NEED_WORKER:
        return has_text(fields->worker);
    case NEED_PURPOSE:
        return fields->purpose != SANJI__PURPOSE__PURPOSE_UNSPECIFIED;
    case NEED_RESULT:
        return fields->result != SANJI__SATISFACTION__SATISFACTION_UNSPECIFIED;
    case NEED_DUTY:
        return fields->duty != SANJI__DUTY__DUTY_UNSPECIFIED;
    case NEED_ADVICE:
        return has_text(fields->advice_code);
    case NEED_HOLDER:
        return has_text(fields->suggested_holder) || has_text(fields->to);
    case NEED_SEVERITY:
        return fields->severity != SANJI__SEVERITY__SEVERITY_UNSPECIFIED;
    case NEED_CATEGORY:
        return has_text(fields->category);
    case NEED_DECISION:
        return fields->decision != SANJI__DECISION_KIND__DECISION_KIND_UNSPECIFIED;
    case NEED_HANDOVER:
        return fields->handover != 0;
    case NEED_UPDATE:
        return fields->update != SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_UNSPECIFIED;
    case NEED_INTO:
        return has_text(fields->into_case_no);
    case NEED_DEPARTMENT:
        return has_text(fields->department_code);
    case NEED_RESUME_BY:
        return fields->resume_by_ms != 0;
    }
    return false;
}

/* In the order of the bits of enum statement_need. */
static const char *const need_names[] = {
    "offer",           "reason_code", "resolution",  "worker",           "purpose",
    "result",          "duty",        "advice_code", "suggested_holder", "severity",
    "category",        "decision",    "handover",    "update",           "into_case_no",
    "department_code", "resume_by"};

static struct refusal check_needs(struct turn *turn, const Sanji__StatementFields *fields,
                                  uint32_t needs)
{
    for (unsigned bit = 0; bit < sizeof need_names / sizeof need_names[0]; bit++) {
        uint32_t need = UINT32_C(1) << bit;
        if ((needs & need) != 0 && (fields == NULL || !has_need(fields, need))) {
            return refuse(STATUS_INVALID, need_names[bit],
                          turn_text(turn, "缺少 %s / %s is missing", need_names[bit],
                                    need_names[bit]));
        }
    }
    return fine;
}

/* ---- the case ---- */

static const char *state_text(struct turn *turn, const struct kase *kase)
{
    return turn_text(turn, "案件处于%s / the case is %s", vocab_state_zh(kase->state),
                     vocab_state_en(kase->state));
}

static const char *offer_text(struct turn *turn, const struct kase *kase)
{
    if (kase->offer_seq == 0 || kase->state != STATE_DISPATCHED) {
        return "现无待签收的派单 / no offer is open now";
    }
    if (turn_committed(kase->offer_seq) == 0) {
        return "刚刚已另行派单 / another offer was made just now";
    }
    return turn_text(turn, "现行派单为 %llu / the current offer is %llu",
                     (unsigned long long)kase->offer_seq,
                     (unsigned long long)kase->offer_seq);
}

static struct refusal check_case(struct turn *turn, const struct statement_rule *rule,
                                 const Sanji__StatementFields *fields,
                                 const struct kase *kase)
{
    if (!rule->on_case) {
        return fine;
    }
    if (kase == NULL) {
        return refuse(STATUS_NOT_FOUND, "case_no", "无此案件 / no such case");
    }
    const bool names_offer = (rule->needs & NEED_OFFER) != 0;
    // Nobody outside can have read an offer of this very turn.
    const uint64_t offer = names_offer ? turn_committed(fields->offer) : 0;
    const bool is_open = offer != 0 && case_offered(kase, offer) != 0;
    if (names_offer && (offer == 0 || offer != kase->offer_seq) && !is_open) {
        return refuse(STATUS_STALE_OFFER, "offer", offer_text(turn, kase));
    }
    if (fields != NULL && fields->if_version != 0 && fields->if_version != kase->version) {
        return refuse(STATUS_STALE, "if_version",
                      turn_text(turn, "现为第 %u 版 / the case is at version %u",
                                kase->version, kase->version));
    }
    // The second of a pair may answer when the first is at work already.
    if ((rule->states >> kase->state & 1U) == 0 && !is_open) {
        return refuse(STATUS_WRONG_STATE, NULL, state_text(turn, kase));
    }
    return fine;
}

/* ---- who says it ---- */

static bool has_role(const Sanji__Worker *row, unsigned role)
{
    bool has = (unsigned)row->role == role;
    for (size_t i = 0; i < row->n_further_roles && !has; i++) {
        has = (unsigned)row->further_roles[i] == role;
    }
    return has;
}

static bool is_answer_of_assignee(enum statement_kind kind)
{
    return kind == SAY_ACK || kind == SAY_DECLINE || kind == SAY_ARRIVE ||
           kind == SAY_PROGRESS || kind == SAY_RESOLVE;
}

static uint32_t who_answers(const struct statement_rule *rule,
                            const Sanji__StatementFields *fields, const struct kase *kase)
{
    return (rule->needs & NEED_OFFER) != 0 ? case_offered(kase, fields->offer)
                                           : kase->worker;
}

static struct refusal check_worker(struct turn *turn, const struct statement_rule *rule,
                                   const Sanji__Envelope *said, const struct kase *kase)
{
    const Sanji__Actor *actor = said->actor;
    unsigned role = (unsigned)actor->role;
    uint32_t worker = 0;
    if (id_worker_parse(actor->worker, &worker) != STATUS_OK) {
        return refuse(STATUS_INVALID, "actor.worker",
                      "人员编号无效 / not a worker's number");
    }
    const Sanji__Worker *row = rules_worker(turn_rules(turn), worker);
    if (worker != 0 && row == NULL) {
        return refuse(STATUS_NOT_FOUND, "actor.worker",
                      turn_text(turn, "名册中无 %s / %s is not in the roster",
                                actor->worker, actor->worker));
    }
    bool is_in_roster = (IN_ROSTER >> role & 1U) != 0;
    if (worker == 0 && is_in_roster &&
        ((FOR_A_UNIT >> role & 1U) == 0 || actor->org[0] == '\0')) {
        return refuse(STATUS_INVALID, "actor.worker",
                      "须注明人员编号 / this role says who it is: actor.worker");
    }
    if (row != NULL && is_in_roster && !has_role(row, role)) {
        return refuse(STATUS_WRONG_ROLE, "actor.role",
                      turn_text(turn, "%s 不是%s / %s does not have the role %s",
                                actor->worker, vocab_role_zh(role), actor->worker,
                                vocab_role_name(role)));
    }
    if (kase != NULL && is_answer_of_assignee(rule->kind) &&
        worker != who_answers(rule, said->said->fields, kase)) {
        return refuse(STATUS_WRONG_WORKER, "actor.worker",
                      "案件派给他人 / the case was offered to somebody else");
    }
    return fine;
}

static struct refusal check_desk(const Sanji__Actor *actor, const struct kase *kase)
{
    bool speaks_for_unit = ((DESKS | FOR_A_UNIT) >> (unsigned)actor->role & 1) != 0;
    if (actor->org[0] == '\0' || !speaks_for_unit) {
        return fine;
    }
    struct org_path org = {0};
    if (org_parse(actor->org, &org) != STATUS_OK) {
        return refuse(STATUS_INVALID, "actor.org", "机构路径无效 / not an org path");
    }
    bool is_on_path = kase == NULL || org_within(kase->area, org) ||
                      org_within(kase->holder, org) || org_within(kase->owner, org);
    return is_on_path
               ? fine
               : refuse(STATUS_WRONG_DESK, "actor.org",
                        "该机构不在案件路径上 / neither the area, the holder nor the "
                        "owner of the case lies at or below this unit");
}

struct refusal turn_check_said(struct turn *turn, const Sanji__Envelope *said,
                               const struct kase *kase)
{
    assert(said->body_case == SANJI__ENVELOPE__BODY_SAID);
    const struct statement_rule *rule = statement_rule((unsigned)said->said->kind);
    if (rule == NULL) {
        return refuse(STATUS_UNKNOWN_KIND, "kind", status_en(STATUS_UNKNOWN_KIND));
    }
    if (!rule->built) {
        return refuse(STATUS_NOT_YET, "kind", "本版本尚未实现 / not built in this version");
    }
    const Sanji__Actor *actor = said->actor;
    if (actor == NULL || (unsigned)actor->role >= ROLE_COUNT ||
        (rule->roles >> (unsigned)actor->role & 1U) == 0) {
        return refuse(STATUS_WRONG_ROLE, "actor.role",
                      "该角色无权 / this role may not say this");
    }
    struct refusal refusal = check_needs(turn, said->said->fields, rule->needs);
    if (refusal.status == STATUS_OK) {
        refusal = check_case(turn, rule, said->said->fields, kase);
    }
    if (refusal.status == STATUS_OK) {
        refusal = check_worker(turn, rule, said, kase);
    }
    if (refusal.status == STATUS_OK) {
        refusal = check_desk(actor, kase);
    }
    return refusal;
}

size_t turn_refuse(struct turn *turn, const struct record *record,
                   const Sanji__Envelope *said, const struct kase *kase,
                   struct refusal refusal)
{
    assert(refusal.status != STATUS_OK);
    assert(said->body_case == SANJI__ENVELOPE__BODY_SAID);
    Sanji__StatementRefused *body =
        TURN_NEW(turn, Sanji__StatementRefused, sanji__statement_refused__init);
    body->code = (uint32_t)refusal.status;
    body->code_name = turn_text(turn, "%s", status_name(refusal.status));
    body->kind = said->said->kind;
    body->field = turn_text(turn, "%s", refusal.field != NULL ? refusal.field : "");
    body->reason = refusal.reason != NULL
                       ? turn_text(turn, "%s", refusal.reason)
                       : turn_text(turn, "%s / %s", status_zh(refusal.status),
                                   status_en(refusal.status));
    if (kase != NULL) {
        enum statement_kind allowed[SAY_COUNT];
        size_t count = statement_allowed((enum case_state)kase->state, allowed);
        body->state = (Sanji__CaseState)kase->state;
        body->case_version = kase->version;
        body->allowed_now = turn_take(turn, (count + 1) * sizeof *body->allowed_now);
        body->n_allowed_now = count;
        for (size_t i = 0; i < count; i++) {
            body->allowed_now[i] = (Sanji__StatementKind)allowed[i];
        }
    }
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    envelope->body_case = SANJI__ENVELOPE__BODY_STATEMENT_REFUSED;
    envelope->statement_refused = body;
    // Without a case in the world the record is not about one, whatever the statement named.
    struct kase *about = kase != NULL ? world_case(turn_world(turn), kase->key) : NULL;
    return turn_emit(turn, &(struct emission){.kase = about, .envelope = envelope});
}

bool turn_admits(struct turn *turn, const struct record *record,
                 const Sanji__Envelope *said, struct kase **kase)
{
    *kase = world_case(turn_world(turn), record->header.case_key);
    const struct refusal refusal = turn_check_said(turn, said, *kase);
    if (refusal.status != STATUS_OK) {
        turn_refuse(turn, record, said, *kase, refusal);
    }
    return refusal.status == STATUS_OK;
}
