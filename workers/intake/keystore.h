/* keystore.h: one key a case, in a file apart from the log, so that destroying a key erases
 * the text while the log stays whole.
 *
 *     DATA/keys/kek      32 random bytes, mode 0600: the key that wraps all others
 *                        (written as kek.part and renamed: whole or not there)
 *     DATA/keys/slots    64-byte slots: 16 bytes nonce | 32 + 16 bytes key, wrapped with
 *                        XChaCha20-Poly1305 under kek; nonce = those 16 bytes | slot number
 *       slot 0  wraps a constant: tells which kek the file is under
 *       slot 1  the key of references (HMAC-SHA-256), never destroyed
 *       slot n  the key of case key n; all zeros: destroyed
 *
 * Invariants
 *  1. A slot is synced before its key seals anything (made in blocks of 4,096 ahead), so
 *     sealing adds no sync to a submission.
 *  2. A key is used for one case. Each start begins a new block: a key that a crash may have
 *     left used in a record that was never committed is never used again.
 *  3. Renewal: kek.new synced, slots.new wrapped under it synced, slots.new renamed over slots
 *     (the switch), kek.new renamed over kek. At a crash in between slot 0 tells which holds.
 *  4. Keys in memory are zeroed when they are no longer needed and never leave the process.
 */
#ifndef INTAKE_KEYSTORE_H
#define INTAKE_KEYSTORE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/status.h"

struct keystore;

enum {
    KEYSTORE_KEY_SIZE = 32,
    KEYSTORE_HMAC_SIZE = 32,
    KEYSTORE_BLOCK = 4096
};

/* Opens or makes DIRECTORY (0700). kek_file NULL: DIRECTORY/kek.
 * Fails: CANNOT_START (kek readable by group or others, wrong size, disk), CORRUPT (no kek
 *        opens the slots); the fault says which file and what to do. */
MUST_CHECK enum status keystore_open(const char *directory, const char *kek_file,
                                     struct keystore **keystore, struct fault *fault);
void keystore_close(struct keystore **keystore);

/* A key that no case has had. Fails: IO (the disk refused a new block). */
MUST_CHECK enum status keystore_next(struct keystore *keystore, uint32_t *key_no);

/* Fails: ERASED (destroyed), NOT_FOUND (no such slot), CORRUPT. `key` must be zeroed by the
 * caller after use (sodium_memzero). */
MUST_CHECK enum status keystore_get(struct keystore *keystore, uint32_t key_no,
                                    uint8_t key[KEYSTORE_KEY_SIZE]);

/* Overwrites the slot and syncs. Destroying twice is OK. Fails: IO, NOT_FOUND. */
MUST_CHECK enum status keystore_destroy(struct keystore *keystore, uint32_t key_no);

/* Wraps every slot under a new kek, since a file system may keep old blocks. Fails: IO: say so
 * and exit; the next start finds out which kek holds (invariant 3). */
MUST_CHECK enum status keystore_renew(struct keystore *keystore);

/* HMAC-SHA-256 under the key of references. */
void keystore_hmac(const struct keystore *keystore, struct bytes message,
                   uint8_t hmac[KEYSTORE_HMAC_SIZE]);

#endif
