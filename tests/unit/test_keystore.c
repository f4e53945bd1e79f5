/* test_keystore.c: keys that outlive a start, and those that must not outlive an erasure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/arena.h"
#include "tests/unit/scratch.h"
#include "workers/intake/keystore.h"
#include "workers/intake/seal.h"

#define CASE_A "37049900320200815000007"
#define CASE_B "37049900320200815000008"

enum {
    PATH_SIZE = 128
};

struct place {
    char root[SCRATCH_PATH_SIZE];
    char keys[96];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    scratch_make(place->root);
    print_text(place->keys, sizeof place->keys, "%s/keys", place->root);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    scratch_remove(place->root);
    free(place);
    return 0;
}

static struct keystore *open_store(const struct place *place)
{
    struct keystore *keystore = NULL;
    struct fault fault = {0};
    const enum status status = keystore_open(place->keys, NULL, &keystore, &fault);
    if (status != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return keystore;
}

static void a_key_is_the_same_after_a_start(void **state)
{
    uint8_t before[KEYSTORE_KEY_SIZE];
    uint8_t after[KEYSTORE_KEY_SIZE];
    uint32_t key_no = 0;
    struct keystore *keystore = open_store(*state);
    assert_int_equal(keystore_next(keystore, &key_no), STATUS_OK);
    assert_int_equal(keystore_get(keystore, key_no, before), STATUS_OK);
    keystore_close(&keystore);
    keystore = open_store(*state);
    assert_int_equal(keystore_get(keystore, key_no, after), STATUS_OK);
    assert_memory_equal(before, after, sizeof before);
    keystore_close(&keystore);
}

static void a_key_is_never_given_twice_also_after_a_start(void **state)
{
    uint32_t first = 0;
    uint32_t second = 0;
    uint32_t third = 0;
    struct keystore *keystore = open_store(*state);
    assert_int_equal(keystore_next(keystore, &first), STATUS_OK);
    assert_int_equal(keystore_next(keystore, &second), STATUS_OK);
    assert_true(second > first);
    keystore_close(&keystore);
    keystore = open_store(*state);
    assert_int_equal(keystore_next(keystore, &third), STATUS_OK);
    assert_true(third > second);
    keystore_close(&keystore);
}

static void more_than_a_block_of_keys_can_be_had(void **state)
{
    uint32_t last = 0;
    uint8_t key[KEYSTORE_KEY_SIZE];
    struct keystore *keystore = open_store(*state);
    for (int i = 0; i < KEYSTORE_BLOCK + 10; i++) {
        uint32_t key_no = 0;
        assert_int_equal(keystore_next(keystore, &key_no), STATUS_OK);
        assert_true(key_no > last);
        last = key_no;
    }
    assert_int_equal(keystore_get(keystore, last, key), STATUS_OK);
    keystore_close(&keystore);
}

static void a_destroyed_key_is_gone_also_from_a_copy_made_before(void **state)
{
    const struct place *place = *state;
    uint8_t key[KEYSTORE_KEY_SIZE];
    uint32_t key_no = 0;
    char slots[PATH_SIZE];
    char before[PATH_SIZE];
    print_text(slots, sizeof slots, "%s/slots", place->keys);
    print_text(before, sizeof before, "%s/slots.before", place->root);
    struct keystore *keystore = open_store(place);
    assert_int_equal(keystore_next(keystore, &key_no), STATUS_OK);
    scratch_copy(slots, before);
    assert_int_equal(keystore_destroy(keystore, key_no), STATUS_OK);
    assert_int_equal(keystore_get(keystore, key_no, key), STATUS_ERASED);
    assert_int_equal(keystore_destroy(keystore, key_no), STATUS_OK); // twice does no harm
    assert_int_equal(keystore_renew(keystore), STATUS_OK);
    assert_int_equal(keystore_get(keystore, key_no, key), STATUS_ERASED);
    keystore_close(&keystore);
    // The old slots under the new key of keys: nothing opens them any more.
    scratch_copy(before, slots);
    struct fault fault = {0};
    assert_int_equal(keystore_open(place->keys, NULL, &keystore, &fault), STATUS_CORRUPT);
    assert_non_null(strstr(fault.text, "kek"));
}

static void a_renewal_keeps_every_other_key(void **state)
{
    uint8_t before[KEYSTORE_KEY_SIZE];
    uint8_t after[KEYSTORE_KEY_SIZE];
    uint8_t hmac_before[KEYSTORE_HMAC_SIZE];
    uint8_t hmac_after[KEYSTORE_HMAC_SIZE];
    const struct bytes message = {.data = (const uint8_t *)"t7-000412", .size = 9};
    uint32_t key_no = 0;
    struct keystore *keystore = open_store(*state);
    assert_int_equal(keystore_next(keystore, &key_no), STATUS_OK);
    assert_int_equal(keystore_get(keystore, key_no, before), STATUS_OK);
    keystore_hmac(keystore, message, hmac_before);
    assert_int_equal(keystore_renew(keystore), STATUS_OK);
    assert_int_equal(keystore_get(keystore, key_no, after), STATUS_OK);
    assert_memory_equal(before, after, sizeof before);
    keystore_close(&keystore);
    keystore = open_store(*state);
    keystore_hmac(keystore, message, hmac_after);
    assert_memory_equal(hmac_before, hmac_after, sizeof hmac_before);
    keystore_close(&keystore);
}

/* The renewal stopped after kek.new was written and before slots were renamed: the old key
 * holds. After the rename and before the second: the new one does. */
static void a_crash_in_a_renewal_leaves_one_key_that_works(void **state)
{
    const struct place *place = *state;
    uint8_t key[KEYSTORE_KEY_SIZE];
    uint32_t key_no = 0;
    char kek[PATH_SIZE];
    char kek_new[PATH_SIZE];
    char kek_old[PATH_SIZE];
    print_text(kek, sizeof kek, "%s/kek", place->keys);
    print_text(kek_new, sizeof kek_new, "%s/kek.new", place->keys);
    print_text(kek_old, sizeof kek_old, "%s/kek.old", place->root);
    struct keystore *keystore = open_store(place);
    assert_int_equal(keystore_next(keystore, &key_no), STATUS_OK);
    keystore_close(&keystore);
    uint8_t other[32];
    memset(other, 0x5a, sizeof other); // a key that nothing was wrapped with
    scratch_write(kek_new, other, sizeof other);
    assert_int_equal(chmod(kek_new, 0600), 0);
    keystore = open_store(place);
    assert_int_equal(keystore_get(keystore, key_no, key), STATUS_OK);
    scratch_copy(kek, kek_old);
    assert_int_equal(keystore_renew(keystore), STATUS_OK);
    keystore_close(&keystore);
    assert_int_equal(rename(kek, kek_new), 0);
    scratch_copy(kek_old, kek);
    keystore = open_store(place);
    assert_int_equal(keystore_get(keystore, key_no, key), STATUS_OK);
    keystore_close(&keystore);
}

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    (void)signal(SIGXFSZ, SIG_IGN); // a write beyond it then fails
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A disk that is full leaves files cut short: half a key must not stop the starts after it. */
static void a_first_key_that_was_half_written_is_made_anew(void **state)
{
    const struct place *place = *state;
    struct keystore *keystore = NULL;
    struct fault fault;
    limit_file_size(KEYSTORE_KEY_SIZE / 2);
    const enum status full = keystore_open(place->keys, NULL, &keystore, &fault);
    limit_file_size(RLIM_INFINITY);
    assert_int_equal(full, STATUS_CANNOT_START);
    keystore = open_store(place);
    keystore_close(&keystore);
}

static void a_renewal_on_a_full_disk_leaves_the_old_key(void **state)
{
    const struct place *place = *state;
    uint8_t key[KEYSTORE_KEY_SIZE];
    uint32_t key_no = 0;
    struct keystore *keystore = open_store(place);
    assert_int_equal(keystore_next(keystore, &key_no), STATUS_OK);
    limit_file_size(KEYSTORE_KEY_SIZE / 2);
    const enum status full = keystore_renew(keystore);
    limit_file_size(RLIM_INFINITY);
    assert_int_equal(full, STATUS_IO);
    assert_int_equal(keystore_get(keystore, key_no, key), STATUS_OK);
    keystore_close(&keystore);
    keystore = open_store(place);
    assert_int_equal(keystore_get(keystore, key_no, key), STATUS_OK);
    keystore_close(&keystore);
}

static void a_key_file_that_others_may_read_is_refused(void **state)
{
    const struct place *place = *state;
    char path[PATH_SIZE];
    struct fault fault = {0};
    struct keystore *keystore = open_store(place);
    keystore_close(&keystore);
    print_text(path, sizeof path, "%s/kek", place->keys);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(keystore_open(place->keys, NULL, &keystore, &fault),
                     STATUS_CANNOT_START);
    assert_non_null(strstr(fault.text, "chmod 600"));
    assert_null(keystore);
}

static void a_kek_of_the_wrong_size_is_refused(void **state)
{
    const struct place *place = *state;
    char path[PATH_SIZE];
    struct fault fault = {0};
    struct keystore *keystore = open_store(place);
    keystore_close(&keystore);
    print_text(path, sizeof path, "%s/kek", place->keys);
    assert_int_equal(truncate(path, 31), 0);
    assert_int_equal(keystore_open(place->keys, NULL, &keystore, &fault),
                     STATUS_CANNOT_START);
}

static void a_lost_kek_is_said_not_replaced(void **state)
{
    const struct place *place = *state;
    char path[PATH_SIZE];
    struct fault fault = {0};
    struct keystore *keystore = open_store(place);
    keystore_close(&keystore);
    print_text(path, sizeof path, "%s/kek", place->keys);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keystore_open(place->keys, NULL, &keystore, &fault), STATUS_CORRUPT);
}

static void a_slot_outside_the_store_is_not_found(void **state)
{
    uint8_t key[KEYSTORE_KEY_SIZE];
    struct keystore *keystore = open_store(*state);
    assert_int_equal(keystore_get(keystore, 0, key), STATUS_NOT_FOUND);
    assert_int_equal(keystore_get(keystore, 1U << 30, key), STATUS_NOT_FOUND);
    assert_int_equal(keystore_destroy(keystore, 1), STATUS_NOT_FOUND);
    keystore_close(&keystore);
}

static void a_sealed_text_opens_only_for_its_case_and_field(void **state)
{
    struct keystore *keystore = open_store(*state);
    struct arena *arena = arena_new(65536);
    Sanji__Sealed sealed;
    char *text = NULL;
    uint32_t key_no = 0;
    assert_int_equal(keystore_next(keystore, &key_no), STATUS_OK);
    assert_int_equal(seal_close(keystore, key_no, (struct seal_about){CASE_A, "text"},
                                "东门有车", arena, &sealed),
                     STATUS_OK);
    assert_int_equal(
        seal_open(keystore, &sealed, (struct seal_about){CASE_A, "text"}, arena, &text),
        STATUS_OK);
    assert_string_equal(text, "东门有车");
    assert_int_equal(
        seal_open(keystore, &sealed, (struct seal_about){CASE_B, "text"}, arena, &text),
        STATUS_CORRUPT);
    assert_int_equal(
        seal_open(keystore, &sealed, (struct seal_about){CASE_A, "contact"}, arena, &text),
        STATUS_CORRUPT);
    sealed.box.data[0] ^= 1;
    assert_int_equal(
        seal_open(keystore, &sealed, (struct seal_about){CASE_A, "text"}, arena, &text),
        STATUS_CORRUPT);
    sealed.box.data[0] ^= 1;
    assert_int_equal(keystore_destroy(keystore, key_no), STATUS_OK);
    assert_int_equal(
        seal_open(keystore, &sealed, (struct seal_about){CASE_A, "text"}, arena, &text),
        STATUS_ERASED);
    arena_free(&arena);
    keystore_close(&keystore);
}

#define WITH_PLACE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(a_key_is_the_same_after_a_start),
        WITH_PLACE(a_key_is_never_given_twice_also_after_a_start),
        WITH_PLACE(more_than_a_block_of_keys_can_be_had),
        WITH_PLACE(a_destroyed_key_is_gone_also_from_a_copy_made_before),
        WITH_PLACE(a_renewal_keeps_every_other_key),
        WITH_PLACE(a_crash_in_a_renewal_leaves_one_key_that_works),
        WITH_PLACE(a_first_key_that_was_half_written_is_made_anew),
        WITH_PLACE(a_renewal_on_a_full_disk_leaves_the_old_key),
        WITH_PLACE(a_key_file_that_others_may_read_is_refused),
        WITH_PLACE(a_kek_of_the_wrong_size_is_refused),
        WITH_PLACE(a_lost_kek_is_said_not_replaced),
        WITH_PLACE(a_slot_outside_the_store_is_not_found),
        WITH_PLACE(a_sealed_text_opens_only_for_its_case_and_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
