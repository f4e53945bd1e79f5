/* publish.h: rule files into the log. Intake alone opens them; where a kind's hash differs
 * from the newest version in the log, RulesPublished is appended, all its parts in one turn. */
#ifndef INTAKE_PUBLISH_H
#define INTAKE_PUBLISH_H

#include <stdbool.h>

#include "broker/runtime/turn.h"

struct publisher;

/* Fails: as rulesfile_load: a mistake in a file stops the start and says where. */
MUST_CHECK enum status publish_open(const char *sanji_yaml, struct publisher **publisher,
                                    struct fault *fault);
void publish_close(struct publisher **publisher);

/* Reads the files again. On a mistake the rules in force stay, and diag says what is wrong. */
void publish_reload(struct publisher *publisher);

/* True while a kind of the files differs from what the log holds. */
bool publish_waits(const struct publisher *publisher, const struct rules *rules);
/* Emits the next kind that differs. */
void publish_emit(struct publisher *publisher, struct turn *turn);
/* What was published of a kind did not fold: it is not published again until the next
 * reload (else it would be, for ever), and diag says so. */
void publish_refused(struct publisher *publisher, Sanji__RulesKind kind);

#endif
