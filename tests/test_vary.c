/*
 * test_vary.c - values and ranges, paths with dots, what is refused
 */
#include "tests/unit.h"

#include "replay/vary.h"

#include <string.h>

static const char FILE_TEXT[] =
    "program: Ä\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}  # \xc3\xa4\n"
    "  - {id: base.more, per: \"2.00\", points: 5}\n"
    "tiers: {levels: [{id: gold, from: 1500.00}]}\n"
    "steps: [{from: 50.00}, {from: 200.00}]\n";

static struct arena arena;

static void
make_of(const char *file, const char *option, uint64_t index,
        struct variant *ret)
{
    struct vary_axis axis;
    struct complaint complaint = { "" };

    assert_int_equal(vary_parse(option, &arena, &axis, &complaint), OK);
    if (vary_make(view_of(file), &axis, 1, index, &arena, ret, &complaint) !=
        OK)
        fail_msg("%s", complaint.text);
}

static void
make(const char *option, uint64_t index, struct variant *ret)
{
    make_of(FILE_TEXT, option, index, ret);
}

static void
has(view text, const char *part)
{
    if (memmem(text.bytes, text.size, part, strlen(part)) == NULL)
        fail_msg("no %s in\n%.*s", part, (int)text.size, text.bytes);
}

TEST(values_are_written_into_the_file)
{
    struct variant variant;

    assert_true(arena_open(&arena, 1 << 26));
    make("earn.base.points=7,8", 1, &variant);
    has(variant.file, "{id: base, per: 1.00, points: 8}  # \xc3\xa4\n");
    has(variant.file, "points: 5}");
    has(variant.name, "earn.base.points=8");
    make("earn.base.more.points=9", 0, &variant);
    has(variant.file, "per: \"2.00\", points: 9}");
    make("tiers.levels.gold.from=1500..2500:250", 4, &variant);
    has(variant.file, "from: 2500}");
    make("steps.1.from=0.5..1:0.25", 1, &variant);
    has(variant.file, "[{from: 50.00}, {from: 0.75}]");
    arena_close(&arena);
}

/* As YAML has it: a file of an old machine, of a word processor, and of one
 * that puts a mark first. */
TEST(lines_end_in_every_way)
{
    static const struct {
        const char *file, *varied;
    } FILES[] = {
        { "a: 1\r\nb: 2\r\nc: 3", "a: 1\r\nb: 7\r\nc: 3" },
        { "a: 1\rb: 2\rc: 3", "a: 1\rb: 7\rc: 3" },
        { "a: 1 # x\u2028# y\nb: 2", "a: 1 # x\u2028# y\nb: 7" },
        { "\uFEFF{a: 1, b: 2}", "\uFEFF{a: 1, b: 7}" },
    };
    struct variant variant;

    assert_true(arena_open(&arena, 1 << 26));
    for (uint32_t i = 0; i < COUNT_OF(FILES); i++) {
        make_of(FILES[i].file, "b=7", 0, &variant);
        assert_true(view_equal(variant.file, view_of(FILES[i].varied)));
    }
    arena_close(&arena);
}

TEST(all_combinations_are_made)
{
    struct vary_axis axes[2];
    struct variant variant;
    struct complaint complaint = { "" };

    assert_true(arena_open(&arena, 1 << 26));
    assert_int_equal(
        vary_parse("earn.base.points=1,2", &arena, &axes[0], &complaint), OK);
    assert_int_equal(vary_parse("tiers.levels.gold.from=1..3:1", &arena,
                                &axes[1], &complaint),
                     OK);
    assert_int_equal(vary_count(axes, 2, 1000), 6);
    assert_int_equal(vary_count(axes, 2, 5), 6);
    assert_int_equal(
        vary_make(view_of(FILE_TEXT), axes, 2, 5, &arena, &variant, &complaint),
        OK);
    has(variant.file, "points: 2}");
    has(variant.file, "from: 3}");
    has(variant.name, "earn.base.points=2 tiers.levels.gold.from=3");
    arena_close(&arena);
}

TEST(what_can_not_be_varied_is_refused)
{
    static const char *const WRONG[] = { "a",        "a=",      "=1",
                                         "a=1,",     "a=1..2",  "a=2..1:1",
                                         "a=1..2:0", "a=x..2:1" };
    static const char *const NOWHERE[] = { "earn.other.points=1", "earn=1",
                                           "earn.base.more.per=1" };
    struct vary_axis axis;
    struct variant variant;
    struct complaint complaint;

    assert_true(arena_open(&arena, 1 << 26));
    for (uint32_t i = 0; i < COUNT_OF(WRONG); i++)
        assert_int_equal(vary_parse(WRONG[i], &arena, &axis, &complaint),
                         ERR_INPUT);
    for (uint32_t i = 0; i < COUNT_OF(NOWHERE); i++) {
        assert_int_equal(vary_parse(NOWHERE[i], &arena, &axis, &complaint), OK);
        assert_int_equal(vary_make(view_of(FILE_TEXT), &axis, 1, 0, &arena,
                                   &variant, &complaint),
                         ERR_INPUT);
        assert_non_null(strstr(complaint.text, "no plain value"));
    }
    arena_close(&arena);
}

RUN(cmocka_unit_test(values_are_written_into_the_file),
    cmocka_unit_test(lines_end_in_every_way),
    cmocka_unit_test(all_combinations_are_made),
    cmocka_unit_test(what_can_not_be_varied_is_refused))
