/*
 * test_news.c - the events between two positions are told, each once, in order
 */
#include "core/news.h"

#include <string.h>

#include "tests/kit.h"
#include "tests/unit.h"

static void
tell(struct journal *journal, uint64_t after, uint64_t last, char *text,
     size_t room)
{
    struct reader *reader = NULL;
    struct record_event event;
    struct news news;
    uint64_t position, expected = after + 1;
    enum err err;

    text[0] = '\0';
    assert_int_equal(reader_open(journal, &reader), OK);
    news_begin(&news, reader, after, last);
    while ((err = news_next(&news, &event, &position)) == OK) {
        assert_true(strlen(text) + event.core.size < room);
        strncat(text, (const char *)event.core.bytes, event.core.size);
        assert_true(position >= expected);
        expected = position + 1;
    }
    assert_int_equal(err, ERR_NOT_FOUND);
    reader_close(reader);
}

TEST(what_lies_between_is_told)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                             .kind = RECORD_BACKUP,
                                             .body = view_of("x"),
                                             .now_ms = KIT_NOW };
    struct journal_entry three[] = { kit_entry("b"), kit_entry("c"),
                                     kit_entry("d") };
    struct journal_result results[3];
    char text[64];

    kit_append_one(journal, "a");
    assert_int_equal(kit_append(journal, three, 3, results), OK);
    assert_int_equal(journal_append_control(journal, &control, results), OK);
    kit_append_one(journal, "e");
    tell(journal, 0, UINT64_MAX - 1, text, sizeof text);
    assert_string_equal(text, "abcde");
    tell(journal, 2, 6, text, sizeof text); /* from inside a record */
    assert_string_equal(text, "cde");
    tell(journal, 0, 3, text, sizeof text); /* to inside a record */
    assert_string_equal(text, "abc");
    tell(journal, 4, 5, text, sizeof text); /* a control item only */
    assert_string_equal(text, "");
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(what_lies_between_is_told))
