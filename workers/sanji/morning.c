/* morning.c: see morning.h. */
#include "workers/sanji/morning.h"

#include "proto/time.h"

enum {
    MORNING_MIN = 9 * 60 + 30,
    MS_PER_MIN = 60 * 1000
};

int64_t morning_next_ms(const struct rules *rules, int64_t now_ms)
{
    const int32_t offset_min = rules_utc_offset_min(rules);
    for (int64_t day_ms = now_ms;; day_ms += TIME_DAY_MS) {
        uint32_t day = 0;
        unsigned minute = 0;
        unsigned weekday = 0;
        deadline_local(offset_min, day_ms, &day, &minute, &weekday);
        const int64_t morning_ms =
            deadline_day_start_ms(offset_min, day) + (int64_t)MORNING_MIN * MS_PER_MIN;
        const int64_t works_ms = deadline_elapsed_ms(rules_calendar(rules), CLOCK_WORKING,
                                                     morning_ms, morning_ms + MS_PER_MIN);
        if (morning_ms >= now_ms && works_ms > 0) {
            return morning_ms;
        }
    }
}
