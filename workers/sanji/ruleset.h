/* ruleset.h: the rule files on this machine, as `up` starts intake with them. */
#ifndef SANJI_RULESET_H
#define SANJI_RULESET_H

#include "broker/runtime/rules.h"
#include "workers/sanji/cli.h"

/* --config, else deploy/sanji.yaml here, else what was installed beside the program; the whole
 * path, where there is such a file. Returns path. */
char *ruleset_find(const struct cli *cli, char *path, size_t room);

/* Writes a roster that is so many times as large as that of `config`, and a config that names
 * it, into `folder`, which must exist; `config` becomes that file. times 1: nothing is done.
 * Fails: as rulesfile_grow. */
MUST_CHECK enum status ruleset_grow(char *config, size_t room, uint32_t times,
                                    const char *folder, struct fault *fault);

/* The rules of these files, as if they were in force; version 1 of each kind.
 * Owns: *rules, to be released by rules_free. Fails: as rulesfile_load. */
MUST_CHECK enum status ruleset_load(const char *config, struct rules **rules,
                                    struct fault *fault);

#endif
