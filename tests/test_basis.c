/*
 * test_basis.c - a decision holds beside what others append, but nothing comes
 * in between that it rests on
 */
#include "core/basis.h"

#include "core/text.h"
#include "tests/book.h"
#include "tests/unit.h"

#define STAMP(member)                                                          \
    "{\"kind\": \"stamp\", \"member\": " member ", \"card\": \"c\"}"
#define ADJUST                                                                 \
    "{\"kind\": \"adjust\", \"member\": 42, \"points\": 9, "                   \
    "\"reason\": \"r\", \"by\": \"b\"}"
#define JOIN(member, referrer)                                                 \
    "{\"kind\": \"join\", \"member\": " member ", \"referrer\": " referrer "}"
#define COPY                                                                   \
    "{\"event\": \"9.5.1\", \"recorded\": \"2025-01-01T00:00:00Z\", "          \
    "\"at\": \"2025-01-01T00:00:00Z\", \"kind\": \"stamp\", \"store\": 10, "   \
    "\"member\": 7, \"card\": \"c\"}"

struct decided {
    struct book book;
    struct basis basis;
};

/* Looks at the account 42, which has referred 43. */
static void
decide(struct decided *decided)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    struct book *book = &decided->book;
    struct history_account history;

    basis_begin(&decided->basis, ledger_position(book->ledger));
    arena_reset(&book->arena);
    assert_int_equal(ledger_account(book->ledger, (account_id) { .member = 42 },
                                    &question, &book->arena, &history, NULL),
                     OK);
    basis_add(&decided->basis, &history);
}

static void
start(struct decided *decided)
{
    book_open(&decided->book, LEDGER_WRITE);
    assert_true(basis_open(&decided->basis));
    assert_int_equal(
        book_append(&decided->book, ADJUST "\n" JOIN("43", "42"), NULL, NULL),
        OK);
    decide(decided);
}

static void
end(struct decided *decided)
{
    basis_close(&decided->basis);
    book_close(&decided->book);
}

/* Appends what has been decided. */
static enum err
append(struct decided *decided)
{
    struct ledger_entry entry = { .event = { .kind = EVENT_STAMP,
                                             .account = { .member = 42 },
                                             .stamp = { .card = view_of("c"),
                                                        .count = 1 } } };
    struct complaint words = { .text = "" };
    struct ledger_request request = { .entries = &entry,
                                      .count = 1,
                                      .basis = &decided->basis,
                                      .complaint = &words };

    ledger_append_each(decided->book.ledger, &request, 1, BOOK_NOW);
    return request.err;
}

TEST(sales_of_others_do_not_hinder)
{
    struct decided decided;

    start(&decided);
    assert_int_equal(append(&decided), OK);
    assert_int_equal(append(&decided), ERR_BUSY); /* for the first one */
    assert_int_equal(ledger_refresh(decided.book.ledger, NULL), OK);
    decide(&decided);
    assert_int_equal(
        book_append(&decided.book,
                    STAMP("1") "\n" STAMP(
                        "44") "\n"
                              "{\"kind\": \"stamp\", \"bearer\": \"42\", "
                              "\"card\": \"c\"}\n" JOIN("45", "44"),
                    NULL, NULL),
        OK);
    assert_int_equal(append(&decided), OK);
    end(&decided);
}

TEST(what_is_about_the_account_hinders)
{
    static const char *const LINES[] = {
        STAMP("42"),      /* itself */
        STAMP("43"),      /* whom it has referred */
        JOIN("44", "42"), /* whom it refers now */
        STAMP("1") "\n" STAMP("42") "\n" STAMP("2"),
    };

    for (uint32_t i = 0; i < COUNT_OF(LINES); i++) {
        struct decided decided;
        start(&decided);
        assert_int_equal(book_append(&decided.book, LINES[i], NULL, NULL), OK);
        assert_int_equal(append(&decided), ERR_BUSY);
        end(&decided);
    }
}

/* Rules, the allow-list, copies and another incarnation may change what counts,
 * whomever they name. */
TEST(what_is_no_new_event_of_this_node_hinders)
{
    struct ledger_import import = { 0 };
    struct decided decided;

    start(&decided);
    book_rules(&decided.book, "2000-01-01", "");
    assert_int_equal(append(&decided), ERR_BUSY);
    decide(&decided);
    book_enrol(&decided.book, 9, 10, ENROL_STORE);
    assert_int_equal(append(&decided), ERR_BUSY);
    assert_int_equal(ledger_refresh(decided.book.ledger, NULL), OK);
    decide(&decided);
    assert_int_equal(book_import(&decided.book, COPY, &import, NULL), OK);
    assert_int_equal(append(&decided), ERR_BUSY);
    decide(&decided);
    assert_int_equal(book_append(&decided.book, STAMP("1"), NULL, NULL), OK);
    assert_int_equal(journal_renew(ledger_journal(decided.book.ledger), 2,
                                   REASON_MOVED, NULL),
                     OK);
    assert_int_equal(append(&decided), ERR_BUSY);
    end(&decided);
}

/* All who append wait while it is asked about them. */
TEST(too_many_are_not_asked_about)
{
    enum { BATCH = 1000, BATCHES = 17 };
    struct text lines = { 0 };
    struct decided decided;

    for (uint32_t i = 0; i < BATCH; i++)
        text_string(&lines, STAMP("1") "\n");
    text_char(&lines, '\0');
    start(&decided);
    for (uint32_t i = 0; i < BATCHES; i++)
        assert_int_equal(
            book_append(&decided.book, (const char *)lines.bytes, NULL, NULL),
            OK);
    assert_int_equal(append(&decided), ERR_BUSY);
    decide(&decided);
    assert_int_equal(append(&decided), OK);
    text_close(&lines);
    end(&decided);
}

RUN(cmocka_unit_test(sales_of_others_do_not_hinder),
    cmocka_unit_test(what_is_about_the_account_hinders),
    cmocka_unit_test(what_is_no_new_event_of_this_node_hinders),
    cmocka_unit_test(too_many_are_not_asked_about))
