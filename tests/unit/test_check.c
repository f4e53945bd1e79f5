/* test_check.c: each finding, called forth by one record made wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "broker/runtime/check.h"
#include "proto/codec.h"
#include "tests/unit/small_rules.h"
#include "tests/unit/speech.h"

enum {
    SIZE_MAX_BYTES = 64 * 1024
};

/* One record after the other, made by the ledger, spoiled by the test. */
struct bench {
    struct small_rules rules;
    struct ledger ledger;
    struct check *check;
    struct check_finding findings[CHECK_FINDINGS_MAX];
    size_t count;
    uint64_t seq;
    uint8_t packed[SIZE_MAX_BYTES];
};

static int set_up(void **state)
{
    struct bench *bench = test_calloc(1, sizeof *bench);
    small_rules_open(&bench->rules);
    ledger_open(&bench->ledger);
    small_rules_category(&bench->rules, "03001", SEVERITY_S3, "g");
    small_rules_worker(&bench->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_publish(&bench->rules, bench->ledger.world);
    bench->check = check_new();
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    check_free(&bench->check);
    ledger_close(&bench->ledger);
    small_rules_close(&bench->rules);
    test_free(bench);
    return 0;
}

/* Repacks an envelope, completes its header as the broker does. */
static struct record complete(struct bench *bench, const Sanji__Envelope *envelope,
                              uint8_t flags)
{
    struct record record = {.seq = ++bench->seq};
    const size_t size = codec_pack(envelope, bench->packed, sizeof bench->packed);
    assert_true(size > 0);
    record.envelope = (struct bytes){bench->packed, size};
    assert_int_equal(codec_header(envelope, record.envelope, &record.header), STATUS_OK);
    record.header.flags |= flags;
    record.header.recorded_at_ms = bench->ledger.now_ms;
    record.header.writer = vocab_event_owner(record.header.type);
    return record;
}

static void seal(struct record *record)
{
    uint8_t header[RECORD_HEADER_SIZE];
    record_header_pack(&record->header, header);
    record->header.crc =
        record_crc(header, crc32c(0, record->envelope.data, record->envelope.size));
}

static void look(struct bench *bench, const struct record *record,
                 const Sanji__Envelope *envelope, const struct kase *kase,
                 enum status folded)
{
    bench->count =
        check_record(bench->check, record, envelope, kase, folded, bench->findings);
}

static void found(const struct bench *bench, enum check_code code, uint64_t seq)
{
    assert_int_equal(bench->count, 1);
    assert_string_equal(check_code_name(bench->findings[0].code), check_code_name(code));
    assert_int_equal(bench->findings[0].seq, seq);
}

/* An event about no case. */
static Sanji__Envelope duty(Sanji__DutyChanged *body)
{
    static char worker[] = "W00002";
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    sanji__duty_changed__init(body);
    body->worker = worker;
    envelope.schema_version = 1;
    envelope.worker = worker;
    envelope.body_case = SANJI__ENVELOPE__BODY_DUTY_CHANGED;
    envelope.duty_changed = body;
    return envelope;
}

static struct record sound_record(struct bench *bench, const Sanji__Envelope *envelope)
{
    struct record record = complete(bench, envelope, 0);
    seal(&record);
    return record;
}

static void a_sound_record_is_let_pass(void **state)
{
    struct bench *bench = *state;
    Sanji__DutyChanged body;
    const Sanji__Envelope envelope = duty(&body);
    const struct record record = sound_record(bench, &envelope);
    look(bench, &record, &envelope, NULL, STATUS_OK);
    assert_int_equal(bench->count, 0);
}

static void a_gap_or_a_repeat_in_the_sequence(void **state)
{
    struct bench *bench = *state;
    Sanji__DutyChanged body;
    const Sanji__Envelope envelope = duty(&body);
    struct record record = sound_record(bench, &envelope);
    look(bench, &record, &envelope, NULL, STATUS_OK);
    record.seq += 2;
    look(bench, &record, &envelope, NULL, STATUS_OK);
    found(bench, CHECK_SEQUENCE, 3);
    look(bench, &record, &envelope, NULL, STATUS_OK);
    found(bench, CHECK_SEQUENCE, 3);
    record.seq++;
    look(bench, &record, &envelope, NULL, STATUS_OK);
    assert_int_equal(bench->count, 0);
}

static void a_stamp_that_goes_back(void **state)
{
    struct bench *bench = *state;
    Sanji__DutyChanged body;
    const Sanji__Envelope envelope = duty(&body);
    struct record record = sound_record(bench, &envelope);
    look(bench, &record, &envelope, NULL, STATUS_OK);
    bench->ledger.now_ms--;
    record = sound_record(bench, &envelope);
    look(bench, &record, &envelope, NULL, STATUS_OK);
    found(bench, CHECK_TIME, 2);
}

static void a_flipped_bit(void **state)
{
    struct bench *bench = *state;
    Sanji__DutyChanged body;
    const Sanji__Envelope envelope = duty(&body);
    struct record record = sound_record(bench, &envelope);
    record.header.spare ^= 1;
    look(bench, &record, &envelope, NULL, STATUS_OK);
    found(bench, CHECK_CHECKSUM, 1);
}

static void an_envelope_that_does_not_decode(void **state)
{
    struct bench *bench = *state;
    Sanji__DutyChanged body;
    const Sanji__Envelope envelope = duty(&body);
    const struct record record = sound_record(bench, &envelope);
    look(bench, &record, NULL, NULL, STATUS_MALFORMED);
    found(bench, CHECK_ENVELOPE, 1);
}

static void a_type_of_a_later_version_is_not_judged(void **state)
{
    struct bench *bench = *state;
    Sanji__DutyChanged body;
    Sanji__Envelope envelope = duty(&body);
    struct record record = sound_record(bench, &envelope);
    record.header.type = 200;
    seal(&record);
    envelope.body_case = SANJI__ENVELOPE__BODY__NOT_SET;
    look(bench, &record, &envelope, NULL, STATUS_OK);
    assert_int_equal(bench->count, 0);
}

static void a_header_that_says_something_else(void **state)
{
    struct bench *bench = *state;
    Sanji__DutyChanged body;
    const Sanji__Envelope envelope = duty(&body);
    for (int field = 0; field < 9; field++) {
        struct record record = complete(bench, &envelope, 0);
        struct record_header *header = &record.header;
        uint32_t *const wide[] = {&header->area, &header->holder, &header->worker,
                                  &header->source};
        uint8_t *const narrow[] = {&header->severity, &header->tier, &header->state,
                                   &header->flags};
        if (field < 4) {
            (*wide[field])++;
        } else if (field < 8) {
            (*narrow[field - 4])++; // of the flags the lowest is FACT
        } else {
            header->team++;
        }
        seal(&record);
        look(bench, &record, &envelope, NULL, STATUS_OK);
        found(bench, CHECK_HEADER, record.seq);
    }
}

static void a_cause_that_comes_later(void **state)
{
    struct bench *bench = *state;
    Sanji__DutyChanged body;
    Sanji__Envelope envelope = duty(&body);
    envelope.cause_seq = 1;
    const struct record record = sound_record(bench, &envelope);
    look(bench, &record, &envelope, NULL, STATUS_OK);
    found(bench, CHECK_CAUSE, 1);
}

static void a_writer_who_does_not_own_the_event(void **state)
{
    struct bench *bench = *state;
    Sanji__DutyChanged body;
    const Sanji__Envelope envelope = duty(&body);
    for (unsigned writer = 0; writer < 8; writer++) {
        struct record record = complete(bench, &envelope, 0);
        record.header.writer = (uint8_t)writer;
        seal(&record);
        look(bench, &record, &envelope, NULL, STATUS_OK);
        if (writer == OWNER_DISPATCH) {
            assert_int_equal(bench->count, 0);
        } else {
            found(bench, CHECK_OWNER, record.seq);
        }
    }
}

static void a_timer_fired_by_another_than_its_owner(void **state)
{
    struct bench *bench = *state;
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    Sanji__TimerFired body = SANJI__TIMER_FIRED__INIT;
    body.kind = SANJI__TIMER_KIND__TIMER_KIND_ACK;
    envelope.schema_version = 1;
    envelope.body_case = SANJI__ENVELOPE__BODY_TIMER_FIRED;
    envelope.timer_fired = &body;
    struct record record = complete(bench, &envelope, 0);
    record.header.writer = OWNER_DISPATCH;
    seal(&record);
    look(bench, &record, &envelope, NULL, STATUS_OK);
    assert_int_equal(bench->count, 0);
    record = complete(bench, &envelope, 0);
    record.header.writer = OWNER_ESCALATION;
    seal(&record);
    look(bench, &record, &envelope, NULL, STATUS_OK);
    found(bench, CHECK_OWNER, 2);
}

static void a_record_that_the_lifecycle_does_not_allow(void **state)
{
    struct bench *bench = *state;
    Sanji__DutyChanged body;
    const Sanji__Envelope envelope = duty(&body);
    const struct record record = sound_record(bench, &envelope);
    look(bench, &record, &envelope, NULL, STATUS_INVALID);
    found(bench, CHECK_LIFECYCLE, 1);
}

/* ---- cases ---- */

static Sanji__Envelope note(Sanji__NoteAdded *body)
{
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    sanji__note_added__init(body);
    envelope.schema_version = 1;
    envelope.body_case = SANJI__ENVELOPE__BODY_NOTE_ADDED;
    envelope.note_added = body;
    return envelope;
}

static void an_open_case_without_its_timer_or_its_desk(void **state)
{
    struct bench *bench = *state;
    Sanji__NoteAdded body;
    const Sanji__Envelope envelope = note(&body);
    struct kase kase = *ledger_case(&bench->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    struct record record = sound_record(bench, &envelope);
    look(bench, &record, &envelope, &kase, STATUS_OK);
    assert_int_equal(bench->count, 0);
    *case_timer(&kase, TIMER_ACK, 1) = (struct case_timer){.kind = 0};
    record = sound_record(bench, &envelope);
    look(bench, &record, &envelope, &kase, STATUS_OK);
    found(bench, CHECK_TIMER, 2);

    kase = *ledger_case(&bench->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    kase.owner.place = 0;
    record = sound_record(bench, &envelope);
    look(bench, &record, &envelope, &kase, STATUS_OK);
    found(bench, CHECK_HOLDER, 3);
}

static Sanji__Envelope received(Sanji__CaseReceived *body)
{
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    sanji__case_received__init(body);
    envelope.schema_version = 1;
    envelope.body_case = SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    envelope.case_received = body;
    return envelope;
}

static void a_received_case_moves_on_at_once_or_has_its_timer(void **state)
{
    struct bench *bench = *state;
    Sanji__CaseReceived body;
    Sanji__NoteAdded note_body;
    const Sanji__Envelope first = received(&body);
    const Sanji__Envelope next = note(&note_body);
    struct kase bare = *ledger_receive(&bench->ledger, GRID_B01, SEVERITY_S3, 3001);
    *case_timer(&bare, TIMER_ACCEPT, 0) = (struct case_timer){.kind = 0};
    const struct kase *accepted =
        ledger_case(&bench->ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    struct kase fresh = bare;
    fresh.key = accepted->key;

    // Moved on by the next record: fine.
    struct record record = sound_record(bench, &first);
    look(bench, &record, &first, &fresh, STATUS_OK);
    assert_int_equal(bench->count, 0);
    record = sound_record(bench, &next);
    look(bench, &record, &next, accepted, STATUS_OK);
    assert_int_equal(bench->count, 0);

    // The next record is about something else.
    record = sound_record(bench, &first);
    look(bench, &record, &first, &bare, STATUS_OK);
    assert_int_equal(bench->count, 0);
    record = sound_record(bench, &next);
    look(bench, &record, &next, accepted, STATUS_OK);
    found(bench, CHECK_TIMER, 3);
}

/* ---- statements ---- */

static uint64_t say(struct bench *bench, enum statement_kind kind)
{
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    Sanji__Said body = SANJI__SAID__INIT;
    body.kind = (Sanji__StatementKind)kind;
    envelope.schema_version = 1;
    envelope.body_case = SANJI__ENVELOPE__BODY_SAID;
    envelope.said = &body;
    struct record record = complete(bench, &envelope, RECORD_FACT);
    seal(&record);
    look(bench, &record, &envelope, NULL, STATUS_OK);
    assert_int_equal(bench->count, 0);
    return record.seq;
}

static void answer(struct bench *bench, enum statement_kind kind, uint64_t cause_seq)
{
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    Sanji__StatementRefused body = SANJI__STATEMENT_REFUSED__INIT;
    body.kind = (Sanji__StatementKind)kind;
    envelope.schema_version = 1;
    envelope.cause_seq = cause_seq;
    envelope.body_case = SANJI__ENVELOPE__BODY_STATEMENT_REFUSED;
    envelope.statement_refused = &body;
    struct record record = complete(bench, &envelope, 0);
    record.header.writer = vocab_statement_decider(kind);
    seal(&record);
    look(bench, &record, &envelope, NULL, STATUS_OK);
}

static void a_statement_that_was_passed_over(void **state)
{
    struct bench *bench = *state;
    const uint64_t first = say(bench, SAY_ACK);
    const uint64_t other = say(bench, SAY_ESCALATE); // another decider's: no haste
    const uint64_t second = say(bench, SAY_DECLINE);
    assert_int_equal(check_unanswered(bench->check), 3);
    answer(bench, SAY_DECLINE, second);
    found(bench, CHECK_UNANSWERED, first);
    assert_int_equal(check_unanswered(bench->check), 1);
    answer(bench, SAY_ESCALATE, other);
    assert_int_equal(bench->count, 0);
    assert_int_equal(check_unanswered(bench->check), 0);
}

static void many_statements_may_wait_and_are_found(void **state)
{
    struct bench *bench = *state;
    uint64_t seqs[300];
    for (size_t i = 0; i < 300; i++) {
        seqs[i] = say(bench, SAY_ACK);
    }
    for (size_t i = 0; i < 200; i++) {
        answer(bench, SAY_ACK, seqs[i]);
        assert_int_equal(bench->count, 0);
    }
    for (size_t i = 0; i < 200; i++) {
        const uint64_t seq = say(bench, SAY_ESCALATE);
        answer(bench, SAY_ESCALATE, seq);
        assert_int_equal(bench->count, 0);
    }
    assert_int_equal(check_unanswered(bench->check), 100);
    answer(bench, SAY_ACK, seqs[201]);
    found(bench, CHECK_UNANSWERED, seqs[200]);
}

static void a_statement_that_does_not_say_it_is_a_fact(void **state)
{
    struct bench *bench = *state;
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    Sanji__Said body = SANJI__SAID__INIT;
    body.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK;
    envelope.schema_version = 1;
    envelope.body_case = SANJI__ENVELOPE__BODY_SAID;
    envelope.said = &body;
    struct record record = complete(bench, &envelope, 0);
    record.header.flags &= (uint8_t)~RECORD_FACT;
    seal(&record);
    look(bench, &record, &envelope, NULL, STATUS_OK);
    found(bench, CHECK_HEADER, 1);
}

static void every_code_has_its_words(void **state)
{
    (void)state;
    for (unsigned code = CHECK_SEQUENCE; code <= CHECK_HOLDER; code++) {
        assert_true(strlen(check_code_name(code)) > 0);
        assert_true(strlen(check_code_zh(code)) > 0);
        assert_true(strlen(check_code_en(code)) > 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_record_is_let_pass),
        TEST(a_gap_or_a_repeat_in_the_sequence),
        TEST(a_stamp_that_goes_back),
        TEST(a_flipped_bit),
        TEST(an_envelope_that_does_not_decode),
        TEST(a_type_of_a_later_version_is_not_judged),
        TEST(a_header_that_says_something_else),
        TEST(a_cause_that_comes_later),
        TEST(a_writer_who_does_not_own_the_event),
        TEST(a_timer_fired_by_another_than_its_owner),
        TEST(a_record_that_the_lifecycle_does_not_allow),
        TEST(an_open_case_without_its_timer_or_its_desk),
        TEST(a_received_case_moves_on_at_once_or_has_its_timer),
        TEST(a_statement_that_was_passed_over),
        TEST(many_statements_may_wait_and_are_found),
        TEST(a_statement_that_does_not_say_it_is_a_fact),
        TEST(every_code_has_its_words),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
