/*
 * scrub.h - walks over a whole journal and says what is not as it should be
 *
 * Every checksum, every chain hash, every link between records, positions and
 * times of arrival, and each index against the records it speaks of.  It goes
 * on after what it finds, so that one run names all the damage.
 */
#ifndef CORE_SCRUB_H
#define CORE_SCRUB_H

#include "core/journal.h"
#include "core/watch.h"

enum scrub_kind {
    SCRUB_DAMAGED,  /* the bytes of the record are not those written */
    SCRUB_CHAIN,    /* its hash does not follow from its predecessor's */
    SCRUB_SEQ,      /* numbers are missing in the stream before it */
    SCRUB_POSITION, /* positions are missing before it */
    SCRUB_ARRIVAL,  /* it arrived before its predecessor */
    SCRUB_INDEX,    /* an index does not name it, or names it wrongly */
    SCRUB_UNKNOWN,  /* of a later format: not looked into; no damage */
};

struct scrub_finding {
    enum scrub_kind kind;
    uint64_t position; /* of the record's first item */
    stream_id stream;  /* node 0: not known */
    uint64_t seq;
};

struct scrub_totals {
    uint64_t records;
    uint64_t events;
    uint64_t controls;
    uint64_t findings; /* SCRUB_UNKNOWN not counted */
};

/* Told each finding as it is met. */
typedef void scrub_report(void *context, const struct scrub_finding *finding);

/* Words for a finding: "damaged record". */
const char *scrub_name(enum scrub_kind kind);

/* Looks at everything as it stands now.  OK even where there are findings;
 * `report` and `watch` may be NULL.  ERR_IO, ERR_MEMORY. */
NODISCARD enum err scrub_run(struct journal *journal, scrub_report *report,
                             void *context, struct watch *watch,
                             struct scrub_totals *ret_totals);

#endif
