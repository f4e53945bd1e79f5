/* rulesfile_copy.c: rule files to make mistakes in. */
#include "tests/unit/rulesfile_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"

enum {
    PATH_SIZE = 600,
    FILES = 7
};

static const char *const names[FILES] = {
    "sanji.yaml",        "organisation/org.yaml", "organisation/roster.yaml",
    "rules/sla.yaml",    "rules/calendar.yaml",   "rules/policy.yaml",
    "rules/labels.yaml",
};

static char *deploy;                   // the shipped files
static char folder[SCRATCH_PATH_SIZE]; // of this run
static char *texts[FILES];             // the shipped files' text

// ---- copies with an edit ----

static void path_in(char path[PATH_SIZE], const char *base, const char *name)
{
    int length = snprintf(path, PATH_SIZE, "%s/%s", base, name);
    assert_true(length > 0 && length < PATH_SIZE);
}

static void write_file(const char *name, const char *text)
{
    char path[PATH_SIZE];
    path_in(path, folder, name);
    scratch_write(path, text, strlen(text));
}

static unsigned line_of(const char *text, const char *at)
{
    unsigned line = 1;
    for (; text < at; text++) {
        line += *text == '\n';
    }
    return line;
}

static size_t file_index(const char *name)
{
    for (size_t i = 0; i < FILES; i++) {
        if (strstr(names[i], name) != NULL) {
            return i;
        }
    }
    fail_msg("no file %s", name);
    abort();
}

const char *copy_shipped(const char *name)
{
    return texts[file_index(name)];
}

char *copy_edit(const char *text, const char *find, const char *replace)
{
    const char *at = strstr(text, find);
    if (at == NULL) {
        fail_msg("the shipped file has no '%s'", find);
        abort();
    }
    size_t size = strlen(text) + strlen(replace) + 1;
    char *copy = malloc(size);
    assert_non_null(copy);
    int length = snprintf(copy, size, "%.*s%s%s", (int)(at - text), text, replace,
                          at + strlen(find));
    assert_true(length >= 0);
    return copy;
}

void copy_write(const char *name, const char *text)
{
    write_file(names[file_index(name)], text);
}

enum status copy_load(const char *name, const char *text, struct rulesfile **rules,
                      struct fault *fault)
{
    char path[PATH_SIZE];
    copy_write(name, text);
    path_in(path, folder, "sanji.yaml");
    enum status status = rulesfile_load(path, rules, fault);
    copy_write(name, copy_shipped(name));
    return status;
}

enum status copy_load_edited(const struct mistake *mistake, struct rulesfile **rules,
                             struct fault *fault)
{
    char *text = copy_edit(copy_shipped(mistake->file), mistake->find, mistake->replace);
    enum status status = copy_load(mistake->file, text, rules, fault);
    free(text);
    return status;
}

static void refuses(const struct mistake *mistake)
{
    struct rulesfile *rules = NULL;
    struct fault fault = {STATUS_OK, ""};
    char where[2 * PATH_SIZE];
    size_t index = file_index(mistake->file);
    enum status status = copy_load_edited(mistake, &rules, &fault);
    if (status != STATUS_INVALID) {
        fail_msg("'%s' -> '%s' was taken", mistake->find, mistake->replace);
    }
    assert_null(rules);
    assert_int_equal(fault.status, STATUS_INVALID);
    char *text = copy_edit(texts[index], mistake->find, mistake->replace);
    const char *at = mistake->at != NULL
                         ? strstr(text, mistake->at)
                         : text + (strstr(texts[index], mistake->find) - texts[index]);
    assert_non_null(at);
    (void)snprintf(where, sizeof where, "%s/%s:%u:", folder, names[index],
                   line_of(text, at));
    free(text);
    if (strncmp(fault.text, where, strlen(where)) != 0 ||
        strstr(fault.text, mistake->expected) == NULL) {
        fail_msg("expected %s ... %s\n  found %s", where, mistake->expected, fault.text);
    }
}

void copy_refuses(const struct mistake *mistakes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        refuses(&mistakes[i]);
    }
}

void copy_load_shipped(struct rulesfile **rules)
{
    char path[PATH_SIZE];
    struct fault fault = {STATUS_OK, ""};
    path_in(path, deploy, "sanji.yaml");
    if (rulesfile_load(path, rules, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
}

int copy_make(void **state)
{
    (void)state;
    deploy = scratch_tree_path("deploy");
    scratch_make(folder);
    char path[PATH_SIZE];
    path_in(path, folder, "organisation");
    assert_int_equal(mkdir(path, 0700), 0);
    path_in(path, folder, "rules");
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < FILES; i++) {
        path_in(path, deploy, names[i]);
        size_t size = 0;
        texts[i] = scratch_read(path, &size);
        write_file(names[i], texts[i]);
    }
    return 0;
}

int copy_remove(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        free(texts[i]);
    }
    free(deploy);
    scratch_remove(folder);
    return 0;
}

void *copy_message(void *message)
{
    if (message == NULL) {
        fail_msg("the bytes are no such message");
        abort();
    }
    return message;
}

unsigned copy_number(const char *digits)
{
    return (unsigned)strtoul(digits, NULL, 10);
}
