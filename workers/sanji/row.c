/* row.c: records as rows. */
#include "workers/sanji/row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/id.h"
#include "proto/org.h"
#include "proto/status.h"
#include "proto/time.h"
#include "proto/vocab.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/rows.h"

enum {
    EVENT_WIDTH = 11,
    STATE_WIDTH = 15,
    TIER_WIDTH = 5,
    HOLDER_WIDTH = 22,
    CASE_WIDTH = 24,
    WORKER_WIDTH = 7,
    DETAIL_SIZE = 160,
    YEAR_SIZE = 5 // "2020-": a stream is read by the day
};

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static void say_timer(const Sanji__TimerFired *fired, char *detail)
{
    snprintf(detail, DETAIL_SIZE, "%s 迟%" PRIu64 "秒",
             or_empty(vocab_timer_zh((unsigned)fired->kind)), fired->late_ms / 1000);
}

static void say_statement(const Sanji__Envelope *envelope, char *detail)
{
    const Sanji__Actor *actor = envelope->actor;
    snprintf(detail, DETAIL_SIZE, "%s %s",
             or_empty(vocab_statement_zh((unsigned)envelope->said->kind)),
             actor == NULL ? "" : or_empty(vocab_role_zh((unsigned)actor->role)));
}

static void say_refusal(const Sanji__StatementRefused *refused, char *detail)
{
    snprintf(detail, DETAIL_SIZE, "%s: %s %s",
             or_empty(vocab_statement_zh((unsigned)refused->kind)),
             status_zh((enum status)refused->code), refused->reason);
}

// What a reader of the stream asks next; most events say it by their name and columns.
static void say_detail(const Sanji__Envelope *envelope, char detail[DETAIL_SIZE])
{
    detail[0] = '\0';
    if (envelope == NULL) {
        snprintf(detail, DETAIL_SIZE, "%s", "无法解析");
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_TIMER_FIRED) {
        say_timer(envelope->timer_fired, detail);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        say_statement(envelope, detail);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_STATEMENT_REFUSED) {
        say_refusal(envelope->statement_refused, detail);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_ESCALATED) {
        snprintf(detail, DETAIL_SIZE, "%s → %s", envelope->case_escalated->from,
                 envelope->case_escalated->to);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_OFFERED) {
        snprintf(detail, DETAIL_SIZE, "第%u次", envelope->dispatch_offered->attempt);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RECEIVED) {
        snprintf(detail, DETAIL_SIZE, "%s %s", envelope->category, envelope->source_system);
    }
}

static void print_severity(unsigned severity, bool has_color)
{
    static const char *const COLORS[] = {"", "\033[31m", "\033[33m", "", ""};
    bool colored = has_color && severity >= SEVERITY_S1 && severity <= SEVERITY_S2;
    if (severity == SEVERITY_NONE || severity > SEVERITY_S4) {
        cli_printf("   ");
        return;
    }
    cli_printf("%sS%u%s ", colored ? COLORS[severity] : "", severity,
               colored ? "\033[0m" : "");
}

void row_print(const struct record *record, const Sanji__Envelope *envelope, uint32_t place,
               bool has_color)
{
    const struct record_header *header = &record->header;
    char time[TIME_TEXT_SIZE];
    char text[ORG_TEXT_SIZE];
    char case_no[CASE_NO_SIZE];
    char number[8];
    char detail[DETAIL_SIZE];
    time_print_local(header->recorded_at_ms, CLI_OFFSET_MIN, time);
    cli_printf("%s %8" PRIu64 "  ", time + YEAR_SIZE, record->seq);
    print_severity(header->severity, has_color);
    const char *event = vocab_event_zh(header->type);
    snprintf(number, sizeof number, "#%u", header->type);
    cli_cell(event == NULL ? number : event, EVENT_WIDTH);
    cli_cell(or_empty(vocab_state_zh(header->state)), STATE_WIDTH);
    cli_cell(rows_tier_zh((Sanji__Tier)header->tier), TIER_WIDTH);
    struct org_path holder = {place, header->holder};
    bool has_holder = place != 0 && header->tier != TIER_NONE;
    cli_cell(has_holder ? org_print(holder, text) : "", HOLDER_WIDTH);
    cli_cell(id_case_print(place, header->case_key, case_no), CASE_WIDTH);
    cli_cell(id_worker_print(header->worker, text), WORKER_WIDTH);
    say_detail(envelope, detail);
    cli_printf("%s%s\n", (header->flags & RECORD_EXERCISE) != 0 ? "【演练】" : "", detail);
}
