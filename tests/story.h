/*
 * story.h - little histories for tests, told as a program and lines of events
 *
 * A story holds programs (YAML) and events (JSON Lines) in memory, without any
 * ledger, and walks its accounts.  Every step of every walk is checked against
 * the identities of the clearing matrix (SETTLEMENT.md) and against the rule
 * that an account never has both debt and lots.  What can't be read fails the
 * test at once.
 */
#ifndef TESTS_STORY_H
#define TESTS_STORY_H

#include "core/walk.h"

struct story;

/* A story without a program; story_close() gives all its memory back. */
struct story *story_open(void);
void story_close(struct story *story);

/* A version from local midnight of `from` ("2000-01-01") on.  What follows the
 * heading that all programs share may be left to `heading`: see below. */
void story_version(struct story *story, const char *from, const char *yaml);

/* The same with name, EUR, Europe/Helsinki and two partners put before it:
 * market (stores 1, 2, 10-19, 0.010 and 0.009) and cafe (30-39, 0.012 and
 * 0.009). */
void story_rules(struct story *story, const char *from, const char *yaml);

/* One event of member 42 at store 10 unless the line says otherwise; times
 * may be left without seconds and zone ("2025-01-10T12:00" is Helsinki time).
 * The node is 1 unless there is an `event`. */
void story_event(struct story *story, const char *line);

/* All lines of an events.jsonl, as they are. */
void story_lines(struct story *story, view lines);

const struct timeline *story_timeline(struct story *story);

/* Starts the walk of an account ("42", "bearer:X") up to a time, which may be
 * short as above.  The walk lives until the next one of the story. */
struct walk *story_walk(struct story *story, const char *account,
                        const char *until, bool why);

/* The next step, checked; false after the last. */
bool story_next(struct story *story);

/* The rest of the walk, checked. */
void story_finish(struct story *story);

/* All accounts with an event or a referral, in account order. */
uint32_t story_accounts(struct story *story, account_id *ret_accounts,
                        uint32_t room);

/* The answers as commands give them; they live until the next of their kind.
 * story_explain() is one line, story_accounts_json() one line per account. */
const char *story_balance(struct story *story, const char *account,
                          const char *until);
const char *story_explain(struct story *story, const char *account,
                          const char *until, bool why);
const char *story_accounts_json(struct story *story, const char *until);

/* Room beside the current walk; what is taken from the copy is scratch. */
struct arena story_scratch(struct story *story);

/* The sum of a measure over the whole walk of an account up to a time, for one
 * partner ("" for all) and store (0 for all). */
struct story_figure {
    int64_t amount;
    int64_t micro; /* its money */
};
struct story_figure story_figure(struct story *story, const char *account,
                                 const char *until, enum measure measure,
                                 const char *partner, uint32_t store);

/* Asserts that two JSON texts are equal apart from spacing. */
void story_same_json(const char *got, const char *expected);

/* Asserts that the compact JSON `got` holds this part, spacing apart. */
void story_has(const char *got, const char *part);

#endif
