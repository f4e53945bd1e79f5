/* lines.c: a buffer between a descriptor and a taker of lines. */
#include "workers/sanji/lines.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/runtime/loop.h"
#include "proto/limits.h"

enum {
    BUFFER_SIZE = 2 * JSON_LINE_SIZE_MAX
};

struct lines {
    struct loop *loop;
    int fd;
    struct lines_events events;
    void *context;
    uint64_t number;
    size_t from; // first byte not taken
    size_t upto;
    bool is_watched;
    bool is_skipping; // the rest of a line that was too long
    bool has_ended;   // nothing more comes from the descriptor
    bool was_told;
    int error_no;
    uint8_t buffer[BUFFER_SIZE];
};

static bool is_blank(struct bytes line)
{
    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r') {
            return false;
        }
    }
    return true;
}

static void tell(struct lines *lines, size_t size)
{
    struct bytes line = {.data = lines->buffer + lines->from, .size = size};
    lines->number++;
    if (size > JSON_LINE_SIZE_MAX) {
        line.size = 0;
        lines->events.line(lines->context, lines->number, line);
    } else if (!is_blank(line)) {
        lines->events.line(lines->context, lines->number, line);
    }
}

// Takes one line off the buffer. False: no whole line is there.
static bool take_line(struct lines *lines)
{
    size_t there = lines->upto - lines->from;
    const uint8_t *end = memchr(lines->buffer + lines->from, '\n', there);
    if (end == NULL && !lines->has_ended && there <= JSON_LINE_SIZE_MAX) {
        return false;
    }
    if (end == NULL && there == 0) {
        return false;
    }
    size_t size = end == NULL ? there : (size_t)(end - lines->buffer) - lines->from;
    bool is_rest = lines->is_skipping;
    lines->is_skipping = end == NULL && !lines->has_ended;
    if (!is_rest) {
        tell(lines, size);
    }
    lines->from += size + (end == NULL ? 0 : 1);
    return true;
}

static void on_readable(void *context)
{
    struct lines *lines = context;
    memmove(lines->buffer, lines->buffer + lines->from, lines->upto - lines->from);
    lines->upto -= lines->from;
    lines->from = 0;
    ssize_t size =
        read(lines->fd, lines->buffer + lines->upto, sizeof lines->buffer - lines->upto);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    if (size <= 0) {
        lines->has_ended = true;
        lines->error_no = size < 0 ? errno : 0;
    } else {
        lines->upto += (size_t)size;
    }
    lines_resume(lines);
}

static void watch(struct lines *lines, bool wanted)
{
    if (wanted && !lines->is_watched) {
        loop_readable(lines->loop, lines->fd, on_readable, lines);
    }
    if (!wanted && lines->is_watched) {
        loop_unreadable(lines->loop, lines->fd);
    }
    lines->is_watched = wanted;
}

void lines_resume(struct lines *lines)
{
    bool has_room = true;
    while ((has_room = lines->events.has_room(lines->context))) {
        if (!take_line(lines)) {
            break;
        }
    }
    watch(lines, has_room && !lines->has_ended);
    if (has_room && lines->has_ended && !lines->was_told) {
        lines->was_told = true;
        lines->events.ended(lines->context, lines->error_no);
    }
}

struct lines *lines_new(struct loop *loop, int fd, const struct lines_events *events,
                        void *context)
{
    struct lines *lines = calloc(1, sizeof *lines);
    if (lines == NULL) {
        abort();
    }
    lines->loop = loop;
    lines->fd = fd;
    lines->events = *events;
    lines->context = context;
    return lines;
}

void lines_free(struct lines **lines)
{
    if (*lines != NULL) {
        watch(*lines, false);
        free(*lines);
        *lines = NULL;
    }
}
