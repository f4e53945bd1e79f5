"""test_route_test.py: `sanji route test` replays the log against changed rules, says what would have
been decided otherwise, and changes nothing."""
import os
import shutil

from sanji_test import ROOT, System, main, ok, same, submission, temp_dir

START = "2020-08-03T09:00:00+08:00"
_folders = []


def changed(*edits):
    """A copy of deploy/ with texts replaced: (file, old, new). Returns its sanji.yaml."""
    _folders.append(temp_dir())
    folder = os.path.join(_folders[-1], "deploy")
    shutil.copytree(os.path.join(ROOT, "deploy"), folder)
    for name, old, new in edits:
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if old not in text:
            raise AssertionError("%s holds no %r" % (name, old))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, 1))
    return os.path.join(folder, "sanji.yaml")


def tried(system, file, *options):
    lines = system.json("route", "test", file, "-o", "ndjson", *options)
    return lines[:-1], lines[-1]


def check_routes(system, cases):
    file = changed(("rules/policy.yaml", "{source: RESIDENT_APP,  verify: NEVER,                                  "
                    "may_raise: no,  first: LOWEST, ", "{source: RESIDENT_APP,  verify: NEVER,               "
                    "                   may_raise: no,  first: SUBDISTRICT, "))
    moved, total = tried(system, file)
    same([(one["what"], one["case_no"], one["was"], one["would_be"], one["rule"]) for one in moved],
         [("route", cases["app"], "370499.003.01.001", "370499.003", 2)],
         "another first tier for one source moves its cases and no other")
    same((total["routes"], total["routes_moved"], total["deadlines_moved"]), (3, 1, 0), "and the sum says so")
    same(tried(system, file, "--since", "2020-08-04T00:00:00+08:00")[0], [], "what was decided before is left out")
    text = system.run("route", "test", file, "-o", "table").stdout
    ok(cases["app"] in text and "would move 1" in text, "people read it as lines", text)


def check_deadlines(system, cases):
    litter = '{code: "03001", severity: S3, name: 暴露垃圾, name_en: Litter, skills: [g], resolve: %s'
    file = changed(("rules/sla.yaml", litter % "4h", litter % "6h"))
    moved, total = tried(system, file)
    same([(one["what"], one["case_no"], one["was"], one["would_be"]) for one in moved],
         [("deadline", cases["rubbish"], "2020-08-03T07:00:00.000Z", "2020-08-03T09:00:00.000Z")],
         "two more working hours, over the noon break")
    same((total["deadlines"], total["deadlines_moved"], total["routes_moved"]), (3, 1, 0), "and the sum says so")


def check_severity(system, cases):
    litter = ('{code: "03001", severity: %s, name: 暴露垃圾, name_en: Litter, skills: [g], resolve: %s, clock: %s, '
              'effort: 25m, evidence_min: 1, flags: [%s]}')
    file = changed(("rules/sla.yaml", litter % ("S3", "4h", "WORKING", "LIGHT, SELF_HANDLED"),
                    litter % ("S1", "24h", "NATURAL", "LIGHT")))
    moved, _ = tried(system, file)
    ok(("route", "370499.003.01") in [(one["what"], one["would_be"]) for one in moved
                                      if one["case_no"] == cases["rubbish"]],
       "a category that becomes an S1 begins at the community", moved)


def check_nothing(system):
    file = changed()
    moved, total = tried(system, file)
    same((moved, total["routes_moved"] + total["escalations_moved"] + total["deadlines_moved"]), ([], 0),
         "the same rules move nothing")
    ok(total["escalations"] >= 1, "escalations are looked at too", total)


def route_test():
    try:
        tries()
    finally:
        for folder in _folders:
            shutil.rmtree(folder, ignore_errors=True)


def tries():
    with System(start=START) as system:
        cases = {"app": system.submit(submission(source="RESIDENT_APP", category="11002"))[0]["case_no"],
                 "rubbish": system.submit(submission(source="HANDHELD", category="03001"))[0]["case_no"],
                 "night": system.submit(submission(source="HANDHELD", category="04001"))[0]["case_no"]}
        system.run("advance", "+4d")
        before = len(system.events())
        check_routes(system, cases)
        check_deadlines(system, cases)
        check_severity(system, cases)
        check_nothing(system)
        same(len(system.events()), before, "the log is what it was")
        out = system.run("route", "test", "/nowhere/sanji.yaml")
        ok(out.returncode == 9 and "/nowhere/sanji.yaml" in out.stderr, "a file that is not there: 9, and its name", out)


main(route_test)
