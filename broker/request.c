/* request.c: protobuf by hand for one message, strictly: anything unexpected is "no".
 * Source: protobuf encoding guide: tag = field << 3 | type; type 0 varint, 1 fixed64, 2 bytes. */
#include "broker/request.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "proto/limits.h"
#include "proto/record.h"

enum {
    TAG_APPEND = 2 << 3 | 2, // LogRequest.append
    TAG_EPOCH = 1 << 3 | 0,
    TAG_BATCH_NO = 2 << 3 | 1,
    TAG_READ_UP_TO = 3 << 3 | 1,
    TAG_CURSOR = 4 << 3 | 1,
    TAG_COUNT = 5 << 3 | 0,
    TAG_KEEPS_CURSOR = 6 << 3 | 0,
    VARINT_BITS = 7,
    VARINT_MASK = 0x7f,
    VARINT_MORE = 0x80
};

static bool take_varint32(struct bytes *in, uint32_t *value)
{
    uint32_t read = 0;
    for (unsigned shift = 0; shift < 28; shift += VARINT_BITS) {
        if (in->size == 0) {
            return false;
        }
        uint8_t byte = *in->data;
        in->data++;
        in->size--;
        read |= (uint32_t)(byte & VARINT_MASK) << shift;
        if ((byte & VARINT_MORE) == 0) {
            *value = read;
            return true;
        }
    }
    return false; // 28 bits are enough for what we write; wire_unpack takes the rest
}

static bool take_fixed64(struct bytes *in, uint64_t *value)
{
    if (in->size < sizeof(*value)) {
        return false;
    }
    memcpy(value, in->data, sizeof(*value));
    *value = le64toh(*value);
    in->data += sizeof(*value);
    in->size -= sizeof(*value);
    return true;
}

static bool take_field(struct bytes *in, struct request_append *append)
{
    uint32_t flag = 0;
    uint8_t tag = *in->data;
    in->data++;
    in->size--;
    switch (tag) {
    case TAG_EPOCH:
        return take_varint32(in, &append->epoch);
    case TAG_BATCH_NO:
        return take_fixed64(in, &append->batch_no);
    case TAG_READ_UP_TO:
        return take_fixed64(in, &append->read_up_to);
    case TAG_CURSOR:
        return take_fixed64(in, &append->cursor);
    case TAG_COUNT:
        return take_varint32(in, &append->count);
    case TAG_KEEPS_CURSOR:
        if (!take_varint32(in, &flag)) {
            return false;
        }
        append->keeps_cursor = flag != 0;
        return true;
    default:
        return false;
    }
}

bool request_is_append(struct bytes wire, struct request_append *append)
{
    struct request_append read = {0};
    uint32_t size = 0;
    if (wire.size < 2 || wire.data[0] != TAG_APPEND) {
        return false;
    }
    wire.data++;
    wire.size--;
    if (!take_varint32(&wire, &size) || size != wire.size) {
        return false;
    }
    while (wire.size != 0) {
        if (!take_field(&wire, &read)) {
            return false;
        }
    }
    *append = read;
    return true;
}

enum status request_scan(struct bytes packed, uint32_t count)
{
    if (count > APPEND_RECORDS_MAX) {
        return STATUS_TOO_LARGE;
    }
    struct record record;
    uint32_t found = 0;
    for (;; found++) {
        enum status status = record_read(&packed, &record);
        if (status == STATUS_NOT_FOUND) {
            break;
        }
        if (status != STATUS_OK) {
            return status;
        }
        if (record.envelope.size == 0) {
            return STATUS_INVALID;
        }
        if (crc32c(0, record.envelope.data, record.envelope.size) != record.header.crc) {
            return STATUS_BAD_CHECKSUM;
        }
    }
    return found == count ? STATUS_OK : STATUS_MALFORMED;
}
