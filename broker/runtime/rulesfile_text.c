/* rulesfile_text.c: reading a YAML file, and saying where it is wrong. */
#include "broker/runtime/rulesfile_text.h"

#include <assert.h>
#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGE_SIZE = 160,
    TRACE_MAX = 8, // deeper than any schema of ours
    KEY_SIZE = 32,
    LIST_SIZE = 200
};

// One line of libcyaml's backtrace, innermost first.
struct trace {
    char key[KEY_SIZE]; // of a mapping field; "" for a mapping without one
    unsigned entry;     // of a sequence, from 1
    bool is_entry;
    struct rulesfile_place place;
};

struct capture {
    char message[MESSAGE_SIZE];
    struct trace traces[TRACE_MAX];
    unsigned depth;
};

// "(line: 12, column: 3)" in a line of the backtrace.
static bool read_place(const char *where, struct rulesfile_place *place)
{
    static const char line[] = "(line: ";
    static const char column[] = ", column: ";
    char *end = NULL;
    place->line = (unsigned)strtoul(where + strlen(line), &end, 10);
    if (strncmp(end, column, strlen(column)) != 0) {
        return false;
    }
    place->column = (unsigned)strtoul(end + strlen(column), NULL, 10);
    return true;
}

static void capture_trace(struct capture *capture, const char *line)
{
    if (capture->depth == TRACE_MAX) {
        return;
    }
    struct trace *trace = &capture->traces[capture->depth];
    const char *where = strstr(line, "(line: ");
    if (where == NULL || !read_place(where, &trace->place)) {
        return;
    }
    const char *quote = strchr(line, '\'');
    if (quote != NULL && quote < where) {
        size_t size = strcspn(quote + 1, "'");
        trace->is_entry = strstr(line, "sequence entry") != NULL;
        if (trace->is_entry) {
            trace->entry = (unsigned)strtoul(quote + 1, NULL, 10);
        } else if (size < KEY_SIZE) {
            memcpy(trace->key, quote + 1, size);
        }
    }
    capture->depth++;
}

// libcyaml's log function. Its lines are "Load: MESSAGE", "Load: Backtrace:" and
// "  in mapping field 'KEY' (line: L, column: C)". Source: libcyaml 1.3.1, src/load.c.
static __attribute__((format(printf, 3, 0))) void
catch_line(cyaml_log_t level, void *context, const char *format, va_list args)
{
    struct capture *capture = context;
    char line[MESSAGE_SIZE];
    (void)level; // only errors are asked for
    if (vsnprintf(line, sizeof line, format, args) < 0) {
        return;
    }
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "  in ", 5) == 0) {
        capture_trace(capture, line);
    } else if (strcmp(line, "Load: Backtrace:") != 0 && capture->message[0] == '\0') {
        const char *message = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
        (void)snprintf(capture->message, sizeof capture->message, "%s",
                       message); // cut is fine
    }
}

static cyaml_config_t config_for(struct capture *capture)
{
    return (cyaml_config_t){
        .log_fn = catch_line,
        .log_ctx = capture,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_DEFAULT | CYAML_CFG_NO_ALIAS,
    };
}

static cyaml_err_t parse(const struct rulesfile_text *file,
                         const cyaml_schema_value_t *schema, struct capture *capture,
                         void **data)
{
    cyaml_config_t config = config_for(capture);
    *capture = (struct capture){0};
    return cyaml_load_data((const uint8_t *)file->text, file->size, &config, schema, data,
                           NULL);
}

// ---- places ----

static struct rulesfile_place place_of(const char *text, const char *at)
{
    struct rulesfile_place place = {1, 1};
    for (; text < at; text++) {
        place.column++;
        if (*text == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

static const char *text_at(const char *text, struct rulesfile_place place)
{
    for (unsigned line = 1; line < place.line && *text != '\0'; line++) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return text;
}

// The next "key:" that stands as a key at or after `from`; NULL when there is none.
static const char *find_key(const char *text, const char *from, const char *key)
{
    size_t size = strlen(key);
    for (const char *at = strstr(from, key); at != NULL; at = strstr(at + 1, key)) {
        bool starts = at == text || strchr(" \n{,-\"'", at[-1]) != NULL;
        const char *after = at + size + (at[size] == '"' || at[size] == '\'');
        if (starts && *after == ':') {
            return at;
        }
    }
    return NULL;
}

static bool entry_place(const struct rulesfile_text *file, const char *list, size_t index,
                        struct rulesfile_place *place)
{
    const cyaml_schema_field_t *fields = file->schema->mapping.fields;
    size_t count = 1; // with the field that ends them
    while (fields[count - 1].key != NULL) {
        count++;
    }
    cyaml_schema_field_t *cut = calloc(count, sizeof *cut);
    if (cut == NULL) {
        return false;
    }
    memcpy(cut, fields, count * sizeof *cut);
    for (size_t i = 0; i < count - 1; i++) {
        if (strcmp(cut[i].key, list) == 0) {
            assert(cut[i].value.type == CYAML_SEQUENCE);
            cut[i].value.sequence.min = 0;
            cut[i].value.sequence.max = (uint32_t)index;
        }
    }
    cyaml_schema_value_t schema = *file->schema;
    schema.mapping.fields = cut;
    struct capture capture;
    void *data = NULL;
    cyaml_err_t error = parse(file, &schema, &capture, &data);
    assert(error != CYAML_OK); // the entry was there when the file was read
    free(cut);
    if (capture.depth > 0) {
        *place = capture.traces[0].place;
    }
    return capture.depth > 0;
}

struct rulesfile_place rulesfile_text_find(const struct rulesfile_text *file,
                                           const char *list, size_t index, const char *key,
                                           const char *value)
{
    assert(file->text != NULL);
    struct rulesfile_place place = {1, 1};
    if (list != NULL && !entry_place(file, list, index, &place)) {
        return place;
    }
    const char *from = text_at(file->text, place);
    const char *at = key != NULL ? find_key(file->text, from, key) : NULL;
    const char *exact = at != NULL && value != NULL ? strstr(at, value) : NULL;
    at = exact != NULL ? exact : at;
    return at != NULL ? place_of(file->text, at) : place;
}

// ---- what libcyaml says, in words for a person ----

// The schema of the mapping that the innermost trace stands in.
static const cyaml_schema_value_t *mapping_of(const struct rulesfile_text *file,
                                              const struct capture *capture)
{
    const cyaml_schema_value_t *value = file->schema;
    for (unsigned i = capture->depth; i > 1; i--) {
        const struct trace *trace = &capture->traces[i - 1];
        if (trace->is_entry) {
            value = value->type == CYAML_SEQUENCE ? value->sequence.entry : value;
            continue;
        }
        const cyaml_schema_field_t *field =
            value->type == CYAML_MAPPING ? value->mapping.fields : NULL;
        while (field != NULL && field->key != NULL && strcmp(field->key, trace->key) != 0) {
            field++;
        }
        value = field != NULL && field->key != NULL ? &field->value : value;
    }
    return value->type == CYAML_MAPPING ? value : file->schema;
}

static void list_keys(const cyaml_schema_value_t *mapping, char list[LIST_SIZE])
{
    size_t used = 0;
    list[0] = '\0';
    for (const cyaml_schema_field_t *f = mapping->mapping.fields; f->key != NULL; f++) {
        int length =
            snprintf(list + used, LIST_SIZE - used, "%s%s", used > 0 ? ", " : "", f->key);
        if (length < 0 || (size_t)length >= LIST_SIZE - used) {
            return;
        }
        used += (size_t)length;
    }
}

// "workers[12].capacity", without the last key when the message is about another one.
static void path_of(const struct capture *capture, bool with_last_key, char path[LIST_SIZE])
{
    size_t used = 0;
    path[0] = '\0';
    for (unsigned i = capture->depth; i > 0; i--) {
        const struct trace *trace = &capture->traces[i - 1];
        int length = 0;
        if (trace->is_entry) {
            length = snprintf(path + used, LIST_SIZE - used, "[%u]", trace->entry);
        } else if (trace->key[0] != '\0' && (i > 1 || with_last_key)) {
            length = snprintf(path + used, LIST_SIZE - used, "%s%s", used > 0 ? "." : "",
                              trace->key);
        }
        if (length < 0 || (size_t)length >= LIST_SIZE - used) {
            return;
        }
        used += (size_t)length;
    }
    if (used > 0) {
        (void)snprintf(path + used, LIST_SIZE - used, ": "); // cut is fine
    }
}

static const char *kind_name(const char *word)
{
    static const struct {
        const char *word, *name;
    } kinds[] = {
        {"UINT", "a whole number"},
        {"uint64_t", "a whole number"},
        {"ENUM", "yes or no"}, // our only words that libcyaml reads

        {"FLOAT", "a number"},
        {"STRING", "a text"},
        {"MAPPING", "keys with values"},
        {"SEQUENCE", "a list"},
        {"SCALAR", "a single value"},
        {"SEQUENCE_START", "a list"},
        {"MAPPING_START", "keys with values"},
        {"SEQUENCE_FIXED", "a list"},
        {"SEQUENCE_END", "the end of a list"},
        {"MAPPING_END", "the end of it"},
        {"double", "a number"},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(word, kinds[i].word) == 0) {
            return kinds[i].name;
        }
    }
    return word;
}

struct said {
    char text[MESSAGE_SIZE + LIST_SIZE];
    bool about_other_key;
};

static bool say_about_key(const struct rulesfile_text *file, const struct capture *capture,
                          struct rulesfile_place *place, struct said *said)
{
    char key[KEY_SIZE * 2];
    const char *from = text_at(file->text, *place);
    const char *at = NULL;
    char keys[LIST_SIZE];
    list_keys(mapping_of(file, capture), keys);
    if (sscanf(capture->message, "Unexpected key: %63s", key) == 1) {
        (void)snprintf(said->text, sizeof said->text,
                       "unknown key '%s', expected one of: %s", key, keys);
        at = find_key(file->text, from, key);
    } else if (sscanf(capture->message, "Mapping field already seen: %63s", key) == 1) {
        (void)snprintf(said->text, sizeof said->text, "key '%s' stands twice", key);
        at = find_key(file->text, from, key);
        const char *second = at != NULL ? find_key(file->text, at + 1, key) : NULL;
        at = second != NULL ? second : at;
    } else if (sscanf(capture->message, "Missing required mapping field: %63s", key) == 1) {
        (void)snprintf(said->text, sizeof said->text, "key '%s' is missing", key);
    } else {
        return false;
    }
    said->about_other_key = true;
    *place = at != NULL ? place_of(file->text, at) : *place;
    return true;
}

static void say_about_value(const struct capture *capture, struct said *said)
{
    char kind[KEY_SIZE];
    char found[KEY_SIZE * 2];
    char *text = said->text;
    if (sscanf(capture->message, "Expecting %31[^,], got event: %63s", kind, found) == 2) {
        (void)snprintf(text, sizeof said->text, "found %s, expected %s", kind_name(found),
                       kind_name(kind));
    } else if (sscanf(capture->message, "Invalid %31s value: %63[^\n]", kind, found) == 2) {
        const char *quote = found[0] == '\'' ? "" : "'";
        (void)snprintf(text, sizeof said->text, "found %s%s%s, expected %s", quote, found,
                       quote, kind_name(kind));
    } else if (strncmp(capture->message, "libyaml: ", 9) == 0) {
        (void)snprintf(text, sizeof said->text, "not YAML near here: %s",
                       capture->message + 9);
    } else {
        (void)snprintf(text, sizeof said->text, "%s", capture->message);
    }
}

static enum status refuse(const struct rulesfile_text *file, const struct capture *capture,
                          cyaml_err_t error, struct fault *fault)
{
    struct rulesfile_place place = {1, 1};
    struct said said = {"", false};
    char path[LIST_SIZE];
    if (capture->depth > 0) {
        place = capture->traces[0].place;
    }
    if (!say_about_key(file, capture, &place, &said)) {
        say_about_value(capture, &said);
    }
    path_of(capture, !said.about_other_key, path);
    return fault_set(fault, STATUS_INVALID, "%s:%u:%u: %s%s", file->path, place.line,
                     place.column, path,
                     said.text[0] != '\0' ? said.text : cyaml_strerror(error));
}

// ---- reading ----

static enum status read_all(struct rulesfile_text *file, struct fault *fault)
{
    FILE *in = fopen(file->path, "rbe");
    if (in == NULL) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: %s", file->path, strerror(errno));
    }
    file->text = malloc(RULESFILE_SIZE_MAX_BYTES + 1);
    if (file->text != NULL) {
        file->size = fread(file->text, 1, RULESFILE_SIZE_MAX_BYTES + 1, in);
    }
    bool failed = file->text == NULL || ferror(in) != 0;
    (void)fclose(in); // opened for reading: nothing can be lost
    if (failed) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: cannot be read", file->path);
    }
    if (file->size > RULESFILE_SIZE_MAX_BYTES) {
        return fault_set(fault, STATUS_TOO_LARGE, "%s: larger than %d bytes", file->path,
                         RULESFILE_SIZE_MAX_BYTES);
    }
    file->text[file->size] = '\0';
    char *shorter = realloc(file->text, file->size + 1);
    file->text = shorter != NULL ? shorter : file->text;
    return STATUS_OK;
}

// libcyaml reads the first document and drops the rest in silence.
static enum status check_single(const struct rulesfile_text *file, struct fault *fault)
{
    unsigned line = 1;
    bool content = false;
    for (const char *at = file->text; *at != '\0'; line++) {
        size_t size = strcspn(at, "\n");
        if (content && strncmp(at, "---", 3) == 0) {
            return fault_set(fault, STATUS_INVALID,
                             "%s:%u:1: a second document, expected one", file->path, line);
        }
        content = content || (size > 0 && *at != '#' && strncmp(at, "---", 3) != 0);
        at += size + (at[size] == '\n');
    }
    if (strlen(file->text) != file->size) {
        return fault_set(fault, STATUS_INVALID, "%s:%u:1: found a zero byte, expected text",
                         file->path, line);
    }
    return STATUS_OK;
}

// libcyaml reads 010 as 8 and 0x10 as 16, as C does and YAML 1.2 does not: a plain value
// that begins so is refused. Text in quotes and in comments may.
static enum status check_zeros(const struct rulesfile_text *file, struct fault *fault)
{
    char quote = '\0';
    char before = '\n'; // the last character that is no blank
    for (const char *at = file->text; *at != '\0'; at++) {
        if (quote != '\0') {
            if (*at == quote) {
                quote = '\0';
            }
        } else if (*at == '#' && (at == file->text || strchr(" \n", at[-1]) != NULL)) {
            at += strcspn(at, "\n") - 1;
        } else if ((*at == '"' || *at == '\'') && strchr(":[,{-\n", before) != NULL) {
            quote = *at;
        } else if (*at == '0' && strchr(":[,-", before) != NULL &&
                   strchr(" [,", at[-1]) != NULL && strspn(at + 1, "0123456789xX") > 0) {
            struct rulesfile_place place = place_of(file->text, at);
            return fault_set(
                fault, STATUS_INVALID,
                "%s:%u:%u: found '%.*s', expected a number that does not begin "
                "with 0, or quotes around a name",
                file->path, place.line, place.column, (int)strcspn(at, " ,]}\n"), at);
        }
        if (*at != ' ') {
            before = *at;
        }
    }
    return STATUS_OK;
}

enum status rulesfile_text_open(struct rulesfile_text *file, const char *path,
                                const struct cyaml_schema_value *schema,
                                struct fault *fault)
{
    assert(file != NULL && file->text == NULL);
    if (snprintf(file->path, sizeof file->path, "%s", path) >= (int)sizeof file->path) {
        return fault_set(fault, STATUS_TOO_LARGE, "path longer than %d bytes: %s",
                         RULESFILE_PATH_SIZE - 1, path);
    }
    file->schema = schema;
    enum status status = read_all(file, fault);
    if (status == STATUS_OK) {
        status = check_single(file, fault);
    }
    if (status == STATUS_OK) {
        status = check_zeros(file, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct capture capture;
    cyaml_err_t error = parse(file, schema, &capture, &file->data);
    if (error != CYAML_OK) {
        return refuse(file, &capture, error, fault);
    }
    if (file->data == NULL) {
        return fault_set(fault, STATUS_INVALID, "%s:1:1: nothing is in this file",
                         file->path);
    }
    return STATUS_OK;
}

void rulesfile_text_close(struct rulesfile_text *file)
{
    struct capture capture;
    cyaml_config_t config = config_for(&capture);
    capture = (struct capture){0};
    if (file->data != NULL) {
        // Frees what the same schema read; it can refuse only a wrong schema.
        cyaml_err_t error = cyaml_free(&config, file->schema, file->data, 0);
        assert(error == CYAML_OK);
    }
    free(file->text);
    file->data = NULL;
    file->text = NULL;
}
