/* test_crc32c.c: both ways to the same sum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/crc32c.h"
#include "proto/record.h"

typedef uint32_t (*sum_fn)(uint32_t crc, const void *data, size_t size);

// Source: RFC 3720 appendix B.4, "CRC Examples" (the sums are printed there byte by byte).
static void check_vectors(sum_fn sum)
{
    uint8_t data[32];
    memset(data, 0, sizeof data);
    assert_int_equal(sum(0, data, sizeof data), 0x8a9136aa);
    memset(data, 0xff, sizeof data);
    assert_int_equal(sum(0, data, sizeof data), 0x62a8ab43);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)i;
    }
    assert_int_equal(sum(0, data, sizeof data), 0x46dd794e);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(31 - i);
    }
    assert_int_equal(sum(0, data, sizeof data), 0x113fdb5c);
    static const uint8_t read_command[48] = {
        0x01,        0xc0,        [16] = 0x14, [22] = 0x04,
        [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02,
    };
    assert_int_equal(sum(0, read_command, sizeof read_command), 0xd9963a56);
    assert_int_equal(sum(0, "123456789", 9), 0xe3069283);
    assert_int_equal(sum(0, NULL, 0), 0);
}

static void the_table_gives_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    check_vectors(crc32c_by_table);
}

static void the_processor_gives_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    if (!crc32c_processor_can()) {
        skip();
    }
    check_vectors(crc32c_by_processor);
}

static void whichever_is_chosen_gives_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    check_vectors(crc32c);
}

static void both_agree_at_every_length_and_alignment(void **state)
{
    (void)state;
    uint8_t data[80];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 37 + 11);
    }
    for (size_t start = 0; start < 8; start++) {
        for (size_t size = 0; size <= sizeof data - start; size++) {
            uint32_t expected = crc32c_by_table(0, data + start, size);
            assert_int_equal(crc32c(0, data + start, size), expected);
        }
    }
}

static void a_sum_goes_on_over_any_split(void **state)
{
    (void)state;
    const char *text = "370499.003.01.001.B03, 370499.003.01.000.S02";
    size_t size = strlen(text);
    uint32_t whole = crc32c(0, text, size);
    for (size_t cut = 0; cut <= size; cut++) {
        uint32_t front = crc32c(0, text, cut);
        assert_int_equal(crc32c(front, text + cut, size - cut), whole);
        front = crc32c_by_table(0, text, cut);
        assert_int_equal(crc32c_by_table(front, text + cut, size - cut), whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_gives_the_vectors_of_the_rfc),
        cmocka_unit_test(the_processor_gives_the_vectors_of_the_rfc),
        cmocka_unit_test(whichever_is_chosen_gives_the_vectors_of_the_rfc),
        cmocka_unit_test(both_agree_at_every_length_and_alignment),
        cmocka_unit_test(a_sum_goes_on_over_any_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
