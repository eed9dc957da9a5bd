#include "replay/simulate.h"

#include "core/limits.h"
#include "core/list.h"
#include "replay/judge.h"
#include "replay/plain_live.h"
#include "replay/quick.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    PROGRESS_EVERY = 2048, /* accounts, times sides */
    BLOCK_ACCOUNTS = 512,
    BLOCK_FATES = 16384, /* at most so many, in whatever number of accounts */
};

/* What all threads share. */
struct job {
    const struct simulate_options *options;
    const struct history *history;
    bool referral; /* some version of some side pays for one */
    /* By which it is judged who belongs to the segment: the baseline, or, if
     * no rule matters to that, its clock alone. */
    struct timeline facts;
    bool tables; /* may be used, but not for accounts that are ... */
    struct marks quarantined;
    struct arena arena;
    struct almanac days;
    atomic_uint next_partition;
    atomic_ullong events;
    atomic_bool stop;
};

/* The events that count of a member who named the account at hand. */
struct referred {
    const struct event *const *live;
    uint32_t count;
};

/* What the ordinary fold needs of an account. */
struct subject {
    struct history_account history;
    struct referred *referred; /* NULL: nobody it recommended matters */
    struct judge_sales sales;  /* none are listed where no tables are used */
};

struct row_list {
    struct simulate_row *items;
    uint32_t count;
    uint32_t room;
};

/* One thread and what it has summed up. */
struct worker {
    struct job *job;
    pthread_t thread;
    struct arena scratch; /* of one account that is folded */
    struct arena listed;  /* of what there is of the block's accounts */
    struct arena kept;
    struct side *sides;
    struct outcome *outcomes;
    struct fold *fold;
    struct judge judge;
    struct basket *basket;
    struct words words; /* the history's, sealed */
    struct text text;
    struct plain plain;         /* the block, ... */
    struct history_raw *raws;   /* ... what there is of each account, ... */
    struct side_account *fates; /* ... and what it came to, side by side */
    struct quick **quicks; /* by side; NULL where its rules have no tables */
    struct row_list rows;
    uint64_t event_count;
    uint64_t account_count;
    uint64_t table_count;
    enum err err;
};

static uint32_t
count_sides(const struct simulate_options *options)
{
    return options->candidate_count + 1;
}

static const struct timeline *
timeline_of(const struct simulate_options *options, uint32_t side)
{
    return side == 0 ? options->baseline : options->candidates[side - 1];
}

/* --- referrals --- */

static bool
pays_referral(const struct timeline *timeline)
{
    for (uint32_t i = 0; i < timeline->version_count; i++)
        if (timeline->versions[i].program->referral.on != REFERRAL_NONE)
            return true;
    return false;
}

/* The histories of those whom the account recommended, read once for all
 * sides. */
static enum err
read_referred(struct worker *worker, const struct history_account *history,
              struct referred *ret_referred)
{
    for (uint32_t i = 0; i < history->referred_count; i++) {
        const account_id member = { .member = history->referred[i] };
        struct history_account other;
        enum err err = history_read(worker->job->history, member, HISTORY_ALL,
                                    &worker->scratch, &other);
        if (err != OK)
            return err;
        ret_referred[i].live =
            walk_live(other.events, other.event_count, &worker->scratch,
                      &ret_referred[i].count);
    }
    return OK;
}

static uint32_t
find_referrals(struct worker *worker, const struct timeline *timeline,
               const struct history_account *history,
               const struct referred *referred, struct referral *ret_referrals)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < history->referred_count; i++) {
        struct referral *referral = &ret_referrals[found];
        found += referral_find(timeline, referred[i].live, referred[i].count,
                               worker->basket, referral) &&
                 referral->referrer == history->account.member;
    }
    return found;
}

/* --- one account --- */

/* The walk of a side; its judge is the worker's one. */
static struct walk_input
walk_input(struct worker *worker, uint32_t side, const struct subject *subject,
           struct arena *scratch)
{
    const struct simulate_options *options = worker->job->options;
    const struct timeline *timeline = timeline_of(options, side);
    const struct history_account *history = &subject->history;
    struct referral *referrals =
        ARENA_NEW(scratch, struct referral, history->referred_count + 1);
    bool judged = worker->quicks[side] != NULL && !options->fold_only;

    if (judged)
        judge_begin(&worker->judge, &subject->sales, worker->quicks[side]);
    return (struct walk_input) {
        .fold = worker->fold,
        .judge = judged ? &worker->judge.judge : NULL,
        .account = history->account,
        .events = history->events,
        .event_count = history->event_count,
        .referrals = referrals,
        .referral_count = subject->referred == NULL
                              ? 0
                              : find_referrals(worker, timeline, history,
                                               subject->referred, referrals),
        .until_ms = options->span.until_ms,
    };
}

/* Whether the account belongs to what was asked for. */
static bool
is_asked(struct worker *worker, const struct subject *subject)
{
    const struct simulate_options *options = worker->job->options;
    struct arena scratch = worker->scratch;
    struct walk walk;

    if (options->segment == NULL)
        return true;
    const struct timeline *timeline = &worker->job->facts;
    struct walk_input input = walk_input(worker, 0, subject, &scratch);
    if (timeline->version_count == 0)
        input.referral_count = 0; /* a matter of rules */
    fold_use_timeline(worker->fold, timeline);
    walk_open(&walk, &input, &scratch);
    walk_finish(&walk);
    return segment_holds(options->segment, &walk.account,
                         options->span.until_ms);
}

static void
fold_side(struct worker *worker, uint32_t index, const struct subject *subject,
          struct side_account *ret_fate)
{
    struct arena scratch = worker->scratch;
    struct walk_input input = walk_input(worker, index, subject, &scratch);

    input.forgets = !worker->job->options->fold_only;
    side_fold(&worker->sides[index], &input, &scratch, ret_fate);
}

static void
keep_row(struct worker *worker, account_id account,
         const struct side_account *fates)
{
    uint32_t count = count_sides(worker->job->options);
    struct side_account *sides =
        ARENA_NEW(&worker->kept, struct side_account, count);
    struct simulate_row *row = LIST_ADD(&worker->kept, &worker->rows);

    for (uint32_t i = 0; i < count; i++)
        sides[i] = fates[i];
    row->account = account;
    row->account.bearer = arena_copy(&worker->kept, account.bearer);
    row->sides = sides;
}

static void
note_account(struct worker *worker, account_id account,
             const struct side_account *fates)
{
    uint32_t count = count_sides(worker->job->options);
    bool begun = false;

    for (uint32_t i = 0; i < count; i++)
        begun |= fates[i].begun;
    if (!begun)
        return;
    worker->account_count++;
    for (uint32_t i = 1; i < count; i++)
        outcome_count(&worker->outcomes[i - 1], account, &fates[0], &fates[i]);
    if (worker->job->options->rows)
        keep_row(worker, account, fates);
}

/* Reads an account into the scratch arena. */
static enum err
read_account(struct worker *worker, const struct history_scan *scan,
             const struct history_raw *raw, struct subject *ret_subject)
{
    struct history_account *history = &ret_subject->history;

    *ret_subject = (struct subject) { .referred = NULL };
    enum err err = history_scan_gather(scan, raw, &worker->scratch, history);
    if (err == OK && !worker->job->options->fold_only)
        ret_subject->sales =
            judge_read(&worker->plain, &worker->words, history->events,
                       history->event_count, &worker->scratch);
    if (err != OK || history->referred_count == 0 || !worker->job->referral)
        return err;
    ret_subject->referred =
        ARENA_NEW(&worker->scratch, struct referred, history->referred_count);
    return read_referred(worker, history, ret_subject->referred);
}

static uint64_t
count_events(const struct worker *worker, const struct history_account *history)
{
    int64_t until_ms = worker->job->options->span.until_ms;
    uint64_t count = 0;

    for (uint32_t i = 0; i < history->event_count; i++)
        count += history->events[i]->at_ms <= until_ms;
    return count;
}

/* An account that all sides fold in the ordinary way. */
static void
take_folded(struct worker *worker, const struct subject *subject)
{
    uint32_t count = count_sides(worker->job->options);
    struct side_account *fates =
        ARENA_NEW(&worker->scratch, struct side_account, count);

    worker->event_count += count_events(worker, &subject->history);
    for (uint32_t i = 0; i < count; i++)
        fold_side(worker, i, subject, &fates[i]);
    note_account(worker, subject->history.account, fates);
}

/* --- a block of accounts --- */

/* Folds an account of the block for the sides whose rules have no tables. */
static enum err
fold_others(struct worker *worker, const struct history_scan *scan,
            uint32_t index, struct side_account *fates)
{
    struct arena before = worker->scratch;
    struct subject subject;
    bool read = false;

    for (uint32_t i = 0; i < count_sides(worker->job->options); i++) {
        if (worker->quicks[i] != NULL)
            continue;
        enum err err =
            read ? OK
                 : read_account(worker, scan, &worker->raws[index], &subject);
        if (err != OK)
            return err;
        read = true;
        fold_side(worker, i, &subject, &fates[i]);
    }
    worker->scratch = before;
    return OK;
}

static enum err
take_block(struct worker *worker, const struct history_scan *scan)
{
    struct plain *plain = &worker->plain;
    uint32_t count = count_sides(worker->job->options);
    enum err err = OK;

    for (uint32_t i = 0; i < count; i++)
        if (worker->quicks[i] != NULL)
            quick_fold(worker->quicks[i], worker->fates + i, count);
    for (uint32_t i = 0; i < plain->account_count && err == OK; i++) {
        struct side_account *fates = worker->fates + (size_t)i * count;
        err = fold_others(worker, scan, i, fates);
        if (err == OK)
            note_account(worker, worker->raws[i].account, fates);
    }
    worker->event_count += plain->row_count + plain->stop_count;
    worker->table_count += plain->account_count;
    plain_clear(plain);
    return err;
}

/* Tries to put an account into the block, which is folded first if it is
 * full. */
static enum err
offer(struct worker *worker, const struct history_scan *scan,
      const struct history_raw *raw, enum plain_fit *ret_fit)
{
    int64_t until_ms = worker->job->options->span.until_ms;
    enum err err = OK;

    *ret_fit = plain_take(&worker->plain, scan, raw, until_ms);
    if (*ret_fit != PLAIN_FULL)
        return OK;
    err = take_block(worker, scan);
    *ret_fit = plain_take(&worker->plain, scan, raw, until_ms);
    assert(*ret_fit != PLAIN_FULL);
    return err;
}

/* The same of what counts of an account that needs a closer look. */
static enum err
offer_live(struct worker *worker, const struct history_scan *scan,
           const struct history_account *history, enum plain_fit *ret_fit)
{
    const struct plain_live live = { &worker->words, &worker->text,
                                     &worker->listed };
    uint64_t count = count_events(worker, history);
    view chapter;

    *ret_fit = PLAIN_OTHER;
    if (!worker->job->tables ||
        !plain_live_chapter(&live, history, worker->scratch, &chapter))
        return OK;
    const struct history_raw raw = { .account = history->account,
                                     .chapters = &chapter,
                                     .chapter_count = 1 };
    enum err err = offer(worker, scan, &raw, ret_fit);
    if (err != OK || *ret_fit != PLAIN_TAKEN)
        return err;
    const struct plain *plain = &worker->plain;
    const struct plain_account *taken =
        &plain->accounts[plain->account_count - 1];
    /* Voids and what they undo are counted, too. */
    worker->event_count += count - (taken->row_end - taken->row_first) -
                           (taken->stop_end - taken->stop_first);
    return OK;
}

/* Puts an account of plain events into the block; others are folded, and those
 * that were not asked for are left out. */
static enum err
take_account(struct worker *worker, const struct history_scan *scan,
             const struct history_raw *raw, bool *ret_in_block)
{
    const struct job *job = worker->job;
    bool read = job->options->segment != NULL;
    enum plain_fit fit = PLAIN_OTHER;
    struct subject subject;
    enum err err = OK;

    *ret_in_block = false;
    if (read)
        err = read_account(worker, scan, raw, &subject);
    if (err != OK || (read && !is_asked(worker, &subject)))
        return err;
    if (job->tables && !marks_has_own(&job->quarantined, raw->account))
        err = offer(worker, scan, raw, &fit);
    if (err == OK && fit == PLAIN_OTHER) {
        if (!read)
            err = read_account(worker, scan, raw, &subject);
        if (err == OK)
            err = offer_live(worker, scan, &subject.history, &fit);
    }
    if (err == OK && fit == PLAIN_OTHER)
        take_folded(worker, &subject);
    if (err != OK || fit == PLAIN_OTHER)
        return err;
    worker->raws[worker->plain.account_count - 1] = *raw;
    *ret_in_block = true;
    return OK;
}

/* Takes the next account; what there is of it is kept as long as it is in the
 * block. */
static enum err
take_next(struct worker *worker, struct history_scan *scan)
{
    struct arena before = worker->listed;
    struct history_raw raw;
    bool in_block = false;

    enum err err = history_scan_raw(scan, &worker->listed, &raw);
    if (err == OK)
        err = take_account(worker, scan, &raw, &in_block);
    arena_reset(&worker->scratch);
    if (err != OK)
        return err;
    if (!in_block)
        worker->listed = before;
    if (!plain_is_well_filled(&worker->plain))
        return OK;
    err = take_block(worker, scan);
    arena_reset(&worker->listed);
    return err;
}

/* --- a thread --- */

/* Tells the others how far this one has come; the thread that called
 * simulate() also asks whether to go on. */
static bool
may_go_on(struct worker *worker, bool first, uint64_t events)
{
    struct job *job = worker->job;
    uint64_t sum = atomic_fetch_add(&job->events, events) + events;

    if (first && job->options->progress != NULL &&
        !job->options->progress(job->options->context, sum))
        atomic_store(&job->stop, true);
    return !atomic_load(&job->stop);
}

static enum err
take_partition(struct worker *worker, uint32_t partition, bool first)
{
    struct history_scan *scan = NULL;
    uint64_t told = worker->event_count;
    uint32_t sides = count_sides(worker->job->options);
    uint32_t accounts = 0;

    enum err err = history_scan_partition(worker->job->history, partition,
                                          HISTORY_ALL, &scan);
    while (err == OK) {
        err = take_next(worker, scan);
        if (err == ERR_NOT_FOUND) {
            enum err last = take_block(worker, scan);
            arena_reset(&worker->listed);
            err = last == OK ? err : last;
        }
        if (++accounts * sides < PROGRESS_EVERY && err == OK)
            continue;
        if (!may_go_on(worker, first, worker->event_count - told) &&
            (err == OK || err == ERR_NOT_FOUND))
            err = ERR_BUSY;
        told = worker->event_count;
        accounts = 0;
    }
    history_scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
open_tables(struct worker *worker, uint32_t count)
{
    struct job *job = worker->job;
    struct arena *arena = &worker->kept;
    const struct quick_setup setup = {
        .plain = &worker->plain,
        .words = history_words(job->history),
        .outcome = ARENA_NEW(arena, struct earn_outcome, 1),
        .basket = worker->basket,
        .columns = quick_columns_open(arena),
        .arena = arena,
    };
    uint32_t accounts = 1 + BLOCK_FATES / count;

    if (accounts > BLOCK_ACCOUNTS)
        accounts = BLOCK_ACCOUNTS;
    worker->raws = ARENA_NEW(arena, struct history_raw, accounts);
    worker->fates =
        ARENA_NEW(arena, struct side_account, (size_t)accounts * count);
    worker->quicks = ARENA_NEW(arena, struct quick *, count);
    worker->words = *setup.words;
    worker->words.sealed = true;
    plain_open(&worker->plain, &job->days, accounts, arena);
    for (uint32_t i = 0; i < count; i++) {
        struct quick **quick = &worker->quicks[i];
        if (quick_open(&worker->sides[i], &setup, quick) == ERR_MEMORY)
            return ERR_MEMORY;
        for (uint32_t k = 0; k < i && *quick != NULL; k++)
            if (worker->quicks[k] != NULL)
                quick_share(*quick, worker->quicks[k]);
    }
    return OK;
}

static enum err
open_worker(struct worker *worker)
{
    const struct simulate_options *options = worker->job->options;
    uint32_t count = count_sides(options);

    if (!arena_open(&worker->scratch, LIMIT_ARENA_SIZE) ||
        !arena_open(&worker->listed, LIMIT_ARENA_SIZE) ||
        !arena_open(&worker->kept, LIMIT_ARENA_SIZE))
        return ERR_MEMORY;
    worker->sides = ARENA_NEW(&worker->kept, struct side, count);
    worker->outcomes = ARENA_NEW(&worker->kept, struct outcome, count);
    worker->fold = fold_open(options->baseline, false, &worker->kept);
    worker->basket = ARENA_NEW(&worker->kept, struct basket, 1);
    for (uint32_t i = 0; i < count; i++)
        side_open(&worker->sides[i], timeline_of(options, i), &options->span,
                  &worker->kept);
    return open_tables(worker, count);
}

static void
close_workers(struct worker *workers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct worker *worker = &workers[i];
        for (uint32_t k = 0;
             worker->quicks != NULL && k < count_sides(worker->job->options);
             k++)
            quick_close(worker->quicks[k]);
        text_close(&worker->text);
        arena_close(&worker->scratch);
        arena_close(&worker->listed);
        arena_close(&worker->kept);
    }
    free(workers);
}

static void
work(struct worker *worker, bool first)
{
    struct job *job = worker->job;

    worker->err = open_worker(worker);
    while (worker->err == OK && !atomic_load(&job->stop)) {
        uint32_t partition = atomic_fetch_add(&job->next_partition, 1);
        if (partition >= LIMIT_PARTITIONS)
            break;
        worker->err = take_partition(worker, partition, first);
    }
    for (uint32_t i = 0; worker->err == OK && i < count_sides(job->options);
         i++)
        if (worker->quicks[i] != NULL)
            quick_finish(worker->quicks[i]);
    if (worker->err != OK)
        atomic_store(&job->stop, true);
}

static void *
run_thread(void *worker)
{
    work(worker, false);
    return NULL;
}

/* Starts all but the first, which is the caller's own thread. */
static enum err
run_workers(struct worker *workers, uint32_t count, uint32_t *ret_started)
{
    uint32_t started = 1;
    enum err err = OK;

    while (started < count &&
           pthread_create(&workers[started].thread, NULL, run_thread,
                          &workers[started]) == 0)
        started++;
    /* Fewer threads than asked for do the same work. */
    work(&workers[0], true);
    for (uint32_t i = 1; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    for (uint32_t i = 0; i < started; i++) {
        enum err own = workers[i].err;
        if (own != OK && (err == OK || err == ERR_BUSY))
            err = own;
    }
    *ret_started = started;
    return err;
}

/* --- the result --- */

static int
compare_rows(const void *left, const void *right)
{
    const struct simulate_row *a = left, *b = right;

    return account_compare(a->account, b->account);
}

static void
copy_rows(const struct worker *worker, uint32_t count, struct arena *arena,
          struct simulate_row *ret_rows)
{
    for (uint32_t i = 0; i < worker->rows.count; i++) {
        const struct simulate_row *row = &worker->rows.items[i];
        struct side_account *sides =
            ARENA_NEW(arena, struct side_account, count);
        for (uint32_t k = 0; k < count; k++)
            sides[k] = row->sides[k];
        ret_rows[i].account = row->account;
        ret_rows[i].account.bearer = arena_copy(arena, row->account.bearer);
        ret_rows[i].sides = sides;
    }
}

static void
gather_rows(const struct worker *workers, uint32_t worker_count,
            struct simulation *result, struct arena *arena)
{
    uint64_t count = 0;

    result->rows = ARENA_NEW(arena, struct simulate_row, result->account_count);
    for (uint32_t i = 0; i < worker_count; i++) {
        copy_rows(&workers[i], result->side_count, arena, result->rows + count);
        count += workers[i].rows.count;
    }
    assert(count == result->account_count);
    if (count > 0)
        qsort(result->rows, count, sizeof *result->rows, compare_rows);
}

static void
merge(const struct worker *workers, uint32_t worker_count,
      const struct job *job, struct arena *arena, struct simulation *result)
{
    const struct simulate_options *options = job->options;

    for (uint32_t k = 0; k < result->side_count; k++) {
        side_open(&result->sides[k], timeline_of(options, k), &options->span,
                  arena);
        for (uint32_t i = 0; i < worker_count; i++)
            side_merge(&result->sides[k], &workers[i].sides[k]);
        side_sort_months(&result->sides[k]);
    }
    for (uint32_t i = 0; i < worker_count; i++) {
        result->event_count += workers[i].event_count;
        result->account_count += workers[i].account_count;
        result->table_count += workers[i].table_count;
        for (uint32_t k = 0; k < options->candidate_count; k++)
            outcome_merge(&result->outcomes[k], &workers[i].outcomes[k]);
    }
    if (options->rows)
        gather_rows(workers, worker_count, result, arena);
}

/* Which accounts are left to the fold, and whether there are any others. */
static enum err
open_quarantine(struct job *job)
{
    const struct simulate_options *options = job->options;

    job->tables = !options->fold_only;
    if (!job->tables)
        return OK;
    enum err err = history_mark_quarantined(job->history, &job->quarantined);
    if (err == ERR_NOT_FOUND)
        job->tables = false;
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
attempt(struct ledger *ledger, const struct simulate_options *options,
        struct arena *arena, struct simulation *result)
{
    struct worker *workers = calloc(options->thread_count, sizeof *workers);
    struct job job = { .options = options, .history = ledger_history(ledger) };
    uint32_t started = 0;
    enum err err = workers == NULL ? ERR_MEMORY : OK;

    for (uint32_t i = 0; i < count_sides(options); i++)
        job.referral |= pays_referral(timeline_of(options, i));
    job.facts = *options->baseline;
    if (options->segment != NULL && !segment_asks_rules(options->segment))
        job.facts.version_count = 0;
    if (err == OK)
        err = open_quarantine(&job);
    if (err == OK && !arena_open(&job.arena, LIMIT_ARENA_SIZE))
        err = ERR_MEMORY;
    if (err == OK)
        almanac_open(&job.days, &options->baseline->zone, &job.arena);
    for (uint32_t i = 0; err == OK && i < options->thread_count; i++)
        workers[i].job = &job;
    if (err == OK)
        err = run_workers(workers, options->thread_count, &started);
    if (err == OK)
        merge(workers, started, &job, arena, result);
    if (workers != NULL)
        close_workers(workers, options->thread_count);
    marks_close(&job.quarantined);
    arena_close(&job.arena);
    return err;
}

enum err
simulate(struct ledger *ledger, const struct simulate_options *options,
         struct arena *arena, struct simulation *ret_simulation,
         struct complaint *complaint)
{
    uint32_t count = count_sides(options);

    assert(options->candidate_count > 0);
    assert(options->candidate_count <= SIMULATE_CANDIDATES_MAX);
    assert(options->thread_count > 0);
    assert(options->thread_count <= SIMULATE_THREADS_MAX);
    *ret_simulation = (struct simulation) {
        .side_count = count,
        .sides = ARENA_NEW(arena, struct side, count),
        .outcomes = ARENA_NEW(arena, struct outcome, options->candidate_count),
        .until_ms = options->span.until_ms,
    };
    enum err err = attempt(ledger, options, arena, ret_simulation);
    if (err == ERR_CORRUPT && history_rebuild(ledger_history(ledger)) == OK)
        err = attempt(ledger, options, arena, ret_simulation);
    if (err == ERR_BUSY)
        complain(complaint, "interrupted; nothing is changed or written");
    else if (err != OK)
        complain(complaint, "the history can't be read");
    return err;
}
