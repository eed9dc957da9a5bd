/*
 * test_file.c - files read whole: just their bytes, and no more memory than
 * they need, however large they might have been
 */
#include "tests/unit.h"

#include "core/limits.h"
#include "tests/place.h"
#include "tools/file.h"

#include <string.h>

static void
write_file(const char *path, uint32_t size)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    for (uint32_t i = 0; i < size; i++)
        fputc((int)(1 + i % 250), out);
    assert_int_equal(fclose(out), 0);
}

TEST(a_file_takes_as_much_memory_as_it_is_large)
{
    static const uint32_t SIZES[] = { 0, 1, 65535, 65536, 65537, 200000 };
    struct place place = place_make();
    struct complaint why;
    struct arena arena;
    char path[PLACE_SIZE];
    view bytes;

    assert_true(arena_open(&arena, LIMIT_ARENA_SIZE));
    place_join(&place, "file", path);
    for (uint32_t i = 0; i < COUNT_OF(SIZES); i++) {
        struct arena scratch = arena;
        write_file(path, SIZES[i]);
        assert_int_equal(file_read(path, 1 << 30, &scratch, &bytes, &why), OK);
        assert_int_equal(bytes.size, SIZES[i]);
        for (uint32_t k = 0; k < bytes.size; k++)
            assert_int_equal(bytes.bytes[k], 1 + k % 250);
        assert_true(scratch.next - arena.next <= SIZES[i] + 131072);
    }
    arena_close(&arena);
    place_remove(&place);
}

TEST(a_file_that_is_too_large_is_refused)
{
    struct place place = place_make();
    struct complaint why;
    struct arena arena;
    char path[PLACE_SIZE];
    view bytes;

    assert_true(arena_open(&arena, LIMIT_ARENA_SIZE));
    place_join(&place, "file", path);
    for (uint32_t size = 65535; size <= 65537; size++) {
        write_file(path, size);
        assert_int_equal(file_read(path, size, &arena, &bytes, &why), OK);
        assert_int_equal(bytes.size, size);
        assert_int_equal(file_read(path, size - 1, &arena, &bytes, &why),
                         ERR_INPUT);
        assert_non_null(strstr(why.text, "expected at most"));
    }
    arena_close(&arena);
    place_remove(&place);
}

/* Told at once by how it begins, whoever reads it. */
TEST(a_file_of_another_program_is_told)
{
    static const struct {
        const char *bytes;
        uint32_t size;
        const char *word;
    } FILES[] = {
        { "\x1F\x8B\x08\0\0", 5, "gzip" },
        { "PK\x03\x04\x14", 5, "xlsx" },
        { "\xD0\xCF\x11\xE0\xA1\xB1", 6, "xls" },
        { "\xFF\xFEp\0", 4, "UTF-16" },
        { "p\0r\0o\0", 6, "UTF-16LE" },
        { "\0p\0r\0o", 6, "UTF-16BE" },
        { "\0\0\0\0", 4, "binary" },
        { "a\0\0\0\0", 5, "binary" },
        { "BZh", 3, NULL },
        { "PARTNER\n", 8, NULL },
        { "\xEF\xBB\xBFprogram", 10, NULL },
    };
    struct place place = place_make();
    struct complaint why;
    struct arena arena;
    char path[PLACE_SIZE];
    view bytes;

    assert_true(arena_open(&arena, LIMIT_ARENA_SIZE));
    place_join(&place, "file", path);
    for (uint32_t i = 0; i < COUNT_OF(FILES); i++) {
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        fwrite(FILES[i].bytes, 1, FILES[i].size, out);
        assert_int_equal(fclose(out), 0);
        enum err err = file_read(path, 100, &arena, &bytes, &why);
        assert_int_equal(err, FILES[i].word == NULL ? OK : ERR_INPUT);
        assert_true(err == OK || strstr(why.text, FILES[i].word) != NULL);
    }
    arena_close(&arena);
    place_remove(&place);
}

TEST(what_json_prints_is_as_good_as_the_line)
{
    static const char *const files[][2] = {
        { "{\"node\": 11, \"string\": \"leima1-x\"}\n", "leima1-x" },
        { "leima1-x\n", "leima1-x\n" },
        { "{\"node\": 11}\n", "{\"node\": 11}\n" },
        { "{\"string\": 11}", "{\"string\": 11}" },
        { "[\"string\"]", "[\"string\"]" },
        { "11", "11" },
        { "", "" },
    };
    struct arena arena;

    assert_true(arena_open(&arena, LIMIT_ARENA_SIZE));
    for (uint32_t i = 0; i < COUNT_OF(files); i++) {
        view inner = file_unwrap(view_of(files[i][0]), "string", &arena);
        assert_int_equal(inner.size, strlen(files[i][1]));
        assert_memory_equal(inner.bytes, files[i][1], inner.size);
    }
    arena_close(&arena);
}

RUN(cmocka_unit_test(a_file_takes_as_much_memory_as_it_is_large),
    cmocka_unit_test(a_file_that_is_too_large_is_refused),
    cmocka_unit_test(a_file_of_another_program_is_told),
    cmocka_unit_test(what_json_prints_is_as_good_as_the_line))
