/* laws.h: where checks put what they find: sentences, kept up to a number, all counted. */
#ifndef TESTS_SIM_LAWS_H
#define TESTS_SIM_LAWS_H

#include <stddef.h>

enum {
    LAWS_KEPT_MAX = 20,
    LAW_TEXT_SIZE = 200
};

struct laws {
    size_t count; /* violations, also those beyond what is kept */
    char texts[LAWS_KEPT_MAX][LAW_TEXT_SIZE];
};

void laws_say(struct laws *laws, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
