/*
 * redeem.c - decided by all that this ledger knows, and appended only if
 * nothing arrived meanwhile; else it is decided anew
 *
 * Where a hub runs, it is asked.  A ledger that has joined a hub is only a part
 * of the whole: without the hub's answer the `offline` rules bind.
 */
#include "tools/redeem.h"

#include "nodes/desk.h"
#include "nodes/keys.h"

#include <string.h>

enum { REDEEM_TRIES = 20 };
enum {
    ONLINE_MS = 200, /* a node answers in ERRAND_MS, come what may */
    HUB_MS = 900,    /* a hub before it lets go of a client (DESK_MS) */
};

void
redeem_open(struct redeem *redeem, struct query *query,
            const struct event *event)
{
    assert(event->kind == EVENT_REDEEM);
    *redeem = (struct redeem) { .query = query, .entry.event = *event };
    redeem->entry.event.redeem.value = (money) { -1 };
    redeem->command.points = event->redeem.points;
    redeem->command.reward = event->redeem.reward;
}

/* What this node granted the account on the local day, by its own events: so
 * it counts whether or not the hub has folded it meanwhile.  What the hub
 * granted here counts as well, for the event does not tell.  And what a clock
 * that is ahead of ours, or ours before it was set back, has told. */
static enum err
look_back(struct redeem *redeem)
{
    struct query *query = redeem->query;
    const struct version *version = timeline_at(query->timeline, query->at_ms);
    const int32_t today = zone_day(&query->timeline->zone, query->at_ms);
    struct history_account history;
    uint32_t count;
    money sum = { 0 };

    arena_reset(&query->account);
    enum err err = ledger_account(query->ledger, redeem->entry.event.account,
                                  &query->question, &query->account, &history,
                                  &query->complaint);
    if (err != OK)
        return err;
    const struct event *const *live =
        walk_live(history.events, history.event_count, &query->account, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct event *event = live[i];
        if (event->at_ms > redeem->ahead_ms && event->at_ms > query->at_ms &&
            event->at_ms <= query->at_ms + LIMIT_FUTURE_MS)
            redeem->ahead_ms = event->at_ms;
        if (event->kind != EVENT_REDEEM ||
            event->identity.node != ledger_who(query->ledger).node ||
            zone_day(&query->timeline->zone, event->at_ms) != today)
            continue;
        sum = money_add(
            sum, event->redeem.points.value > 0
                     ? decide_points_value(version, event->redeem.points)
                     : decide_reward_value(version, event->redeem.reward));
    }
    redeem->command.granted_today = sum;
    return OK;
}

/* The hub that runs on this ledger, or the node there for its hub. */
static bool
decide_online(struct redeem *redeem, bool dry_run, uint32_t timeout_ms)
{
    const struct event *event = &redeem->entry.event;
    struct ask ask = { .kind = ASK_REDEEM,
                       .account_count = 1,
                       .points = event->redeem.points,
                       .dry_run = dry_run };

    account_format(event->account, ask.accounts[0]);
    if (event->redeem.reward.size > 0)
        memcpy(ask.reward, event->redeem.reward.bytes,
               event->redeem.reward.size);
    memcpy(ask.id, event->id.bytes, event->id.size);
    return desk_ask(ledger_dir(redeem->query->ledger), &ask, timeout_ms,
                    &redeem->decision) == ASK_REDEEM;
}

/* A hub holds back what it has granted to stores, and only the process knows:
 * as long as it runs, nothing is decided here without it. */
static enum err
ask_hub_here(struct redeem *redeem, bool dry_run)
{
    const char *dir = ledger_dir(redeem->query->ledger);

    redeem->by_hub = decide_online(redeem, dry_run, HUB_MS);
    if (redeem->by_hub || !desk_is_served(dir))
        return OK;
    complain(&redeem->query->complaint,
             "%s: the hub that runs here is in use and does not say what it "
             "has reserved for stores; try again",
             dir);
    return ERR_BUSY;
}

static enum err
decide_at(struct redeem *redeem, int64_t at_ms)
{
    struct query *query = redeem->query;
    const struct account *account;

    query->at_ms = at_ms;
    enum err err = query_account(query, redeem->entry.event.account, &account);
    if (err != OK)
        return err;
    redeem->command.state_ms = query->told_ms;
    redeem->decision = decide_redemption(query->timeline, account,
                                         &redeem->command, query->at_ms);
    return OK;
}

static enum err
decide(struct redeem *redeem, bool dry_run)
{
    struct query *query = redeem->query;
    const int64_t now_ms = command_now_ms();

    query->at_ms = now_ms;
    redeem->ahead_ms = 0;
    redeem->command.offline = false;
    const bool joined = keys_has_hub(ledger_dir(query->ledger));
    enum err err = OK;
    if (joined)
        redeem->by_hub = decide_online(redeem, dry_run, ONLINE_MS);
    else
        err = ask_hub_here(redeem, dry_run);
    if (redeem->by_hub || err != OK)
        return err;
    redeem->command.offline = joined;
    err = look_back(redeem);
    if (err == OK)
        err = decide_at(redeem, now_ms);
    /* What is there now must not be what the other has taken already. */
    if (err == OK && redeem->ahead_ms > 0 &&
        redeem->decision.verdict == VERDICT_GRANTED)
        err = decide_at(redeem, redeem->ahead_ms);
    query->at_ms = now_ms;
    return err;
}

/* Whether this very redemption has been stored before: then that is the
 * answer, whatever the account has now. */
static enum err
look_up(struct redeem *redeem)
{
    struct ledger_entry entry = redeem->entry;
    const struct ledger_append dry = { .now_ms = command_now_ms(),
                                       .dry_run = true };

    enum err err = ledger_append(redeem->query->ledger, &entry, 1, &dry,
                                 &redeem->query->complaint);
    if (err == OK && entry.known) {
        redeem->entry = entry;
        redeem->stored = true;
        redeem->was_there = true;
    }
    return err;
}

enum err
redeem_run(struct redeem *redeem, bool dry_run)
{
    struct query *query = redeem->query;
    enum err err = ERR_BUSY;

    for (uint32_t i = 0; i < REDEEM_TRIES && err == ERR_BUSY; i++) {
        err = query_refresh(query);
        if (err == OK)
            err = look_up(redeem);
        if (err == OK)
            err = decide(redeem, dry_run);
        if (err != OK || redeem->was_there || dry_run ||
            redeem->decision.verdict != VERDICT_GRANTED)
            return err;
        const struct ledger_append append = {
            .now_ms = query->at_ms,
            /* What the hub grants it holds for us, whatever comes here. */
            .only_at = redeem->by_hub ? 0 : ledger_position(query->ledger) + 1,
        };
        err = ledger_append(query->ledger, &redeem->entry, 1, &append,
                            &query->complaint);
        redeem->stored = err == OK;
    }
    return err;
}

bool
redeem_is_granted(const struct redeem *redeem)
{
    return redeem->was_there || redeem->decision.verdict == VERDICT_GRANTED;
}

void
redeem_json(const struct redeem *redeem, struct text *out)
{
    const bool granted = redeem_is_granted(redeem);
    const struct decision *decision = &redeem->decision;
    char name[IDENTITY_SIZE];

    text_char(out, '{');
    text_json_view(out, "verdict", view_of(granted ? "granted" : "refused"));
    if (redeem->was_there) /* the event does not tell by whom */
        text_json_null(out, "by");
    else if (granted)
        text_json_view(out, "by",
                       view_of(redeem->command.offline ? "offline" : "hub"));
    else
        text_json_view(out, "reason",
                       view_of(decide_verdict_name(decision->verdict)));
    if (redeem->stored) {
        identity_format(redeem->entry.event.identity, name);
        text_json_view(out, "event", view_of(name));
    }
    text_json_bool(out, "known", redeem->was_there);
    text_json_bool(out, "voucher", decision->by_voucher);
    text_json_integer(out, "points", decision->points.value);
    text_json_integer(out, "available", decision->available.value);
    text_json_integer(out, "minimum", decision->minimum.value);
    text_json_integer(out, "value", decision->value.minor);
    if (redeem->command.offline) {
        text_json_integer(out, "limit", decision->limit.minor);
        text_json_integer(out, "limit_used", decision->limit_used.minor);
        text_json_integer(out, "limit_left", decision->limit_left.minor);
        if (redeem->command.state_ms > 0)
            text_json_time(out, "told", redeem->command.state_ms);
        else
            text_json_null(out, "told");
        text_json_integer(out, "max_age_days", decision->age_days_max);
    }
    text_string(out, "}\n");
}
