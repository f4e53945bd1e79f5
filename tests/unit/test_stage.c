/* test_stage.c: the machine, with a session played by hand: one message at a time. */
#include "broker/runtime/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/codec.h"
#include "tests/sim/ledger.h"
#include "tests/sim/ruleset.h"
#include "tests/unit/scratch.h"

enum {
    SEEN_MAX = 2048,
    LOG_ID = 5,
    RULES = 5, /* records of the rules, at the log's beginning */
    DAY_MS = 86400000
};

/* A broker with one stage, and what it did. */
struct hand {
    struct ledger other; /* how the records of all others come about */
    struct stage *stage;
    struct stage_ops ops;
    /* the log */
    uint8_t *log;
    size_t log_size;
    size_t offsets[SEEN_MAX];
    uint64_t head, sent;
    /* what came through the port */
    Sanji__Append append;
    uint8_t *packed;
    size_t packed_size;
    unsigned appends, idles, pauses; /* appends: with records */
    bool answers_cursor;             /* appends without records are answered by run() */
    bool saves_cursor;
    unsigned cursors;
    Sanji__Idle idle;
    uint64_t taken;
    enum status died;
    /* what the functions of the stage saw */
    uint64_t decided[SEEN_MAX];
    size_t decided_count;
    uint64_t folded;
    int64_t now_ms;
    struct world_due fired[SEEN_MAX];
    size_t fired_count;
    unsigned caught_up, ticked;
    uint64_t outputs_for; /* decide() writes a note for this record; UINT64_MAX: for all */
    bool wants_admit, is_busy;
    unsigned admits;
    uint32_t admit_cases;
    enum status admitted;
    uint64_t admitted_seq;
    unsigned admitted_count;
    int64_t wake_ms;
    unsigned wakes;
    bool after_restart;
};

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

// Puts packed records into the log as the broker would.
static void commit(struct hand *h, struct bytes packed, int64_t at_ms)
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

// Sends the stage what is in the log up to `upto`.
static void send(struct hand *h, uint64_t upto)
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

static void answer(struct hand *h);

static void run(struct hand *h)
{
    for (unsigned i = 0; i < 5000 && stage_next(h->stage); i++) {
    }
    if (h->answers_cursor && h->saves_cursor) {
        answer(h);
    }
}

static void send_all(struct hand *h)
{
    send(h, h->head);
    run(h);
}

static void welcome(struct hand *h, uint64_t cursor, uint64_t batch_no)
{
    Sanji__Welcome hello = SANJI__WELCOME__INIT;
    hello.log_id = LOG_ID;
    hello.session_epoch = 9;
    hello.head = h->head;
    hello.cursor = cursor;
    hello.batch_no = batch_no;
    h->sent = stage_welcome(h->stage, &hello) - 1;
    run(h);
}

static void tick_with(struct hand *h, int64_t now_ms, bool turn)
{
    Sanji__Tick tick = SANJI__TICK__INIT;
    tick.now_ms = now_ms;
    tick.head = h->sent;
    tick.turn = turn;
    stage_tick(h->stage, &tick);
    run(h);
}

static void tick(struct hand *h, int64_t now_ms)
{
    tick_with(h, now_ms, false);
}

// Commits what the stage has in flight and tells it.
static void answer(struct hand *h)
{
    Sanji__Appended appended = SANJI__APPENDED__INIT;
    appended.batch_no = h->append.batch_no;
    h->saves_cursor = false;
    if (h->append.count > 0) {
        appended.first_seq = h->head + 1;
        commit(h, (struct bytes){h->packed, h->packed_size}, h->other.now_ms);
        appended.last_seq = h->head;
    }
    stage_appended(h->stage, &appended);
    run(h);
}

static void refuse(struct hand *h, enum status status, uint64_t seq)
{
    static char text[] = "no";
    Sanji__Refused refused = SANJI__REFUSED__INIT;
    refused.code = (uint32_t)status;
    refused.batch_no = h->append.batch_no;
    refused.seq = seq;
    refused.text = text;
    stage_refused(h->stage, &refused);
    run(h);
}

// Others write a received case.
static void other_case(struct hand *h, enum severity severity)
{
    struct turn *turn = ledger_turn(&h->other, OWNER_INTAKE);
    ledger_emit_received(&h->other, turn, ledger_next_key(&h->other),
                         "370499.003.01.001.B01", severity,
                         severity == SEVERITY_S1 ? 2003 : 3001);
    ledger_commit(&h->other);
    commit(h, turn_packed(turn), h->other.now_ms);
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
    commit(h, turn_packed(turn), h->other.now_ms);
}

static int make_as(void **state, const char *name, enum owner owner)
{
    struct hand *h = calloc(1, sizeof *h);
    assert_non_null(h);
    ledger_open(&h->other);
    h->log = calloc(1, 8 * 1024 * 1024);
    h->packed = calloc(1, MESSAGE_SIZE_MAX);
    assert_non_null(h->log);
    assert_non_null(h->packed);
    h->ops = (struct stage_ops){.name = name,
                                .owner = owner,
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

static int make(void **state)
{
    return make_as(state, "intake", OWNER_INTAKE);
}

static int unmake(void **state)
{
    struct hand *h = *state;
    ledger_close(&h->other);
    stage_free(&h->stage);
    free(h->log);
    free(h->packed);
    free(h);
    return 0;
}

/* ---- reading before deciding ---- */

static void nothing_is_decided_before_the_head_is_read(void **state)
{
    struct hand *h = *state;
    for (unsigned i = 0; i < 10; i++) {
        other_case(h, SEVERITY_S3);
    }
    h->wants_admit = true;
    welcome(h, 0, 0);
    send(h, h->head - 1);
    run(h);
    assert_int_equal(h->decided_count, 0);
    assert_int_equal(h->admits, 0);
    assert_int_equal(h->caught_up, 0);
    assert_false(stage_is_caught_up(h->stage));
    assert_int_equal(h->taken, h->head - 1); // else a long log would never be read
    send_all(h);
    assert_true(stage_is_caught_up(h->stage));
    assert_int_equal(h->caught_up, 1);
    assert_int_equal(h->decided_count, h->head);
    assert_int_equal(h->admits, 1);
}

static void what_lies_before_the_cursor_is_only_folded(void **state)
{
    struct hand *h = *state;
    for (unsigned i = 0; i < 4; i++) {
        other_case(h, SEVERITY_S3);
    }
    welcome(h, h->head - 2, 7);
    send_all(h);
    assert_int_equal(h->folded, h->head);
    assert_int_equal(h->decided_count, 2);
    assert_int_equal(h->decided[0], h->head - 1);
    assert_int_equal(h->taken, h->head);
}

/* ---- turns ---- */

static void outputs_and_cursor_leave_in_one_append(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    welcome(h, 0, 41);
    send_all(h);
    assert_int_equal(h->appends, 1);
    assert_int_equal(h->append.epoch, 9);
    assert_int_equal(h->append.batch_no, 42);
    assert_int_equal(h->append.read_up_to, h->head);
    assert_int_equal(h->append.cursor, h->head);
    assert_int_equal(h->append.count, 2);
    assert_int_equal(h->now_ms, h->other.now_ms);
}

static void the_next_turn_waits_for_the_own_records(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    welcome(h, 0, 0);
    send_all(h);
    other_case(h, SEVERITY_S3); // before the own record
    answer(h);
    assert_int_equal(h->appends, 1);
    send(h, h->head - 1);
    run(h);
    assert_int_equal(h->appends, 1);
    send_all(h);
    assert_int_equal(h->appends, 2);
    assert_int_equal(h->append.batch_no, 2);
    assert_int_equal(h->append.count, 1); // the second case; the own note led to nothing
    assert_int_equal(h->append.cursor, h->head);
}

static void one_append_is_in_flight(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    welcome(h, 0, 0);
    send_all(h);
    other_case(h, SEVERITY_S3);
    h->wants_admit = true;
    send_all(h);
    tick(h, h->other.now_ms + DAY_MS);
    assert_int_equal(h->appends, 1);
    assert_int_equal(h->admits, 0);
    assert_int_equal(h->fired_count, 0);
}

static bool count_case(void *context, struct kase *kase)
{
    uint64_t *sum = context;
    const uint8_t *bytes = (const uint8_t *)kase;
    for (size_t i = 0; i < sizeof *kase; i++) {
        *sum = *sum * 31 + bytes[i];
    }
    return true;
}

static void nothing_tentative_is_left_when_the_append_leaves(void **state)
{
    struct hand *h = *state;
    for (unsigned i = 0; i < 5; i++) {
        other_case(h, SEVERITY_S3);
    }
    welcome(h, 0, 0);
    uint64_t before = 0;
    uint64_t after = 0;
    send(h, h->head); // folded, not decided yet
    world_each_case(stage_world(h->stage), count_case, &before);
    h->outputs_for = UINT64_MAX;
    h->wants_admit = true;
    h->admit_cases = 3;
    run(h);
    assert_int_equal(h->appends, 1);
    world_each_case(stage_world(h->stage), count_case, &after);
    assert_true(before == after);
    assert_int_equal(world_case_count(stage_world(h->stage)), 5);
}

/* ---- refusals ---- */

static void a_conflict_halves_the_inputs_and_success_restores_them(void **state)
{
    struct hand *h = *state;
    for (unsigned i = 0; i < 300; i++) {
        other_case(h, SEVERITY_S3);
    }
    h->outputs_for = UINT64_MAX;
    welcome(h, RULES, 0);
    send_all(h);
    uint32_t inputs = 256;
    uint64_t first = h->decided[0];
    while (inputs >= 1) {
        assert_int_equal(h->append.cursor, RULES + inputs);
        assert_int_equal(h->append.count, inputs);
        assert_int_equal(h->append.batch_no, 1); // a refused number is used again
        h->decided_count = 0;
        refuse(h, STATUS_CONFLICT, 3);
        assert_int_equal(h->decided[0], first);
        if (inputs == 1) {
            break;
        }
        inputs /= 2;
    }
    answer(h);
    send_all(h);
    assert_int_equal(h->append.count, 256);
}

static void after_a_conflict_it_reads_to_the_seq_named(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    welcome(h, 0, 0);
    send_all(h);
    other_case(h, SEVERITY_S3);
    other_case(h, SEVERITY_S3);
    refuse(h, STATUS_CONFLICT, h->head);
    assert_int_equal(h->appends, 1);
    send(h, h->head - 1);
    run(h);
    assert_int_equal(h->appends, 1);
    send_all(h);
    assert_int_equal(h->appends, 2);
    assert_int_equal(h->append.read_up_to, h->head);
    refuse(h, STATUS_CATCH_UP, h->head);
    assert_int_equal(h->appends, 3); // read already: decided again at once
}

static void codes_that_no_retry_helps_end_the_process(void **state)
{
    static const enum status codes[] = {STATUS_FENCED, STATUS_FORBIDDEN, STATUS_BATCH_ORDER,
                                        STATUS_AHEAD, STATUS_MALFORMED};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        void *made = NULL;
        make(&made);
        struct hand *h = made;
        other_case(h, SEVERITY_S3);
        h->outputs_for = UINT64_MAX;
        welcome(h, 0, 0);
        send_all(h);
        refuse(h, codes[i], 0);
        assert_int_equal(h->died, codes[i]);
        assert_false(stage_next(h->stage));
        unmake(&made);
    }
}

static void busy_and_full_are_tried_again_later(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    welcome(h, 0, 0);
    send_all(h);
    refuse(h, STATUS_BUSY, 0);
    assert_int_equal(h->pauses, 1);
    assert_int_equal(h->appends, 1);
    stage_retry(h->stage);
    run(h);
    assert_int_equal(h->appends, 2);
    refuse(h, STATUS_STORE_FULL, 0);
    assert_int_equal(h->pauses, 2);
    stage_retry(h->stage);
    run(h);
    assert_int_equal(h->appends, 3);
    assert_int_equal(h->died, STATUS_OK);
}

static void another_log_ends_the_process(void **state)
{
    struct hand *h = *state;
    welcome(h, 0, 0);
    send_all(h);
    stage_lost(h->stage);
    Sanji__Welcome hello = SANJI__WELCOME__INIT;
    hello.log_id = LOG_ID + 1;
    hello.head = h->head;
    stage_welcome(h->stage, &hello);
    assert_int_equal(h->died, STATUS_OTHER_LOG);
}

static void a_log_shorter_than_what_was_read_ends_the_process(void **state)
{
    struct hand *h = *state;
    welcome(h, 0, 0);
    send_all(h);
    stage_lost(h->stage);
    h->head--;
    welcome(h, 0, 0);
    assert_int_equal(h->died, STATUS_AHEAD);
}

static void a_damaged_record_ends_the_process(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    h->log[h->log_size - 1] ^= 1;
    welcome(h, 0, 0);
    send_all(h);
    assert_int_equal(h->died, STATUS_BAD_CHECKSUM);
}

static void a_gap_in_the_records_ends_the_process(void **state)
{
    struct hand *h = *state;
    welcome(h, 0, 0);
    send(h, 2);
    h->sent++;
    send_all(h);
    assert_int_equal(h->died, STATUS_CORRUPT);
}

/* ---- sessions ---- */

static void a_lost_answer_is_found_in_the_log(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    welcome(h, 0, 0);
    send_all(h);
    // The append is committed, its answer is lost with the session.
    commit(h, (struct bytes){h->packed, h->packed_size}, h->other.now_ms);
    stage_lost(h->stage);
    run(h);
    assert_int_equal(h->appends, 1);
    welcome(h, h->append.cursor, 1);
    assert_false(stage_is_caught_up(h->stage));
    send_all(h);
    assert_int_equal(h->appends, 1);   // decided once
    assert_int_equal(h->caught_up, 1); // and said once
}

static void a_lost_append_is_decided_again(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    welcome(h, 0, 0);
    send_all(h);
    stage_lost(h->stage);
    other_case(h, SEVERITY_S3);
    welcome(h, 0, 0);
    assert_int_equal(h->appends, 1); // not re-sent across a Hello
    send_all(h);
    assert_int_equal(h->appends, 2);
    assert_int_equal(h->append.count, 2);
    assert_int_equal(h->append.batch_no, 1);
    answer(h);
    send_all(h);
    assert_int_equal(h->folded, h->head);
}

static void answers_of_an_old_session_are_not_taken(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    welcome(h, 0, 0);
    send_all(h);
    Sanji__Appended old = SANJI__APPENDED__INIT;
    old.batch_no = 7;
    stage_appended(h->stage, &old);
    run(h);
    assert_int_equal(h->appends, 1); // still in flight
}

/* ---- the door ---- */

static void a_door_turn_is_an_append_of_its_own(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    h->wants_admit = true;
    h->admit_cases = 2;
    welcome(h, 0, 0);
    send_all(h);
    assert_int_equal(h->append.count, 2); // the door first
    assert_int_equal(h->append.cursor, 0);
    assert_int_equal(h->admitted_count, 0); // nothing is said before the commit
    uint64_t first = h->head + 1;
    answer(h);
    assert_int_equal(h->admitted_count, 1);
    assert_int_equal(h->admitted, STATUS_OK);
    assert_int_equal(h->admitted_seq, first);
    send_all(h);
    assert_int_equal(h->appends, 2); // then what waits to be decided
    assert_int_equal(h->append.count, 3);
}

static void the_door_and_the_inputs_take_turns(void **state)
{
    struct hand *h = *state;
    welcome(h, 0, 0);
    send_all(h);
    h->outputs_for = UINT64_MAX;
    h->admit_cases = 1;
    unsigned doors = 0;
    for (unsigned i = 0; i < 10; i++) {
        h->wants_admit = true;
        other_case(h, SEVERITY_S3);
        unsigned before = h->admits;
        send_all(h);
        doors += h->admits - before;
        answer(h);
    }
    assert_int_equal(doors, 5);
}

static void a_refused_door_turn_is_admitted_again(void **state)
{
    struct hand *h = *state;
    h->wants_admit = true;
    h->admit_cases = 1;
    welcome(h, 0, 0);
    send_all(h);
    refuse(h, STATUS_STORE_FULL, 0);
    assert_int_equal(h->admitted, STATUS_STORE_FULL);
    assert_int_equal(h->admits, 1);
    stage_retry(h->stage);
    run(h);
    assert_int_equal(h->admits, 2);
    stage_lost(h->stage);
    assert_int_equal(h->admitted, STATUS_NO_SESSION);
    welcome(h, 0, 0);
    run(h);
    assert_int_equal(h->admits, 3);
    answer(h);
    assert_int_equal(h->admitted, STATUS_OK);
}

static void a_door_turn_without_records_is_answered_at_once(void **state)
{
    struct hand *h = *state;
    h->wants_admit = true;
    welcome(h, 0, 0);
    send_all(h);
    assert_int_equal(h->appends, 0);
    assert_int_equal(h->admitted_count, 1);
    assert_int_equal(h->admitted, STATUS_OK);
    assert_int_equal(h->admitted_seq, 0);
}

/* ---- time ---- */

static void timers_fire_by_due_time_then_case(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3); // ACCEPT: an hour of work
    other_case(h, SEVERITY_S1); // 3 minutes
    other_case(h, SEVERITY_S1);
    welcome(h, 0, 0);
    send_all(h);
    tick(h, h->other.now_ms + 180000 - 1);
    assert_int_equal(h->fired_count, 0);
    tick(h, h->other.now_ms + 4 * 3600 * 1000);
    assert_int_equal(h->fired_count, 3);
    assert_int_equal(h->append.count, 3);
    assert_true(h->fired[0].case_key < h->fired[1].case_key);
    assert_int_equal(h->fired[0].due_ms, h->other.now_ms + 180000);
    assert_int_equal(h->fired[2].due_ms, h->other.now_ms + 3600 * 1000);
}

static void a_timer_waits_for_what_was_stamped_before_the_tick(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S1);
    welcome(h, 0, 0);
    send_all(h);
    other_case(h, SEVERITY_S3);
    Sanji__Tick tick = SANJI__TICK__INIT;
    tick.now_ms = h->other.now_ms + DAY_MS;
    tick.head = h->head; // one record is still on its way
    stage_tick(h->stage, &tick);
    run(h);
    assert_int_equal(h->fired_count, 0);
    assert_int_equal(h->idles, 0);
    send_all(h);
    assert_int_equal(h->fired_count, 2);
    assert_int_equal(h->decided[h->decided_count - 1], h->head); // decided before
}

static void a_record_of_later_does_not_make_a_timer_due(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S1);
    welcome(h, 0, 0);
    send_all(h);
    tick(h, h->other.now_ms);
    h->other.now_ms += DAY_MS;
    other_case(h, SEVERITY_S3);
    send_all(h); // stamped a day later, but nobody promised that this was all
    assert_int_equal(h->now_ms, h->other.now_ms);
    assert_int_equal(h->fired_count, 0);
    tick(h, h->other.now_ms);
    assert_int_equal(h->fired_count, 1);
}

static void a_refused_timer_fires_again(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S1);
    welcome(h, 0, 0);
    send_all(h);
    tick(h, h->other.now_ms + DAY_MS);
    assert_int_equal(h->fired_count, 1);
    refuse(h, STATUS_CONFLICT, 0);
    assert_int_equal(h->fired_count, 2);
    answer(h);
    send_all(h);
    assert_int_equal(h->fired_count, 2);
    assert_int_equal(h->idles, 1);
}

static void a_timer_says_when_the_process_was_away(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S1);
    welcome(h, 0, 0);
    send_all(h);
    tick(h, h->other.now_ms + DAY_MS);
    assert_true(h->after_restart);
    answer(h);
    send_all(h);
    h->other.now_ms += DAY_MS;
    other_case(h, SEVERITY_S1);
    send_all(h);
    tick(h, h->other.now_ms + DAY_MS);
    assert_int_equal(h->fired_count, 2);
    assert_false(h->after_restart);
}

static void a_wake_is_repeated_when_its_append_was_refused(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S4);
    welcome(h, 0, 0);
    send_all(h);
    h->wake_ms = h->other.now_ms + 1000;
    tick(h, h->other.now_ms + 999);
    assert_int_equal(h->wakes, 0);
    assert_int_equal(h->idle.next_due_ms, h->wake_ms);
    tick(h, h->other.now_ms + 1000);
    assert_int_equal(h->wakes, 1);
    refuse(h, STATUS_CONFLICT, 0);
    assert_int_equal(h->wakes, 2);
    answer(h);
    send_all(h);
    assert_int_equal(h->wakes, 2);
}

/* ---- idle ---- */

static void idle_names_what_was_read_and_what_is_next(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S1);
    welcome(h, 0, 0);
    send_all(h);
    assert_int_equal(h->idles, 0); // nobody asked yet
    tick(h, h->other.now_ms);
    assert_int_equal(h->idles, 1);
    assert_int_equal(h->ticked, 1);
    assert_int_equal(h->idle.read, h->head);
    assert_int_equal(h->idle.now_ms, h->other.now_ms);
    assert_int_equal(h->idle.next_due_ms, h->other.now_ms + 180000);
    run(h);
    assert_int_equal(h->idles, 1); // once
    other_case(h, SEVERITY_S3);
    send_all(h);
    assert_int_equal(h->idles, 2); // again when something was read
    assert_int_equal(h->idle.read, h->head);
    assert_int_equal(h->ticked, 1);
}

static void idle_waits_for_what_keeps_the_stage_busy(void **state)
{
    struct hand *h = *state;
    welcome(h, 0, 0);
    send_all(h);
    h->is_busy = true;
    tick(h, h->other.now_ms);
    assert_int_equal(h->ticked, 1);
    assert_int_equal(h->idles, 0);
    h->is_busy = false;
    run(h);
    assert_int_equal(h->idles, 1);
}

static void a_stage_of_driven_time_decides_only_in_its_turn(void **state)
{
    struct hand *h = *state;
    welcome(h, 0, 0);
    send_all(h);
    tick_with(h, h->other.now_ms, true);
    assert_int_equal(h->idles, 1);
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    size_t decided = h->decided_count;
    send_all(h); // another's turn
    assert_int_equal(h->decided_count, decided);
    assert_int_equal(h->idles, 1);
    h->wants_admit = true; // the door is open always
    h->admit_cases = 1;
    run(h);
    assert_int_equal(h->appends, 1);
    answer(h);
    send_all(h);
    assert_int_equal(h->decided_count, decided);
    tick_with(h, h->other.now_ms, true);
    assert_true(h->decided_count > decided);
    assert_int_equal(h->appends, 2);
    assert_int_equal(h->idles, 1);
    answer(h);
    assert_int_equal(h->idles, 1); // not before its own records were read
    send_all(h);
    assert_int_equal(h->idles, 2);
    assert_int_equal(h->idle.read, h->head);
    tick(h, h->other.now_ms); // the advance is over: free again
    other_case(h, SEVERITY_S3);
    send_all(h);
    assert_int_equal(h->appends, 3);
}

/* ---- cursor, credit ---- */

static void inputs_without_outputs_move_the_cursor_once_a_second(void **state)
{
    struct hand *h = *state;
    h->answers_cursor = false;
    other_case(h, SEVERITY_S4);
    welcome(h, 0, 0);
    send_all(h);
    tick(h, h->other.now_ms + 999);
    assert_int_equal(h->cursors, 0);
    tick(h, h->other.now_ms + 1000);
    assert_int_equal(h->cursors, 1);
    assert_int_equal(h->idles, 2); // does not wait for it
    assert_int_equal(h->append.count, 0);
    assert_int_equal(h->append.cursor, h->head);
    assert_int_equal(h->append.batch_no, 1);
    assert_int_equal(h->packed_size, 0);
    answer(h);
    tick(h, h->other.now_ms + 60000);
    assert_int_equal(h->cursors, 1); // nothing new to store
    other_case(h, SEVERITY_S4);
    send_all(h);
    assert_int_equal(h->cursors, 2);
    assert_int_equal(h->append.cursor, h->head);
    assert_int_equal(h->append.batch_no, 2);
    assert_int_equal(h->appends, 0);
}

static void credit_comes_back_when_a_record_was_decided(void **state)
{
    struct hand *h = *state;
    welcome(h, 0, 0);
    send_all(h);
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    send_all(h);
    assert_int_equal(h->taken, h->head - 1); // in flight: not decided yet
    answer(h);
    send_all(h);
    assert_int_equal(h->taken, h->head);
}

static void credit_comes_back_at_once_while_it_must_read_on(void **state)
{
    struct hand *h = *state;
    other_case(h, SEVERITY_S3);
    h->outputs_for = UINT64_MAX;
    welcome(h, 0, 0);
    send_all(h);
    for (unsigned i = 0; i < 50; i++) {
        other_case(h, SEVERITY_S3);
    }
    send(h, h->head - 10);
    answer(h); // the own record stands behind ten that are not read
    assert_int_equal(h->taken, h->head - 11);
    send(h, h->head - 1);
    assert_int_equal(h->taken, h->head - 1);
}

/* ---- a broken stage ---- */

static void mute_decide(void *context, struct turn *turn, const struct record *record,
                        const Sanji__Envelope *envelope)
{
    (void)context;
    (void)turn;
    (void)record;
    (void)envelope;
}

static void let_a_statement_pass(void *context)
{
    (void)context;
    void *made = NULL;
    make(&made);
    struct hand *h = made;
    other_case(h, SEVERITY_S3);
    struct turn *turn = ledger_turn(&h->other, OWNER_INTAKE);
    struct kase *kase = world_case(h->other.world, h->other.last_record.header.case_key);
    Sanji__Envelope *envelope = turn_event(turn, kase, 0);
    envelope->said = TURN_NEW(turn, Sanji__Said, sanji__said__init);
    envelope->said->kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_NOTE;
    envelope->body_case = SANJI__ENVELOPE__BODY_SAID;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
    ledger_commit(&h->other);
    commit(h, turn_packed(turn), h->other.now_ms);
    h->ops.decide = mute_decide;
    welcome(h, 0, 0);
    send_all(h);
}

static void a_statement_without_an_answer_is_a_broken_program(void **state)
{
    (void)state;
    static struct child child;
    child_run(let_a_statement_pass, NULL, &child);
    assert_int_equal(child.code, -1);
    assert_non_null(strstr(child.err, "is_answered"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_decided_before_the_head_is_read),
        TEST(what_lies_before_the_cursor_is_only_folded),
        TEST(outputs_and_cursor_leave_in_one_append),
        TEST(the_next_turn_waits_for_the_own_records),
        TEST(one_append_is_in_flight),
        TEST(nothing_tentative_is_left_when_the_append_leaves),
        TEST(a_conflict_halves_the_inputs_and_success_restores_them),
        TEST(after_a_conflict_it_reads_to_the_seq_named),
        cmocka_unit_test(codes_that_no_retry_helps_end_the_process),
        TEST(busy_and_full_are_tried_again_later),
        TEST(another_log_ends_the_process),
        TEST(a_log_shorter_than_what_was_read_ends_the_process),
        TEST(a_damaged_record_ends_the_process),
        TEST(a_gap_in_the_records_ends_the_process),
        TEST(a_lost_answer_is_found_in_the_log),
        TEST(a_lost_append_is_decided_again),
        TEST(answers_of_an_old_session_are_not_taken),
        TEST(a_door_turn_is_an_append_of_its_own),
        TEST(the_door_and_the_inputs_take_turns),
        TEST(a_refused_door_turn_is_admitted_again),
        TEST(a_door_turn_without_records_is_answered_at_once),
        TEST(timers_fire_by_due_time_then_case),
        TEST(a_timer_waits_for_what_was_stamped_before_the_tick),
        TEST(a_record_of_later_does_not_make_a_timer_due),
        TEST(a_refused_timer_fires_again),
        TEST(a_timer_says_when_the_process_was_away),
        TEST(a_wake_is_repeated_when_its_append_was_refused),
        TEST(idle_names_what_was_read_and_what_is_next),
        TEST(idle_waits_for_what_keeps_the_stage_busy),
        TEST(a_stage_of_driven_time_decides_only_in_its_turn),
        TEST(inputs_without_outputs_move_the_cursor_once_a_second),
        TEST(credit_comes_back_when_a_record_was_decided),
        TEST(credit_comes_back_at_once_while_it_must_read_on),
        cmocka_unit_test(a_statement_without_an_answer_is_a_broken_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
