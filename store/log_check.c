/* log_check.c: is this log whole, as far as a start can afford to look?
 *
 *     meta row: checksum, format     count of records = the last one's number
 *     the last records: present, checksum, stamps     writers: checksum, numbers, not past head
 *
 * The walk over everything is verify.c's.
 */
#include <assert.h>

#include "store/log_inside.h"

enum {
    // Records looked at before the log is believed; what a lost write could have hit.
    TAIL_RECORDS = 64
};

int log_head(MDB_txn *txn, MDB_dbi table, uint64_t *head)
{
    MDB_cursor *cursor = NULL;
    MDB_val key = {0};
    MDB_val value = {0};
    int code = mdb_cursor_open(txn, table, &cursor);
    if (code != MDB_SUCCESS) {
        return code;
    }
    code = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    mdb_cursor_close(cursor);
    if (code == MDB_NOTFOUND) {
        *head = 0;
        return MDB_SUCCESS;
    }
    if (code == MDB_SUCCESS && key.mv_size != ROW_KEY_SIZE) {
        return MDB_CORRUPTED;
    }
    if (code == MDB_SUCCESS) {
        *head = row_get_key(key.mv_data);
    }
    return code;
}

static enum status wrong_record(const struct log *log, uint64_t seq, const char *why,
                                struct fault *fault)
{
    return fault_set(fault, STATUS_CORRUPT,
                     "%s/" LOG_FILE
                     ": record %llu %s: run `sanji verify`, then put a verified "
                     "copy in its place",
                     log->directory, (unsigned long long)seq, why);
}

static enum status check_tail(struct log *log, MDB_txn *txn, struct fault *fault)
{
    MDB_dbi table = log->tables[TABLE_LOG];
    MDB_stat stat = {0};
    int code = mdb_stat(txn, table, &stat);
    if (code == MDB_SUCCESS) {
        code = log_head(txn, table, &log->head);
    }
    if (code != MDB_SUCCESS) {
        return fault_set(fault, env_status(code), "%s/" LOG_FILE ": %s", log->directory,
                         mdb_strerror(code));
    }
    if (stat.ms_entries != log->head) {
        // Numbers begin at 1, so as many records as the last one's number is the same as
        // none missing.
        return fault_set(fault, STATUS_CORRUPT,
                         "%s/" LOG_FILE ": the last record is %llu but there are %llu: run "
                         "`sanji verify`, then put a verified copy in its place",
                         log->directory, (unsigned long long)log->head,
                         (unsigned long long)stat.ms_entries);
    }
    uint64_t first = log->head > TAIL_RECORDS ? log->head - TAIL_RECORDS + 1 : 1;
    int64_t stamp_ms = INT64_MIN;
    for (uint64_t seq = first; seq <= log->head; seq++) {
        uint8_t text[ROW_KEY_SIZE];
        row_put_key(text, seq);
        MDB_val key = {.mv_size = sizeof text, .mv_data = text};
        MDB_val value = {0};
        struct record record = {0};
        if (mdb_get(txn, table, &key, &value) != MDB_SUCCESS) {
            return wrong_record(log, seq, "is missing", fault);
        }
        if (log_record_view(seq, value, &record) != STATUS_OK) {
            return wrong_record(log, seq, "has a wrong checksum", fault);
        }
        if (record.header.recorded_at_ms < stamp_ms) {
            return wrong_record(log, seq, "is stamped before the one in front of it",
                                fault);
        }
        stamp_ms = record.header.recorded_at_ms;
    }
    log->stamp_ms = stamp_ms;
    return STATUS_OK;
}

static enum status check_writer(struct log *log, MDB_val key, MDB_val value,
                                struct fault *fault)
{
    struct log_writer writer = {0};
    struct log_committed *committed = log->committed;
    if (log_writer_unpack(env_bytes(key), env_bytes(value), &writer) != STATUS_OK) {
        return fault_set(
            fault, STATUS_CORRUPT,
            "%s/" LOG_FILE ": the row of writer %.*s is damaged: put a verified "
            "copy in its place",
            log->directory, key.mv_size < LOG_NAME_SIZE_MAX ? (int)key.mv_size : 0,
            (const char *)key.mv_data);
    }
    const char *why = log_writer_fault(&writer, log->head);
    if (why == NULL && committed->writers[writer.number - 1].number != 0) {
        why = "has the number of another one";
    }
    if (why != NULL) {
        return fault_set(fault, STATUS_CORRUPT,
                         "%s/" LOG_FILE
                         ": writer %s %s (head %llu): put a verified copy in "
                         "its place",
                         log->directory, writer.name, why, (unsigned long long)log->head);
    }
    committed->writers[writer.number - 1] = writer;
    committed->writer_count++;
    return STATUS_OK;
}

static enum status check_writers(struct log *log, MDB_txn *txn, struct fault *fault)
{
    MDB_cursor *cursor = NULL;
    MDB_val key = {0};
    MDB_val value = {0};
    int code = mdb_cursor_open(txn, log->tables[TABLE_WRITERS], &cursor);
    if (code != MDB_SUCCESS) {
        return fault_set(fault, env_status(code), "%s/" LOG_FILE ": %s", log->directory,
                         mdb_strerror(code));
    }
    enum status status = STATUS_OK;
    code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (code == MDB_SUCCESS && status == STATUS_OK) {
        status = check_writer(log, key, value, fault);
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (status != STATUS_OK) {
        return status;
    }
    if (code != MDB_NOTFOUND) {
        return fault_set(fault, env_status(code), "%s/" LOG_FILE ": %s", log->directory,
                         mdb_strerror(code));
    }
    for (size_t i = 0; i < log->committed->writer_count; i++) {
        if (log->committed->writers[i].number == 0) {
            return fault_set(fault, STATUS_CORRUPT,
                             "%s/" LOG_FILE
                             ": the row of writer number %zu is missing: put a "
                             "verified copy in its place",
                             log->directory, i + 1);
        }
    }
    return STATUS_OK;
}

static enum status check_meta(struct log *log, MDB_txn *txn, struct fault *fault)
{
    MDB_val key = env_val(log_meta_key());
    MDB_val value = {0};
    int code = mdb_get(txn, log->tables[TABLE_META], &key, &value);
    enum status status =
        code == MDB_SUCCESS ? log_meta_unpack(env_bytes(value), &log->row) : STATUS_CORRUPT;
    if (status == STATUS_BAD_VERSION) {
        return fault_set(fault, status,
                         "%s/" LOG_FILE
                         ": its format is not %d, the one this program reads",
                         log->directory, LOG_FORMAT_VERSION);
    }
    if (status != STATUS_OK) {
        return fault_set(fault, status,
                         "%s/" LOG_FILE
                         ": the meta row is damaged: put a verified copy in its "
                         "place",
                         log->directory);
    }
    return STATUS_OK;
}

/* One snapshot for all three, since a broker may be committing beside a read-only look. */
enum status log_check(struct log *log, struct fault *fault)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(log->env, NULL, MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS) {
        return fault_set(fault, env_status(code), "%s/" LOG_FILE ": %s", log->directory,
                         mdb_strerror(code));
    }
    enum status status = check_meta(log, txn, fault);
    if (status == STATUS_OK) {
        status = check_tail(log, txn, fault);
    }
    if (status == STATUS_OK) {
        status = check_writers(log, txn, fault);
    }
    mdb_txn_abort(txn);
    return status;
}
