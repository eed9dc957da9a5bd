/*
 * stage.h - a replay for a test: a random history in a shop, and candidates
 * from text
 */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include "replay/compare.h"
#include "tests/shop.h"

struct stage {
    const char *candidate; /* rules, as for shop_rules() */
    struct simulate_options options;
    struct simulation simulation;
    struct comparison comparison; /* of the first candidate */
};

/* Imports `count` random events of a few members and a bearer; one in `odd` is
 * something else than a purchase, a redemption of points or a join (0: none).
 */
void stage_fill(struct shop *shop, uint64_t seed, uint32_t count, uint32_t odd);

/* Imports voids of `count` of the first `events`, each on all accounts, so that
 * of its voids one has something to undo. */
void stage_void(struct shop *shop, uint64_t seed, uint32_t count,
                uint32_t events);

/* Sorts all that has been imported into the image. */
void stage_merge(struct shop *shop);

/* Replays the candidate against what is published, up to the end of 2025 and
 * on one thread unless the options say otherwise. */
void stage_run(struct shop *shop, struct stage *stage);

/* The report as JSON; lives as long as the shop. */
view stage_json(struct shop *shop, const struct stage *stage);

/* Rules that use most of what there is, and others. */
extern const char stage_rules[];
extern const char stage_other_rules[];

#endif
