"""test_broker_stopped.py: the broker is stopped for a while, by SIGSTOP and by being gone:
submissions wait or are answered busy, everything continues by itself, nobody else restarts.

SANJI_STOPPED_S: how long (the contract's number is 60); the tests use less.
"""
import json
import os
import signal
import threading

import case_laws
from sanji_test import System, main, ok, rows, same, submission

STOPPED_S = float(os.environ.get("SANJI_STOPPED_S", "8"))
OTHERS = ["sanji-intake", "sanji-escalation", "sanji-dispatch", "sanji-audit", "sanji-casebook"]


def wait(seconds):
    """The stop itself is what is tested: nothing can be waited for meanwhile."""
    threading.Event().wait(seconds)


def submit_while(system, name, stop, go_on):
    before = {program: system.pid_of(program) for program in OTHERS}
    stop()
    given = [submission(source_ref="%s-%d" % (name, i)) for i in range(20)]
    out = {}
    text = "".join(json.dumps(one) + "\n" for one in given)
    thread = threading.Thread(
        target=lambda: out.update(run=system.run("submit", "--give-up", "5m", stdin=text, limit_s=300)))
    thread.start()
    wait(STOPPED_S)
    ok(thread.is_alive(), "%s: nothing is acknowledged while the broker is away" % name)
    go_on()
    thread.join()
    receipts = rows(out["run"].stdout)
    same([one["outcome"] for one in receipts], ["stored"] * 20, "%s: then all is stored" % name)
    after = {program: system.pid_of(program) for program in OTHERS}
    same(after, before, "%s: no other process was started again" % name)
    return receipts


def stopped():
    with System(clock="wall", own_bin=True) as system:
        first = system.pid_of("sanji-broker")
        receipts = submit_while(system, "sigstop", lambda: os.kill(first, signal.SIGSTOP),
                                lambda: os.kill(first, signal.SIGCONT))

        # Gone and kept from starting: its file is moved away, so that `up` cannot exec it.
        def kill():
            pid = system.pid_of("sanji-broker")
            system.hold("sanji-broker")
            os.kill(pid, signal.SIGKILL)
        receipts += submit_while(system, "gone", kill, lambda: system.release("sanji-broker"))
        events = system.events()
        same(case_laws.receipts(events, receipts) + case_laws.all_laws(events), [],
             "every law holds, each receipt has its record")
        case_no = receipts[-1]["case_no"]
        tail = system.start("tail", "--from", "first", "--case", case_no, "-o", "ndjson")
        tail.wait_line("DispatchOffered")
        ok(True, "the stages went on: the last case was offered")


main(stopped)
