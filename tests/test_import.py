#!/usr/bin/env python3
"""test_import.py - real histories through the shipped mappings, and odd files

The figures of the data sets are those of ../shared/data/README.md, which were
computed without this program; they are asked of the program's own output.
Without that folder these tests are skipped.
"""
import csv
import datetime
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import LEIMA, TREE, leima, main, shared  # noqa: E402

RULES = """program: Test
currency: {currency}
timezone: {zone}
partners: [{{id: shop, stores: [1-100000], issue_price: 0.01,
             redeem_price: 0.01}}]
earn: [{{id: base, per: 1.00, points: 1}}]
{more}"""


def shipped(name):
    return os.path.join(TREE, "tools", "maps", name + ".yaml")


def ledger(currency, zone, more=""):
    leima("init", "L").expect(0)
    with open("rules.yaml", "w") as file:
        file.write(RULES.format(currency=currency, zone=zone, more=more))
    leima("rules", "publish", "L", "rules.yaml", "--from",
          "2000-01-01").expect(0)


def exported():
    return leima("export", "L").expect(0).lines()


def equal(what, found, wanted):
    assert found == wanted, f"{what}: {found}, expected {wanted}"


def summary(result):
    return {key: value for key, value in result.json().items() if value}


def test_cdnow():
    path = shared("cdnow", "CDNOW_sample.txt")
    ledger("USD", "America/New_York")
    done = leima("import", "L", path, "--map", shipped("cdnow"),
                 "--json").expect(0)
    equal("summary", summary(done), {"stored": 6919})
    events = exported()
    equal("orders", len(events), 6919)
    equal("cents", sum(event["total"] for event in events), 24409194)
    equal("CDs", sum(event["lines"][0].get("qty", 1) for event in events),
          16479)
    accounts = leima("accounts", "L", "--json").expect(0).lines()
    equal("customers", len(accounts), 2357)
    equal("spend", sum(row["spend"] for row in accounts), 24409194)
    again = leima("import", "L", path, "--map", shipped("cdnow"), "--json")
    equal("again", summary(again.expect(0)), {"known": 6919})


def test_cdnow_summary_follows():
    """Repeat frequency and recency in weeks, as published."""
    path = shared("cdnow", "CDNOW_sample.txt")
    ledger("USD", "America/New_York")
    leima("import", "L", path, "--map", shipped("cdnow")).expect(0)
    days = {}
    for event in exported():
        day = event["id"].split("-")[2]
        days.setdefault(event["member"], set()).add(day)
    with open(shared("cdnow", "cdnow_customers_summary.csv")) as file:
        for row in csv.DictReader(file):
            known = sorted(d for d in days[int(row["ID"])] if d <= "19970930")
            equal(f"frequency of {row['ID']}", len(known) - 1,
                  int(row["frequency"]))


def retail_file():
    with gzip.open(shared("online_retail",
                          "online_retail_2010-12_2011-03.csv.gz")) as packed:
        with open("retail.csv", "wb") as file:
            file.write(packed.read())
    return "retail.csv"


def test_online_retail():
    path = retail_file()
    ledger("GBP", "Europe/London")
    done = leima("import", "L", path, "--map", shipped("online_retail"),
                 "--rejects", "bad.csv", "--json").expect(5)
    equal("summary", summary(done), {"stored": 5765, "rejected": 45136})
    events = exported()
    bought = [e["total"] for e in events if e["kind"] == "purchase"]
    returned = [e["total"] for e in events if e["kind"] == "return"]
    equal("events", len(bought) + len(returned), 5765)
    equal("customers", len({e["member"] for e in events}), 2189)
    equal("positive", len([t for t in bought if t > 0]), 4705)
    equal("pence", sum(bought), 218479704)
    equal("zero", bought.count(0), 1)
    equal("negative", len(returned), 1059)
    equal("pence back", sum(returned), 13860788)


def test_online_retail_points():
    path = retail_file()
    ledger("GBP", "Europe/London")
    leima("import", "L", path, "--map", shipped("online_retail")).expect(5)
    parts = [leima("settle", "L", "--period", period, "--format",
                   "json").expect(0).json()["partners"][0]
             for period in ("2010-12", "2011-01", "2011-02", "2011-03")]
    for key, wanted in (("issued", 2182605), ("reversed", 138031),
                        ("purchases", 4706), ("sales", 218479704),
                        ("returns", 1059), ("refunds", 13860788)):
        equal(key, sum(part[key] for part in parts), wanted)


def test_rejects_line_by_line():
    """Each rejected line is told with its number, and kept as it was."""
    path = retail_file()
    leima("init", "L").expect(0)
    done = leima("import", "L", path, "--map", shipped("online_retail"),
                 "--rejects", "bad.csv").expect(5)
    told = [line for line in done.err.splitlines()
            if line.startswith("retail.csv:")]
    equal("lines told", len(told), 45136)
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    nobody = [i + 1 for i, row in enumerate(rows) if row[6] == ""]
    equal("numbers", sorted(int(line.split(":")[1]) for line in told), nobody)
    with open("bad.csv", encoding="utf-8", newline="") as file:
        bad = list(csv.reader(file))
    equal("heading", bad[0], rows[0])
    equal("rows", sorted(bad[1:]), sorted(rows[i - 1] for i in nobody))


def test_completejourney():
    folder = os.path.dirname(shared("completejourney", "campaigns.csv"))
    rewards = "rewards:\n" + "".join(
        f"  - {{id: campaign-{n}, value: 1.00}}\n" for n in range(1, 31))
    ledger("USD", "America/New_York", rewards)
    for name, file, count in (
            ("transactions", "transactions_20stores.csv", 5158),
            ("campaigns", "campaigns.csv", 6589),
            ("coupon_redemptions", "coupon_redemptions.csv", 2102)):
        done = leima("import", "L", os.path.join(folder, file), "--map",
                     shipped("completejourney_" + name), "--json").expect(0)
        equal(file, summary(done), {"stored": count})
    events = exported()
    bought = [e for e in events if e["kind"] == "purchase"]
    equal("lines", sum(len(e["lines"]) for e in bought), 7818)
    equal("stores", len({e["store"] for e in bought}), 20)
    redeemed = [e for e in events if e["kind"] == "redeem"]
    equal("redemptions, none twice", len({e["id"] for e in redeemed}), 2102)
    check_covered({e["member"] for e in redeemed})


def check_covered(members):
    """All redemptions are of coupons that had been sent before."""
    used = 0
    for member in members:
        for row in leima("explain", "L", member, "--json").expect(0).json():
            if row["kind"] == "redeem":
                used += 1
                assert row["notes"] == [], f"{member}: {row['notes']}"
                equal("used", [v["count"] for v in row["vouchers"]], [-1])
    equal("redemptions explained", used, 2102)


# --- odd files, made here ---------------------------------------------------

def write(name, text, encoding="utf-8"):
    with open(name, "w", encoding=encoding, newline="") as file:
        file.write(text)


MAP = """
delimiter: ";"
decimal: ","
timezone: Europe/Helsinki
time: "%d.%m.%Y %H:%M"
skip: [{column: Tyyppi, is: [Testi]}]
group: "{Kuitti}"
kind: {column: Tyyppi, values: {Palautus: return}, negative: return,
       otherwise: purchase}
event:
  id: "{Kuitti}"
  at: "{Aika}"
  store: "{Kauppa}"
  member: "{Asiakas}"
  receipt: "{Kuitti}"
  lines: {amount: {product: ["{Kpl}", "{Hinta}"]}, category: "{Ryhmä}",
          sku: "{Tuote}", qty: "{Kpl}"}
"""
HEADING = "Kuitti;Tyyppi;Aika;Kauppa;Asiakas;Ryhmä;Tuote;Kpl;Hinta\r\n"


def test_quotes_marks_and_order():
    """BOM, CRLF, quoted line ends, decimal commas, rows not adjacent."""
    leima("init", "L").expect(0)
    write("map.yaml", MAP)
    write("rows.csv", "\ufeff" + HEADING +
          'A 1;;24.12.2024 15:00;7.0;42.0;"Kahvi; tee\r\n& ""muut""";X 1;2;1,255\r\n'
          "B;;24.12.2024 15:01;7;43;Äyriäiset;;1;10\r\n"
          "T;Testi;24.12.2024 15:01;7;43;;;1;10\r\n"
          "A 1;;24.12.2024 15:00;7;42;Ruoka;;1;0,005\r\n")
    done = leima("import", "L", "rows.csv", "--map", "map.yaml", "--json")
    equal("summary", summary(done.expect(0)), {"stored": 2, "skipped": 1})
    first, second = exported()
    equal("receipt", first["receipt"], "A-1")
    equal("at", first["at"], "2024-12-24T13:00:00.000Z")
    equal("lines", first["lines"],
          [{"amount": 251, "category": "kahvi-tee-muut", "sku": "X-1",
            "qty": 2}, {"amount": 1, "category": "ruoka"}])
    equal("total", first["total"], 252)
    equal("folded", second["lines"][0]["category"], "ayriaiset")


EXPORTED = """
money: minor
kind: {column: kind, values: {purchase: purchase, redeem: redeem,
                              adjust: adjust}}
event: {id: "{id}", at: "{at}", store: "{store}", member: "{member}",
        bearer: "{bearer}", receipt: "{receipt}", total: "{total}",
        points: "{points}", reason: "{reason}", by: "{by}", till: "{till}",
        cashier: "{cashier}"}
"""


def test_an_export_as_csv_is_read_back_as_it_was():
    """Also what a spreadsheet program takes for a formula: an apostrophe before
    it, as in a report, would be part of the receipt."""
    leima("init", "L", "--node", "2").expect(0)
    odd = ("=1+1", "+5", "-5", "@x", "'=1", "''", '"=1"', "a,b")
    at = "2024-03-01T10:00:00.000Z"
    for number, text in enumerate(odd):
        for event in (
                {"kind": "purchase", "member": 1, "receipt": text,
                 "total": 500, "till": text, "cashier": text},
                {"kind": "redeem", "bearer": text, "points": 5},
                {"kind": "adjust", "member": 1, "points": -5,
                 "reason": text + "\t\r\n because, \"so\"", "by": text}):
            leima("append", "L", given=json.dumps({
                **event, "at": at,
                "id": f"{text}{event['kind']}{number}"})).expect(0)
    told = [{field: value for field, value in event.items()
             if field not in ("event", "recorded")} for event in exported()]
    equal("events", len(told), 3 * len(odd))
    write("L.csv", leima("export", "L", "--format", "csv").expect(0).out)
    write("map.yaml", EXPORTED)
    shutil.rmtree("L")
    leima("init", "L", "--node", "2").expect(0)
    leima("import", "L", "L.csv", "--map", "map.yaml").expect(0)
    for before, after in zip(told, exported(), strict=True):
        equal("event", {field: after.get(field) for field in before}, before)


# What a child is said to have taken at most is no less than what its parent
# held when it began, so that is a small one.
MEASURE = """import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def taken():
    """What the rows of rows.csv become, from a file and through a pipe, and the
    most memory that each took, in KB."""
    events, sizes = [], []
    for name, path in (("file", "rows.csv"), ("pipe", "-")):
        leima("init", name).expect(0)
        with subprocess.Popen(["cat", "rows.csv"],
                              stdout=subprocess.PIPE) as cat:
            done = subprocess.run(
                [sys.executable, "-c", MEASURE, LEIMA, "import", name, path,
                 "--map", "map.yaml"], stdin=cat.stdout, capture_output=True)
        status, size = map(int, done.stdout.split())
        assert status in (0, 5), status
        found = leima("export", name).expect(0).lines()
        events.append([{key: each[key] for key in each
                        if key not in ("event", "recorded")}
                       for each in found])
        sizes.append(size)
    equal("events", events[0], events[1])
    return events[0], sizes


def test_receipts_whose_rows_lie_between_others():
    """They come in the order of their first rows, whichever ends first."""
    rows = []
    write("map.yaml", MAP)
    for first, last, number in ((0, 9, "A"), (1, 2, "B"), (3, 3, "C"),
                                (4, 30, "D"), (5, 8, "E"), (40, 40, "F")):
        for place in sorted({first, (first + last) // 2, last}):
            rows.append((place, f"{number};;24.12.2024 15:00;7;42;;;1;1\n"))
    rows += [(6, "G;Testi;24.12.2024 15:00;7;42;;;1;1\n"), (7, "B;;;\n"),
             (9, 'E;;24.12.2024 15:00;7;42;"a\n""b""";;1;1\n'),
             (41, "H;;24.12.2024 15:00;7;x;;;1;1\n")]
    rows.sort(key=lambda row: row[0])
    write("rows.csv", HEADING + "".join(row for _, row in rows))
    events, _ = taken()
    equal("receipts", [(event["receipt"], event["total"]) for event in events],
          [("A", 300), ("B", 200), ("C", 100), ("D", 300), ("E", 400),
           ("F", 100)])


def test_a_file_that_is_grouped_needs_little_memory():
    """Its rows come to 120 MB: a file is read twice and holds none of them for
    longer than its receipt, a pipe has them all."""
    write("map.yaml", MAP)
    with open("rows.csv", "w", encoding="utf-8") as file:
        file.write(HEADING.replace("Hinta", "Hinta;Muuta"))
        for n in range(20000):
            file.write(f"{n // 10};;24.12.2024 15:00;7;42;;;1;1;{'x' * 6000}\n")
    events, (file_size, pipe_size) = taken()
    equal("receipts", len(events), 2000)
    assert file_size < pipe_size - 60000, (file_size, pipe_size)


def test_negative_receipt_is_a_blind_return():
    leima("init", "L").expect(0)
    write("map.yaml", MAP)
    write("rows.csv", HEADING +
          "C;;24.12.2024 15:00;7;42;ruoka;;-2;1,005\n"
          "C;;24.12.2024 15:00;7;42;pantti;;1;0,10\n"
          "D;Palautus;24.12.2024 15:00;7;42;ruoka;;1;3\n")
    leima("import", "L", "rows.csv", "--map", "map.yaml").expect(0)
    first, second = exported()
    equal("kind", first["kind"], "return")
    assert "receipt" not in first
    equal("lines", [line["amount"] for line in first["lines"]], [201, -10])
    equal("total", first["total"], 191)
    equal("kind", second["kind"], "return")
    equal("total", second["total"], 300)


def test_bad_rows_are_told():
    leima("init", "L").expect(0)
    write("map.yaml", MAP)
    write("rows.csv", HEADING +
          "A;;24.12.2024 15:00;7;42;;;1;10\n"
          "B;;2024-12-24;7;42;;;1;10\n"
          "C;;24.12.2024 15:00;7;42;;;1;ten\n"
          "A;;24.12.2024 15:00;7\n"
          "D;;24.12.2024 15:00;7;x;;;1;10\n"
          "E;;24.12.2024 15:00;7;42;;;1;10\n")
    done = leima("import", "L", "rows.csv", "--map", "map.yaml",
                 "--rejects", "bad").expect(5)
    told = done.err.splitlines()
    for number, word in ((3, "at: "), (4, "amount: "), (5, "columns"),
                         (6, "member: ")):
        assert any(line.startswith(f"rows.csv:{number}: ") and word in line
                   for line in told), f"line {number} in {told}"
    equal("stored", [event["receipt"] for event in exported()], ["A", "E"])
    with open("bad") as file:
        equal("kept", len(file.read().splitlines()), 5)


def test_mapping_mistakes():
    leima("init", "L").expect(0)
    write("map.yaml", "delimeter: ','\nkind: sale\nevent: {at: '{A}'}\n")
    write("rows.csv", "A\n1\n")
    done = leima("import", "L", "rows.csv", "--map", "map.yaml").expect(1)
    assert 'map.yaml:1:1: ' in done.err and '"delimiter"' in done.err
    assert 'map.yaml:2:7: ' in done.err
    write("map.yaml", "kind: purchase\nevent: {at: '{Date}'}\n")
    done = leima("import", "L", "rows.csv", "--map", "map.yaml").expect(1)
    assert '"Date"' in done.err, done.err


def test_a_group_needs_lines():
    """Else the first row's total would be that of the receipt."""
    leima("init", "L").expect(0)
    write("map.yaml", SALES.format(more='group: "{receipt}"\n',
                                   total='total: "{total}"'))
    sales("rows", sale("a", "1.00"), sale("a", "2.00"))
    done = leima("import", "L", "rows", "--map", "map.yaml").expect(1)
    assert 'missing key "lines"' in done.err, done.err
    equal("stored", exported(), [])


def test_json_lines():
    """Bad lines are told with line and field, the others are stored once."""
    good = {"event": "7.1.1", "kind": "join", "at": "2025-01-01T00:00:00Z",
            "store": 7, "member": 5, "recorded": "2025-01-01T00:00:00Z"}
    other = {**good, "home_store": 9}
    loose = {**good, "event": "7.1.2"}
    del loose["recorded"]
    leima("init", "L").expect(0)
    write("events", "\n".join(map(json.dumps, (
        good, other, loose, {"kind": "stamp", "member": 5, "card": "A B"}))) +
        "\n\n{\n")
    done = leima("import", "L", "events", "--rejects", "bad").expect(5)
    told = done.err
    for number, word in ((2, "7.1.1"), (3, "recorded"), (4, "card"),
                         (6, "")):
        assert any(line.startswith(f"events:{number}: ") and word in line
                   for line in told.splitlines()), f"{number}: {told}"
    equal("stored", [event["event"] for event in exported()], ["7.1.1"])
    with open("bad") as file:
        equal("kept", len(file.read().splitlines()), 4)
    again = leima("import", "L", "events", "--json").expect(5)
    equal("again", summary(again), {"known": 1, "rejected": 4})


SALES = """delimiter: ','
timezone: America/New_York
time: "%Y-%m-%d %H:%M"
kind: purchase
{more}event: {{at: "{{at}}", member: "{{who}}", receipt: "{{receipt}}",
  id: "{{receipt}}", {total}}}
"""


def sales(name, *rows, heading="at,who,receipt,total"):
    write(name, "\n".join((heading, *rows)) + "\n")


def sale(receipt, total="1.00", at="2026-01-02 10:00"):
    return f"{at},42,{receipt},{total}"


def receipts():
    return [event["receipt"] for event in exported()]


def test_one_file_of_many_that_is_none():
    """Status 1 says that nothing changed; where something did it is 5."""
    leima("init", "L").expect(0)
    write("map.yaml", SALES.format(more="", total='total: "{total}"'))
    sales("a", sale("a1"))
    sales("b", "x", heading="at,who,receipt")
    sales("c", sale("c1"))
    into = ("import", "L", "--map", "map.yaml", "--json")
    assert "nowhere" in leima(*into, "a", "nowhere").expect(1).err
    assert "directory" in leima(*into, "a", ".").expect(1).err
    equal("untouched", exported(), [])
    done = leima(*into, "b").expect(1)
    equal("nothing", summary(done), {})
    done = leima(*into, "a", "b", "c").expect(5)
    equal("the others", summary(done), {"stored": 2})
    assert 'b: the file has no column "total"' in done.err, done.err
    assert 'its heading row is "' in done.err, done.err
    equal("kept", receipts(), ["a1", "c1"])
    leima(*into, "a", "c").expect(0)


def test_rejects_in_the_place_of_a_file():
    """Only if all of it has been looked at; else its lines would be gone."""
    leima("init", "L").expect(0)
    write("map.yaml", SALES.format(more="", total='total: "{total}"'))
    into = ("import", "L", "--map", "map.yaml", "--rejects", "a")
    sales("a", sale("a1"), "x", sale("a2"))
    leima(*into, "a").expect(5)
    equal("in place", open("a").read().splitlines(),
          ["at,who,receipt,total", "x"])
    sales("b", sale("b1"), "y")
    sales("a", sale("a3"), heading="at,who,receipt")
    before = open("a").read()
    leima(*into, "b", "a").expect(5)
    equal("untouched", open("a").read(), before)


def test_rejects_hold_what_the_ledger_refused():
    leima("init", "L").expect(0)
    write("map.yaml", SALES.format(more="", total='total: "{total}"'))
    clash = [sale(f"r{n // 2}", total=f"{1 + n % 2}.00") for n in range(8)]
    late = sale("l1", at="2099-01-02 10:00")
    sales("rows", *clash, late)
    done = leima("import", "L", "rows", "--map", "map.yaml", "--rejects",
                 "bad", "--json").expect(5)
    equal("summary", summary(done), {"stored": 4, "rejected": 5})
    told = [line for line in done.err.splitlines() if line[:5] == "rows:"]
    equal("lines", [line.split(":")[1] for line in told],
          ["3", "5", "7", "9", "10"])
    assert 'rows:3: id "r0": conflict' in told[0], told
    equal("kept", open("bad").read().splitlines(),
          ["at,who,receipt,total", *clash[1::2], late])


def test_rejects_hold_all_rows_of_a_receipt():
    leima("init", "L").expect(0)
    write("map.yaml", SALES.format(
        more='group: "{receipt} {total}"\n',
        total='lines: {amount: "{total}"}'))
    sales("rows", sale("a", "1.00"), sale("a", "2.00"), sale("a", "1.00"),
          sale("a", "2.00"))
    leima("import", "L", "rows", "--map", "map.yaml", "--rejects",
          "bad").expect(5)
    equal("lines", [line["amount"] for line in exported()[0]["lines"]],
          [100, 100])
    equal("kept", open("bad").read().splitlines()[1:],
          [sale("a", "2.00")] * 2)


def test_the_last_line_of_a_batch_is_kept_too():
    """Batches are of 10,000."""
    line = ('{"kind": "stamp", "member": 1, "card": "c", "id": "i%d", '
            '"count": %d, "at": "2026-01-01T00:00:00Z"}')
    leima("init", "L").expect(0)
    bad = line % (5, 9)
    write("lines", "\n".join([line % (n, 1) for n in range(9999)] + [bad]))
    leima("import", "L", "lines", "--rejects", "bad").expect(5)
    equal("kept", open("bad").read(), bad + "\n")


def test_a_writer_that_takes_its_time():
    """What is written late is recorded late, and much is stored at once."""
    leima("init", "L").expect(0)
    run = subprocess.Popen([LEIMA, "import", "L", "-"], stdin=subprocess.PIPE,
                           stderr=subprocess.DEVNULL)
    lines = [{"amount": 1, "sku": f"{n:064d}"} for n in range(1000)]
    try:
        time.sleep(0.3)
        began = time.time()
        for n in range(900):
            event = {"kind": "purchase", "member": 1, "receipt": f"r{n}",
                     "total": 1000, "lines": lines}
            run.stdin.write((json.dumps(event) + "\n").encode())
        run.stdin.flush()
        late = time.monotonic() + 300
        while not exported():
            assert run.poll() is None and time.monotonic() < late
            time.sleep(0.05)
        run.stdin.close()
        equal("status", run.wait(), 0)
    finally:
        run.kill()
        run.wait()
    events = exported()
    equal("events", len(events), 900)
    first = datetime.datetime.fromisoformat(
        events[0]["recorded"].replace("Z", "+00:00"))
    assert first.timestamp() > began - 0.001, events[0]["recorded"]


def test_files_that_are_none():
    """Nothing that a file holds stops the program."""
    leima("init", "L").expect(0)
    write("map.yaml", SALES.format(more="", total='total: "{total}"'))
    into = ("import", "L", "rows", "--map", "map.yaml", "--json")
    sales("rows", sale("for-ever", at="9999-12-31 23:59"), sale("good"))
    done = leima(*into).expect(5)
    equal("times", summary(done), {"stored": 1, "rejected": 1})
    assert "rows:2: at: " in done.err, done.err
    write("map.yaml", MAP.replace('qty: "{Kpl}"', 'qty: "{Tuote}"'))
    write("rows", HEADING + "A;;24.12.2024 15:00;7;42;;some;1;1\n")
    done = leima(*into).expect(5)
    assert 'rows:2: qty: expected a decimal number, found "some"' in done.err, \
        done.err
    with open("rows", "w", encoding="utf-16") as file:
        file.write("at,who,receipt,total\n")
    assert "UTF-16; expected UTF-8" in leima(*into).expect(1).err
    names = ", ".join(f"c{n}" for n in range(1001))
    write("map.yaml", f"columns: [{names}]\nkind: activity\n"
          'event: {at: "{c0}", member: "{c1}", name: "{c1000}"}\n')
    write("rows", ",".join("x" for _ in range(1200)) + "\n")
    assert "map.yaml:1:10: more than 1000" in leima(*into).expect(1).err


def test_files_of_other_programs():
    """What is no text, and CSV where events are expected, is called by its
    name and ends there: nobody is told of each line that it is no event."""
    ledger("EUR", "Europe/Helsinki")
    write("map.yaml", MAP)
    rows = HEADING + "A;;24.12.2024 15:00;7;42;;;1;10\n"
    write("rows.csv", rows)
    with gzip.open("rows.gz", "wt") as file:
        file.write(rows)
    with zipfile.ZipFile("rows.xlsx", "w") as file:
        file.writestr("xl/workbook.xml", rows)
    for name in ("UTF-16LE", "UTF-16BE", "UTF-16"):
        with open(name, "wb") as file:
            file.write(rows.encode(name))
    with open("noise", "wb") as file:
        file.write(bytes(range(256)) * 5000)
    kinds = {"rows.gz": "gzip", "rows.xlsx": "xlsx", "noise": "binary",
             "UTF-16LE": "iconv -f UTF-16LE", "UTF-16": "iconv -f UTF-16 ",
             "UTF-16BE": "iconv -f UTF-16BE"}
    for path, word in kinds.items():
        with open(path, "rb") as file:
            held = file.read()
        for words in (["import", "L", path], ["append", "L", path],
                      ["import", "L", path, "--map", "map.yaml"],
                      ["import", "L", "rows.csv", "--map", path],
                      ["rules", "check", path],
                      ["replay", "L", "--rules", path],
                      ["rfm", "L", "--limits", path]):
            for given in (None, held):
                asked = [w if given is None or w != path else "-"
                         for w in words]
                done = leima(*asked, given=given).expect(1)
                told = [line for line in done.err.splitlines()
                        if " stored, " not in line]
                named = path if given is None else "standard input"
                assert len(told) == 1 and word in told[0] and \
                    f"{named}:" in told[0] and "expected" in told[0], \
                    f"{done.words}: {done.err}"
        write("side.yaml", f"side: {{s: {{file: {path}, key: a, from: '{{a}}'}}}}\n"
              "kind: activity\nevent: {at: '{a}', member: '{s.b}', name: x}\n")
        write("main.csv", "a\n1\n")
        done = leima("import", "L", "main.csv", "--map", "side.yaml").expect(1)
        assert f"{path}: " in done.err and word in done.err, done.err
    done = leima("import", "L", "rows.csv").expect(1)
    assert "rows.csv: looks like CSV; " in done.err and "--map" in done.err
    for name in os.listdir(os.path.join(TREE, "tools", "maps")):
        if name.endswith(".yaml"):
            assert re.split("[_.]", name)[0] in done.err, done.err
    assert "looks like CSV" in leima("append", "L", "rows.csv").expect(1).err
    for words in (["import", "L", "rows.csv", "--map", "rows.csv"],
                  ["replay", "L", "--rules", "rows.csv"]):
        done = leima(*words).expect(1)
        assert "rows.csv:1:1: expected a" in done.err and \
            "YAML with " in done.err, done.err
    equal("events", leima("export", "L").expect(0).out, "")
    # Lines that are none do not keep out those that are, as ever.
    write("lines", 'rubbish\n{"kind": "join", "member": 1}\n')
    equal("stored", summary(leima("import", "L", "lines", "--json").expect(5)),
          {"stored": 1, "rejected": 1})


def test_rows_of_nobody():
    """What became of a row without a customer is said, and where it is."""
    leima("init", "L").expect(0)
    write("map.yaml", MAP)
    rows = (HEADING + "A;;24.12.2024 15:00;7;42;;;1;10\n"
            "B;;24.12.2024 15:00;7;;;;1;10\n")
    write("rows.csv", rows)
    into = ("import", "L", "rows.csv", "--map", "map.yaml")
    done = leima(*into).expect(5)
    assert "rows.csv:3: no customer: " in done.err, done.err
    assert done.err.endswith("1 rejected and not stored (--rejects FILE keeps "
                             "them)\n"), done.err
    done = leima(*into, "--rejects", "bad.csv").expect(5)
    assert done.err.endswith(" 1 rejected and not stored, kept in bad.csv\n"), \
        done.err
    with open("bad.csv", newline="") as file:
        equal("kept", file.read(), rows.replace("\r\n", "\n").replace(
            "A;;24.12.2024 15:00;7;42;;;1;10\n", ""))
    write("map.yaml", MAP.replace("skip: [",
                                  "skip: [{column: Asiakas, empty: true}, "))
    done = leima(*into).expect(0)
    assert "1 row skipped as the mapping says, 0 rejected\n" in done.err, \
        done.err


def test_export_and_import_again():
    leima("init", "L", "--node", "10").expect(0)
    leima("generate", "L", "--members", "30", "--months", "6").expect(0)
    out = leima("export", "L").expect(0).out
    leima("init", "M", "--node", "2").expect(0)
    leima("rules", "publish", "M", "-", "--from", "2000-01-01",
          given=leima("rules", "show", "L").expect(0).out).expect(0)
    lines = out.splitlines()
    leima("import", "M", "-", given="\n".join(reversed(lines))).expect(0)
    equal("events", sorted(leima("export", "M").out.splitlines()),
          sorted(lines))
    at = "2025-01-01"
    equal("accounts", leima("accounts", "M", "--at", at, "--json").out,
          leima("accounts", "L", "--at", at, "--json").out)
    equal("digest", leima("verify", "M", "--digest").expect(0).out,
          leima("verify", "L", "--digest").expect(0).out)


if __name__ == "__main__":
    main(globals())
