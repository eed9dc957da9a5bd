#include "tests/medley.h"

#include <stdio.h>
#include <string.h>

#include "core/codec.h"
#include "core/history_scan.h"
#include "tests/unit.h"

uint32_t
medley_draw(struct medley *medley, uint32_t bound)
{
    medley->seed = medley->seed * UINT64_C(6364136223846793005) +
                   UINT64_C(1442695040888963407);
    return (uint32_t)(medley->seed >> 33) % bound;
}

void
medley_open(struct medley *medley, uint64_t seed)
{
    medley->seed = seed;
    medley->count = 0;
    inflow_open(&medley->inflow, MEDLEY_NODES);
}

void
medley_close(struct medley *medley)
{
    inflow_close(&medley->inflow);
}

/* --- events --- */

/* What a batch borrows. */
struct words_of {
    char codes[INFLOW_BATCH_MAX][4][16];
    struct event_line lines[INFLOW_BATCH_MAX][6];
};

static view
code(struct medley *medley, char text[static 16])
{
    static const char *const FORMS[] = { "%u", "R%u", "0%u", "r-%u/b" };

    snprintf(text, 16, FORMS[medley_draw(medley, 4)], medley_draw(medley, 30));
    return view_of(text);
}

static void
fill_sale(struct medley *medley, struct event *event, char text[static 16],
          struct event_line lines[static 6])
{
    static const char *const NAMES[] = { "", "tea", "tea.green", "garden" };
    uint32_t count = medley_draw(medley, 7);

    event->sale.receipt = code(medley, text);
    event->sale.bought_on = EVENT_NO_DAY;
    event->sale.total.minor = count == 0 ? 100 : 0;
    for (uint32_t i = 0; i < count; i++) {
        lines[i] = (struct event_line) {
            .amount = { 10 + medley_draw(medley, 1000) },
            .qty = 1 + medley_draw(medley, 2) * medley_draw(medley, 90000),
            .category = view_of(NAMES[medley_draw(medley, 4)]),
        };
        if (medley_draw(medley, 3) == 0)
            lines[i].sku = view_of(i % 2 == 0 ? "4006381333931" : "A-1");
        event->sale.total.minor += lines[i].amount.minor;
    }
    if (count > 0) {
        event->sale.lines = lines;
        event->sale.line_count = count;
        event->sale.off.minor = medley_draw(medley, 4) == 0 ? 7 : 0;
        event->sale.total.minor -= event->sale.off.minor;
    }
}

static void
fill_other(struct medley *medley, struct event *event)
{
    switch ((int)event->kind) {
    case EVENT_JOIN:
        event->join.home_store = medley_draw(medley, 2) * 5;
        if (medley_draw(medley, 2) == 0)
            event->join.referrer = 100 + medley_draw(medley, MEDLEY_ACCOUNTS);
        return; /* an account that names itself is odd */
    case EVENT_REDEEM:
        event->redeem.value.minor = -1;
        if (medley_draw(medley, 2) == 0)
            event->redeem.points.value = 1 + medley_draw(medley, 500);
        else
            event->redeem.reward = view_of("cup");
        if (event->redeem.reward.size > 0 && medley_draw(medley, 2) == 0)
            event->redeem.value.minor = medley_draw(medley, 900);
        return;
    case EVENT_STAMP:
        event->stamp.card = view_of("lunch");
        event->stamp.count = 1 + medley_draw(medley, 3);
        return;
    case EVENT_ACTIVITY:
        event->activity.name = view_of("survey");
        return;
    default:
        event->kind = EVENT_CONSENT;
        event->consent.channel = view_of("sms");
        event->consent.granted = medley_draw(medley, 2) == 0;
    }
}

static void
fill(struct medley *medley, struct event *event, struct words_of *words,
     uint32_t i)
{
    static const enum event_kind KINDS[] = {
        EVENT_PURCHASE, EVENT_PURCHASE, EVENT_PURCHASE, EVENT_REDEEM,
        EVENT_JOIN,     EVENT_STAMP,    EVENT_ACTIVITY, EVENT_CONSENT,
    };
    uint32_t account = medley_draw(medley, MEDLEY_ACCOUNTS);

    *event = (struct event) {
        .kind = KINDS[medley_draw(medley, COUNT_OF(KINDS))],
        .store = 1 + medley_draw(medley, 4),
        .at_ms = INFLOW_NOW - 1000 * (int64_t)medley_draw(medley, 300),
        .account = { .member = 100 + account },
    };
    event->recorded_ms = event->at_ms + medley_draw(medley, 5000);
    if (account % 9 == 0 && event->kind != EVENT_JOIN) {
        snprintf(words->codes[i][0], 16, "B%u", account);
        event->account = (account_id) { .bearer = view_of(words->codes[i][0]) };
    }
    if (event->kind == EVENT_PURCHASE)
        fill_sale(medley, event, words->codes[i][1], words->lines[i]);
    else
        fill_other(medley, event);
    if (event->kind == EVENT_REDEEM || medley_draw(medley, 4) == 0) {
        snprintf(words->codes[i][2], 16, "i%u", medley->count);
        event->id = view_of(words->codes[i][2]);
    }
    medley->count++;
}

/* A copy of an event of some ledger: the same identity may come again, with
 * the same content or another, and node 9 has told much in two incarnations;
 * those of node 1 may still arrive themselves. */
static void
make_copy(struct medley *medley, struct event *event, struct words_of *words,
          uint32_t i)
{
    uint32_t number = medley_draw(medley, 60);

    event->identity =
        (identity) { 100 + medley_draw(medley, 2), 1 + number, 9 };
    if (medley_draw(medley, 4) == 0)
        event->identity = (identity) { 51, 1 + medley->count, 1 };
    if (event->identity.node == 9) {
        snprintf(words->codes[i][3], 16, "again%u", number);
        event->id = view_of(words->codes[i][3]);
    }
    if (medley_draw(medley, 5) > 0)
        return;
    event->kind = EVENT_VOID;
    memset(&event->sale, 0, sizeof event->sale);
    event->annul.voids = (identity) { 100, 1 + medley_draw(medley, 60), 9 };
}

void
medley_add(struct medley *medley)
{
    static struct words_of words;
    static struct event events[INFLOW_BATCH_MAX];
    uint32_t node = medley_draw(medley, MEDLEY_NODES + 1);
    uint32_t count = 50 + medley_draw(medley, INFLOW_BATCH_MAX - 50);

    for (uint32_t i = 0; i < count; i++) {
        fill(medley, &events[i], &words, i);
        if (node == 0 && medley_draw(medley, 3) == 0)
            make_copy(medley, &events[i], &words, i);
    }
    inflow_append(&medley->inflow, node, events, count);
    if (node > 0 && medley_draw(medley, 3) > 0)
        inflow_send(&medley->inflow, node);
}

/* --- what is heard --- */

static void
tell_event(const struct event *event, uint64_t position, struct text *text)
{
    text_format(text, "%llu: ", (unsigned long long)position);
    codec_encode(event, CODEC_WITH_IDENTITY, text);
    text_char(text, '\n');
}

static void
tell_account(const struct history_account *account, struct text *text)
{
    char name[ACCOUNT_SIZE];

    account_format(account->account, name);
    text_format(text, "%s\n", name);
    for (uint32_t i = 0; i < account->event_count; i++)
        tell_event(account->events[i], account->positions[i], text);
    for (uint32_t i = 0; i < account->referred_count; i++)
        text_format(text, "referred %llu\n",
                    (unsigned long long)account->referred[i]);
    for (uint32_t i = 0; i < account->aside_count; i++) {
        text_format(text, "aside %d ", (int)account->aside[i].why);
        tell_event(account->aside[i].event, account->aside[i].position, text);
    }
}

void
medley_tell(const struct history *history, uint64_t known, struct text *text)
{
    struct history_account account;
    struct history_scan *scan;
    struct arena arena;
    enum err err;

    assert_true(arena_open(&arena, 1 << 26));
    assert_int_equal(history_scan_all(history, known, &scan), OK);
    while ((err = history_scan_next(scan, &arena, &account)) == OK) {
        tell_account(&account, text);
        assert_int_equal(
            history_read(history, account.account, known, &arena, &account),
            OK);
        tell_account(&account, text);
        arena_reset(&arena);
    }
    assert_int_equal(err, ERR_NOT_FOUND);
    history_scan_close(scan);
    struct history_counts counts = history_counts(history);
    text_format(
        text, "%llu events, %llu copies, %llu odd, %llu flagged\n",
        (unsigned long long)counts.events, (unsigned long long)counts.copies,
        (unsigned long long)counts.odd, (unsigned long long)counts.flagged);
    assert_true(text_ok(text));
    arena_close(&arena);
}
