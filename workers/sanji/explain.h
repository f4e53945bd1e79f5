/* explain.h: why a case is where it is, line by line, in Chinese and English.
 *
 * Routing is told from what the events recorded, deadlines are recounted from t0, budget, clock
 * and cap by the one deadline function with the calendar of their time; a recount that differs
 * from the record is shown as such.
 */
#ifndef SANJI_EXPLAIN_H
#define SANJI_EXPLAIN_H

#include "workers/sanji/casefile.h"

/* The case in a few lines. */
void explain_head(struct casefile *file);
/* One event in one line. */
void explain_line(struct casefile *file, const struct casefile_entry *entry);
/* One event with its reasons and the arithmetic of its timers. */
void explain_entry(struct casefile *file, const struct casefile_entry *entry);
/* What runs now and what happens when it is due. */
void explain_end(struct casefile *file);

#endif
