#include "core/bulk.h"

#include "core/draft.h"
#include "core/intake.h"
#include "core/intern.h"
#include "core/ordinary.h"
#include "core/reader.h"
#include "core/spill.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SCRATCH_SIZE = 1 << 20,
    DIGIT_BITS = 11,
    DIGITS = 1 << DIGIT_BITS,
    AHEAD = 12,        /* rows that are fetched before they are needed */
    FETCH_SIZE = 1024, /* likewise, bytes */
    MARK_ITEM = 1,
    STREAMS_SIZE = 1 << 30, /* address space */
};

/* A row on its way.  Behind it, where they are, a bearer's size and code, the
 * lines, the size of the skus (u32) and these; and the codes. */
struct mark {
    uint64_t member; /* 0: a bearer */
    uint64_t key;
    uint64_t position;
    uint64_t seq;
    int64_t recorded_ms;
    uint32_t amount;
    uint32_t size;   /* of all, this included */
    uint32_t stream; /* of the worker's */
    uint16_t goods;
    uint8_t tag;    /* of the row; MARK_ITEM */
    uint8_t worker; /* whose words and streams these are */
};
static_assert(sizeof(struct mark) % 8 == 0, "entries are aligned");
static_assert(LIMIT_EVENT_SIZE + LIMIT_EVENT_LINES * 80 < SPILL_ENTRY_MAX,
              "a row fits an entry");
static_assert((CHAPTER_TAG_OWN & MARK_ITEM) == 0, "there is a bit to spare");

/* The bytes that are interned: no gaps. */
struct stream {
    uint64_t incarnation;
    uint64_t node;
};

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
    struct arena kept;     /* for the streams */
    struct intern streams; /* struct stream */
    struct stream recent;  /* and the number of it */
    uint32_t recent_number;
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

static uint32_t
stream_of(struct worker *worker, identity id)
{
    const struct stream stream = { id.incarnation, id.node };

    if (stream.node != worker->recent.node ||
        stream.incarnation != worker->recent.incarnation) {
        worker->recent = stream;
        worker->recent_number =
            intern_number(&worker->streams,
                          (view) { (const uint8_t *)&stream, sizeof stream });
    }
    return worker->recent_number;
}

static uint8_t *
put(uint8_t *at, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(at, bytes, size);
    return at + size;
}

static void
spill_row(struct worker *worker, account_id account,
          const struct chapter_row *row)
{
    uint32_t bearer = account.member != 0 ? 0 : 1 + account.bearer.size;
    uint32_t lines = row->lines == NULL ? 0 : row->goods * 12u;
    uint32_t skus = row->lines == NULL ? 0 : 4 + row->skus.size;
    const struct mark mark = {
        .member = account.member,
        .key = row->key,
        .position = row->position,
        .seq = row->identity.seq,
        .recorded_ms = row->recorded_ms,
        .amount = row->amount,
        .size = (uint32_t)sizeof mark + bearer + lines + skus + row->codes.size,
        .stream = stream_of(worker, row->identity),
        .goods = row->goods,
        .tag = row->item ? MARK_ITEM : row->tag,
        .worker = worker->number,
    };
    uint8_t *at = spill_add(worker->spill, runs_partition(account), mark.size);

    if (at == NULL)
        return; /* the fault is told at the end */
    at = put(at, &mark, sizeof mark);
    if (bearer > 0) {
        *at++ = (uint8_t)account.bearer.size;
        at = put(at, account.bearer.bytes, account.bearer.size);
    }
    if (lines > 0) {
        at = put(at, row->lines, lines);
        at = put(at, &row->skus.size, 4);
        at = put(at, row->skus.bytes, row->skus.size);
    }
    put(at, row->codes.bytes, row->codes.size);
}

static enum err
spill_item(struct worker *worker, account_id account, const struct item *item)
{
    struct arena scratch = worker->scratch;
    uint32_t size = ITEM_HEAD_SIZE + item->core.size;
    uint8_t *bytes = ARENA_NEW(&scratch, uint8_t, size);
    struct chapter_row row;

    item_encode_head(item, bytes);
    if (item->core.size > 0)
        memcpy(bytes + ITEM_HEAD_SIZE, item->core.bytes, item->core.size);
    enum err err = chapter_row_of_item((view) { bytes, size }, &row);
    if (err == OK)
        spill_row(worker, account, &row);
    return err;
}

/* False: it is none. */
static bool
take_ordinary(struct worker *worker, const struct record_event *stored,
              uint64_t position)
{
    struct ordinary *ordinary = &worker->ordinary;

    if (stored->copy || !ordinary_read(stored->core, &worker->words, ordinary))
        return false;
    worker->counts.events++;
    ordinary->row.position = position;
    ordinary->row.identity = stored->origin;
    spill_row(worker, (account_id) { .member = ordinary->member },
              &ordinary->row);
    return true;
}

static enum err
take_event(struct worker *worker, const struct record_event *stored,
           uint64_t position)
{
    struct arena scratch = worker->scratch;
    struct event event;
    struct item item, pointer;
    struct chapter_row row;
    account_id referrer;
    enum err err = OK;

    if (take_ordinary(worker, stored, position))
        return OK;
    if (!intake_event(stored, position, &scratch, &worker->counts, &event,
                      &item))
        return OK;
    if (item.kind == ITEM_EVENT && !item.copy &&
        chapter_row_of(&event, position, &worker->words, &scratch, &row))
        spill_row(worker, event.account, &row);
    else
        err = spill_item(worker, event.account, &item);
    if (err == OK && intake_pointer(&event, &item, &referrer, &pointer))
        err = spill_item(worker, referrer, &pointer);
    return err;
}

static enum err
take_record(struct worker *worker, const struct reader_item *item)
{
    struct record_cursor cursor = record_events(&item->record);
    struct record_event event;
    uint64_t position = item->position;
    enum err err = OK;

    if (position >= worker->first && intake_is_flagged(&item->record))
        worker->counts.flagged++;
    while (err == OK && position <= worker->last &&
           record_next(&cursor, &event)) {
        if (position >= worker->first)
            err = take_event(worker, &event, position);
        position++;
    }
    return err;
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
        if (err == OK)
            err = take_record(worker, &item);
        if (err != OK)
            return err;
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
translate_goods(const struct mark *mark, const uint16_t *translate)
{
    switch (chapter_key_kind(mark->key)) {
    case CHAPTER_LINE:
    case CHAPTER_REWARD:
    case CHAPTER_STAMP:
    case CHAPTER_ACTIVITY:
        return translate[mark->goods];
    case CHAPTER_PURCHASE:
    case CHAPTER_LINES:
    case CHAPTER_REDEEM:
    case CHAPTER_JOIN:
        break;
    }
    return mark->goods;
}

/* --- sorting --- */

/* Where a row of a partition lies. */
struct place {
    uint64_t member;
    const struct mark *mark;
};

struct places {
    struct place *items; /* owned, as is the next */
    struct place *other; /* room for as many */
    uint32_t count;
};

static struct place *
list_marks(const struct spill_part *part, struct place *next)
{
    for (uint32_t i = 0; i < part->count; i++) {
        const uint8_t *at = part->stretches[i].bytes;
        const uint8_t *end = at + part->stretches[i].size;
        while (at < end) {
            const struct mark *mark = (const void *)at;
            __builtin_prefetch(at + FETCH_SIZE);
            *next++ = (struct place) { mark->member, mark };
            at += (mark->size + 7) & ~7u;
        }
    }
    return next;
}

/* One pass of a radix sort, stable. */
static void
sort_digit(struct places *places, uint32_t shift)
{
    uint32_t starts[DIGITS + 1] = { 0 };
    struct place *from = places->items;
    struct place *to = places->other;

    for (uint32_t i = 0; i < places->count; i++)
        starts[(from[i].member >> shift) % DIGITS + 1]++;
    for (uint32_t i = 0; i < DIGITS; i++)
        starts[i + 1] += starts[i];
    for (uint32_t i = 0; i < places->count; i++)
        to[starts[(from[i].member >> shift) % DIGITS]++] = from[i];
    places->items = to;
    places->other = from;
}

static account_id
account_of(const struct mark *mark)
{
    const uint8_t *behind = (const uint8_t *)(mark + 1);

    if (mark->member != 0)
        return (account_id) { .member = mark->member };
    return (account_id) { .bearer = { behind + 1, behind[0] } };
}

static int
compare_bearers(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order =
        view_compare(account_of(x->mark).bearer, account_of(y->mark).bearer);

    if (order != 0)
        return order;
    return x->mark->position < y->mark->position ? -1 : 1;
}

/* By account as keys are: members by number, then bearers by code; the rows of
 * an account as they came. */
static void
sort_places(struct places *places)
{
    uint64_t used = 0;
    uint32_t bearers = 0;

    for (uint32_t i = 0; i < places->count; i++)
        used |= places->items[i].member;
    for (uint32_t shift = 0; shift < 64 && used >> shift != 0;
         shift += DIGIT_BITS)
        sort_digit(places, shift);
    while (bearers < places->count && places->items[bearers].member == 0)
        bearers++;
    if (bearers == 0)
        return;
    qsort(places->items, bearers, sizeof *places->items, compare_bearers);
    memcpy(places->other, places->items + bearers,
           (places->count - bearers) * sizeof *places->items);
    memcpy(places->other + (places->count - bearers), places->items,
           bearers * sizeof *places->items);
    struct place *sorted = places->other;
    places->other = places->items;
    places->items = sorted;
}

/* --- chapters --- */

static identity
identity_of(const struct worker *from, const struct mark *mark)
{
    struct stream stream;

    memcpy(&stream, intern_string(&from->streams, mark->stream).bytes,
           sizeof stream);
    return (identity) { stream.incarnation, mark->seq, (uint32_t)stream.node };
}

/* The marks lie in memory that nobody else looks at: lines are translated in
 * place. */
static void
add_row(struct worker *worker, const struct mark *mark)
{
    const struct worker *from = &worker->job->workers[mark->worker];
    uint8_t *at = (uint8_t *)(uintptr_t)(mark + 1);
    const uint8_t *end = (const uint8_t *)mark + mark->size;
    struct chapter_row *row = draft_row(&worker->draft);

    row->key = mark->key;
    row->position = mark->position;
    row->identity = identity_of(from, mark);
    row->recorded_ms = mark->recorded_ms;
    row->amount = mark->amount;
    row->tag = mark->tag & CHAPTER_TAG_OWN;
    row->item = (mark->tag & MARK_ITEM) != 0;
    at += mark->member != 0 ? 0 : 1 + at[0];
    if (!row->item)
        row->goods = translate_goods(mark, from->translate);
    if (!row->item && chapter_key_kind(row->key) == CHAPTER_LINES) {
        translate_lines(at, row->goods, from->translate);
        row->lines = at;
        at += row->goods * sizeof(struct chapter_line);
        memcpy(&row->skus.size, at, 4);
        row->skus.bytes = at + 4;
        at += 4 + row->skus.size;
    }
    row->codes = (view) { at, (uint32_t)(end - at) };
}

static enum err
write_account(struct worker *worker, const struct place *places, uint32_t count,
              struct runs_writer *part)
{
    runs_key key = runs_key_of(account_of(places[0].mark));
    enum err err = draft_begin(&worker->draft, runs_key_view(&key));

    if (err != OK)
        return err;
    for (uint32_t i = 0; i < count; i++)
        add_row(worker, places[i].mark);
    return draft_end(&worker->draft, part);
}

static bool
same_account(const struct place *a, const struct place *b)
{
    return a->member == b->member &&
           (a->member != 0 ||
            view_equal(account_of(a->mark).bearer, account_of(b->mark).bearer));
}

/* It may lie across two lines of the cache. */
static void
fetch(const struct mark *mark)
{
    __builtin_prefetch(mark);
    __builtin_prefetch(mark + 1);
}

static enum err
write_places(struct worker *worker, const struct places *places,
             struct runs_writer *part)
{
    const struct place *items = places->items;
    uint32_t first = 0;
    enum err err = OK;

    for (uint32_t i = 1; i <= places->count && err == OK; i++) {
        if (i + AHEAD < places->count)
            fetch(items[i + AHEAD].mark);
        if (i < places->count && same_account(&items[first], &items[i]))
            continue;
        err = write_account(worker, items + first, i - first, part);
        first = i;
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
    struct places places = { 0 };
    enum err err = OK;

    for (uint32_t i = 0; i < job->worker_count && err == OK; i++) {
        err = spill_read(job->workers[i].spill, partition, &rows[i]);
        if (err == OK)
            places.count += rows[i].entry_count;
    }
    if (err == OK && places.count > 0) {
        places.items = malloc(places.count * sizeof *places.items);
        places.other = malloc(places.count * sizeof *places.other);
        if (places.items == NULL || places.other == NULL)
            err = ERR_MEMORY;
    }
    if (err == OK && places.count > 0) {
        struct place *next = places.items;
        for (uint32_t i = 0; i < job->worker_count; i++)
            next = list_marks(&rows[i], next);
        sort_places(&places);
        err = write_places(worker, &places, part);
    }
    free(places.items);
    free(places.other);
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
        !arena_open(&worker->kept, STREAMS_SIZE) ||
        !draft_open(&worker->draft, bulk->words))
        return ERR_MEMORY;
    intern_open(&worker->streams, bulk->words->seed, &worker->kept);
    worker->recent_number = intern_number(
        &worker->streams,
        (view) { (const uint8_t *)&worker->recent, sizeof worker->recent });
    return spill_open(bulk->dir, memory, &worker->spill);
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
