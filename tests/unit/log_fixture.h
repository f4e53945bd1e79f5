/* log_fixture.h: a directory of its own, a log in it, and records that can be told apart. */
#ifndef TESTS_UNIT_LOG_FIXTURE_H
#define TESTS_UNIT_LOG_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* clang-format off */
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include "store/log.h"

enum {
    FIXTURE_PATH_SIZE = 256,
    FIXTURE_RECORD_SIZE = 300,
    FIXTURE_STEP_MS = 10 /* record n is stamped n * 10 */
};

struct fixture {
    char root[FIXTURE_PATH_SIZE];
    char directory[FIXTURE_PATH_SIZE]; /* of the log; made by log_open */
    struct log_options options;
    struct fault fault;
    struct log *log;
};

/* cmocka's set-up and tear-down: *state is the fixture; the log is not open yet. */
int fixture_begin(void **state);
int fixture_end(void **state);

/* "ROOT/NAME"; good until the next call. */
const char *fixture_path(const struct fixture *fixture, const char *name);

/* Opens or asserts with the fault's text. */
void fixture_open(struct fixture *fixture);
/* Opens and asserts that it is refused so. */
void fixture_refused(struct fixture *fixture, enum status status, const char *word);

/* One batch of `count` records, committed. */
void fixture_append(struct fixture *fixture, unsigned count);
/* Puts records into the open batch; stamps go by number. */
void fixture_put(struct fixture *fixture, unsigned count);

/* The text in record n ("record 000012 ..."), and its header, packed with its sum. */
struct bytes fixture_envelope(uint64_t seq);
void fixture_header(uint64_t seq, int64_t stamp_ms, struct bytes envelope,
                    uint8_t out[RECORD_HEADER_SIZE]);

/* Asserts that the log holds exactly records 1 to `head`, whole. */
void fixture_holds(struct fixture *fixture, uint64_t head);

/* Flips one bit of every place in a file where `needle` stands, `offset` behind its begin.
 * Returns how many there were. */
unsigned fixture_flip(const char *path, const char *needle, long offset);
/* The same for record n of the fixture's log, in its envelope. */
void fixture_damage(const struct fixture *fixture, uint64_t seq);

/* Writes (value.data NULL: deletes) a row of the closed log behind its back. `table` is an
 * enum log_table, or with `in_readers` an enum readers_table. */
void fixture_tamper(const struct fixture *fixture, bool in_readers, size_t table,
                    struct bytes key, struct bytes value);

#endif
