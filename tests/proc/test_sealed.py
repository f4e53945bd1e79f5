"""test_sealed.py: sealed texts: who reads them, where they stand, what erasing means."""
import os
import shutil

from sanji_test import System, main, ok, same, submission

SECRET = "东门消防通道被两辆车堵住 sanji-sealed-7f3a"
CONTACT = "13900000000"


def holding(root, needle):
    """Files below root that hold these bytes."""
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    if needle.encode() in file.read():
                        found.append(path)
    return found


def sealed():
    with System(start="2020-08-03T09:00:00+08:00") as system:
        receipt = system.submit(submission(
            source="HANDHELD", category="03005", source_ref="sealed-1",
            sealed={"text": SECRET, "contact": CONTACT, "reporter": "张某", "address": "3号楼"}))[0]
        same(receipt["outcome"], "stored", "a submission with sealed texts is stored")
        case_no = receipt["case_no"]
        tail = system.start("tail", "--from", "first", "--case", case_no, "-o", "ndjson")
        tail.wait_line('"type":"DispatchOffered"')
        offer = [event for event in system.events("--case", case_no) if event["type"] == "DispatchOffered"][-1]
        worker, role = offer["worker"], offer["dispatch_offered"]["role"]

        out = system.run("read", case_no, "--purpose", "HANDLE", "--as", "%s:%s" % (role, worker))
        same(out.returncode, 0, "the worker who was offered the case reads it back")
        ok(SECRET in out.stdout and CONTACT in out.stdout, "word for word", out.stdout + out.stderr)
        other = "W%05d" % (int(worker[1:]) + 1)
        out = system.run("read", case_no, "--purpose", "HANDLE", "--as", "%s:%s" % (role, other))
        same(out.returncode, 4, "another worker is refused")
        ok(SECRET not in out.stdout + out.stderr, "and sees nothing")
        out = system.run("read", case_no, "--purpose", "CHECK", "--as", "AUDITOR")
        same(out.returncode, 4, "audit is refused")

        events = system.events("--case", case_no)
        reads = [event for event in events if event["type"] == "RestrictedRead"]
        same(len(reads), 1, "the granted reading is a record")
        refusals = [event for event in events if event["type"] == "StatementRefused"
                    and event["statement_refused"]["kind"].lower() == "read"]
        same(len(refusals), 2, "each refused reading is a record")
        received = events[0]["case_received"]
        same(received["text"].get("sealed"), True, "in the stream the text is a box")
        same(holding(system.data_dir, SECRET) + holding(system.data_dir, CONTACT)
             + holding(system.data_dir, "张某"), [], "its bytes stand nowhere under the data directory")
        said = "\n".join(system.process.errors + system.process.lines)
        ok(SECRET not in said and CONTACT not in said, "nor in any diag line")

        before = os.path.join(system.root, "before")
        same(system.run("backup", before).returncode, 0, "a copy of the log is made before the erasure")
        erased = system.say({"source_system": "test", "source_ref": "erase-1", "kind": "erase",
                             "case_no": case_no, "reason_code": 903,
                             "actor": {"role": "AUDITOR", "org": "370499.003"}})[0]
        if erased["outcome"] != "applied":
            erased = system.say({"source_system": "test", "source_ref": "erase-2", "kind": "erase",
                                 "case_no": case_no, "reason_code": 903,
                                 "actor": {"role": "DUTY_LEADER", "org": "370499.003"}})[0]
        same(erased["outcome"], "applied", "the key is destroyed")
        out = system.run("read", case_no, "--purpose", "HANDLE", "--as", "%s:%s" % (role, worker))
        ok(out.returncode != 0 and SECRET not in out.stdout, "now nobody reads it", out.stdout + out.stderr)
        same(system.run("verify", "--data", system.data_dir).returncode, 0, "the log still verifies")
        shown = system.run("case", "show", case_no)
        same(shown.returncode, 0, "and still tells the case")

        # The copy made before, with the keys of now: the box does not open there either.
        same(system.down(), 0, "the system drains")
        for name in os.listdir(system.data_dir):
            if name != "keys":
                path = os.path.join(system.data_dir, name)
                (shutil.rmtree if os.path.isdir(path) else os.remove)(path)
        for name in os.listdir(before):
            shutil.move(os.path.join(before, name), os.path.join(system.data_dir, name))
        system.up()
        out = system.run("read", case_no, "--purpose", "HANDLE", "--as", "%s:%s" % (role, worker))
        ok(out.returncode != 0 and SECRET not in out.stdout,
           "a copy of the log made before does not bring it back", out.stdout + out.stderr)


main(sealed)
