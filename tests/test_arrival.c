/*
 * test_arrival.c - the order of arrival plays no part in any result
 *
 * Random histories (gen.h) come into real ledgers in random order: in batches
 * of any size, some events twice, versions in between, the states refreshed
 * after each batch, written out and read back now and then.  At the end every
 * account must be what the slow ledger says, both walked from its history and
 * run on from its stored state.
 *
 *   SEED=n, COUNT=n as for test_properties
 */
#include "core/balance.h"
#include "core/explain.h"
#include "core/ledger_append.h"
#include "core/ledger_publish.h"
#include "core/state.h"
#include "tests/place.h"
#include "tests/trial.h"
#include "tests/unit.h"

#include <stdio.h>
#include <stdlib.h>

static const uint64_t histories = 40;
static const int64_t NOW_MS = INT64_C(1900000000000);

struct arrival {
    struct trial *trial;
    struct gen gen; /* of the order of arrival */
    struct gen_case *made;
    struct place place;
    struct ledger *ledger;
    struct state *state;
    struct arena arena;
    uint32_t published; /* versions */
};

static void
need(enum err err, const struct complaint *complaint)
{
    if (err != OK)
        fail_msg("%s: %s", err_name(err), complaint->text);
}

static void
open_ledger(struct arrival *arrival)
{
    struct complaint complaint = { "" };

    need(ledger_open(arrival->place.path, LEDGER_OWN, &complaint,
                     &arrival->ledger),
         &complaint);
    need(state_open(arrival->ledger, &arrival->state), &complaint);
}

static void
close_ledger(struct arrival *arrival)
{
    state_close(arrival->state);
    ledger_close(arrival->ledger);
}

static void
publish_next(struct arrival *arrival)
{
    const struct gen_version *version =
        &arrival->made->versions[arrival->published++];
    const struct ledger_publish publish = { .name = "program.yaml",
                                            .file = view_of(version->yaml),
                                            .from_day = version->from_day,
                                            .now_ms = NOW_MS };
    struct complaint complaint = { "" };
    identity published;

    need(ledger_publish(arrival->ledger, &publish, &published, &complaint),
         &complaint);
}

static void
import(struct arrival *arrival, const struct event *const *events,
       uint32_t count)
{
    struct ledger_import import = { .now_ms = NOW_MS };
    struct ledger_entry entries[GEN_EVENTS] = { 0 };
    struct complaint complaint = { "" };
    uint32_t refused;

    for (uint32_t i = 0; i < count; i++) {
        entries[i].event = *events[i];
        entries[i].at_given = true;
    }
    need(ledger_import(arrival->ledger, entries, count, &import, &refused,
                       &complaint),
         &complaint);
    need(ledger_refresh(arrival->ledger, &complaint), &complaint);
    need(state_refresh(arrival->state, &complaint), &complaint);
}

static void
shuffle(struct arrival *arrival, const struct event **events)
{
    uint32_t count = arrival->made->event_count;

    for (uint32_t i = 0; i < count; i++)
        events[i] = &arrival->made->events[i];
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = gen_below(&arrival->gen, i);
        const struct event *spare = events[i - 1];
        events[i - 1] = events[other];
        events[other] = spare;
    }
}

/* Everything comes in; a batch may hold some that came before. */
static void
receive(struct arrival *arrival)
{
    const struct event *events[GEN_EVENTS];
    uint32_t count = arrival->made->event_count;

    shuffle(arrival, events);
    for (uint32_t from = 0; from < count;) {
        const struct event *batch[GEN_EVENTS];
        uint32_t size = 1 + gen_below(&arrival->gen, 5);
        uint32_t filled = 0;
        if (from > 0 && gen_chance(&arrival->gen, 30))
            batch[filled++] = events[gen_below(&arrival->gen, from)];
        while (size-- > 0 && from < count)
            batch[filled++] = events[from++];
        if (arrival->published < arrival->made->version_count &&
            gen_chance(&arrival->gen, 40))
            publish_next(arrival);
        import(arrival, batch, filled);
        if (gen_chance(&arrival->gen, 15))
            assert_int_equal(state_checkpoint(arrival->state), OK);
        if (gen_chance(&arrival->gen, 10)) {
            close_ledger(arrival);
            open_ledger(arrival);
        }
    }
    while (arrival->published < arrival->made->version_count)
        publish_next(arrival);
    import(arrival, events, 1);
}

static void
check_same(const struct arrival *arrival, view said, view expected)
{
    if (!view_equal(said, expected))
        fail_msg("seed %llu\nmodel  %.*s\nledger %.*s",
                 (unsigned long long)arrival->made->seed, (int)expected.size,
                 (const char *)expected.bytes, (int)said.size,
                 (const char *)said.bytes);
}

/* From its history. */
static void
check_walk(struct arrival *arrival, const struct timeline *timeline,
           account_id account, const struct model_answer *answer)
{
    struct arena arena = arrival->arena;
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    struct fold *fold = fold_open(timeline, false, &arena);
    struct complaint complaint = { "" };
    struct history_account history;
    struct walk_input input;
    struct text text = { 0 };
    struct walk walk;
    uint32_t row = 0;

    need(ledger_account(arrival->ledger, account, &question, &arena, &history,
                        &complaint),
         &complaint);
    assert_int_equal(ledger_walk_input(arrival->ledger, &history, &question,
                                       fold, arrival->made->until_ms, &arena,
                                       &input),
                     OK);
    for (walk_open(&walk, &input, &arena); walk_next(&walk); row++) {
        text_clear(&text);
        explain_row(&text, &walk);
        check_same(arrival, text_view(&text),
                   row < answer->row_count ? answer->rows[row]
                                           : view_of("no row"));
    }
    assert_int_equal(row, answer->row_count);
    assert_int_equal(walk.account.begun, answer->begun);
    text_clear(&text);
    if (answer->begun) {
        balance_json(&text, timeline, &walk.account, arrival->made->until_ms);
        check_same(arrival, text_view(&text), answer->balance);
    }
    text_close(&text);
}

/* From its stored state, if that is not later than what is asked. */
static void
check_state(struct arrival *arrival, const struct timeline *timeline,
            account_id account, const struct model_answer *answer)
{
    struct arena arena = arrival->arena;
    struct fold *fold = fold_open(timeline, false, &arena);
    struct state_packed packed;
    struct account state;
    struct text text = { 0 };

    enum err err = state_get(arrival->state, account, &packed);
    if (err == ERR_NOT_FOUND || packed.bytes.size == 0) {
        assert_false(answer->begun);
        return;
    }
    assert_int_equal(err, OK);
    assert_int_equal(
        account_unpack(packed.bytes, account, timeline, &arena, &state), OK);
    if (state.clock_ms > arrival->made->until_ms)
        return;
    fold_use_arena(fold, &arena);
    fold_run_clock(fold, &state, arrival->made->until_ms);
    balance_json(&text, timeline, &state, arrival->made->until_ms);
    check_same(arrival, text_view(&text), answer->balance);
    text_close(&text);
}

static void
try_seed(struct arrival *arrival, uint64_t seed)
{
    const struct ledger_identity who = { .node = 9, .incarnation = 1 };
    const struct timeline *timeline;
    struct complaint complaint = { "" };

    arena_reset(&arrival->arena);
    gen_case_make(seed, trial_zones(arrival->trial), &arrival->arena,
                  arrival->made);
    if (gen_case_tells_again(arrival->made))
        return;
    arrival->gen.state = seed;
    arrival->published = 0;
    arrival->place = place_make();
    char dir[PLACE_SIZE];
    place_join(&arrival->place, "ledger", dir);
    struct place outer = arrival->place;
    need(ledger_create(dir, &who, NOW_MS, &complaint), &complaint);
    snprintf(arrival->place.path, sizeof arrival->place.path, "%s", dir);
    open_ledger(arrival);
    receive(arrival);
    need(ledger_timeline(arrival->ledger, LEDGER_KNOWN_ALL, &timeline,
                         &complaint),
         &complaint);
    for (uint32_t i = 0; i < GEN_ACCOUNTS; i++) {
        account_id account = gen_account(i);
        struct model_answer answer =
            trial_ask(arrival->trial, arrival->made, account);
        check_walk(arrival, timeline, account, &answer);
        check_state(arrival, timeline, account, &answer);
    }
    close_ledger(arrival);
    place_remove(&outer);
}

static uint64_t
setting(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);

    return value == NULL || *value == '\0' ? otherwise
                                           : strtoull(value, NULL, 10);
}

TEST(arrival_plays_no_part)
{
    struct arrival arrival = { .trial = trial_open() };
    uint64_t from = setting("SEED", 1);
    uint64_t count = setting("COUNT", getenv("SEED") != NULL ? 1 : histories);

    assert_true(arena_open(&arrival.arena, (size_t)1 << 32));
    arrival.made = malloc(sizeof *arrival.made);
    assert_non_null(arrival.made);
    for (uint64_t seed = from; seed < from + count; seed++)
        try_seed(&arrival, seed);
    free(arrival.made);
    arena_close(&arrival.arena);
    trial_close(arrival.trial);
}

RUN(cmocka_unit_test(arrival_plays_no_part))
