/* reading.h: a submission seen through the rules in force: what it is, where, whose, and what it
 * may already be known as. */
#ifndef INTAKE_READING_H
#define INTAKE_READING_H

#include "workers/intake/submission.h"

/* A submission seen through the rules. */
struct reading {
    const Sanji__Category *category;
    const Sanji__SourceRule *source;
    uint32_t category_no;
    enum severity severity;
    struct org_path area;
    struct org_path owner;
    uint32_t worker; /* who handled it on the spot; 0: nobody */
    enum role role;  /* of his */
    bool restricted;
    struct duplicate alike[DUPLICATES_MAX]; /* what it may be about, the likeliest first */
    size_t alike_count;
    struct kase *same; /* the same device has reported it: merged into this; NULL: not */
};

/* False: the rules refuse it and the receipt says why. */
bool reading_make(struct writing *w, const Sanji__Submission *submission,
                  struct reading *r);
/* Fills alike and same; after reading_make. */
void reading_find_alike(struct writing *w, const Sanji__Submission *submission,
                        struct reading *r);
/* ACTUAL where it does not say. */
uint8_t reading_status(const Sanji__Submission *submission);

/* Fills the receipt; texts by reading_say, NULL: none. Always false. */
bool reading_refuse(struct writing *w, Sanji__Outcome outcome, const char *field,
                    char *reason, char *expected);
/* A copy in the arena of the request; NULL when it is full. */
char *reading_say(struct writing *w, const char *text);

#endif
