#!/usr/bin/env python3
"""test_replication.py - real hubs and nodes: nothing lost, nothing twice

What `append` has answered is at the hub in the end, exactly once, whatever
was cut, killed or copied meanwhile; and whoever is not enrolled is not let in.
"""
import json
import os
import random
import resource
import shutil
import stat
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import TREE, leima, main  # noqa: E402
from network import (Hub, Node, Wire, copy, enrol, events, has,  # noqa: E402
                     join, kill_all, move, sell, status, till, wait,
                     wait_until_told)

PROGRAM = os.path.join(TREE, "tests", "examples", "01-stacking",
                       "program.yaml")


def network(test):
    """Whatever a test starts ends with it."""
    def run():
        try:
            leima("init", "hq", "--node", 1).expect(0)
            test()
        finally:
            kill_all()
    run.__name__ = test.__name__
    return run


def digest(ledger, at="2030-01-01T00:00:00Z"):
    return leima("verify", ledger, "--digest", "--at", at).expect(0).out


def check_hub_equals_imports(nodes):
    """The hub's accounts are those of a ledger that imported every export."""
    leima("init", "all", "--node", 99).expect(0)
    leima("rules", "publish", "all", PROGRAM, "--from", "2000-01-01").expect(0)
    for node in nodes:
        with open("export", "w") as file:
            file.write(leima("export", node).expect(0).out)
        leima("import", "all", "export").expect(0)
    assert digest("all") == digest("hq")
    leima("verify", "hq").expect(0)


@network
def test_a_hub_takes_as_many_connections_as_it_may():
    """A shell's limit for a start is no bound for the stores."""
    kept = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = (128, kept[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, few)
    try:
        hub = Hub()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, kept)
    soft, hard = resource.prlimit(hub.process.pid, resource.RLIMIT_NOFILE)
    assert soft == hard == kept[1], (soft, hard)
    hub.stop()


@network
def test_a_hub_and_three_nodes():
    leima("rules", "publish", "hq", PROGRAM, "--from", "2000-01-01").expect(0)
    hub = Hub()
    nodes = [join(number, "--stores", f"{number},{number + 100}")
             for number in (11, 12, 13)]
    sold = []
    for node in nodes:
        sold += sell(node.ledger, 20, member=42)
        sold += sell(node.ledger, 5, member=node.number)
    wait("all sales at the hub", lambda: has("hq", sold))
    assert len(events("hq")) == len(sold) == 75

    # Versions have come down, and one that is published now comes at once.
    leima("rules", "publish", "hq", PROGRAM, "--from", "2001-01-01").expect(0)
    for node in nodes:
        wait("versions at a node", lambda: len(
            leima("rules", "list", node.ledger, "--json").out.split(
                '"from"')) == 3)
    for node in nodes:
        node.stop()
    hub.stop()
    check_hub_equals_imports([node.ledger for node in nodes])
    states = leima("enrol", "list", "hq", "--json").expect(0).lines()
    assert [each["state"] for each in states] == ["joined"] * 3
    assert states[0]["stores"] == [11, 111]


@network
def test_what_was_sold_offline_comes_later():
    hub = Hub()
    node = join(11)
    sold = sell(node.ledger, 3)
    wait("the first sales", lambda: has("hq", sold))
    hub.kill()
    sold += sell(node.ledger, 700, prefix="OFF")     # the cable is out
    node.stop()
    sold += sell(node.ledger, 50, prefix="DARK")     # not even a node
    hub = Hub(listen=hub.endpoint)
    time.sleep(0.2)
    assert not has("hq", sold)
    node = Node(11)
    wait("all sales at the hub", lambda: has("hq", sold))
    assert len(events("hq")) == 753
    leima("verify", "hq").expect(0)


def sell_for(ledger, seconds, sold, prefix):
    until = time.monotonic() + seconds
    i = 0
    while time.monotonic() < until or i < 10:
        sold.extend(sell(ledger, random.randint(1, 40), prefix=f"{prefix}{i}-"))
        i += 1


@network
def test_killed_again_and_again():
    seed = int(os.environ.get("SEED", time.time()))
    random.seed(seed)
    print(f"# seed {seed}")
    hub = Hub()
    nodes = {number: join(number) for number in (11, 12, 13)}
    sold = []
    threads = [threading.Thread(target=sell_for,
                                args=(f"n{number}", 5, sold, f"K{number}."))
               for number in nodes]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(random.uniform(0.1, 0.5))
        if random.random() < 0.4:
            hub.kill()
            hub = Hub(listen=hub.endpoint)
        else:
            number = random.choice(list(nodes))
            nodes[number].kill()
            nodes[number] = Node(number)
    for thread in threads:
        thread.join()
    assert len(sold) > 100
    wait("all sales at the hub", lambda: has("hq", sold))
    assert len(events("hq")) == len(sold) == len(set(sold))
    leima("verify", "hq").expect(0)
    for node in nodes:
        leima("verify", f"n{node}").expect(0)


@network
def test_a_bad_wire():
    hub = Hub()
    wire = Wire(hub.endpoint)
    node = Node(11, "--join", "-", given=enrol(11, "--endpoint",
                                               wire.endpoint))
    wait("the node", lambda: node.said(" connected "))
    sold = []
    thread = threading.Thread(target=sell_for,
                              args=(node.ledger, 4, sold, "W"))
    thread.start()
    while thread.is_alive():
        time.sleep(random.uniform(0.05, 0.6))
        wire.cut()
        wire.delay = random.choice([0, 0, 0.02, 0.1])
        wire.rate = random.choice([None, None, 50000])
    wire.delay, wire.rate = 0, None
    wire.cut()
    wait("all sales at the hub", lambda: has("hq", sold))
    assert len(events("hq")) == len(sold)

    # Out for good, then back.
    wire.closed = True
    wire.cut()
    sold = sell(node.ledger, 10, prefix="OUT")
    time.sleep(0.5)
    assert not has("hq", sold)
    wire.closed = False
    wait("the sales of the outage", lambda: has("hq", sold))
    wire.end()


@network
def test_an_unknown_key_is_refused():
    hub = Hub()
    join(11).stop()
    # Enrolled at another hub, and led to ours, with our hub's key.
    leima("init", "other", "--node", 2).expect(0)
    string = enrol(12, "--endpoint", hub.endpoint, hub="other")
    leima("init", "n12", "--node", 12).expect(0)
    sell("n12", 3)
    node = Node(12, "--join", "-", given=string)
    wait("its keys", lambda: os.path.exists("n12/keys/once"))
    time.sleep(0.5)
    assert not node.said("connected")  # it does not trust our hub
    node.kill()
    shutil.copy("n11/keys/hubs", "n12/keys/hubs")
    node = Node(12)
    wait("the refusal", node.ended)    # nor our hub it
    assert "does not admit" in node.tail(), node.tail()

    # The key of one node in the hands of another.
    shutil.rmtree("n12/keys")
    move("n11/keys", "n12/keys")
    node = Node(12)
    wait("the refusal", lambda: node.said("not the number of this key"))
    assert events("hq") == {}


@network
def test_a_forged_own_key_is_refused():
    hub = Hub()
    node = join(11)
    sold = sell(node.ledger, 1)
    wait("the sale", lambda: has("hq", sold))
    node.stop()
    other = leima("init", "x", "--node", 5).expect(0)
    assert other.status == 0
    with open("n11/keys/own") as file:
        text = file.read()
    with open("n11/keys/own", "w") as file:  # halves that are no pair
        file.write(text.replace(text[7:15], "00112233", 1))
    more = sell("n11", 1, prefix="X")
    node = Node(11)
    wait("the refusal", node.ended)
    assert "not a key pair" in node.tail(), node.tail()
    shutil.copy("hq/keys/own", "n11/keys/own")  # a pair, and not this node's
    node = Node(11)
    wait("the refusal", lambda: node.said("does not admit"))
    node.kill()
    assert not has("hq", more)
    hub.stop()


def stamp(store):
    return json.dumps({"kind": "stamp", "member": 42, "card": "c",
                       "store": store}) + "\n"


@network
def test_a_node_takes_events_of_its_own_stores():
    """Before it has joined of all, for nobody has told it which they are."""
    leima("init", "n11", "--node", 11).expect(0)
    leima("append", "n11", given=stamp(11)).expect(0)
    Hub()
    node = join(11, "--stores", "11,12")
    refused = leima("append", "n11", given=stamp(12) + stamp(13)).expect(1)
    for word in ("2: store: 13", "node 11's", "for 11, 12", "enrol new"):
        assert word in refused.err, refused.err
    one = till("n11")
    assert "store: 13" in one.say(stamp(13).encode().strip())["refused"]
    assert "events" in one.say(stamp(12).encode().strip())
    one.close()
    with open("lines", "w") as file:
        file.write(stamp(13) + stamp(12))
    found = leima("import", "n11", "lines", "--json").expect(5)
    assert (found.json()["stored"], found.json()["rejected"]) == (1, 1)
    wait("all at the hub", lambda: len(events("hq")) == 3)
    node.stop()
    # Enrolled for another one, it keeps those it had, as the hub does.
    node = join(11, "--stores", "13")
    leima("append", "n11", given=stamp(12) + stamp(13)).expect(0)
    wait("all at the hub", lambda: len(events("hq")) == 5)
    node.stop()
    found = leima("status", "hq", "--json").expect(0).json()
    assert found["quarantined"] == 0, found


@network
def test_a_string_for_another_store_is_refused():
    Hub()
    leima("init", "n11", "--node", 11, "--store", 77).expect(0)
    refused = leima("node", "n11", "--join", "-",
                    given=enrol(11, "--stores", "11,12")).expect(1)
    for word in ("is store 77", "store 11 and others", "enrolled for 77"):
        assert word in refused.err, refused.err
    assert not os.path.exists("n11/keys/hubs")
    join(11, "--stores", "11,77").stop()


@network
def test_one_run_at_another_hub_ends_with_a_refusal():
    """What it was told by its own stays what it goes by: it joins no other's
    with rules of its own, nor of the hub that it left."""
    for name, drawn in (("early", 1000), ("late", time.time() + 2)):
        leima("init", name, "--incarnation", int(drawn) << 20).expect(0)
        leima("rules", "publish", name, PROGRAM, "--from",
              "2000-01-01").expect(0)
    hubs = [Hub(name) for name in ("early", "hq", "late")]
    node = join(11)
    # Its mark, and what its hub publishes: who has not been told anything yet
    # may go to any hub.
    wait("the hub's word", lambda: status("n11")["position"] == 2)
    node.stop()
    sold = sell("n11", 2)
    copy("n11", "away")
    for name, words in (("early", "refused by the hub: a later hub has been"),
                        ("late", "takes no rules of another's")):
        done = leima("node", "n11", "--join", "-", "--once",
                     given=enrol(11, hub=name)).expect(1)
        assert words in done.err.splitlines()[-1], done.err
        shutil.rmtree("n11")
        copy("away", "n11")
    assert leima("node", "n11", "--once").expect(0) and has("hq", sold)
    leima("enrol", "revoke", "hq", "--node", 11).expect(0)
    done = leima("node", "n11", "--once").expect(1)
    assert "does not admit" in done.err.splitlines()[-1], done.err
    # Rules of its own, and a hub of which it knows nothing.
    leima("init", "n12", "--node", 12).expect(0)
    leima("rules", "publish", "n12", PROGRAM, "--from",
          "2000-01-01").expect(0)
    shutil.copy("n11/keys/hubs", "n12/keys/hubs")
    done = leima("node", "n12", "--join", "-", "--once",
                 given=enrol(12, hub="late")).expect(1)
    assert "has published rules itself" in done.err, done.err
    for hub in hubs:
        hub.stop()


@network
def test_a_revoked_node_is_out():
    Hub()
    node = join(11)
    sold = sell(node.ledger, 2)
    wait("the sales", lambda: has("hq", sold))
    said = leima("enrol", "revoke", "hq", "--node", 11, "--json").expect(0)
    assert said.json()["state"] == "revoked", said.out
    wait("the session to end", lambda: node.said("not enrolled any more"))
    wait("the key to be refused", lambda: node.said("does not admit"))
    late = sell(node.ledger, 2, prefix="LATE")
    time.sleep(0.5)
    assert not has("hq", late)
    leima("enrol", "revoke", "hq", "--node", 11).expect(1)
    assert leima("enrol", "list", "hq",
                 "--json").lines()[0]["state"] == "revoked"
    node.stop()

    # Enrolled again, its streams go on.
    node = join(11)
    wait("the late sales", lambda: has("hq", late))
    assert len(events("hq")) == 4


@network
def test_enrolling_again_takes_the_old_key_away():
    Hub()
    old = join(11)
    sell(old.ledger, 1)
    copy("n11", "stolen")
    string = enrol(11)
    wait("the old key to be refused", lambda: old.said("not enrolled any more"))
    old.stop()
    node = Node(11, "--join", "-", given=string)
    sold = sell(node.ledger, 1, prefix="NEW")
    wait("the sale of the new key", lambda: has("hq", sold))
    wait_until_told("n11")
    node.stop()
    status = leima("status", "n11", "--json").expect(0).json()
    assert status["unacknowledged"] == 0
    sell("n11", 3, prefix="DARK")
    status = leima("status", "n11", "--json").expect(0).json()
    assert status["unacknowledged"] == 3
    leima("enrol", "rotate", "hq", "--node", 12).expect(1)
    anywhere = leima("enrol", "new", "hq", "--node", 13, "--endpoint",
                     "tcp://0.0.0.0:7001").expect(0)
    assert "tcp://0.0.0.0:7001" in anywhere.err, anywhere.err
    assert leima("enrol", "new", "hq", "--node", 13).expect(0).err == ""
    standby = leima("enrol", "new", "hq", "--node", 14, "--role", "standby",
                    "--at", "tcp://[::]:7002").expect(0)
    assert "tcp://[::]:7002" in standby.err, standby.err
    # A standby that no store could find, now or after it was rotated.
    for words in (("new", "hq", "--role", "standby"), ("rotate", "hq")):
        nowhere = leima("enrol", *words, "--node", 14).expect(0)
        assert "node 14" in nowhere.err and "--at" in nowhere.err, nowhere.err
    found = leima("enrol", "new", "hq", "--node", 14, "--role", "standby",
                  "--at", "tcp://hq2.example:7002").expect(0)
    assert found.err == "", found.err
    # What would do nothing is refused.
    at = ("--at", "tcp://hq2.example:7002")
    for words in (("--node", 14, *at), ("--csv", "f", *at),
                  ("--csv", "f", "--stores", "1")):
        leima("enrol", "new", "hq", *words).expect(2)
    string = leima("enrol", "rotate", "hq", "--node", 11).expect(0).out
    node = Node(11, "--join", "-", given=string)
    wait("the rotated key", lambda: len(events("hq")) == 5)


@network
def test_a_string_is_good_once_and_for_a_while():
    Hub()
    string = enrol(11)
    first = Node(11, "--join", "-", given=string)
    wait("to join", lambda: first.said(" connected "))
    # The same machine may ask again, and is none the worse; another may not.
    first.stop()
    again = leima("node", "n11", "--join", "-", "--once",
                  given=string).expect(1)
    assert "stays joined as it was" in again.err, again.err
    first = Node(11)
    wait("to connect", lambda: first.said(" connected "))
    os.mkdir("elsewhere")
    os.chdir("elsewhere")
    second = Node(11, "--join", "-", given=string)
    wait("the refusal", second.ended)
    assert "used by another" in second.tail(), second.tail()
    os.chdir("..")

    string = enrol(12, "--ttl", "1s")
    time.sleep(1.2)
    late = Node(12, "--join", "-", given=string)
    wait("the refusal", late.ended)
    assert "does not admit" in late.tail(), late.tail()
    assert leima("node", "n13", "--join", "-", given=string[:-9]).expect(1)
    assert leima("node", "n13").expect(1)


@network
def test_keys_are_secret():
    Hub()
    node = join(11)
    for path in ("hq/keys", "n11/keys"):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o700
        for name in os.listdir(path):
            mode = stat.S_IMODE(os.stat(f"{path}/{name}").st_mode)
            assert mode == 0o600, f"{path}/{name}: {mode:o}"
    assert not os.path.exists("n11/keys/once")
    secrets = []
    for path in ("hq/keys/own", "n11/keys/own"):
        with open(path) as file:
            secrets.append(file.read().split()[3])
    node.stop()
    os.chmod("n11/keys/own", 0o644)
    node = Node(11)
    wait("the refusal of an open key file", node.ended)
    assert "0600" in node.tail()
    for name in os.listdir("."):
        if name.endswith((".err", ".out")):
            with open(name) as file:
                text = file.read()
            assert not any(secret in text for secret in secrets), name


@network
def test_one_owner_and_no_rules_of_ones_own():
    hub = Hub()
    node = join(11)
    again = Node(11)
    wait("the second node to end", again.ended)
    assert again.process.returncode == 4, again.process.returncode
    leima("rules", "publish", "n11", PROGRAM, "--from",
          "2000-01-01").expect(1)
    # Nor may a ledger that has published become a store.
    leima("init", "n12", "--node", 12).expect(0)
    leima("rules", "publish", "n12", PROGRAM, "--from", "2026-01-01").expect(0)
    done = leima("node", "n12", "--join", "-", given=enrol(12)).expect(1)
    assert "published rules itself" in done.err, done.err
    assert not os.path.exists("n12/keys/hubs")
    # What does not go on: another process at the port.
    leima("init", "hq2", "--node", 2).expect(0)
    leima("hub", "hq2", "--listen", hub.endpoint).expect(4)
    leima("hub", "hq2", "--listen", "nonsense").expect(2)
    node.stop()
    hub.stop()


@network
def test_a_node_that_was_rewound():
    Hub()
    node = join(11)
    sold = sell(node.ledger, 10, prefix="A")
    wait("the sales", lambda: has("hq", sold))
    node.stop()
    copy("n11", "backup")
    node = Node(11)
    sold += sell(node.ledger, 10, prefix="B")
    wait("the sales", lambda: has("hq", sold))
    node.stop()
    shutil.rmtree("n11")
    copy("backup", "n11")                  # a disk image is brought back
    node = Node(11)
    wait("the alarm", lambda: node.said("what=rewound"))
    sold += sell(node.ledger, 5, prefix="C")
    wait("the sales after it", lambda: has("hq", sold))
    wait("the lost tail at the node", lambda: has("n11", sold))
    assert len(events("hq")) == len(events("n11")) == 25
    incarnations = {identity.split(".")[1] for identity in events("hq")}
    assert len(incarnations) == 2
    leima("verify", "hq").expect(0)
    leima("verify", "n11").expect(0)


@network
def test_a_backup_that_was_sold_on():
    """Two machines sell on from one image: both histories count, once each."""
    leima("rules", "publish", "hq", PROGRAM, "--from", "2000-01-01").expect(0)
    Hub()
    node = join(11)
    wait("the rules", lambda: leima("rules", "list", "n11").out.strip())
    sold = sell("n11", 10, prefix="A")
    wait("the sales", lambda: has("hq", sold))
    node.stop()
    copy("n11", "image")
    node = Node(11)
    sold += sell("n11", 7, prefix="B")
    wait("the sales", lambda: has("hq", sold))
    node.stop()
    shutil.rmtree("n11")
    copy("image", "n11")             # brought back, and sold on offline: with
    lines = "".join(                 # ids, without, and one of them voided
        f'{{"kind": "purchase", "member": 42, "receipt": "C{i}", '
        f'"total": 100{extra}}}\n'
        for i, extra in enumerate([', "id": "x"', "", "", "", "", "", "", "",
                                   "", "", "", ""]))
    mine = leima("append", "n11", given=lines).expect(0).out.split()
    leima("append", "n11", given='{"kind": "void", "member": 42, '
          f'"voids": "{mine[3]}"}}\n').expect(0)
    assert balance("n11")["purchases"] == 10 + 12 - 1
    node = Node(11)
    wait("the alarm", lambda: node.said("what=forked"))
    wait("the other telling", lambda: node.said("told_again=13"))
    more = sell("n11", 2, prefix="D")
    wait("all at the hub", lambda: has("hq", sold + more))
    wait("all to count", lambda: balance("hq")["purchases"] ==
         10 + 7 + 12 - 1 + 2)
    wait("the node to know", lambda: balance("n11")["purchases"] ==
         10 + 7 + 12 - 1 + 2)
    node.stop()
    shutil.rmtree("n11/copies")      # its own part only, each once
    assert balance("n11")["purchases"] == 10 + 12 - 1 + 2
    # The same id again is the same sale, in the new incarnation.
    again = leima("append", "n11", given=lines.splitlines()[0]).expect(0)
    assert again.out.split()[0].split(".")[1] != mine[0].split(".")[1]
    node = Node(11)
    wait("to connect", lambda: node.said(" connected "))
    time.sleep(0.3)
    assert not node.said("alarm")
    assert balance("hq")["purchases"] == 10 + 7 + 12 - 1 + 2
    leima("verify", "hq").expect(0)
    leima("verify", "n11").expect(0)


@network
def test_twins():
    """Two machines with one key and one image, both online: both are heard."""
    Hub()
    node = join(11)
    sold = sell("n11", 3, prefix="A")
    wait("the sales", lambda: has("hq", sold))
    node.stop()
    copy("n11", "twin")
    one = Node(11)
    wait("one", lambda: one.said(" connected "))
    sold += sell("n11", 3, prefix="B")
    wait("the sales", lambda: has("hq", sold))
    sell("twin", 4, prefix="T")
    os.mkdir("other")
    move("twin", "other/n11")
    os.chdir("other")
    two = Node(11)
    wait("the twin to branch off", lambda: two.said(" branch "))
    os.chdir("..")
    wait("all sales", lambda: len(events("hq")) == 10)
    sold += sell("n11", 2, prefix="C")
    sold += sell("other/n11", 2, prefix="U")
    wait("both to be heard", lambda: has("hq", sold))
    assert len(events("hq")) == 14
    leima("verify", "hq").expect(0)


def balance(ledger, account=42):
    found = leima("balance", ledger, account, "--json")
    return found.json() if found.status == 0 else {"purchases": 0}


@network
def test_a_node_knows_what_others_sold():
    """States flow down; a node's own later events stand on top of them."""
    leima("rules", "publish", "hq", PROGRAM, "--from", "2000-01-01").expect(0)
    hub = Hub()
    nodes = [join(11), join(12)]
    for node in nodes:
        wait("the rules", lambda: leima("rules", "list",
                                        node.ledger).out.strip())
    sell("n11", 10)
    sell("n12", 20, prefix="B")
    sell("n12", 5, member=43)

    def agree():
        at_hub = balance("hq")
        return at_hub["purchases"] == 30 and all(
            balance(node.ledger)["purchases"] == 30 for node in nodes)
    wait("all to know of 30 purchases", agree)
    assert balance("n11")["balance"] == balance("hq")["balance"]
    # What a node has never served it is not told, but it can ask.
    wait("an answer", lambda: leima("balance", "n11", 43).status == 0)
    leima("balance", "n11", 44).expect(1)

    # Cut off, it goes on from there.
    hub.kill()
    sell("n11", 3, prefix="OFF")
    assert balance("n11")["purchases"] == 33
    assert balance("n12")["purchases"] == 30
    for node in nodes:
        node.stop()
    assert balance("n11")["purchases"] == 33
    Hub(listen=hub.endpoint)
    nodes = [Node(11), Node(12)]
    wait("the other to know of them",
         lambda: balance("n12")["purchases"] == 33)
    assert balance("n11")["purchases"] == 33

    # New rules: everything is told anew.
    leima("rules", "publish", "hq", PROGRAM, "--from", "2001-01-01").expect(0)
    wait("the new rules", lambda: len(
        leima("rules", "list", "n12", "--json").out.split('"from"')) == 3)
    wait("all to agree", lambda: balance("n12")["purchases"] == 33 and
         balance("n11")["purchases"] == 33)
    # Copies may be deleted; they come again.
    nodes[0].stop()
    shutil.rmtree("n11/copies")
    assert balance("n11")["purchases"] == 13
    nodes[0] = Node(11)
    wait("the copies to come again", lambda: balance("n11")["purchases"] == 33)


@network
def test_many_at_once():
    """A backlog: bulk is admitted a few at a time, all of it arrives."""
    hub = Hub()
    sold = []
    numbers = range(20, 28)
    strings = {number: enrol(number) for number in numbers}
    for number in numbers:
        leima("init", f"n{number}", "--node", number).expect(0)
        for part in range(3):
            sold += sell(f"n{number}", 1000, prefix=f"P{part}-")
    for number in numbers:
        Node(number, "--join", "-", given=strings[number])
    wait("the backlog of eight nodes",
         lambda: leima("status", "hq", "--json").json()["events"] ==
         len(sold))
    hub.stop()
    assert has("hq", sold)
    leima("verify", "hq").expect(0)


if __name__ == "__main__":
    main(globals())
