/* socket.c: the only place that calls libzmq (loop.c asks for its descriptor here).
 *
 * Invariants
 *  1. Nothing blocks: every call carries ZMQ_DONTWAIT.
 *  2. A message goes out whole or not at all. libzmq decides at its first frame; from then on
 *     no frame can be refused, so a refusal there is a broken program.
 *  3. A message comes in whole: libzmq shows its first frame only when the last has come.
 *  4. Frames that were handed out stay until the next receive, in socket->frames.
 *
 * Source: zmq_socket(3), ZMQ_ROUTER_MANDATORY; libzmq 4.3.4 router.cpp, pipe.cpp.
 */
#include "broker/runtime/socket.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/endpoint.h"

enum {
    HANDSHAKE_IVL_MS = 1500,
    BACKLOG = 4096,
    HEARTBEAT_IVL_MS = 2000,
    HEARTBEAT_TIMEOUT_MS = 6000,
    RECONNECT_MS = 100,
    RECONNECT_MAX_MS = 2000
};

struct socket {
    void *zmq;
    enum socket_type type;
    bool is_bound;
    int fd;
    char endpoint[ENDPOINT_SIZE];
    size_t frame_count; // of frames that are open
    zmq_msg_t frames[FRAMES_MAX];
};

struct socket_held {
    zmq_msg_t frame;
};

// One context a process, never terminated: its sockets end with the process.
static void *zmq_context;
static pthread_once_t zmq_context_once = PTHREAD_ONCE_INIT;

static void make_context(void)
{
    zmq_context = zmq_ctx_new();
    assert(zmq_context != NULL);
}

static void set_int(struct socket *socket, int option, int value)
{
    int done = zmq_setsockopt(socket->zmq, option, &value, sizeof(value));
    assert(done == 0);
}

static int zmq_type(enum socket_type type)
{
    switch (type) {
    case SOCKET_ROUTER:
        return ZMQ_ROUTER;
    case SOCKET_DEALER:
        return ZMQ_DEALER;
    case SOCKET_XPUB:
        return ZMQ_XPUB;
    case SOCKET_SUB:
        return ZMQ_SUB;
    }
    assert(0 && "a socket type");
    return -1;
}

static void set_options(struct socket *socket, int hwm)
{
    int64_t message_size_max = MESSAGE_SIZE_MAX;
    int done = zmq_setsockopt(socket->zmq, ZMQ_MAXMSGSIZE, &message_size_max,
                              sizeof(message_size_max));
    assert(done == 0);
    set_int(socket, ZMQ_LINGER, 0);
    set_int(socket, ZMQ_SNDHWM, hwm);
    set_int(socket, ZMQ_RCVHWM, hwm);
    set_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_IVL_MS);
    set_int(socket, ZMQ_BACKLOG, BACKLOG);
    set_int(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_IVL_MS);
    set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS);
    set_int(socket, ZMQ_HEARTBEAT_TTL, HEARTBEAT_TIMEOUT_MS);
    set_int(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    set_int(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
    if (socket->type == SOCKET_ROUTER) {
        set_int(socket, ZMQ_ROUTER_MANDATORY, 1);
    }
    if (socket->type == SOCKET_DEALER) {
        set_int(socket, ZMQ_IMMEDIATE, 1);
    }
}

static struct socket *make(enum socket_type type, int hwm)
{
    assert(hwm > 0); // 0 would mean no limit
    int once = pthread_once(&zmq_context_once, make_context);
    assert(once == 0);

    struct socket *socket = calloc(1, sizeof(*socket));
    assert(socket != NULL);
    socket->type = type;
    socket->zmq = zmq_socket(zmq_context, zmq_type(type));
    assert(socket->zmq != NULL);
    set_options(socket, hwm);
    size_t size = sizeof(socket->fd);
    int done = zmq_getsockopt(socket->zmq, ZMQ_FD, &socket->fd, &size);
    assert(done == 0);
    return socket;
}

static enum status refuse_bind(const char *endpoint, int why, struct fault *fault)
{
    const char *text = zmq_strerror(why);
    if (why == EADDRINUSE) {
        text = "endpoint in use";
    } else if (why == ENOENT || why == ENOTDIR) {
        text = "the directory is missing";
    }
    return fault_set(fault, STATUS_CANNOT_START, "%s: %s", endpoint, text);
}

enum status socket_bind(enum socket_type type, const char *endpoint, int hwm,
                        struct socket **out, struct fault *fault)
{
    enum status status = endpoint_clear(endpoint, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct socket *socket = make(type, hwm);
    if (zmq_bind(socket->zmq, endpoint) != 0) {
        int why = zmq_errno();
        socket_close(&socket);
        return refuse_bind(endpoint, why, fault);
    }
    size_t size = sizeof(socket->endpoint);
    int done = zmq_getsockopt(socket->zmq, ZMQ_LAST_ENDPOINT, socket->endpoint, &size);
    assert(done == 0);
    socket->is_bound = true;
    *out = socket;
    return STATUS_OK;
}

enum status socket_connect(enum socket_type type, const char *endpoint, int hwm,
                           struct socket **out, struct fault *fault)
{
    enum status status = endpoint_check(endpoint, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct socket *socket = make(type, hwm);
    if (zmq_connect(socket->zmq, endpoint) != 0) {
        int why = zmq_errno();
        socket_close(&socket);
        return fault_set(fault, STATUS_CANNOT_START, "%s: %s", endpoint, zmq_strerror(why));
    }
    memcpy(socket->endpoint, endpoint, strlen(endpoint) + 1);
    *out = socket;
    return STATUS_OK;
}

static void drop_frames(struct socket *socket)
{
    for (size_t i = 0; i < socket->frame_count; i++) {
        int closed = zmq_msg_close(&socket->frames[i]);
        assert(closed == 0);
    }
    socket->frame_count = 0;
}

void socket_close(struct socket **socket)
{
    struct socket *self = *socket;
    if (self == NULL) {
        return;
    }
    drop_frames(self);
    int closed = zmq_close(self->zmq);
    assert(closed == 0);
    if (self->is_bound) {
        endpoint_wait_until_free(self->endpoint);
    }
    free(self);
    *socket = NULL;
}

void socket_subscribe(struct socket *socket, const char *prefix)
{
    assert(socket->type == SOCKET_SUB);
    int done = zmq_setsockopt(socket->zmq, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
    assert(done == 0);
}

void socket_welcome(struct socket *socket, struct bytes message)
{
    assert(socket->type == SOCKET_XPUB);
    int done =
        zmq_setsockopt(socket->zmq, ZMQ_XPUB_WELCOME_MSG, message.data, message.size);
    assert(done == 0);
}

// ---- receiving --------------------------------------------------------------------------

// False: nothing waits.
static bool receive_frame(struct socket *socket, zmq_msg_t *frame)
{
    int done = zmq_msg_init(frame);
    assert(done == 0);
    for (;;) {
        if (zmq_msg_recv(frame, socket->zmq, ZMQ_DONTWAIT) >= 0) {
            return true;
        }
        if (zmq_errno() != EINTR) {
            assert(zmq_errno() == EAGAIN);
            return false; // an empty message needs no close
        }
    }
}

// The first frame of a ROUTER's message. *more: whether frames follow.
static enum status receive_peer(struct socket *socket, struct socket_peer *peer, bool *more)
{
    zmq_msg_t frame;
    if (!receive_frame(socket, &frame)) {
        return STATUS_NOT_FOUND;
    }
    size_t size = zmq_msg_size(&frame);
    enum status status = size <= PEER_SIZE_MAX ? STATUS_OK : STATUS_TOO_LARGE;
    peer->size = 0;
    if (status == STATUS_OK) {
        memcpy(peer->id, zmq_msg_data(&frame), size);
        peer->size = (uint8_t)size;
    } else {
        diag_say(DIAG_EV_REFUSED, "peer=- code=%s routing_id_bytes=%zu",
                 status_name(status), size); // he hears nothing, so say it here
    }
    *more = zmq_msg_more(&frame) != 0;
    int closed = zmq_msg_close(&frame);
    assert(closed == 0);
    return status;
}

static void eat_frames(struct socket *socket)
{
    bool more = true;
    while (more) {
        zmq_msg_t frame;
        bool received = receive_frame(socket, &frame);
        assert(received); // invariant 3
        more = zmq_msg_more(&frame) != 0;
        int closed = zmq_msg_close(&frame);
        assert(closed == 0);
    }
}

enum status socket_receive(struct socket *socket, struct socket_peer *peer,
                           struct bytes *frames, size_t frames_max, size_t *frame_count)
{
    assert((peer != NULL) == (socket->type == SOCKET_ROUTER));
    assert(frames_max > 0 && frames_max <= FRAMES_MAX);
    drop_frames(socket);

    bool more = true;
    enum status status = STATUS_OK;
    if (peer != NULL) {
        status = receive_peer(socket, peer, &more);
    }
    if (status == STATUS_NOT_FOUND) {
        return status;
    }
    bool is_first = peer == NULL;
    while (more && status == STATUS_OK) {
        if (socket->frame_count == frames_max) {
            status = STATUS_TOO_LARGE;
            break;
        }
        zmq_msg_t *frame = &socket->frames[socket->frame_count];
        if (!receive_frame(socket, frame)) {
            assert(is_first); // invariant 3
            return STATUS_NOT_FOUND;
        }
        is_first = false;
        socket->frame_count++;
        more = zmq_msg_more(frame) != 0;
    }
    if (status != STATUS_OK) {
        if (more) {
            eat_frames(socket);
        }
        drop_frames(socket);
        return status;
    }
    for (size_t i = 0; i < socket->frame_count; i++) {
        frames[i] = (struct bytes){zmq_msg_data(&socket->frames[i]),
                                   zmq_msg_size(&socket->frames[i])};
    }
    *frame_count = socket->frame_count;
    return STATUS_OK;
}

enum status socket_receive_held(struct socket *socket, struct socket_peer *peer,
                                struct bytes *frames, size_t frames_max,
                                size_t *frame_count, struct socket_held **out)
{
    enum status status = socket_receive(socket, peer, frames, frames_max, frame_count);
    if (status != STATUS_OK) {
        return status;
    }
    struct socket_held *held = calloc(1, sizeof(*held));
    assert(held != NULL);
    int done = zmq_msg_init(&held->frame);
    assert(done == 0);
    if (*frame_count > 0) {
        size_t last = *frame_count - 1;
        // A small frame's bytes stand in the zmq_msg_t itself, so they move with it. What is
        // left behind is an empty message, closed with the others.
        done = zmq_msg_move(&held->frame, &socket->frames[last]);
        assert(done == 0);
        frames[last].data = zmq_msg_data(&held->frame);
    }
    *out = held;
    return STATUS_OK;
}

void socket_release(struct socket_held **held)
{
    if (*held == NULL) {
        return;
    }
    int closed = zmq_msg_close(&(*held)->frame);
    assert(closed == 0);
    free(*held);
    *held = NULL;
}

// ---- sending ----------------------------------------------------------------------------

static enum status send_refused(int why)
{
    assert(why == EAGAIN || why == EHOSTUNREACH);
    return why == EAGAIN ? STATUS_BUSY : STATUS_NOT_FOUND;
}

// 0 or the errno. A signal may interrupt a send before it has begun.
static int send_frame(struct socket *socket, struct bytes frame, bool more)
{
    int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
    while (zmq_send(socket->zmq, frame.data, frame.size, flags) < 0) {
        if (zmq_errno() != EINTR) {
            return zmq_errno();
        }
    }
    return 0;
}

static void check_sender(const struct socket *socket, const struct socket_peer *peer)
{
    assert(socket->type != SOCKET_SUB);
    assert((peer != NULL) == (socket->type == SOCKET_ROUTER));
    if (peer != NULL) {
        assert(peer->size > 0 && peer->size <= PEER_SIZE_MAX);
    }
}

enum status socket_send(struct socket *socket, const struct socket_peer *peer,
                        const struct bytes *frames, size_t frame_count)
{
    check_sender(socket, peer);
    assert(frame_count > 0 && frame_count <= FRAMES_MAX);
    bool is_accepted = false;
    if (peer != NULL) {
        int why = send_frame(socket, (struct bytes){peer->id, peer->size}, true);
        if (why != 0) {
            return send_refused(why);
        }
        is_accepted = true;
    }
    for (size_t i = 0; i < frame_count; i++) {
        int why = send_frame(socket, frames[i], i + 1 < frame_count);
        if (why != 0) {
            assert(!is_accepted); // invariant 2
            return send_refused(why);
        }
        is_accepted = true;
    }
    return STATUS_OK;
}

uint8_t *socket_buffer(size_t size)
{
    assert(size > 0 && size <= MESSAGE_SIZE_MAX);
    uint8_t *buffer = malloc(size);
    assert(buffer != NULL);
    return buffer;
}

void socket_buffer_free(uint8_t *buffer)
{
    free(buffer);
}

// Called by libzmq, in its own thread, when the message has left.
static void free_sent(void *data, void *hint)
{
    (void)hint; // libzmq's signature
    free(data);
}

enum status socket_send_buffer(struct socket *socket, const struct socket_peer *peer,
                               struct bytes head, uint8_t *buffer, size_t size)
{
    check_sender(socket, peer);
    assert(size > 0);
    zmq_msg_t last;
    int done = zmq_msg_init_data(&last, buffer, size, free_sent, NULL);
    assert(done == 0);

    int why = 0;
    if (peer != NULL) {
        why = send_frame(socket, (struct bytes){peer->id, peer->size}, true);
    }
    if (why == 0) {
        why = send_frame(socket, head, true);
        assert(why == 0 || peer == NULL); // invariant 2
    }
    if (why != 0) {
        int closed = zmq_msg_close(&last);
        assert(closed == 0);
        return send_refused(why);
    }
    while (zmq_msg_send(&last, socket->zmq, ZMQ_DONTWAIT) < 0) {
        assert(zmq_errno() == EINTR); // invariant 2
    }
    return STATUS_OK;
}

const char *socket_endpoint(const struct socket *socket)
{
    return socket->endpoint;
}

int socket_fd(const struct socket *socket)
{
    return socket->fd;
}

bool socket_has_input(struct socket *socket)
{
    int events = 0;
    size_t size = sizeof(events);
    while (zmq_getsockopt(socket->zmq, ZMQ_EVENTS, &events, &size) != 0) {
        assert(zmq_errno() == EINTR);
    }
    return (events & ZMQ_POLLIN) != 0;
}
