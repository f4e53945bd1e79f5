/* verify.c: sanji verify: says what is wrong with a log, record by record. */
#include <inttypes.h>
#include <stdlib.h>

#include "broker/runtime/json.h"
#include "broker/runtime/logcheck.h"
#include "proto/time.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"

static void put(json_t *object, const char *key, json_t *taken)
{
    if (taken == NULL || json_object_set_new(object, key, taken) != 0) {
        abort();
    }
}

static void put_number(json_t *object, const char *key, uint64_t number)
{
    put(object, key, json_integer((json_int_t)number));
}

static void on_finding(void *context, const struct logcheck_finding *finding)
{
    const struct cli *cli = context;
    if (cli->output == OUTPUT_TABLE) {
        cli_printf("%10" PRIu64 "  ", finding->seq);
        cli_cell(finding->code, 12);
        cli_line(finding->text);
        return;
    }
    json_t *line = json_object();
    put(line, "finding", json_string(finding->code));
    put_number(line, "seq", finding->seq);
    if (finding->upto != finding->seq) {
        put_number(line, "upto", finding->upto);
    }
    put(line, "text", json_string_nocheck(finding->text));
    cli_json(line);
}

static void put_time(json_t *object, const char *key, int64_t at_ms)
{
    char text[TIME_TEXT_SIZE];
    put(object, key, at_ms == 0 ? json_null() : json_string(time_print(at_ms, text)));
}

static void print_json(const struct logcheck_result *result)
{
    json_t *line = json_object();
    put(line, "verified", json_boolean(result->findings == 0));
    put_number(line, "findings", result->findings);
    put_number(line, "head", result->head);
    put_number(line, "records", result->records);
    put_number(line, "bytes", result->bytes);
    put_number(line, "writers", result->writers);
    put_number(line, "readers", result->readers);
    put(line, "lifecycle_checked", json_boolean(result->has_meaning));
    put_number(line, "cases", result->cases);
    put_number(line, "unanswered", result->unanswered);
    put_time(line, "first", result->first_ms);
    put_time(line, "last", result->last_ms);
    cli_json(line);
}

static void print_table(const struct logcheck_result *result)
{
    cli_printf("%s: 问题 %" PRIu64 "  记录 %" PRIu64 "  案件 %" PRIu64 "  字节 %" PRIu64
               "  写入方 %" PRIu64 "  订阅 %" PRIu64 "  待答陈述 %" PRIu64 "%s\n",
               result->findings == 0 ? "校验通过 verified" : "发现问题 problems found",
               result->findings, result->records, result->cases, result->bytes,
               result->writers, result->readers, result->unanswered,
               result->has_meaning ? "" : "  (未检查生命周期 lifecycle not checked)");
}

int cmd_verify(struct cli *cli)
{
    const char *data = cli_option(cli, "--data");
    struct logcheck_result result;
    struct fault fault;
    enum status status =
        logcheck_run(data == NULL ? "./data" : data, on_finding, cli, &result, &fault);
    if (status != STATUS_OK && (status != STATUS_CORRUPT || result.findings == 0)) {
        enum cli_exit code = status == STATUS_CORRUPT ? CLI_PROBLEMS : CLI_FAILURE;
        return cli_fail(cli, code, "%s", fault.text);
    }
    if (cli->output == OUTPUT_TABLE) {
        print_table(&result);
    } else {
        print_json(&result);
    }
    return result.findings == 0 ? CLI_OK : CLI_PROBLEMS;
}
