/*
 * balance.c - the state of an account as JSON (see balance.h)
 */
#include "core/balance.h"

#include "core/spend.h"

#include <stdlib.h>
#include <string.h>

struct asked {
    struct text *text;
    const struct timeline *timeline;
    const struct account *account;
    int64_t at_ms;
    int32_t day; /* local */
};

/* Null for what has not happened, never ends or was at once. */
static void
write_time(struct text *text, const char *key, int64_t at_ms)
{
    if (at_ms == ACCOUNT_NEVER_YET || at_ms == TERMS_NEVER ||
        at_ms == TERMS_AT_ONCE)
        text_json_null(text, key);
    else
        text_json_time(text, key, at_ms);
}

static void
open_item(struct text *text, char bracket)
{
    text_comma(text);
    text_char(text, bracket);
}

static void
open_list(struct text *text, const char *key, char bracket)
{
    text_json_key(text, key);
    text_char(text, bracket);
}

/* `"name": ` with a name that comes from data. */
static void
write_name_key(struct text *text, view name)
{
    text_comma(text);
    text_json_string(text, name);
    text_string(text, ": ");
}

static void
write_named(const struct asked *asked, enum name_kind kind, int32_t number,
            int64_t value)
{
    if (value == 0)
        return;
    write_name_key(asked->text, timeline_name(asked->timeline, kind, number));
    text_integer(asked->text, value);
}

static void
write_lots(const struct asked *asked)
{
    struct text *text = asked->text;
    const struct lot_list *lots = &asked->account->lots;

    open_list(text, "lots", '[');
    for (uint32_t i = 0; i < lots->count; i++) {
        const struct lot *lot = &lots->items[i];
        open_item(text, '{');
        write_time(text, "available_at", lot->key.available_at);
        write_time(text, "expires_at", lot->key.expires_at);
        text_json_view(
            text, "partner",
            timeline_name(asked->timeline, NAME_PARTNER, lot->key.partner));
        text_json_integer(text, "points", lot->left.value);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static int
compare_vouchers(const void *a, const void *b)
{
    const struct voucher *left = a, *right = b;

    if (left->expires_at != right->expires_at)
        return left->expires_at < right->expires_at ? -1 : 1;
    return (left->reward > right->reward) - (left->reward < right->reward);
}

/* By expiry and reward, those of different issues added up; sorted in an own
 * copy, for the account is only read. */
static void
write_vouchers(const struct asked *asked)
{
    struct text *text = asked->text;
    const struct voucher_list *held = &asked->account->vouchers;
    struct arena *arena = asked->account->arena;
    struct arena scratch = *arena;
    struct voucher *sorted = ARENA_NEW(&scratch, struct voucher, held->count);

    if (held->count > 0) {
        memcpy(sorted, held->items, held->count * sizeof *sorted);
        qsort(sorted, held->count, sizeof *sorted, compare_vouchers);
    }
    open_list(text, "vouchers", '[');
    for (uint32_t i = 0; i < held->count;) {
        const struct voucher *voucher = &sorted[i];
        int64_t count = 0;
        while (i < held->count && compare_vouchers(&sorted[i], voucher) == 0)
            count += sorted[i++].count;
        open_item(text, '{');
        text_json_view(
            text, "reward",
            timeline_name(asked->timeline, NAME_REWARD, voucher->reward));
        write_time(text, "expires_at", voucher->expires_at);
        text_json_integer(text, "count", count);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void
write_passes(const struct asked *asked)
{
    struct text *text = asked->text;
    const struct pass_list *passes = &asked->account->passes;

    open_list(text, "passes", '[');
    for (uint32_t i = 0; i < passes->count; i++) {
        const struct pass *pass = &passes->items[i];
        if (pass->left == 0 || pass->expires_at <= asked->at_ms)
            continue;
        open_item(text, '{');
        text_json_view(text, "pass",
                       timeline_name(asked->timeline, NAME_PASS, pass->pass));
        text_json_integer(text, "uses", pass->left);
        write_time(text, "expires_at", pass->expires_at);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void
write_maps(const struct asked *asked)
{
    struct text *text = asked->text;
    const struct account *account = asked->account;

    open_list(text, "stamps", '{');
    for (uint32_t i = 0; i < account->stamps.count; i++)
        write_named(asked, NAME_CARD, account->stamps.items[i].card,
                    account->stamps.items[i].count);
    text_char(text, '}');
    open_list(text, "spend_progress", '{');
    for (uint32_t i = 0; i < account->spends.count; i++) {
        const struct spend_state *state = &account->spends.items[i];
        write_named(asked, NAME_SPEND, state->spend,
                    spend_progress(state, asked->day).minor);
    }
    text_char(text, '}');
}

static void
write_consents(const struct asked *asked)
{
    const struct consent_list *consents = &asked->account->consents;

    open_list(asked->text, "consents", '{');
    for (uint32_t i = 0; i < consents->count; i++) {
        write_name_key(asked->text, consents->items[i].channel);
        text_string(asked->text, consents->items[i].granted ? "true" : "false");
    }
    text_char(asked->text, '}');
}

money
balance_window_spend(const struct timeline *timeline,
                     const struct account *account, int64_t at_ms)
{
    const struct version *version = timeline_at(timeline, at_ms);

    if (version == NULL || version->program->tiers.count == 0)
        return (money) { 0 };
    int32_t month = zone_month(&timeline->zone, at_ms);
    int32_t first = terms_window_first(&version->program->tiers, month);
    return account_spend(account, first, month);
}

static void
write_tier(const struct asked *asked)
{
    struct text *text = asked->text;
    const struct level_state *level = &asked->account->level;

    if (level->level == PROGRAM_NONE)
        text_json_null(text, "tier");
    else
        text_json_view(
            text, "tier",
            timeline_name(asked->timeline, NAME_LEVEL, level->level));
    write_time(text, "tier_since", level->since_ms);
    write_time(text, "tier_until", level->until_ms);
    text_json_integer(
        text, "window_spend",
        balance_window_spend(asked->timeline, asked->account, asked->at_ms)
            .minor);
}

static void
write_points(const struct asked *asked)
{
    struct text *text = asked->text;
    const struct account *account = asked->account;
    points available = lot_available(&account->lots, asked->at_ms);

    text_json_integer(text, "available", available.value);
    text_json_integer(text, "pending",
                      lot_pending(&account->lots, asked->at_ms).value);
    text_json_integer(text, "debt", account->debt.value);
    text_json_integer(text, "balance",
                      points_sub(available, account->debt).value);
}

static void
write_facts(const struct asked *asked)
{
    struct text *text = asked->text;
    const struct account *account = asked->account;

    text_json_integer(text, "purchases", (int64_t)account->purchase_count);
    text_json_integer(text, "spend", account->spend.minor);
    write_time(text, "first_purchase", account->first_purchase_ms);
    write_time(text, "last_purchase", account->last_purchase_ms);
    write_time(text, "last_visit", account->visit_ms);
}

void
balance_json(struct text *text, const struct timeline *timeline,
             const struct account *account, int64_t at_ms)
{
    const struct asked asked = {
        .text = text,
        .timeline = timeline,
        .account = account,
        .at_ms = at_ms,
        .day = zone_day(&timeline->zone, at_ms),
    };
    char name[ACCOUNT_SIZE];

    assert(account->clock_ms == at_ms);
    account_format(account->id, name);
    text_char(text, '{');
    text_json_view(text, "account", view_of(name));
    text_json_time(text, "at", at_ms);
    write_time(text, "joined", account->joined_ms);
    if (account->home_store == 0)
        text_json_null(text, "home_store");
    else
        text_json_integer(text, "home_store", account->home_store);
    write_points(&asked);
    write_lots(&asked);
    write_tier(&asked);
    write_maps(&asked);
    write_vouchers(&asked);
    write_passes(&asked);
    write_consents(&asked);
    write_facts(&asked);
    text_char(text, '}');
}
