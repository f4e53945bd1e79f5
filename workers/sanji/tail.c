/* tail.c: sanji tail: the stream, live or from any point of the past.
 *
 *     reader --record--> restricted? limit? --> line on stdout --flush--> cursor moves
 *
 * Invariants
 *  1. A cursor (file or durable name) moves only over lines that have left this process.
 *  2. What was not shown though it matched is told as a gap; restricted records are hidden
 *     by the caller's own choice and are not.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/runtime/json.h"
#include "broker/runtime/loop.h"
#include "proto/codec.h"
#include "proto/time.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/log_filter.h"
#include "workers/sanji/reader.h"
#include "workers/sanji/row.h"

enum {
    ARENA_SIZE = 1024 * 1024,
    CONNECT_LIMIT_MS = 10000, // at the start; later it waits for ever
    COMMIT_LIMIT_MS = 3000
};

struct tail {
    struct cli *cli;
    struct loop *loop;
    struct reader *reader;
    struct arena *arena;
    struct log_filter filter;
    struct reader_options options;
    bool is_table;
    bool shows_restricted;
    bool fails_on_gap;
    uint64_t count_max; // 0: no end
    uint64_t count;
    int64_t for_ms; // 0: no end
    const char *cursor_file;
    uint64_t printed_seq;   // last position dealt with
    uint64_t stored_seq;    // of the cursor file
    uint64_t committed_seq; // of the durable name, confirmed
    uint64_t asked_seq;     // of the durable name, asked for
    bool has_joined;
    bool is_leaving; // waits for the last commit only
    int code;
    struct loop_timer *limit;
    struct loop_timer *patience;
};

// ---- cursors ----

// A new file beside it, renamed over it: a kill leaves the old position or the new one.
static void store_cursor(struct tail *tail)
{
    if (tail->cursor_file == NULL || tail->printed_seq == tail->stored_seq) {
        return;
    }
    char path[4096];
    int size = snprintf(path, sizeof path, "%s.new", tail->cursor_file);
    FILE *file = size > 0 && (size_t)size < sizeof path ? fopen(path, "w") : NULL;
    bool is_written = file != NULL && fprintf(file, "%" PRIu64 "\n", tail->printed_seq) > 0;
    bool is_closed = file != NULL && fclose(file) == 0;
    if (!is_written || !is_closed || rename(path, tail->cursor_file) != 0) {
        cli_flush();
        fprintf(stderr, "sanji tail: %s: %s\n", tail->cursor_file, strerror(errno));
        _exit(CLI_FAILURE);
    }
    tail->stored_seq = tail->printed_seq;
}

static void move_cursors(struct tail *tail)
{
    cli_flush();
    store_cursor(tail);
    if (tail->options.durable != NULL && tail->printed_seq > tail->asked_seq) {
        tail->asked_seq = tail->printed_seq;
        reader_commit(tail->reader, tail->printed_seq);
    }
}

static enum status load_cursor(struct tail *tail)
{
    FILE *file = fopen(tail->cursor_file, "r");
    if (file == NULL) {
        return errno == ENOENT ? STATUS_OK : STATUS_IO;
    }
    char text[32] = "";
    bool is_read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    text[strcspn(text, "\n")] = '\0';
    uint64_t seq = 0;
    if (!is_read || options_number(text, &seq) != STATUS_OK) {
        return STATUS_INVALID;
    }
    tail->options.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ;
    tail->options.seq = seq + 1;
    tail->printed_seq = tail->stored_seq = seq;
    return STATUS_OK;
}

// ---- leaving ----

static void leave(struct tail *tail, int code)
{
    if (tail->is_leaving) {
        return;
    }
    tail->is_leaving = true;
    tail->code = code;
    move_cursors(tail);
    bool waits = tail->options.durable != NULL && tail->asked_seq > tail->committed_seq;
    if (waits) {
        loop_timer_start(tail->limit, COMMIT_LIMIT_MS, 0);
    } else {
        loop_stop(tail->loop);
    }
}

static void on_limit(void *context)
{
    struct tail *tail = context;
    if (tail->is_leaving) {
        tail->code = cli_fail(tail->cli, CLI_UNREACHABLE, "the cursor %s was not confirmed",
                              tail->options.durable);
        loop_stop(tail->loop);
        return;
    }
    bool is_short = tail->count_max > 0 ? tail->count < tail->count_max : tail->count == 0;
    leave(tail, is_short ? CLI_TIME_LIMIT : CLI_OK);
}

static void on_patience(void *context)
{
    struct tail *tail = context;
    leave(tail, cli_fail(tail->cli, CLI_UNREACHABLE, "%s/log.ipc: no broker answers",
                         tail->cli->run_dir));
}

// ---- the stream ----

static void print(struct tail *tail, const struct record *record)
{
    arena_reset(tail->arena);
    uint32_t place = reader_place(tail->reader);
    if (!tail->is_table) {
        cli_json(json_event(record, place, tail->arena));
        return;
    }
    Sanji__Envelope *envelope = NULL;
    if (codec_unpack(record->envelope, tail->arena, &envelope) != STATUS_OK) {
        envelope = NULL; // the row says so
    }
    row_print(record, envelope, place, tail->cli->has_color);
}

static bool on_record(void *context, const struct record *record)
{
    struct tail *tail = context;
    if (tail->is_leaving) {
        return false;
    }
    tail->printed_seq = record->seq;
    bool is_restricted = (record->header.flags & RECORD_RESTRICTED) != 0;
    if (is_restricted && !tail->shows_restricted) {
        return true;
    }
    print(tail, record);
    tail->count++;
    if (tail->count == tail->count_max) {
        leave(tail, CLI_OK);
        return false;
    }
    return true;
}

static void on_gap(void *context, uint64_t from, uint64_t upto)
{
    struct tail *tail = context;
    if (tail->is_table) {
        cli_flush();
        fprintf(stderr, "-- 缺口 gap: %" PRIu64 "-%" PRIu64 "\n", from, upto);
    } else {
        cli_printf("{\"control\":\"gap\",\"from\":%" PRIu64 ",\"to\":%" PRIu64
                   ",\"reason\":\"overrun\"}\n",
                   from, upto);
    }
    if (tail->fails_on_gap) {
        leave(tail, CLI_GAP);
    }
}

static void on_rested(void *context, uint64_t next, uint64_t head)
{
    struct tail *tail = context;
    (void)head; // where the log ends does not matter here
    if (tail->is_leaving) {
        return;
    }
    if (next > 0 && next - 1 > tail->printed_seq) {
        tail->printed_seq = next - 1; // looked at, did not match
    }
    move_cursors(tail);
}

static void on_joined(void *context, const Sanji__Welcome *welcome)
{
    struct tail *tail = context;
    (void)welcome; // the reader knows where it stands
    tail->has_joined = true;
    loop_timer_stop(tail->patience);
}

static void on_lost(void *context)
{
    struct tail *tail = context;
    tail->asked_seq = tail->committed_seq; // asked again with the next batch
    fprintf(stderr, "-- 连接中断,正在重连 connection lost after seq %" PRIu64 "\n",
            tail->printed_seq);
}

static void on_committed(void *context, uint64_t seq)
{
    struct tail *tail = context;
    tail->committed_seq = seq;
    if (tail->is_leaving && seq >= tail->asked_seq) {
        loop_stop(tail->loop);
    }
}

static void on_ended(void *context, enum reader_end end, const struct fault *fault)
{
    struct tail *tail = context;
    if (end == READER_REFUSED) {
        leave(tail, cli_fail(tail->cli, cli_exit_of(fault->status), "%s", fault->text));
    } else if (end == READER_AT_HEAD) {
        leave(tail, CLI_OK);
    }
}

// ---- options ----

static int read_from(struct tail *tail)
{
    const char *from = cli_option(tail->cli, "--from");
    struct reader_options *options = &tail->options;
    if (from == NULL) {
        options->from = options->to_head ? SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST
                                         : SANJI__FOLLOW_FROM__FOLLOW_FROM_NEXT;
    } else if (strcmp(from, "first") == 0) {
        options->from = SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST;
    } else if (strcmp(from, "next") == 0) {
        options->from = SANJI__FOLLOW_FROM__FOLLOW_FROM_NEXT;
    } else if (options_number(from, &options->seq) == STATUS_OK && options->seq > 0) {
        options->from = SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ;
    } else if (time_parse(from, &options->time_ms) == STATUS_OK) {
        options->from = SANJI__FOLLOW_FROM__FOLLOW_FROM_TIME;
    } else {
        return cli_usage(tail->cli, "--from \"%s\" is no first, next, SEQ or TIME", from);
    }
    options->durable = cli_option(tail->cli, "--durable");
    if (options->durable != NULL && from == NULL) {
        options->from = SANJI__FOLLOW_FROM__FOLLOW_FROM_DURABLE;
    }
    tail->cursor_file = cli_option(tail->cli, "--cursor-file");
    if (tail->cursor_file != NULL && load_cursor(tail) != STATUS_OK) {
        return cli_fail(tail->cli, CLI_FAILURE, "%s: holds no position", tail->cursor_file);
    }
    return CLI_OK;
}

static int read_options(struct tail *tail)
{
    struct cli *cli = tail->cli;
    if (log_filter_read(cli, &tail->filter) != STATUS_OK ||
        cli_number(cli, "--count", &tail->count_max) != STATUS_OK ||
        cli_duration(cli, "--for", &tail->for_ms) != STATUS_OK) {
        return CLI_USAGE;
    }
    if (cli_has(cli, "--count") && tail->count_max == 0) {
        return cli_usage(cli, "--count is at least 1");
    }
    bool is_terminal = cli->output == OUTPUT_DEFAULT && isatty(STDOUT_FILENO) == 1;
    tail->is_table = cli->output == OUTPUT_TABLE || is_terminal;
    tail->shows_restricted = cli_has(cli, "--restricted");
    tail->fails_on_gap = cli_has(cli, "--fail-on-gap");
    tail->options.to_head = cli_has(cli, "--no-follow");
    tail->options.filter = &tail->filter.message;
    return read_from(tail);
}

int cmd_tail(struct cli *cli)
{
    static const struct reader_events EVENTS = {.record = on_record,
                                                .gap = on_gap,
                                                .rested = on_rested,
                                                .joined = on_joined,
                                                .lost = on_lost,
                                                .committed = on_committed,
                                                .ended = on_ended};
    struct tail tail = {.cli = cli};
    int code = read_options(&tail);
    if (code != CLI_OK) {
        return code;
    }
    tail.loop = loop_new();
    tail.arena = arena_new(ARENA_SIZE);
    tail.limit = loop_timer_new(tail.loop, on_limit, &tail);
    tail.patience = loop_timer_new(tail.loop, on_patience, &tail);
    tail.reader = reader_new(tail.loop, cli->run_dir, &tail.options, &EVENTS, &tail);
    loop_timer_start(tail.patience, CONNECT_LIMIT_MS, 0);
    if (tail.for_ms > 0) {
        loop_timer_start(tail.limit, tail.for_ms, 0);
    }
    loop_run(tail.loop);
    cli_flush();
    loop_timer_free(&tail.limit);
    loop_timer_free(&tail.patience);
    reader_free(&tail.reader);
    arena_free(&tail.arena);
    loop_free(&tail.loop);
    return tail.code;
}
