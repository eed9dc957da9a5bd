/*
 * closing.h - settlement periods that have been closed, as they stand in the
 * books
 *
 * A close is a control item of the books: the bytes of the JSON statement,
 * what was known (position, the heads of all streams and their digest), a
 * signature of the whole and one of each partner's part.  A closed period is
 * printed from these bytes for ever.  Periods close in order, none skipped,
 * none before it has ended, none twice.
 *
 * Two hubs that were both active may have closed one period each.  Then the
 * close of the later epoch holds, in whatever order they arrived, and the other
 * is displaced: it remains in the books, and has settled nothing.
 */
#ifndef CORE_CLOSING_H
#define CORE_CLOSING_H

#include "core/crypto.h"
#include "core/ledger.h"
#include "core/settled.h"
#include "core/text.h"

/* One partner's part of a statement, signed by itself. */
struct closing_part {
    view partner;
    crypto_signature signature; /* of statement_partner_json() */
};

struct closing {
    int32_t period;
    int64_t closed_ms;
    stream_id stream; /* where the item stands */
    uint64_t seq;
    uint64_t position;
    uint32_t piece_count;      /* before it; 0: it holds the statement itself */
    uint32_t statement_offset; /* then: in the item's body */
    uint32_t statement_size;
    uint32_t heads_offset; /* in the item's body */
    uint32_t heads_size;
    digest heads;
    crypto_public_key key;
    crypto_signature signature;
    const struct closing_part *parts; /* by partner */
    uint32_t part_count;
    uint32_t settled_count;
    const struct settled *settled; /* by this close alone */
    uint64_t known;                /* a position of the ledger that wrote it */
};

/* All closes known at a position, and what they have settled. */
struct closing_books {
    const struct closing *closings; /* in order of period, one of each */
    uint32_t count;
    const struct closing *displaced; /* likewise, but some of one period */
    uint32_t displaced_count;
    struct settled_list settled;
    int32_t next_period; /* the first after those that none is missing before;
                          * PROGRAM_NONE: nothing has been closed */
};

/* Says which close is damaged, why, and what to do; returns ERR_CORRUPT. */
enum err closing_blame(const struct closing *closing,
                       struct complaint *complaint, const char *why, ...)
    PRINTF_LIKE(3, 4);

/* Reads the closes into the arena, without their statements.  ERR_CORRUPT: one
 * of them is no close, or settles more than any sum holds; ERR_UNKNOWN: a later
 * version has closed a period in another form.  Both say which.  Faults of the
 * reader, which leave the complaint as it is. */
NODISCARD enum err closing_read(struct ledger *ledger, uint64_t known,
                                struct arena *arena,
                                struct closing_books *ret_books,
                                struct complaint *complaint);

/* Appends the bytes of the close's statement, which is JSON.  ERR_CORRUPT: its
 * pieces are not what it names, or they are not what was signed; says so.
 * Faults of the reader, which leave the complaint as it is. */
NODISCARD enum err closing_load(struct ledger *ledger,
                                const struct closing *closing,
                                struct text *text, struct complaint *complaint);

/* Appends the packed heads (core/heads.h).  Faults of the reader. */
NODISCARD enum err closing_load_heads(struct ledger *ledger,
                                      const struct closing *closing,
                                      struct text *text);

/* The position here by which the ledger had what the close knew: `known`, or
 * where another ledger has written it, the one that its heads were here at.
 * NULL: of an open period, all is known.  `ret_exact`: nothing else was known
 * here by then.  Faults of closing_load_heads() and heads_find(). */
NODISCARD enum err closing_known(struct ledger *ledger,
                                 const struct closing *closing,
                                 uint64_t *ret_known, bool *ret_exact);

/* The close of that period; NULL. */
const struct closing *closing_find(const struct closing_books *books,
                                   int32_t period);

/* Says which close is displaced, by which, and what to do. */
void closing_tell_displaced(const struct closing_books *books,
                            const struct closing *displaced,
                            struct complaint *ret_words);

#endif
