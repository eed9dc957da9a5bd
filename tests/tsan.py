#!/usr/bin/env python3
"""tsan.py - a hub and its stores at work under ThreadSanitizer: `make tsan`

Each store's sales come in while tills redeem at the stores and at the hub,
rules are published, status is asked, the history is built and a backup made.  A
data race, or locks in two orders, in any process is said with its report.

Not part of `make test`: it needs a program of its own, which it builds.
"""
import glob
import os
import re
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
# Before leima.py looks for the program.
os.environ["LEIMA"] = os.path.join(HERE, "..", "build", "tsan", "leima")
sys.path.insert(0, HERE)
from leima import leima, main  # noqa: E402
from network import (PROGRAM, Hub, has, join, kill_all, sell,  # noqa: E402
                     till, wait)

STORES = (11, 12, 13, 14)
ROUNDS = 12
# These libraries are not built for it: how they keep their threads, and what
# they hand us, apart it can't see.
LIBRARIES = ("libzmq", "libstdc++", "liblmdb")
THEIR_THREAD = re.compile(
    r"Thread T(\d+) .*created by .*\n +#0 pthread_create .*\n +#1 .*\(libzmq")


def watch():
    """Has each process begun from now on say what it finds in a file."""
    with open("suppressions", "w") as file:
        file.writelines(f"called_from_lib:{name}\n" for name in LIBRARIES)
        file.writelines(f"race:{name}\n" for name in LIBRARIES)
    here = os.getcwd()
    os.environ["TSAN_OPTIONS"] = (
        f"log_path={here}/found:suppressions={here}/suppressions:"
        "exitcode=0:second_deadlock_stack=1")


def is_ours(report):
    """Whether both accesses are of threads of ours."""
    return not any(re.search(rf"^  (Previous )?\S+ .*by thread T{thread}( |:)",
                             report, re.M | re.I)
                   for thread in THEIR_THREAD.findall(report))


def found():
    reports = []
    for name in sorted(glob.glob("found.*")):
        with open(name) as file:
            reports += file.read().split("=" * 18 + "\n")
    return [each for each in reports if "WARNING:" in each and is_ours(each)]


def trade(node, sold):
    for i in range(ROUNDS):
        sold += sell(node.ledger, 50, member=40 + i % 4,
                     prefix=f"{node.number}-{i}-")


def redeem(ledger):
    """As a till's program does, over the socket."""
    desk = till(ledger)
    for i in range(4 * ROUNDS):
        said = desk.say({"decide": {"kind": "redeem", "member": 40 + i % 4,
                                    "points": 1, "id": f"{ledger}-{i}"}})
        # A hub this slow may ask to be asked again.
        assert said.get("verdict") or said.get("fault"), said
    desk.close()


def look():
    for i in range(ROUNDS // 2):
        leima("status", "hq", "--json").expect(0)
        leima("balance", "hq", 40)
        leima("rules", "publish", "hq", PROGRAM, "--from",
              f"2000-01-{i + 2:02}").expect(0)
    leima("backup", "hq", "copy").expect(0)
    leima("verify", "hq").expect(0)


def test_a_hub_at_work():
    watch()
    leima("init", "hq", "--node", 1).expect(0)
    leima("rules", "publish", "hq", PROGRAM, "--from", "2000-01-01").expect(0)
    hub, sold, faults = Hub(), [], []
    nodes = [join(number, "--stores", number) for number in STORES]

    def work(what, *given):
        try:
            what(*given)
        except BaseException as fault:
            faults.append(fault)

    jobs = [threading.Thread(target=work, args=(trade, node, sold))
            for node in nodes]
    jobs += [threading.Thread(target=work, args=(redeem, ledger))
             for ledger in ["hq", *(node.ledger for node in nodes)]]
    jobs += [threading.Thread(target=work, args=(look,))]
    try:
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
        if faults:
            raise faults[0]
        wait("all sales at the hub", lambda: has("hq", sold))
        for process in [*nodes, hub]:
            process.stop()
        leima("verify", "hq").expect(0)
    finally:
        kill_all()
        reports = found()
        sys.stderr.writelines(reports)
    assert not reports, f"{len(reports)} reports, above"


if __name__ == "__main__":
    subprocess.run(["make", "--no-print-directory", f"-j{os.cpu_count()}",
                    "-C", os.path.dirname(HERE), "BUILD=tsan",
                    "build/tsan/leima"], check=True)
    main(globals())
