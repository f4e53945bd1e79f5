/* test_indicator.c: each figure's numerator and denominator on histories counted by hand.
 *
 * The ledger begins on Friday, 2020-08-14 10:00 +08. Category 03001 (S3) has 4 working
 * hours: what is received then is due at 16:00.
 */
#include "broker/runtime/indicator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/ledger.h"

enum {
    VIEWS_MAX = 4,
    MINUTE = 60 * 1000,
    HOUR = 60 * MINUTE
};

static const char grid[] = "370499.003.01.001.B01";

struct book {
    struct ledger ledger;
    struct indicators *views[VIEWS_MAX]; /* [0]: everything, from first to last */
    size_t view_count;
    uint32_t clock_reason; /* of what is received next */
};

static void seen(void *context, const struct record *record,
                 const Sanji__Envelope *envelope)
{
    struct book *book = context;
    struct world *world = book->ledger.world;
    const struct indicator_seen each = {.record = record,
                                        .envelope = envelope,
                                        .before = world_before(world),
                                        .after = world_case(world, record->header.case_key),
                                        .calendar = rules_calendar(world_rules(world))};
    for (size_t i = 0; i < book->view_count; i++) {
        indicator_fold(book->views[i], &each);
    }
}

static struct indicators *add_view(struct book *book, const char *scope, int64_t from_ms,
                                   int64_t to_ms)
{
    struct indicator_window window = {.from_ms = from_ms, .to_ms = to_ms};
    if (scope != NULL) {
        assert_int_equal(org_parse(scope, &window.scope), STATUS_OK);
    }
    assert_true(book->view_count < VIEWS_MAX);
    book->views[book->view_count] = indicator_new(&window);
    return book->views[book->view_count++];
}

static int open_book(void **state)
{
    struct book *book = calloc(1, sizeof *book);
    assert_non_null(book);
    ledger_open(&book->ledger);
    book->ledger.seen = seen;
    book->ledger.seen_context = book;
    add_view(book, NULL, 0, 0);
    *state = book;
    return 0;
}

static int close_book(void **state)
{
    struct book *book = *state;
    for (size_t i = 0; i < book->view_count; i++) {
        indicator_free(&book->views[i]);
    }
    ledger_close(&book->ledger);
    free(book);
    return 0;
}

static struct indicator_figure figure_of(const struct indicators *view, const char *name)
{
    for (size_t i = 0; i < indicator_count(); i++) {
        const struct indicator_definition *definition = indicator_definition(i);
        char text[64];
        (void)snprintf(text, sizeof text, "%s%s%s", definition->code,
                       definition->part == NULL ? "" : " ",
                       definition->part == NULL ? "" : definition->part);
        if (strcmp(text, name) == 0) {
            struct indicator_figure figure;
            indicator_read(view, i, &figure);
            return figure;
        }
    }
    fail_msg("no figure %s", name);
    return (struct indicator_figure){0};
}

static void check_view(const struct indicators *view, const char *name, int64_t numerator,
                       int64_t denominator)
{
    const struct indicator_figure figure = figure_of(view, name);
    if (figure.numerator != numerator || figure.denominator != denominator) {
        fail_msg("%s is %lld / %lld, not %lld / %lld", name, (long long)figure.numerator,
                 (long long)figure.denominator, (long long)numerator,
                 (long long)denominator);
    }
    assert_int_equal(figure.has_value, denominator != 0);
    assert_false(figure.suppressed);
}

static void check(const struct book *book, const char *name, int64_t numerator,
                  int64_t denominator)
{
    check_view(book->views[0], name, numerator, denominator);
}

/* ---- steps that the ledger does not have ---- */

static void pass_time(struct book *book, int64_t ms)
{
    book->ledger.now_ms += ms;
}

/* An event with its body; edge T_NONE: a side event. */
static void emit(struct book *book, struct kase *kase, enum transition edge, unsigned type,
                 const ProtobufCMessage *body)
{
    struct turn *turn = book->ledger.open;
    Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&sanji__envelope__descriptor, type);
    memcpy((uint8_t *)envelope + field->offset, &body, sizeof(body));
    envelope->body_case = (Sanji__Envelope__BodyCase)type;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = edge, .envelope = envelope});
}

static void write_one(struct book *book, struct kase *kase, enum transition edge,
                      unsigned type, const ProtobufCMessage *body)
{
    ledger_turn(&book->ledger, vocab_event_owner(type));
    emit(book, kase, edge, type, body);
    ledger_commit(&book->ledger);
}

static struct kase *receive_from(struct book *book, Sanji__Source source, const char *area,
                                 Sanji__MsgStatus status, int64_t observed_ms)
{
    struct ledger *ledger = &book->ledger;
    struct turn *turn = ledger_turn(ledger, OWNER_INTAKE);
    const uint64_t key = ledger_next_key(ledger);
    struct org_path path = {0};
    assert_int_equal(org_parse(area, &path), STATUS_OK);
    Sanji__CaseReceived body = SANJI__CASE_RECEIVED__INIT;
    body.source = source;
    body.source_system = turn_text(turn, "ehsy");
    body.clock_reason = book->clock_reason;
    Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
    turn_set_area(turn, envelope, path);
    turn_set_holder(turn, envelope, org_subdistrict(path), TIER_SUBDISTRICT);
    turn_set_owner(turn, envelope, org_community(path));
    envelope->severity = SANJI__SEVERITY__SEVERITY_S3;
    envelope->category = turn_text(turn, "03001");
    envelope->status = status;
    envelope->occurred_at_ms = observed_ms;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    envelope->case_received = &body;
    turn_emit(turn,
              &(struct emission){.edge = T01, .envelope = envelope, .new_case_key = key});
    ledger_commit(ledger);
    return world_case(ledger->world, key);
}

static struct kase *receive(struct book *book)
{
    return ledger_receive(&book->ledger, grid, SEVERITY_S3, 3001);
}

static void self_handle(struct book *book, struct kase *kase)
{
    Sanji__CaseSelfHandled body = SANJI__CASE_SELF_HANDLED__INIT;
    body.resolution = SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED;
    write_one(book, kase, T07, EVENT_CASE_SELF_HANDLED, &body.base);
}

static void check_case(struct book *book, struct kase *kase, bool passed)
{
    Sanji__CheckCompleted body = SANJI__CHECK_COMPLETED__INIT;
    body.passed = passed;
    write_one(book, kase, passed ? T21 : T20, EVENT_CHECK_COMPLETED, &body.base);
}

static void close_after(struct book *book, struct kase *kase, unsigned first,
                        const ProtobufCMessage *first_body)
{
    Sanji__CaseClosed body = SANJI__CASE_CLOSED__INIT;
    body.local = kase->resolver_tier != TIER_MUNICIPAL;
    body.in_time = !kase->resolve_missed;
    body.resolution = (Sanji__Resolution)kase->resolution;
    ledger_turn(&book->ledger, OWNER_INTAKE);
    emit(book, kase, T_NONE, first, first_body);
    emit(book, kase, first == EVENT_CHECK_COMPLETED ? T22 : T23, EVENT_CASE_CLOSED,
         &body.base);
    ledger_commit(&book->ledger);
}

/* RESOLVED -> CLOSED, nobody asked. */
static void close_case(struct book *book, struct kase *kase)
{
    Sanji__CheckCompleted body = SANJI__CHECK_COMPLETED__INIT;
    body.passed = true;
    close_after(book, kase, EVENT_CHECK_COMPLETED, &body.base);
}

/* REVISIT -> CLOSED. */
static void close_answered(struct book *book, struct kase *kase, Sanji__Satisfaction result,
                           bool is_solved)
{
    Sanji__RevisitCompleted body = SANJI__REVISIT_COMPLETED__INIT;
    body.result = result;
    body.solved = is_solved;
    close_after(book, kase, EVENT_REVISIT_COMPLETED, &body.base);
}

static void fire(struct book *book, struct kase *kase, enum timer_kind kind, bool again)
{
    const struct case_timer *timer = case_timer(kase, kind, kind == TIMER_ACK);
    assert_non_null(timer);
    struct turn *turn = ledger_turn(&book->ledger, vocab_timer_owner(kind));
    turn_timer_fired(turn, kase, timer, NULL, 0, again);
    ledger_commit(&book->ledger);
}

static void escalate(struct book *book, struct kase *kase, Sanji__EscalationCause cause)
{
    Sanji__CaseEscalated body = SANJI__CASE_ESCALATED__INIT;
    body.cause = cause;
    write_one(book, kase, T15, EVENT_CASE_ESCALATED, &body.base);
}

static void inform(struct book *book, struct kase *kase)
{
    Sanji__ReporterInformed body = SANJI__REPORTER_INFORMED__INIT;
    write_one(book, kase, T_NONE, EVENT_REPORTER_INFORMED, &body.base);
}

static void reject(struct book *book, struct kase *kase)
{
    ledger_move(&book->ledger, kase, T06);
}

/* A case as far as RESOLVED, all at once. */
static struct kase *resolve(struct book *book)
{
    return ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
}

static struct kase *hand_upstream(struct book *book)
{
    struct kase *kase = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    ledger_move(&book->ledger, kase, T16);
    return kase;
}

static void finish_upstream(struct book *book, struct kase *kase)
{
    Sanji__UpstreamUpdated body = SANJI__UPSTREAM_UPDATED__INIT;
    body.kind = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE;
    body.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    write_one(book, kase, T18, EVENT_UPSTREAM_UPDATED, &body.base);
}

/* ---- the table ---- */

static void
the_whole_of_a_code_stands_before_its_parts_and_no_part_stands_twice(void **state)
{
    (void)state;
    const char *last = "";
    for (size_t i = 0; i < indicator_count(); i++) {
        const struct indicator_definition *one = indicator_definition(i);
        assert_true(strcmp(one->code, last) >= 0);
        assert_int_equal(one->part == NULL, strcmp(one->code, last) != 0);
        assert_true(one->definition[0] != '\0' && one->name_zh[0] != '\0' &&
                    one->name_en[0] != '\0' && one->by[0] != '\0' && one->version > 0);
        for (size_t j = 0; j < i; j++) {
            const struct indicator_definition *other = indicator_definition(j);
            assert_false(one->part != NULL && other->part != NULL &&
                         strcmp(one->code, other->code) == 0 &&
                         strcmp(one->part, other->part) == 0);
        }
        last = one->code;
    }
}

static void every_code_of_the_catalogue_is_computed(void **state)
{
    (void)state;
    for (unsigned number = 1; number <= 48; number++) {
        char code[8];
        bool computed = false;
        (void)snprintf(code, sizeof code, "I%02u", number);
        for (size_t i = 0; i < indicator_count(); i++) {
            computed = computed || strcmp(indicator_definition(i)->code, code) == 0;
        }
        const bool exists = number != 9 && number != 19; // the catalogue skips these
        assert_int_equal(computed, exists);
    }
}

static void an_empty_log_has_no_value_anywhere_but_in_counts(void **state)
{
    struct book *book = *state;
    for (size_t i = 0; i < indicator_count(); i++) {
        struct indicator_figure figure;
        indicator_read(book->views[0], i, &figure);
        const bool is_count = figure.definition->kind == INDICATOR_COUNT;
        assert_int_equal(figure.numerator, 0);
        assert_int_equal(figure.denominator, is_count);
        assert_int_equal(figure.has_value, is_count);
    }
    assert_int_equal(indicator_range(book->views[0]).upto_seq, 0);
}

static void a_value_is_rounded_to_six_decimals_half_away_from_zero(void **state)
{
    (void)state;
    static const struct indicator_definition share = {.kind = INDICATOR_SHARE};

    static const struct {
        int64_t numerator, denominator, value_e6;
    } cases[] = {{1956, 2008, 974104}, {1, 3, 333333},  {2, 3, 666667},
                 {-2, 3, -666667},     {1, 2000000, 1}, {999999999, 1000000000, 1000000},
                 {8010, 86, 93139535}, {0, 7, 0},       {-100, 1, -100000000}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct indicator_figure figure = {.definition = &share,
                                          .numerator = cases[i].numerator,
                                          .denominator = cases[i].denominator};
        indicator_settle(&figure);
        assert_true(figure.has_value);
        assert_int_equal(figure.value_e6, cases[i].value_e6);
    }
}

static void a_share_of_fewer_than_five_persons_is_suppressed(void **state)
{
    (void)state;
    static const struct indicator_definition persons = {.of_persons = true};
    static const struct indicator_definition cases = {.of_persons = false};
    struct indicator_figure figure = {
        .definition = &persons, .numerator = 4, .denominator = 4};
    indicator_settle(&figure);
    assert_true(figure.suppressed);
    assert_false(figure.has_value);
    figure.denominator = 5;
    indicator_settle(&figure);
    assert_false(figure.suppressed);
    assert_int_equal(figure.value_e6, 800000);
    figure =
        (struct indicator_figure){.definition = &cases, .numerator = 1, .denominator = 2};
    indicator_settle(&figure);
    assert_false(figure.suppressed);
}

/* ---- I01 to I08 ---- */

static void closings_count_by_who_resolved_and_how(void **state)
{
    struct book *book = *state;
    close_case(book, resolve(book));
    struct kase *kase = receive(book);
    self_handle(book, kase);
    close_case(book, kase);
    kase = hand_upstream(book);
    finish_upstream(book, kase);
    close_case(book, kase);
    resolve(book); // resolved, not closed
    reject(book, receive(book));
    check(book, "I01", 2, 3);
    check(book, "I02", 2, 2);
    check(book, "I03", 1, 3);
    check(book, "I04", 3, 3);
    check(book, "I04 GRID_COMMITTEE", 2, 3);
    check(book, "I04 COMMUNITY", 0, 3);
    check(book, "I04 SUBDISTRICT", 0, 3);
    check(book, "I04 MUNICIPAL", 1, 3);
    check(book, "I13", 3, 4);
    check(book, "I13 IN_TIME", 3, 4);
}

static void reports_count_by_source_and_by_what_became_of_them(void **state)
{
    struct book *book = *state;
    const Sanji__MsgStatus actual = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    self_handle(book, receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD, grid, actual, 0));
    struct kase *hotline =
        receive_from(book, SANJI__SOURCE__SOURCE_HOTLINE_12345, grid, actual, 0);
    ledger_move(&book->ledger, hotline, T05);
    reject(book, receive_from(book, SANJI__SOURCE__SOURCE_HOTLINE_12345, grid, actual, 0));
    receive_from(book, SANJI__SOURCE__SOURCE_VIDEO, grid, actual, 0); // not decided yet
    struct kase *cancelled =
        receive_from(book, SANJI__SOURCE__SOURCE_VIDEO, grid, actual, 0);
    ledger_move(&book->ledger, cancelled, T05);
    ledger_move(&book->ledger, cancelled, T30);
    check(book, "I05", 2, 3); // handled on the spot, accepted, rejected
    check(book, "I05 REJECTED", 1, 3);
    check(book, "I06", 3, 5);
    check(book, "I06 HANDHELD", 1, 1);
    check(book, "I06 HOTLINE_12345", 1, 2);
    check(book, "I06 VIDEO", 1, 2);
    check(book, "I06 IOT", 0, 0);
    check(book, "I08", 1, 2); // the cancelled one is no case, the undecided not yet
    check(book, "I10", 5, 5);
}

static void exercises_and_tests_count_nowhere(void **state)
{
    struct book *book = *state;
    self_handle(book, receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD, grid,
                                   SANJI__MSG_STATUS__MSG_STATUS_EXERCISE, 0));
    receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD, grid,
                 SANJI__MSG_STATUS__MSG_STATUS_TEST, 0);
    check(book, "I05", 0, 0);
    check(book, "I06", 0, 0);
    check(book, "I12", 0, 0);
    check(book, "I36", 0, 1);
}

/* ---- I10 to I18 ---- */

static void a_missed_acceptance_counts_against_reports_received(void **state)
{
    struct book *book = *state;
    struct kase *late = receive(book);
    receive(book);
    pass_time(book, 3 * HOUR); // one working hour is 13:00 at the latest: due 11:00
    fire(book, late, TIMER_ACCEPT, false);
    check(book, "I10", 1, 2);
}

static void only_the_first_dispatch_limit_counts(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *first = ledger_case(ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    struct kase *second = ledger_case(ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_ACCEPTED); // its limit still runs
    ledger_decline(ledger, second, 505);
    pass_time(book, 2 * HOUR);
    fire(book, first, TIMER_DISPATCH, true);
    check(book, "I11", 2, 3);
    fire(book, second, TIMER_DISPATCH, true); // a later round at the desk
    check(book, "I11", 2, 3);
}

static void a_case_is_late_from_its_limit_on_resolved_or_not(void **state)
{
    struct book *book = *state;
    struct kase *open = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    resolve(book);
    receive(book); // not accepted: has no limit yet
    check(book, "I12", 1, 1);
    pass_time(book, 6 * HOUR); // 16:00, its due time, has not passed
    resolve(book);
    check(book, "I12", 2, 2);
    pass_time(book, MINUTE); // past it, though nobody has fired the timer yet
    resolve(book);
    check(book, "I12", 3, 4);
    check(book, "I02", 0, 1);
    check(book, "I13", 0, 4);
    fire(book, open, TIMER_RESOLVE, false);
    check(book, "I12", 3, 4);
    pass_time(book, 59 * MINUTE); // 17:00: 5 of 4 working hours
    ledger_move(&book->ledger, open, T19);
    check(book, "I02", 0, 0); // resolved, so no longer open past its limit
    close_case(book, open);
    check(book, "I12", 3, 4);
    check(book, "I02", 1, 1);
    check(book, "I13", 1, 4);
    check(book, "I13 IN_TIME", 0, 4);
    check(book, "I15", 250, 1000);
    check(book, "I15 MAX", 3600, 14400);
}

static void the_worst_overrun_is_the_largest_by_its_limit(void **state)
{
    struct book *book = *state;
    struct kase *a = ledger_case(&book->ledger, SEVERITY_S3, 1001, STATE_IN_PROGRESS);
    struct kase *b = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    // 40 working hours from Friday 10:00 end on Friday 10:00, as does the cap of 7 days.
    pass_time(book, 7 * TIME_DAY_MS + HOUR);
    ledger_move(&book->ledger, a, T19); // 41 hours, an hour over 40
    ledger_move(&book->ledger, b, T19); // 41 hours, 37 over 4
    close_case(book, a);
    close_case(book, b);
    check(book, "I15", 25 + 9250, 2000);
    check(book, "I15 MAX", 37 * 3600, 4 * 3600);
    check(book, "I12", 0, 2);
}

static void time_with_the_municipal_platform_is_not_local(void **state)
{
    struct book *book = *state;
    hand_upstream(book);
    pass_time(book, TIME_DAY_MS);
    receive(book); // a record, so that now moves
    check(book, "I02", 0, 0);
    check(book, "I12", 0, 1);
}

static void offers_count_and_those_of_them_that_were_acknowledged(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    struct kase *kase = ledger_case(ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    ledger_decline(ledger, kase, 505);
    ledger_offer(ledger, kase, 1, 30);
    check(book, "I16", 1, 3);
    ledger_move(ledger, kase, T10);
    check(book, "I16", 2, 3);
}

static void feedback_counts_where_the_reporter_wants_contact(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *told = ledger_case(ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    struct kase *late = ledger_case(ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_ACCEPTED); // still has time
    struct kase *silent = receive_from(book, SANJI__SOURCE__SOURCE_IOT, grid,
                                       SANJI__MSG_STATUS__MSG_STATUS_ACTUAL, 0);
    ledger_move(ledger, silent, T05); // nobody to tell
    inform(book, told);
    pass_time(book, 8 * TIME_DAY_MS);
    fire(book, late, TIMER_FEEDBACK, false);
    inform(book, late);
    check(book, "I18", 2, 3);
    check(book, "I31", 1, 3);
}

/* ---- I20 to I25 ---- */

static void time_is_split_at_offer_and_resolution(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *kase =
        receive_from(book, SANJI__SOURCE__SOURCE_HOTLINE_12345, grid,
                     SANJI__MSG_STATUS__MSG_STATUS_ACTUAL, ledger->now_ms - 10 * MINUTE);
    ledger_move(ledger, kase, T05);
    ledger_move(ledger, kase, T08);
    pass_time(book, HOUR); // 11:00
    ledger_offer(ledger, kase, 2, 30);
    ledger_move(ledger, kase, T10);
    pass_time(book, 4 * HOUR); // 15:00, of which 2 hours are worked
    ledger_move(ledger, kase, T19);
    pass_time(book, TIME_DAY_MS); // Saturday 15:00: 3 hours of Friday are worked
    close_case(book, kase);
    book->clock_reason = 901; // marked by intake: the source's clock is wrong
    struct kase *on_spot = receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD, grid,
                                        SANJI__MSG_STATUS__MSG_STATUS_ACTUAL,
                                        ledger->now_ms - 9 * TIME_DAY_MS);
    self_handle(book, on_spot);
    close_case(book, on_spot);
    check(book, "I20", 600, 1); // the second one's is not believed
    check(book, "I20 WORKING_MEAN", 600, 1);
    check(book, "I21", 3600, 1); // the second one was never offered
    check(book, "I22", 4 * 3600, 1);
    check(book, "I22 WORKING_MEAN", 2 * 3600, 1);
    check(book, "I23", 24 * 3600, 2);
    check(book, "I23 WORKING_MEAN", 3 * 3600, 2);
    check(book, "I24", 29 * 3600, 2);
    check(book, "I24 WORKING_MEAN", 6 * 3600, 2);
    check(book, "I24 SUSPENDED_MEAN", 0, 2);
}

static void suspended_time_stands_apart(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *kase = ledger_case(ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    ledger_move(ledger, kase, T26);
    pass_time(book, HOUR);
    ledger_move(ledger, kase, T27);
    ledger_offer(ledger, kase, 2, 30);
    ledger_move(ledger, kase, T10);
    pass_time(book, MINUTE);
    ledger_move(ledger, kase, T19);
    close_case(book, kase);
    check(book, "I22", 60, 1);
    check(book, "I24", 60, 1);
    check(book, "I24 WORKING_MEAN", 60, 1);
    check(book, "I24 SUSPENDED_MEAN", 3600, 1);
}

static void a_percentile_is_the_nearest_rank(void **state)
{
    struct book *book = *state;
    for (int i = 10; i >= 1; i--) {
        struct kase *kase = resolve(book);
        pass_time(book, i * (int64_t)MINUTE);
        close_case(book, kase);
    }
    check(book, "I23", 55 * 60, 10);
    check(book, "I23 NATURAL_MEDIAN", 5 * 60, 1); // the 5th of 10, not between two
    check(book, "I23 NATURAL_P90", 9 * 60, 1);
    struct kase *kase = resolve(book);
    pass_time(book, 2 * HOUR);
    close_case(book, kase);
    check(book, "I23 NATURAL_MEDIAN", 6 * 60, 1); // the 6th of 11
    check(book, "I23 NATURAL_P90", 10 * 60, 1);   // 9.9: the 10th
}

static void escalations_count_by_case_cause_and_level(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *twice = ledger_case(ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    escalate(book, twice, SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_OVERLOAD);
    escalate(book, twice, SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_DEADLINE);
    struct kase *once = ledger_case(ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    escalate(book, once, SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_DEADLINE);
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    receive(book); // not accepted
    check(book, "I25", 2, 3);
    check(book, "I25 DEADLINE", 2, 3);
    check(book, "I25 OVERLOAD", 1, 3);
    check(book, "I25 MANUAL", 0, 3);
    check(book, "I25 LEVELS", 3, 3);
}

/* ---- I30 to I36 ---- */

static void only_answers_count_and_a_case_answers_once(void **state)
{
    static const struct {
        Sanji__Satisfaction result;
        bool solved;
    } answers[] = {
        {SANJI__SATISFACTION__SATISFACTION_VERY, true},
        {SANJI__SATISFACTION__SATISFACTION_SATISFIED, true},
        {SANJI__SATISFACTION__SATISFACTION_NEUTRAL, false},
        {SANJI__SATISFACTION__SATISFACTION_UNSATISFIED, false},
        {SANJI__SATISFACTION__SATISFACTION_VERY_UNSATISFIED, false},
        {SANJI__SATISFACTION__SATISFACTION_UNREACHABLE, false},
        {SANJI__SATISFACTION__SATISFACTION_DECLINED, false},
    };

    struct book *book = *state;
    struct kase *kase = NULL;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        kase = resolve(book);
        check_case(book, kase, true);
        close_answered(book, kase, answers[i].result, answers[i].solved);
    }
    kase = resolve(book);
    check_case(book, kase, true); // waits to be asked
    check(book, "I30", 2, 5);
    check(book, "I32", 2, 5);
    check(book, "I33", 100 + 80 + 50 + 0 - 100, 5);
    check(book, "I34", 5, 7);
    fire(book, kase, TIMER_REVISIT, true); // nobody asked in time
    check(book, "I34", 5, 8);
    close_answered(book, kase, SANJI__SATISFACTION__SATISFACTION_NEUTRAL, false);
    check(book, "I30", 2, 6);
    ledger_move(&book->ledger, kase, T25);
    while (kase->state != STATE_RESOLVED) {
        ledger_move(&book->ledger, kase,
                    kase->state == STATE_ACCEPTED     ? T08
                    : kase->state == STATE_ASSIGNING  ? T09
                    : kase->state == STATE_DISPATCHED ? T10
                                                      : T19);
    }
    check_case(book, kase, true);
    close_answered(book, kase, SANJI__SATISFACTION__SATISFACTION_VERY, true);
    check(book, "I30", 3, 6);
    check(book, "I34", 6, 8);
    check(book, "I35 REOPENED", 1, 8);
}

static void rework_counts_cases_whose_check_failed(void **state)
{
    struct book *book = *state;
    struct kase *kase = resolve(book);
    check_case(book, kase, false);
    close_case(book, resolve(book));
    resolve(book); // not checked
    check(book, "I35", 1, 2);
    check(book, "I35 REOPENED", 0, 1);
    // Back in line and open: the old resolution stands no more.
    check(book, "I13", 1, 2);
}

static void open_cases_count_by_state_tier_and_age(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    pass_time(book, 2 * TIME_DAY_MS);
    receive(book);
    close_case(book, resolve(book));
    reject(book, receive(book));
    check(book, "I36", 2, 1);
    check(book, "I36 STATE_ASSIGNING", 1, 1);
    check(book, "I36 STATE_RECEIVED", 1, 1);
    check(book, "I36 STATE_RESOLVED", 0, 1);
    check(book, "I36 TIER_COMMITTEE", 1, 1);
    check(book, "I36 TIER_SUBDISTRICT", 1, 1);
    check(book, "I36 AGE_0_1D", 1, 1);
    check(book, "I36 AGE_1_3D", 1, 1);
    check(book, "I36 AGE_3_7D", 0, 1);
    pass_time(book, 58 * TIME_DAY_MS); // 58 and exactly 60 days old
    reject(book, receive(book));
    check(book, "I36 AGE_15_60D", 1, 1);
    check(book, "I36 AGE_60D_UP", 1, 1);
}

static void littles_law_expects_arrivals_times_their_time(void **state)
{
    struct book *book = *state;
    struct kase *kase = resolve(book);
    pass_time(book, 6 * HOUR);
    close_case(book, kase);
    receive(book);
    pass_time(book, 6 * HOUR);
    receive(book);
    // 3 arrivals in 12 hours, of 6 hours each: 1.5 open at a time.
    check(book, "I36 LITTLE", 3 * 6 * 3600, 12 * 3600);
}

/* ---- windows and areas ---- */

static void a_window_counts_by_the_time_its_figure_names(void **state)
{
    struct book *book = *state;
    const int64_t start_ms = book->ledger.now_ms;
    // [10:30, 11:30)
    struct indicators *view =
        add_view(book, NULL, start_ms + HOUR / 2, start_ms + HOUR + HOUR / 2);
    struct kase *early = resolve(book); // received, accepted, offered, resolved at 10:00
    struct kase *again = resolve(book);
    check_case(book, again, true);
    close_answered(book, again, SANJI__SATISFACTION__SATISFACTION_VERY, true);
    pass_time(book, HOUR); // 11:00: in the window
    close_case(book, early);
    struct kase *inside = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    pass_time(book, HOUR); // 12:00: behind it
    ledger_move(&book->ledger, inside, T10);
    ledger_move(&book->ledger, inside, T19);
    check_case(book, inside, true);
    close_answered(book, inside, SANJI__SATISFACTION__SATISFACTION_NEUTRAL, false);
    ledger_move(&book->ledger, early, T25);
    check_view(view, "I05", 1, 1);
    check_view(view, "I11", 1, 1);
    check_view(view, "I16", 1, 1); // offered inside, acknowledged later
    check_view(view, "I12", 0, 0); // resolved at 10:00 and at 12:00
    check_view(view, "I01", 0, 0); // the closing inside does not stand any more
    check_view(view, "I30", 0, 0);
    check_view(view, "I35", 0, 1);
    check_view(view, "I35 REOPENED", 1, 1);
    check(book, "I01", 2, 2);
    check(book, "I30", 1, 2);
    const struct indicator_range range = indicator_range(view);
    assert_int_equal(range.from_ms, start_ms + HOUR / 2);
    assert_int_equal(range.first_seq, 1);
    assert_int_equal(range.upto_seq, book->ledger.seq);
}

static void the_end_of_a_window_is_outside_it_and_its_beginning_inside(void **state)
{
    struct book *book = *state;
    const int64_t start_ms = book->ledger.now_ms;
    struct indicators *before = add_view(book, NULL, start_ms - HOUR, start_ms);
    struct indicators *after = add_view(book, NULL, start_ms, start_ms + 1);
    receive(book);
    check_view(before, "I06", 0, 0);
    check_view(after, "I06", 0, 1);
    const struct indicator_range all = indicator_range(book->views[0]);
    assert_int_equal(all.from_ms, start_ms);
    assert_int_equal(all.to_ms, start_ms + 1);
}

static void an_area_means_itself_and_what_lies_below(void **state)
{
    struct book *book = *state;
    struct indicators *community = add_view(book, "370499.003.01", 0, 0);
    struct indicators *one_grid = add_view(book, "370499.003.01.001.B02", 0, 0);
    struct indicators *all = add_view(book, "370499.003", 0, 0);
    static const char *const areas[] = {"370499.003.01.001.B01", "370499.003.01.001.B02",
                                        "370499.003.02.001.B01", "370499.003"};
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        ledger_receive(&book->ledger, areas[i], SEVERITY_S3, 3001);
    }
    check_view(community, "I36", 2, 1);
    check_view(one_grid, "I36", 1, 1);
    check_view(all, "I36", 4, 1);
    check(book, "I36", 4, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_book, close_book)
    const struct CMUnitTest tests[] = {
        TEST(the_whole_of_a_code_stands_before_its_parts_and_no_part_stands_twice),
        TEST(every_code_of_the_catalogue_is_computed),
        TEST(an_empty_log_has_no_value_anywhere_but_in_counts),
        TEST(a_value_is_rounded_to_six_decimals_half_away_from_zero),
        TEST(a_share_of_fewer_than_five_persons_is_suppressed),
        TEST(closings_count_by_who_resolved_and_how),
        TEST(reports_count_by_source_and_by_what_became_of_them),
        TEST(exercises_and_tests_count_nowhere),
        TEST(a_missed_acceptance_counts_against_reports_received),
        TEST(only_the_first_dispatch_limit_counts),
        TEST(a_case_is_late_from_its_limit_on_resolved_or_not),
        TEST(the_worst_overrun_is_the_largest_by_its_limit),
        TEST(time_with_the_municipal_platform_is_not_local),
        TEST(offers_count_and_those_of_them_that_were_acknowledged),
        TEST(feedback_counts_where_the_reporter_wants_contact),
        TEST(time_is_split_at_offer_and_resolution),
        TEST(suspended_time_stands_apart),
        TEST(a_percentile_is_the_nearest_rank),
        TEST(escalations_count_by_case_cause_and_level),
        TEST(only_answers_count_and_a_case_answers_once),
        TEST(rework_counts_cases_whose_check_failed),
        TEST(open_cases_count_by_state_tier_and_age),
        TEST(littles_law_expects_arrivals_times_their_time),
        TEST(a_window_counts_by_the_time_its_figure_names),
        TEST(the_end_of_a_window_is_outside_it_and_its_beginning_inside),
        TEST(an_area_means_itself_and_what_lies_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
