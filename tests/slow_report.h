/*
 * slow_report.h - what a replay must say, by the slow ledger (model.h)
 *
 * Asks the model about each account under both sides, at every instant between
 * which figures have one value, and adds up what REPLAY.md defines in the
 * plainest way.
 */
#ifndef TESTS_SLOW_REPORT_H
#define TESTS_SLOW_REPORT_H

#include "tests/round.h"

/* Segments that the model can judge, too. */
enum slow_segment {
    SLOW_ALL,
    SLOW_BOUGHT_TWICE, /* purchases=2.. */
    SLOW_SPENT,        /* spend=20.. */
    SLOW_NOT_SPENT,    /* !spend=20.. */
    SLOW_IN_DEBT,      /* debt=1.. */
    SLOW_SEGMENTS,
};
extern const char *const slow_segment_texts[SLOW_SEGMENTS];

/* The versions of one side, in the order of publishing. */
struct slow_side {
    uint32_t count;
    struct model_version versions[GEN_VERSIONS + 1];
};

struct slow_question {
    const struct round *round;
    struct model *model; /* of the round's zone */
    const struct slow_side *sides[2];
    /* Other candidates of the same run: an account of any side counts. */
    const struct slow_side *others;
    uint32_t other_count;
    enum slow_segment segment;
    int32_t from_day; /* as for report_json() */
    int64_t since_ms; /* INT64_MIN: all */
    int64_t until_ms;
};

/* Appends the report of REPLAY.md without any blanks, and a row for each
 * account: "ACCOUNT points redeemed overdrawn expired outstanding debt
 * vouchers level" with the figures of both sides. */
void slow_report(const struct slow_question *question, struct text *report,
                 struct text *rows);

#endif
