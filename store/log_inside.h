/* log_inside.h: what the files behind log.h share. Nobody else includes it.
 *
 *     log.c        open, create, close       log_read.c   read, scan, find_time
 *     log_check.c  is it whole               readers.c    durable readers
 *     log_batch.c  begin, put, commit        log_copy.c   hot copy
 *     log_room.c   headroom, cold pages      log_rows.c   the small rows as bytes
 *
 * Three owners: `batch` belongs to the thread that writes, `read` to the thread that reads,
 * `committed` to both under its mutex, which is held for copies of plain values only.
 */
#ifndef STORE_LOG_INSIDE_H
#define STORE_LOG_INSIDE_H

#include <assert.h>
#include <lmdb.h>
#include <pthread.h>

#include "store/env.h"
#include "store/log.h"
#include "store/row.h"

#define LOG_FILE     "log.mdb"
#define READERS_FILE "readers.mdb"

enum log_table {
    TABLE_LOG,
    TABLE_WRITERS,
    TABLE_META,
    LOG_TABLE_COUNT
};

enum readers_table {
    TABLE_READERS,
    TABLE_OWNER,
    READERS_TABLE_COUNT
};

enum {
    META_ROW_SIZE = 36,   /* log id, format, epoch, place, spare, clock, crc */
    WRITER_ROW_SIZE = 44, /* number, spare, epoch, batch no, first, last, cursor, crc */
    READER_ROW_SIZE = 12, /* seq, crc */
    OWNER_ROW_SIZE = 12   /* id of the log that the readers read, crc */
};

/* The rows of an environment opened for a look, by log_open and by verify. */
struct log_meta_row {
    uint64_t log_id;
    uint32_t format;
    uint32_t epoch;
    uint32_t place;
    int64_t clock_ms;
};

/* What the disk said when it was last asked. */
struct log_disk {
    int64_t looked_ms;       /* steady; 0: never */
    uint64_t free_bytes;     /* for us */
    uint64_t taken_bytes;    /* by everybody */
    uint64_t own_used_bytes; /* of ours at that moment */
};

struct log_committed {
    pthread_mutex_t lock;
    struct log_meta meta;
    uint64_t used_bytes;
    struct log_disk disk;
    size_t writer_count;
    struct log_writer writers[WRITERS_MAX]; /* row i has number i + 1 */
};

struct log_batch {
    MDB_txn *txn; /* NULL: no batch is open */
    MDB_cursor *cursor;
    pthread_t thread; /* LMDB's writer mutex must be given back by who took it */
    uint64_t head;
    int64_t stamp_ms; /* of the record at `head` */
    struct log_meta_row row;
    bool row_changed;
    bool doomed;         /* LMDB has refused a put: the commit will be refused as well */
    uint64_t cost_bytes; /* the most that the batch can add to the file */
    uint64_t room_bytes; /* what it may add */
    size_t writer_count;
    bool touched[WRITERS_MAX];
    struct log_writer writers[WRITERS_MAX];
};

struct log_reading {
    MDB_txn *txn; /* reset between calls */
    MDB_cursor *cursor;
    uint64_t head; /* the snapshot reaches at least so far */
    bool busy;
};

struct log {
    char directory[ENV_PATH_SIZE];
    bool read_only;
    bool failed; /* a commit had an unknown outcome: none follows */
    bool readers_failed;
    int lock_fd;
    MDB_env *env;
    MDB_dbi tables[LOG_TABLE_COUNT];
    MDB_env *readers_env;
    MDB_dbi readers[READERS_TABLE_COUNT];
    struct log_meta_row row; /* as of the last commit */
    uint64_t head;
    int64_t stamp_ms;
    uint64_t forgotten_bytes; /* page cache before this offset was given back */
    struct log_batch batch;
    struct log_reading read;
    struct log_committed *committed;
};

static inline struct log_committed *log_lock(const struct log *log)
{
    int code = pthread_mutex_lock(&log->committed->lock);
    assert(code == 0);
    return log->committed;
}

static inline void log_unlock(struct log_committed *committed)
{
    int code = pthread_mutex_unlock(&committed->lock);
    assert(code == 0);
}

/* The environment of a log directory. `directory` outlives the spec. */
struct env_spec log_spec(const char *directory, bool read_only);
struct env_spec log_readers_spec(const char *directory, bool read_only);

/* Rows. Reading fails with CORRUPT (checksum, size) or BAD_VERSION. */
void log_meta_pack(const struct log_meta_row *row, uint8_t out[META_ROW_SIZE]);
MUST_CHECK enum status log_meta_unpack(struct bytes value, struct log_meta_row *row);
void log_writer_pack(const struct log_writer *writer, uint8_t out[WRITER_ROW_SIZE]);
MUST_CHECK enum status log_writer_unpack(struct bytes key, struct bytes value,
                                         struct log_writer *writer);
void log_reader_pack(const char *name, uint64_t seq, uint8_t out[READER_ROW_SIZE]);
MUST_CHECK enum status log_reader_unpack(struct bytes key, struct bytes value,
                                         char name[LOG_NAME_SIZE_MAX], uint64_t *seq);
struct bytes log_meta_key(void);

/* What is wrong with a writer's row beside a head, or NULL. */
const char *log_writer_fault(const struct log_writer *writer, uint64_t head);

/* Takes one record apart and checks its sum. Fails: CORRUPT. */
MUST_CHECK enum status log_record_view(uint64_t seq, MDB_val value, struct record *record);

/* The newest record's number in a transaction; 0 when empty. Returns an LMDB code. */
int log_head(MDB_txn *txn, MDB_dbi table, uint64_t *head);

/* Reads meta row, head, newest stamp and writers into the log, checking them.
 * Fails: CORRUPT, BAD_VERSION, IO. */
MUST_CHECK enum status log_check(struct log *log, struct fault *fault);

/* Opens or makes readers.mdb of an open log. Fails: as log_open. */
MUST_CHECK enum status log_readers_open(struct log *log, struct fault *fault);
void log_readers_close(struct log *log);

/* What one more record of this size can add to the file at most. */
uint64_t log_cost_bytes(size_t value_size);
/* What a batch may add to the file; looks at the disk when the last look is old. Batch's
 * thread. */
uint64_t log_batch_room(struct log *log);

/* Where log_forget_cold begins in a log of this size. */
uint64_t log_cold_bytes(uint64_t used_bytes);

#endif
