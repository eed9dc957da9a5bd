#!/usr/bin/env python3
"""test_print.py - pages on paper, as Chromium prints them: no border is cut
off, no sheet is left empty, and how wide the window was plays no part

Skipped where there is no chromium or no pdftoppm.
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from leima import TREE, Skip, leima, main  # noqa: E402

PROGRAM = os.path.join(TREE, "tools", "demo.yaml")
WHITE = 250
DOTS = 150  # an inch


class Sheet:
    """A printed sheet: for each column and row of dots, how many are not
    white."""

    def __init__(self, path):
        with open(path, "rb") as file:
            magic, width, height, most = file.read(20).split()[:4]
            assert (magic, most) == (b"P5", b"255"), path
            file.seek(-int(width) * int(height), os.SEEK_END)
            dots = file.read().translate(
                bytes(byte < WHITE for byte in range(256)))
        width = int(width)
        self.rows = [sum(dots[at:at + width])
                     for at in range(0, len(dots), width)]
        self.columns = [sum(dots[at::width]) for at in range(width)]


def printed(page, window):
    for tool in ("chromium", "pdftoppm"):
        if shutil.which(tool) is None:
            raise Skip(f"there is no {tool}")
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
         f"--user-data-dir={os.getcwd()}/profile",
         f"--window-size={window},1000", "--no-pdf-header-footer",
         "--print-to-pdf=page.pdf", f"file://{os.path.abspath(page)}"],
        check=True, capture_output=True, timeout=120)
    folder = f"sheets-{window}"
    os.mkdir(folder)
    subprocess.run(["pdftoppm", "-gray", "-r", str(DOTS), "page.pdf",
                    f"{folder}/sheet"], check=True)
    return [Sheet(f"{folder}/{name}") for name in sorted(os.listdir(folder))]


def check(sheets, where):
    for number, sheet in enumerate(sheets, 1):
        inked = [at for at, count in enumerate(sheet.rows) if count > 0]
        assert inked, f"{where}: sheet {number} is empty"
        assert number == len(sheets) or inked[-1] > len(sheet.rows) // 2, \
            f"{where}: sheet {number} ends at {inked[-1]}"
        # Sections stand one below another between the same two borders, whose
        # corners are round.
        lines = [at for at, count in enumerate(sheet.columns) if count > 0]
        left, right = (sum(sheet.columns[at] for at in end) for end in (
            range(lines[0], lines[0] + 3),
            range(lines[-1] - 2, lines[-1] + 1)))
        assert abs(left - right) <= max(left, right) // 8, \
            f"{where}: sheet {number}: borders of {left} and {right} dots"


def test_replay():
    leima("init", "L").expect(0)
    leima("generate", "L", "--members", 200, "--months", 8).expect(0)
    for words in ([], ["--vary", "earn.base.points=1..9:1",
                       "--vary", "tiers.levels.gold.from=1500,2500"]):
        leima("replay", "L", "--rules", PROGRAM, *words, "--html",
              "page.html").expect(0)
        counts = []
        for window in (800, 1600):
            sheets = printed("page.html", window)
            check(sheets, f"{len(words)} options, {window} wide")
            counts.append(len(sheets))
            shutil.rmtree(f"sheets-{window}")
        assert counts[0] == counts[1], counts


if __name__ == "__main__":
    main(globals())
