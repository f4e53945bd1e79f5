"""test_organisation_size.py: an organisation of ten times the street's size starts in two seconds,
and a changed roster is in force within one second of `sanji reload`.

generate.py --times 10 writes 99 communities, since a path has two digits for them, with 593
committees, 1,544 grids and 8,538 people, all of them valid and numbered inside the limits.
Absolute bounds hold for the release build; instrumented ones are compared with the street alone.
"""
import os
import shutil
import subprocess
import sys
import time

from sanji_test import BIN, ROOT, System, main, ok, same, submission, temp_dir

START = "2020-08-03T13:00:00+08:00"  # Monday afternoon: the second shift of grid B03 is at work
IS_RELEASE = "/release/" in BIN + "/"
START_MAX_S = 2
RELOAD_MAX_S = 1
SLOWER = 15  # an instrumented build may take so many times longer
RATIO_MAX = 40  # ten times the rules to read, check, publish and fold; the rest is the same


def rules_of(times):
    """A copy of deploy/ with an organisation so many times as large."""
    folder = os.path.join(temp_dir(), "deploy")
    shutil.copytree(os.path.join(ROOT, "deploy"), folder)
    if times > 1:
        out = subprocess.run([sys.executable, os.path.join(folder, "organisation/generate.py"), "--times", str(times),
                              os.path.join(folder, "organisation")], capture_output=True, text=True, timeout=60,
                             check=False)
        same(out.returncode, 0, "an organisation of %d times the size is written" % times)
    return folder


def bound(seconds):
    return seconds if IS_RELEASE else seconds * SLOWER


def start_of(folder):
    """Seconds from `up` to READY on an empty directory, and again on the log that this made."""
    with System(start=START, config=os.path.join(folder, "sanji.yaml"), ready=False) as system:
        begin = time.monotonic()
        system.process.wait_line(r"^READY ")
        first = time.monotonic() - begin
        system.down()
        begin = time.monotonic()
        system.up()
        system.process.wait_line(r"^READY ")
        return first, time.monotonic() - begin


def check_start(small, large):
    bare = start_of(small)
    first, again = start_of(large)
    for what, took in (("an empty directory", first), ("its own log", again)):
        ok(took <= bound(START_MAX_S), "ten times the street starts on %s in %.2f s" % (what, took), took)
    ok(first <= bare[0] * RATIO_MAX, "that is %.1f times the street's %.2f s" % (first / bare[0], bare[0]))


def renumber(folder, old, new):
    roster = os.path.join(folder, "organisation/roster.yaml")
    with open(roster, encoding="utf-8") as file:
        text = file.read()
    with open(roster, "w", encoding="utf-8") as file:
        file.write(text.replace("worker: %s," % old, "worker: %s," % new))


def offered_to(system):
    case_no = system.submit(submission(source="HANDHELD", category="02002"))[0]["case_no"]
    tail = system.start("tail", "--from", "first", "--case", case_no, "-o", "ndjson")
    tail.wait_line('"type":"DispatchOffered"')
    tail.kill()
    return [event["worker"] for event in system.events("--case", case_no, "--type", "DispatchOffered")]


def check_reload(folder):
    with System(start=START, config=os.path.join(folder, "sanji.yaml")) as system:
        same(offered_to(system), ["W00007"], "a case of grid B03 goes to its worker")
        renumber(folder, "W00007", "W00900")
        begin = time.monotonic()
        out = system.run("reload")
        took = time.monotonic() - begin
        ok(out.returncode == 0 and '"kind":"ROSTER"' in out.stdout, "the changed roster is published", out.stdout)
        ok(took <= bound(RELOAD_MAX_S), "a roster of 8,538 is in force after %.2f s" % took, took)
        same(offered_to(system), ["W00900"], "and the next case goes by it")
        begin = time.monotonic()
        out = system.run("reload")
        ok(out.returncode == 0 and out.stdout == "" and time.monotonic() - begin <= bound(RELOAD_MAX_S),
           "what has not changed is not published again", out.stdout + out.stderr)


def organisation_size():
    small, large = rules_of(1), rules_of(10)
    try:
        check_start(small, large)
        check_reload(large)
    finally:
        for folder in (small, large):
            shutil.rmtree(os.path.dirname(folder), ignore_errors=True)


main(organisation_size)
