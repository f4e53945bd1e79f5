/* truth.c: see truth.h. */
#include "workers/sanji/truth.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/runtime/json_field.h"
#include "proto/deadline.h"
#include "proto/id.h"
#include "proto/time.h"
#include "workers/sanji/ruleset.h"

enum {
    PREFIX_SIZE = 64,
    PATH_SIZE = 4096,
    MS_PER_DAY = 24 * 60 * 60 * 1000
};

static const int64_t start_default_ms = 1596211200000; // 2020-08-01T00:00:00+08:00

struct line {
    char *text;
    size_t size, room;
};

static void add(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int size =
        vsnprintf(line->text + line->size, line->room - line->size, format, arguments);
    va_end(arguments);
    assert(size >= 0 && (size_t)size < line->room - line->size);
    line->size += (size_t)size;
}

static void add_word(struct line *line, const char *key,
                     const ProtobufCEnumDescriptor *words, int value)
{
    char name[JSON_NAME_SIZE];
    if (value != 0) {
        add(line, ",\"%s\":\"%s\"", key, json_enum_name(words, value, name));
    }
}

static void add_number(struct line *line, const char *key, unsigned number)
{
    if (number != 0) {
        add(line, ",\"%s\":%u", key, number);
    }
}

static void add_category(struct line *line, const char *key, uint32_t category)
{
    char text[CATEGORY_SIZE];
    if (category != 0) {
        add(line, ",\"%s\":\"%s\"", key, id_category_print(category, text));
    }
}

static void add_what(struct line *line, const struct planned *planned)
{
    static const char *const kinds[] = {[PLANNED_CASE] = "CASE",
                                        [PLANNED_MERGED] = "MERGED",
                                        [PLANNED_REJECTED] = "REJECTED",
                                        [PLANNED_CANCELLED] = "CANCELLED"};
    char text[ORG_TEXT_SIZE];
    add(line, ",\"kind\":\"%s\"", kinds[planned->kind]);
    add(line, ",\"grid\":\"%s\"", org_print(planned->grid, text));
    add_word(line, "source", &sanji__source__descriptor, planned->source);
    add_category(line, "category", planned->category);
    add_category(line, "category_from", planned->category_from);
    add_word(line, "severity", &sanji__severity__descriptor, planned->severity);
    add_word(line, "severity_from", &sanji__severity__descriptor, planned->severity_from);
    add_word(line, "tier", &sanji__tier__descriptor, planned->tier);
    add_word(line, "resolution", &sanji__resolution__descriptor, planned->resolution);
    if (planned->kind == PLANNED_CASE) {
        add(line, ",\"in_time\":%s", planned->late ? "false" : "true");
    }
    add(line, ",\"wants_contact\":%s", planned->wants_contact ? "true" : "false");
    add_word(line, "satisfaction", &sanji__satisfaction__descriptor, planned->satisfaction);
    add_number(line, "into", planned->into);
    add_number(line, "confidence_permille", planned->confidence_permille);
    add_number(line, "held_s", planned->held_s);
    if (planned->worker != 0) {
        char worker[WORKER_SIZE];
        add(line, ",\"worker\":\"%s\"", id_worker_print(planned->worker, worker));
    }
}

char *truth_line(const struct planned *planned, const char *prefix, char *text, size_t room)
{
    char at[TIME_TEXT_SIZE];
    struct line line = {.text = text, .room = room};
    add(&line, "{\"number\":%u,\"source_ref\":\"%s/%u\",\"at\":\"%s\"", planned->number,
        prefix, planned->number, time_print(planned->at_ms, at));
    add_what(&line, planned);
    add_number(&line, "returns", planned->returns);
    add_number(&line, "timeouts", planned->timeouts);
    add_number(&line, "declines", planned->declines);
    add_number(&line, "recalls", planned->recalls);
    add_number(&line, "extensions", planned->extensions);
    add_number(&line, "suspensions", planned->suspensions);
    add_number(&line, "reworks", planned->reworks);
    add_number(&line, "reopens", planned->reopens);
    add_number(&line, "urges", planned->urges);
    add_number(&line, "assists", planned->assists);
    add_number(&line, "unmerged", planned->unmerged ? 1 : 0);
    add_word(&line, "supervise", &sanji__supervise_level__descriptor, planned->supervise);
    add(&line, "}");
    return text;
}

/* The rules that `up --scale` would start intake with; a grown roster is written to a folder
 * that is gone afterwards. */
static enum status load_rules(struct cli *cli, uint32_t scale, struct rules **rules,
                              struct fault *fault)
{
    static const char *const files[] = {"sanji.yaml", "roster.yaml"};
    char config[PATH_SIZE];
    char folder[] = "/tmp/sanji-truth-XXXXXX";
    (void)ruleset_find(cli, config, sizeof config);
    if (plan_roster_times(scale) < 2) {
        return ruleset_load(config, rules, fault);
    }
    if (mkdtemp(folder) == NULL) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: no folder", folder);
    }
    enum status status =
        ruleset_grow(config, sizeof config, plan_roster_times(scale), folder, fault);
    if (status == STATUS_OK) {
        status = ruleset_load(config, rules, fault);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const int size = snprintf(config, sizeof config, "%s/%s", folder, files[i]);
        assert(size > 0);
        (void)unlink(config); // it may not have come to be
    }
    (void)rmdir(folder);
    return status;
}

static int print_plan(struct cli *cli, const char *name, const struct rules *rules,
                      struct plan_order *order, uint32_t day)
{
    struct plan plan = {0};
    struct fault fault;
    char prefix[PREFIX_SIZE];
    char text[TRUTH_LINE_SIZE];
    if (plan_draw(rules, order, &plan, &fault) != STATUS_OK) {
        return cli_fail(cli, CLI_FAILURE, "%s", fault.text);
    }
    const int size = snprintf(prefix, sizeof prefix, "%s/%llu/%u", name,
                              (unsigned long long)order->seed, day);
    assert(size > 0 && (size_t)size < sizeof prefix);
    for (size_t i = 0; i < plan.count; i++) {
        cli_line(truth_line(&plan.cases[i], prefix, text, sizeof text));
    }
    cli_flush();
    plan_reset(&plan);
    return CLI_OK;
}

int truth_print(struct cli *cli, const char *name, const struct plan_order *order)
{
    struct plan_order drawn = *order;
    struct rules *rules = NULL;
    struct fault fault;
    int64_t start_ms = start_default_ms;
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    if (cli_time(cli, "--start", &start_ms) != STATUS_OK) {
        return CLI_USAGE;
    }
    if (load_rules(cli, order->scale, &rules, &fault) != STATUS_OK) {
        return cli_fail(cli, CLI_FAILURE, "%s", fault.text);
    }
    // As the demo begins: with the next whole day.
    deadline_local(rules_utc_offset_min(rules), start_ms, &day, &minute, &weekday);
    drawn.start_ms = deadline_day_start_ms(rules_utc_offset_min(rules), day) +
                     (minute > 0 ? MS_PER_DAY : 0);
    const int code = print_plan(cli, name, rules, &drawn, day);
    rules_free(&rules);
    return code;
}
