#include "nodes/join.h"

#include "core/ledger.h"
#include "core/own_stores.h"
#include "nodes/clock.h"
#include "nodes/link.h"
#include "nodes/stop.h"
#include "nodes/trace.h"

enum {
    ANSWER_MS = 10000, /* no answer to JOIN: another try */
    WAIT_MS = 50,
    REFUSALS_MAX = 3, /* of the key, before a person is asked */
};

/* Rules of its own would stand beside the hub's, and what the hub tells of
 * accounts is of the hub's alone: the store would take in none of it. */
static enum err
refuse_own_rules(struct ledger *ledger, struct complaint *complaint)
{
    const struct ledger_version *list = NULL;
    uint32_t count = 0;

    enum err err = ledger_versions(ledger, LEDGER_KNOWN_ALL, &list, &count);
    for (uint32_t i = 0; err == OK && i < count; i++)
        if (list[i].identity.node == ledger_who(ledger).node)
            return complain(complaint,
                            "%s: has published rules itself, and a store's "
                            "come from the hub: join with a new ledger, and "
                            "bring this one's events to it by export and "
                            "import",
                            ledger_dir(ledger));
    return err;
}

/* Whether the string names a hub that the ledger belongs to. */
static bool
is_same_hub(const char *dir, const struct keys_ticket *ticket)
{
    struct keys_hubs known = { 0 };

    if (keys_load_hubs(dir, &known, NULL) != OK)
        return false;
    for (uint32_t i = 0; i < known.count; i++)
        for (uint32_t j = 0; j < ticket->hubs.count; j++)
            if (curve_key_equal(known.list[i].key, ticket->hubs.list[j].key))
                return true;
    return false;
}

static bool
names_store(const struct keys_ticket *ticket, uint32_t store)
{
    for (uint32_t i = 0; i < ticket->store_count; i++)
        if (ticket->stores[i] == store)
            return true;
    return false;
}

/* What it appends for its own store the hub would keep without effect, unless
 * an earlier enrolment has named it. */
static enum err
refuse_other_store(struct ledger *ledger, const struct keys_ticket *ticket,
                   struct complaint *complaint)
{
    const struct ledger_identity who = ledger_who(ledger);
    struct own_stores known;

    enum err err = own_stores_load(ledger_journal(ledger), &known);
    if (err != OK || who.store == 0 || ticket->store_count == 0 ||
        names_store(ticket, who.store) ||
        (known.count > 0 && own_stores_admit(&known, who.store)))
        return err;
    return complain(complaint,
                    "%s: is store %u, and the string is for store %u%s: have "
                    "node %u enrolled for %u, too (leima enrol new, at the "
                    "hub), or join with a new ledger",
                    ledger_dir(ledger), who.store, ticket->stores[0],
                    ticket->store_count > 1 ? " and others" : "", who.node,
                    who.store);
}

/* Keeps what a store's node may write for; a standby writes for all. */
static enum err
take_stores(const char *dir, const struct keys_ticket *ticket, bool standby,
            struct complaint *complaint)
{
    struct ledger *ledger = NULL;

    enum err err = ledger_open(dir, LEDGER_READ, complaint, &ledger);
    if (err != OK)
        return err;
    struct journal *journal = ledger_journal(ledger);
    err = standby
              ? own_stores_forget(journal)
              : own_stores_add(journal, ticket->stores, ticket->store_count);
    ledger_close(ledger);
    if (err != OK)
        complain(complaint, "%s: the stores can't be kept: %s", dir,
                 err_name(err));
    return err;
}

/* The ledger of the ticket's number, made if there is none. */
static enum err
have_ledger(const char *dir, const struct keys_ticket *ticket, bool standby,
            struct complaint *complaint)
{
    struct ledger *ledger = NULL;
    enum err err = ledger_open(dir, LEDGER_READ, complaint, &ledger);

    if (err == ERR_NOT_FOUND) {
        const struct ledger_identity who = {
            .node = ticket->node,
            .store = ticket->store_count ? ticket->stores[0] : ticket->node,
        };
        return ledger_create(dir, &who, clock_wall_ms(), complaint);
    }
    if (err != OK)
        return err;
    uint32_t node = ledger_who(ledger).node;
    if (node != ticket->node)
        err = complain(complaint,
                       "%s: is node %u, the string is for node %u: use another "
                       "directory or enrol %u",
                       dir, node, ticket->node, node);
    if (err == OK && !standby && !is_same_hub(dir, ticket))
        err = refuse_own_rules(ledger, complaint);
    if (err == OK && !standby)
        err = refuse_other_store(ledger, ticket, complaint);
    ledger_close(ledger);
    return err;
}

/* Whether the string came before: then it goes on with the key made for it,
 * which the hub may have registered already. */
static enum err
is_again(const char *dir, const struct keys_ticket *ticket, bool *ret_again,
         struct complaint *complaint)
{
    struct keys_pair there;

    enum err err = keys_load(dir, "once", &there, complaint);
    bool again =
        err == OK && curve_key_equal(there.public_key, ticket->once.public_key);
    if (again)
        err = keys_load(dir, "next", &there, complaint);
    keys_wipe(&there);
    *ret_again = again && err == OK;
    return err == ERR_NOT_FOUND || err == ERR_INPUT ? OK : err;
}

enum err
join_prepare(const char *dir, view string, bool standby,
             struct complaint *complaint)
{
    struct keys_ticket ticket;
    bool again = false;
    enum err err = keys_ticket_parse(string, &ticket, complaint);
    if (err != OK)
        return err;

    err = have_ledger(dir, &ticket, standby, complaint);
    if (err == OK)
        err = take_stores(dir, &ticket, standby, complaint);
    if (err == OK)
        err = is_again(dir, &ticket, &again, complaint);
    if (err == OK && !again) {
        struct keys_pair own;
        keys_forget(dir, "once");
        keys_forget(dir, "next");
        transport_keypair(&own);
        err = keys_store(dir, "next", &own, complaint);
        if (err == OK)
            err = keys_store_hubs(dir, &ticket.hubs, complaint);
        /* Last: it is what makes the joining a pending one. */
        if (err == OK)
            err = keys_store(dir, "once", &ticket.once, complaint);
        keys_wipe(&own);
    }
    keys_wipe(&ticket.once);
    return err;
}

bool
join_is_pending(const char *dir)
{
    struct keys_pair once;
    enum err err = keys_load(dir, "once", &once, NULL);

    keys_wipe(&once);
    return err != ERR_NOT_FOUND && err != ERR_INPUT;
}

struct joining {
    struct link link;
    struct arena scratch;
    curve_key key; /* to be registered */
    uint32_t node;
    const char *told; /* as of link_options */
    uint32_t refusals;
    int64_t asked_ms; /* 0: not asked on this connection */
    bool done;
};

static void
ask(struct joining *joining, int64_t now_ms)
{
    const struct frame frame = {
        .kind = FRAME_JOIN,
        .join = { .node = joining->node, .key = joining->key },
    };

    joining->asked_ms = now_ms;
    if (transport_send(joining->link.transport, NULL, &frame) != OK)
        link_drop(&joining->link, now_ms, 0);
}

/* ERR_INPUT: the hub says no. */
static enum err
take_answer(struct joining *joining, const struct transport_message *message,
            struct complaint *complaint)
{
    struct arena scratch = joining->scratch;
    struct frame frame;

    if (frame_parse(message->header, message->payload, &scratch, &frame) != OK)
        return OK;
    if (frame.kind == FRAME_JOIN && frame.join.node == joining->node &&
        curve_key_equal(frame.join.key, joining->key))
        joining->done = true;
    if (frame.kind == FRAME_ERR && !frame.err.retry)
        return complain(
            complaint, "the hub refuses: %.*s; ask for a new string",
            (int)frame.err.words.size, (const char *)frame.err.words.bytes);
    return OK;
}

static enum err
look(struct joining *joining, struct complaint *complaint)
{
    int64_t now_ms = clock_steady_ms();
    struct transport_message message;

    switch (link_look(&joining->link, now_ms)) {
    case LINK_UP:
        ask(joining, now_ms);
        break;
    case LINK_REFUSED:
        if (++joining->refusals >= REFUSALS_MAX)
            return complain(complaint, "the hub does not admit the string's "
                                       "key: its time is over, or it was "
                                       "revoked; ask for a new string");
        break;
    case LINK_SAME:
    case LINK_DOWN:
        break;
    }
    while (transport_receive(joining->link.transport, &message) == OK) {
        enum err err = take_answer(joining, &message, complaint);
        transport_release(&message);
        if (err != OK)
            return err;
    }
    if (joining->link.up && now_ms - joining->asked_ms > ANSWER_MS)
        link_drop(&joining->link, now_ms, 0);
    return OK;
}

/* Until the hub has registered the key, or says no, or `stop` says so. */
static enum err
ask_until_done(struct joining *joining, const struct keys_pair *once,
               const struct keys_hubs *hubs, int stop,
               struct complaint *complaint)
{
    enum err err = link_open(&(struct link_options) { .keys = once,
                                                      .hubs = hubs,
                                                      .told = joining->told,
                                                      .node = joining->node },
                             &joining->link);

    if (err != OK)
        return err;
    while (err == OK && !joining->done && !stop_asked(stop)) {
        err = look(joining, complaint);
        if (err == OK && !joining->done)
            transport_wait(joining->link.transport, &stop, 1, WAIT_MS);
    }
    link_close(&joining->link);
    return err;
}

/* Has the key registered and makes it the ledger's own; `joining->done`: so it
 * is, unless that fails. */
static enum err
register_key(const char *dir, struct joining *joining, int stop,
             struct complaint *complaint)
{
    struct keys_pair once = { 0 }, next = { 0 };
    struct keys_hubs hubs;

    enum err err = keys_load(dir, "once", &once, complaint);
    if (err == OK)
        err = keys_load(dir, "next", &next, complaint);
    if (err == OK)
        err = keys_load_hubs(dir, &hubs, complaint);
    joining->key = next.public_key;
    keys_wipe(&next);
    if (err == OK && !arena_open(&joining->scratch, 1u << 20))
        err = ERR_MEMORY;
    if (err == OK)
        err = ask_until_done(joining, &once, &hubs, stop, complaint);
    keys_wipe(&once);
    arena_close(&joining->scratch);
    if (err == OK && joining->done)
        err = keys_rename(dir, "next", "own", complaint);
    if (err == OK && joining->done)
        trace(TRACE_NOTICE, joining->node, "joined", "hubs=%u", hubs.count);
    return err;
}

/* Whether the pair has its name already: then what was cut is no more than to
 * forget the one-time key. */
static bool
is_registered(const char *dir)
{
    struct keys_pair pair;
    bool registered = keys_load(dir, "next", &pair, NULL) == ERR_NOT_FOUND &&
                      keys_load(dir, "own", &pair, NULL) == OK;

    keys_wipe(&pair);
    return registered;
}

/* A string that is no good, or was good once, for this very ledger: one that
 * had joined before is as it was. */
static void
give_up(const char *dir, struct complaint *complaint)
{
    const struct complaint why = *complaint;
    struct keys_pair own;

    if (keys_load(dir, "own", &own, NULL) == OK) {
        keys_forget(dir, "once");
        keys_forget(dir, "next");
        complain(complaint, "%.400s (it stays joined as it was)", why.text);
    }
    keys_wipe(&own);
}

enum err
join_finish(const char *dir, uint32_t node, const char *told, int stop,
            struct complaint *complaint)
{
    struct joining joining = { .node = node,
                               .told = told,
                               .done = is_registered(dir) };
    enum err err =
        joining.done ? OK : register_key(dir, &joining, stop, complaint);

    if (err == OK && joining.done)
        keys_forget(dir, "once");
    if (err == ERR_INPUT)
        give_up(dir, complaint);
    return err;
}
