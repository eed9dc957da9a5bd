/*
 * cmd_redeem.c - may this account redeem, and if so it has
 *
 * Decided by all that this ledger knows, and appended only if nothing arrived
 * meanwhile; else it is decided anew.  A ledger that has joined a hub is only
 * a part of the whole: without the hub's answer the `offline` rules bind.
 */
#include "tools/cmd_redeem.h"

#include <inttypes.h>
#include <string.h>

#include "core/ledger_append.h"
#include "core/text.h"
#include "nodes/decide.h"
#include "nodes/keys.h"
#include "tools/query.h"

enum { REDEEM_TRIES = 20 };

struct redeem {
    struct query query;
    struct decide_command command;
    struct ledger_entry entry;
    struct decision decision;
    bool stored;    /* the event is in the ledger ... */
    bool was_there; /* ... and had been before */
};

/* --- what is asked ------------------------------------------------------ */

static bool
read_code(const struct arguments *arguments, const char *name, view *ret)
{
    const char *text = command_option(arguments, name);

    if (text == NULL)
        return true;
    *ret = view_of(text);
    if (event_is_code(*ret))
        return true;
    command_misuse(arguments,
                   "--%s: expected 1-64 printable characters without blanks, "
                   "found \"%s\"",
                   name, text);
    return false;
}

static bool
read_command(const struct arguments *arguments, struct redeem *redeem)
{
    const char *reward = command_option(arguments, "reward");
    struct event *event = &redeem->entry.event;
    int64_t count = 0;

    event->kind = EVENT_REDEEM;
    event->redeem.value = (money) { -1 };
    if (!command_account(arguments, 1, &event->account) ||
        !command_integer(arguments, "points", 1, LIMIT_POINTS, &count) ||
        !read_code(arguments, "id", &event->id) ||
        !read_code(arguments, "receipt", &event->redeem.receipt))
        return false;
    if ((count > 0) == (reward != NULL)) {
        command_misuse(arguments, "expected either --points or --reward");
        return false;
    }
    if (event->id.size == 0) {
        command_misuse(arguments, "--id is needed: with it a redemption that "
                                  "is told twice counts once");
        return false;
    }
    if (reward != NULL) {
        event->redeem.reward = view_of(reward);
        if (!event_is_name(event->redeem.reward)) {
            command_misuse(arguments, "--reward: \"%s\" is no name", reward);
            return false;
        }
    }
    event->redeem.points = (points) { count };
    redeem->command.points = event->redeem.points;
    redeem->command.reward = event->redeem.reward;
    return true;
}

/* --- deciding ----------------------------------------------------------- */

/* What this node granted the account on the local day. */
static money
sum_granted(const struct redeem *redeem, const struct account *account)
{
    const struct query *query = &redeem->query;
    const struct version *version = timeline_at(query->timeline, query->at_ms);
    int32_t today = zone_day(&query->timeline->zone, query->at_ms);
    money sum = { 0 };

    for (uint32_t i = 0; i < account->redeemed.count; i++) {
        const struct event *event = account->redeemed.items[i].event;
        if (event->identity.node != ledger_who(query->ledger).node ||
            zone_day(&query->timeline->zone, event->at_ms) != today)
            continue;
        sum = money_add(
            sum, event->redeem.points.value > 0
                     ? decide_points_value(version, event->redeem.points)
                     : decide_reward_value(version, event->redeem.reward));
    }
    return sum;
}

static enum err
decide(struct redeem *redeem)
{
    struct query *query = &redeem->query;
    struct keys_hubs hubs;
    struct walk walk;

    query->at_ms = command_now_ms();
    enum err err = query_walk(query, redeem->entry.event.account, &walk);
    if (err != OK)
        return err;
    walk_finish(&walk);
    redeem->command.offline =
        keys_load_hubs(ledger_dir(query->ledger), &hubs, NULL) != ERR_NOT_FOUND;
    redeem->command.granted_today = sum_granted(redeem, &walk.account);
    redeem->decision = decide_redemption(query->timeline, &walk.account,
                                         &redeem->command, query->at_ms);
    return OK;
}

/* Whether this very redemption has been stored before: then that is the
 * answer, whatever the account has now. */
static enum err
look_up(struct redeem *redeem)
{
    struct ledger_entry entry = redeem->entry;
    const struct ledger_append dry = { .now_ms = command_now_ms(),
                                       .dry_run = true };

    enum err err = ledger_append(redeem->query.ledger, &entry, 1, &dry,
                                 &redeem->query.complaint);
    if (err == OK && entry.known) {
        redeem->entry = entry;
        redeem->stored = true;
        redeem->was_there = true;
    }
    return err;
}

static enum err
decide_and_append(struct redeem *redeem, bool dry_run)
{
    struct query *query = &redeem->query;
    enum err err = ERR_BUSY;

    for (uint32_t i = 0; i < REDEEM_TRIES && err == ERR_BUSY; i++) {
        err = query_refresh(query);
        if (err == OK)
            err = look_up(redeem);
        if (err == OK)
            err = decide(redeem);
        if (err != OK || redeem->was_there || dry_run ||
            redeem->decision.verdict != VERDICT_GRANTED)
            return err;
        const struct ledger_append append = {
            .now_ms = query->at_ms,
            .only_at = ledger_position(query->ledger) + 1,
        };
        err = ledger_append(query->ledger, &redeem->entry, 1, &append,
                            &query->complaint);
        redeem->stored = err == OK;
    }
    return err;
}

/* --- telling ------------------------------------------------------------ */

static void
write_json(const struct redeem *redeem, bool granted, struct text *out)
{
    const struct decision *decision = &redeem->decision;
    char name[IDENTITY_SIZE];

    text_char(out, '{');
    text_json_view(out, "verdict", view_of(granted ? "granted" : "refused"));
    if (granted)
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
    if (redeem->command.offline)
        text_json_integer(out, "limit_left", decision->limit_left.minor);
    text_string(out, "}\n");
}

static void
print_words(const struct redeem *redeem, bool granted)
{
    const struct decision *decision = &redeem->decision;
    char name[IDENTITY_SIZE];

    if (granted) {
        identity_format(redeem->entry.event.identity, name);
        printf("granted by %s%s%s\n",
               redeem->command.offline ? "offline rules" : "hub",
               redeem->stored ? ": " : " (not stored)",
               redeem->stored ? name : "");
        return;
    }
    fprintf(stderr,
            "leima redeem: refused, %s: %" PRId64 " points asked, %" PRId64
            " available, at least %" PRId64 " at once\n",
            decide_verdict_name(decision->verdict), decision->points.value,
            decision->available.value, decision->minimum.value);
}

static enum command_status
tell(const struct redeem *redeem)
{
    bool granted =
        redeem->was_there || redeem->decision.verdict == VERDICT_GRANTED;

    if (command_flag(redeem->query.arguments, "json")) {
        struct text out = { 0 };
        write_json(redeem, granted, &out);
        fwrite(out.bytes, 1, out.size, stdout);
        text_close(&out);
    } else {
        print_words(redeem, granted);
    }
    return granted ? COMMAND_DONE : COMMAND_REFUSED;
}

static enum command_status
redeem_command(const struct arguments *arguments)
{
    struct redeem redeem = { 0 };

    if (!read_command(arguments, &redeem))
        return COMMAND_MISUSE;
    enum command_status status =
        query_open(&redeem.query, arguments,
                   (struct query_options) { .mode = LEDGER_WRITE });
    if (status == COMMAND_DONE) {
        enum err err =
            decide_and_append(&redeem, command_flag(arguments, "dry-run"));
        status = err == OK ? tell(&redeem) : query_fail(&redeem.query, err);
    }
    query_close(&redeem.query);
    return status;
}

static const struct option OPTIONS[] = {
    { "points", "N", "so many points; or ..." },
    { "reward", "R", "... one of this reward" },
    { "id", "ID", "the caller's name for this redemption" },
    { "receipt", "R", "the receipt on which it is spent" },
    { "dry-run", NULL, "decide only" },
    { 0 },
};

const struct command cmd_redeem_table[] = {
    { .name = "redeem",
      .run = redeem_command,
      .line = "decide a redemption, and append it if it is granted",
      .usage = "LEDGER ACCOUNT",
      .operands_min = 2,
      .operands_max = 2,
      .options = OPTIONS,
      .about = "Refused (exit status 1) with a reason: unknown, "
               "below_minimum, too_little,\ntoo_old, offline_limit.\n",
      .examples = "leima redeem L 42 --points 500 --id till1-881\n"
                  "leima redeem L 42 --reward free_coffee --id till1-882 "
                  "--receipt 12 --json\n" },
    { 0 },
};
