/* endpoint.h: what can be said of "ipc://run/log.ipc" and "tcp://127.0.0.1:5555" before libzmq
 * sees them, since libzmq itself
 *
 *     takes an ipc file over while another process serves it, and that one goes deaf;
 *     takes any number for a port and keeps its lower 16 bits;
 *     stops listening some time after the close, in a thread of its own.
 *
 * Source: measurements against libzmq 4.3.4. For socket.c.
 */
#ifndef RUNTIME_ENDPOINT_H
#define RUNTIME_ENDPOINT_H

#include "proto/status.h"

enum {
    ENDPOINT_SIZE = 256 /* with the NUL */
};

/* For both ends. Fails: CANNOT_START: longer than ENDPOINT_SIZE - 1 bytes, or an ipc path longer
 * than the address of a Unix socket holds (107 bytes). */
MUST_CHECK enum status endpoint_check(const char *endpoint, struct fault *fault);

/* For the end that binds: endpoint_check, and removes the socket file of a process that has
 * died. Two processes that clear one path at the same moment are kept apart by the lock of
 * their data directory, not here.
 * Fails: CANNOT_START: in use, not a socket, tcp that is not loopback or has no port; the
 *        text says which, and nothing was removed. */
MUST_CHECK enum status endpoint_clear(const char *endpoint, struct fault *fault);

/* After the close of what was bound: returns when nobody serves the ipc endpoint any more, so
 * that it can be bound again, and after a second in any case. The file stays: another process
 * may have taken it by now. */
void endpoint_wait_until_free(const char *endpoint);

#endif
