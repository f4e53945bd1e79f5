/* readers.c: how far each durable reader has come, in an environment of its own.
 *
 * A row is overwritten with every COMMIT of its reader. In the log's environment those pages
 * would pass through the log's free list, and a reader there would grow the log (5,000
 * overwrites beside one open reader: 102 MB, measured). A lost row costs a reader a repeat,
 * never a record.
 */
#include <assert.h>
#include <string.h>

#include "store/log_inside.h"

/* 100,000 rows of some 80 bytes take 10 MB; sparse, so width costs nothing. */
static const uint64_t readers_map_bytes = UINT64_C(1) << 30;

static const char owner_key[] = "log";

static int fill_owner(MDB_txn *txn, const MDB_dbi *tables, const void *context)
{
    uint8_t row[OWNER_ROW_SIZE];
    const uint64_t *log_id = context;
    log_reader_pack(owner_key, *log_id, row);
    MDB_val key = env_val(env_text(owner_key));
    MDB_val value = {.mv_size = sizeof row, .mv_data = row};
    return mdb_put(txn, tables[TABLE_OWNER], &key, &value, 0);
}

static enum status check_owner(struct log *log, struct fault *fault)
{
    MDB_txn *txn = NULL;
    MDB_val key = env_val(env_text(owner_key));
    MDB_val value = {0};
    char name[LOG_NAME_SIZE_MAX];
    uint64_t log_id = 0;
    int code = mdb_txn_begin(log->readers_env, NULL, MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS) {
        return fault_set(fault, env_status(code), "%s/" READERS_FILE ": %s", log->directory,
                         mdb_strerror(code));
    }
    code = mdb_get(txn, log->readers[TABLE_OWNER], &key, &value);
    enum status status = env_status(code);
    if (code == MDB_SUCCESS) {
        status = log_reader_unpack(env_bytes(key), env_bytes(value), name, &log_id);
    }
    mdb_txn_abort(txn);
    if (status != STATUS_OK || log_id != log->row.log_id) {
        return fault_set(fault, STATUS_CORRUPT,
                         "%s/" READERS_FILE
                         " is damaged or belongs to another log: put back "
                         "the one of this log",
                         log->directory);
    }
    return STATUS_OK;
}

enum status log_readers_open(struct log *log, struct fault *fault)
{
    int64_t size = env_file_size(log->directory, READERS_FILE);
    // A log of epoch 0 was never opened: its creation stopped between its two files. An empty
    // file is how an operator says that the positions may be forgotten.
    bool is_new = (size < 0 && log->row.epoch == 0) || size == 0;
    if (size < 0 && !is_new) {
        return fault_set(fault, STATUS_CORRUPT,
                         "%s/" READERS_FILE
                         " is missing: put back a copy, or make an empty "
                         "file of that name if durable readers may begin anew",
                         log->directory);
    }
    struct env_spec spec = log_readers_spec(log->directory, log->read_only);
    if (is_new && !log->read_only) {
        spec.map_size_bytes = readers_map_bytes;
        enum status status = env_create(&spec, fill_owner, &log->row.log_id, fault);
        if (status != STATUS_OK) {
            return status;
        }
        spec.map_size_bytes = 0;
    }
    enum status status = env_open(&spec, &log->readers_env, log->readers, fault);
    return status == STATUS_OK ? check_owner(log, fault) : status;
}

void log_readers_close(struct log *log)
{
    if (log->readers_env != NULL) {
        mdb_env_close(log->readers_env);
        log->readers_env = NULL;
    }
}

static bool name_is_good(const char *name)
{
    size_t length = strnlen(name, LOG_NAME_SIZE_MAX);
    return length != 0 && length < LOG_NAME_SIZE_MAX;
}

static int put_row(struct log *log, MDB_txn *txn, const char *name, uint64_t seq)
{
    MDB_dbi table = log->readers[TABLE_READERS];
    MDB_val key = env_val(env_text(name));
    MDB_val old = {0};
    MDB_stat stat = {0};
    int code = mdb_stat(txn, table, &stat);
    if (code == MDB_SUCCESS && stat.ms_entries >= READERS_MAX) {
        code = mdb_get(txn, table, &key, &old); // NOTFOUND: one too many
    }
    if (code != MDB_SUCCESS) {
        return code;
    }
    uint8_t row[READER_ROW_SIZE];
    log_reader_pack(name, seq, row);
    MDB_val value = {.mv_size = sizeof row, .mv_data = row};
    return mdb_put(txn, table, &key, &value, 0);
}

enum status log_reader_put(struct log *log, const char *name, uint64_t seq)
{
    assert(!log->read_only);
    MDB_txn *txn = NULL;
    if (!name_is_good(name)) {
        return STATUS_INVALID;
    }
    if (seq > log_meta(log).head) {
        return STATUS_AHEAD;
    }
    if (log->readers_failed ||
        mdb_txn_begin(log->readers_env, NULL, 0, &txn) != MDB_SUCCESS) {
        return STATUS_IO;
    }
    int code = put_row(log, txn, name, seq);
    if (code != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return code == MDB_NOTFOUND ? STATUS_LIMIT : env_status(code);
    }
    enum status status = env_commit_status(mdb_txn_commit(txn));
    log->readers_failed = status == STATUS_IO;
    return status;
}

enum status log_reader_get(struct log *log, const char *name, uint64_t *seq)
{
    MDB_txn *txn = NULL;
    char read[LOG_NAME_SIZE_MAX];
    MDB_val value = {0};
    if (!name_is_good(name)) {
        return STATUS_NOT_FOUND;
    }
    if (mdb_txn_begin(log->readers_env, NULL, MDB_RDONLY, &txn) != MDB_SUCCESS) {
        return STATUS_IO;
    }
    MDB_val key = env_val(env_text(name));
    enum status status =
        env_status(mdb_get(txn, log->readers[TABLE_READERS], &key, &value));
    if (status == STATUS_OK) {
        status = log_reader_unpack(env_bytes(key), env_bytes(value), read, seq);
    }
    mdb_txn_abort(txn);
    return status;
}

enum status log_readers(struct log *log, log_reader_fn visit, void *context)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    MDB_val key = {0};
    MDB_val value = {0};
    if (mdb_txn_begin(log->readers_env, NULL, MDB_RDONLY, &txn) != MDB_SUCCESS) {
        return STATUS_IO;
    }
    int code = mdb_cursor_open(txn, log->readers[TABLE_READERS], &cursor);
    if (code != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return env_status(code);
    }
    enum status status = STATUS_OK;
    code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (code == MDB_SUCCESS && status == STATUS_OK) {
        char name[LOG_NAME_SIZE_MAX];
        uint64_t seq = 0;
        status = log_reader_unpack(env_bytes(key), env_bytes(value), name, &seq);
        if (status == STATUS_OK) {
            visit(context, name, seq);
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        }
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    if (status == STATUS_OK && code != MDB_NOTFOUND) {
        status = env_status(code);
    }
    return status;
}
