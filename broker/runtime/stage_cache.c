/* stage_cache.c: a stage's cache: what a process of this name had folded, written now and then
 * and taken back at the next start.
 *
 *     Welcome (log id, head) -> stage_take_cache -> world, the stage's own -> read on from there
 *     at rest, 4,096 records on -> stage_save_cache: what changed, and the position
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/stage_inside.h"
#include "broker/runtime/workload.h"

enum {
    SAVE_AT_REST = 4096, /* records: a save is a sync */
    SAVE_ANYWAY = 65536  /* a stage that never rests */
};

static const char stage_text[] = "stage";
static const char totals_text[] = "totals";

/* What stands under stage_text: no pointers, no padding. */
struct kept {
    int64_t recorded_ms;
    uint32_t crc; /* of the record at the position, as it stands in the log */
    uint32_t place;
};

static_assert(sizeof(struct kept) == 16, "a plain value without holes");

static struct bytes bytes_of(const void *value, size_t size)
{
    return (struct bytes){.data = value, .size = size};
}

/* ---- load ---- */

static bool load_case(void *context, uint64_t number, struct bytes value)
{
    struct stage *stage = context;
    struct kase kase;
    if (value.size != sizeof kase || number != world_case_count(stage->world)) {
        return false;
    }
    memcpy(&kase, value.data, sizeof kase);
    return world_restore_case(stage->world, &kase) == STATUS_OK;
}

static bool load_worker(void *context, uint64_t number, struct bytes value)
{
    struct stage *stage = context;
    struct worker_state worker;
    if (value.size != sizeof worker) {
        return false;
    }
    memcpy(&worker, value.data, sizeof worker);
    return worker.worker == number &&
           world_restore_worker(stage->world, &worker) == STATUS_OK;
}

static enum status load_totals(struct stage *stage)
{
    struct workload_totals totals;
    const enum status status =
        stagecache_read_text(stage->cache, totals_text, &totals, sizeof totals);
    if (status == STATUS_OK) {
        world_restore_totals(stage->world, &totals);
    }
    return status;
}

// A kind's text: version, content.
static const char *rules_text(unsigned kind, char name[16])
{
    (void)snprintf(name, 16, "rules.%u", kind); // fits: one digit
    return name;
}

static enum status load_rules(struct stage *stage, unsigned kind)
{
    char name[16];
    uint8_t *data = NULL;
    size_t size = 0;
    uint32_t version = 0;
    enum status status =
        stagecache_take_text(stage->cache, rules_text(kind, name), &data, &size);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK; // none was in force
    }
    if (status == STATUS_OK && size < sizeof version) {
        status = STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        memcpy(&version, data, sizeof version);
        status = rules_restore(world_rules(stage->world), (Sanji__RulesKind)kind, version,
                               bytes_of(data + sizeof version, size - sizeof version));
        stage->kept_versions[kind] = version;
    }
    memory_free(data);
    return status == STATUS_INVALID ? STATUS_CORRUPT : status;
}

static enum status load(struct stage *stage)
{
    struct kept kept = {0};
    enum status status = stagecache_read_text(stage->cache, stage_text, &kept, sizeof kept);
    for (unsigned kind = 1; kind < STAGE_RULES_KINDS && status == STATUS_OK; kind++) {
        status = load_rules(stage, kind);
    }
    if (status == STATUS_OK) {
        status = stagecache_each(stage->cache, STAGECACHE_CASES, load_case, stage);
    }
    if (status == STATUS_OK) {
        status = stagecache_each(stage->cache, STAGECACHE_WORKERS, load_worker, stage);
    }
    if (status == STATUS_OK) {
        status = load_totals(stage);
    }
    if (status == STATUS_OK && stage->ops->cache_load != NULL &&
        !stage->ops->cache_load(stage->context, stage->cache)) {
        status = STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        world_restore_place(stage->world, kept.place);
        world_set_read(stage->world, stagecache_position(stage->cache));
        stage->recorded_ms = kept.recorded_ms;
        stage->folded_crc = kept.crc;
    }
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

enum status stage_take_cache(struct stage *stage, struct stagecache **cache)
{
    assert(stage->log_id == 0 && stage->cache == NULL);
    assert(world_read_seq(stage->world) == 0);
    stage->cache = *cache;
    *cache = NULL;
    if (stagecache_position(stage->cache) == 0) {
        return STATUS_OK;
    }
    const enum status status = load(stage);
    if (status == STATUS_OK) {
        return STATUS_OK;
    }
    world_free(&stage->world);
    stage->world = world_new();
    if (stage->ops->cache_forget != NULL) {
        stage->ops->cache_forget(stage->context);
    }
    const enum status dropped = stagecache_drop(&stage->cache);
    return dropped != STATUS_OK ? dropped : status;
}

enum status stage_check_cached(struct stage *stage, const struct record *record)
{
    if (record->seq < world_read_seq(stage->world) ||
        record->header.crc == stage->folded_crc) {
        return STATUS_OK;
    }
    const enum status dropped = stagecache_drop(&stage->cache);
    return dropped != STATUS_OK ? dropped : STATUS_AHEAD;
}

/* ---- save ---- */

bool stage_wants_save(const struct stage *stage)
{
    if (stage->cache == NULL) {
        return false;
    }
    const uint64_t since = world_read_seq(stage->world) - stagecache_position(stage->cache);
    const bool at_rest = stage->is_caught_up && stage->flight == FLIGHT_NONE &&
                         stage->inbox.count == 0 && stage->received >= stage->head_known;
    return since >= SAVE_ANYWAY || (at_rest && since >= SAVE_AT_REST);
}

static bool save_case(void *context, uint32_t place, const struct kase *kase)
{
    stagecache_put(context, STAGECACHE_CASES, place, bytes_of(kase, sizeof *kase));
    return true;
}

static bool save_worker(void *context, const struct worker_state *worker)
{
    stagecache_put(context, STAGECACHE_WORKERS, worker->worker,
                   bytes_of(worker, sizeof *worker));
    return true;
}

static void save_rules(struct stage *stage, unsigned kind)
{
    const struct rules *rules = world_rules(stage->world);
    const uint32_t version = rules_version(rules, (Sanji__RulesKind)kind);
    if (version == stage->kept_versions[kind]) {
        return;
    }
    char name[16];
    const struct bytes content = rules_content(rules, (Sanji__RulesKind)kind);
    uint8_t *text = memory_new(sizeof version + content.size, 1);
    memcpy(text, &version, sizeof version);
    if (content.size > 0) {
        memcpy(text + sizeof version, content.data, content.size);
    }
    stagecache_put_text(stage->cache, rules_text(kind, name),
                        bytes_of(text, sizeof version + content.size));
    memory_free(text);
    stage->kept_versions[kind] = version;
}

enum status stage_save_cache(struct stage *stage)
{
    const uint64_t position = world_read_seq(stage->world);
    if (stage->cache == NULL || position == stagecache_position(stage->cache) ||
        rules_is_in_part(world_rules(stage->world))) {
        return STATUS_OK;
    }
    // Nothing is tentative here: a turn's folds are undone before its append leaves.
    const struct kept kept = {.recorded_ms = stage->recorded_ms,
                              .crc = stage->folded_crc,
                              .place = world_place(stage->world)};
    stagecache_put_text(stage->cache, stage_text, bytes_of(&kept, sizeof kept));
    for (unsigned kind = 1; kind < STAGE_RULES_KINDS; kind++) {
        save_rules(stage, kind);
    }
    stagecache_put_text(
        stage->cache, totals_text,
        bytes_of(world_totals(stage->world), sizeof(struct workload_totals)));
    world_each_changed_case(stage->world, save_case, stage->cache);
    world_each_changed_worker(stage->world, save_worker, stage->cache);
    if (stage->ops->cache_save != NULL) {
        stage->ops->cache_save(stage->context, stage->cache);
    }
    const enum status status = stagecache_commit(stage->cache, position);
    if (status == STATUS_OK) {
        world_set_clean(stage->world);
        return STATUS_OK;
    }
    // What is on disk is of an older position or unknown: better none. If the files cannot be
    // removed they are whole for their position, or are found damaged.
    const enum status dropped = stagecache_drop(&stage->cache);
    return dropped != STATUS_OK ? dropped : status;
}
