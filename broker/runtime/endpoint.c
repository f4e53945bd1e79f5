/* endpoint.c: endpoints before libzmq sees them. */
#include "broker/runtime/endpoint.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    FREE_WAIT_MAX_MS = 1000,
    DECIMAL = 10
};

static const char ipc_scheme[] = "ipc://";
static const char tcp_scheme[] = "tcp://";

static bool starts_with(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

// "" when the endpoint is no file.
static const char *ipc_path(const char *endpoint)
{
    const char *path = endpoint + sizeof(ipc_scheme) - 1;
    return starts_with(endpoint, ipc_scheme) && path[0] != '@' ? path : "";
}

enum status endpoint_check(const char *endpoint, struct fault *fault)
{
    struct sockaddr_un address;
    size_t path_size_max = sizeof(address.sun_path) - 1;
    const char *path = ipc_path(endpoint);
    if (strlen(path) > path_size_max) {
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s: the path has %zu bytes, a socket's path at most %zu",
                         endpoint, strlen(path), path_size_max);
    }
    if (strlen(endpoint) >= ENDPOINT_SIZE) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: longer than %d bytes", endpoint,
                         ENDPOINT_SIZE - 1);
    }
    return STATUS_OK;
}

// libzmq takes any number for a port and keeps its lower 16 bits.
static bool is_port(const char *text)
{
    if (strcmp(text, "*") == 0) {
        return true;
    }
    char *end = NULL;
    unsigned long port = strtoul(text, &end, DECIMAL);
    return text[0] >= '1' && text[0] <= '9' && *end == '\0' && port <= UINT16_MAX;
}

// A name that merely begins with 127 could be any machine's.
static bool is_loopback(const char *host, const char *colon)
{
    bool is_number = strspn(host, "0123456789.") == (size_t)(colon - host);
    return (starts_with(host, "127.") && is_number) || starts_with(host, "localhost:") ||
           starts_with(host, "[::1]:");
}

// Nothing leaves this machine without encryption, so only loopback may be served.
static enum status check_tcp(const char *endpoint, struct fault *fault)
{
    if (!starts_with(endpoint, tcp_scheme)) {
        return STATUS_OK;
    }
    const char *host = endpoint + sizeof(tcp_scheme) - 1;
    const char *colon = strrchr(endpoint, ':');
    if (colon < host || !is_port(colon + 1)) {
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s: want a port from 1 to 65535, or *", endpoint);
    }
    if (!is_loopback(host, colon)) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: tcp is served on loopback only",
                         endpoint);
    }
    return STATUS_OK;
}

enum served {
    SERVED_NO,
    SERVED_YES,
    SERVED_UNKNOWN
};

static enum served is_served(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert(strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path) + 1);

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return SERVED_UNKNOWN;
    }
    int connected = connect(fd, (const struct sockaddr *)&address, sizeof(address));
    int why = errno;
    int closed = close(fd);
    assert(closed == 0);
    if (connected == 0 || why == EAGAIN) { // EAGAIN: its backlog is full
        return SERVED_YES;
    }
    return why == ECONNREFUSED || why == ENOENT ? SERVED_NO : SERVED_UNKNOWN;
}

// libzmq takes an ipc file over whoever serves it, and the former owner goes deaf; so a live
// one is found here, and only a stale one is removed.
static enum status clear_path(const char *endpoint, struct fault *fault)
{
    const char *path = ipc_path(endpoint);
    struct stat found;
    if (path[0] == '\0' || lstat(path, &found) != 0) {
        return STATUS_OK; // a missing directory is told by the bind
    }
    if (!S_ISSOCK(found.st_mode)) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: the file is not a socket",
                         endpoint);
    }
    switch (is_served(path)) {
    case SERVED_YES:
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s: endpoint in use, another process serves it", endpoint);
    case SERVED_UNKNOWN:
        return fault_set(fault, STATUS_CANNOT_START, "%s: cannot tell who serves it",
                         endpoint);
    case SERVED_NO:
        break;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        return fault_set(fault, STATUS_CANNOT_START,
                         "%s: cannot remove the stale socket: %s", endpoint,
                         strerror(errno));
    }
    return STATUS_OK;
}

enum status endpoint_clear(const char *endpoint, struct fault *fault)
{
    enum status status = endpoint_check(endpoint, fault);
    if (status == STATUS_OK) {
        status = check_tcp(endpoint, fault);
    }
    if (status == STATUS_OK) {
        status = clear_path(endpoint, fault);
    }
    return status;
}

void endpoint_wait_until_free(const char *endpoint)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    const char *path = ipc_path(endpoint);
    for (int waited_ms = 0; path[0] != '\0' && waited_ms < FREE_WAIT_MAX_MS; waited_ms++) {
        if (is_served(path) != SERVED_YES) {
            return;
        }
        // An interrupted pause only asks sooner.
        (void)nanosleep(&pause, NULL);
    }
}
