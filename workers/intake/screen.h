/* screen.h: finds personal data in a clear field (records.md 6).
 *
 *     identity number  18 digits with a real date and the right check digit
 *     mobile number    1[3-9] and nine digits, not inside a longer run of digits
 *     bank card        16 to 19 digits beginning 62, 4 or 51-55, Luhn right
 *     licence plate    a province's sign, a letter, five or six letters or digits
 *
 * All places of a text are looked at, not the first match: a redactor that stopped at the
 * first number once published the second. Source: FixMyStreet #4106.
 */
#ifndef INTAKE_SCREEN_H
#define INTAKE_SCREEN_H

enum screen_hit {
    SCREEN_CLEAN = 0,
    SCREEN_IDENTITY = 1,
    SCREEN_MOBILE = 2,
    SCREEN_CARD = 3,
    SCREEN_PLATE = 4
};

/* The gravest kind found in a text; CLEAN when there is none. NULL counts as empty. */
enum screen_hit screen_text(const char *text);

/* "mobile number 手机号": what a receipt may say; never what was found. */
const char *screen_name(enum screen_hit hit);

#endif
