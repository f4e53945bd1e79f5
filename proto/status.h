/* status.h: how an operation ended. The same numbers travel on the wire (Refused.code,
 * StatementRefused.code, DoorReply.code, Error.code), so a number is never used again.
 *
 * Three kinds of failure, three answers: a broken program asserts, a refused operation
 * returns a status that the caller must look at, lost durability ends the process.
 */
#ifndef PROTO_STATUS_H
#define PROTO_STATUS_H

#define MUST_CHECK __attribute__((warn_unused_result))

/* X(name, number, zh, en): the sentences are what an operator or a client's author reads. */
#define STATUS_TABLE(X)                                                                    \
    X(OK, 0, "成功", "done")                                                               \
    X(MALFORMED, 1, "报文无法解析", "the message cannot be decoded")                       \
    X(TOO_LARGE, 2, "超过大小限制", "larger than the limit")                               \
    X(TOO_DEEP, 3, "嵌套过深", "nested deeper than the limit")                             \
    X(BAD_UTF8, 4, "不是合法的UTF-8", "a text is not valid UTF-8")                         \
    X(BAD_VERSION, 5, "协议版本不支持", "a protocol version this program does not speak")  \
    X(UNKNOWN_KIND, 6, "未知的消息种类", "a kind of message this program does not know")   \
    X(BAD_CHECKSUM, 7, "校验和不符", "the checksum does not match")                        \
    X(INVALID, 8, "字段取值无效", "a field has a value that cannot be")                    \
    X(NOT_FOUND, 9, "未找到", "there is no such thing")                                    \
    X(CONFLICT, 10, "案件已有更新的决定",                                                  \
      "a later decision on the case exists: read on, decide again")                        \
    X(CATCH_UP, 11, "读取位置过旧",                                                        \
      "the author has read too little: read on, decide again")                             \
    X(FENCED, 12, "会话已被取代", "a newer session of this name exists: stop")             \
    X(FORBIDDEN, 13, "无权写入该类记录", "this writer may not append this kind of record") \
    X(BATCH_ORDER, 14, "批次号不连续", "a batch number must be the last or the next")      \
    X(AHEAD, 15, "位置超前于日志", "a position beyond the head of the log")                \
    X(BUSY, 16, "繁忙,请稍后重试", "busy: try again later")                                \
    X(STORE_FULL, 17, "存储空间不足", "the store is full: no new incidents are taken")     \
    X(NO_SESSION, 18, "尚未握手", "say Hello first")                                       \
    X(IO, 19, "读写失败", "the disk failed: the outcome is unknown")                       \
    X(CORRUPT, 20, "数据损坏", "the data is damaged")                                      \
    X(LOCKED, 21, "目录正被另一进程使用", "another process uses this directory")           \
    X(NOT_YET, 22, "本版本尚未实现", "not built in this version")                          \
    X(STALE, 23, "案件版本已变", "the case has another version now")                       \
    X(STALE_OFFER, 24, "派单已失效", "the offer named is not the current one")             \
    X(WRONG_STATE, 25, "当前状态不允许", "not allowed in the state the case is in")        \
    X(WRONG_ROLE, 26, "角色无权", "this role may not say this")                            \
    X(WRONG_WORKER, 27, "不是被派单的人员",                                                \
      "said by a worker who was not offered the case")                                     \
    X(WRONG_DESK, 28, "不在案件路径上", "the desk is not on the path of the case")         \
    X(SAME_PERSON, 29, "处置人不得核查", "who handled the case may not check it")          \
    X(EVIDENCE, 30, "缺少证据", "evidence is missing")                                     \
    X(OFF_DUTY, 31, "人员不在岗", "the worker is not on duty")                             \
    X(LIMIT, 32, "次数已达上限", "allowed only so many times")                             \
    X(NO_TIER, 33, "没有更高层级", "no tier above inside the sub-district")                \
    X(FILTERED, 34, "人员不符合派单条件", "the worker does not pass the filters")          \
    X(ERASED, 35, "密钥已销毁", "the key was destroyed: the text cannot be read")          \
    X(DAY_FULL, 36, "当日编号用尽", "999,999 case numbers of a day are used up")           \
    X(PII, 37, "含个人信息", "personal data in a clear field")                             \
    X(CANNOT_START, 38, "无法启动", "the process cannot start")                            \
    X(OTHER_LOG, 39, "不是同一个日志", "this is another log")                              \
    X(TIMEOUT, 40, "超时", "no answer in time")                                            \
    X(NOTHING_SEALED, 41, "没有密封内容", "nothing is sealed in this case")

enum status {
#define X(name, number, zh, en) STATUS_##name = (number),
    STATUS_TABLE(X)
#undef X
    STATUS_COUNT
};

/* "STALE_OFFER"; "#77" never: numbers outside the table give "UNKNOWN". Static text. */
const char *status_name(enum status status);
const char *status_zh(enum status status);
const char *status_en(enum status status);

/* What a start-up path returns when a person must act: one line, shown as it is. */
enum {
    FAULT_TEXT_SIZE = 400
};

struct fault {
    enum status status;
    char text[FAULT_TEXT_SIZE];
};

/* Fills *fault (printf style) and returns `status`, so that a refusal is one line. */
MUST_CHECK enum status fault_set(struct fault *fault, enum status status,
                                 const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
