/*
 * model_text.c - the balance and the rows of explain as CLI.md has them
 */
#include "tests/model_parts.h"

int64_t
model_available_points(const struct model *model)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < model->lots.count; i++)
        if (model->lots.items[i].key.available_at <= model->now_ms)
            sum += model->lots.items[i].points;
    return sum;
}

int64_t
model_pending_points(const struct model *model)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < model->lots.count; i++)
        if (model->lots.items[i].key.available_at > model->now_ms)
            sum += model->lots.items[i].points;
    return sum;
}

static view
keep(struct model *model, struct text *text)
{
    assert(text_ok(text));
    view copy = arena_copy(&model->arena, text_view(text));

    text_close(text);
    return copy;
}

/* null for what has not been or does not end. */
static void
put_time(struct text *text, const char *key, int64_t at_ms)
{
    if (at_ms == NOT_YET || at_ms == NEVER || at_ms == 0)
        text_json_null(text, key);
    else
        text_json_time(text, key, at_ms);
}

static void
put_name(struct text *text, const char *key, view name)
{
    if (name.size == 0)
        text_json_null(text, key);
    else
        text_json_view(text, key, name);
}

void
model_begin_row(struct model *model)
{
    model->row = (struct row) { 0 };
}

static void
put_note(struct text *text, const char *note, int64_t count)
{
    text_comma(text);
    if (count > 0)
        text_format(text, "\"%s %lld\"", note, (long long)count);
    else
        text_format(text, "\"%s\"", note);
}

static void
put_notes(struct text *text, const struct row *row)
{
    text_json_key(text, "notes");
    text_char(text, '[');
    if (row->unmatched)
        put_note(text, "unmatched", 0);
    if (row->early > 0)
        put_note(text, "early", row->early);
    if (row->overdrawn > 0)
        put_note(text, "overdrawn", row->overdrawn);
    if (row->unknown)
        put_note(text, "unknown", 0);
    if (row->uncovered)
        put_note(text, "uncovered", 0);
    if (row->voided)
        put_note(text, "voided", 0);
    text_char(text, ']');
}

static void
put_gifts(struct text *text, const struct row *row)
{
    text_json_key(text, "rules");
    text_char(text, '[');
    for (uint32_t i = 0; i < row->rules.count; i++) {
        text_comma(text);
        text_char(text, '{');
        text_json_view(text, "rule", row->rules.items[i].rule);
        text_json_integer(text, "points", row->rules.items[i].points);
        text_char(text, '}');
    }
    text_char(text, ']');
    text_json_integer(text, "points", row->points);
    text_json_key(text, "vouchers");
    text_char(text, '[');
    for (uint32_t i = 0; i < row->vouchers.count; i++) {
        if (row->vouchers.items[i].count == 0)
            continue;
        text_comma(text);
        text_char(text, '{');
        text_json_view(text, "reward", row->vouchers.items[i].reward);
        text_json_integer(text, "count", row->vouchers.items[i].count);
        text_char(text, '}');
    }
    text_char(text, ']');
}

void
model_end_row(struct model *model, const struct event *event, const char *kind)
{
    struct text text = { 0 };
    char name[IDENTITY_SIZE];

    text_char(&text, '{');
    if (event != NULL) {
        identity_format(event->identity, name);
        text_json_view(&text, "event", view_of(name));
    } else {
        text_json_null(&text, "event");
    }
    text_json_time(&text, "at", event != NULL ? event->at_ms : model->now_ms);
    text_json_view(&text, "kind", view_of(kind));
    if (event != NULL)
        text_json_integer(&text, "store", event->store);
    else
        text_json_null(&text, "store");
    put_gifts(&text, &model->row);
    put_notes(&text, &model->row);
    text_json_integer(&text, "available", model_available_points(model));
    text_json_integer(&text, "pending", model_pending_points(model));
    text_json_integer(&text, "debt", model->debt);
    put_name(&text, "tier", model->level.id);
    if (event != NULL && event->kind == EVENT_CONSENT) {
        text_json_view(&text, "channel", event->consent.channel);
        text_json_bool(&text, "granted", event->consent.granted);
    }
    text_char(&text, '}');
    PUSH(model, &model->rows, keep(model, &text));
}

static void
put_lots(struct model *model, struct text *text)
{
    LIST(struct lot) kept = { NULL, 0 };

    text_json_key(text, "lots");
    text_char(text, '[');
    for (uint32_t i = 0; i < model->lots.count; i++)
        PUSH(model, &kept, model->lots.items[i]);
    for (int place; (place = model_next_lot(model, false, false)) >= 0;) {
        struct lot lot = model->lots.items[place];
        text_comma(text);
        text_char(text, '{');
        put_time(text, "available_at", lot.key.available_at);
        put_time(text, "expires_at", lot.key.expires_at);
        text_json_view(text, "partner", lot.key.partner);
        text_json_integer(text, "points", lot.points);
        text_char(text, '}');
        DROP(&model->lots, (uint32_t)place);
    }
    text_char(text, ']');
    model->lots.items = kept.items;
    model->lots.count = kept.count;
}

static void
put_points(struct model *model, struct text *text)
{
    int64_t available = model_available_points(model);

    text_json_integer(text, "available", available);
    text_json_integer(text, "pending", model_pending_points(model));
    text_json_integer(text, "debt", model->debt);
    text_json_integer(text, "balance", available - model->debt);
    put_lots(model, text);
}

struct number {
    view name;
    int64_t value;
};

/* A map by key in byte order, zeros left out; takes the list apart. */
static void
put_map(struct text *text, const char *key, struct number *numbers,
        uint32_t count)
{
    text_json_key(text, key);
    text_char(text, '{');
    while (count > 0) {
        uint32_t first = 0;
        for (uint32_t i = 1; i < count; i++)
            if (model_order(numbers[i].name, numbers[first].name) < 0)
                first = i;
        if (numbers[first].value != 0) {
            text_comma(text);
            text_json_string(text, numbers[first].name);
            text_string(text, ": ");
            text_integer(text, numbers[first].value);
        }
        numbers[first] = numbers[--count];
    }
    text_char(text, '}');
}

static void
put_cards(struct model *model, struct text *text)
{
    LIST(struct number) cards = { NULL, 0 };
    LIST(struct number) progress = { NULL, 0 };
    int32_t year = model_year_of(model, model->now_ms);

    for (uint32_t i = 0; i < model->cards.count; i++)
        PUSH(model, &cards,
             (struct number) { model->cards.items[i].id,
                               model->cards.items[i].count });
    for (uint32_t i = 0; i < model->spendings.count; i++) {
        const struct spending *state = &model->spendings.items[i];
        if (!state->by_year || state->year == year)
            PUSH(model, &progress,
                 (struct number) { state->id, state->progress });
    }
    put_map(text, "stamps", cards.items, cards.count);
    put_map(text, "spend_progress", progress.items, progress.count);
}

static bool
shown_before(const struct ticket *a, const struct ticket *b)
{
    if (a->expires_at != b->expires_at)
        return a->expires_at < b->expires_at;
    return model_order(a->reward, b->reward) < 0;
}

/* By expires_at, then reward; equal ones together. */
static void
put_tickets(struct model *model, struct text *text)
{
    LIST(struct ticket) left = { NULL, 0 };

    text_json_key(text, "vouchers");
    text_char(text, '[');
    for (uint32_t i = 0; i < model->tickets.count; i++)
        PUSH(model, &left, model->tickets.items[i]);
    while (left.count > 0) {
        struct ticket first = left.items[0];
        int64_t count = 0;
        for (uint32_t i = 1; i < left.count; i++)
            if (shown_before(&left.items[i], &first))
                first = left.items[i];
        for (uint32_t i = 0; i < left.count;) {
            if (shown_before(&first, &left.items[i])) {
                i++;
                continue;
            }
            count++;
            DROP(&left, i);
        }
        text_comma(text);
        text_char(text, '{');
        text_json_view(text, "reward", first.reward);
        put_time(text, "expires_at", first.expires_at);
        text_json_integer(text, "count", count);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void
put_passes(const struct model *model, struct text *text)
{
    text_json_key(text, "passes");
    text_char(text, '[');
    for (uint32_t i = 0; i < model->passes.count; i++) {
        const struct pass_held *pass = &model->passes.items[i];
        if (pass->left == 0 || pass->expires_at <= model->now_ms)
            continue;
        text_comma(text);
        text_char(text, '{');
        text_json_view(text, "pass", pass->id);
        text_json_integer(text, "uses", pass->left);
        put_time(text, "expires_at", pass->expires_at);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void
put_consents(const struct model *model, struct text *text)
{
    view last = { NULL, 0 };

    text_json_key(text, "consents");
    text_char(text, '{');
    for (uint32_t n = 0; n < model->channels.count; n++) {
        const struct channel *next = NULL;
        for (uint32_t i = 0; i < model->channels.count; i++) {
            const struct channel *channel = &model->channels.items[i];
            if (model_order(channel->name, last) > 0 &&
                (next == NULL || model_order(channel->name, next->name) < 0))
                next = channel;
        }
        text_comma(text);
        text_json_string(text, next->name);
        text_string(text, next->granted ? ": true" : ": false");
        last = next->name;
    }
    text_char(text, '}');
}

static void
put_facts(const struct model *model, struct text *text)
{
    int64_t spend = model_spend_of(model, INT32_MIN, INT32_MAX);

    put_consents(model, text);
    text_json_integer(text, "purchases", model->purchases);
    text_json_integer(text, "spend", spend);
    put_time(text, "first_purchase", model->first_purchase_ms);
    put_time(text, "last_purchase", model->last_purchase_ms);
    put_time(text, "last_visit", model->visit_ms);
}

view
model_balance_text(struct model *model, account_id account, int64_t at_ms)
{
    struct text text = { 0 };
    char name[ACCOUNT_SIZE];

    model->now_ms = at_ms;
    account_format(account, name);
    text_char(&text, '{');
    text_json_view(&text, "account", view_of(name));
    text_json_time(&text, "at", at_ms);
    put_time(&text, "joined", model->joined_ms);
    if (model->home_store == 0)
        text_json_null(&text, "home_store");
    else
        text_json_integer(&text, "home_store", model->home_store);
    put_points(model, &text);
    put_name(&text, "tier", model->level.id);
    put_time(&text, "tier_since", model->level.since_ms);
    put_time(&text, "tier_until", model->level.until_ms);
    text_json_integer(
        &text, "window_spend",
        model_window_spend(model, model_version_at(model, at_ms), at_ms));
    put_cards(model, &text);
    put_tickets(model, &text);
    put_passes(model, &text);
    put_facts(model, &text);
    text_char(&text, '}');
    return keep(model, &text);
}
