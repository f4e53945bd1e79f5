/* loop.c: ZeroMQ inside libev.
 *
 * ZMQ_FD does not mean "readable". It is the socket's mailbox: it turns readable when
 * something changed inside, and any call on the socket may silently consume that edge. A loop
 * that trusts the descriptor therefore sleeps on a full queue. The rule here: never sleep
 * without having asked every socket for ZMQ_EVENTS after the last call on any of them.
 * `prepare` is the last thing to run before the sleep, so it asks there.
 *
 *     prepare   before_sleep hooks, then ask; something left, or loop_again -> keep an idle
 *               watcher active, which makes libev poll without blocking
 *     io        one per ZMQ_FD; its callback does nothing, it only ends the sleep
 *     check     ask again, call ready() for each socket that has input
 *     tick      each 100 ms; a socket that has input then, though its descriptor is silent,
 *               was slept on: counted in lost_edges
 *
 * Source: libev manual, "ev_prepare and ev_check"; libzmq zmq_getsockopt(3), ZMQ_FD.
 */
#include "broker/runtime/loop.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include <ev.h>

#include "broker/runtime/socket.h"

enum {
    SOCKETS_MAX = 16,
    HOOKS_MAX = 16,
    SIGNALS_MAX = 16,
    FDS_MAX = 64
};

static const double tick_s = 0.1;

struct call {
    loop_fn fn;
    void *context;
};

struct watched {
    struct socket *socket; // NULL: a free place
    struct call ready;
    ev_io io;
};

struct on_signal {
    struct call fire;
    ev_signal ev;
};

struct on_fd {
    bool is_used;
    struct call ready;
    ev_io io;
};

struct loop {
    struct ev_loop *ev;
    ev_prepare prepare;
    ev_check check;
    ev_idle idle;
    ev_timer tick;
    bool has_ticked; // since the last check
    bool again;
    bool is_stopping;
    uint64_t lost_edges;
    size_t hook_count;
    size_t signal_count;
    struct call hooks[HOOKS_MAX];
    struct watched watched[SOCKETS_MAX];
    struct on_signal signals[SIGNALS_MAX];
    struct on_fd fds[FDS_MAX];
};

struct loop_timer {
    struct loop *loop;
    struct call fire;
    ev_timer ev;
};

struct loop_wake {
    struct loop *loop;
    struct call fire;
    ev_async ev;
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    int done = clock_gettime(clock, &now);
    assert(done == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t loop_steady_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t loop_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

// ---- the turn ---------------------------------------------------------------------------

static void run_hooks(struct loop *loop)
{
    for (size_t i = 0; i < loop->hook_count; i++) {
        loop->hooks[i].fn(loop->hooks[i].context);
    }
}

static void on_prepare(struct ev_loop *ev, ev_prepare *prepare, int revents)
{
    (void)revents; // libev's signature
    struct loop *loop = prepare->data;

    run_hooks(loop);
    bool more = loop->again;
    loop->again = false;
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        struct watched *watched = &loop->watched[i];
        if (watched->socket != NULL && socket_has_input(watched->socket)) {
            more = true;
        }
    }
    if (more) {
        ev_idle_start(ev, &loop->idle);
    } else {
        ev_idle_stop(ev, &loop->idle);
    }
}

// After a tick only: whether the descriptor would have ended the sleep. Asked before
// ZMQ_EVENTS, which consumes the edge.
static bool is_edge_there(const struct socket *socket)
{
    struct pollfd fd = {.fd = socket_fd(socket), .events = POLLIN};
    int ready = poll(&fd, 1, 0);
    return ready != 0; // an interrupted poll cannot tell, so it accuses nobody
}

static void on_check(struct ev_loop *ev, ev_check *check, int revents)
{
    (void)ev;
    (void)revents;
    struct loop *loop = check->data;
    bool is_suspicious = loop->has_ticked && !ev_is_active(&loop->idle);
    loop->has_ticked = false;

    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        // A callback may forget this socket or others, so each place is looked at anew.
        struct watched *watched = &loop->watched[i];
        if (watched->socket == NULL) {
            continue;
        }
        bool edge = !is_suspicious || is_edge_there(watched->socket);
        if (!socket_has_input(watched->socket)) {
            continue;
        }
        if (!edge) {
            loop->lost_edges++;
        }
        watched->ready.fn(watched->ready.context);
    }
}

static void on_idle(struct ev_loop *ev, ev_idle *idle, int revents)
{
    (void)ev; // that it is active is all that counts
    (void)idle;
    (void)revents;
}

static void on_edge(struct ev_loop *ev, ev_io *io, int revents)
{
    (void)ev; // it has ended the sleep; on_check asks the socket itself
    (void)io;
    (void)revents;
}

static void on_tick(struct ev_loop *ev, ev_timer *tick, int revents)
{
    (void)ev;
    (void)revents;
    struct loop *loop = tick->data;
    loop->has_ticked = true;
}

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    assert(loop != NULL);
    loop->ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    assert(loop->ev != NULL);

    ev_prepare_init(&loop->prepare, on_prepare);
    loop->prepare.data = loop;
    ev_prepare_start(loop->ev, &loop->prepare);
    ev_check_init(&loop->check, on_check);
    loop->check.data = loop;
    ev_check_start(loop->ev, &loop->check);
    ev_idle_init(&loop->idle, on_idle);
    ev_timer_init(&loop->tick, on_tick, tick_s, tick_s);
    ev_set_priority(&loop->tick, EV_MAXPRI); // heard before on_check of the same turn
    loop->tick.data = loop;
    ev_timer_start(loop->ev, &loop->tick);
    return loop;
}

void loop_free(struct loop **loop)
{
    struct loop *self = *loop;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        if (self->watched[i].socket != NULL) {
            loop_unwatch(self, self->watched[i].socket);
        }
    }
    for (size_t i = 0; i < FDS_MAX; i++) {
        if (self->fds[i].is_used) {
            ev_io_stop(self->ev, &self->fds[i].io);
        }
    }
    for (size_t i = 0; i < self->signal_count; i++) {
        ev_signal_stop(self->ev, &self->signals[i].ev);
    }
    ev_loop_destroy(self->ev);
    free(self);
    *loop = NULL;
}

void loop_run(struct loop *loop)
{
    if (!loop->is_stopping) {
        ev_run(loop->ev, 0);
    }
    loop->is_stopping = false;
    run_hooks(loop);
}

void loop_stop(struct loop *loop)
{
    loop->is_stopping = true;
    ev_break(loop->ev, EVBREAK_ALL);
}

void loop_again(struct loop *loop)
{
    loop->again = true;
}

void loop_before_sleep(struct loop *loop, loop_fn flush, void *context)
{
    assert(loop->hook_count < HOOKS_MAX);
    loop->hooks[loop->hook_count++] = (struct call){flush, context};
}

uint64_t loop_lost_edges(const struct loop *loop)
{
    return loop->lost_edges;
}

// ---- sockets and descriptors ------------------------------------------------------------

static struct watched *find_watched(struct loop *loop, const struct socket *socket)
{
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        if (loop->watched[i].socket == socket) {
            return &loop->watched[i];
        }
    }
    return NULL;
}

void loop_watch(struct loop *loop, struct socket *socket, loop_fn ready, void *context)
{
    assert(socket != NULL);
    assert(find_watched(loop, socket) == NULL);
    struct watched *watched = find_watched(loop, NULL);
    assert(watched != NULL); // at most SOCKETS_MAX
    watched->socket = socket;
    watched->ready = (struct call){ready, context};
    ev_io_init(&watched->io, on_edge, socket_fd(socket), EV_READ);
    ev_io_start(loop->ev, &watched->io);
}

void loop_unwatch(struct loop *loop, struct socket *socket)
{
    assert(socket != NULL);
    struct watched *watched = find_watched(loop, socket);
    assert(watched != NULL);
    ev_io_stop(loop->ev, &watched->io);
    watched->socket = NULL;
}

static void on_readable(struct ev_loop *ev, ev_io *io, int revents)
{
    (void)ev;
    (void)revents;
    struct on_fd *fd = io->data;
    fd->ready.fn(fd->ready.context);
}

// The place of a descriptor; -1: a free one. NULL: there is none.
static struct on_fd *find_fd(struct loop *loop, int fd)
{
    for (size_t i = 0; i < FDS_MAX; i++) {
        struct on_fd *place = &loop->fds[i];
        if (place->is_used ? place->io.fd == fd : fd < 0) {
            return place;
        }
    }
    return NULL;
}

void loop_readable(struct loop *loop, int fd, loop_fn ready, void *context)
{
    assert(fd >= 0);
    assert(find_fd(loop, fd) == NULL);
    struct on_fd *place = find_fd(loop, -1);
    assert(place != NULL); // at most FDS_MAX
    place->is_used = true;
    place->ready = (struct call){ready, context};
    ev_io_init(&place->io, on_readable, fd, EV_READ);
    place->io.data = place;
    ev_io_start(loop->ev, &place->io);
}

void loop_unreadable(struct loop *loop, int fd)
{
    struct on_fd *place = find_fd(loop, fd);
    assert(place != NULL);
    ev_io_stop(loop->ev, &place->io);
    place->is_used = false;
}

// ---- timers, signals, wake-ups ----------------------------------------------------------

static void on_timer(struct ev_loop *ev, ev_timer *event, int revents)
{
    (void)ev;
    (void)revents;
    struct loop_timer *timer = event->data;
    timer->fire.fn(timer->fire.context); // may free the timer
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_fn fire, void *context)
{
    struct loop_timer *timer = calloc(1, sizeof(*timer));
    assert(timer != NULL);
    timer->loop = loop;
    timer->fire = (struct call){fire, context};
    ev_timer_init(&timer->ev, on_timer, 0., 0.);
    timer->ev.data = timer;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms)
{
    assert(after_ms >= 0);
    assert(repeat_ms >= 0);
    ev_timer_stop(timer->loop->ev, &timer->ev);
    // libev counts from the start of the turn, which may have been long.
    ev_now_update(timer->loop->ev);
    ev_timer_set(&timer->ev, (double)after_ms / 1000., (double)repeat_ms / 1000.);
    ev_timer_start(timer->loop->ev, &timer->ev);
}

void loop_timer_stop(struct loop_timer *timer)
{
    ev_timer_stop(timer->loop->ev, &timer->ev);
}

void loop_timer_free(struct loop_timer **timer)
{
    if (*timer == NULL) {
        return;
    }
    loop_timer_stop(*timer);
    free(*timer);
    *timer = NULL;
}

static void on_signal(struct ev_loop *ev, ev_signal *event, int revents)
{
    (void)ev;
    (void)revents;
    struct on_signal *signal = event->data;
    signal->fire.fn(signal->fire.context);
}

void loop_signal(struct loop *loop, int signal_no, loop_fn fire, void *context)
{
    assert(loop->signal_count < SIGNALS_MAX);
    struct on_signal *signal = &loop->signals[loop->signal_count++];
    signal->fire = (struct call){fire, context};
    ev_signal_init(&signal->ev, on_signal, signal_no);
    signal->ev.data = signal;
    ev_signal_start(loop->ev, &signal->ev);
}

static void on_wake(struct ev_loop *ev, ev_async *event, int revents)
{
    (void)ev;
    (void)revents;
    struct loop_wake *wake = event->data;
    wake->fire.fn(wake->fire.context);
}

struct loop_wake *loop_wake_new(struct loop *loop, loop_fn fire, void *context)
{
    struct loop_wake *wake = calloc(1, sizeof(*wake));
    assert(wake != NULL);
    wake->loop = loop;
    wake->fire = (struct call){fire, context};
    ev_async_init(&wake->ev, on_wake);
    wake->ev.data = wake;
    ev_async_start(loop->ev, &wake->ev);
    return wake;
}

void loop_wake_send(struct loop_wake *wake)
{
    ev_async_send(wake->loop->ev, &wake->ev);
}

void loop_wake_free(struct loop_wake **wake)
{
    if (*wake == NULL) {
        return;
    }
    ev_async_stop((*wake)->loop->ev, &(*wake)->ev);
    free(*wake);
    *wake = NULL;
}
