#!/usr/bin/env python3
"""test_standby.py - the loss of a hub: standbys, promotion, backups, restoring

Nothing that `append` answered is lost when the hub's machine is, whether a
standby takes its place or a backup does; and whoever is of the past rules
nothing.
"""
import json
import os
import shutil
import sys
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import leima, main  # noqa: E402
from network import (PROGRAM, Hub, Node, Process, Standby,  # noqa: E402
                     Wire, copy, copy_files, digest, enrol, events,
                     free_endpoint, has, join, move,
                     network, sell, stand_by, status, versions, wait,
                     wait_for_heir, wait_for_hubs, wait_until_signed,
                     wait_until_told)


@network
def test_a_standby_holds_everything_and_takes_over():
    hub = Hub()
    nodes = [join(number) for number in (11, 12)]
    sold = [s for node in nodes for s in sell(node.ledger, 30)]
    wait("the sales at the hub", lambda: has("hq", sold))
    standby = stand_by("hq2", 2)
    wait("old sales at the standby", lambda: has("hq2", sold))
    for node in nodes:
        sold += sell(node.ledger, 20, prefix="LIVE")
    wait("new sales at the standby", lambda: has("hq2", sold))
    wait("the rules there", lambda: versions("hq2") == 1)
    assert digest("hq") == digest("hq2")
    leima("verify", "hq2").expect(0)

    # It rules nothing as long as it stands by.
    leima("rules", "publish", "hq2", PROGRAM, "--from", "2001-01-01").expect(1)
    for node in nodes:
        wait_for_hubs(node.ledger)

    wait_for_heir("hq2")
    assert standby.said(" taught epoch=")
    assert "can be promoted" in leima("status", "hq2").expect(0).out
    hub.kill()
    for node in nodes:
        sold += sell(node.ledger, 10, prefix="DARK")
    leima("hub", "hq2", "--promote").expect(0)
    wait("the new hub", lambda: standby.told("listening"))
    wait("all sales at the new hub", lambda: has("hq2", sold))
    assert len(events("hq2")) == len(sold) == 120
    leima("verify", "hq2").expect(0)

    # Rules come from there now; and who joins joins there.
    leima("rules", "publish", "hq2", PROGRAM, "--from", "2001-01-01").expect(0)
    for node in nodes:
        wait("new rules", lambda: versions(node.ledger) == 2)
    third = Node(13, "--join", "-", given=enrol(13, hub="hq2"))
    wait("rules of both hubs", lambda: os.path.exists("n13") and
         leima("rules", "list", "n13", "--json").status == 0 and
         versions("n13") == 2)
    third.stop()


@network
def test_a_store_with_a_new_key_knows_the_standby():
    """And a string that was printed before the standby took over is good
    there, too."""
    hub = Hub()
    standby = stand_by("hq2", 2)
    node = join(11)
    wait_for_hubs(node.ledger)
    wait_for_heir("hq2")
    node.stop()
    node = Node(11, "--join", "-", given=leima(
        "enrol", "rotate", "hq", "--node", 11).expect(0).out)
    wait("the node to join", lambda: node.said(" connected "))
    sold = sell("n11", 3)
    string = enrol(12)
    wait("all at the standby", lambda: has("hq2", sold) and
         12 in [line["node"] for line in enrolled("hq2")])
    hub.kill()
    leima("hub", "hq2", "--promote").expect(0)
    sold += sell("n11", 2, prefix="L")
    wait("its sales at the heir", lambda: has("hq2", sold), 60)
    other = Node(12, "--join", "-", given=string)
    wait("a store to join at the heir", lambda: other.said(" connected "), 60)
    sold += sell("n12", 2, prefix="M")
    wait("its sales, too", lambda: has("hq2", sold))
    standby.stop()
    node.stop()
    other.stop()


def publish_brands(count):
    """Rules by which each sale earns points of so many partners."""
    brands = [f"brand{number:03}" for number in range(count)]
    with open("brands.yaml", "w", encoding="utf-8") as file:
        file.write("program: Brands\ncurrency: EUR\n"
                   "timezone: Europe/Helsinki\npartners:\n")
        file.writelines(f"  - {{id: {brand}, issue_price: 0.01, "
                        "redeem_price: 0}\n" for brand in brands)
        file.write("earn:\n")
        file.writelines(f"  - {{id: r-{brand}, points: 1, funder: {brand}}}\n"
                        for brand in brands)
    leima("rules", "publish", "hq", "brands.yaml", "--from",
          "2001-01-01").expect(0)


@network
def test_a_month_of_many_rows_is_closed_and_stood_by():
    hub = Hub()
    standby = stand_by("hq2", 2)
    publish_brands(300)
    leima("import", "hq", "-", given="".join(
        json.dumps({"kind": "purchase", "at": "2026-01-10T12:00:00Z",
                    "store": store, "member": 42, "receipt": "A",
                    "total": 100}) + "\n"
        for store in range(1, 151))).expect(0)
    words = ("--period", "2026-01")
    leima("settle", "hq", *words, "--close", "--force",
          "--format", "hledger").expect(0)
    wait("the close at the standby",
         lambda: leima("settle", "key", "hq2").status == 0)
    for ledger in ("hq", "hq2"):
        leima("settle", ledger, *words, "--signed",
              "--output", f"signed-{ledger}").expect(0)
    names = sorted(os.listdir("signed-hq"))
    assert len(names) >= 602, len(names)
    for name in names:
        with open(f"signed-hq/{name}", "rb") as mine, \
                open(f"signed-hq2/{name}", "rb") as theirs:
            assert mine.read() == theirs.read(), name
    whole = "signed-hq2/settle-2026-01.json"
    assert os.path.getsize(whole) > 1 << 24
    key = leima("settle", "key", "hq").expect(0).out.strip()
    for name in (whole, "signed-hq2/settle-2026-01-brand007.json"):
        leima("settle", "verify", name, "--key", key).expect(0)
    leima("verify", "hq2").expect(0)

    # Who takes over closes the next month, and no month twice.
    wait_for_heir("hq2")
    hub.kill()
    leima("hub", "hq2", "--promote").expect(0)
    wait("the new hub", lambda: standby.told("listening"))
    again = leima("settle", "hq2", *words, "--close", "--force").expect(1).err
    assert "closed already" in again, again
    leima("settle", "hq2", "--period", "2026-02", "--close",
          "--force").expect(0)


@network
def test_a_standby_that_was_told_nothing_is_not_promoted():
    hub = Hub()
    node = join(11)
    sold = sell(node.ledger, 3)
    wait("the sales", lambda: has("hq", sold))
    standby = stand_by("hq2", 2)
    wait("the sales at the standby", lambda: has("hq2", sold))
    standby.stop()
    # As it was when it had joined, and nothing had come yet.
    shutil.move("hq2/keys", "keys")
    shutil.rmtree("hq2")
    leima("init", "hq2", "--node", 2).expect(0)
    shutil.rmtree("hq2/keys", ignore_errors=True)
    shutil.move("keys", "hq2/keys")
    said = leima("hub", "hq2", "--promote").expect(1).err
    assert "has not been given the allow-list by its hub yet" in said, said
    standby = Standby("hq2", standby.endpoint)
    wait("the sales at the standby", lambda: has("hq2", sold))
    wait_for_heir("hq2")
    hub.kill()
    leima("hub", "hq2", "--promote").expect(0)
    wait("the new hub", lambda: standby.told("listening"))
    sold += sell(node.ledger, 1, prefix="NEW")
    wait("a sale at the new hub", lambda: has("hq2", sold))


@network
def test_a_hub_of_the_past_rules_nothing():
    hub = Hub()
    node = join(11)
    sold = sell(node.ledger, 5)
    wait("the sales at the hub", lambda: has("hq", sold))
    standby = stand_by("hq2", 2)
    wait("the sales at the standby", lambda: has("hq2", sold))
    wait_for_hubs(node.ledger)
    wait_for_heir("hq2")
    hub.kill()
    leima("hub", "hq2", "--promote").expect(0)
    wait("the new hub", lambda: standby.told("listening"))
    sold += sell(node.ledger, 5, prefix="NEW")
    wait("sales at the new hub", lambda: has("hq2", sold))

    # The old one comes back, with a sale that it alone has; a node that knows
    # better finds it.
    own = sell("hq", 1, prefix="ATHQ")
    old = Hub(listen=hub.endpoint)
    standby.stop()
    wait("the old hub to step down", lambda: told(old, "standing by"))
    refused = leima("rules", "publish", "hq", PROGRAM, "--from", "2002-01-01")
    assert "has joined a hub" in refused.expect(1).err

    # It is the standby of the one that took over.
    standby = Hub("hq2", standby.endpoint)
    wait("all at the old hub", lambda: has("hq", sold))
    wait("what it had, at the new one", lambda: has("hq2", own))
    assert digest("hq") == digest("hq2")
    sold += sell(node.ledger, 5, prefix="NEWER")
    wait("newer sales at both", lambda: has("hq2", sold) and has("hq", sold))
    wait("a list with both", lambda: len(enrolled("hq2")) == 3)
    old.stop()
    # And is so after a restart.
    old = Standby("hq", hub.endpoint)
    sold += sell(node.ledger, 1, prefix="LAST")
    wait("the last sale at both", lambda: has("hq", sold))

    # One that was stolen is revoked.
    leima("enrol", "revoke", "hq2", "--node", 1).expect(0)
    wait("it to be refused", lambda: old.said("what=\"not enrolled"))


class Cable:
    """All the ways between two hubs; stores have their own."""

    def __init__(self, *endpoints):
        self.ways = [Wire(endpoint) for endpoint in endpoints]

    def cut(self):
        for way in self.ways:
            way.closed = True
            way.cut()

    def mend(self):
        for way in self.ways:
            way.closed = False

    def end(self):
        for way in self.ways:
            way.end()


def wire_up():
    """A hub and its standby, with a cable between them."""
    listen, at = free_endpoint(), free_endpoint()
    cable = Cable(listen, at)
    hub = Hub("hq", listen, "--endpoint", cable.ways[0].endpoint)
    string = enrol(2, "--role", "standby", "--at", cable.ways[1].endpoint)
    return hub, Standby("hq2", at, given=string), cable


def fail_over():
    """The hub is gone, its standby has taken over, and there is no store."""
    hub = Hub()
    standby = stand_by("hq2", 2)
    wait_for_heir("hq2")
    hub.kill()
    leima("hub", "hq2", "--promote").expect(0)
    wait("the new hub", lambda: standby.told("listening"))
    return hub, standby


@network
def test_a_hub_that_comes_back_hears_of_its_heir_without_a_store():
    hub, heir = fail_over()
    old = Hub(listen=hub.endpoint)
    wait("the old hub to step down", lambda: told(old, "standing by"))
    assert old.said(" deposed by=2 ")
    assert status("hq")["role"] == "standby"
    assert "standby" in leima("status", "hq").expect(0).out
    refused = leima("rules", "publish", "hq", PROGRAM, "--from", "2002-01-01")
    assert "has joined a hub: do it there" in refused.expect(1).err
    leima("rules", "publish", "hq2", PROGRAM, "--from",
          "2002-01-01").expect(0)
    wait("the new rules", lambda: versions("hq") == 2)
    assert not heir.said("alarm"), heir.tail()


@network
def test_a_hub_that_came_back_asks_before_it_publishes_or_closes():
    """Also where it does not run, or has not asked yet."""
    hub, heir = fail_over()
    assert status("hq")["role"] == "hub"
    for words in (("rules", "publish", "hq", PROGRAM, "--from", "2002-01-01"),
                  ("settle", "hq", "--period", "2001-01", "--close")):
        said = leima(*words).expect(1).err
        assert "a later hub has taken over" in said, said
        assert len(said.splitlines()) == 1, said
    assert versions("hq") == 1
    old = Standby("hq", hub.endpoint)       # it listens to nobody any more
    assert not told(old, "listening")
    assert not heir.said("alarm"), heir.tail()


@network
def test_two_hubs_hear_of_each_other_once_the_cable_is_whole():
    """The first had ruled on behind the cut, as it had to."""
    hub, standby, cable = wire_up()
    wait_for_heir("hq2")
    cable.cut()
    leima("hub", "hq2", "--promote").expect(0)
    wait("the second hub", lambda: standby.told("listening"))
    leima("rules", "publish", "hq", PROGRAM, "--from", "2002-01-01").expect(0)
    time.sleep(1)
    assert not told(hub, "standing by")
    assert not hub.said("unreached"), hub.tail()    # as a standby always is
    cable.mend()
    wait("the first to step down", lambda: told(hub, "standing by"))
    wait("its rules at the second", lambda: versions("hq2") == 2)
    cable.end()


def told(process, word):
    assert not process.ended(), process.tail()
    with open(process.out) as out:
        return word in out.read()


def enrolled(hub):
    return leima("enrol", "list", hub, "--json").expect(0).lines()


def receipts(ledger):
    return sorted(event.get("receipt", event["kind"])
                  for event in events(ledger).values())


@network
def test_two_hubs_were_active():
    """Each holds branches of streams that the other has otherwise, one of a
    machine that never comes back: all of it counts at both, once."""
    hub, standby, cable = wire_up()
    nodes = {number: join(number) for number in (11, 12, 13)}
    for number in nodes:
        sell(f"n{number}", 4, prefix=f"{number}-")
    for node in nodes.values():
        wait_for_hubs(node.ledger)
    wait("all at both", lambda: len(events("hq2")) == 12)
    wait_for_heir("hq2")
    for node in nodes.values():
        node.stop()

    # The cable is cut, and the second one is promoted.  Of nodes 11 and 13
    # there are two images each.
    cable.cut()
    leima("hub", "hq2", "--promote").expect(0)
    wait("the second hub", lambda: standby.told("listening"))
    for number in (11, 13):
        copy(f"n{number}", f"twin{number}")
    nodes = {11: Node(11, "--hub", hub.endpoint),
             12: Node(12, "--hub", standby.endpoint),
             13: Node(13, "--hub", hub.endpoint)}
    sell("n11", 6, prefix="A11-")
    line = ('{"kind": "purchase", "member": 43, "receipt": "both", '
            '"total": 700, "id": "one-of-a-kind"}\n')
    twice = leima("append", "n11", given=line).expect(0).out.strip()
    leima("append", "n11", given=f'{{"kind": "void", "member": 43, "reason": '
          f'"no", "voids": "{twice}"}}\n').expect(0)
    sell("n13", 2, prefix="A13-")
    wait("both at the first", lambda: len(events("hq")) == 22)
    for number in (11, 13):
        nodes[number].kill()
        move(f"n{number}", f"lost{number}")         # for ever
        move(f"twin{number}", f"n{number}")
        nodes[number] = Node(number, "--hub", standby.endpoint)
    sell("n11", 2, prefix="B11-")
    sell("n13", 5, prefix="B13-")
    sell("n12", 1, prefix="B12-")
    wait("all at the second", lambda: len(events("hq2")) == 20)

    # The cable is whole again.
    cable.mend()
    wait("the first to step down", lambda: told(hub, "standing by"))
    wait("all at the second", lambda: len(events("hq2")) == 30)
    wait("all at the first", lambda: receipts("hq") == receipts("hq2"))
    assert len(set(receipts("hq"))) == len(events("hq")) == 30
    assert digest("hq") == digest("hq2")
    for ledger in ("hq", "hq2"):
        leima("verify", ledger).expect(0)
    counted = leima("balance", "hq2", 42, "--json").expect(0).json()
    assert counted["purchases"] == 28, counted
    leima("balance", "hq2", 43).expect(1)           # its void went along
    # It goes on.
    sold = sell("n11", 1, prefix="C") + sell("n13", 1, prefix="C")
    wait("new ones at both", lambda: has("hq", sold) and has("hq2", sold))
    assert digest("hq") == digest("hq2")
    cable.end()


def sell_in(ledger, month, total, receipt):
    line = {"kind": "purchase", "member": 42, "receipt": receipt,
            "total": total, "at": f"{month}-10T10:00:00Z"}
    return leima("append", ledger, given=json.dumps(line)).expect(0).out.split()


def statement(ledger, month):
    return leima("settle", ledger, "--period", month, "--format",
                 "json").expect(0).out


def net_of(ledger, months):
    """Of market, over these statements."""
    return sum(partner["net"] for month in months
               for partner in json.loads(statement(ledger, month))["partners"]
               if partner["partner"] == "market")


def explained(ledger, *words):
    """The events behind a figure of market's, and what is said of them."""
    found = leima("settle", "explain", ledger, *words, "--partner", "market",
                  "--json").expect(0)
    return found.json()["rows"], found.err


def remarks(ledger, month):
    """How many sheets of the workbook say that they are not exact."""
    found = leima("settle", ledger, "--period", month, "--format", "xlsx",
                  "--output", "books").expect(0)
    assert "1 file" in found.err
    with zipfile.ZipFile(f"books/settle-{month}.xlsx") as book:
        return sum(b"in another order" in book.read(name)
                   for name in book.namelist())


@network
def test_a_month_that_another_hub_closed_is_explained():
    """Positions are each ledger's own: what a close knew, its heads tell."""
    hub = Hub()
    standby = stand_by("hq2", 2)
    nodes = [join(number) for number in (11, 12)]
    sold = [s for i in range(6) for s in
            sell_in("n11", "2025-08", 1000, f"A{i}") +
            sell_in("n12", "2025-09", 1000, f"B{i}")]
    wait("all at both", lambda: has("hq", sold) and has("hq2", sold))
    for month in ("2025-08", "2025-09"):
        leima("settle", "hq", "--period", month, "--close").expect(0)
        wait("the close at the standby",
             lambda: statement("hq2", month) == statement("hq", month))
        late = [s for node in ("n11", "n12") for s in
                sell_in(node, "2025-08", 50000, month)]
        wait("one at both", lambda: has("hq", late) and has("hq2", late))
    third = stand_by("hq3", 3)
    wait("all there", lambda: has("hq3", sold + late) and
         statement("hq3", "2025-09") == statement("hq", "2025-09"))
    for words in (("--period", "2025-08"), ("--period", "2025-09"),
                  ("--period", "2025-09", "--adjustment", "2025-08"),
                  ("--period", "2025-10", "--adjustment", "2025-08")):
        rows, said = explained("hq", *words)
        assert rows and not said, (rows, said)
        assert explained("hq2", *words) == (rows, ""), words
    # One that took all in later can't tell, and says so.
    assert "in another order" in explained("hq3", "--period", "2025-08")[1]
    for month in ("2025-09", "2025-10"):    # both adjust the one before
        assert [remarks(ledger, month) for ledger in ("hq", "hq2", "hq3")] \
            == [0, 0, 2], month
    assert remarks("hq3", "2025-08") == 0   # and this one adjusts none
    for process in (hub, standby, third, *nodes):
        process.stop()


@network
def test_two_hubs_have_closed_one_month():
    """The later epoch's close holds at both, and has settled the month alone;
    whichever of the two came last, the next month can be closed."""
    hub, standby, cable = wire_up()
    nodes = {number: join(number) for number in (11, 12)}
    months = [f"2025-{month:02}" for month in (7, 8, 9, 10)]
    sold = [s for number in nodes for month in months for s in
            sell_in(f"n{number}", month, 1000, f"{number}-{month}")]
    wait("all at both", lambda: has("hq", sold) and has("hq2", sold))
    leima("settle", "hq", "--period", months[0], "--close").expect(0)
    wait("the close at the standby", lambda: statement("hq2", months[0]) ==
         statement("hq", months[0]))
    for node in nodes.values():
        wait_for_hubs(node.ledger)
    wait_for_heir("hq2")
    for node in nodes.values():
        node.stop()
    cable.cut()
    leima("hub", "hq2", "--promote").expect(0)
    wait("the second hub", lambda: standby.told("listening"))
    nodes = {11: Node(11, "--hub", hub.endpoint),
             12: Node(12, "--hub", standby.endpoint)}
    late = sell_in("n11", months[1], 11000, "A"), sell_in("n12", months[1],
                                                         70000, "B")
    wait("one at each", lambda: has("hq", late[0]) and has("hq2", late[1]))
    leima("settle", "hq", "--period", months[1], "--close").expect(0)
    for month in months[1:3]:
        leima("settle", "hq2", "--period", month, "--close").expect(0)
    before = statement("hq2", months[1])
    assert before != statement("hq", months[1])

    cable.mend()
    wait("the first to step down", lambda: told(hub, "standing by"))
    wait("all at both", lambda: has("hq", late[1]) and has("hq2", late[0]))
    wait("both closes at both", lambda: all(
        "does not hold" in leima("verify", ledger).expect(0).out
        for ledger in ("hq", "hq2")))
    for month in months[:3]:
        assert statement("hq", month) == statement("hq2", month), month
    shown = leima("settle", "hq2", "--period", months[1]).expect(0)
    assert "node 1" in shown.err and "does not hold" in shown.err, shown.err
    assert statement("hq2", months[1]) == before
    leima("settle", "hq2", "--period", months[3], "--close").expect(0)
    # A ledger that knew everything from the start.
    leima("init", "fresh", "--node", 3).expect(0)
    leima("rules", "publish", "fresh", PROGRAM, "--from",
          "2000-01-01").expect(0)
    leima("import", "fresh", "-",
          given=leima("export", "hq2").expect(0).out).expect(0)
    assert net_of("hq2", months) == net_of("fresh", months)
    leima("verify", "hq2").expect(0)
    cable.end()


@network
def test_a_backup_is_restored_and_refilled():
    hub = Hub()
    nodes = [join(number) for number in (11, 12)]
    sold = [s for node in nodes for s in sell(node.ledger, 10)]
    wait("the sales at the hub", lambda: has("hq", sold))
    leima("backup", "hq", "copy").expect(0)
    shutil.copytree("hq/keys", "keys")         # kept apart from backups
    for node in nodes:
        sold += sell(node.ledger, 10, prefix="LATER")
    leima("rules", "publish", "hq", PROGRAM, "--from", "2001-01-01").expect(0)
    wait("later sales at the hub", lambda: has("hq", sold))
    for node in nodes:
        wait_until_signed(node.ledger, 2)
    before = digest("hq")
    hub.kill()
    nodes[1].kill()
    shutil.rmtree("hq")                        # the disk is lost

    leima("restore", "hq", "copy").expect(0)
    shutil.rmtree("hq/keys")
    shutil.copytree("keys", "hq/keys")
    assert versions("hq") == 1 and not has("hq", sold)
    hub = Hub(listen=hub.endpoint)
    wait("versions from a node", lambda: versions("hq") == 2)
    wait("sales of the node that is there", lambda: has("hq", sold[:10]))
    refused = leima("rules", "publish", "hq", PROGRAM, "--from", "2003-01-01")
    assert "was restored" in refused.expect(1).err
    found = status("hq")
    assert (found["role"], found["restored"]) == ("hub", 1), found
    assert "have not all come back" in leima("status", "hq").expect(0).out
    Node(12)
    wait("all sales from all nodes", lambda: has("hq", sold))
    assert len(events("hq")) == len(sold)
    wait("the end of it", lambda: hub.said("refilled"))
    assert status("hq")["restored"] == 0
    assert digest("hq") == before
    leima("verify", "hq").expect(0)
    leima("rules", "publish", "hq", PROGRAM, "--from", "2003-01-01").expect(0)
    for node in ("n11", "n12"):
        wait("newest rules", lambda: versions(node) == 3)


@network
def test_a_takeover_is_tried_and_ends_no_reign():
    """A ledger without keys is nobody whom the chain knows.  A copy with them
    is that hub to all: promoted it ends a reign, which is begun again."""
    at = free_endpoint()
    hub = Hub("hq", at, "--endpoint", at)
    standby = stand_by("hq2", 2)
    node = join(11)
    sold = sell("n11", 5)
    wait("the sales at both", lambda: has("hq", sold) and has("hq2", sold))
    wait_for_heir("hq2")
    wait_for_hubs("n11")
    leima("backup", "hq", "copy").expect(0)
    leima("restore", "try1", "copy").expect(0)
    copy("hq2", "try2")
    shutil.rmtree("try2/keys")
    epoch = status("hq")["incarnation"]
    for number, ledger in ((21, "try1"), (22, "try2")):
        leima("hub", ledger, "--promote").expect(0)
        there = free_endpoint()
        tried = Hub(ledger, there, "--endpoint", there)
        leima("rules", "publish", ledger, PROGRAM, "--from",
              "2001-01-01").expect(0)
        join(number, hub=ledger)
        mine = sell(f"n{number}", 3)
        wait("sales of the try", lambda: has(ledger, sold + mine))
        wait("it to have dialled the hub", lambda: tried.said("not_admitted"))
        tried.stop()
    sold += sell("n11", 5, prefix="B")
    wait("the sales at both", lambda: has("hq", sold) and has("hq2", sold))
    assert len(events("hq")) == len(events("hq2")) == 10
    assert not hub.said("deposed") and versions("hq") == 1
    assert status("hq")["incarnation"] == epoch

    # With its keys.
    copy("hq2", "try3")
    leima("hub", "try3", "--promote").expect(0)
    tried = Process("try3", "hub", "try3", "--listen", free_endpoint())
    wait("the hub to step down", lambda: told(hub, "standing by"))
    tried.stop()
    sold += sell("n11", 5, prefix="C")
    leima("hub", "hq", "--promote").expect(0)
    wait("the sales at both", lambda: has("hq", sold) and has("hq2", sold))
    assert status("hq")["role"] == "hub" and status("hq2")["role"] == "standby"
    assert digest("hq") == digest("hq2")
    standby.stop()
    node.stop()


@network
def test_safe_is_what_is_on_a_second_disk():
    Hub()
    node = join(11)
    sold = sell(node.ledger, 10)
    wait("the sales at the hub", lambda: has("hq", sold))
    time.sleep(1.5)
    assert (status("n11")["safe"], status("n11")["unsafe"]) == (0, 10)

    leima("backup", "hq", "copy").expect(0)
    wait("a backup to count", lambda: status("n11")["safe"] == 10)
    sold += sell(node.ledger, 5, prefix="MORE")
    wait("more sales at the hub", lambda: has("hq", sold))
    time.sleep(1.5)
    assert (status("n11")["safe"], status("n11")["unsafe"]) == (10, 5)
    stand_by("hq2", 2)
    wait("a standby to count", lambda: status("n11")["unsafe"] == 0)
    assert status("n11")["safe"] == 15
    wait("what the standby says of itself", lambda: (status("hq2")[
        "process"] or {}).get("role") == "standby")


@network
def test_safe_goes_back_with_a_standbys_disk():
    hub = Hub()
    node = join(11)
    sold = sell(node.ledger, 300)
    standby = stand_by("hq2", 2)
    wait("a standby to count", lambda: status("n11")["unsafe"] == 0)
    standby.kill()
    time.sleep(1.5)
    assert status("n11")["safe"] == len(sold)   # as far as anybody knows

    # Another machine in its place says that it holds nothing, and is refilled
    # over a slow wire.
    wire = Wire(hub.endpoint)
    wire.rate = 4000
    standby = Standby("hq3", free_endpoint(), given=enrol(
        2, "--role", "standby", "--endpoint", wire.endpoint))
    wait("it to count no more", lambda: status("n11")["safe"] < len(sold))
    wire.rate = None
    wait("it to count again", lambda: status("n11")["unsafe"] == 0)
    assert has("hq3", sold)

    # Nor does anybody know what one holds that is a standby no more.
    standby.kill()
    leima("enrol", "revoke", "hq", "--node", 2).expect(0)
    wait("it to count no more", lambda: status("n11")["safe"] == 0)
    wire.end()


@network
def test_a_copied_ledger_notices_it():
    """Without the hub: names that were given already are not given again."""
    hub = Hub()
    node = join(11)
    sold = sell("n11", 5)
    wait("the sales", lambda: has("hq", sold))
    node.stop()
    copy_files("n11", "saved")
    node = Node(11)
    sold += sell("n11", 5, prefix="B")
    wait("the sales", lambda: has("hq", sold))
    node.stop()
    hub.stop()
    assert status("n11")["incarnation"] == status("saved")["incarnation"]

    # What was saved is brought back while the hub can't be reached; who asks
    # changes nothing, who appends opens a new incarnation, once.
    shutil.rmtree("n11")
    move("saved", "n11")
    before = status("n11")["incarnation"]
    first = leima("append", "n11", given='{"kind": "purchase", "member": 42, '
                  '"receipt": "C0", "total": 100}\n').expect(0)
    assert "new incarnation" in first.err
    sold += first.out.split() + sell("n11", 4, prefix="D")
    after = status("n11")["incarnation"]
    assert after > before and first.out.startswith(f"11.{after}.1")
    hub = Hub(listen=hub.endpoint)
    node = Node(11)
    wait("what it had lost", lambda: has("n11", sold))
    wait("what it has sold since", lambda: has("hq", sold))
    assert not node.said("what=forked") and not node.said("what=rewound")
    assert status("n11")["incarnation"] == after
    assert len(events("hq")) == len(events("n11")) == 15
    leima("verify", "n11").expect(0)
    leima("verify", "hq").expect(0)

    # A move within the file system is none, and neither is a restart.
    node.stop()
    move("n11", "there")
    move("there", "n11")
    node = Node(11)
    wait("the node", lambda: node.said(" connected "))
    assert status("n11")["incarnation"] == after


@network
def test_a_journal_that_fell_back_notices_it():
    """An old file in the place of the journal, where the token still fits."""
    hub = Hub()
    node = join(11)
    sold = sell("n11", 5)
    wait("the sales", lambda: has("hq", sold))
    node.stop()
    with open("n11/journal/data.mdb", "rb") as file:
        old = file.read()
    node = Node(11)
    sold += sell("n11", 5, prefix="B")
    wait("the sales", lambda: has("hq", sold))
    node.stop()
    hub.stop()
    before = status("n11")["incarnation"]
    with open("n11/journal/data.mdb", "r+b") as file:
        file.write(old)
        file.truncate()

    # Who asks changes nothing, but verify says it; who appends opens a new
    # incarnation, once.
    assert status("n11")["incarnation"] == before
    damage = leima("verify", "n11").expect(3)
    assert "last commits are gone" in damage.out + damage.err, damage.out
    first = leima("append", "n11", given='{"kind": "purchase", "member": 42, '
                  '"receipt": "C0", "total": 100}\n').expect(0)
    assert "new incarnation" in first.err, first.err
    sold += first.out.split() + sell("n11", 4, prefix="D")
    after = status("n11")["incarnation"]
    assert after > before and first.out.startswith(f"11.{after}.1")
    hub = Hub(listen=hub.endpoint)
    Node(11)
    wait("what it had lost", lambda: has("n11", sold))
    wait("what it has sold since", lambda: has("hq", sold))
    assert len(events("hq")) == len(events("n11")) == 15
    leima("verify", "n11").expect(0)
    leima("verify", "hq").expect(0)


@network
def test_a_whole_incarnation_that_was_lost_comes_back():
    hub = Hub()
    node = join(11)
    sold = sell("n11", 5)
    wait("the sales", lambda: has("hq", sold))
    node.stop()
    copy_files("n11", "saved")
    copy_files("saved", "again")
    shutil.rmtree("n11")
    move("again", "n11")                # a copy: it opens an incarnation
    node = Node(11)
    lost = sell("n11", 7, prefix="B")
    assert lost[0].split(".")[1] != sold[0].split(".")[1]
    wait("the sales of that", lambda: has("hq", lost))
    node.stop()
    shutil.rmtree("n11")
    move("saved", "n11")                # it knows nothing of those
    node = Node(11)
    sold += sell("n11", 2, prefix="C")
    wait("what it had lost", lambda: has("n11", lost))
    wait("what it has sold since", lambda: has("hq", sold))
    assert len(events("n11")) == len(events("hq")) == 14
    for alarm in ("forked", "rewound", "right"):
        assert not node.said(f"what={alarm}"), node.tail()
        assert not hub.said(f"what={alarm}"), hub.tail()
    wait_until_told("n11")
    node.stop()
    assert status("n11")["unacknowledged"] == 0
    leima("verify", "n11").expect(0)


@network
def test_a_copied_hub_counts_as_restored():
    hub = Hub()
    node = join(11)
    hub.stop()
    copy_files("hq", "image")
    hub = Hub(listen=hub.endpoint)
    leima("rules", "publish", "hq", PROGRAM, "--from", "2001-01-01").expect(0)
    wait_until_signed("n11", 2)
    hub.stop()
    shutil.rmtree("hq")
    move("image", "hq")
    refused = leima("rules", "publish", "hq", PROGRAM, "--from", "2002-01-01")
    assert "was restored" in refused.expect(1).err
    hub = Hub(listen=hub.endpoint)
    wait("the rules to come back", lambda: versions("hq") == 2)
    wait("the end of it", lambda: hub.said("refilled"))
    leima("rules", "publish", "hq", PROGRAM, "--from", "2002-01-01").expect(0)
    wait("newest rules", lambda: versions("n11") == 3)
    node.stop()


def roll_back(ledger, image):
    """As a machine that goes back to a snapshot: every file is as it was then,
    and where it was."""
    for folder, _, names in os.walk(ledger):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.exists(path.replace(ledger, image, 1)):
                os.unlink(path)
    for folder, _, names in os.walk(image):
        for name in names:
            path = os.path.join(folder, name)
            old = path.replace(image, ledger, 1)
            with open(path, "rb") as file, \
                    open(old, "r+b" if os.path.exists(old) else "wb") as place:
                place.write(file.read())
                place.truncate()


@network
def test_a_hub_whose_machine_was_rolled_back_is_told_by_a_node():
    hub = Hub()
    node = join(11)
    sold = sell("n11", 5)
    wait("the sales", lambda: has("hq", sold))
    hub.stop()
    copy_files("hq", "image")
    hub = Hub(listen=hub.endpoint)
    leima("rules", "publish", "hq", PROGRAM, "--from", "2001-01-01").expect(0)
    wait_until_signed("n11", 2)
    sold += sell("n11", 5, prefix="B")
    wait("the sales", lambda: has("hq", sold))
    epoch = status("hq")["incarnation"]
    hub.stop()
    roll_back("hq", "image")
    assert versions("hq") == 1 and status("hq")["incarnation"] == epoch
    hub = Hub(listen=hub.endpoint)
    wait("word of it", lambda: hub.said("rolled_back"))
    wait("the rules to come back", lambda: versions("hq") == 2)
    assert status("hq")["incarnation"] > epoch
    wait("the end of it", lambda: hub.said("refilled"))
    wait("the sales", lambda: has("hq", sold))
    leima("rules", "publish", "hq", PROGRAM, "--from", "2002-01-01").expect(0)
    wait("newest rules", lambda: versions("n11") == 3)
    leima("verify", "hq").expect(0)
    node.stop()


def rules(ledger):
    """What a ledger knows of versions, in their order: since when they hold,
    and when they were published first, wherever they stand."""
    return [(line["from"], line["recorded"]) for line in
            leima("rules", "list", ledger, "--json").expect(0).lines()]


@network
def test_a_rolled_back_hub_that_has_published_heals():
    """No store holds more than it has, only something else; a store shows that,
    signed by the hub itself.  Then it begins an epoch, and says again in it
    what either branch has: all know the same rules, and nobody has done
    anything."""
    hub = Hub()
    node = join(11)
    hub.stop()
    copy_files("hq", "image")
    hub = Hub(listen=hub.endpoint)
    leima("rules", "publish", "hq", PROGRAM, "--from", "2001-01-01").expect(0)
    wait_until_signed("n11", 2)
    node.stop()
    hub.stop()
    roll_back("hq", "image")
    epoch = status("hq")["incarnation"]
    hub = Hub(listen=hub.endpoint)
    leima("rules", "publish", "hq", PROGRAM, "--from", "2002-01-01").expect(0)
    other = join(12)
    wait_until_signed("n12", 2)
    assert not hub.said("rolled_back")
    node = Node(11)
    wait("word of it", lambda: hub.said("rolled_back"))
    wait("the end of it", lambda: hub.said("refilled"))
    assert status("hq")["incarnation"] > epoch
    wait("the rules", lambda: rules("hq") == rules("n11") == rules("n12"))
    assert [date for date, _ in rules("n11")][1:] == ["2001-01-01",
                                                      "2002-01-01"]
    leima("rules", "publish", "hq", PROGRAM, "--from", "2003-01-01").expect(0)
    wait("newest rules", lambda: versions("n11") == versions("n12") == 4)
    # Under the same rules the hub's word on accounts counts at both stores.
    sell("n12", 1)
    sell("n11", 1, prefix="B")
    for store in (11, 12):
        wait("the hub's word", lambda: leima(
            "balance", f"n{store}", 42, "--json").expect(0).json()
            ["purchases"] == 2)
    assert hub.said(" published_again ") and hub.said(" refilled ")
    for ledger in ("hq", "n11", "n12"):
        leima("verify", ledger).expect(0)
    other.stop()
    node.stop()


@network
def test_a_hub_whose_machine_was_rolled_back_is_told_by_its_standby():
    hub = Hub()
    standby = stand_by("hq2", 2)
    wait_for_heir("hq2")
    hub.stop()
    copy_files("hq", "image")
    hub = Hub(listen=hub.endpoint)
    leima("enrol", "new", "hq", "--node", "12", "--stores", "12").expect(0)
    wait("the books", lambda: '"node": 12' in
         leima("enrol", "list", "hq2", "--json").expect(0).out)
    epoch = status("hq")["incarnation"]
    hub.stop()
    roll_back("hq", "image")
    hub = Hub(listen=hub.endpoint)
    wait("word of it", lambda: hub.said("rolled_back"))
    wait("the books to come back", lambda: '"node": 12' in
         leima("enrol", "list", "hq", "--json").expect(0).out)
    assert status("hq")["incarnation"] > epoch
    wait("the end of it", lambda: hub.said("refilled"))
    leima("verify", "hq").expect(0)
    standby.stop()


@network
def test_a_hub_behind_its_own_later_epoch_is_told_what_to_do():
    """There is no other hub that it could stand by at: it was put back, or
    lives on elsewhere, and only a person knows which."""
    hub = Hub()
    node = join(11)
    hub.stop()
    copy_files("hq", "image")
    leima("hub", "hq", "--promote").expect(0)
    hub = Hub(listen=hub.endpoint)
    epoch = status("hq")["incarnation"]
    wait("the node to hear of the epoch",
         lambda: node.said(f" epoch={epoch}") or hub.said(" refilled "))
    hub.stop()
    roll_back("hq", "image")
    assert status("hq")["incarnation"] < epoch
    hub = Hub(listen=hub.endpoint)
    wait("its end", hub.ended)
    for words in ("a later epoch of this hub itself", "leave this one off",
                  "leima hub hq --promote"):
        assert hub.said(words), hub.tail()
    assert not hub.said("--standby-of"), hub.tail()
    hub.stop(1)
    for words in (("--standby-of", "tcp://127.0.0.1:9"), ()):
        done = leima("hub", "hq", "--listen", hub.endpoint, *words).expect(1)
        assert "a later epoch of this hub itself" in done.err, done.err
    leima("hub", "hq", "--promote").expect(0)
    hub = Hub(listen=hub.endpoint)
    sold = sell("n11", 2)
    wait("the sales", lambda: has("hq", sold))
    node.stop()


def prune(ledger, *words):
    time.sleep(1.1)
    return leima("prune", ledger, "--older-than", "1s", "--json",
                 *words).expect(0).json()["dropped"]


@network
def test_a_node_drops_what_is_safe():
    hub = Hub()
    node = join(11)
    first = leima("append", "n11", given='{"kind": "purchase", "member": 42, '
                  '"receipt": "X", "total": 100, "id": "x"}\n').expect(0).out
    sold = first.split() + sell("n11", 19) + sell("n11", 1, prefix="L")
    wait("the sales at the hub", lambda: has("hq", sold))
    wait("the hub to tell", lambda: leima(
        "prune", "n11", "--older-than", "1s", "--dry-run").status == 0)
    wait_until_told("n11")
    node.stop()
    # Nothing is safe, so nothing goes; and nothing that is young.
    assert prune("n11") == 0
    node = Node(11)
    leima("backup", "hq", "copy").expect(0)
    shutil.copytree("hq/keys", "keys")
    wait("the backup to count", lambda: status("n11")["unsafe"] == 0)
    leima("prune", "n11", "--older-than", 1).expect(4)     # it runs
    wait("the hub to tell", lambda: prune("n11", "--dry-run") == 20)
    node.stop()
    # Without what the hub has told, balances would go with the events.
    shutil.move("n11/copies", "told")
    said = leima("prune", "n11", "--older-than", "1s").expect(1).err
    assert "the hub has told nothing" in said, said
    shutil.move("told", "n11/copies")
    assert leima("prune", "n11", "--older-than", 1,
                 "--json").expect(0).json()["dropped"] == 0
    assert prune("n11", "--dry-run") == 20
    assert prune("n11") == 20 and prune("n11") == 0
    leima("verify", "n11").expect(0)
    assert list(events("n11")) == sold[-1:]
    # An id is remembered, and a chain goes on.
    again = leima("append", "n11", given='{"kind": "purchase", "member": 42, '
                  '"receipt": "X", "total": 100, "id": "x"}\n').expect(0)
    assert again.out == first
    sold += sell("n11", 5, prefix="B")
    node = Node(11)
    wait("sales after it", lambda: has("hq", sold))
    balance = leima("balance", "n11", 42, "--json").expect(0).json()
    assert balance["purchases"] == len(sold)
    leima("verify", "hq").expect(0)

    # A hub that has the backup can be refilled ...
    hub.kill()
    shutil.rmtree("hq")
    leima("restore", "hq", "copy").expect(0)
    shutil.rmtree("hq/keys")
    shutil.copytree("keys", "hq/keys")
    hub = Hub(listen=hub.endpoint)
    wait("all sales", lambda: has("hq", sold))
    wait("the end of it", lambda: hub.said("refilled"))


@network
def test_a_node_with_a_retention_drops_by_itself():
    hub = Hub()
    node = join(11)
    node.stop()
    def began():
        return status("n11")["process"]["since"]
    before = began()
    node = Node(11, "--retention", "1s", "--metrics", "n11.prom")
    wait("what it says of itself", lambda: began() != before)
    since = began()
    sold = sell("n11", 19) + sell("n11", 1, prefix="L")
    wait("the sales at the hub", lambda: has("hq", sold))
    leima("backup", "hq", "copy").expect(0)
    wait("it to drop all but the last",
         lambda: list(events("n11")) == sold[-1:])
    wait("its word", lambda: node.said(" pruned items="))
    # It goes on, with all that the member has.
    sold += sell("n11", 2, prefix="B")
    wait("sales after it", lambda: has("hq", sold))
    wait("the sum", lambda: leima("balance", "n11", 42, "--json").expect(0)
         .json()["purchases"] == len(sold))
    leima("verify", "n11").expect(0)
    node.stop()
    # Where there was time for it, the one that was the last has gone, too.
    dropped = len(sold) - len(events("n11"))
    assert dropped in (19, 20), dropped
    assert status("n11")["process"]["pruned"] == dropped
    assert began() == since     # it is the same process
    with open("n11.prom") as file:
        assert ('\nleima_pruned_events_total{node="11"} '
                f'{dropped}\n') in file.read()
    hub.stop()
    leima("node", "n11", "--retention", "soon").expect(2)


@network
def test_a_range_that_was_dropped_is_missed():
    """Restored from too old a backup: it is said, and nothing is closed."""
    hub = Hub()
    node = join(11)
    leima("backup", "hq", "old").expect(0)
    shutil.copytree("hq/keys", "keys")
    sold = sell("n11", 5) + sell("n11", 1, prefix="L")
    wait("the sales at the hub", lambda: has("hq", sold))
    leima("backup", "hq", "young").expect(0)
    wait("the backup to count", lambda: status("n11")["unsafe"] == 0)
    wait("the hub to tell", lambda: prune("n11", "--dry-run") == 5)
    node.stop()
    assert prune("n11") == 5
    hub.kill()
    shutil.rmtree("hq")
    leima("restore", "hq", "old").expect(0)
    shutil.rmtree("hq/keys")
    shutil.copytree("keys", "hq/keys")
    hub = Hub(listen=hub.endpoint)
    node = Node(11)
    wait("the alarm", lambda: node.said("what=lost") and
         hub.said("what=lost"))
    assert not has("hq", sold[-1:])
    assert status("hq")["lost"] == 1
    assert "it lacks what nodes have dropped" in leima(
        "status", "hq").expect(0).out
    hub.stop()
    leima("hub", "hq", "--promote").expect(0)      # a person goes on without
    publish = ("rules", "publish", "hq", PROGRAM, "--from", "2003-01-01")
    assert "have dropped" in leima(*publish).expect(1).err

    # The events of an export count, but do not show that none is missing.
    leima("restore", "other", "young").expect(0)
    with open("lines", "w") as lines:
        lines.write(leima("export", "other").expect(0).out)
    leima("import", "hq", "lines").expect(0)
    assert has("hq", sold) and len(events("hq")) == 6
    assert "have dropped" in leima(*publish).expect(1).err
    leima("verify", "hq").expect(0)


@network
def test_a_range_that_was_dropped_comes_from_a_standby():
    """Then nothing is missing any more, and the hub publishes again."""
    hub = Hub()
    node = join(11)
    leima("backup", "hq", "old").expect(0)
    shutil.copytree("hq/keys", "keys")
    sold = sell("n11", 5) + sell("n11", 1, prefix="L")
    standby = stand_by("hq2", 2)
    wait("the sales at the standby", lambda: has("hq2", sold))
    wait("it to count", lambda: status("n11")["unsafe"] == 0)
    node.stop()
    assert prune("n11") == 5
    standby.stop()
    hub.kill()
    shutil.rmtree("hq")
    leima("restore", "hq", "old").expect(0)
    shutil.rmtree("hq/keys")
    shutil.copytree("keys", "hq/keys")
    hub = Hub(listen=hub.endpoint)
    node = Node(11)
    wait("the alarm", lambda: hub.said("what=lost"))
    leima("hub", "hq", "--promote").expect(0)      # a person goes on without
    wait("the hub to notice", lambda: hub.said("promoted epoch="))
    publish = ("rules", "publish", "hq", PROGRAM, "--from", "2003-01-01")
    assert "have dropped" in leima(*publish).expect(1).err
    # The books of that backup do not know the standby: it is enrolled anew.
    string = enrol(2, "--role", "standby", "--at", standby.endpoint)
    standby = Standby("hq2", standby.endpoint, given=string)
    wait("what was dropped", lambda: has("hq", sold))
    assert status("hq")["lost"] == 0
    leima(*publish).expect(0)
    wait("new rules", lambda: versions("n11") == 2)
    sold += sell("n11", 2, prefix="M")
    wait("what is sold now", lambda: has("hq", sold) and has("hq2", sold))
    assert digest("hq") == digest("hq2")
    leima("verify", "hq").expect(0)


@network
def test_the_books_come_back_from_a_standby():
    """Who was enrolled after the backup is still known."""
    hub = Hub()
    node = join(11)
    stand_by("hq2", 2)
    leima("backup", "hq", "copy").expect(0)
    shutil.copytree("hq/keys", "keys")
    late = join(12)
    sold = sell("n11", 3) + sell("n12", 3)
    wait("the sales at the standby", lambda: has("hq2", sold))
    wait("the books there", lambda: enrolled("hq2") == enrolled("hq"))
    hub.kill()
    late.kill()
    shutil.rmtree("hq")
    leima("restore", "hq", "copy").expect(0)
    shutil.rmtree("hq/keys")
    shutil.copytree("keys", "hq/keys")
    hub = Hub(listen=hub.endpoint)
    wait("the enrolment", lambda: "12" in [
        str(each["node"]) for each in
        leima("enrol", "list", "hq", "--json").expect(0).lines()])
    wait("all sales, from the standby", lambda: has("hq", sold))
    Node(12)
    wait("the end of it", lambda: hub.said("refilled"))
    assert digest("hq") == digest("hq2")
    leima("verify", "hq").expect(0)
    node.stop()


def lose_and_restore(hub, *others):
    """The hub's disk is lost; what is left is "copy" and "keys"."""
    hub.kill()
    for other in others:
        other.kill()
    shutil.rmtree("hq")
    leima("restore", "hq", "copy").expect(0)
    shutil.rmtree("hq/keys")
    shutil.copytree("keys", "hq/keys")
    return Hub(listen=hub.endpoint)


@network
def test_a_close_larger_than_a_frame():
    """It goes to the standby in parts, and comes back from there whole."""
    hub = Hub()
    standby = stand_by("hq2", 2)
    leima("backup", "hq", "copy").expect(0)
    shutil.copytree("hq/keys", "keys")
    leima("import", "hq", "-", given="".join(
        f'{{"kind": "purchase", "member": 42, "receipt": "{store}", '
        f'"total": {store}, "store": {store}, "id": "{month}-{store}", '
        f'"at": "2025-0{month}-10T12:00:00Z"}}\n'
        for month in (3, 4) for store in range(1 + month, 9000, month - 1)
    )).expect(0)

    def settled(ledger, *words):
        return leima("settle", ledger, "--period", "2025-03", "--json", *words)

    closed = settled("hq", "--close").expect(0).out
    assert len(closed) > 3 << 19, len(closed)
    leima("settle", "hq", "--period", "2025-04", "--close").expect(0)
    wait("the closes at the standby", lambda: leima(
        "settle", "hq2", "--period", "2025-04", "--json").json()["closed"])
    wait("the sales there", lambda: status("hq2")["events"] ==
         status("hq")["events"])
    assert settled("hq2").expect(0).out == closed
    leima("verify", "hq").expect(0)
    leima("verify", "hq2").expect(0)
    leima("settle", "hq", "--period", "2025-03", "--signed", "--output",
          "signed").expect(0)
    leima("settle", "verify", "signed/settle-2025-03.json", "--key",
          leima("settle", "key", "hq").expect(0).out.strip()).expect(0)

    hub = lose_and_restore(hub)
    wait("the closes from the standby", lambda: leima(
        "settle", "hq", "--period", "2025-04", "--json").json()["closed"])
    wait("the end of it", lambda: hub.said("refilled"))
    assert settled("hq").expect(0).out == closed
    assert "closed already" in settled("hq", "--close").expect(1).err
    assert digest("hq") == digest("hq2")
    leima("verify", "hq").expect(0)
    standby.stop()


@network
def test_a_key_that_was_rotated_after_the_backup():
    """The hub knows the old key only; a string of its own puts it right."""
    hub = Hub()
    node = join(11)
    other = join(12)
    sold = sell("n11", 3)
    wait("the sales", lambda: has("hq", sold))
    leima("backup", "hq", "copy").expect(0)
    shutil.copytree("hq/keys", "keys")

    def rotate(node):
        string = leima("enrol", "rotate", "hq", "--node", 11).expect(0).out
        wait("the old key to be out", lambda: node.said("does not admit"))
        node.kill()
        node = Node(11, "--join", "-", given=string)
        wait("the new key", lambda: node.said(" connected "))
        return node

    node = rotate(node)
    sold += sell("n11", 3, prefix="B")
    wait("sales under the new key", lambda: has("hq", sold))

    hub = lose_and_restore(hub)
    wait("the other", lambda: hub.said("admitted peer=12"))
    sold += sell("n11", 3, prefix="C")
    time.sleep(2)
    assert not hub.said("admitted peer=11"), "a key it does not know"
    assert not has("hq", sold[3:]) and not hub.said("refilled")
    node = rotate(node)
    wait("all sales", lambda: has("hq", sold))
    wait("the end of it", lambda: hub.said("refilled"))
    assert len(events("hq")) == len(events("n11")) == 9
    leima("verify", "hq").expect(0)
    leima("verify", "n11").expect(0)
    other.stop()
    node.stop()


if __name__ == "__main__":
    main(globals())
