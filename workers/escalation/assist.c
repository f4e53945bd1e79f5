/* assist.c: see assist.h. */
#include "workers/escalation/assist.h"

#include <string.h>

#include "workers/escalation/alert.h"

enum {
    MS_PER_S = 1000
};

static struct case_assist *find(struct kase *kase, const char *code)
{
    const uint32_t department = case_department(code);
    for (size_t i = 0; i < CASE_ASSISTS_MAX; i++) {
        if (kase->assist[i].n != 0 && kase->assist[i].department == department) {
            return &kase->assist[i];
        }
    }
    return NULL;
}

static unsigned open_places(const struct kase *kase, uint32_t open_max)
{
    unsigned open = 0;
    for (size_t i = 0; i < CASE_ASSISTS_MAX; i++) {
        open += kase->assist[i].n != 0 ? 1U : 0U;
    }
    const uint32_t max = open_max < CASE_ASSISTS_MAX ? open_max : CASE_ASSISTS_MAX;
    return open < max ? max - open : 0;
}

/* ---- who can be called ---- */

static bool in_org(const Sanji__Org *org, const char *code)
{
    for (size_t i = 0; org != NULL && i < org->n_teams; i++) {
        if (strcmp(org->teams[i]->code, code) == 0) {
            return true;
        }
    }
    for (size_t i = 0; org != NULL && i < org->n_partners; i++) {
        if (strcmp(org->partners[i]->code, code) == 0) {
            return true;
        }
    }
    for (size_t i = 0; org != NULL && i < org->n_grids; i++) {
        if (strcmp(org->grids[i]->department, code) == 0) {
            return true;
        }
    }
    return false;
}

/* A team, a partner, the department of a dedicated grid, an authority, the emergency's. */
static bool is_known(const struct rules *rules, const Sanji__Escalation *policy,
                     const char *code)
{
    const Sanji__Sla *sla = rules_sla(rules);
    bool known =
        in_org(rules_org(rules), code) || strcmp(policy->emergency_department, code) == 0;
    for (size_t i = 0; !known && sla != NULL && i < sla->n_categories; i++) {
        known = strcmp(sla->categories[i]->authority, code) == 0;
    }
    const Sanji__Roster *roster = rules_roster(rules);
    for (size_t i = 0; !known && roster != NULL && i < roster->n_workers; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        for (size_t k = 0; k < worker->n_authority && !known; k++) {
            known = strcmp(worker->authority[k], code) == 0;
        }
    }
    return known;
}

/* ---- requested ---- */

static void write_requested(struct turn *turn, struct kase *kase, Sanji__Envelope *envelope,
                            Sanji__AssistRequested *body)
{
    body->n = (uint32_t)kase->assists + 1U;
    (void)turn_arm(turn, envelope, TIMER_ASSIST, body->n, 0); // no limit: it is not late
    envelope->body_case = SANJI__ENVELOPE__BODY_ASSIST_REQUESTED;
    envelope->assist_requested = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

void assist_said(const struct heard *heard)
{
    const Sanji__StatementFields *fields = heard->fields;
    const Sanji__Escalation *policy = heard_policy(heard);
    if (policy == NULL) {
        return;
    }
    if (!is_known(turn_rules(heard->turn), policy, fields->department_code)) {
        heard_refuse(heard, STATUS_NOT_FOUND, "department_code",
                     "无此部门 / no team, partner, authority or grid department has this "
                     "code: org.yaml and sla.yaml name them");
        return;
    }
    if (find(heard->kase, fields->department_code) != NULL) {
        heard_refuse(heard, STATUS_LIMIT, "department_code",
                     "已吹哨 / this department has been called and is not done");
        return;
    }
    if (open_places(heard->kase, policy->assists_open_max) == 0) {
        heard_refuse(heard, STATUS_LIMIT, "kind",
                     turn_text(heard->turn,
                               "协办至多 %u 个 / %u departments are called already: one "
                               "must be done first",
                               policy->assists_open_max, policy->assists_open_max));
        return;
    }
    Sanji__AssistRequested *body =
        TURN_NEW(heard->turn, Sanji__AssistRequested, sanji__assist_requested__init);
    body->department_code = fields->department_code;
    body->skill = fields->skill;
    body->emergency = fields->emergency;
    write_requested(heard->turn, heard->kase, heard_event(heard), body);
}

void assist_by_policy(struct turn *turn, struct kase *kase)
{
    const Sanji__Escalation *policy = rules_policy(turn_rules(turn))->escalation;
    const Sanji__Category *category = rules_category(turn_rules(turn), kase->category);
    const char *code = category != NULL && category->authority[0] != '\0'
                           ? category->authority
                           : policy->emergency_department;
    if (!lifecycle_side_allowed((enum case_state)kase->state, EVENT_ASSIST_REQUESTED) ||
        code[0] == '\0' || find(kase, code) != NULL ||
        open_places(kase, policy->assists_open_max) == 0) {
        return;
    }
    Sanji__AssistRequested *body =
        TURN_NEW(turn, Sanji__AssistRequested, sanji__assist_requested__init);
    body->department_code = turn_text(turn, "%s", code);
    body->emergency = true;
    write_requested(turn, kase, turn_event(turn, kase, 0), body);
}

/* ---- joined, done ---- */

static struct case_assist *find_called(const struct heard *heard)
{
    struct case_assist *assist = find(heard->kase, heard->fields->department_code);
    if (assist == NULL) {
        heard_refuse(heard, STATUS_NOT_FOUND, "department_code",
                     "未曾吹哨或已完成 / this department was not called, or is done: "
                     "`assist` calls it");
    }
    return assist;
}

static uint32_t took_s(const struct turn *turn, const struct case_timer *timer)
{
    const int64_t took_ms = timer != NULL ? turn_now_ms(turn) - timer->t0_ms : 0;
    return took_ms > 0 ? (uint32_t)(took_ms / MS_PER_S) : 0;
}

void assist_joined_said(const struct heard *heard)
{
    const struct case_assist *assist = find_called(heard);
    if (assist == NULL) {
        return;
    }
    if (assist->joined) {
        heard_refuse(heard, STATUS_LIMIT, "kind",
                     "已报到 / it has reported in already: `assist_done` ends it");
        return;
    }
    struct turn *turn = heard->turn;
    const struct case_timer *timer = case_timer(heard->kase, TIMER_ASSIST, assist->n);
    Sanji__AssistJoined *body =
        TURN_NEW(turn, Sanji__AssistJoined, sanji__assist_joined__init);
    Sanji__Envelope *envelope = heard_event(heard);
    body->department_code = heard->fields->department_code;
    body->worker = heard->said->actor->worker;
    body->n = assist->n;
    body->took_s = took_s(turn, timer);
    if (timer != NULL) {
        turn_cancel(turn, envelope, TIMER_ASSIST, assist->n);
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_ASSIST_JOINED;
    envelope->assist_joined = body;
    turn_emit(turn, &(struct emission){.kase = heard->kase, .envelope = envelope});
}

void assist_done_said(const struct heard *heard)
{
    const struct case_assist *assist = find_called(heard);
    if (assist == NULL) {
        return;
    }
    struct turn *turn = heard->turn;
    Sanji__AssistDone *body = TURN_NEW(turn, Sanji__AssistDone, sanji__assist_done__init);
    Sanji__Envelope *envelope = heard_event(heard);
    body->department_code = heard->fields->department_code;
    body->resolution = heard->fields->resolution;
    body->n = assist->n;
    if (case_timer(heard->kase, TIMER_ASSIST, assist->n) != NULL) {
        turn_cancel(turn, envelope, TIMER_ASSIST, assist->n);
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_ASSIST_DONE;
    envelope->assist_done = body;
    turn_emit(turn, &(struct emission){.kase = heard->kase, .envelope = envelope});
}

void assist_due(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    const struct turn_told told[2] = {
        {.org = kase->holder, .role = ROLE_DUTY_LEADER},
        {.org = org_subdistrict(kase->area), .role = ROLE_DUTY_LEADER},
    };
    const bool second = timer->times > 0 && kase->tier != TIER_SUBDISTRICT;
    alert_again(turn, kase, timer, told, second ? 2 : 1);
}
