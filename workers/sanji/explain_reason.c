/* explain_reason.c: see explain_reason.h. What dispatch and the door write; a kind that has no
 * function is told by its name and its columns. */
#include "workers/sanji/explain_reason.h"

#include "proto/time.h"
#include "proto/vocab.h"
#include "workers/sanji/explain_say.h"

enum {
    MS_PER_S = 1000
};

/* ---- dispatch ---- */

static void offered(const struct teller *teller, const Sanji__DispatchOffered *body)
{
    teller_say(
        teller,
        json_sprintf("派给 %s %s, 第 %u 次, 预计 %u 分钟%s%s; 政策 v%u", body->worker,
                     teller_zh(teller, LABEL_ROLE, (int)body->role), body->attempt,
                     body->effort_min, body->broadcast ? ", 广播" : "",
                     body->coordinator ? ", 协调人" : "", body->policy_version),
        json_sprintf("to %s, %s, attempt %u, %u min expected%s%s; policy v%u", body->worker,
                     teller_en(teller, LABEL_ROLE, (int)body->role), body->attempt,
                     body->effort_min, body->broadcast ? ", broadcast" : "",
                     body->coordinator ? ", as coordinator" : "", body->policy_version));
}

static void answered(const struct teller *teller, const Sanji__Envelope *envelope)
{
    char took[TELLER_DURATION_SIZE];
    if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_ACKED) {
        teller_duration(envelope->dispatch_acked->took_s, took);
        teller_say(teller,
                   json_sprintf("%s 签收, 用时 %s", envelope->dispatch_acked->worker, took),
                   json_sprintf("%s acknowledged after %s",
                                envelope->dispatch_acked->worker, took));
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_DECLINED) {
        teller_say(teller, json_sprintf("%s 拒签", envelope->dispatch_declined->worker),
                   json_sprintf("%s declined", envelope->dispatch_declined->worker));
        teller_reason(teller, envelope->dispatch_declined->reason_code);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_EXPIRED) {
        teller_say(teller,
                   json_sprintf("%s 第 %u 次未签收", envelope->dispatch_expired->worker,
                                envelope->dispatch_expired->attempt),
                   json_sprintf("%s did not answer attempt %u",
                                envelope->dispatch_expired->worker,
                                envelope->dispatch_expired->attempt));
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_RECALLED) {
        teller_say(teller, json_sprintf("从 %s 撤回", envelope->dispatch_recalled->worker),
                   json_sprintf("recalled from %s", envelope->dispatch_recalled->worker));
        teller_reason(teller, envelope->dispatch_recalled->reason_code);
    }
}

static void exhausted(const struct teller *teller, const Sanji__DispatchExhausted *body)
{
    const char *skill = body->missing_skill;
    teller_say(
        teller,
        json_sprintf(
            "%s, 已派 %u 次%s%s", teller_zh(teller, LABEL_EXHAUSTED, (int)body->cause),
            body->attempts, skill[0] != '\0' ? ", 缺少技能: " : "",
            skill[0] != '\0' ? label_word(teller->rules, "skill", skill, false) : ""),
        json_sprintf(
            "%s after %u offers%s%s", teller_en(teller, LABEL_EXHAUSTED, (int)body->cause),
            body->attempts, skill[0] != '\0' ? ", missing skill: " : "",
            skill[0] != '\0' ? label_word(teller->rules, "skill", skill, true) : ""));
}

static void worked(const struct teller *teller, const Sanji__Envelope *envelope)
{
    char took[TELLER_DURATION_SIZE];
    if (envelope->body_case == SANJI__ENVELOPE__BODY_ARRIVAL_REPORTED) {
        teller_duration(envelope->arrival_reported->took_s, took);
        teller_say(teller, json_sprintf("到场用时 %s", took),
                   json_sprintf("after %s", took));
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_PROGRESS_REPORTED) {
        teller_say(teller, json_sprintf("进度 %u%%", envelope->progress_reported->percent),
                   json_sprintf("%u %% done", envelope->progress_reported->percent));
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RESOLVED) {
        const Sanji__CaseResolved *body = envelope->case_resolved;
        teller_say(teller,
                   json_sprintf("%s %s, 证据 %zu 件", body->worker,
                                teller_zh(teller, LABEL_RESOLUTION, (int)body->resolution),
                                body->n_evidence),
                   json_sprintf("%s: %s, %zu pieces of evidence", body->worker,
                                teller_en(teller, LABEL_RESOLUTION, (int)body->resolution),
                                body->n_evidence));
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_SELF_HANDLED) {
        teller_say(
            teller, json_sprintf("%s 现场自行处置", envelope->case_self_handled->worker),
            json_sprintf("handled on the spot by %s", envelope->case_self_handled->worker));
    }
}

/* ---- statements, timers ---- */

static void said(const struct teller *teller, const Sanji__Envelope *envelope)
{
    const Sanji__Actor *actor = envelope->actor;
    const char *who = actor == NULL              ? ""
                      : actor->worker[0] != '\0' ? actor->worker
                      : actor->org[0] != '\0'    ? actor->org
                                                 : actor->system;
    const int role = actor == NULL ? 0 : (int)actor->role;
    teller_say(teller,
               json_sprintf("%s %s 说: %s", teller_zh(teller, LABEL_ROLE, role), who,
                            teller_zh(teller, LABEL_STATEMENT, (int)envelope->said->kind)),
               json_sprintf("%s %s says: %s", teller_en(teller, LABEL_ROLE, role), who,
                            teller_en(teller, LABEL_STATEMENT, (int)envelope->said->kind)));
    if (envelope->said->fields != NULL) {
        teller_reason(teller, envelope->said->fields->reason_code);
    }
}

static void refused(const struct teller *teller, const Sanji__StatementRefused *body)
{
    teller_say(teller,
               json_sprintf("%s 被拒 %s: %s",
                            teller_zh(teller, LABEL_STATEMENT, (int)body->kind),
                            body->code_name, body->reason),
               json_sprintf("%s refused, %s: %s",
                            teller_en(teller, LABEL_STATEMENT, (int)body->kind),
                            body->code_name, body->reason));
}

static void fired(const struct teller *teller, const Sanji__TimerFired *body)
{
    char due[TIME_TEXT_SIZE];
    char late[TELLER_DURATION_SIZE];
    time_print_local(body->due_at_ms, rules_utc_offset_min(teller->rules), due);
    teller_duration(body->late_ms / MS_PER_S, late);
    teller_say(teller,
               json_sprintf("%s 应于 %s 到期, 迟 %s%s, 第 %u 次",
                            teller_zh(teller, LABEL_TIMER, (int)body->kind), due, late,
                            body->after_restart ? " (重启后)" : "", body->times),
               json_sprintf("%s was due at %s, fired %s late%s, the %u. time",
                            teller_en(teller, LABEL_TIMER, (int)body->kind), due, late,
                            body->after_restart ? " (after a restart)" : "", body->times));
    for (size_t i = 0; i < body->n_told; i++) {
        const Sanji__Told *told = body->told[i];
        teller_say(teller,
                   json_sprintf("提醒 %s %s%s%s",
                                teller_zh(teller, LABEL_ROLE, (int)told->role), told->org,
                                told->worker[0] != '\0' ? " " : "", told->worker),
                   json_sprintf("for the attention of %s %s%s%s",
                                teller_en(teller, LABEL_ROLE, (int)told->role), told->org,
                                told->worker[0] != '\0' ? " " : "", told->worker));
    }
}

static void was_read(const struct teller *teller, const Sanji__RestrictedRead *body)
{
    const char *who = body->worker[0] != '\0' ? body->worker : body->org;
    teller_say(teller,
               json_sprintf("%s %s %s: %s", teller_zh(teller, LABEL_ROLE, (int)body->role),
                            who, teller_zh(teller, LABEL_PURPOSE, (int)body->purpose),
                            body->granted ? "准许查阅" : "不准查阅"),
               json_sprintf("%s %s, %s: %s", teller_en(teller, LABEL_ROLE, (int)body->role),
                            who, teller_en(teller, LABEL_PURPOSE, (int)body->purpose),
                            body->granted ? "granted" : "not granted"));
}

/* ---- all of them ---- */

static void by_others(const struct teller *teller, const Sanji__Envelope *envelope)
{
    switch ((unsigned)envelope->body_case) {
    case EVENT_DISPATCH_OFFERED:
        offered(teller, envelope->dispatch_offered);
        break;
    case EVENT_DISPATCH_EXHAUSTED:
        exhausted(teller, envelope->dispatch_exhausted);
        break;
    case EVENT_TIMER_FIRED:
        fired(teller, envelope->timer_fired);
        break;
    case EVENT_SAID:
        said(teller, envelope);
        break;
    case EVENT_STATEMENT_REFUSED:
        refused(teller, envelope->statement_refused);
        break;
    case EVENT_NOTE_ADDED:
        teller_say(teller,
                   json_string(
                       teller_zh(teller, LABEL_NOTE_KIND, (int)envelope->note_added->kind)),
                   json_string(teller_en(teller, LABEL_NOTE_KIND,
                                         (int)envelope->note_added->kind)));
        break;
    case EVENT_RESTRICTED_READ:
        was_read(teller, envelope->restricted_read);
        break;
    default:
        answered(teller, envelope);
        worked(teller, envelope);
        break;
    }
}

json_t *explain_reasons(const struct explain_moment *moment)
{
    const struct teller teller = {
        .moment = moment, .rules = moment->rules, .list = json_array()};
    if (!explain_intake(&teller, moment->envelope) &&
        !explain_routing(&teller, moment->envelope)) {
        by_others(&teller, moment->envelope);
    }
    return teller.list;
}

static json_t *rejects_of(const struct rules *rules, uint32_t mask)
{
    json_t *rejects = json_array();
    for (unsigned filter = 1; filter < FILTER_COUNT; filter++) {
        const char *name = vocab_filter_name(filter);
        if ((mask >> (filter - 1) & 1U) != 0 && name != NULL) {
            json_array_append_new(rejects,
                                  json_pack("{s:s, s:s, s:s}", "filter", name, "zh",
                                            label_word(rules, "filter", name, false), "en",
                                            label_word(rules, "filter", name, true)));
        }
    }
    return rejects;
}

json_t *explain_considered(const struct explain_moment *moment)
{
    Sanji__Candidate **candidates = NULL;
    size_t count = 0;
    const Sanji__Envelope *envelope = moment->envelope;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_OFFERED) {
        candidates = envelope->dispatch_offered->considered;
        count = envelope->dispatch_offered->n_considered;
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_EXHAUSTED) {
        candidates = envelope->dispatch_exhausted->considered;
        count = envelope->dispatch_exhausted->n_considered;
    } else {
        return NULL;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const Sanji__Candidate *candidate = candidates[i];
        json_t *one = json_object();
        json_object_set_new(one, "worker", json_string(candidate->worker));
        explain_put_word(one, "role", moment->rules, LABEL_ROLE, (int)candidate->role);
        json_object_set_new(one, candidate->reject == 0 ? "cost_permille" : "rejects",
                            candidate->reject == 0
                                ? json_integer(candidate->cost_permille)
                                : rejects_of(moment->rules, candidate->reject));
        json_array_append_new(list, one);
    }
    return list;
}
