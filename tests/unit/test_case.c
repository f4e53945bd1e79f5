/* test_case.c: one case told record by record, every cell of the lifecycle folded, and
 * every record that cannot stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/case.h"

#define CASE_NO     "37049900320200815000007"
#define OTHER_NO    "37049900320200815000008"
#define CASE_KEY    UINT64_C(20200815000007)
#define BASIC_GRID  "370499.003.01.001.B03"
#define COMMITTEE   "370499.003.01.001"
#define COMMUNITY   "370499.003.01"
#define SUBDISTRICT "370499.003"

enum {
    START_MS = 1000000,
    STEP_MS = 1000,
    TIMER_CHANGES_MAX = 20
};

/* ---- telling a story ---- */

struct story {
    struct kase kase;
    uint64_t seq;
    int64_t now_ms;
    struct record record; /* of the event being told */
    Sanji__Envelope envelope;
    Sanji__TimerChange changes[TIMER_CHANGES_MAX];
    Sanji__TimerChange *change_list[TIMER_CHANGES_MAX];
    Sanji__Actor actor;
    _Alignas(16) unsigned char body[512]; // room for any of them
};

/* protobuf-c's strings are char *; the fold only reads them. */
static char *text(const char *constant)
{
    return (char *)(uintptr_t)constant;
}

static struct story new_story(void)
{
    return (struct story){.now_ms = START_MS};
}

/* Begins an event of this type that leaves the case where it is; gives its fresh body. */
static void *begin(struct story *story, unsigned type)
{
    memset(story->body, 0, sizeof story->body);
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&sanji__envelope__descriptor, type);
    assert_non_null(field);
    const ProtobufCMessageDescriptor *message = field->descriptor;
    assert_true(message->sizeof_message <= sizeof story->body);
    protobuf_c_message_init(message, story->body);

    story->record = (struct record){.seq = story->seq + 1,
                                    .header = {.recorded_at_ms = story->now_ms,
                                               .case_key = CASE_KEY,
                                               .type = (uint8_t)type}};
    Sanji__Envelope *envelope = &story->envelope;
    sanji__envelope__init(envelope);
    envelope->schema_version = SCHEMA_VERSION;
    envelope->case_no = text(CASE_NO);
    envelope->case_version = story->kase.version;
    envelope->state_after = (Sanji__CaseState)story->kase.state;
    envelope->body_case = (Sanji__Envelope__BodyCase)type;
    envelope->timers = story->change_list;
    void *body = story->body;
    memcpy(&envelope->case_received, &body, sizeof body); // a union of pointers
    return body;
}

/* The event being told is a move. */
static void to(struct story *story, enum case_state state)
{
    story->envelope.state_after = (Sanji__CaseState)state;
    story->envelope.case_version = story->kase.version + 1;
}

static void change(struct story *story, enum timer_kind kind, unsigned n, Sanji__TimerOp op,
                   int64_t due_ms)
{
    const size_t i = story->envelope.n_timers;
    assert_true(i < TIMER_CHANGES_MAX);
    sanji__timer_change__init(&story->changes[i]);
    story->changes[i].kind = (Sanji__TimerKind)kind;
    story->changes[i].n = n;
    story->changes[i].op = op;
    story->changes[i].due_at_ms = due_ms;
    story->changes[i].clock = SANJI__CLOCK__CLOCK_NATURAL;
    story->changes[i].budget_s = 600;
    story->changes[i].cap_s = 1200;
    story->changes[i].t0_ms = story->now_ms;
    story->change_list[i] = &story->changes[i];
    story->envelope.n_timers++;
}

static void arm(struct story *story, enum timer_kind kind, int64_t after_ms)
{
    change(story, kind, 0, SANJI__TIMER_OP__TIMER_OP_ARM, story->now_ms + after_ms);
}

static void cancel(struct story *story, enum timer_kind kind)
{
    change(story, kind, 0, SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
}

static enum status fold(struct story *story)
{
    return case_fold(&story->kase, &story->record, &story->envelope);
}

/* Ends the event: it stands. */
static void stands(struct story *story)
{
    assert_int_equal(fold(story), STATUS_OK);
    story->seq++;
    story->now_ms += STEP_MS;
}

/* Ends the event: it cannot stand, and nothing has changed. */
static void cannot_stand(struct story *story)
{
    const struct kase before = story->kase;
    assert_int_equal(fold(story), STATUS_INVALID);
    assert_memory_equal(&story->kase, &before, sizeof before);
}

// ---- the straight line ------------------------------------------------------------------

static void receive(struct story *story)
{
    static Sanji__Place place;
    sanji__place__init(&place);
    place.lat_e6 = 34810012;
    place.lon_e6 = 117320045;
    place.building_no = 12;
    Sanji__CaseReceived *body = begin(story, EVENT_CASE_RECEIVED);
    body->source = SANJI__SOURCE__SOURCE_HANDHELD;
    body->source_system = text("ehsy");
    body->place = &place;
    body->reporter_wants_contact = true;
    body->confidence_permille = 920;
    body->key_no = 84;
    story->envelope.area = text(BASIC_GRID);
    story->envelope.holder = text(SUBDISTRICT);
    story->envelope.owner = text(COMMUNITY);
    story->envelope.tier = SANJI__TIER__TIER_SUBDISTRICT;
    story->envelope.severity = SANJI__SEVERITY__SEVERITY_S2;
    story->envelope.category = text("02001");
    story->envelope.sensitivity = SANJI__SENSITIVITY__SENSITIVITY_INTERNAL;
    story->envelope.status = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    to(story, STATE_RECEIVED);
    arm(story, TIMER_ACCEPT, 900000);
    stands(story);
}

static void accept(struct story *story)
{
    Sanji__CaseAccepted *body = begin(story, EVENT_CASE_ACCEPTED);
    body->sla_row = 17;
    to(story, STATE_ACCEPTED);
    cancel(story, TIMER_ACCEPT);
    arm(story, TIMER_DISPATCH, 900000);
    arm(story, TIMER_FEEDBACK, 86400000);
    arm(story, TIMER_RESOLVE_WARN, 64800000);
    arm(story, TIMER_RESOLVE, 86400000);
    stands(story);
}

static void route(struct story *story)
{
    Sanji__CaseRouted *body = begin(story, EVENT_CASE_ROUTED);
    body->holder_changes = story->kase.holder_changes + 1U;
    story->envelope.holder = text(COMMITTEE);
    story->envelope.tier = SANJI__TIER__TIER_COMMITTEE;
    to(story, STATE_ASSIGNING);
    stands(story);
}

static void offer(struct story *story, const char *worker)
{
    Sanji__DispatchOffered *body = begin(story, EVENT_DISPATCH_OFFERED);
    body->worker = text(worker);
    body->role = SANJI__ROLE__ROLE_FULLTIME;
    body->attempt = story->kase.attempts + 1;
    body->n = story->kase.offers + 1;
    body->effort_min = 45;
    story->envelope.worker = body->worker;
    story->envelope.team = text("TB03");
    to(story, STATE_DISPATCHED);
    cancel(story, TIMER_DISPATCH);
    change(story, TIMER_ACK, body->n, SANJI__TIMER_OP__TIMER_OP_ARM,
           story->now_ms + 600000);
    stands(story);
}

static void ack(struct story *story, const char *worker)
{
    Sanji__DispatchAcked *body = begin(story, EVENT_DISPATCH_ACKED);
    body->offer = story->kase.offer_seq;
    body->worker = text(worker);
    story->envelope.worker = body->worker;
    to(story, STATE_IN_PROGRESS);
    change(story, TIMER_ACK, story->kase.offers, SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
    arm(story, TIMER_ARRIVE, 7200000);
    arm(story, TIMER_PROGRESS, 14400000);
    stands(story);
}

static void resolve(struct story *story)
{
    Sanji__CaseResolved *body = begin(story, EVENT_CASE_RESOLVED);
    body->resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    body->effort_min = 50;
    body->needs_revisit = true;
    to(story, STATE_RESOLVED);
    cancel(story, TIMER_ARRIVE);
    cancel(story, TIMER_PROGRESS);
    change(story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    change(story, TIMER_RESOLVE_WARN, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    arm(story, TIMER_CHECK, 14400000);
    stands(story);
}

static void check(struct story *story, bool passed, enum case_state state)
{
    Sanji__CheckCompleted *body = begin(story, EVENT_CHECK_COMPLETED);
    body->passed = passed;
    if (state != STATE_RESOLVED) {
        to(story, state);
    }
    if (state == STATE_REVISIT) {
        cancel(story, TIMER_CHECK);
        arm(story, TIMER_REVISIT, 86400000);
    }
    if (state == STATE_ASSIGNING) {
        cancel(story, TIMER_CHECK);
        arm(story, TIMER_DISPATCH, 900000);
        change(story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_RESUME,
               story->now_ms + 8640000);
        change(story, TIMER_RESOLVE_WARN, 0, SANJI__TIMER_OP__TIMER_OP_RESUME,
               story->now_ms + 6480000);
    }
    stands(story);
}

static void cancel_all_and_close(struct story *story)
{
    Sanji__CaseClosed *body = begin(story, EVENT_CASE_CLOSED);
    body->how = SANJI__CLOSE_HOW__CLOSE_HOW_NORMAL;
    to(story, STATE_CLOSED);
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &story->kase.timers[i];
        if (timer->kind != 0) {
            change(story, (enum timer_kind)timer->kind, timer->n,
                   SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
        }
    }
    arm(story, TIMER_REOPEN_WINDOW, INT64_C(2592000000));
    stands(story);
}

static struct story in_progress(void)
{
    struct story story = new_story();
    receive(&story);
    accept(&story);
    route(&story);
    offer(&story, "W00007");
    ack(&story, "W00007");
    return story;
}

static size_t timer_count(const struct kase *kase)
{
    size_t count = 0;
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        count += kase->timers[i].kind != 0 ? 1 : 0;
    }
    return count;
}

static void assert_path(struct org_path have, const char *want)
{
    char printed[ORG_TEXT_SIZE];
    assert_string_equal(org_print(have, printed), want);
}

static void a_received_case_has_a_holder_an_owner_and_its_facts(void **state)
{
    (void)state;
    struct story story = new_story();
    receive(&story);
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
    assert_path(kase->area, BASIC_GRID);
    assert_path(kase->holder, SUBDISTRICT);
    assert_path(kase->owner, COMMUNITY);
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
    struct story story = new_story();
    struct kase *kase = &story.kase;
    receive(&story);
    accept(&story);
    assert_int_equal(kase->sla_row, 17);
    assert_int_equal(kase->accepted_ms, START_MS + STEP_MS);
    assert_null(case_timer(kase, TIMER_ACCEPT, 0));
    assert_int_equal(case_missing_timers(kase), 0);

    route(&story);
    assert_path(kase->holder, COMMITTEE);
    assert_int_equal(kase->tier, TIER_COMMITTEE);
    assert_path(kase->owner, COMMUNITY);
    assert_int_equal(kase->holder_changes, 1);
    assert_int_equal(kase->routed_ms, START_MS + 2 * STEP_MS);
    assert_int_equal(case_missing_timers(kase), 0);

    offer(&story, "W00007");
    assert_int_equal(kase->worker, 7);
    assert_int_equal(kase->offer_seq, story.seq);
    assert_int_equal(kase->offered_ms, START_MS + 3 * STEP_MS);
    assert_int_equal(kase->attempts, 1);
    assert_int_equal(kase->offers, 1);
    assert_int_equal(kase->effort_min, 45);
    assert_int_equal(kase->offered_role, ROLE_FULLTIME);
    assert_int_not_equal(kase->team, 0);
    assert_int_equal(case_missing_timers(kase), 0);

    ack(&story, "W00007");
    assert_int_equal(kase->worker, 7);
    assert_int_not_equal(kase->offer_seq, 0);
    assert_int_equal(case_missing_timers(kase), 0);

    resolve(&story);
    assert_int_equal(kase->resolver, 7);
    assert_int_equal(kase->resolver_tier, TIER_COMMITTEE);
    assert_int_equal(kase->resolution, SANJI__RESOLUTION__RESOLUTION_FIXED);
    assert_int_equal(kase->resolved_ms, START_MS + 5 * STEP_MS);
    assert_int_equal(kase->effort_min, 50);
    assert_true(kase->needs_revisit);
    assert_int_equal(kase->offer_seq, 0);
    assert_int_equal(kase->worker, 7);
    assert_int_equal(case_missing_timers(kase), 0);

    check(&story, true, STATE_REVISIT);
    assert_int_equal(kase->checks, 1);
    Sanji__RevisitCompleted *body = begin(&story, EVENT_REVISIT_COMPLETED);
    body->attempt = 1;
    body->solved = true;
    stands(&story);
    assert_int_equal(kase->revisit_attempts, 1);
    cancel_all_and_close(&story);
    assert_int_equal(kase->state, STATE_CLOSED);
    assert_int_equal(kase->version, 8);
    assert_int_equal(kase->closed_ms, START_MS + 8 * STEP_MS);
    assert_int_equal(timer_count(kase), 1);
    assert_int_equal(kase->last_seq, story.seq);
}

static void a_self_handled_case_is_resolved_by_its_reporter_at_the_grid(void **state)
{
    (void)state;
    struct story story = new_story();
    receive(&story);
    Sanji__CaseSelfHandled *body = begin(&story, EVENT_CASE_SELF_HANDLED);
    body->worker = text("W00009");
    body->effort_min = 20;
    story.envelope.holder = text(BASIC_GRID);
    story.envelope.tier = SANJI__TIER__TIER_GRID;
    to(&story, STATE_RESOLVED);
    stands(&story);
    const struct kase *kase = &story.kase;
    assert_true(kase->self_handled);
    assert_int_equal(kase->worker, 9);
    assert_int_equal(kase->resolver, 9);
    assert_int_equal(kase->resolver_tier, TIER_GRID);
    assert_int_equal(kase->resolution, SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED);
    assert_path(kase->holder, BASIC_GRID);
    assert_int_equal(kase->tier, TIER_GRID);
}

// ---- offers, rounds ---------------------------------------------------------------------

static void decline(struct story *story, const char *worker)
{
    Sanji__DispatchDeclined *body = begin(story, EVENT_DISPATCH_DECLINED);
    body->offer = story->kase.offer_seq;
    body->worker = text(worker);
    to(story, STATE_ASSIGNING);
    change(story, TIMER_ACK, story->kase.offers, SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
    arm(story, TIMER_DISPATCH, 900000);
    stands(story);
}

static void fire(struct story *story, enum timer_kind kind, unsigned n)
{
    Sanji__TimerFired *body = begin(story, EVENT_TIMER_FIRED);
    body->kind = (Sanji__TimerKind)kind;
    body->n = n;
}

static void expire(struct story *story, const char *worker)
{
    fire(story, TIMER_ACK, story->kase.offers);
    stands(story);
    Sanji__DispatchExpired *body = begin(story, EVENT_DISPATCH_EXPIRED);
    body->offer = story->kase.offer_seq;
    body->worker = text(worker);
    to(story, STATE_ASSIGNING);
    change(story, TIMER_ACK, story->kase.offers, SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
    arm(story, TIMER_DISPATCH, 900000);
    stands(story);
}

static void who_declines_or_lets_it_expire_is_tried_until_the_holder_changes(void **state)
{
    (void)state;
    struct story story = new_story();
    struct kase *kase = &story.kase;
    receive(&story);
    accept(&story);
    route(&story);
    offer(&story, "W00007");
    decline(&story, "W00007");
    assert_int_equal(kase->worker, 0);
    assert_int_equal(kase->offer_seq, 0);
    offer(&story, "W00008");
    expire(&story, "W00008");
    assert_int_equal(kase->attempts, 2);
    assert_int_equal(kase->offers, 2);
    assert_int_equal(kase->tried_count, 2);
    assert_int_equal(kase->tried[0], 7);
    assert_int_equal(kase->tried[1], 8);

    (void)begin(&story, EVENT_DISPATCH_EXHAUSTED);
    stands(&story);
    assert_true(kase->exhausted);
    assert_int_equal(kase->attempts, 2);

    Sanji__CaseEscalated *body = begin(&story, EVENT_CASE_ESCALATED);
    body->level = 1;
    body->to = text(COMMUNITY);
    body->to_tier = SANJI__TIER__TIER_COMMUNITY;
    to(&story, STATE_ASSIGNING);
    arm(&story, TIMER_DISPATCH, 900000);
    stands(&story);
    assert_false(kase->exhausted);
    assert_int_equal(kase->attempts, 0);
    assert_int_equal(kase->tried_count, 0);
    assert_int_equal(kase->offers, 2);
    assert_int_equal(kase->escalation_level, 1);
    assert_int_equal(kase->holder_changes, 2);
    assert_path(kase->holder, COMMUNITY);
    assert_int_equal(kase->tier, TIER_COMMUNITY);
}

static void a_worker_tried_twice_stands_once_and_the_oldest_gives_way(void **state)
{
    (void)state;
    struct story story = new_story();
    receive(&story);
    accept(&story);
    route(&story);
    char worker[WORKER_SIZE];
    for (uint32_t i = 0; i < 2 * (CASE_TRIED_MAX + 1); i++) {
        id_worker_print(1 + i / 2, worker);
        offer(&story, worker);
        decline(&story, worker);
    }
    assert_int_equal(story.kase.tried_count, CASE_TRIED_MAX);
    assert_int_equal(story.kase.tried[0], 2);
    assert_int_equal(story.kase.tried[CASE_TRIED_MAX - 1], CASE_TRIED_MAX + 1);
}

static void dispatch_firing_at_the_top_lets_the_desk_try_afresh(void **state)
{
    (void)state;
    struct story story = new_story();
    receive(&story);
    accept(&story);
    route(&story);
    offer(&story, "W00007");
    decline(&story, "W00007");
    (void)begin(&story, EVENT_DISPATCH_EXHAUSTED);
    stands(&story);
    fire(&story, TIMER_DISPATCH, 0);
    arm(&story, TIMER_DISPATCH, 900000);
    stands(&story);
    assert_false(story.kase.exhausted);
    assert_int_equal(story.kase.attempts, 0);
    assert_int_equal(story.kase.tried_count, 0);
}

static void a_broadcast_may_lose_one_and_stand_down_the_rest(void **state)
{
    (void)state;
    struct story story = new_story();
    struct kase *kase = &story.kase;
    receive(&story);
    accept(&story);
    route(&story);
    offer(&story, "W00007");
    Sanji__DispatchOffered *further = begin(&story, EVENT_DISPATCH_OFFERED);
    further->worker = text("W00008");
    further->n = 2;
    cannot_stand(&story); // no broadcast

    decline(&story, "W00007");
    Sanji__DispatchOffered *first = begin(&story, EVENT_DISPATCH_OFFERED);
    first->worker = text("W00009");
    first->broadcast = true;
    first->coordinator = true;
    to(&story, STATE_DISPATCHED);
    stands(&story);
    assert_true(kase->broadcast);
    assert_true(kase->coordinator);
    assert_int_equal(kase->attempts, 2);
    assert_int_equal(kase->offers, 2);
    const uint64_t offer_seq = kase->offer_seq;
    further = begin(&story, EVENT_DISPATCH_OFFERED);
    further->worker = text("W00010");
    further->broadcast = true;
    stands(&story);
    assert_int_equal(kase->worker, 9);
    assert_int_equal(kase->offer_seq, offer_seq);
    assert_int_equal(kase->offers, 3);
    Sanji__DispatchDeclined *declined = begin(&story, EVENT_DISPATCH_DECLINED);
    declined->worker = text("W00010");
    stands(&story);
    assert_int_equal(kase->state, STATE_DISPATCHED);
    assert_int_equal(kase->tried[kase->tried_count - 1], 10);
    ack(&story, "W00009");
    const uint8_t tried_count = kase->tried_count;
    Sanji__DispatchRecalled *recalled = begin(&story, EVENT_DISPATCH_RECALLED);
    recalled->worker = text("W00011");
    stands(&story);
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
    assert_int_equal(kase->tried_count, tried_count);
}

static void a_recalled_case_begins_a_new_round_without_who_was_recalled(void **state)
{
    (void)state;
    struct story story = in_progress();
    Sanji__DispatchRecalled *body = begin(&story, EVENT_DISPATCH_RECALLED);
    body->worker = text("W00007");
    to(&story, STATE_ASSIGNING);
    stands(&story);
    assert_int_equal(story.kase.attempts, 0);
    assert_int_equal(story.kase.tried_count, 1);
    assert_int_equal(story.kase.tried[0], 7);
    assert_int_equal(story.kase.worker, 0);
}

static void rework_begins_a_new_round_and_resumes_what_was_left(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase *kase = &story.kase;
    resolve(&story);
    const struct case_timer *timer = case_timer(kase, TIMER_RESOLVE, 0);
    assert_int_equal(timer->state, TIMER_STATE_PAUSED);
    assert_int_equal(timer->left_ms, timer->due_ms - (story.now_ms - STEP_MS));
    Sanji__CheckRequested *request = begin(&story, EVENT_CHECK_REQUESTED);
    request->checker = text("W00020");
    stands(&story);
    assert_int_equal(kase->checker, 20);

    check(&story, false, STATE_ASSIGNING);
    assert_int_equal(kase->reworks, 1);
    assert_int_equal(kase->resolved_ms, 0);
    assert_int_equal(kase->checker, 0);
    assert_int_equal(kase->resolver, 7);
    assert_int_equal(kase->worker, 0);
    assert_int_equal(kase->attempts, 0);
    timer = case_timer(kase, TIMER_RESOLVE, 0);
    assert_int_equal(timer->state, TIMER_STATE_ARMED);
    assert_int_equal(timer->due_ms, story.now_ms - STEP_MS + 8640000);
    assert_int_equal(timer->budget_s, 600);
    assert_int_equal(case_missing_timers(kase), 0);
}

// ---- suspension, upstream, merging ------------------------------------------------------

static void suspend(struct story *story)
{
    Sanji__DecisionMade *decision = begin(story, EVENT_DECISION_MADE);
    decision->kind = SANJI__DECISION_KIND__DECISION_KIND_SUSPEND;
    decision->approved = true;
    stands(story);
    (void)begin(story, EVENT_CASE_SUSPENDED);
    to(story, STATE_SUSPENDED);
    arm(story, TIMER_RESUME, 864000000);
    change(story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    stands(story);
}

static void resume(struct story *story)
{
    (void)begin(story, EVENT_CASE_RESUMED);
    to(story, STATE_ASSIGNING);
    cancel(story, TIMER_RESUME);
    arm(story, TIMER_DISPATCH, 900000);
    change(story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_RESUME,
           story->now_ms + 5000000);
    stands(story);
}

static void suspensions_leave_their_spans_and_a_ninth_has_no_place(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase *kase = &story.kase;
    suspend(&story);
    assert_int_equal(kase->state, STATE_SUSPENDED);
    assert_int_equal(kase->suspensions, 1);
    assert_int_equal(kase->pause_count, 1);
    assert_int_equal(kase->pauses[0].to_ms, 0);
    assert_int_equal(kase->worker, 0);
    assert_int_equal(case_missing_timers(kase), 0);
    const int64_t from_ms = kase->pauses[0].from_ms;
    story.now_ms += 50000;
    resume(&story);
    assert_int_equal(kase->pauses[0].from_ms, from_ms);
    assert_int_equal(kase->pauses[0].to_ms, story.now_ms - STEP_MS);
    assert_int_equal(kase->paused_ms, kase->pauses[0].to_ms - from_ms);
    assert_int_equal(case_missing_timers(kase), 0);
    for (unsigned i = 1; i < CASE_PAUSES_MAX; i++) {
        suspend(&story);
        resume(&story);
    }
    assert_int_equal(kase->pause_count, CASE_PAUSES_MAX);
    (void)begin(&story, EVENT_DECISION_MADE);
    stands(&story);
    (void)begin(&story, EVENT_CASE_SUSPENDED);
    to(&story, STATE_SUSPENDED);
    cannot_stand(&story);
}

static void a_case_cancelled_while_suspended_ends_its_pause(void **state)
{
    (void)state;
    struct story story = in_progress();
    suspend(&story);
    (void)begin(&story, EVENT_CASE_CANCELLED);
    to(&story, STATE_CANCELLED);
    stands(&story);
    assert_int_equal(story.kase.pauses[0].to_ms, story.now_ms - STEP_MS);
    assert_int_equal(story.kase.paused_ms, STEP_MS);
    assert_int_equal(story.kase.closed_ms, story.now_ms - STEP_MS);
}

static struct story upstream(void)
{
    struct story story = in_progress();
    (void)begin(&story, EVENT_UPSTREAM_SUBMITTED);
    to(&story, STATE_UPSTREAM);
    arm(&story, TIMER_UPSTREAM, 28800000);
    stands(&story);
    return story;
}

static void what_the_platform_says_moves_the_case_only_when_done_or_sent_back(void **state)
{
    (void)state;
    struct story story = upstream();
    struct kase *kase = &story.kase;
    assert_int_equal(kase->handover_seq, story.seq);
    assert_int_equal(kase->worker, 0);
    Sanji__UpstreamUpdated *body = begin(&story, EVENT_UPSTREAM_UPDATED);
    body->kind = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_IN_HAND;
    stands(&story);
    assert_int_equal(kase->state, STATE_UPSTREAM);
    to(&story, STATE_RESOLVED);
    cannot_stand(&story); // not DONE
    body = begin(&story, EVENT_UPSTREAM_UPDATED);
    body->kind = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE;
    body->resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    cannot_stand(&story); // DONE is itself the way to RESOLVED
    to(&story, STATE_RESOLVED);
    stands(&story);
    assert_int_equal(kase->resolver, 0);
    assert_int_equal(kase->resolver_tier, TIER_MUNICIPAL);
    assert_int_equal(kase->resolution, SANJI__RESOLUTION__RESOLUTION_FIXED);

    story = upstream();
    body = begin(&story, EVENT_UPSTREAM_UPDATED);
    body->kind = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_SENT_BACK;
    stands(&story);
    route(&story);
    assert_int_equal(story.kase.state, STATE_ASSIGNING);
}

static void the_second_event_of_an_edge_follows_its_first(void **state)
{
    (void)state;
    struct story story = upstream();
    (void)begin(&story, EVENT_CASE_ROUTED);
    to(&story, STATE_ASSIGNING);
    cannot_stand(&story); // neither sent back nor taken back
    (void)begin(&story, EVENT_DECISION_MADE);
    stands(&story);
    (void)begin(&story, EVENT_SAID); // a fact may lie between, a decision not
    stands(&story);
    struct story other = story;
    (void)begin(&other, EVENT_NOTE_ADDED);
    stands(&other);
    (void)begin(&other, EVENT_CASE_ROUTED);
    to(&other, STATE_ASSIGNING);
    cannot_stand(&other);
    route(&story);
    assert_int_equal(story.kase.state, STATE_ASSIGNING);
    assert_int_equal(story.kase.returns, 0);
    (void)begin(&story, EVENT_DECISION_MADE);
    stands(&story);
    route(&story);
    assert_int_equal(story.kase.returns, 1);
}

static void a_merged_case_knows_its_parent_until_it_is_unmerged(void **state)
{
    (void)state;
    struct story story = in_progress();
    Sanji__CaseMerged *body = begin(&story, EVENT_CASE_MERGED);
    body->into_case_no = text("12");
    to(&story, STATE_MERGED);
    cannot_stand(&story);
    body->into_case_no = text(OTHER_NO);
    stands(&story);
    assert_int_equal(story.kase.merged_into, CASE_KEY + 1);
    assert_int_not_equal(story.kase.closed_ms, 0);
    (void)begin(&story, EVENT_CASE_UNMERGED);
    to(&story, STATE_ACCEPTED);
    stands(&story);
    assert_int_equal(story.kase.merged_into, 0);
    assert_int_equal(story.kase.closed_ms, 0);
    assert_int_equal(story.kase.accepted_ms, story.now_ms - STEP_MS);
}

static void reopenings_are_counted_but_not_the_return_of_a_rejected_case(void **state)
{
    (void)state;
    struct story story = in_progress();
    resolve(&story);
    check(&story, true, STATE_RESOLVED);
    cancel_all_and_close(&story);
    Sanji__CaseReopened *body = begin(&story, EVENT_CASE_REOPENED);
    body->times = 1;
    to(&story, STATE_ACCEPTED);
    arm(&story, TIMER_DISPATCH, 900000);
    arm(&story, TIMER_RESOLVE, 43200000);
    stands(&story);
    assert_int_equal(story.kase.reopens, 1);
    assert_int_equal(story.kase.closed_ms, 0);
    assert_int_equal(story.kase.resolved_ms, 0);
    assert_int_equal(case_missing_timers(&story.kase), 0);
    (void)begin(&story, EVENT_CASE_CANCELLED);
    to(&story, STATE_CANCELLED);
    stands(&story);
    (void)begin(&story, EVENT_CASE_REOPENED);
    to(&story, STATE_RECEIVED);
    stands(&story);
    assert_int_equal(story.kase.reopens, 1);
    assert_int_equal(story.kase.accepted_ms, 0);
}

// ---- side events ------------------------------------------------------------------------

static void counters_are_taken_as_written_and_else_counted(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase *kase = &story.kase;
    (void)begin(&story, EVENT_URGED);
    stands(&story);
    assert_int_equal(kase->urges, 1);
    Sanji__Urged *urged = begin(&story, EVENT_URGED);
    urged->count = 5;
    stands(&story);
    assert_int_equal(kase->urges, 5);
    urged = begin(&story, EVENT_URGED);
    urged->count = 1000000;
    stands(&story);
    assert_int_equal(kase->urges, UINT16_MAX);
    (void)begin(&story, EVENT_URGED);
    stands(&story);
    assert_int_equal(kase->urges, UINT16_MAX);

    Sanji__Supervised *supervised = begin(&story, EVENT_SUPERVISED);
    supervised->to = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_YELLOW;
    supervised->points = 5;
    stands(&story);
    assert_int_equal(kase->supervise, 2);
    assert_int_equal(kase->supervise_points, 5);
    (void)begin(&story, EVENT_DEADLINE_EXTENDED);
    stands(&story);
    assert_int_equal(kase->extensions, 1);
    (void)begin(&story, EVENT_ASSIST_REQUESTED);
    stands(&story);
    (void)begin(&story, EVENT_ASSIST_REQUESTED);
    stands(&story);
    (void)begin(&story, EVENT_ASSIST_DONE);
    stands(&story);
    assert_int_equal(kase->assists, 2);
    assert_int_equal(kase->assists_open, 1);
    (void)begin(&story, EVENT_REPORTER_INFORMED);
    stands(&story);
    assert_true(kase->informed);
    (void)begin(&story, EVENT_KEY_DESTROYED);
    stands(&story);
    assert_true(kase->key_destroyed);
    assert_int_equal(kase->version, 5);
}

static void a_request_is_open_until_its_decision(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase *kase = &story.kase;
    Sanji__DecisionRequested *request = begin(&story, EVENT_DECISION_REQUESTED);
    request->kind = SANJI__DECISION_KIND__DECISION_KIND_EXTEND;
    stands(&story);
    const uint64_t request_seq = story.seq;
    assert_int_equal(kase->request_seq, request_seq);
    assert_int_equal(kase->request_kind, SANJI__DECISION_KIND__DECISION_KIND_EXTEND);
    Sanji__DecisionMade *made = begin(&story, EVENT_DECISION_MADE);
    made->request_seq = request_seq - 1;
    stands(&story);
    assert_int_equal(kase->request_seq, request_seq);
    made = begin(&story, EVENT_DECISION_MADE);
    made->request_seq = request_seq;
    stands(&story);
    assert_int_equal(kase->request_seq, 0);
    assert_int_equal(kase->request_kind, 0);
}

static void severity_and_category_change_with_their_events(void **state)
{
    (void)state;
    struct story story = in_progress();
    Sanji__SeverityChanged *severity = begin(&story, EVENT_SEVERITY_CHANGED);
    cannot_stand(&story); // to nothing
    severity->to = SANJI__SEVERITY__SEVERITY_S1;
    change(&story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_RESET, 777);
    stands(&story);
    assert_int_equal(story.kase.severity, SEVERITY_S1);
    assert_int_equal(case_timer(&story.kase, TIMER_RESOLVE, 0)->due_ms, 777);
    Sanji__CaseReclassified *category = begin(&story, EVENT_CASE_RECLASSIFIED);
    category->to = text("03001");
    category->sla_row = 3;
    stands(&story);
    assert_int_equal(story.kase.category, 3001);
    assert_int_equal(story.kase.sla_row, 3);
}

static void a_restricted_case_stays_restricted(void **state)
{
    (void)state;
    struct story story = new_story();
    receive(&story);
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.record.header.flags = RECORD_RESTRICTED;
    stands(&story);
    assert_true(story.kase.restricted);
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.sensitivity = SANJI__SENSITIVITY__SENSITIVITY_PUBLIC;
    stands(&story);
    assert_true(story.kase.restricted);
}

static void a_fact_changes_nothing_but_the_last_record(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase expected = story.kase;
    expected.last_seq++;
    (void)begin(&story, EVENT_SAID);
    story.envelope.state_after = SANJI__CASE_STATE__CASE_STATE_RECEIVED; // said long ago
    story.envelope.case_version = 1;
    story.envelope.holder = text(COMMUNITY);
    story.envelope.worker = text("W00099");
    cancel(&story, TIMER_RESOLVE);
    stands(&story);
    assert_memory_equal(&story.kase, &expected, sizeof expected);
}

static void a_body_of_a_later_version_moves_only_the_positions(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase expected = story.kase;
    expected.last_seq++;
    expected.decision_seq++;
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.body_case = SANJI__ENVELOPE__BODY__NOT_SET;
    story.record.header.type = 117;
    stands(&story);
    assert_memory_equal(&story.kase, &expected, sizeof expected);
}

static void a_finding_of_audit_stands_on_any_case(void **state)
{
    (void)state;
    struct story story = in_progress();
    (void)begin(&story, EVENT_AUDIT_FOUND);
    story.envelope.state_after = SANJI__CASE_STATE__CASE_STATE_UNSPECIFIED;
    story.envelope.case_version = 0;
    stands(&story);
    assert_int_equal(story.kase.state, STATE_IN_PROGRESS);
    assert_int_equal(story.kase.decision_seq, story.seq);
}

// ---- timers -----------------------------------------------------------------------------

static void a_timer_holds_what_its_author_wrote(void **state)
{
    (void)state;
    struct story story = in_progress();
    const struct case_timer *timer = case_timer(&story.kase, TIMER_PROGRESS, 0);
    assert_int_equal(timer->state, TIMER_STATE_ARMED);
    assert_int_equal(timer->clock, CLOCK_NATURAL);
    assert_int_equal(timer->budget_s, 600);
    assert_int_equal(timer->cap_s, 1200);
    assert_int_equal(timer->t0_ms, START_MS + 4 * STEP_MS);
    assert_int_equal(timer->due_ms, START_MS + 4 * STEP_MS + 14400000);
    assert_null(case_timer(&story.kase, TIMER_ACK, 1));
}

static void the_next_due_is_the_earliest_armed_one(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase *kase = &story.kase;
    assert_int_equal(case_next_due(kase)->kind, TIMER_ARRIVE);
    fire(&story, TIMER_ARRIVE, 0);
    stands(&story);
    assert_int_equal(case_timer(kase, TIMER_ARRIVE, 0)->state, TIMER_STATE_FIRED);
    assert_int_equal(case_timer(kase, TIMER_ARRIVE, 0)->times, 1);
    assert_int_equal(case_next_due(kase)->kind, TIMER_PROGRESS);
    // The same instant: the smaller kind, then the smaller n.
    (void)begin(&story, EVENT_NOTE_ADDED);
    change(&story, TIMER_ASSIST, 2, SANJI__TIMER_OP__TIMER_OP_ARM, 5);
    change(&story, TIMER_ASSIST, 1, SANJI__TIMER_OP__TIMER_OP_ARM, 5);
    change(&story, TIMER_DECISION, 0, SANJI__TIMER_OP__TIMER_OP_ARM, 5);
    stands(&story);
    assert_int_equal(case_next_due(kase)->kind, TIMER_DECISION);
    (void)begin(&story, EVENT_NOTE_ADDED);
    cancel(&story, TIMER_DECISION);
    stands(&story);
    assert_int_equal(case_next_due(kase)->kind, TIMER_ASSIST);
    assert_int_equal(case_next_due(kase)->n, 1);
    const struct kase none = {0};
    assert_null(case_next_due(&none));
}

static void a_repeating_timer_counts_on_and_any_other_arming_starts_again(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase *kase = &story.kase;
    for (unsigned i = 1; i <= 3; i++) {
        fire(&story, TIMER_PROGRESS, 0);
        arm(&story, TIMER_PROGRESS, 14400000);
        stands(&story);
        assert_int_equal(case_timer(kase, TIMER_PROGRESS, 0)->times, i);
        assert_int_equal(case_timer(kase, TIMER_PROGRESS, 0)->state, TIMER_STATE_ARMED);
    }
    // Another kind that is armed by the firing begins at nought.
    fire(&story, TIMER_RESOLVE, 0);
    arm(&story, TIMER_ESCALATE, 43200000);
    stands(&story);
    assert_int_equal(case_timer(kase, TIMER_ESCALATE, 0)->times, 0);
    assert_true(kase->resolve_missed);
    assert_int_equal(case_missing_timers(kase), 0); // fired counts as there
    (void)begin(&story, EVENT_PROGRESS_REPORTED);
    arm(&story, TIMER_PROGRESS, 14400000);
    stands(&story);
    assert_int_equal(case_timer(kase, TIMER_PROGRESS, 0)->times, 0);
    assert_int_equal(timer_count(kase), 6);
}

static void only_an_armed_timer_fires(void **state)
{
    (void)state;
    struct story story = in_progress();
    fire(&story, TIMER_CHECK, 0);
    cannot_stand(&story);
    fire(&story, TIMER_PROGRESS, 1);
    cannot_stand(&story);
    fire(&story, TIMER_NONE, 0);
    cannot_stand(&story);
    fire(&story, TIMER_COUNT, 0);
    cannot_stand(&story);
    fire(&story, TIMER_ARRIVE, 0);
    stands(&story);
    fire(&story, TIMER_ARRIVE, 0);
    cannot_stand(&story);
    resolve(&story);
    fire(&story, TIMER_RESOLVE, 0);
    cannot_stand(&story); // paused
}

static void an_escalation_that_names_its_timer_marks_it_fired(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase *kase = &story.kase;
    story.now_ms = case_timer(kase, TIMER_RESOLVE, 0)->due_ms;
    Sanji__CaseEscalated *body = begin(&story, EVENT_CASE_ESCALATED);
    body->fired_timer = SANJI__TIMER_KIND__TIMER_KIND_RESOLVE;
    to(&story, STATE_ASSIGNING);
    arm(&story, TIMER_DISPATCH, 900000);
    stands(&story);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_FIRED);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->times, 1);
    assert_true(kase->resolve_missed);
    body = begin(&story, EVENT_CASE_ESCALATED);
    body->fired_timer = SANJI__TIMER_KIND__TIMER_KIND_RESOLVE;
    to(&story, STATE_ASSIGNING);
    stands(&story);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->times, 1);
}

static void changes_that_find_no_timer_lose_no_deadline(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase *kase = &story.kase;
    const size_t count = timer_count(kase);
    (void)begin(&story, EVENT_NOTE_ADDED);
    cancel(&story, TIMER_CHECK);
    change(&story, TIMER_REVISIT, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    stands(&story);
    assert_int_equal(timer_count(kase), count);
    (void)begin(&story, EVENT_NOTE_ADDED);
    change(&story, TIMER_DECISION, 0, SANJI__TIMER_OP__TIMER_OP_RESET, 5);
    change(&story, TIMER_ESCALATE, 0, SANJI__TIMER_OP__TIMER_OP_RESUME, 6);
    stands(&story);
    assert_int_equal(case_timer(kase, TIMER_DECISION, 0)->due_ms, 5);
    assert_int_equal(case_timer(kase, TIMER_ESCALATE, 0)->state, TIMER_STATE_ARMED);
}

static void new_terms_leave_a_paused_timer_paused_and_wake_a_fired_one(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase *kase = &story.kase;
    fire(&story, TIMER_RESOLVE_WARN, 0);
    stands(&story);
    suspend(&story);
    (void)begin(&story, EVENT_DEADLINE_EXTENDED);
    change(&story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_RESET, story.now_ms + 9);
    change(&story, TIMER_RESOLVE_WARN, 0, SANJI__TIMER_OP__TIMER_OP_RESET,
           story.now_ms + 7);
    stands(&story);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_PAUSED);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->left_ms, 9);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE_WARN, 0)->state, TIMER_STATE_ARMED);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE_WARN, 0)->times, 1);
    // A fired one cannot be paused: its action is in the log.
    fire(&story, TIMER_RESOLVE_WARN, 0);
    stands(&story);
    (void)begin(&story, EVENT_NOTE_ADDED);
    change(&story, TIMER_RESOLVE_WARN, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    stands(&story);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE_WARN, 0)->state, TIMER_STATE_FIRED);
}

static void a_full_timer_table_takes_no_further_one(void **state)
{
    (void)state;
    struct story story = in_progress();
    unsigned n = 0;
    while (timer_count(&story.kase) < CASE_TIMERS_MAX) {
        (void)begin(&story, EVENT_NOTE_ADDED);
        n++;
        change(&story, TIMER_ASSIST, n, SANJI__TIMER_OP__TIMER_OP_ARM, 5);
        stands(&story);
    }
    (void)begin(&story, EVENT_NOTE_ADDED);
    change(&story, TIMER_ASSIST, n + 1, SANJI__TIMER_OP__TIMER_OP_ARM, 5);
    cannot_stand(&story);
    // One that is there is replaced, and a cancelled one gives its place.
    (void)begin(&story, EVENT_NOTE_ADDED);
    change(&story, TIMER_ASSIST, n, SANJI__TIMER_OP__TIMER_OP_ARM, 6);
    change(&story, TIMER_ASSIST, 1, SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
    change(&story, TIMER_ASSIST, n + 1, SANJI__TIMER_OP__TIMER_OP_ARM, 7);
    stands(&story);
    assert_int_equal(case_timer(&story.kase, TIMER_ASSIST, n)->due_ms, 6);
    assert_int_equal(case_timer(&story.kase, TIMER_ASSIST, n + 1)->due_ms, 7);
}

static void a_missing_timer_is_named(void **state)
{
    (void)state;
    struct story story = in_progress();
    (void)begin(&story, EVENT_NOTE_ADDED);
    cancel(&story, TIMER_PROGRESS);
    change(&story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    stands(&story);
    assert_int_equal(case_missing_timers(&story.kase),
                     1U << TIMER_PROGRESS | 1U << TIMER_RESOLVE);
}

// ---- attention --------------------------------------------------------------------------

static void tell(struct story *story, enum timer_kind kind, Sanji__Told *told)
{
    fire(story, kind, 0);
    story->envelope.timer_fired->n_told = 1;
    story->envelope.timer_fired->told = &told;
    arm(story, kind, 14400000);
    stands(story);
}

static void who_was_told_has_it_on_his_board_until_he_acts_or_the_case_moves(void **state)
{
    (void)state;
    struct story story = in_progress();
    struct kase *kase = &story.kase;
    Sanji__Told leader;
    sanji__told__init(&leader);
    leader.org = text(COMMITTEE);
    leader.role = SANJI__ROLE__ROLE_DUTY_LEADER;
    tell(&story, TIMER_PROGRESS, &leader);
    const int64_t since_ms = story.now_ms - STEP_MS;
    tell(&story, TIMER_PROGRESS, &leader);
    assert_int_equal(kase->attention_count, 1);
    assert_int_equal(kase->attention[0].seq, story.seq);
    assert_int_equal(kase->attention[0].since_ms, since_ms);
    assert_int_equal(kase->attention[0].kind, TIMER_PROGRESS);
    assert_int_equal(kase->attention[0].role, ROLE_DUTY_LEADER);
    assert_path(kase->attention[0].org, COMMITTEE);
    Sanji__Told worker;
    sanji__told__init(&worker);
    worker.worker = text("W00007");
    tell(&story, TIMER_RESOLVE_WARN, &worker);
    assert_int_equal(kase->attention_count, 2);

    // Somebody else, a refusal, and the system change nothing.
    sanji__actor__init(&story.actor);
    story.actor.role = SANJI__ROLE__ROLE_DISPATCHER;
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.actor = &story.actor;
    stands(&story);
    story.actor.role = SANJI__ROLE__ROLE_DUTY_LEADER;
    (void)begin(&story, EVENT_STATEMENT_REFUSED);
    story.envelope.actor = &story.actor;
    stands(&story);
    assert_int_equal(kase->attention_count, 2);
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.actor = &story.actor;
    stands(&story);
    assert_int_equal(kase->attention_count, 1);
    assert_int_equal(kase->attention[0].worker, 7);
    resolve(&story);
    assert_int_equal(kase->attention_count, 0);
}

static void of_too_many_alerts_the_oldest_gives_way(void **state)
{
    (void)state;
    struct story story = in_progress();
    char worker[WORKER_SIZE];
    for (uint32_t i = 1; i <= CASE_ATTENTION_MAX + 1; i++) {
        Sanji__Told told;
        sanji__told__init(&told);
        told.worker = id_worker_print(i, worker);
        tell(&story, TIMER_PROGRESS, &told);
    }
    assert_int_equal(story.kase.attention_count, CASE_ATTENTION_MAX);
    assert_int_equal(story.kase.attention[0].worker, 2);
    Sanji__Told told;
    sanji__told__init(&told);
    told.org = text("370499.3");
    fire(&story, TIMER_PROGRESS, 0);
    Sanji__Told *list = &told;
    story.envelope.timer_fired->n_told = 1;
    story.envelope.timer_fired->told = &list;
    cannot_stand(&story);
}

// ---- what cannot stand ------------------------------------------------------------------

static void a_record_of_another_case_cannot_stand(void **state)
{
    (void)state;
    struct story story = in_progress();
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.case_no = text(OTHER_NO);
    cannot_stand(&story);
    story.record.header.case_key = 0;
    cannot_stand(&story);
    story.envelope.case_no = text(CASE_NO);
    story.record.header.case_key = CASE_KEY + 1;
    cannot_stand(&story);
    story.record.header.case_key = CASE_KEY;
    story.envelope.case_no = text("");
    cannot_stand(&story);
    story.envelope.case_no = text(CASE_NO);
    story.record.header.case_key = 0; // a tentative fold has no header yet
    stands(&story);
}

static void a_version_or_state_that_does_not_follow_cannot_stand(void **state)
{
    (void)state;
    struct story story = in_progress();
    const uint32_t version = story.kase.version;
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.case_version = version + 1;
    cannot_stand(&story);
    story.envelope.case_version = version;
    story.envelope.state_after = SANJI__CASE_STATE__CASE_STATE_RESOLVED;
    cannot_stand(&story);
    (void)begin(&story, EVENT_CASE_RESOLVED);
    story.envelope.state_after = SANJI__CASE_STATE__CASE_STATE_RESOLVED;
    cannot_stand(&story);
    story.envelope.case_version = version + 2;
    cannot_stand(&story);
    story.envelope.case_version = version + 1;
    stands(&story);
}

static void values_out_of_their_range_cannot_stand(void **state)
{
    (void)state;
    struct story story = in_progress();
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.severity = (Sanji__Severity)5;
    cannot_stand(&story);
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.tier = (Sanji__Tier)6;
    cannot_stand(&story);
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.state_after = (Sanji__CaseState)15;
    cannot_stand(&story);
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.area = text("370499.003.1");
    cannot_stand(&story);
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.category = text("2001");
    cannot_stand(&story);
    Sanji__Supervised *supervised = begin(&story, EVENT_SUPERVISED);
    supervised->to = (Sanji__SuperviseLevel)4;
    cannot_stand(&story);
    Sanji__CaseResolved *resolved = begin(&story, EVENT_CASE_RESOLVED);
    to(&story, STATE_RESOLVED);
    resolved->worker = text("W7");
    cannot_stand(&story);
    resolved->worker = text("");
    story.envelope.holder = text("x");
    cannot_stand(&story);
    story.envelope.holder = text("");
    story.envelope.team = text("B03");
    cannot_stand(&story);
    story.envelope.team = text("");
    stands(&story);
}

static void timer_changes_out_of_their_range_cannot_stand(void **state)
{
    (void)state;
    struct story story = in_progress();

    const struct {
        unsigned kind;
        unsigned n;
        unsigned op;
        unsigned clock;
    } bad[] = {{0, 0, 1, 1}, {TIMER_COUNT, 0, 1, 1}, {3, 65536, 1, 1},
               {3, 0, 0, 1}, {3, 0, 6, 1},           {3, 0, 1, 3}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)begin(&story, EVENT_NOTE_ADDED);
        change(&story, (enum timer_kind)bad[i].kind, bad[i].n, (Sanji__TimerOp)bad[i].op,
               5);
        story.changes[0].clock = (Sanji__Clock)bad[i].clock;
        cannot_stand(&story);
    }
}

static void a_case_begins_with_its_receipt(void **state)
{
    (void)state;
    struct story story = new_story();
    static const unsigned types[] = {EVENT_SAID, EVENT_NOTE_ADDED, EVENT_CASE_ACCEPTED,
                                     EVENT_AUDIT_FOUND};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        (void)begin(&story, types[i]);
        cannot_stand(&story);
    }
    (void)begin(&story, EVENT_NOTE_ADDED);
    story.envelope.body_case = SANJI__ENVELOPE__BODY__NOT_SET;
    cannot_stand(&story);
    Sanji__CaseReceived *body = begin(&story, EVENT_CASE_RECEIVED);
    to(&story, STATE_RECEIVED);
    body->source_system = text("a-name-of-33-letters-is-too-long-");
    cannot_stand(&story);
    receive(&story);
    (void)begin(&story, EVENT_CASE_RECEIVED);
    to(&story, STATE_RECEIVED);
    cannot_stand(&story);
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
        story->envelope.case_merged->into_case_no = text(OTHER_NO);
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
        type == EVENT_DISPATCH_DECLINED || type == EVENT_DISPATCH_EXPIRED ||
        type == EVENT_DISPATCH_RECALLED;
    return from == target && from != STATE_NONE && !needs_content &&
           lifecycle_side_allowed((enum case_state)from, type);
}

static void walk_cell(struct story *story, unsigned from, unsigned last_type, unsigned type)
{
    for (unsigned target = STATE_NONE; target < STATE_COUNT; target++) {
        for (uint32_t step = 0; step < 2; step++) {
            story->kase = case_in(from, last_type);
            (void)begin(story, type);
            fill(story, type);
            story->envelope.state_after = (Sanji__CaseState)target;
            story->envelope.case_version = story->kase.version + step;
            const bool moved = step == 1 && moves(from, last_type, type, target);
            if (moved || (step == 0 && stays(from, type, target) &&
                          !moves(from, last_type, type, target))) {
                assert_int_equal(fold(story), STATUS_OK);
                assert_int_equal(story->kase.state, target);
                assert_int_equal(story->kase.version, 4 + step);
                assert_int_equal(story->kase.last_type, type);
            } else {
                cannot_stand(story);
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
    struct story story = new_story();
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
        cmocka_unit_test(who_declines_or_lets_it_expire_is_tried_until_the_holder_changes),
        cmocka_unit_test(a_worker_tried_twice_stands_once_and_the_oldest_gives_way),
        cmocka_unit_test(dispatch_firing_at_the_top_lets_the_desk_try_afresh),
        cmocka_unit_test(a_broadcast_may_lose_one_and_stand_down_the_rest),
        cmocka_unit_test(a_recalled_case_begins_a_new_round_without_who_was_recalled),
        cmocka_unit_test(rework_begins_a_new_round_and_resumes_what_was_left),
        cmocka_unit_test(suspensions_leave_their_spans_and_a_ninth_has_no_place),
        cmocka_unit_test(a_case_cancelled_while_suspended_ends_its_pause),
        cmocka_unit_test(what_the_platform_says_moves_the_case_only_when_done_or_sent_back),
        cmocka_unit_test(the_second_event_of_an_edge_follows_its_first),
        cmocka_unit_test(a_merged_case_knows_its_parent_until_it_is_unmerged),
        cmocka_unit_test(reopenings_are_counted_but_not_the_return_of_a_rejected_case),
        cmocka_unit_test(counters_are_taken_as_written_and_else_counted),
        cmocka_unit_test(a_request_is_open_until_its_decision),
        cmocka_unit_test(severity_and_category_change_with_their_events),
        cmocka_unit_test(a_restricted_case_stays_restricted),
        cmocka_unit_test(a_fact_changes_nothing_but_the_last_record),
        cmocka_unit_test(a_body_of_a_later_version_moves_only_the_positions),
        cmocka_unit_test(a_finding_of_audit_stands_on_any_case),
        cmocka_unit_test(a_timer_holds_what_its_author_wrote),
        cmocka_unit_test(the_next_due_is_the_earliest_armed_one),
        cmocka_unit_test(a_repeating_timer_counts_on_and_any_other_arming_starts_again),
        cmocka_unit_test(only_an_armed_timer_fires),
        cmocka_unit_test(an_escalation_that_names_its_timer_marks_it_fired),
        cmocka_unit_test(changes_that_find_no_timer_lose_no_deadline),
        cmocka_unit_test(new_terms_leave_a_paused_timer_paused_and_wake_a_fired_one),
        cmocka_unit_test(a_full_timer_table_takes_no_further_one),
        cmocka_unit_test(a_missing_timer_is_named),
        cmocka_unit_test(who_was_told_has_it_on_his_board_until_he_acts_or_the_case_moves),
        cmocka_unit_test(of_too_many_alerts_the_oldest_gives_way),
        cmocka_unit_test(a_record_of_another_case_cannot_stand),
        cmocka_unit_test(a_version_or_state_that_does_not_follow_cannot_stand),
        cmocka_unit_test(values_out_of_their_range_cannot_stand),
        cmocka_unit_test(timer_changes_out_of_their_range_cannot_stand),
        cmocka_unit_test(a_case_begins_with_its_receipt),
        cmocka_unit_test(every_state_event_target_and_predecessor_folds_as_the_tables_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
