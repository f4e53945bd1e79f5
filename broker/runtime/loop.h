/* loop.h: one thread's event loop: libev with ZeroMQ inside, timers, signals, wake-ups.
 *
 * A turn: ready callbacks, timers, before_sleep, sleep. Work is collected during the turn and
 * flushed in before_sleep. The rule that makes ZeroMQ work here: never sleep without having
 * asked every socket for ZMQ_EVENTS after the last call on any of them (loop.c tells why).
 *
 * Source: libev manual, "ev_prepare and ev_check"; zmq_getsockopt(3), ZMQ_FD.
 */
#ifndef RUNTIME_LOOP_H
#define RUNTIME_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct socket;
struct loop_timer;
struct loop_wake;

typedef void (*loop_fn)(void *context);

/* Never fails: aborts when the process cannot even start. */
struct loop *loop_new(void);
/* Everything registered is forgotten; sockets are not closed. */
void loop_free(struct loop **loop);

/* Runs until loop_stop; what was flushed before each sleep is flushed once more at the end. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* `ready` is called when the socket may have input, once a turn; it reads at most its own
 * budget and is called again in the next turn while there is more. At most 16 sockets. */
void loop_watch(struct loop *loop, struct socket *socket, loop_fn ready, void *context);
void loop_unwatch(struct loop *loop, struct socket *socket);

/* Called at the end of each turn, before the sleep, in order of registration. */
void loop_before_sleep(struct loop *loop, loop_fn flush, void *context);

/* Makes the next turn come without sleep: there is work that no socket signals. */
void loop_again(struct loop *loop);

/* A timer on the steady clock; starts stopped. Lives until loop_timer_free. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_fn fire, void *context);
void loop_timer_start(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer **timer);

/* SIGTERM, SIGINT, SIGHUP, SIGCHLD ... delivered in the loop. */
void loop_signal(struct loop *loop, int signal_no, loop_fn fire, void *context);

/* A file descriptor that is readable (stdin, pipes). */
void loop_readable(struct loop *loop, int fd, loop_fn ready, void *context);
void loop_unreadable(struct loop *loop, int fd);

/* Another thread calls loop_wake_send; `fire` runs in the loop, once for any number of
 * sends. */
struct loop_wake *loop_wake_new(struct loop *loop, loop_fn fire, void *context);
void loop_wake_send(struct loop_wake *wake);
void loop_wake_free(struct loop_wake **wake);

/* How often a socket had input that no descriptor told of, found by a tick each 100 ms only.
 * Anything but 0 is a broken loop: work would have waited for ever. */
uint64_t loop_lost_edges(const struct loop *loop);

int64_t loop_steady_ms(void);
int64_t loop_wall_ms(void);

#endif
