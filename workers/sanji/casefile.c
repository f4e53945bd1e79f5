/* casefile.c: see casefile.h. */
#include "workers/sanji/casefile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"
#include "workers/sanji/reader.h"

enum {
    LIMIT_MS = 60000,
    ENVELOPE_ARENA_BYTES = 1024 * 1024
};

/* What a read keeps: rules first, then the case, each in log order. */
struct kept {
    struct record *records;
    size_t count, room;
    uint64_t at_seq;
    int64_t at_ms;
    int64_t now_ms; // the broker's, when the read began
};

static void note_now(void *context, const Sanji__Welcome *welcome)
{
    struct kept *kept = context;
    kept->now_ms = kept->now_ms == 0 ? welcome->now_ms : kept->now_ms;
}

static bool keep(void *context, const struct record *record)
{
    struct kept *kept = context;
    if ((kept->at_seq != 0 && record->seq > kept->at_seq) ||
        (kept->at_ms != 0 && record->header.recorded_at_ms > kept->at_ms)) {
        return false;
    }
    if (kept->count == kept->room) {
        kept->room = kept->room == 0 ? 64 : kept->room * 2;
        kept->records = realloc(kept->records, kept->room * sizeof *kept->records);
        assert(kept->records != NULL);
    }
    uint8_t *copy = malloc(record->envelope.size + 1);
    assert(copy != NULL);
    memcpy(copy, record->envelope.data, record->envelope.size);
    kept->records[kept->count] = *record;
    kept->records[kept->count++].envelope = (struct bytes){copy, record->envelope.size};
    return true;
}

/* A record lends its bytes to everybody; here is where those of `keep` end. */
static void free_envelope(struct record *record)
{
    union {
        const uint8_t *lent;
        uint8_t *owned;
    } data = {.lent = record->envelope.data};

    free(data.owned);
}

static void drop(struct kept *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        free_envelope(&kept->records[i]);
    }
    free(kept->records);
    kept->records = NULL;
    kept->count = 0;
}

static int read_kept(struct cli *cli, const Sanji__Filter *filter, struct kept *kept)
{
    static const struct reader_events events = {.record = keep, .joined = note_now};
    struct fault fault;
    const enum reader_end end =
        reader_run(cli->run_dir,
                   &(struct reader_options){.filter = filter,
                                            .from = SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST,
                                            .to_head = true,
                                            .limit_ms = LIMIT_MS},
                   &events, kept, &fault);
    if (end == READER_REFUSED || end == READER_TIMEOUT) {
        return cli_fail(cli, end == READER_TIMEOUT ? CLI_UNREACHABLE : CLI_FAILURE, "%s",
                        fault.text);
    }
    return CLI_OK;
}

static void add_entry(struct casefile *file, const struct record *record)
{
    if (file->count == file->room) {
        file->room = file->room == 0 ? 32 : file->room * 2;
        file->entries = realloc(file->entries, file->room * sizeof *file->entries);
        assert(file->entries != NULL);
    }
    file->entries[file->count++] =
        (struct casefile_entry){.record = *record, .after = file->kase};
}

static int fold(struct cli *cli, struct casefile *file, const struct record *record,
                bool is_rules)
{
    Sanji__Envelope *envelope = NULL;
    arena_reset(file->arena);
    enum status status = codec_unpack(record->envelope, file->arena, &envelope);
    if (status == STATUS_OK) {
        // The case alone: a merger also counts in the parent, which is not in this file.
        status = is_rules ? world_fold(file->world, record, envelope)
                          : case_fold(&file->kase, record, envelope);
    }
    if (status != STATUS_OK) {
        return cli_fail(
            cli, CLI_PROBLEMS,
            "记录 %llu 无法解释 (%s): 请运行 sanji verify / record %llu cannot be "
            "explained: run sanji verify",
            (unsigned long long)record->seq, status_name(status),
            (unsigned long long)record->seq);
    }
    if (!is_rules) {
        add_entry(file, record);
        file->now_ms = record->header.recorded_at_ms;
    }
    return CLI_OK;
}

/* Both lists are in log order: merged, each record meets the rules of its time. */
static int merge(struct cli *cli, struct casefile *file, const struct kept *rules,
                 const struct kept *records, const struct casefile_wanted *wanted)
{
    size_t r = 0;
    for (size_t i = 0; i < records->count; i++) {
        int code = CLI_OK;
        for (; r < rules->count && rules->records[r].seq < records->records[i].seq; r++) {
            code = fold(cli, file, &rules->records[r], true);
            if (code != CLI_OK) {
                return code;
            }
        }
        code = fold(cli, file, &records->records[i], false);
        if (code != CLI_OK) {
            return code;
        }
        if (wanted->visit != NULL) {
            wanted->visit(wanted->context, file, &file->entries[file->count - 1]);
        }
    }
    return CLI_OK;
}

int casefile_open(struct cli *cli, const struct casefile_wanted *wanted,
                  struct casefile **file)
{
    const char *case_no = wanted->case_no;
    uint32_t place = 0;
    uint64_t key = 0;
    if (id_case_parse(case_no, &place, &key) != STATUS_OK) {
        return cli_usage(cli, "\"%s\": 案号应为23位数字 / a case number has 23 digits",
                         case_no);
    }
    char text[CASE_NO_SIZE];
    uint32_t type = EVENT_RULES_PUBLISHED;
    Sanji__Filter rules_filter = SANJI__FILTER__INIT;
    Sanji__Filter case_filter = SANJI__FILTER__INIT;
    rules_filter.n_types = 1;
    rules_filter.types = &type;
    case_filter.case_no = id_case_print(place, key, text);
    struct kept rules = {.at_seq = wanted->at_seq, .at_ms = wanted->at_ms};
    struct kept records = {.at_seq = wanted->at_seq, .at_ms = wanted->at_ms};
    int code = read_kept(cli, &rules_filter, &rules);
    if (code == CLI_OK) {
        code = read_kept(cli, &case_filter, &records);
    }
    if (code == CLI_OK && records.count == 0) {
        code = cli_fail(cli, CLI_NOT_FOUND, "无此案件 / no such case: %s", case_no);
    }
    if (code == CLI_OK) {
        struct casefile *self = calloc(1, sizeof *self);
        assert(self != NULL);
        self->world = world_new();
        self->arena = arena_new(ENVELOPE_ARENA_BYTES);
        self->case_key = key;
        self->place = place;
        code = merge(cli, self, &rules, &records, wanted);
        if (wanted->at_seq == 0 && wanted->at_ms == 0 && records.now_ms > self->now_ms) {
            self->now_ms = records.now_ms;
        }
        // The entries own the envelopes they were made from.
        for (size_t i = 0; i < self->count; i++) {
            records.records[i].envelope.data = NULL;
        }
        if (code == CLI_OK) {
            *file = self;
        } else {
            casefile_close(&self);
        }
    }
    drop(&rules);
    drop(&records);
    return code;
}

void casefile_close(struct casefile **file)
{
    struct casefile *self = *file;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        free_envelope(&self->entries[i].record);
    }
    free(self->entries);
    world_free(&self->world);
    arena_free(&self->arena);
    free(self);
    *file = NULL;
}

const struct kase *casefile_case(const struct casefile *file)
{
    assert(file->count > 0);
    return &file->entries[file->count - 1].after;
}
