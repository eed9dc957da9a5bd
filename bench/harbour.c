#include "bench/harbour.h"

#include "bench/bench.h"
#include "core/json.h"
#include "core/ledger_publish.h"
#include "nodes/clock.h"
#include "nodes/hub.h"
#include "nodes/pulse.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FOLDED_MS = 300000 /* in which a hub that is well has folded */ };

/* A hub's ledger with the program published and the nodes enrolled. */
static struct ledger_identity
prepare(const char *path, enum sales_program program, struct fleet *fleet,
        curve_key *ret_key)
{
    const struct ledger_identity asked = { .node = 1 };
    struct complaint complaint = { "" };
    struct keys_pair keys;
    struct ledger *ledger;
    identity version;
    char *text = sales_program_text(program);
    struct ledger_publish publish = { .name = "program.yaml",
                                      .file = view_of(text),
                                      .now_ms = SALES_START_MS };

    bench_need(
        calendar_parse_date(view_of("2000-01-01"), &publish.from_day) &&
            ledger_create(path, &asked, SALES_START_MS, &complaint) == OK &&
            ledger_open(path, LEDGER_WRITE, &complaint, &ledger) == OK &&
            ledger_publish(ledger, &publish, &version, &complaint) == OK &&
            hub_keys(path, &keys, &complaint) == OK,
        complaint.text);
    free(text);
    fleet_enrol(fleet, ledger_journal(ledger));
    struct ledger_identity who = ledger_who(ledger);
    ledger_close(ledger);
    *ret_key = keys.public_key;
    keys_wipe(&keys);
    return who;
}

static pid_t
start(const char *path, char endpoint[static 64])
{
    int ends[2];

    bench_need(pipe(ends) == 0, "make a pipe");
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* gone when we are */
        dup2(ends[1], STDOUT_FILENO);
        if (freopen("/dev/null", "w", stderr) != NULL)
            execl("build/leima", "leima", "hub", path, "--listen",
                  "tcp://127.0.0.1:0", NULL);
        _exit(1);
    }
    close(ends[1]);
    FILE *words = fdopen(ends[0], "r");
    bench_need(pid > 0 && words != NULL &&
                   fscanf(words, "listening %63s", endpoint) == 1,
               "see the hub listen");
    fclose(words);
    return pid;
}

void
harbour_open(struct harbour *harbour, const char *folder,
             enum sales_program program, struct fleet *fleet)
{
    static int number;

    snprintf(harbour->path, sizeof harbour->path, "%s/hub-%d", folder,
             number++);
    harbour->epoch =
        prepare(harbour->path, program, fleet, &harbour->key).incarnation;
    harbour->process = start(harbour->path, harbour->endpoint);
}

void
harbour_close(struct harbour *harbour)
{
    kill(harbour->process, SIGTERM);
    waitpid(harbour->process, NULL, 0);
}

/* What the hub's newest pulse says. */
struct beat {
    int64_t at_ms;
    int64_t folded_ms;
    int64_t unfolded;
};

static bool
read_beat(const char *path, struct beat *ret_beat)
{
    struct arena arena = { 0 };
    struct json_tree *tree = NULL;
    view json, at, folded;

    bench_need(arena_open(&arena, 2 * PULSE_SIZE_MAX), "have memory");
    bool is_there =
        pulse_read(path, &arena, &json) == OK &&
        json_open(json, &tree, NULL) == OK &&
        json_get_string(json_get(tree, "at"), &at) &&
        json_get_string(json_get(tree, "folded_at"), &folded) &&
        json_get_integer(json_get(tree, "unfolded"), &ret_beat->unfolded) &&
        calendar_parse_time(at, &ret_beat->at_ms) &&
        calendar_parse_time(folded, &ret_beat->folded_ms);
    json_close(tree);
    arena_close(&arena);
    return is_there;
}

/* The pulse says when that was.  To read it takes the processor from the hub,
 * and more of it with many nodes. */
int64_t
harbour_wait_until_folded(const char *path)
{
    int64_t acked_ms = clock_wall_ms();
    struct beat beat;

    while (!read_beat(path, &beat) || beat.at_ms < acked_ms ||
           beat.unfolded > 0) {
        bench_need(clock_wall_ms() - acked_ms < FOLDED_MS,
                   "hear from the hub that it has folded");
        nanosleep(&(struct timespec) { .tv_nsec = 250000000 }, NULL);
    }
    return beat.folded_ms;
}
