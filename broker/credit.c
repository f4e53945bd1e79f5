/* credit.c: totals on both sides, so that a lost or late grant is made good by the next. */
#include "broker/credit.h"

#include <assert.h>

enum status credit_grant(struct credit *credit, uint64_t records, uint64_t bytes)
{
    // Subtracted, not added: a total near the end of the range must not wrap.
    if (records > credit->sent_records &&
        records - credit->sent_records > CREDIT_RECORDS_MAX) {
        return STATUS_INVALID;
    }
    if (bytes > credit->sent_bytes && bytes - credit->sent_bytes > CREDIT_BYTES_MAX) {
        return STATUS_INVALID;
    }
    if (records > credit->granted_records) {
        credit->granted_records = records;
    }
    if (bytes > credit->granted_bytes) {
        credit->granted_bytes = bytes;
    }
    return STATUS_OK;
}

bool credit_is_left(const struct credit *credit)
{
    return credit->sent_records < credit->granted_records &&
           credit->sent_bytes < credit->granted_bytes;
}

uint64_t credit_records_left(const struct credit *credit)
{
    return credit_is_left(credit) ? credit->granted_records - credit->sent_records : 0;
}

void credit_spend(struct credit *credit, uint64_t records, uint64_t bytes)
{
    assert(records <= credit_records_left(credit));
    credit->sent_records += records;
    credit->sent_bytes += bytes;
}
