/* test_log_open.c: which directories are refused, with what, and what a start repairs. */
#include "tests/unit/log_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/log_inside.h"
#include "tests/unit/scratch.h"

static void closed_log_of(struct fixture *fixture, unsigned records)
{
    fixture_open(fixture);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    struct log_writer writer = {.name = "escalation", .number = 1};
    fixture_put(fixture, records);
    writer.cursor = records / 2;
    writer.last_seq = records;
    writer.first_seq = records;
    assert_int_equal(log_writer_put(fixture->log, &writer), STATUS_OK);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    log_close(&fixture->log);
}

static struct bytes key_of(uint64_t seq)
{
    static uint8_t key[ROW_KEY_SIZE];
    row_put_key(key, seq);
    return (struct bytes){.data = key, .size = sizeof key};
}

static void write_file(const char *path, const char *text)
{
    scratch_write(path, text, strlen(text));
}

/* ---- who may open ---- */

static void a_second_open_is_locked_until_the_first_closes(void **state)
{
    struct fixture *fixture = *state;
    char pid[32];
    fixture_open(fixture);
    assert_true(snprintf(pid, sizeof pid, "pid %d)", (int)getpid()) > 0);
    fixture_refused(fixture, STATUS_LOCKED, pid);
    fixture_append(fixture, 3); // the first is not disturbed
    log_close(&fixture->log);
    fixture_open(fixture);
    fixture_holds(fixture, 3);
}

static void try_as_nobody(struct fixture *fixture, int say)
{
    enum {
        NOBODY = 65534
    };

    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
        _exit(1);
    }
    struct log *log = NULL;
    enum status status =
        log_open(fixture->directory, &fixture->options, &log, &fixture->fault);
    (void)!write(say, &status, sizeof status);
    _exit(0);
}

static void a_directory_that_cannot_be_written_cannot_start(void **state)
{
    struct fixture *fixture = *state;
    enum status status = STATUS_OK;
    int ends[2];
    assert_int_equal(mkdir(fixture->directory, 0555), 0);
    assert_int_equal(chmod(fixture->root, 0755), 0);
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork(); // root may write anywhere
    if (pid == 0) {
        try_as_nobody(fixture, ends[1]);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(read(ends[0], &status, sizeof status), sizeof status);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(status, STATUS_CANNOT_START);
}

static void a_path_that_is_no_directory_cannot_start(void **state)
{
    struct fixture *fixture = *state;
    write_file(fixture->directory, "a file");
    fixture_refused(fixture, STATUS_CANNOT_START, "not a directory");
    assert_int_equal(unlink(fixture->directory), 0);
    size_t length = strlen(fixture->directory);
    memcpy(fixture->directory + length, "/deep", sizeof "/deep"); // whose parent is missing
    fixture_refused(fixture, STATUS_CANNOT_START, "cannot be made");
}

static void tmpfs_is_refused_unless_told_otherwise(void **state)
{
    struct fixture *fixture = *state;
    char directory[] = "/dev/shm/sanji-store-XXXXXX";
    struct statfs fs = {0};
    if (statfs("/dev/shm", &fs) != 0 || fs.f_type != 0x01021994 ||
        mkdtemp(directory) == NULL) {
        skip();
    }
    memcpy(fixture->directory, directory, sizeof directory);
    fixture->options.allow_any_fs = false;
    fixture_refused(fixture, STATUS_CANNOT_START, "tmpfs");
    fixture->options.allow_any_fs = true;
    fixture_open(fixture);
    log_close(&fixture->log);
    assert_int_equal(env_remove(directory, LOG_FILE), STATUS_OK);
    assert_int_equal(env_remove(directory, READERS_FILE), STATUS_OK);
    assert_int_equal(env_remove(directory, "lock"), STATUS_OK);
    assert_int_equal(rmdir(directory), 0);
}

static void a_local_disk_needs_no_permission(void **state)
{
    struct fixture *fixture = *state;
    struct statfs fs = {0};
    assert_int_equal(statfs(fixture->root, &fs), 0);
    if (fs.f_type != 0xEF53 && fs.f_type != 0x794c7630 && fs.f_type != 0x58465342) {
        skip(); // ext4, overlayfs, xfs
    }
    fixture->options.allow_any_fs = false;
    fixture_open(fixture);
}

static void a_read_only_look_takes_no_lock_and_writes_nothing(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 10);
    fixture->options.read_only = true;
    fixture_open(fixture);
    assert_int_equal(log_meta(fixture->log).broker_epoch, 1);
    assert_int_equal(log_writer_count(fixture->log), 1);
    fixture_holds(fixture, 10);
    log_close(&fixture->log);
    fixture->options.read_only = false;
    fixture_open(fixture);
    assert_int_equal(log_meta(fixture->log).broker_epoch, 2);
}

static void a_read_only_look_works_beside_a_live_writer(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 20);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, 5);
    pid_t pid = fork();
    if (pid == 0) {
        struct log *log = NULL;
        fixture->options.read_only = true;
        enum status status =
            log_open(fixture->directory, &fixture->options, &log, &fixture->fault);
        bool is_good = status == STATUS_OK && log_meta(log).head == 20;
        _exit(is_good ? 0 : 1);
    }
    int how = 0;
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    fixture_holds(fixture, 25);
}

static void a_read_only_look_makes_no_log(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.read_only = true;
    fixture_refused(fixture, STATUS_CANNOT_START, "");
    assert_int_equal(mkdir(fixture->directory, 0700), 0);
    fixture_refused(fixture, STATUS_CANNOT_START, "holds no log");
}

static void a_map_does_not_shrink(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 10);
    fixture->options.map_size_bytes /= 2;
    fixture_refused(fixture, STATUS_CANNOT_START, "smaller");
    fixture->options.map_size_bytes = 0;
    fixture_open(fixture);
}

/* ---- damage ---- */

static void a_flipped_bit_in_the_tail_names_the_record(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 200);
    fixture_damage(fixture, 187);
    fixture_refused(fixture, STATUS_CORRUPT, "record 187 has a wrong checksum");
}

static void a_flipped_bit_in_a_header_is_found_too(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 200);
    // A header ends where its envelope begins: its last byte is the spare one.
    for (long i = 1; i <= RECORD_HEADER_SIZE; i++) {
        assert_true(
            fixture_flip(fixture_path(fixture, "log/log.mdb"), "record 000200 ", -i) >= 1);
        fixture_refused(fixture, STATUS_CORRUPT, "record 200");
        assert_true(
            fixture_flip(fixture_path(fixture, "log/log.mdb"), "record 000200 ", -i) >= 1);
    }
    fixture_open(fixture);
    fixture_holds(fixture, 200);
}

static void older_damage_does_not_keep_a_log_from_opening(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 200);
    fixture_damage(fixture, 12);
    fixture_open(fixture); // reading it says CORRUPT: test_log_read.c
    assert_int_equal(log_meta(fixture->log).head, 200);
}

static void a_missing_record_is_found_wherever_it_was(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 200);
    struct bytes nothing = {0};
    fixture_tamper(fixture, false, TABLE_LOG, key_of(50), nothing);
    fixture_refused(fixture, STATUS_CORRUPT, "the last record is 200 but there are 199");
}

static void a_stamp_that_goes_back_is_found_in_the_tail(void **state)
{
    static uint8_t row[RECORD_HEADER_SIZE + FIXTURE_RECORD_SIZE];
    struct fixture *fixture = *state;
    closed_log_of(fixture, 200);
    struct bytes envelope = fixture_envelope(190);
    fixture_header(190, 5, envelope, row);
    memcpy(row + RECORD_HEADER_SIZE, envelope.data, envelope.size);
    fixture_tamper(fixture, false, TABLE_LOG, key_of(190),
                   (struct bytes){.data = row, .size = sizeof row});
    fixture_refused(fixture, STATUS_CORRUPT, "record 190 is stamped before");
}

static void tamper_writer(struct fixture *fixture, struct log_writer writer)
{
    uint8_t row[WRITER_ROW_SIZE];
    log_writer_pack(&writer, row);
    fixture_tamper(fixture, false, TABLE_WRITERS, env_text(writer.name),
                   (struct bytes){.data = row, .size = sizeof row});
}

static void a_broken_writer_row_names_the_writer(void **state)
{
    static const struct {
        struct log_writer writer;
        const char *why;
    } cases[] = {
        {{.name = "escalation", .number = 1, .last_seq = 101}, "beyond the head"},
        {{.name = "escalation", .number = 1, .cursor = 101}, "cursor beyond the head"},
        {{.name = "escalation", .number = 1, .first_seq = 9, .last_seq = 8},
         "before it begins"},
        {{.name = "escalation", .number = 0}, "a number that cannot be"},
        {{.name = "escalation", .number = 251}, "a number that cannot be"},
        {{.name = "escalation", .number = 2}, "number 1 is missing"},
    };
    struct fixture *fixture = *state;
    closed_log_of(fixture, 100);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tamper_writer(fixture, cases[i].writer);
        fixture_refused(fixture, STATUS_CORRUPT, cases[i].why);
    }
    tamper_writer(fixture, (struct log_writer){.name = "escalation", .number = 1});
    tamper_writer(fixture, (struct log_writer){.name = "dispatch", .number = 1});
    fixture_refused(fixture, STATUS_CORRUPT, "has the number of another one");
    tamper_writer(fixture, (struct log_writer){.name = "dispatch", .number = 2});
    fixture_open(fixture);
    assert_int_equal(log_writer_count(fixture->log), 2);
}

static void a_flipped_bit_in_a_writer_row_names_the_writer(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 100);
    assert_true(fixture_flip(fixture_path(fixture, "log/log.mdb"), "escalation",
                             strlen("escalation") + 32) >= 1);
    fixture_refused(fixture, STATUS_CORRUPT, "the row of writer escalation is damaged");
}

static void a_damaged_or_missing_meta_row_is_corrupt(void **state)
{
    uint8_t row[META_ROW_SIZE] = {0};
    struct fixture *fixture = *state;
    closed_log_of(fixture, 3);
    fixture_tamper(fixture, false, TABLE_META, log_meta_key(),
                   (struct bytes){.data = row, .size = sizeof row});
    fixture_refused(fixture, STATUS_CORRUPT, "meta row");
    fixture_tamper(fixture, false, TABLE_META, log_meta_key(), (struct bytes){0});
    fixture_refused(fixture, STATUS_CORRUPT, "meta row");
}

static void another_format_is_a_bad_version(void **state)
{
    uint8_t row[META_ROW_SIZE + 8] = {0};
    struct fixture *fixture = *state;
    closed_log_of(fixture, 3);
    struct log_meta_row newer = {.log_id = 1, .format = LOG_FORMAT_VERSION + 1};
    log_meta_pack(&newer, row);
    row_seal(log_meta_key(), row, sizeof row); // longer, as a newer one may be
    fixture_tamper(fixture, false, TABLE_META, log_meta_key(),
                   (struct bytes){.data = row, .size = sizeof row});
    fixture_refused(fixture, STATUS_BAD_VERSION, "format");
}

static void a_file_that_is_cut_short_is_corrupt_and_kills_nobody(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 2000);
    int64_t size = env_file_size(fixture->directory, LOG_FILE);
    assert_int_equal(truncate(fixture_path(fixture, "log/log.mdb"), size / 2), 0);
    fixture_refused(fixture, STATUS_CORRUPT, "cut short");
    assert_int_equal(truncate(fixture_path(fixture, "log/log.mdb"), 0), 0);
    fixture_refused(fixture, STATUS_CORRUPT, "damaged");
}

static void a_file_of_something_else_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 3);
    char text[20000];
    memset(text, 'a', sizeof text);
    scratch_write(fixture_path(fixture, "log/log.mdb"), text, sizeof text);
    fixture_refused(fixture, STATUS_CORRUPT, "damaged");
}

/* ---- the two files ---- */

static void a_missing_log_beside_its_readers_is_not_made_anew(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 3);
    assert_int_equal(env_remove(fixture->directory, LOG_FILE), STATUS_OK);
    fixture_refused(fixture, STATUS_CORRUPT, "log.mdb is missing");
}

static void missing_readers_are_made_anew_only_when_told_to(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seq = 0;
    closed_log_of(fixture, 3);
    assert_int_equal(env_remove(fixture->directory, READERS_FILE), STATUS_OK);
    fixture_refused(fixture, STATUS_CORRUPT, "readers.mdb is missing");
    write_file(fixture_path(fixture, "log/readers.mdb"), "");
    fixture_open(fixture);
    assert_int_equal(log_reader_get(fixture->log, "desk", &seq), STATUS_NOT_FOUND);
    fixture_holds(fixture, 3);
}

static void readers_of_another_log_are_refused(void **state)
{
    uint8_t row[OWNER_ROW_SIZE];
    struct fixture *fixture = *state;
    closed_log_of(fixture, 3);
    log_reader_pack("log", 12345, row);
    fixture_tamper(fixture, true, TABLE_OWNER, env_text("log"),
                   (struct bytes){.data = row, .size = sizeof row});
    fixture_refused(fixture, STATUS_CORRUPT, "another log");
}

static void a_creation_that_was_cut_off_is_done_again(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdir(fixture->directory, 0700), 0);
    assert_int_equal(mkdir(fixture_path(fixture, "log/.new"), 0700), 0);
    write_file(fixture_path(fixture, "log/.new/log.mdb"), "half a page");
    write_file(fixture_path(fixture, "log/.new/log.mdb-lock"), "half a lock");
    fixture_open(fixture);
    fixture_append(fixture, 3);
    fixture_holds(fixture, 3);
    assert_int_equal(access(fixture_path(fixture, "log/.new"), F_OK), -1);
}

static void a_creation_cut_off_between_its_files_is_finished(void **state)
{
    uint8_t packed[META_ROW_SIZE];
    struct fixture *fixture = *state;
    fixture_open(fixture);
    struct log_meta_row row = {.log_id = log_meta(fixture->log).log_id,
                               .format = LOG_FORMAT_VERSION};
    log_close(&fixture->log);
    log_meta_pack(&row, packed); // as made: epoch 0
    fixture_tamper(fixture, false, TABLE_META, log_meta_key(),
                   (struct bytes){.data = packed, .size = sizeof packed});
    assert_int_equal(env_remove(fixture->directory, READERS_FILE), STATUS_OK);
    fixture_open(fixture);
    assert_int_equal(log_meta(fixture->log).broker_epoch, 1);
    assert_int_equal(log_reader_put(fixture->log, "desk", 0), STATUS_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_second_open_is_locked_until_the_first_closes),
        TEST(a_directory_that_cannot_be_written_cannot_start),
        TEST(a_path_that_is_no_directory_cannot_start),
        TEST(tmpfs_is_refused_unless_told_otherwise),
        TEST(a_local_disk_needs_no_permission),
        TEST(a_read_only_look_takes_no_lock_and_writes_nothing),
        TEST(a_read_only_look_works_beside_a_live_writer),
        TEST(a_read_only_look_makes_no_log),
        TEST(a_map_does_not_shrink),
        TEST(a_flipped_bit_in_the_tail_names_the_record),
        TEST(a_flipped_bit_in_a_header_is_found_too),
        TEST(older_damage_does_not_keep_a_log_from_opening),
        TEST(a_missing_record_is_found_wherever_it_was),
        TEST(a_stamp_that_goes_back_is_found_in_the_tail),
        TEST(a_broken_writer_row_names_the_writer),
        TEST(a_flipped_bit_in_a_writer_row_names_the_writer),
        TEST(a_damaged_or_missing_meta_row_is_corrupt),
        TEST(another_format_is_a_bad_version),
        TEST(a_file_that_is_cut_short_is_corrupt_and_kills_nobody),
        TEST(a_file_of_something_else_is_corrupt),
        TEST(a_missing_log_beside_its_readers_is_not_made_anew),
        TEST(missing_readers_are_made_anew_only_when_told_to),
        TEST(readers_of_another_log_are_refused),
        TEST(a_creation_that_was_cut_off_is_done_again),
        TEST(a_creation_cut_off_between_its_files_is_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
