/* child.c: fork, exec, watch, start again. */
#include "workers/sanji/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"

enum {
    WAIT_FIRST_MS = 100,
    WAIT_MAX_MS = 5000,
    STEADY_MS = 10000, // a life this long makes the next start prompt again
    DEATHS = sizeof((struct child *)0)->deaths_ms / sizeof(int64_t),
    MINUTE_MS = 60000,
    SHELL_SIGNAL = 128
};

static void on_again(void *context)
{
    child_start(context);
}

void child_init(struct child *child, struct loop *loop, const struct child_events *events,
                void *context)
{
    assert(child->name != NULL);
    child->state = CHILD_DOWN;
    child->loop = loop;
    child->events = *events;
    child->context = context;
    child->out = -1;
    child->wait_ms = WAIT_FIRST_MS;
    child->again = loop_timer_new(loop, on_again, child);
}

void child_reset(struct child *child)
{
    if (child->out >= 0) {
        loop_unreadable(child->loop, child->out);
        close(child->out);
        child->out = -1;
    }
    loop_timer_free(&child->again);
}

bool child_is_running(const struct child *child)
{
    return child->pid > 0;
}

// ---- its stdout ----

static void take_line(struct child *child)
{
    static const char READY[] = "READY";
    child->line[child->line_size] = '\0';
    bool is_ready = strncmp(child->line, READY, strlen(READY)) == 0;
    if (!is_ready) {
        fprintf(stderr, "%s: %s\n", child->name, child->line);
    } else if (child->state == CHILD_STARTING) {
        child->state = CHILD_READY;
        child->events.ready(child->context, child);
    }
    child->line_size = 0;
}

static void close_out(struct child *child)
{
    loop_unreadable(child->loop, child->out);
    close(child->out);
    child->out = -1;
}

static void on_out(void *context)
{
    struct child *child = context;
    char buffer[1024];
    ssize_t size = read(child->out, buffer, sizeof buffer);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    if (size <= 0) {
        close_out(child);
        return;
    }
    for (ssize_t i = 0; i < size; i++) {
        if (buffer[i] == '\n') {
            take_line(child);
        } else if (child->line_size + 1 < sizeof child->line) {
            child->line[child->line_size++] = buffer[i];
        }
    }
}

// ---- start ----

// Between fork and exec only calls that are safe there.
_Noreturn static void become(struct child *child, int out, pid_t parent)
{
    // Our handlers would run here too, and wake the parent's loop instead of ending the child:
    // a signal sent between fork and exec would be lost. So they go before any is let through.
    static const int HANDLED[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    for (size_t i = 0; i < sizeof HANDLED / sizeof HANDLED[0]; i++) {
        (void)signal(HANDLED[i], SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // a stopped process would sleep through SIGTERM
    if (getppid() != parent) {
        _exit(EXIT_CANNOT_START); // it died before we could be told
    }
    // Ctrl-C reaches the whole group: the order of the drain is ours, so they hear it from us.
    setpgid(0, 0);
    dup2(out, STDOUT_FILENO);
    execv(child->path, (char *const *)(uintptr_t)child->args);
    static const char TEXT[] = "sanji up: cannot run: ";
    // Nobody is left to tell when even stderr is gone.
    (void)!write(STDERR_FILENO, TEXT, sizeof TEXT - 1);
    (void)!write(STDERR_FILENO, child->path, strlen(child->path));
    (void)!write(STDERR_FILENO, "\n", 1);
    _exit(EXIT_CANNOT_START);
}

void child_start(struct child *child)
{
    assert(child->pid == 0);
    loop_timer_stop(child->again);
    if (child->out >= 0) {
        close_out(child);
    }
    int ends[2];
    // Only our end does not block: what it left may hold the other one open.
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        fprintf(stderr, "sanji up: pipe: %s\n", strerror(errno));
        abort();
    }
    pid_t parent = getpid();
    sigset_t every;
    sigset_t before;
    sigfillset(&every);
    sigprocmask(SIG_SETMASK, &every, &before); // until the child has handlers of its own
    pid_t pid = fork();
    if (pid == 0) {
        become(child, ends[1], parent);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    child->out = ends[0];
    child->line_size = 0;
    child->started_ms = loop_steady_ms();
    loop_readable(child->loop, child->out, on_out, child);
    if (pid < 0) {
        fprintf(stderr, "sanji up: fork: %s\n", strerror(errno));
        close_out(child);
        loop_timer_start(child->again, WAIT_MAX_MS, 0);
        return;
    }
    child->pid = pid;
    child->state = CHILD_STARTING;
}

void child_stop(struct child *child, int signal_no)
{
    child->is_stopping = true;
    loop_timer_stop(child->again);
    if (child->pid > 0) {
        kill(child->pid, signal_no);
    }
}

// ---- death ----

static void count_death(struct child *child, int64_t now_ms)
{
    unsigned place = child->death_count++ % DEATHS;
    bool is_often = child->death_count > DEATHS &&
                    now_ms - child->deaths_ms[place] < (int64_t)MINUTE_MS;
    child->deaths_ms[place] = now_ms;
    if (is_often) {
        diag_say(DIAG_EV_CHILD_GIVES_UP, "child=%s deaths=%u within_s=%d next_try_ms=%lld",
                 child->name, child->death_count, MINUTE_MS / 1000,
                 (long long)child->wait_ms);
    }
}

void child_reap(struct child *child)
{
    int how = 0;
    if (child->pid <= 0 || waitpid(child->pid, &how, WNOHANG) != child->pid) {
        return;
    }
    child->pid = 0;
    int code = WIFEXITED(how) ? WEXITSTATUS(how) : SHELL_SIGNAL + WTERMSIG(how);
    if (child->out >= 0) {
        on_out(child); // what it said last
    }
    int64_t now_ms = loop_steady_ms();
    if (now_ms - child->started_ms >= STEADY_MS) {
        child->wait_ms = WAIT_FIRST_MS;
    }
    bool was_asked = child->is_stopping;
    if (!was_asked) {
        diag_say(DIAG_EV_CHILD_DIED, "child=%s code=%d lived_ms=%lld", child->name, code,
                 (long long)(now_ms - child->started_ms));
        count_death(child, now_ms);
    }
    child->state = CHILD_DOWN;
    bool goes_on = child->events.ended(child->context, child, code);
    if (was_asked || !goes_on) {
        child->state = CHILD_ENDED;
        return;
    }
    loop_timer_start(child->again, child->wait_ms, 0);
    child->wait_ms = child->wait_ms * 2 < WAIT_MAX_MS ? child->wait_ms * 2 : WAIT_MAX_MS;
}
