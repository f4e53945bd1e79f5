/* front.h: what peers of the log endpoint say.
 *
 *     any peer      Hello                    everything else is refused with NO_SESSION
 *     a session     Follow Credit Unfollow CommitCursor Idle Ping Bye
 *     a writer      Append
 *
 * Invariants
 *  1. Bytes from outside are checked before they are believed: frames, wire, checksums. What
 *     is wrong is refused with its code to that peer and changes nothing.
 *  2. Hello of a writer and Appends go into the filling batch in order of arrival.
 *  3. While that batch is full nothing is read: writers are held back, not buffered.
 */
#ifndef BROKER_FRONT_H
#define BROKER_FRONT_H

struct keeper;
struct log_writer;
struct session;

/* Starts reading, or goes on after the batch was full. */
void front_read(struct keeper *keeper);
void front_stop_reading(struct keeper *keeper);

/* WELCOME. `row`: the writer's, as it was committed with this Hello; NULL for a reader. */
void front_welcome(struct keeper *keeper, struct session *session,
                   const struct log_writer *row);

/* Ends every other session that is the same participant or writer: it is FENCED. */
void front_fence_others(struct keeper *keeper, const struct session *session);

#endif
