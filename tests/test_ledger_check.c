/*
 * test_ledger_check.c - verify finds what is damaged and says what is worth
 * knowing; status counts
 */
#include "core/ledger_check.h"

#include "core/standing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/book.h"
#include "tests/unit.h"

struct told {
    uint32_t damage_count;
    uint32_t note_count;
    char last[512];
};

static void
hear(void *context, bool damage, const char *line)
{
    struct told *told = context;

    told->damage_count += damage;
    told->note_count += !damage;
    strncpy(told->last, line, sizeof told->last - 1);
}

static struct told
verify(struct book *book, enum err expected)
{
    struct complaint complaint = { .text = "" };
    struct told told = { 0 };

    assert_int_equal(ledger_verify(book->ledger, hear, &told, &complaint),
                     expected);
    assert_int_equal(complaint.text[0] != '\0', expected != OK);
    return told;
}

TEST(examples_are_sound)
{
    static const char *const folders[] = { "04-return-across-tier",
                                           "11-overdraft", "12-reversal",
                                           "14-pass", "20-inactive" };

    for (uint32_t i = 0; i < COUNT_OF(folders); i++) {
        struct book book;
        book_open(&book, LEDGER_WRITE);
        book_load_example(&book, folders[i]);
        assert_int_equal(verify(&book, OK).damage_count, 0);
        book_close(&book);
    }
}

struct words {
    struct text text;
    const char *last;
};

static void
note_words(void *context, const char *words, uint64_t done, uint64_t total)
{
    struct words *noted = context;

    assert_true(done <= total);
    if (noted->last != words)
        text_format(&noted->text, "%s %u\n", words, (unsigned)total);
    noted->last = words;
}

TEST(a_watch_hears_what_verify_does)
{
    struct book book;
    struct words noted = { .last = NULL };
    struct watch watch = { .tell = note_words, .context = &noted };

    book_open(&book, LEDGER_WRITE);
    book_load_example(&book, "14-pass");
    ledger_set_watch(book.ledger, &watch);
    const unsigned events =
        (unsigned)history_counts(ledger_history(book.ledger)).events;
    assert_int_equal(verify(&book, OK).damage_count, 0);
    char expected[512];
    snprintf(expected, sizeof expected,
             "the history's files are read 0\n"
             "closes checked: 0\n"
             "events folded, points accounted for: %u\n"
             "events folded, states compared: %u\n"
             "events folded, totals compared: %u\n",
             events, events, events);
    assert_true(text_ok(&noted.text));
    text_char(&noted.text, '\0');
    const char *behind = strstr((const char *)noted.text.bytes, "the history");
    assert_non_null(behind);
    assert_string_equal(behind, expected);
    text_close(&noted.text);
    book_close(&book);
}

TEST(a_damaged_run_is_told_once_and_mended)
{
    struct book book;

    book_open(&book, LEDGER_OWN);
    book_load_example(&book, "13-referral");
    assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
    book_change_byte(&book, "history/0000000000000001.run", 60);
    assert_int_equal(verify(&book, ERR_CORRUPT).damage_count, 1);
    assert_int_equal(verify(&book, OK).damage_count, 0);
    book_close(&book);
}

/* Rules that only a later program knows: what that has summed up by them is
 * none of our business, neither to look at nor to take away. */
TEST(the_totals_of_a_later_program_are_left_alone)
{
    static const uint8_t body[] = { 0x87, 1,    9, 2, 1,    3,   0,
                                    4,    0xc4, 0, 5, 0xa1, 'Z', 6,
                                    0x92, 0xc0, 0, 7, 0xc0 };
    const struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                             .kind = RECORD_VERSION,
                                             .body = { body, sizeof body },
                                             .now_ms = BOOK_NOW };
    struct journal_result result;
    struct standing *standing;
    struct book book;
    char path[4200];

    book_open(&book, LEDGER_OWN);
    book_load_example(&book, "13-referral");
    assert_int_equal(standing_open(book.ledger, &standing), OK);
    assert_int_equal(standing_refresh(standing, BOOK_NOW, NULL), OK);
    assert_int_equal(standing_save(standing), OK);
    standing_close(standing);
    assert_int_equal(
        journal_append_control(ledger_journal(book.ledger), &control, &result),
        OK);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(verify(&book, OK).damage_count, 0);
    snprintf(path, sizeof path, "%s/totals/standing", ledger_dir(book.ledger));
    assert_int_equal(access(path, F_OK), 0);
    book_close(&book);
}

#define COPY(identity, member)                                                 \
    "{\"event\": \"" identity "\", \"recorded\": "                             \
    "\"2025-01-01T00:00:00Z\", \"at\": \"2025-01-01T00:00:00Z\", "             \
    "\"kind\": \"join\", \"store\": 10, \"member\": " member "}"

TEST(gaps_and_colliding_members_are_notes)
{
    struct ledger_import import = { 0 };
    struct ledger_status status;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(book_import(&book,
                                 COPY("9.5.1", "42") "\n" COPY("9.5.4", "43"),
                                 &import, NULL),
                     OK);
    struct told told = verify(&book, OK);
    assert_int_equal(told.note_count, 1);
    assert_non_null(strstr(told.last, "9.5.2 to 3"));
    assert_int_equal(book_import(&book, COPY("8.5.1", "42"), &import, NULL),
                     OK);
    told = verify(&book, OK);
    assert_int_equal(told.note_count, 2);
    assert_non_null(strstr(told.last, "member 42: joined at node 8"));
    assert_int_equal(ledger_get_status(book.ledger, NULL, NULL, &status), OK);
    assert_int_equal(status.gaps, 1);
    assert_int_equal(status.position, 3);
    assert_int_equal(status.event_count, 3);
    assert_int_equal(status.versions, 0);
    assert_int_equal(status.quarantined, 0);
    assert_true(status.journal_size > 0);
    assert_int_equal(status.who.node, 1);
    book_close(&book);
}

RUN(cmocka_unit_test(examples_are_sound),
    cmocka_unit_test(a_watch_hears_what_verify_does),
    cmocka_unit_test(a_damaged_run_is_told_once_and_mended),
    cmocka_unit_test(the_totals_of_a_later_program_are_left_alone),
    cmocka_unit_test(gaps_and_colliding_members_are_notes))
