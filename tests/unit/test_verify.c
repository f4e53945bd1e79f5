/* test_verify.c: the walk over a whole log, and the copy that rests on it. */
#include "tests/unit/log_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/log_inside.h"
#include "store/verify_inside.h"

struct told {
    unsigned count;
    struct verify_finding findings[VERIFY_FINDINGS_MAX];
};

static void tell(void *context, const struct verify_finding *finding)
{
    struct told *told = context;
    assert_true(told->count < VERIFY_FINDINGS_MAX);
    told->findings[told->count] = *finding;
    told->count++;
}

static struct told told;
static struct verify_result result;
static struct fault fault;

static enum status verify(struct fixture *fixture)
{
    memset(&told, 0, sizeof told);
    memset(&fault, 0, sizeof fault);
    return verify_log(fixture->directory, tell, &told, &result, &fault);
}

static void fill(struct fixture *fixture, unsigned records)
{
    struct log_writer writer = {
        .name = "intake", .number = 1, .last_seq = records, .first_seq = records};
    fixture_open(fixture);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, records);
    assert_int_equal(log_writer_put(fixture->log, &writer), STATUS_OK);
    assert_int_equal(log_place_put(fixture->log, 370499003), STATUS_OK);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    assert_int_equal(log_reader_put(fixture->log, "desk", records / 2), STATUS_OK);
}

static void closed_log_of(struct fixture *fixture, unsigned records)
{
    fill(fixture, records);
    log_close(&fixture->log);
}

static struct bytes key_of(uint64_t seq)
{
    static uint8_t key[ROW_KEY_SIZE];
    row_put_key(key, seq);
    return (struct bytes){.data = key, .size = sizeof key};
}

static void a_whole_log_is_counted(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 9000); // several snapshots' worth
    assert_int_equal(verify(fixture), STATUS_OK);
    assert_int_equal(told.count, 0);
    assert_int_equal(result.findings, 0);
    assert_int_equal(result.records, 9000);
    assert_int_equal(result.meta.head, 9000);
    assert_int_equal(result.meta.place, 370499003);
    assert_int_equal(result.meta.broker_epoch, 1);
    assert_true(result.meta.log_id != 0);
    assert_int_equal(result.bytes, 9000 * (RECORD_HEADER_SIZE + FIXTURE_RECORD_SIZE));
    assert_int_equal(result.first_ms, FIXTURE_STEP_MS);
    assert_int_equal(result.last_ms, 9000 * FIXTURE_STEP_MS);
    assert_int_equal(result.writers, 1);
    assert_int_equal(result.readers, 1);
}

static void an_empty_log_is_whole(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    log_close(&fixture->log);
    assert_int_equal(verify(fixture), STATUS_OK);
    assert_int_equal(result.records, 0);
    assert_int_equal(result.meta.head, 0);
}

static void a_live_log_may_be_verified_by_its_broker(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture, 100);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, 50);
    assert_int_equal(verify(fixture), STATUS_OK);
    assert_int_equal(result.records, 100);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    assert_int_equal(verify(fixture), STATUS_OK);
    assert_int_equal(result.records, 150);
    fixture_holds(fixture, 150);
}

static void a_directory_without_a_log_cannot_start(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(verify(fixture), STATUS_CANNOT_START);
    assert_non_null(strstr(fault.text, "does not exist"));
    assert_int_equal(told.count, 0);
}

static void every_damaged_record_is_named_with_its_case(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 5000);
    fixture_damage(fixture, 4200);
    fixture_damage(fixture, 17);
    assert_int_equal(verify(fixture), STATUS_CORRUPT);
    assert_int_equal(result.findings, 2);
    assert_int_equal(result.records, 4998);
    assert_int_equal(told.count, 2);
    assert_int_equal(told.findings[0].kind, VERIFY_CHECKSUM);
    assert_int_equal(told.findings[0].seq, 17);
    assert_true(told.findings[0].case_key == UINT64_C(20200815000017));
    assert_int_equal(told.findings[0].type, 2);
    assert_int_equal(told.findings[0].writer, 1);
    assert_non_null(strstr(told.findings[0].text, "37049900320200815000017"));
    assert_int_equal(told.findings[1].seq, 4200);
    assert_int_equal(result.first.seq, 17);
}

static void every_flipped_bit_of_a_record_is_found(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 20);
    const char *path = fixture_path(fixture, "log/log.mdb");
    for (long at = -RECORD_HEADER_SIZE; at < FIXTURE_RECORD_SIZE; at += 7) {
        if (at >= 0 && at < 14) {
            continue; // the needle itself, which could not be found again
        }
        assert_true(fixture_flip(path, "record 000011 ", at) >= 1);
        assert_int_equal(verify(fixture), STATUS_CORRUPT);
        assert_int_equal(result.first.seq, 11);
        assert_true(fixture_flip(path, "record 000011 ", at) >= 1);
    }
    assert_int_equal(verify(fixture), STATUS_OK);
}

static void a_gap_is_named_by_its_ends(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 5000);
    for (uint64_t seq = 30; seq <= 34; seq++) {
        fixture_tamper(fixture, false, TABLE_LOG, key_of(seq), (struct bytes){0});
    }
    assert_int_equal(verify(fixture), STATUS_CORRUPT);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.findings[0].kind, VERIFY_GAP);
    assert_int_equal(told.findings[0].seq, 30);
    assert_int_equal(told.findings[0].upto, 34);
    assert_int_equal(result.records, 4995);
}

static void a_missing_tail_shows_in_the_rows_that_rest_on_it(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 50);
    fixture_tamper(fixture, false, TABLE_LOG, key_of(50), (struct bytes){0});
    assert_int_equal(verify(fixture), STATUS_CORRUPT);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.findings[0].kind, VERIFY_WRITER);
    assert_string_equal(told.findings[0].name, "intake");
    assert_non_null(strstr(told.findings[0].text, "beyond the head"));
}

static void stamps_that_go_back_are_found(void **state)
{
    static uint8_t row[RECORD_HEADER_SIZE + FIXTURE_RECORD_SIZE];
    struct fixture *fixture = *state;
    closed_log_of(fixture, 50);
    struct bytes envelope = fixture_envelope(20);
    fixture_header(20, 5, envelope, row);
    memcpy(row + RECORD_HEADER_SIZE, envelope.data, envelope.size);
    fixture_tamper(fixture, false, TABLE_LOG, key_of(20),
                   (struct bytes){.data = row, .size = sizeof row});
    assert_int_equal(verify(fixture), STATUS_CORRUPT);
    assert_int_equal(told.count, 1); // and not all that follow it
    assert_int_equal(told.findings[0].kind, VERIFY_ORDER);
    assert_int_equal(told.findings[0].seq, 20);
}

static void damaged_rows_are_named(void **state)
{
    uint8_t row[READER_ROW_SIZE];
    uint8_t writer[WRITER_ROW_SIZE] = {0};
    uint8_t meta[META_ROW_SIZE] = {0};
    struct fixture *fixture = *state;
    closed_log_of(fixture, 50);
    log_reader_pack("desk", 51, row);
    fixture_tamper(fixture, true, TABLE_READERS, env_text("desk"),
                   (struct bytes){.data = row, .size = sizeof row});
    row[1] ^= 1;
    fixture_tamper(fixture, true, TABLE_READERS, env_text("late"),
                   (struct bytes){.data = row, .size = sizeof row});
    fixture_tamper(fixture, false, TABLE_WRITERS, env_text("intake"),
                   (struct bytes){.data = writer, .size = sizeof writer});
    fixture_tamper(fixture, false, TABLE_META, log_meta_key(),
                   (struct bytes){.data = meta, .size = sizeof meta});
    assert_int_equal(verify(fixture), STATUS_CORRUPT);
    assert_int_equal(told.count, 4);
    assert_int_equal(told.findings[0].kind, VERIFY_META);
    assert_int_equal(told.findings[1].kind, VERIFY_WRITER);
    assert_string_equal(told.findings[1].name, "intake");
    assert_int_equal(told.findings[2].kind, VERIFY_READER);
    assert_non_null(strstr(told.findings[2].text, "reader desk stands at 51"));
    assert_int_equal(told.findings[3].kind, VERIFY_READER);
    assert_string_equal(told.findings[3].name, "late");
    assert_int_equal(result.records, 50);
    assert_int_equal(result.readers, 0);
}

static void another_format_is_a_bad_version(void **state)
{
    uint8_t row[META_ROW_SIZE];
    struct fixture *fixture = *state;
    closed_log_of(fixture, 5);
    struct log_meta_row newer = {.log_id = 1, .format = LOG_FORMAT_VERSION + 1};
    log_meta_pack(&newer, row);
    fixture_tamper(fixture, false, TABLE_META, log_meta_key(),
                   (struct bytes){.data = row, .size = sizeof row});
    assert_int_equal(verify(fixture), STATUS_BAD_VERSION);
    assert_non_null(strstr(fault.text, "format"));
}

static void a_file_cut_short_or_of_something_else_is_a_finding(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 500);
    int64_t size = env_file_size(fixture->directory, LOG_FILE);
    assert_int_equal(
        truncate(fixture_path(fixture, "log/log.mdb"), size - INT64_C(20) * 4096), 0);
    assert_int_equal(verify(fixture), STATUS_CORRUPT);
    assert_int_equal(told.findings[0].kind, VERIFY_TREE);
    assert_non_null(strstr(told.findings[0].text, "cut short"));
}

/* Overwrites with 0xff the pages of the closed log's file that hold a record. */
static void destroy_page_of(struct fixture *fixture, uint64_t seq)
{
    enum {
        PAGE = 4096
    };

    char needle[32];
    uint8_t page[PAGE];
    int fd = open(fixture_path(fixture, "log/log.mdb"), O_RDWR);
    assert_true(fd >= 0);
    assert_true(snprintf(needle, sizeof needle, "record %06llu ", (unsigned long long)seq) >
                0);
    unsigned count = 0;
    for (off_t at = 0; pread(fd, page, PAGE, at) == PAGE; at += PAGE) {
        if (memmem(page, PAGE, needle, strlen(needle)) != NULL) {
            // The header stays, so LMDB believes the page and follows its offsets.
            memset(page + 16, 0xff, PAGE - 16);
            assert_int_equal(pwrite(fd, page, PAGE, at), PAGE);
            count++;
        }
    }
    assert_true(count >= 1);
    assert_int_equal(close(fd), 0);
}

static void a_page_that_leads_nowhere_is_passed(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 5000);
    destroy_page_of(fixture, 1000);
    destroy_page_of(fixture, 3000);
    assert_int_equal(verify(fixture), STATUS_CORRUPT);
    assert_true(told.count >= 2);
    assert_in_range(result.first.seq, 989, 1000);
    assert_in_range(result.first.upto, result.first.seq, 1011);
    assert_in_range(result.records, 4970, 4990); // all but the two pages' was looked at
    assert_int_equal(result.meta.head, 5000);
}

static void a_page_that_kills_the_reader_is_named_and_passed(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 4500);
    // The last leaf's records then seem to lie behind the end of the file: a SIGBUS.
    destroy_page_of(fixture, 4500);
    assert_int_equal(verify(fixture), STATUS_CORRUPT);
    assert_true(told.count >= 1);
    struct verify_finding *first = &told.findings[0];
    assert_int_equal(first->kind, VERIFY_DIED);
    assert_int_equal(first->signal, SIGBUS);
    assert_in_range(first->seq, 4489, 4500);
    assert_non_null(strstr(first->text, "the record reader died at record 4"));
    assert_int_equal(result.first.seq, first->seq);
    assert_int_equal(result.records, first->seq - 1);
    assert_int_equal(result.readers, 0); // their head is on that page
}

/* ---- copy ---- */

static void a_copy_opens_and_holds_the_same(void **state)
{
    struct fixture *fixture = *state;
    char copy[FIXTURE_PATH_SIZE * 2];
    uint64_t seq = 0;
    fill(fixture, 3000);
    uint64_t log_id = log_meta(fixture->log).log_id;
    assert_true(snprintf(copy, sizeof copy, "%s", fixture_path(fixture, "copy")) > 0);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, 10); // what is not committed is not copied
    assert_int_equal(log_copy(fixture->log, copy, &fixture->fault), STATUS_OK);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    fixture_append(fixture, 10); // the log goes on
    fixture_holds(fixture, 3020);
    log_close(&fixture->log);

    memcpy(fixture->directory, copy, strlen(copy) + 1);
    assert_int_equal(verify(fixture), STATUS_OK);
    fixture->options.map_size_bytes = 0;
    fixture_open(fixture);
    fixture_holds(fixture, 3000);
    assert_true(log_meta(fixture->log).log_id == log_id);
    assert_int_equal(log_writer_count(fixture->log), 1);
    assert_int_equal(log_reader_get(fixture->log, "desk", &seq), STATUS_OK);
    assert_int_equal(seq, 1500);
    fixture_append(fixture, 5);
    fixture_holds(fixture, 3005);
}

static void an_empty_log_can_be_copied(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    assert_int_equal(log_copy(fixture->log, fixture_path(fixture, "copy"), &fixture->fault),
                     STATUS_OK);
}

static unsigned entries_of(const char *path)
{
    unsigned count = 0;
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    assert_int_equal(closedir(directory), 0);
    return count - 2; // . and ..
}

static void a_copy_does_not_overwrite(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture, 10);
    assert_int_equal(mkdir(fixture_path(fixture, "copy"), 0700), 0);
    assert_int_equal(log_copy(fixture->log, fixture_path(fixture, "copy"), &fixture->fault),
                     STATUS_CANNOT_START);
    assert_non_null(strstr(fixture->fault.text, "exists"));
    assert_int_equal(
        log_copy(fixture->log, fixture_path(fixture, "none/copy"), &fixture->fault),
        STATUS_CANNOT_START);
    assert_int_equal(entries_of(fixture->root), 2); // log and copy
}

static void a_copy_of_a_damaged_log_is_refused_and_removed(void **state)
{
    struct fixture *fixture = *state;
    closed_log_of(fixture, 500);
    fixture_damage(fixture, 77);
    fixture_open(fixture);
    assert_int_equal(log_copy(fixture->log, fixture_path(fixture, "copy"), &fixture->fault),
                     STATUS_CORRUPT);
    assert_non_null(strstr(fixture->fault.text, "record 77"));
    assert_int_equal(entries_of(fixture->root), 1); // the log alone
}

static void a_copy_is_two_files(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture, 10);
    assert_int_equal(log_copy(fixture->log, fixture_path(fixture, "copy"), &fixture->fault),
                     STATUS_OK);
    assert_int_equal(entries_of(fixture_path(fixture, "copy")), 2);
}

static void every_kind_has_a_name(void **state)
{
    (void)state; // nothing on disk
    for (int kind = VERIFY_META; kind <= VERIFY_DIED; kind++) {
        assert_string_not_equal(verify_kind_name((enum verify_kind)kind), "UNKNOWN");
    }
    assert_string_equal(verify_kind_name((enum verify_kind)99), "UNKNOWN");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_log_is_counted),
        TEST(an_empty_log_is_whole),
        TEST(a_live_log_may_be_verified_by_its_broker),
        TEST(a_directory_without_a_log_cannot_start),
        TEST(every_damaged_record_is_named_with_its_case),
        TEST(every_flipped_bit_of_a_record_is_found),
        TEST(a_gap_is_named_by_its_ends),
        TEST(a_missing_tail_shows_in_the_rows_that_rest_on_it),
        TEST(stamps_that_go_back_are_found),
        TEST(damaged_rows_are_named),
        TEST(another_format_is_a_bad_version),
        TEST(a_file_cut_short_or_of_something_else_is_a_finding),
        TEST(a_page_that_leads_nowhere_is_passed),
        TEST(a_page_that_kills_the_reader_is_named_and_passed),
        TEST(a_copy_opens_and_holds_the_same),
        TEST(an_empty_log_can_be_copied),
        TEST(a_copy_does_not_overwrite),
        TEST(a_copy_of_a_damaged_log_is_refused_and_removed),
        TEST(a_copy_is_two_files),
        TEST(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
