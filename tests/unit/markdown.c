/* markdown.c: a document in memory, and one row of it at a time. */
#include "tests/unit/markdown.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH_SIZE = 4096,
    UP = 5 /* the program's name, unit, tests, VARIANT, build */
};

struct markdown {
    char *text;
    struct markdown_row row;
};

static bool find_file(const char *path, char found[PATH_SIZE])
{
    char root[PATH_SIZE / 2];
    ssize_t size = readlink("/proc/self/exe", root, sizeof root - 1);
    if (size < 0) {
        return false;
    }
    root[size] = '\0';
    for (int i = 0; i < UP; i++) {
        char *slash = strrchr(root, '/');
        if (slash == NULL) {
            return false;
        }
        *slash = '\0';
    }
    int length = snprintf(found, PATH_SIZE, "%s/%s", root, path);
    return length > 0 && length < PATH_SIZE;
}

struct markdown *markdown_open(const char *path)
{
    char found[PATH_SIZE];
    FILE *file = find_file(path, found) ? fopen(found, "r") : NULL;
    if (file == NULL) {
        perror(path);
        return NULL;
    }
    struct markdown *markdown = calloc(1, sizeof *markdown);
    size_t room = 0;
    if (markdown == NULL || getdelim(&markdown->text, &room, '\0', file) < 0) {
        perror(path);
        abort();
    }
    if (fclose(file) != 0) {
        perror(path);
    }
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
