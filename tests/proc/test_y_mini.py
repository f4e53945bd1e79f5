"""test_y_mini.py: the 152 cases of Y community through the real processes, to their end."""
import collections
import re

import case_laws
from sanji_test import System, main, ok, same


def counts(line):
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}


def y_mini():
    with System() as system:
        demo = system.start("demo", "y-mini")
        done = counts(demo.wait_line(r"^DEMO DONE", limit_s=240).string)
        same(demo.wait_exit(), 0, "the demo ends with 0: every case is final")
        same(done["cases"], 152, "152 cases were played")
        same(done["final"], 152, "all 152 are in a final state")
        same(done["refused"], 0, "nothing that was submitted or said was refused at the door")
        ok(done["self_handled"] >= 35, "two in five are handled on the spot", done)
        ok(done["community"] >= 30 and done["subdistrict"] >= 15,
           "cases are resolved at the community and at the sub-district", done)
        ok(done["committee"] >= 20, "and at the committees", done)
        same(done["reworks"], 4, "four reworks (58 of 2,008)")
        same(done["reopens"], 1, "one reopening")

        events = system.events("--restricted")
        types = collections.Counter(event["type"] for event in events)
        same(case_laws.all_laws(events), [], "every law holds on the whole log")
        ok(types["DispatchExpired"] >= 8, "ack timeouts", types)
        ok(types["DispatchDeclined"] >= 3, "declines", types)
        ok(types["CaseEscalated"] >= 40, "escalations", types)
        ok(types["TimerFired"] >= 8, "timers fired", types)
        same(types["CaseReopened"], 1, "one CaseReopened")
        states = collections.Counter(case_laws.final_states(events).values())
        same(states, {"CLOSED": 152}, "152 closed")
        sources = collections.Counter(
            event["case_received"]["source"] for event in events if event["type"] == "CaseReceived")
        same(sources["HANDHELD"], 94, "94 of 152 from handhelds (1,245 of 2,008)")
        same(sources["HOTLINE_12345"], 32, "32 from the hotline (422 of 2,008)")
        writers = collections.Counter(event["writer"] for event in events)
        ok({"broker", "intake", "escalation", "dispatch"} <= set(writers), "each stage wrote", writers)
        verified = system.run("verify", "--data", system.data_dir)
        same(verified.returncode, 0, "sanji verify finds nothing wrong")


main(y_mini)
