/* test_commit.c: batches against a real log: what stands, and what a full store leaves. */
#include "tests/unit/log_fixture.h"

#include <string.h>

#include "broker/commit.h"
#include "proto/vocab.h"

static const uint64_t case_a = UINT64_C(20200815000001);

struct story {
    struct fixture *fixture;
    struct commit *commit;
    struct batch batch;
    uint8_t packed[64 * 1024];
    size_t size; // of `packed`
    int64_t now_ms;
    unsigned type; // of the records that add_append writes
};

static struct story story;

static int setup(void **state)
{
    int code = fixture_begin(state);
    story = (struct story){.fixture = *state, .type = EVENT_CASE_RECEIVED};
    return code;
}

static int teardown(void **state)
{
    commit_free(&story.commit);
    batch_free(&story.batch);
    return fixture_end(state);
}

static void open_log(uint64_t map_size_bytes)
{
    story.fixture->options.map_size_bytes = map_size_bytes;
    fixture_open(story.fixture);
    story.commit = commit_new(story.fixture->log);
    batch_init(&story.batch);
}

static void close_log(void)
{
    commit_free(&story.commit);
    batch_free(&story.batch);
    log_close(&story.fixture->log);
}

static size_t add_hello(const char *name)
{
    struct batch_item *item = batch_add(&story.batch, BATCH_HELLO);
    item->session_no = 1;
    (void)strncpy(item->row.name, name, sizeof(item->row.name) - 1); // names of tests fit
    return story.batch.count - 1;
}

// `count` records in one append; the last one's place in the batch.
static size_t add_append(uint16_t writer, uint64_t batch_no, unsigned count,
                         uint64_t case_key, size_t envelope_size)
{
    static uint8_t envelope[8 * 1024];
    struct record_header header = {.type = (uint8_t)story.type, .case_key = case_key};
    struct bytes wire = {envelope, envelope_size};
    header.crc = crc32c(0, wire.data, wire.size);
    size_t begin = story.size;
    for (unsigned i = 0; i < count; i++) {
        assert_true(story.size + RECORD_FRAME_SIZE + wire.size <= sizeof(story.packed));
        story.size += record_write(story.packed + story.size, 0, &header, wire);
    }
    struct batch_item *item = batch_add(&story.batch, BATCH_APPEND);
    item->session_no = 1;
    item->writer = writer;
    item->append.asked.packed = (struct bytes){story.packed + begin, story.size - begin};
    item->append.asked.head = (struct request_append){
        .epoch = 1, .batch_no = batch_no, .count = count, .keeps_cursor = true};
    batch_hold(&story.batch, story.size - begin);
    return story.batch.count - 1;
}

static void run(void)
{
    story.now_ms += 10;
    story.batch.stamp_ms = story.now_ms;
    commit_batch(story.commit, &story.batch);
}

static const struct batch_item *item(size_t i)
{
    return &story.batch.items[i];
}

static void clear(void)
{
    batch_clear(&story.batch);
    story.size = 0;
}

static void a_batch_holds_hellos_and_appends_in_order(void **state)
{
    (void)state;
    open_log(0);
    size_t hello = add_hello("intake");
    run();
    assert_int_equal(item(hello)->status, STATUS_OK);
    assert_int_equal(item(hello)->row.epoch, 1);
    uint16_t writer = item(hello)->writer;
    assert_int_equal(item(hello)->row.number, OWNER_INTAKE); // its number is its owner's
    assert_int_equal(story.batch.head, 0);
    assert_true(story.batch.first_seq > story.batch.head);
    clear();
    size_t first = add_append(writer, 1, 2, 0, 100);
    size_t second = add_append(writer, 2, 1, 0, 100);
    size_t again = add_hello("intake");
    size_t fenced = add_append(writer, 3, 1, 0, 100);
    run();
    assert_int_equal(item(first)->append.first_seq, 1);
    assert_int_equal(item(first)->append.last_seq, 2);
    assert_int_equal(item(second)->append.first_seq, 3);
    assert_int_equal(item(second)->append.recorded_at_ms, story.now_ms);
    assert_int_equal(item(again)->row.epoch, 2);
    assert_int_equal(item(again)->row.batch_no, 2);
    assert_int_equal(item(fenced)->status, STATUS_FENCED);
    assert_int_equal(story.batch.head, 3);
    clear();
    close_log();
    // The rows stand in the log as the answers said.
    open_log(0);
    hello = add_hello("intake");
    run();
    assert_int_equal(item(hello)->row.epoch, 3);
    assert_int_equal(item(hello)->row.batch_no, 2);
    assert_int_equal(item(hello)->row.last_seq, 3);
    close_log();
}

static void records_of_one_append_do_not_conflict_and_those_of_two_do(void **state)
{
    (void)state;
    open_log(0);
    size_t hello = add_hello("intake");
    run();
    uint16_t writer = item(hello)->writer;
    clear();
    size_t both = add_append(writer, 1, 2, case_a, 100);
    size_t later = add_append(writer, 2, 1, case_a, 100); // has read nothing of the first
    run();
    assert_int_equal(item(both)->status, STATUS_OK);
    assert_int_equal(item(later)->status, STATUS_CONFLICT);
    assert_int_equal(item(later)->seq, 2);
    close_log();
}

static void a_full_store_takes_nothing_by_halves(void **state)
{
    (void)state;
    open_log(UINT64_C(2) << 20);
    size_t hello = add_hello("intake");
    run();
    uint16_t writer = item(hello)->writer;
    clear();
    uint64_t batch_no = 0;
    uint64_t head = 0;
    for (;;) {
        batch_no++;
        assert_true(batch_no < 1000);
        size_t at = add_append(writer, batch_no, 7, 0, 4000);
        run();
        if (item(at)->status != STATUS_OK) {
            assert_int_equal(item(at)->status, STATUS_STORE_FULL);
            break;
        }
        head = story.batch.head;
        clear();
    }
    assert_true(story.batch.is_store_full);
    assert_int_equal(story.batch.head, head);
    clear();
    // What follows hears the same; a Hello still has room.
    size_t follows = add_append(writer, batch_no + 1, 1, 0, 10);
    size_t again = add_append(writer, batch_no, 7, 0, 4000);
    size_t more = add_hello("audit");
    run();
    assert_int_equal(item(follows)->status, STATUS_STORE_FULL);
    assert_int_equal(item(again)->status, STATUS_STORE_FULL);
    assert_int_equal(item(more)->status, STATUS_OK);
    clear();
    close_log();
    fixture_open(
        story.fixture); // whole: every record and row passes the check at the start
    assert_int_equal(log_meta(story.fixture->log).head, head);
    log_close(&story.fixture->log);
}

// New cases are refused first, by whatever writer; what finishes others goes on.
static void a_nearly_full_store_takes_statements_but_no_new_cases(void **state)
{
    (void)state;
    open_log(UINT64_C(8) << 20);
    size_t hello = add_hello("intake");
    run();
    uint16_t writer = item(hello)->writer;
    enum status status = STATUS_OK;
    uint64_t batch_no = 0;
    while (status == STATUS_OK) {
        clear();
        batch_no++;
        assert_true(batch_no < 1000);
        size_t at = add_append(writer, batch_no, 7, 0, 4000);
        run();
        status = item(at)->status;
    }
    assert_int_equal(status, STATUS_STORE_FULL);
    clear();
    story.type = EVENT_SAID;
    size_t said = add_append(writer, batch_no, 1, 0, 1000);
    run();
    assert_int_equal(item(said)->status, STATUS_OK);
    assert_true(story.batch.is_store_full);
    clear();
    story.type = EVENT_CASE_RECEIVED;
    size_t received = add_append(writer, batch_no + 1, 7, 0, 4000);
    run();
    assert_int_equal(item(received)->status, STATUS_STORE_FULL);
    close_log();
}

static void the_newest_cursor_of_a_name_is_put(void **state)
{
    (void)state;
    open_log(0);
    size_t hello = add_hello("intake");
    run();
    uint16_t writer = item(hello)->writer;
    clear();
    (void)add_append(writer, 1, 5, 0, 100);
    for (uint64_t seq = 2; seq <= 9; seq += 2) { // the last one lies beyond the head
        struct batch_item *cursor = batch_add(&story.batch, BATCH_CURSOR);
        cursor->session_no = 1;
        (void)strncpy(cursor->cursor.name, seq < 6 ? "a" : "b", 2);
        cursor->cursor.seq = seq;
    }
    run();
    uint64_t seq = 0;
    assert_int_equal(log_reader_get(story.fixture->log, "a", &seq), STATUS_OK);
    assert_int_equal(seq, 4);
    assert_int_equal(log_reader_get(story.fixture->log, "b", &seq), STATUS_NOT_FOUND);
    assert_int_equal(item(4)->status, STATUS_AHEAD);
    close_log();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_batch_holds_hellos_and_appends_in_order),
        TEST(records_of_one_append_do_not_conflict_and_those_of_two_do),
        TEST(a_full_store_takes_nothing_by_halves),
        TEST(a_nearly_full_store_takes_statements_but_no_new_cases),
        TEST(the_newest_cursor_of_a_name_is_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
