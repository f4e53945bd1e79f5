/* test_stage_turn.c: what a turn puts into one append, and what becomes of a refused one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/hand.h"
#include "tests/unit/scratch.h"

/* ---- turns ---- */

static void outputs_and_cursor_leave_in_one_append(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    hand_welcome(h, 0, 41);
    hand_send_all(h);
    assert_int_equal(h->appends, 1);
    assert_int_equal(h->append.epoch, 9);
    assert_int_equal(h->append.batch_no, 42);
    assert_int_equal(h->append.read_up_to, h->head);
    assert_int_equal(h->append.cursor, h->head);
    assert_int_equal(h->append.count, 2);
    assert_int_equal(h->now_ms, h->other.now_ms);
}

static void the_next_turn_waits_for_the_own_records(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_other_case(h, SEVERITY_S3); // before the own record
    hand_answer(h);
    assert_int_equal(h->appends, 1);
    hand_send(h, h->head - 1);
    hand_run(h);
    assert_int_equal(h->appends, 1);
    hand_send_all(h);
    assert_int_equal(h->appends, 2);
    assert_int_equal(h->append.batch_no, 2);
    assert_int_equal(h->append.count, 1); // the second case; the own note led to nothing
    assert_int_equal(h->append.cursor, h->head);
}

static void one_append_is_in_flight(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_other_case(h, SEVERITY_S3);
    h->wants_admit = true;
    hand_send_all(h);
    hand_tick(h, h->other.now_ms + DAY_MS);
    assert_int_equal(h->appends, 1);
    assert_int_equal(h->admits, 0);
    assert_int_equal(h->fired_count, 0);
}

static bool count_case(void *context, struct kase *kase)
{
    uint64_t *sum = context;
    const uint8_t *bytes = (const uint8_t *)kase;
    for (size_t i = 0; i < sizeof *kase; i++) {
        *sum = *sum * 31 + bytes[i];
    }
    return true;
}

static void nothing_tentative_is_left_when_the_append_leaves(void **state)
{
    struct hand *h = *state;
    for (unsigned i = 0; i < 5; i++) {
        hand_other_case(h, SEVERITY_S3);
    }
    hand_welcome(h, 0, 0);
    uint64_t before = 0;
    uint64_t after = 0;
    hand_send(h, h->head); // folded, not decided yet
    world_each_case(stage_world(h->stage), count_case, &before);
    h->outputs_for = UINT64_MAX;
    h->wants_admit = true;
    h->admit_cases = 3;
    hand_run(h);
    assert_int_equal(h->appends, 1);
    world_each_case(stage_world(h->stage), count_case, &after);
    assert_true(before == after);
    assert_int_equal(world_case_count(stage_world(h->stage)), 5);
}

/* ---- refusals ---- */

static void a_conflict_halves_the_inputs_and_success_restores_them(void **state)
{
    struct hand *h = *state;
    for (unsigned i = 0; i < 300; i++) {
        hand_other_case(h, SEVERITY_S3);
    }
    h->outputs_for = UINT64_MAX;
    hand_welcome(h, RULES, 0);
    hand_send_all(h);
    uint32_t inputs = 256;
    uint64_t first = h->decided[0];
    while (inputs >= 1) {
        assert_int_equal(h->append.cursor, RULES + inputs);
        assert_int_equal(h->append.count, inputs);
        assert_int_equal(h->append.batch_no, 1); // a refused number is used again
        h->decided_count = 0;
        hand_refuse(h, STATUS_CONFLICT, 3);
        assert_int_equal(h->decided[0], first);
        if (inputs == 1) {
            break;
        }
        inputs /= 2;
    }
    hand_answer(h);
    hand_send_all(h);
    assert_int_equal(h->append.count, 256);
}

static void after_a_conflict_it_reads_to_the_seq_named(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_other_case(h, SEVERITY_S3);
    hand_other_case(h, SEVERITY_S3);
    hand_refuse(h, STATUS_CONFLICT, h->head);
    assert_int_equal(h->appends, 1);
    hand_send(h, h->head - 1);
    hand_run(h);
    assert_int_equal(h->appends, 1);
    hand_send_all(h);
    assert_int_equal(h->appends, 2);
    assert_int_equal(h->append.read_up_to, h->head);
    hand_refuse(h, STATUS_CATCH_UP, h->head);
    assert_int_equal(h->appends, 3); // read already: decided again at once
}

static void codes_that_no_retry_helps_end_the_process(void **state)
{
    static const enum status codes[] = {STATUS_FENCED, STATUS_FORBIDDEN, STATUS_BATCH_ORDER,
                                        STATUS_AHEAD, STATUS_MALFORMED};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        void *made = NULL;
        hand_make(&made);
        struct hand *h = made;
        hand_other_case(h, SEVERITY_S3);
        h->outputs_for = UINT64_MAX;
        hand_welcome(h, 0, 0);
        hand_send_all(h);
        hand_refuse(h, codes[i], 0);
        assert_int_equal(h->died, codes[i]);
        assert_false(stage_next(h->stage));
        hand_unmake(&made);
    }
}

static void busy_and_full_are_tried_again_later(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_refuse(h, STATUS_BUSY, 0);
    assert_int_equal(h->pauses, 1);
    assert_int_equal(h->appends, 1);
    stage_retry(h->stage);
    hand_run(h);
    assert_int_equal(h->appends, 2);
    hand_refuse(h, STATUS_STORE_FULL, 0);
    assert_int_equal(h->pauses, 2);
    stage_retry(h->stage);
    hand_run(h);
    assert_int_equal(h->appends, 3);
    assert_int_equal(h->died, STATUS_OK);
}

static void another_log_ends_the_process(void **state)
{
    struct hand *h = *state;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    stage_lost(h->stage);
    Sanji__Welcome hello = SANJI__WELCOME__INIT;
    hello.log_id = LOG_ID + 1;
    hello.head = h->head;
    stage_welcome(h->stage, &hello);
    assert_int_equal(h->died, STATUS_OTHER_LOG);
}

static void a_log_shorter_than_what_was_read_ends_the_process(void **state)
{
    struct hand *h = *state;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    stage_lost(h->stage);
    h->head--;
    hand_welcome(h, 0, 0);
    assert_int_equal(h->died, STATUS_AHEAD);
}

static void a_damaged_record_ends_the_process(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    h->log[h->log_size - 1] ^= 1;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    assert_int_equal(h->died, STATUS_BAD_CHECKSUM);
}

static void a_gap_in_the_records_ends_the_process(void **state)
{
    struct hand *h = *state;
    hand_welcome(h, 0, 0);
    hand_send(h, 2);
    h->sent++;
    hand_send_all(h);
    assert_int_equal(h->died, STATUS_CORRUPT);
}

/* ---- the door ---- */

static void a_door_turn_is_an_append_of_its_own(void **state)
{
    struct hand *h = *state;
    hand_other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    h->wants_admit = true;
    h->admit_cases = 2;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    assert_int_equal(h->append.count, 2); // the door first
    assert_int_equal(h->append.cursor, 0);
    assert_int_equal(h->admitted_count, 0); // nothing is said before the commit
    uint64_t first = h->head + 1;
    hand_answer(h);
    assert_int_equal(h->admitted_count, 1);
    assert_int_equal(h->admitted, STATUS_OK);
    assert_int_equal(h->admitted_seq, first);
    hand_send_all(h);
    assert_int_equal(h->appends, 2); // then what waits to be decided
    assert_int_equal(h->append.count, 3);
}

static void the_door_and_the_inputs_take_turns(void **state)
{
    struct hand *h = *state;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    h->outputs_for = UINT64_MAX;
    h->admit_cases = 1;
    unsigned doors = 0;
    for (unsigned i = 0; i < 10; i++) {
        h->wants_admit = true;
        hand_other_case(h, SEVERITY_S3);
        unsigned before = h->admits;
        hand_send_all(h);
        doors += h->admits - before;
        hand_answer(h);
    }
    assert_int_equal(doors, 5);
}

static void a_refused_door_turn_is_admitted_again(void **state)
{
    struct hand *h = *state;
    h->wants_admit = true;
    h->admit_cases = 1;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    hand_refuse(h, STATUS_STORE_FULL, 0);
    assert_int_equal(h->admitted, STATUS_STORE_FULL);
    assert_int_equal(h->admits, 1);
    stage_retry(h->stage);
    hand_run(h);
    assert_int_equal(h->admits, 2);
    stage_lost(h->stage);
    assert_int_equal(h->admitted, STATUS_NO_SESSION);
    hand_welcome(h, 0, 0);
    hand_run(h);
    assert_int_equal(h->admits, 3);
    hand_answer(h);
    assert_int_equal(h->admitted, STATUS_OK);
}

static void a_door_turn_without_records_is_answered_at_once(void **state)
{
    struct hand *h = *state;
    h->wants_admit = true;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
    assert_int_equal(h->appends, 0);
    assert_int_equal(h->admitted_count, 1);
    assert_int_equal(h->admitted, STATUS_OK);
    assert_int_equal(h->admitted_seq, 0);
}

/* ---- a broken stage ---- */

static void mute_decide(void *context, struct turn *turn, const struct record *record,
                        const Sanji__Envelope *envelope)
{
    (void)context;
    (void)turn;
    (void)record;
    (void)envelope;
}

static void let_a_statement_pass(void *context)
{
    (void)context;
    void *made = NULL;
    hand_make(&made);
    struct hand *h = made;
    hand_other_case(h, SEVERITY_S3);
    struct turn *turn = ledger_turn(&h->other, OWNER_INTAKE);
    struct kase *kase = world_case(h->other.world, h->other.last_record.header.case_key);
    Sanji__Envelope *envelope = turn_event(turn, kase, 0);
    envelope->said = TURN_NEW(turn, Sanji__Said, sanji__said__init);
    envelope->said->kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_NOTE;
    envelope->body_case = SANJI__ENVELOPE__BODY_SAID;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
    ledger_commit(&h->other);
    hand_commit(h, turn_packed(turn), h->other.now_ms);
    h->ops.decide = mute_decide;
    hand_welcome(h, 0, 0);
    hand_send_all(h);
}

static void a_statement_without_an_answer_is_a_broken_program(void **state)
{
    (void)state;
    static struct child child;
    child_run(let_a_statement_pass, NULL, &child);
    assert_int_equal(child.code, -1);
    assert_non_null(strstr(child.err, "is_answered"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hand_make, hand_unmake)
    const struct CMUnitTest tests[] = {
        TEST(outputs_and_cursor_leave_in_one_append),
        TEST(the_next_turn_waits_for_the_own_records),
        TEST(one_append_is_in_flight),
        TEST(nothing_tentative_is_left_when_the_append_leaves),
        TEST(a_conflict_halves_the_inputs_and_success_restores_them),
        TEST(after_a_conflict_it_reads_to_the_seq_named),
        cmocka_unit_test(codes_that_no_retry_helps_end_the_process),
        TEST(busy_and_full_are_tried_again_later),
        TEST(another_log_ends_the_process),
        TEST(a_log_shorter_than_what_was_read_ends_the_process),
        TEST(a_damaged_record_ends_the_process),
        TEST(a_gap_in_the_records_ends_the_process),
        TEST(a_door_turn_is_an_append_of_its_own),
        TEST(the_door_and_the_inputs_take_turns),
        TEST(a_refused_door_turn_is_admitted_again),
        TEST(a_door_turn_without_records_is_answered_at_once),
        cmocka_unit_test(a_statement_without_an_answer_is_a_broken_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
