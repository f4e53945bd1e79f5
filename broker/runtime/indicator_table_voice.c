/* indicator_table_voice.c: I30 to I36: what reporters say, what did not hold, what is open. */
#include "broker/runtime/indicator_table.h"

#define OPEN_ROW(part, measure, argument, text)                                            \
    ROW("I36", part, COUNT, "now", "积压", "open cases", COUNT, measure, argument, text)
#define STATE_ROW(state)                                                                   \
    OPEN_ROW("STATE_" #state, open_state, STATE_##state, "cases in this state now")
#define HELD_ROW(tier)                                                                     \
    OPEN_ROW("TIER_" #tier, open_tier, TIER_##tier, "open cases held at this tier now")
#define AGE_ROW(part, place, text)                                                         \
    OPEN_ROW("AGE_" part, open_age, place, "open cases received " text " ago")

static const struct indicator_row rows[] = {
    SHARE(
        "I30", NULL, "revisit", "群众满意度", "satisfied", satisfied, 0,
        "VERY + SATISFIED / cases with a valid answer (VERY to VERY_UNSATISFIED), by their "
        "newest one; read it beside I34"),
    SHARE("I31", NULL, "received", "响应率", "contacted in time", contacted_in_time, 0,
          "first ReporterInformed before FEEDBACK fired / accepted cases whose reporter "
          "wants contact"),
    SHARE("I32", NULL, "revisit", "解决率", "solved", solved, 0,
          "solved = true / cases with a valid answer, by their newest one"),
    ROW("I33", NULL, MEAN, "revisit", "满意度得分", "satisfaction score", SUM, score, 0,
        "sum of 100, 80, 50, 0, -100 for VERY to VERY_UNSATISFIED / cases with a valid "
        "answer, by their newest one"),
    SHARE("I34", NULL, "revisit", "回访覆盖率", "revisits answered", revisited, 0,
          "cases with a valid answer / cases that a revisit was tried for or whose REVISIT "
          "fired"),
    SHARE("I35", NULL, "checked", "返工率", "reworked", reworked, 0,
          "cases with a failed check / cases checked, automatic passes included"),
    SHARE(
        "I35", "REOPENED", "closed", "重开率", "reopened", reopened, 0,
        "of cases that were closed in the window, also those whose closing did not stand: "
        "reopened at any time, at the revisit or after closing / all"),

    OPEN_ROW(NULL, open, 0, "open cases now"),
    STATE_ROW(RECEIVED),
    STATE_ROW(VERIFYING),
    STATE_ROW(ACCEPTED),
    STATE_ROW(ASSIGNING),
    STATE_ROW(DISPATCHED),
    STATE_ROW(IN_PROGRESS),
    STATE_ROW(SUSPENDED),
    STATE_ROW(UPSTREAM),
    STATE_ROW(RESOLVED),
    STATE_ROW(REVISIT),
    HELD_ROW(GRID),
    HELD_ROW(COMMITTEE),
    HELD_ROW(COMMUNITY),
    HELD_ROW(SUBDISTRICT),
    HELD_ROW(MUNICIPAL),
    AGE_ROW("0_1D", 0, "less than 1 day"),
    AGE_ROW("1_3D", 1, "1 to 3 days"),
    AGE_ROW("3_7D", 2, "3 to 7 days"),
    AGE_ROW("7_15D", 3, "7 to 15 days"),
    AGE_ROW("15_60D", 4, "15 to 60 days"),
    AGE_ROW("60D_UP", 5, "60 days or more"),
    ROW("I36", "LITTLE", INDEX, "received", "积压", "open cases", LITTLE, segment,
        (SEGMENT_WHOLE)*SEGMENT_CLOCKS,
        "what Little's law expects to be open: cases received in the window x mean natural "
        "seconds from receipt to closing of those closed in it / seconds of the window"),
};

GROUP(voice);
