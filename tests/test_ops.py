#!/usr/bin/env python3
"""test_ops.py - what operations and tills ask of running hubs and nodes

Redemptions with the hub and without it, status, metrics, keys in a safe, and
an end by SIGTERM that keeps what was acknowledged.
"""
import os
import shutil
import stat
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import leima, main  # noqa: E402
from network import (Hub, Node, events, has, join, kill_all,  # noqa: E402
                     sell, wait)

# One cent gives one point, one point is worth a cent.
PROGRAM = """
program: ops
currency: EUR
timezone: Europe/Helsinki
partners: [{id: market, stores: [1-99], issue_price: 0.01, redeem_price: 0.01}]
points: {value: 0.01, min_redemption: 100}
earn: [{id: base, per: 0.01, points: 1}]
rewards: [{id: cup, value: 4.00, points: 300}]
offline: {max_value: 20.00, max_age_days: 7}
"""


def network(test):
    """Whatever a test starts ends with it."""
    def run():
        try:
            leima("init", "hq", "--node", 1).expect(0)
            with open("program.yaml", "w") as file:
                file.write(PROGRAM)
            leima("rules", "publish", "hq", "program.yaml", "--from",
                  "2000-01-01").expect(0)
            test()
        finally:
            kill_all()
    run.__name__ = test.__name__
    return run


def told(ledger, member=42):
    """Whether the ledger knows the member's points."""
    found = leima("balance", ledger, member, "--json")
    return found.status == 0 and found.json()["available"] > 0


def earn(ledger, total, member=42, receipt="E1"):
    leima("append", ledger, given=(
        f'{{"kind": "purchase", "member": {member}, "receipt": "{receipt}", '
        f'"total": {total}}}\n')).expect(0)


def redeem(ledger, points, id, *words, member=42):
    found = leima("redeem", ledger, member, "--points", points, "--id", id,
                  "--json", *words)
    assert found.status in (0, 1) and found.out, found.err
    return found.json()


def check(found, **expected):
    for key, value in expected.items():
        assert found.get(key) == value, f"{key}: {found}, expected {value}"


@network
def test_offline_by_the_limits_of_the_rules():
    hub = Hub()
    node = join(11)
    earn("n11", 10000)
    wait("the copy", lambda: redeem("n11", 100, "dry", "--dry-run")
         .get("verdict") == "granted")
    hub.stop()
    node.stop()
    check(redeem("n11", 1500, "a"), verdict="granted", by="offline",
          limit_left=2000)
    check(redeem("n11", 1500, "a"), verdict="granted", known=True)
    said = leima("redeem", "n11", 42, "--points", 501, "--id", "b").expect(1)
    assert "offline_limit" in said.err, said.err
    assert "5.01 asked, 15.00 of 20.00 used today" in said.err, said.err
    check(redeem("n11", 99, "c"), reason="below_minimum", minimum=100)
    check(redeem("n11", 8501, "d"), reason="too_little", available=8500)
    check(redeem("n11", 100, "e", member=43), reason="unknown")
    check(leima("redeem", "n11", 42, "--reward", "cup", "--id", "f",
                "--json").expect(0).json(), by="offline", value=400)
    check(redeem("n11", 101, "g"), reason="offline_limit", limit_used=1900)

    # When the hub has folded what was granted, it still counts today.
    hub = Hub(listen=hub.endpoint)
    node = Node(11)
    wait("the redemptions at the hub", lambda: len(events("hq")) == 3)
    wait("the state to come down", lambda: leima(
        "balance", "n11", 42, "--json").json()["available"] == 8200)
    time.sleep(0.3)
    node.stop()
    check(redeem("n11", 101, "h"), reason="offline_limit", limit_used=1900)
    check(redeem("n11", 100, "i"), verdict="granted", by="offline")


if __name__ == "__main__":
    main(globals())
