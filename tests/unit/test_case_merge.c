/* test_case_merge.c: what merged reports mean to the case they went into. */
#include "proto/case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    MINUTE_MS = 60000,
    MINUTE_S = 60,
    RECEIVED_MS = 100 * MINUTE_MS
};

static struct kase at_minute(int minute)
{
    return (struct kase){.key = 1, .received_ms = RECEIVED_MS + minute * MINUTE_MS};
}

static void join_at(struct kase *kase, int minute)
{
    const struct kase child = at_minute(minute);
    case_join(kase, &child, 0);
}

static void voices_are_the_reporter_and_who_came_with_others(void **state)
{
    (void)state;
    struct kase kase = at_minute(0);
    assert_int_equal(case_voices(&kase), 0);
    kase.wants_contact = true;
    kase.watchers = 3;
    assert_int_equal(case_voices(&kase), 4);
}

static void what_joined_and_left_leaves_nothing(void **state)
{
    (void)state;
    struct kase kase = at_minute(0);
    struct kase child = at_minute(30);
    child.wants_contact = true;
    join_at(&child, 31);
    case_join(&kase, &child, case_voices(&child));
    assert_int_equal(kase.merged_reports, 2);
    assert_int_equal(kase.watchers, 1);
    assert_int_equal(kase.burst_count, 2);
    assert_int_equal(kase.burst_s[1], 31 * MINUTE_S);
    case_leave(&kase, &child);
    const struct kase fresh = at_minute(0);
    assert_memory_equal(&kase, &fresh, sizeof kase);
}

static void counts_stay_in_their_range(void **state)
{
    (void)state;
    struct kase kase = at_minute(0);
    struct kase child = at_minute(1);
    kase.merged_reports = UINT16_MAX - 1;
    kase.watchers = UINT16_MAX;
    case_join(&kase, &child, 2);
    case_join(&kase, &child, 2);
    assert_int_equal(kase.merged_reports, UINT16_MAX);
    assert_int_equal(kase.watchers, UINT16_MAX);
    kase.merged_reports = 0; // a record that never stood
    case_leave(&kase, &child);
    assert_int_equal(kase.merged_reports, 0);
}

static void the_newest_reports_are_kept_in_order(void **state)
{
    (void)state;
    struct kase kase = at_minute(0);
    static const int minutes[] = {40, 10, 30, 20, 50, 5, 60, 45};
    static const int kept[] = {30, 40, 45, 50, 60};
    for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
        join_at(&kase, minutes[i]);
    }
    assert_int_equal(kase.burst_count, CASE_BURST_MAX);
    for (size_t i = 0; i < CASE_BURST_MAX; i++) {
        assert_int_equal(kase.burst_s[i], kept[i] * MINUTE_S);
    }
}

static void a_burst_is_so_many_in_so_long(void **state)
{
    (void)state;
    struct kase kase = at_minute(0);
    for (int i = 1; i < 4; i++) {
        join_at(&kase, i * 30);
        assert_false(case_has_burst(&kase, 5, 120 * MINUTE_S));
    }
    join_at(&kase, 121);
    assert_false(case_has_burst(&kase, 5, 120 * MINUTE_S)); // its own came a minute before
    assert_true(case_has_burst(&kase, 5, 121 * MINUTE_S));
    join_at(&kase, 122);
    assert_true(case_has_burst(&kase, 5, 120 * MINUTE_S));  // five merged ones
    assert_false(case_has_burst(&kase, 0, 120 * MINUTE_S)); // the rules ask for none
}

static void an_older_report_counts_as_well(void **state)
{
    (void)state;
    struct kase kase = at_minute(0);
    for (int i = 1; i <= 4; i++) {
        join_at(&kase, -i * 30);
    }
    assert_true(case_has_burst(&kase, 5, 120 * MINUTE_S));
    assert_false(case_has_burst(&kase, 5, 119 * MINUTE_S));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(voices_are_the_reporter_and_who_came_with_others),
        cmocka_unit_test(what_joined_and_left_leaves_nothing),
        cmocka_unit_test(counts_stay_in_their_range),
        cmocka_unit_test(the_newest_reports_are_kept_in_order),
        cmocka_unit_test(a_burst_is_so_many_in_so_long),
        cmocka_unit_test(an_older_report_counts_as_well),
    };
    return cmocka_run_group_tests_name("case_merge", tests, NULL, NULL);
}
