/* child.h: one process that `sanji up` runs: start, READY, death, start again.
 *
 *     DOWN --start--> STARTING --"READY ..." on its stdout--> READY
 *      ^                 |                                      |
 *      +--- back-off ----+------------- it ended --------------+
 *
 * Its stderr is ours; its stdout is a pipe, and lines that are not READY go to our stderr.
 * It is killed when we die, so nothing is left behind; that is as safe as any other crash.
 */
#ifndef SANJI_CHILD_H
#define SANJI_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct loop_timer;

enum {
    CHILD_ARGS_MAX = 24,
    CHILD_LINE_SIZE = 256,
    CHILD_PATH_SIZE = 4096
};

enum child_state {
    CHILD_DOWN,
    CHILD_STARTING,
    CHILD_READY,
    CHILD_ENDED /* it will not be started again */
};

struct child;

struct child_events {
    void (*ready)(void *context, struct child *child);
    /* It ended; `code` as a shell shows it (128 + signal). It is started again unless
     * child_stop was called, or this returns false. */
    bool (*ended)(void *context, struct child *child, int code);
};

struct child {
    const char *name; /* "sanji-broker" */
    char path[CHILD_PATH_SIZE];
    const char *args[CHILD_ARGS_MAX]; /* args[0] is the name; NULL at the end */
    /* below: child.c's */
    enum child_state state;
    bool is_stopping;
    pid_t pid;
    int out; /* our end of its stdout; -1: closed */
    int64_t started_ms;
    int64_t wait_ms; /* before the next start */
    unsigned death_count;
    int64_t deaths_ms[10]; /* the last ten */
    struct loop *loop;
    struct loop_timer *again;
    struct child_events events;
    void *context;
    unsigned line_size;
    char line[CHILD_LINE_SIZE];
};

/* name, path and args are filled by the caller before child_start. */
void child_init(struct child *child, struct loop *loop, const struct child_events *events,
                void *context);
void child_start(struct child *child);
/* Asks it to end; it is not started again. */
void child_stop(struct child *child, int signal_no);
bool child_is_running(const struct child *child);
/* After SIGCHLD: looks whether it ended. */
void child_reap(struct child *child);
void child_reset(struct child *child);

#endif
