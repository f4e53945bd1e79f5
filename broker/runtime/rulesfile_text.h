/* rulesfile_text.h: one YAML file: its bytes, what libcyaml makes of them, and where in it
 * something stands.
 *
 * libcyaml says where it stopped only in its log, so the log is caught and turned into
 * "FILE:LINE:COLUMN: workers[12].capacity: what was found, what was expected". It forgets
 * lines once a file is read; for a mistake found later, the entry is looked up by reading
 * the file again with a schema that ends just before that entry: libcyaml then stops there
 * and names the place.
 */
#ifndef RUNTIME_RULESFILE_TEXT_H
#define RUNTIME_RULESFILE_TEXT_H

#include <stddef.h>

#include "broker/runtime/rulesfile_yaml.h"
#include "proto/status.h"

enum {
    RULESFILE_SIZE_MAX_BYTES = 8 * 1024 * 1024,
    RULESFILE_PATH_SIZE = 512
};

struct rulesfile_text {
    char path[RULESFILE_PATH_SIZE]; // as shown in messages
    char *text;                     // NUL after the last byte
    size_t size;
    const struct cyaml_schema_value *schema;
    void *data; // what libcyaml read, by the schema
};

struct rulesfile_place {
    unsigned line, column;
};

/* Reads the file and parses it by `schema`. `file` is zeroed.
 * Owns: rulesfile_text_close, also after a failure.
 * Fails: CANNOT_START when the file cannot be read, INVALID when it is not what the schema
 *        says, TOO_LARGE; the fault has the whole line for a person. */
MUST_CHECK enum status rulesfile_text_open(struct rulesfile_text *file, const char *path,
                                           const struct cyaml_schema_value *schema,
                                           struct fault *fault);
void rulesfile_text_close(struct rulesfile_text *file);

/* Where entry `index` (from 0) of the list under the top-level key `list` begins, or, when
 * `key` is not NULL, where that key stands in it, or, when `value` is not NULL, where that
 * text stands behind the key. list NULL: where `key` first stands. */
struct rulesfile_place rulesfile_text_find(const struct rulesfile_text *file,
                                           const char *list, size_t index, const char *key,
                                           const char *value);

#endif
