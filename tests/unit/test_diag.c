/* test_diag.c: what operators read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"
#include "tests/unit/scratch.h"

static struct child child;

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool is_match = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return is_match;
}

static void say_one(void *context)
{
    (void)context;
    diag_open("broker");
    diag_say(DIAG_EV_SESSION_LOST, "peer=%s silent_ms=%d", "dispatch", 5021);
}

static void a_line_has_time_level_event_process_sentences_and_pairs(void **state)
{
    (void)state;
    child_run(say_one, NULL, &child);
    assert_true(matches(child.err,
                        "^t=20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:"
                        "[0-6][0-9]\\.[0-9]{3}Z lvl=warn ev=session_lost "
                        "proc=broker msg=\"[^\"]+\" peer=dispatch silent_ms=5021\n$"));
    assert_non_null(strstr(child.err, "会话中断"));
    assert_int_equal(count_text(child.err, "\n"), 1);
    assert_string_equal(child.out, "");
}

static void the_time_is_utc_whatever_the_zone(void **state)
{
    (void)state;
    assert_int_equal(setenv("TZ", "Asia/Shanghai", 1), 0);
    time_t before = time(NULL);
    child_run(say_one, NULL, &child);
    time_t after = time(NULL);
    assert_int_equal(unsetenv("TZ"), 0);

    struct tm utc = {0};
    assert_non_null(strptime(child.err, "t=%Y-%m-%dT%H:%M:%S", &utc));
    time_t said = timegm(&utc);
    assert_true(said >= before && said <= after);
}

static void say_newline(void *context)
{
    (void)context;
    diag_open("broker");
    diag_say(DIAG_EV_REFUSED, "text=%s", "one\ntwo\x1b[2Jthree\x7f");
}

static void a_value_cannot_make_a_second_line(void **state)
{
    (void)state;
    child_run(say_newline, NULL, &child);
    assert_int_equal(count_text(child.err, "\n"), 1);
    assert_non_null(strstr(child.err, "text=one two [2Jthree \n"));
}

static void say_long(void *context)
{
    (void)context;
    char text[6001] = "";
    for (size_t i = 0; i < 2000; i++) {
        memcpy(text + 3 * i, "级", 4); // with the NUL
    }
    diag_open("broker");
    diag_say(DIAG_EV_REFUSED, "text=%s", text);
}

static void a_long_line_is_cut_between_characters(void **state)
{
    (void)state;
    child_run(say_long, NULL, &child);
    size_t size = strlen(child.err);
    assert_true(size > 1500 && size < 4096);
    assert_string_equal(child.err + size - 4, "级\n");
}

static void wait_until_steady(int64_t until_steady_ms)
{
    while (loop_steady_ms() < until_steady_ms) {
        poll(NULL, 0, 1);
    }
}

static void say_too_often(void *context)
{
    (void)context;
    diag_open("broker");
    for (int i = 0; i < 25; i++) {
        diag_say(DIAG_EV_REFUSED, "n=%d", i);
    }
    diag_say(DIAG_EV_CONFLICT, "n=%d", 100);
    wait_until_steady(loop_steady_ms() + 1000);
    diag_say(DIAG_EV_REFUSED, "n=%d", 25);
    diag_say(DIAG_EV_REFUSED, "n=%d", 26);
}

static void repeats_are_held_back_and_counted(void **state)
{
    (void)state;
    child_run(say_too_often, NULL, &child);
    assert_int_equal(count_text(child.err, "ev=refused"), 12);
    assert_non_null(strstr(child.err, " n=9\n"));
    assert_null(strstr(child.err, " n=10\n"));
    assert_non_null(strstr(child.err, " held_back=15 n=25\n"));
    assert_int_equal(count_text(child.err, "held_back"), 1);
}

static void one_event_does_not_hold_another_back(void **state)
{
    (void)state;
    child_run(say_too_often, NULL, &child);
    assert_int_equal(count_text(child.err, "ev=conflict"), 1);
}

static void quoting_escapes_what_would_end_the_value(void **state)
{
    (void)state;
    char out[DIAG_QUOTED_SIZE];
    assert_string_equal(diag_quoted("a \"b\" c\\d\ne\tf 三级", out),
                        "\"a \\\"b\\\" c\\\\d\\ne f 三级\"");
    assert_string_equal(diag_quoted("", out), "\"\"");
}

static void quoting_cuts_between_characters_and_closes_the_quotes(void **state)
{
    (void)state;
    char out[DIAG_QUOTED_SIZE];
    char text[3 * DIAG_QUOTED_SIZE + 2];
    // One more byte in front each time moves the cut through all of a character.
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        for (size_t i = 0; i < DIAG_QUOTED_SIZE - 1; i++) {
            memcpy(text + shift + 3 * i, "级", 4);
        }
        diag_quoted(text, out);
        size_t size = strlen(out);
        assert_true(size < DIAG_QUOTED_SIZE);
        assert_true(size > DIAG_QUOTED_SIZE - 10);
        assert_string_equal(out + size - 4, "级\"");
    }
    // An escape is never cut in two.
    memset(text, '"', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    diag_quoted(text, out);
    assert_int_equal(strlen(out) % 2, 0);
    assert_string_equal(out + strlen(out) - 3, "\\\"\"");
}

static void on_exit_handler(void)
{
    puts("exit handler ran");
}

static void lose_durability(void *context)
{
    (void)context;
    diag_open("broker");
    assert_int_equal(atexit(on_exit_handler), 0);
    for (int i = 0; i < 20; i++) {
        diag_say(DIAG_EV_LOST_DURABILITY, "n=%d", i);
    }
    diag_lost_durability("commit: Input/output error");
}

static void lost_durability_is_always_said_and_ends_the_process_at_once(void **state)
{
    (void)state;
    child_run(lose_durability, NULL, &child);
    assert_int_equal(child.code, 74);
    assert_non_null(strstr(child.err, "what=\"commit: Input/output error\"\n"));
    assert_non_null(strstr(child.err, "lvl=error ev=lost_durability"));
    assert_string_equal(child.out, "");
}

static void close_stderr_and_say(void *context)
{
    (void)context;
    assert_int_equal(fclose(stderr), 0);
    diag_say(DIAG_EV_REFUSED, "n=%d", 1);
    puts("went on");
}

static void a_closed_stderr_does_not_stop_the_process(void **state)
{
    (void)state;
    child_run(close_stderr_and_say, NULL, &child);
    assert_int_equal(child.code, 0);
    assert_string_equal(child.out, "went on\n");
}

static void every_event_has_its_own_name_and_both_sentences(void **state)
{
    (void)state;
    for (int i = 0; i < DIAG_EVENT_COUNT; i++) {
        const char *name = diag_event_name((enum diag_event)i);
        assert_true(matches(name, "^[a-z][a-z_]+$"));
        assert_true(strlen(diag_event_zh((enum diag_event)i)) > 0);
        assert_true(strlen(diag_event_en((enum diag_event)i)) > 0);
        assert_null(strchr(diag_event_en((enum diag_event)i), '"'));
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(name, diag_event_name((enum diag_event)k));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_event_process_sentences_and_pairs),
        cmocka_unit_test(the_time_is_utc_whatever_the_zone),
        cmocka_unit_test(a_value_cannot_make_a_second_line),
        cmocka_unit_test(a_long_line_is_cut_between_characters),
        cmocka_unit_test(repeats_are_held_back_and_counted),
        cmocka_unit_test(one_event_does_not_hold_another_back),
        cmocka_unit_test(quoting_escapes_what_would_end_the_value),
        cmocka_unit_test(quoting_cuts_between_characters_and_closes_the_quotes),
        cmocka_unit_test(lost_durability_is_always_said_and_ends_the_process_at_once),
        cmocka_unit_test(a_closed_stderr_does_not_stop_the_process),
        cmocka_unit_test(every_event_has_its_own_name_and_both_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
