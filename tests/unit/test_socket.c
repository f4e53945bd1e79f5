/* test_socket.c: whole messages or none, limits that hold, endpoints that nobody loses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "broker/runtime/loop.h"
#include "broker/runtime/socket.h"
#include "tests/unit/scratch.h"

enum {
    DEADLINE_MS = 10000,
    HWM = 100
};

static char scratch[SCRATCH_PATH_SIZE];
static char endpoint[128];
static struct fault fault;
static struct bytes frames[FRAMES_MAX];
static size_t frame_count;

static int set_up(void **state)
{
    (void)state;
    scratch_make(scratch);
    print_text(endpoint, sizeof(endpoint), "ipc://%s/log.ipc", scratch);
    memset(&fault, 0, sizeof(fault));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(scratch);
    return 0;
}

static struct bytes text(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static void assert_frame(size_t index, const char *expected)
{
    assert_true(index < frame_count);
    assert_int_equal(frames[index].size, strlen(expected));
    assert_memory_equal(frames[index].data, expected, frames[index].size);
}

static struct socket *bind_at(enum socket_type type, const char *at, int hwm)
{
    struct socket *socket = NULL;
    if (socket_bind(type, at, hwm, &socket, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return socket;
}

static struct socket *connect_to(enum socket_type type, const char *to, int hwm)
{
    struct socket *socket = NULL;
    assert_int_equal(socket_connect(type, to, hwm, &socket, &fault), STATUS_OK);
    return socket;
}

static void await_input(struct socket *socket)
{
    int64_t until_steady_ms = loop_steady_ms() + DEADLINE_MS;
    while (!socket_has_input(socket)) {
        struct pollfd fd = {.fd = socket_fd(socket), .events = POLLIN};
        poll(&fd, 1, 5);
        assert_true(loop_steady_ms() < until_steady_ms);
    }
}

static void send_soon(struct socket *socket, const struct bytes *message, size_t count)
{
    int64_t until_steady_ms = loop_steady_ms() + DEADLINE_MS;
    while (socket_send(socket, NULL, message, count) != STATUS_OK) {
        poll(NULL, 0, 1); // the connection is not there yet
        assert_true(loop_steady_ms() < until_steady_ms);
    }
}

static enum status receive(struct socket *socket, struct socket_peer *peer)
{
    await_input(socket);
    return socket_receive(socket, peer, frames, FRAMES_MAX, &frame_count);
}

static void talk_over(const char *at)
{
    struct socket *router = bind_at(SOCKET_ROUTER, at, HWM);
    struct socket *dealer = connect_to(SOCKET_DEALER, socket_endpoint(router), HWM);
    struct socket_peer peer = {0};

    const struct bytes ask[] = {text("head"), text(""), text("tail")};
    send_soon(dealer, ask, 3);
    assert_int_equal(receive(router, &peer), STATUS_OK);
    assert_int_equal(frame_count, 3);
    assert_int_equal(peer.size, 5);
    assert_frame(0, "head");
    assert_frame(1, "");
    assert_frame(2, "tail");

    const struct bytes answer[] = {text("yes")};
    assert_int_equal(socket_send(router, &peer, answer, 1), STATUS_OK);
    assert_int_equal(receive(dealer, NULL), STATUS_OK);
    assert_int_equal(frame_count, 1);
    assert_frame(0, "yes");

    socket_close(&dealer);
    assert_null(dealer);
    socket_close(&router);
    socket_close(&router); // nothing is left to close
}

static void frames_go_and_come_whole(void **state)
{
    (void)state;
    talk_over(endpoint);
    talk_over("tcp://127.0.0.1:*");
}

static void nothing_waiting_is_not_found(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, endpoint, HWM);
    struct socket *dealer = connect_to(SOCKET_DEALER, endpoint, HWM);
    struct socket_peer peer = {0};
    assert_int_equal(socket_receive(router, &peer, frames, FRAMES_MAX, &frame_count),
                     STATUS_NOT_FOUND);
    assert_int_equal(socket_receive(dealer, NULL, frames, FRAMES_MAX, &frame_count),
                     STATUS_NOT_FOUND);
    assert_false(socket_has_input(router));
    socket_close(&dealer);
    socket_close(&router);
}

static void an_unknown_peer_is_not_found(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, endpoint, HWM);
    const struct socket_peer peer = {.size = 5, .id = {0, 1, 2, 3, 4}};
    const struct bytes answer[] = {text("yes")};
    assert_int_equal(socket_send(router, &peer, answer, 1), STATUS_NOT_FOUND);
    assert_int_equal(socket_send_buffer(router, &peer, answer[0], socket_buffer(9), 9),
                     STATUS_NOT_FOUND);
    socket_close(&router);
}

static void a_peer_that_has_gone_is_not_found(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, endpoint, HWM);
    struct socket *dealer = connect_to(SOCKET_DEALER, endpoint, HWM);
    const struct bytes message[] = {text("x")};
    struct socket_peer peer = {0};
    send_soon(dealer, message, 1);
    assert_int_equal(receive(router, &peer), STATUS_OK);
    socket_close(&dealer);
    int64_t until_steady_ms = loop_steady_ms() + DEADLINE_MS;
    while (socket_send(router, &peer, message, 1) != STATUS_NOT_FOUND) {
        poll(NULL, 0, 1);
        assert_true(loop_steady_ms() < until_steady_ms);
    }
    socket_close(&router);
}

static void a_dealer_without_a_peer_is_busy(void **state)
{
    (void)state;
    struct socket *dealer = connect_to(SOCKET_DEALER, endpoint, HWM);
    const struct bytes ask[] = {text("a"), text("b")};
    assert_int_equal(socket_send(dealer, NULL, ask, 2), STATUS_BUSY);
    assert_int_equal(socket_send_buffer(dealer, NULL, ask[0], socket_buffer(100), 100),
                     STATUS_BUSY);
    socket_close(&dealer);
}

static void a_full_peer_is_busy_and_loses_nothing_it_was_given(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, endpoint, 10);
    struct socket *dealer = connect_to(SOCKET_DEALER, endpoint, 10);
    struct socket_peer peer = {0};
    const struct bytes hello[] = {text("hello")};
    send_soon(dealer, hello, 1);
    assert_int_equal(receive(router, &peer), STATUS_OK);

    uint8_t large[65536] = {0};
    uint32_t sent = 0;
    for (;;) {
        memcpy(large, &sent, sizeof(sent));
        const struct bytes message[] = {text("n"), {large, sizeof(large)}};
        enum status status = socket_send(router, &peer, message, 2);
        if (status != STATUS_OK) {
            assert_int_equal(status, STATUS_BUSY);
            break;
        }
        sent++;
        assert_true(sent < 10000);
    }
    assert_true(sent >= 10);
    for (uint32_t i = 0; i < sent; i++) {
        assert_int_equal(receive(dealer, NULL), STATUS_OK);
        assert_int_equal(frame_count, 2);
        uint32_t number = 0;
        memcpy(&number, frames[1].data, sizeof(number));
        assert_int_equal(number, i);
    }
    // There is room again.
    int64_t until_steady_ms = loop_steady_ms() + DEADLINE_MS;
    while (socket_send(router, &peer, hello, 1) != STATUS_OK) {
        poll(NULL, 0, 1);
        assert_true(loop_steady_ms() < until_steady_ms);
    }
    assert_int_equal(receive(dealer, NULL), STATUS_OK);
    assert_frame(0, "hello");
    socket_close(&dealer);
    socket_close(&router);
}

static void a_message_of_too_many_frames_is_eaten_whole(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, endpoint, HWM);
    void *context = zmq_ctx_new();
    void *client = zmq_socket(context, ZMQ_DEALER);
    assert_int_equal(zmq_connect(client, endpoint), 0);
    struct socket_peer peer = {0};

    for (int extra = 0; extra <= 1; extra++) {
        for (int i = 0; i < FRAMES_MAX + extra; i++) {
            int more = i + 1 < FRAMES_MAX + extra ? ZMQ_SNDMORE : 0;
            assert_int_equal(zmq_send(client, "f", 1, more), 1);
        }
        assert_int_equal(receive(router, &peer), extra == 0 ? STATUS_OK : STATUS_TOO_LARGE);
        assert_int_equal(peer.size, 5);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(zmq_send(client, "4", 1, i < 3 ? ZMQ_SNDMORE : 0), 1);
    }
    assert_int_equal(zmq_send(client, "next", 4, 0), 4);
    await_input(router);
    assert_int_equal(socket_receive(router, &peer, frames, 3, &frame_count),
                     STATUS_TOO_LARGE);
    assert_int_equal(receive(router, &peer), STATUS_OK);
    assert_int_equal(frame_count, 1);
    assert_frame(0, "next");

    int linger = 0;
    zmq_setsockopt(client, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_close(client);
    zmq_ctx_term(context);
    socket_close(&router);
}

static void a_chosen_id_is_taken_up_to_16_bytes_and_refused_above(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, endpoint, HWM);
    void *context = zmq_ctx_new();
    static const char id[] = "0123456789abcdefg";
    for (size_t size = PEER_SIZE_MAX; size <= PEER_SIZE_MAX + 1; size++) {
        void *client = zmq_socket(context, ZMQ_DEALER);
        assert_int_equal(zmq_setsockopt(client, ZMQ_ROUTING_ID, id, size), 0);
        assert_int_equal(zmq_connect(client, endpoint), 0);
        assert_int_equal(zmq_send(client, "a", 1, ZMQ_SNDMORE), 1);
        assert_int_equal(zmq_send(client, "b", 1, 0), 1);
        struct socket_peer peer = {0};
        enum status status = receive(router, &peer);
        if (size == PEER_SIZE_MAX) {
            assert_int_equal(status, STATUS_OK);
            assert_int_equal(peer.size, PEER_SIZE_MAX);
            assert_memory_equal(peer.id, id, PEER_SIZE_MAX);
        } else {
            assert_int_equal(status, STATUS_TOO_LARGE);
            assert_int_equal(peer.size, 0);
            assert_false(socket_has_input(router)); // eaten whole
        }
        int linger = 0;
        zmq_setsockopt(client, ZMQ_LINGER, &linger, sizeof(linger));
        zmq_close(client);
    }
    zmq_ctx_term(context);
    socket_close(&router);
}

static void a_message_over_the_size_limit_never_arrives(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, endpoint, HWM);
    struct socket *large = connect_to(SOCKET_DEALER, endpoint, HWM);
    struct socket *small = connect_to(SOCKET_DEALER, endpoint, HWM);
    uint8_t *bytes = calloc(1, MESSAGE_SIZE_MAX + 1);
    assert_non_null(bytes);
    const struct bytes most[] = {{bytes, MESSAGE_SIZE_MAX}};
    const struct bytes more[] = {{bytes, MESSAGE_SIZE_MAX + 1}};
    const struct bytes next[] = {text("next")};
    struct socket_peer peer = {0};

    send_soon(large, most, 1);
    assert_int_equal(receive(router, &peer), STATUS_OK);
    assert_int_equal(frames[0].size, MESSAGE_SIZE_MAX);
    send_soon(large, more, 1);
    send_soon(small, next, 1);
    assert_int_equal(receive(router, &peer), STATUS_OK);
    assert_frame(0, "next");
    // Its author was cut off and comes back under another id; what it sends next arrives.
    int64_t until_steady_ms = loop_steady_ms() + DEADLINE_MS;
    while (!socket_has_input(router)) {
        if (socket_send(large, NULL, next, 1) != STATUS_OK) {
            poll(NULL, 0, 1);
        }
        assert_true(loop_steady_ms() < until_steady_ms);
    }
    assert_int_equal(receive(router, &peer), STATUS_OK);
    assert_frame(0, "next");
    free(bytes);
    socket_close(&small);
    socket_close(&large);
    socket_close(&router);
}

static void a_held_frame_outlives_the_next_receive(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, endpoint, HWM);
    struct socket *dealer = connect_to(SOCKET_DEALER, endpoint, HWM);
    char large[5000];
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    const char *const tails[] = {"small", large, ""};
    struct socket_held *held[3] = {NULL};
    struct bytes kept[3];

    for (size_t i = 0; i < 3; i++) {
        const struct bytes message[] = {text("head"), text(tails[i])};
        send_soon(dealer, message, 2);
        await_input(router);
        struct socket_peer peer = {0};
        assert_int_equal(
            socket_receive_held(router, &peer, frames, FRAMES_MAX, &frame_count, &held[i]),
            STATUS_OK);
        assert_frame(0, "head");
        kept[i] = frames[1];
    }
    socket_close(&dealer);
    socket_close(&router);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(kept[i].size, strlen(tails[i]));
        assert_memory_equal(kept[i].data, tails[i], kept[i].size);
        socket_release(&held[i]);
        assert_null(held[i]);
    }
    socket_release(&held[0]); // nothing is left to release
}

static void a_buffer_is_handed_over_as_the_last_frame(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, endpoint, HWM);
    struct socket *dealer = connect_to(SOCKET_DEALER, endpoint, HWM);
    const struct bytes hello[] = {text("hello")};
    struct socket_peer peer = {0};
    send_soon(dealer, hello, 1);
    assert_int_equal(receive(router, &peer), STATUS_OK);

    enum {
        SIZE = 200 * 1024
    };

    uint8_t *buffer = socket_buffer(SIZE);
    memset(buffer, 7, SIZE);
    assert_int_equal(socket_send_buffer(router, &peer, text("head"), buffer, SIZE - 1),
                     STATUS_OK);
    assert_int_equal(receive(dealer, NULL), STATUS_OK);
    assert_int_equal(frame_count, 2);
    assert_frame(0, "head");
    assert_int_equal(frames[1].size, SIZE - 1);
    assert_int_equal(frames[1].data[SIZE - 2], 7);
    socket_buffer_free(socket_buffer(1)); // one that was never sent
    socket_close(&dealer);
    socket_close(&router);
}

// ---- endpoints --------------------------------------------------------------------------

// A unix socket at the endpoint's path that nothing of libzmq knows of.
static int serve_plain(const char *at)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = at + strlen("ipc://");
    assert_true(strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void refuse(const char *at, const char *why)
{
    struct socket *socket = NULL;
    assert_int_equal(socket_bind(SOCKET_ROUTER, at, HWM, &socket, &fault),
                     STATUS_CANNOT_START);
    assert_null(socket);
    assert_int_equal(fault.status, STATUS_CANNOT_START);
    if (strstr(fault.text, why) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", fault.text, why);
    }
}

static void a_stale_ipc_file_is_taken_over(void **state)
{
    (void)state;
    int fd = serve_plain(endpoint);
    close(fd);
    assert_int_equal(access(endpoint + strlen("ipc://"), F_OK), 0);
    talk_over(endpoint);
}

static void an_endpoint_that_is_served_is_refused_and_stays_served(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, endpoint, HWM);
    refuse(endpoint, "in use");
    struct socket *dealer = connect_to(SOCKET_DEALER, endpoint, HWM);
    const struct bytes hello[] = {text("hello")};
    struct socket_peer peer = {0};
    send_soon(dealer, hello, 1);
    assert_int_equal(receive(router, &peer), STATUS_OK);
    socket_close(&dealer);
    socket_close(&router);

    print_text(endpoint, sizeof(endpoint), "ipc://%s/plain.ipc", scratch);
    int fd = serve_plain(endpoint);
    refuse(endpoint, "in use");
    close(fd);

    struct socket *tcp = bind_at(SOCKET_ROUTER, "tcp://127.0.0.1:*", HWM);
    refuse(socket_endpoint(tcp), "in use");
    socket_close(&tcp);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
    (void)state;
    scratch_write(endpoint + strlen("ipc://"), "not yours", strlen("not yours"));
    refuse(endpoint, "not a socket");
    struct stat found;
    assert_int_equal(stat(endpoint + strlen("ipc://"), &found), 0);
    assert_int_equal(found.st_size, strlen("not yours"));
}

static void endpoints_that_cannot_be_say_why(void **state)
{
    (void)state;
    char at[400];
    print_text(at, sizeof(at), "ipc://%s/missing/log.ipc", scratch);
    refuse(at, "directory is missing");

    print_text(at, sizeof(at), "ipc://%s/", scratch);
    memset(at + strlen(at), 'x', 200);
    at[strlen("ipc://") + 108] = '\0';
    refuse(at, "at most 107");
    struct socket *socket = NULL;
    assert_int_equal(socket_connect(SOCKET_DEALER, at, HWM, &socket, &fault),
                     STATUS_CANNOT_START);
    at[strlen("ipc://") + 107] = '\0';
    talk_over(at);

    memset(at, 'y', 300);
    at[300] = '\0';
    refuse(at, "longer than");
    refuse("tcp://0.0.0.0:*", "loopback");
    refuse("tcp://*:5555", "loopback");
    refuse("tcp://127.example.org:5555", "loopback");
    refuse("tcp://127.0.0.1:65536", "want a port");
    refuse("tcp://127.0.0.1:0", "want a port");
    refuse("tcp://127.0.0.1:55x", "want a port");
    refuse("tcp://127.0.0.1", "want a port");
    refuse("tcp://", "want a port");
    refuse("nonsense", "nonsense: ");
    assert_int_equal(socket_connect(SOCKET_DEALER, "nonsense", HWM, &socket, &fault),
                     STATUS_CANNOT_START);
    assert_null(socket);
}

static void a_closed_endpoint_can_be_bound_again_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        struct socket *router = bind_at(SOCKET_ROUTER, endpoint, HWM);
        socket_close(&router);
    }
    talk_over(endpoint);
}

static void the_endpoint_tells_the_port_that_was_taken(void **state)
{
    (void)state;
    struct socket *router = bind_at(SOCKET_ROUTER, "tcp://127.0.0.1:*", HWM);
    static const char head[] = "tcp://127.0.0.1:";
    assert_memory_equal(socket_endpoint(router), head, sizeof(head) - 1);
    assert_in_range(strtoul(socket_endpoint(router) + sizeof(head) - 1, NULL, 10), 1024,
                    65535);
    socket_close(&router);
    struct socket *ipc = bind_at(SOCKET_ROUTER, endpoint, HWM);
    assert_string_equal(socket_endpoint(ipc), endpoint);
    socket_close(&ipc);
}

static void a_subscriber_is_welcomed_and_gets_its_topics_alone(void **state)
{
    (void)state;
    struct socket *feed = bind_at(SOCKET_XPUB, endpoint, HWM);
    socket_welcome(feed, text("a.welcome"));
    struct socket *reader = connect_to(SOCKET_SUB, endpoint, HWM);
    socket_subscribe(reader, "a.");

    assert_int_equal(receive(feed, NULL), STATUS_OK);
    assert_int_equal(frame_count, 1);
    assert_frame(0, "\001a.");
    assert_int_equal(receive(reader, NULL), STATUS_OK);
    assert_frame(0, "a.welcome");

    const struct bytes other[] = {text("b.1"), text("not for it")};
    const struct bytes own[] = {text("a.1"), text("for it")};
    assert_int_equal(socket_send(feed, NULL, other, 2), STATUS_OK);
    assert_int_equal(socket_send(feed, NULL, own, 2), STATUS_OK);
    assert_int_equal(receive(reader, NULL), STATUS_OK);
    assert_int_equal(frame_count, 2);
    assert_frame(0, "a.1");
    assert_frame(1, "for it");
    socket_close(&reader);
    socket_close(&feed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(frames_go_and_come_whole),
        TEST(nothing_waiting_is_not_found),
        TEST(an_unknown_peer_is_not_found),
        TEST(a_peer_that_has_gone_is_not_found),
        TEST(a_dealer_without_a_peer_is_busy),
        TEST(a_full_peer_is_busy_and_loses_nothing_it_was_given),
        TEST(a_message_of_too_many_frames_is_eaten_whole),
        TEST(a_chosen_id_is_taken_up_to_16_bytes_and_refused_above),
        TEST(a_message_over_the_size_limit_never_arrives),
        TEST(a_held_frame_outlives_the_next_receive),
        TEST(a_buffer_is_handed_over_as_the_last_frame),
        TEST(a_stale_ipc_file_is_taken_over),
        TEST(an_endpoint_that_is_served_is_refused_and_stays_served),
        TEST(a_file_that_is_no_socket_is_left_alone),
        TEST(endpoints_that_cannot_be_say_why),
        TEST(a_closed_endpoint_can_be_bound_again_at_once),
        TEST(the_endpoint_tells_the_port_that_was_taken),
        TEST(a_subscriber_is_welcomed_and_gets_its_topics_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
