/*
 * codec.h - an event as bytes: what the journal keeps and the wire carries
 *
 * An event is two msgpack blobs.  The *core* holds all that a balance can
 * depend on; the *annex* holds till, cashier, entry, reason, by and source
 * with 16 random bytes of salt, so that it can be erased later without breaking
 * the chain, which covers only its hash.  An event without any of these has
 * no annex (an empty blob).  Field numbers are frozen: see the table in
 * codec_fields.h, and tests/golden, which holds the bytes of every kind.
 *
 * Decoding checks the form (types, sizes, order of keys, which fields a kind
 * must and may have), not the values: call event_check() on what comes from
 * a peer.  What this program wrote itself has been checked before.
 */
#ifndef CORE_CODEC_H
#define CORE_CODEC_H

#include "core/event.h"
#include "core/text.h"

enum { CODEC_SALT_SIZE = 16, CODEC_ANNEX_SIZE_MAX = 1024 };

/* Whether the identity goes into the core: not into the records of the node
 * that gave it (it follows from their place), but into imported copies. */
enum codec_identity { CODEC_NO_IDENTITY, CODEC_WITH_IDENTITY };

/* Appends the core of an event that event_check() has passed.  `recorded`
 * is in it unless it is 0.  The caller asks text_ok() at the end. */
void codec_encode(const struct event *event, enum codec_identity identity,
                  struct text *text);

/* Appends the annex; nothing if the event has none. */
void codec_encode_annex(const struct event_annex *annex,
                        const uint8_t salt[static CODEC_SALT_SIZE],
                        struct text *text);

/* Whether any field of the annex is set: one without is not written. */
bool codec_has_annex(const struct event_annex *annex);

/* Reads one core, which must be all of `core`.  Its strings borrow from the
 * bytes, its lines are in the arena; identity stays 0 unless it is in there,
 * the annex is empty.  Nothing is written to `ret_event` but on success.
 * ERR_UNKNOWN: well-formed, but of a kind or with a field that this version
 * does not know.  ERR_CORRUPT: malformed. */
NODISCARD enum err codec_decode(view core, struct arena *arena,
                                struct event *ret_event);

/* Reads an annex (or none: an empty view).  Borrows from the bytes.
 * ERR_UNKNOWN, ERR_CORRUPT as above. */
NODISCARD enum err codec_decode_annex(view annex,
                                      struct event_annex *ret_annex);

/* Whether two events say the same; identity and `recorded` are not looked
 * at, `at` only if asked, for one that was left out compares equal. */
bool codec_same_content(const struct event *a, const struct event *b,
                        bool compare_at);

/* Appends bytes that are the same exactly for events of the same content
 * (without `at`, identity, `recorded` and salt): what the id index hashes.
 * They are for hashing only and may hold anything. */
void codec_content(const struct event *event, struct text *text);

#endif
