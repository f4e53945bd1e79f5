/* test_assist.c: the whistle and who reports in: called, joined, done, late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/command.h"

static Sanji__StatementFields department(const char *code)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.department_code = command_text(code);
    return fields;
}

static struct speaker of_department(void)
{
    return (struct speaker){ROLE_DEPARTMENT, "", ""};
}

static uint32_t whistle(struct command *command, struct kase *kase, const char *code)
{
    const Sanji__StatementFields fields = department(code);
    return command_say(command, kase, SAY_ASSIST, command_chief(COMMUNITY_DESK), &fields);
}

static void a_whistle_calls_and_leaves_the_case_where_it_is(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    assert_int_equal(whistle(command, kase, "P004"), 1);
    const Sanji__AssistRequested *asked = command_record(command, 0)->assist_requested;
    assert_string_equal(asked->department_code, "P004");
    assert_int_equal(asked->n, 1);
    assert_false(asked->emergency);
    assert_int_equal(case_timer(kase, TIMER_ASSIST, 1)->state, TIMER_STATE_ARMED);
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
    command_at(kase, COMMITTEE_DESK);
    assert_int_equal(kase->assists_open, 1);
}

static void the_department_joins_and_is_done(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    whistle(command, kase, "P003");
    whistle(command, kase, "P004");
    command_pass(command, 90000);
    Sanji__StatementFields fields = department("P004");
    assert_int_equal(
        command_say(command, kase, SAY_ASSIST_JOINED, of_department(), &fields), 1);
    const Sanji__AssistJoined *joined = command_record(command, 0)->assist_joined;
    assert_int_equal(joined->n, 2);
    assert_int_equal(joined->took_s, 90);
    assert_null(case_timer(kase, TIMER_ASSIST, 2));
    assert_non_null(case_timer(kase, TIMER_ASSIST, 1));
    command_refuses(command, kase, SAY_ASSIST_JOINED, of_department(), &fields,
                    (struct refused){STATUS_LIMIT, "kind"});
    command_refuses(command, kase, SAY_ASSIST_DONE, of_department(), &fields,
                    (struct refused){STATUS_INVALID, "resolution"});
    fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    assert_int_equal(command_say(command, kase, SAY_ASSIST_DONE, of_department(), &fields),
                     1);
    assert_int_equal(command_record(command, 0)->assist_done->n, 2);
    assert_int_equal(kase->assists_open, 1);
    command_refuses(command, kase, SAY_ASSIST_DONE, of_department(), &fields,
                    (struct refused){STATUS_NOT_FOUND, "department_code"});
    assert_int_equal(whistle(command, kase, "P004"), 1); // called again, as the third
    assert_int_equal(command_record(command, 0)->assist_requested->n, 3);
}

static void a_department_is_called_once_and_must_exist(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    whistle(command, kase, "P004");
    Sanji__StatementFields fields = department("P004");
    command_refuses(command, kase, SAY_ASSIST, command_chief(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_LIMIT, "department_code"});
    fields = department("P999");
    command_refuses(command, kase, SAY_ASSIST, command_chief(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_NOT_FOUND, "department_code"});
    fields = department("");
    command_refuses(command, kase, SAY_ASSIST, command_chief(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_INVALID, "department_code"});
    fields = department("P003");
    command_refuses(command, kase, SAY_ASSIST_JOINED, of_department(), &fields,
                    (struct refused){STATUS_NOT_FOUND, "department_code"});
}

static void so_many_are_open_at_most(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    static const char *const codes[] = {"P001", "P002", "P003", "P004"};
    for (size_t i = 0; i < CASE_ASSISTS_MAX; i++) {
        assert_int_equal(whistle(command, kase, codes[i]), 1);
        assert_int_equal(command_record(command, 0)->body_case,
                         SANJI__ENVELOPE__BODY_ASSIST_REQUESTED);
    }
    Sanji__StatementFields fields = department("TPOL");
    command_refuses(command, kase, SAY_ASSIST, command_chief(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_LIMIT, "kind"});
    // Who whistled calls one off that does not come; then there is room.
    fields = department("P001");
    fields.resolution = SANJI__RESOLUTION__RESOLUTION_REFERRED;
    assert_int_equal(
        command_say(command, kase, SAY_ASSIST_DONE, command_chief(COMMUNITY_DESK), &fields),
        1);
    assert_int_equal(whistle(command, kase, "TPOL"), 1);
    assert_int_equal(case_timer(kase, TIMER_ASSIST, 5)->state, TIMER_STATE_ARMED);
}

static void who_does_not_come_is_late_and_then_the_sub_district_knows(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    whistle(command, kase, "P004");
    assert_int_equal(command_due(command, kase, TIMER_ASSIST, 1), 1);
    const Sanji__TimerFired *fired = command_record(command, 0)->timer_fired;
    assert_int_equal(fired->n_told, 1);
    assert_string_equal(fired->told[0]->org, COMMITTEE_DESK);
    assert_int_equal(command_due(command, kase, TIMER_ASSIST, 1), 1);
    fired = command_record(command, 0)->timer_fired;
    assert_int_equal(fired->n_told, 2);
    assert_string_equal(fired->told[1]->org, SUBDISTRICT_DESK);
    assert_int_equal(case_timer(kase, TIMER_ASSIST, 1)->state, TIMER_STATE_ARMED);
}

static void an_assist_outlives_a_rise(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    whistle(command, kase, "P004");
    command_raise(command, kase, TIER_COMMUNITY);
    assert_int_equal(case_timer(kase, TIMER_ASSIST, 1)->state, TIMER_STATE_ARMED);
    assert_int_equal(kase->assists_open, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COMMAND_TEST(a_whistle_calls_and_leaves_the_case_where_it_is),
        COMMAND_TEST(the_department_joins_and_is_done),
        COMMAND_TEST(a_department_is_called_once_and_must_exist),
        COMMAND_TEST(so_many_are_open_at_most),
        COMMAND_TEST(who_does_not_come_is_late_and_then_the_sub_district_knows),
        COMMAND_TEST(an_assist_outlives_a_rise),
    };
    return cmocka_run_group_tests_name("assist", tests, NULL, NULL);
}
