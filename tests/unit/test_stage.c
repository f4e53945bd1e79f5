/* test_stage.c: reading, sessions, time, idleness and credit, with a session played by hand:
 * one message at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/hand.h"

/* ---- reading before deciding ---- */

static void nothing_is_decided_before_the_head_is_read(void **state)
{
    struct hand *h = *state;
    for (unsigned i = 0; i < 10; i++) {
        hand_other_case(h, SEVERITY_S3);
    }
    h->wants_admit = true;
    hand_welcome(h, 0, 0);
    hand_send(h, h->head - 1);
    hand_run(h);
    assert_int_equal(h->decided_count, 0);
    assert_int_equal(h->admits, 0);
    assert_int_equal(h->caught_up, 0);
    assert_false(stage_is_caught_up(h->stage));
    assert_int_equal(h->taken, h->head - 1); // else a long log would never be read
    hand_send_all(h);
    assert_true(stage_is_caught_up(h->stage));
    assert_int_equal(h->caught_up, 1);
    assert_int_equal(h->decided_count, h->head);
    assert_int_equal(h->admits, 1);
}

static void what_lies_before_the_cursor_is_only_folded(void **state)
{
    struct hand *h = *state;
    for (unsigned i = 0; i < 4; i++) {
        hand_other_case(h, SEVERITY_S3);
    }
    hand_welcome(h, h->head - 2, 7);
    hand_send_all(h);
    assert_int_equal(h->folded, h->head);
    assert_int_equal(h->decided_count, 2);
    assert_int_equal(h->decided[0], h->head - 1);
    assert_int_equal(h->taken, h->head);
}

/* ---- sessions ---- */

static void a_lost_answer_is_found_in_the_log(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    // The append is committed, its answer is lost with the session.
    hand_commit(h, (struct bytes){h->packed, h->packed_size}, h->other.now_ms);
    stage_lost(h->stage);
    hand_run(h);
    assert_int_equal(h->appends, 1);
    hand_welcome(h, h->append.cursor, 1);
    assert_false(stage_is_caught_up(h->stage));
    hand_send_all(h);
    assert_int_equal(h->appends, 1);   // decided once
    assert_int_equal(h->caught_up, 1); // and said once
}

static void a_lost_append_is_decided_again(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    stage_lost(h->stage);
    hand_other_case(h, SEVERITY_S3);
    hand_welcome(h, 0, 0);
    assert_int_equal(h->appends, 1); // not re-sent across a Hello
    hand_send_all(h);
    assert_int_equal(h->appends, 2);
    assert_int_equal(h->append.count, 2);
    assert_int_equal(h->append.batch_no, 1);
    hand_answer(h);
    hand_send_all(h);
    assert_int_equal(h->folded, h->head);
}

static void answers_of_an_old_session_are_not_taken(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    Sanji__Appended old = SANJI__APPENDED__INIT;
    old.batch_no = 7;
    stage_appended(h->stage, &old);
    hand_run(h);
    assert_int_equal(h->appends, 1); // still in flight
}

/* ---- time ---- */

static void timers_fire_by_due_time_then_case(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3); // ACCEPT: an hour of work
    hand_other_case(h, SEVERITY_S1); // 3 minutes
    hand_other_case(h, SEVERITY_S1);
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_tick(h, h->other.now_ms + 180000 - 1);
    assert_int_equal(h->fired_count, 0);
    hand_tick(h, h->other.now_ms + 4 * 3600 * 1000);
    assert_int_equal(h->fired_count, 3);
    assert_int_equal(h->append.count, 3);
    assert_true(h->fired[0].case_key < h->fired[1].case_key);
    assert_int_equal(h->fired[0].due_ms, h->other.now_ms + 180000);
    assert_int_equal(h->fired[2].due_ms, h->other.now_ms + 3600 * 1000);
}

static void a_timer_waits_for_what_was_stamped_before_the_tick(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S1);
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_other_case(h, SEVERITY_S3);
    Sanji__Tick tick = SANJI__TICK__INIT;
    tick.now_ms = h->other.now_ms + DAY_MS;
    tick.head = h->head; // one record is still on its way
    stage_tick(h->stage, &tick);
    hand_run(h);
    assert_int_equal(h->fired_count, 0);
    assert_int_equal(h->idles, 0);
    hand_send_all(h);
    assert_int_equal(h->fired_count, 2);
    assert_int_equal(h->decided[h->decided_count - 1], h->head); // decided before
}

static void a_record_of_later_does_not_make_a_timer_due(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S1);
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_tick(h, h->other.now_ms);
    h->other.now_ms += DAY_MS;
    hand_other_case(h, SEVERITY_S3);
    hand_send_all(h); // stamped a day later, but nobody promised that this was all
    assert_int_equal(h->now_ms, h->other.now_ms);
    assert_int_equal(h->fired_count, 0);
    hand_tick(h, h->other.now_ms);
    assert_int_equal(h->fired_count, 1);
}

static void a_refused_timer_fires_again(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S1);
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_tick(h, h->other.now_ms + DAY_MS);
    assert_int_equal(h->fired_count, 1);
    hand_refuse(h, STATUS_CONFLICT, 0);
    assert_int_equal(h->fired_count, 2);
    hand_answer(h);
    hand_send_all(h);
    assert_int_equal(h->fired_count, 2);
    assert_int_equal(h->idles, 1);
}

static void a_timer_says_when_the_process_was_away(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S1);
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_tick(h, h->other.now_ms + DAY_MS);
    assert_true(h->after_restart);
    hand_answer(h);
    hand_send_all(h);
    h->other.now_ms += DAY_MS;
    hand_other_case(h, SEVERITY_S1);
    hand_send_all(h);
    hand_tick(h, h->other.now_ms + DAY_MS);
    assert_int_equal(h->fired_count, 2);
    assert_false(h->after_restart);
}

static void a_wake_is_repeated_when_its_append_was_refused(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S4);
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    h->wake_ms = h->other.now_ms + 1000;
    hand_tick(h, h->other.now_ms + 999);
    assert_int_equal(h->wakes, 0);
    assert_int_equal(h->idle.next_due_ms, h->wake_ms);
    hand_tick(h, h->other.now_ms + 1000);
    assert_int_equal(h->wakes, 1);
    hand_refuse(h, STATUS_CONFLICT, 0);
    assert_int_equal(h->wakes, 2);
    hand_answer(h);
    hand_send_all(h);
    assert_int_equal(h->wakes, 2);
}

/* ---- idle ---- */

static void idle_names_what_was_read_and_what_is_next(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S1);
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    assert_int_equal(h->idles, 0); // nobody asked yet
    hand_tick(h, h->other.now_ms);
    assert_int_equal(h->idles, 1);
    assert_int_equal(h->ticked, 1);
    assert_int_equal(h->idle.read, h->head);
    assert_int_equal(h->idle.now_ms, h->other.now_ms);
    assert_int_equal(h->idle.next_due_ms, h->other.now_ms + 180000);
    hand_run(h);
    assert_int_equal(h->idles, 1); // once
    hand_other_case(h, SEVERITY_S3);
    hand_send_all(h);
    assert_int_equal(h->idles, 2); // again when something was read
    assert_int_equal(h->idle.read, h->head);
    assert_int_equal(h->ticked, 1);
}

static void idle_waits_for_what_keeps_the_stage_busy(void **state)
{
    struct hand *h = *state;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    h->is_busy = true;
    hand_tick(h, h->other.now_ms);
    assert_int_equal(h->ticked, 1);
    assert_int_equal(h->idles, 0);
    h->is_busy = false;
    hand_run(h);
    assert_int_equal(h->idles, 1);
}

static void a_stage_of_driven_time_decides_only_in_its_turn(void **state)
{
    struct hand *h = *state;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_tick_with(h, h->other.now_ms, true);
    assert_int_equal(h->idles, 1);
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    size_t decided = h->decided_count;
    hand_send_all(h); // another's turn
    assert_int_equal(h->decided_count, decided);
    assert_int_equal(h->idles, 1);
    h->wants_admit = true; // the door is open always
    h->admit_cases = 1;
    hand_run(h);
    assert_int_equal(h->appends, 1);
    hand_answer(h);
    hand_send_all(h);
    assert_int_equal(h->decided_count, decided);
    hand_tick_with(h, h->other.now_ms, true);
    assert_true(h->decided_count > decided);
    assert_int_equal(h->appends, 2);
    assert_int_equal(h->idles, 1);
    hand_answer(h);
    assert_int_equal(h->idles, 1); // not before its own records were read
    hand_send_all(h);
    assert_int_equal(h->idles, 2);
    assert_int_equal(h->idle.read, h->head);
    hand_tick(h, h->other.now_ms); // the advance is over: free again
    hand_other_case(h, SEVERITY_S3);
    hand_send_all(h);
    assert_int_equal(h->appends, 3);
}

/* ---- cursor, credit ---- */

static void inputs_without_outputs_move_the_cursor_once_a_second(void **state)
{
    struct hand *h = *state;
    h->answers_cursor = false;
    hand_other_case(h, SEVERITY_S4);
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_tick(h, h->other.now_ms + 999);
    assert_int_equal(h->cursors, 0);
    hand_tick(h, h->other.now_ms + 1000);
    assert_int_equal(h->cursors, 1);
    assert_int_equal(h->idles, 2); // does not wait for it
    assert_int_equal(h->append.count, 0);
    assert_int_equal(h->append.cursor, h->head);
    assert_int_equal(h->append.batch_no, 1);
    assert_int_equal(h->packed_size, 0);
    hand_answer(h);
    hand_tick(h, h->other.now_ms + 60000);
    assert_int_equal(h->cursors, 1); // nothing new to store
    hand_other_case(h, SEVERITY_S4);
    hand_send_all(h);
    assert_int_equal(h->cursors, 2);
    assert_int_equal(h->append.cursor, h->head);
    assert_int_equal(h->append.batch_no, 2);
    assert_int_equal(h->appends, 0);
}

static void credit_comes_back_when_a_record_was_decided(void **state)
{
    struct hand *h = *state;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    hand_send_all(h);
    assert_int_equal(h->taken, h->head - 1); // in flight: not decided yet
    hand_answer(h);
    hand_send_all(h);
    assert_int_equal(h->taken, h->head);
}

static void credit_comes_back_at_once_while_it_must_read_on(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    for (unsigned i = 0; i < 50; i++) {
        hand_other_case(h, SEVERITY_S3);
    }
    hand_send(h, h->head - 10);
    hand_answer(h); // the own record stands behind ten that are not read
    assert_int_equal(h->taken, h->head - 11);
    hand_send(h, h->head - 1);
    assert_int_equal(h->taken, h->head - 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hand_make, hand_unmake)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_decided_before_the_head_is_read),
        TEST(what_lies_before_the_cursor_is_only_folded),
        TEST(a_lost_answer_is_found_in_the_log),
        TEST(a_lost_append_is_decided_again),
        TEST(answers_of_an_old_session_are_not_taken),
        TEST(timers_fire_by_due_time_then_case),
        TEST(a_timer_waits_for_what_was_stamped_before_the_tick),
        TEST(a_record_of_later_does_not_make_a_timer_due),
        TEST(a_refused_timer_fires_again),
        TEST(a_timer_says_when_the_process_was_away),
        TEST(a_wake_is_repeated_when_its_append_was_refused),
        TEST(idle_names_what_was_read_and_what_is_next),
        TEST(idle_waits_for_what_keeps_the_stage_busy),
        TEST(a_stage_of_driven_time_decides_only_in_its_turn),
        TEST(inputs_without_outputs_move_the_cursor_once_a_second),
        TEST(credit_comes_back_when_a_record_was_decided),
        TEST(credit_comes_back_at_once_while_it_must_read_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
