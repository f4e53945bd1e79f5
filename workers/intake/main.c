/* main.c: the intake process: the door, the key store, the rule files. */
#include <signal.h>
#include <stdio.h>

#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "workers/intake/doorway.h"
#include "workers/intake/duplicate.h"
#include "workers/intake/intake.h"
#include "workers/intake/publish.h"
#include "workers/intake/vault.h"

enum {
    PATH_SIZE = 4096
};

static const struct process_option options[] = {
    {.name = "--kek",
     .argument = "FILE",
     .why =
         "key-encryption key (32 bytes, mode 0600); default DATA/keys/kek, made at first "
         "start"},
};

static void on_reload(void *context)
{
    struct intake *intake = context;
    publish_reload(intake->publisher);
}

static struct doorway *open_parts(struct process *process, struct intake *intake)
{
    struct fault fault;
    char directory[PATH_SIZE];
    struct doorway *doorway = NULL;
    static char endpoint[ENDPOINT_SIZE];
    (void)snprintf(directory, sizeof directory, "%s/keys",
                   process->data_dir); // cut: refused
    if (publish_open(process->config_file, &intake->publisher, &fault) != STATUS_OK ||
        keystore_open(directory, process_option(process, "--kek"), &intake->keystore,
                      &fault) != STATUS_OK ||
        doorway_open(process->loop, process_endpoint(process->run_dir, "door", endpoint),
                     intake, &doorway, &fault) != STATUS_OK) {
        process_cannot_start(&fault);
    }
    intake->index = index_new();
    intake->duplicates = duplicates_new();
    intake->vault = vault_new(process->loop,
                              process_endpoint(process->run_dir, "log", endpoint), intake);
    loop_signal(process->loop, SIGHUP, on_reload, intake);
    return doorway;
}

static void poke(void *context)
{
    stage_shell_poke(context);
}

int main(int argc, char **argv)
{
    static struct intake intake;
    struct process process = {.name = "sanji-intake",
                              .options = options,
                              .option_count = sizeof options / sizeof options[0]};
    process_start(&process, argc, argv);
    intake.process = &process;
    struct doorway *doorway = open_parts(&process, &intake);

    char endpoint[ENDPOINT_SIZE];
    struct stage_shell *shell =
        stage_shell_new(process.loop, process_endpoint(process.run_dir, "log", endpoint),
                        &intake_ops, &intake);
    stage_shell_cache(shell, &process);
    doorway_on_work(doorway, poke, shell);
    const int code = process_run(&process);
    stage_shell_free(&shell);
    vault_free(&intake.vault);
    doorway_close(&doorway);
    duplicates_free(&intake.duplicates);
    index_free(&intake.index);
    keystore_close(&intake.keystore);
    publish_close(&intake.publisher);
    return code;
}
