/* test_process.c: what every program's main does, seen from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "tests/unit/scratch.h"

enum {
    ARGUMENTS_MAX = 16
};

static const struct process_option own_options[] = {
    {"--clock", "wall|driven", "wall", "whose time it is"},
    {"--start", "TIME", NULL, "where a driven clock begins"},
    {"--cold", NULL, NULL, "read everything anew"},
};

static char scratch[SCRATCH_PATH_SIZE];
static struct child child;
static struct process process;

struct call {
    void (*after_start)(void);
    char *arguments[ARGUMENTS_MAX]; // ends with NULL
};

static int set_up(void **state)
{
    (void)state;
    scratch_make(scratch);
    assert_int_equal(setenv("SANJI_RUN", scratch, 1), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("SANJI_RUN"), 0);
    assert_int_equal(unsetenv("SANJI_SUPERVISED"), 0);
    scratch_remove(scratch);
    return 0;
}

static void start(void *context)
{
    const struct call *call = context;
    static char name[] = "sanji-intake";
    char *argv[ARGUMENTS_MAX + 1] = {name};
    int argc = 1;
    for (size_t i = 0; call->arguments[i] != NULL; i++) {
        argv[argc++] = call->arguments[i];
    }
    process =
        (struct process){.name = "sanji-intake",
                         .options = own_options,
                         .option_count = sizeof(own_options) / sizeof(own_options[0])};
    process_start(&process, argc, argv);
    if (call->after_start != NULL) {
        call->after_start();
    }
}

// Starts a process in a child with up to four arguments (NULL: none).
static void run4(void (*after_start)(void), const char *a, const char *b, const char *c,
                 const char *d)
{
    const char *const given[] = {a, b, c, d};
    char texts[4][128] = {""};
    struct call call = {.after_start = after_start};
    for (size_t i = 0; i < 4 && given[i] != NULL; i++) {
        print_text(texts[i], sizeof(texts[i]), "%s", given[i]);
        call.arguments[i] = texts[i];
    }
    child_run(start, &call, &child);
}

static const char *or_null(const char *text)
{
    return text != NULL ? text : "(null)";
}

static void print_values(void)
{
    printf("run=%s data=%s config=%s clock=%s start=%s cold=%s", process.run_dir,
           or_null(process.data_dir), or_null(process.config_file),
           or_null(process_option(&process, "--clock")),
           or_null(process_option(&process, "--start")),
           or_null(process_option(&process, "--cold")));
}

static void assert_said(const char *text)
{
    if (strstr(child.out, text) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", text, child.out);
    }
}

// ---- options ----------------------------------------------------------------------------

static void values_stand_behind_a_blank_or_an_equals_sign(void **state)
{
    (void)state;
    run4(print_values, "--clock", "driven", "--start=2020-08-15T00:00:00Z", "--data=/x");
    assert_int_equal(child.code, 0);
    assert_said("data=/x config=(null) clock=driven start=2020-08-15T00:00:00Z");
}

static void a_flag_is_empty_when_given_and_null_when_not(void **state)
{
    (void)state;
    run4(print_values, NULL, NULL, NULL, NULL);
    assert_said("cold=(null)");
    run4(print_values, "--cold", "--config", "a.yaml", NULL);
    assert_said("config=a.yaml");
    assert_string_equal(strstr(child.out, "cold="), "cold=");
}

static void what_is_not_given_has_its_fallback(void **state)
{
    (void)state;
    run4(print_values, NULL, NULL, NULL, NULL);
    assert_said("data=(null) config=(null) clock=wall start=(null)");
}

static void the_last_of_several_counts(void **state)
{
    (void)state;
    run4(print_values, "--clock=driven", "--data=/a", "--clock=wall", "--data=/b");
    assert_said("data=/b");
    assert_said("clock=wall");
}

static void an_empty_value_is_a_value(void **state)
{
    (void)state;
    run4(print_values, "--clock=", NULL, NULL, NULL);
    assert_said("clock= start");
}

static void wrong_usage_exits_2_with_the_usage_and_starts_nothing(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"--nonsense", NULL},  {"--nonsense=1", NULL},
        {"--cloc", "wall"},    {"--clock", NULL},
        {"--clock", "--cold"}, {"--cold=yes", NULL},
        {"positional", NULL},  {"", NULL},
        {"--cold", "stray"},   {"--clockwise=1", "--x"},
        {"-h", NULL},          {"--help=1", NULL},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        run4(print_values, wrong[i][0], wrong[i][1], NULL, NULL);
        assert_int_equal(child.code, 2);
        assert_string_equal(child.out, "");
        assert_non_null(strstr(child.err, "usage: sanji-intake [option ...]\n"));
        assert_null(strstr(child.err, "ev=started"));
    }
}

static void help_lists_every_option_with_its_fallback_and_exits_0(void **state)
{
    (void)state;
    run4(print_values, "--data", "/nowhere", "--help", "--nonsense");
    assert_int_equal(child.code, 0);
    assert_string_equal(child.err, "");
    assert_said("usage: sanji-intake");
    assert_said("--clock wall|driven");
    assert_said("whose time it is (default wall)");
    assert_said("--start TIME");
    assert_said("--cold ");
    assert_said("--run DIR");
    assert_said("$SANJI_RUN, else ./run");
    assert_said("--data DIR");
    assert_said("--config FILE");
    assert_null(strstr(child.out, "(null)"));
}

// ---- where things are -------------------------------------------------------------------

static void the_run_directory_comes_from_the_option_then_the_environment(void **state)
{
    (void)state;
    char expected[128];
    print_text(expected, sizeof(expected), "run=%s data", scratch);
    run4(print_values, NULL, NULL, NULL, NULL);
    assert_said(expected);

    char other[128];
    print_text(other, sizeof(other), "--run=%s/other", scratch);
    run4(print_values, other, NULL, NULL, NULL);
    print_text(expected, sizeof(expected), "run=%s/other data", scratch);
    assert_said(expected);
}

static void start_in_scratch(void *context)
{
    assert_int_equal(chdir(scratch), 0);
    start(context);
}

static void without_either_it_is_run_below_the_working_directory(void **state)
{
    (void)state;
    static const char *const values[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        unsetenv("SANJI_RUN");
        if (values[i] != NULL) {
            assert_int_equal(setenv("SANJI_RUN", values[i], 1), 0);
        }
        struct call call = {.after_start = print_values};
        child_run(start_in_scratch, &call, &child);
        assert_said("run=./run data");
    }
}

static void a_missing_run_directory_is_made_for_its_user_alone(void **state)
{
    (void)state;
    char other[128];
    print_text(other, sizeof(other), "%s/other", scratch);
    run4(print_values, "--run", other, NULL, NULL);
    struct stat found;
    assert_int_equal(stat(other, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
}

static void a_run_directory_that_cannot_be_exits_78_with_one_line(void **state)
{
    (void)state;
    char missing[128];
    print_text(missing, sizeof(missing), "%s/a/b", scratch);
    run4(print_values, "--run", missing, NULL, NULL);
    assert_int_equal(child.code, EXIT_CANNOT_START);
    assert_int_equal(count_text(child.err, "\n"), 1);
    assert_non_null(strstr(child.err, "lvl=error ev=cannot_start proc=intake"));
    assert_non_null(strstr(child.err, "status=CANNOT_START text=\"run directory "));
}

static void endpoints_are_files_of_the_run_directory(void **state)
{
    (void)state;
    char text[ENDPOINT_SIZE];
    assert_string_equal(process_endpoint("/run/sanji", "log", text),
                        "ipc:///run/sanji/log.ipc");
    assert_string_equal(process_endpoint("run", "door", text), "ipc://run/door.ipc");
}

static void print_long_endpoint(void)
{
    char run_dir[ENDPOINT_SIZE];
    memset(run_dir, 'x', sizeof(run_dir) - 1);
    run_dir[sizeof(run_dir) - 1] = '\0';
    char text[ENDPOINT_SIZE];
    puts(process_endpoint(run_dir, "log", text));
}

static void an_endpoint_that_is_too_long_exits_78(void **state)
{
    (void)state;
    run4(print_long_endpoint, NULL, NULL, NULL, NULL);
    assert_int_equal(child.code, EXIT_CANNOT_START);
    assert_non_null(strstr(child.err, "too long"));
}

// ---- running ----------------------------------------------------------------------------

static void raise_terminate(void *context)
{
    (void)context;
    assert_int_equal(raise(SIGTERM), 0);
}

static void raise_interrupt(void *context)
{
    (void)context;
    assert_int_equal(raise(SIGINT), 0);
}

static void run_until_signal(loop_fn signal_fn)
{
    struct loop_timer *timer = loop_timer_new(process.loop, signal_fn, NULL);
    loop_timer_start(timer, 0, 0);
    process_ready(&process);
    process_ready(&process); // again after a reconnection: says nothing
    int code = process_run(&process);
    loop_timer_free(&timer);
    printf("code=%d", code);
}

static void run_until_terminated(void)
{
    run_until_signal(raise_terminate);
}

static void run_until_interrupted(void)
{
    run_until_signal(raise_interrupt);
}

static void both_signals_end_the_loop_and_the_code_is_0(void **state)
{
    (void)state;
    void (*const bodies[])(void) = {run_until_terminated, run_until_interrupted};
    for (size_t i = 0; i < 2; i++) {
        run4(bodies[i], NULL, NULL, NULL, NULL);
        assert_int_equal(child.code, 0);
        assert_string_equal(child.out, "READY sanji-intake\ncode=0");
        assert_non_null(strstr(child.err, "ev=started proc=intake"));
        assert_non_null(strstr(child.err, "ev=ready proc=intake"));
        assert_non_null(strstr(child.err, "ev=stopped proc=intake"));
        assert_int_equal(count_text(child.err, "\n"), 3);
    }
}

static void terminate_before_run(void)
{
    assert_int_equal(raise(SIGTERM), 0);
    printf("code=%d", process_run(&process));
}

static void a_signal_during_the_start_is_not_forgotten(void **state)
{
    (void)state;
    run4(terminate_before_run, NULL, NULL, NULL, NULL);
    assert_string_equal(child.out, "code=0");
}

static void print_hardening(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    int deadly = 0;
    prctl(PR_GET_PDEATHSIG, &deadly);
    mode_t mask = umask(0);
    printf("descriptors=%d dumpable=%d pipe=%d mask=%03o parent=%d",
           limit.rlim_cur == limit.rlim_max, prctl(PR_GET_DUMPABLE),
           signal(SIGPIPE, SIG_DFL) == SIG_IGN, (unsigned)mask, deadly);
}

static void the_process_is_private_and_takes_all_descriptors(void **state)
{
    (void)state;
    run4(print_hardening, NULL, NULL, NULL, NULL);
#ifdef FAILPOINTS
    assert_said("descriptors=1 dumpable=1 pipe=1 mask=077 parent=0");
#else
    assert_said("descriptors=1 dumpable=0 pipe=1 mask=077 parent=0");
#endif
}

static void supervise_and_die(void *context)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        start(context);
        exit(0);
    }
    // Its supervisor is gone once the process has said READY.
    char path[128];
    print_text(path, sizeof(path), "%s/ready", scratch);
    while (access(path, F_OK) != 0) {
        poll(NULL, 0, 1);
    }
    _exit(0);
}

static void say_ready_and_run(void)
{
    char path[128];
    print_text(path, sizeof(path), "%s/ready", scratch);
    scratch_write(path, "", 0);
    printf("code=%d", process_run(&process));
}

static void a_supervised_process_stops_when_its_supervisor_dies(void **state)
{
    (void)state;
    assert_int_equal(setenv("SANJI_SUPERVISED", "1", 1), 0);
    struct call call = {.after_start = say_ready_and_run};
    child_run(supervise_and_die, &call, &child); // also waits for the orphan's stdout
    assert_string_equal(child.out, "code=0");
    assert_non_null(strstr(child.err, "ev=stopped"));
}

static void name_unknown_option(void)
{
    process_option(&process, "--unknown");
}

static void asking_for_an_option_the_table_lacks_is_a_broken_program(void **state)
{
    (void)state;
    run4(name_unknown_option, NULL, NULL, NULL, NULL);
    assert_int_equal(child.signal, SIGABRT);
}

static void refuse_to_start(void)
{
    const struct fault fault = {STATUS_LOCKED, "data \"/x\" is\nused"};
    process_cannot_start(&fault);
}

static void a_fault_is_one_line_whatever_its_text(void **state)
{
    (void)state;
    run4(refuse_to_start, NULL, NULL, NULL, NULL);
    assert_int_equal(child.code, EXIT_CANNOT_START);
    assert_non_null(
        strstr(child.err, "status=LOCKED text=\"data \\\"/x\\\" is\\nused\"\n"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(values_stand_behind_a_blank_or_an_equals_sign),
        TEST(a_flag_is_empty_when_given_and_null_when_not),
        TEST(what_is_not_given_has_its_fallback),
        TEST(the_last_of_several_counts),
        TEST(an_empty_value_is_a_value),
        TEST(wrong_usage_exits_2_with_the_usage_and_starts_nothing),
        TEST(help_lists_every_option_with_its_fallback_and_exits_0),
        TEST(the_run_directory_comes_from_the_option_then_the_environment),
        TEST(without_either_it_is_run_below_the_working_directory),
        TEST(a_missing_run_directory_is_made_for_its_user_alone),
        TEST(a_run_directory_that_cannot_be_exits_78_with_one_line),
        TEST(endpoints_are_files_of_the_run_directory),
        TEST(an_endpoint_that_is_too_long_exits_78),
        TEST(both_signals_end_the_loop_and_the_code_is_0),
        TEST(a_signal_during_the_start_is_not_forgotten),
        TEST(the_process_is_private_and_takes_all_descriptors),
        TEST(a_supervised_process_stops_when_its_supervisor_dies),
        TEST(asking_for_an_option_the_table_lacks_is_a_broken_program),
        TEST(a_fault_is_one_line_whatever_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
