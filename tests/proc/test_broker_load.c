/* test_broker_load.c: a million records beside readers that do not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/vocab.h"
#include "tests/proc/peer.h"

#ifdef __SANITIZE_ADDRESS__
// Its own memory would be measured, so only the work is done, and less of it.
static const uint64_t records_wanted = 50000;
static const uint64_t rss_max_bytes = UINT64_MAX;
#else
static const uint64_t records_wanted = 1000000;
static const uint64_t rss_max_bytes = 64 * 1024 * 1024;
#endif

enum {
    RECORDS_OF_APPEND = 400,
    ENVELOPE_SIZE = 512,
    IN_FLIGHT = 12
};

static void pack(struct peer_packed *packed)
{
    static uint8_t envelope[ENVELOPE_SIZE];
    memset(envelope, 'x', sizeof(envelope));
    struct bytes wire = {envelope, sizeof(envelope)};
    struct record_header header = {.type = EVENT_SAID,
                                   .crc = crc32c(0, envelope, ENVELOPE_SIZE)};
    for (int i = 0; i < RECORDS_OF_APPEND; i++) {
        packed->size += record_write(packed->data + packed->size, 0, &header, wire);
        packed->count++;
    }
}

static void memory_stays_bounded_beside_readers_that_do_not_read(void **state)
{
    (void)state;
    static const char *const options[] = {"--bench", NULL};
    static struct peer_packed packed;
    struct harness harness;
    struct program broker = {0};
    struct peer bench;
    struct peer stopped;
    struct peer late;
    harness_open(&harness);
    program_start(&broker, &harness, "sanji-broker", options);
    (void)program_wait_line(&broker, "READY");
    peer_open(&bench, &harness, "log");
    peer_open_narrow(&stopped, &harness, "log");
    peer_open(&late, &harness, "log");
    (void)peer_hello(&stopped, "", false);
    peer_follow(&stopped, 1, 1, NULL); // and nothing is ever received again
    Sanji__Welcome welcome = peer_hello(&bench, "bench-1", true);
    pack(&packed);
    uint64_t last = records_wanted / RECORDS_OF_APPEND;
    uint64_t sent = 0;
    uint64_t acked = 0;
    while (acked < last) {
        for (; sent < last && sent - acked < IN_FLIGHT; sent++) {
            Sanji__Append append = SANJI__APPEND__INIT;
            append.epoch = welcome.session_epoch;
            append.batch_no = sent + 1;
            append.read_up_to = 1;
            append.count = packed.count;
            append.keeps_cursor = true;
            peer_append(&bench, append, peer_packed_bytes(&packed));
        }
        acked = peer_appended(&bench).batch_no;
    }
    uint64_t rss_bytes = program_rss_anon_bytes(&broker);
    print_message("rss_anon %llu bytes\n", (unsigned long long)rss_bytes);
    assert_true(rss_bytes > 0);
    assert_true(rss_bytes <= rss_max_bytes);
    // The others are not held up by it.
    Sanji__Welcome reader = peer_hello(&late, "", false);
    assert_int_equal(reader.head, last * RECORDS_OF_APPEND + 1);
    peer_follow(&late, 1, reader.head, NULL);
    assert_int_equal(peer_records(&late).upto, reader.head);
    peer_close(&bench);
    peer_close(&stopped);
    peer_close(&late);
    harness_close(&harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_stays_bounded_beside_readers_that_do_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
