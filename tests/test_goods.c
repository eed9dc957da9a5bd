/*
 * test_goods.c - the table of goods says of every line what comparing it with
 * the lists name by name says
 */
#include "core/goods.h"

#include "tests/gen.h"
#include "tests/rules.h"
#include "tests/unit.h"

#include <stdio.h>

enum { RULES = 80, LISTS = 8, NAMES = 12, LINES = 2000 };

/* Names that begin with one another, at a dot and elsewhere. */
static const char *const names[NAMES] = {
    "a",
    "a.b",
    "a.b.c",
    "ab",
    "b",
    "b.a",
    "a.",
    ".a",
    "a..b",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.q",
    "abcdefgh",
};

static struct gen gen = { .state = 7 };
static struct arena arena;
static view lists[RULES][2][LISTS];
static struct earn_rule rules[RULES];

static struct name_list
draw_list(view *list)
{
    uint32_t count = gen_below(&gen, LISTS);

    for (uint32_t i = 0; i < count; i++)
        list[i] = view_of(names[gen_below(&gen, NAMES)]);
    return (struct name_list) { list, count };
}

static void
draw_rule(uint32_t place)
{
    struct condition *when = &rules[place].when;

    *when = (struct condition) { 0 };
    if (gen_below(&gen, 4) != 0) {
        when->given |= GIVEN(CATEGORIES);
        when->goods.categories = draw_list(lists[place][0]);
    }
    if (gen_below(&gen, 4) == 0) {
        when->given |= GIVEN(SKUS);
        when->goods.skus = draw_list(lists[place][1]);
    }
}

/* A name, mostly one of those, or none. */
static view
draw_name(char room[static 64])
{
    int size = snprintf(room, 64, "%s%s", names[gen_below(&gen, NAMES)],
                        gen_below(&gen, 3) == 0 ? ".x" : "");

    if (gen_below(&gen, 8) == 0)
        size = 0;
    return (view) { (const uint8_t *)room, (uint32_t)size };
}

static bool
names_line(const struct goods *goods, view category, view sku)
{
    return name_list_covers(&goods->categories, category) ||
           name_list_has(&goods->skus, sku);
}

static bool
matches(const struct condition *when, view category, view sku)
{
    return ((when->given & GIVEN(CATEGORIES)) == 0 ||
            name_list_covers(&when->goods.categories, category)) &&
           ((when->given & GIVEN(SKUS)) == 0 ||
            name_list_has(&when->goods.skus, sku));
}

static void
assert_same(const struct program *program, const struct goods_table *table,
            view category, view sku)
{
    uint64_t bits = goods_of(table, category, sku);
    bool any = program->only.categories.count + program->only.skus.count > 0;

    assert_int_equal(goods_eligible(table, bits),
                     !names_line(&program->excluded, category, sku) &&
                         (!any || names_line(&program->only, category, sku)));
    for (uint32_t i = 0; i < program->earn_count; i++) {
        const struct goods_filter *filter = &table->earn[i];
        assert_ptr_equal(filter->when, &program->earn[i].when);
        if (filter->number != GOODS_BY_NAME)
            assert_int_equal((bits & goods_bit(filter->number)) != 0,
                             matches(filter->when, category, sku));
    }
}

TEST(a_line_matches_what_its_names_do)
{
    for (int round = 0; round < 20; round++) {
        view goods[4][LISTS];
        uint32_t count = 1 + gen_below(&gen, RULES);
        for (uint32_t i = 0; i < count; i++)
            draw_rule(i);
        const struct program program = {
            .earn_count = count,
            .earn = rules,
            .excluded = { draw_list(goods[0]), draw_list(goods[1]) },
            .only = { draw_list(goods[2]), draw_list(goods[3]) },
        };
        assert_true(arena_open(&arena, goods_room(&program)));
        const struct goods_table *table = goods_build(&program, &arena);
        for (int i = 0; i < LINES; i++) {
            char category[64], sku[64];
            assert_same(&program, table, draw_name(category), draw_name(sku));
        }
        arena_close(&arena);
    }
}

/* One list for each rule: more than there are numbers for. */
TEST(lists_beyond_the_numbers_go_by_name_and_equal_ones_share_one)
{
    static char names_of[RULES][8];

    for (uint32_t i = 0; i < RULES; i++) {
        snprintf(names_of[i], sizeof names_of[i], "n%02u", (unsigned)i / 2);
        lists[i][0][0] = view_of(names_of[i]);
        rules[i].when =
            (struct condition) { .given = GIVEN(CATEGORIES),
                                 .goods.categories = { lists[i][0], 1 } };
    }
    const struct program shared = { .earn_count = RULES, .earn = rules };
    assert_true(arena_open(&arena, goods_room(&shared)));
    const struct goods_table *table = goods_build(&shared, &arena);
    for (uint32_t i = 0; i < RULES; i++)
        assert_int_equal(table->earn[i].number, GOODS_FIRST + i / 2);
    arena_close(&arena);

    for (uint32_t i = 0; i < RULES; i++)
        snprintf(names_of[i], sizeof names_of[i], "m%02u", (unsigned)i);
    assert_true(arena_open(&arena, goods_room(&shared)));
    table = goods_build(&shared, &arena);
    for (uint32_t i = 0; i < RULES; i++)
        assert_int_equal(table->earn[i].number, GOODS_FIRST + i < GOODS_END
                                                    ? GOODS_FIRST + i
                                                    : GOODS_BY_NAME);
    assert_int_equal(goods_of(table, view_of("m79"), (view) { 0 }),
                     goods_bit(GOODS_ANY));
    arena_close(&arena);
}

RUN(cmocka_unit_test(a_line_matches_what_its_names_do),
    cmocka_unit_test(
        lists_beyond_the_numbers_go_by_name_and_equal_ones_share_one))
