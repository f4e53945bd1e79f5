/* hand.c: see hand.h. */
#include "tests/unit/hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/codec.h"
#include "tests/sim/ruleset.h"

/* ---- the port ---- */

static void on_append(void *port, const Sanji__Append *head, struct bytes packed)
{
    struct hand *h = port;
    h->append = *head;
    h->saves_cursor = head->count == 0;
    h->appends += head->count > 0;
    h->cursors += head->count == 0;
    h->packed_size = packed.size;
    if (packed.size > 0) {
        memcpy(h->packed, packed.data, packed.size);
    }
}

static void on_idle(void *port, const Sanji__Idle *idle)
{
    struct hand *h = port;
    h->idle = *idle;
    h->idles++;
}

static void on_taken(void *port, uint64_t records, uint64_t bytes)
{
    struct hand *h = port;
    assert_true(bytes >= records * RECORD_FRAME_SIZE);
    h->taken += records;
}

static void on_pause(void *port, uint32_t retry_after_ms)
{
    struct hand *h = port;
    assert_true(retry_after_ms > 0);
    h->pauses++;
}

static void on_die(void *port, enum status status, const char *text)
{
    struct hand *h = port;
    assert_non_null(text);
    h->died = status;
}

static const struct stage_port hand_port = {.append = on_append,
                                            .idle = on_idle,
                                            .taken = on_taken,
                                            .pause = on_pause,
                                            .die = on_die};

/* ---- the stage ---- */

static void folded(void *context, struct world *world, const struct record *record,
                   const Sanji__Envelope *envelope, enum status status)
{
    struct hand *h = context;
    assert_non_null(envelope);
    assert_int_equal(status, STATUS_OK);
    assert_non_null(world);
    assert_int_equal(record->seq, h->folded + 1);
    h->folded = record->seq;
}

static void write_note(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    envelope->note_added = TURN_NEW(turn, Sanji__NoteAdded, sanji__note_added__init);
    envelope->body_case = SANJI__ENVELOPE__BODY_NOTE_ADDED;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

static void decide(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope)
{
    struct hand *h = context;
    h->decided[h->decided_count++] = record->seq;
    h->now_ms = turn_now_ms(turn);
    bool is_own = envelope->body_case == SANJI__ENVELOPE__BODY_NOTE_ADDED ||
                  envelope->body_case == SANJI__ENVELOPE__BODY_TIMER_FIRED;
    struct kase *kase = world_case(turn_world(turn), record->header.case_key);
    if (kase != NULL && !is_own &&
        (h->outputs_for == UINT64_MAX || h->outputs_for == record->seq)) {
        write_note(turn, kase, record->seq);
    }
}

static void due(void *context, struct turn *turn, struct kase *kase,
                const struct case_timer *timer)
{
    struct hand *h = context;
    h->fired[h->fired_count++] = (struct world_due){
        .due_ms = timer->due_ms, .case_key = kase->key, .kind = timer->kind};
    h->after_restart = turn_after_restart(turn);
    turn_timer_fired(turn, kase, timer, NULL, 0, false);
}

static int64_t next_wake(void *context)
{
    return ((struct hand *)context)->wake_ms;
}

static void wake(void *context, struct turn *turn)
{
    struct hand *h = context;
    h->wakes++;
    h->wake_ms = 0;
    write_note(turn, world_case(turn_world(turn), h->other.last_record.header.case_key), 0);
}

static bool wants_admit(void *context)
{
    return ((struct hand *)context)->wants_admit;
}

static void admit(void *context, struct turn *turn)
{
    struct hand *h = context;
    h->admits++;
    for (uint32_t i = 0; i < h->admit_cases; i++) {
        uint32_t day = 0;
        unsigned minute = 0;
        unsigned weekday = 0;
        deadline_local(RULESET_OFFSET_MIN, turn_now_ms(turn), &day, &minute, &weekday);
        // Numbers that the other world, which does not read these, never gives.
        uint32_t running = world_running(turn_world(turn), day);
        running = running < 5000 ? 5000 : running;
        uint64_t key = id_case_key(turn_now_ms(turn), RULESET_OFFSET_MIN, running + 1);
        ledger_emit_received(&h->other, turn, key, "370499.003.01.001.B01", SEVERITY_S3,
                             3001);
    }
}

static void admitted(void *context, enum status status, uint64_t first_seq)
{
    struct hand *h = context;
    h->admitted = status;
    h->admitted_seq = first_seq;
    h->admitted_count++;
    h->wants_admit = status != STATUS_OK;
}

static void caught_up(void *context, struct world *world)
{
    struct hand *h = context;
    assert_non_null(world);
    h->caught_up++;
}

static void ticked(void *context, int64_t now_ms)
{
    struct hand *h = context;
    assert_true(now_ms > 0);
    h->ticked++;
}

static bool busy(void *context)
{
    return ((struct hand *)context)->is_busy;
}

/* ---- the session ---- */

void hand_commit(struct hand *h, struct bytes packed, int64_t at_ms)
{
    struct record record;
    while (record_read(&packed, &record) == STATUS_OK) {
        uint8_t header[RECORD_HEADER_SIZE];
        h->head++;
        record.seq = h->head;
        record.header.recorded_at_ms = at_ms;
        record_header_pack(&record.header, header);
        record.header.crc = record_crc(header, record.header.crc);
        h->offsets[h->head] = h->log_size;
        h->log_size +=
            record_write(h->log + h->log_size, record.seq, &record.header, record.envelope);
    }
    h->offsets[h->head + 1] = h->log_size;
}

void hand_send(struct hand *h, uint64_t upto)
{
    Sanji__Records head = SANJI__RECORDS__INIT;
    head.from = h->sent + 1;
    head.upto = upto;
    head.head = h->head;
    head.count = (uint32_t)(upto - h->sent);
    size_t from = h->offsets[h->sent + 1];
    h->sent = upto;
    stage_records(h->stage, &head,
                  (struct bytes){h->log + from, h->offsets[upto + 1] - from});
}

void hand_run(struct hand *h)
{
    for (unsigned i = 0; i < 5000 && stage_next(h->stage); i++) {
    }
    if (h->answers_cursor && h->saves_cursor) {
        hand_answer(h);
    }
}

void hand_send_all(struct hand *h)
{
    hand_send(h, h->head);
    hand_run(h);
}

void hand_welcome(struct hand *h, uint64_t cursor, uint64_t batch_no)
{
    Sanji__Welcome hello = SANJI__WELCOME__INIT;
    hello.log_id = LOG_ID;
    hello.session_epoch = 9;
    hello.head = h->head;
    hello.cursor = cursor;
    hello.batch_no = batch_no;
    h->sent = stage_welcome(h->stage, &hello) - 1;
    hand_run(h);
}

void hand_tick_with(struct hand *h, int64_t now_ms, bool turn)
{
    Sanji__Tick tick = SANJI__TICK__INIT;
    tick.now_ms = now_ms;
    tick.head = h->sent;
    tick.turn = turn;
    stage_tick(h->stage, &tick);
    hand_run(h);
}

void hand_tick(struct hand *h, int64_t now_ms)
{
    hand_tick_with(h, now_ms, false);
}

void hand_answer(struct hand *h)
{
    Sanji__Appended appended = SANJI__APPENDED__INIT;
    appended.batch_no = h->append.batch_no;
    h->saves_cursor = false;
    if (h->append.count > 0) {
        appended.first_seq = h->head + 1;
        hand_commit(h, (struct bytes){h->packed, h->packed_size}, h->other.now_ms);
        appended.last_seq = h->head;
    }
    stage_appended(h->stage, &appended);
    hand_run(h);
}

void hand_refuse(struct hand *h, enum status status, uint64_t seq)
{
    static char text[] = "no";
    Sanji__Refused refused = SANJI__REFUSED__INIT;
    refused.code = (uint32_t)status;
    refused.batch_no = h->append.batch_no;
    refused.seq = seq;
    refused.text = text;
    stage_refused(h->stage, &refused);
    hand_run(h);
}

void hand_other_case(struct hand *h, enum severity severity)
{
    struct turn *turn = ledger_turn(&h->other, OWNER_INTAKE);
    ledger_emit_received(&h->other, turn, ledger_next_key(&h->other),
                         "370499.003.01.001.B01", severity,
                         severity == SEVERITY_S1 ? 2003 : 3001);
    ledger_commit(&h->other);
    hand_commit(h, turn_packed(turn), h->other.now_ms);
}

// Rules first, as intake publishes them.
static void other_rules(struct hand *h)
{
    struct turn *turn = ledger_turn(&h->other, OWNER_INTAKE);
    for (int kind = 1; kind <= SANJI__RULES_KIND__RULES_KIND_POLICY; kind++) {
        Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
        Sanji__RulesPublished *published =
            TURN_NEW(turn, Sanji__RulesPublished, sanji__rules_published__init);
        ruleset_part((Sanji__RulesKind)kind, 1, 1, 1, published);
        envelope->rules_published = published;
        envelope->body_case = SANJI__ENVELOPE__BODY_RULES_PUBLISHED;
        turn_emit(turn, &(struct emission){.envelope = envelope});
    }
    ledger_drop(&h->other);
    hand_commit(h, turn_packed(turn), h->other.now_ms);
}

int hand_make(void **state)
{
    struct hand *h = calloc(1, sizeof *h);
    assert_non_null(h);
    ledger_open(&h->other);
    h->log = calloc(1, 8 * 1024 * 1024);
    h->packed = calloc(1, MESSAGE_SIZE_MAX);
    assert_non_null(h->log);
    assert_non_null(h->packed);
    h->ops = (struct stage_ops){.name = "intake",
                                .owner = OWNER_INTAKE,
                                .folded = folded,
                                .decide = decide,
                                .due = due,
                                .next_wake_ms = next_wake,
                                .wake = wake,
                                .wants_admit = wants_admit,
                                .admit = admit,
                                .admitted = admitted,
                                .caught_up = caught_up,
                                .ticked = ticked,
                                .busy = busy};
    h->answers_cursor = true;
    h->stage = stage_new(&h->ops, h, &hand_port, h);
    other_rules(h);
    *state = h;
    return 0;
}

int hand_unmake(void **state)
{
    struct hand *h = *state;
    ledger_close(&h->other);
    stage_free(&h->stage);
    free(h->log);
    free(h->packed);
    free(h);
    return 0;
}
