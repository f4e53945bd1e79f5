/* pii.c: see pii.h. */
#include "tests/sim/pii.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    MOBILE_SIZE = 11,
    IDENTITY_SIZE = 18,
    CARD_SIZE_MIN = 16,
    CARD_SIZE_MAX = 19,
    SIGN_SIZE = 3, /* a Chinese sign in UTF-8 */
    PLATE_SIZE = 5
};

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static unsigned digit(const uint8_t *at)
{
    return (unsigned)(*at - '0');
}

static unsigned number(const uint8_t *at, size_t size)
{
    unsigned value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value * 10 + digit(at + i);
    }
    return value;
}

static bool is_identity(const uint8_t *at, uint8_t check)
{
    static const unsigned weights[IDENTITY_SIZE - 1] = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                        3, 7, 9,  10, 5, 8, 4, 2};
    const unsigned year = number(at + 6, 4);
    const unsigned month = number(at + 10, 2);
    const unsigned day = number(at + 12, 2);
    if (year < 1900 || year > 2100 || month < 1 || month > 12 || day < 1 || day > 31) {
        return false;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < IDENTITY_SIZE - 1; i++) {
        sum += weights[i] * digit(at + i);
    }
    const uint8_t must = (uint8_t) "10X98765432"[sum % 11];
    return check == must || (must == 'X' && check == 'x');
}

static bool is_card(const uint8_t *at, size_t size)
{
    const unsigned two = number(at, 2);
    if (size < CARD_SIZE_MIN || size > CARD_SIZE_MAX ||
        (two != 62 && two / 10 != 4 && (two < 51 || two > 55))) {
        return false;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++) {
        const unsigned one = digit(at + size - 1 - i);
        const unsigned twice = one * 2;
        sum += i % 2 == 0 ? one : twice > 9 ? twice - 9 : twice;
    }
    return sum % 10 == 0;
}

static bool is_mobile(const uint8_t *at, size_t size)
{
    return size == MOBILE_SIZE && at[0] == '1' && at[1] >= '3';
}

/* A province's sign, a letter, five letters or digits of which one is a digit. */
static bool is_plate(const uint8_t *at, size_t left)
{
    static const char signs[] =
        "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
    bool is_sign = false;
    if (left < SIGN_SIZE + 1 + PLATE_SIZE) {
        return false;
    }
    for (size_t i = 0; i + 1 < sizeof signs && !is_sign; i += SIGN_SIZE) {
        is_sign = memcmp(at, signs + i, SIGN_SIZE) == 0;
    }
    if (!is_sign || at[SIGN_SIZE] < 'A' || at[SIGN_SIZE] > 'Z') {
        return false;
    }
    size_t digits = 0;
    for (size_t i = 1; i <= PLATE_SIZE; i++) {
        const uint8_t byte = at[SIGN_SIZE + i];
        if (!is_digit(byte) && (byte < 'A' || byte > 'Z')) {
            return false;
        }
        digits += is_digit(byte) ? 1 : 0;
    }
    return digits > 0;
}

static const char *judge_run(const uint8_t *at, size_t size, uint8_t after)
{
    if (is_mobile(at, size)) {
        return "a mobile number";
    }
    if (size == IDENTITY_SIZE && is_identity(at, at[IDENTITY_SIZE - 1])) {
        return "an identity number";
    }
    if (size == IDENTITY_SIZE - 1 && (after == 'X' || after == 'x') &&
        is_identity(at, after)) {
        return "an identity number";
    }
    return size >= CARD_SIZE_MIN && is_card(at, size) ? "a bank card" : NULL;
}

size_t pii_count(struct bytes bytes, const char **what)
{
    size_t count = 0;
    size_t at = 0;
    while (at < bytes.size) {
        const char *found = NULL;
        size_t size = 1;
        if (is_digit(bytes.data[at])) {
            while (at + size < bytes.size && is_digit(bytes.data[at + size])) {
                size++;
            }
            const uint8_t after = at + size < bytes.size ? bytes.data[at + size] : 0;
            found = judge_run(bytes.data + at, size, after);
        } else if (bytes.data[at] >= 0xE4 && is_plate(bytes.data + at, bytes.size - at)) {
            found = "a plate";
        }
        if (found != NULL) {
            count++;
            if (what != NULL) {
                *what = found;
            }
        }
        at += size;
    }
    return count;
}
