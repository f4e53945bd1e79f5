/* indicator_table_staff.c: I37 to I48: workers, the five items of appraisal, privacy, the system. */
#include "broker/runtime/indicator_table.h"

enum {
    GINI = 0,
    MAX_MEAN = 16,
    CV = 32,
    JAIN = 48, // + the role, see indicator_total_spread
    MAJOR_CARE = 7
};

#define OF_PERSONS(code, part, by, zh, en, total_, argument_, text)                        \
    {                                                                                      \
        .definition = {code, part, INDICATOR_SHARE, by, zh, en, text, VERSION, true},      \
        .gather = GATHER_TOTAL, .total = indicator_total_##total_, .argument = (argument_) \
    }

#define SPREAD_TEXT                                                                        \
    "minutes x of the last 7 days of the n workers of the role with a home in the scope "  \
    "who were on duty in these days (assigned, handled on the spot, patrols); ask for "    \
    "one "                                                                                 \
    "community's with --area; "
#define EVEN(part, role)                                                                   \
    TOTAL("I37", part "_GINI", INDEX, "7d", "负荷均衡", "even load", spread,               \
          GINI + (role), SPREAD_TEXT "Gini: sum of (2i - n - 1) x_i / n x sum of x"),      \
        TOTAL("I37", part "_MAX_MEAN", INDEX, "7d", "负荷均衡", "even load", spread,       \
              MAX_MEAN + (role), SPREAD_TEXT "largest x n / sum of x"),                    \
        TOTAL("I37", part "_CV", INDEX, "7d", "负荷均衡", "even load", spread,             \
              CV + (role),                                                                 \
              SPREAD_TEXT "standard deviation / mean: 1000 root of (n sum of x^2 - (sum "  \
                          "of x)^2) / 1000 sum of x"),                                     \
        TOTAL("I37", part "_JAIN", INDEX, "7d", "负荷均衡", "even load", spread,           \
              JAIN + (role), SPREAD_TEXT "Jain: (sum of x)^2 / n x sum of x^2")

static const struct indicator_row rows[] = {
    TOTAL("I37", NULL, INDEX, "7d", "负荷均衡", "even load", spread,
          GINI + SANJI__ROLE__ROLE_FULLTIME,
          "of full-time workers: " SPREAD_TEXT "Gini: sum of (2i - n - 1) x_i / n x sum of "
          "x"),
    EVEN("FULLTIME", SANJI__ROLE__ROLE_FULLTIME),
    EVEN("PROFESSIONAL", SANJI__ROLE__ROLE_PROFESSIONAL),
    EVEN("SOCIAL_WORKER", SANJI__ROLE__ROLE_SOCIAL_WORKER),
    EVEN("VOLUNTEER", SANJI__ROLE__ROLE_VOLUNTEER),
    EVEN("BUILDING_HEAD", SANJI__ROLE__ROLE_BUILDING_HEAD),
    TOTAL("I38", NULL, INDEX, "now", "利用率", "utilisation", utilisation, 0,
          "minutes offered or in hand / minutes of capacity a day, of workers on duty now"),
    OF_PERSONS("I38", "ABOVE_85", "now", "利用率", "utilisation", utilised, 0,
               "workers above 85 % / workers on duty now"),
    TOTAL("I39", NULL, INDEX, "now", "户均", "households per worker", households, 0,
          "households of the basic grids / full-time workers with a home grid there"),
    TOTAL("I39", "PERSONS", INDEX, "now", "人均", "residents per worker", households, 1,
          "residents of the basic grids / full-time workers with a home grid there"),
    TOTAL("I40", NULL, SHARE, "month", "信息更新率", "registry kept up to date", nothing, 0,
          "units that the registry updated within 30 days / units due, delivered by the "
          "registry as two numbers; nothing was delivered"),
    TOTAL("I41", NULL, SHARE, "reported", "巡查走访率", "patrols", coverage, 0,
          "cells visited / cells planned, of CoverageReported"),
    TOTAL("I41", "VISITS", COUNT, "reported", "走访数", "visits", coverage, 1,
          "visits of CoverageReported; the log does not say how many were planned"),
    TOTAL("I42", NULL, SHARE, "month", "掌握情况", "registry complete", nothing, 0,
          "complete entries / entries, delivered by the registry as two numbers, never of "
          "persons; nothing was delivered"),
    {.definition = {"I43", NULL, INDICATOR_PERCENTILE, "received", "即时报送",
                    "reported at once",
                    "natural seconds from seeing to reporting, of cases by handheld whose "
                    "time was not marked 901: nearest rank 50 %; never a number of reports",
                    VERSION, false},
     .gather = GATHER_RANK,
     .rank_permille = MEDIAN,
     .measure = indicator_measure_reported_after},
    SHARE("I43", "VALID", "received", "有效上报率", "valid reports", valid_report,
          SANJI__SOURCE__SOURCE_HANDHELD,
          "reports by handheld accepted or handled on the spot / reports by handheld"),
    SHARE("I44", NULL, "due", "事项处置", "resolved by workers", resolved_in_time,
          IN_TIME_WORKED, "I12 of the cases that a worker took on (the newest who did)"),
    ROW("I44", "ACKED", SHARE, "offered", "签收及时率", "acknowledged in time", SUM, acked,
        0, "I16: offers acknowledged / offers made"),
    SHARE("I44", "HOLDER", "handed over", "分段按时率", "kept by holders", held_last, 1,
          "I14 LAST of the cases that a worker took on"),
    SHARE("I44", "REWORKED", "checked", "返工率", "reworked", reworked, 0,
          "I35: cases with a failed check / cases checked"),
    OF_PERSONS("I45", NULL, "received", "异常自处置", "alone unusually often", alone, 0,
               "workers who handled more than 3 times the median of their role on the spot "
               "/ workers who handled any; over a week; a reason to look, not a penalty"),
    ROW("I45", "PHOTO_REPEATS", COUNT, "received", "照片重复", "photos sent twice", COUNT,
        photo_again, 0,
        "cases handled on the spot with a photo (by its SHA-256) that an earlier report "
        "had"),
    SHARE("I46", NULL, "due", "特殊关爱及时率", "special care in time", resolved_in_time,
          IN_TIME_MAJOR + MAJOR_CARE, "I12 of the cases of category 07"),
    SHARE("I46", "SOCIAL_WORKER", "closed", "社工处置率", "by social workers", by_social,
          MAJOR_CARE,
          "closed cases of category 07 last taken on by a social worker / those that any "
          "worker took on"),
    ROW("I47", NULL, COUNT, "read", "隐私读取", "sealed text read", COUNT, reads, 0,
        "RestrictedRead granted; what the door refused (personal data in clear fields) "
        "leaves no record, so the log cannot tell it"),
    ROW("I47", "DENIED", COUNT, "read", "读取被拒", "reading refused", COUNT, reads, 1,
        "StatementRefused of `read`, and RestrictedRead not granted"),
    ROW("I47", "NO_CASE_ROLE", COUNT, "read", "非案件角色读取", "read from outside", COUNT,
        reads, 2,
        "RestrictedRead granted to somebody who neither had the case in hand nor spoke for "
        "its holder, its owner or intake"),
    TOTAL("I48", NULL, PERCENTILE, "fired", "计时准确", "timers on time", late, 0,
          "milliseconds that timers fired late: nearest rank 99 %, to a sixteenth of its "
          "value; how long receipts took and how far a reader lags is not in the log: see "
          "`sanji status`"),
    TOTAL("I48", "FIRED", COUNT, "fired", "到时数", "timers fired", counted, 0,
          "timers that fired"),
    TOTAL("I48", "AFTER_RESTART", COUNT, "fired", "重启后到时", "fired after a restart",
          counted, 1, "of these, by a stage that had just been started"),
    TOTAL("I48", "FOUND", COUNT, "recorded", "审计发现", "found by audit", counted, 2,
          "AuditFound in the whole log, whatever the area: records that are wrong, gaps "
          "among them"),
    TOTAL("I48", "STARTS", COUNT, "recorded", "启动次数", "starts", counted, 3,
          "LogOpened in the whole log, whatever the area"),
};

GROUP(staff);
