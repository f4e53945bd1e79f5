/* test_calendar.c: deploy/rules/calendar.yaml is the calendar of the State Council's notices
 * for 2020 and 2026, and the deadlines by it are those that a person would reckon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/deadline.h"
#include "tests/unit/deploy_rules.h"

enum {
    HOUR_S = 3600
};

static struct rules *rules;

static int set_up(void **state)
{
    (void)state;
    rules = rules_new();
    deploy_rules_fold(rules);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rules_free(&rules);
    return 0;
}

static int64_t at(const char *text)
{
    int64_t at_ms = 0;
    assert_int_equal(time_parse(text, &at_ms), STATUS_OK);
    return at_ms;
}

static int64_t due(const char *t0, uint32_t hours, uint32_t cap_hours)
{
    const struct deadline_limit limit = {CLOCK_WORKING, hours * HOUR_S, cap_hours * HOUR_S};
    return deadline_due_ms(rules_calendar(rules), &limit, at(t0), NULL, 0);
}

static void assert_instant(int64_t have_ms, const char *text)
{
    char have[TIME_TEXT_SIZE];
    char want[TIME_TEXT_SIZE];
    assert_string_equal(time_print(have_ms, have), time_print(at(text), want));
}

struct run {
    uint32_t from, to; // days of one month
};

static void assert_days(const struct run *runs, size_t count, enum day_kind kind)
{
    for (size_t i = 0; i < count; i++) {
        for (uint32_t day = runs[i].from; day <= runs[i].to; day++) {
            assert_int_equal(deadline_day_kind(rules_calendar(rules), day), kind);
        }
    }
}

/* Every other day is what its weekday says. */
static size_t exceptions_of(uint32_t year)
{
    const struct calendar *calendar = rules_calendar(rules);
    size_t count = 0;
    for (size_t i = 0; i < calendar->day_count; i++) {
        count += calendar->days[i].day / 10000 == year ? 1 : 0;
    }
    return count;
}

/* Source: notice of the General Office of the State Council on the holidays of 2020, and that
 * of 26 January 2020, which prolonged Spring Festival to 2 February (1 February, a make-up day
 * before, with it). */
static void the_year_2020_is_that_of_the_notices(void **state)
{
    (void)state;
    static const struct run holidays[] = {{20200101, 20200101}, {20200124, 20200131},
                                          {20200201, 20200202}, {20200404, 20200406},
                                          {20200501, 20200505}, {20200625, 20200627},
                                          {20201001, 20201008}};
    static const struct run make_up[] = {{20200119, 20200119}, {20200426, 20200426},
                                         {20200509, 20200509}, {20200628, 20200628},
                                         {20200927, 20200927}, {20201010, 20201010}};
    assert_days(holidays, sizeof holidays / sizeof holidays[0], DAY_HOLIDAY);
    assert_days(make_up, sizeof make_up / sizeof make_up[0], DAY_MAKE_UP);
    assert_int_equal(exceptions_of(2020), 1 + 10 + 3 + 5 + 3 + 8 + 6);
}

/* Source: notice of the General Office of the State Council of November 2025. */
static void the_year_2026_is_that_of_the_notice(void **state)
{
    (void)state;
    static const struct run holidays[] = {{20260101, 20260103}, {20260215, 20260223},
                                          {20260404, 20260406}, {20260501, 20260505},
                                          {20260619, 20260621}, {20260925, 20260927},
                                          {20261001, 20261007}};
    static const struct run make_up[] = {{20260104, 20260104}, {20260214, 20260214},
                                         {20260228, 20260228}, {20260509, 20260509},
                                         {20260920, 20260920}, {20261010, 20261010}};
    assert_days(holidays, sizeof holidays / sizeof holidays[0], DAY_HOLIDAY);
    assert_days(make_up, sizeof make_up / sizeof make_up[0], DAY_MAKE_UP);
    assert_int_equal(exceptions_of(2026), 3 + 9 + 3 + 5 + 3 + 3 + 7 + 6);
}

static void a_year_without_a_notice_is_not_assumed(void **state)
{
    (void)state;
    const struct calendar *calendar = rules_calendar(rules);
    assert_true(deadline_knows_year(calendar, at("2020-12-31T23:59:59+08:00")));
    assert_false(deadline_knows_year(calendar, at("2021-01-01T00:00:00+08:00")));
    assert_false(deadline_knows_year(calendar, at("2025-12-31T23:59:59+08:00")));
    assert_true(deadline_knows_year(calendar, at("2026-01-01T00:00:00+08:00")));
    assert_false(deadline_knows_year(calendar, at("2027-01-01T00:00:00+08:00")));
}

static void friday_evening_goes_over_the_weekend_unless_capped(void **state)
{
    (void)state;
    assert_instant(due("2020-08-14T17:30:00+08:00", 2, 0), "2020-08-17T09:30:00+08:00");
    assert_instant(due("2020-08-14T17:30:00+08:00", 2, 24), "2020-08-15T17:30:00+08:00");
    assert_instant(due("2026-08-14T17:30:00+08:00", 2, 0), "2026-08-17T09:30:00+08:00");
}

static void the_national_day_week_counts_nothing(void **state)
{
    (void)state;
    // Wednesday 30 September: one hour that day, the other on Friday 9 October.
    assert_instant(due("2020-09-30T17:00:00+08:00", 2, 0), "2020-10-09T09:00:00+08:00");
    assert_instant(due("2026-09-30T17:00:00+08:00", 2, 0), "2026-10-08T09:00:00+08:00");
}

static void a_make_up_day_counts_like_a_weekday(void **state)
{
    (void)state;
    // Friday 9 October 2020, then Saturday 10 October, which is worked.
    assert_instant(due("2020-10-09T17:00:00+08:00", 2, 0), "2020-10-10T09:00:00+08:00");
    // Friday 13 February 2026, then Saturday 14, then nothing until Tuesday 24.
    assert_instant(due("2026-02-13T17:00:00+08:00", 10, 0), "2026-02-24T09:00:00+08:00");
}

/* GLPI 10594: a pause over a holiday takes no working time, so it gives none back. */
static void a_pause_over_a_holiday_moves_nothing(void **state)
{
    (void)state;
    const struct deadline_limit limit = {CLOCK_WORKING, 16 * HOUR_S, 0};
    const int64_t t0_ms = at("2020-09-30T08:00:00+08:00");
    const struct deadline_pause week = {at("2020-10-01T00:00:00+08:00"),
                                        at("2020-10-09T08:00:00+08:00")};
    const struct deadline_pause day = {at("2020-09-30T14:00:00+08:00"),
                                       at("2020-10-09T14:00:00+08:00")};
    const struct calendar *calendar = rules_calendar(rules);
    assert_instant(deadline_due_ms(calendar, &limit, t0_ms, NULL, 0),
                   "2020-10-09T18:00:00+08:00");
    assert_instant(deadline_due_ms(calendar, &limit, t0_ms, &week, 1),
                   "2020-10-09T18:00:00+08:00");
    // Four hours of the 30th and four of the 9th: the make-up Saturday has to give them.
    assert_instant(deadline_due_ms(calendar, &limit, t0_ms, &day, 1),
                   "2020-10-10T18:00:00+08:00");
}

/* GLPI 15605: another severity is counted from the same start with the same pauses. */
static void a_changed_severity_keeps_start_and_pauses(void **state)
{
    (void)state;
    struct deadline_limit slow;
    struct deadline_limit fast;
    uint32_t times = 0;
    const struct calendar *calendar = rules_calendar(rules);
    assert_true(rules_limit(rules, TIMER_RESOLVE, SEVERITY_S3, 1003, &slow, &times));
    assert_true(rules_limit(rules, TIMER_RESOLVE, SEVERITY_S2, 1003, &fast, &times));
    const int64_t t0_ms = at("2020-08-10T09:00:00+08:00");
    const struct deadline_pause pause = {at("2020-08-10T10:00:00+08:00"),
                                         at("2020-08-11T10:00:00+08:00")};
    assert_instant(deadline_due_ms(calendar, &slow, t0_ms, &pause, 1),
                   "2020-08-18T09:00:00+08:00"); // 40 hours less the 8 of the pause
    assert_instant(deadline_due_ms(calendar, &fast, t0_ms, &pause, 1),
                   "2020-08-12T09:00:00+08:00"); // 24 natural hours, and the pause
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_year_2020_is_that_of_the_notices),
        TEST(the_year_2026_is_that_of_the_notice),
        TEST(a_year_without_a_notice_is_not_assumed),
        TEST(friday_evening_goes_over_the_weekend_unless_capped),
        TEST(the_national_day_week_counts_nothing),
        TEST(a_make_up_day_counts_like_a_weekday),
        TEST(a_pause_over_a_holiday_moves_nothing),
        TEST(a_changed_severity_keeps_start_and_pauses),
    };
    return cmocka_run_group_tests_name("calendar", tests, set_up, tear_down);
}
