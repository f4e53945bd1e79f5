/* clock.c: sanji advance, sanji clock: driven time.
 *
 * An advance may take as long as its processes need, so it is waited for without a limit, and
 * meanwhile the broker is asked from time to time whom it waits for.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "broker/runtime/json.h"
#include "broker/runtime/loop.h"
#include "proto/limits.h"
#include "proto/time.h"
#include "proto/wire.h"
#include "workers/sanji/admin.h"
#include "workers/sanji/ask.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"

enum {
    ARENA_SIZE = 1024 * 1024,
    LOOK_MS = 2000,         // between two looks at whom it waits for
    UNREACHABLE_MS = 15000, // looks without an answer for so long
    REQUEST_SIZE = 256
};

static enum status ask_status(const struct cli *cli, struct arena *arena,
                              const Sanji__StatusReply **status, struct fault *fault)
{
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    Sanji__StatusAsk ask = SANJI__STATUS_ASK__INIT;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_STATUS;
    request.status = &ask;
    Sanji__AdminReply *reply = NULL;
    enum status asked =
        admin_ask(cli->run_dir, &request, ADMIN_LIMIT_MS, arena, &reply, fault);
    if (asked != STATUS_OK) {
        return asked;
    }
    if (reply->body_case != SANJI__ADMIN_REPLY__BODY_STATUS) {
        return fault_set(fault, STATUS_UNKNOWN_KIND, "the broker answered something else");
    }
    *status = reply->status;
    return STATUS_OK;
}

// "+2d" from the broker's now, else a time.
static int read_target(const struct cli *cli, struct arena *arena, int64_t *to_ms)
{
    const char *word = cli_word(cli, 0);
    int64_t ahead_ms = 0;
    if (word[0] != '+') {
        return time_parse(word, to_ms) == STATUS_OK
                   ? CLI_OK
                   : cli_usage(cli, "\"%s\" is no TIME and no +DUR", word);
    }
    if (duration_parse(word + 1, &ahead_ms) != STATUS_OK) {
        return cli_usage(cli, "\"%s\" is no duration (+90s, +15m, +4h, +2d)", word);
    }
    const Sanji__StatusReply *status = NULL;
    struct fault fault;
    enum status asked = ask_status(cli, arena, &status, &fault);
    if (asked != STATUS_OK) {
        return cli_fail(cli, cli_exit_of(asked), "%s", fault.text);
    }
    assert(status != NULL);
    *to_ms = status->now_ms + ahead_ms;
    return CLI_OK;
}

static int print_advanced(const struct cli *cli, const Sanji__AdvanceReply *reply)
{
    char now[TIME_TEXT_SIZE];
    if (cli->output == OUTPUT_TABLE) {
        cli_printf("%s  步数 %u  最新序号 %" PRIu64 "\n",
                   time_print_local(reply->now_ms, CLI_OFFSET_MIN, now), reply->steps,
                   reply->head);
    } else {
        cli_printf("{\"now\":\"%s\",\"steps\":%u,\"head\":%" PRIu64 "}\n",
                   time_print(reply->now_ms, now), reply->steps, reply->head);
    }
    return CLI_OK;
}

// Takes one answer. *done: it was the last one.
static int take_answer(const struct cli *cli, struct bytes wire, struct arena *arena,
                       bool *done)
{
    *done = true;
    ProtobufCMessage *message = NULL;
    enum status status =
        wire_unpack(&sanji__admin_reply__descriptor, wire, arena, &message);
    if (status != STATUS_OK) {
        return cli_fail(cli, CLI_FAILURE, "an answer that cannot be read: %s",
                        status_en(status));
    }
    const Sanji__AdminReply *reply = (const Sanji__AdminReply *)message;
    if (reply->body_case == SANJI__ADMIN_REPLY__BODY_ERROR) {
        return cli_fail(cli, cli_exit_of((enum status)reply->error->code), "%s",
                        reply->error->text);
    }
    if (reply->body_case != SANJI__ADMIN_REPLY__BODY_ADVANCE) {
        return cli_fail(cli, CLI_FAILURE, "the broker answered something else");
    }
    if (!reply->advance->done) {
        *done = false;
        fprintf(stderr, "-- 等待 waiting for %s\n", reply->advance->waiting_for);
        return CLI_OK;
    }
    return print_advanced(cli, reply->advance);
}

// Nothing came for a while: is the advance still going on, and who keeps it?
static int look(const struct cli *cli, struct arena *arena, int64_t *heard_ms, bool *done)
{
    const Sanji__StatusReply *status = NULL;
    struct fault fault;
    *done = false;
    if (ask_status(cli, arena, &status, &fault) != STATUS_OK) {
        if (loop_steady_ms() - *heard_ms < UNREACHABLE_MS) {
            return CLI_OK;
        }
        *done = true;
        return cli_fail(cli, CLI_UNREACHABLE, "%s", fault.text);
    }
    assert(status != NULL);
    *heard_ms = loop_steady_ms();
    if (!status->advancing) {
        *done = true;
        return cli_fail(cli, CLI_FAILURE,
                        "the advance ended without an answer: was the "
                        "broker started again?");
    }
    if (status->waiting_for[0] != '\0') {
        fprintf(stderr, "-- 等待 waiting for %s\n", status->waiting_for);
    }
    return CLI_OK;
}

static int follow_advance(const struct cli *cli, struct ask *ask, struct arena *arena)
{
    int64_t heard_ms = loop_steady_ms();
    for (;;) {
        struct bytes wire;
        bool done = false;
        arena_reset(arena);
        enum status status = ask_receive(ask, LOOK_MS, &wire);
        int code = status == STATUS_OK ? take_answer(cli, wire, arena, &done)
                                       : look(cli, arena, &heard_ms, &done);
        if (done && status != STATUS_OK && code == CLI_FAILURE &&
            ask_receive(ask, 1, &wire) == STATUS_OK) {
            code = take_answer(cli, wire, arena, &done); // it came while we looked
        }
        if (done) {
            return code;
        }
    }
}

int cmd_advance(struct cli *cli)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    Sanji__Advance advance = SANJI__ADVANCE__INIT;
    int64_t quantum_ms = 0;
    int code = cli_duration(cli, "--quantum", &quantum_ms) == STATUS_OK
                   ? read_target(cli, arena, &advance.to_ms)
                   : CLI_USAGE;
    if (quantum_ms > UINT32_MAX) {
        code = cli_usage(cli, "--quantum is at most %u s", UINT32_MAX / 1000);
    }
    advance.quantum_ms = (uint32_t)quantum_ms;
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    request.protocol = PROTOCOL_VERSION;
    request.request_no = 1;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_ADVANCE;
    request.advance = &advance;
    uint8_t packed[REQUEST_SIZE];
    struct ask *ask = NULL;
    struct fault fault;
    if (code == CLI_OK && ask_open(cli->run_dir, "admin", &ask, &fault) != STATUS_OK) {
        code = cli_fail(cli, cli_exit_of(fault.status), "%s", fault.text);
    }
    if (code == CLI_OK) {
        size_t size = protobuf_c_message_pack(&request.base, packed);
        struct bytes wire = {.data = packed, .size = size};
        code = ask_send(ask, wire, ADMIN_LIMIT_MS) == STATUS_OK
                   ? follow_advance(cli, ask, arena)
                   : cli_fail(cli, CLI_UNREACHABLE, "%s/admin.ipc: no broker answers",
                              cli->run_dir);
    }
    ask_close(&ask);
    arena_free(&arena);
    return code;
}

int cmd_clock(struct cli *cli)
{
    Sanji__Rate rate = SANJI__RATE__INIT;
    uint64_t number = 0;
    if (cli_number(cli, "--rate", &number) != STATUS_OK) {
        return CLI_USAGE;
    }
    if (number > UINT32_MAX) {
        return cli_usage(cli, "--rate is at most %u", UINT32_MAX);
    }
    rate.rate = (uint32_t)number;
    rate.ask_only = !cli_has(cli, "--rate");
    struct arena *arena = arena_new(ARENA_SIZE);
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_RATE;
    request.rate = &rate;
    Sanji__AdminReply *reply = NULL;
    int code = admin_call(cli, &request, SANJI__ADMIN_REPLY__BODY_RATE, ADMIN_LIMIT_MS,
                          arena, &reply);
    char now[TIME_TEXT_SIZE];
    if (code == CLI_OK && cli->output == OUTPUT_TABLE) {
        cli_printf("%s  %s x%u\n",
                   time_print_local(reply->rate->now_ms, CLI_OFFSET_MIN, now),
                   reply->rate->driven ? "driven" : "wall", reply->rate->rate);
    } else if (code == CLI_OK) {
        cli_printf("{\"now\":\"%s\",\"clock\":\"%s\",\"rate\":%u}\n",
                   time_print(reply->rate->now_ms, now),
                   reply->rate->driven ? "driven" : "wall", reply->rate->rate);
    }
    arena_free(&arena);
    return code;
}
