/*
 * standing_parts.h - what kept totals consist of, for core/standing*.c only
 *
 * The file LEDGER/totals/standing, in words of 8 bytes, little endian:
 *
 *     "LEIMATOT", format, digest of the timeline (4 words), node, incarnation,
 *     position, as_of, size of the list of quarantined positions, of instants,
 *     and for months and ahead each: rows, entries of the matrix
 *     the quarantined positions, the instants
 *     rows: when, partner, store, effects, the measures, the figures (2 words
 *     each); entries: when, issuer, acceptor, effects, points
 *     XXH3-64 of all before
 *
 * `when` is a month, or ahead of as_of the index of an instant.
 */
#ifndef CORE_STANDING_PARTS_H
#define CORE_STANDING_PARTS_H

#include "core/crypto.h"
#include "core/totals.h"

/* The instants that lie ahead, by index; and positions of the journal. */
struct standing_list {
    int64_t *items;
    uint32_t count;
    uint32_t room;
};

/* What is in the file, and how instants are found. */
struct standing_sums {
    struct arena arena; /* of all below */
    digest timeline;
    uint64_t node;
    uint64_t incarnation;
    uint64_t position;
    int64_t as_of_ms;
    struct totals *months;
    struct totals *ahead; /* by index of the instant */
    struct standing_list instants;
    struct standing_list quarantined; /* positions */
    int32_t *slots;                   /* of the instants: index + 1; 0: free */
    uint32_t slot_count;              /* a power of two, or 0 */
};

/* Empty sums, owned by the caller.  ERR_MEMORY. */
NODISCARD enum err standing_sums_open(struct standing_sums **ret_sums);
void standing_sums_close(struct standing_sums *sums); /* NULL is allowed */

/* The index of an instant, which is new if it is not there. */
int32_t standing_sums_index(struct standing_sums *sums, int64_t at_ms);

/* Reads DIR/totals/standing.  ERR_NOT_FOUND: there is none (or of another
 * format); ERR_CORRUPT, ERR_IO, ERR_MEMORY. */
NODISCARD enum err standing_file_read(const char *dir,
                                      struct standing_sums **ret_sums);

/* Writes it under another name and then puts it in place.  ERR_FULL, ERR_IO:
 * the old one stands. */
NODISCARD enum err standing_file_write(const char *dir,
                                       const struct standing_sums *sums);
/* Takes it away; none is no error.  ERR_IO. */
NODISCARD enum err standing_file_remove(const char *dir);

#endif
