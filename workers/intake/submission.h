/* submission.h: what a submission and a statement must be like, and what they become.
 *
 * Checking looks at nothing but the item and the rules; writing emits into the turn. Both
 * leave the answer in a receipt; a refused item leaves no record and binds no reference.
 */
#ifndef INTAKE_SUBMISSION_H
#define INTAKE_SUBMISSION_H

#include "broker/runtime/turn.h"
#include "door.pb-c.h"
#include "workers/intake/duplicate.h"
#include "workers/intake/keystore.h"

/* Shape, limits, UTF-8, personal data in clear fields. False: *receipt says what is wrong
 * (texts from the arena). */
bool submission_check(const Sanji__Submission *submission, struct arena *arena,
                      Sanji__Receipt *receipt);
bool statement_check(const Sanji__Statement *statement, struct arena *arena,
                     Sanji__Receipt *receipt);

/* The digests that tell a repeat from a conflict: eight groups of fields, four bytes each, so
 * that a conflict can name the group. */
void submission_digest(const Sanji__Submission *submission, const struct keystore *keystore,
                       uint8_t digest[KEYSTORE_HMAC_SIZE]);
void statement_digest(const Sanji__Statement *statement, const struct keystore *keystore,
                      uint8_t digest[KEYSTORE_HMAC_SIZE]);
void reference_digest(const char *source_system, const char *source_ref,
                      const struct keystore *keystore, uint8_t digest[KEYSTORE_HMAC_SIZE]);
/* Names of the groups in which two digests differ. Returns how many, at most 8. */
size_t submission_differs(const uint8_t *a, const uint8_t *b, bool is_statement,
                          const char *names[8]);

/* What writing needs beside the turn. */
struct writing {
    struct turn *turn;
    struct keystore *keystore;
    struct duplicates *duplicates; /* NULL: none are looked for */
    uint32_t *key_no; /* 0 until assigned; kept over turns so that no key is lost */
    const uint8_t *reference;
    const uint8_t *content;
    struct arena *arena; /* the request's: receipts' texts */
    Sanji__Receipt *receipt;
    size_t record_index; /* out: the record the receipt rests on */
};

/* CaseReceived, and with it CaseAccepted, CaseSelfHandled, VerificationRequested or, where the
 * same device has reported the same thing, CaseMerged. False: refused, nothing was
 * emitted and the receipt says why. */
bool submission_write(struct writing *writing, const Sanji__Submission *submission);
/* Said. False: refused. */
bool statement_write(struct writing *writing, const Sanji__Statement *statement);

#endif
