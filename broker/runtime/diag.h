/* diag.h: what operators read: one logfmt line an event, on stderr.
 *
 *     t=2020-08-15T07:02:11.412Z lvl=warn ev=peer_silent proc=broker msg="..." silent_ms=5021
 *
 * `ev` comes from one table with a sentence for operators (Chinese first) from which
 * deploy/OPERATIONS.md is checked. Never a payload, never personal data: ids, sizes, counts.
 * Repeats of one ev are limited to 10 a second; the next line says how many were held back.
 */
#ifndef RUNTIME_DIAG_H
#define RUNTIME_DIAG_H

#include <stdint.h>

enum diag_level {
    DIAG_INFO, /* the process changed its state */
    DIAG_WARN, /* it recovered */
    DIAG_ERROR /* somebody must act */
};

/* X(NAME, level, zh, en). New rows at the end of their group. */
#define DIAG_EVENTS(X)                                                                     \
    X(STARTED, DIAG_INFO, "进程启动", "the process started")                               \
    X(READY, DIAG_INFO, "就绪", "the process follows the log and serves")                  \
    X(STOPPED, DIAG_INFO, "正常停止", "the process drained and stopped")                   \
    X(CANNOT_START, DIAG_ERROR, "无法启动", "the process cannot start; the text says why") \
    X(SESSION_OPENED, DIAG_INFO, "会话建立", "a named peer said Hello")                    \
    X(SESSION_LOST, DIAG_WARN, "会话中断",                                                 \
      "the broker or a peer went away; it is retried")                                     \
    X(FENCED, DIAG_ERROR, "会话被取代", "a newer process has this name; this one exits")   \
    X(REFUSED, DIAG_WARN, "拒绝报文", "a message was refused; the code says why")          \
    X(STORE_FULL, DIAG_ERROR, "存储将满",                                                  \
      "90 % of map or disk used: new incidents refused")                                   \
    X(STORE_OK, DIAG_INFO, "存储恢复", "there is room again")                              \
    X(LOST_DURABILITY, DIAG_ERROR, "提交失败,结果未知",                                    \
      "a commit failed; the process exits")                                                \
    X(CORRUPT, DIAG_ERROR, "记录损坏", "a record does not match its checksum")             \
    X(CHILD_DIED, DIAG_WARN, "子进程退出", "a process died and is started again")          \
    X(CHILD_GIVES_UP, DIAG_ERROR, "子进程反复退出", "a process keeps dying")               \
    X(RULES_PUBLISHED, DIAG_INFO, "规则已发布", "changed rules stand in the log")          \
    X(RULES_WRONG, DIAG_ERROR, "规则有误",                                                 \
      "a rule file is wrong; the old rules stay in force")                                 \
    X(RULES_MISSING_YEAR, DIAG_WARN, "缺少年度日历",                                       \
      "the calendar has no table for a year")                                              \
    X(KEY_RENEWED, DIAG_INFO, "密钥库已更新", "the key-encryption key was renewed")        \
    X(AUDIT_FOUND, DIAG_ERROR, "审计发现问题", "a record is wrong; AuditFound says which") \
    X(CONFLICT, DIAG_INFO, "与他方决定冲突,重新决定",                                      \
      "a turn met a later decision and is decided again")                                  \
    X(CACHE_DROPPED, DIAG_WARN, "阶段缓存弃用,由日志重建",                                 \
      "a stage's cache is not used; the log is read instead")                              \
    X(CAUGHT_UP, DIAG_INFO, "已读至日志末尾", "a stage has read the log to its head")      \
    X(DEBUG, DIAG_INFO, "调试", "a line for developers; never in a released program")

enum diag_event {
#define X(name, level, zh, en) DIAG_EV_##name,
    DIAG_EVENTS(X)
#undef X
    DIAG_EVENT_COUNT
};

/* Once, first: the process's name in every line (static text). */
void diag_open(const char *process_name);

/* `format` gives further key=value pairs, e.g. "peer=%s silent_ms=%lld". Values that may
 * hold blanks or quotes go through diag_quoted. Any thread may call it. */
void diag_say(enum diag_event event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum {
    DIAG_QUOTED_SIZE = 1024
};

/* `text` in double quotes, with quotes, backslashes and control characters escaped; a text
 * that is too long is cut between two characters. Returns out. */
char *diag_quoted(const char *text, char out[DIAG_QUOTED_SIZE]);

/* Says LOST_DURABILITY and exits 74 at once, without touching any file. */
_Noreturn void diag_lost_durability(const char *what);

/* "peer_silent" and the two sentences, for documents and tests. Static text. */
const char *diag_event_name(enum diag_event event);
const char *diag_event_zh(enum diag_event event);
const char *diag_event_en(enum diag_event event);

#endif
