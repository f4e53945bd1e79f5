/* test_org.c: org paths as text, as bits, and as a tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/org.h"

static const char *const well_formed[] = {
    "370499",
    "370499.003",
    "370499.003.01",
    "370499.003.01.001",
    "370499.003.01.001.B03",
    "370499.003.01.000.S02",
    "370499.003.99.999.S99",
    "370499.999.00.000.B01",
    "370499.003.00.012",
    "999999.999.99.999.B99",
};

enum {
    WELL_FORMED_COUNT = sizeof well_formed / sizeof well_formed[0]
};

static struct org_path path_of(const char *text)
{
    struct org_path path = {.place = 0, .packed = 0};
    assert_int_equal(org_parse(text, &path), STATUS_OK);
    return path;
}

static void every_path_reads_back_as_it_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < WELL_FORMED_COUNT; i++) {
        char text[ORG_TEXT_SIZE];
        assert_string_equal(org_print(path_of(well_formed[i]), text), well_formed[i]);
    }
    char text[ORG_TEXT_SIZE];
    assert_string_equal(org_print((struct org_path){.place = 0}, text), "");
}

static void the_packed_form_is_community_committee_grid(void **state)
{
    (void)state;
    struct org_path path = path_of("370499.003.01.001.B03");
    assert_int_equal(path.place, 370499003);
    assert_int_equal(path.packed, 1 << 19 | 1 << 9 | 1 << 7 | 3);
    path = path_of("370499.003.12.345.S67");
    assert_int_equal(path.packed, 12 << 19 | 345 << 9 | 2 << 7 | 67);
    assert_int_equal(path_of("370499.003").packed, 0);
    assert_int_equal(path_of("370499").place, 370499000);
}

static void what_is_not_a_path_is_invalid_and_leaves_the_output_alone(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ".",
        "3",
        "37049",
        "3704990",
        "37049a",
        "000000",
        "370499.",
        "370499.03",
        "370499.0003",
        "370499.003.",
        "370499.003.1",
        "370499.003.001",
        "370499.003.01.",
        "370499.003.01.01",
        "370499.003.01.001.",
        "370499.003.01.001.B3",
        "370499.003.01.001.B033",
        "370499.003.01.001.b03",
        "370499.003.01.001.X03",
        "370499.003.01.001.003",
        "370499.003.01.001.B00",
        "370499.003.01.001.S00",
        "370499.003.01.001.B03.",
        "370499.003.01.001.B03.01",
        " 370499",
        "370499 ",
        "370499-003",
        "370499.003.01.001.B 3",
        "-70499",
        "+70499",
        // a level is skipped
        "370499.B03",
        "370499.003.B03",
        "370499.003.01.S02",
        // zeros at the end that should be left out
        "370499.000",
        "370499.003.00",
        "370499.003.01.000",
        "370499.003.01.001.000",
        "370499.003.00.000",
        // below a sub-district that is none
        "370499.000.01",
        "370499.000.00.000.S01",
        "000000.003",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct org_path path = {.place = 5, .packed = 6};
        assert_int_equal(org_parse(bad[i], &path), STATUS_INVALID);
        assert_int_equal(path.place, 5);
        assert_int_equal(path.packed, 6);
    }
}

static void every_truncation_is_a_shorter_path_or_invalid(void **state)
{
    (void)state;
    const char *full = "370499.003.01.001.B03";
    for (size_t size = 0; size < strlen(full); size++) {
        char text[ORG_TEXT_SIZE] = {0};
        memcpy(text, full, size);
        struct org_path path;
        bool is_whole = size == 6 || size == 10 || size == 13 || size == 17;
        assert_int_equal(org_parse(text, &path), is_whole ? STATUS_OK : STATUS_INVALID);
    }
}

static void the_tier_is_the_depth(void **state)
{
    (void)state;
    assert_int_equal(org_depth((struct org_path){.place = 0}), TIER_NONE);
    assert_int_equal(org_depth(path_of("370499")), TIER_MUNICIPAL);
    assert_int_equal(org_depth(path_of("370499.003")), TIER_SUBDISTRICT);
    assert_int_equal(org_depth(path_of("370499.003.01")), TIER_COMMUNITY);
    assert_int_equal(org_depth(path_of("370499.003.01.001")), TIER_COMMITTEE);
    assert_int_equal(org_depth(path_of("370499.003.01.001.B03")), TIER_GRID);
    assert_int_equal(org_depth(path_of("370499.003.01.000.S02")), TIER_GRID);
}

static void climb(const char *from, const char *const *steps)
{
    struct org_path path = path_of(from);
    for (; *steps != NULL; steps++) {
        char text[ORG_TEXT_SIZE];
        path = org_parent(path);
        assert_string_equal(org_print(path, text), *steps);
    }
}

static void parents_lead_to_the_municipality_and_then_nowhere(void **state)
{
    (void)state;
    static const char *const block[] = {
        "370499.003.01.001", "370499.003.01", "370499.003", "370499", "", "", NULL};
    static const char *const dedicated[] = {"370499.003.01", "370499.003", "370499", NULL};
    climb("370499.003.01.001.B03", block);
    climb("370499.003.01.000.S02", dedicated);
    struct org_path none = {.place = 0, .packed = 0};
    assert_true(org_equal(org_parent(path_of("370499")), none));
    assert_true(org_equal(org_parent(none), none));
}

static void community_and_subdistrict_cut_what_is_below(void **state)
{
    (void)state;
    char text[ORG_TEXT_SIZE];
    struct org_path grid = path_of("370499.003.01.001.B03");
    assert_string_equal(org_print(org_community(grid), text), "370499.003.01");
    assert_string_equal(org_print(org_subdistrict(grid), text), "370499.003");
    struct org_path top = path_of("370499.003");
    assert_true(org_equal(org_community(top), top));
    assert_true(org_equal(org_subdistrict(top), top));
}

static bool is_text_prefix(const char *path, const char *above)
{
    size_t size = strlen(above);
    return strncmp(path, above, size) == 0 && (path[size] == '\0' || path[size] == '.');
}

static const char *const tree[] = {
    "370499",
    "370499.003",
    "370499.003.01",
    "370499.003.01.000.B01",
    "370499.003.01.000.S02",
    "370499.003.01.001",
    "370499.003.01.001.B03",
    "370499.003.01.001.B04",
    "370499.003.01.001.B05",
    "370499.003.01.001.S03",
    "370499.003.01.002",
    "370499.003.01.010.B03",
    "370499.003.02",
    "370499.003.02.001.B03",
    "370499.003.10.001",
    "370499.004",
    "370499.004.01.001.B03",
    "370500",
    "370500.003.01",
};

enum {
    TREE_COUNT = sizeof tree / sizeof tree[0]
};

static void within_is_the_prefix_of_whole_segments(void **state)
{
    (void)state;
    for (size_t i = 0; i < TREE_COUNT; i++) {
        for (size_t j = 0; j < TREE_COUNT; j++) {
            bool expected = is_text_prefix(tree[i], tree[j]);
            assert_int_equal(org_within(path_of(tree[i]), path_of(tree[j])), expected);
            assert_int_equal(org_equal(path_of(tree[i]), path_of(tree[j])), i == j);
        }
    }
}

static void a_prefix_is_a_range_of_the_packed_form(void **state)
{
    (void)state;
    for (size_t j = 1; j < TREE_COUNT; j++) {
        struct org_path above = path_of(tree[j]);
        uint32_t lo = 1;
        uint32_t hi = 0;
        org_range(above, &lo, &hi);
        assert_true(lo <= hi);
        for (size_t i = 1; i < TREE_COUNT; i++) {
            struct org_path path = path_of(tree[i]);
            bool in_range = lo <= path.packed && path.packed <= hi;
            if (path.place == above.place) {
                assert_int_equal(in_range, is_text_prefix(tree[i], tree[j]));
            }
        }
    }
}

static void the_whole_sub_district_is_26_bits(void **state)
{
    (void)state;
    uint32_t lo = 1;
    uint32_t hi = 0;
    org_range(path_of("370499.003"), &lo, &hi);
    assert_int_equal(lo, 0);
    assert_int_equal(hi, (1U << 26) - 1);
}

static void packed_order_is_tree_order(void **state)
{
    (void)state;
    for (size_t i = 2; i < 15; i++) { // the sub-district 003 of the table, in text order
        assert_true(path_of(tree[i - 1]).packed < path_of(tree[i]).packed);
    }
}

static void no_path_lies_nowhere(void **state)
{
    (void)state;
    struct org_path none = {.place = 0, .packed = 0};
    assert_false(org_within(none, path_of("370499")));
    assert_false(org_within(path_of("370499.003"), none));
    assert_false(org_within(none, none));
}

static void the_full_form_spells_out_the_zeros(void **state)
{
    (void)state;
    char text[ORG_TEXT_SIZE];
    assert_string_equal(org_print_full(path_of("370499.003"), text),
                        "370499.003.00.000.000");
    assert_string_equal(org_print_full(path_of("370499.003.01.000.S02"), text),
                        "370499.003.01.000.S02");
    assert_string_equal(org_print_full((struct org_path){.place = 0}, text),
                        "000000.000.00.000.000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_reads_back_as_it_was_written),
        cmocka_unit_test(the_packed_form_is_community_committee_grid),
        cmocka_unit_test(what_is_not_a_path_is_invalid_and_leaves_the_output_alone),
        cmocka_unit_test(every_truncation_is_a_shorter_path_or_invalid),
        cmocka_unit_test(the_tier_is_the_depth),
        cmocka_unit_test(parents_lead_to_the_municipality_and_then_nowhere),
        cmocka_unit_test(community_and_subdistrict_cut_what_is_below),
        cmocka_unit_test(within_is_the_prefix_of_whole_segments),
        cmocka_unit_test(a_prefix_is_a_range_of_the_packed_form),
        cmocka_unit_test(the_whole_sub_district_is_26_bits),
        cmocka_unit_test(packed_order_is_tree_order),
        cmocka_unit_test(no_path_lies_nowhere),
        cmocka_unit_test(the_full_form_spells_out_the_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
