/* state.c: fills a StatusReply from what the keeper knows. */
#include "broker/state.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "broker/follow.h"
#include "broker/keeper.h"
#include "broker/runtime/loop.h"
#include "store/log.h"

enum {
    KIB = 1024,
    LINE_SIZE = 256,
    // What one admin message shows; a system with more readers has `verify` for the rest.
    READERS_SHOWN_MAX = 1000,
    SESSIONS_SHOWN_MAX = 1000
};

struct shown_session {
    Sanji__SessionStatus message;
    char name[LOG_NAME_SIZE_MAX];
};

struct shown_reader {
    Sanji__ReaderStatus message;
    char name[LOG_NAME_SIZE_MAX];
};

struct state {
    Sanji__StatusReply message;
    char waiting_for[TURNS_NAME_SIZE];
    size_t session_count;
    size_t reader_count;
    struct shown_session sessions[SESSIONS_SHOWN_MAX];
    struct shown_reader readers[READERS_SHOWN_MAX];
    Sanji__SessionStatus *session_list[SESSIONS_SHOWN_MAX];
    Sanji__ReaderStatus *reader_list[READERS_SHOWN_MAX];
};

/* RssAnon of this process; 0 when the kernel does not tell. */
static uint64_t rss_anon_bytes(void)
{
    static const char label[] = "RssAnon:";
    unsigned long long kib = 0;
    char line[LINE_SIZE];
    FILE *status = fopen("/proc/self/status", "re");
    if (status == NULL) {
        return 0;
    }
    while (fgets(line, sizeof(line), status) != NULL) {
        if (strncmp(line, label, strlen(label)) == 0) {
            kib = strtoull(line + strlen(label), NULL, 10); // blanks before it are skipped
        }
    }
    (void)fclose(status); // was read only
    return kib * KIB;
}

uint64_t state_directory_bytes(const char *directory)
{
    uint64_t bytes = 0;
    DIR *dir = opendir(directory);
    if (dir == NULL) {
        return 0;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        struct stat found;
        if (fstatat(dirfd(dir), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(found.st_mode)) {
            bytes += (uint64_t)found.st_size;
        }
    }
    (void)closedir(dir); // was read only
    return bytes;
}

static struct shown_session *add_session(struct state *state, const char *name)
{
    if (state->session_count == SESSIONS_SHOWN_MAX) {
        return NULL;
    }
    struct shown_session *shown = &state->sessions[state->session_count];
    sanji__session_status__init(&shown->message);
    (void)snprintf(shown->name, sizeof(shown->name), "%s", name); // names are shorter
    shown->message.name = shown->name;
    state->session_list[state->session_count] = &shown->message;
    state->session_count++;
    return shown;
}

static void show_session(struct state *state, const struct session *session,
                         int64_t steady_ms)
{
    struct shown_session *shown = add_session(state, session->name);
    if (shown == NULL) {
        return;
    }
    Sanji__SessionStatus *message = &shown->message;
    message->writer = session->is_writer;
    message->epoch = session->epoch;
    message->read = session->idle.read_seq;
    message->cursor = session->cursor;
    message->next_due_ms = session->idle.next_due_ms;
    message->connected = true;
    message->appended = session->appended;
    message->silent_ms = (uint64_t)(steady_ms - session->heard_ms);
}

static void show_sessions(struct state *state, const struct keeper *keeper)
{
    int64_t steady_ms = loop_steady_ms();
    for (size_t i = 0; i < keeper->turns.count; i++) {
        const struct turns_participant *participant = &keeper->turns.participants[i];
        if (keeper->participants[i] == NULL && participant->is_member) {
            (void)add_session(state, participant->name); // not connected: nothing to add
        }
    }
    for (size_t i = 0; i < sessions_count(keeper->sessions); i++) {
        const struct session *session = sessions_at(keeper->sessions, i);
        if (session->is_welcome) {
            show_session(state, session, steady_ms);
        }
    }
}

static void show_reader(void *context, const char *name, uint64_t seq)
{
    struct state *state = context;
    if (state->reader_count == READERS_SHOWN_MAX) {
        return;
    }
    struct shown_reader *shown = &state->readers[state->reader_count];
    sanji__reader_status__init(&shown->message);
    (void)snprintf(shown->name, sizeof(shown->name), "%s", name); // names are shorter
    shown->message.durable = shown->name;
    shown->message.seq = seq;
    state->reader_list[state->reader_count] = &shown->message;
    state->reader_count++;
}

static void show_log(Sanji__StatusReply *message, const struct keeper *keeper)
{
    struct statvfs fs;
    message->log_id = keeper->log_id;
    message->broker_epoch = keeper->broker_epoch;
    message->head = keeper->head;
    message->now_ms = keeper_now_ms(keeper);
    message->driven = keeper->clock.is_driven;
    message->rate = keeper->clock.rate;
    message->map_size_bytes = log_meta(keeper->log).map_size_bytes;
    message->map_used_bytes = log_used_bytes(keeper->log);
    if (statvfs(keeper->data_dir, &fs) == 0) {
        message->disk_free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    }
    message->store_full = keeper->is_store_full;
}

struct state *state_new(struct keeper *keeper)
{
    struct state *state = calloc(1, sizeof(*state));
    if (state == NULL) {
        abort();
    }
    Sanji__StatusReply *message = &state->message;
    sanji__status_reply__init(message);
    show_log(message, keeper);
    show_sessions(state, keeper);
    // Readers that cannot be read are left out; the next commit of one says what is wrong.
    enum status status = log_readers(keeper->log, show_reader, state);
    (void)status; // as said
    message->n_sessions = state->session_count;
    message->sessions = state->session_list;
    message->n_readers = state->reader_count;
    message->readers = state->reader_list;
    message->advancing = keeper->turns.is_running;
    (void)snprintf(state->waiting_for, sizeof(state->waiting_for), "%s",
                   turns_waiting_for(&keeper->turns)); // names are shorter
    message->waiting_for = state->waiting_for;
    message->commits = keeper->counts.commits;
    message->records = keeper->counts.records;
    message->refused = keeper->counts.refused;
    message->followers = follows_count(keeper->follows);
    message->rss_anon_bytes = rss_anon_bytes();
    return state;
}

void state_free(struct state **state)
{
    free(*state);
    *state = NULL;
}

Sanji__StatusReply *state_message(struct state *state)
{
    return &state->message;
}
