/*
 * story.c - little histories for tests (see story.h)
 */
#include "tests/story.h"

#include "core/balance.h"
#include "core/explain.h"
#include "core/json.h"
#include "core/program_yaml.h"
#include "tests/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERSIONS_MAX = 16,
    EVENTS_MAX = 20000,
    REFERRALS_MAX = 1000,
    PARTNERS_MAX = 64,
};

/* The clearing identities, summed up over one walk. */
struct clearing {
    int64_t issued[PARTNERS_MAX];
    int64_t expired[PARTNERS_MAX];
    int64_t withdrawn[PARTNERS_MAX];
    int64_t row[PARTNERS_MAX];  /* sum over acceptors of M[I][A] */
    int64_t paid[PARTNERS_MAX]; /* M[I][debt] */
};

struct story {
    struct arena keep;    /* programs and events */
    struct arena scratch; /* of the current walk */
    struct arena *open;
    struct timeline_input inputs[VERSIONS_MAX];
    uint32_t version_count;
    const struct timeline *timeline;
    const struct event **events;
    uint32_t event_count;
    uint64_t seq;
    struct walk walk;
    struct clearing clearing;
    struct basket basket;
    struct mistakes mistakes;
    struct text text;
};

static const char heading[] =
    "program: Test\n"
    "currency: EUR\n"
    "timezone: Europe/Helsinki\n"
    "partners:\n"
    "  - {id: market, stores: [1, 2, 10-19], issue_price: 0.010,"
    " redeem_price: 0.009}\n"
    "  - {id: cafe, stores: [30-39], issue_price: 0.012,"
    " redeem_price: 0.009}\n"
    "  - {id: roaster, issue_price: 0.008, redeem_price: 0.009}\n";

static const size_t ARENA_SIZE = (size_t)1 << 32;

struct story *
story_open(void)
{
    struct story *story = calloc(1, sizeof *story);

    assert_non_null(story);
    assert_true(arena_open(&story->keep, ARENA_SIZE));
    assert_true(arena_open(&story->scratch, ARENA_SIZE));
    story->events = ARENA_NEW(&story->keep, const struct event *, EVENTS_MAX);
    return story;
}

void
story_close(struct story *story)
{
    arena_close(&story->keep);
    arena_close(&story->scratch);
    text_close(&story->text);
    free(story);
}

void
story_version(struct story *story, const char *from, const char *yaml)
{
    view bytes = view_of(yaml);
    struct timeline_input *input = &story->inputs[story->version_count++];
    struct text why = { 0 };

    assert_true(story->version_count <= VERSIONS_MAX);
    enum err err = program_yaml_check(bytes, &story->keep, &story->mistakes,
                                      &input->program, &input->zone);
    if (err != OK) {
        mistakes_write(&story->mistakes, "program.yaml", bytes, &why);
        text_char(&why, '\0');
        fail_msg("%s", (const char *)why.bytes);
    }
    assert_true(calendar_parse_date(view_of(from), &input->from_day));
    input->file = arena_copy(&story->keep, bytes);
    story->timeline = NULL;
}

void
story_rules(struct story *story, const char *from, const char *yaml)
{
    size_t size = strlen(heading) + strlen(yaml) + 1;
    char *whole = malloc(size);

    assert_non_null(whole);
    snprintf(whole, size, "%s%s", heading, yaml);
    story_version(story, from, whole);
    free(whole);
}

const struct timeline *
story_timeline(struct story *story)
{
    if (story->timeline == NULL)
        story->timeline =
            timeline_build(story->inputs, story->version_count, &story->keep);
    return story->timeline;
}

/* "2025-01-10T12:00", "2025-01-10T12:00:59.999" of Helsinki, or any RFC 3339
 * time. */
static int64_t
parse_time(struct story *story, view text)
{
    int64_t at_ms;
    char whole[64];

    if (calendar_parse_time(text, &at_ms))
        return at_ms;
    snprintf(whole, sizeof whole, "%.*s%s%s", (int)text.size,
             (const char *)text.bytes, text.size == 10 ? "T00:00" : "",
             text.size <= 16 ? ":00Z" : "Z");
    if (!calendar_parse_time(view_of(whole), &at_ms))
        fail_msg("no time: %s", whole);
    int32_t day = (int32_t)(at_ms / CALENDAR_DAY_MS);
    int32_t ms_of_day = (int32_t)(at_ms % CALENDAR_DAY_MS);
    return zone_at_ms(&story_timeline(story)->zone, day, ms_of_day);
}

static void
add_event(struct story *story, view line)
{
    struct event *event = ARENA_NEW(&story->keep, struct event, 1);
    struct json_extra extra;
    struct complaint complaint;

    view copy = arena_copy(&story->keep, line);
    if (json_read_event(copy, &story->keep, event, &extra, &complaint) != OK)
        fail_msg("%s in %.*s", complaint.text, (int)line.size,
                 (const char *)line.bytes);
    if (!extra.has_event)
        event->identity = (identity) { 1, ++story->seq, 1 };
    assert_true(story->event_count < EVENTS_MAX);
    story->events[story->event_count++] = event;
}

/* Puts in what a short line leaves out: `at` comes first in it. */
void
story_event(struct story *story, const char *line)
{
    char whole[4096], at[32], time[25];
    const char *at_key = strstr(line, "\"at\": \"");

    assert_non_null(at_key);
    at_key += strlen("\"at\": \"");
    size_t size = strcspn(at_key, "\"");
    assert_true(size < sizeof at);
    snprintf(at, sizeof at, "%.*s", (int)size, at_key);
    calendar_format_time(parse_time(story, view_of(at)), time);
    bool member = strstr(line, "\"member\"") || strstr(line, "\"bearer\"");
    bool store = strstr(line, "\"store\"");
    assert_int_equal(line[0], '{');
    snprintf(whole, sizeof whole, "{%s%s%.*s%s%s",
             member ? "" : "\"member\": 42, ", store ? "" : "\"store\": 10, ",
             (int)(at_key - line) - 1, line + 1, time, at_key + size);
    add_event(story, view_of(whole));
}

void
story_lines(struct story *story, view lines)
{
    uint32_t from = 0;

    while (from < lines.size) {
        uint32_t end = from;
        while (end < lines.size && lines.bytes[end] != '\n')
            end++;
        if (end > from)
            add_event(story, (view) { lines.bytes + from, end - from });
        from = end + 1;
    }
}

static int
compare_events(const void *a, const void *b)
{
    return event_compare(*(const struct event *const *)a,
                         *(const struct event *const *)b);
}

/* The account's own events in canonical order. */
static const struct event **
events_of(struct story *story, account_id account, struct arena *arena,
          uint32_t *ret_count)
{
    const struct event **own =
        ARENA_NEW(arena, const struct event *, story->event_count + 1);
    uint32_t count = 0;

    for (uint32_t i = 0; i < story->event_count; i++)
        if (account_equal(story->events[i]->account, account))
            own[count++] = story->events[i];
    qsort(own, count, sizeof *own, compare_events);
    *ret_count = count;
    return own;
}

/* What the account gets for those who named it when they joined. */
static uint32_t
referrals_of(struct story *story, account_id account,
             struct referral *referrals)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < story->event_count; i++) {
        const struct event *event = story->events[i];
        if (event->kind != EVENT_JOIN ||
            event->join.referrer != account.member || account.member == 0)
            continue;
        uint32_t own_count, live_count;
        const struct event **own =
            events_of(story, event->account, &story->scratch, &own_count);
        const struct event *const *live =
            walk_live(own, own_count, &story->scratch, &live_count);
        struct referral found;
        if (!referral_find(story_timeline(story), live, live_count,
                           &story->basket, &found) ||
            found.referrer != account.member)
            continue;
        bool known = false;
        for (uint32_t k = 0; k < count; k++)
            known = known || referrals[k].event == found.event;
        if (!known)
            referrals[count++] = found;
    }
    return count;
}

struct walk *
story_walk(struct story *story, const char *account, const char *until,
           bool why)
{
    struct walk_input input = { .until_ms = parse_time(story, view_of(until)) };

    arena_reset(&story->scratch);
    view name = arena_copy(&story->scratch, view_of(account));
    assert_true(account_parse(name, &input.account));
    struct referral *referrals =
        ARENA_NEW(&story->scratch, struct referral, REFERRALS_MAX);
    input.events =
        events_of(story, input.account, &story->scratch, &input.event_count);
    input.referral_count = referrals_of(story, input.account, referrals);
    input.referrals = referrals;
    input.fold = fold_open(story_timeline(story), why, &story->scratch);
    memset(&story->clearing, 0, sizeof story->clearing);
    walk_open(&story->walk, &input, &story->scratch);
    return &story->walk;
}

static void
add_to_clearing(struct story *story, const struct effect *effect)
{
    struct clearing *sums = &story->clearing;
    int32_t partner = effect->partner;

    if (partner == PROGRAM_NONE)
        return;
    assert_true(partner < PARTNERS_MAX);
    if (effect->measure == MEASURE_ISSUED)
        sums->issued[partner] += effect->amount;
    if (effect->measure == MEASURE_EXPIRED)
        sums->expired[partner] += effect->amount;
    if (effect->measure == MEASURE_WITHDRAWN)
        sums->withdrawn[partner] += effect->amount;
    if (effect->measure == MEASURE_CLEARING) {
        sums->row[partner] += effect->amount;
        if (effect->other == story->timeline->partner_debt)
            sums->paid[partner] += effect->amount;
    }
}

static void
check_clearing(const struct story *story)
{
    const struct account *account = &story->walk.account;
    const struct clearing *sums = &story->clearing;
    int32_t debt = story->timeline->partner_debt;
    int64_t outstanding[PARTNERS_MAX] = { 0 };
    int64_t paid = 0;
    int32_t count = (int32_t)story->timeline->names[NAME_PARTNER].count;

    assert_true(account->debt.value >= 0);
    assert_true(account->debt.value == 0 || account->lots.count == 0);
    for (uint32_t i = 0; i < account->lots.count; i++) {
        const struct lot *lot = &account->lots.items[i];
        assert_true(lot->left.value > 0);
        assert_true(i == 0 || lot_compare(&lot[-1].key, &lot->key) < 0);
        outstanding[lot->key.partner] += lot->left.value;
    }
    for (int32_t i = 0; i < count; i++) {
        if (i == debt)
            continue;
        assert_int_equal(sums->issued[i], outstanding[i] + sums->expired[i] +
                                              sums->withdrawn[i] +
                                              sums->row[i]);
        paid += sums->paid[i];
    }
    assert_int_equal(account->debt.value,
                     sums->row[debt] + sums->withdrawn[debt] - paid);
}

bool
story_next(struct story *story)
{
    if (!walk_next(&story->walk))
        return false;
    const struct effect_list *effects = story->walk.step.effects;
    for (uint32_t i = 0; i < effects->count; i++)
        add_to_clearing(story, &effects->items[i]);
    check_clearing(story);
    return true;
}

void
story_finish(struct story *story)
{
    while (story_next(story))
        continue;
}

struct arena
story_scratch(struct story *story)
{
    return story->scratch;
}

static int
compare_accounts(const void *a, const void *b)
{
    return account_compare(*(const account_id *)a, *(const account_id *)b);
}

uint32_t
story_accounts(struct story *story, account_id *ret_accounts, uint32_t room)
{
    uint32_t count = 0, kept = 0;

    for (uint32_t i = 0; i < story->event_count; i++) {
        const struct event *event = story->events[i];
        assert_true(count + 2 <= room);
        ret_accounts[count++] = event->account;
        if (event->kind == EVENT_JOIN && event->join.referrer != 0)
            ret_accounts[count++] =
                (account_id) { .member = event->join.referrer };
    }
    qsort(ret_accounts, count, sizeof *ret_accounts, compare_accounts);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 ||
            !account_equal(ret_accounts[kept - 1], ret_accounts[i]))
            ret_accounts[kept++] = ret_accounts[i];
    return kept;
}

static const char *
written(struct story *story)
{
    text_char(&story->text, '\0');
    assert_true(text_ok(&story->text));
    return (const char *)story->text.bytes;
}

static bool
add_balance(struct story *story, const char *account, const char *until)
{
    struct walk *walk = story_walk(story, account, until, false);

    story_finish(story);
    if (!walk->account.begun)
        return false;
    balance_json(&story->text, story_timeline(story), &walk->account,
                 walk->until_ms);
    return true;
}

const char *
story_balance(struct story *story, const char *account, const char *until)
{
    text_clear(&story->text);
    add_balance(story, account, until);
    return written(story);
}

const char *
story_explain(struct story *story, const char *account, const char *until,
              bool why)
{
    struct walk *walk = story_walk(story, account, until, why);
    const char *comma = "[";

    text_clear(&story->text);
    while (story_next(story)) {
        text_string(&story->text, comma);
        explain_row(&story->text, walk);
        comma = ",";
    }
    text_string(&story->text, comma[0] == '[' ? "[]" : "]");
    return written(story);
}

const char *
story_accounts_json(struct story *story, const char *until)
{
    account_id *accounts = calloc(2 * EVENTS_MAX, sizeof *accounts);
    char name[ACCOUNT_SIZE];

    assert_non_null(accounts);
    text_clear(&story->text);
    uint32_t count = story_accounts(story, accounts, 2 * EVENTS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        account_format(accounts[i], name);
        if (add_balance(story, name, until))
            text_char(&story->text, '\n');
    }
    free(accounts);
    return written(story);
}

struct story_figure
story_figure(struct story *story, const char *account, const char *until,
             enum measure measure, const char *partner, uint32_t store)
{
    struct story_figure sum = { 0 };
    struct walk *walk = story_walk(story, account, until, false);
    int32_t wanted =
        timeline_find(story_timeline(story), NAME_PARTNER, view_of(partner));

    while (story_next(story)) {
        const struct effect_list *effects = walk->step.effects;
        for (uint32_t i = 0; i < effects->count; i++) {
            const struct effect *effect = &effects->items[i];
            if (effect->measure != measure ||
                (partner[0] != '\0' && effect->partner != wanted) ||
                (store != 0 && effect->store != store))
                continue;
            sum.amount += effect->amount;
            sum.micro += (int64_t)effect->money.value;
        }
    }
    return sum;
}

/* Without the blanks that are not in strings; owned by the caller. */
static char *
squeeze(const char *json)
{
    char *squeezed = malloc(strlen(json) + 1);
    size_t size = 0;
    bool quoted = false;

    assert_non_null(squeezed);
    for (; *json != '\0'; json++) {
        if (*json == '"')
            quoted = !quoted;
        if (quoted || (*json != ' ' && *json != '\n'))
            squeezed[size++] = *json;
    }
    squeezed[size] = '\0';
    return squeezed;
}

void
story_same_json(const char *got, const char *expected)
{
    char *left = squeeze(got), *right = squeeze(expected);

    if (strcmp(left, right) != 0) {
        size_t same = 0;
        while (left[same] != '\0' && left[same] == right[same])
            same++;
        size_t from = same > 200 ? same - 200 : 0;
        fail_msg("at byte %zu\n got: %.400s\nwant: %.400s", same, left + from,
                 right + from);
    }
    free(left);
    free(right);
}

void
story_has(const char *got, const char *part)
{
    char *left = squeeze(got), *right = squeeze(part);

    if (strstr(left, right) == NULL)
        fail_msg("no %s\n  in %s", right, left);
    free(left);
    free(right);
}
