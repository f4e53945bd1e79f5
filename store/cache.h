/* cache.h: a stage's own tables on disk: a cache of the log, never a source of truth.
 *
 *     tables   key bytes -> value bytes, each value with a checksum
 *     meta     id of the log, position, owner's format
 *
 *     cache_put ... cache_delete ... cache_commit(position)     one transaction, one sync
 *
 * Invariants
 *  1. What stands on disk is the fold of committed records up to the position: rows and
 *     position move in one transaction. The owner puts nothing tentative in.
 *  2. A cache may be deleted at any time. One of another log, of another format, past the head
 *     or damaged is deleted at open, and begins at position 0.
 *  3. Gets see the puts that are not committed yet; a crash or cache_abort drops them.
 *
 * Commits are as durable as the log's (default flags): a cache that survives a power cut in
 * pieces would be believed. So a commit costs a sync: commit every few thousand records or
 * once in some seconds, not with every turn; a restart reads what came after the position.
 * One thread. LMDB's page checks are none, so a row with a wrong checksum is CORRUPT: drop the
 * cache and read the log again.
 */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/status.h"

struct cache;

enum {
    CACHE_TABLES_MAX = 16,
    CACHE_KEY_SIZE_MAX = 511 /* LMDB's limit. Source: lmdb.h, mdb_env_get_maxkeysize */
};

struct cache_options {
    uint64_t log_id;
    uint64_t head;   /* of the log now: a position past it is not of this log */
    uint32_t format; /* of the owner's rows and tables; change it with their layout */
    const char *const *tables; /* names; their order gives the table numbers below */
    size_t table_count;
    uint64_t map_size_bytes; /* for a new one; 0: 64 GiB (sparse) */
    bool allow_any_fs;       /* tests */
};

/* Why a cache begins at 0, or that it does not. */
enum cache_origin {
    CACHE_KEPT,         /* as it was left */
    CACHE_NEW,          /* there was none */
    CACHE_OTHER_LOG,    /* dropped: of another log */
    CACHE_OTHER_FORMAT, /* dropped: rows of another layout */
    CACHE_AHEAD,        /* dropped: past the head */
    CACHE_DAMAGED /* dropped: could not be opened, lacks a table, or its meta row is damaged */
};

/* Opens DIRECTORY/cache.mdb (directory made when missing; its parent exists) or makes it anew.
 *
 * Owns:   *cache on OK; release with cache_close. Untouched on failure.
 * Fails:  LOCKED (another process of this name), CANNOT_START (permission, file system), IO,
 *         STORE_FULL; text in *fault. */
MUST_CHECK enum status cache_open(const char *directory,
                                  const struct cache_options *options, struct cache **cache,
                                  struct fault *fault);
/* Drops what was not committed. */
void cache_close(struct cache **cache);
/* Closes and deletes: the next open begins at 0. Fails: IO (the files could not be removed;
 * closed all the same). */
MUST_CHECK enum status cache_drop(struct cache **cache);

enum cache_origin cache_origin(const struct cache *cache);
/* Newest record folded in, as of the last commit. */
uint64_t cache_position(const struct cache *cache);
/* Puts and deletes since the last commit: what to batch by. */
size_t cache_pending(const struct cache *cache);

/* Copies a value out. *size is its length.
 * Fails: NOT_FOUND; TOO_LARGE (above `capacity`: *size says what is needed); CORRUPT; IO. */
MUST_CHECK enum status cache_get(struct cache *cache, size_t table, struct bytes key,
                                 void *value, size_t capacity, size_t *size);

/* Key 1 to CACHE_KEY_SIZE_MAX bytes, value at most RECORD_SIZE_MAX. Replaces.
 * Fails: STORE_FULL (all puts since the last commit are dropped), IO. */
MUST_CHECK enum status cache_put(struct cache *cache, size_t table, struct bytes key,
                                 struct bytes value);
/* Fails: NOT_FOUND (nothing changed); STORE_FULL and IO as cache_put. */
MUST_CHECK enum status cache_delete(struct cache *cache, size_t table, struct bytes key);

/* Called with borrowed bytes; return false to stop. It must not change the cache. */
typedef bool (*cache_visit_fn)(void *context, struct bytes key, struct bytes value);
/* Visits rows with key >= `from` in byte order (size 0: all). Fails: CORRUPT, IO. */
MUST_CHECK enum status cache_each(struct cache *cache, size_t table, struct bytes from,
                                  cache_visit_fn visit, void *context);

/* Makes the puts and the position durable together; a position never goes back.
 * Fails: STORE_FULL (as cache_put); IO: what is on disk is unknown, no further commit is
 *        made: the process ends, or drops the cache. */
MUST_CHECK enum status cache_commit(struct cache *cache, uint64_t position);
/* Drops the puts since the last commit. */
void cache_abort(struct cache *cache);

#endif
