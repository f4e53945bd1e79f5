/* admin.c: requests of an operator, and the answers that come later. */
#include "broker/admin.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.pb-c.h"
#include "broker/keeper.h"
#include "broker/own.h"
#include "broker/runtime/loop.h"
#include "broker/state.h"
#include "proto/time.h"
#include "proto/wire.h"

enum {
    ADMIN_HWM = 1000,
    ARENA_SIZE = 64 * 1024,
    TURN_MESSAGES = 16,
    PATH_SIZE = 4096
};

// Whom an answer that comes later goes to.
struct asker {
    bool is_waiting;
    struct socket_peer peer;
    uint64_t request_no;
};

struct backup {
    bool is_running;
    struct asker asker;
    pthread_t thread;
    char directory[PATH_SIZE];
    uint64_t head; // the copy holds at least these
    enum status status;
    struct fault fault;
};

struct admin {
    struct socket *socket;
    struct arena *arena;
    struct asker advance;
    bool is_moving; // ClockMoved is on its way into the log
    int64_t began_ms;
    struct backup backup;
    struct loop_wake *backup_done;
};

static void send_reply(struct keeper *keeper, const struct asker *asker,
                       Sanji__AdminReply *reply)
{
    reply->protocol = PROTOCOL_VERSION;
    reply->request_no = asker->request_no;
    size_t size = sanji__admin_reply__get_packed_size(reply);
    uint8_t *packed = malloc(size);
    if (packed == NULL) {
        abort();
    }
    struct bytes frame = {.data = packed, .size = sanji__admin_reply__pack(reply, packed)};
    enum status status = socket_send(keeper->admin->socket, &asker->peer, &frame, 1);
    (void)status; // who does not wait for the answer needs none
    free(packed);
}

static void send_error(struct keeper *keeper, const struct asker *asker, enum status status,
                       const char *text)
{
    char room[FAULT_TEXT_SIZE];
    Sanji__Error error = SANJI__ERROR__INIT;
    Sanji__AdminReply reply = SANJI__ADMIN_REPLY__INIT;
    (void)snprintf(room, sizeof(room), "%s",
                   text); // messages hold no const text; cut is fine
    error.code = (uint32_t)status;
    error.text = room;
    reply.body_case = SANJI__ADMIN_REPLY__BODY_ERROR;
    reply.error = &error;
    send_reply(keeper, asker, &reply);
}

// ---- driven time --------------------------------------------------------------------------

static void answer_advance(struct keeper *keeper)
{
    struct admin *admin = keeper->admin;
    Sanji__AdvanceReply advanced = SANJI__ADVANCE_REPLY__INIT;
    Sanji__AdminReply reply = SANJI__ADMIN_REPLY__INIT;
    admin->is_moving = false;
    admin->advance.is_waiting = false;
    advanced.now_ms = keeper_now_ms(keeper);
    advanced.steps = keeper->turns.steps;
    advanced.head = keeper->head;
    advanced.done = true;
    reply.body_case = SANJI__ADMIN_REPLY__BODY_ADVANCE;
    reply.advance = &advanced;
    clock_hold(&keeper->clock, false, keeper_instant());
    send_reply(keeper, &admin->advance, &reply);
}

static void on_advance(struct keeper *keeper, const struct asker *asker,
                       const Sanji__Advance *advance)
{
    struct admin *admin = keeper->admin;
    if (!keeper->clock.is_driven) {
        send_error(keeper, asker, STATUS_INVALID,
                   "this log keeper runs on the wall clock; start it with --clock driven");
        return;
    }
    if (admin->advance.is_waiting) {
        send_error(keeper, asker, STATUS_BUSY, "an advance is under way");
        return;
    }
    int64_t now_ms = keeper_now_ms(keeper);
    enum status status = STATUS_INVALID; // nothing is reckoned beyond the year 9999
    if (advance->to_ms <= TIME_MAX_MS) {
        status = turns_begin(&keeper->turns, now_ms, advance->to_ms,
                             (int64_t)advance->quantum_ms);
    }
    if (status != STATUS_OK) {
        send_error(keeper, asker, status, "to_ms lies before now or beyond the year 9999");
        return;
    }
    admin->advance = *asker;
    admin->advance.is_waiting = true;
    admin->began_ms = now_ms;
    clock_hold(&keeper->clock, true, keeper_instant());
}

void admin_advanced(struct keeper *keeper)
{
    struct admin *admin = keeper->admin;
    int64_t now_ms = keeper_now_ms(keeper);
    turns_end(&keeper->turns);
    if (now_ms == admin->began_ms) {
        answer_advance(keeper);
        return;
    }
    admin->is_moving = true;
    own_clock_moved(keeper, keeper->filling, now_ms, true);
    loop_again(keeper->loop);
}

static bool has_own(const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].kind == BATCH_APPEND && batch->items[i].session_no == 0) {
            return true;
        }
    }
    return false;
}

void admin_committed(struct keeper *keeper, const struct batch *batch)
{
    if (keeper->admin->is_moving && has_own(batch)) {
        answer_advance(keeper);
    }
}

static void on_rate(struct keeper *keeper, const struct asker *asker,
                    const Sanji__Rate *rate)
{
    if (!rate->ask_only && !keeper->clock.is_driven) {
        send_error(keeper, asker, STATUS_INVALID,
                   "the wall clock has no rate; start the log keeper with --clock driven");
        return;
    }
    if (!rate->ask_only && rate->rate > CLOCK_RATE_MAX) {
        send_error(keeper, asker, STATUS_INVALID, "rate");
        return;
    }
    if (!rate->ask_only) {
        clock_set_rate(&keeper->clock, rate->rate, keeper_instant());
        own_clock_moved(keeper, keeper->filling, keeper_now_ms(keeper), false);
        loop_again(keeper->loop);
    }
    Sanji__RateReply answer = SANJI__RATE_REPLY__INIT;
    Sanji__AdminReply reply = SANJI__ADMIN_REPLY__INIT;
    answer.now_ms = keeper_now_ms(keeper);
    answer.rate = keeper->clock.rate;
    answer.driven = keeper->clock.is_driven;
    reply.body_case = SANJI__ADMIN_REPLY__BODY_RATE;
    reply.rate = &answer;
    send_reply(keeper, asker, &reply);
}

// ---- backup -------------------------------------------------------------------------------

struct backup_job {
    struct log *log;
    struct backup *backup;
    struct loop_wake *done;
};

static void *run_backup(void *context)
{
    struct backup_job job = *(struct backup_job *)context;
    free(context);
    job.backup->status = log_copy(job.log, job.backup->directory, &job.backup->fault);
    loop_wake_send(job.done);
    return NULL;
}

static void start_backup_thread(struct keeper *keeper)
{
    struct backup *backup = &keeper->admin->backup;
    struct backup_job *job = malloc(sizeof(*job));
    if (job == NULL) {
        abort();
    }
    *job = (struct backup_job){keeper->log, backup, keeper->admin->backup_done};
    // Signals are the loop's: the new thread inherits a mask that blocks them all.
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all); // cannot fail
    int code = pthread_sigmask(SIG_BLOCK, &all, &before);
    assert(code == 0);
    code = pthread_create(&backup->thread, NULL, run_backup, job);
    if (code != 0) {
        abort();
    }
    code = pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(code == 0);
}

static void on_backup(struct keeper *keeper, const struct asker *asker,
                      const Sanji__Backup *asked)
{
    struct backup *backup = &keeper->admin->backup;
    if (backup->is_running) {
        send_error(keeper, asker, STATUS_BUSY, "a backup is under way");
        return;
    }
    size_t size = strlen(asked->directory);
    if (size == 0 || size >= PATH_SIZE || asked->directory[0] != '/') {
        send_error(keeper, asker, STATUS_INVALID, "directory: an absolute path");
        return;
    }
    backup->is_running = true;
    backup->asker = *asker;
    backup->head = keeper->head;
    memcpy(backup->directory, asked->directory, size + 1);
    start_backup_thread(keeper);
}

static void on_backup_done(void *context)
{
    struct keeper *keeper = context;
    struct backup *backup = &keeper->admin->backup;
    int code = pthread_join(backup->thread, NULL);
    assert(code == 0);
    backup->is_running = false;
    if (backup->status != STATUS_OK) {
        send_error(keeper, &backup->asker, backup->status, backup->fault.text);
        return;
    }
    Sanji__BackupReply done = SANJI__BACKUP_REPLY__INIT;
    Sanji__AdminReply reply = SANJI__ADMIN_REPLY__INIT;
    done.head = backup->head;
    done.size_bytes = state_directory_bytes(backup->directory);
    reply.body_case = SANJI__ADMIN_REPLY__BODY_BACKUP;
    reply.backup = &done;
    send_reply(keeper, &backup->asker, &reply);
}

// ---- the endpoint -------------------------------------------------------------------------

static void on_status(struct keeper *keeper, const struct asker *asker)
{
    Sanji__AdminReply reply = SANJI__ADMIN_REPLY__INIT;
    struct state *state = state_new(keeper);
    reply.body_case = SANJI__ADMIN_REPLY__BODY_STATUS;
    reply.status = state_message(state);
    send_reply(keeper, asker, &reply);
    state_free(&state);
}

static void on_drain(struct keeper *keeper, const struct asker *asker)
{
    Sanji__Done done = SANJI__DONE__INIT;
    Sanji__AdminReply reply = SANJI__ADMIN_REPLY__INIT;
    reply.body_case = SANJI__ADMIN_REPLY__BODY_DONE;
    reply.done = &done;
    send_reply(keeper, asker, &reply);
    loop_stop(keeper->loop);
}

static void handle(struct keeper *keeper, const struct asker *asker,
                   const Sanji__AdminRequest *request)
{
    if (request->protocol != PROTOCOL_VERSION) {
        send_error(keeper, asker, STATUS_BAD_VERSION, status_en(STATUS_BAD_VERSION));
        return;
    }
    switch (request->body_case) {
    case SANJI__ADMIN_REQUEST__BODY_STATUS:
        on_status(keeper, asker);
        return;
    case SANJI__ADMIN_REQUEST__BODY_ADVANCE:
        on_advance(keeper, asker, request->advance);
        return;
    case SANJI__ADMIN_REQUEST__BODY_RATE:
        on_rate(keeper, asker, request->rate);
        return;
    case SANJI__ADMIN_REQUEST__BODY_DRAIN:
        on_drain(keeper, asker);
        return;
    case SANJI__ADMIN_REQUEST__BODY_BACKUP:
        on_backup(keeper, asker, request->backup);
        return;
    case SANJI__ADMIN_REQUEST__BODY__NOT_SET:
    case _SANJI__ADMIN_REQUEST__BODY__CASE_IS_INT_SIZE:
    default:
        send_error(keeper, asker, STATUS_UNKNOWN_KIND, status_en(STATUS_UNKNOWN_KIND));
    }
}

static void on_ready(void *context)
{
    struct keeper *keeper = context;
    struct admin *admin = keeper->admin;
    for (int n = 0; n < TURN_MESSAGES; n++) {
        struct asker asker = {.request_no = 0};
        struct bytes frame;
        size_t frame_count = 0;
        ProtobufCMessage *message = NULL;
        enum status status =
            socket_receive(admin->socket, &asker.peer, &frame, 1, &frame_count);
        if (status == STATUS_NOT_FOUND) {
            return;
        }
        if (status == STATUS_OK && frame_count != 1) {
            status = STATUS_MALFORMED;
        }
        if (status == STATUS_OK) {
            arena_reset(admin->arena);
            status = wire_unpack(&sanji__admin_request__descriptor, frame, admin->arena,
                                 &message);
        }
        if (status == STATUS_OK) {
            const Sanji__AdminRequest *request = (const Sanji__AdminRequest *)message;
            asker.request_no = request->request_no;
            handle(keeper, &asker, request);
        } else if (asker.peer.size != 0) {
            send_error(keeper, &asker, status, status_en(status));
        }
    }
}

enum status admin_open(struct keeper *keeper, const char *endpoint, struct fault *fault)
{
    struct admin *admin = calloc(1, sizeof(*admin));
    if (admin == NULL) {
        abort();
    }
    enum status status =
        socket_bind(SOCKET_ROUTER, endpoint, ADMIN_HWM, &admin->socket, fault);
    if (status != STATUS_OK) {
        free(admin);
        return status;
    }
    admin->arena = arena_new(ARENA_SIZE);
    admin->backup_done = loop_wake_new(keeper->loop, on_backup_done, keeper);
    keeper->admin = admin;
    loop_watch(keeper->loop, admin->socket, on_ready, keeper);
    return STATUS_OK;
}

void admin_close(struct keeper *keeper)
{
    struct admin *admin = keeper->admin;
    if (admin == NULL) {
        return;
    }
    if (admin->backup.is_running) {
        int code = pthread_join(admin->backup.thread, NULL);
        assert(code == 0);
    }
    loop_unwatch(keeper->loop, admin->socket);
    loop_wake_free(&admin->backup_done);
    socket_close(&admin->socket);
    arena_free(&admin->arena);
    free(admin);
    keeper->admin = NULL;
}
