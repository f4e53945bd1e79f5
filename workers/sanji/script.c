/* script.c: see script.h. */
#include "workers/sanji/script.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/memory.h"

enum {
    TEXT_SIZE = 48,
    REF_SIZE = 96,
    MS_PER_MIN = 60000,
    ACK_MIN = 2,
    ACK_URGENT_S = 40,
    ARRIVE_MIN = 12,
    DECLINE_MIN = 3,
    ESCALATE_MIN = 5,
    INFORM_MIN = 20,
    CHECK_MIN = 45,
    REVISIT_MIN = 90,
    REOPEN_MIN = 26 * 60,
    REASON_NO_AUTHORITY = 203,
    REASON_SKILL = 505,
    REASON_NOT_DONE = 601,
    REASON_RECURRED = 702,
    RESOLVE_UNPLANNED_MIN = 12
};

/* One thing that will be said. */
struct line {
    int64_t at_ms;
    uint64_t cause_seq;  /* record that gave rise to it; ties in that order */
    uint32_t submission; /* number of the planned case to submit; 0: a statement */
    enum statement_kind kind;
    uint64_t case_key;
    uint64_t offer;
    char ref[REF_SIZE];
    char case_no[CASE_NO_SIZE];
    enum role role;
    uint32_t worker;
    struct org_path org;
    uint32_t reason_code;
    bool passed;
    uint8_t satisfaction;
};

struct script {
    const struct plan *plan;
    char prefix[TEXT_SIZE];
    const struct script_port *port;
    void *port_context;
    uint64_t *keys;      /* case of each planned number */
    struct line *agenda; /* a heap by (at, order) */
    size_t count, room;
    bool stays;
};

/* ---- the agenda ---- */

/* No two lines are equal, so the order does not depend on when they were put down. */
static bool before(const struct line *a, const struct line *b)
{
    if (a->at_ms != b->at_ms) {
        return a->at_ms < b->at_ms;
    }
    if (a->cause_seq != b->cause_seq) {
        return a->cause_seq < b->cause_seq;
    }
    return a->submission != b->submission ? a->submission < b->submission
                                          : a->kind < b->kind;
}

static void swap(struct line *a, struct line *b)
{
    const struct line kept = *a;
    *a = *b;
    *b = kept;
}

static void put(struct script *script, struct line line)
{
    if (script->count == script->room) {
        script->room = script->room == 0 ? 256 : script->room * 2;
        script->agenda = realloc(script->agenda, script->room * sizeof *script->agenda);
        assert(script->agenda != NULL);
    }
    size_t at = script->count++;
    script->agenda[at] = line;
    while (at > 0 && before(&script->agenda[at], &script->agenda[(at - 1) / 2])) {
        swap(&script->agenda[at], &script->agenda[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static struct line take(struct script *script)
{
    const struct line first = script->agenda[0];
    script->agenda[0] = script->agenda[--script->count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = at * 2 + 1; child <= at * 2 + 2; child++) {
            if (child < script->count &&
                before(&script->agenda[child], &script->agenda[least])) {
                least = child;
            }
        }
        if (least == at) {
            return first;
        }
        swap(&script->agenda[at], &script->agenda[least]);
        at = least;
    }
}

struct script *script_new(const struct plan *plan, const char *prefix,
                          const struct script_port *port, void *port_context)
{
    struct script *script = calloc(1, sizeof *script);
    assert(script != NULL);
    script->plan = plan;
    script->keys = memory_new(plan->count + 1, sizeof *script->keys);
    script->port = port;
    script->port_context = port_context;
    const int size = snprintf(script->prefix, sizeof script->prefix, "%s", prefix);
    assert(size > 0 && (size_t)size < sizeof script->prefix);
    return script;
}

void script_free(struct script **script)
{
    if (*script != NULL) {
        free((*script)->agenda);
        memory_free((*script)->keys);
        free(*script);
        *script = NULL;
    }
}

void script_begin(struct script *script)
{
    for (size_t i = 0; i < script->plan->count; i++) {
        put(script, (struct line){.at_ms = script->plan->cases[i].at_ms,
                                  .submission = script->plan->cases[i].number});
    }
}

void script_bind(struct script *script, uint32_t number, uint64_t case_key)
{
    assert(number >= 1 && number <= script->plan->count);
    script->keys[number] = case_key;
}

void script_stay(struct script *script)
{
    script->stays = true;
}

uint64_t script_case_key(const struct script *script, uint32_t number)
{
    return script->keys[number];
}

/* ---- reacting ---- */

static const struct planned *planned_of(const struct script *script, uint64_t case_key)
{
    for (size_t i = 1; i <= script->plan->count; i++) {
        if (script->keys[i] == case_key) {
            return &script->plan->cases[i - 1];
        }
    }
    return NULL;
}

/* A line about a case, its time counted from the record that gave rise to it. */
static struct line line_for(const struct script *script, struct world *world,
                            const struct kase *kase, const struct record *record,
                            enum statement_kind kind)
{
    struct line line = {.at_ms = record->header.recorded_at_ms,
                        .cause_seq = record->seq,
                        .kind = kind,
                        .case_key = kase->key,
                        .org = kase->holder};
    id_case_print(world_place(world), kase->key, line.case_no);
    // The record that is answered names the line: the same record, the same reference.
    (void)snprintf(line.ref, sizeof line.ref, "%s/%llu/%s", script->prefix,
                   (unsigned long long)record->seq, vocab_statement_name(kind));
    return line;
}

static void react_offer(struct script *script, struct world *world, const struct kase *kase,
                        const struct record *record, const struct planned *planned)
{
    const bool too_low = planned != NULL && kase->tier < (int)planned->tier;
    const bool first = kase->attempts == 1 && kase->reworks == 0 && kase->reopens == 0;
    struct line line;
    if (too_low) {
        line = line_for(script, world, kase, record, SAY_ESCALATE);
        line.at_ms += ESCALATE_MIN * MS_PER_MIN;
        line.role = ROLE_DISPATCHER;
        line.reason_code = REASON_NO_AUTHORITY;
    } else if (planned != NULL && planned->timeouts && first) {
        return; // nobody answers: ACK runs out
    } else {
        const bool declines = planned != NULL && planned->declines && first;
        line = line_for(script, world, kase, record, declines ? SAY_DECLINE : SAY_ACK);
        line.at_ms += declines                        ? DECLINE_MIN * MS_PER_MIN
                      : kase->severity == SEVERITY_S1 ? (int64_t)ACK_URGENT_S * 1000
                                                      : (int64_t)ACK_MIN * MS_PER_MIN;
        line.role = (enum role)kase->offered_role;
        line.worker = kase->worker;
        line.offer = record->seq;
        line.reason_code = declines ? REASON_SKILL : 0;
    }
    put(script, line);
}

static void react_ack(struct script *script, struct world *world, const struct kase *kase,
                      const struct record *record, const struct planned *planned)
{
    struct line resolve = line_for(script, world, kase, record, SAY_RESOLVE);
    const uint32_t work_min = planned != NULL ? kase->effort_min : RESOLVE_UNPLANNED_MIN;
    resolve.role = (enum role)kase->offered_role;
    resolve.worker = kase->worker;
    resolve.offer = kase->offer_seq;
    if (kase->severity == SEVERITY_S1 || kase->severity == SEVERITY_S2) {
        struct line arrive = line_for(script, world, kase, record, SAY_ARRIVE);
        arrive.role = resolve.role;
        arrive.worker = resolve.worker;
        arrive.offer = resolve.offer;
        arrive.at_ms += (int64_t)(planned != NULL ? ARRIVE_MIN : ACK_MIN) * MS_PER_MIN;
        put(script, arrive);
    }
    resolve.at_ms += (int64_t)(work_min + ARRIVE_MIN) * MS_PER_MIN;
    put(script, resolve);
}

static void react_desk(struct script *script, struct world *world, const struct kase *kase,
                       const struct record *record, const struct planned *planned)
{
    const bool passes = planned == NULL || !planned->reworks || kase->reworks > 0;
    struct line line = line_for(script, world, kase, record, SAY_CHECK);
    line.role = ROLE_INTAKE_OPERATOR;
    line.org = kase->owner;
    line.at_ms += (int64_t)(planned != NULL ? CHECK_MIN : ACK_MIN) * MS_PER_MIN;
    line.passed = passes;
    line.reason_code = passes ? 0 : REASON_NOT_DONE;
    put(script, line);
}

static void react_revisit(struct script *script, struct world *world,
                          const struct kase *kase, const struct record *record,
                          const struct planned *planned)
{
    const uint8_t result = planned != NULL
                               ? planned->satisfaction
                               : (uint8_t)SANJI__SATISFACTION__SATISFACTION_VERY;
    if (result == SANJI__SATISFACTION__SATISFACTION_UNREACHABLE) {
        return; // nobody answers: the revisits run out
    }
    struct line line = line_for(script, world, kase, record, SAY_REVISIT);
    line.role = ROLE_INTAKE_OPERATOR;
    line.org = kase->owner;
    line.at_ms += (int64_t)(planned != NULL ? REVISIT_MIN : ACK_MIN) * MS_PER_MIN;
    line.satisfaction = result;
    put(script, line);
}

static void react_accepted(struct script *script, struct world *world,
                           const struct kase *kase, const struct record *record)
{
    struct line line = line_for(script, world, kase, record, SAY_INFORMED);
    line.role = ROLE_INTAKE_OPERATOR;
    line.org = kase->owner;
    line.at_ms += (int64_t)INFORM_MIN * MS_PER_MIN;
    put(script, line);
}

static void react_state(struct script *script, struct world *world, const struct kase *kase,
                        const struct record *record, const struct planned *planned)
{
    if (record->header.type == EVENT_CASE_CLOSED && planned != NULL && planned->reopens &&
        kase->reopens == 0) {
        struct line line = line_for(script, world, kase, record, SAY_REOPEN);
        line.role = ROLE_REPORTER;
        line.at_ms += (int64_t)REOPEN_MIN * MS_PER_MIN;
        line.reason_code = REASON_RECURRED;
        put(script, line);
    } else if (record->header.type == EVENT_CHECK_COMPLETED &&
               kase->state == STATE_REVISIT) {
        react_revisit(script, world, kase, record, planned);
    }
}

void script_react(struct script *script, struct world *world, const struct record *record,
                  const Sanji__Envelope *envelope)
{
    const struct kase *kase = world_case(world, record->header.case_key);
    if (kase == NULL || envelope == NULL) {
        return;
    }
    const struct planned *planned = planned_of(script, kase->key);
    if (record->header.type == EVENT_CASE_ACCEPTED && kase->wants_contact) {
        // It stands beside CaseReceived, so its receipt may not be here yet: whether the case
        // is ours is asked when the time has come.
        react_accepted(script, world, kase, record);
        return;
    }
    if (planned == NULL && !script->stays) {
        return;
    }
    if (record->header.type == EVENT_DISPATCH_OFFERED) {
        react_offer(script, world, kase, record, planned);
    } else if (record->header.type == EVENT_DISPATCH_ACKED) {
        react_ack(script, world, kase, record, planned);
    } else if (record->header.type == EVENT_CHECK_REQUESTED) {
        react_desk(script, world, kase, record, planned);
    } else {
        react_state(script, world, kase, record, planned);
    }
}

/* ---- saying ---- */

static void perform_submission(struct script *script, const struct line *line)
{
    static char system[] = "demo";
    static char words[] = "演示案件 / a demo case";
    static char photo[] = "photo/1";
    static char device[] = "hh-0031";
    const struct planned *planned = &script->plan->cases[line->submission - 1];
    char ref[REF_SIZE];
    char grid[ORG_TEXT_SIZE];
    char category[CATEGORY_SIZE];
    char worker[WORKER_SIZE];
    Sanji__Submission submission = SANJI__SUBMISSION__INIT;
    Sanji__Place place = SANJI__PLACE__INIT;
    Sanji__SealedText sealed = SANJI__SEALED_TEXT__INIT;
    Sanji__Evidence evidence = SANJI__EVIDENCE__INIT;
    Sanji__Evidence *evidences[1] = {&evidence};
    (void)snprintf(ref, sizeof ref, "%s/%u", script->prefix, planned->number);
    place.grid = org_print(planned->grid, grid);
    place.building_no = 1;
    sealed.text = words;
    evidence.ref = photo;
    submission.source_system = system;
    submission.source_ref = ref;
    submission.source = (Sanji__Source)planned->source;
    submission.category = id_category_print(planned->category, category);
    submission.place = &place;
    submission.observed_at_ms = planned->at_ms;
    submission.reporter_wants_contact = planned->wants_contact;
    submission.sealed = &sealed;
    submission.n_evidence = 1;
    submission.evidence = evidences;
    if (planned->source == SANJI__SOURCE__SOURCE_HANDHELD) {
        submission.device_id = device;
    }
    if (planned->source == SANJI__SOURCE__SOURCE_VIDEO ||
        planned->source == SANJI__SOURCE__SOURCE_IOT) {
        submission.confidence_permille = 920;
    }
    if (planned->worker != 0) {
        submission.self_handled = true;
        submission.worker = id_worker_print(planned->worker, worker);
    }
    script->port->submit(script->port_context, &submission, planned->number);
}

static void perform_statement(struct script *script, struct line *line)
{
    static char system[] = "demo";
    static char photo[] = "photo/2";
    char worker[WORKER_SIZE];
    char org[ORG_TEXT_SIZE];
    Sanji__Statement statement = SANJI__STATEMENT__INIT;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    Sanji__Actor actor = SANJI__ACTOR__INIT;
    Sanji__Evidence evidence = SANJI__EVIDENCE__INIT;
    Sanji__Evidence *evidences[1] = {&evidence};
    statement.source_system = system;
    statement.source_ref = line->ref;
    statement.kind = (Sanji__StatementKind)line->kind;
    statement.case_no = line->case_no;
    statement.actor = &actor;
    statement.fields = &fields;
    actor.role = (Sanji__Role)line->role;
    if (line->worker != 0) {
        actor.worker = id_worker_print(line->worker, worker);
    } else if (line->role != ROLE_REPORTER) {
        actor.org = org_print(line->org, org);
    }
    fields.offer = line->offer;
    fields.reason_code = line->reason_code;
    fields.passed = line->passed;
    if (line->kind == SAY_RESOLVE) {
        fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
        evidence.ref = photo;
        fields.n_evidence = 1;
        fields.evidence = evidences;
    } else if (line->kind == SAY_REVISIT) {
        fields.result = (Sanji__Satisfaction)line->satisfaction;
        fields.solved = true;
    } else if (line->kind == SAY_INFORMED) {
        fields.told_state = SANJI__CASE_STATE__CASE_STATE_ACCEPTED;
    }
    script->port->say(script->port_context, &statement);
}

int64_t script_next_ms(const struct script *script)
{
    return script->count != 0 ? script->agenda[0].at_ms : 0;
}

void script_perform(struct script *script, int64_t now_ms)
{
    while (script->count != 0 && script->agenda[0].at_ms <= now_ms) {
        struct line line = take(script);
        const bool is_ours = script->stays || planned_of(script, line.case_key) != NULL;
        if (line.submission != 0) {
            perform_submission(script, &line);
        } else if (is_ours) {
            perform_statement(script, &line);
        }
    }
}

size_t script_final_count(const struct script *script, struct world *world)
{
    size_t count = 0;
    for (size_t i = 0; i < script->plan->count; i++) {
        const struct planned *planned = &script->plan->cases[i];
        const struct kase *kase = script->keys[planned->number] != 0
                                      ? world_case(world, script->keys[planned->number])
                                      : NULL;
        if (kase != NULL && lifecycle_is_final((enum case_state)kase->state) &&
            !(planned->reopens && kase->reopens == 0)) {
            count++;
        }
    }
    return count;
}
