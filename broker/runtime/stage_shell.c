/* stage_shell.c: the machine of stage.c on a real session: client in, client out, one turn of
 * the machine a turn of the loop. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/runtime/client.h"
#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/memory.h"
#include "broker/runtime/process.h"
#include "broker/runtime/stage.h"
#include "broker/runtime/stagecache.h"

enum {
    PATH_SIZE = 4096
};

struct stage_shell {
    struct loop *loop;
    struct client *client;
    struct stage *stage;
    const char *name;
    struct loop_timer *retry;
    char cache_directory[PATH_SIZE]; /* "": no cache */
    bool was_welcome;
    bool was_caught_up;
    uint64_t cache_position; /* that was begun from */
};

/* ---- the machine speaks ---- */

static void port_append(void *port, const Sanji__Append *head, struct bytes packed)
{
    struct stage_shell *shell = port;
    client_append(shell->client, head, packed);
}

static void port_idle(void *port, const Sanji__Idle *idle)
{
    struct stage_shell *shell = port;
    client_idle(shell->client, idle);
}

static void port_taken(void *port, uint64_t records, uint64_t bytes)
{
    struct stage_shell *shell = port;
    client_taken(shell->client, records, bytes);
}

static void port_pause(void *port, uint32_t retry_after_ms)
{
    struct stage_shell *shell = port;
    loop_timer_start(shell->retry, retry_after_ms, 0);
}

static int exit_code(enum status status)
{
    if (status == STATUS_FENCED) {
        return EXIT_FENCED;
    }
    return status == STATUS_OTHER_LOG || status == STATUS_BAD_VERSION ? EXIT_CANNOT_START
                                                                      : EXIT_BROKEN;
}

static void port_die(void *port, enum status status, const char *text)
{
    const struct stage_shell *shell = port;
    char quoted[DIAG_QUOTED_SIZE];
    enum diag_event event = DIAG_EV_REFUSED;
    if (status == STATUS_FENCED) {
        event = DIAG_EV_FENCED;
    } else if (status == STATUS_CORRUPT || status == STATUS_BAD_CHECKSUM) {
        event = DIAG_EV_CORRUPT;
    } else if (exit_code(status) == EXIT_CANNOT_START) {
        event = DIAG_EV_CANNOT_START;
    }
    diag_say(event, "stage=%s code=%s text=%s", shell->name, status_name(status),
             diag_quoted(text, quoted));
    // At once: what is tentative dies here, what was committed is in the log.
    _Exit(exit_code(status));
}

static const struct stage_port port = {.append = port_append,
                                       .idle = port_idle,
                                       .taken = port_taken,
                                       .pause = port_pause,
                                       .die = port_die};

/* ---- the cache ---- */

static void say_dropped(const struct stage_shell *shell, const char *why, const char *text)
{
    char quoted[DIAG_QUOTED_SIZE];
    diag_say(DIAG_EV_CACHE_DROPPED, "stage=%s why=%s text=%s", shell->name, why,
             diag_quoted(text, quoted));
}

// Without one the log is read from its beginning: slower, never wrong.
static void take_cache(struct stage_shell *shell, const Sanji__Welcome *welcome)
{
    const struct stagecache_options options = {.log_id = welcome->log_id,
                                               .head = welcome->head};
    struct stagecache *cache = NULL;
    const char *dropped = NULL;
    struct fault fault = {.status = STATUS_OK};
    if (shell->cache_directory[0] == '\0') {
        return;
    }
    if (stagecache_open(shell->cache_directory, &options, &cache, &dropped, &fault) !=
        STATUS_OK) {
        say_dropped(shell, status_name(fault.status), fault.text);
        return;
    }
    if (dropped != NULL) {
        say_dropped(shell, dropped, shell->cache_directory);
    }
    shell->cache_position = stagecache_position(cache);
    const enum status status = stage_take_cache(shell->stage, &cache);
    if (status != STATUS_OK) {
        say_dropped(shell, status_name(status), shell->cache_directory);
        shell->cache_position = 0;
    }
}

static void save_cache(struct stage_shell *shell)
{
    const enum status status = stage_save_cache(shell->stage);
    if (status != STATUS_OK) {
        say_dropped(shell, status_name(status), shell->cache_directory);
    }
}

static void say_caught_up(struct stage_shell *shell)
{
    shell->was_caught_up = true;
    diag_say(DIAG_EV_CAUGHT_UP, "stage=%s position=%llu read=%llu", shell->name,
             (unsigned long long)shell->cache_position,
             (unsigned long long)stage_read_count(shell->stage));
}

/* ---- the session speaks ---- */

static void on_welcome(void *context, const Sanji__Welcome *welcome, Sanji__Follow *follow)
{
    struct stage_shell *shell = context;
    loop_timer_stop(shell->retry);
    if (!shell->was_welcome) {
        shell->was_welcome = true;
        take_cache(shell, welcome);
    }
    follow->from = SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ;
    follow->seq = stage_welcome(shell->stage, welcome);
}

static void on_records(void *context, const Sanji__Records *head, struct bytes packed)
{
    struct stage_shell *shell = context;
    stage_records(shell->stage, head, packed);
}

static void on_tick(void *context, const Sanji__Tick *tick)
{
    struct stage_shell *shell = context;
    stage_tick(shell->stage, tick);
}

static void on_appended(void *context, const Sanji__Appended *appended)
{
    struct stage_shell *shell = context;
    stage_appended(shell->stage, appended);
}

static void on_refused(void *context, const Sanji__Refused *refused)
{
    struct stage_shell *shell = context;
    if (refused->code == STATUS_CONFLICT) {
        diag_say(DIAG_EV_CONFLICT, "stage=%s seq=%llu", shell->name,
                 (unsigned long long)refused->seq);
    }
    if (!client_is_up(shell->client) && refused->code != STATUS_FENCED &&
        refused->code != STATUS_OTHER_LOG && refused->code != STATUS_BAD_VERSION) {
        return; // a Hello that is tried again
    }
    stage_refused(shell->stage, refused);
}

static void on_lost(void *context)
{
    struct stage_shell *shell = context;
    stage_lost(shell->stage);
}

static const struct client_events events = {.welcome = on_welcome,
                                            .records = on_records,
                                            .tick = on_tick,
                                            .appended = on_appended,
                                            .refused = on_refused,
                                            .lost = on_lost};

/* ---- the loop ---- */

static void on_retry(void *context)
{
    struct stage_shell *shell = context;
    stage_retry(shell->stage);
}

static void take_turn(void *context)
{
    struct stage_shell *shell = context;
    if (stage_next(shell->stage)) {
        loop_again(shell->loop);
    }
    if (!shell->was_caught_up && stage_is_caught_up(shell->stage)) {
        say_caught_up(shell);
    }
    if (stage_wants_save(shell->stage)) {
        save_cache(shell);
    }
}

struct stage_shell *stage_shell_new(struct loop *loop, const char *log_endpoint,
                                    const struct stage_ops *ops, void *context)
{
    assert(loop != NULL && log_endpoint != NULL && ops != NULL);
    struct stage_shell *self = memory_new(1, sizeof *self);
    struct client_options options = {
        .endpoint = log_endpoint, .name = ops->name, .writer = ops->owner != OWNER_NONE};
    self->loop = loop;
    self->name = ops->name;
    self->retry = loop_timer_new(loop, on_retry, self);
    self->stage = stage_new(ops, context, &port, self);
    self->client = client_new(loop, &options, &events, self);
    loop_before_sleep(loop, take_turn, self);
    return self;
}

void stage_shell_free(struct stage_shell **shell)
{
    assert(shell != NULL);
    struct stage_shell *self = *shell;
    if (self == NULL) {
        return;
    }
    save_cache(self);
    client_free(&self->client);
    stage_free(&self->stage);
    loop_timer_free(&self->retry);
    memory_free(self);
    *shell = NULL;
}

void stage_shell_cache(struct stage_shell *shell, const struct process *process)
{
    assert(!shell->was_welcome);
    if (process->data_dir == NULL || process->no_cache) {
        return;
    }
    const int size = snprintf(shell->cache_directory, sizeof shell->cache_directory,
                              "%s/cache/%s", process->data_dir, shell->name);
    if (size < 0 || (size_t)size >= sizeof shell->cache_directory) {
        shell->cache_directory[0] = '\0';
        say_dropped(shell, status_name(STATUS_TOO_LARGE), "--data");
    }
}

void stage_shell_poke(struct stage_shell *shell)
{
    loop_again(shell->loop);
}
