#!/usr/bin/env python3
"""test_split.py - one history sold by three stores is one history at the hub

Online Retail, its rows dealt out to three store nodes, one of which connects
only after the others have sent everything.  Dealt by customer, the hub's
accounts are those of one ledger that imported the whole file; dealt by any
rule, those of one ledger that imported the three exports (equal times are
ordered by node, so the whole file in one piece may differ).
"""
import csv
import gzip
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import TREE, leima, main, shared  # noqa: E402
from network import Hub, Node, join, kill_all, wait  # noqa: E402

MAP = os.path.join(TREE, "tools", "maps", "online_retail.yaml")
RULES = """program: Retail
currency: GBP
timezone: Europe/London
partners: [{id: shop, stores: [1], issue_price: 0.01, redeem_price: 0.01}]
points: {expire_months: 2}
earn: [{id: base, per: 1.00, points: 1},
       {id: weekend, when: {weekdays: [sat, sun]}, multiply: 2}]
tiers:
  window: 12 months
  valid_for: 12 months
  levels: [{id: basic}, {id: gold, from: 1000.00, multiply: 1.5}]
"""
AT = "2011-06-01T00:00:00Z"


def ledger(name, *words):
    leima("init", name, *words).expect(0)
    leima("rules", "publish", name, "rules.yaml", "--from",
          "2000-01-01").expect(0)


def digest(name):
    return leima("verify", name, "--digest", "--at", AT).expect(0).out


def deal(store_of):
    """The rows in three files, by a rule."""
    with gzip.open(shared("online_retail",
                          "online_retail_2010-12_2011-03.csv.gz"),
                   "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    names = []
    for store in range(3):
        names.append(f"part{store}.csv")
        with open(names[-1], "w", encoding="utf-8", newline="") as part:
            writer = csv.writer(part)
            writer.writerow(rows[0])
            writer.writerows(row for row in rows[1:]
                             if row[6] and store_of(row) == store)
    with open("whole.csv", "w", encoding="utf-8", newline="") as whole:
        writer = csv.writer(whole)
        writer.writerow(rows[0])
        writer.writerows(row for row in rows[1:] if row[6])
    return names


def count(name):
    return len(leima("export", name).expect(0).out.splitlines())


def sell_and_send(parts):
    """Three nodes import their parts; the third connects when all else is
    at the hub."""
    ledger("hq", "--node", 100)
    hub = Hub()
    nodes = [join(number, "--stores", "1") for number in (11, 12, 13)]
    late = nodes[2]
    late.stop()
    for node, part in zip(nodes, parts):
        leima("import", node.ledger, part, "--map", MAP).expect(0)
    early = count(nodes[0].ledger) + count(nodes[1].ledger)
    wait("two stores at the hub", lambda: count("hq") == early)
    nodes[2] = Node(13)
    total = early + count(late.ledger)
    wait("all stores at the hub", lambda: count("hq") == total)
    for node in nodes:
        node.stop()
    hub.stop()
    assert total == 5765
    return [node.ledger for node in nodes]


def import_exports(ledgers):
    ledger("exports", "--node", 101)
    for name in ledgers:
        with open("export.jsonl", "w", encoding="utf-8") as file:
            file.write(leima("export", name).expect(0).out)
        leima("import", "exports", "export.jsonl").expect(0)


def with_network(test):
    def run():
        with open("rules.yaml", "w", encoding="utf-8") as file:
            file.write(RULES)
        try:
            test()
        finally:
            kill_all()
    run.__name__ = test.__name__
    return run


@with_network
def test_dealt_by_customer():
    ledgers = sell_and_send(deal(lambda row: int(float(row[6])) % 3))
    ledger("whole", "--node", 102)
    leima("import", "whole", "whole.csv", "--map", MAP).expect(0)
    import_exports(ledgers)
    assert digest("hq") == digest("whole")
    assert digest("hq") == digest("exports")


@with_network
def test_dealt_by_invoice():
    ledgers = sell_and_send(deal(lambda row: sum(map(ord, row[0])) % 3))
    import_exports(ledgers)
    assert digest("hq") == digest("exports")


if __name__ == "__main__":
    main(globals())
