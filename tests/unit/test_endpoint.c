/* test_endpoint.c: endpoints judged before libzmq sees them; test_socket.c binds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/runtime/endpoint.h"
#include "broker/runtime/loop.h"
#include "tests/unit/scratch.h"

static char scratch[SCRATCH_PATH_SIZE];
static char endpoint[128];
static struct fault fault;

static int set_up(void **state)
{
    (void)state;
    scratch_make(scratch);
    print_text(endpoint, sizeof(endpoint), "ipc://%s/log.ipc", scratch);
    memset(&fault, 0, sizeof(fault));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(scratch);
    return 0;
}

static const char *path_of(const char *at)
{
    return at + strlen("ipc://");
}

static int serve(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    print_text(address.sun_path, sizeof(address.sun_path), "%s/log.ipc", scratch);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void ordinary_endpoints_pass(void **state)
{
    (void)state;
    static const char *const good[] = {"ipc://run/log.ipc",     "ipc://@abstract",
                                       "tcp://127.0.0.1:5555",  "tcp://127.0.0.1:*",
                                       "tcp://localhost:65535", "tcp://[::1]:1"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(endpoint_check(good[i], &fault), STATUS_OK);
        assert_int_equal(endpoint_clear(good[i], &fault), STATUS_OK);
    }
}

static void who_connects_may_go_anywhere(void **state)
{
    (void)state;
    assert_int_equal(endpoint_check("tcp://192.0.2.1:5555", &fault), STATUS_OK);
    assert_int_equal(endpoint_clear("tcp://192.0.2.1:5555", &fault), STATUS_CANNOT_START);
    assert_non_null(strstr(fault.text, "loopback"));
}

static void the_longest_path_passes_and_one_more_byte_does_not(void **state)
{
    (void)state;
    char at[128] = "ipc://";
    memset(at + strlen("ipc://"), 'x', 108);
    at[strlen("ipc://") + 108] = '\0';
    assert_int_equal(endpoint_check(at, &fault), STATUS_CANNOT_START);
    assert_non_null(strstr(fault.text, "108 bytes"));
    at[strlen("ipc://") + 107] = '\0';
    assert_int_equal(endpoint_check(at, &fault), STATUS_OK);
}

static void the_socket_of_a_dead_process_is_removed(void **state)
{
    (void)state;
    assert_int_equal(close(serve()), 0);
    assert_int_equal(access(path_of(endpoint), F_OK), 0);
    assert_int_equal(endpoint_clear(endpoint, &fault), STATUS_OK);
    assert_int_not_equal(access(path_of(endpoint), F_OK), 0);
    assert_int_equal(endpoint_clear(endpoint, &fault), STATUS_OK); // nothing is there
}

static void the_socket_of_a_living_process_stays_also_when_its_queue_is_full(void **state)
{
    (void)state;
    int fd = serve();
    for (int i = 0; i < 10; i++) { // each question is a connection that nobody accepts
        assert_int_equal(endpoint_clear(endpoint, &fault), STATUS_CANNOT_START);
        assert_non_null(strstr(fault.text, "in use"));
    }
    assert_int_equal(access(path_of(endpoint), F_OK), 0);
    assert_int_equal(close(fd), 0);
}

static void
waiting_ends_at_once_where_nobody_serves_and_some_time_where_one_does(void **state)
{
    (void)state;
    int64_t start_steady_ms = loop_steady_ms();
    endpoint_wait_until_free("tcp://127.0.0.1:5555");
    endpoint_wait_until_free(endpoint);
    int fd = serve();
    assert_int_equal(close(fd), 0);
    endpoint_wait_until_free(endpoint);
    assert_true(loop_steady_ms() - start_steady_ms < 900);

    assert_int_equal(endpoint_clear(endpoint, &fault), STATUS_OK);
    fd = serve();
    endpoint_wait_until_free(endpoint);
    assert_true(loop_steady_ms() - start_steady_ms >= 900);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(ordinary_endpoints_pass),
        TEST(who_connects_may_go_anywhere),
        TEST(the_longest_path_passes_and_one_more_byte_does_not),
        TEST(the_socket_of_a_dead_process_is_removed),
        TEST(the_socket_of_a_living_process_stays_also_when_its_queue_is_full),
        TEST(waiting_ends_at_once_where_nobody_serves_and_some_time_where_one_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
