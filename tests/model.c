/*
 * model.c - the whole history of an account, from the first event each time
 *
 * Puts the events in order, drops what is voided, finds who recommended whom,
 * and between two events visits every local midnight.
 */
#include "tests/model_parts.h"

#include <stdlib.h>
#include <string.h>

bool
model_same(view a, view b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

int
model_order(view a, view b)
{
    uint32_t size = a.size < b.size ? a.size : b.size;
    int compared = size == 0 ? 0 : memcmp(a.bytes, b.bytes, size);

    if (compared != 0)
        return compared;
    return a.size < b.size ? -1 : a.size > b.size;
}

/* Room for one more: twice as much whenever the count is a power of two. */
void *
model_grow(struct model *model, void *items, uint32_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return items;
    void *more =
        arena_take(&model->arena, size * (count == 0 ? 1 : 2 * (size_t)count));
    if (count > 0)
        memcpy(more, items, size * count);
    return more;
}

view
model_joined_name(struct model *model, const char *prefix, view id)
{
    size_t length = strlen(prefix);
    uint8_t *bytes = arena_take(&model->arena, length + id.size);

    memcpy(bytes, prefix, length);
    memcpy(bytes + length, id.bytes, id.size);
    return (view) { bytes, (uint32_t)length + id.size };
}

struct model *
model_open(const struct zone *zone)
{
    struct model *model = calloc(1, sizeof *model);
    int32_t first = calendar_day((civil) { 2000, 1, 1 });

    assert(model != NULL);
    bool open = arena_open(&model->arena, (size_t)1 << 30);
    assert(open);
    (void)open;
    model->zone = *zone;
    model->midnights = calloc(MODEL_DAYS, sizeof *model->midnights);
    assert(model->midnights != NULL);
    for (int32_t i = 0; i < MODEL_DAYS; i++)
        model->midnights[i] = zone_midnight_ms(zone, first + i);
    return model;
}

void
model_close(struct model *model)
{
    if (model == NULL)
        return;
    arena_close(&model->arena);
    free(model->midnights);
    free(model);
}

int
model_sum_compare(const void *left, const void *right)
{
    const struct model_sum *a = left;
    const struct model_sum *b = right;
    int compared;

    if (a->month != b->month)
        return a->month < b->month ? -1 : 1;
    if ((compared = model_order(a->partner, b->partner)) != 0)
        return compared;
    if (a->store != b->store)
        return a->store < b->store ? -1 : 1;
    if ((compared = strcmp(a->measure, b->measure)) != 0)
        return compared;
    return model_order(a->other, b->other);
}

/* Everything as it is before the first event. */
static void
start(struct model *model)
{
    struct arena arena = model->arena;
    struct zone zone = model->zone;
    int64_t *midnights = model->midnights;

    arena_reset(&arena);
    *model = (struct model) { .arena = arena,
                              .zone = zone,
                              .midnights = midnights,
                              .joined_ms = NOT_YET,
                              .first_purchase_ms = NOT_YET,
                              .last_purchase_ms = NOT_YET,
                              .visit_ms = NOT_YET,
                              .active_ms = NOT_YET,
                              .idle_ended_ms = NOT_YET };
    model->level.since_ms = NOT_YET;
    model->level.until_ms = NEVER;
}

/* By date; of two with one date the one published later holds. */
static void
sort_versions(struct model *model, const struct model_question *question)
{
    for (uint32_t i = 0; i < question->version_count; i++) {
        const struct model_version *version = &question->versions[i];
        uint32_t place = 0;
        while (place < model->versions.count &&
               model->versions.items[place].from_day < version->from_day)
            place++;
        struct version_entry entry = { version->program,
                                       model_midnight(model, version->from_day),
                                       version->from_day };
        if (place < model->versions.count &&
            model->versions.items[place].from_day == version->from_day) {
            model->versions.items[place] = entry;
            continue;
        }
        PUSH(model, &model->versions, entry);
        for (uint32_t k = model->versions.count - 1; k > place; k--)
            model->versions.items[k] = model->versions.items[k - 1];
        model->versions.items[place] = entry;
    }
}

static bool
same_identity(identity a, identity b)
{
    return a.node == b.node && a.incarnation == b.incarnation && a.seq == b.seq;
}

/* (at, node, incarnation, seq) */
static bool
earlier(const struct event *a, const struct event *b)
{
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms;
    if (a->identity.node != b->identity.node)
        return a->identity.node < b->identity.node;
    if (a->identity.incarnation != b->identity.incarnation)
        return a->identity.incarnation < b->identity.incarnation;
    return a->identity.seq < b->identity.seq;
}

struct item {
    const struct event *event;
    bool referral; /* the event is another member's */
};

struct history {
    LIST(struct item) items;
};

static bool
same_account(account_id a, account_id b)
{
    return a.member == b.member && model_same(a.bearer, b.bearer);
}

static void
insert(struct model *model, struct history *history, struct item item)
{
    uint32_t place = history->items.count;

    while (place > 0 &&
           earlier(item.event, history->items.items[place - 1].event))
        place--;
    PUSH(model, &history->items, item);
    for (uint32_t i = history->items.count - 1; i > place; i--)
        history->items.items[i] = history->items.items[i - 1];
    history->items.items[place] = item;
}

/* All events of an account in canonical order, each once. */
static struct history
history_of(struct model *model, const struct model_question *question,
           account_id account)
{
    struct history history = { { NULL, 0 } };

    for (uint32_t i = 0; i < question->event_count; i++) {
        const struct event *event = &question->events[i];
        bool twice = false;
        if (!same_account(event->account, account))
            continue;
        for (uint32_t k = 0; k < history.items.count; k++)
            if (same_identity(history.items.items[k].event->identity,
                              event->identity))
                twice = true;
        if (!twice)
            insert(model, &history, (struct item) { event, false });
    }
    return history;
}

static bool
is_voided(const struct history *history, const struct event *event)
{
    for (uint32_t i = 0; i < history->items.count; i++) {
        const struct event *other = history->items.items[i].event;
        if (!history->items.items[i].referral && other->kind == EVENT_VOID &&
            same_identity(other->annul.voids, event->identity))
            return event->kind != EVENT_VOID;
    }
    return false;
}

/* A void that names an event of this account which is no void. */
static bool
is_matched(const struct history *history, const struct event *event)
{
    for (uint32_t i = 0; i < history->items.count; i++) {
        const struct event *other = history->items.items[i].event;
        if (!history->items.items[i].referral && other->kind != EVENT_VOID &&
            same_identity(event->annul.voids, other->identity))
            return true;
    }
    return false;
}

/* The event by which that member's referrer is rewarded, if it is the account
 * asked about. */
static const struct event *
referral_of(struct model *model, const struct model_question *question,
            account_id member)
{
    struct history history = history_of(model, question, member);
    bool joined = false;

    for (uint32_t i = 0; i < history.items.count; i++) {
        const struct event *event = history.items.items[i].event;
        if (event->kind == EVENT_VOID || is_voided(&history, event))
            continue;
        if (event->kind == EVENT_JOIN && !joined) {
            joined = true;
            if (event->join.referrer == 0 ||
                event->join.referrer != question->account.member)
                return NULL;
        } else if (joined &&
                   model_referral_counts(
                       model, model_version_at(model, event->at_ms), event)) {
            return event;
        }
    }
    return NULL;
}

static void
add_referrals(struct model *model, const struct model_question *question,
              struct history *history)
{
    LIST(uint64_t) seen = { NULL, 0 };

    for (uint32_t i = 0; i < question->event_count; i++) {
        account_id other = question->events[i].account;
        bool before =
            other.member == 0 || other.member == question->account.member;
        for (uint32_t k = 0; k < seen.count; k++)
            before = before || seen.items[k] == other.member;
        if (before)
            continue;
        PUSH(model, &seen, other.member);
        const struct event *event = referral_of(model, question, other);
        if (event != NULL)
            insert(model, history, (struct item) { event, true });
    }
}

/* Runs the clock over every local midnight after `from` and up to `to`. */
static void
run_clock(struct model *model, int64_t from, int64_t to)
{
    int32_t first = model_day_of(model, from);
    int32_t last = model_day_of(model, to) + 1; /* clocks may have gone back */

    for (int32_t day = first; day <= last; day++)
        if (model_midnight(model, day) > from &&
            model_midnight(model, day) <= to &&
            model_midnight(model, day) != model_midnight(model, day + 1))
            model_visit_midnight(model, day);
}

/* An account starts at the lowest level; rows before its first event that
 * counts show that, too, though it holds none yet (end_of()). */
static void
begin(struct model *model, int64_t at_ms)
{
    const struct version_entry *version = model_version_at(model, at_ms);

    model->level.id = (view) { NULL, 0 };
    if (version != NULL && version->program->tiers.count > 0)
        model->level.id = version->program->tiers.levels[0].id;
}

static void
take_item(struct model *model, const struct history *history, struct item item)
{
    const struct event *event = item.event;
    bool void_row = event->kind == EVENT_VOID;
    bool voided = !item.referral && is_voided(history, event);

    model->now_ms = event->at_ms;
    if (!model->begun)
        begin(model, event->at_ms);
    if (!void_row && !voided) {
        model->step++;
        model->begun = true;
    }
    model_begin_row(model);
    model->row.voided = voided;
    if (void_row)
        model->row.unmatched = !is_matched(history, event);
    else if (item.referral)
        model_take_referral(model, event);
    else if (!voided)
        model_take_event(model, event);
    model_end_row(model, event,
                  item.referral ? "referral" : event_kind_name(event->kind));
    if (void_row || voided)
        return;
    /* What came back already over is gone right after. */
    model_begin_row(model);
    model_expire_points(model, false);
    if (model->row.points != 0)
        model_end_row(model, NULL, "expire");
    model_begin_row(model);
    model_expire_tickets(model);
    if (model->row.vouchers.count > 0)
        model_end_row(model, NULL, "voucher_expire");
}

static void
drop_zeros(struct model *model)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < model->sums.count; i++)
        if (model->sums.items[i].amount != 0)
            model->sums.items[kept++] = model->sums.items[i];
    model->sums.count = kept;
    if (kept > 0)
        qsort(model->sums.items, kept, sizeof model->sums.items[0],
              model_sum_compare);
}

/* What redeeming it at the end would pay. */
static int64_t
ticket_value(const struct version_entry *version, const struct ticket *ticket)
{
    int32_t place =
        version == NULL ? -1 : model_reward_place(version, ticket->reward);

    return place < 0 ? ticket->value
                     : version->program->rewards[place].value.minor;
}

static struct model_end
end_of(const struct model *model, int64_t at_ms)
{
    const struct version_entry *version = model_version_at(model, at_ms);
    struct model_end end = {
        .outstanding =
            model_available_points(model) + model_pending_points(model),
        .debt = model->debt,
        .vouchers = model->tickets.count,
        .level = model->begun ? model->level.id : (view) { NULL, 0 },
        .purchases = model->purchases,
        .spend = model_spend_of(model, INT32_MIN, INT32_MAX),
    };

    for (uint32_t i = 0; i < model->tickets.count; i++)
        end.voucher_value += ticket_value(version, &model->tickets.items[i]);
    return end;
}

struct model_answer
model_ask(struct model *model, const struct model_question *question)
{
    start(model);
    sort_versions(model, question);
    struct history history = history_of(model, question, question->account);
    add_referrals(model, question, &history);
    int64_t clock = 0;
    for (uint32_t i = 0; i < history.items.count; i++) {
        struct item item = history.items.items[i];
        if (item.event->at_ms > question->until_ms)
            break;
        if (model->begun)
            run_clock(model, clock, item.event->at_ms);
        take_item(model, &history, item);
        clock = item.event->at_ms;
    }
    if (model->begun)
        run_clock(model, clock, question->until_ms);
    view balance =
        model_balance_text(model, question->account, question->until_ms);
    drop_zeros(model);
    return (struct model_answer) { .begun = model->begun,
                                   .balance = balance,
                                   .end = end_of(model, question->until_ms),
                                   .rows = model->rows.items,
                                   .row_count = model->rows.count,
                                   .sums = model->sums.items,
                                   .sum_count = model->sums.count };
}
