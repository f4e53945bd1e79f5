/* test_steps.c: what the policy does by the clock while nobody takes a case; and how alerts
 * grow apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/command.h"

enum {
    MINUTE_MS = 60 * 1000
};

static void an_s1_climbs_calls_and_is_handed_over(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S1, 2003, STATE_ASSIGNING);
    command_at(kase, COMMUNITY_DESK); // an S1 starts there
    assert_true(case_timer(kase, TIMER_ESCALATE, 1)->due_ms ==
                kase->received_ms + 6 * MINUTE_MS);
    assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 1), 1); // is there already
    assert_true(case_timer(kase, TIMER_ESCALATE, 2)->due_ms ==
                kase->received_ms + 10 * MINUTE_MS);
    assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 2), 3);
    const Sanji__TimerFired *fired = command_record(command, 0)->timer_fired;
    assert_int_equal(fired->n, 2);
    assert_string_equal(fired->told[0]->org, SUBDISTRICT_DESK);
    const Sanji__CaseEscalated *risen = command_record(command, 1)->case_escalated;
    assert_string_equal(risen->to, SUBDISTRICT_DESK);
    assert_int_equal(risen->step, 2);
    assert_int_equal(risen->cause, SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_SEVERITY_RULE);
    const Sanji__AssistRequested *asked = command_record(command, 2)->assist_requested;
    assert_true(asked->emergency);
    assert_true(asked->department_code[0] != '\0');
    assert_true(case_timer(kase, TIMER_ESCALATE, 3)->due_ms ==
                kase->received_ms + 30 * MINUTE_MS);
    assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 3), 2);
    assert_int_equal(kase->state, STATE_UPSTREAM);
    assert_int_equal(command_record(command, 1)->actor->role, SANJI__ROLE__ROLE_SYSTEM);
    assert_null(case_timer(kase, TIMER_ESCALATE, 3));
}

static void a_step_does_nothing_to_what_somebody_has_taken(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S1, 2003, STATE_IN_PROGRESS);
    for (unsigned step = 1; step <= 3; step++) {
        assert_int_equal(command_due(command, kase, TIMER_ESCALATE, step), 1);
        assert_int_equal(command_record(command, 0)->timer_fired->n_told, 0);
        assert_int_equal(kase->state, STATE_IN_PROGRESS);
        command_at(kase, COMMUNITY_DESK);
    }
}

static void an_exercise_is_told_and_stays_in_the_house(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S1, 2003, STATE_ASSIGNING);
    kase->status = SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
    command_due(command, kase, TIMER_ESCALATE, 1);
    command_due(command, kase, TIMER_ESCALATE, 2);
    assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 3), 1);
    assert_int_equal(command_record(command, 0)->timer_fired->n_told, 1);
    assert_int_equal(kase->state, STATE_ASSIGNING);
}

static void an_open_offer_holds_a_hand_over_up_until_it_is_answered(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S1, 2003, STATE_ASSIGNING);
    command_due(command, kase, TIMER_ESCALATE, 1);
    command_due(command, kase, TIMER_ESCALATE, 2);
    ledger_offer(&command->ledger, kase, 7, 30);
    assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 3), 1);
    assert_int_equal(kase->state, STATE_DISPATCHED);
    const struct case_timer *again = case_timer(kase, TIMER_ESCALATE, 3);
    assert_int_equal(again->state, TIMER_STATE_ARMED);
    assert_true(again->due_ms == command->ledger.now_ms + 3 * MINUTE_MS); // ACK of an S1
    ledger_decline(&command->ledger, kase, 502);
    assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 3), 2);
    assert_int_equal(kase->state, STATE_UPSTREAM);
}

static void an_s2_is_at_the_sub_district_after_an_hour(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S2, 2001, STATE_DISPATCHED);
    command_at(kase, COMMITTEE_DESK);
    assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 1), 2);
    assert_true(command->ledger.now_ms == kase->received_ms + 60 * MINUTE_MS);
    command_at(kase, SUBDISTRICT_DESK); // straight, past the community
    assert_int_equal(kase->escalation_level, 1);
    assert_null(case_timer(kase, TIMER_ESCALATE, 2));
}

static void the_ordinary_climbs_by_its_desks_alone(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    assert_null(case_timer(kase, TIMER_ESCALATE, 1));
    assert_int_equal(command_due(command, kase, TIMER_DISPATCH, 0), 2);
    command_at(kase, COMMUNITY_DESK);
}

static void after_a_standstill_the_steps_keep_their_distance(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S1, 2003, STATE_ASSIGNING);
    command_pass(command, 120 * MINUTE_MS);
    command_due(command, kase, TIMER_ESCALATE, 1);
    assert_true(case_timer(kase, TIMER_ESCALATE, 2)->due_ms ==
                command->ledger.now_ms + 4 * MINUTE_MS);
    command_due(command, kase, TIMER_ESCALATE, 2);
    assert_true(case_timer(kase, TIMER_ESCALATE, 3)->due_ms ==
                command->ledger.now_ms + 20 * MINUTE_MS);
}

static void handed_over_by_word_it_has_no_steps_left(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S1, 2003, STATE_ASSIGNING);
    command_raise(command, kase, TIER_SUBDISTRICT);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 203;
    command_say(command, kase, SAY_UPSTREAM, command_leader(SUBDISTRICT_DESK), &fields);
    for (unsigned step = 1; step <= 3; step++) {
        assert_null(case_timer(kase, TIMER_ESCALATE, step));
    }
}

static void an_alert_at_the_top_comes_half_as_often_each_time(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S2, 2001, STATE_ASSIGNING);
    command_raise(command, kase, TIER_SUBDISTRICT);
    static const uint32_t budgets_s[] = {1800,  3600,  7200,  14400, 28800,
                                         57600, 86400, 86400, 86400};
    for (size_t i = 0; i < sizeof budgets_s / sizeof budgets_s[0]; i++) {
        assert_int_equal(command_due(command, kase, TIMER_DISPATCH, 0), 1);
        const struct case_timer *timer = case_timer(kase, TIMER_DISPATCH, 0);
        assert_int_equal(timer->budget_s, budgets_s[i]);
        assert_true(timer->due_ms == command->ledger.now_ms + (int64_t)budgets_s[i] * 1000);
        assert_int_equal(command_record(command, 0)->timer_fired->told[0]->role,
                         SANJI__ROLE__ROLE_DUTY_LEADER);
    }
}

static void on_the_working_clock_a_day_is_a_working_day(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    command_raise(command, kase, TIER_SUBDISTRICT);
    static const uint32_t budgets_s[] = {7200, 14400, 28800, 28800};
    for (size_t i = 0; i < sizeof budgets_s / sizeof budgets_s[0]; i++) {
        command_due(command, kase, TIMER_DISPATCH, 0);
        const struct case_timer *timer = case_timer(kase, TIMER_DISPATCH, 0);
        assert_int_equal(timer->budget_s, budgets_s[i]);
        assert_true(timer->due_ms <= command->ledger.now_ms + TIME_DAY_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COMMAND_TEST(an_s1_climbs_calls_and_is_handed_over),
        COMMAND_TEST(a_step_does_nothing_to_what_somebody_has_taken),
        COMMAND_TEST(an_exercise_is_told_and_stays_in_the_house),
        COMMAND_TEST(an_open_offer_holds_a_hand_over_up_until_it_is_answered),
        COMMAND_TEST(an_s2_is_at_the_sub_district_after_an_hour),
        COMMAND_TEST(the_ordinary_climbs_by_its_desks_alone),
        COMMAND_TEST(after_a_standstill_the_steps_keep_their_distance),
        COMMAND_TEST(handed_over_by_word_it_has_no_steps_left),
        COMMAND_TEST(an_alert_at_the_top_comes_half_as_often_each_time),
        COMMAND_TEST(on_the_working_clock_a_day_is_a_working_day),
    };
    return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
