"""test_bad_lines.py: NDJSON with broken lines: one receipt a line that is not empty, with the
line's number and what is wrong with it; the good ones are stored; exit 7."""
import base64
import json
import os

from bad_input import pids
from sanji_test import System, main, ok, rows, same, submission

SECRET = "东门消防通道 sanji-bad-lines-88d0"
MAX = 64 * 1024


def text(value):
    return json.dumps(value, ensure_ascii=False).encode()


def good(reference, **fields):
    return text(submission(source_ref="lines-" + reference, sealed={"text": SECRET}, **fields))


def with_raw(reference, raw):
    """A good line with one more member, written as it is."""
    return good(reference)[:-1] + b", " + raw + b"}"


def without(reference, name):
    value = json.loads(good(reference))
    del value[name]
    return text(value)


def padded(reference, size):
    """A good line of exactly `size` bytes."""
    line = good(reference)
    return line[:1] + b" " * (size - len(line)) + line[1:]


# (what, line, outcome, field; None: not looked at). An outcome of None: an empty line, no receipt.
LINES = [
    ("a good line", good("1"), "stored", None),
    ("an empty line", b"", None, None),
    ("a line of blanks", b" \t  ", None, None),
    ("a good line with a carriage return", good("2") + b"\r", "stored", None),
    ("a line that ends too soon", good("3")[:-1], "invalid", None),
    ("half a line", good("3")[:60], "invalid", None),
    ("two objects", good("3") + good("4"), "invalid", None),
    ("something after the object", good("3") + b" x", "invalid", None),
    ("an array", b"[1,2,3]", "invalid", None),
    ("a number", b"42", "invalid", None),
    ("null", b"null", "invalid", None),
    ("an empty object", b"{}", "invalid", None),
    ("words", "这不是JSON".encode(), "invalid", None),
    ("binary junk", bytes(range(11, 256)) * 3, "invalid", None),
    ("a NUL", b"{\"source_system\":\"te\0st\"}", "invalid", None),
    ("an escaped NUL", with_raw("3", b'"device_id":"a\\u0000b"'), "invalid", None),
    ("half a surrogate", with_raw("3", b'"device_id":"\\ud800"'), "invalid", None),
    ("wrong UTF-8", with_raw("3", b'"device_id":"\xc3\x28"'), "invalid", None),
    ("a byte order mark", b"\xef\xbb\xbf" + good("3"), "invalid", None),
    ("a good line after junk", good("4"), "stored", None),
    ("a duplicate key", with_raw("5", b'"category":"02001"'), "invalid", None),
    ("a duplicate key inside", with_raw("5", b'"evidence":[{"ref":"a","ref":"b"}]'), "invalid", None),
    ("an unknown field", with_raw("5", b'"colour":"red"'), "invalid", "colour"),
    ("an unknown field inside", with_raw("5", b'"evidence":[{"ref":"a","colour":"red"}]'),
     "invalid", "evidence[0].colour"),
    ("a text for a number", with_raw("5", b'"confidence_permille":"920"'), "invalid", "confidence_permille"),
    ("a number for a text", with_raw("5", b'"device_id":17'), "invalid", "device_id"),
    ("a text for a truth value", with_raw("5", b'"confidential":"yes"'), "invalid", "confidential"),
    ("an object for a list", with_raw("5", b'"evidence":{"ref":"a"}'), "invalid", "evidence"),
    ("a list for an object", text(submission(source_ref="lines-5", place=["B03"])), "invalid", "place"),
    ("a list for a sealed text", text(submission(source_ref="lines-5", sealed={"text": [SECRET]})),
     "invalid", "sealed.text"),
    ("a number out of range", with_raw("5", b'"confidence_permille":4294967296'), "invalid", "confidence_permille"),
    ("a number below zero", with_raw("5", b'"confidence_permille":-1'), "invalid", "confidence_permille"),
    ("a broken number", with_raw("5", b'"confidence_permille":1.5'), "invalid", "confidence_permille"),
    ("a number of 400 digits", with_raw("5", b'"confidence_permille":' + b"9" * 400), "invalid", None),
    ("more than 1,000 permille", with_raw("5", b'"confidence_permille":1001'), "invalid", "confidence_permille"),
    ("no source_system", without("5", "source_system"), "invalid", "source_system"),
    ("no source_ref", without("5", "source_ref"), "invalid", "source_ref"),
    ("no source", without("5", "source"), "invalid", "source"),
    ("no category", without("5", "category"), "invalid", "category"),
    ("no place", without("5", "place"), "invalid", "place"),
    ("an empty source_ref", text(submission(source_ref="")), "invalid", "source_ref"),
    ("an unknown source", good("5", source="TELEGRAPH"), "invalid", "source"),
    ("an unknown category", good("5", category="99999"), "invalid", "category"),
    ("a grid that is not there", good("5", place={"grid": "370499.003.01.001.B23"}), "invalid", "place.grid"),
    ("a place that is no path", good("5", place={"grid": "B03"}), "invalid", "place.grid"),
    ("a latitude of 91", good("5", place={"lat": 91.0, "lon": 117.3, "datum": "CGCS2000"}), "invalid", None),
    ("a point without datum", good("5", place={"lat": 34.8, "lon": 117.3}), "invalid", "place"),
    ("a date that does not exist", good("5", observed_at="2020-02-30T00:00:00Z"), "invalid", "observed_at"),
    ("a time without zone", good("5", observed_at="2020-08-15T15:01:40"), "invalid", "observed_at"),
    ("a sha256 of 63 digits", good("5", evidence=[{"ref": "a", "sha256": "a" * 63}]), "invalid", None),
    ("a worker that is none", good("5", worker="Zhang"), "invalid", "worker"),
    ("a mobile number in a clear field", good("5", device_id="hh-13900000000"), "pii_refused", "device_id"),
    ("a sealed text of 4,097 bytes", text(submission(source_ref="lines-5", sealed={"text": "x" * 4097})),
     "invalid", "sealed.text"),
    ("10,000 brackets", b"[" * 10000, "invalid", None),
    ("10,000 nested objects", b'{"place":' * 5000 + b"1" + b"}" * 5000, "invalid", None),
    ("a line of 64 KiB", padded("6", MAX), "stored", None),
    ("a line of 64 KiB and a byte", padded("7", MAX + 1), "invalid", None),
    ("a line of 200 KiB", padded("7", 200 * 1024), "invalid", None),
    ("a line of 3 MiB", b'{"source_ref":"' + b"x" * (3 << 20), "invalid", None),
    ("a good line after the long ones", good("8"), "stored", None),
    ("the same again", good("8"), "stored", None),
    ("the same reference with other content", good("8", category="03005"), "conflict", None),
    ("a statement among the submissions",
     text({"source_system": "test", "source_ref": "s-1", "kind": "note", "case_no": "1" * 23,
           "actor": {"role": "DISPATCHER"}}), "invalid", None),
    ("a last line without a line end", good("9"), "stored", None),
]


def by_line(receipts):
    return {receipt["line"]: receipt for receipt in receipts}


def check_receipts(receipts):
    found = by_line(receipts)
    same(len(found), len(receipts), "no line has two receipts")
    same([one["line"] for one in receipts], sorted(found), "receipts are in the order of the lines")
    for number, (what, _, outcome, name) in enumerate(LINES, 1):
        receipt = found.pop(number, None)
        if outcome is None:
            same(receipt, None, "line %d, %s: no receipt" % (number, what))
        elif receipt is None:
            ok(False, "line %d, %s: has a receipt" % (number, what))
        else:
            good_one = receipt["outcome"] == outcome and name in (None, receipt.get("field", "absent"))
            ok(good_one and (outcome == "stored" or receipt.get("reason")),
               "line %d, %s: %s" % (number, what, outcome + (" in " + name if name else "")), receipt)
    same(found, {}, "no receipt for a line that is not there")


def check_file(system):
    path = os.path.join(system.root, "broken.ndjson")
    with open(path, "wb") as file:
        file.write(b"\n".join(line for _, line, _, _ in LINES))
    out = system.run("submit", path)
    same(out.returncode, 7, "submit ends with 7: something was rejected")
    receipts = rows(out.stdout)
    check_receipts(receipts)
    ok(SECRET not in out.stdout + out.stderr and "88d0" not in out.stdout + out.stderr,
       "no receipt repeats a sealed text")
    stored = [one for one in receipts if one["outcome"] == "stored" and not one["duplicate"]]
    received = [event["case_no"] for event in system.events() if event["type"] == "CaseReceived"]
    same(received, [one["case_no"] for one in stored], "what is stored is in the log, and nothing else")
    again = rows(system.run("submit", path).stdout)
    same([one.get("case_no") for one in again], [one.get("case_no") for one in receipts],
         "the same file once more names the same cases")
    ok(all(one["duplicate"] for one in again if one["outcome"] == "stored"), "all of them duplicates")
    return stored


def check_say(system, case_no):
    actor = {"role": "DISPATCHER", "org": "370499.003.01"}
    base = {"source_system": "test", "case_no": case_no, "kind": "note", "actor": actor}
    lines = [
        (text({**base, "source_ref": "say-1", "sealed": {"text": SECRET}}), "stored"),
        (b"{", "invalid"),
        (text({**base, "source_ref": "say-2", "kind": "shout"}), "invalid"),
        (text({**base, "source_ref": "say-2", "offer": "18240"}), "invalid"),
        (text({**base, "source_ref": "say-2", "fields": {"offer": 1}}), "invalid"),
        (text({**base, "source_ref": "say-2", "sealed": {"text": "a", "contact": "b"}}), "invalid"),
        (text({**base, "source_ref": "say-2", "actor": {"role": "EMPEROR"}}), "invalid"),
        (text({**base, "source_ref": "say-2", "case_no": "1" * 22}), "invalid"),
        (text({**base, "source_ref": "say-2", "case_no": "37049900320200801999999"}), "invalid"),
        (text({**base, "source_ref": "say-2", "skill": "x" * 60000}), "invalid"),
        (text(submission()), "invalid"),
        (text({**base, "source_ref": "say-3"}), "stored"),
    ]
    path = os.path.join(system.root, "say.ndjson")
    with open(path, "wb") as file:
        file.write(b"\n".join(line for line, _ in lines))
    out = system.run("say", path)
    same(out.returncode, 7, "say ends with 7")
    same([(one["line"], one["outcome"]) for one in rows(out.stdout)],
         [(i, outcome) for i, (_, outcome) in enumerate(lines, 1)], "say: one receipt a line, the good ones stored")
    ok("88d0" not in out.stdout + out.stderr, "say: no receipt repeats a sealed text")


def check_input(system):
    """Input that is no file of lines at all."""
    same(system.run("submit", stdin="").returncode, 0, "an empty input is nothing wrong: exit 0")
    same(system.run("submit", stdin="\n\n \n").returncode, 0, "nor are empty lines")
    out = system.run("submit", system.root)
    ok(out.returncode == 1 and "irectory" in out.stderr, "a directory for a file: exit 1", out.stderr)
    out = system.run("submit", os.path.join(system.root, "absent"))
    ok(out.returncode == 1 and "absent" in out.stderr, "a file that is not there: exit 1, named", out.stderr)
    out = system.run("submit", "--colour")
    ok(out.returncode == 2 and "--colour" in out.stderr, "an unknown option: exit 2, named", out.stderr)
    out = system.run("submit", stdin="\0" * 100000)
    same((out.returncode, len(rows(out.stdout))), (7, 1), "100,000 NULs are one wrong line")
    junk = base64.b64encode(os.urandom(3000)).decode()
    same(system.run("submit", stdin=junk).returncode, 7, "base64 is no JSON")


def bad_lines():
    with System() as system:
        before = pids(system)
        stored = check_file(system)
        check_say(system, stored[0]["case_no"])
        check_input(system)
        same(pids(system), before, "no process was started again")
        said = "\n".join(system.process.errors + system.process.lines)
        ok("88d0" not in said, "no diag line holds a sealed text")
        same(system.run("verify", "--data", system.data_dir).returncode, 0, "the log verifies")


main(bad_lines)
