/* shim_enospc.c: a disk that is full when a test says so. Preloaded into the real programs.
 *
 *     SHIM_ENOSPC=PATH      while PATH exists, nothing can be written to regular files: every
 *                           write, sync and growth fails with ENOSPC
 *                           while PATH.free exists, statvfs tells that nothing is free
 *
 * Only files below $SHIM_ENOSPC_BELOW are on that disk.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    SHIM_PATH_SIZE = 512
};

static bool is_told(const char *suffix)
{
    char path[SHIM_PATH_SIZE];
    const char *file = getenv("SHIM_ENOSPC");
    struct stat info;
    if (file == NULL) {
        return false;
    }
    int size = snprintf(path, sizeof path, "%s%s", file, suffix);
    return size > 0 && size < SHIM_PATH_SIZE && stat(path, &info) == 0;
}

static bool is_below(const char *path)
{
    const char *below = getenv("SHIM_ENOSPC_BELOW");
    return below != NULL && strncmp(path, below, strlen(below)) == 0;
}

// True: the write to this descriptor is to fail.
static bool is_full(int fd)
{
    char link[64];
    char path[SHIM_PATH_SIZE];
    struct stat info;
    if (!is_told("") || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return false;
    }
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd); // fits
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) {
        return false;
    }
    path[size] = '\0';
    if (!is_below(path)) {
        return false;
    }
    errno = ENOSPC;
    return true;
}

// A function pointer and an object pointer have one size here. Source: dlsym(3).
#define REAL(result, name, ...)                                                            \
    static result (*real)(__VA_ARGS__);                                                    \
    if (real == NULL) {                                                                    \
        void *found = dlsym(RTLD_NEXT, name);                                              \
        memcpy(&real, &found, sizeof real);                                                \
    }

// The names of glibc's parameters are reserved.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)
    return is_full(fd) ? -1 : real(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t)
    return is_full(fd) ? -1 : real(fd, data, size, at);
}

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t)
    return is_full(fd) ? -1 : real(fd, data, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(ssize_t, "writev", int, const struct iovec *, int)
    return is_full(fd) ? -1 : real(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t)
    return is_full(fd) ? -1 : real(fd, parts, count, at);
}

int fdatasync(int fd)
{
    REAL(int, "fdatasync", int)
    return is_full(fd) ? -1 : real(fd);
}

int fsync(int fd)
{
    REAL(int, "fsync", int)
    return is_full(fd) ? -1 : real(fd);
}

int ftruncate(int fd, off_t size)
{
    REAL(int, "ftruncate", int, off_t)
    return is_full(fd) ? -1 : real(fd, size);
}

int statvfs(const char *path, struct statvfs *fs)
{
    REAL(int, "statvfs", const char *, struct statvfs *)
    int code = real(path, fs);
    if (code == 0 && is_told(".free") && is_below(path)) {
        // 95 % taken: new incidents are refused, what finishes others is not.
        fs->f_bfree = fs->f_blocks / 20;
        fs->f_bavail = fs->f_bfree;
    }
    return code;
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)
