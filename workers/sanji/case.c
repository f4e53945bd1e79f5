/* case.c: `sanji case show | explain | list`. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/json.h"
#include "proto/time.h"
#include "workers/sanji/casefile.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/explain.h"
#include "workers/sanji/query.h"
#include "workers/sanji/rows.h"
#include "workers/sanji/show.h"

enum {
    ANSWER_ARENA_BYTES = 8 * 1024 * 1024
};

/* --at SEQ or TIME. */
static enum status read_at(const struct cli *cli, uint64_t *at_seq, int64_t *at_ms)
{
    const char *at = cli_option(cli, "--at");
    if (at == NULL || options_number(at, at_seq) == STATUS_OK) {
        return STATUS_OK;
    }
    return cli_time(cli, "--at", at_ms);
}

static void show_json(struct casefile *file)
{
    json_t *events = json_array();
    for (size_t i = 0; i < file->count; i++) {
        arena_reset(file->arena);
        json_array_append_new(
            events, json_event(&file->entries[i].record, file->place, file->arena));
    }
    const struct kase *kase = casefile_case(file);
    char text[ORG_TEXT_SIZE];
    char time[TIME_TEXT_SIZE];
    json_t *value = json_object();
    id_case_print(file->place, file->case_key, text);
    json_object_set_new(value, "case_no", json_string(text));
    json_object_set_new(value, "state", json_string(vocab_state_name(kase->state)));
    json_object_set_new(value, "version", json_integer(kase->version));
    json_object_set_new(value, "severity", json_integer(kase->severity));
    if (kase->status == SANJI__MSG_STATUS__MSG_STATUS_EXERCISE) {
        json_object_set_new(value, "status", json_string("EXERCISE"));
    }
    json_object_set_new(value, "category",
                        json_string(id_category_print(kase->category, text)));
    json_object_set_new(value, "area", json_string(org_print(kase->area, text)));
    json_object_set_new(value, "holder", json_string(org_print(kase->holder, text)));
    json_object_set_new(value, "owner", json_string(org_print(kase->owner, text)));
    if (kase->worker != 0) {
        json_object_set_new(value, "worker",
                            json_string(id_worker_print(kase->worker, text)));
    }
    json_object_set_new(value, "received_at",
                        json_string(time_print(kase->received_ms, time)));
    json_object_set_new(value, "events", events);
    cli_json(value);
}

/* Reads the case that the command names, as it stood at --at; else as casefile_open. */
static int open_named(struct cli *cli, casefile_fn visit, void *context,
                      struct casefile **file)
{
    struct casefile_wanted wanted = {
        .case_no = cli_word(cli, 0), .visit = visit, .context = context};
    if (wanted.case_no == NULL) {
        return cli_usage(cli, "which case? NO has 23 digits");
    }
    if (read_at(cli, &wanted.at_seq, &wanted.at_ms) != STATUS_OK) {
        return CLI_USAGE;
    }
    return casefile_open(cli, &wanted, file);
}

int cmd_case_show(struct cli *cli)
{
    struct casefile *file = NULL;
    const int code = open_named(cli, NULL, NULL, &file);
    if (code != CLI_OK) {
        return code;
    }
    assert(file != NULL);
    if (cli->output == OUTPUT_JSON || cli->output == OUTPUT_NDJSON) {
        show_json(file);
    } else {
        show_head(file);
        for (size_t i = 0; i < file->count; i++) {
            show_line(file, &file->entries[i]);
        }
    }
    casefile_close(&file);
    return CLI_OK;
}

int cmd_case_explain(struct cli *cli)
{
    struct casefile *file = NULL;
    struct explain *explain = explain_new();
    const int code = open_named(cli, explain_visit, explain, &file);
    if (code == CLI_OK) {
        json_t *value = explain_json(explain, file);
        if (cli->output == OUTPUT_JSON || cli->output == OUTPUT_NDJSON) {
            cli_json(json_incref(value));
        } else {
            explain_print(value);
        }
        json_decref(value);
        casefile_close(&file);
    }
    explain_free(&explain);
    return code;
}

/* ---- list ---- */

static enum status list_question(const struct cli *cli, Sanji__ListAsk *ask)
{
    uint64_t limit = 0;
    const char *state = cli_option(cli, "--state");
    const char *tier = cli_option(cli, "--tier");
    ask->state = (Sanji__CaseState)(state != NULL ? vocab_state(state) : 0);
    if (state != NULL && ask->state == 0) {
        (void)cli_usage(cli, "--state %s: RECEIVED ACCEPTED ASSIGNING DISPATCHED ...",
                        state);
        return STATUS_INVALID;
    }
    if (tier != NULL && !rows_tier(tier, &ask->tier)) {
        (void)cli_usage(cli, "--tier %s: GRID COMMITTEE COMMUNITY SUBDISTRICT MUNICIPAL",
                        tier);
        return STATUS_INVALID;
    }
    if (cli_number(cli, "--limit", &limit) != STATUS_OK || limit > UINT32_MAX) {
        return STATUS_INVALID;
    }

    const struct {
        const char *option;
        char **field;
    } texts[] = {{"--holder", &ask->holder},
                 {"--worker", &ask->worker},
                 {"--area", &ask->area},
                 {"--category", &ask->category},
                 {"--after", &ask->after}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *value = cli_option(cli, texts[i].option);
        *texts[i].field = strdup(value != NULL ? value : "");
    }
    ask->limit = (uint32_t)limit;
    ask->overdue = cli_has(cli, "--overdue");
    ask->attention = cli_has(cli, "--attention");
    ask->restricted = cli_has(cli, "--restricted");
    return STATUS_OK;
}

// What list_question has copied; protobuf's strings are not const.
static void free_question(Sanji__ListAsk *ask)
{
    free(ask->holder);
    free(ask->worker);
    free(ask->area);
    free(ask->category);
    free(ask->after);
}

int cmd_case_list(struct cli *cli)
{
    Sanji__ListAsk ask = SANJI__LIST_ASK__INIT;
    Sanji__QueryRequest request = SANJI__QUERY_REQUEST__INIT;
    Sanji__QueryReply *reply = NULL;
    struct fault fault;
    if (list_question(cli, &ask) != STATUS_OK) {
        return CLI_USAGE;
    }
    request.body_case = SANJI__QUERY_REQUEST__BODY_LIST;
    request.list = &ask;
    struct arena *arena = arena_new(ANSWER_ARENA_BYTES);
    const enum status status =
        query_ask(cli->run_dir, &request, QUERY_LIMIT_MS, arena, &reply, &fault);
    int code = CLI_OK;
    if (status != STATUS_OK) {
        code = cli_fail(cli, cli_exit_of(status), "%s", fault.text);
    } else {
        for (size_t i = 0; i < reply->list->n_rows; i++) {
            if (cli->output == OUTPUT_JSON || cli->output == OUTPUT_NDJSON) {
                cli_json(json_write(&reply->list->rows[i]->base));
            } else {
                rows_print(reply->list->rows[i], reply->now_ms);
            }
        }
        if (reply->list->more) {
            fprintf(stderr,
                    "sanji case list: 共 %llu 件, 用 --after %s 继续 / %llu match, go on "
                    "with --after\n",
                    (unsigned long long)reply->list->matched,
                    reply->list->rows[reply->list->n_rows - 1]->case_no,
                    (unsigned long long)reply->list->matched);
        }
    }
    free_question(&ask);
    arena_free(&arena);
    return code;
}
