/* ask.c: one message out, one back.
 *
 * It waits with poll on the socket's descriptor. That descriptor only hints (libzmq: edge-
 * triggered), so the socket itself is asked at least every POLL_MS.
 */
#include "workers/sanji/ask.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "broker/runtime/socket.h"
#include "proto/wire.h"

enum {
    POLL_MS = 10,
    HWM = 16
};

struct ask {
    struct socket *socket;
};

enum status ask_open(const char *run_dir, const char *name, struct ask **out,
                     struct fault *fault)
{
    char endpoint[ENDPOINT_SIZE];
    struct ask *ask = calloc(1, sizeof *ask);
    if (ask == NULL) {
        abort();
    }
    process_endpoint(run_dir, name, endpoint);
    // A person who waits for one answer wants to hear at once that nobody is there.
    if (access(endpoint + strlen("ipc://"), F_OK) != 0) {
        free(ask);
        return fault_set(fault, STATUS_TIMEOUT, "%s/%s.ipc is not there: does sanji run?",
                         run_dir, name);
    }
    enum status status = socket_connect(SOCKET_DEALER, endpoint, HWM, &ask->socket, fault);
    if (status != STATUS_OK) {
        free(ask);
        return status;
    }
    *out = ask;
    return STATUS_OK;
}

void ask_close(struct ask **ask)
{
    if (*ask != NULL) {
        socket_close(&(*ask)->socket);
        free(*ask);
        *ask = NULL;
    }
}

// False: the time is over.
static bool wait_a_little(struct ask *ask, int64_t until_ms)
{
    if (until_ms != 0 && loop_steady_ms() >= until_ms) {
        return false;
    }
    struct pollfd fd = {.fd = socket_fd(ask->socket), .events = POLLIN};
    // Whatever it says, the socket is asked next.
    (void)poll(&fd, 1, POLL_MS);
    return true;
}

static int64_t until(int64_t limit_ms)
{
    return limit_ms == 0 ? 0 : loop_steady_ms() + limit_ms;
}

enum status ask_send(struct ask *ask, struct bytes message, int64_t limit_ms)
{
    int64_t until_ms = until(limit_ms);
    do {
        if (socket_send(ask->socket, NULL, &message, 1) == STATUS_OK) {
            return STATUS_OK;
        }
    } while (wait_a_little(ask, until_ms));
    return STATUS_TIMEOUT;
}

enum status ask_receive(struct ask *ask, int64_t limit_ms, struct bytes *message)
{
    int64_t until_ms = until(limit_ms);
    do {
        size_t count = 0;
        enum status status = socket_receive(ask->socket, NULL, message, 1, &count);
        if (status == STATUS_OK && count != 1) {
            return STATUS_TOO_LARGE;
        }
        if (status != STATUS_NOT_FOUND) {
            return status;
        }
    } while (wait_a_little(ask, until_ms));
    return STATUS_TIMEOUT;
}

static enum status exchange(struct ask *ask, const ProtobufCMessage *request,
                            int64_t limit_ms, struct bytes *reply)
{
    size_t size = protobuf_c_message_get_packed_size(request);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL) {
        abort();
    }
    size_t written = protobuf_c_message_pack(request, packed);
    assert(written == size);
    enum status status =
        ask_send(ask, (struct bytes){.data = packed, .size = size}, limit_ms);
    free(packed);
    return status == STATUS_OK ? ask_receive(ask, limit_ms, reply) : status;
}

enum status ask_once(const struct ask_call *call, struct arena *arena,
                     ProtobufCMessage **reply, struct fault *fault)
{
    struct ask *ask = NULL;
    enum status status = ask_open(call->run_dir, call->name, &ask, fault);
    if (status != STATUS_OK) {
        return status;
    }
    assert(ask != NULL);
    struct bytes wire = {.data = NULL, .size = 0};
    status = exchange(ask, call->request, call->limit_ms, &wire);
    if (status != STATUS_OK) {
        status =
            fault_set(fault, status, "%s/%s.ipc: %s within %" PRId64 " s", call->run_dir,
                      call->name, status_en(status), call->limit_ms / 1000);
    } else {
        status = wire_unpack(call->reply, wire, arena, reply);
        if (status != STATUS_OK) {
            status =
                fault_set(fault, status, "%s/%s.ipc: an answer that cannot be read: %s",
                          call->run_dir, call->name, status_en(status));
        }
    }
    ask_close(&ask);
    return status;
}
