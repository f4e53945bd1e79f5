/* outcome.h: the last lines of `sanji demo`: what came of it, on stdout. */
#ifndef SANJI_OUTCOME_H
#define SANJI_OUTCOME_H

#include <stdint.h>

#include "workers/sanji/people.h"
#include "workers/sanji/script.h"

/* One line for a submission that ended otherwise, the first 20; `context`: an unsigned that
 * counts them, 0 at first. */
void outcome_differs(void *context, const char *text);

/* `DEMO DONE name=value ...`: every figure. killed: processes; refused: at the door. */
void outcome_print(const struct script_result *result, unsigned killed, unsigned refused,
                   uint64_t seq);

/* `PEOPLE CLOSED name=value ...`: how even the work of a closed loop was. */
void outcome_print_people(unsigned cases, unsigned final,
                          const struct people_figures *figures);

#endif
