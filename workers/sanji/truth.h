/* truth.h: the truth about a data set, one line a submission: the oracle to hold a log
 * against. Reads rule files only; no system needs to run. */
#ifndef SANJI_TRUTH_H
#define SANJI_TRUTH_H

#include "workers/sanji/cli.h"
#include "workers/sanji/plan.h"

/* `sanji demo NAME --truth`: `order` without its start; --start TIME says where the clock
 * stands when the demo begins (default: 2020-08-01 in China). Returns the exit code. */
int truth_print(struct cli *cli, const char *name, const struct plan_order *order);

/* One line, as JSON, without an end of line. `room` of TRUTH_LINE_SIZE is enough. Returns
 * text. */
enum {
    TRUTH_LINE_SIZE = 1024
};

char *truth_line(const struct planned *planned, const char *prefix, char *text,
                 size_t room);

#endif
