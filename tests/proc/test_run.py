"""test_run.py: deploy/run.sh, what `make run` does: played, printed, pasted, stopped."""
import json
import os
import re
import shutil
import signal
import subprocess

from sanji_test import BIN, LIMIT_S, ROOT, Process, descendants, main, ok, rows, same, temp_dir

# What a printed block of lines to paste begins with, and ends before.
SUBMIT = "# 报送一件"
WANTED = ["CaseReceived", "CaseAccepted", "CaseRouted", "DispatchOffered", "DispatchAcked",
          "CaseResolved"]


def start(root):
    environment = dict(os.environ, SANJI_RUN_ROOT=root)
    return Process(["/bin/sh", os.path.join(ROOT, "deploy/run.sh"), BIN], env=environment)


def block(lines, heading):
    """The lines below a heading up to the next empty one."""
    at = next(i for i, line in enumerate(lines) if line.startswith(heading)) + 1
    return "\n".join(lines[at:lines.index("", at)]) + "\n"


def paste(text):
    return subprocess.run(["/bin/sh", "-c", text], cwd=ROOT, capture_output=True, text=True,
                          timeout=LIMIT_S)


def living(pids):
    return [pid for pid in pids if os.path.exists("/proc/%d" % pid)
            and not re.search(r"\) Z ", open("/proc/%d/stat" % pid).read())]


def paste_and_follow(run, root):
    receipt = paste(block(run.lines, SUBMIT))
    same(receipt.returncode, 0, "the printed submission can be pasted as it stands")
    first = rows(receipt.stdout)[0]
    again = rows(paste(block(run.lines, SUBMIT)).stdout)[0]
    ok(again["outcome"] == "stored" and again["case_no"] != first["case_no"],
       "pasted again, it is another incident", again)
    tail = Process([os.path.join(BIN, "sanji"), "tail", "--from", "first", "--case",
                    first["case_no"], "--run", os.path.join(root, "run")])
    try:
        tail.wait_line('"type":"CaseResolved"', limit_s=2 * LIMIT_S)
    finally:
        tail.kill()
    types = [json.loads(line)["type"] for line in tail.lines]
    same([one for one in types if one in WANTED], WANTED,
         "it is accepted, routed, offered, acknowledged and resolved, in this order")


def check_stop(run, number, name):
    pids = [run.pid] + descendants(run.pid)
    ok(len(pids) >= 8, "the shell, up, its six processes and the demo run", pids)
    os.killpg(run.pid, number)  # as a terminal does
    same(run.wait_exit(), 0, name + " ends it with 0")
    same(living(pids), [], name + " leaves no process behind")


def make_run():
    root = os.path.join(temp_dir(), "r")
    run = start(root)
    try:
        run.wait_line(r"^DEMO|^submissions=\d+ cases=\d+ final=\d+", limit_s=4 * LIMIT_S)
        run.wait_line("^Ctrl-C")
        ok(any("cases=152 final=152 " in line for line in run.lines),
           "the month of Y community was played to its end", run.said())
        second = start(root)
        same(second.wait_exit(), 1, "a second one does not remove what the first one uses")
        paste_and_follow(run, root)
        board = paste(block(run.lines, "# 看板").rstrip("\n") + " --once")
        ok(board.returncode == 0 and "三级" in board.stdout, "the printed board line works",
           board.stderr)
        tail = paste(block(run.lines, "# 事件流").rstrip("\n") + " --from 1 --count 3")
        same((tail.returncode, len(tail.stdout.splitlines())), (0, 3),
             "the printed tail line works")
        check_stop(run, signal.SIGINT, "Ctrl-C")

        again = start(root)
        again.wait_line("^Ctrl-C", limit_s=4 * LIMIT_S)
        ok(True, "it starts again, on a fresh directory")
        pids = [again.pid] + descendants(again.pid)
        same(again.stop(), 0, "TERM to the script alone ends it with 0")
        same(living(pids), [], "and leaves no process behind")
    finally:
        run.kill()
        shutil.rmtree(os.path.dirname(root), ignore_errors=True)


main(make_run)
