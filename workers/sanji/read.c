/* read.c: `sanji read NO --purpose CODE --as ROLE[:WHO]`: prints the sealed fields of a case.
 * The reading is a record before the text arrives. Each call is a reading of its own. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "broker/runtime/json.h"
#include "broker/runtime/loop.h"
#include "proto/org.h"
#include "proto/vocab.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/doorway.h"

enum {
    REF_SIZE = 40,
    WHO_SIZE = 64,
    GIVE_UP_MS = 10000
};

struct reading {
    struct cli *cli;
    struct loop *loop;
    int exit_code;
};

static void print_opened(const struct cli *cli, const Sanji__SealedText *opened)
{
    if (cli->output == OUTPUT_JSON || cli->output == OUTPUT_NDJSON) {
        cli_json(json_write(&opened->base));
        return;
    }

    const struct {
        const char *name;
        const char *value;
    } texts[] = {{"内容 text     ", opened->text},
                 {"联系 contact  ", opened->contact},
                 {"反映人 reporter", opened->reporter},
                 {"地址 address  ", opened->address}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].value[0] != '\0') {
            cli_printf("%s %s\n", texts[i].name, texts[i].value);
        }
    }
}

static void answered(void *context, uint64_t item, const Sanji__Receipt *receipt)
{
    (void)item;
    struct reading *reading = context;
    if (receipt->outcome == SANJI__OUTCOME__OUTCOME_APPLIED) {
        reading->exit_code = CLI_OK;
        if (receipt->opened != NULL) {
            print_opened(reading->cli, receipt->opened);
        }
    } else if (receipt->outcome == SANJI__OUTCOME__OUTCOME_REFUSED) {
        reading->exit_code =
            cli_fail(reading->cli, CLI_AUTH, "%s: %s", receipt->code, receipt->reason);
    } else if (receipt->outcome == SANJI__OUTCOME__OUTCOME_STORED) {
        // Said and recorded, but the answer was lost on its way: a text is sent once only.
        reading->exit_code =
            cli_fail(reading->cli, CLI_FAILURE,
                     "查阅已记录, 但答复丢失, 请重新查阅 / the reading is on "
                     "record but its answer was lost: read again");
    } else if (receipt->outcome == SANJI__OUTCOME__OUTCOME_UNREACHABLE) {
        reading->exit_code =
            cli_fail(reading->cli, CLI_UNREACHABLE, "没有答复 / no answer from the door");
    } else {
        const bool no_case = strcmp(receipt->field, "case_no") == 0;
        reading->exit_code = cli_fail(reading->cli, no_case ? CLI_NOT_FOUND : CLI_REJECTED,
                                      "%s: %s", receipt->field, receipt->reason);
    }
    loop_stop(reading->loop);
}

static bool read_purpose(const char *text, Sanji__Purpose *purpose)
{
    static const char *const names[] = {"", "HANDLE", "CHECK", "REVISIT"};
    for (size_t i = 1; text != NULL && i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(names[i], text) == 0) {
            *purpose = (Sanji__Purpose)i;
            return true;
        }
    }
    return false;
}

/* "FULLTIME:W00007" or "DISPATCHER:370499.003.01". */
static bool read_actor(const char *text, char who[WHO_SIZE], Sanji__Actor *actor)
{
    if (text == NULL || strlen(text) >= WHO_SIZE) {
        return false;
    }
    (void)snprintf(who, WHO_SIZE, "%s", text);
    char *colon = strchr(who, ':');
    if (colon != NULL) {
        *colon = '\0';
        char **field = colon[1] == 'W' ? &actor->worker : &actor->org;
        *field = colon + 1;
    }
    actor->role = (Sanji__Role)vocab_role(who);
    return actor->role != SANJI__ROLE__ROLE_UNSPECIFIED;
}

int cmd_read(struct cli *cli)
{
    static char system[] = "sanji-read";
    char ref[REF_SIZE];
    char who[WHO_SIZE];
    char case_no[WHO_SIZE];
    uint64_t random[2];
    Sanji__Statement statement = SANJI__STATEMENT__INIT;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    Sanji__Actor actor = SANJI__ACTOR__INIT;
    const char *no = cli_word(cli, 0);
    if (no == NULL || strlen(no) >= sizeof case_no) {
        return cli_usage(cli, "which case? NO has 23 digits");
    }
    if (!read_purpose(cli_option(cli, "--purpose"), &fields.purpose)) {
        return cli_usage(cli, "--purpose HANDLE, CHECK or REVISIT");
    }
    if (!read_actor(cli_option(cli, "--as"), who, &actor)) {
        return cli_usage(cli, "--as ROLE:WORKER or ROLE:ORG, e.g. FULLTIME:W00007");
    }
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        return cli_fail(cli, CLI_FAILURE, "no random numbers");
    }
    (void)snprintf(case_no, sizeof case_no, "%s", no);
    (void)snprintf(ref, sizeof ref, "%016llx%016llx", (unsigned long long)random[0],
                   (unsigned long long)random[1]);
    statement.source_system = system;
    statement.source_ref = ref;
    statement.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_READ;
    statement.case_no = case_no;
    statement.actor = &actor;
    statement.fields = &fields;

    static const struct doorway_events events = {.answered = answered};
    struct reading reading = {.cli = cli, .loop = loop_new(), .exit_code = CLI_FAILURE};
    struct doorway *door =
        doorway_new(reading.loop, cli->run_dir,
                    &(struct doorway_options){.give_up_ms = GIVE_UP_MS}, &events, &reading);
    (void)doorway_say(door, &statement); // one item: its number is not needed
    loop_run(reading.loop);
    doorway_free(&door);
    loop_free(&reading.loop);
    return reading.exit_code;
}
