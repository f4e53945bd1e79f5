/* test_statement.c: the table of what the outside may say. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/lifecycle.h"

static void every_kind_has_a_row_and_no_other_number(void **state)
{
    (void)state;
    unsigned rows = 0;
    for (unsigned kind = 0; kind < 300; kind++) {
        const struct statement_rule *rule = statement_rule(kind);
        assert_int_equal(rule != NULL, vocab_statement_name(kind) != NULL);
        if (rule == NULL) {
            continue;
        }
        rows++;
        assert_int_equal(rule->kind, kind);
        assert_int_equal(rule->decider, vocab_statement_decider(kind));
        assert_int_not_equal(rule->roles, 0);
        assert_int_equal(rule->roles & 1U, 0);
        assert_int_equal(rule->roles >> ROLE_COUNT, 0);
        assert_int_equal(rule->states & 1U, 0);
        assert_int_equal(rule->states >> STATE_COUNT, 0);
        assert_int_equal(rule->on_case, rule->states != 0);
        assert_non_null(rule->leads_to);
    }
    unsigned kinds = 0;
#define X(name, number, decider, zh) kinds++;
    VOCAB_STATEMENTS(X)
#undef X
    assert_int_equal(rows, kinds);
}

static void the_kinds_of_this_version_are_built_and_no_others(void **state)
{
    (void)state;

    static const enum statement_kind built[] = {
        SAY_ACCEPT, SAY_REJECT, SAY_CHECK, SAY_REVISIT, SAY_REOPEN, SAY_INFORMED, SAY_NOTE,
        SAY_READ, SAY_ERASE, SAY_ESCALATE, SAY_ACK, SAY_DECLINE, SAY_ARRIVE, SAY_PROGRESS,
        SAY_RESOLVE, SAY_DUTY,
        // escalation
        SAY_ROUTE, SAY_RETURN, SAY_EXTEND, SAY_SUSPEND, SAY_DECIDE, SAY_RESUME,
        SAY_UPSTREAM, SAY_UPSTREAM_UPDATE, SAY_TAKE_BACK, SAY_ASSIST, SAY_ASSIST_JOINED,
        SAY_ASSIST_DONE, SAY_URGE, SAY_SUPERVISE, SAY_LIFT, SAY_SEVERITY, SAY_RECLASSIFY,
        SAY_APPEAL,
        // dispatch: the desk's own
        SAY_RECALL, SAY_OFFER, SAY_COVERAGE, SAY_WORKLOG};

    for (unsigned kind = 0; kind < SAY_COUNT; kind++) {
        bool expected = false;
        for (size_t i = 0; i < sizeof built / sizeof built[0]; i++) {
            expected = expected || built[i] == kind;
        }
        const struct statement_rule *rule = statement_rule(kind);
        expected = expected || (rule != NULL && rule->decider == OWNER_INTAKE);
        assert_int_equal(rule != NULL && rule->built, expected);
    }
}

/* "CheckCompleted (T20, T21); CheckCompleted, CaseClosed (T22)": the edges named. */
static uint64_t edges_named(const char *leads_to)
{
    uint64_t edges = 0;
    for (const char *at = leads_to; *at != '\0'; at++) {
        if (at[0] == 'T' && isdigit((unsigned char)at[1]) &&
            isdigit((unsigned char)at[2])) {
            edges |= UINT64_C(1) << strtoul(at + 1, NULL, 10);
        }
    }
    return edges;
}

static void a_statement_agrees_with_the_edges_it_leads_to(void **state)
{
    (void)state;
    uint64_t all = 0;
    for (unsigned kind = 0; kind < SAY_COUNT; kind++) {
        const struct statement_rule *rule = statement_rule(kind);
        const uint64_t edges = rule != NULL ? edges_named(rule->leads_to) : 0;
        all |= edges;
        uint32_t from = 0;
        uint32_t roles = 0;
        for (unsigned id = T01; id < T_COUNT && edges != 0; id++) {
            if ((edges >> id & 1U) == 0) {
                continue;
            }
            const struct lifecycle_edge *edge = lifecycle_edge((enum transition)id);
            // REOPEN of a decision is carried out by intake, which reads it.
            assert_true(edge->owner == rule->decider || (kind == SAY_DECIDE && id == T31));
            assert_true((edge->from & rule->states) != 0);
            from |= edge->from;
            roles |= edge->roles;
        }
        // `verify`, `verified` and `decide` lead to side events as well.
        if (edges != 0 && kind != SAY_VERIFY && kind != SAY_DECIDE &&
            kind != SAY_UPSTREAM_UPDATE) {
            assert_int_equal(rule->states & ~from, 0);
            assert_int_equal(rule->roles & ~roles, 0);
        }
    }
    // What only rules, doors and timers bring about.
    const uint64_t unsaid = UINT64_C(1) << T01 | UINT64_C(1) << T07 | UINT64_C(1) << T12;
    assert_int_equal(all, ((UINT64_C(1) << T_COUNT) - 2) & ~unsaid);
}

static void fields_are_asked_for_where_nothing_can_be_decided_without(void **state)
{
    (void)state;
    assert_int_equal(statement_rule(SAY_ACK)->needs, NEED_OFFER);
    assert_int_equal(statement_rule(SAY_DECLINE)->needs, NEED_OFFER | NEED_REASON);
    assert_int_equal(statement_rule(SAY_RESOLVE)->needs, NEED_RESOLUTION);
    assert_int_equal(statement_rule(SAY_REJECT)->needs, NEED_REASON | NEED_ADVICE);
    assert_int_equal(statement_rule(SAY_READ)->needs, NEED_PURPOSE);
    assert_int_equal(statement_rule(SAY_REVISIT)->needs, NEED_RESULT);
    assert_int_equal(statement_rule(SAY_DUTY)->needs, NEED_DUTY);
    assert_false(statement_rule(SAY_DUTY)->on_case);
}

static void an_auditor_never_reads_and_a_resolver_role_may_check_only_as_named(void **state)
{
    (void)state;
    assert_int_equal(statement_rule(SAY_READ)->roles & (1U << ROLE_AUDITOR), 0);
    assert_int_equal(statement_rule(SAY_READ)->roles & (1U << ROLE_REPORTER), 0);
    assert_int_equal(statement_rule(SAY_CHECK)->roles & (1U << ROLE_VOLUNTEER), 0);
}

static void what_is_allowed_now_is_built_and_of_the_state(void **state)
{
    (void)state;
    for (unsigned at = STATE_NONE; at < STATE_COUNT; at++) {
        enum statement_kind kinds[SAY_COUNT];
        const size_t count = statement_allowed((enum case_state)at, kinds);
        size_t expected = 0;
        for (unsigned kind = 0; kind < SAY_COUNT; kind++) {
            const struct statement_rule *rule = statement_rule(kind);
            if (rule != NULL && rule->built && (rule->states >> at & 1U) != 0) {
                assert_true(expected < count);
                assert_int_equal(kinds[expected], kind);
                expected++;
            }
        }
        assert_int_equal(count, expected);
    }
    enum statement_kind kinds[SAY_COUNT];
    assert_int_equal(statement_allowed(STATE_NONE, kinds), 0);
    const size_t count = statement_allowed(STATE_DISPATCHED, kinds);
    bool has_ack = false;
    bool has_accept = false;
    for (size_t i = 0; i < count; i++) {
        has_ack = has_ack || kinds[i] == SAY_ACK;
        has_accept = has_accept || kinds[i] == SAY_ACCEPT;
    }
    assert_true(has_ack);
    assert_false(has_accept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_row_and_no_other_number),
        cmocka_unit_test(the_kinds_of_this_version_are_built_and_no_others),
        cmocka_unit_test(a_statement_agrees_with_the_edges_it_leads_to),
        cmocka_unit_test(fields_are_asked_for_where_nothing_can_be_decided_without),
        cmocka_unit_test(
            an_auditor_never_reads_and_a_resolver_role_may_check_only_as_named),
        cmocka_unit_test(what_is_allowed_now_is_built_and_of_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
