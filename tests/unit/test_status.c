/* test_status.c: every number has its words, and a fault is one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "proto/status.h"

static void every_number_has_a_name_and_two_sentences(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++) {
        assert_string_not_equal(status_name((enum status)i), "UNKNOWN");
        assert_true(strlen(status_zh((enum status)i)) > 0);
        assert_true(strlen(status_en((enum status)i)) > 0);
    }
}

static void no_two_numbers_have_the_same_name(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(status_name((enum status)i),
                                    status_name((enum status)j));
        }
    }
}

static void numbers_that_travel_stay_what_they_are(void **state)
{
    (void)state;
    assert_int_equal(STATUS_OK, 0);
    assert_int_equal(STATUS_CONFLICT, 10);
    assert_int_equal(STATUS_FENCED, 12);
    assert_int_equal(STATUS_STORE_FULL, 17);
    assert_string_equal(status_name((enum status)24), "STALE_OFFER");
    assert_string_equal(status_zh((enum status)24), "派单已失效");
    assert_string_equal(status_en((enum status)24),
                        "the offer named is not the current one");
    assert_string_equal(status_name((enum status)41), "NOTHING_SEALED");
}

static void a_number_outside_the_table_is_unknown(void **state)
{
    (void)state;
    static const int outside[] = {STATUS_COUNT, 77, 255, 1000000, -1};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        assert_string_equal(status_name((enum status)outside[i]), "UNKNOWN");
        assert_true(strlen(status_zh((enum status)outside[i])) > 0);
        assert_true(strlen(status_en((enum status)outside[i])) > 0);
    }
}

static void a_fault_carries_its_status_and_its_text(void **state)
{
    (void)state;
    struct fault fault = {.status = STATUS_OK};
    enum status status =
        fault_set(&fault, STATUS_LOCKED, "%s is used by pid %d", "data", 7);
    assert_int_equal(status, STATUS_LOCKED);
    assert_int_equal(fault.status, STATUS_LOCKED);
    assert_string_equal(fault.text, "data is used by pid 7");
}

static void a_fault_text_too_long_is_cut_and_ended(void **state)
{
    (void)state;
    char text[2 * FAULT_TEXT_SIZE];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    struct fault *fault = malloc(sizeof *fault); // so that the sanitizer guards its end
    assert_non_null(fault);
    assert_int_equal(fault_set(fault, STATUS_INVALID, "%s", text), STATUS_INVALID);
    assert_int_equal(strlen(fault->text), FAULT_TEXT_SIZE - 1);
    free(fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_has_a_name_and_two_sentences),
        cmocka_unit_test(no_two_numbers_have_the_same_name),
        cmocka_unit_test(numbers_that_travel_stay_what_they_are),
        cmocka_unit_test(a_number_outside_the_table_is_unknown),
        cmocka_unit_test(a_fault_carries_its_status_and_its_text),
        cmocka_unit_test(a_fault_text_too_long_is_cut_and_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
