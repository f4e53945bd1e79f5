/* request.c: see request.h. */
#include "workers/escalation/request.h"

#include "broker/runtime/route.h"
#include "workers/escalation/alert.h"

enum {
    MS_PER_S = 1000,
    PERMILLE = 1000,
    NEAREST_MAX = 3
};

static const struct refusal fine = {.status = STATUS_OK};

static struct refusal refusal_of(enum status status, const char *field, const char *reason)
{
    return (struct refusal){.status = status, .field = field, .reason = reason};
}

static void answer(const struct heard *heard, struct refusal refusal)
{
    heard_refuse(heard, refusal.status, refusal.field, refusal.reason);
}

static bool is_open_already(const struct heard *heard)
{
    if (heard->kase->request_seq == 0) {
        return false;
    }
    heard_refuse(heard, STATUS_LIMIT, "kind",
                 turn_text(heard->turn,
                           "已有申请%s待决 / request%s is open: it is decided first",
                           turn_seq_text(heard->turn, heard->kase->request_seq),
                           turn_seq_text(heard->turn, heard->kase->request_seq)));
    return true;
}

/* A worker asks about the case that he has; desks, chiefs and departments ask for theirs. */
static bool is_bystander(const struct heard *heard)
{
    const unsigned role = (unsigned)heard->said->actor->role;
    const bool is_worker =
        (lifecycle_edge(T10)->roles >> role & 1U) != 0 && role != ROLE_DEPARTMENT;
    uint32_t worker = 0;
    if (!is_worker ||
        (id_worker_parse(heard->said->actor->worker, &worker) == STATUS_OK && worker != 0 &&
         (worker == heard->kase->worker || case_other(heard->kase, worker) != NULL))) {
        return false;
    }
    heard_refuse(heard, STATUS_WRONG_WORKER, "actor.worker",
                 "案件不在其手中 / only who has the case asks, or its desk: `note` says "
                 "what others know");
    return true;
}

/* Nobody may ask now, or not he: refused. */
static bool cannot_ask(const struct heard *heard)
{
    return is_bystander(heard) || is_open_already(heard);
}

static void write_request(const struct heard *heard, Sanji__DecisionRequested *body,
                          struct org_path decider)
{
    struct turn *turn = heard->turn;
    Sanji__Envelope *envelope = heard_event(heard);
    body->reason_code = heard->fields->reason_code;
    body->decider = org_print(decider, turn_take(turn, ORG_TEXT_SIZE));
    (void)turn_arm(turn, envelope, TIMER_DECISION, 0, 0); // no limit: nobody is hurried
    envelope->body_case = SANJI__ENVELOPE__BODY_DECISION_REQUESTED;
    envelope->decision_requested = body;
    turn_emit(turn, &(struct emission){.kase = heard->kase, .envelope = envelope});
}

static Sanji__DecisionRequested *new_request(struct turn *turn, Sanji__DecisionKind kind)
{
    Sanji__DecisionRequested *body =
        TURN_NEW(turn, Sanji__DecisionRequested, sanji__decision_requested__init);
    body->kind = kind;
    return body;
}

/* The desk above the holder; the sub-district for itself. */
static struct org_path desk_above(struct turn *turn, const struct kase *kase)
{
    struct route above;
    return route_above(turn_rules(turn), kase, &above) ? above.desk : kase->holder;
}

/* ---- return ---- */

struct refusal request_check_desk(struct turn *turn, const char *text, const char *field,
                                  struct org_path *desk)
{
    const struct rules *rules = turn_rules(turn);
    *desk = (struct org_path){0};
    if (org_parse(text, desk) == STATUS_OK && rules_has_path(rules, *desk) &&
        org_depth(*desk) >= TIER_COMMITTEE && org_depth(*desk) <= TIER_SUBDISTRICT) {
        return fine;
    }
    struct org_path near[NEAREST_MAX];
    const char *list = "";
    const size_t count = rules_nearest(rules, text, near, NEAREST_MAX);
    for (size_t i = 0; i < count; i++) {
        if (org_depth(near[i]) >= TIER_COMMITTEE) {
            char path[ORG_TEXT_SIZE];
            list = turn_text(turn, "%s %s", list, org_print(near[i], path));
        }
    }
    return refusal_of(STATUS_INVALID, field,
                      turn_text(turn,
                                "无此工作站 / no such desk; a committee, community or the "
                                "sub-district holds cases:%s",
                                list));
}

void request_return_said(const struct heard *heard)
{
    struct turn *turn = heard->turn;
    const struct kase *kase = heard->kase;
    const Sanji__StatementFields *fields = heard->fields;
    const char *text =
        fields->suggested_holder[0] != '\0' ? fields->suggested_holder : fields->to;
    struct org_path suggested;
    if (cannot_ask(heard)) {
        return;
    }
    if (kase->return_final) {
        heard_refuse(heard, STATUS_LIMIT, "kind",
                     "已有终局决定,不得再退回 / a final decision says who holds the case: "
                     "`assist` calls a department, `escalate` goes up");
        return;
    }
    const struct refusal wrong =
        request_check_desk(turn, text, "suggested_holder", &suggested);
    if (wrong.status != STATUS_OK) {
        answer(heard, wrong);
        return;
    }
    if (org_equal(suggested, kase->holder)) {
        heard_refuse(heard, STATUS_INVALID, "suggested_holder",
                     "案件已在该处 / that desk holds the case now: name another");
        return;
    }
    Sanji__DecisionRequested *body =
        new_request(turn, SANJI__DECISION_KIND__DECISION_KIND_RETURN);
    body->suggested_holder = org_print(suggested, turn_take(turn, ORG_TEXT_SIZE));
    // The second return is a dispute: the desks have disagreed, who is above them decides.
    const struct org_path sub_district = org_subdistrict(kase->area);
    write_request(heard, body,
                  kase->returns > 0 || kase->came_from.place == 0 ? sub_district
                                                                  : kase->came_from);
}

/* ---- extend ---- */

/* What was asked, on RESOLVE's own clock and within the bound; else the refusal. */
static struct refusal check_extension(const struct heard *heard,
                                      const Sanji__Escalation *policy)
{
    struct turn *turn = heard->turn;
    struct kase *kase = heard->kase;
    const Sanji__StatementFields *fields = heard->fields;
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    if (kase->severity < (unsigned)policy->extend_from) {
        return refusal_of(STATUS_LIMIT, "kind",
                          "该等级不得延期 / cases of this severity are never extended: "
                          "`escalate` or `assist`");
    }
    if (kase->extensions >= policy->extensions_max) {
        return refusal_of(STATUS_LIMIT, "kind",
                          turn_text(turn, "至多延期 %u 次 / extended %u times already",
                                    policy->extensions_max, kase->extensions));
    }
    if (resolve == NULL || resolve->state == TIMER_STATE_FIRED) {
        return refusal_of(STATUS_LIMIT, "kind",
                          "处置时限已过 / the limit has passed: an extension is asked for "
                          "before");
    }
    const uint64_t max_s =
        (uint64_t)resolve->budget_s * policy->extension_max_permille / PERMILLE;
    if (fields->asked_s == 0 || fields->asked_s > max_s) {
        return refusal_of(STATUS_INVALID, "asked_s",
                          turn_text(turn,
                                    "延期 1 至 %llu 秒 / between 1 and %llu seconds on the "
                                    "clock of RESOLVE",
                                    (unsigned long long)max_s, (unsigned long long)max_s));
    }
    if (fields->clock != SANJI__CLOCK__CLOCK_UNSPECIFIED &&
        (unsigned)fields->clock != resolve->clock) {
        return refusal_of(STATUS_INVALID, "clock",
                          resolve->clock == CLOCK_WORKING
                              ? "该案件按工作时间计算 / this case counts WORKING time"
                              : "该案件按自然时间计算 / this case counts NATURAL time");
    }
    return fine;
}

void request_extend_said(const struct heard *heard)
{
    const Sanji__Escalation *policy = heard_policy(heard);
    if (policy == NULL || cannot_ask(heard)) {
        return;
    }
    const struct refusal wrong = check_extension(heard, policy);
    if (wrong.status != STATUS_OK) {
        answer(heard, wrong);
        return;
    }
    Sanji__DecisionRequested *body =
        new_request(heard->turn, SANJI__DECISION_KIND__DECISION_KIND_EXTEND);
    body->asked_s = heard->fields->asked_s;
    body->clock = (Sanji__Clock)case_timer(heard->kase, TIMER_RESOLVE, 0)->clock;
    write_request(heard, body, desk_above(heard->turn, heard->kase));
}

/* ---- suspend ---- */

struct refusal request_check_suspension(struct turn *turn, const struct kase *kase,
                                        int64_t resume_by_ms)
{
    struct deadline_limit limit;
    uint32_t times_max = 0;
    if (!rules_limit(turn_rules(turn), TIMER_RESUME, kase->severity, kase->category, &limit,
                     &times_max)) {
        return refusal_of(STATUS_LIMIT, "kind",
                          "该等级不得挂起 / cases of this severity are never suspended: "
                          "`assist` or `escalate`");
    }
    if (kase->pause_count == CASE_PAUSES_MAX) {
        return refusal_of(STATUS_LIMIT, "kind",
                          turn_text(turn, "至多挂起 %d 次 / suspended %d times already",
                                    CASE_PAUSES_MAX, CASE_PAUSES_MAX));
    }
    const int64_t last_ms = turn_now_ms(turn) + (int64_t)limit.budget_s * MS_PER_S;
    if (resume_by_ms <= turn_now_ms(turn) || resume_by_ms > last_ms) {
        char text[TIME_TEXT_SIZE];
        return refusal_of(STATUS_INVALID, "resume_by",
                          turn_text(turn,
                                    "恢复时间须在此前 / resume_by lies after now and not "
                                    "after %s",
                                    time_print(last_ms, text)));
    }
    return fine;
}

void request_suspend_said(const struct heard *heard)
{
    if (cannot_ask(heard)) {
        return;
    }
    const int64_t resume_by_ms = heard->fields->resume_by_ms;
    const struct refusal wrong =
        request_check_suspension(heard->turn, heard->kase, resume_by_ms);
    if (wrong.status != STATUS_OK) {
        answer(heard, wrong);
        return;
    }
    Sanji__DecisionRequested *body =
        new_request(heard->turn, SANJI__DECISION_KIND__DECISION_KIND_SUSPEND);
    body->resume_by_ms = resume_by_ms;
    write_request(heard, body, desk_above(heard->turn, heard->kase));
}

/* ---- appeal ---- */

void request_appeal_said(const struct heard *heard)
{
    struct kase *kase = heard->kase;
    const struct case_timer *window = case_timer(kase, TIMER_REOPEN_WINDOW, 0);
    if (!heard_own_case(heard)) {
        heard_refuse(heard, STATUS_WRONG_ROLE, "source_system",
                     "只能申诉本人的案件 / a reporter appeals in his own case, through "
                     "the system it came from");
        return;
    }
    if (window == NULL || window->state != TIMER_STATE_ARMED) {
        heard_refuse(heard, STATUS_LIMIT, "kind",
                     "申诉期限已过 / the time for an appeal is over: report it anew");
        return;
    }
    if (!is_open_already(heard)) {
        write_request(heard,
                      new_request(heard->turn, SANJI__DECISION_KIND__DECISION_KIND_REOPEN),
                      org_subdistrict(kase->area));
    }
}

/* ---- DECISION ---- */

void request_due(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    enum org_tier tier = org_depth(kase->request_decider);
    struct org_path desk = kase->request_decider;
    if (!rules_tier_above(turn_rules(turn), kase, tier, &tier, &desk)) {
        desk = org_subdistrict(kase->area); // nobody is above: told again
    }
    const struct turn_told told = {.org = desk, .role = ROLE_DUTY_LEADER};
    alert_again(turn, kase, timer, &told, 1);
}
