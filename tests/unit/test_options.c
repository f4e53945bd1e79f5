/* test_options.c: options anywhere after a command's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "workers/sanji/options.h"

static const struct option_row ROWS[] = {{"--from", "SEQ", ""},
                                         {"--follow", NULL, ""},
                                         {"--wait", "[DUR]", ""},
                                         {NULL, NULL, NULL}};
static const struct option_row MORE[] = {
    {"--run", "DIR", ""}, {"-o", "FORM", ""}, {NULL, NULL, NULL}};

static struct options options;
static struct fault fault;

// Reads words that end with NULL.
static enum status read_words(const char *const *words)
{
    char *argv[OPTIONS_MAX + 8];
    int argc = 0;
    for (; words[argc] != NULL; argc++) {
        argv[argc] = (char *)(uintptr_t)words[argc];
    }
    return options_read(ROWS, MORE, argc, argv, &options, &fault);
}

#define READ(...) read_words((const char *const[]){__VA_ARGS__, NULL})

static void options_stand_before_between_and_behind_words(void **state)
{
    (void)state;
    assert_int_equal(READ("--run", "r", "one", "--follow", "two", "--from=7"), STATUS_OK);
    assert_string_equal(options_value(&options, "--run"), "r");
    assert_string_equal(options_value(&options, "--follow"), "");
    assert_string_equal(options_value(&options, "--from"), "7");
    assert_int_equal(options.word_count, 2);
    assert_string_equal(options.words[0], "one");
    assert_string_equal(options.words[1], "two");
    assert_null(options_value(&options, "--wait"));
}

static void a_lone_minus_is_a_word_and_two_end_the_options(void **state)
{
    (void)state;
    assert_int_equal(READ("-", "--", "--from", "-o"), STATUS_OK);
    assert_int_equal(options.word_count, 3);
    assert_string_equal(options.words[0], "-");
    assert_string_equal(options.words[1], "--from");
    assert_string_equal(options.words[2], "-o");
}

static void the_last_of_repeated_options_counts_and_each_can_be_had(void **state)
{
    (void)state;
    assert_int_equal(READ("--from", "1", "--from", "2"), STATUS_OK);
    assert_string_equal(options_value(&options, "--from"), "2");
    assert_string_equal(options_nth(&options, "--from", 0), "1");
    assert_string_equal(options_nth(&options, "--from", 1), "2");
    assert_null(options_nth(&options, "--from", 2));
}

static void a_value_in_brackets_is_taken_when_it_is_a_duration(void **state)
{
    (void)state;
    assert_int_equal(READ("--wait", "90s", "file"), STATUS_OK);
    assert_string_equal(options_value(&options, "--wait"), "90s");
    assert_int_equal(options.word_count, 1);
    assert_int_equal(READ("--wait", "file"), STATUS_OK);
    assert_string_equal(options_value(&options, "--wait"), "");
    assert_string_equal(options.words[0], "file");
    assert_int_equal(READ("--wait"), STATUS_OK);
    assert_string_equal(options_value(&options, "--wait"), "");
    assert_int_equal(READ("--wait=2m"), STATUS_OK);
    assert_string_equal(options_value(&options, "--wait"), "2m");
}

static void an_unknown_option_is_refused_with_the_nearest_one(void **state)
{
    (void)state;
    assert_int_equal(READ("--folow"), STATUS_INVALID);
    assert_non_null(strstr(fault.text, "--follow"));
    assert_int_equal(READ("-x"), STATUS_INVALID);
    assert_int_equal(READ("--fro", "7"), STATUS_INVALID);
}

static void a_missing_value_and_a_value_for_a_flag_are_refused(void **state)
{
    (void)state;
    assert_int_equal(READ("--from"), STATUS_INVALID);
    assert_non_null(strstr(fault.text, "SEQ"));
    assert_int_equal(READ("--follow=yes"), STATUS_INVALID);
}

static void more_than_there_is_room_for_is_refused(void **state)
{
    (void)state;
    const char *words[OPTIONS_MAX + 2];
    for (size_t i = 0; i <= OPTIONS_MAX; i++) {
        words[i] = "--follow";
    }
    words[OPTIONS_MAX + 1] = NULL;
    assert_int_equal(read_words(words), STATUS_INVALID);
    for (size_t i = 0; i <= OPTIONS_MAX; i++) {
        words[i] = "word";
    }
    assert_int_equal(read_words(words), STATUS_INVALID);
}

static void numbers_are_digits_alone(void **state)
{
    (void)state;
    uint64_t number = 5;
    assert_int_equal(options_number("9223372036854775807", &number), STATUS_OK);
    assert_true(number == INT64_MAX);
    static const char *const WRONG[] = {"",    "9223372036854775808", "-1", "1x", " 1",
                                        "0x10"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        number = 5;
        assert_int_equal(options_number(WRONG[i], &number), STATUS_INVALID);
        assert_int_equal(number, 5);
    }
}

static void sizes_have_powers_of_1024(void **state)
{
    (void)state;
    uint64_t bytes = 5;
    assert_int_equal(options_size("4G", &bytes), STATUS_OK);
    assert_true(bytes == UINT64_C(4) << 30);
    assert_int_equal(options_size("512MiB", &bytes), STATUS_OK);
    assert_int_equal(bytes, 512 << 20);
    assert_int_equal(options_size("4096", &bytes), STATUS_OK);
    assert_int_equal(bytes, 4096);
    static const char *const WRONG[] = {"",    "G",   "4g",
                                        "4GB", "4 G", "9223372036854775807K"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        assert_int_equal(options_size(WRONG[i], &bytes), STATUS_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_before_between_and_behind_words),
        cmocka_unit_test(a_lone_minus_is_a_word_and_two_end_the_options),
        cmocka_unit_test(the_last_of_repeated_options_counts_and_each_can_be_had),
        cmocka_unit_test(a_value_in_brackets_is_taken_when_it_is_a_duration),
        cmocka_unit_test(an_unknown_option_is_refused_with_the_nearest_one),
        cmocka_unit_test(a_missing_value_and_a_value_for_a_flag_are_refused),
        cmocka_unit_test(more_than_there_is_room_for_is_refused),
        cmocka_unit_test(numbers_are_digits_alone),
        cmocka_unit_test(sizes_have_powers_of_1024),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
