"""test_stories.py: the commands of deploy/STORIES.md, run as they stand there, and what the log then says.

Each story has a system of its own, started at the time that its first block names.
"""
import json
import os
import re
import subprocess

import case_laws
from sanji_test import BIN, LIMIT_S, ROOT, System, main, ok, rows, same

BLOCK = re.compile(r"^```sh( [^\n]*)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def stories():
    """The prelude, and for each story: name -> (start, script)."""
    with open(os.path.join(ROOT, "deploy/STORIES.md"), encoding="utf-8") as file:
        blocks = BLOCK.findall(file.read())
    prelude, told, name = "", {}, None
    for head, script in blocks:
        words = head.split()
        if words == ["prelude"]:
            prelude = script
        elif words:
            start, name = words
            told[name] = [start, script]
        else:
            told[name][1] += script
    return prelude, told


class Story:
    """A story told: what its commands printed, its events, and how it explains itself."""

    def __init__(self, system, name, prelude, script):
        # The folder of the programs as a user would have it, and the last line for us.
        script = "\n".join(['PATH="%s:$PATH"' % BIN, 'export SANJI_RUN="%s"' % system.run_dir, prelude, script,
                            'echo "CASE $case_no"'])
        out = subprocess.run(["/bin/sh", "-eu"], input=script, cwd=ROOT, text=True, capture_output=True,
                             timeout=5 * LIMIT_S, check=False)
        ok(out.returncode == 0, "%s: every command exits 0" % name, out.stdout[-3000:] + out.stderr[-3000:])
        self.name, self.system, self.text = name, system, out.stdout
        self.case_no = re.search(r"^CASE (\d{23})$", out.stdout, re.MULTILINE).group(1)
        self.said = [one for one in rows("\n".join(line for line in out.stdout.splitlines() if line.startswith("{")))
                     if one.get("outcome") in ("applied", "refused")]
        self.events = system.events("--case", self.case_no, "--restricted")
        self.value = json.loads(system.run("case", "explain", self.case_no, "-o", "json").stdout)

    def types(self):
        return [event["type"] for event in self.events]

    def of(self, kind):
        return [event for event in self.events if event["type"] == kind]

    def refused(self):
        return [one["code"] for one in self.said if one["outcome"] == "refused"]

    def armed(self, kind):
        """(op, due) of each time that the timer was given a due time."""
        return [(timer["op"], timer["due"]) for event in self.events for timer in event.get("timers", [])
                if timer["kind"] == kind and timer["op"] in ("ARM", "RESET", "RESUME")]

    def check_all(self):
        same(self.value["state"], "CLOSED", "%s: it ends closed" % self.name)
        wrong = [(step["seq"], timer) for step in self.value["steps"] for timer in step.get("timers", [])
                 if timer.get("method") == "as_written"]
        same(wrong, [], "%s: every deadline is recounted from the log alone" % self.name)
        same(case_laws.all_laws(self.system.events("--restricted")), [], "%s: every law holds" % self.name)
        same(self.system.run("verify", "--data", self.system.data_dir).returncode, 0, "%s: the log verifies" % self.name)


def in_order(got, wanted):
    """Whether `wanted` stands in `got` in this order, with others between."""
    left = iter(got)
    return all(any(one == each for each in left) for one in wanted)


def the_leaking_pipe(story):
    ok(in_order(story.types(), ["CaseReceived", "CaseAccepted", "CaseRouted", "DispatchOffered", "DispatchAcked",
                                "CaseEscalated", "CaseEscalated", "SeverityChanged", "UpstreamSubmitted",
                                "UpstreamUpdated", "CheckCompleted", "RevisitCompleted", "CaseClosed"]),
       "pipe: T01 T05 T08 T09 T10 T15 T15 T16 T18 T21 T23", story.types())
    same(story.refused(), [], "pipe: nothing was refused")
    same([(one["case_escalated"]["from"], one["case_escalated"]["to"]) for one in story.of("CaseEscalated")],
         [("370499.003.01.001", "370499.003.01"), ("370499.003.01", "370499.003")], "pipe: committee, community, street")
    same(story.armed("RESOLVE"), [("ARM", "2020-10-27T01:10:00.000Z"), ("RESET", "2020-11-02T01:10:00.000Z")],
         "pipe: S4 is counted from the report of the 26th: forty working hours end on 2 November")
    kinds = [one["upstream_updated"]["kind"] for one in story.of("UpstreamUpdated")]
    same(kinds, ["RECEIVED", "IN_HAND", "DONE"], "pipe: the municipality received it, had it in hand, was done")
    done = [one for one in story.of("UpstreamUpdated") if one["upstream_updated"]["kind"] == "DONE"]
    same([one["recorded_at"] for one in done], ["2020-11-06T07:00:00.000Z"], "pipe: eleven days later")
    street = story.value["ledger"][-1]
    ok(street["upstream_s"] == 11 * 86400 + 5 * 3600 + 21 * 60, "pipe: the ledger says whose these days were", street)
    ok(story.of("ReporterInformed"), "pipe: the resident was told")
    same(story.of("CheckCompleted")[0]["check_completed"]["passed"], True, "pipe: who had not mended it checked")


def nobody_opens(story):
    system = story.system
    ok('"advice":"110"' in story.text, "door: the receipt says whom to call first")
    offers = story.of("DispatchOffered")
    same([(one["worker"], one["dispatch_offered"]["role"]) for one in offers], [("W00019", "SOCIAL_WORKER")],
         "door: a certified social worker is asked, nobody else")
    rejected = [one for one in offers[0]["dispatch_offered"]["considered"] if one["role"] == "FULLTIME"]
    ok(rejected and all("SPECIAL_CARE" in one["reject"] for one in rejected), "door: grid workers are passed over",
       rejected)
    same(system.json("tail", "--no-follow", "--case", story.case_no), [], "door: the stream shows nothing of it")
    stub = next(row for row in system.json("case", "list", "-o", "json") if row["case_no"] == story.case_no)
    same((stub["category"], stub["area"], "worker" in stub), ("99000", "370499.003.01", False),
         "door: the list shows a stub: no kind, no grid, nobody")
    took = [one["recorded_at"] for one in (story.of("CaseReceived")[0], story.of("CaseResolved")[0])]
    same(took, ["2020-11-18T02:20:00.000Z", "2020-11-18T03:00:00.000Z"], "door: resolved in forty minutes")
    same(len(story.of("RestrictedRead")), 1, "door: the reading is a record")
    ok(in_order(story.types(), ["AssistRequested", "AssistJoined", "AssistDone", "CaseResolved"]),
       "door: the ambulance was whistled for, joined, was done", story.types())
    texts = [text.encode() for text in ("三楼老人敲门没有回应", "用备用钥匙开门", "13900000000")]
    found = []
    for folder, _, files in os.walk(system.data_dir):
        for name in files:
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            found += [(name, text.decode()) for text in texts if text in data]
    same(found, [], "door: none of what was said stands in any byte on disk")


def whose_tree(story):
    same(story.refused(), ["LIMIT"], "tree: a third return that is not final is refused")
    decisions = [(one["decision_made"].get("reason_code"), one["decision_made"].get("final", False))
                 for one in story.of("DecisionMade")]
    same(decisions, [(203, False), (204, False), (205, True)], "tree: two returns, then the last word")
    same(story.armed("RESOLVE"), [("ARM", story.armed("RESOLVE")[0][1])], "tree: the clock was never set again")
    holds = [(hold["holder"], hold["working_s"] / 28800) for hold in story.value["ledger"] if hold["natural_s"]]
    same(holds[:3], [("370499.003.01", 2.1), ("370499.003.01.001", 1.4), ("370499.003", 0.6)],
         "tree: 2.1, 1.4 and 0.6 working days")
    same((story.events[0]["owner"], story.value["owner"]), ("370499.003", "370499.003.01"),
         "tree: the last word says who answers for it")


def stories_told():
    prelude, told = stories()
    checks = {"pipe": the_leaking_pipe, "door": nobody_opens, "tree": whose_tree}
    same(sorted(told), sorted(checks), "three stories are told")
    for name, (start, script) in told.items():
        with System(start=start) as system:
            story = Story(system, name, prelude, script)
            checks[name](story)
            story.check_all()


main(stories_told)
