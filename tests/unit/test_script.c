/* test_script.c: who says what, when, to what the log shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/small_rules.h"
#include "tests/unit/speech.h"
#include "workers/sanji/people.h"
#include "workers/sanji/script.h"

enum {
    SAID_MAX = 16,
    MINUTE_MS = 60000
};

struct said {
    Sanji__StatementKind kind;
    char ref[96];
    char case_no[CASE_NO_SIZE];
    char worker[WORKER_SIZE];
    char org[ORG_TEXT_SIZE];
    Sanji__Role role;
    uint64_t offer;
    uint32_t reason_code;
    bool passed;
    Sanji__Satisfaction result;
};

struct stage {
    struct small_rules rules;
    struct ledger ledger;
    struct plan plan;
    struct script *script;
    struct said said[SAID_MAX];
    size_t said_count;
    uint32_t submitted[SAID_MAX];
    size_t submitted_count;
    char ref[96]; /* of the newest submission */
};

static void submit(void *port, const Sanji__Submission *submission, uint32_t number)
{
    struct stage *stage = port;
    assert_true(stage->submitted_count < SAID_MAX);
    stage->submitted[stage->submitted_count++] = number;
    (void)snprintf(stage->ref, sizeof stage->ref, "%s", submission->source_ref); // short
    assert_string_equal(submission->source_system, "demo");
    assert_true(submission->n_evidence == 1 && submission->sealed != NULL);
    assert_int_equal(submission->self_handled, submission->worker[0] != '\0');
}

static void say(void *port, const Sanji__Statement *statement)
{
    struct stage *stage = port;
    assert_true(stage->said_count < SAID_MAX);
    struct said *said = &stage->said[stage->said_count++];
    said->kind = statement->kind;
    said->role = statement->actor->role;
    said->offer = statement->fields->offer;
    said->reason_code = statement->fields->reason_code;
    said->passed = statement->fields->passed;
    said->result = statement->fields->result;
    (void)snprintf(said->ref, sizeof said->ref, "%s", statement->source_ref); // short
    (void)snprintf(said->case_no, sizeof said->case_no, "%s", statement->case_no);
    (void)snprintf(said->worker, sizeof said->worker, "%s", statement->actor->worker);
    (void)snprintf(said->org, sizeof said->org, "%s", statement->actor->org);
}

static int set_up(void **state)
{
    static const struct script_port port = {.submit = submit, .say = say};
    struct stage *stage = test_calloc(1, sizeof *stage);
    small_rules_open(&stage->rules);
    ledger_open(&stage->ledger);
    small_rules_category(&stage->rules, "02001", SEVERITY_S2, "g");
    small_rules_category(&stage->rules, "03001", SEVERITY_S3, "g");
    small_rules_worker(&stage->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_publish(&stage->rules, stage->ledger.world);
    plan_make(&stage->plan, 2);
    for (uint32_t i = 0; i < 2; i++) {
        struct planned *planned = &stage->plan.cases[i];
        planned->number = i + 1;
        planned->at_ms = stage->ledger.now_ms + (int64_t)(i + 1) * MINUTE_MS;
        planned->source = SANJI__SOURCE__SOURCE_HANDHELD;
        planned->severity = SEVERITY_S3;
        planned->category = 3001;
        planned->tier = TIER_COMMITTEE;
        planned->satisfaction = SANJI__SATISFACTION__SATISFACTION_VERY;
        assert_int_equal(org_parse(GRID_B01, &planned->grid), STATUS_OK);
    }
    stage->script = script_new(&stage->plan, "t", &port, stage);
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    script_free(&stage->script);
    plan_reset(&stage->plan);
    ledger_close(&stage->ledger);
    small_rules_close(&stage->rules);
    test_free(stage);
    return 0;
}

/* The ledger's last record is shown to the script. */
static void react(struct stage *stage)
{
    script_react(stage->script, stage->ledger.world, &stage->ledger.last_record,
                 stage->ledger.last);
}

/* The receipt of planned case 1 has come. */
static void bind(struct stage *stage, const struct kase *kase)
{
    Sanji__Receipt receipt = SANJI__RECEIPT__INIT;
    char case_no[CASE_NO_SIZE];
    id_case_print(world_place(stage->ledger.world), kase->key, case_no);
    receipt.outcome = SANJI__OUTCOME__OUTCOME_STORED;
    receipt.case_no = case_no;
    script_receipt(stage->script, stage->ledger.world, 1, &receipt, stage->ledger.now_ms);
}

/* A case that is planned number 1, and the record that brought it here, shown. */
static struct kase *planned_case(struct stage *stage, enum case_state upto)
{
    struct kase *kase = ledger_case(&stage->ledger, SEVERITY_S3, 3001, upto);
    bind(stage, kase);
    react(stage);
    return kase;
}

/* The one line that is said after so many minutes; before it at most that the reporter was
 * informed, which is said beside the steps. */
static const struct said *next_line(struct stage *stage, int64_t minutes)
{
    const int64_t at_ms = stage->ledger.now_ms + minutes * MINUTE_MS;
    stage->said_count = 0;
    script_perform(stage->script, stage->ledger.world, at_ms - 1);
    for (size_t i = 0; i < stage->said_count; i++) {
        assert_int_equal(stage->said[i].kind,
                         SANJI__STATEMENT_KIND__STATEMENT_KIND_INFORMED);
    }
    assert_true(script_next_ms(stage->script) == at_ms);
    stage->said_count = 0;
    script_perform(stage->script, stage->ledger.world, at_ms);
    assert_int_equal(stage->said_count, 1);
    return &stage->said[0];
}

/* Nothing is said for a week but that the reporter was informed. */
static void assert_silence(struct stage *stage)
{
    stage->said_count = 0;
    script_perform(stage->script, stage->ledger.world,
                   stage->ledger.now_ms + INT64_C(7) * 24 * 60 * MINUTE_MS);
    for (size_t i = 0; i < stage->said_count; i++) {
        assert_int_equal(stage->said[i].kind,
                         SANJI__STATEMENT_KIND__STATEMENT_KIND_INFORMED);
    }
}

static void submissions_leave_in_order_of_their_time(void **state)
{
    struct stage *stage = *state;
    script_begin(stage->script);
    assert_true(script_next_ms(stage->script) == stage->plan.cases[0].at_ms);
    script_perform(stage->script, stage->ledger.world, stage->ledger.now_ms);
    assert_int_equal(stage->submitted_count, 0);
    script_perform(stage->script, stage->ledger.world, stage->plan.cases[1].at_ms);
    assert_int_equal(stage->submitted_count, 2);
    assert_int_equal(stage->submitted[0], 1);
    assert_int_equal(stage->submitted[1], 2);
    assert_string_equal(stage->ref, "t/2");
    assert_int_equal(script_next_ms(stage->script), 0);
}

static void an_offer_is_acknowledged_by_who_has_it(void **state)
{
    struct stage *stage = *state;
    const struct kase *kase = planned_case(stage, STATE_DISPATCHED);
    const struct said *said = next_line(stage, 2);
    assert_int_equal(said->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK);
    assert_true(said->offer == kase->offer_seq);
    assert_string_equal(said->worker, "W00002");
    assert_string_equal(said->case_no, "37049900320200814000001");
    char ref[96];
    (void)snprintf(ref, sizeof ref, "t/%llu/ack", (unsigned long long)kase->offer_seq);
    assert_string_equal(said->ref, ref); // the same record, the same reference
}

static void the_plan_may_want_a_refusal(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].declines = 1;
    struct kase *kase = planned_case(stage, STATE_DISPATCHED);
    const struct said *said = next_line(stage, 3);
    assert_int_equal(said->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_DECLINE);
    assert_int_equal(said->reason_code, 505);
    ledger_decline(&stage->ledger, kase, 505);
    react(stage);
    ledger_offer(&stage->ledger, kase, 2, 30);
    react(stage); // the second offer is taken
    assert_int_equal(next_line(stage, 2)->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK);
}

static void the_plan_may_want_silence(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].timeouts = 1;
    planned_case(stage, STATE_DISPATCHED);
    assert_silence(stage);
}

static void below_its_tier_a_case_is_handed_up(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].tier = TIER_COMMUNITY;
    planned_case(stage, STATE_DISPATCHED);
    const struct said *said = next_line(stage, 5);
    assert_int_equal(said->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_ESCALATE);
    assert_int_equal(said->role, SANJI__ROLE__ROLE_DISPATCHER);
    assert_string_equal(said->org, COMMITTEE_1);
    assert_string_equal(said->worker, "");
}

static void who_acknowledged_resolves_after_his_effort(void **state)
{
    struct stage *stage = *state;
    planned_case(stage, STATE_IN_PROGRESS);
    const struct said *said = next_line(stage, 30 + 12);
    assert_int_equal(said->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_RESOLVE);
    assert_string_equal(said->worker, "W00002");
}

static void to_an_urgent_case_he_arrives_first(void **state)
{
    struct stage *stage = *state;
    struct kase *kase = ledger_case(&stage->ledger, SEVERITY_S2, 2001, STATE_IN_PROGRESS);
    bind(stage, kase);
    react(stage);
    assert_int_equal(next_line(stage, 12)->kind,
                     SANJI__STATEMENT_KIND__STATEMENT_KIND_ARRIVE);
}

static void check_is_asked(struct stage *stage, struct kase *kase)
{
    struct turn *turn = ledger_turn(&stage->ledger, OWNER_INTAKE);
    Sanji__Envelope *envelope = turn_event(turn, kase, 0);
    envelope->check_requested =
        TURN_NEW(turn, Sanji__CheckRequested, sanji__check_requested__init);
    envelope->body_case = SANJI__ENVELOPE__BODY_CHECK_REQUESTED;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
    ledger_commit(&stage->ledger);
    react(stage);
}

static void the_desk_checks_and_fails_what_the_plan_wants_reworked(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].reworks = true;
    struct kase *kase = planned_case(stage, STATE_RESOLVED);
    check_is_asked(stage, kase);
    const struct said *said = next_line(stage, 45);
    assert_int_equal(said->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_CHECK);
    assert_false(said->passed);
    assert_int_equal(said->reason_code, 601);
    kase->reworks = 1;
    check_is_asked(stage, kase);
    assert_true(next_line(stage, 45)->passed);
}

static void the_reporter_answers_what_the_plan_says(void **state)
{
    struct stage *stage = *state;
    struct kase *kase = planned_case(stage, STATE_RESOLVED);
    ledger_move(&stage->ledger, kase, T21);
    react(stage);
    const struct said *said = next_line(stage, 90);
    assert_int_equal(said->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_REVISIT);
    assert_int_equal(said->result, SANJI__SATISFACTION__SATISFACTION_VERY);
}

static void who_cannot_be_reached_answers_nothing(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].satisfaction = SANJI__SATISFACTION__SATISFACTION_UNREACHABLE;
    struct kase *kase = planned_case(stage, STATE_RESOLVED);
    ledger_move(&stage->ledger, kase, T21);
    react(stage);
    assert_silence(stage);
}

static void a_reporter_comes_back_once(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].reopens = true;
    struct kase *kase = planned_case(stage, STATE_RESOLVED);
    ledger_move(&stage->ledger, kase, T22);
    react(stage);
    assert_int_equal(script_final_count(stage->script, stage->ledger.world), 0);
    const struct said *said = next_line(stage, 26 * 60);
    assert_int_equal(said->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_REOPEN);
    assert_int_equal(said->role, SANJI__ROLE__ROLE_REPORTER);
    ledger_move(&stage->ledger, kase, T25);
    react(stage);
    assert_int_equal(script_final_count(stage->script, stage->ledger.world), 0);
    assert_silence(stage);
}

static void the_reporter_is_informed_whichever_comes_first_receipt_or_record(void **state)
{
    struct stage *stage = *state;
    struct kase *kase = ledger_case(&stage->ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    react(stage); // CaseAccepted is read before the receipt is
    bind(stage, kase);
    const struct said *said = next_line(stage, 20);
    assert_int_equal(said->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_INFORMED);
    assert_string_equal(said->org, COMMUNITY_1);
}

static void what_nobody_planned_is_answered_only_by_who_stays(void **state)
{
    struct stage *stage = *state;
    ledger_case(&stage->ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    react(stage);
    script_perform(stage->script, stage->ledger.world,
                   stage->ledger.now_ms + 60 * MINUTE_MS);
    assert_int_equal(stage->said_count, 0); // not ours after all
    ledger_case(&stage->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    react(stage);
    assert_int_equal(script_next_ms(stage->script), 0);
    script_stay(stage->script);
    react(stage);
    assert_int_equal(next_line(stage, 2)->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK);
}

static void in_a_closed_loop_no_case_has_a_truth_of_its_own(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].kind = PLANNED_CANCELLED;
    stage->plan.cases[0].declines = 1;
    stage->plan.cases[0].tier = TIER_SUBDISTRICT;
    script_close_loop(stage->script, 1);
    struct kase *kase = planned_case(stage, STATE_DISPATCHED);
    for (uint64_t seed = 1; people_is_silent(seed, kase->offer_seq, ROLE_FULLTIME);
         seed++) {
        script_close_loop(stage->script, seed + 1); // one by which he answers
    }
    script_bind(stage->script, stage->ledger.world, 1, kase->key, stage->ledger.now_ms);
    assert_int_equal(next_line(stage, 2)->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK);
}

static void in_a_closed_loop_who_is_silent_by_the_draw_says_nothing(void **state)
{
    struct stage *stage = *state;
    uint64_t seed = 1;
    struct kase *kase = ledger_case(&stage->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    while (!people_is_silent(seed, kase->offer_seq, (enum role)kase->offered_role)) {
        seed++;
    }
    script_close_loop(stage->script, seed);
    bind(stage, kase);
    react(stage);
    script_perform(stage->script, stage->ledger.world,
                   stage->ledger.now_ms + 60 * MINUTE_MS);
    for (size_t i = 0; i < stage->said_count; i++) {
        assert_int_equal(stage->said[i].kind,
                         SANJI__STATEMENT_KIND__STATEMENT_KIND_INFORMED);
    }
}

/* ---- what disturbs a case ---- */

/* What is said next that is not beside the steps, within so many minutes; 0: nothing. */
static Sanji__StatementKind next_kind(struct stage *stage, int64_t minutes)
{
    stage->said_count = 0;
    script_perform(stage->script, stage->ledger.world,
                   stage->ledger.now_ms + minutes * MINUTE_MS);
    Sanji__StatementKind kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED;
    for (size_t i = 0; i < stage->said_count; i++) {
        if (stage->said[i].kind != SANJI__STATEMENT_KIND__STATEMENT_KIND_INFORMED &&
            stage->said[i].kind != SANJI__STATEMENT_KIND__STATEMENT_KIND_URGE &&
            stage->said[i].kind != SANJI__STATEMENT_KIND__STATEMENT_KIND_SUPERVISE) {
            assert_int_equal(kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED);
            kind = stage->said[i].kind;
        }
    }
    return kind;
}

static void what_the_plan_wants_of_a_case_in_hand_comes_before_it_is_resolved(void **state)
{
    static const struct {
        size_t offset;
        Sanji__StatementKind kind;
    } rows[] = {
        {offsetof(struct planned, assists), SANJI__STATEMENT_KIND__STATEMENT_KIND_ASSIST},
        {offsetof(struct planned, extensions),
         SANJI__STATEMENT_KIND__STATEMENT_KIND_EXTEND},
        {offsetof(struct planned, recalls), SANJI__STATEMENT_KIND__STATEMENT_KIND_RECALL},
        {offsetof(struct planned, suspensions),
         SANJI__STATEMENT_KIND__STATEMENT_KIND_SUSPEND},
    };
    struct stage *stage = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct planned *planned = &stage->plan.cases[0];
        uint8_t *count = (uint8_t *)planned + rows[i].offset;
        *count = 1;
        planned_case(stage, STATE_IN_PROGRESS);
        assert_int_equal(next_kind(stage, 30), rows[i].kind);
        *count = 0;
    }
}

static void a_return_goes_one_desk_too_far_up_first(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].returns = 1;
    struct kase *kase = planned_case(stage, STATE_IN_PROGRESS);
    assert_int_equal(kase->tier, TIER_COMMITTEE);
    assert_int_equal(next_kind(stage, 6), SANJI__STATEMENT_KIND__STATEMENT_KIND_ESCALATE);
}

static void who_is_late_waits_below_his_tier_and_reports_progress(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].tier = TIER_COMMUNITY;
    stage->plan.cases[0].late = true;
    planned_case(stage, STATE_IN_PROGRESS); // at the committee, and RESOLVE has not fired
    assert_int_equal(next_kind(stage, 60),
                     SANJI__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED);
}

static void a_report_of_the_same_thing_is_merged_and_its_parent_waits(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[1].kind = PLANNED_MERGED;
    stage->plan.cases[1].into = 1;
    script_free(&stage->script);
    static const struct script_port port = {.submit = submit, .say = say};
    stage->script = script_new(&stage->plan, "t", &port, stage);
    planned_case(stage, STATE_IN_PROGRESS);
    struct kase *child = ledger_case(&stage->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    script_bind(stage->script, stage->ledger.world, 2, child->key, stage->ledger.now_ms);
    assert_int_equal(next_kind(stage, 3), SANJI__STATEMENT_KIND__STATEMENT_KIND_MERGE);
    assert_int_equal(next_kind(stage, 41),
                     SANJI__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED);
    assert_int_equal(next_kind(stage, 45), SANJI__STATEMENT_KIND__STATEMENT_KIND_RESOLVE);
}

static void what_is_only_said_comes_on_top(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].urges = 2;
    stage->plan.cases[0].supervise = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_YELLOW;
    planned_case(stage, STATE_IN_PROGRESS);
    stage->said_count = 0;
    script_perform(stage->script, stage->ledger.world,
                   stage->ledger.now_ms + 15 * MINUTE_MS);
    size_t urges = 0;
    size_t supervisions = 0;
    for (size_t i = 0; i < stage->said_count; i++) {
        urges += stage->said[i].kind == SANJI__STATEMENT_KIND__STATEMENT_KIND_URGE ? 1 : 0;
        supervisions +=
            stage->said[i].kind == SANJI__STATEMENT_KIND__STATEMENT_KIND_SUPERVISE ? 1 : 0;
    }
    assert_int_equal(urges, 2);
    assert_int_equal(supervisions, 1);
}

static void a_case_is_rejected_as_received(void **state)
{
    struct stage *stage = *state;
    stage->plan.cases[0].kind = PLANNED_REJECTED;
    struct kase *kase = ledger_receive(&stage->ledger, COMMUNITY_1, SEVERITY_S3, 3001);
    bind(stage, kase);
    assert_int_equal(next_kind(stage, 10), SANJI__STATEMENT_KIND__STATEMENT_KIND_REJECT);
}

/* ---- against the truth ---- */

static void note_differing(void *context, const char *text)
{
    char *kept = context;
    (void)snprintf(kept, 400, "%s", text); // the newest is enough
}

static void what_ended_otherwise_is_told_by_name(void **state)
{
    struct stage *stage = *state;
    struct script_result result;
    char text[400] = "";
    stage->plan.cases[0].urges = 1;
    struct kase *kase = planned_case(stage, STATE_RESOLVED);
    ledger_move(&stage->ledger, kase, T22);
    react(stage);
    script_compare(stage->script, stage->ledger.world, false, note_differing, text,
                   &result);
    assert_int_equal(result.planned, 2);
    assert_int_equal(result.differing, 2); // number 2 has no case at all
    assert_string_equal(text, "2: no case");
    assert_int_equal(result.final, 1);
    assert_int_equal(result.by_tier[TIER_COMMITTEE], 1);
}

static void strays_must_be_refused_or_repeat(void **state)
{
    struct stage *stage = *state;
    struct stray strays[3] = {
        {.at_ms = stage->ledger.now_ms + 1, .number = 1, .kind = STRAY_REPEAT},
        {.at_ms = stage->ledger.now_ms + 2, .kind = STRAY_MALFORMED},
        {.at_ms = stage->ledger.now_ms + 3, .kind = STRAY_PII}};
    stage->plan.strays = strays;
    stage->plan.stray_count = 3;
    script_begin(stage->script);
    script_perform(stage->script, stage->ledger.world, stage->ledger.now_ms + 3);
    assert_int_equal(stage->submitted_count, 3);
    Sanji__Receipt receipt = SANJI__RECEIPT__INIT;
    static const Sanji__Outcome outcomes[3] = {SANJI__OUTCOME__OUTCOME_STORED,
                                               SANJI__OUTCOME__OUTCOME_INVALID,
                                               SANJI__OUTCOME__OUTCOME_PII_REFUSED};
    for (size_t i = 0; i < 3; i++) {
        receipt.outcome = outcomes[i];
        receipt.duplicate = i == 0;
        assert_true(script_is_stray(stage->submitted[i]));
        script_receipt(stage->script, stage->ledger.world, stage->submitted[i], &receipt,
                       stage->ledger.now_ms);
    }
    struct script_result result;
    script_compare(stage->script, stage->ledger.world, false, NULL, NULL, &result);
    assert_int_equal(result.repeats + result.malformed + result.pii, 3);
    receipt.outcome = SANJI__OUTCOME__OUTCOME_STORED; // a malformed one was taken
    receipt.duplicate = false;
    script_receipt(stage->script, stage->ledger.world, stage->submitted[1], &receipt,
                   stage->ledger.now_ms);
    const uint32_t differing = result.differing;
    script_compare(stage->script, stage->ledger.world, false, NULL, NULL, &result);
    assert_int_equal(result.differing, differing + 1);
    stage->plan.strays = NULL;
    stage->plan.stray_count = 0;
}

static void lines_of_one_time_go_by_their_records(void **state)
{
    struct stage *stage = *state;
    script_stay(stage->script);
    struct record records[4];
    for (size_t i = 0; i < 4; i++) {
        ledger_case(&stage->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
        records[i] = stage->ledger.last_record;
    }
    for (size_t i = 4; i > 0; i--) { // put down backwards
        script_react(stage->script, stage->ledger.world, &records[i - 1],
                     stage->ledger.last);
    }
    script_perform(stage->script, stage->ledger.world,
                   stage->ledger.now_ms + 2 * MINUTE_MS);
    assert_int_equal(stage->said_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(stage->said[i].offer == records[i].seq);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(submissions_leave_in_order_of_their_time),
        TEST(an_offer_is_acknowledged_by_who_has_it),
        TEST(the_plan_may_want_a_refusal),
        TEST(the_plan_may_want_silence),
        TEST(below_its_tier_a_case_is_handed_up),
        TEST(who_acknowledged_resolves_after_his_effort),
        TEST(to_an_urgent_case_he_arrives_first),
        TEST(the_desk_checks_and_fails_what_the_plan_wants_reworked),
        TEST(the_reporter_answers_what_the_plan_says),
        TEST(who_cannot_be_reached_answers_nothing),
        TEST(a_reporter_comes_back_once),
        TEST(the_reporter_is_informed_whichever_comes_first_receipt_or_record),
        TEST(what_nobody_planned_is_answered_only_by_who_stays),
        TEST(in_a_closed_loop_no_case_has_a_truth_of_its_own),
        TEST(in_a_closed_loop_who_is_silent_by_the_draw_says_nothing),
        TEST(what_the_plan_wants_of_a_case_in_hand_comes_before_it_is_resolved),
        TEST(a_return_goes_one_desk_too_far_up_first),
        TEST(who_is_late_waits_below_his_tier_and_reports_progress),
        TEST(a_report_of_the_same_thing_is_merged_and_its_parent_waits),
        TEST(what_is_only_said_comes_on_top),
        TEST(a_case_is_rejected_as_received),
        TEST(what_ended_otherwise_is_told_by_name),
        TEST(strays_must_be_refused_or_repeat),
        TEST(lines_of_one_time_go_by_their_records),
    };
    return cmocka_run_group_tests_name("script", tests, NULL, NULL);
}
