#include "bench/replay_peers.h"

#include "bench/bench.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define QUESTIONS "bench/replay_questions.sql"

enum { COMMAND_SIZE = 16384 };

/* Of the processes that have been waited for. */
static double
children_cpu(void)
{
    struct rusage used;

    getrusage(RUSAGE_CHILDREN, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* Runs a command and takes the lines of its answer; how long it took by its
 * own account, the median of what it says, or else by ours. */
static struct replay_time
ask(const char *command, struct replay_sums *ret_sums)
{
    double told[2][BENCH_RUNS];
    uint32_t count = 0;
    char line[256];

    memset(ret_sums, 0, sizeof *ret_sums);
    double start = bench_now(), cpu = children_cpu();
    FILE *answer = popen(command, "r");
    bench_need(answer != NULL, "run a command");
    while (fgets(line, sizeof line, answer) != NULL) {
        if (count < BENCH_RUNS && sscanf(line, "seconds,%lf,%lf",
                                         &told[0][count], &told[1][count]) == 2)
            count++;
        else
            bench_need(replay_sums_add(ret_sums, line), line);
    }
    bench_need(pclose(answer) == 0, command);
    if (count > 0)
        return (struct replay_time) { bench_median(told[0], count),
                                      bench_median(told[1], count) };
    return (struct replay_time) { bench_now() - start, children_cpu() - cpu };
}

struct replay_time
replay_peers_duckdb(const char *folder, const char *csv,
                    struct replay_sums *ret_sums)
{
    const char *modules = getenv("BENCH_DUCKDB");
    char command[COMMAND_SIZE];

    if (modules == NULL || system("node --version >/dev/null 2>&1") != 0)
        return (struct replay_time) { -1, -1 };
    snprintf(command, sizeof command,
             "node bench/replay_duckdb.mjs '%s' '%s' %s %d", modules, csv,
             QUESTIONS, BENCH_RUNS);
    struct replay_time time = ask(command, ret_sums);
    snprintf(command, sizeof command, "rm -rf '%s/duckdb'", folder);
    bench_need(system(command) == 0, "remove the temporary files");
    return time;
}

struct replay_time
replay_peers_sqlite(const char *folder, const char *csv,
                    struct replay_sums *ret_sums)
{
    char command[COMMAND_SIZE];

    if (system("sqlite3 --version >/dev/null 2>&1") != 0)
        return (struct replay_time) { -1, -1 };
    /* Of numbers, not of the words that an import would make of them. */
    snprintf(
        command, sizeof command,
        "rm -f '%s/peer.sqlite' && sqlite3 '%s/peer.sqlite' "
        "'CREATE TABLE event(account INTEGER, seq INTEGER, month INTEGER, "
        "weekend INTEGER, partner INTEGER, coffee INTEGER, redeem INTEGER, "
        "amount INTEGER)' '.import --csv --skip 1 \"%s\" event'",
        folder, folder, csv);
    bench_need(system(command) == 0, "fill a table of SQLite");
    snprintf(command, sizeof command, "sqlite3 -csv '%s/peer.sqlite' < %s",
             folder, QUESTIONS);
    struct replay_time time = ask(command, ret_sums);
    snprintf(command, sizeof command, "rm -f '%s/peer.sqlite'", folder);
    bench_need(system(command) == 0, "remove the temporary files");
    return time;
}
