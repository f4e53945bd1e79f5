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
    PERMILLE = 1000,
    CODE_SIZE_MAX = 32,
    EFFORT_MIN_MAX = 30 * 24 * 60 /* a month without a break: a slip of the finger */
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

/* A clear text field: length, no personal data. */
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
    const enum screen_hit hit = screen_text(value);
    if (hit != SCREEN_CLEAN && shape->sound) {
        wrong(shape, field, "a reference without personal data; words belong in `sealed`",
              "明文字段含%s / a clear field holds personal data", screen_name(hit));
        shape->receipt->outcome = SANJI__OUTCOME__OUTCOME_PII_REFUSED;
    }
}

/* A clear text that goes into the log as it is: a reference or a code, never words. No
 * screen knows names, so what is not plain ASCII stays out. */
static void check_kept(struct shape *shape, const char *field, const char *value,
                       size_t size_max, bool required)
{
    check_clear(shape, field, value, size_max, required);
    for (size_t i = 0; value[i] != '\0'; i++) {
        if (value[i] < ' ' || value[i] > '~') {
            wrong(shape, field, "ASCII letters, digits and signs; words belong in `sealed`",
                  "含不允许的字符 / a character that a reference cannot have at %zu",
                  i + 1);
            return;
        }
    }
}

static void check_path(struct shape *shape, const char *field, const char *value)
{
    struct org_path path;
    if (value[0] != '\0' && org_parse(value, &path) != STATUS_OK) {
        wrong(shape, field, "MMMMMM.SSS.CC.RRR.GGG, e.g. 370499.003.01.001.B03",
              "不是组织路径 / not an org path");
    }
}

/* Returns the worker's number; 0: none given, or wrong. */
static uint32_t check_worker(struct shape *shape, const char *field, const char *value)
{
    uint32_t worker = 0;
    if (id_worker_parse(value, &worker) != STATUS_OK) {
        wrong(shape, field, "W and 5 digits, e.g. W00007", "不是人员编号 / not a worker");
    }
    return worker;
}

static void check_time(struct shape *shape, const char *field, int64_t at_ms)
{
    if (at_ms < TIME_MIN_MS || at_ms > TIME_MAX_MS) {
        wrong(shape, field, "a time in the years 1 to 9999", "超出范围 / out of range");
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
        check_kept(shape, "evidence.ref", evidence[i]->ref, EVIDENCE_REF_SIZE_MAX, true);
        check_kept(shape, "evidence.media_type", evidence[i]->media_type, CODE_SIZE_MAX * 2,
                   false);
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

static void check_unknown(struct shape *shape, const ProtobufCMessage *message);

static void check_unknown_in(struct shape *shape, const ProtobufCMessage *message,
                             const ProtobufCFieldDescriptor *field)
{
    const uint8_t *member = (const uint8_t *)message + field->offset;
    size_t count = 1;
    ProtobufCMessage *one = NULL;
    ProtobufCMessage *const *several = &one;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        memcpy(&several, member, sizeof several);
        memcpy(&count, (const uint8_t *)message + field->quantifier_offset, sizeof count);
    } else {
        memcpy(&one, member, sizeof one);
    }
    for (size_t i = 0; i < count; i++) {
        if (several[i] != NULL) {
            check_unknown(shape, several[i]);
        }
    }
}

/* What this version does not know would be lost in silence, here or in a message inside. */
static void check_unknown(struct shape *shape, const ProtobufCMessage *message)
{
    if (message->n_unknown_fields != 0) {
        wrong(shape, "", "the fields of proto/door.proto",
              "含未知字段 %u / field %u is not known to this version",
              message->unknown_fields[0].tag, message->unknown_fields[0].tag);
    }
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            check_unknown_in(shape, message, field);
        }
    }
}

static void check_place(struct shape *shape, const Sanji__Place *place)
{
    if (place == NULL) {
        wrong(shape, "place", "grid, a path above it, or lat, lon and datum",
              "缺少必填字段 / a required field is missing");
        return;
    }
    const bool point = place->datum != SANJI__DATUM__DATUM_UNSPECIFIED;
    if (place->grid[0] == '\0' && !point) {
        wrong(shape, "place", "grid, a path above it, or lat, lon and datum",
              "既无网格也无带基准的坐标 / neither a grid nor a point with its datum");
    }
    check_path(shape, "place.grid", place->grid);
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

/* Who says it, under which reference. */
static void check_source(struct shape *shape, const char *source_system,
                         const char *source_ref)
{
    check_clear(shape, "source_system", source_system, SOURCE_SYSTEM_SIZE_MAX, true);
    check_name(shape, "source_system", source_system);
    // The reference itself does not enter the log, so it may be in any letters.
    check_clear(shape, "source_ref", source_ref, SOURCE_REF_SIZE_MAX, true);
}

bool submission_check(const Sanji__Submission *submission, struct arena *arena,
                      Sanji__Receipt *receipt)
{
    struct shape shape = shape_of(arena, receipt);
    uint32_t category = 0;
    check_unknown(&shape, &submission->base);
    check_source(&shape, submission->source_system, submission->source_ref);
    check_kept(&shape, "device_id", submission->device_id, DEVICE_ID_SIZE_MAX, false);
    if (submission->source == SANJI__SOURCE__SOURCE_UNSPECIFIED) {
        wrong(&shape, "source", "HANDHELD, HOTLINE_12345, VIDEO, IOT, RESIDENT_APP, ...",
              "缺少必填字段 / a required field is missing");
    }
    if (id_category_parse(submission->category, &category) != STATUS_OK) {
        wrong(&shape, "category", "5 digits, e.g. 02001",
              "不是类别代码 / not a category code");
    }
    check_place(&shape, submission->place);
    check_time(&shape, "observed_at", submission->observed_at_ms);
    check_evidence(&shape, submission->evidence, submission->n_evidence);
    check_sealed(&shape, submission->sealed);
    if (submission->confidence_permille > PERMILLE) {
        wrong(&shape, "confidence_permille", "0 to 1000", "超出范围 / out of range");
    }
    const uint32_t worker = check_worker(&shape, "worker", submission->worker);
    if (submission->self_handled && (worker == 0 || submission->n_evidence == 0)) {
        wrong(&shape, worker == 0 ? "worker" : "evidence", "a worker and his evidence",
              "自行处置须有处置人和证据 / handled on the spot needs who and evidence");
    }
    return shape.sound;
}

static void check_actor(struct shape *shape, const Sanji__Actor *actor)
{
    if (actor == NULL || actor->role == SANJI__ROLE__ROLE_UNSPECIFIED) {
        wrong(shape, "actor.role", "FULLTIME, DISPATCHER, ...",
              "缺少必填字段 / a required field is missing");
        return;
    }
    (void)check_worker(shape, "actor.worker", actor->worker); // who he is, the decider asks
    check_path(shape, "actor.org", actor->org);
    check_kept(shape, "actor.system", actor->system, SOURCE_SYSTEM_SIZE_MAX, false);
}

/* All of them go into Said as they are. */
static void check_fields(struct shape *shape, const Sanji__StatementFields *fields)
{
    uint32_t category = 0;
    uint32_t place = 0;
    uint64_t key = 0;
    check_evidence(shape, fields->evidence, fields->n_evidence);
    check_kept(shape, "advice_code", fields->advice_code, CODE_SIZE_MAX, false);
    check_kept(shape, "upstream_ref", fields->upstream_ref, SOURCE_REF_SIZE_MAX, false);
    check_kept(shape, "department_code", fields->department_code, CODE_SIZE_MAX, false);
    check_kept(shape, "skill", fields->skill, CODE_SIZE_MAX, false);
    check_kept(shape, "day", fields->day, CODE_SIZE_MAX, false);
    check_path(shape, "suggested_holder", fields->suggested_holder);
    check_path(shape, "to", fields->to);
    check_path(shape, "owner", fields->owner);
    check_time(shape, "resume_by", fields->resume_by_ms);
    (void)check_worker(shape, "worker", fields->worker); // which one, the decider asks
    if (fields->category[0] != '\0' &&
        id_category_parse(fields->category, &category) != STATUS_OK) {
        wrong(shape, "category", "5 digits, e.g. 02001",
              "不是类别代码 / not a category code");
    }
    if (fields->into_case_no[0] != '\0' &&
        id_case_parse(fields->into_case_no, &place, &key) != STATUS_OK) {
        wrong(shape, "into_case_no", "23 digits", "不是案号 / not a case number");
    }
    if (fields->effort_min > EFFORT_MIN_MAX) {
        wrong(shape, "effort_min", "minutes, at most 43200", "超出范围 / out of range");
    }
}

/* A statement is about a case or not, by its kind; its words are sealed under the case's
 * key. */
static void check_about(struct shape *shape, const Sanji__Statement *statement)
{
    const struct statement_rule *rule = statement_rule((unsigned)statement->kind);
    const Sanji__SealedText *sealed = statement->sealed;
    uint32_t place = 0;
    uint64_t key = 0;
    if (rule == NULL) {
        wrong(shape, "kind", "a kind of proto/PROTOCOL.md",
              "未知的陈述种类 / a kind of statement that does not exist");
        return;
    }
    if (rule->on_case && id_case_parse(statement->case_no, &place, &key) != STATUS_OK) {
        wrong(shape, "case_no", "23 digits", "不是案号 / not a case number");
    }
    if (!rule->on_case && statement->case_no[0] != '\0') {
        wrong(shape, "case_no", "nothing",
              "该种类与案件无关 / this kind is not about a case");
    }
    if (!rule->on_case && sealed != NULL) {
        wrong(shape, "sealed", "nothing: this kind is not about a case",
              "无案件则无密钥 / words are sealed under the key of a case");
    }
    if (sealed != NULL && (sealed->contact[0] != '\0' || sealed->reporter[0] != '\0' ||
                           sealed->address[0] != '\0')) {
        wrong(shape, "sealed", "text alone",
              "陈述只密封 text / of a statement only `text` is kept");
    }
}

bool statement_check(const Sanji__Statement *statement, struct arena *arena,
                     Sanji__Receipt *receipt)
{
    struct shape shape = shape_of(arena, receipt);
    check_unknown(&shape, &statement->base);
    check_source(&shape, statement->source_system, statement->source_ref);
    check_about(&shape, statement);
    check_actor(&shape, statement->actor);
    check_time(&shape, "observed_at", statement->observed_at_ms);
    if (statement->fields != NULL) {
        check_fields(&shape, statement->fields);
    }
    check_sealed(&shape, statement->sealed);
    return shape.sound;
}
