/* test_truth.c: the oracle's lines: everything that the plan says, once, as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "tests/unit/drawn_plan.h"
#include "workers/sanji/truth.h"

static void a_line_says_all_that_the_plan_says(void **state)
{
    (void)state;
    char text[TRUTH_LINE_SIZE];
    struct planned planned = {.at_ms = 1596250800000,
                              .number = 17,
                              .category = 4008,
                              .category_from = 2006,
                              .confidence_permille = 750,
                              .held_s = 12,
                              .source = SANJI__SOURCE__SOURCE_VIDEO,
                              .severity = 4,
                              .severity_from = 3,
                              .tier = TIER_SUBDISTRICT,
                              .resolution = SANJI__RESOLUTION__RESOLUTION_FIXED,
                              .late = true,
                              .returns = 2,
                              .urges = 1,
                              .supervise = 3};
    assert_int_equal(org_parse("370499.003.01.000.S05", &planned.grid), STATUS_OK);
    assert_string_equal(
        truth_line(&planned, "street/1/20200801", text, sizeof text),
        "{\"number\":17,\"source_ref\":\"street/1/20200801/17\","
        "\"at\":\"2020-08-01T03:00:00.000Z\",\"kind\":\"CASE\","
        "\"grid\":\"370499.003.01.000.S05\",\"source\":\"VIDEO\",\"category\":\"04008\","
        "\"category_from\":\"02006\",\"severity\":\"S4\",\"severity_from\":\"S3\","
        "\"tier\":\"SUBDISTRICT\",\"resolution\":\"FIXED\",\"in_time\":false,"
        "\"wants_contact\":false,\"confidence_permille\":750,\"held_s\":12,\"returns\":2,"
        "\"urges\":1,\"supervise\":\"RED\"}");
}

static void a_second_report_names_its_parent_and_has_no_end_of_its_own(void **state)
{
    (void)state;
    char text[TRUTH_LINE_SIZE];
    struct planned planned = {.at_ms = 1596250800000,
                              .number = 18,
                              .category = 3001,
                              .into = 17,
                              .kind = PLANNED_MERGED,
                              .source = SANJI__SOURCE__SOURCE_WALK_IN,
                              .severity = 3,
                              .wants_contact = true};
    assert_int_equal(org_parse("370499.003", &planned.grid), STATUS_OK);
    json_t *line = json_loads(truth_line(&planned, "x", text, sizeof text),
                              JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "kind")), "MERGED");
    assert_int_equal(json_integer_value(json_object_get(line, "into")), 17);
    assert_true(json_is_true(json_object_get(line, "wants_contact")));
    assert_null(json_object_get(line, "in_time"));
    assert_null(json_object_get(line, "tier"));
    assert_null(json_object_get(line, "satisfaction"));
    json_decref(line);
}

static void every_line_of_every_set_is_json_and_fits(void **state)
{
    (void)state;

    static const enum plan_set sets[] = {PLAN_Y_MINI, PLAN_STREET, PLAN_CHAOS};
    struct plan plan = {0};
    char text[TRUTH_LINE_SIZE];
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++) {
        drawn_plan(sets[s], 1, 20200904, &plan);
        for (size_t i = 0; i < plan.count; i++) {
            json_t *line =
                json_loads(truth_line(&plan.cases[i], "chaos/18446744073709551615/20200801",
                                      text, sizeof text),
                           JSON_REJECT_DUPLICATES, NULL);
            assert_non_null(line);
            assert_int_equal(json_integer_value(json_object_get(line, "number")), i + 1);
            json_decref(line);
        }
    }
    plan_reset(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_all_that_the_plan_says),
        cmocka_unit_test(a_second_report_names_its_parent_and_has_no_end_of_its_own),
        cmocka_unit_test(every_line_of_every_set_is_json_and_fits),
    };
    return cmocka_run_group_tests_name("truth", tests, NULL, NULL);
}
