/* log.c: brings a log from its directory to a state that may be written, and back.
 *
 *     lock -> (create) -> open, sync -> meta row -> last records -> writer rows -> epoch + 1
 *
 * Everything before the last step only looks, so a log that is refused is left as it was.
 */
#include "store/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "store/log_inside.h"

static const uint64_t map_size_default_bytes = UINT64_C(64) << 30;

/* ---- create ---- */

static int fill_log(MDB_txn *txn, const MDB_dbi *tables, const void *context)
{
    uint8_t row[META_ROW_SIZE];
    log_meta_pack(context, row);
    MDB_val key = env_val(log_meta_key());
    MDB_val value = {.mv_size = sizeof row, .mv_data = row};
    return mdb_put(txn, tables[TABLE_META], &key, &value, 0);
}

static uint64_t whole_pages(uint64_t size_bytes)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return (size_bytes + page - 1) / page * page;
}

static enum status create(const char *directory, const struct log_options *options,
                          struct fault *fault)
{
    if (env_file_size(directory, READERS_FILE) >= 0) {
        return fault_set(fault, STATUS_CORRUPT,
                         "%s: " LOG_FILE " is missing beside " READERS_FILE
                         ": put a verified copy in its place",
                         directory);
    }
    struct log_meta_row row = {.format = LOG_FORMAT_VERSION};
    if (getrandom(&row.log_id, sizeof row.log_id, 0) != sizeof row.log_id) {
        return fault_set(fault, STATUS_CANNOT_START, "no random number for a log id: %s",
                         strerror(errno));
    }
    // 0 means "no log" elsewhere, and a JSON number holds 63 bits.
    row.log_id = (row.log_id & INT64_MAX) | 1;
    struct env_spec spec = log_spec(directory, false);
    spec.map_size_bytes = options->map_size_bytes != 0
                              ? whole_pages(options->map_size_bytes)
                              : map_size_default_bytes;
    return env_create(&spec, fill_log, &row, fault);
}

/* ---- open ---- */

static enum status fit_map(struct log *log, const struct log_options *options,
                           struct fault *fault)
{
    uint64_t stored = env_map_bytes(log->env);
    uint64_t wanted = whole_pages(options->map_size_bytes);
    if (wanted == 0 || wanted == stored) {
        return STATUS_OK;
    }
    if (wanted < stored) {
        return fault_set(
            fault, STATUS_CANNOT_START,
            "%s/" LOG_FILE ": its map has %llu bytes and cannot become smaller "
            "(%llu asked for)",
            log->directory, (unsigned long long)stored, (unsigned long long)wanted);
    }
    int code = mdb_env_set_mapsize(log->env, wanted); // no transaction is open yet
    if (code != MDB_SUCCESS) {
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s/" LOG_FILE ": map of %llu bytes: %s", log->directory,
                         (unsigned long long)wanted, mdb_strerror(code));
    }
    return STATUS_OK;
}

static enum status raise_epoch(struct log *log, struct fault *fault)
{
    struct log_meta_row row = log->row;
    uint8_t packed[META_ROW_SIZE];
    MDB_txn *txn = NULL;
    MDB_val key = env_val(log_meta_key());
    MDB_val value = {.mv_size = sizeof packed, .mv_data = packed};
    row.epoch++;
    log_meta_pack(&row, packed);
    int code = mdb_txn_begin(log->env, NULL, 0, &txn);
    if (code == MDB_SUCCESS) {
        code = mdb_put(txn, log->tables[TABLE_META], &key, &value, 0);
        if (code == MDB_SUCCESS) {
            code = mdb_txn_commit(txn);
        } else {
            mdb_txn_abort(txn);
        }
    }
    if (code != MDB_SUCCESS) {
        return fault_set(fault, STATUS_IO,
                         "%s/" LOG_FILE ": the epoch cannot be raised: %s", log->directory,
                         mdb_strerror(code));
    }
    log->row = row;
    return STATUS_OK;
}

static enum status open_write(struct log *log, const struct log_options *options,
                              struct fault *fault)
{
    enum status status = env_lock(log->directory, &log->lock_fd, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (env_file_size(log->directory, LOG_FILE) < 0) {
        status = create(log->directory, options, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    struct env_spec spec = log_spec(log->directory, false);
    status = env_open(&spec, &log->env, log->tables, fault);
    if (status == STATUS_OK) {
        status = fit_map(log, options, fault);
    }
    if (status == STATUS_OK) {
        status = log_check(log, fault);
    }
    if (status == STATUS_OK) {
        status = log_readers_open(log, fault);
    }
    return status == STATUS_OK ? raise_epoch(log, fault) : status;
}

static enum status open_read(struct log *log, struct fault *fault)
{
    struct env_spec spec = log_spec(log->directory, true);
    enum status status = env_open(&spec, &log->env, log->tables, fault);
    if (status == STATUS_NOT_FOUND) {
        return fault_set(fault, STATUS_CANNOT_START, "%s holds no log", log->directory);
    }
    if (status == STATUS_OK) {
        status = log_check(log, fault);
    }
    return status == STATUS_OK ? log_readers_open(log, fault) : status;
}

static void publish(struct log *log)
{
    struct log_committed *committed = log->committed;
    int64_t clock_ms = log->row.clock_ms;
    if (log->head != 0 && log->stamp_ms > clock_ms) {
        clock_ms = log->stamp_ms;
    }
    committed->meta = (struct log_meta){.log_id = log->row.log_id,
                                        .format = log->row.format,
                                        .broker_epoch = log->row.epoch,
                                        .place = log->row.place,
                                        .clock_ms = clock_ms,
                                        .head = log->head,
                                        .map_size_bytes = env_map_bytes(log->env)};
    committed->used_bytes = env_used_bytes(log->env);
    log->forgotten_bytes = log_cold_bytes(committed->used_bytes);
}

static void *must_have(void *memory)
{
    // There is nothing to save at start: without memory for the log there is no broker.
    if (memory == NULL) {
        abort();
    }
    return memory;
}

enum status log_open(const char *directory, const struct log_options *options,
                     struct log **log, struct fault *fault)
{
    assert(directory != NULL && options != NULL && log != NULL && fault != NULL);
    enum status status =
        env_directory(directory, !options->read_only, options->allow_any_fs, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (strlen(directory) >= ENV_PATH_SIZE) {
        return fault_set(fault, STATUS_CANNOT_START, "the path is too long: %.200s",
                         directory);
    }
    struct log *self = must_have(calloc(1, sizeof *self));
    self->committed = must_have(calloc(1, sizeof *self->committed));
    int code = pthread_mutex_init(&self->committed->lock, NULL);
    assert(code == 0);
    memcpy(self->directory, directory, strlen(directory) + 1);
    self->read_only = options->read_only;
    self->lock_fd = -1;
    status = self->read_only ? open_read(self, fault) : open_write(self, options, fault);
    if (status != STATUS_OK) {
        log_close(&self);
        return status;
    }
    publish(self);
    *log = self;
    return STATUS_OK;
}

void log_close(struct log **log)
{
    struct log *self = *log;
    if (self == NULL) {
        return;
    }
    assert(!self->read.busy);
    if (self->batch.txn != NULL) {
        log_abort(self);
    }
    if (self->read.txn != NULL) {
        mdb_cursor_close(self->read.cursor);
        mdb_txn_abort(self->read.txn);
    }
    log_readers_close(self);
    if (self->env != NULL) {
        mdb_env_close(self->env);
    }
    if (self->lock_fd >= 0) {
        (void)close(self->lock_fd); // holds a lock only
    }
    int code = pthread_mutex_destroy(&self->committed->lock);
    assert(code == 0);
    free(self->committed);
    free(self);
    *log = NULL;
}

/* ---- what stands ---- */

struct log_meta log_meta(const struct log *log)
{
    struct log_committed *committed = log_lock(log);
    struct log_meta meta = committed->meta;
    log_unlock(committed);
    return meta;
}

size_t log_writer_count(const struct log *log)
{
    struct log_committed *committed = log_lock(log);
    size_t count = committed->writer_count;
    log_unlock(committed);
    return count;
}

struct log_writer log_writer_at(const struct log *log, size_t i)
{
    struct log_committed *committed = log_lock(log);
    assert(i < committed->writer_count);
    struct log_writer writer = committed->writers[i];
    log_unlock(committed);
    return writer;
}
