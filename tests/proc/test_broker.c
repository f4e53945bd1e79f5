/* test_broker.c: appends to a real log keeper, over its socket, across kills. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "proto/limits.h"
#include "proto/vocab.h"
#include "tests/proc/peer.h"

struct broker {
    struct harness harness;
    struct program program;
};

static const uint64_t case_a = UINT64_C(20200815000001);
static const uint64_t case_b = UINT64_C(20200815000002);

static void start(struct broker *broker, const char *const *options)
{
    program_start(&broker->program, &broker->harness, "sanji-broker", options);
    (void)program_wait_line(&broker->program, "READY");
}

static int setup(void **state)
{
    static const char *const bench[] = {"--bench", NULL};
    static struct broker broker;
    broker = (struct broker){0};
    harness_open(&broker.harness);
    start(&broker, bench);
    *state = &broker;
    return 0;
}

static int teardown(void **state)
{
    struct broker *broker = *state;
    harness_close(&broker->harness);
    return 0;
}

static void again(struct broker *broker)
{
    program_kill(&broker->program);
    start(broker, NULL);
}

static Sanji__Append append_of(const Sanji__Welcome *welcome, uint64_t batch_no,
                               uint64_t read_up_to, const struct peer_packed *packed)
{
    Sanji__Append append = SANJI__APPEND__INIT;
    append.epoch = welcome->session_epoch;
    append.batch_no = batch_no;
    append.read_up_to = read_up_to;
    append.cursor = read_up_to;
    append.count = packed->count;
    return append;
}

static void one(struct peer_packed *packed, unsigned type, uint64_t case_key)
{
    packed->size = 0;
    packed->count = 0;
    peer_pack(packed, type, case_key, type == EVENT_SAID ? RECORD_FACT : 0);
}

// Sends one record as this batch and returns the answer's refusal; OK: it was taken.
static enum status try_append(struct peer *peer, const Sanji__Welcome *welcome,
                              uint64_t batch_no, uint64_t read_up_to, unsigned type,
                              uint64_t case_key)
{
    static struct peer_packed packed;
    one(&packed, type, case_key);
    peer_append(peer, append_of(welcome, batch_no, read_up_to, &packed),
                peer_packed_bytes(&packed));
    Sanji__LogReply *reply = peer_receive(peer);
    if (reply->body_case == SANJI__LOG_REPLY__BODY_REFUSED) {
        assert_int_equal(reply->refused->batch_no, batch_no);
        return (enum status)reply->refused->code;
    }
    assert_int_equal(reply->body_case, SANJI__LOG_REPLY__BODY_APPENDED);
    assert_int_equal(reply->appended->batch_no, batch_no);
    return STATUS_OK;
}

static void what_was_acknowledged_is_read_back_as_it_was_sent(void **state)
{
    struct broker *broker = *state;
    static struct peer_packed packed;
    struct peer intake;
    peer_open(&intake, &broker->harness, "log");
    Sanji__Welcome welcome = peer_hello(&intake, "intake", true);
    assert_int_equal(welcome.session_epoch, 1);
    assert_int_equal(welcome.head, 1); // LogOpened
    assert_int_equal(welcome.batch_no, 0);
    assert_string_equal(welcome.place_digits, "");
    packed.size = 0;
    packed.count = 0;
    peer_pack(&packed, EVENT_CASE_RECEIVED, case_a, 0);
    peer_pack(&packed, EVENT_CASE_RECEIVED, case_b, 0);
    peer_append(&intake, append_of(&welcome, 1, 1, &packed), peer_packed_bytes(&packed));
    Sanji__Appended appended = peer_appended(&intake);
    assert_int_equal(appended.batch_no, 1);
    assert_int_equal(appended.first_seq, 2);
    assert_int_equal(appended.last_seq, 3);
    assert_int_equal(appended.cursor, 1);

    peer_follow(&intake, 1, 1, NULL);
    Sanji__Records records = peer_records(&intake);
    assert_int_equal(records.from, 1);
    assert_int_equal(records.upto, 3);
    assert_int_equal(records.count, 3);
    struct bytes sent = peer_packed_bytes(&packed);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        struct record record;
        struct record before;
        assert_int_equal(record_read(&intake.packed, &record), STATUS_OK);
        assert_int_equal(record.seq, seq);
        assert_int_equal(record_check(&record), STATUS_OK);
        if (seq == 1) {
            assert_int_equal(record.header.type, EVENT_LOG_OPENED);
            continue;
        }
        assert_int_equal(record_read(&sent, &before), STATUS_OK);
        assert_int_equal(record.envelope.size, before.envelope.size);
        assert_memory_equal(record.envelope.data, before.envelope.data,
                            before.envelope.size);
        assert_int_equal(record.header.case_key, before.header.case_key);
        assert_int_equal(record.header.recorded_at_ms, appended.recorded_at_ms);
        assert_int_equal(record.header.writer, 2);
    }
    peer_close(&intake);
    peer_open(&intake, &broker->harness, "log");
    welcome = peer_hello(&intake, "intake", true);
    assert_string_equal(welcome.place_digits, "370499003"); // learnt from the first case
    peer_close(&intake);
}

static void a_later_decision_refuses_and_a_fact_does_not(void **state)
{
    struct broker *broker = *state;
    struct peer intake;
    struct peer escalation;
    peer_open(&intake, &broker->harness, "log");
    peer_open(&escalation, &broker->harness, "log");
    Sanji__Welcome of_intake = peer_hello(&intake, "intake", true);
    Sanji__Welcome of_escalation = peer_hello(&escalation, "escalation", true);
    assert_int_equal(try_append(&intake, &of_intake, 1, 1, EVENT_CASE_RECEIVED, case_a), 0);
    assert_int_equal(try_append(&intake, &of_intake, 2, 2, EVENT_SAID, case_a), 0);
    // Escalation has read the case (2), not the statement (3): free to decide.
    assert_int_equal(
        try_append(&escalation, &of_escalation, 1, 2, EVENT_CASE_ROUTED, case_a), 0);
    // Intake has not read that decision (4).
    static struct peer_packed packed;
    one(&packed, EVENT_CASE_RECEIVED, case_a);
    peer_append(&intake, append_of(&of_intake, 3, 3, &packed), peer_packed_bytes(&packed));
    Sanji__Refused refused = peer_refused(&intake);
    assert_int_equal(refused.code, STATUS_CONFLICT);
    assert_int_equal(refused.seq, 4);
    assert_int_equal(refused.batch_no, 3);
    // A statement on the same case stands at once, also another case; then the decision
    // itself, once its author has read on.
    assert_int_equal(try_append(&intake, &of_intake, 3, 3, EVENT_SAID, case_a), 0);
    assert_int_equal(try_append(&intake, &of_intake, 4, 3, EVENT_CASE_RECEIVED, case_b), 0);
    assert_int_equal(try_append(&intake, &of_intake, 5, 4, EVENT_CASE_RECEIVED, case_a), 0);
    peer_close(&intake);
    peer_close(&escalation);
}

static void who_is_behind_the_start_is_told_to_catch_up(void **state)
{
    struct broker *broker = *state;
    struct peer intake;
    peer_open(&intake, &broker->harness, "log");
    Sanji__Welcome welcome = peer_hello(&intake, "intake", true);
    assert_int_equal(try_append(&intake, &welcome, 1, 1, EVENT_CASE_RECEIVED, case_a), 0);
    peer_close(&intake);
    again(broker);
    peer_open(&intake, &broker->harness, "log");
    welcome = peer_hello(&intake, "intake", true);
    assert_int_equal(welcome.head, 3); // the case and a second LogOpened
    assert_int_equal(welcome.batch_no, 1);
    assert_int_equal(welcome.batch_last_seq, 2);
    assert_int_equal(try_append(&intake, &welcome, 2, 1, EVENT_CASE_RECEIVED, case_b),
                     STATUS_CATCH_UP);
    assert_int_equal(try_append(&intake, &welcome, 2, 3, EVENT_CASE_RECEIVED, case_b), 0);
    peer_close(&intake);
}

static void a_second_hello_fences_the_first(void **state)
{
    struct broker *broker = *state;
    struct peer old;
    struct peer fresh;
    peer_open(&old, &broker->harness, "log");
    peer_open(&fresh, &broker->harness, "log");
    Sanji__Welcome of_old = peer_hello(&old, "dispatch", true);
    assert_int_equal(try_append(&old, &of_old, 1, 1, EVENT_DISPATCH_OFFERED, case_a),
                     STATUS_OK);
    Sanji__Welcome of_fresh = peer_hello(&fresh, "dispatch", true);
    assert_int_equal(of_fresh.session_epoch, of_old.session_epoch + 1);
    assert_int_equal(of_fresh.batch_no, 1);
    assert_int_equal(of_fresh.head, 2);
    assert_int_equal(peer_refused(&old).code, STATUS_FENCED);
    static struct peer_packed packed;
    one(&packed, EVENT_DISPATCH_OFFERED, case_a);
    peer_append(&old, append_of(&of_old, 2, 2, &packed), peer_packed_bytes(&packed));
    assert_int_equal(peer_refused(&old).code, STATUS_NO_SESSION);
    // The new session with the old one's epoch is no better.
    assert_int_equal(try_append(&fresh, &of_old, 2, 2, EVENT_DISPATCH_OFFERED, case_a),
                     STATUS_FENCED);
    assert_int_equal(try_append(&fresh, &of_fresh, 2, 2, EVENT_DISPATCH_OFFERED, case_a),
                     STATUS_OK);
    peer_close(&old);
    peer_close(&fresh);
}

static void a_batch_number_is_the_last_or_the_next(void **state)
{
    struct broker *broker = *state;
    static struct peer_packed packed;
    struct peer intake;
    peer_open(&intake, &broker->harness, "log");
    Sanji__Welcome welcome = peer_hello(&intake, "intake", true);
    one(&packed, EVENT_CASE_RECEIVED, case_a);
    Sanji__Append append = append_of(&welcome, 1, 1, &packed);
    peer_append(&intake, append, peer_packed_bytes(&packed));
    Sanji__Appended first = peer_appended(&intake);
    peer_append(&intake, append, peer_packed_bytes(&packed));
    Sanji__Appended second = peer_appended(&intake);
    assert_int_equal(second.batch_no, 1);
    assert_int_equal(second.first_seq, first.first_seq);
    assert_int_equal(second.recorded_at_ms, first.recorded_at_ms);
    assert_int_equal(try_append(&intake, &welcome, 3, 2, EVENT_SAID, case_a),
                     STATUS_BATCH_ORDER);
    assert_int_equal(try_append(&intake, &welcome, 0, 2, EVENT_SAID, case_a),
                     STATUS_BATCH_ORDER);
    // Pipelined: the third is in order again only when the second was sent anew.
    assert_int_equal(try_append(&intake, &welcome, 2, 9, EVENT_SAID, case_a), STATUS_AHEAD);
    assert_int_equal(try_append(&intake, &welcome, 3, 2, EVENT_SAID, case_a), STATUS_AHEAD);
    assert_int_equal(try_append(&intake, &welcome, 2, 2, EVENT_SAID, case_a), STATUS_OK);
    assert_int_equal(try_append(&intake, &welcome, 3, 2, EVENT_SAID, case_a), STATUS_OK);
    peer_close(&intake);
}

static void a_writer_appends_what_it_owns(void **state)
{
    struct broker *broker = *state;
    struct peer peer;
    peer_open(&peer, &broker->harness, "log");
    Sanji__Welcome welcome = peer_hello(&peer, "audit", true);
    assert_int_equal(try_append(&peer, &welcome, 1, 1, EVENT_CASE_RECEIVED, case_a),
                     STATUS_FORBIDDEN);
    welcome = peer_hello(&peer, "bench-1", true);
    assert_int_equal(try_append(&peer, &welcome, 1, 1, EVENT_CASE_RECEIVED, case_a),
                     STATUS_OK);
    // Names that nobody may write under, and who did not ask to write.
    static const char *const names[] = {"broker", "casebook", "bench-x", "by_kind", ""};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        peer_say_hello(&peer, names[i], true);
        assert_int_equal(peer_refused(&peer).code, STATUS_FORBIDDEN);
    }
    (void)peer_hello(&peer, "intake", false);
    assert_int_equal(try_append(&peer, &welcome, 0, 1, EVENT_CASE_RECEIVED, case_a),
                     STATUS_FORBIDDEN);
    peer_close(&peer);
    again(broker); // without --bench
    peer_open(&peer, &broker->harness, "log");
    peer_say_hello(&peer, "bench-1", true);
    assert_int_equal(peer_refused(&peer).code, STATUS_FORBIDDEN);
    peer_close(&peer);
}

static void a_damaged_append_is_refused_and_its_number_stays_free(void **state)
{
    struct broker *broker = *state;
    static struct peer_packed packed;
    struct peer intake;
    peer_open(&intake, &broker->harness, "log");
    Sanji__Welcome welcome = peer_hello(&intake, "intake", true);
    one(&packed, EVENT_CASE_RECEIVED, case_a);
    Sanji__Append append = append_of(&welcome, 1, 1, &packed);
    packed.data[packed.size - 1] ^= 1;
    peer_append(&intake, append, peer_packed_bytes(&packed));
    assert_int_equal(peer_refused(&intake).code, STATUS_BAD_CHECKSUM);
    packed.data[packed.size - 1] ^= 1;
    peer_append(&intake, append, (struct bytes){packed.data, packed.size - 1});
    assert_int_equal(peer_refused(&intake).code, STATUS_MALFORMED);
    append.count = 2;
    peer_append(&intake, append, peer_packed_bytes(&packed));
    assert_int_equal(peer_refused(&intake).code, STATUS_MALFORMED);
    append.count = APPEND_RECORDS_MAX + 1;
    peer_append(&intake, append, peer_packed_bytes(&packed));
    assert_int_equal(peer_refused(&intake).code, STATUS_TOO_LARGE);
    append.count = 1;
    append.cursor = 9;
    peer_append(&intake, append, peer_packed_bytes(&packed));
    assert_int_equal(peer_refused(&intake).code, STATUS_AHEAD);
    append.cursor = 1;
    peer_append(&intake, append, peer_packed_bytes(&packed));
    assert_int_equal(peer_appended(&intake).last_seq, 2);
    append = append_of(&welcome, 2, 2, &packed);
    append.cursor = 0; // back
    peer_append(&intake, append, peer_packed_bytes(&packed));
    assert_int_equal(peer_refused(&intake).code, STATUS_INVALID);
    append.keeps_cursor = true;
    peer_append(&intake, append, peer_packed_bytes(&packed));
    assert_int_equal(peer_appended(&intake).cursor, 1);
    peer_close(&intake);
}

static void a_cursor_alone_is_an_append(void **state)
{
    struct broker *broker = *state;
    static struct peer_packed nothing;
    struct peer audit;
    peer_open(&audit, &broker->harness, "log");
    Sanji__Welcome welcome = peer_hello(&audit, "audit", true);
    peer_append(&audit, append_of(&welcome, 1, 1, &nothing),
                (struct bytes){nothing.data, 0});
    Sanji__Appended appended = peer_appended(&audit);
    assert_int_equal(appended.batch_no, 1);
    assert_int_equal(appended.last_seq, 0);
    assert_int_equal(appended.cursor, 1);
    peer_close(&audit);
    again(broker);
    peer_open(&audit, &broker->harness, "log");
    assert_int_equal(peer_hello(&audit, "audit", true).cursor, 1);
    peer_close(&audit);
}

/* Many pipelined appends, killed with -9 after some acks: each acknowledged record stands. */
static void kill_minus_nine_loses_nothing_that_was_acknowledged(void **state)
{
    struct broker *broker = *state;

    enum {
        APPENDS = 3000
    };
    static struct peer_packed packed;
    struct peer bench;
    peer_open(&bench, &broker->harness, "log");
    Sanji__Welcome welcome = peer_hello(&bench, "bench-7", true);
    one(&packed, EVENT_CASE_RECEIVED, case_a);
    memset(packed.data + 12 + 8, 0, 8); // the header's case_key: no case, so no conflict
    for (uint64_t batch_no = 1; batch_no <= APPENDS; batch_no++) {
        peer_append(&bench, append_of(&welcome, batch_no, 1, &packed),
                    peer_packed_bytes(&packed));
    }
    Sanji__Appended appended = peer_appended(&bench);
    while (appended.batch_no < APPENDS / 3) {
        appended = peer_appended(&bench);
    }
    again(broker);
    peer_close(&bench);
    peer_open(&bench, &broker->harness, "log");
    welcome = peer_hello(&bench, "", false);
    assert_true(welcome.head >= appended.last_seq + 1);
    peer_follow(&bench, 1, 1, NULL);
    for (uint64_t read = 0; read < welcome.head;) {
        Sanji__Records records = peer_records(&bench);
        assert_int_equal(records.from, read + 1);
        struct record record;
        while (record_read(&bench.packed, &record) == STATUS_OK) {
            assert_int_equal(record.seq, ++read);
            assert_int_equal(record_check(&record), STATUS_OK);
        }
        assert_int_equal(records.upto, read);
    }
    peer_close(&bench);
}

static void a_second_broker_on_the_data_does_not_start(void **state)
{
    struct broker *broker = *state;
    struct program second = {0};
    char run_dir[HARNESS_PATH_SIZE];
    (void)snprintf(run_dir, sizeof(run_dir), "%.400s/run2", broker->harness.dir);
    const char *arguments[] = {"--run", run_dir, "--data", broker->harness.data_dir, NULL};
    program_start_bare(&second, &broker->harness, "sanji-broker", arguments);
    assert_int_equal(program_wait_end(&second), EXIT_CANNOT_START);
    assert_true(program_said(&second, "LOCKED"));
    // And the same endpoints with other data: in use.
    const char *elsewhere[] = {"--run", broker->harness.run_dir, "--data", run_dir, NULL};
    program_start_bare(&second, &broker->harness, "sanji-broker", elsewhere);
    assert_int_equal(program_wait_end(&second), EXIT_CANNOT_START);
    // The first one goes on.
    struct peer peer;
    peer_open(&peer, &broker->harness, "log");
    (void)peer_hello(&peer, "intake", true);
    peer_close(&peer);
    program_signal(&broker->program, SIGTERM);
    assert_int_equal(program_wait_end(&broker->program), 0);
}

static void a_full_store_refuses_incidents_and_lets_stages_finish(void **state)
{
    struct broker *broker = *state;
    static const char *const small[] = {"--map-size", "4M", NULL};
    static struct peer_packed packed;
    program_kill(&broker->program);
    scratch_remove(broker->harness.data_dir);
    start(broker, small);
    struct peer intake;
    struct peer dispatch;
    peer_open(&intake, &broker->harness, "log");
    peer_open(&dispatch, &broker->harness, "log");
    Sanji__Welcome of_intake = peer_hello(&intake, "intake", true);
    Sanji__Welcome of_dispatch = peer_hello(&dispatch, "dispatch", true);
    packed.size = 0;
    packed.count = 0;
    for (int i = 0; i < 200; i++) {
        peer_pack(&packed, EVENT_CASE_RECEIVED, 0, 0);
    }
    uint64_t batch_no = 0;
    Sanji__LogReply *reply = NULL;
    do {
        batch_no++;
        assert_true(batch_no < 1000);
        peer_append(&intake, append_of(&of_intake, batch_no, 1, &packed),
                    peer_packed_bytes(&packed));
        reply = peer_receive(&intake);
    } while (reply->body_case == SANJI__LOG_REPLY__BODY_APPENDED);
    assert_int_equal(reply->refused->code, STATUS_STORE_FULL);
    assert_true(reply->refused->retry_after_ms > 0);
    assert_true(program_said(&broker->program, "ev=store_full"));
    assert_int_equal(
        try_append(&dispatch, &of_dispatch, 1, 1, EVENT_DISPATCH_OFFERED, case_b), 0);
    // What is refused leaves the number free, and nothing half written.
    Sanji__Welcome reader = peer_hello(&intake, "", false);
    assert_int_equal(reader.head, 1 + (batch_no - 1) * 200 + 1);
    peer_close(&intake);
    peer_close(&dispatch);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_acknowledged_is_read_back_as_it_was_sent),
        TEST(a_later_decision_refuses_and_a_fact_does_not),
        TEST(who_is_behind_the_start_is_told_to_catch_up),
        TEST(a_second_hello_fences_the_first),
        TEST(a_batch_number_is_the_last_or_the_next),
        TEST(a_writer_appends_what_it_owns),
        TEST(a_damaged_append_is_refused_and_its_number_stays_free),
        TEST(a_cursor_alone_is_an_append),
        TEST(kill_minus_nine_loses_nothing_that_was_acknowledged),
        TEST(a_second_broker_on_the_data_does_not_start),
        TEST(a_full_store_refuses_incidents_and_lets_stages_finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
