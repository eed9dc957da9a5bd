#include "tests/round.h"

#include "core/ledger_append.h"
#include "core/ledger_publish.h"
#include "core/program_yaml.h"
#include "core/runs.h"
#include "tests/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t NOW_MS = INT64_C(2200000000000);

enum {
    CODE_SIZE = 40,
    SEQS = 1000, /* of a history */
};

static void
need(enum err err, const struct complaint *complaint)
{
    if (err != OK)
        fail_msg("%s: %s", err_name(err), complaint->text);
}

/* --- what is taken from the cases --- */

/* Goods by the million would be vouchers by the billion under a program that
 * was not drawn for them. */
static bool
is_huge(const struct gen_case *made)
{
    for (uint32_t i = 0; i < made->event_count; i++) {
        const struct event *event = &made->events[i];
        if (event->kind != EVENT_PURCHASE && event->kind != EVENT_RETURN)
            continue;
        if (event->sale.total.minor > 10000000)
            return true;
        for (uint32_t k = 0; k < event->sale.line_count; k++)
            if (event->sale.lines[k].qty > 1000)
                return true;
    }
    return false;
}

/* The first case from that seed on that plays in the zone, NULL: in any. */
static uint64_t
find_case(struct round *round, uint64_t seed, const char *zone,
          struct gen_case *ret_case)
{
    for (;; seed++) {
        gen_case_make(seed, trial_zones(round->trial), &round->arena, ret_case);
        if ((zone == NULL || strcmp(ret_case->zone, zone) == 0) &&
            !gen_case_tells_again(ret_case) &&
            (round->large || !is_huge(ret_case)))
            return seed;
    }
}

account_id
round_member(const struct round *round, uint32_t history, uint32_t index)
{
    assert(index < ROUND_MEMBERS);
    return (account_id) {
        .member = round->members[history * ROUND_MEMBERS + index],
    };
}

account_id
round_bearer(const struct round *round, uint32_t history)
{
    return (account_id) { .bearer = round->bearers[history] };
}

static void
shift_seq(identity *id, uint32_t history)
{
    id->seq += history * SEQS;
}

static struct event
take_event(struct round *round, const struct event *from, uint32_t history)
{
    struct event event = *from;
    uint64_t member = from->account.member;

    event.account = member == 0
                        ? round_bearer(round, history)
                        : round_member(round, history, (uint32_t)member - 1);
    shift_seq(&event.identity, history);
    if (event.kind == EVENT_VOID)
        shift_seq(&event.annul.voids, history);
    if (event.kind == EVENT_JOIN && event.join.referrer != 0)
        event.join.referrer =
            round_member(round, history, (uint32_t)event.join.referrer - 1)
                .member;
    return event;
}

/* What is left of an event as a plain one; false: nothing. */
static bool
make_plain(struct round *round, struct event *event)
{
    char code[IDENTITY_SIZE];

    if (event->kind == EVENT_JOIN) {
        event->join.referrer = 0;
    } else if (event->kind == EVENT_PURCHASE) {
        if (event->sale.line_count > 0 && !gen_wide(&round->gen, 70)) {
            struct event_line *line =
                ARENA_NEW(&round->arena, struct event_line, 1);
            *line =
                (struct event_line) { .amount = event->sale.total,
                                      .qty = 1,
                                      .category = event->sale.lines->category };
            event->sale.lines = line;
            event->sale.line_count = 1;
            event->sale.off.minor = 0;
        }
    } else if (event->kind == EVENT_REDEEM) {
        event->redeem.points.value += event->redeem.points.value == 0 ? 40 : 0;
        event->redeem.reward = (view) { NULL, 0 };
        event->redeem.value.minor = -1;
        identity_format(event->identity, code);
        event->id = arena_copy(&round->arena, view_of(code));
    } else {
        return false;
    }
    event->identity = (identity) { 0 };
    event->recorded_ms = 0;
    return event_check(event, &(struct complaint) { "" }) == OK;
}

/* --- the ledger --- */

static void
publish(struct round *round, const struct gen_case *made)
{
    round->version_count = made->version_count;
    for (uint32_t i = 0; i < made->version_count; i++) {
        struct gen_version *version = &round->versions[i];
        struct complaint complaint = { "" };
        identity published;
        *version = made->versions[i];
        const struct ledger_publish publish = { .name = "program.yaml",
                                                .file = view_of(version->yaml),
                                                .from_day = version->from_day,
                                                .now_ms = NOW_MS };
        need(ledger_publish(round->ledger, &publish, &published, &complaint),
             &complaint);
    }
}

static void
import(struct round *round, const struct gen_case *made, uint32_t history)
{
    struct ledger_import import = { .now_ms = NOW_MS };
    struct ledger_entry entries[GEN_EVENTS] = { 0 };
    struct round_history *into = &round->histories[history];
    struct complaint complaint = { "" };
    uint32_t refused;

    for (uint32_t i = 0; i < made->event_count; i++) {
        struct event *event = &into->events[into->count++];
        *event = take_event(round, &made->events[i], history);
        entries[i].event = *event;
        entries[i].at_given = true;
    }
    need(ledger_import(round->ledger, entries, made->event_count, &import,
                       &refused, &complaint),
         &complaint);
}

static void
append(struct round *round, const struct gen_case *made, uint32_t history)
{
    const struct ledger_append options = { .now_ms = NOW_MS };
    struct ledger_entry entries[GEN_EVENTS] = { 0 };
    struct round_history *into = &round->histories[history];
    struct complaint complaint = { "" };

    for (uint32_t i = 0; i < made->event_count; i++) {
        struct event event = take_event(round, &made->events[i], history);
        if (!make_plain(round, &event))
            continue;
        entries[into->count].at_given = true;
        entries[into->count++].event = event;
    }
    if (into->count == 0)
        return;
    need(ledger_append(round->ledger, entries, into->count, &options,
                       &complaint),
         &complaint);
    for (uint32_t i = 0; i < into->count; i++)
        into->events[i] = entries[i].event;
}

/* Into the image: the tail knows nothing of plain events. */
static void
merge(struct round *round)
{
    struct history *history = ledger_history(round->ledger);

    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_merge(history), OK);
}

/* --- accounts that a block takes together --- */

/* Partition 0 has every 256th account or so. */
static bool
is_wanted(const struct round *round, account_id account)
{
    return !round->gen.wide || runs_partition(account) == 0;
}

static void
choose_members(struct round *round)
{
    uint64_t member = 0;

    for (uint32_t i = 0; i < ROUND_CASES * ROUND_MEMBERS; i++) {
        do
            member++;
        while (!is_wanted(round, (account_id) { .member = member }));
        round->members[i] = member;
    }
}

static void
choose_bearers(struct round *round)
{
    uint32_t number = 0;

    for (uint32_t i = 0; i < ROUND_CASES; i++) {
        char code[CODE_SIZE];
        do
            snprintf(code, sizeof code, "BOOK-%05u", number++);
        while (!is_wanted(round, (account_id) { .bearer = view_of(code) }));
        round->bearers[i] = arena_copy(&round->arena, view_of(code));
    }
}

/* --- candidates --- */

static bool
is_program(struct round *round, const char *yaml)
{
    struct mistakes *mistakes = ARENA_NEW(&round->arena, struct mistakes, 1);
    const struct program *program;

    return program_yaml_read(view_of(yaml), &round->arena, mistakes,
                             &program) == OK;
}

/* The program with another digit somewhere. */
static const char *
vary(struct round *round, const char *yaml)
{
    static const char DIGITS[] = "0123456789";
    uint32_t size = (uint32_t)strlen(yaml);
    char *varied = ARENA_NEW(&round->arena, char, size + 1);

    for (;;) {
        memcpy(varied, yaml, size + 1);
        uint32_t at = gen_below(&round->gen, size);
        if (varied[at] < '0' || varied[at] > '9')
            continue;
        varied[at] = DIGITS[gen_below(&round->gen, 10)];
        if (varied[at] != yaml[at] && is_program(round, varied))
            return varied;
    }
}

static const char *
make_candidate(struct round *round, const struct gen_case *made, uint32_t index)
{
    if (round->gen.wide && (round->large || gen_chance(&round->gen, 60)))
        return vary(round,
                    index > 0 && gen_chance(&round->gen, 50)
                        ? round->candidates[index - 1]
                        : round->versions[round->version_count - 1].yaml);
    return (const char *)arena_copy(
               &round->arena,
               (view) { (const uint8_t *)made->versions[0].yaml,
                        (uint32_t)strlen(made->versions[0].yaml) + 1 })
        .bytes;
}

static void
fill(struct round *round, struct gen_case *made)
{
    const char *zone = made->zone;
    uint64_t seed = round->seed;

    round->first_ms = made->events[0].at_ms;
    round->last_ms = made->until_ms;
    for (uint32_t i = 0; i < ROUND_CASES; i++, seed++) {
        seed = find_case(round, seed, zone, made);
        round->histories[i].events =
            ARENA_NEW(&round->arena, struct event, GEN_EVENTS);
        if (i < ROUND_CANDIDATES)
            round->candidates[i] = make_candidate(round, made, i);
        if (i % 2 == 0)
            import(round, made, i);
        else
            append(round, made, i);
        if (i == ROUND_CASES / 2)
            merge(round);
    }
}

void
round_open(struct round *round, struct trial *trial, uint64_t seed)
{
    const struct ledger_identity who = { .node = 9, .incarnation = 1 };
    struct gen_case *made = malloc(sizeof *made);
    struct complaint complaint = { "" };
    char dir[PLACE_SIZE];

    assert_non_null(made);
    *round = (struct round) {
        .trial = trial,
        .seed = seed,
        .gen = { seed, seed >= GEN_WIDE },
        .place = place_make(),
    };
    round->large = gen_wide(&round->gen, 10);
    assert_true(arena_open(&round->arena, (size_t)1 << 32));
    place_join(&round->place, "ledger", dir);
    need(ledger_create(dir, &who, NOW_MS, &complaint), &complaint);
    need(ledger_open(dir, LEDGER_OWN, &complaint, &round->ledger), &complaint);
    round->seed = find_case(round, seed, NULL, made);
    /* Such amounts take a program that was drawn for them. */
    while (round->large && !is_huge(made))
        round->seed = find_case(round, round->seed + 1, NULL, made);
    for (uint32_t i = 0; i < GEN_ZONES; i++)
        if (strcmp(gen_zone_names[i], made->zone) == 0)
            round->zone = &trial_zones(trial)[i];
    choose_members(round);
    choose_bearers(round);
    publish(round, made);
    fill(round, made);
    need(ledger_refresh(round->ledger, &complaint), &complaint);
    if (gen_chance(&round->gen, 70))
        merge(round);
    free(made);
}

void
round_close(struct round *round)
{
    ledger_close(round->ledger);
    arena_close(&round->arena);
    place_remove(&round->place);
}
