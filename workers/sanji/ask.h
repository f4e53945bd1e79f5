/* ask.h: one message out, one message back, with a time limit: what query and admin share. */
#ifndef SANJI_ASK_H
#define SANJI_ASK_H

#include <stdint.h>

#include "proto/arena.h"
#include "proto/bytes.h"
#include "proto/status.h"

struct ask;

/* Fails: CANNOT_START, TIMEOUT (no such endpoint in the run directory); text in *fault. */
MUST_CHECK enum status ask_open(const char *run_dir, const char *name, struct ask **ask,
                                struct fault *fault);
void ask_close(struct ask **ask);

/* Sends as soon as the peer is there. Fails: TIMEOUT. */
MUST_CHECK enum status ask_send(struct ask *ask, struct bytes message, int64_t limit_ms);
/* One frame of the next message, borrowed until the next call. limit_ms 0: no limit.
 * Fails: TIMEOUT, TOO_LARGE (not one frame). */
MUST_CHECK enum status ask_receive(struct ask *ask, int64_t limit_ms,
                                   struct bytes *message);

struct ask_call {
    const char *run_dir;
    const char *name; /* "query", "admin" */
    const ProtobufCMessage *request;
    const ProtobufCMessageDescriptor *reply;
    int64_t limit_ms; /* 0: no limit */
};

/* Request and reply in one: packs, sends, waits for the reply that unpacks to *reply.
 * Fails: TIMEOUT, CANNOT_START, MALFORMED and the like, with a text for people. */
MUST_CHECK enum status ask_once(const struct ask_call *call, struct arena *arena,
                                ProtobufCMessage **reply, struct fault *fault);

#endif
