/* test_request.c: an Append read by hand is what protobuf says, or is left to protobuf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "broker/request.h"
#include "log.pb-c.h"
#include "proto/limits.h"
#include "proto/record.h"
#include "tests/unit/sample.h"

static size_t pack(Sanji__Append append, uint8_t out[128])
{
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_APPEND;
    request.append = &append;
    size_t size = sanji__log_request__pack(&request, out);
    assert_true(size <= 128);
    return size;
}

static void the_hand_reads_what_protobuf_wrote(void **state)
{
    (void)state;
    static const uint32_t small[] = {0, 1, 127, 128, 16383, 16384, (1U << 28) - 1};
    static const uint64_t large[] = {0, 1, 255, UINT64_C(1) << 40, UINT64_MAX};
    for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
        for (size_t j = 0; j < sizeof(large) / sizeof(large[0]); j++) {
            Sanji__Append append = SANJI__APPEND__INIT;
            append.epoch = small[i];
            append.count = small[(i + 3) % 7];
            append.batch_no = large[j];
            append.read_up_to = large[(j + 1) % 5];
            append.cursor = large[(j + 2) % 5];
            append.keeps_cursor = i % 2 == 0;
            uint8_t wire[128];
            struct request_append read = {0};
            assert_true(request_is_append((struct bytes){wire, pack(append, wire)}, &read));
            assert_int_equal(read.epoch, append.epoch);
            assert_int_equal(read.count, append.count);
            assert_true(read.batch_no == append.batch_no);
            assert_true(read.read_up_to == append.read_up_to);
            assert_true(read.cursor == append.cursor);
            assert_int_equal(read.keeps_cursor, append.keeps_cursor);
        }
    }
}

static void every_truncation_is_left_to_protobuf(void **state)
{
    (void)state;
    Sanji__Append append = SANJI__APPEND__INIT;
    append.epoch = 300;
    append.batch_no = 5;
    append.count = 9;
    append.keeps_cursor = true;
    uint8_t wire[128];
    size_t size = pack(append, wire);
    struct request_append read = {.count = 77};
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *exact = sample_exact(wire, cut);
        assert_false(request_is_append((struct bytes){exact, cut}, &read));
        assert_int_equal(read.count, 77);
        free(exact);
    }
}

static void what_the_hand_does_not_know_is_left_to_protobuf(void **state)
{
    (void)state;
    struct request_append read;
    static const uint8_t ping[] = {0x42, 0x00};
    static const uint8_t field_9[] = {0x12, 0x02, 0x48, 0x01};
    static const uint8_t behind[] = {0x12, 0x02, 0x08, 0x01, 0x00};
    static const uint8_t long_varint[] = {0x12, 0x06, 0x08, 0x81, 0x80, 0x80, 0x80, 0x00};
    assert_false(request_is_append((struct bytes){ping, sizeof(ping)}, &read));
    assert_false(request_is_append((struct bytes){field_9, sizeof(field_9)}, &read));
    assert_false(request_is_append((struct bytes){behind, sizeof(behind)}, &read));
    assert_false(
        request_is_append((struct bytes){long_varint, sizeof(long_varint)}, &read));
}

static size_t pack_records(uint8_t *out, unsigned count)
{
    static const uint8_t envelope[40] = {1, 2, 3};
    size_t size = 0;
    for (unsigned i = 0; i < count; i++) {
        struct record_header header = {.crc = crc32c(0, envelope, sizeof(envelope))};
        size += record_write(out + size, 0, &header, (struct bytes){envelope, 40});
    }
    return size;
}

static void a_scan_finds_what_is_wrong(void **state)
{
    (void)state;
    uint8_t packed[4 * (RECORD_FRAME_SIZE + 40)];
    size_t size = pack_records(packed, 3);
    assert_int_equal(request_scan((struct bytes){packed, size}, 3), STATUS_OK);
    assert_int_equal(request_scan((struct bytes){packed, 0}, 0), STATUS_OK);
    assert_int_equal(request_scan((struct bytes){packed, size}, 2), STATUS_MALFORMED);
    assert_int_equal(request_scan((struct bytes){packed, size}, 4), STATUS_MALFORMED);
    assert_int_equal(request_scan((struct bytes){packed, size - 1}, 3), STATUS_MALFORMED);
    assert_int_equal(request_scan((struct bytes){packed, size}, APPEND_RECORDS_MAX + 1),
                     STATUS_TOO_LARGE);
    packed[size - 1] ^= 0x80;
    assert_int_equal(request_scan((struct bytes){packed, size}, 3), STATUS_BAD_CHECKSUM);
    packed[size - 1] ^= 0x80;
    packed[8 + 2] = 0x7f; // the first one's size
    assert_int_equal(request_scan((struct bytes){packed, size}, 3), STATUS_TOO_LARGE);
    struct record_header header = {.crc = 0};
    size = record_write(packed, 0, &header, (struct bytes){packed, 0});
    assert_int_equal(request_scan((struct bytes){packed, size}, 1), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hand_reads_what_protobuf_wrote),
        cmocka_unit_test(every_truncation_is_left_to_protobuf),
        cmocka_unit_test(what_the_hand_does_not_know_is_left_to_protobuf),
        cmocka_unit_test(a_scan_finds_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
