/* case.h: one case as the log tells it: what it is, who has it, what is running.
 *
 * A plain value without pointers: saved by copy before a tentative fold, restored by copy.
 * Fold is pure and the same in every process; attributes that domain.md calls "beside the
 * state" live here. The word `case` belongs to C, so the struct is `kase`.
 *
 * Invariants
 *  1. A fold takes state, holder, due times and the rest as the record wrote them; it never
 *     recomputes by newer rules.
 *  2. version counts transitions; FACT records (Said) change nothing but last_seq.
 *  3. At most one timer of a (kind, n) exists, whatever its state.
 *  4. The second event of an edge folds only right after the first among the decisions.
 */
#ifndef PROTO_CASE_H
#define PROTO_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "event.pb-c.h"
#include "proto/deadline.h"
#include "proto/id.h"
#include "proto/lifecycle.h"
#include "proto/limits.h"
#include "proto/org.h"
#include "proto/record.h"

enum {
    CASE_TIMERS_MAX = 16,
    CASE_TRIED_MAX = 24,
    CASE_OTHERS_MAX = 5, /* offered beside the one in kase.worker */
    CASE_ATTENTION_MAX = 6,
    CASE_PAUSES_MAX = 8,
    CASE_BURST_MAX = 5,
    CASE_ASSISTS_MAX = 4 /* open at once */
};

enum case_timer_state {
    TIMER_STATE_ARMED = 1,
    TIMER_STATE_PAUSED = 2,
    TIMER_STATE_FIRED = 3 /* its TimerFired (or the transition it caused) is in the log */
};

struct case_timer {
    uint8_t kind; /* 0: the place is free */
    uint8_t state;
    uint8_t clock;
    bool recomputed; /* due when new terms came to hold, not where they put it */
    uint16_t n;
    uint16_t times; /* how often it has fired; a repeating kind keeps it when re-armed */
    uint32_t budget_s;
    uint32_t cap_s;
    int64_t t0_ms;
    int64_t due_ms;
    int64_t left_ms; /* paused: due - pause, natural milliseconds; negative when late */
};

/* An alert somebody must act on; gone when the case moves or the one told acts on it. */
struct case_attention {
    uint64_t seq;
    int64_t since_ms;
    struct org_path org;
    uint32_t worker;
    uint8_t kind; /* timer kind */
    uint8_t role;
};

/* A department that was whistled for and is not done. */
struct case_assist {
    uint32_t department; /* CRC-32C of its code */
    uint16_t n;          /* 0: the place is free */
    bool joined;
};

/* A further offer of a broadcast or a pair: open, or (pair, IN_PROGRESS) who joined. */
struct case_offer {
    uint64_t seq;
    uint32_t worker;
    uint16_t n; /* of its ACK timer */
    uint8_t role;
    bool acked;
};

struct kase {
    uint64_t key;
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t decision_seq; /* newest record that is not a FACT */
    uint32_t version;
    uint8_t last_type; /* type of the newest record that is not a FACT */
    uint8_t state;
    uint8_t severity;
    uint8_t tier; /* of the holder */
    uint8_t sensitivity;
    uint8_t status; /* MsgStatus */
    uint8_t source;
    bool restricted;
    bool wants_contact;
    bool self_handled;
    bool informed; /* the reporter was told once */
    bool needs_revisit;
    bool coordinator; /* the current assignee goes as coordinator */
    bool broadcast;   /* the current offer went to several */
    bool pair;        /* two persons go: the second to ack joins the first */
    bool recalled;    /* taken back from its worker, nobody has acked since */
    bool key_destroyed;
    bool exhausted;      /* DispatchExhausted stands, escalation has not answered yet: by a
                           move, or at the top tier by TimerFired(DISPATCH) */
    bool resolve_missed; /* RESOLVE fired before the case was resolved */
    bool not_found;      /* a verifier has seen nothing; nobody was sent since */
    bool reopen_granted; /* an appeal was granted, T31 has not followed yet */
    bool severity_proposed; /* for many reports at once, in this life of the case */
    uint8_t datum;          /* of lat_e6, lon_e6 */
    uint8_t burst_count;
    uint16_t watchers;       /* reporters of merged reports who want contact */
    uint16_t merged_reports; /* reports merged into this case, and into those */
    uint32_t verifier;       /* newest one named; 0: none */
    uint32_t device;         /* CRC-32C of device_id; 0: none */
    /* When the newest merged reports came: seconds after received_ms, rising. */
    int32_t burst_s[CASE_BURST_MAX];
    uint32_t category;
    uint32_t sla_row;
    struct org_path area;
    struct org_path holder;
    struct org_path owner;
    uint32_t worker; /* assignee, or the first who is offered; 0: nobody */
    uint32_t key_no;
    uint32_t confidence_permille;
    int32_t lat_e6, lon_e6;
    uint32_t building_no;
    uint16_t team;
    char source_system[SOURCE_SYSTEM_SIZE_MAX + 1];
    uint8_t pause_count; /* at the maximum no CaseSuspended can follow: refuse it (LIMIT) */

    int64_t received_ms;
    int64_t accepted_ms;
    int64_t routed_ms; /* at this desk since */
    int64_t resolved_ms;
    int64_t closed_ms;  /* in a final state since; 0: not final */
    uint32_t stopped_s; /* natural: held to be done and then reworked, since RESOLVE's t0 */
    int64_t paused_ms;  /* natural milliseconds of the pauses that ended */
    struct deadline_pause pauses[CASE_PAUSES_MAX]; /* to_ms 0: the case is in it */

    uint64_t offer_seq; /* the DispatchOffered that stands or was acked; 0: none */
    int64_t offered_ms; /* of the newest offer, as offered_role and effort_min */
    uint32_t effort_min;
    uint32_t offers; /* offers made in the whole life: n of the ACK timer */
    /* Of this round at this desk. A round begins when the holder changes, when the case
     * comes back from IN_PROGRESS, SUSPENDED or RESOLVED, and when DISPATCH fires. */
    uint32_t attempts;
    uint32_t tried[CASE_TRIED_MAX]; /* who declined, let it expire or was recalled */
    uint8_t tried_count;
    uint8_t offered_role;
    uint8_t others_count; /* further offers that stand; one moves up when the first goes */
    uint16_t offer_n;     /* n of the ACK timer of offer_seq */
    struct case_offer others[CASE_OTHERS_MAX];

    uint8_t resolver_tier;
    uint8_t resolution;
    uint32_t resolver; /* who reported it resolved or handled it himself */
    uint32_t checker;  /* named by CheckRequested */
    uint16_t escalation_level, holder_changes, returns, reworks, reopens, extensions,
        suspensions, revisit_attempts, urges;
    uint16_t checks;       /* CheckCompleted, passed or not */
    bool check_requested;  /* CheckRequested stands, its check has not come yet */
    uint16_t assists;      /* AssistRequested so far */
    uint16_t assists_open; /* of them not done */
    struct case_assist assist[CASE_ASSISTS_MAX];
    uint8_t request_kind; /* DecisionKind of request_seq */
    bool return_final;    /* a final decision on a return stands: no further one is asked */
    bool feedback_answered; /* Supervised because of FEEDBACK stands */
    uint8_t merged_urged;   /* merged reports that the newest urge for their number named */
    uint8_t supervise;
    uint8_t attention_count;
    uint32_t supervise_points;
    uint64_t request_seq; /* DecisionRequested that waits for its DecisionMade; 0: none */
    struct org_path request_decider, request_to; /* of the newest request */
    uint32_t request_value_s;      /* asked_s, or resume_by as seconds since 1970 */
    uint32_t extended_s;           /* added to RESOLVE's budget so far */
    struct org_path came_from;     /* the desk that sent it to its holder */
    struct org_path supervised_by; /* the desk that raised it; no path: the system */
    uint32_t reporter_urged_s;     /* when the reporter last urged, since 1970; 0: never */
    uint32_t progress_urged_s;     /* t0 of the PROGRESS timer that was answered by Urged */
    uint64_t handover_seq;         /* newest UpstreamSubmitted; 0: none */
    uint64_t merged_into;          /* case_key of the parent while MERGED */

    struct case_attention attention[CASE_ATTENTION_MAX];
    struct case_timer timers[CASE_TIMERS_MAX];
};

/* Applies one record about this case. For the first record of a case, *kase is zeroed.
 * Of the header it reads recorded_at_ms, case_key (0: not given, as in a tentative fold)
 * and the flag RESTRICTED; the type is the envelope's. A body of a type that this version
 * does not know moves last_seq and decision_seq only.
 * Fails: INVALID when the record cannot stand here: an edge that does not exist, a state or
 *        version that does not follow, the second event of an edge without the first, a
 *        timer fired that is not armed, no place for a further timer or pause, a value out
 *        of its range, a path, worker, team, category or case number that does not parse,
 *        another case. *kase is unchanged then. */
MUST_CHECK enum status case_fold(struct kase *kase, const struct record *record,
                                 const Sanji__Envelope *envelope);

/* A case was merged into this one, or into one that stands in it; `watchers` as the record
 * wrote it. The child is given as it is now. */
void case_join(struct kase *kase, const struct kase *child, uint32_t watchers);
/* It was taken out again. */
void case_leave(struct kase *kase, const struct kase *child);
/* Reporters that come with a case when it is merged: its own and those of its children. */
uint32_t case_voices(const struct kase *kase);
/* So many reports of this case, its own included, came within so many seconds. */
bool case_has_burst(const struct kase *kase, uint32_t reports, uint32_t within_s);
/* How a department stands in case_assist. */
uint32_t case_department(const char *code);

/* Who is offered the case by this offer and has not answered yet; 0: nobody. */
uint32_t case_offered(const struct kase *kase, uint64_t offer_seq);
/* The further offer to this worker; NULL: none. Valid until the next fold. */
const struct case_offer *case_other(const struct kase *kase, uint32_t worker);

/* The timer of this kind and n that is armed, paused or fired; NULL when there is none.
 * Valid until the next fold. */
struct case_timer *case_timer(struct kase *kase, enum timer_kind kind, unsigned n);
/* The armed one that is due next, the smaller kind and n first; NULL when none is armed. */
const struct case_timer *case_next_due(const struct kase *kase);
/* Timers of lifecycle_must_have(state) that are neither armed nor fired, as a mask. */
uint32_t case_missing_timers(const struct kase *kase);

#endif
