/* rulesfile.h: the rule files, checked as a whole and compiled for the log.
 *
 *     deploy/sanji.yaml -> organisation/org.yaml, roster.yaml, rules/sla.yaml, ...
 *         -> libcyaml with strict schemas -> checks across files -> one message of
 *            proto/rules.proto a kind, packed, with its SHA-256
 *
 * Only intake (to publish) and `sanji check-config` (to say what is wrong, and which kinds
 * would change) read rule files; everybody else folds RulesPublished (rules.h). Pure but
 * for the reading of files; the same files give the same bytes on every machine.
 */
#ifndef RUNTIME_RULESFILE_H
#define RUNTIME_RULESFILE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/status.h"
#include "rules.pb-c.h"

struct rulesfile;

enum {
    RULESFILE_HASH_SIZE = 32
};

/* Reads the file and all that it names; relative names count from its own folder.
 * Owns: *compiled, to be released by rulesfile_free; untouched on failure.
 * Fails: CANNOT_START when a file cannot be read; TOO_LARGE when a file is larger than
 *        8 MiB or a kind than what the log takes; INVALID for everything that is wrong in
 *        a file, with "FILE:LINE:COLUMN: list[entry] NAME.key: found, expected", entries
 *        from 1. */
MUST_CHECK enum status rulesfile_load(const char *sanji_yaml, struct rulesfile **compiled,
                                      struct fault *fault);
void rulesfile_free(struct rulesfile **compiled);

/* kind  ORG to LABELS. The bytes are a packed Sanji__Org, Roster, Sla, Calendar, Policy or
 * Labels, and live as long as `compiled`. The hash is SHA-256 of the bytes. */
struct bytes rulesfile_bytes(const struct rulesfile *compiled, Sanji__RulesKind kind);
const uint8_t *rulesfile_hash(const struct rulesfile *compiled, Sanji__RulesKind kind);

/* What is unwise but not wrong, as lines like those of a fault; none when `strict: yes`.
 * The count goes on where lines are no longer kept (after 100): text NULL. */
size_t rulesfile_warning_count(const struct rulesfile *compiled);
const char *rulesfile_warning(const struct rulesfile *compiled, size_t index);

#endif
