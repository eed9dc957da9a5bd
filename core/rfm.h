/*
 * rfm.h - scores of recency, frequency and money
 *
 * Ranked are the accounts that have ever bought something: recency by the
 * local days since the last purchase, frequency by the purchases of the
 * window's calendar months, money by the eligible spend of these months.  A
 * score is 1 + floor(5 x accounts strictly worse / n), so 5 is best and equals
 * score equal; or it is told by limits of the caller's own.
 */
#ifndef CORE_RFM_H
#define CORE_RFM_H

#include "core/ledger.h"

enum rfm_what { RFM_RECENCY, RFM_FREQUENCY, RFM_MONETARY, RFM_WHATS };
enum { RFM_SCORE_MAX = 5 };

struct rfm_buyer {
    uint64_t member;         /* 0: a bearer */
    char name[ACCOUNT_SIZE]; /* "42", "bearer:CODE" */
    int64_t last_purchase_ms;
    int64_t values[RFM_WHATS]; /* days since; purchases; cents */
    uint8_t scores[RFM_WHATS]; /* 1 to RFM_SCORE_MAX */
};

/* Limits of the scores 2, 3, 4, 5: at most so many days, at least so many
 * purchases and cents. */
struct rfm_limits {
    int64_t limits[RFM_WHATS][RFM_SCORE_MAX - 1];
};

struct rfm_options {
    uint64_t known;
    int64_t at_ms;
    const struct timeline *timeline; /* borrowed */
    int32_t window;                  /* months, that of at_ms is the last */
    bool average; /* money: of a purchase, floored; 0 of none */
    const struct rfm_limits *limits; /* NULL: by rank */
};

struct rfm {
    struct rfm_buyer *buyers; /* in account order */
    uint32_t count;
};

/* The buyers are the caller's to free with rfm_close().  Faults as of
 * census_next(). */
NODISCARD enum err rfm_make(struct ledger *ledger,
                            const struct rfm_options *options,
                            struct rfm *ret_rfm, struct complaint *complaint);
void rfm_close(struct rfm *rfm);

/* Sets the scores by the values. */
NODISCARD enum err rfm_score(struct rfm *rfm, const struct rfm_limits *limits);

#endif
