/* rulesfile_sla.c: sla.yaml checked and compiled: limits and categories.
 *
 * What must hold: a row for every timer and severity; a timer that a state must have is
 * never switched off; acceptance and dispatch together stay inside filing_max.
 */
#include <assert.h>
#include <string.h>

#include "broker/runtime/rulesfile_check.h"
#include "proto/id.h"
#include "proto/lifecycle.h"

enum {
    BUDGET_MAX_S = 365 * 24 * 3600,
    EFFORT_MAX_S = 24 * 3600,
    EVIDENCE_MIN_MAX = 16,
    SHARE_MAX = 2000,
    MAJOR_FIRST = 1,
    MAJOR_LAST = 11
};

struct sla_work {
    struct rulesfile_reading *reading;
    const struct yaml_sla *yaml;
    // By timer and severity: row + 1; 0: no row yet.
    size_t rows[TIMER_COUNT][RULESFILE_SEVERITIES + 1];
    Sanji__Limit *limits[TIMER_COUNT][RULESFILE_SEVERITIES + 1]; // NULL: not armed
};

static struct rulesfile_at at_list(struct rulesfile_reading *reading, const char *list,
                                   size_t index, const char *name, const char *key)
{
    return (struct rulesfile_at){reading, FILE_SLA, list, index, name, key, NULL};
}

// ---- limits ----

// A case in some state must have this timer, so it has to be armed for every severity.
static bool is_needed(int timer, int severity)
{
    uint32_t needed = 0;
    for (unsigned state = 1; state < STATE_COUNT; state++) {
        needed |= lifecycle_must_have((enum case_state)state);
    }
    // An S1 is never held up to be verified; S1 and S2 are never suspended.
    bool spared = (timer == TIMER_VERIFY && severity == SEVERITY_S1) ||
                  (timer == TIMER_RESUME && severity <= SEVERITY_S2);
    return !spared && (needed >> timer & 1) != 0;
}

static enum status check_unarmed(struct rulesfile_at at, const struct yaml_limit *limit,
                                 int timer, int severity)
{
    if (limit->clock != NULL || limit->budget != NULL || limit->cap != NULL ||
        limit->share_permille != 0 || limit->times_max != 0 || limit->by_category) {
        return rulesfile_refuse(at, "armed: no, but there is a clock, budget or share");
    }
    if (is_needed(timer, severity)) {
        return rulesfile_refuse(rulesfile_key(at, "armed"),
                                "a case of %s could stand without any %s timer",
                                limit->severity, limit->timer);
    }
    return STATUS_OK;
}

static enum status compile_share(struct rulesfile_at at, const struct yaml_limit *limit,
                                 int timer, Sanji__Limit *out)
{
    if (limit->clock != NULL || limit->budget != NULL || limit->cap != NULL) {
        return rulesfile_refuse(rulesfile_key(at, "share_permille"),
                                "expected either a share or a clock and a budget");
    }
    if (timer != TIMER_RESOLVE_WARN && timer != TIMER_ESCALATE) {
        return rulesfile_refuse(rulesfile_key(at, "share_permille"),
                                "only RESOLVE_WARN and ESCALATE are a share of RESOLVE");
    }
    out->permille = limit->share_permille;
    return rulesfile_permille(rulesfile_key(at, "share_permille"), limit->share_permille,
                              SHARE_MAX);
}

static enum status read_clock(struct rulesfile_at at, const char *text, Sanji__Clock *clock)
{
    int value = 0;
    enum status status = rulesfile_word(rulesfile_key(at, "clock"),
                                        &sanji__clock__descriptor, "CLOCK_", text, &value);
    *clock = (Sanji__Clock)value;
    return status;
}

// On the WORKING clock a day has no fixed length.
static enum status read_budget(struct rulesfile_at at, const char *text, Sanji__Clock clock,
                               uint32_t *budget_s)
{
    if (clock == SANJI__CLOCK__CLOCK_WORKING && strchr(text, 'd') != NULL) {
        return rulesfile_refuse(
            at,
            "found '%s' on the WORKING clock, expected hours: a working "
            "day is 8h",
            text);
    }
    return rulesfile_duration(at, text, BUDGET_MAX_S, budget_s);
}

static enum status compile_budget(struct rulesfile_at at, const struct yaml_limit *limit,
                                  Sanji__Limit *out)
{
    if (limit->clock == NULL || limit->budget == NULL) {
        return rulesfile_refuse(
            at, "expected a clock and a budget, a share_permille, or armed: no");
    }
    enum status status = read_clock(at, limit->clock, &out->clock);
    if (status == STATUS_OK) {
        status = read_budget(rulesfile_key(at, "budget"), limit->budget, out->clock,
                             &out->budget_s);
    }
    if (status == STATUS_OK && limit->cap != NULL) {
        status = rulesfile_duration(rulesfile_key(at, "cap"), limit->cap, BUDGET_MAX_S,
                                    &out->cap_s);
        if (status == STATUS_OK && out->cap_s < out->budget_s) {
            status =
                rulesfile_refuse(rulesfile_key(at, "cap"),
                                 "%s is less than the budget %s, which could never pass",
                                 limit->cap, limit->budget);
        }
    }
    return status;
}

static enum status compile_limit(struct sla_work *work, size_t index, Sanji__Sla *sla)
{
    const struct yaml_limit *limit = &work->yaml->limits[index];
    struct rulesfile_reading *reading = work->reading;
    struct rulesfile_at at = at_list(reading, "limits", index, limit->timer, NULL);
    int timer = 0;
    int severity = 0;
    enum status status =
        rulesfile_word(rulesfile_key(at, "timer"), &sanji__timer_kind__descriptor,
                       "TIMER_KIND_", limit->timer, &timer);
    if (status == STATUS_OK) {
        status = rulesfile_word(rulesfile_key(at, "severity"), &sanji__severity__descriptor,
                                "SEVERITY_", limit->severity, &severity);
    }
    if (status == STATUS_OK && work->rows[timer][severity] != 0) {
        status =
            rulesfile_refuse(at, "%s for %s stands twice, first as limits[%zu]",
                             limit->timer, limit->severity, work->rows[timer][severity]);
    }
    if (status != STATUS_OK) {
        return status;
    }
    work->rows[timer][severity] = index + 1;
    if (limit->armed != NULL && !*limit->armed) {
        return check_unarmed(at, limit, timer, severity);
    }
    if (limit->by_category && timer != TIMER_RESOLVE) {
        return rulesfile_refuse(rulesfile_key(at, "by_category"),
                                "only RESOLVE is by category");
    }
    Sanji__Limit *out = rulesfile_take(reading, sizeof *out);
    sanji__limit__init(out);
    out->kind = (Sanji__TimerKind)timer;
    out->severity = (Sanji__Severity)severity;
    out->by_category = limit->by_category;
    out->times_max = timer == TIMER_ACK       ? reading->offers_max[severity]
                     : timer == TIMER_REVISIT ? reading->revisit_attempts
                                              : limit->times_max;
    if (limit->times_max != 0 && out->times_max != limit->times_max) {
        return rulesfile_refuse(rulesfile_key(at, "times_max"),
                                "policy.yaml says how many");
    }
    sla->limits[sla->n_limits++] = out;
    work->limits[timer][severity] = out;
    return limit->share_permille != 0 ? compile_share(at, limit, timer, out)
                                      : compile_budget(at, limit, out);
}

static enum status check_complete(struct sla_work *work)
{
    for (unsigned timer = 1; timer < TIMER_COUNT; timer++) {
        for (unsigned severity = 1; severity <= RULESFILE_SEVERITIES; severity++) {
            if (work->rows[timer][severity] == 0) {
                return rulesfile_refuse(
                    at_list(work->reading, NULL, 0, NULL, "limits"),
                    "no row for %s of S%u; write armed: no if it never runs",
                    vocab_timer_name(timer), severity);
            }
        }
    }
    return STATUS_OK;
}

// What a limit comes to in natural time at the latest; 0: only the calendar knows.
static uint32_t natural_s(const Sanji__Limit *limit)
{
    assert(limit != NULL); // cases must have both timers, so neither is switched off
    return limit->clock == SANJI__CLOCK__CLOCK_NATURAL && limit->cap_s == 0
               ? limit->budget_s
               : limit->cap_s;
}

static enum status check_filing(struct sla_work *work)
{
    const struct yaml_by_severity *max = &work->yaml->filing_max;
    const char *const texts[] = {"", max->s1, max->s2, max->s3, max->s4};
    static const char *const keys[] = {"", "filing_max.S1", "filing_max.S2",
                                       "filing_max.S3", "filing_max.S4"};
    for (unsigned severity = 1; severity <= RULESFILE_SEVERITIES; severity++) {
        struct rulesfile_at at = at_list(work->reading, NULL, 0, NULL, keys[severity]);
        uint32_t bound_s = 0;
        enum status status =
            rulesfile_duration(at, texts[severity], BUDGET_MAX_S, &bound_s);
        if (status != STATUS_OK) {
            return status;
        }
        uint32_t accept_s = natural_s(work->limits[TIMER_ACCEPT][severity]);
        uint32_t dispatch_s = natural_s(work->limits[TIMER_DISPATCH][severity]);
        if (accept_s == 0 || dispatch_s == 0 || accept_s + dispatch_s > bound_s) {
            at = at_list(work->reading, "limits", work->rows[TIMER_DISPATCH][severity] - 1,
                         "DISPATCH", NULL);
            return rulesfile_refuse(at,
                                    "ACCEPT and DISPATCH of S%u can take more than %s "
                                    "(%s)",
                                    severity, texts[severity], keys[severity]);
        }
    }
    return STATUS_OK;
}

static enum status compile_limits(struct sla_work *work, Sanji__Sla *sla)
{
    enum status status = STATUS_OK;
    sla->limits =
        RULESFILE_TAKE_ARRAY(work->reading, Sanji__Limit *, work->yaml->limits_count);
    for (size_t i = 0; i < work->yaml->limits_count && status == STATUS_OK; i++) {
        status = compile_limit(work, i, sla);
    }
    if (status == STATUS_OK) {
        status = check_complete(work);
    }
    return status == STATUS_OK ? check_filing(work) : status;
}

// ---- categories ----

static enum status compile_flags(struct rulesfile_at at,
                                 const struct yaml_category *category, Sanji__Category *out)
{
    static const char *const words[] = {"LIGHT",       "RESTRICTED", "SELF_HANDLED",
                                        "TWO_PERSONS", "MINORS",     "NOT_ADMITTED",
                                        "NO_REVISIT",  NULL};
    bool set[sizeof words / sizeof words[0]] = {false};
    at = rulesfile_key(at, "flags");
    for (size_t i = 0; i < category->flags_count; i++) {
        size_t flag = 0;
        enum status status = rulesfile_choice(at, words, category->flags[i], &flag);
        if (status != STATUS_OK) {
            return status;
        }
        if (set[flag]) {
            return rulesfile_refuse(at, "%s stands twice", words[flag]);
        }
        set[flag] = true;
    }
    out->light = set[0];
    out->restricted = set[1];
    out->self_handled = set[2];
    out->two_persons = set[3];
    out->minors = set[4];
    out->admitted = !set[5];
    out->revisit = !set[6];
    if (out->light && (out->restricted || out->two_persons || out->minors)) {
        return rulesfile_refuse(
            at, "LIGHT goes to volunteers: not with RESTRICTED, TWO_PERSONS "
                "or MINORS");
    }
    if (out->self_handled && category->authority != NULL) {
        return rulesfile_refuse(at,
                                "SELF_HANDLED by anybody, but it needs the authority %s",
                                category->authority);
    }
    return STATUS_OK;
}

static enum status compile_skills(struct rulesfile_at at,
                                  const struct yaml_category *category,
                                  Sanji__Category *out)
{
    char *letters = rulesfile_take(at.reading, category->skills_count + 1);
    uint32_t all = 0;
    at = rulesfile_key(at, "skills");
    for (size_t i = 0; i < category->skills_count; i++) {
        uint32_t bit = 0;
        enum status status = rulesfile_skill(at, category->skills[i], &bit);
        if (status != STATUS_OK) {
            return status;
        }
        if ((all & bit) != 0) {
            return rulesfile_refuse(at, "%s stands twice", category->skills[i]);
        }
        all |= bit;
        letters[i] = category->skills[i][0];
    }
    out->skills = letters;
    return STATUS_OK;
}

static enum status compile_effort(struct rulesfile_at at,
                                  const struct yaml_category *category,
                                  Sanji__Category *out)
{
    uint32_t effort_s = 0;
    enum status status = rulesfile_duration(rulesfile_key(at, "effort"), category->effort,
                                            EFFORT_MAX_S, &effort_s);
    out->effort_min = effort_s / 60;
    if (status == STATUS_OK && effort_s % 60 != 0) {
        status = rulesfile_refuse(rulesfile_key(at, "effort"),
                                  "found '%s', expected minutes", category->effort);
    }
    if (status == STATUS_OK && category->evidence_min > EVIDENCE_MIN_MAX) {
        status = rulesfile_refuse(rulesfile_key(at, "evidence_min"),
                                  "found %u, expected 0 to %d", category->evidence_min,
                                  EVIDENCE_MIN_MAX);
    }
    out->evidence_min = category->evidence_min;
    return status;
}

static enum status compile_resolve(struct rulesfile_at at,
                                   const struct yaml_category *category,
                                   Sanji__Category *out)
{
    enum status status = read_clock(at, category->clock, &out->clock);
    if (status == STATUS_OK) {
        status = read_budget(rulesfile_key(at, "resolve"), category->resolve, out->clock,
                             &out->budget_s);
    }
    if (status == STATUS_OK && out->severity <= SANJI__SEVERITY__SEVERITY_S2 &&
        out->clock != SANJI__CLOCK__CLOCK_NATURAL) {
        status = rulesfile_refuse(rulesfile_key(at, "clock"),
                                  "nights do not stop an %s: expected NATURAL",
                                  category->severity);
    }
    return status;
}

static enum status compile_category(struct sla_work *work, size_t index,
                                    Sanji__Category *out)
{
    const struct yaml_category *category = &work->yaml->categories[index];
    struct rulesfile_reading *reading = work->reading;
    struct rulesfile_at at = at_list(reading, "categories", index, category->code, NULL);
    int severity = 0;
    uint32_t number = 0;
    if (id_category_parse(category->code, &number) != STATUS_OK || number % 1000 == 0 ||
        number / 1000 < MAJOR_FIRST || number / 1000 > MAJOR_LAST) {
        return rulesfile_refuse(
            rulesfile_key(at, "code"),
            "found '%s', expected 5 digits in quotes: \"02001\", the first "
            "two 01 to 11",
            category->code);
    }
    enum status status =
        rulesfile_word(rulesfile_key(at, "severity"), &sanji__severity__descriptor,
                       "SEVERITY_", category->severity, &severity);
    out->code = category->code;
    out->name_zh = category->name;
    out->name_en = category->name_en;
    out->severity = (Sanji__Severity)severity;
    out->authority = category->authority != NULL ? category->authority : out->authority;
    out->gb30428 = category->gb30428 != NULL ? category->gb30428 : out->gb30428;
    size_t found;
    if (status == STATUS_OK && category->authority != NULL) {
        status = rulesfile_names_need(&reading->authorities, rulesfile_key(at, "authority"),
                                      "authority", category->authority, &found);
    }
    if (status == STATUS_OK) {
        status = compile_flags(at, category, out);
    }
    if (status == STATUS_OK) {
        status = compile_skills(at, category, out);
    }
    if (status == STATUS_OK) {
        status = compile_resolve(at, category, out);
    }
    return status == STATUS_OK ? compile_effort(at, category, out) : status;
}

static enum status compile_categories(struct sla_work *work, Sanji__Sla *sla)
{
    const struct yaml_sla *yaml = work->yaml;
    struct rulesfile_reading *reading = work->reading;
    struct rulesfile_names names;
    bool majors[MAJOR_LAST + 1] = {false};
    enum status status = rulesfile_names_of(
        &names, at_list(reading, "categories", 0, NULL, "code"), yaml->categories,
        sizeof yaml->categories[0], yaml->categories_count);
    sla->categories =
        RULESFILE_TAKE_ARRAY(reading, Sanji__Category *, yaml->categories_count);
    sla->n_categories = yaml->categories_count;
    for (size_t i = 0; i < yaml->categories_count && status == STATUS_OK; i++) {
        sla->categories[i] = rulesfile_take(reading, sizeof *sla->categories[i]);
        sanji__category__init(sla->categories[i]);
        status = compile_category(work, i, sla->categories[i]);
        if (status == STATUS_OK) {
            const char *code = yaml->categories[i].code;
            majors[(code[0] - '0') * 10 + (code[1] - '0')] = true;
        }
    }
    for (unsigned major = MAJOR_FIRST; major <= MAJOR_LAST && status == STATUS_OK;
         major++) {
        if (!majors[major]) {
            status = rulesfile_refuse(at_list(reading, NULL, 0, NULL, "categories"),
                                      "no category of major %02u", major);
        }
    }
    return status;
}

// ---- the whole ----

static enum status name_authorities(struct sla_work *work)
{
    const struct yaml_sla *yaml = work->yaml;
    struct rulesfile_names *names = &work->reading->authorities;
    rulesfile_names_reserve(work->reading, names, yaml->authorities_count);
    for (size_t i = 0; i < yaml->authorities_count; i++) {
        rulesfile_names_add(names, yaml->authorities[i], i);
    }
    return rulesfile_names_sort(names,
                                at_list(work->reading, "authorities", 0, NULL, NULL));
}

enum status rulesfile_sla(struct rulesfile_reading *reading, Sanji__Sla *sla)
{
    struct sla_work work = {.reading = reading, .yaml = reading->files[FILE_SLA].data};
    enum status status = name_authorities(&work);
    if (status == STATUS_OK) {
        status = compile_limits(&work, sla);
    }
    if (status == STATUS_OK) {
        status = rulesfile_duration(at_list(reading, NULL, 0, NULL, "appeal"),
                                    work.yaml->appeal, BUDGET_MAX_S, &sla->appeal_s);
    }
    return status == STATUS_OK ? compile_categories(&work, sla) : status;
}
