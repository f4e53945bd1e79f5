/* env.c: opens, makes, locks and removes LMDB environments the one way that is safe. */
#include "store/env.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    MODE_DIRECTORY = 0700,
    MODE_FILE = 0600,
    // Readers of one environment: the process itself, verify, export, backup.
    READER_SLOTS = 512,
    PID_TEXT_SIZE = 16
};

static const char new_directory[] = ".new";

/* ---- file systems ---- */

static const struct {
    uint32_t magic;
    const char *name;
} refused_fs[] = {
    // Source: statfs(2) and linux/magic.h.
    {0x6969, "NFS"},       {0xff534d42, "CIFS"}, {0xfe534d42, "SMB2"},
    {0x517b, "SMB"},       {0x01021997, "9p"},   {0x65735546, "FUSE"},
    {0x5346414f, "AFS"},   {0x00c36400, "Ceph"}, {0x01021994, "tmpfs"},
    {0x858458f6, "ramfs"},
};

static enum status check_fs(const char *directory, struct fault *fault)
{
    struct statfs fs = {0};
    if (statfs(directory, &fs) != 0) {
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s: cannot look at its file system: %s", directory,
                         strerror(errno));
    }
    for (size_t i = 0; i < sizeof refused_fs / sizeof refused_fs[0]; i++) {
        if ((uint32_t)fs.f_type == refused_fs[i].magic) {
            return fault_set(
                fault, STATUS_CANNOT_START,
                "%s lies on %s, where a commit is not durable: use a local disk", directory,
                refused_fs[i].name);
        }
    }
    return STATUS_OK;
}

enum status env_directory(const char *directory, bool create, bool allow_any_fs,
                          struct fault *fault)
{
    if (create && mkdir(directory, MODE_DIRECTORY) != 0 && errno != EEXIST) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: cannot be made: %s", directory,
                         strerror(errno));
    }
    struct stat st = {0};
    if (stat(directory, &st) != 0) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: %s", directory, strerror(errno));
    }
    if (!S_ISDIR(st.st_mode)) {
        return fault_set(fault, STATUS_CANNOT_START, "%s is not a directory", directory);
    }
    return allow_any_fs ? STATUS_OK : check_fs(directory, fault);
}

/* ---- files ---- */

bool env_path(const char *directory, const char *name, char *path)
{
    int length = snprintf(path, ENV_PATH_SIZE, "%s/%s", directory, name);
    return length > 0 && length < ENV_PATH_SIZE;
}

static bool lock_path(const char *directory, const char *name, char *path)
{
    int length = snprintf(path, ENV_PATH_SIZE, "%s/%s-lock", directory, name);
    return length > 0 && length < ENV_PATH_SIZE;
}

int64_t env_file_size(const char *directory, const char *name)
{
    char path[ENV_PATH_SIZE];
    struct stat st = {0};
    if (!env_path(directory, name, path) || stat(path, &st) != 0) {
        return -1;
    }
    return st.st_size;
}

enum status env_sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return STATUS_IO;
    }
    int code = fsync(fd);
    if (close(fd) != 0) {
        code = -1;
    }
    return code == 0 ? STATUS_OK : STATUS_IO;
}

enum status env_remove(const char *directory, const char *name)
{
    char path[ENV_PATH_SIZE];
    if (!env_path(directory, name, path) || (unlink(path) != 0 && errno != ENOENT)) {
        return STATUS_IO;
    }
    if (!lock_path(directory, name, path) || (unlink(path) != 0 && errno != ENOENT)) {
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status locked_by(const char *directory, int fd, struct fault *fault)
{
    char pid[PID_TEXT_SIZE] = {0};
    ssize_t size = pread(fd, pid, sizeof pid - 1, 0);
    if (size <= 0) {
        (void)snprintf(pid, sizeof pid, "unknown"); // fits
    }
    pid[strcspn(pid, "\n")] = '\0';
    return fault_set(fault, STATUS_LOCKED, "%s is in use by another process (pid %s)",
                     directory, pid);
}

enum status env_lock(const char *directory, int *fd, struct fault *fault)
{
    char path[ENV_PATH_SIZE];
    if (!env_path(directory, "lock", path)) {
        return fault_set(fault, STATUS_CANNOT_START, "the path is too long: %.200s",
                         directory);
    }
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, MODE_FILE);
    if (lock < 0) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: %s", path, strerror(errno));
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        enum status status = errno == EWOULDBLOCK
                                 ? locked_by(directory, lock, fault)
                                 : fault_set(fault, STATUS_CANNOT_START, "%s: flock: %s",
                                             path, strerror(errno));
        (void)close(lock); // nothing was written through it
        return status;
    }
    // The pid only makes the refusal of a second process readable: a failure costs nothing.
    if (ftruncate(lock, 0) == 0) {
        (void)dprintf(lock, "%d\n", (int)getpid());
    }
    *fd = lock;
    return STATUS_OK;
}

/* ---- codes ---- */

enum status env_status(int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return STATUS_OK;
    case MDB_MAP_FULL:
        return STATUS_STORE_FULL;
    case MDB_NOTFOUND:
        return STATUS_NOT_FOUND;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        return STATUS_CORRUPT;
    default:
        return STATUS_IO;
    }
}

enum status env_commit_status(int code)
{
    if (code == MDB_SUCCESS) {
        return STATUS_OK;
    }
    return code == MDB_MAP_FULL ? STATUS_STORE_FULL : STATUS_IO;
}

uint64_t env_used_bytes(MDB_env *env)
{
    MDB_envinfo info = {0};
    MDB_stat stat = {0};
    int code = mdb_env_info(env, &info);
    assert(code == MDB_SUCCESS);
    code = mdb_env_stat(env, &stat);
    assert(code == MDB_SUCCESS);
    return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

uint64_t env_map_bytes(MDB_env *env)
{
    MDB_envinfo info = {0};
    int code = mdb_env_info(env, &info);
    assert(code == MDB_SUCCESS);
    return info.me_mapsize;
}

/* ---- open ---- */

static void assert_flags(MDB_env *env, bool read_only)
{
    const unsigned forbidden = MDB_FIXEDMAP | MDB_NOSYNC | MDB_NOMETASYNC | MDB_WRITEMAP |
                               MDB_MAPASYNC | MDB_NOLOCK | MDB_NOMEMINIT;
    unsigned flags = 0;
    int code = mdb_env_get_flags(env, &flags);
    assert(code == MDB_SUCCESS);
    assert((flags & forbidden) == 0);
    assert((flags & MDB_NOTLS) != 0);
    assert(((flags & MDB_RDONLY) != 0) == read_only);
}

static int open_file(const struct env_spec *spec, const char *path, MDB_env **env)
{
    MDB_env *opened = NULL;
    int code = mdb_env_create(&opened);
    if (code != MDB_SUCCESS) {
        return code;
    }
    unsigned flags = MDB_NOTLS | MDB_NOSUBDIR | (spec->read_only ? MDB_RDONLY : 0);
    code = mdb_env_set_maxdbs(opened, ENV_TABLES_MAX);
    if (code == MDB_SUCCESS) {
        code = mdb_env_set_maxreaders(opened, READER_SLOTS);
    }
    if (code == MDB_SUCCESS && spec->map_size_bytes != 0) {
        code = mdb_env_set_mapsize(opened, spec->map_size_bytes);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_open(opened, path, flags, MODE_FILE);
    }
    if (code != MDB_SUCCESS) {
        mdb_env_close(opened);
        return code;
    }
    assert_flags(opened, spec->read_only);
    *env = opened;
    return MDB_SUCCESS;
}

static int open_tables(const struct env_spec *spec, MDB_env *env, MDB_dbi *tables)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS) {
        return code;
    }
    for (size_t i = 0; i < spec->table_count && code == MDB_SUCCESS; i++) {
        code = mdb_dbi_open(txn, spec->tables[i], 0, &tables[i]);
    }
    if (code != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
    }
    return mdb_txn_commit(txn); // keeps the handles; there is nothing to write
}

static enum status open_fault(int code, const char *path, struct fault *fault)
{
    if (env_status(code) == STATUS_CORRUPT) {
        return fault_set(fault, STATUS_CORRUPT,
                         "%s is damaged (%s): put a verified copy in "
                         "its place",
                         path, mdb_strerror(code));
    }
    if (code == ENOMEM) {
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s: no address space for the map: raise ulimit -v", path);
    }
    if (code == EACCES || code == EPERM || code == EROFS || code == MDB_READERS_FULL) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: %s", path, mdb_strerror(code));
    }
    return fault_set(fault, STATUS_IO, "%s: %s", path, mdb_strerror(code));
}

enum status env_open(const struct env_spec *spec, MDB_env **env, MDB_dbi *tables,
                     struct fault *fault)
{
    assert(spec->table_count <= ENV_TABLES_MAX);
    char path[ENV_PATH_SIZE];
    if (!env_path(spec->directory, spec->name, path)) {
        return fault_set(fault, STATUS_CANNOT_START, "the path is too long: %.200s",
                         spec->directory);
    }
    int64_t size = env_file_size(spec->directory, spec->name);
    if (size < 0) {
        return fault_set(fault, STATUS_NOT_FOUND, "%s does not exist", path);
    }
    if (size == 0) {
        return open_fault(MDB_INVALID, path, fault); // LMDB would take it for a new one
    }
    MDB_env *opened = NULL;
    int code = open_file(spec, path, &opened);
    if (code != MDB_SUCCESS) {
        return open_fault(code, path, fault);
    }
    // Reading behind the end of a file is a SIGBUS, so its length is checked first. A reader
    // of a live file may see it grow meanwhile, never shrink.
    uint64_t used_bytes = env_used_bytes(opened);
    if ((uint64_t)env_file_size(spec->directory, spec->name) < used_bytes) {
        mdb_env_close(opened);
        return fault_set(fault, STATUS_CORRUPT,
                         "%s is cut short: %llu bytes are in use, it has "
                         "%lld: put a verified copy in its place",
                         path, (unsigned long long)used_bytes, (long long)size);
    }
    if (!spec->read_only) {
        int dead = 0;
        code = mdb_env_sync(opened, 1); // invariant 3
        if (code == MDB_SUCCESS) {
            code = mdb_reader_check(opened, &dead);
        }
    }
    if (code == MDB_SUCCESS) {
        code = open_tables(spec, opened, tables);
    }
    if (code != MDB_SUCCESS) {
        mdb_env_close(opened);
        return open_fault(code, path, fault);
    }
    *env = opened;
    return STATUS_OK;
}

/* ---- create ---- */

static int fill_new(const struct env_spec *spec, MDB_env *env, env_fill_fn fill,
                    const void *context)
{
    MDB_txn *txn = NULL;
    MDB_dbi tables[ENV_TABLES_MAX] = {0};
    int code = mdb_txn_begin(env, NULL, 0, &txn);
    if (code != MDB_SUCCESS) {
        return code;
    }
    for (size_t i = 0; i < spec->table_count && code == MDB_SUCCESS; i++) {
        code = mdb_dbi_open(txn, spec->tables[i], MDB_CREATE, &tables[i]);
    }
    if (code == MDB_SUCCESS) {
        code = fill(txn, tables, context);
    }
    if (code != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return code;
    }
    code = mdb_txn_commit(txn);
    return code == MDB_SUCCESS ? mdb_env_sync(env, 1) : code;
}

enum status env_create(const struct env_spec *spec, env_fill_fn fill, const void *context,
                       struct fault *fault)
{
    assert(spec->map_size_bytes != 0 && !spec->read_only);
    assert(spec->table_count <= ENV_TABLES_MAX);
    char fresh[ENV_PATH_SIZE];
    char path[ENV_PATH_SIZE];
    char target[ENV_PATH_SIZE];
    if (!env_path(spec->directory, new_directory, fresh) ||
        !env_path(fresh, spec->name, path) ||
        !env_path(spec->directory, spec->name, target)) {
        return fault_set(fault, STATUS_CANNOT_START, "the path is too long: %.200s",
                         spec->directory);
    }
    // What a crash left there was never renamed, so nobody has relied on it.
    if ((mkdir(fresh, MODE_DIRECTORY) != 0 && errno != EEXIST) ||
        env_remove(fresh, spec->name) != STATUS_OK) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: %s", fresh, strerror(errno));
    }
    MDB_env *env = NULL;
    int code = open_file(spec, path, &env);
    if (code != MDB_SUCCESS) {
        return open_fault(code, path, fault);
    }
    code = fill_new(spec, env, fill, context);
    mdb_env_close(env);
    if (code != MDB_SUCCESS) {
        return fault_set(fault, env_commit_status(code), "%s cannot be written: %s", path,
                         mdb_strerror(code));
    }
    // A lock file that belonged to an earlier environment of this name must not outlive it.
    if (env_remove(spec->directory, spec->name) != STATUS_OK || rename(path, target) != 0 ||
        env_remove(fresh, spec->name) != STATUS_OK || rmdir(fresh) != 0 ||
        env_sync_directory(spec->directory) != STATUS_OK) {
        return fault_set(fault, STATUS_IO, "%s cannot be put in place: %s", target,
                         strerror(errno));
    }
    return STATUS_OK;
}
