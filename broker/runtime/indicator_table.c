/* indicator_table.c: the catalogue: every figure of this version, its parts behind it.
 *
 * A definition is one sentence that says what is divided by what, complete enough to recount
 * the figure from `sanji tail`. Whoever changes what a row counts raises its version. "Open
 * past RESOLVE" = open, not resolved, and RESOLVE's due time has passed. "When due" = the
 * window counts by the limit that was missed, or by the resolution of a case that kept it.
 *
 * Source: reference/domain.md 8.
 */
#include <stddef.h>

#include "broker/runtime/indicator_inside.h"

enum {
    VERSION = 1,
    MEDIAN = 500,
    P90 = 900
};

#define ROW(code, part, kind_, by, zh, en, gather_, measure_, argument_, text)             \
    {                                                                                      \
        .definition = {code, part, INDICATOR_##kind_, by, zh, en, text, VERSION, false},   \
        .gather = GATHER_##gather_, .measure = indicator_measure_##measure_,               \
        .argument = (argument_)                                                            \
    }

#define SHARE(code, part, by, zh, en, measure, argument, text)                             \
    ROW(code, part, SHARE, by, zh, en, SUM, measure, argument, text)

#define TIER_ROW(part, tier_, text)                                                        \
    SHARE("I04", part, "closed", "分层化解率", "resolved by tier", tier, tier_,            \
          text " / all closed")

#define SOURCE_TEXT                                                                        \
    "reports accepted or handled on the spot (a rejected one, 104 and 105 included, is "   \
    "neither) / reports received"
#define SOURCE_ROW(part, source)                                                           \
    SHARE("I06", part, "received", "有效上报率", "valid reports", valid_report, source,    \
          SOURCE_TEXT)

/* Six rows a segment: mean, median, p90, natural and working. */
#define RANKED(code, part, zh, en, argument_, permille, text)                              \
    {                                                                                      \
        .definition = {code,    part, INDICATOR_PERCENTILE, "closed", zh, en, text,        \
                       VERSION, false},                                                    \
        .gather = GATHER_RANK, .rank_permille = (permille),                                \
        .measure = indicator_measure_segment, .argument = (argument_)                      \
    }
#define SEGMENT_ROWS(code, segment_, zh, en, text)                                         \
    ROW(code, NULL, MEAN, "closed", zh, en, SUM, segment, (segment_)*SEGMENT_CLOCKS,       \
        text "; natural seconds without suspensions: sum / cases"),                        \
        RANKED(code, "NATURAL_MEDIAN", zh, en, (segment_)*SEGMENT_CLOCKS, MEDIAN,          \
               text "; natural seconds without suspensions: nearest rank 50 %"),           \
        RANKED(code, "NATURAL_P90", zh, en, (segment_)*SEGMENT_CLOCKS, P90,                \
               text "; natural seconds without suspensions: nearest rank 90 %"),           \
        ROW(code, "WORKING_MEAN", MEAN, "closed", zh, en, SUM, segment,                    \
            (segment_)*SEGMENT_CLOCKS + 1,                                                 \
            text "; working seconds without suspensions: sum / cases"),                    \
        RANKED(code, "WORKING_MEDIAN", zh, en, (segment_)*SEGMENT_CLOCKS + 1, MEDIAN,      \
               text "; working seconds without suspensions: nearest rank 50 %"),           \
        RANKED(code, "WORKING_P90", zh, en, (segment_)*SEGMENT_CLOCKS + 1, P90,            \
               text "; working seconds without suspensions: nearest rank 90 %")

#define CAUSE_ROW(part, cause)                                                             \
    SHARE("I25", part, "accepted", "升级率", "escalated", escalated,                       \
          SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_##cause,                               \
          "cases with a CaseEscalated of this cause / cases accepted; a case may stand "   \
          "under several")

#define OPEN_ROW(part, measure, argument, text)                                            \
    ROW("I36", part, COUNT, "now", "积压", "open cases", COUNT, measure, argument, text)
#define STATE_ROW(state)                                                                   \
    OPEN_ROW("STATE_" #state, open_state, STATE_##state, "cases in this state now")
#define HELD_ROW(tier)                                                                     \
    OPEN_ROW("TIER_" #tier, open_tier, TIER_##tier, "open cases held at this tier now")
#define AGE_ROW(part, place, text)                                                         \
    OPEN_ROW("AGE_" part, open_age, place, "open cases received " text " ago")

static const struct indicator_row rows[] = {
    SHARE("I01", NULL, "closed", "自行处置率", "handled locally", local, 0,
          "closed with local = true (never by the municipal platform) / all closed"),
    SHARE(
        "I02", NULL, "due", "自行处置完成率", "local completion", local_completed, 0,
        "closed locally / closed locally + open past RESOLVE below the municipal platform; "
        "when due"),
    SHARE("I03", NULL, "closed", "网格自处置率", "handled on the spot", self_handled, 0,
          "closed with resolution SELF_HANDLED / all closed"),
    TIER_ROW(NULL, 0, "closed cases whose resolving tier is known"),
    TIER_ROW("GRID_COMMITTEE", TIER_COMMITTEE,
             "closed cases resolved by a residents' committee's desk or on the spot by the "
             "grid"),
    TIER_ROW("COMMUNITY", TIER_COMMUNITY, "closed cases resolved at a community's desk"),
    TIER_ROW("SUBDISTRICT", TIER_SUBDISTRICT,
             "closed cases resolved at the sub-district's desk"),
    TIER_ROW("MUNICIPAL", TIER_MUNICIPAL,
             "closed cases resolved by the municipal platform"),
    SHARE("I05", NULL, "received", "立案率", "accepted", accepted, 0,
          "accepted or handled on the spot / these + rejected"),
    SHARE("I05", "REJECTED", "received", "不予受理率", "rejected", rejected, 0,
          "rejected / accepted or handled on the spot + rejected"),
    SOURCE_ROW(NULL, 0),
    SOURCE_ROW("HANDHELD", SANJI__SOURCE__SOURCE_HANDHELD),
    SOURCE_ROW("HOTLINE_12345", SANJI__SOURCE__SOURCE_HOTLINE_12345),
    SOURCE_ROW("VIDEO", SANJI__SOURCE__SOURCE_VIDEO),
    SOURCE_ROW("IOT", SANJI__SOURCE__SOURCE_IOT),
    SOURCE_ROW("RESIDENT_APP", SANJI__SOURCE__SOURCE_RESIDENT_APP),
    SOURCE_ROW("SUPERIOR", SANJI__SOURCE__SOURCE_SUPERIOR),
    SOURCE_ROW("WALK_IN", SANJI__SOURCE__SOURCE_WALK_IN),
    SOURCE_ROW("INSPECTION", SANJI__SOURCE__SOURCE_INSPECTION),
    SHARE("I08", NULL, "received", "主动发现率", "found by ourselves", proactive, 0,
          "source HANDHELD, VIDEO, IOT or INSPECTION / cases accepted or handled on the "
          "spot"),

    SHARE("I10", NULL, "received", "按时受理率", "accepted in time", accept_in_time, 0,
          "reports whose ACCEPT never fired / reports received"),
    SHARE("I11", NULL, "accepted", "按时派遣率", "dispatched in time", dispatch_in_time, 0,
          "cases whose first DISPATCH did not fire / cases accepted"),
    SHARE("I12", NULL, "due", "按时处置率", "resolved in time", resolved_in_time, 0,
          "resolved and RESOLVE never missed / resolved + open past RESOLVE; when due"),
    SHARE("I13", NULL, "due", "结案率", "closed", closed_of_due, 0,
          "closed / resolved + open past RESOLVE; when due"),
    SHARE("I13", "IN_TIME", "due", "按期结案率", "closed in time", closed_in_time, 0,
          "closed with in_time / resolved + open past RESOLVE; when due"),
    ROW("I15", NULL, INDEX, "closed", "超时倍数", "overrun", SUM, overrun, 0,
        "of cases closed late: sum of (used - limit) / limit in permille / 1000 x cases; "
        "on the clock of RESOLVE, without suspensions"),
    ROW("I15", "MAX", INDEX, "closed", "超时倍数", "overrun", WORST, overrun_worst, 0,
        "the worst of the cases closed late: used - limit / limit in seconds; on the clock "
        "of RESOLVE, without suspensions"),
    SHARE(
        "I16", NULL, "offered", "签收及时率", "acknowledged in time", acked, 0,
        "offers acknowledged (an offer whose ACK fired cannot be) / offers made; declined, "
        "recalled and waiting ones are not acknowledged"),
    SHARE("I18", NULL, "received", "首次反馈及时率", "first feedback in time",
          feedback_in_time, 0,
          "FEEDBACK did not fire / accepted cases whose reporter wants contact"),

    SEGMENT_ROWS("I20", SEGMENT_DISCOVERY, "发现用时", "time to report",
                 "observed to received, where the source says when and was not marked 901"),
    SEGMENT_ROWS("I21", SEGMENT_DISPATCH, "派遣用时", "time to first offer",
                 "received to first offer, of cases that were offered"),
    SEGMENT_ROWS("I22", SEGMENT_HANDLING, "处置用时", "time to resolve",
                 "first offer to the resolution that stands, of cases that were offered"),
    SEGMENT_ROWS("I23", SEGMENT_CLOSING, "反馈用时", "time to close",
                 "the resolution that stands to closed"),
    SEGMENT_ROWS("I24", SEGMENT_WHOLE, "全程用时", "time in all", "received to closed"),
    ROW("I24", "SUSPENDED_MEAN", MEAN, "closed", "全程用时", "time in all", SUM, suspended,
        0, "suspended from receipt to closing; natural seconds: sum / cases"),
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

const struct indicator_row *indicator_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

/* I09 and I19 are not in the catalogue. */
const char *indicator_unbuilt(void)
{
    return "I07 I14 I17 I26 I27 I28 I29 I37 I38 I39 I40 I41 I42 I43 I44 I45 I46 I47 I48";
}
