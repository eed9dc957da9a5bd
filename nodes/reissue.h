/*
 * reissue.h - of two branches of a public stream both count: what only one has
 * is published again
 *
 * A hub that was rolled back, and has published before it found out, has given
 * names twice: some nodes hold one branch of its stream, some the other, and
 * none takes the other behind its own.  So the hub, which writes a stream of a
 * later epoch by then, says there again what either branch has above the place
 * where they part: versions, with the time at which they were published first.
 * By that time and their bytes everybody knows them for the same ones
 * (versions.h), and they keep their order among all others.
 *
 * Lists of hubs are not said again, for the hub writes its own (hubs.h).
 */
#ifndef NODES_REISSUE_H
#define NODES_REISSUE_H

#include "core/journal.h"

struct reissue_version; /* where one stands */
struct reissue {
    struct journal *journal;      /* borrowed */
    struct reissue_version *list; /* owned; all that are public */
    uint32_t count;
    uint32_t room;
    uint64_t position; /* control items up to here have been read */
};

struct reissue reissue_open(struct journal *journal);
void reissue_close(struct reissue *reissue);

/* Records of a public stream that is not the one we write, one after another
 * and signed, as somebody else has them.  Where they are not ours, their
 * versions and ours of that stream from there on are appended to our own
 * stream, unless they stand there or in another.  ERR_CORRUPT: our own control
 * items can't be read; ERR_FULL, ERR_IO, ERR_MEMORY.  What was appended before
 * stays, and is not appended again. */
NODISCARD enum err reissue_run(struct reissue *reissue, stream_id stream,
                               view records);

/* Whether the record stands in our journal as it is.  What can't be read is
 * held to. */
bool reissue_is_ours(struct journal *journal, const struct record *record);

#endif
