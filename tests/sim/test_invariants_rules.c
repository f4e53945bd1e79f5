/* test_invariants_rules.c: controls of the laws about who may, what only rises, merges, personal
 * data, offers, exercises, replay and receipts (control.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/codec.h"
#include "tests/sim/control.h"
#include "tests/sim/pii.h"

static char phone[] = VOICE_PHONE;

/* ---- 10: what only rises ---- */

static bool goes_down(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->case_escalated->to_tier = envelope->case_escalated->from_tier;
    return true;
}

static bool level_stays(Sanji__Envelope *envelope, const struct model_case *before)
{
    envelope->case_escalated->level = before->level;
    return true;
}

static bool supervised_less(Sanji__Envelope *envelope, const struct model_case *before)
{
    Sanji__Supervised *body = envelope->supervised;
    if (before->supervise == 0) {
        return false;
    }
    body->to = body->from;
    return true;
}

static bool lifted_by_nobody(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->supervised->to = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NONE;
    return envelope->actor->role == SANJI__ROLE__ROLE_SYSTEM;
}

static void an_escalation_that_does_not_rise_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_CASE_ESCALATED, .edit = goes_down},
                   "does not go up");
    control_expect(&(struct control){.type = EVENT_CASE_ESCALATED, .edit = level_stays},
                   "the level of escalation does not rise");
}

static void a_supervision_that_does_not_rise_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_SUPERVISED, .edit = supervised_less},
                   "supervision does not rise");
    control_expect(&(struct control){.type = EVENT_SUPERVISED, .edit = lifted_by_nobody},
                   "lifted by nobody");
}

static bool returned_again(Sanji__Envelope *envelope, const struct model_case *before)
{
    Sanji__DecisionMade *body = envelope->decision_made;
    // The model counts what was decided before on this case: three are more than two.
    ((struct model_case *)(uintptr_t)before)->returns = 2;
    body->kind = SANJI__DECISION_KIND__DECISION_KIND_RETURN;
    body->approved = true;
    body->final = false;
    return true;
}

static void a_third_return_without_a_final_decision_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_DECISION_MADE, .edit = returned_again},
                   "a third return without a final decision");
}

/* ---- 11: who checks ---- */

static bool checked_by_resolver(Sanji__Envelope *envelope, const struct model_case *before)
{
    static char worker[WORKER_SIZE];
    if (before->resolver == 0) {
        return false;
    }
    envelope->actor->worker = id_worker_print(before->resolver, worker);
    return true;
}

static bool rejected_by_handler(Sanji__Envelope *envelope, const struct model_case *before)
{
    static char worker[] = "W00007";
    ((struct model_case *)(uintptr_t)before)->resolver = 7;
    envelope->actor->worker = worker;
    return true;
}

static void a_check_by_the_resolver_is_seen(void **state)
{
    (void)state;
    control_expect(
        &(struct control){.type = EVENT_CHECK_COMPLETED, .edit = checked_by_resolver},
        "checked by who resolved it");
    control_expect(
        &(struct control){.type = EVENT_CASE_REJECTED, .edit = rejected_by_handler},
        "rejected by who handles it");
}

/* ---- 12: merges ---- */

static bool merged_into_itself(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->case_merged->into_case_no = envelope->case_no;
    return true;
}

/* As if the parent had been merged into this one before. */
static bool merged_in_a_circle(Sanji__Envelope *envelope, const struct model_case *before)
{
    uint32_t place = 0;
    uint64_t parent = 0;
    assert_int_equal(id_case_parse(envelope->case_merged->into_case_no, &place, &parent),
                     STATUS_OK);
    const struct model_case *known = model_case(watch_model(control_watched), parent);
    ((struct model_case *)(uintptr_t)known)->merged_into = before->key;
    return true;
}

static void a_merge_that_is_no_forest_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_CASE_MERGED, .edit = merged_into_itself},
                   "merged into itself");
    control_expect(&(struct control){.type = EVENT_CASE_MERGED, .edit = merged_in_a_circle},
                   "has a cycle");
}

/* ---- 13: personal data ---- */

static bool with_a_phone(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->case_received->device_id = phone;
    return true;
}

static void personal_data_in_the_clear_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_CASE_RECEIVED, .edit = with_a_phone},
                   "holds a mobile number in the clear");
}

static size_t found_in(const char *text)
{
    return pii_count((struct bytes){(const uint8_t *)text, strlen(text)}, NULL);
}

static void every_pattern_of_personal_data_is_found_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(found_in("call 13900000000 or 18612345678!"), 2);
    assert_int_equal(found_in("x11010519491231002X."), 1);
    assert_int_equal(found_in("4111111111111111"), 1);
    assert_int_equal(found_in("at \xE9\xB2\x81"
                              "D12345"),
                     1);
    assert_int_equal(found_in("139000000001 12900000000 110105194912310021"), 0);
    assert_int_equal(found_in("37049900320200815000007"), 0); // a case number
    assert_int_equal(found_in("4111111111111112"), 0);
    assert_int_equal(found_in("\xE9\xB2\x81"
                              "d12345"),
                     0);
}

static bool is_restricted(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)envelope;
    return before != NULL && before->restricted;
}

static void a_restricted_case_that_shows_itself_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_DISPATCH_OFFERED,
                                     .edit = is_restricted,
                                     .clear_flags = RECORD_RESTRICTED},
                   "the case is restricted, and the header does not say so");
}

/* ---- 16, 17 ---- */

static bool offered_to_another(Sanji__Envelope *envelope, const struct model_case *before)
{
    static char chief[] = "W00018"; // on duty all day, of no offered role
    if (before == NULL || before->state != STATE_ASSIGNING) {
        return false;
    }
    envelope->dispatch_offered->worker = chief;
    envelope->worker = chief;
    return true;
}

static bool considered_less(Sanji__Envelope *envelope, const struct model_case *before)
{
    Sanji__DispatchOffered *body = envelope->dispatch_offered;
    if (before == NULL || before->state != STATE_ASSIGNING || body->n_considered < 2) {
        return false;
    }
    body->considered[0]->cost_permille++;
    return true;
}

static void an_offer_to_who_may_not_take_it_is_seen(void **state)
{
    (void)state;
    control_expect(
        &(struct control){.type = EVENT_DISPATCH_OFFERED, .edit = offered_to_another},
        "he does not have the role");
}

static void an_offer_that_does_not_follow_from_the_log_is_seen(void **state)
{
    (void)state;
    control_expect(
        &(struct control){.type = EVENT_DISPATCH_OFFERED, .edit = considered_less},
        "weighing again gives another list");
}

static bool as_an_exercise(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)envelope;
    ((struct model_case *)(uintptr_t)before)->status =
        SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
    return true;
}

static void an_exercise_that_goes_upstream_is_seen(void **state)
{
    (void)state;
    control_expect(
        &(struct control){.type = EVENT_UPSTREAM_SUBMITTED, .edit = as_an_exercise},
        "an exercise goes upstream");
}

/* ---- 1, 2, 3: replay, receipts, references ---- */

static void another_world_is_seen(void **state)
{
    (void)state;
    struct laws laws = {.count = 0};
    struct world *world = town_world(control_played.town, TOWN_CASEBOOK);
    const uint64_t key = model_case_at(watch_model(control_played.watch), 3)->key;
    law_same_world(watch_world(control_played.watch), world, &laws);
    assert_int_equal(laws.count, 0);
    world_case(world, key)->effort_min++;
    law_same_world(watch_world(control_played.watch), world, &laws);
    assert_true(control_says(&laws, "replay gives another case"));
    world_case(world, key)->effort_min--;
}

static void a_receipt_without_its_record_is_seen(void **state)
{
    (void)state;
    struct laws laws = {.count = 0};
    const struct law_receipt far = {.seq = simlog_head(town_log(control_played.town)) + 1,
                                    .case_no = ""};
    const struct law_receipt wrong = {.seq = 1, .case_no = ""};
    law_receipts(town_log(control_played.town), &far, &laws);
    law_receipts(town_log(control_played.town), &wrong, &laws);
    assert_int_equal(laws.count, 2);
}

static void one_reference_in_two_records_is_seen(void **state)
{
    (void)state;
    struct laws laws = {.count = 0};
    struct simlog *sim = simlog_new(&(struct simlog_options){.seed = 1, .now_ms = 1});
    const struct simlog *from = town_log(control_played.town);
    for (uint64_t seq = 1, said = 0; said < 2; seq++) {
        Sanji__Envelope *envelope = NULL;
        if (simlog_record(from, seq)->header.type != EVENT_SAID) {
            continue;
        }
        arena_reset(control_memory);
        assert_int_equal(
            codec_unpack(simlog_record(from, seq)->envelope, control_memory, &envelope),
            STATUS_OK);
        (void)simlog_put(sim, envelope); // its number does not matter
        (void)simlog_put(sim, envelope);
        said++;
    }
    law_once(sim, &laws);
    assert_int_equal(laws.count, 2);
    assert_true(control_says(&laws, "have one reference"));
    simlog_free(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_escalation_that_does_not_rise_is_seen),
        cmocka_unit_test(a_supervision_that_does_not_rise_is_seen),
        cmocka_unit_test(a_third_return_without_a_final_decision_is_seen),
        cmocka_unit_test(a_check_by_the_resolver_is_seen),
        cmocka_unit_test(a_merge_that_is_no_forest_is_seen),
        cmocka_unit_test(personal_data_in_the_clear_is_seen),
        cmocka_unit_test(a_restricted_case_that_shows_itself_is_seen),
        cmocka_unit_test(every_pattern_of_personal_data_is_found_and_nothing_else),
        cmocka_unit_test(an_offer_to_who_may_not_take_it_is_seen),
        cmocka_unit_test(an_offer_that_does_not_follow_from_the_log_is_seen),
        cmocka_unit_test(an_exercise_that_goes_upstream_is_seen),
        cmocka_unit_test(another_world_is_seen),
        cmocka_unit_test(a_receipt_without_its_record_is_seen),
        cmocka_unit_test(one_reference_in_two_records_is_seen),
    };
    return cmocka_run_group_tests_name("invariants_rules", tests, control_play,
                                       control_stop);
}
