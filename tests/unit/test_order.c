/* test_order.c: the set of places against a plain array of flags. */
#include "broker/runtime/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum {
    NUMBERS = 9000 /* three levels */
};

static void an_empty_set_has_no_member(void **state)
{
    (void)state;
    struct order order = {0};
    assert_int_equal(order_next(&order, 0), ORDER_END);
    assert_false(order_has(&order, 0));
    order_remove(&order, 77);
    order_reset(&order);
}

static bool flags[NUMBERS];

static void check_members(const struct order *order)
{
    uint32_t found = order_next(order, 0);
    for (uint32_t n = 0; n < NUMBERS; n++) {
        if (flags[n]) {
            assert_int_equal(found, n);
            found = order_next(order, n + 1);
        }
    }
    assert_int_equal(found, ORDER_END);
}

static void it_holds_what_flags_would_hold(void **state)
{
    (void)state;
    struct order order = {0};
    uint64_t random = 1;
    for (unsigned i = 0; i < 60000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
        uint32_t number = (uint32_t)(random >> 33) % NUMBERS;
        flags[number] = (random >> 20 & 3) != 0 && i < 30000;
        if (flags[number]) {
            order_add(&order, number);
        } else {
            order_remove(&order, number);
        }
        assert_int_equal(order_has(&order, number), flags[number]);
        if (i % 500 == 0) {
            check_members(&order);
        }
    }
    order_reset(&order);
}

static void far_numbers_are_found_in_a_few_looks(void **state)
{
    (void)state;
    struct order order = {0};
    order_add(&order, 5);
    order_add(&order, 10000000);
    order_add(&order, 10000000);
    assert_int_equal(order_next(&order, 0), 5);
    assert_int_equal(order_next(&order, 6), 10000000);
    assert_int_equal(order_next(&order, 10000001), ORDER_END);
    order_remove(&order, 10000000);
    assert_int_equal(order_next(&order, 6), ORDER_END);
    order_reset(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_set_has_no_member),
        cmocka_unit_test(it_holds_what_flags_would_hold),
        cmocka_unit_test(far_numbers_are_found_in_a_few_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
