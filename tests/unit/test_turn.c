/* test_turn.c: what the edges do to timers, what an envelope says of its case, and which
 * statements are refused. */
#include "broker/runtime/turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/codec.h"
#include "tests/sim/ledger.h"
#include "tests/sim/ruleset.h"
#include "tests/unit/scratch.h"

enum {
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 60 * MINUTE_MS
};

static int make(void **state)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    assert_non_null(ledger);
    ledger_open(ledger); // Friday 2020-08-14 10:00
    *state = ledger;
    return 0;
}

static int unmake(void **state)
{
    ledger_close(*state);
    free(*state);
    return 0;
}

static int64_t at(const char *text)
{
    int64_t at_ms = 0;
    assert_int_equal(time_parse(text, &at_ms), STATUS_OK);
    return at_ms;
}

static void check_timer(struct kase *kase, enum timer_kind kind, const char *due)
{
    const struct case_timer *timer = case_timer(kase, kind, 0);
    char text[TIME_TEXT_SIZE];
    assert_non_null(timer);
    assert_int_equal(timer->state, TIMER_STATE_ARMED);
    assert_string_equal(time_print_local(timer->due_ms, RULESET_OFFSET_MIN, text), due);
}

static bool has_timer(struct kase *kase, enum timer_kind kind)
{
    return case_timer(kase, kind, 0) != NULL;
}

/* ---- envelopes ---- */

static void an_envelope_says_what_holds_of_the_case(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
    struct turn *turn = ledger_turn(l, OWNER_DISPATCH);
    const Sanji__Envelope *e = turn_event(turn, kase, 3);
    assert_string_equal(e->case_no, "37049900320200814000001");
    assert_int_equal(e->case_version, 4);
    assert_int_equal(e->state_after, STATE_DISPATCHED);
    assert_string_equal(e->area, "370499.003.01.001.B01");
    assert_string_equal(e->holder, "370499.003.01.001");
    assert_string_equal(e->owner, "370499.003.01");
    assert_int_equal(e->tier, TIER_COMMITTEE);
    assert_int_equal(e->severity, SEVERITY_S3);
    assert_string_equal(e->category, "03001");
    assert_string_equal(e->worker, "W00002");
    assert_string_equal(e->team, "TB01");
    assert_string_equal(e->source_system, "ehsy");
    assert_int_equal(e->cause_seq, 3);
    assert_int_equal(e->actor->role, ROLE_SYSTEM);
    assert_string_equal(e->actor->system, "dispatch");
    e = turn_event(turn, NULL, 0);
    assert_string_equal(e->case_no, "");
    assert_int_equal(e->schema_version, SCHEMA_VERSION);
    ledger_drop(l);
}

static void a_cause_inside_the_turn_is_written_as_its_own_cause(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    for (unsigned i = 0; i < 3; i++) {
        Sanji__Envelope *note = turn_event(turn, kase, kase->decision_seq);
        note->note_added = TURN_NEW(turn, Sanji__NoteAdded, sanji__note_added__init);
        note->body_case = SANJI__ENVELOPE__BODY_NOTE_ADDED;
        assert_int_equal(
            turn_emit(turn, &(struct emission){.kase = kase, .envelope = note}), i);
        assert_int_equal(turn_cause(turn, i), 1);
        assert_true(kase->decision_seq >> TURN_SEQ != 0);
    }
    ledger_commit(l);
    assert_int_equal(kase->decision_seq, 4);
    assert_int_equal(l->last->cause_seq, 1);
}

static void a_record_is_packed_with_its_header(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_ACCEPTED);
    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    Sanji__Envelope *said = turn_event(turn, kase, 0);
    said->said = TURN_NEW(turn, Sanji__Said, sanji__said__init);
    said->body_case = SANJI__ENVELOPE__BODY_SAID;
    said->status = SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = said});
    assert_int_equal(turn_count(turn), 1);
    struct bytes packed = turn_packed(turn);
    struct record record;
    assert_int_equal(record_read(&packed, &record), STATUS_OK);
    assert_int_equal(packed.size, 0);
    assert_int_equal(record.header.type, EVENT_SAID);
    assert_int_equal(record.header.flags, RECORD_FACT | RECORD_EXERCISE);
    assert_int_equal(record.header.case_key, kase->key);
    assert_int_equal(record.header.crc,
                     crc32c(0, record.envelope.data, record.envelope.size));
    ledger_drop(l);
}

static void room_runs_out_before_the_message_does(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    while (turn_has_room(turn)) {
        Sanji__Envelope *note = turn_event(turn, kase, 0);
        note->note_added = TURN_NEW(turn, Sanji__NoteAdded, sanji__note_added__init);
        note->body_case = SANJI__ENVELOPE__BODY_NOTE_ADDED;
        turn_emit(turn, &(struct emission){.kase = kase, .envelope = note});
    }
    assert_true(turn_count(turn) > 1000);
    assert_true(turn_count(turn) + 64 <= APPEND_RECORDS_MAX + 1);
    assert_true(turn_packed(turn).size + 256 * 1024 <= MESSAGE_SIZE_MAX);
    ledger_drop(l);
}

/* ---- timers of edges ---- */

static void acceptance_counts_from_the_receipt(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    check_timer(kase, TIMER_ACCEPT, "2020-08-14 11:00:00");
    l->now_ms += HOUR_MS; // accepted late
    ledger_move(l, kase, T05);
    assert_false(has_timer(kase, TIMER_ACCEPT));
    // 4 working hours since 10:00: 2 before the break, 2 after it.
    check_timer(kase, TIMER_RESOLVE, "2020-08-14 16:00:00");
    check_timer(kase, TIMER_RESOLVE_WARN, "2020-08-14 15:00:00");
    check_timer(kase, TIMER_FEEDBACK, "2020-08-17 10:00:00");
    check_timer(kase, TIMER_DISPATCH, "2020-08-14 12:00:00"); // from now
    assert_int_equal(case_missing_timers(kase), 0);
}

static void the_clock_of_work_skips_nights_and_weekends_up_to_the_cap(void **state)
{
    struct ledger *l = *state;
    l->now_ms = at("2020-08-14T17:30:00+08:00");
    struct kase *kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    // Monday 08:30 on the clock of work, but 12 hours at most.
    check_timer(kase, TIMER_ACCEPT, "2020-08-15 05:30:00");
    ledger_move(l, kase, T05);
    check_timer(kase, TIMER_RESOLVE, "2020-08-17 11:30:00");
}

static void feedback_only_where_somebody_waits_for_it(void **state)
{
    struct ledger *l = *state;
    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    uint64_t key = ledger_next_key(l);
    ledger_emit_received(l, turn, key, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    ledger_commit(l);
    struct kase *kase = world_case(l->world, key);
    kase->wants_contact = false;
    ledger_move(l, kase, T05);
    assert_false(has_timer(kase, TIMER_FEEDBACK));
    kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    kase->informed = true;
    ledger_move(l, kase, T05);
    assert_false(has_timer(kase, TIMER_FEEDBACK));
}

static void each_offer_has_an_ack_timer_of_its_own(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S2, 2001, STATE_DISPATCHED);
    assert_null(case_timer(kase, TIMER_ACK, 0));
    assert_int_equal(case_timer(kase, TIMER_ACK, 1)->due_ms, l->now_ms + 10 * MINUTE_MS);
    assert_false(has_timer(kase, TIMER_DISPATCH));
    ledger_decline(l, kase, 503);
    assert_null(case_timer(kase, TIMER_ACK, 1));
    assert_true(has_timer(kase, TIMER_DISPATCH));
    ledger_offer(l, kase, 2, 30);
    assert_non_null(case_timer(kase, TIMER_ACK, 2));
    ledger_move(l, kase, T12); // fired, then expired, in one append
    assert_null(case_timer(kase, TIMER_ACK, 2));
    ledger_offer(l, kase, 2, 30);
    ledger_move(l, kase, T10);
    assert_null(case_timer(kase, TIMER_ACK, 3));
    assert_true(has_timer(kase, TIMER_ARRIVE)); // an S2
    assert_true(has_timer(kase, TIMER_PROGRESS));
}

static void a_limit_that_the_rules_lack_arms_nothing(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    assert_false(has_timer(kase, TIMER_ARRIVE));
    assert_true(has_timer(kase, TIMER_PROGRESS));
}

static void what_the_same_append_ends_is_not_armed(void **state)
{
    struct ledger *l = *state;
    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    uint64_t key = ledger_next_key(l);
    Sanji__Envelope *e = turn_event(turn, NULL, 0);
    e->case_received = TURN_NEW(turn, Sanji__CaseReceived, sanji__case_received__init);
    e->body_case = SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    e->severity = SANJI__SEVERITY__SEVERITY_S3;
    turn_emit(turn, &(struct emission){.edge = T01,
                                       .envelope = e,
                                       .new_case_key = key,
                                       .skip_arms = 1U << TIMER_ACCEPT});
    assert_int_equal(e->n_timers, 0);
    ledger_commit(l);
    assert_false(has_timer(world_case(l->world, key), TIMER_ACCEPT));
}

static void what_the_decider_armed_or_ended_is_left_alone(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
    struct turn *turn = ledger_turn(l, OWNER_DISPATCH);
    Sanji__Envelope *e = turn_event(turn, kase, 0);
    e->dispatch_acked = TURN_NEW(turn, Sanji__DispatchAcked, sanji__dispatch_acked__init);
    e->body_case = SANJI__ENVELOPE__BODY_DISPATCH_ACKED;
    struct deadline_limit limit = {.clock = CLOCK_NATURAL, .budget_s = 60};
    turn_arm_limit(turn, e, TIMER_PROGRESS, 0, 0, &limit);
    turn_cancel(turn, e, TIMER_ACK, 1);
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T10, .envelope = e});
    assert_int_equal(e->n_timers, 2);
    ledger_commit(l);
    assert_int_equal(case_timer(kase, TIMER_PROGRESS, 0)->due_ms, l->now_ms + MINUTE_MS);
    assert_null(case_timer(kase, TIMER_ACK, 1));
}

static void rework_goes_on_with_what_was_left(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    l->now_ms = at("2020-08-14T11:00:00+08:00"); // 3 of 4 hours are left
    ledger_move(l, kase, T19);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_PAUSED);
    l->now_ms = at("2020-08-17T14:30:00+08:00");
    ledger_move(l, kase, T20);
    check_timer(kase, TIMER_RESOLVE, "2020-08-17 17:30:00");
    check_timer(kase, TIMER_RESOLVE_WARN, "2020-08-17 16:30:00");
    assert_int_equal(case_missing_timers(kase), 0);
}

static void rework_gets_a_tenth_at_least(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    l->now_ms = at("2020-08-14T15:59:00+08:00"); // a minute is left
    ledger_move(l, kase, T19);
    l->now_ms = at("2020-08-17T09:00:00+08:00");
    ledger_move(l, kase, T20);
    check_timer(kase, TIMER_RESOLVE, "2020-08-17 09:24:00"); // of four hours
}

static void a_self_handled_case_gets_its_time_when_the_check_fails(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    ledger_move(l, kase, T07);
    assert_false(has_timer(kase, TIMER_RESOLVE));
    l->now_ms = at("2020-08-17T09:00:00+08:00");
    ledger_move(l, kase, T20);
    check_timer(kase, TIMER_RESOLVE, "2020-08-17 15:00:00");
    assert_int_equal(case_missing_timers(kase), 0);
}

static void a_suspension_moves_the_deadline_by_its_length(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    l->now_ms = at("2020-08-14T11:00:00+08:00");
    ledger_move(l, kase, T26);
    assert_int_equal(kase->state, STATE_SUSPENDED);
    assert_int_equal(case_timer(kase, TIMER_RESUME, 0)->due_ms,
                     l->now_ms + 10 * TIME_DAY_MS);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_PAUSED);
    l->now_ms = at("2020-08-18T11:00:00+08:00");
    ledger_move(l, kase, T27);
    check_timer(kase, TIMER_RESOLVE, "2020-08-18 16:00:00"); // one hour was used
    assert_false(has_timer(kase, TIMER_RESUME));
    // Again, after a rework had set another deadline.
    ledger_offer(l, kase, 2, 30);
    ledger_move(l, kase, T10);
    l->now_ms = at("2020-08-18T15:00:00+08:00");
    ledger_move(l, kase, T19);
    l->now_ms = at("2020-08-20T09:00:00+08:00");
    ledger_move(l, kase, T20);
    check_timer(kase, TIMER_RESOLVE, "2020-08-20 10:00:00");
    ledger_move(l, kase, T26);
    l->now_ms = at("2020-08-21T09:30:00+08:00");
    ledger_move(l, kase, T27);
    check_timer(kase, TIMER_RESOLVE, "2020-08-21 10:30:00");
}

static void reopening_gives_half_the_time_from_now(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_RESOLVED);
    ledger_move(l, kase, T22);
    assert_true(has_timer(kase, TIMER_REOPEN_WINDOW));
    assert_false(has_timer(kase, TIMER_RESOLVE));
    l->now_ms = at("2020-08-20T09:00:00+08:00");
    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    Sanji__Envelope *e = turn_event(turn, kase, 0);
    e->case_reopened = TURN_NEW(turn, Sanji__CaseReopened, sanji__case_reopened__init);
    e->body_case = SANJI__ENVELOPE__BODY_CASE_REOPENED;
    turn_set_worker(turn, e, 0);
    turn_emit(turn, &(struct emission){
                        .kase = kase, .edge = T25, .envelope = e, .resolve_permille = 500});
    ledger_commit(l);
    check_timer(kase, TIMER_RESOLVE, "2020-08-20 11:00:00");
    check_timer(kase, TIMER_RESOLVE_WARN, "2020-08-20 10:30:00");
    assert_false(has_timer(kase, TIMER_REOPEN_WINDOW));
}

static void a_case_given_back_counts_from_then(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    ledger_move(l, kase, T06);
    l->now_ms = at("2020-08-19T09:00:00+08:00");
    ledger_move(l, kase, T31);
    check_timer(kase, TIMER_ACCEPT, "2020-08-19 10:00:00");
    ledger_move(l, kase, T05);
    check_timer(kase, TIMER_RESOLVE, "2020-08-19 15:00:00");
}

static void a_fired_timer_says_how_late_and_may_go_on(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S1, 2003);
    for (uint32_t times = 1; times <= 2; times++) {
        l->now_ms = case_timer(kase, TIMER_ACCEPT, 0)->due_ms + 1500;
        struct turn *turn = ledger_turn(l, OWNER_INTAKE);
        const struct turn_told told = {.org = kase->holder, .role = ROLE_DUTY_LEADER};
        turn_timer_fired(turn, kase, case_timer(kase, TIMER_ACCEPT, 0), &told, 1, true);
        ledger_commit(l);
        assert_int_equal(l->last->timer_fired->late_ms, 1500);
        assert_int_equal(l->last->timer_fired->times, times);
        assert_int_equal(l->last->timer_fired->n_told, 1);
        assert_string_equal(l->last->timer_fired->told[0]->org, "370499.003");
        assert_int_equal(case_timer(kase, TIMER_ACCEPT, 0)->times, times);
        assert_int_equal(case_timer(kase, TIMER_ACCEPT, 0)->due_ms,
                         l->now_ms + 3 * MINUTE_MS);
        assert_int_equal(kase->attention_count, 1);
    }
    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    turn_timer_fired(turn, kase, case_timer(kase, TIMER_ACCEPT, 0), NULL, 0, false);
    ledger_commit(l);
    assert_int_equal(case_timer(kase, TIMER_ACCEPT, 0)->state, TIMER_STATE_FIRED);
}

/* ---- statements ---- */

struct saying {
    enum statement_kind kind;
    enum role role;
    const char *worker;
    const char *org;
    Sanji__StatementFields fields;
};

static struct refusal check(struct ledger *l, const struct kase *kase, struct saying saying)
{
    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    Sanji__Envelope *said = turn_event(turn, kase, 0);
    said->said = TURN_NEW(turn, Sanji__Said, sanji__said__init);
    said->said->kind = (Sanji__StatementKind)saying.kind;
    said->said->fields = &saying.fields;
    said->body_case = SANJI__ENVELOPE__BODY_SAID;
    said->actor->role = (Sanji__Role)saying.role;
    said->actor->worker = turn_text(turn, "%s", saying.worker != NULL ? saying.worker : "");
    said->actor->org = turn_text(turn, "%s", saying.org != NULL ? saying.org : "");
    struct refusal refusal = turn_check_said(turn, said, kase);
    refusal.reason = NULL; // lives in the turn
    ledger_drop(l);
    return refusal;
}

static struct saying ack_of(const struct kase *kase)
{
    struct saying saying = {SAY_ACK, ROLE_FULLTIME, "W00002", NULL,
                            SANJI__STATEMENT_FIELDS__INIT};
    saying.fields.offer = kase->offer_seq;
    return saying;
}

static void a_statement_in_order_passes(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
    assert_int_equal(check(l, kase, ack_of(kase)).status, STATUS_OK);
    struct saying escalate = {SAY_ESCALATE, ROLE_DISPATCHER, NULL, "370499.003.01",
                              SANJI__STATEMENT_FIELDS__INIT};
    assert_int_equal(check(l, kase, escalate).status, STATUS_OK);
    escalate.fields.if_version = kase->version;
    assert_int_equal(check(l, kase, escalate).status, STATUS_OK);
    struct saying duty = {SAY_DUTY, ROLE_FULLTIME, "W00001", NULL,
                          SANJI__STATEMENT_FIELDS__INIT};
    duty.fields.duty = SANJI__DUTY__DUTY_OFF;
    assert_int_equal(check(l, NULL, duty).status, STATUS_OK);
}

static void who_may_not_say_it_is_told(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
    struct saying saying = ack_of(kase);
    saying.role = ROLE_DISPATCHER;
    assert_int_equal(check(l, kase, saying).status, STATUS_WRONG_ROLE);
    saying = ack_of(kase);
    saying.worker = "W00001";
    assert_int_equal(check(l, kase, saying).status, STATUS_WRONG_WORKER);
    saying.worker = "W00099";
    assert_int_equal(check(l, kase, saying).status, STATUS_NOT_FOUND);
    saying.worker = "";
    assert_int_equal(check(l, kase, saying).status, STATUS_INVALID);
    saying.worker = "W2";
    assert_string_equal(check(l, kase, saying).field, "actor.worker");
    saying = ack_of(kase);
    saying.role = ROLE_PROFESSIONAL; // W00002 is FULLTIME
    assert_int_equal(check(l, kase, saying).status, STATUS_WRONG_ROLE);
}

static void a_desk_off_the_path_is_refused(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
    struct saying saying = {SAY_ESCALATE, ROLE_DISPATCHER, NULL, "370499.003.02",
                            SANJI__STATEMENT_FIELDS__INIT};
    assert_int_equal(check(l, kase, saying).status, STATUS_WRONG_DESK);
    saying.org = "370499.3";
    assert_int_equal(check(l, kase, saying).status, STATUS_INVALID);
    saying.org = "370499.003";
    assert_int_equal(check(l, kase, saying).status, STATUS_OK);
}

static void what_a_kind_needs_must_be_there(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
    struct saying saying = ack_of(kase);
    saying.fields.offer = 0;
    struct refusal refusal = check(l, kase, saying);
    assert_int_equal(refusal.status, STATUS_INVALID);
    assert_string_equal(refusal.field, "offer");
    saying = ack_of(kase);
    saying.kind = SAY_DECLINE;
    assert_string_equal(check(l, kase, saying).field, "reason_code");
    saying.kind = SAY_RESOLVE;
    assert_string_equal(check(l, kase, saying).field, "resolution");
}

static void an_old_look_at_the_case_is_refused(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
    struct saying saying = ack_of(kase);
    saying.fields.offer++;
    assert_int_equal(check(l, kase, saying).status, STATUS_STALE_OFFER);
    saying = ack_of(kase);
    ledger_decline(l, kase, 503);
    assert_int_equal(check(l, kase, saying).status, STATUS_STALE_OFFER); // not the state
    ledger_offer(l, kase, 2, 30);
    saying = ack_of(kase);
    ledger_move(l, kase, T10);
    assert_int_equal(check(l, kase, saying).status, STATUS_WRONG_STATE); // acked already
    saying.kind = SAY_PROGRESS;
    saying.fields.if_version = kase->version - 1;
    assert_int_equal(check(l, kase, saying).status, STATUS_STALE);
    assert_int_equal(check(l, NULL, saying).status, STATUS_NOT_FOUND);
}

static void a_kind_not_built_yet_says_so(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_ASSIGNING);
    for (unsigned kind = 1; kind < SAY_COUNT; kind++) {
        const struct statement_rule *rule = statement_rule(kind);
        if (rule == NULL || rule->built) {
            continue;
        }
        struct saying saying = {(enum statement_kind)kind, ROLE_DUTY_LEADER, NULL, NULL,
                                SANJI__STATEMENT_FIELDS__INIT};
        assert_int_equal(check(l, kase, saying).status, STATUS_NOT_YET);
    }
}

static void a_refusal_says_why_and_what_would_do(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
    uint32_t version = kase->version;
    struct turn *turn = ledger_turn(l, OWNER_DISPATCH);
    Sanji__Envelope *said = turn_event(turn, kase, 0);
    said->said = TURN_NEW(turn, Sanji__Said, sanji__said__init);
    said->said->kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK;
    said->body_case = SANJI__ENVELOPE__BODY_SAID;
    struct record record = {.seq = 3};
    turn_refuse(turn, &record, said, kase,
                (struct refusal){.status = STATUS_STALE_OFFER, .field = "offer"});
    ledger_commit(l);
    const Sanji__StatementRefused *refused = l->last->statement_refused;
    assert_int_equal(l->last->cause_seq, 3);
    assert_int_equal(refused->code, STATUS_STALE_OFFER);
    assert_string_equal(refused->code_name, "STALE_OFFER");
    assert_string_equal(refused->field, "offer");
    assert_true(refused->reason[0] != '\0');
    assert_int_equal(refused->state, STATE_DISPATCHED);
    assert_int_equal(refused->case_version, version);
    bool may_ack = false;
    for (size_t i = 0; i < refused->n_allowed_now; i++) {
        may_ack = may_ack || (unsigned)refused->allowed_now[i] == SAY_ACK;
    }
    assert_true(may_ack);
    assert_int_equal(kase->version, version); // nothing moved
}

/* ---- broken programs ---- */

static void emit_wrong(void *context)
{
    void *state = NULL;
    make(&state);
    struct ledger *l = state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_ASSIGNING);
    // "owner": another stage's event; "state": an edge that does not start here.
    bool by_owner = strcmp(context, "owner") == 0;
    struct turn *turn = ledger_turn(l, by_owner ? OWNER_ESCALATION : OWNER_DISPATCH);
    Sanji__Envelope *e = turn_event(turn, kase, 0);
    e->dispatch_acked = TURN_NEW(turn, Sanji__DispatchAcked, sanji__dispatch_acked__init);
    e->body_case = SANJI__ENVELOPE__BODY_DISPATCH_ACKED;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T10, .envelope = e});
}

static void a_record_that_may_not_be_written_is_a_broken_program(void **state)
{
    (void)state;
    static struct child child;
    static char owner[] = "owner";
    static char from[] = "state";
    child_run(emit_wrong, owner, &child);
    assert_int_equal(child.code, -1);
    assert_non_null(strstr(child.err, "owner_of"));
    child_run(emit_wrong, from, &child);
    assert_int_equal(child.code, -1);
    assert_non_null(strstr(child.err, "edge->from"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)
    const struct CMUnitTest tests[] = {
        TEST(an_envelope_says_what_holds_of_the_case),
        TEST(a_cause_inside_the_turn_is_written_as_its_own_cause),
        TEST(a_record_is_packed_with_its_header),
        TEST(room_runs_out_before_the_message_does),
        TEST(acceptance_counts_from_the_receipt),
        TEST(the_clock_of_work_skips_nights_and_weekends_up_to_the_cap),
        TEST(feedback_only_where_somebody_waits_for_it),
        TEST(each_offer_has_an_ack_timer_of_its_own),
        TEST(a_limit_that_the_rules_lack_arms_nothing),
        TEST(what_the_same_append_ends_is_not_armed),
        TEST(what_the_decider_armed_or_ended_is_left_alone),
        TEST(rework_goes_on_with_what_was_left),
        TEST(rework_gets_a_tenth_at_least),
        TEST(a_self_handled_case_gets_its_time_when_the_check_fails),
        TEST(a_suspension_moves_the_deadline_by_its_length),
        TEST(reopening_gives_half_the_time_from_now),
        TEST(a_case_given_back_counts_from_then),
        TEST(a_fired_timer_says_how_late_and_may_go_on),
        TEST(a_statement_in_order_passes),
        TEST(who_may_not_say_it_is_told),
        TEST(a_desk_off_the_path_is_refused),
        TEST(what_a_kind_needs_must_be_there),
        TEST(an_old_look_at_the_case_is_refused),
        TEST(a_kind_not_built_yet_says_so),
        TEST(a_refusal_says_why_and_what_would_do),
        cmocka_unit_test(a_record_that_may_not_be_written_is_a_broken_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
