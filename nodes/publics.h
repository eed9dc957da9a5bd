/*
 * publics.h - which streams of a journal are public
 *
 * What is public is offered to every node that comes.  There are few such
 * streams among thousands, and they stand by their nodes like all others; so
 * they are looked for once, and from then on noticed by what is written into
 * them, at no cost where nothing is.
 */
#ifndef NODES_PUBLICS_H
#define NODES_PUBLICS_H

#include "core/reader.h"

struct publics {     /* zeros: not looked for yet */
    stream_id *list; /* owned; in no order */
    uint32_t count;
    uint32_t room;
    uint64_t next;    /* position from which on nothing was looked at */
    uint64_t visited; /* streams and control items that were looked at */
};
/* Gives back the list; zeros again. */
void publics_close(struct publics *publics);

/* Brings the list up to the reader's journal; a stream of which all was dropped
 * stays in it.  ERR_MEMORY, faults of the reader. */
NODISCARD enum err publics_look(struct publics *publics, struct reader *reader);

#endif
