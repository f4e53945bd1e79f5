/* test_indicator_spread.c: figures of every scope at once, month by month, kept and put
 * back; exercises count nowhere. */
#include "tests/unit/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    ROWS_MAX = 4096
};

struct seen {
    struct indicator_scope scopes[ROWS_MAX];
    size_t rows[ROWS_MAX];
    struct indicator_figure figures[ROWS_MAX];
    size_t count;
};

static void see(void *context, const struct indicator_scope *scope, size_t row,
                const struct indicator_figure *figure)
{
    struct seen *seen = context;
    assert_true(seen->count < ROWS_MAX);
    seen->scopes[seen->count] = *scope;
    seen->rows[seen->count] = row;
    seen->figures[seen->count] = *figure;
    seen->count++;
}

static struct seen *look(const struct indicators *indicators)
{
    struct seen *seen = calloc(1, sizeof *seen);
    assert_non_null(seen);
    indicator_each_snapshot(indicators, see, seen);
    return seen;
}

static bool is_named(size_t row, const char *name)
{
    const struct indicator_definition *definition = indicator_definition(row);
    char text[64];
    (void)snprintf(text, sizeof text, "%s%s%s", definition->code,
                   definition->part == NULL ? "" : " ",
                   definition->part == NULL ? "" : definition->part);
    return strcmp(text, name) == 0;
}

/* The figure of a scope: a path, or a worker's number. NULL: none was told. */
static const struct indicator_figure *told(const struct seen *seen, const char *scope,
                                           const char *name)
{
    for (size_t i = 0; i < seen->count; i++) {
        char text[ORG_TEXT_SIZE];
        if (seen->scopes[i].worker != 0) {
            (void)id_worker_print(seen->scopes[i].worker, text);
        } else {
            (void)org_print(seen->scopes[i].area, text);
        }
        if (strcmp(text, scope) == 0 && is_named(seen->rows[i], name)) {
            return &seen->figures[i];
        }
    }
    return NULL;
}

static void check_told(const struct seen *seen, const char *scope, const char *name,
                       int64_t numerator, int64_t denominator)
{
    const struct indicator_figure *figure = told(seen, scope, name);
    if (figure == NULL) {
        fail_msg("nothing is told of %s in %s", name, scope);
        return;
    }
    if (figure->numerator != numerator || figure->denominator != denominator) {
        fail_msg("%s of %s is %lld / %lld", name, scope, (long long)figure->numerator,
                 (long long)figure->denominator);
    }
}

/* Ledger workers: 2 gets what ledger_case makes; cases lie in two grids and communities. */
static void play(struct book *book)
{
    struct ledger *ledger = &book->ledger;
    book_close_case(book, book_resolve(book));
    struct kase *kase = ledger_case(ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    ledger_decline(ledger, kase, 505);
    ledger_offer(ledger, kase, 1, 30);
    ledger_move(ledger, kase, T10);
    book_pass_time(book, 3 * HOUR);
    ledger_move(ledger, kase, T19);
    book_receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD, "370499.003.02.001.B01",
                      SANJI__MSG_STATUS__MSG_STATUS_ACTUAL, ledger->now_ms - MINUTE);
    book_receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD, "370499.003.02.001.B01",
                      SANJI__MSG_STATUS__MSG_STATUS_EXERCISE, ledger->now_ms - MINUTE);
    book_receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD, "370499.003",
                      SANJI__MSG_STATUS__MSG_STATUS_ACTUAL, 0);
}

static void every_area_gets_the_figures_that_asking_for_it_gives(void **state)
{
    static const char *const areas[] = {"370499.003.01.001.B01", "370499.003.02.001.B01",
                                        "370499.003.01", "370499.003.02", "370499.003"};
    struct book *book = *state;
    struct indicators *views[5];
    for (size_t i = 0; i < 3; i++) {
        views[i] = book_add_view(book, areas[i * 2], 0, 0);
    }
    play(book);
    struct seen *seen = look(book->views[0]);
    for (size_t i = 0; i < 3; i++) {
        size_t count = 0;
        for (size_t row = 0; row < indicator_count(); row++) {
            struct indicator_figure asked;
            char name[64];
            const struct indicator_definition *definition = indicator_definition(row);
            (void)snprintf(name, sizeof name, "%s%s%s", definition->code,
                           definition->part == NULL ? "" : " ",
                           definition->part == NULL ? "" : definition->part);
            indicator_read(views[i], row, &asked);
            const struct indicator_figure *figure = told(seen, areas[i * 2], name);
            if (figure != NULL) {
                assert_int_equal(figure->numerator, asked.numerator);
                assert_int_equal(figure->denominator, asked.denominator);
                count++;
            }
        }
        assert_true(count > 10);
    }
    check_told(seen, areas[1], "I10", 1, 1); // the exercise is not there
    check_told(seen, areas[3], "I06", 0, 1);
    assert_null(told(seen, areas[1], "I06")); // no figure of a grid
    check_told(seen, areas[3], "I43", 60, 1);
    assert_null(told(seen, areas[3], "I01")); // nothing was closed: no value, no record
    assert_null(told(seen, areas[4], "I36"));
    assert_null(told(seen, areas[4], "I33"));
    free(seen);
}

static void a_worker_gets_the_cases_he_took_on_and_the_offers_made_to_him(void **state)
{
    struct book *book = *state;
    play(book);
    struct seen *seen = look(book->views[0]);
    check_told(seen, "W00001", "I12", 1, 1);
    check_told(seen, "W00001", "I16", 1, 1);
    check_told(seen, "W00002", "I12", 1, 1);
    check_told(seen, "W00002", "I16", 1, 2); // he declined the other one
    check_told(seen, "W00002", "I44 ACKED", 1, 2);
    check_told(seen, "W00002", "I24", 0, 1);
    check_told(seen, "W00001", "I14 LAST", 1, 1);
    assert_null(told(seen, "W00001", "I14"));
    assert_null(told(seen, "W00001", "I05"));
    assert_null(told(seen, "W00001", "I30"));
    free(seen);
}

static void
workers_come_first_by_number_then_areas_each_in_the_order_of_the_table(void **state)
{
    struct book *book = *state;
    play(book);
    struct seen *seen = look(book->views[0]);
    for (size_t i = 1; i < seen->count; i++) {
        const struct indicator_scope *a = &seen->scopes[i - 1];
        const struct indicator_scope *b = &seen->scopes[i];
        const bool is_same = a->worker == b->worker && org_equal(a->area, b->area);
        assert_true(!is_same || seen->rows[i - 1] < seen->rows[i]);
        assert_true(a->worker != 0 || b->worker == 0);
        assert_true(b->worker == 0 || a->worker <= b->worker);
    }
    assert_true(org_depth(seen->scopes[seen->count - 1].area) == TIER_SUBDISTRICT);
    free(seen);
}

/* ---- windows that follow each other ---- */

static void a_month_begins_with_nothing_of_the_month_before(void **state)
{
    struct book *book = *state;
    struct indicators *month = book->views[0];
    const int64_t from_ms = book->ledger.now_ms - HOUR;
    const int64_t to_ms = book->ledger.now_ms + HOUR;
    struct indicators *fresh = book_add_view(book, NULL, to_ms, to_ms + TIME_DAY_MS);
    indicator_next_window(month, from_ms, to_ms);
    struct kase *kase = book_resolve(book);
    book_close_case(book, kase);
    Sanji__Supervised raised = SANJI__SUPERVISED__INIT;
    raised.to = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_RED;
    book_write_one(book, ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING),
                   T_NONE, EVENT_SUPERVISED, &raised.base);
    book_check(book, "I16", 1, 1);
    book_check(book, "I29 RED", 1, 1);
    indicator_next_window(month, to_ms, to_ms + TIME_DAY_MS);
    book_pass_time(book, 2 * HOUR);
    book_close_case(book, book_resolve(book));
    for (size_t row = 0; row < indicator_count(); row++) {
        struct indicator_figure a;
        struct indicator_figure b;
        indicator_read(month, row, &a);
        indicator_read(fresh, row, &b);
        if (strcmp(a.definition->code, "I48") != 0) {
            assert_int_equal(a.numerator, b.numerator);
            assert_int_equal(a.denominator, b.denominator);
        }
    }
}

/* ---- kept and put back ---- */

struct row {
    uint64_t number;
    size_t size;
    uint8_t bytes[512];
};

/* As a cache holds them: each number once, the newest value. */
struct rows {
    struct row rows[256];
    size_t count, puts;
};

static void put_row(void *context, uint64_t number, struct bytes value)
{
    struct rows *rows = context;
    size_t at = 0;
    while (at < rows->count && rows->rows[at].number != number) {
        at++;
    }
    assert_true(at < 256 && value.size <= sizeof rows->rows[at].bytes);
    rows->count = at == rows->count ? at + 1 : rows->count;
    rows->rows[at].number = number;
    rows->rows[at].size = value.size;
    memcpy(rows->rows[at].bytes, value.data, value.size);
    rows->puts++;
}

static int by_number(const void *a, const void *b)
{
    const struct row *left = a;
    const struct row *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

static struct indicators *put_back(struct rows *rows)
{
    const struct indicator_window window = {.for_snapshots = true};
    struct indicators *indicators = indicator_new(&window);
    qsort(rows->rows, rows->count, sizeof rows->rows[0], by_number);
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        assert_true(indicator_restore(indicators, row->number,
                                      (struct bytes){row->bytes, row->size}));
    }
    return indicators;
}

static void check_same(const struct indicators *one, const struct indicators *other)
{
    struct seen *a = look(one);
    struct seen *b = look(other);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->rows[i], b->rows[i]);
        assert_int_equal(a->figures[i].numerator, b->figures[i].numerator);
        assert_int_equal(a->figures[i].denominator, b->figures[i].denominator);
    }
    assert_int_equal(indicator_range(one).first_seq, indicator_range(other).first_seq);
    free(a);
    free(b);
}

static void what_was_kept_goes_on_as_if_nothing_had_happened(void **state)
{
    struct book *book = *state;
    const struct indicator_window window = {.for_snapshots = true};
    struct rows *rows = calloc(1, sizeof *rows);
    assert_non_null(rows);
    indicator_free(&book->views[0]);
    book->views[0] = indicator_new(&window);
    play(book);
    indicator_keep(book->views[0], put_row, rows);
    assert_true(rows->count > 8);
    rows->puts = 0;
    indicator_keep(book->views[0], put_row, rows);
    assert_int_equal(rows->puts, 1); // but where it stands
    book->views[book->view_count++] = put_back(rows);
    book_close_case(book, book_resolve(book));
    check_same(book->views[0], book->views[1]);
    indicator_keep(book->views[0], put_row, rows); // what changed since, over the rest
    struct indicators *again = put_back(rows);
    check_same(book->views[0], again);
    assert_false(indicator_restore(again, 7, (struct bytes){NULL, 0}));
    indicator_free(&again);
    free(rows);
}

/* ---- exercises ---- */

static struct kase *exercise(struct book *book)
{
    return book_receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD, BOOK_GRID,
                             SANJI__MSG_STATUS__MSG_STATUS_EXERCISE,
                             book->ledger.now_ms - MINUTE);
}

static void exercises_leave_every_figure_as_it_was(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    play(book);
    struct indicator_figure *before = calloc(indicator_count(), sizeof *before);
    assert_non_null(before);
    for (size_t row = 0; row < indicator_count(); row++) {
        indicator_read(book->views[0], row, &before[row]);
    }
    struct seen *told_before = look(book->views[0]);
    struct kase *kase = exercise(book);
    ledger_move(ledger, kase, T05);
    ledger_move(ledger, kase, T08);
    book_escalate(book, kase, SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_MANUAL);
    ledger_offer(ledger, kase, 2, 30);
    ledger_decline(ledger, kase, 505);
    ledger_offer(ledger, kase, 1, 30);
    ledger_move(ledger, kase, T10);
    Sanji__Supervised raised = SANJI__SUPERVISED__INIT;
    raised.to = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_RED;
    raised.points = 9;
    book_write_one(book, kase, T_NONE, EVENT_SUPERVISED, &raised.base);
    ledger_move(ledger, kase, T26);
    ledger_move(ledger, kase, T27);
    ledger_offer(ledger, kase, 1, 30);
    ledger_move(ledger, kase, T10);
    ledger_move(ledger, kase, T19);
    book_check_case(book, kase, true);
    book_close_answered(book, kase, SANJI__SATISFACTION__SATISFACTION_VERY, true);
    book_self_handle(book, exercise(book));
    book_reject(book, exercise(book));
    book_inform(book, exercise(book));
    for (size_t row = 0; row < indicator_count(); row++) {
        struct indicator_figure after;
        indicator_read(book->views[0], row, &after);
        if (after.numerator != before[row].numerator ||
            after.denominator != before[row].denominator) {
            fail_msg("%s %s moved", after.definition->code,
                     after.definition->part != NULL ? after.definition->part : "");
        }
    }
    struct seen *told_after = look(book->views[0]);
    assert_int_equal(told_before->count, told_after->count);
    for (size_t i = 0; i < told_before->count; i++) {
        assert_int_equal(told_before->figures[i].numerator,
                         told_after->figures[i].numerator);
    }
    free(before);
    free(told_before);
    free(told_after);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, book_open, book_close)
    const struct CMUnitTest tests[] = {
        TEST(every_area_gets_the_figures_that_asking_for_it_gives),
        TEST(a_worker_gets_the_cases_he_took_on_and_the_offers_made_to_him),
        TEST(workers_come_first_by_number_then_areas_each_in_the_order_of_the_table),
        TEST(a_month_begins_with_nothing_of_the_month_before),
        TEST(what_was_kept_goes_on_as_if_nothing_had_happened),
        TEST(exercises_leave_every_figure_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
