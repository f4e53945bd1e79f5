/* test_recount.c: the folds of a recount are those of the world, and closed cases are small. */
#include "broker/runtime/recount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/ledger.h"

struct both {
    struct ledger ledger;
    struct recount *recount;
};

/* After every record: the same case before and after, byte by byte in what is said of it. */
static void seen(void *context, const struct record *record,
                 const Sanji__Envelope *envelope)
{
    struct both *both = context;
    struct world *world = both->ledger.world;
    assert_int_equal(recount_fold(both->recount, record, envelope), STATUS_OK);
    const struct kase *case_of_world = world_case(world, record->header.case_key);
    const struct kase *before = world_before(world);
    assert_int_equal(recount_before(both->recount) != NULL, before != NULL);
    assert_int_equal(recount_after(both->recount) != NULL, case_of_world != NULL);
    if (before != NULL) {
        assert_memory_equal(recount_before(both->recount), before, sizeof *before);
    }
    if (case_of_world != NULL) {
        assert_memory_equal(recount_after(both->recount), case_of_world,
                            sizeof *case_of_world);
    }
}

static void open_both(struct both *both)
{
    ledger_open(&both->ledger);
    both->recount = recount_new();
    both->ledger.seen = seen;
    both->ledger.seen_context = both;
}

static void close_both(struct both *both)
{
    recount_free(&both->recount);
    ledger_close(&both->ledger);
}

static void it_folds_as_the_world_does_also_what_comes_back_from_the_end(void **state)
{
    (void)state;
    struct both both;
    open_both(&both);
    struct kase *kase = ledger_case(&both.ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    struct kase *other = ledger_case(&both.ledger, SEVERITY_S1, 2003, STATE_ASSIGNING);
    ledger_move(&both.ledger, kase, T19);
    ledger_move(&both.ledger, kase, T22);
    assert_int_equal(kase->state, STATE_CLOSED);
    ledger_move(&both.ledger, kase, T25); // packed, and taken out again
    ledger_move(&both.ledger, other, T30);
    ledger_move(&both.ledger, kase, T08);
    const struct worker_state *want = world_worker(both.ledger.world, 2);
    const struct worker_state *have = recount_worker(both.recount, 2);
    assert_int_equal(have->open_cases, want->open_cases);
    assert_int_equal(have->roll_min[0], want->roll_min[0]);
    assert_int_equal(recount_case_count(both.recount), 2);
    close_both(&both);
}

static void a_closed_case_takes_a_third_of_an_open_one_at_most(void **state)
{
    (void)state;
    struct both both;
    open_both(&both);
    for (int i = 0; i < 10; i++) {
        struct kase *kase = ledger_case(&both.ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
        ledger_move(&both.ledger, kase, T22);
    }
    assert_in_range(recount_case_bytes(both.recount), 1, 10 * sizeof(struct kase) / 3);
    close_both(&both);
}

static void what_cannot_stand_changes_nothing(void **state)
{
    (void)state;
    struct both both;
    open_both(&both);
    struct kase *kase = ledger_case(&both.ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    const uint64_t key = kase->key;
    struct record record = both.ledger.last_record;
    // The newest record once more: its version does not follow.
    assert_int_equal(recount_fold(both.recount, &record, both.ledger.last), STATUS_INVALID);
    assert_null(recount_after(both.recount));
    ledger_offer(&both.ledger, kase, 2, 30);
    assert_int_equal(recount_after(both.recount)->key, key);
    close_both(&both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_folds_as_the_world_does_also_what_comes_back_from_the_end),
        cmocka_unit_test(a_closed_case_takes_a_third_of_an_open_one_at_most),
        cmocka_unit_test(what_cannot_stand_changes_nothing),
    };
    return cmocka_run_group_tests_name("recount", tests, NULL, NULL);
}
