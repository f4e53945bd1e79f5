/* admin.h: the admin endpoint: status, driven time, drain, backup. One frame each way.
 *
 * Advance is answered when it is done; status says meanwhile whom it waits for. A backup runs
 * in a thread of its own for as long as it takes, so that the log goes on; one at a time.
 */
#ifndef BROKER_ADMIN_H
#define BROKER_ADMIN_H

#include "proto/status.h"

struct admin;
struct batch;
struct keeper;

/* Fails: as socket_bind. */
MUST_CHECK enum status admin_open(struct keeper *keeper, const char *endpoint,
                                  struct fault *fault);
void admin_close(struct keeper *keeper);

/* The turns of an advance are over: ClockMoved is appended, then the answer leaves. */
void admin_advanced(struct keeper *keeper);
/* A batch was committed: the answer that waits for ClockMoved leaves with it. */
void admin_committed(struct keeper *keeper, const struct batch *batch);

#endif
