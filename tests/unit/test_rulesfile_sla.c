/* test_rulesfile_sla.c: the shipped limits and categories are the tables of domain 4.5,
 * written down here once more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/runtime/rulesfile.h"
#include "proto/vocab.h"
#include "tests/unit/rulesfile_copy.h"

static const Sanji__Limit *find_limit(const Sanji__Sla *sla, Sanji__TimerKind kind,
                                      Sanji__Severity severity)
{
    for (size_t i = 0; i < sla->n_limits; i++) {
        if (sla->limits[i]->kind == kind && sla->limits[i]->severity == severity) {
            return sla->limits[i];
        }
    }
    return NULL;
}

// The table of domain 4.5 again, as seconds and a clock: N natural, W working.
struct expected_limit {
    enum timer_kind kind;

    struct {
        char clock; // '-': not armed; '%': a share
        uint32_t budget, cap, times;
    } by_severity[4];
};

enum {
    M = 60,
    H = 3600,
    D = 24 * 3600
};

static const struct expected_limit expected_limits[] = {
    {TIMER_ACCEPT,
     {{'N', 3 * M, 0, 0},
      {'N', 15 * M, 0, 0},
      {'W', H, 12 * H, 0},
      {'W', 4 * H, 12 * H, 0}}},
    {TIMER_VERIFY,
     {{'-', 0, 0, 0}, {'N', 30 * M, 0, 0}, {'W', 30 * M, 4 * H, 0}, {'W', 4 * H, D, 0}}},
    {TIMER_DISPATCH,
     {{'N', 2 * M, 0, 0},
      {'N', 15 * M, 0, 0},
      {'W', H, 12 * H, 0},
      {'W', 4 * H, 12 * H, 0}}},
    {TIMER_ACK,
     {{'N', 3 * M, 0, 2}, {'N', 10 * M, 0, 3}, {'W', H, 12 * H, 3}, {'W', 4 * H, D, 2}}},
    {TIMER_ARRIVE,
     {{'N', 30 * M, 0, 0}, {'N', 2 * H, 0, 0}, {'-', 0, 0, 0}, {'-', 0, 0, 0}}},
    {TIMER_PROGRESS,
     {{'N', 30 * M, 0, 0}, {'N', 4 * H, 0, 0}, {'W', 8 * H, 0, 0}, {'W', 40 * H, 0, 0}}},
    {TIMER_FEEDBACK,
     {{'N', 2 * H, 0, 0},
      {'N', D, 0, 0},
      {'W', 8 * H, 7 * D, 0},
      {'W', 16 * H, 15 * D, 0}}},
    {TIMER_RESOLVE,
     {{'N', D, 0, 0}, {'N', D, 0, 0}, {'W', 24 * H, 7 * D, 0}, {'W', 40 * H, 15 * D, 0}}},
    {TIMER_RESOLVE_WARN,
     {{'%', 500, 0, 0}, {'%', 750, 0, 0}, {'%', 750, 0, 0}, {'%', 750, 0, 0}}},
    {TIMER_ESCALATE,
     {{'-', 0, 0, 0}, {'%', 500, 0, 2}, {'%', 500, 0, 2}, {'%', 500, 0, 2}}},
    {TIMER_CHECK,
     {{'N', 2 * H, 0, 0}, {'N', 4 * H, 0, 0}, {'W', 8 * H, 0, 0}, {'W', 16 * H, 0, 0}}},
    {TIMER_REVISIT,
     {{'N', D, 0, 3}, {'N', D, 0, 3}, {'W', 16 * H, 0, 3}, {'W', 16 * H, 0, 3}}},
    {TIMER_RESUME,
     {{'-', 0, 0, 0}, {'-', 0, 0, 0}, {'N', 15 * D, 0, 0}, {'N', 60 * D, 0, 0}}},
    {TIMER_REOPEN_WINDOW,
     {{'N', 30 * D, 0, 0}, {'N', 30 * D, 0, 0}, {'N', 30 * D, 0, 0}, {'N', 60 * D, 0, 0}}},
    {TIMER_DECISION,
     {{'N', 5 * M, 0, 0}, {'N', 30 * M, 0, 0}, {'W', 4 * H, 0, 0}, {'W', 8 * H, 0, 0}}},
    {TIMER_ASSIST,
     {{'N', 30 * M, 0, 0}, {'N', 2 * H, 0, 0}, {'W', 8 * H, 0, 0}, {'W', 16 * H, 0, 0}}},
    {TIMER_UPSTREAM,
     {{'N', H, 0, 0}, {'N', 8 * H, 0, 0}, {'W', 24 * H, 0, 0}, {'W', 56 * H, 0, 0}}},
};

static void the_shipped_limits_are_those_of_the_domain(void **state)
{
    (void)state;
    size_t armed = 0;
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    Sanji__Sla *sla = UNPACK(Sla, sla, SLA, rules);
    assert_int_equal(sizeof expected_limits / sizeof expected_limits[0], TIMER_COUNT - 1);
    for (size_t i = 0; i < TIMER_COUNT - 1; i++) {
        for (unsigned s = 0; s < 4; s++) {
            const Sanji__Limit *limit = find_limit(
                sla, (Sanji__TimerKind)expected_limits[i].kind, (Sanji__Severity)(s + 1));
            char clock = expected_limits[i].by_severity[s].clock;
            uint32_t budget = expected_limits[i].by_severity[s].budget;
            assert_int_equal(limit == NULL, clock == '-');
            if (limit == NULL) {
                continue;
            }
            armed++;
            assert_int_equal(limit->permille, clock == '%' ? budget : 0);
            assert_int_equal(limit->budget_s, clock == '%' ? 0 : budget);
            assert_int_equal(limit->cap_s, expected_limits[i].by_severity[s].cap);
            assert_int_equal(limit->times_max, expected_limits[i].by_severity[s].times);
            assert_int_equal(limit->clock, clock == 'N' ? 1 : clock == 'W' ? 2 : 0);
            assert_int_equal(limit->by_category,
                             expected_limits[i].kind == TIMER_RESOLVE && s >= 2);
        }
    }
    assert_int_equal(armed, sla->n_limits);
    assert_int_equal(sla->appeal_s, 7 * D);
    sanji__sla__free_unpacked(sla, NULL);
    rulesfile_free(&rules);
}

// code, severity, skills, flags (L light, R restricted, H self-handled, 2 two persons,
// M minors), hours, n natural: domain 4.5 again.
static const char *const expected_categories[] = {
    "01001 3 m R 40",  "01002 3 ms R 40",   "01003 3 m - 40",   "01004 3 cm H 16",
    "01005 3 mk R 40", "01006 1 pm R2 24n", "02001 2 gc H 24n", "02002 3 g H 8",
    "02003 1 u - 24n", "02004 2 u - 24n",   "02005 2 gc - 24n", "02006 4 u - 80",
    "02007 1 u - 24n", "02008 2 k - 24n",   "03001 3 g LH 4",   "03002 3 g LH 2",
    "03003 3 c - 4",   "03004 3 c - 16",    "03005 3 g LH 4",   "03006 3 g LH 8",
    "03007 2 u - 24n", "03008 3 u - 4",     "04001 3 u - 40",   "04002 2 u - 24n",
    "04003 4 u - 80",  "04004 2 u - 24n",   "04005 2 u - 24n",  "04006 2 u - 24n",
    "04007 3 g L 40",  "04008 4 u - 40",    "05001 2 p R2 24n", "05002 2 p R 24n",
    "05003 3 gp H 16", "06001 3 g LH 16",   "06002 3 g LH 16",  "06003 3 g LH 8",
    "06004 3 g L 16",  "07001 3 s R 16",    "07002 2 s RM 24n", "07003 3 s R 16",
    "07004 3 s R 24",  "07005 3 s RM 24",   "07006 1 sg R 24n", "08001 3 c H 4",
    "08002 3 kc - 40", "08003 3 k - 40",    "09001 4 g - 80",   "09002 3 g LH 8",
    "10001 3 g - 40",  "10002 1 g L 24n",   "11001 1 u - 24n",  "11002 3 g LH 16",
};

static void print_category(const Sanji__Category *category, char *text, size_t size)
{
    char flags[8] = "";
    (void)snprintf(flags, sizeof flags, "%s%s%s%s%s", category->light ? "L" : "",
                   category->restricted ? "R" : "", category->self_handled ? "H" : "",
                   category->two_persons ? "2" : "", category->minors ? "M" : "");
    (void)snprintf(text, size, "%s %d %s %s %u%s", category->code, (int)category->severity,
                   category->skills, flags[0] != '\0' ? flags : "-", category->budget_s / H,
                   category->clock == SANJI__CLOCK__CLOCK_NATURAL ? "n" : "");
}

static void the_shipped_categories_are_those_of_the_domain(void **state)
{
    (void)state;
    static const unsigned efforts[] = {0, 110, 45, 25, 35, 60, 30, 80, 60, 20, 60, 35};
    struct rulesfile *rules = NULL;
    copy_load_shipped(&rules);
    Sanji__Sla *sla = UNPACK(Sla, sla, SLA, rules);
    size_t count = sizeof expected_categories / sizeof expected_categories[0];
    assert_int_equal(sla->n_categories, count);
    for (size_t i = 0; i < count; i++) {
        char text[64];
        const Sanji__Category *category = sla->categories[i];
        print_category(category, text, sizeof text);
        assert_string_equal(text, expected_categories[i]);
        assert_int_equal(category->effort_min, efforts[copy_number(category->code) / 1000]);
        assert_true(category->name_zh[0] != '\0' && category->name_en[0] != '\0');
        assert_true(category->admitted);
        assert_true(!category->self_handled || category->evidence_min > 0);
        assert_int_equal(category->budget_s % H, 0);
    }
    sanji__sla__free_unpacked(sla, NULL);
    rulesfile_free(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_limits_are_those_of_the_domain),
        cmocka_unit_test(the_shipped_categories_are_those_of_the_domain),
    };
    return cmocka_run_group_tests(tests, copy_make, copy_remove);
}
