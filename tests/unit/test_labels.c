/* test_labels.c: whatever number a person may read has a name in Chinese and in English.
 *
 * The enums are found in vocab.proto itself, so a new one without labels fails here, and a new
 * value of an old one fails where the rule files are read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/runtime/labels.h"
#include "proto/vocab.h"
#include "tests/unit/deploy_rules.h"
#include "tests/unit/scratch.h"
#include "workers/sanji/rows.h"

enum {
    LINE_SIZE = 4096,
    NAME_SIZE = 64
};

static struct rules *rules;

static int set_up(void **state)
{
    (void)state;
    rules = rules_new();
    deploy_rules_fold(rules);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rules_free(&rules);
    return 0;
}

/* Chinese words hold at least one sign outside ASCII, English ones none. */
static bool is_chinese(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((*at & 0x80) != 0) {
            return true;
        }
    }
    return false;
}

static void assert_both(const char *what, const char *zh, const char *en)
{
    const bool right =
        zh != NULL && en != NULL && is_chinese(zh) && en[0] != '\0' && !is_chinese(en);
    if (!right) {
        fail_msg("%s: zh '%s', en '%s'", what, zh != NULL ? zh : "(none)",
                 en != NULL ? en : "(none)");
    }
}

static void every_word_of_every_group_has_both_names(void **state)
{
    (void)state;
    for (unsigned group = 0; group < LABEL_GROUPS; group++) {
        const ProtobufCEnumDescriptor *words = label_words(group)->words;
        for (unsigned i = 0; i < words->n_values; i++) {
            const int number = words->values[i].value;
            if (strstr(words->values[i].name, "UNSPECIFIED") != NULL) {
                assert_string_equal(label_of(rules, group, number, false), "");
                continue;
            }
            assert_both(words->values[i].name, label_of(rules, group, number, false),
                        label_of(rules, group, number, true));
        }
    }
}

static bool has_group(const char *name)
{
    for (unsigned group = 0; group < LABEL_GROUPS; group++) {
        if (strcmp(label_words(group)->words->short_name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* What a timer's record does to it is shown by the explanation in its own words. */
static void every_enum_of_the_vocabulary_has_a_group(void **state)
{
    (void)state;
    char line[LINE_SIZE];
    char name[NAME_SIZE];
    unsigned count = 0;
    char *path = scratch_tree_path("proto/vocab.proto");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "enum %63s {", name) != 1 || strcmp(name, "TimerOp") == 0) {
            continue;
        }
        count++;
        if (!has_group(name)) {
            fail_msg("enum %s of vocab.proto has no labels", name);
        }
    }
    assert_int_equal(fclose(file), 0);
    free(path);
    assert_true(count >= LABEL_GROUPS);
}

static void events_and_filters_have_both_names(void **state)
{
    (void)state;
    for (unsigned type = 1; type < 256; type++) {
        const char *name = vocab_event_name(type);
        if (name != NULL) {
            assert_both(name, label_word(rules, "event", name, false),
                        label_word(rules, "event", name, true));
        }
    }
    for (unsigned filter = 1; filter < FILTER_COUNT; filter++) {
        const char *name = vocab_filter_name(filter);
        assert_both(name, label_word(rules, "filter", name, false),
                    label_word(rules, "filter", name, true));
    }
}

/* Where no rules are at hand the program's own words stand: the same ones. */
static void the_defaults_are_what_the_file_says(void **state)
{
    (void)state;
    for (unsigned i = 1; i < STATE_COUNT; i++) {
        assert_string_equal(vocab_state_zh(i), label_of(rules, LABEL_STATE, (int)i, false));
    }
    for (unsigned i = 1; i < TIMER_COUNT; i++) {
        assert_string_equal(vocab_timer_zh(i), label_of(rules, LABEL_TIMER, (int)i, false));
    }
    for (unsigned i = 1; i < ROLE_COUNT; i++) {
        assert_string_equal(vocab_role_zh(i), label_of(rules, LABEL_ROLE, (int)i, false));
    }
    for (unsigned i = 1; i < SAY_COUNT; i++) {
        if (vocab_statement_name(i) != NULL) {
            assert_string_equal(vocab_statement_zh(i),
                                label_of(rules, LABEL_STATEMENT, (int)i, false));
        }
    }
    for (unsigned i = 1; i < FILTER_COUNT; i++) {
        assert_string_equal(vocab_filter_zh(i),
                            label_word(rules, "filter", vocab_filter_name(i), false));
    }
    for (unsigned i = 1; i < 256; i++) {
        if (vocab_event_name(i) != NULL) {
            assert_string_equal(vocab_event_zh(i),
                                label_word(rules, "event", vocab_event_name(i), false));
        }
    }
    for (int i = TIER_GRID; i <= TIER_MUNICIPAL; i++) {
        assert_string_equal(rows_tier_zh((Sanji__Tier)i),
                            label_of(rules, LABEL_TIER, i, false));
    }
}

static void what_the_explanation_says_has_both_names(void **state)
{
    (void)state;
    static const char *const words[][2] = {
        {"route", "LOWEST_TIER"},   {"route", "BY_SOURCE"}, {"route", "BY_SEVERITY"},
        {"route", "PLACE_UNKNOWN"}, {"route", "TO_OWNER"},  {"route", "ABOVE_OWNER"},
        {"day", "WORKDAY"},         {"day", "WEEKEND"},     {"day", "HOLIDAY"},
        {"day", "MAKE_UP"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_both(words[i][1], label_word(rules, words[i][0], words[i][1], false),
                    label_word(rules, words[i][0], words[i][1], true));
    }
}

static void reasons_and_categories_have_both_names(void **state)
{
    (void)state;
    const Sanji__Policy *policy = rules_policy(rules);
    assert_true(policy->n_reasons > 30);
    for (size_t i = 0; i < policy->n_reasons; i++) {
        assert_both("reason", label_reason(rules, policy->reasons[i]->code, false),
                    label_reason(rules, policy->reasons[i]->code, true));
    }
    assert_both("a reason of a known group", label_reason(rules, 299, false),
                label_reason(rules, 299, true));
    const Sanji__Sla *sla = rules_sla(rules);
    for (size_t i = 0; i < sla->n_categories; i++) {
        assert_both(sla->categories[i]->code, sla->categories[i]->name_zh,
                    sla->categories[i]->name_en);
    }
}

static void statuses_have_both_names(void **state)
{
    (void)state;
    for (int status = 0; status < STATUS_COUNT; status++) {
        if (strcmp(status_name((enum status)status), "UNKNOWN") != 0) {
            assert_both(status_name((enum status)status), status_zh((enum status)status),
                        status_en((enum status)status));
        }
    }
}

/* A log whose labels are older than a word shows the word. */
static void a_word_without_a_label_stands_for_itself(void **state)
{
    (void)state;
    struct rules *none = rules_new();
    assert_string_equal(
        label_of(none, LABEL_STATE, SANJI__CASE_STATE__CASE_STATE_CLOSED, false), "CLOSED");
    assert_string_equal(label_of(none, LABEL_TIMER, 9999, true), "?");
    assert_string_equal(label_reason(none, 203, true), "");
    rules_free(&none);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_word_of_every_group_has_both_names),
        TEST(every_enum_of_the_vocabulary_has_a_group),
        TEST(events_and_filters_have_both_names),
        TEST(the_defaults_are_what_the_file_says),
        TEST(what_the_explanation_says_has_both_names),
        TEST(reasons_and_categories_have_both_names),
        TEST(statuses_have_both_names),
        TEST(a_word_without_a_label_stands_for_itself),
    };
    return cmocka_run_group_tests_name("labels", tests, set_up, tear_down);
}
