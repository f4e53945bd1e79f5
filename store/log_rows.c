/* log_rows.c: the rows beside the records, to bytes and back.
 *
 *     meta    0 u64 log id  8 u32 format  12 u32 epoch  16 u32 place  24 i64 clock  32 crc
 *     writer  0 u8 number   4 u32 epoch   8 u64 batch no  16 u64 first  24 u64 last
 *            32 u64 cursor 40 crc            key: the name
 *     reader  0 u64 seq     8 crc            key: the name
 */
#include <assert.h>
#include <string.h>

#include "store/log_inside.h"

static_assert(META_ROW_SIZE == 32 + ROW_CRC_SIZE, "the fields fill the row");
static_assert(WRITER_ROW_SIZE == 40 + ROW_CRC_SIZE, "the fields fill the row");
static_assert(READER_ROW_SIZE == 8 + ROW_CRC_SIZE, "the fields fill the row");

static const char *const log_tables[LOG_TABLE_COUNT] = {"log", "writers", "meta"};
static const char *const readers_tables[READERS_TABLE_COUNT] = {"readers", "owner"};

struct env_spec log_spec(const char *directory, bool read_only)
{
    return (struct env_spec){.directory = directory,
                             .name = LOG_FILE,
                             .tables = log_tables,
                             .table_count = LOG_TABLE_COUNT,
                             .read_only = read_only};
}

struct env_spec log_readers_spec(const char *directory, bool read_only)
{
    return (struct env_spec){.directory = directory,
                             .name = READERS_FILE,
                             .tables = readers_tables,
                             .table_count = READERS_TABLE_COUNT,
                             .read_only = read_only};
}

struct bytes log_meta_key(void)
{
    return env_text("log");
}

void log_meta_pack(const struct log_meta_row *row, uint8_t out[META_ROW_SIZE])
{
    memset(out, 0, META_ROW_SIZE);
    row_put64(out, row->log_id);
    row_put32(out + 8, row->format);
    row_put32(out + 12, row->epoch);
    row_put32(out + 16, row->place);
    row_put64(out + 24, (uint64_t)row->clock_ms);
    row_seal(log_meta_key(), out, META_ROW_SIZE);
}

enum status log_meta_unpack(struct bytes value, struct log_meta_row *row)
{
    // Id and format stand first and the sum last in every format, so that an old program
    // can tell a newer log from a damaged one.
    if (value.size < 12 + ROW_CRC_SIZE || !row_is_whole(log_meta_key(), value)) {
        return STATUS_CORRUPT;
    }
    uint32_t format = row_get32(value.data + 8);
    if (format != LOG_FORMAT_VERSION) {
        return STATUS_BAD_VERSION;
    }
    if (value.size != META_ROW_SIZE) {
        return STATUS_CORRUPT;
    }
    *row = (struct log_meta_row){.log_id = row_get64(value.data),
                                 .format = format,
                                 .epoch = row_get32(value.data + 12),
                                 .place = row_get32(value.data + 16),
                                 .clock_ms = (int64_t)row_get64(value.data + 24)};
    return STATUS_OK;
}

void log_writer_pack(const struct log_writer *writer, uint8_t out[WRITER_ROW_SIZE])
{
    memset(out, 0, WRITER_ROW_SIZE);
    out[0] = writer->number;
    row_put32(out + 4, writer->epoch);
    row_put64(out + 8, writer->batch_no);
    row_put64(out + 16, writer->first_seq);
    row_put64(out + 24, writer->last_seq);
    row_put64(out + 32, writer->cursor);
    row_seal(env_text(writer->name), out, WRITER_ROW_SIZE);
}

static bool copy_name(struct bytes key, char name[LOG_NAME_SIZE_MAX])
{
    if (key.size == 0 || key.size >= LOG_NAME_SIZE_MAX ||
        memchr(key.data, '\0', key.size) != NULL) {
        return false;
    }
    memset(name, 0, LOG_NAME_SIZE_MAX);
    memcpy(name, key.data, key.size);
    return true;
}

enum status log_writer_unpack(struct bytes key, struct bytes value,
                              struct log_writer *writer)
{
    struct log_writer read = {0};
    if (value.size != WRITER_ROW_SIZE || !row_is_whole(key, value) ||
        !copy_name(key, read.name)) {
        return STATUS_CORRUPT;
    }
    read.number = value.data[0];
    read.epoch = row_get32(value.data + 4);
    read.batch_no = row_get64(value.data + 8);
    read.first_seq = row_get64(value.data + 16);
    read.last_seq = row_get64(value.data + 24);
    read.cursor = row_get64(value.data + 32);
    *writer = read;
    return STATUS_OK;
}

void log_reader_pack(const char *name, uint64_t seq, uint8_t out[READER_ROW_SIZE])
{
    row_put64(out, seq);
    row_seal(env_text(name), out, READER_ROW_SIZE);
}

enum status log_reader_unpack(struct bytes key, struct bytes value,
                              char name[LOG_NAME_SIZE_MAX], uint64_t *seq)
{
    char read[LOG_NAME_SIZE_MAX];
    if (value.size != READER_ROW_SIZE || !row_is_whole(key, value) ||
        !copy_name(key, read)) {
        return STATUS_CORRUPT;
    }
    memcpy(name, read, sizeof read);
    *seq = row_get64(value.data);
    return STATUS_OK;
}

const char *log_writer_fault(const struct log_writer *writer, uint64_t head)
{
    if (writer->number == 0 || writer->number > WRITERS_MAX) {
        return "has a number that cannot be";
    }
    if (writer->first_seq > writer->last_seq) {
        return "has a last batch that ends before it begins";
    }
    if (writer->last_seq > head) {
        return "has a last batch beyond the head";
    }
    if (writer->cursor > head) {
        return "has a cursor beyond the head";
    }
    return NULL;
}
