/* record.c: the 52 bytes in front of an envelope, their checksum, and the packed frame.
 * The layout is the picture in record.h; offsets stand once, in the enum below. */
#include "proto/record.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

enum {
    AT_RECORDED = 0,
    AT_CASE = 8,
    AT_CAUSE = 16,
    AT_CRC = 24,
    AT_AREA = 28,
    AT_HOLDER = 32,
    AT_WORKER = 36,
    AT_SOURCE = 40,
    AT_TYPE = 44,
    AT_FLAGS = 45,
    AT_SEVERITY_TIER = 46,
    AT_STATE = 47,
    AT_TEAM = 48,
    AT_WRITER = 50,
    AT_SPARE = 51,
    AFTER_CRC = AT_CRC + 4,

    FRAME_AT_SIZE = 8,
    FRAME_AT_HEADER = 12,

    NIBBLE = 0xf
};

static_assert(AT_SPARE + 1 == RECORD_HEADER_SIZE, "the fields fill the header");
static_assert(FRAME_AT_HEADER + RECORD_HEADER_SIZE == RECORD_FRAME_SIZE,
              "no gap in a frame");

static void put64(uint8_t *out, uint64_t value)
{
    value = htole64(value);
    memcpy(out, &value, sizeof value);
}

static void put32(uint8_t *out, uint32_t value)
{
    value = htole32(value);
    memcpy(out, &value, sizeof value);
}

static void put16(uint8_t *out, uint16_t value)
{
    value = htole16(value);
    memcpy(out, &value, sizeof value);
}

static uint64_t get64(const uint8_t *in)
{
    uint64_t value = 0;
    memcpy(&value, in, sizeof value);
    return le64toh(value);
}

static uint32_t get32(const uint8_t *in)
{
    uint32_t value = 0;
    memcpy(&value, in, sizeof value);
    return le32toh(value);
}

static uint16_t get16(const uint8_t *in)
{
    uint16_t value = 0;
    memcpy(&value, in, sizeof value);
    return le16toh(value);
}

void record_header_pack(const struct record_header *header, uint8_t out[RECORD_HEADER_SIZE])
{
    assert(header != NULL);
    assert(header->severity <= NIBBLE);
    assert(header->tier <= NIBBLE);
    put64(out + AT_RECORDED, (uint64_t)header->recorded_at_ms);
    put64(out + AT_CASE, header->case_key);
    put64(out + AT_CAUSE, header->cause_seq);
    put32(out + AT_CRC, header->crc);
    put32(out + AT_AREA, header->area);
    put32(out + AT_HOLDER, header->holder);
    put32(out + AT_WORKER, header->worker);
    put32(out + AT_SOURCE, header->source);
    out[AT_TYPE] = header->type;
    out[AT_FLAGS] = header->flags;
    out[AT_SEVERITY_TIER] = (uint8_t)(header->severity | header->tier << 4);
    out[AT_STATE] = header->state;
    put16(out + AT_TEAM, header->team);
    out[AT_WRITER] = header->writer;
    out[AT_SPARE] = header->spare;
}

void record_header_unpack(const uint8_t in[RECORD_HEADER_SIZE],
                          struct record_header *header)
{
    assert(header != NULL);
    *header = (struct record_header){
        .recorded_at_ms = (int64_t)get64(in + AT_RECORDED),
        .case_key = get64(in + AT_CASE),
        .cause_seq = get64(in + AT_CAUSE),
        .crc = get32(in + AT_CRC),
        .area = get32(in + AT_AREA),
        .holder = get32(in + AT_HOLDER),
        .worker = get32(in + AT_WORKER),
        .source = get32(in + AT_SOURCE),
        .team = get16(in + AT_TEAM),
        .type = in[AT_TYPE],
        .flags = in[AT_FLAGS],
        .severity = in[AT_SEVERITY_TIER] & NIBBLE,
        .tier = in[AT_SEVERITY_TIER] >> 4,
        .state = in[AT_STATE],
        .writer = in[AT_WRITER],
        .spare = in[AT_SPARE],
    };
}

uint32_t record_crc(const uint8_t packed[RECORD_HEADER_SIZE], uint32_t envelope_crc)
{
    uint8_t tail[4];
    put32(tail, envelope_crc);
    uint32_t crc = crc32c(0, packed, AT_CRC);
    crc = crc32c(crc, packed + AFTER_CRC, RECORD_HEADER_SIZE - AFTER_CRC);
    return crc32c(crc, tail, sizeof tail);
}

enum status record_check(const struct record *record)
{
    assert(record != NULL);
    uint8_t packed[RECORD_HEADER_SIZE];
    record_header_pack(&record->header, packed);
    uint32_t envelope_crc = crc32c(0, record->envelope.data, record->envelope.size);
    if (record_crc(packed, envelope_crc) != record->header.crc) {
        return STATUS_BAD_CHECKSUM;
    }
    return STATUS_OK;
}

size_t record_write(uint8_t *out, uint64_t seq, const struct record_header *header,
                    struct bytes envelope)
{
    assert(out != NULL);
    assert(envelope.size <= RECORD_SIZE_MAX);
    put64(out, seq);
    put32(out + FRAME_AT_SIZE, (uint32_t)envelope.size);
    record_header_pack(header, out + FRAME_AT_HEADER);
    if (envelope.size > 0) {
        memcpy(out + RECORD_FRAME_SIZE, envelope.data, envelope.size);
    }
    return RECORD_FRAME_SIZE + envelope.size;
}

enum status record_read(struct bytes *frame, struct record *record)
{
    assert(frame != NULL);
    assert(record != NULL);
    if (frame->size == 0) {
        return STATUS_NOT_FOUND;
    }
    if (frame->size < RECORD_FRAME_SIZE) {
        return STATUS_MALFORMED;
    }
    const uint8_t *at = frame->data;
    size_t size = get32(at + FRAME_AT_SIZE);
    if (size > RECORD_SIZE_MAX) {
        return STATUS_TOO_LARGE;
    }
    if (size > frame->size - RECORD_FRAME_SIZE) {
        return STATUS_MALFORMED;
    }
    record->seq = get64(at);
    record_header_unpack(at + FRAME_AT_HEADER, &record->header);
    record->envelope = (struct bytes){.data = at + RECORD_FRAME_SIZE, .size = size};
    frame->data = at + RECORD_FRAME_SIZE + size;
    frame->size -= RECORD_FRAME_SIZE + size;
    return STATUS_OK;
}
