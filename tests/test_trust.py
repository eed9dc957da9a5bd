#!/usr/bin/env python3
"""test_trust.py - what a rogue may say: nobody rules by a word nobody signed

The rogue is a store's node that is enrolled and has an honest key, and a
journal that it made up: it got it from a hub of its own.
"""
import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import leima, main  # noqa: E402
from network import (PROGRAM, Hub, Node, Standby, digest,  # noqa: E402
                     enrol, free_endpoint, has, join, network, sell, stand_by,
                     status, versions, wait, wait_for_heir, wait_for_hubs,
                     wait_until_signed)


def make_rogue(number, incarnation, *published):
    """A ledger nNUMBER that holds what a false hub of node 1 has said."""
    keys = Node(number, "--join", "-", given=enrol(number))
    wait("the rogue to be enrolled", lambda: keys.said(" connected "))
    keys.stop()
    shutil.move(f"n{number}/keys", "honest")
    shutil.rmtree(f"n{number}")
    leima("init", "false", "--node", 1, "--incarnation",
          incarnation).expect(0)
    for day in published:
        leima("rules", "publish", "false", PROGRAM, "--from", day).expect(0)
    hub = Hub("false")
    node = Node(number, "--join", "-", given=enrol(number, hub="false"))
    wait("the false hub", lambda: node.said(" connected "))
    wait("its list", lambda: status(f"n{number}")["position"] > len(published))
    wait_until_signed(f"n{number}", len(published))
    node.stop()
    hub.stop()
    shutil.rmtree(f"n{number}/keys")
    shutil.move("honest", f"n{number}/keys")


def lose_and_restore(hub):
    """The hub's disk is lost and comes back from the directory `copy`."""
    hub.kill()
    shutil.rmtree("hq")
    leima("restore", "hq", "copy").expect(0)
    shutil.rmtree("hq/keys")
    shutil.copytree("keys", "hq/keys")
    return Hub(listen=hub.endpoint)


@network
def test_a_rogue_brings_back_what_was_never_published():
    hub = Hub()
    node = join(11)
    make_rogue(12, 5, "2002-02-02")
    leima("backup", "hq", "copy").expect(0)
    shutil.copytree("hq/keys", "keys")
    leima("rules", "publish", "hq", PROGRAM, "--from", "2001-01-01").expect(0)
    wait_until_signed("n11", 2)
    hub = lose_and_restore(hub)
    rogue = Node(12)
    wait("the alarm", lambda: hub.said("what=unsigned peer=12"))
    wait("what was published, from the honest one", lambda:
         versions("hq") == 2)
    wait("the end of it", lambda: hub.said("refilled"))
    days = [each["from"] for each in
            leima("rules", "list", "hq", "--json").expect(0).lines()]
    assert days == ["2000-01-01", "2001-01-01"], days
    assert not hub.said("what=unsigned peer=11")
    assert not node.said("what=right")
    # Its sales are taken all the same.
    sold = sell("n12", 2)
    wait("its sales", lambda: has("hq", sold))
    rogue.stop()


@network
def test_a_rogue_deposes_nobody():
    hub = Hub()
    node = join(11)
    make_rogue(12, int(time.time() + 3600) << 20)
    rogue = Node(12)
    wait("the alarm", lambda: hub.said("what=unproved peer=12"))
    sold = sell("n11", 3)
    wait("sales", lambda: has("hq", sold))
    leima("rules", "publish", "hq", PROGRAM, "--from", "2001-01-01").expect(0)
    wait("new rules", lambda: versions("n11") == 2)
    assert not hub.ended() and not has("hq", sell("n12", 1))
    rogue.stop()
    node.stop()
    # Neither after a restart.
    hub.stop()
    hub = Hub(listen=hub.endpoint)
    hub.stop()


@network
def test_a_successor_believes_its_predecessor():
    """What the first hub published when the standby was away."""
    hub = Hub()
    node = join(11)
    standby = stand_by("hq2", 2)
    wait_for_hubs(node.ledger)
    wait("the rules there", lambda: versions("hq2") == 1)
    wait_for_heir("hq2")
    standby.stop()
    leima("rules", "publish", "hq", PROGRAM, "--from", "2001-01-01").expect(0)
    wait_until_signed("n11", 2)
    hub.kill()
    assert versions("hq2") == 1
    leima("hub", "hq2", "--promote").expect(0)
    hub = Hub("hq2", standby.endpoint)
    wait("the rules that it missed", lambda: versions("hq2") == 2)
    assert not hub.said("what=unsigned")
    wait("the end of it", lambda: hub.said("refilled"))
    leima("rules", "publish", "hq2", PROGRAM, "--from", "2002-01-01").expect(0)
    wait("newest rules", lambda: versions("n11") == 3)


@network
def test_a_relay_is_told_all_but_the_books():
    Hub()
    join(11)
    sold = sell("n11", 5)
    string = enrol(3, "--role", "relay")
    relay = Standby("relay", free_endpoint(), given=string)
    wait("the sales at the relay", lambda: has("relay", sold))
    wait("the rules there", lambda: versions("relay") == 1)
    sold += sell("n11", 5, prefix="B")
    wait("more of them", lambda: has("relay", sold))
    assert digest("relay") == digest("hq")
    assert leima("enrol", "list", "relay", "--json").expect(0).out == ""
    # What it has is on no second disk of HQ.
    time.sleep(1.5)
    assert status("n11")["safe"] == 0
    relay.stop()


@network
def test_a_relay_writes_no_books():
    """One whose ledger was a hub, and enrolled nodes of its own."""
    hub = Hub()
    leima("init", "relay", "--node", 3).expect(0)
    enrol(77, "--endpoint", "tcp://127.0.0.1:1", hub="relay")
    string = enrol(3, "--role", "relay")
    relay = Standby("relay", free_endpoint(), given=string)
    wait("the alarm", lambda: hub.said("what=right peer=3"))
    time.sleep(0.5)
    numbers = [each["node"] for each in
               leima("enrol", "list", "hq", "--json").expect(0).lines()]
    assert numbers == [3], numbers
    relay.kill()


@network
def test_two_things_under_one_identity_are_told():
    """A store brings a copy of another's sale that says something else."""
    hub = Hub()
    join(11)
    rogue = join(12)
    [sold] = sell("n11")
    wait("the sale", lambda: has("hq", [sold]))
    told = [line for line in leima("export", "n11").expect(0).lines()
            if line["event"] == sold]
    told[0]["total"] += 1
    with open("copy.jsonl", "w") as out:
        out.write(json.dumps(told[0]) + "\n")
    leima("import", "n12", "copy.jsonl").expect(0)
    wait("the alarm", lambda: hub.said(f"what=differs event={sold} "
                                       "aside_by=12 "))
    with open(hub.err) as log:
        [line] = [line for line in log if "what=differs" in line]
    facts = dict(each.split("=", 1) for each in line.split() if "=" in each)
    assert facts["counts_by"] == "11", line
    [aside] = [each for each in status("hq")["findings"]
               if each["kind"] == "quarantined"]
    assert aside["event"] == sold
    for word in ("node 12", facts["aside"], facts["counts"]):
        assert word in aside["reason"], (word, aside)
    brought = {each["node"]: each["quarantined"]
               for each in status("hq")["nodes"]}
    assert (brought[11], brought[12]) == (0, 1), brought
    wait("the metric", lambda: "leima_conflicting_events{node=\"1\"} 1\n" in
         leima("status", "hq", "--prometheus").out)
    # It was told once, and is counted for good.
    rogue.stop()
    hub.stop()
    hub = Hub(listen=hub.endpoint)
    rogue = Node(12)
    wait("the rogue", lambda: hub.said(" admitted peer=12"))
    wait("the metric", lambda: "leima_conflicting_events{node=\"1\"} 1\n" in
         leima("status", "hq", "--prometheus").out)
    assert not hub.said("what=differs"), hub.tail()


@network
def test_a_program_larger_than_a_frame():
    """It goes to nodes and standbys in parts, and comes back from them."""
    with open("large.yaml", "w") as out:
        out.write(open(PROGRAM).read())
        out.write("# a comment of sixty-four bytes, which nobody will ever "
                  "read\n" * 40000)
    assert os.path.getsize("large.yaml") > 2 << 20
    hub = Hub()
    node = join(11)
    standby = stand_by("hq2", 2)
    leima("backup", "hq", "copy").expect(0)
    shutil.copytree("hq/keys", "keys")
    leima("rules", "publish", "hq", "large.yaml",
          "--from", "2001-01-01").expect(0)
    wait("it at the node", lambda: versions("n11") == 2)
    wait("it at the standby", lambda: versions("hq2") == 2)
    # What is published after it comes after it.
    leima("rules", "publish", "hq", PROGRAM, "--from", "2002-01-01").expect(0)
    wait_until_signed("n11", 3)
    standby.stop()
    hub = lose_and_restore(hub)
    wait("both from the node", lambda: versions("hq") == 3)
    assert not hub.said("what=unsigned") and not node.said("what=right")
    sold = sell("n11", 3)
    wait("sales", lambda: has("hq", sold))
    leima("verify", "hq").expect(0)


if __name__ == "__main__":
    main(globals())
