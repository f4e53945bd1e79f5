/* explain_say.h: sentences in both languages, for the files that explain records.
 *
 * A sentence is made twice, once in each language, from the labels of its time.
 */
#ifndef SANJI_EXPLAIN_SAY_H
#define SANJI_EXPLAIN_SAY_H

#include "workers/sanji/explain_timer.h"

enum {
    TELLER_DURATION_SIZE = 24
};

struct teller {
    const struct explain_moment *moment;
    const struct rules *rules;
    json_t *list;
};

/* Takes both; a text that is not UTF-8 (a damaged log) is left out. */
void teller_say(const struct teller *teller, json_t *zh, json_t *en);
const char *teller_zh(const struct teller *teller, enum label_group group, int number);
const char *teller_en(const struct teller *teller, enum label_group group, int number);
/* "2h05m"; below a minute "42s". Returns text. */
const char *teller_duration(uint64_t seconds, char text[TELLER_DURATION_SIZE]);
/* A reason code in words; nothing for 0. */
void teller_reason(const struct teller *teller, unsigned code);

/* What bodies of each owner say; false: not one of theirs that has anything to say. */
bool explain_intake(const struct teller *teller, const Sanji__Envelope *envelope);
bool explain_routing(const struct teller *teller, const Sanji__Envelope *envelope);

#endif
