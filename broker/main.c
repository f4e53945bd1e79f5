/* main.c: sanji-broker, the log keeper.
 *
 *     options -> log (flock, checked, epoch + 1) -> LogOpened -> endpoints -> READY -> loop
 *
 * The log is opened before anything is bound: a second log keeper on the same data directory
 * stops at the lock, without touching the first one's endpoints.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/admin.h"
#include "broker/commit.h"
#include "broker/committer.h"
#include "broker/follow.h"
#include "broker/front.h"
#include "broker/keeper.h"
#include "broker/live.h"
#include "broker/own.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "proto/time.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024, // 33 times the largest honest message
    NUMBER_BASE = 10,
    SILENT_MAX_MS = 24 * 60 * 60 * 1000
};

static const struct process_option options[] = {
    {"--clock", "wall|driven", "wall", "who moves time: the machine, or `sanji advance`"},
    {"--start", "TIME", NULL,
     "driven: where time begins in a new log (RFC 3339; else now)"},
    {"--rate", "N", "0", "driven: time runs N times as fast as the wall clock"},
    {"--map-size", "BYTES[K|M|G]", NULL, "size of a new log's map (64 GiB, sparse)"},
    {"--participants", "LIST", "intake,escalation,dispatch,audit,casebook",
     "whose turn it is when driven time is advanced, in this order"},
    {"--silent-ms", "MS", "10000",
     "a peer that says nothing for longer has gone (clients ping each second)"},
    {"--bench", NULL, NULL, "let writers named bench-N append records of any type"},
};

_Noreturn static void refuse_option(const char *name, const char *value, const char *why)
{
    struct fault fault;
    enum status status =
        fault_set(&fault, STATUS_CANNOT_START, "%s %s: %s", name, value, why);
    (void)status; // stands in the fault
    process_cannot_start(&fault);
}

static uint64_t read_number(const char *name, const char *text, uint64_t max, char **end)
{
    errno = 0;
    unsigned long long value = strtoull(text, end, NUMBER_BASE);
    if (errno != 0 || *end == text || text[0] == '-' || value > max) {
        refuse_option(name, text, "not a number in range");
    }
    return value;
}

static uint64_t read_map_size(const char *text)
{
    static const char units[] = "KMG";
    char *end = NULL;
    unsigned shift = 0;
    if (text == NULL) {
        return 0;
    }
    uint64_t value = read_number("--map-size", text, UINT64_C(1) << 40, &end);
    const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
    if (unit != NULL) {
        shift = 10 * (unsigned)(unit - units + 1);
        end++;
    }
    if (*end != '\0' || value == 0 || value > UINT64_C(1) << (46 - shift)) {
        refuse_option("--map-size", text, "expected BYTES, or a number with K, M or G");
    }
    return value << shift;
}

static uint64_t read_whole(const char *name, const char *text, uint64_t max)
{
    char *end = NULL;
    uint64_t value = read_number(name, text, max, &end);
    if (*end != '\0') {
        refuse_option(name, text, "not a number in range");
    }
    return value;
}

// What the options say, read before anything is made: a wrong one leaves no log behind.
struct wanted {
    bool is_driven;
    bool has_start;
    int64_t start_ms;
    uint32_t rate;
    uint64_t map_size_bytes; // 0: the store's own
};

static void read_clock(const struct process *process, struct wanted *wanted)
{
    const char *mode = process_option(process, "--clock");
    const char *start = process_option(process, "--start");
    const char *rate = process_option(process, "--rate");
    wanted->rate = (uint32_t)read_whole("--rate", rate, CLOCK_RATE_MAX);
    wanted->is_driven = strcmp(mode, "driven") == 0;
    wanted->has_start = start != NULL;
    if (!wanted->is_driven && strcmp(mode, "wall") != 0) {
        refuse_option("--clock", mode, "expected wall or driven");
    }
    if (!wanted->is_driven && (start != NULL || wanted->rate != 0)) {
        refuse_option("--clock", mode, "--start and --rate are for driven time");
    }
    if (start != NULL && time_parse(start, &wanted->start_ms) != STATUS_OK) {
        refuse_option("--start", start,
                      "expected a time such as 2020-08-15T15:00:00+08:00");
    }
}

static struct wanted read_options(struct keeper *keeper, const struct process *process)
{
    struct wanted wanted = {.map_size_bytes =
                                read_map_size(process_option(process, "--map-size"))};
    const char *names = process_option(process, "--participants");
    read_clock(process, &wanted);
    if (turns_init(&keeper->turns, names) != STATUS_OK) {
        refuse_option("--participants", names, "expected names with commas between them");
    }
    keeper->silent_ms = (int64_t)read_whole(
        "--silent-ms", process_option(process, "--silent-ms"), SILENT_MAX_MS);
    if (process->data_dir == NULL) {
        refuse_option("--data", "", "needed: the directory of the log");
    }
    return wanted;
}

static void init_clock(struct keeper *keeper, const struct wanted *wanted, int64_t floor_ms)
{
    struct instant at = keeper_instant();
    if (!wanted->is_driven) {
        clock_init_wall(&keeper->clock, floor_ms);
        return;
    }
    // A log goes on where it stands; a new one begins where it is told, else now.
    int64_t start_ms = floor_ms != 0 ? floor_ms : at.wall_ms;
    if (wanted->has_start) {
        start_ms = wanted->start_ms;
    }
    clock_init_driven(&keeper->clock, start_ms, floor_ms, wanted->rate, at);
}

static void open_log(struct keeper *keeper, const struct process *process,
                     const struct wanted *wanted)
{
    struct fault fault;
    // A test's directory may lie in memory.
    const char *any_fs = getenv("SANJI_ANY_FS");
    struct log_options how = {.map_size_bytes = wanted->map_size_bytes,
                              .allow_any_fs = any_fs != NULL && strcmp(any_fs, "1") == 0};
    if (log_open(process->data_dir, &how, &keeper->log, &fault) != STATUS_OK) {
        process_cannot_start(&fault);
    }
    struct log_meta meta = log_meta(keeper->log);
    keeper->data_dir = process->data_dir;
    keeper->log_id = meta.log_id;
    keeper->broker_epoch = meta.broker_epoch;
    keeper->place = meta.place;
    keeper->head = meta.head;
    init_clock(keeper, wanted, meta.clock_ms);
}

static void make_parts(struct keeper *keeper, const struct process *process)
{
    keeper->loop = process->loop;
    keeper->allows_bench = process_option(process, "--bench") != NULL;
    keeper->sessions = sessions_new();
    keeper->follows = follows_new();
    keeper->arena = arena_new(ARENA_SIZE);
    for (size_t i = 0; i < KEEPER_BATCHES; i++) {
        batch_init(&keeper->batches[i]);
    }
    keeper->filling = &keeper->batches[0];
    keeper->commit = commit_new(keeper->log);
    keeper->committer = committer_new(keeper->commit, keeper->loop);
}

// The first record of each start; durable before anybody can connect.
static void say_opened(struct keeper *keeper)
{
    struct batch *batch = keeper->filling;
    own_log_opened(keeper, batch);
    batch->stamp_ms = clock_stamp_ms(&keeper->clock, keeper_instant());
    committer_run_here(keeper->committer, batch);
    keeper->head = batch->head;
    batch_clear(batch);
}

static void open_endpoints(struct keeper *keeper, const struct process *process)
{
    struct fault fault;
    char endpoint[ENDPOINT_SIZE];
    enum status status =
        socket_bind(SOCKET_ROUTER, process_endpoint(process->run_dir, "log", endpoint),
                    KEEPER_HWM, &keeper->socket, &fault);
    if (status == STATUS_OK) {
        status =
            live_open(keeper, process_endpoint(process->run_dir, "live", endpoint), &fault);
    }
    if (status == STATUS_OK) {
        status = admin_open(keeper, process_endpoint(process->run_dir, "admin", endpoint),
                            &fault);
    }
    if (status != STATUS_OK) {
        process_cannot_start(&fault);
    }
}

static void close_all(struct keeper *keeper)
{
    keeper_stop(keeper);
    admin_close(keeper);
    live_close(keeper);
    socket_close(&keeper->socket);
    committer_free(&keeper->committer);
    commit_free(&keeper->commit);
    for (size_t i = 0; i < KEEPER_BATCHES; i++) {
        batch_free(&keeper->batches[i]);
    }
    follows_free(&keeper->follows);
    sessions_free(&keeper->sessions);
    arena_free(&keeper->arena);
    log_close(&keeper->log);
}

int main(int argc, char **argv)
{
    static struct keeper keeper;
    struct process process = {.name = "sanji-broker",
                              .options = options,
                              .option_count = sizeof(options) / sizeof(options[0])};
    process_start(&process, argc, argv);
    const struct wanted wanted = read_options(&keeper, &process);
    open_log(&keeper, &process, &wanted);
    make_parts(&keeper, &process);
    say_opened(&keeper);
    open_endpoints(&keeper, &process);
    keeper_start(&keeper);
    process_ready(&process);
    int code = process_run(&process);
    close_all(&keeper);
    return code;
}
