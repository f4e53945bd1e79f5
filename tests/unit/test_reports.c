/* test_reports.c: what audit writes at the end of a month and of a week: at its time, once,
 * whatever dies in between; and what the public is never told.
 *
 * The log begins on Wednesday, 2020-08-26 08:00 +08, in week 35; August ends on Monday.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/codec.h"
#include "proto/time.h"
#include "tests/sim/simlog.h"
#include "tests/unit/deploy_rules.h"
#include "tests/unit/scratch.h"
#include "workers/audit/audit.h"

enum {
    ARENA = 256 * 1024,
    DAY = 24 * 3600 * 1000,
    SEEDS = 12
};

static const char start[] = "2020-08-26T08:00:00+08:00";
static const char month_end[] = "2020-09-01T00:00:00+08:00";
static const char week_end[] = "2020-08-31T00:00:00+08:00";

struct house {
    struct simlog *sim;
    struct audit audit;
    size_t number;
    struct arena *arena;
    uint32_t running;
};

static int64_t at(const char *text)
{
    int64_t at_ms = 0;
    assert_int_equal(time_parse(text, &at_ms), STATUS_OK);
    return at_ms;
}

static void put_rules(struct house *house)
{
    for (int kind = SANJI__RULES_KIND__RULES_KIND_ORG;
         kind <= SANJI__RULES_KIND__RULES_KIND_LABELS; kind++) {
        uint32_t parts = 1;
        for (uint32_t part = 1; part <= parts; part++) {
            Sanji__RulesPublished body = SANJI__RULES_PUBLISHED__INIT;
            Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
            parts = deploy_rules_part((Sanji__RulesKind)kind, part, &body);
            envelope.schema_version = 1;
            envelope.body_case = SANJI__ENVELOPE__BODY_RULES_PUBLISHED;
            envelope.rules_published = &body;
            (void)simlog_put(house->sim, &envelope); // its number is the head
        }
    }
}

static void open_house(struct house *house, uint64_t seed)
{
    *house = (struct house){.number = 0};
    house->arena = arena_new(ARENA);
    house->sim = simlog_new(
        &(struct simlog_options){.seed = seed, .now_ms = at(start), .busy_permille = 200});
    put_rules(house);
    audit_open(&house->audit);
    house->number = simlog_join(house->sim, &audit_ops, &house->audit);
}

static void close_house(struct house *house)
{
    simlog_free(&house->sim);
    audit_close(&house->audit);
    arena_free(&house->arena);
}

struct report {
    const char *area;
    const char *category;
    Sanji__MsgStatus status;
    bool restricted;
};

/* A report that has come in, as intake would write it, but for its timers. */
static void put_case(struct house *house, struct report report)
{
    char case_no[CASE_NO_SIZE];
    char text[4][32];
    Sanji__CaseReceived body = SANJI__CASE_RECEIVED__INIT;
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    struct org_path area = {0, 0};
    assert_int_equal(org_parse(report.area, &area), STATUS_OK);
    house->running++;
    envelope.schema_version = 1;
    envelope.case_no =
        id_case_print(370499003, id_case_key(at(start), 480, house->running), case_no);
    envelope.case_version = 1;
    envelope.state_after = SANJI__CASE_STATE__CASE_STATE_RECEIVED;
    envelope.severity = SANJI__SEVERITY__SEVERITY_S3;
    (void)snprintf(text[0], sizeof text[0], "%s", report.category);
    (void)snprintf(text[1], sizeof text[1], "%s", report.area);
    envelope.category = text[0];
    envelope.area = text[1];
    envelope.holder = org_print(org_subdistrict(area), text[2]);
    envelope.owner = org_print(org_community(area), text[3]);
    envelope.tier = SANJI__TIER__TIER_SUBDISTRICT;
    envelope.status = report.status;
    envelope.sensitivity = report.restricted ? SANJI__SENSITIVITY__SENSITIVITY_RESTRICTED
                                             : SANJI__SENSITIVITY__SENSITIVITY_INTERNAL;
    body.source = SANJI__SOURCE__SOURCE_HANDHELD;
    body.source_system = (char[]){"ehsy"};
    body.confidential = report.restricted;
    envelope.occurred_at_ms = simlog_now_ms(house->sim) - 60000;
    envelope.body_case = SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    envelope.case_received = &body;
    (void)simlog_put(house->sim, &envelope); // its number is the head
}

static void put_cases(struct house *house, const char *area, const char *category,
                      unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        put_case(house, (struct report){area, category,
                                        SANJI__MSG_STATUS__MSG_STATUS_ACTUAL, false});
    }
}

/* Time passes in steps that an idle stage is ticked at. */
static void pass_to(struct house *house, int64_t to_ms)
{
    for (int i = 0; i < 200 && simlog_now_ms(house->sim) < to_ms; i++) {
        const int64_t step_ms = simlog_now_ms(house->sim) + DAY / 4;
        simlog_set_now(house->sim, step_ms < to_ms ? step_ms : to_ms);
        assert_true(simlog_settle(house->sim));
    }
    for (int i = 0; i < 20; i++) { // a second for each burst
        simlog_set_now(house->sim, simlog_now_ms(house->sim) + 1000);
        assert_true(simlog_settle(house->sim));
    }
}

/* Good until the next call. */
static const Sanji__Envelope *envelope_at(struct house *house, uint64_t seq)
{
    Sanji__Envelope *envelope = NULL;
    arena_reset(house->arena);
    assert_int_equal(
        codec_unpack(simlog_record(house->sim, seq)->envelope, house->arena, &envelope),
        STATUS_OK);
    return envelope;
}

static size_t count_type(struct house *house, unsigned type)
{
    size_t count = 0;
    for (uint64_t seq = 1; seq <= simlog_head(house->sim); seq++) {
        count += simlog_record(house->sim, seq)->header.type == type;
    }
    return count;
}

static bool has_snapshot(struct house *house, const char *code, const char *scope,
                         uint64_t numerator, uint64_t denominator)
{
    for (uint64_t seq = 1; seq <= simlog_head(house->sim); seq++) {
        if (simlog_record(house->sim, seq)->header.type != EVENT_INDICATOR_SNAPSHOT) {
            continue;
        }
        const Sanji__IndicatorSnapshot *body = envelope_at(house, seq)->indicator_snapshot;
        if (strcmp(body->code, code) == 0 && strcmp(body->scope, scope) == 0 &&
            body->part[0] == '\0') {
            assert_int_equal(body->from_ms, at("2020-08-01T00:00:00+08:00"));
            assert_int_equal(body->to_ms, at(month_end));
            assert_true(body->definition_version > 0 && body->upto_seq < seq);
            return body->numerator == numerator && body->denominator == denominator;
        }
    }
    return false;
}

static const char b01[] = "370499.003.01.001.B01";
static const char b02[] = "370499.003.01.001.B02";

static void a_months_figures_are_written_at_its_end_and_once(void **state)
{
    (void)state;
    struct house house;
    open_house(&house, 1);
    put_cases(&house, b01, "03001", 3);
    put_cases(&house, b02, "03001", 4);
    pass_to(&house, at(month_end) - 3600000);
    assert_int_equal(count_type(&house, EVENT_INDICATOR_SNAPSHOT), 0);
    pass_to(&house, at(month_end));
    const size_t written = count_type(&house, EVENT_INDICATOR_SNAPSHOT);
    assert_true(written > 0);
    assert_true(has_snapshot(&house, "I10", b01, 3, 3));
    assert_true(has_snapshot(&house, "I10", b02, 4, 4));
    assert_true(has_snapshot(&house, "I06", "370499.003.01", 0, 7));
    assert_true(has_snapshot(&house, "I43", "370499.003", 60, 1));
    assert_false(has_snapshot(&house, "I12", b01, 0, 0)); // no value, no record
    pass_to(&house, at(month_end) + 5 * (int64_t)DAY);
    assert_int_equal(count_type(&house, EVENT_INDICATOR_SNAPSHOT), written);
    assert_int_equal(house.audit.reports.snapshot_count, 0);
    close_house(&house);
}

static void what_comes_after_the_months_end_is_not_in_its_figures(void **state)
{
    (void)state;
    struct house house;
    open_house(&house, 2);
    put_cases(&house, b01, "03001", 3);
    assert_true(simlog_settle(house.sim));
    simlog_set_now(house.sim, at(month_end));
    put_cases(&house, b01, "03001", 2); // before audit has looked at the clock
    pass_to(&house, at(month_end) + DAY);
    assert_true(has_snapshot(&house, "I10", b01, 3, 3));
    close_house(&house);
}

/* Killed anywhere while it writes: as many records, the same ones, none twice. */
static void a_restart_between_two_snapshots_completes_the_rest(void **state)
{
    (void)state;
    size_t wanted[2] = {0, 0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct house house;
        open_house(&house, seed);
        put_cases(&house, b01, "03001", 6);
        put_cases(&house, b02, "04001", 7);
        put_cases(&house, "370499.003.02.001.B01", "02001", 5);
        assert_true(simlog_settle(house.sim));
        simlog_set_now(house.sim, at(month_end) + DAY);
        for (uint64_t i = 0; seed > 1 && i < 12; i++) {
            for (uint64_t step = 0; step < seed * 5 % 23 + i; step++) {
                (void)simlog_step(house.sim); // nothing to move is fine
            }
            simlog_kill(house.sim, house.number);
            audit_close(&house.audit);
            house.audit = (struct audit){.process = NULL};
            audit_open(&house.audit);
            simlog_start(house.sim, house.number, &house.audit);
            simlog_set_now(house.sim, simlog_now_ms(house.sim) + 100);
        }
        pass_to(&house, at(month_end) + 2 * (int64_t)DAY);
        const size_t found[2] = {count_type(&house, EVENT_INDICATOR_SNAPSHOT),
                                 count_type(&house, EVENT_PUBLIC_NOTICE)};
        if (seed == 1) {
            wanted[0] = found[0];
            wanted[1] = found[1];
            assert_true(found[0] > 20 && found[1] > 0);
        }
        assert_int_equal(found[0], wanted[0]);
        assert_int_equal(found[1], wanted[1]);
        close_house(&house);
    }
}

static void not_more_than_a_burst_is_written_at_one_instant(void **state)
{
    (void)state;
    struct house house;
    open_house(&house, 3);
    assert_true(simlog_settle(house.sim));
    const Sanji__Org *org =
        rules_org(world_rules(stage_world(simlog_stage(house.sim, house.number))));
    for (size_t i = 0; i < org->n_grids; i++) {
        put_cases(&house, org->grids[i]->path, "03001", 1);
    }
    pass_to(&house, at(month_end));
    size_t in_instant = 0;
    int64_t instant_ms = 0;
    for (uint64_t seq = 1; seq <= simlog_head(house.sim); seq++) {
        const struct record *record = simlog_record(house.sim, seq);
        if (record->header.type == EVENT_INDICATOR_SNAPSHOT) {
            in_instant = record->header.recorded_at_ms == instant_ms ? in_instant + 1 : 1;
            instant_ms = record->header.recorded_at_ms;
            assert_true(in_instant <= REPORTS_BURST);
        }
    }
    assert_true(count_type(&house, EVENT_INDICATOR_SNAPSHOT) > REPORTS_BURST);
    close_house(&house);
}

/* Between the week's end and its telling, in the middle of a month's writing: what the cache
 * held goes on as the one that never stopped. */
static void what_is_pending_comes_back_from_the_cache(void **state)
{
    (void)state;
    struct house house;
    struct fault fault = {.status = STATUS_OK};
    struct stagecache *cache = NULL;
    const char *dropped = NULL;
    char root[SCRATCH_PATH_SIZE];
    char directory[SCRATCH_PATH_SIZE + 16];
    open_house(&house, 7);
    put_cases(&house, b01, "03001", 6);
    pass_to(&house, at(week_end) + DAY / 2);
    struct reports *live = &house.audit.reports;
    assert_int_equal(live->notice_count, 1);
    const struct stagecache_options options = {
        .log_id = 1, .head = 1000, .allow_any_fs = true};
    scratch_make(root);
    print_text(directory, sizeof directory, "%s/audit", root);
    assert_int_equal(stagecache_open(directory, &options, &cache, &dropped, &fault),
                     STATUS_OK);
    reports_save(live, cache);
    assert_int_equal(stagecache_commit(cache, 100), STATUS_OK);
    struct reports loaded;
    reports_open(&loaded);
    assert_true(reports_load(&loaded, cache));
    assert_int_equal(reports_next_wake_ms(&loaded), reports_next_wake_ms(live));
    assert_int_equal(loaded.notice_count, 1);
    assert_memory_equal(&loaded.notices[0], &live->notices[live->notice_first],
                        sizeof loaded.notices[0]);
    assert_int_equal(loaded.month_end_ms, live->month_end_ms);
    assert_int_equal(indicator_range(loaded.indicators).upto_seq,
                     indicator_range(live->indicators).upto_seq);
    reports_close(&loaded);
    stagecache_close(&cache);
    scratch_remove(root);
    close_house(&house);
}

/* ---- the public ---- */

static void a_week_is_told_a_day_after_its_end_and_not_earlier(void **state)
{
    (void)state;
    struct house house;
    open_house(&house, 4);
    put_cases(&house, b01, "03001", 3);
    put_cases(&house, b02, "03002", 3);
    pass_to(&house, at(week_end) + DAY - 3600000);
    assert_int_equal(count_type(&house, EVENT_PUBLIC_NOTICE), 0);
    pass_to(&house, at(week_end) + DAY);
    assert_int_equal(count_type(&house, EVENT_PUBLIC_NOTICE), 1);
    uint64_t seq = simlog_head(house.sim);
    while (simlog_record(house.sim, seq)->header.type != EVENT_PUBLIC_NOTICE) {
        seq--;
    }
    const Sanji__Envelope *envelope = envelope_at(&house, seq);
    const Sanji__PublicNotice *body = envelope->public_notice;
    assert_true(simlog_record(house.sim, seq)->header.recorded_at_ms >= at(week_end) + DAY);
    assert_string_equal(body->week, "2020-W35");
    assert_string_equal(body->public_no, "2020-W35-001");
    assert_string_equal(body->community, "370499.003.01");
    assert_string_equal(body->category_major, "03");
    assert_int_equal(body->public_state, SANJI__CASE_STATE__CASE_STATE_IN_PROGRESS);
    assert_int_equal(body->count, 6);
    assert_string_equal(envelope->area, "370499.003.01");
    assert_string_equal(envelope->case_no, "");
    assert_int_equal(envelope->sensitivity, SANJI__SENSITIVITY__SENSITIVITY_PUBLIC);
    close_house(&house);
}

static void few_restricted_and_exercised_cases_are_never_told(void **state)
{
    (void)state;
    struct house house;
    open_house(&house, 5);
    put_cases(&house, b01, "03001", 4);
    for (int i = 0; i < 9; i++) {
        put_case(&house,
                 (struct report){b01, "03001", SANJI__MSG_STATUS__MSG_STATUS_ACTUAL, true});
        put_case(&house, (struct report){b01, "03001",
                                         SANJI__MSG_STATUS__MSG_STATUS_EXERCISE, false});
    }
    pass_to(&house, at(month_end) + DAY);
    assert_int_equal(count_type(&house, EVENT_PUBLIC_NOTICE), 0);
    close_house(&house);
}

/* Eleven digits in a row would be a telephone number, more of them an identity. Nor does a
 * notice name a case, a worker, a committee or a grid. */
static void no_notice_holds_what_could_be_a_person(void **state)
{
    (void)state;
    struct house house;
    open_house(&house, 6);
    put_cases(&house, b01, "03001", 6);
    put_cases(&house, b02, "01001", 6);
    put_cases(&house, "370499.003.02.001.B01", "07001", 6);
    put_cases(&house, "370499.003.02.001.B01", "05001", 6);
    pass_to(&house, at(month_end) + DAY);
    size_t told = 0;
    for (uint64_t seq = 1; seq <= simlog_head(house.sim); seq++) {
        const struct record *record = simlog_record(house.sim, seq);
        if (record->header.type != EVENT_PUBLIC_NOTICE) {
            continue;
        }
        size_t digits = 0;
        for (size_t i = 0; i < record->envelope.size; i++) {
            const uint8_t byte = record->envelope.data[i];
            digits = byte >= '0' && byte <= '9' ? digits + 1 : 0;
            assert_true(digits < 11);
        }
        const Sanji__Envelope *envelope = envelope_at(&house, seq);
        struct org_path place = {0, 0};
        assert_int_equal(org_parse(envelope->public_notice->community, &place), STATUS_OK);
        assert_true(org_depth(place) >= TIER_COMMUNITY);
        assert_int_equal(record->header.case_key, 0);
        assert_int_equal(record->header.worker, 0);
        const char *major = envelope->public_notice->category_major;
        const bool street = strcmp(major, "01") == 0 || strcmp(major, "05") == 0 ||
                            strcmp(major, "07") == 0;
        assert_true(!street || place.packed == 0);
        assert_true(envelope->public_notice->count >= 5);
        told++;
    }
    assert_int_equal(told, 4);
    close_house(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_months_figures_are_written_at_its_end_and_once),
        cmocka_unit_test(what_comes_after_the_months_end_is_not_in_its_figures),
        cmocka_unit_test(a_restart_between_two_snapshots_completes_the_rest),
        cmocka_unit_test(not_more_than_a_burst_is_written_at_one_instant),
        cmocka_unit_test(what_is_pending_comes_back_from_the_cache),
        cmocka_unit_test(a_week_is_told_a_day_after_its_end_and_not_earlier),
        cmocka_unit_test(few_restricted_and_exercised_cases_are_never_told),
        cmocka_unit_test(no_notice_holds_what_could_be_a_person),
    };
    return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
