/* test_protocol_md.c: the tables of PROTOCOL.md say what the program's tables say.
 *
 * Each checked table is the rows below its own heading line. A row is compared cell by cell
 * with the table in proto/, a row too many or too few fails as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <assert.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lifecycle.h"
#include "proto/limits.h"
#include "proto/record.h"
#include "proto/status.h"
#include "proto/vocab.h"
#include "tests/unit/markdown.h"

static struct markdown *text;

static int load(void **state)
{
    (void)state;
    text = markdown_open("proto/PROTOCOL.md");
    return text == NULL ? -1 : 0;
}

static int unload(void **state)
{
    (void)state;
    markdown_free(&text);
    return 0;
}

// ---- words to bits ----

typedef unsigned number_fn(const char *word);

static unsigned need_number(const char *word)
{
    // In the order of enum statement_need, which has a bit for each.
    static const char *const names[] = {
        "offer",           "reason_code", "resolution",  "worker",           "purpose",
        "result",          "duty",        "advice_code", "suggested_holder", "severity",
        "category",        "decision",    "handover",    "update",           "into_case_no",
        "department_code", "resume_by"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(word, names[i]) == 0) {
            return i;
        }
    }
    fail_msg("no such field: %s", word);
    return 0;
}

static unsigned role_number(const char *word)
{
    unsigned role = vocab_role(word);
    if (role == 0) {
        fail_msg("no such role: %s", word);
    }
    return role;
}

static unsigned state_number(const char *word)
{
    if (strcmp(word, "(new)") == 0) {
        return STATE_NONE;
    }
    unsigned state = vocab_state(word);
    if (state == 0) {
        fail_msg("no such state: %s", word);
    }
    return state;
}

static unsigned timer_number(const char *word)
{
    for (unsigned kind = 1; kind < TIMER_COUNT; kind++) {
        if (strcmp(word, vocab_timer_name(kind)) == 0) {
            return kind;
        }
    }
    fail_msg("no such timer: %s", word);
    return 0;
}

// The set that a cell's words make. "ANY": all of them; a dash: none.
static uint32_t bits_of(const char *cell, number_fn *number, uint32_t any)
{
    char copy[MARKDOWN_CELL_SIZE];
    uint32_t bits = 0;
    if (strcmp(cell, "ANY") == 0) {
        return any;
    }
    if (strcmp(cell, "—") == 0) {
        return 0;
    }
    snprintf(copy, sizeof copy, "%s", cell);
    char *rest = copy;
    for (char *word = strtok_r(rest, " ", &rest); word != NULL;
         word = strtok_r(rest, " ", &rest)) {
        bits |= UINT32_C(1) << number(word);
    }
    return bits;
}

// ---- statement kinds ----

enum {
    ALL_ROLES = (1 << ROLE_COUNT) - 2,
    ALL_STATES = (1 << STATE_COUNT) - 2,
    ALL_TIMERS = (1 << TIMER_COUNT) - 2
};

// "case_no offer" -> whether it names a case, and the fields behind it.
static bool split_needs(const char *cell, uint32_t *needs)
{
    static const char case_no[] = "case_no";
    size_t size = sizeof case_no - 1;
    bool on_case = strncmp(cell, case_no, size) == 0;
    const char *rest = on_case ? cell + size : cell;
    *needs = bits_of(rest[0] == ' ' ? rest + 1 : rest, need_number, 0);
    return on_case;
}

static void every_statement_kind_has_its_row_and_the_row_is_right(void **state)
{
    (void)state;
    static const char heading[] =
        "| kind | no | decided by | needs | said by | in states | built | leads to |";
    size_t rows = 0;
    size_t kinds = 0;
    for (unsigned kind = 1; kind < SAY_COUNT; kind++) {
        kinds += statement_rule(kind) != NULL;
    }
    for (const struct markdown_row *row = markdown_row(text, heading, 0); row != NULL;
         row = markdown_row(text, heading, ++rows)) {
        uint32_t needs = 0;
        assert_int_equal(row->count, 8);
        const unsigned kind = vocab_statement(row->cells[0]);
        const struct statement_rule *rule = statement_rule(kind);
        if (rule == NULL) {
            fail_msg("no such kind: %s", row->cells[0]);
        }
        assert_int_equal(strtoul(row->cells[1], NULL, 10), kind);
        assert_string_equal(row->cells[2], vocab_owner_name(rule->decider));
        assert_int_equal(split_needs(row->cells[3], &needs), rule->on_case);
        assert_int_equal(needs, rule->needs);
        assert_int_equal(bits_of(row->cells[4], role_number, ALL_ROLES), rule->roles);
        assert_int_equal(bits_of(row->cells[5], state_number, ALL_STATES), rule->states);
        assert_string_equal(row->cells[6], rule->built ? "yes" : "not yet");
        assert_string_equal(row->cells[7], rule->leads_to);
    }
    assert_int_equal(rows, kinds);
}

// ---- status codes ----

static void every_status_code_has_its_row_and_the_row_is_right(void **state)
{
    (void)state;
    static const char heading[] = "| code | name | means | 中文 |";
    for (int code = 0; code < STATUS_COUNT; code++) {
        const struct markdown_row *row = markdown_row(text, heading, (size_t)code);
        assert_non_null(row);
        assert_int_equal(row->count, 4);
        assert_int_equal(strtol(row->cells[0], NULL, 10), code);
        assert_string_equal(row->cells[1], status_name((enum status)code));
        assert_string_equal(row->cells[2], status_en((enum status)code));
        assert_string_equal(row->cells[3], status_zh((enum status)code));
    }
    assert_null(markdown_row(text, heading, STATUS_COUNT));
}

// ---- transitions ----

struct timers {
    uint32_t arms;
    uint32_t cancels;
    uint32_t pauses;
    uint32_t resumes;
};

static struct timers timers_of(const char *cell)
{
    struct timers timers = {0};
    char copy[MARKDOWN_CELL_SIZE];
    snprintf(copy, sizeof copy, "%s", strcmp(cell, "—") == 0 ? "" : cell);
    char *rest = copy;
    for (char *word = strtok_r(rest, " ", &rest); word != NULL;
         word = strtok_r(rest, " ", &rest)) {
        const bool all = strcmp(word + 1, "all") == 0;
        const uint32_t bits = all ? ALL_TIMERS : UINT32_C(1) << timer_number(word + 1);
        switch (word[0]) {
        case '+':
            timers.arms |= bits;
            break;
        case '-':
            timers.cancels |= bits;
            break;
        case '=':
            timers.pauses |= bits;
            break;
        case '>':
            timers.resumes |= bits;
            break;
        default:
            fail_msg("no such sign: %s", word);
        }
    }
    return timers;
}

static void check_events(const char *cell, const struct lifecycle_edge *edge)
{
    char expected[MARKDOWN_CELL_SIZE];
    snprintf(expected, sizeof expected, "%s%s%s", vocab_event_name(edge->events[0]),
             edge->events[1] != 0 ? " " : "",
             edge->events[1] != 0 ? vocab_event_name(edge->events[1]) : "");
    assert_string_equal(cell, expected);
}

static void every_transition_has_its_row_and_the_row_is_right(void **state)
{
    (void)state;
    static const char heading[] =
        "| no | from | events | written by | to | brought about by | timers | condition |";
    for (unsigned id = T01; id < T_COUNT; id++) {
        const struct lifecycle_edge *edge = lifecycle_edge((enum transition)id);
        const struct markdown_row *row = markdown_row(text, heading, id - 1);
        assert_non_null(row);
        assert_int_equal(row->count, 8);
        assert_int_equal(row->cells[0][0], 'T');
        assert_int_equal(strtoul(row->cells[0] + 1, NULL, 10), id);
        assert_int_equal(bits_of(row->cells[1], state_number, 0), edge->from);
        check_events(row->cells[2], edge);
        assert_string_equal(row->cells[3], vocab_owner_name(edge->owner));
        assert_int_equal(state_number(row->cells[4]), edge->to);
        assert_int_equal(bits_of(row->cells[5], role_number, 0), edge->roles);
        const struct timers timers = timers_of(row->cells[6]);
        assert_int_equal(timers.arms, edge->arms);
        // A kind that is armed anew is not said to be cancelled.
        assert_int_equal(timers.cancels & ~edge->arms, edge->cancels & ~edge->arms);
        assert_int_equal(timers.pauses, edge->pauses);
        assert_int_equal(timers.resumes, edge->resumes);
        assert_string_equal(row->cells[7], edge->guard);
    }
    assert_null(markdown_row(text, heading, T_COUNT - 1));
}

// ---- timers, events ----

static void every_timer_has_its_row_and_the_row_is_right(void **state)
{
    (void)state;
    static const char heading[] = "| no | kind | fired by | 中文 |";
    for (unsigned kind = 1; kind < TIMER_COUNT; kind++) {
        const struct markdown_row *row = markdown_row(text, heading, kind - 1);
        assert_non_null(row);
        assert_int_equal(row->count, 4);
        assert_int_equal(strtoul(row->cells[0], NULL, 10), kind);
        assert_string_equal(row->cells[1], vocab_timer_name(kind));
        assert_string_equal(row->cells[2], vocab_owner_name(vocab_timer_owner(kind)));
        assert_string_equal(row->cells[3], vocab_timer_zh(kind));
    }
    assert_null(markdown_row(text, heading, TIMER_COUNT - 1));
}

static void every_event_has_its_row_and_the_row_is_right(void **state)
{
    (void)state;
    static const char heading[] = "| no | event | code | written by | 中文 |";
    size_t rows = 0;
    for (unsigned type = 1; type <= UINT8_MAX; type++) {
        if (vocab_event_owner(type) == OWNER_NONE) {
            continue;
        }
        const struct markdown_row *row = markdown_row(text, heading, rows);
        const enum owner owner = vocab_event_owner(type);
        assert_non_null(row);
        assert_int_equal(row->count, 5);
        assert_int_equal(strtoul(row->cells[0], NULL, 10), type);
        assert_string_equal(row->cells[1], vocab_event_name(type));
        assert_string_equal(row->cells[2], vocab_event_code(type));
        assert_string_equal(row->cells[3],
                            owner == OWNER_BY_KIND ? "by kind" : vocab_owner_name(owner));
        assert_string_equal(row->cells[4], vocab_event_zh(type));
        rows++;
    }
    assert_null(markdown_row(text, heading, rows));
}

// ---- limits ----

// The first number of a cell; thousands are parted by commas.
static unsigned long number_of(const char *cell)
{
    unsigned long number = 0;
    for (; *cell != '\0' && (*cell < '0' || *cell > '9'); cell++) {
    }
    for (; (*cell >= '0' && *cell <= '9') || *cell == ','; cell++) {
        number = *cell == ',' ? number : number * 10 + (unsigned long)(*cell - '0');
    }
    return number;
}

static void every_limit_is_the_one_the_program_has(void **state)
{
    (void)state;
    static const char heading[] = "| what | at most | beyond it |";

    static const struct {
        const char *what;
        unsigned long max;
    } limits[] = {
        {"one message", MESSAGE_SIZE_MAX},
        {"frames of a message", FRAMES_MAX},
        {"nesting of protobuf messages", WIRE_DEPTH_MAX},
        {"fields in one message, all levels", WIRE_FIELDS_MAX},
        {"one record's envelope", RECORD_SIZE_MAX},
        {"records of one Append", APPEND_RECORDS_MAX},
        {"unanswered appends of a writer", WINDOW_RECORDS},
        {"one Records message", RECORDS_MESSAGE_BYTES},
        {"follows", FOLLOWERS_MAX},
        {"sessions", SESSIONS_MAX},
        {"writers of a log", WRITERS_MAX},
        {"durable names", READERS_MAX},
        {"items of a DoorRequest", DOOR_ITEMS_MAX},
        {"source_system", SOURCE_SYSTEM_SIZE_MAX},
        {"source_ref, evidence ref, upstream_ref", SOURCE_REF_SIZE_MAX},
        {"device_id", DEVICE_ID_SIZE_MAX},
        {"each sealed text", SUBMISSION_TEXT_SIZE_MAX},
        {"pieces of evidence", EVIDENCE_MAX},
        {"cases a day", CASES_PER_DAY_MAX},
        {"log map or file system in use", STORE_FULL_PERCENT},
    };

    static_assert(EVIDENCE_REF_SIZE_MAX == SOURCE_REF_SIZE_MAX, "one row for both");
    const size_t count = sizeof limits / sizeof limits[0];
    for (size_t i = 0; i < count; i++) {
        const struct markdown_row *row = markdown_row(text, heading, i);
        assert_non_null(row);
        assert_string_equal(row->cells[0], limits[i].what);
        assert_int_equal(number_of(row->cells[1]), limits[i].max);
    }
    assert_null(markdown_row(text, heading, count));
}

// ---- the layout of a packed record ----

static void the_layout_of_a_record_adds_up(void **state)
{
    (void)state;
    static const char heading[] = "| offset | size | field | | filled by |";
    unsigned long at = 0;
    size_t i = 0;
    const struct markdown_row *row = markdown_row(text, heading, 0);
    for (; row != NULL && strcmp(row->cells[2], "envelope") != 0;
         row = markdown_row(text, heading, ++i)) {
        assert_int_equal(strtoul(row->cells[0], NULL, 10), at);
        at += strtoul(row->cells[1] + 1, NULL, 10) / 8; // "u64", "i64"
    }
    assert_int_equal(at, RECORD_FRAME_SIZE);
    assert_true(row != NULL && strtoul(row->cells[0], NULL, 10) == RECORD_FRAME_SIZE);
}

// Writes a record whose fields are all told apart, and reads it by the offsets of the table.
static void a_record_lies_as_the_layout_says(void **state)
{
    (void)state;
    static const char heading[] = "| offset | size | field | | filled by |";

    static const struct {
        const char *field;
        uint64_t value;
    } fields[] = {{"seq", 1001},
                  {"size", 3},
                  {"recorded_at_ms", 1002},
                  {"case_key", 1003},
                  {"cause_seq", 1004},
                  {"crc", 1005},
                  {"area", 1006},
                  {"holder", 1007},
                  {"worker", 1008},
                  {"source", 1009},
                  {"type", 60},
                  {"flags", 2},
                  {"severity, tier", 0x32},
                  {"state", 5},
                  {"team", 1010},
                  {"writer", 7},
                  {"spare", 0}};

    const struct record_header header = {.recorded_at_ms = 1002,
                                         .case_key = 1003,
                                         .cause_seq = 1004,
                                         .crc = 1005,
                                         .area = 1006,
                                         .holder = 1007,
                                         .worker = 1008,
                                         .source = 1009,
                                         .type = 60,
                                         .flags = 2,
                                         .severity = 2,
                                         .tier = 3,
                                         .state = 5,
                                         .team = 1010,
                                         .writer = 7};
    uint8_t packed[RECORD_FRAME_SIZE + 3];
    const struct bytes envelope = {.data = (const uint8_t *)"abc", .size = 3};
    assert_int_equal(record_write(packed, 1001, &header, envelope), sizeof packed);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const struct markdown_row *row = markdown_row(text, heading, i);
        assert_non_null(row);
        assert_string_equal(row->cells[2], fields[i].field);
        const unsigned long at = strtoul(row->cells[0], NULL, 10);
        const unsigned long size = strtoul(row->cells[1] + 1, NULL, 10) / 8;
        uint64_t value = 0;
        for (unsigned long byte = size; byte > 0; byte--) {
            value = value << 8 | packed[at + byte - 1];
        }
        assert_int_equal(value, fields[i].value);
    }
    assert_memory_equal(packed + RECORD_FRAME_SIZE, "abc", 3);
}

// The rule of section 6, from its text: bytes 12-35 and 40-63, then the envelope's sum.
static void the_crc_is_made_as_the_text_says(void **state)
{
    (void)state;
    uint8_t packed[RECORD_FRAME_SIZE + 3];
    const struct bytes envelope = {.data = (const uint8_t *)"abc", .size = 3};
    struct record_header header = {.case_key = 20200815000007, .type = 60, .writer = 4};
    const uint32_t author = crc32c(0, "abc", 3);
    (void)record_write(packed, 9, &header, envelope); // its size is known
    const uint8_t tail[4] = {(uint8_t)author, (uint8_t)(author >> 8),
                             (uint8_t)(author >> 16), (uint8_t)(author >> 24)};
    header.crc = crc32c(crc32c(crc32c(0, packed + 12, 24), packed + 40, 24), tail, 4);
    const struct record record = {.seq = 9, .header = header, .envelope = envelope};
    assert_int_equal(record_check(&record), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_kind_has_its_row_and_the_row_is_right),
        cmocka_unit_test(every_status_code_has_its_row_and_the_row_is_right),
        cmocka_unit_test(every_transition_has_its_row_and_the_row_is_right),
        cmocka_unit_test(every_timer_has_its_row_and_the_row_is_right),
        cmocka_unit_test(every_event_has_its_row_and_the_row_is_right),
        cmocka_unit_test(every_limit_is_the_one_the_program_has),
        cmocka_unit_test(the_layout_of_a_record_adds_up),
        cmocka_unit_test(a_record_lies_as_the_layout_says),
        cmocka_unit_test(the_crc_is_made_as_the_text_says),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
