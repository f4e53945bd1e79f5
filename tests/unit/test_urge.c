/* test_urge.c: who may urge how often, and what the system urges for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/command.h"
#include "workers/escalation/escalation.h"

enum {
    HOUR_MS = 3600 * 1000
};

static void a_reporter_urges_once_in_four_hours(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.channel = 3;
    assert_int_equal(command_say(command, kase, SAY_URGE, command_reporter(), &fields), 1);
    assert_int_equal(command_record(command, 0)->urged->count, 1);
    assert_int_equal(command_record(command, 0)->urged->channel, 3);
    command_pass(command, 4 * HOUR_MS - 1000);
    command_refuses(command, kase, SAY_URGE, command_reporter(), NULL,
                    (struct refused){STATUS_LIMIT, "kind"});
    // A desk may at any time, and does not use up the reporter's turn.
    assert_int_equal(
        command_say(command, kase, SAY_URGE, command_leader(COMMUNITY_DESK), NULL), 1);
    command_pass(command, 1000);
    assert_int_equal(command_say(command, kase, SAY_URGE, command_reporter(), NULL), 1);
    assert_int_equal(kase->urges, 3);
}

static void a_reporter_urges_his_own_case(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    kase->source_system[0] = 'x';
    command_refuses(command, kase, SAY_URGE, command_reporter(), NULL,
                    (struct refused){STATUS_WRONG_ROLE, "source_system"});
}

static void before_it_is_late_the_system_urges(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    assert_int_equal(command_due(command, kase, TIMER_RESOLVE_WARN, 0), 2);
    const Sanji__TimerFired *fired = command_record(command, 0)->timer_fired;
    assert_int_equal(fired->n_told, 2);
    assert_string_equal(fired->told[1]->worker, "W00007");
    assert_int_equal(command_record(command, 1)->urged->fired_timer,
                     SANJI__TIMER_KIND__TIMER_KIND_RESOLVE_WARN);
    assert_int_equal(kase->urges, 1);
}

static void silence_of_the_assignee_is_urged_once_for_each_firing(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    for (unsigned times = 1; times <= 2; times++) {
        assert_int_equal(command_other_fires(command, kase, TIMER_PROGRESS, true), 1);
        assert_int_equal(command_record(command, 0)->urged->fired_timer,
                         SANJI__TIMER_KIND__TIMER_KIND_PROGRESS);
        assert_int_equal(kase->urges, times);
        // Whatever else makes us look, this was answered.
        assert_int_equal(speech_decide(&command->ledger, &escalation_ops, NULL), 0);
    }
}

static void the_third_merged_report_urges_once(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    for (unsigned reports = 1; reports <= 5; reports++) {
        struct kase *child = command_case(command, SEVERITY_S3, 4001, STATE_RECEIVED);
        struct turn *turn = ledger_turn(&command->ledger, OWNER_INTAKE);
        Sanji__Envelope *envelope = turn_event(turn, child, 0);
        Sanji__CaseMerged *body =
            TURN_NEW(turn, Sanji__CaseMerged, sanji__case_merged__init);
        body->into_case_no = turn_event(turn, kase, 0)->case_no;
        envelope->body_case = SANJI__ENVELOPE__BODY_CASE_MERGED;
        envelope->case_merged = body;
        turn_emit(turn,
                  &(struct emission){.kase = child, .edge = T28, .envelope = envelope});
        ledger_commit(&command->ledger);
        const uint64_t merged_seq = command->ledger.seq;
        const uint32_t count = speech_decide(&command->ledger, &escalation_ops, NULL);
        assert_int_equal(count, reports == 3 ? 1 : 0);
        if (count > 0) {
            assert_int_equal(command_record(command, 0)->urged->merged, 3);
            assert_true(command_record(command, 0)->cause_seq == merged_seq);
        }
    }
    assert_int_equal(kase->merged_reports, 5);
    assert_int_equal(kase->urges, 1);
}

static void a_closed_matter_is_not_urged(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_RECEIVED);
    ledger_move(&command->ledger, kase, T06);
    command_refuses(command, kase, SAY_URGE, command_reporter(), NULL,
                    (struct refused){STATUS_WRONG_STATE, ""});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COMMAND_TEST(a_reporter_urges_once_in_four_hours),
        COMMAND_TEST(a_reporter_urges_his_own_case),
        COMMAND_TEST(before_it_is_late_the_system_urges),
        COMMAND_TEST(silence_of_the_assignee_is_urged_once_for_each_firing),
        COMMAND_TEST(the_third_merged_report_urges_once),
        COMMAND_TEST(a_closed_matter_is_not_urged),
    };
    return cmocka_run_group_tests_name("urge", tests, NULL, NULL);
}
