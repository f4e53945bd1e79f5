/* peer.h: a raw client of one endpoint, for tests: sends what it is told, also nonsense, and
 * waits for answers with a deadline. Answers live until peer_reset or the next 1,000. */
#ifndef TESTS_PROC_PEER_H
#define TESTS_PROC_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admin.pb-c.h"
#include "broker/runtime/socket.h"
#include "log.pb-c.h"
#include "proto/arena.h"
#include "proto/bytes.h"
#include "proto/record.h"
#include "tests/proc/harness.h"

struct peer {
    struct socket *socket;
    struct arena *arena;
    struct bytes packed; /* second frame of the last answer, copied into the arena */
    uint64_t request_no;
};

/* `name`: log, admin, door, query. Waits until the other side takes a message. */
void peer_open(struct peer *peer, const struct harness *harness, const char *name);
/* One that takes a single message and then lets them pile up on the other side. */
void peer_open_narrow(struct peer *peer, const struct harness *harness, const char *name);
void peer_close(struct peer *peer);

void peer_send_frames(struct peer *peer, const struct bytes *frames, size_t count);
/* packed.data NULL: one frame. */
void peer_send(struct peer *peer, const Sanji__LogRequest *request, struct bytes packed);
/* The next answer on the log endpoint. */
Sanji__LogReply *peer_receive(struct peer *peer);
/* True: nothing comes, proven by a Ping whose Pong is the next answer. */
bool peer_hears_nothing(struct peer *peer);

/* The answer to one request of the admin endpoint. */
Sanji__AdminReply *peer_admin(struct peer *peer, Sanji__AdminRequest *request);
void peer_admin_send(struct peer *peer, Sanji__AdminRequest *request);
Sanji__AdminReply *peer_admin_receive(struct peer *peer);

/* ---- the log endpoint in one call each ---- */

void peer_say_hello(struct peer *peer, const char *name, bool writer);
/* Hello and its Welcome, which must come. */
Sanji__Welcome peer_hello(struct peer *peer, const char *name, bool writer);
void peer_append(struct peer *peer, Sanji__Append append, struct bytes packed);
/* Waits for Appended or Refused; the other one fails the test. */
Sanji__Appended peer_appended(struct peer *peer);
Sanji__Refused peer_refused(struct peer *peer);
/* Follow with credit for everything a test needs. */
void peer_follow(struct peer *peer, uint32_t no, uint64_t from_seq, Sanji__Filter *filter);
/* The next Records, which must come; peer->packed holds them. */
Sanji__Records peer_records(struct peer *peer);
/* The next Tick; Records before it are dropped. */
Sanji__Tick peer_tick(struct peer *peer);
void peer_idle(struct peer *peer, uint64_t read_seq, int64_t now_ms, int64_t next_due_ms);

/* Packs one record of a type and case behind what `out` holds; the envelope is a valid one. */
enum {
    PEER_PACKED_SIZE = 256 * 1024
};

struct peer_packed {
    size_t size;
    uint32_t count;
    uint8_t data[PEER_PACKED_SIZE];
};

void peer_pack(struct peer_packed *out, unsigned type, uint64_t case_key, uint8_t flags);
struct bytes peer_packed_bytes(const struct peer_packed *packed);

#endif
