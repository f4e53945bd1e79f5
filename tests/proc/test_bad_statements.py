"""test_bad_statements.py: what may not be said is refused with its code, once, and changes nothing.

The kinds, who may say them, with which fields and in which states are read from the table of
PROTOCOL.md 4 (which a unit test compares with the program), so each row is asked wrongly.
"""
import os
import re

import case_laws
from bad_input import Wire, pids
from sanji_test import ROOT, System, main, ok, same, submission

START = "2020-08-03T09:00:00+08:00"  # a Monday: the first shift is at work
SECRET = "东门消防通道 sanji-bad-statements-6e19"
NEEDED = {"offer": 1, "reason_code": 101, "resolution": "FIXED", "worker": "W00007", "purpose": "HANDLE",
          "result": "SATISFIED", "duty": "ON", "advice_code": "A1", "suggested_holder": "370499.003",
          "severity": "S2", "category": "02001", "decision": "RETURN", "handover": 1, "update": "DONE",
          "into_case_no": "37049900320200803000001", "department_code": "D01",
          "resume_by": "2020-09-01T00:00:00Z"}
ACTORS = {"FULLTIME": {"worker": "W00005"}, "PROFESSIONAL": {"worker": "W00013"}, "VOLUNTEER": {"worker": "W00021"},
          "SOCIAL_WORKER": {"worker": "W00019"}, "GRID_CHIEF": {"worker": "W00018"}, "GUIDE": {"worker": "W00001"},
          "BUILDING_HEAD": {"worker": "W00032"}, "INTAKE_OPERATOR": {"org": "370499.003"},
          "DISPATCHER": {"org": "370499.003.01"}, "DUTY_LEADER": {"org": "370499.003"}}
_number = [0]


def kinds():
    """The rows of the table: name, decider, needs, roles, states, built."""
    found = []
    with open(os.path.join(ROOT, "proto/PROTOCOL.md"), encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            name = re.fullmatch(r"`([a-z_]+)`", cells[0])
            if name and len(cells) == 8 and cells[1].isdigit():
                found.append({"name": name.group(1), "decider": cells[2], "needs": cells[3].split(),
                              "roles": cells[4].split(), "states": cells[5].split(),
                              "built": cells[6] == "yes"})
    return found


def statement(kind, case_no, actor, **fields):
    _number[0] += 1
    value = {"source_system": "test", "source_ref": "bad-%d" % _number[0], "kind": kind, "actor": actor, **fields}
    if case_no:
        value["case_no"] = case_no
    return value


def actor(role, **fields):
    return {"role": role, **(fields or ACTORS.get(role, {}))}


def needed(row):
    return {name: NEEDED[name] for name in row["needs"] if name in NEEDED}


def asked(system, what, value, code, field=None):
    """Says it, and looks at the decision. Returns it."""
    decision = system.say(value)[0]
    good = (decision["outcome"] == "refused" and decision.get("code") == code and decision.get("reason")
            and (field is None or decision.get("field") == field))
    ok(good, "%s: refused, %s%s" % (what, code, " " + field if field else ""), decision)
    return decision


def offered(system, **fields):
    """A new case up to its offer: the newest event."""
    case_no = system.submit(submission(source="HANDHELD", category="04001", **fields))[0]["case_no"]
    tail = system.start("tail", "--from", "first", "--case", case_no, "-o", "ndjson")
    tail.wait_line('"type":"DispatchOffered"')
    tail.kill()
    return [event for event in system.events("--case", case_no) if event["type"] == "DispatchOffered"][-1]


def check_door(system, case_no):
    """What is refused at once leaves no record."""
    before = len(system.events())
    good = statement("note", case_no, actor("DISPATCHER"))
    for what, change, field in (
            ("an unknown kind", {"kind": "shout"}, "kind"),
            ("no kind", {"kind": None}, "kind"),
            ("no actor", {"actor": None}, "actor.role"),
            ("an actor without a role", {"actor": {"worker": "W00005"}}, "actor.role"),
            ("an unknown role", {"actor": {"role": "EMPEROR"}}, "actor.role"),
            ("a worker that is no number", {"actor": {"role": "FULLTIME", "worker": "Zhang"}}, "actor.worker"),
            ("an org that is no path", {"actor": {"role": "DISPATCHER", "org": "Y"}}, "actor.org"),
            ("no case", {"case_no": None}, "case_no"),
            ("a case of another log", {"case_no": "37049900420200803000001"}, "case_no"),
            ("a case that is not there", {"case_no": "37049900320200803999999"}, "case_no"),
            ("a case number that is none", {"case_no": "20200803"}, "case_no"),
            ("a case where the kind has none", {"kind": "duty", "duty": "ON"}, "case_no")):
        value = {name: one for name, one in {**good, **change}.items() if one is not None}
        receipt = system.say(value)[0]
        ok(receipt["outcome"] == "invalid" and receipt.get("field") == field,
           "%s: invalid, %s" % (what, field), receipt)
    same(len(system.events()), before, "what is invalid leaves no record")


def check_table(system, case_no):
    """Each kind: said by the wrong role, without what it needs, before it is built."""
    version = system.events("--case", case_no)[-1]["version"]
    table = kinds()
    ok(len(table) > 35, "the table of kinds is read", len(table))
    for row in table:
        about = None if row["states"] == ["—"] else case_no
        role = "MUNICIPAL" if row["roles"] == ["ANY"] else row["roles"][0]
        if not row["built"]:
            decision = asked(system, row["name"] + ", not built",
                             statement(row["name"], about, actor(role), **needed(row)), "NOT_YET")
            refusal = [event for event in system.events() if event.get("cause_seq") == decision["seq"]]
            same([(one["type"], one["statement_refused"]["kind"].lower(), one["writer"]) for one in refusal],
                 [("StatementRefused", row["name"], row["decider"])], "%s: the refusal names it" % row["name"])
            continue
        others = [one for one in ACTORS if one not in row["roles"]]
        if row["roles"] != ["ANY"] and others:
            asked(system, "%s by %s" % (row["name"], others[0]),
                  statement(row["name"], about, actor(others[0]), **needed(row)), "WRONG_ROLE", "actor.role")
        for name in needed(row):
            fields = needed(row)
            del fields[name]
            asked(system, "%s without %s" % (row["name"], name),
                  statement(row["name"], about, actor(role), **fields), "INVALID", name)
    same(system.events("--case", case_no)[-1]["version"], version, "none of it moved the case")
    return {row["name"]: row for row in table}


def check_case(system, table, offer):
    case_no, worker, role = offer["case_no"], offer["worker"], offer["dispatch_offered"]["role"]
    his = {"role": role, "worker": worker}

    decision = asked(system, "resolve before ack", statement("resolve", case_no, his, resolution="FIXED"),
                     "WRONG_STATE")
    same(decision["state"], "DISPATCHED", "wrong state: it says which")
    allowed = decision["allowed_now"]
    ok("ack" in allowed and "decline" in allowed and "resolve" not in allowed,
       "wrong state: it says what may be said now", allowed)
    ok(all(table[kind]["built"] and ("DISPATCHED" in table[kind]["states"] or table[kind]["states"] == ["ANY"])
           for kind in allowed), "and each of that is built and may be said in this state", allowed)
    decision = asked(system, "ack of an offer that is not the current one",
                     statement("ack", case_no, his, offer=offer["seq"] - 1), "STALE_OFFER", "offer")
    ok(str(offer["seq"]) in decision["reason"], "a stale offer: it names the current one", decision)
    asked(system, "a note on an old version", statement("note", case_no, actor("DISPATCHER"), if_version=1),
          "STALE", "if_version")
    asked(system, "ack by another worker of that role",
          statement("ack", case_no, {"role": "FULLTIME", "worker": "W00007"}, offer=offer["seq"]), "WRONG_WORKER",
          "actor.worker")
    asked(system, "ack by a worker in a role he does not have",
          statement("ack", case_no, {"role": "PROFESSIONAL", "worker": "W00005"}, offer=offer["seq"]),
          "WRONG_ROLE", "actor.role")
    asked(system, "ack by somebody who is not in the roster",
          statement("ack", case_no, {"role": "FULLTIME", "worker": "W99999"}, offer=offer["seq"]), "NOT_FOUND",
          "actor.worker")
    asked(system, "ack by nobody in particular",
          statement("ack", case_no, {"role": "FULLTIME"}, offer=offer["seq"]), "INVALID", "actor.worker")
    asked(system, "escalate by a desk elsewhere",
          statement("escalate", case_no, {"role": "DISPATCHER", "org": "370499.003.02"}), "WRONG_DESK", "actor.org")
    asked(system, "duty of a worker who is not there",
          statement("duty", None, actor("DISPATCHER"), duty="ON", worker="W99999"), "NOT_FOUND", "worker")

    same(system.say(statement("ack", case_no, his, offer=offer["seq"]))[0]["outcome"], "applied",
         "after all that the right worker acknowledges")
    asked(system, "the same offer once more", statement("ack", case_no, his, offer=offer["seq"]), "WRONG_STATE")
    asked(system, "decline after ack", statement("decline", case_no, his, offer=offer["seq"], reason_code=501),
          "WRONG_STATE")
    asked(system, "resolve without the evidence that the category wants",
          statement("resolve", case_no, his, resolution="FIXED"), "EVIDENCE", "evidence")
    asked(system, "resolve by another worker",
          statement("resolve", case_no, {"role": "FULLTIME", "worker": "W00007"}, resolution="FIXED"),
          "WRONG_WORKER", "actor.worker")


def check_closing(system, wire, offer):
    case_no = offer["case_no"]
    his = {"role": offer["dispatch_offered"]["role"], "worker": offer["worker"]}
    evidence = [{"ref": "photo/%d" % i} for i in range(3)]
    same(system.say(statement("resolve", case_no, his, resolution="FIXED", evidence=evidence))[0]["outcome"],
         "applied", "he resolves it")
    asked(system, "a failed check without a reason", statement("check", case_no, actor("DUTY_LEADER"), passed=False),
          "INVALID", "reason_code")
    check_without_fields(system, wire, case_no)
    asked(system, "a check by who resolved it", statement("check", case_no, his, passed=True), "SAME_PERSON")
    same(system.say(statement("check", case_no, actor("DUTY_LEADER"), passed=True))[0]["outcome"], "applied",
         "somebody else checks it")
    asked(system, "a second check", statement("check", case_no, actor("DUTY_LEADER"), passed=True), "WRONG_STATE")
    asked(system, "a revisit that nobody asked for",
          statement("revisit", case_no, actor("INTAKE_OPERATOR"), result="SATISFIED"), "WRONG_STATE")


def check_without_fields(system, wire, case_no):
    """`check` needs no field, so a client may leave them all out; JSON always makes them."""
    before = pids(system)
    request = wire.door.DoorRequest(protocol=1, request_no=1)
    request.statements.add(source_system="test", source_ref="no-fields", kind=wire.vocab.STATEMENT_KIND_CHECK,
                           case_no=case_no, actor={"role": wire.vocab.ROLE_DUTY_LEADER, "org": "370499.003"})
    reply = wire.door.DoorReply.FromString(
        wire.peer(system.endpoint("door")).ask([request.SerializeToString()])[0])
    tail = system.start("tail", "--from", str(reply.receipts[0].seq), "--case", case_no, "-o", "ndjson")
    refusal = tail.wait_line('"type":"StatementRefused"').string
    ok('"code_name":"INVALID"' in refusal, "a_check_without_fields_is_refused", refusal)
    same(pids(system), before, "and ends no process")


def check_sealed(system):
    offer = offered(system, sealed={"text": SECRET})
    case_no = offer["case_no"]
    for role, who, purpose in (("FULLTIME", {"worker": "W00007"}, "HANDLE"), ("DISPATCHER", {"org": "370499.003.02"}, "HANDLE"),
                               ("INTAKE_OPERATOR", {"org": "370499.003"}, "CHECK")):
        out = system.run("read", case_no, "--purpose", purpose, "--as", "%s:%s" % (role, list(who.values())[0]))
        ok(out.returncode == 4 and "6e19" not in out.stdout + out.stderr,
           "read by %s for %s: exit 4" % (role, purpose), out.stdout + out.stderr)
    same(system.run("read", case_no, "--purpose", "CURIOSITY", "--as", "DISPATCHER").returncode, 2,
         "read for a purpose that is none: exit 2")
    same(system.run("read", "37049900320200803999999", "--purpose", "HANDLE", "--as", "DISPATCHER").returncode, 3,
         "read of a case that is not there: exit 3")
    erase = statement("erase", case_no, actor("DUTY_LEADER"))
    same(system.say(erase)[0]["outcome"], "applied", "the key is destroyed")
    asked(system, "erase twice", statement("erase", case_no, actor("DUTY_LEADER")), "ERASED")
    note = system.say(statement("note", case_no, actor("DISPATCHER"), sealed={"text": SECRET}))[0]
    ok(note["outcome"] == "invalid" and note.get("field") == "sealed", "words on a case without a key: invalid", note)


def check_no_tier(system):
    offer = offered(system)
    case_no = offer["case_no"]
    decision = {"outcome": "applied"}
    for _ in range(4):
        if decision["outcome"] == "applied":
            decision = system.say(statement("escalate", case_no, actor("DUTY_LEADER")))[0]
    same((decision["outcome"], decision.get("code")), ("refused", "NO_TIER"),
         "escalate above the sub-district: refused, NO_TIER")


def bad_statements():
    with System(start=START) as system, Wire() as wire:
        before = pids(system)
        offer = offered(system)
        check_door(system, offer["case_no"])
        table = check_table(system, offer["case_no"])
        check_case(system, table, offer)
        check_closing(system, wire, offer)
        check_sealed(system)
        check_no_tier(system)
        same(case_laws.all_laws(system.events()), [], "every statement has one answer, and every law holds")
        same(pids(system), before, "no process was started again")
        said = "\n".join(system.process.errors + system.process.lines)
        ok("6e19" not in said, "no diag line holds a sealed text")
        same(system.run("verify", "--data", system.data_dir).returncode, 0, "the log verifies")


main(bad_statements)
