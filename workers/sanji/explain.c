/* explain.c: an explanation as one JSON value. See explain.h. */
#include "workers/sanji/explain.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"
#include "proto/id.h"
#include "workers/sanji/explain_life.h"
#include "workers/sanji/explain_reason.h"

struct explain {
    json_t *steps;
    struct explain_life *life;
};

struct explain *explain_new(void)
{
    struct explain *explain = calloc(1, sizeof *explain);
    assert(explain != NULL);
    explain->steps = json_array();
    explain->life = explain_life_new();
    return explain;
}

void explain_free(struct explain **explain)
{
    if (*explain != NULL) {
        json_decref((*explain)->steps);
        explain_life_free(&(*explain)->life);
        free(*explain);
        *explain = NULL;
    }
}

/* ---- one record ---- */

static void put_versions(json_t *step, const struct rules *rules)
{
    static const struct {
        Sanji__RulesKind kind;
        const char *key;
    } kinds[] = {{SANJI__RULES_KIND__RULES_KIND_ORG, "org"},
                 {SANJI__RULES_KIND__RULES_KIND_ROSTER, "roster"},
                 {SANJI__RULES_KIND__RULES_KIND_SLA, "sla"},
                 {SANJI__RULES_KIND__RULES_KIND_CALENDAR, "calendar"},
                 {SANJI__RULES_KIND__RULES_KIND_POLICY, "policy"}};

    json_t *versions = json_object();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        json_object_set_new(versions, kinds[i].key,
                            json_integer(rules_version(rules, kinds[i].kind)));
    }
    json_object_set_new(step, "rules", versions);
}

/* The record that led to this one: what it was, and why that was. */
static void put_cause(const struct explain *explain, json_t *step, uint64_t cause_seq)
{
    if (cause_seq == 0) {
        return;
    }
    json_t *cause = json_pack("{s:I}", "seq", (json_int_t)cause_seq);
    for (size_t i = json_array_size(explain->steps); i > 0; i--) {
        const json_t *earlier = json_array_get(explain->steps, i - 1);
        if ((uint64_t)json_integer_value(json_object_get(earlier, "seq")) != cause_seq) {
            continue;
        }
        json_object_set(cause, "type", json_object_get(earlier, "type"));
        json_object_set(cause, "type_zh", json_object_get(earlier, "type_zh"));
        json_t *why = json_array_get(json_object_get(earlier, "why"), 0);
        if (why != NULL) {
            json_object_set(cause, "why", why);
        }
        break;
    }
    json_object_set_new(step, "cause", cause);
}

static void put_path(json_t *object, const char *key, struct org_path path)
{
    char text[ORG_TEXT_SIZE];
    json_object_set_new(object, key, json_string(org_print(path, text)));
}

static json_t *step_of(const struct casefile_entry *entry, const struct rules *rules)
{
    json_t *step = json_object();
    const struct kase *kase = &entry->after;
    const unsigned type = entry->record.header.type;
    const char *name = vocab_event_name(type);
    char worker[WORKER_SIZE];
    json_object_set_new(step, "seq", json_integer((json_int_t)entry->record.seq));
    explain_put_time(step, "recorded_at", entry->record.header.recorded_at_ms);
    json_object_set_new(step, "type",
                        name != NULL ? json_string(name) : json_sprintf("#%u", type));
    json_object_set_new(
        step, "type_zh",
        json_string(name != NULL ? label_word(rules, "event", name, false) : "?"));
    json_object_set_new(
        step, "type_en",
        json_string(name != NULL ? label_word(rules, "event", name, true) : "?"));
    explain_put_word(step, "state", rules, LABEL_STATE, kase->state);
    json_object_set_new(step, "version", json_integer(kase->version));
    put_path(step, "holder", kase->holder);
    explain_put_word(step, "tier", rules, LABEL_TIER, kase->tier);
    if (kase->worker != 0) {
        json_object_set_new(step, "worker",
                            json_string(id_worker_print(kase->worker, worker)));
    }
    return step;
}

static void put_timers(json_t *step, const struct explain_moment *moment)
{
    json_t *timers = json_array();
    for (size_t i = 0; i < moment->envelope->n_timers; i++) {
        json_array_append_new(timers, explain_change(moment, moment->envelope->timers[i]));
    }
    if (json_array_size(timers) > 0) {
        json_object_set(step, "timers", timers);
    }
    json_decref(timers);
}

void explain_visit(void *context, struct casefile *file, const struct casefile_entry *entry)
{
    static const struct kase nothing;
    struct explain *explain = context;
    const struct rules *rules = world_rules(file->world);
    Sanji__Envelope *envelope = NULL;
    json_t *step = step_of(entry, rules);
    arena_reset(file->arena);
    // The casefile has just folded it, so it decodes.
    const enum status status = codec_unpack(entry->record.envelope, file->arena, &envelope);
    assert(status == STATUS_OK);
    const struct explain_moment moment = {.rules = rules,
                                          .before =
                                              file->count > 1 ? &entry[-1].after : &nothing,
                                          .after = &entry->after,
                                          .envelope = envelope,
                                          .seq = entry->record.seq,
                                          .at_ms = entry->record.header.recorded_at_ms};
    put_versions(step, rules);
    put_cause(explain, step, envelope->cause_seq);
    json_t *why = explain_reasons(&moment);
    if (json_array_size(why) > 0) {
        json_object_set(step, "why", why);
    }
    json_decref(why);
    json_t *considered = explain_considered(&moment);
    if (considered != NULL) {
        json_object_set_new(step, "considered", considered);
    }
    put_timers(step, &moment);
    json_array_append_new(explain->steps, step);
    explain_life_add(explain->life, &moment);
}

/* ---- the whole ---- */

json_t *explain_json(struct explain *explain, struct casefile *file)
{
    char text[ORG_TEXT_SIZE];
    const struct kase *kase = casefile_case(file);
    const struct rules *rules = world_rules(file->world);
    const Sanji__Category *category = rules_category(rules, kase->category);
    json_t *value = json_object();
    id_case_print(file->place, file->case_key, text);
    json_object_set_new(value, "case_no", json_string(text));
    explain_put_word(value, "state", rules, LABEL_STATE, kase->state);
    explain_put_word(value, "severity", rules, LABEL_SEVERITY, kase->severity);
    json_object_set_new(value, "category",
                        json_string(id_category_print(kase->category, text)));
    if (category != NULL) {
        json_object_set_new(value, "category_zh", json_string(category->name_zh));
        json_object_set_new(value, "category_en", json_string(category->name_en));
    }
    if (kase->status > SANJI__MSG_STATUS__MSG_STATUS_ACTUAL) {
        explain_put_word(value, "status", rules, LABEL_STATUS, kase->status);
    }
    put_path(value, "area", kase->area);
    put_path(value, "holder", kase->holder);
    explain_put_word(value, "tier", rules, LABEL_TIER, kase->tier);
    put_path(value, "owner", kase->owner);
    if (kase->worker != 0) {
        json_object_set_new(value, "worker",
                            json_string(id_worker_print(kase->worker, text)));
    }
    explain_put_time(value, "received_at", kase->received_ms);
    explain_put_time(value, "now", file->now_ms);
    json_object_set(value, "steps", explain->steps);
    json_object_set_new(value, "timers", explain_life_timers(explain->life, rules));
    json_object_set_new(value, "ledger",
                        explain_life_ledger(explain->life, rules, kase, file->now_ms));
    return value;
}
