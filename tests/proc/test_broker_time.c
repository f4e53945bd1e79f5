/* test_broker_time.c: ticks, driven time and turns of a real log keeper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

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

static const int64_t start_ms = INT64_C(1597474800000); // 2020-08-15T15:00:00+08:00

struct story {
    struct broker broker;
    struct peer one;
    struct peer two;
    struct peer admin;
};

static void open_story(struct story *story, const char *const *options)
{
    *story = (struct story){0};
    harness_open(&story->broker.harness);
    start(&story->broker, options);
    peer_open(&story->one, &story->broker.harness, "log");
    peer_open(&story->two, &story->broker.harness, "log");
    peer_open(&story->admin, &story->broker.harness, "admin");
}

static int driven(void **state)
{
    static const char *const options[] = {
        "--clock",        "driven",          "--start", "2020-08-15T15:00:00+08:00",
        "--participants", "intake,casebook", NULL};
    static struct story story;
    open_story(&story, options);
    *state = &story;
    return 0;
}

static int wall(void **state)
{
    static struct story story;
    open_story(&story, NULL);
    *state = &story;
    return 0;
}

static int teardown(void **state)
{
    struct story *story = *state;
    peer_close(&story->one);
    peer_close(&story->two);
    peer_close(&story->admin);
    harness_close(&story->broker.harness);
    return 0;
}

static void ask_advance(struct story *story, int64_t to_ms, uint32_t quantum_ms)
{
    Sanji__Advance advance = SANJI__ADVANCE__INIT;
    advance.to_ms = to_ms;
    advance.quantum_ms = quantum_ms;
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_ADVANCE;
    request.advance = &advance;
    peer_admin_send(&story->admin, &request);
}

static Sanji__StatusReply ask_status(struct story *story)
{
    // On a socket of its own: the other one waits for an answer.
    struct peer peer;
    Sanji__StatusAsk ask = SANJI__STATUS_ASK__INIT;
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_STATUS;
    request.status = &ask;
    peer_open(&peer, &story->broker.harness, "admin");
    Sanji__AdminReply *reply = peer_admin(&peer, &request);
    assert_int_equal(reply->body_case, SANJI__ADMIN_REPLY__BODY_STATUS);
    Sanji__StatusReply status = *reply->status;
    static char waiting_for[64];
    (void)snprintf(waiting_for, sizeof(waiting_for), "%s", status.waiting_for); // short
    status.waiting_for = waiting_for;
    peer_close(&peer);
    return status;
}

static Sanji__Welcome join(struct peer *peer, const char *name, bool writer)
{
    Sanji__Welcome welcome = peer_hello(peer, name, writer);
    peer_follow(peer, 1, 1, NULL);
    return welcome;
}

// Takes ticks until the turn comes; answers plain ones.
static Sanji__Tick take_turn(struct peer *peer, int64_t next_due_ms)
{
    for (;;) {
        Sanji__Tick tick = peer_tick(peer);
        if (tick.turn) {
            return tick;
        }
        peer_idle(peer, tick.head, tick.now_ms, next_due_ms);
    }
}

static void answer_turn(struct peer *peer, int64_t now_ms, int64_t next_due_ms)
{
    Sanji__Tick tick = take_turn(peer, next_due_ms);
    assert_int_equal(tick.now_ms, now_ms);
    peer_idle(peer, tick.head, tick.now_ms, next_due_ms);
}

static void an_advance_goes_from_due_to_due_and_ends_with_a_record(void **state)
{
    struct story *story = *state;
    Sanji__Welcome welcome = join(&story->one, "intake", true);
    assert_int_equal(welcome.now_ms, start_ms);
    assert_true(welcome.driven);
    (void)join(&story->two, "casebook", false);
    ask_advance(story, start_ms + 5000, 0);
    answer_turn(&story->one, start_ms, start_ms + 1000);
    answer_turn(&story->two, start_ms, 0);
    // At its due time intake appends; casebook reads that; a second turn is not needed.
    Sanji__Tick tick = take_turn(&story->one, 0);
    assert_int_equal(tick.now_ms, start_ms + 1000);
    static struct peer_packed packed;
    packed.size = 0;
    packed.count = 0;
    peer_pack(&packed, EVENT_CASE_RECEIVED, UINT64_C(20200815000001), 0);
    Sanji__Append append = SANJI__APPEND__INIT;
    append.epoch = welcome.session_epoch;
    append.batch_no = 1;
    append.read_up_to = tick.head;
    append.keeps_cursor = true;
    append.count = 1;
    peer_append(&story->one, append, peer_packed_bytes(&packed));
    Sanji__LogReply *reply = peer_receive(&story->one);
    while (reply->body_case == SANJI__LOG_REPLY__BODY_RECORDS) {
        reply = peer_receive(&story->one);
    }
    assert_int_equal(reply->body_case, SANJI__LOG_REPLY__BODY_APPENDED);
    assert_int_equal(reply->appended->recorded_at_ms, start_ms + 1000);
    uint64_t seq = reply->appended->last_seq;
    peer_idle(&story->one, seq, start_ms + 1000, 0);
    answer_turn(&story->two, start_ms + 1000, 0);
    answer_turn(&story->one, start_ms + 5000, 0);
    answer_turn(&story->two, start_ms + 5000, 0);
    Sanji__AdminReply *done = peer_admin_receive(&story->admin);
    assert_int_equal(done->body_case, SANJI__ADMIN_REPLY__BODY_ADVANCE);
    assert_int_equal(done->advance->now_ms, start_ms + 5000);
    assert_true(done->advance->done);
    assert_int_equal(done->advance->steps, 2);
    assert_int_equal(done->advance->head, seq + 1); // ClockMoved
}

static void who_is_down_is_named_and_waited_for(void **state)
{
    struct story *story = *state;
    (void)join(&story->one, "intake", true);
    ask_advance(story, start_ms + 1000, 0);
    answer_turn(&story->one, start_ms, 0);
    Sanji__StatusReply status = ask_status(story);
    while (strcmp(status.waiting_for, "casebook") != 0) {
        status = ask_status(story); // the answer is still on its way
    }
    assert_true(status.advancing);
    (void)join(&story->two, "casebook", false);
    answer_turn(&story->two, start_ms, 0);
    // One that comes back in the middle of its turn gets it anew.
    (void)take_turn(&story->one, 0);
    (void)join(&story->one, "intake", true);
    answer_turn(&story->one, start_ms + 1000, 0);
    answer_turn(&story->two, start_ms + 1000, 0);
    assert_true(peer_admin_receive(&story->admin)->advance->done);
}

static void the_driver_is_a_participant_until_its_bye(void **state)
{
    struct story *story = *state;
    struct peer driver;
    peer_open(&driver, &story->broker.harness, "log");
    (void)join(&story->one, "intake", true);
    (void)join(&story->two, "casebook", false);
    (void)join(&driver, "driver", false);
    ask_advance(story, start_ms + 1000, 0);
    answer_turn(&story->one, start_ms, 0);
    answer_turn(&story->two, start_ms, 0);
    answer_turn(&driver, start_ms, start_ms + 400);
    answer_turn(&story->one, start_ms + 400, 0); // the door sees every instant
    (void)take_turn(&driver, 0);
    Sanji__Bye bye = SANJI__BYE__INIT;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_BYE;
    request.bye = &bye;
    peer_send(&driver, &request, (struct bytes){0});
    answer_turn(&story->one, start_ms + 1000, 0);
    answer_turn(&story->two, start_ms + 1000, 0);
    assert_true(peer_admin_receive(&story->admin)->advance->done);
    peer_close(&driver);
}

static void a_quantum_is_one_jump(void **state)
{
    struct story *story = *state;
    (void)join(&story->one, "intake", true);
    (void)join(&story->two, "casebook", false);
    ask_advance(story, start_ms + 1500, 1000);
    answer_turn(&story->one, start_ms, start_ms + 1);
    answer_turn(&story->two, start_ms, 0);
    answer_turn(&story->one, start_ms + 1000, start_ms + 1001);
    answer_turn(&story->one, start_ms + 1500, 0);
    answer_turn(&story->two, start_ms + 1500, 0);
    assert_int_equal(peer_admin_receive(&story->admin)->advance->steps, 2);
}

static void driven_time_goes_on_where_it_stood_after_a_kill(void **state)
{
    struct story *story = *state;
    (void)join(&story->one, "intake", true);
    (void)join(&story->two, "casebook", false);
    ask_advance(story, start_ms + 9000, 0);
    answer_turn(&story->one, start_ms, 0);
    answer_turn(&story->two, start_ms, 0);
    answer_turn(&story->one, start_ms + 9000, 0);
    answer_turn(&story->two, start_ms + 9000, 0);
    assert_true(peer_admin_receive(&story->admin)->advance->done);
    program_kill(&story->broker.program);
    static const char *const options[] = {"--clock", "driven", NULL};
    start(&story->broker, options);
    assert_int_equal(ask_status(story).now_ms, start_ms + 9000);
}

static Sanji__AdminReply *set_rate(struct story *story, uint32_t value)
{
    Sanji__Rate rate = SANJI__RATE__INIT;
    rate.rate = value;
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_RATE;
    request.rate = &rate;
    return peer_admin(&story->admin, &request);
}

static void a_rate_brings_due_times_by_itself(void **state)
{
    struct story *story = *state;
    (void)join(&story->one, "intake", true);
    Sanji__Tick tick = peer_tick(&story->one);
    assert_int_equal(tick.now_ms, start_ms); // the first comes without an Idle
    assert_false(tick.turn);
    peer_idle(&story->one, tick.head, tick.now_ms, start_ms + 60000);
    Sanji__AdminReply *reply = set_rate(story, 1000);
    assert_int_equal(reply->body_case, SANJI__ADMIN_REPLY__BODY_RATE);
    assert_int_equal(reply->rate->rate, 1000);
    while (tick.now_ms < start_ms + 60000) {
        int64_t before_ms = tick.now_ms;
        tick = peer_tick(&story->one);
        assert_true(tick.now_ms >= before_ms);
        peer_idle(&story->one, tick.head, tick.now_ms, start_ms + 60000);
    }
    reply = set_rate(story, 0);
    assert_true(reply->rate->now_ms >= tick.now_ms);
    Sanji__StatusReply status = ask_status(story);
    assert_int_equal(status.now_ms, reply->rate->now_ms);
    assert_int_equal(status.rate, 0);
}

static void an_advance_that_cannot_be_is_refused(void **state)
{
    struct story *story = *state;
    ask_advance(story, start_ms - 1, 0);
    Sanji__AdminReply *reply = peer_admin_receive(&story->admin);
    assert_int_equal(reply->body_case, SANJI__ADMIN_REPLY__BODY_ERROR);
    assert_int_equal(reply->error->code, STATUS_INVALID);
    ask_advance(story, start_ms + 1, 0);
    ask_advance(story, start_ms + 2, 0);
    reply = peer_admin_receive(&story->admin);
    assert_int_equal(reply->error->code, STATUS_BUSY);
}

static void wall_time_is_not_driven(void **state)
{
    struct story *story = *state;
    ask_advance(story, start_ms, 0);
    Sanji__AdminReply *reply = peer_admin_receive(&story->admin);
    assert_int_equal(reply->error->code, STATUS_INVALID);
    reply = set_rate(story, 60);
    assert_int_equal(reply->error->code, STATUS_INVALID);
}

static void wall_ticks_come_when_due_and_every_now_and_then(void **state)
{
    struct story *story = *state;
    (void)join(&story->one, "casebook", false);
    Sanji__Tick tick = peer_tick(&story->one);
    // A busy machine may be late, but not each time: due ones come before the 100 ms.
    bool has_come_early = false;
    for (int i = 0; i < 50 && !has_come_early; i++) {
        int64_t asked_ms = tick.now_ms;
        peer_idle(&story->one, tick.head, tick.now_ms, tick.now_ms + 20);
        tick = peer_tick(&story->one);
        assert_true(tick.now_ms >= asked_ms + 20);
        has_come_early = tick.now_ms < asked_ms + 90;
    }
    assert_true(has_come_early);
    int64_t asked_ms = tick.now_ms;
    peer_idle(&story->one, tick.head, tick.now_ms, 0);
    tick = peer_tick(&story->one);
    assert_true(tick.now_ms >= asked_ms + 90);
    assert_true(peer_hears_nothing(&story->one)); // unanswered: no more
}

int main(void)
{
#define DRIVEN(name) cmocka_unit_test_setup_teardown(name, driven, teardown)
#define WALL(name)   cmocka_unit_test_setup_teardown(name, wall, teardown)
    const struct CMUnitTest tests[] = {
        DRIVEN(an_advance_goes_from_due_to_due_and_ends_with_a_record),
        DRIVEN(who_is_down_is_named_and_waited_for),
        DRIVEN(the_driver_is_a_participant_until_its_bye),
        DRIVEN(a_quantum_is_one_jump),
        DRIVEN(driven_time_goes_on_where_it_stood_after_a_kill),
        DRIVEN(a_rate_brings_due_times_by_itself),
        DRIVEN(an_advance_that_cannot_be_is_refused),
        WALL(wall_time_is_not_driven),
        WALL(wall_ticks_come_when_due_and_every_now_and_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
