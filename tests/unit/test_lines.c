/* test_lines.c: NDJSON from a pipe, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/runtime/loop.h"
#include "proto/limits.h"
#include "workers/sanji/lines.h"

enum {
    ROOM_FOR_EVER = 1000000
};

struct taken {
    struct loop *loop;
    struct lines *lines;
    struct loop_timer *more;
    size_t room; // lines that may still be taken
    uint64_t numbers[16];
    char texts[16][64];
    size_t sizes[16];
    size_t count;
    bool has_ended;
    int error_no;
};

static bool has_room(void *context)
{
    const struct taken *taken = context;
    return taken->room > 0;
}

static void on_line(void *context, uint64_t number, struct bytes line)
{
    struct taken *taken = context;
    assert_true(taken->count < 16);
    taken->numbers[taken->count] = number;
    taken->sizes[taken->count] = line.size;
    size_t size = line.size < 63 ? line.size : 63;
    memcpy(taken->texts[taken->count], line.data, size);
    taken->texts[taken->count][size] = '\0';
    taken->count++;
    taken->room--;
}

static void on_end(void *context, int error_no)
{
    struct taken *taken = context;
    taken->has_ended = true;
    taken->error_no = error_no;
    loop_stop(taken->loop);
}

static void on_more(void *context)
{
    struct taken *taken = context;
    taken->room++;
    lines_resume(taken->lines);
}

// Feeds the whole of `text` through a file; `room` lines at first, then one a turn.
static void run(struct taken *taken, const char *text, size_t size, size_t room)
{
    static const struct lines_events EVENTS = {
        .has_room = has_room, .line = on_line, .ended = on_end};
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    rewind(file);
    *taken = (struct taken){.room = room};
    taken->loop = loop_new();
    taken->lines = lines_new(taken->loop, fileno(file), &EVENTS, taken);
    taken->more = loop_timer_new(taken->loop, on_more, taken);
    loop_timer_start(taken->more, 1, 1);
    lines_resume(taken->lines);
    loop_run(taken->loop);
    assert_true(taken->has_ended);
    lines_free(&taken->lines);
    loop_timer_free(&taken->more);
    loop_free(&taken->loop);
    fclose(file);
}

static void lines_come_with_their_numbers_and_blank_ones_only_count(void **state)
{
    (void)state;
    struct taken taken;
    static const char TEXT[] = "one\n\n \t\r\nfour\r\nfive";
    run(&taken, TEXT, strlen(TEXT), ROOM_FOR_EVER);
    assert_int_equal(taken.count, 3);
    assert_string_equal(taken.texts[0], "one");
    assert_int_equal(taken.numbers[1], 4);
    assert_string_equal(taken.texts[1], "four\r");
    assert_int_equal(taken.numbers[2], 5);
    assert_string_equal(taken.texts[2], "five");
    assert_int_equal(taken.error_no, 0);
}

static void an_empty_input_ends_at_once(void **state)
{
    (void)state;
    struct taken taken;
    run(&taken, "", 0, ROOM_FOR_EVER);
    assert_int_equal(taken.count, 0);
}

static void nothing_is_taken_without_room(void **state)
{
    (void)state;
    struct taken taken;
    static const char TEXT[] = "1\n2\n3\n4\n";
    run(&taken, TEXT, strlen(TEXT), 0);
    assert_int_equal(taken.count, 4);
    assert_string_equal(taken.texts[3], "4");
}

static void a_line_that_is_too_long_is_told_once_and_skipped(void **state)
{
    (void)state;
    struct taken taken;
    size_t size = 5 * JSON_LINE_SIZE_MAX;
    char *text = malloc(size + 32);
    assert_non_null(text);
    memset(text, 'x', size);
    text[0] = 'a';
    text[1] = '\n';
    text[size] = '\n';
    text[size + 1] = 'b';
    text[size + 2] = '\n';
    run(&taken, text, size + 3, ROOM_FOR_EVER);
    assert_int_equal(taken.count, 3);
    assert_int_equal(taken.sizes[1], 0);
    assert_int_equal(taken.numbers[1], 2);
    assert_string_equal(taken.texts[2], "b");
    assert_int_equal(taken.numbers[2], 3);
    // One of exactly the largest size passes, also without an end.
    run(&taken, text + 2, JSON_LINE_SIZE_MAX, ROOM_FOR_EVER);
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.sizes[0], JSON_LINE_SIZE_MAX);
    run(&taken, text + 2, JSON_LINE_SIZE_MAX + 1, ROOM_FOR_EVER);
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.sizes[0], 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_with_their_numbers_and_blank_ones_only_count),
        cmocka_unit_test(an_empty_input_ends_at_once),
        cmocka_unit_test(nothing_is_taken_without_room),
        cmocka_unit_test(a_line_that_is_too_long_is_told_once_and_skipped),
    };
    return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
