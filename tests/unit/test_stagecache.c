/* test_stagecache.c: what a stage has folded, written down and taken back. */
#include "broker/runtime/stagecache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/runtime/check.h"
#include "broker/runtime/memory.h"
#include "broker/runtime/stage.h"
#include "tests/sim/ledger.h"
#include "tests/sim/ruleset.h"
#include "tests/unit/scratch.h"

enum {
    LOG_ID = 77,
    HEAD = 1000000,
    PATH_SIZE = SCRATCH_PATH_SIZE + 32,
    LOG_SIZE = 8 * 1024 * 1024,
    RECORDS_MAX = 8192,
    SAVE_AT_REST = 4096
};

/* A stage whose world a ledger writes, and the stages that come after it. */
struct bench {
    char root[SCRATCH_PATH_SIZE];
    char directory[PATH_SIZE]; /* two levels below, neither made yet */
    struct stage_ops ops;
    struct stage *stage;
    struct ledger ledger;
    /* the log, where a test reads it as a session does */
    uint8_t *log;
    size_t log_size;
    size_t ends[RECORDS_MAX];
    uint64_t head;
    /* what happened */
    uint64_t decided[64];
    size_t decided_count;
    uint64_t folded_first, folded_count, taken;
    enum status died;
    unsigned saves, loads, forgets, appends;
    bool refuses_load;
};

/* ---- the stage ---- */

static void folded(void *context, struct world *world, const struct record *record,
                   const Sanji__Envelope *envelope, enum status status)
{
    struct bench *b = context;
    assert_non_null(world);
    assert_non_null(envelope);
    assert_int_equal(status, STATUS_OK);
    b->folded_first = b->folded_first == 0 ? record->seq : b->folded_first;
    b->folded_count++;
}

static void decide(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope)
{
    struct bench *b = context;
    assert_non_null(envelope);
    // On the newest state, however old the record is.
    assert_int_equal(world_read_seq(turn_world(turn)), b->head);
    if (b->decided_count < 64) {
        b->decided[b->decided_count] = record->seq;
    }
    b->decided_count++;
}

static void save(void *context, struct stagecache *cache)
{
    struct bench *b = context;
    b->saves++;
    stagecache_put(cache, STAGECACHE_OWN, b->saves,
                   (struct bytes){(const uint8_t *)"own", 3});
}

static bool note_row(void *context, uint64_t number, struct bytes value)
{
    (void)number;
    *(unsigned *)context += 1;
    return value.size == 3 && memcmp(value.data, "own", 3) == 0;
}

static bool load(void *context, struct stagecache *cache)
{
    struct bench *b = context;
    b->loads = 0;
    assert_int_equal(stagecache_each(cache, STAGECACHE_OWN, note_row, &b->loads),
                     STATUS_OK);
    return !b->refuses_load;
}

static void forget(void *context)
{
    ((struct bench *)context)->forgets++;
}

static void on_append(void *port, const Sanji__Append *head, struct bytes packed)
{
    (void)head;
    (void)packed;
    ((struct bench *)port)->appends++;
}

static void on_idle(void *port, const Sanji__Idle *idle)
{
    (void)port;
    (void)idle;
}

static void on_taken(void *port, uint64_t records, uint64_t bytes)
{
    assert_true(bytes > 0);
    ((struct bench *)port)->taken += records;
}

static void on_pause(void *port, uint32_t retry_after_ms)
{
    (void)port;
    (void)retry_after_ms;
    fail();
}

static void on_die(void *port, enum status status, const char *text)
{
    assert_non_null(text);
    struct bench *b = port;
    b->died = b->died == STATUS_OK ? status : b->died; // the first ends a real process
}

static const struct stage_port port = {.append = on_append,
                                       .idle = on_idle,
                                       .taken = on_taken,
                                       .pause = on_pause,
                                       .die = on_die};

/* ---- the bench ---- */

static int make(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    scratch_make(b->root);
    print_text(b->directory, sizeof b->directory, "%s/cache/stage", b->root);
    b->ops = (struct stage_ops){.name = "audit",
                                .owner = OWNER_AUDIT,
                                .folded = folded,
                                .decide = decide,
                                .cache_save = save,
                                .cache_load = load,
                                .cache_forget = forget};
    b->log = calloc(1, LOG_SIZE);
    assert_non_null(b->log);
    b->stage = stage_new(&b->ops, b, &port, b);
    ledger_open(&b->ledger);
    *state = b;
    return 0;
}

static int unmake(void **state)
{
    struct bench *b = *state;
    ledger_close(&b->ledger);
    stage_free(&b->stage);
    scratch_remove(b->root);
    free(b->log);
    free(b);
    return 0;
}

/* The ledger writes the stage's own world from here on. */
static void write_own_world(struct bench *b)
{
    world_free(&b->ledger.world);
    b->ledger.world = stage_world(b->stage);
    ruleset_fold(world_rules(b->ledger.world));
}

static struct stagecache *open_as(struct bench *b, struct stagecache_options options,
                                  const char *expected)
{
    struct stagecache *cache = NULL;
    const char *dropped = "untouched";
    struct fault fault;
    options.allow_any_fs = true;
    assert_int_equal(stagecache_open(b->directory, &options, &cache, &dropped, &fault),
                     STATUS_OK);
    if (expected == NULL) {
        assert_null(dropped);
    } else {
        assert_string_equal(dropped, expected);
    }
    return cache;
}

static struct stagecache *open_cache(struct bench *b)
{
    return open_as(b, (struct stagecache_options){.log_id = LOG_ID, .head = HEAD}, NULL);
}

static void begin(struct bench *b)
{
    struct stagecache *cache = open_cache(b);
    assert_int_equal(stage_take_cache(b->stage, &cache), STATUS_OK);
    assert_null(cache);
}

/* ---- comparing ---- */

struct list {
    const struct kase *cases[512];
    size_t count;
};

static bool note_case(void *context, struct kase *kase)
{
    struct list *list = context;
    assert_true(list->count < 512);
    list->cases[list->count++] = kase;
    return true;
}

static void same_list(const struct list *a, const struct list *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_memory_equal(a->cases[i], b->cases[i], sizeof(struct kase));
    }
}

static void same_rules(const struct rules *a, const struct rules *b)
{
    assert_int_equal(rules_complete(a), rules_complete(b));
    assert_int_equal(rules_place(a), rules_place(b));
    assert_int_equal(rules_utc_offset_min(a), rules_utc_offset_min(b));
    for (int kind = 1; kind <= SANJI__RULES_KIND__RULES_KIND_LABELS; kind++) {
        const uint8_t *hash = rules_hash(a, (Sanji__RulesKind)kind);
        const uint8_t *other = rules_hash(b, (Sanji__RulesKind)kind);
        assert_int_equal(rules_version(a, (Sanji__RulesKind)kind),
                         rules_version(b, (Sanji__RulesKind)kind));
        assert_int_equal(hash == NULL, other == NULL);
        if (hash != NULL) {
            assert_memory_equal(hash, other, 32);
        }
    }
}

static void same_worlds(struct world *a, struct world *b)
{
    static struct list x;
    static struct list y;
    x.count = y.count = 0;
    assert_int_equal(world_read_seq(a), world_read_seq(b));
    assert_int_equal(world_place(a), world_place(b));
    world_each_case(a, note_case, &x);
    world_each_case(b, note_case, &y);
    same_list(&x, &y);
    for (unsigned each = 0; each < STATE_COUNT; each++) {
        x.count = y.count = 0;
        world_each_in_state(a, (enum case_state)each, note_case, &x);
        world_each_in_state(b, (enum case_state)each, note_case, &y);
        same_list(&x, &y);
    }
    for (uint32_t worker = 1; worker < 200; worker++) {
        assert_memory_equal(world_worker(a, worker), world_worker(b, worker),
                            sizeof(struct worker_state));
    }
    for (unsigned owner = 0; owner < OWNER_BY_KIND; owner++) {
        struct world_due due = {0};
        struct world_due other = {0};
        assert_int_equal(world_next_due(a, (enum owner)owner, &due),
                         world_next_due(b, (enum owner)owner, &other));
        assert_int_equal(due.due_ms, other.due_ms);
        assert_int_equal(due.case_key, other.case_key);
    }
    assert_int_equal(world_running(a, 20200814), world_running(b, 20200814));
    same_rules(world_rules(a), world_rules(b));
}

static void some_cases(struct bench *b)
{
    static const enum case_state states[] = {STATE_ACCEPTED, STATE_ASSIGNING,
                                             STATE_DISPATCHED, STATE_IN_PROGRESS,
                                             STATE_RESOLVED};

    for (unsigned i = 0; i < 60; i++) {
        b->ledger.now_ms += 60000;
        ledger_case(&b->ledger, SEVERITY_S3, 3001, states[i % 5]);
        ledger_receive(&b->ledger, "370499.003.01.001.B02", SEVERITY_S4, 4003);
    }
}

static bool count_case(void *context, uint32_t place, const struct kase *kase)
{
    (void)place;
    assert_true(kase->key != 0);
    *(size_t *)context += 1;
    return true;
}

static bool count_worker(void *context, const struct worker_state *worker)
{
    assert_true(worker->worker != 0);
    *(size_t *)context += 1;
    return true;
}

static size_t changed(struct world *world)
{
    size_t count = 0;
    world_each_changed_case(world, count_case, &count);
    return count;
}

/* ---- the world ---- */

// The next process, from what this one saved.
static void reload_and_compare(struct bench *b)
{
    struct world *world = stage_world(b->stage);
    struct stage *ended = b->stage;
    b->stage = stage_new(&b->ops, b, &port, b);
    // A copy of the files, since the ended stage, kept to compare with, holds the lock.
    char from[PATH_SIZE + 16];
    char copy[PATH_SIZE];
    char to[PATH_SIZE + 16];
    print_text(from, sizeof from, "%s/cache.mdb", b->directory);
    print_text(copy, sizeof copy, "%s/copy", b->root);
    memcpy(b->directory, copy, sizeof copy);
    struct stagecache *empty = open_cache(b); // makes the directory
    stagecache_close(&empty);
    print_text(to, sizeof to, "%s/cache.mdb", b->directory);
    scratch_copy(from, to);
    begin(b);
    assert_int_equal(changed(stage_world(b->stage)), 0);
    same_worlds(world, stage_world(b->stage));
    b->ledger.world = NULL;
    stage_free(&ended);
}

static void the_world_comes_back_as_it_was(void **state)
{
    struct bench *b = *state;
    begin(b);
    write_own_world(b);
    some_cases(b);
    assert_int_equal(stage_save_cache(b->stage), STATUS_OK);
    reload_and_compare(b);
    assert_int_equal(world_case_count(stage_world(b->stage)), 120);
    assert_int_equal(b->saves, 1);
    assert_int_equal(b->loads, 1);
    assert_int_equal(b->forgets, 0);
}

static void a_second_save_writes_what_changed_since(void **state)
{
    struct bench *b = *state;
    begin(b);
    write_own_world(b);
    some_cases(b);
    assert_int_equal(changed(b->ledger.world), 120);
    assert_int_equal(stage_save_cache(b->stage), STATUS_OK);
    assert_int_equal(changed(b->ledger.world), 0);
    assert_int_equal(stage_save_cache(b->stage), STATUS_OK);
    assert_int_equal(b->saves, 1); // nothing was read since
    struct kase *kase = ledger_case(&b->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    ledger_offer(&b->ledger, kase, 2, 45);
    size_t workers = 0;
    world_each_changed_worker(b->ledger.world, count_worker, &workers);
    assert_int_equal(changed(b->ledger.world), 1);
    assert_int_equal(workers, 1);
    assert_int_equal(stage_save_cache(b->stage), STATUS_OK);
    assert_int_equal(b->saves, 2);
    reload_and_compare(b);
    assert_int_equal(b->loads, 2);
}

static void what_is_tentative_is_not_noted(void **state)
{
    struct bench *b = *state;
    write_own_world(b);
    struct turn *turn = ledger_turn(&b->ledger, OWNER_INTAKE);
    ledger_emit_received(&b->ledger, turn, ledger_next_key(&b->ledger),
                         "370499.003.01.001.B01", SEVERITY_S3, 3001);
    ledger_drop(&b->ledger);
    assert_int_equal(changed(b->ledger.world), 0);
    b->ledger.world = NULL;
}

static void rules_that_came_in_part_are_waited_for(void **state)
{
    struct bench *b = *state;
    Sanji__RulesPublished part = SANJI__RULES_PUBLISHED__INIT;
    begin(b);
    write_own_world(b);
    ledger_receive(&b->ledger, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    struct rules *rules = world_rules(b->ledger.world);
    ruleset_part(SANJI__RULES_KIND__RULES_KIND_SLA, 2, 1, 2, &part);
    assert_int_equal(rules_fold(rules, &part), STATUS_OK);
    assert_int_equal(stage_save_cache(b->stage), STATUS_OK);
    assert_int_equal(b->saves, 0);
    ruleset_part(SANJI__RULES_KIND__RULES_KIND_SLA, 2, 2, 2, &part);
    assert_int_equal(rules_fold(rules, &part), STATUS_OK);
    assert_int_equal(stage_save_cache(b->stage), STATUS_OK);
    assert_int_equal(b->saves, 1);
    reload_and_compare(b);
    assert_int_equal(rules_version(world_rules(stage_world(b->stage)),
                                   SANJI__RULES_KIND__RULES_KIND_SLA),
                     2);
}

/* ---- caches that cannot be used ---- */

static void fill(struct bench *b)
{
    begin(b);
    write_own_world(b);
    some_cases(b);
    assert_int_equal(stage_save_cache(b->stage), STATUS_OK);
    b->ledger.world = NULL;
    stage_free(&b->stage);
    b->stage = stage_new(&b->ops, b, &port, b);
}

static void one_of_another_log_is_dropped(void **state)
{
    struct bench *b = *state;
    fill(b);
    struct stagecache *cache = open_as(
        b, (struct stagecache_options){.log_id = LOG_ID + 1, .head = HEAD}, "OTHER_LOG");
    assert_int_equal(stagecache_position(cache), 0);
    stagecache_close(&cache);
}

static void one_of_another_build_is_dropped(void **state)
{
    struct bench *b = *state;
    fill(b);
    const struct stagecache_options options = {
        .log_id = LOG_ID, .head = HEAD, .format_extra = 1};
    struct stagecache *cache = open_as(b, options, "OTHER_FORMAT");
    assert_int_equal(stagecache_position(cache), 0);
    stagecache_close(&cache);
}

static void one_past_the_head_is_dropped(void **state)
{
    struct bench *b = *state;
    fill(b);
    struct stagecache *cache = open_cache(b);
    const uint64_t position = stagecache_position(cache);
    stagecache_close(&cache);
    cache =
        open_as(b, (struct stagecache_options){.log_id = LOG_ID, .head = position}, NULL);
    assert_int_equal(stagecache_position(cache), position);
    stagecache_close(&cache);
    cache = open_as(b, (struct stagecache_options){.log_id = LOG_ID, .head = position - 1},
                    "AHEAD");
    assert_int_equal(stagecache_position(cache), 0);
    stagecache_close(&cache);
}

static void is_as_new(struct bench *b)
{
    assert_int_equal(world_case_count(stage_world(b->stage)), 0);
    assert_int_equal(world_read_seq(stage_world(b->stage)), 0);
    assert_false(rules_complete(world_rules(stage_world(b->stage))));
    struct stagecache *cache = open_cache(b); // there is none: no reason
    assert_int_equal(stagecache_position(cache), 0);
    stagecache_close(&cache);
}

static void one_with_a_damaged_row_is_dropped(void **state)
{
    struct bench *b = *state;
    char path[PATH_SIZE + 16];
    size_t size = 0;
    fill(b);
    print_text(path, sizeof path, "%s/cache.mdb", b->directory);
    char *file = scratch_read(path, &size);
    // The source system of some case.
    size_t at = 0;
    while (at + 4 < size && memcmp(file + at, "ehsy", 4) != 0) {
        at++;
    }
    assert_true(at + 4 < size);
    for (; at + 4 < size; at++) { // in each page, also one that is not used any more
        if (memcmp(file + at, "ehsy", 4) == 0) {
            file[at] = 'E';
        }
    }
    scratch_write(path, file, size);
    free(file);
    struct stagecache *cache = open_cache(b);
    assert_int_equal(stage_take_cache(b->stage, &cache), STATUS_CORRUPT);
    assert_int_equal(b->forgets, 1);
    is_as_new(b);
}

static void one_with_an_impossible_row_is_dropped(void **state)
{
    struct bench *b = *state;
    fill(b);
    struct stagecache *cache = open_cache(b);
    stagecache_put(cache, STAGECACHE_CASES, 500, (struct bytes){(const uint8_t *)"x", 1});
    assert_int_equal(stagecache_commit(cache, stagecache_position(cache)), STATUS_OK);
    assert_int_equal(stage_take_cache(b->stage, &cache), STATUS_CORRUPT);
    is_as_new(b);
}

static void one_that_the_stage_cannot_read_is_dropped(void **state)
{
    struct bench *b = *state;
    fill(b);
    b->refuses_load = true;
    struct stagecache *cache = open_cache(b);
    assert_int_equal(stage_take_cache(b->stage, &cache), STATUS_CORRUPT);
    assert_int_equal(b->forgets, 1);
    is_as_new(b);
}

static void one_that_another_process_has_is_refused(void **state)
{
    struct bench *b = *state;
    struct stagecache *cache = open_cache(b);
    struct stagecache *second = NULL;
    const char *dropped = NULL;
    struct fault fault;
    const struct stagecache_options options = {
        .log_id = LOG_ID, .head = HEAD, .allow_any_fs = true};
    assert_int_equal(stagecache_open(b->directory, &options, &second, &dropped, &fault),
                     STATUS_LOCKED);
    assert_null(second);
    assert_int_equal(fault.status, STATUS_LOCKED);
    stagecache_close(&cache);
}

static void a_directory_that_cannot_be_made_is_said(void **state)
{
    struct bench *b = *state;
    struct stagecache *cache = NULL;
    const char *dropped = NULL;
    struct fault fault;
    char path[PATH_SIZE];
    const struct stagecache_options options = {
        .log_id = LOG_ID, .head = HEAD, .allow_any_fs = true};
    print_text(path, sizeof path, "%s/file", b->root);
    scratch_write(path, "x", 1);
    print_text(path, sizeof path, "%s/file/cache/stage", b->root);
    assert_int_equal(stagecache_open(path, &options, &cache, &dropped, &fault),
                     STATUS_CANNOT_START);
    assert_null(cache);
}

/* ---- texts ---- */

static void texts_of_any_size_come_back(void **state)
{
    static const size_t sizes[] = {0, 1, 32 * 1024, 100001, 5};
    struct bench *b = *state;
    static uint8_t long_text[100001];
    for (size_t i = 0; i < sizeof long_text; i++) {
        long_text[i] = (uint8_t)(i * 7);
    }
    struct stagecache *cache = open_cache(b);
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(stagecache_take_text(cache, "text", &data, &size), STATUS_NOT_FOUND);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        stagecache_put_text(cache, "text", (struct bytes){long_text, sizes[i]});
        assert_int_equal(stagecache_commit(cache, i), STATUS_OK);
        assert_int_equal(stagecache_take_text(cache, "text", &data, &size), STATUS_OK);
        assert_int_equal(size, sizes[i]);
        assert_memory_equal(data, long_text, size);
        memory_free(data);
    }
    uint8_t five[5];
    assert_int_equal(stagecache_read_text(cache, "text", five, sizeof five), STATUS_OK);
    assert_int_equal(stagecache_read_text(cache, "text", five, 4), STATUS_CORRUPT);
    stagecache_close(&cache);
}

/* ---- the session ---- */

static void commit(struct bench *b, struct bytes packed)
{
    struct record record;
    while (record_read(&packed, &record) == STATUS_OK) {
        uint8_t header[RECORD_HEADER_SIZE];
        b->head++;
        record.seq = b->head;
        record.header.recorded_at_ms = b->ledger.now_ms;
        record_header_pack(&record.header, header);
        record.header.crc = record_crc(header, record.header.crc);
        assert_true(b->log_size + RECORD_SIZE_MAX < LOG_SIZE && b->head < RECORDS_MAX);
        b->log_size +=
            record_write(b->log + b->log_size, record.seq, &record.header, record.envelope);
        b->ends[b->head] = b->log_size;
    }
}

static void write_cases(struct bench *b, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct turn *turn = ledger_turn(&b->ledger, OWNER_INTAKE);
        ledger_emit_received(&b->ledger, turn, ledger_next_key(&b->ledger),
                             "370499.003.01.001.B01", SEVERITY_S3, 3001);
        ledger_commit(&b->ledger);
        commit(b, turn_packed(turn));
    }
}

static void send(struct bench *b, uint64_t from, uint64_t upto)
{
    Sanji__Records head = SANJI__RECORDS__INIT;
    head.from = from;
    head.upto = upto;
    head.head = b->head;
    head.count = (uint32_t)(upto - from + 1);
    stage_records(
        b->stage, &head,
        (struct bytes){b->log + b->ends[from - 1], b->ends[upto] - b->ends[from - 1]});
    while (stage_next(b->stage)) {
    }
}

static uint64_t welcome(struct bench *b, uint64_t cursor)
{
    Sanji__Welcome hello = SANJI__WELCOME__INIT;
    hello.log_id = LOG_ID;
    hello.session_epoch = 3;
    hello.head = b->head;
    hello.cursor = cursor;
    const uint64_t from = stage_welcome(b->stage, &hello);
    while (stage_next(b->stage)) {
    }
    return from;
}

/* A first process has read the whole log, and saved. */
static void read_and_save(struct bench *b)
{
    begin(b);
    assert_int_equal(welcome(b, 0), 1);
    send(b, 1, b->head);
    assert_int_equal(stage_save_cache(b->stage), STATUS_OK);
    stage_free(&b->stage);
    b->stage = stage_new(&b->ops, b, &port, b);
    b->decided_count = 0;
    b->folded_count = 0;
    b->folded_first = 0;
    b->taken = 0;
}

static void what_the_cache_has_folded_is_decided_and_not_folded_again(void **state)
{
    struct bench *b = *state;
    write_cases(b, 10);
    read_and_save(b);
    write_cases(b, 3);
    begin(b);
    assert_int_equal(world_read_seq(stage_world(b->stage)), 10);
    assert_int_equal(welcome(b, 6), 7); // the cursor is behind the cache
    assert_false(stage_is_caught_up(b->stage));
    send(b, 7, 10); // all that the world knows; and yet not the head
    assert_false(stage_is_caught_up(b->stage));
    assert_int_equal(b->decided_count, 0);
    send(b, 11, 13);
    assert_true(stage_is_caught_up(b->stage));
    assert_int_equal(b->folded_first, 11);
    assert_int_equal(b->folded_count, 3);
    assert_int_equal(b->decided_count, 7);
    assert_int_equal(b->decided[0], 7);
    assert_int_equal(b->decided[6], 13);
    assert_int_equal(b->taken, 7);
    assert_int_equal(stage_read_count(b->stage), 7);
    assert_int_equal(world_case_count(stage_world(b->stage)), 13);
    assert_int_equal(b->died, STATUS_OK);
}

static void a_cache_at_the_head_waits_for_what_is_not_decided(void **state)
{
    struct bench *b = *state;
    write_cases(b, 10);
    read_and_save(b);
    begin(b);
    assert_int_equal(welcome(b, 8), 9);
    // A Tick must not count what was not read again yet as worked off.
    Sanji__Tick tick = SANJI__TICK__INIT;
    tick.now_ms = b->ledger.now_ms + 365 * INT64_C(86400000);
    tick.head = 10;
    stage_tick(b->stage, &tick);
    assert_false(stage_next(b->stage));
    assert_false(stage_is_caught_up(b->stage));
    send(b, 9, 10);
    assert_true(stage_is_caught_up(b->stage));
    assert_int_equal(b->decided_count, 2);
    assert_int_equal(b->folded_count, 0);
}

static void a_cache_behind_the_cursor_reads_its_newest_record_once_more(void **state)
{
    struct bench *b = *state;
    write_cases(b, 10);
    read_and_save(b);
    write_cases(b, 2);
    begin(b);
    assert_int_equal(welcome(b, 12), 10);
    send(b, 10, 12);
    assert_int_equal(b->folded_first, 11);
    assert_int_equal(b->decided_count, 0);
    assert_true(stage_is_caught_up(b->stage));
}

static void a_session_that_is_lost_while_reading_again_goes_on_where_it_was(void **state)
{
    struct bench *b = *state;
    write_cases(b, 10);
    read_and_save(b);
    begin(b);
    assert_int_equal(welcome(b, 4), 5);
    send(b, 5, 7);
    stage_lost(b->stage);
    assert_int_equal(welcome(b, 4), 8);
    send(b, 8, 10);
    assert_int_equal(b->decided_count, 6);
    assert_int_equal(b->decided[0], 5);
    assert_int_equal(b->died, STATUS_OK);
}

static void a_cache_of_another_history_is_found_out_and_dropped(void **state)
{
    struct bench *b = *state;
    write_cases(b, 10);
    read_and_save(b);
    // The log went back to a copy from record 5, and went on otherwise, past the cache.
    b->head = 5;
    b->log_size = b->ends[5];
    b->ledger.now_ms += 1000;
    write_cases(b, 9);
    begin(b);
    assert_int_equal(welcome(b, 14), 10);
    send(b, 10, 14);
    assert_int_equal(b->died, STATUS_AHEAD);
    assert_int_equal(b->folded_count, 0);
    struct stagecache *cache = open_cache(b);
    assert_int_equal(stagecache_position(cache), 0);
    stagecache_close(&cache);
}

static void a_stage_saves_at_rest_and_not_often(void **state)
{
    struct bench *b = *state;
    write_cases(b, SAVE_AT_REST + 1);
    begin(b);
    (void)welcome(b, 0);
    assert_false(stage_wants_save(b->stage));
    send(b, 1, SAVE_AT_REST);
    assert_false(stage_wants_save(b->stage)); // it must read on
    send(b, SAVE_AT_REST + 1, SAVE_AT_REST + 1);
    assert_true(stage_wants_save(b->stage));
    assert_int_equal(stage_save_cache(b->stage), STATUS_OK);
    assert_false(stage_wants_save(b->stage));
    assert_int_equal(b->saves, 1);
}

/* ---- what audit keeps ---- */

static void a_checker_goes_on_where_it_was(void **state)
{
    (void)state;
    struct check_finding findings[CHECK_FINDINGS_MAX];
    struct record record = {.seq = 5, .header = {.recorded_at_ms = 1000}};
    struct check *check = check_new();
    (void)check_record(check, &record, NULL, NULL, STATUS_MALFORMED, findings);
    uint8_t *data = NULL;
    size_t size = 0;
    check_keep(check, &data, &size);
    struct check *other = check_new();
    assert_int_equal(check_restore(other, data, size - 1), STATUS_INVALID);
    assert_int_equal(check_restore(other, data, 0), STATUS_INVALID);
    assert_int_equal(check_restore(other, data, size), STATUS_OK);
    record.seq = 7;
    record.header.recorded_at_ms = 999;
    assert_true(check_record(other, &record, NULL, NULL, STATUS_MALFORMED, findings) >= 2);
    assert_int_equal(findings[0].code, CHECK_SEQUENCE);
    assert_int_equal(findings[1].code, CHECK_TIME);
    memory_free(data);
    check_free(&check);
    check_free(&other);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_world_comes_back_as_it_was),
        T(a_second_save_writes_what_changed_since),
        T(what_is_tentative_is_not_noted),
        T(rules_that_came_in_part_are_waited_for),
        T(one_of_another_log_is_dropped),
        T(one_of_another_build_is_dropped),
        T(one_past_the_head_is_dropped),
        T(one_with_a_damaged_row_is_dropped),
        T(one_with_an_impossible_row_is_dropped),
        T(one_that_the_stage_cannot_read_is_dropped),
        T(one_that_another_process_has_is_refused),
        T(a_directory_that_cannot_be_made_is_said),
        T(texts_of_any_size_come_back),
        T(what_the_cache_has_folded_is_decided_and_not_folded_again),
        T(a_cache_at_the_head_waits_for_what_is_not_decided),
        T(a_cache_behind_the_cursor_reads_its_newest_record_once_more),
        T(a_session_that_is_lost_while_reading_again_goes_on_where_it_was),
        T(a_cache_of_another_history_is_found_out_and_dropped),
        T(a_stage_saves_at_rest_and_not_often),
        cmocka_unit_test(a_checker_goes_on_where_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
