#!/usr/bin/env python3
"""test_lack.py - what a command does when the machine has no memory for it

A library is preloaded that refuses the n-th allocation, for one n in three, or
fewer; STEP=1 tries three times as many.  Each time the answer is the right one, or the status is
4 and words say why; never another answer with status 0, never half of one
stored, and never a ledger that is damaged or thinks it is.
"""
import json
import os
import re
import shutil
import subprocess
import zipfile

from leima import LEIMA, Result, leima, main

STEP = int(os.environ.get("STEP", "3"))

# It counts from the program's first doing on: what its libraries need before
# that is theirs.
LACK = """
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static atomic_bool begun;
static atomic_long count;
static long at;

char *
setlocale(int category, const char *name)
{
    char *(*real)(int, const char *) = dlsym(RTLD_NEXT, "setlocale");
    char *result = real(category, name);

    at = atol(getenv("LACK_AT"));
    begun = 1;
    return result;
}

static int
lacks(void)
{
    if (!begun || ++count != at)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size) { return lacks() ? 0 : __libc_malloc(size); }
void *calloc(size_t n, size_t size) { return lacks() ? 0 : __libc_calloc(n, size); }
void *realloc(void *old, size_t size) { return lacks() ? 0 : __libc_realloc(old, size); }

/* A process that this one has begun goes on counting. */
__attribute__((destructor)) static void
end(void)
{
    long most = 0;

    begun = 0;
    FILE *file = fopen("allocations", "a+");
    while (fscanf(file, "%ld", &most) == 1)
        if (most > count)
            count = most;
    fprintf(file, "%ld ", (long)count);
    fclose(file);
}

void
_exit(int status)
{
    end();
    syscall(SYS_exit_group, status);
    __builtin_unreachable();
}
"""
RULES = """program: Kanta
currency: EUR
timezone: Europe/Helsinki
partners:
  - {id: market, stores: [10], issue_price: 0.010, redeem_price: 0.009}
earn:
  - {id: base, per: 1.00, points: 1}
"""


def sale(number):
    return json.dumps({"kind": "purchase", "member": 4, "receipt": f"r{number}",
                       "total": 1000, "id": f"i{number}",
                       "at": "2026-01-05T10:00:00Z"}) + "\n"


def make():
    with open("lack.c", "w") as file:
        file.write(LACK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", "lack.so", "lack.c"],
                   check=True)
    for name, points in (("p.yaml", 1), ("q.yaml", 2)):
        with open(name, "w") as file:
            file.write(RULES.replace("points: 1", f"points: {points}"))
    leima("init", "L", "--node", 1, "--store", 10,
          "--incarnation", 5).expect(0)
    leima("rules", "publish", "L", "p.yaml", "--from", "2000-01-01").expect(0)
    leima("append", "L", given=sale(1) + sale(2)).expect(0)


def told(result):
    """A close that is made again knows more."""
    return re.sub(r'"known": "[^"]*"', "", result.out)


def short(words, given, at):
    """The command, whose allocation of that number is refused; 0: none is."""
    done = subprocess.run([LEIMA, *words], input=given.encode(), timeout=600,
                          capture_output=True, env={
                              **os.environ, "LACK_AT": str(at),
                              "LD_PRELOAD": os.path.abspath("lack.so")})
    return Result(words, done)


def refusals(words, given="", between=lambda: None, step=STEP):
    """Tells (n, result, whether it is as without) for every n."""
    if os.path.exists("allocations"):
        os.remove("allocations")
    whole = short(words, given, 0).expect(0)
    with open("allocations") as file:
        count = int(file.read().split()[-1])
    assert count > 20, f"{words}: {count} allocations"
    for at in range(1, count + 1, step):
        between()
        result = short(words, given, at)
        where = f"{result.words}: allocation {at}: {result.status}"
        assert result.status in (0, 4), f"{where} {result.err}"
        if result.status == 0:
            assert told(result) == told(whole), f"{where} {result.out}"
        else:
            assert result.err != "", where
        yield where, result


def test_no_answer_is_wrong():
    make()
    leima("settle", "L", "--period", "2026-01", "--close").expect(0)
    at = ["--at", "2026-02-01"]
    for words in (["status", "L"], ["verify", "L"], ["rules", "check", "p.yaml"],
                  ["rules", "list", "L", "--json"], ["rules", "list", "L"],
                  ["generate", "--members", "3", "--months", "1",
                   "--output", "-"],
                  ["rules", "diff", "p.yaml", "q.yaml"],
                  ["accounts", "L", *at], ["balance", "L", "4", *at],
                  ["explain", "L", "4", *at]):
        for _ in refusals(words):
            pass
        leima("verify", "L").expect(0)


def cells():
    """What the workbook in the folder "out" says, which is gone then."""
    name, = os.listdir("out")
    with zipfile.ZipFile(os.path.join("out", name)) as book:
        found = {name: book.read(name) for name in book.namelist()}
    shutil.rmtree("out")
    return found


def test_no_workbook_lacks_a_cell():
    """Its library crashes, or leaves out what it had no memory for."""
    make()
    leima("settle", "L", "--period", "2026-01", "--close").expect(0)
    os.mkdir("drafts")
    os.environ["TMPDIR"] = "drafts"
    words = ["settle", "L", "--period", "2026-01", "--format", "xlsx",
             "--output", "out"]
    try:
        leima(*words).expect(0)
        whole = cells()
        between = (lambda: shutil.rmtree("out", ignore_errors=True))
        for where, result in refusals(words, between=between, step=7 * STEP):
            if result.status == 0:
                assert cells() == whole, where
            else:
                assert not os.path.exists("out") or not os.listdir("out"), where
            assert os.listdir("drafts") == [], where
    finally:
        del os.environ["TMPDIR"]


def fresh():
    shutil.rmtree("L")
    shutil.copytree("kept", "L")


def test_what_is_stored_is_whole():
    """A close that signed half a statement would stand for ever."""
    make()
    os.rename("L", "kept")
    shutil.copytree("kept", "L")
    before = leima("export", "L").out
    for words, given in ((["settle", "L", "--period", "2026-01", "--close",
                           "--json"], ""),
                         (["append", "L", "--json"], sale(3))):
        for where, result in refusals(words, given, fresh):
            told = leima("verify", "L")
            assert told.status == 0, f"{where} {told.out}"
            if "nothing has changed" in result.err:
                assert leima("export", "L").out == before, where
        fresh()


if __name__ == "__main__":
    main(globals())
