/* reader.c: one follow of the log over any number of sessions. */
#include "workers/sanji/reader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/client.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"

struct reader {
    struct loop *loop;
    struct client *client;
    struct reader_options options;
    struct reader_events events;
    void *context;
    uint64_t next; // first position not looked at; 0: not known before the first records
    uint64_t head;
    uint64_t target; // to_head: where it ends
    uint32_t place;
    bool has_joined;
    bool has_ended;
    enum reader_end end;
    struct fault fault;
    struct loop_timer *finish; // a client must not be freed from within its calls
};

static void finish(struct reader *reader, enum reader_end end)
{
    if (!reader->has_ended) {
        reader->has_ended = true;
        reader->end = end;
        loop_timer_start(reader->finish, 0, 0);
    }
}

static void on_finish(void *context)
{
    struct reader *reader = context;
    if (reader->events.ended != NULL) {
        reader->events.ended(reader->context, reader->end, &reader->fault); // may free us
    }
}

static void look_at_end(struct reader *reader)
{
    if (reader->options.to_head && reader->has_joined && reader->next > reader->target) {
        finish(reader, READER_AT_HEAD);
    }
}

static uint32_t read_place(const char *digits)
{
    uint32_t place = 0;
    for (const char *at = digits; *at >= '0' && *at <= '9' && at - digits < 9; at++) {
        place = place * 10 + (uint32_t)(*at - '0');
    }
    return place;
}

// The first Welcome settles what `from` means, so a lost session repeats and skips nothing.
static void settle(struct reader *reader, const Sanji__Welcome *welcome)
{
    reader->has_joined = true;
    reader->target = welcome->head;
    switch (reader->options.from) {
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST:
        reader->next = 1;
        break;
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_NEXT:
        reader->next = welcome->head + 1;
        break;
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ:
        reader->next = reader->options.seq;
        break;
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_UNSPECIFIED:
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_TIME:
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_DURABLE:
    case _SANJI__FOLLOW_FROM_IS_INT_SIZE:
        break; // the broker knows; the first records say
    }
}

static void on_welcome(void *context, const Sanji__Welcome *welcome, Sanji__Follow *follow)
{
    struct reader *reader = context;
    reader->head = welcome->head;
    reader->place = read_place(welcome->place_digits);
    if (!reader->has_joined) {
        settle(reader, welcome);
    }
    if (reader->next != 0) {
        follow->from = SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ;
        follow->seq = reader->next;
    } else {
        follow->from = reader->options.from;
        follow->time_ms = reader->options.time_ms;
        if (reader->options.durable != NULL) {
            follow->durable = (char *)(uintptr_t)reader->options.durable;
        }
    }
    if (reader->options.filter != NULL) {
        follow->filter = (Sanji__Filter *)(uintptr_t)reader->options.filter;
    }
    if (reader->events.joined != NULL) {
        reader->events.joined(reader->context, welcome);
    }
    look_at_end(reader);
}

static void on_records(void *context, const Sanji__Records *head, struct bytes packed)
{
    struct reader *reader = context;
    if (reader->has_ended) {
        return;
    }
    size_t size = packed.size;
    if (reader->next != 0 && head->from > reader->next && reader->events.gap != NULL) {
        reader->events.gap(reader->context, reader->next, head->from - 1);
    }
    reader->head = head->head;
    struct record record;
    while (record_read(&packed, &record) == STATUS_OK) {
        if (record.seq < reader->next) {
            continue; // looked at in the session before
        }
        if (!reader->events.record(reader->context, &record)) {
            finish(reader, READER_STOPPED);
            return;
        }
        reader->next = record.seq + 1;
    }
    if (head->upto + 1 > reader->next) {
        reader->next = head->upto + 1;
    }
    if (reader->events.rested != NULL) {
        reader->events.rested(reader->context, reader->next, reader->head);
    }
    client_taken(reader->client, head->count, size);
    look_at_end(reader);
}

static void on_refused(void *context, const Sanji__Refused *refused)
{
    struct reader *reader = context;
    if (!client_is_up(reader->client)) {
        return; // a Hello: the client tries again by itself
    }
    enum status status = fault_set(&reader->fault, (enum status)refused->code, "%s%s%s",
                                   status_en((enum status)refused->code),
                                   refused->text[0] == '\0' ? "" : ": ", refused->text);
    assert(status == reader->fault.status);
    finish(reader, READER_REFUSED);
}

static void on_committed(void *context, const Sanji__Committed *committed)
{
    struct reader *reader = context;
    if (reader->events.committed != NULL) {
        reader->events.committed(reader->context, committed->seq);
    }
}

static void on_lost(void *context)
{
    struct reader *reader = context;
    if (!reader->has_ended && reader->events.lost != NULL) {
        reader->events.lost(reader->context);
    }
}

struct reader *reader_new(struct loop *loop, const char *run_dir,
                          const struct reader_options *options,
                          const struct reader_events *events, void *context)
{
    assert(events->record != NULL);
    assert(options->from != SANJI__FOLLOW_FROM__FOLLOW_FROM_UNSPECIFIED);
    static const struct client_events CLIENT_EVENTS = {.welcome = on_welcome,
                                                       .records = on_records,
                                                       .refused = on_refused,
                                                       .committed = on_committed,
                                                       .lost = on_lost};
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        abort();
    }
    reader->loop = loop;
    reader->options = *options;
    reader->events = *events;
    reader->context = context;
    reader->finish = loop_timer_new(loop, on_finish, reader);
    char endpoint[ENDPOINT_SIZE];
    process_endpoint(run_dir, "log", endpoint);
    struct client_options client = {.endpoint = endpoint, .name = ""};
    reader->client = client_new(loop, &client, &CLIENT_EVENTS, reader);
    return reader;
}

void reader_free(struct reader **freeing)
{
    struct reader *reader = *freeing;
    if (reader == NULL) {
        return;
    }
    client_free(&reader->client);
    loop_timer_free(&reader->finish);
    free(reader);
    *freeing = NULL;
}

uint32_t reader_place(const struct reader *reader)
{
    return reader->place;
}

void reader_commit(struct reader *reader, uint64_t seq)
{
    assert(reader->options.durable != NULL);
    client_commit_cursor(reader->client, reader->options.durable, seq);
}

// ---- waiting for the end ----

struct run {
    struct loop *loop;
    struct reader *reader;
    const struct reader_events *events;
    void *context;
    enum reader_end end;
    struct fault *fault;
};

static bool run_record(void *context, const struct record *record)
{
    struct run *run = context;
    return run->events->record(run->context, record);
}

static void run_gap(void *context, uint64_t from, uint64_t upto)
{
    struct run *run = context;
    if (run->events->gap != NULL) {
        run->events->gap(run->context, from, upto);
    }
}

static void run_rested(void *context, uint64_t next, uint64_t head)
{
    struct run *run = context;
    if (run->events->rested != NULL) {
        run->events->rested(run->context, next, head);
    }
}

static void run_joined(void *context, const Sanji__Welcome *welcome)
{
    struct run *run = context;
    if (run->events->joined != NULL) {
        run->events->joined(run->context, welcome);
    }
}

static void run_ended(void *context, enum reader_end end, const struct fault *fault)
{
    struct run *run = context;
    run->end = end;
    *run->fault = *fault;
    loop_stop(run->loop);
}

static void on_limit(void *context)
{
    struct run *run = context;
    run->end = READER_TIMEOUT;
    // Always TIMEOUT, which is what the end says as well.
    enum status status =
        fault_set(run->fault, STATUS_TIMEOUT, "the log: %s", status_en(STATUS_TIMEOUT));
    assert(status == STATUS_TIMEOUT);
    loop_stop(run->loop);
}

enum reader_end reader_run(const char *run_dir, const struct reader_options *options,
                           const struct reader_events *events, void *context,
                           struct fault *fault)
{
    static const struct reader_events EVENTS = {.record = run_record,
                                                .gap = run_gap,
                                                .rested = run_rested,
                                                .joined = run_joined,
                                                .ended = run_ended};
    struct run run = {.loop = loop_new(),
                      .events = events,
                      .context = context,
                      .end = READER_TIMEOUT,
                      .fault = fault};
    run.reader = reader_new(run.loop, run_dir, options, &EVENTS, &run);
    struct loop_timer *limit = loop_timer_new(run.loop, on_limit, &run);
    if (options->limit_ms > 0) {
        loop_timer_start(limit, options->limit_ms, 0);
    }
    loop_run(run.loop);
    if (options->place != NULL) {
        *options->place = reader_place(run.reader);
    }
    loop_timer_free(&limit);
    reader_free(&run.reader);
    loop_free(&run.loop);
    return run.end;
}
