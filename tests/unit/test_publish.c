/* test_publish.c: rule files into the log: what differs, in parts, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/codec.h"
#include "proto/limits.h"
#include "tests/unit/scratch.h"
#include "workers/intake/publish.h"

enum {
    ARENA_SIZE = 1024 * 1024,
    KINDS = 6
};

struct press {
    char directory[SCRATCH_PATH_SIZE];
    char file[SCRATCH_PATH_SIZE + 16];
    struct publisher *publisher;
    struct world *world;
    struct turn *turn;
    struct arena *arena;
    uint64_t seq;
};

static const char *const files[] = {
    "sanji.yaml",          "organisation/org.yaml", "organisation/roster.yaml",
    "rules/calendar.yaml", "rules/labels.yaml",     "rules/policy.yaml",
    "rules/sla.yaml"};

static void make_directories(const struct press *press)
{
    static const char *const names[] = {"organisation", "rules"};
    for (size_t i = 0; i < 2; i++) {
        char path[SCRATCH_PATH_SIZE + 32];
        print_text(path, sizeof path, "%s/%s", press->directory, names[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
}

/* A shipped file into the scratch directory, with one text replaced (NULL: none). */
static void copy(const struct press *press, const char *name, const char *find,
                 const char *replace)
{
    char shipped[64];
    char path[SCRATCH_PATH_SIZE + 64];
    size_t size = 0;
    print_text(shipped, sizeof shipped, "deploy/%s", name);
    print_text(path, sizeof path, "%s/%s", press->directory, name);
    char *from = scratch_tree_path(shipped);
    char *text = scratch_read(from, &size);
    const char *at = find != NULL ? strstr(text, find) : NULL;
    const size_t before = at != NULL ? (size_t)(at - text) : size;
    const size_t skipped = at != NULL ? before + strlen(find) : size;
    assert_true(find == NULL || at != NULL);
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, before, file), before);
    assert_true(replace == NULL || fputs(replace, file) >= 0);
    assert_int_equal(fwrite(text + skipped, 1, size - skipped, file), size - skipped);
    assert_int_equal(fclose(file), 0);
    free(text);
    free(from);
}

static int set_up(void **state)
{
    struct press *press = test_calloc(1, sizeof *press);
    struct fault fault;
    scratch_make(press->directory);
    make_directories(press);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        copy(press, files[i], NULL, NULL);
    }
    print_text(press->file, sizeof press->file, "%s/sanji.yaml", press->directory);
    if (publish_open(press->file, &press->publisher, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    press->world = world_new();
    press->turn = turn_new("intake", OWNER_INTAKE);
    press->arena = arena_new(ARENA_SIZE);
    *state = press;
    return 0;
}

static int tear_down(void **state)
{
    struct press *press = *state;
    publish_close(&press->publisher);
    turn_free(&press->turn);
    world_free(&press->world);
    arena_free(&press->arena);
    scratch_remove(press->directory);
    test_free(press);
    return 0;
}

/* One turn of the publisher, committed. Returns how many parts it had; all of one kind. */
static uint32_t print_kind(struct press *press, Sanji__RulesKind *kind)
{
    turn_begin(press->turn, press->world, 1597593600000, false);
    publish_emit(press->publisher, press->turn);
    turn_end(press->turn);
    struct bytes rest = turn_packed(press->turn);
    struct record record;
    uint32_t parts = 0;
    while (record_read(&rest, &record) == STATUS_OK) {
        Sanji__Envelope *envelope = NULL;
        arena_reset(press->arena);
        record.seq = ++press->seq;
        assert_int_equal(codec_unpack(record.envelope, press->arena, &envelope), STATUS_OK);
        const Sanji__RulesPublished *body = envelope->rules_published;
        assert_true(body->content.len <= RULES_PART_SIZE_MAX);
        assert_int_equal(body->part, ++parts);
        assert_true(parts == 1 || body->kind == *kind);
        *kind = body->kind;
        assert_int_equal(world_fold(press->world, &record, envelope), STATUS_OK);
        world_set_read(press->world, record.seq);
    }
    return parts;
}

static void print_all(struct press *press)
{
    Sanji__RulesKind kind = SANJI__RULES_KIND__RULES_KIND_UNSPECIFIED;
    while (publish_waits(press->publisher, world_rules(press->world))) {
        assert_true(print_kind(press, &kind) > 0);
    }
}

static void each_kind_is_published_whole_in_a_turn_of_its_own(void **state)
{
    struct press *press = *state;
    Sanji__RulesKind kind = SANJI__RULES_KIND__RULES_KIND_UNSPECIFIED;
    const struct rules *rules = world_rules(press->world);
    for (int i = 1; i <= KINDS; i++) {
        assert_true(publish_waits(press->publisher, rules));
        const uint32_t parts = print_kind(press, &kind);
        assert_int_equal(kind, i);
        assert_int_equal(rules_version(rules, kind), 1);
        assert_true(parts >= 1);
    }
    assert_false(publish_waits(press->publisher, rules));
    assert_true(rules_complete(rules));
}

static void what_the_log_holds_already_is_not_published_again(void **state)
{
    struct press *press = *state;
    print_all(press);
    publish_reload(press->publisher);
    assert_false(publish_waits(press->publisher, world_rules(press->world)));
}

static void a_changed_file_is_published_by_reload(void **state)
{
    struct press *press = *state;
    Sanji__RulesKind kind = SANJI__RULES_KIND__RULES_KIND_UNSPECIFIED;
    print_all(press);
    copy(press, "rules/policy.yaml", "check_sample_permille: 100",
         "check_sample_permille: 200");
    publish_reload(press->publisher);
    assert_true(publish_waits(press->publisher, world_rules(press->world)));
    print_kind(press, &kind);
    assert_int_equal(kind, SANJI__RULES_KIND__RULES_KIND_POLICY);
    assert_int_equal(rules_version(world_rules(press->world), kind), 2);
    assert_int_equal(rules_policy(world_rules(press->world))->check_sample_permille, 200);
    assert_false(publish_waits(press->publisher, world_rules(press->world)));
}

static void a_mistake_leaves_the_rules_in_force(void **state)
{
    struct press *press = *state;
    print_all(press);
    copy(press, "rules/policy.yaml", "check_sample_permille: 100", "colour: red");
    publish_reload(press->publisher);
    assert_false(publish_waits(press->publisher, world_rules(press->world)));
}

static void what_readers_refuse_is_not_published_for_ever(void **state)
{
    struct press *press = *state;
    publish_refused(press->publisher, SANJI__RULES_KIND__RULES_KIND_ORG);
    Sanji__RulesKind kind = SANJI__RULES_KIND__RULES_KIND_UNSPECIFIED;
    print_kind(press, &kind);
    assert_int_equal(kind, SANJI__RULES_KIND__RULES_KIND_ROSTER);
    print_all(press);
    assert_int_equal(
        rules_version(world_rules(press->world), SANJI__RULES_KIND__RULES_KIND_ORG), 0);
    publish_reload(press->publisher); // the files are looked at anew
    assert_true(publish_waits(press->publisher, world_rules(press->world)));
}

static void a_wrong_file_stops_the_start(void **state)
{
    struct press *press = *state;
    struct publisher *other = NULL;
    struct fault fault;
    copy(press, "sanji.yaml", "organisation", "colour: red\norganisation");
    assert_int_equal(publish_open(press->file, &other, &fault), STATUS_INVALID);
    assert_null(other);
    assert_non_null(strstr(fault.text, "sanji.yaml"));
    assert_int_equal(publish_open("/nowhere/sanji.yaml", &other, &fault),
                     STATUS_CANNOT_START);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_is_published_whole_in_a_turn_of_its_own),
        TEST(what_the_log_holds_already_is_not_published_again),
        TEST(a_changed_file_is_published_by_reload),
        TEST(a_mistake_leaves_the_rules_in_force),
        TEST(what_readers_refuse_is_not_published_for_ever),
        TEST(a_wrong_file_stops_the_start),
    };
    return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
