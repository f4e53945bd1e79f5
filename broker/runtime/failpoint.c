/* failpoint.c: one order a process, read from SANJI_FAIL once. */
#include "broker/runtime/failpoint.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    NAME_SIZE = 64,
    DECIMAL = 10
};

enum how {
    HOW_KILL,
    HOW_EXIT,
    HOW_ABORT
};

struct order {
    char name[NAME_SIZE]; // "": none
    long count;
    enum how how;
};

static struct order order;
static atomic_long hits;
static pthread_once_t order_once = PTHREAD_ONCE_INIT;

static bool read_how(const char *text, enum how *how)
{
    if (strcmp(text, "") == 0 || strcmp(text, ":kill") == 0) {
        *how = HOW_KILL;
    } else if (strcmp(text, ":exit") == 0) {
        *how = HOW_EXIT;
    } else if (strcmp(text, ":abort") == 0) {
        *how = HOW_ABORT;
    } else {
        return false;
    }
    return true;
}

static bool parse(const char *text, struct order *out)
{
    size_t size = strcspn(text, ":");
    if (size == 0 || size >= NAME_SIZE || text[size] != ':') {
        return false;
    }
    memcpy(out->name, text, size);
    out->name[size] = '\0';
    char *end = NULL;
    errno = 0;
    out->count = strtol(text + size + 1, &end, DECIMAL);
    return errno == 0 && end != text + size + 1 && out->count > 0 &&
           read_how(end, &out->how);
}

static void read_order(void)
{
    const char *text = getenv("SANJI_FAIL");
    if (text != NULL && !parse(text, &order)) {
        // Nobody to tell when stderr is gone; the abort tells.
        (void)fprintf(stderr, "SANJI_FAIL=%s: want name:count[:exit|abort|kill]\n", text);
        abort();
    }
}

static void die(void)
{
    switch (order.how) {
    case HOW_EXIT:
        _exit(FAILPOINT_EXIT);
    case HOW_ABORT:
        abort();
    case HOW_KILL:
        break;
    }
    // Cannot fail for the own process, and what follows it is never reached.
    (void)kill(getpid(), SIGKILL);
    abort();
}

void failpoint_hit(const char *name)
{
    int once = pthread_once(&order_once, read_order);
    assert(once == 0);
    if (strcmp(order.name, name) == 0 && atomic_fetch_add(&hits, 1) + 1 == order.count) {
        die();
    }
}
