/* rows.h: a case as one line of a table, for `case list` and `board`. */
#ifndef SANJI_ROWS_H
#define SANJI_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "query.pb-c.h"

/* "COMMUNITY" -> tier; case ignored. False: no such tier. */
bool rows_tier(const char *name, Sanji__Tier *tier);
const char *rows_tier_zh(Sanji__Tier tier);

/* case_no, severity, state, holder, worker, what is due next, alerts. */
void rows_print(const Sanji__CaseRow *row, int64_t now_ms);

#endif
