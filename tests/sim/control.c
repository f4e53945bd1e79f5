/* control.c: see control.h. */
#include "tests/sim/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/codec.h"

enum {
    SEED = 1,
    STATEMENTS = 3000,
    PACKED_MAX = 64 * 1024,
    ARENA_SIZE = 64 * 1024 * 1024,
    HOUR_MS = 3600 * 1000
};

struct arena *control_memory;
struct round control_played;
struct watch *control_watched;

int control_play(void **state)
{
    (void)state;
    round_open(&control_played, SEED);
    control_memory = arena_new(ARENA_SIZE);
    const bool fine = round_play(&control_played, STATEMENTS);
    for (size_t i = 0; i < control_played.laws.count && i < LAWS_KEPT_MAX; i++) {
        print_error("%s\n", control_played.laws.texts[i]);
    }
    return fine ? 0 : -1;
}

int control_stop(void **state)
{
    (void)state;
    arena_free(&control_memory);
    round_close(&control_played);
    return 0;
}

/* ---- changing a record ---- */

static bool changes(const struct control *control, const struct record *record,
                    struct watch *watch, uint8_t packed[PACKED_MAX], struct record *changed)
{
    Sanji__Envelope *envelope = NULL;
    if (record->header.type != control->type) {
        return false;
    }
    arena_reset(control_memory);
    assert_int_equal(codec_unpack(record->envelope, control_memory, &envelope), STATUS_OK);
    const struct model_case *before =
        model_case(watch_model(watch), record->header.case_key);
    if (control->edit != NULL && !control->edit(envelope, before)) {
        return false;
    }
    *changed = *record;
    const size_t size = codec_pack(envelope, packed, PACKED_MAX);
    changed->envelope = (struct bytes){packed, size};
    assert_int_equal(codec_header(envelope, changed->envelope, &changed->header),
                     STATUS_OK);
    changed->header.recorded_at_ms =
        record->header.recorded_at_ms - (control->hurry ? HOUR_MS : 0);
    changed->header.writer =
        control->writer != 0 ? (uint8_t)control->writer : record->header.writer;
    changed->header.flags = (uint8_t)(changed->header.flags & ~control->clear_flags);
    uint8_t header[RECORD_HEADER_SIZE];
    record_header_pack(&changed->header, header);
    changed->header.crc = record_crc(header, changed->header.crc);
    return true;
}

bool control_says(const struct laws *laws, const char *words)
{
    for (size_t i = 0; i < laws->count && i < LAWS_KEPT_MAX; i++) {
        if (strstr(laws->texts[i], words) != NULL) {
            return true;
        }
    }
    return false;
}

void control_expect(const struct control *control, const char *words)
{
    static uint8_t packed[PACKED_MAX];
    const struct simlog *sim = town_log(control_played.town);
    struct laws laws = {.count = 0};
    struct watch *watch = watch_new();
    control_watched = watch;
    uint64_t changed_at = 0;
    model_set_punctual(watch_model(watch), true);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        struct record changed;
        const struct record *record = simlog_record(sim, seq);
        const bool wanted = changed_at == 0 || control->every;
        if (wanted && changes(control, record, watch, packed, &changed)) {
            changed_at = seq;
            if (!control->drop) {
                watch_record(watch, &changed, simlog_is_newest(sim, seq), &laws);
            }
        } else {
            watch_record(watch, record, simlog_is_newest(sim, seq), &laws);
        }
        const bool is_over = changed_at != 0 && seq > changed_at + CONTROL_AFTER;
        if (control_says(&laws, words) ||
            (is_over && !control->to_end && !control->every)) {
            break;
        }
    }
    if (control->to_end) {
        watch_end(watch, simlog_now_ms(sim), &laws);
    }
    watch_free(&watch);
    if (changed_at == 0) {
        fail_msg("no record of %s that could be changed", vocab_event_name(control->type));
    }
    if (!control_says(&laws, words)) {
        fail_msg("seq %llu: \"%s\" was not said, but %zu other things: %s",
                 (unsigned long long)changed_at, words, laws.count, laws.texts[0]);
    }
}
