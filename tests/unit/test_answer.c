/* test_answer.c: the casebook's answers, and what they keep to themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/unit/small_rules.h"
#include "tests/unit/speech.h"
#include "workers/casebook/answer.h"
#include "workers/casebook/row.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024,
    HOUR_MS = 3600 * 1000
};

struct book {
    struct small_rules rules;
    struct ledger ledger;
    struct casebook casebook;
    Sanji__QueryReply reply;
    struct kase *open;   /* IN_PROGRESS at W00002 */
    struct kase *hidden; /* restricted, DISPATCHED to W00002 */
    struct kase *done;   /* CLOSED */
};

static int set_up(void **state)
{
    struct book *book = test_calloc(1, sizeof *book);
    small_rules_open(&book->rules);
    ledger_open(&book->ledger);
    small_rules_category(&book->rules, "03001", SEVERITY_S3, "g");
    small_rules_category(&book->rules, "07001", SEVERITY_S3, "g");
    small_rules_worker(&book->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_worker(&book->rules, "W00004", ROLE_FULLTIME, GRID_FAR, "g");
    small_rules_publish(&book->rules, book->ledger.world);
    book->open = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    book->hidden = ledger_case(&book->ledger, SEVERITY_S3, 7001, STATE_DISPATCHED);
    book->hidden->restricted = true;
    book->done = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
    ledger_move(&book->ledger, book->done, T22);
    book->casebook.world = book->ledger.world;
    book->casebook.now_ms = book->ledger.now_ms;
    book->casebook.arena = arena_new(ARENA_SIZE);
    *state = book;
    return 0;
}

static int tear_down(void **state)
{
    struct book *book = *state;
    arena_free(&book->casebook.arena);
    ledger_close(&book->ledger);
    small_rules_close(&book->rules);
    test_free(book);
    return 0;
}

static void ask(struct book *book, Sanji__QueryRequest *request)
{
    request->protocol = PROTOCOL_VERSION;
    request->request_no = 9;
    arena_reset(book->casebook.arena);
    answer_query(&book->casebook, request, &book->reply);
    assert_int_equal(book->reply.request_no, 9);
}

static const Sanji__ListReply *list(struct book *book, Sanji__ListAsk *asked)
{
    Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
    request.body_case = SANJI__QUERY_REQUEST__BODY_LIST;
    request.list = asked;
    ask(book, &request);
    assert_int_equal(book->reply.body_case, SANJI__QUERY_REPLY__BODY_LIST);
    return book->reply.list;
}

static const Sanji__BoardReply *board(struct book *book, Sanji__BoardAsk *asked)
{
    Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
    request.body_case = SANJI__QUERY_REQUEST__BODY_BOARD;
    request.board = asked;
    ask(book, &request);
    assert_int_equal(book->reply.body_case, SANJI__QUERY_REPLY__BODY_BOARD);
    return book->reply.board;
}

static void refused(struct book *book, enum status code, const char *field)
{
    assert_int_equal(book->reply.body_case, SANJI__QUERY_REPLY__BODY_ERROR);
    assert_int_equal(book->reply.error->code, code);
    assert_string_equal(book->reply.error->field, field);
}

static char *text(struct book *book, const char *value)
{
    return small_rules_text(&book->rules, value);
}

/* ---- one case ---- */

static void show(struct book *book, const char *case_no, bool restricted)
{
    Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
    Sanji__CaseAsk asked = SANJI__CASE_ASK__INIT;
    asked.case_no = text(book, case_no);
    asked.restricted = restricted;
    request.body_case = SANJI__QUERY_REQUEST__BODY_CASE_ASK;
    request.case_ask = &asked;
    ask(book, &request);
}

static void a_case_is_shown_with_its_timers_and_the_position(void **state)
{
    struct book *book = *state;
    show(book, "37049900320200814000001", false);
    assert_int_equal(book->reply.body_case, SANJI__QUERY_REPLY__BODY_CASE_REPLY);
    const Sanji__CaseRow *row = book->reply.case_reply->row;
    assert_true(book->reply.upto_seq == book->ledger.seq);
    assert_true(book->reply.now_ms == book->ledger.now_ms);
    assert_string_equal(row->case_no, "37049900320200814000001");
    assert_string_equal(row->area, GRID_B01);
    assert_string_equal(row->holder, COMMITTEE_1);
    assert_string_equal(row->worker, "W00002");
    assert_int_equal(row->state, SANJI__CASE_STATE__CASE_STATE_IN_PROGRESS);
    assert_true(row->n_timers >= 3);
    assert_int_equal(row->next_due_kind, case_next_due(book->open)->kind);
    assert_true(row->resolve_due_ms == case_timer(book->open, TIMER_RESOLVE, 0)->due_ms);
}

static void what_is_no_case_is_said(void **state)
{
    struct book *book = *state;
    show(book, "3704990032020081400000", false);
    refused(book, STATUS_INVALID, "case_no");
    show(book, "37049900320200814000009", false);
    refused(book, STATUS_NOT_FOUND, "case_no");
    show(book, "37049900420200814000001", false); // another sub-district's
    refused(book, STATUS_NOT_FOUND, "case_no");
}

static void nothing_is_answered_before_the_log_was_read(void **state)
{
    struct book *book = *state;
    book->casebook.world = NULL;
    show(book, "37049900320200814000001", false);
    refused(book, STATUS_BUSY, "");
}

static void other_questions_and_protocols_are_refused(void **state)
{
    struct book *book = *state;
    Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
    ask(book, &request);
    refused(book, STATUS_UNKNOWN_KIND, "");
    request.protocol = 3;
    arena_reset(book->casebook.arena);
    answer_query(&book->casebook, &request, &book->reply);
    refused(book, STATUS_BAD_VERSION, "protocol");
}

/* ---- restricted ---- */

static void a_restricted_case_is_a_stub_unless_asked_for(void **state)
{
    struct book *book = *state;
    struct case_attention *told = &book->hidden->attention[0];
    told->worker = 2;
    told->org = book->hidden->area;
    book->hidden->attention_count = 1;
    show(book, "37049900320200814000002", false);
    const Sanji__CaseRow *row = book->reply.case_reply->row;
    assert_string_equal(row->category, "99000");
    assert_string_equal(row->area, COMMUNITY_1);
    assert_string_equal(row->holder, COMMUNITY_1);
    assert_string_equal(row->worker, "");
    assert_string_equal(row->team, "");
    assert_string_equal(row->source_system, "");
    assert_string_equal(row->attention[0]->worker, "");
    assert_string_equal(row->attention[0]->org, COMMUNITY_1);
    show(book, "37049900320200814000002", true);
    row = book->reply.case_reply->row;
    assert_string_equal(row->category, "07001");
    assert_string_equal(row->worker, "W00002");
    assert_string_equal(row->attention[0]->worker, "W00002");
}

static void a_list_does_not_find_out_what_a_stub_hides(void **state)
{
    struct book *book = *state;
    Sanji__ListAsk asked = SANJI__LIST_ASK__INIT;
    asked.category = text(book, "07001");
    assert_int_equal(list(book, &asked)->matched, 0);
    asked.restricted = true;
    assert_int_equal(list(book, &asked)->matched, 1);

    asked = (Sanji__ListAsk)SANJI__LIST_ASK__INIT;
    asked.worker = text(book, "W00002");
    asked.state = SANJI__CASE_STATE__CASE_STATE_DISPATCHED;
    assert_int_equal(list(book, &asked)->matched, 0);
    asked.worker = text(book, "");
    asked.area = text(book, GRID_B01);
    assert_int_equal(list(book, &asked)->matched, 0);
    asked.area = text(book, COMMUNITY_1); // as the stub shows it
    assert_int_equal(list(book, &asked)->matched, 1);

    Sanji__BoardAsk on = SANJI__BOARD_ASK__INIT;
    on.area = text(book, GRID_B01);
    assert_int_equal(board(book, &on)->open, 1);
    on.restricted = true;
    assert_int_equal(board(book, &on)->open, 2);
}

/* ---- lists ---- */

static void a_list_is_filtered_counted_and_continued(void **state)
{
    struct book *book = *state;
    Sanji__ListAsk asked = SANJI__LIST_ASK__INIT;
    asked.limit = 2;
    const Sanji__ListReply *found = list(book, &asked);
    assert_int_equal(found->n_rows, 2);
    assert_int_equal(found->matched, 3);
    assert_true(found->more);
    asked.after = text(book, found->rows[1]->case_no);
    found = list(book, &asked);
    assert_int_equal(found->n_rows, 1);
    assert_false(found->more);
    assert_string_equal(found->rows[0]->case_no, "37049900320200814000003");

    asked = (Sanji__ListAsk)SANJI__LIST_ASK__INIT;
    asked.state = SANJI__CASE_STATE__CASE_STATE_CLOSED;
    assert_int_equal(list(book, &asked)->matched, 1);
    asked.state = SANJI__CASE_STATE__CASE_STATE_UNSPECIFIED;
    asked.holder = text(book, COMMUNITY_2);
    assert_int_equal(list(book, &asked)->matched, 0);
    asked.holder = text(book, "");
    asked.tier = SANJI__TIER__TIER_COMMITTEE;
    assert_int_equal(list(book, &asked)->matched, 3);
    asked.attention = true;
    assert_int_equal(list(book, &asked)->matched, 0);
}

static void overdue_is_open_and_past_its_resolve(void **state)
{
    struct book *book = *state;
    Sanji__ListAsk asked = SANJI__LIST_ASK__INIT;
    asked.overdue = true;
    assert_int_equal(list(book, &asked)->matched, 0);
    book->casebook.now_ms = case_timer(book->open, TIMER_RESOLVE, 0)->due_ms;
    assert_int_equal(list(book, &asked)->matched, 2); // the closed one is not
    book->open->state = STATE_RESOLVED;
    assert_false(row_is_overdue(book->open, book->casebook.now_ms));
}

static void a_wrong_value_is_named(void **state)
{
    struct book *book = *state;
    static const char *const names[] = {"holder", "area", "worker", "category", "after"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
        Sanji__ListAsk asked = SANJI__LIST_ASK__INIT;
        char **const fields[] = {&asked.holder, &asked.area, &asked.worker, &asked.category,
                                 &asked.after};
        *fields[i] = text(book, "nonsense");
        request.body_case = SANJI__QUERY_REQUEST__BODY_LIST;
        request.list = &asked;
        ask(book, &request);
        refused(book, STATUS_INVALID, names[i]);
    }
    Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
    Sanji__ListAsk asked = SANJI__LIST_ASK__INIT;
    asked.limit = LIST_ROWS_MAX + 1;
    request.body_case = SANJI__QUERY_REQUEST__BODY_LIST;
    request.list = &asked;
    ask(book, &request);
    refused(book, STATUS_INVALID, "limit");
}

static void an_answer_that_does_not_fit_is_refused(void **state)
{
    struct book *book = *state;
    arena_free(&book->casebook.arena);
    book->casebook.arena = arena_new(1024);
    Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
    Sanji__ListAsk asked = SANJI__LIST_ASK__INIT;
    asked.limit = 10;
    request.body_case = SANJI__QUERY_REQUEST__BODY_LIST;
    request.list = &asked;
    ask(book, &request);
    refused(book, STATUS_TOO_LARGE, "limit");
}

/* ---- board, workload ---- */

static void a_board_counts_by_tier_and_state(void **state)
{
    struct book *book = *state;
    Sanji__BoardAsk asked = SANJI__BOARD_ASK__INIT;
    const Sanji__BoardReply *found = board(book, &asked);
    assert_int_equal(found->open, 2);
    assert_int_equal(found->closed, 1);
    assert_int_equal(found->n_lanes, TIER_MUNICIPAL + 1);
    const Sanji__Lane *lane = found->lanes[TIER_COMMITTEE];
    assert_int_equal(lane->open, 2);
    assert_int_equal(lane->by_state[STATE_IN_PROGRESS], 1);
    assert_int_equal(lane->by_state[STATE_DISPATCHED], 1);
    assert_int_equal(lane->n_next, 2);
    assert_true(lane->next[0]->next_due_ms <= lane->next[1]->next_due_ms);
}

static void a_lane_shows_the_twelve_that_are_due_first(void **state)
{
    struct book *book = *state;
    for (int i = 0; i < 20; i++) {
        book->ledger.now_ms -= 1000; // each is due before the one before it
        ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    }
    Sanji__BoardAsk asked = SANJI__BOARD_ASK__INIT;
    const Sanji__Lane *lane = board(book, &asked)->lanes[TIER_COMMITTEE];
    assert_int_equal(lane->open, 22);
    assert_int_equal(lane->n_next, BOARD_NEXT_MAX);
    for (size_t i = 1; i < lane->n_next; i++) {
        assert_true(lane->next[i - 1]->next_due_ms <= lane->next[i]->next_due_ms);
    }
    assert_string_equal(lane->next[0]->case_no, "37049900320200814000023");
}

static void a_workload_shows_who_has_what(void **state)
{
    struct book *book = *state;
    Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
    Sanji__WorkloadAsk asked = SANJI__WORKLOAD_ASK__INIT;
    request.body_case = SANJI__QUERY_REQUEST__BODY_WORKLOAD;
    request.workload = &asked;
    ask(book, &request);
    assert_int_equal(book->reply.workload->n_rows, 2);
    const Sanji__WorkloadRow *row = book->reply.workload->rows[0];
    assert_string_equal(row->worker, "W00002");
    assert_int_equal(row->open_cases, 2);
    assert_int_equal(row->open_min, 60);
    assert_int_equal(row->utilisation_permille, 250);
    assert_int_equal(row->duty, SANJI__DUTY__DUTY_ON);
    asked.area = text(book, COMMUNITY_2);
    ask(book, &request);
    assert_int_equal(book->reply.workload->n_rows, 1);
    assert_string_equal(book->reply.workload->rows[0]->worker, "W00004");
    asked.area = text(book, "");
    asked.worker = text(book, "W00002");
    ask(book, &request);
    assert_int_equal(book->reply.workload->n_rows, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_case_is_shown_with_its_timers_and_the_position),
        TEST(what_is_no_case_is_said),
        TEST(nothing_is_answered_before_the_log_was_read),
        TEST(other_questions_and_protocols_are_refused),
        TEST(a_restricted_case_is_a_stub_unless_asked_for),
        TEST(a_list_does_not_find_out_what_a_stub_hides),
        TEST(a_list_is_filtered_counted_and_continued),
        TEST(overdue_is_open_and_past_its_resolve),
        TEST(a_wrong_value_is_named),
        TEST(an_answer_that_does_not_fit_is_refused),
        TEST(a_board_counts_by_tier_and_state),
        TEST(a_lane_shows_the_twelve_that_are_due_first),
        TEST(a_workload_shows_who_has_what),
    };
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
