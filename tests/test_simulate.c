/*
 * test_simulate.c - a replay of what is published shows no difference; any
 * number of threads tells the same bytes; accounts of all sizes fill blocks;
 * it can be stopped
 */
#include "tests/unit.h"

#include "core/runs.h"
#include "replay/rulebook.h"
#include "tests/stage.h"

#include <stdio.h>

TEST(what_is_published_makes_no_difference)
{
    struct shop shop;
    struct stage stage = { .candidate = stage_rules };

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    stage_fill(&shop, 3, 300, 10);
    stage_merge(&shop);
    stage_run(&shop, &stage);
    const struct comparison *comparison = &stage.comparison;
    assert_true(comparison->baseline.amounts[MEASURE_ISSUED] > 0);
    assert_memory_equal(comparison->baseline.amounts,
                        comparison->candidate.amounts,
                        sizeof comparison->baseline.amounts);
    assert_int_equal(comparison->outcome->same, stage.simulation.account_count);
    assert_int_equal(comparison->outcome->tier_up, 0);
    for (uint32_t i = 0; i < comparison->partner_count; i++)
        assert_int_equal(comparison->partners[i].baseline,
                         comparison->partners[i].candidate);
    shop_close(&shop);
}

TEST(threads_tell_the_same_bytes)
{
    static const uint32_t THREADS[] = { 2, 3, 7 };
    struct shop shop;
    struct stage one = { .candidate = stage_other_rules };

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    stage_fill(&shop, 4, 300, 20);
    stage_merge(&shop);
    stage_run(&shop, &one);
    view expected = stage_json(&shop, &one);
    for (uint32_t i = 0; i < COUNT_OF(THREADS); i++) {
        struct stage many = { .candidate = stage_other_rules,
                              .options = { .thread_count = THREADS[i] } };
        stage_run(&shop, &many);
        assert_true(view_equal(stage_json(&shop, &many), expected));
    }
    shop_close(&shop);
}

/* A program with more rules than tables take. */
static const char *
many_rules(struct shop *shop)
{
    enum { ROOM = 16384 };
    char *text = ARENA_NEW(&shop->arena, char, ROOM);
    int at = snprintf(text, ROOM, "earn:\n");

    for (int i = 0; i <= RULEBOOK_BITS; i++)
        at += snprintf(text + at, ROOM - (size_t)at,
                       "  - {id: r%d, per: 1.00, points: 1}\n", i);
    return text;
}

/* Codes of bearers that are read one after the other. */
static void
find_neighbours(char codes[][8], uint32_t count)
{
    uint32_t found = 0, wanted = 0;

    for (uint32_t i = 100; found < count; i++) {
        snprintf(codes[found], sizeof codes[found], "B-%u", i);
        uint32_t partition =
            runs_partition((account_id) { .bearer = view_of(codes[found]) });
        if (found == 0)
            wanted = partition;
        found += partition == wanted;
    }
}

static void
buy(struct shop *shop, const char *code, uint32_t times)
{
    char line[200], at[25];

    for (uint32_t i = 0; i < times; i++) {
        calendar_format_time(INT64_C(1735689600000) + i * 60000, at);
        snprintf(line, sizeof line,
                 "{\"at\": \"%s\", \"store\": 10, \"bearer\": \"%s\", "
                 "\"kind\": \"purchase\", \"receipt\": \"%u\", \"total\": "
                 "%u}\n",
                 at, code, i, 100 * (times + i));
        shop_import(shop, line);
    }
}

/* Two accounts of which each fills more than half of a block, so that the
 * second begins one, and then others: nothing of what there is of the second
 * may get lost, neither its name nor its chapters, which a side without tables
 * reads. */
TEST(a_block_may_begin_after_one_account)
{
    enum { ACCOUNTS = 4 };
    char codes[ACCOUNTS][8];
    struct shop shop;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    find_neighbours(codes, ACCOUNTS);
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        buy(&shop, codes[i], i < 2 ? PLAIN_ROWS * 5 / 8 : 3);
    stage_merge(&shop);
    struct stage tables = { .candidate = many_rules(&shop) }, fold = tables;
    fold.options.fold_only = true;
    stage_run(&shop, &tables);
    stage_run(&shop, &fold);
    assert_int_equal(tables.simulation.table_count, ACCOUNTS);
    assert_int_equal(tables.simulation.outcomes[0].gain.count, ACCOUNTS);
    assert_true(
        view_equal(stage_json(&shop, &tables), stage_json(&shop, &fold)));
    shop_close(&shop);
}

static view
run_segment(struct shop *shop, const char *text, bool fold_only,
            uint64_t *ret_tables)
{
    struct stage stage = { .candidate = stage_other_rules,
                           .options = { .fold_only = fold_only } };
    struct complaint complaint = { "" };
    const struct timeline *timeline;

    assert_int_equal(
        ledger_timeline(shop->ledger, LEDGER_KNOWN_ALL, &timeline, &complaint),
        OK);
    assert_int_equal(segment_read(view_of(text), timeline, &shop->arena,
                                  &stage.options.segment, &complaint),
                     OK);
    stage_run(shop, &stage);
    *ret_tables = stage.simulation.table_count;
    return stage_json(shop, &stage);
}

/* Who belongs to a segment is seen without rules where none matter, and with
 * them where the same is asked in a way in which they might; both are counted
 * by tables, and as the fold alone would. */
TEST(segments_come_to_the_same)
{
    static const char *const SAME[][2] = {
        { "stores=10", "stores=10,(points=0..|debt=1..)" },
        { "!purchases=40..", "!purchases=40..,spend=-1000000000..,member=yes|"
                             "member=no,!purchases=40.." },
        { "joined=2025-01-01..2025-06-30",
          "joined=2025-01-01..2025-06-30,debt=0.." },
        { "inactive_days=..20,frequency=3..",
          "inactive_days=..20,frequency=3..,pending=0.." },
        { "bought=coffee.beans|home_store=11|consent=email|sku=spade",
          "(bought=coffee.beans|home_store=11|consent=email|sku=spade),"
          "reward=cup:0.." },
    };
    uint64_t tables[3], sum = 0;
    struct shop shop;

    shop_open(&shop);
    shop_rules(&shop, "2025-02-01", stage_rules);
    stage_fill(&shop, 6, 400, 60);
    stage_merge(&shop);
    for (uint32_t i = 0; i < COUNT_OF(SAME); i++) {
        view facts = run_segment(&shop, SAME[i][0], false, &tables[0]);
        view rules = run_segment(&shop, SAME[i][1], false, &tables[1]);
        view fold = run_segment(&shop, SAME[i][1], true, &tables[2]);
        assert_true(view_equal(facts, rules));
        assert_true(view_equal(facts, fold));
        assert_int_equal(tables[0], tables[1]);
        assert_int_equal(tables[2], 0);
        sum += tables[0];
    }
    assert_true(sum > 5);
    shop_close(&shop);
}

static bool
stop(void *context, uint64_t events)
{
    (void)events;
    ++*(uint32_t *)context;
    return false;
}

TEST(it_can_be_stopped)
{
    struct shop shop;
    struct stage stage = { .candidate = stage_rules };
    struct complaint complaint = { "" };
    uint32_t asked = 0;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    stage_fill(&shop, 5, 20, 0);
    stage_run(&shop, &stage);
    stage.options.progress = stop;
    stage.options.context = &asked;
    assert_int_equal(simulate(shop.ledger, &stage.options, &shop.arena,
                              &stage.simulation, &complaint),
                     ERR_BUSY);
    assert_int_equal(asked, 1);
    assert_string_equal(complaint.text,
                        "interrupted; nothing is changed or written");
    shop_close(&shop);
}

RUN(cmocka_unit_test(what_is_published_makes_no_difference),
    cmocka_unit_test(threads_tell_the_same_bytes),
    cmocka_unit_test(a_block_may_begin_after_one_account),
    cmocka_unit_test(segments_come_to_the_same),
    cmocka_unit_test(it_can_be_stopped))
