#include "bench/sales.h"

#include "bench/bench.h"
#include "bench/replay_rules.h"
#include "core/program_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
sales_program_name(enum sales_program program)
{
    return program == SALES_FIVE ? "five questions" : "whole program";
}

char *
sales_program_text(enum sales_program program)
{
    enum { SIZE_MAX_READ = 1 << 16 };
    char *text = calloc(1, SIZE_MAX_READ);

    bench_need(text != NULL, "have memory");
    if (program == SALES_FIVE)
        return strcpy(text, replay_five);
    FILE *file = fopen("tests/programs/kanta.yaml", "r");
    bench_need(file != NULL, "open tests/programs/kanta.yaml");
    size_t size = fread(text, 1, SIZE_MAX_READ - 1, file);
    fclose(file);
    bench_need(size > 0, "read tests/programs/kanta.yaml");
    return text;
}

const struct timeline *
sales_timeline(enum sales_program program, struct arena *arena)
{
    static struct mistakes mistakes;
    char *text = sales_program_text(program);
    struct timeline_input input = { .file = arena_copy(arena, view_of(text)) };

    bench_need(program_yaml_check(input.file, arena, &mistakes, &input.program,
                                  &input.zone) == OK &&
                   calendar_parse_date(view_of("2000-01-01"), &input.from_day),
               "read the program");
    free(text);
    return timeline_build(&input, 1, arena);
}

static void
add_lines(struct sale *sale, uint64_t number)
{
    static const char *const categories[] = { "bread",   "coffee",
                                              "dairy",   "coffee.beans",
                                              "tobacco", "garden.furniture",
                                              "fruit" };

    for (uint32_t i = 0; i < SALES_LINES; i++) {
        const char *category =
            categories[(number + i * 3) % COUNT_OF(categories)];
        sale->lines[i] = (struct event_line) {
            .amount = { 100 + (int64_t)((number * 7 + i * 131) % 900) },
            .index = i,
            .qty = 1 + (uint32_t)((number + i) % 3),
            .category = view_of(category),
        };
        sale->event.sale.total.minor += sale->lines[i].amount.minor;
    }
    sale->event.sale.lines = sale->lines;
    sale->event.sale.line_count = SALES_LINES;
}

void
sales_make(struct sale *sale, uint64_t number, uint64_t member, int64_t at_ms,
           bool lines)
{
    snprintf(sale->receipt, sizeof sale->receipt, "R%llu",
             (unsigned long long)number);
    sale->event = (struct event) {
        .kind = EVENT_PURCHASE,
        .store = 10 + (uint32_t)(number % 10),
        .identity = { .node = 1, .incarnation = 1, .seq = number + 1 },
        .at_ms = at_ms,
        .recorded_ms = at_ms,
        .account = { .member = member },
    };
    sale->event.sale.receipt = view_of(sale->receipt);
    sale->event.sale.bought_on = EVENT_NO_DAY;
    if (lines)
        add_lines(sale, number);
    else
        sale->event.sale.total.minor = 100 + (int64_t)(number * 7 % 9900);
}

uint64_t
sales_member(uint64_t number, uint64_t count)
{
    uint64_t mixed = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);

    mixed ^= mixed >> 29;
    mixed *= UINT64_C(0xbf58476d1ce4e5b9);
    mixed ^= mixed >> 32;
    return 1 + mixed % count;
}
