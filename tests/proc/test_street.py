"""test_street.py: the 2,008 cases of the sub-district through the real processes: every figure
of domain 9.2, every case as its truth says, and with the same seed the same log."""
import hashlib
import json
import os
import re

import case_laws
from sanji_test import System, main, ok, same

QUOTAS = {
    "submissions": 2202, "cases": 2008, "final": 2202, "merged": 130, "rejected": 44,
    "cancelled": 20, "self_handled": 520, "committee": 692, "community": 528,
    "subdistrict": 216, "municipal": 52, "in_time": 1917, "satisfied": 1240, "answered": 1250,
    "declines": 60, "timeouts": 141, "recalls": 35, "returns": 96, "extensions": 61,
    "suspensions": 18, "assists": 120, "reworks": 58, "reopens": 12, "urges": 210,
    "normal": 22, "yellow": 5, "red": 1, "unmerged": 3, "reclassified": 30, "regraded": 25,
    "repeats": 45, "malformed": 6, "pii": 4, "refused": 0, "declined_by_deciders": 0,
    "differing": 0}

# What is random by its nature: nonces and boxes, and what is keyed by the log's own keys.
RANDOM = {"key_no", "nonce", "box", "bytes", "source_ref_hmac", "content_hmac", "log_id"}


def stripped(value):
    if isinstance(value, dict):
        if value.get("sealed") is True:
            return "sealed"
        return {name: stripped(part) for name, part in value.items() if name not in RANDOM}
    if isinstance(value, list):
        return [stripped(part) for part in value]
    return value


def digests(events):
    return [hashlib.sha256(json.dumps(stripped(event), sort_keys=True).encode()).hexdigest()
            for event in events]


def play(system):
    demo = system.start("demo", "street")
    line = demo.wait_line(r"^DEMO DONE", limit_s=900).string
    code = demo.wait_exit()
    return code, {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}


def figure(rows, code, part=None):
    found = [row for row in rows if row["code"] == code and row.get("part") == part]
    return (found[0]["numerator"], found[0]["denominator"]) if found else None


def indicators(system):
    rows = json.loads(system.run("indicators", "-o", "json", limit_s=300).stdout)
    same(figure(rows, "I01"), (1956, 2008), "I01: 1,956 of 2,008 handled by the street itself")
    share = figure(rows, "I02")
    ok(share and share[0] == share[1] > 0, "I02: 100 %", share)
    same(figure(rows, "I12"), (1917, 2008), "I12: 1,917 of 2,008 in time")
    same(figure(rows, "I30"), (1240, 1250), "I30: 1,240 of 1,250 satisfied")
    same(figure(rows, "I03"), (520, 2008), "I03: 520 handled on the spot")
    parts = ("GRID_COMMITTEE", "COMMUNITY", "SUBDISTRICT", "MUNICIPAL")
    same([figure(rows, "I04", part) for part in parts],
         [(count, 2008) for count in (1212, 528, 216, 52)],
         "I04: 1,212, 528, 216 and 52 by tier")


def street():
    logs = []
    # Under the sanitizers once: what they look for is the same in both runs.
    runs = 1 if os.environ.get("SANJI_VARIANT") == "asan" else 2
    for run in range(runs):
        with System() as system:
            code, done = play(system)
            if run == 0:
                same(code, 0, "the demo ends with 0: every case is as its truth says")
                for name, count in QUOTAS.items():
                    same(done.get(name), count, "%s: %d" % (name, count))
                indicators(system)
                verified = system.run("verify", "--data", system.data_dir, limit_s=300)
                same(verified.returncode, 0, "sanji verify finds nothing wrong")
                events = system.events("--restricted")
                same(case_laws.all_laws(events), [], "every law holds on the whole log")
                same(case_laws.at_every_record(system), [], "and after every record of it")
                logs.append(digests(events))
            else:
                logs.append(digests(system.events("--restricted")))
    if runs == 1:
        return
    first = next((i for i, pair in enumerate(zip(*logs)) if pair[0] != pair[1]), None)
    ok(len(logs[0]) == len(logs[1]) and first is None,
       "the same seed gives the same log but for sealed bytes",
       "%d and %d records, the first that differs: %s" % (len(logs[0]), len(logs[1]), first))


main(street)
