/*
 * ledger.h - one ledger: the directory, its journal, its versions, its
 * accounts
 *
 * What commands and nodes work with.  A ledger directory holds `journal/`
 * (the only truth), `history/` and `state/` (may be deleted, are built again),
 * `owner` (a lock: who may write those two) and `keys/`.  Any process may
 * append; the journal orders them.
 *
 * The clock is an input: whoever calls says what time it is.  A question is
 * asked in two times: `at` (a matter of the walk) and `known`, a position of
 * this journal; what arrived later is left out, versions too.
 */
#ifndef CORE_LEDGER_H
#define CORE_LEDGER_H

#include "core/base.h"
#include "core/err.h"
#include "core/event.h"
#include "core/history.h"

struct fold;
struct journal;
struct ledger;
struct program;
struct state;
struct timeline;
struct walk_input;

#define LEDGER_KNOWN_ALL HISTORY_ALL

/* Who this ledger is. */
struct ledger_identity {
    uint32_t node;
    uint32_t store;       /* 0: none */
    uint64_t incarnation; /* ledger_create: 0 draws one */
};

/* Makes a new, empty ledger.  ERR_EXISTS: there is one (or something else) in
 * that directory; ERR_INPUT: a number out of its range. */
NODISCARD enum err ledger_create(const char *dir,
                                 const struct ledger_identity *identity,
                                 int64_t now_ms, struct complaint *complaint);

enum ledger_mode {
    LEDGER_READ,  /* questions; never becomes the owner of the caches */
    LEDGER_WRITE, /* appends; merges a long tail if nobody else owns it */
    LEDGER_OWN,   /* a hub or a node: the owner while it is open; ERR_BUSY
                   * if somebody else is */
};

/* ERR_NOT_FOUND: no ledger there; ERR_CORRUPT; ERR_UNKNOWN: made by a later
 * program.  Every failure here and below fills the complaint, which may be
 * NULL. */
NODISCARD enum err ledger_open(const char *dir, enum ledger_mode mode,
                               struct complaint *complaint,
                               struct ledger **ret_ledger);
void ledger_close(struct ledger *ledger);

/* Takes in what this or another process appended since: versions, history.
 * Questions answer as of the last refresh; opening and appending do one. */
NODISCARD enum err ledger_refresh(struct ledger *ledger,
                                  struct complaint *complaint);

const char *ledger_dir(const struct ledger *ledger);
struct ledger_identity ledger_who(const struct ledger *ledger);
/* Borrowed until the close. */
struct journal *ledger_journal(struct ledger *ledger);
struct history *ledger_history(struct ledger *ledger);
struct state *ledger_state(struct ledger *ledger);

/* The last position taken in, and the greatest position whose arrival was not
 * after `time_ms` (0: none). */
uint64_t ledger_position(const struct ledger *ledger);
NODISCARD enum err ledger_known_at(struct ledger *ledger, int64_t time_ms,
                                   uint64_t *ret_position);

/* The greatest `at` of all events known: what `verify --digest` asks for
 * where no time is given; INT64_MIN: no event. */
NODISCARD enum err ledger_last_at(struct ledger *ledger, uint64_t known,
                                  int64_t *ret_at_ms);

/* --- versions --- */

/* A published version as its control item holds it. */
struct ledger_version {
    uint32_t number;               /* from 1, in the order of publishing */
    int32_t from_day;              /* local date from which it holds */
    int64_t recorded_ms;           /* when it was published ... */
    identity identity;             /* ... and by whom */
    uint64_t position;             /* where it arrived here */
    view file;                     /* the bytes of the program file */
    const struct program *program; /* NULL: made by a later program */
};

/* The versions known at a position, in their order; borrowed until the next
 * refresh. */
NODISCARD enum err ledger_versions(struct ledger *ledger, uint64_t known,
                                   const struct ledger_version **ret_versions,
                                   uint32_t *ret_count);

/* All those versions compiled together; with none, a timeline in which nothing
 * is earned.  Borrowed until the next refresh.  ERR_UNKNOWN: one of them is
 * beyond this program. */
NODISCARD enum err ledger_timeline(struct ledger *ledger, uint64_t known,
                                   const struct timeline **ret_timeline,
                                   struct complaint *complaint);

/* Publishes the bytes of a program file, effective from local midnight of
 * `from_day`.  The file must be free of mistakes and have the currency and the
 * zone of the versions before it; the transitions of the zone come from this
 * machine's tz database and go with it.  `name` stands in complaints. */
struct ledger_publish {
    const char *name;
    view file;
    int32_t from_day;
    int64_t now_ms;
};
NODISCARD enum err ledger_publish(struct ledger *ledger,
                                  const struct ledger_publish *publish,
                                  identity *ret_identity,
                                  struct complaint *complaint);

/* --- events in --- */

/* An event on its way in.  Views are borrowed for the call. */
struct ledger_entry {
    struct event event; /* completed by ledger_append(): at, store, identity,
                         * recorded, what a void means */
    view voids_id;      /* a void by the `id` of an event of this node */
    bool at_given;      /* else it happened now */
    uint32_t line;      /* where it stood, for complaints; 0: nowhere */

    bool known;        /* out: stored before; its identity has been filled in */
    uint64_t position; /* out: where it is stored; 0 in a dry run */
};

struct ledger_append {
    int64_t now_ms;
    bool dry_run;
};

/* Appends new events of this node in one transaction: all or none.  An `id`
 * that is stored with equal content is answered with the stored identity; two
 * equal ones in one batch are one.  ERR_INPUT: an event breaks a rule, or lies
 * in the future; ERR_CONFLICT: an `id` is stored with other content;
 * ERR_NOT_FOUND: nobody knows `voids_id`; ERR_FULL.  The complaint names the
 * line.  The entries are completed in place also in a dry run. */
NODISCARD enum err ledger_append(struct ledger *ledger,
                                 struct ledger_entry *entries, uint32_t count,
                                 const struct ledger_append *options,
                                 struct complaint *complaint);

/* Why an entry of an import was not stored; ret_refused names the first. */
struct ledger_import {
    int64_t now_ms;
    uint64_t stored; /* out, summed up: new ones, ... */
    uint64_t known;  /* ... and those that were there already */
};

/* Appends events that may bear a foreign identity and `recorded` (kept as
 * copies; those with an identity stored already with equal content are
 * skipped) or none (new events of this node).  All or none of the batch; on
 * failure `ret_refused` is the index of the entry at fault, so that the caller
 * can leave it out and try the rest.  Faults as for ledger_append(). */
NODISCARD enum err ledger_import(struct ledger *ledger,
                                 struct ledger_entry *entries, uint32_t count,
                                 struct ledger_import *import,
                                 uint32_t *ret_refused,
                                 struct complaint *complaint);

/* Allots and stores the next member number of this node. */
NODISCARD enum err ledger_member_new(struct ledger *ledger,
                                     uint64_t *ret_member,
                                     struct complaint *complaint);

/* --- accounts --- */

/* What is asked: up to which position, and with which events that are not
 * stored (those of a dry run). */
struct ledger_question {
    uint64_t known;
    const struct event *extra;
    uint32_t extra_count;
};

/* The history of an account (history_read() with damage mended). */
NODISCARD enum err ledger_account(struct ledger *ledger, account_id account,
                                  const struct ledger_question *question,
                                  struct arena *arena,
                                  struct history_account *ret_account,
                                  struct complaint *complaint);

/* What a walk (walk.h) over that history needs: its events, and the referrals
 * of members who named this account, looked up in their own histories.  The
 * fold is of a timeline of this ledger (or of a candidate's). */
NODISCARD enum err ledger_walk_input(struct ledger *ledger,
                                     const struct history_account *account,
                                     const struct ledger_question *question,
                                     struct fold *fold, int64_t until_ms,
                                     struct arena *arena,
                                     struct walk_input *ret_input);

/* All accounts, in account order, one call of history_scan_next() each. */
NODISCARD enum err ledger_scan(struct ledger *ledger, uint64_t known,
                               struct history_scan **ret_scan,
                               struct complaint *complaint);

/* --- health --- */

struct ledger_status {
    struct ledger_identity who;
    uint64_t position;         /* arrival positions taken in */
    uint64_t event_count;      /* events among them */
    uint64_t history_position; /* held by run files */
    uint64_t quarantined;
    uint64_t flagged; /* records made by a clock that stood wrong */
    uint64_t gaps;    /* ranges missing in streams */
    uint64_t versions;
    uint64_t journal_size; /* bytes on disk, each */
    uint64_t history_size;
    uint64_t state_size;
};

NODISCARD enum err ledger_get_status(struct ledger *ledger,
                                     struct ledger_status *ret_status);

/* What verify finds is told one line at a time; `damage` is false for what is
 * worth knowing and wrong nowhere (a gap, a collision of member numbers). */
typedef void ledger_finding(void *context, bool damage, const char *line);

/* Chains and checksums, gaps, run files, stored states against a fresh fold,
 * the clearing identity of every account, collisions of member numbers.
 * ERR_CORRUPT if there was damage, after all of it has been told. */
NODISCARD enum err ledger_verify(struct ledger *ledger, ledger_finding *tell,
                                 void *context, struct complaint *complaint);

/* The BLAKE2b-256 of the lines of `accounts --json --at T`. */
NODISCARD enum err ledger_digest(struct ledger *ledger, int64_t at_ms,
                                 uint8_t ret_digest[static 32],
                                 struct complaint *complaint);

#endif
