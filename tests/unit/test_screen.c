/* test_screen.c: what personal data looks like, and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "workers/intake/screen.h"
#include <cmocka.h>

static void a_mobile_number_is_found_wherever_it_stands(void **state)
{
    (void)state;
    assert_int_equal(screen_text("13900000000"), SCREEN_MOBILE);
    assert_int_equal(screen_text("tel:13900000000;ext"), SCREEN_MOBILE);
    assert_int_equal(screen_text("找13912345678号"), SCREEN_MOBILE);
}

static void a_mobile_number_inside_a_longer_run_is_none(void **state)
{
    (void)state;
    assert_int_equal(screen_text("9139000000001"), SCREEN_CLEAN);
    assert_int_equal(screen_text("139000000001"), SCREEN_CLEAN);
    assert_int_equal(screen_text("12900000000"), SCREEN_CLEAN);
}

static void the_second_of_two_numbers_is_found(void **state)
{
    (void)state;
    assert_int_equal(screen_text("12345 then 13900000000"), SCREEN_MOBILE);
}

static void an_identity_number_needs_date_and_check_digit(void **state)
{
    (void)state;
    // Made for the purpose: area 370499 is not assigned, the check digit is right.
    assert_int_equal(screen_text("37049919900101001X"), SCREEN_CLEAN);
    assert_int_equal(screen_text("370499199001010016"), SCREEN_CLEAN);
    int found = 0;
    char text[] = "370499199001010010";
    for (const char *check = "0123456789X"; *check != '\0'; check++) {
        text[17] = *check;
        found += screen_text(text) == SCREEN_IDENTITY ? 1 : 0;
    }
    assert_int_equal(found, 1); // one check digit is right
    text[11] = '3';             // month 31
    text[10] = '3';
    for (const char *check = "0123456789X"; *check != '\0'; check++) {
        text[17] = *check;
        assert_int_equal(screen_text(text), SCREEN_CLEAN);
    }
}

static void a_card_needs_its_prefix_and_luhn(void **state)
{
    (void)state;
    assert_int_equal(screen_text("4111111111111111"),
                     SCREEN_CARD); // the common test number
    assert_int_equal(screen_text("4111111111111112"), SCREEN_CLEAN);
    assert_int_equal(screen_text("9111111111111111"), SCREEN_CLEAN);
}

static void a_plate_needs_its_province(void **state)
{
    (void)state;
    assert_int_equal(screen_text("鲁D12345"), SCREEN_PLATE);
    assert_int_equal(screen_text("x鲁DF12345"), SCREEN_PLATE);
    assert_int_equal(screen_text("木D12345"), SCREEN_CLEAN);
    assert_int_equal(screen_text("鲁D123"), SCREEN_CLEAN);
}

static void case_numbers_and_references_are_clean(void **state)
{
    (void)state;
    assert_int_equal(screen_text("37049900320200815000007"), SCREEN_CLEAN);
    assert_int_equal(screen_text("t7-000412"), SCREEN_CLEAN);
    assert_int_equal(screen_text("photo/8812"), SCREEN_CLEAN);
    assert_int_equal(screen_text(""), SCREEN_CLEAN);
    assert_int_equal(screen_text(NULL), SCREEN_CLEAN);
}

static void the_gravest_kind_is_named(void **state)
{
    (void)state;
    assert_int_equal(screen_text("鲁D12345 13900000000"), SCREEN_MOBILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mobile_number_is_found_wherever_it_stands),
        cmocka_unit_test(a_mobile_number_inside_a_longer_run_is_none),
        cmocka_unit_test(the_second_of_two_numbers_is_found),
        cmocka_unit_test(an_identity_number_needs_date_and_check_digit),
        cmocka_unit_test(a_card_needs_its_prefix_and_luhn),
        cmocka_unit_test(a_plate_needs_its_province),
        cmocka_unit_test(case_numbers_and_references_are_clean),
        cmocka_unit_test(the_gravest_kind_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
