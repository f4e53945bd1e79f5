/* test_log_read.c: read, scan and find_time: what they visit, where they stop, what they say
 * of a damaged record. */
#include "tests/unit/log_fixture.h"

#include <string.h>

#include "store/log_inside.h"

struct seen {
    uint64_t first;
    uint64_t last;
    uint64_t count;
    uint64_t stop_after; /* 0: never */
};

static bool see(void *context, const struct record *record)
{
    struct seen *seen = context;
    if (seen->count == 0) {
        seen->first = record->seq;
    }
    seen->last = record->seq;
    seen->count++;
    return seen->count != seen->stop_after;
}

static bool is_odd(const void *context, const uint8_t header[RECORD_HEADER_SIZE])
{
    struct record_header unpacked;
    unsigned *asked = *(unsigned *const *)context;
    (*asked)++;
    record_header_unpack(header, &unpacked);
    return unpacked.case_key % 2 == 1;
}

static void a_read_visits_its_range_and_says_where_it_stopped(void **state)
{
    static const struct {
        uint64_t from, upto;
        uint32_t count_max;
        uint64_t stop_after;
        uint64_t first, last, next;
    } cases[] = {
        {1, UINT64_MAX, UINT32_MAX, 0, 1, 100, 101},
        {1, 100, 100, 0, 1, 100, 101},
        {10, 20, UINT32_MAX, 0, 10, 20, 21},
        {10, 200, 5, 0, 10, 14, 15},
        {10, 10, UINT32_MAX, 0, 10, 10, 11},
        {100, UINT64_MAX, 1, 0, 100, 100, 101},
        {10, 200, UINT32_MAX, 3, 10, 12, 13},
        {101, UINT64_MAX, UINT32_MAX, 0, 0, 0, 101}, // at the head: nothing yet
        {5000, UINT64_MAX, UINT32_MAX, 0, 0, 0, 5000},
        {20, 10, UINT32_MAX, 0, 0, 0, 20},
        {20, 30, 0, 0, 0, 0, 20},
    };
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 100);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen seen = {.stop_after = cases[i].stop_after};
        uint64_t next = 0;
        assert_int_equal(log_read(fixture->log, cases[i].from, cases[i].upto,
                                  cases[i].count_max, see, &seen, &next),
                         STATUS_OK);
        assert_int_equal(seen.first, cases[i].first);
        assert_int_equal(seen.last, cases[i].last);
        assert_int_equal(seen.count, seen.last == 0 ? 0 : seen.last - seen.first + 1);
        assert_int_equal(next, cases[i].next);
    }
}

static void a_read_of_an_empty_log_is_no_failure(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = {0};
    uint64_t next = 0;
    fixture_open(fixture);
    assert_int_equal(log_read(fixture->log, 1, UINT64_MAX, 10, see, &seen, &next),
                     STATUS_OK);
    assert_int_equal(next, 1);
    assert_int_equal(seen.count, 0);
}

static void a_scan_hands_out_what_matches_and_counts_what_it_looked_at(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = {0};
    unsigned asked = 0;
    unsigned *pointer = &asked;
    uint64_t next = 0;
    fixture_open(fixture);
    fixture_append(fixture, 100);
    assert_int_equal(
        log_scan(fixture->log, 11, UINT64_MAX, 10, is_odd, &pointer, see, &seen, &next),
        STATUS_OK);
    assert_int_equal(asked, 10);
    assert_int_equal(seen.count, 5);
    assert_int_equal(seen.first, 11);
    assert_int_equal(seen.last, 19);
    assert_int_equal(next, 21);
    seen = (struct seen){.stop_after = 2};
    assert_int_equal(
        log_scan(fixture->log, 12, UINT64_MAX, 1000, is_odd, &pointer, see, &seen, &next),
        STATUS_OK);
    assert_int_equal(seen.last, 15);
    assert_int_equal(next, 16); // what follows the one that stopped it
}

static void a_damaged_record_is_never_handed_out(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = {0};
    uint64_t next = 0;
    fixture_open(fixture);
    fixture_append(fixture, 200);
    log_close(&fixture->log);
    fixture_damage(fixture, 40);
    fixture_open(fixture);
    assert_int_equal(log_read(fixture->log, 30, UINT64_MAX, UINT32_MAX, see, &seen, &next),
                     STATUS_CORRUPT);
    assert_int_equal(next, 40);
    assert_int_equal(seen.last, 39);
    assert_int_equal(log_read(fixture->log, 40, 40, 1, see, &seen, &next), STATUS_CORRUPT);
    assert_int_equal(next, 40);
    assert_int_equal(seen.count, 10);
    seen = (struct seen){0};
    assert_int_equal(log_read(fixture->log, 41, UINT64_MAX, UINT32_MAX, see, &seen, &next),
                     STATUS_OK); // a reader may go on behind it, knowing
    assert_int_equal(seen.count, 160);
}

static void a_scan_passes_over_a_damaged_record_that_it_does_not_want(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = {0};
    unsigned asked = 0;
    unsigned *pointer = &asked;
    uint64_t next = 0;
    fixture_open(fixture);
    fixture_append(fixture, 200);
    log_close(&fixture->log);
    fixture_damage(fixture, 40);
    fixture_damage(fixture, 51);
    fixture_open(fixture);
    assert_int_equal(
        log_scan(fixture->log, 1, UINT64_MAX, 1000, is_odd, &pointer, see, &seen, &next),
        STATUS_CORRUPT);
    assert_int_equal(next, 51);
    assert_int_equal(seen.last, 49);
}

static void a_hole_is_corrupt_and_not_the_end(void **state)
{
    uint8_t key[ROW_KEY_SIZE];
    struct fixture *fixture = *state;
    struct seen seen = {0};
    uint64_t next = 0;
    fixture_open(fixture);
    fixture_append(fixture, 200);
    MDB_txn *txn = NULL; // behind the back of a log that is open
    assert_int_equal(mdb_txn_begin(fixture->log->env, NULL, 0, &txn), 0);
    for (uint64_t seq = 150; seq <= 200; seq += seq == 150 ? 49 : 1) { // 150, 199, 200
        row_put_key(key, seq);
        MDB_val raw = {.mv_size = sizeof key, .mv_data = key};
        assert_int_equal(mdb_del(txn, fixture->log->tables[TABLE_LOG], &raw, NULL), 0);
    }
    assert_int_equal(mdb_txn_commit(txn), 0);
    assert_int_equal(log_read(fixture->log, 1, UINT64_MAX, UINT32_MAX, see, &seen, &next),
                     STATUS_CORRUPT);
    assert_int_equal(next, 150);
    assert_int_equal(log_read(fixture->log, 151, UINT64_MAX, UINT32_MAX, see, &seen, &next),
                     STATUS_CORRUPT);
    assert_int_equal(next, 199);
    assert_int_equal(log_read(fixture->log, 200, UINT64_MAX, UINT32_MAX, see, &seen, &next),
                     STATUS_CORRUPT);
    assert_int_equal(next, 200);
}

static void a_time_finds_the_first_record_at_or_after_it(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seq = 0;
    fixture_open(fixture);
    assert_int_equal(log_find_time(fixture->log, 0, &seq), STATUS_OK);
    assert_int_equal(seq, 1); // empty: head + 1
    fixture_append(fixture, 1000);
    for (int64_t time_ms = -5; time_ms <= 10010; time_ms += 5) {
        int64_t expected = time_ms <= FIXTURE_STEP_MS
                               ? 1
                               : (time_ms + FIXTURE_STEP_MS - 1) / FIXTURE_STEP_MS;
        assert_int_equal(log_find_time(fixture->log, time_ms, &seq), STATUS_OK);
        assert_int_equal(seq, expected);
    }
    assert_int_equal(log_find_time(fixture->log, INT64_MAX, &seq), STATUS_OK);
    assert_int_equal(seq, 1001);
    assert_int_equal(log_find_time(fixture->log, INT64_MIN, &seq), STATUS_OK);
    assert_int_equal(seq, 1);
}

static void of_equal_stamps_the_first_is_found(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seq = 0;
    fixture_open(fixture);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    for (uint64_t n = 1; n <= 90; n++) {
        uint8_t header[RECORD_HEADER_SIZE];
        struct bytes envelope = fixture_envelope(n);
        fixture_header(n, (int64_t)((n - 1) / 30) * 100, envelope, header); // 0, 100, 200
        assert_int_equal(log_put(fixture->log, header, envelope, &seq), STATUS_OK);
    }
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
    assert_int_equal(log_find_time(fixture->log, 100, &seq), STATUS_OK);
    assert_int_equal(seq, 31);
    assert_int_equal(log_find_time(fixture->log, 101, &seq), STATUS_OK);
    assert_int_equal(seq, 61);
}

static void a_search_that_meets_a_damaged_record_says_so(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seq = 77;
    fixture_open(fixture);
    fixture_append(fixture, 199);
    log_close(&fixture->log);
    fixture_damage(fixture, 100); // the middle, which every search looks at first
    fixture_open(fixture);
    assert_int_equal(log_find_time(fixture->log, 5, &seq), STATUS_CORRUPT);
    assert_int_equal(seq, 77);
}

static void reading_holds_no_snapshot(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = {0};
    uint64_t next = 0;
    fixture_open(fixture);
    fixture_append(fixture, 50);
    assert_int_equal(log_read(fixture->log, 1, 10, 10, see, &seen, &next), STATUS_OK);
    struct log_writer writer = {.name = "intake", .number = 1};
    uint64_t before = log_used_bytes(fixture->log);
    for (unsigned i = 0; i < 500; i++) { // a held snapshot would keep all pages these free
        writer.batch_no = i;
        assert_int_equal(log_begin(fixture->log), STATUS_OK);
        assert_int_equal(log_writer_put(fixture->log, &writer), STATUS_OK);
        assert_int_equal(log_commit(fixture->log), STATUS_OK);
    }
    assert_in_range(log_used_bytes(fixture->log), before, before + UINT64_C(32) * 4096);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_read_visits_its_range_and_says_where_it_stopped),
        TEST(a_read_of_an_empty_log_is_no_failure),
        TEST(a_scan_hands_out_what_matches_and_counts_what_it_looked_at),
        TEST(a_damaged_record_is_never_handed_out),
        TEST(a_scan_passes_over_a_damaged_record_that_it_does_not_want),
        TEST(a_hole_is_corrupt_and_not_the_end),
        TEST(a_time_finds_the_first_record_at_or_after_it),
        TEST(of_equal_stamps_the_first_is_found),
        TEST(a_search_that_meets_a_damaged_record_says_so),
        TEST(reading_holds_no_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
