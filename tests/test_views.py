#!/usr/bin/env python3
"""test_views.py - segments, reports and scores of whole histories

What a view says must be what the other commands say of the same ledger; and
what others found in a real history must come out of ours.
"""
import csv
import io
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import TREE, leima, main, shared  # noqa: E402

BY = ("store", "partner", "group", "day", "month", "cashier", "reward", "rule",
      "category", "sku")
END = "2024-12-31T23:59:59Z"


def equal(what, found, wanted):
    assert found == wanted, f"{what}: {found}, expected {wanted}"


def refused(status, *words, says=()):
    done = leima(*words).expect(status)
    equal(f"{done.words}: lines said", len(done.err.splitlines()), 1)
    for word in says:
        assert word in done.err, f"{done.words}: {word!r} in {done.err}"


def town():
    leima("init", "L", "--node", "10").expect(0)
    leima("generate", "L", "--members", "150", "--months", "6").expect(0)


def report(by, *words):
    return leima("report", "L", "--by", by, "--at", END, *words,
                 "--json").expect(0).json()


def accounts():
    return leima("accounts", "L", "--at", END, "--json").expect(0).lines()


def segment(text, *words):
    return leima("segment", "L", text, "--at", END,
                 *words).expect(0).out.split()


# --- reports ---------------------------------------------------------------

def test_a_report_agrees_with_the_accounts():
    town()
    rows = accounts()
    for by in ("store", "day", "partner", "cashier"):
        total = report(by)["total"]
        equal("purchases", total["purchases"],
              sum(row["purchases"] for row in rows))
        equal("joined", total["joined"],
              sum(row["joined"] is not None for row in rows))
        points = (total["issued"] - total["reversed"] - total["redeemed"] +
                  total["restored"] - total["expired"])
        equal("points", points,
              sum(row["balance"] + row["pending"] for row in rows))
        active = {row["account"] for row in rows
                  if row["last_visit"] is not None and
                  not row["account"].startswith("bearer:")}
        equal("active members", total["active_members"], len(active))


def test_rows_add_up_to_the_total():
    town()
    for by in BY:
        found = report(by)
        for name in found["total"]:
            if name in ("active_members", "purchases", "returns") or \
                    (by == "rule" and name == "sales"):
                continue
            rows = found["rows"]
            if by == "category":  # a part counts in the whole, too
                rows = [row for row in rows if "." not in (row[by] or "")]
            total = sum(row[name] for row in rows)
            if by == "group":
                assert total >= found["total"][name], name
            else:
                equal(f"{name} by {by}", total, found["total"][name])


def test_a_report_is_in_periods_and_segments():
    town()
    whole = report("store")["total"]
    parts = [report("store", "--to", "2024-02-29")["total"],
             report("store", "--from", "2024-03-01")["total"]]
    sides = [report("store", "--segment", "bought=coffee")["total"],
             report("store", "--segment", "!bought=coffee")["total"]]
    for two in (parts, sides):
        for name in whole:
            if name != "active_members" or two is sides:
                equal(name, sum(one[name] for one in two), whole[name])
    assert all(one["sales"] > 0 for one in parts + sides)
    equal("a day", report("day", "--from", "2024-03-05", "--to",
                          "2024-03-05")["rows"][0]["day"], "2024-03-05")


def test_a_report_as_csv_and_table():
    town()
    found = report("sku")
    text = leima("report", "L", "--by", "sku", "--at", END, "--format",
                 "csv").expect(0).out
    rows = list(csv.DictReader(io.StringIO(text)))
    equal("rows", len(rows), len(found["rows"]))
    for one, other in zip(rows, found["rows"]):
        equal("sku", one["sku"], other["sku"] or "")
        equal("sales", int(one["sales"]), other["sales"])
    lines = leima("report", "L", "--by", "sku", "--at",
                  END).expect(0).out.splitlines()
    equal("lines", len(lines), len(rows) + 2)
    assert lines[-1].startswith("total\t"), lines[-1]


def test_a_report_is_no_formula():
    """What was typed in at a till is a text, also for a spreadsheet."""
    leima("init", "L", "--store", "10").expect(0)
    for number, sku in enumerate(("=1+1", "@x", "-5", "+5", "tea;\"1\"")):
        leima("append", "L", given=json.dumps({
            "kind": "purchase", "member": 1, "receipt": str(number),
            "total": 1234, "at": "2024-03-01T10:00:00Z", "lines": [
                {"sku": sku, "category": "tea", "amount": 1234}]})).expect(0)
    words = ("report", "L", "--by", "sku")
    text = leima(*words, "--format", "csv").expect(0).out
    equal("skus", [row[:4] for row in csv.reader(io.StringIO(text))],
          [["sku", "active_members", "purchases", "sales"],
           ["'+5", "1", "1", "1234"], ["'-5", "1", "1", "1234"],
           ["'=1+1", "1", "1", "1234"], ["'@x", "1", "1", "1234"],
           ["tea;\"1\"", "1", "1", "1234"]])
    text = leima(*words, "--excel").expect(0).out
    assert text.startswith("\ufeffsku;"), text
    equal("sales", [row[:4] for row in csv.reader(
        io.StringIO(text, newline=""), delimiter=";")][1::4],
          [["'+5", "1", "1", "12,34"], ["tea;\"1\"", "1", "1", "12,34"]])
    refused(2, *words, "--excel", "--json", says=["more than one form"])


def test_a_report_refuses():
    leima("init", "L").expect(0)
    refused(2, "report", "L", says=["--by", "store"])
    refused(2, "report", "L", "--by", "colour", says=["category"])
    refused(2, "report", "L", "--by", "day", "--format", "xml", says=["csv"])
    refused(2, "report", "L", "--by", "day", "--from", "2025-02-01", "--to",
            "2025-01-31", says=["--from"])
    refused(2, "report", "L", "--by", "day", "--segment", "sku=",
            says=["--segment", "code"])
    equal("nothing", leima("report", "L", "--by", "day",
                           "--json").expect(0).json()["rows"], [])


# --- segments --------------------------------------------------------------

def test_a_segment_agrees_with_the_accounts():
    town()
    rows = accounts()

    def names(condition):
        return [row["account"] for row in rows if condition(row)]

    for text, condition in (
            ("points=500..", lambda row: row["available"] >= 500),
            ("debt=1..", lambda row: row["debt"] > 0),
            ("spend=..99.99", lambda row: row["spend"] < 10000),
            ("purchases=5..9", lambda row: 5 <= row["purchases"] <= 9),
            ("member=no", lambda row: row["account"].startswith("bearer:")),
            ("joined=2024-03-01..", lambda row: row["joined"] is not None and
             row["joined"] >= "2024-02-29T22:00"),
            ("consent=email", lambda row: row["consents"].get("email", False)),
            ("window_spend=500..", lambda row: row["window_spend"] >= 50000)):
        equal(text, segment(text), names(condition))
    tiers = {row["tier"] for row in rows}
    equal("tiers", sorted(sum((segment(f"tier={tier}") for tier in tiers),
                              [])), sorted(names(lambda row: True)))
    equal("channel", segment("points=500..", "--channel", "email"),
          segment("points=500..,consent=email"))
    equal("either", segment("points=500..|points=..499"),
          names(lambda row: True))


def test_a_wrong_segment_is_named_once():
    leima("init", "L").expect(0)
    for words, said in (
            (("segment", "L", "inactive_days=x"), "leima segment: expected "),
            (("report", "L", "--by", "store", "--segment", "inactive_days=x"),
             "leima report: --segment: expected ")):
        told = leima(*words).expect(2).err
        assert told.startswith(said + "a range: 5, 5.., ..5, 5..9 at "
                               'character 15, found "x"'), told


def test_grants_of_a_segment_count_once():
    leima("init", "L").expect(0)
    with open("p.yaml", "w") as file:
        file.write("program: P\ncurrency: EUR\ntimezone: Europe/Helsinki\n"
                   "rewards: [{id: cup, value: 3.00}]\n")
    leima("rules", "publish", "L", "p.yaml", "--from", "2024-01-01").expect(0)
    for account in ({"member": 7}, {"bearer": "B"}):
        leima("append", "L", given=json.dumps({
            "kind": "consent" if "member" in account else "activity",
            **({"channel": "email", "granted": True} if "member" in account
               else {"name": "visit"}),
            **account, "store": 1})).expect(0)
    for _ in range(2):
        lines = leima("segment", "L", "purchases=0", "--grant", "cup",
                      "--reason", "may-24").expect(0).out
        equal("ids", [json.loads(line)["id"] for line in lines.splitlines()],
              ["may-24:7", "may-24:bearer:B"])
        leima("append", "L", given="\n".join(
            json.dumps({**json.loads(line), "store": 1})
            for line in lines.splitlines())).expect(0)
    for account in ("7", "bearer:B"):
        held = leima("balance", "L", account, "--json").expect(0).json()
        equal("vouchers", held["vouchers"], [{"reward": "cup", "count": 1,
                                              "expires_at": None}])
    refused(2, "segment", "L", "purchases=0", "--grant", "cup",
            says=["--reason"])
    refused(1, "segment", "L", "purchases=0", "--grant", "mug", "--reason",
            "x", says=["mug"])
    leima("append", "L", given=json.dumps(
        {"kind": "activity", "name": "visit", "bearer": "B" * 40})).expect(0)
    done = leima("segment", "L", "purchases=0", "--grant", "cup", "--reason",
                 "r" * 30).expect(1)
    equal("nothing", done.out, "")
    assert "shorter" in done.err, done.err
    refused(2, "segment", "L", "purchases=0", "--channel", "E-Mail",
            says=["--channel"])


# --- scores ----------------------------------------------------------------

def test_limits_of_one_s_own():
    town()
    with open("limits.yaml", "w") as file:
        file.write("recency: [120, 60, 30, 7]\nfrequency: [2, 4, 8, 16]\n"
                   "monetary: [20, 100.50, 200, 500]\n")
    found = leima("rfm", "L", "--at", "2024-07-01", "--limits", "limits.yaml",
                  "--json").expect(0).json()
    for row in found["accounts"]:
        days, count, cents = (row["recency_days"], row["frequency"],
                              row["monetary"])
        equal("r", row["r"], 1 + sum(days <= n for n in (120, 60, 30, 7)))
        equal("f", row["f"], 1 + sum(count >= n for n in (2, 4, 8, 16)))
        equal("m", row["m"],
              1 + sum(cents >= n for n in (2000, 10050, 20000, 50000)))
    equal("all", sum(cell["accounts"] for cell in found["cells"]),
          len(found["accounts"]))
    text = leima("rfm", "L", "--at", "2024-07-01", "--limits", "limits.yaml",
                 "--format", "csv").expect(0).out
    for one, other in zip(csv.DictReader(io.StringIO(text)),
                          found["accounts"], strict=True):
        equal("row", one, {name: str(value) for name, value in other.items()})
    with open("limits.yaml", "a") as file:
        file.write("monetary: [1, 2, 3, 4]\n")
    done = leima("rfm", "L", "--limits", "limits.yaml").expect(1)
    assert "limits.yaml:4" in done.err, done.err
    with open("limits.yaml", "w") as file:
        file.write("recency: [7, 30, 60, 120]\nfrequency: [2, 4, 8, 16]\n"
                   "monetary: [20, 100.50, 200, 500]\n")
    done = leima("rfm", "L", "--limits", "limits.yaml").expect(1)
    assert "limits.yaml:1" in done.err, done.err
    with open("limits.yaml", "w") as file:
        file.write("recency: [365, 180, 90, 30]\nfrequency: [2, 4, 8, x]\n"
                   "monetary: [1, 2, 3, 4.555]\nrecensy: 1\n")
    done = leima("rfm", "L", "--limits", "limits.yaml").expect(1)
    for said in ('frequency: expected a whole number, found "x"',
                 'at most 2 decimals, found "4.555"',
                 'unknown key "recensy"; did you mean "recency"?'):
        assert said in done.err, done.err
    for file, what in (("- recency\n", "a list"), ("recency\n", '"recency"')):
        with open("limits.yaml", "w") as out:
            out.write(file)
        done = leima("rfm", "L", "--limits", "limits.yaml").expect(1)
        assert f"limits.yaml:1:1: expected recency, frequency and monetary, " \
            f"found {what}" in done.err, done.err


def test_cdnow_as_published():
    """Frequency, recency and T of the calibration period, in weeks."""
    path = shared("cdnow", "CDNOW_sample.txt")
    leima("init", "L").expect(0)
    with open("p.yaml", "w") as file:
        file.write("program: P\ncurrency: USD\ntimezone: America/New_York\n")
    leima("rules", "publish", "L", "p.yaml", "--from", "2000-01-01").expect(0)
    leima("import", "L", path, "--map",
          os.path.join(TREE, "tools", "maps", "cdnow.yaml")).expect(0)
    found = leima("rfm", "L", "--at", "2017-09-30T23:59:59-04:00", "--json")
    rows = {int(row["account"]): row
            for row in found.expect(0).json()["accounts"]}

    orders = {}
    with open(path) as file:
        for line in file:
            _, customer, date, _, dollars = line.split()
            if date <= "19970930":
                orders.setdefault(int(customer), []).append(
                    (date, round(float(dollars) * 100)))
    with open(shared("cdnow", "cdnow_customers_summary.csv")) as file:
        published = list(csv.DictReader(file))
    equal("customers", len(published), len(rows))
    for one in published:
        row, own = rows[int(one["ID"])], orders[int(one["ID"])]
        twice = len(own) - len({date for date, _ in own})
        age = round(float(one["T"]) * 7)
        equal(f"frequency of {one['ID']}", row["frequency"] - twice - 1,
              int(one["frequency"]))
        equal(f"recency of {one['ID']}",
              round((age - row["recency_days"]) / 7, 2),
              round(float(one["recency"]), 2))
        equal(f"money of {one['ID']}", row["monetary"],
              sum(cents for _, cents in own))


if __name__ == "__main__":
    main(globals())
