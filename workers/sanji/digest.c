/* digest.c: `sanji digest`: what the public was told of a week, as a page to hang out.
 *
 *     reader, PublicNotice -> the newest week, or the one asked for -> rows
 *
 * Only what stands in the log as PublicNotice is shown: nobody counts anew here, so the page
 * cannot say more than the public feed did.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/json.h"
#include "broker/runtime/memory.h"
#include "broker/runtime/rules.h"
#include "proto/codec.h"
#include "proto/org.h"
#include "proto/time.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/reader.h"

enum {
    SILENCE_LIMIT_MS = 60000,
    ARENA_SIZE = 1024 * 1024,
    WEEK_SIZE = 9, // 2020-W33
    MAJORS = 12,
    LABEL_SIZE = 96,
    PLACE_WIDTH = 24,
    MAJOR_WIDTH = 34,
    STATE_WIDTH = 24
};

struct notice {
    uint64_t seq;
    int64_t recorded_ms;
    struct org_path place;
    char week[WEEK_SIZE];
    uint32_t major, state, resolution, count;
};

struct digest {
    struct cli *cli;
    struct arena *arena;
    struct rules *rules;
    struct org_path area; /* no path: everywhere */
    const char *week;     /* NULL: the newest */
    struct notice *notices;
    size_t count, room;
    bool has_names;
    int code;
};

// ---- reading ----------------------------------------------------------------------------

static bool in_area(const struct digest *digest, struct org_path place)
{
    return digest->area.place == 0 || org_within(place, digest->area);
}

static void take_notice(struct digest *digest, const struct record *record,
                        const Sanji__PublicNotice *body)
{
    struct notice notice = {.seq = record->seq,
                            .recorded_ms = record->header.recorded_at_ms,
                            .state = body->public_state,
                            .resolution = body->resolution,
                            .count = body->count,
                            .major = (uint32_t)strtoul(body->category_major, NULL, 10)};
    if (strlen(body->week) + 1 != sizeof notice.week || notice.major >= MAJORS ||
        org_parse(body->community, &notice.place) != STATUS_OK ||
        !in_area(digest, notice.place) ||
        (digest->week != NULL && strcmp(digest->week, body->week) != 0)) {
        return;
    }
    memcpy(notice.week, body->week, sizeof notice.week);
    if (digest->count > 0 && strcmp(digest->notices[0].week, notice.week) < 0) {
        digest->count = 0; // a newer week
    }
    MEMORY_ROOM_FOR_ONE(digest->notices, digest->count, digest->room);
    digest->notices[digest->count++] = notice;
}

static bool on_record(void *context, const struct record *record)
{
    struct digest *digest = context;
    Sanji__Envelope *envelope = NULL;
    arena_reset(digest->arena);
    if (codec_unpack(record->envelope, digest->arena, &envelope) != STATUS_OK) {
        digest->code = cli_fail(digest->cli, CLI_PROBLEMS,
                                "record %" PRIu64 " cannot be explained: run sanji verify",
                                record->seq);
        return false;
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_RULES_PUBLISHED) {
        // Only names are taken from the rules; a version that does not fold shows paths.
        const enum status folded = rules_fold(digest->rules, envelope->rules_published);
        digest->has_names = digest->has_names || folded == STATUS_OK;
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_PUBLIC_NOTICE) {
        take_notice(digest, record, envelope->public_notice);
    }
    return true;
}

static enum status read_notices(struct digest *digest)
{
    static const struct reader_events events = {.record = on_record};
    uint32_t types[] = {EVENT_RULES_PUBLISHED, EVENT_PUBLIC_NOTICE};
    Sanji__Filter filter = SANJI__FILTER__INIT;
    struct fault fault = {.status = STATUS_OK};
    filter.types = types;
    filter.n_types = sizeof types / sizeof types[0];
    const struct reader_options options = {.filter = &filter,
                                           .from = SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST,
                                           .to_head = true,
                                           .limit_ms = SILENCE_LIMIT_MS};
    const enum reader_end end =
        reader_run(digest->cli->run_dir, &options, &events, digest, &fault);
    if (end == READER_AT_HEAD || digest->code != CLI_OK) {
        return STATUS_OK;
    }
    digest->code = cli_fail(
        digest->cli, end == READER_TIMEOUT ? CLI_UNREACHABLE : cli_exit_of(fault.status),
        "%s", fault.text);
    return STATUS_TIMEOUT;
}

// ---- printing ---------------------------------------------------------------------------

/* The label of the log's own table, Chinese first; the key where there is none. */
static const char *label(const struct digest *digest, char text[LABEL_SIZE],
                         const char *group, const char *word)
{
    char key[LABEL_SIZE];
    (void)snprintf(key, sizeof key, "%s.%s", group, word);
    const char *zh = rules_label(digest->rules, key, false);
    const char *en = rules_label(digest->rules, key, true);
    (void)snprintf(text, LABEL_SIZE, "%.44s%s%.44s", zh != NULL ? zh : key,
                   en != NULL ? " " : "", en != NULL ? en : "");
    return text;
}

static const char *major_text(const struct digest *digest, const struct notice *notice,
                              char text[LABEL_SIZE])
{
    char major[LABEL_SIZE];
    (void)snprintf(major, sizeof major, "%02u", notice->major);
    return label(digest, text, "major", major);
}

static const char *word_of(const ProtobufCEnumDescriptor *words, unsigned value,
                           size_t prefix)
{
    const ProtobufCEnumValue *found =
        protobuf_c_enum_descriptor_get_value(words, (int)value);
    return found != NULL ? found->name + prefix : "";
}

static const char *state_word(const struct notice *notice)
{
    return word_of(&sanji__case_state__descriptor, notice->state, sizeof "CASE_STATE_" - 1);
}

static const char *resolution_word(const struct notice *notice)
{
    return notice->resolution == 0 ? ""
                                   : word_of(&sanji__resolution__descriptor,
                                             notice->resolution, sizeof "RESOLUTION_" - 1);
}

static const char *place_text(const struct digest *digest, const struct notice *notice,
                              char text[LABEL_SIZE])
{
    char path[ORG_TEXT_SIZE];
    const Sanji__OrgUnit *unit = rules_unit(digest->rules, notice->place);
    (void)snprintf(text, LABEL_SIZE, "%s",
                   unit != NULL ? unit->name_zh : org_print(notice->place, path));
    return text;
}

static void put(json_t *object, const char *key, json_t *taken)
{
    // Never fails but without memory, and then nothing true can be printed.
    const int failed = taken == NULL || json_object_set_new(object, key, taken) != 0;
    if (failed) {
        abort();
    }
}

static json_t *notice_json(const struct digest *digest, const struct notice *notice)
{
    char text[LABEL_SIZE];
    char path[ORG_TEXT_SIZE];
    char time[TIME_TEXT_SIZE];
    char major[LABEL_SIZE];
    json_t *object = json_object();
    put(object, "week", json_string(notice->week));
    put(object, "place", json_string(org_print(notice->place, path)));
    put(object, "place_name", json_string(place_text(digest, notice, text)));
    if (notice->major != 0) {
        (void)snprintf(major, sizeof major, "%02u", notice->major);
        put(object, "category_major", json_string(major));
    }
    put(object, "category_name", json_string(major_text(digest, notice, text)));
    put(object, "state", json_string(state_word(notice)));
    if (notice->resolution != 0) {
        put(object, "resolution", json_string(resolution_word(notice)));
    }
    put(object, "count", json_integer(notice->count));
    put(object, "seq", json_integer((json_int_t)notice->seq));
    put(object, "recorded_at", json_string(time_print(notice->recorded_ms, time)));
    return object;
}

static void print_json(const struct digest *digest)
{
    json_t *array = json_array();
    for (size_t i = 0; i < digest->count; i++) {
        json_t *object = notice_json(digest, &digest->notices[i]);
        if (digest->cli->output == OUTPUT_NDJSON) {
            cli_json(object);
        } else if (json_array_append_new(array, object) != 0) {
            abort();
        }
    }
    if (digest->cli->output == OUTPUT_NDJSON) {
        json_decref(array);
    } else {
        cli_json(array);
    }
}

static void print_page(const struct digest *digest)
{
    const struct notice *first = &digest->notices[0];
    const struct notice *last = &digest->notices[digest->count - 1];
    char text[LABEL_SIZE];
    char time[TIME_TEXT_SIZE];
    cli_printf("网格事务公示 / Grid affairs  %s\n", first->week);
    cli_printf("发布 / published %s  记录 / records %" PRIu64 "-%" PRIu64 "\n\n",
               time_print_local(first->recorded_ms, CLI_OFFSET_MIN, time), first->seq,
               last->seq);
    for (size_t i = 0; i < digest->count; i++) {
        const struct notice *notice = &digest->notices[i];
        cli_cell(place_text(digest, notice, text), PLACE_WIDTH);
        cli_cell(major_text(digest, notice, text), MAJOR_WIDTH);
        label(digest, text, "state", state_word(notice));
        cli_cell(text, STATE_WIDTH);
        (void)snprintf(text, sizeof text, "%s", "");
        if (notice->resolution != 0) {
            label(digest, text, "resolution", resolution_word(notice));
        }
        cli_cell(text, STATE_WIDTH);
        cli_printf("%6" PRIu32 "\n", notice->count);
    }
    cli_printf("\n本周受理事项截至周末的数量; 数量过少的并入上一级或不公布; "
               "街道一行为未单列者之和\n");
    cli_printf("Cases received in the week, as they stood at its end. What is too few is "
               "added to the\nnext larger group or not told; lines of the sub-district add "
               "up what stands in no other.\n");
}

// ---- the command ------------------------------------------------------------------------

static bool is_week(const char *text)
{
    static const char shape[] = "dddd-Wdd";
    for (size_t i = 0; i < sizeof shape; i++) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !is_digit : text[i] != shape[i]) {
            return false;
        }
    }
    return true;
}

int cmd_digest(struct cli *cli)
{
    const char *area = cli_option(cli, "--area");
    struct digest digest = {.cli = cli, .week = cli_option(cli, "--week")};
    if (digest.week != NULL && !is_week(digest.week)) {
        return cli_usage(cli, "--week \"%s\" is no week (2020-W33)", digest.week);
    }
    if (area != NULL && org_parse(area, &digest.area) != STATUS_OK) {
        return cli_usage(cli, "--area \"%s\" is no org path (370499.003.01)", area);
    }
    digest.arena = arena_new(ARENA_SIZE);
    digest.rules = rules_new();
    if (read_notices(&digest) == STATUS_OK && digest.code == CLI_OK) {
        if (digest.count == 0) {
            digest.code = cli_fail(
                cli, CLI_NOT_FOUND, "尚无公示 / nothing was published%s%s",
                digest.week != NULL ? " for " : "", digest.week != NULL ? digest.week : "");
        } else if (cli->output == OUTPUT_JSON || cli->output == OUTPUT_NDJSON) {
            print_json(&digest);
        } else {
            print_page(&digest);
        }
    }
    cli_flush();
    memory_free(digest.notices);
    rules_free(&digest.rules);
    arena_free(&digest.arena);
    return digest.code;
}
