/* publisher.h: a plain publisher for benches: appends as fast as its window allows.
 *
 *     Hello -> Welcome -> Append, Append, Append ... -> Appended (cumulative) ...
 *
 * It pipelines consecutive batch numbers; read_up_to is the newest record it knows to be
 * committed, so its own cases never conflict.
 */
#ifndef SANJI_PUBLISHER_H
#define SANJI_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/status.h"

struct publisher;

struct publisher_options {
    const char *run_dir;
    const char *name;        /* "bench-1" */
    uint32_t record_size;    /* bytes of an envelope */
    uint32_t per_message;    /* records of one Append */
    uint32_t in_flight;      /* records not yet acknowledged, at most */
    uint64_t first_case_key; /* rises by one a record */
};

/* Connects and says Hello. Fails: CANNOT_START, TIMEOUT, whatever Refused said. */
MUST_CHECK enum status publisher_open(const struct publisher_options *options,
                                      struct publisher **publisher, struct fault *fault);
void publisher_close(struct publisher **publisher);

/* Sends while the window and `left` records allow. Returns how many records left. */
uint64_t publisher_send(struct publisher *publisher, uint64_t left);
/* Takes what was acknowledged. Returns how many records; latencies go to `note`.
 * Fails (false): refused, with the reason in *fault. */
bool publisher_receive(struct publisher *publisher, uint64_t *acked,
                       void (*note)(void *context, int64_t latency_ns), void *context,
                       struct fault *fault);
int publisher_fd(const struct publisher *publisher);
bool publisher_has_input(struct publisher *publisher);

/* Another peer of the same log: follows everything from the first record with an ordinary
 * credit and never reads what comes. Close it with publisher_close. Fails: as publisher_open. */
MUST_CHECK enum status publisher_stalled_reader(const char *run_dir,
                                                struct publisher **reader,
                                                struct fault *fault);

int64_t publisher_now_ns(void);

#endif
