/* story.c: see story.h. */
#include "tests/unit/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

char *story_text(const char *constant)
{
    return (char *)(uintptr_t)constant;
}

struct story story_new(void)
{
    return (struct story){.now_ms = START_MS};
}

void *story_begin(struct story *story, unsigned type)
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
    envelope->case_no = story_text(CASE_NO);
    envelope->case_version = story->kase.version;
    envelope->state_after = (Sanji__CaseState)story->kase.state;
    envelope->body_case = (Sanji__Envelope__BodyCase)type;
    envelope->timers = story->change_list;
    void *body = story->body;
    memcpy(&envelope->case_received, &body, sizeof body); // a union of pointers
    return body;
}

void story_to(struct story *story, enum case_state state)
{
    story->envelope.state_after = (Sanji__CaseState)state;
    story->envelope.case_version = story->kase.version + 1;
}

void story_change(struct story *story, enum timer_kind kind, unsigned n, Sanji__TimerOp op,
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

void story_arm(struct story *story, enum timer_kind kind, int64_t after_ms)
{
    story_change(story, kind, 0, SANJI__TIMER_OP__TIMER_OP_ARM, story->now_ms + after_ms);
}

void story_cancel(struct story *story, enum timer_kind kind)
{
    story_change(story, kind, 0, SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
}

enum status story_fold(struct story *story)
{
    return case_fold(&story->kase, &story->record, &story->envelope);
}

void story_stands(struct story *story)
{
    assert_int_equal(story_fold(story), STATUS_OK);
    story->seq++;
    story->now_ms += STEP_MS;
}

void story_cannot_stand(struct story *story)
{
    const struct kase before = story->kase;
    assert_int_equal(story_fold(story), STATUS_INVALID);
    assert_memory_equal(&story->kase, &before, sizeof before);
}

void story_receive(struct story *story)
{
    static Sanji__Place place;
    sanji__place__init(&place);
    place.lat_e6 = 34810012;
    place.lon_e6 = 117320045;
    place.building_no = 12;
    Sanji__CaseReceived *body = story_begin(story, EVENT_CASE_RECEIVED);
    body->source = SANJI__SOURCE__SOURCE_HANDHELD;
    body->source_system = story_text("ehsy");
    body->place = &place;
    body->reporter_wants_contact = true;
    body->confidence_permille = 920;
    body->key_no = 84;
    story->envelope.area = story_text(BASIC_GRID);
    story->envelope.holder = story_text(SUBDISTRICT);
    story->envelope.owner = story_text(COMMUNITY);
    story->envelope.tier = SANJI__TIER__TIER_SUBDISTRICT;
    story->envelope.severity = SANJI__SEVERITY__SEVERITY_S2;
    story->envelope.category = story_text("02001");
    story->envelope.sensitivity = SANJI__SENSITIVITY__SENSITIVITY_INTERNAL;
    story->envelope.status = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    story_to(story, STATE_RECEIVED);
    story_arm(story, TIMER_ACCEPT, 900000);
    story_stands(story);
}

void story_accept(struct story *story)
{
    Sanji__CaseAccepted *body = story_begin(story, EVENT_CASE_ACCEPTED);
    body->sla_row = 17;
    story_to(story, STATE_ACCEPTED);
    story_cancel(story, TIMER_ACCEPT);
    story_arm(story, TIMER_DISPATCH, 900000);
    story_arm(story, TIMER_FEEDBACK, 86400000);
    story_arm(story, TIMER_RESOLVE_WARN, 64800000);
    story_arm(story, TIMER_RESOLVE, 86400000);
    story_stands(story);
}

void story_route(struct story *story)
{
    Sanji__CaseRouted *body = story_begin(story, EVENT_CASE_ROUTED);
    body->holder_changes = story->kase.holder_changes + 1U;
    story->envelope.holder = story_text(COMMITTEE);
    story->envelope.tier = SANJI__TIER__TIER_COMMITTEE;
    story_to(story, STATE_ASSIGNING);
    story_stands(story);
}

void story_offer(struct story *story, const char *worker)
{
    Sanji__DispatchOffered *body = story_begin(story, EVENT_DISPATCH_OFFERED);
    body->worker = story_text(worker);
    body->role = SANJI__ROLE__ROLE_FULLTIME;
    body->attempt = story->kase.attempts + 1;
    body->n = story->kase.offers + 1;
    body->effort_min = 45;
    story->envelope.worker = body->worker;
    story->envelope.team = story_text("TB03");
    story_to(story, STATE_DISPATCHED);
    story_cancel(story, TIMER_DISPATCH);
    story_change(story, TIMER_ACK, body->n, SANJI__TIMER_OP__TIMER_OP_ARM,
                 story->now_ms + 600000);
    story_stands(story);
}

void story_ack(struct story *story, const char *worker)
{
    Sanji__DispatchAcked *body = story_begin(story, EVENT_DISPATCH_ACKED);
    body->offer = story->kase.offer_seq;
    body->worker = story_text(worker);
    story->envelope.worker = body->worker;
    story_to(story, STATE_IN_PROGRESS);
    story_change(story, TIMER_ACK, story->kase.offers, SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
    story_arm(story, TIMER_ARRIVE, 7200000);
    story_arm(story, TIMER_PROGRESS, 14400000);
    story_stands(story);
}

void story_resolve(struct story *story)
{
    Sanji__CaseResolved *body = story_begin(story, EVENT_CASE_RESOLVED);
    body->resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    body->effort_min = 50;
    body->needs_revisit = true;
    story_to(story, STATE_RESOLVED);
    story_cancel(story, TIMER_ARRIVE);
    story_cancel(story, TIMER_PROGRESS);
    story_change(story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    story_change(story, TIMER_RESOLVE_WARN, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    story_arm(story, TIMER_CHECK, 14400000);
    story_stands(story);
}

void story_check(struct story *story, bool passed, enum case_state state)
{
    Sanji__CheckCompleted *body = story_begin(story, EVENT_CHECK_COMPLETED);
    body->passed = passed;
    if (state != STATE_RESOLVED) {
        story_to(story, state);
    }
    if (state == STATE_REVISIT) {
        story_cancel(story, TIMER_CHECK);
        story_arm(story, TIMER_REVISIT, 86400000);
    }
    if (state == STATE_ASSIGNING) {
        story_cancel(story, TIMER_CHECK);
        story_arm(story, TIMER_DISPATCH, 900000);
        story_change(story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_RESUME,
                     story->now_ms + 8640000);
        story_change(story, TIMER_RESOLVE_WARN, 0, SANJI__TIMER_OP__TIMER_OP_RESUME,
                     story->now_ms + 6480000);
    }
    story_stands(story);
}

void story_close(struct story *story)
{
    Sanji__CaseClosed *body = story_begin(story, EVENT_CASE_CLOSED);
    body->how = SANJI__CLOSE_HOW__CLOSE_HOW_NORMAL;
    story_to(story, STATE_CLOSED);
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &story->kase.timers[i];
        if (timer->kind != 0) {
            story_change(story, (enum timer_kind)timer->kind, timer->n,
                         SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
        }
    }
    story_arm(story, TIMER_REOPEN_WINDOW, INT64_C(2592000000));
    story_stands(story);
}

struct story story_in_progress(void)
{
    struct story story = story_new();
    story_receive(&story);
    story_accept(&story);
    story_route(&story);
    story_offer(&story, "W00007");
    story_ack(&story, "W00007");
    return story;
}

size_t story_timer_count(const struct kase *kase)
{
    size_t count = 0;
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        count += kase->timers[i].kind != 0 ? 1 : 0;
    }
    return count;
}

void story_path_is(struct org_path have, const char *want)
{
    char printed[ORG_TEXT_SIZE];
    assert_string_equal(org_print(have, printed), want);
}

void story_fire(struct story *story, enum timer_kind kind, unsigned n)
{
    Sanji__TimerFired *body = story_begin(story, EVENT_TIMER_FIRED);
    body->kind = (Sanji__TimerKind)kind;
    body->n = n;
}

void story_suspend(struct story *story)
{
    Sanji__DecisionMade *decision = story_begin(story, EVENT_DECISION_MADE);
    decision->kind = SANJI__DECISION_KIND__DECISION_KIND_SUSPEND;
    decision->approved = true;
    story_stands(story);
    (void)story_begin(story, EVENT_CASE_SUSPENDED);
    story_to(story, STATE_SUSPENDED);
    story_arm(story, TIMER_RESUME, 864000000);
    story_change(story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_PAUSE, 0);
    story_stands(story);
}
