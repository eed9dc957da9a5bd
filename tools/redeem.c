/*
 * redeem.c - decided by all that this ledger knows, and appended only if
 * nothing arrived meanwhile that it rests on (core/basis.h); else it is decided
 * anew
 *
 * Where a hub runs, it is asked.  A ledger that has joined a hub is only a part
 * of the whole: without the hub's answer the `offline` rules bind.
 *
 * Several go through each step together, so that they wait for the hub and for
 * the disk once.  Those that the hub has decided come first, for it knows
 * nothing of what is granted here.  Whatever has been granted and is not
 * appended yet is taken from what the next one may have, as a hub does with its
 * reservations.
 */
#include "tools/redeem.h"

#include "nodes/clock.h"
#include "nodes/desk.h"
#include "nodes/errand.h"
#include "nodes/keys.h"

#include <string.h>

enum {
    TRIES_MS = 1000, /* others may be faster again and again, not for ever */
    ONLINE_MS = 200, /* a node answers in ERRAND_MS, come what may */
    HUB_MS = 900,    /* a hub before it lets go of a client (DESK_MS) */
};

/* Those that are decided together. */
struct turn {
    struct query *query;
    struct redeem *redeems;
    uint32_t count;
    bool dry_run;
    bool joined; /* the ledger has a hub */
    bool asked;  /* the hub has been asked, which is done once */
    int64_t now_ms;
    struct basis basis; /* what those rest on that are decided here */
};

void
redeem_open(struct redeem *redeem, const struct event *event)
{
    assert(event->kind == EVENT_REDEEM);
    *redeem = (struct redeem) { .entry.event = *event };
    redeem->entry.event.redeem.value = (money) { -1 };
    redeem->command.points = event->redeem.points;
    redeem->command.reward = event->redeem.reward;
}

static void
settle(struct redeem *redeem, enum err err, const struct complaint *words)
{
    redeem->settled = true;
    redeem->err = err;
    if (err != OK)
        redeem->words = *words;
}

/* The next one, from this one on, that is still to be decided; NULL: none. */
static struct redeem *
next_open(const struct turn *turn, struct redeem *from)
{
    for (; from < turn->redeems + turn->count; from++)
        if (!from->settled && !from->granted)
            return from;
    return NULL;
}

/* --- the hub ------------------------------------------------------------ */

static void
write_ask(const struct redeem *redeem, bool dry_run, struct ask *ret_ask)
{
    const struct event *event = &redeem->entry.event;

    *ret_ask = (struct ask) { .kind = ASK_REDEEM,
                              .account_count = 1,
                              .points = event->redeem.points,
                              .dry_run = dry_run };
    account_format(event->account, ret_ask->accounts[0]);
    if (event->redeem.reward.size > 0)
        memcpy(ret_ask->reward, event->redeem.reward.bytes,
               event->redeem.reward.size);
    memcpy(ret_ask->id, event->id.bytes, event->id.size);
}

/* The hub that runs on this ledger, or the node there for its hub.  Where it
 * takes too long the customer has waited enough. */
static void
decide_online(const struct turn *turn)
{
    struct desk_question questions[REDEEM_AT_ONCE];
    struct redeem *asked[REDEEM_AT_ONCE];
    struct ask asks[REDEEM_AT_ONCE];
    const int64_t begun_ms = clock_steady_ms();
    uint32_t count = 0;

    for (struct redeem *each = turn->redeems;
         (each = next_open(turn, each)) != NULL; each++) {
        write_ask(each, turn->dry_run, &asks[count]);
        questions[count] = (struct desk_question) { .ask = &asks[count] };
        asked[count++] = each;
    }
    desk_ask_each(ledger_dir(turn->query->ledger), questions, count,
                  turn->joined ? ONLINE_MS : HUB_MS);
    turn->query->alone = clock_steady_ms() - begun_ms >= ERRAND_MS;
    for (uint32_t i = 0; i < count; i++) {
        asked[i]->by_hub = questions[i].kind == ASK_REDEEM;
        if (!asked[i]->by_hub)
            continue;
        asked[i]->decision = questions[i].decision;
        asked[i]->command.offline = false;
        asked[i]->granted = questions[i].decision.verdict == VERDICT_GRANTED;
        asked[i]->settled = !asked[i]->granted;
    }
}

/* A hub holds back what it has granted to stores, and only the process knows:
 * as long as it runs, nothing is decided here without it. */
static void
leave_to_hub(const struct turn *turn)
{
    const char *dir = ledger_dir(turn->query->ledger);
    struct redeem *each = next_open(turn, turn->redeems);
    struct complaint words;

    if (turn->joined || each == NULL || !desk_is_served(dir))
        return;
    complain(&words,
             "%s: the hub that runs here is in use and does not say what it "
             "has reserved for stores; try again",
             dir);
    for (; (each = next_open(turn, each)) != NULL; each++)
        settle(each, ERR_BUSY, &words);
}

/* --- alone -------------------------------------------------------------- */

static money
worth_of(const struct version *version, const struct event *event)
{
    return event->redeem.points.value > 0
               ? decide_points_value(version, event->redeem.points)
               : decide_reward_value(version, event->redeem.reward);
}

/* What this node granted the account on the local day, by its own events: so
 * it counts whether or not the hub has folded it meanwhile.  What the hub
 * granted here counts as well, for the event does not tell.  And what a clock
 * that is ahead of ours, or ours before it was set back, has told. */
static enum err
look_back(struct turn *turn, struct redeem *redeem)
{
    struct query *query = turn->query;
    const struct version *version = timeline_at(query->timeline, turn->now_ms);
    const int32_t today = zone_day(&query->timeline->zone, turn->now_ms);
    struct history_account history;
    uint32_t count;
    money sum = { 0 };

    redeem->ahead_ms = 0;
    arena_reset(&query->account);
    enum err err = ledger_account(query->ledger, redeem->entry.event.account,
                                  &query->question, &query->account, &history,
                                  &query->complaint);
    if (err != OK)
        return err;
    basis_add(&turn->basis, &history);
    const struct event *const *live =
        walk_live(history.events, history.event_count, &query->account, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct event *event = live[i];
        if (event->at_ms > redeem->ahead_ms && event->at_ms > turn->now_ms &&
            event->at_ms <= turn->now_ms + LIMIT_FUTURE_MS)
            redeem->ahead_ms = event->at_ms;
        if (event->kind == EVENT_REDEEM &&
            event->identity.node == ledger_who(query->ledger).node &&
            zone_day(&query->timeline->zone, event->at_ms) == today)
            sum = money_add(sum, worth_of(version, event));
    }
    redeem->command.granted_today = sum;
    return OK;
}

/* What has been granted in this turn and is not in the ledger yet. */
static void
add_granted(const struct turn *turn, struct redeem *redeem)
{
    const struct version *version =
        timeline_at(turn->query->timeline, turn->now_ms);
    struct decide_command *command = &redeem->command;

    command->points_held = (points) { 0 };
    command->vouchers_held = 0;
    for (uint32_t i = 0; i < turn->count; i++) {
        const struct redeem *other = &turn->redeems[i];
        const struct event *event = &other->entry.event;
        if (!other->granted ||
            !account_equal(event->account, redeem->entry.event.account))
            continue;
        command->points_held =
            points_add(command->points_held, other->decision.points);
        command->vouchers_held +=
            other->decision.by_voucher &&
            view_equal(event->redeem.reward, command->reward);
        command->granted_today =
            money_add(command->granted_today, worth_of(version, event));
    }
}

static enum err
decide_at(const struct turn *turn, struct redeem *redeem, int64_t at_ms)
{
    struct query *query = turn->query;
    const struct account *account;

    query->at_ms = at_ms;
    enum err err = query_account(query, redeem->entry.event.account, &account);
    if (err != OK)
        return err;
    redeem->command.state_ms = query->told_ms;
    redeem->decision =
        decide_redemption(query->timeline, account, &redeem->command, at_ms);
    return OK;
}

static void
decide_alone(struct turn *turn, struct redeem *redeem)
{
    redeem->command.offline = turn->joined;
    redeem->by_hub = false; /* though it may have been before, in vain */
    enum err err = look_back(turn, redeem);
    add_granted(turn, redeem);
    if (err == OK)
        err = decide_at(turn, redeem, turn->now_ms);
    /* What is there now must not be what the other has taken already. */
    if (err == OK && redeem->ahead_ms > 0 &&
        redeem->decision.verdict == VERDICT_GRANTED)
        err = decide_at(turn, redeem, redeem->ahead_ms);
    redeem->granted = err == OK && redeem->decision.verdict == VERDICT_GRANTED;
    if (!redeem->granted)
        settle(redeem, err, &turn->query->complaint);
}

/* --- together ----------------------------------------------------------- */

/* It had been granted before, maybe to a till that never heard of it: what it
 * took and what it was worth is told again, as of then. */
static void
tell_again(const struct turn *turn, struct redeem *redeem)
{
    const struct event *event = &redeem->entry.event;

    redeem->was_there = true;
    redeem->decision = (struct decision) {
        .points = event->redeem.points,
        .value =
            worth_of(timeline_at(turn->query->timeline, event->at_ms), event),
    };
}

/* Whether this very redemption has been stored before: then that is the
 * answer, whatever the account has now. */
static void
look_up(const struct turn *turn, struct redeem *redeem)
{
    struct ledger_entry entry = redeem->entry;
    const struct ledger_append dry = { .now_ms = turn->now_ms,
                                       .dry_run = true };
    struct complaint words = { .text = "" };

    enum err err = ledger_append(turn->query->ledger, &entry, 1, &dry, &words);
    if (err == OK && !entry.known)
        return;
    settle(redeem, err, &words);
    if (err != OK)
        return;
    redeem->entry = entry;
    redeem->stored = true;
    tell_again(turn, redeem);
}

/* What is to be appended, and for whom. */
struct bundle {
    struct ledger_entry entries[REDEEM_AT_ONCE];
    struct redeem *redeems[REDEEM_AT_ONCE];
    uint32_t count;
};

static void
collect(const struct turn *turn, bool by_hub, struct bundle *bundle)
{
    bundle->count = 0;
    for (uint32_t i = 0; i < turn->count; i++) {
        struct redeem *redeem = &turn->redeems[i];
        if (!redeem->granted || redeem->by_hub != by_hub)
            continue;
        bundle->entries[bundle->count] = redeem->entry;
        bundle->redeems[bundle->count++] = redeem;
    }
}

static void
finish(const struct turn *turn, struct redeem *redeem,
       const struct ledger_entry *entry, const struct ledger_request *request)
{
    redeem->granted = false;
    redeem->settled = request->err != ERR_BUSY;
    redeem->err = request->err;
    redeem->words = *request->complaint;
    if (request->err != OK)
        return;
    redeem->entry = *entry;
    redeem->stored = true;
    if (entry->known)
        tell_again(turn, redeem);
}

/* What the hub grants it holds for us, whatever comes here: each by itself.
 * The others rest on what was known, and each on those before it: all of them
 * or none. */
static void
append(struct turn *turn)
{
    struct complaint words[1 + REDEEM_AT_ONCE];
    struct ledger_request requests[1 + REDEEM_AT_ONCE];
    struct bundle alone, by_hub;
    uint32_t count = 0;

    collect(turn, false, &alone);
    collect(turn, true, &by_hub);
    if (alone.count > 0)
        requests[count++] = (struct ledger_request) {
            .entries = alone.entries,
            .count = alone.count,
            .basis = &turn->basis,
        };
    for (uint32_t i = 0; i < by_hub.count; i++)
        requests[count++] =
            (struct ledger_request) { .entries = &by_hub.entries[i],
                                      .count = 1 };
    if (count == 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        words[i].text[0] = '\0';
        requests[i].complaint = &words[i];
    }
    ledger_append_each(turn->query->ledger, requests, count, turn->now_ms);
    for (uint32_t i = 0; i < alone.count; i++)
        finish(turn, alone.redeems[i], &alone.entries[i], &requests[0]);
    for (uint32_t i = 0; i < by_hub.count; i++)
        finish(turn, by_hub.redeems[i], &by_hub.entries[i],
               &requests[count - by_hub.count + i]);
}

static void
run_turn(struct turn *turn)
{
    struct query *query = turn->query;
    struct redeem *each;

    query->complaint.text[0] = '\0';
    enum err err = query_refresh(query);
    turn->now_ms = query->at_ms = command_now_ms();
    turn->joined = keys_has_hub(ledger_dir(query->ledger));
    basis_begin(&turn->basis, ledger_position(query->ledger));
    for (each = turn->redeems; (each = next_open(turn, each)) != NULL; each++) {
        each->err = OK;
        if (err == OK)
            look_up(turn, each);
        else
            settle(each, err, &query->complaint);
    }
    if (!turn->asked)
        decide_online(turn);
    turn->asked = true;
    leave_to_hub(turn);
    for (each = turn->redeems; (each = next_open(turn, each)) != NULL; each++)
        decide_alone(turn, each);
    query->at_ms = turn->now_ms;
    if (!turn->dry_run)
        append(turn);
}

void
redeem_run(struct query *query, struct redeem *redeems, uint32_t count,
           bool dry_run)
{
    struct turn turn = {
        .query = query, .redeems = redeems, .count = count, .dry_run = dry_run
    };
    const int64_t begun_ms = clock_steady_ms();

    assert(count <= REDEEM_AT_ONCE);
    const bool ready = basis_open(&turn.basis);
    for (uint32_t i = 0; i < count; i++) {
        if (redeems[i].err == OK && !ready)
            redeems[i].err = ERR_MEMORY;
        redeems[i].settled = redeems[i].err != OK;
    }
    do {
        run_turn(&turn);
    } while (next_open(&turn, redeems) != NULL &&
             clock_steady_ms() - begun_ms < TRIES_MS);
    basis_close(&turn.basis);
}

bool
redeem_is_granted(const struct redeem *redeem)
{
    assert(redeem->err == OK);
    return redeem->was_there || redeem->decision.verdict == VERDICT_GRANTED;
}

/* A number that the event does not tell of one granted before is null. */
static void
write_number(struct text *out, const char *key, bool is_told, int64_t value)
{
    if (is_told)
        text_json_integer(out, key, value);
    else
        text_json_null(out, key);
}

static void
write_numbers(const struct redeem *redeem, struct text *out)
{
    const struct decision *decision = &redeem->decision;
    const bool now = !redeem->was_there;

    text_json_bool(out, "known", redeem->was_there);
    if (now)
        text_json_bool(out, "voucher", decision->by_voucher);
    else
        text_json_null(out, "voucher");
    write_number(out, "points", now || decision->points.value > 0,
                 decision->points.value);
    write_number(out, "available", now, decision->available.value);
    write_number(out, "minimum", now, decision->minimum.value);
    text_json_integer(out, "value", decision->value.minor);
    if (!now || !redeem->command.offline)
        return;
    text_json_integer(out, "limit", decision->limit.minor);
    text_json_integer(out, "limit_used", decision->limit_used.minor);
    text_json_integer(out, "limit_left", decision->limit_left.minor);
    if (redeem->command.state_ms > 0)
        text_json_time(out, "told", redeem->command.state_ms);
    else
        text_json_null(out, "told");
    text_json_integer(out, "max_age_days", decision->age_days_max);
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
    write_numbers(redeem, out);
    text_string(out, "}\n");
}
