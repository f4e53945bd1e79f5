"""test_indicators.py: every figure is recounted from the events of `tail`, in other code.

The recount shares nothing with the command but the log and the definitions it prints.
"""
import datetime
import json
import math
import os

from sanji_test import BIN, System, Process, main, ok, same

VALID = ["VERY", "SATISFIED", "NEUTRAL", "UNSATISFIED", "VERY_UNSATISFIED"]
SCORE = dict(zip(VALID, [100, 80, 50, 0, -100]))
AREA = "370499.003.01.001"
KEYS = ["code", "name_zh", "name_en", "scope", "kind", "numerator", "denominator", "value", "by",
        "from", "to", "definition", "definition_version", "first_seq", "upto_seq", "suppressed"]


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Case:
    """What the figures need of one case, straight from its events."""

    def __init__(self, events):
        self.events = events
        first = events[0]
        self.received = instant(first["recorded_at"])
        self.source = first["case_received"]["source"]
        self.area = first["area"]
        self.wants = first["case_received"].get("reporter_wants_contact", False)
        self.fired = {one["timer_fired"]["kind"] for one in self.of("TimerFired")}
        self.accepted = self.time_of("CaseAccepted")
        self.offers = self.of("DispatchOffered")
        self.acks = self.of("DispatchAcked")
        self.closed = self.last("CaseClosed")
        done = [one for one in events if one["type"] in ("CaseResolved", "CaseSelfHandled")
                or one.get("upstream_updated", {}).get("kind") == "DONE"]
        self.resolved = done[-1] if done else None
        self.missed = [instant(one["timer_fired"]["due"]) for one in self.of("TimerFired")
                       if one["timer_fired"]["kind"] == "RESOLVE"]
        self.settled = self.missed[0] if self.missed else instant(self.resolved["recorded_at"])
        self.pauses = list(zip([instant(one["recorded_at"]) for one in self.of("CaseSuspended")],
                               [instant(one["recorded_at"]) for one in self.of("CaseResumed")]))
        asked = {one["seq"]: one["decision_requested"] for one in self.of("DecisionRequested")}
        self.returns = [asked[one["decision_made"]["request_seq"]].get("reason_code")
                        for one in self.of("DecisionMade") if one["decision_made"]["kind"] == "RETURN"
                        and one["decision_made"].get("approved")]
        answers = [one for one in self.of("RevisitCompleted")
                   if one["revisit_completed"]["result"] in VALID]
        self.answer = answers[-1] if answers else None
        self.first_dispatch_fired = self.look_at_first_dispatch()

    def of(self, *types):
        return [one for one in self.events if one["type"] in types]

    def last(self, *types):
        return (self.of(*types) or [None])[-1]

    def time_of(self, kind):
        found = self.of(kind)
        return instant(found[0]["recorded_at"]) if found else None

    def look_at_first_dispatch(self):
        accepted = False
        for one in self.events:
            if one["type"] == "CaseAccepted":
                accepted = True
            elif accepted and one["type"] == "TimerFired" and one["timer_fired"]["kind"] == "DISPATCH":
                return True
            elif accepted and any(change["kind"] == "DISPATCH" for change in one.get("timers", [])):
                return False
        return False


def cases_of(events):
    by_case = {}
    for one in events:
        if one.get("case_no") and one["type"] != "Said":
            by_case.setdefault(one["case_no"], []).append(one)
    return [Case(its) for its in by_case.values()]


def seconds(one, start, end):
    """Of the case, without its suspensions."""
    took = end - start
    for begin, finish in one.pauses:
        took -= max(min(end, finish) - max(start, begin), datetime.timedelta(0))
    return int(took.total_seconds() * 1000) // 1000


def recount(cases, since, until):
    """(numerator, denominator) of each figure for the window, by the words of its definition."""
    def inside(at):
        return at is not None and since <= (at if isinstance(at, datetime.datetime)
                                            else instant(at["recorded_at"])) < until

    def share(of, true):
        return sum(1 for one in of if true(one)), len(of)

    received = [one for one in cases if inside(one.received)]
    accepted = [one for one in cases if inside(one.accepted)]
    closed = [one for one in cases if inside(one.closed)]
    taken = [one for one in received if one.accepted or one.of("CaseSelfHandled")]
    answered = [one for one in cases if inside(one.answer)]
    asked = [one for one in cases
             if inside(one.answer or one.last("RevisitCompleted"))]
    checked = [one for one in cases if any(inside(check) for check in one.of("CheckCompleted"))]
    told = [one for one in received if one.wants and one.accepted]
    offers = [(one, offer) for one in cases for offer in one.offers if inside(offer)]
    figures = {
        "I01": share(closed, lambda one: one.closed["case_closed"].get("local", False)),
        "I03": share(closed, lambda one: one.closed["case_closed"]["resolution"] == "SELF_HANDLED"),
        "I05": (len(taken), len(taken)),
        "I08": share(taken, lambda one: one.source in ("HANDHELD", "VIDEO", "IOT", "INSPECTION")),
        "I10": share(received, lambda one: "ACCEPT" not in one.fired),
        "I11": share(accepted, lambda one: not one.first_dispatch_fired),
        "I16": share(offers, lambda pair: any(ack["dispatch_acked"]["offer"] == pair[1]["seq"]
                                              for ack in pair[0].acks)),
        "I18": share(told, lambda one: "FEEDBACK" not in one.fired),
        "I31": share(told, lambda one: one.of("ReporterInformed") and "FEEDBACK" not in one.fired),
        "I25": share(accepted, lambda one: one.of("CaseEscalated")),
        "I25 LEVELS": (sum(len(one.of("CaseEscalated")) for one in accepted), len(accepted)),
        "I30": share(answered, lambda one: one.answer["revisit_completed"]["result"] in VALID[:2]),
        "I32": share(answered, lambda one: one.answer["revisit_completed"].get("solved", False)),
        "I33": (sum(SCORE[one.answer["revisit_completed"]["result"]] for one in answered), len(answered)),
        "I34": share(asked, lambda one: one.answer),
        "I35": share(checked, lambda one: any(inside(check) and not check["check_completed"].get("passed")
                                              for check in one.of("CheckCompleted"))),
        "I07": share(received, lambda one: one.events[-1]["state"] == "MERGED"),
        "I17": share([one for one in cases if one.offers and inside(one.offers[0])],
                     lambda one: not {201, 202, 204} & set(one.returns)),
        "I27": share(accepted, lambda one: one.returns),
        "I27 TWICE": share(accepted, lambda one: len(one.returns) > 1),
        "I29": (sum(1 for one in cases for raised in one.of("Supervised") if inside(raised)), 1),
        "I26": share(accepted, lambda one: one.of("AssistRequested")),
        "I43 VALID": share([one for one in received if one.source == "HANDHELD"], lambda one: True),
        "I47": (len([1 for one in cases for read in one.of("RestrictedRead") if inside(read)]), 1),
        "I35 REOPENED": share([one for one in cases if any(inside(at) for at in one.of("CaseClosed"))],
                              lambda one: one.of("CaseReopened")),
    }
    # Nothing is open: a case counts when its limit was missed, or else when it was resolved.
    due = [one for one in cases if inside(one.settled)]
    figures["I12"] = share(due, lambda one: not one.missed)
    figures["I12 UPSTREAM"] = share([one for one in due if one.resolved["type"] == "UpstreamUpdated"],
                                    lambda one: not one.missed)
    for number in range(1, 12):
        figures["I12 CATEGORY_%02d" % number] = share(
            [one for one in due if int(one.events[-1]["category"][:2]) == number], lambda one: not one.missed)
    figures["I28"] = share(due, lambda one: one.of("DeadlineExtended"))
    figures["I28 SUSPENDED"] = share(due, lambda one: one.of("CaseSuspended"))
    local = [one for one in due if one.closed["case_closed"].get("local", False)]
    figures["I02"] = (len(local), len(local))
    for cause in ("HOLDER_REQUEST", "ACK_EXHAUSTED", "DEADLINE", "OVERLOAD", "MANUAL"):
        figures["I25 " + cause] = share(accepted, lambda one: any(
            rise["case_escalated"]["cause"] == cause for rise in one.of("CaseEscalated")))
    for source in ("HANDHELD", "HOTLINE_12345", "VIDEO", "IOT", "RESIDENT_APP", "SUPERIOR", "WALK_IN", "INSPECTION"):
        its = [one for one in received if one.source == source]
        figures["I06 " + source] = (len(its), len(its))
    tiers = ["MUNICIPAL" if one.resolved["type"] == "UpstreamUpdated" else one.resolved["tier"] for one in closed]
    figures["I04 GRID_COMMITTEE"] = (tiers.count("GRID") + tiers.count("COMMITTEE"), len(closed))
    figures["I04 COMMUNITY"] = (tiers.count("COMMUNITY"), len(closed))
    figures["I04 SUBDISTRICT"] = (tiers.count("SUBDISTRICT"), len(closed))
    figures["I04 MUNICIPAL"] = (tiers.count("MUNICIPAL"), len(closed))
    figures.update(durations(closed))
    return figures


def durations(closed):
    figures = {}
    offered = [one for one in closed if one.offers]
    times = {
        "I21": [seconds(one, one.received, instant(one.offers[0]["recorded_at"])) for one in offered],
        "I22": [seconds(one, instant(one.offers[0]["recorded_at"]), instant(one.resolved["recorded_at"]))
                for one in offered],
        "I23": [seconds(one, instant(one.resolved["recorded_at"]), instant(one.closed["recorded_at"]))
                for one in closed],
        "I24": [seconds(one, one.received, instant(one.closed["recorded_at"])) for one in closed],
    }
    for code, values in times.items():
        values.sort()
        figures[code] = (sum(values), len(values))
        for part, share in (("NATURAL_MEDIAN", 50), ("NATURAL_P90", 90)):
            rank = math.ceil(len(values) * share / 100)
            figures["%s %s" % (code, part)] = (values[rank - 1], 1) if values else (0, 0)
    return figures


def figures_of(system, *options):
    out = system.run("indicators", "-o", "json", *options)
    if out.returncode != 0:
        raise AssertionError(out.stderr)
    return json.loads(out.stdout), out


def by_name(rows):
    return {row["code"] + (" " + row["part"] if "part" in row else ""): row for row in rows}


def compare(rows, expected, where):
    found = {name: (row.get("numerator"), row.get("denominator")) for name, row in by_name(rows).items()}
    wrong = {name: (found.get(name), pair) for name, pair in expected.items() if found.get(name) != pair}
    same(wrong, {}, "%d figures are what the events say: %s" % (len(expected), where))


def shape(rows, out, head):
    same([key for key in rows[0]], KEYS, "an object has the fields of the contract, in order")
    ok(all(set(row) - {"part"} == set(KEYS) - ({"numerator", "denominator"} if row["suppressed"] else set())
           for row in rows), "so have all")
    codes = [row["code"] for row in rows]
    same(codes, sorted(codes), "in the order of the codes")
    ok(all(("part" in row) == (index > 0 and codes[index - 1] == row["code"])
           for index, row in enumerate(rows)), "the whole of a code before its parts")
    shown = [row for row in rows if not row["suppressed"]]
    bad = [row for row in shown if (row["value"] is None) != (row["denominator"] == 0)
           or (row["denominator"] and abs(row["value"] - row["numerator"] / row["denominator"]) > 6e-7)]
    same(bad, [], "value is numerator / denominator, null where there is nothing to divide by")
    ok(all(row["first_seq"] == 1 and row["upto_seq"] == head for row in rows), "from the first to the newest record")
    ok({row["code"] for row in rows if row["suppressed"]} <= {"I38", "I45"}, "shares of cases are never suppressed")
    same(out.stderr, "", "nothing on stderr")


def indicators():
    with System() as system:
        same(system.start("demo", "y-mini").wait_exit(240), 0, "y-mini is played to its end")
        events = system.events("--restricted")
        cases = cases_of(events)
        first, last = instant(events[0]["recorded_at"]), instant(events[-1]["recorded_at"])
        end = last + datetime.timedelta(milliseconds=1)

        rows, out = figures_of(system)
        shape(rows, out, events[-1]["seq"])
        compare(rows, recount(cases, first, end), "the whole log")
        found = by_name(rows)
        same((found["I01"]["numerator"], found["I01"]["denominator"]), (148, 152),
             "148 of 152 are handled locally, 4 by the municipal platform")
        same(found["I36"]["value"], 0, "nothing is open")
        ok(found["I35"]["numerator"] > 0 and found["I35 REOPENED"]["numerator"] > 0, "there are reworks and reopenings")
        ok(found["I30"]["denominator"] == found["I34"]["numerator"] > 50, "satisfaction and its coverage fit")

        span = ["--from", "2020-08-08T00:00:00+08:00", "--to", "2020-08-15T00:00:00+08:00"]
        week, _ = figures_of(system, *span)
        compare(week, recount(cases, instant(span[1]), instant(span[3])), "one week")
        ok(0 < by_name(week)["I01"]["denominator"] < 152, "which holds a part of the cases")
        halves = ["2020-08-12T03:04:05+08:00"]
        before, _ = figures_of(system, "--to", halves[0])
        after, _ = figures_of(system, "--from", halves[0])
        sums = [name for name in ("I01", "I05", "I06 IOT", "I11", "I12", "I16", "I23", "I30", "I34")
                if any(by_name(before)[name][part] + by_name(after)[name][part] != found[name][part]
                       for part in ("numerator", "denominator"))]
        same(sums, [], "two windows that meet add up to the whole")

        area, _ = figures_of(system, "--area", AREA)
        below = [one for one in cases if one.area == AREA or one.area.startswith(AREA + ".")]
        ok(0 < len(below) < 152, "some cases lie there", len(below))
        compare(area, recount(below, first, end), "one committee's area")
        same(area[0]["scope"], AREA, "the scope is named")

        again, _ = figures_of(system, "--from", found["I01"]["from"], "--to", found["I01"]["to"])
        same(again, rows, "the window as printed gives the same figures, byte for byte")
        lines = system.run("indicators", "-o", "ndjson")
        same([json.loads(line) for line in lines.stdout.splitlines()], rows, "-o ndjson: one object a line")
        table = system.run("indicators")
        ok("97.37 %  148 / 152" in table.stdout, "a table for people", table.stdout)
        published(system, events, by_name(area))
        usage(system)


def published(system, events, area):
    """What audit wrote by itself: the month of each worker and area, the weeks for the public."""
    kept = [one for one in events if one["type"] == "IndicatorSnapshot"]
    keys = [(one["indicator_snapshot"]["scope"], one["indicator_snapshot"]["code"],
             one["indicator_snapshot"].get("part"), one["indicator_snapshot"]["from"]) for one in kept]
    ok(len(keys) == len(set(keys)) > 100, "the figures of the month stand in the log, each once", len(keys))
    ok(all(one["recorded_at"] >= one["indicator_snapshot"]["to"] for one in kept), "after the month's end")
    ok(all(one["indicator_snapshot"]["denominator"] > 0 for one in kept), "none without a value")
    month, _ = figures_of(system, "--area", "370499.003.01", "--from", "2020-08-01T00:00:00+08:00",
                          "--to", "2020-09-01T00:00:00+08:00")
    month = by_name(month)
    theirs = {one["indicator_snapshot"]["code"]: one["indicator_snapshot"] for one in kept
              if one["indicator_snapshot"]["scope"] == "370499.003.01" and "part" not in one["indicator_snapshot"]}
    same({code: (row.get("numerator", 0), row["denominator"]) for code, row in theirs.items()
          if code in ("I06", "I08", "I10")},
         {code: (month[code]["numerator"], month[code]["denominator"]) for code in ("I06", "I08", "I10")},
         "they are what asking for the month gives")
    notices = [one["public_notice"] for one in events if one["type"] == "PublicNotice"]
    ok(notices and all(one["count"] >= 5 for one in notices), "the public is told of five cases and more", notices)
    out = system.run("digest", "-o", "json")
    rows = json.loads(out.stdout)
    week = notices[-1]["week"]
    same([row["count"] for row in rows], [one["count"] for one in notices if one["week"] == week],
         "the digest is the newest week's notices")
    page = system.run("digest", "--week", week)
    ok(page.returncode == 0 and week in page.stdout and "公示" in page.stdout, "as a page", page.stdout)
    same(system.run("digest", "--week", "2019-W01").returncode, 3, "a week nobody was told of: 3")
    same(system.run("digest", "--week", "33").returncode, 2, "no week: 2")


def usage(system):
    same(system.run("indicators", "--area", "nowhere").returncode, 2, "no path: 2")
    unknown = system.run("indicators", "--area", "370499.003.44")
    ok(unknown.returncode == 3 and "370499.003.0" in unknown.stderr, "a place nobody has: 3, and the nearest",
       unknown.stderr)
    same(system.run("indicators", "--from", "yesterday").returncode, 2, "no time: 2")
    same(system.run("indicators", "--from", "2020-08-02T00:00:00Z", "--to", "2020-08-01T00:00:00Z").returncode, 2,
         "a window that ends before it begins: 2")
    nobody = Process([os.path.join(BIN, "sanji"), "indicators", "--run", os.path.join(system.root, "none")])
    same(nobody.wait_exit(), 6, "no log keeper: 6")


main(indicators)
