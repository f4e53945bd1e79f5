/* indicators.c: `sanji indicators`: the figures, recounted from the whole log.
 *
 *     reader, first record to head -> world -> indicator_fold -> one row a code and part
 *
 * Nothing is asked but the log: who has a copy of it gets the same figures.
 */
#include <inttypes.h>
#include <string.h>

#include "broker/runtime/indicator.h"
#include "broker/runtime/json.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/recount.h"
#include "proto/codec.h"
#include "proto/time.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/reader.h"

enum {
    SILENCE_LIMIT_MS = 10000, // nothing came for so long: the log keeper is away
    ARENA_SIZE = 1024 * 1024,
    NEAREST_MAX = 1,
    CODE_WIDTH = 5,
    PART_WIDTH = 24,
    NAME_WIDTH = 18,
    VALUE_SIZE = 40,
    PER_CENT = 100
};

struct counting {
    struct cli *cli;
    struct loop *loop;
    struct loop_timer *patience;
    struct reader *reader;
    struct recount *recount;
    struct arena *arena;
    struct indicators *indicators;
    int code;
};

// ---- reading ----------------------------------------------------------------------------

static bool on_record(void *context, const struct record *record)
{
    struct counting *counting = context;
    Sanji__Envelope *envelope = NULL;
    arena_reset(counting->arena);
    enum status status = codec_unpack(record->envelope, counting->arena, &envelope);
    if (status == STATUS_OK) {
        status = recount_fold(counting->recount, record, envelope);
    }
    if (status != STATUS_OK) {
        counting->code =
            cli_fail(counting->cli, CLI_PROBLEMS,
                     "记录 %" PRIu64 " 无法解释 (%s): 请运行 sanji verify / record %" PRIu64
                     " cannot be explained: run sanji verify",
                     record->seq, status_name(status), record->seq);
        return false;
    }
    const struct indicator_seen seen = {
        .record = record,
        .envelope = envelope,
        .before = recount_before(counting->recount),
        .after = recount_after(counting->recount),
        .calendar = rules_calendar(recount_rules(counting->recount))};
    indicator_fold(counting->indicators, &seen);
    return true;
}

static void on_rested(void *context, uint64_t next, uint64_t head)
{
    struct counting *counting = context;
    (void)next;
    (void)head;
    loop_timer_start(counting->patience, SILENCE_LIMIT_MS, 0);
}

static void on_ended(void *context, enum reader_end end, const struct fault *fault)
{
    struct counting *counting = context;
    if (end == READER_REFUSED) {
        counting->code =
            cli_fail(counting->cli, cli_exit_of(fault->status), "%s", fault->text);
    }
    loop_stop(counting->loop);
}

static void on_silence(void *context)
{
    struct counting *counting = context;
    counting->code =
        cli_fail(counting->cli, CLI_UNREACHABLE, "the log: %s", status_en(STATUS_TIMEOUT));
    loop_stop(counting->loop);
}

static void read_log(struct counting *counting)
{
    static const struct reader_events events = {
        .record = on_record, .rested = on_rested, .ended = on_ended};
    counting->loop = loop_new();
    counting->patience = loop_timer_new(counting->loop, on_silence, counting);
    counting->reader =
        reader_new(counting->loop, counting->cli->run_dir,
                   &(struct reader_options){.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST,
                                            .to_head = true},
                   &events, counting);
    loop_timer_start(counting->patience, SILENCE_LIMIT_MS, 0);
    loop_run(counting->loop);
    loop_timer_free(&counting->patience);
    reader_free(&counting->reader);
    loop_free(&counting->loop);
}

// ---- printing ---------------------------------------------------------------------------

static void put(json_t *object, const char *key, json_t *taken)
{
    // Never fails but without memory, and then nothing true can be printed.
    const int failed = taken == NULL || json_object_set_new(object, key, taken) != 0;
    if (failed) {
        abort();
    }
}

static json_t *value_of(const struct indicator_figure *figure)
{
    if (!figure->has_value) {
        return json_null();
    }
    if (figure->definition->kind == INDICATOR_COUNT) {
        return json_integer(figure->numerator);
    }
    return json_real((double)figure->value_e6 / INDICATOR_VALUE_UNIT);
}

static json_t *figure_json(const struct indicator_figure *figure, const char *scope,
                           const struct indicator_range *range)
{
    const struct indicator_definition *definition = figure->definition;
    char time[TIME_TEXT_SIZE];
    json_t *object = json_object();
    put(object, "code", json_string(definition->code));
    if (definition->part != NULL) {
        put(object, "part", json_string(definition->part));
    }
    put(object, "name_zh", json_string(definition->name_zh));
    put(object, "name_en", json_string(definition->name_en));
    put(object, "scope", json_string(scope));
    put(object, "kind", json_string(indicator_kind_name(definition->kind)));
    if (!figure->suppressed) {
        put(object, "numerator", json_integer(figure->numerator));
        put(object, "denominator", json_integer(figure->denominator));
    }
    put(object, "value", value_of(figure));
    put(object, "by", json_string(definition->by));
    put(object, "from", json_string(time_print(range->from_ms, time)));
    put(object, "to", json_string(time_print(range->to_ms, time)));
    put(object, "definition", json_string(definition->definition));
    put(object, "definition_version", json_integer(definition->version));
    put(object, "first_seq", json_integer((json_int_t)range->first_seq));
    put(object, "upto_seq", json_integer((json_int_t)range->upto_seq));
    put(object, "suppressed", json_boolean(figure->suppressed));
    return object;
}

static void print_json(const struct counting *counting, const char *scope,
                       const struct indicator_range *range)
{
    const bool by_line = counting->cli->output == OUTPUT_NDJSON;
    json_t *array = json_array();
    for (size_t i = 0; i < indicator_count(); i++) {
        struct indicator_figure figure;
        indicator_read(counting->indicators, i, &figure);
        json_t *object = figure_json(&figure, scope, range);
        if (by_line) {
            cli_json(object);
        } else if (json_array_append_new(array, object) != 0) {
            abort();
        }
    }
    if (by_line) {
        json_decref(array);
    } else {
        cli_json(array);
    }
}

/* Shares in per cent, all else as it is. */
static void print_value(const struct indicator_figure *figure, char text[VALUE_SIZE])
{
    const double value = (double)figure->value_e6 / INDICATOR_VALUE_UNIT;
    if (!figure->has_value) {
        (void)snprintf(text, VALUE_SIZE, "-");
    } else if (figure->definition->kind == INDICATOR_SHARE) {
        (void)snprintf(text, VALUE_SIZE, "%.2f %%", value * PER_CENT);
    } else if (figure->value_e6 % INDICATOR_VALUE_UNIT == 0) {
        (void)snprintf(text, VALUE_SIZE, "%.0f", value);
    } else {
        (void)snprintf(text, VALUE_SIZE, "%.3f", value);
    }
}

static void print_table(const struct counting *counting, const char *scope,
                        const struct indicator_range *range)
{
    char from[TIME_TEXT_SIZE];
    char to[TIME_TEXT_SIZE];
    cli_printf("%s  %s - %s  seq %" PRIu64 "-%" PRIu64 "\n", scope,
               time_print_local(range->from_ms, CLI_OFFSET_MIN, from),
               time_print_local(range->to_ms, CLI_OFFSET_MIN, to), range->first_seq,
               range->upto_seq);
    for (size_t i = 0; i < indicator_count(); i++) {
        struct indicator_figure figure;
        char value[VALUE_SIZE];
        indicator_read(counting->indicators, i, &figure);
        const struct indicator_definition *definition = figure.definition;
        print_value(&figure, value);
        cli_cell(definition->part == NULL ? definition->code : "", CODE_WIDTH);
        cli_cell(definition->part == NULL ? "" : definition->part, PART_WIDTH);
        cli_cell(definition->name_zh, NAME_WIDTH);
        cli_printf("%12s  %" PRId64 " / %" PRId64 "\n", value, figure.numerator,
                   figure.denominator);
    }
}

static const struct worker_state *worker_of(void *context, uint32_t worker)
{
    return recount_worker(context, worker);
}

static void print(const struct counting *counting, struct org_path scope)
{
    indicator_staff(counting->indicators, recount_rules(counting->recount), worker_of,
                    counting->recount);
    const struct indicator_range range = indicator_range(counting->indicators);
    char text[ORG_TEXT_SIZE];
    org_print(scope, text);
    if (counting->cli->output == OUTPUT_JSON || counting->cli->output == OUTPUT_NDJSON) {
        print_json(counting, text, &range);
    } else {
        print_table(counting, text, &range);
    }
    cli_flush();
}

// ---- the command ------------------------------------------------------------------------

static enum status read_window(const struct cli *cli, struct indicator_window *window)
{
    const char *area = cli_option(cli, "--area");
    if (cli_time(cli, "--from", &window->from_ms) != STATUS_OK ||
        cli_time(cli, "--to", &window->to_ms) != STATUS_OK) {
        return STATUS_INVALID;
    }
    if (area != NULL && org_parse(area, &window->scope) != STATUS_OK) {
        (void)cli_usage(cli, "--area \"%s\" is no org path (370499.003.01)", area);
        return STATUS_INVALID;
    }
    if (window->to_ms != 0 && window->from_ms >= window->to_ms) {
        (void)cli_usage(cli, "--from must lie before --to");
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

/* The path must name something that the log's newest organisation has. */
static bool check_scope(struct counting *counting, struct org_path *scope)
{
    const struct rules *rules = recount_rules(counting->recount);
    const char *area = cli_option(counting->cli, "--area");
    if (area == NULL) {
        *scope = (struct org_path){recount_place(counting->recount), 0};
        return true;
    }
    if (rules_has_path(rules, *scope)) {
        return true;
    }
    struct org_path nearest[NEAREST_MAX] = {{0, 0}};
    char text[ORG_TEXT_SIZE] = "";
    if (rules_nearest(rules, area, nearest, NEAREST_MAX) > 0) {
        org_print(nearest[0], text);
    }
    counting->code = cli_fail(counting->cli, CLI_NOT_FOUND, "--area: no %s%s%s", area,
                              text[0] == '\0' ? "" : "; is it ", text);
    return false;
}

int cmd_indicators(struct cli *cli)
{
    struct indicator_window window = {.from_ms = 0};
    if (read_window(cli, &window) != STATUS_OK) {
        return CLI_USAGE;
    }
    struct counting counting = {.cli = cli,
                                .recount = recount_new(),
                                .arena = arena_new(ARENA_SIZE),
                                .indicators = indicator_new(&window)};
    read_log(&counting);
    if (counting.code == CLI_OK && check_scope(&counting, &window.scope)) {
        print(&counting, window.scope);
    }
    indicator_free(&counting.indicators);
    arena_free(&counting.arena);
    recount_free(&counting.recount);
    return counting.code;
}
