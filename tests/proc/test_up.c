/* test_up.c: sanji up with processes of the test's own in the place of the real ones: one
 * line when all are ready, death and new start, drain in order, nothing left behind.
 *
 * Each process of the test says what happens to it on one named pipe, which the test reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/proc/harness.h"

enum {
    TEXT_SIZE = 2048,
    PATH_SIZE = HARNESS_PATH_SIZE + 64,
    MODE_PROGRAM = 0755
};

// Says "NAME start PID", is ready, and says "NAME stop" when it is asked to end.
static const char GOOD[] = "#!/bin/sh\n"
                           "name=${0##*/}\n"
                           "echo \"$name start $$\" >%s\n"
                           "trap 'echo \"$name stop\" >%s; kill $!; exit 0' TERM\n"
                           "trap 'echo \"$name hup\" >%s' HUP\n"
                           "echo \"READY $name\"\n"
                           "while :; do sleep 5 & wait $!; done\n";
static const char CANNOT[] = "#!/bin/sh\n"
                             "echo 'no key store' >&2\n"
                             "exit 78\n";

static struct harness harness;
static struct program up;
static char bin_dir[PATH_SIZE];
static char pipe_path[PATH_SIZE];
static int pipe_fd = -1;
static char said[TEXT_SIZE]; // what was read from the pipe and not asked for yet
static char original_bin[PATH_SIZE];

static void write_program(const char *name, const char *format)
{
    char path[PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/%s", bin_dir, name);
    char text[TEXT_SIZE];
    // %s stands for the pipe.
    size_t used = 0;
    for (const char *at = format; *at != '\0'; at++) {
        if (at[0] == '%' && at[1] == 's') {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", pipe_path);
            at++;
        } else {
            text[used++] = *at;
        }
        assert_true(used < sizeof text);
    }
    scratch_write(path, text, used);
    assert_int_equal(chmod(path, MODE_PROGRAM), 0);
}

static void copy_sanji(void)
{
    char from[HARNESS_PATH_SIZE];
    char to[PATH_SIZE + 64];
    harness_program("sanji", from);
    snprintf(to, sizeof to, "%s/sanji", bin_dir);
    if (link(from, to) == 0) {
        return;
    }
    assert_int_equal(errno, EXDEV);
    scratch_copy(from, to);
}

static int setup(void **state)
{
    (void)state;
    char sanji[HARNESS_PATH_SIZE];
    harness_program("sanji", sanji);
    *strrchr(sanji, '/') = '\0';
    snprintf(original_bin, sizeof original_bin, "%s", sanji);
    harness_open(&harness);
    snprintf(bin_dir, sizeof bin_dir, "%s/bin", harness.dir);
    snprintf(pipe_path, sizeof pipe_path, "%s/said", harness.dir);
    assert_int_equal(mkdir(bin_dir, 0700), 0);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    pipe_fd = open(pipe_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    assert_true(pipe_fd >= 0);
    said[0] = '\0';
    copy_sanji();
    write_program("sanji-broker", GOOD);
    write_program("sanji-intake", GOOD);
    write_program("sanji-casebook", GOOD);
    assert_int_equal(setenv("SANJI_BIN", bin_dir, 1), 0);
    memset(&up, 0, sizeof up);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_close(&harness);
    assert_int_equal(setenv("SANJI_BIN", original_bin, 1), 0);
    close(pipe_fd);
    return 0;
}

// Waits until a line that begins so was said; returns the text behind it.
static const char *wait_said(const char *begin)
{
    static char rest[TEXT_SIZE];
    for (;;) {
        for (char *line = said; *line != '\0';) {
            char *end = strchr(line, '\n');
            if (end == NULL) {
                break;
            }
            if (strncmp(line, begin, strlen(begin)) == 0) {
                *end = '\0';
                snprintf(rest, sizeof rest, "%s", line + strlen(begin));
                memmove(line, end + 1, strlen(end + 1) + 1);
                return rest;
            }
            line = end + 1;
        }
        struct pollfd fd = {.fd = pipe_fd, .events = POLLIN};
        if (poll(&fd, 1, HARNESS_WAIT_MS) != 1) {
            fail_msg("nobody said: %s; but: %s", begin, said);
        }
        size_t used = strlen(said);
        ssize_t size = read(pipe_fd, said + used, sizeof said - 1 - used);
        assert_true(size > 0);
        said[used + (size_t)size] = '\0';
    }
}

static void start_up(void)
{
    static const char *const ARGUMENTS[] = {"up", "--run",    NULL,   "--data",
                                            NULL, "--config", "none", NULL};
    const char *arguments[sizeof ARGUMENTS / sizeof ARGUMENTS[0]];
    memcpy(arguments, ARGUMENTS, sizeof ARGUMENTS);
    arguments[2] = harness.run_dir;
    arguments[4] = harness.data_dir;
    program_start_bare(&up, &harness, "sanji", arguments);
}

static void one_line_says_that_all_are_ready(void **state)
{
    (void)state;
    start_up();
    char expected[2 * HARNESS_PATH_SIZE + 64];
    snprintf(expected, sizeof expected, "READY data=%s run=%s seq=0", harness.data_dir,
             harness.run_dir);
    assert_string_equal(program_wait_line(&up, "READY"), expected);
    wait_said("sanji-broker start ");
    wait_said("sanji-intake start ");
    wait_said("sanji-casebook start ");
    struct stat info;
    assert_int_equal(stat(harness.run_dir, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
}

static void what_dies_is_started_again(void **state)
{
    (void)state;
    start_up();
    program_wait_line(&up, "READY");
    static const char *const NAMES[] = {"sanji-intake start ", "sanji-broker start "};
    for (size_t i = 0; i < 2; i++) {
        pid_t first = (pid_t)strtol(wait_said(NAMES[i]), NULL, 10);
        assert_true(first > 0);
        assert_int_equal(kill(first, SIGKILL), 0);
        pid_t second = (pid_t)strtol(wait_said(NAMES[i]), NULL, 10);
        assert_true(second > 0 && second != first);
        assert_true(program_said(&up, "ev=child_died"));
    }
}

static void a_drain_stops_the_workers_first_and_then_the_broker(void **state)
{
    (void)state;
    start_up();
    program_wait_line(&up, "READY");
    program_signal(&up, SIGTERM);
    wait_said("sanji-broker stop");
    // What was said before the broker stopped is all there.
    assert_non_null(strstr(said, "sanji-intake stop\n"));
    assert_non_null(strstr(said, "sanji-casebook stop\n"));
    assert_int_equal(program_wait_end(&up), 0);
}

static void who_cannot_start_ends_everything_with_1(void **state)
{
    (void)state;
    write_program("sanji-intake", CANNOT);
    start_up();
    assert_int_equal(program_wait_end(&up), 1);
    assert_true(program_said(&up, "no key store"));
    assert_true(program_said(&up, "sanji-intake cannot start"));
    wait_said("sanji-broker stop");
}

static void a_broker_that_is_not_there_is_said(void **state)
{
    (void)state;
    char path[PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/sanji-broker", bin_dir);
    assert_int_equal(unlink(path), 0);
    start_up();
    assert_int_equal(program_wait_end(&up), 1);
    assert_true(program_said(&up, "sanji-broker is not there"));
}

static void hup_goes_to_intake_alone(void **state)
{
    (void)state;
    start_up();
    program_wait_line(&up, "READY");
    program_signal(&up, SIGHUP);
    wait_said("sanji-intake hup");
    assert_null(strstr(said, "sanji-broker hup"));
}

static void when_up_is_killed_nothing_is_left_behind(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"sanji-broker start ", "sanji-intake start ",
                                        "sanji-casebook start "};
    struct pollfd ends[3];
    start_up();
    program_wait_line(&up, "READY");
    for (size_t i = 0; i < 3; i++) {
        pid_t pid = (pid_t)strtol(wait_said(NAMES[i]), NULL, 10);
        ends[i].fd = (int)syscall(SYS_pidfd_open, pid, 0);
        ends[i].events = POLLIN;
        assert_true(ends[i].fd >= 0);
    }
    program_kill(&up);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(poll(&ends[i], 1, HARNESS_WAIT_MS), 1);
        close(ends[i].fd);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_line_says_that_all_are_ready),
        TEST(what_dies_is_started_again),
        TEST(a_drain_stops_the_workers_first_and_then_the_broker),
        TEST(who_cannot_start_ends_everything_with_1),
        TEST(a_broker_that_is_not_there_is_said),
        TEST(hup_goes_to_intake_alone),
        TEST(when_up_is_killed_nothing_is_left_behind),
    };
    return cmocka_run_group_tests_name("up", tests, NULL, NULL);
}
