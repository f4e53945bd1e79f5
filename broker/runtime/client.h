/* client.h: a peer of the log: one session, one follow, reconnecting by itself.
 *
 *     connect -> Hello -> Welcome -> Follow -> Records ... Tick ... -> lost -> connect again
 *
 * Invariants
 *  1. After each Welcome nothing of the old session is sent again, and the follow starts
 *     where `welcome` says.
 *  2. A session is lost when the broker says NO_SESSION, or nothing was heard for SILENT_MS
 *     (Ping every PING_MS); the next one uses a new socket, so no stale message is read.
 *  3. Credit goes back when the owner of the client says it has taken the records.
 *  4. The first Welcome binds the client to its log: a later Hello asks for the same log_id,
 *     and another log is refused with OTHER_LOG.
 *  5. FENCED ends the client: `refused`, then `lost`, and no new session, which would only
 *     fence the process that took the name.
 */
#ifndef RUNTIME_CLIENT_H
#define RUNTIME_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "log.pb-c.h"
#include "proto/bytes.h"
#include "proto/record.h"
#include "proto/status.h"

struct loop;
struct client;

enum {
    CLIENT_PING_MS = 1000,
    CLIENT_SILENT_MS = 5000
};

struct client_options {
    const char *endpoint; /* "ipc://run/log.ipc" */
    const char *name;     /* "" for an anonymous reader */
    bool writer;
    uint64_t
        credit_records; /* window of the follow; 0: defaults (100,000 records, 4 MiB) */
    uint64_t credit_bytes;
    int64_t ping_ms;   /* 0: CLIENT_PING_MS */
    int64_t silent_ms; /* 0: CLIENT_SILENT_MS */
};

/* All calls come from the loop, never from within a call of the owner. Messages are borrowed
 * for the call. welcome, refused and lost are needed; one for answers that the owner never
 * asks for may be NULL. The client must not be freed from within one. */
struct client_events {
    /* Fill *follow (message, filter, from); leave follow->from UNSPECIFIED to follow nothing. */
    void (*welcome)(void *context, const Sanji__Welcome *welcome, Sanji__Follow *follow);
    /* One RECORDS message: `packed` is read with record_read. */
    void (*records)(void *context, const Sanji__Records *head, struct bytes packed);
    void (*tick)(void *context, const Sanji__Tick *tick);
    void (*appended)(void *context, const Sanji__Appended *appended);
    /* Also of a Hello: client_is_up is false then; it is tried again, later. */
    void (*refused)(void *context, const Sanji__Refused *refused);
    void (*committed)(void *context, const Sanji__Committed *committed);
    void (*lost)(void *context); /* the session is over; welcome comes again */
};

/* Never NULL; an endpoint that cannot be one ends the process (process_cannot_start). The
 * first session begins in the loop. */
struct client *client_new(struct loop *loop, const struct client_options *options,
                          const struct client_events *events, void *context);
void client_free(struct client **client);

bool client_is_up(const struct client *client); /* between welcome and lost */

/* Sends are dropped while the session is down: the session's end tells the owner. One that
 * cannot leave while it is up ends the session. `packed` has at most MESSAGE_SIZE_MAX bytes. */
void client_append(struct client *client, const Sanji__Append *head, struct bytes packed);
void client_idle(struct client *client, const Sanji__Idle *idle);
void client_commit_cursor(struct client *client, const char *durable, uint64_t seq);
/* Gives credit back for what was taken; totals are kept here. */
void client_taken(struct client *client, uint64_t records, uint64_t bytes);

#endif
