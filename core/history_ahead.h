/*
 * history_ahead.h - a thread takes in the next tail, while states follow what
 * has been taken in
 *
 * Only where a whole tail and more is still to be taken in.  What lies ahead is
 * nobody's until a refresh takes it over; forgotten before, it is taken in
 * again.  So at a busy time no refresh waits for rows to be made.
 */
#ifndef CORE_HISTORY_AHEAD_H
#define CORE_HISTORY_AHEAD_H

#include "core/history_parts.h"

/* Makes what the thread needs; it does not begin yet.  ERR_MEMORY. */
NODISCARD enum err history_ahead_open(struct history *history);
/* Waits for the thread and forgets what is ahead. */
void history_ahead_close(struct history *history);

/* Begins it, if that is worth while: the journal goes up to `last`. */
void history_ahead_begin(struct history *history, uint64_t last);

/* Waits for the thread and takes over what it has; the tail before is put
 * aside, to be written.  `ret_took`: that was something.  Errors as of
 * history_write_look(); nothing was taken over then. */
NODISCARD enum err history_ahead_end(struct history *history, bool *ret_took);

/* Waits for the thread and forgets it all. */
void history_ahead_drop(struct history *history);

#endif
