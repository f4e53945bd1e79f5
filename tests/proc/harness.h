/* harness.h: the real programs in a directory of the test's own: start, wait for a line, kill.
 *
 *     struct harness h;                          harness_open(&h);
 *     struct program broker = {0};               program_start(&broker, &h, "sanji-broker", NULL);
 *     program_wait_line(&broker, "READY");       ... harness_close(&h);
 *
 * Nothing sleeps: each wait ends with what it waits for, or after HARNESS_WAIT_MS fails the
 * test and prints what the program said. Programs that still run are killed by harness_close
 * and die with the test.
 */
#ifndef TESTS_PROC_HARNESS_H
#define TESTS_PROC_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "broker/runtime/process.h"
#include "tests/unit/scratch.h"

enum {
    HARNESS_WAIT_MS = 20000,
    HARNESS_PATH_SIZE = 512,
    HARNESS_OPTIONS_MAX = 24,
    PROGRAM_LINE_SIZE = 16 * 1024,
    PROGRAMS_MAX = 16
};

struct program;

struct harness {
    char dir[SCRATCH_PATH_SIZE];
    char run_dir[HARNESS_PATH_SIZE];  /* DIR/run */
    char data_dir[HARNESS_PATH_SIZE]; /* DIR/data */
    struct program *programs[PROGRAMS_MAX];
};

/* Makes the directory; `run` and `data` in it are left to the programs. Starts a test that
 * may use SANJI_ANY_FS: a scratch directory may lie in memory. */
void harness_open(struct harness *harness);
/* Kills what runs and removes the directory. */
void harness_close(struct harness *harness);

/* Path of a built program: $SANJI_BIN, else bin/ beside the tests/ that this test lies in. */
char *harness_program(const char *name, char path[HARNESS_PATH_SIZE]);
char *harness_endpoint(const struct harness *harness, const char *name,
                       char text[ENDPOINT_SIZE]);

/* Zeroed before the first start; a program may be started again after it has ended. */
struct program {
    pid_t pid; /* 0: does not run */
    int out_fd;
    char name[64];
    char log[HARNESS_PATH_SIZE]; /* its stderr, of all its starts */
    char line[PROGRAM_LINE_SIZE];
    size_t line_size;
};

/* Starts NAME --run RUN --data DATA and `options` (NULL-terminated; may be NULL). */
void program_start(struct program *program, struct harness *harness, const char *name,
                   const char *const *options);
/* Starts with exactly these arguments (NULL-terminated, without the name). */
void program_start_bare(struct program *program, struct harness *harness, const char *name,
                        const char *const *arguments);
/* The next line of its stdout that begins so; without its newline, good until the next call. */
const char *program_wait_line(struct program *program, const char *prefix);
/* Exit code, or 128 + signal. */
int program_wait_end(struct program *program);
void program_signal(const struct program *program, int signal_no);
/* SIGKILL and wait_end. */
void program_kill(struct program *program);
/* Whether its diag says this anywhere. */
bool program_said(const struct program *program, const char *text);
/* RssAnon of /proc/PID/status. */
uint64_t program_rss_anon_bytes(const struct program *program);

#endif
