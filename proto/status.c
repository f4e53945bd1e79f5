/* status.c: the names of status.h, from its one table. */
#include "proto/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct row {
    const char *name;
    const char *zh;
    const char *en;
};

static const struct row rows[] = {
#define X(name, number, zh, en) [number] = {#name, zh, en},
    STATUS_TABLE(X)
#undef X
};

static_assert(sizeof rows / sizeof rows[0] == STATUS_COUNT, "the last row is the largest");

static const struct row unknown = {"UNKNOWN", "未知状态", "an unknown status"};

static const struct row *find(enum status status)
{
    size_t index = (size_t)status;
    if (index >= STATUS_COUNT || rows[index].name == NULL) {
        return &unknown;
    }
    return &rows[index];
}

const char *status_name(enum status status)
{
    return find(status)->name;
}

const char *status_zh(enum status status)
{
    return find(status)->zh;
}

const char *status_en(enum status status)
{
    return find(status)->en;
}

enum status fault_set(struct fault *fault, enum status status, const char *format, ...)
{
    assert(fault != NULL);
    assert(status != STATUS_OK);
    fault->status = status;
    va_list arguments;
    va_start(arguments, format);
    // A text cut at the end is still the line a person needs.
    int length = vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    return status;
}
