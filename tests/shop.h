/*
 * shop.h - a whole ledger for a test: in a directory of its own, with rules
 * and events from text
 */
#ifndef TESTS_SHOP_H
#define TESTS_SHOP_H

#include "core/closing.h"
#include "core/ledger.h"
#include "tests/place.h"

struct shop {
    struct place place;
    struct ledger *ledger;
    struct arena arena; /* for what a test keeps */
};

/* A new, empty ledger of node 1; the test stops if it can't be made. */
void shop_open(struct shop *shop);
void shop_close(struct shop *shop);

/* Publishes from local midnight of the date on, in Helsinki and EUR, with two
 * partners (market: stores 1, 2, 10-19, 0.010 and 0.009; cafe: 30-39, 0.012
 * and 0.009) and these lines of YAML; or all of them if they begin with
 * "program:". */
void shop_rules(struct shop *shop, const char *from, const char *yaml);
/* The whole text of such a program; lives as long as the shop. */
view shop_program(struct shop *shop, const char *yaml);

/* Imports JSON Lines, each with a line end. */
void shop_import(struct shop *shop, const char *lines);
/* All three: the rules hold from 2000 on. */
void shop_start(struct shop *shop, const char *yaml, const char *lines);

/* What is closed, by all that is known; lives as long as the shop. */
struct closing_books shop_books(struct shop *shop);

#endif
