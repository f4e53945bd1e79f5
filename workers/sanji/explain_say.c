/* explain_say.c: see explain_say.h. */
#include "workers/sanji/explain_say.h"

#include <stdio.h>

enum {
    S_PER_MIN = 60,
    S_PER_HOUR = 3600
};

void teller_say(const struct teller *teller, json_t *zh, json_t *en)
{
    if (zh != NULL && en != NULL) {
        json_t *both = json_object();
        json_object_set(both, "zh", zh);
        json_object_set(both, "en", en);
        json_array_append_new(teller->list, both);
    }
    json_decref(zh);
    json_decref(en);
}

const char *teller_zh(const struct teller *teller, enum label_group group, int number)
{
    return label_of(teller->rules, group, number, false);
}

const char *teller_en(const struct teller *teller, enum label_group group, int number)
{
    return label_of(teller->rules, group, number, true);
}

const char *teller_duration(uint64_t seconds, char text[TELLER_DURATION_SIZE])
{
    if (seconds < S_PER_MIN) {
        (void)snprintf(text, TELLER_DURATION_SIZE, "%us", (unsigned)seconds);
    } else if (seconds < S_PER_HOUR) {
        (void)snprintf(text, TELLER_DURATION_SIZE, "%um%02us",
                       (unsigned)(seconds / S_PER_MIN), (unsigned)(seconds % S_PER_MIN));
    } else {
        (void)snprintf(text, TELLER_DURATION_SIZE, "%lluh%02um",
                       (unsigned long long)(seconds / S_PER_HOUR),
                       (unsigned)(seconds % S_PER_HOUR / S_PER_MIN));
    }
    return text;
}

void teller_reason(const struct teller *teller, unsigned code)
{
    if (code != 0) {
        teller_say(
            teller,
            json_sprintf("理由 %u %s", code, label_reason(teller->rules, code, false)),
            json_sprintf("reason %u, %s", code, label_reason(teller->rules, code, true)));
    }
}
