/*
 * test_mapping.c - a file that changes between its two readings, and a zone
 * that can't be read
 */
#include "tools/foreign.h"
#include "tools/mapping.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "tests/descriptors.h"
#include "tests/place.h"
#include "tests/unit.h"

#define MAP                                                                    \
    "group: \"{r}\"\nkind: purchase\nevent:\n  id: \"{r}\"\n"                  \
    "  at: \"2026-01-01\"\n  store: 1\n  member: 42\n  receipt: \"{r}\"\n"     \
    "  lines: {amount: \"{a}\"}\n"

struct told {
    FILE *file; /* another hand's */
    const char *later;
    char events[64];
    char rejects[256];
};

static enum err
take_event(void *context, const struct event *event,
           const struct json_extra *extra, uint64_t line, view rows)
{
    struct told *told = context;
    size_t size = strlen(told->events);

    (void)event, (void)extra, (void)line;
    snprintf(told->events + size, sizeof told->events - size, "%.*s;",
             (int)rows.size, (const char *)rows.bytes);
    return OK;
}

/* Behind an empty line as long as what is looked at before all else. */
static void
write_rows(FILE *file, const char *rows)
{
    assert_true(fprintf(file, "%*s\n%s", FOREIGN_LOOK, "", rows) > 0);
    assert_int_equal(fflush(file), 0);
}

/* The rows have been counted, and come now. */
static enum err
take_heading(void *context, view row)
{
    struct told *told = context;

    (void)row;
    assert_int_equal(fseek(told->file, 0, SEEK_SET), 0);
    write_rows(told->file, told->later);
    assert_int_equal(ftruncate(fileno(told->file), ftell(told->file)), 0);
    return OK;
}

static enum err
reject(void *context, uint64_t line, view row, const char *why)
{
    struct told *told = context;
    size_t size = strlen(told->rejects);

    (void)row;
    snprintf(told->rejects + size, sizeof told->rejects - size, "%u: %s;",
             (unsigned)line, why);
    return OK;
}

static void
convert(const char *first, const char *later, const char *events,
        const char *rejects)
{
    struct told told = { .later = later };
    struct place place = place_make();
    struct arena arena = { 0 }, rows = { 0 };
    const struct mapping *mapping;
    struct mistakes mistakes = { 0 };
    struct mapping_count count;
    struct complaint why;
    char path[PLACE_SIZE];

    place_join(&place, "rows.csv", path);
    told.file = fopen(path, "w");
    FILE *in = fopen(path, "r");
    assert_true(told.file != NULL && in != NULL);
    setvbuf(in, NULL, _IONBF, 0);
    write_rows(told.file, first);
    assert_true(arena_open(&arena, LIMIT_ARENA_SIZE));
    assert_true(arena_open(&rows, LIMIT_ARENA_SIZE));
    assert_int_equal(
        mapping_file_read(view_of(MAP), &arena, &mistakes, &mapping), OK);
    const struct mapping_sink sink = { .context = &told,
                                       .arena = &rows,
                                       .event = take_event,
                                       .heading = take_heading,
                                       .reject = reject };
    assert_int_equal(mapping_convert(mapping, in, path, &sink, &count, &why),
                     OK);
    assert_string_equal(told.events, events);
    assert_string_equal(told.rejects, rejects);
    fclose(told.file);
    fclose(in);
    arena_close(&arena);
    arena_close(&rows);
    place_remove(&place);
}

TEST(a_file_that_stays_as_it_is)
{
    static const char ROWS[] = "r,a\nA,1\nB,1\nA,2\n";

    convert(ROWS, ROWS, "A,1\nA,2;B,1;", "");
}

/* A receipt that is done with takes no more rows; one that lacks some is taken
 * with what is there. */
TEST(a_file_that_has_changed_since_it_was_counted)
{
    static const char ROWS[] = "r,a\nA,1\nB,1\nB,2\nC,1\n";
    static const char CHANGED[] = "the file has changed while it was read";
    char rejects[128];

    snprintf(rejects, sizeof rejects, "4: %s;6: %s;", CHANGED, CHANGED);
    convert(ROWS, "r,a\nA,1\nA,2\nB,1\nA,3\nC,1\n", "A,1;B,1;C,1;", rejects);
    convert(ROWS, "r,a\nB,2\n", "B,2;", "");
    convert(ROWS, "r,a\n", "", "");
    snprintf(rejects, sizeof rejects, "3: %s;", CHANGED);
    convert(ROWS, "r,a\nX,1\nA,3\n", "A,3;", rejects);
}

/* The file is right: nobody is told to mend it. */
TEST(a_zone_that_cannot_be_read_now_is_no_mistake)
{
    static const char ZONED[] = "timezone: Europe/Helsinki\n" MAP;
    struct mistakes mistakes;
    struct arena arena = { 0 };
    const struct mapping *mapping;

    assert_true(arena_open(&arena, LIMIT_ARENA_SIZE));
    const rlim_t before = descriptors_allow(0);
    enum err err =
        mapping_file_read(view_of(ZONED), &arena, &mistakes, &mapping);
    descriptors_allow(before);
    assert_int_equal(err, ERR_IO);
    assert_int_equal(mistakes.total, 0);
    assert_int_equal(
        mapping_file_read(view_of(ZONED), &arena, &mistakes, &mapping), OK);
    arena_close(&arena);
}

RUN(cmocka_unit_test(a_file_that_stays_as_it_is),
    cmocka_unit_test(a_file_that_has_changed_since_it_was_counted),
    cmocka_unit_test(a_zone_that_cannot_be_read_now_is_no_mistake))
