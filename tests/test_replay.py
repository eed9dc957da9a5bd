#!/usr/bin/env python3
"""leima replay, from outside: a real history against decimal arithmetic, the
figures of settle and accounts, one pass of several candidates, the forms."""

import csv
import decimal
import gzip
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import TREE, leima, main, shared  # noqa: E402

HEAD = """program: Shop
currency: GBP
timezone: Europe/London
partners: [{id: shop, stores: [1], issue_price: 0.010, redeem_price: 0.009}]
earn:
  - {id: base, per: 1.00, points: 1}
"""
DOUBLE = HEAD + "  - {id: big, when: {min_total: 100.00}, multiply: 2}\n"


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def equal(what, found, wanted):
    assert found == wanted, f"{what}: {found}, expected {wanted}"


UNTIL = "2011-06-01T00:00:00Z"


def retail():
    with gzip.open(shared("online_retail",
                          "online_retail_2010-12_2011-03.csv.gz")) as packed:
        write("retail.csv", packed.read().decode("utf-8"))
    write("base.yaml", HEAD)
    write("double.yaml", DOUBLE)
    leima("init", "L").expect(0)
    leima("rules", "publish", "L", "base.yaml", "--from",
          "2000-01-01").expect(0)
    leima("import", "L", "retail.csv", "--map",
          os.path.join(TREE, "tools", "maps", "online_retail.yaml")).expect(5)


def receipts():
    """The eligible amount of each receipt, bought and brought back."""
    found = {}
    with open("retail.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["CustomerID"] == "":
                continue
            amount = (decimal.Decimal(row["Quantity"]) *
                      decimal.Decimal(row["UnitPrice"])).quantize(
                          decimal.Decimal("0.01"), decimal.ROUND_HALF_UP)
            key = row["InvoiceNo"], row["CustomerID"]
            found.setdefault(key, []).append(amount)
    for (invoice, _), amounts in found.items():
        back = invoice.startswith("C") or sum(amounts) < 0
        sign = -1 if back else 1
        yield back, sum(max(sign * a, 0) for a in amounts)


def points(amount, double):
    whole = int(amount)
    return whole * 2 if double and amount >= 100 else whole


def replay(*words):
    return leima("replay", "L", "--until", UNTIL, *words).expect(0)


def test_double_points_on_great_receipts():
    retail()
    report = replay("--rules", "double.yaml", "--json").json()
    for name, double in (("baseline", False), ("candidate", True)):
        issued = sum(points(a, double) for back, a in receipts() if not back)
        back = sum(points(a, double) for back, a in receipts() if back)
        equal(name + " issued", report[name]["issued"], issued)
        equal(name + " reversed", report[name]["reversed"], back)
        equal(name + " cost", report[name]["accrual_cost"], issued - back)
    equal("events", report["events"], 5765)
    equal("rules", [(r["rule"], r["baseline"] > 0, r["candidate"] > 0)
                    for r in report["rules"]],
          [("base", True, True), ("big", False, True)])


def test_published_rules_make_no_difference():
    retail()
    report = replay("--rules", "base.yaml", "--json").json()
    equal("sides", report["baseline"], report["candidate"])
    equal("changed", report["changed"],
          {"up": 0, "down": 0, "same": report["accounts"],
           "tier_up": 0, "tier_down": 0})
    accounts = leima("accounts", "L", "--json", "--at",
                     UNTIL).expect(0).lines()
    equal("accounts", report["accounts"], len(accounts))
    equal("outstanding less debt",
          report["baseline"]["outstanding"] - report["baseline"]["debt"],
          sum(row["balance"] for row in accounts))
    net = 0
    for month in report["months"]:
        settled = leima("settle", "L", "--period", month["month"], "--format",
                        "json").expect(0).json()
        part = settled["partners"][0]
        equal("issued", month["baseline_issued"], part["issued"])
        net += part["net"]
    equal("net", report["partners"][0]["baseline_net"], net)


def test_many_candidates_in_one_pass():
    retail()
    one = replay("--rules", "double.yaml", "--json").json()
    many = replay("--rules", "base.yaml", "--rules", "double.yaml",
                  "--json").json()
    equal("candidates", [c["candidate"] for c in many["candidates"]],
          ["base.yaml", "double.yaml"])
    equal("figures", many["candidates"][1]["figures"], one["candidate"])
    equal("changed", many["candidates"][1]["changed"], one["changed"])
    varied = replay("--rules", "base.yaml", "--vary",
                    "earn.base.points=1..3:1", "--json").json()
    issued = [c["figures"]["issued"] for c in varied["candidates"]]
    equal("one point", issued[0], one["baseline"]["issued"])
    equal("rows", [c["candidate"] for c in varied["candidates"]],
          [f"earn.base.points={n}" for n in (1, 2, 3)])
    assert issued[0] < issued[1] < issued[2], issued


def test_forms():
    retail()
    out = replay("--rules", "double.yaml", "--per", "account", "--output",
                 "rows.csv", "--html", "page.html").out
    assert "accounts get more points" in out, out
    report = replay("--rules", "double.yaml", "--json").json()
    with open("rows.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    equal("rows", len(rows), report["accounts"])
    net = report["candidate"]["issued"] - report["candidate"]["reversed"]
    equal("points", sum(int(r["candidate_points"]) for r in rows), net)
    equal("order", [int(r["account"]) for r in rows],
          sorted(int(r["account"]) for r in rows))
    with open("page.html", encoding="utf-8") as file:
        page = file.read()
    data = page.split('id="data">')[1].split("</script>")[0]
    equal("page", json.loads(data)["report"]["candidate"],
          report["candidate"])
    assert "http://" not in data and "src=" not in page.split("Chart.js")[0]


def test_segments_add_up():
    retail()
    parts = [replay("--rules", "double.yaml", "--segment", segment,
                    "--json").json()
             for segment in ("spend=0..500", "!spend=0..500")]
    whole = replay("--rules", "double.yaml", "--json").json()
    for key in ("events", "accounts"):
        equal(key, sum(p[key] for p in parts), whole[key])
    for key in ("issued", "reversed", "outstanding"):
        equal(key, sum(p["candidate"][key] for p in parts),
              whole["candidate"][key])
    assert 0 < parts[0]["accounts"] < whole["accounts"]


def test_bad_programs_fail_at_once():
    write("bad.yaml", HEAD + "  - {id: base, per: 1.00, points: 1}\n")
    done = leima("replay", "nowhere", "--rules", "bad.yaml").expect(1)
    assert "bad.yaml:7:" in done.err, done.err


if __name__ == "__main__":
    main(globals())
