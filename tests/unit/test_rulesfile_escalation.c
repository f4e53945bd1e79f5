/* test_rulesfile_escalation.c: the escalation policy as shipped is domain.md 4.6; what cannot
 * be a policy is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/rulesfile_copy.h"

static void the_steps_as_shipped_are_those_of_the_domain(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    Sanji__Policy *policy = UNPACK(Policy, policy, POLICY, rules);
    const Sanji__Escalation *escalation = policy->escalation;
    assert_non_null(escalation);

    static const struct {
        unsigned severity, after_s, tier;
        bool assist, upstream;
    } steps[] = {
        {1, 360, SANJI__TIER__TIER_COMMUNITY, false, false},
        {1, 600, SANJI__TIER__TIER_SUBDISTRICT, true, false},
        {1, 1800, SANJI__TIER__TIER_SUBDISTRICT, false, true},
        {2, 3600, SANJI__TIER__TIER_SUBDISTRICT, false, false},
    };

    assert_int_equal(escalation->n_steps, sizeof steps / sizeof steps[0]);
    for (size_t i = 0; i < escalation->n_steps; i++) {
        assert_int_equal(escalation->steps[i]->severity, steps[i].severity);
        assert_int_equal(escalation->steps[i]->after_s, steps[i].after_s);
        assert_int_equal(escalation->steps[i]->to_tier, steps[i].tier);
        assert_int_equal(escalation->steps[i]->assist, steps[i].assist);
        assert_int_equal(escalation->steps[i]->upstream, steps[i].upstream);
    }
    sanji__policy__free_unpacked(policy, NULL);
    rulesfile_free(&rules);
}

static void the_late_rows_as_shipped_rise_to_red(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    Sanji__Policy *policy = UNPACK(Policy, policy, POLICY, rules);
    const Sanji__Escalation *escalation = policy->escalation;
    assert_int_equal(escalation->n_late, 4);
    assert_int_equal(escalation->late[0]->feedback,
                     SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_YELLOW);
    assert_int_equal(escalation->late[0]->resolve,
                     SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_RED);
    for (size_t i = 1; i < escalation->n_late; i++) {
        const Sanji__EscalationLate *late = escalation->late[i];
        assert_int_equal(late->feedback, SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NONE);
        assert_int_equal(late->resolve, SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NORMAL);
        assert_int_equal(late->n_further, 2);
        assert_int_equal(late->further[1], SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_RED);
        assert_true(late->rise);
    }
    assert_int_equal(escalation->urge_reporter_s, 4 * 3600);
    assert_int_equal(escalation->urge_merged, 3);
    assert_int_equal(escalation->returns_max, 2);
    assert_int_equal(escalation->extensions_max, 2);
    assert_int_equal(escalation->extend_from, SANJI__SEVERITY__SEVERITY_S3);
    assert_int_equal(escalation->points_yellow, 5);
    assert_int_equal(escalation->points_red, 10);
    assert_int_equal(escalation->repeat_max_s, 86400);
    sanji__policy__free_unpacked(policy, NULL);
    rulesfile_free(&rules);
}

static void what_cannot_be_a_policy_is_refused(void **state)
{
    (void)state;
    REFUSES(
        {"policy", "after: 10m, to: SUBDISTRICT", "after: 6m, to: SUBDISTRICT",
         "escalation_steps[2] S1.after: the steps of a severity stand in the order", NULL},
        {"policy", "after: 10m, to: SUBDISTRICT", "after: 10m, to: COMMITTEE",
         "escalation_steps[2] S1.to: the step before has climbed higher", NULL},
        {"policy", "after: 6m,  to: COMMUNITY", "after: 6m,  to: MUNICIPAL",
         "no word 'MUNICIPAL', expected COMMITTEE, COMMUNITY or SUBDISTRICT", NULL},
        {"policy", "after: 6m,  to: COMMUNITY", "after: 6m,  to: COMMUNITY, upstream: yes",
         "only the SUBDISTRICT hands cases upstream", NULL},
        {"policy", "after: 60m, to", "after: 60, to", "after: found '60' without a unit",
         NULL},
        {"policy", "{severity: S4, feedback", "{severity: S3, feedback", "S3 stands twice",
         NULL},
        {"policy", "resolve: RED}", "resolve: BLUE}", "no word 'BLUE', expected NONE",
         NULL},
        {"policy", "further: [YELLOW, RED]", "further: [RED, YELLOW]",
         "supervision only rises: YELLOW does not", NULL},
        {"policy", "repeat: {first: 60m, max: 1d}", "repeat: {first: 60m, max: 1y}",
         "escalation.repeat.max: found '1y'", NULL},
        {"policy", "urge: {reporter: 4h, merged: 3}", "urge: {reporter: 4h, merged: 0}",
         "escalation.urge.merged: found 0, expected 1", NULL},
        {"policy", "assists_open_max: 4", "assists_open_max: 5", "found 5, expected 0 to 4",
         NULL},
        {"policy", "share_permille: 1000, from: S3", "share_permille: 1000, from: S5",
         "no word 'S5'", NULL}, );
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_steps_as_shipped_are_those_of_the_domain),
        cmocka_unit_test(the_late_rows_as_shipped_rise_to_red),
        cmocka_unit_test(what_cannot_be_a_policy_is_refused),
    };
    return cmocka_run_group_tests(tests, copy_make, copy_remove);
}
