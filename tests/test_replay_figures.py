#!/usr/bin/env python3
"""The figures of replay, from outside: random histories with several partners,
returns, voids, vouchers and tiers.  What replay says of the published rules
is what accounts and settle say; what it says of a candidate is what they say
in a ledger in which the candidate is what is published.  No version of what
is published makes a difference, in the worked examples either."""

import glob
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from history import FIRST, SECOND, MONTHS, History, lines_of  # noqa: E402
from leima import TREE, leima, main  # noqa: E402

UNTIL = "2025-10-31T21:00:00Z"
DAY = "2025-03-01"
BEFORE = "2025-02-28T22:00:00Z"
# What a side of a replay and the statements of a partner have in common.
STATEMENT = ["issued", "reversed", "redeemed", "restored", "overdrawn",
             "expired", "vouchers_issued", "vouchers_redeemed",
             "vouchers_value", "uncovered"]


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def equal(what, found, wanted):
    assert found == wanted, f"{what}: {found}, expected {wanted}"


def ledger(name, events, *versions):
    leima("init", name, "--node", 1).expect(0)
    for file, day in versions:
        leima("rules", "publish", name, file, "--from", day).expect(0)
    leima("import", name, "-", given=lines_of(events)).expect(0)


def replay(name, *words):
    return leima("replay", name, "--until", UNTIL, "--json",
                 *words).expect(0).json()


def months_from(first):
    return [m for m in MONTHS + ["2025-10"] if m >= first]


def check_states(what, side, name):
    accounts = leima("accounts", name, "--at", UNTIL, "--json").expect(0)
    rows = accounts.lines()
    points = sum(lot["points"] for row in rows for lot in row["lots"])
    equal(f"{what} outstanding", side["outstanding"], points)
    equal(f"{what} debt", side["debt"], sum(row["debt"] for row in rows))
    equal(f"{what} available and pending", side["outstanding"],
          sum(row["available"] + row["pending"] for row in rows))
    equal(f"{what} vouchers", side["vouchers_outstanding"],
          sum(v["count"] for row in rows for v in row["vouchers"]))
    tiers = {}
    for row in rows:
        if row["tier"] is not None:
            tiers[row["tier"]] = tiers.get(row["tier"], 0) + 1
    equal(f"{what} tiers", {k: n for k, n in side["tiers"].items() if n > 0},
          tiers)
    return len(rows)


def check_statements(what, side, nets, name, first="2025-01"):
    sums, partners = dict.fromkeys(STATEMENT, 0), {}
    program = 0
    for month in months_from(first):
        statement = leima("settle", name, "--period", month,
                          "--json").expect(0).json()
        program += statement["program"]["net"]
        for row in statement["partners"]:
            for key in STATEMENT:
                sums[key] += row[key]
            partners[row["partner"]] = (partners.get(row["partner"], 0) +
                                        row["net"])
    equal(f"{what} figures", {key: side[key] for key in STATEMENT}, sums)
    equal(f"{what} program", side["program_net"], program)
    for partner, net in partners.items():
        equal(f"{what} net of {partner}", nets.get(partner, 0), net)


def check_side(what, report, key, name, first="2025-01"):
    side = report[key]
    nets = {p["partner"]: p[key + "_net"] for p in report["partners"]}
    check_statements(what, side, nets, name, first)
    months = sum(m[key + "_issued"] for m in report["months"])
    equal(f"{what} months", months, side["issued"])
    return check_states(what, side, name)


def files():
    write("first.yaml", FIRST)
    write("second.yaml", SECOND)
    write("third.yaml", FIRST.replace("points: 1}", "points: 2}", 1).replace(
        "from: 60.00", "from: 30.00").replace("points: 7}", "points: 9}"))


def shuffled(seed):
    events = History(seed, count=150, members=12).events
    random.Random(seed).shuffle(events)
    return events


def test_figures_are_those_of_accounts_and_settle():
    files()
    events = shuffled(1)
    ledger("L", events, ("first.yaml", "2000-01-01"), ("second.yaml", DAY))
    ledger("C", events, ("third.yaml", "2000-01-01"))
    report = replay("L", "--rules", "third.yaml")
    count = check_side("baseline", report, "baseline", "L")
    equal("accounts", report["accounts"], count)
    check_side("candidate", report, "candidate", "C")


def test_from_takes_the_place_of_what_is_published_after():
    files()
    events = shuffled(2)
    ledger("L", events, ("first.yaml", "2000-01-01"),
           ("second.yaml", "2025-04-10"))
    ledger("C", events, ("first.yaml", "2000-01-01"), ("third.yaml", DAY))
    report = replay("L", "--rules", "third.yaml", "--from", DAY)
    equal("from", report["from"], DAY)
    check_side("candidate", report, "candidate", "C")
    check_side("baseline", report, "baseline", "L")


def test_since_counts_the_statements_from_then_on():
    files()
    events = shuffled(3)
    ledger("L", events, ("first.yaml", "2000-01-01"))
    ledger("C", events, ("second.yaml", "2000-01-01"))
    report = replay("L", "--rules", "second.yaml", "--since", DAY)
    check_side("baseline", report, "baseline", "L", DAY[:7])
    check_side("candidate", report, "candidate", "C", DAY[:7])


def test_baseline_is_another_file():
    files()
    events = shuffled(4)
    ledger("L", events, ("first.yaml", "2000-01-01"))
    ledger("B", events, ("second.yaml", "2000-01-01"))
    ledger("C", events, ("third.yaml", "2000-01-01"))
    report = replay("L", "--rules", "third.yaml", "--baseline", "second.yaml")
    check_side("baseline", report, "baseline", "B")
    check_side("candidate", report, "candidate", "C")


def test_until_leaves_out_what_came_after():
    files()
    events = [e for e in shuffled(5) if e["kind"] != "void"]
    early = [e for e in events if e["at"] <= BEFORE.replace("Z", ".000Z")]
    assert 20 < len(early) < len(events)
    ledger("L", events, ("first.yaml", "2000-01-01"))
    ledger("C", early, ("third.yaml", "2000-01-01"))
    words = ["--rules", "third.yaml", "--json", "--until", BEFORE]
    report = leima("replay", "L", *words).expect(0).json()
    other = leima("replay", "C", *words, "--baseline",
                  "third.yaml").expect(0).json()
    equal("candidate", report["candidate"], other["baseline"])
    equal("events", report["events"], len(early))


def test_vary_writes_the_file_otherwise():
    files()
    ledger("L", shuffled(6), ("first.yaml", "2000-01-01"))
    write("varied.yaml", FIRST.replace("points: 1}", "points: 3}", 1).replace(
        "from: 60.00", "from: 90.00"))
    alone = replay("L", "--rules", "varied.yaml")
    many = replay("L", "--rules", "first.yaml", "--vary",
                  "earn.base.points=2,3", "--vary",
                  "tiers.levels.high.from=60.00,90.00")
    equal("candidates", len(many["candidates"]), 4)
    last = many["candidates"][3]
    equal("name", last["candidate"],
          "earn.base.points=3 tiers.levels.high.from=90.00")
    equal("figures", last["figures"], alone["candidate"])
    equal("changed", last["changed"], alone["changed"])


def no_difference(report):
    equal("sides", report["candidate"], report["baseline"])
    for list_, a, b in (("rules", "baseline", "candidate"),
                        ("partners", "baseline_net", "candidate_net"),
                        ("months", "baseline_issued", "candidate_issued"),
                        ("months", "baseline_accrual_cost",
                         "candidate_accrual_cost"),
                        ("months", "baseline_burn_cost",
                         "candidate_burn_cost")):
        for row in report[list_]:
            equal(list_, row[b], row[a])
    changed = report["changed"]
    equal("changed", [changed[k] for k in ("up", "down", "tier_up",
                                           "tier_down")], [0, 0, 0, 0])
    equal("top", report["top_gain"] + report["top_loss"], [])


def test_the_published_rules_make_no_difference():
    files()
    ledger("L", shuffled(7), ("first.yaml", "2000-01-01"),
           ("second.yaml", DAY))
    no_difference(replay("L", "--rules", "second.yaml", "--from", DAY))
    no_difference(replay("L", "--rules", "third.yaml", "--baseline",
                         "third.yaml"))


def example(folder):
    """The last version of the example, from its day on."""
    name = os.path.basename(os.path.dirname(folder))
    versions = [(os.path.join(folder, "program.yaml"), "2000-01-01")]
    for path in sorted(glob.glob(os.path.join(folder, "program@*.yaml"))):
        day = os.path.basename(path)[len("program@"):-len(".yaml")]
        versions.append((path, day))
    leima("init", name, "--node", 1, "--incarnation", 1).expect(0)
    for file, day in versions:
        leima("rules", "publish", name, file, "--from", day).expect(0)
    with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as file:
        leima("import", name, "-", given=file.read()).expect(0)
    with open(os.path.join(folder, "at"), encoding="utf-8") as file:
        at = file.read().strip()
    file, day = versions[-1]
    report = leima("replay", name, "--rules", file, "--from", day, "--until",
                   at, "--json").expect(0).json()
    assert report["events"] > 0, name
    no_difference(report)


def test_the_examples_make_no_difference():
    folders = sorted(glob.glob(os.path.join(TREE, "tests", "examples", "*",
                                            "")))
    assert len(folders) >= 20, folders
    for folder in folders:
        example(folder)


if __name__ == "__main__":
    main(globals())
