/* test_rulesfile_check.c: each kind of mistake in a rule file is refused, with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/runtime/rulesfile.h"
#include "tests/unit/rulesfile_copy.h"

static void what_is_no_yaml_or_has_another_shape_is_refused(void **state)
{
    (void)state;
    REFUSES(
        {"policy", "reopens_max: 2", "reopen_max: 2",
         "unknown key 'reopen_max', expected one of: sources, offers", NULL},
        {"roster", "shift: 2, capacity", "shfit: 2, capacity",
         "workers[7]: unknown key 'shfit', expected one of: worker, role", NULL},
        {"roster", "shift: 2, capacity", "shift: two, capacity",
         "workers[7].shift: found 'two', expected a whole number", NULL},
        {"roster", "shift: 2, capacity", "shift: -2, capacity",
         "workers[7].shift: found '-2', expected a whole number", NULL},
        {"roster", "shift: 2, capacity", "capacity", "workers[7]: key 'shift' is missing",
         NULL},
        {"roster", "clearance: yes}\n- {worker: W00002",
         "clearance: si}\n- {worker: W00002",
         "workers[1].clearance: found 'si', expected yes or no", NULL},
        {"roster", "skills: [g, m], backup", "skills: g, backup",
         "workers[1].skills: found a single value, expected a list", NULL},
        {"policy", "reopens_max: 2\n", "reopens_max: 2\nreopens_max: 3\n",
         "key 'reopens_max' stands twice", "reopens_max: 3"},
        {"calendar", "id: 1\n", "id: 1\n\tx: 2\n", "not YAML near here", "id: 1"},
        {"sanji", "strict: no", "strict: no\n---\nstrict: yes", "a second document", "---"},
        {"org", "box: [34.812000, 117.314000,", "box: [117.314000,", "entries", NULL}, );
}

static void a_number_without_its_unit_is_refused(void **state)
{
    (void)state;
    REFUSES(
        {"sla", "budget: 3m}", "budget: 3}",
         "limits[1] ACCEPT.budget: found '3' without a unit, expected 90s, 15m, 4h or 2d",
         NULL},
        {"sla", "budget: 3m}", "budget: 3x}", "found '3x', expected a duration", NULL},
        {"sla", "budget: 3m}", "budget: 0m}", "found '0m', expected 1s to", NULL},
        {"sla", "budget: 60m, cap: 12h", "budget: 3d, cap: 7d",
         "found '3d' on the WORKING clock, expected hours", NULL},
        {"sla", "budget: 60m, cap: 12h", "budget: 60m, cap: 12", "without a unit", NULL},
        {"sla", "resolve: 40h", "resolve: 40", "categories[1] 01001.resolve: found '40'",
         NULL},
        {"sla", "effort: 110m", "effort: 90s", "expected minutes", NULL},
        {"sla", "appeal: 7d", "appeal: 7", "appeal: found '7' without a unit", NULL},
        {"roster", "capacity: 240m", "capacity: 240",
         "workers[1] W00001.capacity: found '240' without a unit", NULL},
        {"policy", "newcomer_floor: 60m", "newcomer_floor: 60",
         "cost.newcomer_floor: found '60' without a unit", NULL}, );
}

static void an_unknown_reference_is_said_with_the_nearest(void **state)
{
    (void)state;
    REFUSES(
        {"roster", "home_grid: 370499.003.01.001.B03, shift: 2",
         "home_grid: 370499.003.01.001.B33, shift: 2",
         "workers[7] W00007.home_grid: no grid '370499.003.01.001.B33', nearest: "
         "370499.003.01.001.B03 or ",
         NULL},
        {"roster", "team: TB03", "team: TZ03",
         "workers[7] W00007.team: no team 'TZ03', nearest: TB03 or TC03", NULL},
        {"roster", "desk: 370499.003.01.001,", "desk: 370499.003.01.009,",
         "W00005.desk: no unit '370499.003.01.009', nearest: 370499.003.01.00", NULL},
        {"roster", "backup_grids: [370499.003.01.002.B02]",
         "backup_grids: [370499.003.01.002.B20]",
         "W00001.backup_grids: no grid '370499.003.01.002.B20'", NULL},
        {"roster", "shift: 2, capacity", "shift: 9, capacity", "shift: no shift 9", NULL},
        {"roster", "role: FULLTIME", "role: FULLTME",
         "W00005.role: no word 'FULLTME', nearest: FULLTIME or", NULL},
        {"roster", "employer: P001", "employer: P009",
         "employer: no partner 'P009', expected P001, P002, P003 or P004", NULL},
        {"roster", "authority: [MARKET]", "authority: [MARKETS]",
         "authority: no authority 'MARKETS', expected CITY_ORDER, JUSTICE, MARKET", NULL},
        {"roster", "skills: [p]", "skills: [x]",
         "skills: no skill 'x', expected g, m, p, k, j, c, s or u", NULL},
        {"sla", "skills: [m, s]", "skills: [m, z]", "01002.skills: no skill 'z'", NULL},
        {"sla", "authority: MARKET", "authority: POLICE", "no authority 'POLICE'", NULL},
        {"sla", "clock: NATURAL, budget: 3m", "clock: NATURALLY, budget: 3m",
         "no word 'NATURALLY', expected NATURAL or WORKING", NULL},
        {"org", "neighbours: [370499.003.01.002.B02", "neighbours: [370499.003.01.002.B22",
         "neighbours: no grid '370499.003.01.002.B22'", NULL},
        {"org", "{code: TCMD, name: 社会治理指挥中心, path: 370499.003}",
         "{code: TCMD, name: 社会治理指挥中心, path: 370499.003.77}",
         "teams[1] TCMD.path: no unit or grid '370499.003.77', nearest: 370499.003.07 or",
         NULL},
        {"org", "kind: COMPOUND", "kind: VILLAGE",
         "no word 'VILLAGE', expected COMPOUND, SCHOOL or MARKET", NULL}, );
}

static void what_stands_twice_is_refused(void **state)
{
    (void)state;
    REFUSES(
        {"roster", "{worker: W00002,", "{worker: W00001,",
         "workers[2] W00001.worker: 'W00001' stands twice, first as workers[1]", NULL},
        {"roster", "{id: 2,", "{id: 1,", "shifts[2] 中班.id: 1 stands twice", NULL},
        {"org", "{path: 370499.003.01.002,", "{path: 370499.003.01.001,",
         "units[4] 370499.003.01.001.path: '370499.003.01.001' stands twice, first as "
         "units[3]",
         NULL},
        {"org", "{code: TINT,", "{code: TCMD,", "'TCMD' stands twice", NULL},
        {"sla", "timer: ACCEPT, severity: S2", "timer: ACCEPT, severity: S1",
         "ACCEPT for S1 stands twice, first as limits[1]", NULL},
        {"sla", "code: \"01002\"", "code: \"01001\"", "'01001' stands twice", NULL},
        {"policy", "{source: VIDEO, ", "{source: IOT, ", "'IOT' stands twice",
         "{source: IOT,           verify"},
        {"policy", "code: 102", "code: 101", "101 stands twice, first as reasons[1]", NULL},
        {"labels", "key: state.VERIFYING", "key: state.RECEIVED",
         "'state.RECEIVED' stands twice", NULL},
        {"roster", "skills: [g, m], backup", "skills: [g, g], backup", "g stands twice",
         NULL}, );
}

static void what_must_be_complete_is_refused_with_a_hole(void **state)
{
    (void)state;
    REFUSES({"sla", "- {timer: ARRIVE, severity: S3, armed: no}\n", "",
             "limits: no row for ARRIVE of S3; write armed: no", "limits:"},
            {"sla", "{timer: ACK, severity: S1, clock: NATURAL, budget: 3m}",
             "{timer: ACK, severity: S1, armed: no}",
             "ACK.armed: a case of S1 could stand without any ACK timer", NULL},
            {"sla", "{timer: ARRIVE, severity: S3, armed: no}",
             "{timer: ARRIVE, severity: S3, armed: no, cap: 3h}", "armed: no, but there is",
             NULL},
            {"sla", "{timer: ARRIVE, severity: S3, armed: no}",
             "{timer: ARRIVE, severity: S3}",
             "expected a clock and a budget, a share_permille, or armed: no", NULL},
            {"policy", "- {severity: S4, offers_max: 2, broadcast: no,  workers: 1}\n", "",
             "offers: no row for S4", "offers:"},
            {"policy", "{source: IOT, ", "{source: INSPECTION, ",
             "'INSPECTION' stands twice", "{source: INSPECTION,    verify"},
            {"labels", "- {key: state.RECEIVED, zh: 已登记, en: received}\n", "",
             "labels: no label 'state.RECEIVED'", "labels:"},
            {"labels", "- {key: event.DispatchOffered, ", "- {key: event.DispatchOfered, ",
             "no label 'event.DispatchOffered'", "labels:"},
            {"labels", "key: reason.7", "key: reason.8", "no label 'reason.7'", "labels:"},
            {"labels", "key: major.07", "key: major.17", "no label 'major.07'", "labels:"},
            {"labels", "key: skill.u", "key: skill.x", "no label 'skill.u'", "labels:"},
            {"labels", "key: filter.PAIR", "key: filter.PAIRS", "no label 'filter.PAIR'",
             "labels:"}, );
}

static void limits_and_categories_must_make_sense(void **state)
{
    (void)state;
    REFUSES(
        {"sla", "budget: 60m, cap: 12h", "budget: 60m, cap: 30m",
         "cap: 30m is less than the budget 60m", NULL},
        {"sla", "{timer: DISPATCH, severity: S2, clock: NATURAL, budget: 15m}",
         "{timer: DISPATCH, severity: S2, clock: NATURAL, budget: 2h}",
         "ACCEPT and DISPATCH of S2 can take more than 2h", NULL},
        {"sla", "{timer: DISPATCH, severity: S3, clock: WORKING, budget: 60m, cap: 12h}",
         "{timer: DISPATCH, severity: S3, clock: WORKING, budget: 60m}",
         "ACCEPT and DISPATCH of S3 can take more than 24h", NULL},
        {"sla", "{timer: CHECK, severity: S1, clock: NATURAL, budget: 2h}",
         "{timer: CHECK, severity: S1, share_permille: 500}",
         "only RESOLVE_WARN and ESCALATE are a share of RESOLVE", NULL},
        {"sla", "{timer: CHECK, severity: S1, clock: NATURAL, budget: 2h}",
         "{timer: CHECK, severity: S1, clock: NATURAL, budget: 2h, by_category: yes}",
         "only RESOLVE is by category", NULL},
        {"sla", "share_permille: 500", "share_permille: 5000",
         "found 5000, expected 0 to 2000 permille", NULL},
        {"sla", "{timer: ACK, severity: S1, clock: NATURAL, budget: 3m}",
         "{timer: ACK, severity: S1, clock: NATURAL, budget: 3m, times_max: 7}",
         "times_max: policy.yaml says how many", NULL},
        {"sla", "code: \"01001\"", "code: \"1001\"", "found '1001', expected 5 digits",
         NULL},
        {"sla", "code: \"01001\"", "code: \"12001\"", "found '12001', expected 5 digits",
         NULL},
        {"sla", "flags: [RESTRICTED]", "flags: [RESTRICTED, LIGHT]",
         "LIGHT goes to volunteers", NULL},
        {"sla", "authority: MARKET}", "authority: MARKET, flags: [SELF_HANDLED]}",
         "SELF_HANDLED by anybody, but it needs the authority MARKET", NULL},
        {"sla", "flags: [RESTRICTED]", "flags: [SECRET]",
         "no word 'SECRET', nearest:", NULL},
        {"sla", "evidence_min: 0", "evidence_min: 99", "found 99, expected 0 to 16", NULL},
        {"sla", "skills: [p, m], resolve: 24h, clock: NATURAL",
         "skills: [p, m], resolve: 24h, clock: WORKING",
         "01006.clock: nights do not stop an S1: expected NATURAL", NULL}, );
}

static void the_organisation_must_be_one_whole(void **state)
{
    (void)state;
    REFUSES(
        {"org", "box: [34.812000, 117.314000, 34.816000, 117.325000]",
         "box: [34.811000, 117.314000, 34.816000, 117.325000]",
         "grids[3] 370499.003.01.001.B03.box: overlaps the box of 370499.003.01.001.B01",
         "- {path: 370499.003.01.001.B03"},
        {"org", "box: [34.812000, 117.314000, 34.816000, 117.325000]",
         "box: [34.812000, 117.325000, 34.816000, 117.314000]",
         "expected south, west, north, east", NULL},
        {"org", "neighbours: [370499.003.01.002.B02, ", "neighbours: [",
         "370499.003.01.002.B02.neighbours: 370499.003.01.001.B01 does not name this grid",
         "neighbours: [370499.003.01.001.B01, "},
        {"org", "households: 498", "households: 497",
         "units[1] 370499.003.households: found 48928, its grids have 48927",
         "- {path: 370499.003, "},
        {"org", "tier_path: [COMMITTEE, COMMUNITY, SUBDISTRICT]",
         "tier_path: [COMMUNITY, COMMITTEE, SUBDISTRICT]",
         "tier_path: COMMITTEE after a higher tier, expected lowest first", NULL},
        {"org", "tier_path: [COMMITTEE, COMMUNITY, SUBDISTRICT]",
         "tier_path: [COMMITTEE, COMMUNITY]", "no SUBDISTRICT at the end", NULL},
        {"org", "tier_path: [COMMUNITY, SUBDISTRICT]",
         "tier_path: [COMMITTEE, COMMUNITY, SUBDISTRICT]",
         "COMMITTEE has no desk on the path of this grid", NULL},
        {"org", "tier_path: [COMMITTEE, COMMUNITY, SUBDISTRICT]",
         "tier_path: [COMMITTEE, COMMUNITY, MUNICIPAL]",
         "MUNICIPAL has no desk on the path of this grid", NULL},
        {"org", "department: 教育体育, ", "", "a dedicated grid needs a department", NULL},
        {"org", "path: 370499.003.01.001.B03,", "path: 370499.003.01.009.B03,",
         "path: no unit '370499.003.01.009', nearest: 370499.003.01.00", NULL},
        {"org", "path: 370499.003.01.001.B03,", "path: 370499.003.01.001.C03,",
         "expected a path like 370499.003.01.001.B03", NULL},
        {"org", "{path: 370499.003.01, tier: COMMUNITY",
         "{path: 370499.004.01, tier: COMMUNITY",
         "'370499.004.01' lies outside the sub-district", NULL},
        {"org", "{path: 370499.003.01, tier: COMMUNITY",
         "{path: 370499.003.01, tier: COMMITTEE",
         "COMMITTEE does not fit the length of the path", NULL},
        {"org", "valid_from: 2020-06-01", "valid_from: 2020-06-31",
         "valid_from: found '2020-06-31', expected a date", NULL},
        {"org", "valid_from: 2020-06-01", "valid_from: 2020-06-01, valid_to: 2019-01-01",
         "expected a day after valid_from", NULL},
        {"org", "area_code12: \"370499003001\"", "area_code12: \"37049900300\"",
         "expected 12 digits", NULL},
        {"org", "municipality: \"370499\"", "municipality: \"370400\"",
         "municipality: found '370400', expected the first 6 digits of 370499.003", NULL},
        {"org", "{code: TCMD,", "{code: CMD,",
         "found 'CMD', expected T and 1 to 3 of A-Z and 0-9", NULL},
        {"org", "members: 30, grids: [", "members: 30, grids: [370499.003.01.002.B02, ",
         "grid 370499.003.01.002.B02 already belongs to branches[1]", "{code: DZB02"}, );
}

static void a_community_in_two_pieces_is_refused(void **state)
{
    (void)state;
    // S01 keeps only its neighbours outside the community, on both sides of each pair.
    struct rulesfile *rules = NULL;
    struct fault fault = {STATUS_OK, ""};
    char *first =
        copy_edit(copy_shipped("org"),
                  "370499.003.01.004.B08, 370499.003.01.000.S01, 370499.003.01.000.S02",
                  "370499.003.01.004.B08, 370499.003.01.000.S02");
    char *second = copy_edit(first, "[370499.003.01.003.B07, 370499.003.01.000.S02, ", "[");
    char *third = copy_edit(second, "[370499.003.01.003.B07, 370499.003.01.000.S01, ",
                            "[370499.003.01.003.B07, ");
    enum status status = copy_load("org", third, &rules, &fault);
    free(first);
    free(second);
    free(third);
    assert_int_equal(status, STATUS_INVALID);
    assert_non_null(strstr(fault.text,
                           "370499.003.01.000.S01.neighbours: no chain of neighbours "
                           "leads to 370499.003.01.001.B01 of the same community"));
}

static void a_worker_must_have_what_his_role_needs(void **state)
{
    (void)state;
    REFUSES(
        {"roster",
         "role: FULLTIME, desk: 370499.003.01.001, team: TB01, home_grid: "
         "370499.003.01.001.B01,",
         "role: FULLTIME, desk: 370499.003.01.001, team: TB01,",
         "workers[5] W00005: a FULLTIME needs a home_grid", NULL},
        {"roster", "desk: 370499.003.01.001, team: TB01",
         "desk: 370499.003.01.002, team: TB01",
         "home_grid: 370499.003.01.001.B01 does not lie below desk 370499.003.01.002",
         NULL},
        {"roster", "building_no: 1}", "building_no: 99}",
         "building_no: found 99, the buildings of 370499.003.01.001.B01 are 1 to 6", NULL},
        {"roster", "volunteer_kind: RESIDENT", "volunteer_kind: NEIGHBOUR",
         "no word 'NEIGHBOUR', expected", NULL},
        {"roster", ", volunteer_kind: RESIDENT", "", "a VOLUNTEER needs a volunteer_kind",
         NULL},
        {"roster", "role: GUIDE", "role: REPORTER", "REPORTER is nobody of this roster",
         NULL},
        {"roster", "backup_grids: [370499.003.01.002.B02]",
         "backup_grids: [370499.003.01.001.B01]", "is the home grid already", NULL},
        {"roster", "further_roles: [DUTY_LEADER]", "further_roles: [GRID_CHIEF]",
         "GRID_CHIEF is the first role already", NULL},
        {"roster", "worker: W00001", "worker: W1", "found 'W1', expected W and 5 digits",
         NULL},
        {"roster", "from: \"08:00\"", "from: \"8:00\"",
         "from: found '8:00', expected a time of day", NULL},
        {"roster", "to: \"16:00\"", "to: \"24:01\"", "to: found '24:01', expected a time",
         NULL},
        {"roster", "to: \"16:00\"", "to: \"08:00\"", "the shift ends when it begins", NULL},
        {"roster", "days: [MON, TUE", "days: [MON, DIE", "no word 'DIE', nearest:", NULL},
        {"roster", "days: [MON, TUE", "days: [MON, MON", "MON stands twice", NULL},
        {"roster", "s until 2030-12-31", "s until 2030-13-31",
         "skills: found '2030-13-31', expected a date", NULL}, );
}

static void the_calendar_must_make_sense(void **state)
{
    (void)state;
    REFUSES({"calendar", "utc_offset: \"+08:00\"", "utc_offset: \"8\"",
             "utc_offset: found '8', expected hours and minutes", NULL},
            {"calendar", "- {from: \"14:00\"", "- {from: \"11:00\"",
             "expected spans that rise", NULL},
            {"calendar", "2020-05-01/2020-05-05", "2020-05-05/2020-05-01",
             "ends before it begins", NULL},
            {"calendar", "2020-05-01/2020-05-05", "2020-05-01/2020-05-32",
             "found '2020-05-32', expected a date", NULL},
            {"calendar", "2020-05-01/2020-05-05", "2021-05-01/2021-05-05",
             "does not lie in 2020", NULL},
            {"calendar", "2020-04-04/2020-04-06", "2020-02-01/2020-02-03",
             "expected days that rise, each once", NULL},
            {"calendar", "  - 2020-01-19", "  - 2020-01-20",
             "20200120 is a working day by its day of the week", "workdays:"},
            {"calendar", "  - 2020-05-09", "  - 2020-05-02",
             "20200502 is a holiday and a working day", "workdays:"},
            {"calendar", "- year: 2026", "- year: 2019", "years that rise", NULL}, );
}

static void the_policy_must_make_sense(void **state)
{
    (void)state;
    REFUSES(
        {"policy", "verify: NEVER,  ", "verify: BELOW, ",
         "verify: BELOW and confidence_permille belong together", NULL},
        {"policy", "verify: NEVER,  ", "verify: BELOW, confidence_permille: 1800, ",
         "found 1800, expected 0 to 1000 permille", NULL},
        {"policy", "verify_rounds: 2", "verify_rounds: 0",
         "intake.verify_rounds: found 0, expected 1 to 5", NULL},
        {"policy", "reports: 5, within: 2h", "reports: 6, within: 2h",
         "intake.burst.reports: found 6, expected 2 to 5", NULL},
        {"policy", "reports: 5, within: 2h", "reports: 5, within: 2", "intake.burst.within",
         NULL},
        {"policy", "unmerge: 30d", "unmerge: 300d", "intake.unmerge", NULL},
        {"policy", "merged_permille: 950", "merged_permille: 600",
         "intake.duplicates.merged_permille: found 600, expected 700 to 1000", NULL},
        {"policy", "devices: [VIDEO, IOT]", "devices: [VIDEO, VIDEO]",
         "intake.duplicates.devices: 'VIDEO' stands twice", NULL},
        {"policy", "devices: [VIDEO, IOT]", "devices: [DRONE]", "no word 'DRONE'", NULL},
        {"policy", "first: LOWEST", "first: GRID", "no word 'GRID', expected LOWEST", NULL},
        {"policy", "owner: COMMUNITY", "owner: NOBODY", "no word 'NOBODY', expected", NULL},
        {"policy", "s1_first_tier: COMMUNITY", "s1_first_tier: GRID", "GRID has no desk",
         NULL},
        {"policy", "offers_max: 2, broadcast: yes", "offers_max: 0, broadcast: yes",
         "offers[1] S1.offers_max: found 0, expected 1 to 10", NULL},
        {"policy", "broadcast: no,  workers: 1", "broadcast: no,  workers: 4",
         "found 4, expected 1, or with broadcast", NULL},
        {"policy", "workers: 4", "workers: 7",
         "found 7, expected 1, or with broadcast up to 6", NULL},
        {"policy", "days: 5}", "days: 8}",
         "dispatch.volunteer.days: found 8, expected 1 to 7", NULL},
        {"policy", "lend_permille: 1200", "lend_permille: 600",
         "dispatch.overload.lend_permille: found 600, expected 700 to 10000", NULL},
        {"policy", "{employer: P002, categories", "{employer: P009, categories",
         "dispatch.conflicts: no partner 'P009', expected P001, P002, P003 or P004", NULL},
        {"policy", "categories: [\"01003\"]", "categories: [\"12\"]",
         "dispatch.conflicts: no category '12', expected a code", NULL},
        {"policy", "check_sample_permille: 100", "check_sample_permille: 1001",
         "check_sample_permille: found 1001, expected 0 to 1000", NULL},
        {"policy", "delay: 24h", "delay: 1h", "found 1h, expected at least 24h", NULL},
        {"policy", "count_min: 5", "count_min: 4", "found 4, expected 5", NULL},
        {"policy", "[\"01\", \"05\", \"07\"]", "[\"17\"]", "found '17', expected", NULL},
        {"policy", "revisit_attempts: 3", "revisit_attempts: 0", "found 0, expected 1",
         NULL},
        {"policy", "fulltime: 350", "fulltime: 350000",
         "cost.role.fulltime: found 350000, expected 0 to 10000", NULL},
        {"policy", "code: 101", "code: 99", "found 99, expected 100 to 999", NULL}, );
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_yaml_or_has_another_shape_is_refused),
        cmocka_unit_test(a_number_without_its_unit_is_refused),
        cmocka_unit_test(an_unknown_reference_is_said_with_the_nearest),
        cmocka_unit_test(what_stands_twice_is_refused),
        cmocka_unit_test(what_must_be_complete_is_refused_with_a_hole),
        cmocka_unit_test(limits_and_categories_must_make_sense),
        cmocka_unit_test(the_organisation_must_be_one_whole),
        cmocka_unit_test(a_community_in_two_pieces_is_refused),
        cmocka_unit_test(a_worker_must_have_what_his_role_needs),
        cmocka_unit_test(the_calendar_must_make_sense),
        cmocka_unit_test(the_policy_must_make_sense),
    };
    return cmocka_run_group_tests(tests, copy_make, copy_remove);
}
