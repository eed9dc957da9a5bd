#!/usr/bin/env python3
"""leima replay, from outside: a real history against decimal arithmetic, the
figures of settle and accounts, one pass of several candidates, the forms."""

import csv
import decimal
import fcntl
import gzip
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import LEIMA, TREE, leima, main, shared  # noqa: E402

HEAD = """program: Shop
currency: GBP
timezone: Europe/London
partners: [{id: shop, stores: [1], issue_price: 0.010, redeem_price: 0.009}]
earn:
  - {id: base, per: 1.00, points: 1}
"""
DOUBLE = HEAD + "  - {id: big, when: {min_total: 100.00}, multiply: 2}\n"


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def equal(what, found, wanted):
    assert found == wanted, f"{what}: {found}, expected {wanted}"


UNTIL = "2011-06-01T00:00:00Z"


def retail():
    with gzip.open(shared("online_retail",
                          "online_retail_2010-12_2011-03.csv.gz")) as packed:
        write("retail.csv", packed.read().decode("utf-8"))
    write("base.yaml", HEAD)
    write("double.yaml", DOUBLE)
    leima("init", "L").expect(0)
    leima("rules", "publish", "L", "base.yaml", "--from",
          "2000-01-01").expect(0)
    leima("import", "L", "retail.csv", "--map",
          os.path.join(TREE, "tools", "maps", "online_retail.yaml")).expect(5)


def receipts():
    """The eligible amount of each receipt, bought and brought back."""
    found = {}
    with open("retail.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["CustomerID"] == "":
                continue
            amount = (decimal.Decimal(row["Quantity"]) *
                      decimal.Decimal(row["UnitPrice"])).quantize(
                          decimal.Decimal("0.01"), decimal.ROUND_HALF_UP)
            key = row["InvoiceNo"], row["CustomerID"]
            found.setdefault(key, []).append(amount)
    for (invoice, _), amounts in found.items():
        back = invoice.startswith("C") or sum(amounts) < 0
        sign = -1 if back else 1
        yield back, sum(max(sign * a, 0) for a in amounts)


def points(amount, double):
    whole = int(amount)
    return whole * 2 if double and amount >= 100 else whole


def replay(*words):
    return leima("replay", "L", "--until", UNTIL, *words).expect(0)


def test_double_points_on_great_receipts():
    retail()
    report = replay("--rules", "double.yaml", "--json").json()
    for name, double in (("baseline", False), ("candidate", True)):
        issued = sum(points(a, double) for back, a in receipts() if not back)
        back = sum(points(a, double) for back, a in receipts() if back)
        equal(name + " issued", report[name]["issued"], issued)
        equal(name + " reversed", report[name]["reversed"], back)
        equal(name + " cost", report[name]["accrual_cost"], issued - back)
    equal("events", report["events"], 5765)
    equal("rules", [(r["rule"], r["baseline"] > 0, r["candidate"] > 0)
                    for r in report["rules"]],
          [("base", True, True), ("big", False, True)])


def test_published_rules_make_no_difference():
    retail()
    report = replay("--rules", "base.yaml", "--json").json()
    equal("sides", report["baseline"], report["candidate"])
    equal("changed", report["changed"],
          {"up": 0, "down": 0, "same": report["accounts"],
           "tier_up": 0, "tier_down": 0})
    accounts = leima("accounts", "L", "--json", "--at",
                     UNTIL).expect(0).lines()
    equal("accounts", report["accounts"], len(accounts))
    equal("outstanding less debt",
          report["baseline"]["outstanding"] - report["baseline"]["debt"],
          sum(row["balance"] for row in accounts))
    net = 0
    for month in report["months"]:
        settled = leima("settle", "L", "--period", month["month"], "--format",
                        "json").expect(0).json()
        part = settled["partners"][0]
        equal("issued", month["baseline_issued"], part["issued"])
        net += part["net"]
    equal("net", report["partners"][0]["baseline_net"], net)


def test_many_candidates_in_one_pass():
    retail()
    one = replay("--rules", "double.yaml", "--json").json()
    many = replay("--rules", "base.yaml", "--rules", "double.yaml",
                  "--json").json()
    equal("candidates", [c["candidate"] for c in many["candidates"]],
          ["base.yaml", "double.yaml"])
    equal("figures", many["candidates"][1]["figures"], one["candidate"])
    equal("changed", many["candidates"][1]["changed"], one["changed"])
    varied = replay("--rules", "base.yaml", "--vary",
                    "earn.base.points=1..3:1", "--json").json()
    issued = [c["figures"]["issued"] for c in varied["candidates"]]
    equal("one point", issued[0], one["baseline"]["issued"])
    equal("rows", [c["candidate"] for c in varied["candidates"]],
          [f"earn.base.points={n}" for n in (1, 2, 3)])
    assert issued[0] < issued[1] < issued[2], issued
    said = replay("--rules", "base.yaml", "--vary",
                  "earn.base.points=1..3:1").out
    assert "The cheapest is earn.base.points=1: the points" in said, said
    said = replay("--rules", "base.yaml", "--rules", "base.yaml").out
    assert "With each of them the points given would" in said, said


def test_forms():
    retail()
    out = replay("--rules", "double.yaml", "--per", "account", "--output",
                 "rows.csv", "--html", "page.html").out
    assert "Accounts with more points: " in out, out
    report = replay("--rules", "double.yaml", "--json").json()
    with open("rows.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    equal("rows", len(rows), report["accounts"])
    net = report["candidate"]["issued"] - report["candidate"]["reversed"]
    equal("points", sum(int(r["candidate_points"]) for r in rows), net)
    with open("rows.csv") as file, open("page.html") as page:
        for words, wanted in ((["--per", "account", "--output", "-"], file),
                              (["--html", "-"], page)):
            equal(f"{words} alone", replay("--rules", "double.yaml",
                                           *words).out, wanted.read())
            leima("replay", "L", "--rules", "double.yaml", "--json",
                  *words).expect(2)
    equal("order", [int(r["account"]) for r in rows],
          sorted(int(r["account"]) for r in rows))
    equal("page", data_of("page.html")["candidates"][0]["report"], report)
    with open("page.html", encoding="utf-8") as file:
        page = file.read()
    assert "http" not in page.split("Chart.js")[0]
    assert "src=" not in page.split("Chart.js")[0]


def data_of(page):
    with open(page, encoding="utf-8") as file:
        text = file.read()
    return json.loads(text.split('id="data">')[1].split("</script>")[0])


def test_forms_of_several_candidates():
    retail()
    words = ["--rules", "base.yaml", "--rules", "double.yaml"]
    out = replay(*words, "--per", "account", "--output", "rows.csv", "--html",
                 "page.html").out
    assert out.startswith("2 candidates against the published rules:"), out
    assert "The dearest is double.yaml: " in out, out
    with open("rows.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    one = replay("--rules", "double.yaml", "--json").json()
    equal("rows", len(rows), one["accounts"])
    for name, side in (("baseline", "baseline"), ("base.yaml", "baseline"),
                       ("double.yaml", "candidate")):
        figures = one[side]
        equal(name, sum(int(r[name + "_points"]) for r in rows),
              figures["issued"] - figures["reversed"])
        for key in ("expired", "outstanding", "debt"):
            equal(name + key, sum(int(r[f"{name}_{key}"]) for r in rows),
                  figures[key])
    data = data_of("page.html")
    equal("names", [c["name"] for c in data["candidates"]],
          ["base.yaml", "double.yaml"])
    equal("last", data["candidates"][1]["report"], one)


def no_rest(*names):
    equal("files", sorted(n for n in os.listdir(".") if n not in names and
                          not os.path.isdir(n)), [])


def test_files_that_cannot_be_written_fail_first():
    """Before the ledger is looked at: it isn't even there."""
    write("base.yaml", HEAD)
    os.mkdir("folder")
    for path in ("nowhere/rows.csv", "folder"):
        for words in (["--per", "account", "--output", path],
                      ["--html", path]):
            told = leima("replay", "L", "--rules", "base.yaml",
                         *words).expect(1).err
            assert f"{words[-2]} can't be written: {path}" in told, told
    leima("replay", "L", "--rules", "base.yaml", "--per", "account",
          "--output", "rows.csv", "--html", "nowhere/page.html").expect(1)
    leima("replay", "L", "--rules", "base.yaml", "--html",
          "page.html").expect(1)
    no_rest("base.yaml")


def test_files_are_whole_or_as_they_were():
    retail()
    write("old.csv", "what was there\n")
    os.chmod("old.csv", 0o640)
    os.symlink("old.csv", "link.csv")
    told = replay("--rules", "double.yaml", "--per", "account", "--output",
                  "link.csv", "--html", "page.html").out
    assert "Accounts with more points: " in told, told
    with open("old.csv", encoding="utf-8") as file:
        assert file.readline().startswith("account,"), "the link's file"
    assert os.path.islink("link.csv")
    equal("mode", os.stat("old.csv").st_mode & 0o777, 0o640)
    write("old.csv", "what was there\n")
    leima("replay", "nowhere", "--rules", "double.yaml", "--per", "account",
          "--output", "old.csv").expect(1)
    equal("old", open("old.csv", encoding="utf-8").read(), "what was there\n")
    leima("replay", "L", "--rules", "double.yaml", "--per", "account",
          "--output", "old.csv", "--html", "/dev/full").expect(4)
    no_rest("base.yaml", "double.yaml", "retail.csv", "old.csv", "link.csv",
            "page.html")


def test_headings_are_quoted():
    retail()
    os.rename("base.yaml", 'a,"b".yaml')
    replay("--rules", 'a,"b".yaml', "--rules", "double.yaml", "--per",
           "account", "--output", "rows.csv")
    with open("rows.csv", newline="") as file:
        head, *rows = list(csv.reader(file))
    equal("columns", {len(row) for row in rows}, {len(head)})
    assert 'a,"b".yaml_points' in head, head


def test_a_summary_to_read_aloud():
    retail()
    report = replay("--rules", "double.yaml", "--json").json()
    lines = replay("--rules", "double.yaml").out.splitlines()
    equal("head", lines[:3], [
        "double.yaml against the published rules:",
        f"{report['events']:,} events of {report['accounts']:,} accounts up "
        "to 2011-06-01 01:00.", ""])
    before = report["baseline"]["accrual_cost"]
    after = report["candidate"]["accrual_cost"]
    share = decimal.Decimal(100 * (after - before)) / before
    share = share.quantize(decimal.Decimal("0.1"), decimal.ROUND_HALF_UP)
    equal("cost", lines[3],
          f"The points given would have cost {after / 100:,.2f} GBP, "
          f"{(after - before) / 100:,.2f} more (+{share} %).")
    up, down, same = (f"{report['changed'][key]:,}"
                      for key in ("up", "down", "same"))
    equal("accounts", lines[6], f"Accounts with more points: {up}; with "
          f"fewer: {down}; the same: {same}.")
    same = replay("--rules", "base.yaml").out.splitlines()
    equal("no change", same[6], "Accounts with more points: none; with fewer: "
          f"none; the same: {report['accounts']:,}.")


def test_what_it_is_compared_with_and_up_to_when():
    """A date is its first moment: what falls due then is of the next month.
    New York's evening is another date in UTC."""
    write("pay.yaml", "program: P\ncurrency: USD\ntimezone: America/New_York\n"
          "earn: [{id: base, per: 1.00, points: 1}]\n"
          "monthly_bonus: {steps: [{from: 1.00, percent: 1}]}\n")
    leima("init", "N", "--store", "1").expect(0)
    leima("append", "N", given=json.dumps(
        {"kind": "purchase", "member": 1, "receipt": "R", "total": 1000,
         "at": "2025-01-31T23:00:00-05:00"})).expect(0)
    for until, told in (("2025-02-01", "2025-02-01 00:00"),
                        ("2025-01-31T23:30:00-05:00", "2025-01-31 23:30")):
        words = ["replay", "N", "--rules", "pay.yaml", "--until", until]
        lines = leima(*words, "--html", "page.html").expect(0).out.splitlines()
        equal("head", lines[:2], [
            "pay.yaml against no rules, for none are published:",
            f"1 event of 1 account up to {told}."])
        equal("page", data_of("page.html")["until"], told)
        months = leima(*words, "--json").expect(0).json()["months"]
        equal("bonus", "2025-02" in [m["month"] for m in months],
              until == "2025-02-01")


def test_what_of_the_history_is_told():
    """Figures of some months and some accounts are not taken for all."""
    leima("generate", "--rules", "p.yaml").expect(0)
    told = ("2 events of 1 account (purchases=1..,!purchases=2..) up to "
            "2024-01-31 00:00, effects counted from 2024-01-10 on.")
    leima("init", "P").expect(0)
    leima("rules", "publish", "P", "p.yaml", "--from", "2000-01-01").expect(0)
    for number, member in enumerate((1, 2, 2)):
        leima("append", "P", given=json.dumps(
            {"kind": "purchase", "member": member, "receipt": f"R{number}",
             "total": 1000, "at": "2024-01-05T12:00:00Z"})).expect(0)
    leima("append", "P", given=json.dumps(
        {"kind": "stamp", "member": 1, "card": "lunch",
         "at": "2024-01-12T12:00:00Z"})).expect(0)
    lines = leima("replay", "P", "--rules", "p.yaml", "--until", "2024-01-31",
                  "--since", "2024-01-10", "--html", "page.html", "--segment",
                  "purchases=1..,!purchases=2..").expect(0).out.splitlines()
    equal("told", lines[1], told)
    page = data_of("page.html")
    equal("page", (page["since"], page["segment"]),
          ("2024-01-10", "purchases=1..,!purchases=2.."))


def test_what_is_compared_is_of_one_currency_and_clock():
    """Also where nothing is published that each file could be judged by."""
    leima("init", "X", "--store", "1").expect(0)
    write("gb.yaml", HEAD)
    write("euro.yaml", HEAD.replace("GBP", "EUR"))
    write("oslo.yaml", HEAD.replace("Europe/London", "Europe/Oslo"))
    for words in (["--baseline", "gb.yaml", "--rules"],
                  ["--rules", "gb.yaml", "--rules"]):
        leima("replay", "X", *words, "gb.yaml").expect(0)
        for name, told in (("euro.yaml", "currency EUR, but what it is "
                            "compared with has GBP"),
                           ("oslo.yaml", "timezone Europe/Oslo, but what it "
                            "is compared with has Europe/London")):
            done = leima("replay", "X", *words, name).expect(1)
            assert f"{name}: {told}" in done.err, done.err


def test_segments_add_up():
    retail()
    parts = [replay("--rules", "double.yaml", "--segment", segment,
                    "--json").json()
             for segment in ("spend=0..500", "!spend=0..500")]
    whole = replay("--rules", "double.yaml", "--json").json()
    for key in ("events", "accounts"):
        equal(key, sum(p[key] for p in parts), whole[key])
    for key in ("issued", "reversed", "outstanding"):
        equal(key, sum(p["candidate"][key] for p in parts),
              whole["candidate"][key])
    assert 0 < parts[0]["accounts"] < whole["accounts"]


def test_bad_programs_fail_at_once():
    """Before the ledger is looked at: there is none."""
    write("good.yaml", HEAD)
    write("bad.yaml", HEAD + "  - {id: base, per: 1.00, points: 1}\n")
    done = leima("replay", "nowhere", "--rules", "bad.yaml").expect(1)
    assert "bad.yaml:7:" in done.err, done.err
    done = leima("replay", "nowhere", "--rules", "good.yaml", "--rules",
                 "bad.yaml").expect(1)
    assert "bad.yaml:7:" in done.err, done.err
    done = leima("replay", "nowhere", "--rules", "good.yaml", "--baseline",
                 "bad.yaml").expect(1)
    assert "bad.yaml:7:" in done.err, done.err
    done = leima("replay", "nowhere", "--rules", "good.yaml", "--vary",
                 "earn.base.points=1,2000000").expect(1)
    assert "earn.base.points=2000000:6:" in done.err, done.err
    done = leima("replay", "nowhere", "--rules", "good.yaml", "--vary",
                 "earn.bass.points=1,2").expect(1)
    assert "earn.bass" in done.err, done.err
    done = leima("replay", "nowhere", "--rules", "good.yaml", "--vary",
                 "earn.base.points=1..2000:1").expect(2)
    for words in (["--since", "tomorrow"], ["--from", "tomorrow"],
                  ["--from", "2100-01-01"], ["--per", "account"],
                  ["--threads", "0"]):
        leima("replay", "nowhere", "--rules", "good.yaml", *words).expect(2)
    leima("replay", "nowhere", "--rules", "good.yaml").expect(1)


ST_JOHNS = """program: Shop
currency: CAD
timezone: America/St_Johns
earn: [{id: base, per: 1.00, points: 1}]
monthly_bonus: {steps: [{from: 1.00, percent: 10}]}
"""


def test_what_is_bought_after_the_end_of_its_month():
    """Clocks went back from 00:01 of 1 November to the last hour of October:
    the bonus of October has been given by then, under the rules before."""
    leima("init", "J").expect(0)
    write("johns.yaml", ST_JOHNS)
    for day in ("2009-01-01", "2009-11-01"):
        leima("rules", "publish", "J", "johns.yaml", "--from", day).expect(0)
    for member, before in ((1, False), (2, True)):
        event = {"kind": "purchase", "member": member, "store": 1}
        if before:
            leima("append", "J", given=json.dumps(
                {**event, "at": "2009-10-20T12:00:00Z", "receipt": "a",
                 "total": 1000})).expect(0)
        leima("append", "J", given=json.dumps(
            {**event, "at": "2009-11-01T02:40:00Z", "receipt": "b",
             "total": 20000})).expect(0)
    for member, points in ((1, 200), (2, 210 + 100)):
        found = leima("balance", "J", member, "--json").expect(0).json()
        equal("available", found["available"], points)
    report = leima("replay", "J", "--rules", "johns.yaml", "--json").expect(
        0).json()
    equal("issued", report["baseline"]["issued"], 510)
    equal("the same", report["candidate"], report["baseline"])


def test_rules_may_come_by_a_pipe():
    """They are looked at before the ledger is opened, and read once."""
    leima("init", "P").expect(0)
    write("base.yaml", HEAD)
    leima("rules", "publish", "P", "base.yaml", "--from",
          "2000-01-01").expect(0)
    wanted = leima("replay", "P", "--rules", "base.yaml", "--baseline",
                   "base.yaml", "--until", UNTIL, "--json").expect(0).json()
    for words in (["--rules", "-", "--baseline", "base.yaml"],
                  ["--rules", "base.yaml", "--baseline", "-"]):
        found = leima("replay", "P", *words, "--until", UNTIL, "--json",
                      given=HEAD).expect(0).json()
        equal("report", found, wanted)


def on_a_terminal(words, wanted):
    """Runs leima with a terminal for stderr; sends Ctrl-C once that shows
    `wanted`.  Its status, what it wrote, and what the terminal saw."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([LEIMA, *words], stdin=theirs,
                               stdout=subprocess.PIPE, stderr=theirs,
                               start_new_session=True,
                               preexec_fn=lambda: fcntl.ioctl(
                                   0, termios.TIOCSCTTY, 0))
    os.close(theirs)
    seen, sent = b"", False
    while True:
        try:
            more = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        seen += more
        if wanted and not sent and re.search(wanted, seen):
            os.write(ours, b"\x03")
            sent = True
    out = process.stdout.read()
    process.stdout.close()
    os.close(ours)
    return process.wait(), out.decode(), seen.decode()


def long_history():
    """Enough that it takes a while; not less for a fast machine."""
    leima("init", "L").expect(0)
    write("base.yaml", HEAD.replace("GBP", "EUR").replace(
        "Europe/London", "Europe/Helsinki"))
    leima("rules", "publish", "L", "base.yaml", "--from",
          "2000-01-01").expect(0)
    leima("generate", "L", "--members", "4000", "--months", "6").expect(0)


def test_the_page_is_dark_on_a_dark_screen_only():
    """What is printed is light: charts, which are pictures, are drawn anew."""
    leima("init", "L").expect(0)
    leima("generate", "L", "--members", "20", "--months", "2").expect(0)
    write("base.yaml", leima("rules", "show", "L").expect(0).out)
    replay("--rules", "base.yaml", "--html", "page.html")
    with open("page.html", encoding="utf-8") as file:
        page = file.read()
    style = page[page.index("<style>"):page.index("</style>")]
    screen, paper = style.split("@media print")
    light = re.search(r":root \{([^}]*)\}", screen)[1]
    dark = re.search(r"@media screen and \(prefers-color-scheme: dark\) \{\s*"
                     r":root:not\(\.printed\) \{([^}]*)\}", screen)[1]
    equal("colours", re.findall("--[a-z]+(?=:)", dark),
          re.findall("--[a-z]+(?=:)", light))
    assert "#" not in screen.replace(light, "").replace(dark, ""), screen
    assert "prefers" not in paper, paper
    script = page[page.rindex("<script>"):]
    assert '["beforeprint", true]' in script, script
    # No chart keeps a colour that it was drawn with.
    assert re.search(r"[cC]olor: [a-z]+ => colour\(", script), script
    assert not re.search(r"[cC]olor: (\[|colour\()", script), script


def test_ctrl_c_ends_it_with_a_word():
    long_history()
    words = ["replay", "L", "--rules", "base.yaml", "--threads", "1", "--vary",
             "earn.base.points=1..999:1", "--html", "page.html"]
    status, out, seen = on_a_terminal(
        words, rb"of [0-9,]+ \([0-9]+ %\), [0-9,]+/s")
    equal("status", status, -signal.SIGINT)
    equal("output", out, "")
    assert not os.path.exists("page.html")
    last = seen.replace("\r", "\n").strip().splitlines()[-1]
    equal("word", last.split("\033[K")[-1],
          "leima replay: interrupted; nothing is changed or written")
    leima("verify", "L").expect(0)


def test_progress_tells_rate_and_time_left():
    """With as many candidates as a fast machine needs to take a while."""
    long_history()
    for count in (5, 50, 999):
        words = ["replay", "L", "--rules", "base.yaml", "--threads", "1",
                 "--vary", f"earn.base.points=1..{count}:1"]
        status, out, seen = on_a_terminal(words, None)
        equal("status", status, 0)
        equal("the line is gone", seen.split("\r")[-1], "\033[K")
        assert out.startswith(f"{count} candidates "), out
        if re.search(r"events replayed: [0-9,]+ of [0-9,]+ \([0-9]+ %\), "
                     r"[0-9,]+/s, [0-9]+ s left", seen):
            break
    else:
        raise AssertionError(f"no rate: {seen}")
    quiet = leima("replay", "L", "--rules", "base.yaml").expect(0)
    equal("no terminal", quiet.err, "")


if __name__ == "__main__":
    main(globals())
