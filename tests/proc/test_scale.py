"""test_scale.py: a data set of several times the size, its people from a roster that `up
--scale` writes; and each case of the log held against `demo --truth`, which no running system
has a part in."""
import json
import os

from sanji_test import System, main, ok, same

SCALE = "5"  # above 4 the roster grows: twice the people


def truth_lines(system):
    out = system.run("demo", "y-mini", "--truth", "--scale", SCALE)
    again = system.run("demo", "y-mini", "--truth", "--scale", SCALE)
    same(out.returncode, 0, "the truth is printed without playing anything")
    same(out.stdout, again.stdout, "the same seed, the same bytes")
    other = system.run("demo", "y-mini", "--truth", "--scale", SCALE, "--seed", "7")
    ok(other.stdout != out.stdout, "another seed, another truth")
    return [json.loads(line) for line in out.stdout.splitlines()]


def seen_cases(events):
    """What the log says of each case at its end, in order of receipt."""
    cases = {}
    for event in events:
        number = event.get("case_no")
        if event["type"] == "CaseReceived":
            cases[number] = {"source": event["case_received"]["source"], "at": event["recorded_at"],
                             "grid": event["area"], "in_time": True}
        case = cases.get(number)
        if case is None:
            continue
        for name in ("category", "severity"):
            case[name] = event.get(name, case.get(name))
        if event["type"] == "CaseSelfHandled":
            case["tier"], case["resolution"] = "GRID", "SELF_HANDLED"
        elif event["type"] == "CaseResolved":
            case["tier"], case["resolution"] = event["tier"], event["case_resolved"]["resolution"]
        elif event["type"] == "UpstreamUpdated" and event["upstream_updated"]["kind"] == "DONE":
            case["tier"] = "MUNICIPAL"
            case["resolution"] = event["upstream_updated"]["resolution"]
        elif event["type"] == "RevisitCompleted":
            case["satisfaction"] = event["revisit_completed"]["result"]
        elif event["type"] == "CaseClosed":
            case["in_time"] = event["case_closed"].get("in_time", False)
    return list(cases.values())


def differences(truth, seen):
    names = ("at", "source", "grid", "category", "severity", "tier", "resolution", "in_time",
             "satisfaction")
    return [(line["number"], name, line.get(name), case.get(name))
            for line, case in zip(truth, seen) for name in names
            if line.get(name) != case.get(name)]


def the_log_is_as_the_truth_says():
    with System("--scale", SCALE) as system:
        grown = os.path.join(system.data_dir, "demo", "roster.yaml")
        ok(os.path.exists(grown), "up --scale %s writes a larger roster" % SCALE)
        same(system.run("check-config", os.path.join(system.data_dir, "demo", "sanji.yaml")).returncode,
             0, "and a config that is right")
        truth = truth_lines(system)
        same(len(truth), 5 * 152, "five times 152 cases")
        demo = system.start("demo", "y-mini", "--scale", SCALE, "--quantum", "0s")
        demo.wait_line(r"^DEMO DONE", limit_s=300)
        same(demo.wait_exit(), 0, "the set is played to its end")
        seen = seen_cases(system.events("--restricted"))
        same(len(seen), len(truth), "as many cases as lines")
        same(differences(truth, seen)[:5], [], "every case is as its line says")


def too_few_people_are_no_demo():
    with System() as system:
        out = system.run("demo", "street", "--scale", "108", limit_s=60)
        same(out.returncode, 1, "a roster too small for the scale is refused")
        ok("sanji up --scale 108" in out.stderr, "with the command that makes it larger", out.stderr)


def scale():
    the_log_is_as_the_truth_says()
    too_few_people_are_no_demo()


main(scale)
