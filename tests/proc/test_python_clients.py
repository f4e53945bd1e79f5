"""test_python_clients.py: clients in another language, written from PROTOCOL.md alone.

tail_live.py is a plain subscriber of the live feed; durable_client.py submits over the door
and follows a durable name. The generated protobuf modules lie in a temporary directory.
"""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys

from sanji_test import (ROOT, Failed, Process, System, main, ok, same, submission, temp_dir)

CLIENTS = os.path.join(ROOT, "tests/proc/clients")
SUBMISSION = {"sourceSystem": "py", "source": "SOURCE_INSPECTION", "category": "02001",
              "place": {"grid": "370499.003.01.001.B03"}, "sealed": {"text": "楼道堆物"}}


def line_count(name):
    with open(os.path.join(CLIENTS, name), encoding="utf-8") as file:
        return sum(1 for _ in file)


def generate(directory):
    protos = sorted(glob.glob(os.path.join(ROOT, "proto/*.proto")))
    subprocess.run(["protoc", "--python_out=" + directory, "--proto_path="
                    + os.path.join(ROOT, "proto")] + protos, check=True)


class Client(Process):
    """One of the clients; `lines` of the durable one are told apart by their first word."""

    def __init__(self, name, *args, stdin=""):
        path = os.path.join(args[1], "stdin-%d" % len(os.listdir(args[1])))
        with open(path, "w", encoding="utf-8") as file:
            file.write(stdin)
        # The shell gives its place to the client, which so has the file as its input.
        super().__init__(["/bin/sh", "-c", 'exec "$0" -B "$@" <' + path, "/usr/bin/python3",
                          os.path.join(CLIENTS, name)] + list(args))

    def values(self, kind=None):
        lines = [line.split(" ", 1) for line in list(self.lines)] if kind else []
        return [json.loads(text) for word, text in lines if word == kind] if kind else [
            json.loads(line) for line in list(self.lines)]


def durable(system, generated, references):
    lines = "".join(json.dumps({**SUBMISSION, "sourceRef": one}) + "\n" for one in references)
    return Client("durable_client.py", system.run_dir, generated, "py-1", stdin=lines)


def seqs(client):
    return [value["seq"] for value in client.values("record")]


def head(system):
    return system.events("--restricted")[-1]["seq"]


def wait_for(client, seq):
    client.wait_until(lambda: seq in seqs(client), "record %d" % seq)


def probe(system, live):
    """Until the live client's subscription is in force, what is published passes it by."""
    for tries in range(100):
        system.submit(submission(source_system="probe", source_ref="p-%d" % tries))
        try:
            live.wait_lines(1, limit_s=0.5)
            return
        except Failed:
            continue
    raise Failed("nothing on the live feed\n" + live.said())


def check_live(system, live, receipt):
    case_no = receipt["case_no"]
    wanted = [event for event in system.events("--case", case_no)]
    live.wait_until(lambda: wanted[-1]["seq"] in [one["seq"] for one in live.values()],
                    "event %d on the live feed" % wanted[-1]["seq"])
    seen = [one for one in live.values() if one["case_no"] == case_no]
    same([one["seq"] for one in seen][:len(wanted)], [event["seq"] for event in wanted],
         "the live tail shows the submitted case's events, in their order")
    ok(all(one["topic"].startswith("e.") for one in seen),
       "each under a topic of the view that was asked for", seen)
    same(seen[0]["body"], "case_received", "the first of them is CaseReceived")


def check_durable(system, generated, live):
    first = durable(system, generated, ["r-1", "r-2", "r-1"])
    first.wait_lines(3)
    receipts = first.values("receipt")
    same([one["outcome"] for one in receipts], [1, 1, 1], "three submissions are stored")
    ok(receipts[0]["case_no"] == receipts[2]["case_no"] != receipts[1]["case_no"],
       "the repeat has the case of the first", receipts)
    upto = head(system)
    wait_for(first, upto)
    check_live(system, live, receipts[0])
    same(first.stop(), 0, "the durable client ends when it is told to")

    between = system.submit(submission())
    ok(between[0]["outcome"] == "stored", "something happens while it is away", between)
    second = durable(system, generated, ["r-1"])
    later = head(system)
    wait_for(second, later)
    same(second.values("receipt")[0]["case_no"], receipts[0]["case_no"],
         "asked again after a restart, the same case")

    os.kill(system.pid_of("sanji-broker"), signal.SIGKILL)
    system.submit(submission())
    last = head(system)
    wait_for(second, last)
    ok(last > later, "the broker was killed, and the log goes on")
    second.stop()
    got = seqs(first) + seqs(second)
    same(got[:last], list(range(1, last + 1)),
         "each record exactly once, over a stop, a restart and a killed broker")
    return first, second


def python_clients():
    ok(line_count("tail_live.py") <= 20, "the live client has at most 20 lines")
    ok(line_count("durable_client.py") <= 60, "the durable client has at most 60 lines")
    generated = temp_dir()
    children = []
    try:
        generate(generated)
        with System() as system:
            live = Client("tail_live.py", system.run_dir, generated)
            children.append(live)
            probe(system, live)
            children += check_durable(system, generated, live)
    finally:
        for child in children:
            child.kill()
        shutil.rmtree(generated, ignore_errors=True)


main(python_clients)
