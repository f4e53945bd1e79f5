/* digest.c: the fingerprints of submission.h: HMACs over decoded fields, packed canonically by
 * protobuf-c (field order), so order and spacing of the input do not matter. */
#include <assert.h>
#include <string.h>

#include "proto/limits.h"
#include "workers/intake/submission.h"

enum {
    GROUPS = 8,
    GROUP_BYTES = KEYSTORE_HMAC_SIZE / GROUPS,
    FRAME_BYTES = 64
};

static const char *const submission_groups[GROUPS] = {
    "source", "category", "place", "observed_at", "severity", "device", "flags", "sealed"};
static const char *const statement_groups[GROUPS] = {
    "kind", "case_no", "actor", "fields", "sealed", "observed_at", "status", "other"};

/* Puts the HMAC of one message into its group. */
static void put_group(const struct keystore *keystore, size_t group,
                      const ProtobufCMessage *message, uint8_t *digest)
{
    // Packed again it is not longer than it came, but for the frame of one field.
    static uint8_t packed[MESSAGE_SIZE_MAX + FRAME_BYTES];
    const size_t size = protobuf_c_message_get_packed_size(message);
    assert(size + 1 <= sizeof packed);
    packed[0] = (uint8_t)group; // the same bytes in two groups give two digests
    (void)protobuf_c_message_pack(message, packed + 1); // the size was just asked
    uint8_t hmac[KEYSTORE_HMAC_SIZE];
    keystore_hmac(keystore, (struct bytes){packed, size + 1}, hmac);
    memcpy(digest + group * GROUP_BYTES, hmac, GROUP_BYTES);
    explicit_bzero(packed, size + 1); // it held words that will be sealed
}

void submission_digest(const Sanji__Submission *submission, const struct keystore *keystore,
                       uint8_t digest[KEYSTORE_HMAC_SIZE])
{
    Sanji__Submission part[GROUPS];
    for (size_t i = 0; i < GROUPS; i++) {
        sanji__submission__init(&part[i]);
    }
    part[0].source = submission->source;
    part[1].category = submission->category;
    part[2].place = submission->place;
    part[3].observed_at_ms = submission->observed_at_ms;
    part[4].proposed_severity = submission->proposed_severity;
    part[5].device_id = submission->device_id;
    part[5].confidence_permille = submission->confidence_permille;
    part[6].reporter_wants_contact = submission->reporter_wants_contact;
    part[6].confidential = submission->confidential;
    part[6].self_handled = submission->self_handled;
    part[6].worker = submission->worker;
    part[6].status = submission->status;
    part[7].sealed = submission->sealed;
    part[7].n_evidence = submission->n_evidence;
    part[7].evidence = submission->evidence;
    for (size_t i = 0; i < GROUPS; i++) {
        put_group(keystore, i, &part[i].base, digest);
    }
}

void statement_digest(const Sanji__Statement *statement, const struct keystore *keystore,
                      uint8_t digest[KEYSTORE_HMAC_SIZE])
{
    Sanji__Statement part[GROUPS];
    for (size_t i = 0; i < GROUPS; i++) {
        sanji__statement__init(&part[i]);
    }
    part[0].kind = statement->kind;
    part[1].case_no = statement->case_no;
    part[2].actor = statement->actor;
    part[3].fields = statement->fields;
    part[4].sealed = statement->sealed;
    part[5].observed_at_ms = statement->observed_at_ms;
    part[6].status = statement->status;
    for (size_t i = 0; i < GROUPS; i++) {
        put_group(keystore, i, &part[i].base, digest);
    }
}

void reference_digest(const char *source_system, const char *source_ref,
                      const struct keystore *keystore, uint8_t digest[KEYSTORE_HMAC_SIZE])
{
    // The zero byte between them cannot stand in either (checked as UTF-8 without NUL).
    uint8_t both[SOURCE_SYSTEM_SIZE_MAX + 1 + SOURCE_REF_SIZE_MAX];
    const size_t system_size = strlen(source_system);
    const size_t ref_size = strlen(source_ref);
    assert(system_size <= SOURCE_SYSTEM_SIZE_MAX && ref_size <= SOURCE_REF_SIZE_MAX);
    memcpy(both, source_system, system_size);
    both[system_size] = 0;
    memcpy(both + system_size + 1, source_ref, ref_size);
    keystore_hmac(keystore, (struct bytes){both, system_size + 1 + ref_size}, digest);
}

size_t submission_differs(const uint8_t *a, const uint8_t *b, bool is_statement,
                          const char *names[8])
{
    size_t count = 0;
    for (size_t i = 0; i < GROUPS; i++) {
        if (memcmp(a + i * GROUP_BYTES, b + i * GROUP_BYTES, GROUP_BYTES) != 0) {
            names[count++] = is_statement ? statement_groups[i] : submission_groups[i];
        }
    }
    return count;
}
