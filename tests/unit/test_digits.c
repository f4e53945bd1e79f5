/* test_digits.c: fixed-width decimals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/digits.h"

static void digits_read_back_as_they_were_written(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 1, 9, 10, 42, 999, 12345};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char text[8] = {0};
        uint64_t read = 77;
        assert_ptr_equal(digits_write(text, 5, values[i]), text + 5);
        assert_int_equal(strlen(text), 5);
        assert_true(digits_read(text, 5, &read));
        assert_int_equal(read, values[i]);
    }
}

static void only_the_width_is_read(void **state)
{
    (void)state;
    uint64_t read = 0;
    assert_true(digits_read("12345x", 3, &read));
    assert_int_equal(read, 123);
    assert_true(digits_read("9999999999999999999", 19, &read));
    assert_int_equal(read, UINT64_C(9999999999999999999));
}

static void what_is_no_digit_or_too_short_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "12",  "1 3", "-12", "+12",
                                      "12a", "1.2", "12/", "12:"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t read = 5;
        assert_false(digits_read(bad[i], 3, &read));
        assert_int_equal(read, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_read_back_as_they_were_written),
        cmocka_unit_test(only_the_width_is_read),
        cmocka_unit_test(what_is_no_digit_or_too_short_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
