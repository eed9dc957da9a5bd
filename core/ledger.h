/*
 * ledger.h - one ledger: the directory, its journal, versions and accounts
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

#include "core/history.h"
#include "core/history_scan.h"
#include "core/versions.h"
#include "core/walk.h"
#include "core/watch.h"

struct ledger;

#define LEDGER_KNOWN_ALL HISTORY_ALL

/* Who this ledger is. */
struct ledger_identity {
    uint32_t node;
    uint32_t store;       /* 0: none */
    uint64_t incarnation; /* ledger_create: 0 draws one */
};

/* Makes a new, empty ledger.  ERR_EXISTS: there is one (or something else) in
 * that directory; ERR_NOT_FOUND: nothing is there above it; ERR_INPUT: a number
 * out of its range; ERR_FULL, ERR_IO. */
NODISCARD enum err ledger_create(const char *dir,
                                 const struct ledger_identity *asked,
                                 int64_t now_ms, struct complaint *complaint);

enum ledger_mode {
    LEDGER_READ,  /* questions */
    LEDGER_WRITE, /* appends too; both merge a long tail if nobody else is the
                   * owner of the caches */
    LEDGER_OWN,   /* the owner while it is open; ERR_BUSY if somebody else is */
    LEDGER_HUB,   /* likewise; a history far behind is built in little memory */
    LEDGER_NODE,  /* likewise in less, for a store's node */
    LEDGER_CHECK, /* as LEDGER_WRITE, but opens also where a record of the
                   * journal is damaged, for what can be done then: looking
                   * for the damage, exporting what is left, appending behind
                   * it.  Questions about accounts and versions say
                   * ERR_CORRUPT, for who can tell what was in that record. */
};

/* ERR_NOT_FOUND: no ledger there; ERR_CORRUPT: a record is damaged (the
 * complaint names it); ERR_UNKNOWN: made by a later program.  Every failure
 * here and below fills the complaint, which may be NULL. */
NODISCARD enum err ledger_open(const char *dir, enum ledger_mode mode,
                               struct complaint *complaint,
                               struct ledger **ret_ledger);
void ledger_close(struct ledger *ledger);

/* Takes in what this or another process appended since: versions, history.
 * Questions answer as of the last refresh; opening does one, appending none. */
NODISCARD enum err ledger_refresh(struct ledger *ledger,
                                  struct complaint *complaint);

/* The first damaged record that the last refresh met; NULL: none.  (Records
 * that run files hold already are not read again: `verify` does.) */
const struct reader_damage *ledger_damage(const struct ledger *ledger);
/* ERR_CORRUPT, with its name in the complaint, if there is one. */
NODISCARD enum err ledger_refuse(const struct ledger *ledger,
                                 struct complaint *complaint);

/* It has joined a hub: versions and closes come from there. */
bool ledger_is_joined(const struct ledger *ledger);

/* Its directory, as it was named at the opening, and who writes there. */
const char *ledger_dir(const struct ledger *ledger);
struct ledger_identity ledger_who(const struct ledger *ledger);
uint32_t ledger_node(const struct ledger *ledger); /* any thread may ask */
/* Borrowed until the close. */
struct journal *ledger_journal(struct ledger *ledger);
struct history *ledger_history(struct ledger *ledger);
/* Told from now on how far long work has come; borrowed; NULL: nobody. */
void ledger_set_watch(struct ledger *ledger, struct watch *watch);
struct watch *ledger_watch(const struct ledger *ledger);

/* The last position taken in, and the greatest position whose arrival was not
 * after `time_ms` (0: none). */
uint64_t ledger_position(const struct ledger *ledger);
NODISCARD enum err ledger_known_at(struct ledger *ledger, int64_t time_ms,
                                   uint64_t *ret_position);

/* The greatest `at` of all events known; INT64_MIN: no event. */
NODISCARD enum err ledger_last_at(struct ledger *ledger, uint64_t known,
                                  int64_t *ret_at_ms);

/* --- versions --- */

/* The versions known at a position, in their order; borrowed until the next
 * refresh.  ERR_CORRUPT: a record is damaged that may hold another. */
NODISCARD enum err ledger_versions(struct ledger *ledger, uint64_t known,
                                   const struct ledger_version **ret_versions,
                                   uint32_t *ret_count);

/* All those versions compiled together; with none, nothing is earned.  Borrowed
 * until the next refresh.  ERR_UNKNOWN: one of them is beyond this program. */
NODISCARD enum err ledger_timeline(struct ledger *ledger, uint64_t known,
                                   const struct timeline **ret_timeline,
                                   struct complaint *complaint);

/* How often the versions have changed since it was opened: as long as this
 * stays, so does what the two before have handed out. */
uint64_t ledger_rules(const struct ledger *ledger);

/* --- accounts --- */

/* What is asked: up to a position, with events of a dry run, not stored. */
struct ledger_question {
    uint64_t known;
    const struct event *extra;
    uint32_t extra_count;
    bool aside;   /* what is quarantined is walked, too, without effect */
    bool crowded; /* others read meanwhile: what is damaged stays so */
    struct history_trail *trail; /* for many accounts; NULL: none */
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

#endif
