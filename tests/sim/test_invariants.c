/* test_invariants.c: controls of the laws about records, transitions, holders, timers and
 * deadlines (control.h); the others stand in test_invariants_rules.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/codec.h"
#include "tests/sim/control.h"

enum {
    SECOND_MS = 1000
};

static char elsewhere[] = "370499.003.09";
static char no_text[] = "";

static Sanji__TimerChange *change_of(const Sanji__Envelope *envelope, unsigned kind)
{
    for (size_t i = 0; i < envelope->n_timers; i++) {
        if ((unsigned)envelope->timers[i]->kind == kind) {
            return envelope->timers[i];
        }
    }
    return NULL;
}

static void remove_change(Sanji__Envelope *envelope, const Sanji__TimerChange *change)
{
    size_t kept = 0;
    for (size_t i = 0; i < envelope->n_timers; i++) {
        if (envelope->timers[i] != change) {
            envelope->timers[kept++] = envelope->timers[i];
        }
    }
    envelope->n_timers = kept;
}

/* ---- the log as it is ---- */

static void the_log_itself_breaks_nothing(void **state)
{
    (void)state;
    round_hold(&control_played);
    assert_int_equal(control_played.laws.count, 0);
}

static void a_missing_record_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_NOTE_ADDED, .drop = true}, "follows");
}

static void a_stamp_that_goes_back_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .hurry = true},
                   "is stamped");
}

/* ---- 4: transitions ---- */

static bool jump(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->state_after = SANJI__CASE_STATE__CASE_STATE_CLOSED;
    return true;
}

static void a_transition_outside_the_table_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_CASE_ROUTED, .edit = jump},
                   "no such transition");
    control_expect(&(struct control){.type = EVENT_CASE_ROUTED, .edit = jump}, "LIFECYCLE");
}

static bool by_the_system(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->actor->role = SANJI__ROLE__ROLE_AUDITOR;
    return true;
}

static void a_transition_by_the_wrong_role_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .edit = by_the_system},
                   "does not let this role");
    control_expect(&(struct control){.type = EVENT_CHECK_COMPLETED, .edit = by_the_system},
                   "does not let this role");
}

static void a_transition_by_the_wrong_process_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .writer = OWNER_INTAKE},
                   "does not own the transition");
    control_expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .writer = OWNER_INTAKE},
                   "OWNER");
}

static bool other_severity(Sanji__Envelope *envelope, const struct model_case *before)
{
    if (before == NULL) {
        return false;
    }
    envelope->severity = before->severity == SEVERITY_S1 ? SANJI__SEVERITY__SEVERITY_S2
                                                         : SANJI__SEVERITY__SEVERITY_S1;
    return true;
}

static void a_refusal_that_changes_the_case_is_seen(void **state)
{
    (void)state;
    control_expect(
        &(struct control){.type = EVENT_STATEMENT_REFUSED, .edit = other_severity},
        "a refusal changes the case");
}

static bool without_cause(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->cause_seq = 0;
    return true;
}

static uint64_t answered_before;

static bool another_cause(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    const uint64_t cause = envelope->cause_seq;
    const unsigned kind = (unsigned)envelope->statement_refused->kind;
    if (vocab_statement_decider(kind) != OWNER_ESCALATION) {
        return false;
    }
    if (answered_before == 0) {
        answered_before = cause;
    }
    if (cause < answered_before + CONTROL_AFTER) {
        return false;
    }
    envelope->cause_seq = answered_before;
    return true;
}

static void a_statement_without_an_answer_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_STATEMENT_REFUSED,
                                     .edit = without_cause,
                                     .to_end = true},
                   "has no answer");
}

static void a_statement_with_two_answers_is_seen(void **state)
{
    (void)state;
    answered_before = 0;
    control_expect(
        &(struct control){.type = EVENT_STATEMENT_REFUSED, .edit = another_cause},
        "is answered at");
    answered_before = 0;
    control_expect(
        &(struct control){.type = EVENT_STATEMENT_REFUSED, .edit = another_cause},
        "is refused and carried out");
}

static bool in_one_language(Sanji__Envelope *envelope, const struct model_case *before)
{
    static char chinese[] = "不可以";
    (void)before;
    envelope->statement_refused->reason = chinese;
    return true;
}

static void a_refusal_in_one_language_is_seen(void **state)
{
    (void)state;
    control_expect(
        &(struct control){.type = EVENT_STATEMENT_REFUSED, .edit = in_one_language},
        "without a reason in both languages");
}

static bool of_the_same_turn(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->dispatch_acked->offer = UINT64_C(1) << 62 | 3;
    return true;
}

static void a_number_that_no_record_has_is_seen(void **state)
{
    (void)state;
    control_expect(
        &(struct control){.type = EVENT_DISPATCH_ACKED, .edit = of_the_same_turn},
        "which does not come before");
}

static bool another_offer(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->dispatch_acked->offer--;
    return true;
}

static void an_answer_to_no_open_offer_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .edit = another_offer},
                   "answers no open offer");
}

/* ---- 5: who has it ---- */

static bool held_elsewhere(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->holder = elsewhere;
    return true;
}

static bool owned_elsewhere(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->owner = elsewhere;
    return true;
}

static bool held_by_nobody(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->holder = no_text;
    return true;
}

static void a_holder_moved_by_whom_it_does_not_move_is_seen(void **state)
{
    (void)state;
    control_expect(
        &(struct control){.type = EVENT_DISPATCH_OFFERED, .edit = held_elsewhere},
        "moves the holder");
    control_expect(&(struct control){.type = EVENT_CASE_ESCALATED, .edit = owned_elsewhere},
                   "moves the owner");
}

static void a_case_without_a_holder_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_CASE_RECEIVED, .edit = held_by_nobody},
                   "without holder or owner");
    control_expect(&(struct control){.type = EVENT_CASE_RECEIVED, .edit = held_by_nobody},
                   "HOLDER");
}

/* ---- 6, 7: timers ---- */

static bool without_resolve(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    const Sanji__TimerChange *change = change_of(envelope, TIMER_RESOLVE);
    remove_change(envelope, change);
    return change != NULL;
}

static void a_state_without_its_timer_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_CASE_ACCEPTED, .edit = without_resolve},
                   "must have RESOLVE");
    control_expect(&(struct control){.type = EVENT_CASE_ACCEPTED, .edit = without_resolve},
                   "should arm RESOLVE");
    control_expect(&(struct control){.type = EVENT_CASE_ACCEPTED, .edit = without_resolve},
                   "TIMER");
}

static bool keeps_ack(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    const Sanji__TimerChange *change = change_of(envelope, TIMER_ACK);
    remove_change(envelope, change);
    return change != NULL;
}

static void a_timer_that_outlives_its_state_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_DISPATCH_DECLINED, .edit = keeps_ack},
                   "should stop ACK");
}

static bool due_sooner(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    Sanji__TimerChange *change = change_of(envelope, TIMER_ACK);
    if (change == NULL) {
        return false;
    }
    change->due_at_ms = change->t0_ms + 1;
    change->budget_s = 0;
    return true;
}

static void a_dropped_timer_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_DISPATCH_OFFERED, .edit = due_sooner},
                   "ms ago and has not fired");
}

static bool due_off(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    Sanji__TimerChange *change = change_of(envelope, TIMER_ACK);
    const bool fits = change != NULL && change->clock == SANJI__CLOCK__CLOCK_NATURAL;
    if (fits) {
        change->due_at_ms += SECOND_MS;
    }
    return fits;
}

static void a_wrong_due_time_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_DISPATCH_OFFERED, .edit = due_off},
                   "ACK is due 1000 ms off");
}

static bool fires_another(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->timer_fired->n += 100;
    return true;
}

static bool fires_later(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->timer_fired->late_ms += SECOND_MS;
    return true;
}

static bool fires_another_due(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    envelope->timer_fired->due_at_ms--;
    return true;
}

static void a_firing_without_its_timer_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_TIMER_FIRED, .edit = fires_another},
                   "is not armed, or fires twice");
    control_expect(&(struct control){.type = EVENT_TIMER_FIRED, .edit = fires_later},
                   "says wrongly how late");
    control_expect(&(struct control){.type = EVENT_TIMER_FIRED, .edit = fires_another_due},
                   "fires with another due time");
}

static void a_firing_before_its_time_is_seen(void **state)
{
    (void)state;
    control_expect(&(struct control){.type = EVENT_TIMER_FIRED, .hurry = true},
                   "fires before it is due");
}

/* ---- 8: deadlines ---- */

static bool moves_resolve(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    Sanji__TimerChange *change = change_of(envelope, TIMER_DISPATCH);
    if (change == NULL) {
        return false;
    }
    change->kind = SANJI__TIMER_KIND__TIMER_KIND_RESOLVE;
    return true;
}

static void a_deadline_moved_by_a_new_dispatch_is_seen(void **state)
{
    (void)state;
    control_expect(
        &(struct control){.type = EVENT_DISPATCH_DECLINED, .edit = moves_resolve},
        "does not move the handlers' time");
    control_expect(&(struct control){.type = EVENT_CASE_ESCALATED, .edit = moves_resolve},
                   "does not move the handlers' time");
}

static bool from_another_t0(Sanji__Envelope *envelope, const struct model_case *before)
{
    (void)before;
    Sanji__TimerChange *change = change_of(envelope, TIMER_RESOLVE);
    if (change == NULL || change->op != SANJI__TIMER_OP__TIMER_OP_RESET) {
        return false;
    }
    change->t0_ms -= SECOND_MS;
    return true;
}

static bool unmerged_from_now(Sanji__Envelope *envelope, const struct model_case *before)
{
    Sanji__TimerChange *change = change_of(envelope, TIMER_RESOLVE);
    if (change == NULL || before == NULL) {
        return false;
    }
    change->t0_ms += SECOND_MS;
    return true;
}

static void a_recomputation_that_forgets_its_beginning_is_seen(void **state)
{
    (void)state;
    control_expect(
        &(struct control){.type = EVENT_SEVERITY_CHANGED, .edit = from_another_t0},
        "recomputed from another t0");
    control_expect(
        &(struct control){.type = EVENT_CASE_UNMERGED, .edit = unmerged_from_now},
        "does not count from the original receipt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_itself_breaks_nothing),
        cmocka_unit_test(a_missing_record_is_seen),
        cmocka_unit_test(a_stamp_that_goes_back_is_seen),
        cmocka_unit_test(a_transition_outside_the_table_is_seen),
        cmocka_unit_test(a_transition_by_the_wrong_role_is_seen),
        cmocka_unit_test(a_transition_by_the_wrong_process_is_seen),
        cmocka_unit_test(a_refusal_that_changes_the_case_is_seen),
        cmocka_unit_test(a_statement_without_an_answer_is_seen),
        cmocka_unit_test(a_statement_with_two_answers_is_seen),
        cmocka_unit_test(a_refusal_in_one_language_is_seen),
        cmocka_unit_test(a_number_that_no_record_has_is_seen),
        cmocka_unit_test(an_answer_to_no_open_offer_is_seen),
        cmocka_unit_test(a_holder_moved_by_whom_it_does_not_move_is_seen),
        cmocka_unit_test(a_case_without_a_holder_is_seen),
        cmocka_unit_test(a_state_without_its_timer_is_seen),
        cmocka_unit_test(a_timer_that_outlives_its_state_is_seen),
        cmocka_unit_test(a_dropped_timer_is_seen),
        cmocka_unit_test(a_wrong_due_time_is_seen),
        cmocka_unit_test(a_firing_without_its_timer_is_seen),
        cmocka_unit_test(a_firing_before_its_time_is_seen),
        cmocka_unit_test(a_deadline_moved_by_a_new_dispatch_is_seen),
        cmocka_unit_test(a_recomputation_that_forgets_its_beginning_is_seen),
    };
    return cmocka_run_group_tests_name("invariants", tests, control_play, control_stop);
}
