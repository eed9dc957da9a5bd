#include "core/history_write.h"

#include <string.h>

/* --- opening --- */

static bool
open_pen(struct history_pen *pen, const struct history *history)
{
    pen->words.seed = history->words.seed;
    return draft_open(&pen->draft, &pen->words);
}

static void
close_pen(struct history_pen *pen)
{
    draft_close(&pen->draft);
    words_close(&pen->words);
}

enum err
history_write_open(struct history *history)
{
    struct history_write *write = &history->write;

    write->tail.seed = history->tail.seed;
    return open_pen(&write->pen, history) &&
                   open_pen(&write->merge_pen, history)
               ? OK
               : ERR_MEMORY;
}

void
history_write_close(struct history *history)
{
    history_write_settle(history);
    history_write_drop(history);
    close_pen(&history->write.pen);
    close_pen(&history->write.merge_pen);
}

bool
history_write_is_busy(const struct history *history)
{
    return history->write.chore.begun || history->write.merge_chore.begun;
}

/* --- words --- */

enum err
history_write_words(struct history *history)
{
    struct text text = { 0 };
    enum err err = ERR_MEMORY;

    if (history->words.count == history->words_kept)
        return OK;
    words_write(&history->words, &text);
    if (text_ok(&text))
        err = journal_put_note(history->journal, view_of(HISTORY_WORDS),
                               text_view(&text));
    if (err == OK)
        history->words_kept = history->words.count;
    text_close(&text);
    return err;
}

enum err
history_write_copy_words(const struct history *history, struct words *words)
{
    struct text text = { 0 };

    words_write(&history->words, &text);
    enum err err =
        text_ok(&text) ? words_read(words, text_view(&text)) : ERR_MEMORY;
    text_close(&text);
    return err;
}

/* --- the tail --- */

static enum err
add_dockets(struct draft *draft, const struct docket_list *list,
            struct runs_writer *writer)
{
    uint32_t end;
    enum err err = OK;

    for (uint32_t at = 0; at < list->count && err == OK; at = end) {
        runs_key key = runs_key_of(docket_account(list->items[at].docket));
        end = docket_list_next(list, at);
        err = draft_begin(draft, runs_key_view(&key));
        if (err == OK) {
            draft_dockets(draft, list->items + at, end - at);
            err = draft_end(draft, writer);
        }
    }
    return err;
}

static enum err
add_tail(const struct tail *tail, struct draft *draft,
         struct runs_writer *writer)
{
    enum err err = OK;

    for (uint32_t i = 0; i < LIMIT_PARTITIONS && err == OK; i++) {
        struct docket_list list = { 0 };
        err = tail_sort(&tail, 1, i, &list);
        if (err == OK)
            err = add_dockets(draft, &list, writer);
        docket_list_close(&list);
    }
    return err;
}

/* What was made of it is nobody's. */
static void
drop_run(struct history *history)
{
    struct history_write *write = &history->write;

    runs_abandon(write->writer);
    if (write->runs != NULL)
        runs_remove(history->set.dir, runs_number(write->runs));
    runs_close(write->runs);
    write->writer = NULL;
    write->runs = NULL;
}

/* A chore_work. */
static enum err
write_run(void *context)
{
    struct history *history = context;
    struct history_write *write = &history->write;
    struct runs_writer *writer = write->writer;
    enum err err = add_tail(&write->tail, &write->pen.draft, writer);

    write->writer = NULL;
    if (err == OK)
        return runset_publish(&history->set, writer, &write->runs);
    runs_abandon(writer);
    return err;
}

/* The tail is put aside, but for one that is there already and could not be
 * written. */
static enum err
begin_run(struct history *history)
{
    struct history_write *write = &history->write;

    assert(!write->chore.begun);
    if (!write->waiting) {
        struct tail empty = write->tail;
        assert(empty.item_count == 0);
        write->tail = history->tail;
        history->tail = empty;
        write->position = history->position;
        write->counts = history->counts;
        write->waiting = true;
        history->generation++;
    }
    enum err err = history_write_copy_words(history, &write->pen.words);
    if (err == OK)
        err = runset_begin(&history->set, &write->writer);
    if (err == OK)
        chore_begin(&write->chore, write_run, history, write->beside);
    return err;
}

static enum err
end_run(struct history *history)
{
    uint8_t tag[RUNSET_TAG_SIZE];
    struct history_write *write = &history->write;
    bool begun = write->chore.begun;
    enum err err = chore_end(&write->chore);

    if (!begun || err != OK)
        return err;
    err = history_write_words(history);
    if (err != OK) {
        drop_run(history);
        return err;
    }
    memcpy(tag, &write->counts, sizeof tag);
    err = runset_append(&history->set, write->runs, write->position, tag);
    write->runs = NULL;
    write->waiting = false;
    tail_clear(&write->tail);
    history->generation++;
    return err;
}

/* --- merges --- */

enum err
history_write_join(void *context, view key, const view *blobs, uint32_t count,
                   struct runs_writer *writer)
{
    struct draft *draft = context;
    enum err err = draft_begin(draft, key);

    for (uint32_t i = 0; i < count && err == OK; i++)
        err = draft_chapter(draft, blobs[i]);
    return err == OK ? draft_end(draft, writer) : err;
}

/* A chore_work. */
static enum err
merge_runs(void *context)
{
    struct history *history = context;

    return runset_merge_run(&history->set, &history->write.merge);
}

/* A merge can wait until there is nothing else to do, and then copies a row
 * once that would be copied twice now. */
static bool
is_merge_due(const struct history *history)
{
    return history->set.run_count >
           (history->behind ? RUNSET_RUNS_BUSY : RUNSET_RUNS_KEEP);
}

static enum err
begin_merge(struct history *history)
{
    struct history_write *write = &history->write;

    if (write->merge_chore.begun || !is_merge_due(history))
        return OK;
    enum err err = history_write_copy_words(history, &write->merge_pen.words);
    if (err == OK)
        err = runset_merge_begin(&history->set, &write->merge);
    if (err != OK)
        return err;
    write->merge.joiner.context = &write->merge_pen.draft;
    chore_begin(&write->merge_chore, merge_runs, history, write->beside);
    return OK;
}

static enum err
end_merge(struct history *history)
{
    struct history_write *write = &history->write;
    bool begun = write->merge_chore.begun;
    enum err err = chore_end(&write->merge_chore);

    if (!begun || err != OK)
        return err;
    history->generation++;
    return runset_merge_end(&history->set, &write->merge);
}

/* --- both --- */

/* A merge must not be overtaken by so many runs that there is no place for
 * another. */
static enum err
collect(struct history *history, bool all)
{
    struct history_write *write = &history->write;
    bool crammed = history->set.run_count + 1 >= RUNSET_RUNS_MAX;
    enum err err = OK;

    if (all || crammed || chore_is_done(&write->merge_chore))
        err = end_merge(history);
    if (err == OK && (all || chore_is_done(&write->chore)))
        err = end_run(history);
    return err;
}

/* Where nobody knows what the note says the set is loaded again by the next
 * refresh; until then what is here is whole, and somebody may ask. */
static enum err
conclude(struct history *history, enum err err)
{
    if (err == OK)
        return OK;
    if (history->set.note_size == 0)
        history->loaded = false;
    history->merge_damaged = err == ERR_CORRUPT;
    return err;
}

enum err
history_write_look(struct history *history, uint32_t items)
{
    struct history_write *write = &history->write;
    bool due = history->tail.item_count >= items;
    enum err err = collect(history, false);

    if (err == OK && due && history->tail.item_count >= history->tail_items)
        err = end_run(history);
    if (err == OK && !write->chore.begun && (due || write->waiting))
        err = begin_run(history);
    if (err == OK)
        err = collect(history, !write->beside);
    if (err == OK)
        err = begin_merge(history);
    if (err == OK)
        err = collect(history, !write->beside);
    return conclude(history, err);
}

enum err
history_write_aside(struct history *history)
{
    enum err err = collect(history, false);

    if (err == OK)
        err = end_run(history);
    if (err == OK && !history->write.waiting && history->tail.item_count > 0)
        err = begin_run(history);
    return conclude(history, err);
}

enum err
history_write_all(struct history *history)
{
    enum err err = collect(history, true);

    while (err == OK && history->set.position < history->position) {
        err = begin_run(history);
        if (err == OK)
            err = collect(history, true);
        if (err == OK)
            err = begin_merge(history);
        if (err == OK)
            err = collect(history, true);
    }
    return conclude(history, err);
}

void
history_write_settle(struct history *history)
{
    enum err err = conclude(history, collect(history, true));

    if (err != OK)
        history->last_txn = 0; /* what is left to do is not forgotten */
}

void
history_write_drop(struct history *history)
{
    struct history_write *write = &history->write;

    (void)!chore_end(&write->chore);
    (void)!chore_end(&write->merge_chore);
    drop_run(history);
    runset_merge_drop(&history->set, &write->merge);
    tail_close(&write->tail);
    write->waiting = false;
}
