/* test_vault.c: who may read, and what erasing does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/scratch.h"
#include "tests/unit/small_rules.h"
#include "tests/unit/speech.h"
#include "workers/intake/intake.h"

enum {
    KEK_SIZE = 32
};

struct vaulted {
    struct small_rules rules;
    struct ledger ledger;
    struct intake intake;
    char directory[SCRATCH_PATH_SIZE];
};

static int set_up(void **state)
{
    struct vaulted *v = test_calloc(1, sizeof *v);
    struct fault fault;
    char keys[SCRATCH_PATH_SIZE + 8];
    small_rules_open(&v->rules);
    ledger_open(&v->ledger);
    scratch_make(v->directory);
    print_text(keys, sizeof keys, "%s/keys", v->directory);
    assert_int_equal(keystore_open(keys, NULL, &v->intake.keystore, &fault), STATUS_OK);
    small_rules_category(&v->rules, "03001", SEVERITY_S3, "g");
    small_rules_worker(&v->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_worker(&v->rules, "W00003", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_publish(&v->rules, v->ledger.world);
    *state = v;
    return 0;
}

static int tear_down(void **state)
{
    struct vaulted *v = *state;
    keystore_close(&v->intake.keystore);
    scratch_remove(v->directory);
    ledger_close(&v->ledger);
    small_rules_close(&v->rules);
    test_free(v);
    return 0;
}

static uint32_t decide(struct vaulted *v)
{
    return speech_decide(&v->ledger, &intake_ops, &v->intake);
}

static const Sanji__Envelope *record(struct vaulted *v)
{
    return speech_record(&v->ledger, OWNER_INTAKE, 0);
}

static bool may_read(struct vaulted *v, const struct kase *kase, struct speaker speaker,
                     Sanji__Purpose purpose)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.purpose = purpose;
    speech_say(&v->ledger, kase, SAY_READ, speaker, &fields);
    const uint64_t said_seq = v->ledger.seq;
    assert_int_equal(decide(v), 1); // granted or refused, it is a record
    assert_int_equal(record(v)->cause_seq, said_seq);
    if (record(v)->body_case == SANJI__ENVELOPE__BODY_RESTRICTED_READ) {
        assert_true(record(v)->restricted_read->granted);
        assert_int_equal(record(v)->restricted_read->purpose, purpose);
        return true;
    }
    assert_int_equal(record(v)->body_case, SANJI__ENVELOPE__BODY_STATEMENT_REFUSED);
    return false;
}

static const struct speaker assignee = {ROLE_FULLTIME, "W00002", ""};
static const struct speaker colleague = {ROLE_FULLTIME, "W00003", ""};
static const struct speaker holder = {ROLE_DISPATCHER, "", COMMITTEE_1};
static const struct speaker desk_above = {ROLE_DUTY_LEADER, "", COMMUNITY_1};
static const struct speaker intake_desk = {ROLE_INTAKE_OPERATOR, "", SUBDISTRICT};
static const struct speaker auditor = {ROLE_AUDITOR, "", SUBDISTRICT};

static void to_handle_reads_who_has_it_and_his_desk(void **state)
{
    struct vaulted *v = *state;
    const Sanji__Purpose handle = SANJI__PURPOSE__PURPOSE_HANDLE;
    struct kase *kase = ledger_case(&v->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    assert_true(may_read(v, kase, assignee, handle));
    assert_true(may_read(v, kase, holder, handle));
    assert_false(may_read(v, kase, colleague, handle));
    assert_false(may_read(v, kase, desk_above, handle));
    assert_false(may_read(v, kase, intake_desk, handle));
    assert_false(may_read(v, kase, auditor, handle));
    ledger_decline(&v->ledger, kase, 505);
    assert_false(may_read(v, kase, assignee, handle)); // no longer his
}

static void who_has_resolved_it_reads_no_more(void **state)
{
    struct vaulted *v = *state;
    const struct kase *kase = ledger_case(&v->ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
    assert_false(may_read(v, kase, assignee, SANJI__PURPOSE__PURPOSE_HANDLE));
}

static void intake_reads_to_check_and_to_revisit_when_that_is_due(void **state)
{
    struct vaulted *v = *state;
    struct kase *kase = ledger_case(&v->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    assert_false(may_read(v, kase, intake_desk, SANJI__PURPOSE__PURPOSE_CHECK));
    ledger_move(&v->ledger, kase, T19);
    assert_true(may_read(v, kase, intake_desk, SANJI__PURPOSE__PURPOSE_CHECK));
    assert_false(may_read(v, kase, intake_desk, SANJI__PURPOSE__PURPOSE_REVISIT));
    assert_false(may_read(v, kase, holder, SANJI__PURPOSE__PURPOSE_CHECK));
    ledger_move(&v->ledger, kase, T21);
    assert_true(may_read(v, kase, intake_desk, SANJI__PURPOSE__PURPOSE_REVISIT));
}

static void read_file(const struct vaulted *v, uint8_t kek[KEK_SIZE])
{
    char path[SCRATCH_PATH_SIZE + 16];
    print_text(path, sizeof path, "%s/keys/kek", v->directory);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(kek, 1, KEK_SIZE, file), KEK_SIZE);
    assert_int_equal(fclose(file), 0);
}

static void erasing_destroys_the_key_and_then_renews_the_one_above(void **state)
{
    struct vaulted *v = *state;
    uint8_t key[KEYSTORE_KEY_SIZE];
    uint8_t before[KEK_SIZE];
    uint8_t after[KEK_SIZE];
    struct kase *kase = ledger_case(&v->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    assert_int_equal(keystore_next(v->intake.keystore, &kase->key_no), STATUS_OK);
    read_file(v, before);
    speech_say(&v->ledger, kase, SAY_ERASE,
               (struct speaker){ROLE_DUTY_LEADER, "", SUBDISTRICT}, NULL);
    assert_int_equal(decide(v), 1);
    assert_int_equal(record(v)->key_destroyed->key_no, kase->key_no);
    assert_true(kase->key_destroyed);
    assert_int_equal(keystore_get(v->intake.keystore, kase->key_no, key), STATUS_ERASED);
    read_file(v, after);
    assert_memory_equal(before, after, KEK_SIZE);
    assert_int_equal(decide(v), 0); // KeyDestroyed is in the log: now the kek
    read_file(v, after);
    assert_memory_not_equal(before, after, KEK_SIZE);
    assert_int_equal(keystore_get(v->intake.keystore, kase->key_no, key), STATUS_ERASED);

    assert_false(may_read(v, kase, assignee, SANJI__PURPOSE__PURPOSE_HANDLE));
    assert_int_equal(record(v)->statement_refused->code, STATUS_ERASED);
    assert_non_null(strstr(record(v)->statement_refused->reason, status_en(STATUS_ERASED)));
    speech_say(&v->ledger, kase, SAY_ERASE,
               (struct speaker){ROLE_DUTY_LEADER, "", SUBDISTRICT}, NULL);
    assert_int_equal(decide(v), 1);
    assert_int_equal(record(v)->statement_refused->code, STATUS_ERASED);
}

static void a_case_without_a_key_has_nothing_to_erase(void **state)
{
    struct vaulted *v = *state;
    struct kase *kase = ledger_case(&v->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    kase->key_no = 0;
    speech_say(&v->ledger, kase, SAY_ERASE, intake_desk, NULL);
    decide(v);
    assert_int_equal(record(v)->statement_refused->code, STATUS_NOTHING_SEALED);
    kase->key_no = 900000; // a key store that was restored apart from the log
    speech_say(&v->ledger, kase, SAY_ERASE, intake_desk, NULL);
    decide(v);
    assert_int_equal(record(v)->statement_refused->code, STATUS_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(to_handle_reads_who_has_it_and_his_desk),
        TEST(who_has_resolved_it_reads_no_more),
        TEST(intake_reads_to_check_and_to_revisit_when_that_is_due),
        TEST(erasing_destroys_the_key_and_then_renews_the_one_above),
        TEST(a_case_without_a_key_has_nothing_to_erase),
    };
    return cmocka_run_group_tests_name("vault", tests, NULL, NULL);
}
