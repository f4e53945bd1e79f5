/* duty.c: see duty.h. */
#include "workers/dispatch/duty.h"

#include <string.h>

#include "broker/runtime/workload.h"
#include "proto/lifecycle.h"

enum {
    DAY_MIN = 24 * 60,
    DAY_MS = 86400000
};

/* ---- of whom it is said ---- */

/* Desks, chiefs and systems speak for anybody, a worker for himself alone. */
static bool speaks_for(const Sanji__Actor *actor, const char *name)
{
    const uint32_t handlers = lifecycle_edge(T10)->roles;
    return (handlers >> (unsigned)actor->role & 1U) == 0 ||
           strcmp(actor->worker, name) == 0;
}

static uint32_t refused(struct turn *turn, const struct record *record,
                        const Sanji__Envelope *said, enum status status, const char *field,
                        const char *reason)
{
    turn_refuse(turn, record, said, NULL,
                (struct refusal){.status = status, .field = field, .reason = reason});
    return 0;
}

/* 0: the statement was refused. */
static uint32_t subject(struct turn *turn, const struct record *record,
                        const Sanji__Envelope *said)
{
    const Sanji__StatementFields *fields = said->said->fields;
    const char *name =
        fields != NULL && fields->worker[0] != '\0' ? fields->worker : said->actor->worker;
    uint32_t worker = 0;
    if (!speaks_for(said->actor, name)) {
        return refused(turn, record, said, STATUS_WRONG_WORKER, "worker",
                       "只能为本人填报 / a worker says it of himself only");
    }
    if (id_worker_parse(name, &worker) != STATUS_OK ||
        rules_worker(turn_rules(turn), worker) == NULL) {
        return refused(turn, record, said, STATUS_NOT_FOUND, "worker",
                       "名册中无此人员 / no such worker in the roster");
    }
    return worker;
}

static Sanji__Envelope *about(struct turn *turn, const struct record *record,
                              const Sanji__Envelope *said, uint32_t worker)
{
    Sanji__Envelope *envelope = turn_event(turn, NULL, record->seq);
    struct org_path desk;
    if (org_parse(rules_worker(turn_rules(turn), worker)->desk, &desk) == STATUS_OK) {
        turn_set_area(turn, envelope, desk);
    }
    turn_set_worker(turn, envelope, worker);
    envelope->actor = said->actor;
    return envelope;
}

/* ---- duty ---- */

void duty_said(struct turn *turn, const struct record *record, const Sanji__Envelope *said)
{
    const uint32_t worker = subject(turn, record, said);
    if (worker == 0) {
        return;
    }
    Sanji__DutyChanged *body =
        TURN_NEW(turn, Sanji__DutyChanged, sanji__duty_changed__init);
    Sanji__Envelope *envelope = about(turn, record, said, worker);
    body->worker = envelope->worker;
    body->duty = said->said->fields->duty;
    body->area = envelope->area;
    envelope->body_case = SANJI__ENVELOPE__BODY_DUTY_CHANGED;
    envelope->duty_changed = body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
}

/* ---- coverage ---- */

void duty_coverage(struct turn *turn, const struct record *record,
                   const Sanji__Envelope *said)
{
    const Sanji__StatementFields *fields = said->said->fields;
    if (fields == NULL ||
        (fields->cells_planned | fields->visits_done | fields->patrol_min) == 0) {
        (void)refused(turn, record, said, STATUS_INVALID, "cells_planned",
                      "须填巡查格数、走访数或时长 / cells_planned, visits_done or "
                      "patrol_min is missing");
        return;
    }
    if (fields->cells_visited > fields->cells_planned) {
        (void)refused(turn, record, said, STATUS_INVALID, "cells_visited",
                      "已巡格数多于计划 / more cells visited than planned");
        return;
    }
    if (fields->patrol_min > DAY_MIN) {
        (void)refused(turn, record, said, STATUS_INVALID, "patrol_min",
                      "一日至多1440分钟 / a day has 1,440 minutes");
        return;
    }
    const uint32_t worker = subject(turn, record, said);
    if (worker == 0) {
        return;
    }
    Sanji__CoverageReported *body =
        TURN_NEW(turn, Sanji__CoverageReported, sanji__coverage_reported__init);
    Sanji__Envelope *envelope = about(turn, record, said, worker);
    body->worker = envelope->worker;
    body->cells_planned = fields->cells_planned;
    body->cells_visited = fields->cells_visited;
    body->visits_done = fields->visits_done;
    body->patrol_min = fields->patrol_min;
    envelope->body_case = SANJI__ENVELOPE__BODY_COVERAGE_REPORTED;
    envelope->coverage_reported = body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
}

/* ---- work log ---- */

static uint32_t today(const struct turn *turn, const struct rules *rules)
{
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(rules_utc_offset_min(rules), turn_now_ms(turn), &day, &minute, &weekday);
    return day;
}

/* The day that is reported, and how many days ago it was. False: refused. */
static bool reported_day(struct turn *turn, const struct record *record,
                         const Sanji__Envelope *said, uint32_t *day, int64_t *ago)
{
    const Sanji__StatementFields *fields = said->said->fields;
    const uint32_t now = today(turn, turn_rules(turn));
    *day = now;
    if (fields != NULL && fields->day[0] != '\0' && !workload_parse_day(fields->day, day)) {
        (void)refused(turn, record, said, STATUS_INVALID, "day",
                      "日期格式为2020-08-15 / a day is written 2020-08-15");
        return false;
    }
    *ago = (deadline_day_start_ms(0, now) - deadline_day_start_ms(0, *day)) / DAY_MS;
    if (*ago < 0 || *ago >= WORKER_DAYS) {
        (void)refused(turn, record, said, STATUS_INVALID, "day",
                      "只能填报近7日 / today or one of the six days before");
        return false;
    }
    return true;
}

/* What the log knows of that day of his. */
static void prefill(struct turn *turn, uint32_t worker, uint32_t now, int64_t ago,
                    Sanji__WorkLogFiled *body)
{
    const struct worker_state *state = world_worker(turn_world(turn), worker);
    const int64_t behind =
        state->roll_day != 0
            ? (deadline_day_start_ms(0, now) - deadline_day_start_ms(0, state->roll_day)) /
                  DAY_MS
            : WORKER_DAYS;
    const int64_t at = ago - behind;
    const bool known = at >= 0 && at < WORKER_DAYS;
    const uint32_t cases = known ? state->cases[at] : 0;
    const uint32_t visits = known ? state->visits[at] : 0;
    const uint32_t minutes = known ? state->roll_min[at] : 0;
    body->prefilled = body->cases_handled == 0 || body->visits == 0 || body->minutes == 0;
    body->cases_handled = body->cases_handled != 0 ? body->cases_handled : cases;
    body->visits = body->visits != 0 ? body->visits : visits;
    body->minutes = body->minutes != 0 ? body->minutes : minutes;
}

void duty_worklog(struct turn *turn, const struct record *record,
                  const Sanji__Envelope *said)
{
    const Sanji__StatementFields *fields = said->said->fields;
    uint32_t day = 0;
    int64_t ago = 0;
    if (!reported_day(turn, record, said, &day, &ago)) {
        return;
    }
    if (fields != NULL && fields->minutes > DAY_MIN) {
        (void)refused(turn, record, said, STATUS_INVALID, "minutes",
                      "一日至多1440分钟 / a day has 1,440 minutes");
        return;
    }
    const uint32_t worker = subject(turn, record, said);
    if (worker == 0) {
        return;
    }
    Sanji__WorkLogFiled *body =
        TURN_NEW(turn, Sanji__WorkLogFiled, sanji__work_log_filed__init);
    Sanji__Envelope *envelope = about(turn, record, said, worker);
    body->worker = envelope->worker;
    body->day = turn_text(turn, "%04u-%02u-%02u", day / 10000, day / 100 % 100, day % 100);
    if (fields != NULL) {
        body->cases_handled = fields->cases_handled;
        body->visits = fields->visits_done;
        body->minutes = fields->minutes;
    }
    prefill(turn, worker, today(turn, turn_rules(turn)), ago, body);
    envelope->body_case = SANJI__ENVELOPE__BODY_WORK_LOG_FILED;
    envelope->work_log_filed = body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
}
