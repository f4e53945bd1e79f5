/* options.c: options anywhere after the command's name. */
#include "workers/sanji/options.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "broker/runtime/json_field.h"
#include "proto/time.h"

struct taker {
    const struct option_row *rows;
    const struct option_row *more;
    int argc;
    char **argv;
    int at;
    struct options *options;
    struct fault *fault;
};

static const struct option_row *find_in(const struct option_row *rows, const char *name,
                                        size_t size)
{
    for (; rows != NULL && rows->name != NULL; rows++) {
        if (strlen(rows->name) == size && memcmp(rows->name, name, size) == 0) {
            return rows;
        }
    }
    return NULL;
}

static void nearest_in(const struct option_row *rows, const char *name, const char **best,
                       unsigned *distance)
{
    for (; rows != NULL && rows->name != NULL; rows++) {
        unsigned found = json_distance(rows->name, name);
        if (found < *distance) {
            *distance = found;
            *best = rows->name;
        }
    }
}

static enum status refuse_unknown(const struct taker *taker, const char *name)
{
    enum {
        NEAR = 4
    };

    const char *best = NULL;
    unsigned distance = NEAR;
    nearest_in(taker->rows, name, &best, &distance);
    nearest_in(taker->more, name, &best, &distance);
    if (best == NULL) {
        return fault_set(taker->fault, STATUS_INVALID, "no option %s", name);
    }
    return fault_set(taker->fault, STATUS_INVALID, "no option %s; is it %s?", name, best);
}

static bool is_duration(const char *text)
{
    int64_t ms = 0;
    return duration_parse(text, &ms) == STATUS_OK;
}

// The value behind an option. *value stays "" where it may be left out and was.
static enum status take_value(struct taker *taker, const struct option_row *row,
                              const char *equals, const char **value)
{
    if (row->argument == NULL) {
        if (equals != NULL) {
            return fault_set(taker->fault, STATUS_INVALID, "%s takes no value", row->name);
        }
        return STATUS_OK;
    }
    if (equals != NULL) {
        *value = equals + 1;
        return STATUS_OK;
    }
    bool has_next = taker->at + 1 < taker->argc;
    if (row->argument[0] == '[') {
        if (has_next && is_duration(taker->argv[taker->at + 1])) {
            *value = taker->argv[++taker->at];
        }
        return STATUS_OK;
    }
    if (!has_next) {
        return fault_set(taker->fault, STATUS_INVALID, "%s needs %s", row->name,
                         row->argument);
    }
    *value = taker->argv[++taker->at];
    return STATUS_OK;
}

static enum status take_option(struct taker *taker)
{
    const char *argument = taker->argv[taker->at];
    const char *equals = strchr(argument, '=');
    size_t size = equals == NULL ? strlen(argument) : (size_t)(equals - argument);
    const struct option_row *row = find_in(taker->rows, argument, size);
    if (row == NULL) {
        row = find_in(taker->more, argument, size);
    }
    if (row == NULL) {
        return refuse_unknown(taker, argument);
    }
    const char *value = "";
    enum status status = take_value(taker, row, equals, &value);
    if (status != STATUS_OK) {
        return status;
    }
    struct options *options = taker->options;
    if (options->given_count == OPTIONS_MAX) {
        return fault_set(taker->fault, STATUS_INVALID, "more than %d options", OPTIONS_MAX);
    }
    options->given[options->given_count].name = row->name;
    options->given[options->given_count].value = value;
    options->given_count++;
    return STATUS_OK;
}

enum status options_read(const struct option_row *rows, const struct option_row *more,
                         int argc, char **argv, struct options *options,
                         struct fault *fault)
{
    assert(options != NULL);
    assert(fault != NULL);
    *options = (struct options){.given_count = 0};
    struct taker taker = {rows, more, argc, argv, 0, options, fault};
    bool only_words = false;
    for (; taker.at < argc; taker.at++) {
        const char *argument = argv[taker.at];
        if (!only_words && strcmp(argument, "--") == 0) {
            only_words = true;
            continue;
        }
        if (!only_words && argument[0] == '-' && argument[1] != '\0') {
            enum status status = take_option(&taker);
            if (status != STATUS_OK) {
                return status;
            }
            continue;
        }
        if (options->word_count == OPTIONS_MAX) {
            return fault_set(fault, STATUS_INVALID, "more than %d words", OPTIONS_MAX);
        }
        options->words[options->word_count++] = argument;
    }
    return STATUS_OK;
}

const char *options_value(const struct options *options, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < options->given_count; i++) {
        if (strcmp(options->given[i].name, name) == 0) {
            value = options->given[i].value;
        }
    }
    return value;
}

const char *options_nth(const struct options *options, const char *name, size_t nth)
{
    for (size_t i = 0; i < options->given_count; i++) {
        if (strcmp(options->given[i].name, name) == 0 && nth-- == 0) {
            return options->given[i].value;
        }
    }
    return NULL;
}

// Digits at the front; *end is what follows. False: none, or too large.
static bool read_digits(const char *text, uint64_t *number, const char **end)
{
    uint64_t sum = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (sum > ((uint64_t)INT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *number = sum;
    *end = at;
    return at != text;
}

enum status options_number(const char *text, uint64_t *number)
{
    uint64_t found = 0;
    const char *end = NULL;
    if (!read_digits(text, &found, &end) || *end != '\0') {
        return STATUS_INVALID;
    }
    *number = found;
    return STATUS_OK;
}

enum status options_size(const char *text, uint64_t *bytes)
{
    static const char UNITS[] = "KMGT";
    uint64_t found = 0;
    const char *end = NULL;
    if (!read_digits(text, &found, &end)) {
        return STATUS_INVALID;
    }
    unsigned shift = 0;
    if (*end != '\0') {
        const char *unit = strchr(UNITS, *end);
        const char *rest = end + 1;
        if (unit == NULL || (strcmp(rest, "") != 0 && strcmp(rest, "iB") != 0)) {
            return STATUS_INVALID;
        }
        shift = 10 * ((unsigned)(unit - UNITS) + 1);
    }
    if (found > (uint64_t)INT64_MAX >> shift) {
        return STATUS_INVALID;
    }
    *bytes = found << shift;
    return STATUS_OK;
}
