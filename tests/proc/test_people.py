"""test_people.py: the closed loop: whoever is offered a case answers by himself."""
import collections
import re

import case_laws
from sanji_test import System, main, ok, same


def counts(line):
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}


def check_log(events):
    types = collections.Counter(event["type"] for event in events)
    same(case_laws.all_laws(events), [], "every law holds on the whole log")
    same(set(case_laws.final_states(events).values()) - case_laws.FINAL, set(), "no case is open")
    ok(types["DispatchExpired"] >= 3, "some stay silent", types)
    same(types["DispatchDeclined"] + types["CaseReopened"], 0, "nothing else disturbs a case")
    efforts = {event["case_resolved"].get("effort_min", 0) for event in events
               if event["type"] == "CaseResolved"}
    ok(0 not in efforts and len(efforts) >= 10, "each says how long he worked", efforts)
    return types


def closed_loop():
    with System() as system:
        wrong = system.run("demo", "y-mini", "--people", "clever")
        same(wrong.returncode, 2, "people of another kind are a usage error")
        ok("scripted" in wrong.stderr and "closed" in wrong.stderr, "that names the two", wrong.stderr)

        demo = system.start("demo", "y-mini", "--people", "closed")
        figures = counts(demo.wait_line(r"^PEOPLE CLOSED", limit_s=240).string)
        same(demo.wait_exit(), 0, "the demo ends with 0: every case is final")
        same(figures["cases"], 152, "152 cases were played")
        same(figures["final"], 152, "all 152 are in a final state")
        ok(0 < figures["gini_permille"] <= 400, "full-time workers carry alike", figures)
        ok(0 < figures["fulltime_share_permille"] <= 800, "others carry a part", figures)
        types = check_log(system.events("--restricted"))
        same(figures["expired_permille"], types["DispatchExpired"] * 1000 // types["DispatchOffered"],
             "the figures are those of the log")
        print("# %s" % figures, flush=True)


main(closed_loop)
