/*
 * goods.h - in which of a program's lists of goods a line stands
 *
 * A program names goods in many places: what is excluded, what alone counts,
 * and what each rule and each stamp card asks for.  Every such list has a
 * number here (equal ones share it), and one table says of each name which
 * lists have it.  So a line of a receipt is looked up once, and whatever is
 * asked about it afterwards is a bit.
 *
 * In a program with more lists than numbers the last ones go without: they are
 * compared name by name (basket.h).
 */
#ifndef CORE_GOODS_H
#define CORE_GOODS_H

#include "core/program.h"

enum goods_number {
    GOODS_EXCLUDED,
    GOODS_ONLY,
    GOODS_ANY, /* of conditions that name no goods: all match */
    GOODS_FIRST,
    GOODS_END = 64,
    GOODS_BY_NAME = GOODS_END, /* without a number */
};

/* The goods that a condition asks for. */
struct goods_filter {
    const struct condition *when;
    enum goods_number number;
};

struct goods_table {
    const struct goods_filter *earn;   /* by place in program->earn */
    const struct goods_filter *stamps; /* by place in program->stamps */
    const struct goods_name *slots;
    uint32_t slot_count;     /* a power of two */
    uint64_t category_sizes; /* 1 << (size - 1) of each name, ... */
    uint64_t sku_sizes;      /* ... so that most need no looking up */
    /* Bits of the lists that ask for no category, or no sku. */
    uint64_t any_category, any_sku;
    bool only; /* `only` names something */
};

/* At most how many bytes goods_build() takes from its arena. */
size_t goods_room(const struct program *program);

/* The table borrows the program. */
const struct goods_table *goods_build(const struct program *program,
                                      struct arena *arena);

/* The bits of the lists that a line of that category and sku (empty: none)
 * matches, those that are compared by name left out. */
uint64_t goods_of(const struct goods_table *table, view category, view sku);

/* The bit of a list among those of goods_of(). */
static inline uint64_t
goods_bit(enum goods_number number)
{
    return UINT64_C(1) << number;
}

/* Whether a line with these bits earns and counts. */
static inline bool
goods_eligible(const struct goods_table *table, uint64_t bits)
{
    return (bits & goods_bit(GOODS_EXCLUDED)) == 0 &&
           (!table->only || (bits & goods_bit(GOODS_ONLY)) != 0);
}

#endif
