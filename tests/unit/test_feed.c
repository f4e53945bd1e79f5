/* test_feed.c: the door and the feed against an intake of the test's own: order, repeats,
 * busy, silence, the line out and the exit code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "broker/runtime/socket.h"
#include "proto/arena.h"
#include "proto/limits.h"
#include "proto/wire.h"
#include "tests/unit/scratch.h"
#include "workers/sanji/doorway.h"
#include "workers/sanji/feed.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024,
    HWM = 100,
    REPLY_SIZE = 256 * 1024,
    ITEMS_MAX = 4096,
    LIMIT_MS = 10000
};

/* ---- an intake of the test's own ---- */

struct intake {
    struct loop *loop;
    struct socket *socket;
    struct arena *arena;
    uint64_t requests;
    uint64_t items;
    // What it does with an item, by how often it has met its reference.
    void (*judge)(const char *ref, unsigned times, Sanji__Receipt *receipt);
    bool (*is_silent)(uint64_t request); // NULL: never
    bool answers_reversed;               // two requests at a time, the later one first
    struct socket_peer held_peer;
    size_t held_size;
    uint8_t held[REPLY_SIZE];
    unsigned met[ITEMS_MAX];
};

static void store(const char *ref, unsigned times, Sanji__Receipt *receipt)
{
    receipt->outcome = SANJI__OUTCOME__OUTCOME_STORED;
    receipt->seq = 100 + strtoul(ref, NULL, 10);
    receipt->duplicate = times > 1;
}

static void send_reply(struct intake *intake, const struct socket_peer *peer,
                       const Sanji__DoorReply *reply)
{
    uint8_t packed[REPLY_SIZE];
    size_t size = sanji__door_reply__pack(reply, packed);
    if (intake->answers_reversed && intake->held_size == 0) {
        memcpy(intake->held, packed, size);
        intake->held_size = size;
        intake->held_peer = *peer;
        return;
    }
    struct bytes frame = {.data = packed, .size = size};
    assert_int_equal(socket_send(intake->socket, peer, &frame, 1), STATUS_OK);
    if (intake->held_size > 0) {
        struct bytes held = {.data = intake->held, .size = intake->held_size};
        assert_int_equal(socket_send(intake->socket, &intake->held_peer, &held, 1),
                         STATUS_OK);
        intake->held_size = 0;
    }
}

static void serve(struct intake *intake, const struct socket_peer *peer,
                  const Sanji__DoorRequest *request)
{
    static Sanji__Receipt receipts[DOOR_ITEMS_MAX];
    static Sanji__Receipt *list[DOOR_ITEMS_MAX];
    intake->requests++;
    size_t count = request->n_submissions + request->n_statements;
    assert_true(request->n_submissions == 0 || request->n_statements == 0);
    assert_true(count > 0 && count <= DOOR_BATCH);
    for (size_t i = 0; i < count; i++) {
        const char *ref = request->n_submissions > 0 ? request->submissions[i]->source_ref
                                                     : request->statements[i]->source_ref;
        sanji__receipt__init(&receipts[i]);
        list[i] = &receipts[i];
        unsigned long number = strtoul(ref, NULL, 10);
        assert_true(number < ITEMS_MAX);
        intake->items++;
        intake->judge(ref, ++intake->met[number], &receipts[i]);
    }
    if (intake->is_silent != NULL && intake->is_silent(intake->requests)) {
        return;
    }
    Sanji__DoorReply reply = SANJI__DOOR_REPLY__INIT;
    reply.protocol = PROTOCOL_VERSION;
    reply.request_no = request->request_no;
    reply.n_receipts = count;
    reply.receipts = list;
    send_reply(intake, peer, &reply);
}

static void on_request(void *context)
{
    struct intake *intake = context;
    struct socket_peer peer;
    struct bytes frame;
    size_t count = 0;
    while (socket_receive(intake->socket, &peer, &frame, 1, &count) == STATUS_OK) {
        ProtobufCMessage *message = NULL;
        arena_reset(intake->arena);
        assert_int_equal(count, 1);
        assert_int_equal(
            wire_unpack(&sanji__door_request__descriptor, frame, intake->arena, &message),
            STATUS_OK);
        serve(intake, &peer, (const Sanji__DoorRequest *)message);
    }
}

static void intake_open(struct intake *intake, struct loop *loop, const char *run_dir)
{
    char endpoint[ENDPOINT_SIZE];
    struct fault fault;
    process_endpoint(run_dir, "door", endpoint);
    intake->loop = loop;
    intake->arena = arena_new(ARENA_SIZE);
    assert_int_equal(socket_bind(SOCKET_ROUTER, endpoint, HWM, &intake->socket, &fault),
                     STATUS_OK);
    loop_watch(loop, intake->socket, on_request, intake);
}

static void intake_close(struct intake *intake)
{
    loop_unwatch(intake->loop, intake->socket);
    socket_close(&intake->socket);
    arena_free(&intake->arena);
}

/* ---- a feed of numbered lines ---- */

struct job {
    struct feed *feed;
    uint64_t next;
    uint64_t last;
    uint64_t broken; // this line never leaves; 0: none
    bool is_say;
};

static void on_more(void *context, struct feed *feed)
{
    struct job *job = context;
    while (job->next <= job->last && feed_has_room(feed)) {
        char ref[24];
        uint64_t no = job->next++;
        snprintf(ref, sizeof ref, "%llu", (unsigned long long)no);
        if (no == job->broken) {
            struct json_fault fault = {.status = STATUS_INVALID, .reason = "broken"};
            feed_invalid(feed, no, &fault);
        } else if (job->is_say) {
            Sanji__Statement statement = SANJI__STATEMENT__INIT;
            statement.source_ref = ref;
            feed_say(feed, no, &statement);
        } else {
            Sanji__Submission submission = SANJI__SUBMISSION__INIT;
            submission.source_ref = ref;
            feed_submit(feed, no, &submission);
        }
    }
    if (job->next > job->last) {
        feed_end(feed);
    }
}

struct case_of {
    uint64_t lines;
    uint64_t broken;
    bool is_say;
    int64_t give_up_ms;
    bool has_intake;
    struct intake intake;
};

static void on_too_long(void *context)
{
    (void)context; // a test that hangs
    _exit(99);
}

// Runs in a child: the receipts go to its stdout.
static void run_feed(void *context)
{
    struct case_of *of = context;
    static const struct feed_source SOURCE = {.more = on_more};
    char run_dir[SCRATCH_PATH_SIZE];
    scratch_make(run_dir);
    struct loop *loop = loop_new();
    struct loop_timer *limit = loop_timer_new(loop, on_too_long, NULL);
    loop_timer_start(limit, LIMIT_MS, 0);
    if (of->has_intake) {
        intake_open(&of->intake, loop, run_dir);
    }
    struct cli cli = {.name = "submit", .run_dir = run_dir};
    struct feed_options options = {.give_up_ms = of->give_up_ms, .in_order = of->is_say};
    struct job job = {
        .next = 1, .last = of->lines, .broken = of->broken, .is_say = of->is_say};
    job.feed = feed_new(loop, &cli, &options, &SOURCE, &job);
    int code = feed_run(job.feed);
    fprintf(stderr, "requests %llu items %llu\n", (unsigned long long)of->intake.requests,
            (unsigned long long)of->intake.items);
    feed_free(&job.feed);
    if (of->has_intake) {
        intake_close(&of->intake);
    }
    loop_timer_free(&limit);
    loop_free(&loop);
    scratch_remove(run_dir);
    exit(code);
}

static struct child child;

static void run(struct case_of *of)
{
    child_run(run_feed, of, &child);
    assert_int_equal(child.signal, 0);
}

static void assert_lines_in_order(uint64_t count)
{
    const char *at = child.out;
    for (uint64_t i = 1; i <= count; i++) {
        char begin[32];
        int size = snprintf(begin, sizeof begin, "{\"line\":%llu,", (unsigned long long)i);
        assert_true(size > 0);
        if (strncmp(at, begin, (size_t)size) != 0) {
            fail_msg("expected line %llu at: %.60s", (unsigned long long)i, at);
        }
        at = strchr(at, '\n');
        assert_non_null(at);
        at++;
    }
    assert_string_equal(at, "");
}

static void each_line_gets_its_receipt_in_the_order_of_the_input(void **state)
{
    (void)state;
    static struct case_of of;
    of = (struct case_of){.lines = 300, .has_intake = true, .intake = {.judge = store}};
    run(&of);
    assert_int_equal(child.code, CLI_OK);
    assert_lines_in_order(300);
    assert_int_equal(count_text(child.out, "\"outcome\":\"stored\""), 300);
    assert_int_equal(count_text(child.out, "\"duplicate\":false"), 300);
    assert_non_null(strstr(child.out, "{\"line\":7,\"outcome\":\"stored\",\"seq\":107,"
                                      "\"duplicate\":false}\n"));
}

static void answers_out_of_order_are_printed_in_order(void **state)
{
    (void)state;
    static struct case_of of;
    of = (struct case_of){.lines = 4 * DOOR_BATCH,
                          .has_intake = true,
                          .intake = {.judge = store, .answers_reversed = true}};
    run(&of);
    assert_int_equal(child.code, CLI_OK);
    assert_lines_in_order((uint64_t)4 * DOOR_BATCH);
}

static void a_broken_line_stops_nothing_and_makes_the_code_7(void **state)
{
    (void)state;
    static struct case_of of;
    of = (struct case_of){
        .lines = 5, .broken = 3, .has_intake = true, .intake = {.judge = store}};
    run(&of);
    assert_int_equal(child.code, CLI_REJECTED);
    assert_lines_in_order(5);
    assert_non_null(strstr(child.out, "{\"line\":3,\"outcome\":\"invalid\","
                                      "\"reason\":\"broken\"}\n"));
    assert_int_equal(count_text(child.out, "stored"), 4);
}

static void busy_until_the_third_time(const char *ref, unsigned times,
                                      Sanji__Receipt *receipt)
{
    if (strcmp(ref, "2") == 0 && times < 3) {
        receipt->outcome = SANJI__OUTCOME__OUTCOME_BUSY;
        receipt->retry_after_ms = 10;
        return;
    }
    store(ref, 1, receipt);
}

static void what_is_busy_is_sent_again_by_itself(void **state)
{
    (void)state;
    static struct case_of of;
    of = (struct case_of){
        .lines = 3, .has_intake = true, .intake = {.judge = busy_until_the_third_time}};
    run(&of);
    assert_int_equal(child.code, CLI_OK);
    assert_lines_in_order(3);
    assert_int_equal(count_text(child.out, "busy"), 0);
    // Only the busy one was sent again.
    assert_non_null(strstr(child.err, "requests 3 items 5"));
}

static bool first_is_lost(uint64_t request)
{
    return request == 1;
}

static void what_is_not_answered_is_sent_again_under_the_same_reference(void **state)
{
    (void)state;
    static struct case_of of;
    of = (struct case_of){.lines = 2,
                          .has_intake = true,
                          .intake = {.judge = store, .is_silent = first_is_lost}};
    run(&of);
    assert_int_equal(child.code, CLI_OK);
    assert_lines_in_order(2);
    assert_int_equal(count_text(child.out, "\"duplicate\":true"), 2);
}

static void statements_wait_for_the_one_in_front_of_them(void **state)
{
    (void)state;
    static struct case_of of;
    of = (struct case_of){.lines = 3 * DOOR_BATCH,
                          .is_say = true,
                          .has_intake = true,
                          .intake = {.judge = store}};
    run(&of);
    assert_int_equal(child.code, CLI_OK);
    assert_lines_in_order((uint64_t)3 * DOOR_BATCH);
    assert_non_null(strstr(child.err, "items 192"));
}

static void without_a_door_lines_are_unreachable_and_the_code_is_6(void **state)
{
    (void)state;
    static struct case_of of;
    of = (struct case_of){.lines = 3, .give_up_ms = 200};
    run(&of);
    assert_int_equal(child.code, CLI_UNREACHABLE);
    assert_lines_in_order(3);
    assert_int_equal(count_text(child.out, "\"outcome\":\"unreachable\""), 3);
}

static void refuse_odd_ones(const char *ref, unsigned times, Sanji__Receipt *receipt)
{
    static char case_no[] = "37049900320200815000007";
    store(ref, times, receipt);
    if (strtoul(ref, NULL, 10) % 2 == 1) {
        receipt->outcome = SANJI__OUTCOME__OUTCOME_CONFLICT;
        receipt->case_no = case_no;
    }
}

static void a_conflict_is_printed_with_its_case_and_makes_the_code_7(void **state)
{
    (void)state;
    static struct case_of of;
    of = (struct case_of){
        .lines = 2, .has_intake = true, .intake = {.judge = refuse_odd_ones}};
    run(&of);
    assert_int_equal(child.code, CLI_REJECTED);
    assert_non_null(strstr(child.out,
                           "{\"line\":1,\"outcome\":\"conflict\","
                           "\"case_no\":\"37049900320200815000007\",\"seq\":101}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_gets_its_receipt_in_the_order_of_the_input),
        cmocka_unit_test(answers_out_of_order_are_printed_in_order),
        cmocka_unit_test(a_broken_line_stops_nothing_and_makes_the_code_7),
        cmocka_unit_test(what_is_busy_is_sent_again_by_itself),
        cmocka_unit_test(what_is_not_answered_is_sent_again_under_the_same_reference),
        cmocka_unit_test(statements_wait_for_the_one_in_front_of_them),
        cmocka_unit_test(without_a_door_lines_are_unreachable_and_the_code_is_6),
        cmocka_unit_test(a_conflict_is_printed_with_its_case_and_makes_the_code_7),
    };
    return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}
