/* test_rulesfile.c: the rule files as shipped say what the domain says, and what comes of
 * files that are missing, empty, too large or unwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/runtime/rules.h"
#include "broker/runtime/rulesfile.h"
#include "event.pb-c.h"
#include "proto/limits.h"
#include "proto/vocab.h"
#include "tests/unit/rulesfile_copy.h"

// ---- the shipped files ----

static void the_shipped_organisation_has_the_figures_of_the_seed(void **state)
{
    (void)state;
    static const unsigned committees[] = {4, 7, 6, 7, 5, 7, 6, 6, 5, 7};
    static const unsigned residents[] = {8307,  12994, 10395, 11864, 9944,
                                         12429, 10960, 11638, 9605,  11864};
    static const unsigned basics[] = {8, 13, 10, 11, 10, 12, 11, 11, 9, 11};
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    assert_int_equal(rulesfile_warning_count(rules), 0);
    Sanji__Org *org = UNPACK(Org, org, ORG, rules);
    assert_string_equal(org->municipality, "370499");
    assert_string_equal(org->subdistrict, "370499.003");
    assert_int_equal(org->area_ha, 4000);
    assert_int_equal(org->n_grids, 156);
    assert_int_equal(org->n_units, 1 + 10 + 60);
    unsigned committee_count[10] = {0};
    unsigned resident_count[10] = {0};
    unsigned basic_count[10] = {0};
    unsigned dedicated_count[10] = {0};
    for (size_t i = 0; i < org->n_units; i++) {
        const Sanji__OrgUnit *unit = org->units[i];
        if (unit->tier == SANJI__TIER__TIER_SUBDISTRICT) {
            assert_int_equal(unit->residents, 110000);
            continue;
        }
        unsigned community = copy_number(unit->path + strlen("370499.003.")) - 1;
        assert_true(community < 10);
        if (unit->tier == SANJI__TIER__TIER_COMMITTEE) {
            committee_count[community]++;
        } else {
            resident_count[community] += unit->residents;
        }
    }
    for (size_t i = 0; i < org->n_grids; i++) {
        unsigned community = copy_number(org->grids[i]->path + strlen("370499.003.")) - 1;
        assert_true(community < 10);
        unsigned *count = org->grids[i]->dedicated ? dedicated_count : basic_count;
        count[community]++;
        assert_int_equal(org->grids[i]->n_tier_path, org->grids[i]->dedicated ? 2 : 3);
    }
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(committee_count[i], committees[i]);
        assert_int_equal(resident_count[i], residents[i]);
        assert_int_equal(basic_count[i], basics[i]);
        assert_int_equal(dedicated_count[i], 5);
    }
    sanji__org__free_unpacked(org, NULL);
    rulesfile_free(&rules);
    assert_null(rules);
}

static void y_community_is_exactly_that_of_the_seed(void **state)
{
    (void)state;
    static const unsigned households[] = {498, 487, 476, 469, 458, 447, 436, 424};
    static const unsigned persons[] = {1120, 1095, 1070, 1054, 1030, 1005, 980, 953};
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    Sanji__Org *org = UNPACK(Org, org, ORG, rules);
    unsigned grids = 0;
    unsigned sum[2] = {0, 0};
    unsigned buildings = 0;
    for (size_t i = 0; i < org->n_grids; i++) {
        const Sanji__Grid *grid = org->grids[i];
        if (strncmp(grid->path, "370499.003.01.", 14) == 0 && !grid->dedicated) {
            assert_int_equal(grid->households, households[grids]);
            assert_int_equal(grid->residents, persons[grids]);
            sum[0] += grid->households;
            sum[1] += grid->residents;
            buildings += grid->buildings;
            grids++;
        }
    }
    assert_int_equal(grids, 8);
    assert_int_equal(sum[0], 3695);
    assert_int_equal(sum[1], 8307);
    assert_int_equal(buildings, 60);
    unsigned kinds[2] = {0, 0};
    for (size_t i = 0; i < org->n_sites; i++) {
        kinds[0] += strcmp(org->sites[i]->kind, "COMPOUND") == 0;
        kinds[1] += strcmp(org->sites[i]->kind, "SCHOOL") == 0;
    }
    assert_int_equal(kinds[0], 4);
    assert_int_equal(kinds[1], 4);
    assert_int_equal(org->n_branches, 4);
    unsigned members = 0;
    for (size_t i = 0; i < org->n_branches; i++) {
        members += org->branches[i]->members;
    }
    assert_int_equal(members, 120);
    sanji__org__free_unpacked(org, NULL);
    rulesfile_free(&rules);
}

static void the_example_of_the_contract_lies_in_its_grid(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    Sanji__Org *org = UNPACK(Org, org, ORG, rules);
    const char *home = "";
    unsigned buildings = 0;
    for (size_t i = 0; i < org->n_grids; i++) {
        const Sanji__Grid *grid = org->grids[i];
        if (grid->lat_min_e6 <= 34810012 && 34810012 < grid->lat_max_e6 &&
            grid->lon_min_e6 <= 117320045 && 117320045 < grid->lon_max_e6) {
            assert_string_equal(home, ""); // only one grid has the point
            home = grid->path;
            buildings = grid->buildings;
        }
    }
    assert_string_equal(home, "370499.003.01.001.B03");
    assert_true(buildings >= 12);
    sanji__org__free_unpacked(org, NULL);
    rulesfile_free(&rules);
}

static void y_is_staffed_as_in_the_seed(void **state)
{
    (void)state;
    unsigned roles[ROLE_COUNT] = {0};
    bool homes[9] = {false};
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    Sanji__Roster *roster = UNPACK(Roster, roster, ROSTER, rules);
    for (size_t i = 0; i < roster->n_workers; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        if (strncmp(worker->desk, "370499.003.01", 13) == 0) {
            roles[worker->role]++;
            if (worker->role == SANJI__ROLE__ROLE_FULLTIME) {
                homes[copy_number(worker->home_grid + strlen("370499.003.01.001.B"))] =
                    true;
            }
        }
    }
    assert_int_equal(roles[ROLE_FULLTIME], 8);
    assert_int_equal(roles[ROLE_GUIDE], 4);
    assert_int_equal(roles[ROLE_PROFESSIONAL], 5);
    assert_int_equal(roles[ROLE_GRID_CHIEF], 1);
    assert_int_equal(roles[ROLE_VOLUNTEER], 40);
    assert_int_equal(roles[ROLE_BUILDING_HEAD], 60);
    assert_int_equal(roles[ROLE_SOCIAL_WORKER], 2);
    for (unsigned grid = 1; grid <= 8; grid++) {
        assert_true(homes[grid]);
    }
    sanji__roster__free_unpacked(roster, NULL);
    rulesfile_free(&rules);
}

static void the_calendar_has_2020_and_2026(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    Sanji__Calendar *calendar = UNPACK(Calendar, calendar, CALENDAR, rules);
    assert_int_equal(calendar->id, 1);
    assert_int_equal(calendar->utc_offset_min, 480);
    assert_int_equal(calendar->weekdays, 0x1f);
    assert_int_equal(calendar->n_spans, 2);
    assert_int_equal(calendar->spans[1]->from_min, 14 * 60);
    assert_int_equal(calendar->n_years, 2);
    const Sanji__Year *first = calendar->years[0];
    assert_int_equal(first->year, 2020);
    assert_int_equal(first->n_holidays, 1 + 10 + 3 + 5 + 3 + 8);
    assert_int_equal(first->holidays[1], 20200124);
    assert_int_equal(first->holidays[10], 20200202); // over the end of a month
    assert_int_equal(first->n_workdays, 6);
    assert_int_equal(calendar->years[1]->n_holidays, 3 + 9 + 3 + 5 + 3 + 3 + 7);
    assert_int_equal(calendar->years[1]->n_workdays, 6);
    sanji__calendar__free_unpacked(calendar, NULL);
    rulesfile_free(&rules);
}

static void the_policy_is_that_of_the_contract(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    Sanji__Policy *policy = UNPACK(Policy, policy, POLICY, rules);
    assert_int_equal(policy->n_sources, 8);
    for (size_t i = 0; i < policy->n_sources; i++) {
        const Sanji__SourceRule *rule = policy->sources[i];
        bool machine = rule->source == SANJI__SOURCE__SOURCE_VIDEO ||
                       rule->source == SANJI__SOURCE__SOURCE_IOT;
        bool above = rule->source == SANJI__SOURCE__SOURCE_HOTLINE_12345 ||
                     rule->source == SANJI__SOURCE__SOURCE_SUPERIOR;
        assert_false(rule->verify_always);
        assert_int_equal(rule->verify_below_permille, machine ? 800 : 0);
        assert_false(machine && rule->may_raise);
        assert_int_equal(rule->owner_subdistrict, above);
        assert_int_equal(rule->first_tier, above ? SANJI__TIER__TIER_COMMUNITY : 0);
    }
    assert_int_equal(policy->reopens_max, 2);
    assert_int_equal(policy->revisit_attempts, 3);
    assert_int_equal(policy->rework_floor_permille, 100);
    assert_int_equal(policy->s1_first_tier, SANJI__TIER__TIER_COMMUNITY);
    assert_int_equal(policy->verify_rounds, 2);
    assert_int_equal(policy->unmerge_s, 30 * 24 * 3600);
    assert_int_equal(policy->burst_reports, 5);
    assert_int_equal(policy->burst_s, 2 * 3600);
    assert_int_equal(policy->duplicates->window_s, 48 * 3600);
    assert_int_equal(policy->duplicates->closed_s, 7 * 24 * 3600);
    assert_int_equal(policy->duplicates->grid_points, 300);
    assert_int_equal(policy->duplicates->minor_points, 200);
    assert_int_equal(policy->duplicates->near_points, 250);
    assert_int_equal(policy->duplicates->device_points, 400);
    assert_int_equal(policy->duplicates->closed_points, 100);
    assert_int_equal(policy->duplicates->listed_permille, 700);
    assert_int_equal(policy->duplicates->merged_permille, 950);
    assert_int_equal(policy->duplicates->n_devices, 2);
    assert_int_equal(policy->n_reasons, 35);
    assert_int_equal(policy->public_feed->delay_s, 24 * 3600);
    assert_int_equal(policy->public_feed->count_min, 5);
    assert_int_equal(policy->public_feed->n_street_only, 3);
    assert_true(policy->snapshots->workers && policy->snapshots->areas);
    assert_int_equal(policy->n_attempts, 4);
    assert_true(policy->attempts[0]->broadcast);
    assert_int_equal(policy->attempts[0]->workers, 4);
    assert_int_equal(policy->cost->role_fulltime, 350);
    assert_int_equal(policy->cost->newcomer_floor_min, 60);
    sanji__policy__free_unpacked(policy, NULL);
    rulesfile_free(&rules);
}

static void the_same_files_give_the_same_bytes(void **state)
{
    (void)state;
    struct rulesfile *first = NULL;
    struct rulesfile *again = NULL;
    struct rulesfile *other = NULL;
    struct fault fault;
    copy_load_shipped(&first);
    copy_load_shipped(&again);
    const struct mistake edit = {"roster", "capacity: 240m", "capacity: 4h", "", NULL};
    const struct mistake change = {"roster", "capacity: 240m", "capacity: 5h", "", NULL};
    assert_int_equal(copy_load_edited(&edit, &other, &fault), STATUS_OK);
    for (int k = 1; k <= SANJI__RULES_KIND__RULES_KIND_LABELS; k++) {
        Sanji__RulesKind kind = (Sanji__RulesKind)k;
        struct bytes a = rulesfile_bytes(first, kind);
        struct bytes b = rulesfile_bytes(again, kind);
        assert_true(a.size > 0 && a.size == b.size);
        assert_memory_equal(a.data, b.data, a.size);
        assert_memory_equal(rulesfile_hash(first, kind), rulesfile_hash(again, kind),
                            RULESFILE_HASH_SIZE);
        // The same meaning in other words is the same rule.
        assert_memory_equal(rulesfile_hash(first, kind), rulesfile_hash(other, kind),
                            RULESFILE_HASH_SIZE);
    }
    rulesfile_free(&other);
    assert_int_equal(copy_load_edited(&change, &other, &fault), STATUS_OK);
    assert_memory_not_equal(rulesfile_hash(first, SANJI__RULES_KIND__RULES_KIND_ROSTER),
                            rulesfile_hash(other, SANJI__RULES_KIND__RULES_KIND_ROSTER),
                            RULESFILE_HASH_SIZE);
    assert_memory_equal(rulesfile_hash(first, SANJI__RULES_KIND__RULES_KIND_ORG),
                        rulesfile_hash(other, SANJI__RULES_KIND__RULES_KIND_ORG),
                        RULESFILE_HASH_SIZE);
    rulesfile_free(&first);
    rulesfile_free(&again);
    rulesfile_free(&other);
}

static const char *const vocabulary[] = {
#define X(name, number, zh, en) "state." #name,
    VOCAB_STATES(X)
#undef X
#define X(name, number, owner, zh) "timer." #name,
        VOCAB_TIMERS(X)
#undef X
#define X(name, number, zh) "role." #name,
            VOCAB_ROLES(X)
#undef X
#define X(name, number, zh) "filter." #name,
                VOCAB_FILTERS(X)
#undef X
#define X(name, number, decider, zh) "statement." #name,
                    VOCAB_STATEMENTS(X)
#undef X
};

static void every_word_of_the_vocabulary_has_a_label(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    Sanji__Labels *labels = UNPACK(Labels, labels, LABELS, rules);
    for (size_t word = 0; word < sizeof vocabulary / sizeof vocabulary[0]; word++) {
        bool found = false;
        for (size_t i = 0; i < labels->n_labels; i++) {
            found = found || strcmp(labels->labels[i]->key, vocabulary[word]) == 0;
        }
        if (!found) {
            fail_msg("no label %s", vocabulary[word]);
        }
    }
    sanji__labels__free_unpacked(labels, NULL);
    rulesfile_free(&rules);
}

// ---- what the log's readers make of them ----

static void fold_all(const struct rulesfile *files, struct rules *rules)
{
    for (int k = 1; k <= SANJI__RULES_KIND__RULES_KIND_LABELS; k++) {
        Sanji__RulesKind kind = (Sanji__RulesKind)k;
        struct bytes bytes = rulesfile_bytes(files, kind);
        size_t parts = (bytes.size + RULES_PART_SIZE_MAX - 1) / RULES_PART_SIZE_MAX;
        for (size_t part = 0; part < parts; part++) {
            size_t from = part * RULES_PART_SIZE_MAX;
            size_t left = bytes.size - from;
            Sanji__RulesPublished record = SANJI__RULES_PUBLISHED__INIT;
            record.kind = kind;
            record.version = 1;
            record.part = (uint32_t)part + 1;
            record.parts = (uint32_t)parts;
            record.content.len = left < RULES_PART_SIZE_MAX ? left : RULES_PART_SIZE_MAX;
            record.content.data = (uint8_t *)(uintptr_t)bytes.data + from;
            record.sha256.len = RULESFILE_HASH_SIZE;
            record.sha256.data = (uint8_t *)(uintptr_t)rulesfile_hash(files, kind);
            assert_int_equal(rules_fold(rules, &record), STATUS_OK);
        }
    }
}

static void what_is_compiled_can_be_folded_and_looked_up(void **state)
{
    (void)state;
    struct rulesfile *files = NULL;
    struct rules *rules = rules_new();
    copy_load_shipped(&files);
    fold_all(files, rules);
    rulesfile_free(&files); // the folded rules keep nothing of it
    assert_true(rules_complete(rules));
    assert_int_equal(rules_place(rules), 370499003);
    assert_int_equal(rules_utc_offset_min(rules), 480);

    struct org_path grid;
    char text[ORG_TEXT_SIZE];
    assert_true(rules_grid_at(rules, 34810012, 117320045, 1, &grid));
    assert_string_equal(org_print(grid, text), "370499.003.01.001.B03");

    struct deadline_limit limit;
    uint32_t times_max = 0;
    assert_true(rules_limit(rules, TIMER_RESOLVE, SEVERITY_S3, 3002, &limit, &times_max));
    assert_int_equal(limit.budget_s, 2 * 3600); // road cleaning
    assert_int_equal(limit.clock, CLOCK_WORKING);
    assert_true(rules_limit(rules, TIMER_ACK, SEVERITY_S1, 2003, &limit, &times_max));
    assert_int_equal(times_max, 2);
    assert_false(rules_limit(rules, TIMER_ARRIVE, SEVERITY_S3, 3002, &limit, &times_max));
    assert_true(rules_limit(rules, TIMER_ESCALATE, SEVERITY_S2, 2001, &limit, &times_max));
    assert_int_equal(limit.budget_s, 12 * 3600);
    assert_int_equal(times_max, 2);
    assert_string_equal(rules_label(rules, "state.IN_PROGRESS", true), "in progress");
    rules_free(&rules);
}

// ---- loading ----

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    struct fault fault = {STATUS_OK, ""};
    const struct mistake edit = {"sanji", "rules/sla.yaml", "rules/none.yaml", "", NULL};
    assert_int_equal(copy_load_edited(&edit, &rules, &fault), STATUS_CANNOT_START);
    assert_non_null(strstr(fault.text, "/rules/none.yaml: No such file"));
    assert_null(rules);
    assert_int_equal(rulesfile_load("/nonexistent/sanji.yaml", &rules, &fault),
                     STATUS_CANNOT_START);
}

static void an_empty_file_is_refused(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    struct fault fault = {STATUS_OK, ""};
    assert_int_equal(copy_load("policy", "# nothing\n", &rules, &fault), STATUS_INVALID);
    assert_non_null(strstr(fault.text, "policy.yaml:1:1: nothing is in this file"));
}

static void a_file_beyond_the_limit_is_too_large(void **state)
{
    (void)state;

    enum {
        TOO_MANY = 8 * 1024 * 1024 + 2
    };
    struct rulesfile *rules = NULL;
    struct fault fault = {STATUS_OK, ""};
    char *text = malloc(TOO_MANY);
    assert_non_null(text);
    memset(text, '#', TOO_MANY - 1);
    text[TOO_MANY - 1] = '\0';
    assert_int_equal(copy_load("labels", text, &rules, &fault), STATUS_TOO_LARGE);
    free(text);
}

static void a_skill_missing_at_some_hour_is_a_warning(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    struct fault fault = {STATUS_OK, ""};
    const struct mistake edit = {"roster", "from: \"16:00\", to: \"08:00\"",
                                 "from: \"18:30\", to: \"08:00\"", "", NULL};
    assert_int_equal(copy_load_edited(&edit, &rules, &fault), STATUS_OK);
    assert_int_equal(rulesfile_warning_count(rules), 8);
    assert_non_null(strstr(rulesfile_warning(rules, 0),
                           "nobody at desk 370499.003 has skill g on MON at 18:00"));
    rulesfile_free(&rules);
}

static void what_is_unwise_is_a_warning_and_strict_refuses_it(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    struct fault fault = {STATUS_OK, ""};
    const struct mistake edit = {
        "roster", "role: FULLTIME, desk: 370499.003.01.001, team: TB01",
        "role: GUIDE, desk: 370499.003.01.001, team: TB01", "", NULL};
    assert_int_equal(copy_load_edited(&edit, &rules, &fault), STATUS_OK);
    assert_int_equal(rulesfile_warning_count(rules), 1);
    assert_non_null(strstr(rulesfile_warning(rules, 0),
                           "grids[1] 370499.003.01.001.B01: no FULLTIME worker"));
    rulesfile_free(&rules);

    char *strict = copy_edit(copy_shipped("sanji"), "strict: no", "strict: yes");
    copy_write("sanji", strict);
    free(strict);
    enum status status = copy_load_edited(&edit, &rules, &fault);
    copy_write("sanji", copy_shipped("sanji"));
    assert_int_equal(status, STATUS_INVALID);
    assert_non_null(strstr(fault.text, "no FULLTIME worker"));
    assert_non_null(strstr(fault.text, "(strict: yes)"));
    assert_null(rules);
}

static void a_small_household_count_is_a_warning(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    struct fault fault = {STATUS_OK, ""};
    // The grid, its committee, its community and the sub-district lose 250 households each.
    char *steps[4];
    steps[0] = copy_edit(copy_shipped("org"), "households: 48928", "households: 48678");
    steps[1] = copy_edit(steps[0], "households: 3695", "households: 3445");
    steps[2] = copy_edit(steps[1], "households: 974", "households: 724");
    steps[3] = copy_edit(steps[2], "households: 498", "households: 248");
    enum status status = copy_load("org", steps[3], &rules, &fault);
    for (size_t i = 0; i < 4; i++) {
        free(steps[i]);
    }
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(rulesfile_warning_count(rules), 1);
    assert_non_null(
        strstr(rulesfile_warning(rules, 0), "households: 248, expected 300 to 500"));
    rulesfile_free(&rules);
}

static void a_year_that_is_missing_is_allowed(void **state)
{
    (void)state;
    struct rulesfile *rules = NULL;
    struct fault fault = {STATUS_OK, ""};
    char *text = copy_edit(copy_shipped("calendar"), "\n- year: 2026", "\n# ");
    strstr(text, "\n# \n")[1] = '\0'; // the last year's days go with it
    assert_int_equal(copy_load("calendar", text, &rules, &fault), STATUS_OK);
    free(text);
    Sanji__Calendar *calendar = UNPACK(Calendar, calendar, CALENDAR, rules);
    assert_int_equal(calendar->n_years, 1);
    sanji__calendar__free_unpacked(calendar, NULL);
    rulesfile_free(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_organisation_has_the_figures_of_the_seed),
        cmocka_unit_test(y_community_is_exactly_that_of_the_seed),
        cmocka_unit_test(the_example_of_the_contract_lies_in_its_grid),
        cmocka_unit_test(y_is_staffed_as_in_the_seed),
        cmocka_unit_test(the_calendar_has_2020_and_2026),
        cmocka_unit_test(the_policy_is_that_of_the_contract),
        cmocka_unit_test(the_same_files_give_the_same_bytes),
        cmocka_unit_test(every_word_of_the_vocabulary_has_a_label),
        cmocka_unit_test(what_is_compiled_can_be_folded_and_looked_up),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(an_empty_file_is_refused),
        cmocka_unit_test(a_file_beyond_the_limit_is_too_large),
        cmocka_unit_test(a_skill_missing_at_some_hour_is_a_warning),
        cmocka_unit_test(what_is_unwise_is_a_warning_and_strict_refuses_it),
        cmocka_unit_test(a_year_that_is_missing_is_allowed),
        cmocka_unit_test(a_small_household_count_is_a_warning),
    };
    return cmocka_run_group_tests(tests, copy_make, copy_remove);
}
