/* admin.h: one request to the broker's admin endpoint, one answer. It waits. */
#ifndef SANJI_ADMIN_H
#define SANJI_ADMIN_H

#include <stdint.h>

#include "admin.pb-c.h"
#include "proto/arena.h"
#include "proto/status.h"

struct cli;

enum {
    ADMIN_LIMIT_MS = 5000
};

/* Fills protocol and request_no, asks, and gives the reply in the arena; its body is never
 * an error. limit_ms 0: no limit.
 * Fails: as query_ask. */
MUST_CHECK enum status admin_ask(const char *run_dir, Sanji__AdminRequest *request,
                                 int64_t limit_ms, struct arena *arena,
                                 Sanji__AdminReply **reply, struct fault *fault);

/* admin_ask for a command: says on stderr what went wrong, also that the reply is no `body`.
 * Returns the exit code; CLI_OK: *reply is there. */
MUST_CHECK int admin_call(const struct cli *cli, Sanji__AdminRequest *request,
                          Sanji__AdminReply__BodyCase body, int64_t limit_ms,
                          struct arena *arena, Sanji__AdminReply **reply);

#endif
