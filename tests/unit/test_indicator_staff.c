/* test_indicator_staff.c: I37 to I48: workers, appraisal, privacy, the system. */
#include "tests/unit/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/small_rules.h"

enum {
    STAFF = 8
};

/* What the log would say of W00001 .. W00008. */
static struct worker_state states[STAFF + 1];

static const struct worker_state *state_of(void *context, uint32_t worker)
{
    static const struct worker_state none = {.worker = 0};
    (void)context;
    return worker <= STAFF ? &states[worker] : &none;
}

static void tell_staff(struct book *book)
{
    for (size_t i = 0; i < book->view_count; i++) {
        indicator_staff(book->views[i], world_rules(book->ledger.world), state_of, NULL);
    }
}

/* Four full-time workers, a professional, all round the clock; two grids with people. */
static void hire(struct book *book, struct small_rules *rules)
{
    static const char *const numbers[] = {"W00001", "W00002", "W00003", "W00004"};
    memset(states, 0, sizeof states);
    small_rules_open(rules);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        small_rules_worker(rules, numbers[i], ROLE_FULLTIME, i < 3 ? GRID_B01 : GRID_FAR,
                           "g");
    }
    small_rules_worker(rules, "W00005", ROLE_PROFESSIONAL, GRID_B01, "g");
    small_rules_category(rules, "03001", SEVERITY_S3, "g")->self_handled = true;
    for (size_t i = 0; i < rules->org.n_grids; i++) {
        rules->org.grids[i]->households = 400;
        rules->org.grids[i]->residents = 900;
    }
    small_rules_publish(rules, book->ledger.world);
}

static void set_minutes(struct book *book, uint32_t worker, uint32_t minutes)
{
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(480, book->ledger.now_ms, &states[worker].roll_day, &minute, &weekday);
    states[worker].worker = worker;
    states[worker].roll_min[0] = minutes;
}

/* By the formulas, with pencil: 10, 20, 30, 60 of full-time workers. */
static void even_loads_are_counted_by_the_four_formulas(void **state)
{
    static const uint32_t minutes[] = {60, 10, 30, 20};
    struct book *book = *state;
    struct small_rules rules;
    hire(book, &rules);
    book_receive(book); // so that there is a now
    for (uint32_t i = 0; i < 4; i++) {
        set_minutes(book, i + 1, minutes[i]);
    }
    set_minutes(book, 5, 1000); // another role
    tell_staff(book);
    // -3 * 10 - 20 + 30 + 3 * 60 = 160 / 4 * 120
    book_check(book, "I37", 160, 480);
    book_check(book, "I37 FULLTIME_GINI", 160, 480);
    book_check(book, "I37 FULLTIME_MAX_MEAN", 240, 120);
    // 4 * 5000 - 14400 = 5600, its root 74.833
    book_check(book, "I37 FULLTIME_CV", 74833, 120000);
    book_check(book, "I37 FULLTIME_JAIN", 14400, 20000);
    book_check(book, "I37 VOLUNTEER_GINI", 0, 0);
    small_rules_close(&rules);
}

static void who_was_not_on_duty_does_not_make_the_load_uneven(void **state)
{
    struct book *book = *state;
    struct small_rules rules;
    hire(book, &rules);
    rules.roster.workers[1]->shift_id = 99; // no such shift: never on duty
    small_rules_publish(&rules, book->ledger.world);
    book_receive(book);
    set_minutes(book, 1, 30);
    set_minutes(book, 3, 30);
    set_minutes(book, 4, 30);
    tell_staff(book);
    book_check(book, "I37", 0, 3 * 90);
    states[2].duty = SANJI__DUTY__DUTY_ON;
    tell_staff(book);
    book_check(book, "I37", 90, 4 * 90);
    small_rules_close(&rules);
}

static void utilisation_and_households_count_who_works_in_the_area(void **state)
{
    struct book *book = *state;
    struct indicators *community = book_add_view(book, COMMUNITY_1, 0, 0);
    struct small_rules rules;
    hire(book, &rules);
    book_receive(book);
    states[1].open_min = 205; // of 240: above 85 %
    states[2].open_min = 204;
    tell_staff(book);
    book_check(book, "I38", 409, 5 * 240);
    struct indicator_figure figure = book_figure_of(book->views[0], "I38 ABOVE_85");
    assert_int_equal(figure.numerator, 1);
    assert_int_equal(figure.denominator, 5);
    assert_false(figure.suppressed);
    figure = book_figure_of(community, "I38 ABOVE_85");
    assert_int_equal(figure.denominator, 4);
    assert_true(figure.suppressed && !figure.has_value); // fewer than five persons
    book_check(book, "I39", 4 * 400, 4);                 // basic grids alone
    book_check(book, "I39 PERSONS", 4 * 900, 4);
    book_check_view(community, "I39", 3 * 400, 3);
    small_rules_close(&rules);
}

static void report_coverage(struct book *book, const char *worker)
{
    struct turn *turn = ledger_turn(&book->ledger, OWNER_DISPATCH);
    Sanji__CoverageReported body = SANJI__COVERAGE_REPORTED__INIT;
    Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
    body.worker = turn_text(turn, "%s", worker);
    body.cells_planned = 10;
    body.cells_visited = 7;
    body.visits_done = 3;
    envelope->body_case = SANJI__ENVELOPE__BODY_COVERAGE_REPORTED;
    envelope->coverage_reported = &body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
    ledger_commit(&book->ledger);
}

static void patrols_are_those_of_the_area_and_the_window(void **state)
{
    struct book *book = *state;
    struct indicators *community = book_add_view(book, COMMUNITY_1, 0, 0);
    struct indicators *later =
        book_add_view(book, NULL, book->ledger.now_ms + HOUR, INT64_MAX);
    struct small_rules rules;
    hire(book, &rules);
    report_coverage(book, "W00001");
    book_pass_time(book, HOUR);
    report_coverage(book, "W00004");
    tell_staff(book);
    book_check(book, "I41", 14, 20);
    book_check(book, "I41 VISITS", 6, 1);
    book_check_view(community, "I41", 7, 10);
    book_check_view(later, "I41", 7, 10);
    small_rules_close(&rules);
}

static void what_the_registry_did_not_deliver_has_no_value(void **state)
{
    struct book *book = *state;
    book_close_case(book, book_resolve(book));
    book_check(book, "I40", 0, 0);
    book_check(book, "I42", 0, 0);
}

/* ---- I43 to I46 ---- */

static struct kase *handle_alone(struct book *book, const char *worker, uint8_t photo)
{
    struct ledger *ledger = &book->ledger;
    struct turn *turn = ledger_turn(ledger, OWNER_INTAKE);
    const uint64_t key = ledger_next_key(ledger);
    uint8_t sha256[32] = {photo, 1, 2, 3};
    Sanji__Evidence evidence = SANJI__EVIDENCE__INIT;
    Sanji__Evidence *list[] = {&evidence};
    Sanji__CaseReceived body = SANJI__CASE_RECEIVED__INIT;
    struct org_path path = {0};
    assert_int_equal(org_parse(BOOK_GRID, &path), STATUS_OK);
    evidence.sha256 = (ProtobufCBinaryData){sizeof sha256, sha256};
    body.source = SANJI__SOURCE__SOURCE_HANDHELD;
    body.source_system = turn_text(turn, "ehsy");
    body.self_handled = true;
    body.n_evidence = photo != 0;
    body.evidence = list;
    Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
    turn_set_area(turn, envelope, path);
    turn_set_holder(turn, envelope, org_subdistrict(path), TIER_SUBDISTRICT);
    turn_set_owner(turn, envelope, org_community(path));
    envelope->severity = SANJI__SEVERITY__SEVERITY_S3;
    envelope->category = turn_text(turn, "03001");
    envelope->status = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    envelope->case_received = &body;
    turn_emit(turn,
              &(struct emission){.edge = T01, .envelope = envelope, .new_case_key = key});
    ledger_commit(ledger);
    Sanji__CaseSelfHandled handled = SANJI__CASE_SELF_HANDLED__INIT;
    char number[8];
    (void)snprintf(number, sizeof number, "%s", worker);
    handled.worker = number;
    struct kase *kase = world_case(ledger->world, key);
    book_write_one(book, kase, T07, EVENT_CASE_SELF_HANDLED, &handled.base);
    return kase;
}

static void who_handles_more_than_three_times_the_median_alone_is_looked_at(void **state)
{
    struct book *book = *state;
    struct small_rules rules;
    hire(book, &rules);
    for (int i = 0; i < 7; i++) {
        handle_alone(book, "W00001", 0);
    }
    for (int i = 0; i < 2; i++) {
        handle_alone(book, "W00002", 0);
        handle_alone(book, "W00003", 0);
    }
    for (int i = 0; i < 9; i++) {
        handle_alone(book, "W00005", 0); // alone in his role: his is the median
    }
    tell_staff(book);
    const struct indicator_figure figure = book_figure_of(book->views[0], "I45");
    assert_int_equal(figure.numerator, 1);
    assert_int_equal(figure.denominator, 4);
    assert_true(figure.suppressed);
    small_rules_close(&rules);
}

static void a_photo_sent_twice_is_seen_once_and_not_before(void **state)
{
    struct book *book = *state;
    struct indicators *later =
        book_add_view(book, NULL, book->ledger.now_ms + HOUR, INT64_MAX);
    handle_alone(book, "W00001", 7);
    handle_alone(book, "W00001", 8);
    book_check(book, "I45 PHOTO_REPEATS", 0, 1);
    book_pass_time(book, HOUR);
    handle_alone(book, "W00002", 7);
    book_check(book, "I45 PHOTO_REPEATS", 1, 1);
    book_check_view(later, "I45 PHOTO_REPEATS", 1, 1);
    for (int photo = 9; photo < 200; photo++) {
        handle_alone(book, "W00002", (uint8_t)photo);
    }
    book_check(book, "I45 PHOTO_REPEATS", 1, 1);
}

static void reports_by_handheld_are_measured_from_seeing_to_telling(void **state)
{
    struct book *book = *state;
    const int64_t now_ms = book->ledger.now_ms;
    const Sanji__MsgStatus actual = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    const Sanji__Source handheld = SANJI__SOURCE__SOURCE_HANDHELD;
    book_receive_from(book, handheld, BOOK_GRID, actual, now_ms - MINUTE);
    book_receive_from(book, handheld, BOOK_GRID, actual, now_ms - HOUR);
    book_receive_from(book, handheld, BOOK_GRID, actual, now_ms - 3 * MINUTE);
    book_receive_from(book, handheld, BOOK_GRID, actual, 0);
    book_receive_from(book, SANJI__SOURCE__SOURCE_IOT, BOOK_GRID, actual, now_ms - HOUR);
    book_check(book, "I43", 180, 1);
    book_check(book, "I43 VALID", 0, 4); // nobody has accepted one yet
}

static void appraisal_counts_the_cases_that_a_worker_took_on(void **state)
{
    struct book *book = *state;
    book_close_case(book, book_resolve(book));
    book_finish_upstream(book, book_hand_upstream(book)); // nobody of ours took it on
    ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    book_check(book, "I12", 2, 2);
    book_check(book, "I44", 1, 1);
    book_check(book, "I44 ACKED", 1, 2);
    book_check(book, "I44 REWORKED", 0, 1);
}

/* ---- I47, I48 ---- */

static void read_as(struct book *book, struct kase *kase, Sanji__Role role,
                    const char *worker, const char *org)
{
    struct turn *turn = ledger_turn(&book->ledger, OWNER_INTAKE);
    Sanji__RestrictedRead body = SANJI__RESTRICTED_READ__INIT;
    body.role = role;
    body.worker = turn_text(turn, "%s", worker);
    body.org = turn_text(turn, "%s", org);
    body.granted = true;
    book_emit(book, kase, T_NONE, EVENT_RESTRICTED_READ, &body.base);
    ledger_commit(&book->ledger);
}

static void reads_are_counted_and_those_from_outside_the_case_apart(void **state)
{
    struct book *book = *state;
    struct kase *kase = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    char worker[WORKER_SIZE];
    read_as(book, kase, SANJI__ROLE__ROLE_FULLTIME, id_worker_print(kase->worker, worker),
            "");
    read_as(book, kase, SANJI__ROLE__ROLE_DISPATCHER, "", "370499.003.01.001");
    read_as(book, kase, SANJI__ROLE__ROLE_INTAKE_OPERATOR, "", "370499.003");
    read_as(book, kase, SANJI__ROLE__ROLE_FULLTIME, "W00077", "");
    read_as(book, kase, SANJI__ROLE__ROLE_DUTY_LEADER, "", "370499.003.02");
    Sanji__StatementRefused refused = SANJI__STATEMENT_REFUSED__INIT;
    refused.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_READ;
    ledger_turn(&book->ledger, OWNER_INTAKE);
    book_emit(book, kase, T_NONE, EVENT_STATEMENT_REFUSED, &refused.base);
    ledger_commit(&book->ledger);
    book_check(book, "I47", 5, 1);
    book_check(book, "I47 NO_CASE_ROLE", 2, 1);
    book_check(book, "I47 DENIED", 1, 1);
}

static void lateness_of_timers_is_known_to_a_sixteenth(void **state)
{
    struct book *book = *state;
    for (int i = 0; i < 100; i++) {
        struct kase *kase = book_receive(book);
        const int64_t now_ms = book->ledger.now_ms;
        const struct case_timer *timer = case_timer(kase, TIMER_ACCEPT, 0);
        assert_non_null(timer);
        // 98 on time, two of them very late: the 99th is one of these.
        book->ledger.now_ms = timer->due_ms + (i < 98 ? 3 : 100000);
        book_fire(book, kase, TIMER_ACCEPT, false);
        book->ledger.now_ms = now_ms > book->ledger.now_ms ? now_ms : book->ledger.now_ms;
    }
    const struct indicator_figure figure = book_figure_of(book->views[0], "I48");
    assert_int_equal(figure.denominator, 1);
    assert_in_range(figure.numerator, 100000, 100000 + 100000 / 16);
    book_check(book, "I48 FIRED", 100, 1);
    book_check(book, "I48 AFTER_RESTART", 0, 1);
    book_check(book, "I48 FOUND", 0, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, book_open, book_close)
    const struct CMUnitTest tests[] = {
        TEST(even_loads_are_counted_by_the_four_formulas),
        TEST(who_was_not_on_duty_does_not_make_the_load_uneven),
        TEST(utilisation_and_households_count_who_works_in_the_area),
        TEST(patrols_are_those_of_the_area_and_the_window),
        TEST(what_the_registry_did_not_deliver_has_no_value),
        TEST(who_handles_more_than_three_times_the_median_alone_is_looked_at),
        TEST(a_photo_sent_twice_is_seen_once_and_not_before),
        TEST(reports_by_handheld_are_measured_from_seeing_to_telling),
        TEST(appraisal_counts_the_cases_that_a_worker_took_on),
        TEST(reads_are_counted_and_those_from_outside_the_case_apart),
        TEST(lateness_of_timers_is_known_to_a_sixteenth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
