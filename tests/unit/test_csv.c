/* test_csv.c: CSV as it is found: quotes, breaks inside fields, rows that are broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "workers/sanji/csv.h"

enum {
    ROOM = 4
};

struct reading {
    char text[256];
    struct csv csv;
    char *fields[ROOM];
    size_t count;
    uint64_t line;
};

static void begin(struct reading *r, const char *text)
{
    memset(r, 0, sizeof *r);
    memcpy(r->text, text, strlen(text));
    csv_init(&r->csv, r->text, strlen(text));
}

static enum status next(struct reading *r)
{
    return csv_row(&r->csv, r->fields, ROOM, &r->count, &r->line);
}

static void rows_end_with_either_break(void **state)
{
    (void)state;
    struct reading r;
    begin(&r, "a,b\r\nc,d\n");
    assert_int_equal(next(&r), STATUS_OK);
    assert_int_equal(r.count, 2);
    assert_string_equal(r.fields[1], "b");
    assert_int_equal(next(&r), STATUS_OK);
    assert_string_equal(r.fields[0], "c");
    assert_string_equal(r.fields[1], "d");
    assert_int_equal(r.line, 2);
    assert_int_equal(next(&r), STATUS_NOT_FOUND);
}

static void a_quoted_field_holds_commas_quotes_and_breaks(void **state)
{
    (void)state;
    struct reading r;
    begin(&r, "1,\"a, \"\"b\"\"\nc\",x\n2,,\n");
    assert_int_equal(next(&r), STATUS_OK);
    assert_int_equal(r.count, 3);
    assert_string_equal(r.fields[1], "a, \"b\"\nc");
    assert_string_equal(r.fields[2], "x");
    assert_int_equal(next(&r), STATUS_OK);
    assert_int_equal(r.line, 3);
    assert_int_equal(r.count, 3);
    assert_string_equal(r.fields[2], "");
}

static void a_file_without_a_last_break_loses_nothing(void **state)
{
    (void)state;
    struct reading r;
    begin(&r, "a,\"b\"");
    assert_int_equal(next(&r), STATUS_OK);
    assert_string_equal(r.fields[1], "b");
    assert_int_equal(next(&r), STATUS_NOT_FOUND);
}

static void a_byte_order_mark_is_no_part_of_the_first_name(void **state)
{
    (void)state;
    struct reading r;
    begin(&r, "\xef\xbb\xbfid,x\n");
    assert_int_equal(next(&r), STATUS_OK);
    assert_string_equal(r.fields[0], "id");
}

static void text_behind_a_closing_quote_breaks_one_row_only(void **state)
{
    (void)state;
    struct reading r;
    begin(&r, "\"a\"b,c\nd,e\n");
    assert_int_equal(next(&r), STATUS_MALFORMED);
    assert_int_equal(r.line, 1);
    assert_int_equal(next(&r), STATUS_OK);
    assert_string_equal(r.fields[0], "d");
}

static void a_quote_that_is_never_closed_ends_the_file(void **state)
{
    (void)state;
    struct reading r;
    begin(&r, "a,\"b\nc,d\n");
    assert_int_equal(next(&r), STATUS_MALFORMED);
    assert_int_equal(next(&r), STATUS_NOT_FOUND);
}

static void more_fields_than_room_are_refused(void **state)
{
    (void)state;
    struct reading r;
    begin(&r, "1,2,3,4,5\n6\n");
    assert_int_equal(next(&r), STATUS_TOO_LARGE);
    assert_int_equal(next(&r), STATUS_OK);
    assert_string_equal(r.fields[0], "6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_end_with_either_break),
        cmocka_unit_test(a_quoted_field_holds_commas_quotes_and_breaks),
        cmocka_unit_test(a_file_without_a_last_break_loses_nothing),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_name),
        cmocka_unit_test(text_behind_a_closing_quote_breaks_one_row_only),
        cmocka_unit_test(a_quote_that_is_never_closed_ends_the_file),
        cmocka_unit_test(more_fields_than_room_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
