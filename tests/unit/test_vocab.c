/* test_vocab.c: the tables of vocab.h against the .proto files, number by number, and the
 * shape of all messages: none is recursive, none deeper than the wire check lets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <string.h>

#include "admin.pb-c.h"
#include "door.pb-c.h"
#include "event.pb-c.h"
#include "log.pb-c.h"
#include "proto/limits.h"
#include "proto/vocab.h"
#include "query.pb-c.h"
#include "rules.pb-c.h"

enum {
    NUMBERS_TRIED = 1000
};

typedef const char *(*name_fn)(unsigned number);

// The word of an enum's value, "IN_PROGRESS" of CASE_STATE_IN_PROGRESS; NULL where the enum
// has no such value or it is UNSPECIFIED.
static const char *word_of(const ProtobufCEnumDescriptor *words, const char *prefix,
                           unsigned number)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(words, (int)number);
    if (value == NULL || number == 0) {
        return NULL;
    }
    assert_memory_equal(value->name, prefix, strlen(prefix));
    return value->name + strlen(prefix);
}

static void assert_same_words(const ProtobufCEnumDescriptor *words, const char *prefix,
                              name_fn name_of)
{
    for (unsigned number = 0; number < NUMBERS_TRIED; number++) {
        const char *word = word_of(words, prefix, number);
        const char *name = name_of(number);
        if (word == NULL || name == NULL) {
            assert_ptr_equal(word, name);
        } else {
            assert_string_equal(name, word);
        }
    }
}

static const char *tier_name(unsigned number)
{
    static const char *const names[] = {
        [TIER_GRID] = "GRID",           [TIER_COMMITTEE] = "COMMITTEE",
        [TIER_COMMUNITY] = "COMMUNITY", [TIER_SUBDISTRICT] = "SUBDISTRICT",
        [TIER_MUNICIPAL] = "MUNICIPAL",
    };
    return number < sizeof names / sizeof names[0] ? names[number] : NULL;
}

static const char *severity_name(unsigned number)
{
    static const char *const names[] = {[SEVERITY_S1] = "S1",
                                        [SEVERITY_S2] = "S2",
                                        [SEVERITY_S3] = "S3",
                                        [SEVERITY_S4] = "S4"};
    return number < sizeof names / sizeof names[0] ? names[number] : NULL;
}

static void enums_have_the_numbers_of_the_proto_files(void **state)
{
    (void)state;
    assert_same_words(&sanji__case_state__descriptor, "CASE_STATE_", vocab_state_name);
    assert_same_words(&sanji__timer_kind__descriptor, "TIMER_KIND_", vocab_timer_name);
    assert_same_words(&sanji__role__descriptor, "ROLE_", vocab_role_name);
    assert_same_words(&sanji__tier__descriptor, "TIER_", tier_name);
    assert_same_words(&sanji__severity__descriptor, "SEVERITY_", severity_name);
}

static void statements_are_the_words_of_the_proto_file_in_small_letters(void **state)
{
    (void)state;
    for (unsigned number = 0; number < NUMBERS_TRIED; number++) {
        const char *word =
            word_of(&sanji__statement_kind__descriptor, "STATEMENT_KIND_", number);
        const char *name = vocab_statement_name(number);
        assert_int_equal(name == NULL, word == NULL);
        if (word == NULL || name == NULL) {
            continue;
        }
        assert_int_equal(strlen(name), strlen(word));
        for (size_t i = 0; word[i] != '\0'; i++) {
            assert_int_equal(name[i], tolower((unsigned char)word[i]));
        }
    }
}

static void counts_are_one_above_the_last_number(void **state)
{
    (void)state;
    assert_null(vocab_state_name(STATE_COUNT));
    assert_non_null(vocab_state_name(STATE_COUNT - 1));
    assert_null(vocab_timer_name(TIMER_COUNT));
    assert_non_null(vocab_timer_name(TIMER_COUNT - 1));
    assert_null(vocab_statement_name(SAY_COUNT));
    assert_non_null(vocab_statement_name(SAY_COUNT - 1));
    assert_null(vocab_role_name(ROLE_COUNT));
    assert_non_null(vocab_role_name(ROLE_COUNT - 1));
    assert_null(vocab_filter_name(FILTER_COUNT));
    assert_non_null(vocab_filter_name(FILTER_COUNT - 1));
}

// "CASE_RECEIVED" is the table's spelling of "CaseReceived".
static void assert_same_event(const char *table, const char *message)
{
    bool starts_word = true;
    for (; *table != '\0'; table++) {
        if (*table == '_') {
            starts_word = true;
            continue;
        }
        int letter = starts_word ? *table : tolower((unsigned char)*table);
        assert_int_equal(*message, letter);
        starts_word = false;
        message++;
    }
    assert_int_equal(*message, '\0');
}

static const struct {
    const char *name;
    unsigned number;
} events[] = {

#define X(name, number, code, owner, zh) {#name, number},
    VOCAB_EVENTS(X)
#undef X
};

enum {
    EVENT_TABLE_COUNT = sizeof events / sizeof events[0]
};

static void events_are_the_bodies_of_an_envelope(void **state)
{
    (void)state;
    for (size_t i = 0; i < EVENT_TABLE_COUNT; i++) {
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(
            &sanji__envelope__descriptor, events[i].number);
        assert_non_null(field);
        assert_true((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0);
        const ProtobufCMessageDescriptor *body = field->descriptor;
        assert_same_event(events[i].name, body->short_name);
        assert_string_equal(vocab_event_name(events[i].number), body->short_name);
    }
    size_t bodies = 0;
    for (unsigned i = 0; i < sanji__envelope__descriptor.n_fields; i++) {
        bodies += (sanji__envelope__descriptor.fields[i].flags &
                   PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    }
    assert_int_equal(bodies, EVENT_TABLE_COUNT);
}

static void every_event_has_a_code_of_four_letters_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NUMBERS_TRIED; i++) {
        const char *code = vocab_event_code(i);
        assert_int_equal(code == NULL, vocab_event_name(i) == NULL);
        assert_int_equal(code == NULL, vocab_event_zh(i) == NULL);
        if (code == NULL) {
            continue;
        }
        assert_int_equal(strlen(code), 4);
        assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz"), 4);
        for (unsigned j = 0; j < i; j++) {
            const char *other = vocab_event_code(j);
            assert_true(other == NULL || strcmp(code, other) != 0);
        }
    }
}

static void assert_words(name_fn name_of, name_fn words)
{
    for (unsigned i = 0; i < NUMBERS_TRIED; i++) {
        const char *word = words(i);
        assert_int_equal(word == NULL, name_of(i) == NULL);
        assert_true(word == NULL || word[0] != '\0');
    }
}

static void what_has_a_name_has_chinese_words(void **state)
{
    (void)state;
    assert_words(vocab_state_name, vocab_state_zh);
    assert_words(vocab_state_name, vocab_state_en);
    assert_words(vocab_timer_name, vocab_timer_zh);
    assert_words(vocab_statement_name, vocab_statement_zh);
    assert_words(vocab_role_name, vocab_role_zh);
    assert_words(vocab_filter_name, vocab_filter_zh);
}

static void names_lead_back_to_their_numbers(void **state)
{
    (void)state;
    for (unsigned i = 1; i < NUMBERS_TRIED; i++) {
        const char *name = vocab_event_name(i);
        assert_true(name == NULL || vocab_event_type(name) == i);
        name = vocab_state_name(i);
        assert_true(name == NULL || vocab_state(name) == i);
        name = vocab_statement_name(i);
        assert_true(name == NULL || vocab_statement(name) == i);
        name = vocab_role_name(i);
        assert_true(name == NULL || vocab_role(name) == i);
    }
}

static void the_case_of_a_name_does_not_matter(void **state)
{
    (void)state;
    assert_int_equal(vocab_event_type("DispatchOffered"), EVENT_DISPATCH_OFFERED);
    assert_int_equal(vocab_event_type("dispatchoffered"), EVENT_DISPATCH_OFFERED);
    assert_int_equal(vocab_state("In_Progress"), STATE_IN_PROGRESS);
    assert_int_equal(vocab_statement("UPSTREAM_UPDATE"), SAY_UPSTREAM_UPDATE);
    assert_int_equal(vocab_role("fulltime"), ROLE_FULLTIME);
}

static void what_is_no_name_is_0(void **state)
{
    (void)state;
    static const char *const bad[] = {"",  " ", "UNSPECIFIED", "NONE",
                                      "0", "1", "IN PROGRESS"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(vocab_event_type(bad[i]), 0);
        assert_int_equal(vocab_state(bad[i]), 0);
        assert_int_equal(vocab_statement(bad[i]), 0);
        assert_int_equal(vocab_role(bad[i]), 0);
        assert_int_equal(vocab_owner(bad[i]), OWNER_NONE);
    }
}

static void an_event_may_be_asked_for_by_its_number(void **state)
{
    (void)state;
    assert_int_equal(vocab_event_type("#60"), EVENT_DISPATCH_OFFERED);
    assert_int_equal(vocab_event_type("#109"), EVENT_RULES_PUBLISHED);
    assert_int_equal(vocab_event_type("#255"), 255); // a later version's
    static const char *const bad[] = {"#",   "#0",  "#256", "#99999999999",
                                      "#-1", "#6x", "# 60"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(vocab_event_type(bad[i]), 0);
    }
}

static void a_field_that_is_no_body_is_no_event(void **state)
{
    (void)state;
    assert_null(vocab_event_name(2));  // schema_version
    assert_null(vocab_event_name(17)); // actor: a message, but not of the body
    assert_null(vocab_event_name(77));
    assert_null(vocab_event_name(0));
}

static void five_owners_have_names_and_only_those(void **state)
{
    (void)state;
    static const char *const names[] = {
        [OWNER_BROKER] = "broker",         [OWNER_INTAKE] = "intake",
        [OWNER_ESCALATION] = "escalation", [OWNER_DISPATCH] = "dispatch",
        [OWNER_AUDIT] = "audit",
    };
    for (int i = OWNER_BROKER; i <= OWNER_AUDIT; i++) {
        assert_string_equal(vocab_owner_name((enum owner)i), names[i]);
        assert_int_equal(vocab_owner(names[i]), i);
    }
    assert_null(vocab_owner_name(OWNER_NONE));
    assert_null(vocab_owner_name(OWNER_BY_KIND));
    assert_null(vocab_owner_name((enum owner)(OWNER_BY_KIND + 1)));
    assert_int_equal(vocab_owner("casebook"), OWNER_NONE);
    assert_int_equal(vocab_owner("Intake"), OWNER_NONE);
    assert_int_equal(vocab_owner("intake "), OWNER_NONE);
}

static void every_event_timer_and_statement_has_an_owner(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NUMBERS_TRIED; i++) {
        enum owner owner = vocab_event_owner(i);
        assert_int_equal(owner == OWNER_NONE, vocab_event_name(i) == NULL);
        bool by_kind = i == EVENT_TIMER_FIRED || i == EVENT_STATEMENT_REFUSED;
        assert_int_equal(owner == OWNER_BY_KIND, by_kind);
        owner = vocab_timer_owner(i);
        assert_int_equal(owner == OWNER_NONE, vocab_timer_name(i) == NULL);
        assert_true(owner == OWNER_NONE || owner == OWNER_INTAKE ||
                    owner == OWNER_ESCALATION || owner == OWNER_DISPATCH);
        owner = vocab_statement_decider(i);
        assert_int_equal(owner == OWNER_NONE, vocab_statement_name(i) == NULL);
        assert_true(owner == OWNER_NONE || owner == OWNER_INTAKE ||
                    owner == OWNER_ESCALATION || owner == OWNER_DISPATCH);
    }
}

static void owners_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_int_equal(vocab_event_owner(EVENT_LOG_OPENED), OWNER_BROKER);
    assert_int_equal(vocab_event_owner(EVENT_CASE_CLOSED), OWNER_INTAKE);
    assert_int_equal(vocab_event_owner(EVENT_SEVERITY_CHANGED), OWNER_ESCALATION);
    assert_int_equal(vocab_event_owner(EVENT_DISPATCH_EXHAUSTED), OWNER_DISPATCH);
    assert_int_equal(vocab_event_owner(EVENT_AUDIT_FOUND), OWNER_AUDIT);
    assert_int_equal(vocab_timer_owner(TIMER_REOPEN_WINDOW), OWNER_INTAKE);
    assert_int_equal(vocab_timer_owner(TIMER_RESOLVE), OWNER_ESCALATION);
    assert_int_equal(vocab_timer_owner(TIMER_ACK), OWNER_DISPATCH);
    assert_int_equal(vocab_statement_decider(SAY_ERASE), OWNER_INTAKE);
    assert_int_equal(vocab_statement_decider(SAY_APPEAL), OWNER_ESCALATION);
    assert_int_equal(vocab_statement_decider(SAY_WORKLOG), OWNER_DISPATCH);
}

static const ProtobufCMessageDescriptor *const roots[] = {
    &sanji__envelope__descriptor,    &sanji__log_request__descriptor,
    &sanji__log_reply__descriptor,   &sanji__door_request__descriptor,
    &sanji__door_reply__descriptor,  &sanji__admin_request__descriptor,
    &sanji__admin_reply__descriptor, &sanji__query_request__descriptor,
    &sanji__query_reply__descriptor, &sanji__org__descriptor,
    &sanji__roster__descriptor,      &sanji__sla__descriptor,
    &sanji__calendar__descriptor,    &sanji__policy__descriptor,
    &sanji__labels__descriptor,
};

static void assert_not_on(const ProtobufCMessageDescriptor **trail, unsigned depth,
                          const ProtobufCMessageDescriptor *inner)
{
    for (unsigned i = 0; i < depth; i++) {
        if (trail[i] == inner) {
            fail_msg("%s contains itself", inner->name);
        }
    }
}

// Walks every message below trail[depth - 1], the way there standing in `trail`.
static void walk(const ProtobufCMessageDescriptor **trail, unsigned depth)
{
    const ProtobufCMessageDescriptor *top = trail[depth - 1];
    for (unsigned i = 0; i < top->n_fields; i++) {
        if (top->fields[i].type != PROTOBUF_C_TYPE_MESSAGE) {
            continue;
        }
        const ProtobufCMessageDescriptor *inner = top->fields[i].descriptor;
        assert_not_on(trail, depth, inner);
        if (depth == WIRE_DEPTH_MAX) {
            fail_msg("%s lies deeper than the wire check lets through", inner->name);
        }
        trail[depth] = inner;
        walk(trail, depth + 1);
    }
}

static void no_message_is_recursive_or_too_deep(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        const ProtobufCMessageDescriptor *trail[WIRE_DEPTH_MAX] = {roots[i]};
        walk(trail, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enums_have_the_numbers_of_the_proto_files),
        cmocka_unit_test(statements_are_the_words_of_the_proto_file_in_small_letters),
        cmocka_unit_test(counts_are_one_above_the_last_number),
        cmocka_unit_test(events_are_the_bodies_of_an_envelope),
        cmocka_unit_test(every_event_has_a_code_of_four_letters_of_its_own),
        cmocka_unit_test(what_has_a_name_has_chinese_words),
        cmocka_unit_test(names_lead_back_to_their_numbers),
        cmocka_unit_test(the_case_of_a_name_does_not_matter),
        cmocka_unit_test(what_is_no_name_is_0),
        cmocka_unit_test(an_event_may_be_asked_for_by_its_number),
        cmocka_unit_test(a_field_that_is_no_body_is_no_event),
        cmocka_unit_test(five_owners_have_names_and_only_those),
        cmocka_unit_test(every_event_timer_and_statement_has_an_owner),
        cmocka_unit_test(owners_are_those_of_the_contract),
        cmocka_unit_test(no_message_is_recursive_or_too_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
