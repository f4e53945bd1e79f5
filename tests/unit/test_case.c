/* test_case.c: one case told record by record, every cell of the lifecycle folded, and
 * every record that cannot stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/story.h"

// ---- the straight line ------------------------------------------------------------------

static void a_received_case_has_a_holder_an_owner_and_its_facts(void **state)
{
    (void)state;
    struct story story = story_new();
    story_receive(&story);
    const struct kase *kase = &story.kase;
    assert_int_equal(kase->key, CASE_KEY);
    assert_int_equal(kase->first_seq, 1);
    assert_int_equal(kase->last_seq, 1);
    assert_int_equal(kase->decision_seq, 1);
    assert_int_equal(kase->version, 1);
    assert_int_equal(kase->state, STATE_RECEIVED);
    assert_int_equal(kase->severity, SEVERITY_S2);
    assert_int_equal(kase->tier, TIER_SUBDISTRICT);
    assert_int_equal(kase->category, 2001);
    assert_int_equal(kase->source, SANJI__SOURCE__SOURCE_HANDHELD);
    assert_string_equal(kase->source_system, "ehsy");
    story_path_is(kase->area, BASIC_GRID);
    story_path_is(kase->holder, SUBDISTRICT);
    story_path_is(kase->owner, COMMUNITY);
    assert_int_equal(kase->received_ms, START_MS);
    assert_int_equal(kase->routed_ms, START_MS);
    assert_true(kase->wants_contact);
    assert_false(kase->restricted);
    assert_int_equal(kase->confidence_permille, 920);
    assert_int_equal(kase->key_no, 84);
    assert_int_equal(kase->lat_e6, 34810012);
    assert_int_equal(kase->lon_e6, 117320045);
    assert_int_equal(kase->building_no, 12);
    assert_int_equal(case_missing_timers(kase), 0);
}

static void the_straight_line_leads_to_closed(void **state)
{
    (void)state;
    struct story story = story_new();
    struct kase *kase = &story.kase;
    story_receive(&story);
    story_accept(&story);
    assert_int_equal(kase->sla_row, 17);
    assert_int_equal(kase->accepted_ms, START_MS + STEP_MS);
    assert_null(case_timer(kase, TIMER_ACCEPT, 0));
    assert_int_equal(case_missing_timers(kase), 0);

    story_route(&story);
    story_path_is(kase->holder, COMMITTEE);
    assert_int_equal(kase->tier, TIER_COMMITTEE);
    story_path_is(kase->owner, COMMUNITY);
    assert_int_equal(kase->holder_changes, 1);
    assert_int_equal(kase->routed_ms, START_MS + 2 * STEP_MS);
    assert_int_equal(case_missing_timers(kase), 0);

    story_offer(&story, "W00007");
    assert_int_equal(kase->worker, 7);
    assert_int_equal(kase->offer_seq, story.seq);
    assert_int_equal(kase->offered_ms, START_MS + 3 * STEP_MS);
    assert_int_equal(kase->attempts, 1);
    assert_int_equal(kase->offers, 1);
    assert_int_equal(kase->effort_min, 45);
    assert_int_equal(kase->offered_role, ROLE_FULLTIME);
    assert_int_not_equal(kase->team, 0);
    assert_int_equal(case_missing_timers(kase), 0);

    story_ack(&story, "W00007");
    assert_int_equal(kase->worker, 7);
    assert_int_not_equal(kase->offer_seq, 0);
    assert_int_equal(case_missing_timers(kase), 0);

    story_resolve(&story);
    assert_int_equal(kase->resolver, 7);
    assert_int_equal(kase->resolver_tier, TIER_COMMITTEE);
    assert_int_equal(kase->resolution, SANJI__RESOLUTION__RESOLUTION_FIXED);
    assert_int_equal(kase->resolved_ms, START_MS + 5 * STEP_MS);
    assert_int_equal(kase->effort_min, 50);
    assert_true(kase->needs_revisit);
    assert_int_equal(kase->offer_seq, 0);
    assert_int_equal(kase->worker, 7);
    assert_int_equal(case_missing_timers(kase), 0);

    story_check(&story, true, STATE_REVISIT);
    assert_int_equal(kase->checks, 1);
    Sanji__RevisitCompleted *body = story_begin(&story, EVENT_REVISIT_COMPLETED);
    body->attempt = 1;
    body->solved = true;
    story_stands(&story);
    assert_int_equal(kase->revisit_attempts, 1);
    story_close(&story);
    assert_int_equal(kase->state, STATE_CLOSED);
    assert_int_equal(kase->version, 8);
    assert_int_equal(kase->closed_ms, START_MS + 8 * STEP_MS);
    assert_int_equal(story_timer_count(kase), 1);
    assert_int_equal(kase->last_seq, story.seq);
}

static void a_self_handled_case_is_resolved_by_its_reporter_at_the_grid(void **state)
{
    (void)state;
    struct story story = story_new();
    story_receive(&story);
    Sanji__CaseSelfHandled *body = story_begin(&story, EVENT_CASE_SELF_HANDLED);
    body->worker = story_text("W00009");
    body->effort_min = 20;
    story.envelope.holder = story_text(BASIC_GRID);
    story.envelope.tier = SANJI__TIER__TIER_GRID;
    story_to(&story, STATE_RESOLVED);
    story_stands(&story);
    const struct kase *kase = &story.kase;
    assert_true(kase->self_handled);
    assert_int_equal(kase->worker, 9);
    assert_int_equal(kase->resolver, 9);
    assert_int_equal(kase->resolver_tier, TIER_GRID);
    assert_int_equal(kase->resolution, SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED);
    story_path_is(kase->holder, BASIC_GRID);
    assert_int_equal(kase->tier, TIER_GRID);
}

// ---- what cannot stand ------------------------------------------------------------------

static void a_record_of_another_case_cannot_stand(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.case_no = story_text(OTHER_NO);
    story_cannot_stand(&story);
    story.record.header.case_key = 0;
    story_cannot_stand(&story);
    story.envelope.case_no = story_text(CASE_NO);
    story.record.header.case_key = CASE_KEY + 1;
    story_cannot_stand(&story);
    story.record.header.case_key = CASE_KEY;
    story.envelope.case_no = story_text("");
    story_cannot_stand(&story);
    story.envelope.case_no = story_text(CASE_NO);
    story.record.header.case_key = 0; // a tentative fold has no header yet
    story_stands(&story);
}

static void a_version_or_state_that_does_not_follow_cannot_stand(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    const uint32_t version = story.kase.version;
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.case_version = version + 1;
    story_cannot_stand(&story);
    story.envelope.case_version = version;
    story.envelope.state_after = SANJI__CASE_STATE__CASE_STATE_RESOLVED;
    story_cannot_stand(&story);
    (void)story_begin(&story, EVENT_CASE_RESOLVED);
    story.envelope.state_after = SANJI__CASE_STATE__CASE_STATE_RESOLVED;
    story_cannot_stand(&story);
    story.envelope.case_version = version + 2;
    story_cannot_stand(&story);
    story.envelope.case_version = version + 1;
    story_stands(&story);
}

static void values_out_of_their_range_cannot_stand(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.severity = (Sanji__Severity)5;
    story_cannot_stand(&story);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.tier = (Sanji__Tier)6;
    story_cannot_stand(&story);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.state_after = (Sanji__CaseState)15;
    story_cannot_stand(&story);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.area = story_text("370499.003.1");
    story_cannot_stand(&story);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.category = story_text("2001");
    story_cannot_stand(&story);
    Sanji__Supervised *supervised = story_begin(&story, EVENT_SUPERVISED);
    supervised->to = (Sanji__SuperviseLevel)4;
    story_cannot_stand(&story);
    Sanji__CaseResolved *resolved = story_begin(&story, EVENT_CASE_RESOLVED);
    story_to(&story, STATE_RESOLVED);
    resolved->worker = story_text("W7");
    story_cannot_stand(&story);
    resolved->worker = story_text("");
    story.envelope.holder = story_text("x");
    story_cannot_stand(&story);
    story.envelope.holder = story_text("");
    story.envelope.team = story_text("B03");
    story_cannot_stand(&story);
    story.envelope.team = story_text("");
    story_stands(&story);
}

static void timer_changes_out_of_their_range_cannot_stand(void **state)
{
    (void)state;
    struct story story = story_in_progress();

    const struct {
        unsigned kind;
        unsigned n;
        unsigned op;
        unsigned clock;
    } bad[] = {{0, 0, 1, 1}, {TIMER_COUNT, 0, 1, 1}, {3, 65536, 1, 1},
               {3, 0, 0, 1}, {3, 0, 6, 1},           {3, 0, 1, 3}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)story_begin(&story, EVENT_NOTE_ADDED);
        story_change(&story, (enum timer_kind)bad[i].kind, bad[i].n,
                     (Sanji__TimerOp)bad[i].op, 5);
        story.changes[0].clock = (Sanji__Clock)bad[i].clock;
        story_cannot_stand(&story);
    }
}

static void a_case_begins_with_its_receipt(void **state)
{
    (void)state;
    struct story story = story_new();
    static const unsigned types[] = {EVENT_SAID, EVENT_NOTE_ADDED, EVENT_CASE_ACCEPTED,
                                     EVENT_AUDIT_FOUND};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        (void)story_begin(&story, types[i]);
        story_cannot_stand(&story);
    }
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.body_case = SANJI__ENVELOPE__BODY__NOT_SET;
    story_cannot_stand(&story);
    Sanji__CaseReceived *body = story_begin(&story, EVENT_CASE_RECEIVED);
    story_to(&story, STATE_RECEIVED);
    body->source_system = story_text("a-name-of-33-letters-is-too-long-");
    story_cannot_stand(&story);
    story_receive(&story);
    (void)story_begin(&story, EVENT_CASE_RECEIVED);
    story_to(&story, STATE_RECEIVED);
    story_cannot_stand(&story);
}

// ---- every cell -------------------------------------------------------------------------

/* A case in this state that any event finds what it needs in. */
static struct kase case_in(unsigned state, unsigned last_type)
{
    struct kase kase = {.key = CASE_KEY,
                        .version = 4,
                        .state = (uint8_t)state,
                        .last_type = (uint8_t)last_type};
    kase.pause_count = state == STATE_SUSPENDED ? 1 : 0;
    kase.timers[0] =
        (struct case_timer){.kind = TIMER_FEEDBACK, .state = TIMER_STATE_ARMED};
    return kase;
}

/* Content that the event needs whatever it leads to. */
static void fill(struct story *story, unsigned type)
{
    if (type == EVENT_SEVERITY_CHANGED) {
        story->envelope.severity_changed->to = SANJI__SEVERITY__SEVERITY_S3;
    } else if (type == EVENT_CASE_MERGED) {
        story->envelope.case_merged->into_case_no = story_text(OTHER_NO);
    } else if (type == EVENT_TIMER_FIRED) {
        story->envelope.timer_fired->kind = SANJI__TIMER_KIND__TIMER_KIND_FEEDBACK;
    }
}

/* A move, by the edges alone; bodies are empty: failed, not DONE, no broadcast. */
static bool moves(unsigned from, unsigned last_type, unsigned type, unsigned target)
{
    for (unsigned id = T01; id < T_COUNT; id++) {
        const struct lifecycle_edge *edge = lifecycle_edge((enum transition)id);
        const bool in_order = edge->events[1] == 0 || edge->events[0] == last_type;
        if ((edge->from >> from & 1U) != 0 && lifecycle_last_event(edge) == type &&
            edge->to == target && in_order && id != T18 && id != T21) {
            return true;
        }
    }
    return false;
}

static bool stays(unsigned from, unsigned type, unsigned target)
{
    const bool needs_content =
        type == EVENT_CHECK_COMPLETED || type == EVENT_DISPATCH_OFFERED ||
        type == EVENT_DISPATCH_ACKED || type == EVENT_DISPATCH_DECLINED ||
        type == EVENT_DISPATCH_EXPIRED || type == EVENT_DISPATCH_RECALLED;
    return from == target && from != STATE_NONE && !needs_content &&
           lifecycle_side_allowed((enum case_state)from, type);
}

static void walk_cell(struct story *story, unsigned from, unsigned last_type, unsigned type)
{
    for (unsigned target = STATE_NONE; target < STATE_COUNT; target++) {
        for (uint32_t step = 0; step < 2; step++) {
            story->kase = case_in(from, last_type);
            (void)story_begin(story, type);
            fill(story, type);
            story->envelope.state_after = (Sanji__CaseState)target;
            story->envelope.case_version = story->kase.version + step;
            const bool moved = step == 1 && moves(from, last_type, type, target);
            if (moved || (step == 0 && stays(from, type, target) &&
                          !moves(from, last_type, type, target))) {
                assert_int_equal(story_fold(story), STATUS_OK);
                assert_int_equal(story->kase.state, target);
                assert_int_equal(story->kase.version, 4 + step);
                assert_int_equal(story->kase.last_type, type);
            } else {
                story_cannot_stand(story);
            }
        }
    }
}

static void every_state_event_target_and_predecessor_folds_as_the_tables_say(void **state)
{
    (void)state;
    static const unsigned before[] = {EVENT_NONE,
                                      EVENT_VERIFICATION_REPORTED,
                                      EVENT_TIMER_FIRED,
                                      EVENT_DECISION_MADE,
                                      EVENT_UPSTREAM_UPDATED,
                                      EVENT_CHECK_COMPLETED,
                                      EVENT_REVISIT_COMPLETED,
                                      EVENT_NOTE_ADDED};
    struct story story = story_new();
    for (unsigned type = 1; type < 128; type++) {
        if (vocab_event_name(type) == NULL || type == EVENT_SAID ||
            type == EVENT_AUDIT_FOUND) {
            continue; // the two have tests of their own
        }
        for (unsigned from = STATE_NONE; from < STATE_COUNT; from++) {
            for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
                walk_cell(&story, from, before[i], type);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_received_case_has_a_holder_an_owner_and_its_facts),
        cmocka_unit_test(the_straight_line_leads_to_closed),
        cmocka_unit_test(a_self_handled_case_is_resolved_by_its_reporter_at_the_grid),
        cmocka_unit_test(a_record_of_another_case_cannot_stand),
        cmocka_unit_test(a_version_or_state_that_does_not_follow_cannot_stand),
        cmocka_unit_test(values_out_of_their_range_cannot_stand),
        cmocka_unit_test(timer_changes_out_of_their_range_cannot_stand),
        cmocka_unit_test(a_case_begins_with_its_receipt),
        cmocka_unit_test(every_state_event_target_and_predecessor_folds_as_the_tables_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
