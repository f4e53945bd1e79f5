/* match.c: texts become numbers once, so that a look at a header costs a few compares. */
#include "broker/match.h"

#include <assert.h>
#include <string.h>

#include "proto/id.h"
#include "proto/org.h"

enum {
    TYPE_MAX = 255,
    WORD_BITS = 64,
    SUBDISTRICTS = 1000 /* of a municipality: its own number is the one with 000 */
};

// False: the path lies outside this log.
static bool is_of_log(uint32_t path_place, uint32_t place)
{
    if (place == 0 || path_place == place) {
        return true;
    }
    return path_place % SUBDISTRICTS == 0 &&
           path_place / SUBDISTRICTS == place / SUBDISTRICTS;
}

static enum status compile_path(const char *text, uint32_t place, struct match *match,
                                uint32_t *lo, uint32_t *hi, bool *is_set)
{
    struct org_path path = {0};
    if (text[0] == '\0') {
        return STATUS_OK;
    }
    enum status status = org_parse(text, &path);
    if (status != STATUS_OK) {
        return status;
    }
    if (!is_of_log(path.place, place)) {
        match->is_none = true;
    }
    org_range(path, lo, hi);
    *is_set = true;
    return STATUS_OK;
}

static enum status compile_case(const char *text, uint32_t place, struct match *match)
{
    uint32_t case_place = 0;
    if (text[0] == '\0') {
        return STATUS_OK;
    }
    enum status status = id_case_parse(text, &case_place, &match->case_key);
    if (status == STATUS_OK && place != 0 && case_place != place) {
        match->is_none = true;
    }
    return status;
}

static enum status compile_types(const Sanji__Filter *wire, struct match *match)
{
    for (size_t i = 0; i < wire->n_types; i++) {
        uint32_t type = wire->types[i];
        if (type > TYPE_MAX) {
            return STATUS_INVALID;
        }
        match->types[type / WORD_BITS] |= UINT64_C(1) << (type % WORD_BITS);
    }
    match->has_types = wire->n_types != 0;
    return STATUS_OK;
}

static enum status compile_team(const char *text, struct match *match)
{
    return text[0] == '\0' ? STATUS_OK : id_team_parse(text, &match->team);
}

static enum status compile_worker(const char *text, struct match *match)
{
    return text[0] == '\0' ? STATUS_OK : id_worker_parse(text, &match->worker);
}

static enum status compile_texts(const Sanji__Filter *wire, uint32_t place,
                                 struct match *out, const char **field)
{
    *field = "area";
    enum status status =
        compile_path(wire->area, place, out, &out->area_lo, &out->area_hi, &out->has_area);
    if (status == STATUS_OK) {
        *field = "holder";
        status = compile_path(wire->holder, place, out, &out->holder_lo, &out->holder_hi,
                              &out->has_holder);
    }
    if (status == STATUS_OK) {
        *field = "case_no";
        status = compile_case(wire->case_no, place, out);
    }
    if (status == STATUS_OK) {
        *field = "team";
        status = compile_team(wire->team, out);
    }
    if (status == STATUS_OK) {
        *field = "worker";
        status = compile_worker(wire->worker, out);
    }
    if (status == STATUS_OK) {
        *field = "types";
        status = compile_types(wire, out);
    }
    return status;
}

static bool has_condition(const struct match *match)
{
    return match->is_none || match->cases_only || match->has_area || match->has_holder ||
           match->has_source || match->has_types || match->tier != 0 ||
           match->severity_max != 0 || match->team != 0 || match->worker != 0 ||
           match->case_key != 0;
}

enum status match_compile(const Sanji__Filter *wire, uint32_t place, struct match *match,
                          const char **field)
{
    assert(match != NULL && field != NULL);
    struct match out = {.is_all = true};
    if (wire == NULL) {
        *match = out;
        return STATUS_OK;
    }
    enum status status = compile_texts(wire, place, &out, field);
    if (status != STATUS_OK) {
        return status;
    }
    out.cases_only = wire->cases_only != 0;
    out.tier = (uint8_t)wire->tier; // wire_unpack lets known numbers pass only
    out.severity_max = (uint8_t)wire->severity_min; // as above
    out.has_source = wire->source_system[0] != '\0';
    if (out.has_source) {
        out.source = id_source(wire->source_system);
    }
    out.is_all = !has_condition(&out);
    *match = out;
    return STATUS_OK;
}

static bool is_within(uint32_t value, uint32_t lo, uint32_t hi)
{
    return value >= lo && value <= hi;
}

static bool has_type(const struct match *match, uint8_t type)
{
    return (match->types[type / WORD_BITS] >> (type % WORD_BITS) & 1) != 0;
}

static bool passes_place(const struct match *match, const struct record_header *header)
{
    return (!match->has_area || is_within(header->area, match->area_lo, match->area_hi)) &&
           (!match->has_holder ||
            is_within(header->holder, match->holder_lo, match->holder_hi)) &&
           (match->tier == 0 || header->tier == match->tier);
}

static bool passes_urgency(const struct match *match, const struct record_header *header)
{
    return match->severity_max == 0 || is_within(header->severity, 1, match->severity_max);
}

bool match_passes(const struct match *match, const struct record_header *header)
{
    if (match->is_all) {
        return true;
    }
    return !match->is_none && (!match->cases_only || header->case_key != 0) &&
           (!match->has_types || has_type(match, header->type)) &&
           (match->case_key == 0 || header->case_key == match->case_key) &&
           passes_place(match, header) && passes_urgency(match, header) &&
           (match->team == 0 || header->team == match->team) &&
           (match->worker == 0 || header->worker == match->worker) &&
           (!match->has_source || header->source == match->source);
}

bool match_header(const void *match, const uint8_t header[RECORD_HEADER_SIZE])
{
    const struct match *wanted = match;
    if (wanted->is_all) {
        return true;
    }
    struct record_header read;
    record_header_unpack(header, &read);
    return match_passes(wanted, &read);
}
