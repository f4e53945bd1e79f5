"""test_bad_start.py: what cannot start does not start: an exit status and one sentence that names
the thing; what already runs is not disturbed, and put right it starts.

2: called wrongly · 78: a process cannot start · 1: `sanji up`, because one of its processes cannot.
"""
import ctypes
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess

from bad_input import pids
from sanji_test import (BIN, LIMIT_S, ROOT, START, Failed, System, main, ok, same, submission,
                        temp_dir)

DRIVEN = ["--clock", "driven", "--start", START]
IS_ROOT = os.geteuid() == 0


def skip(name, why):
    ok(True, "%s # SKIP %s" % (name, why))


def run(args, **more):
    try:
        return subprocess.run([str(arg) for arg in args], capture_output=True, text=True,
                              timeout=LIMIT_S, cwd=ROOT, **more)
    except subprocess.TimeoutExpired as late:
        raise Failed("no end of %r: it started\n%s" % (args, late.stderr)) from late


def refused(what, args, code, *named, **more):
    """It ends with this code and says these words."""
    out = run(args, **more)
    said = out.stdout + out.stderr
    missing = [word for word in named if word not in said]
    return ok(out.returncode == code and not missing and "READY" not in out.stdout,
              "%s: exit %d" % (what, code), "exit %d, without %r: %s" % (out.returncode, missing, said))


def program(name, data, run_dir, *more):
    return [os.path.join(BIN, name), "--data", data, "--run", run_dir, *more]


def up(data, run_dir, *more):
    return [os.path.join(BIN, "sanji"), "up", "--data", data, "--run", run_dir, *more]


class Place:
    """Directories for processes that should not start."""

    def __enter__(self):
        self.root = temp_dir()
        self.data, self.run = os.path.join(self.root, "data"), os.path.join(self.root, "run")
        os.mkdir(self.data, 0o700)
        os.mkdir(self.run, 0o700)
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.root, ignore_errors=True)


# ---- called wrongly ----------------------------------------------------------------------
def check_options():
    with Place() as place:
        for option in (["--colour"], ["--clock", "sundial"], ["--map-size", "many"],
                       ["--start", "yesterday"], ["--rate", "-1"], ["more", "words"]):
            refused("up %s" % " ".join(option), up(place.data, place.run, *option), 2, option[0])
        refused("no command", [os.path.join(BIN, "sanji")], 2, "usage")
        refused("an unknown command", [os.path.join(BIN, "sanji"), "frobnicate"], 2, "frobnicate")
        for name in ("sanji-broker", "sanji-intake", "sanji-escalation", "sanji-dispatch", "sanji-audit",
                     "sanji-casebook"):
            refused("%s --colour" % name, program(name, place.data, place.run, "--colour"), 2, "--colour")
        refused("a broker's --clock sundial", program("sanji-broker", place.data, place.run, "--clock", "sundial"),
                78, "--clock", "sundial")
        same(os.listdir(place.data), [], "nothing of it made a log")


# ---- directories -------------------------------------------------------------------------
def check_directories():
    with Place() as place:
        file = os.path.join(place.root, "file")
        with open(file, "w", encoding="utf-8"):
            pass
        refused("a file for the data directory", up(file, place.run), 1, file)
        refused("a broker on a file", program("sanji-broker", file, place.run), 78, file)
        refused("a file for the run directory", up(place.data, file), 1, file)
        absent = os.path.join(place.root, "absent", "run")
        refused("a broker without its run directory", program("sanji-broker", place.data, absent), 78, absent)
        long = os.path.join(place.root, "x" * 120)
        os.mkdir(long)
        refused("a run directory of %d bytes" % len(long), up(place.data, long), 1, "107")
    check_memory()
    check_read_only()


def check_memory():
    """tmpfs forgets: refused, unless a test says that it may."""
    if not os.path.isdir("/dev/shm") or not os.access("/dev/shm", os.W_OK):
        return skip("a data directory in memory", "no /dev/shm")
    folder = "/dev/shm/sanji-bad-start-%d" % os.getpid()
    with Place() as place:
        try:
            os.mkdir(folder)
            env = {name: value for name, value in os.environ.items() if name != "SANJI_ANY_FS"}
            refused("a data directory in memory", program("sanji-broker", folder, place.run), 78, "tmpfs", env=env)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def read_only(folder, args):
    """The command in a world where `folder` cannot be written; None: not possible here."""
    if not IS_ROOT:
        os.chmod(folder, 0o500)
        return args
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && shift 0 && exec "$@"'
    test = ["unshare", "-m", "sh", "-c", script, folder]
    can = subprocess.run(test + ["true"], capture_output=True, check=False).returncode == 0
    return test + args if can else None


def check_read_only():
    with System() as system:
        receipt = system.submit(submission())[0]
        same(system.down(), 0, "a log with a case in it")
        for data, what in ((system.data_dir, "a log"), (os.path.join(system.root, "new"), "a new log")):
            os.makedirs(data, 0o700, exist_ok=True)
            args = read_only(data, program("sanji-broker", data, system.run_dir))
            if args is None:
                skip("%s in a read-only directory" % what, "no mount namespace")
                continue
            refused("%s in a read-only directory" % what, args, 78, data)
            args = read_only(data, up(data, system.run_dir, *DRIVEN))
            refused("up on %s in a read-only directory" % what, args, 1, "sanji-broker")
            os.chmod(data, 0o700)
        system.up()
        events = system.events()
        ok(receipt["seq"] in [event["seq"] for event in events], "writable again it starts, with its case")


# ---- somebody else is there --------------------------------------------------------------
def check_second(system):
    before = pids(system)
    with Place() as place:
        refused("a second broker on the same data", program("sanji-broker", system.data_dir, place.run), 78,
                "LOCKED", system.data_dir, str(before["sanji-broker"]))
        refused("a second system on the same data", up(system.data_dir, place.run), 1, "LOCKED")
        refused("an endpoint in use", program("sanji-broker", place.data, system.run_dir, *DRIVEN), 78,
                "log.ipc", "in use")
        refused("a second system on the same run directory", up(place.data, system.run_dir, *DRIVEN), 1, "in use")
        refused("a second intake", program("sanji-intake", place.data, system.run_dir, "--config",
                                           os.path.join(ROOT, "deploy/sanji.yaml")), 78, "door.ipc", "in use")
        refused("a second casebook", program("sanji-casebook", place.data, system.run_dir), 78,
                "query.ipc", "in use")
    same(pids(system), before, "the running processes are not disturbed")
    same(system.submit(submission())[0]["outcome"], "stored", "and serve")


def check_modes(system):
    """Who may enter the run directory all the same may not enter its endpoints."""
    same(stat.S_IMODE(os.stat(system.run_dir).st_mode), 0o700, "the run directory is its owner's alone")
    found = []
    for folder in (system.run_dir, system.data_dir):
        for name in os.listdir(folder):
            mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
            found += [(name, oct(mode))] if mode & 0o077 else []
    same(found, [], "so is every endpoint and every file")


def check_no_socket():
    with Place() as place:
        for name in ("log", "door", "query", "live", "admin"):
            shutil.rmtree(place.run)
            os.mkdir(place.run, 0o700)
            path = os.path.join(place.run, name + ".ipc")
            with open(path, "w", encoding="utf-8") as file:
                file.write("precious")
            refused("a plain file at %s.ipc" % name, up(place.data, place.run, *DRIVEN), 1, path, "not a socket")
            with open(path, encoding="utf-8") as file:
                same(file.read(), "precious", "which is left as it is")
        shutil.rmtree(place.run)
        os.mkdir(place.run, 0o700)
        dead = socket.socket(socket.AF_UNIX)
        dead.bind(os.path.join(place.run, "log.ipc"))
        dead.close()
        system = System(ready=False)
        shutil.rmtree(system.root)
        system.root, system.data_dir, system.run_dir, system._ready = place.root, place.data, place.run, True
        with system:
            same(system.submit(submission())[0]["outcome"], "stored", "a socket that nobody serves is taken over")


# ---- the key store -----------------------------------------------------------------------
def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def check_keys():
    with System() as system:
        receipt = system.submit(submission(source="HANDHELD", sealed={"text": "sanji-bad-start-text"}))[0]
        same(system.down(), 0, "a key store with a key in use")
        kek = os.path.join(system.data_dir, "keys/kek")
        same(stat.S_IMODE(os.stat(kek).st_mode), 0o600, "the key file was made for its owner alone")
        with open(kek, "rb") as file:
            key = file.read()
        start = up(system.data_dir, system.run_dir, *system.options)
        for mode in (0o644, 0o640, 0o604, 0o660):
            os.chmod(kek, mode)
            refused("a key file of mode %04o" % mode, start, 1, kek, "chmod 600", "sanji-intake")
        intake = program("sanji-intake", system.data_dir, system.run_dir, "--config",
                         os.path.join(ROOT, "deploy/sanji.yaml"))
        refused("an intake with that", intake, 78, kek, "chmod 600")
        os.chmod(kek, 0o600)
        for what, data in (("too short", key[:31]), ("empty", b""), ("of another store", bytes(32))):
            write(kek, data)
            refused("a key file that is %s" % what, start, 1, kek)
        os.remove(kek)
        refused("no key file beside the keys that it opened", start, 1, kek)
        ok(not os.path.exists(kek), "and none is made that would open nothing")
        write(kek, key)
        os.chmod(kek, 0o600)
        slots = os.path.join(system.data_dir, "keys/slots")
        with open(slots, "r+b") as file:
            head = file.read(64)
            file.seek(0)
            file.write(bytes(64))
        refused("a key store with a damaged first slot", start, 1, "keys")
        with open(slots, "r+b") as file:
            file.write(head)
        system.up()
        again = system.submit(submission(source="HANDHELD"))[0]
        ok(again["seq"] > receipt["seq"], "put right it starts and goes on", again)


# ---- the log -----------------------------------------------------------------------------
def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


class Value(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_void_p)]


def change_meta(path, change):
    """Rewrites the log's meta row through liblmdb, checksum and all."""
    lmdb = ctypes.CDLL("liblmdb.so.0")
    env, txn, dbi = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint()

    def must(code):
        if code != 0:
            raise Failed("liblmdb: %d" % code)
    must(lmdb.mdb_env_create(ctypes.byref(env)))
    must(lmdb.mdb_env_set_maxdbs(env, 8))
    must(lmdb.mdb_env_open(env, path.encode(), 0x4000, 0o600))  # MDB_NOSUBDIR
    must(lmdb.mdb_txn_begin(env, None, 0, ctypes.byref(txn)))
    must(lmdb.mdb_dbi_open(txn, b"meta", 0, ctypes.byref(dbi)))
    name = ctypes.create_string_buffer(b"log", 3)
    key, value = Value(3, ctypes.addressof(name)), Value()
    must(lmdb.mdb_get(txn, dbi, ctypes.byref(key), ctypes.byref(value)))
    row = change(bytearray(ctypes.string_at(value.data, value.size)))
    row[-4:] = struct.pack("<I", crc32c(b"log" + bytes(row[:-4])))
    fresh = ctypes.create_string_buffer(bytes(row), len(row))
    value = Value(len(row), ctypes.addressof(fresh))
    must(lmdb.mdb_put(txn, dbi, ctypes.byref(key), ctypes.byref(value), 0))
    must(lmdb.mdb_txn_commit(txn))
    lmdb.mdb_env_close(env)


def set_format(number):
    def change(row):
        row[8:12] = struct.pack("<I", number)
        return row
    return change


def check_log():
    with System() as system:
        receipt = system.submit(submission())[0]
        same(system.down(), 0, "a log to be damaged")
        log = os.path.join(system.data_dir, "log.mdb")
        start = up(system.data_dir, system.run_dir, *system.options)
        change_meta(log, set_format(2))
        refused("a log of a newer format", start, 1, "log.mdb", "format", "sanji-broker")
        refused("a broker on it", program("sanji-broker", system.data_dir, system.run_dir), 78, "BAD_VERSION")
        out = run([os.path.join(BIN, "sanji"), "verify", "--data", system.data_dir])
        ok(out.returncode == 1 and "format" in out.stdout + out.stderr, "verify of it: exit 1", out)
        change_meta(log, set_format(1))
        saved = os.path.join(system.root, "saved")
        shutil.copy(log, saved)
        for what, damage in (("cut short", lambda file: file.truncate(8192)),
                             ("empty", lambda file: file.truncate(0)),
                             ("overwritten at its head", lambda file: file.write(b"\xa5" * 8192))):
            with open(log, "r+b") as file:
                damage(file)
            refused("a log that is %s" % what, start, 1, "log.mdb", "CORRUPT")
            shutil.copy(saved, log)
        system.up()
        ok(receipt["seq"] in [event["seq"] for event in system.events()], "put back it starts, with its case")


# ---- rules -------------------------------------------------------------------------------
def edit(path, old, new):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if old not in text:
        raise Failed("%r is not in %s" % (old, path))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new, 1))


WRONG_RULES = [
    ("an unknown key", "sanji.yaml", "strict: no", "strict: no\ncolour: red", ["colour"]),
    ("a missing file", "sanji.yaml", "rules/sla.yaml", "rules/absent.yaml", ["absent.yaml"]),
    ("a number without its unit", "rules/sla.yaml", "clock: NATURAL, budget: 3m", "clock: NATURAL, budget: 3",
     ["sla.yaml"]),
    ("a timer that is none", "rules/sla.yaml", "timer: ACCEPT, severity: S1", "timer: ACCEPTED, severity: S1",
     ["sla.yaml", "ACCEPTED"]),
    ("no YAML at all", "rules/policy.yaml", "\n", "\n{[\n", ["policy.yaml"]),
    ("a reference to no grid", "organisation/roster.yaml", "home_grid: 370499.003.01.001.B01",
     "home_grid: 370499.003.01.001.B77", ["roster.yaml", "W00001", "370499.003.01.001.B77"]),
]


def rules_copy(root):
    folder = os.path.join(root, "deploy")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, "deploy"), folder)
    return folder


def check_rules():
    with Place() as place:
        for what, name, old, new, named in WRONG_RULES:
            folder = rules_copy(place.root)
            edit(os.path.join(folder, name), old, new)
            config = os.path.join(folder, "sanji.yaml")
            refused("up with %s" % what, up(place.data, place.run, *DRIVEN, "--config", config), 1, *named)
            out = run([os.path.join(BIN, "sanji"), "check-config", config, "--run", place.run])
            code = 1 if "missing" in what else 9  # 9: it was read, and this is wrong with it
            ok(out.returncode == code and all(word in out.stdout + out.stderr for word in named),
               "check-config with %s: exit %d" % (what, code), "%d %s" % (out.returncode, out.stdout + out.stderr))
        absent = os.path.join(place.root, "absent.yaml")
        refused("up without its configuration", up(place.data, place.run, *DRIVEN, "--config", absent), 1, absent)


def check_reload():
    """Wrong rules that come later: the process stays up, and the old rules hold."""
    root = temp_dir()
    try:
        folder = rules_copy(root)
        with System(config=os.path.join(folder, "sanji.yaml")) as system:
            before = pids(system)
            head = len(system.events())
            edit(os.path.join(folder, "rules/sla.yaml"), "budget: 3m", "budget: 3")
            out = system.run("reload")
            ok(out.returncode == 9 and "sla.yaml" in out.stderr,
               "a_reload_of_wrong_rules_says_so: exit 9", "%d %s" % (out.returncode, out.stderr))
            system.process.signal(signal.SIGHUP)
            said = system.process.wait_line(r"ev=rules_wrong", errors=True).string
            ok("sla.yaml" in said, "the line names the file", said)
            same(len(system.events()), head, "nothing of them is published")
            same(system.submit(submission())[0]["outcome"], "stored", "the old rules hold")
            same(pids(system), before, "and no process was started again")
    finally:
        shutil.rmtree(root, ignore_errors=True)


# ---- nobody is there ---------------------------------------------------------------------
def check_nobody():
    with Place() as place:
        for args in (["status"], ["tail", "--no-follow"], ["board", "--once"], ["case", "list"],
                     ["submit", "--give-up", "1s"]):
            out = subprocess.run([os.path.join(BIN, "sanji"), *args, "--run", place.run], capture_output=True,
                                 text=True, timeout=LIMIT_S, cwd=ROOT, check=False,
                                 input='{"source_system":"t","source_ref":"1","source":"IOT","category":"02001",'
                                       '"place":{"grid":"370499.003"}}\n')
            ok(out.returncode == 6, "%s where nobody listens: exit 6" % args[0], "%d %s" % (
                out.returncode, out.stdout + out.stderr))


def bad_start():
    check_options()
    check_directories()
    with System() as system:
        check_second(system)
        check_modes(system)
    check_no_socket()
    check_keys()
    check_log()
    check_rules()
    check_reload()
    check_nobody()


main(bad_start)
