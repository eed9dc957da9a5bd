/*
 * test_golden.c - a whole journal that an earlier build has written is read as
 * it was meant, and what it says would be written the same today
 *
 * tests/golden/journal.hex is the file of a small journal with every kind of
 * event and of control item; journal.txt says what it means: heads of streams,
 * the digest of all accounts, the events as they are exported.  Both are made
 * by `test_golden make` and never again: a test that fails here means that
 * this build no longer understands what stores have on their disks.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/closing_write.h"
#include "core/codec.h"
#include "core/digest.h"
#include "core/enrol.h"
#include "core/facts.h"
#include "core/json.h"
#include "core/reader.h"
#include "core/scrub.h"
#include "tests/book.h"
#include "tests/golden.h"
#include "tests/unit.h"

#define HEX "tests/golden/journal.hex"
#define MEANING "tests/golden/journal.txt"
#define AT INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

enum { FILE_MAX = 1 << 20, LINE_BYTES = 32, MEANING_MAX = 1 << 17 };

/* ----- what a journal means, as text ----- */

static void
write_hex(struct text *text, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        text_format(text, "%02x", bytes[i]);
}

static void
write_heads(struct reader *reader, struct text *text)
{
    struct reader_stream stream = { 0 };

    while (reader_next_stream(reader, stream.stream, &stream) == OK) {
        text_format(text, "head %u.%llu %u %llu ", stream.stream.node,
                    (unsigned long long)stream.stream.incarnation,
                    stream.stream.channel, (unsigned long long)stream.head.seq);
        write_hex(text, stream.head.chain.bytes, 32);
        text_char(text, '\n');
    }
}

static void
write_event(struct text *text, const struct record_event *stored,
            struct arena *arena)
{
    struct event event;

    if (codec_decode(stored->core, arena, &event) != OK ||
        codec_decode_annex(stored->annex, &event.annex) != OK) {
        text_string(text, "unknown ");
        write_hex(text, stored->core.bytes, stored->core.size);
    } else {
        event.identity = stored->origin;
        json_write_event(text, &event);
    }
}

static void
write_items(struct reader *reader, struct arena *arena, struct text *text)
{
    struct reader_item item;
    struct record_event stored;

    for (uint64_t next = 1; reader_next(reader, next, &item) == OK;
         next += item.record.count) {
        struct record_cursor cursor = record_events(&item.record);
        text_format(text, "record %llu arrival %lld kind %u flags %u\n",
                    (unsigned long long)item.position,
                    (long long)item.arrival_ms, item.record.kind,
                    item.record.flags);
        while (record_next(&cursor, &stored)) {
            write_event(text, &stored, arena);
            text_char(text, '\n');
        }
    }
}

static void
write_meaning(struct book *book, struct text *text)
{
    struct reader *reader = NULL;
    struct complaint complaint = { .text = "" };
    digest found;

    assert_int_equal(
        digest_accounts(book->ledger, LEDGER_KNOWN_ALL, AT, &found, &complaint),
        OK);
    text_string(text, "digest ");
    write_hex(text, found.bytes, sizeof found.bytes);
    text_char(text, '\n');
    assert_int_equal(reader_open(ledger_journal(book->ledger), &reader), OK);
    write_heads(reader, text);
    write_items(reader, &book->arena, text);
    reader_close(reader);
    assert_true(text_ok(text));
}

/* ----- the files ----- */

/* Lines "OFFSET BYTES"; lines of zeros are left out, the last line says the
 * size alone. */
static size_t
read_file(uint8_t *bytes)
{
    char line[256];
    size_t size = 0;
    FILE *file = fopen(HEX, "r");

    assert_non_null(file);
    memset(bytes, 0, FILE_MAX);
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long at = 0;
        int used = 0;
        assert_int_equal(sscanf(line, "%lx%n", &at, &used), 1);
        assert_true(at + LINE_BYTES <= FILE_MAX);
        size = at;
        for (unsigned i = 0; line[used] == ' ' && i < LINE_BYTES; i++) {
            unsigned byte = 0;
            assert_int_equal(sscanf(line + used + 1 + 2 * i, "%2x", &byte), 1);
            bytes[at + i] = (uint8_t)byte;
        }
    }
    fclose(file);
    return size;
}

static void
open_golden(struct book *book)
{
    static uint8_t bytes[FILE_MAX];
    char path[PLACE_SIZE];

    *book = (struct book) { .place = place_make() };
    assert_true(arena_open(&book->arena, 1 << 30));
    place_join(&book->place, "journal", path);
    assert_int_equal(mkdir(path, 0700), 0);
    place_join(&book->place, "journal/data.mdb", path);
    size_t size = read_file(bytes);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(
        ledger_open(book->place.path, LEDGER_READ, NULL, &book->ledger), OK);
}

/* ----- reading ----- */

TEST(the_golden_journal_means_what_it_meant)
{
    static char expected[MEANING_MAX];
    struct text meaning = { 0 };
    struct scrub_totals totals;
    struct book book;
    FILE *file = fopen(MEANING, "r");

    assert_non_null(file);
    size_t size = fread(expected, 1, sizeof expected - 1, file);
    expected[size] = '\0';
    fclose(file);
    open_golden(&book);
    write_meaning(&book, &meaning);
    text_char(&meaning, '\0');
    assert_string_equal((const char *)meaning.bytes, expected);
    text_close(&meaning);
    assert_int_equal(
        scrub_run(ledger_journal(book.ledger), NULL, NULL, NULL, &totals), OK);
    assert_int_equal(totals.findings, 0);
    assert_true(totals.events > 26);
    assert_true(totals.controls >= 8);
    book_close(&book);
}

TEST(every_kind_is_in_it)
{
    struct reader *reader = NULL;
    struct reader_item item;
    struct book book;
    uint32_t kinds = 0;

    open_golden(&book);
    assert_int_equal(reader_open(ledger_journal(book.ledger), &reader), OK);
    for (uint64_t next = 1; reader_next(reader, next, &item) == OK;
         next += item.record.count)
        kinds |= 1u << item.record.kind;
    reader_close(reader);
    for (uint32_t kind = RECORD_EVENTS; kind <= RECORD_BACKUP; kind++)
        assert_true((kinds & 1u << kind) != 0);
    book_close(&book);
}

/* ----- writing ----- */

static struct journal_entry
entry_of(const struct record_event *stored)
{
    struct journal_facts facts = { 0 };

    facts_describe(stored, &facts);
    return (struct journal_entry) {
        .core = stored->core,
        .annex = stored->annex,
        .id = facts.id,
        .print = stored->copy ? stored->print : facts.print,
        .copy_of = stored->copy ? stored->origin : (identity) { 0 },
    };
}

/* Appends what the record says, as if it were said now. */
static void
say_again(struct journal *journal, const struct record *record)
{
    static struct journal_entry entries[LIMIT_RECORD_EVENTS];
    static struct journal_result results[LIMIT_RECORD_EVENTS];
    struct record_cursor cursor = record_events(record);
    struct record_event stored;
    uint32_t count = 0;

    if (record->kind != RECORD_EVENTS) {
        const struct journal_control control = {
            .channel = record->stream.channel,
            .kind = record->kind,
            .body = record->body,
            .now_ms = record->recorded_ms,
        };
        assert_int_equal(journal_append_control(journal, &control, results),
                         OK);
        return;
    }
    while (record_next(&cursor, &stored))
        entries[count++] = entry_of(&stored);
    const struct journal_append append = { .entries = entries,
                                           .count = count,
                                           .now_ms = record->recorded_ms };
    assert_int_equal(journal_append(journal, &append, results), OK);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(results[i].outcome, JOURNAL_APPENDED);
}

TEST(the_same_would_be_written_today)
{
    struct book golden;
    struct book today;
    struct reader *was = NULL;
    struct reader *is = NULL;
    struct reader_item item;
    struct reader_item again;

    open_golden(&golden);
    book_open(&today, LEDGER_READ);
    assert_int_equal(reader_open(ledger_journal(golden.ledger), &was), OK);
    for (uint64_t next = 1; reader_next(was, next, &item) == OK;
         next += item.record.count)
        say_again(ledger_journal(today.ledger), &item.record);
    assert_int_equal(reader_open(ledger_journal(today.ledger), &is), OK);
    for (uint64_t next = 1; reader_next(was, next, &item) == OK;
         next += item.record.count) {
        assert_int_equal(reader_next(is, next, &again), OK);
        assert_int_equal(again.position, item.position);
        assert_int_equal(again.arrival_ms, item.arrival_ms);
        assert_true(view_equal(again.record.bytes, item.record.bytes));
    }
    assert_int_equal(reader_last(is), reader_last(was));
    reader_close(is);
    reader_close(was);
    book_close(&today);
    book_close(&golden);
}

/* ----- making it: once ----- */

static const char RULES[] = "earn:\n"
                            "  - {id: base, per: 1.00, points: 1}\n";

#define COPY(identity, id, store)                                              \
    "{\"event\": \"" identity "\", \"recorded\": \"2025-01-01T00:00:00Z\", "   \
    "\"at\": \"2025-01-01T00:00:00Z\", \"kind\": \"purchase\", "               \
    "\"store\": " store ", \"member\": 42, \"receipt\": \"c" id                \
    "\", \"total\": 100, "                                                     \
    "\"id\": \"c" id "\"}\n"

static void
add_control(struct book *book, uint8_t channel, uint8_t kind, view body)
{
    struct journal_result result;
    const struct journal_control control = {
        .channel = channel, .kind = kind, .body = body, .now_ms = BOOK_NOW
    };

    assert_int_equal(
        journal_append_control(ledger_journal(book->ledger), &control, &result),
        OK);
}

static void
add_controls(struct book *book)
{
    const struct enrolment enrolment = { .node = 421,
                                         .role = ENROL_STORE,
                                         .store_count = 1,
                                         .stores = { 30 },
                                         .once_until_ms = BOOK_NOW };
    struct text body = { 0 };

    enrol_encode(&enrolment, &body);
    add_control(book, CHANNEL_BOOKS, RECORD_ENROL, text_view(&body));
    text_clear(&body);
    enrol_encode_revoke(422, &body);
    add_control(book, CHANNEL_PUBLIC, RECORD_REVOKE, text_view(&body));
    text_close(&body);
    /* Maps without fields: what they mean is not settled, only how they lie. */
    add_control(book, CHANNEL_EVENTS, RECORD_MARK, view_of("\x80"));
    add_control(book, CHANNEL_PUBLIC, RECORD_ENDPOINTS, view_of("\x80"));
    add_control(book, CHANNEL_PUBLIC, RECORD_KEY, view_of("\x80"));
    add_control(book, CHANNEL_BOOKS, RECORD_BACKUP, view_of("\x80"));
}

static void
add_entries(struct book *book, const struct journal_entry *entries,
            uint32_t count, int64_t now_ms)
{
    static struct journal_result results[GOLDEN_MAX];
    const struct journal_append append = { .entries = entries,
                                           .count = count,
                                           .now_ms = now_ms };

    assert_int_equal(
        journal_append(ledger_journal(book->ledger), &append, results), OK);
}

static void
add_events(struct book *book)
{
    static struct journal_entry entries[GOLDEN_MAX];
    struct golden *goldens;
    uint32_t count = golden_read(&book->arena, &goldens);

    for (uint32_t i = 0; i < count; i++) {
        const struct record_event stored = { .core = goldens[i].bare,
                                             .annex = goldens[i].annex };
        entries[i] = entry_of(&stored);
    }
    add_entries(book, entries, count, BOOK_NOW);
    /* An event of a kind to come, by a clock that went back. */
    const struct journal_entry odd = { .core = view_of("\x81\x01\x63") };
    add_entries(book, &odd, 1, BOOK_NOW - 60000);
}

static void
write_golden(const struct book *book)
{
    static uint8_t bytes[FILE_MAX];
    static const uint8_t zeros[LINE_BYTES];
    char path[PLACE_SIZE];
    struct text text = { 0 };

    place_join(&book->place, "journal/data.mdb", path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t at = 0; at < size; at += LINE_BYTES) {
        if (memcmp(bytes + at, zeros, LINE_BYTES) == 0)
            continue;
        text_format(&text, "%zx ", at);
        write_hex(&text, bytes + at, LINE_BYTES);
        text_char(&text, '\n');
    }
    text_format(&text, "%zx\n", size);
    file = fopen(HEX, "w");
    assert_non_null(file);
    fwrite(text.bytes, 1, text.size, file);
    fclose(file);
    text_close(&text);
}

TEST(make)
{
    struct ledger_import import = { 0 };
    struct complaint complaint = { .text = "" };
    struct text meaning = { 0 };
    struct book book;

    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2000-01-01", RULES);
    add_events(&book);
    add_controls(&book);
    assert_int_equal(book_import(&book,
                                 COPY("9.5.1", "1", "10")
                                     COPY("421.7.3", "2", "30")
                                         COPY("421.7.4", "3", "31"),
                                 &import, &complaint),
                     OK);
    assert_int_equal(
        closing_close(book.ledger, 2000 * 12, BOOK_NOW, &complaint), OK);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    write_meaning(&book, &meaning);
    FILE *file = fopen(MEANING, "w");
    assert_non_null(file);
    fwrite(meaning.bytes, 1, meaning.size, file);
    fclose(file);
    text_close(&meaning);
    write_golden(&book);
    book_close(&book);
}

int
main(int count, char **words)
{
    const struct CMUnitTest made[] = { cmocka_unit_test(make) };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_journal_means_what_it_meant),
        cmocka_unit_test(every_kind_is_in_it),
        cmocka_unit_test(the_same_would_be_written_today),
    };

    if (count == 2 && strcmp(words[1], "make") == 0)
        return cmocka_run_group_tests(made, NULL, NULL) != 0;
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
