/*
 * test_properties.c - the fold equals the slow ledger that is plainly right,
 * on random programs and histories (trial.h says what is compared)
 *
 *   SEED=n   begin with that seed (and try only it unless COUNT is given); wide
 *            ones (gen.h) begin at 1099511627776
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
    BATCH = 250,   /* histories to a process */
    SECONDS = 600, /* for a batch, on a slow machine */
    FAILURES_MAX = 3,
};

/* Under sanitizers is where `make test` runs it. */
static const uint64_t histories = HAS_ADDRESS_SANITIZER ? 20000 : 4000;

static uint64_t
setting(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);

    return value == NULL || *value == '\0' ? otherwise
                                           : strtoull(value, NULL, 10);
}

/* Where the cases come from: random ones by seed if `length` is 0, else all
 * those of that many events by number. */
struct source {
    struct trial *trial;
    struct arena *arena;
    uint32_t length;
    uint64_t stride;
};

static struct gen_case *
make_case(const struct source *source, uint64_t number)
{
    struct gen_case *made = malloc(sizeof *made);
    const struct zone *zones = trial_zones(source->trial);

    assert_non_null(made);
    arena_reset(source->arena);
    if (source->length > 0)
        gen_small_make(number, source->length, &zones[0], made);
    else
        gen_case_make(number, zones, source->arena, made);
    return made;
}

/* One history; what is generated must be valid. */
static bool
try_one(const struct source *source, uint64_t number)
{
    struct gen_case *made = make_case(source, number);
    struct text why = { 0 };
    struct complaint complaint = { "" };
    bool good = true;

    for (uint32_t i = 0; i < made->event_count && good; i++)
        if (event_check(&made->events[i], &complaint) != OK) {
            printf("seed %llu: %s\n", (unsigned long long)number,
                   complaint.text);
            good = false;
        }
    enum trial_verdict verdict = trial_run(source->trial, made, &why);
    if (verdict == TRIAL_INVALID)
        printf("seed %llu: %.*s\n", (unsigned long long)number, (int)why.size,
               (const char *)why.bytes);
    text_close(&why);
    free(made);
    return good && verdict == TRIAL_EQUAL;
}

static void
show(const struct source *source, uint64_t number)
{
    struct gen_case *made = make_case(source, number);

    shrink_case(source->trial, made);
    if (fork() == 0) {
        shrink_print(source->trial, made);
        _exit(0);
    }
    wait(NULL);
    free(made);
}

/* Tries the numbers in a child; returns the first one that failed, or the
 * end: the child may die of it. */
static uint64_t
run_batch(const struct source *source, uint64_t from, uint64_t end)
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
        while (*now < end && try_one(source, *now * source->stride))
            ++*now;
        fflush(stdout);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    uint64_t reached = *now;
    munmap(now, sizeof *now);
    return reached;
}

static void
run_all(struct source *source, uint64_t from, uint64_t end)
{
    struct arena arena;
    uint32_t failures = 0;
    bool shrink = setting("SHRINK", 1) != 0;

    assert_true(arena_open(&arena, (size_t)1 << 30));
    source->arena = &arena;
    source->trial = trial_open();
    while (from < end && failures < FAILURES_MAX) {
        uint64_t stop = from + BATCH < end ? from + BATCH : end;
        from = run_batch(source, from, stop);
        if (from == stop)
            continue;
        failures++;
        if (!shrink)
            break;
        show(source, from++ * source->stride);
    }
    if (failures > 0 && !shrink)
        printf("seed %llu\n", (unsigned long long)from);
    arena_close(&arena);
    trial_close(source->trial);
    assert_int_equal(failures, 0);
}

TEST(random_histories)
{
    bool one = getenv("SEED") != NULL;
    uint64_t from = setting("SEED", 1);
    struct source source = { .stride = 1 };

    run_all(&source, from, from + setting("COUNT", one ? 1 : histories));
}

TEST(wide_histories)
{
    struct source source = { .stride = 1 };

    if (getenv("SEED") == NULL)
        run_all(&source, GEN_WIDE, GEN_WIDE + setting("COUNT", histories) / 2);
}

/* In the hour that comes twice where clocks go back over midnight: stored
 * states, limits by the day, by the month and of an absence. */
TEST(what_once_failed)
{
    static const uint64_t SEEDS[] = { 1639, 2982, 4221, 4577, 15537 };
    struct source source = { .stride = 1 };

    for (uint32_t i = 0; i < COUNT_OF(SEEDS); i++)
        if (getenv("SEED") == NULL)
            run_all(&source, GEN_WIDE + SEEDS[i], GEN_WIDE + SEEDS[i] + 1);
}

TEST(all_histories_of_two_events)
{
    struct source source = { .length = 2, .stride = 1 };

    if (getenv("SEED") == NULL)
        run_all(&source, 0, gen_small_count(2));
}

/* All of them: LONG=1. */
TEST(every_so_many_of_three_events)
{
    struct source source = { .length = 3, .stride = 89 };

    source.stride = setting("LONG", 89);
    if (getenv("SEED") == NULL)
        run_all(&source, 0, gen_small_count(3) / source.stride);
}

RUN(cmocka_unit_test(random_histories), cmocka_unit_test(wide_histories),
    cmocka_unit_test(what_once_failed),
    cmocka_unit_test(all_histories_of_two_events),
    cmocka_unit_test(every_so_many_of_three_events))
