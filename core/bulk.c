#include "core/bulk.h"

#include "core/convoy.h"
#include "core/draft.h"
#include "core/intake.h"
#include "core/intern.h"
#include "core/muster.h"
#include "core/reader.h"
#include "core/relay.h"
#include "core/spill.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SCRATCH_SIZE = 1 << 20,
    STREAMS_SIZE = 1 << 30, /* address space */
    PIECE_MAX = 1 << 15,    /* positions that are read at a time, ... */
    PIECES_EACH = 16,       /* ... where a thread has so many of them */
    FETCH_AHEAD = 16,       /* rows */
    SPILL_SHARE = 2,        /* of a worker's memory, ... */
    PART_SHARE = 8,         /* ... and of the chapters' */
    PART_SIZE_MIN = 1 << 20,
};
static_assert(PARCEL_FIXED_SIZE + LIMIT_EVENT_SIZE + LIMIT_EVENT_LINES * 80 <
                  SPILL_ENTRY_MAX,
              "a row fits an entry");
static_assert((int)SPILL_BEHIND >= (int)PARCEL_BEHIND, "parcels can be read");
static_assert((int)BULK_THREADS_MAX <= (int)CONVOY_PARTS_MAX,
              "a part for each");
static_assert((int)BULK_THREADS_MAX <= (int)RELAY_THREADS_MAX, "likewise");

/* The bytes that are interned: no gaps. */
struct stream {
    uint64_t incarnation;
    uint64_t node;
};

struct worker {
    struct job *job;
    pthread_t thread;
    enum err err;
    struct history_counts counts;
    struct words words;
    uint64_t met[WORDS_MAX + 1]; /* first position of the piece in which each
                                  * of the words was first met */
    uint16_t *translate;         /* to numbers of the history's words; owned */
    struct spill *spill;
    struct parcel_usual usual;
    bool has_usual;
    struct arena kept;     /* for the streams */
    struct intern streams; /* struct stream */
    struct stream recent;  /* and the number of it */
    uint32_t recent_number;
    struct arena scratch; /* of one event, as is the next */
    struct ordinary ordinary;
    struct draft draft;   /* of one account */
    struct convoy convoy; /* of one partition, as are the next two */
    struct muster muster;
    struct chapter_row *rows; /* of one account; owned */
    uint32_t row_room;
};

/* What all threads share. */
struct job {
    const struct bulk *bulk;
    struct relay *relay; /* of the run; owned */
    uint32_t worker_count;
    struct worker workers[BULK_THREADS_MAX];
    struct spill *spills[BULK_THREADS_MAX]; /* borrowed from these */
    atomic_ullong read; /* position up to which all is somebody's to read */
    uint64_t piece;     /* positions that are read at a time */
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

/* What the first row says is what most say, with luck. */
static void
set_usual(struct worker *worker, const struct chapter_row *row, uint32_t stream)
{
    worker->usual.ahead = row->position - row->identity.seq;
    worker->usual.recorded_ms = row->recorded_ms;
    worker->usual.stream = stream;
    worker->has_usual = true;
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
    if (!worker->has_usual && !row->item)
        set_usual(worker, row, stream);
    uint8_t *end = parcel_put(room, &worker->usual, account, row, stream);
    spill_added(worker->spill, partition, (uint32_t)(end - room));
}

/* Some positions in a row. */
struct piece {
    uint64_t first;
    uint64_t last;
};

static void
take_record(struct worker *worker, const struct reader_item *item,
            const struct piece *piece)
{
    struct arena scratch;
    struct intake taken[INTAKE_MAX];
    const struct intake_tools tools = { &worker->words, &worker->counts,
                                        &scratch, &worker->ordinary };
    struct record_cursor cursor = record_events(&item->record);
    struct record_event event;
    uint64_t position = item->position;

    if (position >= piece->first && intake_is_flagged(&item->record))
        worker->counts.flagged++;
    for (; position <= piece->last && record_next(&cursor, &event);
         position++) {
        if (position < piece->first)
            continue;
        scratch = worker->scratch;
        uint32_t count = intake_event(&event, position, &tools, taken);
        for (uint32_t i = 0; i < count; i++)
            spill_row(worker, &taken[i].account, &taken[i].row);
    }
}

static enum err
read_piece(struct worker *worker, struct reader *reader,
           const struct piece *piece)
{
    uint64_t next = piece->first;
    struct reader_item item;

    while (next <= piece->last) {
        enum err err = reader_next(reader, next, &item);
        if (err == ERR_NOT_FOUND || (err == OK && item.position > piece->last))
            return OK;
        if (err == ERR_CORRUPT)
            return ERR_UNKNOWN;
        if (err != OK)
            return err;
        take_record(worker, &item, piece);
        next = item.position + item.record.count;
    }
    return OK;
}

/* False: somebody reads the last one. */
static bool
next_piece(struct job *job, struct piece *ret_piece)
{
    uint64_t last = job->bulk->last;
    uint64_t read = atomic_load(&job->read);

    do {
        if (read == last)
            return false;
        ret_piece->first = read + 1;
        ret_piece->last = last - read <= job->piece ? last : read + job->piece;
    } while (!atomic_compare_exchange_weak(&job->read, &read, ret_piece->last));
    return true;
}

static enum err
read_all(struct worker *worker, struct reader *reader)
{
    struct piece piece;
    enum err err = OK;

    while (err == OK && next_piece(worker->job, &piece)) {
        uint32_t known = worker->words.count;
        err = read_piece(worker, reader, &piece);
        for (uint32_t i = known + 1; i <= worker->words.count; i++)
            worker->met[i] = piece.first;
    }
    return err;
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

/* Whose word, the next one of each, was met first; NULL: there is none left. */
static struct worker *
first_to_meet(struct job *job, const uint32_t *next)
{
    struct worker *first = NULL;
    uint64_t met = UINT64_MAX;

    for (uint32_t i = 0; i < job->worker_count; i++) {
        struct worker *worker = &job->workers[i];
        if (next[i] <= worker->words.count && worker->met[next[i]] < met) {
            first = worker;
            met = worker->met[next[i]];
        }
    }
    return first;
}

/* Each thread has given numbers of its own.  Those of the history are in the
 * order of the journal, whoever has read what of it: they stand in chapters. */
static enum err
join_words(struct job *job)
{
    struct words *words = job->bulk->words;
    uint32_t next[BULK_THREADS_MAX];
    struct worker *worker;

    for (uint32_t i = 0; i < job->worker_count; i++) {
        worker = &job->workers[i];
        next[i] = 1;
        worker->translate =
            calloc(worker->words.count + 1, sizeof *worker->translate);
        if (worker->translate == NULL)
            return ERR_MEMORY;
    }
    while ((worker = first_to_meet(job, next)) != NULL) {
        uint32_t number = next[worker - job->workers]++;
        worker->translate[number] =
            (uint16_t)words_add(words, words_get(&worker->words, number));
        if (worker->translate[number] == WORDS_NONE)
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

static enum err
muster_partition(struct worker *worker, uint32_t number)
{
    struct convoy *convoy = &worker->convoy;
    struct muster *muster = &worker->muster;
    const struct job *job = worker->job;
    const account_id *account;
    uint32_t place;
    enum err err = convoy_begin(convoy, job->spills, job->worker_count, number);

    if (err != OK)
        return err;
    if (!muster_begin(muster, convoy->parcel_count))
        return ERR_MEMORY;
    while (convoy_next(convoy, &account, &place))
        if (!muster_add(muster, account, place))
            return ERR_MEMORY;
    return muster_sort(muster) ? OK : ERR_MEMORY;
}

/* --- chapters --- */

/* Rows of an account lie far apart: each is asked for before its turn comes. */
static inline void
fetch(const struct worker *worker, uint32_t place)
{
    uint32_t part;
    const uint8_t *at = convoy_at(&worker->convoy, place, &part);

    __builtin_prefetch(at);
    __builtin_prefetch(at + 31);
}

/* What of its row's identity goes by streams. */
static void
set_stream(const struct worker *from, uint32_t number, identity *id)
{
    struct stream stream;

    memcpy(&stream, intern_string(&from->streams, number).bytes, sizeof stream);
    id->incarnation = stream.incarnation;
    id->node = (uint32_t)stream.node;
}

static void
take_row(struct worker *worker, uint32_t place, struct chapter_row *row)
{
    uint32_t part;
    const uint8_t *at = convoy_at(&worker->convoy, place, &part);
    const struct worker *from = &worker->job->workers[part];
    uint32_t stream = parcel_take(at, &from->usual, row);

    if (row->item)
        return;
    set_stream(from, stream, &row->identity);
    translate_row(row, from->translate);
}

static bool
make_room(struct worker *worker, uint32_t count)
{
    if (count <= worker->row_room)
        return true;
    free(worker->rows);
    worker->rows = malloc(count * sizeof *worker->rows);
    worker->row_room = worker->rows == NULL ? 0 : count;
    return worker->rows != NULL;
}

static enum err
write_account(struct worker *worker, account_id account, const uint32_t *places,
              uint32_t count, struct runs_writer *part)
{
    const uint32_t *end = worker->muster.places + worker->muster.row_count;
    runs_key key = runs_key_of(account);

    if (!make_room(worker, count))
        return ERR_MEMORY;
    enum err err = draft_begin(&worker->draft, runs_key_view(&key));
    if (err != OK)
        return err;
    for (uint32_t i = 0; i < count; i++) {
        if (end - places > (ptrdiff_t)(i + FETCH_AHEAD))
            fetch(worker, places[i + FETCH_AHEAD]);
        take_row(worker, places[i], &worker->rows[i]);
    }
    draft_rows(&worker->draft, worker->rows, count);
    return draft_end(&worker->draft, part);
}

/* The chapters of a partition, from the rows that each thread has read. */
static enum err
write_partition(struct worker *worker, const struct relay_part *part)
{
    const struct muster *muster = &worker->muster;
    enum err err = muster_partition(worker, part->partition);
    const uint32_t *places = muster->places;
    for (uint32_t i = 0; i < muster->account_count && err == OK; i++) {
        const struct muster_account *account = muster_at(muster, i);
        err = write_account(worker, account->account, places, account->rows,
                            part->writer);
        places += account->rows;
        relay_hand_in(part);
    }
    return err;
}

static void *
run_writing(void *context)
{
    struct worker *worker = context;
    struct relay_part part;

    while (relay_take(worker->job->relay, &part))
        relay_end(&part, write_partition(worker, &part));
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

static uint64_t
greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static enum err
open_worker(struct job *job, uint32_t index)
{
    const struct bulk *bulk = job->bulk;
    struct worker *worker = &job->workers[index];
    uint64_t memory = memory_of(bulk) / job->worker_count;

    worker->job = job;
    worker->words.seed = worker->muster.seed = bulk->words->seed;
    worker->usual.position = bulk->first;
    if (!arena_open(&worker->scratch, SCRATCH_SIZE) ||
        !arena_open(&worker->kept, STREAMS_SIZE) ||
        !draft_open(&worker->draft, bulk->words))
        return ERR_MEMORY;
    intern_open(&worker->streams, bulk->words->seed, &worker->kept);
    worker->recent_number = intern_number(
        &worker->streams,
        (view) { (const uint8_t *)&worker->recent, sizeof worker->recent });
    enum err err = spill_open(
        bulk->dir, greater(memory / SPILL_SHARE, 2 * (uint64_t)SPILL_ENTRY_MAX),
        &worker->spill);
    job->spills[index] = worker->spill;
    return err;
}

static void
close_worker(struct worker *worker)
{
    convoy_close(&worker->convoy);
    spill_close(worker->spill);
    words_close(&worker->words);
    free(worker->translate);
    arena_close(&worker->scratch);
    arena_close(&worker->kept);
    draft_close(&worker->draft);
    muster_close(&worker->muster);
    free(worker->rows);
}

static uint32_t
count_threads(const struct bulk *bulk)
{
    uint64_t count = bulk->thread_count;

    if (count == 0) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        uint64_t enough = memory_of(bulk) / BULK_MEMORY_MIN;
        count = processors < 1 ? 1 : (uint64_t)processors;
        if (count > enough)
            count = greater(enough, 1);
    }
    return count > BULK_THREADS_MAX ? BULK_THREADS_MAX : (uint32_t)count;
}

static uint64_t
piece_of(const struct bulk *bulk, uint32_t threads)
{
    uint64_t piece =
        (bulk->last - bulk->first) / (threads * (uint64_t)PIECES_EACH) + 1;

    return piece > PIECE_MAX ? PIECE_MAX : piece;
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
    if (err == OK)
        err = join_words(job);
    if (err != OK)
        return err;
    run_all(job, run_writing);
    for (uint32_t i = 0; i < job->worker_count; i++)
        add_counts(counts, &job->workers[i].counts);
    return relay_fault(job->relay);
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
    job->worker_count = count_threads(bulk);
    atomic_store(&job->read, bulk->first - 1);
    job->piece = piece_of(bulk, job->worker_count);
    enum err err =
        relay_open(writer, job->worker_count,
                   greater(memory_of(bulk) / job->worker_count / PART_SHARE,
                           PART_SIZE_MIN),
                   &job->relay);
    if (err == OK)
        err = run_job(job, counts);
    for (uint32_t i = 0; i < job->worker_count; i++)
        close_worker(&job->workers[i]);
    relay_close(job->relay);
    free(job);
    return err;
}
