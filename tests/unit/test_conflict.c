/* test_conflict.c: which authors are told to read on before they decide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/conflict.h"

static void a_case_never_decided_is_free(void **state)
{
    (void)state;
    struct conflict *conflict = conflict_new(0);
    uint64_t seq = 7;
    assert_int_equal(conflict_check(conflict, 20200815000001, 0, &seq), STATUS_OK);
    assert_int_equal(seq, 7);
    conflict_free(&conflict);
    assert_null(conflict);
    conflict_free(&conflict); // nothing to free
}

static void a_later_decision_is_named(void **state)
{
    (void)state;
    struct conflict *conflict = conflict_new(0);
    uint64_t seq = 0;
    conflict_note(conflict, 20200815000001, 5);
    conflict_note(conflict, 20200815000001, 9);
    assert_int_equal(conflict_check(conflict, 20200815000001, 8, &seq), STATUS_CONFLICT);
    assert_int_equal(seq, 9);
    assert_int_equal(conflict_check(conflict, 20200815000001, 9, &seq), STATUS_OK);
    assert_int_equal(conflict_check(conflict, 20200815000002, 0, &seq), STATUS_OK);
    conflict_free(&conflict);
}

static void who_is_behind_the_floor_catches_up(void **state)
{
    (void)state;
    struct conflict *conflict = conflict_new(100);
    uint64_t seq = 7;
    assert_int_equal(conflict_check(conflict, 1, 99, &seq), STATUS_CATCH_UP);
    assert_int_equal(seq, 7);
    assert_int_equal(conflict_check(conflict, 1, 100, &seq), STATUS_OK);
    conflict_free(&conflict);
}

static void a_reset_forgets_and_lifts_the_floor(void **state)
{
    (void)state;
    struct conflict *conflict = conflict_new(0);
    uint64_t seq = 0;
    conflict_note(conflict, 1, 50);
    conflict_reset(conflict, 49);
    assert_int_equal(conflict_check(conflict, 1, 49, &seq), STATUS_OK);
    assert_int_equal(conflict_check(conflict, 1, 48, &seq), STATUS_CATCH_UP);
    conflict_free(&conflict);
}

/* Beside an exact list, for a million decisions on 300,000 cases: no decision is missed. */
static void no_decision_is_missed_when_lines_overflow(void **state)
{
    (void)state;

    enum {
        CASES = 2000000,
        DECISIONS = 3000000,
        ASKED = 200000
    };
    struct conflict *conflict = conflict_new(0);
    uint32_t *newest = test_calloc(CASES, sizeof(*newest));
    uint64_t random = 88172645463325252;
    for (uint32_t seq = 1; seq <= DECISIONS; seq++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uint32_t i = (uint32_t)(random % CASES);
        conflict_note(conflict, UINT64_C(20200815000000) + i, seq);
        newest[i] = seq;
    }
    unsigned catch_ups = 0;
    unsigned wrong = 0;
    for (uint32_t asked = 0; asked < ASKED; asked++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uint32_t i = (uint32_t)(random % CASES);
        uint64_t read_seq = random >> 32 & (DECISIONS - 1);
        uint64_t seq = 0;
        enum status status =
            conflict_check(conflict, UINT64_C(20200815000000) + i, read_seq, &seq);
        catch_ups += status == STATUS_CATCH_UP;
        assert_false(status == STATUS_OK && newest[i] > read_seq);
        wrong += status == STATUS_CONFLICT && seq != newest[i];
    }
    assert_true(catch_ups > 0); // else nothing overflowed and the test shows nothing
    assert_true(wrong < 10);    // tags of 24 bits: one in a million or so
    test_free(newest);
    conflict_free(&conflict);
}

/* What a stage at the head meets: everything within 100,000 decisions is exact. */
static void the_recent_past_is_exact(void **state)
{
    (void)state;

    enum {
        DECISIONS = 1000000,
        RECENT = 100000
    };
    struct conflict *conflict = conflict_new(0);
    for (uint64_t seq = 1; seq <= DECISIONS; seq++) {
        conflict_note(conflict, UINT64_C(20200815000000) + seq, seq);
    }
    for (uint64_t seq = DECISIONS - RECENT + 1; seq <= DECISIONS; seq++) {
        uint64_t found = 0;
        uint64_t key = UINT64_C(20200815000000) + seq;
        assert_int_equal(conflict_check(conflict, key, seq - 1, &found), STATUS_CONFLICT);
        assert_int_equal(found, seq);
    }
    conflict_free(&conflict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_never_decided_is_free),
        cmocka_unit_test(a_later_decision_is_named),
        cmocka_unit_test(who_is_behind_the_floor_catches_up),
        cmocka_unit_test(a_reset_forgets_and_lifts_the_floor),
        cmocka_unit_test(no_decision_is_missed_when_lines_overflow),
        cmocka_unit_test(the_recent_past_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
