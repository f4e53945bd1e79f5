/* verify_walk.c: looks at everything in a log, in a process that may die of it.
 *
 *     meta -> records -> writers -> readers      shared->phase, shared->at say where it is
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/id.h"
#include "store/verify_inside.h"

enum {
    // One snapshot's worth: a walk of hours must not pin the pages that commits free.
    CHUNK_RECORDS = 4096,
    // So many records in a row that LMDB finds no way to, and the rest is given up: a damaged
    // branch page hides some 2,500.
    LOST_MAX = 65536
};

struct walk {
    struct verify_shared *shared;
    const char *directory;
    MDB_env *env;
    MDB_dbi tables[LOG_TABLE_COUNT];
    MDB_env *readers_env;
    MDB_dbi readers[READERS_TABLE_COUNT];
};

/* ---- findings ---- */

static bool is_about_record(const struct verify_finding *finding)
{
    return finding->seq != 0;
}

void verify_find(struct verify_shared *shared, struct verify_finding finding,
                 const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    // Cut short where a name is long: the fields say all of it.
    (void)vsnprintf(finding.text, sizeof finding.text, format, arguments);
    va_end(arguments);
    if (finding.upto == 0) {
        finding.upto = finding.seq;
    }
    struct verify_result *result = &shared->result;
    const struct verify_finding *first = &result->first;
    if (result->findings == 0 || (is_about_record(&finding) && !is_about_record(first)) ||
        (is_about_record(&finding) && finding.seq < first->seq)) {
        result->first = finding;
    }
    result->findings++;
    if (shared->kept < VERIFY_FINDINGS_MAX) {
        shared->findings[shared->kept] = finding;
        shared->kept++;
    }
}

/* What the record says it is about, for whoever has to deal with its loss. */
static struct verify_finding about(enum verify_kind kind, uint64_t seq, MDB_val value)
{
    struct verify_finding finding = {.kind = kind, .seq = seq};
    if (value.mv_size >= RECORD_HEADER_SIZE) {
        struct record_header header = {0};
        record_header_unpack(value.mv_data, &header);
        finding.case_key = header.case_key;
        finding.type = header.type;
        finding.writer = header.writer;
    }
    return finding;
}

static void find_record(struct verify_shared *shared, enum verify_kind kind, uint64_t seq,
                        MDB_val value, const char *why)
{
    struct verify_finding finding = about(kind, seq, value);
    char case_no[CASE_NO_SIZE] = {0};
    (void)id_case_print(shared->result.meta.place, finding.case_key, case_no); // returns it
    verify_find(shared, finding,
                "record %llu %s; by its header: case %s, type %u, writer %u",
                (unsigned long long)seq, why, case_no[0] != '\0' ? case_no : "none",
                (unsigned)finding.type, (unsigned)finding.writer);
}

/* ---- the walk, in the child ---- */

static void walk_meta(struct walk *walk)
{
    struct verify_shared *shared = walk->shared;
    struct log_meta_row row = {0};
    MDB_txn *txn = NULL;
    MDB_val key = env_val(log_meta_key());
    MDB_val value = {0};
    int code = mdb_txn_begin(walk->env, NULL, MDB_RDONLY, &txn);
    if (code == MDB_SUCCESS) {
        code = mdb_get(txn, walk->tables[TABLE_META], &key, &value);
    }
    if (code != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        verify_find(shared, (struct verify_finding){.kind = VERIFY_META},
                    "the meta row: %s", mdb_strerror(code));
        return;
    }
    enum status status = log_meta_unpack(env_bytes(value), &row);
    mdb_txn_abort(txn);
    if (status == STATUS_BAD_VERSION) {
        shared->refusal = fault_set(&shared->fault, status,
                                    "%s/" LOG_FILE ": its format is not %d, the one this "
                                    "program reads",
                                    walk->directory, LOG_FORMAT_VERSION);
        return;
    }
    if (status != STATUS_OK) {
        verify_find(shared, (struct verify_finding){.kind = VERIFY_META},
                    "the meta row (log id, epoch, place, clock) is damaged");
        return;
    }
    shared->result.meta = (struct log_meta){.log_id = row.log_id,
                                            .format = row.format,
                                            .broker_epoch = row.epoch,
                                            .place = row.place,
                                            .clock_ms = row.clock_ms,
                                            .map_size_bytes = env_map_bytes(walk->env)};
}

static void look_at(struct verify_shared *shared, uint64_t seq, MDB_val value)
{
    struct record record = {0};
    struct verify_result *result = &shared->result;
    if (log_record_view(seq, value, &record) != STATUS_OK) {
        find_record(shared, VERIFY_CHECKSUM, seq, value, "has a wrong checksum");
        return;
    }
    int64_t stamp_ms = record.header.recorded_at_ms;
    if (shared->has_stamp && stamp_ms < shared->stamp_ms) {
        find_record(shared, VERIFY_ORDER, seq, value,
                    "is stamped before the one in front of it");
    } else {
        shared->stamp_ms = stamp_ms;
    }
    if (!shared->has_stamp) {
        shared->has_stamp = true;
        result->first_ms = stamp_ms;
    }
    result->last_ms = shared->stamp_ms;
    result->records++;
    result->bytes += value.mv_size;
}

/* LMDB finds its way again at `seq`, or the log ends before it. */
static void end_loss(struct verify_shared *shared, uint64_t seq)
{
    uint64_t from = shared->lost_from;
    if (from == 0) {
        return;
    }
    shared->lost_from = 0;
    verify_find(
        shared, (struct verify_finding){.kind = VERIFY_TREE, .seq = from, .upto = seq - 1},
        "records %llu to %llu cannot be reached: the page with them, or the one that "
        "leads there, is damaged",
        (unsigned long long)from, (unsigned long long)(seq - 1));
}

static void note_gap(struct verify_shared *shared, uint64_t seq)
{
    verify_find(
        shared,
        (struct verify_finding){.kind = VERIFY_GAP, .seq = shared->at, .upto = seq - 1},
        "records %llu to %llu are missing", (unsigned long long)shared->at,
        (unsigned long long)(seq - 1));
}

/* One record by the cursor. Returns an LMDB code. */
static int walk_one(struct verify_shared *shared, MDB_cursor *cursor, bool follows)
{
    uint8_t text[ROW_KEY_SIZE];
    row_put_key(text, shared->at);
    MDB_val key = {.mv_size = sizeof text, .mv_data = text};
    MDB_val value = {0};
    int code = mdb_cursor_get(cursor, &key, &value, follows ? MDB_NEXT : MDB_SET_RANGE);
    if (code != MDB_SUCCESS) {
        return code;
    }
    uint64_t seq = key.mv_size == ROW_KEY_SIZE ? row_get_key(key.mv_data) : 0;
    if (seq < shared->at) {
        return MDB_CORRUPTED; // keys run backwards: a page stands in the wrong place
    }
    if (shared->lost_from != 0) {
        end_loss(shared, seq);
    } else if (seq > shared->at) {
        note_gap(shared, seq);
    }
    shared->at = seq;
    look_at(shared, seq, value);
    shared->result.meta.head = seq;
    shared->at = seq + 1;
    return MDB_SUCCESS;
}

/* Looks at up to CHUNK_RECORDS from shared->at on. False: there is no further one. */
static bool walk_chunk(struct walk *walk, MDB_txn *txn)
{
    struct verify_shared *shared = walk->shared;
    MDB_cursor *cursor = NULL;
    bool follows = false;
    int code = mdb_cursor_open(txn, walk->tables[TABLE_LOG], &cursor);
    for (unsigned i = 0; i < CHUNK_RECORDS && code == MDB_SUCCESS; i++) {
        code = walk_one(shared, cursor, follows);
        follows = code == MDB_SUCCESS;
        if (code == MDB_SUCCESS || code == MDB_NOTFOUND) {
            continue;
        }
        if (shared->lost_from == 0) {
            shared->lost_from = shared->at;
        }
        shared->at++;
        if (shared->at - shared->lost_from <= LOST_MAX) {
            code = MDB_SUCCESS; // try the next one
        }
    }
    mdb_cursor_close(cursor);
    if (code != MDB_SUCCESS) {
        end_loss(shared, shared->at);
    }
    return code == MDB_SUCCESS;
}

static void walk_records(struct walk *walk)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(walk->env, NULL, MDB_RDONLY, &txn);
    bool goes_on = code == MDB_SUCCESS;
    while (goes_on) {
        goes_on = walk_chunk(walk, txn);
        if (goes_on) {
            mdb_txn_reset(txn);
            code = mdb_txn_renew(txn);
            goes_on = code == MDB_SUCCESS;
        }
    }
    if (code != MDB_SUCCESS) {
        verify_find(walk->shared, (struct verify_finding){.kind = VERIFY_TREE},
                    "no snapshot of the log: %s", mdb_strerror(code));
    }
    mdb_txn_abort(txn);
}

static void look_at_writer(struct verify_shared *shared, MDB_val key, MDB_val value,
                           uint64_t head)
{
    struct log_writer writer = {0};
    struct verify_finding finding = {.kind = VERIFY_WRITER};
    size_t size = key.mv_size < LOG_NAME_SIZE_MAX ? key.mv_size : LOG_NAME_SIZE_MAX - 1;
    memcpy(finding.name, key.mv_data, size);
    if (log_writer_unpack(env_bytes(key), env_bytes(value), &writer) != STATUS_OK) {
        verify_find(shared, finding, "the row of writer %s is damaged", finding.name);
        return;
    }
    const char *why = log_writer_fault(&writer, head);
    if (why != NULL) {
        verify_find(shared, finding,
                    "writer %s %s (batch %llu to %llu, cursor %llu, head %llu)",
                    writer.name, why, (unsigned long long)writer.first_seq,
                    (unsigned long long)writer.last_seq, (unsigned long long)writer.cursor,
                    (unsigned long long)head);
        return;
    }
    shared->result.writers++;
}

static void look_at_reader(struct verify_shared *shared, MDB_val key, MDB_val value,
                           uint64_t head)
{
    uint64_t seq = 0;
    struct verify_finding finding = {.kind = VERIFY_READER};
    size_t size = key.mv_size < LOG_NAME_SIZE_MAX ? key.mv_size : LOG_NAME_SIZE_MAX - 1;
    memcpy(finding.name, key.mv_data, size);
    if (log_reader_unpack(env_bytes(key), env_bytes(value), finding.name, &seq) !=
        STATUS_OK) {
        verify_find(shared, finding, "the row of reader %s is damaged", finding.name);
        return;
    }
    if (seq > head) {
        verify_find(shared, finding, "reader %s stands at %llu, beyond the head %llu",
                    finding.name, (unsigned long long)seq, (unsigned long long)head);
        return;
    }
    shared->result.readers++;
}

typedef void (*row_fn)(struct verify_shared *shared, MDB_val key, MDB_val value,
                       uint64_t head);

static int each_row(struct verify_shared *shared, MDB_txn *txn, MDB_dbi table,
                    uint64_t head, row_fn look)
{
    MDB_cursor *cursor = NULL;
    MDB_val key = {0};
    MDB_val value = {0};
    int code = mdb_cursor_open(txn, table, &cursor);
    if (code != MDB_SUCCESS) {
        return code;
    }
    code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (code == MDB_SUCCESS) {
        look(shared, key, value, head);
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

/* Rows and the head they are held against come from one snapshot. */
static void walk_writers(struct walk *walk)
{
    MDB_txn *txn = NULL;
    uint64_t head = 0;
    int code = mdb_txn_begin(walk->env, NULL, MDB_RDONLY, &txn);
    if (code == MDB_SUCCESS) {
        code = log_head(txn, walk->tables[TABLE_LOG], &head);
    }
    if (code == MDB_SUCCESS) {
        code =
            each_row(walk->shared, txn, walk->tables[TABLE_WRITERS], head, look_at_writer);
    }
    mdb_txn_abort(txn);
    if (code != MDB_SUCCESS) {
        verify_find(walk->shared, (struct verify_finding){.kind = VERIFY_TREE},
                    "reading the writers: %s", mdb_strerror(code));
    }
}

/* A cursor may move while the log is looked at, so the readers' snapshot is the older one. */
static void walk_readers(struct walk *walk)
{
    MDB_txn *txn = NULL;
    MDB_txn *readers_txn = NULL;
    uint64_t head = 0;
    int code = mdb_txn_begin(walk->readers_env, NULL, MDB_RDONLY, &readers_txn);
    if (code == MDB_SUCCESS) {
        code = mdb_txn_begin(walk->env, NULL, MDB_RDONLY, &txn);
    }
    if (code == MDB_SUCCESS) {
        code = log_head(txn, walk->tables[TABLE_LOG], &head);
    }
    if (code == MDB_SUCCESS) {
        code = each_row(walk->shared, readers_txn, walk->readers[TABLE_READERS], head,
                        look_at_reader);
    }
    mdb_txn_abort(txn);
    mdb_txn_abort(readers_txn);
    if (code != MDB_SUCCESS) {
        verify_find(walk->shared, (struct verify_finding){.kind = VERIFY_TREE},
                    "reading the readers: %s", mdb_strerror(code));
    }
}

static void fail_by_signal(MDB_env *env, const char *message)
{
    (void)env;
    (void)message; // the finding says which record; LMDB's line number helps nobody
    abort();
}

static bool open_both(struct walk *walk)
{
    struct verify_shared *shared = walk->shared;
    struct env_spec spec = log_spec(walk->directory, true);
    enum status status = env_open(&spec, &walk->env, walk->tables, &shared->fault);
    if (status == STATUS_CORRUPT) {
        verify_find(shared, (struct verify_finding){.kind = VERIFY_TREE}, "%s",
                    shared->fault.text);
        return false;
    }
    if (status != STATUS_OK) {
        shared->refusal = STATUS_CANNOT_START;
        return false;
    }
    int code = mdb_env_set_assert(walk->env, fail_by_signal);
    assert(code == MDB_SUCCESS);
    spec = log_readers_spec(walk->directory, true);
    status = env_open(&spec, &walk->readers_env, walk->readers, &shared->fault);
    if (status != STATUS_OK && shared->phase == PHASE_OPEN) {
        verify_find(shared, (struct verify_finding){.kind = VERIFY_READER}, "%s",
                    shared->fault.text);
    }
    return true;
}

void verify_walk(struct verify_shared *shared, const char *directory)
{
    struct walk walk = {.shared = shared, .directory = directory};
    if (!open_both(&walk)) {
        shared->phase = PHASE_DONE;
        return;
    }
    if (shared->phase <= PHASE_META) {
        shared->phase = PHASE_META;
        walk_meta(&walk);
        if (shared->refusal != STATUS_OK) {
            shared->phase = PHASE_DONE;
            return;
        }
    }
    if (shared->phase <= PHASE_RECORDS) {
        shared->phase = PHASE_RECORDS;
        walk_records(&walk);
    }
    if (shared->phase <= PHASE_WRITERS) {
        shared->phase = PHASE_WRITERS;
        walk_writers(&walk);
    }
    shared->phase = PHASE_READERS;
    if (walk.readers_env != NULL) {
        walk_readers(&walk);
    }
    shared->phase = PHASE_DONE;
    // The process ends here; LMDB's readers' slots fall with it.
}
