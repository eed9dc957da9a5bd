#include "tools/query.h"

#include "core/hub_state.h"
#include "nodes/copies.h"
#include "nodes/desk.h"
#include "nodes/heir.h"
#include "nodes/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 300 };

enum command_status
query_instance(const struct arguments *arguments)
{
    struct complaint complaint = { 0 };
    const char *dir = command_operand(arguments, 0);
    bool moved = false;

    enum err err =
        instance_check(dir, false, command_now_ms(), &moved, &complaint);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    if (moved)
        fprintf(stderr,
                "leima: %s is not where it was or not as it was (copied, "
                "moved or brought back): it goes on in a new incarnation\n",
                dir);
    return COMMAND_DONE;
}

/* What is left is sound and answers as if it were all there ever was. */
static enum err
tell_rewound(struct ledger *ledger)
{
    bool rewound = false;
    enum err err = journal_is_rewound(ledger_journal(ledger), &rewound);

    if (rewound)
        fprintf(stderr,
                "leima: %s: its last commits are gone (an old copy of the "
                "journal, or a fault of the disk): this is how it stood "
                "before them; a node that is started fetches them from its "
                "hub, a hub from its nodes and standbys; without either "
                "restore a backup\n",
                ledger_dir(ledger));
    return err;
}

enum command_status
query_ledger(const struct arguments *arguments, enum ledger_mode mode,
             struct ledger **ret_ledger)
{
    struct complaint complaint = { 0 };
    const char *dir = command_operand(arguments, 0);

    if (mode == LEDGER_WRITE || mode == LEDGER_OWN) {
        enum command_status status = query_instance(arguments);
        if (status != COMMAND_DONE)
            return status;
    }
    struct ledger *ledger = NULL;
    enum err err = ledger_open(dir, mode, &complaint, &ledger);
    if (err == OK)
        err = tell_rewound(ledger);
    if (err == OK) {
        *ret_ledger = ledger;
        return COMMAND_DONE;
    }
    ledger_close(ledger);
    return command_fail(arguments, err, "%s",
                        complaint.text[0] != '\0' ? complaint.text : dir);
}

/* The partners' ids, "cafe, market", as many as fit. */
static void
list_partners(const struct timeline *timeline, char *text, size_t size)
{
    uint32_t count = timeline->names[NAME_PARTNER].count;
    size_t used = 0;

    text[0] = '\0';
    for (int32_t n = 0; n < (int32_t)count && used < size; n++) {
        view id = timeline_name(timeline, NAME_PARTNER, n);
        if (n != timeline->partner_debt && n != timeline->partner_none)
            used += (size_t)snprintf(text + used, size - used, "%s%.*s",
                                     used > 0 ? ", " : "", (int)id.size,
                                     (const char *)id.bytes);
    }
}

enum command_status
query_partner(const struct arguments *arguments, struct ledger *ledger,
              const char *partner)
{
    struct complaint complaint = { 0 };
    const struct timeline *timeline;
    char names[200];

    enum err err =
        ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, &complaint);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    if (timeline_find(timeline, NAME_PARTNER, view_of(partner)) != PROGRAM_NONE)
        return COMMAND_DONE;
    list_partners(timeline, names, sizeof names);
    return command_fail(arguments, ERR_NOT_FOUND,
                        "--partner: the rules know no \"%s\"; they name %s",
                        partner, names[0] != '\0' ? names : "nobody");
}

enum command_status
query_may_rule(const struct arguments *arguments, struct ledger *ledger)
{
    struct complaint complaint = { 0 };

    enum err err =
        heir_may_rule(ledger_dir(ledger), ledger_journal(ledger), &complaint);
    if (err == OK)
        return COMMAND_DONE;
    return command_fail(arguments, err, "%s",
                        complaint.text[0] != '\0' ? complaint.text
                                                  : ledger_dir(ledger));
}

enum command_status
query_fail(struct query *query, enum err err)
{
    const char *text = query->complaint.text;

    return command_fail(query->arguments, err, "%s",
                        text[0] != '\0' ? text
                                        : command_operand(query->arguments, 0));
}

/* A position is digits only; anything else is a time. */
static bool
is_position(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static enum command_status
read_known(struct query *query)
{
    const char *text = command_option(query->arguments, "known");
    uint64_t last = ledger_position(query->ledger);
    const struct timeline *timeline;
    int64_t time_ms = 0;

    if (text == NULL)
        return COMMAND_DONE;
    if (is_position(text)) {
        unsigned long long position = strtoull(text, NULL, 10);
        if (position > last)
            return command_fail(query->arguments, ERR_NOT_FOUND,
                                "--known: position %s is not there, the last "
                                "one is %llu",
                                text, (unsigned long long)last);
        query->question.known = position;
        return COMMAND_DONE;
    }
    enum err err = ledger_timeline(query->ledger, LEDGER_KNOWN_ALL, &timeline,
                                   &query->complaint);
    if (err != OK)
        return query_fail(query, err);
    if (!command_time(query->arguments, "known", &timeline->zone, &time_ms))
        return COMMAND_MISUSE;
    err = ledger_known_at(query->ledger, time_ms, &query->question.known);
    return err == OK ? COMMAND_DONE : query_fail(query, err);
}

static enum command_status
read_options(struct query *query, struct query_options options)
{
    query->at_ms = command_now_ms();
    query->is_now =
        !options.is_asked || command_option(query->arguments, "at") == NULL;
    if (options.is_asked) {
        enum command_status status = read_known(query);
        if (status != COMMAND_DONE)
            return status;
    }
    enum err err = ledger_timeline(query->ledger, query->question.known,
                                   &query->timeline, &query->complaint);
    if (err != OK)
        return query_fail(query, err);
    if (options.is_asked &&
        !command_time(query->arguments, "at", &query->timeline->zone,
                      &query->at_ms))
        return COMMAND_MISUSE;
    query->fold = fold_open(query->timeline, options.why, &query->lasting);
    query->rules = ledger_rules(query->ledger);
    return COMMAND_DONE;
}

static enum command_status
open_at(struct query *query, const struct arguments *arguments,
        enum ledger_mode mode)
{
    *query = (struct query) { .arguments = arguments,
                              .question.known = LEDGER_KNOWN_ALL,
                              .is_now = true };
    if (!arena_open(&query->lasting, LIMIT_ARENA_SIZE) ||
        !arena_open(&query->account, LIMIT_ARENA_SIZE))
        return command_fail(arguments, ERR_MEMORY, "can't begin");
    return query_ledger(arguments, mode, &query->ledger);
}

enum command_status
query_open(struct query *query, const struct arguments *arguments,
           struct query_options options)
{
    enum command_status status = open_at(query, arguments, options.mode);

    return status == COMMAND_DONE ? read_options(query, options) : status;
}

enum command_status
query_open_late(struct query *query, const struct arguments *arguments)
{
    enum command_status status = query_instance(arguments);

    return status == COMMAND_DONE ? open_at(query, arguments, LEDGER_CHECK)
                                  : status;
}

static void
close_copies(struct query *query)
{
    if (query->copies != NULL)
        state_fold_close(&query->copies_fold);
    copies_close(query->copies);
    query->copies = NULL;
}

void
query_close(struct query *query)
{
    close_copies(query);
    if (query->ledger != NULL)
        ledger_close(query->ledger);
    arena_close(&query->account);
    arena_close(&query->lasting);
}

enum err
query_refresh(struct query *query)
{
    enum err err = ledger_refresh(query->ledger, &query->complaint);
    const uint64_t rules = ledger_rules(query->ledger);

    /* They are folded by the rules of before. */
    if (query->copies != NULL &&
        (rules != query->rules || !copies_are_there(query->copies)))
        close_copies(query);
    if (err == OK)
        err = ledger_timeline(query->ledger, query->question.known,
                              &query->timeline, &query->complaint);
    if (err != OK || (query->fold != NULL && rules == query->rules))
        return err;
    arena_reset(&query->lasting);
    query->fold = fold_open(query->timeline, false, &query->lasting);
    query->rules = rules;
    return OK;
}

enum err
query_walk(struct query *query, account_id account, struct walk *ret_walk)
{
    struct history_account history;
    struct walk_input input;

    fold_effects(query->fold)->count = 0;
    arena_reset(&query->account);
    fold_use_arena(query->fold, &query->account);
    enum err err = ledger_account(query->ledger, account, &query->question,
                                  &query->account, &history, &query->complaint);
    if (err == OK)
        err = ledger_walk_input(query->ledger, &history, &query->question,
                                query->fold, query->at_ms, &query->account,
                                &input);
    if (err != OK)
        return err;
    walk_open(ret_walk, &input, &query->account);
    return OK;
}

/* --- accounts as a node knows them --- */

/* ERR_NOT_FOUND: the hub has told nothing that can be used. */
static enum err
open_copies(struct query *query)
{
    if (query->copies != NULL)
        return OK;
    enum err err =
        copies_open(ledger_dir(query->ledger), false, &query->copies);
    if (err == OK)
        err = state_fold_open(&query->copies_fold, query->ledger,
                              query->timeline);
    if (err == OK)
        return OK;
    copies_close(query->copies);
    query->copies = NULL;
    return err;
}

/* The hub, through the node that runs here, which then has a copy.  False:
 * nobody is there to ask. */
static bool
ask_hub(struct query *query, account_id account)
{
    struct ask ask = { .kind = ASK_STATES, .account_count = 1 };
    struct decision none;

    account_format(account, ask.accounts[0]);
    return desk_ask(ledger_dir(query->ledger), &ask, ASK_MS, &none) ==
           ASK_STATES;
}

static enum err
get_copy(struct query *query, account_id account, struct hub_state *ret_state)
{
    arena_reset(&query->account);
    enum err err = open_copies(query);

    return err == OK
               ? copies_get(query->copies, account, query->timeline->digest,
                            &query->account, ret_state)
               : err;
}

static enum err
read_copy(struct query *query, account_id account)
{
    struct hub_state state;
    uint32_t own;

    if (!query->is_now || query->question.known != LEDGER_KNOWN_ALL)
        return ERR_NOT_FOUND;
    enum err err = get_copy(query, account, &state);
    const bool asks =
        err == ERR_NOT_FOUND || (err == OK && state.asked && query->renews);
    if (asks && !query->alone && ask_hub(query, account))
        err = get_copy(query, account, &state);
    if (err != OK)
        return err;
    err = hub_state_read(&query->copies_fold, account, &state, query->at_ms,
                         &query->copy, &own);
    if (err == OK)
        query->told_ms = state.told_ms;
    return err;
}

enum err
query_account(struct query *query, account_id account,
              const struct account **ret_account)
{
    query->told_ms = 0;
    /* A copy is a help, never the truth: without one the node's own events
     * answer. */
    if (read_copy(query, account) == OK) {
        *ret_account = &query->copy;
        return OK;
    }
    enum err err = query_walk(query, account, &query->walk);
    if (err != OK)
        return err;
    walk_finish(&query->walk);
    *ret_account = &query->walk.account;
    return OK;
}
