/* test_rulesfile_grow.c: more people for a larger data set: files that load, lines that stand
 * for several, numbers that never meet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/runtime/rules.h"
#include "broker/runtime/rulesfile_grow.h"
#include "tests/unit/rulesfile_copy.h"
#include "tests/unit/scratch.h"

enum {
    PEOPLE = 959, /* of the demo's roster */
    TIMES_OF_108 = 27
};

static void grow(uint32_t times, const char *folder)
{
    struct fault fault;
    char *shipped = scratch_tree_path("deploy/sanji.yaml");
    if (rulesfile_grow(shipped, times, folder, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    free(shipped);
}

static struct rulesfile *load_grown(const char *folder)
{
    struct fault fault;
    struct rulesfile *files = NULL;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/sanji.yaml", folder); // short
    if (rulesfile_load(path, &files, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return files;
}

static struct rules *in_force(const struct rulesfile *files)
{
    struct rules *rules = rules_new();
    const Sanji__RulesKind roster = SANJI__RULES_KIND__RULES_KIND_ROSTER;
    assert_int_equal(rules_restore(rules, roster, 1, rulesfile_bytes(files, roster)),
                     STATUS_OK);
    return rules;
}

static void a_grown_roster_has_every_worker_so_many_times(void **state)
{
    (void)state;
    char folder[SCRATCH_PATH_SIZE];
    scratch_make(folder);
    unsigned fulltime[2] = {0};
    grow(TIMES_OF_108, folder);
    struct rulesfile *files = load_grown(folder);
    struct rules *rules = in_force(files);
    const Sanji__Roster *roster = rules_roster(rules);
    assert_int_equal(roster->n_workers, PEOPLE * TIMES_OF_108);
    for (size_t i = 0; i < roster->n_workers; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        uint32_t number = 0;
        assert_int_equal(id_worker_parse(worker->worker, &number), STATUS_OK);
        assert_ptr_equal(rules_worker(rules, number), worker);
        fulltime[0] += worker->role == SANJI__ROLE__ROLE_FULLTIME ? 1 : 0;
        fulltime[1] += worker->role == SANJI__ROLE__ROLE_FULLTIME &&
                       strcmp(worker->home_grid, "370499.003.01.001.B01") == 0;
    }
    assert_int_equal(fulltime[0], 106 * TIMES_OF_108);
    assert_int_equal(fulltime[1], TIMES_OF_108);
    // It fits the log like any other kind.
    assert_true(rulesfile_bytes(files, SANJI__RULES_KIND__RULES_KIND_ROSTER).size <
                256 * 1024);
    rules_free(&rules);
    rulesfile_free(&files);
    scratch_remove(folder);
}

static void the_same_files_grow_to_the_same_rules(void **state)
{
    (void)state;
    char folders[2][SCRATCH_PATH_SIZE];
    struct rulesfile *files[2];
    for (size_t i = 0; i < 2; i++) {
        scratch_make(folders[i]);
        grow(2, folders[i]);
        files[i] = load_grown(folders[i]);
    }
    for (int kind = SANJI__RULES_KIND__RULES_KIND_ORG;
         kind <= SANJI__RULES_KIND__RULES_KIND_LABELS; kind++) {
        assert_memory_equal(rulesfile_hash(files[0], (Sanji__RulesKind)kind),
                            rulesfile_hash(files[1], (Sanji__RulesKind)kind),
                            RULESFILE_HASH_SIZE);
    }
    for (size_t i = 0; i < 2; i++) {
        rulesfile_free(&files[i]);
        scratch_remove(folders[i]);
    }
}

static void five_digits_are_an_end(void **state)
{
    (void)state;
    struct fault fault = {.status = STATUS_OK};
    char folder[SCRATCH_PATH_SIZE];
    scratch_make(folder);
    char *shipped = scratch_tree_path("deploy/sanji.yaml");
    assert_int_equal(rulesfile_grow(shipped, 200, folder, &fault), STATUS_TOO_LARGE);
    assert_non_null(strstr(fault.text, "200"));
    free(shipped);
    scratch_remove(folder);
}

static void a_count_that_meets_another_number_is_refused(void **state)
{
    (void)state;
    REFUSES({"roster.yaml", "- {worker: W00001, role: GUIDE,",
             "- {worker: W00001, count: 2, role: GUIDE,",
             "W00002 is another worker's number already", "- {worker: W00002"},
            {"roster.yaml", "- {worker: W00001, role: GUIDE,",
             "- {worker: W00001, count: 100000, role: GUIDE,",
             "the numbers from W00001 on end at W99999", NULL});
}

/* A roster of one line, as its bytes. */
static enum status fold_line(struct rules *rules, const char *number, uint32_t count)
{
    uint8_t packed[128];
    char text[16];
    Sanji__Worker worker = SANJI__WORKER__INIT;
    Sanji__Worker *workers[1] = {&worker};
    Sanji__Roster roster = SANJI__ROSTER__INIT;
    (void)snprintf(text, sizeof text, "%s", number); // short
    worker.worker = text;
    worker.count = count;
    roster.workers = workers;
    roster.n_workers = 1;
    const size_t size = sanji__roster__pack(&roster, packed);
    return rules_restore(rules, SANJI__RULES_KIND__RULES_KIND_ROSTER, 1,
                         (struct bytes){packed, size});
}

static void one_line_of_a_log_cannot_ask_for_more_than_there_are_numbers(void **state)
{
    (void)state;

    static const struct {
        const char *number;
        uint32_t count;
        size_t people; /* 0: refused */
    } lines[] = {{"W00001", 0, 1},         {"W00001", 1, 1},     {"W00007", 3, 3},
                 {"W00001", 99999, 99999}, {"W00002", 99999, 0}, {"W00001", UINT32_MAX, 0},
                 {"W00000", 3, 0},         {"W99999", 2, 0}};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct rules *rules = rules_new();
        assert_int_equal(fold_line(rules, lines[i].number, lines[i].count),
                         lines[i].people > 0 ? STATUS_OK : STATUS_INVALID);
        if (lines[i].people > 0) {
            assert_int_equal(rules_roster(rules)->n_workers, lines[i].people);
        }
        rules_free(&rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_grown_roster_has_every_worker_so_many_times),
        cmocka_unit_test(the_same_files_grow_to_the_same_rules),
        cmocka_unit_test(five_digits_are_an_end),
        cmocka_unit_test(a_count_that_meets_another_number_is_refused),
        cmocka_unit_test(one_line_of_a_log_cannot_ask_for_more_than_there_are_numbers),
    };
    return cmocka_run_group_tests_name("rulesfile_grow", tests, copy_make, copy_remove);
}
