/* test_match.c: each condition lets through what it names and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "broker/match.h"
#include "proto/id.h"
#include "proto/org.h"
#include "proto/vocab.h"

enum {
    PLACE = 370499003
};

static uint32_t packed(const char *path)
{
    struct org_path read = {0};
    assert_int_equal(org_parse(path, &read), STATUS_OK);
    return read.packed;
}

static struct record_header an_offer(void)
{
    uint16_t team = 0;
    assert_int_equal(id_team_parse("TB03", &team), STATUS_OK);
    return (struct record_header){.case_key = UINT64_C(20200815000007),
                                  .area = packed("370499.003.01.001.B03"),
                                  .holder = packed("370499.003.01.001"),
                                  .worker = 7,
                                  .source = id_source("ehsy"),
                                  .team = team,
                                  .type = EVENT_DISPATCH_OFFERED,
                                  .severity = SEVERITY_S2,
                                  .tier = TIER_COMMITTEE};
}

static bool passes(const Sanji__Filter *wire)
{
    struct match match;
    const char *field = NULL;
    struct record_header header = an_offer();
    uint8_t bytes[RECORD_HEADER_SIZE];
    assert_int_equal(match_compile(wire, PLACE, &match, &field), STATUS_OK);
    record_header_pack(&header, bytes);
    assert_int_equal(match_passes(&match, &header), match_header(&match, bytes));
    return match_header(&match, bytes);
}

static void no_condition_lets_everything_pass(void **state)
{
    (void)state;
    Sanji__Filter wire = SANJI__FILTER__INIT;
    assert_true(passes(NULL));
    assert_true(passes(&wire));
    struct match match;
    const char *field = NULL;
    assert_int_equal(match_compile(&wire, PLACE, &match, &field), STATUS_OK);
    assert_true(match.is_all);
}

struct text_case {
    const char *text;
    bool passes;
};

#define EACH_TEXT(member, ...)                                                             \
    do {                                                                                   \
        const struct text_case cases[] = {__VA_ARGS__};                                    \
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {                    \
            Sanji__Filter wire = SANJI__FILTER__INIT;                                      \
            char text[40];                                                                 \
            (void)snprintf(text, sizeof(text), "%s", cases[i].text);                       \
            wire.member = text;                                                            \
            assert_int_equal(passes(&wire), cases[i].passes);                              \
        }                                                                                  \
    } while (0)

static void a_path_means_itself_and_below(void **state)
{
    (void)state;
    EACH_TEXT(area, {"370499", true}, {"370499.003", true}, {"370499.003.01", true},
              {"370499.003.01.001.B03", true}, {"370499.003.01.001.B04", false},
              {"370499.003.02", false}, {"370499.003.10", false}, {"370499.004", false},
              {"370498", false});
    EACH_TEXT(holder, {"370499.003.01", true}, {"370499.003.01.001", true},
              {"370499.003.01.001.B03", false});
}

static void names_are_compared_whole(void **state)
{
    (void)state;
    EACH_TEXT(team, {"TB03", true}, {"TB0", false});
    EACH_TEXT(worker, {"W00007", true}, {"W00008", false});
    EACH_TEXT(source_system, {"ehsy", true}, {"ehs", false});
    EACH_TEXT(case_no, {"37049900320200815000007", true},
              {"37049900320200815000008", false}, {"37049900420200815000007", false});
}

static void numbers_and_types(void **state)
{
    (void)state;
    for (unsigned tier = 1; tier <= TIER_MUNICIPAL; tier++) {
        Sanji__Filter wire = SANJI__FILTER__INIT;
        wire.tier = (Sanji__Tier)tier;
        assert_int_equal(passes(&wire), tier == TIER_COMMITTEE);
    }
    for (unsigned severity = 1; severity <= 4; severity++) {
        Sanji__Filter wire = SANJI__FILTER__INIT;
        wire.severity_min = (Sanji__Severity)severity;
        assert_int_equal(passes(&wire), severity >= SEVERITY_S2);
    }
    uint32_t types[] = {EVENT_SAID, EVENT_DISPATCH_OFFERED};
    Sanji__Filter wire = SANJI__FILTER__INIT;
    wire.types = types;
    wire.n_types = 2;
    assert_true(passes(&wire));
    wire.n_types = 1;
    assert_false(passes(&wire));
}

static void a_record_without_severity_or_case_is_not_urgent_and_no_case(void **state)
{
    (void)state;
    Sanji__Filter wire = SANJI__FILTER__INIT;
    struct match match;
    const char *field = NULL;
    struct record_header header = {.type = EVENT_LOG_OPENED};
    wire.severity_min = SANJI__SEVERITY__SEVERITY_S4;
    assert_int_equal(match_compile(&wire, PLACE, &match, &field), STATUS_OK);
    assert_false(match_passes(&match, &header));
    wire.severity_min = SANJI__SEVERITY__SEVERITY_UNSPECIFIED;
    wire.cases_only = 1;
    assert_true(passes(&wire));
    assert_int_equal(match_compile(&wire, PLACE, &match, &field), STATUS_OK);
    assert_false(match_passes(&match, &header));
}

static void all_conditions_must_hold(void **state)
{
    (void)state;
    Sanji__Filter wire = SANJI__FILTER__INIT;
    char area[] = "370499.003.01";
    char worker[] = "W00007";
    wire.area = area;
    wire.worker = worker;
    assert_true(passes(&wire));
    worker[5] = '8';
    assert_false(passes(&wire));
}

static void what_is_not_well_formed_is_named(void **state)
{
    (void)state;
    struct match match = {.tier = 3};
    const char *field = NULL;
    char bad[] = "?";
    uint32_t type = 256;
    Sanji__Filter wire = SANJI__FILTER__INIT;
#define REFUSED(member)                                                                    \
    do {                                                                                   \
        wire = (Sanji__Filter)SANJI__FILTER__INIT;                                         \
        wire.member = bad;                                                                 \
        assert_int_equal(match_compile(&wire, PLACE, &match, &field), STATUS_INVALID);     \
        assert_string_equal(field, #member);                                               \
    } while (0)
    REFUSED(area);
    REFUSED(holder);
    REFUSED(case_no);
    REFUSED(team);
    REFUSED(worker);
    wire = (Sanji__Filter)SANJI__FILTER__INIT;
    wire.types = &type;
    wire.n_types = 1;
    assert_int_equal(match_compile(&wire, PLACE, &match, &field), STATUS_INVALID);
    assert_string_equal(field, "types");
    assert_int_equal(match.tier, 3); // untouched
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_condition_lets_everything_pass),
        cmocka_unit_test(a_path_means_itself_and_below),
        cmocka_unit_test(names_are_compared_whole),
        cmocka_unit_test(numbers_and_types),
        cmocka_unit_test(a_record_without_severity_or_case_is_not_urgent_and_no_case),
        cmocka_unit_test(all_conditions_must_hold),
        cmocka_unit_test(what_is_not_well_formed_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
