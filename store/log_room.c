/* log_room.c: how much still fits, and which pages of the page cache nobody will miss. */
#include <assert.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <time.h>

#include "store/log_inside.h"

enum {
    PAGE_BYTES = 4096,
    NODE_BYTES = 8 + ROW_KEY_SIZE, /* LMDB's node header, and the key */
    // A larger node goes to overflow pages. Source: mdb.c 0.9.24, me_nodemax.
    NODE_MAX_BYTES = 2038,
    // Kept back in the map for the pages that every commit writes anew: the paths to the
    // leaves, writer rows, meta, free list (some 20 pages, by mdb_stat after a commit).
    MAP_RESERVE_BYTES = 64 * PAGE_BYTES,
    // Kept back on the disk, which others fill as well between two looks.
    DISK_RESERVE_BYTES = 1024 * 1024,
    LOOK_INTERVAL_MS = 1000,
    MS_PER_S = 1000,
    NS_PER_MS = 1000000,
    PERCENT = 100
};

/* Page cache of an old log is given back in such steps, so far behind the head. Without, guest
 * memory never touched before is faulted in for each page: 0.4 instead of 1.0 million records
 * a second after 7 million. Source: measured, posix_fadvise against nothing, 9 M records. */
static const uint64_t cold_distance_bytes = UINT64_C(512) << 20;
static const uint64_t cold_step_bytes = UINT64_C(64) << 20;

static int64_t steady_ms(void)
{
    struct timespec now = {0};
    int code = clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    assert(code == 0);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

uint64_t log_cost_bytes(size_t value_size)
{
    size_t node_bytes = NODE_BYTES + value_size;
    if (node_bytes > NODE_MAX_BYTES) {
        size_t pages = (value_size + 16 + PAGE_BYTES - 1) / PAGE_BYTES;
        return (pages + 1) * PAGE_BYTES;
    }
    // A page is left when the next node does not fit, so two neighbours always share at least
    // a page's worth between them: never more than twice the bytes (and their index entries).
    return 2 * (node_bytes + 4);
}

static void look(struct log *log, struct log_committed *committed)
{
    struct log_disk *disk = &committed->disk;
    int64_t now_ms = steady_ms();
    if (disk->looked_ms != 0 && now_ms - disk->looked_ms < LOOK_INTERVAL_MS) {
        return;
    }
    struct statvfs fs = {0};
    disk->looked_ms = now_ms;
    disk->own_used_bytes = committed->used_bytes;
    if (statvfs(log->directory, &fs) != 0) {
        // A disk that cannot be asked gets nothing new.
        disk->free_bytes = 0;
        disk->taken_bytes = 0;
        return;
    }
    disk->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    disk->taken_bytes = (uint64_t)(fs.f_blocks - fs.f_bfree) * fs.f_frsize;
}

static uint64_t grown_since_look(const struct log_committed *committed)
{
    uint64_t then = committed->disk.own_used_bytes;
    return committed->used_bytes > then ? committed->used_bytes - then : 0;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

uint64_t log_batch_room(struct log *log)
{
    struct log_committed *committed = log_lock(log);
    look(log, committed);
    uint64_t map =
        less(committed->meta.map_size_bytes, committed->used_bytes + MAP_RESERVE_BYTES);
    uint64_t disk =
        less(committed->disk.free_bytes, grown_since_look(committed) + DISK_RESERVE_BYTES);
    log_unlock(committed);
    return map < disk ? map : disk;
}

bool log_has_room(struct log *log, size_t bytes, unsigned percent)
{
    assert(percent <= PERCENT);
    uint64_t more = log->batch.cost_bytes + bytes;
    struct log_committed *committed = log_lock(log);
    look(log, committed);
    uint64_t map_limit = committed->meta.map_size_bytes / PERCENT * percent;
    uint64_t disk_bytes = committed->disk.free_bytes + committed->disk.taken_bytes;
    uint64_t disk_limit = disk_bytes / PERCENT * percent;
    uint64_t taken_bytes = committed->disk.taken_bytes + grown_since_look(committed);
    bool has_room =
        committed->used_bytes + more <= map_limit && taken_bytes + more <= disk_limit;
    log_unlock(committed);
    return has_room;
}

uint64_t log_used_bytes(struct log *log)
{
    struct log_committed *committed = log_lock(log);
    uint64_t used_bytes = committed->used_bytes;
    log_unlock(committed);
    return used_bytes;
}

uint64_t log_cold_bytes(uint64_t used_bytes)
{
    return less(used_bytes, cold_distance_bytes) / cold_step_bytes * cold_step_bytes;
}

void log_forget_cold(struct log *log)
{
    uint64_t cold_bytes = log_cold_bytes(log_used_bytes(log));
    mdb_filehandle_t fd = -1;
    if (log->forgotten_bytes >= cold_bytes) {
        return;
    }
    int code = mdb_env_get_fd(log->env, &fd);
    assert(code == MDB_SUCCESS);
    while (log->forgotten_bytes < cold_bytes) {
        // Advice: a refusal changes nothing but speed.
        (void)posix_fadvise(fd, (off_t)log->forgotten_bytes, (off_t)cold_step_bytes,
                            POSIX_FADV_DONTNEED);
        log->forgotten_bytes += cold_step_bytes;
    }
}
