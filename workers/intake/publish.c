/* publish.c: see publish.h. */
#include "workers/intake/publish.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/rulesfile.h"
#include "proto/arena.h"

enum {
    KIND_FIRST = SANJI__RULES_KIND__RULES_KIND_ORG,
    KIND_LAST = SANJI__RULES_KIND__RULES_KIND_LABELS,
    HASH_SIZE = 32
};

struct publisher {
    struct rulesfile *files;
    bool is_refused[KIND_LAST + 1]; /* readers of the log do not take it */
    char path[4096];
};

enum status publish_open(const char *sanji_yaml, struct publisher **publisher,
                         struct fault *fault)
{
    struct publisher *self = calloc(1, sizeof *self);
    assert(self != NULL);
    (void)snprintf(self->path, sizeof self->path, "%s", sanji_yaml); // cut off: not found
    const enum status loaded = rulesfile_load(self->path, &self->files, fault);
    if (loaded != STATUS_OK) {
        free(self);
        return loaded;
    }
    *publisher = self;
    return STATUS_OK;
}

void publish_close(struct publisher **publisher)
{
    if (*publisher != NULL) {
        rulesfile_free(&(*publisher)->files);
        free(*publisher);
        *publisher = NULL;
    }
}

void publish_reload(struct publisher *publisher)
{
    struct rulesfile *fresh = NULL;
    struct fault fault;
    if (rulesfile_load(publisher->path, &fresh, &fault) != STATUS_OK) {
        diag_say(DIAG_EV_RULES_WRONG, "text=\"%s\"", fault.text);
        return;
    }
    rulesfile_free(&publisher->files);
    publisher->files = fresh;
    memset(publisher->is_refused, 0, sizeof publisher->is_refused);
}

static bool differs(const struct publisher *publisher, const struct rules *rules,
                    Sanji__RulesKind kind)
{
    const uint8_t *in_force = rules_hash(rules, kind);
    return !publisher->is_refused[kind] &&
           (in_force == NULL ||
            memcmp(in_force, rulesfile_hash(publisher->files, kind), HASH_SIZE) != 0);
}

bool publish_waits(const struct publisher *publisher, const struct rules *rules)
{
    for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
        if (differs(publisher, rules, (Sanji__RulesKind)kind)) {
            return true;
        }
    }
    return false;
}

static void emit_kind(struct publisher *publisher, struct turn *turn, Sanji__RulesKind kind)
{
    const struct bytes content = rulesfile_bytes(publisher->files, kind);
    const uint32_t version = rules_version(turn_rules(turn), kind) + 1;
    const uint32_t parts =
        (uint32_t)((content.size + RULES_PART_SIZE_MAX - 1) / RULES_PART_SIZE_MAX);
    for (uint32_t part = 0; part < parts; part++) {
        const size_t from = (size_t)part * RULES_PART_SIZE_MAX;
        const size_t left = content.size - from;
        const size_t size = left < RULES_PART_SIZE_MAX ? left : RULES_PART_SIZE_MAX;
        Sanji__RulesPublished *body =
            TURN_NEW(turn, Sanji__RulesPublished, sanji__rules_published__init);
        body->kind = kind;
        body->version = version;
        body->part = part + 1;
        body->parts = parts;
        body->content.data = turn_take(turn, size);
        body->content.len = size;
        memcpy(body->content.data, content.data + from, size);
        body->sha256.data = turn_take(turn, HASH_SIZE);
        body->sha256.len = HASH_SIZE;
        memcpy(body->sha256.data, rulesfile_hash(publisher->files, kind), HASH_SIZE);
        Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
        envelope->body_case = SANJI__ENVELOPE__BODY_RULES_PUBLISHED;
        envelope->rules_published = body;
        turn_emit(turn, &(struct emission){.envelope = envelope});
    }
    diag_say(DIAG_EV_RULES_PUBLISHED, "kind=%d version=%u parts=%u bytes=%zu", (int)kind,
             version, parts, content.size);
}

void publish_emit(struct publisher *publisher, struct turn *turn)
{
    for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
        if (differs(publisher, turn_rules(turn), (Sanji__RulesKind)kind)) {
            emit_kind(publisher, turn, (Sanji__RulesKind)kind);
            return; // one kind a turn: all its parts must fit one append
        }
    }
}

void publish_refused(struct publisher *publisher, Sanji__RulesKind kind)
{
    if ((unsigned)kind <= KIND_LAST && !publisher->is_refused[kind]) {
        publisher->is_refused[kind] = true;
        diag_say(DIAG_EV_RULES_WRONG, "text=\"kind %d does not fold: not in force\"",
                 (int)kind);
    }
}
