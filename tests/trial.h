/*
 * trial.h - one random history, asked of the fold and of the model
 *
 * A trial compares balance, rows of explain, sums of settlement and the
 * clearing matrix of every account, and checks what must hold whatever the
 * rules are: the clearing identities after each step, never both debt and
 * lots, what is voided as if never appended, no effect of the order of
 * arrival, folding forward as folding anew, and questions without a trace.
 */
#ifndef TESTS_TRIAL_H
#define TESTS_TRIAL_H

#include "core/text.h"
#include "tests/gen.h"
#include "tests/model.h"

enum trial_verdict {
    TRIAL_EQUAL,
    TRIAL_DIFFERENT,
    TRIAL_INVALID, /* a program that can't be read */
};

struct trial; /* zones, models, memory */

/* Owned by the caller. */
struct trial *trial_open(void);
void trial_close(struct trial *trial);

/* The zones by the numbers of gen_zone_names. */
const struct zone *trial_zones(const struct trial *trial);

/* Tries the case; `why` gets the first difference or mistake. */
enum trial_verdict trial_run(struct trial *trial, const struct gen_case *made,
                             struct text *why);

/* What the model says of an account of the case at its `until_ms`; the case is
 * valid.  Lives until the next call of any of these. */
struct model_answer trial_ask(struct trial *trial, const struct gen_case *made,
                              account_id account);

#endif
