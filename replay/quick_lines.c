#include "replay/quick_lines.h"

#include "core/amount.h"

#include <string.h>

static inline struct chapter_line
line_at(const struct plain_receipt *receipt, uint32_t index)
{
    struct chapter_line line;

    memcpy(&line, receipt->lines + (size_t)index * sizeof line, sizeof line);
    return line;
}

uint32_t
quick_lines_eligible(const struct rulebook *table,
                     const struct plain_receipt *receipt)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < receipt->line_count; i++) {
        struct chapter_line line = line_at(receipt, i);
        if (line.amount > 0)
            sum += (uint32_t)line.amount & table->eligible[line.goods];
    }
    return sum;
}

uint64_t
quick_lines_mask(const struct rulebook *table,
                 const struct plain_receipt *receipt)
{
    uint64_t mask = 0;

    for (uint32_t i = 0; i < receipt->line_count; i++) {
        struct chapter_line line = line_at(receipt, i);
        if (line.amount > 0)
            mask |= table->goods[line.goods];
    }
    return mask;
}

uint32_t
quick_lines_amount(const struct rulebook *table,
                   const struct plain_receipt *receipt, uint32_t bit)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < receipt->line_count; i++) {
        struct chapter_line line = line_at(receipt, i);
        if (line.amount > 0 && (table->goods[line.goods] >> bit & 1) != 0)
            sum += (uint32_t)line.amount;
    }
    return sum;
}

int64_t
quick_lines_items(const struct rulebook *table,
                  const struct plain_receipt *receipt, uint32_t bit)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < receipt->line_count; i++) {
        struct chapter_line line = line_at(receipt, i);
        if (line.amount > 0 && (table->goods[line.goods] >> bit & 1) != 0)
            sum += line.qty;
    }
    return sum;
}

int64_t
quick_lines_points(const struct rulebook *table,
                   const struct plain_receipt *receipt, uint32_t bit)
{
    const struct rulebook_rule *rule = &table->rules[bit];

    if ((table->item_bits >> bit & 1) != 0)
        return amount_scale_floor_max(quick_lines_items(table, receipt, bit),
                                      rule->fixed, 1, LIMIT_POINTS);
    return rule->fixed +
           (int64_t)ratio_of(rule->ratio,
                             quick_lines_amount(table, receipt, bit));
}
