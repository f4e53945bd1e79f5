/* upset.h: kills a process of the run, as a fault of the machine would: `sanji demo chaos`.
 *
 * A process of the run is one that was started as `PROGRAM ... --run DIR`; it is found in
 * /proc by its command line, and only those of this user. Nobody is asked, and nothing is
 * told to it: SIGKILL. `sanji up` starts it again. */
#ifndef SANJI_UPSET_H
#define SANJI_UPSET_H

#include <stdbool.h>

/* Kills the process of `program` ("sanji-intake") whose run directory is `run_dir`. False:
 * there is none now. */
bool upset_kill(const char *program, const char *run_dir);

#endif
