/* verify.c: the child that walks through a log, and the parent that outlives it.
 *
 *     shared page:  phase, at (the record in hand), result, findings
 *     child dies -> parent notes DIED at `at`, forks another that begins at `at` + 1
 */
#include "store/verify.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/verify_inside.h"

enum {
    // A damaged page may kill once for each record on it; a log that kills more often than
    // this is not worth walking on.
    DEATHS_MAX = 64
};

const char *verify_kind_name(enum verify_kind kind)
{
    switch (kind) {
    case VERIFY_META:
        return "META";
    case VERIFY_CHECKSUM:
        return "CHECKSUM";
    case VERIFY_GAP:
        return "GAP";
    case VERIFY_ORDER:
        return "ORDER";
    case VERIFY_TREE:
        return "TREE";
    case VERIFY_WRITER:
        return "WRITER";
    case VERIFY_READER:
        return "READER";
    case VERIFY_DIED:
        return "DIED";
    }
    return "UNKNOWN";
}

/* ---- the parent ---- */

static _Noreturn void be_child(struct verify_shared *shared, const char *directory)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        (void)signal(deadly[i], SIG_DFL); // these are all valid
    }
    // All three only keep the dying tidy. Open files go, since one of them may be the lock of
    // the broker that asked: it must not outlive that broker here.
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
    verify_walk(shared, directory);
    _exit(EXIT_SUCCESS);
}

/* True when the child has come to its end. */
static bool run_child(struct verify_shared *shared, const char *directory,
                      int *signal_number)
{
    pid_t pid = fork();
    if (pid == 0) {
        be_child(shared, directory);
    }
    if (pid < 0) {
        shared->refusal =
            fault_set(&shared->fault, STATUS_CANNOT_START, "fork: %s", strerror(errno));
        return true;
    }
    int how = 0;
    pid_t waited = 0;
    do {
        waited = waitpid(pid, &how, 0);
    } while (waited < 0 && errno == EINTR);
    // A host that reaps all children may be faster; then the page alone tells.
    *signal_number = waited == pid && WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    return shared->phase == PHASE_DONE;
}

static void note_death(struct verify_shared *shared, int signal_number)
{
    struct verify_finding finding = {.kind = VERIFY_DIED, .signal = signal_number};
    const char *what = "the end of its process";
    if (signal_number != 0) {
        what = strsignal(signal_number);
    }
    switch (shared->phase) {
    case PHASE_OPEN:
    case PHASE_META:
        verify_find(shared, finding, "the reader died opening the log: signal %d (%s)",
                    signal_number, what);
        shared->phase = shared->phase == PHASE_OPEN ? PHASE_DONE : PHASE_RECORDS;
        break;
    case PHASE_RECORDS:
        finding.seq = shared->at;
        verify_find(
            shared, finding,
            "the record reader died at record %llu: signal %d (%s); it and its page "
            "neighbours cannot be read",
            (unsigned long long)shared->at, signal_number, what);
        shared->at++;
        break;
    case PHASE_WRITERS:
        verify_find(shared, finding, "the reader died on the writers' rows: signal %d (%s)",
                    signal_number, what);
        shared->phase = PHASE_READERS;
        break;
    case PHASE_READERS:
    case PHASE_DONE:
        verify_find(shared, finding,
                    "the reader died on the durable readers' rows: signal %d (%s)",
                    signal_number, what);
        shared->phase = PHASE_DONE;
        break;
    }
}

enum status verify_log(const char *directory, verify_report_fn report, void *context,
                       struct verify_result *result, struct fault *fault)
{
    assert(directory != NULL && result != NULL && fault != NULL);
    *result = (struct verify_result){0};
    struct verify_shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return fault_set(fault, STATUS_CANNOT_START, "no memory: %s", strerror(errno));
    }
    shared->at = 1;
    int signal_number = 0;
    unsigned deaths = 0;
    while (!run_child(shared, directory, &signal_number)) {
        note_death(shared, signal_number);
        deaths++;
        if (shared->phase == PHASE_DONE || deaths == DEATHS_MAX) {
            break;
        }
    }
    enum status status = shared->refusal;
    if (status == STATUS_OK) {
        *result = shared->result;
        status = result->findings == 0 ? STATUS_OK : STATUS_CORRUPT;
        for (size_t i = 0; i < shared->kept && report != NULL; i++) {
            report(context, &shared->findings[i]);
        }
    } else {
        *fault = shared->fault;
    }
    int code = munmap(shared, sizeof *shared);
    assert(code == 0);
    return status;
}
