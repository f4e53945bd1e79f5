/* change.h: severity and category changed, and every running deadline with them.
 *
 * Invariants
 *  1. Each timer is counted anew from its own t0 with all pauses kept (turn_retime); one that
 *     would be past is due now, `recomputed`. What has fired stays fired.
 *  2. An extension that was granted stays; so does the half budget of a reopening.
 *  3. The holder does not change. A timer that the state must have is never dropped.
 */
#ifndef ESCALATION_CHANGE_H
#define ESCALATION_CHANGE_H

#include "workers/escalation/heard.h"

/* `severity`: less severe only by a duty leader, with a reason. */
void change_severity_said(const struct heard *heard);
/* `reclassify`. */
void change_category_said(const struct heard *heard);

#endif
