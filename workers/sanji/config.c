/* config.c: sanji check-config: are the rule files right, and what would a reload publish? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/runtime/json.h"
#include "broker/runtime/json_field.h"
#include "broker/runtime/rules.h"
#include "broker/runtime/rulesfile.h"
#include "proto/codec.h"
#include "proto/vocab.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/reader.h"

enum {
    ARENA_SIZE = 512 * 1024,
    LIMIT_MS = 5000,
    KIND_FIRST = SANJI__RULES_KIND__RULES_KIND_ORG,
    KIND_LAST = SANJI__RULES_KIND__RULES_KIND_LABELS
};

struct in_log {
    struct rules *rules;
    struct arena *arena;
};

static bool on_record(void *context, const struct record *record)
{
    struct in_log *in_log = context;
    Sanji__Envelope *envelope = NULL;
    arena_reset(in_log->arena);
    if (codec_unpack(record->envelope, in_log->arena, &envelope) == STATUS_OK &&
        envelope->body_case == SANJI__ENVELOPE__BODY_RULES_PUBLISHED) {
        // A part that does not fit leaves the former version in force, here as everywhere.
        (void)!rules_fold(in_log->rules, envelope->rules_published);
    }
    return true;
}

// The rules that stand in the log of the run directory. False: no broker answers there.
static bool read_log(const struct cli *cli, struct rules *rules)
{
    char path[256];
    int size = snprintf(path, sizeof path, "%s/log.ipc", cli->run_dir);
    if (size < 0 || (size_t)size >= sizeof path || access(path, F_OK) != 0) {
        return false;
    }
    static const struct reader_events EVENTS = {.record = on_record};
    uint32_t types[] = {EVENT_RULES_PUBLISHED};
    Sanji__Filter filter = SANJI__FILTER__INIT;
    filter.types = types;
    filter.n_types = 1;
    struct reader_options options = {.filter = &filter,
                                     .from = SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST,
                                     .to_head = true,
                                     .limit_ms = LIMIT_MS};
    struct in_log in_log = {.rules = rules, .arena = arena_new(ARENA_SIZE)};
    struct fault fault;
    enum reader_end end = reader_run(cli->run_dir, &options, &EVENTS, &in_log, &fault);
    arena_free(&in_log.arena);
    return end == READER_AT_HEAD;
}

static const char *compare(const struct rulesfile *files, const struct rules *rules,
                           Sanji__RulesKind kind)
{
    if (rules == NULL) {
        return "unknown";
    }
    const uint8_t *hash = rules_hash(rules, kind);
    if (hash == NULL) {
        return "new";
    }
    bool is_same = memcmp(hash, rulesfile_hash(files, kind), RULESFILE_HASH_SIZE) == 0;
    return is_same ? "same" : "changed";
}

static void print_kind(const struct cli *cli, const struct rulesfile *files,
                       const struct rules *rules, Sanji__RulesKind kind)
{
    char name[JSON_NAME_SIZE];
    json_enum_name(&sanji__rules_kind__descriptor, (int)kind, name);
    const char *change = compare(files, rules, kind);
    uint32_t version = rules == NULL ? 0 : rules_version(rules, kind);
    size_t size = rulesfile_bytes(files, kind).size;
    if (cli->output == OUTPUT_TABLE) {
        cli_cell(name, 10);
        cli_cell(change, 10);
        cli_printf("%8zu 字节  日志中版本 %u\n", size, version);
        return;
    }
    cli_printf("{\"kind\":\"%s\",\"change\":\"%s\",\"size_bytes\":%zu", name, change, size);
    if (version > 0) {
        cli_printf(",\"version_in_log\":%u", version);
    }
    cli_line("}");
}

int cmd_check_config(struct cli *cli)
{
    struct rulesfile *files = NULL;
    struct fault fault;
    enum status status = rulesfile_load(cli_word(cli, 0), &files, &fault);
    if (status != STATUS_OK) {
        enum cli_exit code = status == STATUS_CANNOT_START ? CLI_FAILURE : CLI_PROBLEMS;
        return cli_fail(cli, code, "%s", fault.text);
    }
    size_t warnings = rulesfile_warning_count(files);
    for (size_t i = 0; i < warnings && rulesfile_warning(files, i) != NULL; i++) {
        fprintf(stderr, "warning: %s\n", rulesfile_warning(files, i));
    }
    struct rules *rules = rules_new();
    bool is_known = read_log(cli, rules);
    if (!is_known) {
        fprintf(stderr,
                "-- 未连接系统,只检查文件 no broker at %s: the files are right, what "
                "would change is not known\n",
                cli->run_dir);
    }
    for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
        print_kind(cli, files, is_known ? rules : NULL, (Sanji__RulesKind)kind);
    }
    rules_free(&rules);
    rulesfile_free(&files);
    return CLI_OK;
}
