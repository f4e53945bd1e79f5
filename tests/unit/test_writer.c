/* test_writer.c: whether a next append may stand, case by case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "broker/writer.h"
#include "proto/record.h"

enum {
    HEAD = 100
};

struct story {
    struct writer writer;
    struct conflict *conflict;
    struct writer_append append;
    uint8_t packed[8 * (RECORD_FRAME_SIZE + 1)];
};

static int setup(void **state)
{
    static struct story story;
    story = (struct story){.conflict = conflict_new(10)};
    writer_init(&story.writer, "escalation", 3);
    writer_hello(&story.writer);
    story.append.head = (struct request_append){
        .epoch = 1, .batch_no = 1, .read_up_to = HEAD, .cursor = HEAD};
    story.append.packed.data = story.packed;
    *state = &story;
    return 0;
}

static int teardown(void **state)
{
    struct story *story = *state;
    conflict_free(&story->conflict);
    return 0;
}

static void add(struct story *story, unsigned type, uint64_t case_key, uint8_t flags)
{
    static const uint8_t envelope[1] = {0};
    struct record_header header = {
        .type = (uint8_t)type, .case_key = case_key, .flags = flags};
    size_t at = story->append.packed.size;
    story->append.packed.size +=
        record_write(story->packed + at, 0, &header, (struct bytes){envelope, 1});
}

static struct writer_verdict judge(struct story *story)
{
    return writer_judge(&story->writer, &story->append, HEAD, story->conflict);
}

static void is(struct story *story, enum status status, uint64_t seq)
{
    struct writer_verdict verdict = judge(story);
    assert_int_equal(verdict.status, status);
    assert_int_equal(verdict.seq, seq);
    assert_false(verdict.is_repeat);
}

static void an_older_session_is_fenced_whatever_it_says(void **state)
{
    struct story *story = *state;
    writer_hello(&story->writer);
    story->append.found = STATUS_BAD_CHECKSUM;
    story->append.head.batch_no = 77;
    is(story, STATUS_FENCED, 0);
    story->append.head.epoch = 3; // one that was never given is no better
    is(story, STATUS_FENCED, 0);
}

static void the_last_batch_is_answered_again(void **state)
{
    struct story *story = *state;
    is(story, STATUS_OK, 0);
    writer_accept(&story->writer, &story->append.head, 101, 102, 5000);
    struct writer_verdict verdict = judge(story);
    assert_int_equal(verdict.status, STATUS_OK);
    assert_true(verdict.is_repeat);
    assert_int_equal(story->writer.row.first_seq, 101);
    assert_int_equal(story->writer.row.cursor, HEAD);
    story->append.head.batch_no = 0;
    is(story, STATUS_BATCH_ORDER, 0);
    story->append.head.batch_no = 3;
    is(story, STATUS_BATCH_ORDER, 0);
    story->append.head.batch_no = 2;
    is(story, STATUS_OK, 0);
}

static void what_follows_a_refused_one_hears_the_same(void **state)
{
    struct story *story = *state;
    struct writer_verdict refused = {.status = STATUS_CONFLICT, .seq = 55};
    writer_refuse(&story->writer, &story->append.head, refused);
    story->append.head.batch_no = 2;
    is(story, STATUS_CONFLICT, 55);
    story->append.head.batch_no = 9;
    is(story, STATUS_CONFLICT, 55);
    writer_refuse(&story->writer, &story->append.head, judge(story)); // changes nothing
    story->append.head.batch_no = 1;
    is(story, STATUS_OK, 0); // sent again
    writer_accept(&story->writer, &story->append.head, 0, 0, 1);
    story->append.head.batch_no = 3;
    is(story, STATUS_BATCH_ORDER, 0);
    writer_refuse(&story->writer, &story->append.head, judge(story));
    story->append.head.batch_no = 2;
    is(story, STATUS_OK, 0);
}

static void a_hello_forgets_what_was_refused(void **state)
{
    struct story *story = *state;
    writer_refuse(&story->writer, &story->append.head,
                  (struct writer_verdict){.status = STATUS_STORE_FULL});
    writer_hello(&story->writer);
    story->append.head.epoch = 2;
    story->append.head.batch_no = 2;
    is(story, STATUS_BATCH_ORDER, 0);
}

static void positions_beyond_the_head_or_backwards(void **state)
{
    struct story *story = *state;
    story->append.head.read_up_to = HEAD + 1;
    is(story, STATUS_AHEAD, HEAD);
    story->append.head.read_up_to = HEAD;
    story->append.head.cursor = HEAD + 1;
    is(story, STATUS_AHEAD, HEAD);
    story->append.head.keeps_cursor = true;
    is(story, STATUS_OK, 0);
    story->append.head.keeps_cursor = false;
    story->writer.row.cursor = 50;
    story->append.head.cursor = 49;
    is(story, STATUS_INVALID, 50);
    story->append.head.cursor = 50;
    is(story, STATUS_OK, 0);
}

static void only_the_owner_of_a_type_may_append_it(void **state)
{
    struct story *story = *state;
    add(story, EVENT_CASE_ROUTED, 1, 0);
    add(story, EVENT_TIMER_FIRED, 1, 0); // by kind
    is(story, STATUS_OK, 0);
    add(story, EVENT_DISPATCH_OFFERED, 1, 0);
    is(story, STATUS_FORBIDDEN, 0);
    story->append.packed.size = 0;
    add(story, 250, 0, 0);
    is(story, STATUS_UNKNOWN_KIND, 0);
    story->append.packed.size = 0;
    add(story, EVENT_STATEMENT_REFUSED, 0, 0);
    writer_init(&story->writer, "audit", 5);
    writer_hello(&story->writer);
    is(story, STATUS_FORBIDDEN, 0); // audit decides no statement
    writer_init(&story->writer, "bench-1", 6);
    writer_hello(&story->writer);
    is(story, STATUS_OK, 0);
}

static void the_latest_decision_to_read_is_named(void **state)
{
    struct story *story = *state;
    conflict_note(story->conflict, 7, 60);
    conflict_note(story->conflict, 8, 70);
    story->append.head.read_up_to = 50;
    story->append.head.cursor = 50;
    add(story, EVENT_CASE_ROUTED, 8, 0);
    add(story, EVENT_CASE_ROUTED, 7, 0);
    is(story, STATUS_CONFLICT, 70);
    story->append.head.read_up_to = 70;
    is(story, STATUS_OK, 0);
    story->append.head.read_up_to = 9; // behind the table's floor
    is(story, STATUS_CATCH_UP, HEAD);
    story->append.packed.size = 0;
    add(story, EVENT_CASE_ROUTED, 7, RECORD_FACT);
    add(story, EVENT_CASE_ROUTED, 0, 0);
    is(story, STATUS_OK, 0); // facts and what is about no case
}

static void what_the_scan_found_is_said_in_its_turn(void **state)
{
    struct story *story = *state;
    story->append.found = STATUS_BAD_CHECKSUM;
    is(story, STATUS_BAD_CHECKSUM, 0);
    story->append.head.batch_no = 2;
    is(story, STATUS_BATCH_ORDER, 0);
}

static void names_under_which_one_may_write(void **state)
{
    (void)state;
    static const char *const stages[] = {"intake", "escalation", "dispatch", "audit"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(writer_may_be(stages[i], false));
    }
    static const char *const others[] = {"", "broker", "casebook", "bench-", "bench-1x"};
    for (size_t i = 0; i < 5; i++) {
        assert_false(writer_may_be(others[i], true));
    }
    assert_true(writer_may_be("bench-12", true));
    assert_false(writer_may_be("bench-12", false));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_older_session_is_fenced_whatever_it_says),
        TEST(the_last_batch_is_answered_again),
        TEST(what_follows_a_refused_one_hears_the_same),
        TEST(a_hello_forgets_what_was_refused),
        TEST(positions_beyond_the_head_or_backwards),
        TEST(only_the_owner_of_a_type_may_append_it),
        TEST(the_latest_decision_to_read_is_named),
        TEST(what_the_scan_found_is_said_in_its_turn),
        TEST(names_under_which_one_may_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
