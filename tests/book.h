/*
 * book.h - a ledger of a test's own, fed with lines of JSON
 *
 * Every call that fails to do what it should fails the test.
 */
#ifndef TESTS_BOOK_H
#define TESTS_BOOK_H

#include <sys/types.h>

#include "core/enrol.h"
#include "core/ledger_append.h"
#include "tests/place.h"

/* What a test says of time, unless it says more. */
#define BOOK_NOW INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

struct book {
    struct place place;
    struct ledger *ledger;
    struct arena arena; /* what was read last */
};

/* A new ledger of node 1, store 10, incarnation 1, opened in that mode. */
void book_open(struct book *book, enum ledger_mode mode);
void book_close(struct book *book);
/* Closes the ledger and opens it again. */
void book_reopen(struct book *book, enum ledger_mode mode);

/* Publishes a program; the heading of story.h's rules is put before it. */
void book_rules(struct book *book, const char *from, const char *yaml);
/* Publishes the bytes as they are. */
enum err book_publish(struct book *book, const char *from, view file,
                      struct complaint *complaint);

/* Enrols the node for that store. */
void book_enrol(struct book *book, uint32_t node, uint32_t store,
                enum enrol_role role);

/* Appends or imports the lines (one event each); `entries` may be NULL, or has
 * room for all.  Refreshes the ledger. */
enum err book_append(struct book *book, const char *lines,
                     struct ledger_entry *entries, struct complaint *complaint);
enum err book_import(struct book *book, const char *lines,
                     struct ledger_import *import, struct complaint *complaint);

/* A node that has nothing else imports the lines, and the ledger hears it. */
void book_hear(struct book *hub, uint32_t node, const char *lines);
/* The same of eight purchases of the member, of that total and some cents,
 * which another node, never heard, is said to have taken down, always under
 * the same identities. */
void book_hear_copies(struct book *hub, uint32_t node, uint32_t member,
                      uint32_t total);

/* Appends them and leaves it to the ledger when it hears of them. */
enum err book_write(struct book *book, const char *lines,
                    struct ledger_entry *entries, struct complaint *complaint);

/* The balance of an account as JSON; valid until the next call. */
const char *book_balance(struct book *book, const char *account, int64_t at_ms,
                         uint64_t known);

/* A file of tests/examples, valid until the next call. */
view book_example(const char *folder, const char *name);

/* Publishes the example's program and imports its events, twice over. */
void book_load_example(struct book *book, const char *folder);

/* Flips a bit of the text wherever it stands in the journal, while nobody
 * writes there. */
void book_rot(struct book *book, const char *text);
/* The same; closes the ledger before and opens it after. */
void book_damage(struct book *book, const char *text, enum ledger_mode mode);

/* Changes one byte of a file of the ledger. */
void book_change_byte(const struct book *book, const char *name, off_t at);

/* What is written so in an event. */
int64_t book_ms(const char *time);

/* Fails the test if the part does not stand in the text. */
void book_has(const char *text, const char *part);

#endif
