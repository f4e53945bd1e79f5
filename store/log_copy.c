/* log_copy.c: a copy of a log that is being written, believed only after a walk through it.
 *
 *     readers, then log -> DIRECTORY.partial-XXXXXX -> fsync -> verify -> rename to DIRECTORY
 *
 * Readers first: their cursors are then never ahead of the copied log. LMDB's own copy holds
 * one snapshot for its whole run, which costs the log a few pages for each commit meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/log_inside.h"
#include "store/verify.h"

static enum status copy_failed(const char *path, int code, struct fault *fault)
{
    enum status status = code == ENOSPC ? STATUS_STORE_FULL : env_status(code);
    return fault_set(fault, status, "%s: %s", path, mdb_strerror(code));
}

static enum status copy_one(MDB_env *env, const char *directory, const char *name,
                            struct fault *fault)
{
    char path[ENV_PATH_SIZE];
    if (!env_path(directory, name, path)) {
        return copy_failed(name, ENAMETOOLONG, fault);
    }
    int code = mdb_env_copy2(env, path, MDB_CP_COMPACT);
    if (code != MDB_SUCCESS) {
        return copy_failed(path, code, fault);
    }
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return copy_failed(path, errno, fault);
    }
    code = fsync(fd) == 0 ? 0 : errno;
    if (close(fd) != 0 && code == 0) {
        code = errno;
    }
    return code == 0 ? STATUS_OK : copy_failed(path, code, fault);
}

static enum status check_copy(const char *directory, struct fault *fault)
{
    struct verify_result result = {0};
    enum status status = verify_log(directory, NULL, NULL, &result, fault);
    if (status == STATUS_CORRUPT) {
        return fault_set(fault, status, "the copy is not whole, so the log is not: %s",
                         result.first.text);
    }
    return status;
}

/* Removes what a look at an environment leaves beside it, so that a copy is two files. */
static enum status remove_lock_file(const char *directory, const char *name)
{
    char path[ENV_PATH_SIZE];
    if (!env_path(directory, name, path) || (unlink(path) != 0 && errno != ENOENT)) {
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status put_in_place(const char *partial, const char *directory,
                                struct fault *fault)
{
    char parent[ENV_PATH_SIZE];
    memcpy(parent, directory, strlen(directory) + 1);
    char *slash = strrchr(parent, '/');
    if (slash == NULL) {
        memcpy(parent, ".", sizeof ".");
    } else {
        slash[slash == parent ? 1 : 0] = '\0';
    }
    if (remove_lock_file(partial, LOG_FILE "-lock") != STATUS_OK ||
        remove_lock_file(partial, READERS_FILE "-lock") != STATUS_OK ||
        env_sync_directory(partial) != STATUS_OK || rename(partial, directory) != 0 ||
        env_sync_directory(parent) != STATUS_OK) {
        return fault_set(fault, STATUS_IO, "%s cannot be put in place: %s", directory,
                         strerror(errno));
    }
    return STATUS_OK;
}

enum status log_copy(struct log *log, const char *directory, struct fault *fault)
{
    char partial[ENV_PATH_SIZE];
    struct stat st = {0};
    int length = snprintf(partial, sizeof partial, "%s.partial-XXXXXX", directory);
    if (length <= 0 || (size_t)length >= sizeof partial) {
        return fault_set(fault, STATUS_CANNOT_START, "the path is too long: %.200s",
                         directory);
    }
    if (lstat(directory, &st) == 0) {
        return fault_set(fault, STATUS_CANNOT_START, "%s exists already", directory);
    }
    if (mkdtemp(partial) == NULL) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: %s", partial, strerror(errno));
    }
    enum status status = copy_one(log->readers_env, partial, READERS_FILE, fault);
    if (status == STATUS_OK) {
        status = copy_one(log->env, partial, LOG_FILE, fault);
    }
    if (status == STATUS_OK) {
        status = check_copy(partial, fault);
    }
    if (status == STATUS_OK) {
        status = put_in_place(partial, directory, fault);
    }
    if (status != STATUS_OK) {
        // The copy failed already; what of it cannot be removed is named by its directory.
        (void)(env_remove(partial, LOG_FILE) == STATUS_OK &&
               env_remove(partial, READERS_FILE) == STATUS_OK && rmdir(partial) == 0);
    }
    return status;
}
