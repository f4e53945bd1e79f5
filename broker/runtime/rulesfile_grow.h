/* rulesfile_grow.h: the same organisation with more people: rule files for load tests.
 *
 *     sanji.yaml, roster.yaml -> FOLDER/sanji.yaml (names the other files where they are)
 *                                FOLDER/roster.yaml (every worker, and so many more like him)
 */
#ifndef RUNTIME_RULESFILE_GROW_H
#define RUNTIME_RULESFILE_GROW_H

#include <stdint.h>

#include "proto/status.h"

/* times  2..: so many people where there was one; the new ones are numbered after the last.
 * Writes into `folder`, which must exist; the same files give the same bytes.
 * Fails: as rulesfile_load for what is wrong with the two files; TOO_LARGE when five digits
 * are too few for so many; CANNOT_START when a file cannot be written. */
MUST_CHECK enum status rulesfile_grow(const char *sanji_yaml, uint32_t times,
                                      const char *folder, struct fault *fault);

#endif
