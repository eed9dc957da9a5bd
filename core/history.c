#include "core/history.h"

#include "core/bulk.h"
#include "core/crypto.h"
#include "core/history_ahead.h"
#include "core/history_copies.h"
#include "core/history_take.h"
#include "core/history_write.h"

#include <stdlib.h>
#include <string.h>

enum {
    FORMAT = 5,              /* of chapters; also for what this program knows */
    TAIL_MERGE = 32768,      /* items that an owner leaves unmerged */
    MUCH = 1 << 18,          /* events that are built at once */
    TAIL_MAX = 1000000,      /* items that anybody holds */
    TAIL_SIZE_MAX = 1 << 28, /* bytes likewise */
};
static_assert(LIMIT_EVENT_LINES * sizeof(struct event_line) <
                  HISTORY_SCRATCH_SIZE / 2,
              "one event fits the scratch");

/* The tag of the run set holds the counts. */
static_assert(sizeof(struct history_counts) == RUNSET_TAG_SIZE, "they fit");

enum err
history_open(const char *dir, struct journal *journal, bool owner,
             struct history **ret_history)
{
    struct history *history = calloc(1, sizeof *history);

    if (history == NULL)
        return ERR_MEMORY;
    history->journal = journal;
    history->owner = owner;
    history->tail.seed = crypto_random_number();
    history->set = (struct runset) {
        .name = "history",
        .kind = RUNS_HISTORY,
        .rule = RUNS_JOIN,
        .joiner = { history_write_join, &history->draft },
        .format = FORMAT,
    };
    history->tail_items = TAIL_MERGE;
    history->step = HISTORY_ALL;
    history->words.seed = crypto_random_number();
    history->rules.words = &history->words;
    enum err err = runset_init(&history->set, dir, journal);
    if (err == OK && (!arena_open(&history->scratch, HISTORY_SCRATCH_SIZE) ||
                      !draft_open(&history->draft, &history->words)))
        err = ERR_MEMORY;
    if (err == OK)
        err = history_write_open(history);
    if (err == OK)
        err = history_ahead_open(history);
    if (err != OK) {
        history_close(history);
        return err;
    }
    *ret_history = history;
    return OK;
}

void
history_close(struct history *history)
{
    if (history == NULL)
        return;
    history_ahead_close(history);
    history_write_close(history);
    runset_close(&history->set);
    tail_close(&history->tail);
    free(history->quarantine);
    arena_close(&history->scratch);
    draft_close(&history->draft);
    words_close(&history->words);
    free(history);
}

void
history_set_owner(struct history *history, bool owner)
{
    history_ahead_drop(history);
    history_write_settle(history);
    history->owner = owner;
    history->last_txn = 0;
}

void
history_set_admits(struct history *history, history_admits *admits,
                   void *context)
{
    history->rules.admits = admits;
    history->rules.context = context;
}

uint64_t
history_position(const struct history *history)
{
    return history->position;
}

const struct words *
history_words(const struct history *history)
{
    return &history->words;
}

uint64_t
history_size(const struct history *history)
{
    return runset_size(&history->set);
}

uint64_t
history_held(const struct history *history)
{
    return history->set.position;
}

struct history_counts
history_counts(const struct history *history)
{
    return history->counts;
}

void
history_see_marks(struct history *history, const struct history_marks *marks)
{
    history->rules.seen = marks;
}

const struct reader_damage *
history_damage(const struct history *history)
{
    return history->damage.position == 0 ? NULL : &history->damage;
}

enum err
history_verify(const struct history *history)
{
    return runset_verify(&history->set);
}

/* --- taking in --- */

static void
restart(struct history *history)
{
    assert(!history_write_is_busy(history));
    history_ahead_drop(history);
    history_write_drop(history);
    tail_close(&history->tail);
    history->position = history->set.position;
    memcpy(&history->counts, history->set.tag, sizeof history->counts);
    history->generation++;
}

void
history_set_step(struct history *history, uint64_t positions)
{
    assert(positions > 0);
    history->step = positions;
}

bool
history_is_behind(const struct history *history)
{
    return history->behind;
}

/* Forgets all that has been derived; an owner for every process. */
static enum err
reset(struct history *history)
{
    enum err err = OK;

    history_write_drop(history);
    if (history->owner)
        err = runset_reset(&history->set);
    else
        runset_drop(&history->set);
    restart(history);
    return err;
}

/* The words of the chapters; they are kept before a chapter that has them. */
static enum err
load_words(struct history *history)
{
    enum { ROOM = WORDS_MAX * (1 + LIMIT_NAME_SIZE) + 64 };
    uint8_t *bytes = malloc(ROOM);
    view note = { 0 };

    if (bytes == NULL)
        return ERR_MEMORY;
    enum err err = journal_get_note(history->journal, view_of(HISTORY_WORDS),
                                    bytes, ROOM, &note);
    if (err == OK)
        err = words_read(&history->words, note);
    else if (err == ERR_UNKNOWN)
        err = err_corrupt();
    history->words_kept = history->words.count;
    if (err == ERR_NOT_FOUND) {
        /* Runs without their words can't be told from runs of others. */
        history->words_kept = UINT32_MAX;
        err = history->set.run_count == 0 ? OK : err_corrupt();
    }
    free(bytes);
    return err;
}

static enum err
load_set(struct history *history, struct reader *reader)
{
    bool changed = false;

    /* Threads read the runs; and nobody else writes any. */
    if (history_write_is_busy(history))
        return OK;
    enum err err = runset_load(&history->set, &changed);

    if (err == OK && (changed || !history->loaded))
        err = load_words(history);
    if (err == ERR_CORRUPT)
        return reset(history);
    if (err != OK)
        return err;
    /* A note from a life of the journal that it has lost again; but a last
     * record that is damaged does not say how far it went. */
    uint64_t last = reader_last(reader);
    struct reader_item item;
    if (history->set.position > last &&
        (last == 0 || reader_next(reader, last, &item) != ERR_CORRUPT))
        return reset(history);
    if (changed || !history->loaded)
        restart(history);
    if (history->owner && !history->loaded)
        runset_clean(&history->set);
    history->loaded = true;
    return OK;
}

static bool
is_full(const struct tail *tail)
{
    return tail->item_count >= TAIL_MAX || tail->size >= TAIL_SIZE_MAX;
}

/* --- runs --- */

void
history_set_beside(struct history *history)
{
    history->write.beside = true;
}

enum err
history_merge(struct history *history)
{
    assert(history->owner);
    return history_write_all(history);
}

/* Caches that can't be written keep nobody from asking: the tail is still
 * there. */
static enum err
merge_from(struct history *history, uint32_t items)
{
    if (!history->owner)
        return OK;
    enum err err = history_write_look(history, items);
    return err == ERR_FULL || err == ERR_IO ? OK : err;
}

enum err
history_tend(struct history *history)
{
    return merge_from(history, TAIL_MERGE);
}

void
history_set_memory(struct history *history, uint64_t bytes)
{
    assert(bytes == 0 || bytes >= BULK_MEMORY_MIN);
    history->memory = bytes;
}

void
history_set_tail(struct history *history, uint32_t items)
{
    assert(items <= TAIL_MAX);
    history->tail_items = items;
}

static enum err
take_all(struct history *history, struct reader *reader, uint64_t last)
{
    const struct history_taker taker = {
        .tail = &history->tail,
        .position = &history->position,
        .counts = &history->counts,
        .words = &history->words,
        .damage = &history->damage,
        .scratch = &history->scratch,
        .ordinary = &history->ordinary,
    };
    const uint64_t before = history->position;
    enum err err = OK;

    while (history->position < last &&
           (err = history_take_next(&taker, reader)) == OK) {
        if (!is_full(&history->tail))
            continue;
        history->generation++;
        if (!history->owner)
            return ERR_BUSY;
        err = history_merge(history);
        if (err == OK)
            err = reader_refresh(reader);
        if (err != OK)
            return err;
    }
    if (err != OK && err != ERR_NOT_FOUND) {
        history->generation++; /* the tail may have moved */
        return err;
    }
    history->generation += history->position != before;
    history->behind = err == OK;
    return merge_from(history, history->tail_items);
}

/* --- much at once --- */

static enum err
commit_built(struct history *history, struct runs_writer *writer,
             uint64_t position, const struct history_counts *counts)
{
    uint8_t tag[RUNSET_TAG_SIZE];
    enum err err = history_write_words(history);

    if (err != OK) {
        runs_abandon(writer);
        return err;
    }
    memcpy(tag, counts, sizeof tag);
    err = runset_commit(&history->set, writer, position, tag);
    restart(history);
    /* Where there are threads for it, the next step has them merge. */
    return err == OK && !history->write.beside ? runset_compact(&history->set)
                                               : err;
}

/* All up to the position becomes a run in one pass.  What can't be done in this
 * way is left to take_all(), as if this had not been tried. */
static enum err
build(struct history *history, uint64_t position)
{
    struct runs_writer *writer = NULL;
    struct history_counts counts;
    const struct bulk bulk = {
        .journal = history->journal,
        .dir = history->set.dir,
        .words = &history->words,
        .first = history->set.position + 1,
        .last = position,
        .memory = history->memory,
    };
    enum err err = runset_begin(&history->set, &writer);

    if (err != OK)
        return OK;
    memcpy(&counts, history->set.tag, sizeof counts);
    err = bulk_write(&bulk, writer, &counts);
    history->unbuilt = err != OK;
    if (err != OK) {
        runs_abandon(writer);
        return OK;
    }
    err = commit_built(history, writer, position, &counts);
    if (err != OK && history->set.note_size == 0)
        history->loaded = false;
    history->merge_damaged = err == ERR_CORRUPT;
    return err;
}

/* What is to be taken in. */
struct portion {
    uint64_t step; /* positions, about */
    uint64_t last; /* none beyond that one, but for the end of its record */
    uint64_t much; /* events, and more, that are built at once */
};

static enum err
take_much(struct history *history, struct reader *reader,
          const struct portion *portion)
{
    uint64_t last = reader_last(reader);
    uint64_t held = history->set.position;

    if (last > portion->last)
        last = portion->last;
    if (!history->owner || last <= held || last - held < portion->much)
        return OK;
    /* Who wants small steps has something else to do meanwhile. */
    if (portion->step != HISTORY_ALL &&
        (last - held <= held || history->unbuilt))
        return OK;
    history_write_settle(history);
    enum err err = build(history, last);
    return err == OK ? reader_refresh(reader) : err;
}

/* What a thread has taken in, or the next step; and a thread goes on. */
static enum err
take_step(struct history *history, struct reader *reader,
          const struct portion *portion)
{
    const bool small = portion->step != HISTORY_ALL;
    bool took = false;
    enum err err = history_ahead_end(history, &took);

    if (err == ERR_FULL || err == ERR_IO)
        return OK; /* as in merge_from() */
    if (err == OK && took)
        err = merge_from(history, TAIL_MAX);
    if (err == OK && !(took && small))
        err =
            take_all(history, reader,
                     small ? history->position + portion->step : portion->last);
    if (err == OK && history->behind && history->loaded)
        history_ahead_begin(history, reader_last(reader));
    return err;
}

static enum err
look(struct history *history, struct reader *reader)
{
    enum err err = load_set(history, reader);

    if (err == OK)
        err = reader_refresh(reader);
    return err == OK ? history_copies_load(history, reader) : err;
}

/* Pages that a snapshot still sees can't be used again: the reader lives for
 * the call only. */
static enum err
refresh(struct history *history, const struct portion *portion)
{
    struct reader *reader = NULL;
    enum err err = reader_open(history->journal, &reader);

    if (err != OK)
        return err;
    history->damage = (struct reader_damage) { 0 };
    err = look(history, reader);
    if (err == OK)
        err = take_much(history, reader, portion);
    if (err == OK)
        err = take_step(history, reader, portion);
    reader_close(reader);
    return err;
}

/* A run that was found damaged while it was merged is made good. */
static enum err
refresh_or_mend(struct history *history, const struct portion *portion)
{
    const struct portion all = { HISTORY_ALL, HISTORY_ALL, MUCH };
    enum err err = refresh(history, portion);

    if (err != ERR_CORRUPT || !history->merge_damaged)
        return err;
    history->merge_damaged = false;
    err = reset(history);
    return err == OK ? refresh(history, &all) : err;
}

enum err
history_refresh(struct history *history)
{
    const struct portion next = { history->step, HISTORY_ALL, MUCH };
    uint64_t txn = journal_last_txn(history->journal);

    if (history->loaded && history->last_txn == txn && txn != 0 &&
        !history->behind)
        return OK;
    enum err err = refresh_or_mend(history, &next);
    if (err == OK)
        history->last_txn = txn;
    return err;
}

enum err
history_look(struct history *history, uint64_t *ret_last)
{
    struct reader *reader = NULL;
    enum err err = reader_open(history->journal, &reader);

    if (err != OK)
        return err;
    err = look(history, reader);
    if (err == OK) {
        *ret_last = reader_last(reader);
        history->behind = *ret_last > history->position;
    }
    reader_close(reader);
    return err;
}

enum err
history_reach(struct history *history, uint64_t position)
{
    /* What would fill a tail, and so become a run, becomes one at once. */
    const struct portion all = { HISTORY_ALL, position, history->tail_items };

    return history->position >= position ? OK : refresh_or_mend(history, &all);
}

enum err
history_backlog(struct history *history, uint64_t *ret_backlog)
{
    struct reader *reader = NULL;
    enum err err = reader_open(history->journal, &reader);

    if (err != OK)
        return err;
    err = load_set(history, reader);
    if (err == OK)
        err = reader_refresh(reader);
    if (err == OK)
        *ret_backlog = reader_last(reader) - history->set.position;
    reader_close(reader);
    return err;
}

enum err
history_rebuild(struct history *history)
{
    const struct portion all = { HISTORY_ALL, HISTORY_ALL, 1 };
    enum err err = reset(history);

    if (err != OK)
        return err;
    history->last_txn = 0;
    err = refresh(history, &all);
    /* Who reads all accounts reads one run faster than many. */
    if (err == OK && history->owner)
        err = history_merge(history);
    if (err == OK && history->owner)
        err = runset_unite(&history->set);
    if (err != OK && history->set.note_size == 0)
        history->loaded = false;
    return err;
}

/* --- reading --- */

static enum err
gather_run(struct gather *gather, struct runs_cursor *cursor, view key)
{
    enum err err = runs_reach(cursor, key);

    while (err == OK && view_equal(cursor->key, key)) {
        err = gather_chapter(gather, cursor->blob);
        if (err == OK)
            err = runs_next(cursor);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
gather_tail(struct gather *gather, const struct tail *tail, account_id account)
{
    struct tail_cursor cursor;
    const struct docket *docket;
    struct chapter_row row;
    enum err err = OK;

    tail_seek(tail, account, &cursor);
    while (err == OK && (docket = tail_next(&cursor)) != NULL) {
        docket_row(docket, &row);
        err = gather_row(gather, &row);
    }
    return err;
}

enum err
history_read(const struct history *history, account_id account, uint64_t known,
             struct arena *arena, struct history_account *ret_account)
{
    struct history_trail trail = { .history = history };

    return history_read_on(&trail, account, known, arena, ret_account);
}

/* Behind what has been read, or where all begins. */
static void
move_on(struct history_trail *trail, account_id account)
{
    const struct history *history = trail->history;
    runs_key key = runs_key_of(account);
    bool behind =
        trail->key.size > 0 && trail->generation == history->generation &&
        view_compare(runs_key_view(&trail->key), runs_key_view(&key)) < 0;

    for (uint32_t i = 0; i < history->set.run_count && !behind; i++)
        trail->cursors[i] =
            (struct runs_cursor) { .runs = history->set.runs[i] };
    trail->generation = history->generation;
    trail->key = key;
}

enum err
history_read_on(struct history_trail *trail, account_id account, uint64_t known,
                struct arena *arena, struct history_account *ret_account)
{
    const struct history *history = trail->history;
    struct gather gather;
    enum err err = OK;

    move_on(trail, account);
    gather_open(&gather, &history->rules, account, known, arena);
    for (uint32_t i = 0; i < history->set.run_count && err == OK; i++)
        err =
            gather_run(&gather, &trail->cursors[i], runs_key_view(&trail->key));
    if (err == OK)
        err = gather_tail(&gather, &history->write.tail, account);
    if (err == OK)
        err = gather_tail(&gather, &history->tail, account);
    if (err == OK)
        gather_end(&gather, ret_account);
    else
        trail->key.size = 0;
    return err;
}

void
history_add(struct history_account *account, const struct event *extra,
            uint32_t count, struct arena *arena)
{
    const struct gather_rules none = { 0 };
    struct gather gather;

    gather_open(&gather, &none, account->account, HISTORY_ALL, arena);
    gather_account(&gather, account);
    for (uint32_t i = 0; i < count; i++)
        gather_extra(&gather, &extra[i]);
    gather_end(&gather, account);
}
