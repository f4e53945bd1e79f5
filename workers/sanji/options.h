/* options.h: reads a command's options, which may stand anywhere after its name.
 *
 *     sanji tail --from first A --count=3 -- --a-word      rows say what there is
 *
 * An option is given as `--name VALUE` or `--name=VALUE`; `--` ends the options; a lone `-`
 * is a word. A value in brackets in its row ("[DUR]") may be left out; it is taken when the
 * next word is a duration.
 */
#ifndef SANJI_OPTIONS_H
#define SANJI_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/status.h"

struct option_row {
    const char *name;     /* "--from", "-o"; NULL ends the rows */
    const char *argument; /* "DIR"; "[DUR]" may be left out; NULL: a flag */
    const char *why;      /* one line of usage */
};

enum {
    OPTIONS_MAX = 64 /* given in one call; so many words as well */
};

struct options {
    size_t given_count;

    struct {
        const char *name;  /* of its row */
        const char *value; /* "" for a flag or a value left out */
    } given[OPTIONS_MAX];

    size_t word_count;
    const char *words[OPTIONS_MAX]; /* what is no option, in order */
};

/* Reads arguments after the command's name. `rows` and `more` (NULL: none) are searched.
 * Texts are borrowed from argv.
 * Fails: INVALID: an unknown option (with the nearest one), a value missing or given to a
 *        flag, too many; text in *fault. */
MUST_CHECK enum status options_read(const struct option_row *rows,
                                    const struct option_row *more, int argc, char **argv,
                                    struct options *options, struct fault *fault);

/* The value of an option: the last one given. NULL: not given. */
const char *options_value(const struct options *options, const char *name);
/* The nth value (from 0) of an option that may be given more than once; NULL: no more. */
const char *options_nth(const struct options *options, const char *name, size_t nth);

/* A whole number of digits only. Fails: INVALID (also above 2^63 - 1). */
MUST_CHECK enum status options_number(const char *text, uint64_t *number);
/* A number of bytes: digits, then nothing, K, M, G or T (powers of 1024; KiB etc. also).
 * Fails: INVALID. */
MUST_CHECK enum status options_size(const char *text, uint64_t *bytes);

#endif
