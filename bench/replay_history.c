#include "bench/replay_history.h"

#include "bench/replay_rules.h"

#include "core/ledger_append.h"
#include "core/ledger_publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH = 10000,
    EVENTS_OF_ACCOUNT = 50,
    STORES = 200,
    CATEGORIES = 12,
    CODE_SIZE = 24,
    NEW_PERCENT = 1, /* of the events, to bring an image up to date with */
    PLAIN_EVENTS = 200000,
    TOLD_EVERY = 10000000, /* a multiple of BATCH */
};

/* 2025-01-01 in UTC. */
static const int64_t FROM_MS = INT64_C(1735689600000);

/* Seconds by the clock, and of computing on all cores together. */
struct span {
    double clock;
    double processor;
};

static struct span
now(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (struct span) { bench_now(),
                           (double)used.tv_sec + (double)used.tv_nsec / 1e9 };
}

static struct span
since(struct span start)
{
    struct span end = now();

    return (struct span) { end.clock - start.clock,
                           end.processor - start.processor };
}

/* How to draw the next event. */
struct dice {
    uint64_t seed;
    uint64_t total;
    bool plain; /* purchases without lines only */
};

static uint64_t
draw(struct dice *dice, uint64_t below)
{
    dice->seed ^= dice->seed << 13;
    dice->seed ^= dice->seed >> 7;
    dice->seed ^= dice->seed << 17;
    return (dice->seed >> 11) % below;
}

static void
fill_redeem(struct event *event, struct dice *dice, uint64_t number, char *code)
{
    snprintf(code, CODE_SIZE, "q%llu", (unsigned long long)number);
    event->kind = EVENT_REDEEM;
    event->id = view_of(code);
    event->redeem.points.value = 50 + (int64_t)draw(dice, 300);
    event->redeem.value.minor = -1;
}

static void
fill_purchase(struct event *event, struct dice *dice, uint64_t number,
              char *code, struct event_line *line)
{
    static const char *const NAMES[CATEGORIES] = { "c0", "c1", "c2",  "c3",
                                                   "c4", "c5", "c6",  "c7",
                                                   "c8", "c9", "c10", "c11" };

    snprintf(code, CODE_SIZE, "%llu", (unsigned long long)(number % 100000));
    event->kind = EVENT_PURCHASE;
    event->sale.receipt = view_of(code);
    event->sale.total.minor =
        100 + (int64_t)(draw(dice, 100) * draw(dice, 100));
    event->sale.bought_on = EVENT_NO_DAY;
    *line = (struct event_line) {
        .amount = event->sale.total,
        .qty = 1,
        .category = view_of(NAMES[draw(dice, CATEGORIES)]),
    };
    if (draw(dice, 3) == 0 || dice->plain)
        return;
    event->sale.lines = line;
    event->sale.line_count = 1;
}

static void
fill(struct ledger_entry *entry, struct dice *dice, uint64_t number, char *code,
     struct event_line *line)
{
    uint64_t span_ms = (uint64_t)(REPLAY_UNTIL_MS - FROM_MS);
    struct event *event = &entry->event;

    *entry = (struct ledger_entry) { .at_given = true };
    event->account.member = 1 + draw(dice, dice->total / EVENTS_OF_ACCOUNT);
    event->at_ms = FROM_MS + (int64_t)(number * span_ms / dice->total);
    event->store =
        1 + (uint32_t)((event->account.member * 7 + draw(dice, 4)) % STORES);
    if (draw(dice, 100) < 6 && !dice->plain)
        fill_redeem(event, dice, number, code);
    else
        fill_purchase(event, dice, number, code, line);
}

static void
tell_progress(struct bench *bench, uint64_t from, uint64_t until)
{
    char text[64];

    snprintf(text, sizeof text, "%llu of %llu million events appended",
             (unsigned long long)from / 1000000,
             (unsigned long long)until / 1000000);
    bench_phase(bench, text);
}

/* The events from one number to another.  `bench` is told of many. */
static void
append(struct ledger *ledger, struct dice *dice, uint64_t from, uint64_t until,
       struct bench *bench)
{
    static struct ledger_entry entries[BATCH];
    static struct event_line lines[BATCH];
    static char codes[BATCH][CODE_SIZE];
    const struct ledger_append options = { .now_ms = REPLAY_UNTIL_MS };
    struct complaint complaint = { "" };

    while (from < until) {
        uint32_t count = 0;
        for (; count < BATCH && from < until; count++, from++)
            fill(&entries[count], dice, from, codes[count], &lines[count]);
        bench_need(
            ledger_append(ledger, entries, count, &options, &complaint) == OK,
            complaint.text);
        if (from % TOLD_EVERY == 0)
            tell_progress(bench, from, until);
    }
}

static struct ledger *
open_mode(const char *path, enum ledger_mode mode)
{
    struct complaint complaint = { "" };
    struct ledger *ledger = NULL;

    bench_need(ledger_open(path, mode, &complaint, &ledger) == OK,
               complaint.text);
    return ledger;
}

static void
create(const char *path)
{
    const struct ledger_identity who = { .node = 1, .store = 1 };
    const struct ledger_publish publish = { .name = "five",
                                            .file = view_of(replay_five),
                                            .from_day = 10957,
                                            .now_ms = REPLAY_UNTIL_MS };
    struct complaint complaint = { "" };
    identity published;

    bench_need(ledger_create(path, &who, REPLAY_UNTIL_MS, &complaint) == OK,
               complaint.text);
    struct ledger *ledger = open_mode(path, LEDGER_WRITE);
    bench_need(ledger_publish(ledger, &publish, &published, &complaint) == OK,
               complaint.text);
    ledger_close(ledger);
}

/* Appends as many processes may do, without touching the image. */
static double
append_apart(const char *path, struct dice *dice, uint64_t from, uint64_t until,
             struct bench *bench)
{
    struct ledger *ledger = open_mode(path, LEDGER_WRITE);

    double start = bench_now();
    append(ledger, dice, from, until, bench);
    double seconds = bench_now() - start;
    ledger_close(ledger);
    return seconds;
}

static struct span
build_image(struct ledger *ledger)
{
    struct span start = now();

    bench_need(history_rebuild(ledger_history(ledger)) == OK &&
                   history_merge(ledger_history(ledger)) == OK,
               "build the image");
    return since(start);
}

/* Opens the ledger as its owner, who brings the image up to date. */
static struct span
open_up_to_date(const char *path, struct ledger **ret_ledger)
{
    struct span start = now();
    struct ledger *ledger = open_mode(path, LEDGER_OWN);
    bench_need(history_refresh(ledger_history(ledger)) == OK &&
                   history_merge(ledger_history(ledger)) == OK,
               "bring the image up to date");
    struct span span = since(start);
    *ret_ledger = ledger;
    return span;
}

/* Fills the ledger in two parts, so that there is something to bring the image
 * up to date with. */
static struct ledger *
make(const char *path, uint64_t total, struct bench *bench)
{
    struct dice dice = { .seed = 1, .total = total };
    uint64_t new = total *NEW_PERCENT / 100, old = total - new;
    struct ledger *ledger;

    create(path);
    bench_phase(bench, "filling the ledger");
    double filling = append_apart(path, &dice, 0, old, bench);
    bench_add(bench, "history appended", "events/s", (double)old / filling);
    bench_phase(bench, "building the image of what is old");
    open_up_to_date(path, &ledger);
    ledger_close(ledger);
    bench_phase(bench, "bringing the image up to date");
    append_apart(path, &dice, old, total, bench);
    struct span update = open_up_to_date(path, &ledger);
    bench_add(bench, "image brought up to date, 1 % more events",
              "new events/s", (double)new / update.clock);
    bench_phase(bench, "building the image");
    struct span whole = build_image(ledger);
    bench_add(bench, "image built from the journal", "events/s",
              (double)total / whole.clock);
    bench_add(bench, "  by processor time, all threads together", "events/s",
              (double)total / whole.processor);
    bench_add(bench, "  of its time, bringing it up to date", "times",
              update.processor / whole.processor);
    return ledger;
}

struct ledger *
replay_history_open(const char *path, uint64_t total, struct bench *bench)
{
    if (access(path, F_OK) == 0)
        return open_mode(path, LEDGER_OWN);
    return make(path, total, bench);
}

double
replay_history_plain_size(const char *folder, struct bench *bench)
{
    struct dice dice = { .seed = 2, .total = PLAIN_EVENTS, .plain = true };
    char path[4200], command[4300];
    struct ledger *ledger;

    snprintf(path, sizeof path, "%s/plain", folder);
    create(path);
    append_apart(path, &dice, 0, PLAIN_EVENTS, bench);
    open_up_to_date(path, &ledger);
    double size = (double)history_size(ledger_history(ledger)) / PLAIN_EVENTS;
    ledger_close(ledger);
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    bench_need(system(command) == 0, "remove the temporary files");
    return size;
}
