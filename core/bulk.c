#include "core/bulk.h"

#include "core/docket.h"
#include "core/draft.h"
#include "core/intake.h"
#include "core/reader.h"
#include "core/spill.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SCRATCH_SIZE = 1 << 20,
    FETCH_SIZE = 1024, /* bytes that are fetched before they are needed */
};
static_assert(LIMIT_EVENT_SIZE + LIMIT_EVENT_LINES * 80 < SPILL_ENTRY_MAX,
              "a row fits an entry");

struct worker {
    struct job *job;
    uint8_t number;
    pthread_t thread;
    enum err err;
    uint64_t first; /* positions that it reads */
    uint64_t last;
    struct history_counts counts;
    struct words words;
    uint16_t *translate; /* to numbers of the history's words; owned */
    struct spill *spill;
    struct arena scratch; /* of one event, as is the next */
    struct ordinary ordinary;
    struct draft draft; /* of one account */
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

static void
take_event(struct worker *worker, const struct record_event *stored,
           uint64_t position)
{
    struct arena scratch = worker->scratch;
    struct intake taken[INTAKE_MAX];
    const struct intake_tools tools = { &worker->words, &worker->counts,
                                        &scratch, &worker->ordinary };
    uint32_t count = intake_event(stored, position, &tools, taken);

    for (uint32_t i = 0; i < count; i++) {
        account_id account = taken[i].account;
        struct docket *docket =
            spill_add(worker->spill, runs_partition(account),
                      docket_size(account, &taken[i].row));
        if (docket == NULL)
            return; /* the fault is told at the end */
        docket_write(account, &taken[i].row, docket);
        docket->words = worker->number;
    }
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

static void
translate_lines(uint8_t *lines, uint32_t count, const uint16_t *translate)
{
    struct chapter_line line;

    for (uint32_t i = 0; i < count; i++) {
        memcpy(&line, lines + i * sizeof line, sizeof line);
        line.goods = translate[line.goods];
        memcpy(lines + i * sizeof line, &line, sizeof line);
    }
}

static uint16_t
translate_goods(const struct docket *docket, const uint16_t *translate)
{
    switch (chapter_key_kind(docket->key)) {
    case CHAPTER_LINE:
    case CHAPTER_REWARD:
    case CHAPTER_STAMP:
    case CHAPTER_ACTIVITY:
        return translate[docket->goods];
    case CHAPTER_PURCHASE:
    case CHAPTER_LINES:
    case CHAPTER_REDEEM:
    case CHAPTER_JOIN:
        break;
    }
    return docket->goods;
}

/* --- sorting --- */

static void
list_dockets(const struct spill_part *part, struct docket_list *list)
{
    for (uint32_t i = 0; i < part->count; i++) {
        const uint8_t *at = part->stretches[i].bytes;
        const uint8_t *end = at + part->stretches[i].size;
        while (at < end) {
            const struct docket *docket = (const void *)at;
            __builtin_prefetch(at + FETCH_SIZE);
            docket_list_add(list, docket->member, docket);
            at += (docket->size + DOCKET_ALIGN - 1) &
                  ~(uint32_t)(DOCKET_ALIGN - 1);
        }
    }
}

/* --- chapters --- */

/* The dockets lie in memory that nobody else looks at: lines are translated in
 * place. */
static void
add_row(struct worker *worker, const struct docket *docket)
{
    const uint16_t *translate = worker->job->workers[docket->words].translate;
    struct chapter_row *row = draft_row(&worker->draft);

    docket_row(docket, row);
    if (row->item)
        return;
    row->goods = translate_goods(docket, translate);
    if (row->lines != NULL)
        translate_lines((uint8_t *)(uintptr_t)row->lines, row->goods,
                        translate);
}

static enum err
write_dockets(struct worker *worker, const struct docket_list *list,
              struct runs_writer *part)
{
    uint32_t end;
    enum err err = OK;

    for (uint32_t at = 0; at < list->count && err == OK; at = end) {
        runs_key key = runs_key_of(docket_account(list->items[at].docket));
        end = docket_list_next(list, at);
        err = draft_begin(&worker->draft, runs_key_view(&key));
        for (uint32_t i = at; i < end && err == OK; i++)
            add_row(worker, list->items[i].docket);
        if (err == OK)
            err = draft_end(&worker->draft, part);
    }
    return err;
}

/* The chapters of a partition, from the rows that each thread has read. */
static enum err
write_partition(struct worker *worker, uint32_t partition,
                struct runs_writer *part)
{
    const struct job *job = worker->job;
    struct spill_part rows[BULK_THREADS_MAX] = { 0 };
    struct docket_list list = { 0 };
    uint32_t count = 0;
    enum err err = OK;

    for (uint32_t i = 0; i < job->worker_count && err == OK; i++) {
        err = spill_read(job->workers[i].spill, partition, &rows[i]);
        if (err == OK)
            count += rows[i].entry_count;
    }
    if (err == OK)
        err = docket_list_open(&list, count);
    for (uint32_t i = 0; i < job->worker_count && err == OK; i++)
        list_dockets(&rows[i], &list);
    if (err == OK) {
        docket_list_sort(&list);
        err = write_dockets(worker, &list, part);
    }
    docket_list_close(&list);
    for (uint32_t i = 0; i < job->worker_count; i++)
        spill_part_close(&rows[i]);
    return err;
}

/* Appends the part when all before it are there. */
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
    else
        runs_abandon(part);
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

    while ((partition = atomic_fetch_add(&job->next, 1)) < LIMIT_PARTITIONS) {
        struct runs_writer *part = NULL;
        enum err err = runs_create_part(&part);
        if (err == OK)
            err = write_partition(worker, partition, part);
        hand_in(job, partition, part, err);
    }
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
    worker->number = (uint8_t)index;
    worker->first = bulk->first + count / job->worker_count * index;
    worker->last =
        index + 1 == job->worker_count
            ? bulk->last
            : bulk->first + count / job->worker_count * (index + 1) - 1;
    worker->words.seed = bulk->words->seed;
    if (memory < 2 * (uint64_t)SPILL_ENTRY_MAX)
        memory = 2 * (uint64_t)SPILL_ENTRY_MAX;
    if (!arena_open(&worker->scratch, SCRATCH_SIZE) ||
        !draft_open(&worker->draft, bulk->words))
        return ERR_MEMORY;
    return spill_open(bulk->dir, memory, &worker->spill);
}

static void
close_worker(struct worker *worker)
{
    spill_close(worker->spill);
    words_close(&worker->words);
    free(worker->translate);
    arena_close(&worker->scratch);
    draft_close(&worker->draft);
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
