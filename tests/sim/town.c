/* town.c: see town.h. */
#include "tests/sim/town.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "proto/arena.h"
#include "proto/limits.h"
#include "proto/time.h"
#include "proto/wire.h"
#include "tests/sim/noise.h"
#include "tests/unit/deploy_rules.h"
#include "tests/unit/scratch.h"
#include "workers/audit/audit.h"
#include "workers/casebook/casebook.h"
#include "workers/dispatch/dispatch.h"
#include "workers/escalation/escalation.h"
#include "workers/intake/door.h"
#include "workers/intake/duplicate.h"
#include "workers/intake/intake.h"
#include "workers/sanji/random.h"
#include "workers/sanji/script.h"

enum {
    LETTERS_MAX = 16384,
    MINUTE_MS = 60000,
    HOUR_MS = 60 * MINUTE_MS,
    TWO_DAYS_MIN = 36 * 60,
    STEPS = 100000,
    STEPS_AT_ONCE = 60,
    NOISE_STEPS = 10000,
    PERMILLE = 1000,
    READ_SIZE = 256 * 1024
};

static const char start[] = "2020-08-17T00:00:00+08:00"; // a Monday

struct letter {
    uint8_t *packed;
    size_t size;
    size_t items;
    uint32_t number; /* planned case; 0: a statement, or not of the plan */
    bool is_before_door;
    bool is_answered;
    bool is_waited_for;
    struct town_receipt *receipts;
};

struct town {
    struct town_options options;
    struct simlog *sim;
    struct random random;
    char directory[SCRATCH_PATH_SIZE];
    size_t numbers[TOWN_PROCESSES];

    struct intake intake;
    struct dispatch *dispatch;
    struct audit audit;
    struct casebook casebook;

    struct plan plan;
    struct script *script;
    struct letter *letters;
    size_t letter_count;
    size_t answered_count;
    size_t waited_for;   /* unanswered, but for `read`, which waits for its decision */
    size_t at_door;      /* the letter brought last */
    struct arena *arena; /* one reply */
    size_t contradictions;
    char contradiction[200]; /* the last one, in words */
    size_t kills;
    uint32_t noise_count;
};

/* ---- rules ---- */

static void publish(struct town *town, Sanji__RulesKind kind)
{
    uint32_t parts = 1;
    for (uint32_t part = 1; part <= parts; part++) {
        Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
        Sanji__RulesPublished published;
        parts = deploy_rules_part(kind, part, &published);
        envelope.schema_version = SCHEMA_VERSION;
        envelope.body_case = SANJI__ENVELOPE__BODY_RULES_PUBLISHED;
        envelope.rules_published = &published;
        (void)simlog_put(town->sim, &envelope); // its number is the head
    }
}

/* ---- letters ---- */

static bool is_chosen(struct town *town, uint32_t permille, uint32_t of)
{
    return permille != 0 && random_below(&town->random, of) < permille;
}

static size_t post(struct town *town, const Sanji__DoorRequest *request, size_t items)
{
    const bool reads =
        request->n_statements > 0 &&
        request->statements[0]->kind == SANJI__STATEMENT_KIND__STATEMENT_KIND_READ;
    assert(town->letter_count < LETTERS_MAX);
    struct letter *letter = &town->letters[town->letter_count];
    *letter = (struct letter){.items = items, .is_waited_for = !reads};
    town->waited_for += letter->is_waited_for ? 1 : 0;
    letter->receipts = memory_new(items, sizeof *letter->receipts);
    letter->size = sanji__door_request__get_packed_size(request);
    letter->packed = memory_new(letter->size + 1, 1);
    (void)sanji__door_request__pack(request, letter->packed); // the size was just asked
    return town->letter_count++;
}

size_t town_submit(struct town *town, const Sanji__Submission *submissions, size_t count)
{
    Sanji__DoorRequest request = SANJI__DOOR_REQUEST__INIT;
    Sanji__Submission **items = memory_new(count, sizeof *items);
    Sanji__Submission *copies = memory_new(count, sizeof *copies);
    memcpy(copies, submissions, count * sizeof *copies);
    for (size_t i = 0; i < count; i++) {
        items[i] = &copies[i];
    }
    request.protocol = PROTOCOL_VERSION;
    request.request_no = town->letter_count + 1;
    request.n_submissions = count;
    request.submissions = items;
    const size_t letter = post(town, &request, count);
    memory_free(items);
    memory_free(copies);
    return letter;
}

size_t town_say_many(struct town *town, Sanji__Statement **statements, size_t count)
{
    Sanji__DoorRequest request = SANJI__DOOR_REQUEST__INIT;
    request.protocol = PROTOCOL_VERSION;
    request.request_no = town->letter_count + 1;
    request.n_statements = count;
    request.statements = statements;
    return post(town, &request, count);
}

size_t town_say(struct town *town, const Sanji__Statement *statement)
{
    Sanji__Statement copy = *statement;
    Sanji__Statement *items[1] = {&copy};
    return town_say_many(town, items, 1);
}

void town_clear_post(struct town *town)
{
    assert(town->answered_count == town->letter_count);
    for (size_t i = 0; i < town->letter_count; i++) {
        memory_free(town->letters[i].packed);
        memory_free(town->letters[i].receipts);
    }
    town->letter_count = 0;
    town->answered_count = 0;
    town->waited_for = 0;
}

void town_deliver(struct town *town, size_t number)
{
    struct letter *letter = &town->letters[number];
    const struct socket_peer peer = {.size = 1, .id = {7}};
    letter->is_before_door = true;
    town->at_door = number;
    door_take(town->intake.door, &peer, (struct bytes){letter->packed, letter->size});
    simlog_poke(town->sim, town->numbers[TOWN_INTAKE]);
}

static void keep_receipt(const Sanji__Receipt *from, struct town_receipt *to)
{
    to->outcome = from->outcome;
    to->seq = from->seq;
    to->duplicate = from->duplicate;
    (void)snprintf(to->case_no, sizeof to->case_no, "%s", from->case_no); // 23 digits
    (void)snprintf(to->field, sizeof to->field, "%s", from->field);       // cut is fine
    for (size_t i = 0; i < from->n_fields; i++) {
        const size_t used = strlen(to->fields);
        (void)snprintf(to->fields + used, sizeof to->fields - used, "%s%s",
                       used != 0 ? " " : "", from->fields[i]); // cut is fine
    }
}

/* `read` is answered by its decision the first time, as stored when it is said again. */
static bool is_stored(Sanji__Outcome outcome)
{
    return outcome == SANJI__OUTCOME__OUTCOME_STORED ||
           outcome == SANJI__OUTCOME__OUTCOME_APPLIED ||
           outcome == SANJI__OUTCOME__OUTCOME_REFUSED;
}

/* The second answer must be the first one, but for `duplicate`. What was not taken bound
 * nothing, so another may have used its reference since: in either order, since a letter
 * with a `read` is answered later than its copy. */
static bool agrees(const struct town_receipt *first, const Sanji__Receipt *second)
{
    const bool neither_stored = !is_stored(first->outcome) && !is_stored(second->outcome);
    if (neither_stored && (first->outcome == SANJI__OUTCOME__OUTCOME_CONFLICT ||
                           second->outcome == SANJI__OUTCOME__OUTCOME_CONFLICT)) {
        return true;
    }
    const bool same = first->outcome == second->outcome ||
                      (is_stored(first->outcome) && is_stored(second->outcome));
    return same && first->seq == second->seq &&
           strcmp(first->case_no, second->case_no) == 0;
}

static void note_contradiction(struct town *town, const struct town_receipt *first,
                               const Sanji__Receipt *second)
{
    town->contradictions++;
    (void)snprintf(town->contradiction, sizeof town->contradiction,
                   "%d seq %llu %s %s; then %d seq %llu %s %s (%s)", (int)first->outcome,
                   (unsigned long long)first->seq, first->case_no, first->field,
                   (int)second->outcome, (unsigned long long)second->seq, second->case_no,
                   second->field, second->reason); // cut is fine
}

static void bind(struct town *town, const struct letter *letter)
{
    uint32_t place = 0;
    uint64_t key = 0;
    if (letter->number != 0 && letter->receipts[0].case_no[0] != '\0' &&
        id_case_parse(letter->receipts[0].case_no, &place, &key) == STATUS_OK) {
        script_bind(town->script, town_world(town, TOWN_PEOPLE), letter->number, key,
                    simlog_now_ms(town->sim));
    }
}

static void on_reply(void *context, const struct socket_peer *peer, struct bytes packed)
{
    struct town *town = context;
    ProtobufCMessage *message = NULL;
    assert(peer->size == 1 && peer->id[0] == 7);
    arena_reset(town->arena);
    const enum status unpacked =
        wire_unpack(&sanji__door_reply__descriptor, packed, town->arena, &message);
    assert(unpacked == STATUS_OK);
    const Sanji__DoorReply *reply = (const Sanji__DoorReply *)message;
    if (reply->request_no == 0) {
        assert(reply->code == STATUS_BUSY); // before it was looked at: the one just brought
        town->letters[town->at_door].is_before_door = false;
        return;
    }
    assert(reply->request_no <= town->letter_count);
    struct letter *letter = &town->letters[reply->request_no - 1];
    if (reply->n_receipts != letter->items) {
        assert(reply->code == STATUS_BUSY);
        letter->is_before_door = false;
        return;
    }
    for (size_t i = 0; i < letter->items; i++) {
        if (!letter->is_answered) {
            keep_receipt(reply->receipts[i], &letter->receipts[i]);
        } else if (!agrees(&letter->receipts[i], reply->receipts[i])) {
            note_contradiction(town, &letter->receipts[i], reply->receipts[i]);
        }
    }
    if (!letter->is_answered) {
        letter->is_answered = true;
        town->answered_count++;
        town->waited_for -= letter->is_waited_for ? 1 : 0;
        simlog_poke(town->sim, town->numbers[TOWN_PEOPLE]); // no longer busy
        bind(town, letter);
    }
}

static void post_submission(void *port, const Sanji__Submission *submission,
                            uint32_t number)
{
    struct town *town = port;
    const size_t letter = town_submit(town, submission, 1);
    town->letters[letter].number = number;
}

static void post_statement(void *port, const Sanji__Statement *statement)
{
    (void)town_say(port, statement); // its number does not matter
}

/* One letter that has not arrived, or has not been answered by an intake that died. */
static void bring_a_letter(struct town *town)
{
    if (town->answered_count == town->letter_count) {
        return;
    }
    for (size_t i = 0; i < town->letter_count; i++) {
        const struct letter *letter = &town->letters[i];
        if (!letter->is_answered && !letter->is_before_door &&
            (town->options.letters_in_order || random_below(&town->random, 4) == 0)) {
            town_deliver(town, i);
            if (is_chosen(town, town->options.twice_permille, PERMILLE)) {
                town_deliver(town, i);
            }
            return;
        }
    }
}

static void bring_an_old_letter(struct town *town)
{
    if (town->letter_count > 0 &&
        is_chosen(town, town->options.twice_permille, 20 * PERMILLE)) {
        town_deliver(town, random_below(&town->random, (uint32_t)town->letter_count));
    }
}

/* ---- people ---- */

static void people_folded(void *context, struct world *world, const struct record *record,
                          const Sanji__Envelope *envelope, enum status status)
{
    struct town *town = context;
    if (status == STATUS_OK) {
        script_react(town->script, world, record, envelope);
    }
}

static int64_t people_next_ms(void *context)
{
    const struct town *town = context;
    return script_next_ms(town->script);
}

static void people_wake(void *context, struct turn *turn)
{
    struct town *town = context;
    script_perform(town->script, turn_world(turn), turn_now_ms(turn));
}

static bool people_busy(void *context)
{
    const struct town *town = context;
    return town->waited_for > 0;
}

static const struct stage_ops people_ops = {.name = "driver",
                                            .owner = OWNER_NONE,
                                            .folded = people_folded,
                                            .next_wake_ms = people_next_ms,
                                            .wake = people_wake,
                                            .busy = people_busy};

/* ---- processes ---- */

static void open_intake(struct town *town)
{
    struct fault fault;
    char keys[SCRATCH_PATH_SIZE + 8];
    town->intake = (struct intake){.index = index_new(), .duplicates = duplicates_new()};
    print_text(keys, sizeof keys, "%s/keys", town->directory);
    const enum status opened = keystore_open(keys, NULL, &town->intake.keystore, &fault);
    assert(opened == STATUS_OK);
    town->intake.door = door_new(&town->intake, on_reply, town);
}

static void close_intake(struct town *town)
{
    door_free(&town->intake.door);
    duplicates_free(&town->intake.duplicates);
    index_free(&town->intake.index);
    keystore_close(&town->intake.keystore);
    for (size_t i = 0; i < town->letter_count; i++) {
        town->letters[i].is_before_door = false;
    }
}

static void open_process(struct town *town, enum town_process process)
{
    switch (process) {
    case TOWN_INTAKE:
        open_intake(town);
        break;
    case TOWN_DISPATCH:
        town->dispatch = memory_new(1, sizeof *town->dispatch);
        break;
    case TOWN_AUDIT:
        town->audit = (struct audit){.process = NULL};
        audit_open(&town->audit);
        break;
    case TOWN_CASEBOOK:
        town->casebook = (struct casebook){.process = NULL};
        break;
    case TOWN_ESCALATION:
    case TOWN_PEOPLE:
    case TOWN_PROCESSES:
        break;
    }
}

static void close_process(struct town *town, enum town_process process)
{
    if (process == TOWN_INTAKE) {
        close_intake(town);
    } else if (process == TOWN_DISPATCH) {
        dispatch_reset(town->dispatch);
        memory_free(town->dispatch);
    } else if (process == TOWN_AUDIT) {
        audit_close(&town->audit);
    }
}

static void *context_of(struct town *town, enum town_process process)
{
    void *const contexts[TOWN_PROCESSES] = {
        &town->intake, NULL, town->dispatch, &town->audit, &town->casebook, town};
    assert(process < TOWN_PROCESSES);
    return contexts[process];
}

void town_kill(struct town *town, enum town_process process)
{
    assert(process != TOWN_PEOPLE);
    simlog_kill(town->sim, town->numbers[process]);
    close_process(town, process);
    open_process(town, process);
    simlog_start(town->sim, town->numbers[process], context_of(town, process));
    town->kills++;
}

void town_cut(struct town *town, enum town_process process)
{
    simlog_cut(town->sim, town->numbers[process]);
}

static void before_step(void *context)
{
    struct town *town = context;
    for (size_t i = 0; i < TOWN_PROCESSES; i++) {
        assert(simlog_died(town->sim, town->numbers[i]) == STATUS_OK);
    }
    bring_a_letter(town);
    bring_an_old_letter(town);
    if (town->noise_count < town->options.noise_letters &&
        is_chosen(town, town->options.noise_permille, NOISE_STEPS)) {
        town->noise_count++;
        noise_make(town, &town->random, town->letter_count);
    }
    if (is_chosen(town, town->options.kills_permille, STEPS)) {
        town_kill(town, (enum town_process)random_below(&town->random, TOWN_PEOPLE));
    }
    if (is_chosen(town, town->options.cuts_permille, STEPS)) {
        town_cut(town, (enum town_process)random_below(&town->random, TOWN_PROCESSES));
    }
}

/* ---- the town ---- */

/* Every n-th case of y-mini, so that its mix stays, over two days from eight in the morning. */
static void make_plan(struct town *town, int64_t start_ms)
{
    struct fault fault;
    struct plan whole = {0};
    const uint64_t seed =
        town->options.plan_seed != 0 ? town->options.plan_seed : town->options.seed;
    struct world *world = stage_world(simlog_stage(town->sim, town->numbers[TOWN_PEOPLE]));
    const enum status planned =
        plan_y_mini(world_rules(world), seed, start_ms, &whole, &fault);
    assert(planned == STATUS_OK);
    const size_t cases = town->options.cases;
    assert(cases <= whole.count);
    if (cases > 0) {
        plan_make(&town->plan, cases);
    }
    town->plan.seed = whole.seed;
    for (size_t i = 0; i < cases; i++) {
        struct planned *to = &town->plan.cases[i];
        *to = whole.cases[i * whole.count / cases];
        to->number = (uint32_t)i + 1;
        to->at_ms = start_ms + 8 * (int64_t)HOUR_MS +
                    (int64_t)(i * TWO_DAYS_MIN / cases) * MINUTE_MS;
        to->declines |= to->tier != TIER_GRID && i % 5 == 1;
        to->timeouts |= to->tier != TIER_GRID && i % 5 == 2;
        to->reworks |= i % 5 == 3;
        to->reopens |= i % 7 == 4;
    }
    plan_reset(&whole);
}

struct town *town_new(const struct town_options *options)
{
    static const struct stage_ops *const ops[TOWN_PROCESSES] = {
        &intake_ops, &escalation_ops, &dispatch_ops,
        &audit_ops,  &casebook_ops,   &people_ops};
    static const struct script_port port = {.submit = post_submission,
                                            .say = post_statement};
    struct town *town = memory_new(1, sizeof *town);
    int64_t start_ms = 0;
    const enum status parsed = time_parse(start, &start_ms);
    assert(parsed == STATUS_OK);
    town->options = *options;
    town->letters = memory_new(LETTERS_MAX, sizeof *town->letters);
    town->arena = arena_new(READ_SIZE);
    random_seed(&town->random, options->seed);
    scratch_make(town->directory);
    town->sim =
        simlog_new(&(struct simlog_options){.seed = options->seed,
                                            .now_ms = start_ms,
                                            .driven = true,
                                            .busy_permille = options->busy_permille});
    for (int kind = SANJI__RULES_KIND__RULES_KIND_ORG;
         kind <= SANJI__RULES_KIND__RULES_KIND_LABELS; kind++) {
        publish(town, (Sanji__RulesKind)kind);
    }
    for (size_t i = 0; i < TOWN_PROCESSES; i++) {
        open_process(town, (enum town_process)i);
        town->numbers[i] =
            simlog_join(town->sim, ops[i], context_of(town, (enum town_process)i));
    }
    const bool settled = simlog_settle(town->sim);
    assert(settled);
    make_plan(town, start_ms);
    town->script = script_new(&town->plan, "sim", &port, town);
    script_begin(town->script);
    if (options->noise_permille != 0) {
        script_stay(town->script); // else nobody answers what is offered of the noise
    }
    simlog_options(town->sim)->before_step = before_step;
    simlog_options(town->sim)->step_context = town;
    return town;
}

void town_free(struct town **town)
{
    struct town *self = *town;
    simlog_free(&self->sim);
    for (size_t i = 0; i < TOWN_PROCESSES; i++) {
        close_process(self, (enum town_process)i);
    }
    for (size_t i = 0; i < self->letter_count; i++) {
        memory_free(self->letters[i].packed);
        memory_free(self->letters[i].receipts);
    }
    script_free(&self->script);
    plan_reset(&self->plan);
    arena_free(&self->arena);
    scratch_remove(self->directory);
    memory_free(self->letters);
    memory_free(self);
    *town = NULL;
}

bool town_pass(struct town *town, unsigned minutes)
{
    return simlog_advance(town->sim,
                          simlog_now_ms(town->sim) + (int64_t)minutes * MINUTE_MS);
}

static bool is_all_final(struct town *town)
{
    return town->options.noise_permille == 0 &&
           script_final_count(town->script, town_world(town, TOWN_PEOPLE)) ==
               town->plan.count;
}

bool town_play(struct town *town, unsigned days)
{
    for (unsigned day = 0; day < days; day++) {
        if (!town_pass(town, 24 * 60)) {
            return false;
        }
        if (is_all_final(town)) {
            return true;
        }
    }
    return town->options.noise_permille != 0;
}

/* The next thing that anybody waits for. */
static int64_t next_instant(struct town *town)
{
    static const enum town_process with_timers[] = {TOWN_INTAKE, TOWN_ESCALATION,
                                                    TOWN_DISPATCH};

    static const enum owner owners[] = {OWNER_INTAKE, OWNER_ESCALATION, OWNER_DISPATCH};

    int64_t next_ms = script_next_ms(town->script);
    next_ms = next_ms == 0 ? INT64_MAX : next_ms;
    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
        struct world_due due;
        if (world_next_due(town_world(town, with_timers[i]), owners[i], &due) &&
            due.due_ms < next_ms) {
            next_ms = due.due_ms;
        }
    }
    const int64_t now_ms = simlog_now_ms(town->sim);
    return next_ms < now_ms ? now_ms : next_ms;
}

/* No further faults: what is due fires, what was sent is answered. */
static void settle(struct town *town)
{
    bool moves = true;
    town->options.kills_permille = 0;
    town->options.cuts_permille = 0;
    town->options.noise_letters = 0;
    simlog_options(town->sim)->busy_permille = 0;
    simlog_set_now(town->sim, simlog_now_ms(town->sim));
    for (size_t steps = 0; moves && steps < SIMLOG_STEPS_MAX; steps++) {
        before_step(town);
        moves = simlog_step(town->sim) || town->answered_count < town->letter_count;
    }
}

bool town_play_freely(struct town *town, unsigned days)
{
    const int64_t end_ms = simlog_now_ms(town->sim) + (int64_t)days * 24 * HOUR_MS;
    bool is_final = false;
    while (!is_final && simlog_now_ms(town->sim) < end_ms) {
        const uint32_t steps = 1 + random_below(&town->random, STEPS_AT_ONCE);
        bool moves = true;
        for (uint32_t i = 0; i < steps && moves; i++) {
            before_step(town);
            moves = simlog_step(town->sim);
        }
        const int64_t soon_ms =
            simlog_now_ms(town->sim) + random_below(&town->random, MINUTE_MS);
        const int64_t next_ms = next_instant(town);
        simlog_set_now(town->sim, moves || next_ms < soon_ms ? soon_ms : next_ms);
        is_final = is_all_final(town);
    }
    settle(town);
    return is_final || town->options.noise_permille != 0;
}

/* ---- looking ---- */

const struct town_receipt *town_receipt(const struct town *town, size_t number, size_t item)
{
    const struct letter *letter = &town->letters[number];
    assert(number < town->letter_count && item < letter->items);
    return letter->is_answered ? &letter->receipts[item] : NULL;
}

size_t town_letters(const struct town *town)
{
    return town->letter_count;
}

size_t town_letter_items(const struct town *town, size_t number)
{
    assert(number < town->letter_count);
    return town->letters[number].items;
}

size_t town_unanswered(const struct town *town)
{
    return town->letter_count - town->answered_count;
}

struct simlog *town_log(struct town *town)
{
    return town->sim;
}

struct world *town_world(struct town *town, enum town_process process)
{
    return stage_world(simlog_stage(town->sim, town->numbers[process]));
}

size_t town_contradictions(const struct town *town)
{
    return town->contradictions;
}

const char *town_contradiction(const struct town *town)
{
    return town->contradiction;
}

size_t town_kills(const struct town *town)
{
    return town->kills;
}

uint64_t town_newest(struct town *town, unsigned event_type)
{
    uint64_t seq = simlog_head(town->sim);
    while (seq > 0 && simlog_record(town->sim, seq)->header.type != event_type) {
        seq--;
    }
    return seq;
}

size_t town_count(struct town *town, unsigned event_type)
{
    size_t count = 0;
    for (uint64_t seq = 1; seq <= simlog_head(town->sim); seq++) {
        count += simlog_record(town->sim, seq)->header.type == event_type ? 1 : 0;
    }
    return count;
}
