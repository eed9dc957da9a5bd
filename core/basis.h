/*
 * basis.h - what a decision rests on: accounts as they were known at a position
 *
 * Between a decision and the transaction that appends it others append, too,
 * and without a pause where many processes sell.  A decision still holds if
 * all that came were this node's own events about other accounts.  Anything
 * else may change what the account has: rules, the allow-list, a copy or
 * another node's event, which may make one that counted count no more.  What a
 * referred member does is about the account that referred it.
 */
#ifndef CORE_BASIS_H
#define CORE_BASIS_H

#include "core/history_account.h"
#include "core/record.h"

struct basis {
    uint64_t position; /* of the last item that was known */
    account_id *items; /* in order, each once */
    uint32_t count;
    uint32_t room;
    struct arena arena;   /* of the accounts */
    struct arena scratch; /* one decoded event */
};

/* Without an account yet.  False: no memory; it can be closed all the same. */
NODISCARD bool basis_open(struct basis *basis);
void basis_close(struct basis *basis);

/* Begins anew, with what is known up to the position. */
void basis_begin(struct basis *basis, uint64_t position);
/* The account, and the members that it has referred.  A bearer's code is
 * borrowed. */
void basis_add(struct basis *basis, const struct history_account *history);

/* Whether an event is about one of the accounts, or can't be understood: a
 * journal_hinders, whose context is the basis. */
bool basis_hinders(void *context, const struct record_event *event);

#endif
