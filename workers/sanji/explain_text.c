/* explain_text.c: an explanation as lines for people: Chinese first, English beside it. */
#include <string.h>

#include "proto/time.h"
#include "workers/sanji/explain.h"

enum {
    EVENT_WIDTH = 14,
    STATE_WIDTH = 16,
    ROLE_WIDTH = 12,
    TIER_WIDTH = 5,
    HOLDER_WIDTH = 24,
    KIND_WIDTH = 14,
    DAY_WIDTH = 12,
    TEXT_SIZE = 24,
    S_PER_MIN = 60,
    S_PER_HOUR = 3600
};

static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static long long number(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

/* "2020-08-14 17:30:00" of a point in time; "-" where there is none. */
static const char *local(const json_t *object, const char *key, char text[TIME_TEXT_SIZE])
{
    int64_t at_ms = 0;
    if (time_parse(word(object, key), &at_ms) != STATUS_OK) {
        return "-";
    }
    return time_print_local(at_ms, CLI_OFFSET_MIN, text);
}

/* "2h", "2h05m", "30m", "45s", "-3m20s". */
static const char *length(long long seconds, char text[TEXT_SIZE])
{
    const char *sign = seconds < 0 ? "-" : "";
    const long long whole = seconds < 0 ? -seconds : seconds;
    const long long hours = whole / S_PER_HOUR;
    const long long minutes = whole % S_PER_HOUR / S_PER_MIN;
    const long long rest = whole % S_PER_MIN;
    int size = snprintf(text, TEXT_SIZE, "%s", sign);
    if (hours > 0) {
        size += snprintf(text + size, TEXT_SIZE - (size_t)size, "%lldh", hours);
    }
    if (minutes > 0) {
        size += snprintf(text + size, TEXT_SIZE - (size_t)size,
                         hours > 0 ? "%02lldm" : "%lldm", minutes);
    }
    if (rest > 0 || whole == 0) {
        (void)snprintf(text + size, TEXT_SIZE - (size_t)size, "%llds", rest);
    }
    return text;
}

/* ---- a step ---- */

static void print_why(const json_t *step)
{
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(json_object_get(step, "why"), i, one)
    {
        cli_printf("          %s / %s\n", word(one, "zh"), word(one, "en"));
    }
}

static void print_cause(const json_t *step)
{
    const json_t *cause = json_object_get(step, "cause");
    const json_t *why = json_object_get(cause, "why");
    if (cause != NULL) {
        cli_printf("          起因 cause: %lld %s %s%s%s\n", number(cause, "seq"),
                   word(cause, "type_zh"), word(cause, "type"), why != NULL ? ": " : "",
                   word(why, "zh"));
    }
}

static void print_considered(const json_t *step)
{
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(json_object_get(step, "considered"), i, one)
    {
        cli_printf("            %s ", word(one, "worker"));
        cli_cell(word(one, "role_zh"), ROLE_WIDTH);
        const json_t *rejects = json_object_get(one, "rejects");
        if (rejects == NULL) {
            cli_printf("成本 cost %lld‰\n", number(one, "cost_permille"));
            continue;
        }
        cli_printf("不合条件 filtered:");
        size_t k = 0;
        const json_t *reject = NULL;
        json_array_foreach(rejects, k, reject)
        {
            cli_printf(" %s %s", word(reject, "zh"), word(reject, "filter"));
        }
        cli_printf("\n");
    }
}

/* ---- a deadline ---- */

static bool counts(const json_t *day)
{
    return json_array_size(json_object_get(day, "counted")) > 0;
}

/* Days that count nothing are told together as far as they are alike. */
static size_t print_day(const json_t *days, size_t i)
{
    static const char *const weekdays[] = {"",     "周一", "周二", "周三",
                                           "周四", "周五", "周六", "周日"};
    const json_t *day = json_array_get(days, i);
    size_t last = i;
    while (!counts(day) && last + 1 < json_array_size(days)) {
        const json_t *next = json_array_get(days, last + 1);
        if (counts(next) || strcmp(word(next, "kind"), word(day, "kind")) != 0) {
            break;
        }
        last++;
    }
    const long long weekday = number(day, "weekday");
    cli_printf("              %s %s ", word(day, "day"),
               weekday >= 1 && weekday <= 7 ? weekdays[weekday] : "");
    if (last > i) {
        cli_printf("… %s ", word(json_array_get(days, last), "day"));
    }
    cli_cell(word(day, "kind_zh"), DAY_WIDTH);
    cli_printf("%s", word(day, "kind_en"));
    size_t k = 0;
    const json_t *piece = NULL;
    json_array_foreach(json_object_get(day, "counted"), k, piece)
    {
        cli_printf("  %s", json_string_value(piece));
    }
    if (counts(day)) {
        char here[TEXT_SIZE];
        char sum[TEXT_SIZE];
        cli_printf("  = %s  累计 so far %s", length(number(day, "counted_s"), here),
                   length(number(day, "sum_s"), sum));
    }
    cli_printf("\n");
    return last + 1;
}

static void print_pauses(const json_t *timer)
{
    size_t i = 0;
    const json_t *pause = NULL;
    char from[TIME_TEXT_SIZE];
    char to[TIME_TEXT_SIZE];
    char counted[TEXT_SIZE];
    json_array_foreach(json_object_get(timer, "pauses"), i, pause)
    {
        cli_printf("              暂停 pause %s … %s, 不计 not counted %s\n",
                   local(pause, "from", from), local(pause, "to", to),
                   length(number(pause, "counted_s"), counted));
    }
}

/* The sentence that the sum is. */
static void print_method(const json_t *timer)
{
    char text[TIME_TEXT_SIZE];
    char span[TEXT_SIZE];
    const char *method = word(timer, "method");
    if (json_object_get(timer, "by_cap") != NULL) {
        char cap[TIME_TEXT_SIZE];
        cli_printf("              按预算 by the budget %s, 按上限 by the cap %s\n",
                   local(timer, "by_budget", text), local(timer, "by_cap", cap));
    }
    if (strcmp(method, "rest") == 0 || strcmp(method, "floor") == 0) {
        cli_printf("              从 %s 起续计%s %s / goes on from there with %s\n",
                   local(timer, "rest_from", text),
                   strcmp(method, "floor") == 0 ? "最低份额" : "剩余",
                   length(number(timer, "rest_s"), span),
                   strcmp(method, "floor") == 0 ? "the least share of its budget"
                                                : "what was left");
    } else if (strcmp(method, "past") == 0) {
        cli_printf("              按新条件 %s 已过, 立即到期 / by the new terms it is "
                   "past: due at "
                   "once\n",
                   local(timer, "by_budget", text));
    } else if (strcmp(method, "added") == 0) {
        cli_printf("              原到期 was due %s + %s\n", local(timer, "added_to", text),
                   length(number(timer, "added_s"), span));
    } else if (strcmp(method, "as_written") == 0) {
        cli_printf("              按记录所载 as written%s\n",
                   json_is_false(json_object_get(timer, "agrees"))
                       ? " (复算不符 a recount gives another time)"
                       : "");
    }
    if (json_object_get(timer, "calendar_missing") != NULL) {
        cli_printf(
            "              注意: 日历缺该年度, 按星期计 / the calendar has no table for "
            "that year: counted by weekday\n");
    }
}

static void print_timer(const json_t *timer)
{
    char text[TIME_TEXT_SIZE];
    char span[TEXT_SIZE];
    cli_printf("          %s %s", word(timer, "kind_zh"), word(timer, "kind"));
    if (number(timer, "n") != 0) {
        cli_printf(" #%lld", number(timer, "n"));
    }
    const char *op = word(timer, "op");
    if (strcmp(op, "CANCEL") == 0 || strcmp(op, "PAUSE") == 0) {
        cli_printf(": %s", op[0] == 'C' ? "停止 stopped" : "暂停 paused");
        if (json_object_get(timer, "left_s") != NULL) {
            cli_printf(", 剩余 left %s", length(number(timer, "left_s"), span));
        }
        cli_printf("\n");
        return;
    }
    cli_printf(": %s 自 from %s 起 %s %s %s",
               op[0] == 'A'               ? "起算 armed"
               : strcmp(op, "RESET") == 0 ? "重算 recounted"
                                          : "恢复 resumed",
               local(timer, "t0", text), length(number(timer, "budget_s"), span),
               word(timer, "clock_zh"), word(timer, "clock_en"));
    if (json_object_get(timer, "cap_s") != NULL) {
        cli_printf(", 上限 cap %s", length(number(timer, "cap_s"), span));
    }
    cli_printf("\n");
    print_pauses(timer);
    const json_t *days = json_object_get(timer, "days");
    for (size_t i = 0; i < json_array_size(days);) {
        i = print_day(days, i);
    }
    print_method(timer);
    cli_printf("              到期 due %s%s\n", local(timer, "due", text),
               strcmp(word(timer, "method"), "cap") == 0 ? " (上限先到 the cap comes first)"
                                                         : "");
}

static void print_versions(const json_t *step, const json_t *before)
{
    const json_t *now = json_object_get(step, "rules");
    if (before == NULL || !json_equal(now, json_object_get(before, "rules"))) {
        cli_printf(
            "-- 规则版本 rules in force: 组织 org v%lld  名册 roster v%lld  时限 sla "
            "v%lld  日历 calendar v%lld  政策 policy v%lld\n",
            number(now, "org"), number(now, "roster"), number(now, "sla"),
            number(now, "calendar"), number(now, "policy"));
    }
}

static void print_step(const json_t *step, const json_t *before)
{
    char text[TIME_TEXT_SIZE];
    print_versions(step, before);
    cli_printf("%8lld  %s  ", number(step, "seq"), local(step, "recorded_at", text));
    cli_cell(word(step, "type_zh"), EVENT_WIDTH);
    cli_cell(word(step, "state_zh"), STATE_WIDTH);
    cli_printf("%s %s %s\n", word(step, "tier_zh"), word(step, "holder"),
               word(step, "worker"));
    print_cause(step);
    print_why(step);
    print_considered(step);
    size_t i = 0;
    const json_t *timer = NULL;
    json_array_foreach(json_object_get(step, "timers"), i, timer)
    {
        print_timer(timer);
    }
}

/* ---- head and end ---- */

static void print_head(const json_t *value)
{
    char text[TIME_TEXT_SIZE];
    cli_printf(
        "案件 case     %s%s%s%s%s\n", word(value, "case_no"),
        json_object_get(value, "status") != NULL ? "  【" : "", word(value, "status_zh"),
        json_object_get(value, "status") != NULL ? "】 " : "", word(value, "status"));
    cli_printf("状态 state    %s %s\n", word(value, "state_zh"), word(value, "state"));
    cli_printf("类别 category %s %s %s  %s %s\n", word(value, "category"),
               word(value, "category_zh"), word(value, "category_en"),
               word(value, "severity"), word(value, "severity_zh"));
    cli_printf("地点 area     %s\n", word(value, "area"));
    cli_printf("承办 holder   %s %s %s\n", word(value, "holder"), word(value, "tier_zh"),
               word(value, "tier_en"));
    cli_printf("责任 owner    %s\n", word(value, "owner"));
    if (json_object_get(value, "worker") != NULL) {
        cli_printf("人员 worker   %s\n", word(value, "worker"));
    }
    cli_printf("登记 received %s\n\n", local(value, "received_at", text));
}

static void print_life(const json_t *timer)
{
    static const struct {
        const char *outcome, *text;
    } outcomes[] = {{"RUNNING", "计时中 running"},
                    {"PAUSED", "暂停中 paused"},
                    {"FIRED", "已到期 fired"},
                    {"CANCELLED", "已停止 stopped"}};

    char due[TIME_TEXT_SIZE];
    char at[TIME_TEXT_SIZE];
    char span[TEXT_SIZE];
    cli_printf("  ");
    cli_cell(word(timer, "kind_zh"), KIND_WIDTH);
    cli_cell(word(timer, "kind"), KIND_WIDTH);
    cli_printf("%-4lld 到期 due %s  ", number(timer, "n"), local(timer, "due", due));
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (strcmp(outcomes[i].outcome, word(timer, "outcome")) == 0) {
            cli_printf("%s", outcomes[i].text);
        }
    }
    if (json_object_get(timer, "late_s") != NULL) {
        cli_printf(" %s, 迟 late %s", local(timer, "at", at),
                   length(number(timer, "late_s"), span));
    } else if (json_object_get(timer, "left_s") != NULL) {
        cli_printf(" %s, 剩余 left %s", local(timer, "at", at),
                   length(number(timer, "left_s"), span));
    }
    cli_printf("\n");
}

static void print_hold(const json_t *hold)
{
    char from[TIME_TEXT_SIZE];
    char to[TIME_TEXT_SIZE];
    char working[TEXT_SIZE];
    char natural[TEXT_SIZE];
    char part[TEXT_SIZE];
    cli_printf("  ");
    cli_cell(word(hold, "holder"), HOLDER_WIDTH);
    cli_cell(word(hold, "tier_zh"), TIER_WIDTH);
    cli_printf("%s … %s  工作 working %s  自然 natural %s", local(hold, "from", from),
               json_is_true(json_object_get(hold, "open")) ? "现在 now"
                                                           : local(hold, "to", to),
               length(number(hold, "working_s"), working),
               length(number(hold, "natural_s"), natural));

    static const struct {
        const char *key, *text;
    } parts[] = {{"suspended_s", "其中挂起 suspended"},
                 {"upstream_s", "其中在市级 upstream"},
                 {"checking_s", "其中核查回访 checking"}};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (json_object_get(hold, parts[i].key) != NULL) {
            cli_printf("  %s %s", parts[i].text, length(number(hold, parts[i].key), part));
        }
    }
    cli_printf("\n");
}

void explain_print(json_t *value)
{
    size_t i = 0;
    const json_t *one = NULL;
    const json_t *before = NULL;
    print_head(value);
    json_array_foreach(json_object_get(value, "steps"), i, one)
    {
        print_step(one, before);
        before = one;
    }
    cli_printf("\n时限一览 every timer\n");
    json_array_foreach(json_object_get(value, "timers"), i, one)
    {
        print_life(one);
    }
    cli_printf("\n时间用在谁手里 who used up the time\n");
    json_array_foreach(json_object_get(value, "ledger"), i, one)
    {
        print_hold(one);
    }
}
