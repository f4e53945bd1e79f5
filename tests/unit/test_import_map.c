/* test_import_map.c: maps that are right, maps that are wrong and how that is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/scratch.h"
#include "workers/sanji/import_map.h"

#define HEAD    "source_system: city\nsource: RESIDENT_APP\noutside: 370499.003\n"
#define COLUMNS "columns: {ref: id, type: type, text: words, lat: lat, lon: lon}\n"
#define BOXES                                                                              \
    "box: {lat_min: 40, lat_max: 41, lon_min: -75, lon_max: -73}\n"                        \
    "onto: {lat_min: 34, lat_max: 35, lon_min: 117, lon_max: 118}\n"
#define RULES                                                                              \
    "categories:\n- {match: [gas leak, fumes], category: \"02003\"}\n"                     \
    "- {match: [Gas], category: \"04006\"}\nrest: \"09001\"\n"

static char directory[SCRATCH_PATH_SIZE];

static int make_directory(void **state)
{
    (void)state;
    scratch_make(directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    scratch_remove(directory);
    return 0;
}

static enum status load(const char *text, struct import_map **map, struct fault *fault)
{
    char path[SCRATCH_PATH_SIZE + 16];
    print_text(path, sizeof path, "%s/map.yaml", directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return import_map_load(path, map, fault);
}

static void refused(const char *text, const char *says)
{
    struct import_map *map = NULL;
    struct fault fault = {.status = STATUS_OK};
    assert_int_equal(load(text, &map, &fault), STATUS_INVALID);
    assert_null(map);
    assert_int_equal(fault.status, STATUS_INVALID);
    assert_non_null(strstr(fault.text, "map.yaml"));
    if (strstr(fault.text, says) == NULL) {
        fail_msg("\"%s\" does not say %s", fault.text, says);
    }
}

static struct import_map *sound(void)
{
    struct import_map *map = NULL;
    struct fault fault;
    if (load(HEAD COLUMNS BOXES RULES, &map, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return map;
}

static void the_first_pattern_that_matches_wins_and_rest_takes_the_others(void **state)
{
    (void)state;
    struct import_map *map = sound();
    assert_string_equal(import_map_category(map, "GAS LEAK in cellar"), "02003");
    assert_string_equal(import_map_category(map, "natural gas"), "04006");
    assert_string_equal(import_map_category(map, "noise"), "09001");
    assert_string_equal(import_map_category(map, ""), "09001");
    import_map_free(&map);
    assert_null(map);
}

static void a_box_is_laid_over_a_box(void **state)
{
    (void)state;
    struct import_map *map = sound();
    int32_t lat_e6 = 0;
    int32_t lon_e6 = 0;
    assert_true(import_map_place(map, "40.5", "-74", &lat_e6, &lon_e6));
    assert_int_equal(lat_e6, 34500000);
    assert_int_equal(lon_e6, 117500000);
    assert_true(import_map_place(map, "40", "-75", &lat_e6, &lon_e6));
    assert_int_equal(lat_e6, 34000000);
    assert_int_equal(lon_e6, 117000000);
    assert_true(import_map_place(map, "41", "-73", &lat_e6, &lon_e6));
    assert_int_equal(lon_e6, 118000000);
    import_map_free(&map);
}

static void what_lies_outside_or_is_no_number_has_no_place(void **state)
{
    (void)state;
    struct import_map *map = sound();
    static const char *const wrong[] = {"39.999", "41.001", "", "x", "40.5x", "nan", "inf"};
    int32_t lat_e6 = 0;
    int32_t lon_e6 = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(import_map_place(map, wrong[i], "-74", &lat_e6, &lon_e6));
    }
    assert_false(import_map_place(map, "40.5", "-72", &lat_e6, &lon_e6));
    import_map_free(&map);
}

static void a_file_that_is_not_there_is_said(void **state)
{
    (void)state;
    struct import_map *map = NULL;
    struct fault fault;
    assert_int_equal(import_map_load("/nowhere/map.yaml", &map, &fault), STATUS_INVALID);
    assert_non_null(strstr(fault.text, "/nowhere/map.yaml"));
}

static void wrong_keys_and_types_are_refused(void **state)
{
    (void)state;
    refused(HEAD COLUMNS BOXES RULES "colour: red\n", "colour");
    refused(COLUMNS BOXES RULES, "source_system");
    refused(HEAD COLUMNS RULES, "box");
    refused(HEAD "columns: {ref: id}\n" BOXES RULES, "type");
    refused(HEAD COLUMNS "box: {lat_min: north}\n" RULES, "lat_min");
    refused("- a list\n", "");
    refused("", "");
    refused("a: [", "");
}

static void values_that_cannot_be_are_refused_by_name(void **state)
{
    (void)state;
    refused(HEAD COLUMNS BOXES
            "categories:\n- {match: [x], category: \"abcde\"}\nrest: \"09001\"\n",
            "categories[1].category");
    refused(HEAD COLUMNS BOXES
            "categories:\n- {match: [x], category: \"02003\"}\nrest: \"0900x\"\n",
            "rest");
    refused(HEAD COLUMNS BOXES "categories:\n- {match: [\"\"], category: \"02003\"}\n"
                               "rest: \"09001\"\n",
            "");
    refused("source_system: city\nsource: IOT\noutside: nowhere\n" COLUMNS BOXES RULES,
            "outside");
    refused(HEAD COLUMNS
            "box: {lat_min: 41, lat_max: 40, lon_min: -75, lon_max: -73}\n"
            "onto: {lat_min: 34, lat_max: 35, lon_min: 117, lon_max: 118}\n" RULES,
            "box");
    refused(HEAD COLUMNS
            "box: {lat_min: 40, lat_max: 41, lon_min: -75, lon_max: -73}\n"
            "onto: {lat_min: 34, lat_max: 95, lon_min: 117, lon_max: 118}\n" RULES,
            "onto");
}

static void the_map_that_is_shipped_is_right(void **state)
{
    (void)state;
    char *path = scratch_tree_path("deploy/import/nyc311.yaml");
    struct import_map *map = NULL;
    struct fault fault;
    if (import_map_load(path, &map, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    free(path);
    assert_string_equal(import_map_category(map, "Manhole Cover Missing"), "04002");
    import_map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_pattern_that_matches_wins_and_rest_takes_the_others),
        cmocka_unit_test(a_box_is_laid_over_a_box),
        cmocka_unit_test(what_lies_outside_or_is_no_number_has_no_place),
        cmocka_unit_test(a_file_that_is_not_there_is_said),
        cmocka_unit_test(wrong_keys_and_types_are_refused),
        cmocka_unit_test(values_that_cannot_be_are_refused_by_name),
        cmocka_unit_test(the_map_that_is_shipped_is_right),
    };
    return cmocka_run_group_tests_name("import_map", tests, make_directory,
                                       remove_directory);
}
