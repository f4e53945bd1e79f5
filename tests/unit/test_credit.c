/* test_credit.c: totals granted against totals sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/credit.h"

static void without_a_grant_nothing_goes(void **state)
{
    (void)state;
    struct credit credit = {0};
    assert_false(credit_is_left(&credit));
    assert_int_equal(credit_grant(&credit, 10, 0), STATUS_OK);
    assert_false(credit_is_left(&credit)); // both are needed
    assert_int_equal(credit_records_left(&credit), 0);
}

static void records_stop_exactly_and_bytes_after_the_record_that_reaches_them(void **state)
{
    (void)state;
    struct credit credit = {0};
    assert_int_equal(credit_grant(&credit, 2, 100), STATUS_OK);
    credit_spend(&credit, 1, 99);
    assert_true(credit_is_left(&credit));
    credit_spend(&credit, 1, 500);
    assert_false(credit_is_left(&credit));
    assert_int_equal(credit_grant(&credit, 3, 599), STATUS_OK);
    assert_false(credit_is_left(&credit)); // the overdraft is paid back first
    assert_int_equal(credit_grant(&credit, 3, 600), STATUS_OK);
    assert_int_equal(credit_records_left(&credit), 1);
}

static void an_older_grant_changes_nothing(void **state)
{
    (void)state;
    struct credit credit = {0};
    assert_int_equal(credit_grant(&credit, 5, 50), STATUS_OK);
    assert_int_equal(credit_grant(&credit, 3, 90), STATUS_OK);
    assert_int_equal(credit.granted_records, 5);
    assert_int_equal(credit.granted_bytes, 90);
}

static void more_than_the_limit_unspent_is_invalid(void **state)
{
    (void)state;
    struct credit credit = {0};
    assert_int_equal(credit_grant(&credit, CREDIT_RECORDS_MAX + 1, 1), STATUS_INVALID);
    assert_int_equal(credit_grant(&credit, 1, CREDIT_BYTES_MAX + 1), STATUS_INVALID);
    assert_int_equal(credit_grant(&credit, UINT64_MAX, UINT64_MAX), STATUS_INVALID);
    assert_int_equal(credit.granted_records, 0);
    assert_int_equal(credit_grant(&credit, CREDIT_RECORDS_MAX, CREDIT_BYTES_MAX),
                     STATUS_OK);
    credit_spend(&credit, 10, 1000);
    assert_int_equal(
        credit_grant(&credit, CREDIT_RECORDS_MAX + 10, CREDIT_BYTES_MAX + 1000), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_grant_nothing_goes),
        cmocka_unit_test(records_stop_exactly_and_bytes_after_the_record_that_reaches_them),
        cmocka_unit_test(an_older_grant_changes_nothing),
        cmocka_unit_test(more_than_the_limit_unspent_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
