/* test_quota.c: whole numbers in given proportions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/sanji/quota.h"

static void shares_sum_up_and_the_largest_rest_is_rounded_up(void **state)
{
    (void)state;
    static const uint32_t weights[5] = {520, 692, 528, 216, 52};
    static const uint32_t y[5] = {39, 53, 40, 16, 4}; // 152 of 2,008
    uint32_t shares[5];
    quota_split(weights, 5, 152, shares);
    assert_memory_equal(shares, y, sizeof y);
    quota_split(weights, 5, 2008, shares);
    assert_memory_equal(shares, weights, sizeof weights);
    quota_split(weights, 5, 0, shares);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(shares[i], 0);
    }
}

static void equal_rests_go_to_the_first(void **state)
{
    (void)state;
    static const uint32_t weights[4] = {1, 1, 0, 1};
    static const uint32_t expected[4] = {2, 2, 0, 1};
    uint32_t shares[4];
    quota_split(weights, 4, 5, shares);
    assert_memory_equal(shares, expected, sizeof expected);
}

static void large_totals_do_not_overflow(void **state)
{
    (void)state;
    static const uint32_t weights[2] = {4000000000U, 4000000000U};
    uint32_t shares[2];
    quota_split(weights, 2, 4000000001U, shares);
    assert_true(shares[0] == 2000000001U && shares[1] == 2000000000U);
    assert_true(quota_share(4000000000U, 3, 6) == 2000000000U);
}

static void one_number_alone_is_rounded_a_half_up(void **state)
{
    (void)state;
    assert_int_equal(quota_share(141, 152, 2008), 11); // 10.67
    assert_int_equal(quota_share(58, 152, 2008), 4);   // 4.39
    assert_int_equal(quota_share(1, 1, 2), 1);
    assert_int_equal(quota_share(3, 152, 2008), 0);
}

static void a_bag_holds_each_value_as_often_as_its_share(void **state)
{
    (void)state;
    static const uint32_t shares[4] = {3, 0, 5, 2};
    struct random random;
    uint32_t bag[10];
    uint32_t counts[4] = {0};
    random_seed(&random, 7);
    quota_bag(&random, shares, 4, bag, 10);
    for (size_t i = 0; i < 10; i++) {
        assert_true(bag[i] < 4);
        counts[bag[i]]++;
    }
    assert_memory_equal(counts, shares, sizeof shares);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_sum_up_and_the_largest_rest_is_rounded_up),
        cmocka_unit_test(equal_rests_go_to_the_first),
        cmocka_unit_test(large_totals_do_not_overflow),
        cmocka_unit_test(one_number_alone_is_rounded_a_half_up),
        cmocka_unit_test(a_bag_holds_each_value_as_often_as_its_share),
    };
    return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
