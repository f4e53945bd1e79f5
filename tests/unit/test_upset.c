/* test_upset.c: only a process of that run is killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/scratch.h"
#include "workers/sanji/upset.h"

/* A process that calls itself so, and waits for its end. Its words stand in /proc. */
static pid_t start(const char *name, const char *run_dir)
{
    int input[2];
    int executed[2]; // closed by exec
    char byte = 0;
    assert_int_equal(pipe(input), 0);
    assert_int_equal(pipe(executed), 0);
    assert_int_equal(fcntl(executed[1], F_SETFD, FD_CLOEXEC), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        // It reads from a pipe that nobody writes to, so it waits.
        (void)dup2(input[0], STDIN_FILENO); // else it ends at once, and the test fails
        (void)execl("/bin/sh", name, "-c", "read line", "it", "--run", run_dir,
                    (char *)NULL);
        _exit(127);
    }
    assert_int_equal(close(input[0]), 0); // input[1] stays open until the test ends
    assert_int_equal(close(executed[1]), 0);
    assert_int_equal(read(executed[0], &byte, 1), 0);
    assert_int_equal(close(executed[0]), 0);
    return pid;
}

static int ended_by(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void one_of_the_run_is_killed(void **state)
{
    (void)state;
    char run_dir[SCRATCH_PATH_SIZE];
    scratch_make(run_dir);
    const pid_t pid = start("sanji-intake", run_dir);
    assert_true(upset_kill("sanji-intake", run_dir));
    assert_int_equal(ended_by(pid), SIGKILL);
    assert_false(upset_kill("sanji-intake", run_dir));
    scratch_remove(run_dir);
}

static void another_program_or_another_run_is_let_be(void **state)
{
    (void)state;
    char run_dir[SCRATCH_PATH_SIZE];
    char other_dir[SCRATCH_PATH_SIZE];
    scratch_make(run_dir);
    scratch_make(other_dir);
    const pid_t pid = start("sanji-intake", run_dir);
    assert_false(upset_kill("sanji-audit", run_dir));
    assert_false(upset_kill("sanji-intake", other_dir));
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); // it lives
    assert_true(upset_kill("sanji-intake", run_dir));
    assert_int_equal(ended_by(pid), SIGKILL);
    scratch_remove(run_dir);
    scratch_remove(other_dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_the_run_is_killed),
        cmocka_unit_test(another_program_or_another_run_is_let_be),
    };
    return cmocka_run_group_tests_name("upset", tests, NULL, NULL);
}
