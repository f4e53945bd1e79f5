/* rows.c: see rows.h. */
#include "workers/sanji/rows.h"

#include <stdio.h>
#include <strings.h>

#include "proto/time.h"
#include "proto/vocab.h"
#include "workers/sanji/cli.h"

enum {
    STATE_WIDTH = 16,
    HOLDER_WIDTH = 22,
    MS_PER_MIN = 60000,
    MIN_PER_HOUR = 60,
    MIN_PER_DAY = 1440,
    DUE_SIZE = 48
};

static const struct {
    const char *name;
    const char *zh;
} tiers[] = {{"UNSPECIFIED", ""},   {"GRID", "网格"},        {"COMMITTEE", "居委"},
             {"COMMUNITY", "社区"}, {"SUBDISTRICT", "街道"}, {"MUNICIPAL", "市级"}};

bool rows_tier(const char *name, Sanji__Tier *tier)
{
    for (size_t i = 1; i < sizeof tiers / sizeof tiers[0]; i++) {
        if (strcasecmp(tiers[i].name, name) == 0) {
            *tier = (Sanji__Tier)i;
            return true;
        }
    }
    return false;
}

const char *rows_tier_zh(Sanji__Tier tier)
{
    return (size_t)tier < sizeof tiers / sizeof tiers[0] ? tiers[tier].zh : "?";
}

/* "处置时限 2h05m" or "签收时限 晚 12m". */
static void print_due(const Sanji__CaseRow *row, int64_t now_ms, char text[DUE_SIZE])
{
    if (row->next_due_ms == 0) {
        text[0] = '\0';
        return;
    }
    int64_t left_min = (row->next_due_ms - now_ms) / MS_PER_MIN;
    const char *late = left_min < 0 ? "晚 " : "";
    left_min = left_min < 0 ? -left_min : left_min;
    const char *kind = vocab_timer_zh(row->next_due_kind);
    if (left_min >= 2 * MIN_PER_DAY) {
        (void)snprintf(text, DUE_SIZE, "%s %s%lldd", kind, late,
                       (long long)(left_min / MIN_PER_DAY));
    } else {
        (void)snprintf(text, DUE_SIZE, "%s %s%lldh%02lldm", kind, late,
                       (long long)(left_min / MIN_PER_HOUR),
                       (long long)(left_min % MIN_PER_HOUR));
    }
}

/* "    待关注 带班领导 370499.003 派遣时限 已 1h05m": who must act on what, and since when. */
static void print_alert(const Sanji__AttentionRow *alert, int64_t now_ms)
{
    const int64_t since_min = (now_ms - alert->since_ms) / MS_PER_MIN;
    cli_printf("    待关注 %s %s%s%s %s 已 %lldh%02lldm\n",
               vocab_role_zh((unsigned)alert->role), alert->org,
               alert->worker[0] != '\0' ? " " : "", alert->worker,
               vocab_timer_zh((unsigned)alert->kind), (long long)(since_min / MIN_PER_HOUR),
               (long long)(since_min % MIN_PER_HOUR));
}

void rows_print(const Sanji__CaseRow *row, int64_t now_ms)
{
    char due[DUE_SIZE];
    print_due(row, now_ms, due);
    cli_printf("%s S%d %s ", row->case_no, (int)row->severity, row->category);
    cli_cell(vocab_state_zh(row->state), STATE_WIDTH);
    cli_cell(rows_tier_zh(row->tier), 5);
    cli_cell(row->holder, HOLDER_WIDTH);
    cli_cell(row->worker, 7);
    cli_printf("%s%s%s%s\n", due, row->overdue ? " 超时" : "",
               row->n_attention > 0 ? " 待关注" : "",
               row->status == SANJI__MSG_STATUS__MSG_STATUS_EXERCISE ? " 【演练】" : "");
    for (size_t i = 0; i < row->n_attention; i++) {
        print_alert(row->attention[i], now_ms);
    }
}
