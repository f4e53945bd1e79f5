/* explain_intake.c: what intake's records say about why. One function for each kind of body. */
#include "proto/vocab.h"
#include "workers/sanji/explain_say.h"

enum {
    MS_PER_S = 1000
};

static void received(const struct teller *teller, const Sanji__CaseReceived *body)
{
    teller_say(
        teller,
        json_sprintf("来源 %s %s", teller_zh(teller, LABEL_SOURCE, (int)body->source),
                     body->source_system),
        json_sprintf("source: %s, %s", teller_en(teller, LABEL_SOURCE, (int)body->source),
                     body->source_system));
    if (body->advice[0] != '\0') {
        teller_say(teller, json_sprintf("提示先拨打 %s", body->advice),
                   json_sprintf("advice: call %s first", body->advice));
    }
    teller_reason(teller, body->clock_reason);
    for (size_t i = 0; i < body->n_possible_duplicates; i++) {
        teller_say(teller, json_sprintf("可能与 %s 重复", body->possible_duplicates[i]),
                   json_sprintf("possibly the same as %s", body->possible_duplicates[i]));
    }
}

static void verification(const struct teller *teller, const Sanji__Envelope *envelope)
{
    if (envelope->body_case == SANJI__ENVELOPE__BODY_VERIFICATION_REQUESTED) {
        const char *who = envelope->verification_requested->verifier;
        teller_say(teller, json_sprintf("按来源规则须先核实, 核实人 %s", who),
                   json_sprintf("the source's rule asks for a look first, by %s", who));
        return;
    }
    const Sanji__VerificationReported *body = envelope->verification_reported;
    teller_say(teller, json_string(body->confirmed ? "属实, 或存疑从有" : "不属实"),
               json_string(body->confirmed ? "confirmed, or in doubt and so taken as true"
                                           : "not confirmed"));
    teller_reason(teller, body->reason_code);
}

static void accepted(const struct teller *teller, const Sanji__CaseAccepted *body)
{
    teller_say(teller,
               json_sprintf("%s, 时限表 v%u",
                            body->automatic ? "要件齐全自动受理" : "受理员受理",
                            body->sla_version),
               json_sprintf("%s, limits v%u",
                            body->automatic ? "taken at once: all that is needed is there"
                                            : "taken by an operator",
                            body->sla_version));
}

static void rejected(const struct teller *teller, const Sanji__CaseRejected *body)
{
    teller_reason(teller, body->reason_code);
    teller_say(
        teller,
        json_sprintf("指引 %s%s", body->advice_code, body->appealable ? ", 可申诉" : ""),
        json_sprintf("advice %s%s", body->advice_code,
                     body->appealable ? ", may be appealed" : ""));
}

static void merged(const struct teller *teller, const Sanji__Envelope *envelope)
{
    if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_UNMERGED) {
        teller_say(teller,
                   json_sprintf("从 %s 撤出", envelope->case_unmerged->from_case_no),
                   json_sprintf("taken out of %s", envelope->case_unmerged->from_case_no));
        teller_reason(teller, envelope->case_unmerged->reason_code);
        return;
    }
    const Sanji__CaseMerged *body = envelope->case_merged;
    teller_say(teller,
               json_sprintf("并入 %s, 关注人 %u", body->into_case_no, body->watchers_moved),
               json_sprintf("merged into %s, %u watchers moved", body->into_case_no,
                            body->watchers_moved));
    if (body->score_permille != 0) {
        teller_say(teller,
                   json_sprintf("规则 %u, 相似度 %u‰", body->rule_id, body->score_permille),
                   json_sprintf("rule %u, score %u permille", body->rule_id,
                                body->score_permille));
    }
}

static void cancelled(const struct teller *teller, const Sanji__CaseCancelled *body)
{
    teller_say(teller, json_string(body->by_reporter ? "反映人撤回" : "带班领导作废"),
               json_string(body->by_reporter ? "withdrawn by the reporter"
                                             : "cancelled by the duty leader"));
    teller_reason(teller, body->reason_code);
}

static void checked(const struct teller *teller, const Sanji__CheckCompleted *body)
{
    teller_say(teller,
               json_sprintf("%s%s", body->passed ? "核查通过" : "核查不通过, 退回重办",
                            body->automatic ? " (系统自动)" : ""),
               json_sprintf("%s%s", body->passed ? "passed" : "failed: worked on again",
                            body->automatic ? " (by the system)" : ""));
    teller_reason(teller, body->reason_code);
}

static void check_requested(const struct teller *teller, const Sanji__CheckRequested *body)
{
    teller_say(teller,
               json_sprintf("核查人 %s%s%s",
                            body->checker[0] != '\0' ? body->checker : body->desk,
                            body->remote ? ", 远程" : "", body->sampled ? ", 抽查" : ""),
               json_sprintf("to be checked by %s%s%s",
                            body->checker[0] != '\0' ? body->checker : body->desk,
                            body->remote ? ", remotely" : "",
                            body->sampled ? ", drawn as a sample" : ""));
}

static void revisited(const struct teller *teller, const Sanji__RevisitCompleted *body)
{
    teller_say(teller,
               json_sprintf("第 %u 次回访: %s%s", body->attempt,
                            teller_zh(teller, LABEL_SATISFACTION, (int)body->result),
                            body->solved ? ", 已解决" : ", 未解决"),
               json_sprintf("attempt %u: %s%s", body->attempt,
                            teller_en(teller, LABEL_SATISFACTION, (int)body->result),
                            body->solved ? ", solved" : ", not solved"));
}

static void closed(const struct teller *teller, const Sanji__CaseClosed *body)
{
    char active[TELLER_DURATION_SIZE];
    char paused[TELLER_DURATION_SIZE];
    teller_duration(body->active_ms / MS_PER_S, active);
    teller_duration(body->paused_ms / MS_PER_S, paused);
    teller_say(teller,
               json_sprintf("%s, %s, %s, 用时 %s, 挂起 %s, 返工 %u",
                            teller_zh(teller, LABEL_CLOSE_HOW, (int)body->how),
                            teller_zh(teller, LABEL_RESOLUTION, (int)body->resolution),
                            body->in_time ? "按时" : "超时", active, paused, body->reworks),
               json_sprintf("%s, %s, %s, took %s, suspended %s, reworks %u",
                            teller_en(teller, LABEL_CLOSE_HOW, (int)body->how),
                            teller_en(teller, LABEL_RESOLUTION, (int)body->resolution),
                            body->in_time ? "in time" : "late", active, paused,
                            body->reworks));
}

static void reopened(const struct teller *teller, const Sanji__CaseReopened *body)
{
    teller_say(teller,
               json_sprintf("第 %u 次重开%s", body->times,
                            body->by_reporter ? ", 反映人要求" : ""),
               json_sprintf("reopened for the %u. time%s", body->times,
                            body->by_reporter ? ", asked for by the reporter" : ""));
    teller_reason(teller, body->reason_code);
}

static void informed(const struct teller *teller, const Sanji__ReporterInformed *body)
{
    teller_say(teller,
               json_sprintf("告知状态: %s%s",
                            teller_zh(teller, LABEL_STATE, (int)body->told_state),
                            body->first_contact ? ", 首次反馈" : ""),
               json_sprintf("told: %s%s",
                            teller_en(teller, LABEL_STATE, (int)body->told_state),
                            body->first_contact ? ", the first word" : ""));
}

bool explain_intake(const struct teller *teller, const Sanji__Envelope *envelope)
{
    switch ((unsigned)envelope->body_case) {
    case EVENT_CASE_RECEIVED:
        received(teller, envelope->case_received);
        return true;
    case EVENT_VERIFICATION_REQUESTED:
    case EVENT_VERIFICATION_REPORTED:
        verification(teller, envelope);
        return true;
    case EVENT_CASE_ACCEPTED:
        accepted(teller, envelope->case_accepted);
        return true;
    case EVENT_CASE_REJECTED:
        rejected(teller, envelope->case_rejected);
        return true;
    case EVENT_CASE_MERGED:
    case EVENT_CASE_UNMERGED:
        merged(teller, envelope);
        return true;
    case EVENT_CASE_CANCELLED:
        cancelled(teller, envelope->case_cancelled);
        return true;
    case EVENT_CHECK_REQUESTED:
        check_requested(teller, envelope->check_requested);
        return true;
    case EVENT_CHECK_COMPLETED:
        checked(teller, envelope->check_completed);
        return true;
    case EVENT_REVISIT_COMPLETED:
        revisited(teller, envelope->revisit_completed);
        return true;
    case EVENT_CASE_CLOSED:
        closed(teller, envelope->case_closed);
        return true;
    case EVENT_CASE_REOPENED:
        reopened(teller, envelope->case_reopened);
        return true;
    case EVENT_REPORTER_INFORMED:
        informed(teller, envelope->reporter_informed);
        return true;
    default:
        return false;
    }
}
