#!/usr/bin/env python3
"""test_settle.py - settlement as finance uses it: closes, adjustments, every
form equal to the cent, signatures, disputes, liability

Random histories (history.py) are settled with events held back over closes;
what the statements come to is compared with a ledger that knew everything
from the start.

    tests/test_settle.py [WORD...]
"""
import csv
import datetime
import gzip
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import zipfile
import zoneinfo
import xml.etree.ElementTree as ElementTree
from decimal import Decimal

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from history import FIRST, MONTHS, SECOND, History, lines_of  # noqa: E402
from leima import LEIMA, TREE, Skip, leima, main, shared  # noqa: E402

MONEY = ("issue_cost", "redeem_credit", "voucher_credit", "net")


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def publish(ledger, text, day):
    write("program.yaml", text)
    leima("rules", "publish", ledger, "program.yaml", "--from",
          day).expect(0)


def load(ledger, events):
    if events:
        leima("import", ledger, "-", given=lines_of(events)).expect(0)


def new_ledger(ledger):
    leima("init", ledger, "--node", "1", "--incarnation", "1").expect(0)
    publish(ledger, FIRST, "2000-01-01")


def statement(ledger, period):
    return leima("settle", ledger, "--period", period,
                 "--format", "json").expect(0).json()


def close(ledger, period):
    return leima("settle", ledger, "--period", period, "--close",
                 "--json").expect(0).json()


def check_zero(data):
    """Partners and program come to nothing, stores to their partner."""
    nets = sum(p["net"] for p in data["partners"])
    assert nets + data["program"]["net"] == 0
    for p in data["partners"]:
        adjusted = sum(a["net"] for a in p["adjustments"])
        assert p["net"] == (p["redeem_credit"] + p["voucher_credit"]
                            - p["issue_cost"] + adjusted)
        for key in MONEY[:3]:
            assert p[key] == sum(s[key] for s in p["stores"]), (p, key)


def add_settled(sums, data):
    for p in data["partners"]:
        for one in [{**p, "period": data["period"]}] + p["adjustments"]:
            place = sums.setdefault((p["partner"], one["period"]), [0, 0, 0])
            for i, key in enumerate(MONEY[:3]):
                place[i] += one[key]


def without_zeros(sums):
    return {key: value for key, value in sums.items() if any(value)}


# --- closing ---

def earliest(events):
    return min(e["at"] for e in events)[:7]


def settle_in_parts(seed, ledger):
    """Random parts of a history arrive between closes, and rules that hold
    from a date long past; all is closed when all has arrived."""
    chance = random.Random(seed)
    events = History(seed).events
    order = sorted(events, key=lambda e: (
        int(e["at"][5:7]) + chance.choice([0, 0, 0, 1, 2, 5]),
        chance.random()))
    new_ledger(ledger)
    sums, published = {}, False
    next_month = None
    while order or next_month not in (None, MONTHS[-1]):
        take = chance.randint(0, len(order)) if chance.random() < 0.7 else 0
        load(ledger, order[:take])
        order = order[take:]
        if not published and chance.random() < 0.3:
            publish(ledger, SECOND, "2025-02-10")
            published = True
        if next_month is None:
            if len(order) == len(events):
                continue
            next_month = earliest(
                [e for e in events if e not in order])
        if not order and not published:
            publish(ledger, SECOND, "2025-02-10")
            published = True
        if order and next_month == "2025-07":
            load(ledger, order)
            order = []
        data = close(ledger, next_month)
        check_zero(data)
        add_settled(sums, data)
        next_month = f"2025-{int(next_month[5:]) + 1:02}"
    return events, sums


def settle_at_once(events, ledger):
    new_ledger(ledger)
    publish(ledger, SECOND, "2025-02-10")
    load(ledger, events)
    sums = {}
    for month in MONTHS[:-1]:
        if month >= earliest(events):
            data = close(ledger, month)
            check_zero(data)
            assert all(not p["adjustments"] for p in data["partners"]), month
            add_settled(sums, data)
    return sums


def check_history(seed):
    events, parts = settle_in_parts(seed, "parts")
    whole = settle_at_once(events, "whole")
    found, wanted = without_zeros(parts), without_zeros(whole)
    wrong = [(key, found.get(key), wanted.get(key))
             for key in sorted(set(found) | set(wanted))
             if found.get(key) != wanted.get(key)]
    assert not wrong, f"seed {seed}: {wrong}"
    open_one = statement("parts", MONTHS[-1])
    assert all(not p["adjustments"] for p in open_one["partners"])
    for ledger in ("parts", "whole"):
        leima("verify", ledger).expect(0)
        shutil.rmtree(ledger)


def test_sum_over_statements_is_what_was_always_known():
    for seed in range(int(os.environ.get("SEEDS", "6"))):
        check_history(seed)


def small():
    """January and February closed with events held back, March open."""
    events = History(7, count=90).events
    new_ledger("L")
    held = [e for i, e in enumerate(events) if i % 5 == 2]
    rest = [e for i, e in enumerate(events) if i % 5 != 2]
    load("L", [e for e in rest if e["at"] < "2025-02-20"])
    close("L", "2025-01")
    load("L", [e for e in rest if e["at"] >= "2025-02-20"])
    load("L", held[::2])
    close("L", "2025-02")
    load("L", held[1::2])
    return events


def test_closing_in_order_never_early_never_twice():
    new_ledger("L")
    load("L", History(3).events)
    refused = leima("settle", "L", "--period", "2025-02", "--close")
    assert "the next one is 2025-01" in refused.expect(1).err
    for words in ((), ("--close",)):
        early = leima("settle", "L", "--through", "2020-01", *words).expect(1)
        assert "2020-01 is before the first month of the ledger, 2025-01" in \
            early.err, early.err
    # A month that has not ended is mistyped, and closes none before it.
    early = leima("settle", "L", "--close", "--through", "2099-01").expect(1)
    assert "2099-01 has not ended yet" in early.err, early.err
    assert not statement("L", "2025-01")["closed"]
    close("L", "2025-01")
    before = leima("settle", "L", "--period", "2024-12", "--close").expect(1)
    assert "adjustment in 2025-02, the next" in before.err, before.err
    again = leima("settle", "L", "--period", "2025-01", "--close").expect(1)
    assert "closed already" in again.err
    leima("settle", "L", "--close", "--through", "2025-04", "--json").expect(0)
    none = leima("settle", "L", "--close", "--through", "2025-04").expect(1)
    assert "up to 2025-04 is left" in none.err and "is 2025-05" in none.err
    early = leima("settle", "L", "--close", "--through", "2099-01").expect(1)
    assert "has not ended" in early.err


def test_what_is_asked_wrongly_closes_nothing():
    """A close is for ever, and status 1 or 2 says that nothing changed."""
    new_ledger("L")
    load("L", History(7, count=20).events)
    wrong = [(1, ["--partner", "kafe"], "market"),
             (1, ["--output", "none/o"], "none/o"),
             (2, ["--format", "pdf"], "hledger or html"),
             (2, ["--format", "csv", "--json"], "--format or --json"),
             (2, ["--format", "html", "--excel"], "--excel"),
             (2, ["--signed", "--format", "html", "--output", "o"], "JSON"),
             (2, ["--through", "2025-02", "--format", "xlsx"], "--output"),
             (2, ["--through", "2025-02", "--format", "html"], "--output"),
             (2, ["--signed"], "--output"), (2, ["--apart"], "--output")]
    for status, words, says in wrong:
        done = leima("settle", "L", "--period", "2025-01", "--close", *words)
        assert says in done.expect(status).err, (words, done.err)
        assert not statement("L", "2025-01")["closed"], words
    assert "--close" in leima("settle", "L", "--period", "2025-01",
                              "--force").expect(2).err
    for words in (["--period", "1999-12"], ["--through", "2200-01"]):
        assert "2000-01 to 2199-12" in leima(
            "settle", "L", "--close", *words).expect(2).err
    later = leima("settle", "L", "--period", "2025-03", "--close").expect(1)
    assert "the next one is 2025-01" in later.err


DEAR = """program: Dear
currency: EUR
timezone: Europe/Helsinki
partners:
  - {id: market, stores: [10-19], issue_price: 1000, redeem_price: 1000}
earn:
"""


def corrections(month, count, amount):
    return [{"kind": "adjust", "at": f"{month}-01T12:00:00Z", "store": 10,
             "member": i + 1, "points": amount, "reason": "slip", "by": "x"}
            for i in range(count)]


def test_what_is_too_large_for_a_statement_is_refused():
    """The dearest price, and as many points as rules can give."""
    leima("init", "L", "--node", "1").expect(0)
    publish("L", DEAR + "".join(f"  - {{id: r{i}, per: 0.01, points: 1000000}}"
                                "\n" for i in range(400)), "2000-01-01")
    load("L", [{"kind": "purchase", "at": "2025-01-02T12:00:00Z", "store": 10,
                "member": i, "receipt": str(i), "total": 100000}
               for i in range(1, 301)])
    load("L", corrections("2025-02", 1, 1))
    for words in ((), ("--close",), ("--format", "csv")):
        done = leima("settle", "L", "--period", "2025-01", *words).expect(1)
        assert "the statement of 2025-01 is too large: with issue_cost of " \
            "market in 2025-01 " in done.err and done.out == "", done.err
    assert statement("L", "2025-02")["program"]["net"] == 100000
    none = leima("settle", "explain", "L", "--period", "2025-01", "--partner",
                 "market", "--store", "11").expect(0)
    assert "nothing is behind that" in none.err, none.err
    leima("verify", "L").expect(0)


def test_the_books_are_closed_no_further_than_they_can_be_read():
    leima("init", "L", "--node", "1").expect(0)
    publish("L", DEAR[:-6], "2000-01-01")
    load("L", corrections("2025-01", 2000, 10**9))
    load("L", corrections("2025-02", 2000, 10**9))
    close("L", "2025-01")
    done = leima("settle", "L", "--period", "2025-02", "--close").expect(1)
    assert "2025-02 can't be closed: with it, all that was settled" in \
        done.err, done.err
    assert not statement("L", "2025-02")["closed"]
    load("L", corrections("2025-02", 2000, -10**9))
    close("L", "2025-02")
    leima("verify", "L").expect(0)


def test_a_partner_of_some_months_only():
    """Where it has no part nothing is written, and the others are."""
    new_ledger("L")
    load("L", History(7, count=20).events)
    publish("L", FIRST.replace("-roast", "latecomer"), "2025-02-01")
    alone = leima("settle", "L", "--period", "2025-01", "--partner",
                  "latecomer").expect(1)
    assert '"latecomer" has no part in 2025-01' in alone.err
    both = leima("settle", "L", "--period", "2025-01", "--through", "2025-02",
                 "--partner", "latecomer", "--format", "csv").expect(0)
    assert {row["period"] for row in csv.DictReader(io.StringIO(both.out))} \
        == {"2025-02"}
    closed = leima("settle", "L", "--period", "2025-01", "--close",
                   "--partner", "latecomer").expect(0)
    assert '"latecomer" has no part in 2025-01' in closed.err
    assert statement("L", "2025-01")["closed"]


def test_a_closed_statement_is_printed_byte_for_byte():
    events = History(5).events
    new_ledger("L")
    load("L", events[:30])
    close("L", "2025-01")
    before = leima("settle", "L", "--period", "2025-01", "--json").out
    publish("L", SECOND, "2025-01-05")
    load("L", events[30:])
    assert leima("settle", "L", "--period", "2025-01", "--json").out == before


def test_of_many_who_close_at_once_one_does():
    new_ledger("L")
    load("L", History(4).events)
    running = [subprocess.Popen([LEIMA, "settle", "L", "--period", "2025-01",
                                 "--close", "--json"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for _ in range(6)]
    said = [one.communicate() for one in running]
    done = [out for one, (out, _) in zip(running, said)
            if one.returncode == 0]
    assert len(done) == 1, [err for _, err in said]
    assert all(b"closed already" in err for one, (_, err) in
               zip(running, said) if one.returncode != 0)
    assert leima("settle", "L", "--period", "2025-01",
                 "--json").out.encode() == done[0]


def flip(path, place):
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


def test_verify_compares_kept_totals():
    """More than is worth a file; then a figure in it is made wrong."""
    new_ledger("L")
    leima("generate", "L", "--members", 300, "--months", 6).expect(0)
    first = statement("L", "2024-03")
    assert os.path.exists("L/totals/standing")
    leima("verify", "L").expect(0)
    assert statement("L", "2024-03")["partners"] == first["partners"]
    flip("L/totals/standing", 400)
    assert statement("L", "2024-03")["partners"] == first["partners"]
    flip("L/totals/standing", 400)
    found = leima("verify", "L").expect(3)
    assert "totals" in found.err + found.out
    leima("verify", "L").expect(0)


# --- forms ---

def cents(text):
    return int((Decimal(text) * 100).to_integral_exact())


def csv_rows(text, delimiter=",", decimal="."):
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    found = {(r["period"], r["partner"].lstrip("'"), r["store"], r["measure"],
              r["adjusts"]): (cents(r["value"].replace(decimal, "."))
                              if r["unit"] == "EUR" else int(r["value"]))
             for r in rows}
    assert len(found) == len(rows)
    return found


def json_rows(data):
    period, rows = data["period"], {}
    for p in data["partners"]:
        for holder, store in [(p, "")] + [(s, str(s["store"]))
                                          for s in p["stores"]]:
            for key, value in holder.items():
                if isinstance(value, int) and key != "store":
                    rows[period, p["partner"], store, key, ""] = value
        for a in p["adjustments"]:
            for key in MONEY:
                rows[period, p["partner"], "", "adjustment." + key,
                     a["period"]] = a[key]
    return rows


def test_csv_holds_every_figure():
    small()
    for period in MONTHS[:3]:
        wanted = json_rows(statement("L", period))
        plain = leima("settle", "L", "--period", period, "--format",
                      "csv").expect(0).out
        assert csv_rows(plain) == wanted
        excel = leima("settle", "L", "--period", period,
                      "--excel").expect(0).out
        assert excel.startswith("\ufeff") and ";'-roast;" in excel
        assert csv_rows(excel[1:], ";", ",") == wanted
    wanted = {}
    for period in MONTHS[:3]:
        wanted.update(json_rows(statement("L", period)))
    several = ["settle", "L", "--period", MONTHS[0], "--through", MONTHS[2]]
    assert csv_rows(leima(*several, "--format", "csv").expect(0).out) == wanted
    excel = leima(*several, "--excel").expect(0).out
    assert csv_rows(excel[1:], ";", ",") == wanted
    assert "\ufeff" not in excel[1:]


def test_the_table_has_all_that_makes_up_the_nets():
    small()
    for period in MONTHS[:3]:
        data = statement("L", period)
        lines = leima("settle", "L", "--period", period).expect(0).out
        rows = list(csv.DictReader(io.StringIO(
            lines.split("\n\n")[0].split("\n", 1)[1]), delimiter="\t"))
        assert rows[-1]["PARTNER"] == "program"
        assert cents(rows[-1]["NET"]) == data["program"]["net"]
        whole = [r for r in rows if r["STORE"] == "all"]
        assert [cents(r["NET"]) for r in whole] == [
            p["net"] for p in data["partners"]]
        assert ("ADJUSTS" in rows[0]) == any(
            p["adjustments"] for p in data["partners"])
        for r in whole:
            assert cents(r["NET"]) == (
                cents(r["POINTS CREDIT"]) + cents(r["VOUCHERS"])
                - cents(r["OWES"]) + cents(r.get("ADJUSTS", "0.00")))


def hledger(journal, *words):
    if shutil.which("hledger") is None:
        raise Skip("hledger is not installed")
    done = subprocess.run(["hledger", "-f", "-", *words],
                          input=journal.encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_hledger_accepts_the_journals():
    small()
    for period in MONTHS[:3]:
        data = statement("L", period)
        journal = leima("settle", "L", "--period", period, "--format",
                        "hledger").expect(0).out
        hledger(journal, "check", "--strict")
        rows = list(csv.reader(io.StringIO(
            hledger(journal, "balance", "-N", "-O", "csv"))))[1:]
        owed = {name: cents(amount.split()[0]) for name, amount in rows
                if name.startswith("partner:")}
        assert sum(cents(amount.split()[0]) for _, amount in rows) == 0
        assert owed == {"partner:" + p["partner"]: -p["net"]
                        for p in data["partners"] if p["net"] != 0}
        assert sum(owed.values()) == data["program"]["net"]


def test_all_periods_in_one_journal():
    small()
    journal = leima("settle", "L", "--through", "2025-03", "--format",
                    "hledger").expect(0).out
    hledger(journal, "check")
    nets = sum(statement("L", period)["program"]["net"]
               for period in MONTHS[:3])
    rows = csv.reader(io.StringIO(hledger(journal, "balance", "partner",
                                          "-N", "-O", "csv")))
    assert sum(cents(row[1].split()[0]) for row in list(rows)[1:]) == nets


SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cell_place(name):
    letters = re.match("[A-Z]+", name).group()
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(name[len(letters):]) - 1, column - 1


def read_xlsx(data):
    """Sheets by name: {(row, column): (value, formula)}, and links."""
    book = zipfile.ZipFile(io.BytesIO(data))
    names = [s.get("name") for s in ElementTree.fromstring(
        book.read("xl/workbook.xml")).iter(SHEET + "sheet")]
    sheets = {}
    for i, name in enumerate(names):
        root = ElementTree.fromstring(
            book.read(f"xl/worksheets/sheet{i + 1}.xml"))
        cells = {}
        for cell in root.iter(SHEET + "c"):
            value = cell.find(SHEET + "v")
            formula = cell.find(SHEET + "f")
            if cell.get("t") == "inlineStr":
                known = "".join(t.text or "" for t in cell.iter(SHEET + "t"))
            elif value is not None:
                known = float(value.text)
            else:
                continue
            cells[cell_place(cell.get("r"))] = (
                known, None if formula is None else formula.text)
        links = {cell_place(link.get("ref")): link.get("location")
                 for link in root.iter(SHEET + "hyperlink")}
        sheets[name] = (cells, links)
    return sheets


def table_of(cells, head):
    """Rows below the headings as dicts of values."""
    columns = {column: value for (row, column), (value, _) in cells.items()
               if row == head}
    rows = {}
    for (row, column), (value, _) in cells.items():
        if row > head and column in columns:
            rows.setdefault(row, {})[columns[column]] = value
    return [rows[row] for row in sorted(rows)]


def xlsx(period, *words):
    leima("settle", "L", "--period", period, "--format", "xlsx",
          "--output", "out", *words).expect(0)
    name = [n for n in os.listdir("out") if n.endswith(".xlsx")]
    assert len(name) == 1
    with open(os.path.join("out", name[0]), "rb") as file:
        data = file.read()
    shutil.rmtree("out")
    return read_xlsx(data)


def check_workbook(data, sheets):
    rows = {row["partner"]: row
            for row in table_of(sheets["Statement"][0], 4)}
    for p in data["partners"]:
        for key, value in p.items():
            if isinstance(value, int):
                found = rows[p["partner"]][key]
                assert round(found * 100) == value or found == value, key
    assert round(rows["program"]["net"] * 100) == data["program"]["net"]
    stores = table_of(sheets["Stores"][0], 0)
    assert {(r["partner"], r["store"]): round(r["net"] * 100)
            for r in stores if r["partner"] != "all"} == {
                (p["partner"], s["store"]): s["net"]
                for p in data["partners"] for s in p["stores"]}
    assert len(table_of(sheets["Adjustments"][0], 0)) - 1 == sum(
        len(p["adjustments"]) for p in data["partners"])


def test_workbooks_hold_numbers_formulas_and_links():
    small()
    for period in MONTHS[:3]:
        data = statement("L", period)
        check_workbook(data, xlsx(period))
    sheets = xlsx("2025-03")
    cells, links = sheets["Adjustments"]
    assert cells[1, 5][1].startswith("ROUND(")
    whole = sheets["Statement"][0]
    columns = {value: chr(65 + column) for (row, column), (value, _)
               in whole.items() if row == 4}
    net = ("ROUND({redeem_credit}6+{voucher_credit}6-{issue_cost}6"
           "+{adjustments}6,2)").format(**columns)
    assert whole[5, 6][1] == net, (whole[5, 6], net)
    last = max(row for row, _ in whole)
    total = f"-{columns['net']}{last}"
    assert whole[last, 6][1] == total, whole[last, 6]
    assert links, "adjustments link to their events"
    for place, target in links.items():
        sheet, cell = target.split("!")
        assert sheet == "Events"
        row = cell_place(cell)[0]
        events = sheets["Events"][0]
        assert events[row, 0][0] == cells[place[0], 0][0]
        assert events[row, 1][0] == cells[place[0], 1][0]
    with open("book.xlsx", "wb") as file:
        subprocess.run([LEIMA, "settle", "L", "--period", "2025-03",
                        "--format", "xlsx"], stdout=file, check=True)
    assert zipfile.is_zipfile("book.xlsx")


def test_a_workbook_that_can_not_be_made():
    """Each of its sheets has a file of its own until all is written."""
    leima("init", "L").expect(0)
    leima("generate", "L", "--members", "5", "--months", "1").expect(0)
    seen = set()
    for count in range(6, 40):
        done = subprocess.run(
            ["prlimit", f"--nofile={count}", LEIMA, "settle", "L", "--period",
             "2024-01", "--format", "xlsx"], capture_output=True)
        assert done.returncode in (0, 4), (count, done)
        seen.add(b": the workbook can't be made there" in done.stderr)
        if done.returncode == 0:
            break
    assert zipfile.is_zipfile(io.BytesIO(done.stdout)), count
    assert seen == {False, True}, seen


def memory_of(form):
    """KiB that a statement in this form takes at most."""
    with open("book", "wb") as file:
        child = subprocess.Popen([LEIMA, "settle", "L", "--period", "2025-03",
                                  "--format", form], stdout=file)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, child.returncode
    return used.ru_maxrss


def test_a_small_workbook_needs_little_memory():
    small()
    used = memory_of("xlsx")
    assert used < 512 * 1024, f"{used} KiB"


def test_a_long_workbook_needs_no_memory_for_its_rows():
    new_ledger("L")
    load("L", [{"kind": "purchase", "member": store, "store": store,
                "at": "2025-03-10T10:00:00Z", "receipt": "R", "total": 100}
               for store in range(1, 10001)])
    statement("L", "2025-03")
    json_used, used = memory_of("json"), memory_of("xlsx")
    assert used < json_used + 16 * 1024, f"{json_used}, {used} KiB"


def test_a_reader_that_goes_leaves_no_draft():
    small()
    os.mkdir("drafts")
    read, write = os.pipe()
    os.close(read)
    child = subprocess.Popen([LEIMA, "settle", "L", "--period", "2025-03",
                              "--format", "xlsx"], stdout=write,
                             env={**os.environ, "TMPDIR": "drafts"})
    os.close(write)
    assert child.wait() == -signal.SIGPIPE, child.returncode
    assert os.listdir("drafts") == [], os.listdir("drafts")


def test_events_of_adjustments_add_up_to_them():
    small()
    data, events = statement("L", "2025-03"), {}
    for row in table_of(xlsx("2025-03")["Events"][0], 0):
        key = row["partner"], row["month"]
        events[key] = events.get(key, 0) + row.get("money (exact)", 0) * (
            -1 if row["measure"] in ("issued", "reversed") else 1)
    for row in table_of(xlsx("2025-03")["Adjustments"][0], 0)[:-1]:
        exact = events[row["partner"], row["month"]]
        assert abs(exact - row["net"]) < 0.015 * 3
    assert any(p["adjustments"] for p in data["partners"])


def test_a_workbook_says_how_many_events_it_leaves_out():
    """2000 receipts come late; 52 brands gave points on each."""
    brands = range(52)
    new_ledger("L")
    publish("L", FIRST.split("partners:")[0] + "partners:\n" + "".join(
        f"  - {{id: b{i}, issue_price: 0.01, redeem_price: 0}}\n"
        for i in brands) + "earn:\n" + "".join(
        f"  - {{id: r{i}, points: 1, funder: b{i}}}\n" for i in brands),
        "2001-01-01")

    def sale(number):
        return {"kind": "purchase", "member": number % 100 + 1, "store": 10,
                "at": "2025-01-10T10:00:00Z", "receipt": f"R{number}",
                "total": 100}
    load("L", [sale(0)])
    close("L", "2025-01")
    load("L", [sale(number) for number in range(1, 2001)])
    leima("settle", "L", "--period", "2025-02", "--format", "xlsx",
          "--output", "out").expect(0)
    book = zipfile.ZipFile("out/settle-2025-02.xlsx")
    left = 2000 * len(brands) - 100000
    events = book.read("xl/worksheets/sheet5.xml").decode()
    assert f"and {left} rows more" in events
    assert '<row r="100002"' in events and '<row r="100003"' not in events
    adjustments = book.read("xl/worksheets/sheet4.xml").decode()
    assert "2000 rows" in adjustments
    assert adjustments.count("<hyperlink ") == 50


def in_html(text):
    return (text.replace("&#8239;", "").replace("&minus;", "-"))


def money_text(value):
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100}.{abs(value) % 100:02}"


def test_html_says_the_same_nets():
    small()
    for period in MONTHS[:3]:
        data = statement("L", period)
        page = in_html(leima("settle", "L", "--period", period, "--format",
                             "html").expect(0).out)
        assert page.count("<section>") == len(data["partners"]) + 1
        for p in data["partners"]:
            part = in_html(leima("settle", "L", "--period", period,
                                 "--partner", p["partner"], "--format",
                                 "html").expect(0).out)
            assert part.count("<section>") == 1
            assert f"<span>{money_text(abs(p['net']))}</span>" in part
            assert (f"<td>{p['partner']}</td>" not in part)
            for s in p["stores"]:
                assert re.search(f"<tr><td>{s['store']}</td>.*<td>"
                                 + re.escape(money_text(s["net"]))
                                 + "</td></tr>", part)
            others = {q["partner"] for q in data["partners"]} - {p["partner"]}
            said = part[part.index("<body>"):]
            assert not any(other in said for other in others)
            row = re.search(f"<tr><td>{p['partner']}</td>(.*)</tr>", page)
            assert row.group(1).endswith(
                f"<td>{money_text(p['net'])}</td>")


def test_html_is_dark_on_a_dark_screen_only():
    """What is printed is light; and no colour stands where none can change."""
    new_ledger("L")
    page = leima("settle", "L", "--period", "2025-01", "--format",
                 "html").expect(0).out
    style = page[page.index("<style>"):page.index("</style>")]
    light, dark = re.findall(r":root \{([^}]*)\}", style)
    assert "@media screen and (prefers-color-scheme: dark) { :root {" in style
    names = [re.findall("--[a-z]+(?=:)", one) for one in (light, dark)]
    assert names[0] == names[1] != [], names
    rest = style.replace(light, "").replace(dark, "")
    assert "#" not in rest and rest.count("var(--") > 8, rest


def test_html_of_a_month_without_a_figure():
    new_ledger("L")
    load("L", History(7, count=20).events)
    said = leima("settle", "L", "--period", "2031-01", "--format",
                 "html").expect(0).out
    assert "Nobody pays anything" in said and "pays you" not in said


def test_partners_have_names_for_people():
    """Those of the rules as they were known when the month was closed; the
    id stays beside it, and what has no name stands as its id."""
    first = FIRST.replace("{id: cafe,", "{id: cafe, name: Café <&> Söner,", 1)
    assert first != FIRST
    leima("init", "L", "--node", "1", "--incarnation", "1").expect(0)
    publish("L", first, "2000-01-01")
    load("L", History(7, count=90).events)
    data = close("L", "2025-01")
    publish("L", first.replace("Söner", "Döttrar"), "2025-01-02")

    def page(period, *words):
        return leima("settle", "L", "--period", period, "--format", "html",
                     *words).expect(0).out

    name = "Café &lt;&amp;&gt; Söner <span class=\"small\">cafe</span>"
    assert f"<h1>{name}</h1>" in page("2025-01", "--partner", "cafe")
    assert f"<td>{name}</td>" in page("2025-01")
    assert "<h1>market</h1>" in page("2025-01", "--partner", "market")
    assert "Döttrar" in page("2025-02") and "Söner" not in page("2025-02")
    sheets = xlsx("2025-01")
    for sheet, head in (("Statement", 4), ("Stores", 0)):
        for row in table_of(sheets[sheet][0], head):
            assert row.get("name") == {"cafe": "Café <&> Söner"}.get(
                row["partner"]), row
    check_workbook(data, sheets)


def test_a_partner_sees_nothing_of_the_others():
    small()
    leima("settle", "L", "--period", "2025-03", "--apart", "--output", "out",
          "--format", "json").expect(0)
    leima("settle", "L", "--period", "2025-03", "--apart", "--output", "out",
          "--format", "csv").expect(0)
    files = sorted(os.listdir("out"))
    assert len(files) == 8
    for name in files:
        with open(os.path.join("out", name), encoding="utf-8") as file:
            text = file.read()
        own = re.match(r"settle-2025-03-(.*)\.(json|csv)", name).group(1)
        for other in {"market", "cafe", "roast"} - {own.lstrip("-")}:
            assert other not in text, (name, other)
    sheets = xlsx("2025-03", "--partner", "cafe")
    assert "Clearing" not in sheets
    assert {row["partner"] for row in table_of(sheets["Events"][0], 0)} <= {
        "cafe"}


# --- signatures ---

def test_a_partner_checks_its_statement_without_a_ledger():
    small()
    leima("settle", "L", "--through", "2025-02", "--signed", "--output",
          "out").expect(0)
    write("hub.pub", leima("settle", "key", "L").expect(0).out)
    said = leima("settle", "key", "L", "--json").expect(0).json()
    assert said["key"] + "\n" == leima("settle", "key", "L").out, said
    write("hub.json", json.dumps(said))
    files = [n for n in os.listdir("out") if n.endswith(".json")]
    assert len(files) == 2 * 4 or len(files) == 2 * 5
    shutil.move("L", "gone")
    for name in files:
        path = os.path.join("out", name)
        leima("settle", "verify", path, "--key", "hub.pub").expect(0)
        with open(path, "rb") as file:
            data = file.read()
        with open(path, "wb") as file:
            file.write(data.replace(b'"issued": ', b'"issued": 1', 1))
        done = leima("settle", "verify", path, "--key", "hub.pub").expect(1)
        assert "it was changed" in done.err, done.err
        with open(path, "wb") as file:
            file.write(data)
        leima("settle", "verify", path, "--key", "hub.json").expect(0)
        done = leima("settle", "verify", path, "--key", "0" * 64).expect(1)
        assert f"not signed by this key, but by {said['key']}; " in done.err, \
            done.err
        os.rename(f"{path}.sig", "away")
        done = leima("settle", "verify", path, "--key", "hub.pub").expect(1)
        assert f"{path}.sig: No such file" in done.err and \
            "--signature SIG" in done.err, done.err
        leima("settle", "verify", path, "--key", "hub.pub", "--signature",
              "away").expect(0)
    refused = leima("settle", "gone", "--period", "2025-03", "--signed",
                    "--output", "out")
    assert "not closed" in refused.expect(1).err


def test_only_json_bears_a_seal():
    """Who has another form hears what to check in its place."""
    small()
    key = leima("settle", "key", "L").expect(0).out.strip()
    for form, words in (("xlsx", "a workbook"), ("csv", "not JSON"),
                        ("html", "not JSON"), ("hledger", "not JSON"),
                        ("table", "not JSON")):
        leima("settle", "L", "--period", "2025-01", "--format", form,
              "--output", form).expect(0)
        name, = os.listdir(form)
        done = leima("settle", "verify", f"{form}/{name}", "--key", key)
        assert f"{form}/{name}: {words}" in done.expect(1).err and \
            "check settle-PERIOD.json" in done.err, done.err
    # One that an editor has touched is JSON still, and was changed.
    leima("settle", "L", "--period", "2025-01", "--signed", "--output",
          "out").expect(0)
    path = "out/settle-2025-01.json"
    with open(path, "rb") as file:
        data = file.read()
    for start in (b"\xef\xbb\xbf", b"\n ", b""):
        with open(path, "wb") as file:
            file.write(start + data.rstrip() + b"\r\n")
        assert "it was changed" in leima(
            "settle", "verify", path, "--key", key).expect(1).err


# --- disputes ---

def explained(period, *words):
    return leima("settle", "explain", "L", "--period", period, "--json",
                 *words).expect(0).json()


def explained_rows(period, *words):
    table = leima("settle", "explain", "L", "--period", period,
                  *words).expect(0).out
    return list(csv.DictReader(io.StringIO(table), delimiter="\t"))


def half_away(micro):
    """Millionths as cents."""
    whole = Decimal(micro) * 100
    return int(whole.to_integral_value(rounding="ROUND_HALF_UP"))


def test_explained_events_add_up_to_the_figures():
    small()
    for period in MONTHS[:3]:
        for p in statement("L", period)["partners"]:
            sums = explained(period, "--partner", p["partner"])["sums"]
            for key in list(p)[1:22]:
                assert sums.get(key, 0) == p[key], (period, key)
            for key in MONEY[:3]:
                exact = explained(period, "--partner", p["partner"],
                                  "--measure", key)["money"]
                assert half_away(exact) == p[key], (period, key, exact)
            exact = explained(period, "--partner", p["partner"])["figures"]
            told = {row["MEASURE"]: row["MONEY"] for row in explained_rows(
                period, "--partner", p["partner"]) if row["ACCOUNT"] == "sum"}
            for key in MONEY[:3]:
                assert half_away(exact.get(key, "0")) == p[key], (period, key)
                assert told.get(key, "0") == exact.get(key, "0"), (period, key)
            for s in p["stores"]:
                own = explained(period, "--partner", p["partner"], "--store",
                                s["store"], "--measure", "issued")
                assert own["sums"].get("issued", 0) == s["issued"]


def test_where_nothing_happened_it_says_what_there_is():
    """An empty answer is mostly a mistyped question."""
    new_ledger("empty")
    done = leima("settle", "empty", "--period", "2025-01").expect(0)
    assert done.err.endswith("2025-01; the ledger holds no event yet\n"), \
        done.err
    last = max(event["at"] for event in small())[:7]
    span = f"events are of {MONTHS[0]} to {last}\n"
    for words in (["settle", "L", "--period", "2020-01"],
                  ["settle", "L", "--period", "2020-01", "--json"],
                  ["settle", "L", "--period", "2030-01", "--through",
                   "2030-03"],
                  ["settle", "explain", "L", "--period", "2020-01"],
                  ["settle", "explain", "L", "--period", "2020-01", "--store",
                   "1", "--json"]):
        done = leima(*words).expect(0)
        assert "nothing happened in 20" in done.err, done.err
        assert done.err.endswith(span) and len(done.err.splitlines()) == 1, \
            done.err
    known = statement("L", MONTHS[0])
    assert leima("settle", "L", "--period", MONTHS[0]).expect(0).err == ""
    stores = sorted({s["store"] for p in known["partners"]
                     for s in p["stores"]})
    for words, said in (
            (["--store", "9999"], "2025-01, store 9999; stores with figures: "
             + ", ".join(map(str, stores))),
            (["--store", "9999", "--partner", "debt", "--measure", "issued"],
             "partner debt, store 9999; partners with figures: "),
            (["--store", stores[0], "--measure", "expired"],
             f"store {stores[0]}; what there is: issued, ")):
        done = leima("settle", "explain", "L", "--period", MONTHS[0],
                     *words).expect(0)
        assert done.err.startswith("leima settle explain: nothing is behind "
                                   "that: "), done.err
        assert said in done.err and len(done.out.splitlines()) == 1, done.err
    for period, more in ((MONTHS[0], []), (MONTHS[1], ["--adjustment",
                                                       MONTHS[0]])):
        done = leima("settle", "explain", "L", "--period", period, "--store",
                     "9999", *more).expect(0)
        assert ("nothing came to count otherwise: " if more else
                "stores with figures: ") in done.err, done.err
    done = leima("settle", "explain", "L", "--period", MONTHS[0], "--measure",
                 "isued").expect(2)
    assert 'found "isued"; did you mean "issued"?' in done.err, done.err


def test_explained_clearing():
    small()
    for period in MONTHS[:3]:
        pairs = {}
        for row in explained(period, "--measure", "clearing")["rows"]:
            key = row["partner"], row["acceptor"]
            pairs[key] = pairs.get(key, 0) + row["amount"]
        told = {}
        for row in explained_rows(period, "--measure", "clearing"):
            key = row["PARTNER"], row["ACCEPTOR"]
            told[key] = told.get(key, 0) + int(row["AMOUNT"])
        told.pop(("", ""), None)  # the sum
        assert told == pairs
        assert {k: v for k, v in pairs.items() if v} == {
            (c["issuer"], c["acceptor"]): c["points"]
            for c in statement("L", period)["clearing"]}


def test_explained_adjustments():
    events = {e["event"] for e in small()}
    data = statement("L", "2025-03")
    for p in data["partners"]:
        for a in p["adjustments"]:
            rows = explained("2025-03", "--partner", p["partner"],
                             "--adjustment", a["period"], "--masked")["rows"]
            assert rows
            assert all(row["event"] is None or row["event"] in events
                       for row in rows)
            assert all(row["account"].startswith("***") for row in rows)
    refused = leima("settle", "explain", "L", "--period", "2025-01",
                    "--adjustment", "2024-12").expect(1)
    assert "no adjustments" in refused.err
    refused = leima("settle", "explain", "L", "--period", "2025-02",
                    "--adjustment", "2025-02").expect(2)
    assert "a month before --period" in refused.err
    refused = leima("settle", "explain", "L", "--period", "2025-02",
                    "--partner", "kafe").expect(1)
    assert "market" in refused.err


def test_a_past_adjustment_is_explained_by_two_pasts():
    """What the close knew and what the close before it knew: each with the
    rules that were published by then, though more are published since."""
    def bought(member):
        load("L", [{"kind": "purchase", "member": member, "store": 10,
                    "receipt": "R", "total": 10000,
                    "at": "2025-01-25T10:00:00Z"}])
    new_ledger("L")
    bought(1)
    close("L", "2025-01")
    publish("L", SECOND, "2025-01-01")
    bought(2)
    data = close("L", "2025-02")
    publish("L", FIRST, "2025-01-01")
    close("L", "2025-03")
    adjusted = {p["partner"]: p["adjustments"] for p in data["partners"]}
    # 75 cents by the rate, 175 by the receipt that came late.
    assert [a["issue_cost"] for a in adjusted["market"]] == [250]
    told = explained("2025-02", "--partner", "market", "--adjustment",
                     "2025-01")
    assert {row["account"]: row["money"] for row in told["rows"]
            if row["measure"] == "issued"} == {"1": "0.750000",
                                               "2": "1.750000"}, told
    assert told["figures"]["issue_cost"] == "2.500000"


# --- liability ---

def last_balances(ledger, at):
    rows = leima("accounts", ledger, "--at", at, "--json").expect(0).lines()
    return sum(row["balance"] + row["pending"] for row in rows)


def month_end(month):
    """The last millisecond of a month of 2025 in Helsinki."""
    after = datetime.datetime(2025, int(month[5:]) + 1, 1,
                              tzinfo=zoneinfo.ZoneInfo("Europe/Helsinki"))
    last = after.astimezone(datetime.timezone.utc) - datetime.timedelta(
        milliseconds=1)
    return last.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def net_clearing(pairs):
    """What redemptions took, net of what was given back, by issuer."""
    sums = {}
    for pair in pairs:
        sums[pair["issuer"]] = sums.get(pair["issuer"], 0) + pair["points"]
        if pair["acceptor"] == "debt":
            sums["debt"] = sums.get("debt", 0) - pair["points"]
    return nonzero(sums)


def nonzero(sums):
    return {key: value for key, value in sums.items() if value}


def check_liability(seed):
    """Liability, statements and accounts say the same, month by month."""
    ledger = f"N{seed}"
    new_ledger(ledger)
    publish(ledger, SECOND, f"2025-0{2 + seed % 4}-01")
    load(ledger, History(seed, count=120).events)
    data = leima("liability", ledger, "--through", MONTHS[-1],
                 "--json").expect(0).json()
    assert data["total"] == sum(d["points"] for d in data["outstanding"])
    closing = {}
    for month in MONTHS:
        told = [r for r in data["months"] if r["month"] == month]
        for row in told:
            assert row["opening"] == closing.get(row["partner"], 0), seed
            assert row["closing"] == (
                row["opening"] + row["issued"] - row["redeemed"]
                - row["expired"] - row["reversed"] + row["adjusted"]), seed
            closing[row["partner"]] = row["closing"]
        assert sum(closing.values()) == last_balances(
            ledger, month_end(month)), (seed, month)
        known = statement(ledger, month)
        said = known["partners"]
        assert {r["partner"]: r["expired"] for r in told if r["expired"]} == {
            p["partner"]: p["expired"] for p in said if p["expired"]}, seed
        assert nonzero({r["partner"]: r["redeemed"] for r in told}) \
            == net_clearing(known["clearing"]), (seed, month)
        assert sum(r["redeemed"] for r in told) == sum(
            p["redeemed"] - p["restored"] for p in said), (seed, month)
        assert sum(r["issued"] - r["reversed"] + r["adjusted"]
                   for r in told) == sum(
            p["issued"] - p["reversed"] for p in said), (seed, month)
    assert data["total"] == sum(closing.values())


def test_liability_ties_to_accounts_and_statements():
    for seed in range(int(os.environ.get("SEEDS", "6"))):
        check_liability(seed)


def test_several_months_to_the_eye_and_to_files():
    small()
    several = ["settle", "L", "--period", MONTHS[0], "--through", MONTHS[2]]
    said = leima(*several).expect(0)
    heads = [line for line in said.out.splitlines() if ", known " in line]
    assert [head[:7] for head in heads] == MONTHS[:3] and said.err == ""
    assert all("\n\n" + head in said.out for head in heads[1:])
    assert "out: 3 files written" in leima(
        *several, "--format", "html", "--output", "out").expect(0).err
    said = leima(*several[:-2], "--signed", "--output", "signed").expect(0)
    assert f"signed: {len(os.listdir('signed'))} files written" in said.err


def test_liability_as_a_table():
    """Each month's rows, and their sum where there are several."""
    small()
    words = ["liability", "L", "--through", "2025-03"]
    data = leima(*words, "--json").expect(0).json()
    table = leima(*words).expect(0).out.split("\n\n")[0]
    rows = list(csv.DictReader(io.StringIO(table), delimiter="\t"))
    for month in MONTHS[:3]:
        told = [r for r in data["months"] if r["month"] == month]
        shown = [r for r in rows if r["MONTH"] == month]
        assert [r["PARTNER"] for r in shown] == [
            r["partner"] for r in told] + ["all"] * (len(told) > 1)
        if len(told) > 1:
            for key in ("opening", "issued", "redeemed", "expired",
                        "reversed", "adjusted", "closing"):
                assert int(shown[-1][key.upper()]) == sum(
                    r[key] for r in told), (month, key)


def test_liability_as_csv():
    small()
    data = leima("liability", "L", "--through", "2025-03",
                 "--json").expect(0).json()
    rows = list(csv.DictReader(io.StringIO(leima(
        "liability", "L", "--through", "2025-03", "--format",
        "csv").expect(0).out)))
    assert sum(int(r["points"]) for r in rows
               if r["what"] == "expires") == data["total"]
    assert len(rows) == 7 * len(data["months"]) + len(data["outstanding"])
    excel = leima("liability", "L", "--through", "2025-03", "--excel").out
    assert excel.startswith("\ufeffwhat;month;")


# --- real histories ---

REAL = """program: Real
currency: %s
timezone: %s
partners:
  - {id: one, stores: [%s], issue_price: 0.010, redeem_price: 0.009}
  - {id: two, stores: [%s], issue_price: 0.0125, redeem_price: 0.008}
points: {expire_months: 2}
earn:
  - {id: base, per: 1.00, points: 1}
monthly_bonus: {steps: [{from: 50.00, percent: 1}]}
%s"""


def shipped(name):
    return os.path.join(TREE, "tools", "maps", name + ".yaml")


def exported(program, sources):
    """The events that the files come to, under identities of node 9."""
    write("real.yaml", program)
    leima("init", "S", "--node", "9", "--incarnation", "1").expect(0)
    leima("rules", "publish", "S", "real.yaml", "--from",
          "2000-01-01").expect(0)
    for path, name in sources:
        done = leima("import", "S", path, "--map", shipped(name))
        assert done.status in (0, 5), done.err[:300]
    return leima("export", "S").expect(0).lines()


def real_ledger(name):
    leima("init", name, "--node", "1", "--incarnation", "1").expect(0)
    leima("rules", "publish", name, "real.yaml", "--from",
          "2000-01-01").expect(0)


def close_all(ledger, months, sums):
    for month in months:
        data = close(ledger, month)
        check_zero(data)
        add_settled(sums, data)


def settle_real(events, months, held_months, is_held):
    """Month by month; what some stores have of two months comes a close
    later than it should."""
    first, second = held_months
    parts, whole = {}, {}
    real_ledger("parts")
    held = [e for e in events if is_held(e) and e["at"][:7] in held_months]
    known = {e["event"] for e in held}
    rest = [e for e in events if e["event"] not in known]
    assert held and rest
    load("parts", [e for e in rest if e["at"][:7] <= first])
    close_all("parts", [m for m in months if m <= first], parts)
    load("parts", [e for e in rest if e["at"][:7] > first])
    load("parts", [e for e in held if e["at"][:7] == first])
    close_all("parts", [second], parts)
    load("parts", [e for e in held if e["at"][:7] == second])
    close_all("parts", [m for m in months if m > second], parts)
    real_ledger("whole")
    load("whole", events)
    close_all("whole", months, whole)
    assert without_zeros(parts) == without_zeros(whole)
    after = months[months.index(second) + 1]
    for month in (second, after):
        assert any(p["adjustments"]
                   for p in statement("parts", month)["partners"])
    leima("verify", "parts").expect(0)
    return whole


def test_complete_journey_month_by_month():
    rewards = "rewards:\n" + "".join(
        f"  - {{id: campaign-{n}, value: 1.00}}\n" for n in range(1, 31))
    folder = shared("completejourney")
    sources = [(os.path.join(folder, file), "completejourney_" + name)
               for name, file in (
                   ("transactions", "transactions_20stores.csv"),
                   ("campaigns", "campaigns.csv"),
                   ("coupon_redemptions", "coupon_redemptions.csv"))]
    events = exported(REAL % ("USD", "America/New_York", "1-350", "351-99999",
                              rewards), sources)
    months = [m for m in ["2016-11", "2016-12"] + [
        f"2017-{n:02}" for n in range(1, 13)]
        if m >= min(e["at"] for e in events)[:7]]
    stores = sorted({e["store"] for e in events})
    whole = settle_real(events, months, ("2017-03", "2017-04"),
                        lambda e: e["store"] in stores[1::3])
    assert sum(value[2] for value in whole.values()) == 2102 * 100


def test_online_retail_month_by_month():
    with gzip.open(shared("online_retail",
                          "online_retail_2010-12_2011-03.csv.gz")) as packed:
        with open("retail.csv", "wb") as file:
            file.write(packed.read())
    events = exported(REAL % ("GBP", "Europe/London", "1", "2-9", ""),
                      [("retail.csv", "online_retail")])
    settle_real(events, ["2010-12", "2011-01", "2011-02", "2011-03"],
                ("2010-12", "2011-01"), lambda e: e["member"] % 7 == 3)


if __name__ == "__main__":
    main(globals())
