/*
 * sim.c - runs worlds from seeds and says which of them went wrong
 *
 *   sim [SEED=n] [FIRST=n] [COUNT=n] [SECONDS=n] [LOUD=0|1|2] [STOP=1]
 *       [EVERY=1] [HERD=stores] [FORGERS=1] [HUBLIES=1]
 *
 * With SEED one world is repeated exactly; else seeds follow from FIRST until
 * COUNT or SECONDS are over.  Each seed draws its plan: which misfortunes
 * there are, and how bad; with EVERY the run is wrong where a kind of them has
 * never struck (toll.h).  With FORGERS each world has some (forger.h), with
 * HUBLIES its hubs lie (hub_lies.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <sodium.h>

#include "core/crypto.h"
#include "tests/sim/toll.h"
#include "tests/sim/trace_model.h"
#include "tests/sim/world.h"

/* --- random numbers of libsodium, from the seed --- */

static struct luck sodium_luck;

static const char *
sodium_name(void)
{
    return "simulator";
}

static uint32_t
sodium_random(void)
{
    return (uint32_t)luck_draw(&sodium_luck);
}

static void
sodium_fill(void *const bytes, const size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)luck_draw(&sodium_luck);
}

static struct randombytes_implementation sodium_body = {
    .implementation_name = sodium_name,
    .random = sodium_random,
    .buf = sodium_fill,
};

static uint64_t
number(int count, char **words, const char *name, uint64_t missing)
{
    size_t size = strlen(name);

    for (int i = 1; i < count; i++)
        if (strncmp(words[i], name, size) == 0 && words[i][size] == '=')
            return strtoull(words[i] + size + 1, NULL, 10);
    return missing;
}

/* The name of the program stands before an assertion that fails, which ends it
 * without another word. */
static void
name_after(uint64_t seed)
{
    static char name[40];

    snprintf(name, sizeof name, "sim SEED=%llu", (unsigned long long)seed);
    program_invocation_short_name = name;
}

static bool
run(uint64_t seed, uint32_t loud, uint32_t herd, enum plan_liars liars)
{
    struct world world;
    struct world_plan plan = herd                   ? plan_herd(herd)
                             : liars == LIARS_NODES ? plan_forgers(seed)
                             : liars == LIARS_HUBS  ? plan_hub_lies(seed)
                                                    : plan_draw(seed);

    name_after(seed);
    sodium_luck.state = seed * 7 + 1;
    trace_be_loud(loud);
    world_open(&world, &plan, seed);
    bool good = world_run(&world);
    if (herd && good)
        printf("ok %u stores that were cut off for 8 hours are up to date in "
               "%.1f s\n",
               plan.stores, (double)world.rest_ms / 1000);
    if (loud || herd || !good)
        printf("%sok seed %llu: %u stores, %u sales, %u + %u granted, %u told, "
               "%llu frames, %llu lost, %.0f s, at most %lld kB at a hub, %lld "
               "at a node, trace %016llx%s%s\n",
               good ? "" : "not ", (unsigned long long)seed, plan.stores,
               world.sale_count, world.grants, world.alone, world.told,
               (unsigned long long)world.net.sent,
               (unsigned long long)world.net.lost,
               (double)machine_true_ms() / 1000,
               (long long)world.hub_most / 1000,
               (long long)world.node_most / 1000,
               (unsigned long long)world_print(&world), good ? "" : ": ",
               world.problem);
    world_close(&world);
    return good;
}

int
main(int count, char **words)
{
    uint32_t loud = (uint32_t)number(count, words, "LOUD", 0);
    uint32_t herd = (uint32_t)number(count, words, "HERD", 0);
    enum plan_liars liars = number(count, words, "FORGERS", 0)   ? LIARS_NODES
                            : number(count, words, "HUBLIES", 0) ? LIARS_HUBS
                                                                 : LIARS_NONE;
    uint64_t first = number(count, words, "FIRST", 1);
    uint64_t most = number(count, words, "COUNT", 1000000);
    uint64_t seconds = number(count, words, "SECONDS", 60);
    uint64_t bad = 0;
    uint64_t done = 0;
    time_t until = time(NULL) + (time_t)seconds;

    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    randombytes_set_implementation(&sodium_body);
    (void)crypto_random_number(); /* libsodium draws when it starts */
    uint64_t seed = number(count, words, "SEED", UINT64_MAX);
    if (seed != UINT64_MAX)
        return !run(seed, loud > 1 ? loud : 1, herd, liars);
    bool stops = number(count, words, "STOP", 0) != 0;
    for (; done < most && time(NULL) < until && !(stops && bad); done++)
        bad += !run(first + done, loud, herd, liars);
    printf("%s %llu worlds, from number %llu on, %llu of them wrong\n",
           bad ? "not ok" : "ok", (unsigned long long)done,
           (unsigned long long)first, (unsigned long long)bad);
    if (number(count, words, "EVERY", 0) != 0)
        bad += !toll_print(liars);
    return bad != 0;
}
