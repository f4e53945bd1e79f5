/* state.h: how the log keeper is, as the admin endpoint tells it. */
#ifndef BROKER_STATE_H
#define BROKER_STATE_H

#include <stdint.h>

#include "admin.pb-c.h"

struct keeper;
struct state;

/* Never NULL. */
struct state *state_new(struct keeper *keeper);
void state_free(struct state **state);
/* Lives as long as the state. */
Sanji__StatusReply *state_message(struct state *state);
/* Bytes of the files in a directory. */
uint64_t state_directory_bytes(const char *directory);

#endif
