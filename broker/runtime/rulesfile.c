/* rulesfile.c: from sanji.yaml to six packed messages and their hashes. */
#include "broker/runtime/rulesfile.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/rulesfile_check.h"
#include "proto/limits.h"
#include "proto/wire.h"

enum {
    KIND_COUNT = SANJI__RULES_KIND__RULES_KIND_LABELS + 1,
    // A name of 2 bytes in a list ("g,") becomes a message of 40, its place in two arrays
    // and a copy: 64 bytes of arena for a byte of file are never used up.
    ARENA_PER_BYTE = 64,
    ARENA_LEAST_BYTES = 1024 * 1024
};

static_assert(MESSAGE_SIZE_MAX <= RULES_PART_SIZE_MAX * RULES_PARTS_MAX, "a kind in parts");
static_assert(RULESFILE_HASH_SIZE == SHA256_DIGEST_LENGTH, "SHA-256");

struct rulesfile {
    struct {
        uint8_t *data;
        size_t size;
        uint8_t hash[RULESFILE_HASH_SIZE];
    } kinds[KIND_COUNT]; // by Sanji__RulesKind

    char *warnings[RULESFILE_WARNINGS_MAX];
    size_t warning_count;
};

// ---- files ----

static enum status open_named(struct rulesfile_reading *reading, enum rulesfile_name name,
                              const char *relative, const struct cyaml_schema_value *schema)
{
    const char *base = reading->files[FILE_SANJI].path;
    const char *slash = strrchr(base, '/');
    int folder = relative[0] == '/' || slash == NULL ? 0 : (int)(slash + 1 - base);
    char path[RULESFILE_PATH_SIZE];
    int length = snprintf(path, sizeof path, "%.*s%s", folder, base, relative);
    if (length < 0 || (size_t)length >= sizeof path) {
        return fault_set(reading->fault, STATUS_TOO_LARGE, "%s: path too long: %s", base,
                         relative);
    }
    return rulesfile_text_open(&reading->files[name], path, schema, reading->fault);
}

static enum status open_files(struct rulesfile_reading *reading, const char *sanji_yaml)
{
    enum status status = rulesfile_text_open(&reading->files[FILE_SANJI], sanji_yaml,
                                             &rulesfile_schema_sanji, reading->fault);
    if (status != STATUS_OK) {
        return status;
    }
    const struct yaml_sanji *sanji = reading->files[FILE_SANJI].data;

    const struct {
        enum rulesfile_name name;
        const char *relative;
        const struct cyaml_schema_value *schema;
    } named[] = {
        {FILE_CALENDAR, sanji->calendar, &rulesfile_schema_calendar},
        {FILE_POLICY, sanji->policy, &rulesfile_schema_policy},
        {FILE_SLA, sanji->sla, &rulesfile_schema_sla},
        {FILE_ORG, sanji->organisation, &rulesfile_schema_org},
        {FILE_ROSTER, sanji->roster, &rulesfile_schema_roster},
        {FILE_LABELS, sanji->labels, &rulesfile_schema_labels},
    };

    reading->strict = sanji->strict;
    for (size_t i = 0; i < sizeof named / sizeof named[0] && status == STATUS_OK; i++) {
        status = open_named(reading, named[i].name, named[i].relative, named[i].schema);
    }
    return status;
}

static void close_files(struct rulesfile_reading *reading)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        rulesfile_text_close(&reading->files[i]);
    }
}

// ---- kinds ----

static enum status pack(struct rulesfile_reading *reading, struct rulesfile *compiled,
                        Sanji__RulesKind kind, const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *data = malloc(size + 1);
    if (data == NULL) {
        return fault_set(reading->fault, STATUS_CANNOT_START, "no memory");
    }
    size_t packed = protobuf_c_message_pack(message, data);
    assert(packed == size);
    compiled->kinds[kind].data = data;
    compiled->kinds[kind].size = packed;
    (void)SHA256(data, packed, compiled->kinds[kind].hash); // returns its last argument
    // What no reader of the log would take must not get into it.
    enum status status = wire_check(message->descriptor, (struct bytes){data, packed});
    if (status != STATUS_OK) {
        return fault_set(reading->fault, STATUS_TOO_LARGE,
                         "%s: %s of %zu bytes is more than the log takes",
                         reading->files[FILE_SANJI].path, message->descriptor->short_name,
                         size);
    }
    return STATUS_OK;
}

// In this order: later files refer to what earlier ones declare.
static enum status compile_all(struct rulesfile_reading *reading,
                               struct rulesfile *compiled)
{
    Sanji__Calendar calendar = SANJI__CALENDAR__INIT;
    Sanji__Policy policy = SANJI__POLICY__INIT;
    Sanji__Sla sla = SANJI__SLA__INIT;
    Sanji__Org org = SANJI__ORG__INIT;
    Sanji__Roster roster = SANJI__ROSTER__INIT;
    Sanji__Labels labels = SANJI__LABELS__INIT;
    enum status status = rulesfile_calendar(reading, &calendar);
    if (status == STATUS_OK) {
        status = rulesfile_policy(reading, &policy);
    }
    if (status == STATUS_OK) {
        status = rulesfile_sla(reading, &sla);
    }
    if (status == STATUS_OK) {
        status = rulesfile_org(reading, &org);
    }
    if (status == STATUS_OK) {
        status = rulesfile_roster(reading, &roster);
    }
    if (status == STATUS_OK) {
        status = rulesfile_dispatch(reading, &policy);
    }
    if (status == STATUS_OK) {
        status = rulesfile_labels(reading, &labels);
    }

    const struct {
        Sanji__RulesKind kind;
        const ProtobufCMessage *message;
    } kinds[] = {
        {SANJI__RULES_KIND__RULES_KIND_ORG, &org.base},
        {SANJI__RULES_KIND__RULES_KIND_ROSTER, &roster.base},
        {SANJI__RULES_KIND__RULES_KIND_SLA, &sla.base},
        {SANJI__RULES_KIND__RULES_KIND_CALENDAR, &calendar.base},
        {SANJI__RULES_KIND__RULES_KIND_POLICY, &policy.base},
        {SANJI__RULES_KIND__RULES_KIND_LABELS, &labels.base},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && status == STATUS_OK; i++) {
        status = pack(reading, compiled, kinds[i].kind, kinds[i].message);
    }
    return status;
}

static size_t arena_size(const struct rulesfile_reading *reading)
{
    size_t size = 0;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        size += reading->files[i].size;
    }
    return ARENA_LEAST_BYTES + size * ARENA_PER_BYTE;
}

enum status rulesfile_load(const char *sanji_yaml, struct rulesfile **compiled,
                           struct fault *fault)
{
    assert(sanji_yaml != NULL && compiled != NULL && fault != NULL);
    struct rulesfile *self = calloc(1, sizeof *self);
    struct rulesfile_reading *reading = calloc(1, sizeof *reading);
    if (self == NULL || reading == NULL) {
        free(self);
        free(reading);
        return fault_set(fault, STATUS_CANNOT_START, "no memory");
    }
    reading->fault = fault;
    reading->warnings = self->warnings;
    enum status status = open_files(reading, sanji_yaml);
    if (status == STATUS_OK) {
        reading->arena = arena_new(arena_size(reading));
        status = compile_all(reading, self);
        arena_free(&reading->arena);
    }
    self->warning_count = reading->warning_count;
    close_files(reading);
    free(reading);
    if (status != STATUS_OK) {
        rulesfile_free(&self);
        return status;
    }
    *compiled = self;
    return STATUS_OK;
}

void rulesfile_free(struct rulesfile **compiled)
{
    assert(compiled != NULL);
    struct rulesfile *self = *compiled;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < KIND_COUNT; i++) {
        free(self->kinds[i].data);
    }
    for (size_t i = 0; i < RULESFILE_WARNINGS_MAX; i++) {
        free(self->warnings[i]);
    }
    free(self);
    *compiled = NULL;
}

// ---- what came out ----

struct bytes rulesfile_bytes(const struct rulesfile *compiled, Sanji__RulesKind kind)
{
    assert((int)kind > 0 && (int)kind < KIND_COUNT);
    return (struct bytes){compiled->kinds[kind].data, compiled->kinds[kind].size};
}

const uint8_t *rulesfile_hash(const struct rulesfile *compiled, Sanji__RulesKind kind)
{
    assert((int)kind > 0 && (int)kind < KIND_COUNT);
    return compiled->kinds[kind].hash;
}

size_t rulesfile_warning_count(const struct rulesfile *compiled)
{
    return compiled->warning_count;
}

const char *rulesfile_warning(const struct rulesfile *compiled, size_t index)
{
    assert(index < compiled->warning_count);
    return index < RULESFILE_WARNINGS_MAX ? compiled->warnings[index] : NULL;
}
