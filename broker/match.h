/* match.h: which records a follower wants, decided on the header alone.
 *
 *     Sanji__Filter (texts) --compile--> struct match (numbers, ranges, bits) --match--> bool
 *
 * Invariants
 *  1. A condition that is not set lets everything pass; those that are set must all hold.
 *  2. A path means itself and everything below. A path or case of another log matches nothing.
 *  3. The source is compared by its CRC-32C: a reader compares the name itself where that
 *     matters.
 */
#ifndef BROKER_MATCH_H
#define BROKER_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "log.pb-c.h"
#include "proto/record.h"
#include "proto/status.h"

struct match {
    bool is_all;  /* no condition */
    bool is_none; /* asks for another log's places or cases */
    bool cases_only;
    bool has_area;
    bool has_holder;
    bool has_source;
    bool has_types;
    uint8_t tier;
    uint8_t severity_max; /* S1 is the most urgent and has the least number; 0: any */
    uint16_t team;
    uint32_t worker;
    uint32_t source;
    uint32_t area_lo;
    uint32_t area_hi;
    uint32_t holder_lo;
    uint32_t holder_hi;
    uint64_t case_key;
    uint64_t types[4]; /* bit n: type n is wanted */
};

/* `wire` NULL: everything. `place`: the log's nine digits, 0 while it has none.
 * Fails: INVALID (a path, case number, worker or team that is not well-formed, a type above
 *        255); *field is static text with the name of what is wrong. */
MUST_CHECK enum status match_compile(const Sanji__Filter *wire, uint32_t place,
                                     struct match *match, const char **field);

bool match_passes(const struct match *match, const struct record_header *header);

/* match_passes on a packed header; a log_match_fn. */
bool match_header(const void *match, const uint8_t header[RECORD_HEADER_SIZE]);

#endif
