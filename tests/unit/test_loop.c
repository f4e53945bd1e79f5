/* test_loop.c: the loop never sleeps on work, and keeps its order.
 *
 * The flood is what small tests hide: with more messages in flight than one turn reads, a loop
 * that trusts the descriptor stops for good. The 100 ms tick would rescue it, slowly; so the
 * tests assert that the tick never found anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/runtime/loop.h"
#include "broker/runtime/socket.h"
#include "tests/unit/scratch.h"

enum {
    DEADLINE_MS = 60000,
    HWM = 4096,
    BUDGET = 16,
    FLOOD_MESSAGES = 20000,
    LOG_SIZE = 256
};

static char scratch[SCRATCH_PATH_SIZE];
static char ipc_endpoint[128];

// What happened, one character each; the loop under test and its watchdog.
static char happened[LOG_SIZE];
static struct loop *loop;
static struct loop_timer *watchdog;
static bool is_late;

static void note(char what)
{
    size_t size = strlen(happened);
    if (size + 1 < sizeof(happened)) {
        happened[size] = what;
    }
}

static void on_late(void *context)
{
    is_late = true;
    loop_stop(context);
}

static int set_up(void **state)
{
    (void)state;
    scratch_make(scratch);
    print_text(ipc_endpoint, sizeof(ipc_endpoint), "ipc://%s/flood.ipc", scratch);
    memset(happened, 0, sizeof(happened));
    is_late = false;
    loop = loop_new();
    watchdog = loop_timer_new(loop, on_late, loop);
    loop_timer_start(watchdog, DEADLINE_MS, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_timer_free(&watchdog);
    loop_free(&loop);
    assert_null(loop);
    loop_free(&loop); // nothing is left to free
    scratch_remove(scratch);
    return 0;
}

static void run_loop(void)
{
    loop_run(loop);
    assert_false(is_late);
}

static void stop(void *context)
{
    (void)context;
    loop_stop(loop);
}

// ---- the flood --------------------------------------------------------------------------

// Answers each message, from before_sleep, as the broker does.
struct server {
    struct socket *socket;
    struct loop *loop;
    struct socket_peer peer;
    unsigned unanswered;
};

static void server_ready(void *context)
{
    struct server *server = context;
    struct bytes frame;
    size_t frame_count = 0;
    for (int i = 0; i < BUDGET; i++) {
        if (socket_receive(server->socket, &server->peer, &frame, 1, &frame_count) !=
            STATUS_OK) {
            return;
        }
        server->unanswered++;
    }
}

static void server_flush(void *context)
{
    struct server *server = context;
    const struct bytes answer = {(const uint8_t *)"a", 1};
    while (server->unanswered > 0) {
        if (socket_send(server->socket, &server->peer, &answer, 1) != STATUS_OK) {
            loop_again(server->loop);
            return;
        }
        server->unanswered--;
    }
}

// Keeps `window` messages unanswered; in its own thread, with its own loop.
struct client {
    const char *endpoint;
    unsigned window;
    unsigned sent;
    unsigned answered;
    bool is_late;
    uint64_t lost_edges;
    struct loop *loop;
    struct socket *socket;
    struct loop_wake *server_stop;
};

static void client_ready(void *context)
{
    struct client *client = context;
    struct bytes frame;
    size_t frame_count = 0;
    for (int i = 0; i < BUDGET; i++) {
        if (socket_receive(client->socket, NULL, &frame, 1, &frame_count) != STATUS_OK) {
            return;
        }
        client->answered++;
    }
}

static void client_flush(void *context)
{
    struct client *client = context;
    const struct bytes ask = {(const uint8_t *)"q", 1};
    if (client->answered == FLOOD_MESSAGES) {
        loop_stop(client->loop);
        return;
    }
    while (client->sent < FLOOD_MESSAGES &&
           client->sent - client->answered < client->window) {
        if (socket_send(client->socket, NULL, &ask, 1) != STATUS_OK) {
            return; // not connected yet: the connection ends the sleep
        }
        client->sent++;
    }
}

static void client_late(void *context)
{
    struct client *client = context;
    client->is_late = true;
    loop_stop(client->loop);
}

static void *client_main(void *context)
{
    struct client *client = context;
    struct fault fault;
    client->loop = loop_new();
    enum status status =
        socket_connect(SOCKET_DEALER, client->endpoint, HWM, &client->socket, &fault);
    if (status != STATUS_OK) {
        abort();
    }
    struct loop_timer *late = loop_timer_new(client->loop, client_late, client);
    loop_timer_start(late, DEADLINE_MS, 0);
    loop_watch(client->loop, client->socket, client_ready, client);
    loop_before_sleep(client->loop, client_flush, client);
    loop_run(client->loop);
    client->lost_edges = loop_lost_edges(client->loop);
    loop_unwatch(client->loop, client->socket);
    loop_timer_free(&late);
    socket_close(&client->socket);
    loop_free(&client->loop);
    loop_wake_send(client->server_stop);
    return NULL;
}

static void flood(const char *endpoint, unsigned window)
{
    struct server server = {.loop = loop};
    struct fault fault;
    if (socket_bind(SOCKET_ROUTER, endpoint, HWM, &server.socket, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    loop_watch(loop, server.socket, server_ready, &server);
    loop_before_sleep(loop, server_flush, &server);
    struct client client = {.endpoint = socket_endpoint(server.socket), .window = window};
    client.server_stop = loop_wake_new(loop, stop, NULL);

    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, client_main, &client), 0);
    loop_run(loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    uint64_t lost_edges = loop_lost_edges(loop);
    loop_unwatch(loop, server.socket);
    loop_wake_free(&client.server_stop);
    socket_close(&server.socket);

    assert_false(is_late);
    assert_false(client.is_late);
    assert_int_equal(client.answered, FLOOD_MESSAGES);
    assert_int_equal(client.lost_edges, 0);
    assert_int_equal(lost_edges, 0);
}

static void a_flood_of_64_in_flight_over_ipc_never_waits_for_the_tick(void **state)
{
    (void)state;
    flood(ipc_endpoint, 64);
}

static void a_flood_of_1024_in_flight_over_ipc_never_waits_for_the_tick(void **state)
{
    (void)state;
    flood(ipc_endpoint, 1024);
}

static void a_flood_of_64_in_flight_over_tcp_never_waits_for_the_tick(void **state)
{
    (void)state;
    flood("tcp://127.0.0.1:*", 64);
}

static void a_flood_of_1024_in_flight_over_tcp_never_waits_for_the_tick(void **state)
{
    (void)state;
    flood("tcp://127.0.0.1:*", 1024);
}

// ---- a pair of sockets ------------------------------------------------------------------

static struct socket *router;
static struct socket *dealer;

static void open_pair(void)
{
    struct fault fault;
    assert_int_equal(socket_bind(SOCKET_ROUTER, ipc_endpoint, HWM, &router, &fault),
                     STATUS_OK);
    assert_int_equal(socket_connect(SOCKET_DEALER, ipc_endpoint, HWM, &dealer, &fault),
                     STATUS_OK);
}

static void close_pair(void)
{
    socket_close(&dealer);
    socket_close(&router);
}

static bool take_one(void)
{
    struct socket_peer peer;
    struct bytes frame;
    size_t frame_count = 0;
    return socket_receive(router, &peer, &frame, 1, &frame_count) == STATUS_OK;
}

static unsigned to_send;

static void send_all(void *context)
{
    (void)context;
    const struct bytes message = {(const uint8_t *)"m", 1};
    while (to_send > 0 && socket_send(dealer, NULL, &message, 1) == STATUS_OK) {
        to_send--;
    }
}

static unsigned taken;

static void take_one_a_turn(void *context)
{
    (void)context;
    assert_true(take_one());
    note('r');
    taken++;
    if (taken == 5) {
        loop_stop(loop);
    }
}

static void note_turn(void *context)
{
    (void)context;
    if (taken > 0) {
        note('.');
    }
}

static void ready_is_called_once_a_turn_while_there_is_more(void **state)
{
    (void)state;
    open_pair();
    to_send = 5;
    taken = 0;
    loop_watch(loop, router, take_one_a_turn, NULL);
    loop_watch(loop, dealer, stop, NULL); // its connection ends the sleep
    loop_before_sleep(loop, send_all, NULL);
    loop_before_sleep(loop, note_turn, NULL);
    run_loop();
    loop_unwatch(loop, dealer);
    loop_unwatch(loop, router);
    assert_non_null(strstr(happened, "r."));
    assert_null(strstr(happened, "rr"));
    assert_int_equal(taken, 5);
    assert_int_equal(loop_lost_edges(loop), 0);
    close_pair();
}

static void forget_and_close(void *context)
{
    (void)context;
    assert_true(take_one());
    note('r');
    loop_unwatch(loop, router);
    loop_unwatch(loop, dealer);
    close_pair();
    loop_stop(loop);
}

static void a_callback_may_forget_and_close_its_socket_and_others(void **state)
{
    (void)state;
    open_pair();
    to_send = 3;
    loop_watch(loop, router, forget_and_close, NULL);
    loop_watch(loop, dealer, stop, NULL);
    loop_before_sleep(loop, send_all, NULL);
    run_loop();
    assert_string_equal(happened, "r");
}

static void sixteen_sockets_can_be_watched_and_places_are_used_again(void **state)
{
    (void)state;
    struct socket *sockets[16];
    struct fault fault;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 16; i++) {
            assert_int_equal(
                socket_connect(SOCKET_DEALER, ipc_endpoint, HWM, &sockets[i], &fault),
                STATUS_OK);
            loop_watch(loop, sockets[i], stop, NULL);
        }
        for (size_t i = 0; i < 16; i++) {
            loop_unwatch(loop, sockets[i]);
            socket_close(&sockets[i]);
        }
    }
}

// ---- hooks ------------------------------------------------------------------------------

static void note_a(void *context)
{
    (void)context;
    note('a');
}

static void note_b(void *context)
{
    (void)context;
    note('b');
}

static void hooks_run_in_order_and_once_more_after_the_stop(void **state)
{
    (void)state;
    struct loop_timer *timer = loop_timer_new(loop, stop, NULL);
    loop_timer_start(timer, 0, 0);
    loop_before_sleep(loop, note_a, NULL);
    loop_before_sleep(loop, note_b, NULL);
    run_loop();
    assert_string_equal(happened, "abab");
    loop_timer_free(&timer);
}

static void a_stop_before_the_run_ends_it_at_once(void **state)
{
    (void)state;
    loop_before_sleep(loop, note_a, NULL);
    loop_stop(loop);
    run_loop();
    assert_string_equal(happened, "a");
}

static unsigned turns;

static void ask_for_another_turn(void *context)
{
    (void)context;
    turns++;
    if (turns == 1000) {
        loop_stop(loop);
        return;
    }
    loop_again(loop);
}

static void again_brings_the_next_turn_without_sleep(void **state)
{
    (void)state;
    turns = 0;
    loop_before_sleep(loop, ask_for_another_turn, NULL);
    int64_t start_steady_ms = loop_steady_ms();
    run_loop();
    // Slept turns would end with the tick of 100 ms each: 100 s.
    assert_true(loop_steady_ms() - start_steady_ms < 20000);
    assert_true(turns >= 1000);
}

static void count_turn(void *context)
{
    (void)context;
    turns++;
}

static void without_again_the_loop_sleeps(void **state)
{
    (void)state;
    turns = 0;
    struct loop_timer *timer = loop_timer_new(loop, stop, NULL);
    loop_timer_start(timer, 250, 0);
    loop_before_sleep(loop, count_turn, NULL);
    run_loop();
    assert_true(turns <= 10); // a tick each 100 ms, the timer, the start, the end
    loop_timer_free(&timer);
}

// ---- timers -----------------------------------------------------------------------------

struct timer_note {
    char what;
    struct loop_timer *timer;
};

static void fire_note(void *context)
{
    const struct timer_note *timer = context;
    note(timer->what);
}

static void timers_fire_in_order_of_their_time_and_not_early(void **state)
{
    (void)state;
    struct timer_note first = {.what = '1'};
    struct timer_note second = {.what = '2'};
    struct timer_note stopped = {.what = 'x'};
    struct timer_note never = {.what = 'y'};
    first.timer = loop_timer_new(loop, fire_note, &first);
    second.timer = loop_timer_new(loop, fire_note, &second);
    stopped.timer = loop_timer_new(loop, fire_note, &stopped);
    never.timer = loop_timer_new(loop, fire_note, &never);
    struct loop_timer *end = loop_timer_new(loop, stop, NULL);
    int64_t start_steady_ms = loop_steady_ms();
    loop_timer_start(end, 60, 0);
    loop_timer_start(second.timer, 30, 0);
    loop_timer_start(first.timer, 20, 0);
    loop_timer_start(stopped.timer, 10, 0);
    loop_timer_stop(stopped.timer);
    run_loop();
    assert_true(loop_steady_ms() - start_steady_ms >= 59); // the clocks round down
    assert_string_equal(happened, "12");
    loop_timer_free(&first.timer);
    loop_timer_free(&second.timer);
    loop_timer_free(&stopped.timer);
    loop_timer_free(&never.timer);
    loop_timer_free(&end);
    loop_timer_free(&end); // nothing is left to free
}

static struct timer_note repeated;

static void fire_and_stop_after_three(void *context)
{
    (void)context;
    note('t');
    if (strcmp(happened, "ttt") == 0) {
        loop_timer_stop(repeated.timer);
        loop_stop(loop);
    }
}

static void a_repeated_timer_fires_until_it_is_stopped(void **state)
{
    (void)state;
    repeated.timer = loop_timer_new(loop, fire_and_stop_after_three, NULL);
    loop_timer_start(repeated.timer, 0, 5);
    run_loop();
    assert_string_equal(happened, "ttt");
    loop_timer_free(&repeated.timer);
}

static void fire_and_free(void *context)
{
    (void)context;
    note('f');
    loop_timer_free(&repeated.timer);
    loop_stop(loop);
}

static void a_timer_may_be_freed_by_its_own_callback(void **state)
{
    (void)state;
    repeated.timer = loop_timer_new(loop, fire_and_free, NULL);
    loop_timer_start(repeated.timer, 1, 1);
    run_loop();
    assert_string_equal(happened, "f");
    assert_null(repeated.timer);
}

static void a_timer_started_again_counts_from_then(void **state)
{
    (void)state;
    struct timer_note moved = {.what = 'm'};
    moved.timer = loop_timer_new(loop, fire_note, &moved);
    struct loop_timer *end = loop_timer_new(loop, stop, NULL);
    loop_timer_start(moved.timer, 1, 0);
    loop_timer_start(end, 20, 0);
    loop_timer_start(moved.timer, 50000, 0);
    run_loop();
    assert_string_equal(happened, "");
    loop_timer_free(&moved.timer);
    loop_timer_free(&end);
}

// ---- signals, descriptors, wake-ups -----------------------------------------------------

static void on_user_signal(void *context)
{
    (void)context;
    note('s');
    loop_stop(loop);
}

static void a_signal_is_delivered_in_the_loop(void **state)
{
    (void)state;
    loop_signal(loop, SIGUSR1, on_user_signal, NULL);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_string_equal(happened, "");
    run_loop();
    assert_string_equal(happened, "s");
}

static int pipe_fds[2];

static void on_pipe(void *context)
{
    (void)context;
    char byte = 0;
    if (read(pipe_fds[0], &byte, 1) == 1) {
        note(byte);
        return;
    }
    note('e');
    loop_unreadable(loop, pipe_fds[0]);
    loop_stop(loop);
}

static void a_descriptor_is_told_until_it_is_forgotten(void **state)
{
    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(write(pipe_fds[1], "xy", 2), 2);
    close(pipe_fds[1]);
    loop_readable(loop, pipe_fds[0], on_pipe, NULL);
    run_loop();
    assert_string_equal(happened, "xye");
    close(pipe_fds[0]);
}

static struct loop_wake *wake;

static void on_wake(void *context)
{
    (void)context;
    note('w');
    loop_stop(loop);
}

static void *send_three(void *context)
{
    (void)context;
    for (int i = 0; i < 3; i++) {
        loop_wake_send(wake);
    }
    return NULL;
}

static void wakes_of_another_thread_fire_once(void **state)
{
    (void)state;
    wake = loop_wake_new(loop, on_wake, NULL);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_three, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    run_loop();
    assert_string_equal(happened, "w");
    loop_wake_free(&wake);
    loop_wake_free(&wake); // nothing is left to free
}

static void
the_steady_clock_never_goes_back_and_the_wall_clock_is_of_this_century(void **state)
{
    (void)state;
    int64_t before = loop_steady_ms();
    for (int i = 0; i < 1000; i++) {
        int64_t now = loop_steady_ms();
        assert_true(now >= before);
        before = now;
    }
    assert_true(loop_wall_ms() > 1577836800000); // 2020-01-01
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_flood_of_64_in_flight_over_ipc_never_waits_for_the_tick),
        TEST(a_flood_of_1024_in_flight_over_ipc_never_waits_for_the_tick),
        TEST(a_flood_of_64_in_flight_over_tcp_never_waits_for_the_tick),
        TEST(a_flood_of_1024_in_flight_over_tcp_never_waits_for_the_tick),
        TEST(ready_is_called_once_a_turn_while_there_is_more),
        TEST(a_callback_may_forget_and_close_its_socket_and_others),
        TEST(sixteen_sockets_can_be_watched_and_places_are_used_again),
        TEST(hooks_run_in_order_and_once_more_after_the_stop),
        TEST(a_stop_before_the_run_ends_it_at_once),
        TEST(again_brings_the_next_turn_without_sleep),
        TEST(without_again_the_loop_sleeps),
        TEST(timers_fire_in_order_of_their_time_and_not_early),
        TEST(a_repeated_timer_fires_until_it_is_stopped),
        TEST(a_timer_may_be_freed_by_its_own_callback),
        TEST(a_timer_started_again_counts_from_then),
        TEST(a_signal_is_delivered_in_the_loop),
        TEST(a_descriptor_is_told_until_it_is_forgotten),
        TEST(wakes_of_another_thread_fire_once),
        TEST(the_steady_clock_never_goes_back_and_the_wall_clock_is_of_this_century),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
