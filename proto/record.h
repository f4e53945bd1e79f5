/* record.h: the fixed header in front of every envelope, and the packed form on the wire.
 *
 *     in LMDB    key: seq, 8 bytes big-endian     value: header (52) | envelope as received
 *     on wire    seq u64 | size u32 | header (52) | envelope (size bytes)      all little-endian
 *
 * offset  0 i64 recorded_at_ms   8 u64 case_key   16 u64 cause_seq
 *        24 u32 crc   28 u32 area   32 u32 holder   36 u32 worker   40 u32 source
 *        44 u8 type   45 u8 flags   46 u8 severity (low nibble) and tier (high)   47 u8 state
 *        48 u16 team  50 u8 writer  51 u8 zero
 *
 * crc: on its way in, the CRC-32C of the envelope, made by the author. In the log and on its
 * way out, the CRC-32C over the other 48 bytes of the header followed by those 4 bytes of the
 * envelope's CRC, so one number covers both and the author's sum is still checked end to end.
 *
 * Invariants
 *  1. The author fills everything but recorded_at_ms and writer, which the broker stamps.
 *  2. The header repeats fields of the envelope; audit checks that both agree.
 *  3. case_key 0: the record is not about a case, and takes no part in the conflict check.
 */
#ifndef PROTO_RECORD_H
#define PROTO_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/limits.h"
#include "proto/status.h"

enum record_flag {
    RECORD_FACT = 1,       /* refuses nobody and is never refused for conflict (Said) */
    RECORD_RESTRICTED = 2, /* on the live feed a stub only */
    RECORD_EXERCISE = 4,
    RECORD_TEST = 8
};

struct record_header {
    int64_t recorded_at_ms;
    uint64_t case_key;
    uint64_t cause_seq;
    uint32_t crc;
    uint32_t area;   /* org_path.packed */
    uint32_t holder; /* org_path.packed */
    uint32_t worker;
    uint32_t source;
    uint16_t team;
    uint8_t type; /* number of the body's field in Envelope */
    uint8_t flags;
    uint8_t severity;
    uint8_t tier;
    uint8_t state;
    uint8_t writer;
    uint8_t spare; /* 0; kept, so that a flipped bit in it is caught */
};

/* One record as a reader meets it. The envelope is borrowed. */
struct record {
    uint64_t seq;
    struct record_header header;
    struct bytes envelope;
};

enum {
    RECORD_FRAME_SIZE = 8 + 4 + RECORD_HEADER_SIZE /* in front of a packed envelope */
};

void record_header_pack(const struct record_header *header,
                        uint8_t out[RECORD_HEADER_SIZE]);
void record_header_unpack(const uint8_t in[RECORD_HEADER_SIZE],
                          struct record_header *header);

/* The CRC that stands in the log for a packed header whose author's CRC is `envelope_crc`;
 * what the 4 bytes at offset 24 hold does not matter. */
uint32_t record_crc(const uint8_t packed[RECORD_HEADER_SIZE], uint32_t envelope_crc);

/* Fails: BAD_CHECKSUM. Checks a record read from the log, header and envelope. */
MUST_CHECK enum status record_check(const struct record *record);

/* Appends one record to `out`, which must have RECORD_FRAME_SIZE + envelope.size bytes left.
 * Returns the bytes written. header->crc goes out as it stands. */
size_t record_write(uint8_t *out, uint64_t seq, const struct record_header *header,
                    struct bytes envelope);

/* Takes the next packed record off the front of *frame.
 * Fails: MALFORMED (cut short), TOO_LARGE (envelope above RECORD_SIZE_MAX). *frame and
 *        *record are untouched then. NOT_FOUND: the frame is used up. */
MUST_CHECK enum status record_read(struct bytes *frame, struct record *record);

/* CRC-32C (Castagnoli), by SSE4.2 where the processor has it. `crc` 0 to begin.
 * Source: RFC 3720 appendix B.4 (test vectors). */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

#endif
