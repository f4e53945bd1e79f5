/* script_steps.c: the next thing to be said on a case, from the case and its truth.
 *
 *     in a team's hands:  merge, cancel -> reclassify, severity -> up to its tier
 *                         -> declines and silence -> ack -> assists, extensions, recalls,
 *                         returns, suspensions -> (late: until RESOLVE has fired) -> resolve
 *     then:               check (failed, as often as planned) -> revisit -> reopen
 *
 * Whatever happens in between brings the case back to one of these places, so the order
 * keeps itself: what is still to come is what the truth wants less what the log shows.
 */
#include "workers/sanji/script_inside.h"

enum {
    S = 1000,
    MINUTE = MS_PER_MIN,
    ACK_MIN = 2,
    ACK_URGENT_S = 40,
    SOON_URGENT_S = 20,
    ARRIVE_MIN = 12,
    DECLINE_MIN = 3,
    ESCALATE_MIN = 5,
    CHECK_MIN = 45,
    REVISIT_MIN = 90,
    REOPEN_MIN = 26 * 60,
    UNMERGE_MIN = 180,
    RESUME_MIN = 30 * 60,
    UPSTREAM_TAKEN_MIN = 30,
    UPSTREAM_DONE_MIN = 26 * 60,
    PROGRESS_EARLY_MIN = 5,
    HURRY_MIN = 10, /* before RESOLVE is due */
    UNPLANNED_MIN = 12,
    SHIFT_END_MIN = 2,
    SPARE_MIN = 60
};

uint16_t script_give_up_bit(enum statement_kind kind)
{
    static const uint8_t kinds[] = {SAY_MERGE,   SAY_CANCEL,  SAY_RECLASSIFY, SAY_SEVERITY,
                                    SAY_DECLINE, SAY_ASSIST,  SAY_EXTEND,     SAY_RECALL,
                                    SAY_RETURN,  SAY_SUSPEND, SAY_REOPEN,     SAY_UNMERGE,
                                    SAY_REJECT,  SAY_UPSTREAM};
    for (size_t i = 0; i < sizeof kinds; i++) {
        if (kinds[i] == kind) {
            return (uint16_t)(1U << i);
        }
    }
    return 0;
}

/* One case at one moment. */
struct scene {
    const struct script *script;
    struct world *world;
    const struct act *act;
    const struct planned *truth;
    struct kase *kase;
    int64_t now_ms;
};

static const struct step wait_on = {.kind = SAY_NONE};

static bool may(const struct scene *scene, enum statement_kind kind)
{
    return script_can_say(kind) && (scene->act->given_up & script_give_up_bit(kind)) == 0;
}

static struct step in_s(enum statement_kind kind, int64_t seconds)
{
    return (struct step){.kind = kind, .delay_ms = seconds * S};
}

/* So many minutes for an ordinary case; who has an urgent one is quick. */
static struct step soon(const struct scene *scene, enum statement_kind kind, int minutes)
{
    const unsigned severity = scene->kase->severity;
    const int64_t seconds = severity == SEVERITY_S1   ? SOON_URGENT_S
                            : severity == SEVERITY_S2 ? (minutes < 2 ? minutes : 2) * 60
                                                      : (int64_t)minutes * 60;
    return in_s(kind, seconds);
}

static int64_t due_ms(const struct scene *scene, enum timer_kind kind)
{
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &scene->kase->timers[i];
        if (timer->kind == kind && timer->state == TIMER_STATE_ARMED) {
            return timer->due_ms;
        }
    }
    return INT64_MAX;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What shall take so long, but not past a moment; at least a second from now. */
static struct step before_ms(const struct scene *scene, struct step step, int64_t until_ms)
{
    if (until_ms != INT64_MAX) {
        step.delay_ms = least(step.delay_ms, until_ms - scene->now_ms);
    }
    step.delay_ms = step.delay_ms < S ? S : step.delay_ms;
    return step;
}

/* Nothing that ends the case before those who belong to it have come. */
static struct step after_hold(const struct scene *scene, struct step step)
{
    const int64_t hold_ms = scene->act->hold_ms - scene->now_ms;
    step.delay_ms = step.delay_ms < hold_ms ? hold_ms : step.delay_ms;
    return step;
}

/* ---- before a team has it ---- */

static bool is_parent_there(const struct scene *scene)
{
    const uint32_t into = scene->truth->into;
    const uint64_t key = into != 0 ? scene->script->acts[into - 1].key : 0;
    const struct kase *parent = key != 0 ? world_case(scene->world, key) : NULL;
    return parent != NULL && (!lifecycle_is_final((enum case_state)parent->state));
}

static bool is_merged_now(const struct scene *scene)
{
    const bool shall = scene->truth->kind == PLANNED_MERGED || scene->truth->unmerged;
    return shall && scene->act->merges == 0 && may(scene, SAY_MERGE) &&
           is_parent_there(scene);
}

/* What may happen to any case that is not finished: it goes, or it becomes another. */
static struct step apart(const struct scene *scene)
{
    const struct planned *truth = scene->truth;
    const struct kase *kase = scene->kase;
    if (is_merged_now(scene)) {
        return soon(scene, SAY_MERGE, 3);
    }
    if (truth->kind == PLANNED_CANCELLED && may(scene, SAY_CANCEL)) {
        return soon(scene, SAY_CANCEL, 8);
    }
    if (truth->category_from != 0 && kase->category != truth->category &&
        may(scene, SAY_RECLASSIFY)) {
        return soon(scene, SAY_RECLASSIFY, 1);
    }
    if (truth->severity_from != 0 && kase->severity != truth->severity &&
        may(scene, SAY_SEVERITY)) {
        return soon(scene, SAY_SEVERITY, 1);
    }
    return wait_on;
}

static struct step received(const struct scene *scene)
{
    const bool is_nowhere = scene->script->is_closed && scene->kase->area.packed == 0;
    if (scene->truth->kind == PLANNED_REJECTED || is_nowhere) {
        return may(scene, SAY_REJECT) ? soon(scene, SAY_REJECT, 10) : wait_on;
    }
    const struct step step = apart(scene);
    return step.kind != SAY_NONE ? step : soon(scene, SAY_ACCEPT, 2);
}

static struct step verifying(const struct scene *scene)
{
    const bool rejects = scene->truth->kind == PLANNED_REJECTED;
    if (rejects && scene->kase->not_found) {
        return may(scene, SAY_REJECT) ? soon(scene, SAY_REJECT, 5) : wait_on;
    }
    const struct step step = apart(scene);
    if (step.kind == SAY_NONE && script_can_say(SAY_VERIFIED) &&
        scene->kase->verifier != 0) {
        return soon(scene, SAY_VERIFIED, 10);
    }
    return step;
}

/* ---- in a team's hands ---- */

static bool is_missed(const struct scene *scene)
{
    return scene->kase->resolve_missed;
}

/* The tier a case shall be at now. One that is late waits below its tier for its limit to
 * pass, which lifts it: so it is resolved where the truth says. */
static unsigned goal(const struct scene *scene)
{
    const struct planned *truth = scene->truth;
    const unsigned tier =
        truth->tier == TIER_MUNICIPAL ? (unsigned)TIER_SUBDISTRICT : truth->tier;
    if (truth->returns > scene->kase->returns && may(scene, SAY_RETURN)) {
        return tier + 1; // it goes up in error, and is sent back
    }
    const bool waits_below = truth->late && !is_missed(scene) &&
                             truth->tier != TIER_MUNICIPAL && tier > TIER_COMMITTEE;
    return waits_below ? tier - 1 : tier;
}

static bool is_too_low(const struct scene *scene)
{
    return script_is_planned(scene->script, scene->act) && scene->kase->tier < goal(scene);
}

static bool is_upstream_next(const struct scene *scene)
{
    return scene->truth->tier == TIER_MUNICIPAL && may(scene, SAY_UPSTREAM) &&
           scene->kase->tier == TIER_SUBDISTRICT && scene->kase->handover_seq == 0;
}

/* Another offer can follow at this desk. */
static bool has_offer_left(const struct scene *scene)
{
    const Sanji__Policy *policy = rules_policy(world_rules(scene->world));
    for (size_t i = 0; i < policy->n_attempts; i++) {
        if ((unsigned)policy->attempts[i]->severity == scene->kase->severity) {
            return scene->kase->attempts < policy->attempts[i]->offers_max;
        }
    }
    return false;
}

/* Nobody answers, or somebody says no: only where another takes it in time, at this desk. */
static bool may_fail(const struct scene *scene, int64_t until_ms)
{
    const int64_t spare_ms = (int64_t)(scene->kase->effort_min + SPARE_MIN) * MINUTE;
    const bool in_time = scene->truth->late || due_ms(scene, TIMER_RESOLVE) == INT64_MAX ||
                         due_ms(scene, TIMER_RESOLVE) - until_ms > spare_ms;
    const bool stays = is_too_low(scene) || has_offer_left(scene);
    return in_time && stays && !scene->kase->broadcast;
}

/* A companion is as quick as the first: his offer runs from the same moment. */
static struct step acknowledges(const struct scene *scene)
{
    if (!script_answerer(scene->script, scene->kase, &(struct offered){0})) {
        return wait_on; // ACK runs out
    }
    return scene->kase->severity == SEVERITY_S1 ? in_s(SAY_ACK, ACK_URGENT_S)
                                                : in_s(SAY_ACK, (int64_t)ACK_MIN * 60);
}

static struct step offered(const struct scene *scene)
{
    const struct planned *truth = scene->truth;
    const struct act *act = scene->act;
    if (truth->timeouts > act->timeouts && may_fail(scene, due_ms(scene, TIMER_ACK))) {
        return wait_on; // ACK runs out
    }
    if (truth->declines > act->declines && may(scene, SAY_DECLINE) &&
        may_fail(scene, scene->now_ms)) {
        return soon(scene, SAY_DECLINE, DECLINE_MIN);
    }
    if (is_too_low(scene)) {
        return soon(scene, SAY_ESCALATE, ESCALATE_MIN);
    }
    return acknowledges(scene);
}

static struct step resolves(const struct scene *scene)
{
    const struct kase *kase = scene->kase;
    const struct rules *rules = world_rules(scene->world);
    const bool is_planned = script_is_planned(scene->script, scene->act);
    const uint32_t work_min = scene->script->is_closed
                                  ? script_effort_min(scene->script, kase)
                              : is_planned ? kase->effort_min
                                           : UNPLANNED_MIN;
    struct step step = in_s(SAY_RESOLVE, (int64_t)(work_min + ARRIVE_MIN) * 60);
    step = after_hold(scene, step);
    if (!is_missed(scene) && due_ms(scene, TIMER_RESOLVE) != INT64_MAX) {
        step = before_ms(scene, step, due_ms(scene, TIMER_RESOLVE) - HURRY_MIN * MINUTE);
    }
    const Sanji__Worker *worker = rules_worker(rules, kase->worker);
    int64_t changes_ms = INT64_MAX;
    if (worker != NULL && rules_on_shift(rules, worker, scene->now_ms, &changes_ms) &&
        changes_ms != INT64_MAX) {
        step = before_ms(scene, step, changes_ms - SHIFT_END_MIN * MINUTE);
    }
    return step;
}

static bool has_joined(const struct kase *kase)
{
    for (size_t i = 0; i < CASE_ASSISTS_MAX; i++) {
        if (kase->assist[i].n != 0 && !kase->assist[i].joined) {
            return false;
        }
    }
    return true;
}

static bool lacks_companion(const struct kase *kase)
{
    bool lacks = false;
    for (size_t i = 0; i < kase->others_count; i++) {
        lacks |= !kase->others[i].acked;
    }
    return kase->pair && lacks;
}

/* What disturbs a case in hand, one after the other. */
static struct step disturbed(const struct scene *scene)
{
    const struct planned *truth = scene->truth;
    const struct kase *kase = scene->kase;
    if (kase->assists_open > 0 && script_can_say(SAY_ASSIST_DONE)) {
        return soon(scene, has_joined(kase) ? SAY_ASSIST_DONE : SAY_ASSIST_JOINED, 10);
    }
    if (truth->assists > scene->act->assists && may(scene, SAY_ASSIST)) {
        return soon(scene, SAY_ASSIST, 4);
    }
    if (truth->extensions > kase->extensions && may(scene, SAY_EXTEND)) {
        return soon(scene, SAY_EXTEND, 5);
    }
    if (truth->recalls > scene->act->recalls && may(scene, SAY_RECALL)) {
        return soon(scene, SAY_RECALL, 6);
    }
    if (truth->suspensions > kase->suspensions && may(scene, SAY_SUSPEND)) {
        return soon(scene, SAY_SUSPEND, 7);
    }
    return wait_on;
}

static struct step in_hand(const struct scene *scene)
{
    const struct planned *truth = scene->truth;
    if (lacks_companion(scene->kase)) {
        return acknowledges(scene);
    }
    if (due_ms(scene, TIMER_ARRIVE) != INT64_MAX) {
        const bool is_planned = script_is_planned(scene->script, scene->act);
        return in_s(SAY_ARRIVE, (int64_t)(is_planned ? ARRIVE_MIN : ACK_MIN) * 60);
    }
    if (is_too_low(scene)) {
        return soon(scene, SAY_ESCALATE, ESCALATE_MIN);
    }
    const struct step step = disturbed(scene);
    if (step.kind != SAY_NONE) {
        return step;
    }
    if (is_upstream_next(scene)) {
        return soon(scene, SAY_UPSTREAM, 10);
    }
    if (truth->late && !is_missed(scene)) {
        const int64_t progress_ms = due_ms(scene, TIMER_PROGRESS);
        return progress_ms == INT64_MAX
                   ? wait_on
                   : before_ms(scene,
                               (struct step){.kind = SAY_PROGRESS, .delay_ms = INT64_MAX},
                               progress_ms - PROGRESS_EARLY_MIN * MINUTE);
    }
    return resolves(scene);
}

/* An offer that stands is answered before its case goes elsewhere. */
static bool is_decided_here(const struct kase *kase)
{
    const bool moves = kase->request_kind == SANJI__DECISION_KIND__DECISION_KIND_RETURN ||
                       kase->request_kind == SANJI__DECISION_KIND__DECISION_KIND_SUSPEND;
    return kase->state != STATE_DISPATCHED || !moves;
}

/* It went one desk too far up. */
static bool is_sent_back(const struct scene *scene)
{
    const struct kase *kase = scene->kase;
    return scene->truth->returns > kase->returns && may(scene, SAY_RETURN) &&
           kase->request_seq == 0 && kase->tier == goal(scene) &&
           (kase->state == STATE_ASSIGNING || kase->state == STATE_IN_PROGRESS);
}

static struct step with_a_team(const struct scene *scene)
{
    const struct kase *kase = scene->kase;
    const struct step step = apart(scene);
    if (step.kind != SAY_NONE) {
        return step;
    }
    if (kase->request_seq != 0 && script_can_say(SAY_DECIDE) && is_decided_here(kase)) {
        return soon(scene, SAY_DECIDE, 3);
    }
    if (is_sent_back(scene)) {
        return soon(scene, SAY_RETURN, 5);
    }
    if (kase->state == STATE_DISPATCHED) {
        return offered(scene);
    }
    if (kase->state == STATE_IN_PROGRESS) {
        return in_hand(scene);
    }
    if (kase->state == STATE_ASSIGNING && is_too_low(scene)) {
        return soon(scene, SAY_ESCALATE, ESCALATE_MIN);
    }
    return wait_on; // for an offer
}

/* ---- elsewhere ---- */

static struct step upstream(const struct scene *scene)
{
    if (!script_can_say(SAY_UPSTREAM_UPDATE)) {
        return wait_on;
    }
    if (!scene->act->is_received) {
        return in_s(SAY_UPSTREAM_UPDATE, (int64_t)UPSTREAM_TAKEN_MIN * 60);
    }
    if (scene->truth->late && !is_missed(scene)) {
        return wait_on; // the city takes longer than the limit
    }
    struct step step = in_s(SAY_UPSTREAM_UPDATE, (int64_t)UPSTREAM_DONE_MIN * 60);
    if (!is_missed(scene)) {
        step = before_ms(scene, step, due_ms(scene, TIMER_RESOLVE) - HURRY_MIN * MINUTE);
    }
    return after_hold(scene, step);
}

static struct step resolved(const struct scene *scene)
{
    const bool is_planned = script_is_planned(scene->script, scene->act);
    if (!scene->kase->check_requested) {
        return wait_on; // self-handled and not sampled: the system passes it
    }
    return after_hold(scene,
                      in_s(SAY_CHECK, (int64_t)(is_planned ? CHECK_MIN : ACK_MIN) * 60));
}

static struct step revisited(const struct scene *scene)
{
    const bool is_planned = script_is_planned(scene->script, scene->act);
    if (scene->truth->satisfaction == SANJI__SATISFACTION__SATISFACTION_UNREACHABLE ||
        scene->truth->satisfaction == 0) {
        return wait_on; // nobody answers: the revisits run out
    }
    return after_hold(
        scene, in_s(SAY_REVISIT, (int64_t)(is_planned ? REVISIT_MIN : ACK_MIN) * 60));
}

static struct step closed(const struct scene *scene)
{
    return scene->truth->reopens > scene->kase->reopens && may(scene, SAY_REOPEN)
               ? in_s(SAY_REOPEN, (int64_t)REOPEN_MIN * 60)
               : wait_on;
}

static struct step merged(const struct scene *scene)
{
    return scene->truth->unmerged && may(scene, SAY_UNMERGE)
               ? in_s(SAY_UNMERGE, (int64_t)UNMERGE_MIN * 60)
               : wait_on;
}

struct step script_step(const struct script *script, struct world *world,
                        const struct act *act, struct kase *kase, int64_t now_ms)
{
    enum {
        REFUSED_MAX = 12 /* somebody who is refused so often says no more */
    };

    const struct scene scene = {.script = script,
                                .world = world,
                                .act = act,
                                .truth = script_truth(script, act),
                                .kase = kase,
                                .now_ms = now_ms};
    if (act->refused >= REFUSED_MAX) {
        return wait_on;
    }
    switch ((enum case_state)kase->state) {
    case STATE_RECEIVED:
        return received(&scene);
    case STATE_VERIFYING:
        return verifying(&scene);
    case STATE_ACCEPTED:
    case STATE_ASSIGNING:
    case STATE_DISPATCHED:
    case STATE_IN_PROGRESS:
        return with_a_team(&scene);
    case STATE_SUSPENDED:
        return script_can_say(SAY_RESUME) ? in_s(SAY_RESUME, (int64_t)RESUME_MIN * 60)
                                          : wait_on;
    case STATE_UPSTREAM:
        return upstream(&scene);
    case STATE_RESOLVED:
        return resolved(&scene);
    case STATE_REVISIT:
        return revisited(&scene);
    case STATE_CLOSED:
        return closed(&scene);
    case STATE_MERGED:
        return merged(&scene);
    case STATE_NONE:
    case STATE_REJECTED:
    case STATE_CANCELLED:
    case STATE_COUNT:
        break;
    }
    return wait_on;
}
