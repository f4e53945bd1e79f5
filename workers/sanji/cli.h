/* cli.h: what every command of `sanji` is given, how it prints and how it ends.
 *
 *     main.c   table of commands: name, function, options
 *       |      int cmd_x(struct cli *cli)  -> exit code
 *       v
 *     data on stdout (cli_line, flushed when nothing more is at hand), all else on stderr.
 *     A closed pipe ends the process quietly with 0.
 */
#ifndef SANJI_CLI_H
#define SANJI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "proto/status.h"
#include "workers/sanji/options.h"

/* Scripts rely on these: records.md 5. */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILURE = 1,
    CLI_USAGE = 2,
    CLI_NOT_FOUND = 3,
    CLI_AUTH = 4,
    CLI_CONFLICT = 5,
    CLI_UNREACHABLE = 6,
    CLI_REJECTED = 7,
    CLI_GAP = 8,
    CLI_PROBLEMS = 9,
    CLI_TIME_LIMIT = 124,
    CLI_INTERRUPTED = 130
};

enum cli_output {
    OUTPUT_DEFAULT, /* none asked for: the command's own choice */
    OUTPUT_TABLE,
    OUTPUT_JSON,
    OUTPUT_NDJSON
};

enum {
    CLI_OFFSET_MIN = 480 /* tables print Asia/Shanghai, which has no summer time */
};

struct cli {
    const char *name;    /* "case show" */
    const char *run_dir; /* --run, else $SANJI_RUN, else "./run" */
    enum cli_output output;
    bool has_color; /* a terminal, and NO_COLOR is not set */
    struct options options;
};

/* NULL: not given; "": a flag. */
const char *cli_option(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);
/* The i-th word that is no option, or NULL. */
const char *cli_word(const struct cli *cli, size_t i);

/* Values of options; what is not given leaves *value untouched. They say what is wrong on
 * stderr. Fails: INVALID: return CLI_USAGE. */
MUST_CHECK enum status cli_duration(const struct cli *cli, const char *name, int64_t *ms);
MUST_CHECK enum status cli_number(const struct cli *cli, const char *name,
                                  uint64_t *number);
MUST_CHECK enum status cli_time(const struct cli *cli, const char *name, int64_t *at_ms);

/* "sanji tail: TEXT" on stderr. Each returns the exit code. */
int cli_usage(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int cli_fail(const struct cli *cli, enum cli_exit code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The code for a refusal that came back: NOT_FOUND 3, TIMEOUT 6, FORBIDDEN and the like 4,
 * STALE and CONFLICT 5, INVALID and the rest of what is refused 7, else 1. */
enum cli_exit cli_exit_of(enum status status);

/* stdout. A pipe that was closed ends the process with 0, a full disk with 1. */
void cli_line(const char *text);
void cli_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints the value on one line and releases it. */
void cli_json(json_t *taken);
void cli_flush(void);

/* Directory that holds this program and its siblings. Returns text. */
char *cli_program_dir(char *text, size_t room);

/* Prints the text and blanks up to `width` columns. */
void cli_cell(const char *text, size_t width);

#endif
