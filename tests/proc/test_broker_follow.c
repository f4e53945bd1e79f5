/* test_broker_follow.c: records out of a real log keeper: filters, credit, durable cursors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "broker/credit.h"
#include "proto/limits.h"
#include "proto/vocab.h"
#include "tests/proc/peer.h"

struct broker {
    struct harness harness;
    struct program program;
};

static void start(struct broker *broker, const char *const *options)
{
    program_start(&broker->program, &broker->harness, "sanji-broker", options);
    (void)program_wait_line(&broker->program, "READY");
}

static const uint64_t case_a = UINT64_C(20200815000001);

struct story {
    struct broker broker;
    struct peer intake;
    struct peer reader;
    Sanji__Welcome welcome;
    uint64_t batch_no;
    uint64_t head;
};

static int setup(void **state)
{
    static struct story story;
    story = (struct story){0};
    harness_open(&story.broker.harness);
    start(&story.broker, NULL);
    peer_open(&story.intake, &story.broker.harness, "log");
    peer_open(&story.reader, &story.broker.harness, "log");
    story.welcome = peer_hello(&story.intake, "intake", true);
    story.head = peer_hello(&story.reader, "", false).head;
    *state = &story;
    return 0;
}

static int teardown(void **state)
{
    struct story *story = *state;
    peer_close(&story->intake);
    peer_close(&story->reader);
    harness_close(&story->broker.harness);
    return 0;
}

static void append(struct story *story, unsigned type, uint32_t count)
{
    static struct peer_packed packed;
    packed.size = 0;
    packed.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        peer_pack(&packed, type, case_a, RECORD_FACT);
    }
    Sanji__Append wire = SANJI__APPEND__INIT;
    wire.epoch = story->welcome.session_epoch;
    wire.batch_no = ++story->batch_no;
    wire.count = count;
    wire.keeps_cursor = true;
    peer_append(&story->intake, wire, peer_packed_bytes(&packed));
    Sanji__Appended appended = peer_appended(&story->intake);
    assert_int_equal(appended.first_seq, story->head + 1);
    story->head += count;
    assert_int_equal(appended.last_seq, story->head);
}

static void follow(struct peer *peer, Sanji__Follow wire)
{
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_FOLLOW;
    request.follow = &wire;
    peer_send(peer, &request, (struct bytes){0});
}

static Sanji__Follow a_follow(Sanji__FollowFrom from)
{
    Sanji__Follow wire = SANJI__FOLLOW__INIT;
    wire.follow_no = 1;
    wire.from = from;
    wire.credit_records = 1000;
    wire.credit_bytes = 1024 * 1024;
    return wire;
}

static void grant(struct peer *peer, uint64_t records, uint64_t bytes)
{
    Sanji__Credit credit = SANJI__CREDIT__INIT;
    credit.follow_no = 1;
    credit.records = records;
    credit.bytes = bytes;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_CREDIT;
    request.credit = &credit;
    peer_send(peer, &request, (struct bytes){0});
}

static void a_filtered_reader_knows_that_nothing_is_missing(void **state)
{
    struct story *story = *state;
    uint32_t types[] = {EVENT_CASE_RECEIVED};
    Sanji__Filter filter = SANJI__FILTER__INIT;
    filter.types = types;
    filter.n_types = 1;
    append(story, EVENT_SAID, 5);          // 2..6
    append(story, EVENT_CASE_RECEIVED, 1); // 7
    append(story, EVENT_SAID, 3);          // 8..10
    peer_follow(&story->reader, 1, 1, &filter);
    Sanji__Records records = peer_records(&story->reader);
    assert_int_equal(records.from, 1);
    assert_int_equal(records.upto, 10);
    assert_int_equal(records.count, 1);
    assert_int_equal(records.head, 10);
    struct record record;
    assert_int_equal(record_read(&story->reader.packed, &record), STATUS_OK);
    assert_int_equal(record.seq, 7);
    // What does not match is told as an empty range, contiguous with the one before.
    append(story, EVENT_SAID, 4); // 11..14
    records = peer_records(&story->reader);
    assert_int_equal(records.from, 11);
    assert_int_equal(records.upto, 14);
    assert_int_equal(records.count, 0);
    assert_int_equal(story->reader.packed.size, 0);
}

static void credit_is_never_exceeded(void **state)
{
    struct story *story = *state;
    Sanji__Follow wire = a_follow(SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST);
    append(story, EVENT_SAID, 20);
    wire.credit_records = 3;
    follow(&story->reader, wire);
    Sanji__Records records = peer_records(&story->reader);
    assert_int_equal(records.count, 3);
    assert_int_equal(records.upto, 3);
    assert_true(peer_hears_nothing(&story->reader));
    append(story, EVENT_SAID, 1); // others go on meanwhile
    assert_true(peer_hears_nothing(&story->reader));
    grant(&story->reader, 5, 0);
    records = peer_records(&story->reader);
    assert_int_equal(records.from, 4);
    assert_int_equal(records.count, 2);
    assert_true(peer_hears_nothing(&story->reader));
}

static void the_record_that_reaches_the_credit_in_bytes_is_the_last(void **state)
{
    struct story *story = *state;
    Sanji__Follow wire = a_follow(SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST);
    append(story, EVENT_SAID, 20);
    wire.credit_bytes = 1;
    follow(&story->reader, wire);
    assert_int_equal(peer_records(&story->reader).count, 1);
    size_t sent_bytes = story->reader.packed.size;
    grant(&story->reader, 1000, sent_bytes);
    assert_true(peer_hears_nothing(&story->reader));
    grant(&story->reader, 1000, sent_bytes + 1);
    assert_int_equal(peer_records(&story->reader).from, 2);
    assert_true(peer_hears_nothing(&story->reader));
    grant(&story->reader, 1000, 1024 * 1024);
    Sanji__Records records = peer_records(&story->reader);
    assert_int_equal(records.from, 3);
    assert_int_equal(records.upto, story->head);
}

static void each_way_to_begin(void **state)
{
    struct story *story = *state;
    append(story, EVENT_SAID, 3); // 2..4
    Sanji__Follow wire = a_follow(SANJI__FOLLOW_FROM__FOLLOW_FROM_NEXT);
    follow(&story->reader, wire);
    assert_true(peer_hears_nothing(&story->reader));
    append(story, EVENT_SAID, 1); // 5
    assert_int_equal(peer_records(&story->reader).from, 5);

    wire = a_follow(SANJI__FOLLOW_FROM__FOLLOW_FROM_TIME);
    wire.follow_no = 2;
    wire.time_ms = 1; // everything is later
    follow(&story->reader, wire);
    Sanji__Records records = peer_records(&story->reader);
    assert_int_equal(records.follow_no, 2);
    assert_int_equal(records.from, 1);
    wire.follow_no = 3;
    wire.time_ms = INT64_MAX; // nothing is: an empty range says where the follow stands
    follow(&story->reader, wire);
    records = peer_records(&story->reader);
    assert_int_equal(records.count, 0);
    assert_int_equal(records.from, story->head + 1);
    assert_int_equal(records.upto, story->head);
    assert_true(peer_hears_nothing(&story->reader));

    wire = a_follow(SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ);
    wire.follow_no = 4;
    wire.seq = 4;
    follow(&story->reader, wire);
    records = peer_records(&story->reader);
    assert_int_equal(records.from, 4);
    assert_int_equal(records.upto, 5);
}

static void what_cannot_be_followed_is_refused_by_its_number(void **state)
{
    struct story *story = *state;
    char bad[] = "370499.003.01.1";
    Sanji__Filter filter = SANJI__FILTER__INIT;
    Sanji__Follow wire = a_follow(SANJI__FOLLOW_FROM__FOLLOW_FROM_UNSPECIFIED);
#define REFUSED(status)                                                                    \
    do {                                                                                   \
        follow(&story->reader, wire);                                                      \
        Sanji__Refused refused = peer_refused(&story->reader);                             \
        assert_int_equal(refused.code, status);                                            \
        assert_int_equal(refused.follow_no, wire.follow_no);                               \
    } while (0)
    wire.follow_no = 7;
    REFUSED(STATUS_INVALID);
    wire.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ;
    REFUSED(STATUS_INVALID); // seq 0
    wire.seq = story->head + 2;
    REFUSED(STATUS_AHEAD);
    wire.seq = 1;
    filter.area = bad;
    wire.filter = &filter;
    REFUSED(STATUS_INVALID);
    wire.filter = NULL;
    wire.credit_bytes = CREDIT_BYTES_MAX + 1;
    REFUSED(STATUS_INVALID);
    wire.credit_bytes = 1;
    wire.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_DURABLE;
    REFUSED(STATUS_INVALID); // no name
    wire.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_NEXT;
    wire.follow_no = 0;
    REFUSED(STATUS_INVALID);
    wire.follow_no = 7;
    follow(&story->reader, wire);
    REFUSED(STATUS_INVALID); // the number is taken now
}

static void unfollow_ends_one_follow_only(void **state)
{
    struct story *story = *state;
    Sanji__Follow wire = a_follow(SANJI__FOLLOW_FROM__FOLLOW_FROM_NEXT);
    follow(&story->reader, wire);
    wire.follow_no = 2;
    follow(&story->reader, wire);
    Sanji__Unfollow unfollow = SANJI__UNFOLLOW__INIT;
    unfollow.follow_no = 1;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_UNFOLLOW;
    request.unfollow = &unfollow;
    peer_send(&story->reader, &request, (struct bytes){0});
    assert_true(peer_hears_nothing(&story->reader));
    append(story, EVENT_SAID, 1);
    assert_int_equal(peer_records(&story->reader).follow_no, 2);
    assert_true(peer_hears_nothing(&story->reader));
}

static void commit_cursor(struct peer *peer, const char *name, uint64_t seq)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%s", name); // names of tests are short
    Sanji__CommitCursor commit = SANJI__COMMIT_CURSOR__INIT;
    commit.durable = text;
    commit.seq = seq;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_COMMIT;
    request.commit = &commit;
    peer_send(peer, &request, (struct bytes){0});
}

static void a_durable_cursor_outlives_the_broker(void **state)
{
    struct story *story = *state;
    char name[] = "console-01";
    Sanji__Follow wire = a_follow(SANJI__FOLLOW_FROM__FOLLOW_FROM_DURABLE);
    wire.durable = name;
    append(story, EVENT_SAID, 9); // 2..10
    follow(&story->reader, wire);
    assert_int_equal(peer_records(&story->reader).from,
                     1); // a new name begins at the first
    commit_cursor(&story->reader, name, 3);
    commit_cursor(&story->reader, name, 6);
    for (uint64_t seq = 3; seq <= 6; seq += 3) {
        Sanji__LogReply *reply = peer_receive(&story->reader);
        assert_int_equal(reply->body_case, SANJI__LOG_REPLY__BODY_COMMITTED);
        assert_int_equal(reply->committed->seq, seq);
        assert_string_equal(reply->committed->durable, name);
    }
    commit_cursor(&story->reader, name, 11);
    assert_int_equal(peer_refused(&story->reader).code, STATUS_AHEAD);
    commit_cursor(&story->reader, "", 1);
    assert_int_equal(peer_refused(&story->reader).code, STATUS_INVALID);

    program_kill(&story->broker.program);
    start(&story->broker, NULL);
    peer_close(&story->reader);
    peer_open(&story->reader, &story->broker.harness, "log");
    (void)peer_hello(&story->reader, "", false);
    follow(&story->reader, wire);
    Sanji__Records records = peer_records(&story->reader);
    assert_int_equal(records.from, 7);
    assert_int_equal(records.upto, 11); // and LogOpened
}

static void large_histories_come_in_bounded_messages(void **state)
{
    struct story *story = *state;
    for (int i = 0; i < 40; i++) {
        append(story, EVENT_SAID, 500);
    }
    Sanji__Follow wire = a_follow(SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST);
    wire.credit_records = CREDIT_RECORDS_MAX;
    wire.credit_bytes = CREDIT_BYTES_MAX;
    follow(&story->reader, wire);
    uint64_t read = 0;
    unsigned messages = 0;
    while (read < story->head) {
        Sanji__Records records = peer_records(&story->reader);
        assert_int_equal(records.from, read + 1);
        assert_true(story->reader.packed.size < RECORDS_MESSAGE_BYTES + 1024);
        struct record record;
        while (record_read(&story->reader.packed, &record) == STATUS_OK) {
            assert_int_equal(record.seq, ++read);
        }
        assert_int_equal(records.upto, read);
        messages++;
    }
    assert_in_range(messages, 2, 40);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_filtered_reader_knows_that_nothing_is_missing),
        TEST(credit_is_never_exceeded),
        TEST(the_record_that_reaches_the_credit_in_bytes_is_the_last),
        TEST(each_way_to_begin),
        TEST(what_cannot_be_followed_is_refused_by_its_number),
        TEST(unfollow_ends_one_follow_only),
        TEST(a_durable_cursor_outlives_the_broker),
        TEST(large_histories_come_in_bounded_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
