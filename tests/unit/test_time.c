/* test_time.c: instants, days and durations as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "proto/time.h"

static void every_day_of_ten_thousand_years_has_its_number(void **state)
{
    (void)state;
    int64_t number = time_day_number(10101);
    uint32_t day = 10101;
    for (; day < 99991231; number++) {
        assert_int_equal(time_day(number), day);
        assert_int_equal(time_day_number(day), number);
        do {
            day++;
            if (day % 100 > 31) {
                day += 100 - day % 100;
            }
            if (day / 100 % 100 > 12) {
                day += 10000 - day % 10000;
            }
        } while (!time_is_day(day));
    }
    assert_int_equal(time_day_number(19700101), 0);
    assert_int_equal(time_day_number(20200815), 18489);
}

static void days_agree_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t number = -40000; number < 60000; number += 37) {
        const time_t seconds = (time_t)(number * 86400);
        struct tm date;
        assert_non_null(gmtime_r(&seconds, &date));
        assert_int_equal(time_day(number), (date.tm_year + 1900) * 10000 +
                                               (date.tm_mon + 1) * 100 + date.tm_mday);
        assert_int_equal(time_weekday(number), (date.tm_wday + 6) % 7);
    }
}

static void dates_that_do_not_exist_are_no_days(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0,        101,      20200001, 20201301, 20200100,
                                   20200132, 20190229, 19000229, 20200431, 100000101};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(time_is_day(bad[i]));
    }
    assert_true(time_is_day(20000229));
    assert_true(time_is_day(20200229));
}

static void an_instant_is_read_with_its_zone(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        int64_t at_ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2020-08-15T15:02:11+08:00", INT64_C(1597474931000)},
        {"2020-08-15T07:02:11.412Z", INT64_C(1597474931412)},
        {"2020-08-15t07:02:11.41298765z", INT64_C(1597474931412)},
        {"2020-08-15T07:02:11.4Z", INT64_C(1597474931400)},
        {"2020-08-15T01:32:11-05:30", INT64_C(1597474931000)},
        {"1969-12-31T23:59:59.999Z", -1},
        {"0001-01-01T00:00:00Z", TIME_MIN_MS},
        {"9999-12-31T23:59:59.999Z", TIME_MAX_MS},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t at_ms = 7;
        assert_int_equal(time_parse(rows[i].text, &at_ms), STATUS_OK);
        assert_int_equal(at_ms, rows[i].at_ms);
    }
}

static void an_instant_that_is_not_rfc_3339_is_invalid(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2020-08-15",
        "2020-08-15T15:02:11",  // no zone
        "2020-08-15 15:02:11Z", // a blank
        "2020-8-15T15:02:11Z",
        "2020-08-15T15:02Z",
        "2020-02-30T15:02:11Z",
        "2020-13-01T15:02:11Z",
        "2020-08-15T24:00:00Z",
        "2020-08-15T15:60:11Z",
        "2020-08-15T15:02:60Z",
        "2020-08-15T15:02:11.Z",
        "2020-08-15T15:02:11+8:00",
        "2020-08-15T15:02:11+0800",
        "2020-08-15T15:02:11+24:00",
        "2020-08-15T15:02:11+08:60",
        "2020-08-15T15:02:11Zx",
        "2020-08-15T15:02:11+08:00 ",
        " 2020-08-15T15:02:11Z",
        "-020-08-15T15:02:11Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-00:01",
        "0000-01-01T00:00:00Z",
        "1597474931",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t at_ms = 7;
        assert_int_equal(time_parse(bad[i], &at_ms), STATUS_INVALID);
        assert_int_equal(at_ms, 7);
    }
}

static void every_prefix_of_an_instant_is_invalid(void **state)
{
    (void)state;
    const char *whole = "2020-08-15T15:02:11.412+08:00";
    char text[TIME_TEXT_SIZE];
    for (size_t size = 0; size < strlen(whole); size++) {
        memcpy(text, whole, size);
        text[size] = '\0';
        int64_t at_ms = 7;
        assert_int_equal(time_parse(text, &at_ms), STATUS_INVALID);
    }
}

static void what_is_printed_is_read_back(void **state)
{
    (void)state;
    char text[TIME_TEXT_SIZE];
    assert_string_equal(time_print(INT64_C(1597474931412), text),
                        "2020-08-15T07:02:11.412Z");
    assert_string_equal(time_print(-1, text), "1969-12-31T23:59:59.999Z");
    assert_string_equal(time_print_local(INT64_C(1597474931412), 480, text),
                        "2020-08-15 15:02:11");
    assert_string_equal(time_print_local(INT64_C(1597449600000), 480, text),
                        "2020-08-15 08:00:00");
    for (int64_t at_ms = TIME_MIN_MS; at_ms < TIME_MAX_MS - INT64_C(98765432123);
         at_ms += INT64_C(98765432123)) {
        int64_t back_ms = 7;
        assert_int_equal(time_parse(time_print(at_ms, text), &back_ms), STATUS_OK);
        assert_int_equal(back_ms, at_ms);
    }
}

static void instants_outside_the_years_print_as_the_nearest(void **state)
{
    (void)state;
    char text[TIME_TEXT_SIZE];
    assert_string_equal(time_print(INT64_MAX, text), "9999-12-31T23:59:59.999Z");
    assert_string_equal(time_print(INT64_MIN, text), "0001-01-01T00:00:00.000Z");
    assert_string_equal(time_print_local(INT64_MAX, 480, text), "9999-12-31 23:59:59");
    assert_string_equal(time_print_local(INT64_MIN, -480, text), "0001-01-01 00:00:00");
}

static void a_duration_is_digits_and_one_unit(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {{"90s", 90000},
                {"15m", 900000},
                {"4h", 14400000},
                {"2d", 172800000},
                {"0s", 0},
                {"007m", 420000},
                {"2932896d", INT64_C(253402214400000)}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms = 7;
        assert_int_equal(duration_parse(rows[i].text, &ms), STATUS_OK);
        assert_int_equal(ms, rows[i].ms);
    }
}

static void a_duration_of_any_other_form_is_invalid(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "s",
                                      "90",
                                      "90 s",
                                      "1.5h",
                                      "-1s",
                                      "+1s",
                                      "1h30m",
                                      "4H",
                                      "1w",
                                      "4hh",
                                      "x4h",
                                      "99999999999999999999s",
                                      "2932898d",
                                      "25340230080000000s"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms = 7;
        assert_int_equal(duration_parse(bad[i], &ms), STATUS_INVALID);
        assert_int_equal(ms, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_ten_thousand_years_has_its_number),
        cmocka_unit_test(days_agree_with_the_c_library),
        cmocka_unit_test(dates_that_do_not_exist_are_no_days),
        cmocka_unit_test(an_instant_is_read_with_its_zone),
        cmocka_unit_test(an_instant_that_is_not_rfc_3339_is_invalid),
        cmocka_unit_test(every_prefix_of_an_instant_is_invalid),
        cmocka_unit_test(what_is_printed_is_read_back),
        cmocka_unit_test(instants_outside_the_years_print_as_the_nearest),
        cmocka_unit_test(a_duration_is_digits_and_one_unit),
        cmocka_unit_test(a_duration_of_any_other_form_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
