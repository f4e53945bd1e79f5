/* duty.h: what workers say of themselves and their day: duty, coverage, worklog. */
#ifndef DISPATCH_DUTY_H
#define DISPATCH_DUTY_H

#include "broker/runtime/turn.h"

/* Each writes its event or refuses. Of others only desks, chiefs and the handheld's own system
 * may speak. */
void duty_said(struct turn *turn, const struct record *record, const Sanji__Envelope *said);
void duty_coverage(struct turn *turn, const struct record *record,
                   const Sanji__Envelope *said);
/* What the worker leaves out of his work log is filled in from the log (R39: enter once). */
void duty_worklog(struct turn *turn, const struct record *record,
                  const Sanji__Envelope *said);

#endif
