/* query.h: one question to the casebook, one answer.
 *
 *     Sanji__ListAsk ask = SANJI__LIST_ASK__INIT; ...
 *     Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
 *     request.body_case = SANJI__QUERY_REQUEST__BODY_LIST; request.list = &ask;
 *     status = query_ask(cli->run_dir, &request, QUERY_LIMIT_MS, arena, &reply, &fault);
 *
 * It waits; for use in commands, not in a loop.
 */
#ifndef SANJI_QUERY_H
#define SANJI_QUERY_H

#include <stdint.h>

#include "proto/arena.h"
#include "proto/status.h"
#include "query.pb-c.h"

enum {
    QUERY_LIMIT_MS = 5000
};

/* Fills protocol and request_no, asks, and gives the reply in the arena; its body is never
 * an error.
 * Fails: TIMEOUT (nobody answers), CANNOT_START (the path cannot be an endpoint), MALFORMED
 *        and the like (an answer that cannot be read), and whatever code the casebook gave
 *        (NOT_FOUND, INVALID, ...), each with its text. */
MUST_CHECK enum status query_ask(const char *run_dir, Sanji__QueryRequest *request,
                                 int64_t limit_ms, struct arena *arena,
                                 Sanji__QueryReply **reply, struct fault *fault);

#endif
