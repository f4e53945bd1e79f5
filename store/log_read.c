/* log_read.c: committed records, in order, each checked before it is handed out.
 *
 *     read_begin (a snapshot) -> cursor to `from` -> next, next, ... -> read_end (none held)
 *
 * One read transaction and cursor serve all calls: reset and renewed, never left open, since a
 * held snapshot keeps LMDB from reusing the pages that each commit frees.
 */
#include <assert.h>

#include "store/log_inside.h"

enum status log_record_view(uint64_t seq, MDB_val value, struct record *record)
{
    if (value.mv_size < RECORD_HEADER_SIZE ||
        value.mv_size > RECORD_HEADER_SIZE + RECORD_SIZE_MAX) {
        return STATUS_CORRUPT;
    }
    const uint8_t *packed = value.mv_data;
    struct record view = {.seq = seq,
                          .envelope = {.data = packed + RECORD_HEADER_SIZE,
                                       .size = value.mv_size - RECORD_HEADER_SIZE}};
    record_header_unpack(packed, &view.header);
    // Over the bytes as they stand, so that the spare one is covered as well.
    uint32_t crc = record_crc(packed, crc32c(0, view.envelope.data, view.envelope.size));
    if (crc != view.header.crc) {
        return STATUS_CORRUPT;
    }
    *record = view;
    return STATUS_OK;
}

static enum status read_begin(struct log *log)
{
    struct log_reading *read = &log->read;
    assert(!read->busy);             // a visitor must not read the log that calls it
    read->head = log_meta(log).head; // asked first: the snapshot holds at least these
    if (read->txn != NULL) {
        int code = mdb_txn_renew(read->txn);
        if (code == MDB_SUCCESS) {
            code = mdb_cursor_renew(read->txn, read->cursor);
        }
        if (code != MDB_SUCCESS) {
            mdb_txn_reset(read->txn);
            return STATUS_IO;
        }
        read->busy = true;
        return STATUS_OK;
    }
    MDB_txn *txn = NULL;
    if (mdb_txn_begin(log->env, NULL, MDB_RDONLY, &txn) != MDB_SUCCESS) {
        return STATUS_IO;
    }
    if (mdb_cursor_open(txn, log->tables[TABLE_LOG], &read->cursor) != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return STATUS_IO;
    }
    read->txn = txn;
    read->busy = true;
    return STATUS_OK;
}

static void read_end(struct log *log)
{
    mdb_txn_reset(log->read.txn);
    log->read.busy = false;
}

/* The record `seq` by the cursor: the next one when `follows`, else searched.
 * Fails: NOT_FOUND (past the end), CORRUPT (it should be there), IO. */
static enum status fetch(struct log *log, uint64_t seq, bool follows, MDB_val *value)
{
    uint8_t text[ROW_KEY_SIZE];
    row_put_key(text, seq);
    MDB_val key = {.mv_size = sizeof text, .mv_data = text};
    int code =
        mdb_cursor_get(log->read.cursor, &key, value, follows ? MDB_NEXT : MDB_SET_RANGE);
    if (code == MDB_NOTFOUND) {
        return seq <= log->read.head ? STATUS_CORRUPT : STATUS_NOT_FOUND;
    }
    if (code != MDB_SUCCESS) {
        return env_status(code);
    }
    if (key.mv_size != ROW_KEY_SIZE || row_get_key(key.mv_data) != seq ||
        value->mv_size < RECORD_HEADER_SIZE) {
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

// Range, filter and visitor are three pairs that every caller has in hand one by one.
// NOLINTNEXTLINE(readability-function-size)
enum status log_scan(struct log *log, uint64_t from, uint64_t upto, uint32_t looked_max,
                     log_match_fn match, const void *match_context, log_visit_fn visit,
                     void *context, uint64_t *next)
{
    assert(from >= 1);
    uint64_t seq = from;
    enum status status = read_begin(log);
    if (status != STATUS_OK) {
        return status;
    }
    bool goes_on = true;
    for (uint32_t looked = 0; goes_on && seq <= upto && looked < looked_max; looked++) {
        MDB_val value = {0};
        struct record record = {0};
        status = fetch(log, seq, looked != 0, &value);
        if (status != STATUS_OK) {
            break;
        }
        if (match == NULL || match(match_context, value.mv_data)) {
            status = log_record_view(seq, value, &record);
            if (status != STATUS_OK) {
                break;
            }
            goes_on = visit(context, &record);
        }
        seq++;
    }
    read_end(log);
    *next = seq;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

// NOLINTNEXTLINE(readability-function-size): as log_scan
enum status log_read(struct log *log, uint64_t from, uint64_t upto, uint32_t count_max,
                     log_visit_fn visit, void *context, uint64_t *next)
{
    return log_scan(log, from, upto, count_max, NULL, NULL, visit, context, next);
}

static enum status stamp_of(struct log *log, uint64_t seq, int64_t *stamp_ms)
{
    MDB_val value = {0};
    struct record record = {0};
    enum status status = fetch(log, seq, false, &value);
    if (status == STATUS_OK) {
        status = log_record_view(seq, value, &record);
    }
    if (status == STATUS_OK) {
        *stamp_ms = record.header.recorded_at_ms;
    }
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

enum status log_find_time(struct log *log, int64_t time_ms, uint64_t *seq)
{
    enum status status = read_begin(log);
    if (status != STATUS_OK) {
        return status;
    }
    uint64_t head = 0;
    status = env_status(log_head(log->read.txn, log->tables[TABLE_LOG], &head));
    uint64_t low = 1;         // all before it are stamped earlier
    uint64_t high = head + 1; // it and all after are not
    while (status == STATUS_OK && low < high) {
        uint64_t middle = low + (high - low) / 2;
        int64_t stamp_ms = 0;
        status = stamp_of(log, middle, &stamp_ms);
        if (status == STATUS_OK && stamp_ms < time_ms) {
            low = middle + 1;
        } else if (status == STATUS_OK) {
            high = middle;
        }
    }
    read_end(log);
    if (status == STATUS_OK) {
        *seq = low;
    }
    return status;
}
