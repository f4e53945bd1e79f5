/* test_record.c: the header byte by byte, its checksum, and frames of packed records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "proto/record.h"
#include "tests/unit/sample.h"

static const uint8_t envelope_bytes[] = "an envelope's bytes, never looked into";

static const struct record_header header_of_all_fields = {
    .recorded_at_ms = INT64_C(0x0102030405060708),
    .case_key = UINT64_C(0x1112131415161718),
    .cause_seq = UINT64_C(0x2122232425262728),
    .crc = 0x31323334,
    .area = 0x41424344,
    .holder = 0x51525354,
    .worker = 0x61626364,
    .source = 0x71727374,
    .team = 0x8182,
    .type = 0x91,
    .flags = 0xa1,
    .severity = 0x4,
    .tier = 0x5,
    .state = 0xb1,
    .writer = 0xc1,
    .spare = 0,
};

static const uint8_t packed_header_of_all_fields[RECORD_HEADER_SIZE] = {
    0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, // recorded_at_ms
    0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, // case_key
    0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21, // cause_seq
    0x34, 0x33, 0x32, 0x31,                         // crc
    0x44, 0x43, 0x42, 0x41,                         // area
    0x54, 0x53, 0x52, 0x51,                         // holder
    0x64, 0x63, 0x62, 0x61,                         // worker
    0x74, 0x73, 0x72, 0x71,                         // source
    0x91, 0xa1, 0x54, 0xb1,                         // type, flags, severity and tier, state
    0x82, 0x81, 0xc1, 0x00,                         // team, writer, spare
};

static void assert_same_header(const struct record_header *a, const struct record_header *b)
{
    uint8_t packed_a[RECORD_HEADER_SIZE];
    uint8_t packed_b[RECORD_HEADER_SIZE];
    record_header_pack(a, packed_a);
    record_header_pack(b, packed_b);
    assert_memory_equal(packed_a, packed_b, RECORD_HEADER_SIZE);
}

// A record as it stands in the log: sealed by its checksum.
static struct record_header sealed_header(struct bytes envelope)
{
    struct record_header header = header_of_all_fields;
    uint8_t packed[RECORD_HEADER_SIZE];
    record_header_pack(&header, packed);
    header.crc = record_crc(packed, crc32c(0, envelope.data, envelope.size));
    return header;
}

static struct bytes sample_bytes(void)
{
    return (struct bytes){.data = envelope_bytes, .size = sizeof envelope_bytes};
}

static void a_header_packs_to_the_layout_of_its_picture(void **state)
{
    (void)state;
    uint8_t packed[RECORD_HEADER_SIZE];
    memset(packed, 0xee, sizeof packed);
    record_header_pack(&header_of_all_fields, packed);
    assert_memory_equal(packed, packed_header_of_all_fields, RECORD_HEADER_SIZE);
}

static void a_header_unpacks_field_by_field(void **state)
{
    (void)state;
    struct record_header read;
    memset(&read, 0xee, sizeof read);
    record_header_unpack(packed_header_of_all_fields, &read);
    assert_int_equal(read.recorded_at_ms, header_of_all_fields.recorded_at_ms);
    assert_int_equal(read.case_key, header_of_all_fields.case_key);
    assert_int_equal(read.cause_seq, header_of_all_fields.cause_seq);
    assert_int_equal(read.crc, header_of_all_fields.crc);
    assert_int_equal(read.area, header_of_all_fields.area);
    assert_int_equal(read.holder, header_of_all_fields.holder);
    assert_int_equal(read.worker, header_of_all_fields.worker);
    assert_int_equal(read.source, header_of_all_fields.source);
    assert_int_equal(read.team, header_of_all_fields.team);
    assert_int_equal(read.type, header_of_all_fields.type);
    assert_int_equal(read.flags, header_of_all_fields.flags);
    assert_int_equal(read.severity, header_of_all_fields.severity);
    assert_int_equal(read.tier, header_of_all_fields.tier);
    assert_int_equal(read.state, header_of_all_fields.state);
    assert_int_equal(read.writer, header_of_all_fields.writer);
    assert_int_equal(read.spare, 0);
}

static void every_byte_of_a_packed_header_survives(void **state)
{
    (void)state;
    for (size_t at = 0; at < RECORD_HEADER_SIZE; at++) {
        uint8_t packed[RECORD_HEADER_SIZE] = {0};
        uint8_t again[RECORD_HEADER_SIZE];
        packed[at] = 0xa5;
        struct record_header header;
        record_header_unpack(packed, &header);
        record_header_pack(&header, again);
        assert_memory_equal(again, packed, RECORD_HEADER_SIZE);
    }
}

static void the_checksum_does_not_look_at_its_own_place(void **state)
{
    (void)state;
    uint8_t packed[RECORD_HEADER_SIZE];
    memcpy(packed, packed_header_of_all_fields, sizeof packed);
    uint32_t crc = record_crc(packed, 7);
    memset(packed + 24, 0xff, 4);
    assert_int_equal(record_crc(packed, 7), crc);
    assert_int_not_equal(record_crc(packed, 8), crc);
}

static void the_checksum_is_over_48_bytes_and_the_authors_sum(void **state)
{
    (void)state;
    static const uint8_t envelope_crc[4] = {0x04, 0x03, 0x02, 0x01};
    uint8_t run[52];
    memcpy(run, packed_header_of_all_fields, 24);
    memcpy(run + 24, packed_header_of_all_fields + 28, 24);
    memcpy(run + 48, envelope_crc, 4);
    assert_int_equal(record_crc(packed_header_of_all_fields, 0x01020304),
                     crc32c(0, run, sizeof run));
}

static void a_record_from_the_log_passes_the_check(void **state)
{
    (void)state;
    struct bytes envelope = sample_bytes();
    struct record record = {
        .seq = 9, .header = sealed_header(envelope), .envelope = envelope};
    assert_int_equal(record_check(&record), STATUS_OK);
    record.envelope.size = 0;
    record.header = sealed_header(record.envelope);
    assert_int_equal(record_check(&record), STATUS_OK);
}

static void an_authors_record_does_not_pass_as_one_of_the_log(void **state)
{
    (void)state;
    struct bytes envelope = sample_bytes();
    struct record record = {.header = header_of_all_fields, .envelope = envelope};
    record.header.crc = crc32c(0, envelope.data, envelope.size);
    assert_int_equal(record_check(&record), STATUS_BAD_CHECKSUM);
}

static void every_change_of_a_byte_is_caught(void **state)
{
    (void)state;
    struct bytes envelope = sample_bytes();
    struct record_header header = sealed_header(envelope);
    uint8_t frame[RECORD_FRAME_SIZE + sizeof envelope_bytes];
    assert_int_equal(record_write(frame, 1, &header, envelope), sizeof frame);
    // The sequence number is the key of the log, checked against its neighbours; a changed
    // size is a truncation.
    for (size_t at = 12; at < sizeof frame; at++) {
        for (unsigned flip = 1; flip <= UINT8_MAX; flip++) {
            frame[at] ^= (uint8_t)flip;
            struct bytes rest = {.data = frame, .size = sizeof frame};
            struct record record;
            assert_int_equal(record_read(&rest, &record), STATUS_OK);
            assert_int_equal(record_check(&record), STATUS_BAD_CHECKSUM);
            frame[at] ^= (uint8_t)flip;
        }
    }
}

static void every_truncation_of_an_envelope_is_caught(void **state)
{
    (void)state;
    struct bytes envelope = sample_bytes();
    struct record record = {.header = sealed_header(envelope), .envelope = envelope};
    for (record.envelope.size = 0; record.envelope.size < envelope.size;
         record.envelope.size++) {
        assert_int_equal(record_check(&record), STATUS_BAD_CHECKSUM);
    }
}

static void a_written_record_reads_back(void **state)
{
    (void)state;
    struct bytes envelope = sample_bytes();
    uint8_t frame[RECORD_FRAME_SIZE + sizeof envelope_bytes];
    size_t size =
        record_write(frame, UINT64_C(0x0807060504030201), &header_of_all_fields, envelope);
    assert_int_equal(size, sizeof frame);
    static const uint8_t front[] = {1, 2, 3, 4, 5, 6, 7, 8, sizeof envelope_bytes, 0, 0, 0};
    assert_memory_equal(frame, front, sizeof front);
    struct bytes rest = {.data = frame, .size = size};
    struct record record;
    assert_int_equal(record_read(&rest, &record), STATUS_OK);
    assert_int_equal(rest.size, 0);
    assert_int_equal(record.seq, UINT64_C(0x0807060504030201));
    assert_same_header(&record.header, &header_of_all_fields);
    assert_ptr_equal(record.envelope.data, frame + RECORD_FRAME_SIZE);
    assert_memory_equal(record.envelope.data, envelope_bytes, sizeof envelope_bytes);
    assert_int_equal(record_read(&rest, &record), STATUS_NOT_FOUND);
}

enum {
    FRAME_RECORDS = 3
};

// Three records of 0, 1 and 2 bytes.
static size_t write_three(uint8_t *frame, size_t ends[FRAME_RECORDS])
{
    size_t size = 0;
    for (size_t i = 0; i < FRAME_RECORDS; i++) {
        struct bytes envelope = {.data = envelope_bytes, .size = i};
        struct record_header header = sealed_header(envelope);
        size += record_write(frame + size, 100 + i, &header, envelope);
        ends[i] = size;
    }
    return size;
}

static void a_frame_of_many_reads_in_order(void **state)
{
    (void)state;
    uint8_t frame[FRAME_RECORDS * (RECORD_FRAME_SIZE + FRAME_RECORDS)];
    size_t ends[FRAME_RECORDS] = {0};
    struct bytes rest = {.data = frame, .size = write_three(frame, ends)};
    for (size_t i = 0; i < FRAME_RECORDS; i++) {
        struct record record;
        assert_int_equal(record_read(&rest, &record), STATUS_OK);
        assert_int_equal(record.seq, 100 + i);
        assert_int_equal(record.envelope.size, i);
        assert_int_equal(record_check(&record), STATUS_OK);
        assert_ptr_equal(rest.data, frame + ends[i]);
    }
    struct record record;
    assert_int_equal(record_read(&rest, &record), STATUS_NOT_FOUND);
}

static void every_truncation_of_a_frame_is_malformed(void **state)
{
    (void)state;
    uint8_t frame[FRAME_RECORDS * (RECORD_FRAME_SIZE + FRAME_RECORDS)];
    size_t ends[FRAME_RECORDS] = {0};
    size_t whole = write_three(frame, ends);
    for (size_t size = 0; size < whole; size++) {
        uint8_t *cut = sample_exact(frame, size);
        struct bytes rest = {.data = cut, .size = size};
        struct record record;
        size_t consumed = 0;
        enum status status = record_read(&rest, &record);
        for (size_t i = 0; status == STATUS_OK; i++) {
            consumed = ends[i];
            status = record_read(&rest, &record);
        }
        assert_int_equal(status, consumed == size ? STATUS_NOT_FOUND : STATUS_MALFORMED);
        free(cut);
    }
}

static void a_refused_frame_is_left_as_it_was(void **state)
{
    (void)state;
    uint8_t frame[RECORD_FRAME_SIZE + sizeof envelope_bytes];
    size_t size = record_write(frame, 1, &header_of_all_fields, sample_bytes());
    struct bytes rest = {.data = frame, .size = size - 1};
    struct record record = {.seq = 55};
    assert_int_equal(record_read(&rest, &record), STATUS_MALFORMED);
    assert_ptr_equal(rest.data, frame);
    assert_int_equal(rest.size, size - 1);
    assert_int_equal(record.seq, 55);
}

static void an_envelope_above_the_limit_is_too_large(void **state)
{
    (void)state;
    uint8_t *envelope = calloc(1, RECORD_SIZE_MAX);
    uint8_t *frame = calloc(1, RECORD_FRAME_SIZE + RECORD_SIZE_MAX + 1);
    assert_non_null(envelope);
    assert_non_null(frame);
    struct bytes largest = {.data = envelope, .size = RECORD_SIZE_MAX};
    size_t size = record_write(frame, 1, &header_of_all_fields, largest);
    struct bytes rest = {.data = frame, .size = size};
    struct record record;
    assert_int_equal(record_read(&rest, &record), STATUS_OK);
    assert_int_equal(record.envelope.size, RECORD_SIZE_MAX);

    frame[8] = 1; // one byte above; and it is there
    rest = (struct bytes){.data = frame, .size = size + 1};
    assert_int_equal(record_read(&rest, &record), STATUS_TOO_LARGE);
    memset(frame + 8, 0xff, 4); // and far above what is there
    assert_int_equal(record_read(&rest, &record), STATUS_TOO_LARGE);
    assert_ptr_equal(rest.data, frame);
    free(frame);
    free(envelope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_packs_to_the_layout_of_its_picture),
        cmocka_unit_test(a_header_unpacks_field_by_field),
        cmocka_unit_test(every_byte_of_a_packed_header_survives),
        cmocka_unit_test(the_checksum_does_not_look_at_its_own_place),
        cmocka_unit_test(the_checksum_is_over_48_bytes_and_the_authors_sum),
        cmocka_unit_test(a_record_from_the_log_passes_the_check),
        cmocka_unit_test(an_authors_record_does_not_pass_as_one_of_the_log),
        cmocka_unit_test(every_change_of_a_byte_is_caught),
        cmocka_unit_test(every_truncation_of_an_envelope_is_caught),
        cmocka_unit_test(a_written_record_reads_back),
        cmocka_unit_test(a_frame_of_many_reads_in_order),
        cmocka_unit_test(every_truncation_of_a_frame_is_malformed),
        cmocka_unit_test(a_refused_frame_is_left_as_it_was),
        cmocka_unit_test(an_envelope_above_the_limit_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
