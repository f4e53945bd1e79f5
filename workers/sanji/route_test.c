/* route_test.c: `sanji route test --since TIME FILE`: real history against changed rules.
 *
 *     log -> world, by the rules of each record's time      what was decided
 *     FILE -> rules, the changed ones                       what would be, of the same case
 *                                                           differ: a line
 *
 * Asked are the three decisions that rules alone make: the first desk (T08), the desk above
 * (T15), and the due time of RESOLVE at acceptance. Each is compared where it was made, so a
 * case that would have gone elsewhere is listed once and not followed on a path that nobody
 * went. Nothing is written.
 */
#include <string.h>

#include "broker/runtime/json.h"
#include "broker/runtime/labels.h"
#include "broker/runtime/route.h"
#include "broker/runtime/rulesfile.h"
#include "broker/runtime/world.h"
#include "proto/codec.h"
#include "proto/id.h"
#include "proto/time.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/reader.h"

enum {
    LIMIT_MS = 600 * 1000,
    ENVELOPE_ARENA_BYTES = 1024 * 1024
};

struct trial {
    struct cli *cli;
    struct world *world;   /* as it was */
    struct rules *changed; /* as it would be */
    struct arena *arena;
    int64_t since_ms;
    bool shows_restricted;
    uint64_t routed, escalated, accepted; /* decisions looked at */
    uint64_t routes_moved, escalations_moved, deadlines_moved;
    uint64_t broken_seq; /* a record that does not fold; 0: none */
};

/* ---- what would be ---- */

/* The case as the changed rules would have taken it in: another severity of its category, if
 * nobody had said otherwise. */
static struct kase as_changed(const struct trial *trial, const struct kase *kase)
{
    struct kase copy = *kase;
    const Sanji__Category *was = rules_category(world_rules(trial->world), kase->category);
    const Sanji__Category *now = rules_category(trial->changed, kase->category);
    if (was != NULL && now != NULL && (unsigned)was->severity == kase->severity) {
        copy.severity = (uint8_t)now->severity;
    }
    return copy;
}

static bool differ(struct route a, struct route b)
{
    return a.tier != b.tier || !org_equal(a.desk, b.desk);
}

/* The desk above; its own where it would stay. */
static struct route above(const struct rules *rules, const struct kase *kase)
{
    struct route route;
    return route_above(rules, kase, &route)
               ? route
               : (struct route){.desk = kase->holder, .tier = (enum org_tier)kase->tier};
}

/* ---- lines ---- */

static json_t *line_of(const struct trial *trial, const struct record *record,
                       const struct kase *kase, const char *what)
{
    char text[CASE_NO_SIZE];
    char time[TIME_TEXT_SIZE];
    json_t *line = json_object();
    json_object_set_new(line, "what", json_string(what));
    json_object_set_new(
        line, "case_no",
        json_string(id_case_print(world_place(trial->world), kase->key, text)));
    json_object_set_new(line, "seq", json_integer((json_int_t)record->seq));
    json_object_set_new(line, "recorded_at",
                        json_string(time_print(record->header.recorded_at_ms, time)));
    if (!kase->restricted || trial->shows_restricted) {
        json_object_set_new(line, "category",
                            json_string(id_category_print(kase->category, text)));
    }
    return line;
}

static void print_line(const struct trial *trial, json_t *line)
{
    if (trial->cli->output == OUTPUT_TABLE) {
        cli_printf("%s  %-9s %s → %s\n",
                   json_string_value(json_object_get(line, "case_no")),
                   json_string_value(json_object_get(line, "what")),
                   json_string_value(json_object_get(line, "was")),
                   json_string_value(json_object_get(line, "would_be")));
        json_decref(line);
    } else {
        cli_json(line);
    }
}

/* The desk of a restricted case is told down to its community. */
static struct org_path shown(const struct trial *trial, const struct kase *kase,
                             struct org_path desk)
{
    return kase->restricted && !trial->shows_restricted ? org_community(desk) : desk;
}

static void print_move(const struct trial *trial, const struct record *record,
                       const struct kase *kase, const char *what, struct org_path was,
                       struct route now)
{
    char text[ORG_TEXT_SIZE];
    json_t *line = line_of(trial, record, kase, what);
    json_object_set_new(line, "was", json_string(org_print(shown(trial, kase, was), text)));
    json_object_set_new(line, "would_be",
                        json_string(org_print(shown(trial, kase, now.desk), text)));
    json_object_set_new(line, "tier",
                        json_string(label_of(trial->changed, LABEL_TIER, (int)now.tier,
                                             trial->cli->output != OUTPUT_TABLE)));
    json_object_set_new(line, "rule", json_integer((json_int_t)now.rule));
    print_line(trial, line);
}

/* ---- each decision ---- */

static void try_route(struct trial *trial, const struct record *record,
                      const Sanji__CaseRouted *body, const struct kase *before)
{
    char text[ORG_TEXT_SIZE];
    const struct route was = route_first(world_rules(trial->world), before);
    // T14, T17, T32, and a dispatcher's `route`: a person said where to.
    if (before->state != STATE_ACCEPTED ||
        strcmp(org_print(was.desk, text), body->to) != 0) {
        return;
    }
    const struct kase kase = as_changed(trial, before);
    const struct route now = route_first(trial->changed, &kase);
    trial->routed++;
    if (differ(was, now)) {
        trial->routes_moved++;
        print_move(trial, record, before, "route", was.desk, now);
    }
}

static void try_escalation(struct trial *trial, const struct record *record,
                           const struct kase *before)
{
    const struct route was = above(world_rules(trial->world), before);
    const struct route now = above(trial->changed, before);
    trial->escalated++;
    if (differ(was, now)) {
        trial->escalations_moved++;
        print_move(trial, record, before, "escalate", was.desk, now);
    }
}

static void try_deadline(struct trial *trial, const struct record *record,
                         const Sanji__Envelope *envelope, const struct kase *after)
{
    char text[TIME_TEXT_SIZE];
    for (size_t i = 0; i < envelope->n_timers; i++) {
        const Sanji__TimerChange *change = envelope->timers[i];
        struct deadline_limit limit;
        uint32_t times = 0;
        const struct kase kase = as_changed(trial, after);
        if (change->op != SANJI__TIMER_OP__TIMER_OP_ARM ||
            change->kind != SANJI__TIMER_KIND__TIMER_KIND_RESOLVE ||
            !rules_limit(trial->changed, TIMER_RESOLVE, kase.severity, kase.category,
                         &limit, &times)) {
            continue;
        }
        trial->accepted++;
        const int64_t due_ms =
            deadline_due_ms(rules_calendar(trial->changed), &limit, change->t0_ms, NULL, 0);
        if (due_ms == change->due_at_ms) {
            continue;
        }
        trial->deadlines_moved++;
        json_t *line = line_of(trial, record, after, "deadline");
        json_object_set_new(line, "kind", json_string("RESOLVE"));
        json_object_set_new(line, "was", json_string(time_print(change->due_at_ms, text)));
        json_object_set_new(line, "would_be", json_string(time_print(due_ms, text)));
        print_line(trial, line);
    }
}

static void try_record(struct trial *trial, const struct record *record,
                       const Sanji__Envelope *envelope)
{
    const struct kase *before = world_before(trial->world);
    const struct kase *after = world_case(trial->world, record->header.case_key);
    if (record->header.recorded_at_ms < trial->since_ms || before == NULL ||
        after == NULL) {
        return;
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_ROUTED) {
        try_route(trial, record, envelope->case_routed, before);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_ESCALATED) {
        try_escalation(trial, record, before);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_ACCEPTED) {
        try_deadline(trial, record, envelope, after);
    }
}

static bool on_record(void *context, const struct record *record)
{
    struct trial *trial = context;
    Sanji__Envelope *envelope = NULL;
    arena_reset(trial->arena);
    if (codec_unpack(record->envelope, trial->arena, &envelope) != STATUS_OK ||
        world_fold(trial->world, record, envelope) != STATUS_OK) {
        trial->broken_seq = record->seq;
        return false;
    }
    if (record->header.case_key != 0) {
        try_record(trial, record, envelope);
    }
    return true;
}

/* ---- the command ---- */

static int load_changed(struct trial *trial, const char *path)
{
    struct rulesfile *files = NULL;
    struct fault fault;
    if (rulesfile_load(path, &files, &fault) != STATUS_OK) {
        return cli_fail(trial->cli, CLI_PROBLEMS, "%s", fault.text);
    }
    enum status status = STATUS_OK;
    for (int kind = SANJI__RULES_KIND__RULES_KIND_ORG;
         kind <= SANJI__RULES_KIND__RULES_KIND_LABELS && status == STATUS_OK; kind++) {
        status = rules_restore(trial->changed, (Sanji__RulesKind)kind, 1,
                               rulesfile_bytes(files, (Sanji__RulesKind)kind));
    }
    rulesfile_free(&files);
    return status == STATUS_OK
               ? CLI_OK
               : cli_fail(trial->cli, CLI_PROBLEMS, "%s: %s", path, status_en(status));
}

static void print_sum(const struct trial *trial)
{
    if (trial->cli->output == OUTPUT_TABLE) {
        cli_printf(
            "首次分流 first routes %llu, 改变 would move %llu; 升级 escalations %llu, "
            "改变 %llu; 处置时限 limits to resolve %llu, 改变 %llu\n",
            (unsigned long long)trial->routed, (unsigned long long)trial->routes_moved,
            (unsigned long long)trial->escalated,
            (unsigned long long)trial->escalations_moved,
            (unsigned long long)trial->accepted,
            (unsigned long long)trial->deadlines_moved);
        return;
    }
    json_t *sum = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "what", "sum", "routes",
        (json_int_t)trial->routed, "routes_moved", (json_int_t)trial->routes_moved,
        "escalations", (json_int_t)trial->escalated, "escalations_moved",
        (json_int_t)trial->escalations_moved, "deadlines", (json_int_t)trial->accepted,
        "deadlines_moved", (json_int_t)trial->deadlines_moved);
    cli_json(sum);
}

static int replay(struct trial *trial)
{
    static const struct reader_events events = {.record = on_record};
    struct fault fault;
    const enum reader_end end =
        reader_run(trial->cli->run_dir,
                   &(struct reader_options){.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST,
                                            .to_head = true,
                                            .limit_ms = LIMIT_MS},
                   &events, trial, &fault);
    if (trial->broken_seq != 0) {
        return cli_fail(trial->cli, CLI_PROBLEMS,
                        "记录 %llu 无法解释: 请运行 sanji verify / record %llu cannot be "
                        "explained: run sanji verify",
                        (unsigned long long)trial->broken_seq,
                        (unsigned long long)trial->broken_seq);
    }
    if (end == READER_REFUSED || end == READER_TIMEOUT) {
        return cli_fail(trial->cli, end == READER_TIMEOUT ? CLI_UNREACHABLE : CLI_FAILURE,
                        "%s", fault.text);
    }
    print_sum(trial);
    return CLI_OK;
}

int cmd_route_test(struct cli *cli)
{
    struct trial trial = {.cli = cli, .shows_restricted = cli_has(cli, "--restricted")};
    if (cli_time(cli, "--since", &trial.since_ms) != STATUS_OK) {
        return CLI_USAGE;
    }
    trial.world = world_new();
    trial.changed = rules_new();
    trial.arena = arena_new(ENVELOPE_ARENA_BYTES);
    int code = load_changed(&trial, cli_word(cli, 0));
    if (code == CLI_OK) {
        code = replay(&trial);
    }
    arena_free(&trial.arena);
    rules_free(&trial.changed);
    world_free(&trial.world);
    return code;
}
