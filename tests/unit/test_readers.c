/* test_readers.c: durable readers: kept, replaced, bounded, checked, and no burden to the log. */
#include "tests/unit/log_fixture.h"

#include <stdio.h>
#include <string.h>

#include "store/log_inside.h"

struct heard {
    unsigned count;
    char names[8][LOG_NAME_SIZE_MAX];
    uint64_t seqs[8];
};

static void hear(void *context, const char *name, uint64_t seq)
{
    struct heard *heard = context;
    if (heard->count < 8) {
        memcpy(heard->names[heard->count], name, strlen(name) + 1);
        heard->seqs[heard->count] = seq;
    }
    heard->count++;
}

static void a_position_is_kept_over_a_restart(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seq = 99;
    fixture_open(fixture);
    fixture_append(fixture, 50);
    assert_int_equal(log_reader_get(fixture->log, "desk-01", &seq), STATUS_NOT_FOUND);
    assert_int_equal(seq, 99);
    assert_int_equal(log_reader_put(fixture->log, "desk-01", 7), STATUS_OK);
    assert_int_equal(log_reader_put(fixture->log, "desk-02", 50), STATUS_OK);
    assert_int_equal(log_reader_put(fixture->log, "desk-01", 8), STATUS_OK);
    log_close(&fixture->log);
    fixture_open(fixture);
    assert_int_equal(log_reader_get(fixture->log, "desk-01", &seq), STATUS_OK);
    assert_int_equal(seq, 8);
    assert_int_equal(log_reader_get(fixture->log, "desk-02", &seq), STATUS_OK);
    assert_int_equal(seq, 50);
    assert_int_equal(log_reader_put(fixture->log, "desk-02", 3), STATUS_OK); // may go back
    assert_int_equal(log_reader_get(fixture->log, "desk-02", &seq), STATUS_OK);
    assert_int_equal(seq, 3);
}

static void all_are_listed_by_name(void **state)
{
    struct fixture *fixture = *state;
    struct heard heard = {0};
    fixture_open(fixture);
    assert_int_equal(log_readers(fixture->log, hear, &heard), STATUS_OK);
    assert_int_equal(heard.count, 0);
    fixture_append(fixture, 5);
    assert_int_equal(log_reader_put(fixture->log, "zhihui", 5), STATUS_OK);
    assert_int_equal(log_reader_put(fixture->log, "desk", 2), STATUS_OK);
    assert_int_equal(log_reader_put(fixture->log, "m", 0), STATUS_OK);
    assert_int_equal(log_readers(fixture->log, hear, &heard), STATUS_OK);
    assert_int_equal(heard.count, 3);
    assert_string_equal(heard.names[0], "desk");
    assert_string_equal(heard.names[1], "m");
    assert_string_equal(heard.names[2], "zhihui");
    assert_int_equal(heard.seqs[2], 5);
}

static void names_and_positions_that_cannot_be_are_refused(void **state)
{
    struct fixture *fixture = *state;
    char name[LOG_NAME_SIZE_MAX + 1];
    uint64_t seq = 0;
    memset(name, 'n', sizeof name);
    name[LOG_NAME_SIZE_MAX] = '\0';
    fixture_open(fixture);
    fixture_append(fixture, 5);
    assert_int_equal(log_reader_put(fixture->log, "", 1), STATUS_INVALID);
    assert_int_equal(log_reader_put(fixture->log, name, 1), STATUS_INVALID);
    assert_int_equal(log_reader_get(fixture->log, "", &seq), STATUS_NOT_FOUND);
    assert_int_equal(log_reader_get(fixture->log, name, &seq), STATUS_NOT_FOUND);
    assert_int_equal(log_reader_put(fixture->log, "desk", 6), STATUS_AHEAD);
    assert_int_equal(log_reader_get(fixture->log, "desk", &seq), STATUS_NOT_FOUND);
    name[LOG_NAME_SIZE_MAX - 1] = '\0'; // the longest that fits
    assert_int_equal(log_reader_put(fixture->log, name, 1), STATUS_OK);
    assert_int_equal(log_reader_get(fixture->log, name, &seq), STATUS_OK);
    assert_int_equal(seq, 1);
}

static void fill_readers(struct fixture *fixture)
{
    MDB_txn *txn = NULL; // one by one would sync 100,000 times
    assert_int_equal(mdb_txn_begin(fixture->log->readers_env, NULL, 0, &txn), 0);
    for (unsigned i = 0; i < READERS_MAX; i++) {
        char name[LOG_NAME_SIZE_MAX];
        uint8_t row[READER_ROW_SIZE];
        assert_true(snprintf(name, sizeof name, "reader-%06u", i) > 0);
        log_reader_pack(name, 1, row);
        MDB_val key = env_val(env_text(name));
        MDB_val value = {.mv_size = sizeof row, .mv_data = row};
        assert_int_equal(
            mdb_put(txn, fixture->log->readers[TABLE_READERS], &key, &value, MDB_APPEND),
            0);
    }
    assert_int_equal(mdb_txn_commit(txn), 0);
}

static void there_are_at_most_so_many(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 5);
    fill_readers(fixture);
    assert_int_equal(log_reader_put(fixture->log, "one-too-many", 1), STATUS_LIMIT);
    assert_int_equal(log_reader_put(fixture->log, "reader-000777", 3), STATUS_OK);
}

static void a_damaged_row_is_corrupt(void **state)
{
    uint8_t row[READER_ROW_SIZE];
    struct fixture *fixture = *state;
    struct heard heard = {0};
    uint64_t seq = 9;
    fixture_open(fixture);
    fixture_append(fixture, 5);
    assert_int_equal(log_reader_put(fixture->log, "desk", 1), STATUS_OK);
    log_close(&fixture->log);
    log_reader_pack("desk", 1, row);
    row[0] ^= 4;
    fixture_tamper(fixture, true, TABLE_READERS, env_text("desk"),
                   (struct bytes){.data = row, .size = sizeof row});
    fixture_open(fixture);
    assert_int_equal(log_reader_get(fixture->log, "desk", &seq), STATUS_CORRUPT);
    assert_int_equal(seq, 9);
    assert_int_equal(log_readers(fixture->log, hear, &heard), STATUS_CORRUPT);
    assert_int_equal(heard.count, 0);
}

static void positions_do_not_touch_the_log_or_its_open_batch(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_append(fixture, 5);
    uint64_t used_bytes = log_used_bytes(fixture->log);
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(log_reader_put(fixture->log, "desk", i % 5), STATUS_OK);
    }
    log_abort(fixture->log);
    assert_int_equal(env_used_bytes(fixture->log->env), used_bytes);
    assert_true(env_used_bytes(fixture->log->readers_env) < UINT64_C(40) * 4096);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_position_is_kept_over_a_restart),
        TEST(all_are_listed_by_name),
        TEST(names_and_positions_that_cannot_be_are_refused),
        TEST(there_are_at_most_so_many),
        TEST(a_damaged_row_is_corrupt),
        TEST(positions_do_not_touch_the_log_or_its_open_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
