/* fuzz_record.c: any bytes as a frame of packed records.
 *
 * Laws: reading stays inside the frame, refuses without moving, and what was read writes
 * back to the same bytes; a sealed record passes the check and a damaged one does not.
 */
#include <assert.h>
#include <string.h>

#include "proto/record.h"
#include "tests/fuzz/fuzz.h"

static void check_sealed(struct record record)
{
    uint8_t packed[RECORD_HEADER_SIZE];
    record_header_pack(&record.header, packed);
    uint32_t envelope_crc = crc32c(0, record.envelope.data, record.envelope.size);
    record.header.crc = record_crc(packed, envelope_crc);
    enum status status = record_check(&record);
    assert(status == STATUS_OK);
    record.header.cause_seq ^= 1;
    status = record_check(&record);
    assert(status == STATUS_BAD_CHECKSUM);
}

static void check_written(const struct record *record, const uint8_t *original)
{
    static uint8_t frame[RECORD_FRAME_SIZE + RECORD_SIZE_MAX];
    size_t size = record_write(frame, record->seq, &record->header, record->envelope);
    assert(size == RECORD_FRAME_SIZE + record->envelope.size);
    assert(memcmp(frame, original, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = {.data = data, .size = size};
    for (;;) {
        struct bytes before = rest;
        struct record record;
        enum status status = record_read(&rest, &record);
        if (status != STATUS_OK) {
            assert(rest.data == before.data && rest.size == before.size);
            assert((status == STATUS_NOT_FOUND) == (rest.size == 0));
            return 0;
        }
        assert(rest.data + rest.size == data + size);
        check_written(&record, before.data);
        // Any answer will do for a record that came from anywhere.
        status = record_check(&record);
        assert(status == STATUS_OK || status == STATUS_BAD_CHECKSUM);
        check_sealed(record);
    }
}
