/*
 * account.h - the state of one account, as the fold keeps it
 *
 * Everything in it follows from the account's events, its referrals and the
 * published versions.  All names are numbers of the timeline; only consents
 * carry their channels, which no program lists.  The lists live in the arena
 * that the account was opened in and grow there.
 *
 * An account is *whole* when it has been folded from its first event on: then
 * it also remembers purchases and redemptions, which returns and reversals
 * look back at.  What is stored is packed without these (a year of an ordinary
 * member in a few hundred bytes): from there it can be folded forward only,
 * see fold_can_forward().
 *
 * Instants are ms; ACCOUNT_NEVER_YET stands for what has not happened.
 */
#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include "core/earn.h"
#include "core/effect.h"
#include "core/lot.h"
#include "core/referral.h"

#define ACCOUNT_NEVER_YET INT64_MIN

/* What gave a voucher or points, and may have to take them back. */
enum source_kind {
    SOURCE_OTHER = 0,
    SOURCE_CARD,  /* a full stamp card */
    SOURCE_SPEND, /* a spend reward */
};

/* Vouchers of one issue.  The list is in the order of issue. */
struct voucher {
    uint64_t order; /* of issue, from 1 */
    int64_t issued_ms;
    int64_t expires_at; /* TERMS_NEVER */
    int32_t reward;     /* number */
    int32_t issuer;     /* number of a partner */
    uint32_t store;     /* of the event that issued it */
    uint32_t version;   /* index of the one in force at the issue */
    enum source_kind source;
    int32_t source_number; /* of the card or spend reward */
    int64_t count;         /* > 0 */
};

struct voucher_list {
    struct voucher *items;
    uint32_t count;
    uint32_t room;
    /* When the first of them expires, which is asked before every event: */
    bool due_known;
    int64_t due_ms; /* TERMS_NEVER */
};

struct stamp_state {
    int32_t card;
    int64_t count; /* may be negative */
    int64_t times; /* how often it gave points, less those taken back, ... */
    points given;  /* ... and those points */
};

struct spend_state {
    int32_t spend;
    bool by_year;
    int32_t year;     /* of the current window, if by year */
    int64_t since_ms; /* when the current window began */
    money progress;   /* in the current window; may be negative */
    int64_t times;    /* how often it gave something in it, net, ... */
    int64_t paid;     /* ... of these in points, ... */
    points given;     /* ... and those points */
};

struct pass {
    int32_t pass;    /* number */
    int32_t partner; /* of the selling store at the sale */
    uint32_t store;
    int32_t uses;
    int32_t left;
    int32_t first_use_day; /* EVENT_NO_DAY */
    int64_t expires_at;    /* TERMS_NEVER */
    money price;
};

struct consent {
    view channel;
    int64_t at_ms; /* of its last event */
    bool granted;
};

/* Eligible spend of one calendar month and store. */
struct month_spend {
    int32_t month;
    uint32_t store; /* 0 in a packed account: all stores together */
    money spend;    /* may be negative */
};

struct level_state {
    int32_t level;       /* number; PROGRAM_NONE: none is held */
    int64_t since_ms;    /* ACCOUNT_NEVER_YET: never changed */
    int64_t until_ms;    /* TERMS_NEVER */
    money qualifying;    /* the window spend by which it was judged, ... */
    int32_t first_month; /* ... and that window, inclusive */
    int32_t last_month;
    uint64_t ordinal; /* events folded up to that change */
};

/* A purchase that can still be returned (whole accounts only). */
struct purchase {
    const struct event *event;
    const struct version *version; /* NULL: before the first */
    uint64_t ordinal;              /* 1: the account's first event */
    struct earn_context context;   /* consents copied */
    struct place_list stopped;     /* by their limits */
    money *left;                   /* of each line */
    int64_t left_sum;              /* cents > 0 that can still come back */
    int32_t partner;               /* of its store, then */
    int64_t available_at;          /* of the lots that it earned */
    int64_t expires_at;
    uint32_t share_count; /* what it earns as it stands now */
    uint32_t before;      /* in its bucket: the place behind that purchase's */
    struct earn_share *shares;
};

/* What a redemption took, in that order. */
struct taken {
    struct lot_key key;
    points left; /* not yet reversed */
};

/* A redemption that can still be reversed (whole accounts only). */
struct redemption {
    const struct event *event;
    int32_t partner; /* acceptor: of its store, then */
    price price;     /* credited for one point */
    bool overdrawn_credited;
    bool done;        /* wholly reversed */
    points overdrawn; /* not yet reversed */
    struct taken_list {
        struct taken *items; /* in the order in which they were taken */
        uint32_t count;
        uint32_t room;
    } taken_from;
    bool covered;           /* a voucher was used ... */
    struct voucher voucher; /* ... this one, count 1 ... */
    bool uncovered;         /* ... or was not there */
    money value;            /* that the reward was credited at, ... */
    bool credited;          /* ... if it was: liability */
    bool charged;           /* to the voucher's issuer */
    int32_t reward;         /* number; PROGRAM_NONE */
};

struct account {
    struct arena *arena; /* its lists grow in */
    account_id id;       /* the code of a bearer is borrowed */
    bool whole;
    /* Only purchases with these receipts are remembered; NULL: all. */
    const struct name_list *recalled;
    bool begun;          /* has an event or a referral */
    int64_t clock_ms;    /* changes by the clock are done up to here */
    int64_t released_ms; /* in the middle of an instant: releases, ... */
    int64_t absence_ms;  /* ... absences ... */
    int32_t bonus_from;  /* ... and the first month without its bonus */
    int32_t due_month;   /* the month that ends at ... */
    int64_t due_ms;      /* ... this instant, if it has been reckoned */
    int32_t version;     /* index of the one in force; PROGRAM_NONE */
    int64_t last_ms;     /* the place of the last event or referral: */
    identity last;
    uint64_t ordinal; /* events and referrals folded */

    int64_t first_ms;  /* of the first event or referral */
    int64_t joined_ms; /* ACCOUNT_NEVER_YET */
    uint32_t home_store;
    struct referral_state referral;
    int64_t first_purchase_ms;
    int64_t last_purchase_ms;
    uint64_t purchase_count;
    money spend; /* lifetime */
    int64_t visit_ms;
    uint32_t visit_store;
    int64_t active_ms;     /* last activity or earning: idle expiry */
    int64_t idle_ended_ms; /* when the last idle expiry fell due */

    points debt;
    struct lot_list lots;
    struct level_state level;
    uint64_t voucher_order; /* of the last issue */
    struct voucher_list vouchers;

    struct month_list {
        struct month_spend *items; /* by month, store */
        uint32_t count;
        uint32_t room;
    } months;
    struct stamp_list {
        struct stamp_state *items; /* by card */
        uint32_t count;
        uint32_t room;
    } stamps;
    struct spend_list {
        struct spend_state *items; /* by number */
        uint32_t count;
        uint32_t room;
    } spends;
    struct pass_list {
        struct pass *items; /* in the order of sale */
        uint32_t count;
        uint32_t room;
    } passes;
    struct consent_list {
        struct consent *items; /* by channel, bytes */
        uint32_t count;
        uint32_t room;
    } consents;
    struct name_list granted; /* the channels of those granted */
    struct count_list {
        struct earn_count *items; /* by rule, per */
        uint32_t count;
        uint32_t room;
    } counts;
    struct given_list {
        int32_t *items; /* rules that gave something in this absence */
        uint32_t count;
        uint32_t room;
    } given;
    struct void_list {
        identity *items; /* what its voids name, ascending */
        uint32_t count;
        uint32_t room;
    } voids;
    struct purchase_list {
        struct purchase *items; /* canonical order; whole accounts */
        uint32_t count;
        uint32_t room;
        uint32_t returned; /* place of the one that came back last */
        /* By receipt, for those that returns ask for (give_back.c): */
        uint32_t *buckets; /* the place behind the newest one's; 0: empty */
        uint32_t bucket_count;
        uint32_t bucketed; /* so many purchases are in there */
    } bought;
    struct redemption_list {
        struct redemption *items; /* canonical order; whole accounts */
        uint32_t count;
        uint32_t room;
        uint32_t reversed; /* place of the one given back last */
    } redeemed;
};

/* An account without any event.  It is whole. */
void account_open(struct account *account, account_id id, struct arena *arena);

/* Notes what a void of the account names, so that such an event is not folded
 * forward if it comes after its void. */
void account_note_void(struct account *account, identity voided);

/* Packs a state as it is right after the last event (the clock stands at it),
 * and what only a whole account needs left out.  The id is not in it.
 * Returns the size, which is at most `room`, or 0 if the room could be too
 * small: what an account takes at most is a few times what it takes mostly. */
size_t account_pack(const struct account *account,
                    const struct timeline *timeline, uint8_t *bytes,
                    size_t room);

/* Leaves of the months what packing leaves of them: those that a version's
 * window reaches or that a bonus is yet to be given for. */
void account_prune_months(struct account *account,
                          const struct timeline *timeline);
/* What that is of the month in which the last event lies. */
enum account_months {
    ACCOUNT_MONTHS_NONE,
    ACCOUNT_MONTHS_TOGETHER, /* one entry, of store 0 */
    ACCOUNT_MONTHS_BY_STORE,
};
enum account_months account_months_kept(const struct timeline *timeline,
                                        int32_t month);

/* Reads it back; channels are copied into the arena.  ERR_CORRUPT: these are
 * no bytes that account_pack() wrote under a timeline of that many names. */
NODISCARD enum err account_unpack(view bytes, account_id id,
                                  const struct timeline *timeline,
                                  struct arena *arena,
                                  struct account *ret_account);

/* Adds to the eligible spend of a month and store, and to the lifetime's. */
void account_add_spend(struct account *account, int32_t month, uint32_t store,
                       money amount);

/* Eligible spend of the months from `first` to `last`, all stores. */
money account_spend(const struct account *account, int32_t first, int32_t last);

/* Notes a consent; of two at one instant the withdrawal holds. */
void account_consent(struct account *account, view channel, bool granted,
                     int64_t at_ms);

/* The entry of that number; a new one (`ret_new`) if there was none. */
struct stamp_state *account_stamp_make(struct account *account, int32_t card);
struct spend_state *account_spend_make(struct account *account, int32_t spend,
                                       bool *ret_new);

/* Counts that a rule with a limit has contributed in that period. */
void account_count(struct account *account, int32_t rule, enum limit_period per,
                   int32_t period);

#endif
