/* log_filter.c: options -> Filter, each checked before the broker sees it. */
#include "workers/sanji/log_filter.h"

#include <stdio.h>
#include <string.h>

#include "broker/runtime/json_field.h"
#include "proto/id.h"
#include "proto/org.h"
#include "proto/vocab.h"

typedef enum status (*check_fn)(const char *text);

static enum status check_path(const char *text)
{
    struct org_path path;
    return org_parse(text, &path);
}

static enum status check_worker(const char *text)
{
    uint32_t worker = 0;
    return id_worker_parse(text, &worker);
}

static enum status check_team(const char *text)
{
    uint16_t team = 0;
    return id_team_parse(text, &team);
}

static enum status check_case(const char *text)
{
    uint32_t place = 0;
    uint64_t key = 0;
    return id_case_parse(text, &place, &key);
}

static enum status check_any(const char *text)
{
    return text[0] == '\0' ? STATUS_INVALID : STATUS_OK;
}

static enum status refuse(const struct cli *cli, const char *name, const char *value,
                          const char *expected)
{
    fprintf(stderr, "sanji %s: %s \"%s\" is no %s\n", cli->name, name, value, expected);
    return STATUS_INVALID;
}

static enum status read_texts(const struct cli *cli, Sanji__Filter *message)
{
    const struct {
        const char *option;
        char **member;
        check_fn check;
        const char *expected;
    } texts[] = {
        {"--area", &message->area, check_path, "path (370499.003.01)"},
        {"--holder", &message->holder, check_path, "path (370499.003.01)"},
        {"--worker", &message->worker, check_worker, "worker (W00007)"},
        {"--team", &message->team, check_team, "team (TB03)"},
        {"--case", &message->case_no, check_case, "case number (23 digits)"},
        {"--source", &message->source_system, check_any, "source system"},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *value = cli_option(cli, texts[i].option);
        if (value == NULL) {
            continue;
        }
        if (texts[i].check(value) != STATUS_OK) {
            return refuse(cli, texts[i].option, value, texts[i].expected);
        }
        *texts[i].member = (char *)(uintptr_t)value;
    }
    return STATUS_OK;
}

// One --type may name several: "CaseClosed,CaseReopened".
static enum status read_types(const struct cli *cli, struct log_filter *filter)
{
    const char *value = NULL;
    for (size_t i = 0; (value = options_nth(&cli->options, "--type", i)) != NULL; i++) {
        while (value[0] != '\0') {
            char name[JSON_NAME_SIZE];
            size_t size = strcspn(value, ",");
            unsigned type = 0;
            if (size > 0 && size < sizeof name) {
                memcpy(name, value, size);
                name[size] = '\0';
                type = vocab_event_type(name);
            }
            if (type == 0 || filter->message.n_types == FILTER_TYPES_MAX) {
                return refuse(cli, "--type", value, "type (DispatchOffered, #60)");
            }
            filter->types[filter->message.n_types++] = type;
            value += size + (value[size] == ',' ? 1 : 0);
        }
    }
    filter->message.types = filter->types;
    return STATUS_OK;
}

static enum status read_words(const struct cli *cli, Sanji__Filter *message)
{
    int number = 0;
    const char *tier = cli_option(cli, "--tier");
    if (tier != NULL) {
        if (!json_enum_find(&sanji__tier__descriptor, tier, &number)) {
            return refuse(cli, "--tier", tier,
                          "tier (GRID, COMMITTEE, COMMUNITY, SUBDISTRICT, MUNICIPAL)");
        }
        message->tier = (Sanji__Tier)number;
    }
    const char *severity = cli_option(cli, "--severity");
    if (severity != NULL) {
        char name[4] = "S";
        bool is_digit = strlen(severity) == 1;
        memcpy(name + 1, severity, is_digit ? 2 : 0);
        if (!json_enum_find(&sanji__severity__descriptor, is_digit ? name : severity,
                            &number)) {
            return refuse(cli, "--severity", severity, "severity (S1 to S4)");
        }
        message->severity_min = (Sanji__Severity)number;
    }
    return STATUS_OK;
}

enum status log_filter_read(const struct cli *cli, struct log_filter *filter)
{
    sanji__filter__init(&filter->message);
    enum status status = read_texts(cli, &filter->message);
    if (status == STATUS_OK) {
        status = read_types(cli, filter);
    }
    return status == STATUS_OK ? read_words(cli, &filter->message) : status;
}
