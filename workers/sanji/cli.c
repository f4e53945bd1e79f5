/* cli.c: how commands read their options, print and end. */
#include "workers/sanji/cli.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/runtime/json.h"
#include "proto/time.h"

const char *cli_option(const struct cli *cli, const char *name)
{
    return options_value(&cli->options, name);
}

bool cli_has(const struct cli *cli, const char *name)
{
    return options_value(&cli->options, name) != NULL;
}

const char *cli_word(const struct cli *cli, size_t i)
{
    return i < cli->options.word_count ? cli->options.words[i] : NULL;
}

static enum status refuse_value(const struct cli *cli, const char *name, const char *value,
                                const char *expected)
{
    fprintf(stderr, "sanji %s: %s \"%s\" is no %s\n", cli->name, name, value, expected);
    return STATUS_INVALID;
}

enum status cli_duration(const struct cli *cli, const char *name, int64_t *ms)
{
    const char *value = cli_option(cli, name);
    if (value == NULL || value[0] == '\0') {
        return STATUS_OK;
    }
    if (duration_parse(value, ms) != STATUS_OK) {
        return refuse_value(cli, name, value, "duration (90s, 15m, 4h, 2d)");
    }
    return STATUS_OK;
}

enum status cli_number(const struct cli *cli, const char *name, uint64_t *number)
{
    const char *value = cli_option(cli, name);
    if (value == NULL) {
        return STATUS_OK;
    }
    if (options_number(value, number) != STATUS_OK) {
        return refuse_value(cli, name, value, "whole number");
    }
    return STATUS_OK;
}

enum status cli_time(const struct cli *cli, const char *name, int64_t *at_ms)
{
    const char *value = cli_option(cli, name);
    if (value == NULL) {
        return STATUS_OK;
    }
    if (time_parse(value, at_ms) != STATUS_OK) {
        return refuse_value(cli, name, value,
                            "time with a zone (2020-08-15T15:02:11+08:00)");
    }
    return STATUS_OK;
}

static __attribute__((format(printf, 2, 0))) void
complain(const struct cli *cli, const char *format, va_list arguments)
{
    cli_flush();
    fprintf(stderr, "sanji %s: ", cli->name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(cli, format, arguments);
    va_end(arguments);
    fprintf(stderr, "usage: sanji %s --help\n", cli->name);
    return CLI_USAGE;
}

int cli_fail(const struct cli *cli, enum cli_exit code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(cli, format, arguments);
    va_end(arguments);
    return (int)code;
}

enum cli_exit cli_exit_of(enum status status)
{
    static const struct {
        enum status status;
        enum cli_exit code;
    } CODES[] = {
        {STATUS_OK, CLI_OK},
        {STATUS_NOT_FOUND, CLI_NOT_FOUND},
        {STATUS_TIMEOUT, CLI_UNREACHABLE},
        {STATUS_BUSY, CLI_UNREACHABLE},
        {STATUS_NO_SESSION, CLI_UNREACHABLE},
        {STATUS_FORBIDDEN, CLI_AUTH},
        {STATUS_WRONG_ROLE, CLI_AUTH},
        {STATUS_WRONG_WORKER, CLI_AUTH},
        {STATUS_WRONG_DESK, CLI_AUTH},
        {STATUS_CONFLICT, CLI_CONFLICT},
        {STATUS_STALE, CLI_CONFLICT},
        {STATUS_STALE_OFFER, CLI_CONFLICT},
        {STATUS_INVALID, CLI_REJECTED},
        {STATUS_AHEAD, CLI_REJECTED},
        {STATUS_TOO_LARGE, CLI_REJECTED},
        {STATUS_WRONG_STATE, CLI_REJECTED},
    };

    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        if (CODES[i].status == status) {
            return CODES[i].code;
        }
    }
    return CLI_FAILURE;
}

// ---- stdout ----

_Noreturn static void end_of_output(void)
{
    if (errno == EPIPE) {
        // Nobody reads any more, and that is no failure; what is buffered has no reader.
        _exit(CLI_OK);
    }
    fprintf(stderr, "sanji: stdout: %s\n", strerror(errno));
    _exit(CLI_FAILURE);
}

void cli_line(const char *text)
{
    if (fputs(text, stdout) == EOF || fputc('\n', stdout) == EOF) {
        end_of_output();
    }
}

void cli_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vfprintf(stdout, format, arguments);
    va_end(arguments);
    if (size < 0) {
        end_of_output();
    }
}

void cli_json(json_t *taken)
{
    char *line = json_line(taken);
    json_decref(taken);
    cli_line(line);
    free(line);
}

void cli_flush(void)
{
    if (fflush(stdout) == EOF) {
        end_of_output();
    }
}

char *cli_program_dir(char *text, size_t room)
{
    ssize_t size = readlink("/proc/self/exe", text, room - 1);
    assert(size > 0 && (size_t)size < room - 1);
    text[size] = '\0';
    char *slash = strrchr(text, '/');
    assert(slash != NULL);
    *slash = '\0';
    return text;
}

// ---- columns ----

// Code points that terminals draw two columns wide: CJK, kana, hangul, full-width forms.
static bool is_wide(uint32_t point)
{
    return (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf) ||
           (point >= 0xac00 && point <= 0xd7a3) || (point >= 0xf900 && point <= 0xfaff) ||
           (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff00 && point <= 0xff60) ||
           (point >= 0xffe0 && point <= 0xffe6) || (point >= 0x20000 && point <= 0x3fffd);
}

/* Columns that a text takes on a terminal: 2 for CJK and full-width signs. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        unsigned more = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : *at >= 0xc0 ? 1 : 0;
        uint32_t point = more == 0 ? *at : *at & (0x3fU >> more);
        at++;
        for (; more > 0 && (*at & 0xc0) == 0x80; more--) {
            point = point << 6 | (*at++ & 0x3fU);
        }
        width += is_wide(point) ? 2 : 1;
    }
    return width;
}

void cli_cell(const char *text, size_t width)
{
    size_t used = width_of(text);
    int blanks = used < width ? (int)(width - used) : 0;
    cli_printf("%s%*s", text, blanks, "");
}
