/*
 * model_requests.h - what the parts of the model ask of one another, where it
 * is more than a few arguments
 */
#ifndef TESTS_MODEL_REQUESTS_H
#define TESTS_MODEL_REQUESTS_H

#include "tests/model_state.h"

/* To look through the rules. */
struct earning {
    const struct version_entry *version;
    const struct context *context;
    enum evaluation evaluation;
    enum earn_on on;
    view activity;
    const struct line *lines;
    uint32_t line_count;
    const uint32_t *stopped; /* AGAIN */
    uint32_t stopped_count;
};

/* To earn points now. */
struct earned {
    view rule; /* empty: none for explain */
    view issuer;
    uint32_t store;
    int64_t points;
    const struct version_entry *version; /* prices and dates */
    const int64_t *expires_at;           /* NULL: as the rules say */
};

/* To withdraw points. */
struct withdrawn {
    int64_t points;
    const struct key *first; /* NULL: no lot is named */
    view partner;            /* whom it is booked to */
    uint32_t store;
    const struct version_entry *version; /* of the price */
};

/* To issue vouchers now. */
struct issue {
    view reward;
    view issuer;
    uint32_t store;
    view source;
    int64_t count;
    const struct version_entry *version;
};

/* What stamps and progress are taken back for: where points are booked. */
struct undo {
    const struct version_entry *version;
    view partner;
    uint32_t store;
};

#endif
