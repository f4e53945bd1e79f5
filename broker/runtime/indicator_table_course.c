/* indicator_table_course.c: I25 to I29: which way cases went. */
#include "broker/runtime/indicator_table.h"

#define CAUSE_ROW(part, cause)                                                             \
    SHARE("I25", part, "accepted", "升级率", "escalated", escalated,                       \
          SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_##cause,                               \
          "cases with a CaseEscalated of this cause / cases accepted; a case may stand "   \
          "under several")

static const struct indicator_row rows[] = {
    SHARE("I25", NULL, "accepted", "升级率", "escalated", escalated, 0,
          "cases with at least one CaseEscalated / cases accepted"),
    CAUSE_ROW("HOLDER_REQUEST", HOLDER_REQUEST),
    CAUSE_ROW("ACK_EXHAUSTED", ACK_EXHAUSTED),
    CAUSE_ROW("DEADLINE", DEADLINE),
    CAUSE_ROW("SEVERITY_RULE", SEVERITY_RULE),
    CAUSE_ROW("NO_AUTHORITY", NO_AUTHORITY),
    CAUSE_ROW("RETURN_DISPUTE", RETURN_DISPUTE),
    CAUSE_ROW("UNSATISFIED", UNSATISFIED),
    CAUSE_ROW("MANUAL", MANUAL),
    CAUSE_ROW("OVERLOAD", OVERLOAD),
    ROW("I25", "LEVELS", MEAN, "accepted", "升级率", "escalated", SUM, levels, 0,
        "number of CaseEscalated / cases accepted"),
    SHARE("I26", NULL, "accepted", "吹哨率", "asked for help", assisted, 0,
          "cases with an AssistRequested / cases accepted; a band (3 to 12 %), neither low "
          "nor high is good"),
    SHARE("I27", NULL, "accepted", "退回率", "returned", returned, 1,
          "cases with an approved return / cases accepted"),
    SHARE("I27", "TWICE", "accepted", "来回率", "returned twice", returned, 2,
          "cases with two or more approved returns / cases accepted"),
    SHARE("I28", NULL, "due", "延期率", "extended", extended, 0,
          "cases with a DeadlineExtended / resolved + open past RESOLVE; when due"),
    SHARE("I28", "SUSPENDED", "due", "挂账率", "suspended", was_suspended, 0,
          "cases with a CaseSuspended / resolved + open past RESOLVE; when due"),
    ROW("I28", "OVER_60D", COUNT, "now", "积存数", "long suspended", COUNT, long_suspended,
        60, "cases suspended now, and that for more than 60 natural days"),
    ROW("I29", NULL, COUNT, "raised", "督办数", "supervised", COUNT, supervised, 0,
        "Supervised that raised the level; automatic ones included"),
    ROW("I29", "NORMAL", COUNT, "raised", "督办数", "supervised", COUNT, supervised, 1,
        "Supervised that raised the level to NORMAL"),
    ROW("I29", "YELLOW", COUNT, "raised", "督办数", "supervised", COUNT, supervised, 2,
        "Supervised that raised the level to YELLOW"),
    ROW("I29", "RED", COUNT, "raised", "督办数", "supervised", COUNT, supervised, 3,
        "Supervised that raised the level to RED"),
    ROW("I29", "POINTS", COUNT, "raised", "督办分值", "supervision points", COUNT,
        supervise_points, 0, "points of the Supervised that raised the level"),
};

GROUP(course);
