"""test_cache.py: stages start from their caches: quickly, with the same world, or without one.

A cache is a cache of the log: whatever becomes of it, every answer stays the same.
"""
import json
import os
import random
import re
import shutil
import signal

import case_laws
from sanji_test import System, main, ok, same, submission

STAGES = ["intake", "escalation", "dispatch", "audit", "casebook"]
SEED = int(os.environ.get("SANJI_SEED", str(random.SystemRandom().randrange(1 << 30))))


def said(system, event, stage=None):
    """The diag lines of an event since the last start, as dicts of their plain pairs."""
    lines = [dict(re.findall(r"(\w+)=(\S+)", line)) for line in system.process.errors
             if " ev=%s " % event in line]
    return [line for line in lines if stage is None or line.get("stage") == stage]


def caught_up(system):
    """stage -> (position, read) once all five have said it."""
    process = system.process

    def all_said():
        rows = {line["stage"]: (int(line["position"]), int(line["read"]))
                for line in said(system, "caught_up")}
        return rows if set(STAGES) <= set(rows) else None
    return process.wait_until(all_said, "caught_up of every stage")


def head(system):
    return json.loads(system.run("status", "-o", "json").stdout)["head"]


def world(system):
    """What the read model answers of every case."""
    found = []
    while True:
        page = system.json("case", "list", "--restricted", "--limit", "100", "-o", "ndjson",
                           *(["--after", found[-1]["case_no"]] if found else []))
        found += page
        if len(page) < 100:
            return [json.dumps(case, sort_keys=True) for case in found]


def is_duplicate(system, reference):
    return system.submit(reference)[0].get("duplicate")


def cache_dir(system, stage=""):
    return os.path.join(system.data_dir, "cache", stage)


def restart(system, between=None):
    same(system.down(), 0, "it drains")
    if between:
        between()
    system.up()
    return caught_up(system)


def starts_from_the_caches(system, before, reference):
    at = head(system)
    rows = restart(system)
    for stage in STAGES:
        position, read = rows[stage]
        ok(0 < at - position < 64 or position >= at,
           "%s begins from its cache, at the end of the log" % stage, (at, rows))
        ok(read <= 300, "%s reads little: %d of %d records" % (stage, read, at), rows)
    same(said(system, "cache_dropped"), [], "no cache was dropped")
    same(world(system), before, "the world answers the same after the restart")
    same(is_duplicate(system, reference), True, "the same reference is a duplicate still")


def survives_kills(system, before, reference):
    draw = random.Random(SEED)
    for turn in range(10):
        stage = draw.choice(STAGES)
        pid = system.pid_of("sanji-" + stage)
        start = len(system.process.errors)
        os.kill(pid, signal.SIGKILL)
        system.process.wait_line(r" ev=caught_up .*stage=%s " % stage, start=start, errors=True)
    same(said(system, "cache_dropped"), [], "no kill harmed a cache")
    same(world(system), before, "the world answers the same after ten kills")
    same(is_duplicate(system, reference), True, "and knows the reference")


def rebuilds_what_is_deleted(system, before, reference):
    at = head(system)
    rows = restart(system, lambda: shutil.rmtree(cache_dir(system)))
    for stage in STAGES:
        position, read = rows[stage]
        ok(position == 0 and read >= at, "%s has read the log from its beginning" % stage, rows)
    same(world(system), before, "the world is the same without the caches")
    same(is_duplicate(system, reference), True, "and knows the reference")


def drops_what_is_damaged(system, before):
    def damage():
        for stage in STAGES:
            path = os.path.join(cache_dir(system, stage), "cache.mdb")
            with open(path, "r+b") as file:  # both meta pages of LMDB
                file.write(b"\xff" * 8192)
    restart(system, damage)
    same(sorted(line["stage"] for line in said(system, "cache_dropped")), sorted(STAGES),
         "five damaged caches are dropped")
    same({line["why"] for line in said(system, "cache_dropped")}, {"DAMAGED"}, "as damaged")
    same(world(system), before, "and the world is the same")


def drops_what_is_ahead(system):
    """The caches of a longer log, on a backup from before."""
    copy = os.path.join(system.root, "copy")
    same(system.run("backup", copy).returncode, 0, "a backup is made")
    old = world(system)
    new = submission()
    system.submit(new, *[submission() for _ in range(20)])
    read_by_all(system)
    at = head(system)

    def restore():
        log = [name for name in os.listdir(copy) if name.endswith(".mdb")]
        ok("log.mdb" in log, "the copy holds the log", os.listdir(copy))
        for name in log:
            shutil.copy2(os.path.join(copy, name), os.path.join(system.data_dir, name))
    rows = restart(system, restore)
    ok(head(system) < at, "the log is the older one")
    for stage in STAGES:
        ok(rows[stage][0] == 0, "%s begins anew" % stage, rows)
    same({line["why"] for line in said(system, "cache_dropped")}, {"AHEAD"},
         "the caches were ahead of the log")
    same(world(system), old, "the world is that of the backup")
    same(is_duplicate(system, new), False, "what the older log does not know is no duplicate")


def read_by_all(system):
    """An advance ends when every stage has read to the head and has nothing left to decide."""
    same(system.run("advance", "+1s").returncode, 0, "what was submitted is decided on")


def drops_what_went_another_way(system):
    """The caches of a log that was then replaced by a copy, which went on otherwise."""
    kept = os.path.join(system.root, "kept")

    def keep():
        shutil.copytree(cache_dir(system), kept)
        shutil.copy2(os.path.join(system.data_dir, "log.mdb"), os.path.join(system.root, "log"))
    restart(system, keep)
    copy = os.path.join(system.root, "log")
    system.submit(*[submission() for _ in range(3)])
    read_by_all(system)  # else a cache of before the three would be right in both histories
    system.down()
    shutil.rmtree(kept)
    shutil.copytree(cache_dir(system), kept)  # of a history that is now forgotten
    shutil.copy2(copy, os.path.join(system.data_dir, "log.mdb"))
    shutil.rmtree(cache_dir(system))
    system.up()
    caught_up(system)
    system.submit(*[submission(category="03001") for _ in range(30)])

    def put_back():
        shutil.rmtree(cache_dir(system))
        shutil.copytree(kept, cache_dir(system))
    read_by_all(system)
    before = world(system)
    same(system.down(), 0, "it drains")
    put_back()
    system.up()
    system.process.wait_until(
        lambda: all(any(int(line["position"]) == 0 for line in said(system, "caught_up", stage))
                    for stage in STAGES), "each stage begun anew")
    same(world(system), before, "caches of another history are found out")


def caches():
    print("# seed %d" % SEED, flush=True)
    with System() as system:
        reference = submission()
        first = system.submit(reference)[0]
        same(first.get("outcome"), "stored", "a case is received")
        demo = system.start("demo", "y-mini")
        demo.wait_line(r"^DEMO DONE", limit_s=240)
        same(demo.wait_exit(), 0, "y-mini is played to its end")
        before = world(system)
        ok(len(before) >= 153, "all its cases are listed", len(before))
        starts_from_the_caches(system, before, reference)
        survives_kills(system, before, reference)
        rebuilds_what_is_deleted(system, before, reference)
        drops_what_is_damaged(system, before)
        drops_what_is_ahead(system)
        drops_what_went_another_way(system)
        events = system.events("--restricted")
        same(case_laws.all_laws(events), [], "every law holds on the log that is left")
        same(system.run("verify", "--data", system.data_dir).returncode, 0, "and it verifies")


main(caches)
