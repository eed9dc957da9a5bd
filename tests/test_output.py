#!/usr/bin/env python3
"""test_output.py - a file that a command was asked to write is whole, or what
was there before: on a full disk, after a kill, where the name is wrong

(What replay writes is in test_replay.py, what backup does in test_ops.py.)
"""
import json
import os
import pathlib
import subprocess
import sys
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disk import Disk  # noqa: E402
from leima import LEIMA, TREE, leima, main  # noqa: E402

PROGRAM = os.path.join(TREE, "tools", "demo.yaml")
OLD = "what was there\n"
FORMS = {"table": "txt", "json": "json", "csv": "csv", "xlsx": "xlsx",
         "hledger": "journal", "html": "html"}


def ledger():
    leima("init", "L", "--node", 1).expect(0)
    leima("rules", "publish", "L", PROGRAM, "--from", "2024-01-01").expect(0)
    leima("generate", "L", "--members", 20, "--months", 2).expect(0)


def old(path):
    pathlib.Path(path).write_text(OLD, encoding="utf-8")


def says(result, status, *words):
    result.expect(status)
    for word in words:
        assert word in result.err, result.err
    assert result.err.count("\n") == 1, result.err


def only(folder, *names):
    assert sorted(os.listdir(folder)) == sorted(names), os.listdir(folder)


def test_a_full_disk_leaves_what_was_there():
    ledger()
    with Disk("64k"):
        old("disk/events.jsonl")
        says(leima("generate", "--output", "disk/events.jsonl"), 4,
             "disk/events.jsonl", "no space left on the disk\n")
        pathlib.Path("disk/ballast").write_bytes(b"x" * 53000)
        for form, ending in FORMS.items():
            name = f"settle-2024-01.{ending}"
            old(f"disk/{name}")
            pathlib.Path("disk/more").write_bytes(b"x" * 4096 * (
                os.statvfs("disk").f_bavail))
            says(leima("settle", "L", "--period", "2024-01", "--format", form,
                       "--output", "disk"), 4, "can't be written", name,
                 "no space left on the disk\n")
            assert pathlib.Path(f"disk/{name}").read_text() == OLD
            os.unlink(f"disk/{name}")
            os.unlink("disk/more")
        only("disk", "ballast", "events.jsonl")
        assert pathlib.Path("disk/events.jsonl").read_text() == OLD


def test_rejects_on_a_full_disk():
    """What is right is stored; that the bad lines are not kept is said."""
    ledger()
    good = {"kind": "join", "member": 9001, "at": "2024-03-02T09:00:00Z"}
    bad = {"kind": "join", "member": "x" * 60000}
    text = "\n".join(json.dumps(event) for event in (good, bad))
    with Disk("32k"):
        old("disk/bad")
        done = leima("import", "L", "-", "--rejects", "disk/bad",
                     given=text).expect(4)
        assert "--rejects disk/bad: no space left" in done.err, done.err
        assert "1 stored" in done.err, done.err
        only("disk", "bad")
        assert pathlib.Path("disk/bad").read_text() == OLD


def test_a_killed_command_leaves_what_was_there():
    old("events.jsonl")
    run = subprocess.Popen([LEIMA, "generate", "--output", "events.jsonl",
                            "--members", "100000", "--months", "12"],
                           stderr=subprocess.DEVNULL)
    try:
        late = time.monotonic() + 300
        while not any(name != "events.jsonl" and os.stat(name).st_size > 100000
                      for name in os.listdir(".")):
            assert run.poll() is None and time.monotonic() < late
            time.sleep(0.01)
    finally:
        run.kill()
        run.wait()
    assert pathlib.Path("events.jsonl").read_text() == OLD


def test_a_wrong_name_is_told_before_anything_happens():
    """The ledger is not even there."""
    old("file")
    for words, name in (
            (("settle", "L", "--period", "2024-01"), "nowhere/out"),
            (("settle", "L", "--period", "2024-01"), "file"),
            (("settle", "L", "--period", "2024-01"), "file/out"),
            (("generate",), "nowhere/events.jsonl"),
            (("generate",), "file/events.jsonl")):
        says(leima(*words, "--output", name), 1, name)
    says(leima("import", "L", "-", "--rejects", "nowhere/bad"), 1,
         "--rejects nowhere/bad")
    only(".", "file")


def test_nothing_is_closed_for_a_folder_that_is_none():
    ledger()
    old("file")
    close = ("settle", "L", "--period", "2024-01", "--close", "--force",
             "--json")
    says(leima(*close, "--output", "file"), 1, "--output file",
         "not a directory")
    assert not leima("settle", "L", "--period", "2024-01",
                     "--json").json()["closed"]
    leima(*close, "--output", "out").expect(0)
    only("out", "settle-2024-01.json")


def test_what_is_refused_leaves_the_old_rejects():
    old("bad")
    leima("import", "nowhere", "-", "--rejects", "bad", given="").expect(1)
    only(".", "bad")
    assert pathlib.Path("bad").read_text() == OLD
    ledger()
    pathlib.Path("bad").write_text('{"kind": "join"}\n', encoding="utf-8")
    leima("import", "L", "bad", "--rejects", "bad").expect(5)
    assert pathlib.Path("bad").read_text() == '{"kind": "join"}\n'


def test_a_workbook_is_whole():
    ledger()
    leima("settle", "L", "--period", "2024-01", "--format", "xlsx",
          "--output", "out").expect(0)
    only("out", "settle-2024-01.xlsx")
    with zipfile.ZipFile("out/settle-2024-01.xlsx") as book:
        assert book.testzip() is None


main(globals())
