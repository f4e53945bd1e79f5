/* test_turns.c: driven time goes on only when everybody is done with this instant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/turns.h"

enum {
    A,
    B,
    DRIVER
};

static struct turns two(void)
{
    struct turns turns;
    assert_int_equal(turns_init(&turns, "a,b"), STATUS_OK);
    turns_joined(&turns, A);
    turns_joined(&turns, B);
    return turns;
}

static void gives(struct turns *turns, uint64_t head, int64_t now_ms, size_t participant)
{
    struct turns_step step = turns_next(turns, head, now_ms);
    assert_int_equal(step.act, TURNS_GIVE);
    assert_int_equal(step.participant, participant);
    turns_gave(turns, participant);
    assert_int_equal(turns_next(turns, head, now_ms).act, TURNS_WAIT);
}

static void jumps(struct turns *turns, uint64_t head, int64_t now_ms, int64_t to_ms)
{
    struct turns_step step = turns_next(turns, head, now_ms);
    assert_int_equal(step.act, TURNS_JUMP);
    assert_int_equal(step.to_ms, to_ms);
}

static void a_quiet_round_jumps_to_the_earliest_due_and_then_to_the_end(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 500, 0), STATUS_OK);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 300);
    gives(&turns, 9, 100, B);
    turns_idle(&turns, B, 9, 100, 250);
    jumps(&turns, 9, 100, 250);
    gives(&turns, 9, 250, A);
    turns_idle(&turns, A, 9, 250, 600);
    gives(&turns, 9, 250, B);
    turns_idle(&turns, B, 9, 250, 0);
    jumps(&turns, 9, 250, 500);
    gives(&turns, 9, 500, A);
    turns_idle(&turns, A, 9, 500, 600);
    gives(&turns, 9, 500, B);
    turns_idle(&turns, B, 9, 500, 0);
    assert_int_equal(turns_next(&turns, 9, 500).act, TURNS_DONE);
    assert_int_equal(turns.steps, 2);
    turns_end(&turns);
    assert_string_equal(turns_waiting_for(&turns), "");
}

static void an_append_makes_everybody_read_on(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 500, 0), STATUS_OK);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 0);
    gives(&turns, 9, 100, B);
    turns_idle(&turns, B, 12, 100, 0); // B has appended three
    gives(&turns, 12, 100, A);
    turns_idle(&turns, A, 12, 100, 0);
    jumps(&turns, 12, 100, 500); // B need not be asked again
}

static void an_answer_that_names_an_older_head_or_now_gets_another_turn(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 500, 0), STATUS_OK);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 8, 100, 0);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 99, 0);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 100); // its timer is due
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 101);
    gives(&turns, 9, 100, B);
}

static void who_is_down_is_waited_for_and_gets_a_fresh_turn(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 500, 0), STATUS_OK);
    gives(&turns, 9, 100, A);
    turns_left(&turns, A);
    assert_int_equal(turns_next(&turns, 9, 100).act, TURNS_WAIT);
    assert_string_equal(turns_waiting_for(&turns), "a");
    turns_idle(&turns, A, 9, 100, 0); // of the session that is over
    assert_int_equal(turns_next(&turns, 9, 100).act, TURNS_WAIT);
    turns_joined(&turns, A);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 0);
    turns_left(&turns, A); // gone after its answer: it has seen nothing for the new session
    assert_int_equal(turns_next(&turns, 9, 100).act, TURNS_WAIT);
    assert_string_equal(turns_waiting_for(&turns), "a");
    turns_joined(&turns, A);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 0);
    gives(&turns, 9, 100, B);
    turns_left(&turns, A);
    turns_idle(&turns, B, 9, 100, 0);
    assert_int_equal(turns_next(&turns, 9, 100).act, TURNS_WAIT);
    assert_string_equal(turns_waiting_for(&turns), "a");
}

static void an_idle_without_a_turn_is_no_answer(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 500, 0), STATUS_OK);
    turns_idle(&turns, A, 9, 100, 0);
    turns_idle(&turns, B, 9, 100, 0);
    gives(&turns, 9, 100, A);
}

static void the_driver_takes_part_from_hello_to_bye(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_find(&turns, "driver"), DRIVER);
    assert_int_equal(turns_begin(&turns, 100, 500, 0), STATUS_OK);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 0);
    turns_joined(&turns, DRIVER);
    gives(&turns, 9, 100, B);
    turns_idle(&turns, B, 9, 100, 0);
    gives(&turns, 9, 100, DRIVER);
    turns_idle(&turns, DRIVER, 9, 100, 200);
    turns_left(&turns, DRIVER);
    assert_int_equal(turns_next(&turns, 9, 100).act, TURNS_WAIT);
    assert_string_equal(turns_waiting_for(&turns), "driver");
    turns_gone(&turns, DRIVER);
    jumps(&turns, 9, 100, 500); // its timer went with it
    turns_gone(&turns, A);      // the others stay
    assert_int_equal(turns_next(&turns, 9, 500).act, TURNS_WAIT);
    assert_string_equal(turns_waiting_for(&turns), "a");
}

static void a_quantum_jumps_to_its_end(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 500, 300), STATUS_OK);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 150);
    gives(&turns, 9, 100, B);
    turns_idle(&turns, B, 9, 100, 0);
    jumps(&turns, 9, 100, 400);
    gives(&turns, 9, 400, A);
    turns_idle(&turns, A, 9, 400, 0);
    jumps(&turns, 9, 400, 500);
}

static void a_quantum_in_which_nothing_is_due_is_not_stopped_at(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 5000, 300), STATUS_OK);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 2000);
    gives(&turns, 9, 100, B);
    turns_idle(&turns, B, 9, 100, 0);
    jumps(&turns, 9, 100, 2000);
}

static void who_has_no_news_and_nothing_due_is_not_asked_at_every_instant(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 500, 0), STATUS_OK);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 200);
    gives(&turns, 9, 100, B);
    turns_idle(&turns, B, 9, 100, 300);
    jumps(&turns, 9, 100, 200);
    gives(&turns, 9, 200, A);
    turns_idle(&turns, A, 9, 200, 0);
    jumps(&turns, 9, 200, 300); // B was not asked at 200
    gives(&turns, 9, 300, A);   // the door sees every instant
    turns_idle(&turns, A, 12, 300, 0);
    gives(&turns, 12, 300, B);
    turns_idle(&turns, B, 12, 300, 0);
    jumps(&turns, 12, 300, 500);
    gives(&turns, 12, 500, A);
    turns_idle(&turns, A, 12, 500, 0);
    gives(&turns, 12, 500, B); // and everybody the end
}

static void who_came_back_is_asked_although_nothing_is_due(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 500, 0), STATUS_OK);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 200);
    gives(&turns, 9, 100, B);
    turns_idle(&turns, B, 9, 100, 0);
    jumps(&turns, 9, 100, 200);
    turns_left(&turns, B);
    gives(&turns, 9, 200, A);
    turns_idle(&turns, A, 9, 200, 0);
    assert_int_equal(turns_next(&turns, 9, 200).act, TURNS_WAIT);
    assert_string_equal(turns_waiting_for(&turns), "b");
    turns_joined(&turns, B);
    gives(&turns, 9, 200, B);
}

static void an_advance_to_now_is_one_round(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 100, 0), STATUS_OK);
    gives(&turns, 9, 100, A);
    turns_idle(&turns, A, 9, 100, 0);
    gives(&turns, 9, 100, B);
    turns_idle(&turns, B, 9, 100, 0);
    assert_int_equal(turns_next(&turns, 9, 100).act, TURNS_DONE);
    assert_int_equal(turns.steps, 0);
}

static void only_one_advance_and_only_forwards(void **state)
{
    (void)state;
    struct turns turns = two();
    assert_int_equal(turns_begin(&turns, 100, 99, 0), STATUS_INVALID);
    assert_int_equal(turns_begin(&turns, 100, 200, -1), STATUS_INVALID);
    assert_int_equal(turns_begin(&turns, 100, 200, 0), STATUS_OK);
    assert_int_equal(turns_begin(&turns, 100, 300, 0), STATUS_BUSY);
    assert_int_equal(turns.to_ms, 200);
}

static void a_list_that_cannot_be_is_invalid(void **state)
{
    (void)state;
    struct turns turns = {.count = 7};
    assert_int_equal(turns_init(&turns, ""), STATUS_INVALID);
    assert_int_equal(turns_init(&turns, "a,"), STATUS_INVALID);
    assert_int_equal(turns_init(&turns, "a,a"), STATUS_INVALID);
    assert_int_equal(turns_init(&turns, "a,driver"), STATUS_INVALID);
    assert_int_equal(turns_init(&turns, "a23456789012345678901234567890123"),
                     STATUS_INVALID);
    assert_int_equal(turns_init(&turns, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p"), STATUS_INVALID);
    assert_int_equal(turns.count, 7);
    assert_int_equal(turns_init(&turns, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o"), STATUS_OK);
    assert_int_equal(turns_find(&turns, "nobody"), turns.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_round_jumps_to_the_earliest_due_and_then_to_the_end),
        cmocka_unit_test(an_append_makes_everybody_read_on),
        cmocka_unit_test(an_answer_that_names_an_older_head_or_now_gets_another_turn),
        cmocka_unit_test(who_is_down_is_waited_for_and_gets_a_fresh_turn),
        cmocka_unit_test(an_idle_without_a_turn_is_no_answer),
        cmocka_unit_test(the_driver_takes_part_from_hello_to_bye),
        cmocka_unit_test(a_quantum_jumps_to_its_end),
        cmocka_unit_test(a_quantum_in_which_nothing_is_due_is_not_stopped_at),
        cmocka_unit_test(who_has_no_news_and_nothing_due_is_not_asked_at_every_instant),
        cmocka_unit_test(who_came_back_is_asked_although_nothing_is_due),
        cmocka_unit_test(an_advance_to_now_is_one_round),
        cmocka_unit_test(only_one_advance_and_only_forwards),
        cmocka_unit_test(a_list_that_cannot_be_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
