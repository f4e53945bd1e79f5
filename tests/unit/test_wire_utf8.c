/* test_wire_utf8.c: wire_is_utf8 against RFC 3629 written another way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/wire.h"

// Decodes the bits first, then asks whether the value may be there.
static bool is_code_point(const uint8_t *at, size_t size)
{
    static const uint32_t smallest[] = {0, 1, 0x80, 0x800, 0x10000};
    uint32_t value = size == 1 ? at[0] : at[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return false;
        }
        value = value << 6 | (at[i] & 0x3fU);
    }
    return value >= smallest[size] && value <= 0x10ffff &&
           (value < 0xd800 || value > 0xdfff);
}

static size_t length_by_first_byte(uint8_t byte)
{
    if (byte < 0x80) {
        return 1;
    }
    if ((byte & 0xe0) == 0xc0) {
        return 2;
    }
    if ((byte & 0xf0) == 0xe0) {
        return 3;
    }
    return (byte & 0xf8) == 0xf0 ? 4 : 0;
}

// Independent of wire_is_utf8: true when `size` bytes are well-formed code points.
static bool is_text(const uint8_t *at, size_t size)
{
    while (size > 0) {
        size_t length = length_by_first_byte(*at);
        if (length == 0 || length > size || !is_code_point(at, length)) {
            return false;
        }
        at += length;
        size -= length;
    }
    return true;
}

static void utf8_is_right_for_every_run_of_up_to_three_bytes(void **state)
{
    (void)state;
    for (uint32_t run = 0; run < 1U << 24; run++) {
        const uint8_t text[] = {(uint8_t)(run >> 16), (uint8_t)(run >> 8), (uint8_t)run};
        // Short runs once, then those whose first byte is not plain ASCII.
        bool skip_run = run > 0xffff && text[0] < 0x7f;
        size_t from = run <= 0xff ? 2 : run <= 0xffff ? 1 : 0;
        struct bytes view = {.data = text + from, .size = sizeof text - from};
        if (!skip_run && wire_is_utf8(view) != is_text(view.data, view.size)) {
            fail_msg("%02x %02x %02x", text[0], text[1], text[2]);
        }
    }
}

static void utf8_is_right_at_the_edges_of_four_bytes(void **state)
{
    (void)state;

    enum {
        COUNT = 10
    };

    static const uint8_t edges[COUNT] = {0x00, 0x7f, 0x80, 0x8f, 0x90,
                                         0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    for (unsigned first = 0xe0; first <= 0xff; first++) {
        for (unsigned second = 0; second <= 0xff; second++) {
            for (size_t i = 0; i < (size_t)COUNT * COUNT; i++) {
                const uint8_t text[] = {(uint8_t)first, (uint8_t)second, edges[i / COUNT],
                                        edges[i % COUNT]};
                struct bytes view = {.data = text, .size = sizeof text};
                assert_true(wire_is_utf8(view) == is_text(text, sizeof text));
            }
        }
    }
}

static void every_code_point_of_four_bytes_is_text_and_nul_is_not(void **state)
{
    (void)state;
    for (uint32_t point = 0x10000; point <= 0x10ffff; point++) {
        const uint8_t text[] = {
            (uint8_t)(0xf0 | point >> 18), (uint8_t)(0x80 | (point >> 12 & 0x3f)),
            (uint8_t)(0x80 | (point >> 6 & 0x3f)), (uint8_t)(0x80 | (point & 0x3f))};
        if (!wire_is_utf8((struct bytes){text, sizeof text})) {
            fail_msg("U+%06X", point);
        }
    }
    assert_true(wire_is_utf8((struct bytes){.data = NULL, .size = 0}));
    assert_false(wire_is_utf8((struct bytes){(const uint8_t[]){0}, 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_right_for_every_run_of_up_to_three_bytes),
        cmocka_unit_test(utf8_is_right_at_the_edges_of_four_bytes),
        cmocka_unit_test(every_code_point_of_four_bytes_is_text_and_nul_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
