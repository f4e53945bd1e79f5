/* test_id.c: the short names of things, to numbers and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/id.h"
#include "proto/limits.h"

static void a_case_number_reads_back(void **state)
{
    (void)state;
    uint32_t place = 0;
    uint64_t key = 0;
    char text[CASE_NO_SIZE];
    assert_int_equal(id_case_parse("37049900320200815000007", &place, &key), STATUS_OK);
    assert_int_equal(place, 370499003);
    assert_int_equal(key, UINT64_C(20200815000007));
    assert_int_equal(id_case_day(key), 20200815);
    assert_int_equal(id_case_running(key), 7);
    assert_string_equal(id_case_print(place, key, text), "37049900320200815000007");
    assert_string_equal(id_case_print(place, 0, text), "");
    assert_string_equal(id_case_print(7, key, text), "00000000720200815000007");
}

static void what_is_not_a_case_number_is_invalid(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "3704990032020081500000",   // 22 digits
        "370499003202008150000071", // 24 digits
        "3704990032020081500000x",
        "x7049900320200815000007",
        " 7049900320200815000007",
        "37049900320200815000000", // running number 0
        "37049900320201315000007", // month 13
        "37049900320200015000007", // month 0
        "37049900320200800000007", // day 0
        "37049900320200832000007", // day 32
        "37049900320200431000007", // 31 April
        "37049900320190229000007", // no leap year
        "37049900321000229000007", // a century is none
        "37049900300000101000007", // year 0
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t place = 5;
        uint64_t key = 6;
        assert_int_equal(id_case_parse(bad[i], &place, &key), STATUS_INVALID);
        assert_int_equal(place, 5);
        assert_int_equal(key, 6);
    }
}

static void leap_days_are_dates(void **state)
{
    (void)state;
    uint32_t place = 0;
    uint64_t key = 0;
    assert_int_equal(id_case_parse("37049900320200229000001", &place, &key), STATUS_OK);
    assert_int_equal(id_case_parse("37049900320000229999999", &place, &key), STATUS_OK);
    assert_int_equal(id_case_running(key), CASES_PER_DAY_MAX);
}

static void every_day_of_some_years_is_a_date(void **state)
{
    (void)state;
    const int64_t day_ms = INT64_C(86400000);
    int64_t at_ms = INT64_C(1546300800000); // 2019-01-01T00:00:00Z
    uint32_t last = 20181231;
    for (unsigned i = 0; i < 3 * 365; i++, at_ms += day_ms) {
        uint64_t key = id_case_key(at_ms, 0, 1);
        uint32_t place = 0;
        uint64_t read = 0;
        char text[CASE_NO_SIZE];
        assert_int_equal(id_case_parse(id_case_print(1, key, text), &place, &read),
                         STATUS_OK);
        assert_int_equal(read, key);
        assert_true(id_case_day(key) > last);
        last = id_case_day(key);
    }
    assert_int_equal(last, 20211230); // one of the three is a leap year
}

static void the_day_of_a_key_is_local(void **state)
{
    (void)state;
    const int64_t noon_utc = INT64_C(1597492800000); // 2020-08-15T12:00:00Z
    const int64_t hour_ms = INT64_C(3600000);
    const int shanghai_min = 480;
    assert_int_equal(id_case_day(id_case_key(noon_utc, shanghai_min, 1)), 20200815);
    assert_int_equal(id_case_day(id_case_key(noon_utc + 4 * hour_ms - 1, shanghai_min, 1)),
                     20200815);
    assert_int_equal(id_case_day(id_case_key(noon_utc + 4 * hour_ms, shanghai_min, 1)),
                     20200816);
    assert_int_equal(id_case_day(id_case_key(noon_utc + 4 * hour_ms, 0, 1)), 20200815);
    assert_int_equal(id_case_day(id_case_key(noon_utc, -13 * 60, 1)), 20200814);
    assert_int_equal(id_case_key(noon_utc, shanghai_min, 999999), UINT64_C(20200815999999));
    assert_int_equal(id_case_key(0, 0, 1), UINT64_C(19700101000001));
    assert_int_equal(id_case_key(-1, 0, 1), UINT64_C(19691231000001));
    assert_int_equal(id_case_key(-1000, 0, 1), UINT64_C(19691231000001));
}

static void every_worker_number_reads_back(void **state)
{
    (void)state;
    for (uint32_t worker = 0; worker <= 99999; worker++) {
        char text[WORKER_SIZE];
        uint32_t read = 77;
        assert_int_equal(id_worker_parse(id_worker_print(worker, text), &read), STATUS_OK);
        assert_int_equal(read, worker);
    }
    char text[WORKER_SIZE];
    assert_string_equal(id_worker_print(7, text), "W00007");
    assert_string_equal(id_worker_print(0, text), "");
}

static void what_is_not_a_worker_is_invalid(void **state)
{
    (void)state;
    static const char *const bad[] = {"W",      "W0000",   "W000007", "w00007",
                                      "00007",  "W0000x",  "W 0007",  "W-0007",
                                      "X00007", "W00007 ", "W00000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t worker = 5;
        assert_int_equal(id_worker_parse(bad[i], &worker), STATUS_INVALID);
        assert_int_equal(worker, 5);
    }
}

static void assert_team_reads_back(const char *name, uint8_t seen[UINT16_MAX + 1])
{
    uint16_t team = 0;
    char text[TEAM_SIZE];
    assert_int_equal(id_team_parse(name, &team), STATUS_OK);
    assert_int_not_equal(team, 0);
    assert_int_equal(seen[team], 0);
    seen[team] = 1;
    assert_string_equal(id_team_print(team, text), name);
}

static void every_team_of_up_to_three_letters_reads_back(void **state)
{
    (void)state;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static uint8_t seen[UINT16_MAX + 1];
    for (size_t i = 0; i < 36; i++) {
        char name[TEAM_SIZE] = {'T', letters[i]};
        assert_team_reads_back(name, seen);
        for (size_t j = 0; j < (size_t)36 * 37; j++) {
            name[2] = letters[j / 37];
            name[3] = letters[j % 37]; // the last is the NUL that ends a shorter name
            assert_team_reads_back(name, seen);
        }
    }
}

static void a_team_number_that_no_name_has_is_a_question_mark(void **state)
{
    (void)state;
    unsigned unnamed = 0;
    for (unsigned team = 1; team <= UINT16_MAX; team++) {
        char text[TEAM_SIZE];
        uint16_t read = 0;
        (void)id_team_print((uint16_t)team, text); // returns text
        if (strcmp(text, "?") == 0) {
            unnamed++;
        } else {
            assert_int_equal(id_team_parse(text, &read), STATUS_OK);
            assert_int_equal(read, team);
        }
    }
    assert_int_equal(UINT16_MAX - unnamed, 36 + 36 * 36 + 36 * 36 * 36);
}

static void what_is_not_a_team_is_invalid(void **state)
{
    (void)state;
    static const char *const bad[] = {"T",  "TABCD", "B03",  "tB03",  "Tb03",
                                      "T-", "T 3",   "TB 3", "T\xe7", "TB03 "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint16_t team = 5;
        assert_int_equal(id_team_parse(bad[i], &team), STATUS_INVALID);
        assert_int_equal(team, 5);
    }
    uint16_t team = 5;
    char text[TEAM_SIZE];
    assert_int_equal(id_team_parse("", &team), STATUS_OK);
    assert_int_equal(team, 0);
    assert_string_equal(id_team_print(0, text), "");
}

static void categories_are_five_digits(void **state)
{
    (void)state;
    uint32_t category = 0;
    char text[CATEGORY_SIZE];
    assert_int_equal(id_category_parse("02001", &category), STATUS_OK);
    assert_int_equal(category, 2001);
    assert_string_equal(id_category_print(category, text), "02001");
    assert_string_equal(id_category_print(99000, text), "99000");
    assert_string_equal(id_category_print(0, text), "");
    static const char *const bad[] = {"", "2001", "002001", "0200x", "-2001", "00000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        category = 5;
        assert_int_equal(id_category_parse(bad[i], &category), STATUS_INVALID);
        assert_int_equal(category, 5);
    }
}

static void numbers_too_large_for_their_name_are_a_question_mark(void **state)
{
    (void)state;
    char text[CASE_NO_SIZE];
    assert_string_equal(id_category_print(99999, text), "99999");
    assert_string_equal(id_case_print(999999999, UINT64_C(99999999999999), text),
                        "99999999999999999999999");
    assert_string_equal(id_worker_print(100000, text), "?");
    assert_string_equal(id_worker_print(UINT32_MAX, text), "?");
    assert_string_equal(id_category_print(100000, text), "?");
    assert_string_equal(id_case_print(1000000000, 1, text), "?");
    assert_string_equal(id_case_print(1, UINT64_C(100000000000000), text), "?");
    assert_string_equal(id_case_print(1, UINT64_MAX, text), "?");
}

static void a_source_is_the_checksum_of_its_name(void **state)
{
    (void)state;
    assert_int_equal(id_source(""), 0);
    assert_int_equal(id_source("123456789"), 0xe3069283); // the check value of CRC-32C
    assert_int_not_equal(id_source("ehsy"), id_source("ehsz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_number_reads_back),
        cmocka_unit_test(what_is_not_a_case_number_is_invalid),
        cmocka_unit_test(leap_days_are_dates),
        cmocka_unit_test(every_day_of_some_years_is_a_date),
        cmocka_unit_test(the_day_of_a_key_is_local),
        cmocka_unit_test(every_worker_number_reads_back),
        cmocka_unit_test(what_is_not_a_worker_is_invalid),
        cmocka_unit_test(every_team_of_up_to_three_letters_reads_back),
        cmocka_unit_test(a_team_number_that_no_name_has_is_a_question_mark),
        cmocka_unit_test(what_is_not_a_team_is_invalid),
        cmocka_unit_test(categories_are_five_digits),
        cmocka_unit_test(numbers_too_large_for_their_name_are_a_question_mark),
        cmocka_unit_test(a_source_is_the_checksum_of_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
