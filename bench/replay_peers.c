#include "bench/replay_peers.h"

#include "bench/bench.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define QUESTIONS "bench/replay_questions.sql"

enum { COMMAND_SIZE = 16384 };

/* Runs a command and takes the lines of its answer; how long it took by its
 * own account, the median of what it says, or else by ours. */
static double
ask(const char *command, struct replay_sums *ret_sums)
{
    double told[BENCH_RUNS];
    uint32_t count = 0;
    char line[256];

    memset(ret_sums, 0, sizeof *ret_sums);
    double start = bench_now();
    FILE *answer = popen(command, "r");
    bench_need(answer != NULL, "run a command");
    while (fgets(line, sizeof line, answer) != NULL) {
        if (count < BENCH_RUNS &&
            sscanf(line, "seconds,%lf", &told[count]) == 1)
            count++;
        else
            bench_need(replay_sums_add(ret_sums, line), line);
    }
    bench_need(pclose(answer) == 0, command);
    return count > 0 ? bench_median(told, count) : bench_now() - start;
}

double
replay_peers_duckdb(const char *folder, const char *csv,
                    struct replay_sums *ret_sums)
{
    const char *modules = getenv("BENCH_DUCKDB");
    char command[COMMAND_SIZE];

    if (modules == NULL || system("node --version >/dev/null 2>&1") != 0)
        return -1;
    snprintf(command, sizeof command,
             "node bench/replay_duckdb.mjs '%s' '%s' %s %d", modules, csv,
             QUESTIONS, BENCH_RUNS);
    double seconds = ask(command, ret_sums);
    snprintf(command, sizeof command, "rm -rf '%s/duckdb'", folder);
    bench_need(system(command) == 0, "remove the temporary files");
    return seconds;
}

double
replay_peers_sqlite(const char *folder, const char *csv,
                    struct replay_sums *ret_sums)
{
    char command[COMMAND_SIZE];

    if (system("sqlite3 --version >/dev/null 2>&1") != 0)
        return -1;
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
    double seconds = ask(command, ret_sums);
    snprintf(command, sizeof command, "rm -f '%s/peer.sqlite'", folder);
    bench_need(system(command) == 0, "remove the temporary files");
    return seconds;
}
