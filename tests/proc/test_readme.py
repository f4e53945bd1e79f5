"""test_readme.py: every command of README.md is run, in the order in which it stands there.

`make run` is started and left running; `make test` runs with one small test; the other sh
blocks are one script against what `make run` started. Only the places are exchanged: for
build/run a temporary directory, for build/release/bin the programs under test.
"""
import os
import re
import shutil
import subprocess

from sanji_test import BIN, LIMIT_S, ROOT, Process, main, ok, same, skip_all, temp_dir

ONE_TEST = "unit/test_arena"
TOLD = {"东门消防通道被两辆车堵住": "the sealed text is read once, and not after it was erased"}


def text_of_readme():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return file.read()


def blocks():
    return re.findall(r"^```sh\n(.*?)^```$", text_of_readme(), re.MULTILINE | re.DOTALL)


def environment(root):
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return dict(ours, SANJI_RUN_ROOT=os.path.join(root, "run"), TEST_ONLY=ONE_TEST,
                TEST_VARIANTS="release", TEST_LOGS=os.path.join(root, "logs"))


def check_make_test(command, root):
    out = subprocess.run(command, shell=True, cwd=ROOT, env=environment(root), text=True,
                         capture_output=True, timeout=10 * LIMIT_S)
    last = (out.stdout.splitlines() or [""])[-1]
    ok(out.returncode == 0 and re.fullmatch(r"[1-9]\d* passed, 0 failed", last),
       "`make test` runs tests and ends with the counts", out.stdout + out.stderr)


def check_tour(script, root):
    script = script.replace("build/run", os.path.join(root, "run"))
    script = script.replace("$PWD/build/release/bin", BIN)
    out = subprocess.run(["/bin/sh", "-eux"], input=script, cwd=ROOT, text=True,
                         capture_output=True, timeout=5 * LIMIT_S)
    ok(out.returncode == 0, "every command of the tour exits 0",
       out.stdout[-2000:] + out.stderr[-3000:])
    said = out.stdout
    ok('"outcome":"stored"' in said and '"duplicate":false' in said, "the incident is stored", said)
    ok("派单" in said and "签收" in said, "it is offered and acknowledged", said)
    ok("NoteAdded" in said, "the note is applied", said)
    for text, name in TOLD.items():
        same(said.count(text), 1, name)
    ok("KeyDestroyed" in said, "the key was destroyed", said)
    ok('"verified":true' in said, "the log verifies", said)


def check_files():
    rows = re.findall(r"^\| ([a-z][^|]*) \|", text_of_readme(), re.MULTILINE)
    files = [name for row in rows if "/" in row for name in row.split(", ")]
    missing = [name for name in files if not os.path.isfile(os.path.join(ROOT, name))]
    ok(files and not missing, "every file of the tour is there", missing)
    links = re.findall(r"\]\(([^)]*)\)", text_of_readme())
    ok(all(os.path.exists(os.path.join(ROOT, link)) for link in links), "every link leads somewhere",
       links)


def readme():
    check_files()
    run, test, *tour = blocks()
    same((run, test), ("make run\n", "make test\n"), "the first two commands of README.md")
    root = temp_dir()
    system = Process(["/bin/sh", "-c", "exec " + run], env=environment(root), cwd=ROOT)
    try:
        system.wait_line("^Ctrl-C", limit_s=5 * LIMIT_S)
        ok(True, "`make run` starts the system and says how to stop it")
        check_tour("".join(tour), root)
        check_make_test(test, root)
    finally:
        system.kill()
        shutil.rmtree(root, ignore_errors=True)


if os.environ.get("SANJI_VARIANT", "release") != "release":
    skip_all("README.md's commands are those of the release build")
main(readme)
