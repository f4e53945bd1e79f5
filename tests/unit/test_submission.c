/* test_submission.c: what a sound item becomes in the log, and what the rules refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/unit/centre.h"
#include "tests/unit/scratch.h"
#include "tests/unit/small_rules.h"
#include "tests/unit/speech.h"
#include "workers/intake/seal.h"
#include "workers/intake/submission.h"

enum {
    ARENA_SIZE = 256 * 1024,
    DAY_MS = 24 * 3600 * 1000
};

struct door {
    struct small_rules rules;
    struct ledger ledger;
    struct keystore *keystore;
    struct duplicates *duplicates;
    struct arena *arena;
    char directory[SCRATCH_PATH_SIZE];
    Sanji__Submission submission;
    Sanji__Place place;
    Sanji__SealedText sealed;
    Sanji__Evidence evidence;
    Sanji__Evidence *evidences[1];
    Sanji__Receipt receipt;
    uint32_t key_no;
};

static char *text(struct door *door, const char *value)
{
    return small_rules_text(&door->rules, value);
}

static void fill(struct door *door)
{
    sanji__submission__init(&door->submission);
    sanji__place__init(&door->place);
    sanji__sealed_text__init(&door->sealed);
    sanji__evidence__init(&door->evidence);
    door->evidences[0] = &door->evidence;
    door->evidence.ref = text(door, "photo/1");
    door->place.grid = text(door, GRID_B01);
    door->submission.source_system = text(door, "ehsy");
    door->submission.source_ref = text(door, "t7-1");
    door->submission.source = SANJI__SOURCE__SOURCE_HANDHELD;
    door->submission.category = text(door, "03001");
    door->submission.place = &door->place;
    door->submission.n_evidence = 1;
    door->submission.evidence = door->evidences;
}

static int set_up(void **state)
{
    struct door *door = test_calloc(1, sizeof *door);
    struct fault fault;
    char keys[SCRATCH_PATH_SIZE + 8];
    small_rules_open(&door->rules);
    ledger_open(&door->ledger);
    scratch_make(door->directory);
    print_text(keys, sizeof keys, "%s/keys", door->directory);
    assert_int_equal(keystore_open(keys, NULL, &door->keystore, &fault), STATUS_OK);
    door->arena = arena_new(ARENA_SIZE);
    door->duplicates = duplicates_new();
    centre_rules(&door->rules);
    small_rules_category(&door->rules, "02003", SEVERITY_S1, "g");
    small_rules_category(&door->rules, "03001", SEVERITY_S3, "g")->self_handled = true;
    small_rules_category(&door->rules, "07001", SEVERITY_S3, "s")->restricted = true;
    small_rules_worker(&door->rules, "W00007", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_worker(&door->rules, "W00008", ROLE_GRID_CHIEF, GRID_B01, "g");
    for (size_t i = 0; i < door->rules.policy.n_sources; i++) {
        Sanji__SourceRule *source = door->rules.policy.sources[i];
        source->may_raise = source->source != SANJI__SOURCE__SOURCE_VIDEO;
        source->owner_subdistrict = source->source == SANJI__SOURCE__SOURCE_HOTLINE_12345;
        source->verify_below_permille =
            source->source == SANJI__SOURCE__SOURCE_IOT ? 800 : 0;
    }
    small_rules_publish(&door->rules, door->ledger.world);
    fill(door);
    *state = door;
    return 0;
}

static int tear_down(void **state)
{
    struct door *door = *state;
    duplicates_free(&door->duplicates);
    keystore_close(&door->keystore);
    scratch_remove(door->directory);
    arena_free(&door->arena);
    ledger_close(&door->ledger);
    small_rules_close(&door->rules);
    test_free(door);
    return 0;
}

static bool write_item(struct door *door, const Sanji__Statement *statement)
{
    static const uint8_t digest[KEYSTORE_HMAC_SIZE] = {1};
    struct turn *turn = ledger_turn(&door->ledger, OWNER_INTAKE);
    struct writing writing = {.turn = turn,
                              .keystore = door->keystore,
                              .duplicates = door->duplicates,
                              .key_no = &door->key_no,
                              .reference = digest,
                              .content = digest,
                              .arena = door->arena,
                              .receipt = &door->receipt};
    door->key_no = 0;
    sanji__receipt__init(&door->receipt);
    const bool written = statement != NULL ? statement_write(&writing, statement)
                                           : submission_write(&writing, &door->submission);
    duplicates_undo(door->duplicates);
    if (written) {
        ledger_commit(&door->ledger);
        duplicates_fill(door->duplicates, door->ledger.world);
    } else {
        assert_int_equal(turn_count(turn), 0); // a refused item leaves no record
        ledger_drop(&door->ledger);
    }
    return written;
}

static struct kase *written_case(struct door *door)
{
    uint32_t place = 0;
    uint64_t key = 0;
    assert_true(write_item(door, NULL));
    assert_int_equal(door->receipt.outcome, SANJI__OUTCOME__OUTCOME_STORED);
    assert_int_equal(id_case_parse(door->receipt.case_no, &place, &key), STATUS_OK);
    return world_case(door->ledger.world, key);
}

static void refused(struct door *door, const char *field)
{
    assert_false(write_item(door, NULL));
    assert_int_equal(door->receipt.outcome, SANJI__OUTCOME__OUTCOME_INVALID);
    assert_string_equal(door->receipt.field, field);
}

static const Sanji__Envelope *record(struct door *door, uint32_t i)
{
    return speech_record(&door->ledger, OWNER_INTAKE, i);
}

static void expect_path(struct org_path path, const char *expected)
{
    char printed[ORG_TEXT_SIZE];
    assert_string_equal(org_print(path, printed), expected);
}

/* ---- places, owners ---- */

static void a_known_place_is_received_and_accepted_at_once(void **state)
{
    struct door *door = *state;
    const struct kase *kase = written_case(door);
    assert_string_equal(door->receipt.case_no, "37049900320200814000001");
    assert_int_equal(door->receipt.state, SANJI__CASE_STATE__CASE_STATE_ACCEPTED);
    assert_int_equal(kase->state, STATE_ACCEPTED);
    expect_path(kase->holder, SUBDISTRICT);
    expect_path(kase->owner, COMMUNITY_1);
    const Sanji__Envelope *received = record(door, 0);
    assert_int_equal(received->tier, SANJI__TIER__TIER_SUBDISTRICT);
    assert_int_equal(received->n_timers, 0); // ACCEPT ends in the same append
    assert_true(record(door, 1)->case_accepted->automatic);
}

static void a_place_that_is_only_a_point_is_looked_up(void **state)
{
    struct door *door = *state;
    door->place.grid = text(door, "");
    door->place.datum = SANJI__DATUM__DATUM_CGCS2000;
    door->place.lat_e6 = 34811500; // the second box
    door->place.lon_e6 = 117325000;
    expect_path(written_case(door)->area, GRID_B02);
}

static void what_lies_nowhere_is_taken_and_waits_at_the_sub_district(void **state)
{
    struct door *door = *state;
    door->place.grid = text(door, "");
    door->place.datum = SANJI__DATUM__DATUM_CGCS2000;
    const struct kase *kase = written_case(door);
    assert_int_equal(kase->state, STATE_RECEIVED);
    expect_path(kase->area, SUBDISTRICT);
    expect_path(kase->owner, SUBDISTRICT);
    assert_int_equal(case_missing_timers(kase), 0); // ACCEPT runs
}

static void a_path_that_does_not_exist_names_the_nearest(void **state)
{
    struct door *door = *state;
    door->place.grid = text(door, "370499.003.01.001.B09");
    refused(door, "place.grid");
    assert_non_null(strstr(door->receipt.expected, GRID_B01));
    assert_non_null(strstr(door->receipt.expected, " or "));
}

static void what_comes_from_above_is_owned_above(void **state)
{
    struct door *door = *state;
    door->submission.source = SANJI__SOURCE__SOURCE_HOTLINE_12345;
    expect_path(written_case(door)->owner, SUBDISTRICT);
}

/* ---- severity, restriction ---- */

static void a_source_may_raise_if_its_row_allows_and_never_lower(void **state)
{
    struct door *door = *state;
    door->submission.proposed_severity = SANJI__SEVERITY__SEVERITY_S2;
    assert_int_equal(written_case(door)->severity, SEVERITY_S2);
    door->submission.proposed_severity = SANJI__SEVERITY__SEVERITY_S4;
    assert_int_equal(written_case(door)->severity, SEVERITY_S3);
    door->submission.source = SANJI__SOURCE__SOURCE_VIDEO;
    door->submission.proposed_severity = SANJI__SEVERITY__SEVERITY_S1;
    assert_int_equal(written_case(door)->severity, SEVERITY_S3);
}

static void the_most_urgent_is_told_to_call_first(void **state)
{
    struct door *door = *state;
    door->submission.category = text(door, "02003");
    written_case(door);
    assert_string_equal(door->receipt.advice, "110");
}

static void restricted_is_what_the_category_or_the_reporter_says(void **state)
{
    struct door *door = *state;
    assert_false(written_case(door)->restricted);
    door->submission.confidential = true;
    assert_true(written_case(door)->restricted);
    assert_int_equal(door->ledger.last_record.header.flags & RECORD_RESTRICTED,
                     RECORD_RESTRICTED);
    door->submission.confidential = false;
    door->submission.category = text(door, "07001");
    assert_true(written_case(door)->restricted);
}

static void a_category_that_no_rule_knows_is_refused(void **state)
{
    struct door *door = *state;
    door->submission.category = text(door, "09998");
    refused(door, "category");
    assert_non_null(strstr(door->receipt.expected, "07001"));
    assert_non_null(strstr(door->receipt.expected, " or 03001"));
    door->submission.category = text(door, "02002");
    refused(door, "category");
    assert_non_null(strstr(door->receipt.expected, "02003")); // the nearest first
    assert_non_null(strstr(door->receipt.expected, " or 03001"));
}

static void a_clock_far_off_is_marked(void **state)
{
    struct door *door = *state;
    const int64_t now_ms = door->ledger.now_ms;
    door->submission.observed_at_ms = now_ms + 5 * 60000;
    written_case(door);
    assert_int_equal(record(door, 0)->case_received->clock_reason, 0);
    door->submission.observed_at_ms = now_ms + 5 * 60000 + 1;
    written_case(door);
    assert_int_equal(record(door, 0)->case_received->clock_reason, 901);
    door->submission.observed_at_ms = now_ms - 7 * (int64_t)DAY_MS - 1;
    written_case(door);
    assert_int_equal(record(door, 0)->case_received->clock_reason, 901);
}

/* ---- handled on the spot ---- */

static void handle_on_the_spot(struct door *door)
{
    door->submission.self_handled = true;
    door->submission.worker = text(door, "W00007");
}

static void what_was_handled_on_the_spot_is_held_by_its_grid(void **state)
{
    struct door *door = *state;
    handle_on_the_spot(door);
    const struct kase *kase = written_case(door);
    assert_int_equal(kase->state, STATE_RESOLVED);
    assert_int_equal(kase->resolver, 7);
    assert_int_equal(kase->tier, TIER_GRID);
    expect_path(kase->holder, GRID_B01);
    assert_string_equal(record(door, 0)->holder, SUBDISTRICT); // intake's desk first
    const Sanji__Envelope *handled = record(door, 1);
    assert_int_equal(handled->actor->role, SANJI__ROLE__ROLE_FULLTIME);
    assert_string_equal(handled->actor->worker, "W00007");
    assert_int_equal(handled->case_self_handled->effort_min, 30);
}

static void not_everything_may_be_handled_on_the_spot(void **state)
{
    struct door *door = *state;
    handle_on_the_spot(door);
    door->submission.source = SANJI__SOURCE__SOURCE_VIDEO;
    refused(door, "self_handled");
    door->submission.source = SANJI__SOURCE__SOURCE_HANDHELD;
    door->submission.proposed_severity = SANJI__SEVERITY__SEVERITY_S2;
    refused(door, "self_handled");
    door->submission.proposed_severity = SANJI__SEVERITY__SEVERITY_UNSPECIFIED;
    door->submission.category = text(door, "07001");
    refused(door, "self_handled");
    door->submission.category = text(door, "03001");
    door->place.grid = text(door, COMMITTEE_1);
    refused(door, "place.grid");
    door->place.grid = text(door, GRID_B01);
    door->submission.worker = text(door, "W00099");
    refused(door, "worker");
    door->submission.worker = text(door, "W00008"); // a chief handles no cases
    refused(door, "worker");
    door->submission.worker = text(door, "W00007");
    assert_true(write_item(door, NULL));
}

/* ---- verified, merged ---- */

static void what_is_not_sure_is_verified_first(void **state)
{
    struct door *door = *state;
    door->submission.source = SANJI__SOURCE__SOURCE_IOT;
    door->submission.confidence_permille = 799;
    struct kase *kase = written_case(door);
    assert_int_equal(kase->state, STATE_VERIFYING);
    assert_int_equal(door->receipt.state, SANJI__CASE_STATE__CASE_STATE_VERIFYING);
    assert_int_equal(record(door, 0)->body_case, SANJI__ENVELOPE__BODY_CASE_RECEIVED);
    assert_string_equal(record(door, 1)->verification_requested->verifier, "W00007");
    assert_int_equal(case_missing_timers(kase), 0); // ACCEPT and VERIFY run
    door->submission.confidence_permille = 800;
    assert_int_equal(written_case(door)->state, STATE_ACCEPTED);
    door->submission.confidence_permille = 0;
    door->submission.category = text(door, "02003"); // S1
    assert_int_equal(written_case(door)->state, STATE_ACCEPTED);
    door->submission.category = text(door, "03001");
    door->place.grid = text(door, SUBDISTRICT); // somebody must say where it is
    assert_int_equal(written_case(door)->state, STATE_RECEIVED);
}

static void what_may_be_known_is_named_the_likeliest_first(void **state)
{
    struct door *door = *state;
    char first[CASE_NO_SIZE];
    door->place.building_no = 12;
    written_case(door);
    memcpy(first, door->receipt.case_no, sizeof first);
    assert_int_equal(record(door, 0)->case_received->n_possible_duplicates, 0);
    written_case(door);
    assert_int_equal(record(door, 0)->case_received->n_possible_duplicates, 1);
    assert_string_equal(record(door, 0)->case_received->possible_duplicates[0], first);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(written_case(door)->state, STATE_ACCEPTED); // named, not merged
    }
    assert_int_equal(record(door, 0)->case_received->n_possible_duplicates, 3);
    door->submission.confidential = true;
    written_case(door);
    assert_int_equal(record(door, 0)->case_received->n_possible_duplicates, 0);
}

static void the_same_camera_again_is_merged_at_the_door(void **state)
{
    struct door *door = *state;
    door->submission.source = SANJI__SOURCE__SOURCE_VIDEO;
    door->submission.device_id = text(door, "cam-7");
    door->submission.reporter_wants_contact = true;
    door->place.building_no = 12;
    struct kase *parent = written_case(door);
    struct kase *child = written_case(door);
    assert_int_equal(child->state, STATE_MERGED);
    assert_int_equal(door->receipt.state, SANJI__CASE_STATE__CASE_STATE_MERGED);
    assert_int_equal(child->merged_into, parent->key);
    assert_null(case_next_due(child));
    const Sanji__CaseMerged *merged = record(door, 1)->case_merged;
    assert_int_equal(merged->rule_id, 1);
    assert_int_equal(merged->score_permille, 1000);
    assert_int_equal(merged->watchers_moved, 1);
    assert_int_equal(parent->watchers, 1);
    struct kase *third = written_case(door);
    assert_int_equal(third->merged_into, parent->key); // not into the second
    door->submission.status = SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
    assert_int_equal(written_case(door)->state, STATE_ACCEPTED);
    door->submission.status = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    door->submission.device_id = text(door, "cam-8");
    assert_int_equal(written_case(door)->state, STATE_ACCEPTED);
    assert_int_equal(parent->merged_reports, 2);
}

static void an_exercise_says_so_in_every_record(void **state)
{
    struct door *door = *state;
    door->submission.status = SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
    const struct kase *kase = written_case(door);
    assert_int_equal(kase->status, SANJI__MSG_STATUS__MSG_STATUS_EXERCISE);
    assert_int_equal(record(door, 1)->status, SANJI__MSG_STATUS__MSG_STATUS_EXERCISE);
    assert_int_equal(door->ledger.last_record.header.flags & RECORD_EXERCISE,
                     RECORD_EXERCISE);
}

/* ---- words ---- */

static void words_stand_in_boxes_of_the_case_and_field(void **state)
{
    struct door *door = *state;
    char *opened = NULL;
    door->sealed.text = text(door, "words");
    door->sealed.contact = text(door, "a number");
    door->submission.sealed = &door->sealed;
    written_case(door);
    const Sanji__CaseReceived *received = record(door, 0)->case_received;
    assert_non_null(received->text);
    assert_non_null(received->contact);
    assert_null(received->address);
    assert_int_equal(received->key_no, door->key_no);
    const struct seal_about about = {.case_no = door->receipt.case_no, .field = "text"};
    assert_int_equal(seal_open(door->keystore, received->text, about, door->arena, &opened),
                     STATUS_OK);
    assert_string_equal(opened, "words");
    assert_int_equal(
        seal_open(door->keystore, received->contact, about, door->arena, &opened),
        STATUS_CORRUPT); // of another field
}

static void the_day_has_999999_numbers(void **state)
{
    struct door *door = *state;
    struct turn *turn = ledger_turn(&door->ledger, OWNER_INTAKE);
    ledger_emit_received(&door->ledger, turn, UINT64_C(20200814999999), GRID_B01,
                         SEVERITY_S3, 3001);
    ledger_commit(&door->ledger);
    refused(door, "");
    assert_string_equal(door->receipt.code, "DAY_FULL");
}

/* ---- statements ---- */

static void a_statement_is_a_fact_beside_the_case(void **state)
{
    struct door *door = *state;
    struct kase *kase = written_case(door);
    const uint32_t version = kase->version;
    char case_no[CASE_NO_SIZE];
    Sanji__Statement statement = SANJI__STATEMENT__INIT;
    Sanji__Actor actor = SANJI__ACTOR__INIT;
    char *opened = NULL;
    memcpy(case_no, door->receipt.case_no, sizeof case_no);
    door->sealed.text = text(door, "a note");
    statement.source_system = text(door, "ehsy");
    statement.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_NOTE;
    statement.case_no = case_no;
    statement.actor = &actor;
    statement.sealed = &door->sealed;
    actor.role = SANJI__ROLE__ROLE_DISPATCHER;
    assert_true(write_item(door, &statement));
    assert_int_equal(door->ledger.last_record.header.flags & RECORD_FACT, RECORD_FACT);
    assert_int_equal(kase->version, version);
    const Sanji__Said *said = record(door, 0)->said;
    const struct seal_about about = {.case_no = case_no, .field = "said"};
    assert_int_equal(said->key_no, kase->key_no);
    assert_int_equal(seal_open(door->keystore, said->text, about, door->arena, &opened),
                     STATUS_OK);
    assert_string_equal(opened, "a note");
    kase->key_destroyed = true;
    assert_false(write_item(door, &statement)); // nothing more can be sealed
    assert_string_equal(door->receipt.field, "sealed");
}

static void a_statement_on_no_case_is_refused(void **state)
{
    struct door *door = *state;
    static const char *const numbers[] = {"37049900320200814000077",
                                          "37049900420200814000001"};
    Sanji__Statement statement = SANJI__STATEMENT__INIT;
    Sanji__Actor actor = SANJI__ACTOR__INIT;
    written_case(door);
    statement.source_system = text(door, "ehsy");
    statement.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_NOTE;
    statement.actor = &actor;
    for (size_t i = 0; i < 2; i++) { // no such number; another sub-district's
        statement.case_no = text(door, numbers[i]);
        assert_false(write_item(door, &statement));
        assert_int_equal(door->receipt.outcome, SANJI__OUTCOME__OUTCOME_INVALID);
        assert_string_equal(door->receipt.field, "case_no");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_known_place_is_received_and_accepted_at_once),
        TEST(a_place_that_is_only_a_point_is_looked_up),
        TEST(what_lies_nowhere_is_taken_and_waits_at_the_sub_district),
        TEST(a_path_that_does_not_exist_names_the_nearest),
        TEST(what_comes_from_above_is_owned_above),
        TEST(a_source_may_raise_if_its_row_allows_and_never_lower),
        TEST(the_most_urgent_is_told_to_call_first),
        TEST(restricted_is_what_the_category_or_the_reporter_says),
        TEST(a_category_that_no_rule_knows_is_refused),
        TEST(a_clock_far_off_is_marked),
        TEST(what_was_handled_on_the_spot_is_held_by_its_grid),
        TEST(not_everything_may_be_handled_on_the_spot),
        TEST(what_is_not_sure_is_verified_first),
        TEST(what_may_be_known_is_named_the_likeliest_first),
        TEST(the_same_camera_again_is_merged_at_the_door),
        TEST(an_exercise_says_so_in_every_record),
        TEST(words_stand_in_boxes_of_the_case_and_field),
        TEST(the_day_has_999999_numbers),
        TEST(a_statement_is_a_fact_beside_the_case),
        TEST(a_statement_on_no_case_is_refused),
    };
    return cmocka_run_group_tests_name("submission", tests, NULL, NULL);
}
