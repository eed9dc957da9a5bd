/*
 * closing.h - settlement periods that have been closed
 *
 * A close is a control item of the books: the bytes of the JSON statement,
 * what was known (position, the heads of all streams and their digest), a
 * signature of the whole and one of each partner's part.  A closed period is
 * printed from these bytes for ever.  Periods close in order, none skipped,
 * none before it has ended, none twice.
 *
 * The body is a msgpack map, keys frozen:
 *
 *     1 period (calendar_month)    5 digest of the heads, 32 bytes
 *     2 statement, bytes           6 public key, 32 bytes
 *     3 known position             7 signature of 2 and 5, 64 bytes
 *     4 heads: array of [node, incarnation, channel, seq, chain]
 *     8 partners: array of [id, signature of its part]
 *     9 settled: array of [period, partner, issue cost, redeem credit,
 *       voucher credit], in cents: what this close settles
 *    10 pieces: [count, size], in place of 2 where the item would be larger
 *       than LIMIT_CONTROL_SIZE: the statement's bytes are those of so many
 *       items RECORD_PIECE right before this one in its stream
 *
 * So no record is larger for a large statement, nor what a receiver must hold;
 * and whoever could close a month before there were pieces reads its close.
 */
#ifndef CORE_CLOSING_H
#define CORE_CLOSING_H

#include "core/ledger.h"
#include "core/settlement.h"
#include "core/signing.h"
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
    uint32_t piece_count;      /* before it; 0: it holds the statement itself */
    uint32_t statement_offset; /* then: in the item's body */
    uint32_t statement_size;
    uint32_t heads_offset; /* in the item's body */
    uint32_t heads_size;
    uint64_t known; /* position */
    digest heads;
    crypto_public_key key;
    crypto_signature signature;
    const struct closing_part *parts; /* by partner */
    uint32_t part_count;
    uint32_t settled_count;
    const struct settled *settled; /* by this close alone */
};

/* All closes known at a position, and what they have settled. */
struct closing_books {
    const struct closing *closings; /* in order of period */
    uint32_t count;
    struct settled_list settled;
    int32_t next_period; /* PROGRAM_NONE: nothing has been closed */
};

/* Reads the closes into the arena, without their statements.  ERR_CORRUPT;
 * ERR_UNKNOWN: a later version has closed a period in another form. */
NODISCARD enum err closing_read(struct ledger *ledger, uint64_t known,
                                struct arena *arena,
                                struct closing_books *ret_books);

/* Appends the bytes of the close's statement, which is JSON.  ERR_CORRUPT: its
 * pieces are not what it names; faults of the reader. */
NODISCARD enum err closing_load(struct ledger *ledger,
                                const struct closing *closing,
                                struct text *text);

/* Appends the packed heads (core/heads.h).  Faults of the reader. */
NODISCARD enum err closing_load_heads(struct ledger *ledger,
                                      const struct closing *closing,
                                      struct text *text);

/* The close of that period; NULL. */
const struct closing *closing_find(const struct closing_books *books,
                                   int32_t period);

/* The first period of the ledger: the first that was closed, or else the month
 * of the earliest event known.  ERR_NOT_FOUND: no events, no rules. */
NODISCARD enum err closing_first(struct ledger *ledger,
                                 const struct closing_books *books,
                                 uint64_t known, struct arena *arena,
                                 int32_t *ret_period,
                                 struct complaint *complaint);

struct closing_question {
    const struct closing_books *books;
    int32_t period;
    uint64_t known; /* position; LEDGER_KNOWN_ALL */
    int64_t now_ms; /* what the clock has done up to then counts */
};

/* Makes the statement of a period that is not closed.  ERR_NOT_FOUND: no rules
 * have been published. */
NODISCARD enum err closing_statement(struct ledger *ledger,
                                     const struct closing_question *question,
                                     struct arena *arena,
                                     const struct statement **ret_statement,
                                     struct complaint *complaint);

/* Whether that period can be closed now, as far as is known at the position.
 * ERR_INPUT: not the next period, or not ended; ERR_EXISTS: closed already;
 * ERR_NOT_FOUND: no events, no rules.  The complaint says which, and what
 * can be done. */
NODISCARD enum err closing_check(struct ledger *ledger,
                                 const struct closing_question *question,
                                 struct arena *arena,
                                 struct complaint *complaint);

/* Closes the period: takes in what is known now, makes the statement of just
 * that, signs it and appends it to the books, unless somebody else has closed
 * one meanwhile.  Faults of closing_check(); ERR_INPUT also of a statement
 * that takes more than LIMIT_STATEMENT_SIZE; ERR_BUSY: the books don't come to
 * rest. */
NODISCARD enum err closing_close(struct ledger *ledger, int32_t period,
                                 int64_t now_ms, struct complaint *complaint);

#endif
