/* doorway.c: see doorway.h. */
#include "workers/intake/doorway.h"

#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/memory.h"
#include "broker/runtime/socket.h"
#include "workers/intake/door.h"
#include "workers/intake/intake.h"

enum {
    DOOR_HWM = 10000,
    REQUESTS_PER_TURN = 64
};

struct doorway {
    struct loop *loop;
    struct socket *socket;
    struct intake *intake;
    void (*poke)(void *context);
    void *poke_context;
};

static void reply(void *context, const struct socket_peer *peer, struct bytes packed)
{
    struct doorway *doorway = context;
    const enum status sent = socket_send(doorway->socket, peer, &packed, 1);
    if (sent != STATUS_OK) {
        // The peer has gone or does not read: it asks again under the same reference.
        diag_say(DIAG_EV_SESSION_LOST, "peer=door code=%s", status_name(sent));
    }
}

static void serve(void *context)
{
    struct doorway *doorway = context;
    struct door *door = doorway->intake->door;
    for (int i = 0; i < REQUESTS_PER_TURN; i++) {
        struct socket_peer peer = {.size = 0};
        struct bytes frame;
        size_t frames = 0;
        const enum status got = socket_receive(doorway->socket, &peer, &frame, 1, &frames);
        if (got == STATUS_NOT_FOUND) {
            break;
        }
        if (got == STATUS_TOO_LARGE && peer.size == 0) {
            continue; // an id that cannot be answered
        }
        if (got != STATUS_OK || frames != 1) {
            door_refuse(door, &peer, got != STATUS_OK ? got : STATUS_MALFORMED);
        } else {
            door_take(door, &peer, frame);
        }
    }
    if (door_waits(door) && doorway->poke != NULL) {
        doorway->poke(doorway->poke_context);
    }
}

enum status doorway_open(struct loop *loop, const char *endpoint, struct intake *intake,
                         struct doorway **doorway, struct fault *fault)
{
    struct socket *socket = NULL;
    const enum status bound =
        socket_bind(SOCKET_ROUTER, endpoint, DOOR_HWM, &socket, fault);
    if (bound != STATUS_OK) {
        return bound;
    }
    struct doorway *self = memory_new(1, sizeof *self);
    self->loop = loop;
    self->socket = socket;
    self->intake = intake;
    intake->door = door_new(intake, reply, self);
    loop_watch(loop, self->socket, serve, self);
    *doorway = self;
    return STATUS_OK;
}

void doorway_on_work(struct doorway *doorway, void (*poke)(void *context), void *context)
{
    doorway->poke = poke;
    doorway->poke_context = context;
}

void doorway_close(struct doorway **doorway)
{
    struct doorway *self = *doorway;
    if (self == NULL) {
        return;
    }
    loop_unwatch(self->loop, self->socket);
    socket_close(&self->socket);
    door_free(&self->intake->door);
    memory_free(self);
    *doorway = NULL;
}
