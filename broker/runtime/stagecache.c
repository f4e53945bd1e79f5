/* stagecache.c: see stagecache.h.
 *
 *     rows    key: number, u64 big-endian
 *     texts   key: name | 0                  value: size, u64
 *             key: name | 0 | u32 chunk      value: up to 32 KiB
 */
#include "broker/runtime/stagecache.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/world.h"
#include "store/cache.h"

enum {
    TEXTS = STAGECACHE_TABLES, /* the last table */
    NAME_SIZE_MAX = 32,
    KEY_SIZE = NAME_SIZE_MAX + 1 + 4,
    CHUNK_SIZE = 32 * 1024,
    PATH_SIZE = 4096,
    PRIVATE_MODE = 0700
};

static const char *const tables[] = {
    [STAGECACHE_CASES] = "cases",
    [STAGECACHE_WORKERS] = "workers",
    [STAGECACHE_OWN] = "own",
    [TEXTS] = "texts",
};

struct stagecache {
    struct cache *cache;
    enum status failed; /* of the first put that failed; OK: none */
};

/* ---- open ---- */

// The sum of this very program: another build may fold a record to something else, and nobody
// would see it.
static enum status sum_program(uint32_t *sum, struct fault *fault)
{
    static const char path[] = "/proc/self/exe";
    static uint8_t buffer[64 * 1024];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: %s", path, strerror(errno));
    }
    ssize_t got = 0;
    *sum = 0;
    while ((got = read(fd, buffer, sizeof buffer)) > 0) {
        *sum = crc32c(*sum, buffer, (size_t)got);
    }
    const int error = errno;
    (void)close(fd); // was only read
    return got == 0
               ? STATUS_OK
               : fault_set(fault, STATUS_CANNOT_START, "%s: %s", path, strerror(error));
}

static uint32_t format_of(uint32_t program, uint32_t extra)
{
    const uint32_t parts[] = {STAGECACHE_FORMAT, (uint32_t)sizeof(struct kase),
                              (uint32_t)sizeof(struct worker_state), program, extra};
    return crc32c(0, parts, sizeof parts);
}

static const char *why_dropped(enum cache_origin origin)
{
    switch (origin) {
    case CACHE_OTHER_LOG:
        return "OTHER_LOG";
    case CACHE_OTHER_FORMAT:
        return "OTHER_FORMAT";
    case CACHE_AHEAD:
        return "AHEAD";
    case CACHE_DAMAGED:
        return "DAMAGED";
    case CACHE_KEPT:
    case CACHE_NEW:
        break;
    }
    return NULL;
}

static enum status make_parent(const char *directory, struct fault *fault)
{
    char parent[PATH_SIZE];
    const int size = snprintf(parent, sizeof parent, "%s", directory);
    char *slash = strrchr(parent, '/');
    if (size < 0 || (size_t)size >= sizeof parent) {
        return fault_set(fault, STATUS_CANNOT_START, "the path is too long: %.200s",
                         directory);
    }
    if (slash == NULL || slash == parent) {
        return STATUS_OK;
    }
    *slash = '\0';
    if (mkdir(parent, PRIVATE_MODE) != 0 && errno != EEXIST) {
        return fault_set(fault, STATUS_CANNOT_START, "%.200s: %s", parent, strerror(errno));
    }
    return STATUS_OK;
}

enum status stagecache_open(const char *directory, const struct stagecache_options *options,
                            struct stagecache **cache, const char **dropped,
                            struct fault *fault)
{
    uint32_t program = 0;
    enum status status = sum_program(&program, fault);
    if (status == STATUS_OK) {
        status = make_parent(directory, fault);
    }
    const struct cache_options store = {.log_id = options->log_id,
                                        .head = options->head,
                                        .format = format_of(program, options->format_extra),
                                        .tables = tables,
                                        .table_count = sizeof tables / sizeof tables[0],
                                        .allow_any_fs = options->allow_any_fs};
    struct cache *opened = NULL;
    if (status == STATUS_OK) {
        status = cache_open(directory, &store, &opened, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct stagecache *self = memory_new(1, sizeof *self);
    self->cache = opened;
    *cache = self;
    *dropped = why_dropped(cache_origin(opened));
    return STATUS_OK;
}

void stagecache_close(struct stagecache **cache)
{
    if (*cache != NULL) {
        cache_close(&(*cache)->cache);
        memory_free(*cache);
        *cache = NULL;
    }
}

enum status stagecache_drop(struct stagecache **cache)
{
    const enum status status = cache_drop(&(*cache)->cache);
    memory_free(*cache);
    *cache = NULL;
    return status;
}

uint64_t stagecache_position(const struct stagecache *cache)
{
    return cache_position(cache->cache);
}

/* ---- write ---- */

static void put(struct stagecache *cache, size_t table, struct bytes key,
                struct bytes value)
{
    if (cache->failed == STATUS_OK) {
        cache->failed = cache_put(cache->cache, table, key, value);
    }
}

void stagecache_put(struct stagecache *cache, enum stagecache_table table, uint64_t number,
                    struct bytes value)
{
    assert(table < STAGECACHE_TABLES);
    const uint64_t key = htobe64(number);
    put(cache, table, (struct bytes){(const uint8_t *)&key, sizeof key}, value);
}

// The key of a text's size, or of a chunk; returns its length.
static struct bytes text_key(const char *name, uint8_t key[KEY_SIZE], bool is_chunk,
                             size_t chunk)
{
    const size_t size = strlen(name) + 1;
    assert(size > 1 && size <= NAME_SIZE_MAX + 1);
    const uint32_t number = htobe32((uint32_t)chunk);
    memcpy(key, name, size);
    memcpy(key + size, &number, sizeof number);
    return (struct bytes){key, is_chunk ? size + sizeof number : size};
}

void stagecache_put_text(struct stagecache *cache, const char *name, struct bytes value)
{
    uint8_t key[KEY_SIZE];
    const uint64_t total = value.size;
    put(cache, TEXTS, text_key(name, key, false, 0),
        (struct bytes){(const uint8_t *)&total, sizeof total});
    // Chunks of a longer text before it stay behind and are never read.
    for (size_t at = 0; at < value.size; at += CHUNK_SIZE) {
        const size_t left = value.size - at;
        put(cache, TEXTS, text_key(name, key, true, at / CHUNK_SIZE),
            (struct bytes){value.data + at, left < CHUNK_SIZE ? left : CHUNK_SIZE});
    }
}

enum status stagecache_commit(struct stagecache *cache, uint64_t position)
{
    if (cache->failed != STATUS_OK) {
        return cache->failed;
    }
    return cache_commit(cache->cache, position);
}

/* ---- read ---- */

struct visiting {
    stagecache_visit_fn visit;
    void *context;
    bool is_wrong;
};

static bool visit_row(void *context, struct bytes key, struct bytes value)
{
    struct visiting *visiting = context;
    uint64_t number = 0;
    visiting->is_wrong = true;
    if (key.size == sizeof number) {
        memcpy(&number, key.data, sizeof number);
        visiting->is_wrong = !visiting->visit(visiting->context, be64toh(number), value);
    }
    return !visiting->is_wrong;
}

enum status stagecache_each(struct stagecache *cache, enum stagecache_table table,
                            stagecache_visit_fn visit, void *context)
{
    assert(table < STAGECACHE_TABLES);
    struct visiting visiting = {.visit = visit, .context = context};
    const enum status status =
        cache_each(cache->cache, table, (struct bytes){NULL, 0}, visit_row, &visiting);
    return status == STATUS_OK && visiting.is_wrong ? STATUS_CORRUPT : status;
}

// What should be there and is not, or has another size, is damage.
static enum status get_exactly(struct stagecache *cache, struct bytes key, void *value,
                               size_t size)
{
    size_t got = 0;
    const enum status status = cache_get(cache->cache, TEXTS, key, value, size, &got);
    if (status == STATUS_TOO_LARGE || (status == STATUS_OK && got != size)) {
        return STATUS_CORRUPT;
    }
    return status;
}

static enum status get_chunks(struct stagecache *cache, const char *name, uint8_t *data,
                              size_t size)
{
    uint8_t key[KEY_SIZE];
    enum status status = STATUS_OK;
    for (size_t at = 0; at < size && status == STATUS_OK; at += CHUNK_SIZE) {
        const size_t left = size - at;
        status = get_exactly(cache, text_key(name, key, true, at / CHUNK_SIZE), data + at,
                             left < CHUNK_SIZE ? left : CHUNK_SIZE);
    }
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

enum status stagecache_take_text(struct stagecache *cache, const char *name, uint8_t **data,
                                 size_t *size)
{
    uint8_t key[KEY_SIZE];
    uint64_t total = 0;
    enum status status =
        get_exactly(cache, text_key(name, key, false, 0), &total, sizeof total);
    if (status != STATUS_OK) {
        return status;
    }
    uint8_t *text = memory_new((size_t)total + 1, 1);
    status = get_chunks(cache, name, text, (size_t)total);
    if (status != STATUS_OK) {
        memory_free(text);
        return status;
    }
    *data = text;
    *size = (size_t)total;
    return STATUS_OK;
}

enum status stagecache_read_text(struct stagecache *cache, const char *name, void *value,
                                 size_t size)
{
    uint8_t key[KEY_SIZE];
    uint64_t total = 0;
    enum status status =
        get_exactly(cache, text_key(name, key, false, 0), &total, sizeof total);
    if (status == STATUS_OK && total != size) {
        status = STATUS_CORRUPT;
    }
    return status == STATUS_OK ? get_chunks(cache, name, value, size) : status;
}
