/* reload.c: sanji reload: tells intake to read its rule files again, and shows what it
 * published; it ends as soon as what the files say is in force.
 *
 * Intake is found as the process that listens at RUN/door.ipc, so no file with a process
 * number can be stale. Source: unix(7), SO_PEERCRED: of a listening socket, the credentials
 * of the process that called listen.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/runtime/json.h"
#include "broker/runtime/rulesfile.h"
#include "proto/codec.h"
#include "proto/vocab.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/reader.h"

enum {
    // Where it is not known what is to come: reading the files and one append.
    WAIT_MS = 3000,
    // Where it is: it ends when that has come, on a slow machine later.
    WAIT_KNOWN_MS = 30000,
    ARENA_SIZE = 512 * 1024,
    KINDS = SANJI__RULES_KIND__RULES_KIND_LABELS + 1,
    COMM_SIZE = 32,
    ARGUMENTS_SIZE = 16384 // of intake: some paths
};

// The process that serves an ipc endpoint. 0: nobody.
static pid_t find_server(const char *run_dir, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int size =
        snprintf(address.sun_path, sizeof address.sun_path, "%s/%s.ipc", run_dir, name);
    if (size < 0 || (size_t)size >= sizeof address.sun_path) {
        return 0;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return 0;
    }
    struct ucred peer = {.pid = 0};
    socklen_t peer_size = sizeof peer;
    const struct sockaddr *to = (const struct sockaddr *)(const void *)&address;
    bool is_known = connect(fd, to, sizeof address) == 0 &&
                    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size) == 0;
    close(fd);
    return is_known ? peer.pid : 0;
}

// A signal ends a process that does not expect it, so the name is looked at first.
static bool is_program(pid_t pid, const char *name)
{
    char path[COMM_SIZE];
    char comm[COMM_SIZE] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t size = read(fd, comm, sizeof comm - 1);
    close(fd);
    return size > 0 && strncmp(comm, name, strlen(name)) == 0;
}

// The configuration that a process was started with, by its arguments; "" where that is not
// told, or tells nothing here (a path relative to a folder that only the process knows).
static void find_config(pid_t pid, char config[ARGUMENTS_SIZE])
{
    static const char NAME[] = "--config";
    char path[COMM_SIZE];
    char arguments[ARGUMENTS_SIZE] = "";
    snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
    config[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    ssize_t size = read(fd, arguments, sizeof arguments - 1);
    close(fd);
    for (ssize_t at = 0; at < size; at += (ssize_t)strlen(arguments + at) + 1) {
        const char *value = arguments + at + sizeof NAME; // behind its NUL, or "="
        if (strncmp(arguments + at, NAME, sizeof NAME - 1) == 0 && value[0] == '/') {
            snprintf(config, ARGUMENTS_SIZE, "%s", value);
        }
    }
}

// Wrong files are told here, where somebody waits for the answer, not in intake's diag alone.
// *files NULL: nobody says which they are.
static int check_files(const struct cli *cli, pid_t intake, struct rulesfile **files)
{
    char config[ARGUMENTS_SIZE];
    struct fault fault;
    *files = NULL;
    find_config(intake, config);
    if (config[0] == '\0') {
        return CLI_OK;
    }
    return rulesfile_load(config, files, &fault) == STATUS_OK
               ? CLI_OK
               : cli_fail(cli, CLI_PROBLEMS, "%s: the rules in force stay", fault.text);
}

struct reload {
    pid_t intake;
    bool is_sent;
    bool is_settled; // nothing differs: nothing to send
    unsigned kinds;
    struct cli *cli;
    struct arena *arena;
    struct rulesfile *files;
    // Of the newest version of each kind in the log.
    uint8_t hashes[KINDS][RULESFILE_HASH_SIZE];
};

// Whether the log holds just what the files say: then nothing more is to come.
static bool is_in_force(const struct reload *reload)
{
    for (int kind = SANJI__RULES_KIND__RULES_KIND_ORG; kind < KINDS; kind++) {
        if (reload->files == NULL ||
            memcmp(reload->hashes[kind],
                   rulesfile_hash(reload->files, (Sanji__RulesKind)kind),
                   RULESFILE_HASH_SIZE) != 0) {
            return false;
        }
    }
    return true;
}

static Sanji__RulesPublished *read_rules(struct reload *reload, const struct record *record)
{
    Sanji__Envelope *envelope = NULL;
    arena_reset(reload->arena);
    if (codec_unpack(record->envelope, reload->arena, &envelope) != STATUS_OK ||
        envelope->body_case != SANJI__ENVELOPE__BODY_RULES_PUBLISHED) {
        return NULL;
    }
    Sanji__RulesPublished *rules = envelope->rules_published;
    const unsigned kind = (unsigned)rules->kind;
    if (rules->part == rules->parts && kind < KINDS &&
        rules->sha256.len == RULESFILE_HASH_SIZE) {
        memcpy(reload->hashes[kind], rules->sha256.data, RULESFILE_HASH_SIZE);
    }
    return rules;
}

static bool on_past(void *context, const struct record *record)
{
    (void)read_rules(context, record); // its hash is kept
    return true;
}

static bool on_record(void *context, const struct record *record)
{
    struct reload *reload = context;
    Sanji__RulesPublished *rules = read_rules(reload, record);
    if (rules == NULL || rules->part < rules->parts) {
        return true; // told once a kind
    }
    rules->content.len = 0;
    json_t *line = json_write(&rules->base);
    if (json_object_set_new(line, "seq", json_integer((json_int_t)record->seq)) == 0) {
        cli_json(line);
        cli_flush();
    }
    reload->kinds++;
    return !is_in_force(reload);
}

static void on_joined(void *context, const Sanji__Welcome *welcome)
{
    struct reload *reload = context;
    (void)welcome; // the follow stands: what is published now is seen
    if (!reload->is_sent && kill(reload->intake, SIGHUP) == 0) {
        reload->is_sent = true;
    }
}

// What stands in the log, then the signal, then what comes until it is all in force.
static enum reader_end publish(struct reload *reload, struct fault *fault)
{
    static const struct reader_events PAST = {.record = on_past};
    static const struct reader_events EVENTS = {.record = on_record, .joined = on_joined};
    uint32_t types[] = {EVENT_RULES_PUBLISHED};
    Sanji__Filter filter = SANJI__FILTER__INIT;
    filter.types = types;
    filter.n_types = 1;
    struct reader_options options = {.filter = &filter,
                                     .from = SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST,
                                     .to_head = true,
                                     .limit_ms = WAIT_KNOWN_MS};
    const enum reader_end end =
        reader_run(reload->cli->run_dir, &options, &PAST, reload, fault);
    if (end == READER_REFUSED || end == READER_TIMEOUT) {
        return end;
    }
    if (is_in_force(reload)) {
        reload->is_settled = true; // intake publishes what differs, so it holds the same
        return READER_STOPPED;
    }
    options.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_NEXT;
    options.to_head = false;
    options.limit_ms = reload->files != NULL ? WAIT_KNOWN_MS : WAIT_MS;
    return reader_run(reload->cli->run_dir, &options, &EVENTS, reload, fault);
}

int cmd_reload(struct cli *cli)
{
    struct reload reload = {.cli = cli};
    reload.intake = find_server(cli->run_dir, "door");
    if (reload.intake == 0) {
        return cli_fail(cli, CLI_UNREACHABLE, "%s/door.ipc: nobody serves it",
                        cli->run_dir);
    }
    if (!is_program(reload.intake, "sanji-intake")) {
        return cli_fail(cli, CLI_FAILURE,
                        "%s/door.ipc is served by process %ld, which is "
                        "not sanji-intake",
                        cli->run_dir, (long)reload.intake);
    }
    int code = check_files(cli, reload.intake, &reload.files);
    if (code != CLI_OK) {
        return code;
    }
    reload.arena = arena_new(ARENA_SIZE);
    struct fault fault;
    const enum reader_end end = publish(&reload, &fault);
    arena_free(&reload.arena);
    rulesfile_free(&reload.files);
    if (end == READER_REFUSED) {
        return cli_fail(cli, cli_exit_of(fault.status), "%s", fault.text);
    }
    if (!reload.is_sent && !reload.is_settled) {
        return cli_fail(cli, CLI_UNREACHABLE, "%s/log.ipc: no broker answers",
                        cli->run_dir);
    }
    if (reload.kinds == 0) {
        fprintf(stderr, "sanji reload: 规则未变,或文件有误(见 intake 日志) nothing was "
                        "published: the rules are the same, or a file is wrong: intake's "
                        "diag and `sanji check-config` say which\n");
    }
    return CLI_OK;
}
