/* control.h: a law is broken on purpose, and is seen to be.
 *
 *     a log of random statements -> one record changed, dropped, restamped -> watch -> caught
 *
 * A check that nothing can fail shows nothing: each control names the words by which the law
 * must speak.
 */
#ifndef TESTS_SIM_CONTROL_H
#define TESTS_SIM_CONTROL_H

#include "tests/sim/round.h"

enum {
    CONTROL_AFTER = 600 /* records looked at behind the changed one */
};

extern struct round control_played;   /* the log that is changed */
extern struct watch *control_watched; /* the one that is looking */
extern struct arena *control_memory;  /* of the record in hand */

/* Group set-up and tear-down of cmocka. */
int control_play(void **state);
int control_stop(void **state);

/* True: this is the record, and it was changed. `before` is its case as it was. */
typedef bool (*control_edit_fn)(Sanji__Envelope *envelope, const struct model_case *before);

struct control {
    unsigned type; /* of the record */
    control_edit_fn edit;
    bool drop, hurry; /* left out; stamped an hour earlier */
    uint8_t clear_flags;
    enum owner writer;
    bool every; /* not only the first that fits */
    bool to_end;
};

/* Fails unless a law says these words about the changed log. */
void control_expect(const struct control *control, const char *words);
bool control_says(const struct laws *laws, const char *words);

#endif
