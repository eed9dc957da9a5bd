/*
 * state.h - the state of every account right after its last event, kept packed
 *
 * What a hub or a node answers from without reading a history: checkpoints in
 * runs (runs.h), and in memory the accounts touched since, or all, those warm
 * (warm.h) that have been touched, as long as there is room.  All of it
 * is of one position of the journal and one timeline (semantics and versions);
 * when a version is published the whole is folded anew.  An account is folded
 * forward from its state where its new event lies after all that it has seen
 * and looks back at nothing; otherwise its history is read and folded afresh,
 * and so is that of the member who recommended it.  States equal a fresh fold,
 * byte for byte; `verify` looks.
 *
 * Kept by the owner of the ledger only.  Everything here can be deleted.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "core/ledger.h"
#include "core/state_packed.h"

struct state;

/* Opens the states of a ledger that was opened with LEDGER_OWN (borrowed until
 * the close).  Nothing is folded yet.  ERR_MEMORY; ERR_INPUT: the ledger's path
 * is too long. */
NODISCARD enum err state_open(struct ledger *ledger, struct state **ret_state);
void state_close(struct state *state);

/* Keeps all states in memory, as long as they take up at most so many bytes
 * (0, as at the opening: only those that have changed since the last
 * checkpoint).  Who follows a busy journal does without a look into the runs
 * for each account.  From the next loading on. */
void state_keep(struct state *state, uint64_t size_max);

/* How many positions one refresh follows, to the end of a record, where the
 * states are loaded already (HISTORY_ALL, as at the opening: all that there
 * are).  What is built anew is built in one go. */
void state_set_step(struct state *state, uint64_t positions);
/* How many threads may fold at once from now on, at least one; and how many may
 * build anew, which takes long, as long as nobody appends to the journal
 * meanwhile.  Unless said, one for each processor. */
void state_set_threads(struct state *state, uint32_t threads, uint32_t idle);
/* They are of a position before what the ledger has seen: there is more. */
bool state_is_behind(const struct state *state);
/* False: damage was met since the last refresh; the next one makes it good. */
bool state_is_sound(const struct state *state);

/* Brings all states up to what the ledger has seen (ledger_refresh.h), or a
 * step towards it, and histories where they are needed for that; writes a
 * checkpoint where many were touched.  Builds everything anew where the rules
 * have changed or a file is damaged.  ERR_UNKNOWN: rules beyond this program;
 * ERR_CORRUPT: the journal is damaged; ERR_BUSY: others keep changing what is
 * read; ERR_FULL, ERR_IO, ERR_MEMORY.  The complaint has words for each. */
NODISCARD enum err state_refresh(struct state *state,
                                 struct complaint *complaint);

/* Writes a checkpoint if that is worth it, in a quiet moment.  States that
 * can't be written stay in memory, which is no error.  ERR_CORRUPT, ERR_MEMORY
 * as of state_checkpoint(). */
NODISCARD enum err state_tend(struct state *state);
/* Writes what is only in memory to a checkpoint now.  ERR_FULL, ERR_IO,
 * ERR_MEMORY: it is still in memory; ERR_CORRUPT: a run was found damaged while
 * it was merged. */
NODISCARD enum err state_checkpoint(struct state *state);

/* The position and the timeline that all states are of. */
uint64_t state_position(const struct state *state);
const struct timeline *state_timeline(const struct state *state);

/* Until the next call for any.  ERR_NOT_FOUND: no event of the account is
 * known; ERR_CORRUPT: refresh, and ask again; ERR_MEMORY. */
NODISCARD enum err state_get(struct state *state, account_id account,
                             struct state_packed *ret_packed);

/* Tells each state that changed after the position `after` (0: all), in order
 * of (partition, account).  Stops where `tell` says false, which is no error.
 * Reads all checkpoints through.  ERR_CORRUPT as of state_get(); ERR_MEMORY. */
typedef bool state_tell(void *context, const struct state_packed *packed);
NODISCARD enum err state_scan(struct state *state, uint64_t after,
                              state_tell *tell, void *context);

#endif
