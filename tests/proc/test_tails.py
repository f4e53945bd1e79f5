"""test_tails.py: consoles that drop, come back, join late, stand still or die (domain 10.15, 10.20).

While y-mini plays, each of some tailing clients is killed at a random line and started again from
its cursor file, some join late, the broker is killed once: in the end each has exactly the log. A
console that stands still, and one that died, cost intake nothing.
SANJI_SEED sets the seed, which is printed.
"""
import json
import os
import random
import signal
import threading
import time

import case_laws
from sanji_test import System, main, ok, same, submission

SEED = int(os.environ.get("SANJI_SEED", str(random.SystemRandom().randrange(1 << 30))))
CLIENTS = 4
LIFE_LINES = 400  # a client lives for at most so many lines
HELD = 300        # submissions beside consoles that stand still


class Console:
    """One tailing client with its cursor; what it has printed, over all its lives."""

    def __init__(self, system, number, draw):
        self.system, self.draw = system, draw
        self.cursor = os.path.join(system.root, "cursor-%d" % number)
        self.lives, self.seqs, self.process = 0, [], None

    def start(self, at):
        self.lives += 1
        self.process = self.system.start("tail", "--from", at, "--restricted", "--cursor-file",
                                         self.cursor, "-o", "ndjson")

    def drop(self):
        """Killed; what it had printed counts, but for a line that was cut."""
        self.process.kill()
        self.process.wait_exit()  # all that was in the pipe has been read
        for line in self.process.lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if "seq" in event:
                self.seqs.append(event["seq"])

    def play(self, over):
        """Lives and dies until the play is over."""
        while not over.is_set():
            self.start("first")
            until = self.draw.randrange(1, LIFE_LINES)
            while len(self.process.lines) < until and not over.is_set():
                over.wait(0.01)
            self.drop()

    def finish(self, head):
        """A last life, as far as the log goes."""
        self.start("first")
        if not self.seqs or self.seqs[-1] < head:
            self.process.wait_until(lambda: any('"seq":%d,' % head in line for line in self.process.lines[-50:]),
                                    "record %d" % head, 120)
        self.drop()


def orders(seqs, first, head):
    """What is wrong with what a client saw: it may see a line again after it was killed between
    the line and its cursor, it may never miss one."""
    wrong = []
    expected = first
    for seq in seqs:
        if seq > expected:
            wrong.append("%d follows %d" % (seq, expected - 1))
        expected = max(expected, seq + 1)
    if expected != head + 1:
        wrong.append("ends at %d of %d" % (expected - 1, head))
    return wrong


def dropping_clients():
    draw = random.Random(SEED)
    with System() as system:
        over = threading.Event()
        consoles = [Console(system, i, random.Random(SEED + i)) for i in range(CLIENTS)]
        threads = [threading.Thread(target=one.play, args=(over,)) for one in consoles]
        demo = system.start("demo", "y-mini")
        for i, thread in enumerate(threads):
            if i == CLIENTS // 2:  # the second half joins late, and the broker dies once
                demo.wait_until(lambda: system.pid_of("sanji-broker"), "the broker")
                os.kill(system.pid_of("sanji-broker"), signal.SIGKILL)
            thread.start()
        try:
            demo.wait_line(r"^DEMO DONE", limit_s=600)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        same(demo.wait_exit(), 0, "the play ends with every case final")
        events = system.events("--restricted")
        head = events[-1]["seq"]
        for one in consoles:
            one.finish(head)
        lives = sum(one.lives for one in consoles)
        ok(lives >= 2 * CLIENTS, "clients were dropped and came back: %d lives" % lives)
        for i, one in enumerate(consoles):
            same(orders(one.seqs, 1, head), [], "client %d has exactly the log" % i)
        late = system.start("tail", "--from", head - draw.randrange(50), "--restricted", "-o", "ndjson")
        late.wait_until(lambda: any('"seq":%d,' % head in line for line in late.lines), "the head")
        seqs = [json.loads(line)["seq"] for line in late.lines]
        same(orders(seqs, seqs[0], head), [], "a late one has exactly the rest")
        same(case_laws.all_laws(events), [], "every law holds on the log")
        same(case_laws.at_every_record(system), [], "and after every record of it")


def timed(system, name):
    given = [submission(source_ref="%s-%d" % (name, i)) for i in range(HELD)]
    begun = time.monotonic()
    receipts = system.submit(*given)
    took = time.monotonic() - begun
    same([one["outcome"] for one in receipts], ["stored"] * HELD, "%s: every receipt comes" % name)
    return took


def slow_consoles():
    with System() as system:
        alone = timed(system, "alone")
        stopped = [system.start("tail", "--from", "first", "--restricted", "-o", "ndjson") for _ in range(3)]
        for one in stopped:
            one.wait_lines(1)
            one.signal(signal.SIGSTOP)
        dead = system.start("tail", "--from", "first", "--restricted", "-o", "ndjson")
        dead.wait_lines(1)
        dead.kill()
        beside = timed(system, "beside")
        # Generous, since the machine may be busy; a door that waited for a console would wait for ever.
        ok(beside < 5 * alone + 5, "beside consoles that stand still it takes no longer",
           "alone %.2f s, beside them %.2f s" % (alone, beside))
        head = system.events("--restricted")[-1]["seq"]
        for one in stopped:
            one.signal(signal.SIGCONT)
            one.wait_until(lambda one=one: any('"seq":%d,' % head in line for line in one.lines[-50:]),
                           "record %d" % head)
            seqs = [json.loads(line)["seq"] for line in list(one.lines)]  # stages still decide
            same(orders(seqs, 1, seqs[-1]), [], "one that goes on has missed nothing")


def tails():
    print("# seed %d" % SEED, flush=True)
    dropping_clients()
    slow_consoles()


main(tails)
