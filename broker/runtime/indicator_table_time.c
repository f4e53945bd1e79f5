/* indicator_table_time.c: I10 to I24: kept in time, and how long it took. */
#include "broker/runtime/indicator_table.h"

#define IN_TIME_TEXT                                                                       \
    "cases that were resolved and never missed a RESOLVE limit, neither the first nor "    \
    "the "                                                                                 \
    "one after a failed check or a reopening; each case once, whatever became of it"

#define SEVERITY_ROW(severity)                                                             \
    SHARE("I12", #severity, "due", "按时处置率", "resolved in time", resolved_in_time,     \
          SEVERITY_##severity, "of cases of this severity now; else as the whole")
#define MAJOR_ROW(major, number)                                                           \
    SHARE("I12", "CATEGORY_" major, "due", "按时处置率", "resolved in time",               \
          resolved_in_time, IN_TIME_MAJOR + (number),                                      \
          "of cases of this major category now; else as the whole")

#define HELD_TEXT                                                                          \
    "holdings that took no more than their share / holdings of resolved cases, each from " \
    "getting the case to handing it over or resolving it; share = RESOLVE's limit / "      \
    "holdings of the case; on the clock of RESOLVE, without suspensions; what is below a " \
    "second is no holding"
#define HOLDER_ROW(tier)                                                                   \
    SHARE("I14", #tier, "handed over", "分段按时率", "kept by holders", held, TIER_##tier, \
          "holdings by this tier; else as the whole")

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

static const struct indicator_row rows[] = {
    SHARE("I10", NULL, "received", "按时受理率", "accepted in time", accept_in_time, 0,
          "reports whose ACCEPT never fired / reports received"),
    SHARE("I11", NULL, "accepted", "按时派遣率", "dispatched in time", dispatch_in_time, 0,
          "cases whose first DISPATCH did not fire / cases accepted"),
    SHARE("I12", NULL, "due", "按时处置率", "resolved in time", resolved_in_time,
          IN_TIME_ALL, IN_TIME_TEXT " / resolved + open past RESOLVE; when due"),
    SHARE("I12", "UPSTREAM", "due", "按时处置率", "resolved in time", resolved_in_time,
          IN_TIME_UPSTREAM,
          "of cases that the municipal platform has or resolved: " IN_TIME_TEXT
          " / resolved + open past RESOLVE; when due"),
    SEVERITY_ROW(S1),
    SEVERITY_ROW(S2),
    SEVERITY_ROW(S3),
    SEVERITY_ROW(S4),
    MAJOR_ROW("01", 1),
    MAJOR_ROW("02", 2),
    MAJOR_ROW("03", 3),
    MAJOR_ROW("04", 4),
    MAJOR_ROW("05", 5),
    MAJOR_ROW("06", 6),
    MAJOR_ROW("07", 7),
    MAJOR_ROW("08", 8),
    MAJOR_ROW("09", 9),
    MAJOR_ROW("10", 10),
    MAJOR_ROW("11", 11),
    SHARE("I13", NULL, "due", "结案率", "closed", closed_of_due, 0,
          "closed / resolved + open past RESOLVE; when due"),
    SHARE("I13", "IN_TIME", "due", "按期结案率", "closed in time", closed_in_time, 0,
          "closed with in_time / resolved + open past RESOLVE; when due"),
    ROW("I14", NULL, SHARE, "handed over", "分段按时率", "kept by holders", SUM, held, 0,
        HELD_TEXT),
    HOLDER_ROW(GRID),
    HOLDER_ROW(COMMITTEE),
    HOLDER_ROW(COMMUNITY),
    HOLDER_ROW(SUBDISTRICT),
    HOLDER_ROW(MUNICIPAL),
    SHARE("I14", "LAST", "handed over", "分段按时率", "kept by holders", held_last, 0,
          "as the whole, but only the desk that had the case when it was resolved"),
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
    SHARE("I17", NULL, "dispatched", "派遣准确率", "sent to the right desk", well_directed,
          0,
          "cases without an approved return for the wrong grid, category or department "
          "(201, 202, 204) / cases offered to a worker"),
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
};

GROUP(time);
