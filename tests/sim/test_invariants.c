/* test_invariants.c: every law is broken on purpose, and is seen to be.
 *
 *     a log of random statements -> one record changed, dropped, restamped -> watch -> caught
 *
 * A check that nothing can fail shows nothing: each control names the words by which the law
 * must speak.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/codec.h"
#include "tests/sim/pii.h"
#include "tests/sim/round.h"

enum {
    SEED = 1,
    STATEMENTS = 3000,
    PACKED_MAX = 64 * 1024,
    AFTER = 600, /* records looked at behind the changed one */
    SECOND_MS = 1000,
    HOUR_MS = 3600 * 1000
};

static struct round played;
static char elsewhere[] = "370499.003.09";
static char no_text[] = "";
static char phone[] = VOICE_PHONE;
static struct arena *memory;
static struct watch *watched; // the one that is looking

static int play(void **state)
{
    (void)state;
    round_open(&played, SEED);
    memory = arena_new(64 * 1024 * 1024);
    const bool fine = round_play(&played, STATEMENTS);
    for (size_t i = 0; i < played.laws.count && i < LAWS_KEPT_MAX; i++) {
        print_error("%s\n", played.laws.texts[i]);
    }
    return fine ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    arena_free(&memory);
    round_close(&played);
    return 0;
}

/* ---- changing a record ---- */

/* True: this is the record, and it was changed. `before` is its case as it was. */
typedef bool (*edit_fn)(Sanji__Envelope *envelope, const struct model_case *before);

struct control {
    unsigned type; /* of the record */
    edit_fn edit;
    bool drop, hurry; /* left out; stamped an hour earlier */
    uint8_t clear_flags;
    enum owner writer;
    bool every; /* not only the first that fits */
    bool to_end;
};

static bool changes(const struct control *control, const struct record *record,
                    struct watch *watch, uint8_t packed[PACKED_MAX], struct record *changed)
{
    Sanji__Envelope *envelope = NULL;
    if (record->header.type != control->type) {
        return false;
    }
    arena_reset(memory);
    assert_int_equal(codec_unpack(record->envelope, memory, &envelope), STATUS_OK);
    const struct model_case *before =
        model_case(watch_model(watch), record->header.case_key);
    if (control->edit != NULL && !control->edit(envelope, before)) {
        return false;
    }
    *changed = *record;
    const size_t size = codec_pack(envelope, packed, PACKED_MAX);
    changed->envelope = (struct bytes){packed, size};
    assert_int_equal(codec_header(envelope, changed->envelope, &changed->header),
                     STATUS_OK);
    changed->header.recorded_at_ms =
        record->header.recorded_at_ms - (control->hurry ? HOUR_MS : 0);
    changed->header.writer =
        control->writer != 0 ? (uint8_t)control->writer : record->header.writer;
    changed->header.flags = (uint8_t)(changed->header.flags & ~control->clear_flags);
    uint8_t header[RECORD_HEADER_SIZE];
    record_header_pack(&changed->header, header);
    changed->header.crc = record_crc(header, changed->header.crc);
    return true;
}

static bool says(const struct laws *laws, const char *words)
{
    for (size_t i = 0; i < laws->count && i < LAWS_KEPT_MAX; i++) {
        if (strstr(laws->texts[i], words) != NULL) {
            return true;
        }
    }
    return false;
}

static void expect(const struct control *control, const char *words)
{
    static uint8_t packed[PACKED_MAX];
    const struct simlog *sim = town_log(played.town);
    struct laws laws = {.count = 0};
    struct watch *watch = watch_new();
    watched = watch;
    uint64_t changed_at = 0;
    model_set_punctual(watch_model(watch), true);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        struct record changed;
        const struct record *record = simlog_record(sim, seq);
        const bool wanted = changed_at == 0 || control->every;
        if (wanted && changes(control, record, watch, packed, &changed)) {
            changed_at = seq;
            if (!control->drop) {
                watch_record(watch, &changed, simlog_is_newest(sim, seq), &laws);
            }
        } else {
            watch_record(watch, record, simlog_is_newest(sim, seq), &laws);
        }
        const bool is_over = changed_at != 0 && seq > changed_at + AFTER;
        if (says(&laws, words) || (is_over && !control->to_end && !control->every)) {
            break;
        }
    }
    if (control->to_end) {
        watch_end(watch, simlog_now_ms(sim), &laws);
    }
    watch_free(&watch);
    if (changed_at == 0) {
        fail_msg("no record of %s that could be changed", vocab_event_name(control->type));
    }
    if (!says(&laws, words)) {
        fail_msg("seq %llu: \"%s\" was not said, but %zu other things: %s",
                 (unsigned long long)changed_at, words, laws.count, laws.texts[0]);
    }
}

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
    round_hold(&played);
    assert_int_equal(played.laws.count, 0);
}

static void a_missing_record_is_seen(void **state)
{
    (void)state;
    expect(&(struct control){.type = EVENT_NOTE_ADDED, .drop = true}, "follows");
}

static void a_stamp_that_goes_back_is_seen(void **state)
{
    (void)state;
    expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .hurry = true}, "is stamped");
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
    expect(&(struct control){.type = EVENT_CASE_ROUTED, .edit = jump},
           "no such transition");
    expect(&(struct control){.type = EVENT_CASE_ROUTED, .edit = jump}, "LIFECYCLE");
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
    expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .edit = by_the_system},
           "does not let this role");
    expect(&(struct control){.type = EVENT_CHECK_COMPLETED, .edit = by_the_system},
           "does not let this role");
}

static void a_transition_by_the_wrong_process_is_seen(void **state)
{
    (void)state;
    expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .writer = OWNER_INTAKE},
           "does not own the transition");
    expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .writer = OWNER_INTAKE},
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
    expect(&(struct control){.type = EVENT_STATEMENT_REFUSED, .edit = other_severity},
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
    if (cause < answered_before + AFTER) {
        return false;
    }
    envelope->cause_seq = answered_before;
    return true;
}

static void a_statement_without_an_answer_is_seen(void **state)
{
    (void)state;
    expect(&(struct control){.type = EVENT_STATEMENT_REFUSED,
                             .edit = without_cause,
                             .to_end = true},
           "has no answer");
}

static void a_statement_with_two_answers_is_seen(void **state)
{
    (void)state;
    answered_before = 0;
    expect(&(struct control){.type = EVENT_STATEMENT_REFUSED, .edit = another_cause},
           "is answered at");
    answered_before = 0;
    expect(&(struct control){.type = EVENT_STATEMENT_REFUSED, .edit = another_cause},
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
    expect(&(struct control){.type = EVENT_STATEMENT_REFUSED, .edit = in_one_language},
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
    expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .edit = of_the_same_turn},
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
    expect(&(struct control){.type = EVENT_DISPATCH_ACKED, .edit = another_offer},
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
    expect(&(struct control){.type = EVENT_DISPATCH_OFFERED, .edit = held_elsewhere},
           "moves the holder");
    expect(&(struct control){.type = EVENT_CASE_ESCALATED, .edit = owned_elsewhere},
           "moves the owner");
}

static void a_case_without_a_holder_is_seen(void **state)
{
    (void)state;
    expect(&(struct control){.type = EVENT_CASE_RECEIVED, .edit = held_by_nobody},
           "without holder or owner");
    expect(&(struct control){.type = EVENT_CASE_RECEIVED, .edit = held_by_nobody},
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
    expect(&(struct control){.type = EVENT_CASE_ACCEPTED, .edit = without_resolve},
           "must have RESOLVE");
    expect(&(struct control){.type = EVENT_CASE_ACCEPTED, .edit = without_resolve},
           "should arm RESOLVE");
    expect(&(struct control){.type = EVENT_CASE_ACCEPTED, .edit = without_resolve},
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
    expect(&(struct control){.type = EVENT_DISPATCH_DECLINED, .edit = keeps_ack},
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
    expect(&(struct control){.type = EVENT_DISPATCH_OFFERED, .edit = due_sooner},
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
    expect(&(struct control){.type = EVENT_DISPATCH_OFFERED, .edit = due_off},
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
    expect(&(struct control){.type = EVENT_TIMER_FIRED, .edit = fires_another},
           "is not armed, or fires twice");
    expect(&(struct control){.type = EVENT_TIMER_FIRED, .edit = fires_later},
           "says wrongly how late");
    expect(&(struct control){.type = EVENT_TIMER_FIRED, .edit = fires_another_due},
           "fires with another due time");
}

static void a_firing_before_its_time_is_seen(void **state)
{
    (void)state;
    expect(&(struct control){.type = EVENT_TIMER_FIRED, .hurry = true},
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
    expect(&(struct control){.type = EVENT_DISPATCH_DECLINED, .edit = moves_resolve},
           "does not move the handlers' time");
    expect(&(struct control){.type = EVENT_CASE_ESCALATED, .edit = moves_resolve},
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
    expect(&(struct control){.type = EVENT_SEVERITY_CHANGED, .edit = from_another_t0},
           "recomputed from another t0");
    expect(&(struct control){.type = EVENT_CASE_UNMERGED, .edit = unmerged_from_now},
           "does not count from the original receipt");
}

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
    expect(&(struct control){.type = EVENT_CASE_ESCALATED, .edit = goes_down},
           "does not go up");
    expect(&(struct control){.type = EVENT_CASE_ESCALATED, .edit = level_stays},
           "the level of escalation does not rise");
}

static void a_supervision_that_does_not_rise_is_seen(void **state)
{
    (void)state;
    expect(&(struct control){.type = EVENT_SUPERVISED, .edit = supervised_less},
           "supervision does not rise");
    expect(&(struct control){.type = EVENT_SUPERVISED, .edit = lifted_by_nobody},
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
    expect(&(struct control){.type = EVENT_DECISION_MADE, .edit = returned_again},
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
    expect(&(struct control){.type = EVENT_CHECK_COMPLETED, .edit = checked_by_resolver},
           "checked by who resolved it");
    expect(&(struct control){.type = EVENT_CASE_REJECTED, .edit = rejected_by_handler},
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
    const struct model_case *known = model_case(watch_model(watched), parent);
    ((struct model_case *)(uintptr_t)known)->merged_into = before->key;
    return true;
}

static void a_merge_that_is_no_forest_is_seen(void **state)
{
    (void)state;
    expect(&(struct control){.type = EVENT_CASE_MERGED, .edit = merged_into_itself},
           "merged into itself");
    expect(&(struct control){.type = EVENT_CASE_MERGED, .edit = merged_in_a_circle},
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
    expect(&(struct control){.type = EVENT_CASE_RECEIVED, .edit = with_a_phone},
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
    expect(&(struct control){.type = EVENT_DISPATCH_OFFERED,
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
    expect(&(struct control){.type = EVENT_DISPATCH_OFFERED, .edit = offered_to_another},
           "he does not have the role");
}

static void an_offer_that_does_not_follow_from_the_log_is_seen(void **state)
{
    (void)state;
    expect(&(struct control){.type = EVENT_DISPATCH_OFFERED, .edit = considered_less},
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
    expect(&(struct control){.type = EVENT_UPSTREAM_SUBMITTED, .edit = as_an_exercise},
           "an exercise goes upstream");
}

/* ---- 1, 2, 3: replay, receipts, references ---- */

static void another_world_is_seen(void **state)
{
    (void)state;
    struct laws laws = {.count = 0};
    struct world *world = town_world(played.town, TOWN_CASEBOOK);
    const uint64_t key = model_case_at(watch_model(played.watch), 3)->key;
    law_same_world(watch_world(played.watch), world, &laws);
    assert_int_equal(laws.count, 0);
    world_case(world, key)->effort_min++;
    law_same_world(watch_world(played.watch), world, &laws);
    assert_true(says(&laws, "replay gives another case"));
    world_case(world, key)->effort_min--;
}

static void a_receipt_without_its_record_is_seen(void **state)
{
    (void)state;
    struct laws laws = {.count = 0};
    const struct law_receipt far = {.seq = simlog_head(town_log(played.town)) + 1,
                                    .case_no = ""};
    const struct law_receipt wrong = {.seq = 1, .case_no = ""};
    law_receipts(town_log(played.town), &far, &laws);
    law_receipts(town_log(played.town), &wrong, &laws);
    assert_int_equal(laws.count, 2);
}

static void one_reference_in_two_records_is_seen(void **state)
{
    (void)state;
    struct laws laws = {.count = 0};
    struct simlog *sim = simlog_new(&(struct simlog_options){.seed = 1, .now_ms = 1});
    const struct simlog *from = town_log(played.town);
    for (uint64_t seq = 1, said = 0; said < 2; seq++) {
        Sanji__Envelope *envelope = NULL;
        if (simlog_record(from, seq)->header.type != EVENT_SAID) {
            continue;
        }
        arena_reset(memory);
        assert_int_equal(
            codec_unpack(simlog_record(from, seq)->envelope, memory, &envelope), STATUS_OK);
        (void)simlog_put(sim, envelope); // its number does not matter
        (void)simlog_put(sim, envelope);
        said++;
    }
    law_once(sim, &laws);
    assert_int_equal(laws.count, 2);
    assert_true(says(&laws, "have one reference"));
    simlog_free(&sim);
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
    return cmocka_run_group_tests_name("invariants", tests, play, stop);
}
