/* daywalk.h: a deadline counted day by day, so that a person can follow the sum.
 *
 *     Fri 2020-08-14  working day  17:30-18:00             0:30   so far 0:30
 *     Sat 2020-08-15  weekend                              0:00
 *     Mon 2020-08-17  working day  08:00-09:30             1:30   so far 2:00 = budget: due
 *
 * The same definition as deadline.h, told in pieces: what a day counts is measured there, so
 * the two cannot differ. Pure.
 */
#ifndef PROTO_DAYWALK_H
#define PROTO_DAYWALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/deadline.h"

enum {
    DAYWALK_PIECES_MAX = 16 /* of one day: spans, cut by pauses */
};

struct daywalk_piece {
    int64_t from_ms, to_ms;
};

struct daywalk_day {
    uint32_t day;     /* yyyymmdd */
    unsigned weekday; /* 0 = Monday */
    enum day_kind kind;
    struct daywalk_piece pieces[DAYWALK_PIECES_MAX]; /* that count on this day */
    size_t piece_count;
    int64_t counted_ms;
    int64_t sum_ms; /* with all days before */
};

/* Return false to stop. */
typedef bool (*daywalk_fn)(void *context, const struct daywalk_day *day);

struct daywalk_span {
    const struct calendar *calendar;
    enum deadline_clock clock;
    int64_t from_ms, to_ms;
    const struct deadline_pause *pauses; /* as for deadline_due_ms */
    size_t pause_count;
};

/* Every local day of the span, on its clock, pauses cut out. On NATURAL a day is one piece, cut
 * by pauses. */
void daywalk(const struct daywalk_span *span, daywalk_fn visit, void *context);

#endif
