/* agenda.h: what will be said, by time: a heap of small lines.
 *
 * A line holds no more than when it is said and about what; who says it with which fields is
 * read off the case when the time has come, so that 217,000 cases need a few megabytes.
 *
 * Invariants
 *  1. No two lines are equal, so their order does not depend on when they were put down.
 *  2. Lines are not searched: one that no longer holds is told by its `step` when it is taken.
 */
#ifndef SANJI_AGENDA_H
#define SANJI_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
    int64_t at_ms;
    uint64_t cause_seq; /* record that gave rise to it; ties in that order */
    uint32_t act;       /* place of the case's act */
    uint16_t step;      /* the act's step that it is; 0: beside the steps */
    uint8_t kind;       /* enum statement_kind */
    uint8_t n;          /* which of several beside the steps */
};

struct agenda {
    struct line *lines;
    size_t count, room;
};

void agenda_reset(struct agenda *agenda);
void agenda_put(struct agenda *agenda, const struct line *line);
/* Time of the first line; 0: none. */
int64_t agenda_next_ms(const struct agenda *agenda);
/* Takes the first line, if its time has come. */
bool agenda_take(struct agenda *agenda, int64_t now_ms, struct line *line);

#endif
