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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <zmq.h>

enum {
    HANDSHAKE_IVL_MS = 1500,
    BACKLOG = 4096,
    HEARTBEAT_IVL_MS = 2000,
    HEARTBEAT_TIMEOUT_MS = 6000,
    RECONNECT_MS = 100,
    RECONNECT_MAX_MS = 2000,
    ENDPOINT_TEXT_SIZE = 256,
    UNBIND_WAIT_MAX_MS = 1000,
    DECIMAL = 10
};

static const char ipc_scheme[] = "ipc://";
static const char tcp_scheme[] = "tcp://";

struct socket {
    void *zmq;
    enum socket_type type;
    bool is_bound;
    int fd;
    char endpoint[ENDPOINT_TEXT_SIZE];
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
    assert(!"a socket type");
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

// "" when the endpoint is no file.
static const char *ipc_path(const char *endpoint)
{
    size_t scheme_size = sizeof(ipc_scheme) - 1;
    if (strncmp(endpoint, ipc_scheme, scheme_size) != 0 || endpoint[scheme_size] == '@') {
        return "";
    }
    return endpoint + scheme_size;
}

static enum status check_endpoint(const char *endpoint, struct fault *fault)
{
    struct sockaddr_un address;
    size_t path_size_max = sizeof(address.sun_path) - 1;
    const char *path = ipc_path(endpoint);
    if (strlen(path) > path_size_max) {
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s: the path has %zu bytes, a socket's path at most %zu",
                         endpoint, strlen(path), path_size_max);
    }
    if (strlen(endpoint) >= ENDPOINT_TEXT_SIZE) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: longer than %d bytes", endpoint,
                         ENDPOINT_TEXT_SIZE - 1);
    }
    return STATUS_OK;
}

// libzmq takes any number for a port and keeps its lower 16 bits.
static bool is_port(const char *text)
{
    if (strcmp(text, "*") == 0) {
        return true;
    }
    char *end = NULL;
    unsigned long port = strtoul(text, &end, DECIMAL);
    return text[0] >= '1' && text[0] <= '9' && *end == '\0' && port <= UINT16_MAX;
}

// Nothing leaves this machine without encryption, so only loopback may be served.
static enum status check_tcp(const char *endpoint, struct fault *fault)
{
    static const char *const loopback[] = {"127.", "localhost:", "[::1]:"};
    size_t scheme_size = sizeof(tcp_scheme) - 1;
    if (strncmp(endpoint, tcp_scheme, scheme_size) != 0) {
        return STATUS_OK;
    }
    const char *colon = strrchr(endpoint, ':');
    if (!is_port(colon + 1)) {
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s: want a port from 1 to 65535, or *", endpoint);
    }
    for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++) {
        if (strncmp(endpoint + scheme_size, loopback[i], strlen(loopback[i])) == 0) {
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_CANNOT_START, "%s: tcp is served on loopback only",
                     endpoint);
}

enum served {
    SERVED_NO,
    SERVED_YES,
    SERVED_UNKNOWN
};

static enum served is_served(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert(strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path) + 1);

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return SERVED_UNKNOWN;
    }
    int connected = connect(fd, (const struct sockaddr *)&address, sizeof(address));
    int why = errno;
    int closed = close(fd);
    assert(closed == 0);
    if (connected == 0 || why == EAGAIN) { // EAGAIN: its backlog is full
        return SERVED_YES;
    }
    return why == ECONNREFUSED || why == ENOENT ? SERVED_NO : SERVED_UNKNOWN;
}

// libzmq takes an ipc file over whoever serves it, and the former owner goes deaf; so a live
// one is found here, and only a stale one is removed.
static enum status clear_path(const char *endpoint, struct fault *fault)
{
    const char *path = ipc_path(endpoint);
    struct stat found;
    if (path[0] == '\0' || lstat(path, &found) != 0) {
        return STATUS_OK; // a missing directory is told by the bind
    }
    if (!S_ISSOCK(found.st_mode)) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: the file is not a socket",
                         endpoint);
    }
    switch (is_served(path)) {
    case SERVED_YES:
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s: endpoint in use, another process serves it", endpoint);
    case SERVED_UNKNOWN:
        return fault_set(fault, STATUS_CANNOT_START, "%s: cannot tell who serves it",
                         endpoint);
    case SERVED_NO:
        break;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s: cannot remove the stale socket: %s", endpoint,
                         strerror(errno));
    }
    return STATUS_OK;
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
    enum status status = check_endpoint(endpoint, fault);
    if (status == STATUS_OK) {
        status = check_tcp(endpoint, fault);
    }
    if (status == STATUS_OK) {
        status = clear_path(endpoint, fault);
    }
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
    enum status status = check_endpoint(endpoint, fault);
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

// libzmq stops listening later, in its own thread. Whoever binds here next would find the
// endpoint in use. The file stays: another process may have taken it by now.
static void wait_until_unserved(const char *path)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    for (int waited_ms = 0; waited_ms < UNBIND_WAIT_MAX_MS; waited_ms++) {
        if (is_served(path) != SERVED_YES) {
            return;
        }
        // An interrupted pause only asks sooner.
        (void)nanosleep(&pause, NULL);
    }
}

void socket_close(struct socket **closing)
{
    struct socket *socket = *closing;
    if (socket == NULL) {
        return;
    }
    drop_frames(socket);
    int closed = zmq_close(socket->zmq);
    assert(closed == 0);
    if (socket->is_bound && ipc_path(socket->endpoint)[0] != '\0') {
        wait_until_unserved(ipc_path(socket->endpoint));
    }
    free(socket);
    *closing = NULL;
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
