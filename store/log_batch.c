/* log_batch.c: one batch of records, one transaction, one sync. */
#include <assert.h>
#include <string.h>

#include "store/log_inside.h"

enum {
    // LMDB keeps a list of at most 131,071 dirty pages before it spills, and spilling leaks in
    // 0.9.24 (ITS#9155). A batch of the broker has 8 MiB.
    BATCH_COST_MAX_BYTES = 256 * 1024 * 1024
};

enum status log_begin(struct log *log)
{
    struct log_batch *batch = &log->batch;
    assert(!log->read_only);
    assert(batch->txn == NULL);
    if (log->failed) {
        return STATUS_IO;
    }
    MDB_txn *txn = NULL;
    if (mdb_txn_begin(log->env, NULL, 0, &txn) != MDB_SUCCESS) {
        log->failed = true;
        return STATUS_IO;
    }
    if (mdb_cursor_open(txn, log->tables[TABLE_LOG], &batch->cursor) != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        log->failed = true;
        return STATUS_IO;
    }
    batch->txn = txn;
    batch->thread = pthread_self();
    batch->head = log->head;
    batch->stamp_ms = log->stamp_ms;
    batch->row = log->row;
    batch->row_changed = false;
    batch->doomed = false;
    batch->cost_bytes = 0;
    batch->room_bytes = log_batch_room(log);
    batch->writer_count = log->committed->writer_count; // only this thread changes it
    memset(batch->touched, 0, sizeof batch->touched);
    return STATUS_OK;
}

static void assert_batch(const struct log_batch *batch)
{
    assert(batch->txn != NULL);
    assert(pthread_equal(batch->thread, pthread_self()));
}

/* A refused put dooms LMDB's transaction: the batch can only be given up. */
static enum status refused(struct log *log, int code)
{
    log->batch.doomed = true;
    if (code == MDB_MAP_FULL) {
        return STATUS_STORE_FULL;
    }
    log->failed = true;
    return STATUS_IO;
}

enum status log_put(struct log *log, const uint8_t header[RECORD_HEADER_SIZE],
                    struct bytes envelope, uint64_t *seq)
{
    struct log_batch *batch = &log->batch;
    assert_batch(batch);
    assert(envelope.size <= RECORD_SIZE_MAX);
    if (batch->doomed) {
        return log->failed ? STATUS_IO : STATUS_STORE_FULL;
    }
    size_t size = RECORD_HEADER_SIZE + envelope.size;
    uint64_t cost_bytes = batch->cost_bytes + log_cost_bytes(size);
    if (cost_bytes > batch->room_bytes) {
        return STATUS_STORE_FULL;
    }
    assert(cost_bytes <= BATCH_COST_MAX_BYTES);
    // The stamp is the header's first field; log_find_time rests on it never decreasing.
    int64_t stamp_ms = (int64_t)row_get64(header);
    assert(batch->head == 0 || stamp_ms >= batch->stamp_ms);

    uint8_t text[ROW_KEY_SIZE];
    row_put_key(text, batch->head + 1);
    MDB_val key = {.mv_size = sizeof text, .mv_data = text};
    MDB_val value = {.mv_size = size};
    int code = mdb_cursor_put(batch->cursor, &key, &value, MDB_APPEND | MDB_RESERVE);
    assert(code !=
           MDB_KEYEXIST); // a number at or past this one: another writer, or our bug
    if (code != MDB_SUCCESS) {
        return refused(log, code);
    }
    uint8_t *out = value.mv_data;
    memcpy(out, header, RECORD_HEADER_SIZE);
    if (envelope.size != 0) {
        memcpy(out + RECORD_HEADER_SIZE, envelope.data, envelope.size);
    }
    batch->cost_bytes = cost_bytes;
    batch->stamp_ms = stamp_ms;
    batch->head++;
    *seq = batch->head;
    return STATUS_OK;
}

enum status log_writer_put(struct log *log, const struct log_writer *writer)
{
    struct log_batch *batch = &log->batch;
    assert_batch(batch);
    assert(writer->name[0] != '\0' &&
           memchr(writer->name, '\0', LOG_NAME_SIZE_MAX) != NULL);
    assert(log_writer_fault(writer, batch->head) == NULL);
    assert(writer->number <= batch->writer_count + 1); // numbers go by first use
    if (batch->doomed) {
        return log->failed ? STATUS_IO : STATUS_STORE_FULL;
    }
    size_t i = writer->number - 1U;
    if (i < log->committed->writer_count) {
        assert(strcmp(log->committed->writers[i].name, writer->name) == 0);
    } else if (batch->touched[i]) {
        assert(strcmp(batch->writers[i].name, writer->name) == 0);
    }
    uint8_t row[WRITER_ROW_SIZE];
    log_writer_pack(writer, row);
    MDB_val key = env_val(env_text(writer->name));
    MDB_val value = {.mv_size = sizeof row, .mv_data = row};
    int code = mdb_put(batch->txn, log->tables[TABLE_WRITERS], &key, &value, 0);
    if (code != MDB_SUCCESS) {
        return refused(log, code);
    }
    batch->writers[i] = *writer;
    batch->touched[i] = true;
    if (writer->number > batch->writer_count) {
        batch->writer_count = writer->number;
    }
    return STATUS_OK;
}

enum status log_clock_put(struct log *log, int64_t clock_ms)
{
    assert_batch(&log->batch);
    log->batch.row.clock_ms = clock_ms;
    log->batch.row_changed = true;
    return STATUS_OK;
}

enum status log_place_put(struct log *log, uint32_t place)
{
    assert_batch(&log->batch);
    log->batch.row.place = place;
    log->batch.row_changed = true;
    return STATUS_OK;
}

static int put_meta(struct log *log)
{
    uint8_t row[META_ROW_SIZE];
    log_meta_pack(&log->batch.row, row);
    MDB_val key = env_val(log_meta_key());
    MDB_val value = {.mv_size = sizeof row, .mv_data = row};
    return mdb_put(log->batch.txn, log->tables[TABLE_META], &key, &value, 0);
}

/* The batch is on disk: what it says becomes what stands. */
static void settle(struct log *log)
{
    struct log_batch *batch = &log->batch;
    uint64_t used_bytes = env_used_bytes(log->env);
    log->head = batch->head;
    log->stamp_ms = batch->stamp_ms;
    log->row = batch->row;

    struct log_committed *committed = log_lock(log);
    struct log_meta *meta = &committed->meta;
    meta->head = log->head;
    meta->place = log->row.place;
    if (log->row.clock_ms > meta->clock_ms) {
        meta->clock_ms = log->row.clock_ms;
    }
    if (log->head != 0 && log->stamp_ms > meta->clock_ms) {
        meta->clock_ms = log->stamp_ms;
    }
    committed->used_bytes = used_bytes;
    for (size_t i = 0; i < batch->writer_count; i++) {
        if (batch->touched[i]) {
            committed->writers[i] = batch->writers[i];
        }
    }
    committed->writer_count = batch->writer_count;
    log_unlock(committed);
}

enum status log_commit(struct log *log)
{
    struct log_batch *batch = &log->batch;
    assert_batch(batch);
    if (!batch->doomed && batch->row_changed) {
        int code = put_meta(log);
        if (code != MDB_SUCCESS) {
            (void)refused(log, code); // the answer stands in doomed and failed
        }
    }
    if (batch->doomed) {
        log_abort(log);
        return log->failed ? STATUS_IO : STATUS_STORE_FULL;
    }
    // Ends the transaction and frees the cursor in it whatever it returns.
    enum status status = env_commit_status(mdb_txn_commit(batch->txn));
    batch->txn = NULL;
    batch->cursor = NULL;
    batch->cost_bytes = 0;
    if (status == STATUS_OK) {
        settle(log);
    } else if (status == STATUS_IO) {
        log->failed = true;
    }
    return status;
}

void log_abort(struct log *log)
{
    struct log_batch *batch = &log->batch;
    if (batch->txn == NULL) {
        return;
    }
    assert_batch(batch);
    mdb_txn_abort(batch->txn);
    batch->txn = NULL;
    batch->cursor = NULL;
    batch->cost_bytes = 0;
}
