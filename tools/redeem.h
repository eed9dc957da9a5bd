/*
 * redeem.h - may these accounts redeem, and if so they have
 *
 * What `leima redeem` and a till's stream of lines have in common.  What many
 * tills ask at the same moment is decided together: one look at the ledger, one
 * commit, and then all answers.
 */
#ifndef TOOLS_REDEEM_H
#define TOOLS_REDEEM_H

#include "core/ledger_append.h"
#include "core/text.h"
#include "nodes/decide.h"
#include "tools/query.h"

enum { REDEEM_AT_ONCE = 64 };

struct redeem {
    struct decide_command command;
    struct ledger_entry entry;
    struct decision decision;
    int64_t ahead_ms; /* of the account's last event, where that is yet to come
                       * by our clock; 0: none is */
    bool by_hub;      /* its hub has decided, through the running node */
    bool stored;      /* the event is in the ledger ... */
    bool was_there;   /* ... and had been before */
    bool settled;     /* redeem.c's own: nothing is left to be done ... */
    bool granted;     /* ... but to append this */
    enum err err;     /* what kept it from being decided or stored, ... */
    struct complaint words; /* ... in words */
};

/* Begins with what is asked: a redemption as an event without identity and
 * `at`, with an `id`.  The event is borrowed until the end. */
void redeem_open(struct redeem *redeem, const struct event *event);

/* Decides one after the other, each as if what is granted before it had
 * happened, and appends what is granted in one commit, unless it is a dry run.
 * At most REDEEM_AT_ONCE, whose ids differ; those with an `err` are passed
 * over.  A refusal is OK, too: see the decision.  Into `err`: ERR_BUSY, the hub
 * that runs here does not answer, or others were faster each time; faults of
 * query_refresh() and ledger_append(). */
void redeem_run(struct query *query, struct redeem *redeems, uint32_t count,
                bool dry_run);

/* Of one without an `err`. */
bool redeem_is_granted(const struct redeem *redeem);
/* Appends what came of it, a line of JSON. */
void redeem_json(const struct redeem *redeem, struct text *out);

#endif
