/* main.c: the dispatch process: offers to grid workers and what they answer. */
#include "broker/runtime/process.h"
#include "broker/runtime/stage.h"
#include "workers/dispatch/dispatch.h"

int main(int argc, char **argv)
{
    static struct dispatch dispatch;
    struct process process = {.name = "sanji-dispatch"};
    process_start(&process, argc, argv);
    dispatch.process = &process;
    char endpoint[ENDPOINT_SIZE];
    struct stage_shell *shell =
        stage_shell_new(process.loop, process_endpoint(process.run_dir, "log", endpoint),
                        &dispatch_ops, &dispatch);
    stage_shell_cache(shell, &process);
    const int code = process_run(&process);
    stage_shell_free(&shell);
    return code;
}
