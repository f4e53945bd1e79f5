/* request.h: the hot part of what comes in: an Append's head and its packed records.
 *
 *     [LogRequest{append}] [seq 8 | size 4 | header 52 | envelope] [...]
 *
 * Any other message goes through wire_unpack; an Append would cost half of the loop's time
 * there, so its six numbers are read by hand. What the hand does not know (fields of a later
 * version, an unusual order of bytes) is left to wire_unpack.
 */
#ifndef BROKER_REQUEST_H
#define BROKER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/status.h"

struct request_append {
    uint64_t batch_no;
    uint64_t read_up_to;
    uint64_t cursor;
    uint32_t epoch;
    uint32_t count;
    bool keeps_cursor;
};

/* True: `wire` is a LogRequest that holds an Append and nothing else. False says nothing. */
bool request_is_append(struct bytes wire, struct request_append *append);

/* Walks the packed records of an Append.
 * Fails: MALFORMED (cut short, not `count` records), TOO_LARGE (a record, or more than
 *        APPEND_RECORDS_MAX), BAD_CHECKSUM (an envelope differs from its author's sum),
 *        INVALID (an empty envelope). */
MUST_CHECK enum status request_scan(struct bytes packed, uint32_t count);

#endif
