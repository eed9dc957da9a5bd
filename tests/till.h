/*
 * till.h - a customer at a till, with all that the rules may ask for
 *
 * What the tests of earning share: programs are written as initialisers, a
 * rule starts from RULE, which later entries override.
 */
#ifndef TESTS_TILL_H
#define TESTS_TILL_H

#include "core/earn.h"
#include "tests/rules.h"

#pragma GCC diagnostic ignored "-Woverride-init"

#define PARTNERS                                                               \
    .partner_count = 3, .partners = (const struct program_partner[])           \
    {                                                                          \
        { .id = NAME("market"),                                                \
          .stores = { LIST(struct store_range, { 1, 2 }, { 10, 19 }) } },      \
            { .id = NAME("cafe"),                                              \
              .stores = { LIST(struct store_range, { 30, 39 }) } },            \
            { .id = NAME("roaster") },                                         \
    }
#define CATEGORIES(...)                                                        \
    .given = GIVEN(CATEGORIES), .goods.categories = { LIST(view, __VA_ARGS__) }
#define BASE                                                                   \
    RULE, .id = NAME("base"), .shape = EARN_PER_AMOUNT, .per = { 100 },        \
          .points = { 1 }
#define ENDLESS .ends = INT32_MAX
#define LINE(name, cents)                                                      \
    {                                                                          \
        .category = NAME(name), .amount = { cents }, .qty = 1                  \
    }

struct till {
    const struct timeline *timeline;
    struct earn_context context;
    struct earn_input input;
    struct basket basket;
    struct earn_outcome outcome;
    struct event event;
};

/* A till at store 10 under that program, with an account that has nothing;
 * there is one till at a time. */
struct till *till_open(const struct program *program);

void till_set_time(struct till *till, const char *time);

/* The lines of the next receipt, nothing off. */
void till_set_lines(struct till *till, const struct event_line *lines,
                    uint32_t count);

/* Evaluates the receipt with what is left of it (NULL: as bought); returns its
 * points. */
int64_t till_evaluate(struct till *till, const money *left);

/* Points of a receipt with these lines. */
#define BUY(till, ...)                                                         \
    (till_set_lines((till), LIST(struct event_line, __VA_ARGS__)),             \
     till_evaluate((till), NULL))

/* What the rule gave; NULL and -1: nothing at all. */
const struct earn_gain *till_gain(const struct till *till, const char *rule);
int64_t till_points(const struct till *till, const char *rule);

/* Why the rule gave nothing; "" if it did or was not tried. */
const char *till_why(const struct till *till, const char *rule);

/* The points of one issuer. */
int64_t till_share(const struct till *till, const char *partner);

/* Counts what has used its limit, as the fold does, in an array of
 * TILL_COUNTS. */
enum { TILL_COUNTS = 8 };
void till_book_limits(struct till *till, struct earn_count *counts);

#endif
