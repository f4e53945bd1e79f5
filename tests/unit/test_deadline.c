/* test_deadline.c: the two clocks against examples, against each other, and against a walk
 * minute by minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/deadline.h"

enum {
    HOUR_S = 3600,
    SEED = 20200815
};

static const int64_t hour_ms = INT64_C(3600000);
static const int64_t minute_ms = INT64_C(60000);

/* Monday to Friday 08:00-12:00 and 14:00-18:00, Asia/Shanghai; National Day and Mid-Autumn
 * 2020 with their two make-up days.
 * Source: State Council notice on the holidays of 2020, rising by date. */
static struct calendar office(void)
{
    struct calendar calendar = {
        .utc_offset_min = 480,
        .weekdays = 0x1f,
        .span_count = 2,
        .spans = {{480, 720}, {840, 1080}},
        .year_first = 2020,
        .years = 1U << 0 | 1U << 1,
    };

    static const struct {
        uint32_t day;
        bool works;
    } days[] = {{20200927, true},  {20201001, false}, {20201002, false}, {20201003, false},
                {20201004, false}, {20201005, false}, {20201006, false}, {20201007, false},
                {20201008, false}, {20201010, true},  {20210101, false}};

    calendar.day_count = sizeof days / sizeof days[0];
    for (size_t i = 0; i < calendar.day_count; i++) {
        calendar.days[i].day = days[i].day;
        calendar.days[i].works = days[i].works;
    }
    return calendar;
}

static int64_t at(const char *text)
{
    int64_t at_ms = 0;
    assert_int_equal(time_parse(text, &at_ms), STATUS_OK);
    return at_ms;
}

static void assert_instant(int64_t have_ms, const char *text)
{
    char have[TIME_TEXT_SIZE];
    char want[TIME_TEXT_SIZE];
    assert_string_equal(time_print(have_ms, have), time_print(at(text), want));
}

static uint64_t next_random(uint64_t *seed)
{
    // xorshift64*: enough to spread spans over weeks, and the same on every machine.
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static int64_t random_below(uint64_t *seed, int64_t bound)
{
    return (int64_t)(next_random(seed) % (uint64_t)bound);
}

// ---- examples ---------------------------------------------------------------------------

static void
friday_half_past_five_and_two_working_hours_is_monday_half_past_nine(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    const int64_t t0_ms = at("2020-08-14T17:30:00+08:00");
    const struct deadline_limit open = {CLOCK_WORKING, 2 * HOUR_S, 0};
    assert_instant(deadline_due_ms(&calendar, &open, t0_ms, NULL, 0),
                   "2020-08-17T09:30:00+08:00");
    const struct deadline_limit capped = {CLOCK_WORKING, 2 * HOUR_S, 24 * HOUR_S};
    assert_instant(deadline_due_ms(&calendar, &capped, t0_ms, NULL, 0),
                   "2020-08-15T17:30:00+08:00");
    const struct deadline_limit natural = {CLOCK_NATURAL, 2 * HOUR_S, 0};
    assert_instant(deadline_due_ms(&calendar, &natural, t0_ms, NULL, 0),
                   "2020-08-14T19:30:00+08:00");
    assert_instant(deadline_due_ms(NULL, &natural, t0_ms, NULL, 0),
                   "2020-08-14T19:30:00+08:00");
}

static void a_limit_that_ends_with_the_day_is_due_that_day(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    const struct deadline_limit limit = {CLOCK_WORKING, HOUR_S / 2, 0};
    assert_instant(
        deadline_due_ms(&calendar, &limit, at("2020-08-14T17:30:00+08:00"), NULL, 0),
        "2020-08-14T18:00:00+08:00");
    assert_instant(
        deadline_due_ms(&calendar, &limit, at("2020-08-14T11:30:00+08:00"), NULL, 0),
        "2020-08-14T12:00:00+08:00");
    // Lunch, night and weekend count from the next working minute.
    assert_instant(
        deadline_due_ms(&calendar, &limit, at("2020-08-14T12:40:00+08:00"), NULL, 0),
        "2020-08-14T14:30:00+08:00");
    assert_instant(
        deadline_due_ms(&calendar, &limit, at("2020-08-15T03:00:00+08:00"), NULL, 0),
        "2020-08-17T08:30:00+08:00");
}

static void whole_weeks_end_with_their_last_working_minute(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    const int64_t monday_ms = at("2021-02-01T08:00:00+08:00");
    assert_instant(deadline_add_ms(&calendar, CLOCK_WORKING, monday_ms, 80 * hour_ms),
                   "2021-02-12T18:00:00+08:00");
    assert_instant(deadline_add_ms(&calendar, CLOCK_WORKING, monday_ms, 80 * hour_ms + 1),
                   "2021-02-15T08:00:00.001+08:00");
    assert_int_equal(deadline_elapsed_ms(&calendar, CLOCK_WORKING, monday_ms,
                                         at("2021-02-15T08:00:00+08:00")),
                     80 * hour_ms);
}

static void no_working_time_passes_in_the_national_day_week(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    const int64_t eve_ms = at("2020-09-30T17:00:00+08:00");
    // One hour is left on Wednesday; Friday 9 October is the next working day.
    const struct deadline_limit limit = {CLOCK_WORKING, 2 * HOUR_S, 0};
    assert_instant(deadline_due_ms(&calendar, &limit, eve_ms, NULL, 0),
                   "2020-10-09T09:00:00+08:00");
    assert_int_equal(deadline_elapsed_ms(&calendar, CLOCK_WORKING,
                                         at("2020-10-01T00:00:00+08:00"),
                                         at("2020-10-09T00:00:00+08:00")),
                     0);
    const struct deadline_limit capped = {CLOCK_WORKING, 2 * HOUR_S, 12 * HOUR_S};
    assert_instant(deadline_due_ms(&calendar, &capped, eve_ms, NULL, 0),
                   "2020-10-01T05:00:00+08:00");
}

static void a_make_up_saturday_works(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    const struct deadline_limit limit = {CLOCK_WORKING, 9 * HOUR_S, 0};
    assert_instant(
        deadline_due_ms(&calendar, &limit, at("2020-10-09T08:00:00+08:00"), NULL, 0),
        "2020-10-10T09:00:00+08:00");
    assert_instant(
        deadline_due_ms(&calendar, &limit, at("2020-09-25T08:00:00+08:00"), NULL, 0),
        "2020-09-27T09:00:00+08:00");
    assert_int_equal(deadline_elapsed_ms(&calendar, CLOCK_WORKING,
                                         at("2020-09-27T00:00:00+08:00"),
                                         at("2020-09-28T00:00:00+08:00")),
                     8 * hour_ms);
}

/* GLPI issue 10594: a pause was measured in natural time against a working budget. */
static void a_pause_is_measured_on_the_clock_it_interrupts(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    const struct deadline_limit limit = {CLOCK_WORKING, 8 * HOUR_S, 0};
    const int64_t t0_ms = at("2020-08-13T14:00:00+08:00");
    assert_instant(deadline_due_ms(&calendar, &limit, t0_ms, NULL, 0),
                   "2020-08-14T12:00:00+08:00");
    // Friday 10:00 to Monday 10:00: six working hours of Friday and two of Monday.
    const struct deadline_pause weekend = {at("2020-08-14T10:00:00+08:00"),
                                           at("2020-08-17T10:00:00+08:00")};
    assert_instant(deadline_due_ms(&calendar, &limit, t0_ms, &weekend, 1),
                   "2020-08-17T12:00:00+08:00");
    // A pause in the night takes no working time, so it gives none.
    const struct deadline_pause night = {at("2020-08-13T19:00:00+08:00"),
                                         at("2020-08-14T07:00:00+08:00")};
    assert_instant(deadline_due_ms(&calendar, &limit, t0_ms, &night, 1),
                   "2020-08-14T12:00:00+08:00");
}

/* GLPI issues 687 and 15605: the pause was lost when the limit changed. */
static void a_changed_limit_is_recounted_from_its_start_with_all_pauses(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    const int64_t t0_ms = at("2020-08-10T08:00:00+08:00");
    const struct deadline_pause pauses[] = {
        {at("2020-08-10T10:00:00+08:00"), at("2020-08-11T10:00:00+08:00")},
        {at("2020-08-11T14:00:00+08:00"), at("2020-08-12T14:00:00+08:00")},
    };
    const struct deadline_limit three_days = {CLOCK_WORKING, 24 * HOUR_S, 0};
    assert_instant(deadline_due_ms(&calendar, &three_days, t0_ms, pauses, 2),
                   "2020-08-14T18:00:00+08:00");
    const struct deadline_limit one_day = {CLOCK_NATURAL, 24 * HOUR_S, 0};
    assert_instant(deadline_due_ms(&calendar, &one_day, t0_ms, pauses, 2),
                   "2020-08-13T08:00:00+08:00");
    // A shorter one may lie in the past: it is due then, whatever happened since.
    const struct deadline_limit hour = {CLOCK_NATURAL, HOUR_S, 0};
    assert_instant(deadline_due_ms(&calendar, &hour, t0_ms, pauses, 2),
                   "2020-08-10T09:00:00+08:00");
}

static void the_cap_moves_by_the_natural_length_of_the_pauses(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    const int64_t t0_ms = at("2020-08-14T17:30:00+08:00");
    const struct deadline_limit limit = {CLOCK_WORKING, 16 * HOUR_S, 24 * HOUR_S};
    const struct deadline_pause pauses[] = {
        {at("2020-08-14T18:30:00+08:00"), at("2020-08-14T21:30:00+08:00")},
        {at("2020-08-20T08:00:00+08:00"), at("2020-08-21T08:00:00+08:00")},
    };
    assert_instant(deadline_due_ms(&calendar, &limit, t0_ms, pauses, 1),
                   "2020-08-15T20:30:00+08:00");
    // A pause that begins after the due time does not move it.
    assert_instant(deadline_due_ms(&calendar, &limit, t0_ms, pauses, 2),
                   "2020-08-15T20:30:00+08:00");
}

static void a_due_time_at_the_start_of_a_pause_is_not_moved_by_it(void **state)
{
    (void)state;
    const struct deadline_limit limit = {CLOCK_NATURAL, HOUR_S, 0};
    const struct deadline_pause at_due = {hour_ms, 5 * hour_ms};
    assert_int_equal(deadline_due_ms(NULL, &limit, 0, &at_due, 1), hour_ms);
    const struct deadline_pause before_due = {hour_ms - 1, 5 * hour_ms};
    assert_int_equal(deadline_due_ms(NULL, &limit, 0, &before_due, 1), 5 * hour_ms + 1);
    const struct deadline_limit none = {CLOCK_NATURAL, 0, 0};
    assert_int_equal(deadline_due_ms(NULL, &none, 42, &at_due, 1), 42);
}

static void a_calendar_without_working_time_is_never_due(void **state)
{
    (void)state;
    struct calendar calendar = office();
    calendar.weekdays = 0;
    const int64_t after_ms = at("2021-02-01T08:00:00+08:00");
    assert_int_equal(deadline_add_ms(&calendar, CLOCK_WORKING, after_ms, 1), INT64_MAX);
    const struct deadline_limit capped = {CLOCK_WORKING, HOUR_S, 2 * HOUR_S};
    assert_int_equal(deadline_due_ms(&calendar, &capped, after_ms, NULL, 0),
                     after_ms + 2 * hour_ms);
    // Only the two make-up days work: sixteen hours, then nothing.
    const int64_t before_ms = at("2020-01-01T00:00:00+08:00");
    assert_instant(deadline_add_ms(&calendar, CLOCK_WORKING, before_ms, 16 * hour_ms),
                   "2020-10-10T18:00:00+08:00");
    assert_int_equal(deadline_add_ms(&calendar, CLOCK_WORKING, before_ms, 16 * hour_ms + 1),
                     INT64_MAX);
    calendar.span_count = 0;
    assert_int_equal(deadline_add_ms(&calendar, CLOCK_WORKING, before_ms, 1), INT64_MAX);
    assert_int_equal(deadline_add_ms(&calendar, CLOCK_WORKING, before_ms, 0), before_ms);
}

static void amounts_beyond_the_calendar_of_years_are_never_due(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    const int64_t t0_ms = at("2020-08-14T17:30:00+08:00");
    assert_int_equal(deadline_add_ms(&calendar, CLOCK_WORKING, t0_ms, INT64_MAX),
                     INT64_MAX);
    assert_int_equal(deadline_add_ms(&calendar, CLOCK_WORKING, t0_ms, INT64_MAX / 2),
                     INT64_MAX);
    assert_int_equal(deadline_add_ms(&calendar, CLOCK_NATURAL, t0_ms, INT64_MAX),
                     INT64_MAX);
    assert_int_equal(deadline_add_ms(&calendar, CLOCK_WORKING, INT64_MAX, hour_ms),
                     INT64_MAX);
}

static void a_year_without_a_table_is_not_known(void **state)
{
    (void)state;
    struct calendar calendar = office();
    assert_true(deadline_knows_year(&calendar, at("2020-01-01T00:00:00+08:00")));
    assert_true(deadline_knows_year(&calendar, at("2021-12-31T23:59:59+08:00")));
    assert_false(deadline_knows_year(&calendar, at("2019-12-31T23:59:59+08:00")));
    assert_false(deadline_knows_year(&calendar, at("2022-01-01T00:00:00+08:00")));
    calendar.year_first = 0;
    calendar.years = 0;
    assert_false(deadline_knows_year(&calendar, at("2020-08-15T00:00:00+08:00")));
}

/* 2020 and 2026 have tables, the years between do not: a range would pretend they had. */
static void a_year_between_two_tables_is_not_known(void **state)
{
    (void)state;
    struct calendar calendar = office();
    calendar.years = 1U << 0 | 1U << 6;
    assert_true(deadline_knows_year(&calendar, at("2020-06-01T00:00:00+08:00")));
    assert_true(deadline_knows_year(&calendar, at("2026-06-01T00:00:00+08:00")));
    for (unsigned year = 2021; year < 2026; year++) {
        char text[TIME_TEXT_SIZE];
        (void)snprintf(text, sizeof text, "%u-06-01T00:00:00+08:00", year);
        assert_false(deadline_knows_year(&calendar, at(text)));
    }
    assert_false(deadline_knows_year(&calendar, at("2084-06-01T00:00:00+08:00")));
}

static void a_day_is_named_by_the_table_before_its_weekday(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    assert_int_equal(deadline_day_kind(&calendar, 20200814), DAY_WORKDAY);
    assert_int_equal(deadline_day_kind(&calendar, 20200815), DAY_WEEKEND);
    assert_int_equal(deadline_day_kind(&calendar, 20200927), DAY_MAKE_UP);
    assert_int_equal(deadline_day_kind(&calendar, 20201001), DAY_HOLIDAY);
    assert_int_equal(deadline_day_kind(&calendar, 20201003), DAY_HOLIDAY); // a Saturday
}

static void the_local_day_is_that_of_the_offset(void **state)
{
    (void)state;
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 9;
    deadline_local(480, at("2020-08-14T16:30:59Z"), &day, &minute, &weekday);
    assert_int_equal(day, 20200815);
    assert_int_equal(minute, 30);
    assert_int_equal(weekday, 5);
    deadline_local(-300, at("2020-08-14T03:00:00Z"), &day, &minute, &weekday);
    assert_int_equal(day, 20200813);
    assert_int_equal(minute, 22 * 60);
    assert_int_equal(weekday, 3);
    assert_instant(deadline_day_start_ms(480, 20200815), "2020-08-15T00:00:00+08:00");
}

// ---- against an oracle ------------------------------------------------------------------

/* One minute of the calendar, by the rules alone: no loop of the library is shared. */
static bool minute_works(const struct calendar *calendar, int64_t at_ms)
{
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(calendar->utc_offset_min, at_ms, &day, &minute, &weekday);
    bool works = (calendar->weekdays >> weekday & 1U) != 0;
    for (size_t i = 0; i < calendar->day_count; i++) {
        if (calendar->days[i].day == day) {
            works = calendar->days[i].works;
        }
    }
    bool inside = false;
    for (size_t i = 0; i < calendar->span_count; i++) {
        inside = inside || (minute >= calendar->spans[i].from_min &&
                            minute < calendar->spans[i].to_min);
    }
    return works && inside;
}

static bool in_pause(const struct deadline_pause *pauses, size_t count, int64_t at_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (at_ms >= pauses[i].from_ms && at_ms < pauses[i].to_ms) {
            return true;
        }
    }
    return false;
}

/* Whole minutes only, so each counts as one piece. */
static int64_t walk_due_ms(const struct calendar *calendar,
                           const struct deadline_limit *limit, int64_t t0_ms,
                           const struct deadline_pause *pauses, size_t count)
{
    int64_t active_ms = 0;
    int64_t natural_ms = 0;
    int64_t now_ms = t0_ms;
    for (; active_ms < (int64_t)limit->budget_s * 1000; now_ms += minute_ms) {
        if (limit->cap_s != 0 && natural_ms >= (int64_t)limit->cap_s * 1000) {
            break;
        }
        if (in_pause(pauses, count, now_ms)) {
            continue;
        }
        natural_ms += minute_ms;
        if (limit->clock == CLOCK_NATURAL || minute_works(calendar, now_ms)) {
            active_ms += minute_ms;
        }
    }
    return now_ms;
}

static void a_walk_minute_by_minute_finds_the_same_due_time(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    uint64_t seed = SEED;
    for (unsigned i = 0; i < 300; i++) {
        const int64_t t0_ms = at("2020-09-14T00:00:00+08:00") +
                              random_below(&seed, INT64_C(30) * 1440) * minute_ms;
        struct deadline_pause pauses[3];
        size_t count = (size_t)random_below(&seed, 4);
        int64_t from_ms = t0_ms;
        for (size_t k = 0; k < count; k++) {
            from_ms += (1 + random_below(&seed, 2880)) * minute_ms;
            pauses[k].from_ms = from_ms;
            from_ms += random_below(&seed, 2880) * minute_ms;
            pauses[k].to_ms = from_ms;
        }
        const struct deadline_limit limit = {
            .clock = random_below(&seed, 4) == 0 ? CLOCK_NATURAL : CLOCK_WORKING,
            .budget_s = (uint32_t)(60 + 60 * random_below(&seed, INT64_C(40) * 60)),
            .cap_s = random_below(&seed, 2) == 0
                         ? 0
                         : (uint32_t)(60 + 60 * random_below(&seed, INT64_C(5) * 1440)),
        };
        char have[TIME_TEXT_SIZE];
        char want[TIME_TEXT_SIZE];
        assert_string_equal(
            time_print(deadline_due_ms(&calendar, &limit, t0_ms, pauses, count), have),
            time_print(walk_due_ms(&calendar, &limit, t0_ms, pauses, count), want));
    }
}

static void adding_and_then_measuring_gives_the_amount_back(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    uint64_t seed = SEED;
    for (unsigned i = 0; i < 20000; i++) {
        const int64_t from_ms = at("2020-06-01T00:00:00+08:00") +
                                random_below(&seed, INT64_C(400) * TIME_DAY_MS);
        const int64_t amount_ms = 1 + random_below(&seed, 400 * hour_ms);
        const int64_t due_ms =
            deadline_add_ms(&calendar, CLOCK_WORKING, from_ms, amount_ms);
        assert_int_equal(deadline_elapsed_ms(&calendar, CLOCK_WORKING, from_ms, due_ms),
                         amount_ms);
        // The first such instant: a moment before, less had passed.
        assert_int_equal(deadline_elapsed_ms(&calendar, CLOCK_WORKING, from_ms, due_ms - 1),
                         amount_ms - 1);
    }
}

static void elapsed_time_adds_up_over_any_point_between(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    uint64_t seed = SEED;
    for (unsigned i = 0; i < 20000; i++) {
        const int64_t a_ms = at("2020-06-01T00:00:00+08:00") +
                             random_below(&seed, INT64_C(400) * TIME_DAY_MS);
        const int64_t b_ms = a_ms + random_below(&seed, INT64_C(60) * TIME_DAY_MS);
        const int64_t c_ms = b_ms + random_below(&seed, INT64_C(600) * TIME_DAY_MS);
        assert_int_equal(deadline_elapsed_ms(&calendar, CLOCK_WORKING, a_ms, b_ms) +
                             deadline_elapsed_ms(&calendar, CLOCK_WORKING, b_ms, c_ms),
                         deadline_elapsed_ms(&calendar, CLOCK_WORKING, a_ms, c_ms));
    }
}

/* Other shapes of week than the office's: one span over the whole day, no days off, none
 * but Sundays, an offset that is no whole hour. */
static void calendars_of_other_shapes_agree_with_the_walk(void **state)
{
    (void)state;
    struct calendar shapes[3] = {office(), office(), office()};
    shapes[0].weekdays = 0x7f;
    shapes[0].span_count = 1;
    shapes[0].spans[0].from_min = 0;
    shapes[0].spans[0].to_min = 1440;
    shapes[0].day_count = 0;
    shapes[1].weekdays = 0x40;
    shapes[1].utc_offset_min = 345;
    shapes[2].weekdays = 0x15;
    shapes[2].utc_offset_min = -210;
    uint64_t seed = SEED;
    for (unsigned i = 0; i < 150; i++) {
        const struct calendar *calendar = &shapes[i % 3];
        const int64_t t0_ms = at("2020-09-20T00:00:00Z") +
                              random_below(&seed, INT64_C(30) * 1440) * minute_ms;
        const struct deadline_limit limit = {
            CLOCK_WORKING, (uint32_t)(60 + 60 * random_below(&seed, INT64_C(24) * 60)), 0};
        assert_int_equal(deadline_due_ms(calendar, &limit, t0_ms, NULL, 0),
                         walk_due_ms(calendar, &limit, t0_ms, NULL, 0));
    }
    // Around the clock, working time is natural time.
    const int64_t t0_ms = at("2020-08-14T17:30:00+08:00");
    assert_int_equal(deadline_add_ms(&shapes[0], CLOCK_WORKING, t0_ms, 1000 * hour_ms),
                     t0_ms + 1000 * hour_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            friday_half_past_five_and_two_working_hours_is_monday_half_past_nine),
        cmocka_unit_test(a_limit_that_ends_with_the_day_is_due_that_day),
        cmocka_unit_test(whole_weeks_end_with_their_last_working_minute),
        cmocka_unit_test(no_working_time_passes_in_the_national_day_week),
        cmocka_unit_test(a_make_up_saturday_works),
        cmocka_unit_test(a_pause_is_measured_on_the_clock_it_interrupts),
        cmocka_unit_test(a_changed_limit_is_recounted_from_its_start_with_all_pauses),
        cmocka_unit_test(the_cap_moves_by_the_natural_length_of_the_pauses),
        cmocka_unit_test(a_due_time_at_the_start_of_a_pause_is_not_moved_by_it),
        cmocka_unit_test(a_calendar_without_working_time_is_never_due),
        cmocka_unit_test(amounts_beyond_the_calendar_of_years_are_never_due),
        cmocka_unit_test(a_year_without_a_table_is_not_known),
        cmocka_unit_test(a_year_between_two_tables_is_not_known),
        cmocka_unit_test(a_day_is_named_by_the_table_before_its_weekday),
        cmocka_unit_test(the_local_day_is_that_of_the_offset),
        cmocka_unit_test(a_walk_minute_by_minute_finds_the_same_due_time),
        cmocka_unit_test(adding_and_then_measuring_gives_the_amount_back),
        cmocka_unit_test(elapsed_time_adds_up_over_any_point_between),
        cmocka_unit_test(calendars_of_other_shapes_agree_with_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
