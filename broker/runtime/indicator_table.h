/* indicator_table.h: how a row of the catalogue is written. Internal to indicator_table*.c.
 *
 * A definition is one sentence that says what is divided by what, complete enough to recount
 * the figure from `sanji tail`. Whoever changes what a row counts raises its version. "Open
 * past RESOLVE" = open, not resolved, and RESOLVE's due time has passed. "When due" = the
 * window counts by the limit that was missed, or by the resolution of a case that kept it.
 *
 * Source: reference/domain.md 8.
 */
#ifndef RUNTIME_INDICATOR_TABLE_H
#define RUNTIME_INDICATOR_TABLE_H

#include <stddef.h>

#include "broker/runtime/indicator_inside.h"

enum {
    VERSION = 1,
    MEDIAN = 500,
    P90 = 900
};

#define ROW(code, part, kind_, by, zh, en, gather_, measure_, argument_, text)             \
    {                                                                                      \
        .definition = {code, part, INDICATOR_##kind_, by, zh, en, text, VERSION, false},   \
        .gather = GATHER_##gather_, .measure = indicator_measure_##measure_,               \
        .argument = (argument_)                                                            \
    }

#define SHARE(code, part, by, zh, en, measure, argument, text)                             \
    ROW(code, part, SHARE, by, zh, en, SUM, measure, argument, text)

/* A figure of something else than cases. */
#define TOTAL(code, part, kind_, by, zh, en, total_, argument_, text)                      \
    {                                                                                      \
        .definition = {code, part, INDICATOR_##kind_, by, zh, en, text, VERSION, false},   \
        .gather = GATHER_TOTAL, .total = indicator_total_##total_, .argument = (argument_) \
    }
#define GROUP(name)                                                                        \
    const struct indicator_group indicator_rows_##name = {rows,                            \
                                                          sizeof rows / sizeof rows[0]}

#endif
