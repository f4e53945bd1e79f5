/* explain_routing.c: what escalation's records say about why. One function for each kind of
 * body. */
#include "broker/runtime/route.h"
#include "proto/time.h"
#include "proto/vocab.h"
#include "workers/sanji/explain_say.h"

enum {
    MS_PER_S = 1000
};

static void reclassified(const struct teller *teller, const Sanji__CaseReclassified *body)
{
    teller_say(teller, json_sprintf("类别 %s → %s", body->from, body->to),
               json_sprintf("category %s to %s", body->from, body->to));
    teller_reason(teller, body->reason_code);
}

static void severity_changed(const struct teller *teller,
                             const Sanji__SeverityChanged *body)
{
    teller_say(
        teller,
        json_sprintf("级别 S%d → S%d, 各时限从各自起点重算", (int)body->from,
                     (int)body->to),
        json_sprintf("severity S%d to S%d; every limit is recounted from its own start",
                     (int)body->from, (int)body->to));
    teller_reason(teller, body->reason_code);
}

static void routed(const struct teller *teller, const Sanji__CaseRouted *body)
{
    static const char *const words[] = {
        [ROUTE_LOWEST_TIER] = "LOWEST_TIER", [ROUTE_BY_SOURCE] = "BY_SOURCE",
        [ROUTE_BY_SEVERITY] = "BY_SEVERITY", [ROUTE_PLACE_UNKNOWN] = "PLACE_UNKNOWN",
        [ROUTE_TO_OWNER] = "TO_OWNER",       [ROUTE_ABOVE_OWNER] = "ABOVE_OWNER"};
    const char *to = body->to;
    const bool known = body->rule_id > 0 && body->rule_id < sizeof words / sizeof words[0];
    const char *zh =
        known ? label_word(teller->rules, "route", words[body->rule_id], false) : "";
    const char *en =
        known ? label_word(teller->rules, "route", words[body->rule_id], true) : "";
    teller_say(teller,
               json_sprintf("分到 %s (%s), 规则 %u: %s; 责任单位 %s; 政策 v%u", to,
                            teller_zh(teller, LABEL_TIER, (int)body->to_tier),
                            body->rule_id, zh, body->owner, body->policy_version),
               json_sprintf("to %s (%s) by rule %u: %s; owner %s; policy v%u", to,
                            teller_en(teller, LABEL_TIER, (int)body->to_tier),
                            body->rule_id, en, body->owner, body->policy_version));
}

static void escalated(const struct teller *teller, const Sanji__CaseEscalated *body)
{
    teller_say(teller,
               json_sprintf("%s → %s, 原因: %s; 第 %u 次升级; 政策 v%u", body->from,
                            body->to, teller_zh(teller, LABEL_CAUSE, (int)body->cause),
                            body->level, body->policy_version),
               json_sprintf("%s to %s because: %s; level %u; policy v%u", body->from,
                            body->to, teller_en(teller, LABEL_CAUSE, (int)body->cause),
                            body->level, body->policy_version));
    if (body->fired_timer != SANJI__TIMER_KIND__TIMER_KIND_UNSPECIFIED) {
        char late[TELLER_DURATION_SIZE];
        teller_duration(body->late_ms / MS_PER_S, late);
        teller_say(
            teller,
            json_sprintf("由 %s 到期触发, 迟 %s",
                         teller_zh(teller, LABEL_TIMER, (int)body->fired_timer), late),
            json_sprintf("set off by %s, %s late",
                         teller_en(teller, LABEL_TIMER, (int)body->fired_timer), late));
    }
    teller_reason(teller, body->reason_code);
}

static void assist(const struct teller *teller, const Sanji__Envelope *envelope)
{
    if (envelope->body_case == SANJI__ENVELOPE__BODY_ASSIST_REQUESTED) {
        const Sanji__AssistRequested *body = envelope->assist_requested;
        teller_say(
            teller,
            json_sprintf("吹哨 %u: 部门 %s 技能 %s%s; 承办单位不变", body->n,
                         body->department_code, body->skill,
                         body->emergency ? " 紧急" : ""),
            json_sprintf("assistance %u: department %s, skill %s%s; the holder stays",
                         body->n, body->department_code, body->skill,
                         body->emergency ? ", emergency" : ""));
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_ASSIST_JOINED) {
        const Sanji__AssistJoined *body = envelope->assist_joined;
        char took[TELLER_DURATION_SIZE];
        teller_duration(body->took_s, took);
        teller_say(teller,
                   json_sprintf("报到 %u: %s %s, 用时 %s", body->n, body->department_code,
                                body->worker, took),
                   json_sprintf("assistance %u: %s %s joined after %s", body->n,
                                body->department_code, body->worker, took));
    } else {
        const Sanji__AssistDone *body = envelope->assist_done;
        teller_say(
            teller,
            json_sprintf("协办 %u 完成: %s", body->n,
                         teller_zh(teller, LABEL_RESOLUTION, (int)body->resolution)),
            json_sprintf("assistance %u done: %s", body->n,
                         teller_en(teller, LABEL_RESOLUTION, (int)body->resolution)));
    }
}

static void decision_requested(const struct teller *teller,
                               const Sanji__DecisionRequested *body)
{
    char asked[TELLER_DURATION_SIZE];
    teller_say(
        teller,
        json_sprintf("申请%s, 由 %s 决定%s%s",
                     teller_zh(teller, LABEL_DECISION, (int)body->kind), body->decider,
                     body->suggested_holder[0] != '\0' ? ", 建议承办 " : "",
                     body->suggested_holder),
        json_sprintf("asked: %s, to be decided by %s%s%s",
                     teller_en(teller, LABEL_DECISION, (int)body->kind), body->decider,
                     body->suggested_holder[0] != '\0' ? ", suggested holder " : "",
                     body->suggested_holder));
    if (body->asked_s != 0) {
        teller_duration(body->asked_s, asked);
        teller_say(teller,
                   json_sprintf("申请增加 %s (%s)", asked,
                                teller_zh(teller, LABEL_CLOCK, (int)body->clock)),
                   json_sprintf("%s more (%s)", asked,
                                teller_en(teller, LABEL_CLOCK, (int)body->clock)));
    }
    teller_reason(teller, body->reason_code);
}

static void decided(const struct teller *teller, const Sanji__DecisionMade *body)
{
    teller_say(teller,
               json_sprintf("%s: %s%s (答复 %llu)",
                            teller_zh(teller, LABEL_DECISION, (int)body->kind),
                            body->approved ? "同意" : "不同意", body->final ? ", 终局" : "",
                            (unsigned long long)body->request_seq),
               json_sprintf("%s: %s%s (answers %llu)",
                            teller_en(teller, LABEL_DECISION, (int)body->kind),
                            body->approved ? "granted" : "refused",
                            body->final ? ", final" : "",
                            (unsigned long long)body->request_seq));
    teller_reason(teller, body->reason_code);
}

static void upstream(const struct teller *teller, const Sanji__Envelope *envelope)
{
    if (envelope->body_case == SANJI__ENVELOPE__BODY_UPSTREAM_SUBMITTED) {
        const Sanji__UpstreamSubmitted *body = envelope->upstream_submitted;
        const char *system = body->upstream_system[0] != '\0' ? body->upstream_system : "";
        teller_say(teller,
                   json_sprintf("上传市级平台%s%s, 处置时限继续计时",
                                system[0] != '\0' ? " " : "", system),
                   json_sprintf(
                       "handed to the municipal platform%s%s; the time to resolve goes on",
                       system[0] != '\0' ? " " : "", system));
        teller_reason(teller, body->reason_code);
        return;
    }
    const Sanji__UpstreamUpdated *body = envelope->upstream_updated;
    teller_say(
        teller,
        json_sprintf("%s %s %s", teller_zh(teller, LABEL_UPSTREAM_UPDATE, (int)body->kind),
                     teller_zh(teller, LABEL_RESOLUTION, (int)body->resolution),
                     body->upstream_ref),
        json_sprintf("%s %s %s", teller_en(teller, LABEL_UPSTREAM_UPDATE, (int)body->kind),
                     teller_en(teller, LABEL_RESOLUTION, (int)body->resolution),
                     body->upstream_ref));
}

static void suspended(const struct teller *teller, const Sanji__Envelope *envelope)
{
    char text[TIME_TEXT_SIZE];
    if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_SUSPENDED) {
        const Sanji__CaseSuspended *body = envelope->case_suspended;
        time_print_local(body->resume_by_ms, rules_utc_offset_min(teller->rules), text);
        teller_say(teller,
                   json_sprintf("挂起至 %s, 第 %u 次; 处置时限暂停", text, body->times),
                   json_sprintf("until %s, the %u. time; the time to resolve stands still",
                                text, body->times));
        teller_reason(teller, body->reason_code);
        return;
    }
    const Sanji__CaseResumed *body = envelope->case_resumed;
    char paused[TELLER_DURATION_SIZE];
    teller_duration(body->paused_ms / MS_PER_S, paused);
    teller_say(
        teller,
        json_sprintf("%s, 挂起 %s", body->by_timer ? "到期恢复" : "提前恢复", paused),
        json_sprintf("%s after %s", body->by_timer ? "its time had come" : "resumed early",
                     paused));
}

static void extended(const struct teller *teller, const Sanji__DeadlineExtended *body)
{
    char added[TELLER_DURATION_SIZE];
    teller_duration(body->added_s, added);
    teller_say(teller,
               json_sprintf("%s 增加 %s (%s), 第 %u 次",
                            teller_zh(teller, LABEL_TIMER, (int)body->kind), added,
                            teller_zh(teller, LABEL_CLOCK, (int)body->clock), body->times),
               json_sprintf("%s: %s more (%s), the %u. time",
                            teller_en(teller, LABEL_TIMER, (int)body->kind), added,
                            teller_en(teller, LABEL_CLOCK, (int)body->clock), body->times));
}

static void urged(const struct teller *teller, const Sanji__Urged *body)
{
    const bool by_timer = body->fired_timer != SANJI__TIMER_KIND__TIMER_KIND_UNSPECIFIED;
    teller_say(teller,
               json_sprintf("第 %u 次催办%s%s", body->count, by_timer ? ", 由系统: " : "",
                            teller_zh(teller, LABEL_TIMER, (int)body->fired_timer)),
               json_sprintf("urged for the %u. time%s%s", body->count,
                            by_timer ? ", by the system: " : "",
                            teller_en(teller, LABEL_TIMER, (int)body->fired_timer)));
}

static void supervised(const struct teller *teller, const Sanji__Supervised *body)
{
    teller_say(teller,
               json_sprintf("督办 %s → %s, 扣分 %u%s",
                            teller_zh(teller, LABEL_SUPERVISE, (int)body->from),
                            teller_zh(teller, LABEL_SUPERVISE, (int)body->to), body->points,
                            body->automatic ? ", 由系统" : ""),
               json_sprintf("supervision %s to %s, %u points%s",
                            teller_en(teller, LABEL_SUPERVISE, (int)body->from),
                            teller_en(teller, LABEL_SUPERVISE, (int)body->to), body->points,
                            body->automatic ? ", by the system" : ""));
}

bool explain_routing(const struct teller *teller, const Sanji__Envelope *envelope)
{
    switch ((unsigned)envelope->body_case) {
    case EVENT_CASE_RECLASSIFIED:
        reclassified(teller, envelope->case_reclassified);
        return true;
    case EVENT_SEVERITY_CHANGED:
        severity_changed(teller, envelope->severity_changed);
        return true;
    case EVENT_CASE_ROUTED:
        routed(teller, envelope->case_routed);
        return true;
    case EVENT_CASE_ESCALATED:
        escalated(teller, envelope->case_escalated);
        return true;
    case EVENT_ASSIST_REQUESTED:
    case EVENT_ASSIST_JOINED:
    case EVENT_ASSIST_DONE:
        assist(teller, envelope);
        return true;
    case EVENT_DECISION_REQUESTED:
        decision_requested(teller, envelope->decision_requested);
        return true;
    case EVENT_DECISION_MADE:
        decided(teller, envelope->decision_made);
        return true;
    case EVENT_UPSTREAM_SUBMITTED:
    case EVENT_UPSTREAM_UPDATED:
        upstream(teller, envelope);
        return true;
    case EVENT_CASE_SUSPENDED:
    case EVENT_CASE_RESUMED:
        suspended(teller, envelope);
        return true;
    case EVENT_DEADLINE_EXTENDED:
        extended(teller, envelope->deadline_extended);
        return true;
    case EVENT_URGED:
        urged(teller, envelope->urged);
        return true;
    case EVENT_SUPERVISED:
        supervised(teller, envelope->supervised);
        return true;
    default:
        return false;
    }
}
