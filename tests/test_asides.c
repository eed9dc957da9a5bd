/*
 * test_asides.c - what a walk has found is believed as long as nothing can have
 * changed it, and not one bit of its file longer
 */
#include "core/asides.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/book.h"
#include "tests/unit.h"

#define SALE                                                                   \
    "{\"kind\": \"purchase\", \"member\": 42, \"receipt\": \"1\", \"total\": " \
    "500, \"at\": \"2025-06-01T00:00:00Z\"}"

static struct asides_kept found = {
    .last = 2,
    .events = 1,
    .count = 1,
    .list = { { ASIDE_QUARANTINED, 9, 2, { 5, 1, 7 }, "for a reason" } },
};

static bool
load(struct book *book, struct asides_kept *ret_asides)
{
    struct reader *reader = NULL;

    assert_int_equal(reader_open(ledger_journal(book->ledger), &reader), OK);
    bool loaded = asides_load(book->ledger, reader, ret_asides);
    reader_close(reader);
    return loaded;
}

static void
save(struct book *book)
{
    struct reader *reader = NULL;

    assert_int_equal(reader_open(ledger_journal(book->ledger), &reader), OK);
    asides_save(book->ledger, reader, &found);
    reader_close(reader);
}

static void
open_book(struct book *book)
{
    book_open(book, LEDGER_OWN);
    book_rules(book, "2000-01-01", "");
    assert_int_equal(book_append(book, SALE, NULL, NULL), OK);
}

TEST(it_comes_back_as_it_was)
{
    static struct asides_kept back;
    struct book book;

    open_book(&book);
    assert_false(load(&book, &back));
    save(&book);
    assert_true(load(&book, &back));
    assert_int_equal(back.last, 2);
    assert_int_equal(back.events, 1);
    assert_int_equal(back.count, 1);
    assert_int_equal(back.list[0].kind, ASIDE_QUARANTINED);
    assert_string_equal(back.list[0].reason, "for a reason");
    /* What comes later lies behind it. */
    assert_int_equal(book_append(&book, SALE, NULL, NULL), OK);
    assert_true(load(&book, &back));
    /* A new incarnation: what was there may have been lost before. */
    assert_int_equal(journal_renew(ledger_journal(book.ledger),
                                   journal_draw_later(1, BOOK_NOW + 1),
                                   REASON_REWOUND, NULL),
                     OK);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_false(load(&book, &back));
    book_close(&book);
}

TEST(a_bit_that_turns_or_a_byte_that_lacks_makes_it_nothing)
{
    static struct asides_kept back;
    struct book book;
    char path[PLACE_SIZE];
    uint8_t byte;

    open_book(&book);
    save(&book);
    snprintf(path, sizeof path, "%s/asides", ledger_dir(book.ledger));
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    const off_t size = lseek(file, 0, SEEK_END);
    assert_true(size > (off_t)sizeof found.list[0]);
    for (off_t at = 0; at < size; at++) {
        assert_int_equal(pread(file, &byte, 1, at), 1);
        byte ^= 4;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
        assert_false(load(&book, &back));
        byte ^= 4;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
    }
    assert_true(load(&book, &back));
    assert_int_equal(ftruncate(file, size - 1), 0);
    assert_false(load(&book, &back));
    close(file);
    book_close(&book);
}

/* Whoever is killed as it writes leaves half a file; the next one takes it
 * away, and no other file than the one with the name stays. */
TEST(what_was_cut_off_is_written_over)
{
    static struct asides_kept back;
    struct book book;
    char path[PLACE_SIZE];
    const struct dirent *entry;
    int count = 0;

    open_book(&book);
    snprintf(path, sizeof path, "%s/asides.new", ledger_dir(book.ledger));
    FILE *half = fopen(path, "wb");
    assert_non_null(half);
    for (int i = 0; i < 1000000; i++)
        fputc('x', half);
    fclose(half);
    assert_false(load(&book, &back));
    save(&book);
    assert_true(load(&book, &back));
    DIR *files = opendir(ledger_dir(book.ledger));
    while ((entry = readdir(files)) != NULL)
        count += strncmp(entry->d_name, "asides", 6) == 0;
    closedir(files);
    assert_int_equal(count, 1);
    book_close(&book);
}

RUN(cmocka_unit_test(it_comes_back_as_it_was),
    cmocka_unit_test(a_bit_that_turns_or_a_byte_that_lacks_makes_it_nothing),
    cmocka_unit_test(what_was_cut_off_is_written_over))
