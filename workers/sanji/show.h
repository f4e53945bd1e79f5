/* show.h: `case show` for people: what the case is, and a line a record. */
#ifndef SANJI_SHOW_H
#define SANJI_SHOW_H

#include "workers/sanji/casefile.h"

void show_head(struct casefile *file);
void show_line(struct casefile *file, const struct casefile_entry *entry);

#endif
