/* reply.h: one answer to one peer of the log endpoint.
 *
 * An answer that cannot leave (the peer has gone, its queue is full) ends the session, never
 * the process: the session is marked broken and ended at the end of the turn.
 */
#ifndef BROKER_REPLY_H
#define BROKER_REPLY_H

#include <stdint.h>

#include "log.pb-c.h"
#include "proto/bytes.h"
#include "proto/status.h"

struct keeper;
struct session;
struct socket_peer;

void reply_send(struct keeper *keeper, struct session *session,
                const Sanji__LogReply *reply);
/* With the packed records behind it. */
void reply_send_records(struct keeper *keeper, struct session *session,
                        const Sanji__Records *head, struct bytes packed);

struct reply_refusal {
    enum status status;
    uint64_t batch_no;
    uint64_t seq;
    uint32_t follow_no;
    uint32_t retry_after_ms;
    const char *text; /* NULL: the status says it */
};

void reply_refuse(struct keeper *keeper, struct session *session,
                  const struct reply_refusal *refusal);
/* To a peer that may have no session. */
void reply_refuse_peer(struct keeper *keeper, const struct socket_peer *peer,
                       enum status status, const char *text);
void reply_bye(struct keeper *keeper, struct session *session, enum status status,
               const char *text);

#endif
