/* test_cache.c: a stage's tables: rows and position move together, and whatever does not belong
 * to this log as it stands is dropped. */
#include "tests/unit/log_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/cache.h"
#include "store/env.h"

static int sync_error;

int failing_fdatasync(int fd) __asm__("fdatasync");

int failing_fdatasync(int fd)
{
    if (sync_error != 0) {
        errno = sync_error;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

enum table {
    TABLE_CASES,
    TABLE_WORKERS
};

static const char *const tables[] = {"cases", "workers"};

static struct cache_options options;
static struct cache *cache;
static struct fault fault;

static int begin(void **state)
{
    options = (struct cache_options){.log_id = 77,
                                     .head = 1000,
                                     .format = 3,
                                     .tables = tables,
                                     .table_count = 2,
                                     .map_size_bytes = UINT64_C(64) << 20,
                                     .allow_any_fs = true};
    return fixture_begin(state);
}

static int end(void **state)
{
    cache_close(&cache);
    return fixture_end(state);
}

static void open_cache(struct fixture *fixture, enum cache_origin origin)
{
    enum status status = cache_open(fixture->directory, &options, &cache, &fault);
    if (status != STATUS_OK) {
        fail_msg("%s: %s", status_name(status), fault.text);
    }
    assert_int_equal(cache_origin(cache), origin);
}

static void put(size_t table, const char *key, const char *value)
{
    assert_int_equal(cache_put(cache, table, env_text(key), env_text(value)), STATUS_OK);
}

static void holds(size_t table, const char *key, const char *value)
{
    char text[64] = {0};
    size_t size = 0;
    enum status status =
        cache_get(cache, table, env_text(key), text, sizeof text - 1, &size);
    if (value == NULL) {
        assert_int_equal(status, STATUS_NOT_FOUND);
        return;
    }
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(size, strlen(value));
    assert_string_equal(text, value);
}

static void a_new_cache_is_empty_at_position_0(void **state)
{
    struct fixture *fixture = *state;
    open_cache(fixture, CACHE_NEW);
    assert_int_equal(cache_position(cache), 0);
    assert_int_equal(cache_pending(cache), 0);
    holds(TABLE_CASES, "a", NULL);
}

static void rows_and_position_are_kept_together(void **state)
{
    struct fixture *fixture = *state;
    open_cache(fixture, CACHE_NEW);
    put(TABLE_CASES, "a", "first");
    put(TABLE_WORKERS, "a", "another table");
    put(TABLE_CASES, "a", "second");
    put(TABLE_CASES, "empty", "");
    assert_int_equal(cache_pending(cache), 4);
    assert_int_equal(cache_commit(cache, 500), STATUS_OK);
    assert_int_equal(cache_pending(cache), 0);
    assert_int_equal(cache_position(cache), 500);
    cache_close(&cache);
    assert_null(cache);
    open_cache(fixture, CACHE_KEPT);
    assert_int_equal(cache_position(cache), 500);
    holds(TABLE_CASES, "a", "second");
    holds(TABLE_WORKERS, "a", "another table");
    holds(TABLE_CASES, "empty", "");
    assert_int_equal(cache_commit(cache, 500), STATUS_OK); // may stand still
    assert_int_equal(cache_commit(cache, 600), STATUS_OK); // or move alone
    assert_int_equal(cache_position(cache), 600);
}

static void puts_are_seen_at_once_and_dropped_by_abort(void **state)
{
    struct fixture *fixture = *state;
    open_cache(fixture, CACHE_NEW);
    put(TABLE_CASES, "a", "old");
    assert_int_equal(cache_commit(cache, 5), STATUS_OK);
    put(TABLE_CASES, "a", "new");
    put(TABLE_CASES, "b", "b");
    holds(TABLE_CASES, "a", "new");
    cache_abort(cache);
    assert_int_equal(cache_pending(cache), 0);
    holds(TABLE_CASES, "a", "old");
    holds(TABLE_CASES, "b", NULL);
    cache_abort(cache); // nothing is open: nothing happens
    put(TABLE_CASES, "c", "c");
    cache_close(&cache); // the same as an abort
    open_cache(fixture, CACHE_KEPT);
    holds(TABLE_CASES, "c", NULL);
    assert_int_equal(cache_position(cache), 5);
}

static void a_deleted_row_is_gone(void **state)
{
    struct fixture *fixture = *state;
    open_cache(fixture, CACHE_NEW);
    assert_int_equal(cache_delete(cache, TABLE_CASES, env_text("a")), STATUS_NOT_FOUND);
    put(TABLE_CASES, "a", "a");
    put(TABLE_WORKERS, "a", "stays");
    assert_int_equal(cache_commit(cache, 5), STATUS_OK);
    assert_int_equal(cache_delete(cache, TABLE_CASES, env_text("a")), STATUS_OK);
    holds(TABLE_CASES, "a", NULL);
    assert_int_equal(cache_commit(cache, 6), STATUS_OK);
    cache_close(&cache);
    open_cache(fixture, CACHE_KEPT);
    holds(TABLE_CASES, "a", NULL);
    holds(TABLE_WORKERS, "a", "stays");
}

static void a_value_that_does_not_fit_says_how_large_it_is(void **state)
{
    struct fixture *fixture = *state;
    char text[4] = "...";
    size_t size = 0;
    open_cache(fixture, CACHE_NEW);
    put(TABLE_CASES, "a", "longer");
    assert_int_equal(cache_get(cache, TABLE_CASES, env_text("a"), text, sizeof text, &size),
                     STATUS_TOO_LARGE);
    assert_int_equal(size, 6);
    assert_string_equal(text, "...");
}

struct listing {
    char text[128];
    unsigned stop_after; /* 0: never */
    unsigned count;
};

static bool list(void *context, struct bytes key, struct bytes value)
{
    struct listing *listing = context;
    size_t used = strlen(listing->text);
    assert_true(snprintf(listing->text + used, sizeof listing->text - used, "%.*s=%.*s ",
                         (int)key.size, (const char *)key.data, (int)value.size,
                         (const char *)value.data) > 0);
    listing->count++;
    return listing->count != listing->stop_after;
}

static void a_visit_goes_in_order_from_a_key(void **state)
{
    struct fixture *fixture = *state;
    struct listing all = {0};
    struct listing some = {.stop_after = 2};
    struct listing none = {0};
    struct bytes nothing = {0};
    open_cache(fixture, CACHE_NEW);
    put(TABLE_CASES, "c", "3");
    put(TABLE_CASES, "a", "1");
    put(TABLE_CASES, "d", "4");
    assert_int_equal(cache_commit(cache, 1), STATUS_OK);
    put(TABLE_CASES, "bb", "2"); // not committed yet
    assert_int_equal(cache_each(cache, TABLE_CASES, nothing, list, &all), STATUS_OK);
    assert_string_equal(all.text, "a=1 bb=2 c=3 d=4 ");
    assert_int_equal(cache_each(cache, TABLE_CASES, env_text("b"), list, &some), STATUS_OK);
    assert_string_equal(some.text, "bb=2 c=3 ");
    cache_abort(cache);
    assert_int_equal(cache_each(cache, TABLE_CASES, env_text("e"), list, &none), STATUS_OK);
    assert_int_equal(cache_each(cache, TABLE_WORKERS, nothing, list, &none), STATUS_OK);
    assert_string_equal(none.text, "");
    struct listing committed = {0};
    assert_int_equal(cache_each(cache, TABLE_CASES, nothing, list, &committed), STATUS_OK);
    assert_string_equal(committed.text, "a=1 c=3 d=4 ");
}

/* ---- dropped ---- */

static void fill_and_close(struct fixture *fixture)
{
    open_cache(fixture, CACHE_NEW);
    put(TABLE_CASES, "case-000012", "state of case twelve");
    assert_int_equal(cache_commit(cache, 1000), STATUS_OK);
    cache_close(&cache);
}

static void is_begun_anew(struct fixture *fixture, enum cache_origin origin)
{
    open_cache(fixture, origin);
    assert_int_equal(cache_position(cache), 0);
    holds(TABLE_CASES, "case-000012", NULL);
    put(TABLE_CASES, "b", "b");
    assert_int_equal(cache_commit(cache, 9), STATUS_OK);
    cache_close(&cache);
    open_cache(fixture, CACHE_KEPT);
    holds(TABLE_CASES, "b", "b");
}

static void a_cache_at_the_head_is_kept(void **state)
{
    struct fixture *fixture = *state;
    fill_and_close(fixture);
    open_cache(fixture, CACHE_KEPT);
}

static void a_cache_past_the_head_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    fill_and_close(fixture);
    options.head = 999;
    is_begun_anew(fixture, CACHE_AHEAD);
}

static void a_cache_of_another_log_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    fill_and_close(fixture);
    options.log_id = 78;
    is_begun_anew(fixture, CACHE_OTHER_LOG);
}

static void a_cache_of_another_format_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    fill_and_close(fixture);
    options.format = 4;
    is_begun_anew(fixture, CACHE_OTHER_FORMAT);
}

static void a_cache_that_lacks_a_table_is_dropped(void **state)
{
    static const char *const more[] = {"cases", "workers", "days"};
    struct fixture *fixture = *state;
    fill_and_close(fixture);
    options.tables = more;
    options.table_count = 3;
    is_begun_anew(fixture, CACHE_DAMAGED);
}

static void a_damaged_file_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    fill_and_close(fixture);
    assert_int_equal(truncate(fixture_path(fixture, "log/cache.mdb"), 8192), 0);
    is_begun_anew(fixture, CACHE_DAMAGED);
    cache_close(&cache);
    assert_int_equal(truncate(fixture_path(fixture, "log/cache.mdb"), 0), 0);
    is_begun_anew(fixture, CACHE_DAMAGED);
}

static void a_damaged_meta_row_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    fill_and_close(fixture);
    // The row's key, then log id, then position: make it claim another one.
    const char *path = fixture_path(fixture, "log/cache.mdb");
    assert_true(fixture_flip(path, "cache\x4d", 5 + 9) >= 1);
    is_begun_anew(fixture, CACHE_DAMAGED);
}

static void a_damaged_row_is_corrupt_and_the_cache_can_be_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct listing listing = {0};
    struct bytes nothing = {0};
    char text[64];
    size_t size = 0;
    fill_and_close(fixture);
    assert_true(fixture_flip(fixture_path(fixture, "log/cache.mdb"), "state of case", 16) >=
                1);
    open_cache(fixture, CACHE_KEPT);
    assert_int_equal(
        cache_get(cache, TABLE_CASES, env_text("case-000012"), text, sizeof text, &size),
        STATUS_CORRUPT);
    assert_int_equal(cache_each(cache, TABLE_CASES, nothing, list, &listing),
                     STATUS_CORRUPT);
    assert_string_equal(listing.text, "");
    assert_int_equal(cache_drop(&cache), STATUS_OK);
    assert_null(cache);
    is_begun_anew(fixture, CACHE_NEW);
}

static void a_value_under_anothers_key_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    char text[64];
    size_t size = 0;
    fill_and_close(fixture);
    assert_true(fixture_flip(fixture_path(fixture, "log/cache.mdb"), "case-000012", 10) >=
                1);
    open_cache(fixture, CACHE_KEPT); // '2' has become '"'
    assert_int_equal(
        cache_get(cache, TABLE_CASES, env_text("case-00001\""), text, sizeof text, &size),
        STATUS_CORRUPT);
}

/* ---- refusals ---- */

static void a_second_process_of_the_name_is_locked_out(void **state)
{
    struct fixture *fixture = *state;
    struct cache *second = NULL;
    open_cache(fixture, CACHE_NEW);
    assert_int_equal(cache_open(fixture->directory, &options, &second, &fault),
                     STATUS_LOCKED);
    assert_null(second);
    put(TABLE_CASES, "a", "a");
    assert_int_equal(cache_commit(cache, 1), STATUS_OK);
}

static void a_directory_that_cannot_be_made_cannot_start(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        cache_open(fixture_path(fixture, "none/cache"), &options, &cache, &fault),
        STATUS_CANNOT_START);
    assert_null(cache);
}

static void a_full_cache_drops_its_puts_and_goes_on(void **state)
{
    static uint8_t value[1000];
    struct fixture *fixture = *state;
    enum status status = STATUS_OK;
    options.map_size_bytes = UINT64_C(512) << 10;
    open_cache(fixture, CACHE_NEW);
    put(TABLE_CASES, "a", "a");
    assert_int_equal(cache_commit(cache, 1), STATUS_OK);
    for (unsigned i = 0; i < 1000 && status == STATUS_OK; i++) {
        char key[16];
        assert_true(snprintf(key, sizeof key, "key-%06u", i) > 0);
        status = cache_put(cache, TABLE_WORKERS, env_text(key),
                           (struct bytes){.data = value, .size = sizeof value});
    }
    assert_int_equal(status, STATUS_STORE_FULL);
    assert_int_equal(cache_pending(cache), 0);
    holds(TABLE_CASES, "a", "a");
    holds(TABLE_WORKERS, "key-000000", NULL);
    put(TABLE_CASES, "b", "b");
    assert_int_equal(cache_commit(cache, 2), STATUS_OK);
}

static void a_failed_sync_ends_all_commits(void **state)
{
    struct fixture *fixture = *state;
    open_cache(fixture, CACHE_NEW);
    put(TABLE_CASES, "a", "a");
    sync_error = EIO;
    enum status status = cache_commit(cache, 1);
    sync_error = 0;
    assert_int_equal(status, STATUS_IO);
    assert_int_equal(cache_position(cache), 0);
    assert_int_equal(cache_put(cache, TABLE_CASES, env_text("b"), env_text("b")),
                     STATUS_IO);
    assert_int_equal(cache_commit(cache, 2), STATUS_IO);
    assert_int_equal(cache_drop(&cache), STATUS_OK);
    open_cache(fixture, CACHE_NEW);
}

static void a_kill_leaves_rows_and_position_of_one_commit(void **state)
{
    struct fixture *fixture = *state;
    pid_t pid = fork();
    if (pid == 0) {
        open_cache(fixture, CACHE_NEW);
        put(TABLE_CASES, "a", "at 10");
        if (cache_commit(cache, 10) == STATUS_OK) {
            put(TABLE_CASES, "a", "at 20");
            put(TABLE_CASES, "b", "at 20");
        }
        _exit(0); // as a kill would: nothing is closed
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    open_cache(fixture, CACHE_KEPT);
    assert_int_equal(cache_position(cache), 10);
    holds(TABLE_CASES, "a", "at 10");
    holds(TABLE_CASES, "b", NULL);
}

static void many_rows_come_back(void **state)
{
    struct fixture *fixture = *state;
    open_cache(fixture, CACHE_NEW);
    for (unsigned i = 0; i < 20000; i++) {
        char key[16];
        char value[64];
        unsigned mixed = i * 7919 % 20000; // out of order
        assert_true(snprintf(key, sizeof key, "key-%06u", mixed) > 0);
        assert_true(snprintf(value, sizeof value, "value of %u", mixed) > 0);
        put(i % 2, key, value);
        if (cache_pending(cache) == 4096) {
            assert_int_equal(cache_commit(cache, i / 100), STATUS_OK);
        }
    }
    assert_int_equal(cache_commit(cache, 999), STATUS_OK);
    cache_close(&cache);
    open_cache(fixture, CACHE_KEPT);
    for (unsigned i = 0; i < 20000; i++) {
        char key[16];
        char value[64];
        unsigned mixed = i * 7919 % 20000;
        assert_true(snprintf(key, sizeof key, "key-%06u", mixed) > 0);
        assert_true(snprintf(value, sizeof value, "value of %u", mixed) > 0);
        holds(i % 2, key, value);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_cache_is_empty_at_position_0),
        TEST(rows_and_position_are_kept_together),
        TEST(puts_are_seen_at_once_and_dropped_by_abort),
        TEST(a_deleted_row_is_gone),
        TEST(a_value_that_does_not_fit_says_how_large_it_is),
        TEST(a_visit_goes_in_order_from_a_key),
        TEST(a_cache_at_the_head_is_kept),
        TEST(a_cache_past_the_head_is_dropped),
        TEST(a_cache_of_another_log_is_dropped),
        TEST(a_cache_of_another_format_is_dropped),
        TEST(a_cache_that_lacks_a_table_is_dropped),
        TEST(a_damaged_file_is_dropped),
        TEST(a_damaged_meta_row_is_dropped),
        TEST(a_damaged_row_is_corrupt_and_the_cache_can_be_dropped),
        TEST(a_value_under_anothers_key_is_corrupt),
        TEST(a_second_process_of_the_name_is_locked_out),
        TEST(a_directory_that_cannot_be_made_cannot_start),
        TEST(a_full_cache_drops_its_puts_and_goes_on),
        TEST(a_failed_sync_ends_all_commits),
        TEST(a_kill_leaves_rows_and_position_of_one_commit),
        TEST(many_rows_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
