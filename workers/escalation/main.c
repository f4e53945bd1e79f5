/* main.c: the escalation process: holder, tier, deadlines. */
#include "broker/runtime/process.h"
#include "broker/runtime/stage.h"
#include "workers/escalation/escalation.h"

int main(int argc, char **argv)
{
    struct process process = {.name = "sanji-escalation"};
    process_start(&process, argc, argv);
    char endpoint[ENDPOINT_SIZE];
    struct stage_shell *shell =
        stage_shell_new(process.loop, process_endpoint(process.run_dir, "log", endpoint),
                        &escalation_ops, &process);
    stage_shell_cache(shell, &process);
    const int code = process_run(&process);
    stage_shell_free(&shell);
    return code;
}
