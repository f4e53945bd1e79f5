/* test_log.c: batches: what a commit makes stand, what an abort, a full map, a failing disk
 * and a kill leave behind. */
#include "tests/unit/log_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/log_inside.h"

/* ---- a disk that fails on demand: these stand in front of libc's for liblmdb too ---- */

static const uint64_t mib = UINT64_C(1) << 20;

static int sync_error;
static int write_error;

int failing_fdatasync(int fd) __asm__("fdatasync");
ssize_t failing_writev(int fd, const struct iovec *parts, int count) __asm__("writev");
ssize_t failing_pwrite(int fd, const void *data, size_t size, off_t at) __asm__("pwrite");

int failing_fdatasync(int fd)
{
    if (sync_error != 0) {
        errno = sync_error;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

ssize_t failing_writev(int fd, const struct iovec *parts, int count)
{
    if (write_error != 0) {
        errno = write_error;
        return -1;
    }
    return syscall(SYS_writev, fd, parts, count);
}

ssize_t failing_pwrite(int fd, const void *data, size_t size, off_t at)
{
    if (write_error != 0) {
        errno = write_error;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, data, size, at);
}

/* ---- batches ---- */

static void a_new_log_is_empty_and_has_an_id(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    struct log_meta meta = log_meta(fixture->log);
    assert_true(meta.log_id != 0);
    assert_int_equal(meta.format, LOG_FORMAT_VERSION);
    assert_int_equal(meta.broker_epoch, 1);
    assert_int_equal(meta.place, 0);
    assert_int_equal(meta.head, 0);
    assert_int_equal(meta.clock_ms, 0);
    assert_int_equal(meta.map_size_bytes, fixture->options.map_size_bytes);
    assert_int_equal(log_writer_count(fixture->log), 0);
    fixture_holds(fixture, 0);
}

static void a_committed_batch_is_read_back_in_order(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 1);
    fixture_append(fixture, 500);
    fixture_holds(fixture, 501);
    assert_int_equal(log_meta(fixture->log).clock_ms, 501 * FIXTURE_STEP_MS);
}

static void a_batch_is_not_seen_before_its_commit(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 3);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, 5);
    fixture_holds(fixture, 3);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    fixture_holds(fixture, 8);
}

static void an_aborted_batch_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct log_writer writer = {.name = "intake", .number = 1, .epoch = 4};
    fixture_open(fixture);
    fixture_append(fixture, 3);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, 5);
    assert_int_equal(log_writer_put(fixture->log, &writer), STATUS_OK);
    assert_int_equal(log_clock_put(fixture->log, 999999), STATUS_OK);
    assert_int_equal(log_place_put(fixture->log, 370499003), STATUS_OK);
    log_abort(fixture->log);
    log_abort(fixture->log); // nothing is open: nothing happens
    fixture_holds(fixture, 3);
    assert_int_equal(log_writer_count(fixture->log), 0);
    assert_int_equal(log_meta(fixture->log).place, 0);
    assert_int_equal(log_meta(fixture->log).clock_ms, 3 * FIXTURE_STEP_MS);
    fixture_append(fixture, 1); // the numbers of the lost batch are given again
    fixture_holds(fixture, 4);
}

static void an_open_batch_is_dropped_by_close(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 3);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, 5);
    log_close(&fixture->log);
    assert_null(fixture->log);
    fixture_open(fixture);
    fixture_holds(fixture, 3);
}

static void records_of_any_size_come_back(void **state)
{
    static uint8_t bytes[RECORD_SIZE_MAX];
    static const size_t sizes[] = {0, 1, 1969, 1970, 1971, 2030, 4096, RECORD_SIZE_MAX};
    struct fixture *fixture = *state;
    uint64_t seq = 0;
    fixture_open(fixture);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t header[RECORD_HEADER_SIZE];
        struct bytes envelope = {.data = bytes, .size = sizes[i]};
        fixture_header(i + 1, 5, envelope, header);
        assert_int_equal(log_put(fixture->log, header, envelope, &seq), STATUS_OK);
    }
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    log_close(&fixture->log);
    fixture_open(fixture); // the tail check reads them all
    assert_int_equal(log_meta(fixture->log).head, sizeof sizes / sizeof sizes[0]);
}

static void reopening_keeps_everything_and_raises_the_epoch(void **state)
{
    struct fixture *fixture = *state;
    struct log_writer intake = {.name = "intake",
                                .number = 1,
                                .epoch = 7,
                                .batch_no = 31,
                                .first_seq = 2,
                                .last_seq = 4,
                                .cursor = 1};
    struct log_writer dispatch = {.name = "dispatch", .number = 2, .epoch = 1};
    fixture_open(fixture);
    uint64_t log_id = log_meta(fixture->log).log_id;
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, 100);
    assert_int_equal(log_writer_put(fixture->log, &intake), STATUS_OK);
    assert_int_equal(log_writer_put(fixture->log, &dispatch), STATUS_OK);
    intake.cursor = 3;
    assert_int_equal(log_writer_put(fixture->log, &intake), STATUS_OK);
    assert_int_equal(log_clock_put(fixture->log, 5000), STATUS_OK);
    assert_int_equal(log_place_put(fixture->log, 370499003), STATUS_OK);
    assert_int_equal(log_writer_count(fixture->log), 0); // not yet
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    assert_int_equal(log_writer_count(fixture->log), 2);

    for (unsigned epoch = 2; epoch <= 4; epoch++) {
        log_close(&fixture->log);
        fixture_open(fixture);
        struct log_meta meta = log_meta(fixture->log);
        assert_int_equal(meta.broker_epoch, epoch);
        assert_true(meta.log_id == log_id);
        assert_int_equal(meta.place, 370499003);
        assert_int_equal(meta.clock_ms, 5000);
        assert_int_equal(log_writer_count(fixture->log), 2);
        struct log_writer row = log_writer_at(fixture->log, 0);
        assert_string_equal(row.name, "intake");
        assert_int_equal(row.number, 1);
        assert_int_equal(row.epoch, 7);
        assert_int_equal(row.batch_no, 31);
        assert_int_equal(row.first_seq, 2);
        assert_int_equal(row.last_seq, 4);
        assert_int_equal(row.cursor, 3);
        row = log_writer_at(fixture->log, 1);
        assert_string_equal(row.name, "dispatch");
        fixture_holds(fixture, 100);
    }
}

static void the_clock_is_the_later_of_record_and_row(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    assert_int_equal(log_clock_put(fixture->log, 45), STATUS_OK);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    assert_int_equal(log_meta(fixture->log).clock_ms, 45);
    fixture_append(fixture, 5); // stamped up to 50
    assert_int_equal(log_meta(fixture->log).clock_ms, 50);
    log_close(&fixture->log);
    fixture_open(fixture);
    assert_int_equal(log_meta(fixture->log).clock_ms, 50);
}

/* ---- broken callers ---- */

static void put_backwards(struct fixture *fixture)
{
    uint8_t header[RECORD_HEADER_SIZE];
    struct bytes envelope = fixture_envelope(1);
    uint64_t seq = 0;
    fixture_header(1, 1, envelope, header);
    (void)!log_put(fixture->log, header, envelope, &seq); // asserts
}

static void put_far_cursor(struct fixture *fixture)
{
    struct log_writer writer = {.name = "intake", .number = 1, .cursor = 1000};
    (void)!log_writer_put(fixture->log, &writer); // asserts
}

static void put_wrong_number(struct fixture *fixture)
{
    struct log_writer writer = {.name = "intake", .number = 2};
    (void)!log_writer_put(fixture->log, &writer); // asserts
}

static void a_broken_caller_is_stopped(void **state)
{
    static void (*const broken[])(struct fixture *) = {put_backwards, put_far_cursor,
                                                       put_wrong_number};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            (void)signal(SIGABRT, SIG_DFL); // cmocka has its own
            (void)!freopen("/dev/null", "w", stderr);
            fixture_open(fixture);
            fixture_append(fixture, 5);
            if (log_begin(fixture->log) == STATUS_OK) {
                broken[i](fixture);
            }
            _exit(0);
        }
        int how = 0;
        assert_int_equal(waitpid(pid, &how, 0), pid);
        assert_true(WIFSIGNALED(how));
        assert_int_equal(WTERMSIG(how), SIGABRT);
    }
}

/* ---- full ---- */

static enum status fill_until_refused(struct fixture *fixture)
{
    uint64_t seq = log_meta(fixture->log).head;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        uint8_t header[RECORD_HEADER_SIZE];
        struct bytes envelope = fixture_envelope(seq + 1);
        fixture_header(seq + 1, (int64_t)(seq + 1) * FIXTURE_STEP_MS, envelope, header);
        status = log_put(fixture->log, header, envelope, &seq);
    }
    return status;
}

static void a_full_map_refuses_the_record_and_keeps_the_batch(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.map_size_bytes = 2 * mib;
    fixture_open(fixture);
    fixture_append(fixture, 100);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    assert_int_equal(fill_until_refused(fixture), STATUS_STORE_FULL);
    assert_int_equal(fill_until_refused(fixture), STATUS_STORE_FULL);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    uint64_t head = log_meta(fixture->log).head;
    assert_true(head > 1000);
    fixture_holds(fixture, head);
    log_close(&fixture->log);

    fixture->options.map_size_bytes = 4 * mib; // an operator gives it more
    fixture_open(fixture);
    assert_int_equal(log_meta(fixture->log).map_size_bytes, 4 * mib);
    fixture_append(fixture, 100);
    fixture_holds(fixture, head + 100);
    log_close(&fixture->log);
    fixture->options.map_size_bytes = 0; // as stored
    fixture_open(fixture);
    assert_int_equal(log_meta(fixture->log).map_size_bytes, 4 * mib);
}

static void writer_rows_still_fit_when_records_do_not(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.map_size_bytes = mib;
    fixture_open(fixture);
    for (unsigned i = 0; i < 200; i++) {
        struct log_writer writer = {.name = "intake", .number = 1, .epoch = i};
        assert_int_equal(log_begin(fixture->log), STATUS_OK);
        assert_int_equal(fill_until_refused(fixture), STATUS_STORE_FULL);
        assert_int_equal(log_writer_put(fixture->log, &writer), STATUS_OK);
        assert_int_equal(log_commit(fixture->log), STATUS_OK);
    }
    fixture_holds(fixture, log_meta(fixture->log).head);
}

static void lmdbs_own_full_map_costs_the_batch_and_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.map_size_bytes = mib;
    fixture_open(fixture);
    fixture_append(fixture, 100);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture->log->batch.room_bytes = UINT64_MAX / 2; // the estimate is wrong, say
    assert_int_equal(fill_until_refused(fixture), STATUS_STORE_FULL);
    assert_int_equal(fill_until_refused(fixture), STATUS_STORE_FULL);
    assert_int_equal(log_commit(fixture->log), STATUS_STORE_FULL);
    fixture_holds(fixture, 100);
    fixture_append(fixture, 10); // the log goes on
    fixture_holds(fixture, 110);
}

static void room_is_measured_against_the_share(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.map_size_bytes = 10 * mib;
    fixture_open(fixture);
    assert_false(log_has_room(fixture->log, 0, 0));
    if (!log_has_room(fixture->log, 0, 100)) {
        skip(); // this disk is full
    }
    assert_false(log_has_room(fixture->log, 11 * mib, 100));
    uint64_t before = log_used_bytes(fixture->log);
    fixture_append(fixture, 10000);
    assert_true(log_used_bytes(fixture->log) >= before + UINT64_C(10000) * 352);
    assert_false(log_has_room(fixture->log, 0, 30)); // 3.5 MB of 10.5
    fixture->log->committed->disk.free_bytes = UINT64_C(1)
                                               << 40; // a wide disk, just looked at
    fixture->log->committed->disk.looked_ms = INT64_MAX;
    assert_true(log_has_room(fixture->log, 0, 50));
    assert_false(log_has_room(fixture->log, 2 * mib, 50));
    fixture->log->committed->disk.free_bytes = 0; // a full one
    assert_false(log_has_room(fixture->log, 0, 99));
}

static void a_full_disk_refuses_before_the_batch_is_touched(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 10);
    fixture->log->committed->disk.free_bytes = 0;
    fixture->log->committed->disk.looked_ms = INT64_MAX;
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    assert_int_equal(fill_until_refused(fixture), STATUS_STORE_FULL);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    fixture_holds(fixture, 10);
    fixture->log->committed->disk.looked_ms = 0; // a second later there is room again
    fixture_append(fixture, 10);
    fixture_holds(fixture, 20);
}

static void the_cost_of_a_record_is_never_too_low(void **state)
{
    static const size_t sizes[] = {52, 100, 364, 700, 1352, 1400, 2022, 2023, 4080, 8000};
    static uint8_t bytes[8192];
    struct fixture *fixture = *state;
    fixture_open(fixture);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bytes envelope = {.data = bytes, .size = sizes[i] - RECORD_HEADER_SIZE};
        uint64_t before = log_used_bytes(fixture->log);
        assert_int_equal(log_begin(fixture->log), STATUS_OK);
        for (unsigned n = 0; n < 3000; n++) {
            uint8_t header[RECORD_HEADER_SIZE];
            uint64_t seq = 0;
            fixture_header(1, 1, envelope, header);
            assert_int_equal(log_put(fixture->log, header, envelope, &seq), STATUS_OK);
        }
        uint64_t cost = fixture->log->batch.cost_bytes;
        assert_int_equal(log_commit(fixture->log), STATUS_OK);
        assert_in_range(log_used_bytes(fixture->log) - before, 1,
                        cost + UINT64_C(64) * 4096);
    }
}

/* ---- a failing disk ---- */

static void a_failed_sync_ends_all_commits(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 10);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, 5);
    sync_error = EIO;
    enum status status = log_commit(fixture->log);
    sync_error = 0;
    assert_int_equal(status, STATUS_IO);
    assert_int_equal(log_begin(fixture->log), STATUS_IO); // LMDB itself would go on
    assert_int_equal(log_meta(fixture->log).head, 10);
    log_close(&fixture->log);
    fixture_open(fixture); // what stands is what the disk says, 10 or 15
    uint64_t head = log_meta(fixture->log).head;
    assert_true(head == 10 || head == 15);
    fixture_holds(fixture, head);
}

static void a_full_disk_at_commit_is_an_unknown_outcome(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 10);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, 50);
    write_error = ENOSPC;
    enum status status = log_commit(fixture->log);
    write_error = 0;
    assert_int_equal(status, STATUS_IO);
    assert_int_equal(log_begin(fixture->log), STATUS_IO);
    log_close(&fixture->log);
    fixture_open(fixture);
    fixture_holds(fixture, 10);
}

static void a_failed_sync_at_open_refuses_the_log(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 10);
    log_close(&fixture->log);
    sync_error = EIO;
    struct log *log = NULL;
    enum status status =
        log_open(fixture->directory, &fixture->options, &log, &fixture->fault);
    sync_error = 0;
    assert_int_equal(status, STATUS_IO);
    assert_null(log);
    assert_null(strstr(fixture->fault.text, "epoch")); // before the first commit, not by it
    fixture_open(fixture);
    fixture_holds(fixture, 10);
}

static void a_log_that_cannot_be_made_can_be_made_later(void **state)
{
    struct fixture *fixture = *state;
    write_error = EIO;
    struct log *log = NULL;
    enum status status =
        log_open(fixture->directory, &fixture->options, &log, &fixture->fault);
    write_error = 0;
    assert_int_equal(status, STATUS_IO);
    assert_int_equal(env_file_size(fixture->directory, LOG_FILE), -1);
    fixture_open(fixture);
    fixture_append(fixture, 1);
}

/* ---- kill ---- */

static _Noreturn void be_killed(struct fixture *fixture, int say)
{
    fixture_open(fixture);
    for (unsigned i = 0; i < 3; i++) {
        fixture_append(fixture, 10);
    }
    if (log_begin(fixture->log) == STATUS_OK) {
        fixture_put(fixture, 1000);
        (void)!write(say, "x", 1);
    }
    for (;;) {
        (void)pause(); // until killed
    }
}

static void a_kill_between_put_and_commit_leaves_the_committed_prefix(void **state)
{
    struct fixture *fixture = *state;
    int ends[2];
    char byte = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        be_killed(fixture, ends[1]);
    }
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    fixture_refused(fixture, STATUS_LOCKED, "pid");
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(close(ends[0]), 0);
    fixture_open(fixture);
    fixture_holds(fixture, 30);
    assert_int_equal(log_meta(fixture->log).broker_epoch, 2);
    fixture_append(fixture, 10);
    fixture_holds(fixture, 40);
}

/* ---- two threads ---- */

struct race {
    struct fixture *fixture;
    unsigned batches;
    _Atomic int status;
};

static void *append_many(void *context)
{
    struct race *race = context;
    for (unsigned i = 0; i < race->batches && race->status == STATUS_OK; i++) {
        struct log_writer writer = {.name = "intake", .number = 1, .batch_no = i};
        race->status = (int)log_begin(race->fixture->log);
        uint64_t seq = log_meta(race->fixture->log).head;
        for (unsigned n = 0; n < 7 && race->status == STATUS_OK; n++) {
            uint8_t header[RECORD_HEADER_SIZE];
            uint8_t bytes[FIXTURE_RECORD_SIZE] = {0};
            struct bytes envelope = {.data = bytes, .size = sizeof bytes};
            fixture_header(seq + 1, (int64_t)(seq + 1) * FIXTURE_STEP_MS, envelope, header);
            race->status = log_put(race->fixture->log, header, envelope, &seq);
        }
        if (race->status == STATUS_OK) {
            race->status = log_writer_put(race->fixture->log, &writer);
        }
        if (race->status == STATUS_OK) {
            race->status = log_commit(race->fixture->log);
        }
    }
    return NULL;
}

static bool follow_one(void *context, const struct record *record)
{
    uint64_t *last = context;
    assert_int_equal(record->seq, *last + 1);
    *last = record->seq;
    return true;
}

static void one_thread_reads_while_another_commits(void **state)
{
    struct fixture *fixture = *state;
    struct race race = {.fixture = fixture, .batches = 300};
    pthread_t thread;
    uint64_t last = 0;
    uint64_t next = 1;
    fixture_open(fixture);
    assert_int_equal(pthread_create(&thread, NULL, append_many, &race), 0);
    while (last < UINT64_C(7) * race.batches) {
        uint64_t known = log_meta(fixture->log).head;
        assert_int_equal(
            log_read(fixture->log, next, UINT64_MAX, UINT32_MAX, follow_one, &last, &next),
            STATUS_OK);
        assert_int_equal(last % 7, 0); // whole batches only
        assert_true(last >= known);    // what was told is there
        uint64_t seq = 0;
        assert_int_equal(log_find_time(fixture->log, 35, &seq), STATUS_OK);
        if (last >= 7) {
            assert_int_equal(seq, 4);
            assert_int_equal(log_writer_count(fixture->log), 1);
        }
        if (race.status != STATUS_OK) {
            break;
        }
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(race.status, STATUS_OK);
}

static void giving_back_cold_pages_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(log_cold_bytes(512 * mib), 0);
    assert_int_equal(log_cold_bytes(576 * mib - 1), 0);
    assert_int_equal(log_cold_bytes(576 * mib), 64 * mib);
    assert_int_equal(log_cold_bytes(10240 * mib), 9728 * mib);
    fixture_open(fixture);
    fixture_append(fixture, 100);
    log_forget_cold(fixture->log);
    assert_int_equal(fixture->log->forgotten_bytes, 0);
    fixture->log->committed->used_bytes = 700 * mib; // as if it were large
    log_forget_cold(fixture->log);
    assert_int_equal(fixture->log->forgotten_bytes, 128 * mib);
    fixture_holds(fixture, 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_log_is_empty_and_has_an_id),
        TEST(a_committed_batch_is_read_back_in_order),
        TEST(a_batch_is_not_seen_before_its_commit),
        TEST(an_aborted_batch_leaves_nothing),
        TEST(an_open_batch_is_dropped_by_close),
        TEST(records_of_any_size_come_back),
        TEST(reopening_keeps_everything_and_raises_the_epoch),
        TEST(the_clock_is_the_later_of_record_and_row),
        TEST(a_broken_caller_is_stopped),
        TEST(a_full_map_refuses_the_record_and_keeps_the_batch),
        TEST(writer_rows_still_fit_when_records_do_not),
        TEST(lmdbs_own_full_map_costs_the_batch_and_nothing_else),
        TEST(room_is_measured_against_the_share),
        TEST(a_full_disk_refuses_before_the_batch_is_touched),
        TEST(the_cost_of_a_record_is_never_too_low),
        TEST(a_failed_sync_ends_all_commits),
        TEST(a_full_disk_at_commit_is_an_unknown_outcome),
        TEST(a_failed_sync_at_open_refuses_the_log),
        TEST(a_log_that_cannot_be_made_can_be_made_later),
        TEST(a_kill_between_put_and_commit_leaves_the_committed_prefix),
        TEST(one_thread_reads_while_another_commits),
        TEST(giving_back_cold_pages_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
