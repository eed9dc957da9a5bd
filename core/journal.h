/*
 * journal.h - the append-only log of a ledger: its identity, and appending
 *
 * The journal is the only durable truth: every other file of a ledger may be
 * deleted and made anew from it.  Items (events and control items) have
 * arrival positions 1, 2, 3, ... without gaps, whatever stream they belong to,
 * and each position has this ledger's time of arrival, which never decreases.
 *
 * Any thread of any process may append.  Head, chain, position, incarnation
 * and ids are read inside the write transaction and never remembered.  Callers
 * that append at the same moment share one commit; each gets its own answer,
 * and gets it when its events are on the disk.
 *
 * Reading is in reader.h, other nodes' records come in through ingest.h, and
 * scrub.h walks over everything.
 */
#ifndef CORE_JOURNAL_H
#define CORE_JOURNAL_H

#include "core/db.h"
#include "core/record.h"

struct journal; /* owned by its opener; any thread may use it */

/* What a ledger is, set at creation; only the incarnation ever changes. */
struct journal_identity {
    uint32_t node;               /* 1 to LIMIT_NODE */
    uint32_t store;              /* the node's own; 0: none */
    uint64_t incarnation;        /* the current one */
    uint64_t epoch;              /* which counting of positions this is */
    struct record_parent parent; /* of its events: the one that it left */
};

/* What the journal can't know of an event's bytes and asks its owner: only
 * when originals meet copies, and for this node's own events that come back
 * from elsewhere.  False: not understood; the event is then neither compared
 * nor indexed. */
struct journal_facts {
    fingerprint print;
    view id; /* the caller's idempotency key; empty: none */
};
typedef bool journal_describe(const struct record_event *event,
                              struct journal_facts *ret_facts);

/* Makes an empty journal in the existing directory `dir`.  ERR_EXISTS: there
 * is one.  ERR_FULL, ERR_IO. */
NODISCARD enum err journal_create(const char *dir,
                                  const struct journal_identity *who);
/* Seconds x 2^20 and 20 random bits: a name for a new incarnation. */
uint64_t journal_draw_incarnation(int64_t now_ms);
/* The same, greater than another: names ascend, even if the clock has been set
 * back or two are drawn in one second.  After the last that there can be, which
 * only somebody who lies has, comes no other: it is another then. */
uint64_t journal_draw_later(uint64_t than, int64_t now_ms);

/* Opens the journal in `dir`.  A process opens one only once at a time, and
 * never forks with it.  `describe` may be NULL.  A damaged last record is named
 * by a reader and refuses appends, but does not keep the journal shut.
 * ERR_NOT_FOUND, ERR_UNKNOWN (made by a later version), ERR_CORRUPT, ERR_BUSY
 * (too many read it), ERR_IO. */
NODISCARD enum err journal_open(const char *dir, journal_describe *describe,
                                struct journal **ret_journal);
/* NULL is allowed; no reader is open and no call under way. */
void journal_close(struct journal *journal);

/* The identity as it is now.  ERR_IO, ERR_CORRUPT. */
NODISCARD enum err journal_get_identity(struct journal *journal,
                                        struct journal_identity *ret_identity);

/* Begins another incarnation: later items go to its streams, whose first
 * records name the current one as parent, or, if nothing stands in it, its own.
 * `fork` is the end up to which others hold our events too (NULL: the present
 * head).  ERR_EXISTS: the journal holds records of that incarnation already;
 * ERR_FULL, ERR_IO. */
NODISCARD enum err journal_renew(struct journal *journal, uint64_t incarnation,
                                 enum record_reason reason,
                                 const stream_head *fork);
/* Begins another counting of positions: those of other ledgers and of an
 * earlier life mean nothing here.  ERR_FULL, ERR_IO. */
NODISCARD enum err journal_set_epoch(struct journal *journal, uint64_t epoch);

/* The key under which the id of a node's event is remembered. */
hash128 journal_id_key(uint32_t node, view id);

struct journal_entry {
    view core;  /* with `recorded` = the call's now_ms; borrowed */
    view annex; /* empty: none; borrowed */
    view id;    /* empty: none */
    fingerprint print;
    bool at_left_out; /* any `at` is equal to what is stored under the id */
    identity copy_of; /* node 0: a new event; else what an import brought */
};

enum journal_outcome {
    JOURNAL_APPENDED,
    JOURNAL_THERE,    /* same id or identity, same content: that is where */
    JOURNAL_CONFLICT, /* same id or identity, other content: that is where */
    JOURNAL_REFUSED,  /* not stored, because another entry conflicts */
};

struct journal_result {
    enum journal_outcome outcome;
    identity identity; /* in this ledger; 0 if refused */
    uint64_t position;
};

/* Whether an event that came meanwhile keeps an append out.  Any thread may
 * ask, one at a time, while the append is under way. */
typedef bool journal_hinders(void *context, const struct record_event *event);

struct journal_append {
    const struct journal_entry *entries;
    uint32_t count;   /* 1 to LIMIT_APPEND_EVENTS */
    int64_t now_ms;   /* the clock; arrival is never before the last one's */
    bool skip_bad;    /* a conflict does not keep the others out */
    uint64_t only_at; /* not 0: only if nothing stands there or later ... */
    journal_hinders *hinders; /* ... but new events of this node, few enough to
                               * be asked about, of which none hinders; NULL:
                               * anything does */
    void *context;            /* of `hinders`; borrowed */
    uint64_t only_in;         /* not 0: only if this is still the incarnation */
};

/* Appends all entries to this node's stream of events, in order, or none, and
 * returns when they are on the disk.  `ret_results` has an element for each
 * entry and is written on OK and ERR_CONFLICT.  Entries of one call that
 * repeat an id count like ones that came before.
 * ERR_CONFLICT: an entry conflicts and `skip_bad` is not set; nothing changed.
 * ERR_INPUT: an entry's size or the clock is out of range.
 * ERR_BUSY: not what `only_at` or `only_in` asks for; nothing changed.
 * ERR_FULL: no room, nothing changed; it goes on by itself when there is.
 * ERR_IO: nothing is acknowledged; see journal_is_broken(). */
NODISCARD enum err journal_append(struct journal *journal,
                                  const struct journal_append *append,
                                  struct journal_result *ret_results);

/* One of several appends that share a commit.  Each is all or none, by itself,
 * and has its own answer. */
struct journal_try {
    struct journal_append append;
    struct journal_result *results;
    enum err err; /* out: as of journal_append() */
};
enum { JOURNAL_TRIES_MAX = 256 };
/* Returns when those that are OK are on the disk.  At most JOURNAL_TRIES_MAX.
 */
void journal_append_each(struct journal *journal, struct journal_try *tries,
                         uint32_t count);

struct journal_control {
    uint8_t channel; /* enum record_channel */
    uint8_t kind;    /* enum record_kind, not RECORD_EVENTS */
    view body;       /* at most LIMIT_CONTROL_SIZE; borrowed */
    view pieces;     /* mostly empty: what `body` has no room for.  It goes
                      * right before the item, in the same commit, as items
                      * RECORD_PIECE of LIMIT_PIECE_SIZE bytes or, the last of
                      * them, what is left; borrowed */
    int64_t now_ms;
    uint64_t only_at; /* not 0: only if no control item but marks stands at
                       * or after it */
};

/* Appends one control item to this node's stream of that channel, and before
 * it its pieces; durable as above.  The result is of the item itself.  Errors
 * as of journal_append(). */
NODISCARD enum err journal_append_control(struct journal *journal,
                                          const struct journal_control *control,
                                          struct journal_result *ret_result);

/* A small value kept beside the log under a name of 1-64 bytes (which run
 * files live, what was acknowledged, ...), copied into `bytes`.  ERR_NOT_FOUND;
 * ERR_UNKNOWN: more than `room` bytes; ERR_IO, ERR_CORRUPT, ERR_MEMORY. */
NODISCARD enum err journal_get_note(struct journal *journal, view name,
                                    uint8_t *bytes, uint32_t room,
                                    view *ret_value);
/* Replaces it, durably; an empty value takes it away.  ERR_FULL, ERR_IO. */
NODISCARD enum err journal_put_note(struct journal *journal, view name,
                                    view value);

/* Of a journal that held more when it was written than it did when it was
 * opened (db.h): somebody may have been told of what is gone.  Stays until
 * whoever sees to it, by beginning another incarnation, takes it away. */
#define JOURNAL_REWOUND "rewound"
NODISCARD enum err journal_is_rewound(struct journal *journal,
                                      bool *ret_rewound);

/* The hub's clock less ours in ms, as an i64, under this name: what is appended
 * while it is far from 0 is flagged (RECORD_CLOCK_OFF). */
#define JOURNAL_CLOCK_NOTE "sync.clock"

/* Changes whenever any process has committed something that a reader opened
 * now sees; cheap. */
uint64_t journal_last_txn(struct journal *journal);
/* Nothing can be written until it is closed and opened again. */
bool journal_is_broken(const struct journal *journal);
/* A consistent copy of the whole environment into the empty directory `dir`,
 * flushed.  ERR_FULL, ERR_IO. */
NODISCARD enum err journal_copy(struct journal *journal, const char *dir);
/* Once a minute, by one process: frees what dead readers held. */
void journal_tend(struct journal *journal);

/* For the other files of the journal only. */
struct db *journal_db(struct journal *journal);
journal_describe *journal_describer(const struct journal *journal);

#endif
