/* main.c: the casebook process: answers questions about cases. */
#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "broker/runtime/socket.h"
#include "broker/runtime/stage.h"
#include "proto/arena.h"
#include "workers/casebook/casebook.h"

enum {
    ANSWER_ARENA_BYTES = 8 * 1024 * 1024, /* a list of LIST_ROWS_MAX rows and its bytes */
    QUERY_HWM = 1000
};

int main(int argc, char **argv)
{
    static struct casebook casebook;
    struct process process = {.name = "sanji-casebook"};
    process_start(&process, argc, argv);
    casebook.process = &process;
    casebook.arena = arena_new(ANSWER_ARENA_BYTES);

    char endpoint[ENDPOINT_SIZE];
    struct fault fault;
    process_endpoint(process.run_dir, "query", endpoint);
    if (socket_bind(SOCKET_ROUTER, endpoint, QUERY_HWM, &casebook.query, &fault) !=
        STATUS_OK) {
        process_cannot_start(&fault);
    }
    loop_watch(process.loop, casebook.query, casebook_serve, &casebook);
    struct stage_shell *shell =
        stage_shell_new(process.loop, process_endpoint(process.run_dir, "log", endpoint),
                        &casebook_ops, &casebook);
    stage_shell_cache(shell, &process);
    const int code = process_run(&process);
    stage_shell_free(&shell);
    loop_unwatch(process.loop, casebook.query);
    socket_close(&casebook.query);
    arena_free(&casebook.arena);
    return code;
}
