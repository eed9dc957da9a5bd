/*
 * run_kit.h - runs (core/runs.h) of many keys for tests, in a place of their
 * own
 */
#ifndef TESTS_RUN_KIT_H
#define TESTS_RUN_KIT_H

#include "core/runs_merge.h"
#include "tests/place.h"

enum { RUN_KIT_ACCOUNTS = 3000 };

struct run_kit {
    struct place place;
    runs_key keys[RUN_KIT_ACCOUNTS]; /* ascending */
};
extern struct run_kit run_kit;

/* Around each test that writes runs. */
int run_kit_open(void **state);
int run_kit_close(void **state);

/* The account number i: every seventh is a bearer, of a long or a short code.
 */
account_id run_kit_account(uint32_t i, char code[static 32]);

/* Blob k of key i in that run. */
view run_kit_blob(uint32_t number, uint32_t i, uint32_t k,
                  char bytes[static 256]);

/* Adds the keys i from `from` to `until` with i % step == 0, each with 1 +
 * i % 3 blobs. */
void run_kit_add(struct runs_writer *writer, uint32_t number, uint32_t from,
                 uint32_t until, uint32_t step);
/* Publishes and opens it. */
struct runs *run_kit_publish(struct runs_writer *writer, uint32_t number);
/* A run of all keys of that step. */
struct runs *run_kit_write(uint32_t number, uint32_t step);

/* For RUNS_JOIN: all blobs of a key, the older run's first. */
extern const struct runs_joiner run_kit_joiner;

/* The next blobs are those of key i in that run. */
void run_kit_expect(struct runs_cursor *cursor, uint32_t number, uint32_t i);

#endif
