"""test_import.py: rows that nobody here wrote: one receipt a row, repeats are repeats."""
import os

from sanji_test import ROOT, System, main, ok, rows, same

MAP = os.path.join(ROOT, "deploy/import/nyc311.yaml")
CSV = os.path.join(ROOT, "tests/proc/nyc.csv")


def imported():
    with System() as system:
        dry = rows(system.run("import", "--map", MAP, "--dry-run", CSV).stdout)
        same(len(dry), 7, "--dry-run prints a submission a row")
        same(dry[0]["category"], "04002", "a pattern gives the category")
        same(dry[1]["category"], "09001", "the rest class takes what none does")
        same(dry[4]["place"], {"grid": "370499.003"}, "outside the box: the sub-district's desk")

        out = system.run("import", "--map", MAP, CSV)
        first = rows(out.stdout)
        same([one["line"] for one in first], list(range(1, 8)), "one receipt a row, in order")
        same([one["outcome"] for one in first], ["stored"] * 6 + ["pii_refused"],
             "what is sound is stored, a telephone number as id is refused")
        same([one.get("duplicate", False) for one in first[:6]],
             [False, False, False, True, False, False], "the repeated row is a duplicate")
        same(first[3]["case_no"], first[0]["case_no"], "of the same case")
        same(out.returncode, 7, "the exit code says that a row was refused")
        head = system.events()[-1]["seq"]

        second = rows(system.run("import", "--map", MAP, CSV).stdout)
        same([one.get("case_no") for one in second], [one.get("case_no") for one in first],
             "the second run: the same case numbers")
        ok(all(one.get("duplicate") for one in second[:6]), "all duplicates", second)
        received = [event for event in system.events("--from", str(head + 1))
                    if event["type"] in ("CaseReceived", "Said")]
        same(received, [], "no record of a submission was added")
        nowhere = [event for event in system.events("--type", "CaseReceived")
                   if event["case_no"] == first[4]["case_no"]]
        same(nowhere[0]["holder"], "370499.003", "what lies nowhere is held by the sub-district")

        bad = system.run("import", "--map", CSV, CSV)
        ok(bad.returncode == 1 and "nyc.csv" in bad.stderr, "a map that is none is refused", bad.stderr)


main(imported)
