/* receipt.c: receipts as lines. */
#include "workers/sanji/receipt.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "workers/sanji/cli.h"

static void put(json_t *object, const char *key, json_t *taken)
{
    if (taken == NULL || json_object_set_new(object, key, taken) != 0) {
        abort();
    }
}

// The fields of a receipt in the order of records.md 5.
static const char *const ORDER[] = {"outcome",   "case_no",        "seq",    "state",
                                    "duplicate", "advice",         "field",  "reason",
                                    "expected",  "retry_after_ms", "fields", "code",
                                    "opened"};

json_t *receipt_json(uint64_t line, const Sanji__Receipt *receipt)
{
    json_t *fields = json_write(&receipt->base);
    json_t *out = json_object();
    put(out, "line", json_integer((json_int_t)line));
    bool is_stored = receipt->outcome == SANJI__OUTCOME__OUTCOME_STORED;
    if (is_stored) {
        put(fields, "duplicate", json_boolean(receipt->duplicate));
    }
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        json_t *value = json_object_get(fields, ORDER[i]);
        if (value != NULL) {
            put(out, ORDER[i], json_incref(value));
        }
    }
    json_decref(fields);
    return out;
}

json_t *receipt_invalid_json(uint64_t line, const struct json_fault *fault)
{
    json_t *out = json_object();
    put(out, "line", json_integer((json_int_t)line));
    put(out, "outcome", json_string("invalid"));
    if (fault->field[0] != '\0') {
        put(out, "field", json_string_nocheck(fault->field));
    }
    put(out, "reason", json_string_nocheck(fault->reason));
    if (fault->expected[0] != '\0') {
        put(out, "expected", json_string_nocheck(fault->expected));
    }
    return out;
}

void receipt_count(struct receipt_counts *counts, Sanji__Outcome outcome)
{
    switch (outcome) {
    case SANJI__OUTCOME__OUTCOME_STORED:
    case SANJI__OUTCOME__OUTCOME_APPLIED:
        counts->stored++;
        return;
    case SANJI__OUTCOME__OUTCOME_STORE_FULL:
    case SANJI__OUTCOME__OUTCOME_BUSY:
    case SANJI__OUTCOME__OUTCOME_UNREACHABLE:
        counts->unreachable++;
        return;
    case SANJI__OUTCOME__OUTCOME_UNSPECIFIED:
    case SANJI__OUTCOME__OUTCOME_CONFLICT:
    case SANJI__OUTCOME__OUTCOME_INVALID:
    case SANJI__OUTCOME__OUTCOME_PII_REFUSED:
    case SANJI__OUTCOME__OUTCOME_REFUSED:
    case _SANJI__OUTCOME_IS_INT_SIZE:
        counts->rejected++;
        return;
    }
    counts->rejected++;
}

int receipt_exit(const struct receipt_counts *counts)
{
    if (counts->rejected > 0) {
        return CLI_REJECTED;
    }
    if (counts->unreachable > 0) {
        return CLI_UNREACHABLE;
    }
    return counts->pending > 0 ? CLI_TIME_LIMIT : CLI_OK;
}

static const char *text_of(const json_t *receipt, const char *key)
{
    const char *text = json_string_value(json_object_get(receipt, key));
    return text == NULL ? "" : text;
}

void receipt_print_row(json_t *receipt)
{
    enum {
        OUTCOME_WIDTH = 12,
        CASE_WIDTH = 24,
        STATE_WIDTH = 12
    };

    cli_printf("%6lld  ", json_integer_value(json_object_get(receipt, "line")));
    cli_cell(text_of(receipt, "outcome"), OUTCOME_WIDTH);
    cli_cell(text_of(receipt, "case_no"), CASE_WIDTH);
    cli_printf("%10lld  ", json_integer_value(json_object_get(receipt, "seq")));
    cli_cell(text_of(receipt, "state"), STATE_WIDTH);
    bool again = json_is_true(json_object_get(receipt, "duplicate"));
    const char *field = text_of(receipt, "field");
    cli_printf("%s%s%s%s%s\n", again ? "duplicate " : "", text_of(receipt, "code"), field,
               field[0] == '\0' ? "" : ": ", text_of(receipt, "reason"));
}
