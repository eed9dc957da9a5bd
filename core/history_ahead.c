#include "core/history_ahead.h"

#include "core/history_take.h"
#include "core/history_write.h"

enum {
    WORTH = 8, /* a tail that is put aside is an eighth of the usual */
    AHEAD_SIZE = 1 << 24, /* bytes that are taken ahead */
};

enum err
history_ahead_open(struct history *history)
{
    struct history_ahead *ahead = &history->ahead;

    ahead->tail.seed = history->tail.seed;
    ahead->words.seed = history->words.seed;
    return arena_open(&ahead->scratch, HISTORY_SCRATCH_SIZE) ? OK : ERR_MEMORY;
}

void
history_ahead_close(struct history *history)
{
    history_ahead_drop(history);
    words_close(&history->ahead.words);
    arena_close(&history->ahead.scratch);
}

static bool
is_done(const struct history_ahead *ahead)
{
    return ahead->position >= ahead->last ||
           ahead->tail.item_count >= ahead->items ||
           ahead->tail.size >= AHEAD_SIZE;
}

/* A chore_work.  Whatever stops it, a refresh meets next.  Not beyond what the
 * journal had at the beginning: the marks of what comes then are not known. */
static enum err
take(void *context)
{
    struct history *history = context;
    struct history_ahead *ahead = &history->ahead;
    struct reader_damage damage = { 0 };
    const struct history_taker taker = {
        &ahead->tail, &ahead->position, &ahead->counts,   &ahead->words,
        &damage,      &ahead->scratch,  &ahead->ordinary,
    };
    struct reader *reader = NULL;
    enum err err = reader_open(history->journal, &reader);

    while (err == OK && !is_done(ahead))
        err = history_take_next(&taker, reader);
    reader_close(reader);
    return OK;
}

void
history_ahead_begin(struct history *history, uint64_t last)
{
    struct history_ahead *ahead = &history->ahead;

    assert(!ahead->chore.begun);
    if (!history->write.beside || !history->owner ||
        last - history->position < history->tail_items ||
        history->tail.item_count < history->tail_items / WORTH ||
        history_write_copy_words(history, &ahead->words) != OK)
        return;
    ahead->position = history->position;
    ahead->counts = history->counts;
    ahead->items = history->tail_items;
    ahead->last = last;
    chore_begin(&ahead->chore, take, history, true);
}

/* Its words are those of the history, and perhaps more. */
static void
take_over(struct history *history)
{
    struct history_ahead *ahead = &history->ahead;
    struct tail tail = history->tail;
    struct words words = history->words;

    assert(tail.item_count == 0);
    assert(ahead->words.count >= words.count);
    history->tail = ahead->tail;
    history->words = ahead->words;
    history->position = ahead->position;
    history->counts = ahead->counts;
    history->generation++;
    ahead->tail = tail;
    ahead->words = words;
}

enum err
history_ahead_end(struct history *history, bool *ret_took)
{
    struct history_ahead *ahead = &history->ahead;
    enum err err = OK;

    *ret_took = false;
    if (!ahead->chore.begun)
        return OK;
    (void)!chore_end(&ahead->chore);
    if (ahead->tail.item_count > 0)
        err = history_write_aside(history);
    if (err == OK && ahead->tail.item_count > 0 &&
        history->tail.item_count == 0) {
        take_over(history);
        *ret_took = true;
    }
    tail_clear(&ahead->tail);
    return err;
}

void
history_ahead_drop(struct history *history)
{
    (void)!chore_end(&history->ahead.chore);
    tail_close(&history->ahead.tail);
}
