#!/usr/bin/env python3
"""test_wire.py - real hubs and nodes over wires and on disks gone bad

Connections that are reset in the middle of a frame, bits turned on the way,
disks of a hub and of a node that fill up and get room again: what was
acknowledged is at the hub in the end, once.
"""
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disk import Disk  # noqa: E402
from leima import leima, main  # noqa: E402
from network import (Hub, Wire, events, has, join,  # noqa: E402
                     kill_all, sell, status, till, wait)


def network(test):
    """Whatever a test starts ends with it."""
    def run():
        try:
            test()
        finally:
            kill_all()
    run.__name__ = test.__name__
    return run


# --- the wire -------------------------------------------------------------

def sell_over(flip, least, most):
    """A node sells over a wire that breaks every so many bytes."""
    leima("init", "hq", "--node", 1).expect(0)
    wire = Wire(Hub().endpoint)
    node = join(11, "--endpoint", wire.endpoint)
    wire.flip = flip
    wire.break_after = lambda: random.randint(least, most)
    wire.cut()
    sold = []
    until = time.monotonic() + 3
    while time.monotonic() < until or wire.broken < 3:
        sold += sell(node.ledger, random.randint(1, 40), prefix=f"W{len(sold)}")
        assert time.monotonic() < until + 300, "the wire never broke"
    wire.break_after = None
    wire.cut()
    wait("all sales at the hub", lambda: has("hq", sold))
    assert len(events("hq")) == len(sold)
    leima("verify", "hq").expect(0)
    node.stop()
    wire.end()


@network
def test_resets_in_the_middle_of_frames():
    sell_over(False, 1500, 30000)


@network
def test_bits_turned_on_the_way():
    """The encryption notices; nothing bent gets as far as the journal."""
    sell_over(True, 1500, 30000)


@network
def test_a_hub_that_stood_still_lives_on():
    """More frames than it takes at once had come, and then a reset, when
    libzmq's heartbeats, of either side, would have been due: version 4.3.4
    asserts that this is not."""
    leima("init", "hq", "--node", 1).expect(0)
    hub = Hub()
    wire = Wire(hub.endpoint)
    node = join(11, "--endpoint", wire.endpoint)
    one = till("n11")
    hub.process.send_signal(signal.SIGSTOP)
    sold = []
    for number in range(130):
        sold += one.say({"kind": "purchase", "member": 42, "total": 100,
                         "receipt": f"S{number}"})["events"]
        time.sleep(0.15)                # each in a frame of its own
    wire.reset()
    hub.process.send_signal(signal.SIGCONT)
    wait("all sales at the hub", lambda: hub.ended() or has("hq", sold))
    assert not hub.ended(), hub.tail()
    one.close()
    node.stop()
    hub.stop()
    wire.end()


# --- the disk -------------------------------------------------------------

def fill(ledger):
    """Sells until there is no room; returns what was acknowledged."""
    sold = []
    while True:
        lines = "".join(f'{{"kind": "purchase", "member": 42, "receipt": '
                        f'"F{len(sold) + i}", "total": 100}}\n'
                        for i in range(40))
        done = leima("append", ledger, given=lines)
        if done.status != 0:
            assert done.status == 4, done.err
            assert "no space left" in done.err, done.err
            assert "nothing has changed" in done.err, done.err
            return sold
        sold += done.out.split()
        assert len(sold) < 100000


@network
def test_a_node_whose_disk_fills_up():
    """It refuses sales, sends what it has, and goes on when there is room."""
    leima("init", "hq", "--node", 1).expect(0)
    Hub()
    with Disk("1m") as disk:
        leima("init", "disk/n11", "--node", 11).expect(0)
        os.symlink("disk/n11", "n11")
        node = join(11)
        sold = fill("n11")
        assert len(sold) > 100, len(sold)
        wait("the sales before", lambda: has("hq", sold))
        assert not node.ended(), node.tail()
        disk.resize("32m")
        more = sell("n11", 20, prefix="AFTER")
        wait("the sales after", lambda: has("hq", more))
        assert len(events("hq")) == len(sold) + len(more)
        node.stop()
        leima("verify", "n11").expect(0)
        kill_all()


@network
def test_a_hub_whose_disk_fills_up():
    """Nodes sell on, and send again when it has room; nobody restarts it."""
    with Disk("1m") as disk:
        leima("init", "disk/hq", "--node", 1).expect(0)
        hub = Hub("disk/hq")
        node = join(11, hub="disk/hq")
        sold = []
        while not hub.said(" full "):
            sold += sell("n11", 200, prefix=f"S{len(sold)}.")
            assert len(sold) < 100000, "it never filled up"
            # A hub that is slow is not run away from.
            wait("the hub", lambda: hub.said(" full ") or
                 status("n11")["unacknowledged"] < 2000)
        assert not has("disk/hq", sold)
        assert not hub.ended(), hub.tail()
        # A machine that is started again meanwhile has no more room.
        with open("disk/filler", "wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)) == 4096:
                    pass
            except OSError:
                pass
        hub.stop()
        hub = Hub("disk/hq", hub.endpoint)
        with open("disk/hq/pulse", "r+b") as file:
            at = file.read().index(b'"at": "20') + len(b'"at": "')
            file.seek(at)
            file.write(b"19")
        told = leima("status", "disk/hq").expect(0).out
        assert "or finds no room to say it" in told, told
        disk.resize("64m")
        wait("all sales", lambda: has("disk/hq", sold))
        assert len(events("disk/hq")) == len(sold)
        leima("verify", "disk/hq").expect(0)
        kill_all()


main(globals())
