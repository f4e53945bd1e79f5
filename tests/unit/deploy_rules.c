/* deploy_rules.c: see deploy_rules.h. */
#include "tests/unit/deploy_rules.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"
#include "tests/unit/scratch.h"

struct rulesfile *deploy_rules(void)
{
    static struct rulesfile *files; // lives as long as the test program
    if (files == NULL) {
        struct fault fault;
        char *path = scratch_tree_path("deploy/sanji.yaml");
        if (rulesfile_load(path, &files, &fault) != STATUS_OK) {
            (void)fprintf(stderr, "%s\n", fault.text); // the abort tells as well
            abort();
        }
        free(path);
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
