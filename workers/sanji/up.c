/* up.c: sanji up: all processes of one machine, in the foreground.
 *
 *     broker --READY--> intake escalation dispatch audit casebook --READY--> demo
 *                                                                    |
 *     one line on stdout: READY data=... run=... seq=...  <----------+
 *
 * Invariants
 *  1. Every process is a direct child, and is started again when it ends, until we drain.
 *  2. A drain asks the workers first and the broker when they are gone, so what they have
 *     in flight is still committed; after DRAIN_MS what is left is killed.
 *  3. A child that cannot start (exit 78) before READY ends everything with 1: its own line
 *     on stderr says why.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "proto/time.h"
#include "workers/sanji/admin.h"
#include "workers/sanji/child.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/plan.h"
#include "workers/sanji/ruleset.h"

enum {
    CHILDREN_MAX = 8,
    DRAIN_MS = 10000,
    STATUS_LIMIT_MS = 2000,
    ARENA_SIZE = 256 * 1024,
    RUN_MODE = 0700,
    SCALE_MAX = 1000
};

// In the order in which they are started; the broker comes first.
static const char *const PROGRAMS[] = {"sanji-broker",   "sanji-intake", "sanji-escalation",
                                       "sanji-dispatch", "sanji-audit",  "sanji-casebook"};

struct up {
    struct cli *cli;
    struct loop *loop;
    const char *data_dir;
    char config[CHILD_PATH_SIZE];
    char map_size[24];
    uint32_t scale; /* of the data set that will be played: above 4 it needs more people */
    struct child children[CHILDREN_MAX];
    size_t child_count;
    struct child *demo; // NULL: none
    bool was_ready;
    bool is_draining;
    bool is_killing;
    int code;
    struct loop_timer *kill;
};

// ---- what there is to run ----

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static void add_args(struct child *child, const char *name, const char *value)
{
    size_t count = 0;
    while (child->args[count] != NULL) {
        count++;
    }
    assert(count + 2 < CHILD_ARGS_MAX);
    child->args[count] = name;
    child->args[count + 1] = value;
}

static bool on_ended(void *context, struct child *child, int code);
static void on_ready(void *context, struct child *child);

static struct child *add_child(struct up *up, const char *program_dir, const char *program,
                               const char *name)
{
    static const struct child_events EVENTS = {.ready = on_ready, .ended = on_ended};
    assert(up->child_count < CHILDREN_MAX);
    struct child *child = &up->children[up->child_count];
    int size = snprintf(child->path, sizeof child->path, "%s/%s", program_dir, program);
    assert(size > 0 && (size_t)size < sizeof child->path);
    if (!is_file(child->path)) {
        return NULL;
    }
    up->child_count++;
    child->name = name;
    child->args[0] = program;
    child_init(child, up->loop, &EVENTS, up);
    return child;
}

static void add_programs(struct up *up, const char *program_dir)
{
    static const char *const BROKER_OPTIONS[] = {"--clock", "--start", "--rate"};
    static const char *const DEMO_OPTIONS[] = {"--seed", "--scale"};
    for (size_t i = 0; i < sizeof PROGRAMS / sizeof PROGRAMS[0]; i++) {
        struct child *child = add_child(up, program_dir, PROGRAMS[i], PROGRAMS[i]);
        if (child == NULL) {
            continue;
        }
        add_args(child, "--run", up->cli->run_dir);
        add_args(child, "--data", up->data_dir);
        add_args(child, "--config", up->config);
        if (i > 0) {
            continue;
        }
        if (up->map_size[0] != '\0') {
            add_args(child, "--map-size", up->map_size);
        }
        for (size_t j = 0; j < sizeof BROKER_OPTIONS / sizeof BROKER_OPTIONS[0]; j++) {
            const char *value = cli_option(up->cli, BROKER_OPTIONS[j]);
            if (value != NULL) {
                add_args(child, BROKER_OPTIONS[j], value);
            }
        }
    }
    const char *demo = cli_option(up->cli, "--demo");
    if (demo != NULL) {
        up->demo = add_child(up, program_dir, "sanji", "sanji demo");
        assert(up->demo != NULL); // it is this program
        add_args(up->demo, "demo", demo);
        add_args(up->demo, "--stay", "--run");
        add_args(up->demo, up->cli->run_dir, NULL);
        for (size_t i = 0; i < sizeof DEMO_OPTIONS / sizeof DEMO_OPTIONS[0]; i++) {
            const char *value = cli_option(up->cli, DEMO_OPTIONS[i]);
            if (value != NULL) {
                add_args(up->demo, DEMO_OPTIONS[i], value);
            }
        }
    }
}

// ---- drain ----

static bool any_runs(const struct up *up, size_t from)
{
    for (size_t i = from; i < up->child_count; i++) {
        if (child_is_running(&up->children[i])) {
            return true;
        }
    }
    return false;
}

static void stop_all(struct up *up, size_t from, int signal_no)
{
    for (size_t i = from; i < up->child_count; i++) {
        child_stop(&up->children[i], signal_no);
    }
}

// The workers are gone: now the broker; it too: the end.
static void look_at_drain(struct up *up)
{
    if (any_runs(up, 1)) {
        return;
    }
    if (any_runs(up, 0)) {
        stop_all(up, 0, up->is_killing ? SIGKILL : SIGTERM);
        return;
    }
    loop_stop(up->loop);
}

static void drain(struct up *up, int code)
{
    if (up->is_draining) {
        return;
    }
    up->is_draining = true;
    up->code = code;
    loop_timer_start(up->kill, DRAIN_MS, 0);
    stop_all(up, 1, SIGTERM);
    look_at_drain(up);
}

static void on_kill(void *context)
{
    struct up *up = context;
    up->is_killing = true;
    stop_all(up, 0, SIGKILL);
}

static void on_stop(void *context)
{
    drain(context, CLI_OK);
}

static void on_reload(void *context)
{
    struct up *up = context;
    for (size_t i = 0; i < up->child_count; i++) {
        const struct child *child = &up->children[i];
        if (strcmp(child->name, "sanji-intake") == 0 && child_is_running(child)) {
            kill(child->pid, SIGHUP);
        }
    }
}

// ---- ready, dead ----

static uint64_t ask_head(const struct up *up)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    Sanji__StatusAsk ask = SANJI__STATUS_ASK__INIT;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_STATUS;
    request.status = &ask;
    Sanji__AdminReply *reply = NULL;
    struct fault fault;
    uint64_t head = 0;
    if (admin_ask(up->cli->run_dir, &request, STATUS_LIMIT_MS, arena, &reply, &fault) ==
            STATUS_OK &&
        reply->body_case == SANJI__ADMIN_REPLY__BODY_STATUS) {
        head = reply->status->head;
    }
    arena_free(&arena);
    return head;
}

static bool all_ready(const struct up *up)
{
    for (size_t i = 0; i < up->child_count; i++) {
        const struct child *child = &up->children[i];
        if (child != up->demo && child->state != CHILD_READY) {
            return false;
        }
    }
    return true;
}

static void on_ready(void *context, struct child *child)
{
    struct up *up = context;
    if (up->is_draining || up->was_ready) {
        return;
    }
    if (child == &up->children[0]) {
        for (size_t i = 1; i < up->child_count; i++) {
            if (&up->children[i] != up->demo && up->children[i].state == CHILD_DOWN) {
                child_start(&up->children[i]);
            }
        }
    }
    if (all_ready(up)) {
        up->was_ready = true;
        cli_printf("READY data=%s run=%s seq=%" PRIu64 "\n", up->data_dir, up->cli->run_dir,
                   ask_head(up));
        cli_flush();
        if (up->demo != NULL) {
            child_start(up->demo);
        }
    }
}

static bool on_ended(void *context, struct child *child, int code)
{
    struct up *up = context;
    if (up->is_draining) {
        look_at_drain(up);
        return false;
    }
    if (child == up->demo && (code == CLI_OK || code == CLI_USAGE)) {
        return false; // it has played its set, or there is no such set
    }
    if (code == EXIT_CANNOT_START && !up->was_ready) {
        fprintf(stderr, "sanji up: %s cannot start; the line above says why\n",
                child->name);
        drain(up, CLI_FAILURE);
        return false;
    }
    return true;
}

static void on_child(void *context)
{
    struct up *up = context;
    for (size_t i = 0; i < up->child_count; i++) {
        child_reap(&up->children[i]);
    }
}

// ---- the command ----

// Makes the directory and those above it; the run directory is the trust boundary: 0700.
static int make_directory(const struct cli *cli, const char *path, mode_t mode)
{
    char part[CHILD_PATH_SIZE];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part) {
        return cli_usage(cli, "\"%s\" is no directory", path);
    }
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, i == size ? mode : 0777) != 0 && errno != EEXIST) {
            return cli_fail(cli, CLI_FAILURE, "%s: %s", part, strerror(errno));
        }
    }
    return CLI_OK;
}

static int read_options(struct up *up)
{
    struct cli *cli = up->cli;
    const char *data = cli_option(cli, "--data");
    up->data_dir = data == NULL ? "./data" : data;
    const char *map_size = cli_option(cli, "--map-size");
    uint64_t bytes = 0;
    if (map_size != NULL) {
        if (options_size(map_size, &bytes) != STATUS_OK || bytes == 0) {
            return cli_usage(cli, "--map-size \"%s\" is no size (4G, 512M)", map_size);
        }
        int size = snprintf(up->map_size, sizeof up->map_size, "%" PRIu64, bytes);
        assert(size > 0);
    }
    const char *clock = cli_option(cli, "--clock");
    if (clock != NULL && strcmp(clock, "wall") != 0 && strcmp(clock, "driven") != 0) {
        return cli_usage(cli, "--clock is wall or driven");
    }
    int64_t start_ms = 0;
    uint64_t rate = 0;
    uint64_t seed = 0; // for the demo, which reads it itself
    uint64_t scale = 1;
    if (cli_number(cli, "--scale", &scale) != STATUS_OK ||
        cli_number(cli, "--seed", &seed) != STATUS_OK) {
        return CLI_USAGE;
    }
    if (scale == 0 || scale > SCALE_MAX) {
        return cli_usage(cli, "--scale is 1 to %d", SCALE_MAX);
    }
    up->scale = (uint32_t)scale;
    if (cli_time(cli, "--start", &start_ms) != STATUS_OK ||
        cli_number(cli, "--rate", &rate) != STATUS_OK) {
        return CLI_USAGE;
    }
    int code = make_directory(cli, cli->run_dir, RUN_MODE);
    return code == CLI_OK ? make_directory(cli, up->data_dir, RUN_MODE) : code;
}

// A data set of several times the size needs more people: rule files with a larger roster are
// written into DATA/demo and intake is started with them. The same scale, the same files.
static int grow_roster(struct up *up)
{
    char folder[CHILD_PATH_SIZE / 2];
    struct fault fault;
    const uint32_t times = plan_roster_times(up->scale);
    if (times < 2) {
        return CLI_OK;
    }
    int size = snprintf(folder, sizeof folder, "%s/demo", up->data_dir);
    if (size < 0 || (size_t)size >= sizeof folder) {
        return cli_usage(up->cli, "\"%s\" is no directory", up->data_dir);
    }
    int code = make_directory(up->cli, folder, RUN_MODE);
    if (code != CLI_OK) {
        return code;
    }
    if (ruleset_grow(up->config, sizeof up->config, times, folder, &fault) != STATUS_OK) {
        return cli_fail(up->cli, CLI_FAILURE, "%s", fault.text);
    }
    return CLI_OK;
}

int cmd_up(struct cli *cli)
{
    static struct up up; // its children hold paths: too large for a stack
    up.cli = cli;
    int code = read_options(&up);
    if (code != CLI_OK) {
        return code;
    }
    char program_dir[CHILD_PATH_SIZE / 2];
    cli_program_dir(program_dir, sizeof program_dir);
    (void)ruleset_find(cli, up.config, sizeof up.config);
    code = grow_roster(&up);
    if (code != CLI_OK) {
        return code;
    }
    if (setenv("SANJI_SUPERVISED", "1", 1) != 0) {
        abort();
    }
    up.loop = loop_new();
    up.kill = loop_timer_new(up.loop, on_kill, &up);
    add_programs(&up, program_dir);
    if (up.child_count == 0 || strcmp(up.children[0].name, PROGRAMS[0]) != 0) {
        return cli_fail(cli, CLI_FAILURE, "%s/%s is not there", program_dir, PROGRAMS[0]);
    }
    loop_signal(up.loop, SIGTERM, on_stop, &up);
    loop_signal(up.loop, SIGINT, on_stop, &up);
    loop_signal(up.loop, SIGHUP, on_reload, &up);
    loop_signal(up.loop, SIGCHLD, on_child, &up);
    child_start(&up.children[0]);
    loop_run(up.loop);
    for (size_t i = 0; i < up.child_count; i++) {
        child_reset(&up.children[i]);
    }
    loop_timer_free(&up.kill);
    loop_free(&up.loop);
    return up.code;
}
