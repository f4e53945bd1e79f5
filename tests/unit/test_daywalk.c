/* test_daywalk.c: days named, pieces cut, and the sum of them the one of deadline.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/daywalk.h"

enum {
    HOUR_S = 3600,
    DAYS_MAX = 64,
    ROUNDS = 2000,
    SEED = 20200815
};

static const int64_t minute_ms = INT64_C(60000);
static const int64_t hour_ms = INT64_C(3600000);

struct seen {
    struct daywalk_day days[DAYS_MAX];
    size_t count;
};

static bool keep(void *context, const struct daywalk_day *day)
{
    struct seen *seen = context;
    assert_true(seen->count < DAYS_MAX);
    seen->days[seen->count++] = *day;
    return true;
}

static void walk(const struct daywalk_span *span, struct seen *seen)
{
    daywalk(span, keep, seen);
}

static struct calendar office(void)
{
    struct calendar calendar = {.utc_offset_min = 480,
                                .weekdays = 0x1f,
                                .span_count = 2,
                                .spans = {{480, 720}, {840, 1080}},
                                .year_first = 2020,
                                .years = 1};

    static const struct {
        uint32_t day;
        bool works;
    } days[] = {{20200927, true}, {20201001, false}, {20201002, false}, {20201010, true}};

    calendar.day_count = sizeof days / sizeof days[0];
    for (size_t i = 0; i < calendar.day_count; i++) {
        calendar.days[i].day = days[i].day;
        calendar.days[i].works = days[i].works;
    }
    return calendar;
}

static int64_t at(const char *text)
{
    int64_t at_ms = 0;
    assert_int_equal(time_parse(text, &at_ms), STATUS_OK);
    return at_ms;
}

static void a_weekend_between_counts_nothing(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    struct seen seen = {.count = 0};
    walk(&(struct daywalk_span){&calendar, CLOCK_WORKING, at("2020-08-14T17:30:00+08:00"),
                                at("2020-08-17T09:30:00+08:00"), NULL, 0},
         &seen);
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.days[0].kind, DAY_WORKDAY);
    assert_int_equal(seen.days[0].weekday, 4);
    assert_int_equal(seen.days[0].counted_ms, 30 * minute_ms);
    assert_int_equal(seen.days[1].kind, DAY_WEEKEND);
    assert_int_equal(seen.days[1].piece_count, 0);
    assert_int_equal(seen.days[3].day, 20200817);
    assert_int_equal(seen.days[3].counted_ms, 90 * minute_ms);
    assert_int_equal(seen.days[3].sum_ms, 2 * hour_ms);
}

static void holidays_and_make_up_days_are_named(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    struct seen seen = {.count = 0};
    walk(&(struct daywalk_span){&calendar, CLOCK_WORKING, at("2020-09-25T18:00:00+08:00"),
                                at("2020-10-02T18:00:00+08:00"), NULL, 0},
         &seen);
    assert_int_equal(seen.days[0].counted_ms, 0);     // Friday after work
    assert_int_equal(seen.days[2].kind, DAY_MAKE_UP); // Sunday 27 September
    assert_int_equal(seen.days[2].counted_ms, 8 * hour_ms);
    assert_int_equal(seen.days[6].kind, DAY_HOLIDAY); // Thursday 1 October
    assert_int_equal(seen.days[6].counted_ms, 0);
}

static void a_pause_cuts_a_day_in_pieces(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    struct seen seen = {.count = 0};
    const struct deadline_pause pause = {at("2020-08-14T09:00:00+08:00"),
                                         at("2020-08-14T15:00:00+08:00")};
    walk(&(struct daywalk_span){&calendar, CLOCK_WORKING, at("2020-08-14T08:00:00+08:00"),
                                at("2020-08-14T16:00:00+08:00"), &pause, 1},
         &seen);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.days[0].piece_count, 2);
    assert_int_equal(seen.days[0].pieces[0].to_ms, pause.from_ms);
    assert_int_equal(seen.days[0].pieces[1].from_ms, pause.to_ms);
    assert_int_equal(seen.days[0].counted_ms, 2 * hour_ms);
    struct seen natural = {.count = 0};
    walk(&(struct daywalk_span){&calendar, CLOCK_NATURAL, at("2020-08-14T08:00:00+08:00"),
                                at("2020-08-14T16:00:00+08:00"), &pause, 1},
         &natural);
    assert_int_equal(natural.days[0].counted_ms, 2 * hour_ms);
}

static void a_walk_that_ends_at_midnight_ends_with_the_day_before(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    struct seen seen = {.count = 0};
    walk(&(struct daywalk_span){&calendar, CLOCK_WORKING, at("2020-08-14T08:00:00+08:00"),
                                at("2020-08-15T00:00:00+08:00"), NULL, 0},
         &seen);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.days[0].counted_ms, 8 * hour_ms);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

/* The days of a deadline add up to its budget, wherever its pauses lie. */
static void the_days_of_a_deadline_add_up_to_its_budget(void **state)
{
    (void)state;
    const struct calendar calendar = office();
    uint64_t seed = SEED;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const int64_t t0_ms = at("2020-09-14T00:00:00+08:00") +
                              (int64_t)(next_random(&seed) % (30 * 1440)) * minute_ms;
        struct deadline_pause pauses[3];
        const size_t count = next_random(&seed) % 4;
        int64_t from_ms = t0_ms;
        for (size_t k = 0; k < count; k++) {
            from_ms += (int64_t)(1 + next_random(&seed) % 2880) * minute_ms;
            pauses[k].from_ms = from_ms;
            from_ms += (int64_t)(next_random(&seed) % 2880) * minute_ms;
            pauses[k].to_ms = from_ms;
        }
        const struct deadline_limit limit = {
            next_random(&seed) % 4 == 0 ? CLOCK_NATURAL : CLOCK_WORKING,
            (uint32_t)(60 + 60 * (next_random(&seed) % (30 * 60))), 0};
        const int64_t due_ms = deadline_due_ms(&calendar, &limit, t0_ms, pauses, count);
        struct seen seen = {.count = 0};
        walk(&(struct daywalk_span){&calendar, limit.clock, t0_ms, due_ms, pauses, count},
             &seen);
        assert_int_equal(seen.days[seen.count - 1].sum_ms, (int64_t)limit.budget_s * 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weekend_between_counts_nothing),
        cmocka_unit_test(holidays_and_make_up_days_are_named),
        cmocka_unit_test(a_pause_cuts_a_day_in_pieces),
        cmocka_unit_test(a_walk_that_ends_at_midnight_ends_with_the_day_before),
        cmocka_unit_test(the_days_of_a_deadline_add_up_to_its_budget),
    };
    return cmocka_run_group_tests_name("daywalk", tests, NULL, NULL);
}
