/* limits.h: every hard limit, once, with its unit and its reason. Crossing one is a status,
 * never a crash. */
#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

enum {
    PROTOCOL_VERSION = 1,
    SCHEMA_VERSION = 1,
    LOG_FORMAT_VERSION = 1,

    /* Bytes of a whole message: bounds libzmq's memory for one peer (ZMQ_MAXMSGSIZE). */
    MESSAGE_SIZE_MAX = 1024 * 1024,
    /* Bytes of an envelope. Aim at 2,000: larger ones cost LMDB overflow pages. */
    RECORD_SIZE_MAX = 64 * 1024,
    /* Bytes of the fixed header; 52 is where LMDB's pages still hold 7 records of 512 bytes.
     * Source: reference measurement, 53 bytes cost 1.34 x instead of 1.15 x on disk. */
    RECORD_HEADER_SIZE = 52,
    /* Frames of one message; more is refused before any is read. */
    FRAMES_MAX = 66,
    /* Depth of protobuf nesting that the pre-scan lets through; our deepest message has 6. */
    WIRE_DEPTH_MAX = 8,
    /* Fields in one message tree: bounds protobuf-c's allocations (33 x amplification). A roster
     * of ten sub-districts' size has 130,000. */
    WIRE_FIELDS_MAX = 262144,

    /* Records and bytes of one APPEND of a stage. */
    APPEND_RECORDS_MAX = 4096,
    /* Bytes a batch may hold before the broker stops reading writers (three rotate). */
    BATCH_SIZE_MAX_BYTES = 8 * 1024 * 1024,
    /* What a writer may have unanswered; told in Welcome. */
    WINDOW_RECORDS = 16384,
    WINDOW_BYTES = 8 * 1024 * 1024,
    /* One RECORDS message: larger ones replay faster, memory per follower grows. */
    RECORDS_MESSAGE_BYTES = 256 * 1024,
    FOLLOWERS_MAX = 4096,
    SESSIONS_MAX = 8192,
    WRITERS_MAX = 250, /* the writer's number is one byte of the header */
    READERS_MAX = 100000,

    /* Inputs of one turn of a stage; a conflict halves it, a success restores it. */
    TURN_INPUTS_MAX = 256,

    /* Door. */
    DOOR_ITEMS_MAX = 1024,
    SUBMISSION_TEXT_SIZE_MAX = 4096,
    SOURCE_SYSTEM_SIZE_MAX = 32,
    SOURCE_REF_SIZE_MAX = 128,
    DEVICE_ID_SIZE_MAX = 64,
    EVIDENCE_MAX = 16,
    EVIDENCE_REF_SIZE_MAX = 128,
    JSON_LINE_SIZE_MAX = 64 * 1024,

    /* Rules: one RulesPublished part, and all parts of a kind. */
    RULES_PART_SIZE_MAX = 32 * 1024,
    RULES_PARTS_MAX = 512,

    /* A case number is digits(9) date(8) running(6). */
    CASES_PER_DAY_MAX = 999999,

    /* Share of map or disk at which new incidents are refused; stages go on. */
    STORE_FULL_PERCENT = 90,

    /* Wall time between ticks to an idle stage. */
    TICK_INTERVAL_MS = 100
};

#endif
