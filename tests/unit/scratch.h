/* scratch.h: a directory of a test's own, files in it and in the tree, and what a forked
 * child says and how it ends. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <stddef.h>

enum {
    SCRATCH_PATH_SIZE = 64,
    CHILD_TEXT_SIZE = 64 * 1024
};

/* Makes an empty directory, mode 0700, and writes its path. Below TMPDIR if that leaves room
 * for the path of a socket in it, else below /tmp. */
void scratch_make(char path[SCRATCH_PATH_SIZE]);
/* Removes it with everything in it. */
void scratch_remove(const char *path);

/* "ROOT/name", ROOT the top of the tree that this test was built in, from wherever it runs.
 * Owns: the path. */
char *scratch_tree_path(const char *name);
/* Owns: the whole file and a NUL behind it. */
char *scratch_read(const char *path, size_t *size);
/* Makes the file, or replaces what is in it. */
void scratch_write(const char *path, const void *data, size_t size);
/* Copies what is in it and its mode. */
void scratch_copy(const char *from, const char *to);

struct child {
    int code;                  /* exit code; -1: ended by a signal */
    int signal;                /* 0: none */
    char out[CHILD_TEXT_SIZE]; /* stdout, NUL-terminated */
    char err[CHILD_TEXT_SIZE];
};

/* Runs body(context) in a child of its own and waits for it and for everything that holds its
 * stdout. A body that returns ends the child with 0. */
void child_run(void (*body)(void *context), void *context, struct child *child);

/* snprintf that must fit. */
void print_text(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

size_t count_text(const char *text, const char *needle);

#endif
