/* answer.h: a question and the world in, an answer out. No socket in sight. */
#ifndef CASEBOOK_ANSWER_H
#define CASEBOOK_ANSWER_H

#include "workers/casebook/casebook.h"

enum {
    LIST_ROWS_MAX = 1000,
    LIST_ROWS_DEFAULT = 50,
    BOARD_NEXT_MAX = 12,
    BOARD_ATTENTION_MAX = 24
};

/* Always fills *reply; what cannot be answered is an error in it. */
void answer_query(struct casebook *casebook, const Sanji__QueryRequest *request,
                  Sanji__QueryReply *reply);

#endif
