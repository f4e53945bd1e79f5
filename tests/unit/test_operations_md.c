/* test_operations_md.c: OPERATIONS.md explains every event and every exit code there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/process.h"
#include "tests/unit/markdown.h"
#include "workers/sanji/cli.h"

static struct markdown *text;

static int load(void **state)
{
    (void)state;
    text = markdown_open("deploy/OPERATIONS.md");
    return text == NULL ? -1 : 0;
}

static int unload(void **state)
{
    (void)state;
    markdown_free(&text);
    return 0;
}

static void every_event_is_explained_with_what_to_do(void **state)
{
    (void)state;
    static const char heading[] = "| ev | level | means | do |";
    static const char *const levels[] = {"info", "warn", "error"};

    static const enum diag_level level_of[] = {

#define X(name, level, zh, en) [DIAG_EV_##name] = (level),
        DIAG_EVENTS(X)
#undef X
    };
    for (int event = 0; event < DIAG_EVENT_COUNT; event++) {
        const struct markdown_row *row = markdown_row(text, heading, (size_t)event);
        assert_non_null(row);
        assert_int_equal(row->count, 4);
        assert_string_equal(row->cells[0], diag_event_name((enum diag_event)event));
        assert_string_equal(row->cells[1], levels[level_of[event]]);
        assert_string_equal(row->cells[2], diag_event_en((enum diag_event)event));
        assert_true(strlen(row->cells[3]) > 0);
    }
    assert_null(markdown_row(text, heading, DIAG_EVENT_COUNT));
}

struct code {
    const char *name;
    int code;
};

#define CODE(name)                                                                         \
    {                                                                                      \
#name, name                                                                        \
    }

// The rows of the table with this heading are these and no others.
static void check_codes(const struct code *codes, size_t count, const char *heading)
{
    for (size_t i = 0; i < count; i++) {
        const struct markdown_row *row = markdown_row(text, heading, i);
        assert_non_null(row);
        assert_int_equal(row->count, 3);
        assert_string_equal(row->cells[1], codes[i].name);
        assert_int_equal(strtol(row->cells[0], NULL, 10), codes[i].code);
    }
    assert_null(markdown_row(text, heading, count));
}

static void every_exit_code_of_a_process_is_explained(void **state)
{
    (void)state;
    static const struct code codes[] = {CODE(EXIT_BROKEN), CODE(EXIT_LOST_DURABILITY),
                                        CODE(EXIT_FENCED), CODE(EXIT_CANNOT_START)};
    check_codes(codes, sizeof codes / sizeof codes[0], "| code | name | a process says |");
}

static void every_exit_code_of_the_command_line_is_explained(void **state)
{
    (void)state;
    static const struct code codes[] = {
        CODE(CLI_OK),   CODE(CLI_FAILURE),  CODE(CLI_USAGE),       CODE(CLI_NOT_FOUND),
        CODE(CLI_AUTH), CODE(CLI_CONFLICT), CODE(CLI_UNREACHABLE), CODE(CLI_REJECTED),
        CODE(CLI_GAP),  CODE(CLI_PROBLEMS), CODE(CLI_TIME_LIMIT),  CODE(CLI_INTERRUPTED)};
    check_codes(codes, sizeof codes / sizeof codes[0], "| code | name | `sanji` says |");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_explained_with_what_to_do),
        cmocka_unit_test(every_exit_code_of_a_process_is_explained),
        cmocka_unit_test(every_exit_code_of_the_command_line_is_explained),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
