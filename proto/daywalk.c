/* daywalk.c: see daywalk.h. */
#include "proto/daywalk.h"

#include <assert.h>

enum {
    MINUTE_MS = 60 * 1000
};

struct walk {
    const struct daywalk_span *span;
    struct daywalk_day day;
};

static void add_piece(struct walk *walk, int64_t from_ms, int64_t to_ms)
{
    if (from_ms >= to_ms || walk->day.piece_count == DAYWALK_PIECES_MAX) {
        return; // more cuts than that are counted, but not shown one by one
    }
    walk->day.pieces[walk->day.piece_count++] = (struct daywalk_piece){from_ms, to_ms};
}

/* What is left of [from, to] inside the whole, without the pauses. Returns its length. */
static int64_t cut(struct walk *walk, int64_t from_ms, int64_t to_ms)
{
    int64_t at_ms = from_ms > walk->span->from_ms ? from_ms : walk->span->from_ms;
    const int64_t end_ms = to_ms < walk->span->to_ms ? to_ms : walk->span->to_ms;
    int64_t sum_ms = 0;
    for (size_t i = 0; i < walk->span->pause_count && at_ms < end_ms; i++) {
        const struct deadline_pause *pause = &walk->span->pauses[i];
        if (pause->to_ms <= at_ms || pause->from_ms >= end_ms) {
            continue;
        }
        if (pause->from_ms > at_ms) {
            add_piece(walk, at_ms, pause->from_ms);
            sum_ms += pause->from_ms - at_ms;
        }
        at_ms = pause->to_ms;
    }
    if (at_ms < end_ms) {
        add_piece(walk, at_ms, end_ms);
        sum_ms += end_ms - at_ms;
    }
    return sum_ms;
}

/* What one day counts, in pieces. */
static void count_day(struct walk *walk, int64_t number)
{
    const struct calendar *calendar = walk->span->calendar;
    const uint32_t day = time_day(number);
    const int64_t start_ms = deadline_day_start_ms(calendar->utc_offset_min, day);
    walk->day = (struct daywalk_day){.day = day,
                                     .weekday = time_weekday(number),
                                     .kind = deadline_day_kind(calendar, day)};
    if (walk->span->clock == CLOCK_NATURAL) {
        walk->day.counted_ms = cut(walk, start_ms, start_ms + TIME_DAY_MS);
        return;
    }
    if (walk->day.kind != DAY_WORKDAY && walk->day.kind != DAY_MAKE_UP) {
        return;
    }
    for (size_t i = 0; i < calendar->span_count; i++) {
        walk->day.counted_ms +=
            cut(walk, start_ms + (int64_t)calendar->spans[i].from_min * MINUTE_MS,
                start_ms + (int64_t)calendar->spans[i].to_min * MINUTE_MS);
    }
}

void daywalk(const struct daywalk_span *span, daywalk_fn visit, void *context)
{
    assert(span->calendar != NULL && visit != NULL);
    assert(span->clock == CLOCK_NATURAL || span->clock == CLOCK_WORKING);
    assert(span->from_ms <= span->to_ms);
    struct walk walk = {.span = span};
    int64_t number = 0;
    int64_t last = 0;
    int64_t into_ms = 0;
    time_split(span->calendar->utc_offset_min, span->from_ms, &number, &into_ms);
    time_split(span->calendar->utc_offset_min, span->to_ms, &last, &into_ms);
    if (into_ms == 0 && last > number) {
        last--; // it ends with the day before
    }
    int64_t sum_ms = 0;
    for (bool goes_on = true; goes_on && number <= last; number++) {
        count_day(&walk, number);
        sum_ms += walk.day.counted_ms;
        walk.day.sum_ms = sum_ms;
        goes_on = visit(context, &walk.day);
    }
}
