/*
 * tally.h - the figures of a report, summed up under keys
 *
 * A key is bytes whose order is the order of the rows: a number is 4 bytes,
 * most significant first (tally_key_number()), a name is itself, and the empty
 * key stands for what has none.  Sums are exact and can be added in any order.
 */
#ifndef CORE_TALLY_H
#define CORE_TALLY_H

#include "core/intern.h"

enum tally_figure {
    TALLY_JOINED,         /* members who joined */
    TALLY_ACTIVE_MEMBERS, /* members, each once */
    TALLY_PURCHASES,
    TALLY_SALES, /* cents */
    TALLY_RETURNS,
    TALLY_REFUNDS, /* cents */
    TALLY_ISSUED,
    TALLY_REVERSED,
    TALLY_REDEEMED,
    TALLY_RESTORED,
    TALLY_EXPIRED,
    TALLY_STAMPS, /* put on cards, less those taken back */
    TALLY_VOUCHERS_ISSUED,
    TALLY_VOUCHERS_REDEEMED, /* less those reversed; so the next two */
    TALLY_VOUCHERS_VALUE,    /* cents */
    TALLY_UNCOVERED,
    TALLY_KEYED, /* events whose account was keyed in by hand */
    TALLY_FIGURES,
};

/* "joined", ... as JSON spells them. */
const char *tally_figure_name(enum tally_figure figure);
/* Whether it is in cents. */
bool tally_figure_is_money(enum tally_figure figure);

struct tally_row {
    view key;
    int64_t figures[TALLY_FIGURES];
    uint64_t mark; /* the caller's: what was counted here last */
};

struct tally {
    struct intern keys;
    struct arena *arena;
    struct tally_list {
        struct tally_row *items; /* by number of the key */
        uint32_t count;
        uint32_t room;
    } rows;
};

/* Empty; see intern_open(). */
void tally_open(struct tally *tally, uint64_t seed, struct arena *arena);

/* The row of the key, new and zeroed if there was none; valid until the next
 * call. */
struct tally_row *tally_row(struct tally *tally, view key);

/* Adds all rows of `from`. */
void tally_merge(struct tally *tally, const struct tally *from);

/* All rows in the order of their keys, in the arena; `tally` keeps its own. */
const struct tally_row *tally_sorted(const struct tally *tally,
                                     struct arena *arena);

/* A number as a key, and back. */
enum { TALLY_NUMBER_SIZE = 4 };
view tally_key_number(uint32_t number, uint8_t bytes[static TALLY_NUMBER_SIZE]);
uint32_t tally_key_parse(view key);

#endif
