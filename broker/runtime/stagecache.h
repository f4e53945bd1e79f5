/* stagecache.h: where a stage's cache of the log is kept: DATA/cache/NAME, through store/.
 *
 *     rows    (table, number) -> bytes         grow, each replaced alone
 *     texts   name -> bytes of any size        replaced as a whole, cut in chunks
 *
 *     put ... put ... commit(position)         one transaction, one sync
 *
 * Invariants
 *  1. Rows, texts and position move together; what stands there is the fold of the committed
 *     records up to the position (store/cache.h).
 *  2. A cache of another log, another build, past the head, or damaged begins at position 0.
 *  3. The first put that fails is kept, and the commit answers it: puts need no check.
 *
 * The bytes are this machine's own plain values, and what a record folds to is the program's
 * business: the format covers the sizes of these values and a sum over the program's file, so
 * that any other build begins anew.
 */
#ifndef RUNTIME_STAGECACHE_H
#define RUNTIME_STAGECACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/status.h"

struct stagecache;

enum {
    STAGECACHE_FORMAT = 1
};

enum stagecache_table {
    STAGECACHE_CASES = 0, /* by place */
    STAGECACHE_WORKERS,   /* by number */
    STAGECACHE_OWN,       /* the stage's: numbers are its own */
    STAGECACHE_TABLES
};

struct stagecache_options {
    uint64_t log_id;
    uint64_t head;         /* of the log now */
    uint32_t format_extra; /* for tests: another one is another build */
    bool allow_any_fs;     /* tests */
};

/* Opens the cache in `directory`, whose parents are made when missing, or makes it anew.
 * *dropped: why one that was there could not be used ("OTHER_LOG", "OTHER_FORMAT", "AHEAD",
 * "DAMAGED"; static text); NULL: it is used, or there was none.
 *
 * Owns:   *cache on OK; release with stagecache_close or stagecache_drop.
 * Fails:  LOCKED (another process of this name), CANNOT_START, IO, STORE_FULL; text in
 *         *fault. */
MUST_CHECK enum status stagecache_open(const char *directory,
                                       const struct stagecache_options *options,
                                       struct stagecache **cache, const char **dropped,
                                       struct fault *fault);
/* Drops what was not committed. */
void stagecache_close(struct stagecache **cache);
/* Closes and deletes it: the next open begins at 0. Fails: IO (closed all the same). */
MUST_CHECK enum status stagecache_drop(struct stagecache **cache);

/* Newest record folded into what the last commit wrote. */
uint64_t stagecache_position(const struct stagecache *cache);

/* A row has at most RECORD_SIZE_MAX bytes. */
void stagecache_put(struct stagecache *cache, enum stagecache_table table, uint64_t number,
                    struct bytes value);
/* `name`: at most 32 bytes. */
void stagecache_put_text(struct stagecache *cache, const char *name, struct bytes value);
/* Fails: STORE_FULL, IO: drop the cache. */
MUST_CHECK enum status stagecache_commit(struct stagecache *cache, uint64_t position);

/* Visits the rows of a table by number; `visit` returns false for one that cannot be.
 * Fails: CORRUPT (a checksum, or visit said so), IO: drop the cache. */
typedef bool (*stagecache_visit_fn)(void *context, uint64_t number, struct bytes value);
MUST_CHECK enum status stagecache_each(struct stagecache *cache,
                                       enum stagecache_table table,
                                       stagecache_visit_fn visit, void *context);
/* Owns:   *data on OK, to be given to memory_free.
 * Fails:  NOT_FOUND; CORRUPT and IO: drop the cache. */
MUST_CHECK enum status stagecache_take_text(struct stagecache *cache, const char *name,
                                            uint8_t **data, size_t *size);
/* A text that is one plain value. Fails: as above; CORRUPT when its size is another. */
MUST_CHECK enum status stagecache_read_text(struct stagecache *cache, const char *name,
                                            void *value, size_t size);

#endif
