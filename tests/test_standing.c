/*
 * test_standing.c - kept totals equal those of a fold of everything: whatever
 * came late, was voided or recommended, now and later, in memory and from the
 * file, and when the file or the rules are no longer the same
 */
#include "tests/unit.h"

#include "core/census.h"
#include "core/history_copies.h"
#include "core/standing.h"
#include "core/text.h"
#include "tests/book.h"

enum { DAY_MS = 86400000 };

static const char RULES[] =
    "points: {expire_months: 2, pending_days: 3}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: wake, on: inactive, after_days: 20, points: 5}\n"
    "  - {id: welcome, on: join, points: 30}\n"
    "rewards:\n"
    "  - {id: cup, value: 3.00, valid_days: 30, points: 40}\n"
    "monthly_bonus: {steps: [{from: 40.00, percent: 2}]}\n"
    "tiers:\n"
    "  window: 3 months\n"
    "  valid_for: 2 months\n"
    "  levels: [{id: low}, {id: high, from: 80.00, multiply: 1.5}]\n"
    "referral: {on: purchase, min_total: 10.00, referrer_points: 100, "
    "referred_points: 50}\n";

static uint64_t seed;
static uint32_t made; /* events so far: event i has the seq i */

static uint32_t
draw(uint32_t bound)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % bound;
}

static void
write_event(struct text *text)
{
    switch (draw(12)) {
    case 0:
        text_format(text, "\"kind\": \"join\", \"referrer\": %u",
                    900 + draw(4));
        break;
    case 1:
        text_format(text, "\"kind\": \"void\", \"voids\": \"1.1.%u\"",
                    1 + draw(made + 1));
        break;
    case 2:
        text_format(text, "\"kind\": \"return\", \"receipt\": \"r%u\"",
                    draw(20));
        break;
    case 3:
    case 4:
        text_format(text,
                    "\"kind\": \"redeem\", \"id\": \"i%u\", \"points\": %u",
                    made, 1 + draw(60));
        break;
    case 5:
        text_format(text, "\"kind\": \"reverse\", \"redemption\": \"i%u\"",
                    draw(made + 1));
        break;
    case 6:
        text_format(text,
                    "\"kind\": \"redeem\", \"id\": \"i%u\", \"reward\": "
                    "\"cup\"",
                    made);
        break;
    default:
        text_format(text,
                    "\"kind\": \"purchase\", \"receipt\": \"r%u\", "
                    "\"total\": %u",
                    draw(20), 100 + draw(9000));
        break;
    }
}

/* Members 1000 to 1004, at any time of the last 300 days. */
static void
tell(struct book *book, uint32_t count)
{
    struct complaint complaint = { .text = "" };
    struct text text = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        char time[25];
        int64_t at_ms = BOOK_NOW - (int64_t)draw(300) * DAY_MS -
                        (int64_t)draw(24) * 3600000;
        calendar_format_time(at_ms, time);
        text_string(&text, "{");
        write_event(&text);
        text_format(&text, ", \"member\": %u, \"at\": \"%s\", \"store\": %u}\n",
                    1000 + draw(5), time, draw(2) == 0 ? 10 : 30);
        made++;
    }
    text_char(&text, '\0');
    enum err err =
        book_append(book, (const char *)text.bytes, NULL, &complaint);
    assert_string_equal(complaint.text, "");
    assert_int_equal(err, OK);
    text_close(&text);
}

static void
start(struct book *book, struct standing **standing)
{
    made = 0;
    book_open(book, LEDGER_OWN);
    book_rules(book, "2025-01-01", RULES);
    assert_int_equal(standing_open(book->ledger, standing), OK);
}

struct gathering {
    struct totals *totals;
    const struct zone *zone;
};

static void
take_step(void *context, const struct walk *walk)
{
    const struct gathering *gathering = context;

    totals_add(gathering->totals, zone_month(gathering->zone, walk->step.at_ms),
               walk->step.effects);
}

/* What a fold of everything up to a time comes to. */
static void
fold_fresh(struct book *book, int64_t at_ms, struct totals *totals)
{
    const struct timeline *timeline;

    assert_int_equal(
        ledger_timeline(book->ledger, LEDGER_KNOWN_ALL, &timeline, NULL), OK);
    struct gathering gathering = { totals, &timeline->zone };
    const struct census_options options = { .known = LEDGER_KNOWN_ALL,
                                            .at_ms = at_ms,
                                            .timeline = timeline };
    const struct census_calls calls = { .step = take_step };
    const struct spread_contexts alone = { { &gathering }, 1 };
    assert_int_equal(
        census_spread(book->ledger, &options, &calls, &alone, NULL), OK);
}

/* Returns how many rows were compared. */
static uint32_t
expect_fresh(struct book *book, const struct standing *standing, int64_t at_ms)
{
    uint32_t count, fresh_count;
    struct arena arena;

    assert_true(arena_open(&arena, (size_t)1 << 30));
    struct totals *kept = totals_open(&arena), *fresh = totals_open(&arena);
    standing_gather(standing, at_ms, kept);
    fold_fresh(book, at_ms, fresh);
    const struct totals_row *rows = totals_rows(kept, &count);
    const struct totals_row *others = totals_rows(fresh, &fresh_count);
    assert_int_equal(count, fresh_count);
    for (uint32_t i = 0; i < count; i++)
        assert_true(totals_row_equal(&rows[i], &others[i]));
    uint32_t rows_compared = count;
    const struct totals_pair *pairs = totals_pairs(kept, &count);
    const struct totals_pair *more = totals_pairs(fresh, &fresh_count);
    assert_int_equal(count, fresh_count);
    for (uint32_t i = 0; i < count; i++)
        assert_true(totals_pair_equal(&pairs[i], &more[i]));
    arena_close(&arena);
    return rows_compared;
}

/* The clock goes on by days while events come for any day of the year, also
 * for some that are still ahead; each answer is asked for now and for later,
 * when more has expired and been given. */
TEST(kept_totals_equal_a_fresh_fold)
{
    for (uint32_t world = 0; world < 4; world++) {
        struct book book;
        struct standing *standing;
        int64_t now_ms = BOOK_NOW - (int64_t)150 * DAY_MS;
        seed = 77 + world;
        start(&book, &standing);
        for (uint32_t round = 0; round < 25; round++) {
            tell(&book, 1 + draw(8));
            now_ms += (int64_t)draw(12) * DAY_MS + draw(DAY_MS);
            for (uint32_t step = 0; round > 0 && step < draw(6); step++)
                assert_int_equal(standing_step(standing, now_ms, 2, NULL), OK);
            assert_int_equal(standing_refresh(standing, now_ms, NULL), OK);
            assert_int_equal(standing_was_built(standing), round == 0);
            assert_int_equal(standing_position(standing),
                             ledger_position(book.ledger));
            assert_true(expect_fresh(&book, standing, now_ms) > 0);
            expect_fresh(&book, standing, now_ms + (int64_t)40 * DAY_MS);
        }
        standing_close(standing);
        book_close(&book);
    }
}

/* A hub takes in events, for any day of the year, while it folds everything
 * partition by partition. */
TEST(what_arrives_while_all_is_folded_counts)
{
    struct standing *standing;
    struct book book;
    int64_t now_ms = BOOK_NOW - (int64_t)150 * DAY_MS;
    uint32_t steps = 0;

    seed = 31;
    start(&book, &standing);
    tell(&book, 60);
    do {
        if (steps % 16 == 7)
            tell(&book, 2);
        now_ms += DAY_MS / 2;
        assert_int_equal(standing_position(standing), 0);
        assert_int_equal(standing_step(standing, now_ms, 2, NULL), OK);
        assert_true(standing_was_built(standing));
    } while (++steps < LIMIT_PARTITIONS);
    assert_true(standing_position(standing) > 60);
    assert_true(standing_position(standing) < ledger_position(book.ledger));
    while (standing_position(standing) < ledger_position(book.ledger)) {
        assert_int_equal(standing_step(standing, now_ms, 2, NULL), OK);
        assert_false(standing_was_built(standing));
    }
    assert_true(expect_fresh(&book, standing, now_ms) > 0);
    standing_close(standing);
    book_close(&book);
}

static void
expect_same(struct book *book, bool expected)
{
    bool same = !expected;

    assert_int_equal(standing_check(book->ledger, &same), OK);
    assert_int_equal(same, expected);
}

TEST(the_file_is_gone_on_from)
{
    struct standing *standing;
    struct book book;

    seed = 5;
    start(&book, &standing);
    tell(&book, 60);
    assert_int_equal(standing_refresh(standing, BOOK_NOW, NULL), OK);
    assert_int_equal(standing_save(standing), OK);
    standing_close(standing);
    expect_same(&book, true);
    tell(&book, 10);
    expect_same(&book, true);
    book_reopen(&book, LEDGER_READ);
    assert_int_equal(standing_open(book.ledger, &standing), OK);
    assert_int_equal(standing_refresh(standing, BOOK_NOW + DAY_MS, NULL), OK);
    assert_false(standing_was_built(standing));
    expect_fresh(&book, standing, BOOK_NOW + DAY_MS);
    standing_close(standing);
    book_close(&book);
}

static void
refresh_anew(struct book *book, int64_t now_ms, bool built)
{
    struct standing *standing;

    assert_int_equal(standing_open(book->ledger, &standing), OK);
    assert_int_equal(standing_refresh(standing, now_ms, NULL), OK);
    assert_int_equal(standing_was_built(standing), built);
    expect_fresh(book, standing, now_ms);
    assert_int_equal(standing_save(standing), OK);
    standing_close(standing);
}

/* Other rules, a clock that has gone back, damage, another incarnation, which
 * may have lost what the one before held, another store for a node: all is
 * folded anew. */
TEST(what_is_of_no_use_is_built_anew)
{
    struct standing *standing;
    struct book book;
    bool same;

    seed = 6;
    start(&book, &standing);
    tell(&book, 60);
    assert_int_equal(standing_refresh(standing, BOOK_NOW, NULL), OK);
    standing_close(standing);
    refresh_anew(&book, BOOK_NOW, true);
    refresh_anew(&book, BOOK_NOW, false);
    refresh_anew(&book, BOOK_NOW - DAY_MS, true);
    book_change_byte(&book, "totals/standing", 300);
    assert_int_equal(standing_check(book.ledger, &same), ERR_CORRUPT);
    refresh_anew(&book, BOOK_NOW, true);
    book_rules(&book, "2025-06-01", RULES);
    refresh_anew(&book, BOOK_NOW, true);
    expect_same(&book, true);
    assert_int_equal(standing_drop(book.ledger), OK);
    refresh_anew(&book, BOOK_NOW, true);
    assert_int_equal(
        journal_renew(ledger_journal(book.ledger), 2, REASON_REWOUND, NULL),
        OK);
    book_reopen(&book, LEDGER_OWN);
    refresh_anew(&book, BOOK_NOW, true);
    refresh_anew(&book, BOOK_NOW, false);
    book_enrol(&book, 1, 30, ENROL_STORE);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    refresh_anew(&book, BOOK_NOW, true);
    refresh_anew(&book, BOOK_NOW, false);
    book_close(&book);
}

/* Folding everything takes many steps, and the process may end before that. */
TEST(a_damaged_file_goes_with_the_first_step)
{
    struct standing *standing;
    struct book book;
    bool same;

    seed = 8;
    start(&book, &standing);
    tell(&book, 60);
    assert_int_equal(standing_refresh(standing, BOOK_NOW, NULL), OK);
    assert_int_equal(standing_save(standing), OK);
    standing_close(standing);
    book_change_byte(&book, "totals/standing", 300);
    assert_int_equal(standing_check(book.ledger, &same), ERR_CORRUPT);
    assert_int_equal(standing_open(book.ledger, &standing), OK);
    assert_int_equal(standing_step(standing, BOOK_NOW, 2, NULL), OK);
    standing_close(standing);
    expect_same(&book, true);
    refresh_anew(&book, BOOK_NOW, true);
    book_close(&book);
}

/* Of two copies that differ one counts, which may be the one that came later:
 * then what the other came to is taken back. */
TEST(what_a_later_copy_displaces_is_taken_back)
{
    struct standing *standing;
    struct book book;

    start(&book, &standing);
    book_hear_copies(&book, 21, 1000, 1000);
    assert_int_equal(standing_refresh(standing, BOOK_NOW, NULL), OK);
    assert_true(expect_fresh(&book, standing, BOOK_NOW) > 0);
    assert_int_equal(standing_save(standing), OK);
    book_hear_copies(&book, 22, 1000, 5000);
    expect_same(&book, true);
    assert_int_equal(standing_refresh(standing, BOOK_NOW, NULL), OK);
    assert_false(standing_was_built(standing));
    assert_true(expect_fresh(&book, standing, BOOK_NOW) > 0);
    standing_close(standing);
    book_close(&book);
}

/* Likewise while all is folded, partition by partition, and what is new taken
 * in by small steps. */
TEST(what_is_displaced_while_all_is_folded_is_taken_back)
{
    struct standing *standing;
    struct book book;

    start(&book, &standing);
    book_hear_copies(&book, 21, 1000, 1000);
    for (uint32_t step = 0; step < LIMIT_PARTITIONS - 1; step++)
        assert_int_equal(standing_step(standing, BOOK_NOW, 2, NULL), OK);
    assert_int_equal(standing_position(standing), 0);
    book_hear_copies(&book, 22, 1000, 5000);
    while (standing_position(standing) < ledger_position(book.ledger)) {
        assert_int_equal(standing_step(standing, BOOK_NOW, 2, NULL), OK);
        if (standing_position(standing) == 0)
            continue;
        assert_int_equal(standing_save(standing), OK);
        expect_same(&book, true);
    }
    assert_true(expect_fresh(&book, standing, BOOK_NOW) > 0);
    standing_close(standing);
    book_close(&book);
}

/* The history is still behind what has displaced the copies, and that is
 * another member's: nothing of theirs comes with it. */
TEST(what_is_displaced_is_taken_back_when_its_turn_comes)
{
    const struct journal_control mark = { .channel = CHANNEL_EVENTS,
                                          .kind = RECORD_MARK,
                                          .body = view_of("\x80"),
                                          .now_ms = BOOK_NOW };
    struct journal_result result;
    struct standing *standing;
    struct history *history;
    struct book book;

    start(&book, &standing);
    history = ledger_history(book.ledger);
    book_hear_copies(&book, 21, 1000, 1000);
    assert_int_equal(standing_refresh(standing, BOOK_NOW, NULL), OK);
    assert_true(expect_fresh(&book, standing, BOOK_NOW) > 0);
    history_set_step(history, 1);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(
            journal_append_control(ledger_journal(book.ledger), &mark, &result),
            OK);
    book_hear_copies(&book, 22, 1001, 5000);
    assert_true(history_quarantine_count(history) > 0);
    while (history_is_behind(history)) {
        assert_int_equal(standing_step(standing, BOOK_NOW, 2, NULL), OK);
        assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    }
    assert_int_equal(standing_refresh(standing, BOOK_NOW, NULL), OK);
    assert_false(standing_was_built(standing));
    assert_true(expect_fresh(&book, standing, BOOK_NOW) > 0);
    standing_close(standing);
    book_close(&book);
}

RUN(cmocka_unit_test(kept_totals_equal_a_fresh_fold),
    cmocka_unit_test(what_a_later_copy_displaces_is_taken_back),
    cmocka_unit_test(what_is_displaced_while_all_is_folded_is_taken_back),
    cmocka_unit_test(what_is_displaced_is_taken_back_when_its_turn_comes),
    cmocka_unit_test(what_arrives_while_all_is_folded_counts),
    cmocka_unit_test(the_file_is_gone_on_from),
    cmocka_unit_test(what_is_of_no_use_is_built_anew),
    cmocka_unit_test(a_damaged_file_goes_with_the_first_step))
