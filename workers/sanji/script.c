/* script.c: see script.h. */
#include "workers/sanji/script.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "workers/sanji/people.h"
#include "workers/sanji/script_inside.h"

enum {
    CELLS_FIRST = 256,
    MERGE_GRACE_MIN = 40, /* a parent waits so long for a report that belongs to it */
    INFORM_MIN = 20,
    SUPERVISE_MIN = 9,
    URGE_FIRST_MIN = 6,
    URGE_MIN = 4,
    LATER_MIN = 60
};

/* ---- cases by key ---- */

static size_t home(const struct script *script, uint64_t key)
{
    return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (script->cell_count - 1);
}

static struct act *find(const struct script *script, uint64_t key)
{
    if (key == 0) {
        return NULL;
    }
    for (size_t at = home(script, key);; at = (at + 1) & (script->cell_count - 1)) {
        const uint32_t place = script->cells[at];
        if (place == 0) {
            return NULL;
        }
        if (script->acts[place - 1].key == key) {
            return &script->acts[place - 1];
        }
    }
}

static void file_act(struct script *script, uint32_t place)
{
    size_t at = home(script, script->acts[place].key);
    while (script->cells[at] != 0) {
        at = (at + 1) & (script->cell_count - 1);
    }
    script->cells[at] = place + 1;
    script->used++;
}

static void make_cells(struct script *script, size_t count)
{
    memory_free(script->cells);
    script->cells = memory_new(count, sizeof *script->cells);
    script->cell_count = count;
    script->used = 0;
    for (size_t i = 0; i < script->act_count; i++) {
        if (script->acts[i].key != 0) {
            file_act(script, (uint32_t)i);
        }
    }
}

static void bind(struct script *script, uint32_t place, uint64_t key)
{
    if (script->acts[place].key == key) {
        return; // a repeat of the receipt
    }
    script->acts[place].key = key;
    if ((script->used + 1) * 2 > script->cell_count) {
        make_cells(script, script->cell_count * 2); // files this one as well
    } else {
        file_act(script, place);
    }
}

/* ---- a script ---- */

struct script *script_new(const struct plan *plan, const char *prefix,
                          const struct script_port *port, void *port_context)
{
    struct script *script = memory_new(1, sizeof *script);
    script->plan = plan;
    script->act_count = plan->count;
    script->act_room = plan->count;
    script->acts = memory_new(plan->count + 1, sizeof *script->acts);
    make_cells(script, CELLS_FIRST);
    script->port = port;
    script->port_context = port_context;
    const int size = snprintf(script->prefix, sizeof script->prefix, "%s", prefix);
    assert(size > 0 && (size_t)size < sizeof script->prefix);
    for (size_t i = 0; i < plan->count; i++) {
        const struct planned *child = &plan->cases[i];
        if (child->into == 0) {
            continue;
        }
        assert(child->into <= plan->count);
        struct act *parent = &script->acts[child->into - 1];
        const int64_t until_ms = child->at_ms + (int64_t)MERGE_GRACE_MIN * MS_PER_MIN;
        parent->hold_ms = until_ms > parent->hold_ms ? until_ms : parent->hold_ms;
    }
    return script;
}

void script_free(struct script **script)
{
    if (*script != NULL) {
        agenda_reset(&(*script)->agenda);
        memory_free((*script)->acts);
        memory_free((*script)->cells);
        memory_free(*script);
        *script = NULL;
    }
}

void script_begin(struct script *script)
{
    script->has_begun = true;
}

void script_stay(struct script *script)
{
    script->stays = true;
}

void script_close_loop(struct script *script, uint64_t seed)
{
    assert(!script->has_begun);
    script->is_closed = true;
    script->seed = seed;
    for (size_t i = 0; i < script->act_count; i++) {
        script->acts[i].hold_ms = 0; // nothing is merged into it by plan
    }
}

void script_stir(struct script *script, uint32_t every)
{
    script->stir = every;
}

uint64_t script_case_key(const struct script *script, uint32_t number)
{
    return script->acts[number - 1].key;
}

const struct planned *script_truth(const struct script *script, const struct act *act)
{
    static const struct planned unplanned = {.satisfaction =
                                                 SANJI__SATISFACTION__SATISFACTION_VERY};
    return script_is_planned(script, act) ? &script->plan->cases[act - script->acts]
                                          : &unplanned;
}

bool script_is_planned(const struct script *script, const struct act *act)
{
    return !script->is_closed && (size_t)(act - script->acts) < script->plan->count;
}

static bool answers(const struct script *script, const struct offered *offered)
{
    return !script->is_closed ||
           !people_is_silent(script->seed, offered->seq, (enum role)offered->role);
}

bool script_answerer(const struct script *script, const struct kase *kase,
                     struct offered *answerer)
{
    *answerer = (struct offered){
        .seq = kase->offer_seq, .worker = kase->worker, .role = kase->offered_role};
    if (kase->state == STATE_DISPATCHED && answers(script, answerer)) {
        return true;
    }
    for (size_t i = 0; i < kase->others_count; i++) {
        const struct case_offer *other = &kase->others[i];
        *answerer = (struct offered){
            .seq = other->seq, .worker = other->worker, .role = other->role};
        if (!other->acked && answers(script, answerer)) {
            return true;
        }
    }
    return false;
}

uint32_t script_effort_min(const struct script *script, const struct kase *kase)
{
    return people_effort_min(script->seed, kase->offer_seq, kase->effort_min);
}

bool script_can_say(enum statement_kind kind)
{
    const struct statement_rule *rule = statement_rule(kind);
    return rule != NULL && rule->built;
}

/* ---- the next step ---- */

/* Beside the steps: what is said whatever the case's handlers do. */
static void put_side(struct script *script, const struct act *act, const struct kase *kase,
                     enum statement_kind kind, struct line line)
{
    if (!script_can_say(kind)) {
        return;
    }
    const int64_t since_ms = kase->accepted_ms != 0 ? kase->accepted_ms : kase->received_ms;
    line.at_ms += since_ms;
    line.cause_seq = kase->first_seq;
    line.act = (uint32_t)(act - script->acts);
    line.kind = (uint8_t)kind;
    agenda_put(&script->agenda, &line);
}

static void put_sides(struct script *script, struct act *act, const struct kase *kase)
{
    const struct planned *truth = script_truth(script, act);
    if (act->has_sides || kase->state == STATE_RECEIVED || kase->state == STATE_VERIFYING) {
        return;
    }
    act->has_sides = true;
    if (kase->wants_contact && kase->accepted_ms != 0) {
        put_side(script, act, kase, SAY_INFORMED,
                 (struct line){.at_ms = (int64_t)INFORM_MIN * MS_PER_MIN});
    }
    for (uint8_t i = 0; i < truth->urges; i++) {
        put_side(
            script, act, kase, SAY_URGE,
            (struct line){.at_ms = (int64_t)(URGE_FIRST_MIN + i * URGE_MIN) * MS_PER_MIN,
                          .n = (uint8_t)(i + 1)});
    }
    if (truth->supervise != 0) {
        put_side(script, act, kase, SAY_SUPERVISE,
                 (struct line){.at_ms = (int64_t)SUPERVISE_MIN * MS_PER_MIN});
    }
}

/* Whether the truth has no more to come for a case in a final state. */
static bool is_over(const struct act *act, const struct planned *truth,
                    const struct kase *kase)
{
    if (!lifecycle_is_final((enum case_state)kase->state)) {
        return false;
    }
    const enum statement_kind more = kase->state == STATE_CLOSED ? SAY_REOPEN : SAY_UNMERGE;
    const bool wanted =
        kase->state == STATE_CLOSED ? truth->reopens > kase->reopens : truth->unmerged;
    const bool is_more_to_come =
        wanted && (kase->state == STATE_CLOSED || kase->state == STATE_MERGED) &&
        script_can_say(more) && (act->given_up & script_give_up_bit(more)) == 0;
    return !is_more_to_come;
}

static void think(struct script *script, struct world *world, struct act *act,
                  struct kase *kase, int64_t now_ms)
{
    const bool is_final = is_over(act, script_truth(script, act), kase);
    if (is_final != act->is_final) {
        script->final += is_final ? 1 : SIZE_MAX;
        act->is_final = is_final;
    }
    put_sides(script, act, kase);
    const struct step step = script_step(script, world, act, kase, now_ms);
    if (step.kind == act->kind && act->version == kase->version && !act->is_said) {
        return; // as it is on the agenda
    }
    act->step++;
    act->kind = (uint8_t)step.kind;
    act->version = kase->version;
    act->is_said = false;
    act->cause_seq = kase->decision_seq;
    if (step.kind != SAY_NONE) {
        assert(step.delay_ms >= 1000); // an answer at the same instant is seen before
        agenda_put(&script->agenda, &(struct line){.at_ms = now_ms + step.delay_ms,
                                                   .cause_seq = act->cause_seq,
                                                   .act = (uint32_t)(act - script->acts),
                                                   .step = act->step,
                                                   .kind = act->kind});
    }
}

/* Somebody else's case, once others are answered as well. */
static struct act *adopt(struct script *script, uint64_t key)
{
    MEMORY_ROOM_FOR_ONE(script->acts, script->act_count, script->act_room);
    const uint32_t place = (uint32_t)script->act_count++;
    script->acts[place] = (struct act){0};
    bind(script, place, key);
    return &script->acts[place];
}

void script_react(struct script *script, struct world *world, const struct record *record,
                  const Sanji__Envelope *envelope)
{
    struct kase *kase = world_case(world, record->header.case_key);
    if (kase == NULL || envelope == NULL || record->header.type == EVENT_SAID) {
        return;
    }
    struct act *act = find(script, kase->key);
    if (act == NULL && script->stays) {
        act = adopt(script, kase->key);
    }
    if (act == NULL || record->seq <= act->seen_seq) {
        return; // seen before: the log is read again
    }
    act->seen_seq = record->seq;
    script_note(script, world, act, kase, envelope);
    think(script, world, act, kase, record->header.recorded_at_ms);
}

/* A stray must be answered as its kind asks, and leave nothing behind. */
static void count_stray(struct script *script, uint32_t place,
                        const Sanji__Receipt *receipt)
{
    const struct stray *stray = &script->plan->strays[place];
    if (stray->kind == STRAY_REPEAT && receipt->outcome == SANJI__OUTCOME__OUTCOME_STORED &&
        receipt->duplicate) {
        script->repeats++;
    } else if (stray->kind == STRAY_MALFORMED &&
               receipt->outcome == SANJI__OUTCOME__OUTCOME_INVALID) {
        script->malformed++;
    } else if (stray->kind == STRAY_PII &&
               receipt->outcome == SANJI__OUTCOME__OUTCOME_PII_REFUSED) {
        script->pii++;
    } else {
        script->strays_wrong++;
    }
}

void script_bind(struct script *script, struct world *world, uint32_t number,
                 uint64_t case_key, int64_t now_ms)
{
    assert(number >= 1 && number <= script->plan->count);
    struct kase *kase = world_case(world, case_key);
    bind(script, number - 1, case_key);
    if (kase != NULL && kase->state != STATE_NONE) {
        think(script, world, &script->acts[number - 1], kase, now_ms);
    }
}

bool script_is_stray(uint32_t tag)
{
    return (tag & STRAY_TAG) != 0;
}

void script_receipt(struct script *script, struct world *world, uint32_t tag,
                    const Sanji__Receipt *receipt, int64_t now_ms)
{
    uint32_t place = 0;
    uint64_t key = 0;
    if ((tag & STRAY_TAG) != 0) {
        count_stray(script, tag & ~(uint32_t)STRAY_TAG, receipt);
        return;
    }
    if (id_case_parse(receipt->case_no, &place, &key) == STATUS_OK && key != 0) {
        script_bind(script, world, tag, key, now_ms);
    }
}

/* ---- saying ---- */

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms == 0 || (b_ms != 0 && b_ms < a_ms) ? b_ms : a_ms;
}

int64_t script_next_ms(const struct script *script)
{
    int64_t next_ms = agenda_next_ms(&script->agenda);
    if (script->has_begun && script->next_case < script->plan->count) {
        next_ms = earlier(next_ms, script->plan->cases[script->next_case].at_ms);
    }
    if (script->has_begun && script->next_stray < script->plan->stray_count) {
        next_ms = earlier(next_ms, script->plan->strays[script->next_stray].at_ms);
    }
    return next_ms;
}

static void perform_submissions(struct script *script, int64_t now_ms)
{
    const struct plan *plan = script->plan;
    while (script->next_case < plan->count &&
           plan->cases[script->next_case].at_ms <= now_ms) {
        const uint32_t number = plan->cases[script->next_case].number;
        assert(number == script->next_case + 1);
        script_submit(script, number);
        if (script->stir != 0 && number % script->stir == 0) {
            script_submit(script, number); // the network did it twice
        }
        script->next_case++;
    }
    while (script->next_stray < plan->stray_count &&
           plan->strays[script->next_stray].at_ms <= now_ms) {
        script_submit_stray(script, script->next_stray++);
    }
}

void script_perform(struct script *script, struct world *world, int64_t now_ms)
{
    struct line line;
    if (script->has_begun) {
        perform_submissions(script, now_ms);
    }
    while (agenda_take(&script->agenda, now_ms, &line)) {
        struct act *act = &script->acts[line.act];
        if (line.step != 0 && (line.step != act->step || act->is_said)) {
            continue; // the case has moved since
        }
        const bool is_said = script_speak(script, world, act, &line, now_ms);
        act->is_said = act->is_said || (is_said && line.step != 0);
        if (!is_said && line.step == 0 && act->key != 0 && !act->is_final) {
            line.at_ms =
                now_ms + (int64_t)LATER_MIN * MS_PER_MIN; // while it is merged, say
            agenda_put(&script->agenda, &line);
        }
    }
}

size_t script_final_count(const struct script *script, struct world *world)
{
    (void)world;
    return script->final;
}
