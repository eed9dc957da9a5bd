/*
 * segment_part.h - a segment's condition as a tree, for those who read it and
 * those who judge by it
 */
#ifndef CORE_SEGMENT_PART_H
#define CORE_SEGMENT_PART_H

#include "core/timeline.h"

enum part_kind {
    PART_ALL, /* both sides */
    PART_ANY, /* either side */
    PART_NOT, /* not the left side */
    PART_MEMBER,
    PART_JOINED,
    PART_HOME_STORE,
    PART_TIER,
    PART_WINDOW_SPEND,
    PART_INACTIVE_DAYS,
    PART_RECENCY,
    PART_FIRST_PURCHASE,
    PART_LAST_PURCHASE,
    PART_PURCHASES,
    PART_FREQUENCY,
    PART_SPEND,
    PART_BOUGHT,
    PART_SKU,
    PART_STORES,
    PART_PARTNERS,
    PART_POINTS,
    PART_PENDING,
    PART_DEBT,
    PART_STAMPS,
    PART_REWARD,
    PART_PASS,
    PART_CONSENT,
};

struct part {
    enum part_kind kind;
    const struct part *left;
    const struct part *right;
    int32_t number; /* of a level, partner, card, reward or pass */
    view name;      /* of a category, sku or channel */
    int64_t from;   /* of a range, inclusive; dates are days */
    int64_t to;
    struct store_set stores;
};

struct segment {
    const struct timeline *timeline;
    const struct part *root;
};

#endif
