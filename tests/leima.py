"""leima.py - what the black-box tests share: the program, a ledger, results

A test is a function whose name begins with test_; main() runs those of a
module, each in a folder of its own, and prints "ok NAME", "not ok NAME: why"
or "skip NAME: why", as tests/run.sh wants it.  Standard library only.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

# Whoever runs this in the background may have had it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LEIMA = os.environ.get("LEIMA", os.path.join(TREE, "build", "leima"))


class Skip(Exception):
    """Raised by a test that can't be tried here."""


class Result:
    def __init__(self, words, done):
        self.words = " ".join(words)
        self.status = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def expect(self, status):
        if self.status != status:
            raise AssertionError(
                f"leima {self.words}: status {self.status}, expected {status}: "
                f"{self.err.strip()[:500]}")
        return self


def leima(*words, given=None, env=None):
    words = [str(word) for word in words]
    if isinstance(given, str):
        given = given.encode()
    done = subprocess.run([LEIMA, *words], input=given or b"",
                          capture_output=True, timeout=600,
                          env={**os.environ, **(env or {})})
    return Result(words, done)


def shared(*path):
    """A file of the shared data sets, which are not part of the tree."""
    found = os.path.join(TREE, "..", "shared", "data", *path)
    if not os.path.exists(found):
        raise Skip("../shared/data is not there")
    return found


def place(why):
    """Where in the test it was, and what stands there."""
    frames = traceback.extract_tb(why.__traceback__)
    where = next((each for each in reversed(frames) if os.path.basename(
        each.filename).startswith("test_")), frames[-1])
    return f"{os.path.basename(where.filename)}:{where.lineno}: {where.line}"


def run(name, test):
    folder = tempfile.mkdtemp(prefix="leima-test-")
    here = os.getcwd()
    os.chdir(folder)
    try:
        test()
        print(f"ok {name}", flush=True)
        return True
    except Skip as why:
        print(f"skip {name}: {why}", flush=True)
        return True
    except AssertionError as why:
        print(f"not ok {name}: {why or 'not so'} in {place(why)}", flush=True)
    except Exception as why:
        print(f"not ok {name}: {why!r} in {place(why)}", flush=True)
    finally:
        os.chdir(here)
        shutil.rmtree(folder, ignore_errors=True)
    return False


def main(tests):
    wanted = sys.argv[1:]
    done = [run(name, test) for name, test in list(tests.items())
            if name.startswith("test_") and
            (not wanted or any(word in name for word in wanted))]
    if not done:
        sys.exit(f"no test is named like that: {' '.join(wanted)}")
    sys.exit(0 if all(done) else 1)
