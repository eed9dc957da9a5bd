/*
 * test_words.c - words keep their numbers, also through bytes; damage is
 * noticed
 */
#include "tests/unit.h"

#include "core/words.h"

#include <stdio.h>

enum { MANY = 1000 };

static view
word_of(uint32_t number, char text[static 16])
{
    snprintf(text, 16, "w%u", number * 7);
    return view_of(text);
}

/* Those that were added lately are found without a search; words of all sizes
 * that begin, or end, alike are told apart all the same. */
TEST(words_of_all_sizes_are_told_apart)
{
    static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
    struct words words = { .seed = 5 };

    for (int again = 0; again < 2; again++)
        for (uint32_t size = 1; size <= LIMIT_NAME_SIZE; size++) {
            view head = { (const uint8_t *)text, size };
            view tail = { (const uint8_t *)text + LIMIT_NAME_SIZE - size,
                          size };
            uint32_t number = words_add(&words, head);
            assert_true(view_equal(words_get(&words, number), head));
            assert_int_equal(words_find(&words, head), number);
            number = words_add(&words, tail);
            assert_true(view_equal(words_get(&words, number), tail));
            assert_int_equal(words_find(&words, tail), number);
        }
    assert_int_equal(words.count, 2 * LIMIT_NAME_SIZE - 1);
    words_close(&words);
}

TEST(words_keep_their_numbers)
{
    struct words words = { .seed = 5 }, again = { .seed = 6 };
    struct text bytes = { 0 };
    char text[16];

    assert_int_equal(words_find(&words, view_of("w7")), WORDS_NONE);
    for (uint32_t i = 1; i <= MANY; i++)
        assert_int_equal(words_add(&words, word_of(i, text)), i);
    for (uint32_t i = 1; i <= MANY; i++)
        assert_int_equal(words_add(&words, word_of(i, text)), i);
    words_write(&words, &bytes);
    assert_true(text_ok(&bytes));
    assert_int_equal(words_read(&again, text_view(&bytes)), OK);
    assert_int_equal(again.count, MANY);
    for (uint32_t i = 1; i <= MANY; i++) {
        assert_int_equal(words_find(&again, word_of(i, text)), i);
        assert_true(view_equal(words_get(&again, i), word_of(i, text)));
    }
    assert_int_equal(words_find(&again, view_of("other")), WORDS_NONE);
    words_close(&words);
    words_close(&again);
    text_close(&bytes);
}

TEST(nothing_is_added_to_sealed_words)
{
    struct words words = { .seed = 5 };

    assert_int_equal(words_add(&words, view_of("coffee")), 1);
    struct words sealed = words;
    sealed.sealed = true;
    assert_int_equal(words_add(&sealed, view_of("coffee")), 1);
    assert_int_equal(words_add(&sealed, view_of("tea")), WORDS_NONE);
    assert_int_equal(words_add(&words, view_of("tea")), 2);
    words_close(&words);
}

TEST(damage_is_noticed)
{
    struct words words = { .seed = 5 };
    struct text bytes = { 0 };

    words_write(&words, &bytes);
    assert_int_equal(words_read(&words, text_view(&bytes)), OK);
    words_add(&words, view_of("coffee"));
    words_add(&words, view_of("tea"));
    text_clear(&bytes);
    words_write(&words, &bytes);
    for (size_t i = 0; i < bytes.size; i++) {
        bytes.bytes[i] ^= 4;
        assert_int_equal(words_read(&words, text_view(&bytes)), ERR_CORRUPT);
        assert_int_equal(words.count, 0);
        bytes.bytes[i] ^= 4;
    }
    assert_int_equal(words_read(&words, (view) { 0 }), ERR_CORRUPT);
    words_close(&words);
    text_close(&bytes);
}

RUN(cmocka_unit_test(words_of_all_sizes_are_told_apart),
    cmocka_unit_test(words_keep_their_numbers),
    cmocka_unit_test(nothing_is_added_to_sealed_words),
    cmocka_unit_test(damage_is_noticed))
