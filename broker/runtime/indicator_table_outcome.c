/* indicator_table_outcome.c: I01 to I08: what came in, what was closed, and by whom. */
#include "broker/runtime/indicator_table.h"

#define TIER_ROW(part, tier_, text)                                                        \
    SHARE("I04", part, "closed", "分层化解率", "resolved by tier", tier, tier_,            \
          text " / all closed")

#define SOURCE_TEXT                                                                        \
    "reports accepted or handled on the spot (a rejected one, 104 and 105 included, is "   \
    "neither) / reports received"
#define SOURCE_ROW(part, source)                                                           \
    SHARE("I06", part, "received", "有效上报率", "valid reports", valid_report, source,    \
          SOURCE_TEXT)

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
    SHARE("I07", NULL, "received", "重复率", "repeated", merged, 0,
          "reports merged into another case and not unmerged / reports received"),
    SHARE("I08", NULL, "received", "主动发现率", "found by ourselves", proactive, 0,
          "source HANDHELD, VIDEO, IOT or INSPECTION / cases accepted or handled on the "
          "spot"),
};

GROUP(outcome);
