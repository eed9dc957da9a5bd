/*
 * ingest.h - other nodes' records come in, whole and checked
 *
 * A batch is a run of one stream's records as they came over the wire.  It is
 * stored from where our head ends; what is held already is compared and
 * skipped.  Several batches share one commit.  Nothing here trusts a byte:
 * checksums, sizes, chain and numbering are verified before anything is
 * stored, and the good records before a bad one are kept.
 */
#ifndef CORE_INGEST_H
#define CORE_INGEST_H

#include "core/journal.h"
#include "core/reader.h"

enum ingest_verdict {
    INGEST_APPENDED,  /* all of it, or all that was not held already */
    INGEST_DUPLICATE, /* all of it is held already, with the same hashes */
    INGEST_GAP,       /* it begins after the head + 1 */
    INGEST_FORK,      /* the hash before it, or of what we hold, differs */
    INGEST_CORRUPT,   /* not records, or not of this stream, or damaged */
    INGEST_UNKNOWN,   /* of a later format */
    INGEST_OWN,       /* our own current incarnation is written by us only */
};

struct ingest_batch {
    stream_id stream;
    view bytes; /* records one after another; borrowed */
    /* What became of it: */
    enum ingest_verdict verdict;
    uint32_t appended;      /* items that are new */
    stream_head head;       /* ours after the call: what to acknowledge, and
                               after which seq and hash we expect the next */
    uint64_t position_last; /* of the last new item; 0: none */
};

/* Copies that a call has marked because they say something else than what
 * counts under their identity (conflict.h). */
enum { INGEST_MARKS_MAX = 16 };
struct ingest_marks {
    uint32_t count; /* of all; the first INGEST_MARKS_MAX are named */
    struct ingest_mark {
        uint64_t position;
        enum reader_quarantine why;
    } list[INGEST_MARKS_MAX];
};

struct ingest_options {
    int64_t now_ms;
    bool lazy; /* acknowledge only after the next commit or ingest_sync() */
    struct ingest_marks *marks; /* out; NULL: nobody asks */
};

/* Stores what can be stored of every batch in one commit.  A verdict other
 * than the first two is not an error of the call.  On error nothing has
 * changed and the verdicts mean nothing: ERR_FULL, ERR_IO (see
 * journal_is_broken()), ERR_CORRUPT (our own file). */
NODISCARD enum err ingest_run(struct journal *journal,
                              struct ingest_batch *batches, uint32_t count,
                              const struct ingest_options *options);
/* Makes lazy commits durable.  ERR_IO. */
NODISCARD enum err ingest_sync(struct journal *journal);

/* Whether a copy says of itself what it is not, so that it could pass for equal
 * to what it differs from.  One that is not understood here, whose annex has
 * been erased, or that says nothing, is taken as it is. */
bool ingest_is_false(journal_describe *describe,
                     const struct record_event *copy);

#endif
