/* log.h: the append-only case log and what moves with it in one transaction.
 *
 *     log       seq (u64 big-endian) -> header 52 bytes | envelope as received
 *     writers   name -> number, epoch, last batch number with its first and last seq, cursor
 *     meta      log id, format, broker epoch, the log's nine place digits, last clock value
 *   in a second environment, so that overwritten rows never touch the log's free list:
 *     readers   durable name -> seq
 *
 *     log_begin   log_put log_put ... log_writer_put   log_commit     one sync for the batch
 *     ---------------------------------------------------------------------> time
 *                                                        ^ only here may anything be acked
 *
 * Invariants
 *  1. After log_commit returns OK its records are on disk, in sequence, and never change.
 *  2. A failed commit other than STORE_FULL means the outcome is unknown: the caller says so
 *     and exits. It never commits again. Source: LMDB 0.9.24 commits happily after a failed
 *     fdatasync (measured; Rebello et al., USENIX ATC 2020).
 *  3. Readers see committed records only, and hold no snapshot longer than one call.
 *  4. One process has the log open for writing (flock). No LMDB type leaves store/.
 *  5. Flags are LMDB's defaults plus NOTLS: never WRITEMAP, MAPASYNC, NOSYNC, NOMETASYNC,
 *     NOLOCK; asserted at open.
 *
 * Threads: the batch calls (begin, put, writer_put, commit, abort, has_room, forget_cold)
 * belong to one thread at a time, and a batch ends in the thread that began it; the read calls
 * belong to another; both may run at once. meta, used_bytes, the writers and copy may be called
 * by any, the durable readers by one at a time.
 * A process opens a log once, and not across fork.
 */
#ifndef STORE_LOG_H
#define STORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/record.h"
#include "proto/status.h"

struct log;

enum {
    LOG_NAME_SIZE_MAX = 48 /* bytes of a writer's or reader's name, NUL included */
};

struct log_options {
    /* 0: 64 GiB (sparse) for a new log, as stored for an old one. A larger one than stored
     * makes the map of an old log grow, a smaller one is refused. */
    uint64_t map_size_bytes;
    bool read_only;    /* verify, export: no lock taken, nothing written */
    bool allow_any_fs; /* tests: skip the check that refuses NFS, CIFS, 9p, FUSE, tmpfs */
};

struct log_meta {
    uint64_t log_id;
    uint32_t format;
    uint32_t broker_epoch;
    uint32_t place;   /* 370499003; 0 until log_place_put */
    int64_t clock_ms; /* newest of the last record and the last ClockMoved */
    uint64_t head;    /* last committed seq; 0: empty */
    uint64_t map_size_bytes;
};

struct log_writer {
    char name[LOG_NAME_SIZE_MAX];
    uint8_t number; /* what record headers call it; 1.. in order of first use */
    uint32_t epoch;
    uint64_t batch_no;
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t cursor;
};

/* Opens or creates DIRECTORY/log.mdb and DIRECTORY/readers.mdb: flock, open, mdb_env_sync,
 * check of the last records (sequence, CRC) and of the writer rows against them, then broker
 * epoch + 1, committed. A new log is made in a temporary directory and renamed, since LMDB's
 * creation is not atomic.
 *
 * Owns:   *log on OK; release with log_close. Untouched on failure.
 * Fails:  LOCKED (second broker), IO, CORRUPT (which record, what to do), BAD_VERSION,
 *         CANNOT_START (file system that cannot hold LMDB, wrong mode); text in *fault. */
MUST_CHECK enum status log_open(const char *directory, const struct log_options *options,
                                struct log **log, struct fault *fault);
void log_close(struct log **log);

/* What stands at the last commit. */
struct log_meta log_meta(const struct log *log);

/* ---- one batch, one transaction ---- */

/* Fails: IO (exit). */
MUST_CHECK enum status log_begin(struct log *log);

/* Adds one record with the next number; `header` is complete (recorded_at_ms, writer, crc
 * as it stands in the log). *seq is final once the batch commits.
 * Fails: STORE_FULL, decided before the batch is touched; IO (abort and exit). */
MUST_CHECK enum status log_put(struct log *log, const uint8_t header[RECORD_HEADER_SIZE],
                               struct bytes envelope, uint64_t *seq);

/* Writes a writer's row, in the same transaction. A new name has the next number.
 * Fails: STORE_FULL (the batch is lost: commit will say so, abort), IO. */
MUST_CHECK enum status log_writer_put(struct log *log, const struct log_writer *writer);
/* Newest clock value and place digits, in the same transaction. */
MUST_CHECK enum status log_clock_put(struct log *log, int64_t clock_ms);
MUST_CHECK enum status log_place_put(struct log *log, uint32_t place);

/* Makes the batch durable. Fails: STORE_FULL (nothing of the batch stands, the log goes on);
 * IO: the outcome is unknown, exit. */
MUST_CHECK enum status log_commit(struct log *log);
void log_abort(struct log *log);

/* Room left before `percent` of the map or of the file system is used. Cheap: looks at the
 * file system at most once a second. `bytes`: what is about to be added. */
bool log_has_room(struct log *log, size_t bytes, unsigned percent);
uint64_t log_used_bytes(struct log *log);

/* ---- writers, at open and on Hello ---- */
size_t log_writer_count(const struct log *log);
/* Row i as of the last commit. */
struct log_writer log_writer_at(const struct log *log, size_t i);

/* ---- reading ---- */

/* Called for each record; return false to stop before the next. `record` is borrowed for the
 * call; its CRC was checked. */
typedef bool (*log_visit_fn)(void *context, const struct record *record);

/* Visits committed records from `from` to at most `upto`, at most `count_max`.
 * *next is the first number not visited.
 * Fails: CORRUPT, with *next = the record that is wrong; IO. */
MUST_CHECK enum status log_read(struct log *log, uint64_t from, uint64_t upto,
                                uint32_t count_max, log_visit_fn visit, void *context,
                                uint64_t *next);

/* As log_read, but hands out only records whose header passes `match` (NULL: all), the
 * others cost a look at the header and no checksum. */
typedef bool (*log_match_fn)(const void *context, const uint8_t header[RECORD_HEADER_SIZE]);
MUST_CHECK enum status log_scan(struct log *log, uint64_t from, uint64_t upto,
                                uint32_t looked_max, log_match_fn match,
                                const void *match_context, log_visit_fn visit,
                                void *context, uint64_t *next);

/* The first record stamped at or after `time_ms` (binary search: stamps never decrease);
 * head + 1 when there is none. */
MUST_CHECK enum status log_find_time(struct log *log, int64_t time_ms, uint64_t *seq);

/* Gives the page cache of records far behind the head back to the system. Advice only. */
void log_forget_cold(struct log *log);

/* ---- durable readers ---- */
/* Fails: put: INVALID (name empty or too long), AHEAD (past the head), LIMIT (READERS_MAX
 *        names), STORE_FULL, IO (exit); get: NOT_FOUND; both reads: CORRUPT, IO. */
MUST_CHECK enum status log_reader_put(struct log *log, const char *name, uint64_t seq);
MUST_CHECK enum status log_reader_get(struct log *log, const char *name, uint64_t *seq);
typedef void (*log_reader_fn)(void *context, const char *name, uint64_t seq);
MUST_CHECK enum status log_readers(struct log *log, log_reader_fn visit, void *context);

/* Copies the log, hot and compact, to a directory that must not exist (its parent does), and
 * walks through the copy before it gets that name. Long: not on a loop's thread.
 * Fails: CANNOT_START (the directory exists, or cannot be made), STORE_FULL, CORRUPT (the log
 *        is not whole; what is wrong in *fault), IO. Nothing is left behind. */
MUST_CHECK enum status log_copy(struct log *log, const char *directory,
                                struct fault *fault);

#endif
