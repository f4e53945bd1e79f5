"""test_cli.py: what scripts rely on: exit codes, order, cursors, closed pipes, reload, backup."""

import json
import os
import shutil
import subprocess

from sanji_test import BIN, ROOT, System, main, ok, same, submission, temp_dir

NOBODY = "/tmp/sj-nobody-there"


def numbers(text):
    return [json.loads(line)["seq"] for line in text.splitlines()]


def alone(*args, stdin=""):
    """A command that is not told of the system's run directory."""
    return subprocess.run([os.path.join(BIN, "sanji"), *args], input=stdin, text=True,
                          capture_output=True, timeout=60, check=False)


def receipts_and_their_codes(system):
    good, other = submission(), submission(place={"grid": "370499.003.01.001.B99"})
    lines = [json.dumps(good), "not json", "", json.dumps(good), json.dumps(other)]
    out = system.run("submit", stdin="\n".join(lines))
    receipts = [json.loads(line) for line in out.stdout.splitlines()]
    same([one["line"] for one in receipts], [1, 2, 4, 5], "a receipt a line, blank ones counted")
    same([one["outcome"] for one in receipts], ["stored", "invalid", "stored", "invalid"],
         "broken lines stop nothing")
    same(out.returncode, 7, "any invalid line makes the code 7")
    same(receipts[2]["duplicate"], True, "a repeat is a duplicate")
    same(receipts[2]["case_no"], receipts[0]["case_no"], "and has the same case")
    same(receipts[3]["field"], "place.grid", "a wrong grid is named by its field")
    same(system.run("submit", stdin=json.dumps(submission())).returncode, 0, "all stored: 0")
    out = alone("submit", "--run", NOBODY, "--give-up", "1s", stdin=json.dumps(good))
    same((out.returncode, json.loads(out.stdout)["outcome"]), (6, "unreachable"),
         "nobody at the door: 6")
    same(system.run("tail", "--form", "first").returncode, 2, "an unknown option: 2")
    same(alone("status", "--run", NOBODY).returncode, 6, "no broker: 6")
    same(system.run("case", "show", "37049900320200815999999").returncode, 3, "no such case: 3")
    same(system.run("export", "x").returncode, 1, "what is not built says so: 1")
    same(system.run("tail", "--for", "1s").returncode, 124, "nothing in the time given: 124")
    return receipts[0]["case_no"]


def decisions(system, case_no):
    offer = [one["seq"] for one in system.events("--case", case_no)
             if one["type"] == "DispatchOffered"][-1]
    worker = system.events("--case", case_no, "--type", "DispatchOffered")[-1]["worker"]
    said = {"source_system": "hand", "source_ref": "a-1", "kind": "ack", "case_no": case_no,
            "offer": offer, "actor": {"role": "FULLTIME", "worker": worker}}
    again = dict(said, source_ref="a-2")
    text = "".join(json.dumps(one) + "\n" for one in (said, again, said))
    out = system.run("say", "--wait", stdin=text)
    first, second, third = [json.loads(line) for line in out.stdout.splitlines()]
    same((first["outcome"], first["state"]), ("applied", "IN_PROGRESS"), "an ack is applied")
    same([one["type"] for one in first["events"]], ["DispatchAcked"], "with its event")
    same((second["outcome"], second["code"]), ("refused", "WRONG_STATE"), "a second is refused")
    ok("resolve" in second["allowed_now"], "and told what is allowed", second)
    same(dict(third, line=1), first, "a repeat in one input has the same decision")
    same(out.returncode, 7, "a refusal makes the code 7")
    later = system.run("say", "--wait", stdin=json.dumps(said))
    same(json.loads(later.stdout), first, "a later repeat finds the old decision")
    same(later.returncode, 0, "and is no failure")


def cursors(system):
    whole = numbers(system.run("tail", "--no-follow").stdout)
    same(whole, list(range(1, len(whole) + 1)), "--no-follow shows all from the first")
    cursor = os.path.join(system.root, "cursor")
    got = []
    for _ in range(3):
        out = system.run("tail", "--from", "first", "--cursor-file", cursor, "--count", "4")
        got += numbers(out.stdout)
    same(got, whole[:12], "a cursor file goes on where the last call stopped")
    got = []
    for _ in range(3):
        got += numbers(system.run("tail", "--durable", "night", "--count", "4").stdout)
    same(got, whole[:12], "a durable name goes on where the last call stopped")
    got += numbers(system.run("tail", "--durable", "night", "--no-follow").stdout)
    same(got, whole, "and then shows the rest")
    out = system.run("tail", "--durable", "night", "--no-follow")
    same((out.returncode, out.stdout), (0, ""), "and then nothing")
    out = system.run("tail", "--no-follow", "--from", "2030-01-01T00:00:00Z")
    same((out.returncode, out.stdout), (0, ""), "after the last record there is nothing")
    kinds = {one["type"] for one in system.json("tail", "--no-follow", "--type",
                                                "CaseReceived,CaseAccepted")}
    same(kinds, {"CaseReceived", "CaseAccepted"}, "--type takes several")


def a_closed_pipe(system):
    tail = subprocess.Popen(system.command("tail", "--from", "first"), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    ok(tail.stdout.readline().startswith(b"{"), "a pipe gets NDJSON")
    tail.stdout.close()
    system.submit(submission())
    same(tail.wait(30), 0, "a closed pipe ends it with 0")
    same(tail.stderr.read(), b"", "and quietly")
    tail.stderr.close()


def restricted_cases(system):
    case_no = system.submit(submission(confidential=True))[0]["case_no"]
    same(system.json("tail", "--no-follow", "--case", case_no), [], "restricted: hidden")
    ok(system.json("tail", "--no-follow", "--case", case_no, "--restricted"),
       "shown with --restricted")


def rules(system, config):
    out = system.run("reload")
    same((out.returncode, out.stdout), (0, ""), "the same rules publish nothing")
    sla = os.path.join(os.path.dirname(config), "rules", "labels.yaml")
    with open(sla, encoding="utf-8") as file:
        text = file.read()
    with open(sla, "w", encoding="utf-8") as file:
        file.write(text.replace("zh: 已结案", "zh: 结案", 1))
    changes = {one["kind"]: one["change"] for one in system.json("check-config", config)}
    same((changes["LABELS"], changes["SLA"]), ("changed", "same"), "check-config says what changes")
    same([(one["kind"], one["version"]) for one in system.json("reload")], [("LABELS", 2)],
         "reload publishes it")
    with open(config, "a", encoding="utf-8") as file:
        file.write("no_such_key: 1\n")
    same(system.run("check-config", config).returncode, 9, "a wrong file: 9")


def keeping(system):
    copy = os.path.join(system.root, "copy")
    head = system.json("backup", copy, "--keys", "--data", system.data_dir)[0]["head"]
    same(sorted(os.listdir(os.path.join(copy, "keys"))), ["kek", "slots"], "keys are copied")
    same(system.json("verify", "--data", copy)[0]["records"], head, "the copy verifies")
    same(system.run("verify", "--data", system.data_dir).returncode, 0, "the live log verifies")
    with open(os.path.join(copy, "log.mdb"), "r+b") as file:
        data = file.read()
        at = data.find(b"370499.003.01.001.B03")
        file.seek(at)
        file.write(b"370499.003.01.001.B04")
    out = system.run("verify", "--data", copy)
    same(out.returncode, 9, "a changed byte: 9")
    ok("CHECKSUM" in out.stdout, "and which record", out.stdout)
    same(system.run("verify", "--data", NOBODY).returncode, 1, "no log there: 1")


def driven_time(system):
    before = system.json("clock")[0]
    out = system.json("advance", "+1h")[0]
    ok(out["now"] > before["now"], "advance moves time", out)
    same(system.run("advance", before["now"]).returncode, 7, "never back: 7")
    same(system.run("advance", "tomorrow").returncode, 2, "what is no time: 2")


def the_command_line():
    rules_dir = temp_dir()
    config = os.path.join(rules_dir, "deploy", "sanji.yaml")
    shutil.copytree(os.path.join(ROOT, "deploy"), os.path.dirname(config))
    try:
        with System(config=config) as system:
            case_no = receipts_and_their_codes(system)
            decisions(system, case_no)
            cursors(system)
            a_closed_pipe(system)
            restricted_cases(system)
            driven_time(system)
            rules(system, config)
            keeping(system)
            same(system.down(), 0, "up ends with 0")
    finally:
        shutil.rmtree(rules_dir, ignore_errors=True)


main(the_command_line)
