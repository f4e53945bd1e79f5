/* ticker.h: time for those who wait for it, and the advance of driven time.
 *
 *     Idle(next_due) ... next_due is reached, or 100 ms of wall time -> Tick -> Idle ...
 *     advance: turns.h says whom to give the turn to, and when to jump
 *
 * Invariants
 *  1. A Tick leaves only when every record stamped <= its now was sent to that session: its
 *     follows are at the head, and no batch stamped so is in progress.
 *  2. A session has one unanswered Tick at most; one that never said Idle gets none, but for
 *     the first of a participant.
 *  3. While an advance runs there are no Ticks but turns.
 */
#ifndef BROKER_TICKER_H
#define BROKER_TICKER_H

struct keeper;

/* Sends what is due and starts the timer for what will be. End of each turn of the loop. */
void ticker_run(struct keeper *keeper);

#endif
