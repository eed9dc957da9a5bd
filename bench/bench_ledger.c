/*
 * bench_ledger.c - the commands that take a whole history: import, the fold of
 * every account, export, settlement, a replay, and one account by itself
 *
 * A generated year of 20,000 members at 20 stores, receipts with lines.  Each
 * command is run as a user runs it, process start included.
 */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

/* Runs a command with FOLDER for each "%s" and returns the seconds it took. */
static double
run(const char *folder, const char *format)
{
    char command[16384];

    snprintf(command, sizeof command, format, folder, folder, folder);
    double start = bench_now();
    bench_need(system(command) == 0, command);
    return bench_now() - start;
}

static double
count_lines(const char *folder)
{
    char path[4200];
    double lines = 0;

    snprintf(path, sizeof path, "%s/events.jsonl", folder);
    FILE *file = fopen(path, "r");
    bench_need(file != NULL, "read the generated events");
    for (int c; (c = getc(file)) != EOF;)
        lines += c == '\n';
    fclose(file);
    return lines;
}

static void
measure(struct bench *bench, const char *folder, const char *name,
        const char *format, double events)
{
    double rates[BENCH_RUNS];

    for (int i = 0; i < BENCH_RUNS; i++)
        rates[i] = events / run(folder, format);
    bench_add(bench, name, "events/s", bench_median(rates, BENCH_RUNS));
}

static void
measure_import(struct bench *bench, const char *folder, double events)
{
    double rates[BENCH_RUNS];

    for (int i = 0; i < BENCH_RUNS; i++) {
        run(folder, "rm -rf %s/ledger; build/leima init %s/ledger >/dev/null");
        run(folder, "build/leima rules publish %s/ledger %s/program.yaml "
                    "--from 2000-01-01 >/dev/null");
        rates[i] =
            events / run(folder, "build/leima import %s/ledger %s/events.jsonl "
                                 "2>/dev/null");
    }
    bench_add(bench, "import of JSON Lines", "events/s",
              bench_median(rates, BENCH_RUNS));
}

int
main(void)
{
    struct bench bench = { .name = "ledger" };
    const char *folder = bench_folder();
    double seconds[BENCH_RUNS];

    run(folder, "build/leima generate --output %s/events.jsonl --rules "
                "%s/program.yaml --stores 20 --members 20000 --visits 40");
    double events = count_lines(folder);
    measure_import(&bench, folder, events);
    measure(&bench, folder, "fold of all accounts (accounts --json)",
            "build/leima accounts %s/ledger --json >/dev/null", events);
    measure(&bench, folder, "settle of a month (all accounts folded)",
            "build/leima settle %s/ledger --period 2024-06 --json >/dev/null",
            events);
    measure(&bench, folder, "replay, baseline and candidate",
            "build/leima replay %s/ledger --rules %s/program.yaml --json "
            ">/dev/null",
            events);
    measure(&bench, folder, "export of JSON Lines",
            "build/leima export %s/ledger >/dev/null 2>&1", events);
    for (int i = 0; i < BENCH_RUNS; i++)
        seconds[i] = run(folder, "build/leima balance %s/ledger 77 >/dev/null");
    bench_add(&bench, "balance of one account, a process", "ms",
              bench_median(seconds, BENCH_RUNS) * 1e3);
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
