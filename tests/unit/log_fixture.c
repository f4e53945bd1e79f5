/* log_fixture.c: see log_fixture.h. */
#include "tests/unit/log_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/log_inside.h"
#include "tests/unit/scratch.h"

enum {
    FLIPPED_BIT = 0x10
};

int fixture_begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    scratch_make(fixture->root);
    print_text(fixture->directory, sizeof fixture->directory, "%s/log", fixture->root);
    fixture->options =
        (struct log_options){.map_size_bytes = UINT64_C(256) << 20, .allow_any_fs = true};
    *state = fixture;
    return 0;
}

int fixture_end(void **state)
{
    struct fixture *fixture = *state;
    log_close(&fixture->log);
    scratch_remove(fixture->root);
    free(fixture);
    return 0;
}

const char *fixture_path(const struct fixture *fixture, const char *name)
{
    static char path[2 * FIXTURE_PATH_SIZE];
    print_text(path, sizeof path, "%s/%s", fixture->root, name);
    return path;
}

void fixture_open(struct fixture *fixture)
{
    enum status status =
        log_open(fixture->directory, &fixture->options, &fixture->log, &fixture->fault);
    if (status != STATUS_OK) {
        fail_msg("%s: %s", status_name(status), fixture->fault.text);
    }
}

void fixture_refused(struct fixture *fixture, enum status status, const char *word)
{
    struct log *log = NULL;
    enum status got =
        log_open(fixture->directory, &fixture->options, &log, &fixture->fault);
    assert_null(log);
    assert_string_equal(status_name(got), status_name(status));
    assert_int_equal(fixture->fault.status, status);
    if (strstr(fixture->fault.text, word) == NULL) {
        fail_msg("no \"%s\" in: %s", word, fixture->fault.text);
    }
}

struct bytes fixture_envelope(uint64_t seq)
{
    static char text[FIXTURE_RECORD_SIZE];
    memset(text, '.', sizeof text);
    int length = snprintf(text, sizeof text, "record %06llu ", (unsigned long long)seq);
    assert_true(length > 0 && (size_t)length < sizeof text);
    text[length] = '.';
    return (struct bytes){.data = (const uint8_t *)text, .size = sizeof text};
}

void fixture_header(uint64_t seq, int64_t stamp_ms, struct bytes envelope,
                    uint8_t out[RECORD_HEADER_SIZE])
{
    struct record_header header = {.recorded_at_ms = stamp_ms,
                                   .case_key = UINT64_C(20200815000000) + seq,
                                   .type = (uint8_t)(seq % 2 + 1),
                                   .writer = 1};
    record_header_pack(&header, out);
    header.crc = record_crc(out, crc32c(0, envelope.data, envelope.size));
    record_header_pack(&header, out);
}

void fixture_put(struct fixture *fixture, unsigned count)
{
    uint64_t head = log_meta(fixture->log).head;
    uint64_t seq = head;
    for (unsigned i = 0; i < count; i++) {
        uint8_t header[RECORD_HEADER_SIZE];
        struct bytes envelope = fixture_envelope(head + i + 1);
        fixture_header(head + i + 1, (int64_t)(head + i + 1) * FIXTURE_STEP_MS, envelope,
                       header);
        assert_int_equal(log_put(fixture->log, header, envelope, &seq), STATUS_OK);
        assert_int_equal(seq, head + i + 1);
    }
}

void fixture_append(struct fixture *fixture, unsigned count)
{
    assert_int_equal(log_begin(fixture->log), STATUS_OK);
    fixture_put(fixture, count);
    assert_int_equal(log_commit(fixture->log), STATUS_OK);
}

static bool check_next(void *context, const struct record *record)
{
    uint64_t *count = context;
    struct bytes expected = fixture_envelope(record->seq);
    (*count)++;
    assert_int_equal(record->seq, *count);
    assert_int_equal(record->envelope.size, expected.size);
    assert_memory_equal(record->envelope.data, expected.data, expected.size);
    assert_int_equal(record->header.recorded_at_ms, (int64_t)record->seq * FIXTURE_STEP_MS);
    return true;
}

void fixture_holds(struct fixture *fixture, uint64_t head)
{
    uint64_t count = 0;
    uint64_t next = 0;
    assert_int_equal(
        log_read(fixture->log, 1, UINT64_MAX, UINT32_MAX, check_next, &count, &next),
        STATUS_OK);
    assert_int_equal(count, head);
    assert_int_equal(next, head + 1);
    assert_int_equal(log_meta(fixture->log).head, head);
}

unsigned fixture_flip(const char *path, const char *needle, long offset)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size > 0);
    uint8_t *bytes = malloc((size_t)size);
    assert_non_null(bytes);
    rewind(file);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), (size_t)size);
    unsigned count = 0;
    uint8_t *end = bytes + size;
    for (uint8_t *at = bytes; at < end; at++) {
        at = memmem(at, (size_t)(end - at), needle, strlen(needle));
        if (at == NULL) {
            break;
        }
        long place = (long)(at - bytes) + offset;
        assert_true(place >= 0 && place < size);
        assert_int_equal(fseek(file, place, SEEK_SET), 0);
        assert_int_equal(fputc(bytes[place] ^ FLIPPED_BIT, file),
                         (uint8_t)(bytes[place] ^ FLIPPED_BIT));
        count++;
    }
    free(bytes);
    assert_int_equal(fclose(file), 0);
    return count;
}

void fixture_damage(const struct fixture *fixture, uint64_t seq)
{
    char needle[32];
    int length = snprintf(needle, sizeof needle, "record %06llu ", (unsigned long long)seq);
    assert_true(length > 0 && (size_t)length < sizeof needle);
    // LMDB may have left an older copy of the page somewhere; all of them are hit.
    assert_true(fixture_flip(fixture_path(fixture, "log/log.mdb"), needle, 40) >= 1);
}

void fixture_tamper(const struct fixture *fixture, bool in_readers, size_t table,
                    struct bytes key, struct bytes value)
{
    struct fault fault;
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi tables[ENV_TABLES_MAX] = {0};
    struct env_spec spec = in_readers ? log_readers_spec(fixture->directory, false)
                                      : log_spec(fixture->directory, false);
    assert_int_equal(env_open(&spec, &env, tables, &fault), STATUS_OK);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    MDB_val raw_key = env_val(key);
    MDB_val raw_value = env_val(value);
    if (value.data == NULL) {
        assert_int_equal(mdb_del(txn, tables[table], &raw_key, NULL), 0);
    } else {
        assert_int_equal(mdb_put(txn, tables[table], &raw_key, &raw_value, 0), 0);
    }
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}
