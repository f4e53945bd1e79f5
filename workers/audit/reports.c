/* reports.c: see reports.h. */
#include "workers/audit/reports.h"

#include <stdio.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "proto/id.h"
#include "workers/audit/notice.h"

enum {
    WEEK_DAYS = 7,
    THURSDAY = 3,
    YEAR_DAYS_BEFORE = 10000, // yyyymmdd / this: the year
    WEEK_TEXT_YEAR = 100,
    SECOND_MS = 1000
};

void reports_open(struct reports *reports)
{
    const struct indicator_window window = {.for_snapshots = true};
    *reports = (struct reports){.indicators = indicator_new(&window)};
}

void reports_close(struct reports *reports)
{
    indicator_free(&reports->indicators);
    memory_free(reports->snapshots);
    memory_free(reports->notices);
    *reports = (struct reports){.indicators = NULL};
}

// ---- periods ----------------------------------------------------------------------------

static int64_t day_start_ms(const struct reports *reports, uint32_t day)
{
    return deadline_day_start_ms((int32_t)reports->utc_offset_min, day);
}

static uint32_t day_of(const struct reports *reports, int64_t at_ms, unsigned *weekday)
{
    uint32_t day = 0;
    unsigned minute = 0;
    deadline_local((int32_t)reports->utc_offset_min, at_ms, &day, &minute, weekday);
    return day;
}

static int64_t month_start_ms(const struct reports *reports, int64_t at_ms)
{
    unsigned weekday = 0;
    const uint32_t day = day_of(reports, at_ms, &weekday);
    return day_start_ms(reports, day / 100 * 100 + 1);
}

static int64_t next_month_ms(const struct reports *reports, int64_t month_ms)
{
    // Some day of the next month, whatever the length of this one.
    return month_start_ms(reports, month_ms + 32 * TIME_DAY_MS);
}

static int64_t week_start_ms(const struct reports *reports, int64_t at_ms)
{
    unsigned weekday = 0;
    const uint32_t day = day_of(reports, at_ms, &weekday);
    return day_start_ms(reports, day) - (int64_t)weekday * TIME_DAY_MS;
}

/* ISO 8601: a week belongs to the year of its Thursday. */
static uint32_t week_number(const struct reports *reports, int64_t monday_ms)
{
    unsigned weekday = 0;
    const int64_t thursday_ms = monday_ms + THURSDAY * TIME_DAY_MS;
    const uint32_t year = day_of(reports, thursday_ms, &weekday) / YEAR_DAYS_BEFORE;
    const int64_t first_ms = day_start_ms(reports, year * YEAR_DAYS_BEFORE + 101);
    const int64_t week = (thursday_ms - first_ms) / (WEEK_DAYS * TIME_DAY_MS) + 1;
    return year * WEEK_TEXT_YEAR + (uint32_t)week;
}

// ---- a period has ended -------------------------------------------------------------------

struct listing {
    struct reports *reports;
    struct indicator_range range;
    const Sanji__Snapshots *wanted;
    const Sanji__PublicFeed *feed;
    struct notice_cells cells;
};

static void list_snapshot(void *context, const struct indicator_scope *scope, size_t row,
                          const struct indicator_figure *figure)
{
    struct listing *listing = context;
    struct reports *reports = listing->reports;
    if (scope->worker != 0 ? !listing->wanted->workers : !listing->wanted->areas) {
        return;
    }
    MEMORY_ROOM_FOR_ONE(reports->snapshots, reports->snapshot_count,
                        reports->snapshot_room);
    reports->snapshots[reports->snapshot_count++] =
        (struct report_snapshot){.due_ms = reports->month_end_ms,
                                 .from_ms = reports->month_from_ms,
                                 .to_ms = reports->month_end_ms,
                                 .numerator = figure->numerator,
                                 .denominator = figure->denominator,
                                 .first_seq = listing->range.first_seq,
                                 .upto_seq = listing->range.upto_seq,
                                 .row = (uint32_t)row,
                                 .worker = scope->worker,
                                 .place = scope->area.place,
                                 .packed = scope->area.packed};
}

static void end_month(struct reports *reports, const Sanji__Policy *policy)
{
    struct listing listing = {.reports = reports,
                              .range = indicator_range(reports->indicators),
                              .wanted = policy != NULL ? policy->snapshots : NULL};
    if (listing.wanted != NULL) {
        indicator_each_snapshot(reports->indicators, list_snapshot, &listing);
    }
    reports->month_from_ms = reports->month_end_ms;
    reports->month_end_ms = next_month_ms(reports, reports->month_from_ms);
    indicator_next_window(reports->indicators, reports->month_from_ms,
                          reports->month_end_ms);
}

static void add_case(void *context, const struct indicator_public_case *one)
{
    struct listing *listing = context;
    notice_add(&listing->cells, listing->feed, one);
}

static void list_notices(struct reports *reports, struct listing *listing, uint32_t place)
{
    notice_settle(&listing->cells, listing->feed);
    for (size_t i = 0; i < listing->cells.count; i++) {
        const struct notice_cell *cell = &listing->cells.cells[i];
        MEMORY_ROOM_FOR_ONE(reports->notices, reports->notice_count, reports->notice_room);
        reports->notices[reports->notice_count++] = (struct report_notice){
            .due_ms = reports->week_end_ms + (int64_t)listing->feed->delay_s * SECOND_MS,
            .week = week_number(reports, reports->week_from_ms),
            .number = (uint32_t)i + 1,
            .place = place,
            .packed = cell->packed,
            .major = cell->major,
            .state = cell->state,
            .resolution = cell->resolution,
            .count = cell->count};
    }
    notice_free(&listing->cells);
}

static void end_week(struct reports *reports, const Sanji__Policy *policy, uint32_t place)
{
    struct listing listing = {.reports = reports,
                              .feed = policy != NULL ? policy->public_feed : NULL};
    if (listing.feed != NULL) {
        indicator_each_public(reports->indicators, reports->week_from_ms,
                              reports->week_end_ms, add_case, &listing);
        list_notices(reports, &listing, place);
    }
    reports->week_from_ms = reports->week_end_ms;
    reports->week_end_ms =
        week_start_ms(reports, reports->week_from_ms + (WEEK_DAYS + 1) * TIME_DAY_MS);
}

/* Periods that have ended by `now`, which nothing folded so far has reached. */
static void end_periods(struct reports *reports, const struct rules *rules, int64_t now_ms)
{
    const Sanji__Policy *policy = rules_policy(rules);
    while (reports->month_end_ms != 0 &&
           (reports->month_end_ms <= now_ms || reports->week_end_ms <= now_ms)) {
        if (reports->week_end_ms <= reports->month_end_ms) {
            end_week(reports, policy, rules_place(rules));
        } else {
            end_month(reports, policy);
        }
    }
}

static void begin_periods(struct reports *reports, const struct rules *rules,
                          int64_t now_ms)
{
    const Sanji__Policy *policy = rules_policy(rules);
    reports->is_on =
        policy != NULL && (policy->snapshots != NULL || policy->public_feed != NULL);
    if (reports->month_end_ms != 0 || !rules_complete(rules)) {
        return;
    }
    reports->utc_offset_min = rules_utc_offset_min(rules);
    reports->month_from_ms = month_start_ms(reports, now_ms);
    reports->month_end_ms = next_month_ms(reports, reports->month_from_ms);
    reports->week_from_ms = week_start_ms(reports, now_ms);
    reports->week_end_ms =
        week_start_ms(reports, reports->week_from_ms + (WEEK_DAYS + 1) * TIME_DAY_MS);
    indicator_next_window(reports->indicators, reports->month_from_ms,
                          reports->month_end_ms);
}

// ---- written ------------------------------------------------------------------------------

static void scope_text(const struct report_snapshot *snapshot, char text[ORG_TEXT_SIZE])
{
    if (snapshot->worker != 0) {
        (void)id_worker_print(snapshot->worker, text); // returns text
    } else {
        (void)org_print((struct org_path){snapshot->place, snapshot->packed}, text);
    }
}

static bool is_snapshot(const struct report_snapshot *snapshot,
                        const Sanji__IndicatorSnapshot *body)
{
    const struct indicator_definition *definition = indicator_definition(snapshot->row);
    char scope[ORG_TEXT_SIZE];
    scope_text(snapshot, scope);
    return snapshot->from_ms == body->from_ms &&
           strcmp(definition->code, body->code) == 0 &&
           strcmp(definition->part != NULL ? definition->part : "", body->part) == 0 &&
           strcmp(scope, body->scope) == 0;
}

/* They are written in order, so it is the first, or one of an earlier program's. */
static void forget_snapshot(struct reports *reports, const Sanji__IndicatorSnapshot *body)
{
    size_t at = reports->snapshot_first;
    while (at < reports->snapshot_count && !is_snapshot(&reports->snapshots[at], body)) {
        at++;
    }
    if (at == reports->snapshot_count) {
        return;
    }
    for (; at > reports->snapshot_first; at--) {
        reports->snapshots[at] = reports->snapshots[at - 1];
    }
    reports->snapshot_first++;
    if (reports->snapshot_first == reports->snapshot_count) {
        reports->snapshot_first = 0;
        reports->snapshot_count = 0;
    }
}

static void forget_notice(struct reports *reports, const Sanji__PublicNotice *body)
{
    size_t at = reports->notice_first;
    char number[WORKER_SIZE + ORG_TEXT_SIZE];
    for (; at < reports->notice_count; at++) {
        const struct report_notice *notice = &reports->notices[at];
        (void)snprintf(number, sizeof number, "%u-W%02u-%03u",
                       notice->week / WEEK_TEXT_YEAR, notice->week % WEEK_TEXT_YEAR,
                       notice->number);
        if (strcmp(number, body->public_no) == 0) {
            break;
        }
    }
    if (at == reports->notice_count) {
        return;
    }
    for (; at > reports->notice_first; at--) {
        reports->notices[at] = reports->notices[at - 1];
    }
    reports->notice_first++;
    if (reports->notice_first == reports->notice_count) {
        reports->notice_first = 0;
        reports->notice_count = 0;
    }
}

static void count_written(struct reports *reports, int64_t at_ms)
{
    reports->written_count = reports->written_ms == at_ms ? reports->written_count + 1 : 1;
    reports->written_ms = at_ms;
}

void reports_fold(struct reports *reports, struct world *world, const struct record *record,
                  const Sanji__Envelope *envelope)
{
    const struct rules *rules = world_rules(world);
    const int64_t at_ms = record->header.recorded_at_ms;
    end_periods(reports, rules, at_ms);
    begin_periods(reports, rules, at_ms);
    if (envelope->body_case == SANJI__ENVELOPE__BODY_INDICATOR_SNAPSHOT) {
        forget_snapshot(reports, envelope->indicator_snapshot);
        count_written(reports, at_ms);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_PUBLIC_NOTICE) {
        forget_notice(reports, envelope->public_notice);
        count_written(reports, at_ms);
    }
    const struct indicator_seen seen = {
        .record = record,
        .envelope = envelope,
        .before = world_before(world),
        .after = record->header.case_key != 0 ? world_case(world, record->header.case_key)
                                              : NULL,
        .calendar = rules_calendar(rules)};
    indicator_fold(reports->indicators, &seen);
}

// ---- writing ------------------------------------------------------------------------------

static void write_snapshot(struct turn *turn, const struct report_snapshot *snapshot)
{
    const struct indicator_definition *definition = indicator_definition(snapshot->row);
    Sanji__IndicatorSnapshot *body =
        TURN_NEW(turn, Sanji__IndicatorSnapshot, sanji__indicator_snapshot__init);
    Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
    char scope[ORG_TEXT_SIZE];
    scope_text(snapshot, scope);
    if (snapshot->worker != 0) {
        turn_set_worker(turn, envelope, snapshot->worker);
    } else {
        turn_set_area(turn, envelope, (struct org_path){snapshot->place, snapshot->packed});
    }
    struct indicator_figure figure = {.definition = definition,
                                      .numerator = snapshot->numerator,
                                      .denominator = snapshot->denominator};
    indicator_settle(&figure);
    body->code = turn_text(turn, "%s", definition->code);
    body->part = turn_text(turn, "%s", definition->part != NULL ? definition->part : "");
    body->scope = turn_text(turn, "%s", scope);
    body->from_ms = snapshot->from_ms;
    body->to_ms = snapshot->to_ms;
    body->suppressed = figure.suppressed;
    if (!figure.suppressed) {
        body->numerator = (uint64_t)snapshot->numerator;
        body->denominator = (uint64_t)snapshot->denominator;
        body->value = (double)figure.value_e6 / INDICATOR_VALUE_UNIT;
    }
    body->definition_version = definition->version;
    body->first_seq = snapshot->first_seq;
    body->upto_seq = snapshot->upto_seq;
    envelope->body_case = SANJI__ENVELOPE__BODY_INDICATOR_SNAPSHOT;
    envelope->indicator_snapshot = body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
}

static void write_notice(struct turn *turn, const struct report_notice *notice)
{
    Sanji__PublicNotice *body =
        TURN_NEW(turn, Sanji__PublicNotice, sanji__public_notice__init);
    Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
    const struct org_path place = {notice->place, notice->packed};
    char path[ORG_TEXT_SIZE];
    turn_set_area(turn, envelope, place);
    envelope->sensitivity = SANJI__SENSITIVITY__SENSITIVITY_PUBLIC;
    body->week = turn_text(turn, "%u-W%02u", notice->week / WEEK_TEXT_YEAR,
                           notice->week % WEEK_TEXT_YEAR);
    body->public_no = turn_text(turn, "%s-%03u", body->week, notice->number);
    body->community = turn_text(turn, "%s", org_print(place, path));
    body->category_major = notice->major != 0 ? turn_text(turn, "%02u", notice->major)
                                              : turn_text(turn, "%s", "");
    body->public_state = (Sanji__CaseState)notice->state;
    body->resolution = (Sanji__Resolution)notice->resolution;
    body->count = notice->count;
    envelope->body_case = SANJI__ENVELOPE__BODY_PUBLIC_NOTICE;
    envelope->public_notice = body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
}

/* When the next pending record may be written; INT64_MAX: there is none. */
static int64_t next_write_ms(const struct reports *reports)
{
    int64_t next_ms = INT64_MAX;
    if (reports->snapshot_first < reports->snapshot_count) {
        next_ms = reports->snapshots[reports->snapshot_first].due_ms;
    }
    if (reports->notice_first < reports->notice_count &&
        reports->notices[reports->notice_first].due_ms < next_ms) {
        next_ms = reports->notices[reports->notice_first].due_ms;
    }
    const int64_t rested_ms = reports->written_ms + SECOND_MS;
    const bool must_rest = reports->written_count >= REPORTS_BURST && next_ms < rested_ms;
    return must_rest ? rested_ms : next_ms;
}

int64_t reports_next_wake_ms(const struct reports *reports)
{
    int64_t next_ms = next_write_ms(reports);
    if (reports->is_on && reports->month_end_ms != 0) {
        next_ms = reports->month_end_ms < next_ms ? reports->month_end_ms : next_ms;
        next_ms = reports->week_end_ms < next_ms ? reports->week_end_ms : next_ms;
    }
    return next_ms == INT64_MAX ? 0 : next_ms;
}

void reports_wake(struct reports *reports, struct turn *turn)
{
    const int64_t now_ms = turn_now_ms(turn);
    end_periods(reports, turn_rules(turn), now_ms);
    if (next_write_ms(reports) > now_ms) {
        return;
    }
    int64_t room = REPORTS_BURST;
    if (reports->written_ms == now_ms) {
        room -= reports->written_count;
    }
    for (size_t i = reports->snapshot_first; i < reports->snapshot_count && room > 0; i++) {
        if (!turn_has_room(turn) || reports->snapshots[i].due_ms > now_ms) {
            break;
        }
        write_snapshot(turn, &reports->snapshots[i]);
        room--;
    }
    for (size_t i = reports->notice_first; i < reports->notice_count && room > 0; i++) {
        if (!turn_has_room(turn) || reports->notices[i].due_ms > now_ms) {
            break;
        }
        write_notice(turn, &reports->notices[i]);
        room--;
    }
}
