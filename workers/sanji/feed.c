/* feed.c: lines in, receipts out, in order.
 *
 *     ring of lines:   printed | known known ... waiting known waiting | free
 *                              ^ printed_no                            ^ put_no
 *
 * Invariants
 *  1. A line is printed once, when all lines before it are printed and its text is known.
 *  2. No more than LINES_MAX lines are between the two ends; the source waits.
 */
#include "workers/sanji/feed.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "broker/runtime/loop.h"
#include "workers/sanji/decision.h"
#include "workers/sanji/doorway.h"
#include "workers/sanji/receipt.h"

enum {
    RING = 4096, // power of two, above LINES_MAX
    LINES_MAX = 2000,
    WAIT_MS = 60000,
    TICK_MS = 100
};

struct line {
    uint64_t line;
    json_t *receipt;  // NULL: not known yet
    int64_t until_ms; // a decision is waited for until then; 0: not
    json_t *stored;   // what is printed when none comes in time
};

struct feed {
    struct loop *loop;
    const struct cli *cli;
    struct feed_options options;
    struct feed_source source;
    void *context;
    struct doorway *door;
    struct decisions *decisions; // NULL: not waited for
    struct loop_timer *tick;
    struct loop_timer *pull; // asks the source, from the loop
    struct receipt_counts counts;
    uint64_t put_no; // lines put so far
    uint64_t printed_no;
    uint64_t line_of_item[RING]; // number of the line an item is, by item
    struct line ring[RING];
    int64_t since_ms;
    bool is_open; // the source may be asked
    bool has_ended;
};

static void release(struct line *line)
{
    json_decref(line->receipt);
    json_decref(line->stored);
    *line = (struct line){.line = 0};
}

// ---- out ----

static void print_known(struct feed *feed)
{
    bool printed = false;
    while (feed->printed_no < feed->put_no) {
        struct line *line = &feed->ring[feed->printed_no % RING];
        if (line->receipt == NULL) {
            break;
        }
        if (feed->cli->output == OUTPUT_TABLE) {
            receipt_print_row(line->receipt);
        } else {
            cli_json(json_incref(line->receipt));
        }
        release(line);
        feed->printed_no++;
        printed = true;
    }
    if (printed) {
        cli_flush();
    }
    if (feed->has_ended && feed->printed_no == feed->put_no) {
        loop_stop(feed->loop);
    } else if (!feed->has_ended && feed->is_open && feed_has_room(feed)) {
        loop_timer_start(feed->pull, 0, 0);
    }
}

static void on_pull(void *context)
{
    struct feed *feed = context;
    if (!feed->has_ended && feed_has_room(feed)) {
        feed->source.more(feed->context, feed);
    }
}

// ---- answers ----

static void on_answered(void *context, uint64_t item, const Sanji__Receipt *receipt)
{
    struct feed *feed = context;
    uint64_t no = feed->line_of_item[item % RING];
    struct line *line = &feed->ring[no % RING];
    json_t *text = receipt_json(line->line, receipt);
    if (feed->decisions != NULL && receipt->outcome == SANJI__OUTCOME__OUTCOME_STORED) {
        line->stored = text;
        line->until_ms = loop_steady_ms() + feed->options.wait_ms;
        decisions_expect(feed->decisions, no, receipt->seq);
        return;
    }
    receipt_count(&feed->counts, receipt->outcome);
    line->receipt = text;
    print_known(feed);
}

static void on_decided(void *context, uint64_t no, bool is_applied, json_t *taken)
{
    struct feed *feed = context;
    struct line *line = &feed->ring[no % RING];
    json_t *text = json_object();
    if (json_object_set_new(text, "line", json_integer((json_int_t)line->line)) != 0 ||
        json_object_update(text, taken) != 0) {
        abort();
    }
    json_t *opened = json_object_get(line->stored, "opened");
    if (opened != NULL && json_object_set(text, "opened", opened) != 0) {
        abort();
    }
    json_decref(taken);
    line->receipt = text;
    line->until_ms = 0;
    receipt_count(&feed->counts, is_applied ? SANJI__OUTCOME__OUTCOME_APPLIED
                                            : SANJI__OUTCOME__OUTCOME_REFUSED);
    if (doorway_unanswered(feed->door) == 0) {
        decisions_prune(feed->decisions);
    }
    print_known(feed);
}

static void on_ready(void *context)
{
    struct feed *feed = context;
    feed->is_open = true;
    loop_timer_start(feed->pull, 0, 0);
}

static void on_tick(void *context)
{
    struct feed *feed = context;
    int64_t now_ms = loop_steady_ms();
    if (!feed->is_open && now_ms - feed->since_ms >= feed->options.give_up_ms) {
        on_ready(feed); // no log to wait in: the lines get their receipts at least
    }
    for (uint64_t no = feed->printed_no; no < feed->put_no; no++) {
        struct line *line = &feed->ring[no % RING];
        if (line->until_ms != 0 && now_ms >= line->until_ms) {
            decisions_drop(feed->decisions, no);
            line->receipt = line->stored;
            line->stored = NULL;
            line->until_ms = 0;
            if (json_object_set_new(line->receipt, "decision", json_string("pending")) !=
                0) {
                abort();
            }
            feed->counts.pending++;
        }
    }
    print_known(feed);
}

// ---- in ----

static struct line *new_line(struct feed *feed, uint64_t number)
{
    assert(!feed->has_ended);
    assert(feed->put_no - feed->printed_no < RING);
    struct line *line = &feed->ring[feed->put_no % RING];
    *line = (struct line){.line = number};
    feed->put_no++;
    return line;
}

void feed_submit(struct feed *feed, uint64_t line, const Sanji__Submission *submission)
{
    // Never NULL; its receipt comes with the item's number.
    (void)new_line(feed, line);
    uint64_t item = doorway_submit(feed->door, submission);
    feed->line_of_item[item % RING] = feed->put_no - 1;
}

void feed_say(struct feed *feed, uint64_t line, const Sanji__Statement *statement)
{
    // As above.
    (void)new_line(feed, line);
    uint64_t item = doorway_say(feed->door, statement);
    feed->line_of_item[item % RING] = feed->put_no - 1;
}

void feed_invalid(struct feed *feed, uint64_t line, const struct json_fault *fault)
{
    new_line(feed, line)->receipt = receipt_invalid_json(line, fault);
    receipt_count(&feed->counts, SANJI__OUTCOME__OUTCOME_INVALID);
    print_known(feed);
}

void feed_end(struct feed *feed)
{
    feed->has_ended = true;
    print_known(feed);
}

bool feed_has_room(const struct feed *feed)
{
    return feed->put_no - feed->printed_no < LINES_MAX && doorway_has_room(feed->door);
}

struct feed *feed_new(struct loop *loop, const struct cli *cli,
                      const struct feed_options *options, const struct feed_source *source,
                      void *context)
{
    static const struct doorway_events DOOR_EVENTS = {.answered = on_answered};
    static const struct decisions_events DECISIONS_EVENTS = {.ready = on_ready,
                                                             .decided = on_decided};
    struct feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL) {
        abort();
    }
    feed->loop = loop;
    feed->cli = cli;
    feed->options = *options;
    feed->source = *source;
    feed->context = context;
    feed->since_ms = loop_steady_ms();
    if (feed->options.wait_ms == 0) {
        feed->options.wait_ms = WAIT_MS;
    }
    if (feed->options.give_up_ms == 0) {
        feed->options.give_up_ms = DOOR_GIVE_UP_MS;
    }
    struct doorway_options door = {.give_up_ms = feed->options.give_up_ms,
                                   .in_order = options->in_order};
    feed->door = doorway_new(loop, cli->run_dir, &door, &DOOR_EVENTS, feed);
    feed->tick = loop_timer_new(loop, on_tick, feed);
    feed->pull = loop_timer_new(loop, on_pull, feed);
    if (options->wait) {
        feed->decisions = decisions_new(loop, cli->run_dir, &DECISIONS_EVENTS, feed);
        loop_timer_start(feed->tick, TICK_MS, TICK_MS);
    } else {
        on_ready(feed);
    }
    return feed;
}

void feed_free(struct feed **freeing)
{
    struct feed *feed = *freeing;
    if (feed == NULL) {
        return;
    }
    for (size_t i = 0; i < RING; i++) {
        release(&feed->ring[i]);
    }
    decisions_free(&feed->decisions);
    doorway_free(&feed->door);
    loop_timer_free(&feed->tick);
    loop_timer_free(&feed->pull);
    free(feed);
    *freeing = NULL;
}

int feed_run(struct feed *feed)
{
    loop_run(feed->loop);
    cli_flush();
    return receipt_exit(&feed->counts);
}
