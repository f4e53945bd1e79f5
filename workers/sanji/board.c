/* board.c: `sanji board [AREA] [--once]`: lanes by tier, what is due next, what is late, what
 * somebody must act on; drawn anew each second. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "broker/runtime/json.h"
#include "broker/runtime/loop.h"
#include "proto/time.h"
#include "proto/vocab.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/query.h"
#include "workers/sanji/rows.h"

enum {
    ANSWER_ARENA_BYTES = 8 * 1024 * 1024,
    REDRAW_MS = 1000,
    AREA_SIZE = 64
};

struct board {
    struct cli *cli;
    struct loop *loop;
    struct arena *arena;
    char area[AREA_SIZE];
    int exit_code;
};

static void draw_lane(const Sanji__Lane *lane, int64_t now_ms)
{
    if (lane->open == 0) {
        return;
    }
    cli_printf("\n%s  在办 %u  超时 %u  |", rows_tier_zh(lane->tier), lane->open,
               lane->overdue);
    for (size_t state = 0; state < lane->n_by_state; state++) {
        if (lane->by_state[state] != 0) {
            cli_printf(" %s %u", vocab_state_zh((unsigned)state), lane->by_state[state]);
        }
    }
    cli_printf("\n");
    for (size_t i = 0; i < lane->n_next; i++) {
        rows_print(lane->next[i], now_ms);
    }
}

static void draw(const struct board *board, const Sanji__QueryReply *reply)
{
    char time[TIME_TEXT_SIZE];
    const Sanji__BoardReply *body = reply->board;
    cli_printf(
        "三级 %s  %s  seq %llu  在办 open %u  已结 closed %u  超时 overdue %u  待关注 "
        "attention %u\n",
        board->area, time_print_local(reply->now_ms, CLI_OFFSET_MIN, time),
        (unsigned long long)reply->upto_seq, body->open, body->closed, body->overdue,
        body->attention_count);
    for (size_t i = 0; i < body->n_missing_years; i++) {
        cli_printf(
            "注意: 日历缺 %u 年, 工作时限按星期计 / the calendar has no table for %u: "
            "working time is counted by weekday\n",
            body->missing_years[i], body->missing_years[i]);
    }
    for (size_t i = body->n_lanes; i > 0; i--) {
        draw_lane(body->lanes[i - 1], reply->now_ms);
    }
    if (body->n_attention > 0) {
        cli_printf("\n待关注 for your attention\n");
        for (size_t i = 0; i < body->n_attention; i++) {
            rows_print(body->attention[i], reply->now_ms);
        }
        if (body->attention_count > body->n_attention) {
            cli_printf("… 共 %u 件, 用 case list --attention 看全部 / %u in all: case list "
                       "--attention\n",
                       body->attention_count, body->attention_count);
        }
    }
    cli_flush();
}

static int ask(struct board *board)
{
    Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
    Sanji__BoardAsk question = SANJI__BOARD_ASK__INIT;
    Sanji__QueryReply *reply = NULL;
    struct fault fault;
    question.area = board->area;
    question.restricted = cli_has(board->cli, "--restricted");
    request.body_case = SANJI__QUERY_REQUEST__BODY_BOARD;
    request.board = &question;
    arena_reset(board->arena);
    const enum status status = query_ask(board->cli->run_dir, &request, QUERY_LIMIT_MS,
                                         board->arena, &reply, &fault);
    if (status != STATUS_OK) {
        return cli_fail(board->cli, cli_exit_of(status), "%s", fault.text);
    }
    if (board->cli->output == OUTPUT_JSON || board->cli->output == OUTPUT_NDJSON) {
        cli_json(json_write(&reply->board->base));
        cli_flush();
    } else {
        draw(board, reply);
    }
    return CLI_OK;
}

static void redraw(void *context)
{
    struct board *board = context;
    if (board->cli->output == OUTPUT_DEFAULT || board->cli->output == OUTPUT_TABLE) {
        cli_printf("\033[H\033[J"); // home, and clear to the end of the screen
    }
    board->exit_code = ask(board);
    if (board->exit_code != CLI_OK && board->exit_code != CLI_UNREACHABLE) {
        loop_stop(board->loop);
    }
}

static void stop(void *context)
{
    struct board *board = context;
    board->exit_code = CLI_OK;
    loop_stop(board->loop);
}

int cmd_board(struct cli *cli)
{
    struct board board = {.cli = cli};
    const char *area = cli_word(cli, 0);
    if (area != NULL && strlen(area) >= sizeof board.area) {
        return cli_usage(cli, "AREA is an org path, e.g. 370499.003.01");
    }
    (void)snprintf(board.area, sizeof board.area, "%s", area != NULL ? area : "");
    board.arena = arena_new(ANSWER_ARENA_BYTES);
    if (cli_has(cli, "--once")) {
        board.exit_code = ask(&board);
    } else {
        board.loop = loop_new();
        struct loop_timer *timer = loop_timer_new(board.loop, redraw, &board);
        loop_signal(board.loop, SIGINT, stop, &board);
        loop_signal(board.loop, SIGTERM, stop, &board);
        loop_timer_start(timer, 0, REDRAW_MS);
        loop_run(board.loop);
        loop_timer_free(&timer);
        loop_free(&board.loop);
    }
    arena_free(&board.arena);
    return board.exit_code;
}
