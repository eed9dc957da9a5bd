/*
 * draft.h - the chapters of an account in the making
 *
 * What there is of an account, rows and older chapters, is gathered and becomes
 * one chapter, or several where it is very much.  One draft serves all accounts
 * of a run, one after the other.
 */
#ifndef CORE_DRAFT_H
#define CORE_DRAFT_H

#include "core/chapter_write.h"
#include "core/docket.h"
#include "core/runs_write.h"

struct draft {
    const struct words *words; /* borrowed */
    struct arena arena;        /* owned; of the account at hand */
    struct text text;          /* owned; of the chapter at hand */
    view key;
    account_id account;
    struct draft_rows {
        struct chapter_row *items;
        uint32_t count;
        uint32_t room;
    } rows;
    uint32_t next; /* row to be taken */
};

/* False: no memory.  The words are those that all rows have numbers of. */
NODISCARD bool draft_open(struct draft *draft, const struct words *words);
/* A zeroed draft may be closed. */
void draft_close(struct draft *draft);

/* Begins the account of that key, which is borrowed until draft_end().
 * ERR_CORRUPT: it is no key. */
NODISCARD enum err draft_begin(struct draft *draft, view key);

/* Takes all of a chapter of the account; the bytes are borrowed until
 * draft_end().  ERR_CORRUPT: they are none. */
NODISCARD enum err draft_chapter(struct draft *draft, view bytes);
/* Takes rows of the account; they are borrowed likewise, and moved.  Nothing
 * else has been taken or will be. */
void draft_rows(struct draft *draft, struct chapter_row *rows, uint32_t count);
/* Takes those rows of dockets. */
void draft_dockets(struct draft *draft, const struct docket_place *places,
                   uint32_t count);

/* The account's next chapter, valid until the next call; no row is taken any
 * more.  ERR_NOT_FOUND: there is none left.  ERR_MEMORY. */
NODISCARD enum err draft_take(struct draft *draft, view *ret_chapter);
/* Adds the account's chapters to the run. */
NODISCARD enum err draft_end(struct draft *draft, struct runs_writer *writer);

#endif
