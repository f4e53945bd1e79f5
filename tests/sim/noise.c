/* noise.c: see noise.h. */
#include "tests/sim/noise.h"

#include <stdio.h>

#include "workers/sanji/random.h"

enum {
    TEXT_SIZE = 64,
    REASONS = 10
};

static char system_name[] = "noise";
static char words[] = "a demo case, said again";
static char photo[] = "photo/9";
static char advice[] = "12345";
static char camera[] = "cam-1";

struct texts {
    char ref[TEXT_SIZE];
    char path[ORG_TEXT_SIZE];
    char to[ORG_TEXT_SIZE];
    char category[CATEGORY_SIZE];
    char worker[WORKER_SIZE];
    char other[WORKER_SIZE];
    char case_no[CASE_NO_SIZE];
    char into[CASE_NO_SIZE];
};

static uint32_t below(struct random *random, uint32_t bound)
{
    return random_below(random, bound);
}

static bool half(struct random *random)
{
    return below(random, 2) == 0;
}

static void draw_path(struct world *world, struct random *random, char text[ORG_TEXT_SIZE])
{
    const Sanji__Org *org = rules_org(world_rules(world));
    const char *path = half(random)
                           ? org->grids[below(random, (uint32_t)org->n_grids)]->path
                           : org->units[below(random, (uint32_t)org->n_units)]->path;
    (void)snprintf(text, ORG_TEXT_SIZE, "%s", path); // a path of the organisation fits
}

static Sanji__Worker *draw_worker(struct world *world, struct random *random)
{
    const Sanji__Roster *roster = rules_roster(world_rules(world));
    return roster->workers[below(random, (uint32_t)roster->n_workers)];
}

static void submit(struct town *town, struct random *random, struct texts *texts)
{
    struct world *world = town_world(town, TOWN_PEOPLE);
    const Sanji__Sla *sla = rules_sla(world_rules(world));
    Sanji__Submission submission = SANJI__SUBMISSION__INIT;
    Sanji__Place place = SANJI__PLACE__INIT;
    Sanji__SealedText sealed = SANJI__SEALED_TEXT__INIT;
    Sanji__Evidence evidence = SANJI__EVIDENCE__INIT;
    Sanji__Evidence *evidences[1] = {&evidence};
    const Sanji__Category *category =
        sla->categories[below(random, (uint32_t)sla->n_categories)];
    (void)snprintf(texts->category, sizeof texts->category, "%s", category->code);
    draw_path(world, random, texts->path);
    if (half(random)) {
        place.grid = texts->path;
    } else {
        place.datum = SANJI__DATUM__DATUM_CGCS2000;
        place.lat_e6 = 34800000 + (int32_t)below(random, 40000);
        place.lon_e6 = 117310000 + (int32_t)below(random, 40000);
    }
    sealed.text = words;
    evidence.ref = photo;
    submission.source_system = system_name;
    submission.source_ref = texts->ref;
    submission.source = (Sanji__Source)(1 + below(random, 8));
    submission.category = texts->category;
    submission.place = &place;
    submission.proposed_severity = (Sanji__Severity)below(random, 5);
    submission.reporter_wants_contact = half(random);
    submission.confidential = below(random, 8) == 0;
    submission.self_handled = below(random, 4) == 0;
    submission.confidence_permille = below(random, 1001);
    submission.device_id = half(random) ? camera : submission.device_id;
    place.building_no = below(random, 2);
    submission.worker = draw_worker(world, random)->worker;
    submission.status = (Sanji__MsgStatus)below(random, 4);
    submission.sealed = half(random) ? &sealed : NULL;
    submission.n_evidence = 1;
    submission.evidence = evidences;
    (void)town_submit(town, &submission, 1); // its number does not matter
}

struct drawing {
    struct random *random;
    uint32_t left;
    struct kase *kase;
};

static bool draw_case(void *context, struct kase *kase)
{
    struct drawing *drawing = context;
    drawing->kase = kase;
    return drawing->left-- != 0;
}

static void draw_fields(struct world *world, struct random *random, const struct kase *kase,
                        struct texts *texts, Sanji__StatementFields *fields)
{
    struct drawing drawing = {.random = random};
    draw_path(world, random, texts->to);
    (void)snprintf(texts->other, sizeof texts->other, "%s",
                   draw_worker(world, random)->worker); // 6 signs
    (void)snprintf(texts->category, sizeof texts->category, "%05u",
                   1001U + below(random, 11) * 1000U);
    fields->offer = half(random) ? kase->offer_seq : below(random, 400);
    fields->if_version = below(random, 4) == 0 ? kase->version + below(random, 2) : 0;
    fields->reason_code = below(random, REASONS) * 101;
    fields->resolution = (Sanji__Resolution)below(random, 10);
    fields->effort_min = below(random, 200);
    fields->passed = half(random);
    fields->result = (Sanji__Satisfaction)below(random, 8);
    fields->solved = half(random);
    fields->purpose = (Sanji__Purpose)below(random, 4);
    fields->duty = (Sanji__Duty)below(random, 6);
    fields->severity = (Sanji__Severity)below(random, 5);
    fields->worker = half(random) ? texts->other : fields->worker;
    fields->to = half(random) ? texts->to : fields->to;
    fields->category = half(random) ? texts->category : fields->category;
    fields->percent = below(random, 101);
    fields->confirmed = half(random);
    fields->advice_code = half(random) ? advice : fields->advice_code;
    drawing.left = below(random, (uint32_t)world_case_count(world));
    world_each_case(world, draw_case, &drawing);
    fields->into_case_no =
        id_case_print(world_place(world), drawing.kase->key, texts->into);
}

static void draw_actor(struct world *world, struct random *random, const struct kase *kase,
                       struct texts *texts, Sanji__Actor *actor)
{
    actor->role = (Sanji__Role)(1 + below(random, 15));
    const Sanji__Worker *row = draw_worker(world, random);
    if (kase->worker != 0 && half(random)) {
        row = rules_worker(world_rules(world), kase->worker);
    }
    if (row != NULL && below(random, 4) != 0) {
        (void)snprintf(texts->worker, sizeof texts->worker, "%s", row->worker); // 6 signs
        actor->worker = texts->worker;
        actor->role = half(random) ? row->role : actor->role;
    }
    if (half(random)) {
        actor->org = org_print(half(random) ? kase->holder : kase->area, texts->path);
    }
}

static void say(struct town *town, struct random *random, struct texts *texts)
{
    struct world *world = town_world(town, TOWN_PEOPLE);
    struct drawing drawing = {.random = random};
    Sanji__Statement statement = SANJI__STATEMENT__INIT;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    Sanji__Actor actor = SANJI__ACTOR__INIT;
    Sanji__SealedText sealed = SANJI__SEALED_TEXT__INIT;
    Sanji__Evidence evidence = SANJI__EVIDENCE__INIT;
    Sanji__Evidence *evidences[1] = {&evidence};
    if (world_case_count(world) == 0) {
        return;
    }
    drawing.left = below(random, (uint32_t)world_case_count(world));
    world_each_case(world, draw_case, &drawing);
    const struct statement_rule *rule = NULL;
    while (rule == NULL) {
        rule = statement_rule(1 + below(random, SAY_COUNT));
    }
    draw_fields(world, random, drawing.kase, texts, &fields);
    draw_actor(world, random, drawing.kase, texts, &actor);
    evidence.ref = photo;
    fields.n_evidence = below(random, 2);
    fields.evidence = evidences;
    sealed.text = words;
    statement.source_system = system_name;
    statement.source_ref = texts->ref;
    statement.kind = (Sanji__StatementKind)rule->kind;
    statement.actor = &actor;
    statement.fields = below(random, 5) != 0 ? &fields : NULL;
    if (rule->on_case) {
        statement.case_no =
            id_case_print(world_place(world), drawing.kase->key, texts->case_no);
        statement.sealed = below(random, 4) == 0 ? &sealed : NULL;
    }
    (void)town_say(town, &statement); // its number does not matter
}

void noise_make(struct town *town, struct random *random, size_t serial)
{
    struct texts texts;
    (void)snprintf(texts.ref, sizeof texts.ref, "noise/%zu", serial);
    if (below(random, 12) == 0) {
        submit(town, random, &texts);
    } else {
        say(town, random, &texts);
    }
}
