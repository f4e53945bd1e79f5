/* seal.c: see seal.h. */
#include "workers/intake/seal.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

enum {
    BINDING_SIZE = 64 /* "23 digits" + '/' + a field's name */
};

static size_t bind_to(struct seal_about about, char binding[BINDING_SIZE])
{
    const int size = snprintf(binding, BINDING_SIZE, "%s/%s", about.case_no, about.field);
    return size > 0 && size < BINDING_SIZE ? (size_t)size : 0;
}

enum status seal_close(struct keystore *keystore, uint32_t key_no, struct seal_about about,
                       const char *text, struct arena *arena, Sanji__Sealed *sealed)
{
    char binding[BINDING_SIZE];
    const size_t bound = bind_to(about, binding);
    const size_t size = strlen(text);
    uint8_t *nonce = arena_take(arena, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    uint8_t *box = arena_take(arena, size + crypto_aead_xchacha20poly1305_ietf_ABYTES);
    uint8_t key[KEYSTORE_KEY_SIZE];
    if (nonce == NULL || box == NULL) {
        return STATUS_TOO_LARGE;
    }
    const enum status got = keystore_get(keystore, key_no, key);
    if (got != STATUS_OK) {
        return got;
    }
    unsigned long long box_size = 0;
    randombytes_buf(nonce, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(box, &box_size, (const uint8_t *)text, size,
                                               (const uint8_t *)binding, bound, NULL, nonce,
                                               key);
    sodium_memzero(key, sizeof key);
    sanji__sealed__init(sealed);
    sealed->key_no = key_no;
    sealed->nonce.data = nonce;
    sealed->nonce.len = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
    sealed->box.data = box;
    sealed->box.len = (size_t)box_size;
    return STATUS_OK;
}

enum status seal_open(struct keystore *keystore, const Sanji__Sealed *sealed,
                      struct seal_about about, struct arena *arena, char **text)
{
    char binding[BINDING_SIZE];
    const size_t bound = bind_to(about, binding);
    if (sealed->nonce.len != crypto_aead_xchacha20poly1305_ietf_NPUBBYTES ||
        sealed->box.len < crypto_aead_xchacha20poly1305_ietf_ABYTES) {
        return STATUS_CORRUPT;
    }
    char *opened = arena_take(arena, sealed->box.len + 1);
    uint8_t key[KEYSTORE_KEY_SIZE];
    if (opened == NULL) {
        return STATUS_TOO_LARGE;
    }
    const enum status got = keystore_get(keystore, sealed->key_no, key);
    if (got != STATUS_OK) {
        return got;
    }
    unsigned long long size = 0;
    const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        (uint8_t *)opened, &size, NULL, sealed->box.data, sealed->box.len,
        (const uint8_t *)binding, bound, sealed->nonce.data, key);
    sodium_memzero(key, sizeof key);
    if (failed != 0) {
        return STATUS_CORRUPT;
    }
    opened[size] = '\0';
    *text = opened;
    return STATUS_OK;
}
