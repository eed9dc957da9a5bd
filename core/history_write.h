/*
 * history_write.h - the tail goes to a run, and runs become greater ones
 *
 * Done at once, or beside what else goes on: then the tail that is due is put
 * aside, where reading still finds it, and a thread makes a run of it, while a
 * new tail is filled.  So it is with runs that are to be merged.  What a thread
 * has made is on disk, but nobody's: it counts from the moment when the note
 * names it, and that is written, as all else is changed, only by the thread
 * that refreshes the history.
 */
#ifndef CORE_HISTORY_WRITE_H
#define CORE_HISTORY_WRITE_H

#include "core/history_parts.h"

/* Makes what writing needs; no thread begins yet.  ERR_MEMORY. */
NODISCARD enum err history_write_open(struct history *history);
/* Waits for what goes on, and gives it up. */
void history_write_close(struct history *history);

/* Whether a thread reads what the history has: its runs must stay. */
bool history_write_is_busy(const struct history *history);

/* Takes over what is ready, and begins what is due: a tail of so many rows, or
 * one that could not be written before; a merge of runs.  Waits where the one
 * before is not done yet, so that memory and runs are bounded.  ERR_CORRUPT:
 * a run is damaged; ERR_FULL, ERR_IO, ERR_MEMORY. */
NODISCARD enum err history_write_look(struct history *history, uint32_t items);

/* Puts the tail aside, and begins to write it, when the one before is written;
 * it stays where that fails.  Errors likewise. */
NODISCARD enum err history_write_aside(struct history *history);

/* Writes the whole tail and waits for all. */
NODISCARD enum err history_write_all(struct history *history);

/* Keeps the words, before chapters that have them count.  ERR_MEMORY; errors as
 * of journal_put_note(). */
#define HISTORY_WORDS "history.words" /* the note */
NODISCARD enum err history_write_words(struct history *history);
/* Replaces the words by those of the history, for a thread: the history gives
 * numbers to new ones meanwhile. */
NODISCARD enum err history_write_copy_words(const struct history *history,
                                            struct words *words);

/* What chapters become in a merge: a runs_joiner's, with a draft. */
NODISCARD enum err history_write_join(void *context, view key,
                                      const view *blobs, uint32_t count,
                                      struct runs_writer *writer);

/* Waits for what goes on, and takes it over if it went well. */
void history_write_settle(struct history *history);

/* Waits for what goes on, and forgets it and the tail that is aside. */
void history_write_drop(struct history *history);

#endif
