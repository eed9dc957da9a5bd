/*
 * closing_verify.h - whether a close is what its key has signed
 *
 * The chain of a stream says that a close was not changed on its way.  That
 * the hub that wrote it meant these figures its signatures say: of the
 * statement with the digest of the heads, and of each partner's part.  What
 * the close takes as settled is under no signature, but must be what its
 * statement says, for the next adjustments are reckoned from it.
 *
 * Whose key it is nobody can tell from a ledger alone: whoever cares compares
 * it with the one he trusts (`leima settle verify --key`).
 */
#ifndef CORE_CLOSING_VERIFY_H
#define CORE_CLOSING_VERIFY_H

#include "core/closing.h"

/* ERR_CORRUPT: the complaint says of which close what is false.  Faults of
 * closing_load(). */
NODISCARD enum err closing_verify(struct ledger *ledger,
                                  const struct closing *closing,
                                  struct arena scratch,
                                  struct complaint *complaint);

#endif
