/*
 * redeem.h - may this account redeem, and if so it has
 *
 * What `leima redeem` and a till's stream of lines have in common.
 */
#ifndef TOOLS_REDEEM_H
#define TOOLS_REDEEM_H

#include "core/ledger_append.h"
#include "core/text.h"
#include "nodes/decide.h"
#include "tools/query.h"

struct redeem {
    struct query *query;
    struct decide_command command;
    struct ledger_entry entry;
    struct decision decision;
    int64_t ahead_ms; /* of the account's last event, where that is yet to come
                       * by our clock; 0: none is */
    bool by_hub;      /* its hub has decided, through the running node */
    bool stored;      /* the event is in the ledger ... */
    bool was_there;   /* ... and had been before */
};

/* Begins with what is asked: a redemption as an event without identity and
 * `at`, with an `id`.  Query and event are borrowed until the end. */
void redeem_open(struct redeem *redeem, struct query *query,
                 const struct event *event);

/* Decides, and appends what is granted unless it is a dry run.  A refusal is
 * OK, too: see the decision.  ERR_BUSY: the hub that runs here does not
 * answer, or others were faster each time; faults of ledger_append() with
 * words in the query's complaint. */
NODISCARD enum err redeem_run(struct redeem *redeem, bool dry_run);

bool redeem_is_granted(const struct redeem *redeem);
/* Appends what came of it, a line of JSON. */
void redeem_json(const struct redeem *redeem, struct text *out);

#endif
