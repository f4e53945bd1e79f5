/* script_inside.h: what the files of the script share. Nobody else includes it.
 *
 *     script.c         whose record is it, which step is under way, the hash of cases
 *     script_steps.c   case and truth -> the next step
 *     script_note.c    what a record adds to what has happened
 *     script_voice.c   step -> statement
 *     script_submit.c  planned case or stray -> submission
 *     script_check.c   what came of it, against the truth
 */
#ifndef SANJI_SCRIPT_INSIDE_H
#define SANJI_SCRIPT_INSIDE_H

#include "workers/sanji/agenda.h"
#include "workers/sanji/script.h"

enum {
    SCRIPT_TEXT_SIZE = 48,
    MS_PER_MIN = 60000,
    STRAY_TAG = 1 << 30 /* of a stray's place; else a planned number */
};

/* One case on the script's stage: what the folded case does not count. */
struct act {
    uint64_t key;       /* 0: no receipt yet */
    uint64_t seen_seq;  /* newest record about it */
    int64_t hold_ms;    /* not closed before: others are merged into it until then */
    uint64_t cause_seq; /* the decision that the step answers */
    uint32_t version;   /* of the case when the step was thought */
    uint16_t step;      /* number of the step under way */
    uint8_t kind;       /* what it is, enum statement_kind; 0: nothing to be said */
    uint16_t given_up;  /* script_give_up_bit: refused, and not tried again */
    /* What people did, as the log tells it. */
    uint8_t declines, timeouts, recalls, urges, supervised, merges, assists;
    uint8_t regraded, reclassified;
    uint8_t satisfaction; /* newest answer */
    uint8_t refused;      /* statements refused */
    bool is_said;         /* the step was said; its answer has not come */
    bool has_sides;       /* what is said beside the steps is on the agenda */
    bool others_free;     /* somebody else could have been offered the case as well */
    bool is_received;     /* the municipal platform has named its reference */
    bool is_final;        /* nothing more to come */
};

struct script {
    const struct plan *plan;
    char prefix[SCRIPT_TEXT_SIZE];
    const struct script_port *port;
    void *port_context;
    struct agenda agenda;
    struct act *acts; /* the planned ones in order, then those of others (script_stay) */
    size_t act_count, act_room;
    uint32_t *cells; /* place + 1 by hash of the case key; 0: free */
    size_t cell_count, used;
    bool has_begun;
    bool stays;
    bool is_closed;    /* no case has a truth of its own (script_close_loop) */
    uint64_t seed;     /* closed: of what people do */
    uint32_t stir;     /* every so-many-th submission twice and out of turn; 0: none */
    size_t next_case;  /* in plan->cases */
    size_t next_stray; /* in plan->strays */
    size_t final;
    uint32_t repeats, malformed, pii, strays_wrong;
};

/* The step a case needs now. */
struct step {
    enum statement_kind kind; /* SAY_NONE: wait for what the system does */
    int64_t delay_ms;         /* counted from `now`; at least a second */
};

/* The truth about an act; what nobody planned has one of its own. */
const struct planned *script_truth(const struct script *script, const struct act *act);
bool script_is_planned(const struct script *script, const struct act *act);
bool script_can_say(enum statement_kind kind);

/* One who is offered a case and has not answered. */
struct offered {
    uint64_t seq; /* his DispatchOffered */
    uint32_t worker;
    uint8_t role;
};

/* Who answers next; false: nobody will, of those who are offered it now. */
bool script_answerer(const struct script *script, const struct kase *kase,
                     struct offered *answerer);
/* Closed: minutes that the worker in charge needs. */
uint32_t script_effort_min(const struct script *script, const struct kase *kase);

/* What a case at `now` needs to be said next (script_steps.c). */
struct step script_step(const struct script *script, struct world *world,
                        const struct act *act, struct kase *kase, int64_t now_ms);

/* The record is added to what has happened (script_note.c). */
void script_note(struct script *script, struct world *world, struct act *act,
                 const struct kase *kase, const Sanji__Envelope *envelope);
/* What is refused once is not asked for again: a bit for each kind that is not needed for
 * the case to end; 0 for the others, which are said again. */
uint16_t script_give_up_bit(enum statement_kind kind);

/* Says a line (script_voice.c). False: it does not apply any more. */
bool script_speak(struct script *script, struct world *world, const struct act *act,
                  const struct line *line, int64_t now_ms);
/* Puts it in front of the door (script_submit.c). */
void script_submit(struct script *script, uint32_t number);
void script_submit_stray(struct script *script, size_t place);

#endif
