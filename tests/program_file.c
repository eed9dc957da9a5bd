#include "tests/program_file.h"

#include "tests/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HEAD[] = "program: Kanta\n"
                           "currency: EUR\n"
                           "timezone: Europe/Helsinki\n";

struct program_file *
program_file_read(view bytes)
{
    struct program_file *file = calloc(1, sizeof *file);
    size_t room = program_yaml_room(bytes.size) + bytes.size + 64;

    assert_non_null(file);
    assert_true(arena_open(&file->arena, room));
    file->bytes = arena_copy(&file->arena, bytes);
    file->err = program_yaml_read(file->bytes, &file->arena, &file->mistakes,
                                  &file->program);
    return file;
}

void
program_file_close(struct program_file *file)
{
    arena_close(&file->arena);
    free(file);
}

struct program_file *
program_file_of(const char *rest)
{
    size_t size = sizeof HEAD + strlen(rest);
    char *text = malloc(size);

    assert_non_null(text);
    snprintf(text, size, "%s%s", HEAD, rest);
    struct program_file *file = program_file_read(view_of(text));
    free(text);
    return file;
}

view
program_file_load(const char *path)
{
    FILE *in = fopen(path, "rb");
    uint8_t *bytes = malloc(LIMIT_PROGRAM_SIZE);

    if (in == NULL)
        fail_msg("%s: can't be opened; run from the root of the tree", path);
    assert_non_null(bytes);
    size_t size = fread(bytes, 1, LIMIT_PROGRAM_SIZE, in);
    fclose(in);
    return (view) { bytes, (uint32_t)size };
}

static void
print_all(const struct program_file *file)
{
    struct text text = { 0 };

    mistakes_write(&file->mistakes, "program.yaml", file->bytes, &text);
    fprintf(stderr, "%.*s", (int)text.size, (const char *)text.bytes);
    text_close(&text);
}

static void
assert_told(const struct told *told)
{
    struct program_file *file = program_file_of(told->rest);
    const struct mistake *found = &file->mistakes.list[0];

    if (file->mistakes.total != 1 || found->place.line != told->line ||
        found->place.column != told->column ||
        strcmp(found->text, told->text) != 0) {
        fprintf(stderr, "expected program.yaml:%u:%u: %s, found\n", told->line,
                told->column, told->text);
        print_all(file);
        fail();
    }
    assert_int_equal(file->err, ERR_INPUT);
    assert_null(file->program);
    program_file_close(file);
}

void
program_file_assert_told(const struct told *told, uint32_t count)
{
    assert_true(count > 0);
    for (uint32_t i = 0; i < count; i++)
        assert_told(&told[i]);
}

void
program_file_assert_good(const char *rest)
{
    struct program_file *file = program_file_of(rest);

    if (file->err != OK)
        print_all(file);
    assert_int_equal(file->err, OK);
    program_file_close(file);
}
