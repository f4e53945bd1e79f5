"""sanji_test.py: what every Python test of the running programs needs.

    with System() as system:                 fresh data and run directories, READY waited for
        out = system.run("status")           a sanji command against it
        ok(out.returncode == 0, "status answers")
    done()                                   the TAP plan and the exit code

Nothing here sleeps for a fixed time: a wait is for a line, an end of file or an exit, and
every wait has a limit, after which the test fails and says what it had seen.

The programs are those of $SANJI_BIN, else build/release/bin of this tree. A System never
outlives its test: it is stopped on the way out of `with`, by SIGTERM, then by SIGKILL of
its whole process group, and the parent's death kills it too.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.abspath(os.environ.get("SANJI_BIN") or os.path.join(ROOT, "build/release/bin"))
# A wait that takes this long has failed; instrumented programs on a busy machine are slow.
LIMIT_S = float(os.environ.get("SANJI_LIMIT_S", "60"))
START = "2020-08-01T00:00:00+08:00"  # where driven time begins: the month of the demo


class Failed(Exception):
    """The test cannot go on; the message says what was waited for and what was seen."""


# ---- TAP ---------------------------------------------------------------------------------
_count = 0
_bad = 0


def ok(good, name, why=""):
    """One TAP line. `why` is said only when it is not good. Returns bool(good)."""
    global _count, _bad
    _count += 1
    if not good:
        _bad += 1
        for line in str(why).splitlines():
            print("# " + line, flush=True)
    print("%s %d - %s" % ("ok" if good else "not ok", _count, name), flush=True)
    return bool(good)


def same(got, expected, name):
    return ok(got == expected, name, "got      %r\nexpected %r" % (got, expected))


def skip_all(why):
    print("1..0 # skip " + why, flush=True)
    sys.exit(0)


def done():
    """The plan and the end: exit 0 when all was good."""
    print("1..%d" % _count, flush=True)
    sys.exit(1 if _bad or not _count else 0)


def main(test):
    """Runs the test function; whatever stops it is one more failure, told in full."""
    try:
        test()
    except Failed as failure:
        ok(False, test.__name__ + " runs to its end", failure)
    except Exception:  # a broken test is a failed test, not a silent one
        import traceback
        ok(False, test.__name__ + " runs to its end", traceback.format_exc())
    done()


# ---- processes ---------------------------------------------------------------------------
def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Process:
    """A child whose lines are read by threads, so that it never blocks on a full pipe."""

    def __init__(self, args, env=None, cwd=None, own_group=True):
        self.args = [str(arg) for arg in args]
        self.lines = []
        self.errors = []
        self._changed = threading.Condition()
        self._open = 2
        self._killed = False
        self.child = subprocess.Popen(
            self.args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=env, cwd=cwd, text=True, errors="replace",
            start_new_session=own_group, preexec_fn=_die_with_parent)
        for stream, lines in ((self.child.stdout, self.lines), (self.child.stderr, self.errors)):
            threading.Thread(target=self._read, args=(stream, lines), daemon=True).start()

    @property
    def pid(self):
        return self.child.pid

    def _read(self, stream, lines):
        for line in stream:
            with self._changed:
                lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        stream.close()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def said(self):
        """What it has said so far, for messages."""
        return "\n".join(["$ " + " ".join(self.args)] + self.lines[-30:]
                         + ["stderr: " + line for line in self.errors[-30:]])

    def wait_until(self, true, what, limit_s=LIMIT_S):
        """Waits until true() holds; it is asked again with every line that comes."""
        until = time.monotonic() + limit_s
        with self._changed:
            while True:
                value = true()
                if value:
                    return value
                left = until - time.monotonic()
                if left <= 0 or self._open == 0:
                    why = "in %g s" % limit_s if self._open else "before its output ended"
                    raise Failed("no %s %s\n%s" % (what, why, self.said()))
                self._changed.wait(left)

    def wait_line(self, pattern, start=0, limit_s=LIMIT_S, errors=False):
        """The first line from number `start` on that the expression finds: a match."""
        lines = self.errors if errors else self.lines

        def find():
            for line in lines[start:]:
                match = re.search(pattern, line)
                if match:
                    return match
            return None
        return self.wait_until(find, "line like /%s/" % pattern, limit_s)

    def wait_lines(self, count, limit_s=LIMIT_S):
        self.wait_until(lambda: len(self.lines) >= count, "%d lines" % count, limit_s)
        return self.lines[:count]

    def wait_exit(self, limit_s=LIMIT_S):
        """The exit code, after all output was read; minus the number of a signal."""
        try:
            code = self.child.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise Failed("no exit in %g s\n%s" % (limit_s, self.said())) from None
        with self._changed:
            self._changed.wait_for(lambda: self._open == 0, 5)
        return code

    def signal(self, number):
        if self.child.poll() is None:
            self.child.send_signal(number)

    def stop(self, limit_s=LIMIT_S):
        """SIGTERM, and SIGKILL of what is left of its group. Returns the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait_exit(limit_s)
        finally:
            self.kill()

    def kill(self):
        """Ends it with its whole group. Once: the number of a group that has ended is given to
        another before long, and on a busy machine that is a process of another test."""
        if self._killed:
            return
        self._killed = True
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.child.wait()


def descendants(pid):
    """Pids of the living processes below `pid`, from /proc."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry)] = int(fields[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


# ---- the system --------------------------------------------------------------------------
def temp_dir():
    """Short, since the path of an ipc endpoint may have 107 bytes."""
    return tempfile.mkdtemp(prefix="sj", dir="/tmp" if os.access("/tmp", os.W_OK) else None)


def rows(text):
    """The JSON objects of NDJSON text."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def submission(**fields):
    """A valid submission with a reference of its own; `fields` replace or add."""
    value = {"source_system": "test", "source_ref": "t-" + uuid.uuid4().hex[:16],
             "source": "INSPECTION", "category": "02001",
             "place": {"grid": "370499.003.01.001.B03"}}
    value.update(fields)
    return value


class System:
    """`sanji up` on fresh directories. Options: further arguments of `sanji up`."""

    def __init__(self, *options, clock="driven", start=START, config=None, ready=True,
                 own_bin=False):
        self.root = temp_dir()
        self.bin = self.own_bin() if own_bin else BIN
        self.run_dir = os.path.join(self.root, "run")
        self.data_dir = os.path.join(self.root, "data")
        self.options = ["--clock", clock] + (["--start", start] if clock == "driven" else [])
        self.options += ["--config", config or os.path.join(ROOT, "deploy/sanji.yaml")]
        self.options += list(options)
        self.process = None
        self.others = []
        self._ready = ready

    def __enter__(self):
        if not os.access(os.path.join(BIN, "sanji"), os.X_OK):
            raise Failed("no %s: build first (make), or set SANJI_BIN" % os.path.join(BIN, "sanji"))
        try:
            self.up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        for process in self.others:
            process.kill()
        if self.process:
            try:
                self.process.stop(20)
            except Failed:
                pass  # it was killed; the test that asks for a clean stop calls down()
        shutil.rmtree(self.root, ignore_errors=True)

    def up(self):
        """Starts it (again) on the same directories and waits for its READY line."""
        self.process = Process([os.path.join(self.bin, "sanji"), "up", "--data", self.data_dir,
                                "--run", self.run_dir] + self.options, cwd=ROOT)
        if self._ready:
            self.process.wait_line(r"^READY ")

    def down(self):
        """Drains it. Returns the exit code."""
        return self.process.stop()

    def endpoint(self, name):
        """"ipc://.../log.ipc"; names: log door query live admin."""
        return "ipc://%s/%s.ipc" % (self.run_dir, name)

    def command(self, *args):
        return [os.path.join(BIN, "sanji"), *[str(arg) for arg in args], "--run", self.run_dir]

    def run(self, *args, stdin="", limit_s=LIMIT_S):
        """Runs a sanji command to its end: .returncode .stdout .stderr, all text."""
        try:
            return subprocess.run(self.command(*args), input=stdin, capture_output=True,
                                  text=True, timeout=limit_s, cwd=ROOT)
        except subprocess.TimeoutExpired as late:
            raise Failed("no end of %r in %g s" % (args, limit_s)) from late

    def start(self, *args, program=None):
        """Starts a command that goes on (tail, demo, a client); it dies with the system."""
        process = Process(program + list(args) if program else self.command(*args), cwd=ROOT)
        self.others.append(process)
        return process

    def json(self, *args, stdin=""):
        """The NDJSON rows that a command prints; it must exit 0."""
        out = self.run(*args, stdin=stdin)
        if out.returncode != 0:
            raise Failed("%r exits %d: %s%s" % (args, out.returncode, out.stdout, out.stderr))
        return rows(out.stdout)

    def _answers(self, lines, *args):
        """One line out for each line in, or the test says what the command said instead."""
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)
        out = self.run(*args, stdin=text)
        answers = rows(out.stdout)
        if len(answers) != len(lines):
            raise Failed("%r answers %d of %d lines, exit %d: %s%s" % (
                args, len(answers), len(lines), out.returncode, out.stdout, out.stderr))
        return answers

    def submit(self, *submissions):
        """Submits and returns the receipts."""
        return self._answers(submissions, "submit")

    def say(self, *statements, wait=True):
        return self._answers(statements, "say", *(["--wait"] if wait else []))

    def events(self, *filters):
        """All records of the log so far, as `tail` prints them."""
        return self.json("tail", "--from", "first", "--no-follow", *filters)

    def pid_of(self, program):
        """Pid of one of its processes, by the program's name ("sanji-intake")."""
        for pid in descendants(self.process.pid):
            try:
                if os.path.basename(os.readlink("/proc/%d/exe" % pid)) == program:
                    return pid
            except OSError:
                continue
        return None

    def _held(self, program):
        """A System that holds programs back has its own copy of the program directory."""
        return os.path.join(self.root, "bin", program)

    def own_bin(self):
        """Run from a copy of the programs (links), so that one can be taken away: call it
        before up(), i.e. System(..., own_bin=True)."""
        folder = os.path.join(self.root, "bin")
        os.mkdir(folder)
        for name in os.listdir(BIN):
            shutil.copy2(os.path.join(BIN, name), os.path.join(folder, name))
        return folder

    def hold(self, program):
        """Keeps a program from being started: it is moved aside."""
        os.rename(self._held(program), self._held(program) + ".held")

    def release(self, program):
        os.rename(self._held(program) + ".held", self._held(program))
