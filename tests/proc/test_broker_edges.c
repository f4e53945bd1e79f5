/* test_broker_edges.c: bad input, the live feed and the admin endpoint of a real log keeper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/live.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "proto/limits.h"
#include "proto/vocab.h"
#include "tests/proc/peer.h"

struct story {
    struct harness harness;
    struct program broker;
    struct peer peer;
};

static const uint64_t case_a = UINT64_C(20200815000001);

static int setup(void **state)
{
    static struct story story;
    story = (struct story){0};
    harness_open(&story.harness);
    program_start(&story.broker, &story.harness, "sanji-broker", NULL);
    (void)program_wait_line(&story.broker, "READY");
    peer_open(&story.peer, &story.harness, "log");
    *state = &story;
    return 0;
}

static int teardown(void **state)
{
    struct story *story = *state;
    peer_close(&story->peer);
    harness_close(&story->harness);
    return 0;
}

// ---- bad input ----------------------------------------------------------------------------

static enum status answer_to(struct peer *peer, const uint8_t *data, size_t size)
{
    struct bytes frame = {data, size};
    peer_send_frames(peer, &frame, 1);
    return (enum status)peer_refused(peer).code;
}

static void strangers_and_nonsense_are_refused_with_a_code(void **state)
{
    struct story *story = *state;
    struct peer *peer = &story->peer;
    static const uint8_t garbage[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t cut[] = {0x0a, 0x40, 0x08, 0x01};     // Hello of 64 bytes
    static const uint8_t unknown[] = {0xfa, 0x01, 0x01, 0x00}; // field 31
    static const uint8_t latin[] = {0x0a, 0x05, 0x08, 0x01, 0x12, 0x01, 0xe9}; // name: é
    static const uint8_t version[] = {0x0a, 0x02, 0x08, 0x07};
    static const uint8_t ping[] = {0x42, 0x00};
    static const uint8_t nothing[] = {0};
    assert_int_equal(answer_to(peer, garbage, sizeof(garbage)), STATUS_MALFORMED);
    assert_int_equal(answer_to(peer, cut, sizeof(cut)), STATUS_MALFORMED);
    assert_int_equal(answer_to(peer, latin, sizeof(latin)), STATUS_BAD_UTF8);
    assert_int_equal(answer_to(peer, version, sizeof(version)), STATUS_BAD_VERSION);
    assert_int_equal(answer_to(peer, ping, sizeof(ping)), STATUS_NO_SESSION);
    assert_int_equal(answer_to(peer, nothing, 0), STATUS_NO_SESSION);
    (void)peer_hello(peer, "", false);
    assert_int_equal(answer_to(peer, unknown, sizeof(unknown)), STATUS_UNKNOWN_KIND);
    assert_int_equal(answer_to(peer, nothing, 0), STATUS_UNKNOWN_KIND);
    assert_int_equal(answer_to(peer, garbage, sizeof(garbage)), STATUS_MALFORMED);
    struct bytes frames[FRAMES_MAX] = {{ping, sizeof(ping)}, {garbage, sizeof(garbage)}};
    peer_send_frames(peer, frames, 2);
    assert_int_equal(peer_refused(peer).code, STATUS_MALFORMED);
    for (size_t i = 0; i < FRAMES_MAX; i++) {
        frames[i] = (struct bytes){ping, sizeof(ping)};
    }
    peer_send_frames(peer, frames, FRAMES_MAX);
    assert_int_equal(peer_refused(peer).code, STATUS_TOO_LARGE);
    assert_true(peer_hears_nothing(peer)); // and the session lives
}

static void a_hello_that_cannot_be_is_refused(void **state)
{
    struct story *story = *state;
    struct peer *peer = &story->peer;
    peer_say_hello(peer, "a name with blanks", false);
    assert_int_equal(peer_refused(peer).code, STATUS_INVALID);
    peer_say_hello(peer, "a-name-that-is-longer-than-any-name-may-be-12345678", false);
    assert_int_equal(peer_refused(peer).code, STATUS_INVALID);
    char name[] = "tail";
    Sanji__Hello hello = SANJI__HELLO__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.name = name;
    hello.log_id = 1;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_HELLO;
    request.hello = &hello;
    peer_send(peer, &request, (struct bytes){0});
    Sanji__Refused refused = peer_refused(peer);
    assert_true(refused.code == STATUS_OTHER_LOG);
    (void)peer_hello(peer, "tail", false);
}

static void a_peer_that_falls_silent_loses_its_session(void **state)
{
    struct story *story = *state;
    struct peer other;
    static const uint8_t ping[] = {0x42, 0x00};
    static const char *const options[] = {"--silent-ms", "300", NULL};
    program_kill(&story->broker);
    program_start(&story->broker, &story->harness, "sanji-broker", options);
    (void)program_wait_line(&story->broker, "READY");
    peer_close(&story->peer);
    peer_open(&story->peer, &story->harness, "log");
    peer_open(&other, &story->harness, "log");
    (void)peer_hello(&story->peer, "tail", false);
    (void)peer_hello(&other, "other", false);
    // One of them goes on talking until the log keeper has given the other one up.
    while (!program_said(&story->broker, "reason=silent")) {
        assert_true(peer_hears_nothing(&other));
    }
    assert_false(program_said(&story->broker, "peer=other reason"));
    assert_int_equal(answer_to(&story->peer, ping, sizeof(ping)), STATUS_NO_SESSION);
    peer_close(&other);
}

// ---- live ---------------------------------------------------------------------------------

static Sanji__Welcome welcome;

static void append(struct story *story, uint64_t batch_no, unsigned type, uint8_t flags)
{
    static struct peer_packed packed;
    packed.size = 0;
    packed.count = 0;
    peer_pack(&packed, type, case_a, flags);
    Sanji__Append wire = SANJI__APPEND__INIT;
    wire.epoch = welcome.session_epoch;
    wire.batch_no = batch_no;
    wire.read_up_to = batch_no; // LogOpened and one record for each batch before
    wire.count = 1;
    wire.keeps_cursor = true;
    peer_append(&story->peer, wire, peer_packed_bytes(&packed));
    (void)peer_appended(&story->peer);
}

static struct socket *subscribe(struct story *story, const char *prefix)
{
    struct socket *socket = NULL;
    char endpoint[ENDPOINT_SIZE];
    struct fault fault;
    assert_int_equal(socket_connect(SOCKET_SUB,
                                    harness_endpoint(&story->harness, "live", endpoint),
                                    1000, &socket, &fault),
                     STATUS_OK);
    socket_subscribe(socket, prefix);
    socket_subscribe(socket, "!");
    return socket;
}

static size_t next(struct socket *socket, struct bytes frames[3])
{
    int64_t deadline_ms = loop_steady_ms() + HARNESS_WAIT_MS;
    size_t count = 0;
    while (socket_receive(socket, NULL, frames, 3, &count) != STATUS_OK) {
        assert_true(loop_steady_ms() < deadline_ms);
        struct pollfd fd = {.fd = socket_fd(socket), .events = POLLIN};
        (void)poll(&fd, 1, 5);
    }
    return count;
}

static uint64_t big_endian(const uint8_t *data)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        value = value << 8 | data[i];
    }
    return value;
}

static void is_topic(struct bytes frame, const char *topic)
{
    assert_int_equal(frame.size, strlen(topic));
    assert_memory_equal(frame.data, topic, frame.size);
}

static void a_subscriber_is_welcomed_and_sees_its_view_only(void **state)
{
    struct story *story = *state;
    struct bytes frames[3];
    welcome = peer_hello(&story->peer, "intake", true);
    struct socket *live = subscribe(story, "k.");
    assert_int_equal(next(live, frames), 1);
    assert_int_equal(frames[0].size, 9 + 8 + 8 + 4);
    assert_memory_equal(frames[0].data, "!welcome.", 9);
    assert_int_equal(big_endian(frames[0].data + 9), 1); // LogOpened
    append(story, 1, EVENT_CASE_RECEIVED, 0);
    append(story, 2, EVENT_CASE_RECEIVED, RECORD_RESTRICTED);
    assert_int_equal(next(live, frames), 3);
    is_topic(frames[0], "k.37049900320200815000001.rcvd.");
    assert_int_equal(frames[1].size, 16);
    assert_int_equal(big_endian(frames[1].data), 2);
    assert_true(big_endian(frames[1].data + 8) >= (uint64_t)welcome.now_ms);
    assert_true(frames[2].size > 0);
    assert_int_equal(next(live, frames), 3);
    assert_int_equal(big_endian(frames[1].data), 3);
    assert_int_equal(frames[2].size, 0); // a stub
    socket_close(&live);
}

static void a_restricted_case_shows_no_place_below_its_community(void **state)
{
    struct story *story = *state;
    struct bytes frames[3];
    welcome = peer_hello(&story->peer, "intake", true);
    struct socket *live = subscribe(story, "");
    assert_int_equal(next(live, frames), 1);
    append(story, 1, EVENT_CASE_RECEIVED, RECORD_RESTRICTED);
    static const char *const topics[] = {
        "a.370499.003.01.000.000.2.99000.rcvd.", "m.0000.W00000.2.rcvd.",
        "k.37049900320200815000001.rcvd.", "e.rcvd.2.370499.003.01.000.000."};
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        assert_int_equal(next(live, frames), 3);
        is_topic(frames[0], topics[i]);
        assert_int_equal(frames[2].size, 0);
    }
    socket_close(&live);
}

// ---- admin --------------------------------------------------------------------------------

static Sanji__StatusReply *status_of(struct peer *admin)
{
    Sanji__StatusAsk ask = SANJI__STATUS_ASK__INIT;
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_STATUS;
    request.status = &ask;
    Sanji__AdminReply *reply = peer_admin(admin, &request);
    assert_int_equal(reply->body_case, SANJI__ADMIN_REPLY__BODY_STATUS);
    return reply->status;
}

static void status_tells_who_is_there(void **state)
{
    struct story *story = *state;
    struct peer admin;
    peer_open(&admin, &story->harness, "admin");
    welcome = peer_hello(&story->peer, "intake", true);
    append(story, 1, EVENT_CASE_RECEIVED, 0);
    peer_follow(&story->peer, 1, 1, NULL);
    (void)peer_records(&story->peer);
    Sanji__StatusReply *status = status_of(&admin);
    assert_int_equal(status->head, 2);
    assert_int_equal(status->broker_epoch, 1);
    assert_int_equal(status->log_id, welcome.log_id);
    assert_false(status->driven);
    assert_int_equal(status->followers, 1);
    assert_true(status->map_size_bytes > status->map_used_bytes);
    assert_true(status->rss_anon_bytes > 0);
    assert_true(status->commits >= 2);
    assert_int_equal(status->n_sessions, 5); // intake, and four participants that are away
    unsigned connected = 0;
    for (size_t i = 0; i < status->n_sessions; i++) {
        if (status->sessions[i]->connected) {
            connected++;
            assert_string_equal(status->sessions[i]->name, "intake");
            assert_true(status->sessions[i]->writer);
            assert_int_equal(status->sessions[i]->appended, 1);
        }
    }
    assert_int_equal(connected, 1);
    peer_close(&admin);
}

static void nonsense_on_the_admin_endpoint_is_an_error(void **state)
{
    struct story *story = *state;
    struct peer admin;
    static const uint8_t garbage[] = {0xff, 0xff, 0xff};
    peer_open(&admin, &story->harness, "admin");
    struct bytes frames[2] = {{garbage, sizeof(garbage)}, {garbage, sizeof(garbage)}};
    peer_send_frames(&admin, frames, 1);
    assert_int_equal(peer_admin_receive(&admin)->error->code, STATUS_MALFORMED);
    peer_send_frames(&admin, frames, 2);
    assert_int_equal(peer_admin_receive(&admin)->error->code, STATUS_TOO_LARGE);
    static const uint8_t version[] = {0x08, 0x09};
    frames[0] = (struct bytes){version, sizeof(version)};
    peer_send_frames(&admin, frames, 1);
    assert_int_equal(peer_admin_receive(&admin)->error->code, STATUS_BAD_VERSION);
    Sanji__AdminRequest empty = SANJI__ADMIN_REQUEST__INIT;
    assert_int_equal(peer_admin(&admin, &empty)->error->code, STATUS_UNKNOWN_KIND);
    peer_close(&admin);
}

static Sanji__AdminReply *backup_to(struct peer *admin, char *directory)
{
    Sanji__Backup backup = SANJI__BACKUP__INIT;
    backup.directory = directory;
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_BACKUP;
    request.backup = &backup;
    return peer_admin(admin, &request);
}

static void a_backup_is_a_log_that_opens(void **state)
{
    struct story *story = *state;
    struct peer admin;
    char directory[HARNESS_PATH_SIZE];
    char relative[] = "copy";
    (void)snprintf(directory, sizeof(directory), "%.300s/copy", story->harness.dir);
    peer_open(&admin, &story->harness, "admin");
    welcome = peer_hello(&story->peer, "intake", true);
    append(story, 1, EVENT_CASE_RECEIVED, 0);
    Sanji__AdminReply *reply = backup_to(&admin, directory);
    assert_int_equal(reply->body_case, SANJI__ADMIN_REPLY__BODY_BACKUP);
    assert_int_equal(reply->backup->head, 2);
    assert_true(reply->backup->size_bytes > 0);
    reply = backup_to(&admin, directory); // it exists now
    assert_int_equal(reply->body_case, SANJI__ADMIN_REPLY__BODY_ERROR);
    assert_int_equal(backup_to(&admin, relative)->error->code, STATUS_INVALID);
    peer_close(&admin);
    program_kill(&story->broker);
    const char *options[] = {"--run", story->harness.run_dir, "--data", directory, NULL};
    program_start_bare(&story->broker, &story->harness, "sanji-broker", options);
    (void)program_wait_line(&story->broker, "READY");
    peer_close(&story->peer);
    peer_open(&story->peer, &story->harness, "log");
    assert_int_equal(peer_hello(&story->peer, "", false).head, 3);
}

static void drain_says_bye_and_ends_with_0(void **state)
{
    struct story *story = *state;
    struct peer admin;
    Sanji__Drain drain = SANJI__DRAIN__INIT;
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_DRAIN;
    request.drain = &drain;
    peer_open(&admin, &story->harness, "admin");
    (void)peer_hello(&story->peer, "intake", true);
    peer_admin_send(&admin, &request);
    assert_int_equal(program_wait_end(&story->broker), 0);
    assert_true(program_said(&story->broker, "ev=stopped"));
    peer_close(&admin);
}

static void options_that_cannot_be_stop_the_start(void **state)
{
    struct story *story = *state;
    program_kill(&story->broker);
    static const char *const wrong[][3] = {
        {"--clock", "moon", NULL},       {"--start", "2020-08-15T15:00:00Z", NULL},
        {"--rate", "5", NULL},           {"--rate", "x", NULL},
        {"--map-size", "12X", NULL},     {"--map-size", "0", NULL},
        {"--participants", "a,a", NULL}, {"--silent-ms", "-1", NULL}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        program_start(&story->broker, &story->harness, "sanji-broker", wrong[i]);
        assert_int_equal(program_wait_end(&story->broker), EXIT_CANNOT_START);
        assert_true(program_said(&story->broker, wrong[i][0]));
    }
    const char *no_data[] = {"--run", story->harness.run_dir, NULL};
    program_start_bare(&story->broker, &story->harness, "sanji-broker", no_data);
    assert_int_equal(program_wait_end(&story->broker), EXIT_CANNOT_START);
    if (geteuid() == 0) {
        return; // root may write anywhere
    }
    assert_int_equal(chmod(story->harness.data_dir, 0500), 0);
    program_start(&story->broker, &story->harness, "sanji-broker", NULL);
    assert_int_equal(program_wait_end(&story->broker), EXIT_CANNOT_START);
    assert_int_equal(chmod(story->harness.data_dir, 0700), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(strangers_and_nonsense_are_refused_with_a_code),
        TEST(a_hello_that_cannot_be_is_refused),
        TEST(a_peer_that_falls_silent_loses_its_session),
        TEST(a_subscriber_is_welcomed_and_sees_its_view_only),
        TEST(a_restricted_case_shows_no_place_below_its_community),
        TEST(status_tells_who_is_there),
        TEST(nonsense_on_the_admin_endpoint_is_an_error),
        TEST(a_backup_is_a_log_that_opens),
        TEST(drain_says_bye_and_ends_with_0),
        TEST(options_that_cannot_be_stop_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
