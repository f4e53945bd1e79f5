/* watch_store.h: the laws held on the log of a real system, as it lies on disk. */
#ifndef TESTS_SIM_WATCH_STORE_H
#define TESTS_SIM_WATCH_STORE_H

#include <stdbool.h>

#include "tests/sim/laws.h"

/* Every record of the log in `directory`, which nobody writes. `punctual`: played in driven
 * time without a quantum. Returns how many records there are; 0: it cannot be read. */
unsigned long long watch_store(const char *directory, bool punctual, struct laws *laws);

#endif
