/* verify.c: the walk, the child that walks, and the parent that outlives it.
 *
 *     shared page:  phase, at (the record in hand), result, findings
 *     child dies -> parent notes DIED at `at`, forks another that begins at `at` + 1
 */
#include "store/verify.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/id.h"
#include "store/log_inside.h"

enum {
    // One snapshot's worth: a walk of hours must not pin the pages that commits free.
    CHUNK_RECORDS = 4096,
    // A damaged page may kill once for each record on it; a log that kills more often than
    // this is not worth walking on.
    DEATHS_MAX = 64
};

enum phase { PHASE_OPEN, PHASE_META, PHASE_RECORDS, PHASE_WRITERS, PHASE_READERS, PHASE_DONE };

struct shared {
    enum phase phase;
    uint64_t at;       /* the record in hand */
    int64_t stamp_ms;  /* of the last whole record */
    bool has_stamp;
    enum status refusal; /* the log cannot be looked at */
    struct fault fault;
    struct verify_result result;
    size_t kept;
    struct verify_finding findings[VERIFY_FINDINGS_MAX];
};

struct walk {
    struct shared *shared;
    const char *directory;
    MDB_env *env;
    MDB_dbi tables[LOG_TABLE_COUNT];
    MDB_env *readers_env;
    MDB_dbi readers[READERS_TABLE_COUNT];
};

/* ---- findings ---- */

const char *verify_kind_name(enum verify_kind kind)
{
    switch (kind) {
    case VERIFY_META:
        return "META";
    case VERIFY_CHECKSUM:
        return "CHECKSUM";
    case VERIFY_GAP:
        return "GAP";
    case VERIFY_ORDER:
        return "ORDER";
    case VERIFY_TREE:
        return "TREE";
    case VERIFY_WRITER:
        return "WRITER";
    case VERIFY_READER:
        return "READER";
    case VERIFY_DIED:
        return "DIED";
    }
    return "UNKNOWN";
}

static bool is_about_record(const struct verify_finding *finding)
{
    return finding->seq != 0;
}

static void find(struct shared *shared, struct verify_finding finding, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void find(struct shared *shared, struct verify_finding finding, const char *format, ...)
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

static void find_record(struct shared *shared, enum verify_kind kind, uint64_t seq,
                        MDB_val value, const char *why)
{
    struct verify_finding finding = about(kind, seq, value);
    char case_no[CASE_NO_SIZE] = {0};
    (void)id_case_print(shared->result.meta.place, finding.case_key, case_no); // returns it
    find(shared, finding, "record %llu %s; by its header: case %s, type %u, writer %u",
         (unsigned long long)seq, why, case_no[0] != '\0' ? case_no : "none",
         (unsigned)finding.type, (unsigned)finding.writer);
}

/* ---- the walk, in the child ---- */

static void walk_meta(struct walk *walk)
{
    struct shared *shared = walk->shared;
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
        find(shared, (struct verify_finding){.kind = VERIFY_META}, "the meta row: %s",
             mdb_strerror(code));
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
        find(shared, (struct verify_finding){.kind = VERIFY_META},
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

static void look_at(struct shared *shared, uint64_t seq, MDB_val value)
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

/* Looks at up to CHUNK_RECORDS from shared->at on. False: the end, or no way on. */
static bool walk_chunk(struct walk *walk, MDB_txn *txn)
{
    struct shared *shared = walk->shared;
    MDB_cursor *cursor = NULL;
    MDB_val value = {0};
    uint8_t text[ROW_KEY_SIZE];
    row_put_key(text, shared->at);
    MDB_val key = {.mv_size = sizeof text, .mv_data = text};
    int code = mdb_cursor_open(txn, walk->tables[TABLE_LOG], &cursor);
    for (unsigned i = 0; i < CHUNK_RECORDS && code == MDB_SUCCESS; i++) {
        code = mdb_cursor_get(cursor, &key, &value, i == 0 ? MDB_SET_RANGE : MDB_NEXT);
        if (code != MDB_SUCCESS) {
            break;
        }
        uint64_t seq = key.mv_size == ROW_KEY_SIZE ? row_get_key(key.mv_data) : 0;
        if (seq < shared->at) {
            code = MDB_CORRUPTED; // keys run backwards: a page stands in the wrong place
            break;
        }
        if (seq > shared->at) {
            find(shared,
                 (struct verify_finding){
                     .kind = VERIFY_GAP, .seq = shared->at, .upto = seq - 1},
                 "records %llu to %llu are missing", (unsigned long long)shared->at,
                 (unsigned long long)(seq - 1));
            shared->at = seq;
        }
        look_at(shared, seq, value);
        shared->result.meta.head = seq;
        shared->at = seq + 1;
    }
    mdb_cursor_close(cursor);
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND) {
        find(shared, (struct verify_finding){.kind = VERIFY_TREE, .seq = shared->at},
             "reading at record %llu: %s; what follows was not looked at",
             (unsigned long long)shared->at, mdb_strerror(code));
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
        find(walk->shared, (struct verify_finding){.kind = VERIFY_TREE},
             "no snapshot of the log: %s", mdb_strerror(code));
    }
    mdb_txn_abort(txn);
}

static void look_at_writer(struct shared *shared, MDB_val key, MDB_val value, uint64_t head)
{
    struct log_writer writer = {0};
    struct verify_finding finding = {.kind = VERIFY_WRITER};
    size_t size = key.mv_size < LOG_NAME_SIZE_MAX ? key.mv_size : LOG_NAME_SIZE_MAX - 1;
    memcpy(finding.name, key.mv_data, size);
    if (log_writer_unpack(env_bytes(key), env_bytes(value), &writer) != STATUS_OK) {
        find(shared, finding, "the row of writer %s is damaged", finding.name);
        return;
    }
    const char *why = log_writer_fault(&writer, head);
    if (why != NULL) {
        find(shared, finding, "writer %s %s (batch %llu to %llu, cursor %llu, head %llu)",
             writer.name, why, (unsigned long long)writer.first_seq,
             (unsigned long long)writer.last_seq, (unsigned long long)writer.cursor,
             (unsigned long long)head);
        return;
    }
    shared->result.writers++;
}

static void look_at_reader(struct shared *shared, MDB_val key, MDB_val value, uint64_t head)
{
    uint64_t seq = 0;
    struct verify_finding finding = {.kind = VERIFY_READER};
    size_t size = key.mv_size < LOG_NAME_SIZE_MAX ? key.mv_size : LOG_NAME_SIZE_MAX - 1;
    memcpy(finding.name, key.mv_data, size);
    if (log_reader_unpack(env_bytes(key), env_bytes(value), finding.name, &seq) !=
        STATUS_OK) {
        find(shared, finding, "the row of reader %s is damaged", finding.name);
        return;
    }
    if (seq > head) {
        find(shared, finding, "reader %s stands at %llu, beyond the head %llu", finding.name,
             (unsigned long long)seq, (unsigned long long)head);
        return;
    }
    shared->result.readers++;
}

typedef void (*row_fn)(struct shared *shared, MDB_val key, MDB_val value, uint64_t head);

static int each_row(struct shared *shared, MDB_txn *txn, MDB_dbi table, uint64_t head,
                    row_fn look)
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
        code = each_row(walk->shared, txn, walk->tables[TABLE_WRITERS], head, look_at_writer);
    }
    mdb_txn_abort(txn);
    if (code != MDB_SUCCESS) {
        find(walk->shared, (struct verify_finding){.kind = VERIFY_TREE},
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
        find(walk->shared, (struct verify_finding){.kind = VERIFY_TREE},
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
    struct shared *shared = walk->shared;
    struct env_spec spec = log_spec(walk->directory, true);
    enum status status = env_open(&spec, &walk->env, walk->tables, &shared->fault);
    if (status == STATUS_CORRUPT) {
        find(shared, (struct verify_finding){.kind = VERIFY_TREE}, "%s", shared->fault.text);
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
        find(shared, (struct verify_finding){.kind = VERIFY_READER}, "%s",
             shared->fault.text);
    }
    return true;
}

/* Goes on from where shared->phase and shared->at stand. */
static void walk_all(struct shared *shared, const char *directory)
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

/* ---- the parent ---- */

static _Noreturn void be_child(struct shared *shared, const char *directory)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        (void)signal(deadly[i], SIG_DFL); // these are all valid
    }
    // All three only keep the dying tidy. Open files go, since one of them may be the lock of
    // the broker that asked: it must not outlive that broker here.
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
    walk_all(shared, directory);
    _exit(EXIT_SUCCESS);
}

/* True when the child has come to its end. */
static bool run_child(struct shared *shared, const char *directory, int *signal_number)
{
    pid_t pid = fork();
    if (pid == 0) {
        be_child(shared, directory);
    }
    if (pid < 0) {
        shared->refusal = fault_set(&shared->fault, STATUS_CANNOT_START, "fork: %s",
                                    strerror(errno));
        return true;
    }
    int how = 0;
    pid_t waited = 0;
    do {
        waited = waitpid(pid, &how, 0);
    } while (waited < 0 && errno == EINTR);
    // A host that reaps all children may be faster; then the page alone tells.
    *signal_number = waited == pid && WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    return shared->phase == PHASE_DONE;
}

static void note_death(struct shared *shared, int signal_number)
{
    struct verify_finding finding = {.kind = VERIFY_DIED, .signal = signal_number};
    const char *what = "the end of its process";
    if (signal_number != 0) {
        what = strsignal(signal_number);
    }
    switch (shared->phase) {
    case PHASE_OPEN:
    case PHASE_META:
        find(shared, finding, "the reader died opening the log: signal %d (%s)", signal_number,
             what);
        shared->phase = shared->phase == PHASE_OPEN ? PHASE_DONE : PHASE_RECORDS;
        break;
    case PHASE_RECORDS:
        finding.seq = shared->at;
        find(shared, finding,
             "the record reader died at record %llu: signal %d (%s); it and its page "
             "neighbours cannot be read",
             (unsigned long long)shared->at, signal_number, what);
        shared->at++;
        break;
    case PHASE_WRITERS:
        find(shared, finding, "the reader died on the writers' rows: signal %d (%s)",
             signal_number, what);
        shared->phase = PHASE_READERS;
        break;
    case PHASE_READERS:
    case PHASE_DONE:
        find(shared, finding, "the reader died on the durable readers' rows: signal %d (%s)",
             signal_number, what);
        shared->phase = PHASE_DONE;
        break;
    }
}

enum status verify_log(const char *directory, verify_report_fn report, void *context,
                       struct verify_result *result, struct fault *fault)
{
    assert(directory != NULL && result != NULL && fault != NULL);
    *result = (struct verify_result){0};
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return fault_set(fault, STATUS_CANNOT_START, "no memory: %s", strerror(errno));
    }
    shared->at = 1;
    int signal_number = 0;
    unsigned deaths = 0;
    while (!run_child(shared, directory, &signal_number)) {
        note_death(shared, signal_number);
        deaths++;
        if (shared->phase == PHASE_DONE || deaths == DEATHS_MAX) {
            break;
        }
    }
    enum status status = shared->refusal;
    if (status == STATUS_OK) {
        *result = shared->result;
        status = result->findings == 0 ? STATUS_OK : STATUS_CORRUPT;
        for (size_t i = 0; i < shared->kept && report != NULL; i++) {
            report(context, &shared->findings[i]);
        }
    } else {
        *fault = shared->fault;
    }
    int code = munmap(shared, sizeof *shared);
    assert(code == 0);
    return status;
}
