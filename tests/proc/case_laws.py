"""case_laws.py: the laws of a log, checked on what `sanji tail -o ndjson` prints.

Shares no code with the system: it knows the JSON of records.md 5 and nothing else. Used by the
tests that kill, stop and fill; each returns a list of sentences, empty when the law holds.
"""
import os
import subprocess

import sanji_test

FINAL = {"CLOSED", "REJECTED", "CANCELLED", "MERGED"}


def sequence(events):
    """Every number once, in order, and time never goes back."""
    wrong = []
    for before, after in zip(events, events[1:]):
        if after["seq"] != before["seq"] + 1:
            wrong.append("seq %d follows %d" % (after["seq"], before["seq"]))
        if after["recorded_at"] < before["recorded_at"]:
            wrong.append("seq %d is stamped before %d" % (after["seq"], before["seq"]))
    return wrong


def doubled(events):
    """No case is received twice, no reference leads to two records."""
    wrong, cases, references = [], set(), {}
    for event in events:
        if event["type"] == "CaseReceived":
            if event["case_no"] in cases:
                wrong.append("case %s received twice" % event["case_no"])
            cases.add(event["case_no"])
        body = event.get("case_received") or event.get("said")
        if body and "source_ref_hmac" in body:
            reference = body["source_ref_hmac"]
            if reference in references:
                wrong.append("seq %d and %d have one reference" % (references[reference], event["seq"]))
            references[reference] = event["seq"]
    return wrong


DECIDERS = {
    "intake": "accept reject verify verified check revisit merge unmerge cancel reopen informed note read erase",
    "escalation": "route escalate return extend suspend decide resume upstream upstream_update take_back assist "
                  "assist_joined assist_done urge supervise lift severity reclassify appeal",
    "dispatch": "offer ack decline recall arrive progress resolve duty coverage worklog"}


def answers(events):
    """Every statement has exactly one decision: one or more events of its decider in one append
    (one stamp), or one StatementRefused."""
    wrong, decided = [], {}
    for event in events:
        if event.get("cause_seq") and event["type"] not in ("Said", "AuditFound"):
            decided.setdefault(event["cause_seq"], []).append(event)
    for event in events:
        if event["type"] != "Said":
            continue
        kind = event["said"]["kind"].lower()
        decider = next(name for name, kinds in DECIDERS.items() if kind in kinds.split())
        own = [one for one in decided.get(event["seq"], []) if one["writer"] == decider]
        refusals = [one for one in own if one["type"] == "StatementRefused"]
        if not own:
            wrong.append("statement %d (%s) has no answer" % (event["seq"], kind))
        if refusals and len(own) > 1:
            wrong.append("statement %d (%s) has %d answers" % (event["seq"], kind, len(own)))
        # Who stands down when one of several acknowledges is named in a record each.
        types = [(one["type"], one.get("worker") if one["type"] == "DispatchRecalled" else "") for one in own]
        if len(types) != len(set(types)):
            wrong.append("statement %d (%s) is answered twice: %s" % (event["seq"], kind, types))
    return wrong


def versions(events):
    """The versions of a case rise one by one: no transition is lost, none stands twice."""
    wrong, newest = [], {}
    for event in events:
        number = event.get("case_no")
        if not number or event["type"] == "Said":
            continue
        before, after = newest.get(number, 0), event.get("version", 0)
        if after not in (before, before + 1):
            wrong.append("case %s: version %d after %d at seq %d" % (number, after, before, event["seq"]))
        newest[number] = after
    return wrong


def receipts(events, given):
    """Each stored receipt has its record: the case number and the seq that it names."""
    wrong = []
    by_seq = {event["seq"]: event for event in events}
    for receipt in given:
        if receipt.get("outcome") != "stored":
            continue
        event = by_seq.get(receipt["seq"])
        if event is None or (receipt.get("case_no") and event.get("case_no") != receipt["case_no"]):
            wrong.append("receipt without its record: %r" % receipt)
    return wrong


def found(events):
    """What audit found wrong."""
    return ["audit: seq %d %s" % (event["audit_found"]["seq"], event["audit_found"]["code_name"])
            for event in events if event["type"] == "AuditFound"]


def all_laws(events):
    return (sequence(events) + doubled(events) + answers(events) + versions(events) + found(events))


def final_states(events):
    """case_no -> state after its newest record that is not a statement."""
    states = {}
    for event in events:
        if event.get("case_no") and event["type"] != "Said":
            states[event["case_no"]] = event["state"]
    return states


def at_every_record(system, quantum=False):
    """The laws of tests/sim (the table of transitions told a second time, holders, timers,
    deadlines, checkers, merges, offers, personal data), held after each record of the log as it
    lies on disk; the system has been played in driven time; with a quantum timers may fire late."""
    program = os.path.join(os.path.dirname(sanji_test.BIN), "tests/sim/test_commands")
    if not os.access(program, os.X_OK):
        return ["no %s: build it first" % program]
    out = subprocess.run([program, "--log-late" if quantum else "--log", system.data_dir], capture_output=True, text=True, timeout=600)
    return [] if out.returncode == 0 else out.stdout.splitlines()
