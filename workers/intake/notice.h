/* notice.h: alerts of intake that no timer gives: a NoteAdded that names who must act. Boards
 * show it until the case moves or the one told says something on it. */
#ifndef INTAKE_NOTICE_H
#define INTAKE_NOTICE_H

#include "broker/runtime/turn.h"

struct notice {
    Sanji__NoteKind kind;
    struct org_path org;
    enum role role;
    uint32_t count;         /* of reports, or of reporters to be told */
    enum severity severity; /* proposed; NONE: none */
};

void notice_write(struct turn *turn, struct kase *kase, uint64_t cause_seq,
                  const struct notice *notice);

#endif
