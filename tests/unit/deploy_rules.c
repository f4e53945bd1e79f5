/* deploy_rules.c: see deploy_rules.h. */
#include "tests/unit/deploy_rules.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/limits.h"

enum {
    NAME_SIZE = 64,
    UP_TO_ROOT = 5 /* build/VARIANT/tests/RING/test_x */
};

char *deploy_path(const char *name, char path[DEPLOY_PATH_SIZE])
{
    const ssize_t size = readlink("/proc/self/exe", path, DEPLOY_PATH_SIZE - NAME_SIZE - 1);
    assert(size > 0);
    path[size] = '\0';
    for (int i = 0; i < UP_TO_ROOT; i++) {
        char *slash = strrchr(path, '/');
        assert(slash != NULL);
        *slash = '\0';
    }
    const size_t used = strlen(path);
    (void)snprintf(path + used, NAME_SIZE, "/deploy/%s", name); // short names
    return path;
}

struct rulesfile *deploy_rules(void)
{
    static struct rulesfile *files; // lives as long as the test program
    if (files == NULL) {
        char path[DEPLOY_PATH_SIZE];
        struct fault fault;
        if (rulesfile_load(deploy_path("sanji.yaml", path), &files, &fault) != STATUS_OK) {
            (void)fprintf(stderr, "%s\n", fault.text); // the abort tells as well
            abort();
        }
    }
    return files;
}

uint32_t deploy_rules_part(Sanji__RulesKind kind, uint32_t part,
                           Sanji__RulesPublished *published)
{
    static uint8_t content[RULES_PART_SIZE_MAX];
    static uint8_t hash[RULESFILE_HASH_SIZE];
    const struct bytes whole = rulesfile_bytes(deploy_rules(), kind);
    const size_t parts = (whole.size + RULES_PART_SIZE_MAX - 1) / RULES_PART_SIZE_MAX;
    const size_t from = (size_t)(part - 1) * RULES_PART_SIZE_MAX;
    assert(part >= 1 && part <= parts);
    const size_t left = whole.size - from;
    sanji__rules_published__init(published);
    published->kind = kind;
    published->version = 1;
    published->part = part;
    published->parts = (uint32_t)parts;
    published->content.len = left < sizeof content ? left : sizeof content;
    published->content.data = content;
    memcpy(content, whole.data + from, published->content.len);
    memcpy(hash, rulesfile_hash(deploy_rules(), kind), sizeof hash);
    published->sha256 = (ProtobufCBinaryData){.len = sizeof hash, .data = hash};
    return published->parts;
}

void deploy_rules_fold(struct rules *rules)
{
    for (int kind = SANJI__RULES_KIND__RULES_KIND_ORG;
         kind <= SANJI__RULES_KIND__RULES_KIND_LABELS; kind++) {
        uint32_t parts = 1;
        for (uint32_t part = 1; part <= parts; part++) {
            Sanji__RulesPublished published;
            parts = deploy_rules_part((Sanji__RulesKind)kind, part, &published);
            const enum status folded = rules_fold(rules, &published);
            assert(folded == STATUS_OK);
        }
    }
}
