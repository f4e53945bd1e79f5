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
    same(offer["cause"]["type"], "CaseRouted", "and what led to it")
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


def test_explain():
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
