/*
 * gather.h - from the items of one account to its history
 *
 * Items are handed in in any order, from runs and from the tail; out comes the
 * history in canonical order, each event once:
 *
 * - What arrived after the position asked for is not there.
 * - What the journal has quarantined does not count, nor does a node's event
 *   for a store not its own; but a copy counts where the question is from
 *   before what counts in its place arrived.  What does not count, or breaks a
 *   rule of EVENTS.md, is listed aside.
 * - A copy and its original are one.
 * - Two events of one node but different incarnations with the same `id` and
 *   content are one (EVENTS.md, "Identity"): the first in canonical order
 *   counts, and a void of the other means it.
 */
#ifndef CORE_GATHER_H
#define CORE_GATHER_H

#include "core/chapter.h"
#include "core/history_account.h"
#include "core/item.h"
#include "core/list.h"

/* A position that does not count in questions from `from` on. */
struct gather_quarantine {
    uint64_t position;
    uint64_t from;
};

struct gather_rules {
    const struct gather_quarantine *quarantine; /* ascending by position */
    uint32_t quarantine_count;
    const struct history_marks *seen; /* of these; NULL: all */
    history_admits *admits;           /* NULL: all */
    void *context;
    const struct words *words; /* of the chapters */
};

struct gather_event {
    const struct event *event;
    uint64_t position;
    bool copy;
};

struct gather {
    const struct gather_rules *rules;
    uint64_t known;
    account_id account;
    struct arena *arena;
    struct gather_events {
        struct gather_event *items;
        uint32_t count;
        uint32_t room;
    } events;
    struct gather_referred {
        uint64_t *items;
        uint32_t count;
        uint32_t room;
    } referred;
    struct gather_aside {
        struct history_aside *items;
        uint32_t count;
        uint32_t room;
    } aside;
};

/* Starts the history of `account`, whose code is copied into the arena. */
void gather_open(struct gather *gather, const struct gather_rules *rules,
                 account_id account, uint64_t known, struct arena *arena);

/* Takes a row of the account, plain or an item; what is kept of it is copied.
 * ERR_CORRUPT: it is neither, or another account's. */
NODISCARD enum err gather_row(struct gather *gather,
                              const struct chapter_row *row);

/* Takes a chapter of the account (chapter.h); likewise. */
NODISCARD enum err gather_chapter(struct gather *gather, view bytes);

/* Takes an event that is not stored; it is borrowed by the result.  One of
 * another account adds a pointer at most. */
void gather_extra(struct gather *gather, const struct event *event);

/* Takes over what a history holds already. */
void gather_account(struct gather *gather,
                    const struct history_account *account);

/* Puts all in order. */
void gather_end(struct gather *gather, struct history_account *ret_account);

#endif
