/* test_codec.c: envelopes round, and the header that repeats them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"
#include "proto/id.h"
#include "proto/limits.h"
#include "proto/org.h"
#include "proto/vocab.h"
#include "tests/unit/sample.h"

enum {
    ARENA_SIZE = 1024 * 1024
};

static int make_arena(void **state)
{
    *state = arena_new(ARENA_SIZE);
    return 0;
}

static int free_arena(void **state)
{
    struct arena *arena = *state;
    arena_free(&arena);
    return 0;
}

static void an_envelope_of_every_kind_goes_round_unchanged(void **state)
{
    struct arena *arena = *state;
    unsigned type = 0;
    for (unsigned n = 0; (type = sample_body(n)) != 0; n++) {
        arena_reset(arena);
        Sanji__Envelope *envelope = sample_envelope(type, arena);
        uint8_t first[4096];
        uint8_t second[4096];
        size_t size = codec_pack(envelope, first, sizeof first);
        assert_true(size > 0);
        Sanji__Envelope *read = NULL;
        struct bytes wire = {.data = first, .size = size};
        assert_int_equal(codec_unpack(wire, arena, &read), STATUS_OK);
        assert_int_equal(read->body_case, type);
        assert_string_equal(read->case_no, envelope->case_no);
        assert_int_equal(codec_pack(read, second, sizeof second), size);
        assert_memory_equal(first, second, size);
    }
}

static void only_schema_version_1_is_read(void **state)
{
    struct arena *arena = *state;
    static const uint8_t versions[] = {0, 2, 127};
    for (size_t i = 0; i < sizeof versions; i++) {
        Sanji__Envelope *envelope = sample_envelope(EVENT_SAID, arena);
        envelope->schema_version = versions[i];
        struct bytes wire = sample_pack(&envelope->base, arena);
        Sanji__Envelope *read = NULL;
        assert_int_equal(codec_unpack(wire, arena, &read), STATUS_BAD_VERSION);
        assert_null(read);
    }
    Sanji__Envelope *read = NULL;
    assert_int_equal(codec_unpack((struct bytes){.data = NULL, .size = 0}, arena, &read),
                     STATUS_BAD_VERSION);
}

static void a_body_of_an_unknown_type_is_kept_apart(void **state)
{
    struct arena *arena = *state;
    // schema_version 1, and field 200 with 3 bytes: what a later version may write.
    static const uint8_t wire[] = {0x10, 0x01, 0xc2, 0x0c, 0x03, 0xff, 0xff, 0xff};
    Sanji__Envelope *read = NULL;
    assert_int_equal(codec_unpack((struct bytes){wire, sizeof wire}, arena, &read),
                     STATUS_OK);
    assert_int_equal(read->body_case, SANJI__ENVELOPE__BODY__NOT_SET);
}

static void what_the_wire_check_refuses_is_refused_here(void **state)
{
    struct arena *arena = *state;
    static const uint8_t cut[] = {0x10, 0x01, 0x42, 0x05, '3'};
    static const uint8_t latin[] = {0x10, 0x01, 0x42, 0x01, 0xe9};
    static const uint8_t no_such_state[] = {0x10, 0x01, 0x50, 0x63};
    Sanji__Envelope *read = NULL;
    assert_int_equal(codec_unpack((struct bytes){cut, sizeof cut}, arena, &read),
                     STATUS_MALFORMED);
    assert_int_equal(codec_unpack((struct bytes){latin, sizeof latin}, arena, &read),
                     STATUS_BAD_UTF8);
    assert_int_equal(
        codec_unpack((struct bytes){no_such_state, sizeof no_such_state}, arena, &read),
        STATUS_INVALID);
    assert_null(read);
}

static void pack_refuses_what_has_no_room(void **state)
{
    struct arena *arena = *state;
    Sanji__Envelope *envelope = sample_envelope(EVENT_CASE_RECEIVED, arena);
    size_t size = protobuf_c_message_get_packed_size(&envelope->base);
    uint8_t *out = malloc(size);
    assert_non_null(out);
    assert_int_equal(codec_pack(envelope, out, size - 1), 0);
    assert_int_equal(codec_pack(envelope, out, 0), 0);
    assert_int_equal(codec_pack(envelope, out, size), size);
    free(out);
}

static void pack_refuses_an_envelope_above_the_limit(void **state)
{
    struct arena *arena = *state;
    Sanji__Envelope *envelope = sample_envelope(EVENT_RULES_PUBLISHED, arena);
    uint8_t *out = malloc(2 * (size_t)RECORD_SIZE_MAX);
    assert_non_null(out);
    size_t without = protobuf_c_message_get_packed_size(&envelope->base);
    // Three bytes of content become the most there is room for; the two lengths in front of
    // it grow from one byte to three each.
    size_t most = RECORD_SIZE_MAX - without + 3 - 4;
    envelope->rules_published->content.data = arena_take(arena, most + 1);
    envelope->rules_published->content.len = most;
    assert_int_equal(codec_pack(envelope, out, 2 * (size_t)RECORD_SIZE_MAX),
                     RECORD_SIZE_MAX);
    envelope->rules_published->content.len = most + 1;
    assert_int_equal(codec_pack(envelope, out, 2 * (size_t)RECORD_SIZE_MAX), 0);
    free(out);
}

static void a_header_repeats_the_envelope(void **state)
{
    struct arena *arena = *state;
    Sanji__Envelope *envelope = sample_envelope(EVENT_DISPATCH_OFFERED, arena);
    envelope->severity = SANJI__SEVERITY__SEVERITY_S2;
    envelope->tier = SANJI__TIER__TIER_COMMITTEE;
    envelope->state_after = SANJI__CASE_STATE__CASE_STATE_DISPATCHED;
    envelope->sensitivity = SANJI__SENSITIVITY__SENSITIVITY_INTERNAL;
    envelope->status = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    envelope->cause_seq = 18237;
    struct bytes packed = sample_pack(&envelope->base, arena);
    struct record_header header = {.recorded_at_ms = 11, .writer = 12, .spare = 13};
    assert_int_equal(codec_header(envelope, packed, &header), STATUS_OK);
    struct org_path area;
    struct org_path holder;
    uint16_t team = 0;
    assert_int_equal(org_parse(envelope->area, &area), STATUS_OK);
    assert_int_equal(org_parse(envelope->holder, &holder), STATUS_OK);
    assert_int_equal(id_team_parse("TB03", &team), STATUS_OK);
    assert_int_equal(header.case_key, UINT64_C(20200815000007));
    assert_int_equal(header.cause_seq, 18237);
    assert_int_equal(header.crc, crc32c(0, packed.data, packed.size));
    assert_int_equal(header.area, area.packed);
    assert_int_equal(header.holder, holder.packed);
    assert_int_equal(header.worker, 7);
    assert_int_equal(header.source, id_source("ehsy"));
    assert_int_equal(header.team, team);
    assert_int_equal(header.type, EVENT_DISPATCH_OFFERED);
    assert_int_equal(header.flags, 0);
    assert_int_equal(header.severity, SEVERITY_S2);
    assert_int_equal(header.tier, TIER_COMMITTEE);
    assert_int_equal(header.state, STATE_DISPATCHED);
    assert_int_equal(header.spare, 0);
    // The broker's own fields stay as they are.
    assert_int_equal(header.recorded_at_ms, 11);
    assert_int_equal(header.writer, 12);
}

static void empty_names_are_zeros(void **state)
{
    struct arena *arena = *state;
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    Sanji__ClockMoved body = SANJI__CLOCK_MOVED__INIT;
    envelope.schema_version = SCHEMA_VERSION;
    envelope.body_case = SANJI__ENVELOPE__BODY_CLOCK_MOVED;
    envelope.clock_moved = &body;
    struct record_header header;
    memset(&header, 0xee, sizeof header);
    struct bytes packed = sample_pack(&envelope.base, arena);
    assert_int_equal(codec_header(&envelope, packed, &header), STATUS_OK);
    assert_int_equal(header.case_key, 0);
    assert_int_equal(header.cause_seq, 0);
    assert_int_equal(header.area, 0);
    assert_int_equal(header.holder, 0);
    assert_int_equal(header.worker, 0);
    assert_int_equal(header.team, 0);
    assert_int_equal(header.source, 0);
    assert_int_equal(header.severity, 0);
    assert_int_equal(header.tier, 0);
    assert_int_equal(header.state, 0);
    assert_int_equal(header.type, EVENT_CLOCK_MOVED);
}

static unsigned flags_for(unsigned type, Sanji__Sensitivity sensitivity,
                          Sanji__MsgStatus status, struct arena *arena)
{
    Sanji__Envelope *envelope = sample_envelope(type, arena);
    envelope->sensitivity = sensitivity;
    envelope->status = status;
    struct record_header header = {.flags = 0xff};
    struct bytes packed = sample_pack(&envelope->base, arena);
    assert_int_equal(codec_header(envelope, packed, &header), STATUS_OK);
    return header.flags;
}

static void flags_say_fact_restricted_exercise_and_test(void **state)
{
    struct arena *arena = *state;
    const Sanji__Sensitivity open = SANJI__SENSITIVITY__SENSITIVITY_PUBLIC;
    const Sanji__Sensitivity restricted = SANJI__SENSITIVITY__SENSITIVITY_RESTRICTED;
    const Sanji__MsgStatus actual = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    const Sanji__MsgStatus exercise = SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
    const Sanji__MsgStatus test = SANJI__MSG_STATUS__MSG_STATUS_TEST;
    assert_int_equal(flags_for(EVENT_NOTE_ADDED, open, actual, arena), 0);
    assert_int_equal(flags_for(EVENT_SAID, open, actual, arena), RECORD_FACT);
    assert_int_equal(flags_for(EVENT_NOTE_ADDED, restricted, actual, arena),
                     RECORD_RESTRICTED);
    assert_int_equal(flags_for(EVENT_NOTE_ADDED, open, exercise, arena), RECORD_EXERCISE);
    assert_int_equal(flags_for(EVENT_SAID, restricted, test, arena),
                     RECORD_FACT | RECORD_RESTRICTED | RECORD_TEST);
}

static void assert_no_header(const Sanji__Envelope *envelope, struct arena *arena)
{
    struct bytes packed = sample_pack(&envelope->base, arena);
    struct record_header header = {.case_key = 5, .type = 6};
    assert_int_equal(codec_header(envelope, packed, &header), STATUS_INVALID);
    assert_int_equal(header.case_key, 5);
    assert_int_equal(header.type, 6);
}

static void a_name_that_is_not_well_formed_is_invalid(void **state)
{
    struct arena *arena = *state;
    static const size_t names[] = {
        offsetof(Sanji__Envelope, case_no), offsetof(Sanji__Envelope, area),
        offsetof(Sanji__Envelope, holder),  offsetof(Sanji__Envelope, worker),
        offsetof(Sanji__Envelope, team),
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        Sanji__Envelope *envelope = sample_envelope(EVENT_NOTE_ADDED, arena);
        char *bad = arena_copy_text(arena, "no such name");
        memcpy((uint8_t *)envelope + names[i], &bad, sizeof(char *));
        assert_no_header(envelope, arena);
    }
}

static void an_envelope_without_a_body_has_no_header(void **state)
{
    struct arena *arena = *state;
    Sanji__Envelope *envelope = sample_envelope(EVENT_NOTE_ADDED, arena);
    envelope->body_case = SANJI__ENVELOPE__BODY__NOT_SET;
    assert_no_header(envelope, arena);
}

static void an_authors_enum_out_of_range_has_no_header(void **state)
{
    struct arena *arena = *state;
    Sanji__Envelope *envelope = sample_envelope(EVENT_NOTE_ADDED, arena);
    envelope->severity = (Sanji__Severity)(SEVERITY_S4 + 1);
    assert_no_header(envelope, arena);
    envelope = sample_envelope(EVENT_NOTE_ADDED, arena);
    envelope->tier = (Sanji__Tier)(TIER_MUNICIPAL + 1);
    assert_no_header(envelope, arena);
    envelope = sample_envelope(EVENT_NOTE_ADDED, arena);
    envelope->state_after = (Sanji__CaseState)STATE_COUNT;
    assert_no_header(envelope, arena);
    envelope->state_after = (Sanji__CaseState)(-1);
    assert_no_header(envelope, arena);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(an_envelope_of_every_kind_goes_round_unchanged),
        WITH_ARENA(only_schema_version_1_is_read),
        WITH_ARENA(a_body_of_an_unknown_type_is_kept_apart),
        WITH_ARENA(what_the_wire_check_refuses_is_refused_here),
        WITH_ARENA(pack_refuses_what_has_no_room),
        WITH_ARENA(pack_refuses_an_envelope_above_the_limit),
        WITH_ARENA(a_header_repeats_the_envelope),
        WITH_ARENA(empty_names_are_zeros),
        WITH_ARENA(flags_say_fact_restricted_exercise_and_test),
        WITH_ARENA(a_name_that_is_not_well_formed_is_invalid),
        WITH_ARENA(an_envelope_without_a_body_has_no_header),
        WITH_ARENA(an_authors_enum_out_of_range_has_no_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
