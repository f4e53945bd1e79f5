/* bench.c: `sanji bench append`: durable records a second, beside a bare LMDB commit.
 *
 *     broker in a directory of its own <- publishers in this process; bare LMDB on the same
 *     disk, before and after, in the same run
 *
 * Prints lines `name value unit`, the headline first. Never touches a running system's log.
 */
#include <assert.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin.pb-c.h"
#include "broker/runtime/yardstick.h"
#include "proto/limits.h"
#include "workers/sanji/admin.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/publisher.h"

enum {
    PUBLISHERS_MAX = 200,
    READERS_MAX_STALLED = 16,
    PATH_SIZE = 4096,
    READY_LIMIT_MS = 10000,
    SILENT_LIMIT_MS = 30000,
    YARDSTICK_MS = 1500,
    LATENCIES_MAX = 1 << 20,
    ARENA_BYTES = 256 * 1024,
    OPEN_FILES_MAX = 8
};

struct bench {
    struct cli *cli;
    uint64_t records, in_flight, size, publishers, per_message, stalled;
    char directory[PATH_SIZE];
    char run_dir[PATH_SIZE];
    pid_t broker;
    struct publisher *list[PUBLISHERS_MAX];
    size_t count;
    struct publisher *readers[READERS_MAX_STALLED]; /* they never read */
    int64_t *latencies_ns; /* a sample: every one until it is full */
    size_t latency_count;
};

/* ---- the broker ---- */

static void exec_broker(const struct bench *bench, int out)
{
    char program_dir[PATH_SIZE];
    char program[PATH_SIZE + 32];
    char data_dir[PATH_SIZE + 8];
    cli_program_dir(program_dir, sizeof program_dir);
    (void)snprintf(program, sizeof program, "%s/sanji-broker", program_dir);
    (void)snprintf(data_dir, sizeof data_dir, "%s/data", bench->directory);
    if (dup2(out, STDOUT_FILENO) >= 0) {
        execl(program, "sanji-broker", "--run", bench->run_dir, "--data", data_dir,
              "--clock", "wall", "--bench", (char *)NULL);
    }
    _exit(127);
}

static int start_broker(struct bench *bench)
{
    int ends[2];
    char line[256];
    if (pipe(ends) != 0) {
        return cli_fail(bench->cli, CLI_FAILURE, "pipe: %s", strerror(errno));
    }
    bench->broker = fork();
    if (bench->broker == 0) {
        (void)close(ends[0]);
        exec_broker(bench, ends[1]);
    }
    (void)close(ends[1]);
    struct pollfd waited = {.fd = ends[0], .events = POLLIN};
    const bool ready = bench->broker > 0 && poll(&waited, 1, READY_LIMIT_MS) == 1 &&
                       read(ends[0], line, sizeof line) > 0;
    (void)close(ends[0]); // what the broker says later nobody reads
    return ready ? CLI_OK : cli_fail(bench->cli, CLI_FAILURE, "the broker did not start");
}

static void stop_broker(const struct bench *bench)
{
    int status = 0;
    if (bench->broker > 0) {
        (void)kill(bench->broker, SIGTERM);
        (void)waitpid(bench->broker, &status, 0);
    }
}

static int make_directory(struct bench *bench)
{
    const char *given = cli_option(bench->cli, "--data");
    const char *base = given != NULL ? given : getenv("TMPDIR");
    (void)snprintf(bench->directory, sizeof bench->directory, "%s/sanji-bench-XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(bench->directory) == NULL) {
        return cli_fail(bench->cli, CLI_FAILURE, "%s: %s", bench->directory,
                        strerror(errno));
    }
    (void)snprintf(bench->run_dir, sizeof bench->run_dir, "%.4000s/run", bench->directory);
    return CLI_OK;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
    (void)found; // nftw's signature
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_directory(const struct bench *bench)
{
    if (nftw(bench->directory, remove_one, OPEN_FILES_MAX, FTW_DEPTH | FTW_PHYS) != 0) {
        fprintf(stderr, "sanji bench: %s stays\n", bench->directory);
    }
}

/* ---- the load ---- */

static void note_latency(void *context, int64_t latency_ns)
{
    struct bench *bench = context;
    if (bench->latency_count < LATENCIES_MAX) {
        bench->latencies_ns[bench->latency_count++] = latency_ns;
    }
}

static int open_publishers(struct bench *bench)
{
    for (size_t i = 0; i < bench->publishers; i++) {
        char name[32];
        struct fault fault;
        (void)snprintf(name, sizeof name, "bench-%zu", i + 1);
        const struct publisher_options options = {
            .run_dir = bench->run_dir,
            .name = name,
            .record_size = (uint32_t)bench->size,
            .per_message = (uint32_t)bench->per_message,
            .in_flight = (uint32_t)(bench->in_flight / bench->publishers),
            .first_case_key = UINT64_C(20200815000001) + i * UINT64_C(100000000)};
        if (publisher_open(&options, &bench->list[i], &fault) != STATUS_OK) {
            return cli_fail(bench->cli, CLI_FAILURE, "%s", fault.text);
        }
        bench->count++;
    }
    return CLI_OK;
}

static int open_stalled(struct bench *bench)
{
    for (size_t i = 0; i < bench->stalled; i++) {
        struct fault fault;
        if (publisher_stalled_reader(bench->run_dir, &bench->readers[i], &fault) !=
            STATUS_OK) {
            return cli_fail(bench->cli, CLI_FAILURE, "%s", fault.text);
        }
    }
    return CLI_OK;
}

static void wait_any(struct bench *bench)
{
    struct pollfd waited[PUBLISHERS_MAX];
    for (size_t i = 0; i < bench->count; i++) {
        if (publisher_has_input(bench->list[i])) {
            return;
        }
        waited[i] = (struct pollfd){.fd = publisher_fd(bench->list[i]), .events = POLLIN};
    }
    (void)poll(waited, bench->count, 100); // a lost edge costs 100 ms, never the run
}

/* Appends `records` and waits for the last acknowledgement. */
static int load(struct bench *bench, uint64_t records, int64_t *elapsed_ns)
{
    uint64_t unsent = records;
    uint64_t unacked = records;
    const int64_t began_ns = publisher_now_ns();
    int64_t heard_ns = began_ns;
    while (unacked > 0) {
        bool moved = false; // an acknowledgement makes room for the next send: no wait then
        for (size_t i = 0; i < bench->count; i++) {
            uint64_t acked = 0;
            struct fault fault;
            unsent -= publisher_send(bench->list[i], unsent);
            if (!publisher_receive(bench->list[i], &acked, note_latency, bench, &fault)) {
                return cli_fail(bench->cli, CLI_FAILURE, "%s", fault.text);
            }
            unacked -= acked;
            moved |= acked > 0;
        }
        heard_ns = moved ? publisher_now_ns() : heard_ns;
        if (publisher_now_ns() - heard_ns > (int64_t)SILENT_LIMIT_MS * 1000000) {
            return cli_fail(bench->cli, CLI_TIME_LIMIT, "no acknowledgement for %d s",
                            SILENT_LIMIT_MS / 1000);
        }
        if (!moved) {
            wait_any(bench);
        }
    }
    *elapsed_ns = publisher_now_ns() - began_ns;
    return CLI_OK;
}

/* ---- the figures ---- */

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile_us(const struct bench *bench, unsigned permille)
{
    if (bench->latency_count == 0) {
        return 0;
    }
    const size_t rank = (bench->latency_count * permille + 999) / 1000;
    return (double)bench->latencies_ns[rank > 0 ? rank - 1 : 0] / 1e3;
}

static uint64_t broker_rss(const struct bench *bench, uint64_t *commits)
{
    Sanji__AdminRequest request;
    Sanji__StatusAsk ask;
    Sanji__AdminReply *reply = NULL;
    struct fault fault;
    uint64_t rss = 0;
    struct arena *arena = arena_new(ARENA_BYTES);
    sanji__admin_request__init(&request);
    sanji__status_ask__init(&ask);
    request.body_case = SANJI__ADMIN_REQUEST__BODY_STATUS;
    request.status = &ask;
    if (admin_ask(bench->run_dir, &request, ADMIN_LIMIT_MS, arena, &reply, &fault) ==
            STATUS_OK &&
        reply->body_case == SANJI__ADMIN_REPLY__BODY_STATUS) {
        rss = reply->status->rss_anon_bytes;
        *commits = reply->status->commits;
    }
    arena_free(&arena);
    return rss;
}

static int measure(struct bench *bench)
{
    struct yardstick before = {0};
    struct yardstick after = {0};
    struct fault fault;
    int64_t elapsed_ns = 0;
    uint64_t commits = 0;
    // The batch that a commit gets is about half of what is in flight: while one half syncs,
    // the other is on its way.
    const uint32_t batch = bench->in_flight > 1 ? (uint32_t)(bench->in_flight / 2) : 1;
    if (yardstick_run(bench->directory, batch, (uint32_t)bench->size, YARDSTICK_MS, &before,
                      &fault) != STATUS_OK) {
        return cli_fail(bench->cli, CLI_FAILURE, "%s", fault.text);
    }
    int code = start_broker(bench);
    if (code == CLI_OK) {
        code = open_publishers(bench);
    }
    if (code == CLI_OK) {
        code = open_stalled(bench);
    }
    if (code == CLI_OK) {
        code = load(bench, bench->records / 10 + 1, &elapsed_ns); // warms memory and file
    }
    bench->latency_count = 0;
    uint64_t commits_before = 0;
    (void)broker_rss(bench, &commits_before);
    if (code == CLI_OK) {
        code = load(bench, bench->records, &elapsed_ns);
    }
    if (code != CLI_OK) {
        return code;
    }
    const uint64_t rss = broker_rss(bench, &commits);
    if (yardstick_run(bench->directory, batch, (uint32_t)bench->size, YARDSTICK_MS, &after,
                      &fault) != STATUS_OK) {
        return cli_fail(bench->cli, CLI_FAILURE, "%s", fault.text);
    }
    qsort(bench->latencies_ns, bench->latency_count, sizeof *bench->latencies_ns, by_value);
    const double per_s = (double)bench->records * 1e9 / (double)elapsed_ns;
    const double bare_p50 = (before.p50_us + after.p50_us) / 2;
    const double bare_per_s = (before.per_s + after.per_s) / 2;
    cli_printf("append_per_s %.0f records/s\n", per_s);
    cli_printf("append_p50 %.0f us\n", percentile_us(bench, 500));
    cli_printf("append_p99 %.0f us\n", percentile_us(bench, 990));
    cli_printf("records_per_commit %.1f records\n",
               commits > commits_before
                   ? (double)bench->records / (double)(commits - commits_before)
                   : 0.0);
    cli_printf("bare_per_s %.0f records/s (LMDB, %u a commit)\n", bare_per_s, batch);
    cli_printf("bare_p50 %.0f us\n", bare_p50);
    cli_printf("append_to_bare %.2f ratio\n", per_s / bare_per_s);
    if (bench->in_flight == 1) {
        cli_printf("p50_to_bare %.2f ratio\n", percentile_us(bench, 500) / bare_p50);
    }
    cli_printf("broker_rss_anon %.1f MiB\n", (double)rss / 1048576.0);
    return CLI_OK;
}

static int read_options(struct bench *bench)
{
    bench->records = 0;
    bench->in_flight = 1000;
    bench->size = 512;
    bench->publishers = 1;
    bench->per_message = 1;
    if (cli_number(bench->cli, "--records", &bench->records) != STATUS_OK ||
        cli_number(bench->cli, "--in-flight", &bench->in_flight) != STATUS_OK ||
        cli_number(bench->cli, "--size", &bench->size) != STATUS_OK ||
        cli_number(bench->cli, "--publishers", &bench->publishers) != STATUS_OK ||
        cli_number(bench->cli, "--per-message", &bench->per_message) != STATUS_OK ||
        cli_number(bench->cli, "--stalled-readers", &bench->stalled) != STATUS_OK) {
        return CLI_USAGE;
    }
    if (bench->publishers == 0 || bench->publishers > PUBLISHERS_MAX ||
        bench->in_flight < bench->publishers || bench->in_flight > WINDOW_RECORDS ||
        bench->per_message == 0 || bench->per_message > 1000 || bench->size < 100 ||
        bench->size * bench->per_message > MESSAGE_SIZE_MAX / 2 ||
        bench->stalled > READERS_MAX_STALLED) {
        return cli_usage(bench->cli,
                         "--publishers 1-%d, --in-flight up to %d and at least one each, "
                         "--per-message 1-1000, --size from 100, a message up to 512 KiB",
                         PUBLISHERS_MAX, WINDOW_RECORDS);
    }
    if (bench->records == 0) {
        bench->records = bench->in_flight == 1    ? 3000
                         : bench->in_flight < 100 ? 100000
                                                  : 2000000;
    }
    return CLI_OK;
}

int cmd_bench_append(struct cli *cli)
{
    static struct bench bench;
    bench.cli = cli;
    int code = read_options(&bench);
    if (code != CLI_OK) {
        return code;
    }
    code = make_directory(&bench);
    if (code != CLI_OK) {
        return code;
    }
    bench.latencies_ns = malloc(LATENCIES_MAX * sizeof *bench.latencies_ns);
    assert(bench.latencies_ns != NULL);
    code = measure(&bench);
    for (size_t i = 0; i < bench.count; i++) {
        publisher_close(&bench.list[i]);
    }
    for (size_t i = 0; i < READERS_MAX_STALLED && bench.readers[i] != NULL; i++) {
        publisher_close(&bench.readers[i]);
    }
    stop_broker(&bench);
    remove_directory(&bench);
    free(bench.latencies_ns);
    return code;
}
