"""test_municipal.py: PROTOCOL.md's worked example: the municipal platform's adapter follows
UpstreamSubmitted by a durable name and answers each hand-over, once, also over a crash."""
import glob
import os
import shutil
import subprocess

from sanji_test import ROOT, Process, System, main, ok, same, submission, temp_dir

CLIENTS = os.path.join(ROOT, "tests/proc/clients")
SUB_DISTRICT = "370499.003"
COMMUNITY = "370499.003.01"
LEADER = {"role": "DUTY_LEADER", "org": SUB_DISTRICT}


def generate(directory):
    protos = sorted(glob.glob(os.path.join(ROOT, "proto/*.proto")))
    subprocess.run(["protoc", "--python_out=" + directory, "--proto_path="
                    + os.path.join(ROOT, "proto")] + protos, check=True)


def adapter(system, generated):
    return Process(["/usr/bin/python3", "-B", os.path.join(CLIENTS, "municipal.py"),
                    system.run_dir, generated, "e-hu-shan-ying"])


def say(system, ref, kind, case_no, **fields):
    fields.setdefault("actor", LEADER)
    got = system.say({"source_system": "desk", "source_ref": ref, "kind": kind,
                      "case_no": case_no, **fields})[0]
    ok(got["outcome"] == "applied", "%s is applied" % kind, got)
    return got


def hand_over(system, ref):
    """A case that goes up to the sub-district and from there to the city; returns its number."""
    case_no = system.submit(submission(source_ref=ref, source="SUPERIOR"))[0]["case_no"]
    system.run("tail", "--from", "first", "--case", case_no, "--type", "DispatchOffered",
               "--count", "1")
    say(system, ref + "/up", "escalate", case_no, reason_code=203,
        actor={"role": "DISPATCHER", "org": COMMUNITY})
    system.run("tail", "--from", "first", "--case", case_no, "--type", "DispatchOffered",
               "--count", "2")
    offer = [event for event in system.events("--case", case_no)
             if event["type"] == "DispatchOffered"][-1]
    say(system, ref + "/ack", "ack", case_no, offer=offer["seq"],
        actor={"role": offer["dispatch_offered"]["role"], "worker": offer["worker"]})
    say(system, ref + "/city", "upstream", case_no, reason_code=203)
    return case_no


def updates(system, case_no):
    return [(event["upstream_updated"]["kind"], event["upstream_updated"].get("upstream_ref"),
             event["state"]) for event in system.events("--case", case_no)
            if event["type"] == "UpstreamUpdated"]


def done(system, case_no):
    system.run("tail", "--from", "first", "--case", case_no, "--type", "UpstreamUpdated",
               "--count", "2")
    events = system.events("--case", case_no)
    handover = [event["seq"] for event in events if event["type"] == "UpstreamSubmitted"]
    same(len(handover), 1, "one hand-over")
    same(updates(system, case_no),
         [("RECEIVED", "M-%d" % handover[0], "UPSTREAM"), ("DONE", None, "RESOLVED")],
         "the city names its reference, then says that it is done: RESOLVED")


def municipal():
    generated = temp_dir()
    generate(generated)
    with System() as system:
        first = hand_over(system, "c-1")
        city = adapter(system, generated)
        done(system, first)
        city.kill()
        second = hand_over(system, "c-2")
        ok(updates(system, second) == [], "while it is away the hand-over waits")
        city = adapter(system, generated)
        done(system, second)
        same(len(updates(system, first)), 2, "the first one is not answered again")
        refused = [event for event in system.events() if event["type"] == "StatementRefused"]
        same(refused, [], "nothing that it said was refused")
        city.kill()
    shutil.rmtree(generated, ignore_errors=True)


main(municipal)
