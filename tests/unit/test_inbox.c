/* test_inbox.c: records wait in order, are walked again and again, and go from the front. */
#include "broker/runtime/inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint8_t content[RECORD_SIZE_MAX];

static size_t size_of(uint64_t seq)
{
    return seq % 50 == 0 ? RECORD_SIZE_MAX : (size_t)(seq * 37 % 900);
}

static void put(struct inbox *inbox, uint64_t seq)
{
    struct record record = {
        .seq = seq, .header = {.case_key = seq * 3}, .envelope = {content, size_of(seq)}};
    memset(content, (int)(seq & 0xff), size_of(seq));
    inbox_put(inbox, &record);
}

static void check_walk(const struct inbox *inbox, uint64_t from, uint64_t upto)
{
    struct inbox_place place = inbox_begin(inbox);
    struct record record;
    for (uint64_t seq = from; seq <= upto; seq++) {
        assert_true(inbox_read(&place, &record));
        assert_int_equal(record.seq, seq);
        assert_int_equal(record.header.case_key, seq * 3);
        assert_int_equal(record.envelope.size, size_of(seq));
        for (size_t i = 0; i < record.envelope.size; i++) {
            assert_true(record.envelope.data[i] == (seq & 0xff));
        }
    }
    assert_false(inbox_read(&place, &record));
}

static void records_are_walked_and_dropped_in_order(void **state)
{
    (void)state;
    struct inbox inbox = {0};
    assert_int_equal(inbox_first_seq(&inbox), 0);
    check_walk(&inbox, 1, 0);
    uint64_t first = 1;
    uint64_t last = 0;
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < 100; i++) {
            put(&inbox, ++last);
        }
        check_walk(&inbox, first, last);
        check_walk(&inbox, first, last); // a walk takes nothing
        uint64_t upto = last - round % 7;
        inbox_drop(&inbox, upto);
        first = upto + 1;
        assert_int_equal(inbox.count, last - upto);
        assert_int_equal(inbox_first_seq(&inbox), first <= last ? first : 0);
    }
    inbox_drop(&inbox, last + 1000);
    assert_int_equal(inbox.count, 0);
    assert_int_equal(inbox.bytes, 0);
    put(&inbox, ++last);
    check_walk(&inbox, last, last);
    inbox_reset(&inbox);
    assert_int_equal(inbox.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_walked_and_dropped_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
