/*
 * goods.c - in which of a program's lists of goods a line stands (see goods.h)
 *
 * An open table of names, half empty at least.  The names come from whoever
 * publishes programs, not from those who send events: no seed is needed.
 */
#include "core/goods.h"

#include "core/limits.h"

/* Names are told apart by their size, their first and their last bytes; only
 * of long ones there is more to compare. */
struct key {
    uint32_t size; /* 0: none */
    uint64_t first, last;
};

/* A name and the lists that have it as a category, or as a sku. */
struct goods_name {
    struct key key; /* none: a free slot */
    const uint8_t *bytes;
    uint64_t categories;
    uint64_t skus;
};

/* --- the table being made --- */

struct builder {
    struct goods_table *table;
    struct goods_name *slots;
    const struct condition *lists[GOODS_END]; /* by number, from GOODS_FIRST */
    uint32_t list_end;
};

static uint32_t
names_of(const struct goods *goods)
{
    return goods->categories.count + goods->skus.count;
}

static uint32_t
count_slots(const struct program *program)
{
    uint64_t names = names_of(&program->excluded) + names_of(&program->only);
    uint32_t slots = 2;

    for (uint32_t i = 0; i < program->earn_count; i++)
        names += names_of(&program->earn[i].when.goods);
    for (uint32_t i = 0; i < program->stamp_count; i++)
        names += names_of(&program->stamps[i].when.goods);
    while (slots < 2 * names)
        slots *= 2;
    return slots;
}

size_t
goods_room(const struct program *program)
{
    enum { ROUNDING = 4 * 16 };
    size_t filters = (size_t)program->earn_count + program->stamp_count;

    return sizeof(struct goods_table) + filters * sizeof(struct goods_filter) +
           count_slots(program) * sizeof(struct goods_name) + ROUNDING;
}

static inline struct key
key_of(view name)
{
    struct key key = { .size = name.size };

    view_ends(name, &key.first, &key.last);
    return key;
}

static inline uint64_t
hash_of(struct key key)
{
    uint64_t mixed = (key.first ^ key.size) * UINT64_C(0x9e3779b97f4a7c15);

    return (mixed + key.last) * UINT64_C(0xc2b2ae3d27d4eb4f);
}

static inline bool
is_name(const struct goods_name *slot, struct key key, const uint8_t *bytes)
{
    return slot->key.size == key.size && slot->key.first == key.first &&
           slot->key.last == key.last &&
           (key.size <= 16 || memcmp(slot->bytes, bytes, key.size) == 0);
}

/* The slot of the name, or the free one where it would have to go. */
static inline uint32_t
find_slot(const struct goods_table *table, view name)
{
    const struct key key = key_of(name);
    uint32_t mask = table->slot_count - 1;
    uint32_t at = (uint32_t)(hash_of(key) >> 32) & mask;

    while (table->slots[at].key.size > 0 &&
           !is_name(&table->slots[at], key, name.bytes))
        at = (at + 1) & mask;
    return at;
}

static struct goods_name *
add_name(struct builder *builder, view name)
{
    struct goods_name *slot = &builder->slots[find_slot(builder->table, name)];

    assert(name.size > 0);
    assert(name.size <= LIMIT_CODE_SIZE);
    slot->key = key_of(name);
    slot->bytes = name.bytes;
    return slot;
}

/* Names have 1 to 64 bytes. */
static inline uint64_t
size_bit(view name)
{
    return UINT64_C(1) << (name.size - 1);
}

static void
add_categories(struct builder *builder, const struct name_list *names,
               uint64_t bit)
{
    for (uint32_t i = 0; i < names->count; i++) {
        add_name(builder, names->names[i])->categories |= bit;
        builder->table->category_sizes |= size_bit(names->names[i]);
    }
}

static void
add_skus(struct builder *builder, const struct name_list *names, uint64_t bit)
{
    for (uint32_t i = 0; i < names->count; i++) {
        add_name(builder, names->names[i])->skus |= bit;
        builder->table->sku_sizes |= size_bit(names->names[i]);
    }
}

static bool
same_names(const struct name_list *a, const struct name_list *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!view_equal(a->names[i], b->names[i]))
            return false;
    return true;
}

static uint32_t
goods_given(const struct condition *when)
{
    return when->given & (1u << CONDITION_CATEGORIES | 1u << CONDITION_SKUS);
}

static bool
same_goods(const struct condition *a, const struct condition *b)
{
    return goods_given(a) == goods_given(b) &&
           same_names(&a->goods.categories, &b->goods.categories) &&
           same_names(&a->goods.skus, &b->goods.skus);
}

/* The number of the goods that the condition names; a new one if nobody has
 * named the same before and one is left. */
static enum goods_number
number_of(struct builder *builder, const struct condition *when)
{
    if (goods_given(when) == 0)
        return GOODS_ANY;
    for (uint32_t i = GOODS_FIRST; i < builder->list_end; i++)
        if (same_goods(builder->lists[i], when))
            return (enum goods_number)i;
    if (builder->list_end == GOODS_END)
        return GOODS_BY_NAME;
    enum goods_number number = (enum goods_number)builder->list_end++;
    builder->lists[number] = when;
    if ((when->given & 1u << CONDITION_CATEGORIES) != 0)
        add_categories(builder, &when->goods.categories, goods_bit(number));
    else
        builder->table->any_category |= goods_bit(number);
    if ((when->given & 1u << CONDITION_SKUS) != 0)
        add_skus(builder, &when->goods.skus, goods_bit(number));
    else
        builder->table->any_sku |= goods_bit(number);
    return number;
}

static struct goods_filter
filter_of(struct builder *builder, const struct condition *when)
{
    return (struct goods_filter) { when, number_of(builder, when) };
}

const struct goods_table *
goods_build(const struct program *program, struct arena *arena)
{
    struct goods_table *table = ARENA_NEW(arena, struct goods_table, 1);
    struct builder builder = { .table = table, .list_end = GOODS_FIRST };

    table->slot_count = count_slots(program);
    builder.slots = ARENA_NEW(arena, struct goods_name, table->slot_count);
    table->slots = builder.slots;
    table->any_category = goods_bit(GOODS_ANY);
    table->any_sku = goods_bit(GOODS_ANY);
    table->only = names_of(&program->only) > 0;
    add_categories(&builder, &program->excluded.categories,
                   goods_bit(GOODS_EXCLUDED));
    add_skus(&builder, &program->excluded.skus, goods_bit(GOODS_EXCLUDED));
    add_categories(&builder, &program->only.categories, goods_bit(GOODS_ONLY));
    add_skus(&builder, &program->only.skus, goods_bit(GOODS_ONLY));
    struct goods_filter *earn =
        ARENA_NEW(arena, struct goods_filter, program->earn_count);
    for (uint32_t i = 0; i < program->earn_count; i++)
        earn[i] = filter_of(&builder, &program->earn[i].when);
    struct goods_filter *stamps =
        ARENA_NEW(arena, struct goods_filter, program->stamp_count);
    for (uint32_t i = 0; i < program->stamp_count; i++)
        stamps[i] = filter_of(&builder, &program->stamps[i].when);
    table->earn = earn;
    table->stamps = stamps;
    return table;
}

/* --- lines --- */

/* The lists that have the category itself or one above it, at a dot.  Only
 * where a name of the table would end does one have to look. */
static uint64_t
category_bits(const struct goods_table *table, view category)
{
    uint64_t bits = 0;
    /* Sizes up to that of the category. */
    uint64_t sizes = size_bit(category) * 2 - 1;

    for (sizes &= table->category_sizes; sizes != 0; sizes &= sizes - 1) {
        uint32_t size = (uint32_t)__builtin_ctzll(sizes) + 1;
        if (size == category.size || category.bytes[size] == '.')
            bits |=
                table->slots[find_slot(table, (view) { category.bytes, size })]
                    .categories;
    }
    return bits;
}

uint64_t
goods_of(const struct goods_table *table, view category, view sku)
{
    const uint64_t either = goods_bit(GOODS_EXCLUDED) | goods_bit(GOODS_ONLY);
    uint64_t categories = 0, skus = 0;

    if (category.size > 0)
        categories = category_bits(table, category);
    if (sku.size > 0 && (table->sku_sizes & size_bit(sku)) != 0)
        skus = table->slots[find_slot(table, sku)].skus;
    /* These two match by any of their lists, conditions by both. */
    return ((categories | skus) & either) |
           ((categories | table->any_category) & (skus | table->any_sku) &
            ~either);
}
