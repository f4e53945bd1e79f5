"""test_explain.py: `case explain` says why a case is where it is and recounts every deadline from
the log alone; exercises carry their flag in every view.

The sums are checked against the records themselves: what a record says is due is what the
explanation gives, each holder's time adds up to the whole, and nothing is "as written" only.
"""
import json

from sanji_test import System, main, ok, same, submission

START = "2020-08-14T17:30:00+08:00"  # a Friday
SHOWN = ("-o", "table")


def explain(system, case_no, *options):
    return json.loads(system.run("case", "explain", case_no, "-o", "json", *options).stdout)


def changes(value, kind, op="ARM"):
    return [change for step in value["steps"] for change in step.get("timers", [])
            if change["kind"] == kind and change["op"] == op]


def check_sums(system, case_no, value):
    """Every due time of a record is recounted, and none disagrees."""
    events = {event["seq"]: event for event in system.events("--case", case_no)}
    same([step["seq"] for step in value["steps"]], sorted(events), "one step for each record of the case")
    wrong, counted = [], 0
    for step in value["steps"]:
        said = [one for one in events[step["seq"]].get("timers", [])]
        told = step.get("timers", [])
        if [(one["op"], one["kind"]) for one in said] != [(one["op"], one["kind"]) for one in told]:
            wrong.append((step["seq"], said, told))
        for record, change in zip(said, told):
            if record["op"] in ("ARM", "RESET", "RESUME"):
                counted += 1
                if record["due"] != change["due"] or change["method"] == "as_written":
                    wrong.append((step["seq"], record, change))
    same(wrong, [], "each of %d due times is recounted as its record says" % counted)


def check_ledger(value):
    holds = value["ledger"]
    gaps = [(a, b) for a, b in zip(holds, holds[1:]) if a["to"] != b["from"]]
    same(gaps, [], "each holder has the case until the next one")
    same([hold["holder"] for hold in holds],
         ["370499.003", "370499.003.01.001", "370499.003.01", "370499.003"], "the ledger names the holders in order")
    same([(hold["working_s"], hold["natural_s"]) for hold in holds[:3]],
         [(0, 0), (1800, 38 * 3600 + 1800), (3600, 25 * 3600)],
         "each with his working and his natural time: Saturday and Sunday count in one of them")


def check_routing(value):
    routed = next(step for step in value["steps"] if step["type"] == "CaseRouted")
    ok("lowest tier" in routed["why"][0]["en"] and "policy v1" in routed["why"][0]["en"],
       "routing names its rule and the version of the policy", routed["why"])
    up = [step for step in value["steps"] if step["type"] == "CaseEscalated"]
    ok(up and any("deadline missed" in why["en"] for why in up[0]["why"]), "an escalation names its cause", up)
    offer = next(step for step in value["steps"] if step["type"] == "DispatchOffered")
    ok(any("cost_permille" in one for one in offer["considered"])
       and any("rejects" in one for one in offer["considered"]), "an offer shows who was considered, and why not",
       offer["considered"])
    # A stage decides on the newest state it has read, so an earlier record may be what it names.
    ok(offer["cause"]["seq"] < offer["seq"] and offer["cause"].get("type") in ("CaseReceived", "CaseAccepted", "CaseRouted"),
       "and what led to it", offer["cause"])
    fired = [one for one in value["timers"] if one["outcome"] == "FIRED"]
    ok(fired and all(one["late_s"] == 0 for one in fired), "each timer that fired says how late", fired)


def check_days(value):
    resolve = changes(value, "RESOLVE")[0]
    same([(day["day"], day["kind"], day["counted"], day["counted_s"]) for day in resolve["days"]],
         [("2020-08-14", "WORKDAY", ["17:30-18:00"], 1800), ("2020-08-15", "WEEKEND", [], 0),
          ("2020-08-16", "WEEKEND", [], 0), ("2020-08-17", "WORKDAY", ["08:00-11:30"], 12600)],
         "the four hours of RESOLVE are counted day by day")
    same((resolve["due"], resolve["method"]), ("2020-08-17T03:30:00.000Z", "budget"), "and end on Monday at 11:30")
    dispatch = changes(value, "DISPATCH")[0]
    same((dispatch["due"], dispatch["method"]), ("2020-08-14T21:30:00.000Z", "cap"),
         "a cap of twelve hours comes before Monday")


def check_views(system, case_no, actual):
    """Whoever looks sees that it is not real."""
    flag = "演练"
    shown = {"case show": system.run("case", "show", case_no, *SHOWN).stdout,
             "case explain": system.run("case", "explain", case_no, *SHOWN).stdout,
             "case list": next(line for line in system.run("case", "list", *SHOWN).stdout.splitlines()
                               if case_no in line),
             "board": next(line for line in system.run("board", "--once", *SHOWN).stdout.splitlines()
                           if case_no in line),
             "tail": system.run("tail", "--no-follow", "--case", case_no, *SHOWN).stdout.splitlines()[0]}
    same([name for name, text in shown.items() if flag not in text], [], "an exercise carries its flag in every view")
    for name in ("show", "explain"):
        value = json.loads(system.run("case", name, case_no, "-o", "json").stdout)
        same(value.get("status"), "EXERCISE", "case %s as JSON" % name)
    listed = {row["case_no"]: row for row in system.json("case", "list", "-o", "json")}
    same((listed[case_no].get("status"), listed[actual].get("status")), ("EXERCISE", "ACTUAL"), "case list as JSON")
    real = system.run("case", "show", actual, *SHOWN).stdout + system.run("case", "explain", actual, *SHOWN).stdout
    ok(flag not in real, "what is real carries none")


def check_attention(system):
    """A report whose community is not known waits for an operator; when it has waited too long, he
    and the duty leader are told, and every view says so."""
    case_no = system.submit(submission(source="RESIDENT_APP", place={"grid": "370499.003"}))[0]["case_no"]
    system.run("advance", "+1d")
    rows = system.json("case", "list", "--attention", "-o", "json")
    ok(case_no in [row["case_no"] for row in rows], "what must be acted on is listed", rows)
    alerts = sum(len(row["attention"]) for row in rows)
    for name, args in (("case list --attention", ("case", "list", "--attention")), ("board", ("board", "--once"))):
        text = system.run(*args, *SHOWN).stdout
        ok(text.count("    待关注 ") >= alerts and "带班领导" in text, "%s shows each alert, who and since when" % name,
           text)


def check_as_of(system, case_no, value):
    early = explain(system, case_no, "--at", str(value["steps"][3]["seq"]))
    same(early["steps"], value["steps"][:4], "as of an earlier record it says what was known then")


_said = [0]


def say(system, case_no, kind, actor, **fields):
    _said[0] += 1
    value = {"source_system": "test", "source_ref": "x-%d" % _said[0], "kind": kind, "case_no": case_no,
             "actor": actor, **fields}
    answer = system.say(value)[0]
    if answer["outcome"] != "applied":
        ok(False, "%s is applied" % kind, answer)
    return answer


def leader(org="370499.003"):
    return {"role": "DUTY_LEADER", "org": org}


def assignee(system, case_no):
    """The current offer and who has it."""
    offer = system.events("--case", case_no, "--type", "DispatchOffered")[-1]
    return offer["seq"], {"role": offer["dispatch_offered"]["role"], "worker": offer["worker"]}


def acked(system, **fields):
    """A new case in hand, of somebody who stays on duty."""
    case_no = system.submit(submission(source="HANDHELD", **fields))[0]["case_no"]
    system.run("advance", "+1m")
    offer, who = assignee(system, case_no)
    system.say({"source_system": "test", "source_ref": "d-" + case_no, "kind": "duty", "duty": "ON", "actor": who})
    say(system, case_no, "ack", who, offer=offer)
    return case_no, who


def all_counted(system, case_no, what):
    value = explain(system, case_no)
    wrong = [(step["seq"], timer) for step in value["steps"] for timer in step.get("timers", [])
             if timer.get("method") == "as_written" and timer["kind"] != "RESUME"]
    same(wrong, [], "%s: every due time is recounted" % what)
    return value


def check_suspension(system):
    """Four working hours, two of them gone; a pause from Monday evening over Tuesday."""
    case_no, who = acked(system, category="08001")
    say(system, case_no, "suspend", who, reason_code=404, resume_by="2020-08-26T10:00:00+08:00")
    say(system, case_no, "decide", leader(), decision="SUSPEND", approved=True, reason_code=404)
    system.run("advance", "2020-08-27T09:00:00+08:00")
    value = all_counted(system, case_no, "suspension")
    pause = changes(value, "RESOLVE", "RESUME")[0]["pauses"]
    same([(one["from"], one["to"]) for one in pause],
         [("2020-08-25T01:01:00.000Z", "2020-08-26T02:00:00.000Z")], "suspension: the pause is named")
    same(changes(value, "RESOLVE", "RESUME")[0]["due"], "2020-08-26T07:59:00.000Z",
         "suspension: four hours, one minute before and the rest behind it")
    held = sum(hold.get("suspended_s", 0) for hold in value["ledger"])
    same(held, 24 * 3600 + 59 * 60, "suspension: the ledger tells it apart")
    said = [why["zh"] for step in value["steps"] for why in step.get("why", [])]
    ok(any("挂起至" in one for one in said) and any("到期恢复" in one for one in said), "suspension: told in words", said)


def check_extension(system):
    case_no, who = acked(system, category="08002")
    say(system, case_no, "extend", who, reason_code=301, asked_s=28800, clock="WORKING")
    say(system, case_no, "decide", leader(), decision="EXTEND", approved=True, reason_code=301)
    value = all_counted(system, case_no, "extension")
    resolve = changes(value, "RESOLVE", "RESET")[0]
    same((resolve["budget_s"], resolve["method"]), (48 * 3600, "budget"), "extension: eight hours more from the same start")


def check_rework(system):
    case_no, who = acked(system, category="08001")
    system.run("advance", "+1h")
    say(system, case_no, "resolve", who, resolution="FIXED", evidence=[{"ref": "p/1"}, {"ref": "p/2"}])
    system.run("advance", "+1h")
    say(system, case_no, "check", leader(), passed=False, reason_code=602)
    value = all_counted(system, case_no, "rework")
    resolve = changes(value, "RESOLVE", "RESUME")[0]
    same((resolve["method"], resolve["rest_s"]), ("rest", 4 * 3600 - 3660), "rework: it goes on with what was left")


def check_reopening(system):
    case_no, who = acked(system, category="08001", reporter_wants_contact=True)
    say(system, case_no, "resolve", who, resolution="FIXED", evidence=[{"ref": "p/1"}, {"ref": "p/2"}])
    say(system, case_no, "check", leader(), passed=True)
    say(system, case_no, "revisit", {"role": "INTAKE_OPERATOR", "org": "370499.003"}, result="UNSATISFIED", solved=False)
    value = all_counted(system, case_no, "reopening")
    same([one["budget_s"] for one in changes(value, "RESOLVE")], [4 * 3600, 2 * 3600], "reopening: half the budget")


def check_merger(system):
    parent = system.submit(submission(source="HANDHELD", category="04001"))[0]["case_no"]
    child = system.submit(submission(source="HANDHELD", category="04001"))[0]["case_no"]
    operator = {"role": "INTAKE_OPERATOR", "org": "370499.003"}
    system.run("advance", "+1m")
    say(system, child, "merge", operator, into_case_no=parent)
    system.run("advance", "+1d")
    say(system, child, "unmerge", operator, reason_code=903)
    value = all_counted(system, child, "merger")
    first, again = changes(value, "RESOLVE")
    same((first["t0"], first["due"]), (again["t0"], again["due"]), "merger: taken out, it counts from its own receipt again")
    said = [why["en"] for step in value["steps"] for why in step.get("why", [])]
    ok(any("merged into " + parent in one for one in said) and any("taken out of" in one for one in said),
       "merger: told in words", said)


def check_supervision(system):
    case_no, _ = acked(system, category="08001")
    say(system, case_no, "supervise", leader(), level="YELLOW")
    say(system, case_no, "urge", leader())
    say(system, case_no, "assist", leader(), department_code="TPOL")
    say(system, case_no, "severity", leader(), severity="S2", reason_code=304)
    say(system, case_no, "reclassify", {"role": "DISPATCHER", "org": "370499.003.01.001"}, category="02001")
    system.run("advance", "+2d")
    value = all_counted(system, case_no, "supervision")
    same({"Supervised", "Urged", "AssistRequested", "SeverityChanged", "CaseReclassified"}
         - {step["type"] for step in value["steps"] if step.get("why")}, set(), "supervision: every side event is told in words")


def check_past(system):
    """Fifteen days in hand as S4, then a matter of hours, which have long gone."""
    case_no, who = acked(system, category="04008")
    system.run("advance", "+2d")
    offer, who = assignee(system, case_no)
    say(system, case_no, "severity", leader(), severity="S2", reason_code=304)
    value = all_counted(system, case_no, "past")
    resolve = changes(value, "RESOLVE", "RESET")[0]
    same((resolve["method"], resolve["by_budget"] < resolve["due"]), ("past", True), "past: it is due at once")


def paths():
    """The ways beside the straight line."""
    with System(start="2020-08-25T09:00:00+08:00") as system:
        check_suspension(system)
        for day, check in enumerate((check_extension, check_rework, check_reopening, check_merger, check_supervision,
                                     check_past)):
            system.run("advance", "2020-09-%02dT09:00:00+08:00" % (14 + day))
            check(system)


def missing_year():
    """2021 has no table: nobody is left to guess that its days were counted by their weekday."""
    with System(start="2021-03-01T09:00:00+08:00") as system:
        case_no = system.submit(submission(source="HANDHELD", category="03003"))[0]["case_no"]
        system.run("advance", "+1m")
        ok("日历缺 2021 年" in system.run("board", "--once", *SHOWN).stdout, "the board names the year without a table")
        same(json.loads(system.run("status", "-o", "json").stdout).get("calendar_missing_years"), [2021],
             "so does the status")
        ok("缺 2021 年" in system.run("status", *SHOWN).stdout, "also for people")
        resolve = changes(explain(system, case_no), "RESOLVE")[0]
        same(resolve.get("calendar_missing"), True, "and each deadline that was counted over it")


def test_explain():
    straight()
    paths()
    missing_year()


def straight():
    with System(start=START) as system:
        case_no = system.submit(submission(source="HANDHELD", category="03003", status="EXERCISE"))[0]["case_no"]
        actual = system.submit(submission(source="HANDHELD", category="03003"))[0]["case_no"]
        system.run("advance", "+70h")
        value = explain(system, actual)
        check_sums(system, actual, value)
        check_routing(value)
        check_days(value)
        check_ledger(value)
        check_as_of(system, actual, value)
        text = system.run("case", "explain", actual, *SHOWN).stdout
        ok("时间用在谁手里 who used up the time" in text and "周末" in text and "weekend" in text,
           "people read it in both languages", text)
        check_views(system, case_no, actual)
        check_attention(system)
        same(system.run("case", "explain", "37049900320200814999999").returncode, 3, "a case that is not there: exit 3")


main(test_explain)
