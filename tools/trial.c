#include "tools/trial.h"

#include "core/balance.h"
#include "core/basket.h"
#include "core/json.h"
#include "core/walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TRIAL_ROOM ((size_t)1 << 32)

struct trial {
    const struct program_test *test;
    const struct timeline *timeline;
    struct mistakes *mistakes;
    struct arena *arena;  /* of this test */
    struct event *events; /* in canonical order */
    uint32_t count;
    struct basket *scratch; /* of referral_find() */
};

static void tell(struct trial *trial, uint32_t line, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void
tell(struct trial *trial, uint32_t line, const char *format, ...)
{
    char text[MISTAKE_TEXT_SIZE];
    struct mistake_quote quote;
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    mistakes_add(trial->mistakes, (struct mistake_place) { line, 1 },
                 "test %s: %s", mistake_quote(trial->test->name, &quote), text);
}

/* --- the history -------------------------------------------------------- */

static int
compare_events(const void *left, const void *right)
{
    return event_compare(left, right);
}

/* A void may name an event of the same test by its `id`. */
static void
resolve(struct trial *trial, struct event *event, view voids_id)
{
    for (uint32_t i = 0; i < trial->count && voids_id.size > 0; i++)
        if (view_equal(trial->events[i].id, voids_id))
            event->annul.voids = trial->events[i].identity;
}

static void
read_events(struct trial *trial)
{
    const struct program_test *test = trial->test;

    trial->events =
        ARENA_NEW(trial->arena, struct event, test->event_count + 1);
    for (uint32_t i = 0; i < test->event_count; i++) {
        struct event event;
        struct json_extra extra;
        struct complaint why = { 0 };
        if (json_read_event(test->events[i].json, trial->arena, &event, &extra,
                            &why) != OK) {
            tell(trial, test->events[i].line, "%.300s", why.text);
            continue;
        }
        event.identity = (identity) { 1, trial->count + 1, 1 };
        event.recorded_ms = event.at_ms;
        resolve(trial, &event, extra.voids_id);
        trial->events[trial->count++] = event;
    }
    if (trial->count > 0)
        qsort(trial->events, trial->count, sizeof *trial->events,
              compare_events);
}

/* The events of one account, in order. */
static const struct event **
pick(const struct trial *trial, account_id account, uint32_t *ret_count)
{
    const struct event **picked =
        ARENA_NEW(trial->arena, const struct event *, trial->count + 1);
    uint32_t count = 0;

    for (uint32_t i = 0; i < trial->count; i++)
        if (account_equal(trial->events[i].account, account))
            picked[count++] = &trial->events[i];
    *ret_count = count;
    return picked;
}

/* What members who named this account as their referrer earned it; a member
 * counts once, at the first of its events. */
static uint32_t
find_referrals(const struct trial *trial, account_id account,
               struct referral *referrals)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < trial->count; i++) {
        account_id other = trial->events[i].account;
        bool first = other.member != 0;
        for (uint32_t n = 0; n < i && first; n++)
            first = !account_equal(trial->events[n].account, other);
        uint32_t count = 0;
        uint32_t live_count = 0;
        if (!first)
            continue;
        const struct event **events = pick(trial, other, &count);
        const struct event *const *live =
            walk_live(events, count, trial->arena, &live_count);
        if (referral_find(trial->timeline, live, live_count, trial->scratch,
                          &referrals[found]) &&
            referrals[found].referrer == account.member)
            found++;
    }
    return found;
}

/* --- the expectations --------------------------------------------------- */

static int64_t
sum_list(const struct json_tree *list, const char *key, view name,
         const char *amount)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < json_count(list); i++) {
        const struct json_tree *entry = json_at(list, i);
        int64_t value = 0;
        view found = { 0 };
        if (json_get_string(json_get(entry, key), &found) &&
            view_equal(found, name) &&
            json_get_integer(json_get(entry, amount), &value))
            sum += value;
    }
    return sum;
}

static int64_t
number_at(const struct json_tree *map, view name)
{
    char key[LIMIT_NAME_SIZE + 1];
    int64_t value = 0;

    snprintf(key, sizeof key, "%.*s", (int)name.size, (const char *)name.bytes);
    return json_get_integer(json_get(map, key), &value) ? value : 0;
}

static int64_t
find_number(const struct json_tree *balance,
            const struct program_expectation *expected)
{
    const struct json_tree *value =
        json_get(balance, expectation_name(expected->kind));

    switch (expected->kind) {
    case EXPECT_STAMPS:
    case EXPECT_SPEND_PROGRESS:
        return number_at(value, expected->name);
    case EXPECT_VOUCHERS:
        return sum_list(value, "reward", expected->name, "count");
    case EXPECT_PASSES:
        return sum_list(value, "pass", expected->name, "uses");
    case EXPECT_AVAILABLE:
    case EXPECT_PENDING:
    case EXPECT_DEBT:
    case EXPECT_BALANCE:
    case EXPECT_WINDOW_SPEND:
    case EXPECT_PURCHASES:
    case EXPECT_SPEND:
    case EXPECT_TIER:
    case EXPECT_COUNT:
        break;
    }
    int64_t number = 0;
    return json_get_integer(value, &number) ? number : 0;
}

static void
compare(struct trial *trial, const struct json_tree *balance,
        const struct program_expectation *expected)
{
    const char *what = expectation_name(expected->kind);

    if (expected->kind == EXPECT_TIER) {
        view tier = { 0 };
        struct mistake_quote wanted;
        struct mistake_quote found;
        bool held = json_get_string(json_get(balance, what), &tier);
        if (!view_equal(tier, expected->name))
            tell(trial, expected->line, "%.*s: expected tier %s, found %s",
                 (int)expected->account.size,
                 (const char *)expected->account.bytes,
                 mistake_quote(expected->name, &wanted),
                 held ? mistake_quote(tier, &found) : "none");
        return;
    }
    int64_t number = find_number(balance, expected);
    if (number != expected->value)
        tell(trial, expected->line, "%.*s: expected %s%s%.*s %lld, found %lld",
             (int)expected->account.size, (const char *)expected->account.bytes,
             what, expected->name.size > 0 ? " " : "", (int)expected->name.size,
             (const char *)expected->name.bytes, (long long)expected->value,
             (long long)number);
}

/* Walks the account of the expectation, and looks at that one. */
static enum err
check(struct trial *trial, const struct program_expectation *expected)
{
    struct walk_input input = { .until_ms = trial->test->at_ms };
    struct json_tree *balance = NULL;
    struct complaint why;
    struct text json = { 0 };
    struct walk walk;

    if (!account_parse(expected->account, &input.account)) {
        tell(trial, expected->line, "expected an account: 42 or bearer:CODE");
        return OK;
    }
    struct referral *referrals =
        ARENA_NEW(trial->arena, struct referral, trial->count + 1);
    input.events = pick(trial, input.account, &input.event_count);
    input.referrals = referrals;
    if (input.account.member != 0)
        input.referral_count = find_referrals(trial, input.account, referrals);
    input.fold = fold_open(trial->timeline, false, trial->arena);
    fold_use_arena(input.fold, trial->arena);
    walk_open(&walk, &input, trial->arena);
    walk_finish(&walk);
    balance_json(&json, trial->timeline, &walk.account, trial->test->at_ms);
    enum err err = text_ok(&json) ? json_open(text_view(&json), &balance, &why)
                                  : ERR_MEMORY;
    if (err == OK)
        compare(trial, balance, expected);
    json_close(balance);
    text_close(&json);
    return err;
}

static enum err
run_test(struct trial *trial)
{
    enum err err = OK;

    read_events(trial);
    for (uint32_t i = 0; i < trial->test->expectation_count && err == OK; i++)
        err = check(trial, &trial->test->expectations[i]);
    return err;
}

enum err
trial_run(const struct program *program, const struct zone *zone,
          struct mistakes *mistakes)
{
    const struct timeline_input input = {
        .program = program,
        .zone = *zone,
        .from_day = calendar_month_first_day(2000 * 12),
    };
    struct arena lasting = { 0 };
    struct arena arena = { 0 };
    uint32_t total = mistakes->total;
    enum err err = OK;

    if (!arena_open(&lasting,
                    timeline_room(&input, 1) + sizeof(struct basket) + 4096) ||
        !arena_open(&arena, TRIAL_ROOM)) {
        err = ERR_MEMORY;
        goto done;
    }
    const struct timeline *timeline = timeline_build(&input, 1, &lasting);
    struct basket *scratch = ARENA_NEW(&lasting, struct basket, 1);
    for (uint32_t i = 0; i < program->test_count && err == OK; i++) {
        struct trial trial = {
            .test = &program->tests[i],
            .timeline = timeline,
            .mistakes = mistakes,
            .arena = &arena,
            .scratch = scratch,
        };
        arena_reset(&arena);
        err = run_test(&trial);
    }
    mistakes_sort(mistakes);
    if (err == OK && mistakes->total > total)
        err = ERR_INPUT;
done:
    arena_close(&arena);
    arena_close(&lasting);
    return err;
}
