#!/usr/bin/env python3
"""test_faults.py - what a ledger does when the world breaks around it

Full disks, flipped bytes, deleted and cut files, killed and competing
processes, wrong rights, files of the future.  Every test says the exact exit
status (CLI.md) and that the words name what is wrong; nothing acknowledged is
ever lost and nothing damaged is ever served.  FLIPS=n tries more flips.
"""
import json
import os
import pathlib
import pwd
import random
import shutil
import signal
import subprocess
import time

from disk import Disk
from leima import LEIMA, TREE, Skip, leima, main

RULES = os.path.join(TREE, "tools", "demo.yaml")
FLIPS = int(os.environ.get("FLIPS", "150"))


def sale(number, member=None):
    return json.dumps({"kind": "purchase", "member": member or number % 7 + 1,
                       "receipt": f"zq-{number}", "total": 100 + number,
                       "id": f"id-{number}", "at": "2026-01-05T10:00:00Z"})


def make(count=5, ledger="L"):
    leima("init", ledger, "--node", 1, "--store", 10,
          "--incarnation", 5).expect(0)
    for number in range(count):
        leima("append", ledger, given=sale(number)).expect(0)


def receipts(ledger="L"):
    return [event["receipt"] for event in
            leima("export", ledger).expect(0).lines()]


def says(result, status, *words):
    result.expect(status)
    for word in words:
        assert word in result.err, f"{result.words}: no {word!r}: {result.err}"
    assert len(result.err.splitlines()) >= 1
    return result


def flip(path, offset, bits=1):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ bits]))


def flip_text(path, text):
    data = pathlib.Path(path).read_bytes()
    at = data.find(text)
    assert at >= 0, f"{text} is not in {path}"
    while at >= 0:
        flip(path, at)
        at = data.find(text, at + 1)


def town(ledger="T"):
    """A ledger with rules, ids, vouchers, closes: some of everything."""
    leima("init", ledger, "--node", 1, "--store", 10).expect(0)
    leima("generate", ledger, "--members", 60, "--months", 4,
          "--stores", 2).expect(0)
    return leima("verify", ledger, "--digest").expect(0).out


# --- damaged records ------------------------------------------------------

def test_a_damaged_record_is_named():
    make(5)
    flip_text("L/journal/data.mdb", b"zq-2")
    for words in (["balance", "L", 1], ["accounts", "L"], ["explain", "L", 1],
                  ["history", "L", 1], ["rules", "list", "L"],
                  ["verify", "L", "--digest"], ["report", "L", "--by", "store"],
                  ["redeem", "L", 1, "--points", 5, "--id", "x"]):
        says(leima(*words), 3, "position 3 (stream 1.5, events, seq 3)",
             "is damaged", "backup")
    status = says(leima("status", "L", "--json"), 3, "position 3").json()
    assert (status["position"], status["events"], status["damaged"]) == \
        (5, 4, 1), status
    assert [f["kind"] for f in status["findings"]] == ["damaged"], status
    found = says(leima("verify", "L", "--json"), 3, "1 finding").json()
    damage = [each["finding"] for each in found["findings"] if each["damage"]]
    assert len(damage) == 1 and "position 3" in damage[0], found
    assert (found["sound"], found["damages"]) == (False, 1), found
    out = says(leima("export", "L"), 3, "position 3", "--after 3")
    assert [e["receipt"] for e in out.lines()] == ["zq-0", "zq-1"]
    rest = leima("export", "L", "--after", 3).expect(0).lines()
    assert [e["receipt"] for e in rest] == ["zq-3", "zq-4"]


def test_appending_goes_on_behind_damage():
    make(5)
    flip_text("L/journal/data.mdb", b"zq-2")
    leima("append", "L", given=sale(5)).expect(0)
    says(leima("append", "L", "--json", given=sale(6)), 3, "position 3")
    # Knowing whether an id was there needs the index only.
    assert leima("append", "L", given=sale(5)).expect(0).out == "1.5.6\n"


def test_a_damaged_tail_takes_nothing():
    make(5)
    flip_text("L/journal/data.mdb", b"zq-4")
    says(leima("append", "L", given=sale(5)), 3, "position 5", "is damaged")
    pathlib.Path("more.jsonl").write_text(sale(6) + "\n")
    says(leima("import", "L", "more.jsonl"), 3, "position 5", "is damaged")
    says(leima("rules", "publish", "L", "none.yaml", "--from", "2026-01-01"), 1)
    status = says(leima("status", "L", "--json"), 3, "position 5").json()
    assert status["position"] == 5 and status["events"] == 4


def test_a_damaged_version_refuses_all_questions():
    digest = town()
    flip_text("T/journal/data.mdb", b"currency: EUR")
    for words in (["accounts", "T"], ["rules", "list", "T"],
                  ["verify", "T", "--digest"]):
        says(leima(*words), 3, ", public, seq 1) is damaged")
    says(leima("verify", "T"), 3)
    flip_text("T/journal/data.mdb", b"burrency: EUR")
    assert leima("verify", "T", "--digest").expect(0).out == digest


def test_flipped_bytes_never_give_a_wrong_answer():
    """The digest of all accounts is the same, or the status is 3 in words."""
    digest = town()
    path = "T/journal/data.mdb"
    shutil.copy(path, "sound.mdb")
    size = os.path.getsize(path)
    seed = int(os.environ.get("SEED", 1))
    dice = random.Random(seed)
    seen = {0: 0, 1: 0, 3: 0}
    for turn in range(FLIPS):
        # One in four in the first pages, where LMDB's own book-keeping is.
        offset = dice.randrange(size if turn % 4 else min(size, 16 * 4096))
        bits = 1 << dice.randrange(8)
        shutil.copy("sound.mdb", path)
        flip(path, offset, bits)
        where = f"SEED={seed} turn {turn}: bit {bits} at {offset}"
        try:
            asked = leima("verify", "T", "--digest")
            checked = leima("verify", "T")
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{where}: no end")
        assert asked.status in (0, 1, 3), f"{where}: {asked.status} {asked.err}"
        seen[asked.status] += 1
        if asked.status == 0:
            assert asked.out == digest, f"{where}: another digest"
            assert checked.status in (0, 3), f"{where}: {checked.err}"
        else:
            assert asked.err.count("\n") == 1, f"{where}: {asked.err}"
            if asked.status == 1:   # the format number itself, or the name
                assert "later version" in asked.err, f"{where}: {asked.err}"
    assert seen[0] > 0 and seen[3] > 0, seen


# --- derived files --------------------------------------------------------

def merged(count=34000):
    """A ledger whose events are in run files."""
    leima("init", "M", "--node", 1, "--store", 10).expect(0)
    with open("many.jsonl", "w") as file:
        for number in range(count):
            file.write(sale(number) + "\n")
    leima("import", "M", "many.jsonl").expect(0)
    digest = leima("verify", "M", "--digest").expect(0).out
    runs = sorted(pathlib.Path("M/history").glob("*.run"))
    assert runs or count < 30000, "nothing was merged"
    return digest, runs


def test_damaged_runs_are_built_anew():
    digest, runs = merged()
    dice = random.Random(7)
    for turn in range(6):
        runs = sorted(pathlib.Path("M/history").glob("*.run"))
        run = dice.choice(runs)
        flip(run, dice.randrange(os.path.getsize(run)))
        assert leima("verify", "M", "--digest").expect(0).out == digest
        # Unless asking has mended it already.
        assert leima("verify", "M").status in (0, 3)
        leima("verify", "M").expect(0)
        assert leima("verify", "M", "--digest").expect(0).out == digest
    for run in pathlib.Path("M/history").glob("*.run"):
        os.truncate(run, os.path.getsize(run) // 2)
    assert leima("verify", "M", "--digest").expect(0).out == digest
    leima("verify", "M").expect(0)


def test_deleted_caches_are_built_anew():
    digest, _ = merged()
    for gone in (["history"], ["owner"], ["history", "state", "owner"]):
        for name in gone:
            path = pathlib.Path("M") / name
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()
        assert leima("verify", "M", "--digest").expect(0).out == digest
        leima("verify", "M").expect(0)
    for run in pathlib.Path("M/history").glob("*.run"):
        run.unlink()
    assert leima("accounts", "M").expect(0).out.count("\n") == 8
    leima("verify", "M").expect(0)


def test_a_file_in_place_of_the_caches():
    make(3)
    for name in ("history", "state"):
        pathlib.Path("L", name).write_text("in the way")
    with open("many.jsonl", "w") as file:
        for number in range(33000):
            file.write(sale(number + 10) + "\n")
    leima("import", "L", "many.jsonl").expect(0)
    assert leima("status", "L", "--json").expect(0).json()["events"] == 33003
    leima("balance", "L", 1).expect(0)
    for name in ("history", "state"):
        os.unlink(f"L/{name}")
    leima("verify", "L").expect(0)


# --- what is no ledger ----------------------------------------------------

def test_what_is_no_ledger():
    os.mkdir("empty")
    pathlib.Path("file").write_text("x")
    os.makedirs("junk/journal")
    for path in ("empty", "file", "nowhere", "junk"):
        for command in ("status", "verify", "accounts", "append"):
            says(leima(command, path), 1, "there is no ledger", "leima init")
    for junk in (b"hello", os.urandom(70000), bytes(8192)):
        pathlib.Path("junk/journal/data.mdb").write_bytes(junk)
        says(leima("status", "junk"), 3, "damaged")
        says(leima("init", "junk"), 3, "damaged")


def test_init_keeps_what_is_there():
    make(1)
    says(leima("init", "L"), 1, "something already")
    pathlib.Path("file").write_text("x")
    says(leima("init", "file"), 1)
    assert receipts() == ["zq-0"]


def test_files_in_place_of_directories():
    make(2)
    os.rename("L/journal/data.mdb", "kept")
    os.mkdir("L/journal/data.mdb")
    says(leima("status", "L"), 4, "expected a file")
    os.rmdir("L/journal/data.mdb")
    os.rename("kept", "L/journal/data.mdb")
    os.rename("L/journal/lock.mdb", "lock")
    os.mkdir("L/journal/lock.mdb")
    says(leima("append", "L", given=sale(9)), 4, "expected a file")
    os.rmdir("L/journal/lock.mdb")
    assert receipts() == ["zq-0", "zq-1"]
    os.rename("L/journal", "J")
    pathlib.Path("L/journal").write_text("x")
    says(leima("status", "L"), 1, "there is no ledger")
    os.unlink("L/journal")
    os.rename("J", "L/journal")
    os.mkdir("L/owner")
    leima("accounts", "L").expect(0)


def test_an_old_journal_is_no_silent_answer():
    """What is left is sound, so every answer comes with a word."""
    make(2)
    leima("rules", "publish", "L", RULES, "--from", "2026-01-01").expect(0)

    def fall_back():
        old = pathlib.Path("L/journal/data.mdb").read_bytes()
        leima("append", "L", given=sale(2, 1)).expect(0)
        with open("L/journal/data.mdb", "r+b") as file:
            file.write(old)
            file.truncate()

    fall_back()
    asked = [("export", "L"), ("balance", "L", 1), ("explain", "L", 1),
             ("accounts", "L"), ("status", "L"), ("history", "L", 1),
             ("settle", "L", "--period", "2026-01"), ("rules", "list", "L"),
             ("replay", "L", "--rules", RULES), ("report", "L", "--by", "day")]
    for words in asked * 2:  # it is not forgotten by being told
        result = leima(*words).expect(0)
        told = [line for line in result.err.splitlines()
                if "last commits are gone" in line]
        assert len(told) == 1, f"{words}: {result.err}"
        assert "restore a backup" in told[0], told
    assert leima("status", "L", "--json").expect(0).json()["rewound"] == 1
    assert "leima_ledger_rewound{node=\"1\"} 1" in leima(
        "status", "L", "--prometheus").expect(0).out
    # A close is of this life, and may not bear a number of the last one.
    closed = leima("settle", "L", "--period", "2026-01", "--close").expect(0)
    assert "new incarnation" in closed.err, closed.err
    assert leima("status", "L", "--json").json()["incarnation"] > 5
    for words in asked:
        assert "commits are gone" not in leima(*words).expect(0).err, words
    assert leima("status", "L", "--json").expect(0).json()["rewound"] == 0
    # So is a backup that goes into the books.
    fall_back()
    assert "new incarnation" in leima("backup", "L", "B").expect(0).err


def test_a_file_cut_short():
    make(40)
    path = "L/journal/data.mdb"
    digest = leima("verify", "L", "--digest").expect(0).out
    whole = pathlib.Path(path).read_bytes()
    damaged = 0
    for size in [1, 100, 4096, 8192, 12288, 20000] + \
            list(range(24576, len(whole), 4096)):
        pathlib.Path(path).write_bytes(whole[:size])
        asked = leima("verify", "L", "--digest")
        if asked.status == 0:   # what was cut off were pages not in use
            assert asked.out == digest, size
            assert leima("verify", "L").status in (0, 3)
        else:
            says(asked, 3, "damaged")
            damaged += 1
    assert damaged > 6, damaged
    pathlib.Path(path).write_bytes(whole)
    leima("verify", "L").expect(0)


def test_a_ledger_of_a_later_format():
    make(2)
    path = pathlib.Path("L/journal/data.mdb")
    data = path.read_bytes()
    ours = b"self\x03\0\0\0"          # SHELF_FORMAT
    assert ours in data
    path.write_bytes(data.replace(ours, b"self\x04\0\0\0"))
    for words in (["status", "L"], ["verify", "L"], ["accounts", "L"],
                  ["append", "L"], ["export", "L"]):
        says(leima(*words, given=sale(7)), 1, "later version of leima",
             "install")


# --- rights ---------------------------------------------------------------

def as_nobody(*words, given=""):
    if os.geteuid() != 0:
        raise Skip("only root can run a program as somebody else")
    try:
        who = pwd.getpwnam("nobody")
    except KeyError:
        raise Skip("there is no user nobody")
    from leima import Result
    done = subprocess.run([LEIMA, *words], input=given.encode(),
                          capture_output=True, user=who.pw_uid,
                          group=who.pw_gid, extra_groups=[], timeout=600)
    return Result(words, done)


def test_a_directory_that_cant_be_written():
    make(3)
    os.chmod(".", 0o755)
    for root, folders, files in os.walk("L"):
        for name in folders + files:
            os.chmod(os.path.join(root, name), 0o555 if name in folders
                     else 0o444)
    os.makedirs("left/journal")     # by an init of root's that was cut off
    os.chmod("left", 0o777)
    try:
        subprocess.run([LEIMA, "--help"], capture_output=True, user="nobody",
                       check=True)
    except (PermissionError, subprocess.SubprocessError, KeyError):
        raise Skip("nobody can't run the program here")
    for told in (
            says(as_nobody("accounts", "L"), 4, "Permission denied", "journal"),
            says(as_nobody("append", "L", given=sale(9)), 4,
                 "Permission denied"),
            says(as_nobody("init", "new"), 4, "new", "Permission denied"),
            says(as_nobody("init", "left"), 4, "left/journal",
                 "Permission denied", "owner")):
        assert "input/output error" not in told.err, told.err
    os.chmod("L/journal", 0o700)
    for command in ("accounts", "append", "enrol list"):
        told = says(as_nobody(*command.split(), "L"), 4, "Permission denied",
                    "owner")
        assert "input/output error" not in told.err, told.err
    assert len(receipts()) == 3


def test_secrets_are_nobody_elses():
    old = os.umask(0)
    try:
        make(1)
        leima("enrol", "new", "L", "--node", 421, "--endpoint",
              "tcp://127.0.0.1:9999").expect(0)
    finally:
        os.umask(old)
    assert os.stat("L/keys").st_mode & 0o777 == 0o700
    keys = list(pathlib.Path("L/keys").iterdir())
    assert keys
    for key in keys:
        assert os.stat(key).st_mode & 0o777 == 0o600, key
    assert os.stat("L/journal/data.mdb").st_mode & 0o777 == 0o600


# --- full disk ------------------------------------------------------------

def test_a_journal_that_fell_back_on_a_full_disk_is_read_and_says_so():
    with Disk("2m") as disk:
        leima("init", "disk/L", "--node", 1, "--store", 10).expect(0)
        leima("append", "disk/L", given=sale(1)).expect(0)
        data = pathlib.Path("disk/L/journal/data.mdb")
        old = data.read_bytes()
        leima("append", "disk/L", given=sale(2)).expect(0)
        data.write_bytes(old + bytes(data.stat().st_size - len(old)))
        with open("disk/filler", "wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)) == 4096:
                    pass
            except OSError:
                pass
        said = leima("export", "disk/L").expect(0)
        assert "last commits are gone" in said.err, said.err
        assert "zq-1" in said.out and "zq-2" not in said.out, said.out
        refused = leima("append", "disk/L", given=sale(3))
        says(refused, 4, "no space left")
        os.truncate("disk/filler", 0)
        done = leima("append", "disk/L", given=sale(3)).expect(0)
        assert "in a new incarnation" in refused.err + done.err, done.err
        assert "are gone" not in leima("export", "disk/L").expect(0).err


def test_a_full_disk_refuses_and_recovers():
    with Disk("512k") as disk:
        leima("init", "disk/L", "--node", 1, "--store", 10).expect(0)
        leima("rules", "publish", "disk/L", RULES, "--from",
              "2026-01-01").expect(0)
        done = []
        for number in range(5000):
            text = "\n".join(sale(number * 20 + i) for i in range(20))
            result = leima("append", "disk/L", given=text)
            if result.status != 0:
                break
            done += [f"zq-{number * 20 + i}" for i in range(20)]
        says(result, 4, "no space left", "nothing has changed")
        assert len(done) > 100, len(done)
        for _ in range(3):
            says(leima("append", "disk/L", given=text), 4, "no space left")
        assert receipts("disk/L") == done
        pathlib.Path("more.jsonl").write_text(
            "\n".join(sale(200000 + i) for i in range(3000)))
        says(leima("import", "disk/L", "more.jsonl"), 4, "no space left")
        leima("verify", "disk/L").expect(0)
        leima("balance", "disk/L", 1).expect(0)
        told = leima("status", "disk/L").expect(0).out
        assert "the disk is full" in told, told
        assert leima("status", "disk/L", "--json").json()["full"] == 1
        says(leima("settle", "disk/L", "--period", "2026-01", "--close"), 4,
             "leima settle: disk/L", "no space left")  # its key is the first
        # Half a backup would keep the disk full.
        says(leima("backup", "disk/L", "disk/B"), 4, "no space left")
        assert not os.path.exists("disk/B")
        disk.resize("32m")
        assert leima("status", "disk/L", "--json").json()["full"] == 0
        leima("append", "disk/L", given=text).expect(0)
        leima("import", "disk/L", "more.jsonl").expect(0)
        after = receipts("disk/L")
        assert after[:len(done)] == done
        assert len(after) == len(done) + 20 + 3000
        leima("verify", "disk/L").expect(0)


def test_no_room_for_a_workbook():
    """Its library writes what there is room for, and says all is well."""
    leima("init", "L", "--node", 1, "--store", 10).expect(0)
    leima("generate", "L", "--members", 300, "--months", 2,
          "--stores", 40).expect(0)
    leima("settle", "L", "--period", "2024-01", "--close").expect(0)

    def workbook(folder):
        shutil.rmtree("out", ignore_errors=True)
        result = leima("settle", "L", "--period", "2024-01", "--format", "xlsx",
                       "--output", "out", env={"TMPDIR": folder})
        found = [pathlib.Path("out", name).read_bytes()
                 for name in os.listdir("out")]
        return result, found

    _, whole = workbook("/tmp")
    with Disk("4k") as disk:
        pages, refused = 4, 0
        while pages < 200:
            disk.resize(pages * 4096)
            result, found = workbook("disk")
            if result.status == 0:
                break
            says(result, 4, "disk: the workbook can't be made there")
            assert found == [] and os.listdir("disk") == [], pages
            refused += 1
            pages += 3
        assert found == whole and refused > 3, (pages, refused)


def test_no_room_for_the_caches():
    """Runs are a cache: without room for them all questions are answered."""
    digest, _ = merged()
    size = os.path.getsize("M/journal/data.mdb")
    with Disk(size + 700 * 1024) as disk:
        os.makedirs("disk/M/keys")
        shutil.copytree("M/journal", "disk/M/journal")
        assert leima("verify", "disk/M", "--digest").expect(0).out == digest
        leima("verify", "disk/M").expect(0)
        left = [str(p) for p in pathlib.Path("disk/M/history").glob("*")]
        disk.resize(size * 4)
        assert leima("verify", "disk/M", "--digest").expect(0).out == digest
        assert left != [str(p) for p in
                        pathlib.Path("disk/M/history").glob("*.run")], left


def test_no_room_to_prove_a_backup():
    """It is found good, or what is there has not the name of a good one."""
    merged(3000)

    def is_good(pages):
        with Disk(pages * 4096):
            said = leima("backup", "M", "disk/B")
            found = os.listdir("disk/B") if os.path.exists("disk/B") else []
        os.rmdir("disk")
        if said.status == 0:
            assert found == ["journal"], found
            return True
        said.expect(4)
        assert "no space left" in said.err and "make room" in said.err, said.err
        assert found in ([], ["unproved"]), found
        return False

    least, most = 0, os.path.getsize("M/journal/data.mdb") // 4096 + 500
    assert is_good(most)
    while least + 1 < most:
        middle = (least + most) // 2
        least, most = (least, middle) if is_good(middle) else (middle, most)
    # The copy has room, and what else there must be has not.
    for pages in range(most - 8, most):
        is_good(pages)


def test_a_backup_that_is_killed_is_none():
    merged()
    process = subprocess.Popen([LEIMA, "backup", "M", "B"])
    while not os.path.exists("B/unproved/history"):
        assert process.poll() is None, "it was too fast"
    process.kill()
    process.wait()
    assert os.listdir("B") == ["unproved"], os.listdir("B")
    says(leima("restore", "N", "B"), 1, "never proved")
    says(leima("backup", "M", "B"), 1, "broken off")
    leima("backup", "M", "C").expect(0)


def test_a_file_system_that_is_read_only():
    with Disk("4m") as disk:
        leima("init", "disk/L").expect(0)
        leima("append", "disk/L", given=sale(1)).expect(0)
        disk.mount("4m", Disk.REMOUNT | Disk.READ_ONLY)
        says(leima("append", "disk/L", given=sale(2)), 4, "Read-only")
        says(leima("accounts", "disk/L"), 4, "Read-only")


# --- killed and competing processes ---------------------------------------

def test_killed_appends_lose_nothing():
    make(0)
    dice = random.Random(3)
    known = set()
    turn = 0
    while turn < 12 or len(known) <= 20:  # a busy machine takes more turns,
        turn += 1                         # and longer ones
        assert turn < 200, len(known)
        script = "\n".join(
            f"echo '{sale(turn * 1000 + n)}' | '{LEIMA}' append L && "
            f"echo zq-{turn * 1000 + n} >>acknowledged" for n in range(60))
        child = subprocess.Popen(["bash", "-c", script], start_new_session=True,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.02, 0.25) * max(1, turn / 12))
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if os.path.exists("acknowledged"):
            known = set(pathlib.Path("acknowledged").read_text().split())
    there = receipts()
    assert len(there) == len(set(there)), "twice"
    assert known <= set(there), f"lost: {known - set(there)}"
    leima("verify", "L").expect(0)


def test_killed_imports_leave_whole_batches():
    with open("many.jsonl", "w") as file:
        for number in range(60000):
            file.write(sale(number) + "\n")
    make(0)
    dice = random.Random(4)
    for _ in range(6):
        child = subprocess.Popen([LEIMA, "import", "L", "many.jsonl"],
                                 stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.01, 0.15))
        child.kill()
        child.wait()
        leima("verify", "L").expect(0)
    leima("import", "L", "many.jsonl").expect(0)
    assert sorted(receipts()) == sorted(f"zq-{n}" for n in range(60000))
    leima("verify", "L").expect(0)


def test_two_processes_append_at_once():
    make(0)
    for side in (0, 1):
        with open(f"side{side}", "w") as file:
            for n in range(80):
                # Half of them are the other side's, too.
                file.write(sale(n + side * 40) + "\n")
    script = (f"while read -r line; do echo \"$line\" | '{LEIMA}' append L "
              "|| exit 1; done <")
    children = [subprocess.Popen(["bash", "-c", script + f"side{side}"],
                                 stdout=subprocess.PIPE) for side in (0, 1)]
    names = [child.communicate(timeout=600)[0].decode().split()
             for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert [len(name) for name in names] == [80, 80]
    assert len(set(names[0] + names[1])) == 120
    assert sorted(receipts()) == sorted(f"zq-{n}" for n in range(120))
    leima("verify", "L").expect(0)


# --- quarantine -----------------------------------------------------------

def test_status_walks_over_what_is_new_only():
    """What it keeps says the same as a walk over all, whatever comes."""
    def foreign(node, store, first, count):
        return "\n".join(json.dumps(
            {**json.loads(sale(number)), "event": f"{node}.7.{number}",
             "id": f"{node}-{number}", "store": store,
             "recorded": "2026-01-05T10:00:00Z"})
            for number in range(first, first + count))

    def status():
        told = leima("status", "L", "--json").expect(0).json()
        kept = os.path.exists("L/asides")
        if kept:
            os.rename("L/asides", "asides")
        assert leima("status", "L", "--json").expect(0).json() == told, told
        if kept:
            os.rename("asides", "L/asides")
        return told["events"], told["quarantined"], len(told["findings"])

    def enrol(node, store):
        leima("enrol", "new", "L", "--node", node, "--stores", store,
              "--endpoint", "tcp://127.0.0.1:9").expect(0)

    make(1)
    enrol(7, 10)
    assert status() == (1, 0, 0) and not os.path.exists("L/asides")
    leima("import", "L", "-", given=foreign(7, 10, 1, 66000)).expect(0)
    leima("import", "L", "-", given=foreign(7, 11, 66001, 3)).expect(0)
    assert status() == (66004, 3, 3)
    assert os.path.exists("L/asides")
    before = os.stat("L/asides").st_mtime_ns
    leima("append", "L", given=sale(1)).expect(0)
    leima("import", "L", "-", given=foreign(7, 11, 66004, 2)).expect(0)
    leima("import", "L", "-", given=foreign(8, 12, 1, 5)).expect(0)
    assert status() == (66012, 5, 5)
    assert os.stat("L/asides").st_mtime_ns == before  # too little is new
    enrol(8, 13)  # what was admitted is not
    assert status() == (66012, 10, 10)
    enrol(7, 11)  # and what was not is
    assert status() == (66012, 5, 5)


def test_what_does_not_count_is_told_with_its_reason():
    make(0)
    leima("enrol", "new", "L", "--node", 421, "--stores", 421, "--endpoint",
          "tcp://127.0.0.1:9999").expect(0)
    with open("foreign.jsonl", "w") as file:
        for seq, store in ((1, 421), (2, 99)):
            file.write(json.dumps({
                "event": f"421.5.{seq}", "kind": "purchase", "member": 42,
                "store": store, "receipt": f"r{seq}", "total": 100,
                "at": f"2026-01-0{seq}T00:00:00Z",
                "recorded": "2026-01-01T00:00:00Z"}) + "\n")
    leima("import", "L", "foreign.jsonl").expect(0)
    status = leima("status", "L", "--json").expect(0).json()
    assert status["events"] == 2 and status["quarantined"] == 1, status
    assert status["findings"] == [{
        "kind": "quarantined", "position": 3, "event": "421.5.2",
        "reason": "store 99 is not one of node 421's"}], status
    rows = leima("explain", "L", 42, "--json").expect(0).json()
    assert [row["notes"] for row in rows] == [[], ["quarantined"]], rows
    assert leima("balance", "L", 42, "--json").expect(0).json()[
        "purchases"] == 1
    out = leima("verify", "L").expect(0).out
    assert "store 99 is not one of node 421's" in out, out


if __name__ == "__main__":
    main(globals())
