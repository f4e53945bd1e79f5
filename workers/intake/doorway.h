/* doorway.h: the `door` endpoint: the ROUTER socket in front of the door. */
#ifndef INTAKE_DOORWAY_H
#define INTAKE_DOORWAY_H

#include "proto/status.h"

struct door;
struct doorway;
struct intake;
struct loop;

/* Binds the endpoint and makes intake->door. `poke` is called when something was queued and
 * a turn should be taken.
 * Fails: as socket_bind. */
MUST_CHECK enum status doorway_open(struct loop *loop, const char *endpoint,
                                    struct intake *intake, struct doorway **doorway,
                                    struct fault *fault);
void doorway_on_work(struct doorway *doorway, void (*poke)(void *context), void *context);
/* Also ends intake->door. */
void doorway_close(struct doorway **doorway);

#endif
