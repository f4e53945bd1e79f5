"""test_kill.py: kill -9 of any one process while y-mini plays, at random moments.

The seed is printed; SANJI_KILLS sets how many kills (the contract's number is 20), SANJI_SEED
the seed. Each kill waits until the log has grown by a random number of records, so a moment is
a place in the play, not a guess of time.
"""
import os
import random
import signal
import threading

import case_laws
from sanji_test import Failed, System, main, ok, same

PROGRAMS = ["sanji-broker", "sanji-intake", "sanji-escalation", "sanji-dispatch", "sanji-audit",
            "sanji-casebook"]
KILLS = int(os.environ.get("SANJI_KILLS", "20"))
SEED = int(os.environ.get("SANJI_SEED", str(random.SystemRandom().randrange(1 << 30))))


def play(system):
    demo = system.start("demo", "y-mini")
    demo.wait_line(r"^DEMO DONE", limit_s=600)
    return demo.wait_exit()


def undisturbed():
    with System() as system:
        same(play(system), 0, "the undisturbed run ends with every case final")
        return case_laws.final_states(system.events("--restricted"))


def head(system):
    out = system.run("status", "-o", "json", limit_s=20)
    if out.returncode != 0:
        return None
    import json
    return json.loads(out.stdout).get("head", 0)


def killer(system, stop, killed, draw):
    """Kills one process each time the log has grown by 10 to 120 records."""
    target = 60
    while not stop.is_set() and len(killed) < KILLS:
        try:
            now = head(system)
        except Failed:
            now = None
        if now is None or now < target:
            stop.wait(0.01)
            continue
        program = draw.choice(PROGRAMS)
        pid = system.pid_of(program)
        if pid is None:
            continue  # it is being started again: the next look finds it
        os.kill(pid, signal.SIGKILL)
        killed.append((program, now))
        target = now + draw.randrange(10, 120)


def kill_loop():
    print("# seed %d, %d kills" % (SEED, KILLS), flush=True)
    expected = undisturbed()
    draw = random.Random(SEED)
    with System() as system:
        stop, killed = threading.Event(), []
        thread = threading.Thread(target=killer, args=(system, stop, killed, draw))
        thread.start()
        try:
            code = play(system)
        finally:
            stop.set()
            thread.join()
        same(code, 0, "the disturbed run ends with every case final too")
        same(len(killed), KILLS, "%d kills took place" % KILLS)
        events = system.events("--restricted")
        wrong = case_laws.all_laws(events)
        ok(not wrong, "no receipt without record, nothing doubled, each statement one decision",
           "\n".join(wrong[:20]) + "\nkilled: %r" % killed)
        same(case_laws.final_states(events), expected, "all cases end in the same final state")
        same(system.run("verify", "--data", system.data_dir).returncode, 0, "the log verifies")


main(kill_loop)
