/* script_submit.c: planned cases and strays become submissions. */
#include <stdio.h>

#include "workers/sanji/script_inside.h"

enum {
    REF_SIZE = 96,
    MS_PER_S = 1000,
    SPOILT = 4 /* so many kinds of malformed submissions, and of texts that are refused */
};

/* What must never stand in a clear field, and is taken inside `sealed`; all of it made up. */
static char planted[SPOILT][48] = {"call 13900000000 please", "13900000001, 13900000002",
                                   "11010519491231002X", "鲁D12345"};

/* A submission with room for what it points at. */
struct report {
    Sanji__Submission submission;
    Sanji__Place place;
    Sanji__SealedText sealed;
    Sanji__Evidence evidence;
    Sanji__Evidence *evidences[1];
    char ref[REF_SIZE];
    char grid[ORG_TEXT_SIZE];
    char category[CATEGORY_SIZE];
    char worker[WORKER_SIZE];
};

static void fill_report(const struct script *script, struct report *report,
                        const struct planned *planned)
{
    static char system[] = "demo";
    static char words[] = "演示案件 / a demo case";
    static char photo[] = "photo/1";
    static char device[] = "hh-0031";
    const struct report empty = {.submission = SANJI__SUBMISSION__INIT,
                                 .place = SANJI__PLACE__INIT,
                                 .sealed = SANJI__SEALED_TEXT__INIT,
                                 .evidence = SANJI__EVIDENCE__INIT};
    *report = empty;
    Sanji__Submission *submission = &report->submission;
    (void)snprintf(report->ref, sizeof report->ref, "%s/%u", script->prefix,
                   planned->number);
    report->place.grid = org_print(planned->grid, report->grid);
    report->place.building_no = 1;
    report->sealed.text = planned->number <= SPOILT ? planted[planned->number - 1] : words;
    report->evidence.ref = photo;
    report->evidences[0] = &report->evidence;
    submission->source_system = system;
    submission->source_ref = report->ref;
    submission->source = (Sanji__Source)planned->source;
    submission->category = id_category_print(
        planned->category_from != 0 ? planned->category_from : planned->category,
        report->category);
    submission->place = &report->place;
    submission->observed_at_ms = planned->at_ms - (int64_t)planned->held_s * MS_PER_S;
    submission->confidence_permille = planned->confidence_permille;
    submission->reporter_wants_contact = planned->wants_contact;
    submission->sealed = &report->sealed;
    submission->n_evidence = 1;
    submission->evidence = report->evidences;
    if (planned->source == SANJI__SOURCE__SOURCE_HANDHELD) {
        submission->device_id = device;
    }
    if (planned->worker != 0) {
        submission->self_handled = true;
        submission->worker = id_worker_print(planned->worker, report->worker);
    }
}

void script_submit(struct script *script, uint32_t number)
{
    struct report report;
    fill_report(script, &report, &script->plan->cases[number - 1]);
    script->port->submit(script->port_context, &report.submission, number);
}

static void spoil(struct report *report, const struct stray *stray)
{
    static char nowhere[] = "370499.003.01.001.B99";
    static char unknown[] = "99998";
    static char broken[] = "370499.003.1";
    static char empty[] = "";
    static char device[64];
    Sanji__Submission *submission = &report->submission;
    if (stray->kind == STRAY_PII) {
        char *planting = planted[stray->number % SPOILT];
        if (stray->number % 3 == 0) {
            submission->device_id = planting;
        } else if (stray->number % 3 == 1) {
            report->evidence.ref = planting;
        } else {
            (void)snprintf(device, sizeof device, "%s", planting);
            submission->source_ref = device;
        }
        return;
    }
    switch (stray->number % SPOILT) {
    case 0:
        submission->category = unknown;
        break;
    case 1:
        report->place.grid = nowhere;
        break;
    case 2:
        report->place.grid = broken;
        break;
    default:
        submission->category = empty;
        break;
    }
}

void script_submit_stray(struct script *script, size_t place)
{
    const struct stray *stray = &script->plan->strays[place];
    struct report report;
    if (stray->kind == STRAY_REPEAT) {
        fill_report(script, &report, &script->plan->cases[stray->number - 1]);
    } else {
        fill_report(script, &report,
                    &script->plan->cases[stray->number % script->plan->count]);
        (void)snprintf(report.ref, sizeof report.ref, "%s/stray/%zu", script->prefix,
                       place);
        spoil(&report, stray);
    }
    script->port->submit(script->port_context, &report.submission,
                         STRAY_TAG | (uint32_t)place);
}
