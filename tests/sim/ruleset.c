/* ruleset.c: the messages of the small sub-district. */
#include "tests/sim/ruleset.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "proto/arena.h"
#include "proto/vocab.h"

enum {
    KINDS = 7,
    HASH_SIZE = 32,
    ARENA_SIZE = 1024 * 1024,
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S
};

static struct arena *memory; // lives as long as the test
static struct bytes contents[KINDS];
static uint8_t hashes[KINDS][HASH_SIZE];

#define NEW(type, init)                                                                    \
    __extension__({                                                                        \
        type *fresh_ = arena_take(memory, sizeof(type));                                   \
        assert(fresh_ != NULL);                                                            \
        init(fresh_);                                                                      \
        fresh_;                                                                            \
    })

// Adds a message to a repeated field of up to 64.
#define ADD(to, field, made)                                                               \
    do {                                                                                   \
        if ((to)->n_##field == 0) {                                                        \
            (to)->field = arena_take(memory, 64 * sizeof(*(to)->field));                   \
        }                                                                                  \
        assert((to)->n_##field < 64);                                                      \
        (to)->field[(to)->n_##field++] = (made);                                           \
    } while (0)

static char *text(const char *from)
{
    return arena_copy_text(memory, from);
}

static void pack(Sanji__RulesKind kind, const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = arena_take(memory, size + 1);
    assert(packed != NULL);
    (void)protobuf_c_message_pack(message, packed); // the size was just asked
    contents[kind] = (struct bytes){packed, size};
    unsigned hash_size = 0;
    int hashed = EVP_Digest(packed, size, hashes[kind], &hash_size, EVP_sha256(), NULL);
    assert(hashed == 1 && hash_size == HASH_SIZE);
}

static void add_unit(Sanji__Org *org, const char *path, enum org_tier tier)
{
    Sanji__OrgUnit *unit = NEW(Sanji__OrgUnit, sanji__org_unit__init);
    unit->path = text(path);
    unit->tier = (Sanji__Tier)tier;
    unit->name_zh = text(path);
    ADD(org, units, unit);
}

static void add_grid(Sanji__Org *org, const char *path, int32_t box)
{
    Sanji__Grid *grid = NEW(Sanji__Grid, sanji__grid__init);
    grid->path = text(path);
    grid->name_zh = text(path);
    grid->dedicated = strchr(path, 'S') != NULL;
    if (!grid->dedicated) {
        ADD(grid, tier_path, SANJI__TIER__TIER_COMMITTEE);
    }
    ADD(grid, tier_path, SANJI__TIER__TIER_COMMUNITY);
    ADD(grid, tier_path, SANJI__TIER__TIER_SUBDISTRICT);
    grid->lat_min_e6 = 34810000 + box * 1000;
    grid->lat_max_e6 = grid->lat_min_e6 + 1000;
    grid->lon_min_e6 = 117320000;
    grid->lon_max_e6 = 117330000;
    ADD(org, grids, grid);
}

static void make_org(void)
{
    Sanji__Org *org = NEW(Sanji__Org, sanji__org__init);
    org->municipality = text("370499");
    org->subdistrict = text("370499.003");
    add_unit(org, "370499.003", TIER_SUBDISTRICT);
    add_unit(org, "370499.003.01", TIER_COMMUNITY);
    add_unit(org, "370499.003.02", TIER_COMMUNITY);
    add_unit(org, "370499.003.01.001", TIER_COMMITTEE);
    add_unit(org, "370499.003.01.002", TIER_COMMITTEE);
    add_unit(org, "370499.003.02.001", TIER_COMMITTEE);
    add_grid(org, "370499.003.01.001.B01", 0);
    add_grid(org, "370499.003.01.001.B02", 1);
    add_grid(org, "370499.003.01.002.B01", 2);
    add_grid(org, "370499.003.02.001.B01", 3);
    add_grid(org, "370499.003.01.000.S01", 4);
    pack(SANJI__RULES_KIND__RULES_KIND_ORG, &org->base);
}

static void add_shift(Sanji__Roster *roster, uint32_t id, uint32_t from, uint32_t to,
                      uint32_t weekdays)
{
    Sanji__Shift *shift = NEW(Sanji__Shift, sanji__shift__init);
    shift->id = id;
    shift->from_min = from * 60;
    shift->to_min = to * 60;
    shift->weekdays = weekdays;
    ADD(roster, shifts, shift);
}

static Sanji__Worker *add_worker(Sanji__Roster *roster, const char *number, enum role role,
                                 const char *home, uint32_t shift_id)
{
    Sanji__Worker *worker = NEW(Sanji__Worker, sanji__worker__init);
    Sanji__Skill *skill = NEW(Sanji__Skill, sanji__skill__init);
    skill->skill = text("g");
    worker->worker = text(number);
    worker->role = (Sanji__Role)role;
    worker->team = text("TB01");
    worker->home_grid = text(home);
    worker->desk = text("370499.003.01.001");
    worker->shift_id = shift_id;
    worker->capacity_min_day = 240;
    ADD(worker, skills, skill);
    ADD(roster, workers, worker);
    return worker;
}

static void make_roster(void)
{
    Sanji__Roster *roster = NEW(Sanji__Roster, sanji__roster__init);
    add_shift(roster, 1, 8, 18, 31);
    add_shift(roster, 2, 22, 6, 127);
    add_shift(roster, 3, 0, 24, 127);
    add_worker(roster, "W00001", ROLE_FULLTIME, "370499.003.01.001.B01", 1);
    add_worker(roster, "W00002", ROLE_FULLTIME, "370499.003.01.001.B02", 3);
    add_worker(roster, "W00003", ROLE_PROFESSIONAL, "370499.003.01.001.B01", 2);
    Sanji__Worker *chief =
        add_worker(roster, "W00004", ROLE_GRID_CHIEF, "370499.003.01.001.B01", 3);
    ADD(chief, further_roles, SANJI__ROLE__ROLE_FULLTIME);
    add_worker(roster, "W00005", ROLE_FULLTIME, "370499.003.01.001.B01", 9);
    pack(SANJI__RULES_KIND__RULES_KIND_ROSTER, &roster->base);
}

/* Budget and cap of a timer, S1 to S4; clock n or w. */
struct limit_row {
    enum timer_kind kind;
    char clocks[5];
    uint32_t budgets_s[4];
    uint32_t caps_s[4];
    uint32_t permille;
};

static const struct limit_row limit_rows[] = {
    {TIMER_ACCEPT, "nnww", {180, 900, HOUR_S, 4 * HOUR_S}, {0, 0, 43200, 43200}, 0},
    {TIMER_VERIFY, "nnww", {0, 1800, 1800, 4 * HOUR_S}, {0, 0, 14400, DAY_S}, 0},
    {TIMER_DISPATCH, "nnww", {120, 900, HOUR_S, 4 * HOUR_S}, {0, 0, 43200, 43200}, 0},
    {TIMER_ACK, "nnww", {180, 600, HOUR_S, 4 * HOUR_S}, {0, 0, 43200, DAY_S}, 0},
    {TIMER_ARRIVE, "nnnn", {1800, 2 * HOUR_S, 0, 0}, {0}, 0},
    {TIMER_PROGRESS, "nnww", {1800, 4 * HOUR_S, 8 * HOUR_S, 40 * HOUR_S}, {0}, 0},
    {TIMER_FEEDBACK,
     "nnww",
     {2 * HOUR_S, DAY_S, 8 * HOUR_S, 16 * HOUR_S},
     {0, 0, 7 * DAY_S, 15 * DAY_S},
     0},
    {TIMER_RESOLVE,
     "nnww",
     {DAY_S, DAY_S, 24 * HOUR_S, 80 * HOUR_S},
     {0, 0, 7 * DAY_S, 15 * DAY_S},
     0},
    {TIMER_RESOLVE_WARN, "nnww", {0}, {0}, 750},
    {TIMER_ESCALATE, "nnww", {0}, {0}, 1500},
    {TIMER_CHECK, "nnww", {2 * HOUR_S, 4 * HOUR_S, 8 * HOUR_S, 16 * HOUR_S}, {0}, 0},
    {TIMER_REVISIT, "nnww", {DAY_S, DAY_S, 16 * HOUR_S, 16 * HOUR_S}, {0}, 0},
    {TIMER_REOPEN_WINDOW, "nnnn", {30 * DAY_S, 30 * DAY_S, 30 * DAY_S, 60 * DAY_S}, {0}, 0},
    {TIMER_DECISION, "nnww", {300, 1800, 4 * HOUR_S, 8 * HOUR_S}, {0}, 0},
    {TIMER_UPSTREAM, "nnww", {HOUR_S, 8 * HOUR_S, 24 * HOUR_S, 56 * HOUR_S}, {0}, 0},
};

static void add_category(Sanji__Sla *sla, const char *code, enum severity severity,
                         uint32_t budget_s)
{
    Sanji__Category *category = NEW(Sanji__Category, sanji__category__init);
    category->code = text(code);
    category->severity = (Sanji__Severity)severity;
    category->skills = text("g");
    category->budget_s = budget_s;
    category->clock =
        severity >= SEVERITY_S3 ? SANJI__CLOCK__CLOCK_WORKING : SANJI__CLOCK__CLOCK_NATURAL;
    category->self_handled = true;
    category->effort_min = 30;
    category->admitted = true;
    ADD(sla, categories, category);
}

static void make_sla(void)
{
    Sanji__Sla *sla = NEW(Sanji__Sla, sanji__sla__init);
    for (size_t i = 0; i < sizeof limit_rows / sizeof limit_rows[0]; i++) {
        const struct limit_row *row = &limit_rows[i];
        for (unsigned s = 0; s < 4; s++) {
            Sanji__Limit *limit = NEW(Sanji__Limit, sanji__limit__init);
            limit->kind = (Sanji__TimerKind)row->kind;
            limit->severity = (Sanji__Severity)(s + 1);
            limit->clock = row->clocks[s] == 'w' ? SANJI__CLOCK__CLOCK_WORKING
                                                 : SANJI__CLOCK__CLOCK_NATURAL;
            limit->budget_s = row->budgets_s[s];
            limit->cap_s = row->caps_s[s];
            limit->permille = row->permille;
            limit->times_max = row->kind == TIMER_ACK ? 3 : 0;
            limit->by_category = row->kind == TIMER_RESOLVE;
            if (sla->n_limits == 0) {
                sla->limits = arena_take(memory, 128 * sizeof(*sla->limits));
            }
            sla->limits[sla->n_limits++] = limit;
        }
    }
    add_category(sla, "02003", SEVERITY_S1, DAY_S);
    add_category(sla, "02001", SEVERITY_S2, DAY_S);
    add_category(sla, "03001", SEVERITY_S3, 4 * HOUR_S);
    add_category(sla, "01001", SEVERITY_S3, 40 * HOUR_S);
    add_category(sla, "04003", SEVERITY_S4, 80 * HOUR_S);
    pack(SANJI__RULES_KIND__RULES_KIND_SLA, &sla->base);
}

static void make_calendar(void)
{
    Sanji__Calendar *calendar = NEW(Sanji__Calendar, sanji__calendar__init);
    Sanji__Year *year = NEW(Sanji__Year, sanji__year__init);
    calendar->id = 1;
    calendar->utc_offset_min = RULESET_OFFSET_MIN;
    calendar->weekdays = 31;
    for (unsigned i = 0; i < 2; i++) {
        Sanji__Span *span = NEW(Sanji__Span, sanji__span__init);
        span->from_min = i == 0 ? 8 * 60 : 14 * 60;
        span->to_min = span->from_min + 4 * 60;
        ADD(calendar, spans, span);
    }
    year->year = 2020;
    ADD(year, holidays, 20201001);
    ADD(year, workdays, 20201010);
    ADD(calendar, years, year);
    pack(SANJI__RULES_KIND__RULES_KIND_CALENDAR, &calendar->base);
}

static void make_policy(void)
{
    Sanji__Policy *policy = NEW(Sanji__Policy, sanji__policy__init);
    policy->cost = NEW(Sanji__Cost, sanji__cost__init);
    policy->cost->backlog = 1000;
    policy->cost->backlog_max_permille = 1500;
    policy->reopens_max = 2;
    policy->revisit_attempts = 3;
    policy->rework_floor_permille = 100;
    for (int source = SANJI__SOURCE__SOURCE_HANDHELD;
         source <= SANJI__SOURCE__SOURCE_INSPECTION; source++) {
        Sanji__SourceRule *rule = NEW(Sanji__SourceRule, sanji__source_rule__init);
        rule->source = (Sanji__Source)source;
        ADD(policy, sources, rule);
    }
    for (int severity = SEVERITY_S1; severity <= SEVERITY_S4; severity++) {
        Sanji__Attempts *attempts = NEW(Sanji__Attempts, sanji__attempts__init);
        attempts->severity = (Sanji__Severity)severity;
        attempts->offers_max = 3;
        ADD(policy, attempts, attempts);
    }
    pack(SANJI__RULES_KIND__RULES_KIND_POLICY, &policy->base);
}

static void make_labels(void)
{
    Sanji__Labels *labels = NEW(Sanji__Labels, sanji__labels__init);
    Sanji__Label *label = NEW(Sanji__Label, sanji__label__init);
    label->key = text("state.IN_PROGRESS");
    label->zh = text("办理中");
    label->en = text("being handled");
    ADD(labels, labels, label);
    pack(SANJI__RULES_KIND__RULES_KIND_LABELS, &labels->base);
}

static void make_all(void)
{
    if (memory == NULL) {
        memory = arena_new(ARENA_SIZE);
        make_org();
        make_roster();
        make_sla();
        make_calendar();
        make_policy();
        make_labels();
    }
}

struct bytes ruleset_content(Sanji__RulesKind kind)
{
    make_all();
    return contents[kind];
}

void ruleset_part(Sanji__RulesKind kind, uint32_t version, uint32_t part, uint32_t parts,
                  Sanji__RulesPublished *published)
{
    struct bytes content = ruleset_content(kind);
    size_t share = (content.size + parts - 1) / parts;
    size_t from = share * (part - 1);
    size_t left = from < content.size ? content.size - from : 0;
    sanji__rules_published__init(published);
    published->kind = kind;
    published->version = version;
    published->part = part;
    published->parts = parts;
    published->content.len = left < share ? left : share;
    published->content.data = arena_take(memory, published->content.len + 1);
    memcpy(published->content.data, content.data + from, published->content.len);
    published->sha256.len = HASH_SIZE;
    published->sha256.data = hashes[kind];
}

void ruleset_fold(struct rules *rules)
{
    for (int kind = SANJI__RULES_KIND__RULES_KIND_ORG;
         kind <= SANJI__RULES_KIND__RULES_KIND_LABELS; kind++) {
        Sanji__RulesPublished published;
        ruleset_part((Sanji__RulesKind)kind, 1, 1, 1, &published);
        enum status folded = rules_fold(rules, &published);
        assert(folded == STATUS_OK);
    }
}
