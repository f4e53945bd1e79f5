/* test_clock.c: now, stamps and ticks, with the clocks of the machine made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/clock.h"

static struct instant at(int64_t wall_ms, int64_t steady_ms)
{
    return (struct instant){.wall_ms = wall_ms, .steady_ms = steady_ms};
}

static int64_t tick(const struct clock *clock, struct instant when, int64_t stamp_ms)
{
    int64_t tick_ms = -1;
    assert_true(clock_tick_ms(clock, when, stamp_ms, &tick_ms));
    return tick_ms;
}

static void wall_time_never_goes_back(void **state)
{
    (void)state;
    struct clock clock;
    clock_init_wall(&clock, 5000);
    assert_int_equal(clock_now_ms(&clock, at(4000, 0)), 5000); // set back over a restart
    assert_int_equal(clock_stamp_ms(&clock, at(6000, 0)), 6000);
    assert_int_equal(clock_stamp_ms(&clock, at(5500, 0)), 6000);
    assert_int_equal(clock_now_ms(&clock, at(7000, 0)), 7000);
}

static void a_batch_is_stamped_later_than_every_tick_before_it(void **state)
{
    (void)state;
    struct clock clock;
    clock_init_wall(&clock, 0);
    int64_t told_ms = tick(&clock, at(1000, 0), 0);
    assert_int_equal(told_ms, 999);
    clock_note_tick(&clock, told_ms);
    assert_int_equal(clock_stamp_ms(&clock, at(1000, 0)), 1000);
    assert_int_equal(clock_stamp_ms(&clock, at(900, 0)), 1000);
    told_ms = tick(&clock, at(2000, 0), 0);
    clock_note_tick(&clock, told_ms);
    assert_int_equal(clock_stamp_ms(&clock, at(1500, 0)),
                     2000); // set back by half a second
}

static void a_tick_does_not_pass_a_batch_in_progress(void **state)
{
    (void)state;
    struct clock clock;
    clock_init_wall(&clock, 0);
    int64_t stamp_ms = clock_stamp_ms(&clock, at(1000, 0));
    assert_int_equal(tick(&clock, at(1050, 0), stamp_ms), 999);
    assert_int_equal(tick(&clock, at(1050, 0), 0), 1049);
    clock_note_tick(&clock, 1049);
    assert_int_equal(tick(&clock, at(1050, 0), clock_stamp_ms(&clock, at(1050, 0))), 1049);
}

static void driven_time_stands(void **state)
{
    (void)state;
    struct clock clock;
    int64_t tick_ms = 7;
    clock_init_driven(&clock, 1000, 0, 0, at(9999999, 50));
    assert_false(clock_runs(&clock));
    assert_int_equal(clock_now_ms(&clock, at(99999999, 90)), 1000);
    assert_int_equal(clock_stamp_ms(&clock, at(0, 90)), 1000);
    assert_int_equal(clock_stamp_ms(&clock, at(0, 90)), 1000);
    assert_int_equal(tick(&clock, at(0, 90), 0), 1000);
    assert_false(clock_tick_ms(&clock, at(0, 90), 1000, &tick_ms)); // that batch first
    assert_int_equal(tick_ms, 7);
    clock_jump(&clock, 5000, at(0, 95));
    assert_int_equal(clock_now_ms(&clock, at(0, 2000)), 5000);
}

static void driven_time_begins_where_the_log_stands(void **state)
{
    (void)state;
    struct clock clock;
    clock_init_driven(&clock, 1000, 3000, 0, at(0, 0));
    assert_int_equal(clock_now_ms(&clock, at(0, 0)), 3000);
    clock_init_driven(&clock, 4000, 3000, 0, at(0, 0));
    assert_int_equal(clock_now_ms(&clock, at(0, 0)), 4000);
}

static void a_rate_runs_from_where_time_stands(void **state)
{
    (void)state;
    struct clock clock;
    clock_init_driven(&clock, 1000, 0, 60, at(0, 100));
    assert_true(clock_runs(&clock));
    assert_int_equal(clock_now_ms(&clock, at(0, 110)), 1600);
    clock_set_rate(&clock, 0, at(0, 110));
    assert_int_equal(clock_now_ms(&clock, at(0, 500)), 1600);
    clock_set_rate(&clock, 2, at(0, 500));
    assert_int_equal(clock_now_ms(&clock, at(0, 501)), 1602);
    clock_hold(&clock, true, at(0, 501)); // an advance begins
    assert_int_equal(clock_now_ms(&clock, at(0, 900)), 1602);
    clock_jump(&clock, 2000, at(0, 900));
    clock_hold(&clock, false, at(0, 1000));
    assert_int_equal(clock_now_ms(&clock, at(0, 1001)), 2002);
}

static void the_wait_ends_when_a_tick_may_say_it(void **state)
{
    (void)state;
    struct clock clock;
    clock_init_wall(&clock, 0);
    assert_int_equal(clock_wait_ms(&clock, at(1000, 0), 1500), 501);
    assert_true(tick(&clock, at(1501, 0), 0) >= 1500);
    assert_int_equal(clock_wait_ms(&clock, at(1501, 0), 1500), 0);
    clock_init_driven(&clock, 1000, 0, 60, at(0, 0));
    int64_t wait_ms = clock_wait_ms(&clock, at(0, 0), 2000);
    assert_int_equal(wait_ms, 17); // 1001 / 60, upwards
    assert_true(tick(&clock, at(0, wait_ms), 0) >= 2000);
    clock_set_rate(&clock, 0, at(0, 0));
    assert_int_equal(clock_wait_ms(&clock, at(0, 0), 2000), -1);
    assert_int_equal(clock_wait_ms(&clock, at(0, 0), 1000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wall_time_never_goes_back),
        cmocka_unit_test(a_batch_is_stamped_later_than_every_tick_before_it),
        cmocka_unit_test(a_tick_does_not_pass_a_batch_in_progress),
        cmocka_unit_test(driven_time_stands),
        cmocka_unit_test(driven_time_begins_where_the_log_stands),
        cmocka_unit_test(a_rate_runs_from_where_time_stands),
        cmocka_unit_test(the_wait_ends_when_a_tick_may_say_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
