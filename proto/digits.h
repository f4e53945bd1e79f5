/* digits.h: fixed-width decimals, the one way numbers stand in our names. No sign, no blanks,
 * zeros in front. */
#ifndef PROTO_DIGITS_H
#define PROTO_DIGITS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/* True when the next `width` characters are digits; the number goes to *value, which is
 * untouched otherwise. Stops at a NUL, so `text` may be shorter. width 1..19. */
static inline bool digits_read(const char *text, unsigned width, uint64_t *value)
{
    assert(width > 0 && width < 20);
    uint64_t sum = 0;
    for (unsigned i = 0; i < width; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        sum = sum * 10 + (uint64_t)(text[i] - '0');
    }
    *value = sum;
    return true;
}

/* Writes exactly `width` digits at `at`, no NUL. Returns where the next character goes.
 * `value` must fit: a name cut short would be somebody else's. */
static inline char *digits_write(char *at, unsigned width, uint64_t value)
{
    for (unsigned i = width; i > 0; i--) {
        at[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    assert(value == 0);
    return at + width;
}

#endif
