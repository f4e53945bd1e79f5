/* process.c: from main's arguments to a running loop. */
#include "broker/runtime/process.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"

enum {
    EXIT_USAGE = 2,
    HELP_COLUMN = 28,
    PRIVATE_MODE = 0700,
    OTHERS_MASK = 0077
};

static const struct process_option common_options[] = {
    {"--run", "DIR", "$SANJI_RUN, else ./run", "directory of the endpoints"},
    {"--data", "DIR", NULL, "directory of this system's data"},
    {"--config", "FILE", NULL, "configuration"},
    {"--no-cache", NULL, NULL, "read the log from its beginning; keep no cache of it"},
    {"--help", NULL, NULL, "print this and exit"},
};

enum {
    COMMON_OPTION_COUNT = sizeof(common_options) / sizeof(common_options[0])
};

// The loop stays reachable to the end of the process, whatever main does with its struct.
static struct loop *process_loop;
static bool is_ready_said;

// ---- options ----------------------------------------------------------------------------

static void print_option(FILE *out, const struct process_option *option)
{
    char left[64];
    int size = snprintf(left, sizeof(left), "%s%s%s", option->name,
                        option->argument != NULL ? " " : "",
                        option->argument != NULL ? option->argument : "");
    assert(size > 0 && (size_t)size < sizeof(left));
    (void)fprintf(out, "  %-*s %s", HELP_COLUMN, left, option->why); // nobody to tell
    if (option->fallback != NULL) {
        (void)fprintf(out, " (default %s)", option->fallback); // as above
    }
    (void)fputc('\n', out); // as above
}

static void print_usage(FILE *out, const struct process *process)
{
    (void)fprintf(out, "usage: %s [option ...]\n", process->name); // nobody to tell
    for (size_t i = 0; i < process->option_count; i++) {
        print_option(out, &process->options[i]);
    }
    for (size_t i = 0; i < COMMON_OPTION_COUNT; i++) {
        print_option(out, &common_options[i]);
    }
}

_Noreturn static void refuse_usage(const struct process *process, const char *argument,
                                   const char *why)
{
    (void)fprintf(stderr, "%s: %s: %s\n", process->name, argument, why); // nobody to tell
    print_usage(stderr, process);
    exit(EXIT_USAGE);
}

// Length of the name in "--name" or "--name=value".
static size_t name_size(const char *argument)
{
    return strcspn(argument, "=");
}

static bool is_named(const char *argument, const char *name)
{
    size_t size = name_size(argument);
    return strlen(name) == size && strncmp(argument, name, size) == 0;
}

static const struct process_option *find_option(const struct process *process,
                                                const char *argument)
{
    for (size_t i = 0; i < process->option_count; i++) {
        if (is_named(argument, process->options[i].name)) {
            return &process->options[i];
        }
    }
    for (size_t i = 0; i < COMMON_OPTION_COUNT; i++) {
        if (is_named(argument, common_options[i].name)) {
            return &common_options[i];
        }
    }
    return NULL;
}

// The value of the option at *index, which moves on to the last argument used. NULL: it is
// missing. Flags: "".
static const char *take_value(const struct process *process,
                              const struct process_option *option, int *index)
{
    const char *argument = process->argv[*index];
    if (argument[name_size(argument)] == '=') {
        return argument + name_size(argument) + 1;
    }
    if (option->argument == NULL) {
        return "";
    }
    // "--run --data x" forgot a directory; one that begins so is written --run=--data.
    if (*index + 1 >= process->argc || strncmp(process->argv[*index + 1], "--", 2) == 0) {
        return NULL;
    }
    *index += 1;
    return process->argv[*index];
}

// The last value given; NULL: none.
static const char *find_value(const struct process *process, const char *name)
{
    const char *found = NULL;
    for (int i = 1; i < process->argc; i++) {
        const struct process_option *option = find_option(process, process->argv[i]);
        assert(option != NULL); // process_start has checked them all
        const char *value = take_value(process, option, &i);
        assert(value != NULL);
        if (strcmp(option->name, name) == 0) {
            found = value;
        }
    }
    return found;
}

static void check_options(const struct process *process)
{
    for (int i = 1; i < process->argc; i++) {
        const char *argument = process->argv[i];
        const struct process_option *option = find_option(process, argument);
        if (option == NULL) {
            refuse_usage(process, argument, "no such option");
        }
        bool has_value = argument[name_size(argument)] == '=';
        if (option->argument == NULL && has_value) {
            refuse_usage(process, argument, "takes no value");
        }
        if (strcmp(option->name, "--help") == 0) {
            print_usage(stdout, process);
            exit(0);
        }
        if (take_value(process, option, &i) == NULL) {
            refuse_usage(process, argument, "needs a value");
        }
    }
}

const char *process_option(const struct process *process, const char *name)
{
    const char *value = find_value(process, name);
    if (value != NULL) {
        return value;
    }
    for (size_t i = 0; i < process->option_count; i++) {
        if (strcmp(process->options[i].name, name) == 0) {
            return process->options[i].fallback;
        }
    }
    bool is_common = false;
    for (size_t i = 0; i < COMMON_OPTION_COUNT; i++) {
        is_common = is_common || strcmp(common_options[i].name, name) == 0;
    }
    assert(is_common); // asking for an option that the table lacks
    return NULL;
}

// ---- start ------------------------------------------------------------------------------

static void on_stop_signal(void *context)
{
    loop_stop(context);
}

static void harden(void)
{
    // What this process writes is read by its own user alone, its endpoints too.
    (void)umask(OTHERS_MASK); // returns the old mask, cannot fail
#ifndef FAILPOINTS
    // Memory holds narratives and contacts before they are sealed: no core, no ptrace. Test
    // builds keep both, for sanitizers and debuggers.
    int done = prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
    assert(done == 0);
#endif
    const char *supervised = getenv("SANJI_SUPERVISED");
    if (supervised != NULL && strcmp(supervised, "1") == 0) {
        int bound = prctl(PR_SET_PDEATHSIG, (unsigned long)SIGTERM, 0L, 0L, 0L);
        assert(bound == 0);
    }
}

// Every connection is a descriptor; the hard limit is what the operator grants.
static void raise_descriptors(void)
{
    struct rlimit limit;
    int done = getrlimit(RLIMIT_NOFILE, &limit);
    assert(done == 0);
    limit.rlim_cur = limit.rlim_max;
    // Refused in some sandboxes: the limit that stands is then enough or accept stops.
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static const char *short_name(const char *name)
{
    static const char family[] = "sanji-";
    size_t size = sizeof(family) - 1;
    return strncmp(name, family, size) == 0 ? name + size : name;
}

_Noreturn static void refuse_run_dir(const char *run_dir, const char *why)
{
    struct fault fault;
    enum status status =
        fault_set(&fault, STATUS_CANNOT_START, "run directory %s: %s", run_dir, why);
    assert(status == fault.status);
    process_cannot_start(&fault);
}

static void find_directories(struct process *process)
{
    const char *run_dir = find_value(process, "--run");
    if (run_dir == NULL) {
        run_dir = getenv("SANJI_RUN");
    }
    if (run_dir == NULL || run_dir[0] == '\0') {
        run_dir = "./run";
    }
    process->run_dir = run_dir;
    process->data_dir = find_value(process, "--data");
    process->config_file = find_value(process, "--config");
    process->no_cache = find_value(process, "--no-cache") != NULL;

    if (mkdir(run_dir, PRIVATE_MODE) != 0 && errno != EEXIST) {
        refuse_run_dir(run_dir, strerror(errno));
    }
}

void process_start(struct process *process, int argc, char **argv)
{
    assert(process->name != NULL);
    assert(process->option_count == 0 || process->options != NULL);
    process->argc = argc;
    process->argv = argv;
    diag_open(short_name(process->name));
    check_options(process);
    harden();
    raise_descriptors();
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    assert(before != SIG_ERR);
    find_directories(process);

    process->loop = loop_new();
    process_loop = process->loop;
    loop_signal(process_loop, SIGTERM, on_stop_signal, process_loop);
    loop_signal(process_loop, SIGINT, on_stop_signal, process_loop);
    char quoted[DIAG_QUOTED_SIZE];
    diag_say(DIAG_EV_STARTED, "pid=%ld run=%s", (long)getpid(),
             diag_quoted(process->run_dir, quoted));
}

char *process_endpoint(const char *run_dir, const char *name, char text[ENDPOINT_SIZE])
{
    int size = snprintf(text, ENDPOINT_SIZE, "ipc://%s/%s.ipc", run_dir, name);
    if (size < 0 || size >= ENDPOINT_SIZE) {
        refuse_run_dir(run_dir, "the path is too long");
    }
    return text;
}

void process_ready(const struct process *process)
{
    if (is_ready_said) {
        return;
    }
    is_ready_said = true;
    diag_say(DIAG_EV_READY, "pid=%ld", (long)getpid());
    // A supervisor that has closed the pipe does not wait for the line.
    (void)printf("READY %s\n", process->name);
    (void)fflush(stdout);
}

_Noreturn void process_cannot_start(const struct fault *fault)
{
    char quoted[DIAG_QUOTED_SIZE];
    diag_say(DIAG_EV_CANNOT_START, "status=%s text=%s", status_name(fault->status),
             diag_quoted(fault->text, quoted));
    exit(EXIT_CANNOT_START);
}

int process_run(struct process *process)
{
    loop_run(process->loop);
    diag_say(DIAG_EV_STOPPED, "pid=%ld", (long)getpid());
    return 0;
}
