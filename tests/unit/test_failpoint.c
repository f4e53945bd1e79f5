/* test_failpoint.c: dying where a test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/failpoint.h"
#include "tests/unit/scratch.h"

static struct child child;

static void hit_five_times(void *order)
{
    if (order != NULL) {
        assert_int_equal(setenv("SANJI_FAIL", order, 1), 0);
    } else {
        assert_int_equal(unsetenv("SANJI_FAIL"), 0);
    }
    for (int i = 1; i <= 5; i++) {
        failpoint_hit("other_place");
        printf("%d ", i);
        assert_int_equal(fflush(stdout), 0);
        failpoint_hit("this_place");
    }
}

static void run(const char *order)
{
    char text[128] = "";
    if (order != NULL) {
        assert_true(strlen(order) < sizeof(text));
        memcpy(text, order, strlen(order) + 1);
    }
    child_run(hit_five_times, order != NULL ? text : NULL, &child);
}

static void without_an_order_nothing_happens(void **state)
{
    (void)state;
    run(NULL);
    assert_int_equal(child.code, 0);
    assert_string_equal(child.out, "1 2 3 4 5 ");
}

static void the_process_dies_at_the_count_of_its_name(void **state)
{
    (void)state;
    run("this_place:3:exit");
    assert_int_equal(child.code, FAILPOINT_EXIT);
    assert_string_equal(child.out, "1 2 3 ");
    run("this_place:1:exit");
    assert_string_equal(child.out, "1 ");
}

static void the_way_to_die_is_chosen_and_kill_is_the_default(void **state)
{
    (void)state;
    run("this_place:2");
    assert_int_equal(child.signal, SIGKILL);
    run("this_place:2:kill");
    assert_int_equal(child.signal, SIGKILL);
    run("this_place:2:abort");
    assert_int_equal(child.signal, SIGABRT);
    assert_string_equal(child.out, "1 2 ");
}

static void a_name_that_is_never_hit_changes_nothing(void **state)
{
    (void)state;
    run("no_place:1:kill");
    assert_int_equal(child.code, 0);
    run("this_place:6:kill");
    assert_int_equal(child.code, 0);
    run("this_plac:1:kill");
    assert_int_equal(child.code, 0);
}

static void an_order_that_cannot_be_read_ends_the_process_at_once(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "this_place",
                                        ":1",
                                        "this_place:",
                                        "this_place:0",
                                        "this_place:-1",
                                        "this_place:x",
                                        "this_place:1:",
                                        "this_place:1:die",
                                        "this_place:1 ",
                                        "this_place:99999999999999999999"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        run(wrong[i]);
        assert_int_equal(child.signal, SIGABRT);
        assert_string_equal(child.out, "");
        assert_non_null(strstr(child.err, "SANJI_FAIL="));
    }
}

static void use_macro(void *context)
{
    (void)context;
    assert_int_equal(setenv("SANJI_FAIL", "here:1:exit", 1), 0);
    FAILPOINT("here");
}

static void the_macro_is_there_in_test_builds_only(void **state)
{
    (void)state;
    child_run(use_macro, NULL, &child);
#ifdef FAILPOINTS
    assert_int_equal(child.code, FAILPOINT_EXIT);
#else
    assert_int_equal(child.code, 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_an_order_nothing_happens),
        cmocka_unit_test(the_process_dies_at_the_count_of_its_name),
        cmocka_unit_test(the_way_to_die_is_chosen_and_kill_is_the_default),
        cmocka_unit_test(a_name_that_is_never_hit_changes_nothing),
        cmocka_unit_test(an_order_that_cannot_be_read_ends_the_process_at_once),
        cmocka_unit_test(the_macro_is_there_in_test_builds_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
