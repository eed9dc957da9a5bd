/*
 * tills.h - where the tills of a store hand in their events, while a node or a
 * hub runs on the ledger
 *
 * A Unix socket LEDGER/tills of mode 0600, or 0660 for a group (local.h).  A
 * till connects once and stays; it sends lines and gets a line for each, in
 * their order (slip.h has both forms).  It may send the next line before it has
 * the answer.
 *
 *   -> {"kind": "stamp", "member": 42, "card": "lunch", "id": "till1-881"}
 *   <- {"events": ["10.1.4"]}
 *
 * A line is answered when its events are on the disk.  What many tills hand in
 * at the same moment shares a flush: a thread of its own takes what has come,
 * appends it in one commit, each line for itself all or none, and answers.  So
 * the thread that talks to the hub never waits for a till, nor for its disk.
 *
 * A redemption that is to be decided goes to a process of its own (decider.h),
 * which decides together what many tills ask at the same moment; meanwhile
 * other tills sell, and what its till says behind it waits.
 *
 * A connection that ends without the answer to a line leaves open whether that
 * was stored: hand it in again under the same `id`.
 *
 * Bounded: TILLS_MAX connections, a line as long as any (LIMIT_JSON_LINE),
 * TILLS_BYTES_MAX of lines that have no end yet.  Whoever does not take the
 * answers is not listened to until they do.
 */
#ifndef NODES_TILLS_H
#define NODES_TILLS_H

#include "core/ledger.h"

enum {
    TILLS_MAX = 256,
    TILLS_BYTES_MAX = 16 * LIMIT_JSON_LINE,
};

struct tills;

/* Opens the socket in the ledger's directory and starts the thread.  The
 * ledger is borrowed until the close.  ERR_IO, ERR_MEMORY: a node without one
 * does all else. */
NODISCARD enum err tills_open(struct ledger *ledger, struct tills **ret_tills);
/* Answers what has been taken, and hangs up.  NULL is allowed. */
void tills_close(struct tills *tills);

#endif
