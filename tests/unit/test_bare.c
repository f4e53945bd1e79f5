/* test_bare.c: the yardstick measures what it was told to and leaves nothing behind. */
#include "tests/unit/log_fixture.h"

#include <unistd.h>

#include "store/bare.h"
#include "store/env.h"

static struct bare_figures figures;
static struct fault fault;

static void it_makes_as_many_commits_as_asked(void **state)
{
    struct fixture *fixture = *state;
    struct bare_load load = {
        .records_per_commit = 50, .record_size = 564, .commits_max = 20};
    assert_int_equal(bare_lmdb_run(fixture->directory, &load, &figures, &fault), STATUS_OK);
    assert_int_equal(figures.commits, 20);
    assert_int_equal(figures.records, 1000);
    assert_true(figures.p50_ns > 0);
    assert_true(figures.p99_ns >= figures.p50_ns);
    assert_true(figures.elapsed_ns >= figures.p99_ns);
    assert_in_range(figures.used_bytes, 564000, 800000);
    assert_int_equal(access(fixture->directory, F_OK), 0);
    assert_int_equal(env_file_size(fixture->directory, "bare.mdb"), -1);
    assert_int_equal(bare_lmdb_run(fixture->directory, &load, &figures, &fault), STATUS_OK);
}

static void it_ends_when_its_time_is_up(void **state)
{
    struct fixture *fixture = *state;
    struct bare_load load = {.records_per_commit = 1, .record_size = 100, .run_max_ms = 20};
    assert_int_equal(bare_lmdb_run(fixture->directory, &load, &figures, &fault), STATUS_OK);
    assert_true(figures.commits >= 1);
    assert_true(figures.elapsed_ns >= 20000000);
}

static void a_full_map_ends_it_with_figures(void **state)
{
    struct fixture *fixture = *state;
    struct bare_load load = {.records_per_commit = 100,
                             .record_size = 1000,
                             .commits_max = 1000,
                             .map_size_bytes = UINT64_C(1) << 20};
    assert_int_equal(bare_lmdb_run(fixture->directory, &load, &figures, &fault), STATUS_OK);
    assert_in_range(figures.commits, 3, 10);
    assert_int_equal(figures.records, figures.commits * 100);
}

static void a_directory_that_cannot_be_made_cannot_start(void **state)
{
    struct fixture *fixture = *state;
    struct bare_load load = {.records_per_commit = 1, .record_size = 1, .commits_max = 1};
    assert_int_equal(
        bare_lmdb_run(fixture_path(fixture, "none/bare"), &load, &figures, &fault),
        STATUS_CANNOT_START);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_makes_as_many_commits_as_asked),
        TEST(it_ends_when_its_time_is_up),
        TEST(a_full_map_ends_it_with_figures),
        TEST(a_directory_that_cannot_be_made_cannot_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
