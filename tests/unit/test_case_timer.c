/* test_case_timer.c: what a record does to the timers of its case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/story.h"

static void a_timer_holds_what_its_author_wrote(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    const struct case_timer *timer = case_timer(&story.kase, TIMER_PROGRESS, 0);
    assert_int_equal(timer->state, TIMER_STATE_ARMED);
    assert_int_equal(timer->clock, CLOCK_NATURAL);
    assert_int_equal(timer->budget_s, 600);
    assert_int_equal(timer->cap_s, 1200);
    assert_int_equal(timer->t0_ms, START_MS + 4 * STEP_MS);
    assert_int_equal(timer->due_ms, START_MS + 4 * STEP_MS + 14400000);
    assert_null(case_timer(&story.kase, TIMER_ACK, 1));
}

static void the_next_due_is_the_earliest_armed_one(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase *kase = &story.kase;
    assert_int_equal(case_next_due(kase)->kind, TIMER_ARRIVE);
    story_fire(&story, TIMER_ARRIVE, 0);
    story_stands(&story);
    assert_int_equal(case_timer(kase, TIMER_ARRIVE, 0)->state, TIMER_STATE_FIRED);
    assert_int_equal(case_timer(kase, TIMER_ARRIVE, 0)->times, 1);
    assert_int_equal(case_next_due(kase)->kind, TIMER_PROGRESS);
    // The same instant: the smaller kind, then the smaller n.
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story_change(&story, TIMER_ASSIST, 2, SANJI__TIMER_OP__TIMER_OP_ARM, 5);
    story_change(&story, TIMER_ASSIST, 1, SANJI__TIMER_OP__TIMER_OP_ARM, 5);
    story_change(&story, TIMER_DECISION, 0, SANJI__TIMER_OP__TIMER_OP_ARM, 5);
    story_stands(&story);
    assert_int_equal(case_next_due(kase)->kind, TIMER_DECISION);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story_cancel(&story, TIMER_DECISION);
    story_stands(&story);
    assert_int_equal(case_next_due(kase)->kind, TIMER_ASSIST);
    assert_int_equal(case_next_due(kase)->n, 1);
    const struct kase none = {0};
    assert_null(case_next_due(&none));
}

static void a_repeating_timer_counts_on_and_any_other_arming_starts_again(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase *kase = &story.kase;
    for (unsigned i = 1; i <= 3; i++) {
        story_fire(&story, TIMER_PROGRESS, 0);
        story_arm(&story, TIMER_PROGRESS, 14400000);
        story_stands(&story);
        assert_int_equal(case_timer(kase, TIMER_PROGRESS, 0)->times, i);
        assert_int_equal(case_timer(kase, TIMER_PROGRESS, 0)->state, TIMER_STATE_ARMED);
    }
    // Another kind that is armed by the firing begins at nought.
    story_fire(&story, TIMER_RESOLVE, 0);
    story_arm(&story, TIMER_ESCALATE, 43200000);
    story_stands(&story);
    assert_int_equal(case_timer(kase, TIMER_ESCALATE, 0)->times, 0);
    assert_true(kase->resolve_missed);
    assert_int_equal(case_missing_timers(kase), 0); // fired counts as there
    (void)story_begin(&story, EVENT_PROGRESS_REPORTED);
    story_arm(&story, TIMER_PROGRESS, 14400000);
    story_stands(&story);
    assert_int_equal(case_timer(kase, TIMER_PROGRESS, 0)->times, 0);
    assert_int_equal(story_timer_count(kase), 6);
}

static void only_an_armed_timer_fires(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    story_fire(&story, TIMER_CHECK, 0);
    story_cannot_stand(&story);
    story_fire(&story, TIMER_PROGRESS, 1);
    story_cannot_stand(&story);
    story_fire(&story, TIMER_NONE, 0);
    story_cannot_stand(&story);
    story_fire(&story, TIMER_COUNT, 0);
    story_cannot_stand(&story);
    story_fire(&story, TIMER_ARRIVE, 0);
    story_stands(&story);
    story_fire(&story, TIMER_ARRIVE, 0);
    story_cannot_stand(&story);
    story_resolve(&story);
    story_fire(&story, TIMER_RESOLVE, 0);
    story_cannot_stand(&story); // paused
}

static void an_escalation_that_names_its_timer_marks_it_fired(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase *kase = &story.kase;
    story.now_ms = case_timer(kase, TIMER_RESOLVE, 0)->due_ms;
    Sanji__CaseEscalated *body = story_begin(&story, EVENT_CASE_ESCALATED);
    body->fired_timer = SANJI__TIMER_KIND__TIMER_KIND_RESOLVE;
    story_to(&story, STATE_ASSIGNING);
    story_arm(&story, TIMER_DISPATCH, 900000);
    story_stands(&story);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_FIRED);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->times, 1);
    assert_true(kase->resolve_missed);
    body = story_begin(&story, EVENT_CASE_ESCALATED);
    body->fired_timer = SANJI__TIMER_KIND__TIMER_KIND_RESOLVE;
    story_to(&story, STATE_ASSIGNING);
    story_stands(&story);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->times, 1);
}

static void changes_that_find_no_timer_lose_no_deadline(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase *kase = &story.kase;
    const size_t count = story_timer_count(kase);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story_cancel(&story, TIMER_CHECK);
    story_change(&story, TIMER_REVISIT, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    story_stands(&story);
    assert_int_equal(story_timer_count(kase), count);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story_change(&story, TIMER_DECISION, 0, SANJI__TIMER_OP__TIMER_OP_RESET, 5);
    story_change(&story, TIMER_ESCALATE, 0, SANJI__TIMER_OP__TIMER_OP_RESUME, 6);
    story_stands(&story);
    assert_int_equal(case_timer(kase, TIMER_DECISION, 0)->due_ms, 5);
    assert_int_equal(case_timer(kase, TIMER_ESCALATE, 0)->state, TIMER_STATE_ARMED);
}

static void new_terms_leave_a_paused_timer_paused_and_wake_a_fired_one(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase *kase = &story.kase;
    story_fire(&story, TIMER_RESOLVE_WARN, 0);
    story_stands(&story);
    story_suspend(&story);
    (void)story_begin(&story, EVENT_DEADLINE_EXTENDED);
    story_change(&story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_RESET,
                 story.now_ms + 9);
    story_change(&story, TIMER_RESOLVE_WARN, 0, SANJI__TIMER_OP__TIMER_OP_RESET,
                 story.now_ms + 7);
    story_stands(&story);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_PAUSED);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->left_ms, 9);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE_WARN, 0)->state, TIMER_STATE_ARMED);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE_WARN, 0)->times, 1);
    // A fired one cannot be paused: its action is in the log.
    story_fire(&story, TIMER_RESOLVE_WARN, 0);
    story_stands(&story);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story_change(&story, TIMER_RESOLVE_WARN, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    story_stands(&story);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE_WARN, 0)->state, TIMER_STATE_FIRED);
}

static void a_full_timer_table_takes_no_further_one(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    unsigned n = 0;
    while (story_timer_count(&story.kase) < CASE_TIMERS_MAX) {
        (void)story_begin(&story, EVENT_NOTE_ADDED);
        n++;
        story_change(&story, TIMER_ASSIST, n, SANJI__TIMER_OP__TIMER_OP_ARM, 5);
        story_stands(&story);
    }
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story_change(&story, TIMER_ASSIST, n + 1, SANJI__TIMER_OP__TIMER_OP_ARM, 5);
    story_cannot_stand(&story);
    // One that is there is replaced, and a cancelled one gives its place.
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story_change(&story, TIMER_ASSIST, n, SANJI__TIMER_OP__TIMER_OP_ARM, 6);
    story_change(&story, TIMER_ASSIST, 1, SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
    story_change(&story, TIMER_ASSIST, n + 1, SANJI__TIMER_OP__TIMER_OP_ARM, 7);
    story_stands(&story);
    assert_int_equal(case_timer(&story.kase, TIMER_ASSIST, n)->due_ms, 6);
    assert_int_equal(case_timer(&story.kase, TIMER_ASSIST, n + 1)->due_ms, 7);
}

static void a_missing_timer_is_named(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story_cancel(&story, TIMER_PROGRESS);
    story_change(&story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    story_stands(&story);
    assert_int_equal(case_missing_timers(&story.kase),
                     1U << TIMER_PROGRESS | 1U << TIMER_RESOLVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_holds_what_its_author_wrote),
        cmocka_unit_test(the_next_due_is_the_earliest_armed_one),
        cmocka_unit_test(a_repeating_timer_counts_on_and_any_other_arming_starts_again),
        cmocka_unit_test(only_an_armed_timer_fires),
        cmocka_unit_test(an_escalation_that_names_its_timer_marks_it_fired),
        cmocka_unit_test(changes_that_find_no_timer_lose_no_deadline),
        cmocka_unit_test(new_terms_leave_a_paused_timer_paused_and_wake_a_fired_one),
        cmocka_unit_test(a_full_timer_table_takes_no_further_one),
        cmocka_unit_test(a_missing_timer_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
