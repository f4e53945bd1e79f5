/* test_waiting.c: which cases wait where, and who got free by which record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/ledger.h"
#include "tests/unit/small_rules.h"
#include "workers/dispatch/crew.h"
#include "workers/dispatch/waiting.h"

struct queue {
    struct small_rules rules;
    struct ledger ledger;
    struct waiting waiting;
    uint64_t visited[8];
    size_t count, most;
};

static void seen(void *context, const struct record *record,
                 const Sanji__Envelope *envelope)
{
    struct queue *queue = context;
    waiting_folded(&queue->waiting, queue->ledger.world, record, envelope);
}

static int set_up(void **state)
{
    struct queue *queue = test_calloc(1, sizeof *queue);
    small_rules_open(&queue->rules);
    ledger_open(&queue->ledger);
    small_rules_category(&queue->rules, "03001", SEVERITY_S3, "g");
    small_rules_worker(&queue->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_worker(&queue->rules, "W00001", ROLE_FULLTIME, GRID_B02, "g");
    small_rules_worker(&queue->rules, "W00003", ROLE_FULLTIME, GRID_OTHER, "g");
    small_rules_worker(&queue->rules, "W00004", ROLE_GUIDE, GRID_B01, "g");
    small_rules_publish(&queue->rules, queue->ledger.world);
    waiting_begin(&queue->waiting, queue->ledger.world);
    queue->ledger.seen = seen;
    queue->ledger.seen_context = queue;
    queue->most = 8;
    *state = queue;
    return 0;
}

static int tear_down(void **state)
{
    struct queue *queue = *state;
    waiting_reset(&queue->waiting);
    ledger_close(&queue->ledger);
    small_rules_close(&queue->rules);
    test_free(queue);
    return 0;
}

static bool visit(void *context, uint64_t key)
{
    struct queue *queue = context;
    queue->visited[queue->count++] = key;
    return queue->count < queue->most;
}

static size_t look(struct queue *queue, const char *desk)
{
    struct org_path path;
    assert_int_equal(org_parse(desk, &path), STATUS_OK);
    queue->count = 0;
    waiting_each(&queue->waiting, path, (struct org_path){0}, visit, queue);
    return queue->count;
}

static struct kase *wait_at_committee(struct queue *queue)
{
    return ledger_case(&queue->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
}

static void a_case_waits_at_its_desk_until_it_leaves(void **state)
{
    struct queue *queue = *state;
    const struct kase *first = wait_at_committee(queue);
    struct kase *second = wait_at_committee(queue);
    assert_int_equal(look(queue, COMMITTEE_1), 2);
    assert_true(queue->visited[0] == first->key);
    assert_true(queue->visited[1] == second->key);
    assert_int_equal(look(queue, COMMUNITY_1), 0); // the desk above has its own
    queue->most = 1;
    assert_int_equal(look(queue, COMMITTEE_1), 1);
    queue->most = 8;
    ledger_offer(&queue->ledger, second, 2, 30);
    assert_int_equal(look(queue, COMMITTEE_1), 1);
    struct org_path community;
    assert_int_equal(org_parse(COMMUNITY_1, &community), STATUS_OK);
    assert_int_equal(waiting_count(&queue->waiting, community), 1);
}

static void counted_anew_from_the_world_it_is_the_same(void **state)
{
    struct queue *queue = *state;
    wait_at_committee(queue);
    struct kase *offered = wait_at_committee(queue);
    ledger_offer(&queue->ledger, offered, 2, 30);
    waiting_begin(&queue->waiting, queue->ledger.world);
    assert_int_equal(look(queue, COMMITTEE_1), 1);
}

static void who_no_longer_carries_a_case_got_free_by_that_record(void **state)
{
    struct queue *queue = *state;
    struct kase *kase = wait_at_committee(queue);
    uint32_t workers[4];
    size_t count = 0;
    ledger_offer(&queue->ledger, kase, 2, 30);
    assert_true(waiting_who(&queue->waiting, queue->ledger.seq, workers, 4, &count));
    assert_int_equal(count, 0);
    ledger_decline(&queue->ledger, kase, 505);
    const uint64_t declined = queue->ledger.seq;
    ledger_offer(&queue->ledger, kase, 3, 30);
    assert_true(waiting_who(&queue->waiting, declined, workers, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(workers[0], 2);
    waiting_decided(&queue->waiting, queue->ledger.world);
    assert_false(waiting_who(&queue->waiting, declined, workers, 4, &count)); // history
}

/* ---- crew ---- */

static void a_desks_pool_is_one_run_by_number_of_who_may_ack(void **state)
{
    struct queue *queue = *state;
    struct crew crew = {0};
    struct org_path path;
    crew_update(&crew, world_rules(queue->ledger.world));
    assert_int_equal(org_parse(COMMITTEE_1, &path), STATUS_OK);
    struct crew_run run = crew_pool(&crew, path);
    assert_int_equal(run.count, 2); // the guide is offered nothing
    assert_int_equal(crew_at(&run, 0)->number, 1);
    assert_int_equal(crew_at(&run, 1)->number, 2);
    assert_int_equal(org_parse(GRID_B02, &path), STATUS_OK);
    run = crew_pool(&crew, path);
    assert_int_equal(run.count, 1);
    assert_int_equal(crew_at(&run, 0)->number, 1);
    assert_int_equal(org_parse(COMMUNITY_1, &path), STATUS_OK);
    assert_int_equal(crew_pool(&crew, path).count, 3);
    assert_int_equal(crew_find(&crew, 3)->number, 3);
    assert_null(crew_find(&crew, 4));
    assert_null(crew_find(&crew, 99));
    crew_reset(&crew);
}

static void a_new_roster_is_seen_at_the_next_look(void **state)
{
    struct queue *queue = *state;
    struct crew crew = {0};
    struct org_path path;
    assert_int_equal(org_parse(COMMITTEE_1, &path), STATUS_OK);
    crew_update(&crew, world_rules(queue->ledger.world));
    small_rules_worker(&queue->rules, "W00005", ROLE_VOLUNTEER, GRID_B01, "g");
    small_rules_publish(&queue->rules, queue->ledger.world);
    crew_update(&crew, world_rules(queue->ledger.world));
    assert_int_equal(crew_pool(&crew, path).count, 3);
    crew_reset(&crew);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_case_waits_at_its_desk_until_it_leaves),
        TEST(counted_anew_from_the_world_it_is_the_same),
        TEST(who_no_longer_carries_a_case_got_free_by_that_record),
        TEST(a_desks_pool_is_one_run_by_number_of_who_may_ack),
        TEST(a_new_roster_is_seen_at_the_next_look),
    };
    return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
