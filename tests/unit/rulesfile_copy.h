/* rulesfile_copy.h: the shipped rule files in a folder of their own, with one edit at a time.
 *
 * For test_rulesfile.c and test_rulesfile_check.c. A mistake is an edit of one file; the
 * refusal must name that file, the line of the edit (or of a text given) and say what was
 * found and expected. */
#ifndef TESTS_RULESFILE_COPY_H
#define TESTS_RULESFILE_COPY_H

#include <stddef.h>

#include "broker/runtime/rulesfile.h"

struct mistake {
    const char *file, *find, *replace;
    const char *expected;
    const char *at; // text whose line is named; NULL: the line of `find`
};

/* Set-up and tear-down of a group of tests. */
int copy_make(void **state);
int copy_remove(void **state);

/* The shipped text of the file whose name holds `name`. */
const char *copy_shipped(const char *name);
/* Owns: the text with the first `find` replaced, to be freed. */
char *copy_edit(const char *text, const char *find, const char *replace);
/* Puts `text` in place of the file in the copy. */
void copy_write(const char *name, const char *text);
/* Loads the copy with `text` in place of the file whose name holds `name`. */
enum status copy_load(const char *name, const char *text, struct rulesfile **rules,
                      struct fault *fault);
enum status copy_load_edited(const struct mistake *mistake, struct rulesfile **rules,
                             struct fault *fault);
/* Loads the files as they are shipped, from where they are; fails the test otherwise. */
void copy_load_shipped(struct rulesfile **rules);
void copy_refuses(const struct mistake *mistakes, size_t count);

/* The message that a kind was compiled to. Owns: it, by its own free_unpacked. */
#define UNPACK(Type, type, KIND, rules)                                                    \
    ((Sanji__##Type *)copy_message(sanji__##type##__unpack(                                \
        NULL, rulesfile_bytes((rules), SANJI__RULES_KIND__RULES_KIND_##KIND).size,         \
        rulesfile_bytes((rules), SANJI__RULES_KIND__RULES_KIND_##KIND).data)))
/* `message`, which is not NULL, else the test fails. */
void *copy_message(void *message);
/* The number that `digits` begins with. */
unsigned copy_number(const char *digits);

#define REFUSES(...)                                                                       \
    do {                                                                                   \
        static const struct mistake mistakes[] = {__VA_ARGS__};                            \
        copy_refuses(mistakes, sizeof mistakes / sizeof mistakes[0]);                      \
    } while (0)

#endif
