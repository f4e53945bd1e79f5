#!/usr/bin/env python3
"""Writes org.yaml and roster.yaml beside itself: the demonstration sub-district.

    generate.py [FOLDER]          into FOLDER instead
    generate.py --check           writes nothing, fails when a committed file differs
    generate.py --times 10 FOLDER an organisation of nearly ten times the size (a path has room
                                  for 99 communities), for load tests

The facts and assumptions are those of the seed paper and the data set built on it: 10
communities, 60 committees, 110,000 residents, 106 basic and 50 dedicated grids; Y community
(01) exactly, the other nine in proportion. Everything is synthetic: the codes begin with
370499, which no place has, the names are numbers, and a worker is a number and nothing else.

Deterministic: no chance, no clock, no dictionary order. The same program, the same bytes.

Geometry: a raster around 34.8 N, 117.3 E, two rows of five communities of 2 x 2 km, 40 km2
in all. Within a community five dedicated cells lie along the south edge, the basic grids
above them in rows of two, the last one as wide as both when their number is odd.
"""
import sys
from pathlib import Path

SUBDISTRICT = "370499.003"
COMMITTEES = [4, 7, 6, 7, 5, 7, 6, 6, 5, 7]
RESIDENTS = [8307, 12994, 10395, 11864, 9944, 12429, 10960, 11638, 9605, 11864]
BASIC = [8, 13, 10, 11, 10, 12, 11, 11, 9, 11]
DEDICATED = 5

Y_HOUSEHOLDS = [498, 487, 476, 469, 458, 447, 436, 424]
Y_PERSONS = [1120, 1095, 1070, 1054, 1030, 1005, 980, 953]
Y_BUILDINGS = [6, 6, 12, 8, 7, 7, 7, 7]  # 60, a building head each
Y_COMMITTEE_OF = [1, 2, 1, 2, 3, 4, 3, 4]

# Microdegrees. A community is 0.018 x 0.022 degrees: 2.0 x 2.0 km at this latitude.
SOUTH, WEST = 34_780_000, 117_270_000
BLOCK_LAT, BLOCK_LON = 18_000, 22_000
STRIP_LAT = 2_000
COLUMNS = 5
Y_CELL = 7  # row 1 (north), column 2

NUMBERS = "零一二三四五六七八九十"
TEAM_LETTER = "BCDEFGHJKL"  # of a community's grid teams: TB03 is the team of 01's B03

SHIFTS = [
    # id, Chinese, from, to; every day of the week, so that a month can be played as it is
    (1, "早班", "08:00", "16:00"),
    (2, "中班", "12:00", "20:00"),
    (3, "夜班", "20:00", "08:00"),
    # The last resort changes over at other hours than the rest and with two hours of overlap,
    # so that at any moment somebody with each skill has at least two hours before him.
    (4, "备勤日班", "06:00", "18:00"),
    (5, "备勤夜班", "16:00", "08:00"),
    (6, "志愿晚间", "18:00", "22:00"),
    (7, "全天", "00:00", "24:00"),
]
EARLY, LATE, NIGHT, STANDBY_DAY, STANDBY_NIGHT, EVENING, ALWAYS = range(1, 8)

DEPARTMENTS = [  # of the dedicated grids S01..S05, for communities 02..10 in turn
    [("医院", "卫生健康"), ("产业园", "经济发展"), ("小学", "教育体育"), ("商场", "市场监管"), ("写字楼", "经济发展")],
    [("中学", "教育体育"), ("客运站", "交通运输"), ("企业园区", "经济发展"), ("农贸市场", "市场监管"), ("公园", "城市管理")],
    [("幼儿园", "教育体育"), ("物流园", "交通运输"), ("行政中心", "综合办公"), ("建材市场", "市场监管"), ("养老院", "民政")],
]
Y_DEDICATED = [("中学", "教育体育"), ("中心小学", "教育体育"), ("体校", "教育体育"), ("第四所学校", "教育体育"), ("市场", "市场监管")]

PROFESSIONS = [  # team, Chinese, English, skills, authority, shift in a community
    ("TPOL", "派出所", "Police", "p", "PUBLIC_SECURITY", LATE),
    ("TMKT", "市场监管所", "Market supervision", "k", "MARKET", EARLY),
    ("TJUS", "司法所", "Justice", "jm", "JUSTICE", EARLY),
    ("TCTY", "城市管理中队", "City management", "c", "CITY_ORDER", LATE),
    ("TUTL", "公用事业", "Utilities", "u", "UTILITY", EARLY),
]


def zh(number):
    """1..19 as a Chinese numeral."""
    if number <= 10:
        return NUMBERS[number]
    return "十" + NUMBERS[number - 10]


def largest_remainder(total, weights):
    """Splits `total` in proportion to `weights`; the sum is exact."""
    whole = sum(weights)
    parts = [total * w // whole for w in weights]
    rest = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in rest[: total - sum(parts)]:
        parts[i] += 1
    return parts


def flow(value):
    """One YAML flow value: strings that YAML or people could take for numbers are quoted."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    text = str(value)
    if isinstance(value, str) and (":" in text or text.isdigit()):
        return f'"{text}"'
    return text


def entry(value):
    """A list entry: one line, or two where the neighbours would make it too long."""
    if "neighbours" in value:
        head = {k: v for k, v in value.items() if k != "neighbours"}
        return f"- {flow(head)[:-1]},\n   neighbours: {flow(value['neighbours'])}}}\n"
    return f"- {flow(value)}\n"


class Community:
    """One community: its place in the raster, its committees and grids."""

    def __init__(self, place, number):
        self.place, self.number = place, number  # number counts from 0
        self.kind = number % 10                  # which row of the tables above it follows
        self.path = f"{place}.{number + 1:02d}"
        self.is_y = number == 0
        self.basic, self.dedicated = [], []
        self._households()
        self._committees()
        self._grids()

    def _households(self):
        count = BASIC[self.kind]
        if self.is_y:
            self.households, self.persons = Y_HOUSEHOLDS, Y_PERSONS
            return
        total = round(RESIDENTS[self.kind] * 3695 / 8307)
        weights = [1030 - 60 * i // (count - 1) for i in range(count)]  # 3 % about the mean
        self.households = largest_remainder(total, weights)
        self.persons = largest_remainder(RESIDENTS[self.kind], self.households)

    def _committees(self):
        count, grids = COMMITTEES[self.kind], BASIC[self.kind]
        if self.is_y:
            self.committee_of = Y_COMMITTEE_OF
            return
        self.committee_of = []
        for committee in range(count):
            self.committee_of += [committee + 1] * (2 if committee < grids - count else 1)

    def _box(self, south, west, height, width):
        return {"south": south, "west": west, "north": south + height, "east": west + width}

    def _grids(self):
        cell = Y_CELL if self.is_y else (self.number - 1 if self.number <= Y_CELL else self.number)
        south = SOUTH + cell // COLUMNS * BLOCK_LAT
        west = WEST + cell % COLUMNS * BLOCK_LON
        count = BASIC[self.kind]
        rows = (count + 1) // 2
        height = BLOCK_LAT - STRIP_LAT
        edges = [south + STRIP_LAT + height * i // rows for i in range(rows, -1, -1)]
        for i in range(count):
            row = i // 2
            wide = i == count - 1 and count % 2 == 1
            box = self._box(edges[row + 1], west + (i % 2) * BLOCK_LON // 2,
                            edges[row] - edges[row + 1], BLOCK_LON if wide else BLOCK_LON // 2)
            committee = f"{self.path}.{self.committee_of[i]:03d}"
            self.basic.append({
                "path": f"{committee}.B{i + 1:02d}", "committee": committee, "box": box,
                "name": f"第{zh(i + 1)}网格", "households": self.households[i],
                "residents": self.persons[i],
                "buildings": Y_BUILDINGS[i] if self.is_y else round(self.households[i] / 62)})
        uses = Y_DEDICATED if self.is_y else DEPARTMENTS[self.kind % 3]
        for i in range(DEDICATED):
            box = self._box(south, west + BLOCK_LON * i // DEDICATED, STRIP_LAT,
                            BLOCK_LON * (i + 1) // DEDICATED - BLOCK_LON * i // DEDICATED)
            self.dedicated.append({
                "path": f"{self.path}.000.S{i + 1:02d}", "box": box, "households": 0,
                "residents": 0, "buildings": 1 + i, "name": f"{uses[i][0]}专属网格",
                "department": uses[i][1]})

    def grids(self):
        return self.basic + self.dedicated

    def letter(self):
        return TEAM_LETTER[self.kind]


def touch(a, b):
    """True when two boxes share a border, not only a corner."""
    lat = min(a["north"], b["north"]) - max(a["south"], b["south"])
    lon = min(a["east"], b["east"]) - max(a["west"], b["west"])
    return (lat == 0 and lon > 0) or (lon == 0 and lat > 0)


def degrees(microdegrees):
    return f"{microdegrees // 1_000_000}.{microdegrees % 1_000_000:06d}"


def units(communities):
    place = communities[0].place
    total = [sum(sum(g[what] for g in c.basic) for c in communities)
             for what in ("households", "residents")]
    yield {"path": place, "tier": "SUBDISTRICT", "name": "示例街道", "name_en": "Demonstration sub-district",
           "households": total[0], "residents": total[1], "area_code12": "370499003000",
           "valid_from": "2010-01-01"}
    for c in communities:
        yield {"path": c.path, "tier": "COMMUNITY",
               "name": "Y社区" if c.is_y else f"第{zh(c.number % 19 + 1)}社区",
               "name_en": "Community Y" if c.is_y else f"Community {c.number + 1}",
               "households": sum(g["households"] for g in c.basic),
               "residents": sum(g["residents"] for g in c.basic),
               "area_code12": f"370499003{c.number + 1:03d}",
               "valid_from": "2020-06-01" if c.is_y else "2010-01-01"}
        for k in range(1, COMMITTEES[c.kind] + 1):
            mine = [g for g, of in zip(c.basic, c.committee_of) if of == k]
            yield {"path": f"{c.path}.{k:03d}", "tier": "COMMITTEE", "name": f"第{zh(k)}居委会",
                   "name_en": f"Committee {k}", "households": sum(g["households"] for g in mine),
                   "residents": sum(g["residents"] for g in mine),
                   "valid_from": "2020-06-01" if c.is_y else "2010-01-01"}


def grids(communities):
    every = [g for c in communities for g in c.grids()]
    # Only boxes that start or end at the same latitude or longitude can touch; all pairs are
    # few enough here, and the order stays that of the list.
    for grid in every:
        box = grid["box"]
        dedicated = "department" in grid
        yield {"path": grid["path"], "name": grid["name"], "households": grid["households"],
               "residents": grid["residents"], "buildings": grid["buildings"],
               "department": grid.get("department"),
               "tier_path": ["COMMUNITY", "SUBDISTRICT"] if dedicated
               else ["COMMITTEE", "COMMUNITY", "SUBDISTRICT"],
               "box": [degrees(box[k]) for k in ("south", "west", "north", "east")],
               "neighbours": [g["path"] for g in every if touch(box, g["box"])]}


def teams(communities):
    place = communities[0].place
    yield {"code": "TCMD", "name": "社会治理指挥中心", "path": place}
    yield {"code": "TINT", "name": "受理席", "path": place}
    yield {"code": "TEMG", "name": "应急机动队", "path": place}
    for code, name, _, _, _, _ in PROFESSIONS:
        yield {"code": code, "name": name, "path": place}
    for c in communities:
        if c.number == c.kind:
            yield {"code": f"TM{c.kind + 1:02d}", "name": "品牌调解室" if c.is_y else "调解室", "path": c.path}
            yield {"code": f"TW{c.kind + 1:02d}", "name": "社工站", "path": c.path}
    for c in communities[:10]:
        for i, grid in enumerate(c.basic):
            yield {"code": f"T{c.letter()}{i + 1:02d}", "name": f"{grid['name']}工作队", "path": grid["path"]}


def branches(communities):
    y = communities[0]
    for k in range(4):
        yield {"code": f"DZB{k + 1:02d}", "name": f"第{zh(k + 1)}网格党支部", "members": 30,
               "grids": [g["path"] for g, of in zip(y.basic, y.committee_of) if of == k + 1]}


def partners(communities):
    place, y = communities[0].place, communities[0].path
    yield {"code": "P001", "name": "社会工作服务组织", "path": place, "skills": ["s"]}
    yield {"code": "P002", "name": "物业服务企业", "path": y, "skills": ["g"]}
    yield {"code": "P003", "name": "人民调解协会", "path": place, "skills": ["m"]}
    yield {"code": "P004", "name": "公用设施维修单位", "path": place, "skills": ["u"]}


def sites(communities):
    y = communities[0]
    for i in range(4):
        yield {"code": f"C{i + 1}", "name": f"第{zh(i + 1)}物业小区", "kind": "COMPOUND",
               "grid": y.basic[i]["path"]}
    for i in range(4):
        yield {"code": f"X{i + 1}", "name": Y_DEDICATED[i][0], "kind": "SCHOOL",
               "grid": y.dedicated[i]["path"]}
    yield {"code": "M1", "name": "市场", "kind": "MARKET", "grid": y.dedicated[4]["path"]}


class Roster:
    """Numbers people: Y has W00001.., community 02 W01001.., the sub-district W10001.. ."""

    def __init__(self):
        self.workers, self.next = [], 0

    def start(self, number):
        assert number >= self.next, "the numbers of one unit run into those of the next"
        self.next = number

    def add(self, role, desk, shift, capacity_min, skills="", **more):
        order = ("team", "home_grid", "backup_grids", "building_no", "authority", "clearance",
                 "employer", "volunteer_kind", "cases_max", "further_roles")
        self.next += 1
        worker = {"worker": f"W{self.next:05d}", "role": role, "desk": desk}
        for key in order[:2]:
            worker[key] = more.get(key)
        worker.update(shift=shift, capacity=f"{capacity_min}m",
                      skills=list(skills) or None)
        for key in order[2:]:
            worker[key] = more.get(key)
        self.workers.append(worker)


def staff_grids(roster, c):
    """Guides, full-time workers: one home basic grid each."""
    for first in range(0, len(c.basic), 2):
        pair = [g["path"] for g in c.basic[first:first + 2]]
        roster.add("GUIDE", c.path, EARLY, 240, "gm", home_grid=pair[0], backup_grids=pair[1:],
                   clearance=True)
    doubles = [k for k in range(1, COMMITTEES[c.kind] + 1) if c.committee_of.count(k) == 2]
    for i, grid in enumerate(c.basic):
        here = [k for k, of in enumerate(c.committee_of) if of == c.committee_of[i]]
        second = len(here) == 2 and here[1] == i
        # One night duty a community: the second worker of its last committee with two.
        shift = EARLY if not second else NIGHT if c.committee_of[i] == doubles[-1] else LATE
        other = [c.basic[k]["path"] for k in here if k != i]
        roster.add("FULLTIME", grid["committee"], shift, 240, "gm", home_grid=grid["path"],
                   team=team_of(c, i), backup_grids=other, clearance=True)


def team_of(c, i):
    return f"T{c.letter()}{i + 1:02d}"


def staff_community(roster, c):
    for team, _, _, skills, authority, shift in PROFESSIONS:
        roster.add("PROFESSIONAL", c.path, shift, 240, skills, team=team, authority=[authority],
                   clearance=True)
    roster.add("GRID_CHIEF", c.path, ALWAYS, 120, "gm", further_roles=["DUTY_LEADER"], clearance=True)
    for shift in (EARLY, LATE):
        roster.add("SOCIAL_WORKER", c.path, shift, 360, ["s until 2030-12-31", "g"],
                   team=f"TW{c.kind + 1:02d}", cases_max=15, clearance=True, employer="P001")


def staff_volunteers(roster, c):
    """Y: 5 a grid; elsewhere 2. With the building heads they are there at all hours."""
    kinds = [("PARTY_MEMBER", EVENING, None), ("PROPERTY_STAFF", EARLY, "P002" if c.is_y else None),
             ("COMMITTEE_CADRE", LATE, None), ("RESIDENT", ALWAYS, None), ("PARTY_MEMBER", LATE, None)]
    for i, grid in enumerate(c.basic):
        for kind, shift, employer in kinds if c.is_y else (kinds[0], kinds[3]):
            roster.add("VOLUNTEER", grid["committee"], shift, 45, "g", home_grid=grid["path"],
                       team=team_of(c, i), volunteer_kind=kind, employer=employer)
    for i, grid in enumerate(c.basic):
        for building in range(1, (grid["buildings"] if c.is_y else 3) + 1):
            roster.add("BUILDING_HEAD", grid["committee"], ALWAYS, 30, "g", home_grid=grid["path"],
                       team=team_of(c, i), building_no=building)


def staff_desks(roster, c):
    for shift in (EARLY, LATE):
        roster.add("DISPATCHER", c.path, shift, 480, clearance=True)
    for k in range(1, COMMITTEES[c.kind] + 1):
        roster.add("DISPATCHER", f"{c.path}.{k:03d}", EARLY, 480, clearance=True)


def staff_subdistrict(roster, place):
    """The command centre, and the last resort: every skill at every hour, police in pairs."""
    for shift in (EARLY, LATE, NIGHT):
        roster.add("INTAKE_OPERATOR", place, shift, 480, team="TINT", clearance=True)
        roster.add("INTAKE_OPERATOR", place, shift, 480, team="TINT", clearance=True)
        roster.add("DISPATCHER", place, shift, 480, team="TCMD", clearance=True)
        roster.add("DUTY_LEADER", place, shift, 480, team="TCMD", clearance=True)
    for _ in range(2):
        roster.add("AUDITOR", place, EARLY, 480, team="TCMD", clearance=True)
    for shift in (STANDBY_DAY, STANDBY_NIGHT):
        for team, _, _, skills, authority, _ in PROFESSIONS:
            for _ in range(2):
                roster.add("PROFESSIONAL", place, shift, 480, skills, team=team,
                           authority=[authority], clearance=True)
        for _ in range(2):
            roster.add("PROFESSIONAL", place, shift, 480, "gm", team="TEMG", clearance=True)
            roster.add("SOCIAL_WORKER", place, shift, 360, ["s until 2030-12-31", "g"], team="TEMG",
                       cases_max=15, clearance=True)
    for department in ("PUBLIC_SECURITY", "MARKET", "JUSTICE", "CITY_ORDER", "UTILITY"):
        roster.add("DEPARTMENT", place, EARLY, 480, authority=[department], clearance=True)


def org_yaml(communities):
    out = ["# org.yaml: the area: units, grids, teams, Party branches, partners, sites.\n"
           "# Written by deploy/organisation/generate.py. box: south, west, north, east, CGCS2000.\n\n",
           'municipality: "370499"\n', f"subdistrict: {communities[0].place}\n",
           f"area_ha: {len(communities) * 400}\n"]
    for name, make in (("units", units), ("grids", grids), ("teams", teams),
                       ("branches", branches), ("partners", partners), ("sites", sites)):
        out.append(f"\n{name}:\n")
        out += [entry(value) for value in make(communities)]
    return "".join(out)


def roster_yaml(communities):
    roster = Roster()
    stride = 1000 if len(communities) <= 10 else 900  # five digits must do
    for c in communities:
        roster.start(c.number * stride)
        staff_grids(roster, c)
        staff_community(roster, c)
        staff_volunteers(roster, c)
        staff_desks(roster, c)
    roster.start(len(communities) * stride)
    staff_subdistrict(roster, communities[0].place)
    days = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
    out = ["# roster.yaml: who works where, when, and what he can do. Numbers, never names.\n"
           "# Written by deploy/organisation/generate.py. In this demonstration everybody works\n"
           "# every day, so that a month can be played as it is; a real roster names days.\n"
           "# count: N on a worker: so many people alike, their numbers run on from the written one.\n\nshifts:\n"]
    out += [entry({"id": i, "name": name, "from": start, "to": end, "days": days})
            for i, name, start, end in SHIFTS]
    out.append("\nworkers:\n")
    out += [entry(worker) for worker in roster.workers]
    return "".join(out)


def main(arguments):
    check = "--check" in arguments
    times = int(arguments[arguments.index("--times") + 1]) if "--times" in arguments else 1
    folders = [a for a in arguments if not a.startswith("--") and not a.isdigit()]
    folder = Path(folders[0]) if folders else Path(__file__).resolve().parent
    communities = [Community(SUBDISTRICT, n) for n in range(min(10 * times, 99))]
    differ = 0
    for name, text in (("org.yaml", org_yaml(communities)), ("roster.yaml", roster_yaml(communities))):
        path = folder / name
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{path} is not what generate.py writes", file=sys.stderr)
            differ = 1
    return differ


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
