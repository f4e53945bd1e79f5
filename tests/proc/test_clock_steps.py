"""test_clock_steps.py: the machine's clock is set ten minutes ahead and back while the programs
run (shim_clock.c, preloaded): stamps never fall, each timer fires once and says how late.

Driven time cannot be stepped, only advanced, so this is played by the wall.
"""
import collections
import datetime
import os
import subprocess

import case_laws
from sanji_test import ROOT, Failed, System, main, ok, same, submission

VARIANT = os.environ.get("SANJI_VARIANT", "release")
SHIM = os.path.join(ROOT, "build", VARIANT, "tests/proc/shim_clock.so")
STEP_S = 600


def shim():
    if not os.path.exists(SHIM):
        built = subprocess.run(["make", "-C", ROOT, "VARIANT=" + VARIANT,
                                os.path.relpath(SHIM, ROOT)],
                               capture_output=True, text=True, check=False)
        if built.returncode != 0:
            raise Failed("the shim cannot be built:\n" + built.stderr)
    return SHIM


def at(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def step(path, ahead_s):
    """The clock is set at once: nobody reads half a number."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(str(ahead_s))
    os.rename(path + ".new", path)


def fired(system):
    return [event for event in system.events() if event["type"] == "TimerFired"]


def wait_fired(system, count):
    out = system.run("tail", "--from", "first", "--type", "TimerFired", "--count", str(count),
                     "--for", "30s")
    ok(len(out.stdout.splitlines()) >= count, "%d timers have fired" % count, out.stderr)


def steps(system, clock):
    # An S1: whoever is on duty, DISPATCH or ACK is due within minutes.
    first = system.submit(submission(category="02003", source_ref="s-1"))[0]
    same(first["outcome"], "stored", "a case is taken")
    same(fired(system), [], "nothing is due yet")
    step(clock, STEP_S)
    wait_fired(system, 1)
    ahead = system.events()[-1]["recorded_at"]
    step(clock, 0)
    second = system.submit(submission(category="02003", source_ref="s-2"))[0]
    same(second["outcome"], "stored", "ten minutes back, and a second case is taken")
    step(clock, -STEP_S)
    third = system.submit(submission(category="02003", source_ref="s-3"))[0]
    same(third["outcome"], "stored", "another ten minutes back, and a third")
    stamps = [at(event["recorded_at"]) for event in system.events()]
    ok(stamps == sorted(stamps), "stamps never fall")
    ok(stamps[-1] >= at(ahead), "not even below what the clock said when it was ahead")
    before = len(fired(system))
    step(clock, 3 * STEP_S)
    wait_fired(system, before + 2)


def laws(system):
    events = system.events("--restricted")
    times = collections.Counter(
        (event["case_no"], event["timer_fired"]["kind"], event["timer_fired"].get("n", 0),
         event["timer_fired"]["due"]) for event in events if event["type"] == "TimerFired")
    same([key for key, count in times.items() if count != 1], [], "each timer fires once")
    early = [event["seq"] for event in events if event["type"] == "TimerFired"
             and at(event["recorded_at"]) < at(event["timer_fired"]["due"])]
    same(early, [], "none before it is due")
    wrong = []
    for event in events:
        if event["type"] == "TimerFired":
            late = at(event["recorded_at"]) - at(event["timer_fired"]["due"])
            said = event["timer_fired"].get("late_ms", 0) / 1000
            if abs(late.total_seconds() - said) > 60:
                wrong.append((event["seq"], late, said))
    same(wrong, [], "a late one says how late")
    same(case_laws.all_laws(events), [], "every law holds on the whole log")
    same(system.run("verify", "--data", system.data_dir).returncode, 0, "the log verifies")


def clock_steps():
    if VARIANT == "asan":
        ok(True, "a stepped clock # SKIP the shim does not go together with AddressSanitizer")
        return
    system = System(clock="wall")
    clock = os.path.join(system.root, "clock")
    os.environ.update(LD_PRELOAD=shim(), SHIM_CLOCK=clock)
    try:
        with system:
            steps(system, clock)
            laws(system)
    finally:
        del os.environ["LD_PRELOAD"], os.environ["SHIM_CLOCK"]


main(clock_steps)
