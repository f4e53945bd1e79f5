"""test_full_disk.py: a full disk, three ways: a map that is full, a disk that answers ENOSPC
(shim_enospc.c, preloaded), and a small file system of its own (where root and the kernel allow).

Each time: new incidents are refused with STORE_FULL while cases that were taken are finished;
nothing that was acknowledged is lost over a restart; and, but for the map, it goes on by itself
when there is space again.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import case_laws
from bad_input import pids
from sanji_test import (BIN, LIMIT_S, ROOT, Failed, System, main, ok, rows, same, submission)

VARIANT = os.environ.get("SANJI_VARIANT", "release")
SHIM = os.path.join(ROOT, "build", VARIANT, "tests/proc/shim_enospc.so")
CHUNK = 200
MIB = 1 << 20


def skip(name, why):
    ok(True, "%s # SKIP %s" % (name, why))


class Watch:
    """Every receipt and decision that was given, to be looked for afterwards."""

    def __init__(self, system, name):
        self.system, self.name = system, name
        self.receipts = []
        self.count = 0

    def submit(self, count=1, *options):
        """Outcomes of `count` new submissions."""
        lines = []
        for _ in range(count):
            self.count += 1
            lines.append(json.dumps(submission(source="HANDHELD", category="04001", source_ref="%s-%d" % (
                self.name, self.count), sealed={"text": "x" * 200}), ensure_ascii=False))
        out = self.system.run("submit", *options, stdin="\n".join(lines))
        found = rows(out.stdout)
        self.receipts += found
        self.exit = out.returncode
        return [one["outcome"] for one in found]

    def say(self, kind, case_no, actor, **fields):
        self.count += 1
        decision = self.system.say({"source_system": "test", "source_ref": "%s-%d" % (self.name, self.count),
                                    "kind": kind, "case_no": case_no, "actor": actor, **fields})[0]
        return decision["outcome"]

    def offered(self):
        """The offer of the first case."""
        case_no = self.receipts[0]["case_no"]
        tail = self.system.start("tail", "--from", "first", "--case", case_no, "-o", "ndjson")
        tail.wait_line('"type":"DispatchOffered"')
        tail.kill()
        return [event for event in self.system.events("--case", case_no) if event["type"] == "DispatchOffered"][-1]

    def finish(self, offer):
        """The case goes from its offer to its end. Returns what became of each step."""
        case_no = offer["case_no"]
        his = {"role": offer["dispatch_offered"]["role"], "worker": offer["worker"]}
        evidence = [{"ref": "photo/%d" % i} for i in range(3)]
        return [self.say("ack", case_no, his, offer=offer["seq"]),
                self.say("resolve", case_no, his, resolution="FIXED", evidence=evidence),
                self.say("check", case_no, {"role": "DUTY_LEADER", "org": "370499.003"}, passed=True)]

    def laws(self, what):
        events = self.system.events("--restricted")
        stored = [one for one in self.receipts if one["outcome"] == "stored"]
        same(case_laws.receipts(events, stored) + case_laws.all_laws(events), [],
             "%s: each of %d receipts has its record, and every law holds" % (what, len(stored)))
        same(len([event for event in events if event["type"] == "CaseReceived"]), len(
            {one["case_no"] for one in stored}), "%s: what was not acknowledged is not there" % what)
        return events

    def verify(self, what):
        out = self.system.run("verify", "--data", self.system.data_dir)
        same(out.returncode, 0, "%s: sanji verify finds nothing wrong" % what)


def until(true, what, limit_s=LIMIT_S):
    """Asks again until it is so; each asking is a command of its own, so this does not spin."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if true():
            return True
    raise Failed("not in %g s: %s" % (limit_s, what))


def status(system):
    out = system.run("status", "-o", "json")
    return json.loads(out.stdout) if out.returncode == 0 else {}


# ---- the map -----------------------------------------------------------------------------
def full_map():
    with System("--map-size", "4M", start="2020-08-03T09:00:00+08:00") as system:
        before = pids(system)
        watch = Watch(system, "map")
        same(watch.submit(), ["stored"], "map: a first case is taken")
        offer = watch.offered()
        outcomes = []
        while "store_full" not in outcomes:
            outcomes = watch.submit(CHUNK)
            if watch.count > 10000:
                raise Failed("10,000 cases fit into 4 MiB")
        same(set(outcomes) - {"stored"}, {"store_full"}, "map: new incidents are refused as store_full")
        same(watch.exit, 6, "map: submit ends with 6: send again later")
        in_a_row = 0
        while in_a_row < 3:  # a single one still fits where 200 at once did not
            in_a_row = in_a_row + 1 if watch.submit() == ["store_full"] else 0
        ok(status(system).get("store_full") is True, "map: status tells it", status(system))
        system.process.wait_line("ev=store_full", errors=True)
        ok(True, "map: and a diag line")
        same(watch.finish(offer), ["applied"] * 3, "map: the first case is acknowledged, resolved and closed")
        same(watch.submit(3), ["store_full"] * 3, "map: while new incidents are still refused")
        watch.laws("map")
        same(pids(system), before, "map: no process was started again")
        same(system.down(), 0, "map: it drains")
        system.up()
        same(watch.submit(), ["store_full"], "map: after a restart it is as full as before")
        watch.laws("map, restarted")
        watch.verify("map")


# ---- ENOSPC ------------------------------------------------------------------------------
def shim():
    """The path of the shim; None: not here."""
    if VARIANT == "asan":
        return None  # AddressSanitizer must come first among what is preloaded
    if not os.path.exists(SHIM):
        built = subprocess.run(["make", "-C", ROOT, "VARIANT=" + VARIANT, os.path.relpath(SHIM, ROOT)],
                               capture_output=True, text=True, check=False)
        if built.returncode != 0:
            raise Failed("the shim cannot be built:\n" + built.stderr)
    return SHIM


def no_space():
    preload = shim()
    if preload is None:
        skip("ENOSPC: by a preloaded shim", "not together with AddressSanitizer")
        return
    system = System(start="2020-08-03T09:00:00+08:00")
    trigger = os.path.join(system.root, "full")
    os.environ.update(LD_PRELOAD=preload, SHIM_ENOSPC=trigger, SHIM_ENOSPC_BELOW=system.data_dir)
    try:
        with system:
            nearly_full(system, trigger + ".free")
            quite_full(system, trigger)
    finally:
        for name in ("LD_PRELOAD", "SHIM_ENOSPC", "SHIM_ENOSPC_BELOW"):
            del os.environ[name]


def touch(path):
    with open(path, "w", encoding="utf-8"):
        pass


def nearly_full(system, trigger):
    before = pids(system)
    watch = Watch(system, "nearly")
    same(watch.submit(), ["stored"], "nearly: a first case is taken")
    offer = watch.offered()
    touch(trigger)
    until(lambda: watch.submit() == ["store_full"], "store_full on a disk that is 95 % full")
    ok(True, "nearly: a disk that is 95 % full takes no new incidents")
    same(watch.finish(offer), ["applied"] * 3, "nearly: what was taken is finished")
    os.remove(trigger)
    until(lambda: watch.submit() == ["stored"], "stored, when there is space again")
    ok(True, "nearly: with space again it takes them by itself")
    system.process.wait_line("ev=store_ok", errors=True)
    ok(True, "nearly: and says so")
    same(pids(system), before, "nearly: no process was started again")


def quite_full(system, trigger):
    """Every write fails: nothing is acknowledged, and the outcome of what was under way is known
    after the restart."""
    watch = Watch(system, "full")
    watch.receipts += [{"outcome": "stored", "seq": event["seq"], "case_no": event["case_no"]}
                       for event in system.events() if event["type"] == "CaseReceived"]
    same(watch.submit(20), ["stored"] * 20, "full: 20 cases are taken")
    stored = len(watch.receipts)
    touch(trigger)
    said = len(system.process.errors)
    done = []
    thread = threading.Thread(target=lambda: done.extend(watch.submit(20, "--give-up", "10m")))
    thread.start()
    system.process.wait_line("ev=lost_durability proc=broker", start=said, errors=True)
    ok(True, "full: a_commit_that_fails_is_told: the broker says that it lost durability")
    system.process.wait_line("ev=child_died .*child=sanji-broker code=74", start=said, errors=True)
    ok(True, "full: and exits 74")
    system.process.wait_line("ev=child_died .*child=sanji-broker code=(74|78)",
                             start=len(system.process.errors), errors=True)
    same(done, [], "full: nothing is acknowledged meanwhile")
    ok(thread.is_alive(), "full: submit goes on asking")
    os.remove(trigger)
    thread.join()
    same(done, ["stored"] * 20, "full: with space again all of it is stored")
    same(len(watch.receipts), stored + 20, "full: one receipt each")
    watch.laws("full")
    erase_on_a_full_disk(system, watch, trigger)
    same(system.down(), 0, "full: it drains")
    system.up()
    watch.laws("full, restarted")
    watch.verify("full")


def full_keys():
    """Only the key store's disk is full: the log takes the statement, the key is not destroyed by
    halves, and the case is not forgotten."""
    preload = shim()
    if preload is None:
        skip("keys: a full key store", "not together with AddressSanitizer")
        return
    system = System(start="2020-08-03T09:00:00+08:00")
    trigger = os.path.join(system.root, "full")
    below = os.path.join(system.data_dir, "keys")
    os.environ.update(LD_PRELOAD=preload, SHIM_ENOSPC=trigger, SHIM_ENOSPC_BELOW=below)
    try:
        with system:
            watch = Watch(system, "keys")
            same(watch.submit(2), ["stored"] * 2, "keys: two cases with sealed texts")
            erase_on_a_full_disk(system, watch, trigger)
            watch.laws("keys")
            offer = watch.offered()
            out = system.run("read", offer["case_no"], "--purpose", "HANDLE", "--as", "%s:%s" % (
                offer["dispatch_offered"]["role"], offer["worker"]))
            ok(out.returncode == 0 and "xxxx" in out.stdout, "keys: the other case's text is read",
               out.stderr)
            said = [line for line in system.process.errors if "lost_durability proc=intake" in line]
            ok(said, "keys: a_key_that_cannot_be_destroyed_is_told by intake, which exits 74")
    finally:
        for name in ("LD_PRELOAD", "SHIM_ENOSPC", "SHIM_ENOSPC_BELOW"):
            del os.environ[name]


def erase_on_a_full_disk(system, watch, trigger):
    """Destroying a key on a full disk: it is destroyed, or not yet, but nobody loses another's."""
    case_no = watch.receipts[-1]["case_no"]
    touch(trigger)
    out = {}
    actor = {"role": "DUTY_LEADER", "org": "370499.003"}
    thread = threading.Thread(target=lambda: out.update(decision=system.say(
        {"source_system": "test", "source_ref": "erase-full", "kind": "erase", "case_no": case_no, "actor": actor})))
    said = len(system.process.errors)
    thread.start()
    system.process.wait_line("ev=child_died", start=said, errors=True)
    os.remove(trigger)
    thread.join()
    until(lambda: watch.submit() == ["stored"], "stored after an erasure on a full disk")
    events = system.events("--case", case_no, "--restricted")
    destroyed = [event for event in events if event["type"] == "KeyDestroyed"]
    same(len(destroyed), 1, watch.name + ": an erasure that met a full disk is carried out once there is space")


# ---- a file system of its own ------------------------------------------------------------
def own_mounts():
    """Starts this test again in a mount namespace of its own, so that what it mounts goes with it."""
    if os.environ.get("SANJI_OWN_MOUNTS") or os.geteuid() != 0:
        return
    can = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
    if can:
        os.environ["SANJI_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "-m", sys.executable, "-B", os.path.abspath(__file__)])


def mount(folder, image, size):
    """True: `folder` is an ext4 of `size` bytes."""
    if not os.environ.get("SANJI_OWN_MOUNTS") or not shutil.which("mkfs.ext4"):
        return False
    with open(image, "wb") as file:
        file.truncate(size)
    made = subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", image], capture_output=True,
                          check=False)
    return made.returncode == 0 and subprocess.run(
        ["mount", "-o", "loop", image, folder], capture_output=True, check=False).returncode == 0


def fill(path, leave):
    """A file that takes all but `leave` bytes of its file system."""
    fs = os.statvfs(os.path.dirname(path))
    size = fs.f_bavail * fs.f_frsize - leave
    with open(path, "ab") as file:
        try:
            while size > 0:
                part = min(size, 64 * 1024)
                file.write(b"\xa5" * part)
                file.flush()
                size -= part
            os.fsync(file.fileno())
        except OSError:
            pass  # it is full


def small_disk():
    system = System(start="2020-08-03T09:00:00+08:00")
    os.makedirs(system.data_dir, 0o700)
    if not mount(system.data_dir, os.path.join(system.root, "image"), 64 * MIB):
        shutil.rmtree(system.root, ignore_errors=True)
        skip("disk: a small ext4", "needs root, loop devices and mkfs.ext4")
        return
    try:
        os.chmod(system.data_dir, 0o700)
        with system:
            watch = Watch(system, "disk")
            on_small_disk(system, watch)
            system.down()
            subprocess.run(["umount", system.data_dir], check=False)
    finally:
        subprocess.run(["umount", "-l", system.data_dir], capture_output=True, check=False)
        shutil.rmtree(system.root, ignore_errors=True)


def on_small_disk(system, watch):
    ballast = os.path.join(system.data_dir, "ballast")
    same(watch.submit(), ["stored"], "disk: a first case is taken on an ext4 of 64 MiB")
    offer = watch.offered()
    before = pids(system)
    fill(ballast, 4 * MIB)  # some 94 %
    until(lambda: watch.submit() == ["store_full"], "store_full above 90 %")
    ok(True, "disk: above 90 % no new incidents are taken")
    same(watch.finish(offer), ["applied"] * 3, "disk: what was taken is finished")
    same(pids(system), before, "disk: no process was started again")
    fill(ballast, 0)
    ok(watch.submit(1, "--give-up", "3s") in (["store_full"], ["unreachable"]), "disk: full, it takes nothing")
    watch.laws("disk, full")
    said = len(system.process.errors)
    os.kill(system.pid_of("sanji-broker"), signal.SIGKILL)
    # Whether it can start depends on whether LMDB has free pages for its first record.
    system.process.wait_line("ev=started proc=broker", start=said, errors=True)
    os.remove(ballast)
    until(lambda: watch.submit(1, "--give-up", "1m") == ["stored"], "stored, when there is space again")
    ok(True, "disk: with space again everything goes on by itself")
    watch.laws("disk")
    same(system.down(), 0, "disk: it drains")
    system.up()
    watch.laws("disk, restarted")
    watch.verify("disk")


def full_disk():
    if not os.access(os.path.join(BIN, "sanji"), os.X_OK):
        raise Failed("no programs in " + BIN)
    full_map()
    no_space()
    full_keys()
    small_disk()


own_mounts()
main(full_disk)
