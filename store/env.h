/* env.h: what every LMDB environment of ours has in common. Private to store/.
 *
 *     DIRECTORY/lock        flock of the one process that may write; holds its pid
 *     DIRECTORY/NAME        the environment (one file), NAME-lock beside it is LMDB's
 *     DIRECTORY/.new/NAME   a new environment until it is complete, synced and renamed
 *
 * Invariants
 *  1. Flags are LMDB's defaults plus NOTLS (and NOSUBDIR, RDONLY): asserted after every open.
 *     WRITEMAP makes a full disk a SIGBUS, NOSYNC and NOMETASYNC lose what was acknowledged.
 *  2. An environment is created in a directory of its own and renamed: a crash inside
 *     mdb_env_open of a new file leaves one that cannot be opened (6 of 4,033 images).
 *  3. Straight after a writable open the file is synced: a meta page that failed to reach
 *     the disk before a restart would else be overtaken by the next commit's data pages.
 *     Source: measured, 30 damaged trees in 6 scenarios without, none with it.
 *  4. A process opens an environment once (LMDB's fcntl locks fall with any close), and never
 *     uses it across fork. Source: lmdb.h, "Caveats".
 *
 * File systems: LMDB needs mmap that agrees with write, byte-range locks and an fdatasync that
 * means it. NFS, CIFS, 9p, AFS, Ceph and FUSE (which does not say whether a network lies behind
 * it) promise too little, and tmpfs and ramfs keep nothing at all: these are refused. overlayfs
 * is taken: it is the root of nearly every container, and a file made on it lies in its upper
 * layer, an ordinary file of the host. What it cannot give is survival of the container; that
 * is for the installation to say (a volume), a library has nobody to warn.
 */
#ifndef STORE_ENV_H
#define STORE_ENV_H

#include <lmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/status.h"

enum {
    ENV_TABLES_MAX = 32,
    ENV_PATH_SIZE = 4096
};

struct env_spec {
    const char *directory;
    const char *name;          /* "log.mdb" */
    const char *const *tables; /* all of them */
    size_t table_count;
    uint64_t map_size_bytes; /* 0: as stored in the file */
    bool read_only;
};

/* Makes `directory` (its parent exists) unless `create` is false, and looks at what it lies on.
 * Fails: CANNOT_START. */
MUST_CHECK enum status env_directory(const char *directory, bool create, bool allow_any_fs,
                                     struct fault *fault);

/* Takes the directory's lock for the life of *fd.
 * Owns:  *fd; closing it gives the lock back.
 * Fails: LOCKED (by whom, in the text), CANNOT_START. */
MUST_CHECK enum status env_lock(const char *directory, int *fd, struct fault *fault);

/* Called with the transaction that makes a new environment; fills its first rows and returns
 * an LMDB code. */
typedef int (*env_fill_fn)(MDB_txn *txn, const MDB_dbi *tables, const void *context);

/* Makes DIRECTORY/NAME with all its tables, complete and durable or not at all. An old file of
 * that name is replaced. The directory's lock is held.
 * Fails: IO, STORE_FULL, CANNOT_START. */
MUST_CHECK enum status env_create(const struct env_spec *spec, env_fill_fn fill,
                                  const void *context, struct fault *fault);

/* Opens what is there and its tables.
 * Owns:  *env; release with mdb_env_close. `tables` has spec->table_count places.
 * Fails: NOT_FOUND (no such file), CORRUPT (not an environment, cut short, a table missing),
 *        CANNOT_START (permission, address space), IO. */
MUST_CHECK enum status env_open(const struct env_spec *spec, MDB_env **env, MDB_dbi *tables,
                                struct fault *fault);

/* Removes DIRECTORY/NAME and LMDB's lock file. Fails: IO. */
MUST_CHECK enum status env_remove(const char *directory, const char *name);

/* Bytes of the file; 0 for an empty one, -1 when there is none. */
int64_t env_file_size(const char *directory, const char *name);

/* Makes the names in a directory durable. Fails: IO. */
MUST_CHECK enum status env_sync_directory(const char *directory);

/* "DIRECTORY/NAME" into ENV_PATH_SIZE bytes. False: too long. */
bool env_path(const char *directory, const char *name, char *path);

/* What an LMDB code (or errno) of a read or a put means to the caller. */
enum status env_status(int code);
/* The same for a commit, where everything but a full map is an unknown outcome. */
enum status env_commit_status(int code);

uint64_t env_used_bytes(MDB_env *env);
uint64_t env_map_bytes(MDB_env *env);

/* Bytes as LMDB takes them. LMDB never writes through a value that it is given. */
static inline MDB_val env_val(struct bytes bytes)
{
    union {
        const void *in;
        void *out;
    } pointer = {.in = bytes.data};

    return (MDB_val){.mv_size = bytes.size, .mv_data = pointer.out};
}

static inline struct bytes env_bytes(MDB_val val)
{
    return (struct bytes){.data = val.mv_data, .size = val.mv_size};
}

static inline struct bytes env_text(const char *text)
{
    union {
        const char *in;
        const uint8_t *out;
    } pointer = {.in = text};

    return (struct bytes){.data = pointer.out, .size = __builtin_strlen(text)};
}

#endif
