"""test_bad_domain.py: input that is well-formed and makes no sense where it is said: what is answered
says what is wrong and what would be right, and the log stays whole."""
import case_laws
from sanji_test import System, main, ok, same, submission

START = "2020-08-03T09:00:00+08:00"  # a Monday: the first shift is at work
GRID = "370499.003.01.001.B03"
OPERATOR = {"role": "INTAKE_OPERATOR", "org": "370499.003"}
LEADER = {"role": "DUTY_LEADER", "org": "370499.003"}
_number = [0]


def said(kind, case_no, actor, source="test", **fields):
    _number[0] += 1
    return {"source_system": source, "source_ref": "domain-%d" % _number[0], "kind": kind, "case_no": case_no,
            "actor": actor, **fields}


def taken(system, **fields):
    """A submission that is stored: its receipt."""
    receipt = system.submit(submission(**fields))[0]
    ok(receipt["outcome"] == "stored", "it is taken", receipt)
    return receipt


def refused(system, what, statement, code, field=None, hint=None):
    decision = system.say(statement)[0]
    good = (decision["outcome"] == "refused" and decision.get("code") == code
            and (field is None or decision.get("field") == field) and " / " in decision.get("reason", "")
            and (hint is None or hint in decision["reason"]))
    ok(good, "%s: refused, %s" % (what, code), decision)
    return decision


def applied(system, what, statement, state):
    decision = system.say(statement)[0]
    ok(decision["outcome"] == "applied" and decision.get("state") == state, "%s: %s" % (what, state), decision)
    return [event["type"] for event in decision.get("events", [])]


def events_of(system, case_no, kind):
    return [event for event in system.events("--case", case_no, "--restricted") if event["type"] == kind]


def waited(system, case_no, kind):
    """Follows the case until an event of this type comes."""
    tail = system.start("tail", "--from", "first", "--case", case_no, "-o", "ndjson")
    tail.wait_line('"type":"%s"' % kind)
    tail.kill()
    return events_of(system, case_no, kind)[-1]


def unplaced(system):
    """A report from nowhere, so it waits for the desk: its number."""
    return taken(system, place={"lat": 10.0, "lon": 10.0, "datum": "CGCS2000"})["case_no"]


def bad_submissions(system):
    receipt = system.submit(submission(category="03099"))[0]
    ok(receipt["outcome"] == "invalid" and receipt["field"] == "category" and "03008" in receipt["expected"],
       "an unknown category: invalid, and the nearest are named", receipt)
    case_no = unplaced(system)
    event = events_of(system, case_no, "CaseReceived")[0]
    same((event["area"], event["holder"], event["owner"], event["state"]),
         ("370499.003", "370499.003", "370499.003", "RECEIVED"),
         "a place outside every grid goes to the desk of what is known")
    receipt = system.submit(submission(place={"grid": "370499.003.01.001.B99"}))[0]
    ok(receipt["outcome"] == "invalid" and GRID[:17] in receipt["expected"],
       "a grid that does not exist: invalid, and the nearest are named", receipt)
    for what, when, reason in (("in the future", "2020-08-03T09:30:00+08:00", 901),
                               ("eight days ago", "2020-07-26T08:00:00+08:00", 901),
                               ("an hour ago", "2020-08-03T08:00:00+08:00", None)):
        number = taken(system, observed_at=when)["case_no"]
        body = events_of(system, number, "CaseReceived")[0]["case_received"]
        ok(body.get("clock_reason") == reason and "observed_at" in body,
           "seen %s: kept, %s" % (what, "marked 901" if reason else "not marked"), body)


def foreign_cases(system):
    case_no = unplaced(system)
    far = taken(system, place={"grid": "370499.003.01.001.B03"})["case_no"]
    refused(system, "accept by another community's desk",
            said("accept", case_no, {"role": "INTAKE_OPERATOR", "org": "370499.003.02"}), "WRONG_DESK", "actor.org")
    refused(system, "cancel by a desk of another community",
            said("cancel", far, {"role": "DUTY_LEADER", "org": "370499.003.02"}, reason_code=104), "WRONG_DESK",
            "actor.org")
    refused(system, "cancel by the reporter of another source",
            said("cancel", far, {"role": "REPORTER"}, source="hotline"), "WRONG_ROLE", "source_system")
    applied(system, "cancel by its own reporter", said("cancel", far, {"role": "REPORTER"}), "CANCELLED")
    decision = refused(system, "reopen of what he cancelled, by the reporter",
                       said("reopen", far, {"role": "REPORTER"}, reason_code=701), "WRONG_ROLE", "actor.role",
                       "appeal")
    same(decision["state"], "CANCELLED", "and it says where the case is")
    same(applied(system, "reopen by a duty leader", said("reopen", far, LEADER, reason_code=703), "RECEIVED"),
         ["CaseReopened"], "T31 is one event")


def appeals(system):
    """Rejected, appealed by its reporter, granted by the duty leader, carried out by intake."""
    case_no = unplaced(system)
    applied(system, "the desk rejects", said("reject", case_no, OPERATOR, reason_code=104, advice_code="12345"), "REJECTED")
    refused(system, "a decision that nobody asked for",
            said("decide", case_no, LEADER, decision="REOPEN", approved=True), "NOT_FOUND", "decision")
    same(applied(system, "its reporter appeals", said("appeal", case_no, {"role": "REPORTER"}), "REJECTED"),
         ["DecisionRequested"], "which is a request")
    decided = system.say(said("decide", case_no, LEADER, decision="REOPEN", approved=True))[0]
    same(decided["outcome"], "applied", "the duty leader grants it")
    event = waited(system, case_no, "CaseReopened")
    same((event["state"], event["writer"], event["case_reopened"]["by_reporter"], event["cause_seq"]),
         ("RECEIVED", "intake", True, decided["events"][0]["seq"]), "and intake carries it out")


def stale_and_off_duty(system):
    case_no = taken(system, source="HANDHELD", category="04001")["case_no"]
    offer = waited(system, case_no, "DispatchOffered")
    his = {"role": offer["dispatch_offered"]["role"], "worker": offer["worker"]}
    refused(system, "an answer to an offer that is not the current one",
            said("ack", case_no, his, offer=offer["seq"] - 1), "STALE_OFFER", "offer", str(offer["seq"]))
    off = dict(said("duty", None, his, duty="OFF"))
    del off["case_no"]
    same(system.say(off)[0]["outcome"], "applied", "the worker goes off duty")
    other = unplaced(system)
    applied(system, "a case placed by the desk", said("accept", other, OPERATOR, to=GRID), "ACCEPTED")
    decision = system.say(said("offer", other, {"role": "DISPATCHER", "org": "370499.003"}, worker=offer["worker"]))[0]
    ok(decision["outcome"] == "refused" and decision.get("reason"), "an offer to who is off duty is refused", decision)


def contradictions(system):
    case_no = unplaced(system)
    first, second = system.say(said("accept", case_no, OPERATOR, to=GRID),
                               said("reject", case_no, OPERATOR, reason_code=101, advice_code="12345"))
    ok(first["outcome"] == "applied" and second["outcome"] == "refused" and second["code"] == "WRONG_STATE",
       "accept and reject in one batch: the first holds", (first, second))
    ok("reject" not in second["allowed_now"] and "cancel" in second["allowed_now"],
       "and the second is told what may be said now", second)
    a, b = (taken(system, category="04008")["case_no"] for _ in range(2))
    one, two = system.say(said("merge", a, OPERATOR, into_case_no=b), said("merge", b, OPERATOR, into_case_no=a))
    ok(one["outcome"] == "applied" and two.get("code") == "WRONG_STATE" and b in two["reason"],
       "each into the other in one batch: no ring", (one, two))
    one, two = system.say(said("unmerge", a, OPERATOR, reason_code=903), said("unmerge", a, OPERATOR, reason_code=903))
    ok(one["outcome"] == "applied" and one["state"] in ("ACCEPTED", "ASSIGNING", "DISPATCHED")
       and two.get("code") == "WRONG_STATE", "taken out twice in one batch: once", (one, two))


def exercises(system):
    real = taken(system)["case_no"]
    drill = taken(system, status="EXERCISE")["case_no"]
    offer = waited(system, drill, "DispatchOffered")
    same(offer["status"], "EXERCISE", "an exercise runs through everything, marked")
    refused(system, "an exercise into a real case", said("merge", drill, OPERATOR, into_case_no=real), "INVALID",
            "into_case_no")


def verification(system):
    doubt = {"source": "VIDEO", "device_id": "cam-1", "category": "03001", "place": {"grid": GRID, "building_no": 12}}
    silent = taken(system, confidence_permille=400, **doubt)
    same(silent["state"], "VERIFYING", "what a camera is not sure of is verified first")
    answered = taken(system, confidence_permille=400, category="08001", source="VIDEO")["case_no"]
    verifier = events_of(system, answered, "VerificationRequested")[0]["worker"]
    refused(system, "reject before anybody was there",
            said("reject", answered, OPERATOR, reason_code=105, advice_code="12345"), "WRONG_STATE", None, "verified")
    same(applied(system, "nothing found", said("verified", answered, {"role": "FULLTIME", "worker": verifier}),
                 "VERIFYING"), ["VerificationReported", "NoteAdded"], "the desk is told")
    same(system.run("advance", "+1s").returncode, 0, "the casebook has read it too")
    listed = system.json("case", "list", "--attention", "-o", "ndjson")
    ok(any(row["case_no"] == answered for row in listed), "and finds it in what it must act on", listed)
    same(applied(system, "the desk rejects", said("reject", answered, OPERATOR, reason_code=105, advice_code="12345"),
                 "REJECTED"), ["VerificationReported", "CaseRejected"], "T04 is two events")
    again = taken(system, confidence_permille=900, **doubt)
    same(again["state"], "MERGED", "the same camera again is merged at the door")
    refused(system, "a merged case is not merged", said("merge", answered, OPERATOR, into_case_no=again["case_no"]),
            "WRONG_STATE")
    same(system.run("advance", "+3h").returncode, 0, "three hours pass")
    event = events_of(system, silent["case_no"], "CaseAccepted")[0]
    ok(event["case_accepted"].get("automatic") and event["actor"]["role"] == "SYSTEM",
       "where nobody answers doubt counts as true", event)
    same(len(events_of(system, silent["case_no"], "VerificationRequested")), 2, "after a second verifier was named")


def bad_domain():
    with System(start=START) as system:
        bad_submissions(system)
        foreign_cases(system)
        appeals(system)
        stale_and_off_duty(system)
        contradictions(system)
        exercises(system)
        verification(system)
        same(case_laws.all_laws(system.events("--restricted")), [], "every law holds on the whole log")
        same(system.run("verify", "--data", system.data_dir).returncode, 0, "the log verifies")


main(bad_domain)
