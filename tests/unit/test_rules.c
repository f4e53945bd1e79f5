/* test_rules.c: rules as the log brings them, and what is found in them. */
#include "broker/runtime/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/runtime/rules_tables.h"
#include "tests/sim/ruleset.h"

enum {
    ORG = SANJI__RULES_KIND__RULES_KIND_ORG,
    SLA = SANJI__RULES_KIND__RULES_KIND_SLA,
    HOUR_S = 3600
};

static int make(void **state)
{
    struct rules *rules = rules_new();
    ruleset_fold(rules);
    *state = rules;
    return 0;
}

static int unmake(void **state)
{
    struct rules *rules = *state;
    rules_free(&rules);
    return 0;
}

static struct org_path path(const char *text)
{
    struct org_path parsed = {0};
    assert_int_equal(org_parse(text, &parsed), STATUS_OK);
    return parsed;
}

static int64_t at(const char *text)
{
    int64_t at_ms = 0;
    assert_int_equal(time_parse(text, &at_ms), STATUS_OK);
    return at_ms;
}

static enum status fold_part(struct rules *rules, uint32_t version, uint32_t part,
                             uint32_t parts)
{
    Sanji__RulesPublished published;
    ruleset_part((Sanji__RulesKind)ORG, version, part, parts, &published);
    return rules_fold(rules, &published);
}

static void a_kind_comes_into_force_with_its_last_part(void **state)
{
    (void)state;
    struct rules *rules = rules_new();
    for (uint32_t part = 1; part <= 3; part++) {
        assert_int_equal(rules_version(rules, (Sanji__RulesKind)ORG), 0);
        assert_null(rules_hash(rules, (Sanji__RulesKind)ORG));
        assert_int_equal(fold_part(rules, 1, part, 3), STATUS_OK);
    }
    assert_int_equal(rules_version(rules, (Sanji__RulesKind)ORG), 1);
    assert_non_null(rules_hash(rules, (Sanji__RulesKind)ORG));
    assert_int_equal(rules_place(rules), RULESET_PLACE);
    rules_free(&rules);
}

static void a_part_out_of_order_is_refused(void **state)
{
    (void)state;
    struct rules *rules = rules_new();
    assert_int_equal(fold_part(rules, 1, 2, 3), STATUS_INVALID);
    assert_int_equal(fold_part(rules, 1, 1, 3), STATUS_OK);
    assert_int_equal(fold_part(rules, 1, 3, 3), STATUS_INVALID);
    // What had come is forgotten: the second part has no first any more.
    assert_int_equal(fold_part(rules, 1, 2, 3), STATUS_INVALID);
    assert_int_equal(fold_part(rules, 1, 1, 2), STATUS_OK);
    assert_int_equal(fold_part(rules, 2, 2, 2), STATUS_INVALID);
    assert_int_equal(fold_part(rules, 1, 1, 2), STATUS_OK);
    assert_int_equal(fold_part(rules, 1, 2, 2), STATUS_OK);
    rules_free(&rules);
}

static void a_wrong_hash_leaves_the_former_version(void **state)
{
    struct rules *rules = *state;
    uint8_t wrong[32] = {1};
    Sanji__RulesPublished published;
    ruleset_part((Sanji__RulesKind)ORG, 2, 1, 1, &published);
    published.sha256.data = wrong;
    assert_int_equal(rules_fold(rules, &published), STATUS_INVALID);
    assert_int_equal(rules_version(rules, (Sanji__RulesKind)ORG), 1);
    assert_non_null(rules_grid(rules, path("370499.003.01.001.B01")));
    ruleset_part((Sanji__RulesKind)ORG, 2, 1, 1, &published);
    assert_int_equal(rules_fold(rules, &published), STATUS_OK);
    assert_int_equal(rules_version(rules, (Sanji__RulesKind)ORG), 2);
}

static void a_version_not_above_the_one_in_force_is_refused(void **state)
{
    struct rules *rules = *state;
    assert_int_equal(fold_part(rules, 1, 1, 1), STATUS_INVALID);
    assert_int_equal(fold_part(rules, 3, 1, 1), STATUS_OK);
    assert_int_equal(fold_part(rules, 2, 1, 1), STATUS_INVALID);
    assert_int_equal(rules_version(rules, (Sanji__RulesKind)ORG), 3);
}

static void content_that_does_not_decode_is_refused(void **state)
{
    struct rules *rules = *state;
    // The content of another kind, with its right hash.
    Sanji__RulesPublished published;
    ruleset_part((Sanji__RulesKind)SLA, 2, 1, 1, &published);
    published.kind = (Sanji__RulesKind)ORG;
    assert_int_equal(rules_fold(rules, &published), STATUS_INVALID);
    published.kind = SANJI__RULES_KIND__RULES_KIND_UNSPECIFIED;
    assert_int_equal(rules_fold(rules, &published), STATUS_INVALID);
    published.kind = (Sanji__RulesKind)99;
    assert_int_equal(rules_fold(rules, &published), STATUS_INVALID);
    assert_non_null(rules_unit(rules, path("370499.003.01")));
}

static void rules_are_complete_when_all_five_are_there(void **state)
{
    (void)state;
    struct rules *rules = rules_new();
    for (int kind = ORG; kind <= SANJI__RULES_KIND__RULES_KIND_POLICY; kind++) {
        assert_false(rules_complete(rules));
        Sanji__RulesPublished published;
        ruleset_part((Sanji__RulesKind)kind, 1, 1, 1, &published);
        assert_int_equal(rules_fold(rules, &published), STATUS_OK);
    }
    assert_true(rules_complete(rules));
    rules_free(&rules);
}

static void things_are_found_by_their_names(void **state)
{
    const struct rules *rules = *state;
    assert_string_equal(rules_grid(rules, path("370499.003.01.001.B02"))->path,
                        "370499.003.01.001.B02");
    assert_null(rules_grid(rules, path("370499.003.01.001.B09")));
    assert_null(rules_grid(rules, path("370499.003.01.001")));
    assert_string_equal(rules_unit(rules, path("370499.003"))->path, "370499.003");
    assert_null(rules_unit(rules, path("370499.004")));
    assert_true(rules_has_path(rules, path("370499.003.01.000.S01")));
    assert_false(rules_has_path(rules, path("370499.003.03")));
    assert_string_equal(rules_category(rules, 3001)->code, "03001");
    assert_null(rules_category(rules, 3002));
    assert_int_equal(rules_worker(rules, 3)->role, ROLE_PROFESSIONAL);
    assert_null(rules_worker(rules, 0));
    assert_int_equal(rules_shift(rules, 2)->from_min, 22 * 60);
    assert_null(rules_shift(rules, 9));
    assert_non_null(rules_source(rules, SANJI__SOURCE__SOURCE_VIDEO));
    assert_null(rules_source(rules, 0));
    assert_string_equal(rules_label(rules, "state.IN_PROGRESS", true), "being handled");
    assert_string_equal(rules_label(rules, "state.IN_PROGRESS", false), "办理中");
    assert_null(rules_label(rules, "state.CLOSED", true));
}

static void the_nearest_paths_are_those_one_letter_away(void **state)
{
    const struct rules *rules = *state;
    struct org_path nearest[2];
    assert_int_equal(rules_nearest(rules, "370499.003.01.001.B03", nearest, 2), 2);
    assert_true(org_equal(nearest[0], path("370499.003.01.001.B01")));
    assert_true(org_equal(nearest[1], path("370499.003.01.001.B02")));
    assert_int_equal(rules_nearest(rules, "370499.003.2", nearest, 1), 1);
    assert_true(org_equal(nearest[0], path("370499.003.02")));
}

static void a_point_is_in_the_grid_whose_box_holds_it(void **state)
{
    const struct rules *rules = *state;
    const unsigned datum = SANJI__DATUM__DATUM_CGCS2000;
    struct org_path grid = {0};
    assert_true(rules_grid_at(rules, 34811000, 117320000, datum, &grid));
    assert_true(org_equal(grid, path("370499.003.01.001.B02")));
    assert_true(rules_grid_at(rules, 34810999, 117329999, datum, &grid));
    assert_true(org_equal(grid, path("370499.003.01.001.B01")));
    assert_false(rules_grid_at(rules, 34811000, 117330000, datum, &grid));
    assert_false(
        rules_grid_at(rules, 34811000, 117320000, SANJI__DATUM__DATUM_GCJ02, &grid));
    assert_false(rules_grid_at(rules, 34811000, 117320000, 0, &grid));
}

static void check_climb(const struct rules *rules, const char *area, const char *steps)
{
    struct kase kase = {.area = path(area)};
    enum org_tier tier = TIER_NONE;
    struct org_path desk = {0};
    char climbed[200] = "";
    char text[ORG_TEXT_SIZE];
    while (rules_tier_above(rules, &kase, tier, &tier, &desk)) {
        size_t used = strlen(climbed);
        (void)snprintf(climbed + used, sizeof climbed - used, "%s ",
                       org_print(desk, text)); // a cut one does not compare
    }
    assert_string_equal(climbed, steps);
}

static void a_case_climbs_its_grids_tiers(void **state)
{
    const struct rules *rules = *state;
    check_climb(rules, "370499.003.01.001.B01",
                "370499.003.01.001 370499.003.01 370499.003 ");
    check_climb(rules, "370499.003.01.000.S01", "370499.003.01 370499.003 ");
    // A place without a grid: from the lowest unit known.
    check_climb(rules, "370499.003.01.001", "370499.003.01.001 370499.003.01 370499.003 ");
    check_climb(rules, "370499.003.01", "370499.003.01 370499.003 ");
    check_climb(rules, "370499.003", "370499.003 ");
}

static void a_limit_comes_from_the_table_or_the_category(void **state)
{
    const struct rules *rules = *state;
    struct deadline_limit limit;
    uint32_t times = 0;
    assert_true(rules_limit(rules, TIMER_ACK, SEVERITY_S3, 3001, &limit, &times));
    assert_int_equal(limit.clock, CLOCK_WORKING);
    assert_int_equal(limit.budget_s, HOUR_S);
    assert_int_equal(limit.cap_s, 12 * HOUR_S);
    assert_int_equal(times, 3);
    // RESOLVE: the category's budget for S3 and S4, with the table's cap.
    assert_true(rules_limit(rules, TIMER_RESOLVE, SEVERITY_S3, 3001, &limit, &times));
    assert_int_equal(limit.budget_s, 4 * HOUR_S);
    assert_int_equal(limit.cap_s, 7 * 24 * HOUR_S);
    assert_true(rules_limit(rules, TIMER_RESOLVE, SEVERITY_S3, 9999, &limit, &times));
    assert_int_equal(limit.budget_s, 24 * HOUR_S);
    assert_true(rules_limit(rules, TIMER_RESOLVE, SEVERITY_S1, 3001, &limit, &times));
    assert_int_equal(limit.clock, CLOCK_NATURAL);
    assert_int_equal(limit.budget_s, 24 * HOUR_S);
    // A share of it.
    assert_true(rules_limit(rules, TIMER_RESOLVE_WARN, SEVERITY_S3, 3001, &limit, &times));
    assert_int_equal(limit.clock, CLOCK_WORKING);
    assert_int_equal(limit.budget_s, 3 * HOUR_S);
    assert_true(rules_limit(rules, TIMER_ESCALATE, SEVERITY_S2, 2001, &limit, &times));
    assert_int_equal(limit.budget_s, 36 * HOUR_S);
    assert_int_equal(limit.cap_s, 0);
}

static void a_limit_that_is_not_there_leaves_the_answer_alone(void **state)
{
    const struct rules *rules = *state;
    struct deadline_limit limit = {.budget_s = 7};
    uint32_t times = 7;
    assert_false(rules_limit(rules, TIMER_ARRIVE, SEVERITY_S3, 3001, &limit, &times));
    assert_false(rules_limit(rules, TIMER_ASSIST, SEVERITY_S1, 2003, &limit, &times));
    assert_int_equal(limit.budget_s, 7);
    assert_int_equal(times, 7);
    // Without a severity a case waits like an ordinary one.
    assert_true(rules_limit(rules, TIMER_ACCEPT, SEVERITY_NONE, 0, &limit, &times));
    assert_int_equal(limit.budget_s, HOUR_S);
}

static void check_shift(const struct rules *rules, uint32_t worker, const char *when,
                        bool is_on, const char *changes)
{
    int64_t changes_ms = 0;
    assert_int_equal(
        rules_on_shift(rules, rules_worker(rules, worker), at(when), &changes_ms), is_on);
    assert_int_equal(changes_ms, changes != NULL ? at(changes) : INT64_MAX);
}

static void a_shift_covers_its_hours(void **state)
{
    const struct rules *rules = *state;
    // 2020-08-14 is a Friday.
    check_shift(rules, 1, "2020-08-14T08:00:00+08:00", true, "2020-08-14T18:00:00+08:00");
    check_shift(rules, 1, "2020-08-14T07:59:59+08:00", false, "2020-08-14T08:00:00+08:00");
    check_shift(rules, 1, "2020-08-14T18:00:00+08:00", false, "2020-08-17T08:00:00+08:00");
    check_shift(rules, 3, "2020-08-15T02:00:00+08:00", true, "2020-08-15T06:00:00+08:00");
    check_shift(rules, 3, "2020-08-15T06:00:00+08:00", false, "2020-08-15T22:00:00+08:00");
    check_shift(rules, 2, "2020-08-15T02:00:00+08:00", true, NULL);
    check_shift(rules, 5, "2020-08-15T02:00:00+08:00", false, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kind_comes_into_force_with_its_last_part),
        cmocka_unit_test(a_part_out_of_order_is_refused),
        cmocka_unit_test_setup_teardown(a_wrong_hash_leaves_the_former_version, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_version_not_above_the_one_in_force_is_refused,
                                        make, unmake),
        cmocka_unit_test_setup_teardown(content_that_does_not_decode_is_refused, make,
                                        unmake),
        cmocka_unit_test(rules_are_complete_when_all_five_are_there),
        cmocka_unit_test_setup_teardown(things_are_found_by_their_names, make, unmake),
        cmocka_unit_test_setup_teardown(the_nearest_paths_are_those_one_letter_away, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_point_is_in_the_grid_whose_box_holds_it, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_case_climbs_its_grids_tiers, make, unmake),
        cmocka_unit_test_setup_teardown(a_limit_comes_from_the_table_or_the_category, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_limit_that_is_not_there_leaves_the_answer_alone,
                                        make, unmake),
        cmocka_unit_test_setup_teardown(a_shift_covers_its_hours, make, unmake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
