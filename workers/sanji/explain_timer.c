/* explain_timer.c: one change of a timer, recounted. See explain_timer.h. */
#include "workers/sanji/explain_timer.h"

#include <stdio.h>
#include <string.h>

#include "broker/runtime/labels.h"
#include "proto/daywalk.h"
#include "proto/time.h"

enum {
    MS_PER_S = 1000,
    S_PER_MIN = 60,
    MIN_PER_HOUR = 60,
    MS_PER_MIN = S_PER_MIN * MS_PER_S,
    PERMILLE = 1000,
    REWORK_FLOOR_PERMILLE = 100, // where the policy of the time says none
    DAYS_SHOWN_MAX = 400,
    CLOCK_TEXT_SIZE = 32,
    KEY_SIZE = 32,
    // Rests and pauses end at their author's `now`, the record is stamped a little later.
    NEAR_MS = 60 * MS_PER_S
};

void explain_put_time(json_t *object, const char *key, int64_t at_ms)
{
    char text[TIME_TEXT_SIZE];
    if (at_ms != 0) {
        json_object_set_new(object, key, json_string(time_print(at_ms, text)));
    }
}

void explain_put_word(json_t *object, const char *key, const struct rules *rules,
                      enum label_group group, int number)
{
    char name[KEY_SIZE];
    const struct label_words *words = label_words(group);
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(words->words, number);
    json_object_set_new(
        object, key,
        json_string(value != NULL ? value->name + strlen(words->prefix) : "?"));
    (void)snprintf(name, sizeof name, "%s_zh", key); // our own keys: they fit
    json_object_set_new(object, name, json_string(label_of(rules, group, number, false)));
    (void)snprintf(name, sizeof name, "%s_en", key);
    json_object_set_new(object, name, json_string(label_of(rules, group, number, true)));
}

/* ---- the days ---- */

// Steps in which no year is passed over.
static const int64_t YEAR_STEP_MS = 300 * TIME_DAY_MS;

struct days {
    const struct rules *rules;
    json_t *list;
};

static const char *clock_text(int64_t into_ms, char text[CLOCK_TEXT_SIZE])
{
    const unsigned minutes = (unsigned)(into_ms / MS_PER_MIN);
    const unsigned seconds = (unsigned)(into_ms % MS_PER_MIN / MS_PER_S);
    const int size = snprintf(text, CLOCK_TEXT_SIZE, "%02u:%02u", minutes / MIN_PER_HOUR,
                              minutes % MIN_PER_HOUR);
    if (seconds != 0) {
        (void)snprintf(text + size, CLOCK_TEXT_SIZE - (size_t)size, ":%02u", seconds);
    }
    return text;
}

static bool add_day(void *context, const struct daywalk_day *day)
{
    static const char *const kinds[] = {"WORKDAY", "WEEKEND", "HOLIDAY", "MAKE_UP"};
    struct days *days = context;
    const int64_t start_ms =
        deadline_day_start_ms(rules_utc_offset_min(days->rules), day->day);
    const char *kind = kinds[day->kind];
    json_t *pieces = json_array();
    for (size_t i = 0; i < day->piece_count; i++) {
        char from[CLOCK_TEXT_SIZE];
        char to[CLOCK_TEXT_SIZE];
        json_array_append_new(
            pieces,
            json_sprintf("%s-%s", clock_text(day->pieces[i].from_ms - start_ms, from),
                         clock_text(day->pieces[i].to_ms - start_ms, to)));
    }
    json_array_append_new(
        days->list, json_pack("{s:o, s:i, s:s, s:s, s:s, s:o, s:I, s:I}", "day",
                              json_sprintf("%04u-%02u-%02u", day->day / 10000,
                                           day->day / 100 % 100, day->day % 100),
                              "weekday", (int)day->weekday + 1, "kind", kind, "kind_zh",
                              label_word(days->rules, "day", kind, false), "kind_en",
                              label_word(days->rules, "day", kind, true), "counted", pieces,
                              "counted_s", (json_int_t)(day->counted_ms / MS_PER_S),
                              "sum_s", (json_int_t)(day->sum_ms / MS_PER_S)));
    return json_array_size(days->list) < DAYS_SHOWN_MAX;
}

static void put_days(json_t *object, const struct rules *rules,
                     const struct daywalk_span *span)
{
    if ((span->clock != CLOCK_WORKING && span->pause_count == 0) ||
        span->to_ms < span->from_ms) {
        return; // a natural budget needs no table of days
    }
    struct days days = {.rules = rules, .list = json_array()};
    daywalk(span, add_day, &days);
    json_object_set_new(object, "days", days.list);
    bool is_known = deadline_knows_year(span->calendar, span->to_ms);
    for (int64_t at_ms = span->from_ms; at_ms <= span->to_ms; at_ms += YEAR_STEP_MS) {
        is_known = is_known && deadline_knows_year(span->calendar, at_ms);
    }
    if (span->clock == CLOCK_WORKING && !is_known) {
        json_object_set_new(object, "calendar_missing", json_true());
    }
}

/* ---- the sum ---- */

struct sum {
    const struct explain_moment *moment;
    const Sanji__TimerChange *change;
    const struct case_timer *was; /* before this record; NULL: not there */
    struct deadline_limit limit;
    int64_t t0_ms;
    struct deadline_pause pauses[CASE_PAUSES_MAX];
    size_t pause_count;
};

static const struct case_timer *timer_of(const struct kase *kase, unsigned kind, unsigned n)
{
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        if (kase->timers[i].kind == kind && kase->timers[i].n == n) {
            return &kase->timers[i];
        }
    }
    return NULL;
}

/* Those that began at or after t0, as far as they had come by this record. */
static void collect_pauses(struct sum *sum)
{
    const struct kase *kase = sum->moment->after;
    for (size_t i = 0; i < kase->pause_count; i++) {
        struct deadline_pause pause = kase->pauses[i];
        if (pause.to_ms == 0) {
            pause.to_ms = sum->moment->at_ms;
        }
        if (pause.from_ms >= sum->t0_ms && pause.to_ms >= pause.from_ms) {
            sum->pauses[sum->pause_count++] = pause;
        }
    }
}

static bool is_near(int64_t a_ms, int64_t b_ms, int64_t within_ms)
{
    return a_ms - b_ms <= within_ms && b_ms - a_ms <= within_ms;
}

static void put_pauses(const struct sum *sum, json_t *object)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sum->pause_count; i++) {
        const struct deadline_pause *pause = &sum->pauses[i];
        json_t *one = json_object();
        explain_put_time(one, "from", pause->from_ms);
        explain_put_time(one, "to", pause->to_ms);
        json_object_set_new(
            one, "counted_s",
            json_integer(deadline_elapsed_ms(rules_calendar(sum->moment->rules),
                                             sum->limit.clock, pause->from_ms,
                                             pause->to_ms) /
                         MS_PER_S));
        json_array_append_new(list, one);
    }
    if (json_array_size(list) > 0) {
        json_object_set(object, "pauses", list);
    }
    json_decref(list);
}

/* t0 + budget, and the cap. True: that is what the record says. */
static bool by_budget(const struct sum *sum, json_t *object)
{
    const struct calendar *calendar = rules_calendar(sum->moment->rules);
    struct deadline_limit open = sum->limit;
    open.cap_s = 0;
    const int64_t budget_ms =
        deadline_due_ms(calendar, &open, sum->t0_ms, sum->pauses, sum->pause_count);
    const int64_t due_ms =
        deadline_due_ms(calendar, &sum->limit, sum->t0_ms, sum->pauses, sum->pause_count);
    // New terms by which it is past already: due at once.
    const bool is_past = due_ms < sum->moment->at_ms &&
                         is_near(sum->change->due_at_ms, sum->moment->at_ms, NEAR_MS);
    if (!is_past &&
        !is_near(due_ms, sum->change->due_at_ms, sum->pause_count > 0 ? NEAR_MS : 0)) {
        return false;
    }
    const bool is_capped = due_ms < budget_ms;
    const char *method = is_past ? "past" : is_capped ? "cap" : "budget";
    explain_put_time(object, "by_budget", budget_ms);
    if (sum->limit.cap_s != 0) {
        const struct deadline_limit cap = {.clock = CLOCK_NATURAL,
                                           .budget_s = sum->limit.cap_s};
        explain_put_time(
            object, "by_cap",
            deadline_due_ms(calendar, &cap, sum->t0_ms, sum->pauses, sum->pause_count));
    }
    json_object_set_new(object, "method", json_string(method));
    put_pauses(sum, object);
    put_days(object, sum->moment->rules,
             &(struct daywalk_span){.calendar = calendar,
                                    .clock = sum->limit.clock,
                                    .from_ms = sum->t0_ms,
                                    .to_ms = due_ms,
                                    .pauses = sum->pauses,
                                    .pause_count = sum->pause_count});
    return true;
}

static int64_t floor_ms(const struct sum *sum)
{
    const Sanji__Policy *policy = rules_policy(sum->moment->rules);
    uint32_t permille = policy != NULL ? policy->rework_floor_permille : 0;
    uint32_t times = 0;
    struct deadline_limit limit = sum->limit;
    const struct kase *kase = sum->moment->after;
    (void)rules_limit(sum->moment->rules, (enum timer_kind)sum->change->kind,
                      kase->severity, kase->category, &limit,
                      &times); // none: the budget that it was armed with
    permille = permille != 0 ? permille : REWORK_FLOOR_PERMILLE;
    return (int64_t)limit.budget_s * permille / PERMILLE * MS_PER_S;
}

/* What was left when it was paused, or the least share of the budget, from now on. */
static bool by_rest(const struct sum *sum, json_t *object)
{
    const struct calendar *calendar = rules_calendar(sum->moment->rules);
    if (sum->was == NULL || sum->was->state != TIMER_STATE_PAUSED) {
        return false;
    }
    int64_t left_ms = 0;
    if (sum->was->left_ms > 0) {
        left_ms =
            deadline_elapsed_ms(calendar, sum->limit.clock,
                                sum->was->due_ms - sum->was->left_ms, sum->was->due_ms);
    }
    const char *method = "rest";
    int64_t due_ms =
        deadline_add_ms(calendar, sum->limit.clock, sum->moment->at_ms, left_ms);
    if (!is_near(due_ms, sum->change->due_at_ms, NEAR_MS)) {
        method = "floor";
        left_ms = floor_ms(sum);
        due_ms = deadline_add_ms(calendar, sum->limit.clock, sum->moment->at_ms, left_ms);
    }
    if (!is_near(due_ms, sum->change->due_at_ms, NEAR_MS)) {
        return false;
    }
    json_object_set_new(object, "method", json_string(method));
    json_object_set_new(object, "rest_s", json_integer(left_ms / MS_PER_S));
    explain_put_time(object, "rest_from", sum->moment->at_ms);
    put_days(object, sum->moment->rules,
             &(struct daywalk_span){.calendar = calendar,
                                    .clock = sum->limit.clock,
                                    .from_ms = sum->moment->at_ms,
                                    .to_ms = sum->change->due_at_ms});
    return true;
}

/* An extension that adds to the due time that stood before. */
static bool by_addition(const struct sum *sum, json_t *object)
{
    if (sum->moment->envelope->body_case != SANJI__ENVELOPE__BODY_DEADLINE_EXTENDED ||
        sum->was == NULL) {
        return false;
    }
    const Sanji__DeadlineExtended *body = sum->moment->envelope->deadline_extended;
    const int64_t due_ms = deadline_add_ms(
        rules_calendar(sum->moment->rules), (enum deadline_clock)body->clock,
        sum->was->due_ms, (int64_t)body->added_s * MS_PER_S);
    if (!is_near(due_ms, sum->change->due_at_ms, NEAR_MS)) {
        return false;
    }
    json_object_set_new(object, "method", json_string("added"));
    explain_put_time(object, "added_to", sum->was->due_ms);
    json_object_set_new(object, "added_s", json_integer(body->added_s));
    return true;
}

static void put_sum(struct sum *sum, json_t *object)
{
    const Sanji__TimerChange *change = sum->change;
    collect_pauses(sum);
    explain_put_time(object, "t0", sum->t0_ms);
    json_object_set_new(object, "budget_s", json_integer(change->budget_s));
    if (change->cap_s != 0) {
        json_object_set_new(object, "cap_s", json_integer(change->cap_s));
    }
    const bool is_counted =
        sum->limit.clock != CLOCK_NONE &&
        (by_budget(sum, object) || by_rest(sum, object) || by_addition(sum, object));
    if (!is_counted) {
        // Set as a point in time (the end of a suspension), or by a sum we do not know.
        json_object_set_new(object, "method", json_string("as_written"));
        json_object_set_new(
            object, "agrees",
            json_boolean(change->kind == SANJI__TIMER_KIND__TIMER_KIND_RESUME));
    }
    explain_put_time(object, "due", change->due_at_ms);
}

json_t *explain_change(const struct explain_moment *moment,
                       const Sanji__TimerChange *change)
{
    static const char *const ops[] = {"?", "ARM", "CANCEL", "PAUSE", "RESUME", "RESET"};
    json_t *object = json_object();
    const unsigned op = (unsigned)change->op;
    json_object_set_new(object, "op",
                        json_string(op < sizeof ops / sizeof ops[0] ? ops[op] : "?"));
    explain_put_word(object, "kind", moment->rules, LABEL_TIMER, (int)change->kind);
    if (change->n != 0) {
        json_object_set_new(object, "n", json_integer(change->n));
    }
    struct sum sum = {.moment = moment,
                      .change = change,
                      .was = timer_of(moment->before, (unsigned)change->kind, change->n),
                      .limit = {.clock = (enum deadline_clock)change->clock,
                                .budget_s = change->budget_s,
                                .cap_s = change->cap_s},
                      .t0_ms =
                          change->t0_ms != 0 ? change->t0_ms : moment->after->received_ms};
    if (change->op == SANJI__TIMER_OP__TIMER_OP_CANCEL ||
        change->op == SANJI__TIMER_OP__TIMER_OP_PAUSE) {
        if (sum.was != NULL && sum.was->state == TIMER_STATE_ARMED) {
            explain_put_time(object, "due", sum.was->due_ms);
            json_object_set_new(object, "left_s",
                                json_integer((sum.was->due_ms - moment->at_ms) / MS_PER_S));
        }
        return object;
    }
    explain_put_word(object, "clock", moment->rules, LABEL_CLOCK, (int)change->clock);
    put_sum(&sum, object);
    return object;
}
