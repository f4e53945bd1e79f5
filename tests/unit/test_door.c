/* test_door.c: requests, turns and receipts, without a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "proto/wire.h"
#include "tests/unit/scratch.h"
#include "tests/unit/small_rules.h"
#include "tests/unit/speech.h"
#include "workers/intake/door.h"
#include "workers/intake/intake.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024,
    FRAME_SIZE = 512 * 1024,
    ITEMS = 4,
    FIRST_SEQ = 101
};

struct porch {
    struct small_rules rules;
    struct ledger ledger;
    struct intake intake;
    char directory[SCRATCH_PATH_SIZE];
    struct arena *arena;
    const Sanji__DoorReply *reply; /* the newest */
    unsigned replies;
    Sanji__Submission submissions[ITEMS];
    Sanji__Submission *submission_list[DOOR_ITEMS_MAX + 1];
    Sanji__Statement statements[ITEMS];
    Sanji__Statement *statement_list[ITEMS];
    Sanji__Place place;
    Sanji__Actor actor;
    Sanji__StatementFields fields;
    uint8_t *frame;
};

static void on_reply(void *context, const struct socket_peer *peer, struct bytes packed)
{
    struct porch *porch = context;
    ProtobufCMessage *message = NULL;
    assert_int_equal(peer->id[0], 'p');
    arena_reset(porch->arena);
    assert_int_equal(
        wire_unpack(&sanji__door_reply__descriptor, packed, porch->arena, &message),
        STATUS_OK);
    porch->reply = (const Sanji__DoorReply *)message;
    porch->replies++;
}

static void fill(struct porch *porch)
{
    static const char *const refs[ITEMS] = {"t7-1", "t7-2", "t7-3", "t7-4"};
    sanji__place__init(&porch->place);
    sanji__actor__init(&porch->actor);
    sanji__statement_fields__init(&porch->fields);
    porch->place.grid = small_rules_text(&porch->rules, GRID_B01);
    porch->actor.role = SANJI__ROLE__ROLE_DISPATCHER;
    for (size_t i = 0; i < ITEMS; i++) {
        Sanji__Submission *submission = &porch->submissions[i];
        Sanji__Statement *statement = &porch->statements[i];
        sanji__submission__init(submission);
        sanji__statement__init(statement);
        submission->source_system = small_rules_text(&porch->rules, "ehsy");
        submission->source_ref = small_rules_text(&porch->rules, refs[i]);
        submission->source = SANJI__SOURCE__SOURCE_HANDHELD;
        submission->category = small_rules_text(&porch->rules, "03001");
        submission->place = &porch->place;
        statement->source_system = submission->source_system;
        statement->source_ref = submission->source_ref;
        statement->actor = &porch->actor;
        statement->fields = &porch->fields;
        porch->submission_list[i] = submission;
        porch->statement_list[i] = statement;
    }
}

static int set_up(void **state)
{
    struct porch *porch = test_calloc(1, sizeof *porch);
    struct fault fault;
    char keys[SCRATCH_PATH_SIZE + 8];
    small_rules_open(&porch->rules);
    ledger_open(&porch->ledger);
    small_rules_category(&porch->rules, "03001", SEVERITY_S3, "g");
    small_rules_publish(&porch->rules, porch->ledger.world);
    scratch_make(porch->directory);
    print_text(keys, sizeof keys, "%s/keys", porch->directory);
    assert_int_equal(keystore_open(keys, NULL, &porch->intake.keystore, &fault), STATUS_OK);
    porch->intake.index = index_new();
    porch->intake.door = door_new(&porch->intake, on_reply, porch);
    porch->arena = arena_new(ARENA_SIZE);
    porch->frame = memory_new(FRAME_SIZE, 1);
    fill(porch);
    *state = porch;
    return 0;
}

static int tear_down(void **state)
{
    struct porch *porch = *state;
    door_free(&porch->intake.door);
    index_free(&porch->intake.index);
    keystore_close(&porch->intake.keystore);
    scratch_remove(porch->directory);
    ledger_close(&porch->ledger);
    small_rules_close(&porch->rules);
    arena_free(&porch->arena);
    memory_free(porch->frame);
    test_free(porch);
    return 0;
}

static const struct socket_peer peer = {.size = 1, .id = {'p'}};

static void bring(struct porch *porch, const Sanji__DoorRequest *request)
{
    const size_t size = sanji__door_request__get_packed_size(request);
    assert_true(size <= FRAME_SIZE);
    (void)sanji__door_request__pack(request, porch->frame); // the size was just asked
    door_take(porch->intake.door, &peer, (struct bytes){porch->frame, size});
}

static Sanji__DoorRequest request_of(struct porch *porch, size_t submissions,
                                     size_t statements)
{
    Sanji__DoorRequest request = SANJI__DOOR_REQUEST__INIT;
    request.protocol = PROTOCOL_VERSION;
    request.request_no = 7;
    request.n_submissions = submissions;
    request.submissions = porch->submission_list;
    request.n_statements = statements;
    request.statements = porch->statement_list;
    return request;
}

static void submit(struct porch *porch, size_t count)
{
    const Sanji__DoorRequest request = request_of(porch, count, 0);
    bring(porch, &request);
}

/* One record of the turn, committed: folded and remembered, as the stage does. */
static void read_back(struct porch *porch, const struct turn *turn, uint32_t i)
{
    const Sanji__Envelope *envelope = speech_record(&porch->ledger, OWNER_INTAKE, i);
    struct record record;
    struct bytes rest = turn_packed(turn);
    for (uint32_t at = 0; at <= i; at++) {
        assert_int_equal(record_read(&rest, &record), STATUS_OK);
    }
    record.seq = ++porch->ledger.seq;
    record.header.recorded_at_ms = porch->ledger.now_ms;
    assert_int_equal(world_fold(porch->ledger.world, &record, envelope), STATUS_OK);
    world_set_read(porch->ledger.world, record.seq);
    intake_ops.folded(&porch->intake, porch->ledger.world, &record, envelope, STATUS_OK);
}

/* A door turn whose append is answered with `status`; committed records are folded. Returns
 * how many records it had. */
static uint32_t admit(struct porch *porch, enum status status)
{
    struct turn *turn = ledger_turn(&porch->ledger, OWNER_INTAKE);
    door_admit(porch->intake.door, turn);
    const uint32_t count = turn_count(turn);
    const uint64_t first_seq = count > 0 ? porch->ledger.seq + 1 : 0;
    ledger_drop(&porch->ledger);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        read_back(porch, turn, i);
    }
    door_admitted(porch->intake.door, status, first_seq);
    return count;
}

static const Sanji__Receipt *receipt(const struct porch *porch, size_t i)
{
    assert_true(i < porch->reply->n_receipts);
    return porch->reply->receipts[i];
}

/* ---- whole requests ---- */

static void refused_whole(struct porch *porch, enum status code)
{
    assert_int_equal(porch->replies, 1);
    assert_int_equal(porch->reply->code, code);
    assert_int_equal(porch->reply->n_receipts, 0);
    assert_true(porch->reply->error[0] != '\0');
    assert_false(door_waits(porch->intake.door));
    porch->replies = 0;
}

static void what_is_no_request_is_answered_with_a_code(void **state)
{
    struct porch *porch = *state;
    static const uint8_t garbage[] = {0xff, 0xff, 0xff};
    door_take(porch->intake.door, &peer, (struct bytes){garbage, sizeof garbage});
    refused_whole(porch, STATUS_MALFORMED);
    door_refuse(porch->intake.door, &peer, STATUS_TOO_LARGE);
    refused_whole(porch, STATUS_TOO_LARGE);
    Sanji__DoorRequest request = request_of(porch, 1, 0);
    request.protocol = 2;
    bring(porch, &request);
    assert_int_equal(porch->reply->request_no, 7);
    refused_whole(porch, STATUS_BAD_VERSION);
    request = request_of(porch, 0, 0);
    bring(porch, &request);
    refused_whole(porch, STATUS_INVALID);
    porch->statements[0].kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_NOTE;
    request = request_of(porch, 1, 1);
    bring(porch, &request);
    refused_whole(porch, STATUS_INVALID);
}

static void too_many_items_are_refused_whole(void **state)
{
    struct porch *porch = *state;
    for (size_t i = 0; i <= DOOR_ITEMS_MAX; i++) {
        porch->submission_list[i] = &porch->submissions[0];
    }
    submit(porch, DOOR_ITEMS_MAX + 1);
    refused_whole(porch, STATUS_TOO_LARGE);
    submit(porch, DOOR_ITEMS_MAX);
    assert_true(door_waits(porch->intake.door));
}

static void beyond_its_bound_the_queue_says_busy(void **state)
{
    struct porch *porch = *state;
    for (int i = 0; porch->replies == 0 && i < 100000; i++) {
        submit(porch, ITEMS);
    }
    assert_int_equal(porch->reply->code, STATUS_BUSY);
    assert_true(porch->reply->retry_after_ms > 0);
}

/* ---- items ---- */

static void a_receipt_leaves_after_the_commit_and_names_its_record(void **state)
{
    struct porch *porch = *state;
    submit(porch, 2);
    assert_true(door_waits(porch->intake.door));
    struct turn *turn = ledger_turn(&porch->ledger, OWNER_INTAKE);
    door_admit(porch->intake.door, turn);
    assert_int_equal(turn_count(turn), 4);
    ledger_drop(&porch->ledger);
    assert_int_equal(porch->replies, 0); // not before
    door_admitted(porch->intake.door, STATUS_OK, FIRST_SEQ);
    assert_int_equal(porch->replies, 1);
    assert_int_equal(porch->reply->request_no, 7);
    assert_int_equal(porch->reply->n_receipts, 2);
    assert_int_equal(receipt(porch, 0)->seq, FIRST_SEQ);
    assert_int_equal(receipt(porch, 1)->seq, FIRST_SEQ + 2);
    assert_string_equal(receipt(porch, 1)->case_no, "37049900320200814000002");
    assert_false(receipt(porch, 0)->duplicate);
    assert_false(door_waits(porch->intake.door));
}

static void a_repeat_has_the_first_receipt_in_and_across_turns(void **state)
{
    struct porch *porch = *state;
    porch->submission_list[1] = &porch->submissions[0];
    submit(porch, 2);
    assert_int_equal(admit(porch, STATUS_OK), 2);
    const uint64_t seq = receipt(porch, 0)->seq;
    assert_true(receipt(porch, 1)->duplicate);
    assert_true(receipt(porch, 1)->seq == seq);
    submit(porch, 1);
    assert_int_equal(admit(porch, STATUS_OK), 0);
    assert_int_equal(porch->replies, 2);
    assert_true(receipt(porch, 0)->duplicate);
    assert_true(receipt(porch, 0)->seq == seq);
    assert_string_equal(receipt(porch, 0)->case_no, "37049900320200814000001");
}

static void the_same_reference_for_other_content_is_a_conflict(void **state)
{
    struct porch *porch = *state;
    porch->submissions[1].source_ref = porch->submissions[0].source_ref;
    porch->submissions[1].confidential = true;
    submit(porch, 2);
    admit(porch, STATUS_OK);
    assert_int_equal(receipt(porch, 1)->outcome, SANJI__OUTCOME__OUTCOME_CONFLICT);
    assert_int_equal(receipt(porch, 1)->n_fields, 1);
    assert_string_equal(receipt(porch, 1)->fields[0], "flags");
    assert_string_equal(receipt(porch, 1)->case_no, receipt(porch, 0)->case_no);
}

static void submissions_and_statements_share_one_namespace(void **state)
{
    struct porch *porch = *state;
    submit(porch, 1);
    admit(porch, STATUS_OK);
    porch->statements[0].kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_NOTE;
    porch->statements[0].case_no =
        small_rules_text(&porch->rules, "37049900320200814000001");
    const Sanji__DoorRequest request = request_of(porch, 0, 1);
    bring(porch, &request);
    assert_int_equal(admit(porch, STATUS_OK), 0);
    assert_int_equal(receipt(porch, 0)->outcome, SANJI__OUTCOME__OUTCOME_CONFLICT);
    assert_int_equal(receipt(porch, 0)->n_fields, 0);
}

static void a_refused_item_binds_no_reference(void **state)
{
    struct porch *porch = *state;
    porch->submissions[0].category = small_rules_text(&porch->rules, "09998");
    submit(porch, 1);
    assert_int_equal(admit(porch, STATUS_OK), 0);
    assert_int_equal(receipt(porch, 0)->outcome, SANJI__OUTCOME__OUTCOME_INVALID);
    porch->submissions[0].category = small_rules_text(&porch->rules, "03001");
    submit(porch, 1);
    assert_int_equal(admit(porch, STATUS_OK), 2);
    assert_int_equal(receipt(porch, 0)->outcome, SANJI__OUTCOME__OUTCOME_STORED);
    assert_false(receipt(porch, 0)->duplicate);
}

static void a_request_of_unsound_items_alone_is_answered_at_once(void **state)
{
    struct porch *porch = *state;
    porch->submissions[0].source_ref = small_rules_text(&porch->rules, "13912345678");
    submit(porch, 1);
    assert_int_equal(porch->replies, 1);
    assert_int_equal(receipt(porch, 0)->outcome, SANJI__OUTCOME__OUTCOME_PII_REFUSED);
    assert_false(door_waits(porch->intake.door));
}

static void receipts_stand_in_the_order_of_the_request(void **state)
{
    struct porch *porch = *state;
    porch->submissions[1].category = small_rules_text(&porch->rules, "x");
    submit(porch, 3);
    assert_int_equal(porch->replies, 0); // the sound ones wait for their commit
    admit(porch, STATUS_OK);
    assert_int_equal(receipt(porch, 0)->outcome, SANJI__OUTCOME__OUTCOME_STORED);
    assert_int_equal(receipt(porch, 1)->outcome, SANJI__OUTCOME__OUTCOME_INVALID);
    assert_int_equal(receipt(porch, 2)->outcome, SANJI__OUTCOME__OUTCOME_STORED);
}

/* ---- refused appends ---- */

static void a_refused_append_is_tried_again_with_the_same_key(void **state)
{
    struct porch *porch = *state;
    submit(porch, 1);
    assert_int_equal(admit(porch, STATUS_CONFLICT), 2);
    assert_int_equal(porch->replies, 0);
    assert_true(door_waits(porch->intake.door));
    const uint32_t key_no =
        speech_record(&porch->ledger, OWNER_INTAKE, 0)->case_received->key_no;
    assert_int_equal(admit(porch, STATUS_OK), 2);
    assert_int_equal(speech_record(&porch->ledger, OWNER_INTAKE, 0)->case_received->key_no,
                     key_no);
    assert_int_equal(receipt(porch, 0)->outcome, SANJI__OUTCOME__OUTCOME_STORED);
}

static void a_full_store_is_said_but_not_of_what_is_stored_already(void **state)
{
    struct porch *porch = *state;
    submit(porch, 1);
    admit(porch, STATUS_OK);
    const uint64_t seq = receipt(porch, 0)->seq;
    submit(porch, 2); // the first is a repeat
    admit(porch, STATUS_STORE_FULL);
    assert_int_equal(receipt(porch, 0)->outcome, SANJI__OUTCOME__OUTCOME_STORED);
    assert_true(receipt(porch, 0)->seq == seq);
    assert_int_equal(receipt(porch, 1)->outcome, SANJI__OUTCOME__OUTCOME_STORE_FULL);
    assert_string_equal(receipt(porch, 1)->case_no, "");
}

static void what_a_lost_session_had_committed_is_found_in_the_log(void **state)
{
    struct porch *porch = *state;
    submit(porch, 1);
    admit(porch, STATUS_OK); // committed ...
    porch->replies = 0;
    submit(porch, 1); // ... but the answer was lost, so it waits again
    admit(porch, STATUS_NO_SESSION);
    assert_int_equal(porch->replies, 0);
    assert_int_equal(admit(porch, STATUS_OK), 0);
    assert_int_equal(receipt(porch, 0)->outcome, SANJI__OUTCOME__OUTCOME_STORED);
    assert_true(receipt(porch, 0)->duplicate);
}

/* ---- read ---- */

static void read_waits_for_its_decision(void **state)
{
    struct porch *porch = *state;
    submit(porch, 1);
    admit(porch, STATUS_OK);
    porch->replies = 0;
    porch->statements[1].kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_READ;
    porch->statements[1].case_no =
        small_rules_text(&porch->rules, "37049900320200814000001");
    porch->statement_list[0] = &porch->statements[1];
    const Sanji__DoorRequest request = request_of(porch, 0, 1);
    bring(porch, &request);
    assert_int_equal(admit(porch, STATUS_OK), 1);
    assert_int_equal(porch->replies, 0);
    const uint64_t said_seq = porch->ledger.seq;
    assert_true(door_awaits(porch->intake.door, said_seq));
    assert_false(door_awaits(porch->intake.door, said_seq + 1));
    Sanji__SealedText opened = SANJI__SEALED_TEXT__INIT;
    opened.text = small_rules_text(&porch->rules, "words");
    door_read_decided(porch->intake.door, said_seq, STATUS_OK, &opened, NULL);
    assert_int_equal(porch->replies, 1);
    assert_int_equal(receipt(porch, 0)->outcome, SANJI__OUTCOME__OUTCOME_APPLIED);
    assert_string_equal(receipt(porch, 0)->opened->text, "words");
    door_read_decided(porch->intake.door, said_seq, STATUS_OK, &opened, NULL);
    assert_int_equal(porch->replies, 1); // once
}

static void a_read_that_is_refused_says_why(void **state)
{
    struct porch *porch = *state;
    submit(porch, 1);
    admit(porch, STATUS_OK);
    porch->statements[1].kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_READ;
    porch->statements[1].case_no =
        small_rules_text(&porch->rules, "37049900320200814000001");
    porch->statement_list[0] = &porch->statements[1];
    const Sanji__DoorRequest request = request_of(porch, 0, 1);
    bring(porch, &request);
    admit(porch, STATUS_OK);
    Sanji__StatementRefused refused = SANJI__STATEMENT_REFUSED__INIT;
    refused.code_name = small_rules_text(&porch->rules, "WRONG_ROLE");
    refused.reason = small_rules_text(&porch->rules, "not for him");
    door_read_decided(porch->intake.door, porch->ledger.seq, STATUS_OK, NULL, &refused);
    assert_int_equal(receipt(porch, 0)->outcome, SANJI__OUTCOME__OUTCOME_REFUSED);
    assert_string_equal(receipt(porch, 0)->code, "WRONG_ROLE");
    assert_string_equal(receipt(porch, 0)->reason, "not for him");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_no_request_is_answered_with_a_code),
        TEST(too_many_items_are_refused_whole),
        TEST(beyond_its_bound_the_queue_says_busy),
        TEST(a_receipt_leaves_after_the_commit_and_names_its_record),
        TEST(a_repeat_has_the_first_receipt_in_and_across_turns),
        TEST(the_same_reference_for_other_content_is_a_conflict),
        TEST(submissions_and_statements_share_one_namespace),
        TEST(a_refused_item_binds_no_reference),
        TEST(a_request_of_unsound_items_alone_is_answered_at_once),
        TEST(receipts_stand_in_the_order_of_the_request),
        TEST(a_refused_append_is_tried_again_with_the_same_key),
        TEST(a_full_store_is_said_but_not_of_what_is_stored_already),
        TEST(what_a_lost_session_had_committed_is_found_in_the_log),
        TEST(read_waits_for_its_decision),
        TEST(a_read_that_is_refused_says_why),
    };
    return cmocka_run_group_tests_name("door", tests, NULL, NULL);
}
