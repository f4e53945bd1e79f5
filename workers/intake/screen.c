/* screen.c: see screen.h. */
#include "workers/intake/screen.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    IDENTITY_DIGITS = 18,
    MOBILE_DIGITS = 11,
    CARD_DIGITS_MIN = 16,
    CARD_DIGITS_MAX = 19,
    PLATE_SIGN_BYTES = 3, /* a CJK character in UTF-8 */
    PLATE_TAIL_MIN = 5,
    PLATE_TAIL_MAX = 6
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static unsigned number(const char *digits, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value * 10U + (unsigned)(digits[i] - '0');
    }
    return value;
}

/* 6 digits of area, yyyymmdd, 3 digits, check digit 0-9 or X.
 * Source: GB 11643-1999 (ISO 7064 MOD 11-2). */
static bool is_identity(const char *run, size_t digits)
{
    static const unsigned weights[IDENTITY_DIGITS - 1] = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                          3, 7, 9,  10, 5, 8, 4, 2};
    static const char checks[] = "10X98765432";
    if (digits < IDENTITY_DIGITS - 1) {
        return false;
    }
    const unsigned year = number(run + 6, 4);
    const unsigned month = number(run + 10, 2);
    const unsigned day = number(run + 12, 2);
    if (year < 1850 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31) {
        return false;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < IDENTITY_DIGITS - 1; i++) {
        sum += weights[i] * (unsigned)(run[i] - '0');
    }
    const char last = run[IDENTITY_DIGITS - 1];
    const char check = checks[sum % 11];
    return last == check || (check == 'X' && last == 'x');
}

static bool is_mobile(const char *run, size_t digits)
{
    return digits == MOBILE_DIGITS && run[0] == '1' && run[1] >= '3';
}

/* Source: ISO/IEC 7812-1, annex B (the Luhn formula). */
static bool is_card(const char *run, size_t digits)
{
    if (digits < CARD_DIGITS_MIN || digits > CARD_DIGITS_MAX) {
        return false;
    }
    const unsigned head = number(run, 2);
    if (run[0] != '4' && head != 62 && (head < 51 || head > 55)) {
        return false;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < digits; i++) {
        unsigned digit = (unsigned)(run[digits - 1 - i] - '0');
        if (i % 2 == 1) {
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        }
        sum += digit;
    }
    return sum % 10 == 0;
}

/* One run of digits, looked at as a whole; identity numbers may end in X. */
static enum screen_hit run_hit(const char *run, size_t digits)
{
    const bool whole = digits == IDENTITY_DIGITS ||
                       (digits == IDENTITY_DIGITS - 1 && (run[digits] | 0x20) == 'x');
    if (whole && is_identity(run, digits)) {
        return SCREEN_IDENTITY;
    }
    if (is_mobile(run, digits)) {
        return SCREEN_MOBILE;
    }
    return is_card(run, digits) ? SCREEN_CARD : SCREEN_CLEAN;
}

static bool is_plate_char(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z' && c != 'I' && c != 'O');
}

/* Source: GA 36-2018, signs of the provinces. */
static bool is_plate(const char *text)
{
    static const char signs[] =
        "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领";
    if (strlen(text) < PLATE_SIGN_BYTES + 1 + PLATE_TAIL_MIN) {
        return false;
    }
    bool province = false;
    for (size_t i = 0; i + PLATE_SIGN_BYTES < sizeof signs; i += PLATE_SIGN_BYTES) {
        province |= memcmp(text, signs + i, PLATE_SIGN_BYTES) == 0;
    }
    const char *tail = text + PLATE_SIGN_BYTES + 1;
    size_t count = 0;
    while (count < PLATE_TAIL_MAX && is_plate_char(tail[count])) {
        count++;
    }
    return province && text[PLATE_SIGN_BYTES] >= 'A' && text[PLATE_SIGN_BYTES] <= 'Z' &&
           count >= PLATE_TAIL_MIN;
}

enum screen_hit screen_text(const char *text)
{
    enum screen_hit worst = SCREEN_CLEAN;
    for (const char *at = text; at != NULL && *at != '\0';) {
        enum screen_hit hit = SCREEN_CLEAN;
        size_t step = 1;
        if (is_digit(*at)) {
            step = strspn(at, "0123456789");
            hit = run_hit(at, step);
        } else if (is_plate(at)) {
            hit = SCREEN_PLATE;
        }
        if (hit != SCREEN_CLEAN && (worst == SCREEN_CLEAN || hit < worst)) {
            worst = hit;
        }
        at += step;
    }
    return worst;
}

const char *screen_name(enum screen_hit hit)
{
    static const char *const names[] = {
        [SCREEN_CLEAN] = "",
        [SCREEN_IDENTITY] = "身份证号 identity number",
        [SCREEN_MOBILE] = "手机号 mobile number",
        [SCREEN_CARD] = "银行卡号 bank card number",
        [SCREEN_PLATE] = "车牌号 licence plate",
    };
    assert(hit <= SCREEN_PLATE);
    return names[hit];
}
