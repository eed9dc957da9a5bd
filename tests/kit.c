#include "tests/kit.h"

#include <stdio.h>
#include <string.h>

#include "core/reader.h"
#include "core/scrub.h"
#include "tests/unit.h"

/* An event here is the text "CONTENT" or "CONTENT#ID". */
bool
kit_describe(const struct record_event *event, struct journal_facts *ret_facts)
{
    view core = event->core;
    uint32_t at = 0;

    while (at < core.size && core.bytes[at] != '#')
        at++;
    ret_facts->print =
        (fingerprint) { crypto_hash128((view) { core.bytes, at }), KIT_NOW };
    ret_facts->id = (view) { 0 };
    if (at < core.size)
        ret_facts->id = (view) { core.bytes + at + 1, core.size - at - 1 };
    return true;
}

struct journal_entry
kit_entry(const char *text)
{
    struct journal_facts facts;
    struct record_event event = { .core = view_of(text) };

    kit_describe(&event, &facts);
    return (struct journal_entry) { .core = view_of(text),
                                    .id = facts.id,
                                    .print = facts.print };
}

struct journal *
kit_open_new(const struct place *place)
{
    struct journal *journal = NULL;

    assert_int_equal(journal_create(place->path, &KIT_WHO), OK);
    assert_int_equal(journal_open(place->path, kit_describe, &journal), OK);
    return journal;
}

struct journal *
kit_open_again(const struct place *place, struct journal *journal)
{
    journal_close(journal);
    journal = NULL;
    assert_int_equal(journal_open(place->path, kit_describe, &journal), OK);
    return journal;
}

enum err
kit_append(struct journal *journal, const struct journal_entry *entries,
           uint32_t count, struct journal_result *results)
{
    return journal_append(journal,
                          &(struct journal_append) { .entries = entries,
                                                     .count = count,
                                                     .now_ms = KIT_NOW },
                          results);
}

struct journal_result
kit_append_one(struct journal *journal, const char *text)
{
    struct journal_entry entry = kit_entry(text);
    struct journal_result result;

    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    return result;
}

/* The texts of all events in order of arrival, each followed by a blank. */
void
kit_read_all(struct journal *journal, char *text, size_t room)
{
    struct reader *reader = NULL;
    struct reader_item item;
    struct record_event event;
    uint64_t next = 1;

    text[0] = '\0';
    assert_int_equal(reader_open(journal, &reader), OK);
    while (reader_next(reader, next, &item) == OK) {
        assert_true(item.position >= next); /* what was dropped is missing */
        struct record_cursor cursor = record_events(&item.record);
        while (record_next(&cursor, &event)) {
            size_t used = strlen(text);
            snprintf(text + used, room - used, "%.*s ", (int)event.core.size,
                     (const char *)event.core.bytes);
        }
        next = item.position + item.record.count;
    }
    assert_int_equal(next, reader_last(reader) + 1);
    reader_close(reader);
}

uint64_t
kit_findings(struct journal *journal)
{
    struct scrub_totals totals;

    assert_int_equal(scrub_run(journal, NULL, NULL, NULL, &totals), OK);
    return totals.findings;
}

void
kit_flip_byte_of(const struct place *place, const char *text)
{
    char path[PLACE_SIZE];
    static char bytes[1 << 22];

    place_join(place, "data.mdb", path);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    char *found = memmem(bytes, size, text, strlen(text));
    assert_non_null(found);
    assert_int_equal(fseek(file, found - bytes, SEEK_SET), 0);
    assert_int_equal(fputc(found[0] ^ 1, file), found[0] ^ 1);
    assert_int_equal(fclose(file), 0);
}
