/*
 * test_properties.c - the fold equals the slow ledger that is plainly right,
 * on random programs and histories (trial.h says what is compared)
 *
 *   SEED=n   begin with that seed (and try only it unless COUNT is given)
 *   COUNT=n  so many histories
 *   SHRINK=0 only the first seed that fails, as it is
 *
 * Every failure prints its seed and the smallest case that still fails.
 */
#include "core/event.h"
#include "tests/shrink.h"
#include "tests/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BATCH = 250,  /* histories to a process */
    SECONDS = 60, /* for a batch */
    FAILURES_MAX = 3,
};

/* Under sanitizers is where `make test` runs it. */
#ifdef __SANITIZE_ADDRESS__
static const uint64_t histories = 20000;
#else
static const uint64_t histories = 4000;
#endif

static uint64_t
setting(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);

    return value == NULL || *value == '\0' ? otherwise
                                           : strtoull(value, NULL, 10);
}

static struct gen_case *
make_case(struct trial *trial, struct arena *arena, uint64_t seed)
{
    struct gen_case *made = malloc(sizeof *made);

    assert_non_null(made);
    arena_reset(arena);
    gen_case_make(seed, trial_zones(trial), arena, made);
    return made;
}

/* One history; what is generated must be valid. */
static bool
try_seed(struct trial *trial, struct arena *arena, uint64_t seed)
{
    struct gen_case *made = make_case(trial, arena, seed);
    struct text why = { 0 };
    struct complaint complaint = { "" };
    bool good = true;

    for (uint32_t i = 0; i < made->event_count && good; i++)
        if (event_check(&made->events[i], &complaint) != OK) {
            printf("seed %llu: %s\n", (unsigned long long)seed, complaint.text);
            good = false;
        }
    enum trial_verdict verdict = trial_run(trial, made, &why);
    if (verdict == TRIAL_INVALID)
        printf("seed %llu: %.*s\n", (unsigned long long)seed, (int)why.size,
               (const char *)why.bytes);
    text_close(&why);
    free(made);
    return good && verdict == TRIAL_EQUAL;
}

static void
show(struct trial *trial, struct arena *arena, uint64_t seed)
{
    struct gen_case *made = make_case(trial, arena, seed);

    shrink_case(trial, made);
    if (fork() == 0) {
        shrink_print(trial, made);
        _exit(0);
    }
    wait(NULL);
    free(made);
}

/* Tries the seeds in a child; returns the first one that failed, or the end:
 * the child may die of it. */
static uint64_t
run_batch(struct trial *trial, struct arena *arena, uint64_t from, uint64_t end)
{
    uint64_t *now = mmap(NULL, sizeof *now, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(now != MAP_FAILED);
    *now = from;
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(SECONDS);
        while (*now < end && try_seed(trial, arena, *now))
            ++*now;
        fflush(stdout);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    uint64_t reached = *now;
    munmap(now, sizeof *now);
    return reached;
}

TEST(the_fold_equals_the_model)
{
    bool one = getenv("SEED") != NULL;
    uint64_t from = setting("SEED", 1);
    uint64_t end = from + setting("COUNT", one ? 1 : histories);
    struct trial *trial = trial_open();
    struct arena arena;
    uint32_t failures = 0;
    bool shrink = setting("SHRINK", 1) != 0;

    assert_true(arena_open(&arena, (size_t)1 << 30));
    while (from < end && failures < FAILURES_MAX) {
        uint64_t stop = from + BATCH < end ? from + BATCH : end;
        from = run_batch(trial, &arena, from, stop);
        if (from == stop)
            continue;
        failures++;
        if (!shrink)
            break;
        show(trial, &arena, from++);
    }
    if (failures > 0 && !shrink)
        printf("seed %llu\n", (unsigned long long)from);
    arena_close(&arena);
    trial_close(trial);
    assert_int_equal(failures, 0);
}

RUN(cmocka_unit_test(the_fold_equals_the_model))
