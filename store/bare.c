/* bare.c: commits into an LMDB environment of its own and times each. */
#include "store/bare.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/env.h"
#include "store/row.h"

static const char bare_file[] = "bare.mdb";
static const char *const bare_tables[] = {"log"};
static const uint64_t map_size_default_bytes = UINT64_C(64) << 30;

enum {
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
    // Commits whose times are kept: an hour at 500 microseconds. Later ones are not counted
    // in the percentiles.
    TIMES_MAX = 8 * 1024 * 1024,
    TIMES_FIRST = 4096,
    FILLER = 0x5a,
    MEDIAN = 50,
    TAIL = 99,
    PERCENT = 100
};

struct run {
    MDB_env *env;
    MDB_dbi table;
    uint64_t seq;
    uint8_t *value;
    uint64_t *times_ns;
    size_t time_count;
    size_t time_capacity;
};

static uint64_t steady_ns(void)
{
    struct timespec now = {0};
    int code = clock_gettime(CLOCK_MONOTONIC, &now);
    assert(code == 0);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int fill_nothing(MDB_txn *txn, const MDB_dbi *tables, const void *context)
{
    (void)txn;     // a yardstick
    (void)tables;  // has no rows
    (void)context; // of its own
    return MDB_SUCCESS;
}

static int commit_one(struct run *run, const struct bare_load *load)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    int code = mdb_txn_begin(run->env, NULL, 0, &txn);
    if (code != MDB_SUCCESS) {
        return code;
    }
    code = mdb_cursor_open(txn, run->table, &cursor);
    for (uint32_t i = 0; i < load->records_per_commit && code == MDB_SUCCESS; i++) {
        uint8_t text[ROW_KEY_SIZE];
        row_put_key(text, run->seq + 1 + i);
        MDB_val key = {.mv_size = sizeof text, .mv_data = text};
        MDB_val value = {.mv_size = load->record_size, .mv_data = run->value};
        code = mdb_cursor_put(cursor, &key, &value, MDB_APPEND);
    }
    if (code != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return code;
    }
    code = mdb_txn_commit(txn);
    if (code == MDB_SUCCESS) {
        run->seq += load->records_per_commit;
    }
    return code;
}

static void note_time(struct run *run, uint64_t time_ns)
{
    if (run->time_count == run->time_capacity && run->time_capacity < TIMES_MAX) {
        size_t capacity = run->time_capacity == 0 ? TIMES_FIRST : 2 * run->time_capacity;
        uint64_t *grown = realloc(run->times_ns, capacity * sizeof *grown);
        if (grown == NULL) {
            return;
        }
        run->times_ns = grown;
        run->time_capacity = capacity;
    }
    if (run->time_count < run->time_capacity) {
        run->times_ns[run->time_count] = time_ns;
        run->time_count++;
    }
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;
    return (*left > *right) - (*left < *right);
}

/* Nearest rank. */
static uint64_t percentile(const struct run *run, unsigned percent)
{
    if (run->time_count == 0) {
        return 0;
    }
    size_t rank = (run->time_count * percent + PERCENT - 1) / PERCENT;
    return run->times_ns[rank == 0 ? 0 : rank - 1];
}

static int measure(struct run *run, const struct bare_load *load,
                   struct bare_figures *figures)
{
    int code = MDB_SUCCESS;
    uint64_t begun_ns = steady_ns();
    uint64_t now_ns = begun_ns;
    uint64_t commits = 0;
    bool goes_on = true;
    while (goes_on) {
        uint64_t then_ns = now_ns;
        code = commit_one(run, load);
        now_ns = steady_ns();
        if (code != MDB_SUCCESS) {
            break;
        }
        note_time(run, now_ns - then_ns);
        commits++;
        goes_on =
            (load->commits_max == 0 || commits < load->commits_max) &&
            (load->run_max_ms == 0 || now_ns - begun_ns < load->run_max_ms * NS_PER_MS);
    }
    if (code != MDB_SUCCESS && code != MDB_MAP_FULL) {
        return code;
    }
    if (run->time_count != 0) {
        qsort(run->times_ns, run->time_count, sizeof *run->times_ns, by_size);
    }
    *figures = (struct bare_figures){.commits = commits,
                                     .records = run->seq,
                                     .elapsed_ns = now_ns - begun_ns,
                                     .p50_ns = percentile(run, MEDIAN),
                                     .p99_ns = percentile(run, TAIL),
                                     .used_bytes = env_used_bytes(run->env)};
    return MDB_SUCCESS;
}

enum status bare_lmdb_run(const char *directory, const struct bare_load *load,
                          struct bare_figures *figures, struct fault *fault)
{
    assert(load->records_per_commit >= 1 && load->record_size >= 1);
    assert(load->commits_max != 0 || load->run_max_ms != 0);
    struct env_spec spec = {.directory = directory,
                            .name = bare_file,
                            .tables = bare_tables,
                            .table_count = sizeof bare_tables / sizeof bare_tables[0],
                            .map_size_bytes = load->map_size_bytes != 0
                                                  ? load->map_size_bytes
                                                  : map_size_default_bytes};
    struct run run = {0};
    enum status status = env_directory(directory, true, true, fault);
    if (status == STATUS_OK) {
        status = env_create(&spec, fill_nothing, NULL, fault);
    }
    if (status == STATUS_OK) {
        status = env_open(&spec, &run.env, &run.table, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    run.value = malloc(load->record_size);
    int code = ENOMEM;
    if (run.value != NULL) {
        memset(run.value, FILLER, load->record_size);
        code = measure(&run, load, figures);
    }
    mdb_env_close(run.env);
    free(run.value);
    free(run.times_ns);
    if (env_remove(directory, bare_file) != STATUS_OK && code == MDB_SUCCESS) {
        code = EIO;
    }
    if (code != MDB_SUCCESS) {
        return fault_set(fault, STATUS_IO, "%s: %s", directory, mdb_strerror(code));
    }
    return STATUS_OK;
}
