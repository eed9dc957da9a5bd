/*
 * query.h - a question to a ledger: which ledger, which time, what was known
 *
 * What the commands that ask have in common.  `--at` is when the question is
 * asked about (left out: now), `--known` what is taken as known (an arrival
 * position or a time; left out: all).
 */
#ifndef TOOLS_QUERY_H
#define TOOLS_QUERY_H

#include "core/ledger.h"
#include "core/state_fold.h"
#include "core/walk.h"
#include "tools/command.h"

#define QUERY_OPTIONS                                                          \
    { "at", "TIME", "as of this time or local date (now)" },                   \
    {                                                                          \
        "known", "TIME|POSITION",                                              \
            "as it was known then or up to that arrival position"              \
    }

struct copies;

struct query {
    const struct arguments *arguments;
    struct ledger *ledger;
    const struct timeline *timeline;
    struct ledger_question question;
    int64_t at_ms;
    bool is_now; /* no --at was given */
    struct fold *fold;
    uint64_t rules; /* ledger_rules() of the folds, this and the copies' */
    struct arena lasting; /* the fold */
    struct arena account; /* everything of the account last asked for */
    struct complaint complaint;
    struct walk walk;              /* of query_account() */
    struct account copy;           /* likewise */
    int64_t told_ms;               /* likewise: when the hub told it; 0: never,
                                    * it is from what is here alone */
    bool renews;                   /* for whom the hub tells no changes by
                                    * itself it is asked each time */
    bool alone;                    /* the hub was too slow just now: it is not
                                    * asked again */
    struct copies *copies;         /* of a node; NULL: none */
    struct state_fold copies_fold; /* once `copies` is there */
};

struct query_options {
    enum ledger_mode mode;
    bool is_asked; /* the command has --at and --known */
    bool why;      /* as of fold_open() */
};

/* Opens the ledger in the first operand and reads the options.  Whatever it
 * returns: query_close().  COMMAND_DONE, or the fault has been said. */
NODISCARD enum command_status query_open(struct query *query,
                                         const struct arguments *arguments,
                                         struct query_options options);
/* The same for who may ask something later, of now and of all that is known:
 * without rules or with an early record damaged it opens, too, and it is
 * query_refresh() that fails then, which comes before each question. */
NODISCARD enum command_status
query_open_late(struct query *query, const struct arguments *arguments);
void query_close(struct query *query);

/* A fault of a ledger_*() call that filled query->complaint. */
NODISCARD enum command_status query_fail(struct query *query, enum err err);

/* Takes in what has been appended since: versions too. */
NODISCARD enum err query_refresh(struct query *query);

/* Starts the walk of one account up to query->at_ms; valid until the next. */
NODISCARD enum err query_walk(struct query *query, account_id account,
                              struct walk *ret_walk);

/* The account at query->at_ms.  Where the ledger is a node's and `at` is now,
 * from what its hub has told it and its own events on top; else by a walk.
 * Valid until the next call. */
NODISCARD enum err query_account(struct query *query, account_id account,
                                 const struct account **ret_account);

/* Before anything is appended: a copy of a ledger begins a new incarnation
 * (instance.h).  query_ledger() does it for LEDGER_WRITE and LEDGER_OWN. */
NODISCARD enum command_status query_instance(const struct arguments *arguments);

/* Opens only the ledger, of the first operand; the fault has been said. */
NODISCARD enum command_status query_ledger(const struct arguments *arguments,
                                           enum ledger_mode mode,
                                           struct ledger **ret_ledger);

/* Whether a version of the rules names that partner (or it is "none" or
 * "debt").  Else it has been said. */
NODISCARD enum command_status query_partner(const struct arguments *arguments,
                                            struct ledger *ledger,
                                            const char *partner);

/* Whether the ledger may publish and close: not one that has joined a hub, nor
 * a hub that is of the past or not complete; the hubs that it knows are asked
 * (heir.h).  Else it has been said. */
NODISCARD enum command_status query_may_rule(const struct arguments *arguments,
                                             struct ledger *ledger);

#endif
