/* harness.c: fork, exec, pipes and deadlines. */
#include "tests/proc/harness.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker/runtime/loop.h"

enum {
    CANNOT_EXEC = 127,
    SIGNALLED = 128,
    POLL_MS = 5
};

void harness_open(struct harness *harness)
{
    *harness = (struct harness){0};
    scratch_make(harness->dir);
    int size = snprintf(harness->run_dir, sizeof(harness->run_dir), "%s/run", harness->dir);
    assert(size > 0);
    size = snprintf(harness->data_dir, sizeof(harness->data_dir), "%s/data", harness->dir);
    assert(size > 0);
    int done = setenv("SANJI_ANY_FS", "1", 1);
    assert(done == 0);
}

void harness_close(struct harness *harness)
{
    for (size_t i = 0; i < PROGRAMS_MAX; i++) {
        if (harness->programs[i] != NULL && harness->programs[i]->pid != 0) {
            program_kill(harness->programs[i]);
        }
    }
    scratch_remove(harness->dir);
}

char *harness_program(const char *name, char path[HARNESS_PATH_SIZE])
{
    const char *bin = getenv("SANJI_BIN");
    if (bin != NULL && bin[0] != '\0') {
        int size = snprintf(path, HARNESS_PATH_SIZE, "%s/%s", bin, name);
        assert(size > 0 && size < HARNESS_PATH_SIZE);
        return path;
    }
    char self[HARNESS_PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    assert(length > 0);
    self[length] = '\0';
    char *tests = strstr(self, "/tests/");
    for (char *next = tests; next != NULL; next = strstr(next + 1, "/tests/")) {
        tests = next;
    }
    assert(tests != NULL);
    *tests = '\0';
    int size = snprintf(path, HARNESS_PATH_SIZE, "%s/bin/%.64s", self, name);
    assert(size > 0 && size < HARNESS_PATH_SIZE);
    return path;
}

char *harness_endpoint(const struct harness *harness, const char *name,
                       char text[ENDPOINT_SIZE])
{
    return process_endpoint(harness->run_dir, name, text);
}

// Adopts the program, so that harness_close finds it.
static void adopt(struct harness *harness, struct program *program)
{
    size_t i = 0;
    assert(harness != NULL && program != NULL);
    while (i < PROGRAMS_MAX && harness->programs[i] != NULL &&
           harness->programs[i] != program) {
        i++;
    }
    assert(i < PROGRAMS_MAX);
    harness->programs[i] = program;
}

_Noreturn static void become(const char *path, char *const *argv, int out_fd, int err_fd)
{
    // A test that dies leaves nothing behind.
    int done = prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0L, 0L, 0L);
    if (done != 0 || dup2(out_fd, STDOUT_FILENO) < 0 || dup2(err_fd, STDERR_FILENO) < 0) {
        _exit(CANNOT_EXEC);
    }
    (void)execv(path, argv); // returns only when it fails
    perror(path);
    _exit(CANNOT_EXEC);
}

void program_start_bare(struct program *program, struct harness *harness, const char *name,
                        const char *const *arguments)
{
    assert(program->pid == 0);
    char path[HARNESS_PATH_SIZE];
    char *argv[HARNESS_OPTIONS_MAX + 2] = {harness_program(name, path)};
    size_t count = 1;
    for (; arguments != NULL && arguments[count - 1] != NULL; count++) {
        assert(count <= HARNESS_OPTIONS_MAX);
        argv[count] = strdup(arguments[count - 1]); // execv takes no const
        assert(argv[count] != NULL);
    }
    int size = snprintf(program->name, sizeof(program->name), "%s", name);
    assert(size > 0 && (size_t)size < sizeof(program->name));
    size = snprintf(program->log, sizeof(program->log), "%s/%s.log", harness->dir, name);
    assert(size > 0 && (size_t)size < sizeof(program->log));
    int pipes[2];
    int done = pipe2(pipes, O_CLOEXEC);
    assert(done == 0);
    int err_fd = open(program->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert(err_fd >= 0);
    program->pid = fork();
    assert(program->pid >= 0);
    if (program->pid == 0) {
        become(path, argv, pipes[1], err_fd);
    }
    done = close(pipes[1]);
    assert(done == 0);
    done = close(err_fd);
    assert(done == 0);
    for (size_t i = 1; i < count; i++) {
        free(argv[i]);
    }
    program->out_fd = pipes[0];
    program->line_size = 0;
    adopt(harness, program);
}

void program_start(struct program *program, struct harness *harness, const char *name,
                   const char *const *options)
{
    const char *arguments[HARNESS_OPTIONS_MAX + 1] = {"--run", harness->run_dir, "--data",
                                                      harness->data_dir};
    size_t count = 4;
    for (size_t i = 0; options != NULL && options[i] != NULL; i++) {
        assert(count < HARNESS_OPTIONS_MAX);
        arguments[count] = options[i];
        count++;
    }
    program_start_bare(program, harness, name, arguments);
}

// ---- waiting ------------------------------------------------------------------------------

_Noreturn static void fail(const struct program *program, const char *what)
{
    (void)fprintf(stderr, "harness: %s: %s\n", program->name, what); // nobody to tell
    FILE *log = fopen(program->log, "r");
    char line[1024];
    while (log != NULL && fgets(line, sizeof(line), log) != NULL) {
        (void)fprintf(stderr, "    | %s", line); // as above
    }
    abort();
}

// True: a line stands at the front, NUL in place of its newline; *used bytes of it.
static bool has_line(struct program *program, size_t *used)
{
    char *end = memchr(program->line, '\n', program->line_size);
    if (end == NULL) {
        return false;
    }
    *end = '\0';
    *used = (size_t)(end - program->line) + 1;
    return true;
}

static void drop(struct program *program, size_t size)
{
    memmove(program->line, program->line + size, program->line_size - size);
    program->line_size -= size;
}

static void read_more(struct program *program, int64_t deadline_ms, const char *waited_for)
{
    struct pollfd fd = {.fd = program->out_fd, .events = POLLIN};
    int64_t left_ms = deadline_ms - loop_steady_ms();
    if (left_ms <= 0 || poll(&fd, 1, (int)left_ms) == 0) {
        fail(program, waited_for);
    }
    size_t room = sizeof(program->line) - program->line_size;
    ssize_t got = read(program->out_fd, program->line + program->line_size, room);
    if (got < 0 && errno == EINTR) {
        return;
    }
    if (got <= 0) {
        fail(program, "ended, or said a very long line, while a line was waited for");
    }
    program->line_size += (size_t)got;
}

const char *program_wait_line(struct program *program, const char *prefix)
{
    int64_t deadline_ms = loop_steady_ms() + HARNESS_WAIT_MS;
    static char found[PROGRAM_LINE_SIZE];
    for (;;) {
        size_t used = 0;
        while (has_line(program, &used)) {
            bool is_it = strncmp(program->line, prefix, strlen(prefix)) == 0;
            memcpy(found, program->line, used);
            drop(program, used);
            if (is_it) {
                return found;
            }
        }
        read_more(program, deadline_ms, prefix);
    }
}

int program_wait_end(struct program *program)
{
    assert(program->pid != 0);
    int64_t deadline_ms = loop_steady_ms() + HARNESS_WAIT_MS;
    int state = 0;
    for (;;) {
        pid_t ended = waitpid(program->pid, &state, WNOHANG);
        if (ended == program->pid) {
            break;
        }
        if (loop_steady_ms() >= deadline_ms) {
            fail(program, "does not end");
        }
        // Its stdout closes when it ends; a full pipe is drained, so that it can.
        struct pollfd fd = {.fd = program->out_fd, .events = POLLIN};
        char ignored[1024];
        if (poll(&fd, 1, POLL_MS) > 0 &&
            read(program->out_fd, ignored, sizeof(ignored)) == 0) {
            (void)poll(NULL, 0, 1); // closed, but not yet reaped
        }
    }
    program->pid = 0;
    int done = close(program->out_fd);
    assert(done == 0);
    return WIFSIGNALED(state) ? SIGNALLED + WTERMSIG(state) : WEXITSTATUS(state);
}

void program_signal(const struct program *program, int signal_no)
{
    assert(program->pid > 0);
    int done = kill(program->pid, signal_no);
    assert(done == 0);
}

void program_kill(struct program *program)
{
    program_signal(program, SIGKILL);
    (void)program_wait_end(program); // 128 + SIGKILL
}

bool program_said(const struct program *program, const char *text)
{
    FILE *log = fopen(program->log, "r");
    assert(log != NULL);
    char line[4096];
    bool is_found = false;
    while (!is_found && fgets(line, sizeof(line), log) != NULL) {
        is_found = strstr(line, text) != NULL;
    }
    int done = fclose(log);
    assert(done == 0);
    return is_found;
}

uint64_t program_rss_anon_bytes(const struct program *program)
{
    char path[64];
    int size = snprintf(path, sizeof(path), "/proc/%ld/status", (long)program->pid);
    assert(size > 0 && (size_t)size < sizeof(path));
    FILE *status = fopen(path, "r");
    assert(status != NULL);
    char line[256];
    static const char label[] = "RssAnon:";
    unsigned long long kib = 0;
    while (fgets(line, sizeof(line), status) != NULL) {
        if (strncmp(line, label, strlen(label)) == 0) {
            kib = strtoull(line + strlen(label), NULL, 10); // blanks before it are skipped
        }
    }
    int done = fclose(status);
    assert(done == 0);
    return kib * 1024;
}
