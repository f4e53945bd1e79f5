/* main.c: the audit process. */
#include "broker/runtime/process.h"
#include "broker/runtime/stage.h"
#include "workers/audit/audit.h"

int main(int argc, char **argv)
{
    static struct audit audit;
    struct process process = {.name = "sanji-audit"};
    process_start(&process, argc, argv);
    audit.process = &process;
    audit_open(&audit);
    char endpoint[ENDPOINT_SIZE];
    struct stage_shell *shell =
        stage_shell_new(process.loop, process_endpoint(process.run_dir, "log", endpoint),
                        &audit_ops, &audit);
    stage_shell_cache(shell, &process);
    const int code = process_run(&process);
    stage_shell_free(&shell);
    audit_close(&audit);
    return code;
}
