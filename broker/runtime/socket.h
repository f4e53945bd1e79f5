/* socket.h: ZeroMQ sockets with the options this product needs, and nothing of zmq.h.
 *
 * All sockets: LINGER 0, MAXMSGSIZE MESSAGE_SIZE_MAX, HANDSHAKE_IVL 1500 ms, BACKLOG 4096,
 * heartbeats 2 s / 6 s. ROUTER: MANDATORY. DEALER: IMMEDIATE, reconnect 100 ms .. 2 s.
 * Source: libzmq 4.3.4 options.cpp (defaults are unbounded); reference measurements.
 *
 * One zmq context a process. Sockets belong to the thread of their loop.
 */
#ifndef RUNTIME_SOCKET_H
#define RUNTIME_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/limits.h"
#include "proto/status.h"

struct socket;

enum socket_type {
    SOCKET_ROUTER,
    SOCKET_DEALER,
    SOCKET_XPUB,
    SOCKET_SUB
};

enum {
    PEER_SIZE_MAX =
        16 /* generated routing ids have 5 bytes; chosen ones are cut off: refused */
};

/* Whom a message of a ROUTER came from or goes to. */
struct socket_peer {
    uint8_t size;
    uint8_t id[PEER_SIZE_MAX];
};

/* Fails: CANNOT_START: endpoint in use, path too long, directory missing, a tcp address other
 * than loopback (text says which). An ipc endpoint whose file nobody serves any more is taken
 * over. "tcp://127.0.0.1:*" takes a free port.
 * `hwm` messages each way per peer. */
MUST_CHECK enum status socket_bind(enum socket_type type, const char *endpoint, int hwm,
                                   struct socket **socket, struct fault *fault);
/* Never waits: the peer may come later. */
MUST_CHECK enum status socket_connect(enum socket_type type, const char *endpoint, int hwm,
                                      struct socket **socket, struct fault *fault);
void socket_close(struct socket **socket);

/* For SUB: "" takes everything. For XPUB: the first message to each new subscriber of a
 * prefix of it. */
void socket_subscribe(struct socket *socket, const char *prefix);
void socket_welcome(struct socket *socket, struct bytes message);

/* One whole message. For a ROUTER, *peer says who sent it and the frames are what follows.
 * Frames are borrowed until the next receive on this socket.
 * Fails: NOT_FOUND (nothing waits), TOO_LARGE (more than frames_max frames: the message is
 *        eaten; or an id longer than PEER_SIZE_MAX: eaten as well, peer->size is 0, so
 *        nobody can be answered; diag has said so). */
MUST_CHECK enum status socket_receive(struct socket *socket, struct socket_peer *peer,
                                      struct bytes *frames, size_t frames_max,
                                      size_t *frame_count);

/* As socket_receive, but the caller keeps the memory of the last frame: *held must be given
 * to socket_release. For the append path, which holds frames until their commit. */
struct socket_held;
MUST_CHECK enum status socket_receive_held(struct socket *socket, struct socket_peer *peer,
                                           struct bytes *frames, size_t frames_max,
                                           size_t *frame_count, struct socket_held **held);
void socket_release(struct socket_held **held);

/* Sends a whole message or nothing; never blocks; copies. `peer` NULL but for a ROUTER.
 * Fails: BUSY (the peer's queue is full), NOT_FOUND (the peer has gone). */
MUST_CHECK enum status socket_send(struct socket *socket, const struct socket_peer *peer,
                                   const struct bytes *frames, size_t frame_count);

/* Hands a buffer made by socket_buffer over instead of copying it: for large messages. The
 * buffer is the last frame and belongs to the socket afterwards, also on failure. */
uint8_t *socket_buffer(size_t size);
void socket_buffer_free(uint8_t *buffer);
MUST_CHECK enum status socket_send_buffer(struct socket *socket,
                                          const struct socket_peer *peer, struct bytes head,
                                          uint8_t *buffer, size_t size);

/* Where a bound socket really listens ("tcp://127.0.0.1:40123"); a connected one: where it
 * was told to go. Lives as long as the socket. */
const char *socket_endpoint(const struct socket *socket);

/* For loop.c. */
int socket_fd(const struct socket *socket);
bool socket_has_input(struct socket *socket);

#endif
