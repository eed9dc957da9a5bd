/*
 * test_bulk.c - a history built in one pass says of every account, at every
 * position, what the one says that has grown bit by bit; the number of threads
 * and the memory change no byte of it; and the process holds no more than that
 * memory
 */
#include "core/bulk.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/history_copies.h"
#include "tests/medley.h"
#include "tests/unit.h"

static struct medley medley;

static struct history *
open_history(void)
{
    struct history *history;

    assert_int_equal(history_open(medley.inflow.place.path,
                                  medley.inflow.journal, true, &history),
                     OK);
    return history;
}

/* At some positions, the last among them. */
static void
tell(const struct history *history, struct text *text)
{
    uint64_t last = history_position(history);

    text_clear(text);
    for (uint64_t i = 1; i <= 4; i++)
        medley_tell(history, i == 4 ? HISTORY_ALL : last * i / 4, text);
}

static void
compare(uint64_t seed)
{
    struct text grown = { 0 }, built = { 0 };

    medley_open(&medley, seed);
    struct history *history = open_history();
    for (uint32_t i = 0; i < 40; i++) {
        medley_add(&medley);
        assert_int_equal(history_refresh(history), OK);
        if (medley_draw(&medley, 4) == 0)
            assert_int_equal(history_merge(history), OK);
    }
    tell(history, &grown);
    assert_true(history_quarantine_count(history) > 0);
    assert_true(history_counts(history).odd > 0);
    assert_true(history_counts(history).copies > 50);
    assert_true(history_counts(history).events > 2000);
    assert_int_equal(history_rebuild(history), OK);
    assert_int_equal(history_held(history), history_position(history));
    tell(history, &built);
    assert_int_equal(grown.size, built.size);
    assert_memory_equal(grown.bytes, built.bytes, grown.size);
    /* And it grows on. */
    for (uint32_t i = 0; i < 5; i++)
        medley_add(&medley);
    assert_int_equal(history_refresh(history), OK);
    tell(history, &grown);
    assert_int_equal(history_merge(history), OK);
    tell(history, &built);
    assert_int_equal(grown.size, built.size);
    assert_memory_equal(grown.bytes, built.bytes, grown.size);
    history_close(history);
    medley_close(&medley);
    text_close(&grown);
    text_close(&built);
}

TEST(built_at_once_it_says_the_same)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        compare(seed);
}

/* --- threads and memory --- */

enum { MANY = 36000 };

/* A spill file loses its name at once: so it is known that there was one. */
static atomic_uint spill_count;

int
unlink(const char *path)
{
    const char *dot = strrchr(path, '.');

    spill_count += dot != NULL && strcmp(dot, ".spill") == 0;
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static struct runs *
write_run(uint64_t number, uint32_t threads, uint64_t memory,
          struct words *words)
{
    const struct bulk bulk = { .journal = medley.inflow.journal,
                               .dir = medley.inflow.place.path,
                               .words = words,
                               .first = 3,
                               .last = MANY,
                               .thread_count = threads,
                               .memory = memory };
    struct history_counts counts = { 0 };
    struct runs_writer *writer;
    struct runs *runs;
    uint64_t check;

    assert_int_equal(
        runs_create(medley.inflow.place.path, RUNS_HISTORY, number, &writer),
        OK);
    assert_int_equal(bulk_write(&bulk, writer, &counts), OK);
    assert_int_equal(counts.events, MANY - 2);
    assert_int_equal(runs_publish(writer, &check), OK);
    assert_int_equal(
        runs_open(medley.inflow.place.path, RUNS_HISTORY, number, check, &runs),
        OK);
    return runs;
}

/* Returns the number of entries. */
static uint32_t
compare_runs(const struct runs *a, const struct runs *b)
{
    struct runs_cursor x = { .runs = a }, y = { .runs = b };
    uint32_t count = 0;
    enum err err;

    for (; (err = runs_next(&x)) == OK; count++) {
        assert_int_equal(runs_next(&y), OK);
        assert_true(view_equal(x.key, y.key));
        assert_true(view_equal(x.blob, y.blob));
    }
    assert_int_equal(err, ERR_NOT_FOUND);
    assert_int_equal(runs_next(&y), ERR_NOT_FOUND);
    return count;
}

/* The least memory is some of what the rows take, which go to files then.  The
 * numbers of words stand in chapters, so they must be the same, too, whoever
 * has met which word first. */
TEST(threads_and_memory_change_no_byte)
{
    static const uint32_t THREADS[] = { 1, 1, 2, 3, 7, 16, 2, 7 };
    struct runs *first = NULL;

    medley_open(&medley, 20261122);
    while (medley.count < MANY + 6000)
        medley_add(&medley);
    for (uint32_t i = 1; i <= MEDLEY_NODES; i++)
        inflow_send(&medley.inflow, i);
    for (uint32_t i = 0; i < COUNT_OF(THREADS); i++) {
        struct words words = { 0 };
        spill_count = 0;
        struct runs *runs = write_run(10 + i, THREADS[i], i % 2, &words);
        words_close(&words);
        if (i < 2) /* beside others it is a matter of who comes first */
            assert_int_equal(spill_count, i);
        if (first == NULL)
            first = runs;
        else
            assert_true(compare_runs(first, runs) >= MEDLEY_ACCOUNTS);
        if (i > 0)
            runs_close(runs);
    }
    runs_close(first);
    medley_close(&medley);
}

/* --- what it holds --- */

enum { GREAT = 60000, LINES = 8, HOLDERS = 600 };

/* Purchases of many lines with long skus: some 700 bytes each. */
static void
fill_great(struct event *event, struct event_line *lines, char (*skus)[64],
           uint32_t number)
{
    *event = (struct event) { .kind = EVENT_PURCHASE,
                              .store = 1 + number % 5,
                              .at_ms = INFLOW_NOW - 1000 * (GREAT - number),
                              .account.member = 1 + number * 7919 % HOLDERS };
    event->sale.receipt = view_of("R1");
    event->sale.bought_on = EVENT_NO_DAY;
    event->sale.total.minor = LINES * 5;
    event->sale.lines = lines;
    event->sale.line_count = LINES;
    for (uint32_t i = 0; i < LINES; i++) {
        snprintf(skus[i], sizeof skus[i], "%060u", number * LINES + i);
        lines[i] = (struct event_line) { .amount = { 5 },
                                         .qty = 1,
                                         .category = view_of("great"),
                                         .sku = view_of(skus[i]) };
    }
}

static void
append_great(struct inflow *inflow)
{
    static struct event events[INFLOW_BATCH_MAX];
    static struct event_line lines[INFLOW_BATCH_MAX][LINES];
    static char skus[INFLOW_BATCH_MAX][LINES][64];

    inflow_open(inflow, 0);
    for (uint32_t at = 0; at < GREAT; at += INFLOW_BATCH_MAX) {
        for (uint32_t i = 0; i < INFLOW_BATCH_MAX; i++)
            fill_great(&events[i], lines[i], skus[i], at + i);
        inflow_append(inflow, 0, events, INFLOW_BATCH_MAX);
    }
}

/* kB of memory of the process's own. */
static long
anonymous_kb(void)
{
    char line[256];
    long kb = -1;
    FILE *file = fopen("/proc/self/status", "r");

    assert_non_null(file);
    while (kb < 0 && fgets(line, sizeof line, file) != NULL)
        (void)!sscanf(line, "RssAnon: %ld kB", &kb);
    fclose(file);
    assert_true(kb > 0);
    return kb;
}

struct watch {
    atomic_bool ended;
    long most_kb;
};

static void *
run_watch(void *context)
{
    struct watch *watch = context;

    while (!atomic_load(&watch->ended)) {
        long now_kb = anonymous_kb();
        watch->most_kb = now_kb > watch->most_kb ? now_kb : watch->most_kb;
        usleep(500);
    }
    return NULL;
}

/* How much more the process holds while it builds than before. */
static long
watch_bulk(const struct bulk *bulk, uint64_t number, uint64_t *ret_check)
{
    struct watch watch = { .ended = false };
    struct history_counts counts = { 0 };
    struct runs_writer *writer;
    pthread_t thread;

    assert_int_equal(runs_create(bulk->dir, RUNS_HISTORY, number, &writer), OK);
    long before_kb = anonymous_kb();
    assert_int_equal(pthread_create(&thread, NULL, run_watch, &watch), 0);
    assert_int_equal(bulk_write(bulk, writer, &counts), OK);
    atomic_store(&watch.ended, true);
    pthread_join(thread, NULL);
    assert_int_equal(counts.events, GREAT);
    assert_int_equal(runs_publish(writer, ret_check), OK);
    return watch.most_kb - before_kb;
}

/* A sanitizer has more memory of its own than what is measured. */
enum { SANITIZED = HAS_ADDRESS_SANITIZER || HAS_THREAD_SANITIZER };

/* The rows alone take twice the greater memory. */
TEST(no_more_is_held_than_allowed)
{
    static const uint64_t MEMORIES[] = { 24 << 20, 2 * BULK_MEMORY_MIN };
    struct words words = { 0 };
    struct inflow inflow;
    uint64_t check;

    append_great(&inflow);
    for (uint32_t i = 0; i < COUNT_OF(MEMORIES); i++) {
        const struct bulk bulk = { .journal = inflow.journal,
                                   .dir = inflow.place.path,
                                   .words = &words,
                                   .first = 1,
                                   .last = GREAT,
                                   .thread_count = 1 + i,
                                   .memory = MEMORIES[i] };
        long held_kb = watch_bulk(&bulk, 1 + i, &check);
        print_message("%ld kB of %ld\n", held_kb, (long)(MEMORIES[i] / 1024));
        if (!SANITIZED)
            assert_in_range(held_kb, 0, MEMORIES[i] / 1024);
    }
    words_close(&words);
    inflow_close(&inflow);
}

RUN(cmocka_unit_test(built_at_once_it_says_the_same),
    cmocka_unit_test(threads_and_memory_change_no_byte),
    cmocka_unit_test(no_more_is_held_than_allowed))
