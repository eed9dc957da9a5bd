#!/usr/bin/env python3
"""test_tills.py - events from tills' programs: `append --stream`, and the
socket LEDGER/tills of a running node or hub

What is answered is on the disk, whatever happens to the process; what is not
answered is said again under the same id and counts once.  ROUNDS=n kills more
often.
"""
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import threading
import time

from disk import Disk
from leima import LEIMA, Skip, leima, main
from network import (Hub, Node, Till, enrol, events, has, join, network, till,
                     wait)

ROUNDS = int(os.environ.get("ROUNDS", "4"))


def sale(name, **more):
    return {"kind": "purchase", "member": 42, "receipt": name, "total": 100,
            "id": name, **more}


class Crowd:
    """Tills that sell as fast as they are answered, until the node goes."""

    def __init__(self, ledger, count, prefix):
        self.answered = {}  # by id
        self.open = []      # ids without an answer
        self.wrong = []
        self.threads = [threading.Thread(target=self.sell,
                                         args=(ledger, f"{prefix}-{i}"))
                        for i in range(count)]
        for thread in self.threads:
            thread.start()

    def sell(self, ledger, name):
        one = till(ledger)
        for number in range(1000000):
            key = f"{name}-{number}"
            answer = one.say(sale(key))
            if "events" in answer:
                self.answered[key] = answer["events"][0]
            elif answer:
                self.wrong.append(answer)
                break
            else:
                self.open.append(key)
                break
        one.close()

    def wait(self):
        for thread in self.threads:
            thread.join(600)
        assert not self.wrong, self.wrong[0]


def check_answered(ledger, answered):
    """Each is there, once, under the identity that was told."""
    held = {event["id"]: name for name, event in events(ledger).items()
            if "id" in event}
    for key, identity in answered.items():
        assert held.get(key) == identity, f"{key}: told {identity}, " \
            f"{ledger} has {held.get(key)}"
    leima("verify", ledger).expect(0)


def fill_disk():
    with open("disk/filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            pass


# --- the stream -----------------------------------------------------------

def test_a_stream_answers_line_by_line():
    leima("init", "L", "--node", 10, "--store", 10,
          "--incarnation", 1).expect(0)
    stream = subprocess.Popen([LEIMA, "append", "L", "--stream"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(what):
        line = what if isinstance(what, str) else json.dumps(what)
        stream.stdin.write(line.encode() + b"\n")
        stream.stdin.flush()
        return json.loads(stream.stdout.readline())

    assert say(sale("a")) == {"events": ["10.1.1"]}
    assert len(events("L")) == 1, "answered before it was stored"
    assert say(sale("a")) == {"events": ["10.1.1"]}
    assert "conflict" in say(sale("a", total=7))["refused"]
    assert say([sale("b"), sale("c")]) == {"events": ["10.1.2", "10.1.3"]}
    assert say([sale("d"), sale("e", total=-1)])["refused"].startswith(
        "line 2: total")
    assert "JSON" in say("nonsense")["refused"]
    leima("append", "L", given=json.dumps(sale("f"))).expect(0)
    assert say(sale("f")) == {"events": ["10.1.4"]}
    stream.stdin.close()
    assert stream.wait(300) == 5
    assert [event["id"] for event in events("L").values()] == list("abcf")
    good = leima("append", "L", "--stream", given=json.dumps(sale("g")) + "\n")
    assert good.expect(0).lines() == [{"events": ["10.1.5"]}]
    for words in (["L", "sales.jsonl"], ["L", "--json"], ["L", "--dry-run"]):
        leima("append", *words, "--stream").expect(2)


PROGRAM = """program: P
currency: EUR
timezone: Europe/Helsinki
points: {value: 0.01, min_redemption: 100}
earn: [{id: base, per: 1.00, points: 1}]
"""


class Stream:
    """`append --stream`, as a till's program keeps it open."""

    def __init__(self, ledger, **environment):
        self.process = subprocess.Popen([LEIMA, "append", ledger, "--stream"],
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE,
                                        env={**os.environ, **environment})

    def say(self, what):
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        return self.process.wait(30)


def redemption(name, points, **more):
    return {"decide": {"kind": "redeem", "member": 42, "points": points,
                       "id": name, **more}}


def publish(ledger, text):
    pathlib.Path("program.yaml").write_text(text)
    leima("rules", "publish", ledger, "program.yaml", "--from",
          "2000-01-01").expect(0)


def test_a_stream_decides_redemptions():
    """As leima redeem does, by all that has come meanwhile: rules too."""
    leima("init", "L", "--node", 10, "--store", 10,
          "--incarnation", 1).expect(0)
    stream = Stream("L")
    told = stream.say(redemption("early", 100))
    assert (told["verdict"], told["reason"]) == ("refused", "unknown"), told
    publish("L", PROGRAM)
    stream.say(sale("a", total=50000))
    told = stream.say(redemption("r-1", 300, receipt="12", till="3"))
    assert told["verdict"] == "granted" and told["by"] == "hub", told
    assert told["known"] is False and told["available"] == 500, told
    assert events("L")[told["event"]]["till"] == "3"
    again = stream.say(redemption("r-1", 300, receipt="12", till="3"))
    # A till that lost the answer takes off what was granted, not nothing.
    assert again == {
        "verdict": "granted", "by": None, "event": told["event"],
        "known": True, "voucher": None, "points": 300, "available": None,
        "minimum": None, "value": told["value"]}, again
    assert again["value"] == 300, again
    told = stream.say(redemption("r-2", 300))
    assert told == {**leima("redeem", "L", 42, "--points", 300, "--id", "r-2",
                            "--json").expect(1).json()}, told
    assert (told["reason"], told["available"]) == ("too_little", 200), told
    assert stream.say(redemption("r-3", 50))["reason"] == "below_minimum"
    assert "conflict" in stream.say(redemption("r-1", 400))["refused"]
    assert stream.say({"decide": sale("b")})["refused"].startswith("decide:")
    assert "points" in stream.say(redemption("r-4", 0))["refused"]
    leima("append", "L", given=json.dumps(sale("c", total=90000))).expect(0)
    assert stream.say(redemption("r-5", 1000))["verdict"] == "granted"
    assert stream.close() == 5
    kinds = [event["kind"] for event in events("L").values()]
    assert kinds.count("redeem") == 2, kinds
    leima("verify", "L").expect(0)


def test_a_reward_that_is_asked_for_again_is_worth_the_same():
    """Whether a voucher paid it, the event does not tell."""
    leima("init", "L", "--node", 10, "--store", 10).expect(0)
    publish("L", PROGRAM + "rewards: [{id: cup, value: 2.00}]\n")
    stream = Stream("L")
    stream.say([sale("a"), {"kind": "grant", "member": 42, "reward": "cup"}])
    wanted = {"decide": {"kind": "redeem", "member": 42, "reward": "cup",
                         "id": "c-1"}}
    told = stream.say(wanted)
    assert (told["voucher"], told["points"], told["value"]) == (
        True, 0, 200), told
    again = stream.say(wanted)
    assert again["event"] == told["event"] and again["value"] == 200, again
    assert (again["voucher"], again["points"]) == (None, None), again
    assert stream.close() == 0


def test_what_is_wrong_with_a_list():
    """Nobody is sent to look for an event that is not there."""
    leima("init", "L", "--node", 10, "--store", 10).expect(0)
    stream = Stream("L")
    twice = [sale("a"), sale("a", total=200)]
    told = stream.say(twice)["refused"]
    assert told == ("line 2: id \"a\": conflict: an event before it has it "
                    "with other content; use a new id"), told
    dry = leima("append", "L", "--dry-run", given="".join(
        json.dumps(event) + "\n" for event in twice)).expect(1).err
    assert "an event before it has it" in dry, dry
    stored = stream.say(sale("a"))["events"][0]
    assert f"event {stored} has it" in stream.say(twice[1])["refused"]
    assert "found an empty one" in stream.say([])["refused"]
    assert stream.close() == 5


def decide_at_once(ledger, lines):
    done = leima("append", ledger, "--stream",
                 given="".join(json.dumps(line) + "\n" for line in lines))
    return done.status, done.lines()


def test_redemptions_that_come_together_see_each_other():
    """Points, vouchers and ids: decided in their order, with one commit."""
    leima("init", "L", "--node", 10, "--store", 10,
          "--incarnation", 1).expect(0)
    publish("L", PROGRAM + "rewards: [{id: cup, value: 2.00}]\n")
    status, told = decide_at_once("L", [
        sale("a", total=100000), sale("b", total=30000, member=43),
        {"kind": "grant", "member": 42, "reward": "cup", "count": 2,
         "reason": "opening"}])
    assert status == 0, told
    status, told = decide_at_once("L", [
        redemption(f"r-{number}", 150) if number % 2 else
        redemption(f"r-{number}", 150, member=43) for number in range(20)])
    granted = [n for n in range(20) if told[n]["verdict"] == "granted"]
    assert granted == [0, 1, 2, 3, 5, 7, 9, 11], told
    assert [told[n]["available"] for n in (0, 2, 4, 18)] == [300, 150, 0, 0]
    assert [told[n]["available"] for n in (1, 11, 13, 19)] == [
        1000, 250, 100, 100], told
    assert all(told[n]["reason"] == "too_little"
               for n in range(20) if n not in granted)
    held = events("L")
    assert len({held[told[n]["event"]]["recorded"] for n in granted}) == 1
    balance = leima("balance", "L", 42, "--json").expect(0).json()
    assert (balance["available"], balance["debt"]) == (100, 0), balance
    cups = [{"decide": {"kind": "redeem", "member": 42, "reward": "cup",
                        "id": f"c-{number}"}} for number in range(4)]
    status, told = decide_at_once("L", cups)
    assert [answer["verdict"] for answer in told] == \
        ["granted", "granted", "refused", "refused"], told
    # Ids that come twice, nonsense and sales in between; then all over again.
    lines = [redemption("x", 100), redemption("x", 100), {"decide": sale("n")},
             redemption("x", 200), sale("c", total=20000),
             redemption("y", 200), redemption("z", 100)]
    for known in (False, True):
        status, told = decide_at_once("L", lines)
        assert status == 5, told
        assert [told[n].get("known") for n in (0, 1, 5)] == \
            [known, True, known], told
        assert told[0]["event"] == told[1]["event"], told
        assert "decide" in told[2]["refused"] and \
            "conflict" in told[3]["refused"] and "events" in told[4], told
        assert told[6]["reason"] == "too_little", told
    leima("verify", "L").expect(0)


class Sellers:
    """Processes of their own that append without end, until closed."""

    def __init__(self, ledger, members, pause):
        self.open = True
        self.pause = pause
        self.streams = [Stream(ledger) for _ in members]
        self.threads = [threading.Thread(target=self.sell, args=pair)
                        for pair in zip(self.streams, members)]
        for thread in self.threads:
            thread.start()

    def sell(self, stream, member):
        while self.open:
            stream.say({"kind": "stamp", "member": member, "card": "c"})
            time.sleep(self.pause)

    def close(self):
        self.open = False
        for thread in self.threads:
            thread.join(60)
        assert [stream.close() for stream in self.streams] == \
            [0] * len(self.streams)


def redeem_beside(members, pause, count):
    """So many redemptions of 42 while others sell to those members."""
    sellers = Sellers("L", members, pause)
    told = [leima("redeem", "L", 42, "--points", 100, "--id",
                  f"{members[0]}-{number}") for number in range(count)]
    sellers.close()
    assert [one.status for one in told] == [0] * count, told[-1].err


def test_redemptions_beside_sales_without_a_pause():
    """Sales to others do not hinder; after one to the same account it is
    decided again."""
    leima("init", "L", "--node", 10, "--store", 10).expect(0)
    publish("L", PROGRAM)
    leima("append", "L", given=json.dumps(sale("a", total=9000000))).expect(0)
    redeem_beside(range(1, 9), 0, 30)
    redeem_beside([42], 0.002, 12)
    found = leima("balance", "L", 42, "--json").expect(0).json()
    assert found["available"] == 90000 - 42 * 100, found
    leima("verify", "L").expect(0)


def test_a_stream_and_a_full_disk():
    with Disk(3 << 20):
        leima("init", "disk/L", "--node", 1, "--store", 10).expect(0)
        stream = subprocess.Popen([LEIMA, "append", "disk/L", "--stream"],
                                  stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)

        def say(name):
            stream.stdin.write(json.dumps(sale(name)).encode() + b"\n")
            stream.stdin.flush()
            return json.loads(stream.stdout.readline())

        assert "events" in say("first")
        fill_disk()
        assert "nothing has changed" in say("second")["fault"]
        os.truncate("disk/filler", 0)
        wait("room", lambda: "events" in say("third"))
        stream.stdin.close()
        assert stream.wait(300) == 5
        names = [event["id"] for event in events("disk/L").values()]
        assert names == ["first", "third"], names
        leima("verify", "disk/L").expect(0)


# --- the socket -----------------------------------------------------------

@network
def test_tills_at_a_node():
    Hub()
    leima("init", "n10", "--node", 10, "--store", 10,
          "--incarnation", 1).expect(0)
    node = join(10)
    one = till("n10")
    assert one.say(sale("a")) == {"events": ["10.1.1"]}
    assert one.say(sale("a")) == {"events": ["10.1.1"]}
    assert leima("append", "n10",
                 given=json.dumps(sale("a"))).expect(0).out == "10.1.1\n"
    refused = one.say(sale("a", total=7))["refused"]
    said = leima("append", "n10", given=json.dumps(sale("a", total=7)))
    assert refused in said.expect(1).err.replace("line 1: ", ""), said.err
    for bad in (b"", b"\x00\xff\xfe", b"[" * 5000, b"{" * 5000, b'"' * 5000,
                b"[{}]", b"null", b"x" * 300000, b"\r\r\r"):
        assert list(one.say(bad)) == ["refused"], bad[:20]
    assert one.say([sale("b"), {"kind": "void", "member": 42,
                                "voids_id": "b"}])["events"] == \
        ["10.1.2", "10.1.3"]
    wait("the sales at the hub",
         lambda: has("hq", ["10.1.1", "10.1.2", "10.1.3"]))
    # One who says nothing, one who says half a line: nobody waits for them.
    silent, half = till("n10"), till("n10")
    half.socket.send(b'{"kind": "pur')
    assert one.say(sale("c")) == {"events": ["10.1.4"]}
    node.stop()
    assert one.say(sale("d")) == {}
    assert not os.path.exists("n10/tills")
    check_answered("n10", {"a": "10.1.1", "c": "10.1.4"})
    for each in (one, silent, half):
        each.close()


@network
def test_a_till_redeems_through_its_node():
    """Online the hub decides, offline the limits of the rules bind; at the
    socket as on the stream."""
    hub = Hub()
    publish("hq", PROGRAM + "offline: {max_value: 2.00, max_age_days: 5}\n")
    leima("init", "n10", "--node", 10, "--store", 10).expect(0)
    node = join(10)
    sold = leima("append", "n10", given=json.dumps(
        sale("a", total=9000000))).expect(0).out.strip()
    wait("the sale at the hub", lambda: has("hq", [sold]))
    stream, one = Stream("n10"), till("n10")
    told = {}

    def granted_by_the_hub():
        told.update(stream.say(redemption(f"r-{time.monotonic()}", 100)))
        return told.get("verdict") == "granted" and told["by"] == "hub"
    wait("the hub's grant", granted_by_the_hub)
    assert stream.say(redemption("big", 500))["by"] == "hub"
    told = one.say(redemption("more", 300))
    assert told["verdict"] == "granted" and told["by"] == "hub", told
    assert events("n10")[told["event"]]["id"] == "more"
    assert one.say(redemption("more", 300))["known"] is True
    assert one.say(redemption("all", 90000))["reason"] == "too_little"
    leima("balance", "n10", 42).expect(0)  # asks, so the hub has told by now
    hub.kill()
    for way in (stream, one):
        told = way.say(redemption(f"off-{id(way)}", 200))
        assert (told["verdict"], told["reason"]) == \
            ("refused", "offline_limit"), told
        assert told["limit"] == 200 and told["limit_used"] >= 800, told
    stream.close()
    one.close()
    node.stop()


def counter_of(node):
    """The process that decides for the node's tills; None: there is none."""
    with open(f"/proc/{node.process.pid}/task/{node.process.pid}/children"
              ) as file:
        direct = file.read().split()
    for task in os.listdir(f"/proc/{node.process.pid}/task"):
        with open(f"/proc/{node.process.pid}/task/{task}/children") as file:
            direct += file.read().split()
    return int(direct[0]) if direct else None


@network
def test_redemptions_at_the_socket_hold_up_nobody():
    Hub()
    publish("hq", PROGRAM)
    leima("init", "n10", "--node", 10, "--store", 10,
          "--incarnation", 1).expect(0)
    node = join(10)
    one, other = till("n10"), till("n10")
    sold = one.say(sale("a", total=9000000))["events"]
    wait("the sale at the hub", lambda: has("hq", sold))
    assert counter_of(node) is None, "nobody has redeemed"
    wait("the first grant", lambda: one.say(
        redemption(f"w-{time.monotonic()}", 100))["verdict"] == "granted")
    # Lines in a row of one till: each sees what is before it.
    for line in (sale("b"), redemption("r-1", 100), sale("c"),
                 redemption("r-2", 100), redemption("r-2", 100), "nonsense"):
        one.file.write(json.dumps(line).encode() + b"\n")
    one.file.flush()
    answers = [json.loads(one.file.readline()) for _ in range(6)]
    assert [sorted(answer)[0] for answer in answers] == [
        "events", "available", "events", "available", "available",
        "refused"], answers
    assert answers[3]["event"] == answers[4]["event"]
    order = [event["id"] for event in events("n10").values()
             if event["id"] in "b c r-1 r-2".split()]
    assert order == ["b", "r-1", "c", "r-2"], order
    # Others sell while one waits; one who hangs up is forgotten.
    counter = counter_of(node)
    os.kill(counter, signal.SIGSTOP)
    for way in (one, other):
        way.file.write(json.dumps(redemption("r-3", 100)).encode() + b"\n")
        way.file.flush()
    third = till("n10")
    assert "events" in third.say(sale("d"))
    other.close()
    os.kill(counter, signal.SIGCONT)
    assert json.loads(one.file.readline())["verdict"] == "granted"
    assert one.say(redemption("r-3", 100))["known"], "behind the other's"
    # One that dies is begun again with the next question.
    os.kill(counter, signal.SIGSTOP)
    one.file.write(json.dumps(redemption("r-4", 100)).encode() + b"\n")
    one.file.flush()
    wait("the question to be under way", lambda: third.say(sale("e")))
    os.kill(counter, signal.SIGKILL)
    assert "ask again" in json.loads(one.file.readline())["fault"]
    assert one.say(redemption("r-4", 100))["verdict"] == "granted"
    assert "4096" in one.say(redemption("x", 100, till="y" * 5000))["refused"]
    counter = counter_of(node)
    node.stop()
    assert not os.path.exists(f"/proc/{counter}")
    kinds = [event["id"] for event in events("n10").values()
             if event["kind"] == "redeem"]
    assert sorted(kinds) == sorted(set(kinds)), kinds
    leima("verify", "n10").expect(0)


def ask_at_once(ledger, node, lines):
    """Each from a till of its own, and all before the first is decided."""
    counter = counter_of(node)
    os.kill(counter, signal.SIGSTOP)
    ways = [till(ledger) for _ in lines]
    for way, line in zip(ways, lines):
        way.file.write(json.dumps(line).encode() + b"\n")
        way.file.flush()
    # What was said before this was answered has been passed on.
    last = till(ledger)
    assert "refused" in last.say(b"nonsense")
    os.kill(counter, signal.SIGCONT)
    told = [json.loads(way.file.readline() or b"{}") for way in ways]
    for way in ways + [last]:
        way.close()
    return told


@network
def test_many_tills_redeem_at_once():
    """Where points or limits suffice for some only, some get them: from the
    hub, which is asked so often and no more, or from the store alone."""
    hub = Hub()
    publish("hq", PROGRAM + "offline: {max_value: 30.00, max_age_days: 5}\n")
    leima("init", "n10", "--node", 10, "--store", 10).expect(0)
    node = join(10)
    one = till("n10")
    sold = [one.say(sale(f"s-{member}", total=total, member=member))["events"]
            for member, total in ((1, 100000), (2, 100000), (3, 9000000),
                                  (4, 9000000))]
    wait("the sales at the hub", lambda: has("hq", sum(sold, [])))

    def told_of(member, by):
        told = leima("redeem", "n10", member, "--points", 100, "--id", "dry",
                     "--dry-run", "--json").json()
        return told["verdict"] == "granted" and told["by"] == by
    for member in (1, 2, 3):
        wait("the hub's word", lambda: told_of(member, "hub"))
        leima("balance", "n10", member).expect(0)  # the node has a copy now
    wait("the first one", lambda: one.say(redemption(
        f"w-{time.monotonic()}", 100, member=3)).get("by") == "hub")

    def ask(member, count):
        told = ask_at_once("n10", node, [
            redemption(f"m{member}-{number}", 100, member=member)
            for number in range(count)])
        granted = [answer for answer in told if answer["verdict"] == "granted"]
        held = events("n10")
        assert all(answer["event"] in held for answer in granted), told
        refused = {answer["reason"] for answer in told} if not granted else {
            answer["reason"] for answer in told
            if answer["verdict"] == "refused"}
        return granted, refused, held
    ask(4, 40)  # so that the hub has had enough before the next are through
    granted, refused, _ = ask(1, 60)
    assert len(granted) == 10 and refused == {"too_little"}, granted
    hub.kill()
    wait("the store to be alone", lambda: told_of(2, "offline"))
    granted, refused, held = ask(2, 60)
    assert len(granted) == 10 and refused == {"too_little"}, granted
    assert {answer["by"] for answer in granted} == {"offline"}, granted
    assert len({held[answer["event"]]["recorded"] for answer in granted}) == 1
    granted, refused, held = ask(3, 60)
    assert refused == {"offline_limit"}, refused
    worth = [event["points"] for event in held.values()
             if event["kind"] == "redeem" and event["member"] == 3]
    assert sum(worth) == 3000, worth
    for member, left in ((1, 0), (2, 0)):
        found = leima("balance", "n10", member, "--json").expect(0).json()
        assert (found["available"], found["debt"]) == (left, 0), found
    node.stop()
    leima("verify", "n10").expect(0)


def processor_time(process):
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@network
def test_tills_and_no_descriptor_left():
    """It is said once, nothing spins, and all is well when there is one."""
    Hub()
    node = join(11)
    inside = till("n11")
    assert "events" in inside.say(sale("a"))
    pid = node.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    held = max(int(name) for name in os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (held + 1, before[1]))
    outside = [till("n11") for _ in range(30)]
    wait("the word", lambda: node.said("nobody more can be let in"))
    used = processor_time(node.process)
    time.sleep(1)
    assert "events" in inside.say(sale("b"))
    used = processor_time(node.process) - used
    assert used < 0.5, f"{used} s of the processor"
    assert node.tail().count("nobody more") == 1, node.tail()
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    for number, one in enumerate(outside):
        assert "events" in one.say(sale(f"c-{number}"))
        one.close()
    assert node.tail().count("tills what=open") == 1, node.tail()
    inside.close()
    node.stop()


@network
def test_sockets_that_can_not_be_opened_at_the_start():
    """It is said once, and they are opened as soon as they can be."""
    Hub()
    join(11).stop()
    for name in ("desk", "tills"):
        os.mkdir(f"n11/{name}")
    node = Node(11)
    for name in ("desk", "tills"):
        wait("the word", lambda: node.said(f" {name} why="))
        os.rmdir(f"n11/{name}")
    for name in ("desk", "tills"):
        wait(name, lambda: node.said(f" {name} what=open"))
    one = till("n11")
    assert "events" in one.say(sale("a"))
    one.close()
    for name in ("desk", "tills"):
        assert node.tail().count(f" {name} why=") == 1, node.tail()
    node.stop()


@network
def test_a_group_of_tills():
    """chgrp and chmod 710 of the ledger: its group may sell, nobody else, and
    reading is for the ledger's own user."""
    if os.geteuid() != 0:
        raise Skip("only root may be somebody else")
    Hub()
    leima("init", "n10", "--node", 10, "--store", 10).expect(0)
    node = join(10)
    os.chmod(".", 0o711)

    def sells(group, name):
        run = subprocess.run(
            ["python3", "-c", "import socket, sys\n"
             "one = socket.socket(socket.AF_UNIX)\n"
             "one.connect('n10/tills')\n"
             "one.sendall(sys.argv[1].encode() + b'\\n')\n"
             "sys.stdout.write(one.makefile().readline())",
             json.dumps(sale(name))], user=65534, group=group,
            extra_groups=[], capture_output=True, text=True)
        assert run.returncode == 0 or "PermissionError" in run.stderr, run
        return run.returncode == 0 and "events" in json.loads(run.stdout)

    till("n10").close()
    assert not sells(4711, "a"), "the socket is for the ledger's user alone"
    node.stop()
    os.chown("n10", 0, 4711)
    os.chmod("n10", 0o710)
    node = Node(10)
    till("n10").close()
    assert sells(4711, "b")
    assert not sells(4712, "c")
    assert os.stat("n10/tills").st_mode & 0o777 == 0o660
    assert os.stat("n10/desk").st_mode & 0o777 == 0o600
    node.stop()
    leima("balance", "n10", 42).expect(0)
    for name in os.listdir("n10"):
        if os.path.isdir(f"n10/{name}") and name != "journal":
            assert os.stat(f"n10/{name}").st_mode & 0o77 == 0, name


@network
def test_tills_at_a_hub():
    leima("init", "own", "--node", 2, "--incarnation", 1).expect(0)
    hub = Hub("own")
    one = till("own")
    assert one.say(sale("a", store=3)) == {"events": ["2.1.1"]}
    assert leima("balance", "own", 42, "--json").expect(
        0).json()["purchases"] == 1
    hub.stop()
    check_answered("own", {"a": "2.1.1"})


@network
def test_a_node_goes_on_selling_without_its_hub():
    hub = Hub()
    leima("init", "n10", "--node", 10, "--store", 10).expect(0)
    node = join(10)
    one = till("n10")
    hub.process.send_signal(signal.SIGSTOP)
    told = [one.say(sale(f"s-{number}"))["events"][0]
            for number in range(200)]
    hub.process.send_signal(signal.SIGCONT)
    wait("the sales at the hub", lambda: has("hq", told))
    with open(f"/proc/{node.process.pid}/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    assert int(lines["RssAnon"].split()[0]) < 12 << 10, lines["RssAnon"]


@network
def test_killed_under_load():
    """What was answered is there; the rest is said again and counts once."""
    Hub()
    leima("init", "n10", "--node", 10, "--store", 10).expect(0)
    node = join(10)
    dice = random.Random(int(os.environ.get("SEED", "1")))
    answered, again = {}, []
    for turn in range(ROUNDS):
        crowd = Crowd("n10", 16, f"t{turn}")
        wait("some sales", lambda: len(crowd.answered) > 100)
        time.sleep(dice.random() * 0.2)
        if turn % 2:
            node.stop()
        else:
            node.kill()
        crowd.wait()
        answered.update(crowd.answered)
        again += crowd.open
        check_answered("n10", answered)
        node = Node(10)
        one = till("n10")
        for key in again:
            answered[key] = one.say(sale(key))["events"][0]
        one.close()
        again = []
    check_answered("n10", answered)
    wait("all at the hub", lambda: has("hq", answered.values()))
    held = events("hq")
    assert sum(event["kind"] == "purchase" for event in held.values()) == \
        len(answered)
    node.stop()


@network
def test_tills_and_a_full_disk():
    Hub()
    with Disk(6 << 20):
        leima("init", "disk/n10", "--node", 10, "--store", 10,
              "--incarnation", 1).expect(0)
        string = enrol(10)
        os.symlink("disk/n10", "n10")
        node = Node(10, "--join", "-", given=string)
        one = till("n10")
        assert one.say(sale("first")) == {"events": ["10.1.1"]}
        fill_disk()
        answers = [one.say(sale(f"none-{number}")) for number in range(20)]
        assert all("nothing has changed" in answer["fault"]
                   for answer in answers), answers
        assert node.said("full what=tills")
        os.truncate("disk/filler", 0)
        wait("room", lambda: "events" in one.say(sale("second")))
        assert node.said("room what=tills")
        held = events("n10")
        assert sorted(event["id"] for event in held.values()) == \
            ["first", "second"], held
        wait("both at the hub", lambda: has("hq", held))
        one.close()
        node.stop()
        leima("verify", "n10").expect(0)


# As long as there is a file "broken" in the folder, nothing can be flushed.
BROKEN_DISK = """
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int fdatasync(int file)
{
    if (access("broken", F_OK) != 0)
        return (int)syscall(SYS_fdatasync, file);
    errno = EIO;
    return -1;
}
"""


def make_breakable():
    """What to put into LD_PRELOAD."""
    try:
        subprocess.run(["cc", "-w", "-shared", "-fPIC", "-xc", "-",
                        "-o", "broken.so"], check=True,
                       input=BROKEN_DISK.encode())
    except FileNotFoundError:
        raise Skip("there is no compiler") from None
    return os.path.abspath("broken.so")


def breakable_node():
    os.environ["LD_PRELOAD"] = make_breakable()
    try:
        return Node(10)
    finally:
        del os.environ["LD_PRELOAD"]


@network
def test_tills_and_a_failing_disk():
    """The node closes the ledger and opens it again; the tills come back."""
    Hub()
    leima("init", "n10", "--node", 10, "--store", 10,
          "--incarnation", 1).expect(0)
    join(10).stop()
    node = breakable_node()
    one = till("n10")
    assert one.say(sale("a")) == {"events": ["10.1.1"]}
    pathlib.Path("broken").touch()
    assert "fault" in one.say(sale("b"))
    os.remove("broken")
    wait("the node to open its ledger again",
         lambda: node.said(" commit err=") and one.say(sale("x")) == {})
    one = till("n10")
    told = one.say(sale("b"))["events"] + one.say(sale("a"))["events"]
    assert told[1] == "10.1.1"
    wait("both at the hub", lambda: has("hq", told))
    node.stop()
    check_answered("n10", {"a": told[1], "b": told[0]})


def test_redemptions_of_a_stream_and_a_failing_disk():
    """What is not on the disk has not been granted, to nobody of those who
    share the commit; and who begins anew is told by what is there."""
    leima("init", "L", "--node", 10, "--store", 10,
          "--incarnation", 1).expect(0)
    publish("L", PROGRAM)
    leima("append", "L", given=json.dumps(sale("a", total=100000))).expect(0)
    stream = Stream("L", LD_PRELOAD=make_breakable())
    assert stream.say(redemption("first", 100))["verdict"] == "granted"
    pathlib.Path("broken").touch()
    lines = [redemption(f"r-{number}", 100) for number in range(20)]
    out, _ = stream.process.communicate(
        "".join(json.dumps(line) + "\n" for line in lines).encode())
    told = [json.loads(line) for line in out.splitlines()]
    assert told and all(
        "fault" in answer or answer["reason"] == "too_little"
        for answer in told), told
    assert stream.process.returncode == 4, stream.process.returncode
    os.remove("broken")
    status, told = decide_at_once("L", lines)
    assert [answer["verdict"] for answer in told].count("granted") == 9, told
    leima("verify", "L").expect(0)


@network
def test_redemptions_at_the_socket_and_a_failing_disk():
    """Though the hub had decided, and reserved the points."""
    Hub()
    publish("hq", PROGRAM)
    leima("init", "n10", "--node", 10, "--store", 10).expect(0)
    join(10).stop()
    node = breakable_node()
    one = till("n10")
    sold = one.say(sale("a", total=9000000))["events"]
    wait("the sale at the hub", lambda: has("hq", sold))
    wait("the first grant", lambda: one.say(
        redemption(f"w-{time.monotonic()}", 100))["verdict"] == "granted")
    lines = [redemption(f"r-{number}", 100) for number in range(10)]
    pathlib.Path("broken").touch()
    told = ask_at_once("n10", node, lines)
    os.remove("broken")
    # The node itself may have met the fault, and hung up.
    assert all("fault" in answer or answer == {} for answer in told), told
    assert not any(event.get("id", "").startswith("r-")
                   for event in events("n10").values())

    def granted(line):
        try:
            return till("n10").say(line).get("verdict") == "granted"
        except OSError:
            return False
    for line in lines:
        wait("the node to be well", lambda: granted(line))
    node.stop()
    assert sum(event.get("id", "").startswith("r-")
               for event in events("n10").values()) == 10
    leima("verify", "n10").expect(0)


if __name__ == "__main__":
    main(globals())
