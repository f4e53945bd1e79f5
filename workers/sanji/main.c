/* main.c: sanji: the command line. A table of commands, their options and what they do.
 *
 *     sanji COMMAND [words and options in any order]
 *
 * A new command is one row here and a function in commands.h.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/json_field.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"

struct command {
    const char *name; // one word, or two: "case show"
    int (*run)(struct cli *cli);
    const char *words; // for the usage
    size_t words_min;
    size_t words_max;
    const char *why;
    const struct option_row *options;
};

#define OPTIONS(...)                                                                       \
    (const struct option_row[])                                                            \
    {                                                                                      \
        __VA_ARGS__,                                                                       \
        {                                                                                  \
            NULL, NULL, NULL                                                               \
        }                                                                                  \
    }

// Known to every command.
static const struct option_row COMMON[] = {
    {"--run", "DIR", "run directory with the endpoints (default $SANJI_RUN, else ./run)"},
    {"-o", "table|json|ndjson", "form of the output"},
    {"--help", NULL, "this text"},
    {NULL, NULL, NULL},
};

#define GIVE_UP                                                                            \
    {                                                                                      \
        "--give-up", "DUR",                                                                \
            "how long busy and unanswered lines are sent again (default 10m)"              \
    }

#define BENCH_OPTIONS                                                                      \
    OPTIONS({"--in-flight", "N", ""}, {"--size", "BYTES", ""}, {"--publishers", "N", ""},  \
            {"--records", "N", ""}, {"--data", "DIR", ""})

#define ANY_WORDS OPTIONS_MAX

static const struct command COMMANDS[] = {
    {"up", cmd_up, "", 0, 0, "run all processes on this machine, restart what dies",
     OPTIONS({"--data", "DIR", "where the log lives (default ./data)"},
             {"--config", "FILE", "sanji.yaml (default deploy/sanji.yaml)"},
             {"--map-size", "BYTES", "size of a new log's map (default 64G, sparse)"},
             {"--clock", "wall|driven", "whether time moves by itself (default wall)"},
             {"--start", "TIME", "driven: where time begins"},
             {"--rate", "N", "driven: N times the wall clock (default 0: it stands)"},
             {"--demo", "NAME", "play a data set; its workers go on answering"},
             {"--seed", "N", "of the data set"},
             {"--scale", "N", "of the data set; above 4 the roster grows with it"})},
    {"submit", cmd_submit, "[FILE|-]", 0, 1, "submissions in (NDJSON), receipts out",
     OPTIONS(GIVE_UP)},
    {"say", cmd_say, "[FILE|-]", 0, 1, "statements in (NDJSON), receipts or decisions out",
     OPTIONS(GIVE_UP, {"--wait", "[DUR]", "print the decision (default limit 1m)"})},
    {"tail", cmd_tail, "", 0, 0, "the stream of events",
     OPTIONS({"--from", "first|next|SEQ|TIME", "where to begin (default next)"},
             {"--no-follow", NULL, "stop at the head (from: default first)"},
             {"--count", "N", "stop after N events"}, {"--for", "DUR", "stop after a time"},
             {"--area", "PATH", "at or below this place"},
             {"--holder", "PATH", "held by this desk or one below it"},
             {"--tier", "TIER", "GRID, COMMITTEE, COMMUNITY, SUBDISTRICT"},
             {"--team", "TB03", "of this team"}, {"--worker", "W00007", "of this worker"},
             {"--source", "NAME", "of this source system"},
             {"--case", "NO", "of this case"},
             {"--type", "NAME", "of this type; repeatable"},
             {"--severity", "S2", "at least as urgent"},
             {"--restricted", NULL, "show restricted records too"},
             {"--durable", "NAME", "keep the position with the broker under this name"},
             {"--cursor-file", "FILE", "keep the position in a file"},
             {"--fail-on-gap", NULL, "end with 8 at the first gap"})},
    {"status", cmd_status, "", 0, 0, "log, clock, processes, readers", NULL},
    {"advance", cmd_advance, "TIME|+DUR", 1, 1, "driven time: go there",
     OPTIONS({"--quantum", "DUR", "jump in steps of this size (for load)"})},
    {"clock", cmd_clock, "", 0, 0, "driven time: show the clock, set its rate",
     OPTIONS({"--rate", "N", "N times the wall clock; 0: it stands"})},
    {"verify", cmd_verify, "", 0, 0, "walk the whole log and check every record",
     OPTIONS({"--data", "DIR", "where the log lives (default ./data)"})},
    {"backup", cmd_backup, "DIR", 1, 1, "copy the log, hot",
     OPTIONS({"--keys", NULL, "the key store too"},
             {"--data", "DIR", "where the key store lives"})},
    {"reload", cmd_reload, "", 0, 0, "publish changed rules", NULL},
    {"check-config", cmd_check_config, "FILE", 1, 1,
     "check rule files, say what would change", NULL},
    {"case show", cmd_case_show, "NO", 1, 1, "one case with its timeline",
     OPTIONS({"--at", "SEQ|TIME", "as of then"})},
    {"case explain", cmd_case_explain, "NO", 1, 1,
     "why it is where it is, and how its deadlines were reckoned",
     OPTIONS({"--at", "SEQ|TIME", "as of then"})},
    {"case list", cmd_case_list, "", 0, 0, "lists of cases",
     OPTIONS(
         {"--state", "S", "in this state"}, {"--holder", "PATH", "held there or below"},
         {"--tier", "TIER", "held at this tier"}, {"--worker", "W00007", "of this worker"},
         {"--area", "PATH", "at or below this place"},
         {"--category", "CODE", "of this category, e.g. 02001"},
         {"--overdue", NULL, "late ones"}, {"--attention", NULL, "what a desk must act on"},
         {"--restricted", NULL, "restricted ones too"}, {"--limit", "N", "so many"},
         {"--after", "NO", "behind this case"})},
    {"read", cmd_read, "NO", 1, 1, "the sealed fields; the reading is a record first",
     OPTIONS({"--purpose", "HANDLE|CHECK|REVISIT", "what for"},
             {"--as", "ROLE[:WORKER]", "who reads"})},
    {"board", cmd_board, "[AREA]", 0, 1, "live board: lanes by tier, next due, late",
     OPTIONS({"--once", NULL, "print it and end"},
             {"--restricted", NULL, "restricted cases too"})},
    {"indicators", cmd_indicators, "", 0, 0, "figures, recounted from the log",
     OPTIONS({"--area", "PATH", "cases at or below this place (default: all)"},
             {"--from", "TIME", "window (default: the first record)"},
             {"--to", "TIME", "its end, exclusive (default: now)"})},
    {"digest", cmd_digest, "", 0, 0, "what the public was told of a week",
     OPTIONS({"--week", "2020-W33", "that week (default the newest)"},
             {"--area", "PATH", "at or below this place"})},
    {"demo", cmd_demo, "NAME", 1, 1, "play a data set: y-mini, street, surge, chaos",
     OPTIONS({"--seed", "N", "of the random numbers"}, {"--scale", "N", "times the size"},
             {"--quantum", "DUR",
              "jump in steps of this size (60s for surge and above scale 4)"},
             {"--stay", NULL, "its workers go on answering"},
             {"--people", "scripted|closed",
              "closed: whoever is offered a case answers by himself"},
             {"--truth", NULL, "print what each case will be, play nothing"},
             {"--start", "TIME", "truth: where the clock stands then (default 2020-08-01)"},
             {"--config", "FILE", "truth: sanji.yaml (default deploy/sanji.yaml)"})},
    {"import", cmd_import, "FILE.csv", 1, 1, "submit every row of a CSV file",
     OPTIONS({"--map", "FILE", "which column is what"},
             {"--dry-run", NULL, "print the submissions"}, GIVE_UP)},
    {"bench append", cmd_bench_append, "", 0, 0,
     "durable records a second, beside bare LMDB",
     OPTIONS({"--records", "N", "how many (default by --in-flight)"},
             {"--in-flight", "N", "unacknowledged at most (default 1000)"},
             {"--per-message", "N", "records of one Append (default 1)"},
             {"--size", "BYTES", "of an envelope (default 512)"},
             {"--publishers", "N", "sessions that share the window (default 1)"},
             {"--stalled-readers", "N", "followers that never read (default 0)"},
             {"--data", "DIR", "where its directory is made (default $TMPDIR or /tmp)"})},
    {"restore", cmd_unbuilt, "--verify DIR", 0, ANY_WORDS, "not built in this version",
     OPTIONS({"--verify", NULL, ""})},
    {"export", cmd_unbuilt, "FILE", 0, ANY_WORDS, "not built in this version",
     OPTIONS({"--from", "SEQ|TIME", ""}, {"--to", "SEQ|TIME", ""})},
    {"route test", cmd_route_test, "FILE", 1, 1,
     "what changed rules (a sanji.yaml) would have decided otherwise",
     OPTIONS({"--since", "TIME", "decisions from then on (default: all)"},
             {"--restricted", NULL, "restricted cases whole"})},
    {"bench line", cmd_unbuilt, "", 0, ANY_WORDS, "not built in this version",
     BENCH_OPTIONS},
    {"bench fanout", cmd_unbuilt, "", 0, ANY_WORDS, "not built in this version",
     BENCH_OPTIONS},
    {"bench replay", cmd_unbuilt, "", 0, ANY_WORDS, "not built in this version",
     BENCH_OPTIONS},
};

enum {
    COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0],
    NAME_SIZE = 64
};

static void print_usage(FILE *file)
{
    fprintf(file, "sanji 三级: case log of grid governance\n"
                  "usage: sanji COMMAND [words and options]     sanji COMMAND --help\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct command *command = &COMMANDS[i];
        if (command->run != cmd_unbuilt) {
            char call[NAME_SIZE];
            snprintf(call, sizeof call, "%s %s", command->name, command->words);
            fprintf(file, "  %-24s %s\n", call, command->why);
        }
    }
}

static void print_options(const struct option_row *rows)
{
    for (; rows != NULL && rows->name != NULL; rows++) {
        char call[NAME_SIZE];
        snprintf(call, sizeof call, "%s %s", rows->name,
                 rows->argument == NULL ? "" : rows->argument);
        printf("  %-28s %s\n", call, rows->why);
    }
}

static int print_help(const struct command *command)
{
    printf("usage: sanji %s %s\n%s\n\n", command->name, command->words, command->why);
    print_options(command->options);
    print_options(COMMON);
    return CLI_OK;
}

// Two words first, so that "case show" is found before a command "case".
static const struct command *find_command(int argc, char **argv, int *used)
{
    for (int words = argc >= 3 ? 2 : 1; words > 0; words--) {
        char name[NAME_SIZE];
        int size = words == 2 ? snprintf(name, sizeof name, "%s %s", argv[1], argv[2])
                              : snprintf(name, sizeof name, "%s", argv[1]);
        if (size < 0 || size >= NAME_SIZE) {
            continue;
        }
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            if (strcmp(COMMANDS[i].name, name) == 0) {
                *used = words + 1;
                return &COMMANDS[i];
            }
        }
    }
    return NULL;
}

static int refuse_command(const char *name)
{
    enum {
        NEAR = 3
    };

    const char *best = NULL;
    unsigned distance = NEAR;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        // The first word decides: "case" is near to "case show".
        size_t size = strcspn(COMMANDS[i].name, " ");
        unsigned found = strncmp(COMMANDS[i].name, name, size) == 0 && name[size] == '\0'
                             ? 0
                             : json_distance(COMMANDS[i].name, name);
        if (found < distance) {
            distance = found;
            best = COMMANDS[i].name;
        }
    }
    fprintf(stderr, "sanji: no command %s%s%s\nusage: sanji --help\n", name,
            best == NULL ? "" : "; is it ", best == NULL ? "" : best);
    return CLI_USAGE;
}

static enum status read_output(struct cli *cli)
{
    static const char *const FORMS[] = {"", "table", "json", "ndjson"};
    const char *form = cli_option(cli, "-o");
    for (int i = OUTPUT_TABLE; form != NULL && i <= OUTPUT_NDJSON; i++) {
        if (strcmp(form, FORMS[i]) == 0) {
            cli->output = (enum cli_output)i;
            return STATUS_OK;
        }
    }
    return form == NULL ? STATUS_OK : STATUS_INVALID;
}

static int run_command(const struct command *command, struct cli *cli)
{
    if (cli_has(cli, "--help")) {
        return print_help(command);
    }
    if (read_output(cli) != STATUS_OK) {
        return cli_usage(cli, "-o is table, json or ndjson");
    }
    if (cli->options.word_count < command->words_min) {
        return cli_usage(cli, "%s is missing", command->words);
    }
    if (cli->options.word_count > command->words_max) {
        return cli_usage(cli, "\"%s\" is one word too many",
                         cli->options.words[command->words_max]);
    }
    const char *run = cli_option(cli, "--run");
    const char *environment = getenv("SANJI_RUN");
    bool has_environment = environment != NULL && environment[0] != '\0';
    cli->run_dir = run != NULL ? run : has_environment ? environment : "./run";
    const char *no_color = getenv("NO_COLOR");
    cli->has_color =
        isatty(STDOUT_FILENO) == 1 && (no_color == NULL || no_color[0] == '\0');
    int code = command->run(cli);
    cli_flush();
    return code;
}

static void on_interrupt(int signal_no)
{
    (void)signal_no; // SIGINT alone
    _exit(CLI_INTERRUPTED);
}

int main(int argc, char **argv)
{
    // Texts are UTF-8 whatever the terminal says; numbers are printed as in C.
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    (void)signal(SIGPIPE, SIG_IGN); // a closed pipe is met as EPIPE
    (void)signal(SIGINT, on_interrupt);
    diag_open("sanji");
    if (argc < 2) {
        print_usage(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return CLI_OK;
    }
    int used = 0;
    const struct command *command = find_command(argc, argv, &used);
    if (command == NULL) {
        return refuse_command(argv[1]);
    }
    struct cli cli = {.name = command->name};
    struct fault fault;
    if (options_read(command->options, COMMON, argc - used, argv + used, &cli.options,
                     &fault) != STATUS_OK) {
        return cli_usage(&cli, "%s", fault.text);
    }
    return run_command(command, &cli);
}
