/* law_offer.c: see law_offer.h. The filters here are told from domain.md 7.2, by the rules and
 * the world alone; the list of who was considered is weighed again by the dispatcher's own
 * pool, which must be a function of the log. */
#include "tests/sim/law_offer.h"

#include <string.h>

struct offered {
    struct world *world;
    const struct kase *kase;
    const Sanji__DispatchOffered *body;
    const Sanji__Worker *row;
    const Sanji__Category *category;
    uint64_t seq;
    int64_t at_ms;
    uint32_t worker;
    bool is_alone; /* neither one of several nor a coordinator */
    struct laws *laws;
};

static void say(const struct offered *offered, const char *text)
{
    laws_say(offered->laws, "seq %llu: offered to W%05u although %s",
             (unsigned long long)offered->seq, offered->worker, text);
}

static bool has_role(const Sanji__Worker *row, unsigned role)
{
    bool has = (unsigned)row->role == role;
    for (size_t i = 0; i < row->n_further_roles; i++) {
        has |= (unsigned)row->further_roles[i] == role;
    }
    return has;
}

static bool has_skill(const struct offered *offered)
{
    const char *wanted = offered->category->skills;
    for (size_t i = 0; i < offered->row->n_skills; i++) {
        const Sanji__Skill *skill = offered->row->skills[i];
        const bool is_valid = skill->expires_ms == 0 || skill->expires_ms > offered->at_ms;
        if (is_valid && strstr(wanted, skill->skill) != NULL) {
            return true;
        }
    }
    return wanted[0] == '\0';
}

static void check_person(const struct offered *offered)
{
    const struct kase *kase = offered->kase;
    if (!world_on_duty(offered->world, offered->worker, offered->at_ms)) {
        say(offered, "he is not on duty");
    }
    if (kase->restricted && !offered->row->clearance) {
        say(offered, "he may not see restricted cases");
    }
    for (size_t i = 0; i < kase->tried_count; i++) {
        if (kase->tried[i] == offered->worker) {
            say(offered, "he declined it or let it expire at this desk");
        }
    }
    if (!has_role(offered->row, (unsigned)offered->body->role)) {
        say(offered, "he does not have the role");
    }
}

static void check_case(const struct offered *offered)
{
    const struct kase *kase = offered->kase;
    const unsigned role = (unsigned)offered->body->role;
    const bool is_light_role = role == ROLE_VOLUNTEER || role == ROLE_BUILDING_HEAD;
    if (is_light_role && (!offered->category->light || kase->restricted)) {
        say(offered, "the category is not for volunteers");
    }
    if (is_light_role && offered->is_alone &&
        (kase->severity == SEVERITY_S1 || kase->severity == SEVERITY_S2)) {
        say(offered, "a volunteer never goes alone to an urgent case");
    }
    if (role == ROLE_BUILDING_HEAD && offered->row->building_no != kase->building_no) {
        say(offered, "it is not his building");
    }
    const bool is_care = kase->category / 1000 == 7;
    if (is_care && role != ROLE_SOCIAL_WORKER && role != ROLE_FULLTIME) {
        say(offered, "special care is a social worker's");
    }
    if (offered->category->minors && role == ROLE_FULLTIME && offered->is_alone) {
        say(offered, "a full-time worker never goes alone to a minor");
    }
    if (offered->is_alone && !has_skill(offered)) {
        say(offered, "he lacks the skill");
    }
}

/* The same log, the same list. */
static void check_list(struct pool *pool, const struct offered *offered)
{
    const Sanji__DispatchOffered *body = offered->body;
    pool_weigh(offered->world, offered->kase, offered->at_ms, pool);
    bool same = body->n_considered <= pool->count && body->effort_min == pool->effort_min;
    for (size_t i = 0; i < body->n_considered && same; i++) {
        const struct candidate *now = &pool->candidates[i];
        const Sanji__Candidate *then = body->considered[i];
        uint32_t worker = 0;
        same = id_worker_parse(then->worker, &worker) == STATUS_OK &&
               worker == now->worker && then->reject == now->reject &&
               (now->reject != 0 || then->cost_permille == now->cost_permille);
    }
    if (!same) {
        say(offered, "weighing again gives another list");
    }
}

void law_offer(struct pool *pool, struct world *world, const struct record *record,
               const Sanji__Envelope *envelope, bool exact, struct laws *laws)
{
    const struct kase *kase = world_case(world, record->header.case_key);
    struct offered offered = {.world = world,
                              .kase = kase,
                              .body = envelope->dispatch_offered,
                              .seq = record->seq,
                              .at_ms = record->header.recorded_at_ms,
                              .laws = laws};
    if (kase == NULL || kase->state != STATE_ASSIGNING ||
        id_worker_parse(offered.body->worker, &offered.worker) != STATUS_OK) {
        return; // a further one of several, or one that cannot stand
    }
    offered.row = rules_worker(world_rules(world), offered.worker);
    offered.category = rules_category(world_rules(world), kase->category);
    if (offered.row == NULL || offered.category == NULL) {
        say(&offered, "there is no such worker or category");
        return;
    }
    offered.is_alone =
        !offered.body->broadcast && !offered.body->pair && !offered.body->coordinator;
    check_person(&offered);
    check_case(&offered);
    if (exact) {
        check_list(pool, &offered);
    }
}
