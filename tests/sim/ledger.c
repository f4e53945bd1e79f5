/* ledger.c: see ledger.h. */
#include "tests/sim/ledger.h"

#include <assert.h>
#include <string.h>

#include "proto/codec.h"
#include "tests/sim/ruleset.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024
};

static const char start[] = "2020-08-14T10:00:00+08:00"; // a Friday

void ledger_open(struct ledger *ledger)
{
    *ledger = (struct ledger){.world = world_new(), .arena = arena_new(ARENA_SIZE)};
    ruleset_fold(world_rules(ledger->world));
    enum status parsed = time_parse(start, &ledger->now_ms);
    assert(parsed == STATUS_OK);
}

void ledger_close(struct ledger *ledger)
{
    for (unsigned owner = 0; owner < LEDGER_OWNERS; owner++) {
        turn_free(&ledger->turns[owner]);
    }
    world_free(&ledger->world);
    arena_free(&ledger->arena);
}

struct turn *ledger_turn(struct ledger *ledger, enum owner owner)
{
    assert(ledger->open == NULL && (unsigned)owner < LEDGER_OWNERS);
    if (ledger->turns[owner] == NULL) {
        ledger->turns[owner] = turn_new(vocab_owner_name(owner), owner);
    }
    ledger->open = ledger->turns[owner];
    turn_begin(ledger->open, ledger->world, ledger->now_ms, false);
    return ledger->open;
}

void ledger_drop(struct ledger *ledger)
{
    assert(ledger->open != NULL);
    turn_end(ledger->open);
    ledger->open = NULL;
}

void ledger_commit(struct ledger *ledger)
{
    struct turn *turn = ledger->open;
    ledger_drop(ledger);
    struct bytes rest = turn_packed(turn);
    struct record record;
    arena_reset(ledger->arena);
    while (record_read(&rest, &record) == STATUS_OK) {
        ledger->seq++;
        record.seq = ledger->seq;
        record.header.recorded_at_ms = ledger->now_ms;
        enum status unpacked = codec_unpack(record.envelope, ledger->arena, &ledger->last);
        assert(unpacked == STATUS_OK);
        enum status folded = world_fold(ledger->world, &record, ledger->last);
        assert(folded == STATUS_OK);
        world_set_read(ledger->world, record.seq);
        ledger->last_record = record;
        if (ledger->seen != NULL) {
            ledger->seen(ledger->seen_context, &record, ledger->last);
        }
    }
}

/* ---- steps ---- */

uint64_t ledger_next_key(struct ledger *ledger)
{
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(RULESET_OFFSET_MIN, ledger->now_ms, &day, &minute, &weekday);
    return id_case_key(ledger->now_ms, RULESET_OFFSET_MIN,
                       world_running(ledger->world, day) + 1);
}

void ledger_emit_received(struct ledger *ledger, struct turn *turn, uint64_t key,
                          const char *area, enum severity severity, uint32_t category)
{
    (void)ledger;
    struct org_path path = {0};
    enum status parsed = org_parse(area, &path);
    assert(parsed == STATUS_OK);
    Sanji__CaseReceived *body =
        TURN_NEW(turn, Sanji__CaseReceived, sanji__case_received__init);
    body->source = SANJI__SOURCE__SOURCE_HANDHELD;
    body->source_system = turn_text(turn, "ehsy");
    body->reporter_wants_contact = true;
    Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
    turn_set_area(turn, envelope, path);
    turn_set_holder(turn, envelope, org_subdistrict(path), TIER_SUBDISTRICT);
    turn_set_owner(turn, envelope, org_community(path));
    envelope->severity = (Sanji__Severity)severity;
    envelope->category = id_category_print(category, turn_take(turn, CATEGORY_SIZE));
    envelope->sensitivity = SANJI__SENSITIVITY__SENSITIVITY_INTERNAL;
    envelope->status = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    envelope->source_system = body->source_system;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    envelope->case_received = body;
    turn_emit(turn,
              &(struct emission){.edge = T01, .envelope = envelope, .new_case_key = key});
}

struct kase *ledger_receive(struct ledger *ledger, const char *area, enum severity severity,
                            uint32_t category)
{
    struct turn *turn = ledger_turn(ledger, OWNER_INTAKE);
    uint64_t key = ledger_next_key(ledger);
    ledger_emit_received(ledger, turn, key, area, severity, category);
    ledger_commit(ledger);
    return world_case(ledger->world, key);
}

// An empty message as the envelope's body of this type.
static void set_empty_body(struct turn *turn, Sanji__Envelope *envelope, unsigned type)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&sanji__envelope__descriptor, type);
    const ProtobufCMessageDescriptor *descriptor = field->descriptor;
    ProtobufCMessage *body = turn_take(turn, descriptor->sizeof_message);
    protobuf_c_message_init(descriptor, body);
    memcpy((uint8_t *)envelope + field->offset, &body, sizeof(body));
    envelope->body_case = (Sanji__Envelope__BodyCase)type;
}

void ledger_move(struct ledger *ledger, struct kase *kase, enum transition id)
{
    const struct lifecycle_edge *edge = lifecycle_edge(id);
    struct turn *turn = ledger_turn(ledger, edge->owner);
    if (edge->events[1] != 0 && edge->events[0] != EVENT_TIMER_FIRED) {
        Sanji__Envelope *first = turn_event(turn, kase, kase->last_seq);
        set_empty_body(turn, first, edge->events[0]);
        if (id == T22) {
            first->check_completed->passed = true;
        }
        turn_emit(turn, &(struct emission){.kase = kase, .envelope = first});
    } else if (edge->events[1] != 0) {
        turn_timer_fired(turn, kase, case_next_due(kase), NULL, 0, false);
    }
    Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
    set_empty_body(turn, envelope,
                   edge->events[1] != 0 ? edge->events[1] : edge->events[0]);
    if (id == T21) {
        envelope->check_completed->passed = true;
    }
    if (edge->to == STATE_ASSIGNING && id != T10) {
        turn_set_worker(turn, envelope, 0);
    }
    if (id == T26) {
        envelope->case_suspended->resume_by_ms = ledger->now_ms + 10 * TIME_DAY_MS;
    }
    if (id == T08) {
        struct org_path desk = rules_desk(kase->area, TIER_COMMITTEE);
        turn_set_holder(turn, envelope, desk, org_depth(desk));
    }
    turn_emit(turn, &(struct emission){.kase = kase, .edge = id, .envelope = envelope});
    ledger_commit(ledger);
}

void ledger_offer(struct ledger *ledger, struct kase *kase, uint32_t worker,
                  uint32_t effort_min)
{
    struct turn *turn = ledger_turn(ledger, OWNER_DISPATCH);
    Sanji__DispatchOffered *body =
        TURN_NEW(turn, Sanji__DispatchOffered, sanji__dispatch_offered__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
    turn_set_worker(turn, envelope, worker);
    body->worker = envelope->worker;
    body->effort_min = effort_min;
    body->attempt = kase->attempts + 1;
    body->n = kase->offers + 1;
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_OFFERED;
    envelope->dispatch_offered = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T09, .envelope = envelope});
    ledger_commit(ledger);
}

void ledger_decline(struct ledger *ledger, struct kase *kase, uint32_t reason_code)
{
    struct turn *turn = ledger_turn(ledger, OWNER_DISPATCH);
    Sanji__DispatchDeclined *body =
        TURN_NEW(turn, Sanji__DispatchDeclined, sanji__dispatch_declined__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
    body->worker = envelope->worker;
    body->offer = kase->offer_seq;
    body->reason_code = reason_code;
    turn_set_worker(turn, envelope, 0);
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_DECLINED;
    envelope->dispatch_declined = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T11, .envelope = envelope});
    ledger_commit(ledger);
}

struct kase *ledger_case(struct ledger *ledger, enum severity severity, uint32_t category,
                         enum case_state upto)
{
    struct kase *kase = ledger_receive(ledger, "370499.003.01.001.B01", severity, category);
    ledger_move(ledger, kase, T05);
    while (kase->state != (unsigned)upto) {
        switch ((enum case_state)kase->state) {
        case STATE_ACCEPTED:
            ledger_move(ledger, kase, T08);
            break;
        case STATE_ASSIGNING:
            ledger_offer(ledger, kase, 2, 30);
            break;
        case STATE_DISPATCHED:
            ledger_move(ledger, kase, T10);
            break;
        case STATE_IN_PROGRESS:
            ledger_move(ledger, kase, T19);
            break;
        case STATE_NONE:
        case STATE_RECEIVED:
        case STATE_VERIFYING:
        case STATE_SUSPENDED:
        case STATE_UPSTREAM:
        case STATE_RESOLVED:
        case STATE_REVISIT:
        case STATE_CLOSED:
        case STATE_REJECTED:
        case STATE_CANCELLED:
        case STATE_MERGED:
        case STATE_COUNT:
        default:
            assert(0 && "not on the way");
        }
    }
    return kase;
}
