/*
 * kit.h - journals for tests whose events are words
 *
 * An event here is the text "CONTENT" or "CONTENT#ID".  Everything follows from
 * the calls: fixed incarnation, fixed clock, no salts.
 */
#ifndef TESTS_KIT_H
#define TESTS_KIT_H

#include "core/journal.h"
#include "tests/place.h"

#define KIT_NOW INT64_C(1700000000000)

#define KIT_WHO                                                                \
    ((struct journal_identity) {                                               \
        .node = 7, .store = 70, .incarnation = 100, .epoch = 1 })

bool kit_describe(const struct record_event *event,
                  struct journal_facts *ret_facts);
struct journal_entry kit_entry(const char *text);

/* A journal of KIT_WHO in the empty place. */
struct journal *kit_open_new(const struct place *place);
struct journal *kit_open_again(const struct place *place,
                               struct journal *journal);

enum err kit_append(struct journal *journal,
                    const struct journal_entry *entries, uint32_t count,
                    struct journal_result *results);
struct journal_result kit_append_one(struct journal *journal, const char *text);

/* The texts of all events in order of arrival, each followed by a blank. */
void kit_read_all(struct journal *journal, char *text, size_t room);
/* How much a scrub has to say. */
uint64_t kit_findings(struct journal *journal);
/* Flips a bit of the first occurrence of the text in the closed journal. */
void kit_flip_byte_of(const struct place *place, const char *text);

#endif
