/* scratch.c: what tests of processes and files need. */
#include "tests/unit/scratch.h"

#include <assert.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BUILT_BELOW = 5 /* build/VARIANT/tests/unit/test_x below the top */
};

void scratch_make(char path[SCRATCH_PATH_SIZE])
{
    static const char pattern[] = "sanji-test-XXXXXX";
    const char *below = getenv("TMPDIR");
    if (below == NULL || strlen(below) + sizeof(pattern) >= SCRATCH_PATH_SIZE) {
        below = "/tmp";
    }
    print_text(path, SCRATCH_PATH_SIZE, "%s/%s", below, pattern);
    char *made = mkdtemp(path);
    assert(made != NULL);
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
    (void)found; // nftw's signature
    (void)kind;
    (void)at;
    return remove(path);
}

void scratch_remove(const char *path)
{
    int done = nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    assert(done == 0);
}

char *scratch_tree_path(const char *name)
{
    char root[4096];
    ssize_t length = readlink("/proc/self/exe", root, sizeof(root) - 1);
    assert(length > 0);
    root[length] = '\0';
    for (int level = 0; level < BUILT_BELOW; level++) {
        char *slash = strrchr(root, '/');
        assert(slash != NULL);
        *slash = '\0';
    }
    size_t size = strlen(root) + strlen(name) + 2;
    char *path = malloc(size);
    assert(path != NULL);
    print_text(path, size, "%s/%s", root, name);
    return path;
}

char *scratch_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rbe");
    assert(file != NULL);
    struct stat found;
    int done = fstat(fileno(file), &found);
    assert(done == 0);
    *size = (size_t)found.st_size;
    char *text = malloc(*size + 1);
    assert(text != NULL);
    size_t got = fread(text, 1, *size, file);
    assert(got == *size);
    text[*size] = '\0';
    done = fclose(file);
    assert(done == 0);
    return text;
}

void scratch_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wbe");
    assert(file != NULL);
    size_t put = fwrite(data, 1, size, file);
    assert(put == size);
    int done = fclose(file);
    assert(done == 0);
}

void scratch_copy(const char *from, const char *to)
{
    size_t size = 0;
    struct stat found;
    char *text = scratch_read(from, &size);
    scratch_write(to, text, size);
    free(text);
    int done = stat(from, &found);
    assert(done == 0);
    done = chmod(to, found.st_mode & 0777);
    assert(done == 0);
}

struct stream {
    int fd; // -1: at its end
    char *text;
    size_t size;
};

static void read_stream(struct stream *stream)
{
    char *at = stream->text + stream->size;
    size_t room = CHILD_TEXT_SIZE - 1 - stream->size;
    assert(room > 0); // a child that says too much for a test
    ssize_t got = read(stream->fd, at, room);
    if (got > 0) {
        stream->size += (size_t)got;
    } else if (got == 0 || errno != EINTR) {
        int closed = close(stream->fd);
        assert(closed == 0);
        stream->fd = -1;
    }
    stream->text[stream->size] = '\0';
}

static void read_all(struct stream streams[2])
{
    while (streams[0].fd >= 0 || streams[1].fd >= 0) {
        struct pollfd fds[2] = {{.fd = streams[0].fd, .events = POLLIN},
                                {.fd = streams[1].fd, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0) {
            assert(errno == EINTR);
            continue;
        }
        for (size_t i = 0; i < 2; i++) {
            if (streams[i].fd >= 0 && fds[i].revents != 0) {
                read_stream(&streams[i]);
            }
        }
    }
}

void child_run(void (*body)(void *context), void *context, struct child *child)
{
    int out[2];
    int err[2];
    int done = pipe(out);
    assert(done == 0);
    done = pipe(err);
    assert(done == 0);
    done = fflush(NULL); // or the child would say it a second time
    assert(done == 0);
    pid_t pid = fork();
    assert(pid >= 0);
    if (pid == 0) {
        done = dup2(out[1], STDOUT_FILENO);
        assert(done == STDOUT_FILENO);
        done = dup2(err[1], STDERR_FILENO);
        assert(done == STDERR_FILENO);
        for (size_t i = 0; i < 2; i++) {
            (void)close(out[i]); // nothing was written to them
            (void)close(err[i]);
        }
        body(context);
        done = fflush(NULL);
        assert(done == 0);
        _exit(0);
    }
    (void)close(out[1]); // nothing was written to them
    (void)close(err[1]);
    struct stream streams[2] = {{.fd = out[0], .text = child->out},
                                {.fd = err[0], .text = child->err}};
    read_all(streams);
    int status = 0;
    pid_t waited = waitpid(pid, &status, 0);
    assert(waited == pid);
    child->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    child->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void print_text(char *out, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(out, size, format, list);
    va_end(list);
    assert(length >= 0 && (size_t)length < size);
}

size_t count_text(const char *text, const char *needle)
{
    size_t count = 0;
    for (const char *at = strstr(text, needle); at != NULL; at = strstr(at + 1, needle)) {
        count++;
    }
    return count;
}
