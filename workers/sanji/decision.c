/* decision.c: answers to statements, collected from the log.
 *
 *     wanted: token, seq          answers: cause (seq of a Said), what was read so far
 *
 * Invariants
 *  1. An answer is told when a batch of records has been worked off, so that two records of
 *     one append are told together.
 *  2. What was read is kept while a receipt is outstanding, since an answer in the log may
 *     be read before its receipt arrives.
 */
#include "workers/sanji/decision.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/json.h"
#include "broker/runtime/loop.h"
#include "proto/codec.h"
#include "proto/vocab.h"
#include "workers/sanji/reader.h"

enum {
    ARENA_SIZE = 512 * 1024,
    ANSWERS_MAX = 20000 // also to what others said, while receipts are outstanding
};

struct wanted {
    uint64_t token;
    uint64_t seq;
};

struct answer {
    uint64_t cause;
    bool is_refused;
    json_t *events; // list of {seq, type}
    json_t *rest;   // what follows in the line
};

struct decisions {
    struct loop *loop;
    const char *run_dir;
    struct decisions_events events;
    void *context;
    struct reader *reader;
    struct loop_timer *restart;
    struct arena *arena;
    uint64_t from;      // first position that the follow reads; 0: not known yet
    uint64_t from_next; // a repeated statement wants it to start here; 0: no
    bool is_ready;
    struct loop_timer *soon; // tells from the loop, not from within a call of the owner
    size_t wanted_count;
    size_t wanted_room;
    struct wanted *wanted;
    size_t answer_count;
    size_t answer_room;
    struct answer *answers;
};

static json_t *copy_of(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return value == NULL ? NULL : json_incref(value);
}

static void put(json_t *object, const char *key, json_t *taken)
{
    if (taken != NULL && json_object_set_new(object, key, taken) != 0) {
        abort();
    }
}

// Room for one more in a list that doubles.
static void *grow(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room) {
        return list;
    }
    *room = *room == 0 ? 64 : *room * 2;
    void *grown = reallocarray(list, *room, size);
    if (grown == NULL) {
        abort();
    }
    return grown;
}

static void forget_answer(struct decisions *decisions, size_t i)
{
    json_decref(decisions->answers[i].events);
    json_decref(decisions->answers[i].rest);
    decisions->answers[i] = decisions->answers[--decisions->answer_count];
}

static struct answer *find(struct decisions *decisions, uint64_t cause)
{
    for (size_t i = 0; i < decisions->answer_count; i++) {
        if (decisions->answers[i].cause == cause) {
            return &decisions->answers[i];
        }
    }
    return NULL;
}

static struct answer *find_or_add(struct decisions *decisions, uint64_t cause)
{
    struct answer *answer = find(decisions, cause);
    if (answer != NULL || decisions->answer_count == ANSWERS_MAX) {
        return answer;
    }
    decisions->answers = grow(decisions->answers, decisions->answer_count,
                              &decisions->answer_room, sizeof *decisions->answers);
    answer = &decisions->answers[decisions->answer_count++];
    *answer =
        (struct answer){.cause = cause, .events = json_array(), .rest = json_object()};
    return answer;
}

// ---- what is read ----

static void take_refusal(struct answer *answer, json_t *event)
{
    json_t *body = json_object_get(event, "statement_refused");
    answer->is_refused = true;
    put(answer->rest, "code", copy_of(body, "code_name"));
    put(answer->rest, "state", copy_of(body, "state"));
    put(answer->rest, "allowed_now", copy_of(body, "allowed_now"));
    put(answer->rest, "field", copy_of(body, "field"));
    put(answer->rest, "reason", copy_of(body, "reason"));
}

static void take_event(struct answer *answer, json_t *event)
{
    json_t *shown = json_object();
    put(shown, "seq", copy_of(event, "seq"));
    put(shown, "type", copy_of(event, "type"));
    if (json_array_append_new(answer->events, shown) != 0) {
        abort();
    }
    // The last record of a transition is the one that holds the state after it.
    put(answer->rest, "state", copy_of(event, "state"));
    put(answer->rest, "version", copy_of(event, "version"));
}

static bool on_record(void *context, const struct record *record)
{
    struct decisions *decisions = context;
    uint64_t cause = record->header.cause_seq;
    if (cause == 0 || record->header.type == EVENT_SAID || cause < decisions->from) {
        return true;
    }
    struct answer *answer = find_or_add(decisions, cause);
    if (answer == NULL) {
        return true; // thousands of others' statements in the time of one receipt
    }
    arena_reset(decisions->arena);
    json_t *event = json_event(record, reader_place(decisions->reader), decisions->arena);
    if (record->header.type == EVENT_STATEMENT_REFUSED) {
        take_refusal(answer, event);
    } else {
        take_event(answer, event);
    }
    json_decref(event);
    return true;
}

// ---- what is told ----

static json_t *line_of(const struct answer *answer)
{
    json_t *line = json_object();
    put(line, "outcome", json_string(answer->is_refused ? "refused" : "applied"));
    put(line, "seq", json_integer((json_int_t)answer->cause));
    if (!answer->is_refused) {
        put(line, "events", json_incref(answer->events));
    }
    if (json_object_update(line, answer->rest) != 0) {
        abort();
    }
    return line;
}

static void tell(struct decisions *decisions)
{
    for (size_t i = 0; i < decisions->wanted_count;) {
        struct wanted wanted = decisions->wanted[i];
        const struct answer *answer = find(decisions, wanted.seq);
        if (answer == NULL) {
            i++;
            continue;
        }
        decisions->wanted[i] = decisions->wanted[--decisions->wanted_count];
        decisions->events.decided(decisions->context, wanted.token, !answer->is_refused,
                                  line_of(answer));
    }
}

static void on_soon(void *context)
{
    tell(context);
}

static void on_rested(void *context, uint64_t next, uint64_t head)
{
    (void)next; // where the follow stands does not matter here
    (void)head;
    tell(context);
}

static void on_joined(void *context, const Sanji__Welcome *welcome)
{
    struct decisions *decisions = context;
    if (decisions->from == 0) {
        decisions->from = welcome->head + 1;
    }
    if (!decisions->is_ready) {
        decisions->is_ready = true;
        decisions->events.ready(decisions->context);
    }
}

static void start_reader(struct decisions *decisions)
{
    static const struct reader_events EVENTS = {
        .record = on_record, .rested = on_rested, .joined = on_joined};
    struct reader_options options = {.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_NEXT};
    if (decisions->from != 0) {
        options.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ;
        options.seq = decisions->from;
    }
    decisions->reader =
        reader_new(decisions->loop, decisions->run_dir, &options, &EVENTS, decisions);
}

// Reads again from further back: what was collected will be met again.
static void on_restart(void *context)
{
    struct decisions *decisions = context;
    while (decisions->answer_count > 0) {
        forget_answer(decisions, decisions->answer_count - 1);
    }
    decisions->from = decisions->from_next;
    decisions->from_next = 0;
    reader_free(&decisions->reader);
    start_reader(decisions);
}

// ---- the owner's calls ----

struct decisions *decisions_new(struct loop *loop, const char *run_dir,
                                const struct decisions_events *events, void *context)
{
    struct decisions *decisions = calloc(1, sizeof *decisions);
    if (decisions == NULL) {
        abort();
    }
    decisions->loop = loop;
    decisions->run_dir = run_dir;
    decisions->events = *events;
    decisions->context = context;
    decisions->arena = arena_new(ARENA_SIZE);
    decisions->restart = loop_timer_new(loop, on_restart, decisions);
    decisions->soon = loop_timer_new(loop, on_soon, decisions);
    start_reader(decisions);
    return decisions;
}

void decisions_free(struct decisions **freeing)
{
    struct decisions *decisions = *freeing;
    if (decisions == NULL) {
        return;
    }
    while (decisions->answer_count > 0) {
        forget_answer(decisions, decisions->answer_count - 1);
    }
    reader_free(&decisions->reader);
    loop_timer_free(&decisions->restart);
    loop_timer_free(&decisions->soon);
    arena_free(&decisions->arena);
    free(decisions->wanted);
    free(decisions->answers);
    free(decisions);
    *freeing = NULL;
}

void decisions_expect(struct decisions *decisions, uint64_t token, uint64_t seq)
{
    decisions->wanted = grow(decisions->wanted, decisions->wanted_count,
                             &decisions->wanted_room, sizeof *decisions->wanted);
    decisions->wanted[decisions->wanted_count++] =
        (struct wanted){.token = token, .seq = seq};
    if (seq >= decisions->from) {
        loop_timer_start(decisions->soon, 0, 0); // it may have been read already
        return;
    }
    if (decisions->from_next == 0 || seq < decisions->from_next) {
        decisions->from_next = seq;
    }
    loop_timer_start(decisions->restart, 0, 0);
}

void decisions_drop(struct decisions *decisions, uint64_t token)
{
    for (size_t i = 0; i < decisions->wanted_count; i++) {
        if (decisions->wanted[i].token == token) {
            decisions->wanted[i] = decisions->wanted[--decisions->wanted_count];
            return;
        }
    }
}

static bool is_wanted(const struct decisions *decisions, uint64_t seq)
{
    for (size_t i = 0; i < decisions->wanted_count; i++) {
        if (decisions->wanted[i].seq == seq) {
            return true;
        }
    }
    return false;
}

void decisions_prune(struct decisions *decisions)
{
    for (size_t i = 0; i < decisions->answer_count;) {
        if (is_wanted(decisions, decisions->answers[i].cause)) {
            i++;
        } else {
            forget_answer(decisions, i);
        }
    }
}
