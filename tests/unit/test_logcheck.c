/* test_logcheck.c: a log judged by its bytes and by its meaning. */
#include "tests/unit/log_fixture.h"

#include <stdio.h>
#include <string.h>

#include "broker/runtime/logcheck.h"
#include "proto/codec.h"
#include "proto/vocab.h"

enum {
    ENVELOPE_SIZE = 1024
};

struct told {
    unsigned count;
    uint64_t seq;
    char code[32];
};

static struct told told;
static struct logcheck_result result;
static struct fault fault;

static void tell(void *context, const struct logcheck_finding *finding)
{
    assert_ptr_equal(context, &told);
    assert_true(finding->text[0] != '\0');
    told.count++;
    told.seq = finding->seq;
    snprintf(told.code, sizeof told.code, "%s", finding->code);
}

static enum status check(const struct fixture *fixture)
{
    memset(&told, 0, sizeof told);
    return logcheck_run(fixture->directory, tell, &told, &result, &fault);
}

static void put(struct fixture *fixture, Sanji__Envelope *envelope, enum owner writer)
{
    uint8_t packed[ENVELOPE_SIZE];
    uint8_t header_bytes[RECORD_HEADER_SIZE];
    struct record_header header;
    envelope->schema_version = SCHEMA_VERSION;
    size_t size = codec_pack(envelope, packed, sizeof packed);
    assert_true(size > 0);
    struct bytes wire = {.data = packed, .size = size};
    assert_int_equal(codec_header(envelope, wire, &header), STATUS_OK);
    header.recorded_at_ms = 1597474931412;
    header.writer = (uint8_t)writer;
    uint32_t envelope_crc = header.crc;
    record_header_pack(&header, header_bytes);
    header.crc = record_crc(header_bytes, envelope_crc);
    record_header_pack(&header, header_bytes);
    uint64_t seq = 0;
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    assert_int_equal(log_put(fixture->log, header_bytes, wire, &seq), STATUS_OK);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
}

static void put_opened(struct fixture *fixture, enum owner writer)
{
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    Sanji__LogOpened opened = SANJI__LOG_OPENED__INIT;
    opened.broker_epoch = 1;
    envelope.body_case = SANJI__ENVELOPE__BODY_LOG_OPENED;
    envelope.log_opened = &opened;
    put(fixture, &envelope, writer);
}

static void a_sound_log_has_no_findings(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    put_opened(fixture, OWNER_BROKER);
    put_opened(fixture, OWNER_BROKER);
    // Beside its writer, and after it.
    assert_int_equal(check(fixture), STATUS_OK);
    log_close(&fixture->log);
    assert_int_equal(check(fixture), STATUS_OK);
    assert_int_equal(told.count, 0);
    assert_int_equal(result.head, 2);
    assert_int_equal(result.records, 2);
    assert_int_equal(result.findings, 0);
    assert_true(result.has_meaning);
    assert_int_equal(result.first_ms, 1597474931412);
}

static void a_record_of_the_wrong_writer_is_found(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    put_opened(fixture, OWNER_BROKER);
    put_opened(fixture, OWNER_INTAKE);
    log_close(&fixture->log);
    assert_int_equal(check(fixture), STATUS_CORRUPT);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.seq, 2);
    assert_string_equal(told.code, "OWNER");
    assert_int_equal(result.findings, 1);
    assert_true(result.has_meaning);
}

static void an_event_of_a_case_that_never_came_in_is_found(void **state)
{
    struct fixture *fixture = *state;
    static char case_no[] = "37049900320200815000007";
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    Sanji__DispatchAcked acked = SANJI__DISPATCH_ACKED__INIT;
    acked.offer = 1;
    envelope.case_no = case_no;
    envelope.body_case = SANJI__ENVELOPE__BODY_DISPATCH_ACKED;
    envelope.dispatch_acked = &acked;
    fixture_open(fixture);
    put_opened(fixture, OWNER_BROKER);
    put(fixture, &envelope, OWNER_DISPATCH);
    log_close(&fixture->log);
    assert_int_equal(check(fixture), STATUS_CORRUPT);
    assert_int_equal(told.seq, 2);
    assert_string_equal(told.code, "LIFECYCLE");
}

static void damaged_bytes_are_found_and_not_judged_further(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 10);
    log_close(&fixture->log);
    fixture_damage(fixture, 4);
    assert_int_equal(check(fixture), STATUS_CORRUPT);
    assert_int_equal(told.seq, 4);
    assert_string_equal(told.code, "CHECKSUM");
    assert_false(result.has_meaning);
}

static void a_directory_without_a_log_cannot_start(void **state)
{
    const struct fixture *fixture = *state;
    assert_int_equal(check(fixture), STATUS_CANNOT_START);
    assert_true(fault.text[0] != '\0');
    assert_int_equal(result.records, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)
    const struct CMUnitTest tests[] = {
        TEST(a_sound_log_has_no_findings),
        TEST(a_record_of_the_wrong_writer_is_found),
        TEST(an_event_of_a_case_that_never_came_in_is_found),
        TEST(damaged_bytes_are_found_and_not_judged_further),
        TEST(a_directory_without_a_log_cannot_start),
    };
    return cmocka_run_group_tests_name("logcheck", tests, NULL, NULL);
}
