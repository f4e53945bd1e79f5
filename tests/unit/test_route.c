/* test_route.c: the first desk by each rule, and the desk above. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/runtime/route.h"
#include "tests/unit/small_rules.h"

struct map {
    struct small_rules rules;
    struct world *world;
};

static int set_up(void **state)
{
    struct map *map = test_calloc(1, sizeof *map);
    small_rules_open(&map->rules);
    map->world = world_new();
    map->rules.policy.s1_first_tier = SANJI__TIER__TIER_COMMUNITY;
    for (size_t i = 0; i < map->rules.policy.n_sources; i++) {
        Sanji__SourceRule *source = map->rules.policy.sources[i];
        if (source->source == SANJI__SOURCE__SOURCE_HOTLINE_12345) {
            source->first_tier = SANJI__TIER__TIER_COMMUNITY;
        } else if (source->source == SANJI__SOURCE__SOURCE_SUPERIOR) {
            source->first_tier = SANJI__TIER__TIER_SUBDISTRICT;
        }
    }
    small_rules_category(&map->rules, "03001", SEVERITY_S3, "g");
    small_rules_publish(&map->rules, map->world);
    *state = map;
    return 0;
}

static int tear_down(void **state)
{
    struct map *map = *state;
    world_free(&map->world);
    small_rules_close(&map->rules);
    test_free(map);
    return 0;
}

static struct org_path path(const char *text)
{
    struct org_path read = {0};
    assert_int_equal(org_parse(text, &read), STATUS_OK);
    return read;
}

static struct kase case_at(const char *area, enum severity severity)
{
    struct kase kase = {.severity = (uint8_t)severity,
                        .source = SANJI__SOURCE__SOURCE_HANDHELD,
                        .category = 3001,
                        .tier = TIER_SUBDISTRICT};
    kase.area = path(area);
    kase.owner = org_community(kase.area);
    return kase;
}

static void expect(const struct map *map, const struct kase *kase, const char *desk,
                   enum org_tier tier, enum route_rule rule)
{
    char text[ORG_TEXT_SIZE];
    const struct route route = route_first(world_rules(map->world), kase);
    assert_string_equal(org_print(route.desk, text), desk);
    assert_int_equal(route.tier, tier);
    assert_int_equal(route.rule, rule);
}

static void a_basic_grid_begins_at_its_committee(void **state)
{
    const struct kase kase = case_at(GRID_B01, SEVERITY_S3);
    expect(*state, &kase, COMMITTEE_1, TIER_COMMITTEE, ROUTE_LOWEST_TIER);
}

static void a_dedicated_grid_begins_at_its_community(void **state)
{
    const struct kase kase = case_at(GRID_S01, SEVERITY_S3);
    expect(*state, &kase, COMMUNITY_1, TIER_COMMUNITY, ROUTE_LOWEST_TIER);
}

static void a_source_may_begin_higher(void **state)
{
    struct kase kase = case_at(GRID_B01, SEVERITY_S3);
    kase.source = SANJI__SOURCE__SOURCE_HOTLINE_12345;
    expect(*state, &kase, COMMUNITY_1, TIER_COMMUNITY, ROUTE_BY_SOURCE);
    kase.source = SANJI__SOURCE__SOURCE_SUPERIOR;
    expect(*state, &kase, SUBDISTRICT, TIER_SUBDISTRICT, ROUTE_BY_SOURCE);
}

static void the_most_urgent_begin_higher(void **state)
{
    const struct kase kase = case_at(GRID_B01, SEVERITY_S1);
    expect(*state, &kase, COMMUNITY_1, TIER_COMMUNITY, ROUTE_BY_SEVERITY);
}

static void a_higher_source_is_not_lowered_by_urgency(void **state)
{
    struct kase kase = case_at(GRID_B01, SEVERITY_S1);
    kase.source = SANJI__SOURCE__SOURCE_SUPERIOR;
    expect(*state, &kase, SUBDISTRICT, TIER_SUBDISTRICT, ROUTE_BY_SOURCE);
}

static void a_place_without_a_grid_goes_to_the_lowest_unit_known(void **state)
{
    struct kase kase = case_at(COMMITTEE_1, SEVERITY_S3);
    expect(*state, &kase, COMMITTEE_1, TIER_COMMITTEE, ROUTE_PLACE_UNKNOWN);
    kase = case_at(COMMUNITY_2, SEVERITY_S3);
    expect(*state, &kase, COMMUNITY_2, TIER_COMMUNITY, ROUTE_PLACE_UNKNOWN);
    kase = case_at(SUBDISTRICT, SEVERITY_S3);
    expect(*state, &kase, SUBDISTRICT, TIER_SUBDISTRICT, ROUTE_PLACE_UNKNOWN);
}

static void reopened_once_it_goes_to_its_owner(void **state)
{
    struct kase kase = case_at(GRID_B01, SEVERITY_S3);
    kase.reopens = 1;
    expect(*state, &kase, COMMUNITY_1, TIER_COMMUNITY, ROUTE_TO_OWNER);
}

static void reopened_again_it_goes_one_tier_above_its_owner(void **state)
{
    struct kase kase = case_at(GRID_B01, SEVERITY_S3);
    kase.reopens = 2;
    expect(*state, &kase, SUBDISTRICT, TIER_SUBDISTRICT, ROUTE_ABOVE_OWNER);
    kase.owner = org_subdistrict(kase.area); // nothing above
    expect(*state, &kase, SUBDISTRICT, TIER_SUBDISTRICT, ROUTE_TO_OWNER);
}

static void above_is_one_tier_and_ends_at_the_sub_district(void **state)
{
    const struct map *map = *state;
    const struct rules *rules = world_rules(map->world);
    struct route above = {.tier = TIER_NONE};
    struct kase kase = case_at(GRID_B01, SEVERITY_S3);
    char text[ORG_TEXT_SIZE];
    kase.tier = TIER_GRID; // handled on the spot, then found wanting
    assert_true(route_above(rules, &kase, &above));
    assert_string_equal(org_print(above.desk, text), COMMITTEE_1);
    kase.tier = TIER_COMMITTEE;
    assert_true(route_above(rules, &kase, &above));
    assert_string_equal(org_print(above.desk, text), COMMUNITY_1);
    kase.tier = TIER_COMMUNITY;
    assert_true(route_above(rules, &kase, &above));
    assert_string_equal(org_print(above.desk, text), SUBDISTRICT);
    assert_int_equal(above.tier, TIER_SUBDISTRICT);
    kase.tier = TIER_SUBDISTRICT;
    assert_false(route_above(rules, &kase, &above));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_basic_grid_begins_at_its_committee),
        TEST(a_dedicated_grid_begins_at_its_community),
        TEST(a_source_may_begin_higher),
        TEST(the_most_urgent_begin_higher),
        TEST(a_higher_source_is_not_lowered_by_urgency),
        TEST(a_place_without_a_grid_goes_to_the_lowest_unit_known),
        TEST(reopened_once_it_goes_to_its_owner),
        TEST(reopened_again_it_goes_one_tier_above_its_owner),
        TEST(above_is_one_tier_and_ends_at_the_sub_district),
    };
    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
