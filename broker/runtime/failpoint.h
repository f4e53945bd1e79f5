/* failpoint.h: named places where a test makes the process die.
 *
 *     FAILPOINT("commit_before_reply");        in the code
 *     SANJI_FAIL=commit_before_reply:3:kill    in the environment: at the third time
 *
 * SANJI_FAIL is name:count[:how]; how is exit (status 99), abort, or kill (SIGKILL of itself,
 * the default: nothing is flushed, as when the machine takes the process away). Compiled in
 * with -DFAILPOINTS only; a released program has no such place and ignores the variable.
 */
#ifndef RUNTIME_FAILPOINT_H
#define RUNTIME_FAILPOINT_H

enum {
    FAILPOINT_EXIT = 99
};

/* Counts a hit of `name` and dies at the one that SANJI_FAIL names. A SANJI_FAIL that cannot
 * be read ends the process at once (abort): a test would prove nothing. Any thread may call
 * it. Use FAILPOINT. */
void failpoint_hit(const char *name);

#ifdef FAILPOINTS
#define FAILPOINT(name) failpoint_hit(name)
#else
#define FAILPOINT(name) ((void)0)
#endif

#endif
