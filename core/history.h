/*
 * history.h - every event of an account, in canonical order
 *
 * The events of a ledger, sorted by account: immutable run files (runs.h) for
 * what has been merged, and an index in memory for the tail of the journal
 * that has not.  One record in the journal's database names the live files
 * and the position they hold; it changes in one transaction, after the files
 * are on disk, so that a crash at any point leaves the old files or the new
 * ones in force.  Files that no record names are removed by the next owner.
 * A damaged or missing file is noticed when it is read, and the whole is built
 * anew from the journal.
 *
 * Only the holder of LEDGER/owner writes files; others keep the tail in their
 * own memory.  The tail is bounded; a long one is merged by whoever can take
 * the ownership.
 *
 * An account's history holds each event once (a copy and its original, or an
 * event told again by a new incarnation, are one), voided events and voids
 * too, but nothing that the journal has quarantined.  A join that names a
 * referrer also leaves a pointer under the referrer, so that a referrer's walk
 * finds its inputs without a scan.
 *
 * Reading does not change a history; several threads may read one as long as
 * nobody calls history_refresh() or history_merge() meanwhile.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include "core/history_account.h"
#include "core/runset.h"

struct history;
struct reader_damage;

/* Opens the history of the ledger in `dir` over its journal, borrowed until the
 * close.  `owner`: the caller holds LEDGER/owner, so files may be written.
 * Nothing is read yet.  ERR_MEMORY; ERR_INPUT: the path is too long. */
NODISCARD enum err history_open(const char *dir, struct journal *journal,
                                bool owner, struct history **ret_history);
void history_close(struct history *history);

/* Asked at every reading from now on; NULL: every node may all. */
void history_set_admits(struct history *history, history_admits *admits,
                        void *context);

/* Takes over the ownership in mid-life (true), or gives it up. */
void history_set_owner(struct history *history, bool owner);
/* Takes in what the journal has got since; the owner merges a long tail into
 * a run and small runs into greater ones, these later while it is behind.  Very
 * much at once becomes a run in one pass by all cores (bulk.h), where small
 * steps are wanted only if it is more than what is there.  At a damaged record
 * it stops (history_damage()).  ERR_BUSY: the tail is beyond its bound, and the
 * owner, who has to merge it, another; ERR_CORRUPT, ERR_IO, ERR_MEMORY. */
NODISCARD enum err history_refresh(struct history *history);

/* Takes in nothing, but sees what has been marked and tells the journal's last
 * position; before that it is behind.  Errors as of history_refresh(). */
NODISCARD enum err history_look(struct history *history, uint64_t *ret_last);
/* The owner takes in all up to that position, whatever the step; as much as a
 * tail holds becomes a run in one pass.  OK though it stops before: at damage,
 * or where nothing can be written.  Errors likewise. */
NODISCARD enum err history_reach(struct history *history, uint64_t position);

/* The damaged record of the journal that the last refresh stopped at: nothing
 * behind it is known here, and nobody should be answered.  NULL: none was met
 * (what the run files hold is not read in the journal again). */
const struct reader_damage *history_damage(const struct history *history);

/* How many positions the journal has that the run files do not hold. */
NODISCARD enum err history_backlog(struct history *history,
                                   uint64_t *ret_backlog);

/* Owner: writes the whole tail to a run now, however short.  ERR_CORRUPT: a run
 * is damaged, which the next refresh mends; ERR_FULL, ERR_IO, ERR_MEMORY: the
 * rest of the tail is still there. */
NODISCARD enum err history_merge(struct history *history);
/* What building much at once may take, as bulk.h has it. */
void history_set_memory(struct history *history, uint64_t bytes);
/* How long a tail the owner's refresh leaves: who has the memory for more than
 * a store's node merges less often, and when it suits, by history_tend(). */
void history_set_tail(struct history *history, uint32_t items);
/* From now on the owner's runs are written and merged by threads, and where it
 * is far behind the next tail is filled by one, while refreshing and reading go
 * on; a refresh takes over what is ready. */
void history_set_beside(struct history *history);
/* Owner: writes the tail to a run if it is worth one.  Caches that can't be
 * written are no error.  ERR_CORRUPT, ERR_MEMORY as of history_merge(). */
NODISCARD enum err history_tend(struct history *history);

/* How much one refresh takes in, to the end of a record (HISTORY_ALL, as at
 * the opening: everything): who has other things to do comes again while there
 * is more.  What is built anew is built in one go, and what a thread has taken
 * in meanwhile (history_set_beside()), a whole tail, is there at once. */
void history_set_step(struct history *history, uint64_t positions);
bool history_is_behind(const struct history *history);

/* Forgets all files and builds them again from the journal (a refresh and a
 * merge); who is not the owner does so in memory, while the files stay. */
NODISCARD enum err history_rebuild(struct history *history);

/* Reads every live file through and checks it.  ERR_CORRUPT. */
NODISCARD enum err history_verify(const struct history *history);

/* Bytes of the live files, the last position that they hold, and what has been
 * taken in. */
uint64_t history_size(const struct history *history);
uint64_t history_held(const struct history *history);
NODISCARD struct history_counts history_counts(const struct history *history);
/* From now on only these marks are seen, as who takes back what was booked saw
 * them.  Borrowed until NULL is said: all are. */
void history_see_marks(struct history *history,
                       const struct history_marks *marks);

/* The numbers of categories in the chapters of the runs; valid until the next
 * refresh. */
struct words;
const struct words *history_words(const struct history *history);
/* The last position that has been taken in. */
uint64_t history_position(const struct history *history);

/* The events of `account` that arrived at positions <= `known`, none is no
 * error.  ERR_CORRUPT: a run is damaged; rebuild, and ask again. */
NODISCARD enum err history_read(const struct history *history,
                                account_id account, uint64_t known,
                                struct arena *arena,
                                struct history_account *ret_account);

/* Where the account read last was found in each run: who reads many in the
 * order of their keys (runs.h) reads each run from one end to the other.
 * Zeroed but for the history, which is borrowed, nothing has been read; of one
 * thread. */
struct history_trail {
    const struct history *history;
    uint64_t generation; /* of the history, then */
    runs_key key;        /* of that account; size 0: none */
    struct runs_cursor cursors[RUNSET_RUNS_MAX];
};

/* history_read() for them.  An account that does not come behind the one before
 * is found as well, but not faster. */
NODISCARD enum err history_read_on(struct history_trail *trail,
                                   account_id account, uint64_t known,
                                   struct arena *arena,
                                   struct history_account *ret_account);

/* Adds events of a dry run, borrowed for as long as the account is used. */
void history_add(struct history_account *account, const struct event *extra,
                 uint32_t count, struct arena *arena);

#endif
