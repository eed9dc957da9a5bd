#include "bench/process.h"

#include "bench/bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void
process_run(const char *folder, const char *words)
{
    char command[8192];

    snprintf(command, sizeof command,
             "L=$PWD/build/leima && cd %s && ($L %s) >/dev/null 2>&1", folder,
             words);
    bench_need(system(command) == 0, words);
}

pid_t
process_start(const char *folder, const char *word, const char *ledger,
              const char *option, const char *value)
{
    char program[4096], out[256];

    bench_need(realpath("build/leima", program) != NULL, "find build/leima");
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    snprintf(out, sizeof out, "%s.out", ledger);
    bool ready = chdir(folder) == 0 && freopen(out, "w", stdout) != NULL &&
                 freopen("/dev/null", "w", stderr) != NULL;
    if (ready)
        execl(program, "leima", word, ledger, option, value, NULL);
    _exit(1);
}

void
process_stop(pid_t pid)
{
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

void
process_endpoint(const char *folder, const char *ledger,
                 char endpoint[static 64])
{
    char path[4200];

    snprintf(path, sizeof path, "%s/%s.out", folder, ledger);
    for (double end = bench_now() + 20; bench_now() < end;) {
        FILE *file = fopen(path, "r");
        int found = file == NULL ? 0 : fscanf(file, "listening %63s", endpoint);
        if (file != NULL)
            fclose(file);
        if (found == 1)
            return;
        nanosleep(&(struct timespec) { .tv_nsec = 200000 }, NULL);
    }
    bench_need(false, "see the hub listen");
}
