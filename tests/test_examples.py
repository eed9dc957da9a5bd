#!/usr/bin/env python3
"""test_examples.py - the worked examples, run as tests/examples/README.md says

Each folder of tests/examples is one test: its program is published, its
events are imported (in parts, where there are closes), and what the program
answers is compared with the files, as JSON values.

    tests/test_examples.py [WORD...]    only the folders with that word in them
"""
import glob
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import TREE, leima, run  # noqa: E402


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def publish(folder):
    leima("rules", "publish", "L", os.path.join(folder, "program.yaml"),
          "--from", "2000-01-01").expect(0)
    for path in sorted(glob.glob(os.path.join(folder, "program@*.yaml"))):
        day = os.path.basename(path)[len("program@"):-len(".yaml")]
        leima("rules", "publish", "L", path, "--from", day).expect(0)


def import_lines(lines):
    if lines:
        leima("import", "L", "-", given="".join(lines)).expect(0)


def import_all(folder):
    lines = read(folder, "events.jsonl").splitlines(keepends=True)
    known = 0
    if os.path.exists(os.path.join(folder, "closes")):
        for row in read(folder, "closes").splitlines():
            period, count = row.split()
            import_lines(lines[known:int(count)])
            known = int(count)
            leima("settle", "L", "--period", period, "--close").expect(0)
    import_lines(lines[known:])


def account_of(name):
    account = name[len("explain-"):-len(".json")]
    if account.startswith("bearer-"):
        return "bearer:" + account[len("bearer-"):]
    return account


def first_difference(found, wanted, path=""):
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in list(wanted) + [k for k in found if k not in wanted]:
            if found.get(key) != wanted.get(key):
                return first_difference(found.get(key), wanted.get(key),
                                        f"{path}.{key}")
    if isinstance(found, list) and isinstance(wanted, list):
        for i, (a, b) in enumerate(zip(found, wanted)):
            if a != b:
                return first_difference(a, b, f"{path}[{i}]")
        return f"{path}: {len(found)} entries, expected {len(wanted)}"
    return f"{path}: {json.dumps(found)}, expected {json.dumps(wanted)}"


def compare(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}: {first_difference(found, wanted)}")


def check_balance(folder, at):
    found = leima("accounts", "L", "--at", at, "--json").expect(0)
    wanted = [json.loads(line)
              for line in read(folder, "balance.jsonl").splitlines()]
    compare("balance", found.lines(), wanted)
    for row in found.lines():
        assert list(row) == list(wanted[0]), "balance: the order of the keys"
        one = leima("balance", "L", row["account"], "--at", at, "--json")
        compare(f"balance of {row['account']}", one.expect(0).json(), row)


def check_file(folder, name, at):
    wanted = json.loads(read(folder, name))
    if name.startswith("explain-"):
        found = leima("explain", "L", account_of(name), "--at", at,
                      "--json").expect(0).json()
    elif name.startswith("settle-"):
        found = leima("settle", "L", "--period", name[len("settle-"):-5],
                      "--format", "json").expect(0).json()
        found.pop("known", None)
        wanted.pop("known", None)
    else:
        found = leima("replay", "L", "--rules",
                      os.path.join(folder, "candidate.yaml"), "--until", at,
                      "--json").expect(0).json()
    compare(name, found, wanted)


def example(folder, names):
    def test():
        at = read(folder, "at").strip()
        leima("init", "L", "--node", "1", "--incarnation", "1").expect(0)
        publish(folder)
        import_all(folder)
        for name in names:
            if name == "balance.jsonl":
                check_balance(folder, at)
            else:
                check_file(folder, name, at)
    return test


PARTS = {
    "balance": ("balance.jsonl",),
    "explain": ("explain-",),
    "settle": ("settle-",),
    "replay": ("replay.json",),
}


def main():
    good = True
    for folder in sorted(glob.glob(os.path.join(TREE, "tests", "examples",
                                                "*", ""))):
        for part, prefixes in PARTS.items():
            names = sorted(name for name in os.listdir(folder)
                           if name.startswith(prefixes))
            name = f"{os.path.basename(os.path.dirname(folder))} {part}"
            wanted = not sys.argv[1:] or any(w in name for w in sys.argv[1:])
            if names and wanted:
                good = run(name, example(folder, names)) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
