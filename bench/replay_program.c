#include "bench/replay_program.h"

#include "bench/bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EVERY_NS = 2000000 };

static pid_t
start(const char *ledger, const char *rules)
{
    pid_t child = fork();

    bench_need(child >= 0, "start a process");
    if (child > 0)
        return child;
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0)
        execl("build/leima", "leima", "replay", ledger, "--rules", rules,
              "--json", (char *)NULL);
    _exit(127);
}

struct replay_program
replay_program_run(const char *ledger, const char *rules)
{
    const struct timespec pause = { .tv_nsec = LOOK_EVERY_NS };
    struct rusage used;
    int status = 0;
    long peak_kb = 0;

    double begun = bench_now();
    pid_t child = start(ledger, rules);
    while (wait4(child, &status, WNOHANG, &used) == 0) {
        long now_kb = bench_rss_anon_kb(child);
        peak_kb = now_kb > peak_kb ? now_kb : peak_kb;
        nanosleep(&pause, NULL);
    }
    bench_need(WIFEXITED(status) && WEXITSTATUS(status) == 0,
               "run build/leima replay");
    return (struct replay_program) {
        .seconds = bench_now() - begun,
        .anonymous_mb = (double)peak_kb / 1024,
        .resident_mb = (double)used.ru_maxrss / 1024,
    };
}
