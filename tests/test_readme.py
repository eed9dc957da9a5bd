#!/usr/bin/env python3
"""test_readme.py - the tour of README.md, pasted: it shows what comes out

Every command of the tour up to the running of hubs is run in its order in one
folder, and each line that README shows below it must be there, word by word.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import LEIMA, TREE, main  # noqa: E402

BAD = """program: Bad
currency: EUR
timezone: Europe/Helsinki
earn:
  - {id: base, per: 1.00, points: 1}
  - {id: w, when: {wekdays: [sat]}, multiply: 2}
"""


def tour():
    """The commands with the lines shown below each."""
    with open(os.path.join(TREE, "README.md"), encoding="utf-8") as file:
        text = file.read()
    text = text[text.index("### In the store"):text.index("### In operations")]
    found = []
    for line in text.splitlines():
        if line.startswith("    $ "):
            found.append((line[6:], []))
        elif line.startswith("    ") and found and found[-1] is not None:
            found[-1][1].append(line[4:])
        elif line != "":  # words: what comes next is no output
            found.append(None)
    return [each for each in found if each is not None]


def words(line):
    """Without what differs from run to run, and from paper to paper."""
    line = re.sub(r"\b(\d+)\.\d{10,}\.(\d+)\b", r"\1.1.\2", line)
    return re.sub(r"known \S+,", "known,", line).split()


def is_part(shown, said):
    """Columns that are empty there, or too many, README leaves out."""
    rest = iter(said)
    return all(word in rest for word in shown)


def write_events(lines):
    """day.jsonl, of which README folds a line."""
    with open("day.jsonl", "w", encoding="utf-8") as file:
        for line in lines:
            file.write(("\n" if line.startswith("{") else "") + line)
        file.write("\n")


def test_the_tour():
    os.symlink(os.path.join(TREE, "tools"), "tools")
    os.mkdir("bin")
    os.symlink(LEIMA, "bin/leima")
    with open("bad.yaml", "w", encoding="utf-8") as file:
        file.write(BAD)
    path = f"{os.getcwd()}/bin:{os.environ['PATH']}"
    commands = tour()
    assert len(commands) > 12, commands
    for command, shown in commands:
        if command == "cat day.jsonl":
            write_events(shown)
        done = subprocess.run(command, shell=True, capture_output=True,
                              text=True, env={**os.environ, "PATH": path})
        if command == "cat day.jsonl":
            continue
        said = [words(line) for line in
                (done.stdout + done.stderr + "\n").splitlines()]
        for line in shown:
            assert line.strip() == "..." or any(
                is_part(words(line), each) for each in said), (
                f"{command}: no line \"{line}\" in "
                f"{(done.stdout + done.stderr)[:2000]}")


if __name__ == "__main__":
    main(globals())
