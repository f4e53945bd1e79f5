/* shape.c: the checks of submission.h: what an item must be like before anybody looks at the
 * rules. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/arena.h"
#include "proto/time.h"
#include "workers/intake/screen.h"
#include "workers/intake/submission.h"

enum {
    REASON_SIZE = 256,
    SHA256_SIZE = 32,
    DELETE = 0x7f,
    PERMILLE = 1000,
    PERCENT = 100
};

/* An item under inspection: the first fault wins. */
struct shape {
    struct arena *arena;
    Sanji__Receipt *receipt;
    bool sound;
};

static char *text(struct arena *arena, const char *value)
{
    static char none[] = "";
    char *copy = arena_copy_text(arena, value);
    return copy != NULL ? copy : none; // a full arena costs the words, not the refusal
}

static void wrong(struct shape *shape, const char *field, const char *expected,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

static void wrong(struct shape *shape, const char *field, const char *expected,
                  const char *format, ...)
{
    if (!shape->sound) {
        return;
    }
    char reason[REASON_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments); // cut off is fine
    va_end(arguments);
    shape->sound = false;
    shape->receipt->outcome = SANJI__OUTCOME__OUTCOME_INVALID;
    shape->receipt->field = text(shape->arena, field);
    shape->receipt->expected = text(shape->arena, expected);
    shape->receipt->reason = text(shape->arena, reason);
}

static bool has_control(const char *value)
{
    while (*value != '\0' && (unsigned char)*value >= ' ' && *value != DELETE) {
        value++;
    }
    return *value != '\0';
}

/* A clear text field: length, printable, no personal data. */
static void check_clear(struct shape *shape, const char *field, const char *value,
                        size_t size_max, bool required)
{
    const size_t size = strlen(value);
    if (required && size == 0) {
        wrong(shape, field, "1 character or more",
              "缺少必填字段 / a required field is missing");
    }
    if (size > size_max) {
        wrong(shape, field, "shorter", "过长: %zu 字节, 至多 %zu / %zu bytes, at most %zu",
              size, size_max, size, size_max);
    }
    if (has_control(value)) {
        wrong(shape, field, "printable characters", "含控制字符 / a control character");
    }
    const enum screen_hit hit = screen_text(value);
    if (hit != SCREEN_CLEAN && shape->sound) {
        wrong(shape, field, "a reference without personal data; words belong in `sealed`",
              "明文字段含%s / a clear field holds personal data", screen_name(hit));
        shape->receipt->outcome = SANJI__OUTCOME__OUTCOME_PII_REFUSED;
    }
}

static void check_name(struct shape *shape, const char *field, const char *value)
{
    const size_t good = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789._-");
    if (value[good] != '\0') {
        wrong(shape, field, "letters, digits, '.', '_', '-'",
              "含不允许的字符 / a character that a name cannot have at %zu", good + 1);
    }
}

static void check_evidence(struct shape *shape, Sanji__Evidence **evidence, size_t count)
{
    if (count > EVIDENCE_MAX) {
        wrong(shape, "evidence", "at most 16", "%zu 件证据,过多 / %zu pieces of evidence",
              count, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        check_clear(shape, "evidence.ref", evidence[i]->ref, EVIDENCE_REF_SIZE_MAX, true);
        check_clear(shape, "evidence.media_type", evidence[i]->media_type,
                    SOURCE_SYSTEM_SIZE_MAX * 2, false);
        if (evidence[i]->sha256.len != 0 && evidence[i]->sha256.len != SHA256_SIZE) {
            wrong(shape, "evidence.sha256", "64 hex digits", "%zu 字节 / %zu bytes",
                  evidence[i]->sha256.len, evidence[i]->sha256.len);
        }
    }
}

static void check_sealed(struct shape *shape, const Sanji__SealedText *sealed)
{
    if (sealed == NULL) {
        return;
    }

    const struct {
        const char *field;
        const char *value;
    } texts[] = {{"sealed.text", sealed->text},
                 {"sealed.contact", sealed->contact},
                 {"sealed.reporter", sealed->reporter},
                 {"sealed.address", sealed->address}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const size_t size = strlen(texts[i].value);
        if (size > SUBMISSION_TEXT_SIZE_MAX) {
            wrong(shape, texts[i].field, "at most 4096 bytes of UTF-8",
                  "过长: %zu 字节 / %zu bytes", size, size);
        }
    }
}

/* The number of a field that the message, or one inside it, should not have; 0: none. Its
 * depth is bounded: wire_unpack has let it through. */
static uint32_t find_unknown(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    const uint8_t *base = (const uint8_t *)message;
    uint32_t found = message->n_unknown_fields != 0 ? message->unknown_fields[0].tag : 0;
    for (unsigned i = 0; i < descriptor->n_fields && found == 0; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        const ProtobufCMessage *inner = NULL;
        if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
            continue;
        }
        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
            memcpy(&inner, base + field->offset, sizeof inner);
            found = inner != NULL ? find_unknown(inner) : 0;
            continue;
        }
        size_t count = 0;
        ProtobufCMessage *const *all = NULL;
        memcpy(&count, base + field->quantifier_offset, sizeof count);
        memcpy(&all, base + field->offset, sizeof all);
        for (size_t j = 0; j < count && found == 0; j++) {
            found = find_unknown(all[j]);
        }
    }
    return found;
}

static void check_unknown(struct shape *shape, const ProtobufCMessage *message)
{
    const uint32_t unknown = find_unknown(message);
    if (unknown != 0) {
        wrong(shape, "", "the fields of proto/door.proto",
              "含未知字段 %u / field %u is not known to this version", unknown, unknown);
    }
}

static void check_observed(struct shape *shape, int64_t observed_at_ms)
{
    if (observed_at_ms < TIME_MIN_MS || observed_at_ms > TIME_MAX_MS) {
        wrong(shape, "observed_at", "a time of the years 1 to 9999",
              "超出范围 / out of range");
    }
}

/* Every text of a statement's fields stands in the log in the clear, and for ever. */
static void check_fields(struct shape *shape, const Sanji__StatementFields *fields)
{
    const ProtobufCMessageDescriptor *descriptor = fields->base.descriptor;
    if (fields->percent > PERCENT) {
        wrong(shape, "percent", "0 to 100", "超出范围 / out of range");
    }
    check_evidence(shape, fields->evidence, fields->n_evidence);
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        const char *value = NULL;
        if (field->type == PROTOBUF_C_TYPE_STRING) {
            memcpy(&value, (const uint8_t *)fields + field->offset, sizeof value);
            check_clear(shape, field->name, value, SOURCE_REF_SIZE_MAX, false);
        }
    }
}

/* A statement has one text; what it cannot keep it must not take. */
static void check_said_sealed(struct shape *shape, const Sanji__SealedText *sealed)
{
    if (sealed != NULL && (sealed->contact[0] != '\0' || sealed->reporter[0] != '\0' ||
                           sealed->address[0] != '\0')) {
        wrong(shape, "sealed", "sealed.text alone",
              "陈述只有 sealed.text / a statement has no other sealed field");
    }
    check_sealed(shape, sealed);
}

static void check_place(struct shape *shape, const Sanji__Place *place)
{
    if (place == NULL) {
        wrong(shape, "place", "grid, a path above it, or lat, lon and datum",
              "缺少必填字段 / a required field is missing");
        return;
    }
    const bool point = place->datum != SANJI__DATUM__DATUM_UNSPECIFIED;
    struct org_path path;
    if (place->grid[0] == '\0' && !point) {
        wrong(shape, "place", "grid, a path above it, or lat, lon and datum",
              "既无网格也无带基准的坐标 / neither a grid nor a point with its datum");
    }
    if (place->grid[0] != '\0' && org_parse(place->grid, &path) != STATUS_OK) {
        wrong(shape, "place.grid", "MMMMMM.SSS.CC.RRR.GGG, e.g. 370499.003.01.001.B03",
              "不是组织路径 / not an org path");
    }
    if (place->lat_e6 > 90000000 || place->lat_e6 < -90000000) {
        wrong(shape, "place.lat", "-90 to 90", "超出范围 / out of range");
    }
    if (place->lon_e6 > 180000000 || place->lon_e6 < -180000000) {
        wrong(shape, "place.lon", "-180 to 180", "超出范围 / out of range");
    }
}

static struct shape shape_of(struct arena *arena, Sanji__Receipt *receipt)
{
    return (struct shape){.arena = arena, .receipt = receipt, .sound = true};
}

bool submission_check(const Sanji__Submission *submission, struct arena *arena,
                      Sanji__Receipt *receipt)
{
    struct shape shape = shape_of(arena, receipt);
    uint32_t category = 0;
    uint32_t worker = 0;
    check_unknown(&shape, &submission->base);
    check_clear(&shape, "source_system", submission->source_system, SOURCE_SYSTEM_SIZE_MAX,
                true);
    check_name(&shape, "source_system", submission->source_system);
    check_clear(&shape, "source_ref", submission->source_ref, SOURCE_REF_SIZE_MAX, true);
    check_clear(&shape, "device_id", submission->device_id, DEVICE_ID_SIZE_MAX, false);
    if (submission->source == SANJI__SOURCE__SOURCE_UNSPECIFIED) {
        wrong(&shape, "source", "HANDHELD, HOTLINE_12345, VIDEO, IOT, RESIDENT_APP, ...",
              "缺少必填字段 / a required field is missing");
    }
    if (id_category_parse(submission->category, &category) != STATUS_OK) {
        wrong(&shape, "category", "5 digits, e.g. 02001",
              "不是类别代码 / not a category code");
    }
    check_place(&shape, submission->place);
    check_evidence(&shape, submission->evidence, submission->n_evidence);
    check_sealed(&shape, submission->sealed);
    check_observed(&shape, submission->observed_at_ms);
    if (submission->confidence_permille > PERMILLE) {
        wrong(&shape, "confidence_permille", "0 to 1000", "超出范围 / out of range");
    }
    if (submission->worker[0] != '\0' &&
        id_worker_parse(submission->worker, &worker) != STATUS_OK) {
        wrong(&shape, "worker", "W and 5 digits, e.g. W00007",
              "不是人员编号 / not a worker");
    }
    if (submission->self_handled && (worker == 0 || submission->n_evidence == 0)) {
        wrong(&shape, worker == 0 ? "worker" : "evidence", "a worker and his evidence",
              "自行处置须有处置人和证据 / handled on the spot needs who and evidence");
    }
    return shape.sound;
}

bool statement_check(const Sanji__Statement *statement, struct arena *arena,
                     Sanji__Receipt *receipt)
{
    struct shape shape = shape_of(arena, receipt);
    const struct statement_rule *rule = statement_rule(statement->kind);
    uint32_t place = 0;
    uint64_t key = 0;
    check_unknown(&shape, &statement->base);
    check_clear(&shape, "source_system", statement->source_system, SOURCE_SYSTEM_SIZE_MAX,
                true);
    check_name(&shape, "source_system", statement->source_system);
    check_clear(&shape, "source_ref", statement->source_ref, SOURCE_REF_SIZE_MAX, true);
    if (rule == NULL) {
        wrong(&shape, "kind", "a kind of proto/PROTOCOL.md",
              "未知的陈述种类 / a kind of statement that does not exist");
    }
    if (statement->actor == NULL ||
        statement->actor->role == SANJI__ROLE__ROLE_UNSPECIFIED) {
        wrong(&shape, "actor.role", "FULLTIME, DISPATCHER, ...",
              "缺少必填字段 / a required field is missing");
    } else {
        check_clear(&shape, "actor.worker", statement->actor->worker, WORKER_SIZE, false);
        check_clear(&shape, "actor.org", statement->actor->org, ORG_TEXT_SIZE, false);
        check_clear(&shape, "actor.system", statement->actor->system,
                    SOURCE_SYSTEM_SIZE_MAX, false);
    }
    if (rule != NULL && rule->on_case &&
        id_case_parse(statement->case_no, &place, &key) != STATUS_OK) {
        wrong(&shape, "case_no", "23 digits", "不是案号 / not a case number");
    }
    if (rule != NULL && !rule->on_case && statement->sealed != NULL) {
        wrong(&shape, "sealed", "nothing: this kind is not about a case",
              "无案件则无密钥 / words are sealed under the key of a case");
    }
    if (statement->fields != NULL) {
        check_fields(&shape, statement->fields);
    }
    check_said_sealed(&shape, statement->sealed);
    check_observed(&shape, statement->observed_at_ms);
    return shape.sound;
}
