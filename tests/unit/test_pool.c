/* test_pool.c: who is weighed for a case, who may not, and what each costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/workload.h"
#include "tests/sim/ledger.h"
#include "tests/unit/small_rules.h"
#include "workers/dispatch/pool.h"

enum {
    MINUTE_MS = 60000,
    HOUR_MS = 60 * MINUTE_MS,
    TODAY = 20200814
};

struct desk {
    struct small_rules rules;
    struct ledger ledger;
    struct kase kase; /* at the committee, in ASSIGNING; tests change it */
    struct pool pool;
};

static int set_up(void **state)
{
    struct desk *desk = test_calloc(1, sizeof *desk);
    small_rules_open(&desk->rules);
    ledger_open(&desk->ledger); // Friday 10:00
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    pool_reset(&desk->pool);
    ledger_close(&desk->ledger);
    small_rules_close(&desk->rules);
    test_free(desk);
    return 0;
}

static void open_case(struct desk *desk, enum severity severity, uint32_t category)
{
    small_rules_publish(&desk->rules, desk->ledger.world);
    desk->kase = *ledger_case(&desk->ledger, severity, category, STATE_ASSIGNING);
}

static void weigh_at(struct desk *desk, int64_t now_ms)
{
    pool_weigh(desk->ledger.world, &desk->kase, now_ms, &desk->pool);
}

static void weigh(struct desk *desk)
{
    weigh_at(desk, desk->ledger.now_ms);
}

static const struct candidate *find(const struct desk *desk, uint32_t worker)
{
    for (size_t i = 0; i < desk->pool.count; i++) {
        if (desk->pool.candidates[i].worker == worker) {
            return &desk->pool.candidates[i];
        }
    }
    return NULL;
}

static struct candidate get(const struct desk *desk, uint32_t worker)
{
    const struct candidate *candidate = find(desk, worker);
    if (candidate == NULL) {
        fail_msg("W%05u is not in the pool", worker);
        abort();
    }
    return *candidate;
}

static uint32_t rejects(const struct desk *desk, uint32_t worker)
{
    return get(desk, worker).reject;
}

static uint32_t bit(enum filter filter)
{
    return 1U << (filter - 1);
}

static Sanji__Worker *fulltime(struct desk *desk, const char *number)
{
    return small_rules_worker(&desk->rules, number, ROLE_FULLTIME, GRID_B01, "g");
}

static Sanji__Category *garbage(struct desk *desk)
{
    return small_rules_category(&desk->rules, "03001", SEVERITY_S3, "g");
}

static struct worker_state *load_of(struct desk *desk, uint32_t worker)
{
    return world_worker(desk->ledger.world, worker);
}

/* ---- membership ---- */

static void the_pool_is_who_may_ack_at_or_below_the_desk(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001");
    small_rules_worker(&desk->rules, "W00002", ROLE_GRID_CHIEF, GRID_B01, "g");
    small_rules_worker(&desk->rules, "W00003", ROLE_GUIDE, GRID_B01, "g");
    small_rules_worker(&desk->rules, "W00004", ROLE_FULLTIME, GRID_OTHER, "g");
    small_rules_worker(&desk->rules, "W00005", ROLE_DEPARTMENT, GRID_B01, "g")->desk =
        small_rules_text(&desk->rules, SUBDISTRICT);
    open_case(desk, SEVERITY_S3, 3001);
    weigh(desk);
    assert_int_equal(desk->pool.count, 1);
    assert_non_null(find(desk, 1));

    desk->kase.holder = org_community(desk->kase.holder);
    weigh(desk);
    assert_int_equal(desk->pool.count, 2);
    assert_non_null(find(desk, 4));

    desk->kase.holder = org_subdistrict(desk->kase.holder);
    weigh(desk);
    assert_int_equal(desk->pool.count, 3);
    assert_non_null(find(desk, 5));
}

static void a_grid_that_holds_a_case_has_its_own_workers(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001");
    small_rules_worker(&desk->rules, "W00002", ROLE_FULLTIME, GRID_B02, "g");
    open_case(desk, SEVERITY_S3, 3001);
    desk->kase.holder = desk->kase.area;
    weigh(desk);
    assert_int_equal(desk->pool.count, 1);
    assert_int_equal(desk->pool.candidates[0].worker, 1);
    assert_int_equal(desk->pool.acceptable, 1);
}

/* ---- filter 1: duty ---- */

static void filter_1_wants_the_whole_effort_within_the_shift(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001")->shift_id = 1; // until 18:00
    fulltime(desk, "W00002")->shift_id = 9; // no such shift
    open_case(desk, SEVERITY_S3, 3001);     // 30 minutes
    weigh_at(desk, desk->ledger.now_ms + 7 * HOUR_MS + 30 * MINUTE_MS);
    assert_int_equal(rejects(desk, 1), 0);
    assert_int_equal(rejects(desk, 2), bit(FILTER_DUTY));
    weigh_at(desk, desk->ledger.now_ms + 7 * HOUR_MS + 31 * MINUTE_MS);
    assert_int_equal(rejects(desk, 1), bit(FILTER_DUTY));
    weigh_at(desk, desk->ledger.now_ms + 9 * HOUR_MS);
    assert_int_equal(rejects(desk, 1), bit(FILTER_DUTY));
}

static void filter_1_wants_ack_and_half_an_hour_of_an_urgent_case(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "02001", SEVERITY_S2, "g")->effort_min = 240;
    fulltime(desk, "W00001")->shift_id = 1;
    open_case(desk, SEVERITY_S2, 2001); // ACK 10 minutes
    weigh_at(desk, desk->ledger.now_ms + 7 * HOUR_MS + 20 * MINUTE_MS);
    assert_int_equal(rejects(desk, 1), 0);
    weigh_at(desk, desk->ledger.now_ms + 7 * HOUR_MS + 21 * MINUTE_MS);
    assert_int_equal(rejects(desk, 1), bit(FILTER_DUTY));
}

static void filter_1_believes_what_a_worker_says_of_himself(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001")->shift_id = 1;
    fulltime(desk, "W00002");
    open_case(desk, SEVERITY_S3, 3001);
    load_of(desk, 1)->duty = SANJI__DUTY__DUTY_ON;
    load_of(desk, 2)->duty = SANJI__DUTY__DUTY_BREAK;
    weigh_at(desk, desk->ledger.now_ms + 7 * HOUR_MS + 59 * MINUTE_MS);
    assert_int_equal(rejects(desk, 1), 0); // he stays although his shift ends
    assert_int_equal(rejects(desk, 2), bit(FILTER_DUTY));
    load_of(desk, 2)->duty_by_shift = true; // the shift decides again
    weigh(desk);
    assert_int_equal(rejects(desk, 2), 0);
}

/* ---- filters 2 to 7 ---- */

static void filter_2_wants_any_of_the_skills_not_expired(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "02005", SEVERITY_S3, "gc");
    small_rules_worker(&desk->rules, "W00001", ROLE_FULLTIME, GRID_B01, "mc");
    small_rules_worker(&desk->rules, "W00002", ROLE_FULLTIME, GRID_B01, "m");
    Sanji__Worker *late = fulltime(desk, "W00003");
    late->skills[0]->expires_ms = desk->ledger.now_ms;
    open_case(desk, SEVERITY_S3, 2005);
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    assert_int_equal(rejects(desk, 2), bit(FILTER_SKILL));
    assert_int_equal(rejects(desk, 3), bit(FILTER_SKILL));
    weigh_at(desk, desk->ledger.now_ms - 1);
    assert_int_equal(rejects(desk, 3), 0);
}

static void give_authority(struct desk *desk, Sanji__Worker *worker, const char *code)
{
    worker->authority = arena_take(desk->rules.arena, sizeof *worker->authority);
    worker->authority[0] = small_rules_text(&desk->rules, code);
    worker->n_authority = 1;
}

static void filter_3_wants_a_professional_with_the_authority(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "08002", SEVERITY_S3, "k")->authority =
        small_rules_text(&desk->rules, "MARKET");
    Sanji__Worker *right =
        small_rules_worker(&desk->rules, "W00001", ROLE_PROFESSIONAL, GRID_B01, "k");
    Sanji__Worker *other =
        small_rules_worker(&desk->rules, "W00002", ROLE_PROFESSIONAL, GRID_B01, "k");
    Sanji__Worker *fulltimer =
        small_rules_worker(&desk->rules, "W00003", ROLE_FULLTIME, GRID_B01, "k");
    give_authority(desk, right, "MARKET");
    give_authority(desk, other, "JUSTICE");
    give_authority(desk, fulltimer, "MARKET");
    open_case(desk, SEVERITY_S3, 8002);
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    assert_int_equal(rejects(desk, 2), bit(FILTER_AUTHORITY));
    assert_int_equal(rejects(desk, 3), bit(FILTER_AUTHORITY));
}

static void filter_4_wants_clearance_for_a_restricted_case(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001")->clearance = true;
    fulltime(desk, "W00002");
    open_case(desk, SEVERITY_S3, 3001);
    weigh(desk);
    assert_int_equal(rejects(desk, 2), 0);
    desk->kase.restricted = true;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    assert_int_equal(rejects(desk, 2), bit(FILTER_CLEARANCE));
}

static void filter_5_keeps_volunteers_to_what_is_light(void **state)
{
    struct desk *desk = *state;
    garbage(desk)->light = true;
    small_rules_category(&desk->rules, "03003", SEVERITY_S3, "g");
    small_rules_worker(&desk->rules, "W00001", ROLE_VOLUNTEER, GRID_B01, "g")->clearance =
        true;
    open_case(desk, SEVERITY_S3, 3001);
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    desk->kase.restricted = true;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), bit(FILTER_LIGHT));
    desk->kase.restricted = false;
    desk->kase.severity = SEVERITY_S2;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), bit(FILTER_LIGHT));
    desk->kase.severity = SEVERITY_S3;
    desk->kase.category = 3003;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), bit(FILTER_LIGHT));
}

static void filter_6_gives_care_to_social_workers_first(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "07001", SEVERITY_S3, "sg")->minors = false;
    small_rules_category(&desk->rules, "07002", SEVERITY_S3, "sg")->minors = true;
    small_rules_worker(&desk->rules, "W00001", ROLE_SOCIAL_WORKER, GRID_B01, "s");
    fulltime(desk, "W00002");
    small_rules_worker(&desk->rules, "W00003", ROLE_PROFESSIONAL, GRID_B01, "s");
    open_case(desk, SEVERITY_S3, 7001);
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    assert_int_equal(rejects(desk, 2), bit(FILTER_SPECIAL_CARE));
    assert_int_equal(rejects(desk, 3), bit(FILTER_SPECIAL_CARE));

    load_of(desk, 1)->duty = SANJI__DUTY__DUTY_OFF; // no social worker can
    weigh(desk);
    assert_int_equal(rejects(desk, 2), 0);
    desk->kase.category = 7002; // minors: not even then
    weigh(desk);
    assert_int_equal(rejects(desk, 2), bit(FILTER_SPECIAL_CARE));
}

static void filter_7_passes_over_who_was_tried_in_this_round(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001");
    fulltime(desk, "W00002");
    open_case(desk, SEVERITY_S3, 3001);
    desk->kase.tried[0] = 2;
    desk->kase.tried_count = 1;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    assert_int_equal(rejects(desk, 2), bit(FILTER_TRIED));
}

/* ---- filters 9, 10 ---- */

static void filter_9_stops_at_half_again_a_days_capacity(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001"); // 240: at most 360
    open_case(desk, SEVERITY_S3, 3001);
    load_of(desk, 1)->open_min = 330;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    load_of(desk, 1)->open_min = 331;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), bit(FILTER_LOAD));
    desk->kase.severity = SEVERITY_S1;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
}

static void filter_9_stops_at_the_cases_that_the_roster_allows(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001")->load_cases_max = 2;
    open_case(desk, SEVERITY_S3, 3001);
    load_of(desk, 1)->open_cases = 1;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    load_of(desk, 1)->open_cases = 2;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), bit(FILTER_LOAD));
}

static void filter_10_keeps_a_building_head_to_his_building(void **state)
{
    struct desk *desk = *state;
    garbage(desk)->light = true;
    small_rules_worker(&desk->rules, "W00001", ROLE_BUILDING_HEAD, GRID_B01, "g")
        ->building_no = 12;
    open_case(desk, SEVERITY_S3, 3001);
    desk->kase.building_no = 12;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    desk->kase.building_no = 11;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), bit(FILTER_BUILDING));
    desk->kase.building_no = 0;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), bit(FILTER_BUILDING));
}

/* ---- coordinators ---- */

static void where_nobody_has_the_skill_a_fulltimer_goes_as_coordinator(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "04001", SEVERITY_S3, "u");
    fulltime(desk, "W00001");
    small_rules_worker(&desk->rules, "W00002", ROLE_VOLUNTEER, GRID_B01, "g");
    open_case(desk, SEVERITY_S3, 4001);
    weigh(desk);
    assert_true(desk->pool.coordinator);
    assert_string_equal(desk->pool.missing, "u");
    assert_int_equal(desk->pool.acceptable, 1);
    assert_int_equal(desk->pool.candidates[0].worker, 1);
}

static void somebody_with_the_skill_off_duty_means_no_coordinator(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "04001", SEVERITY_S3, "u");
    fulltime(desk, "W00001");
    small_rules_worker(&desk->rules, "W00002", ROLE_PROFESSIONAL, GRID_B01, "u")->shift_id =
        9;
    open_case(desk, SEVERITY_S3, 4001);
    weigh(desk);
    assert_false(desk->pool.coordinator);
    assert_null(desk->pool.missing);
    assert_int_equal(desk->pool.acceptable, 0);
}

/* ---- the cost ---- */

static int32_t cost_of(struct desk *desk, uint32_t worker)
{
    weigh(desk);
    assert_int_equal(rejects(desk, worker), 0);
    return get(desk, worker).cost_permille;
}

static void the_price_of_a_role_is_what_a_fresh_worker_costs(void **state)
{
    struct desk *desk = *state;
    garbage(desk)->light = true;
    fulltime(desk, "W00001");
    small_rules_worker(&desk->rules, "W00002", ROLE_PROFESSIONAL, GRID_B01, "g");
    small_rules_worker(&desk->rules, "W00003", ROLE_SOCIAL_WORKER, GRID_B01, "g");
    small_rules_worker(&desk->rules, "W00004", ROLE_VOLUNTEER, GRID_B01, "g");
    open_case(desk, SEVERITY_S3, 3001);
    assert_int_equal(cost_of(desk, 1), 350);
    assert_int_equal(cost_of(desk, 2), 300);
    assert_int_equal(cost_of(desk, 3), 100);
    assert_int_equal(cost_of(desk, 4), 0);
    assert_int_equal(desk->pool.candidates[0].worker, 4);
}

static void backlog_counts_whole(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001");
    open_case(desk, SEVERITY_S3, 3001);
    load_of(desk, 1)->open_min = 100; // 1000 * 100 / 240 = 416
    assert_int_equal(cost_of(desk, 1), 350 + 416);
}

static void an_overloaded_fulltimer_costs_more(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001");
    open_case(desk, SEVERITY_S3, 3001);
    load_of(desk, 1)->open_min = 204; // exactly 850 permille
    assert_int_equal(cost_of(desk, 1), 350 + 850);
    load_of(desk, 1)->open_min = 205;
    assert_int_equal(cost_of(desk, 1), 350 + 854 + 300);
}

static void set_roll(struct desk *desk, uint32_t worker, uint32_t minutes)
{
    load_of(desk, worker)->roll_day = TODAY;
    load_of(desk, worker)->roll_min[0] = minutes;
}

static void history_is_measured_against_the_mean_of_the_role(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001");
    fulltime(desk, "W00002");
    small_rules_worker(&desk->rules, "W00003", ROLE_FULLTIME, GRID_FAR, "g");
    open_case(desk, SEVERITY_S3, 3001);
    set_roll(desk, 1, 30); // the mean 15 is below the floor of 60
    assert_int_equal(cost_of(desk, 1), 350 + 1000 * 30 / 60 * 600 / 1000);
    set_roll(desk, 1, 300);
    set_roll(desk, 2, 100);
    set_roll(desk, 3, 5000); // of another community: no part of the mean of 200
    assert_int_equal(cost_of(desk, 1), 350 + 1500 * 600 / 1000);
    assert_int_equal(cost_of(desk, 2), 350 + 500 * 600 / 1000);
}

static void zone_rises_with_the_way(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001");
    small_rules_worker(&desk->rules, "W00002", ROLE_FULLTIME, GRID_B02, "g");
    small_rules_worker(&desk->rules, "W00003", ROLE_FULLTIME, GRID_OTHER, "g");
    small_rules_worker(&desk->rules, "W00004", ROLE_FULLTIME, GRID_FAR, "g");
    Sanji__Worker *backup =
        small_rules_worker(&desk->rules, "W00005", ROLE_FULLTIME, GRID_FAR, "g");
    backup->backup_grids = arena_take(desk->rules.arena, sizeof *backup->backup_grids);
    backup->backup_grids[0] = small_rules_text(&desk->rules, GRID_B01);
    backup->n_backup_grids = 1;
    open_case(desk, SEVERITY_S3, 3001);
    desk->kase.holder = org_subdistrict(desk->kase.holder);
    assert_int_equal(cost_of(desk, 1), 350);
    assert_int_equal(cost_of(desk, 2), 350 + 250);
    assert_int_equal(cost_of(desk, 3), 350 + 500);
    assert_int_equal(cost_of(desk, 4), 350 + 1000);
    assert_int_equal(cost_of(desk, 5), 350 + 250);
}

static void who_has_no_grid_is_at_home_in_his_desks_community(void **state)
{
    struct desk *desk = *state;
    static const char *const desks[] = {COMMUNITY_1, COMMUNITY_2, SUBDISTRICT};
    static const char *const numbers[] = {"W00001", "W00002", "W00003"};
    garbage(desk);
    for (size_t i = 0; i < 3; i++) {
        Sanji__Worker *worker =
            small_rules_worker(&desk->rules, numbers[i], ROLE_PROFESSIONAL, GRID_B01, "g");
        worker->home_grid = small_rules_text(&desk->rules, "");
        worker->desk = small_rules_text(&desk->rules, desks[i]);
    }
    open_case(desk, SEVERITY_S3, 3001);
    desk->kase.holder = org_subdistrict(desk->kase.holder);
    assert_int_equal(cost_of(desk, 1), 300 + 500);
    assert_int_equal(cost_of(desk, 2), 300 + 1000);
    assert_int_equal(cost_of(desk, 3), 300 + 500);
}

static void who_did_it_is_cheaper_on_rework(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001");
    fulltime(desk, "W00002");
    open_case(desk, SEVERITY_S3, 3001);
    desk->kase.resolver = 2;
    assert_int_equal(cost_of(desk, 2), 350);
    desk->kase.reworks = 1;
    assert_int_equal(cost_of(desk, 2), 50);
    assert_int_equal(cost_of(desk, 1), 350);
}

/* ---- order ---- */

static void equals_go_by_who_waited_longest_then_by_number(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00003");
    fulltime(desk, "W00001");
    fulltime(desk, "W00002");
    open_case(desk, SEVERITY_S3, 3001);
    load_of(desk, 1)->last_assigned_ms = 500;
    load_of(desk, 2)->last_assigned_ms = 400;
    load_of(desk, 3)->last_assigned_ms = 400;
    weigh(desk);
    assert_int_equal(desk->pool.candidates[0].worker, 2);
    assert_int_equal(desk->pool.candidates[1].worker, 3);
    assert_int_equal(desk->pool.candidates[2].worker, 1);
}

static void who_is_rejected_stands_behind_by_number(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00003")->shift_id = 9;
    fulltime(desk, "W00002")->shift_id = 9;
    fulltime(desk, "W00004");
    open_case(desk, SEVERITY_S3, 3001);
    weigh(desk);
    assert_int_equal(desk->pool.acceptable, 1);
    assert_int_equal(desk->pool.candidates[0].worker, 4);
    assert_int_equal(desk->pool.candidates[1].worker, 2);
    assert_int_equal(desk->pool.candidates[2].worker, 3);
}

static void a_category_without_an_estimate_counts_half_an_hour(void **state)
{
    struct desk *desk = *state;
    garbage(desk)->effort_min = 0;
    fulltime(desk, "W00001");
    open_case(desk, SEVERITY_S3, 3001);
    weigh(desk);
    assert_int_equal(desk->pool.effort_min, 30);
}

/* ---- what the policy's table of dispatch adds ---- */

static Sanji__DispatchRules *more(struct desk *desk)
{
    Sanji__DispatchRules *rules = arena_take(desk->rules.arena, sizeof *rules);
    sanji__dispatch_rules__init(rules);
    desk->rules.policy.dispatch = rules;
    return rules;
}

static char **texts(struct desk *desk, const char *one)
{
    char **list = arena_take(desk->rules.arena, sizeof *list);
    list[0] = small_rules_text(&desk->rules, one);
    return list;
}

static void filter_8_keeps_a_case_against_a_company_from_its_people(void **state)
{
    struct desk *desk = *state;
    static Sanji__Partner partner = SANJI__PARTNER__INIT;
    static Sanji__Partner *partners[1] = {&partner};
    Sanji__ConflictRule *rule = arena_take(desk->rules.arena, sizeof *rule);
    sanji__conflict_rule__init(rule);
    partner.code = small_rules_text(&desk->rules, "P002");
    partner.path = small_rules_text(&desk->rules, COMMITTEE_1);
    desk->rules.org.partners = partners;
    desk->rules.org.n_partners = 1;
    rule->employer = partner.code;
    rule->categories = texts(desk, "03");
    rule->n_categories = 1;
    Sanji__DispatchRules *rules = more(desk);
    rules->conflicts = arena_take(desk->rules.arena, sizeof *rules->conflicts);
    rules->conflicts[0] = rule;
    rules->n_conflicts = 1;
    garbage(desk);
    small_rules_category(&desk->rules, "06001", SEVERITY_S3, "g");
    fulltime(desk, "W00001")->employer = partner.code;
    fulltime(desk, "W00002")->employer = small_rules_text(&desk->rules, "P001");
    fulltime(desk, "W00003");
    open_case(desk, SEVERITY_S3, 3001);
    weigh(desk);
    assert_int_equal(rejects(desk, 1), bit(FILTER_CONFLICT));
    assert_int_equal(rejects(desk, 2), 0);
    assert_int_equal(rejects(desk, 3), 0);
    desk->kase.category = 6001; // nothing against them
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    desk->kase.category = 3001;
    desk->kase.holder = org_subdistrict(desk->kase.holder);
    assert_int_equal(org_parse(GRID_FAR, &desk->kase.area),
                     STATUS_OK); // not where they work
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
}

static void filter_9_spares_volunteers_over_five_days(void **state)
{
    struct desk *desk = *state;
    garbage(desk)->light = true;
    more(desk)->volunteer_min = 90;
    desk->rules.policy.dispatch->volunteer_days = 5;
    desk->rules.policy.dispatch->band_clear_permille = 700;
    small_rules_worker(&desk->rules, "W00001", ROLE_VOLUNTEER, GRID_B01, "g");
    fulltime(desk, "W00002");
    open_case(desk, SEVERITY_S3, 3001); // 30 minutes
    load_of(desk, 1)->roll_day = TODAY;
    load_of(desk, 1)->roll_min[4] = 60;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    load_of(desk, 1)->roll_min[4] = 61;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), bit(FILTER_LOAD));
    load_of(desk, 2)->open_min = 205; // the community is overloaded: twice as much
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
    load_of(desk, 2)->open_min = 0;
    load_of(desk, 1)->roll_min[5] = 61; // six days ago
    load_of(desk, 1)->roll_min[4] = 0;
    weigh(desk);
    assert_int_equal(rejects(desk, 1), 0);
}

static void an_overloaded_community_asks_next_door_for_what_is_light(void **state)
{
    struct desk *desk = *state;
    garbage(desk)->light = true;
    small_rules_category(&desk->rules, "02002", SEVERITY_S3, "g");
    more(desk)->band_clear_permille = 700;
    fulltime(desk, "W00001");
    small_rules_worker(&desk->rules, "W00002", ROLE_VOLUNTEER, GRID_B02, "g")->desk =
        small_rules_text(&desk->rules, COMMUNITY_2);
    open_case(desk, SEVERITY_S3, 3001);
    weigh(desk);
    assert_null(find(desk, 2));
    load_of(desk, 1)->open_min = 205;
    weigh(desk);
    assert_int_equal(rejects(desk, 2), 0);
    desk->kase.category = 2002;
    weigh(desk);
    assert_null(find(desk, 2));
}

static void filter_11_wants_a_second_who_may_come_along(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "05001", SEVERITY_S3, "p")->two_persons = true;
    small_rules_worker(&desk->rules, "W00001", ROLE_PROFESSIONAL, GRID_B01, "p");
    fulltime(desk, "W00002")->clearance = true;
    fulltime(desk, "W00003");
    open_case(desk, SEVERITY_S3, 5001);
    desk->kase.restricted = true;
    load_of(desk, 1)->duty = SANJI__DUTY__DUTY_ON;
    weigh(desk);
    assert_int_equal(desk->pool.acceptable, 0); // W00001 has no clearance
    desk->kase.restricted = false;
    weigh(desk);
    assert_true(desk->pool.pair);
    assert_int_equal(desk->pool.acceptable, 1);
    assert_int_equal(desk->pool.companions, 2);
    assert_int_equal(desk->pool.candidates[0].worker, 1);
    assert_true(desk->pool.candidates[1].companion);
    load_of(desk, 2)->duty = SANJI__DUTY__DUTY_OFF;
    load_of(desk, 3)->duty = SANJI__DUTY__DUTY_OFF;
    weigh(desk);
    assert_int_equal(desk->pool.acceptable, 0);
    assert_int_equal(rejects(desk, 1), bit(FILTER_PAIR));
}

static void a_newcomer_starts_at_the_mean_of_his_role(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    more(desk)->newcomer_days = 7;
    fulltime(desk, "W00001");
    fulltime(desk, "W00002");
    open_case(desk, SEVERITY_S3, 3001);
    set_roll(desk, 1, 400); // the mean is 200
    load_of(desk, 1)->since_ms = desk->ledger.now_ms - 7 * (int64_t)24 * HOUR_MS;
    assert_int_equal(cost_of(desk, 2), 350 + 1000 * 600 / 1000);
    load_of(desk, 2)->since_ms = desk->ledger.now_ms - 7 * (int64_t)12 * HOUR_MS;
    assert_int_equal(cost_of(desk, 2), 350 + 500 * 600 / 1000);
    load_of(desk, 2)->since_ms = desk->ledger.now_ms - 7 * (int64_t)24 * HOUR_MS;
    assert_int_equal(cost_of(desk, 2), 350);
}

static void who_knows_the_place_is_cheaper_until_it_was_taken_from_him(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    fulltime(desk, "W00001");
    open_case(desk, SEVERITY_S3, 3001);
    desk->kase.building_no = 12;
    assert_int_equal(cost_of(desk, 1), 350);
    load_of(desk, 1)->places[3] = workload_place(&desk->kase);
    assert_int_equal(cost_of(desk, 1), 50);
    desk->kase.recalled = true;
    assert_int_equal(cost_of(desk, 1), 350);
    desk->kase.recalled = false;
    desk->kase.building_no = 13;
    assert_int_equal(cost_of(desk, 1), 350);
}

static void the_estimate_moves_to_the_mean_of_what_was_reported(void **state)
{
    struct desk *desk = *state;
    garbage(desk); // 30 minutes
    more(desk)->effort_weight = 2;
    fulltime(desk, "W00001");
    open_case(desk, SEVERITY_S3, 3001);
    weigh(desk);
    assert_int_equal(desk->pool.effort_min, 30);
    struct workload_totals totals = *world_totals(desk->ledger.world);
    totals.efforts[3] = (struct workload_effort){.cases = 2, .sum_min = 120};
    totals.efforts[4] = (struct workload_effort){.cases = 9, .sum_min = 9};
    world_restore_totals(desk->ledger.world, &totals);
    weigh(desk);
    assert_int_equal(desk->pool.effort_min, 45);
}

static void only_the_best_are_put_in_order_and_nobody_is_lost(void **state)
{
    struct desk *desk = *state;
    garbage(desk);
    char number[WORKER_SIZE];
    for (uint32_t i = 1; i <= 40; i++) {
        fulltime(desk, id_worker_print(i, number));
    }
    open_case(desk, SEVERITY_S3, 3001);
    for (uint32_t i = 1; i <= 40; i++) {
        load_of(desk, i)->open_min = i * 7 % 40;
    }
    weigh(desk);
    assert_int_equal(desk->pool.count, 40);
    assert_int_equal(desk->pool.acceptable, 40);
    for (size_t i = 1; i < 8; i++) {
        assert_true(desk->pool.candidates[i - 1].cost_permille <
                    desk->pool.candidates[i].cost_permille);
    }
    for (uint32_t i = 1; i <= 40; i++) {
        assert_non_null(find(desk, i));
        assert_true(get(desk, i).cost_permille >= desk->pool.candidates[0].cost_permille);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_pool_is_who_may_ack_at_or_below_the_desk),
        TEST(a_grid_that_holds_a_case_has_its_own_workers),
        TEST(filter_1_wants_the_whole_effort_within_the_shift),
        TEST(filter_1_wants_ack_and_half_an_hour_of_an_urgent_case),
        TEST(filter_1_believes_what_a_worker_says_of_himself),
        TEST(filter_2_wants_any_of_the_skills_not_expired),
        TEST(filter_3_wants_a_professional_with_the_authority),
        TEST(filter_4_wants_clearance_for_a_restricted_case),
        TEST(filter_5_keeps_volunteers_to_what_is_light),
        TEST(filter_6_gives_care_to_social_workers_first),
        TEST(filter_7_passes_over_who_was_tried_in_this_round),
        TEST(filter_9_stops_at_half_again_a_days_capacity),
        TEST(filter_9_stops_at_the_cases_that_the_roster_allows),
        TEST(filter_10_keeps_a_building_head_to_his_building),
        TEST(where_nobody_has_the_skill_a_fulltimer_goes_as_coordinator),
        TEST(somebody_with_the_skill_off_duty_means_no_coordinator),
        TEST(the_price_of_a_role_is_what_a_fresh_worker_costs),
        TEST(backlog_counts_whole),
        TEST(an_overloaded_fulltimer_costs_more),
        TEST(history_is_measured_against_the_mean_of_the_role),
        TEST(zone_rises_with_the_way),
        TEST(who_has_no_grid_is_at_home_in_his_desks_community),
        TEST(who_did_it_is_cheaper_on_rework),
        TEST(equals_go_by_who_waited_longest_then_by_number),
        TEST(who_is_rejected_stands_behind_by_number),
        TEST(a_category_without_an_estimate_counts_half_an_hour),
        TEST(filter_8_keeps_a_case_against_a_company_from_its_people),
        TEST(filter_9_spares_volunteers_over_five_days),
        TEST(an_overloaded_community_asks_next_door_for_what_is_light),
        TEST(filter_11_wants_a_second_who_may_come_along),
        TEST(a_newcomer_starts_at_the_mean_of_his_role),
        TEST(who_knows_the_place_is_cheaper_until_it_was_taken_from_him),
        TEST(the_estimate_moves_to_the_mean_of_what_was_reported),
        TEST(only_the_best_are_put_in_order_and_nobody_is_lost),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
