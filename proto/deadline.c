/* deadline.c: two clocks and the one sum that every due time is.
 *
 *     WORKING, a week by the calendar        08-12 14-18 | 08-12 14-18 | ... | - | -
 *     budget counted from t0                    [=====]    [=====]   due
 *     pauses cut out of both clocks                  [pause]
 *
 * Working time is walked day by day; once past the last holiday and make-up day of the
 * table all weeks are alike and are taken whole, so that no budget makes the walk long.
 *
 * Invariants
 *  1. deadline_add_ms gives the first instant t at which deadline_elapsed_ms(from, t) is
 *     the amount.
 *  2. Nothing overflows: what lies beyond the calendar of years is INT64_MAX.
 *  3. A pause that begins after the due time does not move it.
 */
#include "proto/deadline.h"

#include <assert.h>

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * 1000,
    WEEK_DAYS = 7
};

/* Holidays and make-up days come first, then the weekday. */
static bool day_works(const struct calendar *calendar, int64_t number)
{
    const uint32_t day = time_day(number);
    size_t low = 0;
    size_t high = calendar->day_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (calendar->days[middle].day == day) {
            return calendar->days[middle].works;
        }
        if (calendar->days[middle].day < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (calendar->weekdays >> time_weekday(number) & 1U) != 0;
}

/* Working milliseconds of a working day before `until_ms` into it. */
static int64_t worked_ms(const struct calendar *calendar, int64_t until_ms)
{
    int64_t sum_ms = 0;
    for (size_t i = 0; i < calendar->span_count; i++) {
        const int64_t from_ms = (int64_t)calendar->spans[i].from_min * MINUTE_MS;
        const int64_t to_ms = (int64_t)calendar->spans[i].to_min * MINUTE_MS;
        if (until_ms <= from_ms) {
            break;
        }
        sum_ms += (until_ms < to_ms ? until_ms : to_ms) - from_ms;
    }
    return sum_ms;
}

/* First millisecond into a working day at which `amount_ms` > 0 of it has been worked; the
 * day has that much. */
static int64_t worked_at_ms(const struct calendar *calendar, int64_t amount_ms)
{
    int64_t left_ms = amount_ms;
    size_t i = 0;
    for (; i + 1 < calendar->span_count; i++) {
        const int64_t span_ms =
            (int64_t)(calendar->spans[i].to_min - calendar->spans[i].from_min) * MINUTE_MS;
        if (left_ms <= span_ms) {
            break;
        }
        left_ms -= span_ms;
    }
    const int64_t at_ms = (int64_t)calendar->spans[i].from_min * MINUTE_MS + left_ms;
    assert(at_ms <= (int64_t)calendar->spans[i].to_min * MINUTE_MS);
    return at_ms;
}

static int64_t day_ms(const struct calendar *calendar, int64_t number)
{
    return day_works(calendar, number) ? worked_ms(calendar, TIME_DAY_MS) : 0;
}

/* Working milliseconds of a week without exceptions. */
static int64_t week_ms(const struct calendar *calendar)
{
    int64_t days = 0;
    for (unsigned i = 0; i < WEEK_DAYS; i++) {
        days += calendar->weekdays >> i & 1U;
    }
    return days * worked_ms(calendar, TIME_DAY_MS);
}

/* From this day on every week is alike. */
static int64_t plain_from(const struct calendar *calendar)
{
    if (calendar->day_count == 0) {
        return INT64_MIN;
    }
    return time_day_number(calendar->days[calendar->day_count - 1].day) + 1;
}

static int64_t local_instant_ms(const struct calendar *calendar, int64_t number,
                                int64_t into_ms)
{
    return number * TIME_DAY_MS + into_ms - (int64_t)calendar->utc_offset_min * MINUTE_MS;
}

static int64_t working_elapsed_ms(const struct calendar *calendar, int64_t from_ms,
                                  int64_t to_ms)
{
    int64_t first = 0;
    int64_t last = 0;
    int64_t into_first_ms = 0;
    int64_t into_last_ms = 0;
    time_split(calendar->utc_offset_min, from_ms, &first, &into_first_ms);
    time_split(calendar->utc_offset_min, to_ms, &last, &into_last_ms);

    int64_t sum_ms = 0;
    if (day_works(calendar, first)) {
        sum_ms -= worked_ms(calendar, into_first_ms);
    }
    const int64_t plain = plain_from(calendar);
    for (int64_t day = first; day < last;) {
        if (day >= plain && last - day >= WEEK_DAYS) {
            const int64_t weeks = (last - day) / WEEK_DAYS;
            sum_ms += weeks * week_ms(calendar);
            day += weeks * WEEK_DAYS;
        } else {
            sum_ms += day_ms(calendar, day);
            day++;
        }
    }
    if (day_works(calendar, last)) {
        sum_ms += worked_ms(calendar, into_last_ms);
    }
    return sum_ms;
}

static int64_t working_add_ms(const struct calendar *calendar, int64_t from_ms,
                              int64_t amount_ms)
{
    int64_t day = 0;
    int64_t into_ms = 0;
    int64_t last = 0;
    int64_t unused_ms = 0;
    time_split(calendar->utc_offset_min, from_ms, &day, &into_ms);
    time_split(0, TIME_MAX_MS, &last, &unused_ms);

    // Counted from the day's start, so that what was worked before from_ms is owed too.
    int64_t left_ms = amount_ms;
    if (day_works(calendar, day)) {
        const int64_t before_ms = worked_ms(calendar, into_ms);
        if (left_ms > INT64_MAX - before_ms) {
            return INT64_MAX;
        }
        left_ms += before_ms;
    }
    const int64_t plain = plain_from(calendar);
    const int64_t a_week_ms = week_ms(calendar);
    while (day <= last) {
        const int64_t today_ms = day_ms(calendar, day);
        if (left_ms <= today_ms) {
            return local_instant_ms(calendar, day, worked_at_ms(calendar, left_ms));
        }
        if (day >= plain && a_week_ms == 0) {
            return INT64_MAX;
        }
        if (day >= plain && left_ms > a_week_ms) {
            const int64_t weeks = (left_ms - 1) / a_week_ms;
            if (weeks > (last - day) / WEEK_DAYS) {
                return INT64_MAX;
            }
            left_ms -= weeks * a_week_ms;
            day += weeks * WEEK_DAYS;
        } else {
            left_ms -= today_ms;
            day++;
        }
    }
    return INT64_MAX;
}

int64_t deadline_elapsed_ms(const struct calendar *calendar, enum deadline_clock clock,
                            int64_t from_ms, int64_t to_ms)
{
    assert(from_ms <= to_ms);
    assert(clock == CLOCK_NATURAL || clock == CLOCK_WORKING);

    if (clock == CLOCK_NATURAL) {
        return to_ms - from_ms;
    }
    assert(calendar != NULL);
    return working_elapsed_ms(calendar, from_ms, to_ms);
}

int64_t deadline_add_ms(const struct calendar *calendar, enum deadline_clock clock,
                        int64_t from_ms, int64_t amount_ms)
{
    assert(amount_ms >= 0);
    assert(clock == CLOCK_NATURAL || clock == CLOCK_WORKING);

    if (amount_ms == 0) {
        return from_ms;
    }
    if (clock == CLOCK_NATURAL) {
        return from_ms > INT64_MAX - amount_ms ? INT64_MAX : from_ms + amount_ms;
    }
    assert(calendar != NULL);
    return working_add_ms(calendar, from_ms, amount_ms);
}

/* The first instant at which `amount_ms` has passed on `clock` since t0, pauses cut out. */
static int64_t add_around_pauses_ms(const struct calendar *calendar,
                                    enum deadline_clock clock, int64_t t0_ms,
                                    int64_t amount_ms, const struct deadline_pause *pauses,
                                    size_t pause_count)
{
    int64_t from_ms = t0_ms;
    int64_t left_ms = amount_ms;
    for (size_t i = 0; i < pause_count; i++) {
        assert(pauses[i].from_ms >= from_ms);
        assert(pauses[i].to_ms >= pauses[i].from_ms);
        const int64_t run_ms =
            deadline_elapsed_ms(calendar, clock, from_ms, pauses[i].from_ms);
        if (run_ms >= left_ms) {
            break;
        }
        left_ms -= run_ms;
        from_ms = pauses[i].to_ms;
    }
    return deadline_add_ms(calendar, clock, from_ms, left_ms);
}

int64_t deadline_due_ms(const struct calendar *calendar, const struct deadline_limit *limit,
                        int64_t t0_ms, const struct deadline_pause *pauses,
                        size_t pause_count)
{
    assert(limit != NULL);
    assert(pauses != NULL || pause_count == 0);

    const int64_t due_ms =
        add_around_pauses_ms(calendar, limit->clock, t0_ms,
                             (int64_t)limit->budget_s * SECOND_MS, pauses, pause_count);
    if (limit->cap_s == 0) {
        return due_ms;
    }
    const int64_t cap_ms =
        add_around_pauses_ms(calendar, CLOCK_NATURAL, t0_ms,
                             (int64_t)limit->cap_s * SECOND_MS, pauses, pause_count);
    return due_ms < cap_ms ? due_ms : cap_ms;
}

bool deadline_knows_year(const struct calendar *calendar, int64_t at_ms)
{
    assert(calendar != NULL);
    int64_t number = 0;
    int64_t into_ms = 0;
    time_split(calendar->utc_offset_min, at_ms, &number, &into_ms);
    const uint32_t year = time_day(number) / 10000;
    return calendar->year_first != 0 && year >= calendar->year_first &&
           year - calendar->year_first < CALENDAR_YEARS_MAX &&
           (calendar->years >> (year - calendar->year_first) & 1U) != 0;
}

enum day_kind deadline_day_kind(const struct calendar *calendar, uint32_t day)
{
    assert(calendar != NULL);
    for (size_t i = 0; i < calendar->day_count; i++) {
        if (calendar->days[i].day == day) {
            return calendar->days[i].works ? DAY_MAKE_UP : DAY_HOLIDAY;
        }
    }
    return day_works(calendar, time_day_number(day)) ? DAY_WORKDAY : DAY_WEEKEND;
}

void deadline_local(int32_t utc_offset_min, int64_t at_ms, uint32_t *day, unsigned *minute,
                    unsigned *weekday)
{
    int64_t number = 0;
    int64_t into_ms = 0;
    time_split(utc_offset_min, at_ms, &number, &into_ms);
    *day = time_day(number);
    *minute = (unsigned)(into_ms / MINUTE_MS);
    *weekday = time_weekday(number);
}

int64_t deadline_day_start_ms(int32_t utc_offset_min, uint32_t day)
{
    return time_day_number(day) * TIME_DAY_MS - (int64_t)utc_offset_min * MINUTE_MS;
}
