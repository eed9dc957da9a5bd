/*
 * test_state.c - the states that are kept equal a fresh fold, byte for byte,
 * whatever came late, was voided, returned or recommended, and however often
 * the process was restarted, its files were lost or its disk was full
 *
 * This program has its own fdatasync(), which is LMDB's.
 */
#include "core/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/ledger_refresh.h"
#include "core/state_check.h"
#include "core/state_fold.h"
#include "core/text.h"
#include "tests/book.h"
#include "tests/unit.h"

enum { DAY_MS = 86400000 };

static const char RULES[] =
    "points: {expire_months: 2, pending_days: 3}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: big, when: {min_total: 50.00}, points: 20, limit: {times: 1, "
    "per: week}}\n"
    "  - {id: wake, on: inactive, after_days: 20, points: 5}\n"
    "  - {id: welcome, on: join, points: 30}\n"
    "rewards:\n"
    "  - {id: cup, value: 3.00, valid_days: 30, points: 40}\n"
    "stamps:\n"
    "  - {id: card, need: 3, reward: cup}\n"
    "spend_rewards:\n"
    "  - {id: much, spend: 100.00, window: year, reward: cup, repeat: true}\n"
    "monthly_bonus: {steps: [{from: 40.00, percent: 2}]}\n"
    "tiers:\n"
    "  window: 3 months\n"
    "  valid_for: 2 months\n"
    "  levels: [{id: low}, {id: high, from: 80.00, multiply: 1.5}]\n"
    "referral: {on: purchase, min_total: 10.00, referrer_points: 100, "
    "referred_points: 50}\n"
    "passes:\n"
    "  - {id: gym, uses: 2, valid_months: 1, rebates: [{within_days: 30, "
    "points: 9}]}\n";

static uint64_t seed;
static uint32_t made; /* events so far: event i has the seq i */
static uint64_t kept; /* bytes of states that stay in memory */
static bool is_full;  /* the disk, for LMDB */

int
fdatasync(int file)
{
    if (!is_full)
        return (int)syscall(SYS_fdatasync, file);
    errno = ENOSPC;
    return -1;
}

static uint32_t
draw(uint32_t bound)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % bound;
}

/* What happens, by chance; `at` of the year before BOOK_NOW, mostly later than
 * all before. */
static void
write_event(struct text *text, uint32_t kind, uint32_t referrer)
{
    static const char *const shapes[] = {
        "\"kind\": \"stamp\", \"card\": \"card\", \"count\": 2",
        "\"kind\": \"pass_sale\", \"pass\": \"gym\", \"price\": 2000",
        "\"kind\": \"pass_use\", \"pass\": \"gym\"",
        "\"kind\": \"consent\", \"channel\": \"email\", \"granted\": true",
        "\"kind\": \"adjust\", \"points\": -7, \"reason\": \"r\", \"by\": "
        "\"b\"",
        "\"kind\": \"activity\", \"name\": \"survey\"",
        "\"kind\": \"grant\", \"reward\": \"cup\"",
    };

    if (kind < COUNT_OF(shapes))
        text_string(text, shapes[kind]);
    else if (kind == COUNT_OF(shapes))
        text_format(text,
                    "\"kind\": \"join\", \"home_store\": 10, \"referrer\": %u",
                    referrer);
    else if (kind == COUNT_OF(shapes) + 1 && made > 0)
        text_format(text, "\"kind\": \"void\", \"voids\": \"1.1.%u\"",
                    1 + draw(made));
    else if (kind == COUNT_OF(shapes) + 2)
        text_format(text, "\"kind\": \"return\", \"receipt\": \"r%u\"",
                    draw(20));
    else if (kind == COUNT_OF(shapes) + 3)
        text_format(text,
                    "\"kind\": \"redeem\", \"id\": \"i%u\", "
                    "\"points\": %u",
                    made, 1 + draw(30));
    else if (kind == COUNT_OF(shapes) + 4)
        text_format(text, "\"kind\": \"reverse\", \"redemption\": \"i%u\"",
                    draw(made + 1));
    else
        text_format(text,
                    "\"kind\": \"purchase\", \"receipt\": \"r%u\", "
                    "\"total\": %u",
                    draw(20), 100 + draw(9000));
}

/* Members 1008 to 1011 and one bearer buy; they are recommended by each other
 * and by members who have nothing else. */
static void
tell_one(struct text *text)
{
    uint32_t kind = draw(20);
    uint32_t member = 1008 + draw(5);
    uint32_t referrer = 1004 + draw(8);
    int64_t back = draw(8) == 0 ? draw(300) : 300 - (made < 300 ? made : 299);
    int64_t at_ms =
        BOOK_NOW - back * DAY_MS + (int64_t)draw(24) * 3600000 - DAY_MS;
    char time[25];

    if (member == 1012 && (kind == 3 || kind == 7))
        member = 1008;
    if (referrer == member)
        referrer = 1000;
    calendar_format_time(at_ms, time);
    text_string(text, "{");
    write_event(text, kind, referrer);
    if (member == 1012)
        text_string(text, ", \"bearer\": \"card-1\"");
    else
        text_format(text, ", \"member\": %u", member);
    text_format(text, ", \"at\": \"%s\", \"store\": %u}\n", time,
                draw(2) == 0 ? 10 : 30);
    made++;
}

static void
tell(struct book *book, uint32_t count)
{
    struct text text = { 0 };
    struct complaint complaint = { .text = "" };

    for (uint32_t i = 0; i < count; i++)
        tell_one(&text);
    text_char(&text, '\0');
    enum err err =
        book_append(book, (const char *)text.bytes, NULL, &complaint);
    assert_string_equal(complaint.text, "");
    assert_int_equal(err, OK);
    text_close(&text);
}

static void
expect_fresh(struct book *book, struct state *state)
{
    struct state_fold fold;
    uint32_t compared = 0;

    assert_int_equal(state_position(state), ledger_position(book->ledger));
    assert_int_equal(
        state_fold_open(&fold, book->ledger, state_timeline(state)), OK);
    for (uint64_t number = 999; number < 1012; number++) {
        account_id account = { .member = number };
        struct state_folded folded;
        struct state_packed packed = { 0 };
        if (number == 999)
            account = (account_id) { .bearer = view_of("card-1") };
        assert_int_equal(
            state_fold_account(&fold, account, HISTORY_ALL, &folded), OK);
        enum err err = state_get(state, account, &packed);
        assert_int_equal(err, folded.packed.size > 0 ? OK : ERR_NOT_FOUND);
        assert_true(view_equal(packed.bytes, folded.packed));
        compared += err == OK;
    }
    assert_true(compared > 0);
    state_fold_close(&fold);
}

static void
start(struct book *book, struct state **state)
{
    made = 0;
    book_open(book, LEDGER_OWN);
    book_rules(book, "2025-01-01", RULES);
    assert_int_equal(state_open(book->ledger, state), OK);
    state_keep(*state, kept);
    tell(book, 3);
    assert_int_equal(state_refresh(*state, NULL), OK);
}

static void
restart(struct book *book, struct state **state)
{
    state_close(*state);
    book_reopen(book, LEDGER_OWN);
    assert_int_equal(state_open(book->ledger, state), OK);
    state_keep(*state, kept);
    assert_int_equal(state_refresh(*state, NULL), OK);
}

TEST(states_equal_a_fresh_fold)
{
    for (uint32_t world = 0; world < 4; world++) {
        struct book book;
        struct state *state;
        uint64_t wrong;
        seed = 7 + world;
        kept = world % 2 == 0 ? 0 : 1 << 30;
        start(&book, &state);
        for (uint32_t round = 0; round < 40; round++) {
            tell(&book, 1 + draw(12));
            assert_int_equal(state_refresh(state, NULL), OK);
            expect_fresh(&book, state);
            if (draw(4) == 0)
                assert_int_equal(state_checkpoint(state), OK);
            if (draw(6) == 0) {
                restart(&book, &state);
                expect_fresh(&book, state);
            }
        }
        assert_int_equal(state_checkpoint(state), OK);
        assert_int_equal(state_check(book.ledger, &wrong), OK);
        assert_int_equal(wrong, 0);
        state_close(state);
        book_close(&book);
    }
    kept = 0;
}

TEST(a_new_version_folds_all_anew)
{
    struct book book;
    struct state *state;

    seed = 99;
    start(&book, &state);
    tell(&book, 60);
    assert_int_equal(state_refresh(state, NULL), OK);
    /* Also those that no event comes to meanwhile. */
    assert_int_equal(state_checkpoint(state), OK);
    book_rules(&book, "2025-06-01",
               "earn:\n  - {id: base, per: 1.00, points: 2}\n");
    assert_int_equal(state_refresh(state, NULL), OK);
    expect_fresh(&book, state);
    state_close(state);
    book_close(&book);
}

/* What a node said of a store that turns out not to be its own goes. */
TEST(an_enrolment_folds_all_anew)
{
    struct book book;
    struct state *state;

    seed = 98;
    start(&book, &state);
    tell(&book, 60);
    book_hear(&book, 7,
              "{\"kind\": \"purchase\", \"receipt\": \"x\", \"total\": 5000, "
              "\"member\": 1010}");
    assert_int_equal(state_refresh(state, NULL), OK);
    assert_int_equal(state_checkpoint(state), OK);
    book_enrol(&book, 7, 30, ENROL_STORE);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(state_refresh(state, NULL), OK);
    expect_fresh(&book, state);
    state_close(state);
    book_close(&book);
}

static void
sell(struct book *book, const char *receipt)
{
    char line[128];

    snprintf(line, sizeof line,
             "{\"kind\": \"purchase\", \"member\": 1009, \"receipt\": "
             "\"%s\", \"total\": 700}",
             receipt);
    assert_int_equal(book_write(book, line, NULL, NULL), OK);
}

/* What is built anew is built from histories, which have not heard all. */
TEST(a_new_version_finds_histories_behind)
{
    struct book book;
    struct state *state;

    seed = 97;
    start(&book, &state);
    tell(&book, 60);
    assert_int_equal(state_refresh(state, NULL), OK);
    book_rules(&book, "2025-06-01",
               "earn:\n  - {id: base, per: 1.00, points: 2}\n");
    const uint64_t before = ledger_position(book.ledger);
    sell(&book, "late-1");
    assert_int_equal(ledger_refresh_rules(book.ledger, NULL), OK);
    assert_int_equal(ledger_position(book.ledger), before);
    assert_int_equal(state_refresh(state, NULL), OK);
    assert_int_equal(state_position(state), before + 1);
    expect_fresh(&book, state);
    state_close(state);
    book_close(&book);
}

/* An account whose event comes before others of its own needs its history. */
TEST(histories_come_up_where_a_state_can_not_go_forward)
{
    struct book book;
    struct state *state;

    seed = 96;
    start(&book, &state);
    const uint64_t before = ledger_position(book.ledger);
    sell(&book, "late-1");
    assert_int_equal(ledger_refresh_rules(book.ledger, NULL), OK);
    assert_int_equal(state_refresh(state, NULL), OK);
    assert_int_equal(state_position(state), before + 1);
    assert_int_equal(ledger_position(book.ledger), before);
    assert_int_equal(
        book_write(&book,
                   "{\"kind\": \"purchase\", \"member\": 1009, \"receipt\": "
                   "\"early\", \"total\": 900, \"at\": "
                   "\"2025-12-31T10:00:00Z\"}",
                   NULL, NULL),
        OK);
    assert_int_equal(ledger_refresh_rules(book.ledger, NULL), OK);
    assert_int_equal(state_refresh(state, NULL), OK);
    assert_int_equal(ledger_position(book.ledger), before + 2);
    expect_fresh(&book, state);
    state_close(state);
    book_close(&book);
}

/* It is told as histories tell it, and nothing is built anew for it, for that
 * would meet it, too, each time. */
TEST(damage_that_histories_have_not_met_is_told)
{
    struct complaint complaint = { 0 };
    struct book book;
    struct state *state;
    char path[PLACE_SIZE];

    seed = 95;
    start(&book, &state);
    assert_int_equal(state_checkpoint(state), OK);
    sell(&book, "late-1");
    sell(&book, "late-2");
    book_rot(&book, "late-2");
    assert_int_equal(ledger_refresh_rules(book.ledger, NULL), OK);
    assert_int_equal(state_refresh(state, &complaint), ERR_CORRUPT);
    book_has(complaint.text, "is damaged; `leima verify` lists all damage");
    assert_false(state_is_sound(state));
    assert_int_equal(ledger_refresh(book.ledger, NULL), ERR_CORRUPT);
    assert_int_equal(state_refresh(state, &complaint), ERR_CORRUPT);
    book_rot(&book, "mate-2");
    sell(&book, "late-3"); /* what has not changed is not read again */
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(state_refresh(state, NULL), OK);
    expect_fresh(&book, state);
    assert_int_equal(state_checkpoint(state), OK);
    place_join(&book.place, "state/0000000000000001.run", path);
    assert_int_equal(access(path, F_OK), 0);
    state_close(state);
    book_close(&book);
}

TEST(lost_and_damaged_checkpoints_are_built_anew)
{
    struct book book;
    struct state *state;
    char path[PLACE_SIZE];

    seed = 5;
    start(&book, &state);
    tell(&book, 100);
    assert_int_equal(state_refresh(state, NULL), OK);
    assert_int_equal(state_checkpoint(state), OK);
    place_join(&book.place, "state/0000000000000001.run", path);
    assert_int_equal(unlink(path), 0);
    restart(&book, &state);
    expect_fresh(&book, state);
    uint64_t number = 0;
    for (int i = 1; i < 10; i++) {
        char name[64];
        snprintf(name, sizeof name, "state/%016x.run", i);
        place_join(&book.place, name, path);
        int file = open(path, O_RDWR);
        if (file < 0)
            continue;
        assert_int_equal(pwrite(file, "?", 1, 50), 1);
        close(file);
        number++;
    }
    assert_int_equal(number, 1);
    uint64_t wrong;
    assert_int_equal(state_check(book.ledger, &wrong), ERR_CORRUPT);
    tell(&book, 20);
    assert_int_equal(state_refresh(state, NULL), OK);
    expect_fresh(&book, state);
    assert_int_equal(state_checkpoint(state), OK);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    state_close(state);
    book_close(&book);
}

/* The checkpoint is on the disk, and for the note that names it there is no
 * room: who asks before the next refresh is answered as ever. */
TEST(a_note_that_finds_no_room_takes_no_state_away)
{
    struct book book;
    struct state *state;
    uint64_t wrong;

    seed = 6;
    start(&book, &state);
    for (uint32_t round = 0; round < 4; round++) {
        tell(&book, 40);
        assert_int_equal(state_refresh(state, NULL), OK);
        assert_int_equal(state_checkpoint(state), OK);
        tell(&book, 3);
        assert_int_equal(state_refresh(state, NULL), OK);
        is_full = true;
        assert_int_equal(state_checkpoint(state), ERR_FULL);
        is_full = false;
        expect_fresh(&book, state);
        assert_int_equal(state_refresh(state, NULL), OK);
        expect_fresh(&book, state);
    }
    assert_int_equal(state_checkpoint(state), OK);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    assert_int_equal(wrong, 0);
    state_close(state);
    book_close(&book);
}

/* One stamp each of so many members that a quiet moment writes them. */
static void
tell_many(struct book *book)
{
    enum { MEMBERS = 66000, STEP = 1000 };
    struct text text = { 0 };

    for (uint32_t i = 1; i <= MEMBERS; i++) {
        text_format(&text,
                    "{\"kind\": \"stamp\", \"card\": \"card\", \"member\": "
                    "%u, \"at\": \"2025-12-31T00:00:00Z\"}\n",
                    100000 + i);
        if (i % STEP != 0)
            continue;
        text_char(&text, '\0');
        assert_int_equal(
            book_append(book, (const char *)text.bytes, NULL, NULL), OK);
        text_clear(&text);
    }
    text_close(&text);
}

/* Where the folder of the checkpoints belongs there is something else. */
TEST(a_disk_that_takes_no_checkpoint_keeps_nobody_from_asking)
{
    char path[4200], away[4200];
    struct book book;
    struct state *state;
    uint64_t wrong;

    seed = 8;
    start(&book, &state);
    tell_many(&book);
    assert_int_equal(state_refresh(state, NULL), OK);
    snprintf(path, sizeof path, "%s/state", ledger_dir(book.ledger));
    snprintf(away, sizeof away, "%s/away", ledger_dir(book.ledger));
    assert_int_equal(rename(path, away), 0);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    close(file);
    assert_int_equal(state_checkpoint(state), ERR_IO);
    assert_int_equal(state_tend(state), OK);
    expect_fresh(&book, state);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(away, path), 0);
    assert_int_equal(state_tend(state), OK);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    assert_int_equal(wrong, 0);
    state_close(state);
    book_close(&book);
}

RUN(cmocka_unit_test(states_equal_a_fresh_fold),
    cmocka_unit_test(a_new_version_folds_all_anew),
    cmocka_unit_test(an_enrolment_folds_all_anew),
    cmocka_unit_test(a_new_version_finds_histories_behind),
    cmocka_unit_test(histories_come_up_where_a_state_can_not_go_forward),
    cmocka_unit_test(damage_that_histories_have_not_met_is_told),
    cmocka_unit_test(lost_and_damaged_checkpoints_are_built_anew),
    cmocka_unit_test(a_note_that_finds_no_room_takes_no_state_away),
    cmocka_unit_test(a_disk_that_takes_no_checkpoint_keeps_nobody_from_asking))
