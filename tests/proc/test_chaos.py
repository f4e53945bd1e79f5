"""test_chaos.py: the data sets while things go wrong: processes killed in the middle of it,
reports that come twice, late and out of order, a disk that is full for a while."""
import os
import re
import subprocess

import case_laws
from sanji_test import ROOT, Failed, System, main, ok, same

VARIANT = os.environ.get("SANJI_VARIANT", "release")
SHIM = os.path.join(ROOT, "build", VARIANT, "tests/proc/shim_enospc.so")


def counts(line):
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}


def chaos():
    with System() as system:
        demo = system.start("demo", "chaos")
        done = counts(demo.wait_line(r"^DEMO DONE", limit_s=900).string)
        same(demo.wait_exit(), 0, "chaos: every case ends as its truth says")
        ok(done["killed"] >= 6, "chaos: each process was killed at least once", done)
        same((done["cases"], done["in_time"], done["answered"]), (2008, 1917, 1250),
             "chaos: the figures are the street's")
        ok(done["repeats"] >= 45, "chaos: what came twice got its first receipt again", done)
        same(done["refused"], 0, "chaos: nothing else was refused at the door")
        same(case_laws.all_laws(system.events("--restricted")), [],
             "chaos: every law holds on the whole log")
        same(system.run("verify", "--data", system.data_dir, limit_s=300).returncode, 0,
             "chaos: sanji verify finds nothing wrong")


def shim():
    if not os.path.exists(SHIM):
        built = subprocess.run(["make", "-C", ROOT, "VARIANT=" + VARIANT,
                                os.path.relpath(SHIM, ROOT)],
                               capture_output=True, text=True, check=False)
        if built.returncode != 0:
            raise Failed("the shim cannot be built:\n" + built.stderr)
    return SHIM


def touch(path):
    with open(path, "w", encoding="utf-8"):
        pass


def full_disk():
    """The door says STORE_FULL: the demo waits it out, in its turn, so time waits as well."""
    if VARIANT == "asan":
        ok(True, "a full disk # SKIP the shim does not go together with AddressSanitizer")
        return
    system = System()
    trigger = os.path.join(system.root, "full")
    os.environ.update(LD_PRELOAD=shim(), SHIM_ENOSPC=trigger,
                      SHIM_ENOSPC_BELOW=system.data_dir)
    try:
        with system:
            touch(trigger + ".free")
            demo = system.start("demo", "y-mini")
            system.process.wait_line("ev=store_full", errors=True)
            head = system.json("status", "-o", "json")[0]["head"]
            os.remove(trigger + ".free")
            done = counts(demo.wait_line(r"^DEMO DONE", limit_s=240).string)
            same(demo.wait_exit(), 0, "full disk: with space again it goes on to its end")
            same(done["refused"], 0, "full disk: nothing was lost for it")
            ok(done["seq"] > head, "full disk: the log went on", (done, head))
    finally:
        for name in ("LD_PRELOAD", "SHIM_ENOSPC", "SHIM_ENOSPC_BELOW"):
            del os.environ[name]


def both():
    full_disk()
    chaos()


main(both)
