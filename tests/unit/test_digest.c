/* test_digest.c: when two submissions are the same, and what differs when they are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/arena.h"
#include "proto/wire.h"
#include "tests/unit/scratch.h"
#include "workers/intake/submission.h"

enum {
    ARENA_SIZE = 64 * 1024,
    WIRE_SIZE = 1024
};

static char directory[SCRATCH_PATH_SIZE];
static struct keystore *keystore;

static int open_keys(void **state)
{
    struct fault fault;
    char keys[SCRATCH_PATH_SIZE + 8];
    (void)state;
    scratch_make(directory);
    print_text(keys, sizeof keys, "%s/keys", directory);
    return keystore_open(keys, NULL, &keystore, &fault) == STATUS_OK ? 0 : -1;
}

static int close_keys(void **state)
{
    (void)state;
    keystore_close(&keystore);
    scratch_remove(directory);
    return 0;
}

static char system_name[] = "ehsy";
static char reference[] = "t7-000412";
static char category[] = "02001";
static char other_category[] = "03001";
static char grid[] = "370499.003.01.001.B03";
static char device[] = "hh-0031";
static char worker[] = "W00007";
static char words[] = "words";

static void fill(Sanji__Submission *submission, Sanji__Place *place)
{
    sanji__submission__init(submission);
    sanji__place__init(place);
    place->grid = grid;
    submission->source_system = system_name;
    submission->source_ref = reference;
    submission->source = SANJI__SOURCE__SOURCE_HANDHELD;
    submission->category = category;
    submission->place = place;
    submission->observed_at_ms = 1597474900000;
}

static size_t differs(const Sanji__Submission *a, const Sanji__Submission *b,
                      const char *names[8])
{
    uint8_t x[KEYSTORE_HMAC_SIZE];
    uint8_t y[KEYSTORE_HMAC_SIZE];
    submission_digest(a, keystore, x);
    submission_digest(b, keystore, y);
    return submission_differs(x, y, false, names);
}

static void the_order_of_fields_on_the_wire_does_not_matter(void **state)
{
    (void)state;
    Sanji__Submission submission;
    Sanji__Place place;
    const char *names[8];
    uint8_t forward[WIRE_SIZE];
    uint8_t backward[WIRE_SIZE];
    fill(&submission, &place);
    const size_t size = sanji__submission__pack(&submission, forward);
    // The first field, source_system, is moved to the end.
    const size_t first = 2 + strlen(system_name);
    memcpy(backward, forward + first, size - first);
    memcpy(backward + size - first, forward, first);
    assert_memory_not_equal(forward, backward, size);
    struct arena *arena = arena_new(ARENA_SIZE);
    ProtobufCMessage *a = NULL;
    ProtobufCMessage *b = NULL;
    assert_int_equal(wire_unpack(&sanji__submission__descriptor,
                                 (struct bytes){forward, size}, arena, &a),
                     STATUS_OK);
    assert_int_equal(wire_unpack(&sanji__submission__descriptor,
                                 (struct bytes){backward, size}, arena, &b),
                     STATUS_OK);
    assert_int_equal(
        differs((const Sanji__Submission *)a, (const Sanji__Submission *)b, names), 0);
    arena_free(&arena);
}

static void expect_one(const Sanji__Submission *a, const Sanji__Submission *b,
                       const char *group)
{
    const char *names[8];
    assert_int_equal(differs(a, b, names), 1);
    assert_string_equal(names[0], group);
}

static void each_difference_names_its_group(void **state)
{
    (void)state;
    Sanji__Submission one;
    Sanji__Submission two;
    Sanji__Place place;
    Sanji__Place other_place;
    Sanji__SealedText sealed = SANJI__SEALED_TEXT__INIT;
    Sanji__Evidence evidence = SANJI__EVIDENCE__INIT;
    Sanji__Evidence *evidences[1] = {&evidence};
    fill(&one, &place);
    fill(&two, &other_place);
    two.source = SANJI__SOURCE__SOURCE_VIDEO;
    expect_one(&one, &two, "source");
    fill(&two, &other_place);
    two.category = other_category;
    expect_one(&one, &two, "category");
    fill(&two, &other_place);
    other_place.building_no = 12;
    expect_one(&one, &two, "place");
    fill(&two, &other_place);
    two.observed_at_ms++;
    expect_one(&one, &two, "observed_at");
    fill(&two, &other_place);
    two.proposed_severity = SANJI__SEVERITY__SEVERITY_S2;
    expect_one(&one, &two, "severity");
    fill(&two, &other_place);
    two.device_id = device;
    expect_one(&one, &two, "device");
    two.device_id = one.device_id;
    two.confidence_permille = 1;
    expect_one(&one, &two, "device");
    fill(&two, &other_place);
    two.confidential = true;
    expect_one(&one, &two, "flags");
    fill(&two, &other_place);
    two.worker = worker;
    expect_one(&one, &two, "flags");
    fill(&two, &other_place);
    sealed.text = words;
    two.sealed = &sealed;
    expect_one(&one, &two, "sealed");
    fill(&two, &other_place);
    two.n_evidence = 1;
    two.evidence = evidences;
    expect_one(&one, &two, "sealed");
}

static void several_differences_are_all_named(void **state)
{
    (void)state;
    Sanji__Submission one;
    Sanji__Submission two;
    Sanji__Place place;
    Sanji__Place other_place;
    const char *names[8];
    fill(&one, &place);
    fill(&two, &other_place);
    two.category = other_category;
    two.confidential = true;
    assert_int_equal(differs(&one, &two, names), 2);
    assert_string_equal(names[0], "category");
    assert_string_equal(names[1], "flags");
}

static void a_reference_is_its_system_and_its_text_apart(void **state)
{
    (void)state;
    uint8_t a[KEYSTORE_HMAC_SIZE];
    uint8_t b[KEYSTORE_HMAC_SIZE];
    reference_digest("eh", "sy-1", keystore, a);
    reference_digest("ehs", "y-1", keystore, b);
    assert_memory_not_equal(a, b, sizeof a);
    reference_digest("eh", "sy-1", keystore, b);
    assert_memory_equal(a, b, sizeof a);
}

static void statements_differ_by_their_groups(void **state)
{
    (void)state;
    Sanji__Statement one = SANJI__STATEMENT__INIT;
    Sanji__Statement two = SANJI__STATEMENT__INIT;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    uint8_t x[KEYSTORE_HMAC_SIZE];
    uint8_t y[KEYSTORE_HMAC_SIZE];
    const char *names[8];
    one.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK;
    two.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_DECLINE;
    fields.offer = 7;
    two.fields = &fields;
    statement_digest(&one, keystore, x);
    statement_digest(&two, keystore, y);
    assert_int_equal(submission_differs(x, y, true, names), 2);
    assert_string_equal(names[0], "kind");
    assert_string_equal(names[1], "fields");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_fields_on_the_wire_does_not_matter),
        cmocka_unit_test(each_difference_names_its_group),
        cmocka_unit_test(several_differences_are_all_named),
        cmocka_unit_test(a_reference_is_its_system_and_its_text_apart),
        cmocka_unit_test(statements_differ_by_their_groups),
    };
    return cmocka_run_group_tests_name("digest", tests, open_keys, close_keys);
}
