#include "core/bulk.h"

#include "core/draft.h"
#include "core/intake.h"
#include "core/intern.h"
#include "core/muster.h"
#include "core/parcel.h"
#include "core/reader.h"
#include "core/spill.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SCRATCH_SIZE = 1 << 20,
    ROWS_MAX = 1 << 17, /* that are taken at a time, ... */
    ROWS_SHARE = 4,     /* ... and their share of the memory */
    NOT_NOW = UINT32_MAX,
    STREAMS_SIZE = 1 << 30, /* address space */
};
static_assert(PARCEL_FIXED_SIZE + LIMIT_EVENT_SIZE + LIMIT_EVENT_LINES * 80 <
                  SPILL_ENTRY_MAX,
              "a row fits an entry");
static_assert((int)SPILL_BEHIND >= (int)PARCEL_BEHIND, "parcels can be read");

/* The bytes that are interned: no gaps. */
struct stream {
    uint64_t incarnation;
    uint64_t node;
};

struct worker {
    struct job *job;
    pthread_t thread;
    enum err err;
    uint64_t first; /* positions that it reads */
    uint64_t last;
    struct history_counts counts;
    struct words words;
    uint16_t *translate; /* to numbers of the history's words; owned */
    struct spill *spill;
    struct parcel_last before[LIMIT_PARTITIONS];
    struct arena kept;     /* for the streams */
    struct intern streams; /* struct stream */
    struct stream recent;  /* and the number of it */
    uint32_t recent_number;
    struct arena scratch; /* of one event, as is the next */
    struct ordinary ordinary;
    struct draft draft;   /* of one account */
    struct muster muster; /* of one partition, as is the next */
    struct runs_writer *part;
    uint32_t *places;         /* of each account, where its next row goes ... */
    struct chapter_row *rows; /* ... in these; owned, as is that */
    uint32_t place_room;
    uint32_t row_room;
    uint32_t row_max; /* at a time, unless one account has more */
};

/* What all threads share. */
struct job {
    const struct bulk *bulk;
    struct runs_writer *writer;
    uint32_t worker_count;
    struct worker workers[BULK_THREADS_MAX];
    atomic_uint next; /* partition to be sorted */
    uint32_t turn;    /* partition to be written; under the lock */
    enum err err;     /* likewise */
    pthread_mutex_t lock;
    pthread_cond_t turned;
};

/* --- reading --- */

static uint32_t
stream_of(struct worker *worker, const identity *id)
{
    if (id->node != worker->recent.node ||
        id->incarnation != worker->recent.incarnation) {
        worker->recent = (struct stream) { id->incarnation, id->node };
        const view stream = { (const uint8_t *)&worker->recent,
                              sizeof worker->recent };
        worker->recent_number = intern_number(&worker->streams, stream);
    }
    return worker->recent_number;
}

static void
spill_row(struct worker *worker, const account_id *account,
          const struct chapter_row *row)
{
    uint32_t partition = runs_partition(*account);
    uint32_t stream = row->item ? 0 : stream_of(worker, &row->identity);
    uint8_t *room =
        spill_room(worker->spill, partition, parcel_room(account, row));

    if (room == NULL)
        return; /* the fault is told at the end */
    uint8_t *end =
        parcel_put(room, &worker->before[partition], account, row, stream);
    spill_added(worker->spill, partition, (uint32_t)(end - room));
}

static void
take_event(struct worker *worker, const struct record_event *stored,
           uint64_t position)
{
    struct arena scratch = worker->scratch;
    struct intake taken[INTAKE_MAX];
    const struct intake_tools tools = { &worker->words, &worker->counts,
                                        &scratch, &worker->ordinary };
    uint32_t count = intake_event(stored, position, &tools, taken);

    for (uint32_t i = 0; i < count; i++)
        spill_row(worker, &taken[i].account, &taken[i].row);
}

static void
take_record(struct worker *worker, const struct reader_item *item)
{
    struct record_cursor cursor = record_events(&item->record);
    struct record_event event;
    uint64_t position = item->position;

    if (position >= worker->first && intake_is_flagged(&item->record))
        worker->counts.flagged++;
    while (position <= worker->last && record_next(&cursor, &event)) {
        if (position >= worker->first)
            take_event(worker, &event, position);
        position++;
    }
}

static enum err
read_all(struct worker *worker, struct reader *reader)
{
    uint64_t next = worker->first;
    struct reader_item item;

    while (next <= worker->last) {
        enum err err = reader_next(reader, next, &item);
        if (err == ERR_NOT_FOUND || (err == OK && item.position > worker->last))
            return OK;
        if (err == ERR_CORRUPT)
            return ERR_UNKNOWN;
        if (err != OK)
            return err;
        take_record(worker, &item);
        next = item.position + item.record.count;
    }
    return OK;
}

static void *
run_reading(void *context)
{
    struct worker *worker = context;
    struct reader *reader = NULL;

    worker->err = reader_open(worker->job->bulk->journal, &reader);
    if (worker->err == OK)
        worker->err = read_all(worker, reader);
    reader_close(reader);
    if (worker->err == OK)
        worker->err = spill_end(worker->spill);
    return NULL;
}

/* --- words --- */

/* Each thread has given numbers of its own. */
static enum err
join_words(struct worker *worker, struct words *words)
{
    worker->translate =
        calloc(worker->words.count + 1, sizeof *worker->translate);
    if (worker->translate == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 1; i <= worker->words.count; i++) {
        worker->translate[i] =
            (uint16_t)words_add(words, words_get(&worker->words, i));
        if (worker->translate[i] == WORDS_NONE)
            return ERR_UNKNOWN;
    }
    return OK;
}

/* The row is its worker's own, and its lines lie in memory that nobody else
 * looks at: they are translated in place. */
static void
translate_row(struct chapter_row *row, const uint16_t *translate)
{
    uint8_t *lines = (uint8_t *)(uintptr_t)row->lines;
    struct chapter_line line;

    switch (chapter_key_kind(row->key)) {
    case CHAPTER_LINE:
    case CHAPTER_REWARD:
    case CHAPTER_STAMP:
    case CHAPTER_ACTIVITY:
        row->goods = translate[row->goods];
        return;
    case CHAPTER_LINES:
        for (uint32_t i = 0; i < row->goods; i++) {
            memcpy(&line, lines + i * sizeof line, sizeof line);
            line.goods = translate[line.goods];
            memcpy(lines + i * sizeof line, &line, sizeof line);
        }
        return;
    case CHAPTER_PURCHASE:
    case CHAPTER_REDEEM:
    case CHAPTER_JOIN:
        return;
    }
}

/* --- sorting --- */

/* The rows of a partition, as each worker has met them. */
struct partition {
    struct spill_part parts[BULK_THREADS_MAX];
    uint32_t part_count;
};

static enum err
open_partition(const struct job *job, uint32_t number,
               struct partition *partition)
{
    enum err err = OK;

    *partition = (struct partition) { .part_count = job->worker_count };
    for (uint32_t i = 0; i < job->worker_count && err == OK; i++)
        err = spill_read(job->workers[i].spill, number, &partition->parts[i]);
    return err;
}

static void
close_partition(struct partition *partition)
{
    for (uint32_t i = 0; i < partition->part_count; i++)
        spill_part_close(&partition->parts[i]);
}

static bool
muster_part(struct muster *muster, const struct spill_part *part)
{
    account_id account;

    for (uint32_t i = 0; i < part->count; i++) {
        const uint8_t *at = part->stretches[i].bytes;
        const uint8_t *end = at + part->stretches[i].size;
        while (at < end) {
            at = parcel_account(at, &account);
            if (!muster_add(muster, &account))
                return false;
        }
        assert(at == end);
    }
    return true;
}

static bool
muster_partition(struct muster *muster, const struct partition *partition)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < partition->part_count; i++)
        count += partition->parts[i].entry_count;
    if (!muster_begin(muster, count))
        return false;
    for (uint32_t i = 0; i < partition->part_count; i++)
        if (!muster_part(muster, &partition->parts[i]))
            return false;
    assert(muster->row_count == count);
    return muster_sort(muster);
}

/* What of its row's identity goes by streams. */
static identity
identity_of(const struct worker *from, uint32_t number)
{
    struct stream stream;

    memcpy(&stream, intern_string(&from->streams, number).bytes, sizeof stream);
    return (identity) { .incarnation = stream.incarnation,
                        .node = (uint32_t)stream.node };
}

/* The next row of an account comes when many others have: by then its place is
 * near. */
static inline void
fetch_next(const struct chapter_row *row)
{
    __builtin_prefetch(row + 1, 1);
    __builtin_prefetch((const uint8_t *)(row + 2) - 1, 1);
}

/* Takes those rows that `from` has met whose accounts have places; the
 * accounts of all of them are given. */
static void
take_rows(struct worker *worker, const struct worker *from,
          const struct spill_part *part, const uint32_t *numbers)
{
    struct parcel_last last = { 0 };
    identity whose = identity_of(from, 0);
    struct chapter_row spare;
    uint32_t stream = 0;

    for (uint32_t i = 0; i < part->count; i++) {
        const uint8_t *at = part->stretches[i].bytes;
        const uint8_t *end = at + part->stretches[i].size;
        while (at < end) {
            uint32_t *place = &worker->places[*numbers++];
            bool now = *place != NOT_NOW;
            struct chapter_row *row = now ? &worker->rows[(*place)++] : &spare;
            fetch_next(row);
            at = parcel_take(at, &last, row);
            if (last.stream != stream) {
                stream = last.stream;
                whose = identity_of(from, stream);
            }
            row->identity.incarnation = whose.incarnation;
            row->identity.node = whose.node;
            if (now && !row->item)
                translate_row(row, from->translate);
        }
    }
}

/* --- chapters --- */

static account_id
account_of(const struct muster *muster, uint32_t place)
{
    return muster->accounts[muster->order[place].account].account;
}

static uint32_t
rows_of(const struct muster *muster, uint32_t place)
{
    return muster->accounts[muster->order[place].account].rows;
}

static enum err
write_account(struct worker *worker, account_id account,
              struct chapter_row *rows, uint32_t count)
{
    runs_key key = runs_key_of(account);
    enum err err = draft_begin(&worker->draft, runs_key_view(&key));

    if (err != OK)
        return err;
    draft_rows(&worker->draft, rows, count);
    return draft_end(&worker->draft, worker->part);
}

static bool
grow(void **array, uint32_t count, uint32_t *room, size_t size)
{
    if (count <= *room)
        return true;
    free(*array);
    *array = malloc(count * size);
    *room = *array == NULL ? 0 : count;
    return *array != NULL;
}

/* Gives the accounts from `first` on places for their rows, as many as there
 * is room for; `ret_end` is the first that has none. */
static enum err
place_accounts(struct worker *worker, uint32_t first, uint32_t *ret_end)
{
    const struct muster *muster = &worker->muster;
    uint32_t end = first;
    uint32_t rows = 0;
    void *places = worker->places, *room = worker->rows;

    bool grown = grow(&places, muster->account_count, &worker->place_room,
                      sizeof *worker->places);
    worker->places = places;
    if (!grown)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < muster->account_count; i++)
        worker->places[i] = NOT_NOW;
    while (end < muster->account_count &&
           (end == first || rows + rows_of(muster, end) <= worker->row_max)) {
        worker->places[muster->order[end].account] = rows;
        rows += rows_of(muster, end++);
    }
    grown = grow(&room, rows, &worker->row_room, sizeof *worker->rows);
    worker->rows = room;
    *ret_end = end;
    return grown ? OK : ERR_MEMORY;
}

/* The chapters of some accounts of the partition, from `first` on. */
static enum err
write_some(struct worker *worker, const struct partition *partition,
           uint32_t first, uint32_t *ret_end)
{
    const struct muster *muster = &worker->muster;
    const uint32_t *numbers = muster->numbers;
    struct chapter_row *rows;
    enum err err = place_accounts(worker, first, ret_end);

    if (err != OK)
        return err;
    for (uint32_t i = 0; i < partition->part_count; i++) {
        const struct spill_part *part = &partition->parts[i];
        take_rows(worker, &worker->job->workers[i], part, numbers);
        numbers += part->entry_count;
    }
    rows = worker->rows;
    for (uint32_t i = first; i < *ret_end && err == OK; i++) {
        err = write_account(worker, account_of(muster, i), rows,
                            rows_of(muster, i));
        rows += rows_of(muster, i);
    }
    return err;
}

/* The chapters of a partition, from the rows that each thread has read. */
static enum err
write_partition(struct worker *worker, uint32_t number)
{
    struct partition partition;
    uint32_t next = 0;
    enum err err = open_partition(worker->job, number, &partition);

    if (err == OK && !muster_partition(&worker->muster, &partition))
        err = ERR_MEMORY;
    while (err == OK && next < worker->muster.account_count)
        err = write_some(worker, &partition, next, &next);
    close_partition(&partition);
    return err;
}

/* Appends the worker's part when all before it are there. */
static void
hand_in(struct job *job, uint32_t partition, struct runs_writer *part,
        enum err err)
{
    pthread_mutex_lock(&job->lock);
    while (job->turn != partition)
        pthread_cond_wait(&job->turned, &job->lock);
    if (job->err == OK)
        job->err = err;
    if (job->err == OK)
        runs_add_part(job->writer, part);
    job->turn++;
    pthread_cond_broadcast(&job->turned);
    pthread_mutex_unlock(&job->lock);
}

static void *
run_writing(void *context)
{
    struct worker *worker = context;
    struct job *job = worker->job;
    uint32_t partition;

    while ((partition = atomic_fetch_add(&job->next, 1)) < LIMIT_PARTITIONS)
        hand_in(job, partition, worker->part,
                write_partition(worker, partition));
    return NULL;
}

/* --- threads --- */

/* Runs it for all workers, the first in this thread; where no thread can be
 * had, one after the other. */
static void
run_all(struct job *job, void *(*run)(void *))
{
    bool begun[BULK_THREADS_MAX] = { false };

    for (uint32_t i = 1; i < job->worker_count; i++)
        begun[i] = pthread_create(&job->workers[i].thread, NULL, run,
                                  &job->workers[i]) == 0;
    run(&job->workers[0]);
    for (uint32_t i = 1; i < job->worker_count; i++) {
        if (begun[i])
            pthread_join(job->workers[i].thread, NULL);
        else
            run(&job->workers[i]);
    }
}

static uint64_t
memory_of(const struct bulk *bulk)
{
    if (bulk->memory != 0)
        return bulk->memory;
    return (uint64_t)sysconf(_SC_PHYS_PAGES) / 4 *
           (uint64_t)sysconf(_SC_PAGESIZE);
}

static enum err
open_worker(struct job *job, uint32_t index)
{
    const struct bulk *bulk = job->bulk;
    struct worker *worker = &job->workers[index];
    uint64_t count = bulk->last - bulk->first + 1;
    uint64_t memory = memory_of(bulk) / job->worker_count;

    worker->job = job;
    worker->first = bulk->first + count / job->worker_count * index;
    worker->last =
        index + 1 == job->worker_count
            ? bulk->last
            : bulk->first + count / job->worker_count * (index + 1) - 1;
    worker->words.seed = worker->muster.seed = bulk->words->seed;
    uint64_t rows = memory / ROWS_SHARE / sizeof *worker->rows;
    worker->row_max = rows < ROWS_MAX ? (uint32_t)rows : ROWS_MAX;
    if (memory < 2 * (uint64_t)SPILL_ENTRY_MAX)
        memory = 2 * (uint64_t)SPILL_ENTRY_MAX;
    if (!arena_open(&worker->scratch, SCRATCH_SIZE) ||
        !arena_open(&worker->kept, STREAMS_SIZE) ||
        !draft_open(&worker->draft, bulk->words))
        return ERR_MEMORY;
    intern_open(&worker->streams, bulk->words->seed, &worker->kept);
    worker->recent_number = intern_number(
        &worker->streams,
        (view) { (const uint8_t *)&worker->recent, sizeof worker->recent });
    enum err err = runs_create_part(&worker->part);
    return err == OK ? spill_open(bulk->dir, memory, &worker->spill) : err;
}

static void
close_worker(struct worker *worker)
{
    spill_close(worker->spill);
    words_close(&worker->words);
    free(worker->translate);
    arena_close(&worker->scratch);
    arena_close(&worker->kept);
    draft_close(&worker->draft);
    muster_close(&worker->muster);
    runs_abandon(worker->part);
    free(worker->places);
    free(worker->rows);
}

static uint32_t
count_threads(const struct bulk *bulk)
{
    long count = bulk->thread_count;

    if (count == 0)
        count = sysconf(_SC_NPROCESSORS_ONLN);
    if (count < 1)
        return 1;
    return count > BULK_THREADS_MAX ? BULK_THREADS_MAX : (uint32_t)count;
}

static void
add_counts(struct history_counts *sum, const struct history_counts *counts)
{
    sum->events += counts->events;
    sum->copies += counts->copies;
    sum->odd += counts->odd;
    sum->flagged += counts->flagged;
}

static enum err
run_job(struct job *job, struct history_counts *counts)
{
    enum err err = OK;

    for (uint32_t i = 0; i < job->worker_count && err == OK; i++)
        err = open_worker(job, i);
    if (err != OK)
        return err;
    run_all(job, run_reading);
    for (uint32_t i = 0; i < job->worker_count && err == OK; i++)
        err = job->workers[i].err;
    for (uint32_t i = 0; i < job->worker_count && err == OK; i++)
        err = join_words(&job->workers[i], job->bulk->words);
    if (err != OK)
        return err;
    run_all(job, run_writing);
    for (uint32_t i = 0; i < job->worker_count; i++)
        add_counts(counts, &job->workers[i].counts);
    return job->err;
}

enum err
bulk_write(const struct bulk *bulk, struct runs_writer *writer,
           struct history_counts *counts)
{
    struct job *job = calloc(1, sizeof *job);

    assert(bulk->first <= bulk->last);
    if (job == NULL)
        return ERR_MEMORY;
    job->bulk = bulk;
    job->writer = writer;
    job->worker_count = count_threads(bulk);
    pthread_mutex_init(&job->lock, NULL);
    pthread_cond_init(&job->turned, NULL);
    enum err err = run_job(job, counts);
    for (uint32_t i = 0; i < job->worker_count; i++)
        close_worker(&job->workers[i]);
    pthread_cond_destroy(&job->turned);
    pthread_mutex_destroy(&job->lock);
    free(job);
    return err;
}
