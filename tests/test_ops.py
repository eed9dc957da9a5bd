#!/usr/bin/env python3
"""test_ops.py - what operations and tills ask of running hubs and nodes

Redemptions with the hub and without it, status, metrics, keys in a safe, and
an end by SIGTERM that keeps what was acknowledged.
"""
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import LEIMA, TREE, Skip, leima, main  # noqa: E402
from network import (Hub, Node, enrol, events, join, kill_all,  # noqa: E402
                     sell, stand_by, status, till, versions, wait,
                     wait_for_heir, wait_for_hubs, wait_until_told)

# One cent gives one point, one point is worth a cent.  What a store grants
# alone is counted by the day: it is about noon there, and the same day till the
# end of the test.
PROGRAM = """
program: ops
currency: EUR
timezone: ZONE
partners: [{id: market, stores: [1-99], issue_price: 0.01, redeem_price: 0.01}]
points: {value: 0.01, min_redemption: 100}
earn: [{id: base, per: 0.01, points: 1}]
rewards: [{id: cup, value: 4.00, points: 300}]
offline: {max_value: 20.00, max_age_days: 7}
""".replace("ZONE", f"Etc/GMT{time.gmtime().tm_hour - 12:+d}")


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


def redeem_online(ledger, points, id, *words):
    """Decided by the hub, which on a slow machine does not answer in time at
    once; what is granted without it has another program."""
    def ask():
        found = leima("redeem", ledger, 42, "--points", points, "--id", id,
                      "--json", *words)
        assert found.status in (0, 1, 4), found.err
        return found.status != 4 and "limit" not in found.json() and \
            found.json()
    return wait("the hub to decide", ask)


def check(found, **expected):
    for key, value in expected.items():
        assert found.get(key) == value, f"{key}: {found}, expected {value}"


@network
def test_offline_by_the_limits_of_the_rules():
    hub = Hub()
    node = join(11)
    earn("n11", 10000)
    wait("the hub to know", lambda: redeem("n11", 100, "dry", "--dry-run")
         .get("verdict") == "granted")
    wait("a copy", lambda: "state" in ask_desk(
        "n11", '{"ask": "state", "account": "42"}'))
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
    node.stop()
    check(redeem("n11", 101, "h"), reason="offline_limit", limit_used=1900)
    check(redeem("n11", 100, "i"), verdict="granted", by="offline")


@network
def test_online_the_hub_decides():
    with open("strict.yaml", "w") as file:      # nothing is granted without it
        file.write(re.sub("offline:.*", "", PROGRAM))
    leima("rules", "publish", "hq", "strict.yaml", "--from",
          "2001-01-01").expect(0)
    hub = Hub()
    nodes = [join(11), join(12)]
    for node in nodes:
        wait("the rules", lambda: versions(node.ledger) == 2)
    earn("n11", 10000)
    wait("the points at the hub", lambda: told("hq"))
    found = redeem_online("n11", 9000, "a")
    check(found, verdict="granted", by="hub", known=False)
    # It is reserved at once, and then it has happened.
    check(redeem_online("n12", 1001, "b"), verdict="refused",
          reason="too_little", available=1000)
    check(redeem_online("n12", 1000, "c"), verdict="granted", by="hub")
    check(redeem("n11", 9000, "a"), verdict="granted", known=True)
    wait("both at the hub", lambda: len(events("hq")) == 3)
    assert leima("balance", "hq", 42, "--json").json()["available"] == 0
    check(redeem_online("n12", 100, "d"), reason="too_little")

    # A reservation whose event does not come holds the points.
    earn("n11", 500, receipt="E2")
    wait("the points", lambda: redeem_online("n12", 500, "e", "--dry-run")
         .get("verdict") == "granted")
    wait("the reservation", lambda: "granted" in ask_desk(
        "n11", '{"ask": "redeem", "account": "42", "points": 400, '
        '"id": "lost"}'))
    check(redeem_online("n12", 500, "e"), reason="too_little", available=100)
    # ... from headquarters, too, whose ledger does not show it.
    check(redeem_online("hq", 500, "hq1"), reason="too_little", available=100)
    check(redeem_online("hq", 100, "hq1"), verdict="granted", by="hub")
    check(redeem("hq", 100, "hq1"), verdict="granted", known=True)
    check(redeem_online("n12", 100, "f"), reason="too_little", available=0)
    check(redeem_online("n11", 400, "lost"), verdict="granted", by="hub")
    hub.stop()
    for node in nodes:
        node.stop()


@network
def test_headquarters_waits_for_the_hub_that_runs():
    hub = Hub()
    earn("hq", 1000)
    wait("the points", lambda: redeem_online("hq", 1000, "a", "--dry-run")
         .get("verdict") == "granted")
    hub.process.send_signal(signal.SIGSTOP)
    said = leima("redeem", "hq", 42, "--points", 1000, "--id", "a").expect(4)
    assert "does not say what it has reserved" in said.err, said.err
    assert len(events("hq")) == 1
    hub.process.send_signal(signal.SIGCONT)
    check(redeem_online("hq", 1000, "a"), verdict="granted", by="hub")
    hub.stop()
    check(redeem("hq", 1, "b"), reason="below_minimum")


@network
def test_a_hub_that_takes_too_long_is_asked_once():
    hub = Hub()
    join(11)
    wait("the rules", lambda: versions("n11") == 1)
    pulse = lambda: status("n11")["process"]
    hub.process.send_signal(signal.SIGSTOP)
    check(redeem("n11", 100, "a"), reason="unknown", told=None)
    since = pulse()["at"]
    wait("what the node says next", lambda: pulse()["at"] > since)
    check(pulse(), asked=1)
    hub.process.send_signal(signal.SIGCONT)


def ask_desk(ledger, line):
    """What the node at the socket answers to a line."""
    with socket.socket(socket.AF_UNIX) as desk:
        desk.settimeout(300)
        try:
            desk.connect(os.path.join(ledger, "desk"))
            desk.sendall(line.encode() + b"\n")
            return desk.recv(4096).decode()
        except OSError:
            return ""


def hear_desk(ledger, line):
    """Who has not got through in a second is sent away, and comes again."""
    return wait("an answer", lambda: ask_desk(ledger, line))


@network
def test_a_store_knows_any_member_that_turns_up():
    Hub()
    join(11)
    node = join(12)
    earn("n11", 700)
    wait("the points at the hub", lambda: told("hq"))
    # Where the hub does not answer in time the store knows nothing, once.
    wait("the hub's answer", lambda: leima("balance", "n12", 42).status == 0)
    found = leima("balance", "n12", 42, "--json").expect(0).json()
    assert found["available"] == 700, found
    # The member comes again, and has been elsewhere in between.
    earn("n11", 300, receipt="E2")
    wait("what it has now", lambda: leima("balance", "n12", 42, "--json")
         .expect(0).json()["available"] == 1000, 20)
    node.stop()
    found = leima("balance", "n12", 42, "--json").expect(0).json()
    assert found["available"] == 1000, found        # it is kept
    check(redeem("n12", 700, "a"), verdict="granted", by="offline")
    leima("balance", "n12", 43, "--json").expect(1)


@network
def test_a_store_knows_what_another_sold_with_its_clock_ahead():
    Hub()
    join(11)
    join(12)
    earn("n12", 100)
    ahead = time.strftime("%Y-%m-%dT%H:%M:%S.000Z",
                          time.gmtime(time.time() + 1200))
    leima("append", "n11", given=(
        '{"kind": "purchase", "member": 42, "receipt": "A", "total": 500, '
        f'"at": "{ahead}"}}\n')).expect(0)
    def found():
        return leima("balance", "n12", 42, "--json").expect(0).json()
    wait("both sales", lambda: found()["available"] == 600)
    assert found()["at"] == ahead, found()
    leima("balance", "n12", 42).expect(0)
    check(redeem("n12", 100, "a"), verdict="granted")


@network
def test_the_desk_bears_nonsense():
    Hub()
    node = join(11)
    mode = os.stat("n11/desk").st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    for line in ("", "x", "{}", "[]", "{" * 500, '{"ask": "redeem"}',
                 '{"ask": "state", "account": "0"}', "\0" * 900,
                 '{"ask": "redeem", "account": "1", "points": -1, "id": "a"}',
                 '{"ask": "redeem", "account": "1", "reward": "A", "id": "a"}'):
        assert hear_desk("n11", line) == '{"answer": "none"}\n', line
    assert ask_desk("n11", "x" * 5000) == ""
    idle = [socket.socket(socket.AF_UNIX) for _ in range(60)]
    for each in idle:
        each.setblocking(False)
        try:
            each.connect("n11/desk")
        except BlockingIOError:
            pass
    # Who says nothing is sent away, and the next one is heard.
    assert hear_desk("n11", "x") == '{"answer": "none"}\n'
    node.stop()
    assert not os.path.exists("n11/desk")


@network
def test_status_and_metrics():
    leima("init", "hq2", "--node", 2).expect(0)
    hub = Hub("hq", "tcp://127.0.0.1:0", "--metrics", "hub.prom")
    node = join(11)
    earn("n11", 1000)
    wait("the sale at the hub", lambda: len(events("hq")) == 1)
    wait("the node's file", lambda: os.path.exists("n11/pulse"))
    wait_until_told("n11")
    hub.stop()                  # both write it once more
    node.stop()
    earn("n11", 2000, receipt="E2")
    found = leima("status", "n11", "--json").expect(0).json()
    assert found["unacknowledged"] == 1 and found["joined"], found
    assert found["role"] == "store" and found["untaught"] == 0, found
    process = found["process"]
    assert process["role"] == "node" and process["lag_events"] == 0, process
    assert process["hub"] == hub.endpoint and process["last_contact"], process
    assert abs(process["clock_offset_ms"]) < 5000, process
    assert process["disk_free"] > 0 and process["journal_bytes"] > 0, process
    found = leima("status", "hq", "--json").expect(0).json()
    assert [(each["node"], each["quarantined"]) for each in
            found["nodes"]] == [(11, 0)], found
    assert found["process"]["role"] == found["role"] == "hub", found
    assert leima("--version").expect(0).out == \
        f"leima {found['process']['release']}\n", found
    assert [each["node"] for each in found["process"]["nodes"]] == [11], found
    said = leima("status", "hq").expect(0).out
    assert "last heard" in said and "disk_free" in said, said
    with open("hub.prom") as file:
        check_metrics(file.read(), "leima_sessions", "leima_disk_free_bytes",
                      "leima_peer_heard_timestamp_seconds")
    assert not os.path.exists("hub.prom.new")
    check_metrics(leima("status", "hq", "--prometheus").expect(0).out,
                  "leima_ledger_events", "leima_ledger_quarantined",
                  "leima_ledger_untaught", "leima_ledger_restored",
                  "leima_ledger_deposed", "leima_ledger_lost",
                  "leima_ledger_unsigned", "leima_build_info",
                  "leima_sessions", "leima_peer_lag_events")
    check_metrics(leima("status", "n11", "--prometheus").expect(0).out,
                  "leima_ledger_unacknowledged", "leima_connected",
                  "leima_clock_offset_milliseconds")
    check_metrics(leima("status", "hq2", "--prometheus").expect(0).out,
                  "leima_ledger_position")    # nothing ever ran there
    leima("status", "hq", "--prometheus", "--json").expect(2)
    found = leima("status", "hq2", "--json").expect(0).json()
    assert found["process"] is None and found["role"] == "single", found
    # What is published while no hub runs waits for its signature.
    assert status("hq")["unsigned"] == 0
    leima("rules", "publish", "hq", "program.yaml", "--from",
          "2001-01-01").expect(0)
    assert status("hq")["unsigned"] == 1
    hub = Hub(listen=hub.endpoint)
    wait("the signature", lambda: status("hq")["unsigned"] == 0)
    hub.stop()


@network
def test_who_is_away_is_told_at_the_hub():
    hub = Hub("hq", "tcp://127.0.0.1:0")
    node = join(11)
    enrol(12)
    sell("n11")
    wait("the sale", lambda: len(events("hq")) == 1)
    standby = stand_by("hq2", 2, "--metrics", "hq2.prom")
    wait("the standby's file", lambda: os.path.exists("hq2.prom"))
    standby.stop()
    node.stop()
    hub.stop()
    for process in (hub, node, standby):
        assert process.said(" stopping why=signal"), process.tail()
    found = status("hq")["nodes"]
    assert [(each["node"], each["role"]) for each in found] == [
        (2, "standby"), (11, "store"), (12, "store")], found
    for number in (11, 12):
        leima("enrol", "revoke", "hq", "--node", number).expect(0)
    found = status("hq")["nodes"]
    assert [(each["node"], each["role"]) for each in found] == [
        (2, "standby"), (11, "revoked")], found
    said = leima("status", "hq").expect(0).out
    assert "the process, as it said itself" in said, said
    with open("hq/pulse") as file:
        old = re.sub(r'"at": "20', '"at": "19', file.read())
    with open("hq/pulse", "w") as file:
        file.write(old)
    said = leima("status", "hq").expect(0).out
    assert "it has ended, or hangs" in said, said


@network
def test_once_brings_what_the_chain_knows():
    """A store that connects now and then knows its accounts afterwards."""
    hub = Hub("hq", "tcp://127.0.0.1:0")
    for number in (11, 12):
        join(number).stop()
    for number in (11, 12):
        earn(f"n{number}", 100)
        leima("node", f"n{number}", "--once").expect(0)
    found = leima("balance", "n12", 42, "--json").expect(0).json()
    assert found["available"] == 200, found
    assert leima("node", "n11", "--once").expect(0).err.count("error") == 0
    found = leima("balance", "n11", 42, "--json").expect(0).json()
    assert found["available"] == 200, found
    hub.stop()


@network
def test_a_told_address_of_a_hub_that_was_keeps_nobody_away():
    """--hub stands in a unit file; meanwhile another has become the hub."""
    hub = Hub("hq", "tcp://127.0.0.1:0")
    node = join(11)
    standby = stand_by("hq2", 2)
    wait_for_heir("hq2")
    wait_for_hubs(node.ledger)
    hub.stop()
    leima("hub", "hq2", "--promote").expect(0)
    wait("the new hub", lambda: status("n11")["process"]["hub"] != hub.endpoint)
    node.stop()
    sold = sell("n11", 3)
    node = Node(11, "--hub", hub.endpoint)
    wait("the sales at the new hub", lambda: set(sold) <= set(events("hq2")))
    assert node.said(f" unreached hub={hub.endpoint} failures=1"), node.tail()
    node.stop()
    standby.stop()


def dark():
    """A program that is leima where three name servers never answer, for which
    a resolver waits half a minute; and what keeps them silent."""
    deaf = []
    try:
        for _ in range(3):
            deaf.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            deaf[-1].bind(("127." + ".".join(
                str(byte % 254 + 1) for byte in os.urandom(3)), 53))
    except OSError as why:
        raise Skip(f"no name server of a test's own: {why}") from why
    with open("resolv.conf", "w") as file:
        file.writelines(f"nameserver {each.getsockname()[0]}\n"
                        for each in deaf)
    with open("dark", "w") as file:
        file.write("#!/bin/sh\nexec unshare -m sh -c 'mount --bind resolv.conf "
                   f"/etc/resolv.conf && exec {LEIMA} \"$@\"' sh \"$@\"\n")
    os.chmod("dark", 0o755)
    if subprocess.run(["./dark", "--help"], capture_output=True).returncode:
        raise Skip("mounting is not permitted")
    return deaf


@network
def test_a_name_that_nobody_answers_for_holds_nothing_up():
    """Neither tills, nor the way to a hub that is listed by its address, nor
    the end of the process; and status says what is the matter."""
    hub = Hub("hq", "tcp://127.0.0.1:0")
    join(11).stop()
    deaf = dark()
    named = "tcp://hq.example.org:" + hub.endpoint.rsplit(":", 1)[1]
    node = Node(11, "--hub", named, program="./dark")
    line = till("n11")
    for number in range(20):
        begun = time.monotonic()
        assert line.say({"kind": "stamp", "member": 42, "card": "c",
                         "id": f"{number}"}).get("events")
        assert time.monotonic() - begun < 5
    wait("the address that is listed", lambda: node.said(" connected "), 60)
    assert node.said(f'unreached hub={named} failures=1 why="no name server '
                     'has answered'), node.tail()
    line.close()
    node.stop()
    # The name alone, of a hub that is nowhere.
    hub.stop()
    with open("n11/keys/hubs") as file:
        key = file.read().split()[1]
    with open("n11/keys/hubs", "w") as file:
        file.write(f"{named} {key}\n")
    node = Node(11, "--hub", named, program="./dark")
    wait("what is the matter", lambda: "no name server has answered" in
         (status("n11")["process"]["why"] or ""), 60)
    begun = time.monotonic()
    node.stop()
    assert time.monotonic() - begun < 5, "it waited for the name server"
    for each in deaf:
        each.close()


@network
def test_a_store_joins_at_a_told_address():
    """What the string names may be no address in the store's network."""
    hub = Hub("hq", "tcp://127.0.0.1:0", "--endpoint", "tcp://127.0.0.1:1")
    node = Node(11, "--join", "-", "--hub", hub.endpoint, given=enrol(11))
    # Its ledger is there before it is whole.
    wait("node 11 to join", lambda: node.said(" connected "))
    wait("the rules", lambda: versions("n11") == 1)
    assert status("n11")["process"]["hub"] == hub.endpoint
    node.stop()


@network
def test_a_store_joins_by_the_document_that_json_prints():
    hub = Hub("hq", "tcp://127.0.0.1:0")
    document = leima("enrol", "new", "hq", "--node", 11, "--stores", 11,
                     "--json").expect(0)
    assert document.json()["node"] == 11, document.out
    leima("node", "n11", "--once", "--join", "-",
          given=document.out).expect(0)
    assert versions("n11") == 1
    says = leima("node", "n12", "--once", "--join", "-",
                 given=json.dumps({"string": "leima1-x"})).expect(1)
    assert "not the string" in says.err, says.err
    hub.stop()


# Twenty minutes late, until the file beside it is gone.
WRONG_CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <unistd.h>
int
clock_gettime(clockid_t clock, struct timespec *time)
{
    int (*real)(clockid_t, struct timespec *) =
        dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, time);
    if (clock == CLOCK_REALTIME && access("clock.c", F_OK) == 0)
        time->tv_sec -= 1200;
    return code;
}
"""


def make_clock():
    with open("clock.c", "w") as file:
        file.write(WRONG_CLOCK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", "clock.so", "clock.c"],
                   check=True)


@network
def test_a_wrong_clock_is_flagged():
    """A machine that is twenty minutes late."""
    make_clock()
    hub = Hub()
    join(11).stop()
    earn("n11", 1000)
    os.environ["LD_PRELOAD"] = os.path.abspath("clock.so")
    try:
        node = Node(11)
        wait("its word", lambda: node.said("what=wrong"))
        earn("n11", 1000, receipt="late")
        wait("the sale at the hub", lambda: len(events("hq")) == 2)
        node.stop()
    finally:
        del os.environ["LD_PRELOAD"]
    hub.stop()
    assert hub.said("what=clock peer=11 "), hub.tail()
    found = leima("status", "n11", "--json").expect(0).json()
    assert found["process"]["clock_wrong"], found
    for ledger in ("n11", "hq"):
        found = leima("status", ledger, "--json").expect(0).json()
        flagged = [each for each in found["findings"]
                   if "15 minutes off" in each["reason"]]
        assert flagged and flagged[-1]["event"].startswith("11."), found
    # Put right, it is no longer flagged.
    hub = Hub(listen=hub.endpoint)
    node = Node(11)
    before = found["flagged"]
    wait("the node to hear the hub's time", lambda: node.said(" connected "))
    earn("n11", 1000, receipt="right")
    wait("the sale at the hub", lambda: len(events("hq")) == 3)
    assert status("hq")["flagged"] == before
    hub.stop()
    node.stop()
    assert not status("n11")["process"]["clock_wrong"]


@network
def test_a_clock_that_is_put_right_is_right():
    """The hub's machine has just begun, and nobody has told it the time yet;
    sessions that begin then may last for weeks."""
    make_clock()
    os.environ["LD_PRELOAD"] = os.path.abspath("clock.so")
    try:
        hub = Hub()
    finally:
        del os.environ["LD_PRELOAD"]
    node = join(11)
    wait("the node's word", lambda: node.said("what=wrong"))
    wait("the hub's word", lambda: any(
        each["clock_wrong"] for each in status("hq")["process"]["nodes"]))
    os.remove("clock.c")
    wait("the node to hear of it", lambda: node.said("what=right"))
    wait("the hub to hear of it", lambda: not any(
        each["clock_wrong"] for each in status("hq")["process"]["nodes"]))
    assert not hub.said(" left "), hub.tail()
    node.stop()
    hub.stop()


def check_metrics(text, *names):
    """Text as Prometheus reads it: a family is one block, HELP and TYPE before
    its samples and once each, no sample twice, the last line ended."""
    families, samples, current = set(), set(), None
    assert text.endswith("\n"), text
    helped = None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            helped = line.split(" ", 3)[2]
            assert re.fullmatch(r"[^\\]+", line.split(" ", 3)[3]), line
        elif line.startswith("# TYPE "):
            current, kind = line.split(" ")[2:]
            assert current == helped and current not in families, line
            assert kind in ("gauge", "counter"), line
            assert current.endswith("_total") == (kind == "counter"), line
            families.add(current)
        else:
            found = re.fullmatch(
                r'((leima_[a-z_]+)\{[a-z]+="\d+"(?:,release="[\d.]+")?\})'
                r' -?\d+', line)
            assert found and found.group(2) == current, line
            assert found.group(1) not in samples, line
            samples.add(found.group(1))
    told = {sample.split("{")[0] for sample in samples}
    assert told >= set(names), text


@network
def test_keys_in_a_safe():
    hub = Hub()
    node = join(11)
    hub.stop()
    secret = "correct horse battery"
    sealed = leima("keys", "export", "hq", given=secret + "\n").expect(0).out
    again = leima("keys", "export", "hq", given=secret + "\n").expect(0).out
    assert sealed.startswith("leima-keys1-") and sealed != again
    with open("hq/keys/own") as file:
        own = file.read()
    assert own.split()[-1] not in sealed
    with open("hq.keys", "w") as file:
        file.write(sealed)
    # The disk is lost, a backup and the safe are left.
    leima("backup", "hq", "saved").expect(0)
    assert not os.path.exists("saved/keys/own")
    os.rename("hq", "lost")
    leima("restore", "hq", "saved").expect(0)
    leima("keys", "import", "hq", "hq.keys", given="wrong horse battery\n"
          ).expect(1)
    assert not os.path.exists("hq/keys/own")
    # Who starts it too early is told, and what to do about the keys it made.
    hasty = Hub(listen=hub.endpoint)
    hasty.stop()
    assert hasty.said(" alarm what=new_key "), hasty.tail()
    done = leima("keys", "import", "hq", "hq.keys", given=secret).expect(1)
    assert "move keys/ out of the ledger" in done.err, done.err
    os.rename("hq/keys", "hasty")
    leima("keys", "import", "hq", "hq.keys", given=secret).expect(0)
    with open("hq/keys/own") as file:
        assert file.read() == own
    # What --json printed does as well.
    with open("keys.json", "w") as file:
        file.write(leima("keys", "export", "hq", "--json",
                         given=secret).expect(0).out)
    leima("restore", "third", "saved").expect(0)
    leima("keys", "import", "third", "keys.json", given=secret).expect(0)
    with open("third/keys/own") as file:
        assert file.read() == own
    assert stat.S_IMODE(os.stat("hq/keys/own").st_mode) == 0o600
    # What nodes hold of this hub is signed with this one.
    with open("hq/keys/hub.key", "rb") as file, \
            open("lost/keys/hub.key", "rb") as before:
        assert file.read() == before.read()
    leima("keys", "import", "hq", "hq.keys", given=secret).expect(0)
    leima("init", "other", "--node", 3).expect(0)
    leima("keys", "export", "other", given=secret).expect(1)
    leima("keys", "export", "hq", given="short\n").expect(1)
    with open("hq.keys", "w") as file:
        file.write(sealed[:-9] + "00000000\n")
    leima("keys", "import", "other", "hq.keys", given=secret).expect(1)
    # The node finds the same hub again.
    hub = Hub(listen=hub.endpoint)
    earn("n11", 100)
    wait("the sale at the hub", lambda: len(events("hq")) == 1)
    node.stop()
    hub.stop()


@network
def test_an_end_by_sigterm_keeps_what_was_acknowledged():
    hub = Hub()
    node = join(11)
    for i in range(5):
        sold = leima("append", "n11", given="".join(
            f'{{"kind": "purchase", "member": 7, "receipt": "S{i}-{n}", '
            f'"total": 100}}\n' for n in range(400))).expect(0)
        (hub if i % 2 else node).stop()     # status 0, in the middle of it
        leima("verify", "hq").expect(0)
        if i % 2:
            hub = Hub(listen=hub.endpoint)
        else:
            node = Node(11)
    assert sold.out
    wait("all at the hub", lambda: len(events("hq")) == 2000)
    assert leima("status", "n11", "--json").json()["unacknowledged"] >= 0
    node.stop()
    hub.stop()


def install(what):
    subprocess.run(["make", "-s", "-C", TREE, what, "PREFIX=/usr",
                    f"DESTDIR={os.getcwd()}/root"], check=True,
                   capture_output=True)


def installed():
    return {os.path.join(folder, name)
            for folder, _, names in os.walk("root") for name in names}


def test_what_was_installed_is_taken_away():
    """All of it, with its folders, and nothing of anybody else's."""
    install("install")
    for path in ("bin/leima", "share/leima/maps/cdnow.yaml",
                 "share/man/man1/leima.1", "lib/sysusers.d/leima.conf",
                 "share/bash-completion/completions/leima"):
        assert f"root/usr/{path}" in installed(), path
    with open("root/usr/share/leima/maps/shop.yaml", "w"):
        pass
    install("uninstall")
    assert installed() == {"root/usr/share/leima/maps/shop.yaml"}, installed()
    assert not os.path.exists("root/usr/share/doc/leima")
    install("install")
    os.unlink("root/usr/share/leima/maps/shop.yaml")
    install("uninstall")
    assert not os.path.exists("root/usr/share/leima")
    install("uninstall")  # nothing is there, and that is as it should be


def test_units_of_systemd():
    """Installed, complete, and to systemd's liking where it is there."""
    install("install")
    for unit in ("leima-hub.service", "leima-node@.service"):
        with open(f"root/usr/lib/systemd/system/{unit}") as file:
            text = file.read()
        assert "@" not in re.sub(r"node@|@[a-z-]+", "", text), text
        for line in ("User=leima", "NoNewPrivileges=yes",
                     "RestartPreventExitStatus=2",
                     "ProtectSystem=strict", "ExecStart=/usr/bin/leima"):
            assert line in text, f"{unit}: {line}"
        with open(unit, "w") as file:
            file.write(text.replace("/usr/bin/leima",
                                    f"{os.getcwd()}/root/usr/bin/leima"))
    if not shutil.which("systemd-analyze"):
        raise Skip("systemd-analyze is not there")
    done = subprocess.run(["systemd-analyze", "verify", "./leima-hub.service",
                           "./leima-node@.service"], capture_output=True)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    for unit in ("./leima-hub.service", "./leima-node@.service"):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true",
                               "--threshold=20", unit], capture_output=True)
        assert done.returncode == 0, done.stdout.decode()[-200:]


def calls_of_set(name):
    """The system calls of one of systemd's sets, "@process"."""
    out = subprocess.run(["systemd-analyze", "syscall-filter", name],
                         check=True, capture_output=True, text=True).stdout
    found = set()
    for word in out.split("\n")[1:]:
        word = word.strip()
        if word.startswith("@"):
            found |= calls_of_set(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


def calls_allowed(unit):
    allowed = set()
    for line in re.findall(r"^SystemCallFilter=(.*)", unit, re.M):
        words = line.lstrip("~").split()
        calls = set().union(*(calls_of_set(word) if word.startswith("@")
                              else {word} for word in words))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def to_journal(name, off, *words):
    """What a process says on stderr, whose inode is what JOURNAL_STREAM
    names, or another one."""
    with open(name, "wb") as file:
        its = os.fstat(file.fileno())
        journal = f"{its.st_dev}:{its.st_ino + off}"
        run = subprocess.Popen([LEIMA, *words], stdout=subprocess.PIPE,
                               stderr=file,
                               env={**os.environ, "JOURNAL_STREAM": journal})
        if run.stdout.readline():
            run.terminate()
        run.wait(timeout=60)
        run.stdout.close()
    with open(name) as file:
        return file.read().splitlines()


def test_a_long_history_is_built_in_a_nodes_memory():
    """Some 300,000 events, whose rows alone take more than a node may."""
    leima("init", "n10", "--node", 10, "--store", 10).expect(0)
    leima("generate", "n10", "--members", 63000, "--months", 15,
          "--only-store", 10).expect(0)
    assert not os.path.exists("n10/history")
    process = subprocess.Popen([LEIMA, "node", "n10"], stderr=subprocess.PIPE)
    most = 0
    while process.poll() is None:
        with open(f"/proc/{process.pid}/status") as status:
            lines = dict(line.split(":", 1) for line in status)
        most = max(most, int(lines.get("RssAnon", "0").split()[0]))
        time.sleep(0.002)
    assert b"has not joined a hub" in process.stderr.read()
    assert os.listdir("n10/history"), "nothing was built"
    assert 0 < most < 12 << 10, f"{most} kB"


def test_lines_in_the_journal_carry_their_priority():
    leima("init", "hq").expect(0)
    runs = (("hub", "hq", "--listen", "tcp://127.0.0.1:0"), "<6>", "2"), \
        (("node", "nowhere"), "<3>", "leima node: "), \
        (("node",), "<3>", "leima node: ")
    for words, priority, begin in runs:
        lines = to_journal("stderr", 0, *words)
        assert lines and all(line.startswith(priority + begin)
                             for line in lines), lines
        lines = to_journal("stderr", 1, *words)
        assert lines and all(line.startswith(begin) for line in lines), lines


@network
def test_units_allow_what_hub_and_node_call():
    """A call that the unit's filter forbids ends the process at once."""
    for tool in ("strace", "systemd-analyze"):
        if not shutil.which(tool):
            raise Skip(f"{tool} is not there")
    if subprocess.run(["strace", "-o", "/dev/null", "true"],
                      capture_output=True).returncode != 0:
        raise Skip("strace may not look on")
    with open("traced", "w") as file:
        file.write('#!/bin/sh\n[ "$1" = hub ] || [ "$1" = node ] || '
                   f'exec {LEIMA} "$@"\n'
                   f'exec strace -D -f -qq -o calls.$$ {LEIMA} "$@"\n')
    os.chmod("traced", 0o755)
    program = os.path.abspath("traced")
    hub = Hub("hq", "tcp://127.0.0.1:0", "--metrics", "hub.prom",
              program=program)
    leima("init", "n11", "--node", 11).expect(0)
    node = join(11, program=program)
    earn("n11", 50000)
    redeem("n11", 300, "a")
    for ledger in ("n11", "hq"):
        for member in (1, 2):
            assert "events" in till(ledger).say({"kind": "join", "store": 11,
                                                 "member": member})
    assert "verdict" in till("n11").say({"decide": {
        "kind": "redeem", "member": 1, "points": 300, "id": "b"}})
    wait("the sale", lambda: len(events("hq")) == 6)
    node.stop()
    hub.stop()
    with open(os.path.join(TREE, "tools", "systemd", "common.conf")) as file:
        allowed = calls_allowed(file.read())
    made = set()
    for name in os.listdir("."):
        if name.startswith("calls."):
            with open(name, errors="replace") as file:
                made |= set(re.findall(r"^\d+ +([a-z_0-9]+)\(", file.read(),
                                       re.M))
    assert "sched_setscheduler" in made and len(made) > 30, made
    assert made <= allowed, f"not allowed: {sorted(made - allowed)}"


if __name__ == "__main__":
    main(globals())
