/* test_duplicate.c: what makes a report look like one that is known. */
#include "workers/intake/duplicate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/time.h"
#include "tests/unit/centre.h"

enum {
    CAMERA = 77, /* a device, as its checksum */
    LAT_E6 = 34810000,
    LON_E6 = 117320000,
    M50_E6 = 449 /* of latitude: 49.98 m */
};

struct door {
    struct centre *centre;
    struct duplicates *duplicates;
    struct kase fresh; /* the report at the door: in grid B01, nothing else agrees */
    struct duplicate found[DUPLICATES_MAX];
};

static int open_door(void **state)
{
    struct door *door = test_calloc(1, sizeof *door);
    void *centre = NULL;
    assert_int_equal(centre_open(&centre), 0);
    door->centre = centre;
    door->duplicates = duplicates_new();
    door->fresh.category = 3009;
    door->fresh.severity = SEVERITY_S3;
    door->fresh.source = SANJI__SOURCE__SOURCE_VIDEO;
    door->fresh.status = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    (void)strcpy(door->fresh.source_system, "ehsy");
    assert_int_equal(org_parse(GRID_B01, &door->fresh.area), STATUS_OK);
    *state = door;
    return 0;
}

static int close_door(void **state)
{
    struct door *door = *state;
    void *centre = door->centre;
    duplicates_free(&door->duplicates);
    (void)centre_close(&centre); // it cannot fail
    test_free(door);
    return 0;
}

/* A case of category 03001 in the grid, with a device, a building and a point. */
static struct kase *known_at(struct door *door, const char *area)
{
    struct kase *kase = ledger_receive(&door->centre->ledger, area, SEVERITY_S3, 3001);
    kase->device = CAMERA;
    kase->building_no = 12;
    kase->lat_e6 = LAT_E6;
    kase->lon_e6 = LON_E6;
    kase->datum = SANJI__DATUM__DATUM_CGCS2000;
    kase->source = SANJI__SOURCE__SOURCE_VIDEO;
    duplicates_add(door->duplicates, kase);
    return kase;
}

static struct kase *known(struct door *door)
{
    return known_at(door, GRID_B01);
}

static size_t find(struct door *door)
{
    return duplicates_find(door->duplicates, door->centre->ledger.world, &door->fresh,
                           door->centre->ledger.now_ms, door->found);
}

static uint32_t points(struct door *door)
{
    return find(door) == 0 ? 0 : door->found[0].points;
}

static struct kase *same(struct door *door)
{
    const size_t count = find(door);
    return duplicates_same(door->centre->ledger.world, &door->fresh, door->found, count);
}

static void agree(struct door *door)
{
    door->fresh.category = 3001;
    door->fresh.device = CAMERA;
    door->fresh.building_no = 12;
}

/* ---- points ---- */

static void what_agrees_is_added_up(void **state)
{
    struct door *door = *state;
    const struct kase *kase = known(door);
    assert_int_equal(points(door), 0); // 300: the grid and the major
    door->fresh.category = 3001;
    assert_int_equal(points(door), 0); // 500
    door->fresh.building_no = 12;
    assert_int_equal(points(door), 750);
    assert_int_equal(door->found[0].case_key, kase->key);
    assert_false(door->found[0].same_device);
    door->fresh.device = CAMERA;
    assert_int_equal(points(door), 1000); // 1150, at most 1000
    assert_true(door->found[0].same_device);
    door->fresh.category = 3009;
    assert_int_equal(points(door), 950);
    door->fresh.building_no = 13;
    assert_int_equal(points(door), 700);
    door->fresh.device = CAMERA + 1;
    assert_int_equal(points(door), 0);
}

static void after_two_days_the_grid_counts_no_longer(void **state)
{
    struct door *door = *state;
    known(door);
    agree(door);
    door->centre->ledger.now_ms += 2 * TIME_DAY_MS;
    assert_int_equal(points(door), 1000);
    door->centre->ledger.now_ms += 1;
    assert_int_equal(points(door), 850);
}

static void near_is_fifty_metres_in_one_datum(void **state)
{
    struct door *door = *state;
    known(door);
    door->fresh.category = 3001;
    door->fresh.datum = SANJI__DATUM__DATUM_WGS84; // centimetres from CGCS2000
    door->fresh.lat_e6 = LAT_E6 + M50_E6;
    door->fresh.lon_e6 = LON_E6;
    assert_int_equal(points(door), 750);
    door->fresh.lat_e6 += 2;
    assert_int_equal(points(door), 0);
    door->fresh.lat_e6 = LAT_E6;
    door->fresh.lon_e6 = LON_E6 + 546; // 49.9 m at this latitude
    assert_int_equal(points(door), 750);
    door->fresh.lon_e6 = LON_E6 - 549; // 50.2 m
    assert_int_equal(points(door), 0);
    door->fresh.lon_e6 = LON_E6;
    door->fresh.datum = SANJI__DATUM__DATUM_GCJ02; // hundreds of metres off
    assert_int_equal(points(door), 0);
    door->fresh.datum = 0; // no point was given
    assert_int_equal(points(door), 0);
}

static void a_device_that_moves_about_says_nothing(void **state)
{
    struct door *door = *state;
    known(door);
    agree(door);
    door->fresh.source = SANJI__SOURCE__SOURCE_HANDHELD;
    assert_int_equal(points(door), 750);
    assert_false(door->found[0].same_device);
    assert_null(same(door));
}

static void another_grid_or_major_is_another_thing(void **state)
{
    struct door *door = *state;
    known_at(door, GRID_B02);
    agree(door);
    assert_int_equal(find(door), 0);
    known(door);
    door->fresh.category = 2001;
    assert_int_equal(find(door), 0);
    assert_int_equal(org_parse(COMMUNITY_1, &door->fresh.area), STATUS_OK); // no grid
    assert_int_equal(find(door), 0);
}

/* ---- the cases ---- */

static void a_closed_case_counts_less_and_for_a_week(void **state)
{
    struct door *door = *state;
    struct kase *kase = known(door);
    agree(door);
    kase->state = STATE_CLOSED; // as it is after its way
    kase->closed_ms = door->centre->ledger.now_ms;
    assert_int_equal(points(door), 1000); // 1150 less 100
    door->fresh.device = 0;
    assert_int_equal(points(door), 0); // 750 less 100
    door->fresh.device = CAMERA;
    door->centre->ledger.now_ms += 7 * TIME_DAY_MS;
    assert_int_equal(points(door), 750);
    door->centre->ledger.now_ms += 1;
    assert_int_equal(find(door), 0);
}

static void what_was_given_up_or_is_of_another_lane_is_not_named(void **state)
{
    struct door *door = *state;
    struct kase *kase = known(door);
    agree(door);
    kase->state = STATE_REJECTED;
    assert_int_equal(find(door), 0);
    kase->state = STATE_CANCELLED;
    assert_int_equal(find(door), 0);
    kase->state = STATE_RECEIVED;
    door->fresh.restricted = true;
    assert_int_equal(find(door), 0);
    kase->restricted = true;
    assert_int_equal(find(door), 1);
    door->fresh.status = SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
    assert_int_equal(find(door), 0);
}

static void a_merged_report_stands_for_the_case_it_lives_in(void **state)
{
    struct door *door = *state;
    struct kase *root = known(door);
    struct kase *child = known(door);
    agree(door);
    assert_int_equal(find(door), 2);
    child->state = STATE_MERGED;
    child->merged_into = root->key;
    assert_int_equal(find(door), 1);
    assert_int_equal(door->found[0].case_key, root->key);
    root->state = STATE_CANCELLED;
    assert_int_equal(find(door), 0);
}

static void the_likeliest_comes_first_and_of_equals_the_newest(void **state)
{
    struct door *door = *state;
    struct kase *cases[7];
    agree(door);
    for (unsigned i = 0; i < 7; i++) {
        cases[i] = known(door);
    }
    struct kase *other = known(door);
    door->fresh.device = 0;
    assert_int_equal(find(door), DUPLICATES_MAX);
    assert_int_equal(door->found[0].case_key, other->key);
    assert_int_equal(door->found[4].case_key, cases[3]->key);
    duplicates_fill(door->duplicates, door->centre->ledger.world);
    assert_int_equal(find(door), DUPLICATES_MAX); // the same from the world alone
    assert_int_equal(door->found[0].case_key, other->key);
    cases[5]->building_no = 99;
    duplicates_fill(door->duplicates, door->centre->ledger.world);
    assert_int_equal(find(door), DUPLICATES_MAX);
    assert_int_equal(door->found[2].case_key, cases[4]->key);
}

static void only_the_newest_are_looked_at(void **state)
{
    struct door *door = *state;
    known(door);
    agree(door);
    for (unsigned i = 0; i < 31; i++) {
        struct kase *kase = known(door);
        kase->state = STATE_REJECTED;
    }
    assert_int_equal(find(door), 1);
    known(door)->state = STATE_REJECTED;
    assert_int_equal(find(door), 0);
    for (unsigned i = 0; i < 3 * DUPLICATE_RING; i++) {
        known(door);
    }
    assert_int_equal(find(door), DUPLICATES_MAX);
}

static void many_grids_have_their_own_rings(void **state)
{
    struct door *door = *state;
    struct kase *kase = known(door);
    struct kase elsewhere = *kase;
    for (unsigned i = 1; i < 2000; i++) {
        elsewhere.key = kase->key + 1000 + i;
        elsewhere.area.packed = kase->area.packed + (i << 9);
        duplicates_add(door->duplicates, &elsewhere);
    }
    agree(door);
    assert_int_equal(find(door), 1);
    assert_int_equal(door->found[0].case_key, kase->key);
}

/* ---- turns ---- */

static void a_turn_sees_its_own_reports_until_it_is_undone(void **state)
{
    struct door *door = *state;
    agree(door);
    struct kase *kase = known(door);
    duplicates_fill(door->duplicates, door->centre->ledger.world);
    struct kase *second =
        ledger_receive(&door->centre->ledger, GRID_B01, SEVERITY_S3, 3001);
    second->building_no = 12;
    duplicates_add_tentative(door->duplicates, second);
    assert_int_equal(find(door), 2);
    duplicates_undo(door->duplicates);
    assert_int_equal(find(door), 1);
    assert_int_equal(door->found[0].case_key, kase->key);
    duplicates_add_tentative(door->duplicates, second);
    duplicates_add(door->duplicates, second); // committed
    assert_int_equal(find(door), 2);
    duplicates_undo(door->duplicates);
    assert_int_equal(find(door), 2);
}

/* ---- the same device ---- */

static void the_same_device_and_an_open_case_are_one(void **state)
{
    struct door *door = *state;
    struct kase *kase = known(door);
    agree(door);
    assert_ptr_equal(same(door), kase);
    door->fresh.category = 3009;
    assert_ptr_equal(same(door), kase); // 950
    door->fresh.building_no = 13;
    assert_null(same(door)); // 700
}

static void what_is_done_graver_or_of_another_system_is_not_merged(void **state)
{
    struct door *door = *state;
    struct kase *kase = known(door);
    agree(door);
    kase->state = STATE_RESOLVED; // it may have come again
    assert_null(same(door));
    kase->state = STATE_UPSTREAM;
    assert_ptr_equal(same(door), kase);
    door->fresh.severity = SEVERITY_S2;
    assert_null(same(door));
    door->fresh.severity = SEVERITY_S4;
    assert_ptr_equal(same(door), kase);
    (void)strcpy(door->fresh.source_system, "other");
    assert_null(same(door));
}

static void without_such_rules_nothing_is_alike(void **state)
{
    struct door *door = *state;
    known(door);
    agree(door);
    door->centre->rules.policy.duplicates = NULL; // as the rules were before
    centre_publish(door->centre);
    assert_int_equal(find(door), 0);
    assert_null(same(door));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_door, close_door)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_agrees_is_added_up),
        TEST(after_two_days_the_grid_counts_no_longer),
        TEST(near_is_fifty_metres_in_one_datum),
        TEST(a_device_that_moves_about_says_nothing),
        TEST(another_grid_or_major_is_another_thing),
        TEST(a_closed_case_counts_less_and_for_a_week),
        TEST(what_was_given_up_or_is_of_another_lane_is_not_named),
        TEST(a_merged_report_stands_for_the_case_it_lives_in),
        TEST(the_likeliest_comes_first_and_of_equals_the_newest),
        TEST(only_the_newest_are_looked_at),
        TEST(many_grids_have_their_own_rings),
        TEST(a_turn_sees_its_own_reports_until_it_is_undone),
        TEST(the_same_device_and_an_open_case_are_one),
        TEST(what_is_done_graver_or_of_another_system_is_not_merged),
        TEST(without_such_rules_nothing_is_alike),
    };
    return cmocka_run_group_tests_name("duplicate", tests, NULL, NULL);
}
