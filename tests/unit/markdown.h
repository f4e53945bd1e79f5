/* markdown.h: tables of the project's documents, for the tests that hold them to the code.
 *
 * Tests run from any folder: the document is found from the program's own path, which lies
 * in build/VARIANT/tests/unit/ of the tree.
 */
#ifndef TESTS_MARKDOWN_H
#define TESTS_MARKDOWN_H

#include <stddef.h>

enum {
    MARKDOWN_CELLS_MAX = 10,
    MARKDOWN_CELL_SIZE = 512
};

struct markdown;

/* Cells without the blanks around them; a cell that is one word of code without its backquotes. */
struct markdown_row {
    size_t count;
    char cells[MARKDOWN_CELLS_MAX][MARKDOWN_CELL_SIZE];
};

/* `path` from the root of the tree. A file that cannot be read ends the test program. */
struct markdown *markdown_open(const char *path);
void markdown_free(struct markdown **markdown);

/* The n-th row (from 0) of the table whose heading is this very line; the line of dashes is
 * no row. NULL: no such table, or no further row. Good until the next call. */
const struct markdown_row *markdown_row(struct markdown *markdown, const char *heading,
                                        size_t n);

#endif
