/* test_duequeue.c: timers come out in order, whatever the order they went in. */
#include "broker/runtime/duequeue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/runtime/world.h"

enum {
    ENTRIES = 3000
};

static void entries_come_out_in_order(void **state)
{
    (void)state;
    struct duequeue queue = {0};
    uint64_t random = 3;
    assert_null(duequeue_head(&queue));
    for (unsigned i = 0; i < ENTRIES; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
        duequeue_push(&queue, &(struct world_due){.due_ms = (int64_t)(random >> 58),
                                                  .case_key = random >> 50 & 15,
                                                  .kind = (uint8_t)(random >> 40 & 3),
                                                  .n = (uint16_t)(random >> 30 & 3)});
    }
    struct world_due last = *duequeue_head(&queue);
    for (unsigned i = 0; i < ENTRIES; i++) {
        struct world_due head = *duequeue_head(&queue);
        assert_true(duequeue_compare(&last, &head) <= 0);
        last = head;
        duequeue_pop(&queue);
    }
    assert_null(duequeue_head(&queue));
    duequeue_reset(&queue);
}

static bool is_even(void *context, const struct world_due *due)
{
    (void)context;
    return due->due_ms % 2 == 0;
}

static void what_stands_is_kept_once(void **state)
{
    (void)state;
    struct duequeue queue = {0};
    for (unsigned i = 0; i < 100; i++) {
        duequeue_push(&queue, &(struct world_due){.due_ms = (int64_t)(99 - i) / 2});
    }
    duequeue_compact(&queue, is_even, NULL);
    assert_int_equal(queue.count, 25);
    for (int64_t due_ms = 0; due_ms < 50; due_ms += 2) {
        assert_int_equal(duequeue_head(&queue)->due_ms, due_ms);
        duequeue_pop(&queue);
    }
    duequeue_reset(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_out_in_order),
        cmocka_unit_test(what_stands_is_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
