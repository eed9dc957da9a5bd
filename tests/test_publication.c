/*
 * test_publication.c - a publication survives its bytes, and no other bytes are
 * taken for one
 */
#include "core/publication.h"

#include "core/pack.h"
#include "core/timeline.h"
#include "tests/unit.h"

enum { ARENA_SIZE = 1 << 20 };

static const struct zone_transition TRANSITIONS[] = { { INT64_MIN, 7200 },
                                                      { 954032400000, 10800 },
                                                      { 972781200000, 7200 } };

static struct publication
sample(void)
{
    return (struct publication) {
        .grammar = PUBLICATION_GRAMMAR,
        .semantics = TIMELINE_SEMANTICS,
        .from_day = 20000,
        .file = view_of("program: A\n"),
        .zone = { view_of("Europe/Helsinki"), COUNT_OF(TRANSITIONS),
                  TRANSITIONS },
    };
}

static enum err
decode(view body, struct arena *arena, struct publication *ret)
{
    arena_reset(arena);
    return publication_decode(body, arena, ret);
}

/* Frozen: it stands in every journal. */
TEST(the_bytes_are_those_of_the_format)
{
    static const uint8_t expected[] = {
        0x86, 1,   1,    2,    1,    3,    0xcd, 0x4e, 0x20, 4,    0xc4, 11,
        'p',  'r', 'o',  'g',  'r',  'a',  'm',  ':',  ' ',  'A',  '\n', 5,
        0xaf, 'E', 'u',  'r',  'o',  'p',  'e',  '/',  'H',  'e',  'l',  's',
        'i',  'n', 'k',  'i',  6,    0x96, 0xc0, 0xcd, 0x1c, 0x20, 0xcf, 0,
        0,    0,   0xde, 0x20, 0xc3, 0x26, 0x80, 0xcd, 0x2a, 0x30, 0xcf, 0,
        0,    0,   0xe2, 0x7e, 0x47, 0x22, 0x80, 0xcd, 0x1c, 0x20,
    };
    const struct publication publication = sample();
    struct text text = { 0 };

    publication_encode(&publication, &text);
    assert_int_equal(text.size, sizeof expected);
    assert_memory_equal(text.bytes, expected, sizeof expected);
    text_close(&text);
}

TEST(what_is_encoded_is_decoded)
{
    const struct publication publication = sample();
    struct publication back;
    struct text text = { 0 };
    struct arena arena;

    assert_true(arena_open(&arena, ARENA_SIZE));
    publication_encode(&publication, &text);
    assert_int_equal(decode(text_view(&text), &arena, &back), OK);
    assert_int_equal(back.from_day, 20000);
    assert_true(view_equal(back.file, publication.file));
    assert_true(zone_equal(&back.zone, &publication.zone));
    for (uint32_t size = 0; size < text.size; size++)
        assert_int_equal(decode((view) { text.bytes, size }, &arena, &back),
                         ERR_CORRUPT);
    text_close(&text);
    arena_close(&arena);
}

TEST(later_grammars_and_fields_are_unknown)
{
    struct publication publication = sample();
    struct publication back;
    struct text text = { 0 };
    struct arena arena;

    assert_true(arena_open(&arena, ARENA_SIZE));
    publication.semantics = TIMELINE_SEMANTICS + 1;
    publication_encode(&publication, &text);
    assert_int_equal(decode(text_view(&text), &arena, &back), ERR_UNKNOWN);
    publication = sample();
    text_clear(&text);
    publication_encode(&publication, &text);
    text.bytes[0]++; /* a map of one more */
    pack_unsigned(&text, 7);
    pack_nil(&text);
    assert_int_equal(decode(text_view(&text), &arena, &back), ERR_UNKNOWN);
    text_close(&text);
    arena_close(&arena);
}

RUN(cmocka_unit_test(the_bytes_are_those_of_the_format),
    cmocka_unit_test(what_is_encoded_is_decoded),
    cmocka_unit_test(later_grammars_and_fields_are_unknown))
