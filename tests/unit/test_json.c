/* test_json.c: JSON both ways (records.md 5), and everything that is refused on the way in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/runtime/json.h"
#include "door.pb-c.h"
#include "event.pb-c.h"
#include "proto/codec.h"
#include "proto/id.h"
#include "proto/limits.h"
#include "proto/time.h"
#include "proto/vocab.h"

enum {
    ARENA_SIZE = 512 * 1024,
    ENVELOPE_SIZE = 4096
};

static struct arena *arena;
static struct json_fault fault;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(ARENA_SIZE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static enum status read_text(const ProtobufCMessageDescriptor *descriptor, const char *line,
                             ProtobufCMessage **message)
{
    struct bytes bytes = {.data = (const uint8_t *)line, .size = strlen(line)};
    return json_read(descriptor, bytes, arena, message, &fault);
}

static Sanji__Submission *submission(const char *line)
{
    ProtobufCMessage *message = NULL;
    if (read_text(&sanji__submission__descriptor, line, &message) != STATUS_OK) {
        fail_msg("%s: %s (%s)", fault.field, fault.reason, fault.expected);
    }
    return (Sanji__Submission *)message;
}

static Sanji__Statement *statement(const char *line)
{
    ProtobufCMessage *message = NULL;
    if (read_text(&sanji__statement__descriptor, line, &message) != STATUS_OK) {
        fail_msg("%s: %s (%s)", fault.field, fault.reason, fault.expected);
    }
    return (Sanji__Statement *)message;
}

// Expects a refusal of this field and returns what was said.
static const struct json_fault *refused(const ProtobufCMessageDescriptor *descriptor,
                                        const char *line, const char *field)
{
    ProtobufCMessage *message = NULL;
    assert_int_equal(read_text(descriptor, line, &message), STATUS_INVALID);
    assert_int_equal(fault.status, STATUS_INVALID);
    assert_null(message);
    assert_string_equal(fault.field, field);
    assert_true(fault.reason[0] != '\0');
    return &fault;
}

static void assert_written(const ProtobufCMessage *message, const char *expected)
{
    json_t *value = json_write(message);
    char *line = json_line(value);
    json_decref(value);
    assert_string_equal(line, expected);
    free(line);
}

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char SUBMISSION[] =
    "{\"source_system\":\"ehsy\",\"source_ref\":\"t7-000412\",\"source\":\"HANDHELD\","
    "\"category\":\"02001\",\n \"place\":{\"grid\":\"370499.003.01.001.B03\","
    "\"building_no\":12,\"lat\":34.810012,\"lon\":117.320045,\"datum\":\"CGCS2000\","
    "\"accuracy_m\":20},\n \"observed_at\":\"2020-08-15T15:01:40+08:00\","
    "\"proposed_severity\":\"S2\",\"device_id\":\"hh-0031\",\"confidence_permille\":920,\n"
    " \"reporter_wants_contact\":true,\"confidential\":false,\"self_handled\":false,"
    "\"worker\":\"W00007\",\"status\":\"ACTUAL\",\n"
    " \"sealed\":{\"text\":\"东门消防通道被两辆车堵住\",\"contact\":\"13900000000\","
    "\"reporter\":\"张某\",\"address\":\"3号楼东侧\"},\n"
    " \"evidence\":[{\"ref\":\"photo/8812\",\"sha256\":\"" SHA "\","
    "\"media_type\":\"image/jpeg\",\"size_bytes\":181233}]}";

// ---- what is read ----

static void the_submission_of_the_contract_is_read(void **state)
{
    (void)state;
    const Sanji__Submission *s = submission(SUBMISSION);
    assert_string_equal(s->source_system, "ehsy");
    assert_string_equal(s->source_ref, "t7-000412");
    assert_int_equal(s->source, SANJI__SOURCE__SOURCE_HANDHELD);
    assert_string_equal(s->category, "02001");
    assert_string_equal(s->place->grid, "370499.003.01.001.B03");
    assert_int_equal(s->place->building_no, 12);
    assert_int_equal(s->place->lat_e6, 34810012);
    assert_int_equal(s->place->lon_e6, 117320045);
    assert_int_equal(s->place->datum, SANJI__DATUM__DATUM_CGCS2000);
    assert_int_equal(s->place->accuracy_m, 20);
    assert_int_equal(s->observed_at_ms, INT64_C(1597474900000));
    assert_int_equal(s->proposed_severity, SANJI__SEVERITY__SEVERITY_S2);
    assert_string_equal(s->device_id, "hh-0031");
    assert_int_equal(s->confidence_permille, 920);
    assert_true(s->reporter_wants_contact);
    assert_false(s->confidential);
    assert_string_equal(s->worker, "W00007");
    assert_int_equal(s->status, SANJI__MSG_STATUS__MSG_STATUS_ACTUAL);
    assert_string_equal(s->sealed->text, "东门消防通道被两辆车堵住");
    assert_string_equal(s->sealed->address, "3号楼东侧");
    assert_int_equal(s->n_evidence, 1);
    assert_string_equal(s->evidence[0]->ref, "photo/8812");
    assert_int_equal(s->evidence[0]->sha256.len, 32);
    assert_int_equal(s->evidence[0]->sha256.data[1], 0x23);
    assert_int_equal(s->evidence[0]->size_bytes, 181233);
}

static void a_submission_written_is_the_one_that_was_read(void **state)
{
    (void)state;
    assert_written(
        &submission(SUBMISSION)->base,
        "{\"source_system\":\"ehsy\",\"source_ref\":\"t7-000412\",\"source\":\"HANDHELD\","
        "\"category\":\"02001\",\"place\":{\"grid\":\"370499.003.01.001.B03\","
        "\"lat\":34.810012,\"lon\":117.320045,\"datum\":\"CGCS2000\",\"accuracy_m\":20,"
        "\"building_no\":12},\"observed_at\":\"2020-08-15T07:01:40.000Z\","
        "\"proposed_severity\":\"S2\",\"device_id\":\"hh-0031\",\"confidence_permille\":"
        "920,"
        "\"reporter_wants_contact\":true,\"worker\":\"W00007\",\"status\":\"ACTUAL\","
        "\"sealed\":{\"text\":\"东门消防通道被两辆车堵住\",\"contact\":\"13900000000\","
        "\"reporter\":\"张某\",\"address\":\"3号楼东侧\"},\"evidence\":[{"
        "\"ref\":\"photo/8812\",\"sha256\":\"" SHA "\",\"media_type\":\"image/jpeg\","
        "\"size_bytes\":181233}]}");
}

static void an_ack_is_read_with_its_fields_beside_its_kind(void **state)
{
    (void)state;
    const Sanji__Statement *s = statement(
        "{\"source_system\":\"ehsy\",\"source_ref\":\"t7-000413\",\"kind\":\"ack\","
        "\"case_no\":\"37049900320200815000007\",\"offer\":18240,"
        "\"actor\":{\"role\":\"FULLTIME\",\"worker\":\"W00007\"}}");
    assert_int_equal(s->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK);
    assert_string_equal(s->case_no, "37049900320200815000007");
    assert_int_equal(s->fields->offer, 18240);
    assert_int_equal(s->actor->role, SANJI__ROLE__ROLE_FULLTIME);
    assert_string_equal(s->actor->worker, "W00007");
}

static void a_return_is_read(void **state)
{
    (void)state;
    const Sanji__Statement *s = statement(
        "{\"source_system\":\"desk-01\",\"source_ref\":\"d-88\",\"kind\":\"return\","
        "\"case_no\":\"37049900320200815000007\",\"if_version\":7,\"reason_code\":203,"
        "\"suggested_holder\":\"370499.003\",\"actor\":{\"role\":\"DISPATCHER\","
        "\"org\":\"370499.003.01\"},\"sealed\":{\"text\":\"不属本社区\"}}");
    assert_int_equal(s->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_RETURN);
    assert_int_equal(s->fields->if_version, 7);
    assert_int_equal(s->fields->reason_code, 203);
    assert_string_equal(s->fields->suggested_holder, "370499.003");
    assert_string_equal(s->actor->org, "370499.003.01");
    assert_string_equal(s->sealed->text, "不属本社区");
}

static void an_upstream_update_is_read_and_written_back(void **state)
{
    (void)state;
    static const char LINE[] =
        "{\"source_system\":\"e-hu-shan-ying\",\"source_ref\":\"u-4/3\","
        "\"kind\":\"upstream_update\",\"case_no\":\"37049900320200815000007\","
        "\"actor\":{\"role\":\"MUNICIPAL\"},\"resolution\":\"FIXED\",\"handover\":19002,"
        "\"update\":\"DONE\"}";
    const Sanji__Statement *s = statement(LINE);
    assert_int_equal(s->kind, SANJI__STATEMENT_KIND__STATEMENT_KIND_UPSTREAM_UPDATE);
    assert_int_equal(s->fields->handover, 19002);
    assert_int_equal(s->fields->update, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE);
    assert_int_equal(s->fields->resolution, SANJI__RESOLUTION__RESOLUTION_FIXED);
    assert_written(&s->base, LINE);
}

static void words_are_taken_in_any_case(void **state)
{
    (void)state;
    const Sanji__Submission *s = submission("{\"source\":\"hotline_12345\","
                                            "\"proposed_severity\":\"s1\"}");
    assert_int_equal(s->source, SANJI__SOURCE__SOURCE_HOTLINE_12345);
    assert_int_equal(s->proposed_severity, SANJI__SEVERITY__SEVERITY_S1);
    assert_int_equal(statement("{\"kind\":\"TAKE_BACK\"}")->kind,
                     SANJI__STATEMENT_KIND__STATEMENT_KIND_TAKE_BACK);
}

static void an_empty_object_is_a_message_without_values(void **state)
{
    (void)state;
    const Sanji__Submission *s = submission("{}");
    assert_string_equal(s->source_system, "");
    assert_null(s->place);
    assert_written(&s->base, "{}");
}

static void a_level_of_supervision_may_be_none(void **state)
{
    (void)state;
    const Sanji__Statement *s = statement("{\"level\":\"NONE\"}");
    assert_int_equal(s->fields->level, SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NONE);
}

static void whole_degrees_and_the_southern_half_are_read(void **state)
{
    (void)state;
    const Sanji__Place *place = submission("{\"place\":{\"lat\":-90,\"lon\":180}}")->place;
    assert_int_equal(place->lat_e6, -90000000);
    assert_int_equal(place->lon_e6, 180000000);
}

// ---- what is refused ----

static void an_unknown_field_is_named_with_the_nearest_one(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *descriptor = &sanji__submission__descriptor;
    assert_string_equal(refused(descriptor, "{\"sorce\":\"IOT\"}", "sorce")->expected,
                        "source");
    assert_string_equal(
        refused(descriptor, "{\"place\":{\"bulding_no\":3}}", "place.bulding_no")->expected,
        "building_no");
    assert_string_equal(
        refused(descriptor, "{\"place\":{\"lat_e6\":3}}", "place.lat_e6")->expected, "lat");
    assert_string_equal(
        refused(descriptor, "{\"observed_at_ms\":3}", "observed_at_ms")->expected,
        "observed_at");
    assert_string_equal(
        refused(&sanji__statement__descriptor, "{\"reason\":3}", "reason")->expected,
        "reason_code");
    refused(&sanji__statement__descriptor, "{\"fields\":{\"offer\":3}}", "fields");
}

static void a_key_that_stands_twice_is_refused(void **state)
{
    (void)state;
    refused(&sanji__submission__descriptor, "{\"source\":\"IOT\",\"source\":\"IOT\"}",
            "source");
    assert_string_equal(fault.reason, "the key stands twice");
    refused(&sanji__submission__descriptor, "{\"place\":{\"grid\":\"a\",\"grid\":\"b\"}}",
            "grid");
}

static void a_value_of_the_wrong_kind_is_refused(void **state)
{
    (void)state;

    static const struct {
        const char *line;
        const char *field;
    } WRONG[] = {
        {"{\"source_ref\":412}", "source_ref"},
        {"{\"source_ref\":null}", "source_ref"},
        {"{\"source\":1}", "source"},
        {"{\"place\":\"370499.003\"}", "place"},
        {"{\"place\":{\"building_no\":\"12\"}}", "place.building_no"},
        {"{\"place\":{\"building_no\":12.0}}", "place.building_no"},
        {"{\"place\":{\"lat\":\"34.8\"}}", "place.lat"},
        {"{\"observed_at\":1597474900000}", "observed_at"},
        {"{\"confidential\":0}", "confidential"},
        {"{\"confidential\":\"true\"}", "confidential"},
        {"{\"evidence\":{\"ref\":\"a\"}}", "evidence"},
        {"{\"evidence\":[{\"ref\":\"a\"},3]}", "evidence[1]"},
        {"{\"evidence\":[{},{},{\"sha256\":5}]}", "evidence[2].sha256"},
        {"{\"sealed\":[]}", "sealed"},
        {"[]", ""},
        {"\"text\"", ""},
    };

    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        refused(&sanji__submission__descriptor, WRONG[i].line, WRONG[i].field);
        assert_true(fault.expected[0] != '\0');
    }
}

static void a_number_out_of_range_is_refused_with_its_bounds(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *descriptor = &sanji__submission__descriptor;
    assert_string_equal(
        refused(descriptor, "{\"confidence_permille\":-1}", "confidence_permille")
            ->expected,
        "0 to 4294967295");
    refused(descriptor, "{\"confidence_permille\":4294967296}", "confidence_permille");
    assert_string_equal(
        refused(descriptor, "{\"place\":{\"lat\":90.1}}", "place.lat")->expected,
        "-90 to 90 degrees");
    refused(descriptor, "{\"place\":{\"lon\":-180.5}}", "place.lon");
    refused(&sanji__statement__descriptor, "{\"offer\":-1}", "offer");
    refused(&sanji__statement__descriptor, "{\"offer\":9223372036854775808}", "");
    assert_int_equal(statement("{\"offer\":9223372036854775807}")->fields->offer,
                     INT64_MAX);
}

static void an_unknown_word_is_refused_with_the_words_there_are(void **state)
{
    (void)state;
    assert_string_equal(refused(&sanji__submission__descriptor,
                                "{\"proposed_severity\":\"S5\"}", "proposed_severity")
                            ->expected,
                        "S1, S2, S3, S4");
    assert_non_null(
        strstr(refused(&sanji__submission__descriptor, "{\"source\":\"SONAR\"}", "source")
                   ->expected,
               "RESIDENT_APP"));
    // There are more kinds than fit: the near ones are named.
    const char *near =
        refused(&sanji__statement__descriptor, "{\"kind\":\"acept\"}", "kind")->expected;
    assert_non_null(strstr(near, "accept"));
    assert_null(strstr(near, "upstream"));
    refused(&sanji__statement__descriptor, "{\"kind\":\"unspecified\"}", "kind");
    assert_true(fault.expected[0] != '\0');
}

static void a_time_without_a_zone_is_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "2020-08-15T15:01:40",  "2020-08-15", "15:01:40+08:00",
        "2020-02-30T00:00:00Z", "",           "1969-12-31T23:59:59Z",
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        char line[96];
        int size = snprintf(line, sizeof line, "{\"observed_at\":\"%s\"}", WRONG[i]);
        assert_true(size > 0);
        refused(&sanji__submission__descriptor, line, "observed_at");
    }
}

static void a_hash_must_have_64_hexadecimal_digits(void **state)
{
    (void)state;
    refused(&sanji__submission__descriptor, "{\"evidence\":[{\"sha256\":\"0123\"}]}",
            "evidence[0].sha256");
    refused(&sanji__submission__descriptor,
            "{\"evidence\":[{\"sha256\":"
            "\"z123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}]}",
            "evidence[0].sha256");
}

static void a_line_over_64_kib_is_too_large(void **state)
{
    (void)state;
    static const char HEAD[] = "{\"source_ref\":\"";
    size_t size = JSON_LINE_SIZE_MAX + 1;
    char *line = malloc(size + 1);
    assert_non_null(line);
    memset(line, 'x', size);
    memcpy(line, HEAD, sizeof HEAD - 1);
    memcpy(line + size - 2, "\"}", 3);
    ProtobufCMessage *message = NULL;
    assert_int_equal(read_text(&sanji__submission__descriptor, line, &message),
                     STATUS_TOO_LARGE);
    assert_int_equal(fault.status, STATUS_TOO_LARGE);
    assert_null(message);
    // One byte less is read.
    memcpy(line + size - 3, "\"}", 3);
    assert_int_equal(read_text(&sanji__submission__descriptor, line, &message), STATUS_OK);
    free(line);
}

static void more_than_the_arena_holds_is_too_large(void **state)
{
    (void)state;
    struct arena *small = arena_new(sizeof(Sanji__Submission) + 64);
    static const char LINE[] = "{\"place\":{},\"evidence\":[{},{},{}]}";
    struct bytes bytes = {.data = (const uint8_t *)LINE, .size = strlen(LINE)};
    ProtobufCMessage *message = NULL;
    assert_int_equal(
        json_read(&sanji__submission__descriptor, bytes, small, &message, &fault),
        STATUS_TOO_LARGE);
    assert_null(message);
    arena_free(&small);
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    refused(&sanji__submission__descriptor, "{\"source_ref\":\"a\xff\"}", "");
    assert_string_equal(fault.expected, "UTF-8");
    refused(&sanji__submission__descriptor, "{\"source_ref\":\"a\xed\xa0\x80\"}", "");
    refused(&sanji__submission__descriptor, "{\"source_ref\":\"a\\u0000b\"}", "");
}

static void what_is_not_one_object_is_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "", "{", "{}{}", "{} x", "{\"source\":}", "{'a':1}", "{\"source_ref\":\"a\",}"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        refused(&sanji__submission__descriptor, WRONG[i], "");
    }
}

static void nesting_without_end_is_refused(void **state)
{
    (void)state;
    char line[8192];
    memset(line, '[', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    refused(&sanji__submission__descriptor, line, "");
}

static void a_refusal_never_repeats_a_sealed_text(void **state)
{
    (void)state;
    refused(&sanji__submission__descriptor, "{\"sealed\":{\"contact\":13900000000}}",
            "sealed.contact");
    assert_null(strstr(fault.reason, "139"));
    refused(&sanji__submission__descriptor, "{\"sealed\":{\"text\":\"secret\" x}}", "");
    assert_null(strstr(fault.reason, "secret"));
}

static void a_sealed_box_cannot_be_given(void **state)
{
    (void)state;
    refused(&sanji__said__descriptor, "{\"text\":{\"key_no\":7}}", "text");
}

static void each_word_of_each_enum_is_read_back(void **state)
{
    (void)state;
    for (unsigned kind = 1; kind < SAY_COUNT; kind++) {
        if (vocab_statement_name(kind) == NULL) {
            continue;
        }
        char line[64];
        int size =
            snprintf(line, sizeof line, "{\"kind\":\"%s\"}", vocab_statement_name(kind));
        assert_true(size > 0);
        const Sanji__Statement *s = statement(line);
        assert_int_equal((unsigned)s->kind, kind);
        assert_written(&s->base, line);
    }
}

// ---- records ----

static struct record record_of(Sanji__Envelope *envelope, uint8_t *room)
{
    struct record record = {.seq = 18240};
    size_t size = codec_pack(envelope, room, ENVELOPE_SIZE);
    assert_true(size > 0);
    record.envelope = (struct bytes){.data = room, .size = size};
    assert_int_equal(codec_header(envelope, record.envelope, &record.header), STATUS_OK);
    record.header.recorded_at_ms = INT64_C(1597474931412);
    record.header.writer = 4;
    return record;
}

static void fill_offer(Sanji__Envelope *e)
{
    e->schema_version = SCHEMA_VERSION;
    e->case_no = (char *)(uintptr_t) "37049900320200815000007";
    e->case_version = 4;
    e->state_after = SANJI__CASE_STATE__CASE_STATE_DISPATCHED;
    e->severity = SANJI__SEVERITY__SEVERITY_S2;
    e->category = (char *)(uintptr_t) "02001";
    e->tier = SANJI__TIER__TIER_COMMITTEE;
    e->area = (char *)(uintptr_t) "370499.003.01.001.B03";
    e->holder = (char *)(uintptr_t) "370499.003.01.001";
    e->team = (char *)(uintptr_t) "TB03";
    e->worker = (char *)(uintptr_t) "W00007";
    e->source_system = (char *)(uintptr_t) "ehsy";
    e->cause_seq = 18237;
}

static void assert_event(const struct record *record, const char *expected)
{
    json_t *event = json_event(record, 370499003, arena);
    char *line = json_line(event);
    json_decref(event);
    assert_string_equal(line, expected);
    free(line);
}

static void the_event_of_the_contract_is_written(void **state)
{
    (void)state;
    Sanji__Envelope e = SANJI__ENVELOPE__INIT;
    fill_offer(&e);
    Sanji__TimerChange cancel = SANJI__TIMER_CHANGE__INIT;
    cancel.op = SANJI__TIMER_OP__TIMER_OP_CANCEL;
    cancel.kind = SANJI__TIMER_KIND__TIMER_KIND_DISPATCH;
    Sanji__TimerChange arm = SANJI__TIMER_CHANGE__INIT;
    arm.op = SANJI__TIMER_OP__TIMER_OP_ARM;
    arm.kind = SANJI__TIMER_KIND__TIMER_KIND_ACK;
    arm.n = 1;
    arm.due_at_ms = INT64_C(1597475531412);
    arm.clock = SANJI__CLOCK__CLOCK_NATURAL;
    arm.budget_s = 600;
    Sanji__TimerChange *timers[] = {&cancel, &arm};
    e.timers = timers;
    e.n_timers = 2;
    Sanji__DispatchOffered offered = SANJI__DISPATCH_OFFERED__INIT;
    offered.worker = (char *)(uintptr_t) "W00007";
    offered.role = SANJI__ROLE__ROLE_FULLTIME;
    offered.attempt = 1;
    offered.effort_min = 45;
    offered.policy_version = 1;
    Sanji__Candidate first = SANJI__CANDIDATE__INIT;
    first.worker = (char *)(uintptr_t) "W00007";
    first.cost_permille = 812;
    Sanji__Candidate second = SANJI__CANDIDATE__INIT;
    second.worker = (char *)(uintptr_t) "W00003";
    second.reject = 1U << (FILTER_SKILL - 1);
    Sanji__Candidate *considered[] = {&first, &second};
    offered.considered = considered;
    offered.n_considered = 2;
    e.body_case = SANJI__ENVELOPE__BODY_DISPATCH_OFFERED;
    e.dispatch_offered = &offered;
    uint8_t room[ENVELOPE_SIZE];
    struct record record = record_of(&e, room);
    assert_event(
        &record,
        "{\"seq\":18240,\"recorded_at\":\"2020-08-15T07:02:11.412Z\","
        "\"type\":\"DispatchOffered\",\"case_no\":\"37049900320200815000007\",\"version\":"
        "4,"
        "\"state\":\"DISPATCHED\",\"severity\":\"S2\",\"category\":\"02001\","
        "\"tier\":\"COMMITTEE\",\"area\":\"370499.003.01.001.B03\","
        "\"holder\":\"370499.003.01.001\",\"team\":\"TB03\",\"worker\":\"W00007\","
        "\"source_system\":\"ehsy\",\"writer\":\"dispatch\",\"cause_seq\":18237,"
        "\"timers\":[{\"op\":\"CANCEL\",\"kind\":\"DISPATCH\"},{\"op\":\"ARM\","
        "\"kind\":\"ACK\",\"n\":1,\"due\":\"2020-08-15T07:12:11.412Z\","
        "\"clock\":\"NATURAL\",\"budget_s\":600}],"
        "\"dispatch_offered\":{\"worker\":\"W00007\",\"role\":\"FULLTIME\",\"attempt\":1,"
        "\"effort_min\":45,\"policy_version\":1,\"considered\":[{\"worker\":\"W00007\","
        "\"cost_permille\":812},{\"worker\":\"W00003\",\"reject\":[\"SKILL\"]}]}}");
}

static void a_statement_in_the_log_shows_its_fields_flat_and_its_text_sealed(void **state)
{
    (void)state;
    Sanji__Envelope e = SANJI__ENVELOPE__INIT;
    e.schema_version = SCHEMA_VERSION;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 203;
    uint8_t box[84] = {0};
    uint8_t hash[32] = {0xab};
    Sanji__Sealed text = SANJI__SEALED__INIT;
    text.key_no = 7;
    text.box = (ProtobufCBinaryData){.len = sizeof box, .data = box};
    Sanji__Said said = SANJI__SAID__INIT;
    said.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_RETURN;
    said.source_ref_hmac = (ProtobufCBinaryData){.len = sizeof hash, .data = hash};
    said.fields = &fields;
    said.text = &text;
    e.body_case = SANJI__ENVELOPE__BODY_SAID;
    e.said = &said;
    uint8_t room[ENVELOPE_SIZE];
    struct record record = record_of(&e, room);
    assert_event(&record,
                 "{\"seq\":18240,\"recorded_at\":\"2020-08-15T07:02:11.412Z\","
                 "\"type\":\"Said\",\"writer\":\"intake\",\"said\":{"
                 "\"kind\":\"return\",\"source_ref_hmac\":"
                 "\"ab00000000000000000000000000000000000000000000000000000000000000"
                 "\",\"reason_code\":203,"
                 "\"text\":{\"sealed\":true,\"key_no\":7,\"bytes\":84}}}");
}

static void the_writer_of_an_answer_is_the_decider_of_its_kind(void **state)
{
    (void)state;
    Sanji__Envelope e = SANJI__ENVELOPE__INIT;
    e.schema_version = SCHEMA_VERSION;
    Sanji__StatementRefused answer = SANJI__STATEMENT_REFUSED__INIT;
    answer.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK;
    Sanji__StatementKind allowed[] = {SANJI__STATEMENT_KIND__STATEMENT_KIND_ESCALATE,
                                      SANJI__STATEMENT_KIND__STATEMENT_KIND_TAKE_BACK};
    answer.allowed_now = allowed;
    answer.n_allowed_now = 2;
    e.body_case = SANJI__ENVELOPE__BODY_STATEMENT_REFUSED;
    e.statement_refused = &answer;
    uint8_t room[ENVELOPE_SIZE];
    struct record record = record_of(&e, room);
    assert_event(&record, "{\"seq\":18240,\"recorded_at\":\"2020-08-15T07:02:11.412Z\","
                          "\"type\":\"StatementRefused\",\"writer\":\"dispatch\","
                          "\"statement_refused\":{\"allowed_now\":[\"escalate\","
                          "\"take_back\"],\"kind\":\"ack\"}}");
}

static void a_record_of_an_unknown_type_keeps_its_bytes(void **state)
{
    (void)state;
    // schema_version 1, and an empty message in field 117
    static const uint8_t WIRE[] = {0x10, 0x01, 0xaa, 0x07, 0x00};
    struct record record = {.seq = 5,
                            .header = {.recorded_at_ms = INT64_C(1597474931412),
                                       .type = 117,
                                       .case_key = UINT64_C(20200815000007),
                                       .state = STATE_CLOSED},
                            .envelope = {.data = WIRE, .size = sizeof WIRE}};
    assert_event(&record, "{\"seq\":5,\"recorded_at\":\"2020-08-15T07:02:11.412Z\","
                          "\"type\":\"#117\",\"case_no\":\"37049900320200815000007\","
                          "\"state\":\"CLOSED\",\"raw\":\"EAGqBwA=\"}");
}

static void a_record_that_does_not_decode_is_shown_with_its_bytes(void **state)
{
    (void)state;
    static const uint8_t WIRE[] = {0xff, 0xff};
    struct record record = {
        .seq = 5,
        .header = {.recorded_at_ms = INT64_C(1597474931412), .type = 60},
        .envelope = {.data = WIRE, .size = sizeof WIRE}};
    assert_event(&record, "{\"seq\":5,\"recorded_at\":\"2020-08-15T07:02:11.412Z\","
                          "\"type\":\"#60\",\"writer\":\"dispatch\",\"raw\":\"//8=\"}");
}

static void the_largest_numbers_are_not_rounded(void **state)
{
    (void)state;
    Sanji__Receipt receipt = SANJI__RECEIPT__INIT;
    receipt.outcome = SANJI__OUTCOME__OUTCOME_PII_REFUSED;
    receipt.seq = INT64_MAX;
    assert_written(&receipt.base,
                   "{\"outcome\":\"pii_refused\",\"seq\":9223372036854775807}");
    receipt.seq = UINT64_MAX;
    assert_written(&receipt.base,
                   "{\"outcome\":\"pii_refused\",\"seq\":\"18446744073709551615\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_submission_of_the_contract_is_read),
        cmocka_unit_test(a_submission_written_is_the_one_that_was_read),
        cmocka_unit_test(an_ack_is_read_with_its_fields_beside_its_kind),
        cmocka_unit_test(a_return_is_read),
        cmocka_unit_test(an_upstream_update_is_read_and_written_back),
        cmocka_unit_test(words_are_taken_in_any_case),
        cmocka_unit_test(an_empty_object_is_a_message_without_values),
        cmocka_unit_test(a_level_of_supervision_may_be_none),
        cmocka_unit_test(whole_degrees_and_the_southern_half_are_read),
        cmocka_unit_test(an_unknown_field_is_named_with_the_nearest_one),
        cmocka_unit_test(a_key_that_stands_twice_is_refused),
        cmocka_unit_test(a_value_of_the_wrong_kind_is_refused),
        cmocka_unit_test(a_number_out_of_range_is_refused_with_its_bounds),
        cmocka_unit_test(an_unknown_word_is_refused_with_the_words_there_are),
        cmocka_unit_test(a_time_without_a_zone_is_refused),
        cmocka_unit_test(a_hash_must_have_64_hexadecimal_digits),
        cmocka_unit_test(a_line_over_64_kib_is_too_large),
        cmocka_unit_test(more_than_the_arena_holds_is_too_large),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
        cmocka_unit_test(what_is_not_one_object_is_refused),
        cmocka_unit_test(nesting_without_end_is_refused),
        cmocka_unit_test(a_refusal_never_repeats_a_sealed_text),
        cmocka_unit_test(a_sealed_box_cannot_be_given),
        cmocka_unit_test(each_word_of_each_enum_is_read_back),
        cmocka_unit_test(the_event_of_the_contract_is_written),
        cmocka_unit_test(a_statement_in_the_log_shows_its_fields_flat_and_its_text_sealed),
        cmocka_unit_test(the_writer_of_an_answer_is_the_decider_of_its_kind),
        cmocka_unit_test(a_record_of_an_unknown_type_keeps_its_bytes),
        cmocka_unit_test(a_record_that_does_not_decode_is_shown_with_its_bytes),
        cmocka_unit_test(the_largest_numbers_are_not_rounded),
    };
    return cmocka_run_group_tests_name("json", tests, setup, teardown);
}
