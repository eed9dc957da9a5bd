#include "tests/book.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/balance.h"
#include "core/ingest.h"
#include "core/json.h"
#include "core/ledger_publish.h"
#include "core/reader.h"
#include "tests/unit.h"

enum { ARENA_SIZE = 1 << 30, ENTRIES_MAX = 5000, FILE_SIZE = 1 << 20 };

static const char HEADING[] =
    "program: Test\n"
    "currency: EUR\n"
    "timezone: Europe/Helsinki\n"
    "partners:\n"
    "  - {id: market, stores: [1, 2, 10-19], issue_price: 0.010, "
    "redeem_price: 0.009}\n"
    "  - {id: cafe, stores: [30-39], issue_price: 0.012, redeem_price: "
    "0.009}\n";

void
book_open(struct book *book, enum ledger_mode mode)
{
    const struct ledger_identity who = { .node = 1,
                                         .store = 10,
                                         .incarnation = 1 };

    *book = (struct book) { .place = place_make() };
    assert_true(arena_open(&book->arena, ARENA_SIZE));
    assert_int_equal(ledger_create(book->place.path, &who, BOOK_NOW, NULL), OK);
    assert_int_equal(ledger_open(book->place.path, mode, NULL, &book->ledger),
                     OK);
}

void
book_close(struct book *book)
{
    ledger_close(book->ledger);
    arena_close(&book->arena);
    place_remove(&book->place);
}

void
book_reopen(struct book *book, enum ledger_mode mode)
{
    ledger_close(book->ledger);
    book->ledger = NULL;
    assert_int_equal(ledger_open(book->place.path, mode, NULL, &book->ledger),
                     OK);
}

enum err
book_publish(struct book *book, const char *from, view file,
             struct complaint *complaint)
{
    struct ledger_publish publish = { .name = "program.yaml",
                                      .file = file,
                                      .now_ms = BOOK_NOW };
    identity published;

    assert_true(calendar_parse_date(view_of(from), &publish.from_day));
    return ledger_publish(book->ledger, &publish, &published, complaint);
}

void
book_rules(struct book *book, const char *from, const char *yaml)
{
    struct text text = { 0 };
    struct complaint complaint = { .text = "" };

    text_string(&text, HEADING);
    text_string(&text, yaml);
    enum err err = book_publish(book, from, text_view(&text), &complaint);
    text_close(&text);
    assert_string_equal(complaint.text, "");
    assert_int_equal(err, OK);
}

static uint32_t
parse(struct book *book, const char *lines, struct ledger_entry *entries)
{
    uint32_t count = 0;

    arena_reset(&book->arena);
    while (*lines != '\0') {
        size_t size = strcspn(lines, "\n");
        struct ledger_entry *entry = &entries[count];
        struct complaint complaint = { .text = "" };
        struct json_extra extra;
        *entry = (struct ledger_entry) { .line = ++count };
        assert_true(count <= ENTRIES_MAX);
        enum err err =
            json_read_event((view) { (const uint8_t *)lines, (uint32_t)size },
                            &book->arena, &entry->event, &extra, &complaint);
        assert_string_equal(complaint.text, "");
        assert_int_equal(err, OK);
        entry->at_given = extra.has_at;
        entry->voids_id = extra.voids_id;
        lines += size + (lines[size] == '\n');
    }
    return count;
}

void
book_enrol(struct book *book, uint32_t node, uint32_t store,
           enum enrol_role role)
{
    const struct enrolment enrolment = { .node = node,
                                         .role = role,
                                         .store_count = 1,
                                         .stores = { store },
                                         .once_until_ms = BOOK_NOW };
    struct text body = { 0 };
    struct journal_result result;

    enrol_encode(&enrolment, &body);
    const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                             .kind = RECORD_ENROL,
                                             .body = text_view(&body),
                                             .now_ms = BOOK_NOW };
    assert_int_equal(
        journal_append_control(ledger_journal(book->ledger), &control, &result),
        OK);
    text_close(&body);
}

enum err
book_write(struct book *book, const char *lines, struct ledger_entry *entries,
           struct complaint *complaint)
{
    static struct ledger_entry own[ENTRIES_MAX];
    const struct ledger_append append = { .now_ms = BOOK_NOW };
    struct ledger_entry *all = entries == NULL ? own : entries;
    uint32_t count = parse(book, lines, all);

    return ledger_append(book->ledger, all, count, &append, complaint);
}

enum err
book_append(struct book *book, const char *lines, struct ledger_entry *entries,
            struct complaint *complaint)
{
    enum err err = book_write(book, lines, entries, complaint);

    assert_int_equal(ledger_refresh(book->ledger, NULL), OK);
    return err;
}

enum err
book_import(struct book *book, const char *lines, struct ledger_import *import,
            struct complaint *complaint)
{
    static struct ledger_entry entries[ENTRIES_MAX];
    uint32_t refused;
    uint32_t count = parse(book, lines, entries);

    import->now_ms = BOOK_NOW;
    enum err err = ledger_import(book->ledger, entries, count, import, &refused,
                                 complaint);
    assert_int_equal(ledger_refresh(book->ledger, NULL), OK);
    return err;
}

const char *
book_balance(struct book *book, const char *account, int64_t at_ms,
             uint64_t known)
{
    static struct text text;
    const struct ledger_question question = { .known = known };
    const struct timeline *timeline;
    struct history_account history;
    struct walk_input input;
    struct walk walk;
    account_id id;

    arena_reset(&book->arena);
    assert_true(account_parse(view_of(account), &id));
    assert_int_equal(ledger_timeline(book->ledger, known, &timeline, NULL), OK);
    struct fold *fold = fold_open(timeline, false, &book->arena);
    assert_int_equal(ledger_account(book->ledger, id, &question, &book->arena,
                                    &history, NULL),
                     OK);
    assert_int_equal(ledger_walk_input(book->ledger, &history, &question, fold,
                                       at_ms, &book->arena, &input),
                     OK);
    walk_open(&walk, &input, &book->arena);
    walk_finish(&walk);
    text_clear(&text);
    balance_json(&text, timeline, &walk.account, at_ms);
    text_char(&text, '\0');
    return (const char *)text.bytes;
}

view
book_example(const char *folder, const char *name)
{
    static uint8_t bytes[FILE_SIZE];
    char path[512];

    snprintf(path, sizeof path, "tests/examples/%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes - 1, file);
    fclose(file);
    bytes[size] = '\0';
    return (view) { bytes, (uint32_t)size };
}

void
book_load_example(struct book *book, const char *folder)
{
    struct ledger_import import = { 0 };
    struct complaint complaint = { .text = "" };
    view file = book_example(folder, "program.yaml");

    assert_int_equal(book_publish(book, "2000-01-01", file, &complaint), OK);
    const char *lines =
        (const char *)book_example(folder, "events.jsonl").bytes;
    assert_int_equal(book_import(book, lines, &import, &complaint), OK);
    assert_true(import.stored > 0);
    assert_int_equal(import.known, 0);
    uint64_t stored = import.stored;
    import = (struct ledger_import) { 0 };
    assert_int_equal(book_import(book, lines, &import, &complaint), OK);
    assert_int_equal(import.known, stored);
    assert_int_equal(import.stored, 0);
}

void
book_hear(struct book *hub, uint32_t node, const char *lines)
{
    const struct ledger_identity who = { .node = node,
                                         .store = 10,
                                         .incarnation = 100 };
    const struct ingest_options options = { .now_ms = BOOK_NOW };
    struct ingest_batch batch = { .stream = { .incarnation = 100,
                                              .node = node } };
    struct ledger_import import = { 0 };
    struct reader *reader = NULL;
    struct reader_item item;
    struct book store = { .place = place_make() };
    char path[PLACE_SIZE];

    place_join(&store.place, "ledger", path);
    assert_true(arena_open(&store.arena, ARENA_SIZE));
    assert_int_equal(ledger_create(path, &who, BOOK_NOW, NULL), OK);
    assert_int_equal(ledger_open(path, LEDGER_WRITE, NULL, &store.ledger), OK);
    assert_int_equal(book_import(&store, lines, &import, NULL), OK);
    assert_int_equal(reader_open(ledger_journal(store.ledger), &reader), OK);
    assert_int_equal(reader_find(reader, batch.stream, 1, &item), OK);
    batch.bytes = item.record.bytes;
    assert_int_equal(
        ingest_run(ledger_journal(hub->ledger), &batch, 1, &options), OK);
    assert_int_equal(batch.verdict, INGEST_APPENDED);
    reader_close(reader);
    book_close(&store);
    assert_int_equal(ledger_refresh(hub->ledger, NULL), OK);
}

void
book_hear_copies(struct book *hub, uint32_t node, uint32_t member,
                 uint32_t total)
{
    struct text lines = { 0 };

    for (uint32_t i = 1; i <= 8; i++)
        text_format(&lines,
                    "{\"event\": \"9.5.%u\", \"recorded\": "
                    "\"2025-12-01T10:00:00Z\", \"at\": "
                    "\"2025-12-01T10:00:00Z\", \"kind\": \"purchase\", "
                    "\"receipt\": \"r%u\", \"member\": %u, \"store\": 10, "
                    "\"total\": %u}\n",
                    i, i, member, total + i);
    text_char(&lines, '\0');
    book_hear(hub, node, (const char *)lines.bytes);
    text_close(&lines);
}

void
book_change_byte(const struct book *book, const char *name, off_t at)
{
    char path[PLACE_SIZE];
    uint8_t byte;

    place_join(&book->place, name, path);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

void
book_rot(struct book *book, const char *text)
{
    static char bytes[1 << 22];
    char path[PLACE_SIZE];
    uint32_t found_count = 0;

    place_join(&book->place, "journal/data.mdb", path);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), text,
                                        strlen(text))) != NULL;
         at++) {
        *at ^= 1;
        found_count++;
    }
    assert_true(found_count > 0);
    rewind(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void
book_damage(struct book *book, const char *text, enum ledger_mode mode)
{
    ledger_close(book->ledger);
    book_rot(book, text);
    assert_int_equal(ledger_open(book->place.path, mode, NULL, &book->ledger),
                     OK);
}

int64_t
book_ms(const char *time)
{
    int64_t at_ms = 0;

    assert_true(calendar_parse_time(view_of(time), &at_ms));
    return at_ms;
}

void
book_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("expected %s in %s", part, text);
}
