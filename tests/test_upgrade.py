#!/usr/bin/env python3
"""test_upgrade.py - older and newer programs talk to each other

The next version is this one with its words changed as a next version may
change them: it offers a further version of the protocol, and its frames have
fields at their ends that are not known here, and its ledgers have a format of
their own.  Hubs first or nodes first, nothing is lost; two versions that have
none in common say so, and nothing is sent.  On one machine the next version
takes over a ledger, and this one then leaves it alone.
"""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import LEIMA, TREE, leima, main  # noqa: E402
from network import (Hub, Node, events, has, join,  # noqa: E402
                     kill_all, sell, versions, wait, wait_until_told)

PROGRAM = os.path.join(TREE, "tests", "examples", "01-stacking",
                       "program.yaml")
OFFER = ("nodes/greet.c", "hello.version_max = SYNC_VERSION;",
         "hello.version_max = SYNC_VERSION + 1;")
FORMAT = ("core/shelf.h", "SHELF_FORMAT = 3 }", "SHELF_FORMAT = 4 }")
# Whatever is kept beside the journal, or sent down, and can be made again.
CACHES = [
    ("core/account_format.h", "ACCOUNT_FORMAT = 1 }", "ACCOUNT_FORMAT = 2 }"),
    ("core/runs_format.h", "RUNS_FORMAT = 1,", "RUNS_FORMAT = 2,"),
    ("core/history.c", "    FORMAT = 5, ", "    FORMAT = 6, "),
    ("core/state_packed.c", "{ FORMAT = 3 }", "{ FORMAT = 4 }"),
    ("core/asides.c", "{ FORMAT = 3,", "{ FORMAT = 4,"),
    ("core/standing_file.c", "    FORMAT = 1,", "    FORMAT = 2,"),
    ("core/standing_file.c", "put_word(text, FORMAT);\n",
     "put_word(text, FORMAT);\n    put_word(text, 7);\n"),
    ("core/standing_file.c", "take_word(&words) != FORMAT",
     "take_word(&words) != FORMAT || take_word(&words) != 7"),
    ("nodes/feed.h", "FEED_FORMAT = 1, ", "FEED_FORMAT = 2, ")]
FURTHER = [
    ("nodes/frame.c", f"    put_{last};\n}}\n",
     f"    put_{last};\n    put_u64(writer, 7);\n}}\n")
    for last in ("u64(writer, frame->ack.credit)",
                 "blobs(writer, frame->ask.parts, frame->ask.part_count)")]


def build(name, *edits):
    """The program with changed sources; only what they change is compiled."""
    where = os.path.join(os.getcwd(), name)
    os.makedirs(f"{where}/build/release")
    for part in ("Makefile", "core", "replay", "nodes", "tools"):
        subprocess.run(["cp", "-a", f"{TREE}/{part}", where], check=True)
    for part in ("core", "replay", "nodes", "tools"):
        subprocess.run(["cp", "-a", f"{TREE}/build/release/{part}",
                        f"{where}/build/release"], check=True)
    for path, old, new in edits:
        with open(f"{where}/{path}") as file:
            text = file.read()
        assert old in text, f"nothing to change in {path}: {old}"
        with open(f"{where}/{path}", "w") as file:
            file.write(text.replace(old, new))
    done = subprocess.run(["make", "--no-print-directory", "CI=",
                           "build/release/leima"], cwd=where,
                          capture_output=True, text=True,
                          env={**os.environ, "MAKEFLAGS": ""})
    assert done.returncode == 0, done.stderr[-500:]
    return f"{where}/build/release/leima"


def trade(hub_program, node_program):
    """Rules go down, sales come up, one after the other, live."""
    leima("init", "hq", "--node", 1).expect(0)
    Hub(program=hub_program)
    node = join(11, program=node_program)
    leima("rules", "publish", "hq", PROGRAM, "--from", "2000-01-01").expect(0)
    wait("the rules", lambda: versions("n11") == 1)
    sold = sell("n11", 50)
    wait("the sales", lambda: has("hq", sold))
    more = sell("n11", 1, prefix="LIVE")
    wait("one more", lambda: has("hq", more))
    assert len(events("hq")) == 51
    node.stop()
    leima("verify", "hq").expect(0)
    leima("verify", "n11").expect(0)
    kill_all()
    for name in ("hq", "n11"):
        shutil.rmtree(name)


def test_hubs_first_and_nodes_first():
    later = build("later", OFFER, *FURTHER)
    try:
        trade(later, LEIMA)
        trade(LEIMA, later)
    finally:
        kill_all()


def test_too_far_apart():
    far = build("far", OFFER, ("nodes/greet.c",
                               "hello.version_min = SYNC_VERSION;",
                               "hello.version_min = SYNC_VERSION + 1;"))
    leima("init", "hq", "--node", 1).expect(0)
    try:
        hub = Hub()
        join(11).stop()
        sold = sell("n11", 3)
        node = Node(11, program=far)
        wait("the refusal", lambda: node.said("no common version") or
             node.said("the peer refuses"))
        wait("the hub's word", lambda: hub.said("no common version"))
        assert not has("hq", sold)
        node.kill()
        node = Node(11)  # brought up to date again
        wait("the sales", lambda: has("hq", sold))
    finally:
        kill_all()


def join_event(member):
    return json.dumps({"kind": "join", "member": member,
                       "at": "2026-03-02T09:00:00Z"})


def test_a_machine_is_upgraded_under_its_tills():
    """Asking changes nothing; who has written in the later format has taken the
    ledger over, also from a program that has it open."""
    later = build("format", FORMAT)

    def by_the_later(*words, given=None):
        done = subprocess.run([later, *words], input=given, text=True,
                              capture_output=True, timeout=600)
        assert done.returncode == 0, done.stderr
        return done.stdout

    leima("init", "L").expect(0)
    leima("append", "L", given=join_event(1)).expect(0)
    assert by_the_later("balance", "L", "1", "--json")
    till = subprocess.Popen([LEIMA, "append", "L", "--stream"], text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        print(join_event(2), file=till.stdin, flush=True)
        said = json.loads(till.stdout.readline())
        assert "events" in said, said
        by_the_later("append", "L", given=join_event(3))
        print(join_event(4), file=till.stdin, flush=True)
        said = json.loads(till.stdout.readline())
        assert "later version" in said.get("fault", ""), said
    finally:
        till.kill()
        till.communicate()
    for words in (("balance", "L", "1"), ("append", "L")):
        refused = leima(*words, given=join_event(4)).expect(1)
        assert refused.err == (
            f"leima {words[0]}: L: made by a later version of leima; install "
            "that one\n"), refused.err
    by_the_later("verify", "L")
    assert len(by_the_later("accounts", "L", "--json").splitlines()) == 3


def ask(program, *words, given=None):
    """What it prints; it has nothing to complain of."""
    done = subprocess.run([program, *words], input=given, text=True,
                          capture_output=True, timeout=600)
    assert done.returncode == 0 and done.stderr == "", (words, done.stderr)
    return done.stdout


def test_caches_of_another_format_are_made_anew():
    """Forwards and back: who does not know the histories, states and totals
    that it finds makes its own, and both give the same answers."""
    later = build("caches", *CACHES)
    questions = (("verify", "L", "--digest", "--at", "2030-01-01"),
                 ("balance", "L", "42", "--at", "2030-01-01", "--json"),
                 ("liability", "L", "--through", "2025-03", "--format", "csv"),
                 ("verify", "L"))
    leima("init", "L").expect(0)
    leima("generate", "L", "--members", 3000, "--months", 18).expect(0)
    before = ""
    for turn, program in enumerate((later, LEIMA, later, LEIMA)):
        ask(program, "append", "L", given=join_event(3001 + turn))
        answers = [ask(program, *words) for words in questions]
        assert answers[0] != before, "nothing was appended"
        assert answers == [ask(later, *words) for words in questions]
        assert answers == [ask(LEIMA, *words) for words in questions]
        before = answers[0]


def test_states_of_another_format_are_passed_over():
    """A store that can't read what the hub tells of its accounts sells on, and
    knows them once it is upgraded."""
    later = build("states", *CACHES)

    def purchases(program, ledger):
        return json.loads(ask(program, "balance", ledger, "42",
                              "--json"))["purchases"]

    for hub_program, node_program in ((later, LEIMA), (LEIMA, later)):
        leima("init", "hq", "--node", 1).expect(0)
        leima("rules", "publish", "hq", PROGRAM, "--from",
              "2000-01-01").expect(0)
        try:
            Hub(program=hub_program)
            node = join(11, program=node_program)
            wait("the rules", lambda: versions("n11") == 1)
            sold = sell("n11", 3) + sell("hq", 4, prefix="HQ")
            wait("the sales", lambda: has("hq", sold))
            wait_until_told("n11")
            assert purchases(hub_program, "hq") == 7
            assert purchases(node_program, "n11") == 3
            node.stop()
            node = Node(11, program=hub_program)
            wait("the account", lambda: purchases(hub_program, "n11") == 7)
            node.stop()
        finally:
            kill_all()
        for name in ("hq", "n11"):
            shutil.rmtree(name)


main(globals())
