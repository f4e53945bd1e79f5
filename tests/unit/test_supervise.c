/* test_supervise.c: supervision rises by word and by the policy, and is lifted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/command.h"

#define NORMAL SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NORMAL
#define YELLOW SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_YELLOW
#define RED    SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_RED

static Sanji__StatementFields level(Sanji__SuperviseLevel to)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.level = to;
    return fields;
}

static void supervised(struct command *command, uint32_t i, Sanji__SuperviseLevel to,
                       bool automatic)
{
    const Sanji__Envelope *record = command_record(command, i);
    assert_int_equal(record->body_case, SANJI__ENVELOPE__BODY_SUPERVISED);
    assert_int_equal(record->supervised->to, to);
    assert_int_equal(record->supervised->automatic, automatic);
}

static void supervision_rises_with_its_points_and_never_falls(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    Sanji__StatementFields fields = level(YELLOW);
    assert_int_equal(
        command_say(command, kase, SAY_SUPERVISE, command_leader(COMMUNITY_DESK), &fields),
        1);
    supervised(command, 0, YELLOW, false);
    assert_int_equal(kase->supervise_points, 5);
    command_refuses(command, kase, SAY_SUPERVISE, command_leader(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_INVALID, "level"});
    fields = level(NORMAL);
    command_refuses(command, kase, SAY_SUPERVISE, command_leader(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_INVALID, "level"});
    fields = level(RED);
    assert_int_equal(command_say(command, kase, SAY_SUPERVISE,
                                 command_leader(SUBDISTRICT_DESK), &fields),
                     1);
    assert_int_equal(kase->supervise_points, 15);
    command_refuses(command, kase, SAY_SUPERVISE, command_leader(SUBDISTRICT_DESK), &fields,
                    (struct refused){STATUS_INVALID, "level"});
    command_refuses(command, kase, SAY_SUPERVISE, command_leader(SUBDISTRICT_DESK), NULL,
                    (struct refused){STATUS_INVALID, "level"});
}

static void only_a_desk_above_the_holder_supervises(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    const Sanji__StatementFields fields = level(NORMAL);
    command_refuses(command, kase, SAY_SUPERVISE, command_leader(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_WRONG_DESK, "actor.org"});
    command_refuses(command, kase, SAY_SUPERVISE, command_leader(""), &fields,
                    (struct refused){STATUS_INVALID, "actor.org"});
    command_raise(command, kase, TIER_SUBDISTRICT);
    command_refuses(command, kase, SAY_SUPERVISE, command_leader(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_WRONG_DESK, "actor.org"});
    // Above the sub-district there is nobody here: it answers for itself.
    assert_int_equal(command_say(command, kase, SAY_SUPERVISE,
                                 command_leader(SUBDISTRICT_DESK), &fields),
                     1);
}

static void who_raised_it_lifts_it_and_the_points_stay(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    const Sanji__StatementFields fields = level(RED);
    command_refuses(command, kase, SAY_LIFT, command_leader(COMMUNITY_DESK), NULL,
                    (struct refused){STATUS_WRONG_STATE, "kind"});
    command_say(command, kase, SAY_SUPERVISE, command_leader(COMMUNITY_DESK), &fields);
    command_refuses(command, kase, SAY_LIFT, command_leader(SUBDISTRICT_DESK), NULL,
                    (struct refused){STATUS_WRONG_DESK, "actor.org"});
    assert_int_equal(
        command_say(command, kase, SAY_LIFT, command_leader(COMMUNITY_DESK), NULL), 1);
    assert_int_equal(kase->supervise, 0);
    assert_int_equal(kase->supervise_points, 10);
    const Sanji__StatementFields again = level(NORMAL);
    assert_int_equal(
        command_say(command, kase, SAY_SUPERVISE, command_leader(COMMUNITY_DESK), &again),
        1);
    assert_int_equal(
        command_say(command, kase, SAY_LIFT, (struct speaker){ROLE_AUDITOR, "", ""}, NULL),
        1);
    assert_int_equal(kase->supervise, 0);
}

static void what_the_system_raised_an_auditor_lifts(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    command_raise(command, kase, TIER_SUBDISTRICT);
    assert_int_equal(command_due(command, kase, TIMER_RESOLVE, 0), 2);
    supervised(command, 1, NORMAL, true);
    command_refuses(command, kase, SAY_LIFT, command_leader(SUBDISTRICT_DESK), NULL,
                    (struct refused){STATUS_WRONG_DESK, "actor.org"});
    assert_int_equal(
        command_say(command, kase, SAY_LIFT, (struct speaker){ROLE_AUDITOR, "", ""}, NULL),
        1);
}

static void a_missed_limit_rises_and_is_supervised_more_and_more(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    assert_int_equal(command_due(command, kase, TIMER_RESOLVE, 0), 3);
    assert_int_equal(command_record(command, 1)->body_case,
                     SANJI__ENVELOPE__BODY_CASE_ESCALATED);
    supervised(command, 2, NORMAL, true);
    assert_int_equal(kase->tier, TIER_COMMUNITY);
    // 150 % and 200 % of 40 working hours.
    assert_int_equal(case_timer(kase, TIMER_ESCALATE, 0)->budget_s, 20 * 3600);
    assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 0), 2);
    supervised(command, 1, YELLOW, true);
    assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 0), 2);
    supervised(command, 1, RED, true);
    assert_int_equal(kase->supervise_points, 15);
    // From here the alert alone, further and further apart.
    int64_t gap_ms = 0;
    for (unsigned i = 0; i < 4; i++) {
        const int64_t from_ms = command->ledger.now_ms;
        assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 0), 1);
        assert_true(command->ledger.now_ms - from_ms >= gap_ms || gap_ms > TIME_DAY_MS);
        gap_ms = command->ledger.now_ms - from_ms;
        assert_true(command_record(command, 0)->timer_fired->n_told > 0);
    }
}

static void a_higher_level_by_word_is_not_lowered_by_the_policy(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    const Sanji__StatementFields fields = level(RED);
    command_say(command, kase, SAY_SUPERVISE, command_leader(COMMUNITY_DESK), &fields);
    assert_int_equal(command_due(command, kase, TIMER_RESOLVE, 0), 2);
    assert_int_equal(kase->supervise, RED);
    assert_int_equal(command_due(command, kase, TIMER_ESCALATE, 0), 1);
}

static void a_missed_limit_of_an_s1_is_red_at_once(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S1, 2003, STATE_IN_PROGRESS);
    command_due(command, kase, TIMER_RESOLVE, 0);
    assert_int_equal(kase->supervise, RED);
    // Nobody forgets it: the alert comes again, twice as far apart each time.
    const struct case_timer *escalate = case_timer(kase, TIMER_ESCALATE, 0);
    assert_int_equal(escalate->budget_s, 3600);
    command_due(command, kase, TIMER_ESCALATE, 0);
    assert_int_equal(case_timer(kase, TIMER_ESCALATE, 0)->budget_s, 7200);
}

static void an_s1_without_a_first_word_is_yellow_at_once(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S1, 2003, STATE_IN_PROGRESS);
    assert_int_equal(command_other_fires(command, kase, TIMER_FEEDBACK, false), 1);
    supervised(command, 0, YELLOW, true);
    assert_int_equal(command_record(command, 0)->cause_seq, command->ledger.seq - 1);
    // Answered once; lifting is not answered by raising again.
    assert_int_equal(
        command_say(command, kase, SAY_LIFT, (struct speaker){ROLE_AUDITOR, "", ""}, NULL),
        1);
    assert_int_equal(
        command_say(command, kase, SAY_URGE, command_leader(SUBDISTRICT_DESK), NULL), 1);
    assert_int_equal(kase->supervise, 0);
}

static void an_s3_without_a_first_word_is_not_supervised(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    assert_int_equal(command_other_fires(command, kase, TIMER_FEEDBACK, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COMMAND_TEST(supervision_rises_with_its_points_and_never_falls),
        COMMAND_TEST(only_a_desk_above_the_holder_supervises),
        COMMAND_TEST(who_raised_it_lifts_it_and_the_points_stay),
        COMMAND_TEST(what_the_system_raised_an_auditor_lifts),
        COMMAND_TEST(a_missed_limit_rises_and_is_supervised_more_and_more),
        COMMAND_TEST(a_higher_level_by_word_is_not_lowered_by_the_policy),
        COMMAND_TEST(a_missed_limit_of_an_s1_is_red_at_once),
        COMMAND_TEST(an_s1_without_a_first_word_is_yellow_at_once),
        COMMAND_TEST(an_s3_without_a_first_word_is_not_supervised),
    };
    return cmocka_run_group_tests_name("supervise", tests, NULL, NULL);
}
