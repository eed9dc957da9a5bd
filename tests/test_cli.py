#!/usr/bin/env python3
"""test_cli.py - the command line as CLI.md has it: help, misuse, exit status

Every command of the table is asked for its help; every kind of failure is
provoked once, and must end with its status and one line that says where.
"""
import gzip
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
from datetime import datetime, timedelta, timezone

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import LEIMA, TREE, leima, main  # noqa: E402

PROGRAM = os.path.join(TREE, "tests", "examples", "01-stacking",
                       "program.yaml")
EVENTS = os.path.join(TREE, "tests", "examples", "01-stacking", "events.jsonl")


def equal(what, found, wanted):
    assert found == wanted, f"{what}: {found}, expected {wanted}"


def commands():
    names = []
    for line in leima("--help").expect(0).out.splitlines():
        if line.startswith("  ") and not line.startswith("   "):
            name = line[2:].split("  ")[0]
            names.append(name.strip())
    return names


def ledger():
    leima("init", "L", "--incarnation", "1").expect(0)
    leima("rules", "publish", "L", PROGRAM, "--from", "2000-01-01").expect(0)
    leima("import", "L", EVENTS).expect(0)


def refused(status, *words, says=(), given=None):
    done = leima(*words, given=given).expect(status)
    equal(f"{done.words}: standard output", done.out, "")
    equal(f"{done.words}: lines said", len(done.err.splitlines()), 1)
    for word in says:
        assert word in done.err, f"{done.words}: \"{word}\" in {done.err}"


def test_help_of_every_command():
    names = commands()
    assert len(names) > 15, names
    for name in names:
        done = leima(*name.split(), "--help").expect(0)
        assert done.out.startswith(f"usage: leima {name}"), done.out
        for part in ("\noptions:\n", "\nexamples:\n", f"leima {name}"):
            assert part in done.out, f"{name}: {part!r}"
        # A terminal's width; an example may be longer, a person pastes it.
        for line in done.out.split("\nexamples:\n")[0].splitlines()[1:]:
            assert len(line) <= 80, f"{name}: {len(line)} columns: {line}"
        equal(name, done.err, "")


def completed(*words):
    """What bash offers for the last of the words."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_leima; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(
        ["bash", "-c", script, "bash",
         os.path.join(TREE, "tools", "completion.bash"), LEIMA, *words],
        capture_output=True, text=True, timeout=600)
    equal(f"{words}: standard error", done.stderr, "")
    return set(done.stdout.split())


def test_completion_offers_what_help_lists():
    """Every command and every option of it, and nothing else."""
    names = commands()
    equal("commands", completed(""),
          {name.split()[0] for name in names} | {"help", "--help",
                                                 "--version"})
    equal("of a beginning", completed("bal"), {"balance"})
    equal("second words", completed("settle", ""),
          {"explain", "verify", "key"})
    equal("of a second word", completed("rules", "p"), {"publish"})
    for name in names:
        options = re.findall(r"^  (--[a-z-]+)",
                             leima(*name.split(), "--help").out, re.M)
        equal(name, completed(*name.split(), "L", "--"), set(options))
        equal(name, completed(*name.split(), "--js"), {"--json"})
    open("settlement", "w").close()
    equal("a file", completed("settle", "settl"), {"settlement"})
    equal("no option", completed("settle", "explain", "settl"), set())
    equal("no command", completed("sh[/", "--"), set())


def test_the_manual_is_the_help():
    """leima(1) has the help of every command, line by line."""
    page = subprocess.run([os.path.join(TREE, "tools", "manual.sh"), LEIMA],
                          capture_output=True, text=True, check=True).stdout
    with open("leima.1", "w", encoding="utf-8") as file:
        file.write(page)
    lines = [line.replace("\\e", "\0").replace("\\", "").replace("\0", "\\")
             for line in page.splitlines()]
    for name in commands():
        at = lines.index(f".SS {name}")
        wanted = leima(*name.split(), "--help").out.splitlines()
        equal(name, [line.removeprefix("&") for line in
                     lines[at + 2:at + 2 + len(wanted)]], wanted)
    assert "0 done, 1 refused" in page and leima("--version").out.strip() in \
        page
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-ww", "-z", "leima.1"],
                              capture_output=True, text=True)
        equal("groff", (done.returncode, done.stderr), (0, ""))


def test_release():
    """What is installed, what runs on a ledger, and what monitoring sees."""
    done = leima("--version").expect(0)
    assert done.out.startswith("leima 1.") and done.err == "", done.out
    assert "leima --version" in leima("--help").expect(0).out


def read(path):
    with open(path) as file:
        return file.read()


def furnish():
    """The files and ledgers that the examples of the help speak of."""
    leima("generate", "--output", "events.jsonl", "--rules", "program.yaml",
          "--members", "150", "--months", "12").expect(0)
    text = read("program.yaml")
    for name in ("candidate.yaml", "weekend.yaml", "kanta.yaml"):
        with open(name, "w") as file:
            file.write(text.replace("multiply: 2}", "multiply: 3}"))
    leima("init", "full", "--node", "2").expect(0)
    for _ in range(2):
        leima("rules", "publish", "full", "program.yaml", "--from",
              "2000-01-01").expect(0)
    leima("import", "full", "events.jsonl").expect(0)
    for account in ({"member": 42}, {"bearer": "COUPON-1"}):
        for event in ({"kind": "stamp", "card": "lunch",
                       "at": "2024-06-01T12:00:00Z"},
                      {"kind": "adjust", "points": 900, "reason": "x",
                       "by": "y"},
                      {"kind": "grant", "reward": "free_coffee"}):
            leima("append", "full",
                  given=json.dumps({**event, **account})).expect(0)
    with open("sale.jsonl", "w") as file:
        file.write('{"kind": "join", "member": 4242}\n')
    os.mkdir("maps")
    with open("maps/shop.yaml", "w") as file:
        file.write('kind: join\nevent: {member: "{A}", id: "{A}"}\n')
    with gzip.open("orders.csv.gz", "wt") as file:
        file.write("A\n7\n8\n")
    with open("orders.csv", "w") as file:
        file.write("A\n7\n8\n")
    os.mkdir("backups")


# Processes that go on, and what has to do with closed periods: they have
# tests of their own.
ELSEWHERE = ("--follow", "leima hub", "leima node", "leima enrol",
             "leima prune", "--close",
             "--signed", "settle verify", "settle key", "--adjustment",
             "--join", "leima keys")
MADE_BY_IT = {"init": ("L", "store10"), "restore": ("L",)}


def lay_out(name):
    """Fresh ledgers for one example."""
    for ledger_name in ("L", "hub", "hq", "store10"):
        shutil.rmtree(ledger_name, ignore_errors=True)
        if ledger_name not in MADE_BY_IT.get(name, ()):
            shutil.copytree("full", ledger_name)
    shutil.rmtree("backups/2026-01-31", ignore_errors=True)
    if name == "generate":
        for node, ledger_name in ((1, "L"), (10, "store10")):
            shutil.rmtree(ledger_name)
            leima("init", ledger_name, "--node", node).expect(0)
    if name == "restore":
        leima("backup", "full", "backups/2026-01-31").expect(0)


def run_example(name, line):
    lay_out(name)
    files = {file: os.path.getmtime(file) for file in os.listdir(".")}
    path = os.path.dirname(os.path.realpath(LEIMA)) + ":" + os.environ["PATH"]
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line],
                          env={**os.environ, "PATH": path},
                          capture_output=True)
    assert done.returncode == 0, \
        f"{line}: status {done.returncode}: {done.stderr.decode()[:300]}"
    # What it wrote must not be what the next example reads.
    for file in os.listdir("."):
        if file not in files and os.path.isfile(file):
            os.remove(file)


def test_examples_of_every_help():
    furnish()
    keep = {name: read(name) for name in ("events.jsonl", "program.yaml")}
    count = 0
    for name in commands():
        text = leima(*name.split(), "--help").expect(0).out
        for line in text.split("\nexamples:\n")[1].splitlines():
            if any(word in line for word in ELSEWHERE):
                continue
            run_example(name, line.strip())
            count += 1
            for file, content in keep.items():
                with open(file, "w") as out:
                    out.write(content)
    assert count > 40, count


def test_misuse_names_the_nearest():
    refused(2, "balanse", "L", says=['"balance"'])
    done = leima("rules", "chek", "F").expect(2)
    assert '"rules check"' in done.err
    done = leima().expect(2)
    assert "usage:" in done.err and done.out == ""
    assert "rules publish" in leima("rules").expect(2).err
    assert "rules publish" in leima("rules", "--help").expect(0).out
    refused(2, "init", "L", "--nod", "3", says=['did you mean "node"?'])
    refused(2, "--verison", says=['did you mean "--version"?'])
    refused(2, "version", says=['did you mean "--version"?'])
    for words in (["-h"], ["frobnicate"], ["init", "L", "--frobnicate"]):
        assert "did you mean" not in leima(*words).expect(2).err, words


def test_what_is_quoted_breaks_no_line():
    """Nor does it say anything to a terminal."""
    leima("init", "L").expect(0)
    odd = "a\nb\033[2J\x7f"
    for status, words in ((1, ("balance", odd, 42)), (2, ("balance", "L", odd)),
                          (2, ("balance", "L", 42, "--at", odd)),
                          (2, ("balance", "L", 42, "--" + odd)),
                          (2, (odd, "L")), (2, ("-" + odd, "L"))):
        refused(status, *words, says=["a?b?[2J?"])


def test_help_is_a_command():
    equal("all", leima("help").expect(0).out, leima("--help").expect(0).out)
    for name in ("balance", "rules check", "settle", "rules"):
        equal(name, leima("help", *name.split()).expect(0).out,
              leima(*name.split(), "--help").expect(0).out)
    assert '"balance"' in leima("help", "balanse").expect(2).err
    assert '"rules check"' in leima("help", "rules", "chek").expect(2).err


def test_wrong_options_and_operands():
    refused(2, "balance", "L", says=["ACCOUNT"])
    refused(2, "status", "L", "M", says=['"M"'])
    refused(2, "status", "L", "--verbose", says=["--verbose"])
    refused(2, "status", "L", "-j", says=["two dashes"])
    refused(2, "init", "L", "--node", says=["--node N"])
    refused(2, "init", "L", "--node", "0", says=["--node", "1", '"0"'])
    refused(2, "status", "L", "--json=yes", says=["no value"])
    for words in (["liability", "L", "--through", "2026-01"], ["rfm", "L"],
                  ["report", "L", "--by", "store"]):
        refused(2, *words, "--format", "xml", says=["table, json or csv",
                                                    '"xml"'])
        refused(2, *words, "--format", "csv", "--json", says=["--format",
                                                              "--json"])
    # One value counts, so two that differ are a misuse wherever they stand.
    twice = ["--at", "2026-01-01", "--at=2026-02-01"]
    for words in (["L", *twice], [*twice, "L", "--json"]):
        refused(2, "rfm", *words,
                says=["--at is given twice", '"2026-01-01"', '"2026-02-01"',
                      "one value"])
    refused(1, "rfm", "L", *twice[:2], *twice[:2], says=["no ledger"])
    refused(2, "report", "L", says=["--by", "store, partner"])
    refused(2, "report", "L", "--by", "stores", says=["--by", '"stores"'])
    assert not os.path.exists("L")


# Operands with which each command runs; LEDGER and FILE are replaced by what
# is none.  An option stands here where it names a file.
ZEROS = "0" * 64
RUNS = (
    "verify LEDGER", "member new LEDGER", "status LEDGER",
    "backup LEDGER B", "restore N LEDGER", "prune LEDGER --older-than 400",
    "rules check FILE", "rules publish LEDGER PROGRAM --from 2026-03-01",
    "rules publish L FILE --from 2026-03-01", "rules list LEDGER",
    "rules show LEDGER", "rules diff PROGRAM FILE", "rules diff FILE PROGRAM",
    "rules check PROGRAM --ledger LEDGER",
    "append LEDGER EVENTS", "append L FILE", "export LEDGER",
    "import LEDGER EVENTS", "import L FILE", "import L EVENTS --map FILE",
    "balance LEDGER 42", "accounts LEDGER", "explain LEDGER 42",
    "history LEDGER 42", "redeem LEDGER 42 --points 100 --id a",
    "segment LEDGER tier=gold", "rfm LEDGER", "rfm L --limits FILE",
    "report LEDGER --by store", "settle LEDGER --period 2026-02",
    "settle explain LEDGER --period 2026-02 --partner market",
    f"settle verify FILE --key {ZEROS}", "settle verify PROGRAM --key FILE",
    "settle key LEDGER", "liability LEDGER --through 2026-02",
    "replay LEDGER --rules PROGRAM", "replay L --rules FILE",
    "replay L --rules PROGRAM --baseline FILE", "generate LEDGER",
    "hub LEDGER --listen tcp://127.0.0.1:0", "node LEDGER",
    "enrol new LEDGER --node 3 --endpoint tcp://127.0.0.1:9",
    "enrol new L --csv FILE --endpoint tcp://127.0.0.1:9",
    "enrol list LEDGER", "enrol rotate LEDGER --node 3",
    "enrol revoke LEDGER --node 3", "keys export LEDGER",
    "keys import LEDGER EVENTS", "keys import L FILE",
)


def one_line(done, status, *says):
    """The whole of an error: its status, and one line with these words."""
    done.expect(status)
    lines = done.err.splitlines()
    assert len(lines) == 1, f"{done.words}: {done.err}"
    for word in ("leima ", *says):
        assert word in lines[0], f"{done.words}: no {word!r} in {lines[0]}"


def run_with(line, place, what):
    words = {place: what, "PROGRAM": PROGRAM, "EVENTS": EVENTS}
    return leima(*(words.get(word, word) for word in line.split()))


def no_files():
    os.mkdir("dir")
    open("empty", "w").close()
    with open("binary", "wb") as file:
        file.write(bytes(range(256)) * 40)
    for name in ("noise", "hollow"):
        os.makedirs(f"{name}/journal")
    with open("noise/journal/data.mdb", "wb") as file:
        file.write(bytes(range(256)) * 400)
    open("hollow/journal/data.mdb", "w").close()


def test_what_is_no_ledger_and_no_file():
    """Every command, with a path that leads nowhere or to something else."""
    ledger()
    no_files()
    for line in RUNS:
        for what in ("missing", "dir", "empty", "binary", "hollow", "empty/x"):
            if "LEDGER" in line:
                one_line(run_with(line, "LEDGER", what), 1, what)
        if "LEDGER" in line and line.split()[0] not in ("restore", "prune"):
            one_line(run_with(line, "LEDGER", "noise"), 3, "noise/journal",
                     "restore a backup")
        if "FILE" in line:
            one_line(run_with(line, "FILE", "missing"), 1, "missing",
                     "No such file")
            one_line(run_with(line, "FILE", "dir/x/y"), 1, "dir/x/y",
                     "No such file")
            one_line(run_with(line, "FILE", "empty/x"), 1, "empty/x",
                     "Not a directory")
            if not line.startswith("rules diff FILE"):
                one_line(run_with(line, "FILE", "dir"), 1, "dir",
                         "a directory; expected a file")
    for name in commands():
        assert name in ("init", "rules schema") or any(
            line.startswith(name + " ") for line in RUNS), name
    assert sorted(os.listdir("dir")) == [] and not os.path.exists("missing")


def test_files_with_nothing_or_noise_in_them():
    ledger()
    no_files()
    for line in RUNS:
        for what in ("empty", "binary"):
            if "FILE" not in line:
                continue
            done = run_with(line, "FILE", what)
            if what == "empty" and line.split()[0] in ("append", "import") \
                    and "--map" not in line:
                done.expect(0)  # nothing is to be done
                continue
            assert done.status in (1, 5), f"{done.words}: {done.status}"
            assert done.out == "" and what in done.err, \
                f"{done.words}: {done.out} {done.err}"
    equal("events", len(leima("export", "L").expect(0).out.splitlines()),
          len(read(EVENTS).splitlines()))


def test_files_without_an_end():
    """Each ends with what is the matter, not with the machine's memory; so
    does what comes on standard input."""
    ledger()
    for line in RUNS:
        if "FILE" not in line:
            continue
        done = run_with(line, "FILE", "/dev/zero")
        assert done.status == 1, f"{done.words}: {done.status}"
        for word in ("/dev/zero", "expected"):
            assert word in done.err, f"{done.words}: {done.err}"
    one_line(leima("append", "L", "/dev/zero"), 1, "/dev/zero:1: ", "1 MiB")
    for words, said in ((["append", "L"], "standard input:1: "),
                        (["keys", "export", "L"], "the passphrase: "),
                        (["node", "L", "--join", "-"], "`leima enrol new`")):
        with open("/dev/zero", "rb") as endless:
            done = subprocess.run([LEIMA, *words], stdin=endless, timeout=600,
                                  capture_output=True)
        equal(f"{words}: status", done.returncode, 1)
        assert said in done.stderr.decode(), done.stderr
    # An import says so, too, and waits for the lines behind.
    with subprocess.Popen([LEIMA, "import", "L", "-"], stdin=subprocess.PIPE,
                          stderr=subprocess.PIPE) as waiting:
        waiting.stdin.write(b"x" * (2 << 20))
        waiting.stdin.flush()
        said = waiting.stderr.readline()
        waiting.kill()
    assert b"standard input:1: " in said and b"1 MiB" in said, said
    equal("events", len(leima("export", "L").expect(0).out.splitlines()),
          len(read(EVENTS).splitlines()))


def test_an_append_that_takes_much_memory():
    """Large events, fewer than an append may have; import takes them."""
    leima("init", "L").expect(0)
    sale = json.dumps({
        "kind": "purchase", "member": 42, "receipt": "1", "total": 1000,
        "lines": [{"amount": 1}] * 1000}) + "\n"
    refused(1, "append", "L", given=sale * 12000,
            says=["standard input:", "512 MiB", "import"])
    equal("events", leima("export", "L").expect(0).out, "")


def test_paths_that_cant_be_written():
    ledger()
    no_files()
    for line in ("settle L --period 2026-02 --format html --output",
                 "settle L --period 2026-02 --format xlsx --output",
                 f"replay L --rules {PROGRAM} --html",
                 f"import L {EVENTS} --rejects", "generate --output",
                 "generate L --rules"):
        for what in ("empty/x", "missing/x/y"):
            done = leima(*line.split(), what)
            equal(f"{done.words}: status", done.status, 1)
            assert what in done.err.splitlines()[-1], done.err
        if "settle" not in line:
            one_line(leima(*line.split(), "dir"), 1, "dir", "a directory")
    leima("backup", "L", "B").expect(0)
    for words in (["init"], ["backup", "L"]):
        for what in ("missing/x", "B/journal/data.mdb/x"):
            refused(1, *words, what, says=[what, "irectory"])
    refused(1, "restore", "missing/x", "B", says=["missing/x", "No such"])


def values_of(name):
    """The options of a command that take a value, and what help calls it."""
    rows = re.findall(r"^  --([a-z-]+) ([A-Z][^ ]*)",
                      leima(*name.split(), "--help").out, re.M)
    return [row for row in rows if row[1] in (
        "N", "S", "I", "YYYY-MM", "YYYY-MM-DD", "TIME", "AGE", "ENDPOINT",
        "DAYS", "POSITION")]


def test_wrong_values_of_every_option():
    """Numbers, dates and endpoints that are none, each said by its option."""
    ledger()
    count = 0
    for name in commands():
        base = next((line for line in RUNS if line.startswith(name + " ")),
                    name + " N")
        words = [{"LEDGER": "L", "FILE": "L/journal", "PROGRAM": PROGRAM,
                  "EVENTS": EVENTS}.get(word, word) for word in base.split()]
        one_line(leima(*words, "--bogus"), 2, "--bogus", f"leima {name}")
        for option, _ in values_of(name):
            one_line(leima(*words, f"--{option}"), 2, f"--{option}")
            for bad in ("xyzzy", "-5", "99999999999999999999", ""):
                one_line(leima(*words, f"--{option}", bad), 2, f"--{option}")
                count += 1
    assert count > 100, count


def test_standard_input_is_read_once():
    """Who names it twice is told so, before anything is done: nobody hears of
    an empty file, and nothing is imported of half of it."""
    ledger()
    rules, position = read(PROGRAM), leima("status", "L", "--json").json()[
        "position"]
    for line in ("replay L --rules - --rules -",
                 "replay L --rules - --baseline -", "rules diff - -",
                 "import L - -", "import L - --map -", "settle verify - --key -",
                 "settle verify - --key - --signature -"):
        refused(2, *line.split(), given=rules, says=["standard input", "once"])
    refused(2, "settle", "verify", "-", "--key", ZEROS, given=rules,
            says=["--signature SIG"])
    equal("position", leima("status", "L", "--json").json()["position"],
          position)
    done = leima("replay", "L", "--rules", "-", given=rules).expect(0)
    assert done.out.startswith("standard input against"), done.out
    done = leima("rules", "check", "-", given="program: 1\n").expect(1)
    assert done.err.startswith("standard input:1:1: "), done.err


def test_what_is_empty():
    """What a script hands over that has set nothing: no path, name or date is
    called "", and nothing is done; said with what was expected there."""
    ledger()
    count = 0
    for line in RUNS:
        words = [{"LEDGER": "L", "FILE": "L/journal", "PROGRAM": PROGRAM,
                  "EVENTS": EVENTS}.get(word, word) for word in line.split()]
        name = next(name for name in sorted(commands(), reverse=True)
                    if line.startswith(name + " "))
        first = len(name.split())
        for at in range(first, len(words)):
            if words[at].startswith("--"):
                continue
            empty = words[:at] + [""] + words[at + 1:]
            where = words[at - 1] if words[at - 1].startswith("--") else ""
            one_line(leima(*empty), 2, f"leima {name}: {where}", "expected",
                     'found ""', "not set?")
            count += 1
        for option in re.findall(r"^  (--[a-z-]+) [A-Z]",
                                 leima(*words[:first], "--help").out, re.M):
            one_line(leima(*words, option, ""), 2, f"{name}: {option}: ",
                     'found ""')
            one_line(leima(*words, f"{option}="), 2, f"{name}: {option}: ",
                     'found ""')
            count += 1
    assert count > 150, count
    refused(2, "init", "", says=["expected LEDGER", "leima init --help"])
    assert not os.path.exists("journal")


def test_not_found():
    refused(1, "balance", "L", "42", says=["L"])
    ledger()
    refused(1, "balance", "L", "43", says=["43"])
    refused(1, "explain", "L", "bearer:X", says=["bearer:X"])
    refused(1, "append", "L", "nothing.jsonl", says=["nothing.jsonl"])
    refused(1, "init", "L", says=["L"])
    refused(1, "rules", "show", "L", "7", says=["7"])


def test_balances_of_many_go_on():
    ledger()
    done = leima("balance", "L", "7", "42", "--json").expect(1)
    equal("account", done.json()["account"], "42")


def test_times():
    ledger()
    refused(2, "balance", "L", "42", "--at", "yesterday", says=["yesterday"])
    # A local date is the first instant of it in the zone of the rules.
    row = leima("balance", "L", "42", "--at", "2025-01-19", "--json")
    equal("at", row.expect(0).json()["at"], "2025-01-18T22:00:00.000Z")
    equal("points", row.json()["available"], 329)
    row = leima("balance", "L", "42", "--at=2025-02-01T02:00:00+02:00",
                "--json").expect(0).json()
    equal("at", row["at"], "2025-02-01T00:00:00.000Z")


def test_known():
    ledger()
    row = leima("balance", "L", "42", "--known", "3", "--json").expect(0)
    equal("purchases", row.json()["purchases"], 2)
    row = leima("balance", "L", "42", "--known", "2100-01-01", "--json")
    equal("purchases", row.expect(0).json()["purchases"], 5)
    refused(1, "balance", "L", "42", "--known", "99", says=["99", "6"])
    refused(2, "balance", "L", "42", "--known", "x", says=["position", '"x"'])


def damage(path):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    at = data.find(b"tobacco")
    while at >= 0:
        data[at] ^= 1
        at = data.find(b"tobacco", at + 1)
    with open(path, "wb") as file:
        file.write(data)


def test_damage_is_status_3():
    ledger()
    damage(os.path.join("L", "journal", "data.mdb"))
    leima("verify", "L").expect(3)


def test_append_is_all_or_none():
    ledger()
    good = {"kind": "join", "member": 9, "at": "2025-01-01T00:00:00Z"}
    bad = {"kind": "stamp", "member": 9, "card": "coffee", "count": 0}
    lines = json.dumps(good) + "\n" + json.dumps(bad) + "\n"
    refused(1, "append", "L", given=lines, says=[":2: ", "count", "1"])
    refused(1, "balance", "L", "9", says=["9"])
    for text, word in ((json.dumps({**good, "colour": 1}), "colour"),
                       (json.dumps({"kind": "join"}), "member"),
                       ("[]", ":1: "), ("{", ":1: "),
                       (json.dumps({**good, "at": "2025"}), "at")):
        refused(1, "append", "L", given=text, says=[":1: ", word])
    ahead = json.dumps({**good, "at": "2098-01-01T00:00:00Z"})
    refused(1, "append", "L", given="\n" + ahead, says=["input:2: at: future"])


def test_a_byte_order_mark_is_no_part_of_a_file():
    """As editors and spreadsheets on Windows put it before the first line."""
    leima("init", "L", "--incarnation", "5").expect(0)
    joins = "".join('\ufeff' * mark + json.dumps(
        {"kind": "join", "member": 9 + number, "id": str(number)}) + "\n"
        for number, mark in enumerate((1, 0)))
    equal("identities", leima("append", "L", given=joins).expect(0).out,
          "1.5.1\n1.5.2\n")
    for name in ("one.jsonl", "two.jsonl"):
        with open(name, "w") as file:
            file.write(joins)
    done = leima("import", "L", "one.jsonl", "two.jsonl", "--json").expect(0)
    equal("imported", done.json(),
          {"stored": 0, "known": 4, "skipped": 0, "rejected": 0})
    # Elsewhere it is a mistake.
    refused(1, "append", "L", given="\n\ufeff{}", says=[":2: "])
    with open("nodes.csv", "w") as file:
        file.write("\ufeff11,101\r\n12\r\n")
    done = leima("enrol", "new", "L", "--csv", "nodes.csv", "--endpoint",
                 "tcp://hq.example:7001").expect(0)
    equal("nodes", [line.split(",")[0] for line in done.out.splitlines()],
          ["11", "12"])


def test_a_node_that_stands_twice_in_a_list_or_is_the_hub():
    leima("init", "L").expect(0)
    at = ("--endpoint", "tcp://hq.example:7001")
    refused(1, "enrol", "new", "L", "--node", "1", *at, says=["hub itself"])
    with open("nodes.csv", "w") as file:
        file.write("11\n1\n")
    refused(1, "enrol", "new", "L", "--csv", "nodes.csv", *at,
            says=["hub itself"])
    with open("nodes.csv", "w") as file:
        file.write("11,101\n12\n11,102\n")
    refused(1, "enrol", "new", "L", "--csv", "nodes.csv", "--endpoint",
            "tcp://hq.example:7001", says=["csv:3: ", "11", "line 1"])
    equal("enrolled", leima("enrol", "list", "L", "--json").expect(0).out, "")


def test_json_of_commands_with_little_to_say():
    def says(*words, given=None):
        return leima(*words, "--json", given=given).expect(0).json()

    equal("init", says("init", "L", "--node", "4", "--incarnation", "5"),
          {"node": 4, "store": 4, "incarnation": 5})
    drawn = says("init", "M")["incarnation"]
    equal("drawn", drawn, leima("status", "M", "--json").json()["incarnation"])
    town = ("--members", "5", "--months", "1")
    made = says("generate", "M", *town)
    assert made["stored"] > 0 and made["known"] == 0, made
    equal("again", says("generate", "M", *town),
          {"stored": 0, "known": made["stored"]})
    equal("file", says("generate", *town, "--output", "f.jsonl"),
          {"written": made["stored"]})
    out = leima("generate", *town, "--output", "-", "--json").expect(0).out
    with open("f.jsonl") as file:
        equal("lines", out, file.read())
    leima("rules", "publish", "L", PROGRAM, "--from", "2025-01-01").expect(0)
    with open(PROGRAM) as file:
        equal("file", says("rules", "show", "L")["file"], file.read())
    leima("enrol", "new", "M", "--node", "3", "--endpoint",
          "tcp://hq.example:7001").expect(0)
    equal("revoked", says("enrol", "revoke", "M", "--node", "3"),
          {"node": 3, "state": "revoked"})
    secret = "correct horse battery"
    with open("sealed", "w") as file:
        file.write(says("keys", "export", "M", given=secret)["keys"] + "\n")
    equal("imported", says("keys", "import", "L", "sealed", given=secret),
          {"imported": True})
    equal("sound", says("verify", "L"),
          {"sound": True, "damages": 0, "notes": 0, "findings": []})


def test_append_answers_with_identities():
    leima("init", "L", "--node", "4", "--incarnation", "5").expect(0)
    event = {"kind": "join", "member": 9, "at": "2025-01-01T00:00:00Z",
             "id": "a"}
    for _ in range(2):
        done = leima("append", "L", given=json.dumps(event)).expect(0)
        equal("identity", done.out, "4.5.1\n")
    refused(1, "append", "L", given=json.dumps({**event, "member": 8}),
            says=["conflict"])


def test_append_json_and_dry_run():
    ledger()
    sale = json.dumps({"kind": "purchase", "member": 42, "receipt": "Z",
                       "store": 10, "total": 700,
                       "at": "2025-01-22T10:00:00Z"})
    dry = leima("append", "L", "--dry-run", "--json", given=sale).expect(0)
    equal("points", dry.json()["explain"]["points"], 7)
    equal("balance", dry.json()["balance"]["available"], 591)
    equal("nothing stored", len(leima("export", "L").out.splitlines()), 5)
    done = leima("append", "L", "--json", given=sale).expect(0)
    equal("explain", done.json()["explain"], dry.json()["explain"])
    equal("balance", done.json()["balance"], dry.json()["balance"])
    equal("stored", len(leima("export", "L").out.splitlines()), 6)


def test_every_kind_counts():
    """An adjustment's reason lies apart from what is folded."""
    ledger()
    event = json.dumps({"kind": "adjust", "member": 42, "points": 100,
                        "reason": "late", "by": "anna",
                        "at": "2025-01-22T10:00:00Z"})
    leima("append", "L", given=event).expect(0)
    row = leima("balance", "L", "42", "--json").expect(0).json()
    equal("available", row["available"], 684)
    done = leima("verify", "L").expect(0)
    assert "note" not in done.out.replace("0 notes", ""), done.out


REDEEM_RULES = """program: X
currency: EUR
timezone: UTC
points: {min_redemption: 100}
earn: [{id: welcome, on: join, points: 500}]
rewards: [{id: cup, value: 8.00, points: 300}, {id: tea, value: 1.00}]
"""


def test_a_balance_is_read_by_people():
    with open("shop.yaml", "w") as file:
        file.write("""program: Shop
currency: EUR
timezone: Europe/Helsinki
stamps: [{id: lunch, need: 10, points: 5}, {id: bun, need: 9, points: 5}]
spend_rewards: [{id: big, spend: 1000.00, window: ever, points: 9}]
""")
    leima("init", "L").expect(0)
    leima("rules", "publish", "L", "shop.yaml", "--from",
          "2000-01-01").expect(0)
    leima("append", "L", given="""
{"kind": "purchase", "member": 5, "receipt": "1", "total": 12345}
{"kind": "stamp", "member": 5, "card": "lunch", "count": 3}
{"kind": "stamp", "member": 5, "card": "bun"}
{"kind": "consent", "member": 5, "channel": "email", "granted": true}
{"kind": "consent", "member": 5, "channel": "sms", "granted": false}
""").expect(0)
    said = leima("balance", "L", 5).expect(0).out.splitlines()
    for line in ("spend\t123.45", "stamps\tbun 1, lunch 3",
                 "spend_progress\tbig 123.45", "consents\temail yes, sms no"):
        assert line in said, said


def redeem_ledger():
    leima("init", "L").expect(0)
    leima("rules", "publish", "L", "-", "--from", "2000-01-01",
          given=REDEEM_RULES).expect(0)
    leima("append", "L", given='{"kind": "join", "member": 5}').expect(0)


def test_redeem():
    redeem_ledger()

    def ask(status, *words):
        return leima("redeem", "L", "5", *words, "--json").expect(status).json()

    equal("minimum", ask(1, "--points", "99", "--id", "a")["reason"],
          "below_minimum")
    equal("too much", ask(1, "--points", "501", "--id", "a")["reason"],
          "too_little")
    equal("no voucher", ask(1, "--reward", "tea", "--id", "a")["reason"],
          "too_little")
    equal("no such", ask(1, "--reward", "pie", "--id", "a")["reason"],
          "unknown")
    equal("nobody", leima("redeem", "L", "6", "--points", "100", "--id", "a",
                          "--json").expect(1).json()["reason"], "unknown")
    dry = ask(0, "--reward", "cup", "--id", "a", "--dry-run")
    equal("dry run", (dry["points"], "event" in dry), (300, False))
    done = ask(0, "--reward", "cup", "--id", "a")
    equal("granted", (done["verdict"], done["by"], done["available"]),
          ("granted", "hub", 500))
    again = ask(0, "--reward", "cup", "--id", "a")
    equal("again", (again["event"], again["known"], again["by"]),
          (done["event"], True, None))      # it is not known by whom
    equal("spent", ask(1, "--reward", "cup", "--id", "b")["available"], 200)
    words = ["redeem", "L", "5", "--points", "100", "--id", "w"]
    name = leima(*words).expect(0).out.removeprefix("granted: ")
    assert name.startswith("1."), name      # no hub has decided it
    equal("in words", leima(*words).expect(0).out, "granted before: " + name)
    refused(2, "redeem", "L", "5", "--points", "100", says=["--id"])
    refused(2, "redeem", "L", "5", "--id", "x", says=["--points", "--reward"])


def test_backup_and_restore():
    leima("init", "L", "--node", "10").expect(0)
    leima("generate", "L", "--members", "50", "--months", "3").expect(0)
    leima("member", "new", "L").expect(0)
    done = leima("backup", "L", "B", "--json").expect(0).json()
    equal("events", done["events"], leima("status", "L", "--json").json()["events"])
    equal("in it", sorted(os.listdir("B")), ["journal"])
    before = leima("verify", "L", "--digest").expect(0).out
    leima("append", "L", given='{"kind": "join", "member": 8}').expect(0)
    refused(1, "restore", "L", "B", says=["L", "already"])
    refused(1, "restore", "M", "nothing", says=["nothing"])
    leima("restore", "M", "B").expect(0)
    equal("digest", leima("verify", "M", "--digest").expect(0).out, before)
    leima("verify", "M").expect(0)
    old, new = (leima("status", name, "--json").json() for name in "LM")
    equal("node", new["node"], old["node"])
    assert new["incarnation"] != old["incarnation"]
    event = leima("append", "M", given='{"kind": "join", "member": 8}')
    equal("first of its own", event.expect(0).out,
          f"10.{new['incarnation']}.1\n")
    first = int(leima("member", "new", "L").out)
    assert int(leima("member", "new", "M").expect(0).out) > first + 1000
    refused(1, "backup", "L", "B", says=["B"])
    leima("restore", "N/", "B").expect(0)
    leima("verify", "N").expect(0)


def test_copies_are_as_private_as_the_ledger():
    ledger()
    before = os.umask(0o022)
    try:
        leima("backup", "L", "B").expect(0)
        leima("restore", "M", "B").expect(0)
    finally:
        os.umask(before)
    for name in "LBM":
        mode = os.stat(f"{name}/journal/data.mdb").st_mode & 0o777
        equal(f"mode of {name}", oct(mode), "0o600")


LISTEN = "tcp://hq.example.org:7001\n"


def ledger_with_keys():
    leima("init", "L").expect(0)
    with open("L/keys/listen", "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(LISTEN)


def test_a_passphrase_is_text():
    """What is cut at a zero byte would be sealed with less than was given."""
    ledger_with_keys()
    good = leima("keys", "export", "L", given="correct horse battery")
    assert good.expect(0).out.startswith("leima-keys1-")
    for given in ("correct horse\0battery", "x" * 2000):
        refused(1, "keys", "export", "L", given=given, says=["passphrase"])


def test_half_a_passphrase_is_none():
    """The other end is gone behind some bytes of it."""
    ledger_with_keys()
    ours, theirs = socket.socketpair()
    theirs.send(b"never read by us")
    ours.send(b"correct horse batt")
    ours.close()
    run = subprocess.run([LEIMA, "keys", "export", "L"], stdin=theirs,
                         capture_output=True)
    theirs.close()
    assert run.returncode == 4 and run.stdout == b"", run
    assert b"passphrase: Connection reset" in run.stderr, run.stderr


def at_a_terminal(*typed):
    """keys export at a terminal that types each when it is asked; None: ^C.
    Also whether the terminal shows again what is typed."""
    master, slave = pty.openpty()
    run = subprocess.Popen([LEIMA, "keys", "export", "L"], stdin=slave,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        for line in typed:
            while run.stderr.read(1) != b":":
                assert run.poll() is None
            while termios.tcgetattr(slave)[3] & termios.ECHO:
                assert run.poll() is None
                time.sleep(0.01)
            if line is None:
                run.send_signal(signal.SIGINT)
            else:
                os.write(master, line.encode() + b"\n")
        out, err = run.communicate(timeout=100)
        shown = bool(termios.tcgetattr(slave)[3] & termios.ECHO)
        return run.returncode, out.decode(), err.decode(), shown
    finally:
        run.kill()
        run.wait()
        os.close(master)
        os.close(slave)


def test_a_passphrase_at_a_terminal():
    ledger_with_keys()
    status, out, err, shown = at_a_terminal("correct horse battery",
                                            "correct horse battery")
    assert status == 0 and out.startswith("leima-keys1-") and shown, err
    status, out, err, shown = at_a_terminal("correct horse battery",
                                            "correct hose battery")
    assert status == 1 and out == "" and "differ" in err and shown, err
    status, out, err, shown = at_a_terminal(None)
    assert status == -signal.SIGINT and out == "" and shown, (status, err)


def test_the_end_of_all_time():
    """9999-12-31 is what many a system writes for ever; west of Greenwich it
    ends in a year that has five digits."""
    with open(PROGRAM) as file:
        program = re.sub("timezone: .*", "timezone: America/New_York",
                         file.read())
    with open("rules.yaml", "w") as file:
        file.write(program)
    leima("init", "L").expect(0)
    leima("rules", "publish", "L", "rules.yaml", "--from",
          "2000-01-01").expect(0)
    leima("append", "L", given=json.dumps({
        "kind": "adjust", "member": 7, "points": 5, "reason": "opening",
        "by": "hq", "at": "2026-01-01T00:00:00Z",
        "expires_on": "9999-12-31"})).expect(0)
    lot = leima("balance", "L", "7", "--json").expect(0).json()["lots"][0]
    equal("points", lot["points"], 5)
    equal("expires", lot["expires_at"], "9999-12-31T23:59:59.999Z")
    for words in (("accounts", "L"), ("explain", "L", "7"),
                  ("verify", "L"), ("verify", "L", "--digest"),
                  ("liability", "L", "--through", "2026-03"),
                  ("settle", "L", "--period", "2026-01"),
                  ("rfm", "L"), ("report", "L", "--by", "day"),
                  ("replay", "L", "--rules", "rules.yaml"),
                  ("backup", "L", "B")):
        leima(*words).expect(0)
    for day in ("9999-12-31", "0000-01-01"):
        refused(2, "report", "L", "--by", "day", "--to", day, says=["2199"])


def test_an_account_of_which_nothing_counts():
    ledger()
    bought = leima("append", "L", given=json.dumps({
        "kind": "purchase", "member": 777, "receipt": "r", "total": 1000}))
    leima("history", "L", "777").expect(0)
    leima("append", "L", given=json.dumps({
        "kind": "void", "member": 777, "voids": bought.out.strip()})).expect(0)
    refused(1, "balance", "L", "777", says=["no account 777"])
    refused(1, "history", "L", "777", says=["no account 777"])


def test_damaged_backup():
    ledger()
    leima("backup", "L", "B").expect(0)
    damage(os.path.join("B", "journal", "data.mdb"))
    leima("restore", "M", "B").expect(3)
    equal("left", [n for n in os.listdir() if n.startswith("M")], [])


def test_redeem_side_by_side():
    """Ten tills ask at once for what is there five times."""
    redeem_ledger()
    tills = [subprocess.Popen([LEIMA, "redeem", "L", "5", "--points", "100",
                               "--id", f"t{n}"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) for n in range(10)]
    said = [till.communicate()[0].decode().strip() for till in tills]
    equal(f"statuses of {said}", sorted(till.returncode for till in tills),
          [0] * 5 + [1] * 5)
    row = leima("balance", "L", "5", "--json").expect(0).json()
    equal("left", (row["available"], row["debt"]), (0, 0))


def test_a_clock_that_was_ahead_gives_nothing_twice():
    """What is told to happen in ten minutes has happened: a clock may be
    set back between two tills.  What lies days ahead is a mistake."""
    redeem_ledger()

    def told(days, **fields):
        at = datetime.now(timezone.utc) + timedelta(days=days, minutes=10)
        return json.dumps({"member": 5, "at": at.isoformat(
            timespec="milliseconds"), **fields})

    def ask(status, id, points):
        done = leima("redeem", "L", "5", "--points", points, "--id", id)
        return done.expect(status)

    leima("append", "L", given=told(0, kind="redeem", points=400,
                                    id="ahead")).expect(0)
    equal("now", leima("balance", "L", "5", "--json").json()["available"], 500)
    assert "200 points asked, 100 available" in ask(1, "a", 200).err
    ask(0, "b", 100)
    ask(1, "c", 100)
    assert "1 point asked, at least 100" in ask(1, "c", 1).err
    with open("late.jsonl", "w") as file:
        file.write(told(-1, kind="adjust", points=300, reason="x", by="y")
                   + "\n" + told(900, kind="redeem", points=300, id="late",
                                 event="7.7.7",
                                 recorded="2026-01-01T00:00:00Z"))
    leima("import", "L", "late.jsonl").expect(0)
    ask(0, "d", 300)


def test_segment():
    redeem_ledger()
    for line in ({"kind": "purchase", "member": 5, "receipt": "1",
                  "total": 5000, "lines": [{"amount": 5000, "sku": "S",
                                            "category": "garden.tools"}]},
                 {"kind": "purchase", "bearer": "B", "receipt": "2",
                  "total": 100},
                 {"kind": "consent", "member": 5, "channel": "email",
                  "granted": True}):
        leima("append", "L", given=json.dumps(line)).expect(0)

    def ask(text):
        return leima("segment", "L", text).expect(0).out.split()

    for text, wanted in (("bought=garden", ["5"]), ("bought=gard", []),
                         ("sku=S", ["5"]), ("spend=0.01..49.99", ["bearer:B"]),
                         ("spend=50", ["5"]), ("purchases=1..", ["5", "bearer:B"]),
                         ("!consent=email", ["bearer:B"]),
                         ("consent=email,!bought=garden|points=..0",
                          ["bearer:B"]),
                         ("stores=1,(sku=S|sku=T)", ["5"]),
                         ("inactive_days=1..", [])):
        equal(text, ask(text), wanted)
    for text, word in (("tier=gold", "level"), ("colour=red", "tier"),
                       ("spend=", "range"), ("sku=S,", "end"),
                       ("(sku=S", "parenthesis"), ("sku=S)", "comma"),
                       ("purchases=9..5", "range")):
        refused(2, "segment", "L", text, says=[word])
    grants = leima("segment", "L", "sku=S", "--grant", "tea", "--reason",
                   "may").expect(0)
    equal("grant", grants.json(), {"kind": "grant", "member": 5,
                                   "reward": "tea", "reason": "may",
                                   "id": "may:5"})
    leima("append", "L", given=grants.out).expect(0)
    equal("voucher", ask("reward=tea"), ["5"])


def test_a_name_that_the_rules_do_not_have_is_guessed():
    """Of a segment's words; or all that there are, if none is near."""
    leima("init", "L").expect(0)
    leima("generate", "L", "--members", 1, "--months", 1).expect(0)
    for expression, said in (
            ("tier=gld", '"gld"; did you mean "gold"?'),
            ("tier=gld,points=1..", 'found "gld"; did you mean "gold"?'),
            ("tier=platinum", '"platinum"; the rules have basic, gold, silver'),
            ("stamps=coffe:1..", '"coffe:1.."; did you mean "coffee"?'),
            ("reward=freecoffee", 'did you mean "free_coffee"?'),
            ("partners=caffe", 'did you mean "cafe"?'),
            ("stores=turk", 'did you mean "turku"?'),
            ("stores=xyzzy", "; the rules have turku"),
            ("pass=xyzzy", "; the rules have wash10")):
        refused(2, "segment", "L", expression, says=[said])
    refused(2, "report", "L", "--by", "store", "--segment", "tier=gld",
            says=['did you mean "gold"?'])


def test_what_finds_nothing_says_so():
    """And when something happened; no table alone, and no silence."""
    ledger()
    for words, said in (
            ("segment L member=yes,consent=emial", "holds for no account\n"),
            ("report L --by store --from 2030-01-01", "nothing happened in"),
            ("report L --by store --segment purchases=100000..",
             "those accounts did nothing in"),
            ("rfm L --at 2020-01-01", "nobody had bought anything by then"),
            ("accounts L --at 2020-01-01", "no account had an event by then"),
            ("liability L --through 2020-01", "no points up to that month")):
        done = leima(*words.split()).expect(0)
        assert len(done.err.splitlines()) == 1 and said in done.err, done.err
        assert words.startswith("segment") or done.err.endswith(
            "; the ledger's events are of 2025-01\n"), done.err
        equal("words of --json", leima(*words.split(), "--json").expect(0).err,
              done.err)
    leima("init", "M").expect(0)
    leima("import", "M", EVENTS).expect(0)
    ruleless = leima("rfm", "M").expect(0).err
    assert "no rules have been published" in ruleless, ruleless
    for words in ("segment L member=yes", "report L --by store", "rfm L",
                  "liability L --through 2025-01"):
        equal(words, leima(*words.split()).expect(0).err, "")


def test_rfm():
    redeem_ledger()
    for member, count, total in ((1, 1, 100), (2, 2, 100), (3, 2, 300),
                                 (4, 4, 100), (6, 5, 900)):
        for n in range(count):
            leima("append", "L", given=json.dumps(
                {"kind": "purchase", "member": member, "total": total,
                 "receipt": f"{member}-{n}",
                 "at": f"2025-0{n + 1}-1{member}T10:00:00Z"})).expect(0)
    found = leima("rfm", "L", "--at", "2025-06-01", "--json").expect(0).json()
    rows = {row["account"]: (row["frequency"], row["monetary"], row["r"],
                             row["f"], row["m"])
            for row in found["accounts"]}
    equal("scores", rows, {"1": (1, 100, 1, 1, 1), "2": (2, 200, 2, 2, 2),
                           "3": (2, 600, 3, 2, 4), "4": (4, 400, 4, 4, 3),
                           "6": (5, 4500, 5, 5, 5)})
    equal("cells", sum(cell["accounts"] for cell in found["cells"]), 5)
    found = leima("rfm", "L", "--at", "2025-06-01", "--window", "2",
                  "--monetary", "average", "--json").expect(0).json()
    rows = {row["account"]: (row["frequency"], row["monetary"])
            for row in found["accounts"]}
    equal("window", rows, {"1": (0, 0), "2": (0, 0), "3": (0, 0),
                           "4": (0, 0), "6": (1, 900)})


def test_report_agrees_with_settlement():
    leima("init", "L", "--node", "10").expect(0)
    leima("generate", "L", "--members", "100", "--months", "4").expect(0)

    def ask(by, *words):
        return leima("report", "L", "--by", by, "--from", "2024-03-01",
                     "--to", "2024-03-31", *words,
                     "--json").expect(0).json()["rows"]

    settled = leima("settle", "L", "--period", "2024-03", "--format",
                    "json").expect(0).json()["partners"]
    reported = {row["partner"]: row for row in ask("partner")}
    names = ("issued", "redeemed", "purchases", "sales", "refunds",
             "vouchers_issued", "vouchers_redeemed", "vouchers_value",
             "uncovered")
    for part in settled:
        for name in names:
            equal(f"{part['partner']} {name}", reported[part["partner"]][name],
                  part[name])
    for by in ("store", "day", "month", "cashier", "category", "sku"):
        rows = ask(by)
        if by == "category":  # a part counts in the whole, too
            rows = [row for row in rows if "." not in (row[by] or "")]
        for name in ("sales", "refunds"):
            equal(f"{name} by {by}", sum(row[name] for row in rows),
                  sum(row[name] for row in reported.values()))
    assert sum(row["keyed"] for row in ask("store")) > 0
    most = ask("month")[0]["active_members"]
    some = ask("month", "--segment", "purchases=5..")[0]["active_members"]
    assert 0 < some < most, (some, most)
    refused(2, "report", "L", "--by", "colour", says=["category"])


def test_export():
    ledger()
    lines = leima("export", "L", "--after", "3").expect(0).lines()
    equal("after", [line["receipt"] for line in lines], ["C", "D", "E"])
    equal("none", leima("export", "L", "--account", "43").expect(0).out, "")
    table = leima("export", "L", "--format", "csv").expect(0).out.splitlines()
    equal("rows", len(table), 6)
    assert table[1].startswith("2,110.1.1,purchase,")
    refused(2, "export", "L", "--format", "xml", says=["xml", "csv"])
    refused(2, "export", "L", "--format", "csv", "--json", says=["--json"])
    equal("all read", leima("export", "L", "--after", "6").expect(0).out, "")
    refused(1, "export", "L", "--after", "7", says=["7 is not", "one is 6"])
    before = leima("export", "L").out
    other = '{"kind": "join", "member": 44, "at": "2026-04-01T09:00:00Z"}'
    leima("append", "L", given=other).expect(0)
    one = leima("export", "L", "--account", "42").expect(0)
    equal("of one", one.out, before)
    assert one.err.endswith("up to position 7\n"), one.err
    equal("of one, after", leima("export", "L", "--account", "42", "--after",
                                 "3").lines(), lines)
    equal("of the other", leima("export", "L", "--account", "44").out,
          leima("export", "L", "--after", "6").out)


def test_an_export_that_nobody_reads_holds_nothing_up():
    """Left open in a pager overnight, while the journal goes on."""
    leima("init", "L").expect(0)
    leima("append", "L", given="".join(
        f'{{"kind": "stamp", "member": {i + 1}, "card": "{"c" * 32}"}}\n'
        for i in range(20000))).expect(0)
    pager = subprocess.Popen([LEIMA, "export", "L"], stdout=subprocess.PIPE)
    try:
        first = json.loads(pager.stdout.readline())
        before = os.path.getsize("L/journal/data.mdb")
        leima("append", "L", "--stream", given="".join(
            f'{{"kind": "stamp", "member": {i + 1}, "card": "later"}}\n'
            for i in range(400))).expect(0)
        grown = os.path.getsize("L/journal/data.mdb") - before
        assert grown < 2 << 20, grown
        told = [first] + [json.loads(line) for line in pager.stdout]
        equal("members", [each["member"] for each in told],
              list(range(1, 20001)))
        equal("its status", pager.wait(), 0)
    finally:
        pager.kill()
        pager.stdout.close()


def test_export_follows():
    ledger()
    follow = subprocess.Popen([LEIMA, "export", "L", "--after", "6",
                               "--follow"], stdout=subprocess.PIPE)
    try:
        leima("append", "L", given='{"kind": "join", "member": 8}').expect(0)
        equal("followed", json.loads(follow.stdout.readline())["member"], 8)
    finally:
        follow.kill()
        follow.wait()
        follow.stdout.close()


def test_rules():
    ledger()
    with open("bad.yaml", "w") as file:
        file.write("program: X\ncurrency: EUR\ntimezone: Europe/Helsinki\n"
                   "earn:\n  - {id: base, per: 0, points: 1, wen: {}}\n")
    done = leima("rules", "check", "bad.yaml").expect(1)
    for word in ("bad.yaml:5:", '"wen"', "per", "^"):
        assert word in done.err, done.err
    found = leima("rules", "check", "bad.yaml", "--json").expect(1).json()
    assert len(found["mistakes"]) >= 2
    equal("line", found["mistakes"][0]["line"], 5)
    leima("rules", "publish", "L", "bad.yaml", "--from",
          "2025-01-01").expect(1)
    refused(2, "rules", "publish", "L", PROGRAM, says=["--from"])
    equal("versions", len(leima("rules", "list", "L", "--json").lines()), 1)
    with open(PROGRAM) as file:
        equal("file", leima("rules", "show", "L").expect(0).out, file.read())
    with open(PROGRAM) as file, open("sek.yaml", "w") as other:
        other.write(file.read().replace("currency: EUR", "currency: SEK"))
    leima("rules", "check", "sek.yaml").expect(0)
    for words in (["check", "sek.yaml", "--ledger", "L"],
                  ["publish", "L", "sek.yaml", "--from", "2027-01-01"]):
        done = leima("rules", *words).expect(1)
        assert "currency SEK: expected EUR" in done.err and not done.out
    found = leima("rules", "check", "sek.yaml", "--ledger", "L", "--json")
    equal("mistakes", found.expect(1).json()["mistake_count"], 1)
    with open("bent.yaml", "w") as file:
        file.write("program: x\nnot: 1\n")
    found = leima("rules", "check", "bent.yaml", "--json").expect(1).json()
    equal("tests", found["tests"], None)     # were not run
    with open("wide.yaml", "w", encoding="utf-8") as file:
        file.write('{program: "日本é e\u0301 \U0001f600", not: 1}\n')
    said = leima("rules", "check", "wide.yaml").expect(1).err.split(
        'unknown key "not" in the program\n')
    line, below = said[1].splitlines()[:2]
    before = line[:line.index("not")]        # three of them are two wide
    equal("caret", len(below), len(before) + 3 - 1 + 1)
    said = leima("rules", "publish", "L", PROGRAM, "--from", "2027-01-01",
                 "--json").expect(0).json()
    equal("published", said, leima("rules", "list", "L", "--json").lines()[1])
    said = said["event"]
    for name, number in (("1", 1), ("2", 2), (said, 2)):
        found = leima("rules", "show", "L", name, "--json").expect(0).json()
        equal(name, found["version"], number)
    for name in ("1abc", "1.0", "+1", "3", said + "0"):
        refused(1, "rules", "show", "L", name, says=[name, "1 to 2"])
    with open(PROGRAM) as file, open("other.yaml", "w") as other:
        other.write(file.read().replace("multiply: 2", "multiply: 3", 1))
    changes = leima("rules", "diff", "L", "other.yaml", "--json").expect(0)
    lines = leima("rules", "diff", "L", "other.yaml").expect(0).out
    equal("changes", "".join(f"{each['path']}: {each['change']}\n" for each in
                             changes.json()["changes"]), lines)
    assert "multiply 2 -> 3" in lines, lines
    same = leima("rules", "diff", "L", PROGRAM, "--json").expect(0)
    equal("no difference", same.json(), {"changes": []})


def test_tests_of_a_program():
    path = os.path.join(TREE, "tests", "programs", "kahvila.yaml")
    equal("tests", leima("rules", "check", path, "--json").expect(0).json(),
          {"file": path, "tests": 6, "mistake_count": 0, "mistakes": []})
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for old, new, words in (
            ("debt: 60", "debt: 61", ("debt 61", "found 60", "ask leaves")),
            ("multiply: 2}", "multiply: 3}", ("available 30", "found 40"))):
        assert text.count(old) == 1, old
        with open("bent.yaml", "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
        done = leima("rules", "check", "bent.yaml").expect(1)
        for word in words + ("bent.yaml:",):
            assert word in done.err, done.err


def test_pipes_are_plain():
    ledger()
    for words in (("explain", "L", "42"), ("history", "L", "42"),
                  ("status", "L"), ("balance", "L", "42"),
                  ("rules", "list", "L")):
        done = leima(*words).expect(0)
        assert "\033" not in done.out + done.err, words
        assert "\t" in done.out, words


def on_terminal(words, env, columns=None):
    """What a terminal is shown, of so many columns."""
    master, slave = pty.openpty()
    if columns:
        termios.tcsetwinsize(slave, (24, columns))
    done = subprocess.Popen([LEIMA, *words], stdout=slave, stderr=slave,
                            env={**os.environ, **env})
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(master)
    done.wait()
    return shown.decode()


def test_a_terminal_shows_how_far_it_has_come():
    """verify, backup and restore of a great ledger take minutes."""
    ledger()
    begun = {
        "verify": ["records read: 0 of ", "index entries read: 0 of ",
                   "events folded, points accounted for: 0 of "],
        "verify --digest": ["events folded: 0 of "],
        "backup": ["the journal is copied\033", "records read: 0 of ",
                   "the copy's history is built\033", "events folded: 0 of "],
        "restore": ["the journal is copied\033", "records read: 0 of "],
    }
    for words, line, last in (
            ("verify L", "verify", "sound, 0 notes\r\n"),
            ("verify L --digest", "verify --digest", None),
            ("backup L B", "backup", None), ("restore R B", "restore", None)):
        shown = on_terminal(words.split(), {})
        at = 0
        for part in begun[line]:
            at = shown.find("\r" + part, at)
            assert at >= 0, (part, shown)
        pieces = shown.split("\033[K")
        assert re.search(r" of [0-9,]+ \([0-9]+ %\)$", pieces[-3]), pieces
        assert pieces[-2] == "\r", pieces  # the line is gone ...
        assert "\r" not in pieces[-1][:-2], pieces  # ... before the answer
        assert last in (None, pieces[-1]), pieces
    # To a program, or where nobody looks, nothing is shown.
    for words in ("verify L", "verify L --digest", "backup L C",
                  "restore S C"):
        equal(words, leima(*words.split()).expect(0).err, "")
    for words in ("verify L --json", "verify L --digest --json",
                  "backup L D --json", "restore T D --json"):
        shown = on_terminal(words.split(), {})
        assert "\033" not in shown and shown.startswith("{"), shown
        equal("lines", shown.count("\r"), shown.count("\n"))


def test_progress_stands_in_no_finding():
    """What is found is told on lines of its own."""
    ledger()
    damage("L/journal/data.mdb")
    shown = on_terminal(("verify", "L"), {})
    assert "\033[K\r\033[Kdamage: journal: position " in shown, shown


def test_terminal_and_no_color():
    ledger()
    words = ("explain", "L", "42")
    env = {"TERM": "xterm-256color", "NO_COLOR": ""}
    assert "\033[" in on_terminal(words, env)
    plain = on_terminal(words, {**env, "NO_COLOR": "1"})
    assert "\033[" not in plain and "coffee3" in plain


def side_by_side(shown, keys):
    """The rows of tables that stand one below the other, as one table."""
    rows = None
    for block in shown.replace("\r", "").split("\n\n"):
        cells = [line.split() for line in block.splitlines()]
        if rows is None:
            rows = cells
            continue
        assert [row[:keys] for row in rows] == [row[:keys] for row in cells]
        rows = [row + more[keys:] for row, more in zip(rows, cells)]
    return rows


def test_a_narrow_terminal_gets_a_wide_table_in_parts():
    """No line is broken, nothing is left out, each part says whose it is."""
    ledger()
    env = {"TERM": "dumb", "NO_COLOR": "1"}
    for by in ("store", "month", "partner"):
        words = ("report", "L", "--by", by)
        whole = [line.split("\t")
                 for line in leima(*words).expect(0).out.splitlines()]
        for columns in (20, 80, 120, 400):
            shown = on_terminal(words, env, columns)
            assert ("\n\r\n" in shown) == (columns < 400), (by, columns)
            assert side_by_side(shown, 1) == whole, (by, columns)
            widest = max(len(line.rstrip()) for line in shown.splitlines())
            assert columns < 80 or widest <= columns, (by, columns, widest)

    shown = on_terminal(("settle", "L", "--period", "2025-01"), env, 60)
    assert max(map(len, shown.splitlines())) <= 60, shown
    for part in shown.replace("\r", "").split("\n\n")[:2]:
        assert "PARTNER STORE" in part and "market" in part, shown


def test_what_an_account_has_fits_a_narrow_terminal():
    """Where the rules of an event do not fit, each has a line of its own."""
    ledger()
    env = {"TERM": "dumb", "NO_COLOR": "1"}
    for command, keys in (("explain", "at kind"),
                          ("history", "at store kind receipt line")):
        words = (command, "L", "42")
        plain = leima(*words).expect(0).out
        for columns in (70, 400):
            shown = on_terminal(words, env, columns).replace("\r", "")
            widest = max(map(len, shown.splitlines()))
            assert widest <= columns, (command, columns, widest)
            parts = shown.split("\n\n")
            assert (len(parts) > 1) == (columns < 400), (columns, shown)
            for part in parts:
                assert part.split("\n")[0].split()[:len(keys.split())] == \
                    keys.split(), part
            assert set(plain.split()) <= set(shown.split()), (columns, shown)
    assert ", " in leima("explain", "L", "42").expect(0).out
    assert ", " not in on_terminal(("explain", "L", "42"), env, 70)


def test_closed_pipe():
    ledger()
    done = subprocess.run(f"'{LEIMA}' export L 2>/dev/null | true", shell=True)
    equal("status", done.returncode, 0)


def test_full_output():
    ledger()
    for words in (["accounts", "L"], ["report", "L", "--by", "day"],
                  ["settle", "L", "--period", "2025-01", "--json"],
                  ["export", "L"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([LEIMA, *words], stdout=full,
                                  stderr=subprocess.PIPE)
        equal("status", done.returncode, 4)
        equal("told", done.stderr.decode().split(";")[0].strip(),
              "leima: standard output can't be written: "
              "No space left on device")
    with open("/dev/full", "w") as full:
        done = subprocess.run([LEIMA, "append", "L"], stdout=full,
                              stderr=subprocess.PIPE,
                              input=b'{"kind": "join", "member": 8}')
    equal("status", done.returncode, 4)
    assert b"only the answer is lost" in done.stderr, done.stderr
    leima("balance", "L", 8).expect(0)


def test_standard_input_that_can_not_be_read():
    leima("init", "L").expect(0)
    with open("map.yaml", "w") as file:
        file.write('kind: stamp\nevent: {member: "{m}", card: lunch}\n')
    for words in ("append L", "append L --stream", "import L -",
                  "import L - --map map.yaml", "rules check -"):
        for given, status, said in (
                ("<&-", 4, "Bad file descriptor"),
                ("</", 1, "a directory; expected a file")):
            done = subprocess.run(["sh", "-c", f"'{LEIMA}' {words} {given}"],
                                  stderr=subprocess.PIPE)
            equal(f"{words} {given}: status", done.returncode, status)
            name = " ".join(words.split()[:1 + words.startswith("rules")])
            equal("told", done.stderr.decode().splitlines()[0],
                  f"leima {name}: standard input: {said}")


def test_closed_output():
    """What is opened next must not take the number of what is closed: what is
    printed would go into the ledger's lock file."""
    ledger()
    with open("L/journal/lock.mdb", "rb") as file:
        before = len(file.read())
    for words in ("export L", "accounts L", "export L --format csv",
                  "settle L --period 2025-01 --json",
                  "settle L --period 2025-01 --format csv"):
        done = subprocess.run(["sh", "-c", f"'{LEIMA}' {words} >&-"],
                              stderr=subprocess.PIPE)
        equal(f"{words}: status", done.returncode, 4)
        equal("told", done.stderr.decode().split(";")[0].strip(),
              "leima: standard output can't be written: Bad file descriptor")
        with open("L/journal/lock.mdb", "rb") as file:
            equal("lock file", len(file.read()), before)
    for closed, status in (("2>&-", 1), ("<&- 2>&-", 1), ("<&- >&- 2>&-", 1)):
        done = subprocess.run(
            ["sh", "-c", f"'{LEIMA}' balance L 7777777 {closed}"])
        equal(f"{closed}: status", done.returncode, status)
    leima("append", "L", given='{"kind": "join", "member": 8}').expect(0)
    leima("verify", "L").expect(0)


def test_member_new():
    leima("init", "L", "--node", "3").expect(0)
    first = int(leima("member", "new", "L").expect(0).out)
    second = leima("member", "new", "L", "--json").expect(0).json()["member"]
    equal("next", second, first + 1)
    equal("node", first >> 22, 3)


def test_generate_is_repeatable():
    words = ("generate", "--output", "-", "--members", "20", "--months", "3")
    once = leima(*words, "--seed", "5").expect(0).out
    equal("same", leima(*words, "--seed", "5").expect(0).out, once)
    assert leima(*words, "--seed", "6").expect(0).out != once
    leima("generate", "--rules", "p.yaml").expect(0)
    leima("rules", "check", "p.yaml").expect(0)
    leima("init", "L").expect(0)
    leima("generate", "L", *words[3:], "--seed", "5").expect(0)
    leima("generate", "L", *words[3:], "--seed", "5").expect(0)
    refused(1, "generate", "L", *words[3:], "--seed", "6",
            says=["conflict", "another history", "a new ledger"])


if __name__ == "__main__":
    main(globals())
