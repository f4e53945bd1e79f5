/* deadline.h: the one function that says when something is due.
 *
 *     active_elapsed(t0, t) = [t0, t] minus the pauses, both measured on the same clock
 *     due = the first t with active_elapsed >= budget,
 *           but at most t0 + cap + the natural length of the pauses that began before that
 *
 * Two clocks: NATURAL, and WORKING by a calendar (spans of local minutes on weekdays,
 * holidays and make-up days by date). Pure: rules in, time out.
 */
#ifndef PROTO_DEADLINE_H
#define PROTO_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/status.h"
#include "proto/time.h"

enum deadline_clock {
    CLOCK_NONE = 0,
    CLOCK_NATURAL = 1,
    CLOCK_WORKING = 2
};

enum {
    CALENDAR_SPANS_MAX = 6,
    CALENDAR_DAYS_MAX = 1024,
    CALENDAR_YEARS_MAX = 64 /* from the first to the last */
};

struct calendar {
    int32_t utc_offset_min; /* +480: Asia/Shanghai */
    uint8_t weekdays;       /* bit 0 = Monday: days that work */
    uint8_t span_count;

    struct {
        uint16_t from_min, to_min; /* local minutes, from < to, rising */
    } spans[CALENDAR_SPANS_MAX];

    uint16_t day_count;

    struct {
        uint32_t day; /* yyyymmdd, rising */
        bool works;   /* a make-up day, or a holiday */
    } days[CALENDAR_DAYS_MAX];

    uint16_t year_first; /* of the years that have a table; 0: none has */
    uint64_t years;      /* bit n: year_first + n has one; the years between may not */
};

struct deadline_pause {
    int64_t from_ms, to_ms;
};

struct deadline_limit {
    enum deadline_clock clock;
    uint32_t budget_s;
    uint32_t cap_s; /* natural; 0: none */
};

/* Milliseconds on `clock` between two instants (from <= to). The calendar may be NULL for
 * NATURAL, here and below. */
int64_t deadline_elapsed_ms(const struct calendar *calendar, enum deadline_clock clock,
                            int64_t from_ms, int64_t to_ms);

/* Earliest instant at which `amount_ms` has passed on `clock` since from_ms. A calendar
 * without working time gives INT64_MAX. */
int64_t deadline_add_ms(const struct calendar *calendar, enum deadline_clock clock,
                        int64_t from_ms, int64_t amount_ms);

/* When a limit counted from t0 is due, given pauses (rising, not overlapping, >= t0). */
int64_t deadline_due_ms(const struct calendar *calendar, const struct deadline_limit *limit,
                        int64_t t0_ms, const struct deadline_pause *pauses,
                        size_t pause_count);

/* False when the calendar has no table for the local year of `at_ms`: an alert, never
 * assumed. */
bool deadline_knows_year(const struct calendar *calendar, int64_t at_ms);

/* What a local day is: by its weekday, or by the table of its year. */
enum day_kind {
    DAY_WORKDAY,
    DAY_WEEKEND,
    DAY_HOLIDAY, /* would be a working day by its weekday, or not: the table names it */
    DAY_MAKE_UP  /* a Saturday or Sunday that is worked instead */
};

enum day_kind deadline_day_kind(const struct calendar *calendar, uint32_t day);

/* Local date and minute of the day. day: yyyymmdd; weekday: 0 = Monday. */
void deadline_local(int32_t utc_offset_min, int64_t at_ms, uint32_t *day, unsigned *minute,
                    unsigned *weekday);
/* Start of a local day as an instant; the day must exist. */
int64_t deadline_day_start_ms(int32_t utc_offset_min, uint32_t day);

#endif
