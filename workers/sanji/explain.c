/* explain.c: see explain.h. */
#include "workers/sanji/explain.h"

#include <string.h>

#include "proto/codec.h"
#include "proto/time.h"
#include "workers/sanji/rows.h"

enum {
    EVENT_WIDTH = 14,
    STATE_WIDTH = 16,
    S_PER_MIN = 60
};

static const char *local(const struct casefile *file, int64_t at_ms, char *text)
{
    return time_print_local(at_ms, rules_utc_offset_min(world_rules(file->world)), text);
}

void explain_head(struct casefile *file)
{
    const struct kase *kase = casefile_case(file);
    char case_no[CASE_NO_SIZE];
    char path[ORG_TEXT_SIZE];
    char category[CATEGORY_SIZE];
    char worker[WORKER_SIZE];
    const struct rules *rules = world_rules(file->world);
    const Sanji__Category *row = rules_category(rules, kase->category);
    cli_printf("案件 case     %s\n", id_case_print(file->place, file->case_key, case_no));
    cli_printf("状态 state    %s %s (version %u)\n", vocab_state_zh(kase->state),
               vocab_state_name(kase->state), kase->version);
    cli_printf("类别 category %s %s  S%d\n", id_category_print(kase->category, category),
               row != NULL ? row->name_zh : "", (int)kase->severity);
    cli_printf("地点 area     %s\n", org_print(kase->area, path));
    cli_printf("承办 holder   %s %s\n", org_print(kase->holder, path),
               rows_tier_zh((Sanji__Tier)kase->tier));
    cli_printf("责任 owner    %s\n", org_print(kase->owner, path));
    if (kase->worker != 0) {
        cli_printf("人员 worker   %s\n", id_worker_print(kase->worker, worker));
    }
    cli_printf("\n");
}

void explain_line(struct casefile *file, const struct casefile_entry *entry)
{
    char time[TIME_TEXT_SIZE];
    char path[ORG_TEXT_SIZE];
    const struct record_header *header = &entry->record.header;
    const struct org_path holder = {.place = file->place, .packed = header->holder};
    cli_printf("%8llu  %s  ", (unsigned long long)entry->record.seq,
               local(file, header->recorded_at_ms, time));
    const char *zh = vocab_event_zh(header->type);
    cli_cell(zh != NULL ? zh : "?", EVENT_WIDTH);
    cli_cell(vocab_state_zh(entry->after.state), STATE_WIDTH);
    cli_printf("%s %s\n", rows_tier_zh((Sanji__Tier)header->tier), org_print(holder, path));
}

/* ---- reasons ---- */

static void say_route(const Sanji__CaseRouted *body)
{
    static const char *const rules[] = {
        "",
        "本地最低层级 / the lowest tier of the place",
        "来源规定的层级 / the tier that the source's rule names",
        "特急案件起始层级 / an S1 starts at this tier",
        "网格不明,已知的最低单位 / no grid known: the lowest unit that is",
        "重开,回到责任单位 / reopened: back to the owner",
        "再次重开,升一级 / reopened again: one tier above the owner"};
    const char *why =
        body->rule_id < sizeof rules / sizeof rules[0] ? rules[body->rule_id] : "";
    cli_printf("          -> %s: 规则 rule %u, %s (policy %u)\n", body->to, body->rule_id,
               why, body->policy_version);
}

static void say_escalated(const Sanji__CaseEscalated *body)
{
    static const char *const causes[] = {
        "",
        "承办单位上报 / the holder's desk asked",
        "无人签收 / offers used up without an acknowledgement",
        "超过时限 / a deadline passed",
        "级别规则 / a rule for this severity",
        "无权处置 / no authority",
        "退回争议 / a disputed return",
        "反映人不满意 / the reporter is not satisfied",
        "人工上报 / by hand",
        "无人可派 / nobody to send"};
    const unsigned cause = (unsigned)body->cause;
    const char *timer = vocab_timer_zh(body->fired_timer);
    cli_printf("          %s -> %s: %s%s%s (level %u, policy %u)\n", body->from, body->to,
               cause < sizeof causes / sizeof causes[0] ? causes[cause] : "",
               timer != NULL && body->fired_timer != 0 ? ", " : "",
               body->fired_timer != 0 && timer != NULL ? timer : "", body->level,
               body->policy_version);
}

static void say_candidates(Sanji__Candidate **candidates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Sanji__Candidate *candidate = candidates[i];
        cli_printf("            %s ", candidate->worker);
        cli_cell(vocab_role_zh(candidate->role), 12);
        if (candidate->reject == 0) {
            cli_printf("成本 cost %d‰\n", candidate->cost_permille);
            continue;
        }
        cli_printf("不合条件 filtered:");
        for (unsigned filter = 1; filter < FILTER_COUNT; filter++) {
            if ((candidate->reject & (1U << (filter - 1))) != 0) {
                cli_printf(" %s %s", vocab_filter_zh(filter), vocab_filter_name(filter));
            }
        }
        cli_printf("\n");
    }
}

static void say_reasons(const Sanji__Envelope *envelope)
{
    if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_ROUTED) {
        say_route(envelope->case_routed);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_ESCALATED) {
        say_escalated(envelope->case_escalated);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_OFFERED) {
        const Sanji__DispatchOffered *body = envelope->dispatch_offered;
        cli_printf("          -> %s%s: 第 %u 次 attempt, 预计 %u 分钟 min (policy %u)\n",
                   body->worker, body->coordinator ? " (协调 coordinator)" : "",
                   body->attempt, body->effort_min, body->policy_version);
        say_candidates(body->considered, body->n_considered);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_EXHAUSTED) {
        cli_printf("          %s\n",
                   envelope->dispatch_exhausted->cause ==
                           SANJI__EXHAUSTED_CAUSE__EXHAUSTED_CAUSE_ATTEMPTS
                       ? "派单次数用尽 / offers used up"
                       : "无人符合条件 / nobody passes the filters");
        say_candidates(envelope->dispatch_exhausted->considered,
                       envelope->dispatch_exhausted->n_considered);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_STATEMENT_REFUSED) {
        cli_printf("          拒绝 refused %s: %s\n",
                   envelope->statement_refused->code_name,
                   envelope->statement_refused->reason);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        cli_printf("          %s %s\n", vocab_statement_zh(envelope->said->kind),
                   vocab_statement_name(envelope->said->kind));
    }
}

/* ---- arithmetic ---- */

static size_t pauses_of(const struct kase *kase, struct deadline_pause *pauses)
{
    for (size_t i = 0; i < kase->pause_count; i++) {
        pauses[i] = (struct deadline_pause){.from_ms = kase->pauses[i].from_ms,
                                            .to_ms = kase->pauses[i].to_ms};
    }
    return kase->pause_count;
}

static void print_budget(uint32_t seconds)
{
    if (seconds % 3600 == 0) {
        cli_printf("%uh", seconds / 3600);
    } else if (seconds % S_PER_MIN == 0) {
        cli_printf("%um", seconds / S_PER_MIN);
    } else {
        cli_printf("%us", seconds);
    }
}

static void say_armed(struct casefile *file, const struct kase *kase,
                      const Sanji__TimerChange *change)
{
    char from[TIME_TEXT_SIZE];
    char due[TIME_TEXT_SIZE];
    struct deadline_pause pauses[CASE_PAUSES_MAX];
    const struct deadline_limit limit = {.clock = (enum deadline_clock)change->clock,
                                         .budget_s = change->budget_s,
                                         .cap_s = change->cap_s};
    const int64_t t0_ms = change->t0_ms != 0 ? change->t0_ms : kase->received_ms;
    const int64_t recounted_ms =
        deadline_due_ms(rules_calendar(world_rules(file->world)), &limit, t0_ms, pauses,
                        pauses_of(kase, pauses));
    cli_printf("          %s %s: %s + ", vocab_timer_zh(change->kind),
               vocab_timer_name(change->kind), local(file, t0_ms, from));
    print_budget(change->budget_s);
    cli_printf(" %s",
               limit.clock == CLOCK_WORKING ? "工作时间 working" : "自然时间 natural");
    if (change->cap_s != 0) {
        cli_printf(", 上限 cap ");
        print_budget(change->cap_s);
    }
    cli_printf(" = %s", local(file, change->due_at_ms, due));
    if (recounted_ms != change->due_at_ms) {
        cli_printf("  (复算 recounted: %s)", local(file, recounted_ms, from));
    }
    cli_printf("\n");
}

static void say_timers(struct casefile *file, const struct kase *kase,
                       const Sanji__Envelope *envelope)
{
    for (size_t i = 0; i < envelope->n_timers; i++) {
        const Sanji__TimerChange *change = envelope->timers[i];
        if (change->op == SANJI__TIMER_OP__TIMER_OP_ARM ||
            change->op == SANJI__TIMER_OP__TIMER_OP_RESET) {
            say_armed(file, kase, change);
        } else {
            cli_printf("          %s %s: %s\n", vocab_timer_zh(change->kind),
                       vocab_timer_name(change->kind),
                       change->op == SANJI__TIMER_OP__TIMER_OP_CANCEL  ? "取消 cancelled"
                       : change->op == SANJI__TIMER_OP__TIMER_OP_PAUSE ? "暂停 paused"
                                                                       : "恢复 resumed");
        }
    }
}

void explain_entry(struct casefile *file, const struct casefile_entry *entry)
{
    Sanji__Envelope *envelope = NULL;
    explain_line(file, entry);
    arena_reset(file->arena);
    if (codec_unpack(entry->record.envelope, file->arena, &envelope) != STATUS_OK) {
        cli_printf("          (信封无法解析 / the envelope cannot be decoded)\n");
        return;
    }
    say_reasons(envelope);
    say_timers(file, &entry->after, envelope);
}

void explain_end(struct casefile *file)
{
    const struct kase *kase = casefile_case(file);
    char due[TIME_TEXT_SIZE];
    cli_printf("\n");
    explain_head(file);
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        if (timer->kind != 0) {
            cli_printf("%s %s: %s %s\n", vocab_timer_zh(timer->kind),
                       vocab_timer_name(timer->kind), local(file, timer->due_ms, due),
                       timer->state == TIMER_STATE_ARMED    ? "计时 running"
                       : timer->state == TIMER_STATE_PAUSED ? "暂停 paused"
                                                            : "已到期 fired");
        }
    }
}
