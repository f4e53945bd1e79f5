/* log_filter.h: the filter that options of `tail` describe. */
#ifndef SANJI_LOG_FILTER_H
#define SANJI_LOG_FILTER_H

#include "log.pb-c.h"
#include "proto/status.h"
#include "workers/sanji/cli.h"

enum {
    FILTER_TYPES_MAX = 64
};

struct log_filter {
    Sanji__Filter message;
    uint32_t types[FILTER_TYPES_MAX];
};

/* Texts are borrowed from the command line. Says on stderr what is wrong.
 * Fails: INVALID: return CLI_USAGE. */
MUST_CHECK enum status log_filter_read(const struct cli *cli, struct log_filter *filter);

#endif
