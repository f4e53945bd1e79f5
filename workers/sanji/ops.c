/* ops.c: sanji status, backup, unbuilt calls: what an operator asks the broker. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/runtime/json.h"
#include "proto/time.h"
#include "workers/sanji/admin.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/query.h"

enum {
    ARENA_SIZE = 2 * 1024 * 1024,
    YEARS_LIMIT_MS = 1000,
    BACKUP_LIMIT_MS = 3600 * 1000,
    NAME_WIDTH = 14,
    MIB = 1024 * 1024
};

// ---- status ----

static const char *local(int64_t at_ms, char text[TIME_TEXT_SIZE])
{
    return at_ms == 0 ? "-" : time_print_local(at_ms, CLI_OFFSET_MIN, text);
}

static void print_session(const Sanji__SessionStatus *session, uint64_t head)
{
    char due[TIME_TEXT_SIZE];
    uint64_t behind = session->read < head ? head - session->read : 0;
    cli_printf("  ");
    cli_cell(session->name, NAME_WIDTH);
    cli_cell(session->connected ? "在线" : "离线", 6);
    cli_printf("读至 %-10" PRIu64 " 落后 %-8" PRIu64 " 游标 %-10" PRIu64 " 静默 %6" PRIu64
               "ms  下一到期 %s\n",
               session->read, behind, session->cursor, session->silent_ms,
               local(session->next_due_ms, due));
}

static void print_status(const Sanji__StatusReply *status)
{
    char now[TIME_TEXT_SIZE];
    cli_printf("日志 log      %016" PRIx64 "  启动次数 %u  最新序号 head %" PRIu64 "\n",
               status->log_id, status->broker_epoch, status->head);
    cli_printf("时钟 clock    %s  %s", local(status->now_ms, now),
               status->driven ? "driven" : "wall");
    if (status->driven) {
        cli_printf(" x%u", status->rate);
    }
    if (status->advancing) {
        cli_printf("  推进中,等待 %s",
                   status->waiting_for[0] == '\0' ? "-" : status->waiting_for);
    }
    cli_printf(
        "\n存储 store    %" PRIu64 " / %" PRIu64 " MiB  磁盘剩余 %" PRIu64 " MiB%s\n",
        status->map_used_bytes / MIB, status->map_size_bytes / MIB,
        status->disk_free_bytes / MIB, status->store_full ? "  存储将满 STORE_FULL" : "");
    cli_printf("计数 counts   提交 %" PRIu64 "  记录 %" PRIu64 "  拒绝 %" PRIu64
               "  订阅 %" PRIu64 "  内存 %" PRIu64 " MiB\n",
               status->commits, status->records, status->refused, status->followers,
               status->rss_anon_bytes / MIB);
    cli_printf("进程 sessions\n");
    for (size_t i = 0; i < status->n_sessions; i++) {
        print_session(status->sessions[i], status->head);
    }
    if (status->n_readers > 0) {
        cli_printf("持久订阅 readers\n");
    }
    for (size_t i = 0; i < status->n_readers; i++) {
        const Sanji__ReaderStatus *reader = status->readers[i];
        uint64_t behind = reader->seq < status->head ? status->head - reader->seq : 0;
        cli_printf("  ");
        cli_cell(reader->durable, 2 * NAME_WIDTH);
        cli_printf("读至 %-10" PRIu64 " 落后 %" PRIu64 "\n", reader->seq, behind);
    }
}

/* What the broker cannot know: years that the calendar lacks. A casebook that does not answer
 * shows among the sessions, so it needs no second complaint here. */
static void ask_years(const struct cli *cli, json_t *value)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
    Sanji__BoardAsk ask = SANJI__BOARD_ASK__INIT;
    Sanji__QueryReply *reply = NULL;
    struct fault fault;
    request.body_case = SANJI__QUERY_REQUEST__BODY_BOARD;
    request.board = &ask;
    const bool is_known = query_ask(cli->run_dir, &request, YEARS_LIMIT_MS, arena, &reply,
                                    &fault) == STATUS_OK;
    for (size_t i = 0; is_known && i < reply->board->n_missing_years; i++) {
        const unsigned year = reply->board->missing_years[i];
        if (value == NULL) {
            cli_printf(
                "日历 calendar 缺 %u 年, 工作时限按星期计 / no table for %u: working "
                "time is counted by weekday\n",
                year, year);
            continue;
        }
        json_t *years = json_object_get(value, "calendar_missing_years");
        if (years == NULL) {
            years = json_array();
            json_object_set_new(value, "calendar_missing_years", years);
        }
        json_array_append_new(years, json_integer((json_int_t)year));
    }
    arena_free(&arena);
}

int cmd_status(struct cli *cli)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    Sanji__StatusAsk ask = SANJI__STATUS_ASK__INIT;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_STATUS;
    request.status = &ask;
    Sanji__AdminReply *reply = NULL;
    int code = admin_call(cli, &request, SANJI__ADMIN_REPLY__BODY_STATUS, ADMIN_LIMIT_MS,
                          arena, &reply);
    if (code == CLI_OK && (cli->output == OUTPUT_JSON || cli->output == OUTPUT_NDJSON)) {
        json_t *value = json_write(&reply->status->base);
        ask_years(cli, value);
        cli_json(value);
    } else if (code == CLI_OK) {
        print_status(reply->status);
        ask_years(cli, NULL);
    }
    arena_free(&arena);
    return code;
}

// ---- backup ----

// The broker has another working directory: it gets the whole path. False: no such parent.
static bool absolute(const char *path, char out[PATH_MAX])
{
    if (path[0] == '/') {
        return (size_t)snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
    }
    char here[PATH_MAX];
    if (getcwd(here, sizeof here) == NULL) {
        return false;
    }
    return (size_t)snprintf(out, PATH_MAX, "%s/%s", here, path) < PATH_MAX;
}

static bool copy_bytes(int from, int to)
{
    for (;;) {
        ssize_t size = copy_file_range(from, NULL, to, NULL, MIB, 0);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return size == 0 && fsync(to) == 0;
        }
    }
}

static int copy_key_file(const struct cli *cli, const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        return cli_fail(cli, CLI_FAILURE, "%s: %s", from, strerror(errno));
    }
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_copied = out >= 0 && copy_bytes(in, out);
    int error_no = errno;
    close(in);
    if (out >= 0 && close(out) != 0) {
        is_copied = false;
    }
    return is_copied ? CLI_OK
                     : cli_fail(cli, CLI_FAILURE, "%s: %s", to, strerror(error_no));
}

// The slots first: a key of a slot that came later seals nothing that the copied log holds.
static int copy_keys(const struct cli *cli, const char *directory)
{
    static const char *const FILES[] = {"slots", "kek"};
    const char *data = cli_option(cli, "--data");
    char from[PATH_MAX];
    char to[PATH_MAX];
    if ((size_t)snprintf(to, sizeof to, "%s/keys", directory) >= sizeof to ||
        mkdir(to, 0700) != 0) {
        return cli_fail(cli, CLI_FAILURE, "%s/keys: %s", directory, strerror(errno));
    }
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        int size = snprintf(from, sizeof from, "%s/keys/%s", data == NULL ? "./data" : data,
                            FILES[i]);
        int to_size = snprintf(to, sizeof to, "%s/keys/%s", directory, FILES[i]);
        if (size < 0 || size >= PATH_MAX || to_size < 0 || to_size >= PATH_MAX) {
            return cli_fail(cli, CLI_FAILURE, "%s: the path is too long", directory);
        }
        int code = copy_key_file(cli, from, to);
        if (code != CLI_OK) {
            return code;
        }
    }
    return CLI_OK;
}

int cmd_backup(struct cli *cli)
{
    char directory[PATH_MAX];
    if (!absolute(cli_word(cli, 0), directory)) {
        return cli_usage(cli, "\"%s\" cannot be a directory", cli_word(cli, 0));
    }
    struct arena *arena = arena_new(ARENA_SIZE);
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    Sanji__Backup ask = SANJI__BACKUP__INIT;
    ask.directory = directory;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_BACKUP;
    request.backup = &ask;
    Sanji__AdminReply *reply = NULL;
    int code = admin_call(cli, &request, SANJI__ADMIN_REPLY__BODY_BACKUP, BACKUP_LIMIT_MS,
                          arena, &reply);
    if (code == CLI_OK && cli_has(cli, "--keys")) {
        code = copy_keys(cli, directory);
    }
    if (code == CLI_OK) {
        cli_printf("{\"directory\":\"%s\",\"head\":%" PRIu64 ",\"size_bytes\":%" PRIu64
                   ",\"keys\":%s}\n",
                   cli_word(cli, 0), reply->backup->head, reply->backup->size_bytes,
                   cli_has(cli, "--keys") ? "true" : "false");
    }
    arena_free(&arena);
    return code;
}

int cmd_unbuilt(struct cli *cli)
{
    return cli_fail(cli, CLI_FAILURE, "本版本尚未实现 not built in this version");
}
