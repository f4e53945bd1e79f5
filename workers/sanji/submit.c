/* submit.c: sanji submit, sanji say: NDJSON in, one receipt or decision a line out. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "broker/runtime/json.h"
#include "broker/runtime/loop.h"
#include "proto/limits.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/feed.h"
#include "workers/sanji/lines.h"

enum {
    ARENA_SIZE = 1024 * 1024
};

struct job {
    struct cli *cli;
    bool is_say;
    struct feed *feed;
    struct lines *lines;
    struct arena *arena;
    int read_error_no;
};

static bool has_room(void *context)
{
    const struct job *job = context;
    return feed_has_room(job->feed);
}

static void on_line(void *context, uint64_t number, struct bytes line)
{
    struct job *job = context;
    struct json_fault fault = {.status = STATUS_TOO_LARGE,
                               .reason = "a line of more than 65536 bytes",
                               .expected = "at most 65536 bytes"};
    static_assert(JSON_LINE_SIZE_MAX == 65536, "the text above says so");
    if (line.size == 0) {
        feed_invalid(job->feed, number, &fault);
        return;
    }
    arena_reset(job->arena);
    ProtobufCMessage *message = NULL;
    const ProtobufCMessageDescriptor *descriptor =
        job->is_say ? &sanji__statement__descriptor : &sanji__submission__descriptor;
    if (json_read(descriptor, line, job->arena, &message, &fault) != STATUS_OK) {
        feed_invalid(job->feed, number, &fault);
    } else if (job->is_say) {
        feed_say(job->feed, number, (const Sanji__Statement *)message);
    } else {
        feed_submit(job->feed, number, (const Sanji__Submission *)message);
    }
}

static void on_end(void *context, int error_no)
{
    struct job *job = context;
    job->read_error_no = error_no;
    feed_end(job->feed);
}

static void on_more(void *context, struct feed *feed)
{
    struct job *job = context;
    (void)feed; // the same as job->feed
    lines_resume(job->lines);
}

// Runs the whole job on an open descriptor.
static int feed_all(struct job *job, int fd, const struct feed_options *options)
{
    static const struct lines_events LINES = {
        .has_room = has_room, .line = on_line, .ended = on_end};
    static const struct feed_source SOURCE = {.more = on_more};
    struct loop *loop = loop_new();
    job->arena = arena_new(ARENA_SIZE);
    job->lines = lines_new(loop, fd, &LINES, job);
    job->feed = feed_new(loop, job->cli, options, &SOURCE, job);
    int code = feed_run(job->feed);
    if (job->read_error_no != 0) {
        code = cli_fail(job->cli, CLI_FAILURE, "input: %s", strerror(job->read_error_no));
    }
    feed_free(&job->feed);
    lines_free(&job->lines);
    loop_free(&loop);
    arena_free(&job->arena);
    return code;
}

static int run(struct cli *cli, bool is_say)
{
    struct feed_options options = {.wait = cli_has(cli, "--wait"), .in_order = is_say};
    if (cli_duration(cli, "--give-up", &options.give_up_ms) != STATUS_OK ||
        cli_duration(cli, "--wait", &options.wait_ms) != STATUS_OK) {
        return CLI_USAGE;
    }
    const char *file = cli_word(cli, 0);
    int fd = STDIN_FILENO;
    if (file != NULL && strcmp(file, "-") != 0) {
        fd = open(file, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            return cli_fail(cli, CLI_FAILURE, "%s: %s", file, strerror(errno));
        }
    }
    struct job job = {.cli = cli, .is_say = is_say};
    int code = feed_all(&job, fd, &options);
    if (fd != STDIN_FILENO) {
        close(fd);
    }
    return code;
}

int cmd_submit(struct cli *cli)
{
    return run(cli, false);
}

int cmd_say(struct cli *cli)
{
    return run(cli, true);
}
