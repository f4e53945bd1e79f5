/* diag.c: logfmt lines on stderr, one write each, so lines of several processes do not mix.
 *
 * Invariants
 *  1. A line ends where its event ends: control characters of any value become blanks.
 *  2. Of one event at most DIAG_PER_SECOND lines leave in a second; what was held back is
 *     counted and told by the next line of that event.
 */
#include "broker/runtime/diag.h"

#include <assert.h>
#include <ctype.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker/runtime/loop.h"

enum {
    LINE_SIZE = 2048, // below PIPE_BUF (4096): a write to a pipe is not split
    NAME_SIZE = 32,
    DIAG_PER_SECOND = 10,
    WINDOW_MS = 1000,
    LOST_DURABILITY_EXIT = 74
};

struct row {
    const char *name;
    enum diag_level level;
    const char *zh;
    const char *en;
};

static const struct row rows[DIAG_EVENT_COUNT] = {
#define X(name, level, zh, en) {#name, level, zh, en},
    DIAG_EVENTS(X)
#undef X
};

struct limit {
    int64_t window_start_steady_ms;
    unsigned said;
    unsigned long held_back;
};

static struct limit limits[DIAG_EVENT_COUNT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *process = "sanji";

static char names[DIAG_EVENT_COUNT][NAME_SIZE];
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

static void make_names(void)
{
    for (size_t i = 0; i < DIAG_EVENT_COUNT; i++) {
        size_t length = strlen(rows[i].name);
        assert(length < NAME_SIZE);
        for (size_t k = 0; k <= length; k++) {
            names[i][k] = (char)tolower((unsigned char)rows[i].name[k]);
        }
    }
}

const char *diag_event_name(enum diag_event event)
{
    assert(event < DIAG_EVENT_COUNT);
    int once = pthread_once(&names_once, make_names);
    assert(once == 0);
    return names[event];
}

const char *diag_event_zh(enum diag_event event)
{
    assert(event < DIAG_EVENT_COUNT);
    return rows[event].zh;
}

const char *diag_event_en(enum diag_event event)
{
    assert(event < DIAG_EVENT_COUNT);
    return rows[event].en;
}

void diag_open(const char *process_name)
{
    assert(process_name != NULL);
    process = process_name;
}

static const char *level_name(enum diag_level level)
{
    switch (level) {
    case DIAG_INFO:
        return "info";
    case DIAG_WARN:
        return "warn";
    case DIAG_ERROR:
        return "error";
    }
    assert(0 && "a level of the table");
    return "";
}

struct line {
    size_t size; // without the terminating NUL
    char text[LINE_SIZE];
};

// Takes back the last character when it was cut in the middle.
static size_t whole_characters(const char *text, size_t size)
{
    size_t start = size;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0U) == 0x80U) {
        start--;
    }
    if (start == 0) {
        return size; // not UTF-8 at all
    }
    unsigned char lead = (unsigned char)text[start - 1];
    size_t have = size - (start - 1);
    size_t need = lead < 0x80U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
    return have < need ? start - 1 : size;
}

__attribute__((format(printf, 2, 0))) static void add_list(struct line *line,
                                                           const char *format, va_list list)
{
    size_t room = sizeof(line->text) - line->size;
    int wanted = vsnprintf(line->text + line->size, room, format, list);
    assert(wanted >= 0);
    if ((size_t)wanted < room) {
        line->size += (size_t)wanted;
        return;
    }
    line->size = whole_characters(line->text, sizeof(line->text) - 1);
}

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format,
                                                      ...)
{
    va_list list;
    va_start(list, format);
    add_list(line, format, list);
    va_end(list);
}

static void add_time(struct line *line)
{
    int64_t now_ms = loop_wall_ms();
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc;
    struct tm *done = gmtime_r(&seconds, &utc);
    assert(done != NULL);
    char text[32];
    size_t size = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    assert(size > 0);
    add(line, "t=%s.%03dZ", text, (int)(now_ms % 1000));
}

static void add_head(struct line *line, enum diag_event event)
{
    add_time(line);
    add(line, " lvl=%s ev=%s proc=%s msg=\"%s: %s\"", level_name(rows[event].level),
        diag_event_name(event), process, rows[event].zh, rows[event].en);
}

static void send_line(struct line *line)
{
    size_t end = line->size < LINE_SIZE - 1 ? line->size : LINE_SIZE - 2;
    for (size_t i = 0; i < end; i++) {
        unsigned char c = (unsigned char)line->text[i];
        if (c < 0x20 || c == 0x7F) {
            line->text[i] = ' ';
        }
    }
    line->text[end] = '\n';
    // A closed or full stderr must not stop a process that serves.
    ssize_t written = write(STDERR_FILENO, line->text, end + 1);
    (void)written;
}

// Whether a line of this event may leave now; *held_back: how many could not before.
static bool may_say(enum diag_event event, unsigned long *held_back)
{
    struct limit *limit = &limits[event];
    int64_t now_steady_ms = loop_steady_ms();
    if (limit->said == 0 || now_steady_ms - limit->window_start_steady_ms >= WINDOW_MS) {
        limit->window_start_steady_ms = now_steady_ms;
        limit->said = 0;
    }
    if (limit->said == DIAG_PER_SECOND) {
        limit->held_back++;
        return false;
    }
    limit->said++;
    *held_back = limit->held_back;
    limit->held_back = 0;
    return true;
}

void diag_say(enum diag_event event, const char *format, ...)
{
    assert(event < DIAG_EVENT_COUNT);
    assert(format != NULL);
    struct line line = {0};
    unsigned long held_back = 0;

    int locked = pthread_mutex_lock(&lock);
    assert(locked == 0);
    if (may_say(event, &held_back)) {
        add_head(&line, event);
        if (held_back > 0) {
            add(&line, " held_back=%lu", held_back);
        }
        add(&line, " ");
        va_list list;
        va_start(list, format);
        add_list(&line, format, list);
        va_end(list);
        send_line(&line);
    }
    int unlocked = pthread_mutex_unlock(&lock);
    assert(unlocked == 0);
}

char *diag_quoted(const char *text, char out[DIAG_QUOTED_SIZE])
{
    assert(text != NULL);

    enum {
        TAIL = 2, // the closing quote and the NUL
        PAIR = 2  // an escape
    };

    size_t size = 0;
    out[size++] = '"';
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (size + PAIR > DIAG_QUOTED_SIZE - TAIL) {
            size = whole_characters(out, size);
            break;
        }
        char c = text[i];
        if (c == '"' || c == '\\') {
            out[size++] = '\\';
            out[size++] = c;
        } else if (c == '\n') {
            out[size++] = '\\';
            out[size++] = 'n';
        } else {
            bool is_control = (unsigned char)c < 0x20 || (unsigned char)c == 0x7F;
            out[size++] = (char)(is_control ? ' ' : c);
        }
    }
    out[size++] = '"';
    out[size] = '\0';
    return out;
}

_Noreturn void diag_lost_durability(const char *what)
{
    char quoted[DIAG_QUOTED_SIZE];
    struct line line = {0};
    add_head(&line, DIAG_EV_LOST_DURABILITY);
    add(&line, " what=%s", diag_quoted(what, quoted));
    send_line(&line);
    // No exit handlers: the state of files after a failed commit is unknown.
    _exit(LOST_DURABILITY_EXIT);
}
