/* speech.c: see speech.h. */
#include "tests/unit/speech.h"

#include <assert.h>
#include <stdio.h>

#include "proto/codec.h"

enum {
    ARENA_SIZE = 1024 * 1024
};

static char *text(struct turn *turn, const char *from)
{
    return turn_text(turn, "%s", from);
}

void speech_say(struct ledger *ledger, const struct kase *kase, enum statement_kind kind,
                struct speaker speaker, Sanji__StatementFields *fields)
{
    struct turn *turn = ledger_turn(ledger, OWNER_INTAKE);
    Sanji__Said *body = TURN_NEW(turn, Sanji__Said, sanji__said__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, 0);
    body->kind = (Sanji__StatementKind)kind;
    body->source_system = text(turn, "ehsy");
    body->fields = fields;
    envelope->actor->role = (Sanji__Role)speaker.role;
    envelope->actor->worker = text(turn, speaker.worker);
    envelope->actor->org = text(turn, speaker.org);
    envelope->actor->system = text(turn, "");
    envelope->body_case = SANJI__ENVELOPE__BODY_SAID;
    envelope->said = body;
    struct kase *about = kase != NULL ? world_case(ledger->world, kase->key) : NULL;
    turn_emit(turn, &(struct emission){
                        .kase = about, .envelope = envelope, .flags = RECORD_FACT});
    ledger_commit(ledger);
}

static uint32_t commit(struct ledger *ledger, const struct turn *turn)
{
    const uint32_t count = turn_count(turn);
    if (count == 0) {
        ledger_drop(ledger);
    } else {
        ledger_commit(ledger);
    }
    return count;
}

uint32_t speech_decide(struct ledger *ledger, const struct stage_ops *ops, void *context)
{
    struct turn *turn = ledger_turn(ledger, ops->owner);
    ops->decide(context, turn, &ledger->last_record, ledger->last);
    return commit(ledger, turn);
}

void speech_decide_on(struct ledger *ledger, const struct stage_ops *ops, void *context,
                      unsigned turns)
{
    for (unsigned i = 0; i < turns && speech_decide(ledger, ops, context) > 0; i++) {
    }
}

uint32_t speech_due(struct ledger *ledger, const struct stage_ops *ops, void *context,
                    struct kase *kase, enum timer_kind kind, unsigned n)
{
    const struct case_timer *timer = case_timer(kase, kind, n);
    assert(timer != NULL && timer->state == TIMER_STATE_ARMED);
    if (timer->due_ms > ledger->now_ms) {
        ledger->now_ms = timer->due_ms;
    }
    struct turn *turn = ledger_turn(ledger, ops->owner);
    ops->due(context, turn, kase, timer);
    return commit(ledger, turn);
}

const Sanji__Envelope *speech_record(struct ledger *ledger, enum owner owner, uint32_t i)
{
    static struct arena *arena;
    if (arena == NULL) {
        arena = arena_new(ARENA_SIZE); // lives as long as the test program
    }
    arena_reset(arena);
    struct bytes rest = turn_packed(ledger->turns[owner]);
    struct record record;
    Sanji__Envelope *envelope = NULL;
    for (uint32_t at = 0; record_read(&rest, &record) == STATUS_OK; at++) {
        if (at == i) {
            const enum status unpacked = codec_unpack(record.envelope, arena, &envelope);
            assert(unpacked == STATUS_OK);
            return envelope;
        }
    }
    (void)fprintf(stderr, "no record %u in the last turn\n", i); // the assert stops it
    assert(!"no such record");
    return NULL;
}
