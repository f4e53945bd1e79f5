/* test_casepack.c: what is packed comes back as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "broker/runtime/casepack.h"

static size_t comes_back(const struct kase *kase)
{
    uint8_t packed[CASEPACK_SIZE_MAX];
    struct kase read;
    memset(&read, 0x5a, sizeof read);
    const size_t size = casepack_write(kase, packed);
    assert_true(size <= sizeof packed);
    casepack_read(packed, size, &read);
    assert_memory_equal(kase, &read, sizeof read);
    return size;
}

static void a_case_of_zeros_is_small(void **state)
{
    (void)state;
    struct kase kase;
    memset(&kase, 0, sizeof kase);
    assert_true(comes_back(&kase) < 32);
}

static void a_case_without_a_zero_fits(void **state)
{
    (void)state;
    struct kase kase;
    memset(&kase, 0xff, sizeof kase);
    assert_true(comes_back(&kase) > sizeof kase);
}

static void every_pattern_of_gaps_comes_back(void **state)
{
    (void)state;
    struct kase kase;
    uint8_t *bytes = (uint8_t *)&kase;
    for (size_t gap = 0; gap < 300; gap += gap < 8 ? 1 : 37) {
        for (size_t run = 1; run < 600; run += run < 8 ? 1 : 51) {
            for (size_t i = 0; i < sizeof kase; i++) {
                bytes[i] = i % (gap + run) < gap ? 0 : (uint8_t)(1 + i % 255);
            }
            (void)comes_back(&kase); // its size is of no interest here
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_of_zeros_is_small),
        cmocka_unit_test(a_case_without_a_zero_fits),
        cmocka_unit_test(every_pattern_of_gaps_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
