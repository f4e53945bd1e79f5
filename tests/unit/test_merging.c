/* test_merging.c: reports of one thing (workers/intake/merging.c, broker/runtime/world_merge.c):
 * who may merge what, what moves along, and what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/time.h"
#include "tests/unit/centre.h"

enum {
    FOREST = 12,
    STEPS = 800,
    CLOSING_REASON = 104
};

static const struct speaker dispatcher = {ROLE_DISPATCHER, "", COMMUNITY_1};

static struct kase *accepted(struct centre *centre)
{
    return ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
}

static struct kase *received(struct centre *centre, const char *area)
{
    return ledger_receive(&centre->ledger, area, SEVERITY_S3, 3001);
}

static Sanji__StatementFields into(struct centre *centre, const struct kase *parent)
{
    char text[CASE_NO_SIZE];
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.into_case_no = centre_text(
        centre, id_case_print(world_place(centre->ledger.world), parent->key, text));
    return fields;
}

static uint32_t merge(struct centre *centre, const struct kase *kase,
                      const struct kase *parent)
{
    Sanji__StatementFields fields = into(centre, parent);
    return centre_say(centre, kase, SAY_MERGE, centre_desk, &fields);
}

static uint32_t unmerge(struct centre *centre, const struct kase *kase)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 903;
    return centre_say(centre, kase, SAY_UNMERGE, centre_desk, &fields);
}

static void merge_refused(struct centre *centre, const struct kase *kase,
                          const struct kase *parent, enum status code)
{
    merge(centre, kase, parent);
    centre_refused(centre, code, "into_case_no");
}

static struct kase *closed(struct centre *centre)
{
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
    ledger_move(&centre->ledger, kase, T22);
    return kase;
}

/* ---- who may merge what ---- */

static void a_case_goes_into_another(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = accepted(centre);
    struct kase *child = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    const struct kase before = *parent;
    assert_int_equal(merge(centre, child, parent), 1);
    const Sanji__CaseMerged *merged = centre_record(centre, 0)->case_merged;
    assert_int_equal(merged->watchers_moved, 1);
    assert_int_equal(merged->rule_id, 0);
    assert_int_equal(child->state, STATE_MERGED);
    assert_int_equal(child->merged_into, parent->key);
    assert_int_equal(child->worker, 0);
    assert_int_equal(case_missing_timers(child), 0);
    assert_null(case_next_due(child));
    assert_int_equal(parent->merged_reports, 1);
    assert_int_equal(parent->watchers, 1);
    assert_int_equal(parent->version, before.version); // it has not moved
    assert_int_equal(parent->decision_seq, before.decision_seq);
}

static void into_what_is_not_there_or_itself_is_refused(void **state)
{
    struct centre *centre = *state;
    struct kase *child = accepted(centre);
    merge_refused(centre, child, child, STATUS_INVALID);
    struct kase nobody = *child;
    nobody.key += 50;
    merge_refused(centre, child, &nobody, STATUS_NOT_FOUND);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    centre_say(centre, child, SAY_MERGE, centre_desk, &fields);
    assert_string_equal(centre_record(centre, 0)->statement_refused->field, "into_case_no");
    fields.into_case_no = centre_text(centre, "12");
    centre_say(centre, child, SAY_MERGE, centre_desk, &fields);
    centre_refused(centre, STATUS_NOT_FOUND, "into_case_no");
    assert_int_equal(child->state, STATE_ACCEPTED);
}

static void into_what_was_given_up_is_refused(void **state)
{
    struct centre *centre = *state;
    struct kase *child = accepted(centre);
    struct kase *rejected = received(centre, GRID_B01);
    struct kase *cancelled = accepted(centre);
    ledger_move(&centre->ledger, rejected, T06);
    ledger_move(&centre->ledger, cancelled, T30);
    merge_refused(centre, child, rejected, STATUS_WRONG_STATE);
    merge_refused(centre, child, cancelled, STATUS_WRONG_STATE);
}

static void into_what_is_merged_names_the_case_it_lives_in(void **state)
{
    struct centre *centre = *state;
    struct kase *root = accepted(centre);
    struct kase *branch = accepted(centre);
    struct kase *child = accepted(centre);
    merge(centre, branch, root);
    merge_refused(centre, child, branch, STATUS_WRONG_STATE);
    char text[CASE_NO_SIZE];
    id_case_print(world_place(centre->ledger.world), root->key, text);
    assert_non_null(strstr(centre_record(centre, 0)->statement_refused->reason, text));
    // A ring: the root cannot go into what lives in it.
    merge_refused(centre, root, branch, STATUS_WRONG_STATE);
    assert_int_equal(root->state, STATE_ACCEPTED);
}

static void restricted_or_an_exercise_goes_only_into_its_like(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = accepted(centre);
    struct kase *child = accepted(centre);
    child->restricted = true;
    merge_refused(centre, child, parent, STATUS_INVALID);
    parent->restricted = true;
    child->status = SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
    merge_refused(centre, child, parent, STATUS_INVALID);
    parent->status = SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
    assert_int_equal(merge(centre, child, parent), 1);
    assert_int_equal(child->state, STATE_MERGED);
}

static void across_communities_an_operator_decides(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = accepted(centre);
    struct kase *near = received(centre, GRID_OTHER);
    struct kase *far = received(centre, GRID_FAR);
    Sanji__StatementFields fields = into(centre, parent);
    assert_int_equal(centre_say(centre, near, SAY_MERGE, dispatcher, &fields), 1);
    assert_int_equal(near->state, STATE_MERGED);
    centre_say(centre, far, SAY_MERGE, (struct speaker){ROLE_DISPATCHER, "", SUBDISTRICT},
               &fields);
    centre_refused(centre, STATUS_WRONG_ROLE, "actor.role");
    assert_int_equal(merge(centre, far, parent), 1);
    assert_int_equal(far->state, STATE_MERGED);
}

static void what_is_done_is_not_merged_away(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = accepted(centre);
    struct kase *child = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
    merge(centre, child, parent);
    centre_refused(centre, STATUS_WRONG_STATE, "");
}

/* ---- a closed parent ---- */

static void a_closed_parent_is_reopened_first(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = closed(centre);
    struct kase *child = accepted(centre);
    centre->ledger.now_ms += 6 * TIME_DAY_MS;
    assert_int_equal(merge(centre, child, parent), 2);
    assert_int_equal(centre_record(centre, 0)->case_reopened->times, 1);
    assert_int_equal(centre_record(centre, 0)->actor->role, SANJI__ROLE__ROLE_SYSTEM);
    assert_int_equal(centre_record(centre, 1)->body_case,
                     SANJI__ENVELOPE__BODY_CASE_MERGED);
    assert_int_equal(parent->state, STATE_ACCEPTED);
    assert_int_equal(parent->reopens, 1);
    assert_int_equal(parent->merged_reports, 1);
}

static void closed_too_long_ago_or_too_often_it_is_refused(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = closed(centre);
    struct kase *child = accepted(centre);
    parent->reopens = 2;
    merge_refused(centre, child, parent, STATUS_LIMIT);
    parent->reopens = 0;
    centre->ledger.now_ms += 7 * TIME_DAY_MS + 1;
    merge_refused(centre, child, parent, STATUS_LIMIT);
    assert_int_equal(parent->state, STATE_CLOSED);
    assert_int_equal(child->state, STATE_ACCEPTED);
}

/* ---- voices ---- */

static void a_child_takes_its_children_along(void **state)
{
    struct centre *centre = *state;
    struct kase *root = accepted(centre);
    struct kase *branch = accepted(centre);
    struct kase *leaf = accepted(centre);
    struct kase *silent = accepted(centre);
    silent->wants_contact = false;
    merge(centre, leaf, branch);
    merge(centre, silent, branch);
    assert_int_equal(branch->merged_reports, 2);
    assert_int_equal(branch->watchers, 1);
    merge(centre, branch, root);
    assert_int_equal(centre_record(centre, 0)->case_merged->watchers_moved, 2);
    assert_int_equal(root->merged_reports, 3);
    assert_int_equal(root->watchers, 2);

    assert_int_equal(unmerge(centre, leaf), 1); // out of the branch, which stays
    assert_int_equal(branch->merged_reports, 1);
    assert_int_equal(branch->watchers, 0);
    assert_int_equal(root->merged_reports, 2);
    assert_int_equal(root->watchers, 1);
    assert_int_equal(unmerge(centre, branch), 1);
    assert_int_equal(root->merged_reports, 0);
    assert_int_equal(root->watchers, 0);
    assert_int_equal(root->burst_count, 0);
    assert_int_equal(branch->merged_reports, 1); // it keeps its own
}

static void who_ends_the_parent_is_told_how_many_wait_once(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
    struct kase *children[3];
    for (unsigned i = 0; i < 3; i++) {
        children[i] = accepted(centre);
        children[i]->wants_contact = i > 0;
        assert_int_equal(merge(centre, children[i], parent), 1);
    }
    parent->wants_contact = false;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.passed = true;
    assert_int_equal(centre_say(centre, parent, SAY_CHECK, centre_desk, &fields), 3);
    const Sanji__NoteAdded *note = centre_record(centre, 2)->note_added;
    assert_int_equal(note->kind, SANJI__NOTE_KIND__NOTE_KIND_TELL_REPORTERS);
    assert_int_equal(note->count, 2);
    assert_string_equal(note->told[0]->org, COMMUNITY_1);
    assert_int_equal(parent->state, STATE_CLOSED);
    assert_int_equal(parent->attention_count, 1);
    assert_int_equal(centre_decide(centre), 0);

    assert_int_equal(centre_say(centre, children[1], SAY_INFORMED, centre_desk, NULL), 1);
    assert_true(children[1]->informed);
    assert_int_equal(children[1]->state, STATE_MERGED);
    centre_say(centre, parent, SAY_INFORMED, centre_desk, NULL);
    assert_int_equal(parent->attention_count, 0); // the one told has acted
}

static void with_nobody_waiting_a_closing_tells_nobody(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
    parent->wants_contact = false;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.passed = true;
    assert_int_equal(centre_say(centre, parent, SAY_CHECK, centre_desk, &fields), 2);
}

static void a_cancelled_parent_tells_as_well(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = accepted(centre);
    merge(centre, accepted(centre), parent);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = CLOSING_REASON;
    assert_int_equal(centre_say(centre, parent, SAY_CANCEL, centre_leader, &fields), 2);
    assert_int_equal(centre_record(centre, 1)->note_added->count, 1);
    assert_int_equal(parent->state, STATE_CANCELLED);
}

/* ---- many at once ---- */

static void five_reports_in_two_hours_ask_for_a_higher_severity_once(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = accepted(centre);
    for (unsigned i = 0; i < 4; i++) {
        centre->ledger.now_ms += 25 * 60 * 1000;
        struct kase *child = accepted(centre);
        merge(centre, child, parent);
        assert_int_equal(centre_decide(centre), i == 3 ? 1 : 0); // on CaseMerged
    }
    const Sanji__NoteAdded *note = centre_record(centre, 0)->note_added;
    assert_int_equal(note->kind, SANJI__NOTE_KIND__NOTE_KIND_SEVERITY_PROPOSED);
    assert_int_equal(note->severity, SANJI__SEVERITY__SEVERITY_S2);
    assert_int_equal(note->count, 5);
    assert_int_equal(note->told[0]->role, SANJI__ROLE__ROLE_DUTY_LEADER);
    assert_string_equal(note->told[0]->org, COMMUNITY_1);
    assert_int_equal(parent->attention_count, 1);
    merge(centre, accepted(centre), parent);
    assert_int_equal(centre_decide(centre), 0);
}

static void reports_far_apart_or_of_a_graver_case_ask_for_nothing(void **state)
{
    struct centre *centre = *state;
    struct kase *slow = accepted(centre);
    struct kase *grave = ledger_case(&centre->ledger, SEVERITY_S2, 2001, STATE_ACCEPTED);
    for (unsigned i = 0; i < 5; i++) {
        merge(centre, accepted(centre), grave);
        assert_int_equal(centre_decide(centre), 0);
        centre->ledger.now_ms += 31 * 60 * 1000;
        merge(centre, accepted(centre), slow);
        assert_int_equal(centre_decide(centre), 0);
    }
}

/* ---- coming back ---- */

static void unmerged_it_has_its_own_deadlines_again(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = accepted(centre);
    struct kase *child = accepted(centre);
    const struct case_timer was = *case_timer(child, TIMER_RESOLVE, 0);
    const struct case_timer feedback = *case_timer(child, TIMER_FEEDBACK, 0);
    merge(centre, child, parent);
    centre->ledger.now_ms += 3 * 3600 * 1000;
    assert_int_equal(unmerge(centre, child), 1);
    const Sanji__CaseUnmerged *unmerged = centre_record(centre, 0)->case_unmerged;
    assert_int_equal(unmerged->reason_code, 903);
    assert_int_equal(child->state, STATE_ACCEPTED);
    assert_int_equal(child->merged_into, 0);
    const struct case_timer *resolve = case_timer(child, TIMER_RESOLVE, 0);
    assert_int_equal(resolve->due_ms, was.due_ms);
    assert_int_equal(resolve->t0_ms, child->received_ms);
    assert_int_equal(case_timer(child, TIMER_FEEDBACK, 0)->due_ms, feedback.due_ms);
    assert_int_equal(case_missing_timers(child), 0);
    unmerge(centre, child);
    centre_refused(centre, STATUS_WRONG_STATE, "");
}

static void who_was_told_while_merged_is_not_promised_an_answer_again(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = accepted(centre);
    struct kase *child = accepted(centre);
    merge(centre, child, parent);
    centre_say(centre, child, SAY_INFORMED, centre_desk, NULL);
    unmerge(centre, child);
    assert_null(case_timer(child, TIMER_FEEDBACK, 0));
}

static void after_thirty_days_it_stays_merged(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = accepted(centre);
    struct kase *early = accepted(centre);
    struct kase *late = accepted(centre);
    merge(centre, early, parent);
    merge(centre, late, parent);
    centre->ledger.now_ms += 30 * TIME_DAY_MS;
    assert_int_equal(unmerge(centre, early), 1);
    assert_int_equal(early->state, STATE_ACCEPTED);
    centre->ledger.now_ms += 1;
    unmerge(centre, late);
    centre_refused(centre, STATUS_LIMIT, "");
    assert_int_equal(late->state, STATE_MERGED);
}

static void unmerging_needs_what_accepting_needs(void **state)
{
    struct centre *centre = *state;
    struct kase *parent = accepted(centre);
    struct kase *child = received(centre, SUBDISTRICT);
    merge(centre, child, parent);
    unmerge(centre, child);
    centre_refused(centre, STATUS_INVALID, "to");
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 903;
    fields.to = centre_text(centre, GRID_B02);
    assert_int_equal(centre_say(centre, child, SAY_UNMERGE, centre_desk, &fields), 1);
    char area[ORG_TEXT_SIZE];
    assert_string_equal(org_print(child->area, area), GRID_B02);
}

/* ---- the forest ---- */

static struct kase *root_of(struct centre *centre, struct kase *kase)
{
    unsigned steps = 0;
    while (kase->state == STATE_MERGED) {
        kase = world_case(centre->ledger.world, kase->merged_into);
        assert_non_null(kase);
        steps++;
        assert_true(steps <= FOREST);
    }
    return kase;
}

static bool is_above(struct centre *centre, const struct kase *above, struct kase *kase)
{
    while (kase->state == STATE_MERGED) {
        kase = world_case(centre->ledger.world, kase->merged_into);
        if (kase == above) {
            return true;
        }
    }
    return false;
}

static void counts_are_right(struct centre *centre, struct kase *cases[FOREST])
{
    for (unsigned i = 0; i < FOREST; i++) {
        unsigned reports = 0;
        unsigned watchers = 0;
        for (unsigned j = 0; j < FOREST; j++) {
            if (is_above(centre, cases[i], cases[j])) {
                reports++;
                watchers += cases[j]->wants_contact ? 1 : 0;
            }
        }
        assert_int_equal(cases[i]->merged_reports, reports);
        assert_int_equal(cases[i]->watchers, watchers);
    }
}

static void whatever_is_merged_and_taken_out_it_stays_a_forest(void **state)
{
    struct centre *centre = *state;
    struct kase *cases[FOREST];
    uint32_t random = 20200815;
    unsigned merged = 0;
    unsigned taken_out = 0;
    for (unsigned i = 0; i < FOREST; i++) {
        cases[i] = received(centre, GRID_B01);
        cases[i]->wants_contact = i % 3 != 0;
    }
    for (unsigned step = 0; step < STEPS; step++) {
        random = random * 1664525U + 1013904223U;
        struct kase *kase = cases[(random >> 8) % FOREST];
        struct kase *other = cases[(random >> 16) % FOREST];
        struct kase *root = root_of(centre, other);
        if (kase->state == STATE_MERGED && random >> 30 == 0) {
            assert_int_equal(unmerge(centre, kase), 1);
            assert_int_equal(kase->state, STATE_ACCEPTED);
            taken_out++;
        } else if (kase->state != STATE_MERGED) {
            merge(centre, kase, other);
            const bool stands = kase != other && root == other;
            assert_int_equal(kase->state == STATE_MERGED, stands);
            merged += stands ? 1 : 0;
        }
        counts_are_right(centre, cases);
    }
    assert_true(merged > 20 && taken_out > 10);
}

static void a_merge_that_is_taken_back_leaves_everybody_as_he_was(void **state)
{
    struct centre *centre = *state;
    struct kase *root = accepted(centre);
    struct kase *branch = accepted(centre);
    struct kase *leaf = accepted(centre);
    merge(centre, branch, root);
    const struct kase before[3] = {*root, *branch, *leaf};
    Sanji__StatementFields fields = into(centre, root);
    speech_say(&centre->ledger, leaf, SAY_MERGE, centre_desk, &fields);
    const uint64_t said_seq = leaf->last_seq;
    struct turn *turn = ledger_turn(&centre->ledger, OWNER_INTAKE);
    intake_ops.decide(&centre->intake, turn, &centre->ledger.last_record,
                      centre->ledger.last);
    assert_int_equal(root->merged_reports, 2);
    ledger_drop(&centre->ledger);
    assert_memory_equal(root, &before[0], sizeof *root);
    assert_memory_equal(branch, &before[1], sizeof *branch);
    assert_int_equal(leaf->last_seq, said_seq);
    leaf->last_seq = before[2].last_seq;
    assert_memory_equal(leaf, &before[2], sizeof *leaf);
}

static bool is_root(void *context, uint32_t place, const struct kase *kase)
{
    (void)place;
    const uint64_t **key = context;
    if (*key != NULL && kase->key == **key) {
        *key = NULL;
    }
    return true;
}

static void the_cache_hears_of_everybody_above(void **state)
{
    struct centre *centre = *state;
    struct kase *root = accepted(centre);
    struct kase *branch = accepted(centre);
    struct kase *leaf = accepted(centre);
    merge(centre, leaf, branch);
    merge(centre, branch, root);
    world_set_clean(centre->ledger.world);
    unmerge(centre, leaf);
    const uint64_t *key = &root->key;
    world_each_changed_case(centre->ledger.world, is_root, &key);
    assert_null(key);
}

static void a_record_that_closes_a_ring_does_not_stand(void **state)
{
    struct centre *centre = *state;
    struct kase *root = accepted(centre);
    struct kase *branch = accepted(centre);
    merge(centre, branch, root);
    char text[CASE_NO_SIZE];
    Sanji__CaseMerged body = SANJI__CASE_MERGED__INIT;
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    char no[CASE_NO_SIZE];
    const uint32_t place = world_place(centre->ledger.world);
    body.into_case_no = id_case_print(place, branch->key, text);
    envelope.schema_version = SCHEMA_VERSION;
    envelope.case_no = id_case_print(place, root->key, no);
    envelope.case_version = root->version + 1;
    envelope.state_after = SANJI__CASE_STATE__CASE_STATE_MERGED;
    envelope.body_case = SANJI__ENVELOPE__BODY_CASE_MERGED;
    envelope.case_merged = &body;
    const struct record record = {
        .seq = centre->ledger.seq + 1,
        .header = {.type = EVENT_CASE_MERGED, .case_key = root->key}};
    const struct kase before = *root;
    assert_int_equal(world_fold(centre->ledger.world, &record, &envelope), STATUS_INVALID);
    assert_memory_equal(root, &before, sizeof before);
    struct kase nobody = {.key = root->key + 70};
    body.into_case_no = id_case_print(place, nobody.key, text);
    assert_int_equal(world_fold(centre->ledger.world, &record, &envelope), STATUS_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, centre_open, centre_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_case_goes_into_another),
        TEST(into_what_is_not_there_or_itself_is_refused),
        TEST(into_what_was_given_up_is_refused),
        TEST(into_what_is_merged_names_the_case_it_lives_in),
        TEST(restricted_or_an_exercise_goes_only_into_its_like),
        TEST(across_communities_an_operator_decides),
        TEST(what_is_done_is_not_merged_away),
        TEST(a_closed_parent_is_reopened_first),
        TEST(closed_too_long_ago_or_too_often_it_is_refused),
        TEST(a_child_takes_its_children_along),
        TEST(who_ends_the_parent_is_told_how_many_wait_once),
        TEST(with_nobody_waiting_a_closing_tells_nobody),
        TEST(a_cancelled_parent_tells_as_well),
        TEST(five_reports_in_two_hours_ask_for_a_higher_severity_once),
        TEST(reports_far_apart_or_of_a_graver_case_ask_for_nothing),
        TEST(unmerged_it_has_its_own_deadlines_again),
        TEST(who_was_told_while_merged_is_not_promised_an_answer_again),
        TEST(after_thirty_days_it_stays_merged),
        TEST(unmerging_needs_what_accepting_needs),
        TEST(whatever_is_merged_and_taken_out_it_stays_a_forest),
        TEST(a_merge_that_is_taken_back_leaves_everybody_as_he_was),
        TEST(the_cache_hears_of_everybody_above),
        TEST(a_record_that_closes_a_ring_does_not_stand),
    };
    return cmocka_run_group_tests_name("merging", tests, NULL, NULL);
}
