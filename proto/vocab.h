/* vocab.h: the words of the field, as C enums and tables: number, name, Chinese, English.
 *
 * The numbers are those of vocab.proto and event.proto; test_vocab.c holds the two together
 * by walking protobuf-c's descriptors. Labels that an operator may change are data
 * (deploy/labels.yaml); what stands here is the default and the name in JSON.
 */
#ifndef PROTO_VOCAB_H
#define PROTO_VOCAB_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/org.h"
#include "proto/status.h"

/* X(NAME, number, code, owner, zh): code is the four letters of topics; owner is the writer
 * that alone may append it (enum owner); BY_KIND: depends on the timer's or statement's kind. */
#define VOCAB_EVENTS(X)                                                                    \
    X(CASE_RECEIVED, 30, "rcvd", OWNER_INTAKE, "登记")                                     \
    X(VERIFICATION_REQUESTED, 31, "vreq", OWNER_INTAKE, "要求核实")                        \
    X(VERIFICATION_REPORTED, 32, "vrep", OWNER_INTAKE, "核实结果")                         \
    X(CASE_ACCEPTED, 33, "acpt", OWNER_INTAKE, "受理")                                     \
    X(CASE_REJECTED, 34, "rjct", OWNER_INTAKE, "不予受理")                                 \
    X(CASE_MERGED, 35, "mrgd", OWNER_INTAKE, "并案")                                       \
    X(CASE_UNMERGED, 36, "umrg", OWNER_INTAKE, "撤销并案")                                 \
    X(CASE_CANCELLED, 37, "cncl", OWNER_INTAKE, "作废")                                    \
    X(CASE_RECLASSIFIED, 38, "rcls", OWNER_ESCALATION, "改类")                             \
    X(SEVERITY_CHANGED, 39, "sevc", OWNER_ESCALATION, "改级")                              \
    X(CASE_ROUTED, 40, "rout", OWNER_ESCALATION, "分流")                                   \
    X(CASE_ESCALATED, 41, "escl", OWNER_ESCALATION, "上报升级")                            \
    X(ASSIST_REQUESTED, 42, "asrq", OWNER_ESCALATION, "吹哨")                              \
    X(ASSIST_JOINED, 43, "asjn", OWNER_ESCALATION, "报到")                                 \
    X(ASSIST_DONE, 44, "asdn", OWNER_ESCALATION, "协办完成")                               \
    X(DECISION_REQUESTED, 45, "dreq", OWNER_ESCALATION, "申请")                            \
    X(DECISION_MADE, 46, "dmde", OWNER_ESCALATION, "决定")                                 \
    X(UPSTREAM_SUBMITTED, 47, "upsb", OWNER_ESCALATION, "上传市级")                        \
    X(UPSTREAM_UPDATED, 48, "upup", OWNER_ESCALATION, "市级反馈")                          \
    X(CASE_SUSPENDED, 49, "susp", OWNER_ESCALATION, "挂起")                                \
    X(CASE_RESUMED, 50, "resm", OWNER_ESCALATION, "恢复")                                  \
    X(DEADLINE_EXTENDED, 51, "extd", OWNER_ESCALATION, "延期")                             \
    X(URGED, 52, "urge", OWNER_ESCALATION, "催办")                                         \
    X(SUPERVISED, 53, "supv", OWNER_ESCALATION, "督办")                                    \
    X(DISPATCH_OFFERED, 60, "offr", OWNER_DISPATCH, "派单")                                \
    X(DISPATCH_ACKED, 61, "ackd", OWNER_DISPATCH, "签收")                                  \
    X(DISPATCH_DECLINED, 62, "decl", OWNER_DISPATCH, "拒签")                               \
    X(DISPATCH_EXPIRED, 63, "expd", OWNER_DISPATCH, "签收超时")                            \
    X(DISPATCH_RECALLED, 64, "rcal", OWNER_DISPATCH, "撤回派单")                           \
    X(ARRIVAL_REPORTED, 65, "arrv", OWNER_DISPATCH, "到场")                                \
    X(PROGRESS_REPORTED, 66, "prog", OWNER_DISPATCH, "进展")                               \
    X(CASE_RESOLVED, 67, "rslv", OWNER_DISPATCH, "处置完成")                               \
    X(REPORTER_INFORMED, 68, "infm", OWNER_INTAKE, "告知反映人")                           \
    X(CASE_SELF_HANDLED, 69, "self", OWNER_INTAKE, "自行处置")                             \
    X(CHECK_REQUESTED, 70, "creq", OWNER_INTAKE, "要求核查")                               \
    X(CHECK_COMPLETED, 71, "chck", OWNER_INTAKE, "核查")                                   \
    X(REVISIT_COMPLETED, 72, "rvst", OWNER_INTAKE, "回访")                                 \
    X(CASE_CLOSED, 73, "clsd", OWNER_INTAKE, "结案")                                       \
    X(CASE_REOPENED, 74, "rope", OWNER_INTAKE, "重开")                                     \
    X(NOTE_ADDED, 75, "note", OWNER_INTAKE, "备注")                                        \
    X(DISPATCH_EXHAUSTED, 76, "exha", OWNER_DISPATCH, "无人可派")                          \
    X(TIMER_FIRED, 81, "tfir", OWNER_BY_KIND, "到期")                                      \
    X(DUTY_CHANGED, 90, "duty", OWNER_DISPATCH, "在岗变更")                                \
    X(OVERLOAD_RAISED, 92, "ovld", OWNER_DISPATCH, "超负荷")                               \
    X(COVERAGE_REPORTED, 93, "covr", OWNER_DISPATCH, "巡查覆盖")                           \
    X(WORK_LOG_FILED, 94, "wlog", OWNER_DISPATCH, "工作日志")                              \
    X(PUBLIC_NOTICE, 100, "pubn", OWNER_AUDIT, "公示")                                     \
    X(INDICATOR_SNAPSHOT, 101, "indi", OWNER_AUDIT, "指标")                                \
    X(RESTRICTED_READ, 104, "read", OWNER_INTAKE, "查阅密文")                              \
    X(SAID, 106, "said", OWNER_INTAKE, "陈述")                                             \
    X(STATEMENT_REFUSED, 107, "rfsd", OWNER_BY_KIND, "陈述被拒")                           \
    X(KEY_DESTROYED, 108, "keyd", OWNER_INTAKE, "销毁密钥")                                \
    X(RULES_PUBLISHED, 109, "rule", OWNER_INTAKE, "规则发布")                              \
    X(AUDIT_FOUND, 110, "audf", OWNER_AUDIT, "审计发现")                                   \
    X(CHECKPOINT_SIGNED, 111, "ckpt", OWNER_AUDIT, "检查点")                               \
    X(LOG_OPENED, 112, "logo", OWNER_BROKER, "日志打开")                                   \
    X(CLOCK_MOVED, 113, "clkm", OWNER_BROKER, "时钟推进")

enum event_type {
    EVENT_NONE = 0,
#define X(name, number, code, owner, zh) EVENT_##name = (number),
    VOCAB_EVENTS(X)
#undef X
};

/* Who may append. The numbers are stable and the same as the writer's bit elsewhere. */
enum owner {
    OWNER_NONE = 0,
    OWNER_BROKER = 1,
    OWNER_INTAKE = 2,
    OWNER_ESCALATION = 3,
    OWNER_DISPATCH = 4,
    OWNER_AUDIT = 5,
    OWNER_BY_KIND = 6
};

#define VOCAB_STATES(X)                                                                    \
    X(RECEIVED, 1, "已登记", "received")                                                   \
    X(VERIFYING, 2, "核实中", "verifying")                                                 \
    X(ACCEPTED, 3, "已受理", "accepted")                                                   \
    X(ASSIGNING, 4, "待派遣", "to be dispatched")                                          \
    X(DISPATCHED, 5, "待签收", "offered")                                                  \
    X(IN_PROGRESS, 6, "处置中", "in progress")                                             \
    X(SUSPENDED, 7, "挂起", "suspended")                                                   \
    X(UPSTREAM, 8, "上级平台办理", "with the municipal platform")                          \
    X(RESOLVED, 9, "已处置待核查", "resolved, to be checked")                              \
    X(REVISIT, 10, "待回访", "to be revisited")                                            \
    X(CLOSED, 11, "已结案", "closed")                                                      \
    X(REJECTED, 12, "不予受理", "rejected")                                                \
    X(CANCELLED, 13, "作废", "cancelled")                                                  \
    X(MERGED, 14, "已并案", "merged")

enum case_state {
    STATE_NONE = 0, /* no such case yet */
#define X(name, number, zh, en) STATE_##name = (number),
    VOCAB_STATES(X)
#undef X
    STATE_COUNT = 15
};

#define VOCAB_TIMERS(X)                                                                    \
    X(ACCEPT, 1, OWNER_INTAKE, "受理时限")                                                 \
    X(VERIFY, 2, OWNER_INTAKE, "核实时限")                                                 \
    X(DISPATCH, 3, OWNER_ESCALATION, "派遣时限")                                           \
    X(ACK, 4, OWNER_DISPATCH, "签收时限")                                                  \
    X(ARRIVE, 5, OWNER_DISPATCH, "到场时限")                                               \
    X(PROGRESS, 6, OWNER_DISPATCH, "进展时限")                                             \
    X(FEEDBACK, 7, OWNER_INTAKE, "首次反馈时限")                                           \
    X(RESOLVE_WARN, 8, OWNER_ESCALATION, "处置预警")                                       \
    X(RESOLVE, 9, OWNER_ESCALATION, "处置时限")                                            \
    X(CHECK, 10, OWNER_INTAKE, "核查时限")                                                 \
    X(REVISIT, 11, OWNER_INTAKE, "回访时限")                                               \
    X(RESUME, 12, OWNER_ESCALATION, "恢复时间")                                            \
    X(REOPEN_WINDOW, 13, OWNER_INTAKE, "重开期限")                                         \
    X(DECISION, 14, OWNER_ESCALATION, "审批时限")                                          \
    X(ASSIST, 15, OWNER_ESCALATION, "报到时限")                                            \
    X(ESCALATE, 16, OWNER_ESCALATION, "逾期督办")                                          \
    X(UPSTREAM, 17, OWNER_ESCALATION, "市级催办")

enum timer_kind {
    TIMER_NONE = 0,
#define X(name, number, owner, zh) TIMER_##name = (number),
    VOCAB_TIMERS(X)
#undef X
    TIMER_COUNT = 18
};

/* X(NAME, number, decider, zh) */
#define VOCAB_STATEMENTS(X)                                                                \
    X(ACCEPT, 1, OWNER_INTAKE, "受理")                                                     \
    X(REJECT, 2, OWNER_INTAKE, "不予受理")                                                 \
    X(VERIFY, 3, OWNER_INTAKE, "要求核实")                                                 \
    X(VERIFIED, 4, OWNER_INTAKE, "核实结果")                                               \
    X(CHECK, 5, OWNER_INTAKE, "核查")                                                      \
    X(REVISIT, 6, OWNER_INTAKE, "回访")                                                    \
    X(MERGE, 7, OWNER_INTAKE, "并案")                                                      \
    X(UNMERGE, 8, OWNER_INTAKE, "撤销并案")                                                \
    X(CANCEL, 9, OWNER_INTAKE, "作废")                                                     \
    X(REOPEN, 10, OWNER_INTAKE, "重开")                                                    \
    X(INFORMED, 11, OWNER_INTAKE, "已告知")                                                \
    X(NOTE, 12, OWNER_INTAKE, "备注")                                                      \
    X(READ, 13, OWNER_INTAKE, "查阅")                                                      \
    X(ERASE, 14, OWNER_INTAKE, "销毁")                                                     \
    X(ROUTE, 20, OWNER_ESCALATION, "分流")                                                 \
    X(ESCALATE, 21, OWNER_ESCALATION, "上报")                                              \
    X(RETURN, 22, OWNER_ESCALATION, "退回")                                                \
    X(EXTEND, 23, OWNER_ESCALATION, "延期")                                                \
    X(SUSPEND, 24, OWNER_ESCALATION, "挂起")                                               \
    X(DECIDE, 25, OWNER_ESCALATION, "决定")                                                \
    X(RESUME, 26, OWNER_ESCALATION, "恢复")                                                \
    X(UPSTREAM, 27, OWNER_ESCALATION, "上传")                                              \
    X(UPSTREAM_UPDATE, 28, OWNER_ESCALATION, "市级反馈")                                   \
    X(TAKE_BACK, 29, OWNER_ESCALATION, "收回")                                             \
    X(ASSIST, 30, OWNER_ESCALATION, "吹哨")                                                \
    X(ASSIST_JOINED, 31, OWNER_ESCALATION, "报到")                                         \
    X(ASSIST_DONE, 32, OWNER_ESCALATION, "协办完成")                                       \
    X(URGE, 33, OWNER_ESCALATION, "催办")                                                  \
    X(SUPERVISE, 34, OWNER_ESCALATION, "督办")                                             \
    X(LIFT, 35, OWNER_ESCALATION, "解除督办")                                              \
    X(SEVERITY, 36, OWNER_ESCALATION, "改级")                                              \
    X(RECLASSIFY, 37, OWNER_ESCALATION, "改类")                                            \
    X(APPEAL, 38, OWNER_ESCALATION, "申诉")                                                \
    X(OFFER, 40, OWNER_DISPATCH, "派单")                                                   \
    X(ACK, 41, OWNER_DISPATCH, "签收")                                                     \
    X(DECLINE, 42, OWNER_DISPATCH, "拒签")                                                 \
    X(RECALL, 43, OWNER_DISPATCH, "撤回")                                                  \
    X(ARRIVE, 44, OWNER_DISPATCH, "到场")                                                  \
    X(PROGRESS, 45, OWNER_DISPATCH, "进展")                                                \
    X(RESOLVE, 46, OWNER_DISPATCH, "处置完成")                                             \
    X(DUTY, 47, OWNER_DISPATCH, "在岗")                                                    \
    X(COVERAGE, 48, OWNER_DISPATCH, "巡查覆盖")                                            \
    X(WORKLOG, 49, OWNER_DISPATCH, "工作日志")

enum statement_kind {
    SAY_NONE = 0,
#define X(name, number, decider, zh) SAY_##name = (number),
    VOCAB_STATEMENTS(X)
#undef X
    SAY_COUNT = 50
};

#define VOCAB_ROLES(X)                                                                     \
    X(GRID_CHIEF, 1, "网格长")                                                             \
    X(FULLTIME, 2, "专职网格员")                                                           \
    X(GUIDE, 3, "网格指导员")                                                              \
    X(PROFESSIONAL, 4, "专业网格员")                                                       \
    X(VOLUNTEER, 5, "志愿网格员")                                                          \
    X(BUILDING_HEAD, 6, "楼长")                                                            \
    X(SOCIAL_WORKER, 7, "社工")                                                            \
    X(INTAKE_OPERATOR, 8, "受理员")                                                        \
    X(DISPATCHER, 9, "派遣员")                                                             \
    X(DUTY_LEADER, 10, "带班领导")                                                         \
    X(AUDITOR, 11, "考评员")                                                               \
    X(DEPARTMENT, 12, "职能部门")                                                          \
    X(REPORTER, 13, "反映人")                                                              \
    X(SYSTEM, 14, "系统")                                                                  \
    X(MUNICIPAL, 15, "市级平台")

enum role {
    ROLE_NONE = 0,
#define X(name, number, zh) ROLE_##name = (number),
    VOCAB_ROLES(X)
#undef X
    ROLE_COUNT = 16
};

/* Hard filters of dispatch, in order; bit n-1 of Candidate.reject is filter n. */
#define VOCAB_FILTERS(X)                                                                   \
    X(DUTY, 1, "不在岗")                                                                   \
    X(SKILL, 2, "无此技能")                                                                \
    X(AUTHORITY, 3, "无执法权")                                                            \
    X(CLEARANCE, 4, "无涉密权限")                                                          \
    X(LIGHT, 5, "非轻微事项")                                                              \
    X(SPECIAL_CARE, 6, "应由社工办理")                                                     \
    X(TRIED, 7, "已拒签或超时")                                                            \
    X(CONFLICT, 8, "利益冲突")                                                             \
    X(LOAD, 9, "工作量已满")                                                               \
    X(BUILDING, 10, "非本楼栋")                                                            \
    X(PAIR, 11, "须双人")

enum filter {
#define X(name, number, zh) FILTER_##name = (number),
    VOCAB_FILTERS(X)
#undef X
    FILTER_COUNT = 12
};

enum severity {
    SEVERITY_NONE = 0,
    SEVERITY_S1 = 1,
    SEVERITY_S2 = 2,
    SEVERITY_S3 = 3,
    SEVERITY_S4 = 4
};

/* Each returns static text, and NULL for a number that the table lacks. */
const char *vocab_event_name(unsigned type); /* "DispatchOffered" */
const char *vocab_event_code(unsigned type); /* "offr" */
const char *vocab_event_zh(unsigned type);
const char *vocab_state_name(unsigned state); /* "IN_PROGRESS" */
const char *vocab_state_zh(unsigned state);
const char *vocab_state_en(unsigned state);
const char *vocab_timer_name(unsigned kind);
const char *vocab_timer_zh(unsigned kind);
const char *vocab_statement_name(unsigned kind); /* "upstream_update": as in JSON */
const char *vocab_statement_zh(unsigned kind);
const char *vocab_role_name(unsigned role);
const char *vocab_role_zh(unsigned role);
const char *vocab_filter_name(unsigned filter);
const char *vocab_filter_zh(unsigned filter);
const char *vocab_owner_name(enum owner owner); /* "intake": also the writer's name */

/* Numbers for names, case ignored. 0 when there is none. "DispatchOffered" or "#60": any
 * number from 1 to 255, since newer logs hold types that this version has no name for. */
unsigned vocab_event_type(const char *name);
unsigned vocab_state(const char *name);
unsigned vocab_statement(const char *name);
unsigned vocab_role(const char *name);

/* The owner that writes under this name, which is exact: "Intake" would be a second session
 * beside "intake". OWNER_NONE for any other name. */
enum owner vocab_owner(const char *writer_name);

/* Who may append an event of this type: table, and for BY_KIND the two below. OWNER_NONE:
 * an unknown type. */
enum owner vocab_event_owner(unsigned type);
enum owner vocab_timer_owner(unsigned timer_kind);
enum owner vocab_statement_decider(unsigned statement_kind);

#endif
