/* cache.c: tables in one LMDB environment, moving together with a position.
 *
 *     value on disk   bytes | u32 CRC-32C over key and bytes
 *     meta row        0 u64 log id   8 u64 position   16 u32 format   20 crc
 *
 * A write transaction begins with the first put and ends with the commit; while it is open
 * reads go through it, else through a read transaction that is reset after each call.
 */
#include "store/cache.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/env.h"
#include "store/row.h"

static const char cache_file[] = "cache.mdb";
static const char meta_table[] = "sanji.meta";
static const uint64_t map_size_default_bytes = UINT64_C(64) << 30;

enum {
    META_ROW_SIZE = 20 + ROW_CRC_SIZE
};

struct meta {
    uint64_t log_id;
    uint64_t position;
    uint32_t format;
};

struct cache {
    char directory[ENV_PATH_SIZE];
    int lock_fd;
    MDB_env *env;
    MDB_dbi tables[CACHE_TABLES_MAX + 1]; /* the last one is meta */
    size_t table_count;
    struct meta meta; /* as of the last commit */
    enum cache_origin origin;
    MDB_txn *write; /* NULL: nothing was put since the last commit */
    MDB_txn *read;  /* reset between calls */
    size_t pending;
    bool failed;
    bool visiting;
};

/* ---- meta ---- */

static struct bytes meta_key(void)
{
    return env_text("cache");
}

static int put_meta(MDB_txn *txn, MDB_dbi table, const struct meta *meta)
{
    uint8_t row[META_ROW_SIZE];
    row_put64(row, meta->log_id);
    row_put64(row + 8, meta->position);
    row_put32(row + 16, meta->format);
    row_seal(meta_key(), row, sizeof row);
    MDB_val key = env_val(meta_key());
    MDB_val value = {.mv_size = sizeof row, .mv_data = row};
    return mdb_put(txn, table, &key, &value, 0);
}

static bool get_meta(struct cache *cache)
{
    MDB_txn *txn = NULL;
    MDB_val key = env_val(meta_key());
    MDB_val value = {0};
    if (mdb_txn_begin(cache->env, NULL, MDB_RDONLY, &txn) != MDB_SUCCESS) {
        return false;
    }
    bool is_good =
        mdb_get(txn, cache->tables[cache->table_count], &key, &value) == MDB_SUCCESS &&
        value.mv_size == META_ROW_SIZE && row_is_whole(meta_key(), env_bytes(value));
    if (is_good) {
        const uint8_t *row = value.mv_data;
        cache->meta = (struct meta){.log_id = row_get64(row),
                                    .position = row_get64(row + 8),
                                    .format = row_get32(row + 16)};
    }
    mdb_txn_abort(txn);
    return is_good;
}

/* ---- open ---- */

struct fill {
    struct meta meta;
    size_t table_count;
};

static int fill_cache(MDB_txn *txn, const MDB_dbi *tables, const void *context)
{
    const struct fill *fill = context;
    return put_meta(txn, tables[fill->table_count], &fill->meta);
}

static struct env_spec spec_of(const struct cache *cache,
                               const struct cache_options *options, const char **names)
{
    for (size_t i = 0; i < options->table_count; i++) {
        names[i] = options->tables[i];
    }
    names[options->table_count] = meta_table;
    return (struct env_spec){.directory = cache->directory,
                             .name = cache_file,
                             .tables = names,
                             .table_count = options->table_count + 1};
}

/* Looks at the one that is there. True: it is ours and open. Else *origin says why not. */
static enum status look(struct cache *cache, const struct cache_options *options,
                        const struct env_spec *spec, struct fault *fault)
{
    enum status status = env_open(spec, &cache->env, cache->tables, fault);
    cache->origin = CACHE_KEPT;
    if (status == STATUS_NOT_FOUND) {
        cache->origin = CACHE_NEW;
    } else if (status == STATUS_CORRUPT || (status == STATUS_OK && !get_meta(cache))) {
        cache->origin = CACHE_DAMAGED;
    } else if (status != STATUS_OK) {
        return status;
    } else if (cache->meta.log_id != options->log_id) {
        cache->origin = CACHE_OTHER_LOG;
    } else if (cache->meta.format != options->format) {
        cache->origin = CACHE_OTHER_FORMAT;
    } else if (cache->meta.position > options->head) {
        cache->origin = CACHE_AHEAD;
    }
    if (cache->origin != CACHE_KEPT && cache->env != NULL) {
        mdb_env_close(cache->env);
        cache->env = NULL;
    }
    return STATUS_OK;
}

static enum status make(struct cache *cache, const struct cache_options *options,
                        const struct env_spec *spec, struct fault *fault)
{
    struct fill fill = {.meta = {.log_id = options->log_id, .format = options->format},
                        .table_count = options->table_count};
    struct env_spec sized = *spec;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    sized.map_size_bytes = options->map_size_bytes != 0
                               ? (options->map_size_bytes + page - 1) / page * page
                               : map_size_default_bytes;
    enum status status = env_create(&sized, fill_cache, &fill, fault);
    if (status != STATUS_OK) {
        return status;
    }
    cache->meta = fill.meta;
    status = env_open(spec, &cache->env, cache->tables, fault);
    // What was just made and is damaged already says something of the disk, not of a cache.
    return status == STATUS_NOT_FOUND || status == STATUS_CORRUPT ? STATUS_IO : status;
}

enum status cache_open(const char *directory, const struct cache_options *options,
                       struct cache **cache, struct fault *fault)
{
    assert(options->table_count >= 1 && options->table_count <= CACHE_TABLES_MAX);
    assert(options->log_id != 0);
    const char *names[CACHE_TABLES_MAX + 1] = {0};
    if (strlen(directory) >= ENV_PATH_SIZE) {
        return fault_set(fault, STATUS_CANNOT_START, "the path is too long: %.200s",
                         directory);
    }
    enum status status = env_directory(directory, true, options->allow_any_fs, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct cache *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: no memory", directory);
    }
    memcpy(self->directory, directory, strlen(directory) + 1);
    self->lock_fd = -1;
    self->table_count = options->table_count;
    status = env_lock(directory, &self->lock_fd, fault);
    struct env_spec spec = spec_of(self, options, names);
    if (status == STATUS_OK) {
        status = look(self, options, &spec, fault);
    }
    if (status == STATUS_OK && self->env == NULL) {
        status = make(self, options, &spec, fault);
    }
    if (status != STATUS_OK) {
        cache_close(&self);
        return status;
    }
    *cache = self;
    return STATUS_OK;
}

void cache_close(struct cache **cache)
{
    struct cache *self = *cache;
    if (self == NULL) {
        return;
    }
    cache_abort(self);
    mdb_txn_abort(self->read);
    if (self->env != NULL) {
        mdb_env_close(self->env);
    }
    if (self->lock_fd >= 0) {
        (void)close(self->lock_fd); // holds a lock only
    }
    free(self);
    *cache = NULL;
}

enum status cache_drop(struct cache **cache)
{
    struct cache *self = *cache;
    cache_abort(self);
    mdb_txn_abort(self->read);
    self->read = NULL;
    mdb_env_close(self->env);
    self->env = NULL;
    enum status status = env_remove(self->directory, cache_file);
    if (status == STATUS_OK) {
        status = env_sync_directory(self->directory);
    }
    cache_close(cache); // gives the lock back after the files are gone
    return status;
}

enum cache_origin cache_origin(const struct cache *cache)
{
    return cache->origin;
}

uint64_t cache_position(const struct cache *cache)
{
    return cache->meta.position;
}

size_t cache_pending(const struct cache *cache)
{
    return cache->pending;
}

/* ---- read ---- */

static enum status read_begin(struct cache *cache, MDB_txn **txn)
{
    if (cache->write != NULL) {
        *txn = cache->write;
        return STATUS_OK;
    }
    int code = cache->read != NULL
                   ? mdb_txn_renew(cache->read)
                   : mdb_txn_begin(cache->env, NULL, MDB_RDONLY, &cache->read);
    *txn = cache->read;
    return code == MDB_SUCCESS ? STATUS_OK : STATUS_IO;
}

static void read_end(struct cache *cache, MDB_txn *txn)
{
    if (txn == cache->read) {
        mdb_txn_reset(txn);
    }
}

/* The value without its checksum. Fails: CORRUPT. */
static enum status view(MDB_val key, MDB_val value, struct bytes *bytes)
{
    if (!row_is_whole(env_bytes(key), env_bytes(value))) {
        return STATUS_CORRUPT;
    }
    *bytes = (struct bytes){.data = value.mv_data, .size = value.mv_size - ROW_CRC_SIZE};
    return STATUS_OK;
}

static void assert_key(const struct cache *cache, size_t table, struct bytes key)
{
    assert(table < cache->table_count);
    assert(key.size >= 1 && key.size <= CACHE_KEY_SIZE_MAX);
}

enum status cache_get(struct cache *cache, size_t table, struct bytes key, void *value,
                      size_t capacity, size_t *size)
{
    assert_key(cache, table, key);
    MDB_txn *txn = NULL;
    MDB_val stored_key = env_val(key);
    MDB_val stored = {0};
    struct bytes bytes = {0};
    enum status status = read_begin(cache, &txn);
    if (status != STATUS_OK) {
        return status;
    }
    status = env_status(mdb_get(txn, cache->tables[table], &stored_key, &stored));
    if (status == STATUS_OK) {
        status = view(stored_key, stored, &bytes);
    }
    if (status == STATUS_OK) {
        *size = bytes.size;
        if (bytes.size > capacity) {
            status = STATUS_TOO_LARGE;
        } else if (bytes.size != 0) {
            memcpy(value, bytes.data, bytes.size);
        }
    }
    read_end(cache, txn);
    return status;
}

static enum status each(struct cache *cache, MDB_cursor *cursor, struct bytes from,
                        cache_visit_fn visit, void *context)
{
    MDB_val key = env_val(from);
    MDB_val value = {0};
    enum status status = STATUS_OK;
    int code =
        mdb_cursor_get(cursor, &key, &value, from.size == 0 ? MDB_FIRST : MDB_SET_RANGE);
    cache->visiting = true;
    while (code == MDB_SUCCESS) {
        struct bytes bytes = {0};
        status = view(key, value, &bytes);
        if (status != STATUS_OK || !visit(context, env_bytes(key), bytes)) {
            break;
        }
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    cache->visiting = false;
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND) {
        return env_status(code);
    }
    return status;
}

enum status cache_each(struct cache *cache, size_t table, struct bytes from,
                       cache_visit_fn visit, void *context)
{
    assert(table < cache->table_count);
    assert(from.size <= CACHE_KEY_SIZE_MAX);
    assert(!cache->visiting); // one snapshot serves one visit
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    enum status status = read_begin(cache, &txn);
    if (status != STATUS_OK) {
        return status;
    }
    status = env_status(mdb_cursor_open(txn, cache->tables[table], &cursor));
    if (status == STATUS_OK) {
        status = each(cache, cursor, from, visit, context);
        mdb_cursor_close(cursor);
    }
    read_end(cache, txn);
    return status;
}

/* ---- write ---- */

static enum status write_begin(struct cache *cache)
{
    assert(!cache->visiting);
    if (cache->failed) {
        return STATUS_IO;
    }
    if (cache->write == NULL &&
        mdb_txn_begin(cache->env, NULL, 0, &cache->write) != MDB_SUCCESS) {
        cache->write = NULL;
        cache->failed = true;
        return STATUS_IO;
    }
    return STATUS_OK;
}

/* LMDB's transaction is doomed after a failed put: all of it goes. */
static enum status refused(struct cache *cache, int code)
{
    cache_abort(cache);
    if (code == MDB_MAP_FULL) {
        return STATUS_STORE_FULL;
    }
    cache->failed = true;
    return STATUS_IO;
}

enum status cache_put(struct cache *cache, size_t table, struct bytes key,
                      struct bytes value)
{
    assert_key(cache, table, key);
    assert(value.size <= RECORD_SIZE_MAX);
    enum status status = write_begin(cache);
    if (status != STATUS_OK) {
        return status;
    }
    MDB_val stored_key = env_val(key);
    MDB_val stored = {.mv_size = value.size + ROW_CRC_SIZE};
    int code =
        mdb_put(cache->write, cache->tables[table], &stored_key, &stored, MDB_RESERVE);
    if (code != MDB_SUCCESS) {
        return refused(cache, code);
    }
    if (value.size != 0) {
        memcpy(stored.mv_data, value.data, value.size);
    }
    row_seal(key, stored.mv_data, stored.mv_size);
    cache->pending++;
    return STATUS_OK;
}

enum status cache_delete(struct cache *cache, size_t table, struct bytes key)
{
    assert_key(cache, table, key);
    enum status status = write_begin(cache);
    if (status != STATUS_OK) {
        return status;
    }
    MDB_val stored_key = env_val(key);
    int code = mdb_del(cache->write, cache->tables[table], &stored_key, NULL);
    if (code == MDB_NOTFOUND) {
        return STATUS_NOT_FOUND;
    }
    if (code != MDB_SUCCESS) {
        return refused(cache, code);
    }
    cache->pending++;
    return STATUS_OK;
}

enum status cache_commit(struct cache *cache, uint64_t position)
{
    assert(position >= cache->meta.position);
    enum status status = write_begin(cache);
    if (status != STATUS_OK) {
        return status;
    }
    struct meta meta = cache->meta;
    meta.position = position;
    int code = put_meta(cache->write, cache->tables[cache->table_count], &meta);
    if (code != MDB_SUCCESS) {
        return refused(cache, code);
    }
    status = env_commit_status(mdb_txn_commit(cache->write)); // ends it whatever it returns
    cache->write = NULL;
    cache->pending = 0;
    if (status == STATUS_OK) {
        cache->meta = meta;
    }
    cache->failed = status == STATUS_IO;
    return status;
}

void cache_abort(struct cache *cache)
{
    mdb_txn_abort(cache->write);
    cache->write = NULL;
    cache->pending = 0;
}
