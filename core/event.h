/*
 * event.h - what happened in a store: the kinds of event and their fields
 *
 * An event is a fact; it is appended once and never changed.  This file knows
 * what an event means as data and which values are allowed (EVENTS.md); how
 * one is written is the business of codec.h (msgpack) and json.h (JSON Lines).
 * Kind numbers are frozen: they stand in every journal.
 *
 * All views borrow: from the line, the record or the arena that the event was
 * read from, which the reader names.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/amount.h"
#include "core/calendar.h"
#include "core/err.h"
#include "core/limits.h"

enum event_kind {
    EVENT_JOIN = 1,
    EVENT_PURCHASE = 2,
    EVENT_RETURN = 3,
    EVENT_VOID = 4,
    EVENT_STAMP = 5,
    EVENT_REDEEM = 6,
    EVENT_REVERSE = 7,
    EVENT_CONSENT = 8,
    EVENT_ACTIVITY = 9,
    EVENT_GRANT = 10,
    EVENT_ADJUST = 11,
    EVENT_PASS_SALE = 12,
    EVENT_PASS_USE = 13,
};
enum { EVENT_KIND_END = 14 };

/* Who appended it: (node, incarnation, seq); all 0 before it is appended. */
typedef struct {
    uint64_t incarnation;
    uint64_t seq;
    uint32_t node;
} identity;

/* A member by number, or a bearer by code; `member` is 0 for a bearer. */
typedef struct {
    uint64_t member;
    view bearer;
} account_id;

/* How the account was identified at the till. */
enum event_entry {
    ENTRY_NONE = 0,
    ENTRY_SCAN = 1,
    ENTRY_TAP = 2,
    ENTRY_KEY = 3,
    ENTRY_LOOKUP = 4,
    ENTRY_APP = 5,
};
enum { ENTRY_END = 6 };

/* Fields that no balance depends on.  They are kept beside the event with a
 * random salt, so that they can be erased without breaking the chain. */
struct event_annex {
    view till;
    view cashier;
    view reason;
    view by;
    view source;
    enum event_entry entry;
};

/* One line of a receipt; of a return by receipt only index and amount. */
struct event_line {
    money amount;
    uint32_t index; /* returns: which line of the purchase, from 0 */
    uint32_t qty;   /* receipts: at least 1 */
    view category;  /* empty: none */
    view sku;       /* empty: none */
};

/* What `bought_on` and `expires_on` hold when they were left out. */
#define EVENT_NO_DAY INT32_MIN

struct event {
    enum event_kind kind;
    uint32_t store;
    identity identity;
    int64_t at_ms;
    int64_t recorded_ms; /* 0 before it is appended */
    account_id account;
    view id; /* the caller's idempotency key; empty: none */
    struct event_annex annex;
    union {
        struct {
            uint32_t home_store; /* 0: left out */
            uint64_t referrer;   /* 0: left out */
        } join;
        /* A purchase; and a return, blind if `receipt` is empty.  A return by
         * receipt has no total and no off. */
        struct {
            view receipt;
            money total;
            money off;
            const struct event_line *lines; /* NULL: one line of `total`, */
            uint32_t line_count;            /* or all that is left of it */
            uint32_t from_store;            /* returns; 0: left out */
            int32_t bought_on;              /* returns; EVENT_NO_DAY */
        } sale;
        struct {
            identity voids;
        } annul; /* EVENT_VOID */
        struct {
            view card;
            uint32_t count;
        } stamp;
        struct {
            points points; /* 0: a reward is redeemed */
            view reward;   /* empty: points are redeemed */
            money value;   /* -1: left out */
            view receipt;  /* empty: left out */
        } redeem;          /* its `id` is event.id, never empty */
        struct {
            view redemption;
            points points; /* 0: all of it */
        } reverse;
        struct {
            view channel;
            view text; /* version of the wording; empty: left out */
            bool granted;
        } consent;
        struct {
            view name;
        } activity;
        struct {
            view reward;
            uint32_t count;
        } grant;
        struct {
            points points;
            int32_t expires_on; /* EVENT_NO_DAY */
        } adjust;
        struct {
            view pass;
            money price;
        } pass_sale;
        struct {
            view pass;
        } pass_use;
    };
};

/* "purchase"; NULL for a number that is no kind. */
const char *event_kind_name(enum event_kind kind);
NODISCARD bool event_kind_parse(view name, enum event_kind *ret_kind);
/* "scan"; NULL for ENTRY_NONE. */
const char *event_entry_name(enum event_entry entry);
NODISCARD bool event_entry_parse(view name, enum event_entry *ret_entry);

bool event_is_name(view text); /* 1-32 bytes of a-z 0-9 _ - . */
bool event_is_code(view text); /* 1-64 printable ASCII without space */
bool event_is_text(view text); /* at most 256 bytes of UTF-8, no NUL */

/* What the fields of the event's kind are where they are left out and that is
 * not 0: count 1, no value of its own, no date. */
void event_set_defaults(struct event *event);

/* Checks every rule of EVENTS.md that an event by itself can break: fields of
 * its kind, ranges, sums of a receipt.  The identity and `recorded` are not
 * looked at, nor is the clock.  ERR_INPUT with the field, what was expected
 * and what was found in the complaint. */
NODISCARD enum err event_check(const struct event *event,
                               struct complaint *complaint);

/* The same without the annex: what a stored event is checked by, whose annex
 * is not read, or was erased. */
NODISCARD enum err event_check_core(const struct event *event,
                                    struct complaint *complaint);

/* Of one event; and their order by node, incarnation and seq: negative, 0 or
 * positive. */
bool identity_equal(identity a, identity b);
int identity_compare(identity a, identity b);
/* "NODE.INCARNATION.SEQ": at most IDENTITY_SIZE bytes with the end. */
enum { IDENTITY_SIZE = 56 };
void identity_format(identity id, char text[static IDENTITY_SIZE]);
NODISCARD bool identity_parse(view text, identity *ret_identity);

/* The same member, or the same code of a bearer. */
bool account_equal(account_id a, account_id b);
/* Members by number, then bearers by the bytes of their codes. */
int account_compare(account_id a, account_id b);
/* "42" or "bearer:CODE": at most ACCOUNT_SIZE bytes with the end. */
enum { ACCOUNT_SIZE = LIMIT_CODE_SIZE + 8 };
void account_format(account_id id, char text[static ACCOUNT_SIZE]);
/* False if the text names no account; the code of a bearer
 * borrows from the text. */
NODISCARD bool account_parse(view text, account_id *ret_account);

/* Canonical order of the events of one account: (at, node, incarnation,
 * seq).  Source: EVENTS.md. */
int event_compare(const struct event *a, const struct event *b);

/* Spreads `off` over the lines with an amount > 0 (largest remainder first,
 * then line order) and writes each line's amount after it; lines with an
 * amount <= 0 keep it.  `ret_amounts` has room for `line_count`, or for one
 * where the receipt has no lines.  Source: EVENTS.md, "A receipt". */
void event_line_amounts(const struct event *event, money *ret_amounts);

#endif
