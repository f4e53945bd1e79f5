/* small_rules.c: see small_rules.h. */
#include "tests/unit/small_rules.h"

#include <assert.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/sim/ruleset.h"

enum {
    ARENA_SIZE = 1024 * 1024,
    LIST_MAX = 64,
    HASH_SIZE = 32
};

char *small_rules_text(struct small_rules *rules, const char *text)
{
    char *copy = arena_copy_text(rules->arena, text);
    assert(copy != NULL);
    return copy;
}

static void *take(struct small_rules *rules, size_t size)
{
    void *taken = arena_take(rules->arena, size);
    assert(taken != NULL);
    return taken;
}

/* What the shared rules hold of a kind, to be changed here. */
static void unpack(struct small_rules *rules, Sanji__RulesKind kind,
                   const ProtobufCMessageDescriptor *descriptor, void *message)
{
    const struct bytes content = ruleset_content(kind);
    ProtobufCMessage *made = protobuf_c_message_unpack(
        descriptor, arena_allocator(rules->arena), content.size, content.data);
    assert(made != NULL);
    memcpy(message, made, descriptor->sizeof_message);
}

static void set_neighbours(struct small_rules *rules)
{
    for (size_t i = 0; i < rules->org.n_grids; i++) {
        Sanji__Grid *grid = rules->org.grids[i];
        const char *other = strcmp(grid->path, GRID_B01) == 0   ? GRID_B02
                            : strcmp(grid->path, GRID_B02) == 0 ? GRID_B01
                                                                : NULL;
        if (other != NULL) {
            grid->neighbours = take(rules, sizeof *grid->neighbours);
            grid->neighbours[0] = small_rules_text(rules, other);
            grid->n_neighbours = 1;
        }
    }
}

static void set_cost(Sanji__Cost *cost)
{
    cost->backlog = 1000;
    cost->history = 600;
    cost->zone = 500;
    cost->zone_near = 500;
    cost->zone_community = 1000;
    cost->zone_other = 2000;
    cost->role_social = 100;
    cost->role_professional = 300;
    cost->role_fulltime = 350;
    cost->again = 300;
    cost->overload_price = 300;
    cost->overload_permille = 850;
    cost->newcomer_floor_min = 60;
    cost->backlog_max_permille = 1500;
    cost->considered_max = 8;
}

void small_rules_open(struct small_rules *rules)
{
    *rules = (struct small_rules){.arena = arena_new(ARENA_SIZE), .version = 1};
    unpack(rules, SANJI__RULES_KIND__RULES_KIND_ORG, &sanji__org__descriptor, &rules->org);
    unpack(rules, SANJI__RULES_KIND__RULES_KIND_ROSTER, &sanji__roster__descriptor,
           &rules->roster);
    unpack(rules, SANJI__RULES_KIND__RULES_KIND_SLA, &sanji__sla__descriptor, &rules->sla);
    unpack(rules, SANJI__RULES_KIND__RULES_KIND_CALENDAR, &sanji__calendar__descriptor,
           &rules->calendar);
    unpack(rules, SANJI__RULES_KIND__RULES_KIND_POLICY, &sanji__policy__descriptor,
           &rules->policy);
    rules->roster.n_workers = 0;
    rules->roster.workers = take(rules, LIST_MAX * sizeof *rules->roster.workers);
    rules->sla.n_categories = 0;
    rules->sla.categories = take(rules, LIST_MAX * sizeof *rules->sla.categories);
    set_neighbours(rules);
    set_cost(rules->policy.cost);
}

void small_rules_close(struct small_rules *rules)
{
    arena_free(&rules->arena);
}

Sanji__Worker *small_rules_worker(struct small_rules *rules, const char *number,
                                  enum role role, const char *home_grid, const char *skills)
{
    Sanji__Worker *worker = take(rules, sizeof *worker);
    const size_t count = strlen(skills);
    struct org_path home = {0};
    sanji__worker__init(worker);
    const enum status parsed = org_parse(home_grid, &home);
    assert(parsed == STATUS_OK && rules->roster.n_workers < LIST_MAX);
    worker->worker = small_rules_text(rules, number);
    worker->role = (Sanji__Role)role;
    worker->team = small_rules_text(rules, "TB01");
    worker->home_grid = small_rules_text(rules, home_grid);
    worker->desk = org_print(org_parent(home), take(rules, ORG_TEXT_SIZE));
    worker->shift_id = 3;
    worker->capacity_min_day = 240;
    worker->skills = take(rules, (count + 1) * sizeof *worker->skills);
    for (size_t i = 0; i < count; i++) {
        const char letter[2] = {skills[i], '\0'};
        worker->skills[i] = take(rules, sizeof **worker->skills);
        sanji__skill__init(worker->skills[i]);
        worker->skills[i]->skill = small_rules_text(rules, letter);
    }
    worker->n_skills = count;
    rules->roster.workers[rules->roster.n_workers++] = worker;
    return worker;
}

Sanji__Category *small_rules_category(struct small_rules *rules, const char *code,
                                      enum severity severity, const char *skills)
{
    Sanji__Category *category = take(rules, sizeof *category);
    sanji__category__init(category);
    assert(rules->sla.n_categories < LIST_MAX);
    category->code = small_rules_text(rules, code);
    category->severity = (Sanji__Severity)severity;
    category->skills = small_rules_text(rules, skills);
    category->budget_s = 4 * 3600;
    category->clock = SANJI__CLOCK__CLOCK_WORKING;
    category->effort_min = 30;
    category->admitted = true;
    rules->sla.categories[rules->sla.n_categories++] = category;
    return category;
}

static void publish(struct small_rules *rules, struct world *world, Sanji__RulesKind kind,
                    const ProtobufCMessage *message)
{
    Sanji__RulesPublished published = SANJI__RULES_PUBLISHED__INIT;
    uint8_t hash[HASH_SIZE];
    unsigned hash_size = 0;
    const size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = take(rules, size + 1);
    (void)protobuf_c_message_pack(message, packed); // the size was just asked
    const int hashed = EVP_Digest(packed, size, hash, &hash_size, EVP_sha256(), NULL);
    assert(hashed == 1);
    published.kind = kind;
    published.version = rules->version;
    published.part = 1;
    published.parts = 1;
    published.content = (ProtobufCBinaryData){.len = size, .data = packed};
    published.sha256 = (ProtobufCBinaryData){.len = hash_size, .data = hash};
    const enum status folded = rules_fold(world_rules(world), &published);
    assert(folded == STATUS_OK);
}

void small_rules_publish(struct small_rules *rules, struct world *world)
{
    rules->version++;
    publish(rules, world, SANJI__RULES_KIND__RULES_KIND_ORG, &rules->org.base);
    publish(rules, world, SANJI__RULES_KIND__RULES_KIND_ROSTER, &rules->roster.base);
    publish(rules, world, SANJI__RULES_KIND__RULES_KIND_SLA, &rules->sla.base);
    publish(rules, world, SANJI__RULES_KIND__RULES_KIND_CALENDAR, &rules->calendar.base);
    publish(rules, world, SANJI__RULES_KIND__RULES_KIND_POLICY, &rules->policy.base);
}
