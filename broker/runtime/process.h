/* process.h: what every program's main does: options, names of endpoints, READY, drain.
 *
 *     sanji-intake --run DIR --data DIR --config FILE [own options]
 *
 * Common options: --run (default $SANJI_RUN, else ./run), --data, --config, --no-cache. A process says
 * "READY <name>" on stdout once it follows the log to its head, and again never. SIGTERM and
 * SIGINT drain; exit 0. Start-up faults: one diag line and exit 78 (sysexits EX_CONFIG);
 * lost durability: 74 (EX_IOERR); fenced: 75 (EX_TEMPFAIL); broken program: 70 (EX_SOFTWARE).
 */
#ifndef RUNTIME_PROCESS_H
#define RUNTIME_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/endpoint.h"
#include "proto/status.h"

struct loop;

enum {
    EXIT_BROKEN =
        70, /* sysexits EX_SOFTWARE: the broker refused what no right program sends */
    EXIT_CANNOT_START = 78,
    EXIT_LOST_DURABILITY = 74,
    EXIT_FENCED = 75
};

struct process_option {
    const char *name;     /* "--clock" */
    const char *argument; /* "wall|driven"; NULL: a flag */
    const char *fallback; /* shown in --help; NULL: none */
    const char *why;      /* one line */
};

struct process {
    const char *name; /* "sanji-intake" */
    const struct process_option *options;
    size_t option_count;
    const char *run_dir; /* filled by process_start */
    const char *data_dir;
    const char *config_file;
    bool no_cache;
    struct loop *loop;
    int argc;
    char **argv;
};

/* Reads the options (unknown ones exit 2 with usage; --help exits 0), opens diag, ignores
 * SIGPIPE, clears the dump flag (no core with personal data), makes the loop, wires SIGTERM
 * and SIGINT to loop_stop. */
void process_start(struct process *process, int argc, char **argv);
/* Value of an own option, or its fallback; NULL when neither. Flags: "" when given. */
const char *process_option(const struct process *process, const char *name);
/* "ipc://RUN/log.ipc". `name`: log door query live admin. Returns text. */
char *process_endpoint(const char *run_dir, const char *name, char text[ENDPOINT_SIZE]);
/* The READY line, at the first call; later ones (a session came back) say nothing. */
void process_ready(const struct process *process);
_Noreturn void process_cannot_start(const struct fault *fault);
/* Runs the loop; after it ends says STOPPED. Returns the exit code 0. */
int process_run(struct process *process);

#endif
