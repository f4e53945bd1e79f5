/* rules_keep.c: the rules in force as a cache of the log keeps them, and putting them back. */
#include "broker/runtime/rules.h"

#include <assert.h>
#include <string.h>

#include <openssl/evp.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/rules_tables.h"
#include "proto/limits.h"

struct bytes rules_content(const struct rules *rules, Sanji__RulesKind kind)
{
    assert((unsigned)kind < RULES_KINDS);
    const struct rules_set *set = &rules->sets[kind];
    return (struct bytes){.data = set->content, .size = set->content_size};
}

bool rules_is_in_part(const struct rules *rules)
{
    for (unsigned kind = 0; kind < RULES_KINDS; kind++) {
        if (rules->parts[kind].next != 0) {
            return true;
        }
    }
    return false;
}

// In parts of its own making: how it was cut when it was published does not matter any more.
enum status rules_restore(struct rules *rules, Sanji__RulesKind kind, uint32_t version,
                          struct bytes content)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned hash_size = 0;
    int hashed =
        EVP_Digest(content.data, content.size, hash, &hash_size, EVP_sha256(), NULL);
    assert(hashed == 1);
    const size_t parts =
        content.size == 0 ? 1
                          : (content.size + RULES_PART_SIZE_MAX - 1) / RULES_PART_SIZE_MAX;
    enum status status = parts <= RULES_PARTS_MAX ? STATUS_OK : STATUS_INVALID;
    for (size_t part = 1; part <= parts && status == STATUS_OK; part++) {
        const size_t from = (part - 1) * RULES_PART_SIZE_MAX;
        const size_t left = content.size - from;
        Sanji__RulesPublished published = SANJI__RULES_PUBLISHED__INIT;
        uint8_t *data = memory_new(RULES_PART_SIZE_MAX, 1); // protobuf-c takes no const
        published.kind = kind;
        published.version = version;
        published.part = (uint32_t)part;
        published.parts = (uint32_t)parts;
        published.content.data = data;
        published.content.len = left < RULES_PART_SIZE_MAX ? left : RULES_PART_SIZE_MAX;
        published.sha256.data = hash;
        published.sha256.len = hash_size;
        if (published.content.len > 0) {
            memcpy(data, content.data + from, published.content.len);
        }
        status = rules_fold(rules, &published);
        memory_free(data);
    }
    return status;
}
