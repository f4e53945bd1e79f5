/* test_index.c: the same reference has the same effect for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "workers/intake/index.h"

static struct index_entry entry_of(uint32_t number)
{
    struct index_entry entry = {.seq = number + 1U, .case_key = number};
    // Spread like an HMAC: the first bytes are the hash.
    const uint64_t spread = number * UINT64_C(0x9e3779b97f4a7c15);
    memcpy(entry.reference, &spread, sizeof spread);
    memcpy(entry.reference + 8, &number, sizeof number);
    return entry;
}

static void what_was_put_is_found_also_after_growing(void **state)
{
    (void)state;
    struct index *index = index_new();
    for (uint32_t i = 0; i < 50000; i++) {
        const struct index_entry entry = entry_of(i);
        index_put(index, &entry);
    }
    assert_int_equal(index_count(index), 50000);
    for (uint32_t i = 0; i < 50000; i++) {
        const struct index_entry wanted = entry_of(i);
        const struct index_entry *found = index_find(index, wanted.reference);
        assert_non_null(found);
        assert_int_equal(found->seq, wanted.seq);
    }
    const struct index_entry absent = entry_of(50001);
    assert_null(index_find(index, absent.reference));
    index_free(&index);
    assert_null(index);
}

static void the_first_effect_of_a_reference_holds(void **state)
{
    (void)state;
    struct index *index = index_new();
    struct index_entry entry = entry_of(7);
    index_put(index, &entry);
    entry.seq = 999;
    index_put(index, &entry);
    assert_int_equal(index_find(index, entry.reference)->seq, 8);
    assert_int_equal(index_count(index), 1);
    index_free(&index);
}

static void a_reset_forgets(void **state)
{
    (void)state;
    struct index *index = index_new();
    const struct index_entry entry = entry_of(7);
    index_put(index, &entry);
    index_reset(index);
    assert_null(index_find(index, entry.reference));
    assert_int_equal(index_count(index), 0);
    index_free(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_also_after_growing),
        cmocka_unit_test(the_first_effect_of_a_reference_holds),
        cmocka_unit_test(a_reset_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
