/* markdown.c: a document in memory, and one row of it at a time. */
#include "tests/unit/markdown.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/scratch.h"

struct markdown {
    char *text;
    struct markdown_row row;
};

struct markdown *markdown_open(const char *path)
{
    struct markdown *markdown = calloc(1, sizeof *markdown);
    if (markdown == NULL) {
        abort();
    }
    size_t size = 0;
    char *found = scratch_tree_path(path);
    markdown->text = scratch_read(found, &size);
    free(found);
    return markdown;
}

void markdown_free(struct markdown **markdown)
{
    if (*markdown != NULL) {
        free((*markdown)->text);
        free(*markdown);
        *markdown = NULL;
    }
}

// The line behind this one; NULL: none.
static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end == NULL || end[1] == '\0' ? NULL : end + 1;
}

static bool is_line(const char *line, const char *wanted)
{
    size_t size = strlen(wanted);
    return strncmp(line, wanted, size) == 0 && (line[size] == '\n' || line[size] == '\0');
}

// Without the blanks around it, and without the backquotes of a word set as code.
static void add_cell(struct markdown_row *row, const char *from, const char *upto)
{
    if (row->count == MARKDOWN_CELLS_MAX) {
        abort(); // a table of another shape than any of ours
    }
    while (from < upto && *from == ' ') {
        from++;
    }
    while (upto > from && upto[-1] == ' ') {
        upto--;
    }
    if (upto - from >= 2 && *from == '`' && upto[-1] == '`') {
        from++;
        upto--;
    }
    size_t size = (size_t)(upto - from);
    if (size >= MARKDOWN_CELL_SIZE) {
        abort();
    }
    memcpy(row->cells[row->count], from, size);
    row->cells[row->count][size] = '\0';
    row->count++;
}

static void split(const char *line, struct markdown_row *row)
{
    row->count = 0;
    const char *from = line + 1;
    for (const char *at = from; *at != '\n' && *at != '\0'; at++) {
        if (*at == '|') {
            add_cell(row, from, at);
            from = at + 1;
        }
    }
}

const struct markdown_row *markdown_row(struct markdown *markdown, const char *heading,
                                        size_t n)
{
    const char *line = markdown->text;
    while (line != NULL && !is_line(line, heading)) {
        line = next_line(line);
    }
    // The heading, the line of dashes, and n rows are in front.
    for (size_t i = 0; line != NULL && *line == '|' && i < n + 2; i++) {
        line = next_line(line);
    }
    if (line == NULL || *line != '|') {
        return NULL;
    }
    split(line, &markdown->row);
    return &markdown->row;
}
