/* credit.h: how much a follower has said it can take, and what it was sent.
 *
 *     granted (totals since Follow, by the follower)  -  sent  =  what may be sent now
 *
 * Invariants
 *  1. Records sent never exceed records granted. Bytes may exceed bytes granted by less than
 *     one record, since else a record larger than what is left could never be sent.
 *  2. A grant never shrinks, and never reaches more than the limits below beyond what was
 *     sent: what a stopped follower can make the broker hold is bounded.
 */
#ifndef BROKER_CREDIT_H
#define BROKER_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/status.h"

enum {
    /* Unspent credit of one follow. Above what the client library asks for. */
    CREDIT_RECORDS_MAX = 128 * 1024,
    CREDIT_BYTES_MAX = 16 * 1024 * 1024
};

struct credit {
    uint64_t granted_records;
    uint64_t granted_bytes;
    uint64_t sent_records;
    uint64_t sent_bytes;
};

/* Raises the totals; smaller ones than before are old news and change nothing.
 * Fails: INVALID when more than the limits would be unspent; nothing changes. */
MUST_CHECK enum status credit_grant(struct credit *credit, uint64_t records,
                                    uint64_t bytes);

/* Whether one more record may go. */
bool credit_is_left(const struct credit *credit);
uint64_t credit_records_left(const struct credit *credit);
/* Bytes of packed records: frame and envelope. */
void credit_spend(struct credit *credit, uint64_t records, uint64_t bytes);

#endif
