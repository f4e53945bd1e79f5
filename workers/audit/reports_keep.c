/* reports_keep.c: what audit's cache holds of the reports: facts row by row, the rest as texts. */
#include "broker/runtime/memory.h"
#include "workers/audit/reports.h"

static const char STATE_TEXT[] = "audit.reports";
static const char SNAPSHOTS_TEXT[] = "audit.snapshots";
static const char NOTICES_TEXT[] = "audit.notices";

enum {
    STATE_WORDS = 8
};

static struct bytes bytes_of(const void *value, size_t size)
{
    return (struct bytes){value, size};
}

static void put_row(void *context, uint64_t number, struct bytes value)
{
    stagecache_put(context, STAGECACHE_OWN, number, value);
}

/* Rows first .. count - 1 of an array. */
static void put_rows(struct stagecache *cache, const char *name, const void *rows,
                     size_t row_size, size_t first, size_t count)
{
    const uint8_t *bytes = rows;
    const size_t size = (count - first) * row_size;
    stagecache_put_text(cache, name,
                        bytes_of(size > 0 ? bytes + first * row_size : NULL, size));
}

void reports_save(struct reports *reports, struct stagecache *cache)
{
    const int64_t words[STATE_WORDS] = {reports->month_from_ms,  reports->month_end_ms,
                                        reports->week_from_ms,   reports->week_end_ms,
                                        reports->utc_offset_min, reports->is_on,
                                        reports->written_ms,     reports->written_count};
    indicator_keep(reports->indicators, put_row, cache);
    stagecache_put_text(cache, STATE_TEXT, bytes_of(words, sizeof words));
    put_rows(cache, SNAPSHOTS_TEXT, reports->snapshots, sizeof *reports->snapshots,
             reports->snapshot_first, reports->snapshot_count);
    put_rows(cache, NOTICES_TEXT, reports->notices, sizeof *reports->notices,
             reports->notice_first, reports->notice_count);
}

static bool load_row(void *context, uint64_t number, struct bytes value)
{
    return indicator_restore(context, number, value);
}

/* A text of rows of this size. */
static bool load_rows(struct stagecache *cache, const char *name, size_t row_size,
                      void **rows, size_t *count)
{
    uint8_t *data = NULL;
    size_t size = 0;
    if (stagecache_take_text(cache, name, &data, &size) != STATUS_OK) {
        return false;
    }
    if (size % row_size != 0) {
        memory_free(data);
        return false;
    }
    *rows = data;
    *count = size / row_size;
    return true;
}

bool reports_load(struct reports *reports, struct stagecache *cache)
{
    int64_t words[STATE_WORDS] = {0};
    void *snapshots = NULL;
    void *notices = NULL;
    if (stagecache_read_text(cache, STATE_TEXT, words, sizeof words) != STATUS_OK ||
        stagecache_each(cache, STAGECACHE_OWN, load_row, reports->indicators) !=
            STATUS_OK ||
        !load_rows(cache, SNAPSHOTS_TEXT, sizeof *reports->snapshots, &snapshots,
                   &reports->snapshot_count)) {
        return false;
    }
    reports->snapshots = snapshots;
    reports->snapshot_room = reports->snapshot_count;
    if (!load_rows(cache, NOTICES_TEXT, sizeof *reports->notices, &notices,
                   &reports->notice_count)) {
        return false;
    }
    reports->notices = notices;
    reports->notice_room = reports->notice_count;
    reports->month_from_ms = words[0];
    reports->month_end_ms = words[1];
    reports->week_from_ms = words[2];
    reports->week_end_ms = words[3];
    reports->utc_offset_min = words[4];
    reports->is_on = words[5];
    reports->written_ms = words[6];
    reports->written_count = words[7];
    return true;
}
