/* test_client.c: the client of the log against a small broker in the same loop.
 *
 * Both sides write what they saw into one trace; a test runs the loop until the trace holds
 * what it waits for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/runtime/client.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "broker/runtime/socket.h"
#include "proto/arena.h"
#include "proto/wire.h"
#include "tests/unit/scratch.h"

enum {
    DEADLINE_MS = 30000,
    HWM = 1000,
    TRACE_SIZE = 16 * 1024,
    QUICK_PING_MS = 20,
    QUICK_SILENT_MS = 500,
    SILENT_TWICE_MS = 2 * QUICK_SILENT_MS
};

static char scratch[SCRATCH_PATH_SIZE];
static char endpoint[128];
static char trace[TRACE_SIZE];
static struct loop *loop;
static struct loop_timer *watchdog;
static bool is_late;
static const char *awaited;
static size_t awaited_count;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    size_t size = strlen(trace);
    va_list list;
    va_start(list, format);
    int length = vsnprintf(trace + size, sizeof(trace) - size, format, list);
    va_end(list);
    assert_true(length >= 0 && (size_t)length < sizeof(trace) - size);
}

// ---- the small broker -------------------------------------------------------------------

static struct {
    struct socket *socket;
    struct arena *arena;
    struct socket_peer peer; // of the newest message
    bool is_mute;
    unsigned refuse_hello; // a status; 0: welcome
    uint32_t follow_no;
    bool has_no_sessions;
} broker;

static void reply_frames(const struct socket_peer *peer, const Sanji__LogReply *reply,
                         const char *packed)
{
    uint8_t head[512];
    size_t size = sanji__log_reply__get_packed_size(reply);
    assert_true(size <= sizeof(head));
    sanji__log_reply__pack(reply, head);
    const struct bytes frames[] = {
        {head, size}, {(const uint8_t *)packed, packed != NULL ? strlen(packed) : 0}};
    enum status status = socket_send(broker.socket, peer, frames, packed != NULL ? 2 : 1);
    assert_true(status == STATUS_OK || status == STATUS_NOT_FOUND); // it may have gone
}

static void reply_refused(unsigned code)
{
    Sanji__Refused refused;
    sanji__refused__init(&refused);
    refused.code = code;
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_REFUSED;
    reply.refused = &refused;
    reply_frames(&broker.peer, &reply, NULL);
}

static void reply_welcome(void)
{
    Sanji__Welcome welcome;
    sanji__welcome__init(&welcome);
    welcome.log_id = 4711;
    welcome.head = 99;
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_WELCOME;
    reply.welcome = &welcome;
    reply_frames(&broker.peer, &reply, NULL);
}

static void reply_pong(uint64_t nonce)
{
    Sanji__Pong pong = SANJI__PONG__INIT;
    pong.nonce = nonce;
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_PONG;
    reply.pong = &pong;
    reply_frames(&broker.peer, &reply, NULL);
}

static void reply_records(const char *packed)
{
    Sanji__Records records = SANJI__RECORDS__INIT;
    records.follow_no = broker.follow_no;
    records.from = 7;
    records.upto = 8;
    records.count = 2;
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_RECORDS;
    reply.records = &records;
    reply_frames(&broker.peer, &reply, packed);
}

static void reply_tick(int64_t now_ms)
{
    Sanji__Tick tick = SANJI__TICK__INIT;
    tick.now_ms = now_ms;
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_TICK;
    reply.tick = &tick;
    reply_frames(&broker.peer, &reply, NULL);
}

static void take_hello(const Sanji__Hello *hello)
{
    note("hello(%s,%d,%" PRIu64 ") ", hello->name, hello->writer, hello->log_id);
    assert_int_equal(hello->protocol, 1);
    if (broker.refuse_hello != 0) {
        reply_refused(broker.refuse_hello);
        broker.refuse_hello = 0;
        return;
    }
    broker.has_no_sessions = false;
    reply_welcome();
}

static void take_request(const Sanji__LogRequest *request, const struct bytes *frames,
                         size_t frame_count)
{
    if (request->body_case == SANJI__LOG_REQUEST__BODY_HELLO) {
        take_hello(request->hello);
    } else if (broker.has_no_sessions) {
        reply_refused(STATUS_NO_SESSION);
    } else if (request->body_case == SANJI__LOG_REQUEST__BODY_FOLLOW) {
        const Sanji__Follow *follow = request->follow;
        broker.follow_no = follow->follow_no;
        note("follow(%u,%d,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ") ", follow->follow_no,
             (int)follow->from, follow->seq, follow->credit_records, follow->credit_bytes);
    } else if (request->body_case == SANJI__LOG_REQUEST__BODY_APPEND) {
        assert_int_equal(frame_count, 2);
        note("append(%" PRIu64 ",%.*s) ", request->append->batch_no, (int)frames[1].size,
             (const char *)frames[1].data);
    } else if (request->body_case == SANJI__LOG_REQUEST__BODY_CREDIT) {
        note("credit(%u,%" PRIu64 ",%" PRIu64 ") ", request->credit->follow_no,
             request->credit->records, request->credit->bytes);
    } else if (request->body_case == SANJI__LOG_REQUEST__BODY_IDLE) {
        note("idle(%" PRIu64 ") ", request->idle->read);
    } else if (request->body_case == SANJI__LOG_REQUEST__BODY_COMMIT) {
        note("commit(%s,%" PRIu64 ") ", request->commit->durable, request->commit->seq);
    } else if (request->body_case == SANJI__LOG_REQUEST__BODY_PING) {
        note("ping ");
        reply_pong(request->ping->nonce);
    }
}

static void broker_ready(void *context)
{
    (void)context;
    struct bytes frames[2];
    size_t frame_count = 0;
    if (socket_receive(broker.socket, &broker.peer, frames, 2, &frame_count) != STATUS_OK) {
        return;
    }
    arena_reset(broker.arena);
    ProtobufCMessage *message = NULL;
    assert_int_equal(
        wire_unpack(&sanji__log_request__descriptor, frames[0], broker.arena, &message),
        STATUS_OK);
    if (!broker.is_mute) {
        take_request((const Sanji__LogRequest *)message, frames, frame_count);
    }
}

static void open_broker(void)
{
    struct fault fault;
    if (socket_bind(SOCKET_ROUTER, endpoint, HWM, &broker.socket, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    loop_watch(loop, broker.socket, broker_ready, NULL);
}

static void close_broker(void)
{
    loop_unwatch(loop, broker.socket);
    socket_close(&broker.socket);
}

// ---- the client's owner -----------------------------------------------------------------

static struct client *client;
static Sanji__FollowFrom follow_from;

static void on_welcome(void *context, const Sanji__Welcome *welcome, Sanji__Follow *follow)
{
    (void)context;
    note("welcome(%" PRIu64 ") ", welcome->head);
    assert_true(client_is_up(client));
    follow->from = follow_from;
    follow->seq = 7;
}

static void on_records(void *context, const Sanji__Records *head, struct bytes packed)
{
    (void)context;
    note("records(%" PRIu64 ",%.*s) ", head->upto, (int)packed.size,
         (const char *)packed.data);
}

static void on_tick(void *context, const Sanji__Tick *tick)
{
    (void)context;
    note("tick(%" PRId64 ") ", tick->now_ms);
}

static void on_appended(void *context, const Sanji__Appended *appended)
{
    (void)context;
    note("appended(%" PRIu64 ") ", appended->batch_no);
}

static void on_refused(void *context, const Sanji__Refused *refused)
{
    (void)context;
    note("refused(%u,%s) ", refused->code, client_is_up(client) ? "up" : "down");
}

static void on_committed(void *context, const Sanji__Committed *committed)
{
    (void)context;
    note("committed(%s,%" PRIu64 ") ", committed->durable, committed->seq);
}

static void on_lost(void *context)
{
    (void)context;
    assert_false(client_is_up(client));
    note("lost ");
}

static const struct client_events events = {.welcome = on_welcome,
                                            .records = on_records,
                                            .tick = on_tick,
                                            .appended = on_appended,
                                            .refused = on_refused,
                                            .committed = on_committed,
                                            .lost = on_lost};

static void open_client(const struct client_options *options)
{
    struct client_options filled = *options;
    filled.endpoint = endpoint;
    filled.name = "dispatch";
    filled.writer = true;
    client = client_new(loop, &filled, &events, NULL);
}

static const struct client_options plain = {.endpoint = NULL};
static const struct client_options quick = {.ping_ms = QUICK_PING_MS,
                                            .silent_ms = QUICK_SILENT_MS};

// ---- running ----------------------------------------------------------------------------

static void on_late(void *context)
{
    (void)context;
    is_late = true;
    loop_stop(loop);
}

static void look(void *context)
{
    (void)context;
    if (awaited != NULL && count_text(trace, awaited) >= awaited_count) {
        awaited = NULL;
        loop_stop(loop);
    }
}

static void run_until_count(const char *text, size_t count)
{
    awaited = text;
    awaited_count = count;
    loop_timer_start(watchdog, DEADLINE_MS, 0);
    loop_run(loop);
    if (is_late) {
        fail_msg("waited for %s in: %s", text, trace);
    }
}

static void run_until(const char *text)
{
    run_until_count(text, 1);
}

static void note_passed(void *context)
{
    (void)context;
    note("passed ");
}

// For what must not happen: lets more time pass than it would take.
static void run_for_ms(int64_t time_ms)
{
    struct loop_timer *timer = loop_timer_new(loop, note_passed, NULL);
    loop_timer_start(timer, time_ms, 0);
    run_until_count("passed ", count_text(trace, "passed ") + 1);
    loop_timer_free(&timer);
}

static int set_up(void **state)
{
    (void)state;
    scratch_make(scratch);
    print_text(endpoint, sizeof(endpoint), "ipc://%s/log.ipc", scratch);
    memset(trace, 0, sizeof(trace));
    memset(&broker, 0, sizeof(broker));
    broker.arena = arena_new(65536);
    follow_from = SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ;
    is_late = false;
    loop = loop_new();
    watchdog = loop_timer_new(loop, on_late, NULL);
    loop_before_sleep(loop, look, NULL);
    open_broker();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    client_free(&client);
    client_free(&client); // nothing is left to free
    if (broker.socket != NULL) {
        close_broker();
    }
    arena_free(&broker.arena);
    loop_timer_free(&watchdog);
    loop_free(&loop);
    scratch_remove(scratch);
    return 0;
}

// ---- the session ------------------------------------------------------------------------

static void a_session_is_hello_welcome_and_follow(void **state)
{
    (void)state;
    open_client(&plain);
    assert_false(client_is_up(client));
    run_until("follow");
    assert_string_equal(trace,
                        "hello(dispatch,1,0) welcome(99) follow(1,3,7,100000,4194304) ");
    assert_true(client_is_up(client));
}

static void who_wants_no_follow_sends_none(void **state)
{
    (void)state;
    follow_from = SANJI__FOLLOW_FROM__FOLLOW_FROM_UNSPECIFIED;
    open_client(&plain);
    run_until("welcome");
    Sanji__Idle idle = SANJI__IDLE__INIT;
    idle.read = 5;
    client_idle(client, &idle);
    run_until("idle(5)");
    assert_null(strstr(trace, "follow"));
}

static void the_window_of_the_options_is_asked_for(void **state)
{
    (void)state;
    const struct client_options options = {.credit_records = 40, .credit_bytes = 1000};
    open_client(&options);
    run_until("follow(1,3,7,40,1000)");
}

static void every_answer_reaches_the_owner(void **state)
{
    (void)state;
    open_client(&plain);
    run_until("follow");
    reply_records("packed");
    reply_tick(-12);
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    Sanji__Appended appended = SANJI__APPENDED__INIT;
    appended.batch_no = 3;
    reply.body_case = SANJI__LOG_REPLY__BODY_APPENDED;
    reply.appended = &appended;
    reply_frames(&broker.peer, &reply, NULL);
    Sanji__Committed committed;
    sanji__committed__init(&committed);
    char durable[] = "desk";
    committed.durable = durable;
    committed.seq = 8;
    reply.body_case = SANJI__LOG_REPLY__BODY_COMMITTED;
    reply.committed = &committed;
    reply_frames(&broker.peer, &reply, NULL);
    reply_refused(STATUS_CONFLICT);
    run_until("refused");
    assert_non_null(strstr(trace,
                           "records(8,packed) tick(-12) appended(3) committed(desk,8) "
                           "refused(10,up) "));
    assert_true(client_is_up(client));
}

static void an_answer_of_a_later_version_is_passed_over(void **state)
{
    (void)state;
    open_client(&plain);
    run_until("follow");
    const Sanji__LogReply unknown = SANJI__LOG_REPLY__INIT;
    reply_frames(&broker.peer, &unknown, NULL);
    reply_records("after");
    run_until("records(8,after)");
    assert_null(strstr(trace, "lost"));
}

static void records_of_another_follow_are_passed_over(void **state)
{
    (void)state;
    open_client(&plain);
    run_until("follow");
    Sanji__Records records = SANJI__RECORDS__INIT;
    records.follow_no = 2;
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_RECORDS;
    reply.records = &records;
    reply_frames(&broker.peer, &reply, "not ours");
    reply_records("ours");
    run_until("records(8,ours)");
    assert_null(strstr(trace, "not ours"));
}

static void appends_and_cursors_leave_whole(void **state)
{
    (void)state;
    open_client(&plain);
    run_until("follow");
    Sanji__Append append = SANJI__APPEND__INIT;
    append.batch_no = 1;
    client_append(client, &append, (struct bytes){(const uint8_t *)"one", 3});
    append.batch_no = 2;
    client_append(client, &append, (struct bytes){NULL, 0}); // a cursor alone
    client_commit_cursor(client, "desk", 12);
    run_until("commit");
    assert_non_null(strstr(trace, "append(1,one) append(2,) commit(desk,12) "));
}

static void what_is_sent_while_the_session_is_down_is_dropped(void **state)
{
    (void)state;
    open_client(&plain);
    Sanji__Append append = SANJI__APPEND__INIT;
    append.batch_no = 1;
    client_append(client, &append, (struct bytes){(const uint8_t *)"early", 5});
    client_taken(client, 200000, 200000);
    run_until("follow");
    client_commit_cursor(client, "desk", 12);
    run_until("commit");
    assert_null(strstr(trace, "append"));
    assert_null(strstr(trace, "credit"));
}

// ---- credit -----------------------------------------------------------------------------

static void a_quarter_of_the_window_goes_back_at_once(void **state)
{
    (void)state;
    const struct client_options options = {.credit_records = 40, .credit_bytes = 1000};
    open_client(&options);
    run_until("follow");
    client_taken(client, 10, 0);
    client_commit_cursor(client, "desk", 1);
    client_taken(client, 1, 250);
    client_commit_cursor(client, "desk", 2);
    run_until("commit(desk,2)");
    assert_non_null(strstr(trace, "credit(1,50,1000) commit(desk,1) credit(1,51,1250) "
                                  "commit(desk,2) "));
}

static void less_than_a_quarter_goes_back_a_little_later(void **state)
{
    (void)state;
    const struct client_options options = {.credit_records = 40, .credit_bytes = 1000};
    open_client(&options);
    run_until("follow");
    client_taken(client, 1, 10);
    client_taken(client, 2, 20);
    run_until("credit");
    assert_non_null(strstr(trace, "credit(1,43,1030) "));
    assert_int_equal(count_text(trace, "credit"), 1);
}

static void credit_begins_anew_with_each_session(void **state)
{
    (void)state;
    const struct client_options options = {.credit_records = 40, .credit_bytes = 1000};
    open_client(&options);
    run_until("follow");
    client_taken(client, 10, 100);
    run_until("credit(1,50,1100)");
    reply_refused(STATUS_NO_SESSION);
    run_until_count("follow", 2);
    assert_non_null(strstr(trace, "follow(2,3,7,40,1000) "));
    client_taken(client, 20, 100);
    run_until("credit(2,60,1100)");
}

// ---- losing the session -----------------------------------------------------------------

static void a_ping_leaves_again_and_again(void **state)
{
    (void)state;
    open_client(&quick);
    run_until_count("ping", 30); // more than silence lasts: each is answered
    assert_null(strstr(trace, "lost"));
}

static void silence_ends_the_session_and_the_next_one_has_a_new_socket(void **state)
{
    (void)state;
    open_client(&quick);
    run_until("follow");
    broker.is_mute = true;
    struct socket_peer old = broker.peer;
    run_until("lost");
    broker.is_mute = false;
    run_until_count("welcome", 2);
    assert_non_null(strstr(trace, "lost hello(dispatch,1,4711) welcome(99) "));
    assert_false(old.size == broker.peer.size &&
                 memcmp(old.id, broker.peer.id, old.size) == 0);
}

static void block_longer_than_silence(void *context)
{
    (void)context;
    int64_t until_steady_ms = loop_steady_ms() + SILENT_TWICE_MS;
    while (loop_steady_ms() < until_steady_ms) {
        poll(NULL, 0, 1);
    }
    note("blocked ");
}

static void a_process_that_was_busy_itself_does_not_take_that_for_silence(void **state)
{
    (void)state;
    open_client(&quick);
    run_until("ping");
    struct loop_timer *timer = loop_timer_new(loop, block_longer_than_silence, NULL);
    loop_timer_start(timer, 0, 0);
    run_until("blocked");
    run_until_count("ping", count_text(trace, "ping") + 3);
    assert_null(strstr(trace, "lost"));
    loop_timer_free(&timer);
}

static void no_session_ends_it_and_the_same_log_is_asked_for(void **state)
{
    (void)state;
    open_client(&quick);
    run_until("follow");
    broker.has_no_sessions = true;
    run_until_count("follow", 2);
    assert_non_null(strstr(trace, "lost hello(dispatch,1,4711) welcome(99) follow(2,"));
    assert_null(strstr(trace, "refused"));
}

static void a_fenced_client_tells_and_never_comes_back(void **state)
{
    (void)state;
    open_client(&quick);
    run_until("follow");
    reply_refused(STATUS_FENCED);
    run_until("lost");
    assert_non_null(strstr(trace, "refused(12,up) lost "));
    run_for_ms(500); // a retry would come after 100
    assert_int_equal(count_text(trace, "hello"), 1);
    assert_false(client_is_up(client));
}

static void a_refused_hello_is_told_and_tried_again(void **state)
{
    (void)state;
    broker.refuse_hello = STATUS_BUSY;
    open_client(&plain);
    run_until("follow");
    assert_string_equal(trace, "hello(dispatch,1,0) refused(16,down) hello(dispatch,1,0) "
                               "welcome(99) follow(1,3,7,100000,4194304) ");
}

static void an_unanswered_hello_is_said_again(void **state)
{
    (void)state;
    broker.is_mute = true;
    open_client(&quick);
    run_for_ms(SILENT_TWICE_MS);
    broker.is_mute = false;
    run_until("follow");
    assert_null(strstr(trace, "lost")); // it was never up
}

static void a_broker_that_comes_later_is_found(void **state)
{
    (void)state;
    close_broker();
    open_client(&quick);
    run_for_ms(SILENT_TWICE_MS);
    open_broker();
    run_until("follow");
}

static void a_broker_that_went_away_is_found_again(void **state)
{
    (void)state;
    open_client(&quick);
    run_until("follow");
    close_broker();
    run_until("lost");
    open_broker();
    run_until_count("follow", 2);
}

static void bye_ends_the_session(void **state)
{
    (void)state;
    open_client(&plain);
    run_until("follow");
    Sanji__Bye bye;
    sanji__bye__init(&bye);
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_BYE;
    reply.bye = &bye;
    reply_frames(&broker.peer, &reply, NULL);
    run_until_count("follow", 2);
    assert_int_equal(count_text(trace, "lost"), 1);
}

static void nothing_of_the_old_session_is_read_after_its_end(void **state)
{
    (void)state;
    open_client(&plain);
    run_until("follow");
    reply_refused(STATUS_NO_SESSION);
    reply_tick(1); // still to the old one
    run_until_count("follow", 2);
    reply_tick(2);
    run_until("tick(2)");
    assert_null(strstr(trace, "tick(1)"));
}

static void answers_that_cannot_be_end_the_session(void **state)
{
    (void)state;
    open_client(&plain);
    run_until("follow");
    size_t sessions = 1;

    const struct bytes garbage[] = {{(const uint8_t *)"\xff\xff\xff", 3}};
    assert_int_equal(socket_send(broker.socket, &broker.peer, garbage, 1), STATUS_OK);
    run_until_count("follow", ++sessions);

    const struct bytes three[] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    assert_int_equal(socket_send(broker.socket, &broker.peer, three, 3), STATUS_OK);
    run_until_count("follow", ++sessions);

    reply_records(NULL); // records without their frame
    run_until_count("follow", ++sessions);

    reply_welcome(); // a second one
    run_until_count("follow", ++sessions);
    assert_int_equal(count_text(trace, "lost"), 4);
}

static void an_answer_before_the_welcome_ends_the_session(void **state)
{
    (void)state;
    broker.is_mute = true;
    open_client(&quick);
    // Its peer is known once the Hello was heard, though it was not answered.
    while (broker.peer.size == 0) {
        run_for_ms(10);
    }
    reply_pong(1);
    broker.is_mute = false;
    run_until("follow");
    assert_null(strstr(trace, "lost"));
}

// ---- making and freeing -----------------------------------------------------------------

static void a_client_can_be_freed_in_every_state(void **state)
{
    (void)state;
    open_client(&plain); // down
    client_free(&client);
    broker.is_mute = true;
    open_client(&plain);
    run_for_ms(20); // greeted
    client_free(&client);
    broker.is_mute = false;
    open_client(&plain);
    run_until("follow");
    client_free(&client); // up
    assert_null(client);
    close_broker();
    open_client(&plain);
    run_for_ms(20); // connecting
}

static struct child child;

static void connect_nowhere(void *context)
{
    (void)context;
    const struct client_options options = {.endpoint =
                                               "ipc:///"
                                               "0123456789012345678901234567890123456789"
                                               "0123456789012345678901234567890123456789"
                                               "0123456789012345678901234567890123456789",
                                           .name = ""};
    struct loop *own = loop_new();
    client = client_new(own, &options, &events, NULL);
    loop_run(own);
}

static void an_endpoint_that_cannot_be_ends_the_process(void **state)
{
    (void)state;
    child_run(connect_nowhere, NULL, &child);
    assert_int_equal(child.code, EXIT_CANNOT_START);
    assert_non_null(strstr(child.err, "at most 107"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_hello_welcome_and_follow),
        TEST(who_wants_no_follow_sends_none),
        TEST(the_window_of_the_options_is_asked_for),
        TEST(every_answer_reaches_the_owner),
        TEST(an_answer_of_a_later_version_is_passed_over),
        TEST(records_of_another_follow_are_passed_over),
        TEST(appends_and_cursors_leave_whole),
        TEST(what_is_sent_while_the_session_is_down_is_dropped),
        TEST(a_quarter_of_the_window_goes_back_at_once),
        TEST(less_than_a_quarter_goes_back_a_little_later),
        TEST(credit_begins_anew_with_each_session),
        TEST(a_ping_leaves_again_and_again),
        TEST(silence_ends_the_session_and_the_next_one_has_a_new_socket),
        TEST(a_process_that_was_busy_itself_does_not_take_that_for_silence),
        TEST(no_session_ends_it_and_the_same_log_is_asked_for),
        TEST(a_fenced_client_tells_and_never_comes_back),
        TEST(a_refused_hello_is_told_and_tried_again),
        TEST(an_unanswered_hello_is_said_again),
        TEST(a_broker_that_comes_later_is_found),
        TEST(a_broker_that_went_away_is_found_again),
        TEST(bye_ends_the_session),
        TEST(nothing_of_the_old_session_is_read_after_its_end),
        TEST(answers_that_cannot_be_end_the_session),
        TEST(an_answer_before_the_welcome_ends_the_session),
        TEST(a_client_can_be_freed_in_every_state),
        TEST(an_endpoint_that_cannot_be_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
