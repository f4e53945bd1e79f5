/* test_shape.c: what the door refuses before anybody looks at the rules, with its field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "proto/arena.h"
#include "workers/intake/submission.h"

#define CASE_NO "37049900320200815000007"

enum {
    ARENA_SIZE = 256 * 1024,
    LONG_SIZE = 5000
};

/* One item, sound as it is; tests spoil one thing. */
struct item {
    struct arena *arena;
    Sanji__Submission submission;
    Sanji__Place place;
    Sanji__SealedText sealed;
    Sanji__Evidence evidence;
    Sanji__Evidence *evidences[17];
    Sanji__Statement statement;
    Sanji__StatementFields fields;
    Sanji__Actor actor;
    Sanji__Receipt receipt;
    char texts[8][64];
    char long_text[LONG_SIZE + 1];
};

static char *put(struct item *item, size_t i, const char *text)
{
    (void)snprintf(item->texts[i], sizeof item->texts[i], "%s", text); // short
    return item->texts[i];
}

static int set_up(void **state)
{
    struct item *item = test_calloc(1, sizeof *item);
    item->arena = arena_new(ARENA_SIZE);
    sanji__submission__init(&item->submission);
    sanji__place__init(&item->place);
    sanji__sealed_text__init(&item->sealed);
    sanji__evidence__init(&item->evidence);
    sanji__statement__init(&item->statement);
    sanji__statement_fields__init(&item->fields);
    sanji__actor__init(&item->actor);
    sanji__receipt__init(&item->receipt);
    for (size_t i = 0; i < 17; i++) {
        item->evidences[i] = &item->evidence;
    }
    memset(item->long_text, 'x', LONG_SIZE);
    item->place.grid = put(item, 0, "370499.003.01.001.B03");
    item->submission.source_system = put(item, 1, "ehsy");
    item->submission.source_ref = put(item, 2, "t7-000412");
    item->submission.source = SANJI__SOURCE__SOURCE_HANDHELD;
    item->submission.category = put(item, 3, "02001");
    item->submission.place = &item->place;
    item->submission.sealed = &item->sealed;
    item->evidence.ref = put(item, 4, "photo/8812");
    item->submission.n_evidence = 1;
    item->submission.evidence = item->evidences;
    item->statement.source_system = item->submission.source_system;
    item->statement.source_ref = item->submission.source_ref;
    item->statement.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK;
    item->statement.case_no = put(item, 5, CASE_NO);
    item->statement.actor = &item->actor;
    item->statement.fields = &item->fields;
    item->actor.role = SANJI__ROLE__ROLE_FULLTIME;
    item->actor.worker = put(item, 6, "W00007");
    *state = item;
    return 0;
}

static int tear_down(void **state)
{
    struct item *item = *state;
    arena_free(&item->arena);
    test_free(item);
    return 0;
}

static void refused(struct item *item, bool sound, Sanji__Outcome outcome,
                    const char *field)
{
    assert_false(sound);
    assert_int_equal(item->receipt.outcome, outcome);
    assert_string_equal(item->receipt.field, field);
    assert_true(item->receipt.reason[0] != '\0');
    sanji__receipt__init(&item->receipt);
}

static void submission_refused(struct item *item, const char *field)
{
    refused(item, submission_check(&item->submission, item->arena, &item->receipt),
            SANJI__OUTCOME__OUTCOME_INVALID, field);
}

static void statement_refused(struct item *item, const char *field)
{
    refused(item, statement_check(&item->statement, item->arena, &item->receipt),
            SANJI__OUTCOME__OUTCOME_INVALID, field);
}

static bool submission_sound(struct item *item)
{
    return submission_check(&item->submission, item->arena, &item->receipt);
}

static bool statement_sound(struct item *item)
{
    return statement_check(&item->statement, item->arena, &item->receipt);
}

/* Spoils a text for one check and puts it back. */
#define WITH(field, value, check)                                                          \
    do {                                                                                   \
        char *const kept_ = (field);                                                       \
        (field) = (value);                                                                 \
        check;                                                                             \
        (field) = kept_;                                                                   \
    } while (0)

static char empty[] = "";

/* ---- submissions ---- */

static void a_sound_item_is_let_through(void **state)
{
    struct item *item = *state;
    assert_true(submission_sound(item));
    assert_true(statement_sound(item));
}

static void what_a_submission_needs_is_asked_for(void **state)
{
    struct item *item = *state;
    Sanji__Submission *s = &item->submission;
    WITH(s->source_system, empty, submission_refused(item, "source_system"));
    WITH(s->source_ref, empty, submission_refused(item, "source_ref"));
    WITH(s->category, empty, submission_refused(item, "category"));
    s->source = SANJI__SOURCE__SOURCE_UNSPECIFIED;
    submission_refused(item, "source");
    s->source = SANJI__SOURCE__SOURCE_IOT;
    s->place = NULL;
    submission_refused(item, "place");
}

static void a_place_is_a_path_or_a_point_with_its_datum(void **state)
{
    struct item *item = *state;
    item->place.grid = empty;
    submission_refused(item, "place");
    item->place.lat_e6 = 34810012;
    item->place.lon_e6 = 117320045;
    submission_refused(item, "place"); // no datum
    item->place.datum = SANJI__DATUM__DATUM_CGCS2000;
    assert_true(submission_sound(item));
    item->place.lat_e6 = 90000001;
    submission_refused(item, "place.lat");
    item->place.lat_e6 = 0;
    item->place.lon_e6 = -180000001;
    submission_refused(item, "place.lon");
    item->place.lon_e6 = 0;
    item->place.grid = put(item, 0, "370499.3.01");
    submission_refused(item, "place.grid");
}

static void texts_are_bounded(void **state)
{
    struct item *item = *state;
    Sanji__Submission *s = &item->submission;
    WITH(s->source_system, item->long_text, submission_refused(item, "source_system"));
    WITH(s->source_ref, item->long_text, submission_refused(item, "source_ref"));
    WITH(s->device_id, item->long_text, submission_refused(item, "device_id"));
    WITH(item->evidence.ref, item->long_text, submission_refused(item, "evidence.ref"));
    WITH(item->evidence.media_type, item->long_text,
         submission_refused(item, "evidence.media_type"));
    WITH(item->sealed.text, item->long_text, submission_refused(item, "sealed.text"));
    WITH(item->sealed.address, item->long_text, submission_refused(item, "sealed.address"));
}

static void a_name_has_the_letters_of_a_name(void **state)
{
    struct item *item = *state;
    WITH(item->submission.source_system, put(item, 7, "eh/sy"),
         submission_refused(item, "source_system"));
}

static void evidence_is_counted_and_measured(void **state)
{
    struct item *item = *state;
    uint8_t hash[32] = {0};
    item->submission.n_evidence = 17;
    submission_refused(item, "evidence");
    item->submission.n_evidence = 16;
    assert_true(submission_sound(item));
    item->evidence.sha256 = (ProtobufCBinaryData){.len = 31, .data = hash};
    submission_refused(item, "evidence.sha256");
    item->evidence.sha256.len = 32;
    assert_true(submission_sound(item));
    WITH(item->evidence.ref, empty, submission_refused(item, "evidence.ref"));
}

static void numbers_stay_in_their_ranges(void **state)
{
    struct item *item = *state;
    item->submission.confidence_permille = 1001;
    submission_refused(item, "confidence_permille");
    item->submission.confidence_permille = 1000;
    item->submission.observed_at_ms = INT64_MIN;
    submission_refused(item, "observed_at");
    item->submission.observed_at_ms = INT64_MAX;
    submission_refused(item, "observed_at");
    item->submission.observed_at_ms = 1597474900000;
    assert_true(submission_sound(item));
}

static void who_handled_it_brings_his_number_and_evidence(void **state)
{
    struct item *item = *state;
    item->submission.self_handled = true;
    submission_refused(item, "worker");
    item->submission.worker = put(item, 7, "W7");
    submission_refused(item, "worker");
    item->submission.worker = put(item, 7, "W00007");
    assert_true(submission_sound(item));
    item->submission.n_evidence = 0;
    submission_refused(item, "evidence");
}

static void add_unknown(ProtobufCMessage *message, ProtobufCMessageUnknownField *field)
{
    field->tag = 77;
    message->n_unknown_fields = 1;
    message->unknown_fields = field;
}

static void a_field_that_is_not_known_is_never_ignored(void **state)
{
    struct item *item = *state;
    ProtobufCMessageUnknownField unknown = {0};
    ProtobufCMessage *const messages[] = {&item->submission.base, &item->place.base,
                                          &item->sealed.base, &item->evidence.base};
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        add_unknown(messages[i], &unknown);
        submission_refused(item, "");
        messages[i]->n_unknown_fields = 0;
    }
    add_unknown(&item->actor.base, &unknown);
    statement_refused(item, "");
}

/* ---- personal data ---- */

static void personal_data_in_any_clear_field_is_refused_and_not_repeated(void **state)
{
    struct item *item = *state;
    static const char *const found[] = {"13912345678", "a 13912345678 b 15912345678",
                                        "11010519491231002X", "4111111111111111",
                                        "鲁A12345"};

    const struct {
        char **field;
        const char *name;
    } fields[] = {{&item->submission.source_ref, "source_ref"},
                  {&item->submission.device_id, "device_id"},
                  {&item->evidence.ref, "evidence.ref"},
                  {&item->evidence.media_type, "evidence.media_type"}};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        for (size_t k = 0; k < sizeof found / sizeof found[0]; k++) {
            char *const kept = *fields[i].field;
            *fields[i].field = put(item, 7, found[k]);
            const bool sound = submission_sound(item);
            assert_null(strstr(item->receipt.reason, found[k]));
            refused(item, sound, SANJI__OUTCOME__OUTCOME_PII_REFUSED, fields[i].name);
            *fields[i].field = kept;
        }
    }
}

static void personal_data_in_a_statements_clear_fields_is_refused(void **state)
{
    struct item *item = *state;
    char phone[] = "13912345678";

    const struct {
        char **field;
        const char *name;
    } fields[] = {{&item->statement.source_ref, "source_ref"},
                  {&item->fields.advice_code, "advice_code"},
                  {&item->fields.upstream_ref, "upstream_ref"},
                  {&item->fields.department_code, "department_code"},
                  {&item->fields.skill, "skill"},
                  {&item->fields.day, "day"},
                  {&item->actor.system, "actor.system"}};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char *const kept = *fields[i].field;
        *fields[i].field = phone;
        refused(item, statement_sound(item), SANJI__OUTCOME__OUTCOME_PII_REFUSED,
                fields[i].name);
        *fields[i].field = kept;
    }
}

static void sealed_words_may_hold_anything(void **state)
{
    struct item *item = *state;
    item->sealed.text = put(item, 7, "call me at 13912345678, 11010519491231002X");
    item->sealed.contact = item->sealed.text;
    assert_true(submission_sound(item));
}

static void names_do_not_pass_as_references(void **state)
{
    struct item *item = *state;
    char name[] = "\xe6\x9f\x90\xe6\x9f\x90"; // two Chinese letters
    WITH(item->submission.device_id, name, submission_refused(item, "device_id"));
    WITH(item->evidence.ref, name, submission_refused(item, "evidence.ref"));
    WITH(item->fields.advice_code, name, statement_refused(item, "advice_code"));
    WITH(item->fields.worker, name, statement_refused(item, "worker"));
    WITH(item->fields.to, name, statement_refused(item, "to"));
    WITH(item->actor.worker, name, statement_refused(item, "actor.worker"));
    WITH(item->actor.org, name, statement_refused(item, "actor.org"));
    // The reference itself never stands in the log.
    WITH(item->submission.source_ref, name, assert_true(submission_sound(item)));
}

/* ---- statements ---- */

static void what_a_statement_needs_is_asked_for(void **state)
{
    struct item *item = *state;
    item->statement.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED;
    statement_refused(item, "kind");
    item->statement.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK;
    WITH(item->statement.case_no, put(item, 7, "3704990032020"),
         statement_refused(item, "case_no"));
    item->actor.role = SANJI__ROLE__ROLE_UNSPECIFIED;
    statement_refused(item, "actor.role");
    item->statement.actor = NULL;
    statement_refused(item, "actor.role");
}

static void every_text_of_a_statement_is_what_it_should_be(void **state)
{
    struct item *item = *state;
    Sanji__StatementFields *f = &item->fields;
    WITH(f->category, put(item, 7, "2001"), statement_refused(item, "category"));
    WITH(f->into_case_no, put(item, 7, "1"), statement_refused(item, "into_case_no"));
    WITH(f->suggested_holder, put(item, 7, "370499.x"),
         statement_refused(item, "suggested_holder"));
    WITH(f->owner, put(item, 7, "370499.x"), statement_refused(item, "owner"));
    WITH(f->skill, item->long_text, statement_refused(item, "skill"));
    WITH(f->department_code, item->long_text, statement_refused(item, "department_code"));
    WITH(f->day, item->long_text, statement_refused(item, "day"));
    WITH(f->worker, item->long_text, statement_refused(item, "worker"));
    f->effort_min = 43201;
    statement_refused(item, "effort_min");
    f->effort_min = 43200;
    f->resume_by_ms = INT64_MAX;
    statement_refused(item, "resume_by");
    f->resume_by_ms = 0;
    item->statement.observed_at_ms = INT64_MIN;
    statement_refused(item, "observed_at");
    item->statement.observed_at_ms = 0;
    item->statement.fields = NULL;
    assert_true(statement_sound(item));
}

static void what_is_not_about_a_case_names_none_and_seals_nothing(void **state)
{
    struct item *item = *state;
    item->statement.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_DUTY;
    statement_refused(item, "case_no");
    item->statement.case_no = empty;
    assert_true(statement_sound(item));
    item->statement.sealed = &item->sealed;
    statement_refused(item, "sealed");
}

static void of_a_statement_only_the_text_can_be_sealed(void **state)
{
    struct item *item = *state;
    item->statement.sealed = &item->sealed;
    item->sealed.text = put(item, 7, "words");
    assert_true(statement_sound(item));
    item->sealed.contact = item->sealed.text;
    statement_refused(item, "sealed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_item_is_let_through),
        TEST(what_a_submission_needs_is_asked_for),
        TEST(a_place_is_a_path_or_a_point_with_its_datum),
        TEST(texts_are_bounded),
        TEST(a_name_has_the_letters_of_a_name),
        TEST(evidence_is_counted_and_measured),
        TEST(numbers_stay_in_their_ranges),
        TEST(who_handled_it_brings_his_number_and_evidence),
        TEST(a_field_that_is_not_known_is_never_ignored),
        TEST(personal_data_in_any_clear_field_is_refused_and_not_repeated),
        TEST(personal_data_in_a_statements_clear_fields_is_refused),
        TEST(sealed_words_may_hold_anything),
        TEST(names_do_not_pass_as_references),
        TEST(what_a_statement_needs_is_asked_for),
        TEST(every_text_of_a_statement_is_what_it_should_be),
        TEST(what_is_not_about_a_case_names_none_and_seals_nothing),
        TEST(of_a_statement_only_the_text_can_be_sealed),
    };
    return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
